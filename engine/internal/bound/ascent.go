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
	Share  []float64 // by goods: what serving them adds to the bound
	Never  []bool    // by goods: nobody can bring them
	Rivals []Rivals  // no two with goods in common
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
	bills   []bill // by goods

	// of the goods at hand
	g       *Goods
	k       *kind
	late    [][]float64 // by course and node: when to board it at the latest and be on a way that is free from here; −inf: never
	until   [][]float64 // by course and node: the latest arrival with such a way before; −inf: never
	active  []moat      // by course
	changed []int       // courses whose moats are to be drawn anew
	toll    []toll
	paid    [][]bool    // by course and place: in toll
	since   [][]float64 // and since what reading of the clock
	done    bool
	clock   float64
	queue   []int
	queued  []bool
	takers  []stop
	found   []int
	paying  []payment
	tolls   []toll
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
	nodes   []int     // those of in
	rides   []int     // free nodes with which a ride to another begins that does not go on from there for nothing
	riding  []bool    // nodes in rides
	outs    []*onward // of each of these
}

// payment is what a moat has been charged for goods.
type payment struct {
	course int
	nodes  []int
	outs   []*onward
	d      float64
}

// bill is all that goods have been charged.
type bill struct {
	sum   float64
	moats []payment
	tolls []toll // since: how much
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

// Bound proves a bound on the cost of every way to serve the goods, by charging for one after another and then, again and
// again, giving back what some of them have been charged to charge for them in another order. It charges for tries times as
// many goods as there are, or fewer when it is stopped: it asks whether the part of its time is over that it gives to what
// it does. Goods that it does not come to have no share. ok is false when nothing is proved.
func Bound(p *Problem, tries int, stopped func(part float64) bool) (res Result, ok bool) {
	a := &ascent{p: p, bills: make([]bill, len(p.Goods))}
	res = Result{Share: make([]float64, len(p.Goods)), Never: make([]bool, len(p.Goods))}
	if !a.prepare(stopped) {
		return res, false
	}
	var order []int
	for g := range p.Goods {
		if x := &p.Goods[g]; x.From != x.To && a.kinds[x.Kind].board != nil {
			if a.reachable(x) {
				order = append(order, g)
			} else {
				res.Never[g] = !a.roams(x)
			}
		}
	}
	a.compete(&res, order)
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(p.Goods[x].Close, p.Goods[y].Close) })
	for _, g := range order {
		if stopped(1) {
			break
		}
		a.add(g, inf)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for left := (tries - 1) * len(order); left > 0 && !stopped(1); {
		left -= a.again(order, rng)
	}
	for g := range a.bills {
		res.Share[g] = a.bills[g].sum
	}
	return res, true
}

// again gives back the charges of some goods that have much to do with one another, charges for them and for some of the rest in
// another order, and keeps what is more. It says for how many it has charged.
func (a *ascent) again(order []int, rng *rand.Rand) int {
	goods := a.p.Goods
	one := &goods[order[rng.IntN(len(order))]]
	kin := func(g int) bool { return goods[g].To == one.To }
	switch rng.IntN(3) {
	case 0:
		kin = func(g int) bool { return goods[g].From == one.From }
	case 1:
		kin = func(g int) bool { return goods[g].Close == one.Close }
	}
	var some []int
	for _, g := range order {
		if kin(g) {
			some = append(some, g)
		}
	}
	rng.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	some = some[:min(len(some), 1+rng.IntN(8))]
	before := a.total()
	old := map[int]bill{}
	for _, g := range some {
		old[g] = a.bills[g]
	}
	a.giveBack(some)
	work := len(some)
	for range rng.IntN(3) * rng.IntN(3) {
		g := order[rng.IntN(len(order))]
		if _, ok := old[g]; !ok {
			old[g] = a.bills[g]
		}
		a.add(g, inf)
		work++
	}
	if rng.IntN(2) == 0 { // a part first, so that they share what they compete for
		work += len(some)
		for _, g := range some {
			a.add(g, old[g].sum*rng.Float64())
		}
	}
	for _, g := range some {
		a.add(g, inf)
	}
	if a.total() < before-nothing {
		var all []int
		for _, g := range order {
			if _, ok := old[g]; ok {
				all = append(all, g)
			}
		}
		a.giveBack(all)
		for _, g := range all {
			a.bills[g] = old[g]
		}
		a.repay(all, 1)
	}
	return work
}

