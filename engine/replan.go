package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// Replanned is the answer to a change.
type Replanned struct {
	Week        *Week // with the change; the plan is right for it
	Plan        *Plan
	Differences []Difference // between the previous plan and this one, those of consignments first
}

// defaultReplanIterations is how many steps Replan looks for something better around what has changed.
const defaultReplanIterations = 40

// ErrRoundCannot is the error of a replanning where rounds cannot keep their own hours any more, whatever rides with them.
var ErrRoundCannot = errors.New("a round cannot keep the hours of its own stops any more: delay it, or cancel it")

// ErrPast is the error of a change that contradicts what is done already, such as a round that is forbidden to goods on board.
var ErrPast = errors.New("the change contradicts what is done already")

// Replan plans a week anew after a change, as near to the previous plan as it can: a consignment rides otherwise only
// where it must, or where that saves more than settings.change_m (2000 m when the week does not say). week is the week as
// it was planned, to which the change is applied first; or a week that is changed already, with a change that says
// nothing but Now. What differs is found by comparing it with the previous plan either way, lines of orders by their
// order and index.
//
// At Change.Now a drive that has begun is finished: stops made and the one driven to keep their times, goods on board stay
// there until a later stop, and nobody leaves earlier than planned from where they are. A round that is cancelled after it
// has begun ends where it last was and waits there; the changed week has it as a frozen round that ends at this place,
// so that goods on board may be fetched. A dedicated trip that breaks down becomes such a round too. Goods that cannot
// be brought any further are unserved.
//
// The search looks around the changes alone and takes Options.Iterations steps (40 by default), so that the answer is
// there in a click and the same every time; Workers and Share do not count. The week's wishes to be fair to each hold as they do for
// Solve, beside what each drove alone in the previous plan or, where the change makes a difference to that, drives alone now. Each consignment's Why is the previous plan's where its way has stayed.
func Replan(ctx context.Context, week *Week, travel geo.Travel, previous *Plan, change Change, opt Options) (*Replanned, error) {
	changed, err := change.Apply(week, previous)
	if err != nil {
		return nil, err
	}
	before, cut := stopRounds(week, changed, previous, &change)
	if travel == nil {
		travel = TravelOf(changed)
	}
	if err := invalid(Validate(changed, travel)); err != nil {
		return nil, err
	}
	if opt.Iterations <= 0 {
		opt.Iterations = defaultReplanIterations
	}
	// what is about to be handed over stays so, unless that cannot be; a large week is seen in a wider part then
	for _, try := range [3]struct {
		hops    int
		release bool
	}{{1, false}, {1, true}, {4, true}} {
		m := newModel(changed, travel)
		anew := func() *replanner {
			again := *m
			return &replanner{solver: newSolver(ctx, &again, opt), previous: previous, before: before, cut: cut, change: &change, old: week, release: try.release}
		}
		r := anew()
		plan, fault := r.run(try.hops)
		for fault == nil && m.bar(plan, change.Now) {
			r = anew()
			plan, fault = r.run(try.hops)
		}
		if err = fault; fault == nil {
			return &Replanned{changed, plan, r.differences(plan)}, nil
		}
		if try.release && len(r.d.parcels) <= r.m.sizes.whole {
			break
		}
	}
	return nil, err
}

// stopRounds ends the rounds of the previous plan that are cancelled although they have begun where they were last: in
// the changed week, and in the rounds as they were planned, which it gives back with the ids of those that it has cut off.
func stopRounds(week, changed *Week, previous *Plan, change *Change) ([]PlanRound, map[string]bool) {
	out, cut := slices.Clone(previous.Rounds), map[string]bool{}
	if change.Now.IsZero() {
		return out, cut
	}
	kept := map[string]bool{}
	for i := range changed.Rounds {
		kept[changed.Rounds[i].ID] = true
	}
	usual := map[string]*Round{}
	for i := range week.Rounds {
		usual[week.Rounds[i].ID] = &week.Rounds[i]
	}
	for i := range out {
		r := &out[i]
		if r.Dedicated && !slices.Contains(change.Breakdowns, r.Vehicle) || kept[r.ID] || headOf(r, change.Now) < 0 {
			continue
		}
		k := 0 // the last stop that is made
		for k+1 < len(r.Stops) && !r.Stops[k+1].Arrive.After(change.Now) {
			k++
		}
		if k == 0 {
			r.Stops = nil // it has come nowhere yet
			continue
		}
		if r.Dedicated && k == len(r.Stops)-1 {
			continue // it is back
		}
		cut[r.ID] = k < len(r.Stops)-1
		changed.Rounds = append(slices.Clip(changed.Rounds), stopped(r, usual[r.ID], k, change.Now))
	}
	return out, cut
}

