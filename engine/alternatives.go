package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// ErrNoConsignment is the error of a consignment that the plan does not have, or that has nothing to ride.
var ErrNoConsignment = errors.New("the plan has no such consignment that rides")

// Alternative is a way that a consignment could take instead of its own, everything else being as it is.
type Alternative struct {
	Legs         []AlternativeLeg `json:"legs"`
	AddedMetres  float64          `json:"added_m"`   // what it adds to the objective of a plan without the consignment
	ChangeMetres float64          `json:"change_m"`  // what it adds to the plan's: AddedMetres less what leaving the present way saves; negative: it saves
	Seconds      float64          `json:"seconds"`   // from door to door
	DrivingS     float64          `json:"driving_s"` // what all drive longer than in the plan; negative: less
	For          []Effect         `json:"for"`       // what would be other than in the plan, for whom
}

// AlternativeLeg is a ride of an alternative. The goods change rounds where one ends and the next begins.
type AlternativeLeg struct {
	Round    string    `json:"round"` // empty: a new trip
	Vehicle  string    `json:"vehicle"`
	Producer string    `json:"producer"` // who drives
	From     string    `json:"from"`     // places
	To       string    `json:"to"`
	Depart   time.Time `json:"depart"`
	Arrive   time.Time `json:"arrive"`
}

// Effect is what an alternative changes for a round.
type Effect struct {
	Round    string  `json:"round"` // empty: a new trip of the vehicle
	Vehicle  string  `json:"vehicle"`
	Producer string  `json:"producer"` // who drives
	Metres   float64 `json:"m"`        // more than in the plan; negative: less
	Seconds  float64 `json:"seconds"`  // later at its end
	Gone     bool    `json:"gone,omitempty"`
}

// Alternatives lists the ways that a consignment could take in place of its own, the cheapest first, at most 20: one for
// each sequence of rounds and new trips that is not dearer than a part of itself. Locks, habits and moments of the
// consignment do not count; every other rule does, and the plan stays right with any one of them. The plan must be right.
func Alternatives(week *Week, travel geo.Travel, plan *Plan, consignment string) ([]Alternative, error) {
	if travel == nil {
		travel = TravelOf(week)
	}
	if err := invalid(Validate(week, travel)); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(plan.Consignments, func(c Consignment) bool { return c.ID == consignment })
	if at < 0 || len(plan.Consignments[at].Legs) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoConsignment, quote(consignment))
	}
	r := &replanner{solver: &solver{m: newModel(week, travel)}, previous: plan, before: plan.Rounds, change: &Change{}, old: week}
	r.assign()
	r.assigned()
	r.recall()
	m, d := r.m, r.d
	c := slices.Index(r.was, at)
	if c < 0 || len(d.ways[c]) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoConsignment, quote(consignment))
	}
	vehicles, parcels := m.vehicles, d.searchable()
	if len(parcels) > m.sizes.whole {
		vehicles = m.part(d, []int{c}).vehicles
	}
	f := m.frame(d, vehicles, parcels)
	f.forget()
	request := slices.Index(f.parcels, c)
	if request < 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoConsignment, quote(consignment))
	}
	ids := make([]string, len(d.rounds))
	for id, n := range r.number {
		ids[n] = id
	}
	saved, ways := search.Ways(f.p, f.start, int32(request))
	out := make([]Alternative, 0, len(ways))
	for i := range ways {
		out = append(out, f.alternative(&ways[i], saved, request, plan, d, ids))
	}
	return out, nil
}

// alternative writes a way down. ids names the draft's rounds.
func (f *frame) alternative(w *search.Way, saved int64, request int, plan *Plan, d *draft, ids []string) Alternative {
	m := f.m
	a := Alternative{AddedMetres: float64(w.Added) / m.unit, ChangeMetres: float64(w.Added-saved) / m.unit}
	zone := plan.Rounds[0].Stops[0].Depart
	who := func(route int) (id, vehicle, producer string) {
		v := f.vehicles[w.Solution.Routes[route].Vehicle]
		vehicle, producer = m.week.Vehicles[v].ID, m.week.Vehicles[v].Producer
		if was := w.Was[route]; was >= 0 {
			n := f.numbers[was]
			id = ids[n]
			if b := d.rounds[n].base; b >= 0 {
				producer = m.week.Rounds[b].Producer
			}
		}
		return id, vehicle, producer
	}
	for _, l := range w.Solution.Paths[request] {
		x := &w.Solution.Routes[l.Route]
		leg := AlternativeLeg{From: m.week.Places[f.places[x.Stops[l.From].Place]].ID, To: m.week.Places[f.places[x.Stops[l.To].Place]].ID,
			Depart: m.clock(x.Stops[l.From].Depart, zone), Arrive: m.clock(x.Stops[l.To].Arrive, zone)}
		leg.Round, leg.Vehicle, leg.Producer = who(int(l.Route))
		a.Legs = append(a.Legs, leg)
	}
	a.Seconds = a.Legs[len(a.Legs)-1].Arrive.Sub(a.Legs[0].Depart).Seconds()
	seen := make([]bool, len(f.start.Routes))
	for k := range w.Solution.Routes {
		e := Effect{}
		e.Round, e.Vehicle, e.Producer = who(k)
		dist, drive := f.course(w.Solution.Routes[k].Stops)
		if was := w.Was[k]; was >= 0 {
			seen[was] = true
			n := f.numbers[was]
			before, driven := f.course(f.start.Routes[was].Stops)
			dist, drive = dist-before, drive-driven
			stops := w.Solution.Routes[k].Stops
			end := d.stops[d.rounds[n].stops[len(d.rounds[n].stops)-1]].arrive
			e.Seconds = float64(stops[len(stops)-1].Arrive-end) / m.tick
		}
		a.DrivingS += float64(drive) / m.tick
		if e.Metres = float64(dist) / m.unit; e.Metres != 0 || e.Seconds != 0 || e.Round == "" {
			a.For = append(a.For, e)
		}
	}
	for was, ok := range seen {
		if ok {
			continue
		}
		n := f.numbers[was]
		dist, drive := f.course(f.start.Routes[was].Stops)
		a.DrivingS -= float64(drive) / m.tick
		v := &m.week.Vehicles[d.rounds[n].vehicle]
		a.For = append(a.For, Effect{Round: ids[n], Vehicle: v.ID, Producer: v.Producer, Metres: -float64(dist) / m.unit, Gone: true})
	}
	return a
}

// course is how far and how long the drive past some stops is.
func (f *frame) course(stops []search.SolutionStop) (dist, secs int64) {
	n := len(f.places)
	for k := 1; k < len(stops); k++ {
		i := int(stops[k-1].Place)*n + int(stops[k].Place)
		dist += int64(f.p.Dist[i])
		secs += int64(f.p.Secs[i])
	}
	return dist, secs
}
