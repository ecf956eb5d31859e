package engine

import (
	"cmp"
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
// there in a click and the same every time; Workers and Share do not count. Each consignment's Why is the previous plan's where its way has stayed.
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
		r := &replanner{solver: newSolver(ctx, newModel(changed, travel), opt), previous: previous, before: before, cut: cut, change: &change, old: week, release: try.release}
		plan, fault := r.run(try.hops)
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

	was       []int     // by parcel: its consignment in the previous plan; −1: none
	cause     []Cause   // by parcel: why it was put anew; of no kind where it was not
	saved     []float64 // by parcel: what the step that gave it its way saved, in metres
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
	_, bad := Check(r.m.week, r.m.travel, plan)
	if bad != nil {
		undo()
		_, bad = Check(r.m.week, r.m.travel, plan)
	}
	if bad != nil {
		return plan, fmt.Errorf("%w: %v", ErrPast, bad[0])
	}
	return plan, nil
}

// assigned keeps orders without a pickup point at the one that they were assigned.
func (r *replanner) assigned() {
	for _, a := range r.previous.Assigned {
		i, ok := r.m.orders[a.Order]
		k, known := r.m.points[a.PickupPoint]
		if ok && known && slices.Contains(r.points[i], k) {
			r.point[i] = k
		}
	}
}

// recall makes a draft of the previous plan, as far as the week still knows its rounds, stops and goods.
func (r *replanner) recall() {
	m := r.m
	r.d = &draft{timed: true}
	r.number, r.at, r.origin = map[string]int{}, map[string][]int32{}, map[int32]*PlanStop{}
	was := map[string]*PlanRound{}
	for i := range r.before {
		was[r.before[i].ID] = &r.before[i]
	}
	for n, k := range m.rounds {
		x := &m.week.Rounds[k]
		p := was[x.ID]
		if p != nil && (p.Dedicated || p.Vehicle != x.Vehicle || len(p.Stops) < 2 || p.Stops[0].Place != x.Start) {
			p = nil
		}
		r.recallRound(n, k, x, p)
	}
	for i := range r.before {
		if p := &r.before[i]; p.Dedicated {
			r.recallTrip(p)
		}
	}
	for i := range r.previous.Consignments {
		r.recallConsignment(i)
	}
}

// recallRound makes a draft round of a week's round: the stops of the plan where they still fit, else those up to its
// head, and the round's own.
func (r *replanner) recallRound(n, base int, x *Round, p *PlanRound) {
	m, d := r.m, r.d
	o := draftRound{vehicle: m.carts[x.Vehicle], base: base}
	head := -1
	if p != nil && !r.change.Now.IsZero() {
		head = headOf(p, r.change.Now)
	}
	keep := 0
	own := 0
	if p != nil {
		keep = r.fitting(x, p)
		if keep < len(p.Stops) {
			if keep <= head {
				r.against = append(r.against, fmt.Sprintf("round %s has no stop at %s", x.ID, p.Stops[keep].Place))
			}
			keep = min(keep, head+1)
		}
		at := slices.Repeat([]int32{-1}, len(p.Stops))
		for k := range p.Stops[:keep] {
			at[k] = r.recallStop(n, &p.Stops[k], k <= head)
			if p.Stops[k].Base != nil {
				own++
			}
		}
		o.stops = slices.Clone(at[:keep])
		r.number[x.ID], r.at[x.ID] = n, at
		if r.cut[x.ID] {
			r.at[x.ID] = slices.Clone(at)
			r.at[x.ID][len(at)-1] = -1 // no stop of the previous plan
		}
		o.begun, o.head = head >= 0 && keep > 0, max(0, min(head, keep-1))
	}
	if p == nil || keep < len(p.Stops) {
		t := m.notBefore(x.DepartAfter)
		add := func(place int, own int32, opens, stay int32) {
			if len(o.stops) > 0 {
				last := &d.stops[o.stops[len(o.stops)-1]]
				t = last.depart + m.duration(last.place, place)
			}
			leave := max(t, opens) + stay
			o.stops = append(o.stops, d.newStop(draftStop{round: n, place: place, own: own, arrive: t, depart: leave}))
		}
		if len(o.stops) == 0 {
			add(m.at[x.Start], -1, -search.Inf, 0)
		}
		for k := own; k < len(x.Stops); k++ {
			s := &x.Stops[k]
			add(m.at[s.Place], int32(k), m.notBefore(s.ArriveAfter), m.ticks(s.StayS))
		}
		add(m.at[x.End], -1, -search.Inf, 0)
	}
	d.rounds = append(d.rounds, o)
}

