package api

import (
	"context"
	"net/http"
	"time"

	"carriole/api/store"
)

type sale struct {
	Meta
	Ref          string          `json:"ref,omitzero" maxLength:"2000" doc:"Another system's id; unique in the collective."`
	Name         string          `json:"name" minLength:"1" maxLength:"2000" example:"Semaine 48"`
	Opens        *time.Time      `json:"opens,omitzero" doc:"Open already if left out."`
	Closes       *time.Time      `json:"closes,omitzero" doc:"It is closed and planned then; when somebody closes it, if left out."`
	Distribution store.Day       `json:"distribution" doc:"The day on which customers begin to collect."`
	First        store.Day       `json:"first,omitzero" doc:"The first day on which goods may be carried; the Monday of the distribution's week if left out."`
	Last         store.Day       `json:"last,omitzero" doc:"The last day on which goods may be carried; the Sunday of the distribution's week if left out."`
	State        store.SaleState `json:"state,omitzero" enum:"open,closed,done,cancelled" doc:"Open if left out. A sale is closed by its close operation; a closed one can be opened again, and any be cancelled."`
}

type saleList struct {
	Paging
	Ref   string          `query:"ref"`
	State store.SaleState `query:"state" enum:"open,closed,done,cancelled"`
	First store.Day       `query:"first" doc:"Distributions from this day on."`
	Last  store.Day       `query:"last" doc:"Distributions up to this day."`
}

func sales(s *Service) {
	register(s, resource[sale, store.Sale, saleList]{
		path: "sales", noun: "sale", text: "A sale is an order cycle: what is ordered until it closes is distributed on one day, and carried in the days around it.",
		read: everyone, change: sellers,
		get: (*store.Scope).Sale, create: (*store.Scope).CreateSale, update: (*store.Scope).UpdateSale, remove: (*store.Scope).DeleteSale,
		list: func(ctx context.Context, c *store.Scope, in *saleList) ([]store.Sale, store.Cursor, error) {
			return c.Sales(ctx, store.SaleFilter{Ref: in.Ref, State: in.State, First: in.First, Last: in.Last}, in.page())
		},
		document: saleDoc,
		row: func(w *sale) store.Sale {
			return store.Sale{Row: w.row(), Ref: w.Ref, Name: w.Name, Opens: timeOf(w.Opens), Closes: timeOf(w.Closes), Distribution: w.Distribution, First: w.First, Last: w.Last, State: w.State}
		},
		settle: func(before, after *store.Sale) error {
			if after.State == store.SaleClosed && (before == nil || before.State != store.SaleClosed) {
				return refuse(http.StatusConflict, "A sale is closed by POST /v1/sales/{id}/close, which has it planned too.")
			}
			return nil
		},
	})
}

func saleDoc(r *store.Sale) sale {
	return sale{metaOf(r.Row), r.Ref, r.Name, moment(r.Opens), moment(r.Closes), r.Distribution, r.First, r.Last, r.State}
}
