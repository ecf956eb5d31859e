package roads

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// cost is what a way costs: the measure to be least in the high 32 bits, the other one in the low. Sums and comparisons of
// it are those of the pair, so that every search finds the same two figures.
type cost = uint64

const never = math.MaxUint64

// arc leads from or to a node of the hierarchy.
type arc struct {
	to   int32
	via  int32 // the node that a shortcut leads past; for a road ^side
	high uint32
	low  uint32
}

func (a *arc) cost() cost { return cost(a.high)<<32 | cost(a.low) }

// hierarchy is a graph prepared for searches (contraction hierarchies: Geisberger, Sanders, Schultes, Delling 2008).
// Nodes are numbered in the order in which they were contracted. Invariant: every arc is kept at its lower end, in up if
// it leaves that and in down if it enters it, at most one between two nodes each way; and between any two nodes there is
// a least way that only climbs up and then only climbs down.
type hierarchy struct {
	upBegin, downBegin []uint32
	up, down           []arc
}

func (h *hierarchy) nodes() int           { return len(h.upBegin) - 1 }
func (h *hierarchy) upOf(v int32) []arc   { return h.up[h.upBegin[v]:h.upBegin[v+1]] }
func (h *hierarchy) downOf(v int32) []arc { return h.down[h.downBegin[v]:h.downBegin[v+1]] }

// loose is an arc while the graph is being contracted.
type loose struct {
	cost cost
	to   int32
	via  int32
	hops int32 // roads in it
}

// weighted is an arc of the graph to contract.
type weighted struct {
	tail, head int32
	side       side
	cost       cost
}

// shortcut is an arc that is to be added.
type shortcut struct {
	tail int32
	loose
}

// How far a search for a way round a node goes, in nodes settled: when its worth is estimated, and when it is contracted.
const (
	witnessEstimate = 30
	witnessContract = 200
)

// contractor contracts a graph in rounds: those nodes whose priority is the least among their neighbours are contracted
// together, on all processors (Vetter 2009). The result does not depend on how many there are.
type contractor struct {
	out, in  [][]loose
	priority []int32
	level    []int32
	gone     []bool // contracted, or being so in this round
	dirty    []bool
	workers  []*witness
}

// contract prepares a graph of so many nodes. place gives the new number of each old node.
func contract(ctx context.Context, nodes int, arcs []weighted) (h *hierarchy, place []int32, err error) {
	c := &contractor{
		out: adjacency(nodes, arcs, func(a *weighted) (int32, int32) { return a.tail, a.head }),
		in:  adjacency(nodes, arcs, func(a *weighted) (int32, int32) { return a.head, a.tail }),
	}
	c.priority, c.level = make([]int32, nodes), make([]int32, nodes)
	c.gone, c.dirty = make([]bool, nodes), make([]bool, nodes)
	for range runtime.GOMAXPROCS(0) {
		c.workers = append(c.workers, newWitness(c))
	}
	rest, order := make([]int32, nodes), make([]int32, 0, nodes)
	// By their degrees alone, until it matters.
	for v := range rest {
		in, out := len(c.in[v]), len(c.out[v])
		rest[v], c.dirty[v], c.priority[v] = int32(v), true, int32(500*in*out/(in+out+1))
	}
	for len(rest) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		chosen := c.round(rest)
		order = append(order, chosen...)
		left := rest[:0]
		for _, v := range rest {
			if !c.gone[v] {
				left = append(left, v)
			}
		}
		rest = left
	}
	h, place = c.hierarchy(order)
	return h, place, nil
}

// adjacency lists the arcs at one end of each, the least of several between the same two nodes, none from a node to itself.
func adjacency(nodes int, arcs []weighted, ends func(*weighted) (at, to int32)) [][]loose {
	begin := make([]int, nodes+1)
	for i := range arcs {
		at, _ := ends(&arcs[i])
		begin[at+1]++
	}
	for v := range nodes {
		begin[v+1] += begin[v]
	}
	pool, lists := make([]loose, len(arcs)), make([][]loose, nodes)
	for v := range lists {
		lists[v] = pool[begin[v]:begin[v]:begin[v+1]]
	}
	for i := range arcs {
		a := &arcs[i]
		if at, to := ends(a); at != to {
			lists[at] = put(lists[at], loose{a.cost, to, ^a.side, 1})
		}
	}
	return lists
}

// put adds an arc to a list unless that has one as good.
func put(list []loose, a loose) []loose {
	for i := range list {
		if list[i].to == a.to {
			if a.cost < list[i].cost || a.cost == list[i].cost && a.via < list[i].via {
				list[i] = a
			}
			return list
		}
	}
	return append(list, a)
}

