package bound

import (
	"cmp"
	"slices"
)

// side is where charges for goods begin, and finds what can be reached from there on a free way.
type side interface {
	begin(goods int) // goods that are charged for from now on
	walk()           // finds all that can be reached, or that the goods are done
	freed(s stop)    // a stop has become free
	rides(s stop)    // going on from a free stop has become cheaper
	handed(t toll)   // a handover has become free
}

// whence says which side it is.
type whence int

const (
	goal whence = iota
	origin
)

// agenda holds places that are to be looked at, those of the highest rank first: then labels change seldom.
type agenda struct {
	list []int
	in   []bool    // by place
	rank []float64 // by place
}

func (q *agenda) begin(places int) {
	if q.in == nil {
		q.in, q.rank = make([]bool, places), make([]float64, places)
	}
	q.list = q.list[:0]
	clear(q.in)
	for i := range q.rank {
		q.rank[i] = -inf
	}
}

func (q *agenda) add(place int, rank float64) {
	q.rank[place] = max(q.rank[place], rank)
	if !q.in[place] {
		q.in[place] = true
		q.list = append(q.list, place)
	}
}

func (q *agenda) next() int {
	n := 0
	for i, x := range q.list {
		if q.rank[x] > q.rank[q.list[n]] {
			n = i
		}
	}
	x := q.list[n]
	last := len(q.list) - 1
	q.list[n] = q.list[last]
	q.list = q.list[:last]
	q.in[x] = false
	return x
}

// labels is the same number for each course and node.
func (a *ascent) labels(t float64) [][]float64 {
	var l [][]float64
	for _, c := range a.courses {
		l = append(l, make([]float64, len(c.nodes)))
	}
	fill(l, t)
	return l
}

func fill(labels [][]float64, t float64) {
	for _, l := range labels {
		for i := range l {
			l[i] = t
		}
	}
}

// backward is the side of the goal.
type backward struct {
	*ascent
	agenda agenda
	late   [][]float64 // by course and node: when to board it at the latest and be on a way that is free from here; −inf: never
	until  [][]float64 // by course and node: the latest arrival with such a way before; −inf: never
	takers []event
}

func (b *backward) begin(goods int) {
	if b.late == nil {
		b.late, b.until = b.labels(-inf), b.labels(-inf)
	}
	fill(b.late, -inf)
	fill(b.until, -inf)
	b.agenda.begin(len(b.p.Places))
	b.agenda.add(b.g.To, -inf)
}

func (b *backward) walk() {
	for len(b.agenda.list) > 0 {
		x := b.agenda.next()
		takers := b.takers[:0]
		for _, s := range b.at[x] {
			if t := b.late[s.course][s.node]; t > -inf {
				takers = append(takers, event{t, s})
			}
		}
		b.takers = takers
		slices.SortStableFunc(takers, func(x, y event) int { return cmp.Compare(y.at, x.at) })
		for _, s := range b.at[x] {
			c := b.courses[s.course]
			from := b.k.arrive[s.course][s.node]
			if from == inf {
				continue
			}
			t := -inf
			if x == b.g.To && b.ends(b.g, s) {
				t = b.g.Close
			}
			if x == b.p.Outside { // anybody there takes them on
				takers, t = nil, b.agenda.rank[x]
			}
			for _, r := range takers {
				if r.at <= t || r.at <= b.until[s.course][s.node] {
					break
				}
				if b.passes(b.g.Class, s, r.stop, from) {
					t = r.at
				}
			}
			if t <= b.until[s.course][s.node] {
				continue
			}
			b.until[s.course][s.node] = t
			switch {
			case from > t:
			case c.free[s.node]:
				b.ridesTo(s)
			default:
				b.ask(s)
			}
		}
	}
}

// ridesTo looks at all rides to a free stop.
func (b *backward) ridesTo(s stop) {
	for i := range b.courses[s.course].nodes {
		b.ride(s.course, i, s.node)
	}
}

// ride looks at a ride to a free stop from which goods go on freely.
func (b *backward) ride(k, i, j int) {
	c := b.courses[k]
	if t := min(c.nodes[i].leave, b.until[k][j]); t < b.k.board[k][i] || t <= b.late[k][i] || !c.free[i] && b.active[k].asked[i] {
		return // not even without any way to go
	}
	t := c.latest(b.p, i, j, b.until[k][j])
	if t < b.k.board[k][i] || t <= b.late[k][i] {
		return
	}
	x := c.nodes[i].place
	switch {
	case !c.free[i]:
		b.ask(stop{k, i})
	case !c.leads(i, j):
		b.askRide(k, i)
	case x == b.g.From:
		b.done = true
	case b.owes(k, x):
		b.pay(k, x)
	default:
		b.late[k][i] = t
		b.agenda.add(x, t)
	}
}

