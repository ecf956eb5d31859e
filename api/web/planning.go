package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// A lifeView is where the sale and its plan stand, and what can be done about it.
type lifeView struct {
	Sale      *store.Sale
	Planning  *planningView // nil: none waits, runs or has failed
	Plan      *store.Plan   // that is shown; nil: none
	Newest    *store.Plan   // that is worked on, else in force
	InForce   *store.Plan   // beside the newest; nil: none or the same
	Answers   []answerRow
	Open      int         // answers
	Absent    []answerRow // who cannot come
	Stages    []stage     // of the plan's life
	Past      *planning.Past
	UndoWhat  string // what can be taken back
	RedoWhat  string // what can be brought back
	Said      string // what has just been done, or why not
	Wrong     bool   // it was not possible
	MayChange bool
	Orders    int
	Late      bool // orders have come in since the newest plan

	Answering bool // somebody's answer has just been noted

	Tiles, TilesBy string // of the map of the best plan so far
}

// Current says whether the plan that is shown is the newest.
func (l *lifeView) Current() bool {
	return l.Plan != nil && l.Newest != nil && l.Plan.ID == l.Newest.ID
}

// Busy says whether the sale is being planned.
func (l *lifeView) Busy() bool { return l.Planning != nil && l.Planning.Busy }

// A stage is a step in the life of a plan.
type stage struct {
	Name      string
	Done, Now bool
}

type planningView struct {
	Busy, Runs, Failed, Cancelled bool
	Share                         float64
	Percent                       int
	Km                            string // of the best plan so far; empty: none yet
	Left                          string // what it leaves behind; empty: nothing
	Reason                        string
	Faults                        []faultRow
	Since                         time.Time
}

// A faultRow is what keeps a sale from being planned, and where it is mended.
type faultRow struct{ Name, Text, Href string }

type answerRow struct {
	Round, Carrier, Name, Note string
	State                      store.AnswerState
	When                       time.Time // the round leaves; zero: it is not part of the plan
	Answered                   time.Time
	AddedM                     float64
	Kg                         float64   // of others that it takes on board
	Mute                       bool      // nobody of the carrier is told by e-mail
	Day                        time.Time // of the round of somebody who is absent
}

// newestPlan is the plan of a sale that is worked on, else the one in force, which is also given where it is another; nil: none.
func (v *visit) newestPlan(sale store.ID) (newest, force *store.Plan, err error) {
	plans, _, err := v.scope.Plans(v.ctx, store.PlanFilter{Sale: sale, Live: true}, store.Page{})
	for i := range plans {
		if s := plans[i].State; s == store.Draft || s == store.Proposed {
			newest = &plans[i]
		} else {
			force = &plans[i]
		}
	}
	if newest == nil {
		newest, force = force, nil
	}
	return newest, force, err
}

// life reads where a sale stands; plan is the one that is shown, nil without.
func (v *visit) life(sale *store.Sale, plan *weekPlan) (*lifeView, error) {
	l := &lifeView{Sale: sale, Past: &planning.Past{}, MayChange: v.Role == store.Coordinator}
	l.Said, l.Wrong = said(v)
	l.Answering = slices.Contains([]string{"accepted", "refused", "absent"}, v.r.FormValue("said"))
	var err error
	if l.Newest, l.InForce, err = v.newestPlan(sale.ID); err != nil {
		return nil, err
	}
	if l.Orders, err = v.scope.OrderCount(v.ctx, sale.ID); err != nil {
		return nil, err
	}
	p, err := v.scope.Planning(v.ctx, sale.ID)
	switch {
	case err == nil:
		l.Planning = v.planningView(sale.ID, p)
	case !store.IsNotFound(err):
		return nil, err
	}
	if plan != nil {
		l.Plan = &plan.Plan
		if err := v.answers(l, plan); err != nil {
			return nil, err
		}
	}
	if l.Newest != nil && (sale.State == store.SaleOpen || sale.State == store.SaleClosed) {
		revision, err := v.scope.Revision(v.ctx, sale.ID)
		if err != nil {
			return nil, err
		}
		l.Late = revision != l.Newest.Revision
		if l.Past, err = v.plans.Past(v.ctx, v.scope, sale.ID); err != nil {
			return nil, err
		}
		if l.Past.Last != nil {
			l.UndoWhat = v.reason(l.Past.Last.Reason)
		}
		if l.Past.Redo != nil {
			l.RedoWhat = v.reason(l.Past.Redo.Reason)
		}
	}
	state := store.PlanState("")
	if l.Newest != nil {
		state = l.Newest.State
	}
	rank := map[store.PlanState]int{"": 0, store.Draft: 1, store.Proposed: 2, store.Published: 3, store.Done: 4}[state]
	numbered := "Plan"
	if l.Newest != nil {
		numbered += " " + v.lang.Number(float64(l.Newest.Number), 0)
	}
	for i, name := range [...]string{v.say("Commandes", "Orders"), numbered, v.say("Proposé", "Proposed"), v.say("Publié", "Published"), v.say("Roulé", "Driven")} {
		done := i <= rank
		if i == 0 {
			done = sale.State != store.SaleOpen
		}
		l.Stages = append(l.Stages, stage{name, done, i == rank})
	}
	return l, nil
}

