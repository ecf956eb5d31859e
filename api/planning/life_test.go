package planning_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"carriole/api/internal/worldtest"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// answers are those of a plan by round.
func (b *bench) answers(plan store.ID) map[string]store.AnswerState {
	b.t.Helper()
	list, err := b.Scope.Answers(b.t.Context(), plan)
	b.ok(err)
	out := map[string]store.AnswerState{}
	for _, a := range list {
		out[a.Round] = a.State
	}
	return out
}

// goods orders what makes Anne's goods ride with Bruno, from the AMAP to the hall.
func (b *bench) goods() store.Order {
	return store.Order{Ref: "R-1", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Peaches, QuantityMilli: 2000}, {Product: b.Potatoes, QuantityMilli: 5000}}}
}

// rides are the rounds of a producer's goods in a plan.
func rides(p *engine.Plan, producer store.ID) []string {
	var out []string
	for _, c := range p.Consignments {
		if c.Producer == string(producer) {
			for _, l := range c.Legs {
				out = append(out, l.Round)
			}
		}
	}
	return out
}

// A plan from its draft until it is driven: proposed, accepted, published, done and booked.
func TestLife(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		plan := b.planned(b.goods())
		_, document := b.right(plan.ID)
		if got := rides(document, b.Anne); !slices.Equal(got, []string{b.AnneRound, b.BrunoRound}) {
			t.Fatalf("Anne's goods ride %v", got)
		}
		if got := b.answers(plan.ID); len(got) != 2 || got[b.AnneRound] != store.AnswerOpen || got[b.BrunoRound] != store.AnswerOpen {
			t.Fatalf("asked %v", got)
		}
		_, err := b.Answer(ctx, b.Scope, plan.ID, b.BrunoRound, b.Bruno, store.AnswerAccepted, "")
		b.is(err, store.Conflict) // nobody is asked about a draft
		b.told()
		_, err = b.Propose(ctx, b.Scope, plan.ID, 99)
		b.is(err, store.Stale)
		proposed, err := b.Propose(ctx, b.Scope, plan.ID, 0)
		b.ok(err)
		if got := b.last(planning.PlanProposed); proposed.State != store.Proposed || len(got["asked"].([]any)) != 2 {
			t.Errorf("%+v, told %v", proposed, got)
		}
		_, err = b.Publish(ctx, b.Scope, plan.ID, 0, false)
		if e := b.is(err, store.Conflict); !strings.Contains(e.Message, "Anne") || !strings.Contains(e.Message, "Bruno") {
			t.Errorf("%v names not all who have to answer", err)
		}
		_, err = b.Answer(ctx, b.Scope, plan.ID, b.BrunoRound, b.Anne, store.AnswerAccepted, "")
		b.is(err, store.NotFound) // not her round
		_, err = b.Answer(ctx, b.Scope, plan.ID, b.BrunoRound, b.Bruno, store.AnswerAccepted, "with pleasure")
		b.ok(err)
		_, err = b.Publish(ctx, b.Scope, plan.ID, 0, false)
		if e := b.is(err, store.Conflict); strings.Contains(e.Message, "Bruno") {
			t.Errorf("%v names one who has answered", err)
		}
		_, err = b.Answer(ctx, b.Scope, plan.ID, b.AnneRound, "", store.AnswerAccepted, "") // the coordinator for her
		b.ok(err)
		b.told()
		published, err := b.Publish(ctx, b.Scope, plan.ID, proposed.Version, false)
		b.ok(err)
		if got := b.told(); published.State != store.Published || !slices.Equal(got, []string{planning.PlanPublished}) {
			t.Errorf("%+v, told %v", published, got)
		}

		done, err := b.Done(ctx, b.Scope, plan.ID, 0)
		b.ok(err)
		balances, err := b.Scope.Balances(ctx)
		b.ok(err)
		if done.State != store.Done || balances[b.Bruno] <= 0 || balances[b.Anne] != -balances[b.Bruno] {
			t.Errorf("%+v, balances %v", done, balances)
		}
		if sale, err := b.Scope.Sale(ctx, b.Sale); err != nil || sale.State != store.SaleDone {
			t.Errorf("the sale is %+v, %v", sale, err)
		}
		_, err = b.Done(ctx, b.Scope, plan.ID, 0)
		b.is(err, store.Conflict)
		_, err = b.Close(ctx, b.Scope, b.Sale)
		b.is(err, store.Conflict)
		// the next week knows
		next := b.NewSale(t, "Semaine 49")
		b.Order(t, next, b.goods())
		data, err := b.Scope.WeekData(ctx, next)
		b.ok(err)
		if data.Balances[b.Bruno] != balances[b.Bruno] {
			t.Errorf("the next week begins with %v", data.Balances)
		}
	})
}

