package search

import (
	"math/rand/v2"
	"slices"
)

// way is a path that a request could take, not yet taken.
type way struct {
	n     int
	cost  int32
	rides [MaxLegs]ride
}

// label is a place that a request can be brought to, in the search for its cheapest way.
type label struct {
	place  int32
	cost   int32
	arr    int32 // there from then on
	hold   int32 // the vehicle that brings it can wait until then
	parent int32 // label before the last ride; −1: the request's origin
	legs   int32
	toll   int32 // the least that going on costs
	older  int32 // the label of this place made before; −1: none
	ride   ride
}

// option is a ride not yet looked at, from a label on a route to a place, or by its rank many of them.
type option struct {
	bound int32 // no way over it costs less
	label int32
	route int32 // −1−v: a new trip of vehicle v
	place int32
	last  bool  // it ends there, at the destination
	hub   int32 // of a new trip: the place's number among finder.hubs
	rank  int32 // 0: one ride; k > 0: those on the route to its k-th nearest place and farther ones, place is what boarding it adds; or allRoutes
}

// call is between which times a route can be at a place.
type call struct{ early, late int32 }

// allRoutes is the rank of an option that stands for all rides from its label to places of transfer.
const allRoutes = -1

// atOnce is how many rides on one route are listed before others are looked at that may be the next.
const atOnce = 16

// maxLabels is how many labels a place may have in one search.
const maxLabels = 3

// everywhere is up to how many places goods may change routes at any of them, not only where a route stops already.
const everywhere = 24

// widely is in how many iterations one goods may do so in larger problems, too.
const widely = 8

// finder searches ways through a state. It owns the scratch memory for that and what is remembered between searches.
type finder struct {
	s      *state
	rng    *rand.Rand
	wide   bool   // goods may change routes at any place
	every  bool   // look at all rides to places of transfer and for the last one, useless as they may seem
	rides  int    // how many rides to places of transfer one search looks at
	direct bool   // look for ways of one ride only
	any    bool   // the first way found will do
	blink  uint32 // a route is overlooked with probability blink/1024
	fog    uint32 // with every: a ride is overlooked with probability fog/1024
	avoid  int32  // a route that the way must not ride; −1: none
	idle   int32  // a vehicle that makes no new trip; −1: none
	merge  bool   // no new trips at all

	known *state  // a state whose ways are likely to be good ones here, too; nil: none
	usual way     // the request's way in it
	plain bool    // habits do not count
	lock  []int32 // when not nil, instead of the request's
	own   Request // the request with this lock

	gather   bool // all ways below the bound are wanted, not the cheapest
	gathered []way

	detours []int32 // by place, then route: the least that a stop of the route there adds, Inf where it cannot stop there
	calls   []call  // likewise
	stride  int
	detour  []int32 // scratch by place
	row     []call
	distTo  []int32 // Problem.Dist and Secs, by destination first
	secsTo  []int32
	service []int32   // by place
	fresh   []uint32  // version of the route that calls belong to
	order   [][]int64 // by route: see nearest
	sorted  []uint32  // version of the route that order belongs to
	trip    []int32   // by place: the least that a new trip past it costs
	viaTrip [][]int32 // by destination, then place: the least that a new trip from there costs; nil: not asked yet

	// of the request at hand
	q         *Request
	routes    []int32 // that may carry it and are not overlooked
	lasts     []int32 // those of them that are still driven when its destination accepts it
	isHub     []bool  // by place
	hubs      []int32 // places where it may change routes, the least rest first
	rest      []int32 // by place: the least that the rest of the way from there costs, with the change to it
	leastRest int32   // the least of rest
	brought   []int32 // by place, then route: at what cost a ride has been found that comes there as early as the route ever does
	notes     []int   // where brought is not Inf
	keys      []int64 // scratch
	labels    []label
	all       []ride
	newest    []int32 // by place: its newest label; −1: none
	count     []int32 // by place: its labels
	options   queue
}

