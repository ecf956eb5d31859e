package pdptw

import (
	"cmp"
	"slices"
)

// mostTries is how many requests of a route, and how many pairs of them, an ejection looks at, those that have been easiest to place.
const mostTries = 60

// eject puts an absent request into a route from which one request or two are taken that have been easier to place so
// far, those that have been the easiest together (Nagata and Kobayashi, Guided ejection search for the pickup and
// delivery problem with time windows, 2010). It reports whether there are such.
func (w *worker) eject() bool {
	s := w.s
	if s.stale {
		s.list()
	}
	k := w.rng.IntN(len(s.absent))
	u := s.absent[k]
	least := w.weigh(u)
	var gone [2]int32
	where, count := int32(-1), 0
	var found place
	rt := &w.scratch
	for _, i := range s.used {
		from := &s.routes[i]
		rt.kind = from.kind
		try := func(sum int64, out ...int32) {
			rt.stops = rt.stops[:0]
			for _, x := range from.stops {
				if r := x.node >> 1; r != out[0] && r != out[len(out)-1] {
					rt.stops = append(rt.stops, x)
				}
			}
			s.measure(rt)
			if pl := s.try(u, rt, never); pl.at >= 0 {
				least, where, found = sum, i, pl
				count = copy(gone[:], out)
			}
		}
		w.riders = slices.DeleteFunc(w.aboard(i), func(r int32) bool { return w.weigh(r) >= least })
		slices.SortFunc(w.riders, func(a, b int32) int { return cmp.Compare(w.vain[a], w.vain[b]) })
		for _, a := range w.riders[:min(mostTries, len(w.riders))] {
			if sum := w.weigh(a); sum < least {
				try(sum, a)
			}
		}
		tries := 0
		for n, a := range w.riders {
			for _, b := range w.riders[:n] {
				sum := w.weigh(a) + w.weigh(b)
				if sum >= least || tries == mostTries {
					break
				}
				tries++
				try(sum, a, b)
			}
		}
	}
	if where < 0 {
		return false
	}
	s.absent[k] = s.absent[len(s.absent)-1]
	s.absent = s.absent[:len(s.absent)-1]
	w.take(gone[:count])
	s.insert(u, where, found)
	return true
}
