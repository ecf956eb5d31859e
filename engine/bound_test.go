package engine

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"carriole/geo"
)

// TestBoundIsBelowTheOptimum compares the bound with the best plan of weeks small enough to try all.
func TestBoundIsBelowTheOptimum(t *testing.T) {
	t.Run("as they come", func(t *testing.T) {
		weeks := few(500)
		solved, equal, _ := belowOptimum(t, weeks, func(*Week, *rand.Rand) {})
		if solved < weeks/2 || equal < solved/3 {
			t.Errorf("the bound is the optimum in %d of %d weeks only", equal, solved)
		}
	})
	t.Run("each for themselves and not far", func(t *testing.T) {
		weeks := few(1500)
		solved, _, rivals := belowOptimum(t, weeks, func(w *Week, rng *rand.Rand) {
			for i := range w.Producers {
				w.Producers[i].MaxAddedM = new(float64(5000 * (4 + rng.IntN(12))))
			}
			for i := range w.Orders {
				for k := range w.Orders[i].Lines {
					w.Orders[i].Lines[k].CarriedBy = ByProducer
				}
			}
		})
		if solved < weeks/2 || rivals < weeks/200 {
			t.Errorf("in %d of %d weeks only goods are found that cannot all be served", rivals, solved)
		}
	})
}

// belowOptimum says how many weeks it has solved, of how many the bound is the optimum and in how many goods are found that cannot
// all be served.
func belowOptimum(t *testing.T, weeks int, change func(w *Week, rng *rand.Rand)) (solved, equal, rivals int) {
	sum, best := 0.0, 0.0
	for seed := range weeks {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		week := tinyWeek(rng)
		change(week, rng)
		e := newExact(week)
		e.solve(exactCost{math.MaxInt, math.MaxInt})
		if e.full || e.found == nil {
			continue
		}
		solved++
		plan := e.plan(e.found)
		figures, bad := Check(week, nil, plan)
		for _, v := range bad {
			t.Error(v)
		}
		proof := newModel(week, TravelOf(week)).prove(1+seed%20, never)
		least := proof.least(figures.UnservedKg)
		if lost := proof.lost(); lost > figures.UnservedKg+1e-9 {
			t.Errorf("seed %d: %.3f kg are said to stay behind, but %.3f do:\n%s", seed, lost, figures.UnservedKg, sketch(plan))
		}
		if len(proof.res.Rivals) > 0 {
			rivals++
		}
		sum, best = sum+least, best+figures.Objective
		switch {
		case least > figures.Objective:
			t.Errorf("seed %d: the bound is %.1f, but %.1f can be had:\n%s", seed, least, figures.Objective, sketch(plan))
		case least == figures.Objective:
			equal++
		}
	}
	t.Logf("the bound is the optimum in %d of %d weeks, and %.1f %% of it in all; in %d goods cannot all be served", equal, solved, 100*sum/best, rivals)
	return solved, equal, rivals
}

func never(float64) bool { return false }

// TestBoundIsBelowAnyPlan compares the bound with what the search finds in weeks of every shape.
func TestBoundIsBelowAnyPlan(t *testing.T) {
	eachShape(t, 6, func(t *testing.T, week *Week, rng *rand.Rand) {
		plan := solved(t, t.Context(), week, Options{Seed: 1, Iterations: 400, Bound: 3})
		s := &plan.Summary
		if s.LowerBound > s.Objective {
			t.Errorf("the bound is %.1f, but %.1f can be had", s.LowerBound, s.Objective)
		}
		if s.Gap != nil && !(*s.Gap >= 0 && (*s.Gap <= 1 || s.LowerBound < 0)) {
			t.Errorf("the gap is %v", *s.Gap)
		}
	})
}

// TestBoundIsTight looks at weeks in which one sees what is best.
func TestBoundIsTight(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 26, hour, 0, 0, 0, time.UTC) }
	base := func() *Week {
		w := &Week{ID: "tight", Settings: Settings{HandoverM: new(500.0)}}
		metres := [][]float64{ // a farm, a point and a farm in a row, 10 km from one to the next
			{0, 10000, 20000},
			{10000, 0, 10000},
			{20000, 10000, 0},
		}
		seconds := deepCopy(metres)
		for _, row := range seconds {
			for j := range row {
				row[j] /= 10
			}
		}
		w.Travel = &geo.Table{Metres: metres, Seconds: seconds}
		w.Places = []Place{{ID: "a"}, {ID: "p", Handover: &Handover{Store: []Class{Ambient}}}, {ID: "b"}}
		w.Producers = []Producer{{ID: "a", Place: "a"}, {ID: "b", Place: "b"}}
		w.Vehicles = []Vehicle{{ID: "va", Producer: "a", Kg: 100, Litres: map[Class]float64{Ambient: 100}, Available: []Interval{{at(8), at(18)}}}}
		w.PickupPoints = []PickupPoint{{ID: "p", Place: "p", AcceptAfter: at(9), AcceptBy: at(12)}}
		w.Orders = []Order{{ID: "o", PickupPoint: "p", Lines: []Line{{Producer: "a", Kg: 1, Litres: 1}}}}
		return w
	}
	for _, c := range []struct {
		name   string
		change func(w *Week)
		least  float64
	}{
		{"there and back", func(*Week) {}, 20000},
		{"fetch on the way", func(w *Week) {
			w.Orders = append(w.Orders, Order{ID: "o2", PickupPoint: "p", Lines: []Line{{Producer: "b", Kg: 1, Litres: 1}}})
		}, 40000},
		{"by a round that passes", func(w *Week) {
			w.Rounds = []Round{{ID: "r", Producer: "a", Vehicle: "va", Start: "a", End: "a", DepartAfter: at(8), ReturnBy: at(18),
				Stops: []RoundStop{{Place: "b", ArriveAfter: at(10), ArriveBy: at(11), StayS: 60}}}}
		}, 0},
		{"two rounds that meet", func(w *Week) {
			w.Vehicles = append(w.Vehicles, Vehicle{ID: "vb", Producer: "b", Kg: 100, Litres: map[Class]float64{Ambient: 100}})
			w.Vehicles[0].Available = nil
			w.Orders[0].Lines[0].Producer = "b"
			w.PickupPoints[0].Place = "a"
			for _, x := range []string{"a", "b"} {
				w.Rounds = append(w.Rounds, Round{ID: x, Producer: x, Vehicle: "v" + x, Start: x, End: x, DepartAfter: at(8), ReturnBy: at(12),
					Stops: []RoundStop{{Place: "p", ArriveAfter: at(9), ArriveBy: at(10), StayS: 60}}})
			}
		}, 500},
		{"nobody comes", func(w *Week) { w.Vehicles[0].Available = nil }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := base()
			c.change(w)
			plan := solved(t, t.Context(), w, Options{Seed: 1, Iterations: 200})
			if s := plan.Summary; s.LowerBound != c.least || s.Objective != c.least || s.Gap == nil || *s.Gap != 0 {
				t.Errorf("the bound is %v, the objective %v, not %v", s.LowerBound, s.Objective, c.least)
			}
		})
	}
}
