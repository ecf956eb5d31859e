package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carriole/api/store"
)

// What planning has to tell is sent by those who work jobs off, with the flags as they are given.
func TestWebhookFlags(t *testing.T) {
	arrived := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		arrived <- string(body)
	}))
	t.Cleanup(receiver.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	url := "sqlite:" + filepath.Join(t.TempDir(), "carriole.db")
	s, err := store.Open(ctx, url)
	must(err)
	t.Cleanup(func() { must(s.Close()) })
	_, err = migrate(ctx, s)
	must(err)
	flags := workerFlags{Short: 1, Long: 1, Lease: leastLease, webhookFlags: webhookFlags{WebhookAllow: []string{"127.0.0.0/8"}, WebhookKey: strings.Repeat("k", 32)}}
	q, hooks, err := flags.queue(s, slog.New(slog.DiscardHandler))
	must(err)

	collective := store.Collective{Name: "c"}
	must(s.CreateCollective(ctx, &collective, "test"))
	c := s.In(collective.ID, "test")
	sale := store.Sale{Ref: "w48", Name: "Semaine 48", Distribution: "2026-11-27"}
	must(c.CreateSale(ctx, &sale))
	_, err = hooks.Create(ctx, c, &store.Webhook{URL: receiver.URL, Active: true})
	must(err)
	must(q.Start(ctx))
	t.Cleanup(func() { must(stopWork(ctx, q, time.Second)) })
	_, err = q.Planning.Close(ctx, c, sale.ID)
	must(err)
	if body := <-arrived; !strings.Contains(body, `"type":"plan.`) || !strings.Contains(body, `"sale":"`+string(sale.ID)+`","sale_ref":"w48"`) {
		t.Errorf("told %s", body)
	}

	// So is what another process imports.
	file := filepath.Join(t.TempDir(), "orders.csv")
	must(os.WriteFile(file, []byte("userId;userName;productName;ref;catalogName;catalogId;vendorId;price;quantity;fees;total;paid\n1;M;Tomme 300 g;TOM;Chèvrerie;8;13;6,20;2;0;12,40;true\n"), 0o600))
	place := store.Place{Name: "Salle"}
	must(c.CreatePlace(ctx, &place))
	must(c.CreatePickupPoint(ctx, &store.PickupPoint{Name: "Salle", Place: place.ID, Active: true}))
	if code := run([]string{"import", file, "--database-url", url, "--sale", string(sale.ID), "--place", "Salle", "--create", "--yes"}); code != exitDone {
		t.Fatalf("import ends with %d", code)
	}
	for body := range arrived {
		if strings.Contains(body, `"type":"order.received"`) {
			if !strings.Contains(body, `"orders":{"created":1,"replaced":0,"cancelled":0,`) {
				t.Errorf("told %s", body)
			}
			break
		}
	}

	for _, wrong := range []webhookFlags{{WebhookAllow: []string{"https://shop.lan"}}, {WebhookKey: "short"}} {
		flags.webhookFlags = wrong
		if _, _, err := flags.queue(s, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
}