// drop takes the arc to a node out of a list.
func drop(list []loose, to int32) []loose {
	for i := range list {
		if list[i].to == to {
			list[i] = list[len(list)-1]
			return list[:len(list)-1]
		}
	}
	return list
}

// round contracts an independent set of the nodes that are left and gives it.
func (c *contractor) round(rest []int32) []int32 {
	// Priorities mostly rise as neighbours go, so that only those which are the least need to be up to date.
	chosen := c.leasts(rest)
	c.share(len(chosen), func(w *witness, from, to int) {
		for _, v := range chosen[from:to] {
			if c.dirty[v] {
				c.dirty[v] = false
				c.priority[v] = w.estimate(v)
			}
		}
	})
	chosen = c.leasts(chosen)
	for _, v := range chosen {
		c.gone[v] = true
	}
	found := make([][]shortcut, len(chosen)) // by the first node of a piece, so that their order is that of the nodes
	c.share(len(chosen), func(w *witness, from, to int) {
		w.found = nil
		for _, v := range chosen[from:to] {
			w.contract(v)
		}
		found[from] = w.found
	})
	// Each worker changes the lists of its own nodes only.
	n := int32(len(c.workers))
	c.each(func(k int) {
		mine := func(v int32) bool { return v%n == int32(k) }
		for _, v := range chosen {
			for _, a := range c.out[v] {
				if mine(a.to) {
					c.in[a.to] = drop(c.in[a.to], v)
					c.touch(a.to, v)
				}
			}
			for _, a := range c.in[v] {
				if mine(a.to) {
					c.out[a.to] = drop(c.out[a.to], v)
					c.touch(a.to, v)
				}
			}
		}
		for _, piece := range found {
			for i := range piece {
				s := &piece[i]
				if mine(s.tail) {
					c.out[s.tail] = put(c.out[s.tail], s.loose)
				}
				if mine(s.to) {
					back := s.loose
					back.to = s.tail
					c.in[s.to] = put(c.in[s.to], back)
				}
			}
		}
	})
	return chosen
}

// leasts are those nodes of a list that come before all their neighbours.
func (c *contractor) leasts(list []int32) []int32 {
	pick := make([]bool, len(list))
	c.share(len(list), func(_ *witness, from, to int) {
		for i, v := range list[from:to] {
			pick[from+i] = c.least(v)
		}
	})
	var out []int32
	for i, v := range list {
		if pick[i] {
			out = append(out, v)
		}
	}
	return out
}

func (c *contractor) touch(v, contracted int32) {
	c.dirty[v] = true
	c.level[v] = max(c.level[v], c.level[contracted]+1)
}

// least reports whether a node comes before all its neighbours.
func (c *contractor) least(v int32) bool {
	before := func(u int32) bool {
		if c.priority[u] != c.priority[v] {
			return c.priority[u] < c.priority[v]
		}
		if a, b := scatter(u), scatter(v); a != b {
			return a < b
		}
		return u < v
	}
	for i := range c.out[v] {
		if before(c.out[v][i].to) {
			return false
		}
	}
	for i := range c.in[v] {
		if before(c.in[v][i].to) {
			return false
		}
	}
	return true
}

// scatter breaks ties without regard to where nodes lie.
func scatter(v int32) uint32 {
	x := uint32(v) * 0x9E3779B1
	return (x ^ x>>15) * 0x85EBCA77
}

// share hands out the numbers below n in pieces.
func (c *contractor) share(n int, do func(w *witness, from, to int)) {
	piece := min(1024, max(1, n/(8*len(c.workers))))
	var next atomic.Int64
	c.each(func(k int) {
		for {
			from := int(next.Add(int64(piece))) - piece
			if from >= n {
				return
			}
			do(c.workers[k], from, min(n, from+piece))
		}
	})
}

func (c *contractor) each(do func(k int)) {
	if len(c.workers) == 1 {
		do(0)
		return
	}
	var all sync.WaitGroup
	for k := range c.workers {
		all.Go(func() { do(k) })
	}
	all.Wait()
}

// witness looks for ways round a node.
type witness struct {
	c     *contractor
	dist  []cost
	seen  []uint32 // the search in which dist was set
	goal  []uint32 // the search whose goal the node is
	round uint32
	heap  heap
	found []shortcut
}

func newWitness(c *contractor) *witness {
	n := len(c.out)
	return &witness{c: c, dist: make([]cost, n), seen: make([]uint32, n), goal: make([]uint32, n)}
}

