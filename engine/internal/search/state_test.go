package search

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// audit recomputes all that a state knows from its lists of stops and the paths of its requests, and compares.
func audit(t *testing.T, s *state) {
	t.Helper()
	auditChains(t, s)
	auditLists(t, s)
	auditGoods(t, s)
	auditTransfers(t, s)
	auditCost(t, s)
	auditTimes(t, s)
	if t.Failed() {
		t.FailNow()
	}
}

// openRoutes are the routes that are driven, in the order of their numbers.
func openRoutes(s *state) (out []int32) {
	for r := range s.routes {
		if s.open(int32(r)) {
			out = append(out, int32(r))
		}
	}
	return out
}

func stopsOf(s *state, r int32) (out []int32) {
	for i := s.routes[r].first; i >= 0 && len(out) <= len(s.stops); i = s.stops[i].next {
		out = append(out, i)
	}
	return out
}

// auditChains: every vehicle's chain holds its open routes, those made anyway in their order, trips inside a free window.
func auditChains(t *testing.T, s *state) {
	t.Helper()
	var seen []int32
	for v := range s.p.Vehicles {
		var base []int32
		prev := int32(-1)
		for r := s.chain[v]; r >= 0 && len(seen) <= len(s.routes); r = s.routes[r].chainNext {
			rt := &s.routes[r]
			seen = append(seen, r)
			if rt.chainPrev != prev || int(rt.vehicle) != v || !s.open(r) {
				t.Errorf("route %d of vehicle %d is open %v, behind %d in the chain of %d, where %d comes before", r, rt.vehicle, s.open(r), rt.chainPrev, v, prev)
			}
			if prev = r; rt.base >= 0 {
				base = append(base, r)
			} else if w := s.p.Vehicles[v].Free[rt.free]; rt.depart != w.Open || rt.ret != w.Close {
				t.Errorf("trip %d is driven in %d–%d, its window is %v", r, rt.depart, rt.ret, w)
			}
		}
		if !slices.Equal(base, s.p.Vehicles[v].Chain) {
			t.Errorf("vehicle %d makes %v, not %v", v, base, s.p.Vehicles[v].Chain)
		}
	}
	slices.Sort(seen)
	if !slices.Equal(seen, openRoutes(s)) {
		t.Errorf("chains hold %v, open are %v", seen, openRoutes(s))
	}
}

// auditLists: routes begin and end where they should, hold their own stops in order, and no added stop without use.
func auditLists(t *testing.T, s *state) {
	t.Helper()
	for _, r := range openRoutes(s) {
		rt := &s.routes[r]
		own := int32(0)
		list := stopsOf(s, r)
		for k, i := range list {
			x := &s.stops[i]
			before, want := int32(-1), x.own
			if k > 0 {
				before = list[k-1]
			}
			switch {
			case k == 0:
				want = atStart
			case i == rt.last:
				want = atEnd
			case x.own != added:
				want = own
				own++
			case x.uses == 0:
				t.Errorf("stop %d of route %d is of no use", k, r)
			}
			if x.own != want || x.route != r || x.prev != before {
				t.Errorf("stop %d of route %d is %+v, want own %d behind %d", k, r, *x, want, before)
			}
		}
		if list[len(list)-1] != rt.last || rt.base >= 0 && int(own) != len(s.p.Routes[rt.base].Stops) {
			t.Errorf("route %d has %d own stops and ends at stop %d, not at %d", r, own, list[len(list)-1], rt.last)
		}
	}
}

