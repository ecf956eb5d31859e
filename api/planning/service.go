package planning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"carriole/api/store"
	"carriole/geo"
)

// Service plans sales and leads plans through their lives. Its refusals are errors of the type [*store.Error]. It is safe for
// concurrent use once its fields are set. New makes one.
type Service struct {
	Store *store.Store

	// Enqueue makes somebody work off the planning of a sale by Run, in the scope's transaction; nil: it waits until somebody looks.
	Enqueue func(ctx context.Context, c *store.Scope, task Task) error

	// Emit tells others what happened, in the scope's transaction; nil: nobody.
	Emit func(ctx context.Context, c *store.Scope, event string, payload []byte) error

	// Tell tells others what became of orders, in the scope's transaction; nil: nobody.
	Tell func(ctx context.Context, c *store.Scope, sale store.ID, puts []store.Put) error

	// Travels are the sources of distances that collectives may choose from, the first for who chooses none; none: great circles.
	Travels []Travel

	// Survey makes somebody call SurveyOf soon, in the scope's transaction; nil: the next planning asks for what it needs.
	Survey func(ctx context.Context, c *store.Scope) error

	Log    *slog.Logger                   // nil: nothing is logged
	Now    func() time.Time               // nil: time.Now
	Budget func(orders int) time.Duration // how long to search a plan for so many orders; nil: UsualBudget
	Lease  time.Duration                  // how long a worker has a planning without a sign of life; 0: 30 s

	documents cache[*Content]
	versions  cache[*version]
	dropoffs  cache[*Content]
	travels   cache[geo.Travel]
	solving   limit
}

// New is the service of a store, whose plannings enqueue has worked off.
func New(s *store.Store, enqueue func(ctx context.Context, c *store.Scope, task Task) error) *Service {
	const mostBytes = 64 << 20 // of each kind of what is kept to be given out again
	return &Service{Store: s, Enqueue: enqueue, documents: cache[*Content]{most: mostBytes}, versions: cache[*version]{most: mostBytes}, dropoffs: cache[*Content]{most: mostBytes}, travels: cache[geo.Travel]{most: mostBytes}}
}

// Task is the planning of a sale that somebody is to work off.
type Task struct {
	Sale store.ID
	Long bool      // it takes so long that others' short ones must not wait for it
	At   time.Time // not before; zero: at once
}

// The events.
const (
	PlanReady     = "plan.ready"
	PlanProposed  = "plan.proposed"
	PlanPublished = "plan.published"
	PlanFailed    = "plan.failed"
	CarrierAbsent = "carrier.absent" // a carrier cannot come with a round
)

// longFrom is the search time from which a planning is a long one.
const longFrom = 15 * time.Second

// UsualBudget is how long a plan is searched for: ten seconds for 900 orders, less for fewer and a minute at most. The time
// grows with the square root, as what a longer search still gains becomes less and less.
func UsualBudget(orders int) time.Duration {
	s := 10 * math.Sqrt(float64(orders)/900)
	return time.Duration(min(max(s, 2), 60) * float64(time.Second))
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.New(slog.DiscardHandler)
}

// LeaseTime is how long a worker has a planning without a sign of life.
func (s *Service) LeaseTime() time.Duration {
	if s.Lease > 0 {
		return s.Lease
	}
	return 30 * time.Second
}

func (s *Service) budget(orders int) time.Duration {
	if s.Budget != nil {
		return s.Budget(orders)
	}
	return UsualBudget(orders)
}

func conflict(format string, args ...any) error {
	return &store.Error{Code: store.Conflict, Message: fmt.Sprintf(format, args...)}
}

func invalid(path, format string, args ...any) error {
	return &store.Error{Code: store.Invalid, Faults: []store.Fault{{Path: path, Message: fmt.Sprintf(format, args...)}}}
}

// Options say how a sale is to be planned. The zero value changes the newest plan as little as the orders ask for, or makes the first.
type Options struct {
	TimeS          float64  `json:"time_s,omitempty"`     // seconds to search; 0: by the number of orders
	Iterations     int      `json:"iterations,omitempty"` // steps to search instead of a time; the same gives the same plan
	Seed           uint64   `json:"seed,omitempty"`
	Anew           bool     `json:"anew,omitempty"`     // from nothing: everything may change
	BasedOn        store.ID `json:"based_on,omitempty"` // a plan of the sale; empty: the newest
	Fairness       *float64 `json:"fairness,omitempty"` // these three in a plan made anew
	NobodyWorseOff *bool    `json:"nobody_worse_off,omitempty"`
	NoHandovers    bool     `json:"no_handovers,omitempty"`
	AskAgain       bool     `json:"ask_again,omitempty"` // what carriers answered so far does not count
	Reason         string   `json:"reason,omitempty"`    // kept with the plan
}

