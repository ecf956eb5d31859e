package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// PlanningState is how far the planning of a sale is.
type PlanningState string

// The states. The last three end it.
const (
	PlanningWaits     PlanningState = "waiting"
	PlanningRuns      PlanningState = "running"
	PlanningDone      PlanningState = "planned"
	PlanningFailed    PlanningState = "failed"
	PlanningCancelled PlanningState = "cancelled"
)

// Planning is the planning of a sale that waits, runs or was last. A sale has one at most, so that nobody plans it twice at
// once: whoever takes it has it until its lease is over, which each sign of life makes longer. What is asked for while
// it runs is done after it.
type Planning struct {
	Sale     ID
	State    PlanningState
	Request  []byte    // what is asked for; its meaning is the asker's
	Actor    string    // who asked
	Next     []byte    // what was asked for while it ran; nil: nothing
	Asked    time.Time // when it was asked for
	Changed  time.Time // when it was last heard of
	Due      time.Time // when it may begin or, while it runs, when its lease is over; zero: it is ended
	Runs     int64     // how often it was taken
	Holder   string    // who has it while it runs
	Revision int64     // of the sale's orders when it was last taken
	Progress []byte    // of whoever has it; empty: it has not begun
	Plan     ID        // what came of it
	Reason   string    // why it failed
	Faults   []byte    // the faults that were found
}

var planningKind = kind{noun: "planning", table: "plannings", unique: "sale"}

const planningColumns = `sale, state, request, actor, next_request, asked, changed, due, runs, holder, revision, progress, plan, reason, faults`

// planning is that of a sale, nil when there was none.
func (t *tx) planning(ctx context.Context, sale ID) (*Planning, error) {
	var p Planning
	var next sql.NullString
	var request, progress, faults string
	err := t.QueryRowContext(ctx, `select `+planningColumns+` from plannings where collective = $1 and sale = $2`, string(t.collective), string(sale)).
		Scan(&p.Sale, &p.State, &request, &p.Actor, &next, stamp{&p.Asked}, stamp{&p.Changed}, stamp{&p.Due}, &p.Runs,
			optional[string]{&p.Holder}, &p.Revision, &progress, optional[ID]{&p.Plan}, &p.Reason, &faults)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: reading plannings: %w", err)
	}
	p.Request, p.Progress, p.Faults = []byte(request), []byte(progress), []byte(faults)
	if next.Valid {
		p.Next = []byte(next.String)
	}
	return &p, nil
}

// setPlanning changes columns of a sale's planning; $1 and $2 are its key, $3 the moment.
func (t *tx) setPlanning(ctx context.Context, sale ID, set string, args ...any) error {
	now := t.now
	_, err := t.exec(ctx, planningKind, `update plannings set changed = $3, `+set+` where collective = $1 and sale = $2`, append([]any{&t.collective, &sale, stamp{&now}}, args...)...)
	return err
}

// Planning is the planning of a sale that waits, runs or was last.
func (c *Scope) Planning(ctx context.Context, sale ID) (*Planning, error) {
	var out *Planning
	err := c.read(ctx, func(t *tx) (err error) {
		if out, err = t.planning(ctx, sale); err == nil && out == nil {
			err = refuse(NotFound, "the sale %q was never planned", string(sale))
		}
		return err
	})
	return out, err
}

