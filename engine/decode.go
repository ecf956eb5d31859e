package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"carriole/engine/internal/search"
)

// plan writes an outcome as a plan, with what each would drive alone beside it.
func (s *solver) plan(o *outcome, alone *draft) *Plan {
	m, d := s.m, o.d
	w := m.week
	p := &Plan{Week: w.ID, Rounds: make([]PlanRound, len(w.Rounds)), Consignments: []Consignment{}, Assigned: []Assignment{}, Unserved: []Unserved{}}
	where := s.writeRounds(p, d)
	position := make([]int, len(d.stops))
	for n := range d.rounds {
		for k, i := range d.rounds[n].stops {
			position[i] = k
		}
	}
	keepAll, cannot := s.keepAll(d)
	why := s.explain(d, where, p)
	for _, c := range together(d) {
		x := d.parcels[c].consignment(w, len(p.Consignments)+1)
		for _, l := range d.ways[c] {
			r := &p.Rounds[where[d.round(l)]]
			from, to := position[l.from], position[l.to]
			x.Legs = append(x.Legs, Leg{r.ID, from, to})
			r.Stops[from].Load = append(r.Stops[from].Load, x.ID)
			r.Stops[to].Unload = append(r.Stops[to].Unload, x.ID)
		}
		x.Why = why[c]
		p.Consignments = append(p.Consignments, x)
	}
	for _, c := range o.atHome {
		x := c.consignment(w, len(p.Consignments)+1)
		x.Why = &Why{Way: WayOnSite}
		p.Consignments = append(p.Consignments, x)
	}
	for i := range w.Orders {
		if s.points[i] != nil && o.point[i] >= 0 && len(w.Orders[i].Lines) > 0 {
			p.Assigned = append(p.Assigned, Assignment{w.Orders[i].ID, w.PickupPoints[o.point[i]].ID})
		}
	}
	s.writeUnserved(p, o)
	m.summarize(p)
	m.compare(p, alone)
	if p.Summary.Habits = m.habitsKept(p); p.Summary.Habits != nil {
		p.Summary.Habits.KeepAllMetres, p.Summary.Habits.CannotKeep = keepAll, cannot
	}
	s.bound.write(&p.Summary)
	return p
}

// writeRounds writes the rounds in the week's order and then the trips in order of departure. It says where each of the draft's
// rounds is.
func (s *solver) writeRounds(p *Plan, d *draft) []int {
	m := s.m
	w := m.week
	where := make([]int, len(d.rounds))
	var trips []int
	for n := range d.rounds {
		r := &d.rounds[n]
		switch {
		case r.base >= 0:
			x := &w.Rounds[r.base]
			where[n] = r.base
			p.Rounds[r.base] = PlanRound{ID: x.ID, Producer: x.Producer, Vehicle: x.Vehicle, Stops: m.stops(d, r, x.DepartAfter)}
		case len(r.stops) > 0:
			trips = append(trips, n)
		}
	}
	slices.SortFunc(trips, func(a, b int) int {
		x, y := &d.rounds[a], &d.rounds[b]
		return cmp.Or(cmp.Compare(d.stops[x.stops[0]].depart, d.stops[y.stops[0]].depart), cmp.Compare(w.Vehicles[x.vehicle].ID, w.Vehicles[y.vehicle].ID))
	})
	id := func(k int) string { return fmt.Sprintf("trip-%d", k) }
	taken := map[string]bool{}
	for i := range w.Rounds {
		taken[w.Rounds[i].ID] = true
	}
	k := 0
	for _, n := range trips {
		for k++; taken[id(k)]; k++ {
		}
		r := &d.rounds[n]
		v := &w.Vehicles[r.vehicle]
		where[n] = len(p.Rounds)
		p.Rounds = append(p.Rounds, PlanRound{ID: id(k), Producer: v.Producer, Vehicle: v.ID, Dedicated: true, Stops: m.stops(d, r, v.Available[0][0])})
	}
	return where
}

// stops writes a round's stops, in the time zone of a moment of the week.
func (m *model) stops(d *draft, r *draftRound, zone time.Time) []PlanStop {
	var out []PlanStop
	for _, i := range r.stops {
		s := &d.stops[i]
		q := PlanStop{Place: m.week.Places[s.place].ID, Arrive: m.clock(s.arrive, zone), Depart: m.clock(s.depart, zone), Load: []string{}, Unload: []string{}}
		if s.own >= 0 {
			own := int(s.own)
			q.Base = &own
		}
		out = append(out, q)
	}
	return out
}

// consignmentKey is what parcels have in common that a plan makes one consignment.
type consignmentKey struct {
	producer, point int
	class           Class
	by              CarriedBy
	legs            [search.MaxLegs]draftLeg
}

