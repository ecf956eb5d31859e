package engine

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"carriole/geo"
)

// TestSolveFindsTheOptimum compares the search with trying all on weeks small enough for that: no plan is better, and
// none is worse.
func TestSolveFindsTheOptimum(t *testing.T) {
	weeks, changing := few(500), 0
	for seed := 0; weeks > 0; seed++ {
		week := tinyWeek(rand.New(rand.NewPCG(uint64(seed), 7)))
		plan := solved(t, t.Context(), week, Options{Seed: 1, Iterations: 4000})
		figures := mustBeRight(t, week, plan)
		known := exactCost{int(math.Round(figures.UnservedKg)), int(math.Round(figures.Objective))}
		e := newExact(week)
		e.solve(exactCost{known.lost, known.dist + 1})
		if e.found == nil && e.full {
			continue // too large to try all
		}
		weeks--
		if figures.Handovers > 0 {
			changing++
		}
		if e.found == nil {
			t.Errorf("seed %d: a plan with %+v cannot be, but here it is:\n%s", seed, known, sketch(plan))
		} else if e.best.less(known) {
			best := e.plan(e.found)
			for _, v := range second(Check(week, nil, best)) {
				t.Error(v)
			}
			t.Errorf("seed %d: %+v is the best there is:\n%snot %+v:\n%s", seed, e.best, sketch(best), known, sketch(plan))
		}
	}
	t.Logf("%d of the best plans have handovers", changing)
	if changing == 0 {
		t.Error("no plan has handovers")
	}
}

func second[A, B any](_ A, b B) B { return b }

// few is how many of n random cases are tried: all of them, but a part with the race detector, which makes each an order
// slower.
func few[N int | uint64](n N) N {
	info, _ := debug.ReadBuildInfo()
	if info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) || testing.Short() {
		return max(1, n/25)
	}
	return n
}

// exact finds the best plan of a tiny week by trying all, and shares nothing with the search. It puts consignments in one
// after another, each leg by leg: every round or trip, every place to change, every position of a new stop. With the
// triangle inequality to hold in metres and seconds, what is wrong or too dear in part is so as a whole and is cut off.
type exact struct {
	week      *Week
	dist      [][]int
	secs      [][]int
	places    []exactPlace
	vehicles  []exactVehicle
	routes    []exactRoute // the week's rounds
	goods     []exactGoods
	makers    []int // by producer: the most it may add
	handover  int
	mostLegs  int
	mostNodes int

	best  exactCost
	found *exactState // of the best; nil while nothing is better than what was known before
	nodes int
	full  bool // something was left untried
}

// exactCost is what rule 8 compares: grams unserved, metres.
type exactCost struct{ lost, dist int }

func (c exactCost) less(d exactCost) bool {
	return c.lost < d.lost || c.lost == d.lost && c.dist < d.dist
}

type exactPlace struct {
	service int
	open    [][2]int
	meet    bool
	store   [3]bool
}

type exactVehicle struct {
	maker, home int
	kg          int
	litres      [3]int
	free        [][2]int
}

type exactRoute struct {
	vehicle, maker  int
	start, end      int
	depart, ret     int
	stops           []exactOwn
	maxDist, maxSec int
	frozen          bool
	carries         []bool // by producer
}

type exactOwn struct {
	place, opens, shuts, stay int
	kg                        int
	litres                    [3]int
}

type exactGoods struct {
	maker, from, to int
	class           int
	kg, litres      int
	ready           int
	opens, shuts    int
	own             bool
	lock            []int // nil: none
}

const (
	exactStops  = 30
	exactTours  = 7
	exactNever  = 1 << 30
	exactAdded  = -1
	exactStart  = -2
	exactFinish = -3
)

// exactState is a plan in part; it is copied at every step.
type exactState struct {
	stops   [exactStops]exactStop
	tours   [exactTours]exactTour
	chains  [4][exactTours]int8 // by vehicle: its tours in order
	chained [4]int8
	legs    [20]exactLeg
	swaps   [14]exactSwap
	nStops  int8
	nTours  int8
	nLegs   int8
	nSwaps  int8
	cost    exactCost
}

type exactStop struct {
	tour, place, own    int8
	ready, opens, shuts int32
}

type exactTour struct {
	seq     [14]int8
	n       int8
	vehicle int8
	base    int8 // −1: a trip
	free    int8
}

type exactLeg struct{ goods, from, to int8 }

type exactSwap struct {
	give, take int8
	store      bool
}

