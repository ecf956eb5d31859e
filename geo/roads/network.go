// Package roads knows the drivable roads of an OpenStreetMap extract: it finds the road nearest to a place, the fastest or
// the shortest way of a van between places with its metres, seconds and line, and all of them for a table. It keeps what
// the law and the signs say: one-way roads, who may drive, barriers, limits of speed, forbidden turns at a junction;
// private roads are driven only where a way begins or ends. Distances are metres on the sphere of [geo.GreatCircle], times
// seconds without waiting or traffic.
package roads

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/paulmach/orb"

	"carriole/geo"
)

// Options say how roads are prepared and used. The zero value is usable.
type Options struct {
	Shortest bool    // ways are the shortest instead of the fastest
	Within   float64 // metres from a place to the nearest road at most; 0: 1000
}

// defaultWithin is far enough for a farm at the end of a drive that nobody has drawn.
const defaultWithin = 1000

// Network is the roads of an extract, prepared for one measure. It never changes and is safe for concurrent use.
type Network struct {
	shortest bool
	limit    float64 // metres from a place to its road
	lines    []int32 // longitude, latitude in 1e-7 degrees of the points of all roads
	begin    []uint32
	length   []uint32    // cm
	time     [2][]uint32 // ms along the line and against it; closed where not driven
	heads    []int32     // by side: the node to which it leads
	tails    lists       // by side: the nodes from which it can be driven
	stops    []int32     // roads at which one can stop, in the order of the tree
	tree     *boxTree
	ch       *hierarchy
	pool     sync.Pool // of *searcher
	stamp    stamp     // of the extract; zero where it was not opened by its file
}

// Source is what kilometres of the network are made of; name is what the extract is called.
func (n *Network) Source(name string) geo.Source {
	return geo.Source{Kind: geo.KindRoads, Name: name, Shortest: n.shortest, Version: n.stamp.version(), Date: n.stamp.date}
}

// Roads is how many there are, a road being what lies between two junctions.
func (n *Network) Roads() int { return len(n.length) }

// Nodes is how many nodes the graph has, those made by turns and private roads included.
func (n *Network) Nodes() int { return n.ch.nodes() }

// Arcs is how many arcs the prepared graph has, shortcuts included.
func (n *Network) Arcs() int { return len(n.ch.up) + len(n.ch.down) }

// Bound is the box around all roads.
func (n *Network) Bound() orb.Bound {
	k := len(n.tree.boxes) - 4
	b := n.tree.boxes[k:]
	return orb.Bound{Min: pointOf(b[0], b[1]), Max: pointOf(b[2], b[3])}
}

