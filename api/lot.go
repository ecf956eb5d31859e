package api

import (
	"context"

	"carriole/api/store"
)

type lot struct {
	Meta
	Sale       store.ID  `json:"sale"`
	Producer   store.ID  `json:"producer"`
	Product    store.ID  `json:"product" doc:"Of the producer."`
	Code       string    `json:"code,omitzero" maxLength:"2000" doc:"Of the lot, or of several." example:"P48-2"`
	UseBy      store.Day `json:"use_by,omitzero" doc:"The date limite de consommation (DLC)."`
	BestBefore store.Day `json:"best_before,omitzero" doc:"The date de durabilité minimale (DDM)."`
}

type lotList struct {
	Paging
	Sale     store.ID `query:"sale"`
	Producer store.ID `query:"producer"`
	Product  store.ID `query:"product"`
}

func lots(s *Service) {
	register(s, resource[lot, store.Lot, lotList]{
		path: "lots", noun: "lot", text: "A lot is what is traced of a product in a sale: which lot it comes from, and until when it keeps. It is printed on delivery notes, packing lists and labels.",
		read: ownReaders, change: access{Coordinator: all, Producer: own},
		get: (*store.Scope).Lot, create: (*store.Scope).CreateLot, update: (*store.Scope).UpdateLot, remove: (*store.Scope).DeleteLot,
		list: func(ctx context.Context, c *store.Scope, in *lotList) ([]store.Lot, store.Cursor, error) {
			return c.Lots(ctx, store.LotFilter{Sale: in.Sale, Product: in.Product, Producer: in.Producer}, in.page())
		},
		producer: func(r *store.Lot) store.ID { return r.Producer },
		narrow:   func(in *lotList, id store.ID) error { in.Producer = id; return nil },
		document: func(r *store.Lot) lot {
			return lot{metaOf(r.Row), r.Sale, r.Producer, r.Product, r.Code, r.UseBy, r.BestBefore}
		},
		row: func(w *lot) store.Lot {
			return store.Lot{Row: w.row(), Sale: w.Sale, Producer: w.Producer, Product: w.Product, Code: w.Code, UseBy: w.UseBy, BestBefore: w.BestBefore}
		},
	})
}
