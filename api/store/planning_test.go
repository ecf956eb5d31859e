package store

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// state demands where a sale's planning stands.
func state(t *testing.T, w world, want PlanningState) *Planning {
	t.Helper()
	p, err := w.scope.Planning(t.Context(), w.sale)
	ok(t, err)
	if p.State != want {
		t.Errorf("the planning is %s, want %s", p.State, want)
	}
	return p
}

func testPlannings(t *testing.T, s *Store) {
	ctx := t.Context()
	w := fill(t, s, "here")
	c := w.scope
	_, err := c.Planning(ctx, w.sale)
	is(t, err, NotFound)
	is(t, c.CancelPlanning(ctx, w.sale), Conflict)
	_, err = c.PutOrders(ctx, w.sale, w.orders("a", "b"))
	ok(t, err)
	if n, err := c.OrderCount(ctx, w.sale); err != nil || n != 2 {
		t.Errorf("%d orders, %v", n, err)
	}

	ask := func(request string, fresh bool) {
		t.Helper()
		p, got, err := c.AskPlanning(ctx, w.sale, []byte(request))
		ok(t, err)
		if got != fresh || p.Actor != "test" {
			t.Errorf("fresh is %v, want %v: %+v", got, fresh, p)
		}
	}
	take := func(holder string, lease time.Duration) *Planning {
		t.Helper()
		p, err := c.TakePlanning(ctx, w.sale, holder, lease)
		ok(t, err)
		return p
	}
	if p := take("x", time.Hour); p != nil {
		t.Errorf("took %+v, which nobody asked for", p)
	}
	ask(`{"seed":1}`, true)
	ask(`{"seed":2}`, false) // in its place
	p := take("a", time.Hour)
	if p == nil || string(p.Request) != `{"seed":2}` || p.Runs != 1 || p.Revision != 2 || p.Holder != "a" || p.State != PlanningRuns {
		t.Fatalf("took %+v", p)
	}
	if p := take("b", time.Hour); p != nil {
		t.Errorf("two hold it: %+v", p)
	}
	is(t, c.KeepPlanning(ctx, w.sale, "b", nil, time.Hour), Conflict)
	ok(t, c.KeepPlanning(ctx, w.sale, "a", []byte(`{"share":0.5}`), time.Hour))
	if p := state(t, w, PlanningRuns); string(p.Progress) != `{"share":0.5}` {
		t.Errorf("progress %s", p.Progress)
	}
	ask(`{"seed":3}`, false) // for after it
	if p := state(t, w, PlanningRuns); string(p.Request) != `{"seed":2}` || string(p.Next) != `{"seed":3}` {
		t.Errorf("%+v", p)
	}
	_, err = c.EndPlanning(ctx, w.sale, "b", Planning{State: PlanningDone})
	is(t, err, Conflict)
	_, err = c.EndPlanning(ctx, w.sale, "a", Planning{State: PlanningWaits})
	is(t, err, Invalid)
	plan := Plan{Sale: w.sale}
	ok(t, c.SavePlan(ctx, &plan, []byte("{}"), []byte("{}")))
	again, err := c.EndPlanning(ctx, w.sale, "a", Planning{State: PlanningDone, Plan: plan.ID})
	ok(t, err)
	if p := state(t, w, PlanningWaits); !again || string(p.Request) != `{"seed":3}` || p.Next != nil || p.Runs != 0 || p.Plan != plan.ID {
		t.Errorf("after the end: %v, %+v", again, p)
	}

	// given back: not before it is due, and only what counts counts
	take("c", time.Hour)
	ok(t, c.ReturnPlanning(ctx, w.sale, "c", time.Now().Add(time.Hour), false))
	if p := state(t, w, PlanningWaits); p.Runs != 0 {
		t.Errorf("%d runs", p.Runs)
	}
	if p := take("d", time.Hour); p != nil {
		t.Errorf("taken before it is due: %+v", p)
	}
	ok(t, c.CancelPlanning(ctx, w.sale))
	state(t, w, PlanningCancelled)
	is(t, c.CancelPlanning(ctx, w.sale), Conflict)

	ask(`{}`, true)
	take("e", time.Hour)
	ok(t, c.ReturnPlanning(ctx, w.sale, "e", time.Now(), true))
	take("f", time.Hour)
	if p := state(t, w, PlanningRuns); p.Runs != 2 {
		t.Errorf("%d runs, want 2", p.Runs)
	}
	again, err = c.EndPlanning(ctx, w.sale, "f", Planning{State: PlanningFailed, Reason: "why", Faults: []byte(`[1]`)})
	if p := state(t, w, PlanningFailed); err != nil || again || p.Reason != "why" || string(p.Faults) != `[1]` || p.Plan != "" {
		t.Errorf("failed: %v, %v, %+v", again, err, p)
	}

	// a cancelled one is nobody's any more
	ask(`{}`, true)
	take("g", time.Hour)
	ask(`{}`, false)
	ok(t, c.CancelPlanning(ctx, w.sale))
	is(t, c.KeepPlanning(ctx, w.sale, "g", nil, time.Hour), Conflict)
	_, err = c.EndPlanning(ctx, w.sale, "g", Planning{State: PlanningDone})
	is(t, err, Conflict)

	// what a plan changes is kept with it
	if x, err := c.PlanChanges(ctx, plan.ID); err != nil || x != nil {
		t.Errorf("changes %s, %v", x, err)
	}
	ok(t, c.KeepChanges(ctx, plan.ID, []byte("[1]")))
	if x, err := c.PlanChanges(ctx, plan.ID); err != nil || string(x) != "[1]" {
		t.Errorf("changes %s, %v", x, err)
	}
	ok(t, c.KeepHistory(ctx, plan.ID, []byte("{}")))
	if x, err := c.PlanHistory(ctx, plan.ID); err != nil || string(x) != "{}" {
		t.Errorf("history %s, %v", x, err)
	}
}

