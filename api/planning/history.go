package planning

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"carriole/api/store"
)

// history is how a plan came out of the one before it.
//
// The plans of a sale are a tree: below each are those that were made when it was the newest. A plan that brings an earlier
// one back stands at that one's place in the tree.
type history struct {
	From  store.ID   `json:"from,omitempty"`  // the newest plan when this one was made
	As    store.ID   `json:"as,omitempty"`    // the plan that it brings back
	Steps []step     `json:"steps,omitempty"` // what was decided since From; nothing where it brings one back
	Redo  []store.ID `json:"redo,omitempty"`  // plans that were taken back, the one to bring back next first
}

func historyOf(ctx context.Context, c *store.Scope, plan store.ID) (h history, err error) {
	b, err := c.PlanHistory(ctx, plan)
	if err == nil && b != nil {
		if err = json.Unmarshal(b, &h); err != nil {
			err = fmt.Errorf("planning: history of plan %s: %w", plan, err)
		}
	}
	return h, err
}

// place is where a plan stands in the tree.
func place(ctx context.Context, c *store.Scope, plan store.ID) (store.ID, error) {
	h, err := historyOf(ctx, c, plan)
	if err != nil || h.As == "" {
		return plan, err
	}
	return h.As, nil
}

// above is the place above another; empty: none.
func above(ctx context.Context, c *store.Scope, at store.ID) (up store.ID, steps []step, err error) {
	h, err := historyOf(ctx, c, at)
	if err != nil || h.From == "" {
		return "", nil, err
	}
	up, err = place(ctx, c, h.From)
	return up, h.Steps, err
}

// Past is what Undo and Redo of a sale would do; nil: nothing.
type Past struct {
	Undo *store.Plan // brings this back
	Last *store.Plan // and takes back what was decided for this one
	Redo *store.Plan // brings this back
}

// Past looks what can be taken back and brought back.
func (s *Service) Past(ctx context.Context, c *store.Scope, sale store.ID) (*Past, error) {
	var out *Past
	err := c.Snapshot(ctx, func(c *store.Scope) error {
		out = &Past{}
		undo, last, redo, err := s.past(ctx, c, sale)
		for _, x := range []struct {
			id store.ID
			to **store.Plan
		}{{undo, &out.Undo}, {last, &out.Last}, {redo, &out.Redo}} {
			if err == nil && x.id != "" {
				*x.to, err = c.Plan(ctx, x.id)
			}
		}
		return err
	})
	return out, err
}

func (s *Service) past(ctx context.Context, c *store.Scope, sale store.ID) (undo, last, redo store.ID, err error) {
	newest, err := s.newest(ctx, c, sale)
	if err != nil || newest == nil || newest.State == store.Done {
		return "", "", "", err
	}
	at, err := place(ctx, c, newest.ID)
	if err != nil {
		return "", "", "", err
	}
	if _, steps, err := s.pending(ctx, c, sale); err != nil {
		return "", "", "", err
	} else if len(steps) > 0 {
		return at, "", "", nil
	}
	h, err := historyOf(ctx, c, newest.ID)
	if err != nil {
		return "", "", "", err
	}
	if len(h.Redo) > 0 {
		redo = h.Redo[0]
	}
	if undo, _, err = above(ctx, c, at); undo != "" {
		last = at
	}
	return undo, last, redo, err
}

// pending is the planning of a sale and the steps that were made for one that came to nothing.
func (s *Service) pending(ctx context.Context, c *store.Scope, sale store.ID) (*store.Planning, []step, error) {
	p, err := c.Planning(ctx, sale)
	if store.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil || p.State != store.PlanningFailed && p.State != store.PlanningCancelled {
		return p, nil, err
	}
	r, err := readRequest(p.Request)
	return p, r.Steps, err
}

func readRequest(b []byte) (r request, err error) {
	if len(b) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("planning: reading what is asked for: %w", err)
	}
	return r, nil
}

// Undo takes the last decision about a sale back, and brings back the plan that was before it. Restore says how near.
func (s *Service) Undo(ctx context.Context, c *store.Scope, sale store.ID, reason string) (*store.Planning, error) {
	return s.bring(ctx, c, sale, reason, func(c *store.Scope, newest *store.Plan) (to store.ID, redo []store.ID, err error) {
		if to, _, _, err = s.past(ctx, c, sale); err != nil {
			return "", nil, err
		}
		if to == "" {
			return "", nil, conflict("there is nothing to take back: this is the sale's first plan")
		}
		at, err := place(ctx, c, newest.ID)
		if err != nil {
			return "", nil, err
		}
		h, err := historyOf(ctx, c, newest.ID)
		if err != nil || at == to {
			return to, h.Redo, err
		}
		return to, append([]store.ID{at}, h.Redo...), nil
	})
}

