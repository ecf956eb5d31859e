// Package hook tells other systems what happens: webhooks of a collective, signed by the Standard Webhooks scheme
// (github.com/standard-webhooks/standard-webhooks), sent from the job queue, and logged.
//
// An event is recorded by [Service.Emit] in the transaction of what it tells of, one delivery for each webhook that wants it,
// and a [Job] for each is enqueued in the same transaction. A worker then calls [Service.Deliver]. What is delivered:
//
//   - at least once: a receiver that has seen a webhook-id ignores it. The id is the event's; it stays the same in each attempt
//     and each redelivery.
//   - in no particular order: the timestamp says when something happened, and the ids let the receiver read how it is now.
//   - until an answer 2xx comes, ten times within 75 hours and 35 minutes. Each other answer, redirects among them, is a
//     failure. A Retry-After is waited for, up to a day. An answer 410 disables the webhook, and so does a delivery that
//     failed for good when nothing has got through for five days.
//
// Only HTTPS to public addresses on the usual port is called, unless the [Options] allow more: see [Service.Check].
//
// A secret is shown once, when it is made. The store must keep it, because it signs: it is encrypted there if
// [Options.Key] is set, and anyone who can read the database or a backup can otherwise sign with it. It is in no list and no log.
package hook

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"carriole/api/store"
)

// Options are how webhooks may be sent. The zero value is safe.
type Options struct {
	// Allow lists what may be called although it is not public: networks (10.1.0.0/16), addresses, and host names, whatever those
	// resolve to. Any port may be called there. A host or address that is listed may also be called by plain HTTP.
	Allow []string
	// Ports are those of public addresses that may be called; none: 443.
	Ports []uint16
	// Key encrypts secrets in the store; 32 characters or more. With another key old secrets cannot be read: rotate them.
	Key string
	// Log is told when a webhook is disabled; nil: nothing is logged.
	Log *slog.Logger
}

// Enqueue queues a job in the transaction of a scope, for Deliver to be called with once that is committed.
type Enqueue func(ctx context.Context, c *store.Scope, job Job) error

// Service sends a store's events. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	enqueue Enqueue
	guard   *guard
	client  *http.Client
	sealer  cipher.AEAD // nil: secrets are not encrypted
	log     *slog.Logger
	now     func() time.Time

	mu   sync.Mutex
	busy map[store.ID]bool // failing webhooks that are being tried
}

// New makes a service. Its errors say which option is wrong.
func New(s *store.Store, enqueue Enqueue, o Options) (*Service, error) {
	g, err := newGuard(o)
	if err != nil {
		return nil, err
	}
	sealer, err := newSealer(o.Key)
	if err != nil {
		return nil, err
	}
	x := &Service{store: s, enqueue: enqueue, guard: g, client: g.client(), sealer: sealer, log: o.Log, now: time.Now, busy: map[store.ID]bool{}}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	return x, nil
}

// Check refuses an address that no event would ever be sent to: plain HTTP, another port or an address that is not public,
// unless allowed. What a host name resolves to is checked when it is called.
func (s *Service) Check(url string) error { return s.guard.check(url) }

