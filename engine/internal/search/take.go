package search

// take puts request c, which must be without a path, on the way. If that breaks a limit or a window after all (rides of
// one way may depend on one another), everything is as before and the answer is no.
func (s *state) take(c int32, w *way) bool {
	pa := &s.paths[c]
	s.queue = s.queue[:0]
	*pa = path{}
	for k := range w.n {
		l, r := s.board(&w.rides[k])
		pa.legs[k] = l
		s.queue = append(s.queue, r)
	}
	pa.n = int32(w.n)
	s.lost -= s.p.Requests[c].Penalty
	if s.p.Requests[c].Change > 0 {
		s.charge(c)
	}
	ok := true
	for k := range pa.n {
		s.book(c, k)
		r := s.stops[pa.legs[k].from].route
		ok = ok && s.within(r)
		if k > 0 {
			s.addTransfer(c, pa.legs[k-1].to, pa.legs[k].from)
		}
	}
	if s.propagate() && ok {
		return true
	}
	s.remove([]int32{c})
	return false
}

// board makes the stops of a ride and says between which and on which route it runs.
func (s *state) board(d *ride) (leg, int32) {
	r, load, unload := d.route, d.load, d.unload
	if r < 0 {
		r = s.openTrip(d.vehicle, d.free, d.after)
		load, unload = s.routes[r].first, s.routes[r].last
		if d.unloadNew {
			unload = load
		}
	}
	behind := load
	if d.loadNew {
		load = s.insert(r, d.from, load)
	}
	if d.unloadNew {
		if unload == behind {
			unload = load
		}
		unload = s.insert(r, d.to, unload)
	}
	if d.loadNew || d.unloadNew {
		s.measure(r)
	}
	return leg{load, unload}, r
}

// insert adds a stop behind stop at; what is on board there rides through it.
func (s *state) insert(r, place, at int32) int32 {
	x := s.newStop(r, place, added)
	s.link(x, at)
	s.stops[x].load = s.stops[at].load
	return x
}