func newFinder(s *state, rng *rand.Rand) *finder {
	n := len(s.p.Places)
	f := &finder{s: s, rng: rng, rides: manyRides, avoid: -1, idle: -1, viaTrip: make([][]int32, n), rest: make([]int32, n), newest: make([]int32, n), count: make([]int32, n), row: make([]call, n), detour: make([]int32, n), trip: make([]int32, n), isHub: make([]bool, n)}
	f.distTo, f.secsTo = make([]int32, n*n), make([]int32, n*n)
	for i := range n {
		for j := range n {
			f.distTo[j*n+i], f.secsTo[j*n+i] = s.p.Dist[i*n+j], s.p.Secs[i*n+j]
		}
		f.service = append(f.service, s.p.Places[i].Service)
		f.newest[i] = -1
		f.trip[i] = Inf
		for v := range s.p.Vehicles {
			if h := s.p.Vehicles[v].Home; len(s.p.Vehicles[v].Free) > 0 && !s.p.NoTrips {
				f.trip[i] = min(f.trip[i], s.dist(h, int32(i))+s.dist(int32(i), h))
			}
		}
	}
	return f
}

// refresh brings the calls of route r up to date.
func (f *finder) refresh(r int32) {
	s := f.s
	rt := &s.routes[r]
	if f.fresh[r] == rt.version {
		return
	}
	n := len(s.p.Places)
	f.fresh[r] = rt.version
	row, detour := f.row[:n], f.detour[:n]
	for i := range row {
		row[i], detour[i] = call{Inf, -Inf}, Inf
	}
	mostDist, mostSecs := rt.maxDist-rt.dist, rt.maxSecs-rt.secs
	service := f.service[:n]
	for i := rt.first; i >= 0 && !rt.frozen; i = s.stops[i].next {
		x := &s.stops[i]
		if x.next < 0 {
			break
		}
		y := &s.stops[x.next]
		out, outSecs := s.p.Dist[int(x.place)*n:][:n], s.p.Secs[int(x.place)*n:][:n]
		back, backSecs := f.distTo[int(y.place)*n:][:n], f.secsTo[int(y.place)*n:][:n]
		direct := out[y.place]
		slack, spare := y.larr-x.dep, mostSecs+outSecs[y.place]
		least := min(slack, spare)
		for q := range row {
			if d := out[q] + back[q] - direct; d <= mostDist && outSecs[q]+service[q]+backSecs[q] <= least {
				c := &row[q]
				detour[q] = min(detour[q], d)
				c.early = min(c.early, x.dep+outSecs[q])
				c.late = max(c.late, y.larr-backSecs[q])
			}
		}
	}
	for i := rt.first; i >= 0; i = s.stops[i].next {
		x := &s.stops[i]
		c := &row[x.place]
		detour[x.place] = 0
		c.early, c.late = min(c.early, x.arr), max(c.late, x.ldep)
	}
	for q, c := range row {
		k := q*f.stride + int(r)
		f.calls[k], f.detours[k] = c, detour[q]
	}
}

// near is what a stop of a route at the place adds at the least, and when it can be there, by route.
func (f *finder) near(place int32) ([]int32, []call) {
	k := int(place) * f.stride
	return f.detours[k:][:f.stride], f.calls[k:][:f.stride]
}

// tripsTo is, by place, the least cost of a new trip from it to the destination.
func (f *finder) tripsTo(to int32) []int32 {
	if f.viaTrip[to] != nil {
		return f.viaTrip[to]
	}
	p := f.s.p
	row := make([]int32, len(p.Places))
	for q := range row {
		row[q] = Inf
		if p.NoTrips {
			continue
		}
		for v := range p.Vehicles {
			if h := p.Vehicles[v].Home; len(p.Vehicles[v].Free) > 0 {
				row[q] = min(row[q], f.s.dist(h, int32(q))+f.s.dist(int32(q), to)+f.s.dist(to, h))
			}
		}
	}
	f.viaTrip[to] = row
	return row
}

func (f *finder) blinks() bool {
	return f.blink > 0 && uint32(f.rng.Uint64()&1023) < f.blink
}

func (f *finder) pick(n int) int { return f.rng.IntN(n) }