// fitting is how many stops of a planned round are still such as the week's round has them: all, or those before the first
// that is not.
func (r *replanner) fitting(x *Round, p *PlanRound) int {
	own := 0
	for k := range p.Stops {
		s := &p.Stops[k]
		if _, ok := r.m.at[s.Place]; !ok {
			return k
		}
		switch {
		case k == len(p.Stops)-1 && (own != len(x.Stops) || s.Place != x.End):
			return k
		case s.Base == nil:
		case own >= len(x.Stops) || x.Stops[own].Place != s.Place:
			return k
		default:
			own++
		}
	}
	return len(p.Stops)
}

func (r *replanner) recallStop(n int, s *PlanStop, fixed bool) int32 {
	m := r.m
	own := int32(-1)
	if s.Base != nil {
		own = int32(*s.Base)
	}
	i := r.d.newStop(draftStop{round: n, place: m.at[s.Place], own: own, arrive: m.notBefore(s.Arrive), depart: m.notBefore(s.Depart)})
	if fixed {
		r.origin[i] = s
	}
	return i
}

// recallTrip makes a draft round of a trip that its vehicle can still make.
func (r *replanner) recallTrip(p *PlanRound) {
	m, d := r.m, r.d
	v, ok := m.carts[p.Vehicle]
	end := len(p.Stops) - 1
	if !ok || end < 1 || p.Stops[0].Place != m.week.Places[m.home(v)].ID || p.Stops[end].Place != p.Stops[0].Place {
		return
	}
	head := -1
	if !r.change.Now.IsZero() {
		head = headOf(p, r.change.Now)
	}
	free := slices.IndexFunc(m.windows(m.week.Vehicles[v].Available), func(w search.Window) bool {
		return w.Open <= m.notBefore(p.Stops[0].Depart) && (m.notAfter(p.Stops[end].Arrive) <= w.Close || head >= 0 && m.notAfter(p.Stops[0].Depart) <= w.Close)
	})
	for k := range p.Stops {
		if _, known := m.at[p.Stops[k].Place]; !known {
			free = -1
		}
	}
	if free < 0 {
		return
	}
	n := len(d.rounds)
	o := draftRound{vehicle: v, base: -1, free: int32(free), begun: head >= 0, head: max(head, 0)}
	for k := range p.Stops {
		o.stops = append(o.stops, r.recallStop(n, &p.Stops[k], k <= head))
	}
	d.rounds = append(d.rounds, o)
	r.number[p.ID], r.at[p.ID] = n, slices.Clone(o.stops)
}

