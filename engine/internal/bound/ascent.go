package bound

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// Result is what is proved.
type Result struct {
	Share    []float64 // by goods: what serving them adds to the bound
	Never    []bool    // by goods: nobody can bring them
	Constant float64   // added to the sum of the shares; below 0 where detours may be shorter than the straight way
}

// stop is a node of a course.
type stop struct{ course, node int }

// ascent raises the shares of one kind of goods after another.
type ascent struct {
	p       *Problem
	courses []*course
	at      [][]stop    // by place: who may stop there
	hand    [][]float64 // by course and place: what is left of the price of a handover to it there
	kinds   []*kind
	fresh   []fresh // by course

	// of the goods at hand
	g       *Goods
	k       *kind
	late    [][]float64 // by course and node: when to board it at the latest and be on a way that is free from here; −inf: never
	until   [][]float64 // by course and node: the latest arrival with such a way before; −inf: never
	active  []moat      // by course
	changed []int       // courses whose moats are to be drawn anew
	toll    []toll
	paid    [][]bool // by course and place: in toll
	done    bool
	clock   float64
	queue   []int
	queued  []bool
	takers  []stop
	leave   []float64 // by place: the latest of late
}

// moat is a set of nodes of a course that goods would make it visit.
type moat struct {
	asked   []bool // nodes asked for, also in members
	in      []bool // those not free and whatever leads there for nothing
	any     bool
	dirty   bool
	since   float64 // charged up to this reading of the clock
	left    float64 // reading of the clock at which something in it becomes free
	members []int
}

type toll struct {
	course, place int
	since         float64
}

// kind holds when goods of a kind can be where, whatever that costs.
type kind struct {
	goods  *Goods      // one of them
	board  [][]float64 // by course and node: earliest loading
	arrive [][]float64 // by course and node: earliest arrival
}

// Bound proves bounds on the cost of every way to serve the goods, each by charging for the goods in another order: as
// many as tries says, or fewer when it is stopped: it asks whether the part of its time is over that it gives to what it
// does. Goods that it does not come to have no share. What is proved for one set of goods may be the most by one order, for
// another by another.
func Bound(p *Problem, tries int, stopped func(part float64) bool) []Result {
	a := &ascent{p: p}
	first := Result{Share: make([]float64, len(p.Goods)), Never: make([]bool, len(p.Goods))}
	if !a.prepare(&first, stopped) {
		return nil
	}
	var order []int
	for g := range p.Goods {
		if x := &p.Goods[g]; x.From != x.To && a.kinds[x.Kind].board != nil {
			if a.reachable(x) {
				order = append(order, g)
			} else {
				first.Never[g] = !a.roams(x)
			}
		}
	}
	if tries > 1 {
		a.save()
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var out []Result
	best, most := slices.Clone(order), -inf
	for try := range tries {
		if try > 0 {
			a.restore()
		}
		a.arrange(order, best, try, rng)
		res := first
		res.Share = make([]float64, len(p.Goods))
		sum := 0.0
		for _, g := range order {
			if stopped(1) {
				break
			}
			res.Share[g] = a.raise(&p.Goods[g])
			sum += res.Share[g]
		}
		out = append(out, res)
		if sum > most {
			most = sum
			copy(best, order)
		}
		if stopped(1) {
			break
		}
	}
	return out
}

// arrange orders the goods for a try: some orders that often do well, and then small changes to the best so far.
func (a *ascent) arrange(order, best []int, try int, rng *rand.Rand) {
	goods := a.p.Goods
	by := func(key func(g *Goods) float64) {
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(key(&goods[x]), key(&goods[y])) })
	}
	switch try {
	case 0:
		by(func(g *Goods) float64 { return g.Close })
	case 1: // dear ones first
		alone := make([]float64, len(goods))
		for _, g := range order {
			alone[g] = a.raise(&goods[g])
			a.restore()
		}
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(alone[y], alone[x]) })
	case 2:
		by(func(g *Goods) float64 { return float64(g.From) })
	case 3: // those that are hardest to leave behind
		by(func(g *Goods) float64 { return -g.Kg })
	default:
		copy(order, best)
		for range 1 + rng.IntN(3) {
			n := 1 + rng.IntN(max(1, len(order)/8))
			if n >= len(order) {
				continue
			}
			i := rng.IntN(len(order) - n)
			some := slices.Clone(order[i : i+n])
			order = slices.Delete(order, i, i+n)
			order = slices.Insert(order, rng.IntN(len(order)+1), some...)
		}
	}
}

