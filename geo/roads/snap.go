package roads

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"carriole/geo"
)

// Position is a point of a road.
type Position struct {
	Point geo.Point // on the road
	Away  float64   // metres from what was asked for, by great circle
	road  int32
	share float64 // of the road's length that lies before it
}

// fan is how many boxes of the tree stand under one.
const fan = 16

// boxTree is an R-tree over boxes that never change, packed level by level: the boxes of the items, in their order, then
// those around each fan of these, up to a single one. It is laid out flat, so that a cache loads it as it is. Items
// that lie near each other must have numbers near each other.
type boxTree struct {
	boxes  []int32 // west, south, east, north in 1e-7 degrees
	levels []int   // where each level begins in boxes ÷ 4; the last one is the end
}

// newBoxTree makes the levels above the boxes of the items.
func newBoxTree(items []int32) *boxTree {
	t := &boxTree{boxes: items, levels: levelsOf(len(items) / 4)}
	for k := 1; k < len(t.levels)-1; k++ {
		first, end := t.levels[k-1], t.levels[k]
		for i := first; i < end; i += fan {
			box := [4]int32{math.MaxInt32, math.MaxInt32, math.MinInt32, math.MinInt32}
			for j := i; j < min(i+fan, end); j++ {
				b := t.boxes[4*j:]
				box = [4]int32{min(box[0], b[0]), min(box[1], b[1]), max(box[2], b[2]), max(box[3], b[3])}
			}
			t.boxes = append(t.boxes, box[:]...)
		}
	}
	return t
}

// levelsOf is where the levels of a tree over so many items begin.
func levelsOf(items int) []int {
	levels := []int{0, items}
	for width := items; width > 1; {
		width = (width + fan - 1) / fan
		levels = append(levels, levels[len(levels)-1]+width)
	}
	return levels
}

// nearest visits items in the order of how near their boxes are, until visit gives less than how near the next one is.
// near is a lower bound of the distance to a box, visit the least distance found so far after having looked at an item.
// queue is for its use and comes back for the next call.
func (t *boxTree) nearest(queue []boxEntry, near func(box []int32) float64, visit func(item int) float64) []boxEntry {
	queue = queue[:0]
	push := func(e boxEntry) {
		i := len(queue)
		queue = append(queue, e)
		for i > 0 && queue[(i-1)/2].near > e.near {
			queue[i] = queue[(i-1)/2]
			i = (i - 1) / 2
		}
		queue[i] = e
	}
	pop := func() boxEntry {
		top, last := queue[0], queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for i := 0; len(queue) > 0; {
			child := 2*i + 1
			if child+1 < len(queue) && queue[child+1].near < queue[child].near {
				child++
			}
			if child >= len(queue) || queue[child].near >= last.near {
				queue[i] = last
				break
			}
			queue[i] = queue[child]
			i = child
		}
		return top
	}
	top := len(t.levels) - 2
	if t.levels[top+1] == t.levels[top] {
		return queue
	}
	limit := math.Inf(1)
	push(boxEntry{0, top, t.levels[top]})
	for len(queue) > 0 {
		e := pop()
		if e.near > limit {
			return queue
		}
		if e.level == 0 {
			limit = visit(e.item)
			continue
		}
		below := t.levels[e.level-1]
		first := below + (e.item-t.levels[e.level])*fan
		for i := first; i < min(first+fan, t.levels[e.level]); i++ {
			if d := near(t.boxes[4*i : 4*i+4]); d <= limit {
				push(boxEntry{d, e.level - 1, i})
			}
		}
	}
	return queue
}

// boxEntry is a box that is still to be looked into.
type boxEntry struct {
	near        float64
	level, item int
}

// plane measures around a point as on a flat map, in metres: right for what is near.
type plane struct {
	lon, lat float64 // 1e-7 degrees
	x, y     float64 // metres of 1e-7 degrees
}

func planeAt(p geo.Point) plane {
	const perUnit = 6378137 * math.Pi / 180 / 1e7
	return plane{p.Lon() * 1e7, p.Lat() * 1e7, perUnit * math.Cos(p.Lat()*math.Pi/180), perUnit}
}

func (p *plane) toBox(b []int32) float64 {
	dx := max(float64(b[0])-p.lon, p.lon-float64(b[2]), 0) * p.x
	dy := max(float64(b[1])-p.lat, p.lat-float64(b[3]), 0) * p.y
	return math.Hypot(dx, dy)
}

