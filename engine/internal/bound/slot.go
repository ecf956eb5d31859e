package bound

import (
	"math"
	"math/bits"
	"slices"
)

var inf = math.Inf(1)

// node is where a slot may stop: one of its own stops, or a place at which a stop may be added between two of them.
type node struct {
	site           int     // where it is
	place          int     // where it is for goods: all that are away are one place; −1: far
	own            int     // own stop; −1: added
	leg            int     // added: after own stop leg
	arrive, depart float64 // earliest
	begin, leave   float64 // latest
	far            bool    // added: any of the places that are not near
	longer         float64 // what the stop adds to driving and service
	dearer         float64 // what it adds to the cost, by levels
}

// block is the added nodes between two own stops that follow one another, and what it costs to go on from one to another.
type block struct {
	from, to int
	into     []float64 // (to−from)², row by row: by node that is gone to, what that costs from each
}

// course is a slot prepared. The nodes that are added have prices: enter for going there from the own stop before, into
// for going on from one to another before the next own stop. What a tour adds is at least the sum of these over the
// arrows that it follows. Prices only fall, by what has been charged already.
type course struct {
	slot   int
	trip   bool
	nodes  []node
	added  int // the first so many nodes are added ones
	enter  []float64
	blocks []block
	of     []int32   // by added node: its block
	free   []bool    // by node: can be visited for nothing more
	ahead  []*onward // by added node; nil: not asked for since prices changed
	gain   float64   // how much more the round costs as it is than the levels between its stops
	first  []float64 // rounds: by pair of nodes, the earliest arrival at the second after a stop at the first; inf: never
	drive  []float64 // rounds: by pair of nodes, the time from one to the other at least
}

func (p *Problem) cost(i, j int) float64  { return p.Cost[i*len(p.Places)+j] }
func (p *Problem) level(i, j int) float64 { return p.Level[i*len(p.Places)+j] }
func (p *Problem) secs(i, j int) float64  { return p.Secs[i*len(p.Places)+j] }

// at is where a place is for goods.
func (p *Problem) at(place int) int {
	if p.Places[place].Away {
		return p.Outside
	}
	return place
}

// opening is the first moment from t on at which service may begin, inf for none.
func (x *Place) opening(t float64) float64 {
	if len(x.Open) == 0 {
		return t
	}
	for _, w := range x.Open {
		if t <= w[1] {
			return max(t, w[0])
		}
	}
	return inf
}

// closing is the last moment up to t at which service may begin, −inf for none.
func (x *Place) closing(t float64) float64 {
	if len(x.Open) == 0 {
		return t
	}
	for _, w := range slices.Backward(x.Open) {
		if t >= w[0] {
			return min(t, w[1])
		}
	}
	return -inf
}

// course prepares a slot: where it can stop at all, when, and what that costs at least. ok is false when it cannot be
// driven.
func (p *Problem) course(k int) (c *course, ok bool) {
	s := &p.Slots[k]
	c = &course{slot: k, trip: s.Trip}
	n := len(s.Stops)
	own := make([]node, n)
	least := 0.0
	for i := range s.Stops {
		x := &s.Stops[i]
		e := &own[i]
		e.site, e.place, e.own = x.Place, p.at(x.Place), i
		if i == 0 {
			e.arrive, e.depart = x.Open, x.Open
			continue
		}
		least += p.level(s.Stops[i-1].Place, x.Place)
		e.arrive = own[i-1].depart + p.secs(s.Stops[i-1].Place, x.Place)
		e.depart = max(e.arrive, x.Open) + x.Stay
		if i == n-1 {
			e.depart = e.arrive
		}
	}
	for i := n - 1; i >= 0; i-- {
		x := &s.Stops[i]
		e := &own[i]
		switch i {
		case n - 1:
			e.begin, e.leave = x.Close, x.Close
		case 0:
			e.leave = own[1].begin - p.secs(x.Place, s.Stops[1].Place)
			e.begin = e.leave
		default:
			e.leave = own[i+1].begin - p.secs(x.Place, s.Stops[i+1].Place)
			e.begin = min(x.Close, e.leave-x.Stay)
		}
		if e.depart > e.leave || i > 0 && e.arrive > e.begin {
			return nil, false
		}
	}
	if !s.Trip {
		c.gain = max(0, s.Base-least)
	}
	if !s.Frozen {
		c.add(p, s, own)
	}
	c.added = len(c.nodes)
	c.nodes = append(c.nodes, own...)
	if !s.Trip {
		c.time(p, s)
	}
	c.free = make([]bool, len(c.nodes))
	for i := range c.nodes {
		c.free[i] = i >= c.added
	}
	c.refresh()
	return c, true
}

