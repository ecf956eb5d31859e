package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/hook"
	"carriole/api/store"
)

type webhook struct {
	Meta
	URL     string            `json:"url" minLength:"1" maxLength:"2000" doc:"Where events are sent by POST: HTTPS to a public address, unless whoever runs the service allows more." example:"https://shop.example/hooks/carriole"`
	Note    string            `json:"note,omitzero" maxLength:"2000" doc:"What it is for."`
	Events  []store.EventType `json:"events,omitzero" maxItems:"20" enum:"order.received,plan.ready,plan.proposed,plan.published,plan.failed,carrier.absent" doc:"What is sent; everything if left out." example:"[\"plan.published\"]"`
	Active  *bool             `json:"active,omitzero" doc:"On if left out."`
	Reason  string            `json:"reason,omitzero" readOnly:"true" doc:"Why it was made inactive by the service: the receiver answered 410, or nothing got through for five days. Making it active again takes it away."`
	Failing *time.Time        `json:"failing,omitzero" readOnly:"true" doc:"Since when nothing got through."`
	Secret  string            `json:"secret,omitzero" readOnly:"true" doc:"What the signatures are made with. It is shown when it is made and never again."`
}

type webhookList struct {
	Paging
	Active optional[bool] `query:"active"`
}

func webhookOf(r *store.Webhook) webhook {
	return webhook{metaOf(r.Row), r.URL, r.Note, r.Events, &r.Active, r.Reason, moment(r.Failing), ""}
}

func (w *webhook) store() store.Webhook {
	return store.Webhook{Row: w.row(), URL: w.URL, Note: w.Note, Events: w.Events, Active: yes(w.Active)}
}

type delivery struct {
	ID       store.ID            `json:"id"`
	Created  time.Time           `json:"created"`
	Webhook  store.ID            `json:"webhook"`
	Event    store.ID            `json:"event" doc:"The header webhook-id of each attempt; the same for each webhook that was told."`
	Type     store.EventType     `json:"type"`
	State    store.DeliveryState `json:"state" enum:"pending,delivered,failed"`
	Run      int64               `json:"run" doc:"1, and one more for each redelivery."`
	Due      *time.Time          `json:"due,omitzero" doc:"When a pending delivery is tried again; as soon as possible if left out."`
	Body     json.RawMessage     `json:"body" doc:"What is sent."`
	Attempts []attempt           `json:"attempts" doc:"The oldest first."`
}

type attempt struct {
	Run     int64     `json:"run"`
	Started time.Time `json:"started"`
	TookMs  int64     `json:"took_ms"`
	Status  int       `json:"status,omitzero" doc:"Of the answer; left out where none came."`
	Error   string    `json:"error,omitzero" doc:"Why it failed."`
	Answer  string    `json:"answer,omitzero" doc:"How the answer's body begins."`
}

func deliveryOf(r *store.Delivery) *delivery {
	w := &delivery{r.ID, r.Created, r.Webhook, r.Event, r.Type, r.State, r.Run, moment(r.Due), r.Body, make([]attempt, len(r.Attempts))}
	for i, a := range r.Attempts {
		w.Attempts[i] = attempt{a.Run, a.Started, a.Took.Milliseconds(), a.Status, a.Error, a.Answer}
	}
	return w
}

type (
	deliveryList struct {
		ID store.ID `path:"id"`
		Paging
		Event store.ID            `query:"event"`
		Type  store.EventType     `query:"type" enum:"order.received,plan.ready,plan.proposed,plan.published,plan.failed,carrier.absent,webhook.test"`
		State store.DeliveryState `query:"state" enum:"pending,delivered,failed"`
	}
	deliveryOutput struct{ Body *delivery }

	rotateInput struct {
		ID   store.ID `path:"id"`
		Body *struct {
			OverlapS *int64 `json:"overlap_s,omitzero" minimum:"0" maximum:"2592000" doc:"How long the secrets before sign too, in seconds: a day if left out, 0 after a leak."`
		}
	}
	rotateOutput struct {
		Body struct {
			Secret string `json:"secret" doc:"The new secret. It is not shown again."`
		}
	}
)