// Bounds of options.
const (
	mostTime       = 30 * time.Minute
	mostIterations = 100_000_000
)

func (o *Options) check() error {
	var faults []store.Fault
	add := func(path, format string, args ...any) {
		faults = append(faults, store.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	if !(o.TimeS >= 0 && o.TimeS <= mostTime.Seconds()) {
		add("time_s", "%v is not possible: it must be between 0 and %v", o.TimeS, mostTime.Seconds())
	}
	if o.Iterations < 0 || o.Iterations > mostIterations {
		add("iterations", "%d is not possible: it must be between 0 and %d", o.Iterations, mostIterations)
	}
	if o.Anew && o.BasedOn != "" {
		add("based_on", "names a plan although the plan is to be made anew: give the one or the other")
	}
	if f := o.Fairness; f != nil && !(*f >= 0 && *f <= 1) {
		add("fairness", "%v is not between 0 and 1", *f)
	}
	for path, set := range map[string]bool{"fairness": o.Fairness != nil, "nobody_worse_off": o.NobodyWorseOff != nil, "no_handovers": o.NoHandovers} {
		if set && !o.Anew {
			add(path, "counts where the plan is made anew, and a plan that changes another as little as possible cannot follow it: set anew")
		}
	}
	if len(o.Reason) > mostReason {
		add("reason", "has %d bytes: at most %d are kept", len(o.Reason), mostReason)
	}
	if faults != nil {
		return &store.Error{Code: store.Invalid, Faults: faults}
	}
	return nil
}

const mostReason = 500

// request is what a planning is asked for, as the store keeps it.
type request struct {
	Options
	Orders  bool       `json:"orders,omitempty"`  // only where orders have come in since the newest plan
	Propose bool       `json:"propose,omitempty"` // the plan is proposed when it is made
	Steps   []step     `json:"steps,omitempty"`   // that were decided for it
	As      store.ID   `json:"as,omitempty"`      // the plan that it brings back
	Redo    []store.ID `json:"redo,omitempty"`
	Afresh  bool       `json:"afresh,omitempty"` // what was decided for a planning that came to nothing is taken back already
}

// Closed is what closing a sale came to.
type Closed struct {
	Sale     *store.Sale
	Planning *store.Planning // nil where nothing is or was planned
	Plan     *store.Plan     // the newest; nil until it is made
}

// Close closes a sale and has it planned. Closing again changes nothing, but where orders have come in since the newest plan it is
// planned again. The close and the job of planning are one transaction, and of any number of concurrent calls one asks for
// the plan. A sale that is done or cancelled is a conflict.
func (s *Service) Close(ctx context.Context, c *store.Scope, id store.ID) (*Closed, error) {
	var out *Closed
	err := c.Together(ctx, func(c *store.Scope) error {
		out = &Closed{}
		var err error
		if out.Sale, _, err = c.CloseSale(ctx, id); err != nil {
			return err
		}
		revision, err := c.Revision(ctx, id)
		if err != nil {
			return err
		}
		if out.Plan, err = s.newest(ctx, c, id); err != nil {
			return err
		}
		if out.Planning, err = c.Planning(ctx, id); err != nil && !store.IsNotFound(err) {
			return err
		}
		if !seesAll(out.Planning, out.Plan, revision) {
			out.Planning, err = s.ask(ctx, c, id, request{Orders: true})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// seesAll says whether a sale's planning or its newest plan, each of which may be nil, has all orders up to a revision or will have
// them.
func seesAll(p *store.Planning, newest *store.Plan, revision int64) bool {
	switch {
	case p != nil && p.State == store.PlanningWaits:
		return true
	case p != nil && p.State == store.PlanningRuns:
		return p.Revision == revision || p.Next != nil
	}
	return newest != nil && newest.Revision == revision
}

// lateTogether is how long a planning waits for more orders after a late one.
const lateTogether = 5 * time.Second

// Received follows up what became of orders that were put into a sale, in the scope's transaction: others are told, and a sale
// that is closed and has a plan is planned again a moment later, with the least change. Whoever puts orders calls it.
func (s *Service) Received(ctx context.Context, c *store.Scope, sale store.ID, puts []store.Put) error {
	if !slices.ContainsFunc(puts, func(p store.Put) bool { return p.Status != store.PutUnchanged }) {
		return nil
	}
	if s.Tell != nil {
		if err := s.Tell(ctx, c, sale, puts); err != nil {
			return err
		}
	}
	x, err := c.Sale(ctx, sale)
	if err != nil || x.State != store.SaleClosed {
		return err
	}
	p, err := c.Planning(ctx, sale)
	if err != nil && !store.IsNotFound(err) || p != nil && p.State == store.PlanningWaits {
		return err // it will see them
	}
	newest, err := s.newest(ctx, c, sale)
	if err != nil || newest == nil && (p == nil || p.State != store.PlanningRuns) {
		return err // it waits for its first planning, or that has failed, and somebody must see why
	}
	revision, err := c.Revision(ctx, sale)
	if err != nil || seesAll(p, newest, revision) {
		return err
	}
	_, err = s.askFrom(ctx, c, sale, request{Orders: true}, s.now().Add(lateTogether))
	return err
}

// Request asks for a plan of a sale. A sale can be planned before it is closed, to see how it goes.
func (s *Service) Request(ctx context.Context, c *store.Scope, sale store.ID, o Options) (*store.Planning, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	var out *store.Planning
	err := c.Together(ctx, func(c *store.Scope) error {
		x, err := c.Sale(ctx, sale)
		if err != nil {
			return err
		}
		if x.State != store.SaleOpen && x.State != store.SaleClosed {
			return conflict("the sale is %s: nothing is planned for it any more", x.State)
		}
		if o.BasedOn != "" {
			p, err := c.Plan(ctx, o.BasedOn)
			if err != nil && !store.IsNotFound(err) {
				return err
			}
			if err != nil || p.Sale != sale {
				return invalid("based_on", "the sale has no plan with the id %q", string(o.BasedOn))
			}
		}
		out, err = s.ask(ctx, c, sale, request{Options: o})
		return err
	})
	return out, err
}

// OrderChanged is Received for one order that was there and was changed.
func (s *Service) OrderChanged(ctx context.Context, c *store.Scope, o *store.Order) error {
	put := store.Put{ID: o.ID, Status: store.PutReplaced}
	if len(o.Lines) == 0 {
		put.Status = store.PutCancelled
	}
	return s.Received(ctx, c, o.Sale, []store.Put{put})
}

// ask asks for a planning, together with what is asked for already, and enqueues its job where none is.
func (s *Service) ask(ctx context.Context, c *store.Scope, sale store.ID, r request) (*store.Planning, error) {
	return s.askFrom(ctx, c, sale, r, time.Time{})
}

// askFrom is ask for a job that is not done before a moment.
func (s *Service) askFrom(ctx context.Context, c *store.Scope, sale store.ID, r request, at time.Time) (*store.Planning, error) {
	before, err := c.Planning(ctx, sale)
	if err != nil && !store.IsNotFound(err) {
		return nil, err
	}
	if before != nil {
		waiting := before.Next
		if before.State == store.PlanningWaits {
			waiting = before.Request
		}
		if waiting != nil {
			w, err := readRequest(waiting)
			if err != nil {
				return nil, err
			}
			r = r.after(w)
		} else if _, steps, err := s.pending(ctx, c, sale); err != nil {
			return nil, err
		} else if !r.Afresh {
			r.Steps = append(steps, r.Steps...)
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	p, fresh, err := c.AskPlanning(ctx, sale, text)
	if err == nil && fresh {
		err = s.enqueue(ctx, c, sale, &r, at)
	}
	return p, err
}

// after is a request joined with one that still waits: options that somebody chose are not lost to what asks for a plan alone.
func (r request) after(w request) request {
	propose := r.Propose || w.Propose
	steps := slices.Concat(w.Steps, r.Steps)
	as, redo := w.As, w.Redo
	if len(r.Steps) > 0 {
		as, redo = "", nil
	}
	if r.Options == (Options{Reason: r.Reason}) && w.Options != (Options{Reason: w.Reason}) {
		w.Orders = false
		r = w
	}
	r.Orders = r.Orders && w.Orders
	r.Propose, r.Steps, r.As, r.Redo = propose, steps, as, redo
	return r
}

func (s *Service) enqueue(ctx context.Context, c *store.Scope, sale store.ID, r *request, at time.Time) error {
	if s.Enqueue == nil {
		return nil
	}
	orders, err := c.OrderCount(ctx, sale)
	if err != nil {
		return err
	}
	return s.Enqueue(ctx, c, Task{Sale: sale, Long: s.time(r, orders) > longFrom, At: at})
}

// time is how long the search for a request takes.
func (s *Service) time(r *request, orders int) time.Duration {
	if r.TimeS > 0 {
		return time.Duration(r.TimeS * float64(time.Second))
	}
	return s.budget(orders)
}

// Cancel ends the planning of a sale that waits or runs.
func (s *Service) Cancel(ctx context.Context, c *store.Scope, sale store.ID) error {
	return c.Together(ctx, func(c *store.Scope) error {
		p, err := c.Planning(ctx, sale)
		if err != nil && !store.IsNotFound(err) {
			return err
		}
		if err := c.CancelPlanning(ctx, sale); err != nil || p == nil || p.Next == nil {
			return err
		}
		// what was decided for the one after it is not forgotten with it
		r, err := readRequest(p.Next)
		if err != nil {
			return err
		}
		if len(r.Steps) == 0 {
			return nil
		}
		if _, err := s.ask(ctx, c, sale, r); err != nil {
			return err
		}
		return c.CancelPlanning(ctx, sale)
	})
}

// newest is the plan of a sale that is worked on, else the one in force, else nil.
func (s *Service) newest(ctx context.Context, c *store.Scope, sale store.ID) (*store.Plan, error) {
	worked, force, err := s.live(ctx, c, sale)
	if worked == nil {
		worked = force
	}
	return worked, err
}

// live are the plan of a sale that is worked on and the one in force; each may be nil.
func (s *Service) live(ctx context.Context, c *store.Scope, sale store.ID) (worked, force *store.Plan, err error) {
	plans, _, err := c.Plans(ctx, store.PlanFilter{Sale: sale, Live: true}, store.Page{})
	if err != nil {
		return nil, nil, err
	}
	for i := range plans {
		switch plans[i].State {
		case store.Draft, store.Proposed:
			worked = &plans[i]
		default:
			force = &plans[i]
		}
	}
	return worked, force, nil
}

// CloseDue closes the sales of all collectives whose time has come, and says how many. One that cannot be closed does
// not keep the others open.
func (s *Service) CloseDue(ctx context.Context) (closed int, err error) {
	var failed []error
	for x, err := range store.Rows(func(p store.Page) ([]store.Collective, store.Cursor, error) { return s.Store.Collectives(ctx, p) }) {
		if err != nil {
			return closed, err
		}
		n, err := s.closeDue(ctx, s.Store.In(x.ID, "clock"))
		closed += n
		if err != nil {
			failed = append(failed, err)
		}
	}
	return closed, errors.Join(failed...)
}

func (s *Service) closeDue(ctx context.Context, c *store.Scope) (closed int, err error) {
	now := s.now()
	for x, err := range store.Rows(func(p store.Page) ([]store.Sale, store.Cursor, error) {
		return c.Sales(ctx, store.SaleFilter{State: store.SaleOpen}, p)
	}) {
		if err != nil {
			return closed, err
		}
		if !x.Closes.IsZero() && !x.Closes.After(now) {
			if _, err := s.Close(ctx, c, x.ID); err != nil {
				return closed, err
			}
			closed++
		}
	}
	return closed, nil
}

// emit tells of an event; the payload is what it is about.
func (s *Service) emit(ctx context.Context, c *store.Scope, event string, about *notice) error {
	if s.Emit == nil {
		return nil
	}
	payload, err := json.Marshal(about)
	if err != nil {
		return err
	}
	return s.Emit(ctx, c, event, payload)
}

// notice is the payload of an event.
type notice struct {
	Sale    store.ID        `json:"sale"`
	SaleRef string          `json:"sale_ref,omitempty"`
	Plan    store.ID        `json:"plan,omitempty"`
	Number  int64           `json:"number,omitempty"`
	State   store.PlanState `json:"state,omitempty"`
	Figures *Figures        `json:"figures,omitempty"`
	Asked   []asked         `json:"asked,omitempty"`  // who is to answer, of plan.proposed
	Absent  *asked          `json:"absent,omitempty"` // who cannot come with which round, of carrier.absent
	Reason  string          `json:"reason,omitempty"`
	Faults  []Fault         `json:"faults,omitempty"` // of plan.failed
}

type asked struct {
	Round    string   `json:"round"`
	Producer store.ID `json:"producer"`
}

// Figures are those of a plan, as documents state them.
type Figures struct {
	BaseM       int64   `json:"base_m"`
	PlannedM    int64   `json:"planned_m"`
	AddedM      int64   `json:"added_m"`
	AloneAddedM int64   `json:"alone_added_m"` // added if each brought their own
	Handovers   int64   `json:"handovers"`
	ServedKg    float64 `json:"served_kg"`
	UnservedKg  float64 `json:"unserved_kg"`
}

// FiguresOf are a plan's.
func FiguresOf(p *store.Plan) Figures {
	f := &p.Figures
	return Figures{f.BaseM, f.PlannedM, f.AddedM, f.AloneM, f.Handovers, float64(f.ServedGrams) / 1e3, float64(f.UnservedGrams) / 1e3}
}

// about is the notice of a plan.
func (s *Service) about(ctx context.Context, c *store.Scope, p *store.Plan) (*notice, error) {
	sale, err := c.Sale(ctx, p.Sale)
	if err != nil {
		return nil, err
	}
	figures := FiguresOf(p)
	return &notice{Sale: p.Sale, SaleRef: sale.Ref, Plan: p.ID, Number: p.Number, State: p.State, Figures: &figures}, nil
}
