package planning

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// hasPart reports whether a round does something for the plan that it does not do anyway.
func hasPart(r *engine.PlanRound) bool {
	if r.Dedicated {
		return true
	}
	for k := range r.Stops {
		if s := &r.Stops[k]; len(s.Load)+len(s.Unload) > 0 || k > 0 && k < len(r.Stops)-1 && s.Base == nil {
			return true
		}
	}
	return false
}

// ask is what the carriers of a plan are to be asked, with what they answered about the plan before where that still holds;
// before is nil when there was none.
func ask(week *engine.Week, plan *engine.Plan, before *version, given []store.Answer) []store.Answer {
	was := map[string]store.Answer{}
	for _, a := range given {
		was[a.Round] = a
	}
	var out []store.Answer
	have := map[string]bool{}
	add := func(a store.Answer) {
		if !have[a.Round] {
			have[a.Round] = true
			out = append(out, a)
		}
	}
	earlier, now := goodsOf(before), partsOf(plan)
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		if !hasPart(r) {
			continue
		}
		a, answered := was[r.ID]
		switch {
		case answered && a.State == store.AnswerAccepted && a.Producer == store.ID(r.Producer) && holds(earlier[r.ID], now[r.ID]):
			add(a)
		case answered && a.State == store.AnswerRefused && !r.Dedicated:
			add(a)
		default:
			add(store.Answer{Round: r.ID, Producer: store.ID(r.Producer), State: store.AnswerOpen})
		}
	}
	// refusals are kept in mind, also where nothing is left to be asked
	known := map[string]bool{}
	for i := range week.Producers {
		known[week.Producers[i].ID] = true
	}
	for _, a := range given {
		if a.State != store.AnswerRefused {
			continue
		}
		if before != nil {
			if r := roundOf(before.plan, a.Round); r != nil && r.Dedicated {
				a.Round = refusedTrip(r)
			}
		}
		add(a)
	}
	return out
}

// part is what a round does for a plan, as its carrier sees it.
type part struct {
	vehicle string
	stops   []partStop
}

type partStop struct {
	place          string
	own            bool
	arrive, depart time.Time
	goods          map[handling]load
}

// handling is goods of a kind that are loaded or unloaded at a stop, and the round that they come from or go on with.
type handling struct {
	unload                 bool
	producer, point, other string
	class                  engine.Class
}

type load struct{ kg, litres float64 }

func goodsOf(v *version) map[string]part {
	if v == nil || v.plan == nil {
		return nil
	}
	return partsOf(v.plan)
}

// partsOf are the parts of all rounds of a plan by their ids.
func partsOf(plan *engine.Plan) map[string]part {
	out := make(map[string]part, len(plan.Rounds))
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		p := part{vehicle: r.Vehicle, stops: make([]partStop, len(r.Stops))}
		for k := range r.Stops {
			s := &r.Stops[k]
			p.stops[k] = partStop{place: s.Place, own: s.Base != nil, arrive: s.Arrive, depart: s.Depart, goods: map[handling]load{}}
		}
		out[r.ID] = p
	}
	for i := range plan.Consignments {
		c := &plan.Consignments[i]
		for k, l := range c.Legs {
			p, ok := out[l.Round]
			if !ok || l.From < 0 || l.To >= len(p.stops) || l.From > l.To {
				continue
			}
			h := handling{producer: c.Producer, point: c.PickupPoint, class: c.Class}
			if k > 0 {
				h.other = c.Legs[k-1].Round
			}
			p.stops[l.From].add(h, c)
			h.unload, h.other = true, ""
			if k < len(c.Legs)-1 {
				h.other = c.Legs[k+1].Round
			}
			p.stops[l.To].add(h, c)
		}
	}
	return out
}

func (s *partStop) add(h handling, c *engine.Consignment) {
	a := s.goods[h]
	s.goods[h] = load{a.kg + c.Kg, a.litres + c.Litres}
}

// holds reports whether who accepted a part before is taken to accept it now: it is the same, with no more goods, and within some
// minutes.
func holds(before, now part) bool {
	const minutes = 5 * time.Minute
	near := func(a, b time.Time) bool { return a.Sub(b).Abs() <= minutes }
	if before.vehicle != now.vehicle || len(before.stops) != len(now.stops) {
		return false
	}
	for k := range now.stops {
		a, b := &before.stops[k], &now.stops[k]
		if a.place != b.place || a.own != b.own || k > 0 && !near(a.arrive, b.arrive) || k < len(now.stops)-1 && !near(a.depart, b.depart) {
			return false
		}
		for h, x := range b.goods {
			was, ok := a.goods[h]
			if !ok || x.kg > was.kg+1e-6 || x.litres > was.litres+1e-6 {
				return false
			}
		}
	}
	return true
}

// refusedTrip names the hours of a vehicle in which its producer makes no trip: a trip's id means nothing in another plan.
func refusedTrip(r *engine.PlanRound) string {
	return r.Vehicle + "@" + r.Stops[0].Depart.Format(time.RFC3339) + "/" + r.Stops[len(r.Stops)-1].Arrive.Format(time.RFC3339)
}

