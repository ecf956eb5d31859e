package pdpt

import (
	"cmp"
	"context"
	"slices"

	"carriole/engine/internal/search"
)

// Options of Solve.
type Options struct {
	Seed       uint64
	Workers    int            // that search side by side; 0: two
	Iterations int            // of all together; 0: until Share reaches 1, or 20,000
	Share      func() float64 // the caller's clock: the share of the time allowed that is used up
	Progress   func(Progress) // when not nil, called from one goroutine at a time
}

// Progress is the state of a running search: of the best solution so far.
type Progress struct {
	Unserved   int
	Cost       int64
	Iterations int
	Share      float64 // of the search, 0 to 1
}

const (
	defaultIterations = 20000
	defaultWorkers    = 2
)

// Solve plans. The error says what is wrong with the problem. When ctx ends the best solution so far comes back.
func Solve(ctx context.Context, p *Problem, opt Options) (*Solution, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if len(p.Requests) == 0 {
		return p.idle(), nil
	}
	if opt.Workers < 1 {
		opt.Workers = defaultWorkers
	}
	if opt.Iterations < 1 && opt.Share == nil {
		opt.Iterations = defaultIterations
	}
	g := p.ground()
	inner := search.Options{Seed: opt.Seed, Workers: opt.Workers, Iterations: opt.Iterations, Share: opt.Share, Stop: func() bool { return ctx.Err() != nil }}
	if opt.Progress != nil {
		inner.Progress = func(c search.Cost, n int, share float64, _ func() *search.Solution) {
			opt.Progress(Progress{Unserved: int(c.Lost / unserved), Cost: c.Dist + g.idle, Iterations: n, Share: share})
		}
	}
	s, _ := search.Search(g.q, nil, inner)
	return g.tours(s), nil
}

// idle is the solution without requests: what drives anyway.
func (p *Problem) idle() *Solution {
	out := &Solution{}
	for k, f := range p.Fleet {
		for range f.Count {
			if f.Runs {
				out.Tours = append(out.Tours, Tour{Fleet: k})
				out.Cost += int64(f.Fixed) + int64(p.Cost[int(f.Start)*p.Places+int(f.End)])
			}
		}
	}
	return out
}

// ground is a problem in the terms of the search for ways of several rides. Every vehicle has a start of its own, from which its end
// costs nothing unless it runs anyway; every stop of a request has a place of its own, for its window.
type ground struct {
	p      *Problem
	q      *search.Problem
	place  []int32 // by its place: the problem's
	fleets []int   // by its vehicle
	idle   int64   // what the vehicles cost that carry nothing
}

const unserved = 1 << 20 // penalty; whatever it is, it comes before any cost

func (p *Problem) ground() *ground {
	g := &ground{p: p, q: &search.Problem{NoTrips: true, Direct: len(p.Handovers) == 0, Owners: []int32{search.Inf}, Even: []int32{search.Inf}}}
	add := func(place int32, x search.Place) int32 {
		g.place = append(g.place, place)
		g.q.Places = append(g.q.Places, x)
		return int32(len(g.place) - 1)
	}
	type pair struct{ start, end int32 }
	var ends []pair
	for k, f := range p.Fleet {
		count := f.Count
		if !f.Runs {
			count = min(count, len(p.Requests))
		}
		for range count {
			s, e := add(f.Start, search.Place{}), add(f.End, search.Place{})
			v := int32(len(g.q.Vehicles))
			g.fleets = append(g.fleets, k)
			var room search.Load
			for i := range room {
				room[i] = Most
			}
			room[0] = f.Capacity
			ends = append(ends, pair{s, e})
			g.q.Vehicles = append(g.q.Vehicles, search.Vehicle{Home: s, Cap: room, Chain: []int32{v}})
			g.q.Routes = append(g.q.Routes, search.Route{Vehicle: v, Start: s, End: e, Depart: f.Open, Return: f.Close, MaxDist: search.Inf, MaxSecs: search.Inf,
				EndWindow: search.Window{Open: -search.Inf, Close: search.Inf}, StartBy: search.Inf})
		}
	}
	for _, r := range p.Requests {
		a := add(r.Pickup.Place, search.Place{Service: r.Pickup.Service, Open: []search.Window{{Open: r.Pickup.Open, Close: r.Pickup.Close}}})
		b := add(r.Delivery.Place, search.Place{Service: r.Delivery.Service, Open: []search.Window{{Open: r.Delivery.Open, Close: r.Delivery.Close}}})
		g.q.Requests = append(g.q.Requests, search.Request{From: a, To: b, Class: 1, Weight: r.Amount, Ready: -search.Inf,
			Window: search.Window{Open: r.Delivery.Open, Close: r.Delivery.Close}, Penalty: unserved})
	}
	for _, x := range p.Handovers {
		add(x, search.Place{Store: 1<<search.Resources - 1})
	}
	n := len(g.place)
	g.q.Dist, g.q.Secs = make([]int32, n*n), make([]int32, n*n)
	for a, x := range g.place {
		for b, y := range g.place {
			if a != b {
				g.q.Dist[a*n+b], g.q.Secs[a*n+b] = p.Cost[int(x)*p.Places+int(y)], p.Time[int(x)*p.Places+int(y)]
			}
		}
	}
	for v, e := range ends {
		for b := range g.place {
			g.q.Dist[int(e.start)*n+b] += p.Fleet[g.fleets[v]].Fixed
		}
		if p.Fleet[g.fleets[v]].Runs {
			g.idle += int64(g.q.Dist[int(e.start)*n+int(e.end)])
		} else {
			g.q.Dist[int(e.start)*n+int(e.end)], g.q.Secs[int(e.start)*n+int(e.end)] = 0, 0
		}
	}
	return g
}

// tours reads what the search for ways found. At a place of handover what is left comes before what is taken on.
func (g *ground) tours(s *search.Solution) *Solution {
	out := &Solution{}
	type event struct {
		Visit
		at int32
	}
	events := make([][]event, len(s.Routes))
	for c, legs := range s.Paths {
		if len(legs) == 0 {
			out.Unserved = append(out.Unserved, c)
		}
		for _, l := range legs {
			for at, load := range map[int32]bool{l.From: true, l.To: false} {
				place := g.place[s.Routes[l.Route].Stops[at].Place]
				events[l.Route] = append(events[l.Route], event{Visit{place, c, load}, at})
			}
		}
	}
	n, p := len(g.q.Places), g.p
	for r, list := range events {
		if len(list) == 0 && !p.Fleet[g.fleets[s.Routes[r].Vehicle]].Runs {
			continue
		}
		slices.SortFunc(list, func(a, b event) int {
			if a.at == b.at && a.Load != b.Load {
				if a.Load {
					return 1
				}
				return -1
			}
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Request, b.Request))
		})
		t := Tour{Fleet: g.fleets[s.Routes[r].Vehicle]}
		for _, e := range list {
			t.Visits = append(t.Visits, e.Visit)
		}
		out.Tours = append(out.Tours, t)
		for i, x := range s.Routes[r].Stops[1:] {
			out.Cost += int64(g.q.Dist[int(s.Routes[r].Stops[i].Place)*n+int(x.Place)])
		}
	}
	return out
}
