package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/paulmach/orb/geojson"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

type farmView struct {
	Name     string
	Open     int // parts that are not answered yet
	Absent   []farmAbsence
	Days     []farmDay  // today and later
	Past     []farmDay  // the last first
	Unfolded bool       // what is past is shown
	today    time.Time  // when it began
	Kept     []farmRest // what customers collect at the farm
	Unserved []farmRest
	Mail     *farmMail // nil: they are no member, who has an address
}

type farmDay struct {
	Date  time.Time
	Items []farmItem
}

// find is the first item that is so, nil where none is. It is shown, even where it is past.
func (f *farmView) find(so func(*farmItem) bool) *farmItem {
	for _, days := range [][]farmDay{f.Days, f.Past} {
		for _, d := range days {
			if k := slices.IndexFunc(d.Items, func(x farmItem) bool { return so(&x) }); k >= 0 {
				f.Unfolded = d.Items[k].End().Before(f.today)
				return &d.Items[k]
			}
		}
	}
	return nil
}

// A farmItem is a round that the producer drives, or another's that comes for their goods.
type farmItem struct {
	Sale    planning.Named
	Plan    store.ID
	InForce store.ID // the plan of which the round, or how it was before, is in force; empty: none
	State   store.PlanState
	Anchor  string
	Round   *planning.DropoffRound // one of these two
	Fetched *planning.Fetched
	Before  *planning.DropoffRound // as it is in force, where the proposal is another
	Same    bool                   // proposed as it is in force
	Dropped bool                   // in force, and the proposal has nothing of it
	Ticks   []store.Tick           // of the sale
	Typed   *tickForm              // what of this was typed, and not taken
	Note    string                 // typed, and not taken
	Wrong   string                 // why not
	Left    bool                   // it is under way, or over
	Over    bool                   // its last stop is behind
}

type farmRest struct {
	Sale  planning.Named
	Goods []planning.Goods
}

// Start is when it begins.
func (x *farmItem) Start() time.Time {
	if x.Round != nil {
		return begins(x.Round)
	}
	return x.Fetched.Arrive
}

// End is when it is over.
func (x *farmItem) End() time.Time {
	if x.Round == nil {
		return x.Fetched.Depart
	}
	if n := len(x.Round.Stops); n > 0 {
		return x.Round.Stops[n-1].Depart
	}
	return time.Time{}
}

// Stops are the round's.
func (x *farmItem) Stops() []farmStop {
	if x.Before != nil { // it is that which is in force
		return stopsOf(x.Round, "", nil, nil)
	}
	return stopsOf(x.Round, x.InForce, x.Ticks, x.Typed)
}

// StopsBefore are those of the round as it is in force.
func (x *farmItem) StopsBefore() []farmStop { return stopsOf(x.Before, x.InForce, x.Ticks, x.Typed) }

// MayAnswer says whether the producer is asked about it: of what is over, nobody is.
func (x *farmItem) MayAnswer() bool {
	return x.Round != nil && !x.Over && x.Round.Answer != "" && x.Round.Answer != string(store.AnswerAbsent) && !x.Dropped && (x.State == store.Proposed || x.State == store.Published)
}

func begins(r *planning.DropoffRound) time.Time {
	if len(r.Stops) == 0 {
		return time.Time{}
	}
	return r.Stops[0].Arrive
}

// A farmTask is what is done with goods at a stop in one way.
type farmTask struct {
	Do    string            // load, take, unload or hand
	Does  string            // the same as a view.Task has it
	With  *planning.Partner // from whom or to whom
	At    time.Time         // when that one is there; zero: it is not known
	here  time.Time         // when the stop begins
	Goods []planning.Goods
	Kg    float64
	Tick  *tickForm // nil: nothing can be said
}

