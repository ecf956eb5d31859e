package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"carriole/api/store"
	"carriole/api/web"
)

// From an empty collective to a plan that is published and to the producer's page: farms, vehicles, a round and a pickup point by their
// forms, a sale, its orders out of a file.
func TestStoryFromNothing(t *testing.T) {
	h := newHouse(t)
	h.comtat, h.who = h.empty, h.coordinator(h.empty)
	h.works()
	made := func(path string, form url.Values) string {
		t.Helper()
		for name, values := range h.values(path + "/new") { // what the form fills in by itself
			if _, ok := form[name]; !ok {
				form[name] = values
			}
		}
		status, to, body := h.send(path+"/new", form)
		if status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", path, status, regexp.MustCompile(`(?s)class="wrong"[^>]*>[^<]+`).FindAllString(body, -1))
		}
		_, _, list := h.get(to, "fr")
		m := regexp.MustCompile(regexp.QuoteMeta(path)+`/([a-z0-9]{20})"`).FindAllStringSubmatch(list, -1)
		return m[len(m)-1][1]
	}
	w := h.window(1400, "fr")
	w.opens("/")
	w.sees("Votre première semaine")
	w.accessible()
	hall := made("/data/places", url.Values{"name": {"Salle des fêtes"}, "at": {"44.056, 5.043"}, "meet": {"1"}})
	farms := map[string]string{}
	for name, at := range map[string]string{"Mas d’Anne": "44.11, 5.10", "Grange de Bruno": "44.02, 5.00"} {
		farms[name] = made("/data/producers", url.Values{"name": {name}, "new_place.address": {name}, "new_place.at": {at}, "active": {"1"}})
	}
	producers, _, err := h.scope().Producers(t.Context(), store.ProducerFilter{}, store.Page{})
	must(t, err)
	home := map[string]string{}
	for _, p := range producers {
		farms[p.Name], home[p.Name] = string(p.ID), string(p.Place)
	}
	van := made("/data/vehicles", url.Values{"name": {"Kangoo"}, "producer": {farms["Mas d’Anne"]}, "room.grams": {"500"}, "room.ambient_ml": {"2500"}, "equipment": {"none"},
		"available[0].days": {"thu"}, "available[0].from": {"8:00"}, "available[0].until": {"19:00"}})
	made("/data/rounds", url.Values{"name": {"AMAP du jeudi"}, "kind": {"amap"}, "producer": {farms["Mas d’Anne"]}, "vehicle": {van}, "start": {home["Mas d’Anne"]}, "end": {home["Mas d’Anne"]},
		"depart_after": {"14:00"}, "return_by": {"20:00"}, "days": {"thu"}, "every": {"1"}, "starts": {"2026-01-01"}, "carries": {"all"},
		"stops[0].place": {hall}, "stops[0].arrive_after": {"15:00"}, "stops[0].arrive_by": {"17:00"}, "stops[0].stay_s": {"60"}})
	made("/data/pickup-points", url.Values{"name": {"Salle"}, "place": {hall}, "windows[0].days": {"thu"}, "windows[0].from": {"18:00"}, "windows[0].until": {"19:30"},
		"accept_from_min": {"180"}, "accept_until_min": {"15"}, "active": {"1"}})
	h.sale = store.ID(made("/data/sales", url.Values{"name": {"Semaine 48"}, "distribution": {"2026-11-26"}}))
	sale := "/sales/" + string(h.sale)
	w.opens(sale + "/import")
	asks[chromedp.Void](w, `(() => {
		const d = new DataTransfer();
		d.items.add(new File(["Commande;Produit;Quantité;Producteur;Point de retrait\nA1;Pommes 1 kg;4;Mas d’Anne;Salle\nA2;Carottes 1 kg;3;Grange de Bruno;Salle\n"], "jeudi.csv"));
		document.querySelector("#file").files = d.files;
	})()`)
	w.clicks("Regarder ce fichier")
	w.sees("Les premières lignes")
	w.clicks("Faire entrer ces commandes")
	w.sees("Les commandes sont entrées")
	w.clicks("Au plan")
	w.clicks("Clore les commandes")
	w.until("plan", `document.querySelector("#map .leaflet-overlay-pane path") !== null`)
	w.accessible()
	if text := w.text("main"); !strings.Contains(text, "Mas d’Anne") || !strings.Contains(text, "Tout est livré") {
		t.Errorf("the plan:\n%.1500s", text)
	}
	w.clicks("Publier")
	w.clicks("Publier quand même")
	w.sees("c’est lui qui vaut")
	h.who = &web.Who{Collective: h.empty, Actor: "member:anne", Role: store.ProducersRole, Producer: store.ID(farms["Mas d’Anne"]), Name: "Anne"}
	phone := h.window(390, "fr")
	phone.opens("/farm")
	phone.sees("Grange de Bruno")
	phone.accessible()
}
