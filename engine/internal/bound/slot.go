package bound

import (
	"math"
	"slices"
)

var inf = math.Inf(1)

// entry is a stretch of a slot's course in which a node is visited: 2k at its own stop k, 2k+1 between own stops k and k+1.
type entry struct {
	pos            int
	arrive, depart float64 // earliest
	begin, leave   float64 // latest
}

// node is a place where a slot may stop: one of its own stops, or a place at which a stop may be added.
type node struct {
	place   int
	own     int // own stop; −1: added
	entries []entry
	leave   float64 // latest over all entries
	arrive  float64 // earliest over all entries
}

// course is a slot prepared. The nodes that are added have prices: enter[i] for going there from an own stop, pass[i][j]
// for going on from one to another before the next own stop. What a tour adds is at least the sum of these over the
// arrows that it follows. Prices only fall, by what has been charged already.
type course struct {
	slot  int
	trip  bool
	nodes []node
	added int // the first so many nodes are added ones
	enter []float64
	pass  []float64 // added × added
	free  []bool    // by node: can be visited for nothing more
	gain  float64   // what detours by a table that is not one of shortest ways might save, at most
}

func (p *Problem) cost(i, j int) float64 { return p.Cost[i*len(p.Places)+j] }
func (p *Problem) secs(i, j int) float64 { return p.Secs[i*len(p.Places)+j] }

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
// driven. useful says at which places a stop might serve.
func (p *Problem) course(k int, useful []bool) (c *course, ok bool) {
	s := &p.Slots[k]
	c = &course{slot: k, trip: s.Trip}
	n := len(s.Stops)
	own := make([]entry, n)
	least := 0.0
	for i := range s.Stops {
		x := &s.Stops[i]
		e := &own[i]
		e.pos = 2 * i
		if i == 0 {
			e.arrive, e.depart = x.Open, x.Open
			continue
		}
		least += p.cost(s.Stops[i-1].Place, x.Place)
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
		c.addNodes(p, s, own, useful)
	}
	c.added = len(c.nodes)
	c.price(p, s)
	for i := range s.Stops {
		c.nodes = append(c.nodes, node{place: s.Stops[i].Place, own: i, entries: []entry{own[i]}, arrive: own[i].arrive, leave: own[i].leave})
	}
	c.free = make([]bool, len(c.nodes))
	for i := range c.nodes {
		c.free[i] = i >= c.added
	}
	c.spread()
	return c, true
}

// Span is when a round is under way in any case: from its latest departure to its earliest return.
func (p *Problem) Span(s *Slot) (from, to float64) {
	n := len(s.Stops)
	t := s.Stops[0].Open
	for i := 1; i < n; i++ {
		t += p.secs(s.Stops[i-1].Place, s.Stops[i].Place)
		if i < n-1 {
			t = max(t, s.Stops[i].Open) + s.Stops[i].Stay
		}
	}
	from = s.Stops[n-1].Close
	for i := n - 2; i >= 0; i-- {
		from -= p.secs(s.Stops[i].Place, s.Stops[i+1].Place)
		if i > 0 {
			from = min(s.Stops[i].Close, from-s.Stops[i].Stay)
		}
	}
	return from, t
}

// detour is what going from a to b by x costs more than going straight.
func (p *Problem) detour(a, x, b int) float64 {
	return max(0, p.cost(a, x)+p.cost(x, b)-p.cost(a, b))
}

