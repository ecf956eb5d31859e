package planning_test

import (
	"testing"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
)

// Drivers say what they have done of a plan in force; it stays said where a later plan has the same work, and a mistake is taken back.
func TestTicks(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		plan := b.planned(b.goods())
		work := func() []planning.Work {
			t.Helper()
			out, err := b.Ticks(ctx, b.Scope, plan.ID)
			b.ok(err)
			return out
		}
		counts := map[store.TickTask]int{}
		kg := map[store.TickTask]float64{}
		for _, w := range work() {
			counts[w.Task]++
			kg[w.Task] += w.Kg
			if (w.Partner != "") != (w.Task == store.TickTake || w.Task == store.TickHand) || w.Visit < 1 || w.Tick != nil {
				t.Errorf("work %+v", w)
			}
		}
		if counts[store.TickTake] == 0 || counts[store.TickTake] != counts[store.TickHand] || kg[store.TickLoad] != kg[store.TickUnload] || kg[store.TickTake] != kg[store.TickHand] {
			t.Errorf("%v, %v kg", counts, kg)
		}
		var load planning.Work
		for _, w := range work() {
			if w.Task == store.TickLoad && w.Producer == b.Anne {
				load = w
			}
		}
		tick := func(id store.ID, state store.TickState) *store.Tick {
			return &store.Tick{ID: id, TickSubject: load.TickSubject, Plan: plan.ID, State: state, Happened: time.Now()}
		}
		b.is(b.Tick(ctx, b.Scope, b.Anne, tick("a", store.TickDone)), store.Conflict) // a draft
		_, err := b.Publish(ctx, b.Scope, plan.ID, 0, true)
		b.ok(err)
		b.is(b.Tick(ctx, b.Scope, b.Bruno, tick("a", store.TickDone)), store.NotFound) // not his round
		elsewhere := tick("a", store.TickDone)
		elsewhere.Visit = 7
		b.is(b.Tick(ctx, b.Scope, b.Anne, elsewhere), store.NotFound)
		said := func(want store.TickState) {
			t.Helper()
			for _, w := range work() {
				switch {
				case w.TickSubject != load.TickSubject:
				case (w.Tick == nil) != (want == ""), w.Tick != nil && w.Tick.State != want:
					t.Errorf("%+v is said, not %q", w.Tick, want)
				}
			}
		}
		for range 2 {
			x := tick("a", store.TickLeft)
			x.LeftGrams, x.Note = 2500, "une caisse"
			b.ok(b.Tick(ctx, b.Scope, b.Anne, x))
			if x.Producer != b.Anne {
				t.Errorf("kept for %s", x.Producer)
			}
		}
		said(store.TickLeft)
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{})
		b.ok(err)
		b.work()
		before := plan.ID
		all := b.plans()
		plan = &all[len(all)-1]
		if plan.ID == before {
			t.Fatal("there is no later plan")
		}
		said(store.TickLeft)
		b.is(b.Tick(ctx, b.Scope, "", tick("b", store.TickOpen)), store.Conflict)
		_, err = b.Publish(ctx, b.Scope, plan.ID, 0, true)
		b.ok(err)
		old := tick("b", store.TickOpen) // of a driver who has not seen the later plan yet
		old.Plan = before
		b.ok(b.Tick(ctx, b.Scope, "", old))
		said("")
	})
}