// Build reads an extract (.osm.pbf, .osm, either also .gz or .bz2 where it is XML) and prepares it.
func Build(ctx context.Context, file string, opt Options) (*Network, error) {
	n, err := extractOf(file).build(ctx, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return n, nil
}

func (x *extract) build(ctx context.Context, opt Options) (*Network, error) {
	d, err := readDraft(ctx, x)
	if err != nil {
		return nil, err
	}
	return d.network(ctx, opt)
}

// network prepares a draft.
func (d *draft) network(ctx context.Context, opt Options) (*Network, error) {
	l, err := d.layers()
	if err != nil {
		return nil, err
	}
	n := &Network{shortest: opt.Shortest, lines: d.geometry, length: d.length, time: d.time, heads: l.heads, tails: l.tails}
	n.setLimit(opt)
	n.begin = make([]uint32, len(d.begin))
	for i, at := range d.begin {
		n.begin[i] = uint32(at / 2)
	}
	for s, head := range n.heads {
		if head == nowhere {
			n.time[s&1][s>>1] = closed
		}
	}
	arcs := make([]weighted, len(l.arcs))
	for i, a := range l.arcs {
		arcs[i] = weighted{a.tail, a.head, a.side, n.whole(a.side)}
	}
	n.index(func(r int32) bool {
		return d.flags[r]&flagStop != 0 && (n.time[0][r] != closed || n.time[1][r] != closed)
	})
	if len(n.stops) == 0 {
		return nil, fmt.Errorf("none of its %d roads is one where a van can stop", len(d.from))
	}
	ch, place, err := contract(ctx, l.nodes, arcs)
	if err != nil {
		return nil, err
	}
	n.ch = ch
	for s, head := range n.heads {
		if head != nowhere {
			n.heads[s] = place[head]
		}
	}
	for i, tail := range n.tails.items {
		n.tails.items[i] = place[tail]
	}
	return n, nil
}

func (n *Network) setLimit(opt Options) {
	if n.limit = opt.Within; n.limit <= 0 {
		n.limit = defaultWithin
	}
}

// line is the points of a road, longitude and latitude in turn.
func (n *Network) line(road int32) []int32 { return n.lines[2*n.begin[road] : 2*n.begin[road+1]] }

// whole is the cost of a side.
func (n *Network) whole(s side) cost { return n.cost(n.time[s&1][s>>1], n.length[s>>1]) }

func (n *Network) cost(ms, cm uint32) cost {
	if n.shortest {
		return cost(cm)<<32 | cost(ms)
	}
	return cost(ms)<<32 | cost(cm)
}

// measures are the metres and seconds of a cost.
func (n *Network) measures(c cost) (metres, seconds float64) {
	high, low := float64(c>>32), float64(uint32(c))
	if n.shortest {
		return high / 100, low / 1000
	}
	return low / 100, high / 1000
}

// before is the cost of driving along a side up to a position on its road.
func (n *Network) before(s side, p *Position) cost {
	share := p.share
	if s&1 == 1 {
		share = 1 - share
	}
	part := func(x uint32) uint32 { return uint32(math.Round(float64(x) * share)) }
	return n.cost(part(n.time[s&1][p.road]), part(n.length[p.road]))
}

// after is the cost from there to the end of the side.
func (n *Network) after(s side, p *Position) cost { return n.whole(s) - n.before(s, p) }

// starts and ends call seed for each node at which a way from a position, or to it, meets the graph.
func (n *Network) starts(p *Position, seed func(node int32, c cost, s side)) {
	for k := range int32(2) {
		if s := 2*p.road + k; n.time[k][p.road] != closed {
			seed(n.heads[s], n.after(s, p), s)
		}
	}
}

func (n *Network) ends(p *Position, seed func(node int32, c cost, s side)) {
	for k := range int32(2) {
		if s := 2*p.road + k; n.time[k][p.road] != closed {
			for _, tail := range n.tails.of(s) {
				seed(tail, n.before(s, p), s)
			}
		}
	}
}

// direct is the cost of the way along the road on which both positions lie, never where there is none.
func (n *Network) direct(from, to *Position) (c cost, s side) {
	c = never
	if from.road != to.road {
		return c, 0
	}
	for k := range int32(2) {
		t := 2*from.road + k
		if n.time[k][from.road] == closed || k == 0 && to.share < from.share || k == 1 && to.share > from.share {
			continue
		}
		if d := n.before(t, to) - n.before(t, from); d < c {
			c, s = d, t
		}
	}
	return c, s
}

// searcher holds what searches need, so that they allocate nothing.
type searcher struct {
	n             *Network
	forth, back   half
	trail, unpack []step
	boxes         []boxEntry
}

// half is a search from one end of a way.
type half struct {
	dist    []cost
	from    []int32 // the arc's other end by which a node was reached; ^side for one of the beginning
	touched []int32
	heap    heap
}

func (n *Network) searcher() *searcher {
	if s, ok := n.pool.Get().(*searcher); ok {
		return s
	}
	s := &searcher{n: n}
	for _, h := range []*half{&s.forth, &s.back} {
		h.dist, h.from = slices.Repeat([]cost{never}, n.Nodes()), make([]int32, n.Nodes())
	}
	return s
}

func (h *half) reset() {
	for _, v := range h.touched {
		h.dist[v] = never
	}
	h.touched, h.heap = h.touched[:0], h.heap[:0]
}

func (h *half) reach(v int32, c cost, from int32) {
	if c >= h.dist[v] {
		return
	}
	if h.dist[v] == never {
		h.touched = append(h.touched, v)
	}
	h.dist[v], h.from[v] = c, from
	h.heap.push(label{c, v})
}

// stalled reports whether a node is reached for less from above, so that no least way climbs on from it.
func (h *half) stalled(v int32, c cost, above []arc) bool {
	for i := range above {
		a := &above[i]
		if d := h.dist[a.to]; d != never && d+a.cost() < c {
			return true
		}
	}
	return false
}

// climb settles the next node of a search and gives it, or nowhere where its label is out of date or stalled.
func (h *half) climb(up, down func(int32) []arc) (v int32, c cost) {
	l := h.heap.pop()
	if l.cost > h.dist[l.node] || h.stalled(l.node, l.cost, down(l.node)) {
		return nowhere, 0
	}
	arcs := up(l.node)
	for i := range arcs {
		a := &arcs[i]
		h.reach(a.to, l.cost+a.cost(), l.node)
	}
	return l.node, l.cost
}

// meet finds the least way over the graph between what has been seeded in both halves: its cost and its highest node.
func (s *searcher) meet() (best cost, top int32) {
	ch := s.n.ch
	best, top = never, nowhere
	for {
		f, b := len(s.forth.heap) > 0 && s.forth.heap[0].cost < best, len(s.back.heap) > 0 && s.back.heap[0].cost < best
		if !f && !b {
			return best, top
		}
		h, other, up, down := &s.forth, &s.back, ch.upOf, ch.downOf
		if !f || b && s.back.heap[0].cost < s.forth.heap[0].cost {
			h, other, up, down = other, h, down, up
		}
		if v, c := h.climb(up, down); v != nowhere {
			if d := other.dist[v]; d != never && c+d < best {
				best, top = c+d, v
			}
		}
	}
}

// query is the least cost from one position to another; by is how: the side of the road on which both lie, or the top of
// the way over the graph, which is left in the searcher.
func (s *searcher) query(from, to *Position) (c cost, top int32, along side) {
	s.forth.reset()
	s.back.reset()
	s.n.starts(from, func(v int32, c cost, sd side) { s.forth.reach(v, c, ^sd) })
	s.n.ends(to, func(v int32, c cost, sd side) { s.back.reach(v, c, ^sd) })
	c, top = s.meet()
	if d, sd := s.n.direct(from, to); d <= c {
		return d, nowhere, sd
	}
	return c, top, 0
}

// Between is the metres and seconds of the best way from one position to another.
func (n *Network) Between(from, to Position) (metres, seconds float64) {
	s := n.searcher()
	defer n.pool.Put(s)
	c, _, _ := s.query(&from, &to)
	return n.measures(c)
}

// step is a piece of a way: an arc between two nodes.
type step struct {
	tail, head, via int32
}

// Route is the best way from one position to another with its line, which begins and ends at the positions.
func (n *Network) Route(from, to Position) (line orb.LineString, metres, seconds float64) {
	s := n.searcher()
	defer n.pool.Put(s)
	c, top, along := s.query(&from, &to)
	metres, seconds = n.measures(c)
	line = append(line, from.Point)
	if top == nowhere {
		line = n.appendPart(line, along, from.share, to.share)
	} else {
		first, last := s.sides(top)
		line = n.appendPart(line, first, from.share, end(first))
		for _, x := range s.unpack {
			line = n.appendPart(line, ^x.via, 1-end(^x.via), end(^x.via))
		}
		line = n.appendPart(line, last, 1-end(last), to.share)
	}
	return n.finish(line, to.Point), metres, seconds
}

// end is where a side ends, as a share of the road's length.
func end(s side) float64 { return float64(1 - s&1) }

func (n *Network) finish(line orb.LineString, last geo.Point) orb.LineString {
	if line[len(line)-1] != last || len(line) == 1 {
		line = append(line, last)
	}
	return line
}

// appendPart appends the points of a road between two shares of its length, in the direction of a side. A road that is
// driven whole is appended without measuring.
func (n *Network) appendPart(line orb.LineString, s side, from, to float64) orb.LineString {
	points := n.line(s >> 1)
	low, high := min(from, to), max(from, to)
	whole := 0.0
	if low > 0 || high < 1 {
		for k := 2; k < len(points); k += 2 {
			whole += distance(points[k-2], points[k-1], points[k], points[k+1])
		}
		low, high = low*whole, high*whole
	}
	at, first, end := 0.0, 0, len(points)/2
	if whole > 0 {
		end = 0
		for k := range len(points) / 2 {
			if k > 0 {
				at += distance(points[2*k-2], points[2*k-1], points[2*k], points[2*k+1])
			}
			if at < low {
				first = k + 1
			}
			if at <= high {
				end = k + 1
			}
		}
	}
	for i := first; i < end; i++ {
		k := i
		if s&1 == 1 {
			k = first + end - 1 - i
		}
		if p := pointOf(points[2*k], points[2*k+1]); p != line[len(line)-1] {
			line = append(line, p)
		}
	}
	return line
}

// sides unpacks the way over a top into s.unpack, a road each; first and last are the sides on which it begins and ends.
func (s *searcher) sides(top int32) (first, last side) {
	s.trail, s.unpack = s.trail[:0], s.unpack[:0]
	v := top
	for s.forth.from[v] >= 0 {
		u := s.forth.from[v]
		s.trail = append(s.trail, step{u, v, viaOf(s.n.ch.upOf(u), v)})
		v = u
	}
	first = ^s.forth.from[v]
	slices.Reverse(s.trail)
	v = top
	for s.back.from[v] >= 0 {
		u := s.back.from[v]
		s.trail = append(s.trail, step{v, u, viaOf(s.n.ch.downOf(u), v)})
		v = u
	}
	last = ^s.back.from[v]
	slices.Reverse(s.trail)
	for len(s.trail) > 0 {
		x := s.trail[len(s.trail)-1]
		s.trail = s.trail[:len(s.trail)-1]
		if x.via < 0 {
			s.unpack = append(s.unpack, x)
			continue
		}
		s.trail = append(s.trail,
			step{x.via, x.head, viaOf(s.n.ch.upOf(x.via), x.head)},
			step{x.tail, x.via, viaOf(s.n.ch.downOf(x.via), x.tail)})
	}
	return first, last
}

// viaOf is what the arc to a node leads past.
func viaOf(arcs []arc, to int32) int32 {
	for i := range arcs {
		if arcs[i].to == to {
			return arcs[i].via
		}
	}
	panic("roads: the hierarchy lacks an arc")
}

// bucketEntry says what it costs from a node to a target.
type bucketEntry struct {
	target int32
	cost   cost
}

// Matrix is the figures from each position to each other one, row by row, in cm and ms.
type Matrix struct {
	To         int // columns
	Cm, Millis []uint32
}

func (m *Matrix) set(n *Network, from, to int, c cost) {
	high, low := m.Millis, m.Cm
	if n.shortest {
		high, low = low, high
	}
	high[from*m.To+to], low[from*m.To+to] = uint32(c>>32), uint32(c)
}

// Table finds the best ways from each position to each other one, on all processors: a search from each target leaves at
// the nodes that it reaches what they cost, a search from each source gathers it (many-to-many by buckets: Knopp, Sanders,
// Schultes, Schulz, Wagner 2007).
func (n *Network) Table(ctx context.Context, from, to []Position) (*Matrix, error) {
	m := &Matrix{To: len(to), Cm: make([]uint32, len(from)*len(to)), Millis: make([]uint32, len(from)*len(to))}
	workers := min(runtime.GOMAXPROCS(0), max(1, (len(from)+len(to))/32))
	found := make([][]nodeEntry, workers)
	spread(workers, func(k int) {
		s := n.searcher()
		defer n.pool.Put(s)
		for t := len(to) * k / workers; t < len(to)*(k+1)/workers && ctx.Err() == nil; t++ {
			s.back.reset()
			n.ends(&to[t], func(v int32, c cost, sd side) { s.back.reach(v, c, ^sd) })
			for len(s.back.heap) > 0 {
				if v, c := s.back.climb(n.ch.downOf, n.ch.upOf); v != nowhere {
					found[k] = append(found[k], nodeEntry{v, bucketEntry{int32(t), c}})
				}
			}
			s.back.reset()
		}
	})
	begin, buckets := gather(n.Nodes(), found)
	onRoad := map[int32][]int32{}
	for t := range to {
		onRoad[to[t].road] = append(onRoad[to[t].road], int32(t))
	}
	spread(workers, func(k int) {
		s := n.searcher()
		defer n.pool.Put(s)
		row := make([]cost, len(to))
		for f := len(from) * k / workers; f < len(from)*(k+1)/workers && ctx.Err() == nil; f++ {
			for t := range row {
				row[t] = never
			}
			for _, t := range onRoad[from[f].road] {
				row[t], _ = n.direct(&from[f], &to[t])
			}
			s.forth.reset()
			n.starts(&from[f], func(v int32, c cost, sd side) { s.forth.reach(v, c, ^sd) })
			for len(s.forth.heap) > 0 {
				v, c := s.forth.climb(n.ch.upOf, n.ch.downOf)
				if v == nowhere {
					continue
				}
				for _, e := range buckets[begin[v]:begin[v+1]] {
					row[e.target] = min(row[e.target], c+e.cost)
				}
			}
			s.forth.reset()
			for t, c := range row {
				m.set(n, f, t, c)
			}
		}
	})
	return m, ctx.Err()
}

type nodeEntry struct {
	node int32
	bucketEntry
}

// gather sorts entries into the buckets of their nodes.
func gather(nodes int, found [][]nodeEntry) (begin []uint32, buckets []bucketEntry) {
	begin = make([]uint32, nodes+2)
	total := 0
	for _, list := range found {
		total += len(list)
		for i := range list {
			begin[list[i].node+2]++
		}
	}
	for v := 2; v < len(begin); v++ {
		begin[v] += begin[v-1]
	}
	buckets = make([]bucketEntry, total)
	for _, list := range found {
		for i := range list {
			at := &begin[list[i].node+1]
			buckets[*at] = list[i].bucketEntry
			*at++
		}
	}
	return begin[:nodes+1], buckets
}

// spread runs a function once for each worker, side by side.
func spread(workers int, do func(k int)) {
	if workers == 1 {
		do(0)
		return
	}
	var all sync.WaitGroup
	for k := range workers {
		all.Go(func() { do(k) })
	}
	all.Wait()
}