// auditGoods: what stops bear follows from the paths, and vehicles have room for it.
func auditGoods(t *testing.T, s *state) {
	t.Helper()
	for _, r := range openRoutes(s) {
		rt := &s.routes[r]
		list := stopsOf(s, r)
		legs := int32(0)
		for k, i := range list {
			want := s.stops[i]
			s.clear(i)
			want, s.stops[i] = s.stops[i], want
			want.load = ownLoad(s, r, list, k)
			for c := range s.paths {
				pa, q := &s.paths[c], &s.p.Requests[c]
				for n, l := range pa.legs[:pa.n] {
					from, to := slices.Index(list, l.from), slices.Index(list, l.to)
					if from < 0 {
						continue
					}
					if from >= to {
						t.Errorf("request %d rides route %d from stop %d to %d", c, r, from, to)
					}
					if from == k {
						legs++
						want.uses++
						if n == 0 {
							want.ready = max(want.ready, q.Ready)
						}
					}
					if to == k {
						want.uses++
						if n == int(pa.n)-1 {
							want.window = Window{max(want.window.Open, q.Window.Open), min(want.window.Close, q.Window.Close)}
						}
					}
					if from <= k && k < to {
						want.load[0] += q.Weight
						want.load[q.Class] += q.Volume
					}
				}
			}
			if got := s.stops[i]; got != want {
				t.Errorf("stop %d of route %d is %+v, want %+v", k, r, got, want)
			}
			for n, x := range want.load {
				if x > s.p.Vehicles[rt.vehicle].Cap[n] {
					t.Errorf("route %d leaves stop %d with %v, its vehicle has room for %v", r, k, want.load, s.p.Vehicles[rt.vehicle].Cap)
				}
			}
		}
		if rt.legs != legs {
			t.Errorf("route %d counts %d rides, it has %d", r, rt.legs, legs)
		}
	}
	for c := range s.paths {
		auditPath(t, s, c)
	}
}

// ownLoad is what a route has of its own on board after its k-th stop.
func ownLoad(s *state, r int32, list []int32, k int) (load Load) {
	rt := &s.routes[r]
	if rt.base < 0 || k == len(list)-1 {
		return load
	}
	load = s.p.Routes[rt.base].EndUnload
	for _, i := range list[k+1:] {
		if o := s.stops[i].own; o >= 0 {
			for n, x := range s.p.Routes[rt.base].Stops[o].Unload {
				load[n] += x
			}
		}
	}
	return load
}

// auditPath: a request rides from its origin to its destination on routes that may carry it.
func auditPath(t *testing.T, s *state, c int) {
	t.Helper()
	pa, q := &s.paths[c], &s.p.Requests[c]
	at, last := q.From, int32(-1)
	for k, l := range pa.legs[:pa.n] {
		from, to := &s.stops[l.from], &s.stops[l.to]
		rt := &s.routes[from.route]
		if from.place != at || from.route != to.route || from.route == last || !s.mayCarry(q, rt) ||
			!s.mayHandle(q, rt.vehicle, rt.owner, from.place) || !s.mayHandle(q, rt.vehicle, rt.owner, to.place) {
			t.Errorf("ride %d of request %d %+v: from %+v to %+v", k, c, *q, *from, *to)
		}
		if p := &s.p.Places[at]; k > 0 && !p.Meet && !s.stores(at, q.Class) {
			t.Errorf("request %d changes routes at place %d, which is %+v", c, at, *p)
		}
		if q.Lock != nil && (k >= len(q.Lock) || q.Lock[k] != from.route) {
			t.Errorf("request %d is locked to %v and rides %d", c, q.Lock, from.route)
		}
		at, last = to.place, from.route
	}
	if pa.n > 0 && (at != q.To || q.Lock != nil && len(q.Lock) != int(pa.n)) {
		t.Errorf("request %d ends at %d after %d rides: %+v", c, at, pa.n, *q)
	}
}

type pair struct{ giver, taker int32 }

// paired counts the requests that change routes between two stops: those that may wait and those that need both there.
func paired(s *state) map[pair][2]int32 {
	out := map[pair][2]int32{}
	for c := range s.paths {
		pa := &s.paths[c]
		for k := int32(1); k < pa.n; k++ {
			h := pair{pa.legs[k-1].to, pa.legs[k].from}
			n := out[h]
			if s.stores(s.stops[h.giver].place, s.p.Requests[c].Class) {
				n[0]++
			} else {
				n[1]++
			}
			out[h] = n
		}
	}
	return out
}

