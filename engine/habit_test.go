package engine

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// habitsOf is the way of every consignment of a plan as a habit, the first one where a plan splits them.
func habitsOf(plan *Plan) []Habit {
	var out []Habit
	for _, c := range plan.Consignments {
		h := Habit{Producer: c.Producer, PickupPoint: c.PickupPoint, Class: c.Class}
		for _, l := range c.Legs {
			id := l.Round
			if r := plannedRound(plan, id); r.Dedicated {
				id = r.Vehicle
			}
			h.Rounds = append(h.Rounds, id)
		}
		known := slices.ContainsFunc(out, func(x Habit) bool {
			return x.Producer == h.Producer && x.PickupPoint == h.PickupPoint && x.Class == h.Class
		})
		if len(h.Rounds) > 0 && !known {
			out = append(out, h)
		}
	}
	return out
}

// A plan keeps to the habits as far as change_m asks, is right, and says how many it does not keep to.
func TestHabits(t *testing.T) {
	kept, changed, priced := 0, 0, 0
	eachShape(t, 6, func(t *testing.T, week *Week, rng *rand.Rand) {
		other := solved(t, t.Context(), week, Options{Seed: 99, Iterations: 5, Workers: 1})
		week.Habits = habitsOf(other)
		if len(week.Habits) == 0 {
			t.Skip("nothing rides")
		}
		long := Options{Seed: 1, Iterations: 300, Workers: 2}
		free := solved(t, t.Context(), week, long)
		mustBeRight(t, week, free)
		priced += free.Summary.Habits.Changed
		if h := free.Summary.Habits; (h.KeepAllMetres != nil) != (h.Changed > 0) || h.CannotKeep > h.Changed {
			t.Errorf("%d change, keeping them costs %v, %d cannot", h.Changed, h.KeepAllMetres, h.CannotKeep)
		}
		week.Settings.ChangeM = new(1e6)
		held := solved(t, t.Context(), week, long)
		mustBeRight(t, week, held)
		if h, f := held.Summary.Habits, free.Summary.Habits; held.Summary.UnservedKg >= free.Summary.UnservedKg && h.Changed > f.Changed {
			t.Errorf("%d habits change at a high price, %d for nothing", h.Changed, f.Changed)
		}
		kept += held.Summary.Habits.Kept
		changed += held.Summary.Habits.Changed
	})
	t.Logf("%d kept and %d changed at a high price, %d changed for nothing", kept, changed, priced)
	if changed*5 > kept || priced == 0 {
		t.Errorf("%d kept and %d changed at a high price, %d for nothing", kept, changed, priced)
	}
}
