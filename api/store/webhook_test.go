package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testWebhooks(t *testing.T, s *Store) {
	c, ctx := fill(t, s, "one").scope, t.Context()
	row(t, Webhook{URL: "https://shop.example/hooks", Active: true}, func(x *Webhook) {
		x.URL, x.Note, x.Events, x.Active = "http://[fd00::1]:8080/a?b=c", "caisse", []EventType{PlanReady, OrderReceived}, false
	}, c.CreateWebhook, c.Webhook, func(ctx context.Context, p Page) ([]Webhook, Cursor, error) {
		return c.Webhooks(ctx, WebhookFilter{}, p)
	}, c.UpdateWebhook, c.DeleteWebhook)

	for url, path := range map[string]string{"": "url", "shop.example": "url", "ftp://shop.example/": "url", "https:///x": "url", "https://a:b@shop.example/": "url",
		"https://shop.example/#a": "url", "https://shop.example/" + strings.Repeat("a", mostText): "url", "https://sh\x00op/": "url"} {
		if e := is(t, c.CreateWebhook(ctx, &Webhook{URL: url}), Invalid); len(e.Faults) == 0 || e.Faults[0].Path != path {
			t.Errorf("%q: faults %v", url, e.Faults)
		}
	}
	for _, events := range [][]EventType{{"plan.eaten"}, {WebhookTest}, {PlanReady, PlanReady}} {
		is(t, c.CreateWebhook(ctx, &Webhook{URL: "https://shop.example", Events: events}), Invalid)
	}

	x := Webhook{URL: "https://shop.example", Active: true}
	ok(t, c.CreateWebhook(ctx, &x))
	is(t, c.DisableWebhook(ctx, x.ID, ""), Invalid)
	ok(t, c.DisableWebhook(ctx, x.ID, "gone"))
	ok(t, c.DisableWebhook(ctx, x.ID, "gone twice"))
	got, err := c.Webhook(ctx, x.ID)
	if err != nil || got.Active || got.Reason != "gone" || got.Version != 2 {
		t.Errorf("disabled: %+v, %v", got, err)
	}
	active := true
	if list, _, err := c.Webhooks(ctx, WebhookFilter{Active: &active}, Page{}); err != nil || len(list) > 0 {
		t.Errorf("active are %v, %v", list, err)
	}
	got.Note, got.Reason = "renamed", "mine"
	ok(t, c.UpdateWebhook(ctx, got))
	if got.Reason != "gone" {
		t.Errorf("an update that leaves it inactive changed the reason to %q", got.Reason)
	}
	got.Active = true
	ok(t, c.UpdateWebhook(ctx, got))
	if got, err = c.Webhook(ctx, x.ID); err != nil || !got.Active || got.Reason != "" {
		t.Errorf("active again: %+v, %v", got, err)
	}
	for range mostWebhooks - 1 {
		ok(t, c.CreateWebhook(ctx, &Webhook{URL: "https://shop.example"}))
	}
	is(t, c.CreateWebhook(ctx, &Webhook{URL: "https://shop.example"}), Conflict)
}