// Redo decides once more what was last taken back by Undo.
func (s *Service) Redo(ctx context.Context, c *store.Scope, sale store.ID, reason string) (*store.Planning, error) {
	return s.bring(ctx, c, sale, reason, func(c *store.Scope, newest *store.Plan) (store.ID, []store.ID, error) {
		h, err := historyOf(ctx, c, newest.ID)
		if err != nil {
			return "", nil, err
		}
		if len(h.Redo) == 0 {
			return "", nil, conflict("there is nothing to bring back: the last decision was not taken back, or another was made since")
		}
		return h.Redo[0], h.Redo[1:], nil
	})
}

// Restore brings a plan of a sale back: what was decided since is taken back (locks, forbids, changes of rounds, absences and orders
// that Decide has changed), what had been decided for it is decided again, and the sale is planned with the least change from it. It is
// the same plan again unless something else has changed meanwhile: orders that have come in stay, and so does what carriers
// have refused and, once the rounds of the plan in force have begun, what is done. Where a row that is to be taken back
// was changed by somebody else, that is a conflict and nothing is changed.
func (s *Service) Restore(ctx context.Context, c *store.Scope, sale, plan store.ID, reason string) (*store.Planning, error) {
	return s.bring(ctx, c, sale, reason, func(c *store.Scope, _ *store.Plan) (store.ID, []store.ID, error) {
		p, err := c.Plan(ctx, plan)
		if err == nil && p.Sale != sale {
			err = &store.Error{Code: store.NotFound, Message: "the sale has no such plan"}
		}
		return plan, nil, err
	})
}

func (s *Service) bring(ctx context.Context, c *store.Scope, sale store.ID, reason string, choose func(*store.Scope, *store.Plan) (to store.ID, redo []store.ID, err error)) (*store.Planning, error) {
	var out *store.Planning
	err := c.Together(ctx, func(c *store.Scope) error {
		x, err := c.Sale(ctx, sale)
		if err != nil {
			return err
		}
		if x.State != store.SaleOpen && x.State != store.SaleClosed {
			return conflict("the sale is %s: nothing is planned for it any more", x.State)
		}
		p, steps, err := s.pending(ctx, c, sale)
		if err != nil {
			return err
		}
		if p != nil && (p.State == store.PlanningWaits || p.State == store.PlanningRuns) {
			return conflict("the sale is being planned: wait until that has ended, or cancel it")
		}
		worked, force, err := s.live(ctx, c, sale)
		if err != nil {
			return err
		}
		newest := worked
		if newest == nil {
			newest = force
		}
		if newest == nil {
			return conflict("the sale has no plan yet")
		}
		to, redo, err := choose(c, newest)
		if err != nil {
			return err
		}
		if to, err = place(ctx, c, to); err != nil {
			return err
		}
		at, err := place(ctx, c, newest.ID)
		if err != nil {
			return err
		}
		way, err := between(ctx, c, at, to)
		if err != nil {
			return err
		}
		way = append(back(steps), way...)
		for i := range way {
			if err := s.take(ctx, c, &way[i]); err != nil {
				return err
			}
		}
		r := request{Options: Options{Reason: reason, BasedOn: to}, As: to, Redo: redo, Afresh: true}
		if force != nil && force.State == store.Published {
			v, err := s.version(ctx, c, force)
			if err != nil {
				return err
			}
			if v.begun(s.now()) {
				r.BasedOn = ""
			}
		}
		out, err = s.ask(ctx, c, sale, r)
		return err
	})
	return out, err
}

// between are the steps that lead from one place of the tree to another.
func between(ctx context.Context, c *store.Scope, from, to store.ID) ([]step, error) {
	type stage struct {
		at    store.ID
		steps []step // from the place above
	}
	var line []stage // from to upwards
	for at := to; at != ""; {
		up, steps, err := above(ctx, c, at)
		if err != nil {
			return nil, err
		}
		line = append(line, stage{at, steps})
		at = up
	}
	var out []step
	for at := from; ; {
		if k := slices.IndexFunc(line, func(x stage) bool { return x.at == at }); k >= 0 {
			for k--; k >= 0; k-- {
				out = append(out, line[k].steps...)
			}
			return out, nil
		}
		up, steps, err := above(ctx, c, at)
		if err != nil {
			return nil, err
		}
		if up == "" {
			return nil, conflict("what was decided between these two plans is not known")
		}
		out = append(out, back(steps)...)
		at = up
	}
}
