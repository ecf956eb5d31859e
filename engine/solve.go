package engine

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// Options of a search. The zero value is usable.
type Options struct {
	Seed        uint64
	Iterations  int  // of the whole search; 0: until Share reaches 1 or the context ends, 20,000 without either
	Workers     int  // searches side by side that share what they find; 0 means 2. Part of what a plan depends on, as the seed is
	NoHandovers bool // goods ride one round all the way; those locked to more stay behind

	// Bound is how much work goes into the lower bound of the summary: as much as so many orders of the goods take; the search
	// has what time that leaves. 0: what a fifth of the time allows or, with Iterations, one order; below 0: never. A week of
	// more than 200 places, or 700 where Bound is above 0, is looked at by areas: that is faster, and proves less.
	Bound int

	// Share is the caller's clock: the share of the time allowed that is used up, 0 to 1. The engine has no clock of
	// its own; with nil the search goes by Iterations alone and is deterministic.
	Share func() float64

	// Shares is how many coalitions of producers may be planned, each in a millisecond or two, to share the saving by the
	// Shapley value. Up to 12 who play together have it exactly where that is enough for all of their coalitions (4083 for
	// 12) and the time is, too; otherwise it is sampled, with its standard error. 0: one for ten iterations and 64 at least
	// or, by the caller's clock, as many as the last tenth of the time allows, none in weeks that are planned in parts; below 0:
	// never. Shares that are asked for have the last three tenths of the time. Without any coalition planned the plan alone
	// tells the shares.
	Shares int

	// Progress, when not nil, is called from one goroutine at a time.
	Progress func(Progress)
}

const (
	defaultIterations = 20000
	defaultWorkers    = 2
)

// Progress is the state of a running search.
type Progress struct {
	Objective  float64 // of the best plan so far, as in Summary
	UnservedKg float64
	Iterations int
	Share      float64 // of the search, 0 to 1

	// Rounds are the places, by their index in the week, at which each round of the best plan so far stops that does something for
	// it; nil where that cannot be told at this moment. It is called during Options.Progress alone.
	Rounds func() [][]int
}