func testWebhookSecrets(t *testing.T, s *Store) {
	c, ctx := fill(t, s, "one").scope, t.Context()
	x := Webhook{URL: "https://shop.example", Active: true}
	ok(t, c.CreateWebhook(ctx, &x))
	now := time.Now().Truncate(time.Millisecond)
	secrets := func(at time.Time) string {
		t.Helper()
		list, err := c.WebhookSecrets(ctx, x.ID, at)
		ok(t, err)
		return fmt.Sprintf("%s", list)
	}
	for _, step := range []struct {
		secret string
		until  time.Time // of those before
		at     time.Time
		want   string
	}{
		{"a", now, now, "[a]"},
		{"b", now.Add(time.Hour), now, "[b a]"},
		{"c", now.Add(2 * time.Hour), now, "[c b a]"},
		{"d", now.Add(3 * time.Hour), now.Add(time.Hour), "[d c b]"}, // a does not sign any longer than it was told to
		{"e", now.Add(3 * time.Hour), now, "[e d c b]"},              // the newest ones alone
		{"f", now.Add(-time.Hour), now, "[f]"},
		{"g", now.Add(time.Hour), now, "[g f]"},
	} {
		ok(t, c.RotateWebhook(ctx, x.ID, []byte(step.secret), step.until))
		if got := secrets(step.at); got != step.want {
			t.Errorf("after %s: %s sign, want %s", step.secret, got, step.want)
		}
	}
	is(t, c.RotateWebhook(ctx, x.ID, nil, now), Invalid)
	is(t, c.RotateWebhook(ctx, "none", []byte("a"), now), NotFound)
	if got, err := c.Webhook(ctx, x.ID); err != nil || got.Version != 1 {
		t.Errorf("a rotation changes what is edited: %+v, %v", got, err)
	}
	if events, _, err := c.Events(ctx, EventFilter{Subject: x.ID}, Page{}); err != nil || len(events) != 8 || strings.Contains(fmt.Sprint(events), "secret") {
		t.Errorf("audit trail %v, %v", events, err)
	}
	ok(t, c.DeleteWebhook(ctx, x.ID, 1))
	_, err := c.WebhookSecrets(ctx, x.ID, now)
	is(t, err, NotFound)
}