// find is the cheapest way below bound for request c, which must be without a path. It looks at rides in the order of
// the least that a way over them can cost, as a shortest path search with a lower bound for the rest of the way:
// first those of one ride, then those that change routes.
func (f *finder) find(c int32, bound int32, w *way) bool {
	s := f.s
	if s.p.Requests[c].Change > 0 && !f.plain {
		return f.findHabit(c, bound, w)
	}
	f.q = &s.p.Requests[c]
	if f.lock != nil {
		f.q = f.locked(c)
	}
	w.n, w.cost = 0, bound
	f.routes, f.lasts = f.routes[:0], f.lasts[:0]
	if len(s.routes) > f.stride {
		f.stride = len(s.routes) + 16
		f.calls = make([]call, len(s.p.Places)*f.stride)
		f.detours = make([]int32, len(s.p.Places)*f.stride)
		f.brought = slices.Repeat([]int32{Inf}, len(s.p.Places)*f.stride)
		f.fresh = make([]uint32, f.stride)
		f.sorted = make([]uint32, f.stride)
		f.order = append(f.order, make([][]int64, f.stride-len(f.order))...)
	}
	for r := range s.routes {
		r := int32(r)
		rt := &s.routes[r]
		if s.open(r) && s.stops[rt.first].dep <= f.q.Window.Close && s.stops[rt.last].larr >= f.q.Ready && s.mayCarry(f.q, rt) &&
			r != f.avoid && (f.q.Lock == nil || slices.Contains(f.q.Lock, r)) && s.hasRoom(rt, f.q) && !f.blinks() {
			f.refresh(r)
			f.routes = append(f.routes, r)
			if c := &f.calls[int(f.q.To)*f.stride+int(r)]; c.early <= f.q.Window.Close && c.late >= f.q.Window.Open {
				f.lasts = append(f.lasts, r)
			}
		}
	}
	known := f.again(c, bound)
	if known && f.usual.cost == 0 {
		*w = f.usual
		return true
	}
	if known {
		w.cost = f.usual.cost + 1 // others that cost as much are as good
	}
	f.options.clear()
	f.labels = append(f.labels[:0], label{place: f.q.From, arr: f.q.Ready, hold: Inf, parent: -1, older: -1})
	f.finish(0, w)
	f.follow(Inf, w)
	if w.cost > 0 && !s.p.Direct && !f.direct && !(f.any && w.n > 0) && (f.q.Lock == nil || len(f.q.Lock) > 1) {
		f.prepare(w)
		f.options.clear()
		f.spread(0, w)
		f.follow(f.rides, w)
		for _, l := range f.labels {
			f.newest[l.place], f.count[l.place] = -1, 0
		}
		for _, k := range f.notes {
			f.brought[k] = Inf
		}
		f.notes = f.notes[:0]
	}
	if w.n == 0 && known {
		*w = f.usual
	}
	return w.n > 0
}

// again rides the way of request c in the known state below bound, if it still can be ridden.
func (f *finder) again(c, bound int32) bool {
	s, q, k := f.s, f.q, f.known
	f.usual.n, f.usual.cost = 0, Inf
	if k == nil || k.paths[c].n == 0 || f.lock != nil || f.every || f.gather {
		return false
	}
	pa := &k.paths[c]
	if f.direct && pa.n > 1 {
		return false
	}
	w := &f.usual
	t := task{q: q, from: q.From, ready: q.Ready, meetBy: Inf}
	cost, before := int32(0), int32(-1)
	for n, l := range pa.legs[:pa.n] {
		r := k.stops[l.from].route
		t.to, t.window = k.stops[l.to].place, Window{-Inf, Inf}
		if n == int(pa.n)-1 {
			t.window = q.Window
		}
		d := &w.rides[n]
		if int(r) < len(s.routes) && s.open(r) && s.routes[r].vehicle == k.routes[r].vehicle && slices.Contains(f.routes, r) {
			if n > 0 && (before < 0 || !s.transferExists(t.from, before, r)) {
				cost += s.p.Transfer
			}
			if !s.rideOn(r, &t, bound-cost, d) {
				return false
			}
		} else {
			v := k.routes[r].vehicle
			if n > 0 {
				cost += s.p.Transfer
			}
			if k.routes[r].base >= 0 || f.merge || v == f.idle || !s.rideNew(v, &t, bound-cost, f.pick, d) {
				return false
			}
			for _, x := range w.rides[:n] {
				if x.route < 0 && x.vehicle == v {
					return false
				}
			}
		}
		if cost += d.cost; cost >= bound {
			return false
		}
		before, t.from, t.ready, t.meetBy = d.route, t.to, d.arr, Inf
		if !s.stores(t.to, q.Class) {
			t.meetBy = d.hold
		}
	}
	w.n, w.cost = int(pa.n), cost
	return true
}

