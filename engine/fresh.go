package engine

import (
	"context"
	"slices"
	"time"
)

// The search does not know how long goods are on board: a plan is looked through for goods that are so too long
// (Vehicle.LongestS), these are barred from the round, or from trips of the vehicle, on which they were, and what is left is
// replanned, until nothing is too long. Each time something more is barred, so that comes to an end; what finds no other way
// stays behind and says why. It is more careful than it has to be: goods that are barred from a round could ride it where it
// would make its stops in another order, and those barred from a vehicle's trips could have one of their own.

// bar keeps goods off a round, or off the trips of a vehicle.
type bar struct {
	producer, point int // indexes in the week
	class           Class
	round           int // index in the week; −1: trips of the vehicle
	vehicle         int // index in the week; −1: the round
}

// span is how many seconds goods were on board, and how many they may be.
type span struct{ took, allowed float64 }

// barOf is what would keep a parcel off a round, or off trips where round is below 0.
func (m *model) barOf(c *parcel, round, vehicle int) bar {
	if round >= 0 {
		vehicle = -1
	}
	return bar{c.producer, c.point, c.class, round, vehicle}
}

// off is what a parcel is barred from among a frame's routes and vehicles.
func (f *frame) off(d *draft, c *parcel) (routes, trips []bool) {
	m := f.m
	if len(m.barred) == 0 {
		return nil, nil
	}
	routes, trips = make([]bool, len(f.routes)), make([]bool, len(f.vehicles))
	for v, w := range f.vehicles {
		_, trips[v] = m.barred[m.barOf(c, -1, w)]
	}
	for k := range f.routes {
		r := &d.rounds[f.routes[k].round]
		_, routes[k] = m.barred[m.barOf(c, r.base, r.vehicle)]
	}
	return routes, trips
}

// bar bars what is too long on board in a plan. It reports whether that is anything new. What was on board at a moment
// cannot be helped any more.
func (m *model) bar(plan *Plan, now time.Time) bool {
	if !slices.ContainsFunc(m.week.Vehicles, func(v Vehicle) bool { return len(v.LongestS) > 0 }) {
		return false
	}
	rounds := map[string]*PlanRound{}
	for i := range plan.Rounds {
		rounds[plan.Rounds[i].ID] = &plan.Rounds[i]
	}
	class := map[string]*Consignment{}
	for i := range plan.Consignments {
		class[plan.Consignments[i].ID] = &plan.Consignments[i]
	}
	some := false
	for i := range plan.Consignments {
		x := &plan.Consignments[i]
		var since time.Time // when the goods were put on board, or into the first of several boxes
		allowed := 0.0
		for k, l := range x.Legs {
			r := rounds[l.Round]
			vehicle := m.carts[r.Vehicle]
			limit, limited := m.week.Vehicles[vehicle].LongestS[x.Class]
			if !limited {
				allowed = 0
				continue
			}
			stored := k > 0 && m.week.Places[m.at[r.Stops[l.From].Place]].CanStore(x.Class)
			if k == 0 || allowed == 0 || stored {
				since, allowed = r.Stops[l.From].Depart, limit
			}
			allowed = min(allowed, limit)
			took := m.beginsAt(r, l.To, class).Sub(since).Seconds()
			if took <= allowed+checkSlack || !now.IsZero() && !since.After(now) {
				continue
			}
			b := bar{m.makers[x.Producer], m.points[x.PickupPoint], x.Class, -1, vehicle}
			if base, ok := m.tours[l.Round]; ok {
				b.round, b.vehicle = base, -1
			}
			if _, known := m.barred[b]; !known {
				if m.barred == nil {
					m.barred = map[bar]span{}
				}
				m.barred[b], some = span{took, allowed}, true
			}
		}
	}
	return some
}

// beginsAt is when a stop of a round begins: on arrival, or when the last of its windows has opened.
func (m *model) beginsAt(r *PlanRound, k int, goods map[string]*Consignment) time.Time {
	s := &r.Stops[k]
	begin := s.Arrive
	later := func(t time.Time) {
		if t.After(begin) {
			begin = t
		}
	}
	for _, id := range s.Unload {
		if p := &m.week.PickupPoints[m.points[goods[id].PickupPoint]]; p.Place == s.Place {
			later(p.AcceptAfter)
		}
	}
	switch base, own := m.tours[r.ID]; {
	case own && s.Base != nil:
		later(m.week.Rounds[base].Stops[*s.Base].ArriveAfter)
	case k > 0 && k < len(r.Stops)-1:
		if t, ok := opening(m.week.Places[m.at[s.Place]].Open, unixSeconds(begin)); ok && t > unixSeconds(begin) {
			begin = begin.Add(time.Duration((t - unixSeconds(begin)) * float64(time.Second)))
		}
	}
	return begin
}

// keepFresh makes a plan into one in which nothing is too long on board.
func keepFresh(ctx context.Context, m *model, plan *Plan, opt Options) (*Plan, error) {
	opt.Iterations = max(defaultReplanIterations, opt.Iterations/4)
	for m.bar(plan, time.Time{}) {
		again := *m
		r := &replanner{solver: newSolver(ctx, &again, opt), previous: plan, before: plan.Rounds, change: &Change{}, old: m.week}
		var err error
		if plan, err = r.run(1); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// contradictions are what is wrong with a plan other than that goods are too long on board, which is seen to later.
func contradictions(m *model, plan *Plan) []Violation {
	_, bad := Check(m.week, m.travel, plan)
	return slices.DeleteFunc(bad, func(v Violation) bool { return v.Rule == RuleLongest })
}

func (h *Hold) repair() *Repair { return &Repair{Obstacle: NoHeld, Rule: h} }
