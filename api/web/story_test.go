package web_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"carriole/api/store"
)

// From a sale that is open to a plan that is driven: closed and planned with progress, proposed, answered for by telephone,
// published knowingly, driven and booked.
func TestStoryPublished(t *testing.T) {
	h := newHouse(t)
	h.planning.Budget = func(int) time.Duration { return 4 * time.Second }
	h.works()
	w := h.window(1400, "fr")
	sale := "/sales/" + string(h.sale)
	w.opens(sale)
	w.sees("Clore les commandes et planifier")
	w.accessible()
	w.clicks("Clore les commandes")
	w.sees("Les commandes sont closes")
	w.clicks("Planifier encore")
	w.accessible()
	w.clicks("De zéro")
	w.types("Pourquoi", "essai de zéro")
	w.clicks("Planifier")
	w.sees("Carriole cherche le plan")
	w.until("curve", `document.querySelector("[data-line]")?.getAttribute("points").split(" ").length > 1 || document.body.innerText.includes("Le plan est fait")`)
	w.until("rounds of the best plan so far", `document.querySelector("[data-map] .leaflet-overlay-pane canvas") !== null || document.body.innerText.includes("Le plan est fait")`)
	w.draws("progress")
	w.planned()
	w.clicks("Proposer aux transporteurs")
	w.sees("les transporteurs sont sollicités")
	w.accessible()
	w.draws("proposed")
	w.clicks("Qui accepte")
	w.accessible()
	w.clicks("Répondre pour qui a téléphoné")
	w.types("Ce qui a été dit", "d’accord, mais pas avant 15 h")
	w.clicks("Accepte")
	w.sees("d’accord, mais pas avant 15 h")
	w.clicks("Publier")
	w.sees("n’ont pas accepté")
	w.accessible()
	w.clicks("Publier quand même")
	w.sees("c’est lui qui vaut")
	w.clicks("C’est roulé")
	w.clicks("Oui, c’est roulé")
	w.sees("la semaine est faite")
	w.opens("/shares")
	w.sees("écriture")
	w.accessible()
	w.draws("balances")
	x, err := h.scope().Sale(t.Context(), h.sale)
	must(t, err)
	if x.State != store.SaleDone {
		t.Errorf("the sale is %s", x.State)
	}
}

// An alternative is chosen with a click: the goods ride that way and are locked to it; undone, they ride as before; redone, again.
func TestStoryOtherwise(t *testing.T) {
	h := newHouse(t)
	h.works()
	w := h.window(1400, "fr")
	sale := "/sales/" + string(h.sale)
	goods := h.choosable()
	w.opens(goods)
	w.sees("Autrement")
	w.accessible()
	w.draws("otherwise")
	w.clicks("Choisir")
	w.planned()
	w.sees("Ce qui change depuis le plan 1")
	w.clicks("Ce qui change depuis")
	w.draws("changed")
	w.accessible()
	if n := h.locks(); n != 1 {
		t.Fatalf("%d locks", n)
	}
	w.clicks("↶ Annuler")
	w.sees("Rétablir")
	if n := h.locks(); n != 0 {
		t.Errorf("%d locks after undoing", n)
	}
	w.clicks("↷ Rétablir")
	w.planned()
	if n := h.locks(); n != 1 {
		t.Errorf("%d locks after redoing", n)
	}
	w.opens(sale + "/plans")
	w.sees("annulé : autrement")
	w.accessible()
	w.draws("versions")
	w.clicks("Comparer les deux")
	w.sees("Ce qui change")
	w.accessible()
	w.clicks("Revenir au plan 3")
	w.planned()
	if n := h.locks(); n != 0 {
		t.Errorf("%d locks after going back", n)
	}
}

// What if somebody is away: seen, left, done, lifted again.
func TestStoryWhatIf(t *testing.T) {
	h := newHouse(t)
	h.works()
	w := h.window(1400, "fr")
	sale := "/sales/" + string(h.sale)
	w.opens(sale + "/what-if")
	w.accessible()
	w.types("Qui", "Fournil de Monteux")
	w.clicks("Voir")
	w.sees("Sans Fournil de Monteux")
	w.accessible()
	w.draws("what-if")
	if a := h.away(); len(a) != 0 {
		t.Fatalf("a question has noted %v", a)
	}
	if text := w.text("#answer"); regexp.MustCompile(`[a-z0-9]{20}`).MatchString(text) {
		t.Errorf("an id is shown to people: %s", text)
	}
	w.clicks("Laisser")
	w.opens(sale + "/what-if?if=away&producer=" + h.named("Fournil de Monteux"))
	w.clicks("Le faire")
	w.planned()
	if a := h.away(); len(a) != 1 {
		t.Fatalf("away: %v", a)
	}
	w.opens(sale + "/what-if")
	w.sees("Fournil de Monteux\nabsence")
	w.clicks("Lever : Fournil de Monteux")
	w.planned()
	if a := h.away(); len(a) != 0 {
		t.Errorf("away: %v", a)
	}
}