// tasksAt are what is done at a stop: first what leaves the vehicle.
func tasksAt(s planning.DropoffStop) []farmTask {
	var out []farmTask
	add := func(g *planning.Goods, loads bool) {
		does, with, at := s.Does(g, loads)
		do := "unload"
		switch {
		case loads && with != nil:
			do = "take"
		case loads:
			do = "load"
		case with != nil:
			do = "hand"
		}
		k := slices.IndexFunc(out, func(t farmTask) bool {
			return t.Do == do && (with == nil || t.With.Round == with.Round)
		})
		if k < 0 {
			k = len(out)
			out = append(out, farmTask{Do: do, Does: does, With: with, At: at, here: s.Arrive})
		}
		out[k].Goods = append(out[k].Goods, *g)
		out[k].Kg += g.Kg
	}
	for i := range s.Unload {
		add(&s.Unload[i], false)
	}
	for i := range s.Load {
		add(&s.Load[i], true)
	}
	return out
}

// Says is what is done, with whom and when that one is there, for whoever drives the round.
func (t *farmTask) Says(lang view.Lang, zone *time.Location, me store.ID) string {
	with := ""
	if t.With != nil && t.With.ID != me {
		with = t.With.Name
	}
	return lang.Doing(t.Does, with, t.here, t.At, zone)
}

// dropoffs shows a producer what they load, where and when, and whom they hand it over to.
func (s *Site) dropoffs(v *visit) error {
	out, err := s.farmOf(v)
	if err != nil {
		return err
	}
	return s.render(v, "farm.html", out)
}

// answerStates are what the forms' buttons say.
var answerStates = map[string]store.AnswerState{"accept": store.AnswerAccepted, "refuse": store.AnswerRefused, "absent": store.AnswerAbsent}

// answerOf takes what a producer says to what is asked of one of their rounds.
func (s *Site) answerOf(v *visit) error {
	plan, round := store.ID(v.r.PostFormValue("plan")), v.r.PostFormValue("round")
	note := v.r.PostFormValue("note")
	state, ok := answerStates[v.r.PostFormValue("do")]
	if !ok {
		return &store.Error{Code: store.Invalid, Message: v.say("acceptez, refusez, ou dites que vous ne pouvez pas venir", "accept, refuse, or say that you cannot come")}
	}
	_, err := v.plans.Answer(v.ctx, v.scope, plan, round, v.Producer, state, note)
	if err == nil && state == store.AnswerAbsent {
		return v.leads("/farm#absent")
	}
	if err == nil {
		return v.leads("/farm#" + anchor(plan, round))
	}
	var e *store.Error
	if !errors.As(err, &e) {
		return err
	}
	if state == store.AnswerAbsent && (e.Code == store.Invalid || e.Code == store.Conflict) {
		return s.showAbsence(v, plan, round, note, e)
	}
	out, err := s.farmOf(v)
	if err != nil {
		return err
	}
	x := out.find(func(x *farmItem) bool { return x.Round != nil && x.Plan == plan && x.Round.Round == round })
	if x == nil {
		return e // it is no longer on the page
	}
	x.Note, x.Wrong = note, e.Error()
	if x.Over {
		x.Wrong = v.say("Ce trajet est terminé : il n’y a plus rien à répondre. Appelez le coordinateur s’il s’est passé autre chose.", "This trip is over: there is nothing left to answer. Call the coordinator if something else happened.")
	}
	return s.show(v, statusOf(e), "farm.html", out)
}

// ownRound finds a round of the producer's as a plan has it, or else as the newest does.
func (v *visit) ownRound() (round string, found *planning.SaleDropoffs, week *engine.Week, doc *engine.Plan, err error) {
	d, err := v.part()
	if err != nil {
		return "", nil, nil, nil, err
	}
	round, plan := chi.URLParam(v.r, "round"), store.ID(v.r.FormValue("plan"))
	if clear, err := url.PathUnescape(round); err == nil {
		round = clear
	}
	for i := range d.Sales {
		p := &d.Sales[i]
		if (plan == "" || plan == p.Plan) && (found == nil || found.Number < p.Number) && slices.ContainsFunc(p.Rounds, func(r planning.DropoffRound) bool { return r.Round == round }) {
			found = p
		}
	}
	if found == nil {
		return "", nil, nil, nil, &store.Error{Code: store.NotFound, Message: v.say("vous n’avez pas cette tournée", "you have no such round")}
	}
	weekJSON, planJSON, err := v.scope.PlanDocument(v.ctx, found.Plan)
	if err != nil {
		return "", nil, nil, nil, err
	}
	week, doc = new(engine.Week), new(engine.Plan)
	if err := errors.Join(json.Unmarshal(weekJSON, week), json.Unmarshal(planJSON, doc)); err != nil {
		return "", nil, nil, nil, fmt.Errorf("plan %s: %w", found.Plan, err)
	}
	return round, found, week, doc, nil
}

