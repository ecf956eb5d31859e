package planning

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/paulmach/orb"

	"carriole/api/store"
	"carriole/engine"
	"carriole/geo"
)

const (
	mostRuns = 5                      // of one planning
	beat     = time.Second            // between signs of life
	farewell = 5 * time.Second        // for giving a planning back when everything else stops
	tardy    = 100 * time.Millisecond // how much longer than its time a search may take, beside a tenth
)

// Progress is how far a search is.
type Progress struct {
	Share      float64 `json:"share"`       // of the time, 0 to 1
	ObjectiveM float64 `json:"objective_m"` // of the best plan so far
	UnservedKg float64 `json:"unserved_kg"`
	Iterations int     `json:"iterations"`

	// Lines are the rounds of that plan which do something for it, straight from stop to stop, as encoded polylines of 1e-5 degrees.
	Lines []string `json:"lines,omitempty"`
}

// Run works off the planning of a sale, if there is one that is due and nobody has it. When ctx ends the planning is given back for
// another worker. An error is one of the database: whatever goes wrong with the planning itself is noted there.
func (s *Service) Run(ctx context.Context, collective, sale store.ID) error {
	r := &run{Service: s, c: s.Store.In(collective, "planner"), sale: sale, holder: rand.Text()}
	p, err := r.c.TakePlanning(ctx, sale, r.holder, s.LeaseTime())
	if err != nil || p == nil {
		return err
	}
	r.taken, r.c = p, s.Store.In(collective, p.Actor)
	made, err := r.work(ctx)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err == nil {
		err = r.c.Together(ending, func(c *store.Scope) error { return r.save(ending, c, made) })
	}
	var failed *failure
	switch {
	case err == nil:
	case isConflict(err):
		s.log().Warn("planning lost", "sale", sale, "error", err)
	case ctx.Err() != nil:
		return r.giveBack(ending, time.Time{}, false)
	case errors.As(err, &failed):
		return r.fail(ending, failed)
	default:
		s.log().Error("planning went wrong", "sale", sale, "run", p.Runs, "error", err)
		if p.Runs >= mostRuns {
			return r.fail(ending, &failure{reason: fmt.Sprintf("it went wrong %d times, the last time with: %v", p.Runs, err)})
		}
		return r.giveBack(ending, s.now().Add(retryAfter(p.Runs)), true)
	}
	return nil
}

// isConflict says that somebody else has the planning, or a plan has gone another way meanwhile.
func isConflict(err error) bool { return errors.Is(err, errLost) }

// errLost ends a search whose lease is over.
var errLost = errors.New("planning: somebody else may have the planning now")

// retryAfter is how long a planning that went wrong waits, longer each time.
func retryAfter(runs int64) time.Duration { return 5 * time.Second << min(max(runs-1, 0), 6) }

// A failure is why a planning cannot end in a plan, however often it is tried.
type failure struct {
	reason string
	faults []Fault
}

func (f *failure) Error() string { return f.reason }

// run is one go at the planning of a sale.
type run struct {
	*Service
	c      *store.Scope
	sale   store.ID
	holder string
	taken  *store.Planning

	request  request
	orders   int
	progress atomic.Pointer[Progress]
	began    time.Time     // of the search
	limit    time.Duration // of its time; 0: none
}

// made is what a run has come to.
type made struct {
	*prepared
	plan    *engine.Plan
	lines   map[string]string   // where its ways run, packed
	changes []engine.Difference // from the plan that it is based on
	nothing bool                // there was nothing to plan: the newest plan has all orders
}