// prepare lists the places where the request may change routes and bounds what is left of the way there: one last ride
// that passes both the place and the destination, or a ride away from the place, another change, and some ride to the
// destination.
func (f *finder) prepare(w *way) {
	s := f.s
	for _, p := range f.hubs {
		f.isHub[p] = false
	}
	f.hubs = f.hubs[:0]
	hub := func(p int32) {
		if !f.isHub[p] && p != f.q.From && (p != f.q.To || f.every) && (s.p.Places[p].Meet || s.stores(p, f.q.Class)) {
			f.isHub[p] = true
			f.hubs = append(f.hubs, p)
			f.rest[p] = s.p.Transfer
		}
	}
	if f.wide || len(s.p.Places) <= everywhere {
		for p := range s.p.Places {
			hub(int32(p))
		}
	}
	for _, r := range f.routes {
		for i := s.routes[r].first; i >= 0; i = s.stops[i].next {
			if hub(s.stops[i].place); s.stops[i].takes >= 0 {
				f.rest[s.stops[i].place] = 0
			}
		}
	}
	if !s.p.NoTrips && f.q.Lock == nil {
		for v := range s.p.Vehicles {
			if len(s.p.Vehicles[v].Free) > 0 {
				hub(s.p.Vehicles[v].Home)
			}
		}
	}
	f.leastRest = 0
	if f.q.Lock != nil {
		for _, p := range f.hubs {
			f.rest[p] = 0
		}
		return
	}
	f.leastRest = Inf
	trips := f.tripsTo(f.q.To)
	to, toCalls := f.near(f.q.To)
	secs := f.secsTo[int(f.q.To)*len(s.p.Places):][:len(s.p.Places)]
	n := 0
	again := s.p.Transfer
	if len(s.transfers) > len(s.freeTrans) {
		again = 0
	}
	last := f.lastRide()
	for _, p := range f.hubs {
		least := min(trips[p], again+last)
		at, calls := f.near(p)
		for _, r := range f.lasts {
			if d := max(at[r], to[r]); d < least && calls[r].early+secs[p] <= toCalls[r].late {
				least = d
			}
		}
		if f.rest[p] += least; f.rest[p] < w.cost && f.q.Ready+s.secs(f.q.From, p)+secs[p] <= f.q.Window.Close {
			f.leastRest = min(f.leastRest, f.rest[p])
			f.hubs[n] = p
			n++
		} else {
			f.isHub[p] = false
		}
	}
	f.hubs = f.hubs[:n]
	f.sortHubs()
}

// sortHubs orders the places of transfer by the rest of the way from there.
func (f *finder) sortHubs() {
	f.keys = f.keys[:0]
	for _, h := range f.hubs {
		f.keys = append(f.keys, int64(f.rest[h])<<32|int64(h))
	}
	slices.Sort(f.keys)
	for i, k := range f.keys {
		f.hubs[i] = int32(k)
	}
}

// lastRide is the least that a ride to the destination costs.
func (f *finder) lastRide() int32 {
	least := f.trip[f.q.To]
	to, _ := f.near(f.q.To)
	for _, r := range f.lasts {
		least = min(least, to[r])
	}
	return least
}