// Span is when a round is under way in any case: from its latest departure to its earliest return.
func (s *Slot) Span(secs func(i, j int) float64) (from, to float64) {
	n := len(s.Stops)
	t := s.Stops[0].Open
	for i := 1; i < n; i++ {
		t += secs(s.Stops[i-1].Place, s.Stops[i].Place)
		if i < n-1 {
			t = max(t, s.Stops[i].Open) + s.Stops[i].Stay
		}
	}
	from = s.Stops[n-1].Close
	for i := n - 2; i >= 0; i-- {
		from -= secs(s.Stops[i].Place, s.Stops[i+1].Place)
		if i > 0 {
			from = min(s.Stops[i].Close, from-s.Stops[i].Stay)
		}
	}
	return from, t
}

// between is a way from own stop a to own stop b, and how high a place lies on it: so much of what comes after it is paid
// for on the way there.
type between struct {
	p    *Problem
	a, b int
	cap  float64
}

func (w between) height(x int) float64 {
	return max(w.p.level(w.a, w.b)-w.p.level(w.a, x), min(w.p.level(x, w.b), w.cap))
}

// price is what going on from x to y costs, with what is paid for there and less what has been paid for.
func (w between) price(x, y int) float64 {
	return max(0, w.p.cost(x, y)+w.height(y)-w.height(x))
}

// enter is the price of going to y from a or, out, from any of the other places.
func (w between) enter(y int, out bool) float64 {
	d := w.price(w.a, y)
	if out {
		h := w.height(y)
		d = max(0, min(d, w.p.level(w.a, y)+h-w.p.level(w.a, w.b), w.p.Places[y].Border+h-w.cap))
	}
	return d
}

// detour is what a way from a to b over some places costs more than the straight one at least.
func (w between) detour(via ...int) float64 {
	sum, at := -w.p.level(w.a, w.b), w.a
	for _, x := range via {
		sum += w.p.level(at, x)
		at = x
	}
	return max(0, sum+w.p.level(at, w.b))
}

