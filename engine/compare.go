package engine

import (
	"cmp"
	"context"
	"slices"

	"carriole/geo"
)

// Compare lists what a plan of the week does otherwise than one that was made before, maybe when the week was another, as
// Replan does for its own answer. travel is what the plan was made by; nil means [TravelOf]. Both plans must be right. Consignments are the same where they share lines, whatever
// their ids. Where the week does not explain why a way has changed, the plan saves more (CauseSaves, by what the objective of
// the whole falls) or what else has changed asks for it.
func Compare(previous *Plan, week *Week, travel geo.Travel, plan *Plan) []Difference {
	if travel == nil {
		travel = TravelOf(week)
	}
	r := &replanner{solver: newSolver(context.Background(), newModel(week, travel), Options{}), old: week, previous: previous, before: previous.Rounds,
		change: &Change{}, cut: map[string]bool{}}
	r.assign()
	r.assigned()
	r.recall()
	r.parcelsAnew()

	// which parcel each line is in, and which lines ride
	number := map[LineRef]int{}
	for c, x := range r.d.parcels {
		for _, l := range x.lines {
			number[l] = c
		}
	}
	for c := range r.d.ways {
		r.d.ways[c] = nil
	}
	as, names := renamed(previous, plan)
	r.whose = map[string]int{}
	for i := range as.Consignments {
		x := &as.Consignments[i]
		r.whose[x.ID] = -1
		for _, l := range x.Lines {
			if c, ok := number[l]; ok {
				r.whose[x.ID] = c
				r.d.ways[c] = make([]draftLeg, max(1, len(x.Legs)))
			}
		}
	}
	if better := previous.Summary.Objective - plan.Summary.Objective; better > 0 && previous.Summary.UnservedKg == plan.Summary.UnservedKg {
		for c := range r.saved {
			r.saved[c] = better
		}
	}
	out := r.differences(as)
	for i := range out {
		d := &out[i]
		if d.What != GoodsGone && d.What != GoodsUnserved {
			d.Consignment = names.own(names.consignments, d.Consignment)
		}
		if d.What != RoundGone {
			d.Round = names.own(names.rounds, d.Round)
		}
		for k := range d.After {
			d.After[k] = names.own(names.rounds, d.After[k])
		}
	}
	return out
}

// ownNames are the names in a plan of what is renamed.
type ownNames struct{ consignments, rounds map[string]string }

func (ownNames) own(names map[string]string, id string) string {
	if own, ok := names[id]; ok {
		return own
	}
	return id
}

// renamed is a plan with the ids of the previous one for its consignments, each with that of the one it shares most lines with,
// and for its trips, by their vehicles and hours.
func renamed(previous, plan *Plan) (as *Plan, names ownNames) {
	type pair struct{ was, is, shared int }
	of := map[LineRef]int{}
	for i := range previous.Consignments {
		for _, l := range previous.Consignments[i].Lines {
			of[l] = i
		}
	}
	var pairs []pair
	for k := range plan.Consignments {
		shared := map[int]int{}
		for _, l := range plan.Consignments[k].Lines {
			if i, ok := of[l]; ok {
				shared[i]++
			}
		}
		for i, n := range shared {
			pairs = append(pairs, pair{i, k, n})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.shared, a.shared), cmp.Compare(a.was, b.was), cmp.Compare(a.is, b.is))
	})
	is, was := map[int]string{}, map[int]bool{}
	for _, p := range pairs {
		if _, named := is[p.is]; !named && !was[p.was] {
			is[p.is], was[p.was] = previous.Consignments[p.was].ID, true
		}
	}
	trips := renamedTrips(previous, plan)
	names = ownNames{map[string]string{}, map[string]string{}}
	for id, name := range trips {
		names.rounds[name] = id
	}

	x := *plan
	x.Rounds, x.Consignments = slices.Clone(plan.Rounds), slices.Clone(plan.Consignments)
	for i := range x.Rounds {
		x.Rounds[i].ID = names.own(trips, x.Rounds[i].ID)
	}
	for k := range x.Consignments {
		c := &x.Consignments[k]
		id, ok := is[k]
		if !ok {
			id = "new " + c.ID
		}
		names.consignments[id], c.ID = c.ID, id
		c.Legs = slices.Clone(c.Legs)
		for i := range c.Legs {
			c.Legs[i].Round = names.own(trips, c.Legs[i].Round)
		}
	}
	return &x, names
}

// renamedTrips gives each trip the id of the previous plan's trip of the same vehicle that overlaps it in time, and a new one
// where there is none and the previous plan has another trip of its id.
func renamedTrips(previous, plan *Plan) map[string]string {
	taken, out := map[string]bool{}, map[string]string{}
	overlap := func(a, b *PlanRound) bool {
		n, m := len(a.Stops), len(b.Stops)
		return n > 0 && m > 0 && a.Vehicle == b.Vehicle && !a.Stops[0].Depart.After(b.Stops[m-1].Arrive) && !b.Stops[0].Depart.After(a.Stops[n-1].Arrive)
	}
	for i := range plan.Rounds {
		x := &plan.Rounds[i]
		if !x.Dedicated {
			continue
		}
		for k := range previous.Rounds {
			if y := &previous.Rounds[k]; y.Dedicated && !taken[y.ID] && overlap(x, y) {
				taken[y.ID], out[x.ID] = true, y.ID
				break
			}
		}
	}
	for i := range plan.Rounds {
		x := &plan.Rounds[i]
		if _, found := out[x.ID]; x.Dedicated && !found && slices.ContainsFunc(previous.Rounds, func(y PlanRound) bool { return y.ID == x.ID }) {
			out[x.ID] = x.ID + " new"
		}
	}
	return out
}
