package store

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// EventType is what a webhook tells of.
type EventType string

// The types of events.
const (
	OrderReceived EventType = "order.received" // orders came, were replaced or cancelled; one event for all of one call
	PlanReady     EventType = "plan.ready"     // a draft is there
	PlanProposed  EventType = "plan.proposed"  // its carriers are asked
	PlanPublished EventType = "plan.published" // it is in force
	PlanFailed    EventType = "plan.failed"    // no plan could be made
	CarrierAbsent EventType = "carrier.absent" // a carrier cannot come with a round that they were asked for
	WebhookTest   EventType = "webhook.test"   // sent when somebody asks for it, whatever the webhook wants
)

// Webhook is where a collective's events are sent. The secrets that sign them are read apart.
type Webhook struct {
	Row
	URL     string
	Note    string      // what it is for
	Events  []EventType // none: every
	Active  bool
	Reason  string    // why deliveries ended by themselves; set by DisableWebhook, empty once it is active again
	Failing time.Time // since when nothing got through; zero: the last delivery did
}

// mostWebhooks bounds what one event of a collective costs.
const mostWebhooks = 20

func (*Webhook) kind() kind {
	return kind{"webhook", "webhooks", "url, note, events, active, reason, failing", "id"}
}

func (x *Webhook) fields() []any {
	return []any{&x.URL, &x.Note, document[[]EventType]{&x.Events}, &x.Active, &x.Reason, stamp{&x.Failing}}
}

func (*Webhook) refs() []ref { return nil }

func (x *Webhook) check(f *faults) {
	f.text("url", x.URL)
	u, err := url.Parse(x.URL)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		f.add("url", "is no address to send to: it must be like https://shop.example/hooks")
	case u.User != nil:
		f.add("url", "has a user or password in it: the signature shows who sends")
	case u.Fragment != "":
		f.add("url", "has a fragment (#…), which is never sent: leave it out")
	}
	f.text("note", x.Note)
	for i, e := range x.Events {
		path := fmt.Sprintf("events[%d]", i)
		choice(f, path, e, OrderReceived, PlanReady, PlanProposed, PlanPublished, PlanFailed, CarrierAbsent)
		if slices.Contains(x.Events[:i], e) {
			f.add(path, "%q is there twice", string(e))
		}
	}
}

// Wants reports whether events of a type are sent there.
func (x *Webhook) Wants(e EventType) bool {
	return x.Active && (len(x.Events) == 0 || slices.Contains(x.Events, e))
}

// WebhookFilter narrows a list of webhooks; what is empty does not.
type WebhookFilter struct{ Active *bool }

// CreateWebhook adds a webhook. It has no secret until RotateWebhook gives it one.
func (c *Scope) CreateWebhook(ctx context.Context, x *Webhook) error {
	x.Reason, x.Failing = "", time.Time{}
	if err := checked(x); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		var n int
		if err := t.QueryRowContext(ctx, `select count(*) from webhooks where collective = $1`, string(t.collective)).Scan(&n); err != nil {
			return fmt.Errorf("store: reading webhooks: %w", err)
		}
		if n >= mostWebhooks {
			return refuse(Conflict, "there are %d webhooks already: remove one that is no longer used", n)
		}
		return add(ctx, t, x)
	})
}

// Webhook is a webhook by id.
func (c *Scope) Webhook(ctx context.Context, id ID) (*Webhook, error) {
	return get[Webhook](ctx, c, id)
}

// Webhooks lists webhooks.
func (c *Scope) Webhooks(ctx context.Context, f WebhookFilter, page Page) ([]Webhook, Cursor, error) {
	var w conditions
	w.isBool("active", f.Active)
	return list[Webhook](ctx, c, page, w)
}

