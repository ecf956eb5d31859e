package main

import (
	"strings"
	"testing"

	"carriole/api/store"
)

// What compare takes for lost, changed, foreign or half written.
func TestCompare(t *testing.T) {
	cents := int64(250)
	order := func(ref, point string, quantity int64) store.Order {
		return store.Order{Ref: ref, PickupPoint: store.ID(point), Lines: []store.OrderLine{{Product: "p", QuantityMilli: 1000 * quantity, PriceCents: &cents}}}
	}
	text := func(o store.Order) string { return textOf(&o) }
	const sale store.ID = "sale"
	a, b, c := order("a", "hall", 1), order("b", "hall", 2), order("c", "hall", 3)
	newB := order("b", "market", 5)
	pair := []unsure{{sale, []store.Order{newB, c}, map[string]store.Order{"b": b}}}
	tests := []struct {
		name    string
		unsure  []unsure
		there   map[string]string
		written int
		wrong   string // in the one fault; empty: none
	}{
		{"as acknowledged", nil, map[string]string{"a": text(a)}, 0, ""},
		{"lost", nil, nil, 0, "is not there"},
		{"changed", nil, map[string]string{"a": text(order("a", "hall", 2))}, 0, "was acknowledged as"},
		{"foreign", nil, map[string]string{"a": text(a), "x": text(a)}, 0, "was never sent"},
		{"unanswered, not written", pair, map[string]string{"a": text(a), "b": text(b)}, 0, ""},
		{"unanswered, written", pair, map[string]string{"a": text(a), "b": text(newB), "c": text(c)}, 1, ""},
		{"unanswered, the first alone", pair, map[string]string{"a": text(a), "b": text(newB)}, 0, "in part"},
		{"unanswered, the second alone", pair, map[string]string{"a": text(a), "b": text(b), "c": text(c)}, 0, "in part"},
		{"unanswered, and the old one lost", pair, map[string]string{"a": text(a)}, 0, "in part"},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			m := &market{known: map[store.ID]map[string]store.Order{sale: {"a": a}}, unsure: x.unsure}
			wrong, written := compare([]*market{m}, sale, x.there)
			if written != x.written || (x.wrong == "") != (len(wrong) == 0) || len(wrong) > 1 || x.wrong != "" && !strings.Contains(wrong[0], x.wrong) {
				t.Errorf("%d written: %q", written, wrong)
			}
		})
	}
}