func (d *draft) key(c int) consignmentKey {
	x := d.parcels[c]
	k := consignmentKey{producer: x.producer, point: x.point, class: x.class, by: x.by}
	copy(k.legs[:], d.ways[c])
	return k
}

// together lists the served parcels, those first that were cut and ride the same way after all made one again.
func together(d *draft) []int {
	index := map[consignmentKey]int{}
	var out []int
	for c, w := range d.ways {
		if len(w) == 0 {
			continue
		}
		x, k := d.parcels[c], d.key(c)
		if i, ok := index[k]; ok {
			y := *d.parcels[i]
			y.lines = append(slices.Clone(y.lines), x.lines...)
			y.kg += x.kg
			y.litres += x.litres
			d.parcels[i] = &y
			continue
		}
		index[k] = c
		out = append(out, c)
	}
	return out
}

// writeUnserved writes the lines that nothing carries, with what stands in their way.
func (s *solver) writeUnserved(p *Plan, o *outcome) {
	w, d := s.m.week, o.d
	add := func(l LineRef, r *Repair, reason string) {
		p.Unserved = append(p.Unserved, Unserved{Order: l.Order, Line: l.Line, Reason: reason, Repair: r})
		p.Summary.UnservedKg += w.Orders[s.m.orders[l.Order]].Lines[l.Line].Kg
	}
	x := newDiagnosis(s.m, p)
	for c, way := range d.ways {
		if len(way) == 0 {
			r, reason := (*Repair)(nil), "the search was ended before it came to this"
			if len(d.parcels) <= s.m.sizes.whole || !s.stop() {
				r, reason = x.repair(d.parcels[c])
			}
			for _, l := range d.parcels[c].lines {
				add(l, r, reason)
			}
		}
	}
	for i := range w.Orders {
		order := &w.Orders[i]
		var r *Repair
		reason := ""
		for n := range order.Lines {
			switch l := (LineRef{order.ID, n}); {
			case order.Lines[n].Held != nil:
				add(l, order.Lines[n].Held.repair(), order.Lines[n].Held.English)
			case o.point[i] < 0:
				if reason == "" {
					r, reason = x.noPickup(order)
				}
				add(l, r, reason)
			}
		}
	}
}

// explain says of every served parcel why it rides as it does. where gives each draft round's place in the plan.
func (s *solver) explain(d *draft, where []int, p *Plan) []*Why {
	m := s.m
	out := make([]*Why, len(d.parcels))
	parts := m.parts(d, d.searchable())
	s.sideBySide(len(parts), func(i int) {
		part := parts[i]
		if len(parts) > 1 && s.stop() {
			return // whoever cannot wait does without
		}
		f := m.frame(d, part.vehicles, part.parcels)
		f.p.Grade = 0 // why is said in metres driven
		f.forget()
		for k, r := range search.Explain(f.p, f.start) {
			c := f.parcels[k]
			if len(d.ways[c]) == 0 {
				continue
			}
			out[c] = f.why(&r, m.way(d, c), func(route int32) string { return p.Rounds[where[f.numbers[route]]].ID })
		}
	})
	return out
}

// why writes a reason down. id names a route of the frame's solution.
func (f *frame) why(r *search.Reason, way Way, id func(route int32) string) *Why {
	m := f.m
	y := &Why{Way: way, AddedMetres: max(0, float64(r.Saved)) / m.unit}
	if r.Next == nil {
		return y
	}
	y.Next = &NextWay{AddedMetres: float64(r.Cost) / m.unit}
	for i, x := range r.Next {
		if x.Route >= 0 {
			y.Next.Rounds = append(y.Next.Rounds, id(x.Route))
		} else {
			y.Next.Rounds = append(y.Next.Rounds, m.week.Vehicles[f.vehicles[x.Vehicle]].ID)
			y.Next.New = true
		}
		if i < len(r.Next)-1 {
			y.Next.Places = append(y.Next.Places, m.week.Places[f.places[x.To]].ID)
		}
	}
	return y
}

// way is how a served parcel travels: by the heaviest of what it takes.
func (m *model) way(d *draft, c int) Way {
	w := d.ways[c]
	if len(w) > 1 {
		return WayHandover
	}
	r := &d.rounds[d.round(w[0])]
	if r.base < 0 {
		return WayTrip
	}
	made := func(i int32) bool { return d.stops[i].own >= 0 || i == r.stops[0] || i == r.stops[len(r.stops)-1] }
	if made(w[0].from) && made(w[0].to) {
		return WayOnTheWay
	}
	return WayAddedStop
}
