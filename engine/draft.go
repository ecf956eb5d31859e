package engine

import (
	"cmp"
	"slices"

	"carriole/engine/internal/search"
)

// draft is a plan in numbers while it is being made: every existing round, the trips, and the way of every parcel. Its
// times are always right together, so that a part of it can be planned anew while the rest stays as it is.
type draft struct {
	parcels []*parcel
	rounds  []draftRound // one for each of model.rounds, in their order, then trips; a trip without stops is none
	stops   []draftStop  // of all rounds; legs name them by their index here
	unused  []int32      // indexes of stops that no round has
	ways    [][]draftLeg // by parcel; empty: unserved
	timed   bool         // the stops have times
	under   []underway   // by parcel: how far it has come at the moment of a replanning; nil: nothing has begun
}

type draftRound struct {
	vehicle int     // index in the week
	base    int     // index in the week's rounds; −1: a trip
	free    int32   // of a trip: which of the vehicle's windows it lies in
	stops   []int32 // from its start to its end
	begun   bool    // it is under way at the moment of a replanning, see progress
	head    int     // of one begun: the position in stops of the last that is fixed
}

type draftStop struct {
	round          int
	place          int   // index in the week
	own            int32 // index of the round's own stop; −1: start, end or added
	arrive, depart int32
}

// draftLeg is a ride between two stops of a round.
type draftLeg struct{ from, to int32 }

// newDraft is the plan that serves nothing.
func (m *model) newDraft(parcels []*parcel) *draft {
	d := m.bareDraft(parcels)
	m.tidy(d)
	d.timed = true
	return d
}

// bareDraft is newDraft without times.
func (m *model) bareDraft(parcels []*parcel) *draft {
	d := &draft{parcels: parcels, ways: make([][]draftLeg, len(parcels))}
	for n, r := range m.rounds {
		x := &m.week.Rounds[r]
		o := draftRound{vehicle: m.carts[x.Vehicle], base: r}
		o.stops = append(o.stops, d.newStop(draftStop{round: n, place: m.at[x.Start], own: -1}))
		for k, s := range x.Stops {
			o.stops = append(o.stops, d.newStop(draftStop{round: n, place: m.at[s.Place], own: int32(k)}))
		}
		o.stops = append(o.stops, d.newStop(draftStop{round: n, place: m.at[x.End], own: -1}))
		d.rounds = append(d.rounds, o)
	}
	return d
}

func (d *draft) newStop(s draftStop) int32 {
	if n := len(d.unused); n > 0 {
		i := d.unused[n-1]
		d.unused = d.unused[:n-1]
		d.stops[i] = s
		return i
	}
	d.stops = append(d.stops, s)
	return int32(len(d.stops) - 1)
}

// clone is a copy that can be changed apart.
func (d *draft) clone() *draft {
	return &draft{parcels: d.parcels, rounds: slices.Clone(d.rounds), stops: slices.Clone(d.stops), unused: slices.Clone(d.unused), ways: slices.Clone(d.ways), timed: d.timed, under: d.under}
}

// atWork are the places of the rounds that do something for the plan, in order of their stops.
func (d *draft) atWork() [][]int {
	works := make([]bool, len(d.rounds))
	for _, w := range d.ways {
		for _, l := range w {
			works[d.round(l)] = true
		}
	}
	out := [][]int{}
	for r, yes := range works {
		if !yes {
			continue
		}
		places := make([]int, len(d.rounds[r].stops))
		for k, i := range d.rounds[r].stops {
			places[k] = d.stops[i].place
		}
		out = append(out, places)
	}
	return out
}

// earlier orders two rounds of one vehicle by when they are made.
func (d *draft) earlier(a, b int) int {
	x, y := d.rounds[a].stops, d.rounds[b].stops
	return cmp.Or(cmp.Compare(d.stops[x[0]].depart, d.stops[y[0]].depart), cmp.Compare(d.stops[x[len(x)-1]].arrive, d.stops[y[len(y)-1]].arrive))
}

// round is the round that a leg rides.
func (d *draft) round(l draftLeg) int { return d.stops[l.from].round }

// leave takes away the ways of all that rides some vehicles. It reports whether there was any.
func (d *draft) leave(vehicles []int) bool {
	some := false
	for c, w := range d.ways {
		if slices.ContainsFunc(w, func(l draftLeg) bool { return slices.Contains(vehicles, d.rounds[d.round(l)].vehicle) }) {
			d.ways[c] = nil
			some = true
		}
	}
	return some
}