// AskPlanning asks for a sale to be planned. It is fresh when nobody was asked yet, so that somebody must be told: a request
// in the place of one that waits is not, nor is one for after the planning that runs.
func (c *Scope) AskPlanning(ctx context.Context, sale ID, request []byte) (p *Planning, fresh bool, err error) {
	err = c.write(ctx, func(t *tx) error {
		if err := t.hold(ctx, sale); err != nil {
			return err
		}
		before, err := t.planning(ctx, sale)
		if err != nil {
			return err
		}
		now, text := t.now, string(request)
		switch {
		case before != nil && before.State == PlanningRuns:
			fresh = false
			err = t.setPlanning(ctx, sale, `next_request = $4, next_actor = $5`, text, t.actor)
		case before != nil && before.State == PlanningWaits:
			fresh = false
			err = t.setPlanning(ctx, sale, `request = $4, actor = $5`, text, t.actor)
		default:
			fresh = true
			_, err = t.exec(ctx, planningKind, `insert into plannings (collective, sale, state, request, actor, asked, changed, due, runs, revision, progress, reason, faults)
				values ($1, $2, $3, $4, $5, $6, $6, $6, 0, 0, '', '', '')
				on conflict (collective, sale) do update set state = excluded.state, request = excluded.request, actor = excluded.actor, asked = excluded.asked, changed = excluded.changed,
				due = excluded.due, runs = 0, revision = 0, progress = '', plan = null, reason = '', faults = ''`,
				&t.collective, &sale, string(PlanningWaits), text, t.actor, stamp{&now})
		}
		if err == nil {
			err = t.audit(ctx, "plan", "sale", sale, "")
		}
		if err == nil {
			p, err = t.planning(ctx, sale)
		}
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return p, fresh, nil
}

// clocksApart is how far the clocks of two machines may differ: a planning that waits is due so much earlier for whoever takes it.
const clocksApart = 2 * time.Second

// TakePlanning gives a sale's planning that is due to a holder, for as long as the lease. Nil when there is none: it is ended,
// begins later, or somebody has it.
func (c *Scope) TakePlanning(ctx context.Context, sale ID, holder string, lease time.Duration) (*Planning, error) {
	var out *Planning
	err := c.write(ctx, func(t *tx) error {
		out = nil
		err := t.alone(ctx, sale)
		if errors.Is(err, &Error{Code: NotFound}) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		p, err := t.planning(ctx, sale)
		if err != nil || p == nil || p.Due.IsZero() {
			return err
		}
		if early := p.Due.Sub(t.now); early > clocksApart || early > 0 && p.State == PlanningRuns {
			return nil
		}
		revision, err := (&Scope{c.store, c.collective, c.actor, t}).Revision(ctx, sale)
		if err != nil {
			return err
		}
		until := t.now.Add(lease)
		if err := t.setPlanning(ctx, sale, `state = $4, holder = $5, due = $6, runs = runs + 1, revision = $7, progress = ''`, string(PlanningRuns), holder, stamp{&until}, revision); err != nil {
			return err
		}
		out, err = t.planning(ctx, sale)
		return err
	})
	return out, err
}

// errLost is the error of a holder whose lease was over, or whose planning was cancelled.
var errLost = &Error{Code: Conflict, Message: "the planning is not in these hands any more: it was cancelled, or taken over because nothing was heard of its worker"}

// held demands that a holder has a sale's planning.
func (t *tx) held(ctx context.Context, sale ID, holder string) (*Planning, error) {
	p, err := t.planning(ctx, sale)
	if err == nil && (p == nil || p.State != PlanningRuns || p.Holder != holder) {
		err = errLost
	}
	return p, err
}

// KeepPlanning is a sign of life of the holder: it makes the lease longer and notes how far the planning is. It is a conflict when
// somebody else has it, or nobody.
func (c *Scope) KeepPlanning(ctx context.Context, sale ID, holder string, progress []byte, lease time.Duration) error {
	return c.write(ctx, func(t *tx) error {
		now, until := t.now, t.now.Add(lease)
		n, err := t.exec(ctx, planningKind, `update plannings set changed = $3, due = $4, progress = $5 where collective = $1 and sale = $2 and state = 'running' and holder = $6`,
			&t.collective, &sale, stamp{&now}, stamp{&until}, string(progress), holder)
		if err == nil && n == 0 {
			err = errLost
		}
		return err
	})
}

// EndPlanning notes what came of a planning that the holder has: its state, plan, reason and faults are outcome's. What was asked for
// meanwhile is then next, and waits: again says so.
func (c *Scope) EndPlanning(ctx context.Context, sale ID, holder string, outcome Planning) (again bool, err error) {
	var f faults
	choice(&f, "state", outcome.State, PlanningDone, PlanningFailed)
	if err := f.err(); err != nil {
		return false, err
	}
	err = c.write(ctx, func(t *tx) error {
		if err := t.hold(ctx, sale); err != nil {
			return err
		}
		p, err := t.held(ctx, sale, holder)
		if err != nil {
			return err
		}
		if err := t.known(ctx, []ref{{"plan", "plan", "plans", outcome.Plan}}); err != nil {
			return err
		}
		if err := t.setPlanning(ctx, sale, `state = $4, holder = null, due = null, plan = $5, reason = $6, faults = $7`,
			string(outcome.State), optional[ID]{&outcome.Plan}, outcome.Reason, string(outcome.Faults)); err != nil {
			return err
		}
		if outcome.State == PlanningFailed {
			if err := t.audit(ctx, "planning failed", "sale", sale, ""); err != nil {
				return err
			}
		}
		if again = p.Next != nil; !again {
			return nil
		}
		now := t.now
		return t.setPlanning(ctx, sale, `state = 'waiting', due = $4, request = next_request, actor = next_actor, next_request = null, next_actor = null, asked = $4, runs = 0, progress = ''`, stamp{&now})
	})
	return again, err
}

// ReturnPlanning gives back a planning that the holder has, to begin anew at a moment. counts is false where the run was
// broken off for no fault of the planning.
func (c *Scope) ReturnPlanning(ctx context.Context, sale ID, holder string, due time.Time, counts bool) error {
	return c.write(ctx, func(t *tx) error {
		if err := t.hold(ctx, sale); err != nil {
			return err
		}
		p, err := t.held(ctx, sale, holder)
		if err != nil {
			return err
		}
		if !counts {
			p.Runs--
		}
		return t.setPlanning(ctx, sale, `state = 'waiting', holder = null, due = $4, runs = $5, progress = ''`, stamp{&due}, p.Runs)
	})
}

// CancelPlanning ends a sale's planning that waits or runs, and what was asked for after it. Whoever has it finds that out.
func (c *Scope) CancelPlanning(ctx context.Context, sale ID) error {
	return c.write(ctx, func(t *tx) error {
		if err := t.hold(ctx, sale); err != nil {
			return err
		}
		p, err := t.planning(ctx, sale)
		if err != nil {
			return err
		}
		if p == nil || !slices.Contains([]PlanningState{PlanningWaits, PlanningRuns}, p.State) {
			return refuse(Conflict, "the sale is not being planned: there is nothing to cancel")
		}
		if err := t.setPlanning(ctx, sale, `state = 'cancelled', holder = null, due = null, next_request = null, next_actor = null`); err != nil {
			return err
		}
		return t.audit(ctx, "cancel planning", "sale", sale, "")
	})
}

// RetakePlanning lets a sale's planning wait again that nothing was heard of: it runs and its lease is over, or waits although it
// was due some time ago. It says whether that was so.
func (c *Scope) RetakePlanning(ctx context.Context, sale ID, patience time.Duration) (lost bool, err error) {
	err = c.write(ctx, func(t *tx) error {
		if err := t.hold(ctx, sale); err != nil {
			return err
		}
		p, err := t.planning(ctx, sale)
		if err != nil {
			return err
		}
		lost = p != nil && !p.Due.IsZero() && (p.State == PlanningRuns && p.Due.Before(t.now) || p.Due.Before(t.now.Add(-patience)))
		if !lost {
			return nil
		}
		now := t.now
		return t.setPlanning(ctx, sale, `state = 'waiting', holder = null, due = $4, progress = ''`, stamp{&now})
	})
	return lost, err
}

// Lost names a planning that nothing was heard of.
type Lost struct{ Collective, Sale ID }

// LostPlannings lists plannings of all collectives that run and whose lease is over, or that wait although they were due some
// time ago; at most 1000.
func (s *Store) LostPlannings(ctx context.Context, patience time.Duration) ([]Lost, error) {
	var out []Lost
	err := s.In(everyone, "").read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `select collective, sale from plannings where due < $1 and (state = 'running' or due < $2) order by due limit 1000`,
			t.now.UnixMilli(), t.now.Add(-patience).UnixMilli())
		if err != nil {
			return fmt.Errorf("store: reading plannings: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var x Lost
			if err := rows.Scan(&x.Collective, &x.Sale); err != nil {
				return fmt.Errorf("store: reading plannings: %w", err)
			}
			out = append(out, x)
		}
		return rows.Err()
	})
	return out, err
}
