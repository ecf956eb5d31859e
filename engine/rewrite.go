package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"carriole/engine/internal/search"
)

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
	m.balance(p, slices.Clone(r.lone), r.loneFuel)
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
		order := &w.Orders[i]
		var repair *Repair
		reason := ""
		for n := range order.Lines {
			switch l := (LineRef{order.ID, n}); {
			case order.Lines[n].Held != nil:
				add(l, order.Lines[n].Held.repair(), order.Lines[n].Held.English)
			case r.point[i] < 0:
				if reason == "" {
					repair, reason = ask().noPickup(order)
				}
				add(l, repair, reason)
			}
		}
	}
}

// standAlone finds what each would drive alone, of which the previous plan knows what has not changed, and what the week's
// wishes to be fair to each ask beside it.
func (r *replanner) standAlone() {
	m := r.m
	touched, all := r.touched()
	known := map[string]*Share{}
	for i := range r.previous.Summary.Producers {
		known[r.previous.Summary.Producers[i].Producer] = &r.previous.Summary.Producers[i]
	}
	var anew []int
	for _, i := range m.producers {
		if id := m.week.Producers[i].ID; known[id] == nil || all || touched[id] {
			anew = append(anew, i)
		}
	}
	now := m.now
	m.now = -search.Inf
	alone := r.aloneOf(anew)
	m.now = now
	r.loneFuel = &emissions{m: m}
	r.lone = m.shares(alone, r.loneFuel)
	added := m.addedBy(alone)
	for k, i := range m.producers {
		x := known[m.week.Producers[i].ID]
		if slices.Contains(anew, i) {
			continue
		}
		added[k] = int64(math.Round((x.AloneMetres - r.lone[i].AloneMetres) * m.unit)) // the draft has their own rounds alone
		r.lone[i] = Share{Producer: x.Producer, AloneMetres: x.AloneMetres, AloneCO2Kg: x.AloneCO2Kg, AloneUnserved: x.AloneUnserved}
	}
	if len(anew) < len(r.lone) {
		source := r.previous.Summary.CO2Source
		r.loneFuel.own = r.loneFuel.own || source == CO2Own || source == CO2Both
		r.loneFuel.standard = r.loneFuel.standard || source == CO2Default || source == CO2Both
	}
	m.wish = m.wishesOf(m.week.Settings.Fairness, m.week.Settings.NobodyWorseOff, added)
}

// touched are the producers for whom the change makes a difference alone; all: nobody knows which.
func (r *replanner) touched() (who map[string]bool, all bool) {
	c := r.change
	who = map[string]bool{}
	if r.m.week.ID != r.previous.Week || r.silent() {
		return who, true
	}
	orders, rounds, vehicles := map[string]bool{}, map[string]bool{}, map[string]bool{}
	mark(orders, c.Orders, func(o Order) string { return o.ID })
	mark(orders, c.CancelOrders, itself)
	mark(orders, c.Weighed, func(x Weighed) string { return x.Order })
	mark(orders, c.CancelLines, func(l LineRef) string { return l.Order })
	mark(rounds, c.Rounds, func(x Round) string { return x.ID })
	mark(rounds, c.Delays, func(x Delay) string { return x.Round })
	mark(rounds, c.CancelRounds, itself)
	mark(vehicles, c.Vehicles, func(v Vehicle) string { return v.ID })
	mark(vehicles, c.Breakdowns, itself)
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

// mark adds the ids of a list to a set.
func mark[T any](set map[string]bool, list []T, id func(T) string) {
	for _, x := range list {
		set[id(x)] = true
	}
}

func itself(id string) string { return id }

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
		if slices.Contains(producers, c.producer) && !r.m.collected(c) {
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