// recallConsignment makes a parcel of what is left of a consignment, on what is left of its way.
func (r *replanner) recallConsignment(i int) {
	m, d := r.m, r.d
	x := &r.previous.Consignments[i]
	producer, ok := m.makers[x.Producer]
	point, known := m.points[x.PickupPoint]
	if !ok || !known {
		return
	}
	c := &parcel{producer: producer, point: point, class: x.Class, by: x.CarriedBy}
	if c.by == "" {
		c.by = ByAny
	}
	for _, l := range x.Lines {
		now, ok := r.change.lineNow(l)
		if !ok {
			continue
		}
		o, ok := m.orders[now.Order]
		if !ok || now.Line >= len(m.week.Orders[o].Lines) || r.point[o] != point {
			continue
		}
		if line := &m.week.Orders[o].Lines[now.Line]; line.Producer == x.Producer && line.Temperature() == c.class && line.Carrier() == c.by {
			c.add(now, line)
		}
	}
	if len(c.lines) == 0 {
		return
	}
	if m.origin(c) == m.goal(c) {
		r.over = append(r.over, arrived{c, nil, i})
		return
	}
	m.lock(c)
	u := underway{load: -1}
	var way []draftLeg
	var why Cause
	var usual []string
	for k := range x.Legs {
		l := &x.Legs[k]
		n, there := r.number[l.Round]
		var leg draftLeg
		leg.from, leg.to = -1, -1
		if at := r.at[l.Round]; there && l.From >= 0 && l.From < len(at) {
			leg.from = at[l.From]
			if l.To > l.From && l.To < len(at) {
				leg.to = at[l.To]
			}
		}
		if leg.from >= 0 && len(way) == 0 && why.Kind == "" {
			o := &d.rounds[n]
			from := slices.Index(o.stops, leg.from)
			switch {
			case leg.to >= 0 && o.begun && slices.Index(o.stops, leg.to) <= o.head:
				u.past = append(u.past, leg)
				u.place, u.ready = d.stops[leg.to].place, d.stops[leg.to].arrive
				continue
			case o.begun && (from < o.head || from == o.head && d.stops[leg.from].arrive <= m.now):
				u.load, u.round = leg.from, n
				leg.from = o.stops[o.head]
			}
		}
		if leg.from < 0 || leg.to < 0 {
			why = r.gone(l.Round)
		} else if why.Kind == "" {
			why = r.refused(c, n, leg)
		}
		way = append(way, leg)
		id := l.Round
		if _, round := m.tours[id]; !round && there {
			id = m.week.Vehicles[d.rounds[n].vehicle].ID
		}
		usual = append(usual, id)
	}
	if len(way) == 0 && len(u.past) > 0 {
		r.over = append(r.over, arrived{c, u.past, i})
		return
	}
	if c.locked {
		behind := len(u.past)
		rest := slices.Clone(c.lock)
		if len(rest) >= behind {
			rest = rest[behind:]
		}
		if c.lock = rest; !slices.Equal(rest, usual) && why.Kind == "" {
			why = Cause{Kind: CauseLock}
		}
	}
	if k := len(u.past) - 1; k >= 0 && u.load < 0 && !m.week.Places[u.place].CanStore(c.class) && d.stops[u.past[k].to].depart > m.now {
		// it is about to be handed over, and cannot wait there
		if why.Kind == "" && r.release {
			why = Cause{Kind: CauseHours, Round: x.Legs[k].Round}
		}
		switch n := d.round(u.past[k]); {
		case why.Kind == "":
			u.held = true
		case d.rounds[n].over():
			c.lock, c.locked = nil, true // nobody can fetch it from there
		default:
			u.load, u.round, u.past = u.past[k].from, n, u.past[:k]
		}
	}
	m.accustom(c, usual, valueOr(m.week.Settings.ChangeM, defaultChangeM))
	if why.Kind != "" || len(x.Legs) == 0 {
		way = nil
	}
	r.addParcel(c, way, u, i, why)
}

func (r *replanner) addParcel(c *parcel, way []draftLeg, u underway, was int, why Cause) {
	d := r.d
	d.parcels, d.ways, d.under = append(d.parcels, c), append(d.ways, way), append(d.under, u)
	r.was, r.cause, r.saved = append(r.was, was), append(r.cause, why), append(r.saved, 0)
}

// gone is why a round's stops are not there any more.
func (r *replanner) gone(id string) Cause {
	if _, ok := r.m.tours[id]; ok {
		return Cause{Kind: CauseRoundChanged, Round: id}
	}
	for i := range r.before {
		if p := &r.before[i]; p.ID == id && p.Dedicated {
			return Cause{Kind: CauseVehicle, Vehicle: p.Vehicle}
		}
	}
	return Cause{Kind: CauseRoundCancelled, Round: id}
}

// refused is why a parcel may not ride a round any more, of no kind where it may.
func (r *replanner) refused(c *parcel, n int, l draftLeg) Cause {
	m, d := r.m, r.d
	o := &d.rounds[n]
	v := &m.week.Vehicles[o.vehicle]
	driver, id := v.Producer, ""
	if o.base >= 0 {
		x := &m.week.Rounds[o.base]
		driver, id = x.Producer, x.ID
		if ok := m.carries(x); ok != nil && !ok[m.producerRank[c.producer]] {
			return Cause{Kind: CauseRefused, Round: id, Producer: driver}
		}
		made := func(i int32) bool {
			return d.stops[i].own >= 0 || i == o.stops[0] || i == o.stops[len(o.stops)-1] || o.begun && slices.Index(o.stops, i) <= o.head
		}
		if x.Frozen && !(made(l.from) && made(l.to)) {
			return Cause{Kind: CauseLimit, Round: id}
		}
	}
	maker := m.week.Producers[c.producer].ID
	if c.by == ByProducer && driver != maker {
		return Cause{Kind: CauseRefused, Round: id, Producer: maker}
	}
	if limit := m.week.Settings.OthersWithinM; limit != nil && driver != maker {
		home := m.point(m.home(o.vehicle))
		for _, i := range [2]int32{l.from, l.to} {
			if geo.GreatCircle(home, m.point(d.stops[i].place)) > *limit && !(o.begun && slices.Index(o.stops, i) <= o.head) {
				return Cause{Kind: CauseRefused, Round: id, Producer: driver}
			}
		}
	}
	return Cause{}
}

