package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"carriole/api/store"
)

// A queue keeps jobs that are to be run. Unlike a real one it shows them before their transaction commits, and keeps them when
// it does not.
type queue struct {
	sync.Mutex
	jobs []Job
}

func (q *queue) enqueue(_ context.Context, c *store.Scope, job Job) error {
	if c.Tx() == nil {
		return errors.New("no transaction")
	}
	q.Lock()
	defer q.Unlock()
	q.jobs = append(q.jobs, job)
	return nil
}

func (q *queue) take() []Job {
	q.Lock()
	defer q.Unlock()
	jobs := q.jobs
	q.jobs = nil
	return jobs
}

// A call is what a receiver got.
type call struct {
	header http.Header
	body   []byte
}

// A receiver is a marketplace's server on loopback. It answers as it is told, else 204.
type receiver struct {
	*httptest.Server
	sync.Mutex
	calls  []call
	answer func(w http.ResponseWriter, r *http.Request)
}

func receive(t *testing.T) *receiver {
	t.Helper()
	x := &receiver{}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		x.Lock()
		x.calls = append(x.calls, call{r.Header, body})
		answer := x.answer
		x.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(x.Close)
	return x
}

func (x *receiver) set(answer func(w http.ResponseWriter, r *http.Request)) {
	x.Lock()
	defer x.Unlock()
	x.answer = answer
}

func (x *receiver) status(code int) {
	x.set(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "as told", code) })
}

func (x *receiver) got() []call {
	x.Lock()
	defer x.Unlock()
	return slices.Clone(x.calls)
}

// A fixture is a service with one webhook, the receiver of that, and a clock.
type fixture struct {
	*Service
	c        *store.Scope
	queue    *queue
	receiver *receiver
	webhook  store.Webhook
	secret   string
	clock    time.Time
}

// loopback is what tests allow: their receivers.
var loopback = Options{Allow: []string{"127.0.0.1"}}

func prepare(t *testing.T, s *store.Store, o Options) *fixture {
	t.Helper()
	f := &fixture{queue: &queue{}, receiver: receive(t), c: collective(t, s, "one"), clock: time.Now()}
	var err error
	f.Service, err = New(s, f.queue.enqueue, o)
	ok(t, err)
	f.now = func() time.Time { return f.clock }
	f.webhook = store.Webhook{URL: f.receiver.URL + "/hooks?shop=1", Active: true}
	f.secret, err = f.Create(t.Context(), f.c, &f.webhook)
	ok(t, err)
	return f
}

func (f *fixture) emit(t *testing.T, e Event) []Job {
	t.Helper()
	ok(t, f.c.Together(t.Context(), func(c *store.Scope) error { return f.Emit(t.Context(), c, e) }))
	return f.queue.take()
}

func (f *fixture) deliver(t *testing.T, job Job) time.Duration {
	t.Helper()
	again, err := f.Deliver(t.Context(), job)
	ok(t, err)
	return again
}

func (f *fixture) delivery(t *testing.T, job Job) *store.Delivery {
	t.Helper()
	x, err := f.c.Delivery(t.Context(), job.Delivery)
	ok(t, err)
	return x
}

func (f *fixture) read(t *testing.T) *store.Webhook {
	t.Helper()
	x, err := f.c.Webhook(t.Context(), f.webhook.ID)
	ok(t, err)
	return x
}

func verifies(t *testing.T, secret string, c call) bool {
	t.Helper()
	v, err := webhooks.NewWebhook(secret)
	ok(t, err)
	return v.Verify(c.body, c.header) == nil
}

var ready = Event{store.PlanReady, Data{Sale: "s", SaleRef: "w48", Plan: "p", Number: 2, Figures: &Figures{1, 3, 2, 9, 4, 5.125, 6}}}

func failed(reason string) Event {
	return Event{store.PlanFailed, Data{Sale: "s", Reason: reason}}
}