// auditTransfers: the two lists that a transfer is in hold what paths say, and nothing more.
func auditTransfers(t *testing.T, s *state) {
	t.Helper()
	given, taken := map[pair][2]int32{}, map[pair][2]int32{}
	for _, r := range openRoutes(s) {
		for _, i := range stopsOf(s, r) {
			for h := s.stops[i].gives; h >= 0; h = s.transfers[h].nextGive {
				given[pair{i, s.transfers[h].taker}] = [2]int32{s.transfers[h].store, s.transfers[h].meet}
			}
			for h := s.stops[i].takes; h >= 0; h = s.transfers[h].nextTaken {
				taken[pair{s.transfers[h].giver, i}] = [2]int32{s.transfers[h].store, s.transfers[h].meet}
			}
		}
	}
	if want := paired(s); !reflect.DeepEqual(given, want) || !reflect.DeepEqual(taken, want) {
		t.Errorf("transfers by giver %v, by taker %v, want %v", given, taken, want)
	}
}

// auditCost: distances, limits, what is lost and what everything costs.
func auditCost(t *testing.T, s *state) {
	t.Helper()
	cost, lost := int64(0), int64(0)
	owed := make([]int32, len(s.p.Owners))
	for _, r := range openRoutes(s) {
		rt := &s.routes[r]
		dist, secs := int32(0), int32(0)
		list := stopsOf(s, r)
		for k, i := range list[1:] {
			dist += s.dist(s.stops[list[k]].place, s.stops[i].place)
			secs += s.secs(s.stops[list[k]].place, s.stops[i].place) + s.stops[i].service
		}
		if rt.dist != dist || rt.secs != secs || dist > rt.maxDist || secs > rt.maxSecs || rt.frozen && len(list) > 2+len(s.p.Routes[rt.base].Stops) {
			t.Errorf("route %d is %d long in %d: %+v", r, dist, secs, *rt)
		}
		cost += int64(dist - rt.baseDist)
		owed[rt.owner] += dist - rt.baseDist
	}
	type event struct{ place, giver, taker int32 }
	events := map[event]bool{}
	for h := range paired(s) {
		events[event{s.stops[h.giver].place, s.stops[h.giver].route, s.stops[h.taker].route}] = true
	}
	cost += int64(len(events)) * int64(s.p.Transfer)
	for c := range s.paths {
		if s.paths[c].n == 0 {
			lost += s.p.Requests[c].Penalty
		}
	}
	for o, x := range owed {
		cost += s.p.Price(int32(o), x) - s.p.Price(int32(o), 0)
	}
	if s.total() != (Cost{lost, cost}) || !slices.Equal(s.owed, owed) {
		t.Errorf("cost is %v, owed %v; want %v and %v", s.total(), s.owed, Cost{lost, cost}, owed)
	}
	for o, x := range owed {
		if x > s.p.Owners[o] {
			t.Errorf("owner %d drives %d more, at most %d", o, x, s.p.Owners[o])
		}
	}
}

// clocks are the times of all stops.
type clocks struct{ arr, dep, larr, ldep []int32 }

// auditTimes: arrivals and departures are what going round all constraints until nothing moves makes of them.
func auditTimes(t *testing.T, s *state) {
	t.Helper()
	w := clocks{make([]int32, len(s.stops)), make([]int32, len(s.stops)), make([]int32, len(s.stops)), make([]int32, len(s.stops))}
	for i := range s.stops {
		w.arr[i], w.dep[i], w.larr[i], w.ldep[i] = never, never, always, always
	}
	routes, changes := openRoutes(s), paired(s)
	for n, moved := 0, true; moved; n++ {
		if n > 5000 {
			t.Error("times never settle")
			return
		}
		moved = false
		for _, r := range routes {
			for _, i := range stopsOf(s, r) {
				a, d := w.earliest(s, i, changes)
				la, ld := w.latest(s, i, changes)
				moved = moved || a != w.arr[i] || d != w.dep[i] || la != w.larr[i] || ld != w.ldep[i]
				w.arr[i], w.dep[i], w.larr[i], w.ldep[i] = a, d, la, ld
			}
		}
	}
	for _, r := range routes {
		for k, i := range stopsOf(s, r) {
			x := &s.stops[i]
			if x.arr != w.arr[i] || x.dep != w.dep[i] || x.larr != w.larr[i] || x.ldep != w.ldep[i] || x.arr > x.larr || x.dep > x.ldep {
				t.Errorf("stop %d of route %d is at [%d %d | %d %d], want [%d %d | %d %d]", k, r, x.arr, x.dep, x.larr, x.ldep, w.arr[i], w.dep[i], w.larr[i], w.ldep[i])
			}
		}
	}
}

