package api

import (
	"context"

	"carriole/api/store"
)

type pickupPoint struct {
	Meta
	Ref            string        `json:"ref,omitzero" maxLength:"2000" doc:"Another system's id; unique in the collective."`
	Name           string        `json:"name" minLength:"1" maxLength:"2000" example:"Salle des fêtes"`
	Place          store.ID      `json:"place"`
	Windows        store.Windows `json:"windows,omitzero" doc:"When customers come, by day of the week."`
	Dated          []store.Dated `json:"dated,omitzero" doc:"Days with other hours, such as holidays; a day without spans is closed."`
	AcceptFromMin  int64         `json:"accept_from_min,omitzero" minimum:"-10080" maximum:"10080" doc:"Unloading begins no earlier than so many minutes before the window opens; below zero: after."`
	AcceptUntilMin int64         `json:"accept_until_min,omitzero" minimum:"-10080" maximum:"10080" doc:"… and no later than so many before. Both 0 or left out: 90 to 15."`
	Note           string        `json:"note,omitzero" maxLength:"2000"`
	Active         *bool         `json:"active,omitzero" doc:"True if left out."`
}

type pickupPointList struct {
	Paging
	Ref    string         `query:"ref"`
	Place  store.ID       `query:"place"`
	Active optional[bool] `query:"active"`
}

func pickupPoints(s *Service) {
	register(s, resource[pickupPoint, store.PickupPoint, pickupPointList]{
		path: "pickup-points", noun: "pickup point", text: "A pickup point is where customers collect their orders, in weekly windows. Goods are unloaded before a window opens.",
		read: everyone, change: sellers,
		get: (*store.Scope).PickupPoint, create: (*store.Scope).CreatePickupPoint, update: (*store.Scope).UpdatePickupPoint, remove: (*store.Scope).DeletePickupPoint,
		list: func(ctx context.Context, c *store.Scope, in *pickupPointList) ([]store.PickupPoint, store.Cursor, error) {
			return c.PickupPoints(ctx, store.PickupPointFilter{Ref: in.Ref, Place: in.Place, Active: in.Active.pointer()}, in.page())
		},
		document: func(r *store.PickupPoint) pickupPoint {
			return pickupPoint{metaOf(r.Row), r.Ref, r.Name, r.Place, r.Windows, r.Dated, r.AcceptFromMin, r.AcceptUntilMin, r.Note, &r.Active}
		},
		row: func(w *pickupPoint) store.PickupPoint {
			return store.PickupPoint{Row: w.row(), Ref: w.Ref, Name: w.Name, Place: w.Place, Windows: w.Windows, Dated: w.Dated,
				AcceptFromMin: w.AcceptFromMin, AcceptUntilMin: w.AcceptUntilMin, Note: w.Note, Active: yes(w.Active)}
		},
	})
}
