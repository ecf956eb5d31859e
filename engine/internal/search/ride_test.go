package search

import (
	"math/rand/v2"
	"testing"
)

// cheapestRide is what the cheapest ride of request c alone adds to s, found by taking every one: every route, and a trip
// of every vehicle in every free window and place of its chain; Inf where none is possible.
func cheapestRide(s, try *state, c int32) int64 {
	q := &s.p.Requests[c]
	best := int64(Inf)
	take := func(d ride) {
		d.from, d.to = q.From, q.To
		w := way{n: 1}
		w.rides[0] = d
		try.copyFrom(s)
		if try.take(c, &w) {
			fits := true
			for _, r := range openRoutes(try) {
				fits = fits && try.holds(r)
			}
			if fits {
				best = min(best, try.cost-s.cost)
			}
		}
	}
	for _, r := range openRoutes(s) {
		rt := &s.routes[r]
		if s.mayCarry(q, rt) && s.mayHandle(q, rt.vehicle, rt.owner, q.From) && s.mayHandle(q, rt.vehicle, rt.owner, q.To) && (q.Lock == nil || q.Lock[0] == r) {
			everyRide(s, r, q, take)
		}
	}
	if s.p.NoTrips || q.Lock != nil {
		return best
	}
	for v := range s.p.Vehicles {
		veh := &s.p.Vehicles[v]
		if q.OwnOnly && q.Owner != veh.Owner || !s.mayHandle(q, int32(v), veh.Owner, q.From) || !s.mayHandle(q, int32(v), veh.Owner, q.To) {
			continue
		}
		for f := range veh.Free {
			for prev := int32(-1); ; {
				take(ride{route: -1, vehicle: int32(v), free: int32(f), after: prev, load: -1, unload: -1, loadNew: q.From != veh.Home, unloadNew: q.To != veh.Home})
				next := s.chain[v]
				if prev >= 0 {
					next = s.routes[prev].chainNext
				}
				if next < 0 {
					break
				}
				prev = next
			}
		}
	}
	return best
}

// everyRide calls take with each way to load and unload on route r. No stop is added beside one at its own place.
func everyRide(s *state, r int32, q *Request, take func(ride)) {
	list := stopsOf(s, r)
	frozen := s.routes[r].frozen
	place := func(k int) int32 { return s.stops[list[k]].place }
	for i := range list[:len(list)-1] {
		for _, loadNew := range []bool{false, true} {
			if !loadNew && place(i) != q.From || loadNew && (frozen || place(i) == q.From) {
				continue
			}
			for j := i; j < len(list); j++ {
				if j > i && place(j) == q.To {
					take(ride{route: r, load: list[i], loadNew: loadNew, unload: list[j]})
				}
				if !frozen && j < len(list)-1 {
					take(ride{route: r, load: list[i], loadNew: loadNew, unload: list[j], unloadNew: true})
				}
			}
		}
	}
}

// TestCheapestRide: what find says a way of one ride costs is the least that any such ride does.
func TestCheapestRide(t *testing.T) {
	found := 0
	eachProblem(t, 250, func(t *testing.T, p *Problem, rng *rand.Rand) {
		s, try := newState(p), newState(p)
		f := newFinder(s, rng)
		var w way
		for range 25 {
			if len(p.Requests) == 0 {
				return
			}
			c := int32(rng.IntN(len(p.Requests)))
			if s.paths[c].n > 0 {
				if rng.IntN(3) == 0 {
					s.remove([]int32{c})
				}
				continue
			}
			want := cheapestRide(s, try, c)
			f.direct = true
			got := int64(Inf)
			if f.find(c, Inf, &w) {
				got = int64(w.cost)
				found++
			}
			if got != want {
				t.Fatalf("the cheapest ride of request %d %+v costs %d, found %d: %+v", c, p.Requests[c], want, got, w.rides[0])
			}
			f.direct = rng.IntN(2) == 0
			if f.find(c, Inf, &w) {
				s.take(c, &w)
			}
		}
	})
	if found < 1000 {
		t.Errorf("only %d rides found", found)
	}
}

func TestOpenings(t *testing.T) {
	open := []Window{{10, 20}, {30, 40}, {50, 50}}
	for _, c := range []struct{ at, next, last int32 }{
		{5, 10, -Inf}, {10, 10, 10}, {15, 15, 15}, {20, 20, 20}, {25, 30, 20}, {30, 30, 30}, {41, 50, 40}, {50, 50, 50}, {51, Inf + 1, 50},
	} {
		if got := nextOpen(open, c.at); got != c.next {
			t.Errorf("from %d on it opens at %d, want %d", c.at, got, c.next)
		}
		if got := lastOpen(open, c.at); got != c.last {
			t.Errorf("up to %d it is open at %d, want %d", c.at, got, c.last)
		}
	}
}

// TestCompact: a route leaves as late as it can without ending later, and keeps its own stop's windows.
func TestCompact(t *testing.T) {
	p := &Problem{Places: make([]Place, 3), Dist: make([]int32, 9), Secs: []int32{0, 10, 20, 10, 0, 10, 20, 10, 0}, Owners: []int32{Inf}, Vehicles: []Vehicle{{Chain: []int32{0}}},
		Routes: []Route{{Depart: 0, Return: 1000, MaxDist: Inf, MaxSecs: Inf, EndWindow: Window{-Inf, Inf}, StartBy: Inf, Stops: []OwnStop{
			{Place: 1, Window: Window{0, 50}, Service: 5, Ready: -Inf, By: Inf},
			{Place: 2, Window: Window{100, 200}, Service: 5, Ready: -Inf, By: Inf},
		}}}}
	got := newState(p).solution().Routes[0].Stops
	for k, want := range [][2]int32{{40, 40}, {50, 90}, {100, 105}, {125, 125}} {
		if got[k].Arrive != want[0] || got[k].Depart != want[1] {
			t.Errorf("stop %d is at %d to %d, want %v", k, got[k].Arrive, got[k].Depart, want)
		}
	}
}

// TestOptionsComeInOrder: the heap gives options back by bound, and takes none that cannot be cheaper than what is known.
func TestOptionsComeInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		f := &finder{}
		w := &way{cost: int32(rng.IntN(60))}
		n := 0
		for range rng.IntN(40) {
			b := int32(rng.IntN(50))
			if f.push(option{bound: b}, w); b < w.cost {
				n++
			}
		}
		last := int32(0)
		for ; f.options.least() < Inf; n-- {
			o := f.options.pop()
			if o.bound < last || o.bound >= w.cost {
				t.Fatalf("%d comes after %d, known is %d", o.bound, last, w.cost)
			}
			last = o.bound
		}
		if n != 0 {
			t.Fatalf("%d options are lost", n)
		}
	}
}
