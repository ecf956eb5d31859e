package main

import (
	"fmt"
	"math"
)

// verdict is what a set of routes is worth.
type verdict struct {
	vehicles int
	distance float64
	faults   []string // empty: the routes solve the instance
}

// slack is how late a stop may be in real numbers, whose sums are not exact.
const slack = 1e-6

// check recomputes routes of node numbers, without the depot, from the instance alone: each distance and time by the
// scale, to the nearest, or unrounded where the scale rounds times up to keep real windows.
func check(in *instance, s scale, routes [][]int) verdict {
	by, allowed := float64(s.by), 0.0
	length := func(a, b int) float64 { return math.Round(in.distance(a, b) * by) }
	if s.up {
		by, allowed, length = 1, slack, in.distance
	}
	c := checker{in: in, by: by, allowed: allowed, length: length, route: make([]int, len(in.nodes)), position: make([]int, len(in.nodes))}
	for _, stops := range routes {
		if len(stops) > 0 {
			c.out.vehicles++
			c.walk(stops)
		}
	}
	c.pairs()
	if c.out.vehicles > in.vehicles {
		c.fault("%d vehicles of %d", c.out.vehicles, in.vehicles)
	}
	c.out.distance /= by
	return c.out
}

type checker struct {
	in          *instance
	by, allowed float64
	length      func(a, b int) float64
	route       []int // by node: its route from 1, 0 for none
	position    []int
	out         verdict
}

func (c *checker) fault(format string, args ...any) {
	c.out.faults = append(c.out.faults, fmt.Sprintf(format, args...))
}

// walk drives one route.
func (c *checker) walk(stops []int) {
	nr := c.out.vehicles
	at, load, t := 0, 0, float64(c.in.nodes[0].open)*c.by
	for k, i := range stops {
		if i < 1 || i >= len(c.in.nodes) {
			c.fault("route %d: there is no stop %d", nr, i)
			continue
		}
		if c.route[i] != 0 {
			c.fault("route %d: stop %d has been made by route %d", nr, i, c.route[i])
		}
		c.route[i], c.position[i] = nr, k
		n := &c.in.nodes[i]
		t += c.length(at, i)
		c.out.distance += c.length(at, i)
		if t = max(t, float64(n.open)*c.by); t > float64(n.close)*c.by+c.allowed {
			c.fault("route %d: stop %d at %g, it closes at %d", nr, i, t/c.by, n.close)
		}
		t += float64(n.service) * c.by
		if load += n.load; load > c.in.capacity {
			c.fault("route %d: load %d after stop %d, capacity %d", nr, load, i, c.in.capacity)
		}
		at = i
	}
	t += c.length(at, 0)
	c.out.distance += c.length(at, 0)
	if t > float64(c.in.nodes[0].close)*c.by+c.allowed {
		c.fault("route %d: back at %g, the depot closes at %d", nr, t/c.by, c.in.nodes[0].close)
	}
}

// pairs looks at both ends of every request.
func (c *checker) pairs() {
	for i := 1; i < len(c.in.nodes); i++ {
		n := &c.in.nodes[i]
		if c.route[i] == 0 {
			c.fault("stop %d is not made", i)
		}
		if n.load < 0 || c.route[i] == 0 || c.route[n.pair] == 0 {
			continue
		}
		if c.route[i] != c.route[n.pair] {
			c.fault("route %d loads at %d what route %d unloads at %d", c.route[i], i, c.route[n.pair], n.pair)
		} else if c.position[i] > c.position[n.pair] {
			c.fault("route %d unloads at %d before it loads at %d", c.route[i], n.pair, i)
		}
	}
}
