package planning

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// Decision is what a coordinator changes about the week of a sale.
type Decision struct {
	Locks    []store.Way         // ways that goods of the sale are to take; one for the same goods takes the place of the one before
	Lift     []store.Way         // locks to lift, by producer, pickup point and class
	Forbids  []store.Forbid      // of the sale
	Allow    []store.Forbid      // to lift, by producer, round and day
	Rounds   []store.RoundChange // days of rounds that are otherwise than usual; without a kind: as usual again
	Absences []store.Absence     // that come in addition
	Present  []store.Absence     // to remove, by who and when
	Orders   []store.Order       // by id, else by reference, else new; without lines: cancelled. A version, where it is set, must be the order's
}

// A step is one row as it was before a decision and as it is after it; nil: there was none.
type step struct {
	Lock    *turn[store.Way]         `json:"lock,omitempty"`
	Forbid  *turn[store.Forbid]      `json:"forbid,omitempty"`
	Round   *turn[store.RoundChange] `json:"round,omitempty"`
	Absence *turn[store.Absence]     `json:"absence,omitempty"`
	Order   *turn[store.Order]       `json:"order,omitempty"`
}

type turn[T any] struct {
	Before *T `json:"before,omitempty"`
	After  *T `json:"after,omitempty"`
}

func (t *turn[T]) back() *turn[T] {
	if t == nil {
		return nil
	}
	return &turn[T]{t.After, t.Before}
}

// back are the steps that take some back.
func back(steps []step) []step {
	out := make([]step, len(steps))
	for i, s := range steps {
		out[len(steps)-1-i] = step{s.Lock.back(), s.Forbid.back(), s.Round.back(), s.Absence.back(), s.Order.back()}
	}
	return out
}

// Decide changes the week of a sale and has it planned again with the least change, in one transaction. What it changed can be
// taken back by Undo.
func (s *Service) Decide(ctx context.Context, c *store.Scope, sale store.ID, d Decision, reason string) (*store.Planning, error) {
	var out *store.Planning
	err := c.Together(ctx, func(c *store.Scope) (err error) {
		out, err = s.decide(ctx, c, sale, d, reason, func(int) string { return "" })
		return err
	})
	return out, err
}

// decide is Decide in a transaction; path is what stands before the paths of faults of its steps.
func (s *Service) decide(ctx context.Context, c *store.Scope, sale store.ID, d Decision, reason string, path func(step int) string) (*store.Planning, error) {
	x, err := c.Sale(ctx, sale)
	if err != nil {
		return nil, err
	}
	if x.State != store.SaleOpen && x.State != store.SaleClosed {
		return nil, conflict("the sale is %s: nothing is planned for it any more", x.State)
	}
	steps, err := d.steps(ctx, c, x)
	if err != nil {
		return nil, err
	}
	for i := range steps {
		if err := s.take(ctx, c, &steps[i]); err != nil {
			return nil, prefixed(path(i), err)
		}
	}
	return s.ask(ctx, c, sale, request{Options: Options{Reason: reason}, Steps: steps})
}

// steps are what a decision changes, with what there is now.
func (d *Decision) steps(ctx context.Context, c *store.Scope, sale *store.Sale) (out []step, err error) {
	for _, list := range []struct {
		ways []store.Way
		lift bool
	}{{d.Lift, true}, {d.Locks, false}} {
		for _, w := range list.ways {
			w.Sale = sale.ID
			before, err := findWay(ctx, c, &w)
			if err != nil {
				return nil, err
			}
			if list.lift && before == nil {
				return nil, conflict("these goods are not locked any more")
			}
			t := &turn[store.Way]{Before: before}
			if !list.lift {
				t.After = &w
			}
			out = append(out, step{Lock: t})
		}
	}
	for _, f := range d.Forbids {
		f.Sale = sale.ID
		before, err := findForbid(ctx, c, &f)
		if err != nil {
			return nil, err
		}
		out = append(out, step{Forbid: &turn[store.Forbid]{before, &f}})
	}
	for _, f := range d.Allow {
		f.Sale = sale.ID
		before, err := findForbid(ctx, c, &f)
		if err != nil {
			return nil, err
		}
		if before == nil {
			return nil, conflict("nothing forbids these goods on that round in this sale any more")
		}
		out = append(out, step{Forbid: &turn[store.Forbid]{before, nil}})
	}
	for _, x := range d.Rounds {
		before, err := findRoundChange(ctx, c, &x)
		if err != nil {
			return nil, err
		}
		t := &turn[store.RoundChange]{Before: before}
		if x.Kind != "" && !(x.Kind == store.Cancelled && before != nil && before.Kind == store.Added) { // a day that was added is cancelled by not adding it
			t.After = &x
		}
		out = append(out, step{Round: t})
	}
	for i := range d.Absences {
		out = append(out, step{Absence: &turn[store.Absence]{After: &d.Absences[i]}})
	}
	for _, a := range d.Present {
		before, err := findAbsence(ctx, c, &a)
		if err != nil {
			return nil, err
		}
		if before == nil {
			return nil, conflict("this absence is not noted any more")
		}
		out = append(out, step{Absence: &turn[store.Absence]{Before: before}})
	}
	for _, o := range d.Orders {
		o.Sale = sale.ID
		before, err := findOrder(ctx, c, &o)
		if err != nil {
			return nil, err
		}
		if before != nil {
			if o.Version != 0 && o.Version != before.Version {
				return nil, &store.Error{Code: store.Stale, Message: fmt.Sprintf("the order %s was changed meanwhile", before.Ref)}
			}
			o.Ref = before.Ref
		} else {
			o.Ref = cmp.Or(o.Ref, NewRef())
		}
		out = append(out, step{Order: &turn[store.Order]{before, &o}})
	}
	return out, nil
}

