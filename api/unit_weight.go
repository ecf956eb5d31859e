package api

import (
	"context"
	"net/http"

	"carriole/api/intake"
	"carriole/api/store"
)

type unitWeight struct {
	Meta
	Unit    string    `json:"unit" minLength:"1" maxLength:"2000" example:"botte"`
	Product string    `json:"product,omitzero" maxLength:"2000" doc:"Words that the product's name must have; every product if left out." example:"poulet fermier"`
	Kg      kilograms `json:"kg" doc:"Of one unit."`
	Litres  *litres   `json:"litres,omitzero" doc:"Room that it takes; by the usual density if left out."`
	Weighed bool      `json:"weighed,omitzero" doc:"Each piece is weighed: quantities ordered are kilograms, and kg is a usual piece, for files that count pieces."`
}

type unitWeightList struct {
	Paging
	Unit string `query:"unit" maxLength:"2000"`
}

// usualWeight holds where the collective has none of its own.
type usualWeight struct {
	Unit    string    `json:"unit"`
	Product string    `json:"product,omitzero"`
	Kg      kilograms `json:"kg"`
}

func unitWeights(s *Service) {
	register(s, resource[unitWeight, store.UnitWeight, unitWeightList]{
		path: "unit-weights", noun: "unit weight", text: "A unit weight is what a piece, a bunch and the like weigh, where neither the file nor the product's name says so. The one that names the product most closely holds.",
		read: access{Coordinator: all, Marketplace: all, Reader: all}, change: sellers,
		get: (*store.Scope).UnitWeight, create: (*store.Scope).CreateUnitWeight, update: (*store.Scope).UpdateUnitWeight, remove: (*store.Scope).DeleteUnitWeight,
		list: func(ctx context.Context, c *store.Scope, in *unitWeightList) ([]store.UnitWeight, store.Cursor, error) {
			return c.UnitWeights(ctx, store.UnitWeightFilter{Unit: in.Unit}, in.page())
		},
		document: func(r *store.UnitWeight) unitWeight {
			return unitWeight{metaOf(r.Row), r.Unit, r.Product, kilograms(r.Grams), (*litres)(r.Millilitres), r.Weighed}
		},
		row: func(w *unitWeight) store.UnitWeight {
			return store.UnitWeight{Row: w.row(), Unit: w.Unit, Product: w.Product, Grams: int64(w.Kg), Millilitres: (*int64)(w.Litres), Weighed: w.Weighed}
		},
	})
	handle(s, route{id: "list-usual-weights", method: http.MethodGet, path: "/v1/usual-weights", subject: "usual weights", who: everyone, summary: "List what pieces usually weigh",
		text: "These hold where the collective has no unit weight that is as close. They are usual values without a source: overrule them by unit weights."},
		func(context.Context, *call, *struct{}) (*listOutput[usualWeight], error) {
			return &listOutput[usualWeight]{list[usualWeight]{Items: each(intake.UsualWeights(), func(x *store.UnitWeight) usualWeight {
				return usualWeight{x.Unit, x.Product, kilograms(x.Grams)}
			})}}, nil
		})
}
