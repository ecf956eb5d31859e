package store

import "context"

// UnitWeight is what one unit of some products weighs where neither the file nor the product's name says so. The one
// that names the product most closely holds.
type UnitWeight struct {
	Row
	Unit        string // as in pièce, botte; unique in the collective together with the product
	Product     string // words that the product's name must have, as in "poulet fermier"; empty: every product
	Grams       int64
	Millilitres *int64 // nil: by the usual density
	Weighed     bool   // each piece is weighed: quantities ordered are kilograms, and Grams is a usual piece, for files that count pieces
}

func (*UnitWeight) kind() kind {
	return kind{"unit weight", "unit_weights", "unit, product, grams, millilitres, weighed", "unit and product"}
}

func (x *UnitWeight) fields() []any {
	return []any{&x.Unit, &x.Product, &x.Grams, &x.Millilitres, &x.Weighed}
}

func (*UnitWeight) refs() []ref { return nil }

func (x *UnitWeight) check(f *faults) {
	f.name("unit", x.Unit)
	f.text("product", x.Product)
	f.amount("grams", x.Grams)
	f.optional("millilitres", x.Millilitres)
}

// UnitWeightFilter narrows a list of unit weights; what is empty does not.
type UnitWeightFilter struct{ Unit string }

func (f UnitWeightFilter) conditions() (w conditions) {
	w.is("unit", f.Unit)
	return w
}

// CreateUnitWeight adds a unit weight.
func (c *Scope) CreateUnitWeight(ctx context.Context, x *UnitWeight) error { return create(ctx, c, x) }

// UnitWeight is a unit weight by id.
func (c *Scope) UnitWeight(ctx context.Context, id ID) (*UnitWeight, error) {
	return get[UnitWeight](ctx, c, id)
}

// UnitWeights lists unit weights.
func (c *Scope) UnitWeights(ctx context.Context, f UnitWeightFilter, page Page) ([]UnitWeight, Cursor, error) {
	return list[UnitWeight](ctx, c, page, f.conditions())
}

// UpdateUnitWeight changes a unit weight.
func (c *Scope) UpdateUnitWeight(ctx context.Context, x *UnitWeight) error { return update(ctx, c, x) }

// DeleteUnitWeight removes a unit weight.
func (c *Scope) DeleteUnitWeight(ctx context.Context, id ID, version int64) error {
	return remove[UnitWeight](ctx, c, id, version)
}
