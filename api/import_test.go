package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carriole/api/intake"
	"carriole/api/store"
)

// A file of Cagette goes in over HTTP as it does elsewhere: seen first, corrected, then imported.
func TestImport(t *testing.T) {
	onEach(t, func(t *testing.T, site *site) {
		x := openShop(site)
		x.as = Marketplace
		file := "userId;userName;productName;ref;catalogName;catalogId;vendorId;price;quantity;fees;total;paid\n" +
			`"1";"Marie DUPONT";"Tomme "fermière" 300 g";"TOM";"Chèvrerie";"8";"13";"6,20";"1.5";"0";"9,30";"true"` + "\n" +
			`"2";"Jean MARTIN";"Tomme "fermière" 300 g";"TOM";"Chèvrerie";"8";"13";"6,20";"beaucoup";"0";"9,30";"true"` + "\n"
		doc := map[string]any{"name": "Export-commandes-2026-11-27-Cagette.csv", "content": base64.StdEncoding.EncodeToString([]byte(file)), "pickup_point": x.point, "create": true}
		var seen importResult
		x.want(http.StatusOK, "POST", "/v1/imports/preview", doc).into(t, &seen)
		if seen.Written || seen.Format != intake.CagetteOrders || seen.Sale != x.sale || len(seen.Rows) != 1 || seen.Rows[0].Kg != 450 || len(seen.Proposals) != 2 {
			t.Errorf("seen %+v", seen)
		}
		if diff := cmp.Diff([]importFault{{3, "quantity", `"beaucoup" is no number: it must be like 2 or 1.5`}}, seen.Faults); diff != "" {
			t.Error(diff)
		}
		refused := x.want(http.StatusUnprocessableEntity, "POST", "/v1/imports", doc)
		if body := string(refused.body); !strings.Contains(body, `"location":"line 3, quantity"`) || strings.Contains(body, "MARTIN") {
			t.Errorf("refused with %s", body)
		}
		// The cheese is heavier than its name says, and the producer is one who is known.
		own := x.ownProducer()
		doc["partial"] = true
		doc["proposals"] = []any{
			map[string]any{"kind": "producer", "key": seen.Proposals[0].Key, "id": own},
			map[string]any{"kind": "product", "key": string(own) + "/tomme fermiere 300 g", "kg": 0.32, "class": "chilled"}}
		var out importResult
		x.want(http.StatusOK, "POST", "/v1/imports", doc).into(t, &out)
		if !out.Written || out.Put.Created != 1 || out.Products.Created != 1 || len(out.Faults) != 1 {
			t.Errorf("imported %+v", out)
		}
		products, _, err := x.scope.Products(t.Context(), store.ProductFilter{Ref: "TOM"}, store.Page{})
		if err != nil || len(products) != 1 || products[0].Grams != 320 || products[0].Producer != own {
			t.Errorf("products %+v, %v", products, err)
		}
		// What was said is kept, and can be seen and taken back.
		var aliases list[importAlias]
		x.want(http.StatusOK, "GET", "/v1/import-aliases?kind=producer", nil).into(t, &aliases)
		if len(aliases.Items) != 1 || aliases.Items[0].Name != "#13" || aliases.Items[0].Producer != own {
			t.Errorf("aliases %+v", aliases)
		}
		var mappings list[importMapping]
		x.want(http.StatusOK, "GET", "/v1/import-mappings", nil).into(t, &mappings)
		if len(mappings.Items) != 1 || mappings.Items[0].Columns[1] != (importColumn{"userName", "personal"}) {
			t.Errorf("mappings %+v", mappings)
		}
		delete(doc, "proposals")
		x.want(http.StatusOK, "POST", "/v1/imports", doc).into(t, &out)
		if out.Put.Unchanged != 1 || len(out.Proposals) != 0 {
			t.Errorf("again %+v", out)
		}
	})
}

// What is no file, or names what is not there, is refused with its place.
func TestImportFaults(t *testing.T) {
	x := openShop(onSQLite(t))
	file := base64.StdEncoding.EncodeToString([]byte("produit;quantité\nPain;1\n"))
	for _, c := range []struct {
		doc    map[string]any
		status int
		want   string
	}{
		{map[string]any{"content": base64.StdEncoding.EncodeToString([]byte("PK\x03\x04"))}, 422, `save it as CSV`},
		{map[string]any{"content": "%%%"}, 422, `base64`},
		{map[string]any{}, 422, `content`},
		{map[string]any{"content": file, "sale": "nosuch"}, 404, `No sale has the id`},
		{map[string]any{"content": file, "sale": x.sale, "columns": []any{map[string]any{"header": "Nosuch", "field": "product"}}}, 422, `"location":"columns[0].header"`},
		{map[string]any{"content": file, "sale": x.sale, "columns": []any{map[string]any{"header": "produit", "field": "nonsense"}}}, 422, `columns[0].field`},
		{map[string]any{"content": file, "sale": x.sale, "proposals": []any{map[string]any{"kind": "product", "key": "x", "id": "nosuch"}}}, 422, `"location":"proposals[0].id"`},
		{map[string]any{"content": file, "sale": x.sale}, 422, `"location":"line 2"`},
	} {
		a := x.want(c.status, "POST", "/v1/imports", c.doc)
		if !strings.Contains(string(a.body), c.want) {
			t.Errorf("%v: %s, want %s", c.doc, a.body, c.want)
		}
	}
}