// estimate is the priority of a node, less for those to be contracted sooner: how many arcs and how long ones come in the
// place of those that go, and how deep the hierarchy below it is.
func (w *witness) estimate(v int32) int32 {
	arcs, hops := 0, 0
	w.ways(v, witnessEstimate, func(_ int32, a loose) {
		arcs++
		hops += int(a.hops)
	})
	gone, goneHops := 1, 1
	for _, list := range [2][]loose{w.c.out[v], w.c.in[v]} {
		for i := range list {
			gone++
			goneHops += int(list[i].hops)
		}
	}
	return int32(1000*int(w.c.level[v]) + 1000*arcs/gone + 1000*hops/goneHops)
}

// contract notes the shortcuts that a node leaves.
func (w *witness) contract(v int32) {
	w.ways(v, witnessContract, func(tail int32, a loose) { w.found = append(w.found, shortcut{tail, a}) })
}

// ways calls need for each way over v from one neighbour to another that no other way is as good as. A search gives up
// after so many nodes and takes the way over v for needed.
func (w *witness) ways(v int32, limit int, need func(tail int32, a loose)) {
	out := w.c.out[v]
	for i := range w.c.in[v] {
		first := &w.c.in[v][i]
		u := first.to
		farthest, goals := cost(0), 0
		w.round++
		for k := range out {
			if x := out[k].to; x != u {
				farthest = max(farthest, first.cost+out[k].cost)
				w.goal[x] = w.round
				goals++
			}
		}
		if goals == 0 {
			continue
		}
		w.search(u, v, farthest, goals, limit)
		for k := range out {
			a := &out[k]
			if a.to == u {
				continue
			}
			through := first.cost + a.cost
			if w.seen[a.to] != w.round || w.dist[a.to] > through {
				need(u, loose{through, a.to, v, first.hops + a.hops})
			}
		}
	}
}

func (w *witness) search(u, avoid int32, farthest cost, goals, limit int) {
	c := w.c
	w.heap = append(w.heap[:0], label{0, u})
	w.dist[u], w.seen[u] = 0, w.round
	for len(w.heap) > 0 {
		l := w.heap.pop()
		if l.cost > w.dist[l.node] {
			continue
		}
		if l.cost > farthest {
			return
		}
		if w.goal[l.node] == w.round {
			if goals--; goals == 0 {
				return
			}
		}
		if limit--; limit < 0 {
			return
		}
		for i := range c.out[l.node] {
			a := &c.out[l.node][i]
			d := l.cost + a.cost
			if a.to == avoid || d > farthest || c.gone[a.to] || w.seen[a.to] == w.round && w.dist[a.to] <= d {
				continue
			}
			w.dist[a.to], w.seen[a.to] = d, w.round
			w.heap.push(label{d, a.to})
		}
	}
}

// hierarchy numbers the nodes in the order of their contraction and lays the arcs out by it.
func (c *contractor) hierarchy(order []int32) (*hierarchy, []int32) {
	place := make([]int32, len(order))
	for i, v := range order {
		place[v] = int32(i)
	}
	flat := func(lists [][]loose) (begin []uint32, arcs []arc) {
		begin = make([]uint32, len(order)+1)
		for i, v := range order {
			begin[i+1] = begin[i] + uint32(len(lists[v]))
		}
		arcs = make([]arc, begin[len(order)])
		for i, v := range order {
			at := arcs[begin[i]:begin[i+1]]
			for k, a := range lists[v] {
				via := a.via
				if via >= 0 {
					via = place[via]
				}
				at[k] = arc{place[a.to], via, uint32(a.cost >> 32), uint32(a.cost)}
			}
			slices.SortFunc(at, func(a, b arc) int { return cmp.Compare(a.to, b.to) })
		}
		return begin, arcs
	}
	h := new(hierarchy)
	h.upBegin, h.up = flat(c.out)
	h.downBegin, h.down = flat(c.in)
	return h, place
}

// label is a node with what it costs to get there.
type label struct {
	cost cost
	node int32
}

// heap is a queue of labels, the least first, with four children to a node. A node may be in it more than once; the
// dearer labels are to be passed over.
type heap []label

func (h *heap) push(l label) {
	q := append(*h, l)
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 4
		if q[up].cost <= l.cost {
			break
		}
		q[i] = q[up]
		i = up
	}
	q[i] = l
	*h = q
}

func (h *heap) pop() label {
	q := *h
	top := q[0]
	last := q[len(q)-1]
	q = q[:len(q)-1]
	*h = q
	if len(q) == 0 {
		return top
	}
	i := 0
	for {
		child := 4*i + 1
		if child >= len(q) {
			break
		}
		best := child
		for k := child + 1; k < min(child+4, len(q)); k++ {
			if q[k].cost < q[best].cost {
				best = k
			}
		}
		if q[best].cost >= last.cost {
			break
		}
		q[i] = q[best]
		i = best
	}
	q[i] = last
	return top
}
