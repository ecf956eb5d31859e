package pdptw

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// The numbers of Christiaens and Vanden Berghe (2020), in stops, but for deep iterations.
const (
	meanRemoved = 10
	mostString  = 10
	deep        = 0.1 // of iterations remove more, to get out of where a route too many or too few holds a plan
	deepRemoved = 40
	deepString  = 40
	blinks      = 1 << 32 / 100 // of 1 << 32 looks at a route are left out
	splits      = 0.5           // of strings keep a part in their middle
	deeper      = 0.01          // the chance that this part is not one longer

	scattered     = 0.3 // of iterations remove requests one by one, where vehicles are being saved or none may wait outside
	mostScattered = 20
	strangers     = 0.1 // of them lie anywhere, the others near one another
	nearness      = 6   // the exponent with which near ones are preferred
)

// worker searches on its own between two exchanges with the others.
type worker struct {
	s      *state
	rng    *rand.Rand
	source *rand.PCG
	out    []bool    // by request: being removed
	cut    []bool    // by route: has lost a string
	vain   []int64   // by request: how often it was left without a route
	missed int       // all of them together
	usual  int64     // how many means an absent request weighs beside its own absences
	hard   []float64 // by request: see press
	order  []int32
	best   plan
	whole  bool // no request may wait outside
	found  bool // something better than what from was told

	scratch route
	riders  []int32
	rounds  int
}

// ruin removes strings of adjacent stops from routes near one another or, with single, now and then requests one by one.
func (w *worker) ruin(single bool) {
	s, in := w.s, w.s.in
	if s.stale {
		s.list()
	}
	if len(s.used) == 0 {
		return
	}
	seed := w.rng.IntN(2 * in.requests)
	if len(s.absent) > 0 && w.rng.IntN(2) == 0 {
		// room is of use where one waits for it
		seed = 2*int(s.absent[w.rng.IntN(len(s.absent))]) + w.rng.IntN(2)
	}
	if single && w.rng.Float64() < scattered {
		w.scatter(seed)
		return
	}
	for _, i := range s.used {
		w.cut[i] = false
	}
	mean := float64(2*(in.requests-len(s.absent))) / float64(len(s.used))
	removed, most := float64(meanRemoved), math.Min(mostString, mean)
	if w.rng.Float64() < deep {
		removed, most = deepRemoved, math.Min(deepString, mean)
	}
	strings := int(1 + w.rng.Float64()*(4*removed/(1+most)-1))
	for _, c := range in.near[seed] {
		r := int32(c) >> 1
		i := s.whose[r]
		if i < 0 || w.cut[i] {
			continue
		}
		w.cut[i] = true
		w.string(i, int(s.at[c]), most)
		if strings--; strings == 0 {
			break
		}
	}
}

// scatter removes requests one by one, most of them near the node seed.
func (w *worker) scatter(seed int) {
	in := w.s.in
	near := in.near[seed]
	w.riders = w.riders[:0]
	for range 1 + w.rng.IntN(mostScattered) {
		r := int32(w.rng.IntN(in.requests))
		if w.rng.Float64() >= strangers {
			r = int32(near[int(math.Pow(w.rng.Float64(), nearness)*float64(len(near)))]) >> 1
		}
		w.riders = append(w.riders, r)
	}
	w.take(w.riders)
}

// take leaves those of some requests that have a route without one. A request may be named more than once.
func (w *worker) take(requests []int32) {
	s := w.s
	before := len(s.absent)
	for _, r := range requests {
		if s.whose[r] >= 0 && !w.out[r] {
			w.out[r] = true
			s.absent = append(s.absent, r)
		}
	}
	for _, r := range s.absent[before:] {
		if i := s.whose[r]; i >= 0 {
			s.remove(i, w.out) // and with it all others of its route
		}
	}
	for _, r := range s.absent[before:] {
		w.out[r] = false
	}
}

// string removes a string with the stop at k from route i.
func (w *worker) string(i int32, k int, most float64) {
	s := w.s
	stops := s.routes[i].stops
	n := len(stops) - 2
	length := int(1 + w.rng.Float64()*math.Min(most, float64(n)))
	length = min(length, n)
	kept := 0
	if length > 1 && length < n && w.rng.Float64() < splits {
		for kept = 1; length+kept < n && w.rng.Float64() >= deeper; kept++ {
		}
	}
	span := length + kept
	low := max(1, k-span+1)
	first := low + w.rng.IntN(min(k, n-span+1)-low+1)
	hole := first + length // nothing is kept
	if kept > 0 {
		hole = first + 1 + w.rng.IntN(length-1)
	}
	w.riders = w.riders[:0]
	for j := first; j < first+span; j++ {
		if j < hole || j >= hole+kept {
			w.riders = append(w.riders, stops[j].node>>1)
		}
	}
	w.take(w.riders)
}

// recreate puts absent requests back, each where it costs least, and leaves in absent those that have no place.
func (w *worker) recreate() {
	s := w.s
	w.sort()
	left := s.absent[:0]
	for _, r := range w.order {
		if s.stale {
			s.list()
		}
		best, where := place{cost: never, at: -1}, int32(-1)
		for _, i := range s.used {
			if w.source.Uint64()>>32 < blinks {
				continue
			}
			if pl := s.best(r, i, best.cost); pl.at >= 0 && pl.cost < best.cost {
				best, where = pl, i
			}
		}
		if len(s.used) < s.limit {
			for _, i := range s.free {
				if i < 0 {
					continue
				}
				if pl := s.best(r, i, best.cost); pl.at >= 0 && pl.cost < best.cost {
					best, where = pl, i
				}
			}
		}
		if where < 0 {
			left = append(left, r)
			if w.whole {
				break // what comes of it is refused
			}
			continue
		}
		s.insert(r, where, best)
	}
	s.absent = left
}

// sort puts the absent requests in the order in which they are put back.
func (w *worker) sort() {
	s, in := w.s, w.s.in
	w.order = append(w.order[:0], s.absent...)
	slices.Sort(w.order)
	w.rng.Shuffle(len(w.order), func(i, j int) { w.order[i], w.order[j] = w.order[j], w.order[i] })
	key := func(r int32) int64 { return 0 }
	switch k := w.rng.IntN(13); {
	case k < 4:
		return
	case k < 7:
		key = func(r int32) int64 { return -int64(in.node[2*r].load) }
	case k < 9:
		key = func(r int32) int64 { return -int64(in.far[r]) }
	case k < 10:
		key = func(r int32) int64 { return int64(in.far[r]) }
	case k < 12:
		key = func(r int32) int64 { return int64(in.width[r]) }
	default:
		key = func(r int32) int64 { return int64(in.node[2*r+1].close) }
	}
	slices.SortStableFunc(w.order, func(a, b int32) int { return cmp.Compare(key(a), key(b)) })
}