// add lists the nodes that may be added, and their prices.
func (c *course) add(p *Problem, s *Slot, own []node) {
	spare := s.Secs + s.Longer // most that driving and added service take
	for i := 1; i < len(own); i++ {
		spare -= p.secs(own[i-1].site, own[i].site)
	}
	most := s.Most + c.gain
	for k := 0; k+1 < len(own); k++ {
		from := len(c.nodes)
		leg := &s.Legs[k]
		w := between{p, own[k].site, own[k+1].site, leg.Cap}
		a, b := w.a, w.b
		var far []int
		for x := range p.Places {
			at := &p.Places[x]
			if at.Away {
				continue
			}
			d := w.detour(x)
			v := node{site: x, place: x, own: -1, leg: k, arrive: own[k].depart + p.secs(a, x), leave: own[k+1].begin - p.secs(x, b), dearer: d}
			v.longer = p.secs(a, x) + p.secs(x, b) - p.secs(a, b) + at.Service
			begin := at.opening(v.arrive)
			v.depart, v.begin = begin+at.Service, at.closing(v.leave-at.Service)
			if begin > v.begin || d > most || v.longer > spare {
				continue
			}
			if s.Near != nil && !s.Near[x] {
				far = append(far, x)
				continue
			}
			c.nodes = append(c.nodes, v)
			c.enter = append(c.enter, w.enter(x, leg.Out))
		}
		if far != nil {
			// one node for all of them, with the least that any of them has
			c.nodes = append(c.nodes, node{site: -1, place: -1, own: -1, leg: k, far: true})
			least := inf
			for _, x := range far {
				least = min(least, w.enter(x, leg.Out))
			}
			c.enter = append(c.enter, least)
		}
		if leg.Out {
			c.nodes = append(c.nodes, node{site: p.Outside, place: p.Outside, own: -1, leg: k, arrive: own[k].depart, depart: own[k].depart,
				begin: own[k+1].begin, leave: own[k+1].begin})
			c.enter = append(c.enter, 0)
		}
		n := len(c.nodes) - from
		if n == 0 {
			continue
		}
		t := block{from, len(c.nodes), make([]float64, n*n)}
		height := make([]float64, n)
		for i := range n {
			if u := &c.nodes[from+i]; !u.far && u.place != p.Outside {
				height[i] = w.height(u.site)
			}
		}
		for j := range n {
			v := &c.nodes[from+j]
			row := t.into[j*n : j*n+n]
			for i := range n {
				u := &c.nodes[from+i]
				row[i] = inf
				switch {
				case i == j:
				case v.place == p.Outside && !v.far:
					row[i] = 0
				case u.place == p.Outside && !u.far:
					row[i] = c.enter[from+j]
				case u.far:
					for _, x := range far {
						row[i] = min(row[i], w.price(x, v.site))
					}
				case v.far:
					for _, x := range far {
						row[i] = min(row[i], w.price(u.site, x))
					}
				default:
					drive := p.secs(u.site, v.site)
					if most == inf && spare == inf {
						if u.depart+drive <= v.begin {
							row[i] = max(0, p.cost(u.site, v.site)+height[j]-height[i])
						}
						continue
					}
					longer := u.longer - p.secs(u.site, b) + drive + p.secs(v.site, b) + p.Places[v.site].Service
					if u.depart+drive <= v.begin && w.detour(u.site, v.site) <= most && longer <= spare {
						row[i] = max(0, p.cost(u.site, v.site)+height[j]-height[i])
					}
				}
			}
		}
		t.spare(c.enter[from:], leg.Least-p.level(a, b)+s.Short)
		for range n {
			c.of = append(c.of, int32(len(c.blocks)))
		}
		c.blocks = append(c.blocks, t)
	}
}

// spare lowers prices so that the sum along every way becomes less by d or 0. What leaves a node to which one may come for
// less than d is made cheaper by d.
func (t *block) spare(enter []float64, d float64) {
	if d <= 0 {
		return
	}
	n := t.to - t.from
	cheap := make([]bool, n)
	for j := range n {
		cheap[j] = enter[j] < d || slices.Min(t.into[j*n:j*n+n]) < d
	}
	for j := range n {
		enter[j] = max(0, enter[j]-d)
		for i := range n {
			if cheap[i] {
				t.into[j*n+i] = max(0, t.into[j*n+i]-d)
			}
		}
	}
}

// time finds which stops of a round can follow which, and how soon.
func (c *course) time(p *Problem, s *Slot) {
	n := len(c.nodes)
	c.first, c.drive = make([]float64, n*n), make([]float64, n*n)
	spare := s.Secs + s.Longer
	for i := 1; i < len(s.Stops); i++ {
		spare -= p.secs(s.Stops[i-1].Place, s.Stops[i].Place)
	}
	own := c.nodes[c.added:]
	span := func(i int) (before, after int) { // own stops before and after a node, itself if it is one
		if v := &c.nodes[i]; v.own < 0 {
			return v.leg, v.leg + 1
		}
		return c.nodes[i].own, c.nodes[i].own
	}
	for i := range n {
		u := &c.nodes[i]
		_, next := span(i)
		for j := range n {
			v := &c.nodes[j]
			last, _ := span(j)
			e := i*n + j
			c.first[e], c.drive[e] = inf, inf
			switch {
			case i == j || u.far || v.far || u.own >= 0 && v.own >= 0 && u.own >= v.own:
				continue
			case u.own < 0 && v.own < 0 && u.leg == v.leg:
				for k := range c.blocks {
					if b := &c.blocks[k]; i >= b.from && i < b.to && b.into[(j-b.from)*(b.to-b.from)+i-b.from] < inf {
						c.drive[e] = p.secs(u.site, v.site)
						c.first[e] = max(v.arrive, u.depart+c.drive[e])
					}
				}
				continue
			case u.own < 0 && v.own < 0 && (u.leg > v.leg || u.longer+v.longer > spare || u.dearer+v.dearer > s.Most+c.gain):
				continue
			case next > last && !(u.own >= 0 && v.own < 0 && u.own == v.leg || u.own < 0 && v.own == u.leg+1):
				continue
			}
			// past the own stops between
			t, drive, at, ok := u.depart, 0.0, u.site, true
			for k := next; k <= last; k++ {
				if u.own == k || v.own == k {
					continue
				}
				x := &s.Stops[k]
				hop := p.secs(at, x.Place)
				t, drive, at = max(t+hop, x.Open), drive+hop+x.Stay, x.Place
				ok = ok && t <= own[k].begin
				t += x.Stay
			}
			hop := p.secs(at, v.site)
			if t = max(t+hop, v.arrive); ok && t <= v.begin {
				c.first[e], c.drive[e] = t, drive+hop
			}
		}
	}
}

