package store

import "context"

// AliasKind is what an alias names.
type AliasKind string

// The kinds of aliases.
const (
	ProducerAlias    AliasKind = "producer"
	PickupPointAlias AliasKind = "pickup_point"
	ProductAlias     AliasKind = "product"
)

// ImportAlias is a name, or an id, under which another system knows a producer, a pickup point or a product. It goes with
// what it names.
type ImportAlias struct {
	Row
	Kind        AliasKind
	Name        string // as imports compare names; unique in the collective for its kind
	Producer    ID     // of the kind producer
	PickupPoint ID     // of the kind pickup_point
	Product     ID     // of the kind product
}

func (*ImportAlias) kind() kind {
	return kind{"alias", "import_aliases", "kind, name, producer, pickup_point, product", "name"}
}

func (x *ImportAlias) fields() []any {
	return []any{&x.Kind, &x.Name, optional[ID]{&x.Producer}, optional[ID]{&x.PickupPoint}, optional[ID]{&x.Product}}
}

func (x *ImportAlias) refs() []ref {
	return []ref{{"producer", "producer", "producers", x.Producer}, {"pickup_point", "pickup point", "pickup_points", x.PickupPoint},
		{"product", "product", "products", x.Product}}
}

func (x *ImportAlias) check(f *faults) {
	choice(f, "kind", x.Kind, ProducerAlias, PickupPointAlias, ProductAlias)
	f.name("name", x.Name)
	for _, named := range []struct {
		kind AliasKind
		id   ID
	}{{ProducerAlias, x.Producer}, {PickupPointAlias, x.PickupPoint}, {ProductAlias, x.Product}} {
		if (named.kind == x.Kind) != (named.id != "") {
			f.add(string(named.kind), "must be given for an alias of the kind %s and for no other", named.kind)
		}
	}
}

// ImportAliasFilter narrows a list of aliases; what is empty does not.
type ImportAliasFilter struct {
	Kind AliasKind
	Name string
}

func (f ImportAliasFilter) conditions() (w conditions) {
	w.is("kind", string(f.Kind))
	w.is("name", f.Name)
	return w
}

// CreateImportAlias adds an alias.
func (c *Scope) CreateImportAlias(ctx context.Context, x *ImportAlias) error {
	return create(ctx, c, x)
}

// ImportAlias is an alias by id.
func (c *Scope) ImportAlias(ctx context.Context, id ID) (*ImportAlias, error) {
	return get[ImportAlias](ctx, c, id)
}

// ImportAliases lists aliases.
func (c *Scope) ImportAliases(ctx context.Context, f ImportAliasFilter, page Page) ([]ImportAlias, Cursor, error) {
	return list[ImportAlias](ctx, c, page, f.conditions())
}

// UpdateImportAlias changes an alias.
func (c *Scope) UpdateImportAlias(ctx context.Context, x *ImportAlias) error {
	return update(ctx, c, x)
}

// DeleteImportAlias removes an alias.
func (c *Scope) DeleteImportAlias(ctx context.Context, id ID, version int64) error {
	return remove[ImportAlias](ctx, c, id, version)
}