func (w *clocks) earliest(s *state, i int32, changes map[pair][2]int32) (arr, dep int32) {
	x := &s.stops[i]
	rt := &s.routes[x.route]
	if x.own == atStart {
		dep = max(rt.depart, x.ready)
		if rt.chainPrev >= 0 {
			dep = max(dep, w.arr[s.routes[rt.chainPrev].last])
		}
	} else {
		arr = w.dep[x.prev] + s.secs(s.stops[x.prev].place, x.place)
		begin := max(arr, x.window.Open)
		if open := s.p.Places[x.place].Open; x.own == added && len(open) > 0 {
			k := slices.IndexFunc(open, func(o Window) bool { return begin <= o.Close })
			if k < 0 {
				return arr, always
			}
			begin = max(begin, open[k].Open)
		}
		dep = max(begin+x.service, x.ready)
	}
	for h, n := range changes {
		if h.taker == i {
			dep = max(dep, w.arr[h.giver])
		}
		if h.giver == i && n[1] > 0 {
			dep = max(dep, w.arr[h.taker])
		}
	}
	if x.own == atStart || x.own == atEnd {
		arr = dep
	}
	return arr, dep
}

func (w *clocks) latest(s *state, i int32, changes map[pair][2]int32) (arr, dep int32) {
	x := &s.stops[i]
	rt := &s.routes[x.route]
	if x.own == atEnd {
		arr = min(rt.ret, x.window.Close)
		if rt.chainNext >= 0 {
			arr = min(arr, w.ldep[s.routes[rt.chainNext].first])
		}
	} else {
		dep = w.larr[x.next] - s.secs(x.place, s.stops[x.next].place)
		arr = min(dep-x.service, x.window.Close)
		if open := s.p.Places[x.place].Open; x.own == added && len(open) > 0 {
			late := int32(-Inf)
			for _, o := range open {
				if o.Open <= arr {
					late = min(arr, o.Close)
				}
			}
			arr = late
		}
		arr = min(arr, x.by)
	}
	for h, n := range changes {
		if h.giver == i {
			arr = min(arr, w.ldep[h.taker])
		}
		if h.taker == i && n[1] > 0 {
			arr = min(arr, w.ldep[h.giver])
		}
	}
	if x.own == atStart || x.own == atEnd {
		dep = arr
	}
	return arr, dep
}