// planningView is a planning as people see it; nil for one that has ended in a plan.
func (v *visit) planningView(sale store.ID, p *store.Planning) *planningView {
	if p.State == store.PlanningDone {
		return nil
	}
	out := &planningView{Since: p.Asked, Runs: p.State == store.PlanningRuns, Failed: p.State == store.PlanningFailed, Cancelled: p.State == store.PlanningCancelled}
	out.Busy = out.Runs || p.State == store.PlanningWaits
	var progress planning.Progress
	if out.Runs && json.Unmarshal(p.Progress, &progress) == nil {
		out.Share, out.Percent = progress.Share, int(100*progress.Share)
		if progress.Iterations > 0 {
			out.Km = v.lang.Km(progress.ObjectiveM)
			if progress.UnservedKg >= 0.05 {
				out.Left = v.lang.Kg(progress.UnservedKg)
			}
		}
	}
	if out.Failed {
		out.Reason = v.failure(p.Reason)
		var faults []planning.Fault
		if len(p.Faults) > 0 && json.Unmarshal(p.Faults, &faults) == nil {
			for _, f := range faults {
				out.Faults = append(out.Faults, v.fault(sale, &f))
			}
		}
	}
	return out
}

// noDistances is how the reason of a planning begins that could not ask for the ways between its places.
const noDistances = "the distances could not be had from "

// failure says why a planning failed.
func (v *visit) failure(reason string) string {
	switch {
	case reason == engine.ErrRoundCannot.Error():
		return v.say("Une tournée ne peut plus tenir les heures de ses propres arrêts : décalez-la ou annulez-la.", sentence(reason))
	case reason == engine.ErrPast.Error():
		return v.say("Ce changement contredit ce qui est déjà fait.", sentence(reason))
	case strings.Contains(reason, noDistances):
		_, of, _ := strings.Cut(reason, noDistances)
		name, why, _ := strings.Cut(of, ": ")
		return v.say("Les distances n’ont pas pu être obtenues de "+name+" : réessayez plus tard, ou choisissez d’autres distances dans les réglages. ("+why+")",
			"The distances could not be had from "+name+": try again later, or choose other distances in the settings. ("+why+")")
	case strings.HasPrefix(reason, "the week has "):
		return v.say("Quelque chose dans les données empêche de planifier.", "Something in the data keeps it from being planned.")
	}
	return sentence(reason)
}

// fault says what keeps a sale from being planned, with the form where it is mended.
func (v *visit) fault(sale store.ID, f *planning.Fault) faultRow {
	out := faultRow{Name: f.Name, Text: sentence(f.Message)}
	list, rest, _ := strings.Cut(f.Path, "[")
	id, field, _ := strings.Cut(rest, "]")
	id, _, _ = strings.Cut(id, "@")
	switch list {
	case "places", "producers", "vehicles", "rounds":
		out.Href = "/data/" + list + "/" + id
	case "pickup_points":
		out.Href = "/data/pickup-points/" + id
	case "orders":
		out.Href = "/sales/" + string(sale) + "/orders/" + id
	case "locks", "ways", "forbid", "forbids":
		out.Href = "/sales/" + string(sale) + "/what-if#decided"
	case "settings":
		out.Href = "/data/settings"
	}
	switch {
	case list == "places" && field == ".at":
		out.Text = v.say("On ne sait pas où c’est : placez ce lieu sur la carte, ou donnez son adresse.", out.Text)
	case list == "places" && field == ".road":
		out.Text = v.say("Aucune route n’y mène : corrigez sa position, ou choisissez d’autres distances dans les réglages.", "No road leads there: correct its position, or choose other distances in the settings.")
	case list == "pickup_points" && field == ".windows":
		out.Text = v.say("Des commandes y vont, mais il n’ouvre pas cette semaine : donnez-lui des heures, ou envoyez les commandes ailleurs.", out.Text)
	}
	return out
}

