package search

// solution writes the state down: the routes vehicle by vehicle, in the order in which it makes them.
func (s *state) solution() *Solution {
	out := &Solution{Paths: make([][]SolutionLeg, len(s.paths))}
	index := make([]int32, len(s.routes))
	seq := make([]int32, len(s.stops))
	for _, r := range s.chain {
		for ; r >= 0; r = s.routes[r].chainNext {
			rt := &s.routes[r]
			index[r] = int32(len(out.Routes))
			o := SolutionRoute{Vehicle: rt.vehicle, Base: rt.base, Free: rt.free}
			for i := rt.first; i >= 0; i = s.stops[i].next {
				x := &s.stops[i]
				seq[i] = int32(len(o.Stops))
				o.Stops = append(o.Stops, SolutionStop{Place: x.place, Own: max(x.own, -1), Arrive: x.arr, Depart: x.dep})
			}
			s.compact(r, o.Stops)
			out.Routes = append(out.Routes, o)
		}
	}
	for c := range s.paths {
		pa := &s.paths[c]
		for k := int32(0); k < pa.n; k++ {
			l := pa.legs[k]
			out.Paths[c] = append(out.Paths[c], SolutionLeg{index[s.stops[l.from].route], seq[l.from], seq[l.to]})
		}
	}
	return out
}

// compact delays stops so that the route waits as little as it can and still ends at its earliest time. Arrivals at
// stops with transfers stay as they are: others count on them.
func (s *state) compact(r int32, stops []SolutionStop) {
	x := s.routes[r].last
	for k := len(stops) - 2; k >= 0; k-- {
		y := s.stops[x].prev
		t := &s.stops[y]
		leave := stops[k+1].Arrive - s.secs(t.place, s.stops[x].place)
		if k == 0 {
			meets := false
			for h := t.takes; h >= 0; h = s.transfers[h].nextTaken {
				meets = meets || s.transfers[h].meet > 0
			}
			if !meets {
				leave = min(leave, t.by)
				stops[0].Arrive, stops[0].Depart = leave, leave
			}
			return
		}
		stops[k].Depart = leave
		if t.gives < 0 && t.takes < 0 {
			late := min(leave-t.service, t.window.Close)
			if t.own == added {
				if open := s.p.Places[t.place].Open; len(open) > 0 {
					late = lastOpen(open, late)
				}
			}
			stops[k].Arrive = max(stops[k].Arrive, min(late, t.by))
		}
		x = y
	}
}

// load makes a new state a solution, less the stops and trips that nothing uses. It reports
// whether every window is kept.
func (s *state) load(sol *Solution) bool {
	stops := make([][]int32, len(sol.Routes))
	s.queue = s.queue[:0]
	behind := make([]int32, len(s.p.Vehicles))
	for v := range behind {
		behind[v] = -1
	}
	for n, o := range sol.Routes {
		r := o.Base
		if r < 0 {
			r = s.openTrip(o.Vehicle, o.Free, behind[o.Vehicle])
		}
		behind[o.Vehicle] = r
		at := s.routes[r].first
		for k, x := range o.Stops {
			switch {
			case k == 0:
			case k == len(o.Stops)-1:
				at = s.routes[r].last
			case x.Own >= 0:
				at = s.stops[at].next
			default:
				at = s.insert(r, x.Place, at)
			}
			stops[n] = append(stops[n], at)
		}
		s.measure(r)
	}
	for c, legs := range sol.Paths {
		pa := &s.paths[c]
		for k, l := range legs {
			pa.legs[k] = leg{stops[l.Route][l.From], stops[l.Route][l.To]}
		}
		pa.n = int32(len(legs))
		if pa.n == 0 {
			continue
		}
		s.lost -= s.p.Requests[c].Penalty
		for k := range pa.n {
			s.book(int32(c), k)
			if k > 0 {
				s.addTransfer(int32(c), pa.legs[k-1].to, pa.legs[k].from)
			}
		}
	}
	for _, list := range stops {
		for _, x := range list {
			if s.stops[x].own == added && s.stops[x].uses == 0 {
				s.unlink(x)
				s.freeStops = append(s.freeStops, x)
			}
		}
	}
	s.queue = s.queue[:0]
	for r := range s.routes {
		s.measure(int32(r))
		if s.routes[r].base < 0 && s.routes[r].legs == 0 {
			s.closeTrip(int32(r))
			continue
		}
		s.queue = append(s.queue, int32(r))
	}
	return s.retime()
}