func newExact(week *Week) *exact {
	e := &exact{week: week, handover: int(week.Settings.HandoverMetres()), mostLegs: 3, mostNodes: 100000}
	at := placeIndexes(week)
	sec := func(t time.Time) int { return int(t.Sub(exactDay) / time.Second) }
	for i := range week.Places {
		p := &week.Places[i]
		x := exactPlace{service: int(p.StopSeconds()), meet: p.CanMeet()}
		for _, w := range p.Open {
			x.open = append(x.open, [2]int{sec(w[0]), sec(w[1])})
		}
		for k, c := range Classes {
			x.store[k] = p.CanStore(c)
		}
		e.places = append(e.places, x)
		var d, s []int
		for j := range week.Places {
			d, s = append(d, int(week.Travel.Metres[i][j])), append(s, int(week.Travel.Seconds[i][j]))
		}
		e.dist, e.secs = append(e.dist, d), append(e.secs, s)
	}
	makers := map[string]int{}
	for i, p := range week.Producers {
		makers[p.ID] = i
		e.makers = append(e.makers, exactLimit(p.MaxAddedM))
	}
	vehicles := map[string]int{}
	for i, v := range week.Vehicles {
		vehicles[v.ID] = i
		x := exactVehicle{maker: makers[v.Producer], home: at[week.Producers[makers[v.Producer]].Place], kg: int(v.Kg), litres: exactLitres(v.Litres)}
		for _, w := range v.Available {
			x.free = append(x.free, [2]int{sec(w[0]), sec(w[1])})
		}
		e.vehicles = append(e.vehicles, x)
	}
	rounds := map[string]int{}
	for i := range week.Rounds {
		r := &week.Rounds[i]
		rounds[r.ID] = i
		x := exactRoute{vehicle: vehicles[r.Vehicle], maker: makers[r.Producer], start: at[r.Start], end: at[r.End], depart: sec(r.DepartAfter), ret: sec(r.ReturnBy),
			maxDist: exactLimit(r.MaxAddedM), maxSec: exactLimit(r.MaxAddedS), frozen: r.Frozen}
		for _, s := range r.Stops {
			o := exactOwn{place: at[s.Place], opens: sec(s.ArriveAfter), shuts: sec(s.ArriveBy), stay: int(s.StayS)}
			if s.Unload != nil {
				o.kg, o.litres = int(s.Unload.Kg), exactLitres(s.Unload.Litres)
			}
			x.stops = append(x.stops, o)
		}
		for _, p := range week.Producers {
			x.carries = append(x.carries, r.Accepts(p.ID) && !slices.Contains(week.Forbid, Forbid{p.ID, r.ID}))
		}
		e.routes = append(e.routes, x)
	}
	points := map[string]*PickupPoint{}
	for i := range week.PickupPoints {
		points[week.PickupPoints[i].ID] = &week.PickupPoints[i]
	}
	for _, o := range week.Orders {
		for _, l := range o.Lines {
			p, q := &week.Producers[makers[l.Producer]], points[o.PickupPoint]
			g := exactGoods{maker: makers[l.Producer], from: at[p.Place], to: at[q.Place], class: slices.Index(Classes[:], l.Temperature()), kg: int(l.Kg), litres: int(l.Litres),
				ready: -exactNever, opens: sec(q.AcceptAfter), shuts: sec(q.AcceptBy), own: l.Carrier() == ByProducer}
			if !p.ReadyAt.IsZero() {
				g.ready = sec(p.ReadyAt)
			}
			for _, k := range week.Locks {
				if k.Producer == l.Producer && k.PickupPoint == o.PickupPoint && (k.Class == "" || k.Class == l.Temperature()) {
					for _, id := range k.Rounds {
						g.lock = append(g.lock, rounds[id])
					}
				}
			}
			e.goods = append(e.goods, g)
		}
	}
	return e
}

func exactLimit(x *float64) int {
	if x == nil {
		return exactNever
	}
	return int(*x)
}

func exactLitres(in map[Class]float64) (out [3]int) {
	for k, c := range Classes {
		out[k] = int(in[c])
	}
	return out
}

// begin is the plan that serves nothing.
func (e *exact) begin() *exactState {
	s := &exactState{}
	order := make([]int, len(e.routes))
	for i := range order {
		order[i] = i
	}
	for i, r := range e.routes {
		t := &s.tours[i]
		t.vehicle, t.base, t.free = int8(r.vehicle), int8(i), -1
		t.add(s.newStop(i, r.start, exactStart))
		for k, o := range r.stops {
			t.add(s.newStop(i, o.place, k))
		}
		t.add(s.newStop(i, r.end, exactFinish))
		s.nTours++
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(e.routes[a].depart, e.routes[b].depart) })
	for _, i := range order {
		v := e.routes[i].vehicle
		s.chains[v][s.chained[v]] = int8(i)
		s.chained[v]++
	}
	return s
}

func (t *exactTour) add(x int8) {
	t.seq[t.n] = x
	t.n++
}

