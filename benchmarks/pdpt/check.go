package main

import (
	"fmt"
	"math"
)

// answer is a solution as the checker takes it, whoever made it.
type answer struct {
	Tours []tour `json:"tours"`
}

// tour is one vehicle's, without its start and end.
type tour struct {
	Vehicle int     `json:"vehicle"`
	Visits  []visit `json:"visits"`
}

// visit is at a node where the goods of one request come on board or leave.
type visit struct {
	Node    int  `json:"node"`
	Request int  `json:"request"`
	Load    bool `json:"load,omitempty"`
}

// verdict is what the checker makes of an answer.
type verdict struct {
	Distance float64  `json:"distance"`
	Vehicles int      `json:"vehicles"`
	Unserved int      `json:"unserved,omitempty"`
	Faults   []string `json:"faults,omitempty"`
}

// late is by how much a stop may be late: what floating point makes of sums.
const late = 1e-6

// check recomputes an answer from the instance, in floating point, and knows nothing of how it was found.
func (in *instance) check(a *answer) *verdict {
	v := &verdict{}
	wrong := func(format string, args ...any) { v.Faults = append(v.Faults, fmt.Sprintf(format, args...)) }
	used := make([]bool, len(in.vehicles))
	handover := map[int]bool{}
	for _, h := range in.handovers {
		handover[h] = true
	}
	// where each request's goods come on board and leave, by tour and visit
	type spot struct{ tour, visit int }
	loads, unloads := make([][]spot, len(in.requests)), make([][]spot, len(in.requests))
	for k, t := range a.Tours {
		if t.Vehicle < 0 || t.Vehicle >= len(in.vehicles) {
			wrong("tour %d: no vehicle %d", k, t.Vehicle)
			return v
		}
		if used[t.Vehicle] {
			wrong("vehicle %d makes two tours", t.Vehicle)
		}
		used[t.Vehicle] = true
		if len(t.Visits) == 0 {
			used[t.Vehicle] = false
			continue
		}
		v.Vehicles++
		at, board := in.vehicles[t.Vehicle].start, 0
		on := map[int]bool{}
		for i, x := range t.Visits {
			if x.Request < 0 || x.Request >= len(in.requests) || x.Node < 0 || x.Node >= len(in.stops) {
				wrong("tour %d, visit %d: no request %d or no node %d", k, i, x.Request, x.Node)
				return v
			}
			q := in.requests[x.Request]
			v.Distance += in.drive[at][x.Node]
			at = x.Node
			switch {
			case x.Load && on[x.Request]:
				wrong("tour %d: request %d is loaded twice", k, x.Request)
			case !x.Load && !on[x.Request]:
				wrong("tour %d: request %d is unloaded and was not on board", k, x.Request)
			case x.Load && x.Node != q.from && !handover[x.Node], !x.Load && x.Node != q.to && !handover[x.Node]:
				wrong("tour %d: request %d changes hands at node %d", k, x.Request, x.Node)
			}
			if on[x.Request] = x.Load; x.Load {
				board += q.amount
				loads[x.Request] = append(loads[x.Request], spot{k, i})
			} else {
				board -= q.amount
				unloads[x.Request] = append(unloads[x.Request], spot{k, i})
			}
			if board > in.capacity {
				wrong("tour %d: %d on board after visit %d, has room for %d", k, board, i, in.capacity)
			}
		}
		for c, is := range on {
			if is {
				wrong("tour %d: request %d stays on board", k, c)
			}
		}
		v.Distance += in.drive[at][in.vehicles[t.Vehicle].end]
	}
	for k, x := range in.vehicles {
		if !used[k] {
			v.Distance += in.drive[x.start][x.end]
		}
	}
	// each request's way: from its pickup, by handovers, to its delivery
	after := map[spot]spot{} // what is loaded at a handover was unloaded before
	for c, q := range in.requests {
		if len(loads[c]) == 0 {
			v.Unserved++
			continue
		}
		from, left := q.from, len(loads[c])
		var came spot
		done := make([]bool, len(loads[c]))
		for left > 0 {
			next := -1
			for k, l := range loads[c] {
				if !done[k] && a.Tours[l.tour].Visits[l.visit].Node == from {
					next = k
					break
				}
			}
			if next < 0 {
				break
			}
			done[next] = true
			left--
			l := loads[c][next]
			if from != q.from || left < len(loads[c])-1 {
				after[l] = came
			}
			out := -1
			for _, u := range unloads[c] {
				if u.tour == l.tour && u.visit > l.visit && (out < 0 || u.visit < out) {
					out = u.visit
				}
			}
			if out < 0 {
				break
			}
			came = spot{l.tour, out}
			from = a.Tours[l.tour].Visits[out].Node
		}
		if left > 0 || from != q.to || len(unloads[c]) != len(loads[c]) {
			wrong("request %d does not come from node %d to node %d", c, q.from, q.to)
		}
	}
	if len(v.Faults) == 0 {
		in.times(a, v, func(tour, i int) (int, int, bool) {
			s, ok := after[spot{tour, i}]
			return s.tour, s.visit, ok
		})
	}
	return v
}

// times finds the earliest time of each visit, tour by tour until nothing changes: goods that are taken on at a handover must have
// been left there.
func (in *instance) times(a *answer, v *verdict, before func(tour, visit int) (int, int, bool)) {
	begin := make([][]float64, len(a.Tours))
	visits := 0
	for k, t := range a.Tours {
		begin[k] = make([]float64, len(t.Visits))
		visits += len(t.Visits)
	}
	for round, again := 0, true; again; round++ {
		if round > visits+1 {
			v.Faults = append(v.Faults, "handovers wait for one another")
			return
		}
		again = false
		for k, t := range a.Tours {
			at := in.vehicles[t.Vehicle].start
			now := in.stops[at].open
			for i, x := range t.Visits {
				s := in.stops[x.Node]
				if x.Node != at {
					now += in.drive[at][x.Node]
				}
				start := math.Max(now, s.open)
				if tour, visit, ok := before(k, i); ok {
					y := a.Tours[tour].Visits[visit].Node
					start = math.Max(start, begin[tour][visit]+in.stops[y].service)
				}
				if start > begin[k][i] {
					begin[k][i], again = start, true
				}
				now = begin[k][i] + s.service
				at = x.Node
			}
		}
	}
	for k, t := range a.Tours {
		at, now := in.vehicles[t.Vehicle].start, in.stops[in.vehicles[t.Vehicle].start].open
		for i, x := range t.Visits {
			if begin[k][i] > in.stops[x.Node].close+late {
				v.Faults = append(v.Faults, fmt.Sprintf("tour %d: node %d is reached at %.4f, closes at %g", k, x.Node, begin[k][i], in.stops[x.Node].close))
			}
			at, now = x.Node, begin[k][i]+in.stops[x.Node].service
		}
		end := in.vehicles[t.Vehicle].end
		if now += in.drive[at][end]; len(t.Visits) > 0 && now > in.stops[end].close+late {
			v.Faults = append(v.Faults, fmt.Sprintf("tour %d ends at %.4f, must by %g", k, now, in.stops[end].close))
		}
	}
}
