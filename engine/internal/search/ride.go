package search

// ride is a way to take goods from one place to another on one route: where they are loaded and unloaded, and what it adds.
type ride struct {
	route     int32 // −1: a new trip of vehicle, in its free window free, behind route after of its chain
	vehicle   int32
	free      int32
	after     int32
	from, to  int32 // places
	load      int32 // the stop that loads; with loadNew the stop behind which a new one is added
	unload    int32 // the stop that unloads; with unloadNew the stop behind which a new one is added
	loadNew   bool
	unloadNew bool // added behind the new loading stop where load and unload are the same
	cost      int32
	loadArr   int32 // earliest arrival where it loads
	arr       int32 // earliest arrival where it unloads
	hold      int32 // latest departure from there
}

// until is the ride with its end.
func (d ride) until(unload int32, added bool, cost, arr, hold int32) ride {
	d.unload, d.unloadNew, d.cost, d.arr, d.hold = unload, added, cost, arr, hold
	return d
}

// task is what is asked of a ride.
type task struct {
	q        *Request
	from, to int32
	ready    int32  // goods are at from no earlier
	meetBy   int32  // the loading vehicle has arrived by then, or the goods are gone
	window   Window // service at to begins inside

	all   *[]ride     // takes all rides, however useless they seem; nil: the cheapest alone is asked for
	blink func() bool // with all: overlooks a ride
}

// note keeps a possible ride and reports whether that is all there is to do with it.
func (t *task) note(d ride) bool {
	if t.all != nil && !t.blink() {
		*t.all = append(*t.all, d)
	}
	return t.all != nil
}

// mayCarry reports whether request q may ride route r at all.
func (s *state) mayCarry(q *Request, rt *route) bool {
	if q.OwnOnly && q.Owner != rt.owner {
		return false
	}
	if rt.base < 0 {
		return q.OffTrips == nil || !q.OffTrips[rt.vehicle]
	}
	carries := s.p.Routes[rt.base].Carries
	return (carries == nil || carries[q.Owner]) && (q.Off == nil || !q.Off[rt.base])
}

// hasRoom reports whether the goods fit on some stretch of the route.
func (s *state) hasRoom(rt *route, q *Request) bool {
	room := &s.p.Vehicles[rt.vehicle].Cap
	kg, volume := room[0]-q.Weight, room[q.Class]-q.Volume
	for i := rt.first; i != rt.last; i = s.stops[i].next {
		if l := &s.stops[i].load; l[0] <= kg && l[q.Class] <= volume {
			return true
		}
	}
	return false
}

// mayHandle reports whether vehicle v, driven for owner, may load or unload goods of q at the place.
func (s *state) mayHandle(q *Request, v, owner, place int32) bool {
	reach := s.p.Vehicles[v].Reach
	return reach == nil || q.Owner == owner || reach[place]
}

