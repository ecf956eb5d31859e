package api

import (
	"context"

	"carriole/api/store"
	"carriole/engine"
)

type place struct {
	Meta
	Ref     string         `json:"ref,omitzero" maxLength:"2000" doc:"Another system's id; unique in the collective."`
	Name    string         `json:"name" minLength:"1" maxLength:"2000" example:"Mas de Gouredon"`
	Address string         `json:"address,omitzero" maxLength:"2000"`
	Note    string         `json:"note,omitzero" maxLength:"2000" doc:"Where to unload, whom to call."`
	At      *point         `json:"at,omitzero" doc:"Where it is. Nobody can be sent to a place without position."`
	Hours   store.Windows  `json:"hours,omitzero" doc:"Service at an added stop begins inside one of these; at any time if left out."`
	StopS   *int64         `json:"stop_s,omitzero" minimum:"0" maximum:"86400" doc:"Seconds that an added stop takes; the usual 300 if left out."`
	Meet    *bool          `json:"meet,omitzero" doc:"Two rounds may hand goods over here while both are present; true if left out."`
	Store   []engine.Class `json:"store,omitzero" doc:"Classes of goods that may wait here for the next round."`
}

type placeList struct {
	Paging
	Ref     string         `query:"ref"`
	Located optional[bool] `query:"located" doc:"Whether the position is known."`
}

func places(s *Service) {
	register(s, resource[place, store.Place, placeList]{
		path: "places", noun: "place", text: "A place is somewhere a round can stop: a farm, a hall, a market.",
		read: everyone, change: sellers,
		get: (*store.Scope).Place, create: (*store.Scope).CreatePlace, update: (*store.Scope).UpdatePlace, remove: (*store.Scope).DeletePlace,
		list: func(ctx context.Context, c *store.Scope, in *placeList) ([]store.Place, store.Cursor, error) {
			return c.Places(ctx, store.PlaceFilter{Ref: in.Ref, Located: in.Located.pointer()}, in.page())
		},
		document: placeOf,
		row: func(w *place) store.Place {
			r := store.Place{Row: w.row(), Ref: w.Ref, Name: w.Name, Address: w.Address, Note: w.Note, At: w.At.store(), Hours: w.Hours, StopS: w.StopS, Meet: yes(w.Meet)}
			for _, class := range w.Store {
				switch class {
				case engine.Ambient:
					r.StoreAmbient = true
				case engine.Chilled:
					r.StoreChilled = true
				case engine.Frozen:
					r.StoreFrozen = true
				}
			}
			return r
		},
	})
}

func placeOf(r *store.Place) place {
	w := place{Meta: metaOf(r.Row), Ref: r.Ref, Name: r.Name, Address: r.Address, Note: r.Note, At: pointOf(r.At), Hours: r.Hours, StopS: r.StopS, Meet: &r.Meet}
	for i, stores := range []bool{r.StoreAmbient, r.StoreChilled, r.StoreFrozen} {
		if stores {
			w.Store = append(w.Store, engine.Classes[i])
		}
	}
	return w
}