// randomProblem is small and can be kept by its routes as they are. Distances and times obey the triangle inequality.
func randomProblem(rng *rand.Rand) *Problem {
	oneIn := func(n int) bool { return rng.IntN(n) == 0 }
	n := 4 + rng.IntN(6)
	p := &Problem{Dist: make([]int32, n*n), Secs: make([]int32, n*n), Transfer: int32(rng.IntN(3) * 300)}
	for range n {
		x := Place{Service: int32(rng.IntN(300)), Meet: !oneIn(4), Store: uint8(rng.IntN(16)) &^ 1}
		if oneIn(5) {
			a := int32(3600 * (1 + rng.IntN(5)))
			x.Open = []Window{{a, a + 7200}, {a + 10800, a + 30000}}
		}
		p.Places = append(p.Places, x)
	}
	for i := range p.Dist {
		if i/n != i%n {
			p.Dist[i], p.Secs[i] = int32(1000+rng.IntN(20000)), int32(100+rng.IntN(1500))
		}
	}
	for k := range n {
		for i := range n * n {
			p.Dist[i] = min(p.Dist[i], p.Dist[i/n*n+k]+p.Dist[k*n+i%n])
			p.Secs[i] = min(p.Secs[i], p.Secs[i/n*n+k]+p.Secs[k*n+i%n])
		}
	}
	for o := range 2 + rng.IntN(2) {
		p.Owners = append(p.Owners, Inf)
		if oneIn(5) {
			p.Owners[o] = int32(20000 + rng.IntN(60000))
		}
	}
	for range 1 + rng.IntN(4) {
		randomVehicle(p, rng)
	}
	for range 1 + rng.IntN(14) {
		from, to := int32(rng.IntN(n)), int32(rng.IntN(n))
		if from == to {
			continue
		}
		a := int32(rng.IntN(25000))
		q := Request{From: from, To: to, Owner: int32(rng.IntN(len(p.Owners))), Class: int32(1 + rng.IntN(2)), Weight: int32(rng.IntN(40)), Volume: int32(rng.IntN(60)),
			Ready: int32(rng.IntN(12000)), Window: Window{a, a + 3600 + int32(rng.IntN(20000))}, OwnOnly: oneIn(10), Penalty: int64(1 + rng.IntN(50))}
		if r := int32(rng.IntN(max(1, len(p.Routes)))); oneIn(10) && int(r) < len(p.Routes) && !q.OwnOnly && p.Routes[r].Carries == nil {
			q.Lock = []int32{r}
		}
		p.Requests = append(p.Requests, q)
	}
	p.NoTrips, p.Direct = oneIn(10), oneIn(10)
	p.Even = make([]int32, len(p.Owners))
	if oneIn(3) {
		p.Grade = int32(1000 + rng.IntN(20000))
		for o := range p.Even {
			p.Even[o] = int32(rng.IntN(60000) - 20000)
		}
	}
	return p
}

// randomVehicle adds a vehicle with up to three routes, one after another, and perhaps free windows.
func randomVehicle(p *Problem, rng *rand.Rand) {
	oneIn := func(n int) bool { return rng.IntN(n) == 0 }
	n := int32(len(p.Places))
	v := Vehicle{Owner: int32(rng.IntN(len(p.Owners))), Home: rng.Int32N(n), Cap: Load{100, 150, 150, 0}}
	secs := func(a, b int32) int32 { return p.Secs[a*n+b] }
	t := int32(rng.IntN(8000))
	for range rng.IntN(4) {
		r := Route{Vehicle: int32(len(p.Vehicles)), Owner: v.Owner, Start: v.Home, End: v.Home, Depart: t, MaxDist: Inf, MaxSecs: Inf, Frozen: oneIn(10),
			EndWindow: Window{-Inf, Inf}, StartBy: Inf}
		if oneIn(6) {
			r.End = rng.Int32N(n)
		}
		at := r.Start
		for range rng.IntN(4) {
			o := OwnStop{Place: rng.Int32N(n), Service: int32(rng.IntN(2000)), Ready: -Inf, By: Inf}
			t += secs(at, o.Place) + int32(rng.IntN(1500))
			o.Window = Window{t - int32(rng.IntN(2000)), t + int32(rng.IntN(3000))}
			if oneIn(4) {
				o.Unload = Load{int32(rng.IntN(20)), int32(rng.IntN(40)), 0, 0}
			}
			t += o.Service
			at = o.Place
			r.Stops = append(r.Stops, o)
		}
		t += secs(at, r.End) + int32(rng.IntN(4000))
		if r.Return = t; oneIn(3) {
			r.Return += 1000 // hours of one vehicle's routes overlap
		}
		if oneIn(5) {
			r.MaxDist = int32(rng.IntN(30000))
		}
		if oneIn(5) {
			r.MaxSecs = int32(rng.IntN(5000))
		}
		if oneIn(6) {
			r.Carries = make([]bool, len(p.Owners))
			r.Carries[r.Owner] = true
		}
		v.Chain = append(v.Chain, int32(len(p.Routes)))
		p.Routes = append(p.Routes, r)
	}
	if !oneIn(3) {
		a := int32(rng.IntN(10000))
		v.Free = append(v.Free, Window{a, a + 5000 + int32(rng.IntN(15000))})
		if oneIn(2) {
			v.Free = append(v.Free, Window{a + 22000, a + 30000})
		}
	}
	if oneIn(5) {
		v.Reach = make([]bool, n)
		for k := range v.Reach {
			v.Reach[k] = !oneIn(4)
		}
	}
	p.Vehicles = append(p.Vehicles, v)
}

