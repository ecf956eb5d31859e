package bound

import "slices"

// kind holds when goods of a kind can be where, whatever that costs.
type kind struct {
	goods  *Goods      // one of them
	board  [][]float64 // by course and node: earliest loading
	arrive [][]float64 // by course and node: earliest arrival
}

// due holds when goods have to be where at the latest, whatever that costs.
type due struct {
	board, arrive [][]float64 // by course and node; −inf: never
}

// passes reports whether goods that arrive with g at its node may go on with r from its own.
func (a *ascent) passes(class int, give, take stop, from float64) bool {
	g, r := a.courses[give.course], a.courses[take.course]
	if give.course == take.course && !g.trip {
		return false
	}
	x, y := &g.nodes[give.node], &r.nodes[take.node]
	if from > y.leave {
		return false
	}
	at := &a.p.Places[x.place]
	return at.Store>>class&1 != 0 || at.Meet && y.arrive <= x.leave
}

// explore finds when goods can be where at the earliest. Arrivals are looked at in the order of time, so nobody boards
// a second time who has boarded.
func (a *ascent) explore(k *kind) {
	g := k.goods
	later := make([][]int32, len(a.courses)) // by course: nodes that goods may still come to sooner
	k.board, k.arrive = a.labels(inf), a.labels(inf)
	for ci, c := range a.courses {
		for i := range c.nodes {
			if !c.nodes[i].far && g.Carry(c.slot, c.nodes[i].place) {
				later[ci] = append(later[ci], int32(i))
			}
		}
	}
	var heap eventHeap
	waiting := make([][]stop, len(a.p.Places)) // who has not boarded yet, by earliest arrival
	seen := make([]bool, len(a.p.Places))
	load := func(s stop, t float64) {
		c := a.courses[s.course]
		if t > c.nodes[s.node].leave || t >= k.board[s.course][s.node] || !g.Carry(c.slot, c.nodes[s.node].place) {
			return
		}
		k.board[s.course][s.node] = t
		if c.trip && k.arrive[s.course][s.node] <= t {
			return // on this trip they have been before and went from there to wherever they can
		}
		arrive := k.arrive[s.course]
		open := later[s.course][:0]
		for _, j := range later[s.course] {
			if arrive[j] > t {
				if at := c.earliest(a.p, s.node, int(j), t); at < arrive[j] {
					arrive[j] = at
					heap.push(event{at, stop{s.course, int(j)}})
				}
			}
			if arrive[j] > c.nodes[j].arrive {
				open = append(open, j)
			}
		}
		later[s.course] = open
	}
	for _, s := range a.at[g.From] {
		load(s, g.Ready)
	}
	for len(heap) > 0 {
		e := heap.pop()
		if k.arrive[e.stop.course][e.stop.node] < e.at {
			continue
		}
		v := &a.courses[e.stop.course].nodes[e.stop.node]
		x := v.place
		if !seen[x] {
			seen[x] = true
			waiting[x] = slices.Clone(a.at[x])
		}
		store := a.p.Places[x].Store>>g.Class&1 != 0
		if !store && !a.p.Places[x].Meet {
			continue
		}
		keep := 0
		for n, s := range waiting[x] {
			y := &a.courses[s.course].nodes[s.node]
			if y.arrive > v.leave && !store {
				keep += copy(waiting[x][keep:], waiting[x][n:])
				break
			}
			switch {
			case e.at > y.leave:
			case store || a.passes(g.Class, e.stop, s, e.at):
				load(s, e.at)
			default: // the round that brings them cannot take them on
				waiting[x][keep] = s
				keep++
			}
		}
		waiting[x] = waiting[x][:keep]
	}
}

// assume says that goods can be wherever somebody who may carry them comes, as soon as they are ready: nobody knows who has
// brought them there from outside.
func (a *ascent) assume(k *kind) {
	g := k.goods
	k.board, k.arrive = a.labels(inf), a.labels(inf)
	for ci, c := range a.courses {
		for i := range c.nodes {
			v := &c.nodes[i]
			if v.far || !g.Carry(c.slot, v.place) {
				continue
			}
			if t := max(v.arrive, g.Ready); t <= v.begin {
				k.arrive[ci][i] = t
			}
			at := &a.p.Places[v.place]
			if t := max(v.arrive, g.Ready); t <= v.leave && (v.place == g.From || at.Meet || at.Store>>g.Class&1 != 0) {
				k.board[ci][i] = t
			}
		}
	}
}

