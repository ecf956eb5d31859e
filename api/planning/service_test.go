package planning_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
)

// Many close at once: one plan. Closing again does nothing, until orders come in: then the plan is based on the one before.
func TestClose(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.Order(t, b.Sale, b.Orders(20, 1)...)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := b.Close(ctx, b.Scope, b.Sale); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(b.queued()) != 1 || b.queued()[0].Sale != b.Sale || b.queued()[0].Long {
			t.Fatalf("the jobs are %+v, want one short one", b.queued())
		}
		b.work()
		p := b.state(store.PlanningDone)
		plans := b.plans()
		if len(plans) != 1 || p.Plan != plans[0].ID || plans[0].State != store.Draft || plans[0].BasedOn != "" || plans[0].Revision != 20 {
			t.Fatalf("%+v, %+v", p, plans)
		}
		_, plan := b.right(plans[0].ID)
		if plan.Summary.Handovers == 0 || len(plan.Unserved) > 0 {
			t.Errorf("%d handovers, unserved %v", plan.Summary.Handovers, plan.Unserved)
		}
		if got := b.last(planning.PlanReady); got["plan"] != string(plans[0].ID) || got["sale_ref"] != "Semaine 48" || got["state"] != "draft" {
			t.Errorf("told %v", got)
		}
		b.told()

		got, err := b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		if n := b.work(); n != 0 || got.Plan.ID != plans[0].ID || got.Sale.State != store.SaleClosed || len(b.plans()) != 1 {
			t.Errorf("closing again: %d jobs, %+v", n, got)
		}

		b.Order(t, b.Sale, b.Orders(2, 2)...)
		for range 3 {
			_, err = b.Close(ctx, b.Scope, b.Sale)
			b.ok(err)
		}
		if n := b.work(); n != 1 {
			t.Errorf("late orders: %d jobs", n)
		}
		plans = b.plans()
		if len(plans) != 2 || plans[0].State != store.Superseded || plans[1].BasedOn != plans[0].ID || plans[1].Revision != 22 {
			t.Fatalf("after late orders: %+v", plans)
		}
		b.right(plans[1].ID)
		c, err := b.Compare(ctx, b.Scope, plans[0].ID, plans[1].ID, "en")
		b.ok(err)
		for _, d := range c.Differences {
			if d.Cause.Kind != "order" && d.Cause.Kind != "saves" {
				t.Errorf("late orders change %+v", d)
			}
		}
		if len(c.Differences) == 0 || !strings.Contains(c.Text, "why: ") {
			t.Errorf("%d differences: %s", len(c.Differences), c.Text)
		}
		sale, err := b.Scope.Sale(ctx, b.Sale)
		b.ok(err)
		sale.State = store.SaleCancelled
		b.ok(b.Scope.UpdateSale(ctx, sale))
		_, err = b.Close(ctx, b.Scope, b.Sale)
		b.is(err, store.Conflict)
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{})
		b.is(err, store.Conflict)
	})
}

// Late orders have a closed sale that has a plan planned again with the least change, all together and a moment later; others are told
// of all orders. Before there is a plan, or where nothing has changed, nobody plans.
func TestReceived(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		told := 0
		b.Tell = func(_ context.Context, c *store.Scope, sale store.ID, puts []store.Put) error {
			if c.Tx() == nil || sale != b.Sale {
				return errors.New("not in the transaction of the sale")
			}
			told += len(puts)
			return nil
		}
		put := func(orders ...store.Order) {
			t.Helper()
			b.ok(b.Scope.Together(ctx, func(c *store.Scope) error {
				puts, err := c.PutOrders(ctx, b.Sale, orders)
				if err != nil {
					return err
				}
				return b.Received(ctx, c, b.Sale, puts)
			}))
		}
		put(b.Orders(10, 1)...)
		if len(b.queued()) != 0 {
			t.Fatalf("an open sale is planned: %+v", b.queued())
		}
		_, err := b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		put(b.Orders(1, 2)...) // the planning that waits will see it
		if n := b.work(); n != 1 {
			t.Errorf("%d jobs", n)
		}
		first := b.plans()[0]
		put(b.Orders(1, 2)...) // as it is there already
		if len(b.queued()) != 0 || told != 11 {
			t.Errorf("the same order again: %+v, told of %d", b.queued(), told)
		}
		put(b.Orders(1, 3)...)
		put(b.Orders(1, 4)...)
		if q := b.queued(); len(q) != 1 || !q[0].At.After(monday) {
			t.Fatalf("late orders: %+v", q)
		}
		b.work()
		plans := b.plans()
		if len(plans) != 2 || plans[1].BasedOn != first.ID || plans[1].Revision != 13 || plans[1].State != store.Draft {
			t.Fatalf("after late orders: %+v", plans)
		}
		b.right(plans[1].ID)

		o, _, err := b.Scope.Orders(ctx, store.OrderFilter{Sale: b.Sale, Ref: b.Orders(1, 3)[0].Ref}, store.Page{})
		b.ok(err)
		o[0].Lines = nil
		b.ok(b.Scope.Together(ctx, func(c *store.Scope) error {
			if err := c.UpdateOrder(ctx, &o[0]); err != nil {
				return err
			}
			return b.OrderChanged(ctx, c, &o[0])
		}))
		if n := b.work(); n != 1 || len(b.plans()) != 3 || told != 14 {
			t.Errorf("a late cancellation: %d jobs, %d plans, told of %d", n, len(b.plans()), told)
		}
	})
}