// nothing is a price that counts as none: metres.
const nothing = 1e-7

// spread finds what can be visited for nothing more, beginning with some nodes that may have become so, and appends it to
// found.
func (c *course) spread(some, found []int) []int {
	k := len(found)
	for _, j := range some {
		if !c.free[j] && c.opens(j) {
			c.free[j] = true
			found = append(found, j)
		}
	}
	for ; k < len(found); k++ {
		b := c.block(found[k])
		found = b.goOn(found[k], c.free[b.from:b.to], found)
	}
	return found
}

// goOn finds the nodes not yet in to which one can go on from node i for nothing, puts them in and appends them to found.
func (t *block) goOn(i int, in []bool, found []int) []int {
	n := t.to - t.from
	for j := range n {
		if !in[j] && t.into[j*n+i-t.from] <= nothing {
			in[j] = true
			found = append(found, t.from+j)
		}
	}
	return found
}

// opens reports whether some way to a node is free.
func (c *course) opens(j int) bool {
	if c.enter[j] <= nothing {
		return true
	}
	b := c.block(j)
	n := b.to - b.from
	free := c.free[b.from:b.to]
	for i, price := range b.into[(j-b.from)*n : (j-b.from+1)*n] {
		if price <= nothing && free[i] {
			return true
		}
	}
	return false
}

// refresh finds anew all that can be visited for nothing.
func (c *course) refresh() {
	clear(c.free[:c.added])
	var all []int
	for j := range c.added {
		all = append(all, j)
	}
	c.spread(all, nil)
}

// priced is the course with prices of its own: as they are, or none at all.
func (c *course) priced(as bool) *course {
	d := *c
	d.ahead = nil
	d.enter, d.free, d.blocks = slices.Clone(c.enter), slices.Clone(c.free), slices.Clone(c.blocks)
	for k := range d.blocks {
		d.blocks[k].into = slices.Clone(c.blocks[k].into)
	}
	if !as {
		for _, b := range d.blocks {
			for i, price := range b.into {
				if price < inf {
					b.into[i] = 0
				}
			}
		}
		clear(d.enter)
		d.refresh()
	}
	return &d
}

// block is the one that holds an added node.
func (c *course) block(i int) *block { return &c.blocks[c.of[i]] }

// into is the price of going on from one added node of a block to another.
func (c *course) into(i, j int) float64 {
	b := c.block(j)
	return b.into[(j-b.from)*(b.to-b.from)+i-b.from]
}

// onward is an added node and all to which one can go on from it, before the next own stop, for nothing.
type onward struct {
	node int
	in   set // of its block
}

// set is some of the nodes of a block, a bit for each.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int) { s[i>>6] |= 1 << (i & 63) }

func (s set) has(i int) bool { return s[i>>6]>>(i&63)&1 != 0 }

// each calls do for every node of the set.
func (s set) each(do func(i int)) {
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			do(w<<6 + bits.TrailingZeros64(word))
		}
	}
}

