package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states.
const (
	Pending   DeliveryState = "pending"   // to be sent, or sent again
	Delivered DeliveryState = "delivered" // the receiver said that it has it
	Failed    DeliveryState = "failed"    // given up
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	Row
	Webhook  ID
	Event    ID // the same in each attempt and for each webhook that is told
	Type     EventType
	Body     []byte // what is signed and sent
	State    DeliveryState
	Run      int64     // 1, and one more each time that it is delivered anew
	Due      time.Time // of the next attempt while pending; zero: as soon as possible
	Attempts []Attempt // the oldest first
}

// Attempt is what came of sending once.
type Attempt struct {
	Run     int64 // of the delivery
	Started time.Time
	Took    time.Duration // to the millisecond
	Status  int           // of the answer; 0: there was none
	Error   string        // why it failed; empty: delivered
	Answer  string        // how the answer's body begins
}

func (*Delivery) kind() kind {
	return kind{"delivery", "webhook_deliveries", "webhook, event, type, body, state, run, due", "event"}
}

func (x *Delivery) fields() []any {
	return []any{&x.Webhook, &x.Event, &x.Type, &x.Body, &x.State, &x.Run, stamp{&x.Due}}
}

func (x *Delivery) refs() []ref { return []ref{{"webhook", "webhook", "webhooks", x.Webhook}} }

func (x *Delivery) check(f *faults) {
	choice(f, "type", x.Type, OrderReceived, PlanReady, PlanProposed, PlanPublished, PlanFailed, CarrierAbsent, WebhookTest)
	if len(x.Body) == 0 {
		f.add("body", "is empty")
	}
}

func (*Delivery) loadParts(ctx context.Context, t *tx, rows []Delivery) error {
	at := make(map[ID]int, len(rows))
	ids := make([]string, len(rows))
	for i := range rows {
		at[rows[i].ID], ids[i] = i, string(rows[i].ID)
	}
	some, list := t.backend.list(ids, 2)
	return t.each(ctx, func(row *sql.Rows) error {
		var delivery ID
		var a Attempt
		var millis int64
		if err := row.Scan(&delivery, &a.Run, stamp{&a.Started}, &millis, &a.Status, &a.Error, &a.Answer); err != nil {
			return err
		}
		a.Took = time.Duration(millis) * time.Millisecond
		x := &rows[at[delivery]]
		x.Attempts = append(x.Attempts, a)
		return nil
	}, `select delivery, run, started, millis, status, error, answer from webhook_attempts where collective = $1 and delivery in `+some+` order by delivery, n`,
		string(t.collective), list)
}

