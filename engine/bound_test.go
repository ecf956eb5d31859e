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
		whole := belowOptimum(t, weeks, []int{boundWhole, 1, 2, 4, 6}, func(*Week, *rand.Rand) {})[0]
		if whole.solved < weeks/2 || whole.equal < whole.solved/3 {
			t.Errorf("the bound is the optimum in %d of %d weeks only", whole.equal, whole.solved)
		}
	})
	t.Run("each for themselves and not far", func(t *testing.T) {
		weeks := few(1500)
		whole := belowOptimum(t, weeks, []int{boundWhole, 4}, func(w *Week, rng *rand.Rand) {
			for i := range w.Producers {
				w.Producers[i].MaxAddedM = new(float64(5000 * (4 + rng.IntN(12))))
			}
			for i := range w.Orders {
				for k := range w.Orders[i].Lines {
					w.Orders[i].Lines[k].CarriedBy = ByProducer
				}
			}
		})[0]
		if whole.solved < weeks/2 || whole.rivals < weeks/200 {
			t.Errorf("in %d of %d weeks only goods are found that cannot all be served", whole.rivals, whole.solved)
		}
	})
}

// TestBoundByAreasIsBelowAnyPlan compares the bound with what the search finds where areas lie near to or far from one another,
// and where ways are not the shortest.
func TestBoundByAreasIsBelowAnyPlan(t *testing.T) {
	for _, c := range []struct {
		name   string
		least  float64 // share of the optimum, in areas
		change func(w *Week, rng *rand.Rand)
	}{
		{"as the crow flies", 0.05, func(w *Week, _ *rand.Rand) { w.Travel = nil }},
		{"by roads that are not the shortest", 0, func(w *Week, rng *rand.Rand) {
			for _, table := range [][][]float64{w.Travel.Metres, w.Travel.Seconds} {
				for i := range table {
					for j := range table {
						table[i][j] = math.Round(table[i][j] * (0.6 + rng.Float64()*0.4))
					}
				}
			}
		}},
		{"far from one another", 0.2, func(w *Week, rng *rand.Rand) {
			for i := range w.Places {
				p := &w.Places[i]
				west := rng.IntN(2)
				p.Lon, p.Lat = 5+0.2*(p.Lon-5)+0.25*float64(west), 44+0.2*(p.Lat-44)+0.1*float64(west)
			}
			w.Travel = nil
		}},
		{"in few spots", 0, func(w *Week, rng *rand.Rand) {
			for i := range w.Places {
				p := &w.Places[i]
				p.Lon, p.Lat = 5+0.1*float64(rng.IntN(3))+0.00001*float64(rng.IntN(2)), 44+0.1*float64(rng.IntN(2))
			}
			w.Travel = nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			weeks, solved := few(100), 0
			sum, best := 0.0, 0.0
			for seed := range weeks {
				rng := rand.New(rand.NewPCG(uint64(seed), 7))
				week := tinyWeek(rng)
				c.change(week, rng)
				plan, err := Solve(t.Context(), week, nil, Options{Seed: 1, Iterations: 200, Bound: -1})
				if err != nil {
					continue // the rounds cannot keep their times any more
				}
				solved++
				s := &plan.Summary
				for _, size := range []int{1, 2, 4, 6, boundWhole} {
					least := newModel(week, TravelOf(week)).prove(size, size, 3, never).least(s.UnservedKg)
					if least > s.Objective {
						t.Errorf("seed %d, areas of %d: the bound is %.1f, but %.1f can be had:\n%s", seed, size, least, s.Objective, sketch(plan))
					}
					if size == 6 {
						sum, best = sum+least, best+s.Objective
					}
				}
			}
			t.Logf("in areas of 6 the bound is %.1f %% of what is found in %d weeks", 100*sum/best, solved)
			if solved < weeks/4 || sum < c.least*best {
				t.Errorf("%d of %d weeks are solved, and the bound is %.1f %% of what is found", solved, weeks, 100*sum/best)
			}
		})
	}
}

// boundTally is what bounds are worth: of the weeks whose optimum is known, in how many the bound is the optimum and in how many goods
// are found that cannot all be served; the sums of the bounds and of the optima.
type boundTally struct {
	solved, equal, rivals int
	sum, best             float64
}

