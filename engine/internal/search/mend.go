package search

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// MendOptions say what to mend a solution by.
type MendOptions struct {
	Seed       uint64
	Iterations int
	Out        []int32 // requests that are taken out first and put back like those that the start leaves behind
	Around     []int32 // requests near which something better is looked for, too
	Faint      []int32 // requests that have had no way for long: they are put back only where one ride does it
	Stop       func() bool
}

// Mended is a solution mended.
type Mended struct {
	Solution *Solution // nil: the routes cannot keep their own windows
	Evicted  []Eviction
	Saved    []int64 // by request: by how much the step that took it from its usual way lowered the cost alone, prices not counted, less what that gave back for others' habits; 0 where none did
	Evened   []bool  // by request: that step lowered the prices of what owners add, and nothing else
}

// Eviction is a request that had to leave the route it rode in the start.
type Eviction struct {
	Request int32
	Vehicle int32
	Route   int32 // −1: a trip
	Limit   Limit
}

// Limit is what a route would break.
type Limit int

// The limits.
const (
	Hours Limit = iota // a window, or the time that others count on
	Room               // what the vehicle holds
	Added              // how far a route or its owner may be diverted
)

// Mend makes of a start, of which parts may not hold any more, a solution as near to it as can be: what breaks a limit
// is taken out, then all that is out is put back on its cheapest way, then ways around are changed where that lowers the
// cost. It looks only there, so its time goes by what has changed and not by the size of the problem.
func Mend(p *Problem, start *Solution, opt MendOptions) *Mended {
	out := &Mended{Saved: make([]int64, len(p.Requests)), Evened: make([]bool, len(p.Requests))}
	s := newState(p)
	s.load(start)
	evicted, ok := s.evict()
	if !ok {
		return out
	}
	out.Evicted = evicted
	w := &worker{work: s, rng: rand.New(rand.NewPCG(opt.Seed, 1)), rides: fewRides, fails: make([]int32, len(p.Requests)), chosen: make([]bool, len(p.Requests)), near: make([][]int32, len(p.Requests))}
	w.f = newFinder(s, w.rng)
	s.remove(opt.Out)
	faint := make([]bool, len(p.Requests))
	for _, c := range opt.Faint {
		faint[c] = true
	}
	for c := range s.paths {
		if s.paths[c].n == 0 && !faint[c] {
			w.out = append(w.out, int32(c))
		}
	}
	focus := slices.Clone(w.out)
	for _, c := range opt.Around {
		if !slices.Contains(focus, c) {
			focus = append(focus, c)
		}
	}
	spare := newState(p)
	before := s.cost
	w.putBest(spare)
	w.putFaint(opt.Faint)
	if len(focus) > 0 && (s.cost > before || slices.ContainsFunc(focus, func(c int32) bool { return s.paths[c].n == 0 }) || len(opt.Around) > 0) {
		w.mend(spare, focus, faint, out, &opt)
	}
	w.putFaint(opt.Faint)
	s.fuse(spare)
	out.Solution = s.solution()
	return out
}

// evict takes requests out until every route keeps its limits, those first that ride where one is broken. It reports
// whether the routes without any do.
func (s *state) evict() ([]Eviction, bool) {
	var out []Eviction
	var some []int32
	for {
		some = some[:0]
		for r := range s.routes {
			r := int32(r)
			if !s.open(r) {
				continue
			}
			limit, broken := Hours, s.routes[r].late || slices.Contains(s.stale, r)
			if !broken && !s.within(r) {
				limit, broken = Added, true
			}
			if !broken && !s.holds(r) {
				limit, broken = Room, true
			}
			if !broken {
				continue
			}
			for c := range s.paths {
				if slices.Contains(some, int32(c)) || !s.breaks(int32(c), r, limit) {
					continue
				}
				some = append(some, int32(c))
				out = append(out, Eviction{int32(c), s.routes[r].vehicle, s.routes[r].base, limit})
			}
		}
		if len(some) > 0 {
			s.remove(some)
			continue
		}
		s.queue = s.queue[:0]
		for r := range s.routes {
			if s.open(int32(r)) {
				s.queue = append(s.queue, int32(r))
			}
		}
		return out, s.retime()
	}
}

// breaks reports whether request c rides route r where it breaks the limit.
func (s *state) breaks(c, r int32, limit Limit) bool {
	pa := &s.paths[c]
	room := &s.p.Vehicles[s.routes[r].vehicle].Cap
	for _, l := range pa.legs[:pa.n] {
		if s.stops[l.from].route != r {
			continue
		}
		if limit == Hours || limit == Added && (s.stops[l.from].own == added || s.stops[l.to].own == added || s.routes[r].base < 0) {
			return true
		}
		for i := l.from; limit == Room && i != l.to; i = s.stops[i].next {
			if x := &s.stops[i]; x.load[0] > room[0] || x.load[s.p.Requests[c].Class] > room[s.p.Requests[c].Class] {
				return true
			}
		}
	}
	return false
}

