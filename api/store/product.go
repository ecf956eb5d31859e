package store

import (
	"context"

	"carriole/engine"
)

// Product is what a producer sells, with what one unit of it weighs and takes up.
type Product struct {
	Row
	Ref         string // another system's id; unique in the collective when there is one
	Producer    ID
	Name        string
	Unit        string // as in 500 g, pièce
	Grams       int64  // of one unit
	Millilitres int64
	Class       engine.Class     // empty: ambient
	CarriedBy   engine.CarriedBy // empty: any

	// UnpackedEggs are eggs that no packing centre has graded: only their producer may carry them, and not far (EggsWithinM).
	UnpackedEggs bool

	Organic    bool
	PriceCents *int64
	Active     bool
}

func (*Product) kind() kind {
	return kind{"product", "products", "ref, producer, name, unit, grams, millilitres, class, carried_by, unpacked_eggs, organic, price_cents, active", "ref"}
}

func (x *Product) fields() []any {
	return []any{optional[string]{&x.Ref}, &x.Producer, &x.Name, &x.Unit, &x.Grams, &x.Millilitres, &x.Class, &x.CarriedBy, &x.UnpackedEggs, &x.Organic, &x.PriceCents, &x.Active}
}

func (x *Product) refs() []ref { return []ref{{"producer", "producer", "producers", x.Producer}} }

func (x *Product) check(f *faults) {
	f.text("ref", x.Ref)
	if x.Producer == "" {
		f.add("producer", "is empty: name whose product it is")
	}
	f.name("name", x.Name)
	f.text("unit", x.Unit)
	f.amount("grams", x.Grams)
	f.amount("millilitres", x.Millilitres)
	if x.Class == "" {
		x.Class = engine.Ambient
	}
	choice(f, "class", x.Class, engine.Classes[:]...)
	if x.CarriedBy == "" {
		x.CarriedBy = engine.ByAny
	}
	choice(f, "carried_by", x.CarriedBy, engine.ByAny, engine.ByProducer)
	if x.UnpackedEggs {
		x.CarriedBy = engine.ByProducer
	}
	f.optional("price_cents", x.PriceCents)
}

// ProductFilter narrows a list of products; what is empty does not.
type ProductFilter struct {
	Ref      string
	Producer ID
	Class    engine.Class
	Active   *bool
}

func (f ProductFilter) conditions() (w conditions) {
	w.is("ref", f.Ref)
	w.is("producer", string(f.Producer))
	w.is("class", string(f.Class))
	w.isBool("active", f.Active)
	return w
}

// CreateProduct adds a product.
func (c *Scope) CreateProduct(ctx context.Context, x *Product) error { return create(ctx, c, x) }

// Product is a product by id.
func (c *Scope) Product(ctx context.Context, id ID) (*Product, error) {
	return get[Product](ctx, c, id)
}

// Products lists products.
func (c *Scope) Products(ctx context.Context, f ProductFilter, page Page) ([]Product, Cursor, error) {
	return list[Product](ctx, c, page, f.conditions())
}

// ProductsByRef finds the ids of products by another system's ids; what is not there is left out.
func (c *Scope) ProductsByRef(ctx context.Context, refs []string) (map[string]ID, error) {
	return byRef[Product](ctx, c, refs)
}

// UpdateProduct changes a product.
func (c *Scope) UpdateProduct(ctx context.Context, x *Product) error { return update(ctx, c, x) }

// DeleteProduct removes a product that nothing refers to.
func (c *Scope) DeleteProduct(ctx context.Context, id ID, version int64) error {
	return remove[Product](ctx, c, id, version)
}