func TestDeliver(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		for _, x := range []struct {
			Event
			data string
		}{
			{ready, `{"collective":"C","sale":"s","sale_ref":"w48","plan":"p","number":2,"figures":{"base_m":1,"planned_m":3,"added_m":2,"alone_added_m":9,"handovers":4,"served_kg":5.125,"unserved_kg":6}}`},
			{failed("no round runs"), `{"collective":"C","sale":"s","reason":"no round runs"}`},
			{Event{store.PlanFailed, Data{Sale: "s", Reason: "one fault", Faults: []Fault{{Path: "places[x].at", Name: "Marché", Message: "is not known"}}}},
				`{"collective":"C","sale":"s","reason":"one fault","faults":[{"path":"places[x].at","name":"Marché","message":"is not known"}]}`},
			{Event{store.PlanProposed, Data{Sale: "s", Plan: "p", Asked: []Asked{{"tour@2026-11-26", "anne"}}}}, `{"collective":"C","sale":"s","plan":"p","asked":[{"round":"tour@2026-11-26","producer":"anne"}]}`},
		} {
			jobs := f.emit(t, x.Event)
			if len(jobs) != 1 || jobs[0].Collective != f.c.Collective() || jobs[0].Run != 1 {
				t.Fatalf("jobs %+v", jobs)
			}
			if len(f.receiver.got()) != 0 {
				t.Error("sent before the job ran")
			}
			if again := f.deliver(t, jobs[0]); again != 0 {
				t.Errorf("to be sent again in %s", again)
			}
			got := f.receiver.got()
			if len(got) != 1 || !verifies(t, f.secret, got[0]) || verifies(t, secretText([]byte("another")), got[0]) {
				t.Fatalf("%d calls, want one whose signature verifies", len(got))
			}
			want := fmt.Sprintf(`{"type":%q,"timestamp":%q,"data":%s}`, x.Type, f.clock.UTC().Format("2006-01-02T15:04:05.999Z07:00"),
				strings.Replace(x.data, "C", string(f.c.Collective()), 1))
			if d := cmp.Diff(want, string(got[0].body)); d != "" {
				t.Errorf("body (-want +got):\n%s", d)
			}
			d := f.delivery(t, jobs[0])
			if id := got[0].header.Get("webhook-id"); id != string(d.Event) {
				t.Errorf("webhook-id %q, want %q", id, d.Event)
			}
			if kind := got[0].header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("Content-Type %q", kind)
			}
			if a := d.Attempts; d.State != store.Delivered || len(a) != 1 || a[0].Status != 204 || a[0].Error != "" || !a[0].Started.Equal(f.clock.Truncate(time.Millisecond)) {
				t.Errorf("logged %+v", d)
			}
			f.deliver(t, jobs[0]) // as a queue may that lost its worker
			if n := len(f.receiver.got()); n != 1 {
				t.Errorf("%d calls after a job ran twice", n)
			}
			f.receiver.Lock()
			f.receiver.calls = nil
			f.receiver.Unlock()
		}
	})
}