// stopped makes a planned round end at its stop k, and is the week's round that does so: it stops there as its own
// wherever it has stopped. It may wait at its end for some hours.
func stopped(r *PlanRound, usual *Round, k int, now time.Time) Round {
	const patience = 6 * time.Hour
	over := k == len(r.Stops)-1
	out := Round{ID: r.ID, Producer: r.Producer, Vehicle: r.Vehicle, Start: r.Stops[0].Place, End: r.Stops[k].Place,
		DepartAfter: r.Stops[0].Depart, ReturnBy: r.Stops[len(r.Stops)-1].Arrive, Stops: []RoundStop{}}
	if usual != nil {
		out.Kind, out.Carries, out.DepartAfter, out.ReturnBy = usual.Kind, usual.Carries, usual.DepartAfter, usual.ReturnBy
	}
	if wait := now.Add(patience); !over && out.ReturnBy.Before(wait) {
		out.ReturnBy = wait
	}
	stops := slices.Clone(r.Stops[:k+1])
	for i := 1; i < len(stops); i++ {
		s := &stops[i]
		if i == k && over {
			break
		}
		own := RoundStop{Place: s.Place, ArriveAfter: s.Arrive, ArriveBy: s.Depart}
		if usual != nil && s.Base != nil {
			own = usual.Stops[*s.Base]
		}
		n := len(out.Stops)
		s.Base = &n
		out.Stops = append(out.Stops, own)
	}
	if !over {
		out.Frozen = true
		if until := now.Add(time.Second); stops[k].Depart.Before(until) {
			stops[k].Depart = until
		}
		end := stops[k]
		end.Arrive, end.Base, end.Load, end.Unload = end.Depart, nil, nil, nil
		stops = append(stops, end)
	}
	r.Stops, r.Dedicated = stops, false
	return out
}

// replanner plans a week anew after a change.
type replanner struct {
	*solver
	old      *Week // before the change
	change   *Change
	previous *Plan
	before   []PlanRound     // its rounds, cut off where they stopped
	cut      map[string]bool // which of them

	d      *draft
	number map[string]int      // draft round of each of before
	at     map[string][]int32  // and its stops in the draft, by position; −1: not kept
	origin map[int32]*PlanStop // the stop of before that a fixed stop of the draft is

	lone      []Share    // what each would drive alone, in the week's order
	loneFuel  *emissions // by which that is
	was       []int      // by parcel: its consignment in the previous plan; −1: none
	cause     []Cause    // by parcel: why it was put anew; of no kind where it was not
	saved     []float64  // by parcel: what the step that gave it its way saved, in metres
	evened    []bool     // by parcel: that step made burdens more even and saved nothing
	over      []arrived
	reasons   map[int]*search.Reason // by parcel
	explained *frame
	release   bool           // goods that are about to be handed over may stay on board
	against   []string       // what contradicts the past
	ids       []string       // of the draft's rounds in the new plan
	whose     map[string]int // parcel of a consignment of the new plan; −1 for those in over
}

// arrived is a parcel that is where it goes, or was made there.
type arrived struct {
	parcel *parcel
	legs   []draftLeg
	was    int
}

// run plans, with so much of a large week in sight as scope says.
func (r *replanner) run(hops int) (*Plan, error) {
	if !r.change.Now.IsZero() {
		r.m.now = r.m.notBefore(r.change.Now)
	}
	r.assign()
	r.assigned()
	r.standAlone()
	r.recall()
	if r.against != nil {
		return nil, fmt.Errorf("%w: %s", ErrPast, r.against[0])
	}
	r.parcelsAnew()
	err := r.mend(hops)
	if err != nil && r.change.Now.IsZero() && len(r.d.parcels) <= r.m.sizes.whole {
		// a vehicle may have to make its rounds in another order
		d := r.m.newDraft(r.d.parcels)
		d.under = r.d.under
		r.d = d
		err = r.mend(hops)
	}
	if err != nil {
		return nil, err
	}
	plan := r.write()
	undo := r.keepTimes(plan)
	bad := contradictions(r.m, plan)
	if len(bad) > 0 {
		undo()
		bad = contradictions(r.m, plan)
	}
	if len(bad) > 0 {
		advice := ""
		if bad[0].Rule == 4 && len(r.change.Vehicles) > 0 {
			advice = "; give the smaller vehicle an id of its own, and the rounds to come that vehicle"
		}
		return plan, fmt.Errorf("%w: %v%s", ErrPast, bad[0], advice)
	}
	return plan, nil
}