// belowOptimum compares bounds with areas of each of some sizes.
func belowOptimum(t *testing.T, weeks int, sizes []int, change func(w *Week, rng *rand.Rand)) []boundTally {
	out := make([]boundTally, len(sizes))
	for seed := range weeks {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		week := tinyWeek(rng)
		change(week, rng)
		e := newExact(week)
		e.solve(exactCost{math.MaxInt, math.MaxInt})
		if e.full || e.found == nil {
			continue
		}
		plan := e.plan(e.found)
		figures, bad := Check(week, nil, plan)
		for _, v := range bad {
			t.Error(v)
		}
		for k, size := range sizes {
			proof := newModel(week, TravelOf(week)).prove(size, size, 1+seed%20, never)
			least := proof.least(figures.UnservedKg)
			if lost := proof.lost(); lost > figures.UnservedKg+1e-9 {
				t.Errorf("seed %d, areas of %d: %.3f kg are said to stay behind, but %.3f do:\n%s", seed, size, lost, figures.UnservedKg, sketch(plan))
			}
			x := &out[k]
			x.solved++
			if len(proof.res.Rivals) > 0 {
				x.rivals++
			}
			x.sum, x.best = x.sum+least, x.best+figures.Objective
			switch {
			case least > figures.Objective:
				t.Errorf("seed %d, areas of %d: the bound is %.1f, but %.1f can be had:\n%s", seed, size, least, figures.Objective, sketch(plan))
			case least == figures.Objective:
				x.equal++
			}
		}
	}
	for k, x := range out {
		t.Logf("areas of %d: the bound is the optimum in %d of %d weeks, and %.1f %% of it in all; in %d goods cannot all be served", sizes[k], x.equal, x.solved, 100*x.sum/x.best, x.rivals)
	}
	return out
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
		for _, size := range []int{1, 3, 6, 10} {
			if least := newModel(week, TravelOf(week)).prove(size, size, 2, never).least(s.UnservedKg); least > s.Objective {
				t.Errorf("with areas of %d the bound is %.1f, but %.1f can be had", size, least, s.Objective)
			}
		}
	})
}

// inARow is a table of places 10 km from one to the next, at 10 m/s.
func inARow(n int) *geo.Table {
	t := &geo.Table{Metres: make([][]float64, n), Seconds: make([][]float64, n)}
	for i := range n {
		for j := range n {
			hops := math.Abs(float64(i - j))
			t.Metres[i], t.Seconds[i] = append(t.Metres[i], 10000*hops), append(t.Seconds[i], 1000*hops)
		}
	}
	return t
}

