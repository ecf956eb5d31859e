package store

import (
	"testing"
	"time"
)

// A member is told once of each event of a plan, and neither notice outlives its member.
func testNotices(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	plan := Plan{Sale: w.sale}
	ok(t, c.SavePlan(ctx, &plan, []byte("{}"), []byte("{}")))
	anne := Member{Email: "anne@example.org", Role: ProducersRole, Producer: w.producer}
	ok(t, c.CreateMember(ctx, &anne))
	first := Notice{Member: anne.ID, Plan: plan.ID, Event: PlanProposed}
	ok(t, c.CreateNotice(ctx, &first))
	is(t, c.CreateNotice(ctx, &Notice{Member: anne.ID, Plan: plan.ID, Event: PlanProposed}), Conflict)
	time.Sleep(2 * time.Millisecond) // so that the two are not of the same
	second := Notice{Member: anne.ID, Plan: plan.ID, Event: PlanPublished}
	ok(t, c.CreateNotice(ctx, &second))
	is(t, c.CreateNotice(ctx, &Notice{Member: anne.ID, Plan: plan.ID, Event: PlanReady}), Invalid)
	is(t, c.CreateNotice(ctx, &Notice{Member: anne.ID, Event: PlanProposed}), Invalid)
	is(t, c.CreateNotice(ctx, &Notice{Member: "nobody", Plan: plan.ID, Event: PlanProposed}), Invalid)

	first.Sent = time.UnixMilli(1764000000123).UTC()
	ok(t, c.UpdateNotice(ctx, &first))
	got, _, err := c.Notices(ctx, NoticeFilter{Member: anne.ID, Plan: plan.ID}, Page{})
	if err != nil || len(got) != 2 || got[0].ID != second.ID || !got[0].Sent.IsZero() || got[1].ID != first.ID || !got[1].Sent.Equal(first.Sent) {
		t.Errorf("got %+v, %v", got, err)
	}
	ok(t, c.DeleteMember(ctx, anne.ID, 1))
	if got, _, err := c.Notices(ctx, NoticeFilter{Plan: plan.ID}, Page{}); err != nil || len(got) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}