// A refusal has the sale planned around the round; who accepted what has not changed is not asked again; a refusal is kept in
// mind until it is taken back, and what is asked again is asked of everybody.
func TestRefusal(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		for _, p := range []store.ID{b.Tomme, b.Cabbage} { // for the market on Friday: a trip of Claire or Bruno
			b.Order(t, b.Sale, store.Order{Ref: "M-" + string(p), PickupPoint: b.Market, Lines: []store.OrderLine{{Product: p, QuantityMilli: 3000}}})
		}
		first := b.planned(b.goods())
		_, before := b.right(first.ID)
		_, err := b.Propose(ctx, b.Scope, first.ID, 0)
		b.ok(err)
		asked := b.answers(first.ID)
		trip := ""
		for _, r := range before.Rounds {
			if r.Dedicated {
				trip = r.ID
			}
		}
		if trip == "" || asked[trip] != store.AnswerOpen {
			t.Fatalf("no trip for the market, asked %v", asked)
		}
		for round := range asked {
			if round != b.BrunoRound {
				p, err := b.Answer(ctx, b.Scope, first.ID, round, "", store.AnswerAccepted, "")
				if err != nil || p != nil {
					t.Fatal(p, err)
				}
			}
		}
		p, err := b.Answer(ctx, b.Scope, first.ID, b.BrunoRound, b.Bruno, store.AnswerRefused, "the van is full")
		if err != nil || p == nil || p.State != store.PlanningWaits {
			t.Fatal(p, err)
		}
		b.told()
		b.work()
		if got := b.told(); !slices.Equal(got, []string{planning.PlanReady, planning.PlanProposed}) {
			t.Errorf("told %v", got)
		}
		plans := b.plans()
		second := plans[1]
		if plans[0].State != store.Superseded || second.State != store.Proposed || second.BasedOn != first.ID || second.Reason != "refused" {
			t.Fatalf("%+v", plans)
		}
		week, after := b.right(second.ID)
		if got := rides(after, b.Anne); slices.Contains(got, b.BrunoRound) {
			t.Errorf("Anne's goods ride %v, which Bruno refused", got)
		}
		if k := slices.IndexFunc(week.Rounds, func(r engine.Round) bool { return r.ID == b.BrunoRound }); !week.Rounds[k].Carries.OwnOnly {
			t.Error("Bruno's round takes others' goods in the new week")
		}
		got := b.answers(second.ID)
		if got[b.BrunoRound] != store.AnswerRefused || got[trip] != store.AnswerAccepted {
			t.Errorf("asked %v after %v", got, asked)
		}
		for round, state := range got {
			if state == store.AnswerOpen && before != nil && sameRound(before, after, round) {
				t.Errorf("%s is asked again although it does the same", round)
			}
		}
		// late orders: his refusal is still known
		b.planned(store.Order{Ref: "late", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Cabbage, QuantityMilli: 1000}}})
		plans = b.plans()
		third := plans[2]
		_, after = b.right(third.ID)
		if got := rides(after, b.Anne); slices.Contains(got, b.BrunoRound) || b.answers(third.ID)[b.BrunoRound] != store.AnswerRefused || third.State != store.Proposed {
			t.Errorf("Anne's goods ride %v in %+v, asked %v", got, third, b.answers(third.ID))
		}

		// a trip that is refused is not made in those hours
		if a := b.answers(third.ID); a[trip] == "" {
			t.Fatalf("no more trip: %v", a)
		}
		was := roundIn(after, trip)
		_, err = b.Answer(ctx, b.Scope, third.ID, trip, "", store.AnswerRefused, "")
		b.ok(err)
		b.work()
		plans = b.plans()
		fourth := plans[3]
		_, after = b.right(fourth.ID)
		for _, r := range after.Rounds {
			if r.Dedicated && r.Vehicle == was.Vehicle && !r.Stops[0].Depart.After(was.Stops[len(was.Stops)-1].Arrive) && !was.Stops[0].Depart.After(r.Stops[len(r.Stops)-1].Arrive) {
				t.Errorf("the vehicle of the refused trip makes %+v", r)
			}
		}
		refused := 0
		for _, s := range b.answers(fourth.ID) {
			if s == store.AnswerRefused {
				refused++
			}
		}
		if refused != 2 {
			t.Errorf("%d refusals are known, want Bruno's and that of the trip: %v", refused, b.answers(fourth.ID))
		}

		// he takes it after all: the next plan may use his round again
		_, err = b.Answer(ctx, b.Scope, fourth.ID, b.BrunoRound, b.Bruno, store.AnswerAccepted, "")
		b.ok(err)
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{Anew: true, TimeS: 0.2})
		b.ok(err)
		b.work()
		plans = b.plans()
		week, after = b.right(plans[4].ID)
		if k := slices.IndexFunc(week.Rounds, func(r engine.Round) bool { return r.ID == b.BrunoRound }); week.Rounds[k].Carries.OwnOnly || plans[4].State != store.Draft {
			t.Errorf("%+v: Bruno's round still takes nobody's goods", plans[4])
		}
		if got := rides(after, b.Anne); !slices.Contains(got, b.BrunoRound) {
			t.Errorf("Anne's goods ride %v", got)
		}
		// everybody again
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{AskAgain: true})
		b.ok(err)
		b.work()
		plans = b.plans()
		for round, state := range b.answers(plans[5].ID) {
			if state != store.AnswerOpen {
				t.Errorf("%s is %s, want everybody asked again", round, state)
			}
		}
	})
}