// TestBoundIsTight looks at weeks in which one sees what is best.
func TestBoundIsTight(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 26, hour, 0, 0, 0, time.UTC) }
	base := func() *Week {
		w := &Week{ID: "tight", Settings: Settings{HandoverM: new(500.0)}}
		w.Travel = inARow(3) // a farm, a point and a farm
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
		orders int // that it takes
	}{
		{"there and back", func(*Week) {}, 20000, 1},
		{"fetch on the way", func(w *Week) {
			w.Orders = append(w.Orders, Order{ID: "o2", PickupPoint: "p", Lines: []Line{{Producer: "b", Kg: 1, Litres: 1}}})
		}, 40000, 1},
		{"by a round that passes", func(w *Week) {
			w.Rounds = []Round{{ID: "r", Producer: "a", Vehicle: "va", Start: "a", End: "a", DepartAfter: at(8), ReturnBy: at(18),
				Stops: []RoundStop{{Place: "b", ArriveAfter: at(10), ArriveBy: at(11), StayS: 60}}}}
		}, 0, 1},
		{"two rounds that meet", func(w *Week) {
			w.Vehicles = append(w.Vehicles, Vehicle{ID: "vb", Producer: "b", Kg: 100, Litres: map[Class]float64{Ambient: 100}})
			w.Vehicles[0].Available = nil
			w.Orders[0].Lines[0].Producer = "b"
			w.PickupPoints[0].Place = "a"
			for _, x := range []string{"a", "b"} {
				w.Rounds = append(w.Rounds, Round{ID: x, Producer: x, Vehicle: "v" + x, Start: x, End: x, DepartAfter: at(8), ReturnBy: at(12),
					Stops: []RoundStop{{Place: "p", ArriveAfter: at(9), ArriveBy: at(10), StayS: 60}}})
			}
		}, 500, 1},
		{"two rounds that hand over to a third", func(w *Week) {
			w.Travel = nil
			w.Places, w.Vehicles, w.Producers = nil, nil, nil
			store := &Handover{Store: []Class{Ambient}}
			for k, id := range []string{"a", "b", "c", "ac", "bc"} { // all about 10 km apart, at the corners of a pentagon
				turn := 2 * math.Pi * float64(k) / 5
				w.Places = append(w.Places, Place{ID: id, Lat: 44 + 0.07*math.Sin(turn), Lon: 5 + 0.1*math.Cos(turn), Handover: store})
			}
			stop := func(place string, hour int) RoundStop {
				return RoundStop{Place: place, ArriveAfter: at(hour), ArriveBy: at(hour), StayS: 60}
			}
			stops := map[string][]RoundStop{"a": {stop("ac", 9)}, "b": {stop("bc", 9)}, "c": {stop("ac", 10), stop("bc", 11)}}
			for _, x := range []string{"a", "b", "c"} {
				w.Producers = append(w.Producers, Producer{ID: x, Place: x})
				w.Vehicles = append(w.Vehicles, Vehicle{ID: "v" + x, Producer: x, Kg: 100, Litres: map[Class]float64{Ambient: 100}})
				w.Rounds = append(w.Rounds, Round{ID: x, Producer: x, Vehicle: "v" + x, Start: x, End: x, DepartAfter: at(8), ReturnBy: at(12), Stops: stops[x]})
			}
			w.PickupPoints[0].Place = "c"
			w.Orders = append(w.Orders, Order{ID: "o2", PickupPoint: "p", Lines: []Line{{Producer: "b", Kg: 1, Litres: 1}}})
		}, 1000, 20},
		{"a round that could take them on, but not there in time", func(w *Week) {
			w.Travel = inARow(4) // another farm before them
			w.Places = []Place{{ID: "c"}, {ID: "a"}, {ID: "p"}, {ID: "b"}}
			clock := func(hour, minute int) time.Time { return at(hour).Add(time.Duration(minute) * time.Minute) }
			w.Producers, w.Vehicles = nil, nil
			for _, x := range []string{"a", "b", "c"} {
				w.Producers = append(w.Producers, Producer{ID: x, Place: x, ReadyAt: at(8)})
				w.Vehicles = append(w.Vehicles, Vehicle{ID: "v" + x, Producer: x, Kg: 100, Litres: map[Class]float64{Ambient: 100}})
			}
			w.Rounds = []Round{
				{ID: "b", Producer: "b", Vehicle: "vb", Start: "b", End: "b", DepartAfter: at(7), ReturnBy: clock(9, 10),
					Stops: []RoundStop{{Place: "a", ArriveAfter: clock(8, 10), ArriveBy: clock(8, 34), StayS: 60}}},
				{ID: "c", Producer: "c", Vehicle: "vc", Start: "c", End: "c", DepartAfter: clock(8, 16), ReturnBy: at(10),
					Stops: []RoundStop{{Place: "a", ArriveAfter: clock(8, 33), ArriveBy: clock(8, 34), StayS: 60}}},
			}
			w.PickupPoints[0].AcceptAfter = clock(8, 35)
			w.Orders[0].Lines[0].Producer = "c"
		}, 20000, 1},
		{"too far for the only one who could fetch it", func(w *Week) {
			w.Places[1].Handover.Store = []Class{Frozen}
			w.Producers = append(w.Producers, Producer{ID: "c", Place: "p"})
			w.Producers[0].Place, w.PickupPoints[0].Place = "p", "a" // in the middle, and the other way
			w.Producers[0].MaxAddedM = new(30000.0)
			w.PickupPoints[0].AcceptAfter, w.PickupPoints[0].AcceptBy = at(15), at(17)
			w.Vehicles = append(w.Vehicles, w.Vehicles[0])
			w.Vehicles[1].ID, w.Vehicles[1].Producer = "vc", "c"
			w.Vehicles[0].Litres = map[Class]float64{Frozen: 100}
			w.Vehicles[0].Available = []Interval{{at(8), at(10)}, {at(14), at(18)}} // fetched on one trip and taken on by another
			w.Orders = []Order{
				{ID: "o", PickupPoint: "p", Lines: []Line{{Producer: "c", Kg: 0.1, Litres: 1}}},
				{ID: "o2", PickupPoint: "p", Lines: []Line{{Producer: "b", Class: Frozen, Kg: 1, Litres: 1}}},
			}
		}, 20000, 1},
		{"nobody comes", func(w *Week) { w.Vehicles[0].Available = nil }, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := base()
			c.change(w)
			plan := solved(t, t.Context(), w, Options{Seed: 1, Iterations: 200, Bound: c.orders})
			if s := plan.Summary; s.LowerBound != c.least || s.Objective != c.least || s.Gap == nil || *s.Gap != 0 {
				t.Errorf("the bound is %v, the objective %v, not %v", s.LowerBound, s.Objective, c.least)
			}
		})
	}
}
