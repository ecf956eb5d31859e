package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestBoundIsBelowTheOptimum compares the bound with the best plan of weeks small enough to try all.
func TestBoundIsBelowTheOptimum(t *testing.T) {
	weeks := 500
	if testing.Short() || raceDetector() {
		weeks = 40
	}
	equal, solved := 0, 0
	sum, best := 0.0, 0.0
	for seed := range weeks {
		week := tinyWeek(rand.New(rand.NewPCG(uint64(seed), 7)))
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
		m := newModel(week, TravelOf(week))
		least := m.prove(1, never).least(figures.UnservedKg)
		sum, best = sum+least, best+figures.Objective
		switch {
		case least > figures.Objective:
			t.Errorf("seed %d: the bound is %.1f, but %.1f can be had:\n%s", seed, least, figures.Objective, sketch(plan))
		case least == figures.Objective:
			equal++
		}
	}
	t.Logf("the bound is the optimum in %d of %d weeks, and %.1f %% of it in all", equal, solved, 100*sum/best)
}

func never() bool { return false }

// TestBoundIsBelowAnyPlan compares the bound with what the search finds in weeks of every shape.
func TestBoundIsBelowAnyPlan(t *testing.T) {
	eachShape(t, 6, func(t *testing.T, week *Week, rng *rand.Rand) {
		plan := solved(t, t.Context(), week, Options{Seed: 1, Iterations: 400})
		s := &plan.Summary
		if s.LowerBound > s.Objective {
			t.Errorf("the bound is %.1f, but %.1f can be had", s.LowerBound, s.Objective)
		}
		if s.Gap != nil && !(*s.Gap >= 0 && (*s.Gap <= 1 || s.LowerBound < 0)) {
			t.Errorf("the gap is %v", *s.Gap)
		}
		if testing.Verbose() {
			fmt.Println(s.LowerBound, s.Objective, s.UnservedKg)
		}
	})
}