// NewRef is a reference for an order that comes without one.
func NewRef() string { return "M-" + rand.Text()[:6] }

func findWay(ctx context.Context, c *store.Scope, w *store.Way) (*store.Way, error) {
	list, _, err := c.Ways(ctx, store.WayFilter{Sale: w.Sale, Producer: w.Producer, PickupPoint: w.PickupPoint}, store.Page{Limit: 1000})
	return found(list, err, func(x *store.Way) bool { return x.Class == w.Class })
}

func findForbid(ctx context.Context, c *store.Scope, f *store.Forbid) (*store.Forbid, error) {
	list, _, err := c.Forbids(ctx, store.ForbidFilter{Sale: f.Sale, Producer: f.Producer, Round: f.Round}, store.Page{Limit: 1000})
	return found(list, err, func(x *store.Forbid) bool { return x.Day == f.Day })
}

func findRoundChange(ctx context.Context, c *store.Scope, x *store.RoundChange) (*store.RoundChange, error) {
	list, _, err := c.RoundChanges(ctx, store.RoundChangeFilter{Round: x.Round, First: x.Day, Last: x.Day}, store.Page{})
	return found(list, err, func(*store.RoundChange) bool { return true })
}

func findAbsence(ctx context.Context, c *store.Scope, a *store.Absence) (*store.Absence, error) {
	list, _, err := c.Absences(ctx, store.AbsenceFilter{Producer: a.Producer, Vehicle: a.Vehicle, First: a.First, Last: a.Last}, store.Page{Limit: 1000})
	return found(list, err, func(x *store.Absence) bool {
		return x.Producer == a.Producer && x.Vehicle == a.Vehicle && x.First == a.First && x.Last == a.Last
	})
}

func findOrder(ctx context.Context, c *store.Scope, o *store.Order) (*store.Order, error) {
	if o.ID != "" {
		x, err := c.Order(ctx, o.ID)
		if err == nil && x.Sale != o.Sale {
			return nil, &store.Error{Code: store.NotFound, Message: fmt.Sprintf("the sale has no order with the id %q", string(o.ID))}
		}
		return x, err
	}
	if o.Ref == "" {
		return nil, nil
	}
	list, _, err := c.Orders(ctx, store.OrderFilter{Sale: o.Sale, Ref: o.Ref}, store.Page{})
	return found(list, err, func(*store.Order) bool { return true })
}

func found[T any](list []T, err error, is func(*T) bool) (*T, error) {
	if err != nil {
		return nil, err
	}
	for i := range list {
		if is(&list[i]) {
			return &list[i], nil
		}
	}
	return nil, nil
}

// take makes a step. Where somebody has changed meanwhile what it begins with, that is a conflict.
func (s *Service) take(ctx context.Context, c *store.Scope, it *step) error {
	switch {
	case it.Lock != nil:
		return take(ctx, c, it.Lock, "the lock of these goods", func(x *store.Way) *store.Row { return &x.Row }, findWay, c.CreateWay, c.UpdateWay, c.DeleteWay)
	case it.Forbid != nil:
		return take(ctx, c, it.Forbid, "what is forbidden on this round", func(x *store.Forbid) *store.Row { return &x.Row }, findForbid, c.CreateForbid, c.UpdateForbid, c.DeleteForbid)
	case it.Round != nil:
		return take(ctx, c, it.Round, "that day of the round", func(x *store.RoundChange) *store.Row { return &x.Row }, findRoundChange, c.CreateRoundChange, c.UpdateRoundChange, c.DeleteRoundChange)
	case it.Absence != nil:
		return take(ctx, c, it.Absence, "the absence", func(x *store.Absence) *store.Row { return &x.Row }, findAbsence, c.CreateAbsence, c.UpdateAbsence, c.DeleteAbsence)
	case it.Order != nil:
		put := func(ctx context.Context, x *store.Order) error {
			puts, err := c.PutOrders(ctx, x.Sale, []store.Order{*x})
			if err != nil || s.Tell == nil {
				return unprefixed("orders[0].", err)
			}
			return s.Tell(ctx, c, x.Sale, puts)
		}
		cancel := func(ctx context.Context, id store.ID, _ int64) error {
			x, err := c.Order(ctx, id)
			if err == nil {
				x.Lines = nil
				err = put(ctx, x)
			}
			return err
		}
		find := func(ctx context.Context, c *store.Scope, o *store.Order) (*store.Order, error) {
			x, err := findOrder(ctx, c, o)
			if x != nil && len(x.Lines) == 0 && it.Order.Before == nil {
				x = nil // a cancelled order stays as a row
			}
			return x, err
		}
		return take(ctx, c, it.Order, "the order", func(x *store.Order) *store.Row { return &x.Row }, find, put, put, cancel)
	}
	return nil
}

