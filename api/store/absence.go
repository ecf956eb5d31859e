package store

import "context"

// Absence is when a producer does not drive and a vehicle stands still, or nobody does anything.
type Absence struct {
	Row
	Producer ID // whose rounds and trips fall out
	Vehicle  ID // which is not there; neither: the whole collective
	First    Day
	Last     Day // included
	Reason   string
}

func (*Absence) kind() kind {
	return kind{"absence", "absences", "producer, vehicle, first_day, last_day, reason", "days"}
}

func (x *Absence) fields() []any {
	return []any{optional[ID]{&x.Producer}, optional[ID]{&x.Vehicle}, &x.First, &x.Last, &x.Reason}
}

func (x *Absence) refs() []ref {
	return []ref{{"producer", "producer", "producers", x.Producer}, {"vehicle", "vehicle", "vehicles", x.Vehicle}}
}

func (x *Absence) check(f *faults) {
	x.First.check(f, "first")
	x.Last.check(f, "last")
	if x.Last < x.First {
		f.add("last", "%s is before the first day, %s", x.Last, x.First)
	}
	if x.Producer != "" && x.Vehicle != "" {
		f.add("vehicle", "is named beside a producer: a producer's absence is of all their vehicles")
	}
	f.text("reason", x.Reason)
}

// AbsenceFilter narrows a list of absences; what is empty does not. First and Last: those that touch these days.
type AbsenceFilter struct {
	Producer    ID
	Vehicle     ID
	First, Last Day
}

func (f AbsenceFilter) conditions() (w conditions) {
	w.is("producer", string(f.Producer))
	w.is("vehicle", string(f.Vehicle))
	if f.First != "" {
		w.add("last_day >= ?", string(f.First))
	}
	if f.Last != "" {
		w.add("first_day <= ?", string(f.Last))
	}
	return w
}

// CreateAbsence adds an absence.
func (c *Scope) CreateAbsence(ctx context.Context, x *Absence) error { return create(ctx, c, x) }

// Absence is an absence by id.
func (c *Scope) Absence(ctx context.Context, id ID) (*Absence, error) {
	return get[Absence](ctx, c, id)
}

// Absences lists absences.
func (c *Scope) Absences(ctx context.Context, f AbsenceFilter, page Page) ([]Absence, Cursor, error) {
	return list[Absence](ctx, c, page, f.conditions())
}

// UpdateAbsence changes an absence.
func (c *Scope) UpdateAbsence(ctx context.Context, x *Absence) error { return update(ctx, c, x) }

// DeleteAbsence removes an absence that nothing refers to.
func (c *Scope) DeleteAbsence(ctx context.Context, id ID, version int64) error {
	return remove[Absence](ctx, c, id, version)
}