// Of many who take it at once one has it.
func testConcurrentPlannings(t *testing.T, s *Store) {
	ctx := t.Context()
	w := fill(t, s, "here")
	for range 3 {
		_, _, err := w.scope.AskPlanning(ctx, w.sale, nil)
		ok(t, err)
		var taken atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				p, err := w.scope.TakePlanning(ctx, w.sale, string(rune('a'+i)), time.Hour)
				if err != nil {
					t.Error(err)
				} else if p != nil {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if n := taken.Load(); n != 1 {
			t.Errorf("%d have it", n)
		}
		ok(t, w.scope.CancelPlanning(ctx, w.sale))
	}
}

func testLostPlannings(t *testing.T, s *Store) {
	ctx := t.Context()
	here, there := fill(t, s, "here"), fill(t, s, "there")
	lost := func(patience time.Duration) []Lost {
		t.Helper()
		list, err := s.LostPlannings(ctx, patience)
		ok(t, err)
		return list
	}
	for _, w := range []world{here, there} {
		_, _, err := w.scope.AskPlanning(ctx, w.sale, nil)
		ok(t, err)
	}
	time.Sleep(2 * time.Millisecond) // the store's clock counts milliseconds
	if list := lost(time.Hour); len(list) != 0 {
		t.Errorf("lost %v although all wait for a moment only", list)
	}
	if list := lost(0); len(list) != 2 {
		t.Errorf("lost %v, want both, which were due a moment ago", list)
	}
	_, err := here.scope.TakePlanning(ctx, here.sale, "a", time.Hour)
	ok(t, err)
	_, err = there.scope.TakePlanning(ctx, there.sale, "b", time.Millisecond)
	ok(t, err)
	time.Sleep(3 * time.Millisecond)
	if list := lost(time.Hour); !slices.Equal(list, []Lost{{there.scope.Collective(), there.sale}}) {
		t.Errorf("lost %v, want that with the short lease", list)
	}
	for _, w := range []world{here, there} {
		got, err := w.scope.RetakePlanning(ctx, w.sale, time.Hour)
		ok(t, err)
		if want := w == there; got != want {
			t.Errorf("lost is %v, want %v", got, want)
		}
	}
	if err := there.scope.KeepPlanning(ctx, there.sale, "b", nil, time.Hour); !errors.Is(err, errLost) {
		t.Errorf("who had it before still does: %v", err)
	}
	if p, err := there.scope.TakePlanning(ctx, there.sale, "c", time.Hour); err != nil || p == nil || p.Runs != 2 {
		t.Errorf("took %+v, %v", p, err)
	}
}