func (s *exactState) newStop(tour, place, own int) int8 {
	s.stops[s.nStops] = exactStop{int8(tour), int8(place), int8(own), -exactNever, -exactNever, exactNever}
	s.nStops++
	return s.nStops - 1
}

// insert puts a new stop behind position k of a tour.
func (e *exact) insert(s *exactState, tour, place, k int) int8 {
	t := &s.tours[tour]
	a, b := int(s.stops[t.seq[k]].place), int(s.stops[t.seq[k+1]].place)
	s.cost.dist += e.dist[a][place] + e.dist[place][b] - e.dist[a][b]
	x := s.newStop(tour, place, exactAdded)
	copy(t.seq[k+2:t.n+1], t.seq[k+1:t.n])
	t.seq[k+1] = x
	t.n++
	return x
}

// solve improves on the known cost if anything does.
func (e *exact) solve(known exactCost) {
	s := e.begin()
	var rest []int
	for g := range e.goods {
		if e.possible(s, g) {
			rest = append(rest, g)
		} else {
			s.cost.lost += e.goods[g].kg
		}
	}
	slices.SortStableFunc(rest, func(a, b int) int { return cmp.Compare(e.least(s, b, e.goods[b].from), e.least(s, a, e.goods[a].from)) })
	e.best, e.found, e.nodes = known, nil, 0
	e.next(s, rest)
}

// possible reports whether the goods could be brought if there were no others.
func (e *exact) possible(s *exactState, g int) bool {
	e.best, e.found, e.nodes = exactCost{s.cost.lost + 1, -exactNever}, nil, 0
	e.ride(s, g, nil, e.goods[g].from, -1, 0)
	return e.found != nil || e.full
}

// next puts in the first of the rest, or leaves it behind, and then the others.
func (e *exact) next(s *exactState, rest []int) {
	if !e.promising(s, rest) {
		return
	}
	if len(rest) == 0 {
		e.best, e.found = s.cost, new(*s)
		return
	}
	g := rest[0]
	e.ride(s, g, rest[1:], e.goods[g].from, -1, 0)
	t := *s
	t.cost.lost += e.goods[g].kg
	e.next(&t, rest[1:])
}

// promising reports whether a plan that goes on from s can be better than the best.
func (e *exact) promising(s *exactState, rest []int) bool {
	c := s.cost
	if !c.less(e.best) {
		return false
	}
	if c.lost < e.best.lost {
		return true
	}
	least := 0
	for _, g := range rest {
		least = max(least, e.least(s, g, e.goods[g].from))
	}
	return c.dist+least < e.best.dist
}

// least is a lower bound of what bringing goods from a place to their destination adds.
func (e *exact) least(s *exactState, g, from int) int {
	return max(e.detour(s, from), e.detour(s, e.goods[g].to))
}

// detour is the least that a stop at a place adds on any tour.
func (e *exact) detour(s *exactState, p int) int {
	least := exactNever
	for i := range s.nTours {
		t := &s.tours[i]
		for k := int8(0); k < t.n; k++ {
			a := int(s.stops[t.seq[k]].place)
			if a == p {
				return 0
			}
			if k+1 < t.n && (t.base < 0 || !e.routes[t.base].frozen) {
				b := int(s.stops[t.seq[k+1]].place)
				least = min(least, e.dist[a][p]+e.dist[p][b]-e.dist[a][b])
			}
		}
	}
	for _, v := range e.vehicles {
		if len(v.free) > 0 {
			least = min(least, e.dist[v.home][p]+e.dist[p][v.home])
		}
	}
	return least
}

// ride tries every ride of the goods from where they are, after so many legs; give is the stop that they came to.
func (e *exact) ride(s *exactState, g int, rest []int, from int, give int8, legs int) {
	q := &e.goods[g]
	for i := range int(s.nTours) {
		e.rideOn(s, g, rest, from, give, legs, i)
	}
	if q.lock != nil || int(s.nTours) == exactTours {
		e.full = e.full || q.lock == nil
		return
	}
	for v := range e.vehicles {
		for f := range e.vehicles[v].free {
			for k := int8(0); k <= s.chained[v]; k++ {
				t := *s
				i := int(t.nTours)
				t.nTours++
				t.tours[i].vehicle, t.tours[i].base, t.tours[i].free = int8(v), -1, int8(f)
				t.tours[i].add(t.newStop(i, e.vehicles[v].home, exactStart))
				t.tours[i].add(t.newStop(i, e.vehicles[v].home, exactFinish))
				copy(t.chains[v][k+1:t.chained[v]+1], t.chains[v][k:t.chained[v]])
				t.chains[v][k] = int8(i)
				t.chained[v]++
				if e.inTime(&t) {
					e.rideOn(&t, g, rest, from, give, legs, i)
				}
			}
		}
	}
}