// Who cannot come is done without, as was foreseen, also where the plan is in force; when they come after all it is as before.
func TestAbsent(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.planned(b.goods())
		week, before := b.right(first.ID)
		_, err := b.Publish(ctx, b.Scope, first.ID, 0, true)
		b.ok(err)
		_, err = b.WithoutCarrier(ctx, b.Scope, first.ID, b.BrunoRound, b.Anne)
		b.is(err, store.NotFound)
		foreseen, err := b.WithoutCarrier(ctx, b.Scope, first.ID, b.BrunoRound, b.Bruno)
		b.ok(err)
		if n := len(b.plans()); n != 1 || b.answers(first.ID)[b.BrunoRound] != store.AnswerOpen {
			t.Fatalf("a question has changed something: %d plans", n)
		}
		b.told()
		_, err = b.Answer(ctx, b.Scope, first.ID, b.BrunoRound, b.Bruno, store.AnswerAbsent, "the van does not start")
		b.ok(err)
		b.work()
		if got := b.told(); !slices.Equal(got, []string{planning.CarrierAbsent, planning.PlanReady, planning.PlanProposed}) {
			t.Errorf("told %v", got)
		}
		second := b.plans()[1]
		without, after := b.right(second.ID)
		if second.State != store.Proposed || second.Reason != "absent" || b.answers(second.ID)[b.BrunoRound] != store.AnswerAbsent {
			t.Errorf("%+v, asked %v", second, b.answers(second.ID))
		}
		if len(without.Rounds) != len(week.Rounds)-1 || slices.ContainsFunc(after.Rounds, func(r engine.PlanRound) bool { return r.ID == b.BrunoRound }) {
			t.Error("his round still runs")
		}
		var behind float64
		riders := 0
		for _, g := range foreseen.Goods {
			behind += g.Behind
			if g.Kg <= 0 || g.Producer.Name == "" || g.PickupPoint.Name == "" || (len(g.By) == 0) != (g.Behind > g.Kg-1e-6) {
				t.Errorf("%+v", g)
			}
			riders++
		}
		var more float64
		for _, r := range after.Rounds {
			more += r.Metres
		}
		for _, r := range before.Rounds {
			if r.ID != b.BrunoRound {
				more -= r.Metres
			}
		}
		if left := after.Summary.UnservedKg - before.Summary.UnservedKg; riders == 0 || math.Abs(behind-left) > 1e-6 || math.Abs(foreseen.MoreMetres-more) > 1 {
			t.Errorf("%g kg stay behind and %g m more are driven, foreseen %+v", left, more, foreseen)
		}
		if un, err := b.Unsettled(ctx, b.Scope, second.ID); err != nil || slices.ContainsFunc(un, func(a store.Answer) bool { return a.State == store.AnswerAbsent }) {
			t.Errorf("%v, %v stand in the way of publishing", un, err)
		}
		if un, err := b.Unsettled(ctx, b.Scope, first.ID); err != nil || !slices.ContainsFunc(un, func(a store.Answer) bool { return a.State == store.AnswerAbsent }) {
			t.Errorf("%v, %v: nothing is in the way of a plan that counts on him", un, err)
		}

		_, err = b.Answer(ctx, b.Scope, second.ID, b.BrunoRound, b.Bruno, store.AnswerAccepted, "")
		b.ok(err)
		b.work()
		_, after = b.right(b.plans()[2].ID)
		if !slices.ContainsFunc(after.Rounds, func(r engine.PlanRound) bool { return r.ID == b.BrunoRound }) || math.Abs(after.Summary.UnservedKg-before.Summary.UnservedKg) > 1e-6 {
			t.Errorf("he is back, and the plan leaves %g kg behind", after.Summary.UnservedKg)
		}

		// what is said of the plan in force holds for the one that is proposed, and the other way round
		if got := b.answers(first.ID)[b.BrunoRound]; got != store.AnswerAccepted {
			t.Errorf("he is back, and %s in the plan in force", got)
		}
		_, err = b.Answer(ctx, b.Scope, first.ID, b.BrunoRound, b.Bruno, store.AnswerAbsent, "the van does not start")
		b.ok(err)
		if got := b.answers(b.plans()[2].ID)[b.BrunoRound]; got != store.AnswerAbsent {
			t.Errorf("the plan that is proposed has him %s", got)
		}
		b.work()
		_, after = b.right(b.plans()[3].ID)
		if slices.ContainsFunc(after.Rounds, func(r engine.PlanRound) bool { return r.ID == b.BrunoRound }) {
			t.Error("his round still runs")
		}
		_, err = b.Answer(ctx, b.Scope, first.ID, b.BrunoRound, b.Bruno, store.AnswerAccepted, "")
		b.ok(err)
		b.work()
		_, after = b.right(b.plans()[4].ID)
		if !slices.ContainsFunc(after.Rounds, func(r engine.PlanRound) bool { return r.ID == b.BrunoRound }) || b.answers(b.plans()[4].ID)[b.BrunoRound] == store.AnswerAbsent {
			t.Errorf("he is back, and the plan is made without him: %v", b.answers(b.plans()[4].ID))
		}

		// too late
		left := roundIn(before, b.BrunoRound).Stops[0].Depart
		b.Now = func() time.Time { return left }
		_, err = b.Answer(ctx, b.Scope, first.ID, b.BrunoRound, b.Bruno, store.AnswerAbsent, "")
		b.is(err, store.Conflict)
		_, err = b.WithoutCarrier(ctx, b.Scope, first.ID, b.BrunoRound, b.Bruno)
		b.is(err, store.Conflict)

		// over: what the carrier answers counts no more, what the coordinator does, does
		last := b.plans()[4].ID
		for round := range b.answers(last) {
			r := roundIn(after, round)
			b.Now = func() time.Time { return r.Stops[len(r.Stops)-1].Depart }
			for _, state := range []store.AnswerState{store.AnswerAccepted, store.AnswerRefused, store.AnswerAbsent} {
				_, err = b.Answer(ctx, b.Scope, last, round, store.ID(r.Producer), state, "")
				b.is(err, store.Conflict)
			}
			_, err = b.Answer(ctx, b.Scope, last, round, "", store.AnswerAccepted, "")
			b.ok(err)
		}
	})
}

