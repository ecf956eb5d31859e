package web

import (
	"time"

	"carriole/api/store"
)

type homeView struct {
	Begins bool // nothing is planned yet
	Steps  []step
	Sales  []saleCard
	More   store.Cursor
}

// A step is one of the five that lead to a first plan.
type step struct {
	Href                    string // empty: it cannot begin yet
	French, English         string
	FrenchText, EnglishText string
	N                       int // how many there are
	Words                   stepWords
	Done, Next              bool
}

type stepWords struct{ One, Many, OneEn, ManyEn string }

type saleCard struct {
	ID    store.ID
	Name  string
	Day   time.Time
	State store.SaleState
	Plan  *planCard
}

type planCard struct {
	State          store.PlanState
	AddedM, AloneM float64
}

// home lists the sales, the newest first, or leads through a first week.
func (s *Site) home(v *visit) error {
	sales, more, err := v.scope.Sales(v.ctx, store.SaleFilter{}, store.Page{After: store.Cursor(v.r.FormValue("after")), Limit: 24})
	if err != nil {
		return err
	}
	out := homeView{More: more, Begins: true}
	for i := range sales {
		x := &sales[i]
		card := saleCard{ID: x.ID, Name: x.Name, Day: x.Distribution.At(0, v.zone()), State: x.State}
		plan, err := v.scope.CurrentPlan(v.ctx, x.ID)
		switch {
		case err == nil:
			card.Plan, out.Begins = &planCard{plan.State, float64(plan.Figures.AddedM), float64(plan.Figures.AloneM)}, false
		case !store.IsNotFound(err):
			return err
		}
		out.Sales = append(out.Sales, card)
	}
	if out.Begins && v.r.FormValue("after") == "" {
		if out.Steps, err = s.steps(v, sales); err != nil {
			return err
		}
	} else {
		out.Begins = false
	}
	return s.render(v, "home.html", out)
}

// steps are what a first plan needs, and how far it is.
func (s *Site) steps(v *visit, sales []store.Sale) ([]step, error) {
	one := store.Page{Limit: 1000}
	producers, _, err := v.scope.Producers(v.ctx, store.ProducerFilter{}, one)
	if err != nil {
		return nil, err
	}
	rounds, _, err := v.scope.Rounds(v.ctx, store.RoundFilter{}, one)
	if err != nil {
		return nil, err
	}
	points, _, err := v.scope.PickupPoints(v.ctx, store.PickupPointFilter{}, one)
	if err != nil {
		return nil, err
	}
	orders, sale, plan := 0, "/data/sales/new", ""
	if len(sales) > 0 {
		list, _, err := v.scope.Orders(v.ctx, store.OrderFilter{Sale: sales[0].ID}, one)
		if err != nil {
			return nil, err
		}
		orders, plan = len(list), "/sales/"+string(sales[0].ID)
		sale = plan + "/orders"
	}
	steps := []step{
		{Href: "/data/producers", French: "Les fermes", English: "The farms", N: len(producers), Words: stepWords{"ferme", "fermes", "farm", "farms"},
			FrenchText: "Qui vend, et où : un nom et une adresse suffisent.", EnglishText: "Who sells, and where: a name and an address are enough."},
		{Href: "/data/rounds", French: "Les tournées", English: "The rounds", N: len(rounds), Words: stepWords{"tournée", "tournées", "round", "rounds"},
			FrenchText: "Ce que chacun roule de toute façon chaque semaine, avec quel véhicule : AMAP, marché, circuit.", EnglishText: "What each drives anyway every week, and with which vehicle: AMAP, market, circuit."},
		{Href: "/data/pickup-points", French: "Les points de retrait", English: "The pickup points", N: len(points), Words: stepWords{"point de retrait", "points de retrait", "pickup point", "pickup points"},
			FrenchText: "Où les clients viennent chercher leur commande, et à quelles heures.", EnglishText: "Where customers collect their orders, and when."},
		{Href: sale, French: "Une vente et ses commandes", English: "A sale and its orders", N: orders, Words: stepWords{"commande", "commandes", "order", "orders"},
			FrenchText: "Le jour de distribution, puis les commandes : importées d’un fichier de Cagette ou d’Open Food Network, ou saisies.", EnglishText: "The day of distribution, then the orders: from a file of Cagette or Open Food Network, or by hand."},
		{Href: plan, French: "Le plan", English: "The plan", Words: stepWords{"plan", "plans", "plan", "plans"},
			FrenchText: "Carriole cherche qui porte quoi. Vous regardez, changez, proposez et publiez.", EnglishText: "Carriole finds who carries what. You look, change, propose and publish."},
	}
	next := true
	for i := range steps {
		steps[i].Done = steps[i].N > 0
		steps[i].Next, next = next && !steps[i].Done, next && steps[i].Done
	}
	return steps, nil
}
