package api

import (
	"context"

	"carriole/api/store"
)

type forbid struct {
	Meta
	Sale     store.ID  `json:"sale,omitzero" doc:"Of this sale alone; always if left out."`
	Producer store.ID  `json:"producer" doc:"Whose goods."`
	Round    store.ID  `json:"round" doc:"What they may not ride on."`
	Day      store.Day `json:"day,omitzero" doc:"On this day alone; on every if left out."`
	Reason   string    `json:"reason,omitzero" maxLength:"2000"`
}

type forbidList struct {
	Paging
	Sale     store.ID `query:"sale"`
	Producer store.ID `query:"producer"`
	Round    store.ID `query:"round"`
}

func forbids(s *Service) {
	register(s, resource[forbid, store.Forbid, forbidList]{
		path: "forbids", noun: "forbid", text: "A forbid keeps everything of a producer off a round.",
		read: ownReaders, change: coordinators,
		get: (*store.Scope).Forbid, create: (*store.Scope).CreateForbid, update: (*store.Scope).UpdateForbid, remove: (*store.Scope).DeleteForbid,
		list: func(ctx context.Context, c *store.Scope, in *forbidList) ([]store.Forbid, store.Cursor, error) {
			return c.Forbids(ctx, store.ForbidFilter{Sale: in.Sale, Producer: in.Producer, Round: in.Round}, in.page())
		},
		producer: func(r *store.Forbid) store.ID { return r.Producer },
		narrow:   func(in *forbidList, id store.ID) error { in.Producer = id; return nil },
		document: func(r *store.Forbid) forbid {
			return forbid{metaOf(r.Row), r.Sale, r.Producer, r.Round, r.Day, r.Reason}
		},
		row: func(w *forbid) store.Forbid {
			return store.Forbid{Row: w.row(), Sale: w.Sale, Producer: w.Producer, Round: w.Round, Day: w.Day, Reason: w.Reason}
		},
	})
}