// reason is why a plan was made, in the visitor's language where the service has said it.
func (v *visit) reason(reason string) string {
	french, ok := map[string]string{"first plan": "premier plan", "locked": "voie imposée", "refused": "refus d’un transporteur", "absent": "un transporteur ne peut pas venir", "back": "un transporteur vient finalement", "made anew": "refait de zéro", "asked for": "sur demande",
		"orders since the plan before": "nouvelles commandes"}[reason]
	if !ok {
		return reason
	}
	return v.say(french, reason)
}

// answers reads what the carriers of a plan say.
func (v *visit) answers(l *lifeView, plan *weekPlan) error {
	list, err := v.scope.Answers(v.ctx, plan.ID)
	if err != nil {
		return err
	}
	told, err := v.mailed()
	if err != nil {
		return err
	}
	names := plan.names()
	rounds := map[string]*engine.PlanRound{}
	for i := range plan.Doc.Rounds {
		rounds[plan.Doc.Rounds[i].ID] = &plan.Doc.Rounds[i]
	}
	kg := map[string]float64{}
	for i := range plan.Doc.Consignments {
		c := &plan.Doc.Consignments[i]
		for _, leg := range c.Legs {
			if r := rounds[leg.Round]; r != nil && r.Producer != c.Producer {
				kg[leg.Round] += c.Kg
			}
		}
	}
	for _, a := range list {
		row := answerRow{Round: a.Round, Carrier: cmp.Or(names[string(a.Producer)], string(a.Producer)), Note: a.Note, State: a.State, Answered: a.Answered, Kg: kg[a.Round], Mute: !told[a.Producer]}
		if r := rounds[a.Round]; r != nil {
			row.Name, row.When, row.AddedM = names[a.Round], r.Stops[0].Depart.In(v.zone()), r.Metres-r.BaseMetres
			if r.Dedicated {
				row.Name = v.say("trajet dédié", "dedicated trip")
			}
		}
		switch a.State {
		case store.AnswerOpen:
			l.Open++
		case store.AnswerAbsent:
			if row.Name, row.Day, err = v.declined(a.Round); err != nil {
				return err
			}
			l.Absent = append(l.Absent, row)
		}
		l.Answers = append(l.Answers, row)
	}
	slices.SortStableFunc(l.Answers, func(a, b answerRow) int { return a.When.Compare(b.When) })
	return nil
}

// said is what a page before this one has done; wrong: could not do.
func said(v *visit) (text string, wrong bool) {
	switch v.r.FormValue("said") {
	case "proposed":
		return v.say("Le plan est proposé : les transporteurs sont sollicités.", "The plan is proposed: the carriers are asked."), false
	case "accepted":
		return v.say("C’est noté : accepté.", "Noted: accepted."), false
	case "refused":
		return v.say("C’est noté : refusé. Le plan est refait autour de cette tournée.", "Noted: refused. The plan is made again around this round."), false
	case "absent":
		return v.say("C’est noté : ne peut pas venir. Le plan est refait sans cette tournée.", "Noted: cannot come. The plan is made again without this round."), false
	case "published":
		return v.say("Le plan est publié : c’est lui qui vaut.", "The plan is published: it is the one in force."), false
	case "done":
		return v.say("C’est noté : la semaine est faite, les kilomètres sont portés aux comptes.", "Noted: the week is done, and its kilometres are booked."), false
	case "cancelled":
		return v.say("La planification est arrêtée.", "The planning is stopped."), false
	case "closed":
		return v.say("Les commandes sont closes. Le plan les a toutes.", "Orders are closed. The plan has them all."), false
	case "planned":
		return v.say("Le plan est fait.", "The plan is made."), false
	case "stale":
		return v.say("Quelqu’un d’autre a changé ce plan entre-temps : voici où il en est. Rien n’a été fait.", "Somebody else has changed this plan meanwhile: here is how it stands. Nothing was done."), true
	case "conflict":
		return v.say("Ce n’est plus possible, la situation a changé entre-temps : voici où en est le plan. Rien n’a été fait.", "That is no longer possible, things have changed meanwhile: here is how the plan stands. Nothing was done."), true
	case "replaced":
		return v.say("Ce plan n’est plus le dernier : le plan a été refait entre-temps. Voici le nouveau. Rien n’a été fait.", "This plan is no longer the newest: it was made again meanwhile. Here is the new one. Nothing was done."), true
	case "changed":
		return v.say("Quelqu’un a changé entre-temps ce qu’il faudrait reprendre. Rien n’a été fait : changez-le à la main.", "Somebody has changed meanwhile what was to be taken back. Nothing was done: change it by hand."), true
	}
	return "", false
}

