package engine

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
)

// A week planned in small parts with moving borders is right, and near to what planning it at once gives.
func TestPartsArePlannedRight(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 3))
		for _, name := range slices.Sorted(maps.Keys(weekShapes)) {
			week := randomWeek(rng, weekShapes[name])
			m := newModel(week, TravelOf(week))
			m.sizes = sizes{whole: 6, part: 4, farms: 3}
			plan := newSolver(context.Background(), m, Options{Seed: seed, Iterations: 600}).solve()
			if _, wrong := Check(week, nil, plan); len(wrong) > 0 {
				t.Errorf("%s, seed %d: %v", name, seed, wrong)
			}
		}
	}
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
				m.sizes = sizes{whole: 6, part: 4, farms: 3}
				plan := newSolver(ctx, m, Options{Seed: 1, Workers: 2, Share: share}).solve()
				if _, wrong := Check(week, nil, plan); len(wrong) > 0 {
					t.Errorf("%s, %d calls, cancelled %v: %v", name, most, cancelled, wrong)
				}
			}
			cancel()
		}
	}
}
