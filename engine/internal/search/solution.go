package search

// solution writes the state down: the routes vehicle by vehicle, in the order in which it makes them.
func (s *state) solution() *Solution {
	out := &Solution{Paths: make([][]SolutionLeg, len(s.paths))}
	index := make([]int32, len(s.routes))
	at := make([]*SolutionStop, len(s.stops))
	seq := make([]int32, len(s.stops))
	var order []int32
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
			for i := rt.first; i >= 0; i = s.stops[i].next {
				at[i] = &o.Stops[seq[i]]
			}
			out.Routes = append(out.Routes, o)
			order = append(order, r)
		}
	}
	for _, r := range order {
		s.compact(r, at)
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

// numbers is, by route, its index in the state's solution.
func (s *state) numbers() []int32 {
	number := make([]int32, len(s.routes))
	n := int32(0)
	for _, r := range s.chain {
		for ; r >= 0; r = s.routes[r].chainNext {
			number[r] = n
			n++
		}
	}
	return number
}

// compact delays a route's stops so that it waits as little as it can and still ends at its earliest time. at holds the
// times of all stops; where others count on an arrival it comes no later than they leave.
func (s *state) compact(r int32, at []*SolutionStop) {
	i := s.routes[r].last
	for y := s.stops[i].prev; y >= 0; i, y = y, s.stops[y].prev {
		t := &s.stops[y]
		leave := at[i].Arrive - s.secs(t.place, s.stops[i].place)
		late := min(leave-t.service, t.window.Close)
		if t.own == added {
			if open := s.p.Places[t.place].Open; len(open) > 0 {
				late = lastOpen(open, late)
			}
		}
		late = min(late, t.by)
		for h := t.gives; h >= 0; h = s.transfers[h].nextGive {
			late = min(late, at[s.transfers[h].taker].Depart)
		}
		for h := t.takes; h >= 0; h = s.transfers[h].nextTaken {
			if s.transfers[h].meet > 0 {
				late = min(late, at[s.transfers[h].giver].Depart)
			}
		}
		if y == s.routes[r].first {
			// at its start a route is present at its departure alone
			late = max(at[y].Depart, min(late, leave))
			at[y].Arrive, at[y].Depart = late, late
			return
		}
		at[y].Depart = leave
		at[y].Arrive = max(at[y].Arrive, late)
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
		if s.p.Requests[c].Change > 0 {
			s.charge(int32(c))
		}
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