// Where the planning has failed a late order does not ask again: somebody must mend the week.
func TestReceivedAfterFailure(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.Order(t, b.Sale, b.Orders(5, 1)...)
		market, err := b.Scope.PickupPoint(ctx, b.Market)
		b.ok(err)
		place, err := b.Scope.Place(ctx, market.Place)
		b.ok(err)
		place.At = nil
		b.ok(b.Scope.UpdatePlace(ctx, place))
		_, err = b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		b.work()
		b.state(store.PlanningFailed)
		b.ok(b.Scope.Together(ctx, func(c *store.Scope) error {
			puts, err := c.PutOrders(ctx, b.Sale, b.Orders(1, 2))
			if err != nil {
				return err
			}
			return b.Received(ctx, c, b.Sale, puts)
		}))
		if len(b.queued()) != 0 {
			t.Errorf("%+v", b.queued())
		}
	})
}

// A week with a fault is not planned: the sale stays as it is, the reason can be read and names what it is about.
func TestFault(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		orders := b.Order(t, b.Sale, b.Orders(5, 1)...)
		market, err := b.Scope.PickupPoint(ctx, b.Market)
		b.ok(err)
		place, err := b.Scope.Place(ctx, market.Place)
		b.ok(err)
		at := place.At
		place.At = nil
		b.ok(b.Scope.UpdatePlace(ctx, place))
		_, err = b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		b.work()
		p := b.state(store.PlanningFailed)
		var faults []planning.Fault
		b.ok(json.Unmarshal(p.Faults, &faults))
		if len(faults) != 1 || faults[0].Path != fmt.Sprintf("places[%s].at", place.ID) || faults[0].Name != "Marché" || !strings.Contains(p.Reason, "position") {
			t.Errorf("%s: %+v", p.Reason, faults)
		}
		if got := b.last(planning.PlanFailed); got["reason"] != p.Reason || got["faults"] == nil {
			t.Errorf("told %v", got)
		}
		if sale, err := b.Scope.Sale(ctx, b.Sale); err != nil || sale.State != store.SaleClosed {
			t.Errorf("the sale is %v, %v", sale, err)
		}

		// the engine's faults count the week's lists: here they have ids
		place.At = at
		b.ok(b.Scope.UpdatePlace(ctx, place))
		peaches, err := b.Scope.Product(ctx, b.Peaches)
		b.ok(err)
		peaches.Grams = 1_000_000_000_000
		b.ok(b.Scope.UpdateProduct(ctx, peaches))
		heavy := store.Order{Ref: "heavy", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Tomme, QuantityMilli: 1000}, {Product: b.Peaches, QuantityMilli: 9_000_000}}}
		id := b.Order(t, b.Sale, heavy)[0].ID
		_, err = b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		b.work()
		p = b.state(store.PlanningFailed)
		faults = nil
		b.ok(json.Unmarshal(p.Faults, &faults))
		if !slices.ContainsFunc(faults, func(f planning.Fault) bool {
			return f.Path == fmt.Sprintf("orders[%s].lines[1].kg", id) && f.Name == "heavy"
		}) {
			t.Errorf("%s: %+v", p.Reason, faults)
		}

		peaches.Grams = 1000
		b.ok(b.Scope.UpdateProduct(ctx, peaches))
		_, err = b.Close(ctx, b.Scope, b.Sale) // no orders since, but no plan either
		b.ok(err)
		b.work()
		b.state(store.PlanningDone)
		if plans := b.plans(); len(plans) != 1 || plans[0].Revision != int64(len(orders))+1 {
			t.Errorf("%+v", plans)
		}
	})
}

