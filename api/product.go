package api

import (
	"context"

	"carriole/api/store"
	"carriole/engine"
)

type product struct {
	Meta
	Ref        string           `json:"ref,omitzero" maxLength:"2000" doc:"Another system's id; unique in the collective."`
	Producer   store.ID         `json:"producer"`
	Name       string           `json:"name" minLength:"1" maxLength:"2000" example:"Fraises"`
	Unit       string           `json:"unit,omitzero" maxLength:"2000" doc:"As in 500 g, pièce." example:"500 g"`
	Kg         kilograms        `json:"kg" doc:"What one unit weighs."`
	Litres     litres           `json:"litres" doc:"What one unit takes up."`
	Class      engine.Class     `json:"class,omitzero" doc:"Ambient if left out."`
	CarriedBy  engine.CarriedBy `json:"carried_by,omitzero" doc:"Whose rounds may carry it: any if left out, or the producer's alone (eggs without packing centre)."`
	Eggs       bool             `json:"unpacked_eggs,omitzero" doc:"Eggs that no packing centre has graded: only their producer may carry them, within eggs_within_m of the farm."`
	Organic    bool             `json:"organic,omitzero"`
	PriceCents *int64           `json:"price_cents,omitzero" minimum:"0" maximum:"1000000000000" doc:"Of one unit."`
	Active     *bool            `json:"active,omitzero" doc:"True if left out."`
}

type productList struct {
	Paging
	Ref      string         `query:"ref"`
	Producer store.ID       `query:"producer"`
	Class    engine.Class   `query:"class"`
	Active   optional[bool] `query:"active"`
}

func products(s *Service) {
	register(s, resource[product, store.Product, productList]{
		path: "products", noun: "product", text: "A product is what a producer sells, with what one unit of it weighs and takes up.",
		read: access{Coordinator: all, Marketplace: all, Producer: own, Reader: all}, change: sellers,
		get: (*store.Scope).Product, create: (*store.Scope).CreateProduct, update: (*store.Scope).UpdateProduct, remove: (*store.Scope).DeleteProduct,
		list: func(ctx context.Context, c *store.Scope, in *productList) ([]store.Product, store.Cursor, error) {
			return c.Products(ctx, store.ProductFilter{Ref: in.Ref, Producer: in.Producer, Class: in.Class, Active: in.Active.pointer()}, in.page())
		},
		producer: func(r *store.Product) store.ID { return r.Producer },
		narrow:   func(in *productList, id store.ID) error { in.Producer = id; return nil },
		document: func(r *store.Product) product {
			return product{metaOf(r.Row), r.Ref, r.Producer, r.Name, r.Unit, kilograms(r.Grams), litres(r.Millilitres), r.Class, r.CarriedBy, r.UnpackedEggs, r.Organic, r.PriceCents, &r.Active}
		},
		row: func(w *product) store.Product {
			return store.Product{Row: w.row(), Ref: w.Ref, Producer: w.Producer, Name: w.Name, Unit: w.Unit, Grams: int64(w.Kg), Millilitres: int64(w.Litres),
				Class: w.Class, CarriedBy: w.CarriedBy, UnpackedEggs: w.Eggs, Organic: w.Organic, PriceCents: w.PriceCents, Active: yes(w.Active)}
		},
	})
}