// Solve plans a week. travel answers between indexes of week.Places; nil means TravelOf. The error is an *InvalidWeek
// when the week has faults (see Validate). When ctx ends the search stops and the best plan so far comes back, right
// like any other, with a nil error.
func Solve(ctx context.Context, week *Week, travel geo.Travel, opt Options) (*Plan, error) {
	if travel == nil {
		travel = TravelOf(week)
	}
	if err := invalid(Validate(week, travel)); err != nil {
		return nil, err
	}
	m := newModel(week, travel)
	return keepFresh(ctx, newModel(week, travel), newSolver(ctx, m, opt).solve(), opt)
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

// solver plans one week.
type solver struct {
	m    *model
	opt  Options
	stop func() bool
	done int // iterations so far

	inParts bool // the week is too large to be searched whole

	before float64 // share of the time that was used up when the search began
	after  float64 // share of the time that a large week takes after the search

	bound  *proof    // of the lower bound
	points [][]int   // by order without pickup point: the points within reach, nearest first; nil for other orders
	point  []int     // by order: its pickup point at present; −1: none
	atHome []*parcel // collected where they are made, at present

	first        []*parcel // what is to be carried when the search begins
	byThemselves *draft    // each brings their own of that; nil: not asked for
	aloneOf      []*parcel // what alone was asked for last
}

func newSolver(ctx context.Context, m *model, opt Options) *solver {
	if opt.Workers <= 0 {
		opt.Workers = defaultWorkers
	}
	if opt.Share == nil && opt.Iterations <= 0 {
		opt.Iterations = defaultIterations
	}
	m.direct = opt.NoHandovers
	return &solver{m: m, opt: opt, stop: func() bool { return ctx.Err() != nil }}
}

// firstShare is the share of the time that is for the first plan; the rest is for what it has left behind.
const firstShare = 0.85

// firstCycle is how many iterations the first of the annealings has when iterations count. Each later one has as many as
// all before it and begins from nothing, too; so a longer search begins as a shorter one does and ends no worse.
const firstCycle = 16

// outcome is a draft that a plan can be made of, with what it leaves out and what needs no draft.
type outcome struct {
	d      *draft
	point  []int     // by order: its pickup point; −1: unserved for want of one
	atHome []*parcel // collected where they are made
	cost   search.Cost
}

func (s *solver) solve() *Plan {
	m := s.m
	s.bound = s.prove()
	s.assign()
	d := m.newDraft(s.parcels())
	s.inParts = len(d.searchable()) > m.sizes.whole
	if set := &m.week.Settings; set.Fairness > 0 || set.NobodyWorseOff {
		s.first, s.byThemselves = d.parcels, s.alone(d.parcels, m.newDraft)
		m.wish = m.wishesOf(set.Fairness, set.NobodyWorseOff, m.addedBy(s.byThemselves))
	}
	best := s.outcome(d)
	var atWorst *outcome // of each alone, where that is known
	if s.byThemselves != nil {
		alone := s.byThemselves.clone()
		alone.parcels = d.parcels
		atWorst = new(s.outcome(alone))
	}
	keep := func() {
		if o := s.outcome(d); o.cost.Less(best.cost) {
			best = o
		}
	}
	if s.opt.Iterations > 0 {
		s.cycles(&d, keep)
	} else {
		s.before = min(s.opt.Share(), s.mainShare()/2)
		s.improve(d, true, s.until(0, firstShare))
		keep()
		for from := firstShare; from < 0.99 && s.rethink(&d); from += (1 - firstShare) / 3 {
			s.improve(d, false, s.until(from, from+(1-firstShare)/3))
			keep()
		}
	}
	alone, same := s.byThemselves, s.byThemselves == nil || slices.Equal(best.d.parcels, s.first)
	if alone == nil || !same && m.wish.alone == nil {
		alone, same = s.alone(best.d.parcels, m.newDraft), true // with nobody worse off the limits are what counts
	}
	if len(m.week.Locks) == 0 && same {
		lone := alone.clone()
		lone.parcels = best.d.parcels
		if !m.cost(best.d).Less(m.cost(lone)) {
			best.d = lone
		}
	}
	if len(m.week.Locks) == 0 && atWorst != nil && atWorst.cost.Less(best.cost) {
		best = *atWorst // goods may have been cut or sent elsewhere since
	}
	prices, parts, added := s.prices(&best), s.sharing(&best, alone), m.addedBy(best.d)
	p := s.plan(&best, alone)
	p.Summary.Wishes = prices
	if parts != nil {
		m.settle(&p.Summary, parts, added)
	}
	return p
}

// boundShare is the share of the time that is for the lower bound where nothing else is said, boundTries for how many
// orders of the goods at most; where iterations count it is one. Weeks of up to boundWhole places are looked at whole, or
// boundAsked where a bound is asked for; larger ones by areas of up to boundArea, in areasShare of the time: their bound is weaker, and
// the search needs the time more.
const (
	boundShare = 0.2
	areasShare = 0.05
	boundTries = 100
	boundWhole = 200
	boundAsked = 700
	boundArea  = 150
)

// prove proves a lower bound.
func (s *solver) prove() *proof {
	tries, whole, share := s.opt.Bound, boundAsked, boundShare
	if tries == 0 {
		whole = boundWhole
		if tries = boundTries; s.opt.Iterations > 0 {
			tries = 1
		}
		if len(s.m.week.Places) > whole {
			share = areasShare
		}
	}
	return s.m.prove(whole, boundArea, tries, func(part float64) bool {
		return s.stop() || s.opt.Bound == 0 && s.opt.Iterations == 0 && s.opt.Share() >= part*share
	})
}

// cycles makes annealings until the iterations are used up. One that is broken off counts too, unless orders seek their
// pickup point: then what it has found may serve them less well than what it was about to find.
func (s *solver) cycles(d **draft, keep func()) {
	seeking := slices.ContainsFunc(s.points, func(p []int) bool { return p != nil })
	for cycle := min(firstCycle, s.opt.Iterations); s.done < s.opt.Iterations && !s.stop(); cycle = s.done {
		n := min(cycle, s.opt.Iterations-s.done)
		if n < cycle && seeking {
			return
		}
		next := (*d).clone()
		s.improve(next, true, search.Options{Iterations: n, Horizon: cycle})
		if s.m.cost(next).Less(s.m.cost(*d)) {
			*d = next
		}
		keep()
		if n < cycle || s.done >= s.opt.Iterations {
			return
		}
		s.rethink(d)
	}
}

// clock is the share used up of the time for the search: all but what went before and what the plan takes afterwards.
func (s *solver) clock() float64 {
	return min(1, max(0, s.opt.Share()-s.before)/((1-s.after)*s.mainShare()-s.before))
}

// until searches from one share of the time to another. The caller's clock may stand still at 1.
func (s *solver) until(from, to float64) search.Options {
	return between(search.Options{Share: s.clock}, from, min(to, 1))
}

// between is the part of a search from one share of its time or iterations to another.
func between(o search.Options, from, to float64) search.Options {
	if o.Iterations > 0 {
		upTo := func(n int, share float64) int { return int(math.Round(float64(n) * share)) }
		o.Iterations, o.Horizon = max(1, upTo(o.Iterations, to)-upTo(o.Iterations, from)), upTo(o.Horizon, to)-upTo(o.Horizon, from)
		return o
	}
	clock := o.Share
	o.Share = func() float64 { return max(0, (clock()-from)/(to-from)) }
	return o
}

// parcels are those that have to be carried, cut where no vehicle could take one whole. The others are noted.
func (s *solver) parcels() []*parcel {
	var out []*parcel
	s.atHome = nil
	for _, c := range s.m.parcels(s.point) {
		switch {
		case s.m.collected(c) && !c.locked:
			s.atHome = append(s.atHome, c)
		default:
			out = append(out, s.m.fit(c)...)
		}
	}
	return out
}

// improve searches a better draft, the first time from nothing.
func (s *solver) improve(d *draft, first bool, o search.Options) {
	all := d.searchable()
	o.Seed, o.Workers, o.Stop = s.opt.Seed+uint64(s.done), s.opt.Workers, s.stop
	outside, iterations := s.outside(d, all), o.Iterations
	var rounds func() [][]int
	report := func(c search.Cost, n int) {
		if s.opt.Progress == nil {
			return
		}
		share := float64(s.done+n) / float64(max(1, s.opt.Iterations))
		if s.opt.Iterations == 0 {
			share = s.opt.Share()
		}
		s.opt.Progress(Progress{float64(c.Dist) / s.m.unit, float64(c.Lost) / perKg, s.done + n, min(share, 1), rounds})
	}
	if len(all) > s.m.sizes.whole {
		rounds = d.atWork // it changes between reports alone
		s.done += max(s.improveParts(d, first, o, report), o.Iterations)
		return
	}
	made := 0
	var groups []part
	if first {
		groups = s.m.groups(d, all)
	}
	if len(groups) > 1 {
		alone := between(o, 0, groupsShare)
		made = s.improveGroups(d, groups, alone, func(c search.Cost, n int, best func() [][]int) {
			rounds = best
			report(search.Cost{Lost: c.Lost + outside, Dist: c.Dist}, n)
		})
		o, first = between(o, groupsShare, 1), false
		o.Heat = groupsHeat
	}
	f := s.m.frameUpTo(allPlacesSearch, d, s.m.vehicles, all)
	o.Progress = func(c search.Cost, n int, _ float64, best func() *search.Solution) {
		rounds = func() [][]int {
			x := d.clone()
			f.adopt(x, best())
			return x.atWork()
		}
		report(search.Cost{Lost: c.Lost + outside, Dist: c.Dist}, made+n)
	}
	start := f.start
	if first {
		start = nil
	}
	sol, n := search.Search(f.p, start, o)
	f.adopt(d, sol)
	s.done += max(made+n, iterations)
}

// outside is the penalty of parcels that the search does not see.
func (s *solver) outside(d *draft, seen []int) int64 {
	lost := int64(0)
	for _, c := range d.parcels {
		lost += c.penalty()
	}
	for _, c := range seen {
		lost -= d.parcels[c].penalty()
	}
	return lost
}

// alone is the plan in which each producer brings their own goods everywhere and nobody carries for another, without
// regard to locks. Rounds that have nothing to carry are as empty makes them.
func (s *solver) alone(parcels []*parcel, empty func([]*parcel) *draft) *draft {
	m := s.m
	s.aloneOf = parcels
	defer func(w wishes) { m.wish = w }(m.wish)
	m.wish = wishes{}
	own := make([]*parcel, len(parcels))
	byProducer := make([][]int, len(m.week.Producers))
	for i, c := range parcels {
		x := *c
		x.by, x.lock, x.locked, x.habit, x.change = ByProducer, nil, false, nil, 0
		own[i] = &x
		if !m.collected(c) {
			byProducer[c.producer] = append(byProducer[c.producer], i)
		}
	}
	d := empty(own)
	// producers who share no vehicle and no limit are planned side by side
	var batch []part
	taken := make([]bool, len(m.week.Vehicles))
	flush := func() {
		frames, found := make([]*frame, len(batch)), make([]*search.Solution, len(batch))
		s.sideBySide(len(batch), func(k int) {
			f := m.frame(d, batch[k].vehicles, batch[k].parcels)
			f.p.Direct, f.p.Grade = true, 0
			o := search.Options{Seed: s.opt.Seed, Iterations: max(64, 24*len(batch[k].parcels))}
			if len(parcels) > m.sizes.whole && s.stop() {
				o.Iterations = 0
			}
			frames[k] = f
			found[k], _ = search.Search(f.p, nil, o)
		})
		for k, f := range frames {
			f.adopt(d, found[k])
		}
		batch = batch[:0]
		clear(taken)
	}
	for _, p := range m.producers {
		if len(byProducer[p]) == 0 || len(m.vehiclesOf[p]) == 0 {
			continue
		}
		var touched []int
		for _, v := range m.vehiclesOf[p] {
			for _, q := range m.driversOf[v] {
				touched = append(touched, m.vehiclesOf[q]...)
			}
		}
		if slices.ContainsFunc(touched, func(v int) bool { return taken[v] }) {
			flush()
		}
		for _, v := range touched {
			taken[v] = true
		}
		vehicles := slices.Clone(m.vehiclesOf[p])
		slices.SortFunc(vehicles, func(a, b int) int { return cmp.Compare(m.week.Vehicles[a].ID, m.week.Vehicles[b].ID) })
		batch = append(batch, part{vehicles, byProducer[p]})
	}
	flush()
	return d
}

// sideBySide does n tasks that do not touch one another, on as many threads as the search has.
func (s *solver) sideBySide(n int, do func(k int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, s.opt.Workers) {
		wg.Go(func() {
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				do(k)
			}
		})
	}
	wg.Wait()
}

