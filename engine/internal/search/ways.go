package search

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Way is a way that a request of a solution could take instead of its own.
type Way struct {
	Added    int64     // what the solution without the request would cost more
	Solution *Solution // with the request on this way
	Was      []int32   // by route of Solution: its index in the solution given; −1: a new trip
}

const (
	mostWays  = 20
	dearWays  = 3  // ways with transfers are looked for up to so many times the cost of the cheapest way
	wideWays  = 40 // and so many fares beyond
	waysRides = 60 // rides to places of transfer that are looked at
)

// Ways lists the ways that request c could take in place of its own, the cheapest first: one for each sequence of routes,
// with none that rides more routes than another of them without being cheaper. Also given is what the solution
// saves without the request. Locks and habits of the request do not count.
func Ways(p *Problem, sol *Solution, c int32) (saved int64, out []Way) {
	base := newState(p)
	if !base.load(sol) {
		return 0, nil
	}
	q := p.Requests[c]
	p.Requests[c].Lock, p.Requests[c].Habit, p.Requests[c].Change = nil, nil, 0
	defer func() { p.Requests[c] = q }()
	number := base.numbers()
	s := newState(p)
	s.copyFrom(base)
	if !s.remove([]int32{c}) {
		return 0, nil
	}
	saved = base.cost - s.cost
	f := newFinder(s, rand.New(rand.NewPCG(1, 1)))
	f.rides = waysRides
	bound := int32(Inf)
	var w way
	if f.find(c, Inf, &w) {
		bound = min(Inf, dearWays*w.cost+wideWays*p.Transfer)
	}
	f.gather = true
	f.direct = true
	f.find(c, Inf, &w)
	f.direct = false
	f.find(c, bound, &w)
	own := make([]int32, 0, MaxLegs)
	for _, l := range base.paths[c].legs[:base.paths[c].n] {
		r := base.stops[l.from].route
		if !s.open(r) {
			r = -1 - base.routes[r].vehicle
		}
		own = append(own, r)
	}
	try := newState(p)
	for _, w := range sensible(f.gathered, own) {
		if len(out) == mostWays {
			break
		}
		try.copyFrom(s)
		if !try.take(c, w) {
			continue
		}
		x := Way{Added: try.cost - s.cost, Solution: try.solution()}
		for _, r := range try.chain {
			for ; r >= 0; r = try.routes[r].chainNext {
				was := int32(-1)
				if int(r) < len(base.routes) && base.open(r) && base.routes[r].vehicle == try.routes[r].vehicle {
					was = number[r]
				}
				x.Was = append(x.Was, was)
			}
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b Way) int { return cmp.Compare(a.Added, b.Added) })
	return saved, out
}

// routes are those of a way, −1−v for a new trip of vehicle v.
func (w *way) routes() []int32 {
	out := make([]int32, w.n)
	for k := range w.n {
		if out[k] = w.rides[k].route; out[k] < 0 {
			out[k] = -1 - w.rides[k].vehicle
		}
	}
	return out
}

// sensible picks the cheapest way of each sequence of routes but the given one, and leaves out those that ride all routes of
// a cheaper one and others.
func sensible(all []way, own []int32) []*way {
	slices.SortStableFunc(all, func(a, b way) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.n, b.n), cmp.Compare(a.rides[a.n-1].arr, b.rides[b.n-1].arr))
	})
	var out []*way
	var known [][]int32
next:
	for i := range all {
		routes := all[i].routes()
		for _, k := range known {
			if within(k, routes) {
				continue next
			}
		}
		if known = append(known, routes); !slices.Equal(routes, own) {
			out = append(out, &all[i])
		}
		if len(out) == 2*mostWays {
			break
		}
	}
	return out
}

// within reports whether the routes of a stand in b in their order.
func within(a, b []int32) bool {
	for _, r := range b {
		if len(a) > 0 && a[0] == r {
			a = a[1:]
		}
	}
	return len(a) == 0
}