func (e *exact) maker(t *exactTour) int {
	if t.base >= 0 {
		return e.routes[t.base].maker
	}
	return e.vehicles[t.vehicle].maker
}

func (e *exact) rideOn(s *exactState, g int, rest []int, from int, give int8, legs, tour int) {
	q := &e.goods[g]
	r := &s.tours[tour]
	if give >= 0 && int(s.stops[give].tour) == tour || q.own && e.maker(r) != q.maker || r.base >= 0 && !e.routes[r.base].carries[q.maker] ||
		q.lock != nil && q.lock[legs] != tour {
		return
	}
	frozen := r.base >= 0 && e.routes[r.base].frozen
	for k := 0; k+1 < int(r.n); k++ {
		if int(s.stops[r.seq[k]].place) == from {
			e.unload(s, g, rest, give, legs, tour, k)
		}
		if frozen || len(rest) == 0 && e.idle(s, r.seq[k], g, from, false) {
			continue
		}
		if r.n == 13 || s.nStops+2 >= exactStops {
			e.full = true
			return
		}
		t := *s
		e.insert(&t, tour, from, k)
		if t.cost.less(e.best) {
			e.unload(&t, g, rest, give, legs, tour, k+1)
		}
	}
}

// idle reports whether a new stop beside another at the same place is of no use if nothing comes between them.
func (e *exact) idle(s *exactState, x int8, g, place int, last bool) bool {
	y := &s.stops[x]
	if int(y.place) != place || y.own != exactAdded {
		return false
	}
	q := &e.goods[g]
	return !last || len(e.places[place].open) == 0 && max(int(y.opens), q.opens) <= min(int(y.shuts), q.shuts)
}

// unload tries every place and position to unload goods that are loaded at position k of a tour.
func (e *exact) unload(s *exactState, g int, rest []int, give int8, legs, tour, k int) {
	q := &e.goods[g]
	from := s.tours[tour].seq[k]
	if give >= 0 {
		t := *s
		if !e.swap(&t, g, give, from) || !t.cost.less(e.best) {
			return
		}
		s = &t
	}
	r := &s.tours[tour]
	frozen := r.base >= 0 && e.routes[r.base].frozen
	for to := range e.places {
		last := to == q.to && (q.lock == nil || len(q.lock) == legs+1)
		if !last && (legs+1 >= e.mostLegs || q.lock != nil && len(q.lock) == legs+1 || !e.places[to].meet && !e.places[to].store[q.class]) || to == int(s.stops[from].place) {
			continue
		}
		for j := k; j < int(r.n); j++ {
			if j > k && int(s.stops[r.seq[j]].place) == to {
				t := *s
				e.bring(&t, g, rest, legs, from, r.seq[j], last)
			}
			if j+1 == int(r.n) || frozen || len(rest) == 0 && (e.idle(s, r.seq[j], g, to, last) || e.idle(s, r.seq[j+1], g, to, last)) {
				continue
			}
			if r.n == 13 || s.nStops+2 >= exactStops {
				e.full = true
				break
			}
			t := *s
			x := e.insert(&t, tour, to, j)
			if t.cost.less(e.best) {
				e.bring(&t, g, rest, legs, from, x, last)
			}
		}
	}
}

// swap books a handover and what it costs. It reports whether there is one at all at the place.
func (e *exact) swap(s *exactState, g int, give, take int8) bool {
	place := s.stops[give].place
	p := &e.places[place]
	store := p.store[e.goods[g].class]
	if !store && !p.meet {
		return false
	}
	known := false
	for _, x := range s.swaps[:s.nSwaps] {
		known = known || s.stops[x.give].place == place && s.stops[x.give].tour == s.stops[give].tour && s.stops[x.take].tour == s.stops[take].tour
	}
	if !known {
		s.cost.dist += e.handover
	}
	if int(s.nSwaps) == len(s.swaps) {
		e.full = true
		return false
	}
	s.swaps[s.nSwaps] = exactSwap{give, take, store}
	s.nSwaps++
	return true
}

// bring books a leg and goes on: with the next goods where it was the last, else with the next leg.
func (e *exact) bring(s *exactState, g int, rest []int, legs int, from, to int8, last bool) {
	if e.nodes++; e.nodes > e.mostNodes || int(s.nLegs) == len(s.legs) {
		e.full = true
		return
	}
	q := &e.goods[g]
	s.legs[s.nLegs] = exactLeg{int8(g), from, to}
	s.nLegs++
	if legs == 0 {
		s.stops[from].ready = max(s.stops[from].ready, int32(q.ready))
	}
	whole := *s
	if last {
		x := &whole.stops[to]
		x.opens, x.shuts = max(x.opens, int32(q.opens)), min(x.shuts, int32(q.shuts))
		if e.promising(&whole, rest) && e.holds(&whole) && e.inTime(&whole) {
			e.next(&whole, rest)
		}
		if legs+1 >= e.mostLegs {
			return
		}
	}
	place := int(s.stops[to].place)
	if !e.places[place].meet && !e.places[place].store[q.class] || q.lock != nil && len(q.lock) == legs+1 {
		return
	}
	if t := s.cost; t.lost == e.best.lost && t.dist+e.detour(s, q.to) >= e.best.dist {
		return
	}
	if !e.promising(s, rest) || !e.holds(s) || !e.inTime(s) {
		return
	}
	e.ride(s, g, rest, place, to, legs+1)
}

