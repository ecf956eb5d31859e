package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A plan does nothing otherwise than itself; what a replanning changes is found without being told; and between two plans that have
// nothing to do with one another every line that rides otherwise is named.
func TestCompare(t *testing.T) {
	names := []string{"order", "order cancelled", "weighed", "round cancelled", "round delayed", "refused", "forbidden", "vehicle", "breakdown", "locked"}
	found := map[DifferenceKind]int{}
	eachShape(t, 4, func(t *testing.T, week *Week, rng *rand.Rand) {
		m := &weekMaker{Rand: rng, week: week, shape: weekShapes[strings.Split(t.Name(), "/")[1]]}
		plan := solved(t, t.Context(), week, Options{Seed: 1, Iterations: 40, Workers: 1})
		if d := Compare(plan, week, nil, plan); len(d) > 0 {
			t.Errorf("a plan differs from itself: %+v", d)
		}
		for range 4 {
			var c Change
			what := names[rng.IntN(len(names))]
			changes[what](m, plan, &c)
			got, err := Replan(t.Context(), week, nil, plan, c, Options{Seed: 1})
			var invalid *InvalidWeek
			if errors.As(err, &invalid) || errors.Is(err, ErrRoundCannot) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			told := &Replanned{got.Week, got.Plan, Compare(plan, got.Week, nil, got.Plan)}
			for _, d := range told.Differences {
				found[d.What]++
			}
			t.Run(what, func(t *testing.T) { mustTellAll(t, plan, told, &c) })
		}
		other := solved(t, t.Context(), week, Options{Seed: 2, Iterations: 5, Workers: 1})
		told := map[LineRef]bool{}
		for _, d := range Compare(plan, week, nil, other) {
			for _, l := range d.Lines {
				told[l] = true
			}
			for _, id := range append([]string{d.Round}, d.After...) {
				if id != "" && roundOf(plan, id) == nil && roundOf(other, id) == nil {
					t.Errorf("%+v names %q, which neither plan has", d, id)
				}
			}
		}
		before, after := rides(plan), rides(other)
		for l, way := range after {
			if before[l] != way && !told[l] {
				t.Errorf("%v was %q and is %q: nobody is told", l, before[l], way)
			}
		}
	})
	for _, kind := range []DifferenceKind{GoodsServed, GoodsUnserved, GoodsMoved, GoodsAmount, GoodsGone, RoundGone, RoundStops, RoundTimes} {
		if found[kind] == 0 {
			t.Errorf("no difference %s in all of them: %v", kind, found)
		}
	}
}

// rides is the way of each line that rides: rounds by id, trips by vehicle.
func rides(p *Plan) map[LineRef]string {
	out := map[LineRef]string{}
	for _, c := range p.Consignments {
		var way []string
		for _, l := range c.Legs {
			id := l.Round
			if r := roundOf(p, id); r.Dedicated {
				id = r.Vehicle
			}
			way = append(way, id)
		}
		for _, l := range c.Lines {
			out[l] = fmt.Sprint(way)
		}
	}
	return out
}

// Causes are what differs between the weeks.
func TestCompareCauses(t *testing.T) {
	eachShape(t, 2, func(t *testing.T, week *Week, _ *rand.Rand) {
		plan := solved(t, t.Context(), week, quick)
		k := slices.IndexFunc(plan.Consignments, func(c Consignment) bool { return len(c.Legs) > 0 && !roundOf(plan, c.Legs[0].Round).Dedicated })
		if k < 0 {
			t.Skip("nothing rides a round")
		}
		id := plan.Consignments[k].Legs[0].Round
		got, err := Replan(t.Context(), week, nil, plan, Change{CancelRounds: []string{id}}, Options{})
		if err != nil {
			t.Skip(err)
		}
		for _, d := range Compare(plan, got.Week, nil, got.Plan) {
			if slices.Contains(d.Before, id) && d.Cause.Kind != CauseRoundCancelled {
				t.Errorf("%+v, want the cause that %s is cancelled", d, id)
			}
		}
	})
}
