package engine

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carriole/geo"
)

// aboard is the longest that goods of a class are on board of vehicles in a plan without handovers, counted from departure to
// departure, which is never less than until the stop begins.
func aboard(plan *Plan, class Class) (longest time.Duration) {
	rounds := map[string]*PlanRound{}
	for i := range plan.Rounds {
		rounds[plan.Rounds[i].ID] = &plan.Rounds[i]
	}
	for i := range plan.Consignments {
		for _, l := range plan.Consignments[i].Legs {
			r := rounds[l.Round]
			if plan.Consignments[i].Class == class {
				longest = max(longest, r.Stops[l.To].Depart.Sub(r.Stops[l.From].Depart))
			}
		}
	}
	return longest
}

// boxesWeek has one van that leaves cheese at an AMAP for an hour and a half before it comes to the drive, and one farm that
// both producers drive from.
func boxesWeek() *Week {
	at := func(clock string) time.Time {
		t, err := time.Parse(time.RFC3339, "2026-11-26T"+clock+":00+01:00")
		if err != nil {
			panic(err)
		}
		return t
	}
	return &Week{ID: "boxes",
		Places:    []Place{{ID: "farm"}, {ID: "amap"}, {ID: "hall", StopS: new(0.0)}},
		Travel:    &geo.Table{Metres: [][]float64{{0, 10000, 11000}, {10000, 0, 1000}, {11000, 1000, 0}}, Seconds: [][]float64{{0, 600, 660}, {600, 0, 60}, {660, 60, 0}}},
		Producers: []Producer{{ID: "anne", Place: "farm"}},
		Vehicles: []Vehicle{{ID: "van", Producer: "anne", Kg: 100, Litres: map[Class]float64{Ambient: 100, Chilled: 100}, LongestS: map[Class]float64{Chilled: 3600},
			Available: []Interval{{at("06:00"), at("16:00")}}}},
		Rounds: []Round{{ID: "tour", Producer: "anne", Vehicle: "van", Start: "farm", End: "farm", DepartAfter: at("16:00"), ReturnBy: at("22:00"),
			Stops: []RoundStop{{Place: "amap", ArriveAfter: at("17:00"), ArriveBy: at("17:30"), StayS: 5400}}}},
		PickupPoints: []PickupPoint{{ID: "drive", Place: "hall", AcceptAfter: at("18:30"), AcceptBy: at("20:00")}},
		Orders:       []Order{{ID: "o", PickupPoint: "drive", Lines: []Line{{Producer: "anne", Kg: 1, Litres: 1, Class: Chilled}, {Producer: "anne", Kg: 2, Litres: 2}}}}}
}

