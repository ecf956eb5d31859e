package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// A whatIfView asks what would be if somebody were away, a round were cancelled, or a producer's goods were kept off a round, and
// shows what has been decided of that kind.
type whatIfView struct {
	Sale      *store.Sale
	Plan      *weekPlan
	Producers []choice
	Rounds    []choice
	Decided   []decidedRow
	Asked     *whatIfAnswer // nil: nothing is asked
	Wrong     string
	MayChange bool
	If        string // the question that is asked
	Producer  string
	Round     string
}

// A whatIfAnswer is what would be otherwise.
type whatIfAnswer struct {
	Title     string
	Is, Would *engine.Summary
	Turns     []view.Turn
}

// MoreM is what would be added more.
func (a *whatIfAnswer) MoreM() float64 { return a.Would.AddedMetres - a.Is.AddedMetres }

type decidedRow struct {
	Text, Detail string
	Lift         []choice // hidden values of the form that lifts it
}

// question reads what a form asks; what is empty asks nothing.
func (v *visit) question(sale *store.Sale, plan *weekPlan) (d planning.Decision, title string, ok bool) {
	names := plan.names()
	producer, round := v.r.FormValue("producer"), v.r.FormValue("round")
	id, day, isRound := planning.SplitRoundID(round)
	switch v.r.FormValue("if") {
	case "away":
		if producer == "" || names[producer] == "" {
			return d, "", false
		}
		d.Absences = []store.Absence{{Producer: store.ID(producer), First: sale.First, Last: sale.Last, Reason: sale.Name}}
		return d, v.say("sans ", "without ") + names[producer], true
	case "cancel":
		if !isRound || names[round] == "" {
			return d, "", false
		}
		d.Rounds = []store.RoundChange{{Round: id, Day: day, Kind: store.Cancelled, Reason: sale.Name}}
		return d, v.say("tournée annulée : ", "round cancelled: ") + v.roundName(plan, round), true
	case "forbid":
		if !isRound || producer == "" || names[round] == "" || names[producer] == "" {
			return d, "", false
		}
		d.Forbids = []store.Forbid{{Producer: store.ID(producer), Round: id, Day: day, Reason: sale.Name}}
		return d, v.say("pas de "+names[producer]+" sur ", "no "+names[producer]+" on ") + v.roundName(plan, round), true
	}
	return d, "", false
}

// roundName is who drives a round, its name and its day.
func (v *visit) roundName(plan *weekPlan, id string) string {
	for i := range plan.Week.Rounds {
		if r := &plan.Week.Rounds[i]; r.ID == id {
			name := r.ID
			for k := range plan.Week.Producers {
				if plan.Week.Producers[k].ID == r.Producer {
					name = cmp.Or(plan.Week.Producers[k].Name, r.Producer)
				}
			}
			return name + ", " + cmp.Or(r.Name, r.ID) + ", " + day(v.lang, r.DepartAfter.In(v.zone()))
		}
	}
	return id
}

func (s *Site) whatIf(v *visit) error {
	sale, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	out := whatIfView{Sale: sale, Plan: plan, MayChange: v.Role == store.Coordinator && (sale.State == store.SaleOpen || sale.State == store.SaleClosed),
		If: v.r.FormValue("if"), Producer: v.r.FormValue("producer"), Round: v.r.FormValue("round")}
	if plan == nil {
		return s.render(v, "whatif.html", out)
	}
	if out.Decided, err = v.decided(sale, plan); err != nil {
		return err
	}
	for i := range plan.Week.Producers {
		p := &plan.Week.Producers[i]
		out.Producers = append(out.Producers, choice{p.ID, cmp.Or(p.Name, p.ID), p.ID == out.Producer})
	}
	by := byName()
	slices.SortStableFunc(out.Producers, func(a, b choice) int { return by.CompareString(a.Name, b.Name) })
	rounds := slices.Clone(plan.Week.Rounds)
	slices.SortStableFunc(rounds, func(a, b engine.Round) int { return a.DepartAfter.Compare(b.DepartAfter) })
	for i := range rounds {
		out.Rounds = append(out.Rounds, choice{rounds[i].ID, v.roundName(plan, rounds[i].ID), rounds[i].ID == out.Round})
	}
	if out.If == "" {
		return s.render(v, "whatif.html", out)
	}
	d, title, ok := v.question(sale, plan)
	if !ok {
		out.Wrong = v.say("Choisissez d’abord de qui ou de quelle tournée il s’agit.", "Choose first whom or which round it is about.")
		return s.show(v, http.StatusUnprocessableEntity, "whatif.html", out)
	}
	got, err := v.plans.Foresee(v.ctx, v.scope, plan.ID, d, v.lang)
	status, wrong, err := v.unseen(err)
	if err != nil {
		return err
	}
	if out.Wrong = wrong; wrong == "" {
		out.Asked = &whatIfAnswer{title, &got.Before.Summary, &got.Plan.Summary, got.Turns}
	}
	return s.show(v, status, "whatif.html", out)
}

// unseen says why a question about a plan has no answer, where that is for people to know; empty: it has one.
func (v *visit) unseen(err error) (status int, why string, _ error) {
	var e *store.Error
	switch {
	case errors.Is(err, planning.ErrBusy):
		return http.StatusServiceUnavailable, v.say("Trop de choses se calculent en ce moment : réessayez dans quelques secondes.", "Too much is being computed at this moment: try again in some seconds."), nil
	case errors.As(err, &e) && (e.Code == store.Invalid || e.Code == store.Conflict):
		return http.StatusConflict, v.say("Cela ne se peut pas : ", "That cannot be: ") + v.failure(e.Error()), nil
	}
	return http.StatusOK, "", err
}

