package search

// maxVisits bounds a propagation: transfers that wait for one another in a circle push times up without end.
const maxVisits = 2000

// begin is the earliest beginning of service at stop x for an arrival, and whether its windows allow it.
func (s *state) begin(x *stop, arr int32) (int32, bool) {
	b := max(arr, x.window.Open)
	if x.own == added {
		if open := s.p.Places[x.place].Open; len(open) > 0 {
			b = nextOpen(open, b)
		}
	}
	return b, b <= x.window.Close
}

// nextOpen is the first time from t on that lies inside one of the windows, beyond Inf if none does.
func nextOpen(open []Window, t int32) int32 {
	for _, w := range open {
		if t <= w.Close {
			return max(t, w.Open)
		}
	}
	return Inf + 1
}

// lastOpen is the last time up to t that lies inside one of the windows, −Inf if none does.
func lastOpen(open []Window, t int32) int32 {
	for i := len(open) - 1; i >= 0; i-- {
		if open[i].Open <= t {
			return min(t, open[i].Close)
		}
	}
	return -Inf
}

// propagate brings the times of the routes in s.queue up to date, and of all that depend on them: first the earliest
// times, then the latest. It reports whether every window is kept; if not, times are undefined until the cause is
// removed and propagate runs again.
func (s *state) propagate() bool {
	for len(s.mark) < len(s.routes) {
		s.mark = append(s.mark, false)
	}
	n := 0
	s.queue = append(s.queue, s.stale...)
	s.stale = s.stale[:0]
	for _, r := range s.queue {
		if s.open(r) && !s.mark[r] {
			s.mark[r] = true
			s.queue[n] = r
			n++
		}
	}
	s.queue = s.queue[:n]
	for k := 0; k < len(s.queue); k++ {
		r := s.queue[k]
		s.mark[r] = false
		s.routes[r].late = !s.forward(r)
		if k >= maxVisits || s.routes[r].late && k > n+4*len(s.routes) {
			for _, r := range s.queue[k:] {
				s.mark[r] = false
			}
			s.stale = append(s.stale, s.queue[k:]...)
			return false
		}
	}
	for _, r := range s.queue {
		if s.routes[r].late {
			return false
		}
	}
	// every route seen going forward may bound others going backward
	m := 0
	for _, r := range s.queue {
		if !s.mark[r] {
			s.mark[r] = true
			s.queue[m] = r
			m++
		}
	}
	s.queue = s.queue[:m]
	for k := 0; k < len(s.queue); k++ {
		r := s.queue[k]
		s.mark[r] = false
		s.backward(r)
		if k >= maxVisits {
			for _, r := range s.queue[k:] {
				s.mark[r] = false
			}
			return false
		}
	}
	return true
}

// retime is propagate after a change that may let times move back: earlier for the earliest, later for the latest. It
// forgets the times of the routes in s.queue and of all that depend on them first, because two vehicles that wait for
// each other, one at its end and one at its start, would otherwise go on doing so.
func (s *state) retime() bool {
	first := append(s.again[:0], s.queue...)
	s.reset(first, true)
	s.reset(first, false)
	s.again = first
	return s.propagate()
}

// reset forgets the earliest times of routes and of those that follow from them, or the latest ones.
func (s *state) reset(first []int32, earliest bool) {
	for len(s.mark) < len(s.routes) {
		s.mark = append(s.mark, false)
	}
	todo := s.todo[:0]
	reach := func(r int32) {
		if r >= 0 && !s.mark[r] && s.open(r) {
			s.mark[r] = true
			todo = append(todo, r)
		}
	}
	for _, r := range first {
		reach(r)
	}
	for _, r := range s.stale {
		reach(r)
	}
	for k := 0; k < len(todo); k++ {
		rt := &s.routes[todo[k]]
		if earliest {
			reach(rt.chainNext)
		} else {
			reach(rt.chainPrev)
		}
		for i := rt.first; i >= 0; i = s.stops[i].next {
			x := &s.stops[i]
			if earliest {
				x.arr, x.dep = never, never
			} else {
				x.larr, x.ldep = always, always
			}
			for h := x.gives; h >= 0; h = s.transfers[h].nextGive {
				if t := &s.transfers[h]; earliest || t.meet > 0 {
					reach(s.stops[t.taker].route)
				}
			}
			for h := x.takes; h >= 0; h = s.transfers[h].nextTaken {
				if t := &s.transfers[h]; !earliest || t.meet > 0 {
					reach(s.stops[t.giver].route)
				}
			}
		}
	}
	for _, r := range todo {
		s.mark[r] = false
	}
	s.queue = append(s.queue, todo...)
	s.todo = todo
}

func (s *state) push(r int32) {
	if !s.mark[r] {
		s.mark[r] = true
		s.queue = append(s.queue, r)
	}
}

