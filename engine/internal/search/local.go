package search

// polish moves added stops of the routes that differ from the current state to cheaper positions within their route.
func (w *worker) polish() {
	for r := range w.work.routes {
		if !w.work.open(int32(r)) || r < len(w.cur.routes) && w.cur.routes[r].version == w.work.routes[r].version {
			continue
		}
		for w.moveStop(int32(r)) {
		}
	}
}

// moveStop makes the first move of an added stop within route r that saves distance and keeps every limit.
func (w *worker) moveStop(r int32) bool {
	s := w.work
	rt := &s.routes[r]
	if rt.frozen {
		return false
	}
	// earliest and latest position of each stop by the legs that it serves
	for len(w.seq) < len(s.stops) {
		w.seq, w.low, w.high = append(w.seq, 0), append(w.low, 0), append(w.high, 0)
	}
	n := int32(0)
	for i := rt.first; i >= 0; i = s.stops[i].next {
		w.seq[i], w.low[i], w.high[i] = n, 0, Inf
		n++
	}
	if n < 4 {
		return false
	}
	for c := range s.paths {
		pa := &s.paths[c]
		for k := int32(0); k < pa.n; k++ {
			if l := pa.legs[k]; s.stops[l.from].route == r {
				w.high[l.from] = min(w.high[l.from], w.seq[l.to])
				w.low[l.to] = max(w.low[l.to], w.seq[l.from])
			}
		}
	}
	for x := s.stops[rt.first].next; x != rt.last; x = s.stops[x].next {
		if s.stops[x].own != added {
			continue
		}
		a, b := s.stops[x].prev, s.stops[x].next
		place := s.stops[x].place
		gain := s.dist(s.stops[a].place, place) + s.dist(place, s.stops[b].place) - s.dist(s.stops[a].place, s.stops[b].place)
		for y := rt.first; y != rt.last; y = s.stops[y].next {
			if y == x || y == a || w.seq[y] < w.low[x] || w.seq[s.stops[y].next] > w.high[x] {
				continue
			}
			z := s.stops[y].next
			if s.dist(s.stops[y].place, place)+s.dist(place, s.stops[z].place)-s.dist(s.stops[y].place, s.stops[z].place) >= gain {
				continue
			}
			if s.relocate(r, x, y) {
				return true
			}
			s.relocate(r, x, a)
		}
	}
	return false
}

// relocate moves stop x of route r behind stop y and reports whether every limit holds afterwards.
func (s *state) relocate(r, x, y int32) bool {
	s.unlink(x)
	s.link(x, y)
	s.measure(r)
	s.rebuild(r)
	for c := range s.paths {
		pa := &s.paths[c]
		for k := int32(0); k < pa.n; k++ {
			if s.stops[pa.legs[k].from].route == r {
				s.book(int32(c), k)
			}
		}
	}
	s.queue = append(s.queue[:0], r)
	ok := s.within(r) && s.holds(r)
	return s.retime() && ok
}

// holds reports whether route r's vehicle has room for what is on board everywhere.
func (s *state) holds(r int32) bool {
	room := &s.p.Vehicles[s.routes[r].vehicle].Cap
	for i := s.routes[r].first; i >= 0; i = s.stops[i].next {
		for k, x := range s.stops[i].load {
			if x > room[k] {
				return false
			}
		}
	}
	return true
}
