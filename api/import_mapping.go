package api

import (
	"context"

	"carriole/api/intake"
	"carriole/api/store"
)

type importMapping struct {
	Meta
	Signature string          `json:"signature" minLength:"1" maxLength:"2000" doc:"Of the header; unique in the collective."`
	Name      string          `json:"name,omitzero" maxLength:"2000" doc:"Of the last file."`
	Format    intake.Format   `json:"format,omitzero" maxLength:"2000"`
	Columns   []importColumn  `json:"columns" maxItems:"500" nullable:"false"`
	Catalogs  map[string]bool `json:"catalogs,omitzero" doc:"By key or name: whether a catalogue is an AMAP contract."`
}

type importMappingList struct {
	Paging
	Signature string `query:"signature" maxLength:"2000"`
}

func importMappings(s *Service) {
	register(s, resource[importMapping, store.ImportMapping, importMappingList]{
		path: "import-mappings", noun: "import mapping", text: "A mapping is how files with one header are read, as the last import had it. Removed, the next such file is read as if it were the first.",
		read: sellers, change: sellers,
		get: (*store.Scope).ImportMapping, create: (*store.Scope).CreateImportMapping, update: (*store.Scope).UpdateImportMapping, remove: (*store.Scope).DeleteImportMapping,
		list: func(ctx context.Context, c *store.Scope, in *importMappingList) ([]store.ImportMapping, store.Cursor, error) {
			return c.ImportMappings(ctx, store.ImportMappingFilter{Signature: in.Signature}, in.page())
		},
		document: func(r *store.ImportMapping) importMapping {
			return importMapping{metaOf(r.Row), r.Signature, r.Name, intake.Format(r.Format),
				each(r.Columns, func(c *store.ImportColumn) importColumn { return importColumn{c.Header, intake.Field(c.Field)} }), r.Catalogs}
		},
		row: func(w *importMapping) store.ImportMapping {
			return store.ImportMapping{Row: w.row(), Signature: w.Signature, Name: w.Name, Format: string(w.Format), Catalogs: w.Catalogs,
				Columns: each(w.Columns, func(c *importColumn) store.ImportColumn {
					return store.ImportColumn{Header: c.Header, Field: string(c.Field)}
				})}
		},
	})
}
