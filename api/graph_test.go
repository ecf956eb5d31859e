package api

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carriole/api/dfc"
	"carriole/api/store"
)

func graphOf(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("dfc", "testdata", name))
	check(t, err)
	return string(b)
}

const asGraph = "application/ld+json"

func TestPlanGraph(t *testing.T) {
	x := onSQLite(t)
	x.as = Marketplace
	for _, name := range []string{"orders.jsonld", "nested.jsonld", "shipments.jsonld"} {
		t.Run(name, func(t *testing.T) {
			a := x.want(http.StatusOK, "POST", "/v1/graph/plan?seconds=1&base=https://shop.example/plan/", graphOf(t, name), "Content-Type", asGraph)
			if kind := a.Header.Get("Content-Type"); kind != asGraph {
				t.Errorf("the answer is %s", kind)
			}
			g, err := dfc.Read(strings.NewReader(string(a.body)), dfc.Options{})
			check(t, err)
			plan, faults := g.Transport(nil)
			if len(plan.Routes) == 0 || len(plan.Shipments) == 0 || faults != nil {
				t.Errorf("%+v, %v", plan, faults)
			}
			for _, n := range plan.Notes {
				if n.Kind != dfc.NoteWarning {
					t.Errorf("%+v", n)
				}
			}
			// The answer is a graph of the same orders, and can be posted again.
			before, err := dfc.Read(strings.NewReader(graphOf(t, name)), dfc.Options{})
			check(t, err)
			asked, _ := before.Orders(nil)
			still, _ := g.Orders(nil)
			if diff := cmp.Diff(len(asked.Orders), len(still.Orders)); diff != "" {
				t.Error(diff)
			}
			again := x.want(http.StatusOK, "POST", "/v1/graph/plan?seconds=1&base=https://shop.example/plan/", a.body, "Content-Type", asGraph)
			g, err = dfc.Read(strings.NewReader(string(again.body)), dfc.Options{})
			check(t, err)
			twice, _ := g.Transport(nil)
			if len(twice.Routes) != len(plan.Routes) || len(twice.Shipments) != len(plan.Shipments) {
				t.Errorf("%d routes with %d shipments, then %d with %d", len(plan.Routes), len(plan.Shipments), len(twice.Routes), len(twice.Shipments))
			}
		})
	}
}

func TestPlanGraphFaults(t *testing.T) {
	x := onSQLite(t)
	text := graphOf(t, "orders.jsonld")
	noPosition := strings.Replace(text, `"dfc-b:latitude": 44.1243, "dfc-b:longitude": 5.1804`, `"dfc-b:street": "Le Plan"`, 1)
	var p Problem
	x.want(http.StatusUnprocessableEntity, "POST", "/v1/graph/plan", noPosition, "Content-Type", asGraph).into(t, &p)
	want := []Fault{
		{"https://shop.example/places/goats", "its position is not known: give its address latitude and longitude (Le Plan, Bédoin)"},
		{"https://shop.example/vehicles/van", "the place that it is based at (basedAt) has no position in the graph: it cannot be used"},
	}
	if diff := cmp.Diff(want, p.Errors); diff != "" {
		t.Error(diff)
	}
	// In part: what is left is planned, and what was left out is noted.
	a := x.want(http.StatusOK, "POST", "/v1/graph/plan?partial=true&seconds=1", noPosition, "Content-Type", asGraph)
	g, err := dfc.Read(strings.NewReader(string(a.body)), dfc.Options{})
	check(t, err)
	plan, _ := g.Transport(nil)
	if len(plan.Shipments) != 1 {
		t.Errorf("%+v", plan)
	}
	for _, f := range want {
		noted := false
		for _, n := range plan.Notes {
			noted = noted || n == dfc.Note{About: f.Location, Kind: dfc.NoteFault, Text: f.Message}
		}
		if !noted {
			t.Errorf("%v is not noted: %+v", f, plan.Notes)
		}
	}
	for body, status := range map[string]int{
		`{"@context": "https://elsewhere.example/context"}`: http.StatusBadRequest,
		`{"@graph": [`: http.StatusBadRequest,
		`{}`:           http.StatusUnprocessableEntity,
	} {
		x.want(status, "POST", "/v1/graph/plan", body, "Content-Type", asGraph)
	}
	x.want(http.StatusUnprocessableEntity, "POST", "/v1/graph/plan?base=plan", text, "Content-Type", asGraph)
	x.want(http.StatusUnprocessableEntity, "POST", "/v1/graph/plan?seconds=3600", text, "Content-Type", asGraph)
	for _, role := range []Role{Producer, Reader} {
		x.as = role
		x.want(http.StatusForbidden, "POST", "/v1/graph/plan", text, "Content-Type", asGraph)
	}
}