// follow looks at the options in the order of their bounds, at most so many rides to places of transfer.
func (f *finder) follow(most int, w *way) {
	for f.options.least() < w.cost {
		o := f.options.pop()
		if o.rank != 0 {
			f.goOn(o, w)
			continue
		}
		l := &f.labels[o.label]
		var best ride
		cost := l.cost
		t := task{q: f.q, from: l.place, to: o.place, ready: l.arr, meetBy: f.meetBy(o.label), window: Window{-Inf, Inf}}
		below := w.cost
		if o.last {
			t.window = f.q.Window
		} else {
			if most == 0 {
				return
			}
			if o.route < 0 {
				f.nextTrip(o, w)
			}
			if f.crowded(o.place, o.bound) || o.route >= 0 && f.brought[int(o.place)*f.stride+int(o.route)] <= o.bound-f.rest[o.place] {
				continue
			}
			most--
			below -= f.rest[o.place]
		}
		if f.every {
			f.all = f.all[:0]
			t.all, t.blink = &f.all, f.overlooks
		}
		cost += f.toll(o.label, max(o.route, -1))
		found := false
		if o.route >= 0 {
			found = f.s.rideOn(o.route, &t, below-cost, &best)
		} else {
			found = f.s.rideNew(-1-o.route, &t, below-cost, f.pick, &best)
		}
		if found {
			f.reach(&o, &best, cost, w)
		}
		if f.every {
			for i := range f.all {
				f.reach(&o, &f.all[i], cost, w)
			}
		}
		if f.any && w.n > 0 {
			return
		}
	}
}

// reach goes on from the end of a ride, or makes w the way that ends there. cost is what the way costs up to the ride.
func (f *finder) reach(o *option, r *ride, cost int32, w *way) {
	cost += r.cost
	if o.last {
		if cost < w.cost {
			f.keep(o.label, r, cost, w)
		}
		return
	}
	f.bring(o.place, r, cost)
	if r.arr+f.s.secs(o.place, f.q.To) > f.q.Window.Close || f.dominated(o.place, cost, r) {
		return
	}
	k := int32(len(f.labels))
	f.labels = append(f.labels, label{place: o.place, cost: cost, arr: r.arr, hold: r.hold, parent: o.label,
		legs: f.labels[o.label].legs + 1, older: f.newest[o.place], ride: *r})
	f.newest[o.place] = k
	f.count[o.place]++
	f.labels[k].toll = f.leastToll(k)
	f.finish(k, w)
	if l := &f.labels[k]; l.legs+1 < MaxLegs && (f.q.Lock == nil || int(l.legs)+1 < len(f.q.Lock)) {
		f.push(option{bound: l.cost + l.toll + f.leastRest, label: k, rank: allRoutes}, w)
	}
}

// bring notes that a ride brings goods to the place as early as its route ever comes there: no dearer one on it need be looked at.
func (f *finder) bring(place int32, r *ride, cost int32) {
	if r.route < 0 || r.unloadNew || r.arr != f.s.stops[r.unload].arr || f.every {
		return
	}
	for i := f.s.routes[r.route].first; i != r.unload; i = f.s.stops[i].next {
		if f.s.stops[i].place == place {
			return
		}
	}
	k := int(place)*f.stride + int(r.route)
	if f.brought[k] == Inf {
		f.notes = append(f.notes, k)
	}
	f.brought[k] = min(f.brought[k], cost)
}

// overlooks says, now and then, that a single ride is to be overlooked.
func (f *finder) overlooks() bool {
	return f.blink > 0 && uint32(f.rng.Uint64()&1023) < f.fog
}

// meetBy is when a vehicle that takes goods over at label k must have arrived.
func (f *finder) meetBy(k int32) int32 {
	if l := &f.labels[k]; k > 0 && !f.s.stores(l.place, f.q.Class) {
		return l.hold
	}
	return Inf
}

// crowded reports whether a place has labels enough that cost no more than one of the bound. It has then for every greater
// bound, too.
func (f *finder) crowded(place, bound int32) bool {
	if f.every || f.count[place] < maxLabels {
		return false
	}
	n := 0
	for k := f.newest[place]; k >= 0; k = f.labels[k].older {
		if f.labels[k].cost <= bound-f.rest[place] {
			n++
		}
	}
	return n >= maxLabels
}

// dominated reports whether a label of the place is no dearer than the ride, no later, and can wait as long.
func (f *finder) dominated(place, cost int32, d *ride) bool {
	for k := f.newest[place]; k >= 0; k = f.labels[k].older {
		if l := &f.labels[k]; l.cost <= cost && l.arr <= d.arr && (l.hold >= d.hold || f.s.stores(place, f.q.Class)) {
			return true
		}
	}
	return false
}