// roundMap is what the map of one of the producer's rounds draws: its line and its stops.
func (s *Site) roundMap(v *visit) error {
	round, found, week, doc, err := v.ownRound()
	if err != nil {
		return err
	}
	lines, err := v.plans.Lines(v.ctx, v.scope, found.Plan)
	if err != nil {
		return err
	}
	fc := view.GeoJSON(week, doc, view.Options{Lang: v.lang, Location: v.zone(), Lines: lines})
	fc.Features = slices.DeleteFunc(fc.Features, func(f *geojson.Feature) bool {
		return !(f.Properties["kind"] == "round" && f.Properties["id"] == round || f.Properties["kind"] == "stop" && f.Properties["round"] == round)
	})
	b, err := fc.MarshalJSON()
	if err != nil {
		return err
	}
	return v.document("application/geo+json", b)
}

// roundGPX gives a round of the producer's to a navigation device, with the roads that it runs along where they are known.
func (s *Site) roundGPX(v *visit) error {
	round, found, week, doc, err := v.ownRound()
	if err != nil {
		return err
	}
	lines, err := v.plans.Lines(v.ctx, v.scope, found.Plan)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := view.GPX(&out, week, doc, round, view.Options{Lang: v.lang, Location: v.zone(), Lines: lines}); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/gpx+xml")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": v.say("tournee-", "round-") + strings.ReplaceAll(round, "@", "-") + ".gpx"}))
	_, _ = out.WriteTo(v.w) // the browser may go away
	return nil
}

// anchor is the id of a round on the page.
func anchor(plan store.ID, round string) string {
	return "r-" + string(plan) + "-" + strings.NewReplacer("@", "-", " ", "-").Replace(round)
}

// part is the producer's part in the plans of today and later. What they answered is as it is now.
func (v *visit) part() (*planning.Dropoffs, error) {
	content, err := v.plans.Dropoffs(v.ctx, v.scope, v.Producer, "")
	if err != nil {
		return nil, err
	}
	d := new(planning.Dropoffs)
	if err := json.Unmarshal(content.Body, d); err != nil {
		return nil, fmt.Errorf("drop-offs of producer %s: %w", v.Producer, err)
	}
	for i := range d.Sales {
		answers, err := v.scope.Answers(v.ctx, d.Sales[i].Plan)
		if err != nil {
			return nil, err
		}
		for k := range d.Sales[i].Rounds {
			r := &d.Sales[i].Rounds[k]
			if n := slices.IndexFunc(answers, func(a store.Answer) bool { return a.Round == r.Round }); n >= 0 {
				r.Answer = string(answers[n].State)
			}
		}
	}
	return d, nil
}

