package paper

import (
	"context"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// Source is a plan with what papers say beyond it.
type Source struct {
	Row        *store.Plan
	Week       *engine.Week
	Plan       *engine.Plan
	Collective *store.Collective
	Sale       *store.Sale
	Producers  map[store.ID]*store.Producer
	Places     map[store.ID]*store.Place
	Products   map[Sold]*store.Product
	Notes      map[store.Consigned]int64 // numbers of delivery notes
}

// Sold names a product as weeks do.
type Sold struct {
	Producer store.ID
	Name     string
}

// Read reads what the papers of a plan are made from. A plan whose documents are forgotten is not found.
func Read(ctx context.Context, c *store.Scope, plans *planning.Service, id store.ID) (*Source, error) {
	s := &Source{Producers: map[store.ID]*store.Producer{}, Places: map[store.ID]*store.Place{}, Products: map[Sold]*store.Product{}}
	err := c.Snapshot(ctx, func(c *store.Scope) (err error) {
		if s.Row, err = c.Plan(ctx, id); err != nil {
			return err
		}
		if s.Week, s.Plan, err = plans.Documents(ctx, c, s.Row); err != nil {
			return err
		}
		if s.Collective, err = c.Itself(ctx); err != nil {
			return err
		}
		if s.Sale, err = c.Sale(ctx, s.Row.Sale); err != nil {
			return err
		}
		if s.Notes, err = c.DeliveryNotes(ctx, s.Row.Sale); err != nil {
			return err
		}
		if err := every(func(p store.Page) ([]store.Producer, store.Cursor, error) {
			return c.Producers(ctx, store.ProducerFilter{}, p)
		}, func(x *store.Producer) { s.Producers[x.ID] = x }); err != nil {
			return err
		}
		if err := every(func(p store.Page) ([]store.Place, store.Cursor, error) {
			return c.Places(ctx, store.PlaceFilter{}, p)
		}, func(x *store.Place) { s.Places[x.ID] = x }); err != nil {
			return err
		}
		return every(func(p store.Page) ([]store.Product, store.Cursor, error) {
			return c.Products(ctx, store.ProductFilter{}, p)
		}, func(x *store.Product) { s.Products[Sold{x.Producer, planning.ProductName(x)}] = x })
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// every calls f with each row of a list.
func every[T any](list func(store.Page) ([]T, store.Cursor, error), f func(*T)) error {
	for page := (store.Page{Limit: 1000}); ; {
		rows, next, err := list(page)
		if err != nil {
			return err
		}
		for i := range rows {
			f(&rows[i])
		}
		if page.After = next; next == "" {
			return nil
		}
	}
}
