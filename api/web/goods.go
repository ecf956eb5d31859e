package web

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
	"carriole/geo"
)

// A goodsView is one consignment: how it travels, and the other ways that it could take.
type goodsView struct {
	Sale       *store.Sale
	Plan       *store.Plan
	ID         string
	From, To   string
	ProducerID string
	Class      engine.Class
	Kg, Litres float64
	Legs       []legRow
	Why        string
	Locked     bool
	CanLock    bool // its way can be fixed
	Others     []otherRow
	Forbids    []forbidRow // rounds of others that it rides
	MayChange  bool
	Gone       bool // the plan has changed, and these goods have no way in it any more
	Wrong      string
	Made       *geo.Source // of what the kilometres are
}

type legRow struct {
	Carrier, Round, From, To string
	Depart, Arrive           time.Time
	New                      bool // a trip that the plan has not
}

// An otherRow is another way.
type otherRow struct {
	Legs    []legRow
	Metres  float64 // more than now; negative: less
	Minutes float64 // that all drive longer
	Effects []effectRow
	Rounds  []string // to lock the goods to; nil: the way has a trip of its own, which cannot be fixed
}

type effectRow struct {
	Who, Round string
	Metres     float64
	Minutes    float64 // later at the end
	Gone       bool
}

type forbidRow struct{ Round, Carrier, Name string }

// names are what a week calls things, by id.
func (p *weekPlan) names() map[string]string {
	out := map[string]string{}
	for i := range p.Week.Places {
		out[p.Week.Places[i].ID] = cmp.Or(p.Week.Places[i].Name, p.Week.Places[i].ID)
	}
	for i := range p.Week.Producers {
		out[p.Week.Producers[i].ID] = cmp.Or(p.Week.Producers[i].Name, p.Week.Producers[i].ID)
	}
	for i := range p.Week.Vehicles {
		out[p.Week.Vehicles[i].ID] = cmp.Or(p.Week.Vehicles[i].Name, p.Week.Vehicles[i].ID)
	}
	for i := range p.Week.PickupPoints {
		out[p.Week.PickupPoints[i].ID] = cmp.Or(p.Week.PickupPoints[i].Name, p.Week.PickupPoints[i].ID)
	}
	for i := range p.Week.Rounds {
		out[p.Week.Rounds[i].ID] = cmp.Or(p.Week.Rounds[i].Name, p.Week.Rounds[i].ID)
	}
	return out
}

// goods shows a consignment of a plan and its alternatives.
func (s *Site) goods(v *visit) error {
	sale, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	if plan == nil {
		return &store.Error{Code: store.NotFound, Message: v.say("la vente n’a pas de plan", "the sale has no plan")}
	}
	id := goodsID(v)
	at := slices.IndexFunc(plan.Doc.Consignments, func(c engine.Consignment) bool { return c.ID == id })
	out := goodsView{Sale: sale, Plan: &plan.Plan, ID: id, Made: plan.Doc.Summary.Travel}
	if at < 0 {
		out.Gone = true
		return s.render(v, "goods.html", out)
	}
	newest, _, err := v.newestPlan(sale.ID)
	if err != nil {
		return err
	}
	c := &plan.Doc.Consignments[at]
	names := plan.names()
	out.ProducerID = c.Producer
	out.From, out.To, out.Class, out.Kg, out.Litres = names[c.Producer], names[c.PickupPoint], c.Class, c.Kg, c.Litres
	out.Why = view.Explain(plan.Week, plan.Doc, c, view.Options{Lang: v.lang})
	out.MayChange = v.Role == store.Coordinator && newest != nil && newest.ID == plan.ID && plan.State != store.Done && (sale.State == store.SaleOpen || sale.State == store.SaleClosed)
	out.Locked = lockOf(plan.Week, c) != nil
	out.CanLock = !out.Locked && len(c.Legs) > 0
	rounds := map[string]*engine.PlanRound{}
	for i := range plan.Doc.Rounds {
		rounds[plan.Doc.Rounds[i].ID] = &plan.Doc.Rounds[i]
	}
	for _, l := range c.Legs {
		r := rounds[l.Round]
		if r == nil || l.From >= len(r.Stops) || l.To >= len(r.Stops) {
			continue
		}
		from, to := &r.Stops[l.From], &r.Stops[l.To]
		out.Legs = append(out.Legs, legRow{Carrier: names[r.Producer], Round: names[r.ID], From: names[from.Place], To: names[to.Place], Depart: from.Depart.In(v.zone()), Arrive: to.Arrive.In(v.zone())})
		if r.Dedicated {
			out.Legs[len(out.Legs)-1].Round = v.say("trajet dédié", "dedicated trip")
			out.CanLock = false
		} else if r.Producer != c.Producer {
			out.Forbids = append(out.Forbids, forbidRow{r.ID, names[r.Producer], names[r.ID]})
		}
	}
	if len(c.Legs) > 0 {
		list, err := v.plans.Alternatives(v.ctx, v.scope, plan.ID, id)
		switch {
		case errors.Is(err, planning.ErrBusy):
			out.Wrong = v.say("Trop de choses se calculent en ce moment : rechargez dans quelques secondes.", "Too much is being computed at this moment: reload in some seconds.")
		case err != nil:
			return err
		}
		for i := range list {
			out.Others = append(out.Others, v.other(&list[i], names, rounds))
		}
	}
	return s.render(v, "goods.html", out)
}

