package search

import (
	"cmp"
	"math"
	"slices"
)

// recreate puts the requests of w.out back, one after another in an order drawn at random, each on its cheapest way. It
// breaks off and says no as soon as the state cannot get below w.limit any more.
func (w *worker) recreate() bool {
	s := w.work
	p := s.p
	w.rng.Shuffle(len(w.out), func(i, j int) { w.out[i], w.out[j] = w.out[j], w.out[i] })
	far := func(c int32) int32 { return s.dist(p.Requests[c].From, p.Requests[c].To) }
	switch w.rng.IntN(8) {
	case 0:
		slices.SortStableFunc(w.out, func(a, b int32) int { return cmp.Compare(p.Requests[b].Volume, p.Requests[a].Volume) })
	case 1, 2:
		slices.SortStableFunc(w.out, func(a, b int32) int { return cmp.Compare(far(b), far(a)) })
	case 3:
		slices.SortStableFunc(w.out, func(a, b int32) int { return cmp.Compare(far(a), far(b)) })
	case 4:
		slices.SortStableFunc(w.out, func(a, b int32) int { return cmp.Compare(p.Requests[a].To, p.Requests[b].To) })
	case 5:
		slices.SortStableFunc(w.out, func(a, b int32) int { return cmp.Compare(p.Requests[a].Window.Close, p.Requests[b].Window.Close) })
	}
	if w.rng.IntN(2) == 0 {
		// what was left behind before comes first
		slices.SortStableFunc(w.out, func(a, b int32) int { return cmp.Compare(min(w.fails[b], 1), min(w.fails[a], 1)) })
	}
	if w.f.every && !math.IsInf(w.limit, 1) && w.rng.IntN(meetings) == 0 {
		return w.meet() // which may spoil the state: there must be another to go back to
	}
	if w.f.every && len(w.out) <= mostRegret && w.rng.IntN(8) == 0 {
		return w.regret()
	}
	return w.putAll(w.refused)
}

// putAll puts the requests of w.out back in their order and breaks off as soon as what can still come of it is too dear.
func (w *worker) putAll(tooDear func(Cost) bool) bool {
	for k, c := range w.out {
		w.put(c)
		if tooDear(w.hope(w.out[k+1:])) {
			return false
		}
	}
	return true
}

// hope is the cost of the work state if the rest is put back for nothing.
func (w *worker) hope(rest []int32) Cost {
	c := w.work.total()
	for _, r := range rest {
		c.Lost -= w.work.p.Requests[r].Penalty
	}
	return c
}

// refused reports whether a state of this cost is not accepted.
func (w *worker) refused(c Cost) bool { return c.energy() >= w.limit }

// mostRegret is up to how many requests are put back by regret, where nothing is left untried: each is routed twice whenever
// one is put back, which gains nothing for its time elsewhere.
const mostRegret = 8

// regret puts the requests of w.out back, first always the one that would lose most by not taking its cheapest way, as
// against the cheapest without its first route.
func (w *worker) regret() bool {
	f := w.f
	avoid := f.avoid
	for len(w.out) > 0 {
		worst, most := 0, int64(-1)
		for k, c := range w.out {
			first, second := int32(Inf), int32(Inf)
			if f.find(c, Inf, &w.way) {
				first = w.way.cost
				if f.avoid < 0 {
					f.avoid = w.way.rides[0].route
				}
				if f.find(c, Inf, &w.way) {
					second = w.way.cost
				}
				f.avoid = avoid
			}
			if loss := int64(second) - int64(first); loss > most {
				worst, most = k, loss
			}
		}
		c := w.out[worst]
		w.out = slices.Delete(w.out, worst, worst+1)
		w.put(c)
		if w.refused(w.hope(w.out)) {
			return false
		}
	}
	return true
}

// How many rides to places of transfer a search for a way looks at: practically all, and for requests that have had
// none for long just some.
const (
	manyRides = 2000
	fewRides  = 200
)

// mostFails is how many vain attempts count.
const mostFails = 1000

