package api

import (
	"context"

	"carriole/api/store"
)

type producer struct {
	Meta
	Ref             string       `json:"ref,omitzero" maxLength:"2000" doc:"Another system's id; unique in the collective."`
	Name            string       `json:"name" minLength:"1" maxLength:"2000" example:"Lionel Chazelle"`
	Place           store.ID     `json:"place" doc:"The farm."`
	Profession      string       `json:"profession,omitzero" maxLength:"2000" doc:"As the marketplace has it; the usual temperature class follows from it." example:"Arboriculteur"`
	Email           string       `json:"email,omitzero" maxLength:"320"`
	Phone           string       `json:"phone,omitzero" maxLength:"100"`
	PhoneShared     bool         `json:"phone_shared,omitzero" doc:"Carriers who meet this producer may see the telephone number."`
	OrganicBody     string       `json:"organic_body,omitzero" maxLength:"100" doc:"Code of the control body; left out: not organic." example:"FR-BIO-01"`
	Siret           string       `json:"siret,omitzero" maxLength:"100" doc:"The establishment's SIRET, for delivery notes." example:"73282932000074"`
	Approval        string       `json:"approval,omitzero" maxLength:"100" doc:"The sanitary approval of the establishment, for delivery notes." example:"FR 84.031.001 CE"`
	Ready           *store.Clock `json:"ready,omitzero" doc:"Goods can be loaded from then on; at any time if left out."`
	ReadyDaysBefore int64        `json:"ready_days_before,omitzero" minimum:"0" maximum:"31" doc:"… this many days before the distribution."`
	MaxAddedM       *int64       `json:"max_added_m,omitzero" minimum:"0" maximum:"1000000000" doc:"Most metres added a week, trips included; no limit if left out."`
	Active          *bool        `json:"active,omitzero" doc:"True if left out."`
}

type producerList struct {
	Paging
	Ref    string         `query:"ref"`
	Place  store.ID       `query:"place"`
	Active optional[bool] `query:"active"`

	only store.ID // the caller's
}

func producers(s *Service) {
	register(s, resource[producer, store.Producer, producerList]{
		path: "producers", noun: "producer", text: "A producer is a farm that sells, and may drive.",
		read: access{Coordinator: all, Marketplace: all, Producer: own, Reader: all}, change: sellers,
		get: (*store.Scope).Producer, create: (*store.Scope).CreateProducer, update: (*store.Scope).UpdateProducer, remove: (*store.Scope).DeleteProducer,
		list: func(ctx context.Context, c *store.Scope, in *producerList) ([]store.Producer, store.Cursor, error) {
			if in.only != "" {
				r, err := c.Producer(ctx, in.only)
				if err != nil {
					return nil, "", err
				}
				return []store.Producer{*r}, "", nil
			}
			return c.Producers(ctx, store.ProducerFilter{Ref: in.Ref, Place: in.Place, Active: in.Active.pointer()}, in.page())
		},
		producer: func(r *store.Producer) store.ID { return r.ID },
		narrow:   func(in *producerList, id store.ID) error { in.only = id; return nil },
		document: func(r *store.Producer) producer {
			return producer{metaOf(r.Row), r.Ref, r.Name, r.Place, r.Profession, r.Email, r.Phone, r.PhoneShared, r.OrganicBody, r.Siret, r.Approval, r.Ready, r.ReadyDaysBefore, r.MaxAddedM, &r.Active}
		},
		row: func(w *producer) store.Producer {
			return store.Producer{Row: w.row(), Ref: w.Ref, Name: w.Name, Place: w.Place, Profession: w.Profession, Email: w.Email, Phone: w.Phone, PhoneShared: w.PhoneShared,
				OrganicBody: w.OrganicBody, Siret: w.Siret, Approval: w.Approval, Ready: w.Ready, ReadyDaysBefore: w.ReadyDaysBefore, MaxAddedM: w.MaxAddedM, Active: yes(w.Active)}
		},
	})
}
