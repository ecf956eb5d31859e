package planning_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// drives are what a plan has its rounds and goods do, without what differs between versions that do the same.
func drives(p *engine.Plan) string {
	var b strings.Builder
	for _, r := range p.Rounds {
		b.WriteString(r.ID + r.Vehicle)
		for _, s := range r.Stops {
			b.WriteString(" " + s.Place + s.Arrive.UTC().String())
		}
		b.WriteByte('\n')
	}
	for _, c := range p.Consignments {
		legs, _ := json.Marshal(c.Legs)
		b.WriteString(c.Producer + c.PickupPoint + string(c.Class) + fmt.Sprintf("%s %.3f\n", legs, c.Kg))
	}
	return b.String()
}

// decided makes a decision and returns the plan that comes of it.
func (b *bench) decided(d planning.Decision) *engine.Plan {
	b.t.Helper()
	_, err := b.Decide(b.t.Context(), b.Scope, b.Sale, d, "decided")
	b.ok(err)
	return b.newest()
}

// newest works off what is asked for and returns the plan that came of it.
func (b *bench) newest() *engine.Plan {
	b.t.Helper()
	b.work()
	p := b.state(store.PlanningDone)
	_, plan := b.right(p.Plan)
	return plan
}

// Decisions of every kind are planned, taken back one after the other and brought back; each time the plan is the same.
func TestUndo(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.planned(b.goods())
		_, plan := b.right(first.ID)
		if past, err := b.Past(ctx, b.Scope, b.Sale); err != nil || *past != (planning.Past{}) {
			t.Fatalf("a first plan has a past: %v %v", past, err)
		}
		_, err := b.Undo(ctx, b.Scope, b.Sale, "")
		b.is(err, store.Conflict)

		anne, day, _ := planning.SplitRoundID(b.AnneRound)
		bruno, _, _ := planning.SplitRoundID(b.BrunoRound)
		is := []string{drives(plan)}
		for _, d := range []planning.Decision{
			{Forbids: []store.Forbid{{Producer: b.Anne, Round: bruno, Day: day}}},
			{Allow: []store.Forbid{{Producer: b.Anne, Round: bruno, Day: day}}},
			{Locks: []store.Way{{Producer: b.Anne, PickupPoint: b.Hall, Class: engine.Ambient, Rides: []store.Ride{{Round: anne, Day: string(day)}, {Round: bruno, Day: string(day)}}}}},
			{Lift: []store.Way{{Producer: b.Anne, PickupPoint: b.Hall, Class: engine.Ambient}}},
			{Orders: []store.Order{{PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Peaches, QuantityMilli: 9000}}}}},
			{Absences: []store.Absence{{Producer: b.Bruno, First: "2026-11-23", Last: "2026-11-29"}}},
		} {
			is = append(is, drives(b.decided(d)))
		}
		if is[1] == is[0] || is[3] == is[2] || is[5] == is[4] || is[6] == is[5] {
			t.Fatalf("a decision changed nothing: %q", is)
		}
		for i := len(is) - 2; i >= 0; i-- {
			_, err := b.Undo(ctx, b.Scope, b.Sale, "undo")
			b.ok(err)
			got := drives(b.newest())
			past, err := b.Past(ctx, b.Scope, b.Sale)
			b.ok(err)
			if past.Redo == nil || past.Redo.Number != int64(i+2) || i > 0 && (past.Last == nil || past.Last.Number != int64(i+1)) || i == 0 && past.Undo != nil {
				t.Errorf("taken back to %d, the past is %+v", i, past)
			}
			if got != is[i] {
				t.Errorf("taken back to %d: got\n%swant\n%s", i, got, is[i])
			}
		}
		_, err = b.Undo(ctx, b.Scope, b.Sale, "")
		b.is(err, store.Conflict)
		for i := 1; i < len(is); i++ {
			_, err := b.Redo(ctx, b.Scope, b.Sale, "redo")
			b.ok(err)
			if got := drives(b.newest()); got != is[i] {
				t.Errorf("brought back to %d: got\n%swant\n%s", i, got, is[i])
			}
		}
		_, err = b.Redo(ctx, b.Scope, b.Sale, "")
		b.is(err, store.Conflict)

		// any version can be brought back; after it another decision has nothing to redo
		_, err = b.Restore(ctx, b.Scope, b.Sale, first.ID, "restore")
		b.ok(err)
		if got := drives(b.newest()); got != is[0] {
			t.Errorf("restored: got\n%swant\n%s", got, is[0])
		}
		if away, _, err := b.Scope.Absences(ctx, store.AbsenceFilter{}, store.Page{}); err != nil || len(away) != 0 {
			t.Errorf("after restoring the first plan %v are away, %v", away, err)
		}
		_, err = b.Undo(ctx, b.Scope, b.Sale, "")
		b.is(err, store.Conflict)
		b.decided(planning.Decision{Rounds: []store.RoundChange{{Round: bruno, Day: day, Kind: store.Cancelled}}})
		_, err = b.Undo(ctx, b.Scope, b.Sale, "undo")
		b.ok(err)
		if got := drives(b.newest()); got != is[0] {
			t.Errorf("the round is not driven again: got\n%swant\n%s", got, is[0])
		}
		// the last plan before it can still be found, though it is on another branch
		last := b.plans()[6]
		_, err = b.Restore(ctx, b.Scope, b.Sale, last.ID, "restore")
		b.ok(err)
		if got := drives(b.newest()); got != is[6] {
			t.Errorf("restored from another branch: got\n%swant\n%s", got, is[6])
		}
	})
}

