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
	Products   map[store.ID]*store.Product
	Vehicles   map[store.ID]*store.Vehicle
	Lots       map[store.ID]*store.Lot   // of the sale, by product
	Notes      map[store.Consigned]int64 // numbers of delivery notes
	Crate      planning.Crate
}

// Read reads what the papers of a plan are made from. A plan whose documents are forgotten is not found.
func Read(ctx context.Context, c *store.Scope, plans *planning.Service, id store.ID) (*Source, error) {
	s := &Source{Producers: map[store.ID]*store.Producer{}, Places: map[store.ID]*store.Place{}, Products: map[store.ID]*store.Product{},
		Vehicles: map[store.ID]*store.Vehicle{}, Lots: map[store.ID]*store.Lot{}}
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
		if s.Crate, err = planning.CrateOn(ctx, c, s.Sale.Distribution); err != nil {
			return err
		}
		for x, err := range store.Rows(func(p store.Page) ([]store.Vehicle, store.Cursor, error) {
			return c.Vehicles(ctx, store.VehicleFilter{}, p)
		}) {
			if err != nil {
				return err
			}
			s.Vehicles[x.ID] = x
		}
		for x, err := range store.Rows(func(p store.Page) ([]store.Lot, store.Cursor, error) {
			return c.Lots(ctx, store.LotFilter{Sale: s.Row.Sale}, p)
		}) {
			if err != nil {
				return err
			}
			s.Lots[x.Product] = x
		}
		for x, err := range store.Rows(func(p store.Page) ([]store.Producer, store.Cursor, error) {
			return c.Producers(ctx, store.ProducerFilter{}, p)
		}) {
			if err != nil {
				return err
			}
			s.Producers[x.ID] = x
		}
		for x, err := range store.Rows(func(p store.Page) ([]store.Place, store.Cursor, error) {
			return c.Places(ctx, store.PlaceFilter{}, p)
		}) {
			if err != nil {
				return err
			}
			s.Places[x.ID] = x
		}
		for x, err := range store.Rows(func(p store.Page) ([]store.Product, store.Cursor, error) {
			return c.Products(ctx, store.ProductFilter{}, p)
		}) {
			if err != nil {
				return err
			}
			s.Products[x.ID] = x
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}
