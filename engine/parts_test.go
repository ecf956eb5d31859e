package engine

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
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