func TestOrdersReceived(t *testing.T) {
	if _, changed := ordersReceived("s", []store.Put{{ID: "a", Status: store.PutUnchanged}}); changed {
		t.Error("orders that were there are an event")
	}
	e, changed := ordersReceived("s", []store.Put{{ID: "a", Status: store.PutUnchanged}, {ID: "b", Status: store.PutCreated}, {ID: "c", Status: store.PutReplaced},
		{ID: "d", Status: store.PutCancelled}, {ID: "e", Status: store.PutCreated}})
	if d := cmp.Diff(Event{store.OrderReceived, Data{Sale: "s", Orders: &Orders{Created: 2, Replaced: 1, Cancelled: 1, IDs: []store.ID{"b", "c", "d", "e"}}}}, e); d != "" || !changed {
		t.Errorf("event (-want +got):\n%s", d)
	}
	many := slices.Repeat([]store.Put{{ID: "a", Status: store.PutCreated}}, store.MaxOrders)
	e, _ = ordersReceived("s", many)
	body, err := json.Marshal(e)
	if err != nil || len(body) > 20_000 || e.Data.Orders.Created != store.MaxOrders {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

// Events go to the webhooks that want them, of their collective, and only with what they are part of.
func TestEmit(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		ctx := t.Context()
		some := store.Webhook{URL: f.receiver.URL, Active: true, Events: []store.EventType{store.PlanFailed}}
		off := store.Webhook{URL: f.receiver.URL}
		for _, x := range []*store.Webhook{&some, &off} {
			_, err := f.Create(ctx, f.c, x)
			ok(t, err)
		}
		other := collective(t, s, "other")
		theirs := store.Webhook{URL: f.receiver.URL, Active: true}
		_, err := f.Create(ctx, other, &theirs)
		ok(t, err)

		if jobs := f.emit(t, ready); len(jobs) != 1 || f.delivery(t, jobs[0]).Webhook != f.webhook.ID {
			t.Errorf("jobs %v", jobs)
		}
		jobs := f.emit(t, failed("x"))
		if len(jobs) != 2 || f.delivery(t, jobs[0]).Event != f.delivery(t, jobs[1]).Event {
			t.Errorf("jobs %v", jobs)
		}
		if list, _, err := other.Deliveries(ctx, store.DeliveryFilter{}, store.Page{}); err != nil || len(list) > 0 {
			t.Errorf("another collective got %v, %v", list, err)
		}
		many := Event{store.PlanProposed, Data{Sale: "s", Asked: slices.Repeat([]Asked{{"r", "p"}}, mostIDs+1)}}
		if body := f.delivery(t, f.emit(t, many)[0]).Body; strings.Contains(string(body), "asked") {
			t.Errorf("body %s", body)
		}
		// Another collective's scope does nothing with the job.
		_, err = f.Deliver(ctx, Job{other.Collective(), jobs[0].Delivery, 1})
		ok(t, err)
		if n := len(f.receiver.got()); n > 0 {
			t.Errorf("%d calls", n)
		}

		if err := f.Emit(ctx, f.c, ready); err == nil {
			t.Error("emitted outside a transaction")
		}
		undone := errors.New("as told")
		err = f.c.Together(ctx, func(c *store.Scope) error {
			if err := f.Emit(ctx, c, ready); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Error(err)
		}
		for _, job := range f.queue.take() {
			f.deliver(t, job)
		}
		if n := len(f.receiver.got()); n > 0 {
			t.Errorf("%d calls for what was rolled back", n)
		}
	})
}

// A receiver that fails is tried ten times, on the schedule, each time with the same id and a signature of its own moment.
func TestRetries(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		f.receiver.status(http.StatusInternalServerError)
		job := f.emit(t, ready)[0]
		began := f.clock
		var waits []time.Duration
		for {
			again := f.deliver(t, job)
			if again == 0 {
				break
			}
			if due := f.delivery(t, job).Due; !due.Equal(f.clock.Add(again).Truncate(time.Millisecond)) {
				t.Errorf("due %v, want %v later than %v", due, again, f.clock)
			}
			if early := f.deliver(t, job); early <= 0 || early > again {
				t.Errorf("a job that came %s early is told to wait for %s", again, early)
			}
			waits = append(waits, again)
			f.clock = f.clock.Add(again)
		}
		for i, w := range waits {
			if w < schedule[i] || w > schedule[i]+schedule[i]/10 {
				t.Errorf("wait %d is %s, want %s and at most a tenth more", i+1, w, schedule[i])
			}
		}
		got := f.receiver.got()
		if len(got) != 10 || f.clock.Sub(began) < 75*time.Hour+35*time.Minute+5*time.Second {
			t.Errorf("%d calls within %s", len(got), f.clock.Sub(began))
		}
		ids, stamps := map[string]bool{}, map[string]bool{}
		for _, c := range got {
			ids[c.header.Get("webhook-id")], stamps[c.header.Get("webhook-timestamp")] = true, true
			v, err := webhooks.NewWebhook(f.secret)
			ok(t, err)
			if err := v.VerifyIgnoringTimestamp(c.body, c.header); err != nil {
				t.Error(err)
			}
		}
		if len(ids) != 1 || len(stamps) != 10 {
			t.Errorf("ids %v, timestamps %v", ids, stamps)
		}
		d := f.delivery(t, job)
		if a := d.Attempts[9]; d.State != store.Failed || len(d.Attempts) != 10 || a.Status != 500 || a.Error != "answered 500 Internal Server Error" || a.Answer != "as told\n" {
			t.Errorf("logged %+v", d)
		}
		if w := f.read(t); !w.Active || !w.Failing.Equal(began.Truncate(time.Millisecond)) {
			t.Errorf("three days are no long failure: %+v", w)
		}

		// Anew: the same event, once more from the beginning of the schedule.
		f.receiver.status(http.StatusBadGateway)
		_, err := f.Redeliver(t.Context(), f.c, job.Delivery)
		ok(t, err)
		second := f.queue.take()[0]
		if again := f.deliver(t, job); again != 0 || len(f.receiver.got()) != 10 {
			t.Error("the job of the run before still does something")
		}
		if again := f.deliver(t, second); again < schedule[0] || again > schedule[0]*11/10 {
			t.Errorf("after the first failure anew: %s", again)
		}
		f.receiver.set(nil)
		f.clock = f.clock.Add(time.Minute)
		if again := f.deliver(t, second); again != 0 {
			t.Errorf("again in %s", again)
		}
		if d := f.delivery(t, second); d.State != store.Delivered || len(d.Attempts) != 12 || !f.read(t).Failing.IsZero() {
			t.Errorf("logged %+v", d)
		}
		if got := f.receiver.got(); got[11].header.Get("webhook-id") != got[0].header.Get("webhook-id") {
			t.Error("the id changed")
		}
	})
}