// scope is what the search looks at: everything in a week of up to sizes.whole parcels, else the vehicles and parcels
// around what has to be put anew, and those who hand over to one another there, so many times over.
func (r *replanner) scope(hops int) (vehicles, parcels []int) {
	m, d := r.m, r.d
	all := d.searchable()
	if len(all) <= m.sizes.whole {
		return m.vehicles, all
	}
	var anew, rest []int
	for _, c := range all {
		switch r.cause[c].Kind {
		case "":
			rest = append(rest, c)
		case CauseUnserved:
		default:
			anew = append(anew, c)
		}
	}
	in := map[int]bool{}
	add := func(v int) { in[v] = true }
	for _, c := range anew {
		for _, v := range m.part(d, []int{c}).vehicles {
			add(v)
		}
		if r.was[c] >= 0 {
			for _, l := range r.previous.Consignments[r.was[c]].Legs {
				if n, ok := r.number[l.Round]; ok {
					add(d.rounds[n].vehicle)
				}
			}
		}
	}
	// whoever has other rounds than before, and whoever shares a vehicle with somebody here
	for _, id := range r.renewed() {
		if v := m.vehicleOf(id); v >= 0 {
			add(v)
		}
	}
	// whoever gives goods to them or takes goods from them, some times over
	for range hops {
		var more []int
		for _, c := range rest {
			touches := false
			for _, l := range d.ways[c] {
				touches = touches || in[d.rounds[d.round(l)].vehicle]
			}
			for _, l := range d.ways[c] {
				if v := d.rounds[d.round(l)].vehicle; touches && !in[v] {
					more = append(more, v)
				}
			}
		}
		for _, v := range more {
			add(v)
		}
	}
	todo := slices.Sorted(maps.Keys(in))
	for k := 0; k < len(todo); k++ {
		for _, p := range m.driversOf[todo[k]] {
			for _, v := range m.vehiclesOf[p] {
				if !in[v] {
					add(v)
					todo = append(todo, v)
				}
			}
		}
	}
	for _, v := range m.vehicles {
		if in[v] {
			vehicles = append(vehicles, v)
		}
	}
	for _, c := range rest {
		inside := len(d.ways[c]) > 0
		for _, l := range d.ways[c] {
			inside = inside && in[d.rounds[d.round(l)].vehicle]
		}
		if inside {
			parcels = append(parcels, c)
		}
	}
	return vehicles, slices.Sorted(slices.Values(append(parcels, anew...)))
}

// renewed are the rounds and vehicles that the change names, and rounds that the previous plan does not have as they are.
func (r *replanner) renewed() []string {
	c := r.change
	out := slices.Concat(c.CancelRounds, c.Breakdowns)
	for _, x := range c.Delays {
		out = append(out, x.Round)
	}
	for _, x := range c.Vehicles {
		out = append(out, x.ID)
	}
	for n := range r.d.rounds {
		o := &r.d.rounds[n]
		if o.base < 0 {
			continue
		}
		id := r.m.week.Rounds[o.base].ID
		if at, ok := r.at[id]; !ok || slices.Contains(at, -1) {
			out = append(out, id)
		}
	}
	return out
}

// mend makes the draft right again.
func (r *replanner) mend(hops int) error {
	m, d := r.m, r.d
	vehicles, parcels := r.scope(hops)
	f := m.frame(d, vehicles, parcels)
	var around, faint []int32
	for k, c := range f.parcels {
		if r.cause[c].Kind == CauseUnserved {
			faint = append(faint, int32(k))
		}
	}
	mended := search.Mend(f.p, f.start, search.MendOptions{Seed: r.opt.Seed, Iterations: r.opt.Iterations, Around: around, Faint: faint, Stop: r.stop})
	if mended.Solution == nil {
		for v := range f.vehicles {
			if k := f.late(v); k >= 0 && d.rounds[f.routes[k].round].base >= 0 {
				return fmt.Errorf("%w: it is %s", ErrRoundCannot, quote(m.week.Rounds[d.rounds[f.routes[k].round].base].ID))
			}
		}
		return ErrRoundCannot
	}
	for _, e := range mended.Evicted {
		c := f.parcels[e.Request]
		if r.cause[c].Kind != "" {
			continue
		}
		why := Cause{Vehicle: m.week.Vehicles[f.vehicles[e.Vehicle]].ID}
		if e.Route >= 0 {
			if b := d.rounds[f.routes[e.Route].round].base; b >= 0 {
				why.Round = m.week.Rounds[b].ID
			}
		}
		why.Kind = map[search.Limit]CauseKind{search.Hours: CauseHours, search.Room: CauseRoom, search.Added: CauseLimit}[e.Limit]
		r.cause[c] = why
	}
	for k, x := range mended.Saved {
		r.saved[f.parcels[k]] = float64(x) / m.unit
	}
	for k, x := range mended.Evened {
		r.evened[f.parcels[k]] = x
	}
	f.adopt(d, mended.Solution)
	r.explainNew(f, mended.Solution)
	return nil
}

// mostReasons is how many consignments that ride otherwise than before are told why.
const mostReasons = 6

// explainNew finds the reasons of parcels that have been put anew. Those of others are for Alternatives to find.
func (r *replanner) explainNew(f *frame, sol *search.Solution) {
	r.reasons = map[int]*search.Reason{}
	var some []int32
	for k, c := range f.parcels {
		if r.cause[c].Kind != "" && len(sol.Paths[k]) > 0 && len(some) < mostReasons {
			some = append(some, int32(k))
		}
	}
	if len(some) == 0 {
		return
	}
	f.forget()
	r.explained = f
	for k, x := range search.Explain(f.p, sol, some...) {
		if slices.Contains(some, int32(k)) {
			r.reasons[f.parcels[k]] = &x
		}
	}
}