// putBest puts the requests of w.out back in two orders, the heaviest and the farthest first, and keeps the better one.
func (w *worker) putBest(spare *state) {
	p := w.work.p
	list := w.out
	if len(list) == 0 {
		return
	}
	spare.copyFrom(w.work)
	slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(p.Requests[b].Penalty, p.Requests[a].Penalty) })
	for _, c := range list {
		w.put(c)
	}
	if len(list) < 3 || w.work.cost <= spare.cost {
		return
	}
	first := newState(p)
	first.copyFrom(w.work)
	w.work.copyFrom(spare)
	far := func(c int32) int32 { return w.work.dist(p.Requests[c].From, p.Requests[c].To) }
	slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(far(b), far(a)) })
	for _, c := range list {
		w.put(c)
	}
	if first.total().Less(w.work.total()) {
		w.work.copyFrom(first)
	}
}

// How many rides to places of transfer a search looks at in mend, and how many neighbours of a request move with it.
const (
	mendRides = 100
	mendKin   = 24
)

// putFaint gives requests a way of one ride where there is one.
func (w *worker) putFaint(requests []int32) {
	w.f.direct = true
	for _, c := range requests {
		if w.work.paths[c].n == 0 {
			w.try(c)
		}
	}
	w.f.direct = false
}

// mend takes some requests out around those of the focus and puts them back, over and over, and keeps what is better.
// spare is a state to come back to.
func (w *worker) mend(spare *state, focus []int32, faint []bool, out *Mended, opt *MendOptions) {
	s := w.work
	w.rides = mendRides
	w.f.known = spare
	spare.copyFrom(s)
	for n := 0; n < opt.Iterations && (opt.Stop == nil || !opt.Stop()); n++ {
		c := focus[w.rng.IntN(len(focus))]
		if s.paths[c].n == 0 && w.fails[c] > 2 {
			continue // the neighbours of others may make room for it
		}
		w.out = append(w.out[:0], c)
		w.around(c, w.kin(c)[:min(mendKin, len(w.kin(c)))])
		if s.remove(w.out) {
			for c := range s.paths {
				if s.paths[c].n == 0 && !faint[c] && !slices.Contains(w.out, int32(c)) && w.rng.IntN(1+int(w.fails[c])) == 0 {
					w.out = append(w.out, int32(c))
				}
			}
			w.rng.Shuffle(len(w.out), func(i, j int) { w.out[i], w.out[j] = w.out[j], w.out[i] })
			better := func(c Cost) bool { return c.Less(spare.total()) }
			if w.putAll(func(c Cost) bool { return !better(c) }) && better(s.total()) {
				evening := spare.prices() - s.prices()
				saving := spare.cost - s.cost - evening
				for _, c := range w.out {
					if spare.paths[c].moved && !s.paths[c].moved {
						saving -= int64(s.p.Requests[c].Change) // others may have made way for it to ride as it is used to
					}
				}
				if s.lost != spare.lost {
					saving, evening = 0, 0 // it was not for the cost
				}
				for _, c := range w.out {
					if !spare.paths[c].moved || !s.paths[c].moved {
						out.Saved[c], out.Evened[c] = max(0, saving), saving <= 0 && evening > 0
					}
				}
				spare.copyFrom(s)
				continue
			}
		}
		s.copyFrom(spare)
	}
}

// around adds some requests to w.out that share something with request c: a stop, a trip, a neighbourhood.
func (w *worker) around(c int32, near []int32) {
	s := w.work
	pa := &s.paths[c]
	most := 1 + w.rng.IntN(8)
	take := func(o int32) {
		if len(w.out) <= most && !slices.Contains(w.out, o) {
			w.out = append(w.out, o)
		}
	}
	if pa.n > 0 && w.rng.IntN(2) == 0 {
		l := pa.legs[w.rng.IntN(int(pa.n))]
		at := l.from
		if w.rng.IntN(2) == 0 {
			at = l.to
		}
		trip := s.routes[s.stops[at].route].base < 0 && w.rng.IntN(3) == 0
		for o := range s.paths {
			po := &s.paths[o]
			for _, x := range po.legs[:po.n] {
				if x.from == at || x.to == at || trip && s.stops[x.from].route == s.stops[at].route {
					take(int32(o))
				}
			}
		}
		return
	}
	for _, o := range near {
		if w.rng.IntN(3) > 0 {
			take(o)
		}
	}
}
