package roads

import (
	"slices"
)

// Plain is the roads of a network without its preparation, to check that and to measure against.
type Plain struct {
	n     *Network
	begin []uint32
	arcs  []arc
}

// Plain lays the roads out for plain searches.
func (n *Network) Plain() *Plain {
	p := &Plain{n: n, begin: make([]uint32, n.Nodes()+2)}
	each := func(do func(tail int32, a arc)) {
		for v := range int32(n.Nodes()) {
			for _, a := range n.ch.upOf(v) {
				if a.via < 0 {
					do(v, a)
				}
			}
			for _, a := range n.ch.downOf(v) {
				if a.via < 0 {
					do(a.to, arc{v, a.via, a.high, a.low})
				}
			}
		}
	}
	each(func(tail int32, _ arc) { p.begin[tail+2]++ })
	for v := 2; v < len(p.begin); v++ {
		p.begin[v] += p.begin[v-1]
	}
	p.arcs = make([]arc, p.begin[len(p.begin)-1])
	each(func(tail int32, a arc) {
		p.arcs[p.begin[tail+1]] = a
		p.begin[tail+1]++
	})
	p.begin = p.begin[:n.Nodes()+1]
	return p
}

// Rows are the metres and seconds from each position to each other one, by one search of Dijkstra's from each (1959), which
// ends when it has been everywhere that it must.
func (p *Plain) Rows(from, to []Position) *Matrix {
	m := &Matrix{To: len(to), Cm: make([]uint32, len(from)*len(to)), Millis: make([]uint32, len(from)*len(to))}
	dist := slices.Repeat([]cost{never}, p.n.Nodes())
	goal := make([]int32, p.n.Nodes()) // how many ends are there
	ends := 0
	for t := range to {
		p.n.ends(&to[t], func(v int32, _ cost, _ side) {
			if goal[v]++; goal[v] == 1 {
				ends++
			}
		})
	}
	var queue heap
	var touched []int32
	reach := func(v int32, c cost) {
		if c < dist[v] {
			if dist[v] == never {
				touched = append(touched, v)
			}
			dist[v] = c
			queue.push(label{c, v})
		}
	}
	for f := range from {
		queue = queue[:0]
		p.n.starts(&from[f], func(v int32, c cost, _ side) { reach(v, c) })
		for left := ends; len(queue) > 0; {
			l := queue.pop()
			if l.cost > dist[l.node] {
				continue
			}
			if goal[l.node] > 0 {
				if left--; left == 0 {
					break
				}
			}
			for _, a := range p.arcs[p.begin[l.node]:p.begin[l.node+1]] {
				reach(a.to, l.cost+a.cost())
			}
		}
		for t := range to {
			c, _ := p.n.direct(&from[f], &to[t])
			p.n.ends(&to[t], func(v int32, rest cost, _ side) {
				if dist[v] != never {
					c = min(c, dist[v]+rest)
				}
			})
			m.set(p.n, f, t, c)
		}
		for _, v := range touched {
			dist[v] = never
		}
		touched = touched[:0]
	}
	return m
}
