package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/intake"
	"carriole/api/store"
)

type ofnConnection struct {
	Meta
	BaseURL               string `json:"base_url" minLength:"1" maxLength:"2000" format:"uri" doc:"Unique in the collective." example:"https://coopcircuits.fr"`
	Token                 string `json:"token,omitzero" writeOnly:"true" maxLength:"2000" doc:"The network's API key of a user who manages the hubs. It is never shown again; left out in a change it stays."`
	Report                string `json:"report,omitzero" maxLength:"201" pattern:"^[a-z_]{1,100}(/[a-z_]{1,100})?$" default:"packing/customer" doc:"The report that has the orders." example:"packing/customer"`
	Coordinator           int64  `json:"coordinator,omitzero" minimum:"0" doc:"The enterprise whose order cycles are taken; all if left out."`
	DistributionAfterDays int64  `json:"distribution_after_days,omitzero" minimum:"0" maximum:"31" doc:"The distribution is so many days after the day on which orders close."`
	PullAfterMin          int64  `json:"pull_after_min,omitzero" minimum:"0" maximum:"10080" doc:"Orders are fetched so many minutes after they close."`
	Create                bool   `json:"create,omitzero" doc:"Producers, pickup points and products that are not known are created."`
	Active                *bool  `json:"active,omitzero" doc:"On unless it is false."`
	Receiver              string `json:"receiver,omitzero" readOnly:"true" doc:"Path of this service to which the network's webhook order_cycle_opened is sent. It is a secret, shown when it is made and never again."`
}

type ofnConnectionList struct{ Paging }

func ofnConnectionOf(r *store.OFNConnection) ofnConnection {
	return ofnConnection{metaOf(r.Row), r.BaseURL, "", r.Report, r.Coordinator, r.DistributionAfterDays, r.PullAfterMin, r.CreateUnknown, &r.Active, ""}
}

func (w *ofnConnection) store() store.OFNConnection {
	r := store.OFNConnection{Row: w.row(), BaseURL: w.BaseURL, Token: store.Secret(w.Token), Report: w.Report, Coordinator: w.Coordinator, DistributionAfterDays: w.DistributionAfterDays,
		PullAfterMin: w.PullAfterMin, CreateUnknown: w.Create, Active: yes(w.Active)}
	if r.Report == "" {
		r.Report = "packing/customer"
	}
	return r
}

const receiverPath = "/v1/ofn/"