// toSale leads back to a sale's page and says what was done.
func (v *visit) toSale(what string) error {
	path := "/sales/" + string(v.id("id"))
	if what != "" {
		path += "?said=" + url.QueryEscape(what)
	}
	return v.leads(path)
}

// outcome leads back to the sale after a step of the plan's life: what went well is said, and so is that somebody else was faster.
func (v *visit) outcome(err error, what string) error {
	switch {
	case errors.Is(err, &store.Error{Code: store.Stale}):
		what = "stale"
	case errors.Is(err, &store.Error{Code: store.Conflict}):
		what = "conflict"
	case err != nil:
		return err
	}
	return v.toSale(what)
}

// settle waits a moment for a planning that is asked for, so that the answer to a click is the plan. It returns planned where that is made.
func (v *visit) settle(p *store.Planning) (what string, err error) {
	const moment, look = 1500 * time.Millisecond, 30 * time.Millisecond
	for end := time.Now().Add(moment); p != nil && !p.Due.IsZero(); {
		if time.Now().After(end) {
			return "", nil
		}
		select {
		case <-v.ctx.Done():
			return "", v.ctx.Err()
		case <-time.After(look):
		}
		if p, err = v.scope.Planning(v.ctx, p.Sale); err != nil {
			return "", err
		}
	}
	if p != nil && p.State == store.PlanningDone {
		return "planned", nil
	}
	return "", nil
}

// planned leads to the sale once it is planned, or to how far that is.
func (v *visit) planned(p *store.Planning, err error) error {
	if err != nil {
		return v.outcome(err, "")
	}
	what, err := v.settle(p)
	if err != nil {
		return err
	}
	return v.toSale(what)
}

func (s *Site) closeSale(v *visit) error {
	got, err := v.plans.Close(v.ctx, v.scope, v.id("id"))
	if err != nil {
		return v.outcome(err, "")
	}
	if got.Planning == nil || got.Planning.Due.IsZero() {
		return v.toSale("closed")
	}
	return v.planned(got.Planning, nil)
}

func (s *Site) cancelPlanning(v *visit) error {
	return v.outcome(v.plans.Cancel(v.ctx, v.scope, v.id("id")), "cancelled")
}

// seen is the version of a plan that a form was shown with, and whether the plan is still the sale's newest.
func (v *visit) seen() (plan store.ID, version int64, current bool, err error) {
	plan = store.ID(v.r.PostFormValue("plan"))
	if _, err := fmt.Sscan(v.r.PostFormValue("version"), &version); err != nil || version < 1 {
		return "", 0, false, &store.Error{Code: store.Invalid, Message: v.say("le formulaire ne dit pas de quelle version du plan il parle", "the form does not say which version of the plan it is about")}
	}
	newest, _, err := v.newestPlan(v.id("id"))
	return plan, version, newest != nil && newest.ID == plan, err
}

// onNewest does something with the plan that a form is about, if that is still the newest.
func (v *visit) onNewest(what string, do func(plan store.ID, version int64) error) error {
	plan, version, current, err := v.seen()
	if err != nil {
		return err
	}
	if !current {
		return v.toSale("replaced")
	}
	return v.outcome(do(plan, version), what)
}

func (s *Site) propose(v *visit) error {
	return v.onNewest("proposed", func(plan store.ID, version int64) error {
		_, err := v.plans.Propose(v.ctx, v.scope, plan, version)
		return err
	})
}

// answer notes what a carrier says on the telephone.
func (s *Site) answer(v *visit) error {
	plan, state := store.ID(v.r.PostFormValue("plan")), answerStates[v.r.PostFormValue("do")]
	p, err := v.plans.Answer(v.ctx, v.scope, plan, v.r.PostFormValue("round"), "", state, strings.TrimSpace(v.r.PostFormValue("note")))
	if store.IsNotFound(err) {
		return v.toSale("replaced")
	}
	if err != nil || p == nil {
		return v.outcome(err, string(state))
	}
	if _, err := v.settle(p); err != nil {
		return err
	}
	return v.toSale(string(state))
}