func (c *course) addNodes(p *Problem, s *Slot, own []entry, useful []bool) {
	baseSecs := 0.0
	for i := 1; i < len(s.Stops); i++ {
		baseSecs += p.secs(s.Stops[i-1].Place, s.Stops[i].Place)
	}
	for x := range p.Places {
		if !useful[x] {
			continue
		}
		at := &p.Places[x]
		v := node{place: x, own: -1, arrive: inf, leave: -inf}
		price := inf
		for i := 0; i+1 < len(own); i++ {
			a, b := s.Stops[i].Place, s.Stops[i+1].Place
			d := p.detour(a, x, b)
			if d > s.Most+c.gain {
				continue
			}
			if p.secs(a, x)+p.secs(x, b)-p.secs(a, b)+baseSecs-s.Secs+at.Service > s.Longer {
				continue
			}
			e := entry{pos: 2*i + 1, arrive: own[i].depart + p.secs(a, x), leave: own[i+1].begin - p.secs(x, b)}
			begin := at.opening(e.arrive)
			e.depart, e.begin = begin+at.Service, at.closing(e.leave-at.Service)
			if begin > e.begin {
				continue
			}
			v.entries = append(v.entries, e)
			v.arrive, v.leave = min(v.arrive, e.arrive), max(v.leave, e.leave)
			price = min(price, d)
		}
		if v.entries != nil {
			c.nodes = append(c.nodes, v)
			c.enter = append(c.enter, price)
		}
	}
}

// price sets what it costs to go on from one added stop to another.
func (c *course) price(p *Problem, s *Slot) {
	n := c.added
	c.pass = make([]float64, n*n)
	for i := range n {
		for j := range n {
			price := inf
			if i != j {
				u, v := &c.nodes[i], &c.nodes[j]
				for k, m := 0, 0; k < len(u.entries) && m < len(v.entries); {
					d, e := &u.entries[k], &v.entries[m]
					switch {
					case d.pos < e.pos:
						k++
					case d.pos > e.pos:
						m++
					default:
						a, b := s.Stops[d.pos/2].Place, s.Stops[d.pos/2+1].Place
						on := p.cost(u.place, v.place) + p.cost(v.place, b)
						if d.depart+p.secs(u.place, v.place) <= e.begin && p.cost(a, u.place)+on-p.cost(a, b) <= s.Most+c.gain {
							price = min(price, max(0, on-p.cost(u.place, b)))
						}
						k++
						m++
					}
				}
			}
			c.pass[i*n+j] = price
		}
	}
}

// nothing is a price that counts as none: metres.
const nothing = 1e-7

// spread finds what can be visited for nothing more, and reports whether that has grown.
func (c *course) spread() bool {
	var todo []int
	grown := false
	reach := func(i int) {
		if !c.free[i] {
			c.free[i] = true
			grown = true
		}
		todo = append(todo, i)
	}
	for i := range c.added {
		if c.free[i] || c.enter[i] <= nothing {
			reach(i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for j := range c.added {
			if !c.free[j] && c.pass[i*c.added+j] <= nothing {
				reach(j)
			}
		}
	}
	return grown
}

// latest is when goods may be loaded at node i at the latest to be at node j no later than t; −inf for never.
func (c *course) latest(p *Problem, i, j int, t float64) float64 {
	u, v := &c.nodes[i], &c.nodes[j]
	if v.arrive > t {
		return -inf
	}
	drive := p.secs(u.place, v.place)
	if c.trip {
		switch {
		case v.own == 0 || u.own == 1 || i == j:
			return -inf
		case u.entries[0].depart+drive > v.entries[0].begin:
			return -inf
		}
		return min(u.leave, t-drive)
	}
	best := -inf
	for k := range u.entries {
		d := &u.entries[k]
		for m := range v.entries {
			e := &v.entries[m]
			if e.arrive > t || e.pos < d.pos || e.pos == d.pos && (i == j || d.pos%2 == 0) || d.depart+drive > e.begin {
				continue
			}
			best = max(best, min(d.leave, t-drive))
		}
	}
	return best
}

// earliest is when goods that can be loaded at node i from t on are at node j at the earliest; inf for never.
func (c *course) earliest(p *Problem, i, j int, t float64) float64 {
	u, v := &c.nodes[i], &c.nodes[j]
	if u.leave < t {
		return inf
	}
	drive := p.secs(u.place, v.place)
	best := inf
	for k := range u.entries {
		d := &u.entries[k]
		if d.leave < t {
			continue
		}
		for m := range v.entries {
			e := &v.entries[m]
			if e.pos < d.pos || e.pos == d.pos && (i == j || d.pos%2 == 0) {
				continue
			}
			if at := max(e.arrive, max(d.depart, t)+drive); at <= e.begin {
				best = min(best, at)
			}
		}
	}
	return best
}