func roundIn(p *engine.Plan, id string) *engine.PlanRound {
	k := slices.IndexFunc(p.Rounds, func(r engine.PlanRound) bool { return r.ID == id })
	return &p.Rounds[k]
}

func sameRound(a, b *engine.Plan, id string) bool {
	if !slices.ContainsFunc(a.Rounds, func(r engine.PlanRound) bool { return r.ID == id }) {
		return false
	}
	return slices.EqualFunc(roundIn(a, id).Stops, roundIn(b, id).Stops, func(x, y engine.PlanStop) bool {
		return x.Place == y.Place && x.Arrive.Equal(y.Arrive) && x.Depart.Equal(y.Depart) && slices.Equal(x.Load, y.Load) && slices.Equal(x.Unload, y.Unload)
	})
}

// Published with open answers, knowingly; a later version takes its place, and what changed can be told between any two.
func TestPublish(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.planned(b.goods())
		_, err := b.Publish(ctx, b.Scope, first.ID, 0, false)
		b.is(err, store.Conflict)
		_, err = b.Publish(ctx, b.Scope, first.ID, 0, true)
		b.ok(err)
		late := store.Order{Ref: "late", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Cabbage, QuantityMilli: 1000}}}
		second := b.planned(late)
		plans := b.plans()
		if plans[0].State != store.Published || second.State != store.Draft || second.BasedOn != first.ID {
			t.Fatalf("%+v", plans)
		}
		_, err = b.Publish(ctx, b.Scope, second.ID, 0, true)
		b.ok(err)
		plans = b.plans()
		if plans[0].State != store.Superseded || plans[1].State != store.Published {
			t.Fatalf("%+v", plans)
		}
		b.right(first.ID) // the first is kept as it was
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{Anew: true, Iterations: 100})
		b.ok(err)
		b.work()
		third := b.plans()[2]
		for _, pair := range [][2]store.ID{{first.ID, second.ID}, {first.ID, third.ID}, {second.ID, first.ID}} {
			c, err := b.Compare(ctx, b.Scope, pair[0], pair[1], "fr")
			b.ok(err)
			for _, d := range c.Differences {
				if len(d.For) == 0 || d.Cause.Kind == "" {
					t.Errorf("%+v concerns nobody or has no cause", d)
				}
			}
			if len(c.Differences) == 0 || c.Text == "" {
				t.Errorf("nothing differs between %v", pair)
			}
		}
		_, err = b.Compare(ctx, b.Scope, first.ID, "nothing", "fr")
		b.is(err, store.NotFound)
	})
}