// A carrier refuses by telephone: the plan is made again around the round, and proposed.
func TestStoryRefusal(t *testing.T) {
	h := newHouse(t)
	h.works()
	w := h.window(390, "fr")
	sale := "/sales/" + string(h.sale)
	w.opens(sale)
	w.clicks("Proposer aux transporteurs")
	w.sees("Qui accepte")
	w.accessible()
	w.draws("phone")
	w.clicks("Qui accepte")
	round := asks[string](w, `document.querySelector(".phoned input[name=round]").value`)
	w.clicks("Répondre pour qui a téléphoné")
	w.types("Ce qui a été dit", "la camionnette est pleine")
	w.clicks("Refuse")
	w.sees("Le plan est refait autour de cette tournée")
	w.sees("Plan 2")
	w.sees("Ce qui change depuis le plan 1")
	plan := h.newest()
	if plan.State != store.Proposed || plan.Number != 2 {
		t.Errorf("plan %d is %s", plan.Number, plan.State)
	}
	answers, err := h.scope().Answers(t.Context(), plan.ID)
	must(t, err)
	for _, a := range answers {
		if a.Round == round && a.State != store.AnswerRefused {
			t.Errorf("the round that was refused is %s", a.State)
		}
	}
}

// Two coordinators look at the same plan: the second is told that the first was faster, and nothing is done twice.
func TestStoryTwoCoordinators(t *testing.T) {
	h := newHouse(t)
	h.works()
	sale := "/sales/" + string(h.sale)
	goods := h.choosable()
	a, b := h.window(1400, "fr"), h.window(1000, "en")
	a.opens(goods)
	b.opens(sale)
	b.sees("Propose to the carriers")
	a.clicks("Choisir")
	a.planned()
	b.clicks("Propose to the carriers")
	b.sees("made again meanwhile")
	if p := h.newest(); p.State != store.Draft || p.Number != 2 {
		t.Fatalf("plan %d is %s", p.Number, p.State)
	}
	a.opens(sale)
	b.opens(sale)
	b.clicks("Propose to the carriers")
	b.sees("the carriers are asked")
	a.clicks("Proposer aux transporteurs")
	a.sees("Quelqu’un d’autre a changé ce plan entre-temps")
	if p := h.newest(); p.State != store.Proposed {
		t.Errorf("the plan is %s", p.State)
	}
	// both undo: the second is told
	a.opens(sale)
	b.opens(sale)
	a.clicks("↶ Annuler")
	a.planned()
	b.clicks("↶ Undo")
	b.sees("made again meanwhile")
	// both change the same farm: the second is told, and keeps what was typed
	farm := "/data/producers/" + string(h.producer)
	a.opens(farm)
	b.opens(farm)
	a.types("Téléphone", "04 90 11 22 33")
	a.clicks("Enregistrer")
	b.types("Telephone", "06 12 34 56 78")
	b.clicks("Save")
	b.sees("Somebody else has changed this meanwhile")
	if typed := asks[string](b, `document.querySelector("[name=phone]").value`); typed != "06 12 34 56 78" {
		t.Errorf("what the second typed has become %q", typed)
	}
}

// An order by hand: what is wrong is said while one types, what it would change before it is stored, it is planned in, found again
// and cancelled.
func TestStoryOrder(t *testing.T) {
	h := newHouse(t)
	h.works()
	w := h.window(390, "fr")
	sale := "/sales/" + string(h.sale)
	w.opens(sale + "/orders")
	w.accessible()
	w.draws("orders")
	w.clicks("Ajouter une commande")
	w.accessible()
	product := asks[string](w, `document.querySelector("#products option").value`)
	w.types("Produit", "rien de tel")
	w.sees("Aucun produit ne s’appelle ainsi")
	w.opens(sale + "/orders/new")
	w.types("Point de retrait", h.point())
	w.types("Référence", "marché du samedi")
	w.types("Produit", product)
	w.types("Quantité", "2,5")
	w.clicks("Voir d’abord")
	w.sees("Avec cette commande")
	w.accessible()
	w.draws("order-seen")
	if list, _, err := h.scope().Orders(t.Context(), store.OrderFilter{Sale: h.sale, Ref: "marché du samedi"}, store.Page{}); err != nil || len(list) > 0 {
		t.Fatalf("a question has stored %v, %v", list, err)
	}
	w.clicks("Enregistrer cette commande")
	w.planned()
	w.opens(sale + "/orders")
	w.types("Chercher", "samedi marché")
	w.clicks("Chercher")
	w.sees("1 commande trouvée")
	w.sees("2,5 × " + product)
	w.clicks("marché du samedi")
	asks[chromedp.Void](w, `window.confirm = () => true; 0`)
	w.clicks("Annuler la commande")
	w.planned()
	w.opens(sale + "/orders?q=samedi")
	w.sees("annulée")
}

// The share of each, in both colours.
func TestStoryShares(t *testing.T) {
	h := newHouse(t)
	for _, width := range []int64{1400, 390} {
		w := h.window(width, "fr")
		w.opens("/sales/" + string(h.sale) + "/shares")
		w.sees("La part de chacun")
		w.accessible()
		w.draws(fmt.Sprintf("shares-%d", width))
	}
}
