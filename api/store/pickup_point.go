package store

import (
	"context"
	"fmt"
)

// PickupPoint is where customers collect their orders, in weekly windows. Goods are unloaded before a window opens.
type PickupPoint struct {
	Row
	Ref            string // another system's id; unique in the collective when there is one
	Name           string
	Place          ID
	Windows        Windows // when customers come
	Dated          []Dated // days with other hours, such as holidays
	AcceptFromMin  int64   // unloading begins no earlier than so many minutes before the window opens; below zero: after
	AcceptUntilMin int64   // … and no later than so many before; both 0: 90 to 15
	Note           string
	Active         bool
}

// Dated is a day with hours other than the weekly ones; no spans: closed.
type Dated struct {
	Day   Day    `json:"day"`
	Spans []Span `json:"spans,omitempty"`
}

// On is the hours of a day, in their order.
func (x *PickupPoint) On(d Day) []Span {
	for _, dated := range x.Dated {
		if dated.Day == d {
			return dated.Spans
		}
	}
	return x.Windows.On(d)
}

func (*PickupPoint) kind() kind {
	return kind{"pickup point", "pickup_points", "ref, name, place, windows, dated, accept_from_min, accept_until_min, note, active", "ref"}
}

func (x *PickupPoint) fields() []any {
	return []any{optional[string]{&x.Ref}, &x.Name, &x.Place, document[Windows]{&x.Windows}, document[[]Dated]{&x.Dated}, &x.AcceptFromMin, &x.AcceptUntilMin, &x.Note, &x.Active}
}

func (x *PickupPoint) refs() []ref { return []ref{{"place", "place", "places", x.Place}} }

func (x *PickupPoint) check(f *faults) {
	f.text("ref", x.Ref)
	f.name("name", x.Name)
	if x.Place == "" {
		f.add("place", "is empty: name the place")
	}
	x.Windows.check(f, "windows")
	if len(x.Dated) > mostWindows {
		f.add("dated", "has %d days: at most %d are kept", len(x.Dated), mostWindows)
		return
	}
	for i, d := range x.Dated {
		path := fmt.Sprintf("dated[%d]", i)
		d.Day.check(f, path+".day")
		for j, s := range d.Spans {
			s.check(f, fmt.Sprintf("%s.spans[%d]", path, j))
		}
	}
	if x.AcceptFromMin == 0 && x.AcceptUntilMin == 0 {
		x.AcceptFromMin, x.AcceptUntilMin = 90, 15
	}
	const most = 7 * 24 * 60
	if x.AcceptFromMin < -most || x.AcceptFromMin > most || x.AcceptUntilMin < -most || x.AcceptUntilMin > x.AcceptFromMin {
		f.add("accept_until_min", "unloading from %d to %d minutes before the opening is not possible: it must end after it begins, within a week",
			x.AcceptFromMin, x.AcceptUntilMin)
	}
	f.text("note", x.Note)
}

// PickupPointFilter narrows a list of pickup points; what is empty does not.
type PickupPointFilter struct {
	Ref    string
	Place  ID
	Active *bool
}

func (f PickupPointFilter) conditions() (w conditions) {
	w.is("ref", f.Ref)
	w.is("place", string(f.Place))
	w.isBool("active", f.Active)
	return w
}

// CreatePickupPoint adds a pickup point.
func (c *Scope) CreatePickupPoint(ctx context.Context, x *PickupPoint) error {
	return create(ctx, c, x)
}

// PickupPoint is a pickup point by id.
func (c *Scope) PickupPoint(ctx context.Context, id ID) (*PickupPoint, error) {
	return get[PickupPoint](ctx, c, id)
}

// PickupPoints lists pickup points.
func (c *Scope) PickupPoints(ctx context.Context, f PickupPointFilter, page Page) ([]PickupPoint, Cursor, error) {
	return list[PickupPoint](ctx, c, page, f.conditions())
}

// PickupPointsByRef finds the ids of pickup points by another system's ids; what is not there is left out.
func (c *Scope) PickupPointsByRef(ctx context.Context, refs []string) (map[string]ID, error) {
	return byRef[PickupPoint](ctx, c, refs)
}

// UpdatePickupPoint changes a pickup point.
func (c *Scope) UpdatePickupPoint(ctx context.Context, x *PickupPoint) error {
	return update(ctx, c, x)
}

// DeletePickupPoint removes a pickup point that nothing refers to.
func (c *Scope) DeletePickupPoint(ctx context.Context, id ID, version int64) error {
	return remove[PickupPoint](ctx, c, id, version)
}