// assign lists the pickup points that an order without one may go to, and takes the nearest.
func (s *solver) assign() {
	w := s.m.week
	s.point = make([]int, len(w.Orders))
	s.points = make([][]int, len(w.Orders))
	for i := range w.Orders {
		o := &w.Orders[i]
		s.point[i] = -1
		if o.PickupPoint != "" {
			s.point[i] = s.m.points[o.PickupPoint]
			continue
		}
		at := geo.Point{*o.Lon, *o.Lat}
		far := func(k int) float64 { return geo.GreatCircle(at, s.m.point(s.m.at[w.PickupPoints[k].Place])) }
		s.points[i] = []int{}
		for k := range w.PickupPoints {
			if far(k) <= w.Settings.MaxPickupMetres() {
				s.points[i] = append(s.points[i], k)
			}
		}
		slices.SortFunc(s.points[i], func(a, b int) int {
			return cmp.Or(cmp.Compare(far(a), far(b)), cmp.Compare(w.PickupPoints[a].ID, w.PickupPoints[b].ID))
		})
		if len(s.points[i]) > 0 {
			s.point[i] = s.points[i][0]
		}
	}
}

// lost is, by order, whether some line of it is unserved.
func (s *solver) lost(d *draft) map[string]bool {
	out := map[string]bool{}
	for c, w := range d.ways {
		if len(w) == 0 {
			for _, l := range d.parcels[c].lines {
				out[l.Order] = true
			}
		}
	}
	return out
}