// rideOn finds the cheapest ride below bound on an open route, the earliest to arrive among equals. It reports whether
// best is one.
func (s *state) rideOn(r int32, t *task, bound int32, best *ride) bool {
	rt := &s.routes[r]
	if s.stops[rt.first].dep > t.window.Close || s.stops[rt.last].larr < t.ready {
		return false
	}
	if !s.mayHandle(t.q, rt.vehicle, rt.owner, t.from) || !s.mayHandle(t.q, rt.vehicle, rt.owner, t.to) {
		return false
	}
	most := min(bound-1, rt.maxDist-rt.dist, s.p.Owners[rt.owner]-s.owed[rt.owner])
	mostSecs := rt.maxSecs - rt.secs
	p := s.p
	n := len(p.Places)
	dFrom, sFrom := p.Dist[int(t.from)*n:][:n], p.Secs[int(t.from)*n:][:n]
	found := false
	for i := rt.first; i != rt.last; {
		x := &s.stops[i]
		next := x.next
		if x.place == t.from && x.arr <= t.meetBy {
			if dep := max(x.dep, t.ready); dep <= x.ldep && (x.prev >= 0 || dep <= t.meetBy) {
				found = s.unloadOn(rt, t, ride{route: r, from: t.from, to: t.to, load: i, loadArr: x.arr}, t.from, i, dep, 0, most, mostSecs, false, best, found)
				most = mostAfter(most, found, best)
			}
		}
		if x.dep > t.window.Close {
			break
		}
		if y := &s.stops[next]; !rt.frozen && (x.place != t.from || t.all != nil) {
			if d := p.Dist[int(x.place)*n+int(t.from)] + dFrom[y.place] - p.Dist[int(x.place)*n+int(y.place)]; d <= most {
				arr := x.dep + p.Secs[int(x.place)*n+int(t.from)]
				if arr <= t.meetBy {
					b := arr
					if open := p.Places[t.from].Open; len(open) > 0 {
						b = nextOpen(open, b)
					}
					service := p.Places[t.from].Service
					dep := max(b+service, t.ready)
					secs := p.Secs[int(x.place)*n+int(t.from)] + service + sFrom[y.place] - p.Secs[int(x.place)*n+int(y.place)]
					if secs <= mostSecs && dep+sFrom[y.place] <= y.larr {
						found = s.unloadOn(rt, t, ride{route: r, from: t.from, to: t.to, load: i, loadNew: true, loadArr: arr, cost: d}, t.from, i, dep, secs, most, mostSecs, y.place == t.from && t.all == nil, best, found)
						most = mostAfter(most, found, best)
					}
				}
			}
		}
		i = next
	}
	if found && s.p.Grade > 0 {
		best.cost = s.dear(rt.owner, best.cost)
		return best.cost < bound
	}
	return found
}

// mostAfter tightens what a ride may cost: a later find must be cheaper, or as cheap and earlier.
func mostAfter(most int32, found bool, best *ride) int32 {
	if found {
		return min(most, best.cost)
	}
	return most
}

// unloadOn finds the cheapest unloading for a ride that has loaded: the vehicle leaves place at dep, and the
// stop after which that happens is i. secs is what loading adds in time. With atOnce it unloads before the next stop, because
// otherwise it could as well have loaded there. It keeps the better of the find and best.
func (s *state) unloadOn(rt *route, t *task, try ride, place, i, dep, secs, most, mostSecs int32, atOnce bool, best *ride, found bool) bool {
	p := s.p
	n := len(p.Places)
	dTo, sTo := p.Dist[int(t.to)*n:][:n], p.Secs[int(t.to)*n:][:n]
	vehicle := &p.Vehicles[rt.vehicle]
	class := t.q.Class
	roomKg, room := vehicle.Cap[0]-t.q.Weight, vehicle.Cap[class]-t.q.Volume
	target := &p.Places[t.to]
	loadCost := try.cost
	for {
		x := &s.stops[i]
		if x.load[0] > roomKg || x.load[class] > room {
			return found
		}
		y := &s.stops[x.next]
		row := int(place) * n
		if !rt.frozen && (t.all != nil || (place != t.to || apart(x, t)) && (y.place != t.to || apart(y, t))) {
			if d := loadCost + p.Dist[row+int(t.to)] + dTo[y.place] - p.Dist[row+int(y.place)]; d <= most && (!found || d <= best.cost) {
				arr := dep + p.Secs[row+int(t.to)]
				b := max(arr, t.window.Open)
				if len(target.Open) > 0 {
					b = nextOpen(target.Open, b)
				}
				hold := y.larr - sTo[y.place]
				if b <= t.window.Close && b+target.Service <= hold &&
					secs+p.Secs[row+int(t.to)]+target.Service+sTo[y.place]-p.Secs[row+int(y.place)] <= mostSecs &&
					(!found || d < best.cost || arr < best.arr) {
					d := try.until(i, true, d, arr, hold)
					if !t.note(d) {
						*best, found = d, true
					}
				}
			}
		}
		arr := dep + p.Secs[row+int(y.place)]
		if atOnce || arr > y.larr {
			return found
		}
		if y.place == t.to && (!found || loadCost < best.cost || loadCost == best.cost && arr < best.arr) {
			if y.next < 0 {
				if a := max(arr, t.window.Open, y.arr); a <= min(y.larr, t.window.Close) {
					d := try.until(x.next, false, loadCost, a, y.ldep)
					if !t.note(d) {
						*best = d
						return true
					}
				}
			} else if b, ok := s.begin(y, max(arr, t.window.Open)); ok && b <= t.window.Close && max(b+y.service, y.dep) <= y.ldep {
				d := try.until(x.next, false, loadCost, max(arr, y.arr), y.ldep)
				if !t.note(d) {
					*best, found = d, true
				}
			}
		}
		if y.next < 0 || found && best.cost <= loadCost {
			return found
		}
		b, ok := s.begin(y, arr)
		if !ok {
			return found
		}
		dep = max(b+y.service, y.dep)
		place, i = y.place, x.next
	}
}

