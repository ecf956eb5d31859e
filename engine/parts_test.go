package engine

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
)

// smallParts are sizes that make parts of a small week.
var smallParts = sizes{whole: 6, part: 4, farms: 3}

// eachInParts plans n weeks of every shape in small parts with moving borders, edited before, and judges the plans.
func eachInParts(t *testing.T, n uint64, edit func(week *Week, rng *rand.Rand), judge func(t *testing.T, plan *Plan, week *Week)) {
	seen := 0
	for seed := range few(n) {
		weeks := rand.New(rand.NewPCG(seed, 5))
		for _, name := range slices.Sorted(maps.Keys(weekShapes)) {
			week := randomWeek(weeks, weekShapes[name])
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				edit(week, rand.New(rand.NewPCG(seed, 6)))
				judge(t, inParts(t, week, Options{Seed: seed, Iterations: 300, Shares: -1, Progress: looks(t, week, &seen)}), week)
			})
		}
	}
	if seen == 0 {
		t.Error("no round was seen on the way")
	}
}

func inParts(t *testing.T, week *Week, opt Options) *Plan {
	m := newModel(week, TravelOf(week))
	m.sizes = smallParts
	plan := newSolver(t.Context(), m, opt).solve()
	mustBeRight(t, week, plan)
	return plan
}

// A week planned in parts is right, whatever its roads, windows, limits and locks.
func TestPartsArePlannedRight(t *testing.T) {
	eachInParts(t, 20, func(*Week, *rand.Rand) {}, func(t *testing.T, plan *Plan, week *Week) { mustConserve(t, week, plan) })
}

// The search of a large week ends when the caller's clock stands still at 1, without a deadline, and at once when the
// context ends; the plan is right either way.
func TestPartsEndInTime(t *testing.T) {
	for _, most := range []int64{20, 2000} {
		for _, cancelled := range []bool{false, true} {
			ctx, cancel := context.WithCancel(context.Background())
			var calls atomic.Int64
			share := func() float64 {
				n := calls.Add(1)
				if cancelled && n >= most/2 {
					cancel()
				}
				return min(1, float64(n)/float64(most))
			}
			rng := rand.New(rand.NewPCG(uint64(most), 4))
			for _, name := range slices.Sorted(maps.Keys(weekShapes)) {
				calls.Store(0)
				week := randomWeek(rng, weekShapes[name])
				m := newModel(week, TravelOf(week))
				m.sizes = smallParts
				plan := newSolver(ctx, m, Options{Seed: 1, Workers: 2, Share: share}).solve()
				if _, wrong := Check(week, nil, plan); len(wrong) > 0 {
					t.Errorf("%s, %d calls, cancelled %v: %v", name, most, cancelled, wrong)
				}
			}
			cancel()
		}
	}
}
