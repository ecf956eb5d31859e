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
	return s.rebook(r)
}

// rebook brings route r up to date after a change to its stops and reports whether every limit holds.
func (s *state) rebook(r int32) bool {
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

// fuse takes out added stops that stand beside another stop of their route at the same place, where all that happens
// there can happen at the other. spare is a state to try it on.
func (s *state) fuse(spare *state) {
	for r := range s.routes {
		if !s.open(int32(r)) {
			continue
		}
		for x := s.stops[s.routes[r].first].next; x != s.routes[r].last; {
			next := s.stops[x].next
			for _, y := range [2]int32{s.stops[x].prev, next} {
				if s.stops[x].own != added || s.stops[x].place != s.stops[y].place {
					continue
				}
				spare.copyFrom(s)
				if spare.fuseStops(x, y) && !s.total().Less(spare.total()) {
					s.copyFrom(spare)
					break
				}
			}
			x = next
		}
	}
}

// fuseStops moves all that happens at the added stop x to its neighbour y at the same place. It reports whether every
// limit holds afterwards.
func (s *state) fuseStops(x, y int32) bool {
	r := s.stops[x].route
	for c := range s.paths {
		pa := &s.paths[c]
		for k := range pa.n {
			l := &pa.legs[k]
			if l.from != x && l.to != x {
				continue
			}
			if l.from == x && l.to == y || l.from == y && l.to == x || l.to == x && y == s.routes[r].first || l.from == x && y == s.routes[r].last {
				return false
			}
			if l.from == x && k > 0 {
				s.dropTransfer(int32(c), pa.legs[k-1].to, x)
				s.addTransfer(int32(c), pa.legs[k-1].to, y)
			}
			if l.to == x && k+1 < pa.n {
				s.dropTransfer(int32(c), x, pa.legs[k+1].from)
				s.addTransfer(int32(c), y, pa.legs[k+1].from)
			}
			if l.from == x {
				l.from = y
			} else {
				l.to = y
			}
		}
	}
	s.unlink(x)
	s.freeStops = append(s.freeStops, x)
	return s.rebook(r)
}