// leastToll is the least that changing from label k to another route costs.
func (f *finder) leastToll(k int32) int32 {
	s, l := f.s, &f.labels[k]
	if l.ride.route >= 0 {
		for i := s.routes[l.ride.route].first; i >= 0; i = s.stops[i].next {
			if s.stops[i].place == l.place && s.stops[i].gives >= 0 {
				return 0
			}
		}
	}
	return s.p.Transfer
}

// toll is what changing from label k to route r costs.
func (f *finder) toll(k, r int32) int32 {
	l := &f.labels[k]
	if k == 0 || l.ride.route >= 0 && r >= 0 && f.s.transferExists(l.place, l.ride.route, r) {
		return 0
	}
	return f.s.p.Transfer
}

// ridden reports whether the way to label k rides route r.
func (f *finder) ridden(k, r int32) bool {
	for ; k > 0; k = f.labels[k].parent {
		if f.labels[k].ride.route == r {
			return true
		}
	}
	return false
}

// driven reports whether the way to label k opens a trip of vehicle v.
func (f *finder) driven(k, v int32) bool {
	for ; k > 0; k = f.labels[k].parent {
		if f.labels[k].ride.route < 0 && f.labels[k].ride.vehicle == v {
			return true
		}
	}
	return false
}

// finish lists the last rides from label k.
func (f *finder) finish(k int32, w *way) {
	s, q := f.s, f.q
	l := &f.labels[k]
	if l.place == q.To {
		return
	}
	if q.Lock != nil {
		if int(l.legs)+1 == len(q.Lock) && slices.Contains(f.lasts, q.Lock[l.legs]) {
			f.push(option{bound: l.cost, label: k, route: q.Lock[l.legs], place: q.To, last: true}, w)
		}
		return
	}
	at, calls := f.near(l.place)
	to, toCalls := f.near(q.To)
	secs := s.secs(l.place, q.To)
	meetBy := f.meetBy(k)
	for _, r := range f.lasts {
		a, z := &calls[r], &toCalls[r]
		if b := l.cost + l.toll + max(at[r], to[r]); b < w.cost && a.late >= l.arr && a.early <= meetBy && max(l.arr, a.early)+secs <= z.late && !f.ridden(k, r) {
			f.push(option{bound: b, label: k, route: r, place: q.To, last: true}, w)
		}
	}
	cost := l.cost + f.toll(k, -1)
	if s.p.NoTrips || f.merge || cost+f.tripsTo(q.To)[l.place] >= w.cost {
		return
	}
	for v := range s.p.Vehicles {
		veh := &s.p.Vehicles[v]
		if b := cost + s.dist(veh.Home, l.place) + s.dist(l.place, q.To) + s.dist(q.To, veh.Home); b < w.cost && len(veh.Free) > 0 && int32(v) != f.idle && !f.driven(k, int32(v)) && !f.blinks() {
			f.push(option{bound: b, label: k, route: int32(-1 - v), place: q.To, last: true}, w)
		}
	}
}

// goOn lists rides from a label to places of transfer, as many as may be the next to look at: first which routes can go on
// from it, then for each of them the places by its detour to them.
func (f *finder) goOn(o option, w *way) {
	if o.rank == allRoutes {
		f.spread(o.label, w)
		return
	}
	l := &f.labels[o.label]
	base := l.cost + l.toll
	list := f.nearest(o.route)
	secs := f.s.p.Secs[int(l.place)*len(f.s.p.Places):][:len(f.s.p.Places)]
	hours, brought, stride := f.calls[o.route:], f.brought[o.route:], f.stride
	for i, n := int(o.rank-1), 0; i < len(list); i++ {
		d, h := max(o.place, int32(list[i]>>32)), int32(list[i])
		b := base + d + f.leastRest
		if b >= w.cost {
			return
		}
		if !f.isHub[h] || h == l.place || l.arr+secs[h] > hours[int(h)*stride].late {
			continue
		}
		if n >= atOnce && f.options.least() < b {
			o.bound, o.rank = b, int32(i+1)
			f.push(o, w)
			return
		}
		if b += f.rest[h] - f.leastRest; b < w.cost && !f.crowded(h, b) && brought[int(h)*stride] > base+d {
			f.push(option{bound: b, label: o.label, route: o.route, place: h}, w)
			n++
		}
	}
}