func testDeliveries(t *testing.T, s *Store) {
	c, ctx := fill(t, s, "one").scope, t.Context()
	var hooks [2]Webhook
	for i := range hooks {
		hooks[i] = Webhook{URL: "https://shop.example", Active: true}
		ok(t, c.CreateWebhook(ctx, &hooks[i]))
	}
	body := []byte(`{"a": 1}`)
	made, err := c.CreateDeliveries(ctx, []ID{hooks[0].ID, hooks[1].ID}, PlanReady, body)
	ok(t, err)
	if len(made) != 2 || made[0].Event != made[1].Event || made[0].ID == made[1].ID || len(made[0].Event) != idLength {
		t.Fatalf("made %+v", made)
	}
	x := made[0]
	get := func() *Delivery {
		t.Helper()
		got, err := c.Delivery(ctx, x.ID)
		ok(t, err)
		return got
	}
	if d := cmp.Diff(&x, get()); d != "" {
		t.Errorf("made and read differ (-made +read):\n%s", d)
	}
	failing := func() time.Time {
		t.Helper()
		w, err := c.Webhook(ctx, hooks[0].ID)
		ok(t, err)
		if w.Version != 1 {
			t.Errorf("an attempt raised the webhook's version to %d", w.Version)
		}
		return w.Failing
	}
	at := time.UnixMilli(1764000000123).UTC()
	first := Attempt{Run: 1, Started: at, Took: 12 * time.Millisecond, Error: "no answer", Answer: "\xff\x00" + strings.Repeat("é", mostText)}
	ok(t, c.NoteAttempt(ctx, x.ID, first, Pending, at.Add(time.Minute)))
	second := Attempt{Run: 1, Started: at.Add(time.Hour), Took: time.Second, Status: 500, Error: "answered 500"}
	ok(t, c.NoteAttempt(ctx, x.ID, second, Failed, time.Time{}))
	if got := failing(); !got.Equal(at) {
		t.Errorf("failing since %v, want the first failure, %v", got, at)
	}
	got := get()
	if got.State != Failed || !got.Due.IsZero() || len(got.Attempts) != 2 || len(got.Attempts[0].Answer) > 2*mostText || !strings.HasPrefix(got.Attempts[0].Answer, "\uFFFD\uFFFDé") {
		t.Errorf("given up: %+v", got)
	}
	if d := cmp.Diff(second, got.Attempts[1]); d != "" {
		t.Errorf("noted and read differ (-noted +read):\n%s", d)
	}

	// Anew, while the run before still ends.
	again, err := c.Redeliver(ctx, x.ID)
	ok(t, err)
	if again.State != Pending || again.Run != 2 || len(again.Attempts) != 2 || again.Event != x.Event {
		t.Errorf("anew: %+v", again)
	}
	ok(t, c.NoteAttempt(ctx, x.ID, Attempt{Run: 1, Started: at, Error: "late"}, Failed, time.Time{}))
	ok(t, c.GiveUp(ctx, x.ID, 1))
	if got := get(); got.State != Pending || len(got.Attempts) != 3 {
		t.Errorf("the run before changed the state: %+v", got)
	}
	ok(t, c.NoteAttempt(ctx, x.ID, Attempt{Run: 2, Started: at, Status: 200}, Delivered, time.Time{}))
	ok(t, c.NoteAttempt(ctx, x.ID, Attempt{Run: 2, Started: at, Error: "late"}, Pending, at))
	if got := get(); got.State != Delivered || !got.Due.IsZero() || len(got.Attempts) != 5 {
		t.Errorf("delivered: %+v", got)
	}
	ok(t, c.NoteAttempt(ctx, x.ID, Attempt{Run: 2, Started: at, Status: 204}, Delivered, time.Time{}))
	if got := failing(); !got.IsZero() {
		t.Errorf("failing since %v after a success", got)
	}
	ok(t, c.GiveUp(ctx, made[1].ID, 1))

	// The log has the newest first.
	var ids []ID
	for range 4 {
		more, err := c.CreateDeliveries(ctx, []ID{hooks[0].ID}, PlanFailed, body)
		ok(t, err)
		ids = append(ids, more[0].ID)
		time.Sleep(2 * time.Millisecond) // so that no two are of the same
	}
	slices.Reverse(ids)
	var listed []ID
	for page := (Page{Limit: 3}); ; {
		list, next, err := c.Deliveries(ctx, DeliveryFilter{Webhook: hooks[0].ID}, page)
		ok(t, err)
		for i := range list {
			listed = append(listed, list[i].ID)
			if list[i].ID == x.ID && len(list[i].Attempts) != 6 {
				t.Errorf("listed with %d attempts, want 6", len(list[i].Attempts))
			}
		}
		if page.After = next; next == "" {
			break
		}
	}
	if d := cmp.Diff(append(ids, x.ID), listed); d != "" {
		t.Errorf("the log (-want +got):\n%s", d)
	}
	for _, f := range []struct {
		DeliveryFilter
		n int
	}{{DeliveryFilter{Event: x.Event}, 2}, {DeliveryFilter{Type: PlanFailed}, 4}, {DeliveryFilter{State: Failed}, 1}, {DeliveryFilter{State: Delivered, Webhook: hooks[1].ID}, 0}, {DeliveryFilter{}, 6}} {
		if list, _, err := c.Deliveries(ctx, f.DeliveryFilter, Page{}); err != nil || len(list) != f.n {
			t.Errorf("%+v: %d, want %d, %v", f.DeliveryFilter, len(list), f.n, err)
		}
	}

	is(t, c.NoteAttempt(ctx, "none", Attempt{}, Failed, time.Time{}), NotFound)
	_, err = c.Redeliver(ctx, "none")
	is(t, err, NotFound)
	_, err = c.CreateDeliveries(ctx, []ID{"none"}, PlanReady, body)
	is(t, err, Invalid)
	for event, body := range map[EventType]string{"plan.eaten": "a", PlanReady: ""} {
		_, err = c.CreateDeliveries(ctx, []ID{hooks[0].ID}, event, []byte(body))
		is(t, err, Invalid)
	}

	// What is pending stays.
	if n, err := c.ForgetDeliveries(ctx, time.UnixMilli(0)); err != nil || n != 0 {
		t.Errorf("forgot %d, %v", n, err)
	}
	if n, err := c.ForgetDeliveries(ctx, time.Now().Add(time.Hour)); err != nil || n != 2 {
		t.Errorf("forgot %d, want 2, %v", n, err)
	}
	ok(t, c.DeleteWebhook(ctx, hooks[0].ID, 1))
	if list, _, err := c.Deliveries(ctx, DeliveryFilter{}, Page{}); err != nil || len(list) > 0 {
		t.Errorf("left after their webhook: %v, %v", list, err)
	}
}