// parcelsAnew makes parcels of the lines that no consignment of the previous plan has.
func (r *replanner) parcelsAnew() {
	m := r.m
	known := map[LineRef]bool{}
	mark := func(c *parcel) {
		for _, l := range c.lines {
			known[l] = true
		}
	}
	for _, c := range r.d.parcels {
		mark(c)
	}
	for i := range r.over {
		mark(r.over[i].parcel)
	}
	unserved := map[LineRef]bool{}
	for _, u := range r.previous.Unserved {
		if l, ok := r.change.lineNow(LineRef{u.Order, u.Line}); ok {
			unserved[l] = true
		}
	}
	for _, c := range m.parcels(r.point) {
		var left [2]*parcel // lines that are new, and those that nobody carried before
		for _, l := range c.lines {
			if known[l] {
				continue
			}
			k := 0
			if unserved[l] {
				k = 1
			}
			if left[k] == nil {
				x := *c
				x.lines, x.kg, x.litres, x.habit, x.change = nil, 0, 0, nil, 0
				left[k] = &x
			}
			left[k].add(l, &m.week.Orders[m.orders[l.Order]].Lines[l.Line])
		}
		for k, x := range left {
			if x == nil {
				continue
			}
			if m.origin(x) == m.goal(x) {
				r.over = append(r.over, arrived{x, nil, -1})
				continue
			}
			why := Cause{Kind: CauseOrder, Order: x.lines[0].Order}
			if k == 1 {
				why = Cause{Kind: CauseUnserved}
			}
			for _, y := range m.fit(x) {
				r.addParcel(y, nil, underway{load: -1}, -1, why)
			}
		}
	}
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

// write makes the plan.
func (r *replanner) write() *Plan {
	m, d := r.m, r.d
	w := m.week
	p := &Plan{Week: w.ID, Rounds: make([]PlanRound, len(w.Rounds)), Consignments: []Consignment{}, Assigned: []Assignment{}, Unserved: []Unserved{}}
	where := r.writeRounds(p)
	position := make([]int, len(d.stops))
	for n := range d.rounds {
		for k, i := range d.rounds[n].stops {
			position[i] = k
		}
	}
	r.whose = map[string]int{}
	for _, g := range r.together() {
		x := g.parcel.consignment(w, 0)
		x.ID = r.consignmentID(g.was)
		r.whose[x.ID] = g.number
		for _, l := range g.legs {
			o := &p.Rounds[where[d.round(l)]]
			from, to := position[l.from], position[l.to]
			x.Legs = append(x.Legs, Leg{o.ID, from, to})
			o.Stops[from].Load = append(o.Stops[from].Load, x.ID)
			o.Stops[to].Unload = append(o.Stops[to].Unload, x.ID)
		}
		if len(g.legs) == 0 {
			x.Why = &Why{Way: WayOnSite}
		}
		p.Consignments = append(p.Consignments, x)
	}
	for i := range w.Orders {
		if r.points[i] != nil && r.point[i] >= 0 && len(w.Orders[i].Lines) > 0 {
			p.Assigned = append(p.Assigned, Assignment{w.Orders[i].ID, w.PickupPoints[r.point[i]].ID})
		}
	}
	r.writeUnserved(p)
	m.summarize(p)
	r.compare(p)
	p.Summary.Habits = m.habitsKept(p)
	r.writeWhy(p)
	return p
}

// group are parcels of the draft that ride together as one consignment.
type group struct {
	parcel *parcel
	number int // of one of them in the draft; −1: it has arrived
	was    int
	legs   []draftLeg
}

// together lists the served parcels, and makes one of those that are alike and ride the same way. Consignments of the
// previous plan stay apart.
func (r *replanner) together() []group {
	d := r.d
	type key struct {
		producer, point int
		class           Class
		by              CarriedBy
		legs            [2 * search.MaxLegs]draftLeg
	}
	index := map[key]int{}
	var out []group
	add := func(g group) {
		k := key{producer: g.parcel.producer, point: g.parcel.point, class: g.parcel.class, by: g.parcel.by}
		copy(k.legs[:], g.legs)
		if i, ok := index[k]; ok && (g.was < 0 || out[i].was < 0) {
			x := *out[i].parcel
			x.lines = append(slices.Clone(x.lines), g.parcel.lines...)
			x.kg += g.parcel.kg
			x.litres += g.parcel.litres
			out[i].parcel, out[i].was = &x, max(out[i].was, g.was)
			return
		}
		index[k] = len(out)
		out = append(out, g)
	}
	for i := range r.over {
		add(group{r.over[i].parcel, -1, r.over[i].was, r.over[i].legs})
	}
	for c := range d.parcels {
		if len(d.ways[c]) > 0 {
			add(group{d.parcels[c], c, r.was[c], d.legs(c)})
		}
	}
	slices.SortStableFunc(out, func(a, b group) int {
		return cmp.Compare(uint(a.was), uint(b.was)) // new ones, −1, come last
	})
	return out
}

// consignmentID is that of the previous plan, or one that it has not.
func (r *replanner) consignmentID(was int) string {
	if was >= 0 {
		return r.previous.Consignments[was].ID
	}
	for k := len(r.previous.Consignments) + 1; ; k++ {
		id := fmt.Sprintf("c-%d", k)
		_, taken := r.whose[id]
		if !taken && !slices.ContainsFunc(r.previous.Consignments, func(c Consignment) bool { return c.ID == id }) {
			return id
		}
	}
}

// writeRounds writes the week's rounds and then the trips in order of departure, and says where each of the draft's is.
func (r *replanner) writeRounds(p *Plan) []int {
	m, d := r.m, r.d
	w := m.week
	where := make([]int, len(d.rounds))
	var trips []int
	for n := range d.rounds {
		o := &d.rounds[n]
		switch {
		case o.base >= 0:
			x := &w.Rounds[o.base]
			where[n] = o.base
			p.Rounds[o.base] = PlanRound{ID: x.ID, Producer: x.Producer, Vehicle: x.Vehicle, Stops: r.stops(o, x.DepartAfter)}
		case len(o.stops) > 0:
			trips = append(trips, n)
		}
	}
	slices.SortFunc(trips, func(a, b int) int {
		x, y := &d.rounds[a], &d.rounds[b]
		return cmp.Or(cmp.Compare(d.stops[x.stops[0]].depart, d.stops[y.stops[0]].depart), cmp.Compare(w.Vehicles[x.vehicle].ID, w.Vehicles[y.vehicle].ID))
	})
	r.nameTrips(trips)
	for _, n := range trips {
		o := &d.rounds[n]
		v := &w.Vehicles[o.vehicle]
		zone := r.change.Now
		if len(v.Available) > 0 {
			zone = v.Available[0][0]
		}
		where[n] = len(p.Rounds)
		p.Rounds = append(p.Rounds, PlanRound{ID: r.ids[n], Producer: v.Producer, Vehicle: v.ID, Dedicated: true, Stops: r.stops(o, zone)})
	}
	return where
}

// stops writes a round's stops; what is fixed keeps the times of the previous plan to the letter.
func (r *replanner) stops(o *draftRound, zone time.Time) []PlanStop {
	out := r.m.stops(r.d, o, zone)
	for k, i := range o.stops {
		was := r.origin[i]
		if was == nil || !o.begun || k > o.head {
			continue
		}
		out[k].Arrive = was.Arrive
		if r.d.stops[i].depart == r.m.notBefore(was.Depart) {
			out[k].Depart = was.Depart
		}
	}
	return out
}

// nameTrips gives trips the ids of the previous plan: those under way theirs, others that of the trip of their vehicle
// with which they share most, the rest new ones.
func (r *replanner) nameTrips(trips []int) {
	d, m := r.d, r.m
	r.ids = make([]string, len(d.rounds))
	taken := map[string]bool{}
	for i := range m.week.Rounds {
		taken[m.week.Rounds[i].ID] = true
	}
	for n := range d.rounds {
		if b := d.rounds[n].base; b >= 0 {
			r.ids[n] = m.week.Rounds[b].ID
		}
	}
	type pair struct {
		id string
		n  int
	}
	shared := map[pair]int{}
	vehicle := map[string]string{}
	for i := range r.before {
		p := &r.before[i]
		if !p.Dedicated {
			continue
		}
		vehicle[p.ID] = p.Vehicle
		if n, ok := r.number[p.ID]; ok && d.rounds[n].begun {
			r.ids[n], taken[p.ID] = p.ID, true
		}
	}
	for c := range d.parcels {
		if r.was[c] < 0 {
			continue
		}
		for _, l := range d.ways[c] {
			n := d.round(l)
			for _, x := range r.previous.Consignments[r.was[c]].Legs {
				if v, ok := vehicle[x.Round]; ok && d.rounds[n].base < 0 && v == m.week.Vehicles[d.rounds[n].vehicle].ID {
					shared[pair{x.Round, n}]++
				}
			}
		}
	}
	pairs := make([]pair, 0, len(shared))
	for p := range shared {
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(shared[b], shared[a]), cmp.Compare(a.id, b.id), cmp.Compare(a.n, b.n))
	})
	for _, p := range pairs {
		if r.ids[p.n] == "" && !taken[p.id] {
			r.ids[p.n], taken[p.id] = p.id, true
		}
	}
	for id := range vehicle {
		taken[id] = true
	}
	k := 0
	for _, n := range trips {
		for r.ids[n] == "" {
			k++
			if id := fmt.Sprintf("trip-%d", k); !taken[id] {
				r.ids[n], taken[id] = id, true
			}
		}
	}
}