// apart reports whether goods of the task cannot be unloaded at the stop, at their destination, for its hours alone. Only
// then does a second stop at the same place make sense.
func apart(x *stop, t *task) bool {
	return x.own != added || max(x.window.Open, t.window.Open) > min(x.window.Close, t.window.Close)
}

// rideNew finds a ride on a new trip of vehicle v; all of them cost the same. Among the free windows and places in
// the vehicle's chain that are possible pick chooses: it is called with a count of them and keeps one for 0.
func (s *state) rideNew(v int32, t *task, bound int32, pick func(n int) int, best *ride) bool {
	veh := &s.p.Vehicles[v]
	if t.q.OffTrips != nil && t.q.OffTrips[v] {
		return false
	}
	h := veh.Home
	cost := s.dist(h, t.from) + s.dist(t.from, t.to) + s.dist(t.to, h)
	if cost > s.p.Owners[veh.Owner]-s.owed[veh.Owner] {
		return false
	}
	if cost = s.dear(veh.Owner, cost); cost >= bound || t.q.Weight > veh.Cap[0] || t.q.Volume > veh.Cap[t.q.Class] ||
		t.q.OwnOnly && t.q.Owner != veh.Owner || !s.mayHandle(t.q, v, veh.Owner, t.from) || !s.mayHandle(t.q, v, veh.Owner, t.to) {
		return false
	}
	found := 0
	for f, w := range veh.Free {
		if w.Close < t.ready || w.Open > t.window.Close {
			continue
		}
		for prev, next := int32(-1), s.chain[v]; ; {
			open, limit := w.Open, w.Close
			if prev >= 0 {
				open = max(open, s.stops[s.routes[prev].last].arr)
			}
			if next >= 0 {
				limit = min(limit, s.stops[s.routes[next].first].ldep)
			}
			if open > w.Close {
				break
			}
			if open < limit {
				try := ride{route: -1, vehicle: v, free: int32(f), after: prev, from: t.from, to: t.to, load: -1, unload: -1, loadNew: t.from != h, unloadNew: t.to != h, cost: cost}
				if s.fitTrip(t, h, open, limit, &try) && !t.note(try) {
					found++
					if found == 1 || pick(found) == 0 {
						*best = try
					}
				}
			}
			if next < 0 {
				break
			}
			prev, next = next, s.routes[next].chainNext
		}
	}
	return found > 0
}

// fitTrip times a trip from home h between open and limit that makes the ride alone.
func (s *state) fitTrip(t *task, h, open, limit int32, try *ride) bool {
	dep := max(open, t.ready)
	try.loadArr = open
	if try.loadNew {
		arr := open + s.secs(h, t.from)
		try.loadArr = arr
		place := &s.p.Places[t.from]
		if len(place.Open) > 0 {
			arr = nextOpen(place.Open, arr)
		}
		dep = max(arr+place.Service, t.ready)
	} else {
		try.loadArr = dep // at its start a trip is present at its departure alone
	}
	if try.loadArr > t.meetBy {
		return false
	}
	arr := dep + s.secs(t.from, t.to)
	try.arr = arr
	b := max(arr, t.window.Open)
	if !try.unloadNew {
		try.arr, try.hold = b, limit
		return b <= min(t.window.Close, limit)
	}
	place := &s.p.Places[t.to]
	if len(place.Open) > 0 {
		b = nextOpen(place.Open, b)
	}
	try.hold = limit - s.secs(t.to, h)
	return b <= t.window.Close && b+place.Service <= try.hold
}
