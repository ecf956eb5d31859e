package engine

import (
	"carriole/engine/internal/search"
	"carriole/geo"
	"fmt"
	"slices"
)

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
		if line := &m.week.Orders[o].Lines[now.Line]; line.Producer == x.Producer && line.Temperature() == c.class && line.Carrier() == c.by && line.Held == nil {
			c.add(now, line)
		}
	}
	if len(c.lines) == 0 {
		return
	}
	m.lock(c)
	switch {
	case m.collected(c) && c.locked:
		r.addParcel(c, nil, underway{load: -1}, i, Cause{Kind: CauseLock})
		return
	case m.collected(c):
		r.over = append(r.over, arrived{c, nil, i})
		return
	}
	u := underway{load: -1}
	var way []draftLeg
	var why Cause
	var usual []string
	fetched := false // by a van that is where the goods are brought to, or about to come there
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
			o := &d.rounds[n]
			fetched = fetched || len(way) > 0 && o.begun && leg.from == o.stops[o.head]
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
	if k := len(u.past) - 1; k >= 0 && u.load < 0 && !m.week.Places[u.place].CanStore(c.class) {
		// it is about to be handed over, and cannot wait there; or it has been, to a van that came nowhere
		given := d.stops[u.past[k].to].depart <= m.now
		if why.Kind == "" && r.release && !given {
			why = Cause{Kind: CauseHours, Round: x.Legs[k].Round}
		}
		switch n := d.round(u.past[k]); {
		case why.Kind == "":
			u.held = !given
		case given, d.rounds[n].over():
			c.lock, c.locked = nil, true // nobody can fetch it from there
		default:
			u.load, u.round, u.past = u.past[k].from, n, u.past[:k]
		}
	}
	u.held = u.held || fetched && why.Kind == "" && !r.release
	m.accustom(c, usual, valueOr(m.week.Settings.ChangeM, defaultChangeM))
	if why.Kind != "" || len(x.Legs) == 0 {
		way = nil
	}
	r.addParcel(c, way, u, i, why)
}

func (r *replanner) addParcel(c *parcel, way []draftLeg, u underway, was int, why Cause) {
	d := r.d
	d.parcels, d.ways, d.under = append(d.parcels, c), append(d.ways, way), append(d.under, u)
	r.was, r.cause, r.saved, r.evened = append(r.was, was), append(r.cause, why), append(r.saved, 0), append(r.evened, false)
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
	if _, ok := m.barred[m.barOf(c, o.base, o.vehicle)]; ok {
		return Cause{Kind: CauseLongest, Round: id, Vehicle: v.ID}
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
			if m.collected(x) && !x.locked {
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