// total is what has been charged in all.
func (a *ascent) total() float64 {
	sum := 0.0
	for g := range a.bills {
		sum += a.bills[g].sum
	}
	return sum
}

// add charges for goods what can be charged besides what has been.
func (a *ascent) add(g int, most float64) {
	x := &a.bills[g]
	if d := a.raise(&a.p.Goods[g], most); d > 0 {
		*x = bill{x.sum + d, append(slices.Clip(x.moats), a.paying...), append(slices.Clip(x.tolls), a.tolls...)}
	}
}

// giveBack makes it so that nothing has been charged for goods.
func (a *ascent) giveBack(some []int) {
	a.repay(some, -1)
	for _, g := range some {
		a.bills[g] = bill{}
	}
}

// repay charges the bills of goods once more or, with −1, gives them back.
func (a *ascent) repay(some []int, sign float64) {
	touched := make([]bool, len(a.courses))
	for _, g := range some {
		for _, m := range a.bills[g].moats {
			in := a.active[m.course].in
			clear(in)
			for _, i := range m.nodes {
				in[i] = true
			}
			a.courses[m.course].lower(in, m.nodes, m.outs, sign*m.d)
			touched[m.course] = true
		}
		for _, t := range a.bills[g].tolls {
			a.hand[t.course][t.place] -= sign * t.since
		}
	}
	for k, c := range a.courses {
		if touched[k] {
			c.refresh()
		}
	}
}

func (a *ascent) prepare(stopped func(part float64) bool) bool {
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
		a.hand = append(a.hand, p.handovers())
		a.paid = append(a.paid, make([]bool, len(p.Places)))
		a.since = append(a.since, make([]float64, len(p.Places)))
		a.late = append(a.late, make([]float64, len(c.nodes)))
		a.until = append(a.until, make([]float64, len(c.nodes)))
		a.active = append(a.active, moat{in: make([]bool, c.added), asked: make([]bool, c.added), riding: make([]bool, c.added)})
	}
	for _, stops := range a.at {
		slices.SortStableFunc(stops, func(s, r stop) int {
			return cmp.Compare(a.courses[s.course].nodes[s.node].arrive, a.courses[r.course].nodes[r.node].arrive)
		})
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
				if p.Outside >= 0 {
					a.assume(a.kinds[k])
				} else {
					a.explore(a.kinds[k])
				}
			}
		})
	}
	wg.Wait()
	return true
}