// CreateDeliveries makes one event's deliveries to some webhooks, each pending in its first run, and gives them one event id.
// They are not in the audit trail, which has what the event tells of.
func (c *Scope) CreateDeliveries(ctx context.Context, webhooks []ID, event EventType, body []byte) ([]Delivery, error) {
	if err := checked(&Delivery{Type: event, Body: body}); err != nil {
		return nil, err
	}
	var out []Delivery
	err := c.write(ctx, func(t *tx) error {
		out = nil
		id := newID()
		for _, webhook := range webhooks {
			x := Delivery{Row: Row{ID: newID(), Version: 1, Created: t.now, Changed: t.now}, Webhook: webhook, Event: id, Type: event, Body: body, State: Pending, Run: 1}
			// One that was deleted since the caller read it is no reason to fail for whatever the event is part of.
			if err := t.known(ctx, x.refs()); err != nil {
				return fmt.Errorf("%w: %w", errMet, err)
			}
			k := x.kind()
			args := append([]any{&t.collective, &x.ID, &x.Version, stamp{&x.Created}, stamp{&x.Changed}}, x.fields()...)
			_, err := t.exec(ctx, k, `insert into webhook_deliveries (collective, id, version, created, changed, `+k.columns+`) values `+placeholders(0, 1, len(args)), args...)
			if errors.Is(err, &Error{Code: Conflict}) {
				return fmt.Errorf("%w: %w", errMet, err)
			}
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeliveryFilter narrows a list of deliveries; what is empty does not.
type DeliveryFilter struct {
	Webhook ID
	Event   ID
	Type    EventType
	State   DeliveryState
}

// Delivery is a delivery by id, with its attempts.
func (c *Scope) Delivery(ctx context.Context, id ID) (*Delivery, error) {
	return get[Delivery](ctx, c, id)
}

// Deliveries lists deliveries with their attempts, the newest first.
func (c *Scope) Deliveries(ctx context.Context, f DeliveryFilter, page Page) ([]Delivery, Cursor, error) {
	w := conditions{newest: true}
	w.is("webhook", string(f.Webhook))
	w.is("event", string(f.Event))
	w.is("type", string(f.Type))
	w.is("state", string(f.State))
	return list[Delivery](ctx, c, page, w)
}

// NoteAttempt adds to a delivery's log and says what follows: it is delivered, given up, or to be sent again at a moment. Where
// the delivery is no longer pending in the attempt's run, only a success still changes its state. The webhook is
// failing from the first failure on until a success.
func (c *Scope) NoteAttempt(ctx context.Context, id ID, a Attempt, state DeliveryState, due time.Time) error {
	a.Error, a.Answer = storable(a.Error), storable(a.Answer)
	return c.write(ctx, func(t *tx) error {
		x, err := fetch[Delivery](ctx, t, id)
		if err != nil {
			return err
		}
		k := x.kind()
		// The row is held from here on: attempts that end together are numbered one after the other.
		if _, err := t.exec(ctx, k, `update webhook_deliveries set changed = $1, version = version + 1,
			due = case when $2 = 'delivered' then null when state = 'pending' and run = $3 then $4 else due end,
			state = case when $2 = 'delivered' or state = 'pending' and run = $3 then $2 else state end
			where collective = $5 and id = $6`, stamp{&t.now}, &state, a.Run, stamp{&due}, &t.collective, &id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, k, `insert into webhook_attempts (collective, delivery, n, run, started, millis, status, error, answer)
			select $1, $2, coalesce(max(n), 0) + 1, $3, $4, $5, $6, $7, $8 from webhook_attempts where collective = $1 and delivery = $2`,
			&t.collective, &id, a.Run, stamp{&a.Started}, a.Took.Milliseconds(), a.Status, a.Error, a.Answer); err != nil {
			return err
		}
		if state == Delivered {
			_, err = t.exec(ctx, k, `update webhooks set failing = null where collective = $1 and id = $2 and failing is not null`, &t.collective, &x.Webhook)
		} else {
			_, err = t.exec(ctx, k, `update webhooks set failing = $1 where collective = $2 and id = $3 and failing is null`, stamp{&a.Started}, &t.collective, &x.Webhook)
		}
		return err
	})
}

// GiveUp ends a pending delivery without another attempt, because its webhook is not active.
func (c *Scope) GiveUp(ctx context.Context, id ID, run int64) error {
	return c.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, (*Delivery)(nil).kind(), `update webhook_deliveries set state = 'failed', due = null, changed = $1, version = version + 1
			where collective = $2 and id = $3 and state = 'pending' and run = $4`, stamp{&t.now}, &t.collective, &id, run)
		return err
	})
}

// Redeliver makes a delivery pending in a new run, in whatever state it is. Its attempts stay in the log.
func (c *Scope) Redeliver(ctx context.Context, id ID) (*Delivery, error) {
	var out *Delivery
	err := c.write(ctx, func(t *tx) error {
		k := (*Delivery)(nil).kind()
		n, err := t.exec(ctx, k, `update webhook_deliveries set state = 'pending', run = run + 1, due = null, changed = $1, version = version + 1
			where collective = $2 and id = $3`, stamp{&t.now}, &t.collective, &id)
		if err != nil {
			return err
		}
		if n == 0 {
			return missing(k, id)
		}
		if out, err = fetch[Delivery](ctx, t, id); err != nil {
			return err
		}
		return t.audit(ctx, "redeliver", k.noun, id, "")
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ForgetDeliveries removes what is known of deliveries that ended, if they began before a moment, and says how many they were.
func (c *Scope) ForgetDeliveries(ctx context.Context, before time.Time) (n int64, err error) {
	err = c.write(ctx, func(t *tx) error {
		n, err = t.exec(ctx, (*Delivery)(nil).kind(), `delete from webhook_deliveries where collective = $1 and created < $2 and state <> 'pending'`, &t.collective, stamp{&before})
		return err
	})
	return n, err
}

// storable is a text as both databases can keep it.
func storable(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), mostText)], "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}
