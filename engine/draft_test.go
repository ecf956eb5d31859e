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

// TestTidyLeavesWhatNeedsADetour: the farm is reached in time only past the market, where the round stops for goods that
// have no way any more.
func TestTidyLeavesWhatNeedsADetour(t *testing.T) {
	for _, detour := range []bool{true, false} {
		week := errand()
		week.Rounds[0].Stops = nil
		home, farm, hall, market := 0, 1, 2, 3
		week.Travel.Seconds[home][farm] = 9 * 3600
		week.Producers = append(week.Producers, Producer{ID: "neighbour", Place: "market"})
		week.Orders = append(week.Orders, Order{ID: "n", PickupPoint: "point", Lines: []Line{{Producer: "neighbour", Kg: 1, Litres: 1}}})
		s := newSolver(t.Context(), newModel(week, TravelOf(week)), quick)
		s.assign()
		d := s.m.newDraft(s.parcels()) // the farmer's goods and the neighbour's
		at := []int32{d.rounds[0].stops[0], 0, 0, 0, d.rounds[0].stops[1]}
		for k, place := range []int{market, farm, hall} {
			at[k+1] = d.newStop(draftStop{round: 0, place: place, own: -1})
		}
		d.rounds[0].stops = at
		d.ways[0] = []draftLeg{{at[2], at[3]}}
		if detour {
			d.ways[1] = []draftLeg{{at[1], at[3]}}
		}
		s.m.tidy(d)
		o := s.outcome(d)
		plan := s.plan(&o, s.alone(d.parcels, s.m.newDraft))
		mustBeRight(t, week, plan)
		if served := len(d.ways[0]) > 0; served != detour || len(plan.Consignments) > 0 != detour {
			t.Errorf("detour %v: %d consignments", detour, len(plan.Consignments))
		}
	}
}