// holds reports whether every load and every limit of rounds and producers is kept.
func (e *exact) holds(s *exactState) bool {
	var owed [8]int
	for i := range s.nTours {
		t := &s.tours[i]
		dist, secs := 0, 0
		v := &e.vehicles[t.vehicle]
		kg, litres := 0, [3]int{}
		if t.base >= 0 {
			last := e.routes[t.base].start
			for _, o := range e.routes[t.base].stops {
				kg += o.kg
				for k, l := range o.litres {
					litres[k] += l
				}
				dist -= e.dist[last][o.place]
				secs -= e.secs[last][o.place]
				last = o.place
			}
			dist -= e.dist[last][e.routes[t.base].end]
			secs -= e.secs[last][e.routes[t.base].end]
		}
		for k, x := range t.seq[:t.n] {
			y := &s.stops[x]
			if k > 0 {
				a := s.stops[t.seq[k-1]].place
				dist += e.dist[a][y.place]
				secs += e.secs[a][y.place]
			}
			if y.own == exactAdded {
				secs += e.places[y.place].service
			} else if y.own >= 0 {
				o := &e.routes[t.base].stops[y.own]
				kg -= o.kg
				for k, l := range o.litres {
					litres[k] -= l
				}
			}
			for _, l := range s.legs[:s.nLegs] {
				q := &e.goods[l.goods]
				if l.from == x {
					kg += q.kg
					litres[q.class] += q.litres
				} else if l.to == x {
					kg -= q.kg
					litres[q.class] -= q.litres
				}
			}
			if kg > v.kg || litres[0] > v.litres[0] || litres[1] > v.litres[1] || litres[2] > v.litres[2] {
				return false
			}
		}
		if t.base >= 0 && (dist > e.routes[t.base].maxDist || secs > e.routes[t.base].maxSec) {
			return false
		}
		owed[e.maker(t)] += dist
	}
	for k, most := range e.makers {
		if owed[k] > most {
			return false
		}
	}
	return true
}

func (e *exact) inTime(s *exactState) bool {
	_, _, ok := e.times(s)
	return ok
}

// times are the earliest arrivals and departures of all stops, found by going round until nothing moves.
func (e *exact) times(s *exactState) (arr, dep [exactStops]int, ok bool) {
	for i := range arr {
		arr[i], dep[i] = -exactNever, -exactNever
	}
	for range 500 {
		moved := false
		set := func(at *int, t int) {
			if t > *at {
				*at, moved = t, true
			}
		}
		for _, x := range s.swaps[:s.nSwaps] {
			set(&dep[x.take], arr[x.give])
			if s.stops[x.take].own == exactStart {
				set(&arr[x.take], dep[x.take])
			}
			if !x.store {
				set(&dep[x.give], arr[x.take])
				if s.stops[x.give].own == exactFinish {
					set(&arr[x.give], dep[x.give])
				}
			}
		}
		for v := range e.vehicles {
			t := -exactNever
			for _, i := range s.chains[v][:s.chained[v]] {
				tour := &s.tours[i]
				depart, ret := 0, 0
				if tour.base >= 0 {
					depart, ret = e.routes[tour.base].depart, e.routes[tour.base].ret
				} else {
					depart, ret = e.vehicles[v].free[tour.free][0], e.vehicles[v].free[tour.free][1]
				}
				for k, x := range tour.seq[:tour.n] {
					y := &s.stops[x]
					switch y.own {
					case exactStart:
						set(&dep[x], max(t, depart, int(y.ready)))
						set(&arr[x], dep[x])
						t = dep[x]
						continue
					case exactFinish:
						set(&arr[x], max(t+e.secs[s.stops[tour.seq[k-1]].place][y.place], int(y.opens)))
						set(&dep[x], arr[x])
						t = arr[x]
						if t > min(ret, int(y.shuts)) {
							return arr, dep, false
						}
						continue
					}
					set(&arr[x], t+e.secs[s.stops[tour.seq[k-1]].place][y.place])
					begin, shuts, stay := max(arr[x], int(y.opens)), int(y.shuts), 0
					if y.own >= 0 {
						o := &e.routes[tour.base].stops[y.own]
						begin, shuts, stay = max(begin, o.opens), min(shuts, o.shuts), o.stay
					} else {
						stay = e.places[y.place].service
						open := len(e.places[y.place].open) == 0
						for _, w := range e.places[y.place].open {
							if begin <= w[1] {
								begin, open = max(begin, w[0]), true
								break
							}
						}
						if !open {
							return arr, dep, false
						}
					}
					if begin > shuts {
						return arr, dep, false
					}
					set(&dep[x], max(begin+stay, int(y.ready)))
					t = dep[x]
				}
			}
		}
		if !moved {
			return arr, dep, true
		}
	}
	return arr, dep, false
}

