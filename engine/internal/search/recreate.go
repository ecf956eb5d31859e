package search

import (
	"cmp"
	"slices"
)

// recreate puts the requests of w.out back, one after another in an order drawn at random, each on its cheapest way.
func (w *worker) recreate() {
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
	for _, c := range w.out {
		w.put(c)
	}
}

// How many rides to places of transfer a search for a way looks at: practically all, and for requests that have had
// none for long just some.
const (
	manyRides = 2000
	fewRides  = 200
)

// put gives request c its cheapest way, if it has one.
func (w *worker) put(c int32) {
	w.f.rides = manyRides
	if w.fails[c] > 4 {
		w.f.rides = fewRides
	}
	if w.f.find(c, Inf, &w.way) && w.work.take(c, &w.way) {
		w.fails[c] = 0
		return
	}
	if w.way.n > 1 {
		// rides that depended on one another: without changing routes nothing can
		w.f.direct = true
		ok := w.f.find(c, Inf, &w.way) && w.work.take(c, &w.way)
		w.f.direct = false
		if ok {
			w.fails[c] = 0
			return
		}
	}
	w.fails[c] = min(w.fails[c]+1, 1000)
}
