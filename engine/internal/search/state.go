package search

// stop is one stop of a route. Stops of a route form a list from its start to its end.
type stop struct {
	place, route int32
	prev, next   int32 // −1 before the start and after the end
	own          int32 // index of the route's own stop; added, atStart or atEnd
	uses         int32 // legs that begin or end here
	ready        int32 // departure no earlier, for goods that are loaded here
	by           int32 // arrival no later
	window       Window
	service      int32
	arr, dep     int32 // earliest arrival and departure
	larr, ldep   int32 // latest ones that keep every window
	gives, takes int32 // transfers of which this stop is the giving, the taking side; −1: none
	load         Load  // on board after leaving
}

// What a stop is that is not one of the route's own.
const (
	added   = -1
	atStart = -2
	atEnd   = -3
)

// Times of a stop that has not been timed yet.
const (
	never  = -2 * Inf
	always = 2 * Inf
)

// route is the present shape of an existing route or a trip. A trip without legs is closed and outside its chain.
type route struct {
	first, last    int32
	vehicle, owner int32
	base           int32 // index in Problem.Routes; −1: a trip
	free           int32 // of a trip: the free window it lies in
	chainPrev      int32 // the vehicle's route before and after this one; −1: none
	chainNext      int32
	legs           int32 // rides on it
	depart, ret    int32
	dist, secs     int32 // travel, and travel plus service
	baseDist       int32
	maxDist        int32 // limits on dist and secs
	maxSecs        int32
	frozen         bool
	late           bool   // a window was missed when it was last timed
	version        uint32 // changes with the sequence of stops and with its times
	hours          uint64 // digest of the times
}

// transfer is a pair of stops at one place where requests change routes.
type transfer struct {
	giver, taker        int32
	store, meet         int32 // requests that may wait between the two, and requests that need both present
	nextGive, nextTaken int32 // the next of the same giver, of the same taker
}

// leg is a ride between two stops of one route.
type leg struct{ from, to int32 }

type path struct {
	n     int32 // 0: unserved
	legs  [MaxLegs]leg
	moved bool // its Change is in the cost
}

// state is a solution with everything that makes judging a change cheap.
//
// Invariants: every list of stops begins at its route's start and ends at its end, holds the route's own stops in order,
// and holds no added stop that no leg uses. arr and dep are the least solution of all time constraints (windows, travel,
// transfers, chains of a vehicle's routes), larr and ldep the greatest; arr ≤ larr everywhere. load never exceeds the
// vehicle's. cost is the sum of added distances, their prices beyond those of no added distance, transfer events and changed
// habits; lost the penalties of requests without a path.
type state struct {
	p         *Problem
	stops     []stop
	freeStops []int32
	routes    []route
	freeTrips []int32
	chain     []int32 // first route of each vehicle's chain; −1: none
	transfers []transfer
	freeTrans []int32
	paths     []path
	owed      []int32 // added distance of each owner
	cost      int64
	lost      int64
	versions  uint32

	queue []int32 // scratch of the propagation
	mark  []bool
	todo  []int32
	again []int32
	stale []int32 // routes that a failed propagation left untimed
}

func newState(p *Problem) *state {
	s := &state{p: p, paths: make([]path, len(p.Requests)), owed: make([]int32, len(p.Owners)), chain: make([]int32, len(p.Vehicles))}
	for i := range s.chain {
		s.chain[i] = -1
	}
	for i := range p.Routes {
		b := &p.Routes[i]
		r := int32(len(s.routes))
		s.routes = append(s.routes, route{vehicle: b.Vehicle, owner: b.Owner, base: int32(i), free: -1, chainPrev: -1, chainNext: -1,
			depart: b.Depart, ret: b.Return, maxDist: Inf, maxSecs: Inf, frozen: b.Frozen})
		rt := &s.routes[r]
		rt.first = s.newStop(r, b.Start, atStart)
		rt.last = s.newStop(r, b.End, atEnd)
		s.stops[rt.first].next, s.stops[rt.last].prev = rt.last, rt.first
		at := rt.first
		for k, o := range b.Stops {
			x := s.newStop(r, o.Place, int32(k))
			s.link(x, at)
			at = x
		}
		rt.dist, rt.secs = s.length(r)
		rt.baseDist = rt.dist
		rt.maxDist = addLimit(rt.dist, b.MaxDist)
		rt.maxSecs = addLimit(rt.secs, b.MaxSecs)
	}
	for v := range p.Vehicles {
		prev := int32(-1)
		for _, r := range p.Vehicles[v].Chain {
			s.chainAfter(r, prev)
			prev = r
		}
	}
	for c := range p.Requests {
		s.lost += p.Requests[c].Penalty
	}
	for r := range s.routes {
		s.rebuild(int32(r))
		s.versions++
		s.routes[r].version = s.versions
		s.queue = append(s.queue, int32(r))
	}
	s.propagate()
	return s
}