func TestOptions(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.Order(t, b.Sale, b.Orders(10, 1)...)
		half, yes := 0.5, true
		for path, o := range map[string]planning.Options{
			"time_s": {TimeS: 1e6}, "iterations": {Iterations: -1}, "fairness": {Fairness: &half}, "nobody_worse_off": {NobodyWorseOff: &yes}, "no_handovers": {NoHandovers: true},
			"based_on": {BasedOn: "nothing"}, "reason": {Reason: strings.Repeat("x", 1000)},
		} {
			_, err := b.Request(ctx, b.Scope, b.Sale, o)
			if e := b.is(err, store.Invalid); len(e.Faults) != 1 || e.Faults[0].Path != path {
				t.Errorf("%s: %v", path, err)
			}
		}
		_, err := b.Request(ctx, b.Scope, "nothing", planning.Options{})
		b.is(err, store.NotFound)

		// before it is closed, with the same steps twice: the same plan
		for range 2 {
			_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{Anew: true, Iterations: 50, Seed: 7, NoHandovers: true, Fairness: &half, Reason: "to see"})
			b.ok(err)
			b.work()
		}
		plans := b.plans()
		if len(plans) != 2 || plans[1].BasedOn != "" || plans[1].Reason != "to see" || plans[0].Figures != plans[1].Figures || plans[1].Figures.Handovers != 0 {
			t.Errorf("%+v", plans)
		}
		if w, _ := b.right(plans[1].ID); w.Settings.Fairness != 0.5 {
			t.Errorf("planned with %+v", w.Settings)
		}
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{BasedOn: plans[0].ID, TimeS: 0.05})
		b.ok(err)
		b.work()
		if plans = b.plans(); plans[2].BasedOn != plans[0].ID {
			t.Errorf("%+v", plans[2])
		}
		b.right(plans[2].ID)
		// closing now plans nothing: the newest plan has all orders
		_, err = b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		if n := b.work(); n != 0 {
			t.Errorf("%d jobs", n)
		}
		// a long search goes where it keeps nobody waiting; what is asked for meanwhile does not lose its options
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{Anew: true, TimeS: 300, Iterations: 10})
		b.ok(err)
		b.Order(t, b.Sale, b.Orders(1, 9)...)
		_, err = b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		if len(b.queued()) != 1 || !b.queued()[0].Long {
			t.Errorf("%+v", b.queued())
		}
		b.work()
		if plans = b.plans(); len(plans) != 4 || plans[3].BasedOn != "" || plans[3].Revision != 11 {
			t.Errorf("%+v", plans)
		}
	})
}

// running begins the planning of the sale in the background and waits until it searches; the sale is asked to be planned for a minute.
func running(ctx context.Context, b *bench) (done <-chan error) {
	b.t.Helper()
	b.Order(b.t, b.Sale, b.Orders(10, 1)...)
	_, err := b.Request(b.t.Context(), b.Scope, b.Sale, planning.Options{Anew: true, TimeS: 60})
	b.ok(err)
	b.drop()
	out := make(chan error, 1)
	go func() { out <- b.Run(ctx, b.Scope.Collective(), b.Sale) }()
	b.await(func(p *store.Planning) bool {
		return strings.Contains(string(p.Progress), `"iterations":`) && !strings.Contains(string(p.Progress), `"iterations":0`)
	})
	return out
}

func (b *bench) await(until func(*store.Planning) bool) {
	b.t.Helper()
	for range 600 {
		p, err := b.Scope.Planning(b.t.Context(), b.Sale)
		b.ok(err)
		if until(p) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal("it does not come")
}

// A worker that is stopped gives its planning back at once, and that counts for nothing.
func TestStop(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx, stop := context.WithCancel(t.Context())
		done := running(ctx, b)
		stop()
		b.ok(<-done)
		if p := b.state(store.PlanningWaits); p.Runs != 0 || len(b.queued()) != 1 || len(b.plans()) != 0 {
			t.Errorf("%+v, %+v", p, b.queued())
		}
	})
}

// Cancelling ends the search, and leaves no plan.
func TestCancel(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		done := running(t.Context(), b)
		b.ok(b.Cancel(t.Context(), b.Scope, b.Sale))
		b.ok(<-done)
		b.state(store.PlanningCancelled)
		if len(b.plans()) != 0 || len(b.told()) != 0 || len(b.queued()) != 0 {
			t.Errorf("%v", b.plans())
		}
		_, err := b.Close(t.Context(), b.Scope, b.Sale) // and it can be planned again
		b.ok(err)
		b.work()
		b.state(store.PlanningDone)
	})
}

