package search

import (
	"cmp"
	"math"
	"slices"
)

// kin are requests near request c: those whose origins or destinations lie close, nearest first.
func (w *worker) kin(c int32) []int32 {
	if w.near[c] == nil {
		w.near[c] = kinOf(w.work.p, c, mostKin)
	}
	return w.near[c]
}

const mostKin = 60

// kinOf lists the most requests nearest to request c, as kin does.
func kinOf(p *Problem, c int32, most int) []int32 {
	n := len(p.Places)
	q := &p.Requests[c]
	type related struct {
		c int32
		d int64
	}
	row := make([]related, 0, len(p.Requests))
	for o := range p.Requests {
		if int32(o) != c {
			x := &p.Requests[o]
			a, b := int64(p.Dist[int(q.From)*n+int(x.From)]), int64(p.Dist[int(q.To)*n+int(x.To)])
			row = append(row, related{int32(o), 4*min(a, b) + max(a, b)})
		}
	}
	slices.SortFunc(row, func(a, b related) int { return cmp.Or(cmp.Compare(a.d, b.d), cmp.Compare(a.c, b.c)) })
	out := make([]int32, min(most, len(row)))
	for i := range out {
		out[i] = row[i].c
	}
	return out
}

// ruin takes requests out of the work state that belong together, and lists them in w.out with some of those
// that were out. Where that breaks a window it reports false.
func (w *worker) ruin() bool {
	s := w.work
	w.out = w.out[:0]
	for c := range w.chosen {
		w.chosen[c] = false
	}
	for len(w.hit) < len(s.stops) {
		w.hit = append(w.hit, false)
	}
	w.f.avoid, w.f.idle, w.f.merge = -1, -1, false
	if w.f.every {
		w.f.fog = uint32(w.rng.IntN(256))
	}
	n := len(s.p.Requests)
	c := int32(w.rng.IntN(n))
	switch k := w.rng.IntN(16); {
	case k < 6:
		w.strings(c)
	case k < 9:
		w.destination(c)
	case k < 11:
		w.origin(c)
	case k < 13:
		w.wholeTrips(c)
		w.f.merge = w.rng.IntN(3) == 0
	case k == 13 && w.splitTrip(c):
	case k == 14:
		w.changes(c)
	default:
		w.cluster(c)
	}
	for c := range s.paths {
		pa := &s.paths[c]
		for k := int32(0); k < pa.n && !w.chosen[c]; k++ {
			if w.hit[pa.legs[k].from] || w.hit[pa.legs[k].to] {
				w.chosen[c] = true
			}
		}
		if w.chosen[c] && pa.n > 0 {
			w.out = append(w.out, int32(c))
		}
	}
	clear(w.hit)
	taken := len(w.out)
	if !s.remove(w.out) {
		return false
	}
	for c, k := range s.paths {
		if k.n > 0 || slices.Contains(w.out[:taken], int32(c)) {
			continue
		}
		if w.rng.IntN(1+int(w.fails[c])) < 4 {
			w.out = append(w.out, int32(c))
		}
	}
	return true
}

// some is a number of requests to remove, small ones oftener.
func (w *worker) some() int {
	most := min(60, max(6, len(w.work.p.Requests)/3))
	return 1 + int(math.Pow(w.rng.Float64(), 1.5)*float64(most))
}

// strings removes strings of added stops from routes around a request (slack induction by string removals,
// Christiaens and Vanden Berghe 2020).
func (w *worker) strings(c int32) {
	routes := 1 + w.rng.IntN(3)
	w.string(c)
	for _, o := range w.kin(c) {
		if routes == 0 {
			break
		}
		if w.string(o) {
			routes--
		}
	}
}

// string marks a string of added stops around one that request c uses, on a route not hit yet.
func (w *worker) string(c int32) bool {
	s := w.work
	pa := &s.paths[c]
	if pa.n == 0 {
		return false
	}
	l := pa.legs[w.rng.IntN(int(pa.n))]
	r := s.stops[l.from].route
	for i := s.routes[r].first; i >= 0; i = s.stops[i].next {
		if w.hit[i] {
			return false
		}
	}
	at := l.from
	if s.stops[at].own != added || s.stops[l.to].own == added && w.rng.IntN(2) == 0 {
		at = l.to
	}
	if s.stops[at].own != added {
		w.chosen[c] = true
		return true
	}
	length := 1 + w.rng.IntN(6)
	back := w.rng.IntN(length)
	for ; back > 0 && s.stops[s.stops[at].prev].prev >= 0; back-- {
		at = s.stops[at].prev
	}
	for ; length > 0 && at >= 0; length-- {
		if s.stops[at].own == added {
			w.hit[at] = true
		}
		at = s.stops[at].next
	}
	return true
}