// ends reports whether goods may be brought to their pickup point by a stop.
func (a *ascent) ends(g *Goods, s stop) bool {
	x := &a.courses[s.course].nodes[s.node]
	if x.place != g.To || x.arrive > g.Close || x.own == 0 {
		return false
	}
	return x.begin >= g.Open
}

func (a *ascent) reachable(g *Goods) bool {
	for _, s := range a.at[g.To] {
		if a.kinds[g.Kind].arrive[s.course][s.node] <= g.Close && a.ends(g, s) {
			return true
		}
	}
	return false
}

// roams reports whether goods might go to places of which little is known.
func (a *ascent) roams(g *Goods) bool {
	for _, c := range a.courses {
		if a.p.Slots[c.slot].Owner == g.Owner && slices.ContainsFunc(c.nodes, func(v node) bool { return v.far }) {
			return true
		}
	}
	return false
}

// mostKept is how many labels of deadlines are kept for when goods are charged for again.
const mostKept = 1 << 25

// dueOf is when goods have to be where.
func (a *ascent) dueOf(goods int) *due {
	if a.dues == nil {
		return a.deadlines(&a.p.Goods[goods])
	}
	d := a.dues[goods].Load()
	if d == nil {
		d = a.deadlines(&a.p.Goods[goods])
		a.dues[goods].Store(d)
	}
	return d
}

// deadlines finds when goods have to be where at the latest. Departures are looked at latest first, so nobody unloads a
// second time who has unloaded.
func (a *ascent) deadlines(g *Goods) *due {
	k := a.kinds[g.Kind]
	d := &due{a.labels(-inf), a.labels(-inf)}
	later := make([][]int32, len(a.courses)) // by course: nodes where goods may still board later
	for ci := range a.courses {
		for i, t := range k.board[ci] {
			if t < inf {
				later[ci] = append(later[ci], int32(i))
			}
		}
	}
	var heap eventHeap
	unload := func(s stop, t float64) {
		c := a.courses[s.course]
		d.arrive[s.course][s.node] = t
		board := d.board[s.course]
		open := later[s.course][:0]
		for _, i := range later[s.course] {
			if min(c.nodes[i].leave, t) > board[i] {
				if at := c.latest(a.p, int(i), s.node, t); at > board[i] && at >= k.board[s.course][i] {
					board[i] = at
					heap.push(event{-at, stop{s.course, int(i)}})
				}
			}
			if board[i] < c.nodes[i].leave {
				open = append(open, i)
			}
		}
		later[s.course] = open
	}
	for _, s := range a.at[g.To] {
		if k.arrive[s.course][s.node] <= g.Close && a.ends(g, s) {
			unload(s, g.Close)
		}
	}
	waiting := make([][]stop, len(a.p.Places)) // who has not unloaded yet
	seen := make([]bool, len(a.p.Places))
	for len(heap) > 0 {
		e := heap.pop()
		t := -e.at
		x := a.courses[e.stop.course].nodes[e.stop.node].place
		if t < d.board[e.stop.course][e.stop.node] || x == g.From {
			continue
		}
		if !seen[x] {
			seen[x] = true
			for _, s := range a.at[x] {
				if k.arrive[s.course][s.node] < inf && d.arrive[s.course][s.node] == -inf {
					waiting[x] = append(waiting[x], s)
				}
			}
		}
		keep := waiting[x][:0]
		for _, s := range waiting[x] {
			if from := k.arrive[s.course][s.node]; from <= t && a.passes(g.Class, s, e.stop, from) {
				unload(s, t)
			} else {
				keep = append(keep, s)
			}
		}
		waiting[x] = keep
	}
	return d
}

// event is a stop where goods board or unload, and when.
type event struct {
	at   float64
	stop stop
}

type eventHeap []event

func (h *eventHeap) push(e event) {
	*h = append(*h, e)
	q := *h
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if q[up].at <= q[i].at {
			break
		}
		q[up], q[i] = q[i], q[up]
		i = up
	}
}

func (h *eventHeap) pop() event {
	q := *h
	top := q[0]
	last := len(q) - 1
	q[0] = q[last]
	q = q[:last]
	*h = q
	for i := 0; ; {
		k := 2*i + 1
		if k >= last {
			break
		}
		if k+1 < last && q[k+1].at < q[k].at {
			k++
		}
		if q[i].at <= q[k].at {
			break
		}
		q[i], q[k] = q[k], q[i]
		i = k
	}
	return top
}
