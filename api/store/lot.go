package store

import "context"

// Lot is what is traced of a product in a sale: which lot it comes from, and until when it keeps.
type Lot struct {
	Row
	Sale       ID
	Product    ID
	Producer   ID     // who sells the product
	Code       string // of the lot, or of several
	UseBy      Day    // empty: none is known
	BestBefore Day    // empty: none is known
}

func (*Lot) kind() kind {
	return kind{"lot", "lots", "sale, product, producer, code, use_by, best_before", "sale and product"}
}

func (x *Lot) fields() []any {
	return []any{&x.Sale, &x.Product, &x.Producer, &x.Code, optional[Day]{&x.UseBy}, optional[Day]{&x.BestBefore}}
}

func (x *Lot) refs() []ref {
	return []ref{{"sale", "sale", "sales", x.Sale}, {"product", "product", "products", x.Product}, {"producer", "producer", "producers", x.Producer}}
}

func (x *Lot) check(f *faults) {
	for _, r := range x.refs() {
		if r.id == "" {
			f.add(r.path, "is empty: a lot is of one product of one producer in one sale")
		}
	}
	f.text("code", x.Code)
	if x.UseBy != "" {
		x.UseBy.check(f, "use_by")
	}
	if x.BestBefore != "" {
		x.BestBefore.check(f, "best_before")
	}
}

// LotFilter narrows a list of lots; what is empty does not.
type LotFilter struct {
	Sale     ID
	Product  ID
	Producer ID
}

// CreateLot adds a lot. Another for the same product in the same sale is a conflict.
func (c *Scope) CreateLot(ctx context.Context, x *Lot) error {
	return c.ofProducer(ctx, x, func(c *Scope) error { return create(ctx, c, x) })
}

// Lot is a lot by id.
func (c *Scope) Lot(ctx context.Context, id ID) (*Lot, error) { return get[Lot](ctx, c, id) }

// Lots lists lots.
func (c *Scope) Lots(ctx context.Context, f LotFilter, page Page) ([]Lot, Cursor, error) {
	var w conditions
	w.is("sale", string(f.Sale))
	w.is("product", string(f.Product))
	w.is("producer", string(f.Producer))
	return list[Lot](ctx, c, page, w)
}

// UpdateLot changes a lot.
func (c *Scope) UpdateLot(ctx context.Context, x *Lot) error {
	return c.ofProducer(ctx, x, func(c *Scope) error { return update(ctx, c, x) })
}

// ofProducer writes a lot whose producer sells its product.
func (c *Scope) ofProducer(ctx context.Context, x *Lot, write func(*Scope) error) error {
	return c.Together(ctx, func(c *Scope) error {
		if p, err := c.Product(ctx, x.Product); err == nil && p.Producer != x.Producer && x.Producer != "" {
			var f faults
			f.add("product", "%q is no product of the producer", string(x.Product))
			return f.err()
		} else if err != nil && !IsNotFound(err) {
			return err
		}
		return write(c)
	})
}

// DeleteLot removes a lot.
func (c *Scope) DeleteLot(ctx context.Context, id ID, version int64) error {
	return remove[Lot](ctx, c, id, version)
}
