package pdptw

// state is a solution that changes. Its routes are slots for all vehicles there are; those with two stops are not used.
// Invariant: every route is in time and never overloaded, whose and at tell where a request's nodes are, places has
// for a request and a route the result of try for the version that it names.
type state struct {
	in      *instance
	routes  []route
	used    []int32 // routes with requests
	free    []int32 // by kind: an unused route, −1 without
	limit   int     // of used routes
	whose   []int32 // by request: its route, −1: unserved
	at      []int16 // by node of a served request: its position
	dist    int64
	absent  []int32 // requests without route
	places  []place // by request and route
	changed []int32 // routes touched since keep
	backup  [][]slot
	before  saved
	count   uint32
	stale   bool // used and free have to be made again

	alone, least []int32 // scratch
}

// saved is what undo needs beside the routes.
type saved struct {
	routes []route // of changed
	dist   int64
	absent []int32
}

func newState(in *instance) *state {
	s := &state{in: in, whose: make([]int32, in.requests), at: make([]int16, 2*in.requests), free: make([]int32, len(in.p.Fleet))}
	for k, v := range in.p.Fleet {
		for range min(v.Count, in.requests) {
			rt := route{kind: int32(k), stops: make([]slot, 2, 16)}
			rt.stops[0].node, rt.stops[1].node = int32(in.start(k)), int32(in.start(k)+1)
			s.measure(&rt)
			s.routes = append(s.routes, rt)
		}
	}
	s.limit = len(s.routes)
	s.places = make([]place, in.requests*len(s.routes))
	s.backup = make([][]slot, len(s.routes))
	s.alone, s.least = make([]int32, 2*in.requests+2), make([]int32, 2*in.requests+2)
	for r := range s.whose {
		s.whose[r] = -1
		s.absent = append(s.absent, int32(r))
	}
	s.keep()
	s.list()
	return s
}

func (s *state) version() uint32 {
	s.count++
	return s.count
}

// list makes used and free.
func (s *state) list() {
	s.stale = false
	s.used = s.used[:0]
	for k := range s.free {
		s.free[k] = -1
	}
	for i := range s.routes {
		rt := &s.routes[i]
		if len(rt.stops) > 2 {
			s.used = append(s.used, int32(i))
		} else if s.free[rt.kind] < 0 {
			s.free[rt.kind] = int32(i)
		}
	}
}

// touch keeps a route as it is, before its first change since keep, for undo.
func (s *state) touch(i int32) *route {
	rt := &s.routes[i]
	if !rt.saved {
		rt.saved = true
		k := len(s.changed)
		s.changed = append(s.changed, i)
		s.backup[k] = append(s.backup[k][:0], rt.stops...)
		s.before.routes = append(s.before.routes, *rt)
	}
	return rt
}

// keep makes the state what undo comes back to.
func (s *state) keep() {
	for _, i := range s.changed {
		s.routes[i].saved = false
	}
	s.changed, s.before.routes = s.changed[:0], s.before.routes[:0]
	s.before.dist = s.dist
	s.before.absent = append(s.before.absent[:0], s.absent...)
}

// undo takes back all since keep.
func (s *state) undo() {
	for k, i := range s.changed {
		rt := &s.routes[i]
		if len(rt.stops) == 2 != (len(s.backup[k]) == 2) {
			s.stale = true
		}
		stops := append(rt.stops[:0], s.backup[k]...)
		*rt = s.before.routes[k]
		rt.stops, rt.saved = stops, false
		s.note(i, rt)
	}
	s.changed, s.before.routes = s.changed[:0], s.before.routes[:0]
	s.dist = s.before.dist
	s.absent = append(s.absent[:0], s.before.absent...)
	for _, r := range s.absent {
		s.whose[r] = -1
	}
}

// note says of a route's requests where they are.
func (s *state) note(i int32, rt *route) {
	for k := 1; k < len(rt.stops)-1; k++ {
		n := rt.stops[k].node
		s.at[n] = int16(k)
		s.whose[n>>1] = i
	}
}

// settle measures a changed route.
func (s *state) settle(i int32, rt *route) {
	s.dist -= rt.dist
	s.measure(rt)
	if len(rt.stops) == 2 {
		s.stale = true
	}
	s.dist += rt.dist
	s.note(i, rt)
}

// insert puts an absent request where pl says; absent is the caller's.
func (s *state) insert(r, i int32, pl place) {
	rt := s.touch(i)
	if len(rt.stops) == 2 {
		s.stale = true
	}
	n := len(rt.stops)
	st := append(rt.stops, slot{}, slot{})
	copy(st[pl.to+3:], st[pl.to+1:n])
	st[pl.to+2].node = 2*r + 1
	copy(st[pl.at+2:], st[pl.at+1:pl.to+1])
	st[pl.at+1].node = 2 * r
	rt.stops = st
	s.settle(i, rt)
}

// remove takes the requests for which out says so from a route; absent is the caller's.
func (s *state) remove(i int32, out []bool) {
	rt := s.touch(i)
	k := 1
	for j := 1; j < len(rt.stops); j++ {
		n := rt.stops[j].node
		if j < len(rt.stops)-1 && out[n>>1] {
			s.whose[n>>1] = -1
			continue
		}
		rt.stops[k].node = n
		k++
	}
	rt.stops = rt.stops[:k]
	s.settle(i, rt)
}

// best is the cheapest place of a request in route i below bound, remembered by the route's version.
func (s *state) best(r, i, bound int32) place {
	rt := &s.routes[i]
	known := &s.places[int(r)*len(s.routes)+int(i)]
	if known.version == rt.version && (known.at >= 0 || known.cost >= bound) {
		return *known
	}
	*known = s.try(r, rt, bound)
	return *known
}

// sequences is the state's routes by their nodes, start and end among them; it reuses into.
func (s *state) sequences(into *plan) {
	into.dist, into.routes = s.dist, 0
	into.absent = append(into.absent[:0], s.absent...)
	into.nodes = into.nodes[:0]
	for i := range s.routes {
		if rt := &s.routes[i]; len(rt.stops) > 2 {
			into.routes++
			for _, x := range rt.stops {
				into.nodes = append(into.nodes, int16(x.node))
			}
		}
	}
}

// plan is a state's routes without what is computed from them.
type plan struct {
	nodes  []int16
	absent []int32
	routes int
	dist   int64
}

// load makes the state a plan.
func (s *state) load(p *plan) {
	s.keep()
	for i := range s.routes {
		if rt := &s.routes[i]; len(rt.stops) > 2 {
			rt.stops[1] = rt.stops[len(rt.stops)-1]
			rt.stops = rt.stops[:2]
			s.settle(int32(i), rt)
		}
	}
	s.list()
	for k := 0; k < len(p.nodes); {
		kind := (int(p.nodes[k]) - 2*s.in.requests) / 2
		i := s.free[kind]
		rt := &s.routes[i]
		end := rt.stops[1]
		rt.stops = rt.stops[:1]
		for k++; int(p.nodes[k]) < 2*s.in.requests; k++ {
			rt.stops = append(rt.stops, slot{node: int32(p.nodes[k])})
		}
		k++
		rt.stops = append(rt.stops, end)
		s.settle(i, rt)
		s.list()
	}
	for _, r := range p.absent {
		s.whose[r] = -1
	}
	s.absent = append(s.absent[:0], p.absent...)
	s.keep()
}