func addLimit(a, b int32) int32 {
	if b >= Inf {
		return Inf
	}
	return a + b
}

func (s *state) dist(a, b int32) int32 { return s.p.Dist[int(a)*len(s.p.Places)+int(b)] }
func (s *state) secs(a, b int32) int32 { return s.p.Secs[int(a)*len(s.p.Places)+int(b)] }

func (s *state) total() Cost { return Cost{s.lost, s.cost} }

// newStop makes a stop that is not linked yet.
func (s *state) newStop(r, place, own int32) int32 {
	x := stop{place: place, route: r, prev: -1, next: -1, own: own, gives: -1, takes: -1, arr: never, dep: never, larr: always, ldep: always}
	if own >= 0 {
		x.service = s.p.Routes[s.routes[r].base].Stops[own].Service
	} else if own == added {
		x.service = s.p.Places[place].Service
	}
	if n := len(s.freeStops); n > 0 {
		i := s.freeStops[n-1]
		s.freeStops = s.freeStops[:n-1]
		s.stops[i] = x
		s.clear(i)
		return i
	}
	s.stops = append(s.stops, x)
	s.clear(int32(len(s.stops) - 1))
	return int32(len(s.stops) - 1)
}

// clear sets what goods ask of a stop to what it is without any.
func (s *state) clear(i int32) {
	x := &s.stops[i]
	x.uses, x.ready, x.by = 0, -Inf, Inf
	x.window = Window{-Inf, Inf}
	if s.routes[x.route].base < 0 || x.own == added {
		return
	}
	b := &s.p.Routes[s.routes[x.route].base]
	switch x.own {
	case atStart:
		x.by = b.StartBy
	case atEnd:
		x.window = b.EndWindow
	default:
		o := &b.Stops[x.own]
		x.window, x.ready, x.by = o.Window, o.Ready, o.By
	}
}

// link puts stop x behind stop at.
func (s *state) link(x, at int32) {
	n := s.stops[at].next
	s.stops[x].prev, s.stops[x].next = at, n
	s.stops[at].next, s.stops[n].prev = x, x
}

func (s *state) unlink(x int32) {
	a, b := s.stops[x].prev, s.stops[x].next
	s.stops[a].next, s.stops[b].prev = b, a
}

// chainAfter puts route r into its vehicle's chain behind prev, first for −1.
func (s *state) chainAfter(r, prev int32) {
	v := s.routes[r].vehicle
	next := s.chain[v]
	if prev >= 0 {
		next = s.routes[prev].chainNext
		s.routes[prev].chainNext = r
	} else {
		s.chain[v] = r
	}
	s.routes[r].chainPrev, s.routes[r].chainNext = prev, next
	if next >= 0 {
		s.routes[next].chainPrev = r
	}
}

func (s *state) unchain(r int32) {
	a, b := s.routes[r].chainPrev, s.routes[r].chainNext
	if a >= 0 {
		s.routes[a].chainNext = b
	} else {
		s.chain[s.routes[r].vehicle] = b
	}
	if b >= 0 {
		s.routes[b].chainPrev = a
	}
	s.routes[r].chainPrev, s.routes[r].chainNext = -1, -1
}

// openTrip makes a trip without stops for a vehicle, in its free window f, behind route prev of its chain.
func (s *state) openTrip(v, f, prev int32) int32 {
	veh := &s.p.Vehicles[v]
	t := route{vehicle: v, owner: veh.Owner, base: -1, free: f, depart: veh.Free[f].Open, ret: veh.Free[f].Close, maxDist: Inf, maxSecs: Inf}
	var r int32
	if n := len(s.freeTrips); n > 0 {
		r = s.freeTrips[n-1]
		s.freeTrips = s.freeTrips[:n-1]
		t.first, t.last = s.routes[r].first, s.routes[r].last
		s.routes[r] = t
		for _, i := range [2]int32{t.first, t.last} {
			own := s.stops[i].own
			s.stops[i] = stop{place: veh.Home, route: r, prev: -1, next: -1, own: own, gives: -1, takes: -1, arr: never, dep: never, larr: always, ldep: always}
			s.clear(i)
		}
	} else {
		r = int32(len(s.routes))
		s.routes = append(s.routes, t)
		a := s.newStop(r, veh.Home, atStart)
		b := s.newStop(r, veh.Home, atEnd)
		s.routes[r].first, s.routes[r].last = a, b
	}
	rt := &s.routes[r]
	s.stops[rt.first].next, s.stops[rt.last].prev = rt.last, rt.first
	s.chainAfter(r, prev)
	s.measure(r)
	return r
}

