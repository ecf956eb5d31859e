package store

import "context"

// Forbid keeps everything of a producer off a round.
type Forbid struct {
	Row
	Sale     ID // of this sale alone; empty: always
	Producer ID
	Round    ID
	Day      Day // of this day alone; empty: every
	Reason   string
}

func (*Forbid) kind() kind {
	return kind{"forbid", "forbids", "sale, producer, round, day, reason", "goods"}
}

func (x *Forbid) fields() []any {
	return []any{optional[ID]{&x.Sale}, &x.Producer, &x.Round, optional[Day]{&x.Day}, &x.Reason}
}

func (x *Forbid) refs() []ref {
	return []ref{{"sale", "sale", "sales", x.Sale}, {"producer", "producer", "producers", x.Producer}, {"round", "round", "rounds", x.Round}}
}

func (x *Forbid) check(f *faults) {
	if x.Producer == "" {
		f.add("producer", "is empty: name whose goods they are")
	}
	if x.Round == "" {
		f.add("round", "is empty: name the round")
	}
	if x.Day != "" {
		x.Day.check(f, "day")
	}
	f.text("reason", x.Reason)
}

// ForbidFilter narrows a list of forbids; what is empty does not.
type ForbidFilter struct {
	Sale     ID
	Producer ID
	Round    ID
}

func (f ForbidFilter) conditions() (w conditions) {
	w.is("sale", string(f.Sale))
	w.is("producer", string(f.Producer))
	w.is("round", string(f.Round))
	return w
}

// CreateForbid adds a forbid.
func (c *Scope) CreateForbid(ctx context.Context, x *Forbid) error { return create(ctx, c, x) }

// Forbid is a forbid by id.
func (c *Scope) Forbid(ctx context.Context, id ID) (*Forbid, error) { return get[Forbid](ctx, c, id) }

// Forbids lists forbids.
func (c *Scope) Forbids(ctx context.Context, f ForbidFilter, page Page) ([]Forbid, Cursor, error) {
	return list[Forbid](ctx, c, page, f.conditions())
}

// UpdateForbid changes a forbid.
func (c *Scope) UpdateForbid(ctx context.Context, x *Forbid) error { return update(ctx, c, x) }

// DeleteForbid removes a forbid that nothing refers to.
func (c *Scope) DeleteForbid(ctx context.Context, id ID, version int64) error {
	return remove[Forbid](ctx, c, id, version)
}