// What failed for good after nothing got through for five days disables the webhook; its other deliveries end.
func TestLongFailure(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		f.receiver.Close()
		exhaust := func() {
			job := f.emit(t, ready)[0]
			for again := f.deliver(t, job); again > 0; again = f.deliver(t, job) {
				f.clock = f.clock.Add(again)
			}
		}
		began := f.clock
		exhaust()
		waiting := f.emit(t, ready)[0]
		if !f.read(t).Active {
			t.Fatal("disabled after three days")
		}
		exhaust()
		w := f.read(t)
		if w.Active || !strings.Contains(w.Reason, began.UTC().Format("2006-01-02T15:04")) || !strings.Contains(w.Reason, "refused") {
			t.Errorf("after %s: %+v", f.clock.Sub(began), w)
		}
		if again := f.deliver(t, waiting); again != 0 || f.delivery(t, waiting).State != store.Failed {
			t.Errorf("a delivery to a disabled webhook: %+v", f.delivery(t, waiting))
		}
		if jobs := f.emit(t, ready); len(jobs) > 0 {
			t.Errorf("jobs for a disabled webhook: %v", jobs)
		}
		conflict := &store.Error{Code: store.Conflict}
		if _, err := f.Test(t.Context(), f.c, w.ID); !errors.Is(err, conflict) {
			t.Errorf("test of a disabled webhook: %v", err)
		}
		if _, err := f.Redeliver(t.Context(), f.c, waiting.Delivery); !errors.Is(err, conflict) || f.delivery(t, waiting).Run != 1 {
			t.Errorf("redelivery to a disabled webhook: %v", err)
		}
		w.Active = true
		ok(t, f.Update(t.Context(), f.c, w))
		if jobs := f.emit(t, ready); len(jobs) != 1 || !f.read(t).Failing.IsZero() {
			t.Errorf("active again: jobs %v, %+v", jobs, f.read(t))
		}
	})
}