// What is asked for while it runs is done after it; the same sale never runs twice.
func TestAgain(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.Order(t, b.Sale, b.Orders(10, 1)...)
		_, err := b.Request(ctx, b.Scope, b.Sale, planning.Options{Anew: true, TimeS: 2})
		b.ok(err)
		b.drop()
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx, b.Scope.Collective(), b.Sale) }()
		b.await(func(p *store.Planning) bool { return p.State == store.PlanningRuns })
		b.Order(t, b.Sale, b.Orders(3, 2)...)
		for range 2 {
			_, err = b.Close(ctx, b.Scope, b.Sale)
			b.ok(err)
		}
		b.ok(b.Run(ctx, b.Scope.Collective(), b.Sale)) // another worker finds nothing to do
		if p := b.state(store.PlanningRuns); p.Next == nil || len(b.queued()) != 0 || p.Runs != 1 {
			t.Errorf("%+v, %+v", p, b.queued())
		}
		b.ok(<-done)
		b.state(store.PlanningWaits)
		if n := b.work(); n != 1 {
			t.Errorf("%d jobs", n)
		}
		b.state(store.PlanningDone)
		if plans := b.plans(); plans[len(plans)-1].Revision != 13 {
			t.Errorf("%+v", plans)
		}
	})
}

// A worker that nothing is heard of loses its planning, and cannot save a plan when it wakes up.
func TestLost(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.Lease = 2 * time.Second
		b.Order(t, b.Sale, b.Orders(10, 1)...)
		_, err := b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		b.drop()
		// a worker that is gone: it took the planning and says nothing
		p, err := b.Scope.TakePlanning(ctx, b.Sale, "gone", b.Lease)
		if err != nil || p == nil {
			t.Fatal(p, err)
		}
		if n, err := b.Retake(ctx); n != 0 || err != nil {
			t.Errorf("taken over at once: %d, %v", n, err)
		}
		time.Sleep(b.Lease + 10*time.Millisecond)
		if n, err := b.Retake(ctx); n != 1 || err != nil || len(b.queued()) != 1 {
			t.Errorf("taken over: %d, %v, %+v", n, err, b.queued())
		}
		b.Lease = 0 // the usual, which a busy machine keeps
		b.work()
		b.state(store.PlanningDone)
		if plans := b.plans(); len(plans) != 1 {
			t.Errorf("%+v", plans)
		}

		// one that sleeps while another takes over
		done := make(chan error, 1)
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{Anew: true, TimeS: 60})
		b.ok(err)
		b.drop()
		go func() { done <- b.Run(ctx, b.Scope.Collective(), b.Sale) }()
		b.await(func(p *store.Planning) bool { return len(p.Progress) > 0 })
		held := b.state(store.PlanningRuns)
		b.ok(b.Scope.ReturnPlanning(ctx, b.Sale, held.Holder, time.Now(), false))
		p, err = b.Scope.TakePlanning(ctx, b.Sale, "other", time.Minute)
		if err != nil || p == nil {
			t.Fatal(p, err)
		}
		b.ok(<-done)
		if p := b.state(store.PlanningRuns); p.Holder != "other" || len(b.plans()) != 1 {
			t.Errorf("%+v, %+v", p, b.plans())
		}
	})
}

// A planning whose workers are gone again and again fails with a reason, and keeps nobody busy for ever.
func TestGoneAgainAndAgain(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.Order(t, b.Sale, b.Orders(3, 1)...)
		_, err := b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		for range 5 {
			if p, err := b.Scope.TakePlanning(ctx, b.Sale, "gone", time.Millisecond); err != nil || p == nil {
				t.Fatal(p, err)
			}
			time.Sleep(5 * time.Millisecond)
			if n, err := b.Retake(ctx); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		b.work()
		if p := b.state(store.PlanningFailed); !strings.Contains(p.Reason, "5 times") || !slices.Equal(b.told(), []string{planning.PlanFailed}) {
			t.Errorf("%+v", p)
		}
	})
}

// Sales whose time has come are closed, of all collectives.
func TestCloseDue(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.Order(t, b.Sale, b.Orders(3, 1)...)
		due := func(closes time.Time) {
			t.Helper()
			sale, err := b.Scope.Sale(ctx, b.Sale)
			b.ok(err)
			sale.Closes = closes
			b.ok(b.Scope.UpdateSale(ctx, sale))
		}
		for _, closes := range []time.Time{{}, monday.Add(time.Hour)} {
			due(closes)
			if n, err := b.CloseDue(ctx); n != 0 || err != nil {
				t.Errorf("closed %d, %v", n, err)
			}
		}
		due(monday)
		if n, err := b.CloseDue(ctx); n != 1 || err != nil {
			t.Errorf("closed %d, %v", n, err)
		}
		b.work()
		b.state(store.PlanningDone)
		if n, err := b.CloseDue(ctx); n != 0 || err != nil {
			t.Errorf("closed again %d, %v", n, err)
		}
	})
}