// writeUnserved writes what nothing carries, with the previous reasons where nothing has changed for it.
func (r *replanner) writeUnserved(p *Plan) {
	w, d := r.m.week, r.d
	before := map[LineRef]*Unserved{}
	for i := range r.previous.Unserved {
		u := &r.previous.Unserved[i]
		if l, ok := r.change.lineNow(LineRef{u.Order, u.Line}); ok {
			before[l] = u
		}
	}
	var x *diagnosis
	ask := func() *diagnosis {
		if x == nil {
			x = newDiagnosis(r.m, p)
		}
		return x
	}
	add := func(l LineRef, repair *Repair, reason string) {
		p.Unserved = append(p.Unserved, Unserved{Order: l.Order, Line: l.Line, Reason: reason, Repair: repair})
		p.Summary.UnservedKg += w.Orders[r.m.orders[l.Order]].Lines[l.Line].Kg
	}
	for c, way := range d.ways {
		if len(way) > 0 {
			continue
		}
		lines := d.parcels[c].lines
		if u := before[lines[0]]; r.cause[c].Kind == CauseUnserved && u != nil {
			for _, l := range lines {
				if v := before[l]; v != nil {
					u = v
				}
				add(l, u.Repair, u.Reason)
			}
			continue
		}
		var repair *Repair
		reason := ""
		if n := d.aboard(c); n >= 0 {
			reason = "it is on board of " + r.ids[n] + ", from where nothing can take it any further"
		} else if u := &d.under[c]; len(u.past) > 0 {
			reason = "it waits at " + w.Places[u.place].ID + ", where nothing can fetch it any more"
		} else {
			repair, reason = ask().repair(d.parcels[c])
		}
		for _, l := range lines {
			add(l, repair, reason)
		}
	}
	for i := range w.Orders {
		if r.point[i] < 0 && len(w.Orders[i].Lines) > 0 {
			repair, reason := ask().noPickup(&w.Orders[i])
			for n := range w.Orders[i].Lines {
				add(LineRef{w.Orders[i].ID, n}, repair, reason)
			}
		}
	}
}