func TestGone(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		f.receiver.status(http.StatusGone)
		job := f.emit(t, ready)[0]
		if again := f.deliver(t, job); again != 0 {
			t.Errorf("again in %s", again)
		}
		if w := f.read(t); w.Active || !strings.Contains(w.Reason, "410") || f.delivery(t, job).State != store.Failed {
			t.Errorf("%+v", w)
		}
		events, _, err := f.c.Events(t.Context(), store.EventFilter{Subject: f.webhook.ID, Actor: actor}, store.Page{})
		if err != nil || len(events) != 1 || events[0].Action != "disable" {
			t.Errorf("audit trail %v, %v", events, err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		header string
		want   time.Duration
	}{
		{"", 0}, {"soon", 0}, {"-5", 0}, {"0", 0}, {"120", 2 * time.Minute}, {"999999999", mostRetryAfter}, {"99999999999999999999", 0}, {"1.5", 0},
		{"Thu, 26 Nov 2026 09:00:00 GMT", time.Hour}, {"Thu, 26 Nov 2026 07:00:00 GMT", 0}, {"Thu, 26 Nov 2099 09:00:00 GMT", mostRetryAfter},
	} {
		if got := retryAfter(x.header, now); got != x.want {
			t.Errorf("%q: %s, want %s", x.header, got, x.want)
		}
	}
	for _, x := range []struct {
		n          int
		retryAfter time.Duration
		want       time.Duration
	}{{1, 0, 5 * time.Second}, {1, time.Minute, time.Minute}, {4, time.Minute, 2 * time.Hour}, {9, 0, 24 * time.Hour}, {9, mostRetryAfter, 24 * time.Hour}, {10, time.Minute, 0}} {
		if got := wait(x.n, x.retryAfter); got < x.want || got > x.want*11/10 {
			t.Errorf("after failure %d with Retry-After %s: %s, want %s", x.n, x.retryAfter, got, x.want)
		}
	}
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		f.receiver.set(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		if again := f.deliver(t, f.emit(t, ready)[0]); again < 10*time.Minute || again > 11*time.Minute {
			t.Errorf("again in %s, want ten minutes", again)
		}
	})
}

// While secrets overlap both verify; afterwards the new one alone.
func TestRotate(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for _, o := range []Options{loopback, {Allow: loopback.Allow, Key: strings.Repeat("k", shortestKey)}} {
			f := prepare(t, s, o)
			ctx := t.Context()
			sent := func() call {
				t.Helper()
				f.deliver(t, f.emit(t, ready)[0])
				got := f.receiver.got()
				return got[len(got)-1]
			}
			// The clock of the verifying library is the real one: the service's goes back to it before each call.
			second, err := f.Rotate(ctx, f.c, f.webhook.ID, UsualOverlap)
			ok(t, err)
			c := sent()
			if f.secret == second || !verifies(t, f.secret, c) || !verifies(t, second, c) || len(strings.Fields(c.header.Get("webhook-signature"))) != 2 {
				t.Errorf("during the overlap: %v", c.header)
			}
			f.clock = time.Now().Add(-UsualOverlap - time.Minute)
			third, err := f.Rotate(ctx, f.c, f.webhook.ID, UsualOverlap)
			ok(t, err)
			f.clock = time.Now()
			if c := sent(); verifies(t, f.secret, c) || verifies(t, second, c) || !verifies(t, third, c) {
				t.Errorf("after the overlap: %v", c.header)
			}
			fourth, err := f.Rotate(ctx, f.c, f.webhook.ID, 0)
			ok(t, err)
			if c := sent(); verifies(t, third, c) || !verifies(t, fourth, c) {
				t.Errorf("after a leak: %v", c.header)
			}
			for _, overlap := range []time.Duration{-1, mostOverlap + 1} {
				if _, err := f.Rotate(ctx, f.c, f.webhook.ID, overlap); !errors.Is(err, &store.Error{Code: store.Invalid}) {
					t.Errorf("overlap %s: %v", overlap, err)
				}
			}
			if !strings.HasPrefix(second, "whsec_") {
				t.Errorf("secret %q", second)
			}
		}
	})
}

