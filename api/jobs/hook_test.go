package jobs_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"carriole/api/hook"
	"carriole/api/internal/worldtest"
	"carriole/api/jobs"
	"carriole/api/store"
)

// An event is delivered by whoever works jobs off: again after a failure, and not when its transaction comes to nothing.
func TestWebhooks(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		var calls atomic.Int64
		type call struct {
			header http.Header
			body   []byte
		}
		arrived := make(chan call, 10)
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			if calls.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			arrived <- call{r.Header, body}
		}))
		t.Cleanup(receiver.Close)

		ctx := t.Context()
		var kinds jobs.Kinds
		var hooks *hook.Service
		jobs.Handle(&kinds, func(ctx context.Context, job hook.Job) error {
			again, err := hooks.Deliver(ctx, job)
			if err == nil && again > 0 {
				return jobs.Later(again)
			}
			return err
		})
		q, s := queue(t, url, kinds, jobs.Options{})
		var err error
		hooks, err = hook.New(s, func(ctx context.Context, c *store.Scope, job hook.Job) error {
			return q.Add(ctx, c, job, time.Time{}, 0)
		},
			hook.Options{Allow: []string{"127.0.0.1"}})
		ok(t, err)
		w := worldtest.Fill(t, s, "here")
		webhook := store.Webhook{URL: receiver.URL, Active: true}
		secret, err := hooks.Create(ctx, w.Scope, &webhook)
		ok(t, err)
		start(t, q)

		if err := w.Scope.Together(ctx, func(c *store.Scope) error {
			if err := hooks.Tell(ctx, c, "plan.failed", []byte(`{"sale": "undone"}`)); err != nil {
				return err
			}
			return context.Canceled
		}); err == nil {
			t.Fatal("it was done")
		}
		ok(t, w.Scope.Together(ctx, func(c *store.Scope) error {
			return hooks.Tell(ctx, c, "plan.failed", []byte(`{"sale": "s", "reason": "no round runs", "faults": [{"path": "places[x].at", "message": "is not known"}]}`))
		}))
		first, second := <-arrived, <-arrived
		v, err := standard.NewWebhook(secret)
		ok(t, err)
		for _, c := range []call{first, second} {
			if err := v.Verify(c.body, c.header); err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(string(first.body), `"path":"places[x].at"`) {
			t.Errorf("sent %s", first.body)
		}
		if a, b := first.header.Get("webhook-id"), second.header.Get("webhook-id"); a == "" || a != b || string(first.body) != string(second.body) {
			t.Errorf("sent %s %s, and then %s %s", a, first.body, b, second.body)
		}
		for range 1200 { // until it is noted
			list, _, err := w.Scope.Deliveries(ctx, store.DeliveryFilter{}, store.Page{})
			ok(t, err)
			if len(list) != 1 || list[0].State == store.Failed {
				t.Fatalf("log %+v", list)
			}
			if d := list[0]; d.State == store.Delivered {
				if len(d.Attempts) != 2 || d.Attempts[0].Status != 503 || d.Attempts[1].Status != 200 {
					t.Errorf("log %+v", d)
				}
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal("the delivery is never noted")
	})
}