// rethink changes what could not be served so that it might be: orders that came without a pickup point go to the next
// nearest, parcels are cut into smaller ones. It reports whether there is anything new to search.
func (s *solver) rethink(d **draft) bool {
	if s.stop() {
		return false
	}
	w := s.m.week
	lost := s.lost(*d)
	moved, cut := false, false
	for i := range w.Orders {
		if p := s.points[i]; len(p) > 0 && lost[w.Orders[i].ID] {
			k := slices.Index(p, s.point[i])
			if k+1 < len(p) {
				s.point[i] = p[k+1]
				moved = true
			}
		}
	}
	next := *d
	if moved {
		next = s.reparcel(next)
	}
	var parcels []*parcel
	var ways [][]draftLeg
	for c, x := range next.parcels {
		if parts := s.m.halves(x); len(next.ways[c]) == 0 && len(parts) > 1 {
			cut = true
			parcels = append(parcels, parts...)
			ways = append(ways, make([][]draftLeg, len(parts))...)
			continue
		}
		parcels, ways = append(parcels, x), append(ways, next.ways[c])
	}
	next = next.clone()
	next.parcels, next.ways = parcels, ways
	*d = next
	return moved || cut
}

// reparcel clusters the lines anew after orders have changed their pickup point. Parcels that are no larger than they
// were keep their way.
func (s *solver) reparcel(d *draft) *draft {
	first := map[LineRef]int{}
	for c, x := range d.parcels {
		for _, l := range x.lines {
			first[l] = c
		}
	}
	n := d.clone()
	n.parcels, n.ways = s.parcels(), nil
	taken := map[int]bool{}
	for _, x := range n.parcels {
		var way []draftLeg
		for _, l := range x.lines {
			c, ok := first[l]
			if o := d.parcels; ok && !taken[c] && o[c].point == x.point && o[c].kg >= x.kg && o[c].litres >= x.litres {
				way = d.ways[c]
				taken[c] = true
				break
			}
		}
		n.ways = append(n.ways, way)
	}
	s.m.tidy(n)
	return n
}