// doIt decides what was asked.
func (s *Site) doIt(v *visit) error {
	sale, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	if plan == nil {
		return v.toSale("conflict")
	}
	d, title, ok := v.question(sale, plan)
	if !ok {
		return v.toSale("replaced")
	}
	return v.decide(d, title)
}

// decided lists what holds for a sale alone: locks, forbids, days of rounds and absences.
func (v *visit) decided(sale *store.Sale, plan *weekPlan) (out []decidedRow, err error) {
	names := plan.names()
	name := func(id store.ID) string { return cmp.Or(names[string(id)], string(id)) }
	ways, err := store.All(func(p store.Page) ([]store.Way, store.Cursor, error) {
		return v.scope.Ways(v.ctx, store.WayFilter{Sale: sale.ID}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, w := range ways {
		var by []string
		for _, r := range w.Rides {
			by = append(by, v.roundName(plan, planning.RoundID(r.Round, store.Day(r.Day))))
		}
		row := decidedRow{Text: name(w.Producer) + " → " + name(w.PickupPoint), Detail: v.say("voie fixée : ", "way fixed: ") + strings.Join(by, " → "),
			Lift: []choice{{Name: "what", Value: "lock"}, {Name: "producer", Value: string(w.Producer)}, {Name: "point", Value: string(w.PickupPoint)}, {Name: "class", Value: string(w.Class)}}}
		if w.Class != "" {
			row.Text += ", " + v.lang.Class(w.Class)
		}
		out = append(out, row)
	}
	forbids, err := store.All(func(p store.Page) ([]store.Forbid, store.Cursor, error) {
		return v.scope.Forbids(v.ctx, store.ForbidFilter{Sale: sale.ID}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, f := range forbids {
		out = append(out, decidedRow{Text: name(f.Producer), Detail: v.say("rien sur ", "nothing on ") + v.roundName(plan, planning.RoundID(f.Round, f.Day)),
			Lift: []choice{{Name: "what", Value: "forbid"}, {Name: "producer", Value: string(f.Producer)}, {Name: "round", Value: string(f.Round)}, {Name: "day", Value: string(f.Day)}}})
	}
	changes, err := store.All(func(p store.Page) ([]store.RoundChange, store.Cursor, error) {
		return v.scope.RoundChanges(v.ctx, store.RoundChangeFilter{First: sale.First, Last: sale.Last}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if c.Kind != store.Cancelled {
			continue
		}
		r, err := v.scope.Round(v.ctx, c.Round)
		if err != nil {
			return nil, err
		}
		out = append(out, decidedRow{Text: name(r.Producer) + ", " + r.Name, Detail: v.say("tournée annulée, ", "round cancelled, ") + day(v.lang, c.Day.At(0, v.zone())),
			Lift: []choice{{Name: "what", Value: "round"}, {Name: "round", Value: string(c.Round)}, {Name: "day", Value: string(c.Day)}}})
	}
	away, err := store.All(func(p store.Page) ([]store.Absence, store.Cursor, error) {
		return v.scope.Absences(v.ctx, store.AbsenceFilter{First: sale.First, Last: sale.Last}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, a := range away {
		who := cmp.Or(string(a.Producer), string(a.Vehicle))
		if who == "" {
			continue
		}
		if names[who] == "" {
			if x, err := v.scope.Producer(v.ctx, a.Producer); err == nil {
				names[who] = x.Name
			}
		}
		out = append(out, decidedRow{Text: cmp.Or(names[who], who), Detail: v.say("absence du ", "away, ") + v.lang.Date(a.First.At(0, v.zone())) + v.say(" au ", " to ") + v.lang.Date(a.Last.At(0, v.zone())),
			Lift: []choice{{Name: "what", Value: "absence"}, {Name: "producer", Value: string(a.Producer)}, {Name: "vehicle", Value: string(a.Vehicle)}, {Name: "first", Value: string(a.First)}, {Name: "last", Value: string(a.Last)}}})
	}
	return out, nil
}

// lift takes one decision back, and has the sale planned without it.
func (s *Site) lift(v *visit) error {
	form := func(name string) store.ID { return store.ID(v.r.PostFormValue(name)) }
	var d planning.Decision
	switch form("what") {
	case "lock":
		d.Lift = []store.Way{{Producer: form("producer"), PickupPoint: form("point"), Class: engine.Class(form("class"))}}
	case "forbid":
		d.Allow = []store.Forbid{{Producer: form("producer"), Round: form("round"), Day: store.Day(form("day"))}}
	case "round":
		d.Rounds = []store.RoundChange{{Round: form("round"), Day: store.Day(form("day"))}}
	case "absence":
		d.Present = []store.Absence{{Producer: form("producer"), Vehicle: form("vehicle"), First: store.Day(form("first")), Last: store.Day(form("last"))}}
	default:
		return &store.Error{Code: store.Invalid, Message: v.say("dites ce qu’il faut lever", "say what is to be lifted")}
	}
	return v.decide(d, v.say("levé : ", "lifted: ")+v.r.PostFormValue("text"))
}

// at is a time of day in the collective's zone.
func (v *visit) at(t time.Time) time.Time { return t.In(v.zone()) }
