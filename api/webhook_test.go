package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"carriole/api/hook"
	"carriole/api/store"
)

// A marketplace receives what a service sends when the test runs the service's jobs.
type marketplace struct {
	url    string
	bodies []string
	last   http.Header
	status int // of the answers

	hooks *hook.Service
	jobs  []hook.Job
}

func (m *marketplace) enqueue(_ context.Context, _ *store.Scope, job hook.Job) error {
	m.jobs = append(m.jobs, job)
	return nil
}

// work runs the jobs that are there.
func (m *marketplace) work(t *testing.T) {
	t.Helper()
	for _, job := range m.jobs {
		_, err := m.hooks.Deliver(t.Context(), job)
		check(t, err)
	}
	m.jobs = nil
}

// verifies whether the last call is signed with a secret.
func (m *marketplace) verifies(t *testing.T, secret string) bool {
	t.Helper()
	v, err := standard.NewWebhook(secret)
	check(t, err)
	return v.Verify([]byte(m.bodies[len(m.bodies)-1]), m.last) == nil
}

// withMarketplace runs a test on a service in each database that may call a marketplace on this machine.
func withMarketplace(t *testing.T, test func(t *testing.T, x *site, m *marketplace)) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			m := &marketplace{status: http.StatusOK}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				m.bodies, m.last = append(m.bodies, string(body)), r.Header
				w.WriteHeader(m.status)
				io.WriteString(w, "thanks")
			}))
			t.Cleanup(server.Close)
			m.url = server.URL
			s := openStore(t, database.url(t))
			var err error
			m.hooks, err = hook.New(s, m.enqueue, hook.Options{Allow: []string{"127.0.0.1"}})
			check(t, err)
			test(t, serve(t, s, func(c *Config) { c.Hooks = m.hooks }), m)
		})
	}
}

func TestWebhooks(t *testing.T) {
	withMarketplace(t, func(t *testing.T, x *site, m *marketplace) {
		x.as = Marketplace
		made := x.want(http.StatusCreated, "POST", "/v1/webhooks", map[string]any{"url": m.url, "events": []string{"plan.published"}})
		at, secret := made.Header.Get("Location"), made.field(t, "secret")
		if !strings.HasPrefix(secret, "whsec_") || at != "/v1/webhooks/"+made.field(t, "id") {
			t.Fatalf("made %s at %s", made.body, at)
		}
		for _, path := range []string{at, "/v1/webhooks", "/v1/webhooks?active=true", "/v1/events"} {
			if got := x.send("GET", path, nil); strings.Contains(string(got.body), secret) || path == at && got.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", path, got.body)
			}
		}

		tested := x.want(http.StatusAccepted, "POST", at+"/test", nil)
		m.work(t)
		if !m.verifies(t, secret) || !strings.Contains(m.bodies[0], `"webhook.test"`) {
			t.Errorf("received %s, %v", m.bodies, m.last)
		}
		var d delivery
		x.want(http.StatusOK, "GET", "/v1/deliveries/"+tested.field(t, "id"), nil).into(t, &d)
		if d.State != store.Delivered || string(d.Event) != m.last.Get("webhook-id") || string(d.Body) != m.bodies[0] || len(d.Attempts) != 1 || d.Attempts[0].Status != 200 || d.Attempts[0].Answer != "thanks" {
			t.Errorf("logged %+v", d)
		}

		rotated := x.want(http.StatusOK, "POST", at+"/rotate", nil).field(t, "secret")
		m.status = http.StatusServiceUnavailable
		x.want(http.StatusAccepted, "POST", "/v1/deliveries/"+string(d.ID)+"/redeliver", nil)
		m.work(t)
		if !m.verifies(t, secret) || !m.verifies(t, rotated) || m.bodies[1] != m.bodies[0] || m.last.Get("webhook-id") != string(d.Event) {
			t.Errorf("received anew %s, %v", m.bodies, m.last)
		}
		var log list[delivery]
		x.want(http.StatusOK, "GET", at+"/deliveries?state=pending&type=webhook.test", nil).into(t, &log)
		if len(log.Items) != 1 || log.Items[0].Run != 2 || log.Items[0].Due == nil || len(log.Items[0].Attempts) != 2 || log.Items[0].Attempts[1].Error == "" {
			t.Errorf("log %+v", log)
		}
		var w webhook
		got := x.want(http.StatusOK, "GET", at, nil)
		if got.into(t, &w); w.Failing == nil || got.Header.Get("ETag") != `"1"` {
			t.Errorf("%s, ETag %s", got.body, got.Header.Get("ETag"))
		}
		after := x.want(http.StatusOK, "POST", at+"/rotate", map[string]any{"overlap_s": 0}).field(t, "secret")
		m.status = http.StatusOK
		x.want(http.StatusAccepted, "POST", at+"/test", nil)
		m.work(t)
		if m.verifies(t, rotated) || !m.verifies(t, after) {
			t.Error("the old secret still signs")
		}

		x.want(http.StatusOK, "PATCH", at, `{"active": false}`, "If-Match", `"1"`, "Content-Type", "application/merge-patch+json")
		x.want(http.StatusConflict, "POST", at+"/test", nil)
		x.want(http.StatusConflict, "POST", "/v1/deliveries/"+string(d.ID)+"/redeliver", nil)
		x.want(http.StatusNoContent, "DELETE", at, nil, "If-Match", `"2"`)
		x.want(http.StatusNotFound, "GET", at+"/deliveries", nil)
		x.want(http.StatusNotFound, "GET", "/v1/deliveries/"+string(d.ID), nil)
	})
}

