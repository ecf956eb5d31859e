package api

import (
	"context"

	"carriole/api/store"
)

type round struct {
	Meta
	Ref         string        `json:"ref,omitzero" maxLength:"2000" doc:"Another system's id; unique in the collective."`
	Name        string        `json:"name" minLength:"1" maxLength:"2000" example:"AMAP de Carpentras"`
	Kind        string        `json:"kind,omitzero" maxLength:"2000" doc:"As in amap, market, circuit." example:"amap"`
	Producer    store.ID      `json:"producer" doc:"Who drives."`
	Vehicle     store.ID      `json:"vehicle"`
	Rule        store.Rule    `json:"rule,omitzero" maxLength:"500" doc:"On which days it is driven: an RRULE (RFC 5545) of days; the first day alone if left out." example:"FREQ=WEEKLY;BYDAY=TH"`
	Starts      store.Day     `json:"starts" doc:"The rule counts from here."`
	Season      store.Season  `json:"season,omitzero" doc:"When in the year; always if left out."`
	Start       store.ID      `json:"start" doc:"The place where it starts."`
	End         store.ID      `json:"end" doc:"The place where it ends."`
	DepartAfter store.Clock   `json:"depart_after"`
	ReturnBy    store.Clock   `json:"return_by"`
	Stops       []stop        `json:"stops,omitzero" maxItems:"200" doc:"The stops that are made anyway, in this order."`
	Carries     store.Carries `json:"carries,omitzero" enum:"all,own,some" doc:"Whose goods it takes beside its own; all if left out."`
	Only        []store.ID    `json:"only,omitzero" doc:"Whose, when it carries some."`
	MaxAddedM   *int64        `json:"max_added_m,omitzero" minimum:"0" maximum:"1000000000" doc:"Most metres that may be added; no limit if left out."`
	MaxAddedS   *int64        `json:"max_added_s,omitzero" minimum:"0" maximum:"604800" doc:"Most seconds that may be added, waiting not counted; no limit if left out."`
	Frozen      bool          `json:"frozen,omitzero" doc:"No stop may be added."`
}

type stop struct {
	Place       store.ID    `json:"place"`
	ArriveAfter store.Clock `json:"arrive_after"`
	ArriveBy    store.Clock `json:"arrive_by"`
	StayS       int64       `json:"stay_s" minimum:"0" maximum:"172800"`
	Unload      room        `json:"unload,omitzero" doc:"Own goods that are on board from the start until here."`
}

type roundList struct {
	Paging
	Ref      string   `query:"ref"`
	Producer store.ID `query:"producer"`
	Vehicle  store.ID `query:"vehicle"`
}

func rounds(s *Service) {
	register(s, resource[round, store.Round, roundList]{
		path: "rounds", noun: "round", text: "A round is a trip that a producer makes again and again, by a rule. Its hours are of the day on which it leaves.",
		read: ownReaders, change: coordinators,
		get: (*store.Scope).Round, create: (*store.Scope).CreateRound, update: (*store.Scope).UpdateRound, remove: (*store.Scope).DeleteRound,
		list: func(ctx context.Context, c *store.Scope, in *roundList) ([]store.Round, store.Cursor, error) {
			return c.Rounds(ctx, store.RoundFilter{Ref: in.Ref, Producer: in.Producer, Vehicle: in.Vehicle}, in.page())
		},
		producer: func(r *store.Round) store.ID { return r.Producer },
		narrow:   func(in *roundList, id store.ID) error { in.Producer = id; return nil },
		document: func(r *store.Round) round {
			w := round{metaOf(r.Row), r.Ref, r.Name, r.Kind, r.Producer, r.Vehicle, r.Rule, r.Starts, r.Season, r.Start, r.End, r.DepartAfter, r.ReturnBy, nil,
				r.Carries, r.Only, r.MaxAddedM, r.MaxAddedS, r.Frozen}
			for _, x := range r.Stops {
				w.Stops = append(w.Stops, stop{x.Place, x.ArriveAfter, x.ArriveBy, x.StayS, roomOf(x.Unload)})
			}
			return w
		},
		row: func(w *round) store.Round {
			r := store.Round{Row: w.row(), Ref: w.Ref, Name: w.Name, Kind: w.Kind, Producer: w.Producer, Vehicle: w.Vehicle, Rule: w.Rule, Starts: w.Starts, Season: w.Season,
				Start: w.Start, End: w.End, DepartAfter: w.DepartAfter, ReturnBy: w.ReturnBy, Carries: w.Carries, Only: w.Only, MaxAddedM: w.MaxAddedM, MaxAddedS: w.MaxAddedS, Frozen: w.Frozen}
			for _, x := range w.Stops {
				r.Stops = append(r.Stops, store.Stop{Place: x.Place, ArriveAfter: x.ArriveAfter, ArriveBy: x.ArriveBy, StayS: x.StayS, Unload: x.Unload.store()})
			}
			return r
		},
	})
}
