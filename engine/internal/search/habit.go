package search

import "slices"

// otherwise reports whether request c, which must be served, rides otherwise than it is used to.
func (s *state) otherwise(c int32) bool {
	pa, habit := &s.paths[c], s.p.Requests[c].Habit
	if int(pa.n) != len(habit) {
		return true
	}
	for k, h := range habit {
		if !s.accustomed(s.stops[pa.legs[k].from].route, h) {
			return true
		}
	}
	return false
}

// accustomed reports whether route r is the one that a habit names.
func (s *state) accustomed(r, habit int32) bool {
	if habit >= 0 {
		return r == habit
	}
	rt := &s.routes[r]
	return rt.vehicle == -1-habit && (rt.base < 0 || s.p.Routes[rt.base].Trip)
}

// charge books what it costs that request c has been put on another way than it is used to, refund takes that back.
func (s *state) charge(c int32) {
	if s.paths[c].moved = s.otherwise(c); s.paths[c].moved {
		s.cost += int64(s.p.Requests[c].Change)
	}
}

func (s *state) refund(c int32) {
	if s.paths[c].moved {
		s.cost -= int64(s.p.Requests[c].Change)
	}
	s.paths[c].moved = false
}

// findHabit is find for a request with a habit: first by the routes that it is used to, then by all, for the charge.
func (f *finder) findHabit(c, bound int32, w *way) bool {
	q := &f.s.p.Requests[c]
	f.plain = true
	best := way{cost: bound}
	if q.Lock == nil && len(q.Habit) <= MaxLegs {
		f.findAccustomed(c, make([]int32, 0, MaxLegs), &best)
	}
	if f.find(c, best.cost-q.Change, w) {
		w.cost += q.Change
	} else {
		*w = best
	}
	f.plain = false
	return w.n > 0
}

// findAccustomed finds the cheapest way by routes that begin as given and go on as request c is used to.
func (f *finder) findAccustomed(c int32, begin []int32, best *way) {
	s, habit := f.s, f.s.p.Requests[c].Habit
	if len(begin) == len(habit) {
		var w way
		f.lock = begin
		if f.find(c, best.cost, &w) {
			*best = w
		}
		f.lock = nil
		return
	}
	h := habit[len(begin)]
	if h >= 0 {
		f.findAccustomed(c, append(begin, h), best)
		return
	}
	v := -1 - h
	for r := s.chain[v]; r >= 0; r = s.routes[r].chainNext {
		if s.accustomed(r, h) && !slices.Contains(begin, r) {
			f.findAccustomed(c, append(begin, r), best)
		}
	}
	if q := &s.p.Requests[c]; len(habit) == 1 && !s.p.NoTrips && !f.merge && v != f.idle {
		t := task{q: q, from: q.From, to: q.To, ready: q.Ready, meetBy: Inf, window: q.Window}
		var d ride
		if s.rideNew(v, &t, best.cost, f.pick, &d) {
			best.n, best.cost, best.rides[0] = 1, d.cost, d
		}
	}
}

// locked is request c with the finder's lock.
func (f *finder) locked(c int32) *Request {
	f.own = f.s.p.Requests[c]
	f.own.Lock = f.lock
	return &f.own
}
