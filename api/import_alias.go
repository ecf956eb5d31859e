package api

import (
	"context"

	"carriole/api/store"
)

type importAlias struct {
	Meta
	Kind        store.AliasKind `json:"kind" enum:"producer,pickup_point,product"`
	Name        string          `json:"name" minLength:"1" maxLength:"2000" doc:"As imports compare names: the key of a proposal."`
	Producer    store.ID        `json:"producer,omitzero" doc:"Of the kind producer: whom it means."`
	PickupPoint store.ID        `json:"pickup_point,omitzero" doc:"Of the kind pickup_point: which it means."`
	Product     store.ID        `json:"product,omitzero" doc:"Of the kind product: which it means."`
}

type importAliasList struct {
	Paging
	Kind store.AliasKind `query:"kind" enum:"producer,pickup_point,product"`
	Name string          `query:"name" maxLength:"2000"`
}

func importAliases(s *Service) {
	register(s, resource[importAlias, store.ImportAlias, importAliasList]{
		path: "import-aliases", noun: "import alias", text: "An alias is a name under which the files of another system know a producer, a pickup point or a product. Imports keep one when a proposal is sent back with an id.",
		read: sellers, change: sellers,
		get: (*store.Scope).ImportAlias, create: (*store.Scope).CreateImportAlias, update: (*store.Scope).UpdateImportAlias, remove: (*store.Scope).DeleteImportAlias,
		list: func(ctx context.Context, c *store.Scope, in *importAliasList) ([]store.ImportAlias, store.Cursor, error) {
			return c.ImportAliases(ctx, store.ImportAliasFilter{Kind: in.Kind, Name: in.Name}, in.page())
		},
		document: func(r *store.ImportAlias) importAlias {
			return importAlias{metaOf(r.Row), r.Kind, r.Name, r.Producer, r.PickupPoint, r.Product}
		},
		row: func(w *importAlias) store.ImportAlias {
			return store.ImportAlias{Row: w.row(), Kind: w.Kind, Name: w.Name, Producer: w.Producer, PickupPoint: w.PickupPoint, Product: w.Product}
		},
	})
}