// A network's webhook makes the sale by its secret path alone; its report brings the orders.
func TestReceiveOFN(t *testing.T) {
	network := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Token") != "sesame" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, `{"data": [{"hub": "Salle", "customer_code": "C1", "last_name": "DUPONT", "supplier": "Chazelle", "product": "Fraises", "variant": "500g", "weight": "0.5", "quantity": 3, "price": "10.5", "temp_controlled": false}]}`)
	}))
	defer network.Close()
	var scheduled []time.Time
	x := openShop(onSQLite(t, func(c *Config) {
		c.OFN = intake.OFN{Private: true, Tries: 1}
		c.SchedulePull = func(_ context.Context, _ *store.Scope, _ store.ID, at time.Time) error {
			scheduled = append(scheduled, at.UTC())
			return nil
		}
	}))
	made := x.want(http.StatusCreated, "POST", "/v1/ofn-connections", map[string]any{"base_url": network.URL, "token": "sesame", "distribution_after_days": 2, "pull_after_min": 10})
	receiver, at := made.field(t, "receiver"), made.Header.Get("Location")
	shown := x.want(http.StatusOK, "GET", at, nil)
	if !strings.HasPrefix(receiver, "/v1/ofn/ofn_") || strings.Contains(string(made.body), "sesame") || strings.Contains(string(shown.body), "sesame") || strings.Contains(string(shown.body), `"receiver"`) {
		t.Errorf("made %s, read %s", made.body, shown.body)
	}
	// A change without token leaves it.
	x.want(http.StatusOK, "PATCH", at, `{"pull_after_min": 15}`, "If-Match", shown.Header.Get("ETag"), "Content-Type", "application/merge-patch+json")

	event := `{"id": "e", "event": "order_cycle.opened", "at": "2025-11-20T08:00:00Z", "data": {"id": 77, "name": "Semaine 47", "orders_open_at": "2025-11-17T08:00:00+01:00", "orders_close_at": "2025-11-19T23:59:00+01:00", "coordinator_id": 3}}`
	x.as = Nobody
	x.want(http.StatusNotFound, "POST", receiver+"x", event)
	x.want(http.StatusUnprocessableEntity, "POST", receiver, `{"event": "order_cycle.opened"}`)
	x.want(http.StatusUnprocessableEntity, "POST", receiver, `nonsense`)
	x.want(http.StatusNoContent, "POST", receiver, event)
	x.want(http.StatusNoContent, "POST", receiver, `{"event": "payment.paid"}`)
	if len(scheduled) != 1 || scheduled[0].Format(time.RFC3339) != "2025-11-19T23:14:00Z" {
		t.Errorf("scheduled %v", scheduled)
	}
	x.as = Coordinator
	var sales list[sale]
	x.want(http.StatusOK, "GET", "/v1/sales?first=2025-11-21&last=2025-11-21", nil).into(t, &sales)
	if len(sales.Items) != 1 || sales.Items[0].Name != "Semaine 47" {
		t.Fatalf("sales %+v", sales)
	}
	var out importResult
	x.want(http.StatusOK, "POST", "/v1/sales/"+string(sales.Items[0].ID)+"/pull", nil).into(t, &out)
	if out.Put == nil || out.Put.Created != 1 || out.Kg != 1500 || len(out.Proposals) != 0 {
		t.Errorf("pulled %+v", out)
	}
	x.want(http.StatusConflict, "POST", "/v1/sales/"+string(x.sale)+"/pull", nil)

	rotated := x.want(http.StatusOK, "POST", at+"/rotate", nil)
	x.as = Nobody
	x.want(http.StatusNotFound, "POST", receiver, event)
	x.want(http.StatusNoContent, "POST", rotated.field(t, "receiver"), event)
	// A wrong token: what the network says comes through, the token does not.
	x.as = Coordinator
	now := x.want(http.StatusOK, "GET", at, nil)
	x.want(http.StatusOK, "PATCH", at, `{"token": "wrong"}`, "If-Match", now.Header.Get("ETag"), "Content-Type", "application/merge-patch+json")
	failed := x.want(http.StatusBadGateway, "POST", "/v1/sales/"+string(sales.Items[0].ID)+"/pull", nil)
	if !strings.Contains(string(failed.body), "api_reports") || strings.Contains(string(failed.body), "wrong") {
		t.Errorf("failed with %s", failed.body)
	}
}

func TestUsualWeights(t *testing.T) {
	x := onSQLite(t)
	x.as = Reader
	var usual list[usualWeight]
	x.want(http.StatusOK, "GET", "/v1/usual-weights", nil).into(t, &usual)
	if len(usual.Items) != len(intake.UsualWeights()) || usual.Items[0].Kg != 500 {
		t.Errorf("got %+v", usual)
	}
}
