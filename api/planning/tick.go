package planning

import (
	"context"
	"slices"

	"carriole/api/store"
	"carriole/engine"
)

// Work is what a driver does at one stop of a plan in one way: they load, take over from one other round, hand over to one, or unload.
type Work struct {
	store.TickSubject
	Producer store.ID // who drives
	Stop     int      // of the round
	Kg       float64
	Tick     *store.Tick // what they said of it last; nil: nothing, or that it was a mistake
}

// Ticks are the work of a plan, in the order of its rounds and their stops, with what its drivers have said of it. What they said under
// an earlier plan of the sale counts where the work is the same.
func (s *Service) Ticks(ctx context.Context, c *store.Scope, plan store.ID) ([]Work, error) {
	var out []Work
	err := c.Snapshot(ctx, func(c *store.Scope) error {
		row, err := c.Plan(ctx, plan)
		if err != nil {
			return err
		}
		v, err := s.known(ctx, c, row)
		if err != nil {
			return err
		}
		ticks, err := c.Ticks(ctx, row.Sale)
		if err != nil {
			return err
		}
		out = worksOf(v.plan)
		for i := range ticks {
			x := &ticks[i]
			if k := slices.IndexFunc(out, func(w Work) bool { return w.TickSubject == x.TickSubject }); k >= 0 && x.State != store.TickOpen {
				out[k].Tick = x
			}
		}
		return nil
	})
	return out, err
}

// Tick keeps what a driver says of their work in a plan that is, or was, in force. driver is who says it; empty: the coordinator for
// whoever drives. It sets the producer of the tick, and what the store sets.
func (s *Service) Tick(ctx context.Context, c *store.Scope, driver store.ID, x *store.Tick) error {
	return c.Together(ctx, func(c *store.Scope) error {
		row, err := c.Plan(ctx, x.Plan)
		if err != nil {
			return err
		}
		v, err := s.known(ctx, c, row)
		if err != nil {
			return err
		}
		works := worksOf(v.plan)
		k := slices.IndexFunc(works, func(w Work) bool { return w.TickSubject == x.TickSubject })
		if k < 0 || driver != "" && driver != works[k].Producer {
			return &store.Error{Code: store.NotFound, Message: "the plan has no such work for this driver: name round, place, visit, task and partner as the plan's ticks have them"}
		}
		if row.State == store.Draft || row.State == store.Proposed {
			return conflict("the plan is %s: what is done is said of a plan in force", row.State)
		}
		x.Producer = works[k].Producer
		return c.AddTick(ctx, x)
	})
}

// worksOf is the work of a plan, of which nothing is said.
func worksOf(p *engine.Plan) []Work {
	var out []Work
	for i := range p.Rounds {
		r := &p.Rounds[i]
		first := len(out)
		add := func(stop int, task store.TickTask, partner string, kg float64) {
			k := slices.IndexFunc(out[first:], func(w Work) bool { return w.Stop == stop && w.Task == task && w.Partner == partner })
			if k >= 0 {
				out[first+k].Kg = sum(out[first+k].Kg + kg)
				return
			}
			w := Work{Producer: store.ID(r.Producer), Stop: stop, Kg: sum(kg),
				TickSubject: store.TickSubject{Round: r.ID, Place: store.ID(r.Stops[stop].Place), Visit: visit(r.Stops, stop), Task: task, Partner: partner}}
			out = append(out, w)
		}
		for k := range p.Consignments {
			x := &p.Consignments[k]
			for n, l := range x.Legs {
				if l.Round != r.ID || l.From < 0 || l.To < 0 || l.From >= len(r.Stops) || l.To >= len(r.Stops) {
					continue
				}
				if n > 0 {
					add(l.From, store.TickTake, x.Legs[n-1].Round, x.Kg)
				} else {
					add(l.From, store.TickLoad, "", x.Kg)
				}
				if n < len(x.Legs)-1 {
					add(l.To, store.TickHand, x.Legs[n+1].Round, x.Kg)
				} else {
					add(l.To, store.TickUnload, "", x.Kg)
				}
			}
		}
		slices.SortStableFunc(out[first:], func(a, b Work) int { return a.Stop - b.Stop })
	}
	return out
}

// visit is the number of a stop among those of its round at the same place, from 1.
func visit(stops []engine.PlanStop, stop int) int64 {
	n := int64(1)
	for i := range stops[:stop] {
		if stops[i].Place == stops[stop].Place {
			n++
		}
	}
	return n
}