// Create adds a webhook and returns its secret, which cannot be had again.
func (s *Service) Create(ctx context.Context, c *store.Scope, x *store.Webhook) (secret string, err error) {
	if err := s.Check(x.URL); err != nil {
		return "", err
	}
	err = c.Together(ctx, func(c *store.Scope) error {
		if err := c.CreateWebhook(ctx, x); err != nil {
			return err
		}
		secret, err = s.rotate(ctx, c, x.ID, 0)
		return err
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Update changes a webhook. One that was disabled and is made active again takes part in the events from then on.
func (s *Service) Update(ctx context.Context, c *store.Scope, x *store.Webhook) error {
	if err := s.Check(x.URL); err != nil {
		return err
	}
	return c.UpdateWebhook(ctx, x)
}

// UsualOverlap is how long the secret before signs beside a new one unless somebody says otherwise.
const UsualOverlap = 24 * time.Hour

const mostOverlap = 30 * 24 * time.Hour

// Rotate gives a webhook a new secret and returns it. The ones before sign beside it for the overlap, so that the receiver
// can change over without losing anything; an overlap of 0 ends them at once, as after a leak.
func (s *Service) Rotate(ctx context.Context, c *store.Scope, id store.ID, overlap time.Duration) (secret string, err error) {
	if overlap < 0 || overlap > mostOverlap {
		return "", invalid("overlap", fmt.Sprintf("%s is not possible: it must be from 0 to %s", overlap, mostOverlap))
	}
	err = c.Together(ctx, func(c *store.Scope) error {
		secret, err = s.rotate(ctx, c, id, overlap)
		return err
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

func (s *Service) rotate(ctx context.Context, c *store.Scope, id store.ID, overlap time.Duration) (string, error) {
	secret := make([]byte, secretBytes)
	rand.Read(secret)
	if err := c.RotateWebhook(ctx, id, s.seal(c.Collective(), id, secret), s.now().Add(overlap)); err != nil {
		return "", err
	}
	return secretText(secret), nil
}

// Emit records an event for the webhooks that want it. It is called with a scope of [store.Scope.Together] and commits with
// that. Where nobody wants the event nothing is written.
func (s *Service) Emit(ctx context.Context, c *store.Scope, e Event) error {
	active := true
	webhooks, _, err := c.Webhooks(ctx, store.WebhookFilter{Active: &active}, store.Page{Limit: 1000})
	if err != nil {
		return err
	}
	var to []store.ID
	for i := range webhooks {
		if webhooks[i].Wants(e.Type) {
			to = append(to, webhooks[i].ID)
		}
	}
	_, err = s.send(ctx, c, to, e)
	return err
}

// TellOrders emits what became of orders that were put into a sale, if anything changed.
func (s *Service) TellOrders(ctx context.Context, c *store.Scope, sale store.ID, puts []store.Put) error {
	e, changed := ordersReceived(sale, puts)
	if !changed {
		return nil
	}
	return s.Emit(ctx, c, e)
}

// Tell is Emit for those who know the type of an event and its data as JSON; what [Data] does not have is left out.
func (s *Service) Tell(ctx context.Context, c *store.Scope, event string, data []byte) error {
	e := Event{Type: store.EventType(event)}
	if err := json.Unmarshal(data, &e.Data); err != nil {
		return fmt.Errorf("hook: the data of %s: %w", event, err)
	}
	return s.Emit(ctx, c, e)
}

// Test sends an event of type webhook.test to one webhook and returns its delivery, in which the outcome can be read a moment
// later.
func (s *Service) Test(ctx context.Context, c *store.Scope, id store.ID) (*store.Delivery, error) {
	var out *store.Delivery
	err := c.Together(ctx, func(c *store.Scope) error {
		if err := demandActive(ctx, c, id); err != nil {
			return err
		}
		deliveries, err := s.send(ctx, c, []store.ID{id}, Event{Type: store.WebhookTest})
		if err == nil {
			out = &deliveries[0]
		}
		return err
	})
	return out, err
}

func demandActive(ctx context.Context, c *store.Scope, id store.ID) error {
	x, err := c.Webhook(ctx, id)
	if err == nil && !x.Active {
		err = &store.Error{Code: store.Conflict, Message: "the webhook is not active: make it active first"}
	}
	return err
}

func (s *Service) send(ctx context.Context, c *store.Scope, to []store.ID, e Event) ([]store.Delivery, error) {
	if c.Tx() == nil {
		return nil, fmt.Errorf("hook: the event %s is not part of a transaction", e.Type)
	}
	if len(to) == 0 {
		return nil, nil
	}
	e.Data.Collective = c.Collective()
	if e.Data.Sale != "" {
		sale, err := c.Sale(ctx, e.Data.Sale)
		if err == nil {
			e.Data.SaleRef = sale.Ref
		} else if !store.IsNotFound(err) {
			return nil, err
		}
	}
	if len(e.Data.Asked) > mostIDs {
		e.Data.Asked = nil
	}
	e.Data.Faults = e.Data.Faults[:min(len(e.Data.Faults), mostIDs)]
	body, err := json.Marshal(Payload{e.Type, s.now().UTC().Truncate(time.Millisecond), e.Data})
	if err != nil {
		return nil, err
	}
	deliveries, err := c.CreateDeliveries(ctx, to, e.Type, body)
	if err != nil {
		return nil, err
	}
	for i := range deliveries {
		if err := s.enqueue(ctx, c, jobOf(c, &deliveries[i])); err != nil {
			return nil, fmt.Errorf("hook: enqueueing: %w", err)
		}
	}
	return deliveries, nil
}

// Redeliver sends a delivery anew, whatever came of it, with its id and body as they were and the whole schedule of attempts.
func (s *Service) Redeliver(ctx context.Context, c *store.Scope, id store.ID) (*store.Delivery, error) {
	var out *store.Delivery
	err := c.Together(ctx, func(c *store.Scope) (err error) {
		if out, err = c.Redeliver(ctx, id); err != nil {
			return err
		}
		if err := demandActive(ctx, c, out.Webhook); err != nil {
			return err
		}
		if err := s.enqueue(ctx, c, jobOf(c, out)); err != nil {
			return fmt.Errorf("hook: enqueueing: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// logDays is how long deliveries are kept.
const logDays = 30

// Prune removes deliveries that ended from the log when they are 30 days old, of all collectives, and says how many.
func (s *Service) Prune(ctx context.Context) (n int64, err error) {
	before := s.now().AddDate(0, 0, -logDays)
	for x, err := range store.Rows(func(p store.Page) ([]store.Collective, store.Cursor, error) { return s.store.Collectives(ctx, p) }) {
		if err != nil {
			return n, err
		}
		gone, err := s.store.In(x.ID, actor).ForgetDeliveries(ctx, before)
		if n += gone; err != nil {
			return n, err
		}
	}
	return n, nil
}

// actor is who the audit trail names for what the service does by itself.
const actor = "webhooks"

func invalid(path, message string) error {
	return &store.Error{Code: store.Invalid, Faults: []store.Fault{{Path: path, Message: message}}}
}
