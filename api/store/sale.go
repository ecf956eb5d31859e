package store

import (
	"context"
	"fmt"
	"time"
)

// SaleState is where a sale stands.
type SaleState string

// The states. Orders come in while a sale is open, and late ones while it is closed.
const (
	SaleOpen      SaleState = "open"
	SaleClosed    SaleState = "closed"
	SaleDone      SaleState = "done"
	SaleCancelled SaleState = "cancelled"
)

// Sale is an order cycle: what is ordered until it closes is distributed on one day, and carried in the days around it.
type Sale struct {
	Row
	Ref          string // another system's id; unique in the collective when there is one
	Name         string
	Opens        time.Time // zero: open already
	Closes       time.Time // zero: when somebody closes it
	Distribution Day       // when customers begin to collect
	First, Last  Day       // the days on which goods may be carried; empty: Monday to Sunday of the distribution's week
	State        SaleState // empty: open
}

func (*Sale) kind() kind {
	return kind{"sale", "sales", "ref, name, opens, closes, first_day, distribution, last_day, state", "ref"}
}

func (x *Sale) fields() []any {
	return []any{optional[string]{&x.Ref}, &x.Name, stamp{&x.Opens}, stamp{&x.Closes}, &x.First, &x.Distribution, &x.Last, &x.State}
}

func (*Sale) refs() []ref { return nil }

// mostDays bounds the span of a sale.
const mostDays = 31

func (x *Sale) check(f *faults) {
	f.text("ref", x.Ref)
	f.name("name", x.Name)
	if !x.Opens.IsZero() && !x.Closes.IsZero() && !x.Opens.Before(x.Closes) {
		f.add("closes", "is not after the opening")
	}
	if x.State == "" {
		x.State = SaleOpen
	}
	choice(f, "state", x.State, SaleOpen, SaleClosed, SaleDone, SaleCancelled)
	x.Distribution.check(f, "distribution")
	if !x.Distribution.Valid() {
		return
	}
	monday := x.Distribution
	for monday.Weekday() != "mon" {
		monday = monday.Plus(-1)
	}
	if x.First == "" {
		x.First = monday
	}
	if x.Last == "" {
		x.Last = monday.Plus(6)
	}
	x.First.check(f, "first")
	x.Last.check(f, "last")
	if x.First > x.Distribution || x.Distribution > x.Last {
		f.add("distribution", "%s is not within the days from %s to %s on which goods are carried", x.Distribution, x.First, x.Last)
	} else if x.First.Valid() && x.Last > x.First.Plus(mostDays-1) {
		f.add("last", "is more than %d days from the first on", mostDays)
	}
}

// SaleFilter narrows a list of sales; what is empty does not. First and Last are of the distribution.
type SaleFilter struct {
	Ref         string
	State       SaleState
	First, Last Day
}

func (f SaleFilter) conditions() (w conditions) {
	w.is("ref", f.Ref)
	w.is("state", string(f.State))
	if f.First != "" {
		w.add("distribution >= ?", string(f.First))
	}
	if f.Last != "" {
		w.add("distribution <= ?", string(f.Last))
	}
	return w
}

// CloseSale closes an open sale. Of any number of concurrent calls one gets first true; closing a closed sale again
// changes nothing, and a sale that is done or cancelled is a conflict. Until the transaction ends no other closes this sale,
// puts orders into it or saves a plan for it.
func (c *Scope) CloseSale(ctx context.Context, id ID) (sale *Sale, first bool, err error) {
	err = c.write(ctx, func(t *tx) error {
		if err := t.alone(ctx, id); err != nil {
			return err
		}
		if sale, err = fetch[Sale](ctx, t, id); err != nil {
			return err
		}
		if first = sale.State == SaleOpen; first {
			sale.State = SaleClosed
			return change(ctx, t, sale, "close", "")
		}
		if sale.State != SaleClosed {
			return refuse(Conflict, "the sale is %s and cannot be closed", sale.State)
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return sale, first, nil
}

// hold keeps a sale's row from other writers until the transaction ends.
func (t *tx) hold(ctx context.Context, sale ID) error {
	k := (*Sale)(nil).kind()
	n, err := t.exec(ctx, k, `update sales set state = state where collective = $1 and id = $2`, &t.collective, &sale)
	if err == nil && n == 0 {
		err = missing(k, sale)
	}
	return err
}

// Revision grows with every change of a sale's orders, and with nothing else: a plan of the same revision has them all.
func (c *Scope) Revision(ctx context.Context, sale ID) (revision int64, err error) {
	err = c.read(ctx, func(t *tx) error {
		if _, err := fetch[Sale](ctx, t, sale); err != nil {
			return err
		}
		err := t.QueryRowContext(ctx, `select cast(coalesce(sum(version), 0) as bigint) from orders where collective = $1 and sale = $2`,
			string(t.collective), string(sale)).Scan(&revision)
		if err != nil {
			return fmt.Errorf("store: reading orders: %w", err)
		}
		return nil
	})
	return revision, err
}

// OrderCount is how many orders a sale has.
func (c *Scope) OrderCount(ctx context.Context, sale ID) (n int, err error) {
	err = c.read(ctx, func(t *tx) error {
		if _, err := fetch[Sale](ctx, t, sale); err != nil {
			return err
		}
		err := t.QueryRowContext(ctx, `select count(*) from orders where collective = $1 and sale = $2`, string(t.collective), string(sale)).Scan(&n)
		if err != nil {
			return fmt.Errorf("store: reading orders: %w", err)
		}
		return nil
	})
	return n, err
}

// CreateSale adds a sale.
func (c *Scope) CreateSale(ctx context.Context, x *Sale) error { return create(ctx, c, x) }

// Sale is a sale by id.
func (c *Scope) Sale(ctx context.Context, id ID) (*Sale, error) { return get[Sale](ctx, c, id) }

// Sales lists sales.
func (c *Scope) Sales(ctx context.Context, f SaleFilter, page Page) ([]Sale, Cursor, error) {
	return list[Sale](ctx, c, page, f.conditions())
}

// UpdateSale changes a sale.
func (c *Scope) UpdateSale(ctx context.Context, x *Sale) error { return update(ctx, c, x) }

// DeleteSale removes a sale that nothing refers to.
func (c *Scope) DeleteSale(ctx context.Context, id ID, version int64) error {
	return remove[Sale](ctx, c, id, version)
}