// work plans while it gives signs of life.
func (r *run) work(parent context.Context) (out *made, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		r.keep(ctx, cancel)
	}()
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("planning: panic: %v\n%s", x, debug.Stack())
		}
		if parent.Err() == nil && context.Cause(ctx) != nil {
			err = context.Cause(ctx) // a search that was broken off has a plan, which is not what was asked for
		} else if parent.Err() != nil {
			err = parent.Err()
		}
		cancel(nil)
		<-kept
	}()
	if r.taken.Runs > mostRuns {
		return nil, &failure{reason: fmt.Sprintf("the worker was gone %d times in the middle of it: is there enough memory?", r.taken.Runs-1)}
	}
	if err := json.Unmarshal(r.taken.Request, &r.request); err != nil {
		return nil, &failure{reason: fmt.Sprintf("what is asked for cannot be read: %v", err)}
	}
	x, err := r.prepare(ctx)
	if err != nil {
		return nil, err
	}
	if x.nothing {
		return &made{prepared: x, nothing: true}, nil
	}
	if out, err = r.search(ctx, x); err == nil {
		out.lines, err = r.draw(ctx, out)
	}
	return out, err
}

// draw finds where the ways of the plan run.
func (r *run) draw(ctx context.Context, m *made) (map[string]string, error) {
	var before map[string]string
	if made := m.plan.Summary.Travel; m.newest != nil && made != nil && m.newest.plan.Summary.Travel != nil && *m.newest.plan.Summary.Travel == *made {
		b, err := r.c.PlanLines(ctx, m.newest.row.ID)
		if err != nil {
			return nil, err
		}
		if before, err = unpackLines(b); err != nil {
			return nil, err
		}
	}
	t, _ := r.TravelOf(&m.data.Collective)
	return r.drawn(ctx, t, m.week, m.plan, before), nil
}

// keep gives signs of life until ctx ends. Without an answer for two thirds of the lease, or when the planning is another's, it
// ends the work: so it has stopped before anybody else begins.
func (r *run) keep(ctx context.Context, cancel context.CancelCauseFunc) {
	lease := r.LeaseTime()
	heard := time.Now()
	tick := time.NewTicker(min(beat, lease/6))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text := r.report()
		asked := time.Now()
		answer, stop := context.WithDeadline(ctx, heard.Add(lease*2/3))
		err := r.c.KeepPlanning(answer, r.sale, r.holder, text, lease)
		stop()
		switch {
		case err == nil:
			heard = asked
		case ctx.Err() != nil:
			return
		case errors.Is(err, &store.Error{Code: store.Conflict}) || time.Since(heard) >= lease*2/3:
			cancel(fmt.Errorf("%w: %w", errLost, err))
			return
		}
	}
}

// report is how far the search is; empty before it begins.
func (r *run) report() []byte {
	p := r.progress.Load()
	if p == nil {
		return nil
	}
	now := *p
	if r.limit > 0 { // the engine tells of its share at each better plan, which may be long ago
		now.Share = max(now.Share, min(1, float64(time.Since(r.began))/float64(r.limit)))
	}
	text, err := json.Marshal(now)
	if err != nil {
		return nil
	}
	return text
}

// prepared is a week that can be planned, with what the plan is to be based on.
type prepared struct {
	data     *store.WeekData
	warnings []Fault
	week     *engine.Week
	travel   geo.Travel
	revision int64
	zone     *time.Location
	newest   *version // of the sale; nil: none
	base     *version // the plan to change; nil: anew
	begun    bool     // the rounds of the base have begun
	nothing  bool
}

// version is a plan with its documents, which nobody changes.
type version struct {
	row   *store.Plan
	week  *engine.Week
	plan  *engine.Plan
	order map[string]int // of the week, by id
	bytes int            // of the documents
}

const mostDocument = 1 << 30 // bytes