// onward is remembered until prices change.
func (c *course) onward(i int) *onward {
	if c.ahead == nil {
		c.ahead = make([]*onward, c.added)
	}
	if c.ahead[i] == nil {
		b := c.block(i)
		o := &onward{i, newSet(b.to - b.from)}
		in, found := make([]bool, b.to-b.from), []int{i}
		in[i-b.from] = true
		for k := 0; k < len(found); k++ {
			found = b.goOn(found[k], in, found)
			o.in.add(found[k] - b.from)
		}
		c.ahead[i] = o
	}
	return c.ahead[i]
}

// leads reports whether one can go on from one free node to the other for nothing.
func (c *course) leads(i, j int) bool {
	return i >= c.added || j >= c.added || c.of[i] != c.of[j] || c.onward(i).in.has(j-c.block(j).from)
}

// arrows calls do for every added node to which arrows from added nodes lead that go into the moat in or out of one of outs:
// with the prices from each node of its block, and the nodes whose arrows count.
func (c *course) arrows(in []bool, outs []*onward, do func(prices []float64, from set)) {
	for x := range c.blocks {
		b := &c.blocks[x]
		n := b.to - b.from
		moat := in[b.from:b.to]
		here := slices.DeleteFunc(slices.Clone(outs), func(o *onward) bool { return c.block(o.node) != b })
		if len(here) == 0 && !slices.Contains(moat, true) {
			continue
		}
		outside, from := newSet(n), newSet(n)
		for i, is := range moat {
			if !is {
				outside.add(i)
			}
		}
		for j := range n {
			counts := moat[j]
			if counts {
				copy(from, outside)
			} else {
				clear(from)
			}
			for _, o := range here {
				if !o.in.has(j) {
					counts = true
					for w, word := range o.in {
						from[w] |= word
					}
				}
			}
			if counts {
				do(b.into[j*n:j*n+n], from)
			}
		}
	}
}

// lower takes d from the price of every arrow into a moat of these nodes, or out of one of outs.
func (c *course) lower(in []bool, nodes []int, outs []*onward, d float64) {
	clear(c.ahead)
	for _, j := range nodes {
		c.enter[j] -= d
	}
	c.arrows(in, outs, func(prices []float64, from set) {
		from.each(func(i int) { prices[i] -= d })
	})
}

// cheapest is the least price of such an arrow.
func (c *course) cheapest(in []bool, nodes []int, outs []*onward) float64 {
	least := inf
	for _, j := range nodes {
		least = min(least, c.enter[j])
	}
	c.arrows(in, outs, func(prices []float64, from set) {
		from.each(func(i int) { least = min(least, prices[i]) })
	})
	return least
}

// ride is when goods that ride from node i arrive at node j at the earliest, and how long that takes at least.
func (c *course) ride(p *Problem, i, j int) (first, drive float64) {
	if !c.trip {
		return c.first[i*len(c.nodes)+j], c.drive[i*len(c.nodes)+j]
	}
	u, v := &c.nodes[i], &c.nodes[j]
	if v.own == 0 || u.own == 1 || i == j || u.far || v.far || u.own < 0 && v.own < 0 && c.into(i, j) == inf {
		return inf, inf
	}
	drive = p.secs(u.site, v.site)
	if first = max(v.arrive, u.depart+drive); first > v.begin {
		return inf, inf
	}
	return first, drive
}

// latest is when goods may be loaded at node i at the latest to be at node j no later than t; −inf for never.
func (c *course) latest(p *Problem, i, j int, t float64) float64 {
	first, drive := c.ride(p, i, j)
	if t = min(t, c.nodes[j].begin); first > t {
		return -inf
	}
	return min(c.nodes[i].leave, t-drive)
}

// earliest is when goods that can be loaded at node i from t on are at node j at the earliest; inf for never.
func (c *course) earliest(p *Problem, i, j int, t float64) float64 {
	if c.nodes[i].leave < t {
		return inf
	}
	first, drive := c.ride(p, i, j)
	if at := max(first, t+drive); at <= c.nodes[j].begin {
		return at
	}
	return inf
}