// take makes the row of a turn as it is to be, and notes what it is then.
func take[T any](ctx context.Context, c *store.Scope, t *turn[T], what string, row func(*T) *store.Row, find func(context.Context, *store.Scope, *T) (*T, error),
	create, update func(context.Context, *T) error, remove func(context.Context, store.ID, int64) error) error {
	key := t.After
	if key == nil {
		key = t.Before
	}
	now, err := find(ctx, c, key)
	if err != nil {
		return err
	}
	if !alike(now, t.Before, row) {
		return conflict("somebody has changed %s since: look at it, and change it by hand", what)
	}
	switch {
	case t.After == nil && now == nil:
		return nil
	case t.After == nil:
		return remove(ctx, row(now).ID, row(now).Version)
	}
	x := *t.After
	*row(&x) = store.Row{}
	if now == nil {
		err = create(ctx, &x)
	} else {
		*row(&x) = *row(now)
		err = update(ctx, &x)
	}
	if err != nil {
		return err
	}
	t.After, err = find(ctx, c, &x)
	return err
}

// alike says whether two rows say the same, whatever their versions.
func alike[T any](a, b *T, row func(*T) *store.Row) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	*row(&x), *row(&y) = store.Row{}, store.Row{}
	j, err := json.Marshal(&x)
	k, err2 := json.Marshal(&y)
	return err == nil && err2 == nil && bytes.Equal(j, k)
}

// unprefixed takes a beginning off the paths of an error's faults.
func unprefixed(path string, err error) error {
	var e *store.Error
	if !errors.As(err, &e) {
		return err
	}
	out := *e
	out.Faults = slices.Clone(e.Faults)
	for i := range out.Faults {
		out.Faults[i].Path = strings.TrimPrefix(out.Faults[i].Path, path)
	}
	return &out
}

// Foreseen is what a decision would come to.
type Foreseen struct {
	Before *engine.Plan
	*engine.Replanned
	Turns []view.Turn // what would be otherwise, in words
}

// Foresee is a plan as it would be after a decision. Nothing is stored. Changes of rounds other than cancelled days, and absences that
// are removed, cannot be foreseen.
func (s *Service) Foresee(ctx context.Context, c *store.Scope, plan store.ID, d Decision, lang view.Lang) (*Foreseen, error) {
	v, leave, err := s.ponder(ctx, c, plan)
	if err != nil {
		return nil, err
	}
	defer leave()
	change, err := d.change(v.week)
	if err != nil {
		return nil, err
	}
	if len(d.Orders) > 0 {
		if err := foreseenOrders(ctx, c, store.ID(v.week.ID), d.Orders, v.week, change); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, mostAnswer)
	defer cancel()
	travel, err := s.travelOf(ctx, c, v)
	if err != nil {
		return nil, err
	}
	got, err := engine.Replan(ctx, v.week, travel, v.plan, *change, engine.Options{Seed: 1})
	if err != nil {
		return nil, asRefusal(err)
	}
	return &Foreseen{v.plan, got, view.Turns(got, v.plan, view.Options{Lang: lang, Previous: v.week})}, nil
}