// plan writes a state down as the contract has it.
func (e *exact) plan(s *exactState) *Plan {
	p := &Plan{Week: e.week.ID}
	arr, dep, _ := e.times(s)
	clock := func(t int) time.Time { return exactDay.Add(time.Duration(t) * time.Second) }
	position := [exactStops]int{}
	for i := range s.nTours {
		t := &s.tours[i]
		v := e.week.Vehicles[t.vehicle]
		r := PlanRound{ID: fmt.Sprintf("trip-%d", i), Producer: v.Producer, Vehicle: v.ID, Dedicated: true}
		if t.base >= 0 {
			r.ID, r.Producer, r.Dedicated = e.week.Rounds[t.base].ID, e.week.Rounds[t.base].Producer, false
		}
		own := s.stops[t.seq[0]].place
		for k, x := range t.seq[:t.n] {
			position[x] = k
			y := &s.stops[x]
			stop := PlanStop{Place: e.week.Places[y.place].ID, Arrive: clock(arr[x]), Depart: clock(dep[x])}
			if k > 0 {
				r.Metres += float64(e.dist[s.stops[t.seq[k-1]].place][y.place])
			}
			if t.base >= 0 && y.own != exactAdded && k > 0 {
				r.BaseMetres += float64(e.dist[own][y.place])
				own = y.place
			}
			if y.own >= 0 {
				stop.Base = new(int(y.own))
			}
			for _, l := range s.legs[:s.nLegs] {
				id := fmt.Sprintf("c-%d", l.goods)
				if l.from == x {
					stop.Load = append(stop.Load, id)
				} else if l.to == x {
					stop.Unload = append(stop.Unload, id)
				}
			}
			r.Stops = append(r.Stops, stop)
		}
		p.Summary.BaseMetres += r.BaseMetres
		p.Summary.PlannedMetres += r.Metres
		p.Rounds = append(p.Rounds, r)
	}
	for g, o := range e.week.Orders {
		l := o.Lines[0]
		c := Consignment{ID: fmt.Sprintf("c-%d", g), Producer: l.Producer, PickupPoint: o.PickupPoint, Class: l.Temperature(), CarriedBy: l.Carrier(), Kg: l.Kg, Litres: l.Litres, Lines: []LineRef{{o.ID, 0}}}
		for _, l := range s.legs[:s.nLegs] {
			if int(l.goods) == g {
				c.Legs = append(c.Legs, Leg{p.Rounds[s.stops[l.from].tour].ID, position[l.from], position[l.to]})
			}
		}
		if len(c.Legs) == 0 {
			p.Unserved = append(p.Unserved, Unserved{Order: o.ID, Reason: "left"})
			continue
		}
		p.Consignments = append(p.Consignments, c)
	}
	p.Summary.AddedMetres = p.Summary.PlannedMetres - p.Summary.BaseMetres
	p.Summary.Objective = float64(s.cost.dist)
	events := map[[3]int8]bool{}
	for _, x := range s.swaps[:s.nSwaps] {
		events[[3]int8{s.stops[x.give].place, s.stops[x.give].tour, s.stops[x.take].tour}] = true
	}
	p.Summary.Handovers = len(events)
	return p
}

// exactDay is when the tiny weeks begin.
var exactDay = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)

// tinyWeek makes a week small enough to be solved by trying all.
func tinyWeek(rng *rand.Rand) *Week {
	m := &tinyMaker{Rand: rng, week: &Week{ID: "tiny"}}
	m.classes = []Class{Ambient, Chilled}[:1+m.IntN(2)]
	m.producers()
	m.pickupPoints()
	m.travel()
	for k := range 1 + m.IntN(3) {
		m.vehicle(k)
	}
	m.orders()
	m.week.Settings.HandoverM = new([]float64{0, 500, 500, 3000}[m.IntN(4)])
	return m.week
}

type tinyMaker struct {
	*rand.Rand
	week    *Week
	classes []Class
	spots   []string // where rounds go
}

func (m *tinyMaker) oneIn(n int) bool { return m.IntN(n) == 0 }