// put gives request c its cheapest way, if it has one, or a dearer one (stray). Where none is found it looks among ways of one ride alone, in case
// the rides of the way found depended on one another, and a few times for handovers at any place.
func (w *worker) put(c int32) {
	f := w.f
	f.rides = w.rides
	if w.fails[c] > 4 {
		f.rides = fewRides
	}
	if f.every && w.rng.IntN(strays) == 0 && w.stray(c) {
		w.fails[c] = 0
		return
	}
	found := w.try(c)
	if !found && w.way.n > 1 {
		f.direct = true
		found = w.try(c)
		f.direct = false
	}
	if !found && (f.merge || f.avoid >= 0 || f.idle >= 0) {
		merge, avoid, idle := f.merge, f.avoid, f.idle
		f.merge, f.avoid, f.idle = false, -1, -1
		found = w.try(c)
		f.merge, f.avoid, f.idle = merge, avoid, idle
	}
	if !found && !f.wide && w.fails[c] < 3 {
		f.wide = true
		found = w.try(c)
		f.wide = false
	}
	if found {
		w.fails[c] = 0
		return
	}
	w.fails[c] = min(w.fails[c]+1, mostFails)
}

func (w *worker) try(c int32) bool {
	return w.f.find(c, Inf, &w.way) && w.work.take(c, &w.way)
}

// strays is in how many cases one a request takes any way instead of its cheapest, where nothing is left untried. Two requests
// that change places pay for it together; the first of them alone would never go.
const strays = 8

// stray gives request c any of the ways that cost no more than twice its cheapest.
func (w *worker) stray(c int32) bool {
	f := w.f
	if !f.find(c, Inf, &w.way) {
		return false
	}
	f.gather, f.gathered = true, f.gathered[:0]
	f.find(c, min(Inf, 2*w.way.cost+1), &w.way)
	f.gather = false
	return len(f.gathered) > 0 && w.work.take(c, &f.gathered[w.rng.IntN(len(f.gathered))])
}

// meetings is in how many cases one routes come to a place of transfer for nothing, where nothing is left untried.
const meetings = 3

// meet puts the requests of w.out back while most routes stop at some place of transfer for nothing, and then takes away
// the stops there that are of no use. Requests that pay for a place together come to it so, each of which alone would not.
func (w *worker) meet() bool {
	s := w.work
	place := int32(w.rng.IntN(len(s.p.Places)))
	if s.p.Places[place].Store == 0 && !s.p.Places[place].Meet {
		return w.putAll(w.refused)
	}
	s.queue = s.queue[:0]
	for r := range s.routes {
		if s.open(int32(r)) && w.rng.IntN(4) > 0 && s.call(int32(r), place) {
			s.queue = append(s.queue, int32(r))
		}
	}
	if !s.propagate() {
		return false
	}
	w.putAll(func(Cost) bool { return false })
	s.queue = s.queue[:0]
	ok := true
	for r := range s.routes {
		if s.open(int32(r)) && s.strip(int32(r)) {
			s.measure(int32(r))
			ok = ok && s.within(int32(r))
			s.queue = append(s.queue, int32(r))
		}
	}
	return s.retime() && ok
}

// call makes route r stop at a place where that is the shortest detour and keeps the times of its stops. It reports
// whether there is such a place in it.
func (s *state) call(r, place int32) bool {
	rt := &s.routes[r]
	if rt.frozen {
		return false
	}
	at, least := int32(-1), int32(Inf)
	for i := rt.first; i != rt.last; i = s.stops[i].next {
		x, y := &s.stops[i], &s.stops[s.stops[i].next]
		if x.place == place || y.place == place {
			return false
		}
		if d := s.dist(x.place, place) + s.dist(place, y.place) - s.dist(x.place, y.place); d < least &&
			x.dep+s.secs(x.place, place)+s.p.Places[place].Service+s.secs(place, y.place) <= y.larr {
			at, least = i, d
		}
	}
	if at < 0 {
		return false
	}
	s.insert(r, place, at)
	s.measure(r)
	return true
}