func (s *Site) farmOf(v *visit) (*farmView, error) {
	d, err := v.part()
	if err != nil {
		return nil, err
	}
	out := &farmView{Name: d.Producer.Name}
	if out.Mail, err = v.mail(); err != nil {
		return nil, err
	}
	var items []farmItem
	for len(d.Sales) > 0 {
		n := 1
		for n < len(d.Sales) && d.Sales[n].Sale.ID == d.Sales[0].Sale.ID {
			n++
		}
		plans := d.Sales[:n]
		d.Sales = d.Sales[n:]
		slices.SortFunc(plans, func(a, b planning.SaleDropoffs) int { return cmp.Compare(a.Number, b.Number) })
		ticks, err := v.scope.Ticks(v.ctx, plans[0].Sale.ID)
		if err != nil {
			return nil, err
		}
		for _, x := range itemsOf(plans) {
			x.Ticks = ticks
			x.Left, x.Over = !x.Start().After(v.now()), !x.End().After(v.now())
			items = append(items, x)
		}
		last := &plans[n-1]
		absent, err := v.absences(last)
		if err != nil {
			return nil, err
		}
		out.Absent = append(out.Absent, absent...)
		if len(last.Kept) > 0 {
			out.Kept = append(out.Kept, farmRest{last.Sale, last.Kept})
		}
		if len(last.Unserved) > 0 {
			out.Unserved = append(out.Unserved, farmRest{last.Sale, last.Unserved})
		}
	}
	slices.SortStableFunc(items, func(a, b farmItem) int { return a.Start().Compare(b.Start()) })
	out.today = store.DayOf(v.now().In(v.zone())).At(0, v.zone())
	for _, x := range items {
		days := &out.Days
		if x.End().Before(out.today) {
			days = &out.Past
		}
		add(days, x, x.Start().In(v.zone()))
		if x.MayAnswer() && x.Round.Answer == string(store.AnswerOpen) {
			out.Open++
		}
	}
	slices.Reverse(out.Past)
	for i := range out.Days { // what is over of today stands below
		slices.SortStableFunc(out.Days[i].Items, func(a, b farmItem) int {
			switch {
			case a.Over == b.Over:
				return 0
			case a.Over:
				return 1
			}
			return -1
		})
	}
	return out, nil
}

// add puts what begins at a time under its day, the last of those that there are or a new one.
func add(days *[]farmDay, x farmItem, start time.Time) {
	n := len(*days)
	if n == 0 || store.DayOf((*days)[n-1].Date) != store.DayOf(start) {
		*days, n = append(*days, farmDay{Date: start}), n+1
	}
	last := &(*days)[n-1]
	last.Items = append(last.Items, x)
}

// itemsOf are what the newest plan of a sale has, and what the one in force has beside that. The plans are in their order.
func itemsOf(plans []planning.SaleDropoffs) []farmItem {
	var out []farmItem
	find := func(same func(*farmItem) bool) *farmItem {
		for i := range out {
			if same(&out[i]) {
				return &out[i]
			}
		}
		return nil
	}
	for i := len(plans) - 1; i >= 0; i-- {
		p := &plans[i]
		newest := i == len(plans)-1
		inForce := p.Plan
		if p.State == store.Proposed {
			inForce = ""
		}
		for k := range p.Rounds {
			r := &p.Rounds[k]
			x := find(func(x *farmItem) bool { return x.Round != nil && x.Round.Round == r.Round })
			switch {
			case x == nil:
				out = append(out, farmItem{Sale: p.Sale, Plan: p.Plan, InForce: inForce, State: p.State, Anchor: anchor(p.Plan, r.Round), Round: r, Dropped: !newest})
			case planning.Trip{Round: x.Round}.Same(planning.Trip{Round: r}):
				x.Same, x.InForce = true, inForce
			default:
				x.Before, x.InForce = r, inForce
			}
		}
		for k := range p.Fetched {
			f := &p.Fetched[k]
			x := find(func(x *farmItem) bool {
				return x.Fetched != nil && x.Fetched.By.Round == f.By.Round && x.Fetched.Place.ID == f.Place.ID
			})
			switch {
			case x == nil || x.Plan == p.Plan:
				out = append(out, farmItem{Sale: p.Sale, Plan: p.Plan, State: p.State, Anchor: anchor(p.Plan, f.By.Round+"-"+strconv.Itoa(k)), Fetched: f, Dropped: !newest})
			case planning.Trip{Fetched: x.Fetched}.Same(planning.Trip{Fetched: f}):
				x.Same = true
			}
		}
	}
	return out
}

// geoURL opens the phone's navigation at a place (RFC 5870, with the label that Android reads). It has nothing but numbers and an escaped name.
func geoURL(p planning.DropoffPlace) template.URL {
	at := degrees(p.Lat) + "," + degrees(p.Lon)
	return template.URL("geo:" + at + "?q=" + at + "(" + url.PathEscape(p.Name) + ")")
}

func degrees(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }

// telURL calls a number (RFC 3966).
func telURL(number string) template.URL {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	return template.URL("tel:" + digits)
}
