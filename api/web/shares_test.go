package web_test

import (
	"fmt"
	"strings"
	"testing"

	"carriole/api/store"
)

// The weeks add up: kilometres and CO₂ saved, with a curve from three weeks on.
func TestBalances(t *testing.T) {
	h := newHouse(t)
	_, _, body := h.get("/shares", "fr")
	if strings.Contains(body, "<polyline") || !strings.Contains(body, "CO₂ évité") {
		t.Error("one week has a curve, or says nothing of CO₂")
	}
	ctx := t.Context()
	for i := range 3 {
		sale := store.Sale{Name: fmt.Sprint("Semaine ", i), Distribution: store.Day("2026-11-2" + fmt.Sprint(i))}
		must(t, h.scope().CreateSale(ctx, &sale))
		must(t, h.scope().SavePlan(ctx, &store.Plan{Sale: sale.ID, Figures: store.Figures{AloneM: 5_000_000, AddedM: 1_000_000, SavedCO2Grams: 700_000}}, []byte("{}"), []byte("{}")))
	}
	_, _, body = h.get("/shares", "fr")
	if n := strings.Count(body, "700,0 kg"); n != 3 || !strings.Contains(body, "<polyline") {
		t.Errorf("%d weeks have 700 kg, want 3, with a curve", n)
	}
}