// When the rounds of the plan in force have begun, what is done stays done.
func TestUnderWay(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.planned(b.goods())
		_, err := b.Publish(ctx, b.Scope, first.ID, 0, true)
		b.ok(err)
		_, before := b.right(first.ID)
		left := roundIn(before, b.AnneRound).Stops[0].Depart
		now := left.Add(time.Minute)
		b.Now = func() time.Time { return now }
		// too late for Anne, who has left with what was there
		second := b.planned(store.Order{Ref: "late", PickupPoint: b.Hall, Lines: []store.OrderLine{{Product: b.Cabbage, QuantityMilli: 1000}}})
		_, after := b.right(second.ID)
		if got := roundIn(after, b.AnneRound).Stops[0].Depart; !got.Equal(left) {
			t.Errorf("Anne leaves at %v, and had left at %v", got, left)
		}
		for _, c := range after.Consignments {
			for _, l := range c.Lines {
				if l.Order != "" && c.Producer == string(b.Anne) && len(c.Legs) > 0 && c.Legs[0].Round == b.AnneRound && c.Kg > 2 {
					t.Errorf("the late cabbage rides with what has left: %+v", c)
				}
			}
		}
	})
}

func TestLock(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		plan := b.planned(b.goods())
		lock := engine.Lock{Producer: string(b.Potatoes), PickupPoint: string(b.Hall), Rounds: []string{b.BrunoRound}}
		_, err := b.Lock(ctx, b.Scope, plan.ID, []engine.Lock{lock}, nil)
		if e := b.is(err, store.Invalid); len(e.Faults) == 0 || e.Faults[0].Path != "lock[0].producer" {
			t.Errorf("%v", err)
		}
		lock.Producer = string(b.Bruno)
		_, err = b.Lock(ctx, b.Scope, plan.ID, []engine.Lock{{Producer: string(b.Anne), PickupPoint: string(b.Hall), Rounds: []string{"trip-1"}}}, nil)
		b.is(err, store.Invalid)
		_, err = b.Lock(ctx, b.Scope, plan.ID, nil, nil)
		b.is(err, store.Invalid)
		_, err = b.Lock(ctx, b.Scope, plan.ID, nil, []engine.Lock{lock})
		b.is(err, store.Invalid) // nothing to lift
		for range 2 {            // the second takes the place of the first
			_, err = b.Lock(ctx, b.Scope, plan.ID, []engine.Lock{lock}, nil)
			b.ok(err)
		}
		b.work()
		plans := b.plans()
		week, document := b.right(plans[len(plans)-1].ID)
		if len(week.Locks) != 1 || !slices.Equal(rides(document, b.Bruno), lock.Rounds) || plans[len(plans)-1].Reason != "locked" {
			t.Errorf("%+v, %v", week.Locks, rides(document, b.Bruno))
		}
		_, err = b.Lock(ctx, b.Scope, plan.ID, nil, []engine.Lock{lock})
		b.is(err, store.Conflict) // the plan is superseded
		_, err = b.Lock(ctx, b.Scope, plans[len(plans)-1].ID, nil, []engine.Lock{lock})
		b.ok(err)
		b.work()
		plans = b.plans()
		if week, _ := b.right(plans[len(plans)-1].ID); len(week.Locks) != 0 {
			t.Errorf("%+v", week.Locks)
		}
	})
}