// handovers is what a handover costs by place; what happens outside is not charged for.
func (p *Problem) handovers() []float64 {
	h := make([]float64, len(p.Places))
	for i := range h {
		if i != p.Outside {
			h[i] = p.Handover
		}
	}
	return h
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
	for ci, c := range a.courses {
		b, r := make([]float64, len(c.nodes)), make([]float64, len(c.nodes))
		for i := range b {
			b[i], r[i] = inf, inf
			if !c.nodes[i].far && g.Carry(c.slot, c.nodes[i].place) {
				later[ci] = append(later[ci], int32(i))
			}
		}
		k.board, k.arrive = append(k.board, b), append(k.arrive, r)
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
	for _, c := range a.courses {
		b, r := make([]float64, len(c.nodes)), make([]float64, len(c.nodes))
		for i := range c.nodes {
			v := &c.nodes[i]
			b[i], r[i] = inf, inf
			if v.far || !g.Carry(c.slot, v.place) {
				continue
			}
			if t := max(v.arrive, g.Ready); t <= v.begin {
				r[i] = t
			}
			at := &a.p.Places[v.place]
			if t := max(v.arrive, g.Ready); t <= v.leave && (v.place == g.From || at.Meet || at.Store>>g.Class&1 != 0) {
				b[i] = t
			}
		}
		k.board, k.arrive = append(k.board, b), append(k.arrive, r)
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

// raise charges for goods as much as it can, up to a limit, and says how much.
func (a *ascent) raise(g *Goods, most float64) float64 {
	a.g, a.k, a.done, a.clock = g, a.kinds[g.Kind], false, 0
	a.toll, a.changed, a.queue = a.toll[:0], a.changed[:0], a.queue[:0]
	a.paying, a.tolls = nil, nil
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
		clear(m.riding)
		m.any, m.dirty, m.members, m.nodes, m.rides, m.outs, m.left = false, false, m.members[:0], m.nodes[:0], m.rides[:0], nil, inf
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
		if next >= most {
			a.clock = max(a.clock, most)
			break
		}
		a.clock = max(a.clock, next)
		a.settle()
	}
	// what has been charged is charged
	for k := range a.active {
		a.charge(k)
	}
	for _, t := range a.toll {
		a.payToll(t)
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
			if x == a.g.To && a.ends(a.g, s) {
				t = a.g.Close
			}
			if x == a.p.Outside { // anybody there takes them on
				takers, t = nil, a.leave[x]
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
	c := a.courses[k]
	if t := min(c.nodes[i].leave, a.until[k][j]); t < a.k.board[k][i] || t <= a.late[k][i] || !c.free[i] && a.active[k].asked[i] {
		return // not even without any way to go
	}
	t := c.latest(a.p, i, j, a.until[k][j])
	if t < a.k.board[k][i] || t <= a.late[k][i] {
		return
	}
	if !c.free[i] {
		a.ask(stop{k, i})
		return
	}
	if !c.leads(i, j) {
		a.askRide(k, i)
		return
	}
	x := c.nodes[i].place
	if x == a.g.From {
		a.done = true
		return
	}
	if a.hand[k][x]-a.tolled(k, x) > nothing {
		if !a.paid[k][x] {
			a.paid[k][x], a.since[k][x] = true, a.clock
			a.toll = append(a.toll, toll{k, x, a.clock})
		}
		return
	}
	a.late[k][i] = t
	a.leave[x] = max(a.leave[x], t)
	a.visit(x)
}

// tolled is what the goods at hand have paid by now of the price of a handover to a course.
func (a *ascent) tolled(course, place int) float64 {
	if !a.paid[course][place] {
		return 0
	}
	return a.clock - a.since[course][place]
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

// askRide charges for going on from a free stop.
func (a *ascent) askRide(k, i int) {
	m := &a.active[k]
	if !m.riding[i] {
		a.dirty(k)
		m.riding[i] = true
		m.rides = append(m.rides, i)
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
	a.courses[k].lower(m.in, m.nodes, m.outs, d)
	a.paying = append(a.paying, payment{k, slices.Clone(m.nodes), m.outs, d})
}

// draw draws the moats that have changed.
func (a *ascent) draw() {
	for _, k := range a.changed {
		m := &a.active[k]
		c := a.courses[k]
		m.dirty = false
		for _, i := range m.nodes {
			m.in[i] = false
		}
		m.nodes = m.nodes[:0]
		keep := m.members[:0]
		for _, i := range m.members {
			if !c.free[i] {
				keep = append(keep, i)
				m.in[i] = true
				m.nodes = append(m.nodes, i)
			}
		}
		m.members = keep
		m.any = len(keep) > 0 || len(m.rides) > 0
		m.since = a.clock
		m.outs = nil
		for _, i := range m.rides {
			m.outs = append(m.outs, c.onward(i))
		}
		for n := 0; n < len(m.nodes); n++ { // and whatever leads there for nothing
			j := m.nodes[n]
			b := c.block(j)
			w := b.to - b.from
			for i, price := range b.into[(j-b.from)*w : (j-b.from+1)*w] {
				if price <= nothing && !m.in[b.from+i] {
					m.in[b.from+i] = true
					m.nodes = append(m.nodes, b.from+i)
				}
			}
		}
		m.left = a.clock + c.cheapest(m.in, m.nodes, m.outs)
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
		a.found = a.courses[k].spread(m.nodes, a.found[:0])
		rides := m.rides
		m.rides = nil
		for _, i := range rides {
			m.riding[i] = false
		}
		for _, i := range a.found {
			a.freed(stop{k, i})
		}
		for _, i := range rides {
			a.ridesFrom(stop{k, i})
		}
	}
	keep := a.toll[:0]
	for _, t := range a.toll {
		if t.since+a.hand[t.course][t.place] > a.clock+nothing {
			keep = append(keep, t)
			continue
		}
		a.payToll(t)
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

func (a *ascent) payToll(t toll) {
	d := min(a.clock-t.since, a.hand[t.course][t.place])
	a.hand[t.course][t.place] -= d
	a.tolls = append(a.tolls, toll{t.course, t.place, d})
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