// A confirmView asks before something that cannot be undone.
type confirmView struct {
	Sale               *store.Sale
	Title, Text, Do    string
	Action             string
	Plan               *store.Plan
	Missing            []answerRow // who has not accepted
	Knowingly          bool
	Km, Saved, Balance string
}

func (s *Site) askPublish(v *visit) error {
	sale, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	if plan == nil || plan.State != store.Draft && plan.State != store.Proposed {
		return v.toSale("conflict")
	}
	missing, err := v.unsettled(plan)
	if err != nil {
		return err
	}
	out := confirmView{Sale: sale, Plan: &plan.Plan, Missing: missing, Knowingly: len(missing) > 0, Action: "publish",
		Title: v.say("Publier le plan", "Publish the plan"), Do: v.say("Publier", "Publish"),
		Text: v.say("Chaque producteur voit alors sur son lien ce qu’il porte, où et quand. Un plan publié peut encore être changé : le changement est un nouveau plan, proposé puis publié à son tour.",
			"Every producer then sees by their link what they carry, where and when. A published plan can still be changed: the change is a new plan, proposed and published in its turn.")}
	if out.Knowingly {
		out.Do = v.say("Publier quand même", "Publish all the same")
	}
	return s.render(v, "confirm.html", out)
}

// unsettled are those who stand in the way of publishing.
func (v *visit) unsettled(plan *weekPlan) ([]answerRow, error) {
	list, err := v.plans.Unsettled(v.ctx, v.scope, plan.ID)
	if err != nil {
		return nil, err
	}
	l := &lifeView{}
	if err := v.answers(l, plan); err != nil {
		return nil, err
	}
	var out []answerRow
	for _, a := range l.Answers {
		for _, x := range list {
			if x.Round == a.Round {
				out = append(out, a)
			}
		}
	}
	return out, nil
}

func (s *Site) publish(v *visit) error {
	plan, version, current, err := v.seen()
	if err != nil {
		return err
	}
	if !current {
		return v.toSale("replaced")
	}
	_, err = v.plans.Publish(v.ctx, v.scope, plan, version, v.r.PostFormValue("knowingly") != "")
	if errors.Is(err, &store.Error{Code: store.Conflict}) && v.r.PostFormValue("knowingly") == "" {
		return v.leads("/sales/" + string(v.id("id")) + "/publish") // which names who has not accepted
	}
	return v.outcome(err, "published")
}

func (s *Site) askDone(v *visit) error {
	sale, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	if plan == nil || plan.State != store.Published {
		return v.toSale("conflict")
	}
	return s.render(v, "confirm.html", confirmView{Sale: sale, Plan: &plan.Plan, Action: "done", Title: v.say("La semaine est faite", "The week is done"), Do: v.say("Oui, c’est roulé", "Yes, it was driven"),
		Text: v.say("Les kilomètres roulés pour d’autres sont portés au compte de chacun, et la vente est terminée : son plan ne change plus.",
			"The kilometres driven for others are booked to everyone’s balance, and the sale is over: its plan changes no more.")})
}

func (s *Site) done(v *visit) error {
	return v.onNewest("done", func(plan store.ID, version int64) error {
		_, err := v.plans.Done(v.ctx, v.scope, plan, version)
		return err
	})
}

// saleAndPlan reads the sale of the path and the plan that is asked for, else its newest; nil: there is none.
func (v *visit) saleAndPlan() (*store.Sale, *weekPlan, error) {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return nil, nil, err
	}
	plan, err := v.plan(sale.ID)
	return sale, plan, err
}

type planAgainView struct {
	Sale   *store.Sale
	Newest *store.Plan
	Typed  url.Values
	Wrong  map[string]string
}

// planAgain asks how a sale is to be planned.
func (s *Site) planAgain(v *visit) error { return s.showPlanAgain(v, nil, nil) }

func (s *Site) showPlanAgain(v *visit, typed url.Values, wrong map[string]string) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	out := planAgainView{Sale: sale, Typed: typed, Wrong: wrong}
	if out.Newest, _, err = v.newestPlan(sale.ID); err != nil {
		return err
	}
	status := http.StatusOK
	if wrong != nil {
		status = http.StatusUnprocessableEntity
	}
	return s.show(v, status, "replan.html", out)
}