func TestQuestions(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		plan := b.planned(b.goods())
		_, document := b.right(plan.ID)
		got, text, err := b.WhatIf(ctx, b.Scope, plan.ID, engine.Change{CancelRounds: []string{b.BrunoRound}}, "en")
		b.ok(err)
		if _, wrong := engine.Check(got.Week, nil, got.Plan); wrong != nil || len(got.Differences) == 0 || !strings.Contains(text, "is cancelled") {
			t.Errorf("%v, %v, %s", wrong, got.Differences, text)
		}
		_, _, err = b.WhatIf(ctx, b.Scope, plan.ID, engine.Change{CancelRounds: []string{"x"}}, "en")
		if e := b.is(err, store.Invalid); len(e.Faults) != 1 || e.Faults[0].Path != "change.cancel_rounds[0]" {
			t.Errorf("%v", err)
		}
		again, err := b.Document(ctx, b.Scope, plan.ID, planning.JSON, "")
		b.ok(err)
		if _, stored, _ := b.Scope.PlanDocument(ctx, plan.ID); !bytes.Equal(stored, again.Body) || len(b.plans()) != 1 {
			t.Error("a question has changed the plan")
		}
		k := slices.IndexFunc(document.Consignments, func(c engine.Consignment) bool { return c.Producer == string(b.Bruno) })
		_, err = b.Alternatives(ctx, b.Scope, plan.ID, document.Consignments[k].ID)
		b.ok(err)
		_, err = b.Alternatives(ctx, b.Scope, plan.ID, "nothing")
		b.is(err, store.NotFound)
		_, err = b.Alternatives(ctx, b.Scope, "nothing", "nothing")
		b.is(err, store.NotFound)
	})
}

