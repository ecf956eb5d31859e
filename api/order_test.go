package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carriole/api/store"
)

// A shop is a site with what is ordered.
type shop struct {
	*site
	sale, point, product store.ID
}

func openShop(x *site) *shop {
	x.t.Helper()
	ctx := x.t.Context()
	all, _, err := x.scope.Places(ctx, store.PlaceFilter{}, store.Page{})
	check(x.t, err)
	point := store.PickupPoint{Ref: "hall", Name: "Salle", Place: all[0].ID, Active: true}
	check(x.t, x.scope.CreatePickupPoint(ctx, &point))
	product := store.Product{Ref: "fraises-500", Producer: x.ownProducer(), Name: "Fraises", Unit: "500 g", Grams: 500, Millilitres: 1500, Active: true}
	check(x.t, x.scope.CreateProduct(ctx, &product))
	sale := store.Sale{Name: "Semaine 48", Distribution: "2026-11-27"}
	check(x.t, x.scope.CreateSale(ctx, &sale))
	return &shop{x, sale.ID, point.ID, product.ID}
}

func (x *shop) path() string { return "/v1/sales/" + string(x.sale) + "/orders" }

func (x *shop) kept(ref string) []store.OrderLine {
	x.t.Helper()
	rows, _, err := x.scope.Orders(x.t.Context(), store.OrderFilter{Sale: x.sale, Ref: ref}, store.Page{})
	check(x.t, err)
	if len(rows) != 1 {
		x.t.Fatalf("%d orders have the ref %s", len(rows), ref)
	}
	return rows[0].Lines
}

func pointer[T any](v T) *T { return &v }

func TestPutOrders(t *testing.T) {
	onEach(t, func(t *testing.T, site *site) {
		x := openShop(site)
		x.as = Marketplace
		doc := fmt.Sprintf(`{"orders": [
			{"ref": "A-1", "pickup_point": %q, "lines": [{"product": %q, "quantity": 2.5, "kg": 1.204, "price_cents": 700}, {"product_ref": "fraises-500", "quantity": 0}]},
			{"ref": "A-2", "pickup_point_ref": "hall", "lines": [{"product_ref": "fraises-500", "quantity": 1, "litres": 0.5, "kg": null}]},
			{"ref": "A-3", "at": {"lon": 5.0481, "lat": 44.0551001}, "lines": [{"product_ref": "fraises-500", "quantity": 1e0}]}]}`, x.point, x.product)
		var out putResult
		x.want(http.StatusOK, "POST", x.path(), doc).into(t, &out)
		if out.Created != 3 || len(out.Orders) != 3 || out.Orders[1].Ref != "A-2" || out.Orders[1].Status != store.PutCreated {
			t.Errorf("got %+v", out)
		}
		if diff := cmp.Diff([]store.OrderLine{{Product: x.product, QuantityMilli: 2500, Grams: pointer(int64(1204)), PriceCents: pointer(int64(700))}}, x.kept("A-1")); diff != "" {
			t.Error(diff)
		}
		one := x.want(http.StatusOK, "GET", "/v1/orders/"+string(out.Orders[2].ID), nil)
		if !strings.Contains(string(one.body), `"at":{"lon":5.0481,"lat":44.0551001}`) {
			t.Errorf("got %s", one.body)
		}

		// Again: unchanged, replaced, cancelled.
		again := strings.Replace(doc, `"quantity": 1, `, `"quantity": 3, `, 1)
		again = strings.Replace(again, `"quantity": 1e0`, `"quantity": 0`, 1)
		x.want(http.StatusOK, "POST", x.path(), again).into(t, &out)
		if out.Unchanged != 1 || out.Replaced != 1 || out.Cancelled != 1 || out.Created != 0 {
			t.Errorf("got %+v", out)
		}

		// One order by itself.
		at := "/v1/orders/" + string(out.Orders[1].ID)
		got := x.want(http.StatusOK, "GET", at, nil)
		x.want(http.StatusPreconditionFailed, "DELETE", at, nil, "If-Match", `"1"`)
		x.want(http.StatusNoContent, "DELETE", at, nil, "If-Match", got.Header.Get("ETag"))
		gone := x.want(http.StatusOK, "GET", at, nil)
		if !strings.Contains(string(gone.body), `"lines":[]`) {
			t.Errorf("the cancelled order is %s", gone.body)
		}
		back := x.want(http.StatusOK, "PUT", at, string(got.body), "If-Match", gone.Header.Get("ETag"))
		if !strings.Contains(string(back.body), `"quantity":3`) {
			t.Errorf("put back as %s", back.body)
		}
	})
}

