package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"carriole/api/store"
	"carriole/api/web"
)

// From an empty collective to a plan that is published and to what its driver says on the road: the five steps of the first page,
// each form as it is filled in by who has nothing yet, orders out of a file.
func TestStoryFromNothing(t *testing.T) {
	h := newHouse(t)
	h.comtat, h.who = h.empty, h.coordinator(h.empty)
	h.works()
	w := h.window(1400, "fr")
	fills := func(pairs ...string) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			w.types(pairs[i], pairs[i+1])
		}
	}
	w.opens("/")
	w.sees("Votre première semaine")
	w.accessible()
	w.clicks("Les fermes")
	for _, farm := range [][2]string{{"Mas d’Anne", "44.11, 5.10"}, {"Grange de Bruno", "44.02, 5.00"}} {
		w.clicks("Nouvelle ferme")
		fills("Nom", farm[0], "Position", farm[1])
		w.clicks("Enregistrer")
		w.sees("Enregistré.")
	}
	w.opens("/")
	w.sees("2 fermes")
	w.clicks("Les tournées")
	w.clicks("Nouvelle tournée")
	w.accessible()
	fills("Nom", "AMAP du jeudi", "Qui roule", "Mas d’Anne")
	w.clicks("+ Ajouter un véhicule")
	fills("Nom", "Kangoo", "À qui", "Mas d’Anne", "Charge utile", "500", "Sec", "2500")
	w.clicks("Enregistrer")
	w.sees("vous pouvez continuer ici")
	w.clicks("+ Ajouter un lieu")
	fills("Nom", "Salle des fêtes", "Position", "44.056, 5.043")
	w.clicks("Enregistrer")
	w.sees("Vous aviez commencé à taper ici")
	w.clicks("Reprendre ce que j’ai tapé")
	if name := asks[string](w, `document.querySelector("[name=name]").value`); name != "AMAP du jeudi" {
		t.Errorf("what was typed before a place was added is %q", name)
	}
	fills("Avec quel véhicule", "Kangoo", "Départ au plus tôt", "14:00", "Retour au plus tard", "20:00")
	w.clicks("jeudi")
	fills("À compter du", "2026-01-01", "Départ", "Mas d’Anne", "Lieu", "Salle des fêtes", "Arrive après", "15:00", "et avant", "17:00", "Reste", "1", "Arrivée", "Mas d’Anne")
	w.clicks("Enregistrer")
	w.sees("AMAP du jeudi")
	w.opens("/")
	w.clicks("Les points de retrait")
	w.clicks("Nouveau point de retrait")
	fills("Nom", "Salle", "Lieu", "Salle des fêtes")
	w.clicks("jeudi")
	fills("De", "18:00", "À", "19:30", "Au plus tôt", "180")
	w.clicks("Enregistrer")
	w.sees("Enregistré.")
	w.opens("/")
	w.clicks("Une vente et ses commandes")
	fills("Nom", "Semaine 48", "Jour de distribution", "2026-11-26")
	w.clicks("Enregistrer")
	w.sees("Il n’y a encore aucune commande")
	sales, _, err := h.scope().Sales(t.Context(), store.SaleFilter{}, store.Page{})
	must(t, err)
	h.sale = sales[0].ID
	sale := "/sales/" + string(h.sale)
	w.clicks("Importer un fichier")
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
	h.who = &web.Who{Collective: h.empty, Actor: "member:anne", Role: store.ProducersRole, Producer: store.ID(h.named("Mas d’Anne")), Name: "Anne"}
	phone := h.window(390, "fr")
	phone.opens("/farm")
	phone.sees("Grange de Bruno")
	phone.accessible()
	phone.clicksTick("✓ C’est")
	phone.until("said", `document.querySelector(".said:not([hidden])") && JSON.parse(localStorage.getItem("farm:ticks")).length === 0`)
	h.who = h.coordinator(h.empty)
	w.opens(sale)
	w.sees("Où en est-on 1 sur")
	w.accessible()
}
