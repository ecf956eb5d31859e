package engine

import (
	"math/rand/v2"
	"testing"

	"carriole/engine/internal/search"
)

// TestFrameRoundTrip takes some of a planned week's vehicles into a frame and writes what they do back unsearched, then
// searched: the plan stays right and gets no worse, and stays the same where nothing was left to serve.
func TestFrameRoundTrip(t *testing.T) {
	eachShape(t, 3, func(t *testing.T, week *Week, rng *rand.Rand) {
		s := &solver{m: newModel(week, TravelOf(week)), opt: quick, stop: func() bool { return false }}
		s.assign()
		d := s.m.newDraft(s.parcels())
		s.improve(d, true, search.Options{Iterations: 100})
		alone := s.alone(d.parcels, s.m.newDraft)
		var free []int
		for c, x := range d.parcels {
			if !x.locked {
				free = append(free, c)
			}
		}
		for k := range 8 {
			var vehicles, parcels []int
			for _, v := range s.m.vehicles {
				if rng.IntN(2) == 0 {
					vehicles = append(vehicles, v)
				}
			}
			for _, c := range free {
				if rng.IntN(4) > 0 {
					parcels = append(parcels, c)
				}
			}
			before := s.m.cost(d)
			f := s.m.frame(d, vehicles, parcels)
			left := false
			for _, legs := range f.start.Paths {
				left = left || len(legs) == 0
			}
			sol, _ := search.Search(f.p, f.start, search.Options{Seed: uint64(k), Iterations: k % 2 * 30})
			f.adopt(d, sol)
			after := s.m.cost(d)
			if before.Less(after) || k%2 == 0 && !left && before != after {
				t.Fatalf("%d: vehicles %v, parcels %v: cost was %v and is %v", k, vehicles, parcels, before, after)
			}
			if mustBeRight(t, week, s.plan(&outcome{d: d.clone(), point: s.point, atHome: s.atHome}, alone)); t.Failed() {
				t.Fatalf("%d: vehicles %v, parcels %v", k, vehicles, parcels)
			}
		}
	})
}