// compare sets the plan beside what each would drive alone, of which the previous plan knows what has not changed.
func (r *replanner) compare(p *Plan) {
	m := r.m
	e := &emissions{m: m}
	touched, all := r.touched()
	known := map[string]*Share{}
	for i := range r.previous.Summary.Producers {
		known[r.previous.Summary.Producers[i].Producer] = &r.previous.Summary.Producers[i]
	}
	shares := make([]Share, len(m.week.Producers))
	var anew []int
	for _, i := range m.producers {
		id := m.week.Producers[i].ID
		x := known[id]
		if x == nil || all || touched[id] {
			anew = append(anew, i)
			continue
		}
		shares[i] = Share{Producer: id, AloneMetres: x.AloneMetres, AloneCO2Kg: x.AloneCO2Kg, AloneUnserved: x.AloneUnserved}
	}
	now := m.now
	m.now = -search.Inf
	for i, x := range m.shares(r.aloneOf(anew), e) {
		if slices.Contains(anew, i) {
			shares[i] = x
		}
	}
	m.now = now
	if len(anew) < len(shares) {
		source := r.previous.Summary.CO2Source
		e.own = e.own || source == CO2Own || source == CO2Both
		e.standard = e.standard || source == CO2Default || source == CO2Both
	}
	m.balance(p, shares, e)
}

