package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
)

// A farmAbsence is a round that the producer has said they cannot come with.
type farmAbsence struct {
	Sale  planning.Named
	Plan  store.ID
	Round string
	Name  string
	Day   time.Time
	Note  string
}

// absences are those of the producer in the newest plan of a sale.
func (v *visit) absences(part *planning.SaleDropoffs) (out []farmAbsence, err error) {
	if part.State != store.Proposed && part.State != store.Published {
		return nil, nil
	}
	answers, err := v.scope.Answers(v.ctx, part.Plan)
	if err != nil {
		return nil, err
	}
	for _, a := range answers {
		if a.Producer != v.Producer || a.State != store.AnswerAbsent {
			continue
		}
		name, day, err := v.declined(a.Round)
		if err != nil {
			return nil, err
		}
		out = append(out, farmAbsence{part.Sale, part.Plan, a.Round, name, day, a.Note})
	}
	return out, nil
}

// declined is what a round or trip is called that a plan may have no more, and the midnight before it.
func (v *visit) declined(round string) (name string, on time.Time, err error) {
	on = planning.RoundDay(round).At(0, v.zone())
	id, _, ok := planning.SplitRoundID(round)
	if !ok {
		return v.say("trajet dédié", "dedicated trip"), on, nil
	}
	r, err := v.scope.Round(v.ctx, id)
	if store.IsNotFound(err) {
		return v.say("tournée", "round"), on, nil
	}
	if err != nil {
		return "", on, err
	}
	return r.Name, on, nil
}

// An absentView asks whether a producer cannot come, and shows what that would change.
type absentView struct {
	Sale  planning.Named
	Plan  store.ID
	Round *planning.DropoffRound
	Would *planning.Absence // nil: it cannot be told at this moment
	Note  string
	Wrong string
}

// Behind is what would stay behind.
func (a *absentView) Behind() (kg float64) {
	for _, g := range a.Would.Goods {
		kg += g.Behind
	}
	return kg
}

// LessMetres is what the other rounds would drive less.
func (a *absentView) LessMetres() float64 { return -a.Would.MoreMetres }

// absent asks a producer whether they cannot come with a round.
func (s *Site) absent(v *visit) error {
	return s.showAbsence(v, store.ID(v.r.FormValue("plan")), v.r.FormValue("round"), "", nil)
}

// showAbsence asks once more where what was sent was refused.
func (s *Site) showAbsence(v *visit, plan store.ID, round, note string, refused *store.Error) error {
	d, err := v.part()
	if err != nil {
		return err
	}
	out := absentView{Plan: plan, Note: note}
	for i := range d.Sales {
		if p := &d.Sales[i]; p.Plan == plan {
			if k := slices.IndexFunc(p.Rounds, func(r planning.DropoffRound) bool { return r.Round == round && r.Answer != "" }); k >= 0 {
				out.Sale, out.Round = p.Sale, &p.Rounds[k]
			}
		}
	}
	if out.Round == nil {
		return v.leads("/farm") // it is another plan's by now
	}
	if out.Round.Answer == string(store.AnswerAbsent) && refused == nil {
		return v.leads("/farm#absent")
	}
	out.Would, err = v.plans.WithoutCarrier(v.ctx, v.scope, plan, round, v.Producer)
	var e *store.Error
	status := http.StatusOK
	switch {
	case errors.Is(err, planning.ErrBusy):
	case errors.As(err, &e) && e.Code == store.Conflict:
		status, out.Wrong = http.StatusConflict, v.say("Cette tournée est déjà partie ou ne peut plus être retirée : appelez le coordinateur.", "This round has left or can no longer be taken out: call the coordinator.")
	case err != nil:
		return err
	}
	if refused != nil && out.Wrong == "" {
		status, out.Wrong = statusOf(refused), refused.Error()
	}
	return s.show(v, status, "absent.html", &out)
}