func TestPutGraph(t *testing.T) {
	onEach(t, func(t *testing.T, x *site) {
		ctx := t.Context()
		sale := store.Sale{Ref: "https://shop.example/sessions/48", Name: "Semaine 48", Distribution: "2026-11-26"}
		check(t, x.scope.CreateSale(ctx, &sale))
		at := "/v1/sales/" + string(sale.ID) + "/orders"
		text := graphOf(t, "orders.jsonld")
		x.as = Marketplace

		var p Problem
		x.want(http.StatusUnprocessableEntity, "POST", at, text, "Content-Type", asGraph).into(t, &p)
		want := []Fault{}
		for _, name := range []string{"eggs", "cheese", "juice"} {
			want = append(want, Fault{"https://shop.example/products/" + name, "is no product here: make one with this ref, or send the orders with create=true"})
		}
		want = append(want, Fault{"https://shop.example/places/hall", "is no pickup point here: make one with this ref, or send the orders with create=true"})
		if diff := cmp.Diff(want, p.Errors); diff != "" {
			t.Error(diff)
		}

		var out putResult
		x.want(http.StatusOK, "POST", at+"?create=true", text, "Content-Type", asGraph, "Idempotency-Key", "k").into(t, &out)
		if diff := cmp.Diff(&made{3, 2, 1, 3}, out.Made); diff != "" || out.Created != 2 || out.Cancelled != 1 || out.Orders[0].Ref != "https://shop.example/orders/1" || len(out.Warnings) != 2 {
			t.Errorf("%+v %s", out, diff)
		}
		again := x.want(http.StatusOK, "POST", at+"?create=true", text, "Content-Type", asGraph, "Idempotency-Key", "k")
		if again.Header.Get("Idempotent-Replayed") != "true" {
			t.Error("not the first answer again")
		}
		x.want(http.StatusConflict, "POST", at, text, "Content-Type", asGraph, "Idempotency-Key", "k")

		// What is known now needs no create, and a change replaces.
		out = putResult{}
		x.want(http.StatusOK, "POST", at, strings.Replace(text, `"dfc-b:value": 3}`, `"dfc-b:value": 4}`, 1), "Content-Type", asGraph).into(t, &out)
		if out.Replaced != 1 || out.Unchanged != 2 || out.Made != nil {
			t.Errorf("%+v", out)
		}
		// All or nothing.
		x.want(http.StatusUnprocessableEntity, "POST", at, strings.Replace(strings.Replace(text, `"dfc-b:value": 3}`, `"dfc-b:value": 5}`, 1), "dfc-m:Dozen", "dfc-m:Furlong", 1), "Content-Type", asGraph)
		rows, _, err := x.scope.Orders(ctx, store.OrderFilter{Sale: sale.ID, Ref: "https://shop.example/orders/1"}, store.Page{})
		check(t, err)
		if len(rows) != 1 || len(rows[0].Lines) != 2 || rows[0].Lines[1].QuantityMilli != 4000 || *rows[0].Lines[1].Grams != 1200 {
			t.Errorf("%+v", rows)
		}
	})
}
