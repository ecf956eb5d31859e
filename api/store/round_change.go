package store

import "context"

// ChangeKind is how one day of a round differs from its rule.
type ChangeKind string

// The kinds of change.
const (
	Cancelled ChangeKind = "cancelled"
	Moved     ChangeKind = "moved" // to another day, other hours or another vehicle
	Added     ChangeKind = "added" // on a day that the rule does not have
)

// RoundChange is an exception of a round: one of its days is cancelled or otherwise than usual, or one comes in addition.
type RoundChange struct {
	Row
	Round    ID
	Day      Day // of the rule, or the added one; one change a day
	Kind     ChangeKind
	ToDay    Day   // of Moved: the day instead; empty: the same
	ShiftMin int64 // minutes by which all hours are later
	Vehicle  ID    // the vehicle instead; empty: the usual
	Reason   string
}

func (*RoundChange) kind() kind {
	return kind{"change", "round_changes", "round, day, kind, to_day, shift_min, vehicle, reason", "round and day"}
}

func (x *RoundChange) fields() []any {
	return []any{&x.Round, &x.Day, &x.Kind, optional[Day]{&x.ToDay}, &x.ShiftMin, optional[ID]{&x.Vehicle}, &x.Reason}
}

func (x *RoundChange) refs() []ref {
	return []ref{{"round", "round", "rounds", x.Round}, {"vehicle", "vehicle", "vehicles", x.Vehicle}}
}

func (x *RoundChange) check(f *faults) {
	if x.Round == "" {
		f.add("round", "is empty: name the round that changes")
	}
	x.Day.check(f, "day")
	choice(f, "kind", x.Kind, Cancelled, Moved, Added)
	if x.ToDay != "" {
		x.ToDay.check(f, "to_day")
	}
	if x.ToDay != "" && x.Kind != Moved {
		f.add("to_day", "is said, but the day is %s: only a moved one has another day", x.Kind)
	}
	if x.ShiftMin < -24*60 || x.ShiftMin > 24*60 {
		f.add("shift_min", "%d is not between −1440 and 1440 minutes", x.ShiftMin)
	}
	f.text("reason", x.Reason)
}

// RoundChangeFilter narrows a list of changes; what is empty does not. First and Last are of Day.
type RoundChangeFilter struct {
	Round       ID
	Producer    ID // of the round
	First, Last Day
}

func (f RoundChangeFilter) conditions() (w conditions) {
	w.is("round", string(f.Round))
	if f.Producer != "" {
		w.add("round in (select r.id from rounds r where r.collective = round_changes.collective and r.producer = ?)", string(f.Producer))
	}
	if f.First != "" {
		w.add("day >= ?", string(f.First))
	}
	if f.Last != "" {
		w.add("day <= ?", string(f.Last))
	}
	return w
}

// CreateRoundChange adds a change.
func (c *Scope) CreateRoundChange(ctx context.Context, x *RoundChange) error {
	return create(ctx, c, x)
}

// RoundChange is a change by id.
func (c *Scope) RoundChange(ctx context.Context, id ID) (*RoundChange, error) {
	return get[RoundChange](ctx, c, id)
}

// RoundChanges lists changes.
func (c *Scope) RoundChanges(ctx context.Context, f RoundChangeFilter, page Page) ([]RoundChange, Cursor, error) {
	return list[RoundChange](ctx, c, page, f.conditions())
}

// UpdateRoundChange changes a change.
func (c *Scope) UpdateRoundChange(ctx context.Context, x *RoundChange) error {
	return update(ctx, c, x)
}

// DeleteRoundChange removes a change that nothing refers to.
func (c *Scope) DeleteRoundChange(ctx context.Context, id ID, version int64) error {
	return remove[RoundChange](ctx, c, id, version)
}
