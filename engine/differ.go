package engine

import (
	"math"
	"slices"
	"strings"
	"time"
)

// CauseKind says what made a part of the plan change.
type CauseKind string

// The causes. Which fields of Cause are set is said for each.
const (
	CauseOrder          CauseKind = "order"           // Order: it is new, or its lines are
	CauseOrderCancelled CauseKind = "order_cancelled" // Order
	CauseWeighed        CauseKind = "weighed"         // Order: it weighs or takes up other than before
	CauseRoundCancelled CauseKind = "round_cancelled" // Round
	CauseRoundChanged   CauseKind = "round_changed"   // Round: it is new, or has other hours or stops of its own
	CauseVehicle        CauseKind = "vehicle"         // Vehicle: it makes the trip no more
	CauseRefused        CauseKind = "refused"         // Round, Producer: who may not have the goods on board any more
	CauseLock           CauseKind = "lock"            // the goods are locked to other rounds
	CauseHours          CauseKind = "hours"           // Round or Vehicle: with the goods it is late somewhere
	CauseRoom           CauseKind = "room"            // Round or Vehicle: it has no room any more
	CauseLimit          CauseKind = "limit"           // Round or Vehicle: it may not be diverted so far any more
	CauseLongest        CauseKind = "longest_s"       // Round or Vehicle: the goods would be too long on board
	CauseUnserved       CauseKind = "unserved"        // nobody carried the goods before
	CauseSaves          CauseKind = "saves"           // Metres: the objective falls by them
	CauseEven           CauseKind = "even"            // burdens are more even: the week's fairness asks for it
	CauseOthers         CauseKind = "others"          // what else has changed asks for it
)

// Cause is why something changed.
type Cause struct {
	Kind     CauseKind `json:"kind"`
	Order    string    `json:"order,omitempty"`
	Round    string    `json:"round,omitempty"`
	Vehicle  string    `json:"vehicle,omitempty"`
	Producer string    `json:"producer,omitempty"`
	Metres   float64   `json:"m,omitempty"`
}

// DifferenceKind says what changed.
type DifferenceKind string

// The differences. The first five are about goods, the others about rounds and trips.
const (
	GoodsServed   DifferenceKind = "served"   // ride now: they are new, or were unserved
	GoodsUnserved DifferenceKind = "unserved" // have no way: they had one, or are new
	GoodsMoved    DifferenceKind = "moved"    // ride other rounds, or change rounds elsewhere
	GoodsAmount   DifferenceKind = "amount"   // are more or less than before, on the same way
	GoodsGone     DifferenceKind = "gone"     // nobody wants them any more
	RoundNew      DifferenceKind = "round_new"
	RoundGone     DifferenceKind = "round_gone"
	RoundStops    DifferenceKind = "round_stops" // stops other than before, see Added and Removed
	RoundTimes    DifferenceKind = "round_times" // the same stops at other times, see Seconds
)

// Difference is one thing that is other than in the previous plan.
type Difference struct {
	What        DifferenceKind `json:"what"`
	Consignment string         `json:"consignment,omitempty"` // of this plan, of the previous one when it is gone; empty for new goods that have no way
	Lines       []LineRef      `json:"lines,omitempty"`       // of the goods, as the changed week counts them
	Producer    string         `json:"producer,omitempty"`    // of the goods
	PickupPoint string         `json:"pickup_point,omitempty"`
	Before      []string       `json:"before,omitempty"` // rounds that the goods rode, in order
	After       []string       `json:"after,omitempty"`  // and ride now
	Round       string         `json:"round,omitempty"`
	Added       []string       `json:"added,omitempty"`   // places where the round stops in addition
	Removed     []string       `json:"removed,omitempty"` // and those where it does not any more
	Seconds     float64        `json:"seconds,omitempty"` // by how much at most a stop that stays is later; negative: earlier
	For         []string       `json:"for"`               // producers whom it concerns: who drives and whose goods they are
	Cause       Cause          `json:"cause"`
}

// differ compares two plans.
type differ struct {
	r          *replanner
	plan       *Plan
	was, is    map[string]*PlanRound
	out        []Difference
	byRound    map[string]Cause // of the goods that changed on a round
	first      Cause            // of all
	concerning map[string]map[string]bool
}