// With a key a secret is not readable in the store, nor opens for another webhook or by another key; without one it was
// written in plain and still signs once there is a key.
func TestKey(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		key := func(c string) Options { return Options{Allow: loopback.Allow, Key: strings.Repeat(c, shortestKey)} }
		kept := func(f *fixture) []byte {
			t.Helper()
			list, err := f.c.WebhookSecrets(ctx, f.webhook.ID, f.clock)
			ok(t, err)
			return list[0]
		}
		with := func(f *fixture, o Options) *fixture {
			t.Helper()
			x, err := New(s, f.queue.enqueue, o)
			ok(t, err)
			x.now = f.now
			return &fixture{Service: x, c: f.c, queue: f.queue, receiver: f.receiver, webhook: f.webhook, secret: f.secret, clock: f.clock}
		}
		f := prepare(t, s, key("a"))
		if text := secretText(kept(f)[1:]); text == f.secret {
			t.Error("the store has the secret in plain")
		}
		another := store.ID("another")
		if _, err := f.open(f.c.Collective(), another, kept(f)); err == nil {
			t.Error("the secret opens for another webhook")
		}
		for name, o := range map[string]Options{"another key": key("b"), "no key is set": loopback} {
			g := with(f, o)
			job := g.emit(t, ready)[0]
			if _, err := g.Deliver(ctx, job); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
			if d := g.delivery(t, job); d.State != store.Pending || len(d.Attempts) > 0 {
				t.Errorf("%s: %+v", name, d)
			}
		}
		// A rotation repairs it, overlap or not.
		g := with(f, key("b"))
		secret, err := g.Rotate(ctx, g.c, g.webhook.ID, UsualOverlap)
		ok(t, err)
		g.deliver(t, g.emit(t, ready)[0])
		if got := f.receiver.got(); len(got) != 1 || !verifies(t, secret, got[0]) {
			t.Errorf("%d calls", len(got))
		}

		f = prepare(t, s, loopback)
		g = with(f, key("a"))
		g.deliver(t, g.emit(t, ready)[0])
		if got := f.receiver.got(); len(got) != 1 || !verifies(t, f.secret, got[0]) {
			t.Errorf("%d calls after a key was set", len(got))
		}
		if _, err := New(s, f.queue.enqueue, Options{Key: "short"}); err == nil || strings.Contains(err.Error(), "short") {
			t.Errorf("a short key: %v", err)
		}
		if list, _, err := f.c.Webhooks(ctx, store.WebhookFilter{}, store.Page{}); err != nil || strings.Contains(fmt.Sprintf("%+v", list), "whsec") {
			t.Errorf("list %+v, %v", list, err)
		}
	})
}

func TestTest(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		f.webhook.Events = []store.EventType{store.PlanFailed}
		ok(t, f.Update(t.Context(), f.c, &f.webhook))
		d, err := f.Test(t.Context(), f.c, f.webhook.ID)
		ok(t, err)
		job := f.queue.take()[0]
		f.deliver(t, job)
		got := f.receiver.got()
		if len(got) != 1 || !strings.Contains(string(got[0].body), `"webhook.test"`) || f.delivery(t, job).ID != d.ID {
			t.Errorf("calls %v, delivery %+v", got, d)
		}
		_, err = f.Test(t.Context(), f.c, "none")
		if !store.IsNotFound(err) {
			t.Error(err)
		}
	})
}

// A webhook that is deleted, or its events' transaction, leaves jobs that do nothing.
func TestDeleted(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		job := f.emit(t, ready)[0]
		sent := f.emit(t, ready)[0]
		f.receiver.set(func(w http.ResponseWriter, _ *http.Request) { // while the call is under way
			if err := f.c.DeleteWebhook(t.Context(), f.webhook.ID, 1); err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusTeapot)
		})
		if again := f.deliver(t, sent); again != 0 {
			t.Errorf("again in %s", again)
		}
		f.deliver(t, job)
		if n := len(f.receiver.got()); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