// foreseenOrders adds orders of a sale to a change of its week, as planning would read them.
func foreseenOrders(ctx context.Context, c *store.Scope, sale store.ID, orders []store.Order, week *engine.Week, to *engine.Change) error {
	d := &store.WeekData{}
	products := map[store.ID]bool{}
	for i, o := range orders {
		o.Sale = sale
		before, err := findOrder(ctx, c, &o)
		switch {
		case err != nil:
			return err
		case before != nil:
			o.ID, o.Ref = before.ID, before.Ref
		default:
			o.ID = store.ID(fmt.Sprintf("new-%d", i+1))
		}
		if len(o.Lines) == 0 && slices.ContainsFunc(week.Orders, func(x engine.Order) bool { return x.ID == string(o.ID) }) {
			to.CancelOrders = append(to.CancelOrders, string(o.ID))
		}
		for k, l := range o.Lines {
			if products[l.Product] {
				continue
			}
			products[l.Product] = true
			p, err := c.Product(ctx, l.Product)
			if store.IsNotFound(err) {
				return invalid(fmt.Sprintf("orders[%d].lines[%d].product", i, k), "there is no such product")
			}
			if err != nil {
				return err
			}
			d.Products = append(d.Products, *p)
		}
		d.Orders = append(d.Orders, o)
	}
	err := c.Snapshot(ctx, func(c *store.Scope) error {
		collective, err := c.Itself(ctx)
		if err != nil {
			return err
		}
		x, err := c.Sale(ctx, sale)
		if err != nil {
			return err
		}
		d.Collective, d.Sale = *collective, *x
		if d.Places, err = store.All(func(p store.Page) ([]store.Place, store.Cursor, error) {
			return c.Places(ctx, store.PlaceFilter{}, p)
		}); err != nil {
			return err
		}
		if d.Producers, err = store.All(func(p store.Page) ([]store.Producer, store.Cursor, error) {
			return c.Producers(ctx, store.ProducerFilter{}, p)
		}); err != nil {
			return err
		}
		d.PickupPoints, err = store.All(func(p store.Page) ([]store.PickupPoint, store.Cursor, error) {
			return c.PickupPoints(ctx, store.PickupPointFilter{}, p)
		})
		return err
	})
	if err != nil {
		return err
	}
	m := newMaker(d)
	m.pickupPoints()
	m.orders()
	for _, f := range m.faults {
		if !f.Warning {
			return invalid(f.Path, "%s", f.Message)
		}
	}
	to.Orders = m.week.Orders
	return nil
}

// change is a decision in the engine's terms.
func (d *Decision) change(week *engine.Week) (*engine.Change, error) {
	out := &engine.Change{}
	lock := func(w *store.Way) engine.Lock {
		l := engine.Lock{Producer: string(w.Producer), PickupPoint: string(w.PickupPoint), Class: w.Class}
		for _, r := range w.Rides {
			l.Rounds = append(l.Rounds, RoundID(r.Round, store.Day(r.Day)))
		}
		return l
	}
	for i := range d.Locks {
		out.Lock = append(out.Lock, lock(&d.Locks[i]))
	}
	for i := range d.Lift {
		out.Unlock = append(out.Unlock, lock(&d.Lift[i]))
	}
	forbids := func(list []store.Forbid) (all []engine.Forbid) {
		for _, f := range list {
			for i := range week.Rounds {
				if id, day, ok := SplitRoundID(week.Rounds[i].ID); ok && id == f.Round && (f.Day == "" || f.Day == day) {
					all = append(all, engine.Forbid{Producer: string(f.Producer), Round: week.Rounds[i].ID})
				}
			}
		}
		return all
	}
	out.Forbid, out.Allow = forbids(d.Forbids), forbids(d.Allow)
	for _, r := range d.Rounds {
		if r.Kind != store.Cancelled {
			return nil, invalid("rounds", "only a day that is cancelled can be foreseen")
		}
		out.CancelRounds = append(out.CancelRounds, RoundID(r.Round, r.Day))
	}
	for i := range d.Absences {
		d.away(out, week, &d.Absences[i])
	}
	if len(d.Present) > 0 {
		return nil, invalid("present", "what somebody’s return would change cannot be foreseen: try it, and take it back")
	}
	return out, nil
}

// away cancels what somebody who is not there would drive.
func (d *Decision) away(out *engine.Change, week *engine.Week, a *store.Absence) {
	everybody := a.Producer == "" && a.Vehicle == ""
	within := func(r *engine.Round) bool {
		day := store.DayOf(r.DepartAfter)
		return a.First <= day && day <= a.Last
	}
	for i := range week.Rounds {
		r := &week.Rounds[i]
		if within(r) && (everybody || string(a.Producer) == r.Producer && a.Producer != "" || string(a.Vehicle) == r.Vehicle && a.Vehicle != "") && !slices.Contains(out.CancelRounds, r.ID) {
			out.CancelRounds = append(out.CancelRounds, r.ID)
		}
	}
	for i := range week.Vehicles {
		v := week.Vehicles[i]
		if !everybody && string(a.Producer) != v.Producer && string(a.Vehicle) != v.ID {
			continue
		}
		v.Available = slices.DeleteFunc(slices.Clone(v.Available), func(x engine.Interval) bool {
			day := store.DayOf(x[0])
			return a.First <= day && day <= a.Last
		})
		out.Vehicles = append(out.Vehicles, v)
	}
}
