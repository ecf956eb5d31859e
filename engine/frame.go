package engine

import (
	"cmp"
	"slices"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// frame is a part of a draft as a search problem, and what its numbers mean. Vehicles are taken whole, with all their
// rounds and trips. Goods that ride them and others too are fixed: their stops become the round's own, held to times
// on which both sides can count.
type frame struct {
	m        *model
	p        *search.Problem
	start    *search.Solution // what the draft does
	places   []int            // week index of each place
	vehicles []int            // of each vehicle
	parcels  []int            // number in the draft of each request
	rounds   []int            // numbers in the draft of all rounds and trips of the vehicles
	routes   []frameRoute     // of each route
	numbers  []int            // number in the draft of each round of start
	adopted  []int            // and of the solution adopted last
	index    map[int]int32    // week index of a place → place
	heads    map[int]int32    // number of a round that has begun → place
	tours    map[string]int32 // id of a round of the week → route
}

// frameRoute is what a route of the problem is in the draft.
type frameRoute struct {
	round  int
	before []int32 // stops that are behind it, see progress
	stops  []int32 // the stops that are the route's own, with start and end
}

func (r *frameRoute) all() []int32 { return append(slices.Clip(r.before), r.stops...) }

// Up to how many places all are in every frame, and in one of all vehicles that are searched together, and not only those
// where somebody stops or lives.
const (
	allPlaces       = 24
	allPlacesSearch = 500
)

// crossing is a leg of goods that the frame does not move.
type crossing struct{ parcel, leg int }

// frame takes some vehicles and, of the parcels given, those that ride nothing else.
func (m *model) frame(d *draft, vehicles, parcels []int) *frame {
	return m.frameUpTo(allPlaces, d, vehicles, parcels)
}

// frameUpTo is the frame with all places of a week that has no more than so many.
func (m *model) frameUpTo(places int, d *draft, vehicles, parcels []int) *frame {
	f := &frame{m: m, p: &search.Problem{Transfer: m.transfer(), Direct: m.direct}, vehicles: vehicles, index: map[int]int32{}, tours: map[string]int32{}}
	inside := make([]int32, len(m.week.Vehicles)) // the frame's number of each vehicle and 1; 0: outside
	for k, v := range vehicles {
		inside[v] = int32(k) + 1
		f.see(m.home(v))
	}
	for n := range d.rounds {
		if inside[d.rounds[n].vehicle] > 0 && len(d.rounds[n].stops) > 0 && !d.rounds[n].over() {
			f.rounds = append(f.rounds, n)
			for _, i := range d.rounds[n].ahead() {
				f.see(d.stops[i].place)
			}
		}
	}
	if len(m.week.Places) <= places {
		for i := range m.week.Places {
			f.see(i) // goods may change rounds where nobody stops yet
		}
	}
	free := make([]bool, len(d.parcels))
	for _, c := range parcels {
		free[c] = true
		for _, l := range d.ways[c] {
			free[c] = free[c] && inside[d.rounds[d.round(l)].vehicle] > 0
		}
		for _, id := range d.parcels[c].lock {
			free[c] = free[c] && inside[m.carts[m.week.Rounds[m.tours[id]].Vehicle]] > 0
		}
		if n := d.aboard(c); n >= 0 {
			free[c] = free[c] && inside[d.rounds[n].vehicle] > 0
		}
		free[c] = free[c] && !d.held(c)
		if free[c] {
			f.parcels = append(f.parcels, c)
			f.see(d.waits(m, c))
			f.see(m.goal(d.parcels[c]))
		}
	}
	fixed := map[int][]crossing{}
	for c, w := range d.ways {
		if free[c] {
			continue
		}
		for k, l := range w {
			if n := d.round(l); inside[d.rounds[n].vehicle] > 0 {
				fixed[n] = append(fixed[n], crossing{c, k})
			}
		}
	}
	f.addPlaces(d)
	for _, v := range vehicles {
		f.addVehicle(d, v)
	}
	for _, n := range f.rounds {
		if r := &d.rounds[n]; r.base >= 0 || len(fixed[n]) > 0 || r.begun {
			f.addRoute(d, n, inside[r.vehicle]-1, fixed[n])
		}
	}
	for v := range vehicles {
		f.orderChain(d, int32(v))
	}
	f.addOwners(d)
	for k, r := range f.routes {
		if b := d.rounds[r.round].base; b >= 0 {
			f.tours[m.week.Rounds[b].ID] = int32(k)
		}
	}
	for _, c := range f.parcels {
		f.addRequest(d, c)
	}
	f.addStart(d)
	return f
}

// see takes a place of the week into the problem.
func (f *frame) see(i int) {
	if _, ok := f.index[i]; !ok {
		f.index[i] = int32(len(f.places))
		f.places = append(f.places, i)
	}
}

func (f *frame) addPlaces(d *draft) {
	m := f.m
	slices.SortFunc(f.places, func(a, b int) int { return cmp.Compare(m.placeRank[a], m.placeRank[b]) })
	for k, i := range f.places {
		f.index[i] = int32(k)
	}
	real := len(f.places)
	f.addHeads(d)
	n := len(f.places)
	f.p.Dist, f.p.Secs = make([]int32, n*n), make([]int32, n*n)
	for a, i := range f.places {
		for b, j := range f.places {
			f.p.Dist[a*n+b], f.p.Secs[a*n+b] = m.travels(i, j)
		}
	}
	for _, i := range f.places[:real] {
		w := &m.week.Places[i]
		p := search.Place{Service: m.ticks(w.StopSeconds()), Meet: w.CanMeet(), Open: m.windows(w.Open)}
		for _, c := range Classes {
			if w.CanStore(c) {
				p.Store |= 1 << classIndex(c)
			}
		}
		f.p.Places = append(f.p.Places, p)
	}
	for range f.places[real:] {
		f.p.Places = append(f.p.Places, headPlace)
	}
}

func (f *frame) addVehicle(d *draft, v int) {
	m := f.m
	x := &m.week.Vehicles[v]
	home := m.home(v)
	out := search.Vehicle{Owner: m.producerRank[m.makers[x.Producer]], Home: f.index[home], Cap: loadOf(x.Kg, x.Litres, capacity), Free: m.windows(x.Available)}
	if limit := m.week.Settings.OthersWithinM; limit != nil {
		out.Reach = make([]bool, len(f.places))
		for k, i := range f.places {
			if near := m.reach[v]; near != nil {
				out.Reach[k] = near[i]
			} else {
				out.Reach[k] = m.within(home, i, *limit)
			}
		}
		for _, k := range f.heads {
			out.Reach[k] = true // what leaves from there is on board
		}
	}
	if since := max(m.now, d.back(v)); since > -search.Inf {
		for k := range out.Free {
			out.Free[k].Open = max(out.Free[k].Open, since)
			if out.Free[k].Close < since {
				out.Free[k] = search.Window{Open: search.Inf, Close: search.Inf}
			}
		}
	}
	f.p.Vehicles = append(f.p.Vehicles, out)
}

// within reports whether a place is no farther from a home than others' goods are handled.
func (m *model) within(home, place int, limit float64) bool {
	return geo.GreatCircle(m.point(home), m.point(place)) <= limit
}

// addRoute makes a route of a draft round and what it carries for goods that the frame does not move.
func (f *frame) addRoute(d *draft, n int, vehicle int32, fixed []crossing) {
	m := f.m
	r := &d.rounds[n]
	owner := m.driver(r)
	out := search.Route{Trip: r.base < 0, Vehicle: vehicle, Owner: int32(owner), MaxDist: search.Inf, MaxSecs: search.Inf, EndWindow: search.Window{Open: -search.Inf, Close: search.Inf}, StartBy: search.Inf}
	stops := r.ahead()
	end := len(stops) - 1
	out.Start, out.End = f.index[d.stops[stops[0]].place], f.index[d.stops[stops[end]].place]
	if r.base < 0 {
		w := m.windows(m.week.Vehicles[r.vehicle].Available)[r.free]
		out.Depart, out.Return = w.Open, w.Close
	} else {
		x := &m.week.Rounds[r.base]
		out.Depart, out.Return, out.Frozen, out.Carries = m.notBefore(x.DepartAfter), m.notAfter(x.ReturnBy), x.Frozen, m.carries(x)
		out.MaxDist, out.MaxSecs = m.limit(x.MaxAddedM, m.unit), m.limit(x.MaxAddedS, m.tick)
	}
	out.Depart = max(out.Depart, m.now, d.back(r.vehicle))
	if r.begun {
		out.Start, out.Depart = f.heads[n], max(m.now, d.stops[stops[0]].depart)
		out.StartBy = out.Depart // it leaves its head as planned, so no trip fits before
	}
	h := holds(f.m, d, r, fixed)
	at := frameRoute{round: n, before: r.stops[:r.head]}
	for k, i := range stops {
		s := &d.stops[i]
		q := h[k]
		if k > 0 && k < end && s.own < 0 && !q.used {
			continue
		}
		at.stops = append(at.stops, i)
		switch {
		case k == 0:
			out.Depart = max(out.Depart, q.Ready)
			if !r.begun || s.arrive > q.By { // where it has begun it comes to its head as planned, and may stay
				out.StartBy = min(out.StartBy, q.By)
			}
			continue
		case k == end:
			out.EndWindow, out.Return, out.EndUnload = q.Window, min(out.Return, q.By), q.Unload
			out.EndWindow.Open = max(out.EndWindow.Open, q.Ready)
			continue
		}
		q.Place = f.index[s.place]
		q.Service = m.ticks(m.week.Places[s.place].StopSeconds())
		if s.own >= 0 {
			o := &m.week.Rounds[r.base].Stops[s.own]
			q.Service = m.ticks(o.StayS)
			q.Window.Open, q.Window.Close = max(q.Window.Open, m.notBefore(o.ArriveAfter)), min(q.Window.Close, m.notAfter(o.ArriveBy))
			if o.Unload != nil {
				for k, x := range loadOf(o.Unload.Kg, o.Unload.Litres, amount) {
					q.Unload[k] += x
				}
			}
		} else if open := m.windows(m.week.Places[s.place].Open); len(open) > 0 {
			// the opening that it uses now
			for _, w := range open {
				if w.Close >= max(s.arrive, q.Window.Open) {
					q.Window.Open, q.Window.Close = max(q.Window.Open, w.Open), min(q.Window.Close, w.Close)
					break
				}
			}
		}
		out.Stops = append(out.Stops, q.OwnStop)
	}
	if r.base >= 0 {
		// stops that are fixed use up the round's limits already
		if extra := m.added(d, n, at.all()); out.MaxDist < search.Inf {
			out.MaxDist -= int32(extra)
		}
		if out.MaxSecs < search.Inf {
			out.MaxSecs -= m.addedTicks(d, r, at.all())
		}
	}
	f.p.Routes = append(f.p.Routes, out)
	f.routes = append(f.routes, at)
}

// hold is what fixed goods ask of a stop.
type hold struct {
	search.OwnStop
	used bool
}

// holds says for each stop of a round what goods ask of it that the frame does not move: when they are ready, when they
// are accepted, and, where they change rounds, to keep the hours that the other round counts on.
func holds(m *model, d *draft, r *draftRound, fixed []crossing) []hold {
	stops := r.ahead()
	out := make([]hold, len(stops))
	at := make(map[int32]*hold, len(stops))
	for k, i := range stops {
		out[k].Window, out[k].Ready, out[k].By = search.Window{Open: -search.Inf, Close: search.Inf}, -search.Inf, search.Inf
		at[i] = &out[k]
	}
	for _, x := range fixed {
		c, w := d.parcels[x.parcel], d.ways[x.parcel]
		from, to := at[w[x.leg].from], at[w[x.leg].to]
		from.used, to.used = true, true
		class := classIndex(c.class)
		from.Unload[0] -= amount(c.kg)
		from.Unload[class] -= amount(c.litres)
		to.Unload[0] += amount(c.kg)
		to.Unload[class] += amount(c.litres)
		if x.leg == 0 {
			from.Ready = max(from.Ready, d.ready(m, x.parcel))
			from.By = min(from.By, d.meets(m, x.parcel))
		} else {
			giver := &d.stops[w[x.leg-1].to]
			from.Ready = max(from.Ready, d.stops[w[x.leg].from].depart)
			if !m.week.Places[giver.place].CanStore(c.class) {
				from.By = min(from.By, giver.depart)
			}
		}
		if x.leg == len(w)-1 {
			p := &m.week.PickupPoints[c.point]
			to.Window.Open, to.Window.Close = max(to.Window.Open, m.notBefore(p.AcceptAfter)), min(to.Window.Close, m.notAfter(p.AcceptBy))
		} else {
			taker := &d.stops[w[x.leg+1].from]
			to.By = min(to.By, taker.depart)
			if !m.week.Places[taker.place].CanStore(c.class) {
				to.Ready = max(to.Ready, d.stops[w[x.leg].to].depart)
			}
		}
	}
	return out
}

// addOwners limits and prices what each producer's rounds may add: as the week does, less what stays as it is.
func (f *frame) addOwners(d *draft) {
	m := f.m
	f.p.Owners = make([]int32, len(m.producers))
	for k, i := range m.producers {
		f.p.Owners[k] = min(m.limit(m.week.Producers[i].MaxAddedM, m.unit), m.wish.most(k))
	}
	f.p.Even, f.p.Grade = slices.Clone(m.wish.even), m.wish.grade
	here := make([]bool, len(m.producers)) // who drives in the frame; the others' limits do not matter
	for _, v := range f.vehicles {
		for _, i := range m.driversOf[v] {
			here[m.producerRank[i]] = true
		}
	}
	limit := func(n int, stops []int32, sign int64) {
		k := m.driver(&d.rounds[n])
		if !here[k] || f.p.Grade == 0 && f.p.Owners[k] >= search.Inf/2 {
			return
		}
		x := int32(sign * m.added(d, n, stops))
		if f.p.Owners[k] < search.Inf/2 {
			f.p.Owners[k] += x
		}
		if f.p.Grade > 0 {
			f.p.Even[k] += x
		}
	}
	for n := range d.rounds {
		limit(n, d.rounds[n].stops, -1)
	}
	for _, n := range f.rounds {
		limit(n, d.rounds[n].stops, 1)
	}
	for k := range f.routes {
		r := &f.routes[k]
		limit(r.round, r.all(), -1)
	}
}

// orderChain puts a vehicle's routes in the order in which the draft makes them or, before it has times, in one in which
// they can be made: by their hours, or another if that fails.
func (f *frame) orderChain(d *draft, v int32) {
	var chain []int32
	for r := range f.p.Routes {
		if f.p.Routes[r].Vehicle == v {
			chain = append(chain, int32(r))
		}
	}
	f.p.Vehicles[v].Chain = chain
	if d.timed {
		slices.SortStableFunc(chain, func(a, b int32) int { return d.earlier(f.routes[a].round, f.routes[b].round) })
		return
	}
	slices.SortStableFunc(chain, func(a, b int32) int {
		x, y := &f.p.Routes[a], &f.p.Routes[b]
		return cmp.Or(cmp.Compare(x.Depart+x.Return, y.Depart+y.Return), cmp.Compare(x.Depart, y.Depart))
	})
	// hours that do not overlap leave nothing to choose
	for i := 0; i < len(chain); {
		j, until := i+1, f.p.Routes[chain[i]].Return
		for j < len(chain) && f.p.Routes[chain[j]].Depart < until {
			until = max(until, f.p.Routes[chain[j]].Return)
			j++
		}
		if n := j - i; n > 1 && n < 8 {
			f.firstPossible(chain[i:j], 0, -search.Inf)
		}
		i = j
	}
}

// firstPossible permutes the routes from k on into the first order in which each can begin after the one before has
// ended, not before t; it leaves them as they are where there is none.
func (f *frame) firstPossible(routes []int32, k int, t int32) bool {
	if k == len(routes) {
		return true
	}
	for i := k; i < len(routes); i++ {
		r := routes[i]
		copy(routes[k+1:i+1], routes[k:i])
		routes[k] = r
		if end, ok := f.end(r, t); ok && f.firstPossible(routes, k+1, end) {
			return true
		}
		copy(routes[k:i], routes[k+1:i+1])
		routes[i] = r
	}
	return false
}

// end is when route r can end with its own stops alone if it leaves no earlier than t.
func (f *frame) end(r, t int32) (int32, bool) {
	x := &f.p.Routes[r]
	n := len(f.places)
	t = max(t, x.Depart)
	ok := t <= x.StartBy
	at := x.Start
	for _, s := range x.Stops {
		t += f.p.Secs[int(at)*n+int(s.Place)]
		ok = ok && t <= s.By
		t = max(t, s.Window.Open)
		ok = ok && t <= s.Window.Close
		t = max(t+s.Service, s.Ready)
		at = s.Place
	}
	t = max(t+f.p.Secs[int(at)*n+int(x.End)], x.EndWindow.Open)
	return t, ok && t <= min(x.Return, x.EndWindow.Close)
}

// stuck are the vehicles, as indexes in the week, that miss a window or break a limit with their routes' own stops alone,
// as a frame's routes may that have been driven with more: a detour may be shorter than the direct way.
func (f *frame) stuck() []int {
	var out []int
	for v := range f.p.Vehicles {
		if f.late(v) >= 0 {
			out = append(out, f.vehicles[v])
		}
	}
	for k, most := range f.p.Owners {
		if most < 0 {
			out = append(out, f.m.vehiclesOf[f.m.producers[k]]...)
		}
	}
	return out
}

// late is the first route of a vehicle that misses a window or breaks a limit with its own stops alone; −1: none does.
func (f *frame) late(vehicle int) int32 {
	t := int32(-search.Inf)
	for _, r := range f.p.Vehicles[vehicle].Chain {
		x := &f.p.Routes[r]
		end, kept := f.end(r, t)
		if !kept || x.MaxDist < 0 || x.MaxSecs < 0 {
			return r
		}
		t = end
	}
	return -1
}

func (f *frame) addRequest(d *draft, number int) {
	m, c := f.m, d.parcels[number]
	point := &m.week.PickupPoints[c.point]
	q := search.Request{From: f.index[d.waits(m, number)], To: f.index[m.goal(c)], Owner: m.producerRank[c.producer], Class: classIndex(c.class),
		Weight: amount(c.kg), Volume: amount(c.litres), Ready: d.ready(m, number),
		Window:  search.Window{Open: m.notBefore(point.AcceptAfter), Close: m.notAfter(point.AcceptBy)},
		OwnOnly: c.by == ByProducer, Penalty: c.penalty()}
	for _, id := range c.lock {
		q.Lock = append(q.Lock, f.tours[id])
	}
	if n := d.aboard(number); n >= 0 {
		q.From, q.Ready = f.heads[n], -search.Inf
	}
	q.Habit, q.Change = f.habit(c)
	q.Off, q.OffTrips = f.off(d, c)
	f.p.Requests = append(f.p.Requests, q)
}

// addStart writes down what the draft does with the frame's vehicles and parcels, vehicle by vehicle in order of time.
func (f *frame) addStart(d *draft) {
	f.start = &search.Solution{Paths: make([][]search.SolutionLeg, len(f.parcels))}
	route := map[int]int32{}
	own := map[int32]int32{}
	for k, r := range f.routes {
		route[r.round] = int32(k)
		for j, i := range r.stops {
			own[i] = int32(j) - 1
		}
	}
	position := map[int32]int32{}
	number := map[int]int32{}
	for v, w := range f.vehicles {
		var rounds []int
		for _, n := range f.rounds {
			if d.rounds[n].vehicle == w {
				rounds = append(rounds, n)
			}
		}
		slices.SortStableFunc(rounds, d.earlier)
		for _, n := range rounds {
			r := &d.rounds[n]
			o := search.SolutionRoute{Vehicle: int32(v), Base: -1, Free: r.free}
			if k, ok := route[n]; ok {
				o.Base = k
			}
			number[n] = int32(len(f.start.Routes))
			f.numbers = append(f.numbers, n)
			stops := r.ahead()
			for k, i := range stops {
				s := search.SolutionStop{Place: f.index[d.stops[i].place], Own: -1}
				if j, ok := own[i]; ok && k > 0 && k < len(stops)-1 {
					s.Own = j
				}
				position[i] = int32(k)
				o.Stops = append(o.Stops, s)
			}
			f.start.Routes = append(f.start.Routes, o)
		}
	}
	for k, c := range f.parcels {
		for _, l := range d.ways[c] {
			f.start.Paths[k] = append(f.start.Paths[k], search.SolutionLeg{Route: number[d.round(l)], From: position[l.from], To: position[l.to]})
		}
	}
}