func TestPutOrdersCSV(t *testing.T) {
	onEach(t, func(t *testing.T, site *site) {
		x := openShop(site)
		x.as = Marketplace
		text := "\ufeffref;pickup_point_ref;product_ref;quantity;kg;price_cents\nA-1;hall;fraises-500;2,5;1,25;700\nA-2;hall;fraises-500;1;;\nA-1;;fraises-500;1;;\nA-3;;;0;;\n"
		var out putResult
		x.want(http.StatusOK, "POST", x.path(), text, "Content-Type", "text/csv; charset=utf-8").into(t, &out)
		if out.Created != 2 || out.Cancelled != 1 {
			t.Errorf("got %+v", out)
		}
		if diff := cmp.Diff([]store.OrderLine{{Product: x.product, QuantityMilli: 2500, Grams: pointer(int64(1250)), PriceCents: pointer(int64(700))}, {Product: x.product, QuantityMilli: 1000}}, x.kept("A-1")); diff != "" {
			t.Error(diff)
		}
	})
}

// What is wrong is told with its place, all of it, and nothing is written.
func TestPutOrdersFaults(t *testing.T) {
	x := openShop(onSQLite(t))
	x.as = Marketplace
	good := `{"ref": "good", "pickup_point_ref": "hall", "lines": [{"product_ref": "fraises-500", "quantity": 1}]}`
	const csv = "text/csv"
	for _, c := range []struct {
		name, kind, body string
		status           int
		want             []string
	}{
		{"no JSON", "", `{"orders": [`, 400, []string{"orders: "}},
		{"nothing", "", ``, 400, nil},
		{"more after it", "", `{"orders": [` + good + `]} x`, 400, []string{": is no JSON"}},
		{"a list", "", `[` + good + `]`, 422, []string{": is a list"}},
		{"no orders", "", `{}`, 422, []string{"orders: is missing"}},
		{"none", "", `{"orders": []}`, 422, []string{"orders: has 0 orders"}},
		{"kinds and names", "", `{"Orders": 1, "orders": [` + good + `, 7, {"ref": 3, "pickup_point_ref": "hall", "lines": [{"Product": "x", "quantity": "1"}]}, {"ref": "b", "ref": "c", "lines": {}}]}`, 422,
			[]string{"Orders: is not known", "orders[1]: is a number", "orders[2].ref: is a number", "orders[2].lines[0].Product: is not known", "orders[2].lines[0].quantity: is a text", "orders[3].ref: is said twice", "orders[3].lines: is an object"}},
		{"numbers", "", `{"orders": [{"ref": "b", "at": {"lon": 1}, "lines": [{"product_ref": "fraises-500", "quantity": 1.0005}, {"product_ref": "fraises-500", "quantity": 1e30, "price_cents": 1.5}, {"product_ref": "fraises-500"}]}]}`, 422,
			[]string{"orders[0].at: must have lon and lat", "orders[0].lines[0].quantity: 1.0005 has more than 3 decimals", "orders[0].lines[1].quantity: 1e30 is too large", "orders[0].lines[1].price_cents: 1.5 has more than 0 decimals", "orders[0].lines[2].quantity: is missing"}},
		{"refs", "", `{"orders": [` + good + `, {"ref": "b", "pickup_point_ref": "nowhere", "lines": [{"product_ref": "nothing", "quantity": 1}]}]}`, 422,
			[]string{`orders[1].pickup_point_ref: no pickup point has the ref "nowhere"`, `orders[1].lines[0].product_ref: no product has the ref "nothing"`}},
		{"ids", "", `{"orders": [` + good + `, {"ref": "b", "pickup_point": "x", "lines": [{"product": "y", "quantity": 1}]}]}`, 422,
			[]string{`orders[1].pickup_point: no pickup point has the id "x"`, `orders[1].lines[0].product: no product has the id "y"`}},
		{"both", "", `{"orders": [{"ref": "b", "pickup_point": "x", "pickup_point_ref": "hall", "lines": []}]}`, 422, []string{"orders[0].pickup_point: is named by its id and by its ref"}},
		{"amounts", "", `{"orders": [{"ref": "b", "pickup_point_ref": "hall", "lines": [{"product_ref": "fraises-500", "quantity": 1, "kg": -1}]}]}`, 422, []string{"orders[0].lines[0].kg: "}},
		{"an order alone", "", good, 422, []string{"ref: is not known", "pickup_point_ref: is not known", "lines: is not known", `orders: is missing: send {"orders": […]}`}},
		{"all at once", "", `{"orders": [{"ref": "", "pickup_point_ref": "nowhere", "lines": [{"product_ref": "nothing", "quantity": -1, "kg": "x"}, {"product": "y", "quantity": 1}]}, ` + good + `, ` + good + `]}`, 422,
			[]string{"orders[0].ref: is empty", `orders[0].pickup_point_ref: no pickup point has the ref "nowhere"`, `orders[0].lines[0].product_ref: no product has the ref "nothing"`, "orders[0].lines[0].quantity: -1 is not possible: it must be from 0 to 1000000000",
				"orders[0].lines[0].kg: is a text", `orders[0].lines[1].product: no product has the id "y"`, `orders[2].ref: "good" is the ref of orders[1] already`}},
		{"twice", "", `{"orders": [` + good + `, ` + good + `]}`, 422, []string{`orders[1].ref: "good" is the ref of orders[0] already`}},
		{"zero bytes", "", `{"orders": [{"ref": "a\u0000", "pickup_point": "\u0000", "lines": []}]}`, 422, []string{"orders[0].ref: is not text", "orders[0].pickup_point: is not text"}},

		{"empty CSV", csv, "", 400, nil},
		{"columns", csv, "ref,Quantity,lon,ref\n", 422, []string{`line 1: the column "Quantity" is not known`, `line 1: the column "ref" is there twice`, `line 1: the column "quantity" is missing`,
			"line 1: the column product or product_ref is missing", "line 1: the columns lon and lat come together"}},
		{"no CSV", csv, "ref,product_ref,quantity\nA,\"x,1\n", 400, []string{"line 2: is no CSV"}},
		{"fields", csv, "ref,product_ref,quantity\nA,x\n", 422, []string{"line 2: has 2 fields"}},
		{"cells", csv, "ref,pickup_point_ref,product_ref,quantity,lon,lat\nA,hall,fraises-500,1 kg,,\n\"A\n\",nowhere,nothing,1,5,\nA,other,fraises-500,,,\n", 422,
			[]string{`line 2, quantity: "1 kg" is no number`, `line 3, product_ref: no product has the ref "nothing"`, "line 3, pickup_point_ref: is \"nowhere\", but \"hall\" in line 2", "line 3, lon: is \"5\", but \"\" in line 2", "line 5, pickup_point_ref: is \"other\"", "line 5, quantity: is empty"}},
		{"CSV refs", csv, "ref,pickup_point_ref,product_ref,quantity\nA,hall,fraises-500,1\nB,nowhere,fraises-500,1\nA,hall,nothing,1\n", 422,
			[]string{`line 3, pickup_point_ref: no pickup point has the ref "nowhere"`, `line 4, product_ref: no product has the ref "nothing"`}},
		{"CSV amounts", csv, "ref,pickup_point_ref,product_ref,quantity,kg\nA,hall,fraises-500,1,1\nA,hall,fraises-500,1,-1\n", 422, []string{"line 3, kg: "}},
		{"not UTF-8", csv, "ref,product_ref,quantity\n\xff,x,1\n", 400, nil},
		{"another type", "application/xml", "<orders/>", 415, nil},
		{"another charset", "text/csv; charset=windows-1252", "ref\n", 415, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind := c.kind
			if kind == "" {
				kind = "application/json"
			}
			a := x.send("POST", x.path(), c.body, "Content-Type", kind)
			var p Problem
			a.into(t, &p)
			if a.StatusCode != c.status || p.Status != c.status || a.Header.Get("Content-Type") != problemType {
				t.Fatalf("status %d, want %d: %s", a.StatusCode, c.status, a.body)
			}
			var got []string
			for _, f := range p.Errors {
				got = append(got, f.Location+": "+f.Message)
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("got %q, want %q", got[i], c.want[i])
				}
			}
		})
	}
	rows, _, err := x.scope.Orders(t.Context(), store.OrderFilter{}, store.Page{})
	if err != nil || len(rows) > 0 {
		t.Errorf("%d orders were written, %v", len(rows), err)
	}
}