// differences lists what the plan does otherwise than the previous one.
func (r *replanner) differences(p *Plan) []Difference {
	f := &differ{r: r, plan: p, out: []Difference{}, was: map[string]*PlanRound{}, is: map[string]*PlanRound{}, byRound: map[string]Cause{}, concerning: map[string]map[string]bool{}}
	for i := range r.previous.Rounds {
		f.was[r.previous.Rounds[i].ID] = &r.previous.Rounds[i]
	}
	for i := range p.Rounds {
		f.is[p.Rounds[i].ID] = &p.Rounds[i]
	}
	f.goods()
	f.rounds()
	return f.out
}

// add notes a difference of goods.
func (f *differ) add(d Difference) {
	who := map[string]bool{d.Producer: true}
	for _, side := range [2]struct {
		rounds map[string]*PlanRound
		ids    []string
	}{{f.was, d.Before}, {f.is, d.After}} {
		for _, id := range side.ids {
			if x := side.rounds[id]; x != nil {
				who[x.Producer] = true
			}
			if _, ok := f.byRound[id]; !ok {
				f.byRound[id] = d.Cause
			}
			if f.concerning[id] == nil {
				f.concerning[id] = map[string]bool{}
			}
			f.concerning[id][d.Producer] = true
		}
	}
	if f.first.Kind == "" {
		f.first = d.Cause
	}
	d.For = names(who)
	f.out = append(f.out, d)
}