// A week that nobody stores.
func TestPlan(t *testing.T) {
	b := &planning.Service{Budget: func(int) time.Duration { return 50 * time.Millisecond }}
	week := &engine.Week{ID: "w", Places: []engine.Place{{ID: "a", Lon: 5, Lat: 44}}, Producers: []engine.Producer{{ID: "p", Place: "a"}}}
	plan, err := b.Plan(t.Context(), week, planning.Options{})
	if err != nil || plan.Week != "w" {
		t.Errorf("%v, %v", plan, err)
	}
	week.Producers[0].Place = "x"
	if _, err := b.Plan(t.Context(), week, planning.Options{}); err == nil || !strings.Contains(err.Error(), "producers[0].place") {
		t.Errorf("%v", err)
	}
	if _, err := b.Plan(t.Context(), week, planning.Options{TimeS: 600}); err == nil || !strings.Contains(err.Error(), "time_s") {
		t.Errorf("%v", err)
	}
}

// Documents are given out in each format, again from what is kept, and to their collective alone.
func TestDocument(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		plan := b.planned(b.goods())
		other := worldtest.Fill(t, b.Store, "there")
		for format, has := range map[planning.Format]string{planning.JSON: `"consignments":[`, planning.WeekJSON: `"pickup_points":[`, planning.GeoJSON: `"FeatureCollection"`,
			planning.CSV: "consignment,producer,", planning.Graph: `"dfc-b:Shipment"`, planning.Text: "AMAP", planning.SVG: "<svg"} {
			for range 2 {
				got, err := b.Document(ctx, b.Scope, plan.ID, format, "fr")
				b.ok(err)
				if !strings.Contains(string(got.Body), has) {
					t.Errorf("%s: %.200s", format, got.Body)
				}
			}
			_, err := b.Document(ctx, other.Scope, plan.ID, format, "fr")
			b.is(err, store.NotFound)
		}
		_, err := b.Document(ctx, b.Scope, plan.ID, "pdf", "fr")
		b.is(err, store.Invalid)

		// a place that came with an IRI keeps it
		const iri = "https://shop.example/places/hall"
		point, err := b.Scope.PickupPoint(ctx, b.Hall)
		b.ok(err)
		place, err := b.Scope.Place(ctx, point.Place)
		b.ok(err)
		place.Ref = iri
		b.ok(b.Scope.UpdatePlace(ctx, place))
		got, err := planning.New(b.Store, nil).Document(ctx, b.Scope, plan.ID, planning.Graph, "")
		b.ok(err)
		if text := string(got.Body); !strings.Contains(text, `"@id":"`+iri+`"`) || !strings.Contains(text, "urn:carriole:"+string(plan.ID)+"/routes/") {
			t.Errorf("%.2000s", text)
		}
	})
}

