package api

import (
	"context"

	"carriole/api/store"
	"carriole/engine"
)

type way struct {
	Meta
	Sale        store.ID     `json:"sale,omitzero" doc:"Of a lock, which this sale's plans keep to. Without it the way is a habit, which every plan keeps to unless another way saves much."`
	Producer    store.ID     `json:"producer" doc:"Whose goods."`
	PickupPoint store.ID     `json:"pickup_point" doc:"Where they go."`
	Class       engine.Class `json:"class,omitzero" doc:"Of this class alone; every class if left out."`
	Rides       []ride       `json:"rides" minItems:"1" maxItems:"6" doc:"In this order."`
}

type ride struct {
	Round   store.ID `json:"round,omitzero"`
	Vehicle store.ID `json:"vehicle,omitzero" doc:"Instead of a round, in a habit: any trip of its own that the vehicle makes."`
	Day     string   `json:"day,omitzero" maxLength:"10" doc:"In a lock the day, as in 2026-11-26; in a habit the day of the week, as in thu, or any if left out." example:"thu"`
}

type wayList struct {
	Paging
	Sale        store.ID `query:"sale" doc:"The locks of a sale."`
	Habits      bool     `query:"habits" doc:"Habits alone."`
	Producer    store.ID `query:"producer"`
	PickupPoint store.ID `query:"pickup_point"`
}

func ways(s *Service) {
	register(s, resource[way, store.Way, wayList]{
		path: "ways", noun: "way", text: "A way is how some goods are to travel: a lock, or a habit.",
		read: ownReaders, change: coordinators,
		get: (*store.Scope).Way, create: (*store.Scope).CreateWay, update: (*store.Scope).UpdateWay, remove: (*store.Scope).DeleteWay,
		list: func(ctx context.Context, c *store.Scope, in *wayList) ([]store.Way, store.Cursor, error) {
			return c.Ways(ctx, store.WayFilter{Sale: in.Sale, Habits: in.Habits, Producer: in.Producer, PickupPoint: in.PickupPoint}, in.page())
		},
		producer: func(r *store.Way) store.ID { return r.Producer },
		narrow:   func(in *wayList, id store.ID) error { in.Producer = id; return nil },
		document: func(r *store.Way) way {
			w := way{metaOf(r.Row), r.Sale, r.Producer, r.PickupPoint, r.Class, make([]ride, len(r.Rides))}
			for i, x := range r.Rides {
				w.Rides[i] = ride(x)
			}
			return w
		},
		row: func(w *way) store.Way {
			r := store.Way{Row: w.row(), Sale: w.Sale, Producer: w.Producer, PickupPoint: w.PickupPoint, Class: w.Class}
			for _, x := range w.Rides {
				r.Rides = append(r.Rides, store.Ride(x))
			}
			return r
		},
	})
}