// forward recomputes the earliest times of a route and queues those that must follow.
func (s *state) forward(r int32) bool {
	rt := &s.routes[r]
	ok := true
	x := &s.stops[rt.first]
	t := max(rt.depart, x.ready)
	if rt.chainPrev >= 0 {
		t = max(t, s.stops[s.routes[rt.chainPrev].last].arr)
	}
	for h := x.takes; h >= 0; h = s.transfers[h].nextTaken {
		t = max(t, s.stops[s.transfers[h].giver].arr)
	}
	ok = t <= x.by
	if x.arr != t || x.dep != t {
		x.arr, x.dep = t, t
		s.tell(x)
	}
	for i := x.next; i >= 0; {
		y := &s.stops[i]
		t += s.secs(x.place, y.place)
		if y.next < 0 {
			t = max(t, y.window.Open)
			for h := y.gives; h >= 0; h = s.transfers[h].nextGive {
				if s.transfers[h].meet > 0 {
					t = max(t, s.stops[s.transfers[h].taker].arr)
				}
			}
			ok = ok && t <= min(rt.ret, y.window.Close)
			if y.arr != t {
				y.arr, y.dep = t, t
				s.tell(y)
				if rt.chainNext >= 0 {
					s.push(rt.chainNext)
				}
			}
			y.dep = t
			break
		}
		arr := t
		b, inside := s.begin(y, t)
		ok = ok && inside && arr <= y.by
		t = max(b+y.service, y.ready)
		for h := y.gives; h >= 0; h = s.transfers[h].nextGive {
			if s.transfers[h].meet > 0 {
				t = max(t, s.stops[s.transfers[h].taker].arr)
			}
		}
		for h := y.takes; h >= 0; h = s.transfers[h].nextTaken {
			t = max(t, s.stops[s.transfers[h].giver].arr)
		}
		y.dep = t
		if y.arr != arr {
			y.arr = arr
			s.tell(y)
		}
		if t > Inf {
			return false
		}
		x, i = y, y.next
	}
	return ok
}

// tell queues the routes whose departures wait for an arrival at x.
func (s *state) tell(x *stop) {
	for h := x.gives; h >= 0; h = s.transfers[h].nextGive {
		s.push(s.stops[s.transfers[h].taker].route)
	}
	for h := x.takes; h >= 0; h = s.transfers[h].nextTaken {
		if s.transfers[h].meet > 0 {
			s.push(s.stops[s.transfers[h].giver].route)
		}
	}
}

// backward recomputes the latest times of a route and queues those that must precede.
func (s *state) backward(r int32) {
	rt := &s.routes[r]
	x := &s.stops[rt.last]
	t := min(rt.ret, x.window.Close)
	if rt.chainNext >= 0 {
		t = min(t, s.stops[s.routes[rt.chainNext].first].ldep)
	}
	for h := x.gives; h >= 0; h = s.transfers[h].nextGive {
		t = min(t, s.stops[s.transfers[h].taker].ldep)
	}
	if x.ldep != t {
		x.ldep = t
		s.tellBack(x)
	}
	x.larr = t
	for i := x.prev; i >= 0; {
		y := &s.stops[i]
		t -= s.secs(y.place, x.place)
		if y.prev < 0 {
			t = min(t, y.by)
			for h := y.takes; h >= 0; h = s.transfers[h].nextTaken {
				if s.transfers[h].meet > 0 {
					t = min(t, s.stops[s.transfers[h].giver].ldep)
				}
			}
			if y.ldep != t {
				y.ldep = t
				s.tellBack(y)
				if rt.chainPrev >= 0 {
					s.push(rt.chainPrev)
				}
			}
			y.larr = t
			break
		}
		if y.ldep != t {
			y.ldep = t
			s.tellBack(y)
		}
		t = min(t-y.service, y.window.Close)
		if y.own == added {
			if open := s.p.Places[y.place].Open; len(open) > 0 {
				t = lastOpen(open, t)
			}
		}
		t = min(t, y.by)
		for h := y.gives; h >= 0; h = s.transfers[h].nextGive {
			t = min(t, s.stops[s.transfers[h].taker].ldep)
		}
		for h := y.takes; h >= 0; h = s.transfers[h].nextTaken {
			if s.transfers[h].meet > 0 {
				t = min(t, s.stops[s.transfers[h].giver].ldep)
			}
		}
		y.larr = t
		x, i = y, y.prev
	}
	hours := uint64(0)
	for i := rt.first; i >= 0; i = s.stops[i].next {
		y := &s.stops[i]
		hours = (hours ^ uint64(uint32(y.dep)) ^ uint64(uint32(y.larr))<<32) * 0x9e3779b97f4a7c15
		hours ^= hours >> 29
	}
	if hours != rt.hours {
		rt.hours = hours
		s.versions++
		rt.version = s.versions
	}
}

// tellBack queues the routes whose arrivals must not be later than a departure at x.
func (s *state) tellBack(x *stop) {
	for h := x.takes; h >= 0; h = s.transfers[h].nextTaken {
		s.push(s.stops[s.transfers[h].giver].route)
	}
	for h := x.gives; h >= 0; h = s.transfers[h].nextGive {
		if s.transfers[h].meet > 0 {
			s.push(s.stops[s.transfers[h].taker].route)
		}
	}
}