// eachProblem runs f on n random problems.
func eachProblem(t *testing.T, n uint64, f func(t *testing.T, p *Problem, rng *rand.Rand)) {
	for seed := range n {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 5))
			f(t, randomProblem(rng), rng)
		})
	}
}

func TestNewStateIsRight(t *testing.T) {
	eachProblem(t, 200, func(t *testing.T, p *Problem, _ *rand.Rand) { audit(t, newState(p)) })
}

// TestTakeAndRemove puts requests in and takes them out at random; a way that is refused changes nothing.
func TestTakeAndRemove(t *testing.T) {
	taken, refused := 0, 0
	eachProblem(t, 300, func(t *testing.T, p *Problem, rng *rand.Rand) {
		s := newState(p)
		f := newFinder(s, rng)
		f.blink = 150
		var w way
		for range 40 {
			before, cost := s.solution(), s.total()
			switch c := int32(rng.IntN(max(1, len(p.Requests)))); {
			case len(p.Requests) == 0:
			case s.paths[c].n > 0:
				out := []int32{c}
				for o := range s.paths {
					if int32(o) != c && rng.IntN(3) == 0 {
						out = append(out, int32(o))
					}
				}
				if !s.remove(out) {
					t.Fatal("less to do, and a window is missed")
				}
			case !f.find(c, Inf, &w):
			case s.take(c, &w):
				taken++
				if got := s.total(); got.Lost != cost.Lost-p.Requests[c].Penalty || p.Grade == 0 && got.Dist > cost.Dist+int64(w.cost) {
					t.Fatalf("cost was %v and is %v, the way of request %d said %d", cost, got, c, w.cost)
				}
			default:
				refused++
				if after := s.solution(); s.total() != cost || !reflect.DeepEqual(before, after) {
					t.Fatalf("a refused way leaves\n%+v, before\n%+v", after, before)
				}
			}
			audit(t, s)
		}
	})
	if taken < 1000 || refused < 3 {
		t.Errorf("only %d ways taken, %d refused", taken, refused)
	}
}

// TestWorkerKeepsStates: ruin, recreate and polish leave right states.
func TestWorkerKeepsStates(t *testing.T) {
	eachProblem(t, 120, func(t *testing.T, p *Problem, rng *rand.Rand) {
		if len(p.Requests) == 0 {
			return
		}
		w := &worker{cur: newState(p), work: newState(p), rng: rng, rides: manyRides, near: make([][]int32, len(p.Requests)), chosen: make([]bool, len(p.Requests)), fails: make([]int32, len(p.Requests))}
		w.f = newFinder(w.work, rng)
		w.f.blink = 30
		for range 30 {
			if w.ruin() {
				audit(t, w.work)
				w.recreate()
				audit(t, w.work)
				w.polish()
				audit(t, w.work)
				w.cur.copyFrom(w.work)
			} else {
				w.work.copyFrom(w.cur)
			}
			audit(t, w.cur)
		}
	})
}

// TestSolutionRoundTrip: a state written down and read back is the same.
func TestSolutionRoundTrip(t *testing.T) {
	eachProblem(t, 200, func(t *testing.T, p *Problem, _ *rand.Rand) {
		sol, _ := Search(p, nil, Options{Seed: 1, Iterations: 20})
		s := newState(p)
		s.load(sol)
		audit(t, s)
		if again := s.solution(); !reflect.DeepEqual(again, sol) {
			t.Errorf("read back\n%+v, written\n%+v", again, sol)
		}
	})
}