// A stop in the middle of a call notes nothing: the delivery is made again.
func TestStop(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		ctx, stop := context.WithCancel(t.Context())
		f.receiver.set(func(_ http.ResponseWriter, r *http.Request) {
			stop()
			<-r.Context().Done()
		})
		job := f.emit(t, ready)[0]
		if _, err := f.Deliver(ctx, job); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped: %v", err)
		}
		if d := f.delivery(t, job); d.State != store.Pending || len(d.Attempts) > 0 || !d.Due.IsZero() {
			t.Errorf("%+v", d)
		}
		f.receiver.set(nil)
		f.deliver(t, job)
		if d := f.delivery(t, job); d.State != store.Delivered {
			t.Errorf("%+v", d)
		}
	})
}

// A receiver that fails is called once at a time, so that it does not hold all workers.
func TestFailingOneAtATime(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		f.receiver.status(http.StatusInternalServerError)
		f.deliver(t, f.emit(t, ready)[0])
		arrived, answer := make(chan struct{}), make(chan struct{})
		f.receiver.set(func(http.ResponseWriter, *http.Request) {
			arrived <- struct{}{}
			<-answer
		})
		jobs := append(f.emit(t, ready), f.emit(t, ready)...)
		done := make(chan error)
		go func() {
			_, err := f.Deliver(t.Context(), jobs[0])
			done <- err
		}()
		<-arrived
		if again := f.deliver(t, jobs[1]); again < meanwhile || len(f.delivery(t, jobs[1]).Attempts) > 0 {
			t.Errorf("a second call at a time, or again in %s", again)
		}
		close(answer)
		ok(t, <-done)
		go func() { <-arrived }()
		if again := f.deliver(t, jobs[1]); again != 0 {
			t.Errorf("again in %s though nothing is under way", again)
		}
	})
}

// Many events of several collectives at once: each receiver has each event, signed for it.
func TestAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f, g := prepare(t, s, loopback), prepare(t, s, loopback)
		const n = 12
		ctx := t.Context()
		var wg sync.WaitGroup
		for i := range n {
			for _, x := range []*fixture{f, g} {
				wg.Go(func() {
					if err := x.c.Together(ctx, func(c *store.Scope) error { return x.Emit(ctx, c, failed(fmt.Sprint("number ", i))) }); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		for _, x := range []*fixture{f, g} {
			for i, job := range x.queue.take() {
				wg.Go(func() {
					if again, err := x.Deliver(ctx, job); err != nil || again > 0 {
						t.Error(again, err)
					}
					if i%4 == 0 {
						if _, err := x.Rotate(ctx, x.c, x.webhook.ID, time.Hour); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		wg.Wait()
		for _, x := range []*fixture{f, g} {
			seen := map[string]bool{}
			for _, c := range x.receiver.got() {
				var p Payload
				ok(t, json.Unmarshal(c.body, &p))
				seen[p.Data.Reason] = true
				if !verifies(t, x.secret, c) {
					t.Errorf("the call %q does not verify", p.Data.Reason)
				}
				if p.Data.Collective != x.c.Collective() {
					t.Errorf("%s got an event of %s", x.c.Collective(), p.Data.Collective)
				}
			}
			if len(seen) != n {
				t.Errorf("%d events of %d arrived", len(seen), n)
			}
		}
	})
}

func TestPrune(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f, g := prepare(t, s, loopback), prepare(t, s, loopback)
		f.deliver(t, f.emit(t, ready)[0])
		g.deliver(t, g.emit(t, ready)[0])
		pending := f.emit(t, ready)[0]
		if n, err := f.Prune(t.Context()); err != nil || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
		f.clock = f.clock.AddDate(0, 0, logDays+1)
		if n, err := f.Prune(t.Context()); err != nil || n != 2 || f.delivery(t, pending).State != store.Pending {
			t.Errorf("%d, %v", n, err)
		}
	})
}