// UpdateWebhook changes a webhook. Made active again it has no reason and is not failing; otherwise both stay.
func (c *Scope) UpdateWebhook(ctx context.Context, x *Webhook) error {
	if err := checked(x); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		before, err := fetch[Webhook](ctx, t, x.ID)
		if err != nil {
			return err
		}
		x.Reason, x.Failing = before.Reason, before.Failing
		if x.Active && !before.Active {
			x.Reason, x.Failing = "", time.Time{}
		}
		return change(ctx, t, x, "update", "")
	})
}

// DeleteWebhook removes a webhook with its secrets and the log of its deliveries.
func (c *Scope) DeleteWebhook(ctx context.Context, id ID, version int64) error {
	return remove[Webhook](ctx, c, id, version)
}

// DisableWebhook ends deliveries for a reason. One that is not active stays as it is.
func (c *Scope) DisableWebhook(ctx context.Context, id ID, reason string) error {
	var f faults
	f.name("reason", reason)
	if err := f.err(); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		x, err := fetch[Webhook](ctx, t, id)
		if err != nil || !x.Active {
			return err
		}
		n, err := t.exec(ctx, x.kind(), `update webhooks set active = false, reason = $1, changed = $2, version = version + 1 where collective = $3 and id = $4 and active`,
			reason, stamp{&t.now}, &t.collective, &id)
		if err != nil || n == 0 {
			return err
		}
		return t.audit(ctx, "disable", x.kind().noun, id, "")
	})
}

// mostSecrets of a webhook sign at a time.
const mostSecrets = 4

// RotateWebhook gives a webhook a new secret. Those before it sign too, until a moment. What a secret's bytes mean is the
// caller's affair.
func (c *Scope) RotateWebhook(ctx context.Context, id ID, secret []byte, until time.Time) error {
	if len(secret) == 0 {
		return refuse(Invalid, "the secret is empty")
	}
	return c.write(ctx, func(t *tx) error {
		x, err := fetch[Webhook](ctx, t, id)
		if err != nil {
			return err
		}
		k := x.kind()
		// The row is held, so that two rotations come one after the other.
		if _, err := t.exec(ctx, k, `update webhooks set active = active where collective = $1 and id = $2`, &t.collective, &id); err != nil {
			return err
		}
		var n int64
		err = t.QueryRowContext(ctx, `select coalesce(max(n), 0) + 1 from webhook_secrets where collective = $1 and webhook = $2`, string(t.collective), string(id)).Scan(&n)
		if err != nil {
			return fmt.Errorf("store: reading webhook_secrets: %w", err)
		}
		if _, err := t.exec(ctx, k, `update webhook_secrets set until = $1 where collective = $2 and webhook = $3 and (until is null or until > $1)`,
			stamp{&until}, &t.collective, &id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, k, `delete from webhook_secrets where collective = $1 and webhook = $2 and (until <= $3 or n <= $4)`,
			&t.collective, &id, stamp{&t.now}, n-mostSecrets); err != nil {
			return err
		}
		if _, err := t.exec(ctx, k, `insert into webhook_secrets (collective, webhook, n, secret) values ($1, $2, $3, $4)`, &t.collective, &id, n, secret); err != nil {
			return err
		}
		return t.audit(ctx, "rotate", k.noun, id, "")
	})
}

// WebhookSecrets are what signs for a webhook at a moment, the newest first.
func (c *Scope) WebhookSecrets(ctx context.Context, id ID, at time.Time) ([][]byte, error) {
	var out [][]byte
	err := c.read(ctx, func(t *tx) error {
		if _, err := fetch[Webhook](ctx, t, id); err != nil {
			return err
		}
		rows, err := t.QueryContext(ctx, `select secret from webhook_secrets where collective = $1 and webhook = $2 and (until is null or until > $3) order by n desc`,
			string(t.collective), string(id), at.UnixMilli())
		if err != nil {
			return fmt.Errorf("store: reading webhook_secrets: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var secret []byte
			if err := rows.Scan(&secret); err != nil {
				return fmt.Errorf("store: reading webhook_secrets: %w", err)
			}
			out = append(out, secret)
		}
		return rows.Err()
	})
	return out, err
}