// touched are the producers for whom the change makes a difference alone; all: nobody knows which.
func (r *replanner) touched() (who map[string]bool, all bool) {
	c := r.change
	who = map[string]bool{}
	if r.m.week.ID != r.previous.Week || r.silent() {
		return who, true
	}
	orders := map[string]bool{}
	for _, o := range c.Orders {
		orders[o.ID] = true
	}
	for _, id := range c.CancelOrders {
		orders[id] = true
	}
	for _, x := range c.Weighed {
		orders[x.Order] = true
	}
	for _, x := range c.CancelLines {
		orders[x.Order] = true
	}
	rounds, vehicles := map[string]bool{}, map[string]bool{}
	for _, x := range c.Rounds {
		rounds[x.ID] = true
	}
	for _, x := range c.Delays {
		rounds[x.Round] = true
	}
	for _, id := range c.CancelRounds {
		rounds[id] = true
	}
	for _, x := range c.Vehicles {
		vehicles[x.ID] = true
	}
	for _, id := range c.Breakdowns {
		vehicles[id] = true
	}
	for _, w := range [2]*Week{r.old, r.m.week} {
		for i := range w.Orders {
			if o := &w.Orders[i]; orders[o.ID] {
				for k := range o.Lines {
					who[o.Lines[k].Producer] = true
				}
			}
		}
		for i := range w.Vehicles {
			if v := &w.Vehicles[i]; vehicles[v.ID] {
				who[v.Producer] = true
			}
		}
		for i := range w.Rounds {
			if x := &w.Rounds[i]; rounds[x.ID] || vehicles[x.Vehicle] {
				who[x.Producer] = true
			}
		}
	}
	return who, false
}

// silent reports whether the change says nothing, so that the week may differ in anything.
func (r *replanner) silent() bool {
	c := r.change
	return len(c.Orders)+len(c.Weighed)+len(c.CancelOrders)+len(c.CancelLines)+len(c.Rounds)+len(c.CancelRounds)+len(c.Delays)+
		len(c.Vehicles)+len(c.Breakdowns)+len(c.Refuse)+len(c.Forbid)+len(c.Allow)+len(c.Lock)+len(c.Unlock) == 0
}

// aloneOf is alone for some producers; the rounds of others are as they are.
func (r *replanner) aloneOf(producers []int) *draft {
	var list []*parcel
	for _, c := range r.m.parcels(r.point) {
		if slices.Contains(producers, c.producer) && r.m.origin(c) != r.m.goal(c) {
			list = append(list, r.m.fit(c)...)
		}
	}
	return r.alone(list, r.m.bareDraft)
}

// writeWhy gives each consignment the reason of the previous plan where its way has stayed, and finds those of the others.
func (r *replanner) writeWhy(p *Plan) {
	before := map[string]*Consignment{}
	for i := range r.previous.Consignments {
		before[r.previous.Consignments[i].ID] = &r.previous.Consignments[i]
	}
	for i := range p.Consignments {
		x := &p.Consignments[i]
		if x.Why != nil {
			continue
		}
		if was := before[x.ID]; was != nil && was.Why != nil && sameWay(was.Legs, x.Legs) {
			x.Why = was.Why
			continue
		}
		n := r.whose[x.ID]
		if n < 0 || r.reasons[n] == nil || len(r.d.ways[n]) == 0 {
			continue
		}
		x.Why = r.explained.why(r.reasons[n], r.m.way(r.d, n), func(route int32) string { return r.ids[r.explained.adopted[route]] })
	}
}

func sameWay(a, b []Leg) bool {
	return slices.EqualFunc(a, b, func(x, y Leg) bool { return x.Round == y.Round })
}