// What somebody else has changed since is not overwritten, and orders that have come in stay.
func TestUndoOthers(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.planned(b.goods())
		b.decided(planning.Decision{Orders: []store.Order{{Ref: "by hand", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Peaches, QuantityMilli: 9000}}}}})
		b.Order(t, b.Sale, store.Order{Ref: "R-2", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Potatoes, QuantityMilli: 1000}}})
		_, err := b.Undo(ctx, b.Scope, b.Sale, "")
		b.ok(err)
		b.newest()
		count := func(ref string) int {
			list, _, err := b.Scope.Orders(ctx, store.OrderFilter{Sale: b.Sale, Ref: ref}, store.Page{})
			b.ok(err)
			if len(list) != 1 {
				t.Fatalf("%d orders are %s", len(list), ref)
			}
			return len(list[0].Lines)
		}
		if count("R-2") != 1 || count("by hand") != 0 {
			t.Error("another's order went, or the one by hand stays")
		}
		_, err = b.Redo(ctx, b.Scope, b.Sale, "")
		b.ok(err)
		b.newest()
		b.Order(t, b.Sale, store.Order{Ref: "by hand", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Peaches, QuantityMilli: 4000}}})
		_, err = b.Undo(ctx, b.Scope, b.Sale, "")
		if e := b.is(err, store.Conflict); !strings.Contains(e.Message, "the order") {
			t.Error(e)
		}
		if count("by hand") != 1 {
			t.Error("an order that was changed since is gone")
		}
		stale := store.Order{PickupPoint: b.Hall}
		list, _, err := b.Scope.Orders(ctx, store.OrderFilter{Sale: b.Sale, Ref: "by hand"}, store.Page{})
		b.ok(err)
		stale.ID, stale.Version = list[0].ID, list[0].Version-1
		_, err = b.Decide(ctx, b.Scope, b.Sale, planning.Decision{Orders: []store.Order{stale}}, "")
		b.is(err, store.Stale)
	})
}

// What was decided for a planning that comes to nothing is taken back with the next one.
func TestUndoAfterFailure(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.planned(b.goods())
		before := b.newest()
		_, err := b.Decide(ctx, b.Scope, b.Sale, planning.Decision{Absences: []store.Absence{{Producer: b.Bruno, First: "2026-11-23", Last: "2026-11-29"}}}, "")
		b.ok(err)
		_, err = b.Undo(ctx, b.Scope, b.Sale, "")
		b.is(err, store.Conflict) // it is being planned
		b.ok(b.Cancel(ctx, b.Scope, b.Sale))
		b.mu.Lock()
		b.tasks = nil
		b.mu.Unlock()
		if past, err := b.Past(ctx, b.Scope, b.Sale); err != nil || past.Undo == nil {
			t.Fatal("a decision whose planning was cancelled cannot be taken back", err)
		}
		_, err = b.Undo(ctx, b.Scope, b.Sale, "")
		b.ok(err)
		if got := drives(b.newest()); got != drives(before) {
			t.Errorf("got\n%swant\n%s", got, drives(before))
		}
		// … or belongs to the next plan
		_, err = b.Decide(ctx, b.Scope, b.Sale, planning.Decision{Absences: []store.Absence{{Producer: b.Bruno, First: "2026-11-23", Last: "2026-11-29"}}}, "")
		b.ok(err)
		b.ok(b.Cancel(ctx, b.Scope, b.Sale))
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{})
		b.ok(err)
		if drives(b.newest()) == drives(before) {
			t.Fatal("nobody is away")
		}
		_, err = b.Undo(ctx, b.Scope, b.Sale, "")
		b.ok(err)
		if got := drives(b.newest()); got != drives(before) {
			t.Errorf("got\n%swant\n%s", got, drives(before))
		}
	})
}

// What a decision would do is what it does.
func TestForesee(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.planned(b.goods())
		bruno, day, _ := planning.SplitRoundID(b.BrunoRound)
		for name, d := range map[string]planning.Decision{
			"away":      {Absences: []store.Absence{{Producer: b.Bruno, First: "2026-11-23", Last: "2026-11-29"}}},
			"cancelled": {Rounds: []store.RoundChange{{Round: bruno, Day: day, Kind: store.Cancelled}}},
			"forbidden": {Forbids: []store.Forbid{{Producer: b.Anne, Round: bruno, Day: day}}},
			"ordered":   {Orders: []store.Order{{PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Peaches, QuantityMilli: 3000}}}}},
			"less":      {Orders: []store.Order{{Ref: "R-1", PickupPoint: b.Hall, Lines: b.goods().Lines[:1]}}},
			"none":      {Orders: []store.Order{{Ref: "R-1"}}},
		} {
			got, err := b.Foresee(ctx, b.Scope, first.ID, d, view.French)
			b.ok(err)
			if drives(got.Plan) == drives(got.Before) || len(got.Turns) == 0 {
				t.Errorf("%s changes nothing", name)
			}
			if made := b.decided(d); drives(made) != drives(got.Plan) {
				t.Errorf("%s: foreseen\n%smade\n%s", name, drives(got.Plan), drives(made))
			}
			_, err = b.Undo(ctx, b.Scope, b.Sale, "")
			b.ok(err)
			b.newest()
		}
		_, err := b.Foresee(ctx, b.Scope, first.ID, planning.Decision{Orders: []store.Order{{PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Hall, QuantityMilli: 1000}}}}}, view.French)
		b.is(err, store.Invalid)
	})
}
