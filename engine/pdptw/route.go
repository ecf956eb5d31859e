package pdptw

// slot is a stop of a route with what is known of it there. dep is the earliest departure, late the latest begin of
// service with which the rest of the route is in time, load what is on board afterwards, next and ride the distance and
// the time to the following stop. The first slot of a route is its start, the last its end.
type slot struct {
	node          int32
	dep, late     int32
	load          int32
	next, ride    int32
	open, service int32
}

// never is dearer than every insertion.
const never = 1 << 30

// place is the cheapest way to put a request into a route: the pickup after the stop at, the delivery after the stop to
// of the route as it is, behind the pickup when both are the same. at −1: there is none that costs less than cost.
type place struct {
	version uint32
	cost    int32
	at, to  int16
}

// route is a vehicle's. version names its stops: no two sequences that a state has ever had share one.
type route struct {
	stops   []slot
	version uint32
	saved   bool // see state.touch
	kind    int32
	dist    int64
}

// rows are the distances and times from and to one node.
type rows struct{ dist, toDist, time, toTime []int32 }

func (in *instance) rows(node int32) rows {
	a, b := int(node)*in.nodes, int(node+1)*in.nodes
	return rows{in.dist[a:b], in.toDist[a:b], in.time[a:b], in.toTime[a:b]}
}

// try finds the cheapest place of request r in a route among those that cost less than bound. Without it the result
// says that there is none below bound.
//
// Deliveries alone come first: late is too late with the pickup on the way all the more, and the cheapest of the
// deliveries behind a stop bounds what a pickup there can come to. So most pickups need no look at deliveries at all.
// Where times violate the triangle inequality that may miss a place; none that it gives is wrong.
func (s *state) try(r int32, rt *route, bound int32) place {
	in, st := s.in, rt.stops
	p, d := &in.node[2*r], &in.node[2*r+1]
	pr, dr := in.rows(2*r), in.rows(2*r+1)
	room := in.p.Fleet[rt.kind].Capacity - p.load
	best := place{version: rt.version, cost: bound, at: -1}
	if room < 0 {
		best.cost = never
		return best
	}
	last := len(st) - 1
	alone, least := s.alone[:last+1], s.least[:last+1]
	least[last] = never
	for j := last - 1; j >= 0; j-- {
		x, y := &st[j], &st[j+1]
		c := int32(never)
		if t := x.dep + dr.toTime[x.node]; t <= d.close && max(t, d.open)+d.service+dr.time[y.node] <= y.late {
			c = dr.toDist[x.node] + dr.dist[y.node] - x.next
		}
		alone[j] = c
		least[j] = min(c, least[j+1])
	}
	between, ridden := pr.dist[2*r+1], pr.time[2*r+1]
	for i := range last {
		x, y := &st[i], &st[i+1]
		t := x.dep + pr.toTime[x.node]
		if t > p.close {
			if x.dep > p.close {
				break
			}
			continue
		}
		if x.load > room {
			continue
		}
		t = max(t, p.open) + p.service
		to := pr.toDist[x.node] - x.next
		if c := to + between + dr.dist[y.node]; c < best.cost {
			if b := t + ridden; b <= d.close && max(b, d.open)+d.service+dr.time[y.node] <= y.late {
				best.cost, best.at, best.to = c, int16(i), int16(i)
			}
		}
		to += pr.dist[y.node]
		if to+least[i+1] >= best.cost {
			continue
		}
		t += pr.time[y.node]
		for j := i + 1; j < last; j++ {
			y := &st[j]
			if t > y.late || y.load > room || to+least[j] >= best.cost {
				break
			}
			t = max(t, y.open) + y.service
			if c := to + alone[j]; c < best.cost {
				if b := t + dr.toTime[y.node]; b <= d.close {
					z := &st[j+1]
					if max(b, d.open)+d.service+dr.time[z.node] <= z.late {
						best.cost, best.at, best.to = c, int16(i), int16(j)
					}
				}
			}
			t += y.ride
		}
	}
	return best
}

// measure computes a route's slots from their nodes, and reports whether it is in time and never overloaded.
func (s *state) measure(rt *route) bool {
	in, st := s.in, rt.stops
	rt.version = s.version()
	rt.dist = 0
	idle := len(st) == 2 // an unused vehicle drives nothing
	capacity := in.p.Fleet[rt.kind].Capacity
	ok := true
	t, load := int32(-never), int32(0)
	for i := range st {
		x := &st[i]
		n := &in.node[x.node]
		x.open, x.service = n.open, n.service
		t = max(t, n.open)
		ok = ok && t <= n.close
		load += n.load
		ok = ok && load <= capacity
		x.dep, x.load = min(t, n.close)+n.service, load
		if i+1 < len(st) {
			k := int(x.node)*in.nodes + int(st[i+1].node)
			x.next, x.ride = in.dist[k], in.time[k]
			if idle {
				x.next = 0
			}
			rt.dist += int64(x.next)
			t = x.dep + x.ride
		}
	}
	late := int32(never)
	for i := len(st) - 1; i >= 0; i-- {
		x := &st[i]
		if i < len(st)-1 {
			late = late - x.ride - x.service
		}
		late = min(late, in.node[x.node].close)
		x.late = late
	}
	return ok
}
