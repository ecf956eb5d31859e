package store

import (
	"context"
	"fmt"
)

// ImportMapping is how files with one header are read. It is remembered from the last import, with its corrections.
type ImportMapping struct {
	Row
	Signature string // of the header; unique in the collective
	Name      string // the last file's, for people
	Format    string
	Columns   []ImportColumn
	Catalogs  map[string]bool // by a catalogue's id or name: whether it is an AMAP contract, the producer's own load
}

// ImportColumn says what a column holds.
type ImportColumn struct {
	Header string `json:"header"`
	Field  string `json:"field"` // empty: nothing that is needed
}

func (*ImportMapping) kind() kind {
	return kind{"import mapping", "import_mappings", "signature, name, format, columns, catalogs", "signature"}
}

func (x *ImportMapping) fields() []any {
	return []any{&x.Signature, &x.Name, &x.Format, document[[]ImportColumn]{&x.Columns}, document[map[string]bool]{&x.Catalogs}}
}

func (*ImportMapping) refs() []ref { return nil }

// What a mapping may have.
const (
	mostColumns  = 500
	mostCatalogs = 2000
)

func (x *ImportMapping) check(f *faults) {
	f.name("signature", x.Signature)
	f.text("name", x.Name)
	f.text("format", x.Format)
	if len(x.Columns) > mostColumns {
		f.add("columns", "has %d columns: at most %d are kept", len(x.Columns), mostColumns)
		return
	}
	for i, c := range x.Columns {
		f.text(fmt.Sprintf("columns[%d].header", i), c.Header)
		f.text(fmt.Sprintf("columns[%d].field", i), c.Field)
	}
	if len(x.Catalogs) > mostCatalogs {
		f.add("catalogs", "has %d catalogues: at most %d are kept", len(x.Catalogs), mostCatalogs)
		return
	}
	for name := range x.Catalogs {
		f.text("catalogs", name)
	}
}

// ImportMappingFilter narrows a list of mappings; what is empty does not.
type ImportMappingFilter struct{ Signature string }

func (f ImportMappingFilter) conditions() (w conditions) {
	w.is("signature", f.Signature)
	return w
}

// CreateImportMapping adds a mapping.
func (c *Scope) CreateImportMapping(ctx context.Context, x *ImportMapping) error {
	return create(ctx, c, x)
}

// ImportMapping is a mapping by id.
func (c *Scope) ImportMapping(ctx context.Context, id ID) (*ImportMapping, error) {
	return get[ImportMapping](ctx, c, id)
}

// ImportMappings lists mappings.
func (c *Scope) ImportMappings(ctx context.Context, f ImportMappingFilter, page Page) ([]ImportMapping, Cursor, error) {
	return list[ImportMapping](ctx, c, page, f.conditions())
}

// UpdateImportMapping changes a mapping.
func (c *Scope) UpdateImportMapping(ctx context.Context, x *ImportMapping) error {
	return update(ctx, c, x)
}

// DeleteImportMapping removes a mapping: the next file with its header is read as if it were the first.
func (c *Scope) DeleteImportMapping(ctx context.Context, id ID, version int64) error {
	return remove[ImportMapping](ctx, c, id, version)
}