// The same request with the same key, even many times at once, is done once.
func TestIdempotencyKey(t *testing.T) {
	onEach(t, func(t *testing.T, site *site) {
		x := openShop(site)
		x.as = Marketplace
		doc := `{"orders": [{"ref": "A-1", "pickup_point_ref": "hall", "lines": [{"product_ref": "fraises-500", "quantity": 1}]}]}`
		answers := make([]*answer, 4)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = x.send("POST", x.path(), doc, "Idempotency-Key", "k-1") })
		}
		all.Wait()
		first := 0
		for _, a := range answers {
			if a.StatusCode != http.StatusOK || string(a.body) != string(answers[0].body) {
				t.Errorf("status %d: %s, and first %s", a.StatusCode, a.body, answers[0].body)
			}
			if a.Header.Get("Idempotent-Replayed") == "" {
				first++
			}
		}
		if first != 1 || !strings.Contains(string(answers[0].body), `"created":1`) {
			t.Errorf("%d answers are the first: %s", first, answers[0].body)
		}
		x.want(http.StatusConflict, "POST", x.path(), strings.Replace(doc, "A-1", "A-2", 1), "Idempotency-Key", "k-1")
		x.want(http.StatusUnprocessableEntity, "POST", x.path(), doc, "Idempotency-Key", strings.Repeat("k", 256))
		// What was refused can be sent again, mended, with its key.
		x.want(http.StatusUnprocessableEntity, "POST", x.path(), `{"orders": []}`, "Idempotency-Key", "k-2")
		x.want(http.StatusOK, "POST", x.path(), doc, "Idempotency-Key", "k-2")
	})
}