// What a producer loads, where and when, and who takes it on; and nothing else of others.
func TestDropoffs(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		cheese := store.Order{Ref: "R-secret", PickupPoint: b.Market, Lines: []store.OrderLine{{Product: b.Tomme, QuantityMilli: 3000}, {Product: b.Cabbage, QuantityMilli: 1500}}}
		plan := b.planned(b.goods(), cheese)
		read := func(producer store.ID) (*planning.Dropoffs, string) {
			t.Helper()
			text, err := b.Dropoffs(ctx, b.Scope, producer, b.Sale)
			b.ok(err)
			d := new(planning.Dropoffs)
			b.ok(json.Unmarshal(text.Body, d))
			return d, string(text.Body)
		}
		fresh := func() {
			s := planning.New(b.Store, b.Enqueue)
			s.Now, s.Budget, s.Emit = b.Now, b.Budget, b.Emit
			b.Service = s
		} // without what is kept for a moment
		if d, _ := read(b.Anne); len(d.Sales) != 0 {
			t.Errorf("a draft is shown: %+v", d)
		}
		_, err := b.Propose(ctx, b.Scope, plan.ID, 0)
		b.ok(err)
		fresh()
		anne, text := read(b.Anne)
		if len(anne.Sales) != 1 || anne.Sales[0].State != store.Proposed || anne.Sales[0].Plan != plan.ID {
			t.Fatalf("%s", text)
		}
		for _, secret := range []string{"R-1", "R-secret", "777", "7.77", "Pommes de terre", "Tomme", "+33 4 Claire"} {
			if strings.Contains(text, secret) {
				t.Errorf("Anne sees %s: %s", secret, text)
			}
		}
		round := anne.Sales[0].Rounds[0]
		if round.Round != b.AnneRound || round.Name != "AMAP d’Anne" || round.Vehicle.Name != "Kangoo" || round.Answer != "open" || round.Day != worldtest.Day {
			t.Errorf("%+v", round)
		}
		start, amap := round.Stops[0], round.Stops[1]
		if start.Place.Name != "Mas" || start.Place.Address != "Mas, 84200" || len(start.Load) == 0 || start.Load[0].Kg != 2 || start.Load[0].Litres != 5 || start.Load[0].PickupPoint.ID != b.Hall ||
			len(start.Load[0].Products) != 1 || start.Load[0].Products[0] != (planning.Packed{Name: "Pêches 1 kg", Quantity: 2}) {
			t.Errorf("%+v", start)
		}
		if len(amap.Unload) == 0 || amap.Unload[0].To == nil || amap.Unload[0].To.Name != "Bruno" || amap.Unload[0].To.Phone != "+33 4 Bruno" {
			t.Errorf("%+v", amap)
		}
		bruno, text := read(b.Bruno)
		for _, secret := range []string{"R-1", "R-secret", "Pêches", "Chou"} {
			if strings.Contains(text, secret) {
				t.Errorf("Bruno sees %s: %s", secret, text)
			}
		}
		if !strings.Contains(text, "Pommes de terre") || bruno.Sales[0].Rounds[0].Stops[len(bruno.Sales[0].Rounds[0].Stops)-1].Place.Name != "Grange" {
			t.Errorf("%s", text)
		}
		// Claire's goods: she drives, or somebody comes for them
		claire, text := read(b.Claire)
		if len(claire.Sales[0].Rounds)+len(claire.Sales[0].Fetched) == 0 || !strings.Contains(text, "Tomme") {
			t.Errorf("%s", text)
		}
		// whoever carries Claire's cheese or takes goods on from her does not see her number
		for _, id := range []store.ID{b.Anne, b.Bruno} {
			if _, text := read(id); strings.Contains(text, "+33 4 Claire") {
				t.Errorf("%s", text)
			}
		}
		for _, r := range claire.Sales[0].Rounds {
			for _, stop := range r.Stops {
				for _, g := range append(stop.Load, stop.Unload...) {
					if g.Producer.ID != b.Claire && g.Products != nil {
						t.Errorf("Claire sees %+v", g)
					}
				}
			}
		}
		_, err = b.Dropoffs(ctx, b.Scope, "nobody", "")
		b.is(err, store.NotFound)
		other := worldtest.Fill(t, b.Store, "there")
		_, err = b.Dropoffs(ctx, other.Scope, b.Anne, b.Sale)
		b.is(err, store.NotFound)
		// of sales that are not over, without one that is named
		b.Now = func() time.Time { return monday.AddDate(0, 0, 14) }
		if text, err := b.Dropoffs(ctx, b.Scope, b.Anne, ""); err != nil || strings.Contains(string(text.Body), string(plan.ID)) {
			t.Errorf("%+v, %v", text, err)
		}
		fresh()
		b.Now = func() time.Time { return monday }
		if text, err := b.Dropoffs(ctx, b.Scope, b.Anne, ""); err != nil || !strings.Contains(string(text.Body), string(plan.ID)) {
			t.Errorf("%+v, %v", text, err)
		}
	})
}
