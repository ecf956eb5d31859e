package web

import (
	"errors"
	"slices"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
)

type versionsView struct {
	Sale      *store.Sale
	Rows      []versionRow
	MayChange bool
}

type versionRow struct {
	store.Plan
	When    time.Time
	Why     string
	Base    int64 // number of the plan that it changes; 0: made anew
	Newest  bool
	InForce bool
}

// versions lists a sale's plans, the newest first.
func (s *Site) versions(v *visit) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	plans, err := store.All(func(p store.Page) ([]store.Plan, store.Cursor, error) {
		return v.scope.Plans(v.ctx, store.PlanFilter{Sale: sale.ID}, p)
	})
	if err != nil {
		return err
	}
	newest, _, err := v.newestPlan(sale.ID)
	if err != nil {
		return err
	}
	out := versionsView{Sale: sale, MayChange: v.Role == store.Coordinator && (sale.State == store.SaleOpen || sale.State == store.SaleClosed)}
	numbers := map[store.ID]int64{}
	for i := range plans {
		numbers[plans[i].ID] = plans[i].Number
	}
	for _, p := range plans {
		out.Rows = append(out.Rows, versionRow{p, v.at(p.Created), v.reason(p.Reason), numbers[p.BasedOn], newest != nil && p.ID == newest.ID, p.State == store.Published || p.State == store.Done})
	}
	slices.SortFunc(out.Rows, func(a, b versionRow) int { return int(b.Number - a.Number) })
	return s.render(v, "versions.html", out)
}

type compareView struct {
	Sale      *store.Sale
	Got       *planning.Comparison
	Figures   []figureRow
	MayChange bool
}

// A figureRow is a figure of two plans.
type figureRow struct {
	Name, From, To, More string
	Better, Worse        bool
}

// compare says what one plan does otherwise than another.
func (s *Site) compare(v *visit) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	from, to := store.ID(v.r.FormValue("from")), store.ID(v.r.FormValue("to"))
	if from == "" || to == "" || from == to {
		return v.leads("/sales/" + string(sale.ID) + "/plans")
	}
	got, err := v.plans.Compare(v.ctx, v.scope, from, to, v.lang)
	if err != nil {
		return err
	}
	if got.From.Sale != sale.ID {
		return &store.Error{Code: store.NotFound, Message: "the sale has no such plan"}
	}
	newest, _, err := v.newestPlan(sale.ID)
	if err != nil {
		return err
	}
	open := sale.State == store.SaleOpen || sale.State == store.SaleClosed
	return s.render(v, "compare.html", compareView{sale, got, v.figures(got), v.Role == store.Coordinator && open && newest != nil && newest.ID != got.From.ID})
}

func (v *visit) figures(got *planning.Comparison) []figureRow {
	a, b := &got.Before.Summary, &got.After.Summary
	signed := func(x float64, text string) string {
		if x > 0 {
			return "+" + text
		}
		return text
	}
	row := func(name string, x, y float64, text func(float64) string, moreIsWorse bool) figureRow {
		r := figureRow{Name: name, From: text(x), To: text(y), More: signed(y-x, text(y-x))}
		if text(x) == text(y) {
			r.More = "="
			return r
		}
		r.Better, r.Worse = (y < x) == moreIsWorse, (y > x) == moreIsWorse
		return r
	}
	count := func(x float64) string { return v.lang.Number(x, 0) }
	return []figureRow{
		row(v.say("Kilomètres ajoutés", "Kilometres added"), a.AddedMetres, b.AddedMetres, v.lang.Km, true),
		row(v.say("Kilomètres en tout", "Kilometres in all"), a.PlannedMetres, b.PlannedMetres, v.lang.Km, true),
		row(v.say("Économisé", "Saved"), a.SavedMetres, b.SavedMetres, v.lang.Km, false),
		row(v.say("Remises", "Handovers"), float64(a.Handovers), float64(b.Handovers), count, true),
		row(v.say("Trajets dédiés", "Dedicated trips"), float64(a.Trips), float64(b.Trips), count, true),
		row(v.say("Non livré", "Not served"), a.UnservedKg, b.UnservedKg, v.lang.Kg, true),
	}
}

func (s *Site) undo(v *visit) error {
	return v.back(func(past *planning.Past) (*store.Planning, error) {
		reason := v.say("annulé", "undone")
		if past.Last != nil {
			reason += v.say(" : ", ": ") + short(v.reason(past.Last.Reason), 100)
		}
		return v.plans.Undo(v.ctx, v.scope, v.id("id"), reason)
	})
}

func (s *Site) redo(v *visit) error {
	return v.back(func(past *planning.Past) (*store.Planning, error) {
		reason := v.say("rétabli", "redone")
		if past.Redo != nil {
			reason += v.say(" : ", ": ") + short(v.reason(past.Redo.Reason), 100)
		}
		return v.plans.Redo(v.ctx, v.scope, v.id("id"), reason)
	})
}

func (s *Site) restore(v *visit) error {
	return v.back(func(*planning.Past) (*store.Planning, error) {
		p, err := v.scope.Plan(v.ctx, store.ID(v.r.PostFormValue("plan")))
		if err != nil {
			return nil, err
		}
		return v.plans.Restore(v.ctx, v.scope, v.id("id"), p.ID, v.say("retour au plan ", "back to plan ")+v.lang.Number(float64(p.Number), 0))
	})
}

// back brings an earlier plan back, if the plan that the form was shown with is still the newest.
func (v *visit) back(do func(*planning.Past) (*store.Planning, error)) error {
	newest, _, err := v.newestPlan(v.id("id"))
	if err != nil {
		return err
	}
	if seen := store.ID(v.r.PostFormValue("newest")); newest == nil || seen != "" && seen != newest.ID {
		return v.toSale("replaced")
	}
	past, err := v.plans.Past(v.ctx, v.scope, v.id("id"))
	if err != nil {
		return err
	}
	p, err := do(past)
	if errors.Is(err, &store.Error{Code: store.Conflict}) {
		return v.toSale("changed")
	}
	return v.planned(p, err)
}

// since is what a plan does otherwise than the one that it was made from; nil: it was made anew.
func (v *visit) since(plan *weekPlan) (*planning.Comparison, error) {
	if plan.BasedOn == "" {
		return nil, nil
	}
	got, err := v.plans.Compare(v.ctx, v.scope, plan.BasedOn, plan.ID, v.lang)
	if store.IsNotFound(err) || errors.Is(err, planning.ErrBusy) {
		return nil, nil // its documents are forgotten, or it is to be seen later
	}
	return got, err
}
