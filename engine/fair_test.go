package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"carriole/geo"
)

// TestWishesKeepThePlanRight: with every wish the plan is right, and with nobody worse off nobody is.
func TestWishesKeepThePlanRight(t *testing.T) {
	eachShape(t, 8, func(t *testing.T, week *Week, rng *rand.Rand) {
		week.Settings.Fairness = []float64{0, 0.1, 1}[rng.IntN(3)]
		week.Settings.NobodyWorseOff = rng.IntN(2) == 0
		for i := range week.Producers {
			if rng.IntN(2) == 0 {
				week.Producers[i].BalanceM = math.Round(rng.NormFloat64() * 40000)
			}
		}
		plan := solved(t, t.Context(), week, quick)
		mustBeRight(t, week, plan)
		mustConserve(t, week, plan)
		for _, p := range plan.Summary.Producers {
			if p.WorseOff && week.Settings.NobodyWorseOff {
				t.Errorf("%s drives %.0f m, alone %.0f m", p.Producer, p.PlannedMetres, p.AloneMetres)
			}
		}
	})
}

// neighbours is a week of n producers at one spot who each send a load to every one of some points around them, all
// with a van that holds everything and is free all day. points are the distances in metres.
func neighbours(n int, points ...float64) *Week {
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	w := &Week{ID: "neighbours"}
	at := []float64{}
	for i := range n {
		id := fmt.Sprintf("p%d", i)
		w.Places = append(w.Places, Place{ID: id})
		at = append(at, 0)
		w.Producers = append(w.Producers, Producer{ID: id, Place: id})
		w.Vehicles = append(w.Vehicles, Vehicle{ID: "v" + id, Producer: id, Kg: 1000, Litres: map[Class]float64{Ambient: 1000},
			Available: []Interval{{day.Add(6 * time.Hour), day.Add(22 * time.Hour)}}})
	}
	for k, x := range points {
		id := fmt.Sprintf("q%d", k)
		w.Places = append(w.Places, Place{ID: id})
		at = append(at, x)
		w.PickupPoints = append(w.PickupPoints, PickupPoint{ID: id, Place: id, AcceptAfter: day, AcceptBy: day.Add(24 * time.Hour)})
		for i := range n {
			w.Orders = append(w.Orders, Order{ID: fmt.Sprintf("o%d-%d", i, k), PickupPoint: id,
				Lines: []Line{{Producer: fmt.Sprintf("p%d", i), Kg: 1, Litres: 1}}})
		}
	}
	// every point is a road of its own from the spot
	metres, secs := make([][]float64, len(at)), make([][]float64, len(at))
	for i := range at {
		metres[i], secs[i] = make([]float64, len(at)), make([]float64, len(at))
		for j := range at {
			if i != j {
				metres[i][j] = at[i] + at[j]
				secs[i][j] = metres[i][j] / 12.5
			}
		}
	}
	w.Travel = &geo.Table{Metres: metres, Seconds: secs}
	return w
}

func largest(plan *Plan) float64 {
	most := math.Inf(-1)
	for _, p := range plan.Summary.Producers {
		most = max(most, p.PlannedMetres-p.AloneMetres)
	}
	return most
}

// TestFairnessLowersTheLargestBurden: carriers without goods of their own share the way among them.
func TestFairnessLowersTheLargestBurden(t *testing.T) {
	week := neighbours(4, 10000, 8000, 9000, 11000)
	for i := range week.Orders {
		week.Orders[i].Lines[0].Producer = "p3" // all of it is one's
	}
	week.Vehicles = week.Vehicles[:3] // who has no van

	// p0 is a little nearer to everything
	for i := range week.Travel.Metres[0] {
		if i > 3 {
			week.Travel.Metres[0][i] -= 5
			week.Travel.Metres[i][0] -= 5
		}
	}
	plain := solved(t, t.Context(), week, Options{Iterations: 300})
	week.Settings.Fairness = 1
	fair := solved(t, t.Context(), week, Options{Iterations: 300})
	mustBeRight(t, week, fair)
	t.Logf("largest %.0f in %.0f m, fair %.0f in %.0f m", largest(plain), plain.Summary.Objective, largest(fair), fair.Summary.Objective)
	if largest(plain) < 75000 || largest(fair) > 40000 {
		t.Errorf("the largest burden is %.0f, with fairness %.0f", largest(plain), largest(fair))
	}
	if fair.Summary.Objective > 1.01*plain.Summary.Objective {
		t.Errorf("fairness costs %.0f", fair.Summary.Objective-plain.Summary.Objective)
	}
}

// TestBalancesRotate: of three who make the same way, each drives in turn.
func TestBalancesRotate(t *testing.T) {
	week := neighbours(3, 20000)
	week.Settings.Fairness = 0.5
	drove := map[string]int{}
	for range 9 {
		plan := solved(t, t.Context(), week, Options{Iterations: 100})
		mustBeRight(t, week, plan)
		if plan.Summary.AddedMetres != 40000 {
			t.Fatalf("%.0f m added, one trip is 40000", plan.Summary.AddedMetres)
		}
		for i, p := range plan.Summary.Producers {
			week.Producers[i].BalanceM = p.BalanceMetres
			if p.PlannedMetres > 0 {
				drove[p.Producer]++
			}
		}
	}
	for p, n := range drove {
		if n != 3 || len(drove) != 3 {
			t.Errorf("%s drives %d times of 9: %v", p, n, drove)
		}
	}
}
