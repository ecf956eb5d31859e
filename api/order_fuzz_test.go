package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carriole/api/store"
)

// Reading by hand takes what reading by reflection takes, and makes the same of it.
func FuzzOrdersJSON(f *testing.F) {
	for _, s := range []string{
		`{"orders": [{"ref": "A-1", "pickup_point": "p", "lines": [{"product": "x", "quantity": 2.5, "kg": 1.204, "litres": 3, "price_cents": 700}, {"product_ref": "y", "quantity": 0}]}]}`,
		`{"orders": [{"ref": "A\u00e9\n", "pickup_point_ref": "hall", "at": {"lon": 5.0481, "lat": -44.1e0}, "lines": []}]}`,
		`{"orders": [{"ref": "A", "at": null, "lines": [{"product": null, "quantity": 1, "kg": null}]}]}`,
		`{"orders": []}`, `{"orders": [{}]}`, `[]`, `{"orders": [`, `{"Orders": []}`, `{"orders": [], "orders": []}`, "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readOrdersJSON(body)
		if err == nil {
			err = got.err()
		}
		var want newOrders
		wrong := json.Unmarshal(body, &want, json.RejectUnknownMembers(true))
		if wrong != nil && err == nil {
			// Reflection takes no null for what is not a pointer to be cleared; it has no other reason of its own.
			t.Fatalf("taken by hand, but %v: %s", wrong, body)
		}
		if err != nil {
			return
		}
		x := expand(&want)
		if diff := cmp.Diff(x.orders, got.orders, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(store.Order{})); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(x.refs, got.refs, cmpopts.EquateEmpty(), cmp.AllowUnexported(batchRef{}), cmpopts.SortSlices(func(a, b batchRef) bool { return fmt.Sprint(a) < fmt.Sprint(b) })); diff != "" {
			t.Fatal(diff)
		}
	})
}

// expand is what the orders of a document are in the store.
func expand(doc *newOrders) *batch {
	b := &batch{}
	refer := func(order, line int, id store.ID, ref string) store.ID {
		return b.refer(order, line, func() {}, string(id), ref)
	}
	for i, o := range doc.Orders {
		x := store.Order{Ref: o.Ref, At: o.At.store(), PickupPoint: refer(i, -1, o.PickupPoint, o.PickupPointRef)}
		for k, l := range o.Lines {
			x.Lines = append(x.Lines, store.OrderLine{Product: refer(i, k, l.Product, l.ProductRef), QuantityMilli: int64(l.Quantity), Grams: (*int64)(l.Kg), Millilitres: (*int64)(l.Litres), PriceCents: l.PriceCents})
		}
		b.orders = append(b.orders, x)
	}
	return b
}

// Whatever a file holds, each fault is of a line that it has, and each order has the lines that made it.
func FuzzOrdersCSV(f *testing.F) {
	for _, s := range []string{
		"ref,pickup_point,product,quantity,kg,litres,price_cents\nA,p,x,1,0.5,2,300\nA,,y,2,,,\n",
		"\ufeffref;pickup_point_ref;product_ref;quantity;lon;lat\r\nA;hall;x;2,5;5,1;44,2\r\nB;;;0;;\r\n",
		"ref,product,quantity\n\"A\nB\",\"x\"\"y\",1\nC,x\n", "ref\n", "", "ref,product,quantity\n\"",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := readOrdersCSV(body)
		if err != nil {
			if translate(err) == nil {
				t.Fatalf("not foreseen: %v", err)
			}
			return
		}
		last := strings.Count(string(body), "\n") + 1
		for _, f := range b.faults {
			var line int
			if _, err := fmt.Sscanf(f.Path, "line %d", &line); err != nil || line < 2 || line > last {
				t.Fatalf("%s of %d lines", f, last)
			}
		}
		for i, o := range b.orders {
			if len(o.Lines) != len(b.lines.lines[i]) {
				t.Fatalf("order %d has %d lines from %v", i, len(o.Lines), b.lines.lines[i])
			}
			for _, at := range append(b.lines.lines[i], b.lines.order[i]) {
				if at < b.lines.order[i] || at > last {
					t.Fatalf("order %d of line %d has line %d", i, b.lines.order[i], at)
				}
			}
		}
	})
}