func ofnConnections(s *Service) {
	const path, noun = "ofn-connections", "Open Food Network connection"
	register(s, resource[ofnConnection, store.OFNConnection, ofnConnectionList]{
		path: path, noun: noun, text: "A connection is where a collective's order cycles in an Open Food Network are fetched from: its webhook makes the sale when an order cycle opens, and its report brings the orders after the close.",
		read: coordinators, change: coordinators,
		get: (*store.Scope).OFNConnection, update: (*store.Scope).UpdateOFNConnection, remove: (*store.Scope).DeleteOFNConnection,
		list: func(ctx context.Context, c *store.Scope, in *ofnConnectionList) ([]store.OFNConnection, store.Cursor, error) {
			return c.OFNConnections(ctx, in.page())
		},
		document: ofnConnectionOf,
		row:      func(w *ofnConnection) store.OFNConnection { return w.store() },
	})
	shown := func(r *store.OFNConnection, receiver string, status int) *oneOutput[ofnConnection] {
		w := ofnConnectionOf(r)
		w.Receiver = receiverPath + receiver
		return &oneOutput[ofnConnection]{Status: status, ETag: etag(r.Version), Location: "/v1/" + path + "/" + string(r.ID), Body: &w}
	}
	handleWith(s, route{id: "create-ofn-connection", method: http.MethodPost, path: "/v1/" + path, subject: "ofn connections", who: coordinators, summary: "Add an " + noun,
		text: "The answer alone has the receiver: the path that the network's webhook is given."},
		func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated },
		func(ctx context.Context, c *call, in *createInput[ofnConnection]) (*oneOutput[ofnConnection], error) {
			r := in.Body.store()
			receiver, err := c.scope.CreateOFNConnection(ctx, &r)
			if err != nil {
				return nil, err
			}
			return shown(&r, receiver, http.StatusCreated), nil
		})
	handle(s, route{id: "rotate-ofn-receiver", method: http.MethodPost, path: "/v1/" + path + "/{id}/rotate", subject: "ofn connections", who: coordinators, summary: "Give an " + noun + " a new receiver",
		text: "The old one is no longer answered."},
		func(ctx context.Context, c *call, in *idInput) (*oneOutput[ofnConnection], error) {
			receiver, err := c.scope.RotateOFNReceiver(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			r, err := c.scope.OFNConnection(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return shown(r, receiver, http.StatusOK), nil
		})

	type received struct {
		Receiver string `path:"receiver" maxLength:"200"`
		RawBody  []byte `contentType:"application/json"`
	}
	handleWith(s, route{id: "receive-ofn", method: http.MethodPost, path: receiverPath + "{receiver}", subject: "webhooks of an Open Food Network", act: "send", who: anybody, summary: "Tell that an order cycle opened",
		text: "This is where an Open Food Network sends its webhook order_cycle_opened. It is not signed, so that the path is the secret; one that is unknown is not found. What else is sent is taken and not used."},
		func(op *huma.Operation) {
			op.SkipValidateBody = true
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject},
				Example: map[string]any{"id": "0d0e", "event": "order_cycle.opened", "at": "2026-11-20T08:00:12Z", "data": map[string]any{"id": 77, "name": "Semaine 48",
					"orders_open_at": "2026-11-20T08:00:00+01:00", "orders_close_at": "2026-11-24T23:59:00+01:00", "coordinator_id": 3, "coordinator_name": "Drive"}}}}}
		},
		func(ctx context.Context, _ *call, in *received) (*nothing, error) {
			collective, connection, err := s.config.Store.OFNReceiver(ctx, in.Receiver)
			if err != nil {
				return nil, err
			}
			scope := s.config.Store.In(collective, "ofn:"+string(connection.ID))
			_, err = intake.ReceiveOFN(ctx, scope, connection, in.RawBody, s.schedulePull)
			return nil, err
		})

	type output struct{ Body *importResult }
	handle(s, route{id: "pull-ofn", method: http.MethodPost, path: "/v1/sales/{id}/pull", subject: "orders of an Open Food Network", act: "fetch", who: sellers, time: pullTime, summary: "Fetch the orders of a sale from its Open Food Network",
		text: "It is done by itself after the orders close, and the sale is planned with them; this fetches at once, and closing the sale again plans. Good lines go in, faults are listed; what an earlier fetch brought and is no more is cancelled. Before the orders are due it is refused (409)."},
		func(ctx context.Context, c *call, in *idInput) (*output, error) {
			client := s.config.OFN
			client.Tell = s.config.Planning.Received
			r, again, err := intake.PullOFN(ctx, c.scope, &client, in.ID, time.Now())
			if failure, ok := errors.AsType[*intake.OFNError](err); ok {
				return nil, refuse(http.StatusBadGateway, sentence(failure.Error()))
			}
			if err != nil {
				return nil, err
			}
			if !again.IsZero() {
				return nil, refuse(http.StatusConflict, "Orders are taken until the sale closes: fetch them from "+again.UTC().Format(time.RFC3339)+" on.")
			}
			return &output{importResultOf(r)}, nil
		})
}

// pulledDoc is what came of the last fetch of a sale's orders.
type pulledDoc struct {
	At         time.Time     `json:"at"`
	Error      string        `json:"error,omitzero" doc:"Why nothing could be fetched; it is tried again for some days."`
	Read       int           `json:"read" doc:"Rows of the report."`
	Good       int           `json:"good" doc:"Rows that went in."`
	Orders     importCounts  `json:"orders"`
	KeptOut    []importKept  `json:"kept_out" doc:"Rows that are kept out, by their reason."`
	Faults     []importFault `json:"faults" doc:"Rows that were left out, and why."`
	MoreFaults int           `json:"more_faults,omitzero" doc:"Beyond those listed."`
	Notices    []string      `json:"notices"`
}

func pulls(s *Service) {
	type output struct{ Body *pulledDoc }
	handle(s, route{id: "last-pull", method: http.MethodGet, path: "/v1/sales/{id}/pull", subject: "fetches of orders", who: sellers, summary: "See what came of the last fetch of a sale's orders",
		text: "From its Open Food Network, whoever or whatever fetched: which rows were left out and why."},
		func(ctx context.Context, c *call, in *idInput) (*output, error) {
			p, err := intake.LastPull(ctx, c.scope, in.ID)
			if err != nil {
				return nil, err
			}
			if p == nil {
				return nil, refuse(http.StatusNotFound, "The orders of this sale were never fetched.")
			}
			return &output{&pulledDoc{p.At.UTC(), p.Error, p.Read, p.Good, importCounts{p.Created, p.Replaced, p.Cancelled, p.Unchanged, 0},
				each(p.Kept, func(k *intake.KeptOut) importKept { return importKept{k.Reason, k.Lines} }),
				each(p.Faults, func(f *intake.Fault) importFault { return importFault{f.Line, f.Column, f.Message} }), p.MoreFaults, append([]string{}, p.Notices...)}}, nil
		})
}

// pullTime is how long a fetch may take: reports of a network are slow, and it is asked again when it fails.
const pullTime = 75 * time.Second

// schedulePull has orders fetched after the close, if there is something that does.
func (s *Service) schedulePull(ctx context.Context, c *store.Scope, sale store.ID, at time.Time) error {
	if s.config.SchedulePull == nil {
		return nil
	}
	return s.config.SchedulePull(ctx, c, sale, at)
}
