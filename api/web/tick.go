package web

import (
	"crypto/rand"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
)

// A tickForm is what a producer can say of one thing that they do.
type tickForm struct {
	Plan store.ID
	store.TickSubject
	ID   string      // of what would be said
	Kg   float64     // of the goods
	Said *store.Tick // nil: nothing
	typedTick
}

// A typedTick is what was typed of what did not fit, and not taken.
type typedTick struct{ Left, Note, Wrong string }

// newID is an id for what a form says: sent twice, it is said once.
func (tickForm) newID() string { return rand.Text() }

var tickTasks = map[string]store.TickTask{"load": store.TickLoad, "take": store.TickTake, "unload": store.TickUnload, "hand": store.TickHand}

// A farmStop is a stop with what is done there.
type farmStop struct {
	planning.DropoffStop
	Tasks []farmTask
}

// stopsOf are the stops of a round. Of a plan in force, or driven, its driver can say what is done.
func stopsOf(r *planning.DropoffRound, plan store.ID, ticks []store.Tick, typed *tickForm) []farmStop {
	out := make([]farmStop, len(r.Stops))
	for i, s := range r.Stops {
		out[i] = farmStop{s, tasksAt(s)}
		if plan == "" {
			continue
		}
		for k := range out[i].Tasks {
			t := &out[i].Tasks[k]
			f := &tickForm{Plan: plan, TickSubject: store.TickSubject{Round: r.Round, Place: s.Place.ID, Visit: s.Visit, Task: tickTasks[t.Do]}, Kg: t.Kg}
			if t.With != nil {
				f.Partner = t.With.Round
			}
			f.ID = f.newID()
			if typed != nil && typed.TickSubject == f.TickSubject {
				f.typedTick = typed.typedTick
			}
			if n := slices.IndexFunc(ticks, func(x store.Tick) bool { return x.TickSubject == f.TickSubject }); n >= 0 && ticks[n].State != store.TickOpen {
				f.Said = &ticks[n]
			}
			t.Tick = f
		}
	}
	return out
}

// tick takes what a producer says of one thing that they do. A script that sends what was said without a network names the time, in
// milliseconds since 1970, and is answered without a page.
func (s *Site) tick(v *visit) error {
	script := v.r.Header.Get("Accept") == "application/json"
	x, err := v.tickOf()
	if err == nil {
		err = v.plans.Tick(v.ctx, v.scope, v.Producer, x)
	}
	var e *store.Error
	switch {
	case script && errors.As(err, &e):
		http.Error(v.w, e.Error(), statusOf(e))
		return nil
	case errors.As(err, &e) && x != nil && x.State == store.TickLeft:
		return s.showTick(v, x, e)
	case err != nil:
		return err
	case script:
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return v.leads("/farm#" + tickAnchor(x.Plan, x.TickSubject))
}

// showTick shows the page with what was typed, and why it is not taken.
func (s *Site) showTick(v *visit, x *store.Tick, wrong *store.Error) error {
	out, err := s.farmOf(v)
	if err != nil {
		return err
	}
	item := out.find(func(item *farmItem) bool {
		return item.InForce == x.Plan && item.Round != nil && item.Round.Round == x.Round
	})
	if item == nil {
		return wrong // it is no longer on the page
	}
	item.Typed = &tickForm{TickSubject: x.TickSubject, typedTick: typedTick{v.r.PostFormValue("left"), x.Note, wrong.Error()}}
	return s.show(v, statusOf(wrong), "farm.html", out)
}

// tickOf reads what is said. Where the weight alone is none, it comes with the error.
func (v *visit) tickOf() (*store.Tick, error) {
	in := v.r.PostFormValue
	x := &store.Tick{ID: store.ID(in("id")), Plan: store.ID(in("plan")), State: store.TickState(in("state")), Note: in("note"),
		TickSubject: store.TickSubject{Round: in("round"), Place: store.ID(in("place")), Task: store.TickTask(in("task")), Partner: in("partner")}}
	var err error
	if x.Visit, err = strconv.ParseInt(in("visit"), 10, 64); err != nil {
		return nil, &store.Error{Code: store.Invalid, Message: v.say("la page est trop vieille : rechargez-la", "the page is too old: load it again")}
	}
	if at, err := strconv.ParseInt(in("happened"), 10, 64); err == nil && at > 0 {
		x.Happened = time.UnixMilli(at)
	}
	if text := strings.TrimSpace(in("left")); text != "" && x.State == store.TickLeft {
		kg, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
		if err != nil || !(kg >= 0 && kg < 1e6) {
			return x, &store.Error{Code: store.Invalid, Message: v.say("« "+short(text, 20)+" » n’est pas un poids : écrivez des kilos, comme 12,5", "“"+short(text, 20)+"” is no weight: write kilograms, as in 12.5")}
		}
		x.LeftGrams = int64(math.Round(kg * 1000))
	}
	if x.State != store.TickLeft {
		x.Note = ""
	}
	return x, nil
}

// Anchor is the id of the form on the page.
func (f *tickForm) Anchor() string { return tickAnchor(f.Plan, f.TickSubject) }

func tickAnchor(plan store.ID, x store.TickSubject) string {
	return anchor(plan, x.Round+"-"+string(x.Place)+"-"+strconv.FormatInt(x.Visit, 10)+"-"+string(x.Task)+"-"+x.Partner)
}

// A progressView is how far the drivers of a plan in force are.
type progressView struct {
	Done, All int
	Rounds    []progressRow
	Left      []leftBehind
}

type progressRow struct {
	Driver    string
	Done, All int
	Last      time.Time // when something was said last; zero: nothing
}

// leftBehind is what did not fit.
type leftBehind struct {
	Driver, Place, Note string
	Kg                  float64 // 0: not said
	Of                  float64
	When                time.Time
}

// driven is how far the drivers of a plan are; nil where it is not in force.
func (v *visit) driven(p *weekPlan) (*progressView, error) {
	if p.State != store.Published && p.State != store.Done {
		return nil, nil
	}
	works, err := v.plans.Ticks(v.ctx, v.scope, p.ID)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for i := range p.Week.Producers {
		names[p.Week.Producers[i].ID] = p.Week.Producers[i].Name
	}
	for i := range p.Week.Places {
		names[p.Week.Places[i].ID] = p.Week.Places[i].Name
	}
	out := &progressView{All: len(works)}
	round := ""
	for i := range works {
		w := &works[i]
		if i == 0 || w.Round != round {
			round = w.Round
			out.Rounds = append(out.Rounds, progressRow{Driver: names[string(w.Producer)]})
		}
		row := &out.Rounds[len(out.Rounds)-1]
		row.All++
		if w.Tick == nil {
			continue
		}
		row.Done++
		out.Done++
		if w.Tick.Happened.After(row.Last) {
			row.Last = w.Tick.Happened
		}
		if w.Tick.State == store.TickLeft {
			out.Left = append(out.Left, leftBehind{row.Driver, names[string(w.Place)], w.Tick.Note, float64(w.Tick.LeftGrams) / 1000, w.Kg, w.Tick.Happened})
		}
	}
	return out, nil
}