func names(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for id := range set {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// ridden are the rounds of a way.
func ridden(legs []Leg) []string {
	var out []string
	for _, l := range legs {
		out = append(out, l.Round)
	}
	return out
}

// alike reports whether two ways ride the same rounds and change them at the same places.
func (f *differ) alike(a, b []Leg) bool {
	if !sameWay(a, b) {
		return false
	}
	for k := range a {
		if k > 0 && place(f.was[a[k].Round], a[k].From) != place(f.is[b[k].Round], b[k].From) {
			return false
		}
	}
	return true
}

func place(r *PlanRound, k int) string {
	if r == nil || k < 0 || k >= len(r.Stops) {
		return ""
	}
	return r.Stops[k].Place
}

func (f *differ) goods() {
	r := f.r
	before := map[string]*Consignment{}
	for i := range r.previous.Consignments {
		before[r.previous.Consignments[i].ID] = &r.previous.Consignments[i]
	}
	seen := map[string]bool{}
	for i := range f.plan.Consignments {
		x := &f.plan.Consignments[i]
		seen[x.ID] = true
		n := r.whose[x.ID]
		d := Difference{Consignment: x.ID, Lines: x.Lines, Producer: x.Producer, PickupPoint: x.PickupPoint, After: ridden(x.Legs)}
		was := before[x.ID]
		if was == nil {
			d.What, d.Cause = GoodsServed, Cause{Kind: CauseOrder, Order: x.Lines[0].Order}
			if n >= 0 && r.cause[n].Kind != "" {
				d.Cause = r.cause[n]
			}
			f.add(d)
			continue
		}
		d.Before = ridden(was.Legs)
		if !f.alike(was.Legs, x.Legs) {
			m := d
			m.What, m.Cause = GoodsMoved, Cause{Kind: CauseOthers}
			if n >= 0 && r.cause[n].Kind != "" {
				m.Cause = r.cause[n]
			} else if n >= 0 && r.saved[n] > 0 {
				m.Cause = Cause{Kind: CauseSaves, Metres: r.saved[n]}
			} else if n >= 0 && r.evened[n] {
				m.Cause = Cause{Kind: CauseEven}
			}
			f.add(m)
		}
		if cause, ok := f.amount(was, x); ok {
			d.What, d.Cause = GoodsAmount, cause
			f.add(d)
		}
	}
	for c, way := range r.d.ways {
		if len(way) > 0 || r.cause[c].Kind == CauseUnserved {
			continue
		}
		x := r.d.parcels[c]
		d := Difference{What: GoodsUnserved, Lines: x.lines, Producer: r.m.week.Producers[x.producer].ID, PickupPoint: r.m.week.PickupPoints[x.point].ID, Cause: r.cause[c]}
		if k := r.was[c]; k >= 0 {
			d.Before = ridden(r.previous.Consignments[k].Legs)
			d.Consignment = r.previous.Consignments[k].ID
			seen[d.Consignment] = true
		}
		if d.Cause.Kind == "" {
			d.Cause.Kind = CauseOthers
		}
		f.add(d)
	}
	for i := range r.previous.Consignments {
		if x := &r.previous.Consignments[i]; !seen[x.ID] && len(x.Lines) > 0 {
			f.add(Difference{What: GoodsGone, Consignment: x.ID, Producer: x.Producer, PickupPoint: x.PickupPoint, Before: ridden(x.Legs),
				Cause: Cause{Kind: CauseOrderCancelled, Order: x.Lines[0].Order}})
		}
	}
}

// amount says whether a consignment is more or less than it was, and why.
func (f *differ) amount(was, is *Consignment) (Cause, bool) {
	lines := map[LineRef]bool{}
	for _, l := range was.Lines {
		now, ok := f.r.change.lineNow(l)
		if !ok || !slices.Contains(is.Lines, now) {
			return Cause{Kind: CauseOrderCancelled, Order: l.Order}, true
		}
		lines[now] = true
	}
	for _, l := range is.Lines {
		if !lines[l] {
			return Cause{Kind: CauseOrder, Order: l.Order}, true
		}
	}
	if math.Abs(was.Kg-is.Kg) < 1e-6 && math.Abs(was.Litres-is.Litres) < 1e-6 {
		return Cause{}, false
	}
	for _, w := range f.r.change.Weighed {
		if now, ok := f.r.change.lineNow(LineRef{w.Order, w.Line}); ok && lines[now] {
			return Cause{Kind: CauseWeighed, Order: w.Order}, true
		}
	}
	return Cause{Kind: CauseWeighed, Order: is.Lines[0].Order}, true
}

// whyRound is the cause that a round is new or gone: the week's own by itself, a trip by what the goods on it do.
func (f *differ) whyRound(x *PlanRound, own CauseKind) Cause {
	if !x.Dedicated {
		return Cause{Kind: own, Round: x.ID}
	}
	if why, ok := f.byRound[x.ID]; ok {
		return why
	}
	return f.other()
}

func (f *differ) rounds() {
	for i := range f.r.previous.Rounds {
		x := &f.r.previous.Rounds[i]
		if f.is[x.ID] == nil {
			f.round(Difference{What: RoundGone, Round: x.ID, Cause: f.whyRound(x, CauseRoundCancelled)}, x)
		}
	}
	for i := range f.plan.Rounds {
		x := &f.plan.Rounds[i]
		was := f.was[x.ID]
		if was == nil {
			f.round(Difference{What: RoundNew, Round: x.ID, Cause: f.whyRound(x, CauseRoundChanged)}, x)
			continue
		}
		added, removed, later := compareStops(was, x)
		if len(added)+len(removed) == 0 && later == 0 {
			continue
		}
		why, ok := f.byRound[x.ID]
		if own := f.named(x); own.Kind != "" {
			why = own
		} else if !ok {
			why = f.other()
		}
		d := Difference{What: RoundTimes, Round: x.ID, Added: added, Removed: removed, Seconds: later.Seconds(), Cause: why}
		if len(added)+len(removed) > 0 {
			d.What = RoundStops
		}
		f.round(d, x)
	}
}

// named is the cause of a round that the change names, of no kind for others.
func (f *differ) named(x *PlanRound) Cause {
	c := f.r.change
	switch {
	case slices.Contains(c.CancelRounds, x.ID) || slices.Contains(c.Breakdowns, x.Vehicle) && !x.Dedicated:
		return Cause{Kind: CauseRoundCancelled, Round: x.ID}
	case slices.ContainsFunc(c.Delays, func(d Delay) bool { return d.Round == x.ID }), slices.ContainsFunc(c.Rounds, func(r Round) bool { return r.ID == x.ID }):
		return Cause{Kind: CauseRoundChanged, Round: x.ID}
	}
	return Cause{}
}

// other is the cause of what no goods of its own explain.
func (f *differ) other() Cause {
	c := f.r.change
	switch {
	case f.first.Kind != "":
		return f.first
	case len(c.Delays) > 0:
		return Cause{Kind: CauseRoundChanged, Round: c.Delays[0].Round}
	case len(c.Rounds) > 0:
		return Cause{Kind: CauseRoundChanged, Round: c.Rounds[0].ID}
	case len(c.CancelRounds) > 0:
		return Cause{Kind: CauseRoundCancelled, Round: c.CancelRounds[0]}
	}
	return Cause{Kind: CauseOthers}
}

// round notes a difference of a round.
func (f *differ) round(d Difference, x *PlanRound) {
	who := map[string]bool{x.Producer: true}
	for id := range f.concerning[x.ID] {
		who[id] = true
	}
	d.For = names(who)
	f.out = append(f.out, d)
}

// compareStops finds the stops that two versions of a round share, in their order, and those that one of them has alone;
// later is the largest shift of a shared one.
func compareStops(was, is *PlanRound) (added, removed []string, later time.Duration) {
	key := func(r *PlanRound, k int) string {
		s := &r.Stops[k]
		switch {
		case k == 0:
			return "start " + s.Place
		case k == len(r.Stops)-1:
			return "end " + s.Place
		case s.Base != nil:
			return "own " + s.Place
		}
		return s.Place
	}
	n, m := len(was.Stops), len(is.Stops)
	// the longest sequence of stops that both have
	long := make([][]int, n+1)
	for i := range long {
		long[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for k := m - 1; k >= 0; k-- {
			if key(was, i) == key(is, k) {
				long[i][k] = long[i+1][k+1] + 1
			} else {
				long[i][k] = max(long[i+1][k], long[i][k+1])
			}
		}
	}
	shift := func(d time.Duration) {
		if d.Abs() > later.Abs() {
			later = d
		}
	}
	i, k := 0, 0
	for i < n || k < m {
		switch {
		case i < n && k < m && key(was, i) == key(is, k):
			if i > 0 {
				shift(is.Stops[k].Arrive.Sub(was.Stops[i].Arrive))
			}
			if i < n-1 {
				shift(is.Stops[k].Depart.Sub(was.Stops[i].Depart))
			}
			i, k = i+1, k+1
		case k == m || i < n && long[i+1][k] >= long[i][k+1]:
			removed = append(removed, was.Stops[i].Place)
			i++
		default:
			added = append(added, is.Stops[k].Place)
			k++
		}
	}
	return added, removed, later
}

// keepTimes leaves rounds as they were in the previous plan that stop and load as they did, together with all rounds that
// they share a vehicle or a handover with. It gives back the times that it has changed.
func (r *replanner) keepTimes(p *Plan) (undo func()) {
	was := map[string]*PlanRound{}
	for i := range r.before {
		was[r.before[i].ID] = &r.before[i]
	}
	number := map[string]int{}
	group := make([]int, len(p.Rounds)) // rounds that depend on one another have the same
	vehicle := map[string]int{}
	root := func(k int) int {
		for group[k] != k {
			k = group[k]
		}
		return k
	}
	for k := range p.Rounds {
		number[p.Rounds[k].ID] = k
		group[k] = k
		if j, ok := vehicle[p.Rounds[k].Vehicle]; ok {
			group[k] = root(j)
		}
		vehicle[p.Rounds[k].Vehicle] = k
	}
	for i := range p.Consignments {
		legs := p.Consignments[i].Legs
		for k := 1; k < len(legs); k++ {
			group[root(number[legs[k].Round])] = root(number[legs[k-1].Round])
		}
	}
	moved := map[int]bool{}
	gone := map[string]bool{}
	for i := range r.before {
		if _, ok := number[r.before[i].ID]; !ok {
			gone[r.before[i].Vehicle] = true
		}
	}
	for k := range p.Rounds {
		x := was[p.Rounds[k].ID]
		if x == nil || gone[p.Rounds[k].Vehicle] || !sameStops(x, &p.Rounds[k]) {
			moved[root(k)] = true
		}
	}
	type times struct{ arrive, depart time.Time }
	var saved [][]times
	for k := range p.Rounds {
		x := &p.Rounds[k]
		var list []times
		if !moved[root(k)] {
			for i := range x.Stops {
				list = append(list, times{x.Stops[i].Arrive, x.Stops[i].Depart})
				x.Stops[i].Arrive, x.Stops[i].Depart = was[x.ID].Stops[i].Arrive, was[x.ID].Stops[i].Depart
			}
		}
		saved = append(saved, list)
	}
	return func() {
		for k, list := range saved {
			for i, t := range list {
				p.Rounds[k].Stops[i].Arrive, p.Rounds[k].Stops[i].Depart = t.arrive, t.depart
			}
		}
	}
}

// sameStops reports whether two versions of a round stop at the same places for the same goods.
func sameStops(a, b *PlanRound) bool {
	same := func(x, y []string) bool {
		x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
		return strings.Join(x, "\x00") == strings.Join(y, "\x00")
	}
	return a.Vehicle == b.Vehicle && slices.EqualFunc(a.Stops, b.Stops, func(x, y PlanStop) bool {
		return x.Place == y.Place && (x.Base == nil) == (y.Base == nil) && same(x.Load, y.Load) && same(x.Unload, y.Unload)
	})
}