// cost is what the draft leaves behind, and its objective with what burdens and changed habits cost in search units.
func (m *model) cost(d *draft) search.Cost { return m.costOf(d, m.vehicles) }

// costOf is the cost less what distances and handovers cost in which none of some vehicles has a part. Who drives one of them
// drives no other.
func (m *model) costOf(d *draft, vehicles []int) search.Cost {
	inside := make([]bool, len(m.week.Vehicles))
	for _, v := range vehicles {
		inside[v] = true
	}
	var c search.Cost
	for i, w := range d.ways {
		if len(w) == 0 {
			c.Lost += d.parcels[i].penalty()
		}
	}
	c.Dist = m.burdens(d, inside) + int64(m.events(d, inside))*int64(m.transfer()) + m.changes(d)
	return c
}

// events is how many handover events a draft has in which some vehicles have a part.
func (m *model) events(d *draft, inside []bool) int {
	type event struct{ place, giver, taker int }
	events := map[event]bool{}
	for _, w := range d.ways {
		for k := 1; k < len(w); k++ {
			if g, t := d.round(w[k-1]), d.round(w[k]); inside[d.rounds[g].vehicle] || inside[d.rounds[t].vehicle] {
				events[event{d.stops[w[k].from].place, g, t}] = true
			}
		}
	}
	return len(events)
}

// added is what the stops, all or some of a round's, make it drive beyond its own, in search units.
func (m *model) added(d *draft, round int, stops []int32) int64 {
	if len(stops) == 0 {
		return 0
	}
	t := int64(0)
	own, last := stops[0], stops[0]
	for _, i := range stops[1:] {
		t += int64(m.distance(d.stops[last].place, d.stops[i].place))
		last = i
		if d.rounds[round].base >= 0 && (d.stops[i].own >= 0 || i == stops[len(stops)-1]) {
			t -= int64(m.distance(d.stops[own].place, d.stops[i].place))
			own = i
		}
	}
	return t
}

// adopt writes a solution of the frame into the draft that it was made from.
func (f *frame) adopt(d *draft, sol *search.Solution) {
	keep := map[int32]bool{}
	for _, r := range f.routes {
		for _, i := range r.stops {
			keep[i] = true
		}
	}
	var trips []int // numbers of trips that are no more
	for _, n := range f.rounds {
		for _, i := range d.rounds[n].ahead() {
			if !keep[i] {
				d.unused = append(d.unused, i)
			}
		}
		d.rounds[n].stops = nil
	}
	for n := range d.rounds {
		if d.rounds[n].base < 0 && d.rounds[n].stops == nil && !f.fixes(n) {
			trips = append(trips, n)
		}
	}
	ids := make([][]int32, len(sol.Routes))
	f.adopted = f.adopted[:0]
	for i, o := range sol.Routes {
		n := 0
		switch {
		case o.Base >= 0:
			n = f.routes[o.Base].round
		case len(trips) > 0:
			n, trips = trips[0], trips[1:]
		default:
			n = len(d.rounds)
			d.rounds = append(d.rounds, draftRound{})
		}
		if o.Base < 0 {
			d.rounds[n] = draftRound{vehicle: f.vehicles[o.Vehicle], base: -1, free: o.Free}
		}
		for k, s := range o.Stops {
			at := int32(-1)
			if o.Base >= 0 {
				was := f.routes[o.Base].stops
				switch {
				case k == 0:
					at = was[0]
				case k == len(o.Stops)-1:
					at = was[len(was)-1]
				case s.Own >= 0:
					at = was[s.Own+1]
				}
			}
			if at < 0 {
				at = d.newStop(draftStop{round: n, place: f.places[s.Place], own: -1})
			}
			if d.stops[at].depart = s.Depart; k > 0 || d.rounds[n].head == 0 {
				d.stops[at].arrive = s.Arrive
			}
			ids[i] = append(ids[i], at)
		}
		f.adopted = append(f.adopted, n)
		d.rounds[n].stops = ids[i]
		if o.Base >= 0 {
			d.rounds[n].stops = append(slices.Clone(f.routes[o.Base].before), ids[i]...)
		}
	}
	for k, legs := range sol.Paths {
		var w []draftLeg
		for _, l := range legs {
			w = append(w, draftLeg{ids[l.Route][l.From], ids[l.Route][l.To]})
		}
		d.ways[f.parcels[k]] = w
	}
}

// fixes reports whether the frame holds a draft round as a route of its own.
func (f *frame) fixes(round int) bool {
	for _, r := range f.routes {
		if r.round == round {
			return true
		}
	}
	return false
}
