package engine

import (
	"context"
	"fmt"
	"time"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// Options of a search. The zero value is usable.
type Options struct {
	Seed       uint64
	Iterations int // of the whole search; 0: until Share reaches 1 or the context ends, 20,000 without either
	Workers    int // searches side by side that share what they find; 0 means 2. Part of what a plan depends on, as the seed is

	// Share is the caller's clock: the share of the time allowed that is used up, 0 to 1. The engine has no clock of
	// its own; with nil the search goes by Iterations alone and is deterministic.
	Share func() float64

	// Progress, when not nil, is called from one goroutine at a time.
	Progress func(Progress)
}

// Progress is the state of a running search.
type Progress struct {
	Objective  float64 // of the best plan so far, as in Summary
	UnservedKg float64
	Iterations int
	Share      float64 // of the search, 0 to 1
}

// Solve plans a week. travel answers between indexes of week.Places; TravelOf gives the contract's default. The week must be free of faults (see
// Validate): the error is an InvalidWeek otherwise. When ctx ends the search stops and the best plan so far comes back,
// right like any other, with a nil error.
func Solve(ctx context.Context, week *Week, travel geo.Travel, opt Options) (*Plan, error) {
	if travel == nil {
		travel = TravelOf(week)
	}
	m := newModel(week, travel)
	point := make([]int, len(week.Orders))
	for i := range week.Orders {
		point[i] = -1
		if k, ok := m.points[week.Orders[i].PickupPoint]; ok {
			point[i] = k
		}
	}
	parcels := m.parcels(point)
	var riding, atHome []*parcel
	for i := range parcels {
		c := &parcels[i]
		if week.Producers[c.producer].Place == week.PickupPoints[c.point].Place {
			atHome = append(atHome, c)
		} else {
			riding = append(riding, c)
		}
	}
	f := m.frame(m.vehicles, riding)
	o := search.Options{Seed: opt.Seed, Workers: opt.Workers, Iterations: opt.Iterations, Share: opt.Share, Stop: func() bool { return ctx.Err() != nil }}
	if o.Workers == 0 {
		o.Workers = 2
	}
	if o.Share == nil && o.Iterations == 0 {
		o.Iterations = 20000
	}
	if opt.Progress != nil {
		o.Progress = func(c search.Cost, n int, share float64) {
			opt.Progress(Progress{float64(c.Dist) / m.unit, float64(c.Lost) / perKg, n, share})
		}
	}
	sol, _ := search.Search(f.p, nil, o)
	return f.plan(sol, atHome), nil
}

// plan writes a solution as a plan.
func (f *frame) plan(sol *search.Solution, atHome []*parcel) *Plan {
	w := f.m.week
	p := &Plan{Week: w.ID, Rounds: make([]PlanRound, len(w.Rounds)), Consignments: []Consignment{}, Assigned: []Assignment{}, Unserved: []Unserved{}}
	number := make([]int, len(sol.Routes))
	trips := 0
	for n, o := range sol.Routes {
		k := len(p.Rounds)
		if o.Base >= 0 {
			k = f.rounds[o.Base]
			x := &w.Rounds[k]
			p.Rounds[k] = PlanRound{ID: x.ID, Producer: x.Producer, Vehicle: x.Vehicle}
		} else {
			trips++
			v := &w.Vehicles[f.vehicles[o.Vehicle]]
			p.Rounds = append(p.Rounds, PlanRound{ID: fmt.Sprintf("trip-%d", trips), Producer: v.Producer, Vehicle: v.ID, Dedicated: true})
		}
		number[n] = k
		for _, s := range o.Stops {
			q := PlanStop{Place: w.Places[f.places[s.Place]].ID, Arrive: f.m.time(s.Arrive), Depart: f.m.time(s.Depart), Load: []string{}, Unload: []string{}}
			if s.Own >= 0 {
				own := int(s.Own)
				q.Base = &own
			}
			p.Rounds[k].Stops = append(p.Rounds[k].Stops, q)
		}
	}
	for c, legs := range sol.Paths {
		x := f.parcels[c]
		if len(legs) == 0 {
			for _, l := range x.lines {
				p.Unserved = append(p.Unserved, Unserved{Order: l.Order, Line: l.Line, Reason: "no way"})
			}
			continue
		}
		k := x.consignment(w, fmt.Sprintf("c-%d", len(p.Consignments)+1))
		for _, l := range legs {
			r := &p.Rounds[number[l.Route]]
			k.Legs = append(k.Legs, Leg{r.ID, int(l.From), int(l.To)})
			r.Stops[l.From].Load = append(r.Stops[l.From].Load, k.ID)
			r.Stops[l.To].Unload = append(r.Stops[l.To].Unload, k.ID)
		}
		p.Consignments = append(p.Consignments, k)
	}
	for _, x := range atHome {
		p.Consignments = append(p.Consignments, x.consignment(w, fmt.Sprintf("c-%d", len(p.Consignments)+1)))
	}
	f.m.summarize(p)
	return p
}

func (x *parcel) consignment(w *Week, id string) Consignment {
	return Consignment{ID: id, Producer: w.Producers[x.producer].ID, PickupPoint: w.PickupPoints[x.point].ID, Class: x.class, CarriedBy: x.by,
		Kg: x.kg, Litres: x.litres, Lines: x.lines, Legs: []Leg{}}
}

func (m *model) time(s int32) time.Time {
	return time.Unix(m.epoch+int64(s), 0).In(time.UTC)
}

// length is what a round of these places drives, in metres.
func (m *model) length(places []string) float64 {
	d := 0.0
	for i := 1; i < len(places); i++ {
		x, _ := m.travel.Between(m.at[places[i-1]], m.at[places[i]])
		d += x
	}
	return d
}

// summarize states the contract's figures from the plan's stops and the travel.
func (m *model) summarize(p *Plan) {
	s := &p.Summary
	for k := range p.Rounds {
		r := &p.Rounds[k]
		var places []string
		for _, x := range r.Stops {
			places = append(places, x.Place)
		}
		r.Metres = m.length(places)
		if !r.Dedicated {
			b := &m.week.Rounds[k]
			places = append(places[:0], b.Start)
			for _, x := range b.Stops {
				places = append(places, x.Place)
			}
			r.BaseMetres = m.length(append(places, b.End))
		} else {
			s.Trips++
		}
		s.BaseMetres += r.BaseMetres
		s.PlannedMetres += r.Metres
	}
	type event struct{ place, giver, taker string }
	events := map[event]bool{}
	rounds := map[string]*PlanRound{}
	for k := range p.Rounds {
		rounds[p.Rounds[k].ID] = &p.Rounds[k]
	}
	for _, c := range p.Consignments {
		for i := 1; i < len(c.Legs); i++ {
			g, t := c.Legs[i-1], c.Legs[i]
			events[event{rounds[t.Round].Stops[t.From].Place, g.Round, t.Round}] = true
		}
	}
	s.AddedMetres = s.PlannedMetres - s.BaseMetres
	s.Handovers = len(events)
	s.Objective = s.AddedMetres + m.week.Settings.HandoverMetres()*float64(s.Handovers)
}

// TravelOf is the week's own travel table or, without one, crow flies between its places.
func TravelOf(week *Week) geo.Travel {
	if week.Travel != nil {
		return week.Travel
	}
	at := make([]geo.Point, len(week.Places))
	for i, p := range week.Places {
		at[i] = geo.Point{p.Lon, p.Lat}
	}
	return geo.CrowFlies(at)
}