// parseRefusedTrip is the inverse of refusedTrip.
func parseRefusedTrip(s string) (vehicle string, hours engine.Interval, ok bool) {
	vehicle, rest, _ := strings.Cut(s, "@")
	from, until, _ := strings.Cut(rest, "/")
	a, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return "", hours, false
	}
	b, err := time.Parse(time.RFC3339, until)
	return vehicle, engine.Interval{a, b}, err == nil
}

func roundOf(plan *engine.Plan, id string) *engine.PlanRound {
	if k := slices.IndexFunc(plan.Rounds, func(r engine.PlanRound) bool { return r.ID == id }); k >= 0 {
		return &plan.Rounds[k]
	}
	return nil
}

// refuse writes into the week what carriers have refused: a round takes its own producer's goods alone, and no lock of
// others' goods; a vehicle makes no trip in the hours in which it would have made the refused one.
func refuse(week *engine.Week, newest *version, answers []store.Answer) {
	for _, a := range answers {
		if a.State != store.AnswerRefused {
			continue
		}
		vehicle, hours, trip := parseRefusedTrip(a.Round)
		if r := roundOf(newest.plan, a.Round); !trip && r != nil && r.Dedicated {
			vehicle, hours, trip = r.Vehicle, engine.Interval{r.Stops[0].Depart, r.Stops[len(r.Stops)-1].Arrive}, true
		}
		if trip {
			for k := range week.Vehicles {
				if v := &week.Vehicles[k]; v.ID == vehicle {
					v.Available = slices.DeleteFunc(v.Available, func(x engine.Interval) bool { return !x[1].Before(hours[0]) && !hours[1].Before(x[0]) })
				}
			}
			continue
		}
		for k := range week.Rounds {
			r := &week.Rounds[k]
			if r.ID != a.Round {
				continue
			}
			r.Carries = engine.Carries{OwnOnly: true}
			week.Locks = slices.DeleteFunc(week.Locks, func(l engine.Lock) bool { return l.Producer != r.Producer && slices.Contains(l.Rounds, r.ID) })
		}
	}
}

// unsettled are the answers that stand in the way of publishing: open ones, and refusals that the plan does not follow.
func unsettled(plan *engine.Plan, answers []store.Answer) []store.Answer {
	others := map[string]bool{} // rounds that carry others' goods
	for i := range plan.Consignments {
		c := &plan.Consignments[i]
		for _, l := range c.Legs {
			if r := roundOf(plan, l.Round); r != nil && (r.Dedicated || r.Producer != c.Producer) {
				others[l.Round] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(answers), func(a store.Answer) bool {
		return a.State == store.AnswerAccepted || a.State == store.AnswerRefused && !others[a.Round]
	})
}

// Answer notes what a carrier says to what a plan that is proposed or published asks of one of their rounds; it may change later. carrier
// is who answers; empty: the coordinator for whoever drives it. A refusal has the sale planned again around the
// round, and those asked whose part is then another one: that planning is returned, nil for an acceptance.
func (s *Service) Answer(ctx context.Context, c *store.Scope, plan store.ID, round string, carrier store.ID, accept bool, note string) (*store.Planning, error) {
	var out *store.Planning
	err := c.Together(ctx, func(c *store.Scope) error {
		out = nil
		row, err := c.Plan(ctx, plan)
		if err != nil {
			return err
		}
		if carrier == "" {
			answers, err := c.Answers(ctx, plan)
			if err != nil {
				return err
			}
			k := slices.IndexFunc(answers, func(a store.Answer) bool { return a.Round == round })
			if k < 0 {
				return &store.Error{Code: store.NotFound, Message: "nobody is asked about the round \"" + round + "\" of this plan"}
			}
			carrier = answers[k].Producer
		}
		state := store.AnswerRefused
		if accept {
			state = store.AnswerAccepted
		}
		if err := c.GiveAnswer(ctx, plan, round, carrier, state, note); err != nil || accept {
			return err
		}
		sale, err := c.Sale(ctx, row.Sale)
		if err != nil {
			return err
		}
		if sale.State != store.SaleOpen && sale.State != store.SaleClosed {
			return conflict("the sale is %s: nothing is planned for it any more", sale.State)
		}
		out, err = s.ask(ctx, c, row.Sale, request{Options: Options{Reason: "refused"}, Propose: true})
		return err
	})
	return out, err
}

// booked are the metres that a plan adds to the balances: driven for others, less what others drove.
func booked(plan *engine.Plan, row *store.Plan) []store.Entry {
	var out []store.Entry
	for i := range plan.Summary.Producers {
		x := &plan.Summary.Producers[i]
		if m := int64(math.Round(x.ForOthers - x.ByOthers)); m != 0 {
			out = append(out, store.Entry{Producer: store.ID(x.Producer), Plan: row.ID, Metres: m, Note: "plan " + string(row.ID)})
		}
	}
	return out
}