// outcome leaves orders that came without a pickup point unserved as a whole where a line of them is.
func (s *solver) outcome(d *draft) outcome {
	o := outcome{d: d, point: slices.Clone(s.point), atHome: s.atHome}
	for s.leaveHalves(&o) { // what else stays behind may halve others
	}
	o.cost = s.m.cost(o.d)
	for i, k := range o.point {
		if k < 0 {
			for n := range s.m.week.Orders[i].Lines {
				if l := &s.m.week.Orders[i].Lines[n]; l.Held == nil {
					o.cost.Lost += max(1, int64(amount(l.Kg)))
				}
			}
		}
	}
	return o
}

// leaveHalves leaves the rest of orders behind of which a part is. It reports whether there were any.
func (s *solver) leaveHalves(o *outcome) bool {
	d, home := o.d, o.atHome
	lost := s.lost(d)
	halves := false
	for i := range o.point {
		if len(s.points[i]) > 0 && lost[s.m.week.Orders[i].ID] {
			o.point[i] = -1
			halves = true
		}
	}
	if !halves {
		return false
	}
	o.d = d.clone()
	o.d.parcels, o.d.ways = nil, nil
	for c, x := range d.parcels {
		if y := s.kept(x, o.point); len(y.lines) > 0 {
			o.d.parcels, o.d.ways = append(o.d.parcels, y), append(o.d.ways, d.ways[c])
		}
	}
	o.atHome = nil
	for _, x := range home {
		if y := s.kept(x, o.point); len(y.lines) > 0 {
			o.atHome = append(o.atHome, y)
		}
	}
	s.m.tidy(o.d)
	return true
}

// kept is a parcel less the lines of orders that have no pickup point.
func (s *solver) kept(c *parcel, point []int) *parcel {
	k := *c
	k.lines, k.kg, k.litres = nil, 0, 0
	for _, l := range c.lines {
		if o := s.m.orders[l.Order]; point[o] >= 0 {
			k.add(l, &s.m.week.Orders[o].Lines[l.Line])
		}
	}
	return &k
}

// tidy takes the stops and trips out of a draft that nothing uses any more, and times the rest. Where a vehicle cannot do
// without such a stop, which happens where a detour is shorter than the direct way, its goods stay behind.
func (m *model) tidy(d *draft) {
	for again := true; again; {
		again = false
		for some := range slices.Chunk(m.vehicles, 32) {
			f := m.frame(d, some, nil)
			if d.leave(f.stuck()) {
				again = true
				continue
			}
			sol, _ := search.Search(f.p, f.start, search.Options{})
			f.adopt(d, sol)
		}
	}
}