// Attempts that end at once are all in the log, each once.
func testConcurrentAttempts(t *testing.T, s *Store) {
	c, ctx := fill(t, s, "one").scope, t.Context()
	x := Webhook{URL: "https://shop.example", Active: true}
	ok(t, c.CreateWebhook(ctx, &x))
	made, err := c.CreateDeliveries(ctx, []ID{x.ID}, PlanReady, []byte("{}"))
	ok(t, err)
	const n = 8
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := c.NoteAttempt(ctx, made[0].ID, Attempt{Run: 1, Started: time.Now(), Status: 500 + i, Error: "x"}, Pending, time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := c.Delivery(ctx, made[0].ID)
	ok(t, err)
	seen := map[int]bool{}
	for _, a := range got.Attempts {
		seen[a.Status] = true
	}
	if len(got.Attempts) != n || len(seen) != n {
		t.Errorf("%d attempts of %d are in the log", len(seen), n)
	}
}

// A webhook that is deleted in the moment of an event costs the event's transaction nothing: neither when it is gone after
// it was read, nor when its deletion is under way. On SQLite one writes after the other.
func testDeliveryOfDeleted(t *testing.T, s *Store) {
	p, isPostgres := s.backend.(*postgres)
	if !isPostgres {
		return
	}
	for _, underWay := range []bool{false, true} {
		w := fill(t, s, fmt.Sprint("under way: ", underWay))
		c, ctx := w.scope, t.Context()
		x := Webhook{URL: "https://shop.example", Active: true}
		ok(t, c.CreateWebhook(ctx, &x))
		remove := func(wait func()) chan error {
			removed, done := make(chan struct{}), make(chan error, 1)
			go func() {
				done <- c.Together(ctx, func(c *Scope) error {
					defer close(removed)
					if err := c.DeleteWebhook(ctx, x.ID, 1); err != nil {
						return err
					}
					if wait == nil {
						return nil
					}
					removed <- struct{}{}
					wait()
					return nil
				})
			}()
			<-removed
			return done
		}
		var done chan error
		tries := 0
		ok(t, c.Together(ctx, func(c *Scope) error {
			hooks, _, err := c.Webhooks(ctx, WebhookFilter{}, Page{})
			if err != nil {
				return err
			}
			if tries++; tries == 1 && underWay {
				done = remove(func() { // until the delivery waits for the deletion
					for waiting := 0; waiting == 0; {
						if err := p.connections.QueryRow(ctx, `select count(*) from pg_locks where not granted`).Scan(&waiting); err != nil {
							t.Error(err)
							return
						}
					}
				})
			} else if tries == 1 {
				done = remove(nil)
				if err := <-done; err != nil {
					return err
				}
				close(done)
			}
			var ids []ID
			for i := range hooks {
				ids = append(ids, hooks[i].ID)
			}
			if _, err := c.CreateDeliveries(ctx, ids, OrderReceived, []byte("{}")); err != nil {
				return err
			}
			_, err = c.PutOrders(ctx, w.sale, w.orders("a"))
			return err
		}))
		ok(t, <-done)
		if tries != 2 {
			t.Errorf("%d tries, want a second: the first did not meet the deletion", tries)
		}
		if orders, _, err := c.Orders(ctx, OrderFilter{}, Page{}); err != nil || len(orders) != 1 {
			t.Errorf("orders %v, %v", orders, err)
		}
	}
}