// toLine is the nearest point of a line: how far it is, on which piece, and where on that (0 to 1).
func (p *plane) toLine(line []int32) (away float64, piece int, share float64) {
	away = math.Inf(1)
	x1, y1 := (float64(line[0])-p.lon)*p.x, (float64(line[1])-p.lat)*p.y
	for k := 2; k < len(line); k += 2 {
		x2, y2 := (float64(line[k])-p.lon)*p.x, (float64(line[k+1])-p.lat)*p.y
		dx, dy := x2-x1, y2-y1
		f := 0.0
		if q := dx*dx + dy*dy; q > 0 {
			f = min(max(-(x1*dx+y1*dy)/q, 0), 1)
		}
		if d := math.Hypot(x1+f*dx, y1+f*dy); d < away {
			away, piece, share = d, k/2-1, f
		}
		x1, y1 = x2, y2
	}
	return away, piece, share
}

// Snap is the point nearest to p of all roads at which one can stop; ok is false where none lies within the network's
// limit.
func (n *Network) Snap(p geo.Point) (at Position, ok bool) {
	flat := planeAt(p)
	best := math.Inf(1)
	road, piece, share := 0, 0, 0.0
	s := n.searcher()
	defer n.pool.Put(s)
	s.boxes = n.tree.nearest(s.boxes, flat.toBox, func(item int) float64 {
		r := int(n.stops[item])
		if away, k, f := flat.toLine(n.line(int32(r))); away < best || away == best && r < road {
			best, road, piece, share = away, r, k, f
		}
		return best
	})
	if !(best <= n.limit) {
		return at, false
	}
	return n.position(int32(road), piece, share, p), true
}

func (n *Network) position(road int32, piece int, share float64, asked geo.Point) Position {
	line := n.line(road)
	before, whole := 0.0, 0.0
	var at geo.Point
	for k := 1; k < len(line)/2; k++ {
		d := distance(line[2*k-2], line[2*k-1], line[2*k], line[2*k+1])
		if k-1 == piece {
			before = whole + share*d
			a, b := pointOf(line[2*k-2], line[2*k-1]), pointOf(line[2*k], line[2*k+1])
			at = geo.Point{a[0] + share*(b[0]-a[0]), a[1] + share*(b[1]-a[1])}
		}
		whole += d
	}
	if whole > 0 {
		before = min(before/whole, 1)
	}
	return Position{Point: at, Away: geo.GreatCircle(at, asked), road: road, share: before}
}

// index makes the tree over the roads at which one can stop.
func (n *Network) index(stop func(road int32) bool) {
	type item struct {
		key  uint64
		road int32
	}
	var items []item
	for r := range int32(n.Roads()) {
		if stop(r) {
			line := n.line(r)
			m := len(line) / 4 * 2
			items = append(items, item{hilbert(line[m], line[m+1]), r})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.road, b.road)) })
	n.stops = make([]int32, len(items))
	boxes := make([]int32, 0, 4*len(items)*(fan+1)/fan)
	for i, x := range items {
		n.stops[i] = x.road
		line := n.line(x.road)
		box := [4]int32{line[0], line[1], line[0], line[1]}
		for k := 2; k < len(line); k += 2 {
			box = [4]int32{min(box[0], line[k]), min(box[1], line[k+1]), max(box[2], line[k]), max(box[3], line[k+1])}
		}
		boxes = append(boxes, box[:]...)
	}
	n.tree = newBoxTree(boxes)
}

// Sample is so many points of roads at which one can stop, chosen at random with a likelihood that goes with the roads'
// lengths; the same for the same seed.
func (n *Network) Sample(count int, seed uint64) []geo.Point {
	rng := rand.New(rand.NewPCG(seed, 0))
	sums := make([]uint64, len(n.stops)+1)
	for i, r := range n.stops {
		sums[i+1] = sums[i] + uint64(n.length[r])
	}
	out := make([]geo.Point, count)
	for i := range out {
		k, _ := slices.BinarySearch(sums[1:], 1+rng.Uint64N(sums[len(n.stops)]))
		line := n.line(n.stops[k])
		piece := rng.IntN(len(line)/2 - 1)
		out[i] = n.position(n.stops[k], piece, rng.Float64(), geo.Point{}).Point
	}
	return out
}
