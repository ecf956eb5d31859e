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
	dues    []atomic.Pointer[due] // by goods, of those that are known; nil: they are not kept
	bills   []bill                // by goods
	sides   [2]side

	// of the goods at hand
	g       *Goods
	side    side
	k       *kind
	active  []moat // by course
	changed []int  // courses whose moats are to be drawn anew
	toll    []toll
	paid    [][]bool    // by course and place: in toll
	since   [][]float64 // and since what reading of the clock
	done    bool
	clock   float64
	found   []int
	paying  []payment
	tolls   []toll
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

// is reports whether the two are one and the same.
func (x *bill) is(y *bill) bool {
	one := func(n, m int, first func() bool) bool { return n == m && (n == 0 || first()) }
	return one(len(x.moats), len(y.moats), func() bool { return &x.moats[0] == &y.moats[0] }) &&
		one(len(x.tolls), len(y.tolls), func() bool { return &x.tolls[0] == &y.tolls[0] })
}

type toll struct {
	course, place int
	since         float64
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
	order = slices.DeleteFunc(order, func(g int) bool { return res.Never[g] })
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(p.Goods[x].Close, p.Goods[y].Close) })
	left := tries * len(order)
	workers := []*ascent{a} // each with prices of its own
	if p.Outside < 0 && tries > 1 {
		workers = append(workers, a.clone(nil))
		dearest(workers, order, stopped)
		left -= len(order)
	}
	for _, g := range order {
		if stopped(1) {
			break
		}
		a.add(g, inf, goal)
		left--
	}
	improve(workers, order, left, stopped)
	for g := range a.bills {
		res.Share[g] = a.bills[g].sum
	}
	return res, true
}

// dearest puts goods that pay more when they are alone before others.
func dearest(workers []*ascent, order []int, stopped func(part float64) bool) {
	alone := make([]float64, len(workers[0].bills))
	var wg sync.WaitGroup
	for n, w := range workers {
		wg.Go(func() {
			for i := n; i < len(order) && !stopped(0.5); i += len(workers) {
				alone[order[i]] = w.alone(order[i], goal)
			}
		})
	}
	wg.Wait()
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(alone[y], alone[x]) })
}

// improve charges for so many goods in other orders, beginning with what the first worker has charged; now and then all go on from what
// the best one has.
func improve(workers []*ascent, order []int, left int, stopped func(part float64) bool) {
	rngs := make([]*rand.Rand, len(workers))
	for n := range rngs {
		rngs[n] = rand.New(rand.NewPCG(1, uint64(1+n)))
	}
	best := slices.Clone(workers[0].bills)
	for left > 0 && !stopped(1) {
		each := min(len(order), left/len(workers)+1)
		var wg sync.WaitGroup
		for n, w := range workers {
			wg.Go(func() {
				w.adopt(best)
				for todo := each; todo > 0 && !stopped(1); {
					todo -= w.again(order, rngs[n])
				}
			})
		}
		wg.Wait()
		left -= each * len(workers)
		first := slices.MaxFunc(workers, func(x, y *ascent) int { return cmp.Compare(x.total(), y.total()) })
		best = slices.Clone(first.bills)
	}
	workers[0].adopt(best)
}

// clone has prices of its own. Where only some slots are named all others are free, and handovers.
func (a *ascent) clone(only []bool) *ascent {
	b := &ascent{p: a.p, at: a.at, kinds: a.kinds, dues: a.dues, bills: slices.Clone(a.bills)}
	for k, c := range a.courses {
		b.courses = append(b.courses, c.priced(only == nil || only[c.slot]))
		b.hand = append(b.hand, slices.Clone(a.hand[k]))
		if only != nil {
			clear(b.hand[k])
		}
	}
	b.scratch()
	return b
}

// alone charges for goods, gives it back, and says how much it was.
func (a *ascent) alone(g int, from whence) float64 {
	a.add(g, inf, from)
	sum := a.bills[g].sum
	a.giveBack([]int{g})
	return sum
}

