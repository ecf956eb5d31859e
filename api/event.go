package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"carriole/api/store"
)

// event is an entry of the audit trail.
type event struct {
	ID      store.ID        `json:"id"`
	Created time.Time       `json:"created"`
	Actor   string          `json:"actor" example:"token:k3v7x2m4q5w6e7r8t9y0"`
	Action  string          `json:"action" example:"update"`
	Kind    string          `json:"kind" example:"sale"`
	Subject string          `json:"subject,omitzero" doc:"The id of what it was done to."`
	Detail  json.RawMessage `json:"detail,omitzero"`
}

type eventList struct {
	Paging
	Actor   string `query:"actor"`
	Subject string `query:"subject"`
	Kind    string `query:"kind"`
}

func events(s *Service) {
	handle(s, route{id: "list-events", method: http.MethodGet, path: "/v1/events", subject: "audit trail", who: coordinators, summary: "List the audit trail",
		text: "Who did what, when; the oldest first. Nothing changes or removes an entry."},
		func(ctx context.Context, c *call, in *eventList) (*listOutput[event], error) {
			rows, next, err := c.scope.Events(ctx, store.EventFilter{Actor: in.Actor, Subject: store.ID(in.Subject), Kind: in.Kind}, in.page())
			if err != nil {
				return nil, err
			}
			out := &listOutput[event]{list[event]{Items: make([]event, len(rows)), Next: next}}
			for i, r := range rows {
				out.Body.Items[i] = event{r.ID, r.Created, r.Actor, r.Action, r.Kind, string(r.Subject), json.RawMessage(r.Detail)}
				if r.Detail == "" {
					out.Body.Items[i].Detail = nil
				}
			}
			return out, nil
		})
}
