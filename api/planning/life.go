package planning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// move changes a plan's state; version 0 is whatever it is at.
func move(ctx context.Context, c *store.Scope, plan store.ID, version int64, to store.PlanState) (*store.Plan, error) {
	if version == 0 {
		x, err := c.Plan(ctx, plan)
		if err != nil {
			return nil, err
		}
		version = x.Version
	}
	return c.MovePlan(ctx, plan, version, to)
}

// Propose asks the carriers of a draft. version is the one that the caller has seen; 0: whatever it is at.
func (s *Service) Propose(ctx context.Context, c *store.Scope, plan store.ID, version int64) (*store.Plan, error) {
	var out *store.Plan
	err := c.Together(ctx, func(c *store.Scope) error {
		row, err := c.Plan(ctx, plan)
		if err != nil {
			return err
		}
		if version != 0 {
			row.Version = version
		}
		answers, err := c.Answers(ctx, plan)
		if err != nil {
			return err
		}
		out, err = s.propose(ctx, c, row, answers)
		return err
	})
	return out, err
}

func (s *Service) propose(ctx context.Context, c *store.Scope, row *store.Plan, answers []store.Answer) (*store.Plan, error) {
	out, err := c.MovePlan(ctx, row.ID, row.Version, store.Proposed)
	if err != nil {
		return nil, err
	}
	about, err := s.about(ctx, c, out)
	if err != nil {
		return nil, err
	}
	for _, a := range answers {
		if a.State == store.AnswerOpen {
			about.Asked = append(about.Asked, asked{a.Round, a.Producer})
		}
	}
	return out, s.emit(ctx, c, PlanProposed, about)
}

// Publish brings a plan in force, in the place of the one that was. Where carriers have not answered or refused, that is a
// conflict which names their rounds, unless it is done knowingly.
func (s *Service) Publish(ctx context.Context, c *store.Scope, plan store.ID, version int64, knowingly bool) (*store.Plan, error) {
	var out *store.Plan
	err := c.Together(ctx, func(c *store.Scope) error {
		if !knowingly {
			if err := s.settled(ctx, c, plan); err != nil {
				return err
			}
		}
		var err error
		if out, err = move(ctx, c, plan, version, store.Published); err != nil {
			return err
		}
		if err := s.numberNotes(ctx, c, out); err != nil {
			return err
		}
		about, err := s.about(ctx, c, out)
		if err != nil {
			return err
		}
		return s.emit(ctx, c, PlanPublished, about)
	})
	return out, err
}

// numberNotes gives what travels by a plan the numbers of its delivery notes, in the order in which it leaves.
func (s *Service) numberNotes(ctx context.Context, c *store.Scope, plan *store.Plan) error {
	v, err := s.known(ctx, c, plan)
	if store.IsNotFound(err) {
		return nil // forgotten
	}
	if err != nil {
		return err
	}
	leaves := map[store.Consigned]time.Time{}
	for i := range v.plan.Consignments {
		x := &v.plan.Consignments[i]
		if len(x.Legs) == 0 {
			continue
		}
		r := roundOf(v.plan, x.Legs[0].Round)
		if r == nil || x.Legs[0].From >= len(r.Stops) {
			return fmt.Errorf("planning: plan %s has no stop %d of the round %s", plan.ID, x.Legs[0].From, x.Legs[0].Round)
		}
		n := store.Consigned{Producer: store.ID(x.Producer), PickupPoint: store.ID(x.PickupPoint)}
		at := r.Stops[x.Legs[0].From].Depart
		if first, ok := leaves[n]; !ok || at.Before(first) {
			leaves[n] = at
		}
	}
	notes := slices.SortedFunc(maps.Keys(leaves), func(a, b store.Consigned) int {
		return cmp.Or(leaves[a].Compare(leaves[b]), cmp.Compare(a.Producer, b.Producer), cmp.Compare(a.PickupPoint, b.PickupPoint))
	})
	return c.NumberDeliveryNotes(ctx, plan.Sale, notes)
}

// Unsettled are the answers that stand in the way of publishing a plan: open ones, and refusals that it does not follow.
func (s *Service) Unsettled(ctx context.Context, c *store.Scope, plan store.ID) ([]store.Answer, error) {
	row, err := c.Plan(ctx, plan)
	if err != nil {
		return nil, err
	}
	answers, err := c.Answers(ctx, plan)
	if err != nil || !slices.ContainsFunc(answers, func(a store.Answer) bool { return a.State != store.AnswerAccepted }) {
		return nil, err
	}
	v, err := s.known(ctx, c, row)
	if err != nil {
		return nil, err
	}
	return unsettled(v.plan, answers), nil
}

