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

// put gives request c its cheapest way, if it has one. Where none is found it looks among ways of one ride alone, in case
// the rides of the way found depended on one another, and a few times for handovers at any place.
func (w *worker) put(c int32) {
	f := w.f
	f.rides = manyRides
	if w.fails[c] > 4 {
		f.rides = fewRides
	}
	found := w.try(c)
	if !found && w.way.n > 1 {
		f.direct = true
		found = w.try(c)
		f.direct = false
	}
	if !found && w.fails[c] < 3 {
		f.wide = true
		found = w.try(c)
		f.wide = false
	}
	if found {
		w.fails[c] = 0
		return
	}
	w.fails[c] = min(w.fails[c]+1, 1000)
}

func (w *worker) try(c int32) bool {
	return w.f.find(c, Inf, &w.way) && w.work.take(c, &w.way)
}
