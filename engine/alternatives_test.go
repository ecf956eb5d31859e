package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Every alternative is another sequence of rounds, in the order of what it adds, and the week has it: locked to the rounds
// of one, goods can ride it.
func TestAlternatives(t *testing.T) {
	some, handovers, kept := 0, 0, 0
	eachShape(t, 4, func(t *testing.T, week *Week, rng *rand.Rand) {
		plan := solved(t, t.Context(), week, Options{Seed: 1, Iterations: 40, Workers: 1})
		for i := range plan.Consignments {
			x := &plan.Consignments[i]
			ways, err := Alternatives(week, nil, plan, x.ID)
			if len(x.Legs) == 0 {
				if !errors.Is(err, ErrNoConsignment) {
					t.Errorf("%q rides nothing: %v", x.ID, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{fmt.Sprint(ridden(x.Legs)): true}
			for k, a := range ways {
				some++
				if len(a.Legs) > 1 {
					handovers++
				}
				var rounds []string
				fresh := ""
				for j, l := range a.Legs {
					rounds = append(rounds, l.Round)
					if l.Round == "" {
						fresh += l.Vehicle + " "
					}
					if j > 0 && l.From != a.Legs[j-1].To || l.Arrive.Before(l.Depart) {
						t.Errorf("%q: leg %d of %+v", x.ID, j, a)
					}
				}
				name := fmt.Sprint(rounds)
				if fresh != "" {
					name += fresh
				}
				if seen[name] || k > 0 && a.AddedMetres < ways[k-1].AddedMetres || a.Seconds < 0 || k >= 20 {
					t.Errorf("%q: alternative %d of %d is %+v", x.ID, k, len(ways), a)
				}
				seen[name] = true
			}
			// the cheapest one by rounds of the week alone can be chosen by a lock
			k := slices.IndexFunc(ways, func(a Alternative) bool {
				return !slices.ContainsFunc(a.Legs, func(l AlternativeLeg) bool {
					return !slices.ContainsFunc(week.Rounds, func(r Round) bool { return r.ID == l.Round })
				})
			})
			if k < 0 || rng.IntN(4) > 0 {
				continue
			}
			l := Lock{Producer: x.Producer, PickupPoint: x.PickupPoint, Class: x.Class}
			if slices.ContainsFunc(plan.Consignments, func(c Consignment) bool {
				return c.ID != x.ID && c.Producer == x.Producer && c.PickupPoint == x.PickupPoint && c.Class == x.Class
			}) || slices.ContainsFunc(week.Locks, func(o Lock) bool { return o.Producer == x.Producer && o.PickupPoint == x.PickupPoint }) {
				continue
			}
			for _, leg := range ways[k].Legs {
				l.Rounds = append(l.Rounds, leg.Round)
			}
			got, err := Replan(t.Context(), week, nil, plan, Change{Lock: []Lock{l}}, Options{Seed: 1})
			if err != nil {
				t.Errorf("%+v: %v", l, err)
				continue
			}
			mustBeRight(t, got.Week, got.Plan)
			for j := range got.Plan.Consignments {
				if c := &got.Plan.Consignments[j]; c.ID == x.ID {
					kept++
					if !slices.Equal(ridden(c.Legs), l.Rounds) {
						t.Errorf("%q is locked to %q and rides %q", x.ID, l.Rounds, ridden(c.Legs))
					}
				}
			}
			if plan.Summary.UnservedKg+1e-6 < got.Plan.Summary.UnservedKg {
				t.Errorf("%q, locked to the alternative %q, leaves %v kg more behind", x.ID, l.Rounds, got.Plan.Summary.UnservedKg-plan.Summary.UnservedKg)
			}
		}
	})
	t.Logf("%d alternatives, %d with handovers, %d chosen", some, handovers, kept)
	if handovers == 0 || kept == 0 {
		t.Errorf("%d alternatives, %d with handovers, %d chosen", some, handovers, kept)
	}
}

// The alternatives of a plan's consignment count from the present way.
func TestAlternativesOfNobody(t *testing.T) {
	if _, err := Alternatives(&Week{ID: "w"}, nil, &Plan{}, "c-1"); !errors.Is(err, ErrNoConsignment) {
		t.Errorf("%v", err)
	}
}