func goodsID(v *visit) string {
	id := string(v.id("goods"))
	if x, err := url.PathUnescape(id); err == nil {
		return x
	}
	return id
}

// lockOf is the lock of a week that holds for goods; nil: none.
func lockOf(week *engine.Week, c *engine.Consignment) *engine.Lock {
	for i := range week.Locks {
		if l := &week.Locks[i]; l.Producer == c.Producer && l.PickupPoint == c.PickupPoint && (l.Class == "" || l.Class == c.Class) {
			return l
		}
	}
	return nil
}

func (v *visit) other(a *engine.Alternative, names map[string]string, rounds map[string]*engine.PlanRound) otherRow {
	out := otherRow{Metres: a.ChangeMetres, Minutes: a.DrivingS / 60}
	fixed := true
	for _, l := range a.Legs {
		row := legRow{Carrier: names[l.Producer], Round: names[l.Round], From: names[l.From], To: names[l.To], Depart: l.Depart.In(v.zone()), Arrive: l.Arrive.In(v.zone())}
		if r := rounds[l.Round]; r == nil || r.Dedicated {
			row.Round, row.New, fixed = v.say("trajet dédié", "dedicated trip"), r == nil, false
		}
		out.Legs, out.Rounds = append(out.Legs, row), append(out.Rounds, l.Round)
	}
	if !fixed {
		out.Rounds = nil
	}
	for _, e := range a.For {
		row := effectRow{Who: names[e.Producer], Round: names[e.Round], Metres: e.Metres, Minutes: e.Seconds / 60, Gone: e.Gone}
		if r := rounds[e.Round]; r == nil || r.Dedicated {
			row.Round = v.say("trajet dédié", "dedicated trip")
		}
		out.Effects = append(out.Effects, row)
	}
	return out
}

// rides are the rides of a lock to rounds of a week; ok is false where one is a trip.
func rides(rounds []string) (out []store.Ride, ok bool) {
	for _, id := range rounds {
		round, day, ok := planning.SplitRoundID(id)
		if !ok {
			return nil, false
		}
		out = append(out, store.Ride{Round: round, Day: string(day)})
	}
	return out, len(out) > 0
}

// sendOtherwise locks goods to a way, the one that they have or another, or lifts their lock.
func (s *Site) sendOtherwise(v *visit) error {
	_, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	newest, _, err := v.newestPlan(v.id("id"))
	if err != nil {
		return err
	}
	if plan == nil || newest == nil || newest.ID != plan.ID {
		return v.toSale("replaced")
	}
	id := goodsID(v)
	at := slices.IndexFunc(plan.Doc.Consignments, func(c engine.Consignment) bool { return c.ID == id })
	if at < 0 {
		return v.toSale("replaced")
	}
	c := &plan.Doc.Consignments[at]
	names := plan.names()
	goods := names[c.Producer] + " → " + names[c.PickupPoint]
	way := store.Way{Producer: store.ID(c.Producer), PickupPoint: store.ID(c.PickupPoint), Class: c.Class}
	var d planning.Decision
	reason := ""
	switch v.r.PostFormValue("do") {
	case "unlock":
		l := lockOf(plan.Week, c)
		if l == nil {
			return v.toSale("conflict")
		}
		way.Class = l.Class
		d.Lift = []store.Way{way}
		reason = v.say("voie libre : ", "way left open: ") + goods
	case "lock":
		var legs []string
		for _, l := range c.Legs {
			legs = append(legs, l.Round)
		}
		var ok bool
		if way.Rides, ok = rides(legs); !ok {
			return v.toSale("conflict")
		}
		d.Locks = []store.Way{way}
		reason = v.say("voie fixée : ", "way fixed: ") + goods
	default:
		var ok bool
		if way.Rides, ok = rides(v.r.PostForm["round"]); !ok {
			return &store.Error{Code: store.Invalid, Message: v.say("choisissez une des voies proposées", "choose one of the ways that are offered")}
		}
		d.Locks = []store.Way{way}
		reason = v.say("autrement : ", "otherwise: ") + goods
	}
	return v.decide(d, reason)
}

// decide makes a decision and leads to the plan that comes of it.
func (v *visit) decide(d planning.Decision, reason string) error {
	p, err := v.plans.Decide(v.ctx, v.scope, v.id("id"), d, short(reason, 120))
	return v.planned(p, err)
}