// closeTrip takes a trip without legs out of its chain.
func (s *state) closeTrip(r int32) {
	s.unchain(r)
	s.freeTrips = append(s.freeTrips, r)
}

// open reports whether the route is driven.
func (s *state) open(r int32) bool { return s.routes[r].base >= 0 || s.routes[r].legs > 0 }

// length is a route's distance, and its travel time plus service.
func (s *state) length(r int32) (dist, secs int32) {
	for i := s.routes[r].first; i != s.routes[r].last; {
		n := s.stops[i].next
		dist += s.dist(s.stops[i].place, s.stops[n].place)
		secs += s.secs(s.stops[i].place, s.stops[n].place) + s.stops[n].service
		i = n
	}
	return dist, secs
}

// measure books what has changed in a route's sequence of stops.
func (s *state) measure(r int32) {
	rt := &s.routes[r]
	d, t := s.length(r)
	s.cost += int64(d - rt.dist)
	s.cost -= s.p.Price(rt.owner, s.owed[rt.owner])
	s.owed[rt.owner] += d - rt.dist
	s.cost += s.p.Price(rt.owner, s.owed[rt.owner])
	rt.dist, rt.secs = d, t
	s.versions++
	rt.version = s.versions
}

// within reports whether the route and its owner keep their limits.
func (s *state) within(r int32) bool {
	rt := &s.routes[r]
	return rt.dist <= rt.maxDist && rt.secs <= rt.maxSecs && s.owed[rt.owner] <= s.p.Owners[rt.owner]
}

// book adds request c's ride to what its stops and the stretch between them bear.
func (s *state) book(c int32, k int32) {
	q, pa := &s.p.Requests[c], &s.paths[c]
	l := pa.legs[k]
	from, to := &s.stops[l.from], &s.stops[l.to]
	from.uses++
	to.uses++
	s.routes[from.route].legs++
	if k == 0 {
		from.ready = max(from.ready, q.Ready)
	}
	if k == pa.n-1 {
		to.window.Open = max(to.window.Open, q.Window.Open)
		to.window.Close = min(to.window.Close, q.Window.Close)
	}
	for i := l.from; i != l.to; i = s.stops[i].next {
		s.stops[i].load[0] += q.Weight
		s.stops[i].load[q.Class] += q.Volume
	}
}

// rebuild sets what route r's stops bear to the route's own goods alone.
func (s *state) rebuild(r int32) {
	rt := &s.routes[r]
	rt.legs = 0
	var own Load
	if rt.base >= 0 {
		own = s.p.Routes[rt.base].EndUnload
		for _, o := range s.p.Routes[rt.base].Stops {
			for k, x := range o.Unload {
				own[k] += x
			}
		}
	}
	for i := rt.first; i >= 0; i = s.stops[i].next {
		s.clear(i)
		if o := s.stops[i].own; o >= 0 {
			for k, x := range s.p.Routes[rt.base].Stops[o].Unload {
				own[k] -= x
			}
		}
		s.stops[i].load = own
		if i == rt.last {
			s.stops[i].load = Load{}
		}
	}
}

// remove takes the requests out of their paths, with the stops and trips that nothing uses any more. It reports whether
// every window and limit is kept, which may fail only where a detour is shorter than the direct way.
func (s *state) remove(requests []int32) bool {
	touched := s.queue[:0]
	for len(s.mark) < len(s.routes) {
		s.mark = append(s.mark, false)
	}
	for _, c := range requests {
		pa := &s.paths[c]
		for k := int32(0); k < pa.n; k++ {
			r := s.stops[pa.legs[k].from].route
			if !s.mark[r] {
				s.mark[r] = true
				touched = append(touched, r)
			}
			if k > 0 {
				s.dropTransfer(c, pa.legs[k-1].to, pa.legs[k].from)
			}
		}
		if pa.n > 0 {
			s.lost += s.p.Requests[c].Penalty
		}
		if q := &s.p.Requests[c]; q.Change > 0 {
			s.refund(c)
		}
		pa.n = 0
	}
	for _, r := range touched {
		s.rebuild(r)
	}
	for c := range s.paths {
		pa := &s.paths[c]
		for k := int32(0); k < pa.n; k++ {
			if s.mark[s.stops[pa.legs[k].from].route] {
				s.book(int32(c), k)
			}
		}
	}
	ok := true
	for _, r := range touched {
		s.mark[r] = false
		rt := &s.routes[r]
		if s.strip(r) || rt.base < 0 {
			s.measure(r)
		}
		if rt.base < 0 && rt.legs == 0 {
			if rt.chainNext >= 0 {
				touched = append(touched, rt.chainNext)
			}
			if rt.chainPrev >= 0 {
				touched = append(touched, rt.chainPrev)
			}
			s.closeTrip(r)
		}
		ok = ok && s.within(r)
	}
	s.queue = touched
	return s.retime() && ok
}

