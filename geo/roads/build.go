package roads

import (
	"context"
	"errors"
	"math"
	"slices"

	"carriole/geo"
)

// closed stands for a direction in which a road is not driven.
const closed = math.MaxUint32

// nowhere is no node.
const nowhere = -1

// draft is what the drivable roads of an extract are before turns and private roads are written into the graph. A road
// runs from one node to another without a junction between them.
type draft struct {
	from, to []int32 // nodes of each road
	flags    []uint8
	way      []int64
	geometry []int32 // longitude, latitude of all roads' points
	begin    []int   // of each road in geometry; one more for the end
	length   []uint32
	time     [2][]uint32 // ms along and against; closed where not driven
	lon, lat []int32     // of the nodes
	origin   []int64     // the extract's number of each node
	turns    []turn
}

// Flags of roads.
const (
	flagPrivate = 1 << iota
	flagStop
)

// wayRules is a way with what its tags say.
type wayRules struct {
	way
	rules
}

// readDraft reads the roads of an extract in two passes, since nothing promises that nodes come before ways: the ways,
// then the nodes that they use.
func readDraft(ctx context.Context, x *extract) (*draft, error) {
	d := new(draft)
	var ways []wayRules
	refs := 0
	err := x.scan(ctx, wanted{
		way:      func(_ int64, tags []tag) bool { _, ok := drive(tags); return ok },
		relation: func(tags []tag) bool { _, ok := restricts(tags); return ok },
	}, func(b *batch) error {
		for _, w := range b.ways {
			r, _ := drive(w.tags)
			w.tags = nil
			ways = append(ways, wayRules{w, r})
			refs += len(w.refs)
		}
		for i := range b.relations {
			d.turns = append(d.turns, turns(&b.relations[i])...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(ways) == 0 {
		return nil, errors.New("there is no road in it that a van may drive")
	}
	all := make([]int64, 0, refs)
	for i := range ways {
		all = append(all, ways[i].refs...)
	}
	ids := newIDs(all)
	n := len(ids.sorted)
	lon, lat := make([]int32, n), make([]int32, n)
	known, barrier := make([]bool, n), make([]bool, n)
	err = x.scan(ctx, wanted{node: func(id int64, _ []tag) bool { return ids.find(id) >= 0 }}, func(b *batch) error {
		for _, v := range b.nodes {
			i := ids.find(v.id)
			lon[i], lat[i], known[i], barrier[i] = int32(v.lon), int32(v.lat), true, blocks(v.tags)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// A junction is a node that is used more than once, the end of a way, a barrier.
	used := make([]uint8, n)
	at := make([][]int32, len(ways))
	points := make([]int32, 0, refs)
	for i := range ways {
		first := len(points)
		for k, id := range ways[i].refs {
			p := int32(ids.find(id))
			points = append(points, p)
			used[p] = min(used[p]+1, 2)
			if k == 0 || k == len(ways[i].refs)-1 || barrier[p] {
				used[p] = 2
			}
		}
		at[i] = points[first:len(points):len(points)]
	}
	number := make([]int32, n)
	for i := range number {
		number[i] = nowhere
	}
	node := func(p int32) int32 {
		if number[p] >= 0 && !barrier[p] {
			return number[p]
		}
		// Each road that ends at a barrier ends there for itself.
		number[p] = int32(len(d.lon))
		d.lon, d.lat, d.origin = append(d.lon, lon[p]), append(d.lat, lat[p]), append(d.origin, ids.sorted[p])
		return number[p]
	}
	d.begin = append(d.begin, 0)
	for i := range ways {
		// Extracts that were cut out lack nodes: a way ends where one is missing.
		for rest := at[i]; len(rest) > 0; {
			whole := 0
			for whole < len(rest) && known[rest[whole]] {
				whole++
			}
			d.addWay(&ways[i], rest[:whole], lon, lat, func(k int) bool { return k == 0 || k == whole-1 || used[rest[k]] > 1 }, node)
			rest = rest[min(whole+1, len(rest)):]
		}
	}
	if len(d.from) == 0 {
		return nil, errors.New("its roads have no nodes")
	}
	return d, nil
}

// addWay cuts a way into roads at its junctions.
func (d *draft) addWay(w *wayRules, points []int32, lon, lat []int32, junction func(int) bool, node func(int32) int32) {
	if len(points) < 2 {
		return
	}
	speed := [2]float64{w.forward, w.backward}
	if w.duration > 0 {
		metres := 0.0
		for k := 1; k < len(points); k++ {
			metres += distance(lon[points[k-1]], lat[points[k-1]], lon[points[k]], lat[points[k]])
		}
		for k := range speed {
			if speed[k] > 0 {
				speed[k] = min(max(metres/w.duration*3.6, 1), 60)
			}
		}
	}
	first := 0
	for k := 1; k < len(points); k++ {
		if !junction(k) {
			continue
		}
		metres := 0.0
		for j := first; j <= k; j++ {
			p := points[j]
			d.geometry = append(d.geometry, lon[p], lat[p])
			if j > first {
				metres += distance(lon[points[j-1]], lat[points[j-1]], lon[p], lat[p])
			}
		}
		d.addRoad(node(points[first]), node(points[k]), metres, speed, w.private, w.stop, w.id)
		first = k
	}
}

// addRoad ends a road whose geometry has been added.
func (d *draft) addRoad(from, to int32, metres float64, speed [2]float64, private, stop bool, way int64) {
	flags := uint8(0)
	if private {
		flags |= flagPrivate
	}
	if stop {
		flags |= flagStop
	}
	d.from, d.to, d.flags, d.way = append(d.from, from), append(d.to, to), append(d.flags, flags), append(d.way, way)
	d.begin = append(d.begin, len(d.geometry))
	d.length = append(d.length, uint32(max(1, min(metres*100+0.5, 1<<30))))
	for k := range speed {
		ms := uint32(closed)
		if speed[k] > 0 {
			ms = uint32(max(1, min(metres*3600/speed[k]+0.5, 1<<30)))
		}
		d.time[k] = append(d.time[k], ms)
	}
}

// distance is in metres between points of 1e-7 degrees.
func distance(lon1, lat1, lon2, lat2 int32) float64 {
	return geo.GreatCircle(pointOf(lon1, lat1), pointOf(lon2, lat2))
}

func pointOf(lon, lat int32) geo.Point { return geo.Point{float64(lon) / 1e7, float64(lat) / 1e7} }

// ids numbers the ids of nodes densely in ascending order.
type ids struct {
	sorted []int64
	shift  uint
	bucket []uint32 // by (id − sorted[0]) >> shift: how many are before it
}

func newIDs(all []int64) *ids {
	slices.Sort(all)
	x := &ids{sorted: slices.Compact(all)}
	if len(x.sorted) == 0 {
		return x
	}
	span := uint64(x.sorted[len(x.sorted)-1] - x.sorted[0])
	for span>>x.shift > uint64(2*len(x.sorted)) {
		x.shift++
	}
	x.bucket = make([]uint32, span>>x.shift+2)
	for _, id := range x.sorted {
		x.bucket[uint64(id-x.sorted[0])>>x.shift+1]++
	}
	for i := 1; i < len(x.bucket); i++ {
		x.bucket[i] += x.bucket[i-1]
	}
	return x
}

// find is the number of an id, −1 for one that is not there.
func (x *ids) find(id int64) int {
	if len(x.sorted) == 0 || id < x.sorted[0] || id > x.sorted[len(x.sorted)-1] {
		return -1
	}
	b := uint64(id-x.sorted[0]) >> x.shift
	low := int(x.bucket[b])
	i, ok := slices.BinarySearch(x.sorted[low:x.bucket[b+1]], id)
	if !ok {
		return -1
	}
	return low + i
}

// side is a road in one direction: twice its number, one more for against its geometry.
type side = int32

// graph is a directed graph whose arcs are sides of roads.
type graph struct {
	nodes int
	arcs  []roadArc
	base  []int32 // of the nodes from the draft's on: the junction that each is for
}

type roadArc struct {
	tail, head int32
	side       side
}

// turned writes the turns into the graph: a side of a road that may not be left for every other one ends at a node of its
// own, from which only the allowed ones begin. heads are where the sides of all roads end, nowhere for closed ones; lon
// and lat of the draft grow with the nodes.
//
// A van may turn round at a junction, unless a rule forbids it.
func (d *draft) turned() (g graph, heads []int32) {
	n := len(d.lon)
	heads = make([]int32, 2*len(d.from))
	degree := make([]int32, n+1)
	for r := range d.from {
		heads[2*r], heads[2*r+1] = nowhere, nowhere
		if d.time[0][r] != closed {
			heads[2*r] = d.to[r]
			degree[d.from[r]+1]++
		}
		if d.time[1][r] != closed {
			heads[2*r+1] = d.from[r]
			degree[d.to[r]+1]++
		}
	}
	for i := range n {
		degree[i+1] += degree[i]
	}
	leaving := make([]side, degree[n]) // sides by the node at which they begin
	next := slices.Clone(degree[:n])
	for s, head := range heads {
		if head != nowhere {
			tail := d.tail(side(s))
			leaving[next[tail]] = side(s)
			next[tail]++
		}
	}
	allowed := d.allowed(heads, func(v int32) []side { return leaving[degree[v]:degree[v+1]] })
	keys := make([]side, 0, len(allowed))
	for s := range allowed {
		keys = append(keys, s)
	}
	slices.Sort(keys)
	g.nodes = n
	copies := make(map[side]int32, len(keys))
	for _, s := range keys {
		v := heads[s]
		copies[s] = int32(g.nodes)
		g.base = append(g.base, v)
		g.nodes++
		d.lon, d.lat = append(d.lon, d.lon[v]), append(d.lat, d.lat[v])
	}
	for s, v := range copies {
		heads[s] = v
	}
	g.arcs = make([]roadArc, 0, len(leaving)+4*len(keys))
	for s, head := range heads {
		if head != nowhere {
			g.arcs = append(g.arcs, roadArc{d.tail(side(s)), head, side(s)})
		}
	}
	for _, s := range keys {
		for _, t := range allowed[s] {
			g.arcs = append(g.arcs, roadArc{copies[s], heads[t], t})
		}
	}
	return g, heads
}

// tail is the node at which a side begins.
func (d *draft) tail(s side) int32 {
	if s&1 == 0 {
		return d.from[s>>1]
	}
	return d.to[s>>1]
}

// allowed lists, for each side that may not be left for every other one, those that it may be left for. Rules that name a
// way which does not end at the node, or which is not driven, say nothing.
func (d *draft) allowed(heads []int32, leaving func(int32) []side) map[side][]side {
	at := map[int64]int32{}
	for _, t := range d.turns {
		at[t.via] = nowhere
	}
	for v := range d.origin {
		if known, ok := at[d.origin[v]]; ok {
			if known != nowhere {
				at[d.origin[v]] = -2 // cut by a barrier
			} else {
				at[d.origin[v]] = int32(v)
			}
		}
	}
	arriving := map[int32][]side{}
	for _, v := range at {
		if v >= 0 {
			arriving[v] = nil
		}
	}
	for s, head := range heads {
		if head != nowhere {
			if list, ok := arriving[head]; ok {
				arriving[head] = append(list, side(s))
			}
		}
	}
	one := func(sides []side, way int64) side {
		found := side(nowhere)
		for _, s := range sides {
			if d.way[s>>1] != way {
				continue
			}
			if found != nowhere {
				return nowhere
			}
			found = s
		}
		return found
	}
	only, no := map[side][]side{}, map[side][]side{}
	for _, t := range d.turns {
		v := at[t.via]
		if v < 0 {
			continue
		}
		from, to := one(arriving[v], t.from), one(leaving(v), t.to)
		switch {
		case from == nowhere || to == nowhere:
		case t.only:
			only[from] = append(only[from], to)
		default:
			no[from] = append(no[from], to)
		}
	}
	out := map[side][]side{}
	for _, from := range append(sortedKeys(only), sortedKeys(no)...) {
		if _, done := out[from]; done {
			continue
		}
		all := leaving(heads[from])
		list := []side{}
		for _, s := range all {
			if (only[from] == nil || slices.Contains(only[from], s)) && !slices.Contains(no[from], s) {
				list = append(list, s)
			}
		}
		if len(list) < len(all) {
			out[from] = list
		}
	}
	return out
}

func sortedKeys(m map[side][]side) []side {
	keys := make([]side, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// outgoing lists the arcs by tail: those of v are arcs[begin[v]:begin[v+1]].
func (g *graph) outgoing(keep func(*roadArc) bool) (begin []int32, heads []int32) {
	begin = make([]int32, g.nodes+1)
	for i := range g.arcs {
		if keep(&g.arcs[i]) {
			begin[g.arcs[i].tail+1]++
		}
	}
	for v := range g.nodes {
		begin[v+1] += begin[v]
	}
	heads = make([]int32, begin[g.nodes])
	next := slices.Clone(begin[:g.nodes])
	for i := range g.arcs {
		if a := &g.arcs[i]; keep(a) {
			heads[next[a.tail]] = a.head
			next[a.tail]++
		}
	}
	return begin, heads
}

// largest marks the nodes of the largest strongly connected component over the arcs to keep (Tarjan 1972, without
// recursion).
func (g *graph) largest(keep func(*roadArc) bool) []bool {
	begin, heads := g.outgoing(keep)
	index, low := make([]int32, g.nodes), make([]int32, g.nodes) // index from 1; 0: not seen
	component := make([]int32, g.nodes)                          // from 1; 0: none yet
	next := slices.Clone(begin[:g.nodes])
	var stack, path []int32
	count, components, best, size := int32(0), int32(0), int32(0), 0
	for root := range int32(g.nodes) {
		if index[root] != 0 {
			continue
		}
		path = append(path[:0], root)
		for len(path) > 0 {
			v := path[len(path)-1]
			if index[v] == 0 {
				count++
				index[v], low[v] = count, count
				stack = append(stack, v)
			}
			if next[v] < begin[v+1] {
				w := heads[next[v]]
				next[v]++
				if index[w] == 0 {
					path = append(path, w)
				} else if component[w] == 0 {
					low[v] = min(low[v], index[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				u := path[len(path)-1]
				low[u] = min(low[u], low[v])
			}
			if low[v] != index[v] {
				continue
			}
			components++
			members := 0
			for component[v] == 0 {
				component[stack[len(stack)-1]] = components
				stack = stack[:len(stack)-1]
				members++
			}
			if members > size {
				best, size = components, members
			}
		}
	}
	in := make([]bool, g.nodes)
	for v, c := range component {
		in[v] = c == best
	}
	return in
}

// layered is the graph in which private roads lead out of the place where a way begins and into the one where it ends, and
// nowhere else. Public roads that only private ones connect with the rest count as private.
type layered struct {
	nodes    int
	arcs     []roadArc
	heads    []int32 // of each side: where driving along it leads; nowhere for one not driven
	tails    lists   // of each side: where it can begin
	lon, lat []int32
}

// layers makes the graph. Everything in it can be reached from everywhere: what cannot is left out.
//
// A node of the public component exists once. Another exists twice, as one on the way out of the beginning and as one on
// the way into the end; from the first one gets to the public component, from that to the second, and never back. Where
// private roads cross a public junction, their way is at its end there, too.
func (d *draft) layers() (*layered, error) {
	g, heads := d.turned()
	whole := g.largest(func(*roadArc) bool { return true })
	public := func(a *roadArc) bool { return d.flags[a.side>>1]&flagPrivate == 0 && whole[a.tail] && whole[a.head] }
	main := g.largest(public)
	g.doors(main, public)
	l := &layered{heads: make([]int32, len(heads))}
	start, end := make([]int32, g.nodes), make([]int32, g.nodes) // equal in the public component
	add := func(v int) int32 {
		l.lon, l.lat = append(l.lon, d.lon[v]), append(l.lat, d.lat[v])
		l.nodes++
		return int32(l.nodes - 1)
	}
	order := make([]int, g.nodes)
	key := make([]uint64, g.nodes)
	for v := range order {
		order[v], key[v] = v, hilbert(d.lon[v], d.lat[v])
	}
	slices.SortFunc(order, func(a, b int) int {
		if key[a] != key[b] {
			if key[a] < key[b] {
				return -1
			}
			return 1
		}
		return a - b
	})
	for _, v := range order {
		switch {
		case !whole[v]:
		case main[v]:
			start[v] = add(v)
			end[v] = start[v]
		default:
			start[v] = add(v)
			end[v] = add(v)
		}
	}
	for s := range l.heads {
		l.heads[s] = nowhere
	}
	var tails []roadArc // of which tail and side count
	for i := range g.arcs {
		a := &g.arcs[i]
		if !whole[a.tail] || !whole[a.head] {
			continue
		}
		l.heads[a.side] = start[a.head]
		tails = append(tails, roadArc{tail: start[a.tail], side: a.side})
		if !main[a.tail] {
			tails = append(tails, roadArc{tail: end[a.tail], side: a.side})
		}
		if main[a.tail] && main[a.head] {
			if public(a) {
				l.arcs = append(l.arcs, roadArc{start[a.tail], start[a.head], a.side})
			}
			continue
		}
		if !main[a.tail] {
			l.arcs = append(l.arcs, roadArc{start[a.tail], start[a.head], a.side})
		}
		if !main[a.head] {
			l.arcs = append(l.arcs, roadArc{end[a.tail], end[a.head], a.side})
		}
	}
	if len(tails) == 0 {
		return nil, errors.New("no two of its roads are connected")
	}
	l.tails.begin = make([]uint32, len(heads)+1)
	for _, a := range tails {
		l.tails.begin[a.side+1]++
	}
	for s := range heads {
		l.tails.begin[s+1] += l.tails.begin[s]
	}
	next := slices.Clone(l.tails.begin)
	l.tails.items = make([]int32, len(tails))
	for _, a := range tails {
		l.tails.items[next[a.side]] = a.tail
		next[a.side]++
	}
	return l, nil
}

// lists are lists of numbers, the i-th items[begin[i]:begin[i+1]].
type lists struct {
	begin []uint32
	items []int32
}

func (l *lists) of(i int32) []int32 { return l.items[l.begin[i]:l.begin[i+1]] }

// doors adds to the public component the nodes that turns make of its junctions for those who come from a private road.
func (g *graph) doors(main []bool, public func(*roadArc) bool) {
	first := int32(g.nodes - len(g.base))
	junction := func(v int32) int32 {
		if v < first {
			return v
		}
		return g.base[v-first]
	}
	open := slices.Clone(main[:first])
	for k, v := range g.base {
		open[v] = open[v] || main[int(first)+k]
	}
	var found []int32
	for i := range g.arcs {
		if a := &g.arcs[i]; open[junction(a.tail)] && public(a) && main[a.head] {
			found = append(found, a.tail)
		}
	}
	for _, v := range found {
		main[v] = true
	}
}

// hilbert is the place of a point along a curve on which near points are mostly near.
func hilbert(lon, lat int32) uint64 {
	x, y := uint32(int64(lon)+math.MaxInt32+1), uint32(int64(lat)+math.MaxInt32+1)
	var d uint64
	for s := uint32(1 << 31); s > 0; s >>= 1 {
		rx, ry := x&s != 0, y&s != 0
		d <<= 2
		switch {
		case rx && ry:
			d |= 2
		case rx:
			d |= 3
		case ry:
			d |= 1
		}
		if !ry {
			if rx {
				x, y = ^x, ^y
			}
			x, y = y, x
		}
	}
	return d
}