// settled demands that nobody has to answer any more.
func (s *Service) settled(ctx context.Context, c *store.Scope, plan store.ID) error {
	answers, err := s.Unsettled(ctx, c, plan)
	if err != nil {
		return err
	}
	var missing []string
	for _, a := range answers {
		name := string(a.Producer)
		if x, err := c.Producer(ctx, a.Producer); err == nil {
			name = x.Name
		}
		missing = append(missing, fmt.Sprintf("%s (%s, %s)", name, a.Round, a.State))
	}
	if missing == nil {
		return nil
	}
	const shown = 5
	more := ""
	if n := len(missing); n > shown {
		missing, more = missing[:shown], fmt.Sprintf(" and %d more", n-shown)
	}
	return conflict("not everybody has accepted: %s%s. Wait for them, or publish it knowingly all the same", strings.Join(missing, ", "), more)
}

// Done notes that the plan in force was driven: its kilometres are booked to the balances, and its sale is done.
func (s *Service) Done(ctx context.Context, c *store.Scope, plan store.ID, version int64) (*store.Plan, error) {
	var out *store.Plan
	err := c.Together(ctx, func(c *store.Scope) error {
		var err error
		if out, err = move(ctx, c, plan, version, store.Done); err != nil {
			return err
		}
		v, err := s.version(ctx, c, out)
		if err != nil {
			return err
		}
		if err := c.Book(ctx, booked(v.plan, out)); err != nil {
			return err
		}
		sale, err := c.Sale(ctx, out.Sale)
		if err != nil {
			return err
		}
		sale.State = store.SaleDone
		if err := c.UpdateSale(ctx, sale); err != nil {
			return err
		}
		p, err := c.Planning(ctx, out.Sale)
		if err == nil && (p.State == store.PlanningWaits || p.State == store.PlanningRuns) {
			return c.CancelPlanning(ctx, out.Sale)
		}
		if store.IsNotFound(err) {
			return nil
		}
		return err
	})
	return out, err
}

// Lock fixes the ways of some goods in the sale of a plan, lifts locks of others, and has the sale planned again with the
// least change. A lock names rounds, in their order, by the ids of the plan; one for the same goods takes the place
// of the one before. Those to lift are found by producer, pickup point and class.
func (s *Service) Lock(ctx context.Context, c *store.Scope, plan store.ID, locks, lift []engine.Lock) (*store.Planning, error) {
	if len(locks)+len(lift) == 0 {
		return nil, invalid("lock", "is empty, and so is unlock: name goods")
	}
	ways := make([]store.Way, len(locks))
	var faults []store.Fault
	for i, l := range locks {
		ways[i] = store.Way{Producer: store.ID(l.Producer), PickupPoint: store.ID(l.PickupPoint), Class: l.Class}
		for k, id := range l.Rounds {
			round, day, ok := SplitRoundID(id)
			if !ok {
				faults = append(faults, store.Fault{Path: fmt.Sprintf("lock[%d].rounds[%d]", i, k),
					Message: fmt.Sprintf("%q is no round of the week: goods are locked to rounds as in ROUND@2026-11-26, not to a trip that a plan makes", id)})
				continue
			}
			ways[i].Rides = append(ways[i].Rides, store.Ride{Round: round, Day: string(day)})
		}
	}
	for i, l := range lift {
		if l.Producer == "" || l.PickupPoint == "" {
			faults = append(faults, store.Fault{Path: fmt.Sprintf("unlock[%d]", i), Message: "names no producer or no pickup point: name whose goods and where they go"})
		}
	}
	if faults != nil {
		return nil, &store.Error{Code: store.Invalid, Faults: faults}
	}
	d := Decision{Locks: ways}
	for _, l := range lift {
		d.Lift = append(d.Lift, store.Way{Producer: store.ID(l.Producer), PickupPoint: store.ID(l.PickupPoint), Class: l.Class})
	}
	var out *store.Planning
	err := c.Together(ctx, func(c *store.Scope) error {
		row, err := c.Plan(ctx, plan)
		if err != nil {
			return err
		}
		if row.State == store.Done || row.State == store.Superseded {
			return conflict("the plan is %s: lock goods in the sale's newest plan", row.State)
		}
		for i := range d.Lift {
			d.Lift[i].Sale = row.Sale
			x, err := findWay(ctx, c, &d.Lift[i])
			if err != nil {
				return err
			}
			if x == nil {
				return invalid(fmt.Sprintf("unlock[%d]", i), "no lock of this sale is for these goods")
			}
		}
		out, err = s.decide(ctx, c, row.Sale, d, "locked", func(i int) string { return fmt.Sprintf("lock[%d].", i-len(d.Lift)) })
		return err
	})
	return out, err
}

// prefixed puts the paths of an error's faults under another.
func prefixed(path string, err error) error {
	var e *store.Error
	if !errors.As(err, &e) {
		return err
	}
	out := *e
	out.Faults = slices.Clone(e.Faults)
	for i := range out.Faults {
		out.Faults[i].Path = path + out.Faults[i].Path
	}
	return &out
}