// destination removes everything that goes where request c goes.
func (w *worker) destination(c int32) {
	w.together(c, func(a, b *Request) bool { return a.To == b.To })
}

// origin removes everything that comes from where request c comes from.
func (w *worker) origin(c int32) {
	w.together(c, func(a, b *Request) bool { return a.From == b.From })
}

func (w *worker) together(c int32, same func(a, b *Request) bool) {
	p := w.work.p
	seeds := []int32{c}
	if w.rng.IntN(3) == 0 {
		for _, o := range w.kin(c) {
			if !same(&p.Requests[c], &p.Requests[o]) {
				seeds = append(seeds, o)
				break
			}
		}
	}
	for _, x := range seeds {
		for o := range p.Requests {
			if same(&p.Requests[x], &p.Requests[o]) {
				w.chosen[o] = true
			}
		}
	}
}

// wholeTrips removes one or two trips around a request, or all that routes made anyway carry by added stops. Put back
// without new trips if need be, their goods merge into others.
func (w *worker) wholeTrips(c int32) {
	trips := 1 + w.rng.IntN(2)
	if w.wholeTrip(c) {
		trips--
	}
	for _, o := range w.kin(c) {
		if trips <= 0 {
			return
		}
		if w.wholeTrip(o) {
			trips--
		}
	}
}

// wholeTrip marks a trip that request c rides. Its goods may have to find other trips, or another vehicle for theirs.
func (w *worker) wholeTrip(c int32) bool {
	s := w.work
	pa := &s.paths[c]
	if pa.n == 0 {
		return false
	}
	r := s.stops[pa.legs[w.rng.IntN(int(pa.n))].from].route
	if s.routes[r].base >= 0 && w.rng.IntN(3) > 0 || w.hit[s.routes[r].first] {
		return false
	}
	if s.routes[r].base < 0 && w.rng.IntN(3) == 0 {
		w.f.idle = s.routes[r].vehicle
	}
	any := false
	for i := s.routes[r].first; i >= 0; i = s.stops[i].next {
		if s.routes[r].base < 0 || s.stops[i].own == added {
			w.hit[i] = true
			any = true
		}
	}
	return any
}

// splitTrip removes what the second part of a trip near request c serves, for other routes.
func (w *worker) splitTrip(c int32) bool {
	s := w.work
	for _, o := range w.kin(c) {
		pa := &s.paths[o]
		if pa.n == 0 {
			continue
		}
		r := s.stops[pa.legs[0].from].route
		var stops []int32
		for i := s.stops[s.routes[r].first].next; i != s.routes[r].last; i = s.stops[i].next {
			stops = append(stops, i)
		}
		if s.routes[r].base >= 0 || len(stops) < 3 {
			continue
		}
		for _, i := range stops[1+w.rng.IntN(len(stops)-1):] {
			w.hit[i] = true
		}
		w.f.avoid = r
		return true
	}
	return false
}

// changes removes everything that changes routes where a request near c does.
func (w *worker) changes(c int32) {
	s := w.work
	place := int32(-1)
	for _, o := range w.kin(c) {
		if pa := &s.paths[o]; pa.n > 1 {
			place = s.stops[pa.legs[w.rng.IntN(int(pa.n)-1)].to].place
			break
		}
	}
	if place < 0 {
		w.cluster(c)
		return
	}
	for o := range s.paths {
		pa := &s.paths[o]
		for k := int32(0); k+1 < pa.n; k++ {
			if s.stops[pa.legs[k].to].place == place {
				w.chosen[o] = true
			}
		}
	}
}

// cluster removes a request and some of those nearest to it.
func (w *worker) cluster(c int32) {
	w.chosen[c] = true
	for _, o := range w.kin(c)[:min(w.some(), len(w.kin(c)))] {
		if w.rng.IntN(4) > 0 {
			w.chosen[o] = true
		}
	}
}
