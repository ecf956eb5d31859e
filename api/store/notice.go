package store

import (
	"context"
	"time"
)

// Notice is an e-mail by which a member is told of a plan. There is one for each event at most, and one for each round whose carrier is absent.
type Notice struct {
	Row
	Member ID
	Plan   ID
	Event  EventType // PlanProposed, PlanPublished or CarrierAbsent
	Round  string    // of CarrierAbsent
	Sent   time.Time // zero: not, or not yet
}

func (*Notice) kind() kind {
	return kind{"notice", "notices", "member, plan, event, round, sent", "member, plan, event and round"}
}

func (x *Notice) fields() []any { return []any{&x.Member, &x.Plan, &x.Event, &x.Round, stamp{&x.Sent}} }

func (x *Notice) refs() []ref {
	return []ref{{"member", "member", "members", x.Member}, {"plan", "plan", "plans", x.Plan}}
}

func (x *Notice) check(f *faults) {
	choice(f, "event", x.Event, PlanProposed, PlanPublished, CarrierAbsent)
	f.text("round", x.Round)
	for _, r := range x.refs() {
		if r.id == "" {
			f.add(r.path, "is empty: a notice is for one")
		}
	}
}

// NoticeFilter narrows a list of notices; what is empty does not.
type NoticeFilter struct {
	Member ID
	Plan   ID
}

// CreateNotice adds a notice. Another for the same member, plan, event and round is a conflict.
func (c *Scope) CreateNotice(ctx context.Context, x *Notice) error { return create(ctx, c, x) }

// Notice is a notice by id.
func (c *Scope) Notice(ctx context.Context, id ID) (*Notice, error) { return get[Notice](ctx, c, id) }

// Notices lists notices, the newest first.
func (c *Scope) Notices(ctx context.Context, f NoticeFilter, page Page) ([]Notice, Cursor, error) {
	w := conditions{newest: true}
	w.is("member", string(f.Member))
	w.is("plan", string(f.Plan))
	return list[Notice](ctx, c, page, w)
}

// UpdateNotice changes a notice.
func (c *Scope) UpdateNotice(ctx context.Context, x *Notice) error { return update(ctx, c, x) }