// version reads a plan.
func (s *Service) version(ctx context.Context, c *store.Scope, row *store.Plan) (*version, error) {
	week, plan, err := c.PlanDocument(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	v := &version{row: row, order: map[string]int{}, bytes: len(week) + len(plan)}
	if v.week, _, err = engine.ReadWeek(bytes.NewReader(week), mostDocument); err != nil {
		return nil, fmt.Errorf("planning: plan %s: %w", row.ID, err)
	}
	if v.plan, err = engine.ReadPlan(bytes.NewReader(plan), mostDocument); err != nil {
		return nil, fmt.Errorf("planning: plan %s: %w", row.ID, err)
	}
	for i := range v.week.Orders {
		v.order[v.week.Orders[i].ID] = i
	}
	return v, nil
}

// begun reports whether a round of a plan that does something has left.
func (v *version) begun(now time.Time) bool {
	for i := range v.plan.Rounds {
		if r := &v.plan.Rounds[i]; hasPart(r) && !r.Stops[0].Depart.After(now) {
			return true
		}
	}
	return false
}

// prepare reads what the plan is made from.
func (r *run) prepare(ctx context.Context) (*prepared, error) {
	data, err := r.c.WeekData(ctx, r.sale)
	if store.IsNotFound(err) {
		return nil, &failure{reason: "the sale was deleted"}
	}
	if err != nil {
		return nil, err
	}
	x := &prepared{data: data, revision: data.Revision, zone: data.Collective.Zone()}
	r.orders = len(data.Orders)
	if data.Sale.State != store.SaleOpen && data.Sale.State != store.SaleClosed {
		return nil, &failure{reason: fmt.Sprintf("the sale is %s", data.Sale.State)}
	}
	worked, force, err := r.live(ctx, r.c, r.sale)
	if err != nil {
		return nil, err
	}
	newest := worked
	if newest == nil {
		newest = force
	}
	if newest != nil {
		if x.nothing = r.request.Orders && newest.Revision == x.revision; x.nothing {
			x.newest = &version{row: newest}
			return x, nil
		}
		if x.newest, err = r.version(ctx, r.c, newest); err != nil {
			return nil, err
		}
	}
	if err := r.chooseBase(ctx, x, force); err != nil {
		return nil, err
	}

	var faults []engine.Fault
	if x.week, x.travel, faults, err = r.week(ctx, r.c, data); err != nil {
		return nil, err
	}
	r.options(x.week)
	if x.newest != nil && !r.request.AskAgain {
		answers, err := r.c.Answers(ctx, x.newest.row.ID)
		if err != nil {
			return nil, err
		}
		refuse(x.week, x.newest, answers)
	}
	x.warnings = named(data, x.week, faults)
	if f := hindering(x.warnings); f != nil {
		return nil, &failure{reason: faultsReason(f), faults: f}
	}
	return x, nil
}

// chooseBase finds the plan that the new one is based on: the one asked for, else the one in force where its rounds have
// begun, else the newest.
func (r *run) chooseBase(ctx context.Context, x *prepared, force *store.Plan) error {
	if r.request.Anew {
		return nil
	}
	if id := r.request.BasedOn; id != "" && (x.newest == nil || x.newest.row.ID != id) {
		row, err := r.c.Plan(ctx, id)
		if err == nil {
			x.base, err = r.version(ctx, r.c, row)
		}
		if store.IsNotFound(err) {
			err = &failure{reason: fmt.Sprintf("the plan %s that it is to be based on is not there any more", id)}
		}
		return err
	}
	x.base = x.newest
	if force == nil || force.State != store.Published {
		return nil
	}
	inForce := x.newest
	if inForce.row.ID != force.ID {
		var err error
		if inForce, err = r.version(ctx, r.c, force); err != nil {
			return err
		}
	}
	if inForce.begun(r.now()) {
		x.base, x.begun = inForce, true
	}
	return nil
}

// options writes what is asked for into the week.
func (r *run) options(week *engine.Week) {
	if f := r.request.Fairness; f != nil {
		week.Settings.Fairness = *f
	}
	if w := r.request.NobodyWorseOff; w != nil {
		week.Settings.NobodyWorseOff = *w
	}
}

// search finds the plan.
func (r *run) search(ctx context.Context, x *prepared) (*made, error) {
	limit := r.time(&r.request, r.orders)
	sketch := sketcher{places: positions(x.week.Places)}
	opt := engine.Options{Seed: r.request.Seed, Iterations: r.request.Iterations, NoHandovers: r.request.NoHandovers, Progress: func(p engine.Progress) {
		r.progress.Store(&Progress{p.Share, p.Objective, p.UnservedKg, p.Iterations, sketch.lines(&p)})
	}}
	r.began = time.Now()
	if opt.Iterations == 0 && (x.base == nil || r.request.TimeS > 0) {
		r.limit = limit
	}
	r.progress.Store(&Progress{})
	if x.base == nil {
		plan, err := solve(ctx, x.week, x.travel, limit, opt)
		if err != nil {
			return nil, r.impossible(x, err)
		}
		return r.checked(ctx, x, &made{prepared: x, plan: plan})
	}
	change := engine.Change{}
	if x.begun {
		change.Now = r.now().In(x.zone)
	}
	limited := ctx
	if r.request.TimeS > 0 && opt.Iterations == 0 {
		opt.Iterations = mostIterations
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	got, err := engine.Replan(limited, x.week, x.travel, x.base.plan, change, opt)
	if err != nil {
		return nil, r.impossible(x, err)
	}
	x.week = got.Week
	return r.checked(ctx, x, &made{prepared: x, plan: got.Plan, changes: got.Differences})
}

// mostSketched is of how many rounds a sketch is made at most.
const mostSketched = 300

// A sketcher draws the best plan so far, now and then.
type sketcher struct {
	places    []geo.Point
	last      []string
	at        time.Time
	objective float64
}

func (k *sketcher) lines(p *engine.Progress) []string {
	if p.Rounds == nil || p.Objective == k.objective || time.Since(k.at) < beat {
		return k.last
	}
	rounds := p.Rounds()
	k.at, k.objective, k.last = time.Now(), p.Objective, nil
	for _, round := range rounds[:min(len(rounds), mostSketched)] {
		line := make(orb.LineString, len(round))
		for i, place := range round {
			line[i] = k.places[place]
		}
		k.last = append(k.last, encodeLine(line))
	}
	return k.last
}

// solve plans a week in a time, or in the options' iterations.
func solve(ctx context.Context, week *engine.Week, travel geo.Travel, limit time.Duration, opt engine.Options) (*engine.Plan, error) {
	const boundFrom = 5 * time.Second // a shorter search proves nothing
	if opt.Iterations == 0 {
		if limit < boundFrom {
			opt.Bound = -1
		}
		start := time.Now()
		opt.Share = func() float64 { return min(1, float64(time.Since(start))/float64(limit)) }
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit+limit/10+tardy)
		defer cancel()
	}
	return engine.Solve(ctx, week, travel, opt)
}

// impossible tells what lies in the week from what went wrong.
func (r *run) impossible(x *prepared, err error) error {
	var bad *engine.InvalidWeek
	switch {
	case errors.As(err, &bad):
		f := named(nil, x.week, bad.Faults)
		return &failure{reason: faultsReason(f), faults: f}
	case errors.Is(err, engine.ErrRoundCannot), errors.Is(err, engine.ErrPast):
		return &failure{reason: err.Error()}
	}
	return err
}

// checked lets no plan pass that breaks a rule, and says of what it leaves behind which rule of the trade stops it. Of goods
// that are on board already nothing can be helped any more.
func (r *run) checked(ctx context.Context, x *prepared, m *made) (*made, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	_, wrong := engine.Check(x.week, x.travel, m.plan)
	if x.begun {
		wrong = slices.DeleteFunc(wrong, func(v engine.Violation) bool { return v.Rule == engine.RuleLongest })
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("planning: the plan breaks %d rules: %v", len(wrong), wrong[0])
	}
	Cite(x.data, x.week, m.plan)
	return m, nil
}

// save keeps the plan and ends the planning, in one transaction.
func (r *run) save(ctx context.Context, c *store.Scope, m *made) error {
	sale, err := c.Sale(ctx, r.sale)
	if err != nil {
		return err
	}
	if sale.State != store.SaleOpen && sale.State != store.SaleClosed {
		return &failure{reason: fmt.Sprintf("the sale was %s meanwhile", sale.State)}
	}
	if m.nothing {
		return r.end(ctx, c, store.Planning{State: store.PlanningDone, Plan: m.newest.row.ID})
	}
	row := &store.Plan{Sale: r.sale, Revision: m.revision, Reason: r.reason(m), Figures: figures(m.plan)}
	if m.base != nil {
		row.BasedOn = m.base.row.ID
	}
	week, err := json.Marshal(m.week)
	if err != nil {
		return err
	}
	plan, err := json.Marshal(m.plan)
	if err != nil {
		return err
	}
	propose := r.request.Propose
	var answers []store.Answer
	if m.newest != nil {
		now, err := c.Plan(ctx, m.newest.row.ID) // it may have been proposed meanwhile, and answered
		if err != nil {
			return err
		}
		propose = propose || m.base != nil && now.State == store.Proposed
		if !r.request.AskAgain {
			if answers, err = c.Answers(ctx, now.ID); err != nil {
				return err
			}
		}
	}
	if err := c.SavePlan(ctx, row, week, plan); err != nil {
		return err
	}
	if err := r.keepHistory(ctx, c, row.ID, m); err != nil {
		return err
	}
	if m.lines != nil {
		lines, err := packLines(m.lines)
		if err == nil {
			err = c.KeepLines(ctx, row.ID, lines)
		}
		if err != nil {
			return err
		}
	}
	if m.changes != nil {
		changes, err := json.Marshal(m.changes)
		if err == nil {
			err = c.KeepChanges(ctx, row.ID, changes)
		}
		if err != nil {
			return err
		}
	}
	questions := ask(m.week, m.plan, m.newest, answers)
	if err := c.Ask(ctx, row.ID, questions); err != nil {
		return err
	}
	about, err := r.about(ctx, c, row)
	if err != nil {
		return err
	}
	if err := r.emit(ctx, c, PlanReady, about); err != nil {
		return err
	}
	if propose {
		if _, err := r.propose(ctx, c, row, questions); err != nil {
			return err
		}
	}
	outcome := store.Planning{State: store.PlanningDone, Plan: row.ID}
	if m.warnings != nil {
		if outcome.Faults, err = json.Marshal(m.warnings); err != nil {
			return err
		}
	}
	return r.end(ctx, c, outcome)
}

// keepHistory notes how the plan came out of the one before it.
func (r *run) keepHistory(ctx context.Context, c *store.Scope, plan store.ID, m *made) error {
	h := history{As: r.request.As, Redo: r.request.Redo}
	if h.As == "" {
		h.Steps = r.request.Steps
	}
	if m.newest != nil {
		h.From = m.newest.row.ID
	}
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return c.KeepHistory(ctx, plan, b)
}

// end notes what came of the planning, and has it planned again where that was asked for meanwhile.
func (r *run) end(ctx context.Context, c *store.Scope, outcome store.Planning) error {
	again, err := c.EndPlanning(ctx, r.sale, r.holder, outcome)
	if errors.Is(err, &store.Error{Code: store.Conflict}) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	if err != nil || !again {
		return err
	}
	return r.enqueueAsked(ctx, c, r.sale)
}

// enqueueAsked enqueues the job of a planning that waits.
func (s *Service) enqueueAsked(ctx context.Context, c *store.Scope, sale store.ID) error {
	p, err := c.Planning(ctx, sale)
	if err != nil {
		return err
	}
	var r request
	if err := json.Unmarshal(p.Request, &r); err != nil {
		r = request{} // Run says so
	}
	return s.enqueue(ctx, c, sale, &r, time.Time{})
}

// fail ends the planning without a plan; the sale stays as it is.
func (r *run) fail(ctx context.Context, f *failure) error {
	err := r.c.Together(ctx, func(c *store.Scope) error {
		var faults []byte
		if f.faults != nil {
			var err error
			if faults, err = json.Marshal(f.faults); err != nil {
				return err
			}
		}
		sale, err := c.Sale(ctx, r.sale)
		if store.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.emit(ctx, c, PlanFailed, &notice{Sale: r.sale, SaleRef: sale.Ref, Reason: f.reason, Faults: f.faults}); err != nil {
			return err
		}
		if err := r.passOn(ctx, c); err != nil {
			return err
		}
		return r.end(ctx, c, store.Planning{State: store.PlanningFailed, Reason: f.reason, Faults: faults})
	})
	if isConflict(err) {
		return nil
	}
	return err
}

// passOn gives what was decided for a planning that fails to the one that was asked for meanwhile.
func (r *run) passOn(ctx context.Context, c *store.Scope) error {
	p, err := c.Planning(ctx, r.sale)
	if err != nil || p.Next == nil || len(r.request.Steps) == 0 {
		return err
	}
	next, err := readRequest(p.Next)
	if err != nil {
		return err
	}
	next.Steps, next.As, next.Redo = slices.Concat(r.request.Steps, next.Steps), "", nil
	text, err := json.Marshal(next)
	if err == nil {
		_, _, err = c.AskPlanning(ctx, r.sale, text)
	}
	return err
}

// giveBack lets another worker have the planning.
func (r *run) giveBack(ctx context.Context, at time.Time, counts bool) error {
	due := at
	if due.IsZero() {
		due = time.Now()
	}
	err := r.c.Together(ctx, func(c *store.Scope) error {
		if err := c.ReturnPlanning(ctx, r.sale, r.holder, due, counts); err != nil {
			return err
		}
		return r.enqueue(ctx, c, r.sale, &r.request, at)
	})
	if errors.Is(err, &store.Error{Code: store.Conflict}) || store.IsNotFound(err) {
		return nil
	}
	return err
}

// reason is why the plan was made.
func (r *run) reason(m *made) string {
	switch {
	case r.request.Reason != "":
		return r.request.Reason
	case m.newest == nil:
		return "first plan"
	case r.request.Orders:
		return "orders since the plan before"
	case m.base == nil:
		return "made anew"
	}
	return "asked for"
}

// figures are what the store keeps of a plan.
func figures(p *engine.Plan) store.Figures {
	m := func(x float64) int64 { return int64(math.Round(x)) }
	f := store.Figures{BaseM: m(p.Summary.BaseMetres), PlannedM: m(p.Summary.PlannedMetres), AddedM: m(p.Summary.AddedMetres), AloneM: m(p.Summary.AloneMetres - p.Summary.BaseMetres),
		Handovers: int64(p.Summary.Handovers), UnservedGrams: m(p.Summary.UnservedKg * 1e3), SavedCO2Grams: m(p.Summary.SavedCO2Kg * 1e3)}
	var served float64
	for i := range p.Consignments {
		served += p.Consignments[i].Kg
	}
	f.ServedGrams = m(served * 1e3)
	return f
}

// Retake lets plannings be worked off that nothing was heard of: whose worker is gone, or whose job is. It says how many. A planning
// that is due waits for twice the lease before its job is taken for lost.
func (s *Service) Retake(ctx context.Context) (retaken int, err error) {
	patience := 2 * s.LeaseTime()
	lost, err := s.Store.LostPlannings(ctx, patience)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, x := range lost {
		var again bool
		err := s.Store.In(x.Collective, "clock").Together(ctx, func(c *store.Scope) (err error) {
			if again, err = c.RetakePlanning(ctx, x.Sale, patience); err != nil || !again {
				return err
			}
			return s.enqueueAsked(ctx, c, x.Sale)
		})
		if err != nil {
			failed = append(failed, err)
		} else if again {
			retaken++
			s.log().Warn("planning taken over", "sale", x.Sale, slog.String("collective", string(x.Collective)))
		}
	}
	return retaken, errors.Join(failed...)
}