func TestLongest(t *testing.T) {
	ride := func(plan *Plan, class Class) string {
		for i := range plan.Consignments {
			if x := &plan.Consignments[i]; x.Class == class {
				return x.Legs[0].Round
			}
		}
		return ""
	}
	solve := func(t *testing.T, week *Week) *Plan {
		t.Helper()
		plan, err := Solve(context.Background(), week, nil, Options{Iterations: 64})
		if err != nil {
			t.Fatal(err)
		}
		if _, bad := Check(week, nil, plan); bad != nil {
			t.Fatal(bad)
		}
		return plan
	}
	week := boxesWeek()
	plan := solve(t, week)
	if len(plan.Unserved) != 1 || plan.Unserved[0].Line != 0 || ride(plan, Ambient) != "tour" {
		t.Fatalf("unserved %+v, the rest on %q; want the cheese left behind, which would be in its box for too long", plan.Unserved, ride(plan, Ambient))
	}
	if r := plan.Unserved[0].Repair; r == nil || r.Obstacle != NoLonger || r.Round != "tour" || r.Have != 3600 || r.Need < 5400 {
		t.Errorf("repair %+v", r)
	}

	week.Vehicles[0].LongestS[Chilled] = 7200
	if plan := solve(t, week); ride(plan, Chilled) != "tour" {
		t.Errorf("with two hours the cheese rides %q, unserved %v", ride(plan, Chilled), plan.Unserved)
	}

	// A drive that takes goods in the morning can be a trip of a quarter of an hour.
	week = boxesWeek()
	week.PickupPoints[0].AcceptAfter = week.PickupPoints[0].AcceptAfter.Add(-10 * time.Hour)
	week.Rounds[0].Frozen = true
	plan = solve(t, week)
	if got := ride(plan, Chilled); got == "tour" || got == "" || aboard(plan, Chilled) > time.Hour {
		t.Errorf("the cheese rides %q for %v, want a trip", got, aboard(plan, Chilled))
	}

	// What was right before a limit is not afterwards.
	old := boxesWeek()
	old.Vehicles[0].LongestS = nil
	before := solve(t, old)
	week = boxesWeek()
	if _, bad := Check(week, nil, before); len(bad) != 1 || bad[0].Rule != RuleLongest {
		t.Errorf("Check finds %v, want rule 9 alone", bad)
	}
	got, err := Replan(context.Background(), week, nil, before, Change{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, bad := Check(got.Week, nil, got.Plan); bad != nil || len(got.Plan.Unserved) != 1 {
		t.Errorf("replanned: %v, unserved %v", bad, got.Plan.Unserved)
	}
	if len(got.Differences) == 0 || got.Differences[0].What != GoodsUnserved || got.Differences[0].Cause.Kind != CauseLongest {
		t.Errorf("differences %+v", got.Differences)
	}
	// At a moment when it is on board nothing can be done about it.
	now := before.Rounds[0].Stops[0].Depart.Add(time.Minute)
	if got, err = Replan(context.Background(), week, nil, before, Change{Now: now}, Options{}); err != nil || len(got.Plan.Unserved) != 0 {
		t.Errorf("under way: %v, %+v", err, got)
	}
}

func TestHeld(t *testing.T) {
	week := boxesWeek()
	week.Vehicles[0].LongestS = nil
	before, err := Solve(context.Background(), week, nil, Options{Iterations: 64})
	if err != nil || len(before.Unserved) > 0 {
		t.Fatal(err, before.Unserved)
	}
	week = boxesWeek()
	week.Orders[0].Lines[1].Held = &Hold{English: "the rule, and what would lift it", French: "la règle"}
	week.Orders[0].Lines[0].Class = Ambient
	week.Orders = append(week.Orders, Order{ID: "home", Lon: new(0.0), Lat: new(0.0), Lines: week.Orders[0].Lines})
	check := func(plan *Plan) {
		t.Helper()
		if _, bad := Check(week, nil, plan); bad != nil {
			t.Error(bad)
		}
		if len(plan.Unserved) != 2 || plan.Summary.UnservedKg != 4 || plan.Summary.AloneUnservedKg != 4 || len(plan.Assigned) != 1 {
			t.Errorf("unserved %+v of %v kg (alone %v), assigned %v", plan.Unserved, plan.Summary.UnservedKg, plan.Summary.AloneUnservedKg, plan.Assigned)
		}
		for _, u := range plan.Unserved {
			if u.Line != 1 || u.Reason != week.Orders[0].Lines[1].Held.English || u.Repair == nil || u.Repair.Obstacle != NoHeld || u.Repair.Rule == nil {
				t.Errorf("unserved %+v", u)
			}
		}
	}
	plan, err := Solve(context.Background(), week, nil, Options{Iterations: 64})
	if err != nil {
		t.Fatal(err)
	}
	check(plan)
	got, err := Replan(context.Background(), week, nil, before, Change{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	check(got.Plan)
	if _, bad := Check(week, nil, before); bad == nil {
		t.Error("a plan that carries what is held back is right")
	}
}

// Weeks of all shapes, with boxes on some vehicles and lines held back: every plan keeps the limits, and they matter.
func TestLongestEverywhere(t *testing.T) {
	broken := 0
	eachShape(t, 6, func(t *testing.T, week *Week, rng *rand.Rand) {
		free, err := Solve(context.Background(), week, nil, Options{Iterations: 16, Shares: -1})
		if err != nil {
			t.Fatal(err)
		}
		for i := range week.Vehicles {
			if rng.IntN(4) > 0 {
				week.Vehicles[i].LongestS = map[Class]float64{}
				for _, c := range Classes {
					week.Vehicles[i].LongestS[c] = float64(600 * (1 + rng.IntN(20)))
				}
			}
		}
		for i := range week.Orders {
			for k := range week.Orders[i].Lines {
				if rng.IntN(8) == 0 {
					week.Orders[i].Lines[k].Held = &Hold{English: "held"}
				}
			}
		}
		if _, bad := Check(week, nil, free); slices.ContainsFunc(bad, func(v Violation) bool { return v.Rule == RuleLongest }) {
			broken++
		}
		plan, err := Solve(context.Background(), week, nil, Options{Iterations: 16, Shares: -1})
		if err != nil {
			t.Fatal(err)
		}
		if _, bad := Check(week, nil, plan); bad != nil {
			t.Errorf("Solve: %v", bad)
		}
		got, err := Replan(context.Background(), week, nil, free, Change{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, bad := Check(week, nil, got.Plan); bad != nil {
			t.Errorf("Replan: %v", bad)
		}
	})
	t.Logf("%d plans without the limits break one", broken)
	if broken == 0 {
		t.Error("no plan without the limits breaks one: the weeks show nothing")
	}
}
