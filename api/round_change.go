package api

import (
	"context"

	"carriole/api/store"
)

type roundChange struct {
	Meta
	Round    store.ID         `json:"round"`
	Day      store.Day        `json:"day" doc:"The day of the rule, or the added one. One change a day."`
	Kind     store.ChangeKind `json:"kind" enum:"cancelled,moved,added"`
	ToDay    store.Day        `json:"to_day,omitzero" doc:"The day instead, when it is moved; the same if left out."`
	ShiftMin int64            `json:"shift_min,omitzero" minimum:"-1440" maximum:"1440" doc:"Minutes by which all hours are later."`
	Vehicle  store.ID         `json:"vehicle,omitzero" doc:"The vehicle instead; the usual one if left out."`
	Reason   string           `json:"reason,omitzero" maxLength:"2000"`
}

type roundChangeList struct {
	Paging
	Round store.ID  `query:"round"`
	First store.Day `query:"first" doc:"From this day on."`
	Last  store.Day `query:"last" doc:"Up to this day."`

	only store.ID // the caller's
}

func roundChanges(s *Service) {
	register(s, resource[roundChange, store.RoundChange, roundChangeList]{
		path: "round-changes", noun: "round change", text: "A change is an exception of a round: one of its days is cancelled or otherwise than usual, or one comes in addition.",
		read: ownReaders, change: coordinators,
		get: (*store.Scope).RoundChange, create: (*store.Scope).CreateRoundChange, update: (*store.Scope).UpdateRoundChange, remove: (*store.Scope).DeleteRoundChange,
		list: func(ctx context.Context, c *store.Scope, in *roundChangeList) ([]store.RoundChange, store.Cursor, error) {
			return c.RoundChanges(ctx, store.RoundChangeFilter{Round: in.Round, Producer: in.only, First: in.First, Last: in.Last}, in.page())
		},
		belongs: func(c *store.Scope, ctx context.Context, r *store.RoundChange) (store.ID, error) {
			x, err := c.Round(ctx, r.Round)
			if err != nil {
				return "", err
			}
			return x.Producer, nil
		},
		narrow: func(in *roundChangeList, id store.ID) error { in.only = id; return nil },
		document: func(r *store.RoundChange) roundChange {
			return roundChange{metaOf(r.Row), r.Round, r.Day, r.Kind, r.ToDay, r.ShiftMin, r.Vehicle, r.Reason}
		},
		row: func(w *roundChange) store.RoundChange {
			return store.RoundChange{Row: w.row(), Round: w.Round, Day: w.Day, Kind: w.Kind, ToDay: w.ToDay, ShiftMin: w.ShiftMin, Vehicle: w.Vehicle, Reason: w.Reason}
		},
	})
}