// strip takes the added stops that nothing uses out of route r, and reports whether there were any.
func (s *state) strip(r int32) bool {
	gone := false
	for i := s.stops[s.routes[r].first].next; i != s.routes[r].last; {
		next := s.stops[i].next
		if s.stops[i].own == added && s.stops[i].uses == 0 {
			s.unlink(i)
			s.freeStops = append(s.freeStops, i)
			gone = true
		}
		i = next
	}
	return gone
}

// transferExists reports whether goods change from route g to route t at the place already.
func (s *state) transferExists(place, g, t int32) bool {
	for i := s.routes[g].first; i >= 0; i = s.stops[i].next {
		if s.stops[i].place != place {
			continue
		}
		for h := s.stops[i].gives; h >= 0; h = s.transfers[h].nextGive {
			if s.stops[s.transfers[h].taker].route == t {
				return true
			}
		}
	}
	return false
}

func (s *state) findTransfer(giver, taker int32) int32 {
	h := s.stops[giver].gives
	for h >= 0 && s.transfers[h].taker != taker {
		h = s.transfers[h].nextGive
	}
	return h
}

func (s *state) stores(place, class int32) bool { return s.p.Places[place].Store>>class&1 != 0 }

// addTransfer books that request c changes from stop giver to stop taker.
func (s *state) addTransfer(c, giver, taker int32) {
	h := s.findTransfer(giver, taker)
	if h < 0 {
		if !s.transferExists(s.stops[giver].place, s.stops[giver].route, s.stops[taker].route) {
			s.cost += int64(s.p.Transfer)
		}
		if n := len(s.freeTrans); n > 0 {
			h = s.freeTrans[n-1]
			s.freeTrans = s.freeTrans[:n-1]
		} else {
			h = int32(len(s.transfers))
			s.transfers = append(s.transfers, transfer{})
		}
		s.transfers[h] = transfer{giver: giver, taker: taker, nextGive: s.stops[giver].gives, nextTaken: s.stops[taker].takes}
		s.stops[giver].gives, s.stops[taker].takes = h, h
	}
	if s.stores(s.stops[giver].place, s.p.Requests[c].Class) {
		s.transfers[h].store++
	} else {
		s.transfers[h].meet++
	}
}

func (s *state) dropTransfer(c, giver, taker int32) {
	h := s.findTransfer(giver, taker)
	x := &s.transfers[h]
	if s.stores(s.stops[giver].place, s.p.Requests[c].Class) {
		x.store--
	} else {
		x.meet--
	}
	if x.store+x.meet > 0 {
		return
	}
	for at := &s.stops[giver].gives; ; at = &s.transfers[*at].nextGive {
		if *at == h {
			*at = x.nextGive
			break
		}
	}
	for at := &s.stops[taker].takes; ; at = &s.transfers[*at].nextTaken {
		if *at == h {
			*at = x.nextTaken
			break
		}
	}
	s.freeTrans = append(s.freeTrans, h)
	if !s.transferExists(s.stops[giver].place, s.stops[giver].route, s.stops[taker].route) {
		s.cost -= int64(s.p.Transfer)
	}
}

// copyFrom makes s equal to t, without allocating when s has been as large.
func (s *state) copyFrom(t *state) {
	s.p = t.p
	s.stops = append(s.stops[:0], t.stops...)
	s.freeStops = append(s.freeStops[:0], t.freeStops...)
	s.routes = append(s.routes[:0], t.routes...)
	s.freeTrips = append(s.freeTrips[:0], t.freeTrips...)
	s.chain = append(s.chain[:0], t.chain...)
	s.transfers = append(s.transfers[:0], t.transfers...)
	s.freeTrans = append(s.freeTrans[:0], t.freeTrans...)
	s.paths = append(s.paths[:0], t.paths...)
	s.owed = append(s.owed[:0], t.owed...)
	s.cost, s.lost = t.cost, t.lost
	s.stale = append(s.stale[:0], t.stale...)
	s.versions = max(s.versions, t.versions)
}