func webhooks(s *Service) {
	hooks := s.config.Hooks
	if hooks == nil {
		return
	}
	describeEvents(s.huma.OpenAPI())
	register(s, resource[webhook, store.Webhook, webhookList]{
		path: "webhooks", noun: "webhook", text: hookText, read: sellers, change: sellers,
		get: (*store.Scope).Webhook, remove: (*store.Scope).DeleteWebhook,
		update: func(c *store.Scope, ctx context.Context, x *store.Webhook) error { return hooks.Update(ctx, c, x) },
		list: func(ctx context.Context, c *store.Scope, in *webhookList) ([]store.Webhook, store.Cursor, error) {
			return c.Webhooks(ctx, store.WebhookFilter{Active: in.Active.pointer()}, in.page())
		},
		document: webhookOf,
		row:      (*webhook).store,
	})
	handleWith(s, route{id: "create-webhook", method: http.MethodPost, path: "/v1/webhooks", subject: "webhooks", who: sellers, summary: "Add a webhook",
		text: "Its secret is in the answer, and nowhere else. " + hookText},
		func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated },
		func(ctx context.Context, c *call, in *createInput[webhook]) (*oneOutput[webhook], error) {
			r := in.Body.store()
			secret, err := hooks.Create(ctx, c.scope, &r)
			if err != nil {
				return nil, err
			}
			w := webhookOf(&r)
			w.Secret = secret
			return &oneOutput[webhook]{Status: http.StatusCreated, ETag: etag(r.Version), Location: "/v1/webhooks/" + string(r.ID), Body: &w}, nil
		})
	handle(s, route{id: "rotate-webhook", method: http.MethodPost, path: "/v1/webhooks/{id}/rotate", subject: "webhooks", who: sellers, summary: "Give a webhook a new secret",
		text: "The secrets before sign beside it for a while, so that the receiver can change over without losing anything."},
		func(ctx context.Context, c *call, in *rotateInput) (*rotateOutput, error) {
			overlap := hook.UsualOverlap
			if in.Body != nil && in.Body.OverlapS != nil {
				overlap = time.Duration(*in.Body.OverlapS) * time.Second
			}
			secret, err := hooks.Rotate(ctx, c.scope, in.ID, overlap)
			if err != nil {
				return nil, err
			}
			out := &rotateOutput{}
			out.Body.Secret = secret
			return out, nil
		})
	accepted := func(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted }
	handleWith(s, route{id: "test-webhook", method: http.MethodPost, path: "/v1/webhooks/{id}/test", subject: "webhooks", who: sellers, summary: "Send a test event",
		text: "An event of the type webhook.test is sent, whatever the webhook wants. Read its delivery a moment later to see what came of it."}, accepted,
		func(ctx context.Context, c *call, in *idInput) (*deliveryOutput, error) {
			x, err := hooks.Test(ctx, c.scope, in.ID)
			if err != nil {
				return nil, err
			}
			return &deliveryOutput{deliveryOf(x)}, nil
		})
	handle(s, route{id: "list-deliveries", method: http.MethodGet, path: "/v1/webhooks/{id}/deliveries", subject: "deliveries", who: sellers, summary: "List deliveries",
		text: "The log of a webhook, the newest first, for 30 days."},
		func(ctx context.Context, c *call, in *deliveryList) (*listOutput[*delivery], error) {
			if _, err := c.scope.Webhook(ctx, in.ID); err != nil {
				return nil, err
			}
			rows, next, err := c.scope.Deliveries(ctx, store.DeliveryFilter{Webhook: in.ID, Event: in.Event, Type: in.Type, State: in.State}, in.page())
			if err != nil {
				return nil, err
			}
			out := &listOutput[*delivery]{list[*delivery]{Items: make([]*delivery, len(rows)), Next: next}}
			for i := range rows {
				out.Body.Items[i] = deliveryOf(&rows[i])
			}
			return out, nil
		})
	handle(s, route{id: "get-delivery", method: http.MethodGet, path: "/v1/deliveries/{id}", subject: "deliveries", who: sellers, summary: "Read a delivery"},
		func(ctx context.Context, c *call, in *idInput) (*deliveryOutput, error) {
			x, err := c.scope.Delivery(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &deliveryOutput{deliveryOf(x)}, nil
		})
	handleWith(s, route{id: "redeliver", method: http.MethodPost, path: "/v1/deliveries/{id}/redeliver", subject: "deliveries", who: sellers, summary: "Deliver anew",
		text: "Whatever came of it before; the webhook-id and the body stay as they were."}, accepted,
		func(ctx context.Context, c *call, in *idInput) (*deliveryOutput, error) {
			x, err := hooks.Redeliver(ctx, c.scope, in.ID)
			if err != nil {
				return nil, err
			}
			return &deliveryOutput{deliveryOf(x)}, nil
		})
}

const hookText = `A webhook is an address that is told what happens, signed by the Standard Webhooks scheme (standardwebhooks.com, with libraries for most languages). Verify the signature over the body as it came, ignore a webhook-id that was seen before, and answer 2xx within 20 seconds. Otherwise it is tried again, ten times within three days; redirects are not followed. Events come at least once and in no particular order.`

// describeEvents documents what receivers get.
func describeEvents(doc *huma.OpenAPI) {
	text := func(name, about string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: true, Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	payload := doc.Components.Schemas.Schema(typeOf[hook.Payload](), true, "")
	doc.Webhooks = map[string]*huma.PathItem{}
	for _, e := range []struct {
		name  store.EventType
		about string
	}{
		{store.OrderReceived, "Orders came, were replaced or cancelled; one event for all of one call."},
		{store.PlanReady, "A plan was made: a draft for the coordinator."},
		{store.PlanProposed, "The carriers of a plan are asked."},
		{store.PlanPublished, "A plan is in force."},
		{store.PlanFailed, "No plan could be made of a sale."},
		{store.CarrierAbsent, "A carrier cannot come with a round that they were asked for."},
		{store.WebhookTest, "Somebody wants to see whether events arrive."},
	} {
		doc.Webhooks[string(e.name)] = &huma.PathItem{Post: &huma.Operation{
			Summary: e.about, Description: hookText, Tags: []string{"webhooks"},
			Parameters: []*huma.Param{
				text("webhook-id", "Of the event: the same each time that it is sent."),
				text("webhook-timestamp", "When it was sent, in seconds since 1970."),
				text("webhook-signature", "One signature (v1,…) for each secret that is valid, with spaces between them."),
			},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: payload}}},
			Responses: map[string]*huma.Response{
				"2XX":     {Description: "It has arrived."},
				"410":     {Description: "No more events are wanted: the webhook is made inactive."},
				"default": {Description: "It is sent again later."},
			},
		}}
	}
}