// adopt charges what another has charged instead.
func (a *ascent) adopt(bills []bill) {
	var some []int
	for g := range bills {
		if !bills[g].is(&a.bills[g]) {
			some = append(some, g)
		}
	}
	a.giveBack(some)
	for _, g := range some {
		a.bills[g] = bills[g]
	}
	a.repay(some, 1)
}

// again gives back the charges of some goods that have much to do with one another, charges for them and for some of the rest in
// another order and on other sides, and keeps what is more. It says for how many it has charged, at least 1.
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
	var pay, rest []int
	for _, g := range order {
		switch {
		case !kin(g):
		case a.bills[g].sum > 0:
			pay = append(pay, g)
		default:
			rest = append(rest, g)
		}
	}
	if len(pay) == 0 {
		return 1
	}
	pick := func(from []int, n int) []int {
		rng.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
		return from[:min(len(from), n)]
	}
	some := slices.Concat(pick(pay, 1+rng.IntN(4)), pick(rest, rng.IntN(5)))
	some = pick(some, len(some)) // in any order
	before := a.total()
	side := func() whence {
		if a.p.Outside >= 0 {
			return goal
		}
		return whence(rng.IntN(2))
	}
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
		a.add(g, inf, side())
		work++
	}
	if rng.IntN(2) == 0 { // a part first, so that they share what they compete for
		work += len(some)
		for _, g := range some {
			a.add(g, old[g].sum*rng.Float64(), side())
		}
	}
	for _, g := range some {
		a.add(g, inf, side())
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
func (a *ascent) add(g int, most float64, from whence) {
	x := &a.bills[g]
	if d := a.raise(g, most, from); d > 0 {
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
	}
	for _, stops := range a.at {
		slices.SortStableFunc(stops, func(s, r stop) int {
			return cmp.Compare(a.courses[s.course].nodes[s.node].arrive, a.courses[r.course].nodes[r.node].arrive)
		})
	}
	a.scratch()
	labels := 0
	for _, c := range a.courses {
		labels += 2 * len(c.nodes)
	}
	if labels*len(p.Goods) <= mostKept {
		a.dues = make([]atomic.Pointer[due], len(p.Goods))
	}
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

// scratch makes room for what raise works with.
func (a *ascent) scratch() {
	for _, c := range a.courses {
		a.paid = append(a.paid, make([]bool, len(a.p.Places)))
		a.since = append(a.since, make([]float64, len(a.p.Places)))
		a.active = append(a.active, moat{in: make([]bool, c.added), asked: make([]bool, c.added), riding: make([]bool, c.added)})
	}
	a.sides = [2]side{goal: &backward{ascent: a}, origin: &forward{ascent: a}}
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

// raise charges for goods as much as it can, up to a limit, beginning on one side, and says how much.
func (a *ascent) raise(goods int, most float64, from whence) float64 {
	g := &a.p.Goods[goods]
	a.g, a.k, a.side, a.done, a.clock = g, a.kinds[g.Kind], a.sides[from], false, 0
	a.toll, a.changed = a.toll[:0], a.changed[:0]
	a.paying, a.tolls = nil, nil
	for k := range a.courses {
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
	a.side.begin(goods)
	for !a.done {
		a.side.walk()
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

// owes reports whether the goods at hand have to pay for a handover to a course.
func (a *ascent) owes(course, place int) bool {
	return a.hand[course][place]-a.tolled(course, place) > nothing
}

// pay makes a handover one that is paid for.
func (a *ascent) pay(course, place int) {
	if !a.paid[course][place] {
		a.paid[course][place], a.since[course][place] = true, a.clock
		a.toll = append(a.toll, toll{course, place, a.clock})
	}
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
			if !a.courses[k].nodes[i].far {
				a.side.freed(stop{k, i})
			} else if a.p.Slots[a.courses[k].slot].Owner == a.g.Owner {
				a.done = true
			}
		}
		for _, i := range rides {
			a.side.rides(stop{k, i})
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
		a.side.handed(t)
	}
	a.toll = keep
}

func (a *ascent) payToll(t toll) {
	d := min(a.clock-t.since, a.hand[t.course][t.place])
	a.hand[t.course][t.place] -= d
	a.tolls = append(a.tolls, toll{t.course, t.place, d})
}