// Each accepted call that changes orders is one event, in the transaction of the orders.
func TestOrdersAreTold(t *testing.T) {
	withMarketplace(t, func(t *testing.T, site *site, m *marketplace) {
		x := openShop(site)
		sale, err := x.scope.Sale(t.Context(), x.sale)
		check(t, err)
		sale.Ref = "w48"
		check(t, x.scope.UpdateSale(t.Context(), sale))
		line := `"pickup_point_ref": "hall", "lines": [{"product_ref": "fraises-500", "quantity": 1}]`
		two := `{"orders": [{"ref": "A-1", ` + line + `}, {"ref": "A-2", ` + line + `}]}`
		x.want(http.StatusOK, "POST", x.path(), two)
		if m.work(t); len(m.bodies) > 0 {
			t.Errorf("nobody wanted %s", m.bodies)
		}
		x.want(http.StatusCreated, "POST", "/v1/webhooks", map[string]any{"url": m.url, "events": []string{"order.received"}})

		var out putResult
		keyed := func(status int) *answer {
			return x.want(status, "POST", x.path(), `{"orders": [{"ref": "A-1", `+line+`}, {"ref": "A-2", "lines": []}, {"ref": "A-3", `+line+`}]}`, "Idempotency-Key", "k")
		}
		keyed(http.StatusOK).into(t, &out)
		keyed(http.StatusOK)                                                                                                                                                 // the answer again
		x.want(http.StatusOK, "POST", x.path(), `{"orders": [{"ref": "A-3", `+line+`}]}`)                                                                                    // as it was
		x.want(http.StatusUnprocessableEntity, "POST", x.path(), `{"orders": [{"ref": "A-4", "pickup_point_ref": "hall", "lines": [{"product_ref": "?", "quantity": 1}]}]}`) // refused
		at := "/v1/orders/" + string(out.Orders[2].ID)
		x.want(http.StatusOK, "PATCH", at, `{"lines": [{"product": "`+string(x.product)+`", "quantity": 3}]}`, "If-Match", "*", "Content-Type", "application/merge-patch+json")
		x.want(http.StatusNoContent, "DELETE", at, nil, "If-Match", "*")
		file := "userId;userName;productName;ref;catalogName;catalogId;vendorId;price;quantity;fees;total;paid\n1;M;Tomme 300 g;TOM;Chèvrerie;8;13;6,20;2;0;12,40;true\n"
		doc := map[string]any{"sale": x.sale, "content": []byte(file), "pickup_point": x.point, "create": true}
		x.want(http.StatusOK, "POST", "/v1/imports/preview", doc)
		x.want(http.StatusOK, "POST", "/v1/imports", doc)
		x.want(http.StatusOK, "POST", "/v1/imports", doc) // as it was
		imported, _, err := x.scope.Orders(t.Context(), store.OrderFilter{Sale: x.sale}, store.Page{})
		check(t, err)
		m.work(t)
		var got []hook.Orders
		for _, body := range m.bodies {
			var p hook.Payload
			if err := json.Unmarshal([]byte(body), &p); err != nil || p.Type != store.OrderReceived || p.Data.Sale != x.sale || p.Data.SaleRef != "w48" {
				t.Errorf("%s, %v", body, err)
			}
			got = append(got, *p.Data.Orders)
		}
		third := out.Orders[2].ID
		want := []hook.Orders{{Created: 1, Cancelled: 1, IDs: []store.ID{out.Orders[1].ID, third}}, {Replaced: 1, IDs: []store.ID{third}}, {Cancelled: 1, IDs: []store.ID{third}},
			{Created: 1, IDs: []store.ID{imported[len(imported)-1].ID}}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
	})
}

func TestWebhookRefusals(t *testing.T) {
	withMarketplace(t, func(t *testing.T, x *site, m *marketplace) {
		for url, fault := range map[string]string{"http://shop.example/": "plain HTTP", "https://169.254.169.254/latest": "not a public address", "https://shop.example:22/": "port 22", "nowhere": "no address"} {
			a := x.want(http.StatusUnprocessableEntity, "POST", "/v1/webhooks", map[string]any{"url": url})
			var p Problem
			if a.into(t, &p); len(p.Errors) != 1 || p.Errors[0].Location != "url" || !strings.Contains(p.Errors[0].Message, fault) {
				t.Errorf("%s: %s", url, a.body)
			}
		}
		x.want(http.StatusUnprocessableEntity, "POST", "/v1/webhooks", map[string]any{"url": m.url, "events": []string{"plan.eaten"}})
		made := x.want(http.StatusCreated, "POST", "/v1/webhooks", map[string]any{"url": m.url})
		at := made.Header.Get("Location")
		d := x.want(http.StatusAccepted, "POST", at+"/test", nil).field(t, "id")
		x.want(http.StatusUnprocessableEntity, "PUT", at, map[string]any{"url": "https://10.0.0.1/"}, "If-Match", `"1"`)
		x.want(http.StatusUnprocessableEntity, "POST", at+"/rotate", map[string]any{"overlap_s": -1})

		_, others := newCollective(t, x.store, "Other")
		mine := x.tokens
		for _, who := range []struct {
			tokens map[Role]string
			role   Role
			status int
		}{{mine, Reader, 403}, {mine, Producer, 403}, {mine, Nobody, 401}, {others, Coordinator, 404}, {others, Marketplace, 404}} {
			x.tokens, x.as = who.tokens, who.role
			for _, call := range []string{"GET " + at, "DELETE " + at, "POST " + at + "/rotate", "POST " + at + "/test", "GET " + at + "/deliveries", "GET /v1/deliveries/" + d, "POST /v1/deliveries/" + d + "/redeliver"} {
				method, path, _ := strings.Cut(call, " ")
				x.want(who.status, method, path, nil, "If-Match", `"1"`)
			}
		}
	})
}

// The document tells receivers what comes.
func TestWebhooksAreDocumented(t *testing.T) {
	x := onSQLite(t)
	var doc struct {
		Webhooks   map[string]jsontext.Value `json:"webhooks"`
		Components struct {
			Schemas map[string]jsontext.Value `json:"schemas"`
		} `json:"components"`
	}
	x.want(http.StatusOK, "GET", "/openapi.json", nil).into(t, &doc)
	for _, e := range []store.EventType{store.OrderReceived, store.PlanReady, store.PlanProposed, store.PlanPublished, store.PlanFailed, store.WebhookTest} {
		if !strings.Contains(string(doc.Webhooks[string(e)]), "WebhookPayload") {
			t.Errorf("%s: %s", e, doc.Webhooks[string(e)])
		}
	}
	if !strings.Contains(string(doc.Components.Schemas["WebhookData"]), "WebhookFigures") {
		t.Errorf("schemas %s", doc.Components.Schemas["WebhookData"])
	}
}
