package api

import (
	"context"

	"carriole/api/store"
)

type absence struct {
	Meta
	Producer store.ID  `json:"producer,omitzero" doc:"Who does not drive: their rounds and trips fall out."`
	Vehicle  store.ID  `json:"vehicle,omitzero" doc:"What is not there. Neither producer nor vehicle: the whole collective."`
	First    store.Day `json:"first"`
	Last     store.Day `json:"last" doc:"Included."`
	Reason   string    `json:"reason,omitzero" maxLength:"2000"`
}

type absenceList struct {
	Paging
	Producer store.ID  `query:"producer"`
	Vehicle  store.ID  `query:"vehicle"`
	First    store.Day `query:"first" doc:"Those that touch this day or later ones."`
	Last     store.Day `query:"last" doc:"Those that touch this day or earlier ones."`
}

func absences(s *Service) {
	register(s, resource[absence, store.Absence, absenceList]{
		path: "absences", noun: "absence", text: "An absence is when a producer does not drive, a vehicle stands still, or nobody does anything.",
		read: ownReaders, change: access{Coordinator: all, Producer: own},
		get: (*store.Scope).Absence, create: (*store.Scope).CreateAbsence, update: (*store.Scope).UpdateAbsence, remove: (*store.Scope).DeleteAbsence,
		list: func(ctx context.Context, c *store.Scope, in *absenceList) ([]store.Absence, store.Cursor, error) {
			return c.Absences(ctx, store.AbsenceFilter{Producer: in.Producer, Vehicle: in.Vehicle, First: in.First, Last: in.Last}, in.page())
		},
		producer: func(r *store.Absence) store.ID { return r.Producer },
		narrow:   func(in *absenceList, id store.ID) error { in.Producer = id; return nil },
		document: func(r *store.Absence) absence {
			return absence{metaOf(r.Row), r.Producer, r.Vehicle, r.First, r.Last, r.Reason}
		},
		row: func(w *absence) store.Absence {
			return store.Absence{Row: w.row(), Producer: w.Producer, Vehicle: w.Vehicle, First: w.First, Last: w.Last, Reason: w.Reason}
		},
	})
}
