package notice_test

import (
	"testing"

	"carriole/api/notice"
	"carriole/api/planning"
	"carriole/api/store"
)

// Coordinators are told when a carrier cannot come, once each time, in their language; not when they come after all.
func TestAbsence(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		plan := d.plan(d.goods("R-1", 2))
		_, err := d.Planning.Publish(ctx, d.Scope, plan, 0, true)
		ok(t, err)
		d.work()
		d.take()
		say := func(state store.AnswerState) {
			t.Helper()
			_, err := d.Planning.Answer(ctx, d.Scope, plan, d.BrunoRound, d.Bruno, state, "en\npanne")
			ok(t, err)
		}
		say(store.AnswerAbsent)
		d.work()
		got := d.take()
		d.only(got, "coord")
		got["coord"].says(t, "Semaine 48\u00a0: Bruno ne peut pas venir", "jeudi 26 novembre", "«\u00a0en panne\u00a0»", "https://plan.example.org/sales/"+string(d.Sale))
		ok(t, d.Announce(ctx, notice.Round{Collective: d.Scope.Collective(), Plan: plan, Event: planning.CarrierAbsent, About: d.BrunoRound}))
		say(store.AnswerAbsent)
		if d.work(); len(d.office.letters) > 0 {
			t.Errorf("told again: %v", d.office.letters)
		}

		first := got["coord"].id
		say(store.AnswerAccepted)
		say(store.AnswerAbsent)
		d.work()
		if got = d.take(); got["coord"].id == first {
			t.Error("the second letter would pass for the first")
		}
		d.only(got, "coord")

		say(store.AnswerAccepted)
		say(store.AnswerAbsent)
		say(store.AnswerAccepted) // before anybody is told
		d.work()
		d.only(d.take())
		coordinator := d.members["coord"]
		coordinator.NoMail = true
		ok(t, d.Scope.UpdateMember(ctx, coordinator))
		say(store.AnswerAbsent)
		d.work()
		d.only(d.take())
	})
}