func (s *Site) requestPlan(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return &store.Error{Code: store.Invalid, Message: v.say("le formulaire est illisible", "the form cannot be read")}
	}
	rd := &reader{typed: v.r.PostForm, lang: v.lang}
	o := planning.Options{Anew: rd.text("how") == "anew", AskAgain: rd.check("ask_again"), Reason: rd.text("reason")}
	if t := rd.amount("time_s", 1); t != nil {
		o.TimeS = float64(*t)
	}
	if o.Anew {
		if f := rd.amount("fairness", 100); f != nil {
			x := float64(*f) / 100
			o.Fairness = &x
		}
		if rd.check("nobody_worse_off") {
			yes := true
			o.NobodyWorseOff = &yes
		}
		o.NoHandovers = rd.check("no_handovers")
	}
	wrong := map[string]string{}
	for _, f := range rd.faults {
		wrong[f.Path] = f.Message
	}
	if len(wrong) == 0 {
		p, err := v.plans.Request(v.ctx, v.scope, v.id("id"), o)
		faults, ok := []store.Fault(nil), false
		if errors.Is(err, &store.Error{Code: store.Invalid}) {
			faults, ok = faultsOf(err, v.lang)
		}
		if !ok {
			return v.planned(p, err)
		}
		for _, f := range faults {
			wrong[f.Path] = f.Message
		}
	}
	if wrong["time_s"] != "" {
		wrong["time_s"] = v.say("Écrivez un nombre de secondes, de 0 à 1800.", "Write a number of seconds, 0 to 1800.")
	}
	if wrong["fairness"] != "" {
		wrong["fairness"] = v.say("Écrivez un nombre de 0 à 1, par exemple 0,5.", "Write a number from 0 to 1, for example 0.5.")
	}
	return s.showPlanAgain(v, v.r.PostForm, wrong)
}

// Limits of streams.
const (
	mostStreams = 1000
	lookEach    = 400 * time.Millisecond
	stayAwake   = 15 * time.Second // without a change a comment is sent, so that no proxy takes the stream for dead
)

// progressEvent is how far a planning is.
type progressEvent struct {
	State  store.PlanningState `json:"state"`
	Share  float64             `json:"share"`
	Metres float64             `json:"metres,omitempty"` // of the best plan so far
	Km     string              `json:"km,omitempty"`     // the same for people
	Left   string              `json:"left,omitempty"`
	Lines  []string            `json:"lines,omitempty"` // where they are others than before, see planning.Progress
}

// progress streams how far the planning of a sale is, until it has ended.
func (s *Site) progress(v *visit) error {
	p, err := v.scope.Planning(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	defer s.streams.Add(-1)
	if s.streams.Add(1) > mostStreams {
		v.w.Header().Set("Retry-After", "10")
		http.Error(v.w, "too many are following at this moment", http.StatusServiceUnavailable)
		return nil
	}
	v.ctx = v.r.Context() // it may take long
	out := http.NewResponseController(v.w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no")
	look := time.NewTicker(lookEach)
	defer look.Stop()
	before, sent := "", time.Now()
	var drawn []string
	for {
		e := progressEvent{State: p.State}
		if x := v.planningView(p.Sale, p); x != nil && x.Runs {
			e.Share, e.Km, e.Left = x.Share, x.Km, x.Left
			var now planning.Progress
			if x.Km != "" && json.Unmarshal(p.Progress, &now) == nil {
				e.Metres = now.ObjectiveM
				if !slices.Equal(now.Lines, drawn) {
					e.Lines, drawn = now.Lines, now.Lines
				}
			}
		}
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		switch {
		case string(text) != before:
			_, err = fmt.Fprintf(v.w, "data: %s\n\n", text)
			before, sent = string(text), time.Now()
		case time.Since(sent) > stayAwake:
			_, err = fmt.Fprint(v.w, ": still there\n\n")
			sent = time.Now()
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil || p.Due.IsZero() {
			return nil // the browser went away, or there is nothing to follow any more
		}
		select {
		case <-v.ctx.Done():
			return nil
		case <-s.config.Stopping:
			return nil
		case <-look.C:
		}
		if p, err = v.scope.Planning(v.ctx, p.Sale); err != nil {
			s.log.Error("progress", "sale", v.id("id"), "error", err.Error())
			return nil
		}
	}
}
