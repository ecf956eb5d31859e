package main

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"strings"

	"carriole/api/store"
)

// What a collective of the size of the largest marketplace has.
const (
	producers = 1500
	points    = 300
	products  = 2 * producers
)

// A world is a collective in a store, with a sale that takes orders.
type world struct {
	scope    *store.Scope
	sale     store.ID
	points   []store.ID
	products []store.ID
}

// newCollective migrates a database, with more tables than the store's where there are any, and makes a collective.
func newCollective(ctx context.Context, s *store.Store, more ...func(context.Context) error) (store.ID, error) {
	if _, err := s.Migrate(ctx, more...); err != nil {
		return "", err
	}
	x := store.Collective{Name: "Benchmark"}
	err := s.CreateCollective(ctx, &x, "benchmark")
	return x.ID, err
}

// newWorld migrates a database and fills it, in one transaction.
func newWorld(ctx context.Context, s *store.Store) (*world, error) {
	collective, err := newCollective(ctx, s)
	if err != nil {
		return nil, err
	}
	var w *world
	err = s.In(collective, "benchmark").Together(ctx, func(c *store.Scope) error {
		w = &world{scope: s.In(collective, "benchmark")}
		place := store.Place{Name: "Halle", At: &store.Point{LonE7: 50_300_000, LatE7: 441_230_000}}
		if err := c.CreatePlace(ctx, &place); err != nil {
			return err
		}
		for i := range points {
			p := store.PickupPoint{Name: fmt.Sprintf("Point %d", i), Place: place.ID, Active: true, Windows: store.Windows{{Days: []store.Weekday{"thu"}, From: 18 * 60, Until: 20 * 60}}}
			if err := c.CreatePickupPoint(ctx, &p); err != nil {
				return err
			}
			w.points = append(w.points, p.ID)
		}
		for i := range producers {
			p := store.Producer{Name: fmt.Sprintf("Ferme %d", i), Place: place.ID, Active: true}
			if err := c.CreateProducer(ctx, &p); err != nil {
				return err
			}
			for k := range products / producers {
				x := store.Product{Name: fmt.Sprintf("Produit %d-%d", i, k), Unit: "500 g", Producer: p.ID, Grams: 500, Millilitres: 900, Active: true}
				if err := c.CreateProduct(ctx, &x); err != nil {
					return err
				}
				w.products = append(w.products, x.ID)
			}
		}
		sale := store.Sale{Name: "Semaine 48", Distribution: "2026-11-26"}
		if err := c.CreateSale(ctx, &sale); err != nil {
			return err
		}
		w.sale = sale.ID
		return nil
	})
	return w, err
}

// orders makes new orders, the same for the same seed.
func (w *world) orders(n, lines int, seed uint64) []store.Order {
	rng := mathrand.New(mathrand.NewPCG(seed, 0))
	out := make([]store.Order, n)
	for i := range out {
		out[i] = store.Order{Ref: fmt.Sprintf("R%d-%06d", seed, i), PickupPoint: w.points[rng.IntN(len(w.points))], Lines: make([]store.OrderLine, lines)}
		for k := range out[i].Lines {
			cents := int64(100 + rng.IntN(2000))
			out[i].Lines[k] = store.OrderLine{Product: w.products[rng.IntN(len(w.products))], QuantityMilli: int64(1000 * (1 + rng.IntN(6))), PriceCents: &cents}
		}
	}
	return out
}

const collectiveID = "benchmarkbenchmark22"

// idsOnly is a world without a store, for what is measured beside it.
func idsOnly() *world {
	w := &world{sale: newID()}
	for range points {
		w.points = append(w.points, newID())
	}
	for range products {
		w.products = append(w.products, newID())
	}
	return w
}

// newID is a random id like the store's.
func newID() store.ID { return store.ID(strings.ToLower(rand.Text()[:20])) }