func (b *backward) freed(s stop) {
	if t := b.until[s.course][s.node]; t > -inf && b.k.arrive[s.course][s.node] <= t {
		b.ridesTo(s)
	}
	b.rides(s)
}

func (b *backward) rides(s stop) {
	c := b.courses[s.course]
	for j := range c.nodes {
		if t := b.until[s.course][j]; c.free[j] && t > -inf && b.k.arrive[s.course][j] <= t {
			b.ride(s.course, s.node, j)
		}
	}
}

func (b *backward) handed(t toll) {
	c := b.courses[t.course]
	for i := range c.nodes {
		if c.nodes[i].place == t.place && c.free[i] {
			b.rides(stop{t.course, i})
		}
	}
}

// forward is the side of the origin.
type forward struct {
	*ascent
	agenda agenda
	due    *due
	soon   [][]float64 // by course and node: when goods arrive at the earliest on a way that is free up to here; inf: never
	from   [][]float64 // by course and node: when they can board at the earliest after such a way; inf: never
	givers []event
}

func (f *forward) begin(goods int) {
	if f.soon == nil {
		f.soon, f.from = f.labels(inf), f.labels(inf)
	}
	f.due = f.dueOf(goods)
	fill(f.soon, inf)
	fill(f.from, inf)
	f.agenda.begin(len(f.p.Places))
	for _, s := range f.at[f.g.From] {
		f.board(s, f.g.Ready)
	}
}

func (f *forward) walk() {
	for len(f.agenda.list) > 0 && !f.done {
		x := f.agenda.next()
		givers := f.givers[:0]
		for _, s := range f.at[x] {
			if t := f.soon[s.course][s.node]; t < inf {
				givers = append(givers, event{t, s})
			}
		}
		f.givers = givers
		slices.SortStableFunc(givers, func(x, y event) int { return cmp.Compare(x.at, y.at) })
		for _, r := range f.at[x] {
			last := min(f.due.board[r.course][r.node], f.from[r.course][r.node])
			for _, s := range givers {
				if s.at > last {
					break
				}
				if f.passes(f.g.Class, s.stop, r, s.at) {
					f.board(r, s.at)
					break
				}
			}
		}
	}
}

// board says that goods can board at a stop from a moment on.
func (f *forward) board(s stop, t float64) {
	c := f.courses[s.course]
	x := c.nodes[s.node].place
	switch {
	case t > f.due.board[s.course][s.node] || t >= f.from[s.course][s.node]:
	case !c.free[s.node]:
		f.ask(s)
	case x != f.g.From && f.owes(s.course, x):
		f.pay(s.course, x)
	default:
		f.from[s.course][s.node] = t
		f.rides(s)
	}
}

func (f *forward) rides(s stop) {
	for j := range f.courses[s.course].nodes {
		f.ride(s.course, s.node, j)
	}
}

// ride looks at a ride from a free stop where goods can board.
func (f *forward) ride(k, i, j int) {
	c := f.courses[k]
	until := f.due.arrive[k][j]
	if until == -inf || max(f.from[k][i], c.nodes[j].arrive) >= f.soon[k][j] {
		return
	}
	at := c.earliest(f.p, i, j, f.from[k][i])
	if at > until || at >= f.soon[k][j] {
		return
	}
	switch {
	case !c.free[j]:
		f.ask(stop{k, j})
	case !c.leads(i, j):
		f.askRide(k, i)
	case f.ends(f.g, stop{k, j}):
		f.done = true
	default:
		f.soon[k][j] = at
		f.agenda.add(c.nodes[j].place, -at)
	}
}

func (f *forward) freed(s stop) {
	c := f.courses[s.course]
	if x := c.nodes[s.node].place; x == f.g.From {
		f.board(s, f.g.Ready)
	} else {
		f.agenda.add(x, -inf)
	}
	for i := range c.nodes {
		if f.from[s.course][i] < inf {
			f.ride(s.course, i, s.node)
		}
	}
}

func (f *forward) handed(t toll) { f.agenda.add(t.place, -inf) }