func (m *tinyMaker) clock(minute int) time.Time {
	return exactDay.Add(time.Duration(minute) * time.Minute)
}

func (m *tinyMaker) place(id string) string {
	p := Place{ID: id, Lon: 5 + m.Float64()/3, Lat: 44 + m.Float64()/4, Handover: &Handover{Meet: new(!m.oneIn(4))}}
	if m.oneIn(2) {
		p.StopS = new(float64(60 * m.IntN(10)))
	}
	for _, c := range m.classes {
		if m.oneIn(3) {
			p.Handover.Store = append(p.Handover.Store, c)
		}
	}
	if m.oneIn(8) {
		a, b := 60*(7+m.IntN(4)), 60*(12+m.IntN(3))
		p.Open = []Interval{{m.clock(a), m.clock(b)}, {m.clock(b + 60*(1+m.IntN(3))), m.clock(60 * 22)}}
	}
	m.week.Places = append(m.week.Places, p)
	return id
}

func (m *tinyMaker) producers() {
	for k := range 2 + m.IntN(3) {
		p := Producer{ID: fmt.Sprintf("p%d", k), Place: m.place(fmt.Sprintf("farm%d", k))}
		if m.oneIn(3) {
			p.ReadyAt = m.clock(60*6 + m.IntN(60*6))
		}
		if m.oneIn(10) {
			p.MaxAddedM = new(float64(10000 + 1000*m.IntN(60)))
		}
		m.week.Producers = append(m.week.Producers, p)
	}
	for k := range 1 + m.IntN(2) {
		m.spots = append(m.spots, m.place(fmt.Sprintf("spot%d", k)))
	}
}

func (m *tinyMaker) pickupPoints() {
	w := m.week
	for k := range 1 + m.IntN(3) {
		at := ""
		switch {
		case m.oneIn(5):
			at = w.Producers[m.IntN(len(w.Producers))].Place
		case m.oneIn(4):
			at = m.spots[m.IntN(len(m.spots))]
		case m.oneIn(8) && k > 0:
			at = w.PickupPoints[0].Place
		default:
			at = m.place(fmt.Sprintf("goal%d", k))
		}
		a := 60*7 + m.IntN(60*10)
		w.PickupPoints = append(w.PickupPoints, PickupPoint{ID: fmt.Sprintf("q%d", k), Place: at, AcceptAfter: m.clock(a), AcceptBy: m.clock(a + 120 + m.IntN(60*10))})
	}
}

// vehicle makes the k-th vehicle with its rounds, one after another.
func (m *tinyMaker) vehicle(k int) {
	w := m.week
	p := k
	if k >= len(w.Producers) || m.oneIn(5) {
		p = m.IntN(len(w.Producers))
	}
	v := Vehicle{ID: fmt.Sprintf("v%d", k), Producer: w.Producers[p].ID, Kg: float64(50 + m.IntN(200)), Litres: map[Class]float64{}}
	for _, c := range m.classes {
		if !m.oneIn(10) {
			v.Litres[c] = float64(100 + m.IntN(300))
		}
	}
	minute := 60*6 + m.IntN(60*9)
	for j := range 1 + m.IntN(5)/4 {
		r := Round{ID: fmt.Sprintf("r%d%d", k, j), Producer: v.Producer, Vehicle: v.ID, Start: w.Producers[p].Place, End: w.Producers[p].Place}
		minute = m.round(&r, &v, minute) + m.IntN(60)
		w.Rounds = append(w.Rounds, r)
	}
	if m.oneIn(2) {
		a := 60*6 + m.IntN(60*8)
		v.Available = []Interval{{m.clock(a), m.clock(a + 120 + m.IntN(60*10))}}
	}
	w.Vehicles = append(w.Vehicles, v)
}

