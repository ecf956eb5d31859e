package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"carriole/api/paper"
	"carriole/api/store"
	"carriole/engine"
)

func (h *house) published() store.Plan {
	h.t.Helper()
	_, err := h.planning.Publish(context.Background(), h.scope(), h.newest().ID, 0, true)
	must(h.t, err)
	return h.newest()
}

func TestPapers(t *testing.T) {
	h := newHouse(t)
	sale := "/sales/" + string(h.sale)
	_, _, list := h.get(sale+"/papers", "fr")
	if !strings.Contains(list, "pas encore publié") {
		t.Error("the papers of a draft do not say that it is none that counts")
	}
	_, _, draft := h.get(sale+"/papers/delivery-notes", "fr")
	if !strings.Contains(draft, "pas encore publié") || strings.Contains(draft, "000001") {
		t.Error("the delivery notes of a draft have numbers")
	}
	h.published()
	_, _, list = h.get(sale+"/papers", "fr")
	links := regexp.MustCompile(`href="(`+sale+`/papers/[^"]+)"`).FindAllStringSubmatch(list, -1)
	if len(links) < 20 {
		t.Errorf("%d links to papers", len(links))
	}
	for _, m := range links[:min(len(links), 16)] {
		status, header, body := h.get(strings.ReplaceAll(m[1], "&amp;", "&"), "fr")
		if strings.Contains(m[1], ".pdf") {
			if status != http.StatusOK || header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(body, "%PDF-") || !strings.Contains(header.Get("Content-Disposition"), ".pdf") {
				t.Errorf("%s: %d, %v", m[1], status, header)
			}
		} else if status != http.StatusOK || !strings.Contains(body, `class="paper"`) && !strings.Contains(body, `class="labels"`) || strings.Contains(body, "rien à imprimer") {
			t.Errorf("%s: %d", m[1], status)
		}
	}
	_, _, notes := h.get(sale+"/papers/delivery-notes", "fr")
	if !strings.Contains(notes, "Bon de livraison n°\u00a0000001") || strings.Contains(notes, "pas encore publié") {
		t.Error("the delivery notes of a published plan have no numbers")
	}
	if _, _, again := h.get(sale+"/papers/delivery-notes", "fr"); again != notes {
		t.Error("printed again the notes are others")
	}
	if _, _, english := h.get(sale+"/papers/run-sheets", "en"); !strings.Contains(english, "Run sheet: ") {
		t.Error("no run sheets in English")
	}
	for _, path := range []string{sale + "/papers/invoices", sale + "/papers/run-sheets?plan=nosuch", "/sales/nosuch/papers/run-sheets"} {
		if status, _, _ := h.get(path, "fr"); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if _, _, week := h.get(sale, "fr"); !strings.Contains(week, "/papers/run-sheets?plan=") {
		t.Error("the rounds of the week do not lead to their papers")
	}
}

// A producer prints what is theirs and the notes of what they carry, and sees nobody else's customers.
func TestFarmPapers(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	row := h.newest()
	_, doc, err := h.planning.Documents(ctx, h.scope(), &row)
	must(t, err)
	// Somebody who carries another's goods.
	drives := map[string]string{}
	for _, r := range doc.Rounds {
		drives[r.ID] = r.Producer
	}
	var carried *engine.Consignment
	for i := range doc.Consignments {
		if c := &doc.Consignments[i]; len(c.Legs) > 0 && drives[c.Legs[0].Round] != c.Producer {
			carried = c
		}
	}
	if carried == nil {
		t.Fatal("nobody carries another's goods")
	}
	me, round := drives[carried.Legs[0].Round], carried.Legs[0].Round
	sender, err := h.scope().Producer(ctx, store.ID(carried.Producer))
	must(t, err)
	h.who = h.farmer(store.ID(me))
	at := func(kind paper.Kind, more string) string {
		return "/farm/papers/" + string(kind) + "?plan=" + string(row.ID) + more
	}
	if status, _, _ := h.get(at(paper.RunSheets, ""), "fr"); status != http.StatusNotFound {
		t.Errorf("a producer gets the papers of a draft: %d", status)
	}
	h.published()
	_, _, farm := h.get("/farm", "fr")
	if !strings.Contains(farm, "/farm/papers/run-sheets.pdf?plan=") {
		t.Error("the farm's page does not lead to its papers")
	}
	status, _, notes := h.get(at(paper.DeliveryNotes, "&round="+url.QueryEscape(round)), "fr")
	if status != http.StatusOK || !strings.Contains(notes, sender.Name) {
		t.Errorf("no note of the goods of %s on board: %d", sender.Name, status)
	}
	for _, kind := range []paper.Kind{paper.PackingLists, paper.CrateLabels} {
		_, _, mine := h.get(at(kind, ""), "fr")
		_, _, theirs := h.get(at(kind, "&producer="+carried.Producer), "fr")
		if strings.Contains(mine, sender.Name+"</h2>") || strings.Contains(mine, "<b>"+sender.Name+"</b>") || !strings.Contains(theirs, "rien à imprimer") {
			t.Errorf("%s of another", kind)
		}
	}
	_, _, sheets := h.get(at(paper.RunSheets, ""), "fr")
	for _, r := range doc.Rounds {
		if r.Producer != me && strings.Contains(sheets, "<dd>"+name(t, h, r.Producer)+"</dd>") {
			t.Errorf("the run sheet of %s", r.ID)
		}
	}
	if status, header, _ := h.get("/sales/"+string(h.sale)+"/papers/packing-lists", "fr"); status != http.StatusSeeOther || header.Get("Location") != "/farm" {
		t.Errorf("a producer gets the coordinator's papers: %d", status)
	}
	h.who = h.coordinator(h.empty)
	if status, _, _ := h.get("/sales/"+string(h.sale)+"/papers/packing-lists", "fr"); status != http.StatusNotFound {
		t.Errorf("another collective gets papers: %d", status)
	}
}

func name(t *testing.T, h *house, producer string) string {
	t.Helper()
	p, err := h.scope().Producer(context.Background(), store.ID(producer))
	must(t, err)
	return p.Name
}

// A label's code leads to its goods: a coordinator to how they travel, a carrier to the round.
func TestLabelLeads(t *testing.T) {
	h := newHouse(t)
	row := h.published()
	_, doc, err := h.planning.Documents(context.Background(), h.scope(), &row)
	must(t, err)
	var c *engine.Consignment
	for i := range doc.Consignments {
		if len(doc.Consignments[i].Legs) > 0 {
			c = &doc.Consignments[i]
		}
	}
	label := "/goods/" + string(row.ID) + "/" + url.PathEscape(c.ID)
	leads := func(want string) {
		t.Helper()
		if status, header, _ := h.get(label, "fr"); status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), want) {
			t.Errorf("%s leads to %d %s, want %s", label, status, header.Get("Location"), want)
		}
	}
	goods := "/sales/" + string(h.sale) + "/goods/" + url.PathEscape(c.ID)
	leads(goods)
	if status, _, _ := h.get(goods+"?plan="+string(row.ID), "fr"); status != http.StatusOK {
		t.Errorf("%s: %d", goods, status)
	}
	for _, r := range doc.Rounds {
		if r.ID == c.Legs[0].Round {
			h.who = h.farmer(store.ID(r.Producer))
		}
	}
	leads("/farm#r-" + string(row.ID))
	h.who = nil
	leads("/signin?next=" + url.QueryEscape(label))
	h.who = h.coordinator(h.comtat)
	if status, _, _ := h.get("/goods/"+string(row.ID)+"/nosuch", "fr"); status != http.StatusNotFound {
		t.Errorf("goods that are not there: %d", status)
	}
}
