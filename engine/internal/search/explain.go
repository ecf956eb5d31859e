package search

import (
	"math/rand/v2"
	"slices"
)

// Reason says what a request's way costs, and the best way beside it.
type Reason struct {
	Saved int64 // what the solution's cost would fall by without the request
	Next  []NextRide
	Cost  int32 // what the next way would add without the request's own
}

// NextRide is one ride of a way that is not taken.
type NextRide struct {
	Route   int32 // index in Solution.Routes; −1: a new trip of Vehicle
	Vehicle int32
	To      int32 // the place where it ends
}

// Explain gives the reason of every served request of a solution, or of some of them; the others have none.
func Explain(p *Problem, sol *Solution, some ...int32) []Reason {
	base := newState(p)
	base.load(sol)
	number := base.numbers()
	s := newState(p)
	f := newFinder(s, rand.New(rand.NewPCG(1, 1)))
	f.rides = fewRides
	out := make([]Reason, len(p.Requests))
	for c := range out {
		pa := &base.paths[c]
		if pa.n == 0 || len(some) > 0 && !slices.Contains(some, int32(c)) {
			continue
		}
		s.copyFrom(base)
		if !s.remove([]int32{int32(c)}) {
			continue
		}
		out[c].Saved = base.cost - s.cost
		best := way{cost: Inf}
		var w way
		for k := range pa.n {
			r := base.stops[pa.legs[k].from].route
			f.avoid, f.idle = r, -1
			if !s.open(r) {
				f.idle = base.routes[r].vehicle
			}
			if f.find(int32(c), best.cost, &w) {
				best = w
			}
		}
		if best.n == 0 {
			continue
		}
		out[c].Cost = best.cost
		for _, d := range best.rides[:best.n] {
			x := NextRide{Route: -1, Vehicle: d.vehicle, To: d.to}
			if d.route >= 0 {
				x.Route, x.Vehicle = number[d.route], s.routes[d.route].vehicle
			}
			out[c].Next = append(out[c].Next, x)
		}
	}
	return out
}
