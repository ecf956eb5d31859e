package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"carriole/api/store"
)

// A producer notes lots and dates, which their papers have; a coordinator corrects them; nothing typed is lost, and nobody overwrites
// what they have not seen.
func TestLots(t *testing.T) {
	h := newHouse(t)
	plan, answers := h.publish()
	h.afresh()
	h.who = h.farmer(answers[0].Producer)
	page := "/farm/lots?sale=" + string(h.sale)
	_, _, body := h.get(page, "fr")
	names := regexp.MustCompile(`name="code-([a-z0-9]+)"`).FindAllStringSubmatch(body, -1)
	if len(names) == 0 {
		t.Fatalf("no product in\n%s", body)
	}
	product := names[0][1]
	x, err := h.scope().Product(t.Context(), store.ID(product))
	must(t, err)
	x.Name = "Autrement dit"
	must(t, h.scope().UpdateProduct(t.Context(), x))
	form := func(version, code, until string) url.Values {
		return url.Values{"version-" + product: {version}, "code-" + product: {code}, "use-" + product: {until}}
	}
	if status, _, body := h.send(page, form("0", "<L 48>", "soon")); status != http.StatusUnprocessableEntity || !strings.Contains(body, `value="&lt;L 48&gt;"`) || !strings.Contains(body, `aria-invalid="true"`) {
		t.Errorf("a date that is none: %d", status)
	}
	if status, to, body := h.send(page, form("0", "<L 48>", "2026-12-24")); status != http.StatusSeeOther || to != page+"&saved=1" {
		t.Fatalf("%d to %q\n%s", status, to, body)
	}
	for _, kind := range []string{"delivery-notes", "packing-lists", "crate-labels"} {
		if _, _, body := h.get("/farm/papers/"+kind+"?plan="+string(plan.ID), "fr"); !strings.Contains(body, "&lt;L 48&gt;") || !strings.Contains(body, "DLC 24/12/2026") {
			t.Errorf("%s do not have the lot", kind)
		}
	}

	h.who = h.coordinator(h.comtat)
	page = "/sales/" + string(h.sale) + "/lots?producer=" + string(answers[0].Producer)
	if status, _, body := h.send(page, form("0", "other", "")); status != http.StatusConflict || !strings.Contains(body, `value="other"`) {
		t.Errorf("what was not seen is overwritten: %d", status)
	}
	if status, _, _ := h.send(page, form("1", "", "")); status != http.StatusSeeOther {
		t.Errorf("emptying it: %d", status)
	}
	if lots, _, err := h.scope().Lots(t.Context(), store.LotFilter{Sale: h.sale}, store.Page{}); err != nil || len(lots) != 0 {
		t.Errorf("%v, %v are left", lots, err)
	}
	h.who = h.farmer(answers[0].Producer)
	if status, _, _ := h.get("/farm/lots?sale=x", "fr"); status != http.StatusNotFound {
		t.Errorf("a sale that is none: %d", status)
	}
}