// round drives a round from a minute on, gives it windows that it can keep, and says when it is over.
func (m *tinyMaker) round(r *Round, v *Vehicle, minute int) int {
	at := placeIndexes(m.week)
	drive := func(a, b string) float64 { return m.week.Travel.Seconds[at[a]][at[b]] / 60 }
	if m.oneIn(10) {
		r.End = m.spots[m.IntN(len(m.spots))]
	}
	r.DepartAfter = m.clock(minute)
	t, last := float64(minute), r.Start
	for range 1 + m.IntN(2) {
		s := RoundStop{Place: m.spots[m.IntN(len(m.spots))], StayS: float64(60 * (5 + m.IntN(60)))}
		if m.oneIn(4) {
			s.Place = m.week.Places[m.IntN(len(m.week.Places))].ID
		}
		if s.Place == last {
			continue
		}
		t += drive(last, s.Place) + float64(m.IntN(60))
		s.ArriveAfter, s.ArriveBy = m.clock(int(t)+1-m.IntN(30)), m.clock(int(t)+1+m.IntN(90))
		t += 1 + s.StayS/60
		last = s.Place
		if m.oneIn(3) {
			s.Unload = &Load{Kg: float64(m.IntN(30)), Litres: map[Class]float64{}}
			for _, c := range m.classes {
				s.Unload.Litres[c] = float64(m.IntN(1 + int(v.Litres[c])/3))
			}
		}
		r.Stops = append(r.Stops, s)
	}
	t += drive(last, r.End) + 2 + float64(m.IntN(150))
	over := int(t) + 30
	r.ReturnBy = m.clock(over)
	switch {
	case m.oneIn(12):
		r.Frozen = true
	case m.oneIn(8):
		r.MaxAddedM = new(float64(1000 * (1 + m.IntN(30))))
	case m.oneIn(8):
		r.MaxAddedS = new(float64(600 * (1 + m.IntN(8))))
	case m.oneIn(10):
		r.Carries.OwnOnly = true
	}
	return over + 1
}

// orders are of one line each, no two for the same consignment: there is nothing to split.
func (m *tinyMaker) orders() {
	w := m.week
	used := map[string]bool{}
	for k := range 2 + m.IntN(5) {
		p, q := m.IntN(len(w.Producers)), m.IntN(len(w.PickupPoints))
		l := Line{Producer: w.Producers[p].ID, Kg: float64(5 + m.IntN(40)), Litres: float64(10 + m.IntN(90)), Class: m.classes[m.IntN(len(m.classes))]}
		if m.oneIn(10) {
			l.CarriedBy = ByProducer
		}
		key := fmt.Sprint(p, q, l.Class)
		if used[key] || w.Producers[p].Place == w.PickupPoints[q].Place {
			continue
		}
		used[key] = true
		w.Orders = append(w.Orders, Order{ID: fmt.Sprintf("o%d", k), PickupPoint: w.PickupPoints[q].ID, Lines: []Line{l}})
		r := &w.Rounds[m.IntN(len(w.Rounds))]
		if m.oneIn(20) && len(w.Forbid) == 0 && r.Accepts(l.Producer) && l.Carrier() == ByAny {
			w.Locks = append(w.Locks, Lock{Producer: l.Producer, PickupPoint: w.PickupPoints[q].ID, Class: l.Class, Rounds: []string{r.ID}})
		} else if m.oneIn(20) && len(w.Locks) == 0 {
			w.Forbid = append(w.Forbid, Forbid{Producer: l.Producer, Round: r.ID})
		}
	}
}

// travel makes a table by shortest paths, in whole metres and seconds.
func (m *tinyMaker) travel() {
	w := m.week
	n := len(w.Places)
	roads := TravelOf(w)
	metres, seconds := square(n), square(n)
	for i := range n {
		for j := range n {
			if i != j {
				d, t := roads.Between(i, j)
				bend := 1 + m.Float64()/4
				metres[i][j], seconds[i][j] = math.Round(d*bend), math.Round(t*bend)
			}
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				metres[i][j] = min(metres[i][j], metres[i][k]+metres[k][j])
				seconds[i][j] = min(seconds[i][j], seconds[i][k]+seconds[k][j])
			}
		}
	}
	w.Travel = &geo.Table{Metres: metres, Seconds: seconds}
}

// sketch is a plan to be read: an own stop has a star, + is loaded and - unloaded.
func sketch(p *Plan) string {
	var b strings.Builder
	for _, r := range p.Rounds {
		if r.Metres == r.BaseMetres && !slices.ContainsFunc(r.Stops, func(s PlanStop) bool { return len(s.Load)+len(s.Unload) > 0 }) {
			continue
		}
		fmt.Fprintf(&b, "  %s (%s, +%.0f):", r.ID, r.Vehicle, r.Metres-r.BaseMetres)
		for _, s := range r.Stops {
			own := ""
			if s.Base != nil {
				own = "*"
			}
			fmt.Fprintf(&b, " %s%s[%s–%s", s.Place, own, s.Arrive.UTC().Format("15:04:05"), s.Depart.UTC().Format("15:04:05"))
			for _, id := range s.Load {
				fmt.Fprintf(&b, " +%s", id)
			}
			for _, id := range s.Unload {
				fmt.Fprintf(&b, " -%s", id)
			}
			b.WriteString("]")
		}
		b.WriteString("\n")
	}
	for _, c := range p.Consignments {
		fmt.Fprintf(&b, "  %s = %s to %s, %s\n", c.ID, c.Producer, c.PickupPoint, c.Class)
	}
	for _, u := range p.Unserved {
		fmt.Fprintf(&b, "  left: %s\n", u.Order)
	}
	return b.String()
}
