package planning

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// ErrBusy is the error of what is computed at once while as much of it as may is under way.
var ErrBusy = errors.New("too much is being computed at this moment: try again in some seconds")

// limit lets so many things be computed side by side. The zero value lets one for each processor.
type limit struct {
	once  sync.Once
	slots chan struct{}
}

// enter waits a little for a place, and gives it back by leave.
func (l *limit) enter(ctx context.Context) (leave func(), err error) {
	const wait = 2 * time.Second
	l.once.Do(func() { l.slots = make(chan struct{}, runtime.GOMAXPROCS(0)) })
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, nil
	case <-ctx.Done():
		return nil, ErrBusy
	}
}

// mostAnswer is how long a question about a plan may take.
const mostAnswer = 20 * time.Second

// WhatIf is a plan with a change in it: what would be otherwise, for whom and why, as data and as text. Nothing is stored.
func (s *Service) WhatIf(ctx context.Context, c *store.Scope, plan store.ID, change engine.Change, lang view.Lang) (*engine.Replanned, string, error) {
	v, leave, err := s.ponder(ctx, c, plan)
	if err != nil {
		return nil, "", err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, mostAnswer)
	defer cancel()
	travel, err := s.travelOf(ctx, c, v)
	if err != nil {
		return nil, "", err
	}
	got, err := engine.Replan(ctx, v.week, travel, v.plan, change, engine.Options{Seed: 1})
	if err != nil {
		return nil, "", asRefusal(err)
	}
	text, err := changesText(got, v.week, v.plan, lang)
	return got, text, err
}

// changesText tells people what a plan does otherwise than the one before.
func changesText(got *engine.Replanned, week *engine.Week, before *engine.Plan, lang view.Lang) (string, error) {
	zone, err := time.LoadLocation(got.Week.Timezone)
	if err != nil {
		zone = time.UTC
	}
	var text bytes.Buffer
	err = view.Changes(&text, got, before, view.Options{Lang: lang, Location: zone, Previous: week})
	return text.String(), err
}

// Alternatives are the other ways that a consignment of a plan could take, the cheapest first.
func (s *Service) Alternatives(ctx context.Context, c *store.Scope, plan store.ID, consignment string) ([]engine.Alternative, error) {
	v, leave, err := s.ponder(ctx, c, plan)
	if err != nil {
		return nil, err
	}
	defer leave()
	travel, err := s.travelOf(ctx, c, v)
	if err != nil {
		return nil, err
	}
	out, err := engine.Alternatives(v.week, travel, v.plan, consignment)
	if errors.Is(err, engine.ErrNoConsignment) {
		return nil, &store.Error{Code: store.NotFound, Message: fmt.Sprintf("the plan has no consignment %q that rides", consignment)}
	}
	return out, asRefusal(err)
}

// ponder reads a plan to compute something from it, which leave ends.
func (s *Service) ponder(ctx context.Context, c *store.Scope, plan store.ID) (v *version, leave func(), err error) {
	row, err := c.Plan(ctx, plan)
	if err != nil {
		return nil, nil, err
	}
	if leave, err = s.solving.enter(ctx); err != nil {
		return nil, nil, err
	}
	if v, err = s.known(ctx, c, row); err != nil {
		leave()
		return nil, nil, err
	}
	return v, leave, nil
}

// asRefusal makes a refusal of what the engine says about its input.
func asRefusal(err error) error {
	var bad *engine.InvalidWeek
	switch {
	case errors.As(err, &bad):
		e := &store.Error{Code: store.Invalid}
		for _, f := range bad.Faults {
			e.Faults = append(e.Faults, store.Fault{Path: f.Path, Message: f.Message})
		}
		return e
	case errors.Is(err, engine.ErrRoundCannot), errors.Is(err, engine.ErrPast):
		return conflict("%v", err)
	}
	return err
}

// Comparison is what a plan does otherwise than another.
type Comparison struct {
	From, To    *store.Plan
	Differences []engine.Difference
	Text        string      // the same for people
	Turns       []view.Turn // and one by one
	Before      *engine.Plan
	After       *engine.Plan
}

// Compare says what a plan does otherwise than an earlier one of the same sale: for whom, and why.
func (s *Service) Compare(ctx context.Context, c *store.Scope, from, to store.ID, lang view.Lang) (*Comparison, error) {
	out := &Comparison{}
	var before, after *version
	var changes []byte
	err := c.Snapshot(ctx, func(c *store.Scope) (err error) {
		if out.From, err = c.Plan(ctx, from); err != nil {
			return err
		}
		if out.To, err = c.Plan(ctx, to); err != nil {
			return err
		}
		if out.From.Sale != out.To.Sale {
			return invalid("to", "the plan %q is one of another sale: plans of one sale are compared", string(to))
		}
		if before, err = s.known(ctx, c, out.From); err != nil {
			return err
		}
		if after, err = s.known(ctx, c, out.To); err != nil {
			return err
		}
		changes, err = c.PlanChanges(ctx, to)
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.To.BasedOn == from && changes != nil {
		if err := json.Unmarshal(changes, &out.Differences); err != nil {
			return nil, fmt.Errorf("planning: changes of plan %s: %w", to, err)
		}
	} else {
		leave, err := s.solving.enter(ctx)
		if err != nil {
			return nil, err
		}
		travel, err := s.travelOf(ctx, c, after)
		if err != nil {
			leave()
			return nil, err
		}
		out.Differences = engine.Compare(before.plan, after.week, travel, after.plan)
		leave()
	}
	got := &engine.Replanned{Week: after.week, Plan: after.plan, Differences: out.Differences}
	out.Before, out.After, out.Turns = before.plan, after.plan, view.Turns(got, before.plan, view.Options{Lang: lang, Previous: before.week})
	out.Text, err = changesText(got, before.week, before.plan, lang)
	return out, err
}

// mostStateless is how long a week that is not stored may be searched.
const mostStateless = 20 * time.Second

// Plan plans a week that has nothing to do with the store, in the time that options ask for and some seconds at most.
func (s *Service) Plan(ctx context.Context, week *engine.Week, o Options) (*engine.Plan, error) {
	o.Anew = true
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.TimeS > mostStateless.Seconds() {
		return nil, invalid("time_s", "%v is too long: at most %v, or have a sale planned", o.TimeS, mostStateless.Seconds())
	}
	leave, err := s.solving.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	limit := min(s.budget(len(week.Orders)), mostStateless)
	if o.TimeS > 0 {
		limit = time.Duration(o.TimeS * float64(time.Second))
	}
	opt := engine.Options{Seed: o.Seed, Iterations: o.Iterations, NoHandovers: o.NoHandovers}
	bounded, cancel := context.WithTimeout(ctx, mostStateless+mostStateless/10)
	defer cancel()
	changed := *week
	(&run{request: request{Options: o}}).options(&changed)
	plan, err := solve(bounded, &changed, nil, limit, opt)
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return plan, asRefusal(err)
}