// save and restore keep the prices as they are before anything is charged.
func (a *ascent) save() {
	for _, c := range a.courses {
		var pass []float64
		for _, b := range c.blocks {
			pass = append(pass, b.pass...)
		}
		a.fresh = append(a.fresh, fresh{slices.Clone(c.enter), pass, slices.Clone(c.free)})
	}
}

func (a *ascent) restore() {
	for k, c := range a.courses {
		copy(c.enter, a.fresh[k].enter)
		pass := a.fresh[k].pass
		for _, b := range c.blocks {
			pass = pass[copy(b.pass, pass):]
		}
		copy(c.free, a.fresh[k].free)
		for i := range a.hand[k] {
			a.hand[k][i] = a.p.Handover
		}
	}
}

type fresh struct {
	enter, pass []float64
	free        []bool
}

func (a *ascent) prepare(res *Result, stopped func(part float64) bool) bool {
	p := a.p
	a.at = make([][]stop, len(p.Places))
	for k := range p.Slots {
		c, ok := p.course(k)
		if !ok {
			if p.Slots[k].Trip {
				continue
			}
			return false
		}
		for i := range c.nodes {
			if c.nodes[i].far {
				continue
			}
			a.at[c.nodes[i].place] = append(a.at[c.nodes[i].place], stop{len(a.courses), i})
		}
		a.courses = append(a.courses, c)
		res.Constant -= c.gain
		h := make([]float64, len(p.Places))
		for i := range h {
			h[i] = p.Handover
		}
		a.hand = append(a.hand, h)
		a.paid = append(a.paid, make([]bool, len(p.Places)))
		a.late = append(a.late, make([]float64, len(c.nodes)))
		a.until = append(a.until, make([]float64, len(c.nodes)))
		a.active = append(a.active, moat{in: make([]bool, c.added), asked: make([]bool, c.added)})
	}
	a.queued, a.leave = make([]bool, len(p.Places)), make([]float64, len(p.Places))
	for i := range p.Goods {
		g := &p.Goods[i]
		for len(a.kinds) <= g.Kind {
			a.kinds = append(a.kinds, nil)
		}
		if a.kinds[g.Kind] == nil {
			a.kinds[g.Kind] = &kind{goods: g}
		}
	}
	var wg sync.WaitGroup
	var next atomic.Int32
	for range 2 {
		wg.Go(func() {
			for k := int(next.Add(1)) - 1; k < len(a.kinds) && !stopped(0.7); k = int(next.Add(1)) - 1 {
				a.explore(a.kinds[k])
			}
		})
	}
	wg.Wait()
	return true
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

// explore finds when goods can be where at the earliest.
func (a *ascent) explore(k *kind) {
	g := k.goods
	for _, c := range a.courses {
		b, r := make([]float64, len(c.nodes)), make([]float64, len(c.nodes))
		for i := range b {
			b[i], r[i] = inf, inf
		}
		k.board, k.arrive = append(k.board, b), append(k.arrive, r)
	}
	var heap eventHeap
	stored := make([]bool, len(a.p.Places)) // those who load there all know
	load := func(s stop, t float64) {
		c := a.courses[s.course]
		if t > c.nodes[s.node].leave || t >= k.board[s.course][s.node] || !g.Carry(c.slot, c.nodes[s.node].place) {
			return
		}
		k.board[s.course][s.node] = t
		if c.trip && k.arrive[s.course][s.node] <= t {
			return // on this trip they have been before and went from there to wherever they can
		}
		for j := range c.nodes {
			if k.arrive[s.course][j] <= c.nodes[j].arrive {
				continue // earlier it never comes
			}
			if at := c.earliest(a.p, s.node, j, t); at < k.arrive[s.course][j] && g.Carry(c.slot, c.nodes[j].place) {
				k.arrive[s.course][j] = at
				if stored[c.nodes[j].place] {
					continue
				}
				heap.push(event{at, stop{s.course, j}})
			}
		}
	}
	for _, s := range a.at[g.From] {
		load(s, g.Ready)
	}
	for len(heap) > 0 {
		e := heap.pop()
		if k.arrive[e.stop.course][e.stop.node] < e.at {
			continue
		}
		x := a.courses[e.stop.course].nodes[e.stop.node].place
		if stored[x] {
			continue
		}
		stored[x] = a.p.Places[x].Store>>g.Class&1 != 0
		for _, s := range a.at[x] {
			if e.at < k.board[s.course][s.node] && (stored[x] || a.passes(g.Class, e.stop, s, e.at)) {
				load(s, e.at)
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

// raise charges for goods as much as it can, and says how much.
func (a *ascent) raise(g *Goods) float64 {
	a.g, a.k, a.done, a.clock = g, a.kinds[g.Kind], false, 0
	a.toll, a.changed, a.queue = a.toll[:0], a.changed[:0], a.queue[:0]
	clear(a.queued)
	for i := range a.leave {
		a.leave[i] = -inf
	}
	for k, c := range a.courses {
		for i := range c.nodes {
			a.late[k][i], a.until[k][i] = -inf, -inf
		}
		m := &a.active[k]
		clear(m.in)
		clear(m.asked)
		m.any, m.dirty, m.members, m.left = false, false, m.members[:0], inf
		clear(a.paid[k])
	}
	for k, c := range a.courses {
		if a.p.Slots[c.slot].Owner != g.Owner {
			continue
		}
		for i := range c.added {
			// goods that go far away might come back from anywhere
			if c.nodes[i].far {
				a.ask(stop{k, i})
				a.done = a.done || c.free[i]
			}
		}
	}
	a.visit(g.To)
	for !a.done {
		a.run()
		if a.done {
			break
		}
		a.draw()
		next := inf
		for k := range a.active {
			if a.active[k].any {
				next = min(next, a.active[k].left)
			}
		}
		for _, t := range a.toll {
			next = min(next, t.since+a.hand[t.course][t.place])
		}
		if next == inf {
			break // nothing more can be charged for; only goods that nobody can bring come here
		}
		a.clock = max(a.clock, next)
		a.settle()
	}
	// what has been charged is charged
	for k := range a.active {
		a.charge(k)
	}
	for _, t := range a.toll {
		a.hand[t.course][t.place] -= a.clock - t.since
	}
	return a.clock
}

func (a *ascent) visit(place int) {
	if !a.queued[place] {
		a.queued[place] = true
		a.queue = append(a.queue, place)
	}
}

// run finds all that is on a free way to the goal.
func (a *ascent) run() {
	for len(a.queue) > 0 {
		n := 0 // from which goods may leave the latest: labels then change seldom
		for i, x := range a.queue {
			if a.leave[x] > a.leave[a.queue[n]] {
				n = i
			}
		}
		x := a.queue[n]
		last := len(a.queue) - 1
		a.queue[n] = a.queue[last]
		a.queue = a.queue[:last]
		a.queued[x] = false
		takers := a.takers[:0]
		for _, s := range a.at[x] {
			if a.late[s.course][s.node] > -inf {
				takers = append(takers, s)
			}
		}
		a.takers = takers
		for _, s := range a.at[x] {
			c := a.courses[s.course]
			from := a.k.arrive[s.course][s.node]
			if from == inf {
				continue
			}
			t := -inf
			if a.ends(a.g, s) {
				t = a.g.Close
			}
			for _, r := range takers {
				if l := a.late[r.course][r.node]; l > t && a.passes(a.g.Class, s, r, from) {
					t = l
				}
			}
			if t <= a.until[s.course][s.node] {
				continue
			}
			a.until[s.course][s.node] = t
			switch {
			case from > t:
			case c.free[s.node]:
				a.ridesTo(s)
			default:
				a.ask(s)
			}
		}
	}
}

// ridesTo looks at all rides to a free stop.
func (a *ascent) ridesTo(s stop) {
	for i := range a.courses[s.course].nodes {
		a.ride(s.course, i, s.node)
	}
}

// ride looks at a ride to a free stop from which goods go on freely.
func (a *ascent) ride(k, i, j int) {
	if a.k.board[k][i] == inf {
		return
	}
	c := a.courses[k]
	t := c.latest(a.p, i, j, a.until[k][j])
	if t < a.k.board[k][i] || t <= a.late[k][i] {
		return
	}
	if !c.free[i] {
		a.ask(stop{k, i})
		return
	}
	x := c.nodes[i].place
	if x == a.g.From {
		a.done = true
		return
	}
	if a.hand[k][x]-a.tolled(k, x) > nothing {
		if !a.paid[k][x] {
			a.paid[k][x] = true
			a.toll = append(a.toll, toll{k, x, a.clock})
		}
		return
	}
	a.late[k][i] = t
	a.leave[x] = max(a.leave[x], t)
	a.visit(x)
}

func (a *ascent) tolled(course, place int) float64 {
	if a.paid[course][place] {
		for _, t := range a.toll {
			if t.course == course && t.place == place {
				return a.clock - t.since
			}
		}
	}
	return 0
}

// ask makes a stop one that is charged for.
func (a *ascent) ask(s stop) {
	m := &a.active[s.course]
	if !m.asked[s.node] {
		a.dirty(s.course)
		m.asked[s.node] = true
		m.members = append(m.members, s.node)
	}
}

// dirty charges a course up to now before its moat changes.
func (a *ascent) dirty(k int) {
	if m := &a.active[k]; !m.dirty {
		a.charge(k)
		m.dirty = true
		a.changed = append(a.changed, k)
	}
}

// charge takes from a course what its moat has cost since it was drawn.
func (a *ascent) charge(k int) {
	m := &a.active[k]
	d := a.clock - m.since
	m.since = a.clock
	if !m.any || d <= 0 {
		return
	}
	c := a.courses[k]
	for _, b := range c.blocks {
		n := b.to - b.from
		in := m.in[b.from:b.to]
		for j := range n {
			if in[j] {
				c.enter[b.from+j] -= d
			}
		}
		for i := range n {
			if in[i] {
				continue
			}
			row := b.pass[i*n : i*n+n]
			for j := range row {
				if in[j] {
					row[j] -= d
				}
			}
		}
	}
}

// draw draws the moats that have changed.
func (a *ascent) draw() {
	for _, k := range a.changed {
		m := &a.active[k]
		c := a.courses[k]
		m.dirty = false
		clear(m.in)
		var todo []int
		keep := m.members[:0]
		for _, i := range m.members {
			if !c.free[i] {
				keep = append(keep, i)
				m.in[i] = true
				todo = append(todo, i)
			}
		}
		m.members = keep
		m.any = len(keep) > 0
		m.since = a.clock
		for len(todo) > 0 {
			j := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			b := c.block(j)
			n := b.to - b.from
			for i := range n {
				if !m.in[b.from+i] && b.pass[i*n+j-b.from] <= nothing {
					m.in[b.from+i] = true
					todo = append(todo, b.from+i)
				}
			}
		}
		least := inf
		for _, b := range c.blocks {
			n := b.to - b.from
			in := m.in[b.from:b.to]
			for j := range n {
				if in[j] {
					least = min(least, c.enter[b.from+j])
				}
			}
			for i := range n {
				if in[i] {
					continue
				}
				for j, price := range b.pass[i*n : i*n+n] {
					if in[j] && price < least {
						least = price
					}
				}
			}
		}
		m.left = a.clock + least
	}
	a.changed = a.changed[:0]
}

// settle makes free what has become so by now.
func (a *ascent) settle() {
	for k := range a.active {
		m := &a.active[k]
		if !m.any || m.left > a.clock+nothing {
			continue
		}
		a.dirty(k)
		c := a.courses[k]
		was := slices.Clone(c.free)
		if !c.spread() {
			continue
		}
		for i := range c.added {
			if c.free[i] && !was[i] {
				a.freed(stop{k, i})
			}
		}
	}
	keep := a.toll[:0]
	for _, t := range a.toll {
		if t.since+a.hand[t.course][t.place] > a.clock+nothing {
			keep = append(keep, t)
			continue
		}
		a.hand[t.course][t.place] = 0
		a.paid[t.course][t.place] = false
		c := a.courses[t.course]
		for i := range c.nodes {
			if c.nodes[i].place == t.place && c.free[i] {
				a.ridesFrom(stop{t.course, i})
			}
		}
	}
	a.toll = keep
}

// freed follows the rides of a stop that has become free.
func (a *ascent) freed(s stop) {
	if a.courses[s.course].nodes[s.node].far {
		a.done = a.done || a.p.Slots[a.courses[s.course].slot].Owner == a.g.Owner
		return
	}
	if t := a.until[s.course][s.node]; t > -inf && a.k.arrive[s.course][s.node] <= t {
		a.ridesTo(s)
	}
	a.ridesFrom(s)
}

func (a *ascent) ridesFrom(s stop) {
	c := a.courses[s.course]
	for j := range c.nodes {
		if t := a.until[s.course][j]; c.free[j] && t > -inf && a.k.arrive[s.course][j] <= t {
			a.ride(s.course, s.node, j)
		}
	}
}

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