// nearest is the places where route r can stop, by what that adds at the least: that times 2³² and the place.
func (f *finder) nearest(r int32) []int64 {
	if f.sorted[r] != f.fresh[r] {
		f.sorted[r] = f.fresh[r]
		list := f.order[r][:0]
		for p, k := 0, int(r); p < len(f.isHub); p, k = p+1, k+f.stride {
			if d := f.detours[k]; d < Inf {
				list = append(list, int64(d)<<32|int64(p))
			}
		}
		slices.Sort(list)
		f.order[r] = list
	}
	return f.order[r]
}

// spread lists the routes that can go on from label k and the rides on new trips.
func (f *finder) spread(k int32, w *way) {
	s, q := f.s, f.q
	l := &f.labels[k]
	at, calls := f.near(l.place)
	base := l.cost + l.toll + f.leastRest
	meetBy := f.meetBy(k)
	for _, r := range f.routes {
		d := at[r]
		if base+d >= w.cost {
			continue
		}
		if c := &calls[r]; c.late >= l.arr && c.early <= meetBy && (q.Lock == nil || q.Lock[l.legs] == r) && !f.ridden(k, r) {
			f.push(option{bound: base + d, label: k, route: r, place: d, rank: 1}, w)
		}
	}
	if q.Lock != nil || s.p.NoTrips || f.merge {
		return
	}
	cost := l.cost + f.toll(k, -1)
	for v := range s.p.Vehicles {
		veh := &s.p.Vehicles[v]
		if len(veh.Free) == 0 || int32(v) == f.idle {
			continue
		}
		if cost+s.dist(veh.Home, l.place)+f.leastRest < w.cost && !f.driven(k, int32(v)) {
			f.nextTrip(option{bound: -1, label: k, route: int32(-1 - v), place: -1}, w)
		}
	}
}

// nextTrip lists the ride from the label on the new trip of o to the place that comes after o's by bound and number. The
// trip takes goods from their origin anywhere, but takes them on to its home alone.
func (f *finder) nextTrip(o option, w *way) {
	s, l := f.s, &f.labels[o.label]
	home := s.p.Vehicles[-1-o.route].Home
	out := l.cost + f.toll(o.label, -1) + s.dist(home, l.place)
	if o.label != 0 {
		if b := out + s.dist(l.place, home) + f.rest[home]; o.place < 0 && f.isHub[home] && home != l.place && b < w.cost && !f.crowded(home, b) {
			f.push(option{bound: b, label: o.label, route: o.route, place: home}, w)
		}
		return
	}
	best := option{bound: w.cost, label: o.label, route: o.route, place: -1}
	n := len(s.p.Places)
	to, back := s.p.Dist[int(l.place)*n:][:n], f.distTo[int(home)*n:][:n]
	for i, h := range f.hubs {
		b := out + to[h] + back[h] + f.rest[h]
		if b < best.bound && (b > o.bound || b == o.bound && int32(i) > o.hub) && h != l.place && !f.crowded(h, b) {
			best.bound, best.place, best.hub = b, h, int32(i)
		}
	}
	if best.place >= 0 {
		f.push(best, w)
	}
}

// keep makes w the way to label k and on by the ride.
func (f *finder) keep(k int32, r *ride, cost int32, w *way) {
	if f.gather {
		x := way{}
		f.gather = false
		f.keep(k, r, cost, &x)
		f.gather = true
		f.gathered = append(f.gathered, x)
		return
	}
	w.cost = cost
	w.n = int(f.labels[k].legs) + 1
	w.rides[w.n-1] = *r
	for ; k > 0; k = f.labels[k].parent {
		w.rides[f.labels[k].legs-1] = f.labels[k].ride
	}
}

// push lists an option that may lead to a way cheaper than w.
func (f *finder) push(o option, w *way) {
	if o.bound < w.cost {
		f.options.push(o)
	}
}
