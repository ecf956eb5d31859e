package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"
)

// Index finds places near a point or a way. Places are named by their index in the list that it was made of, and come
// out nearest first, equally near ones in the order of that list. It is right everywhere on the globe, the poles and
// the antimeridian included, and safe for concurrent use.
type Index struct {
	tree rtree.RTreeG[int]
}

// NewIndex indexes places, whose longitudes must lie in −180 to 180 and latitudes in −90 to 90.
func NewIndex(places []Point) *Index {
	x := new(Index)
	for i, p := range places {
		x.tree.Insert(p, p, i)
	}
	return x
}

// hit is a place found and how near it is.
type hit struct {
	dist  float64
	index int
}

// ranked is the first k places, nearest first.
func ranked(hits []hit, k int) []int {
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.index, b.index)) })
	found := make([]int, 0, min(k, len(hits)))
	for _, h := range hits[:cap(found)] {
		found = append(found, h.index)
	}
	return found
}

// Nearest is the k places nearest to p by great circle, all of them when there are fewer.
func (x *Index) Nearest(p Point, k int) []int {
	if k <= 0 {
		return nil
	}
	var hits []hit
	x.tree.Nearby(
		func(low, high [2]float64, _ int, item bool) float64 {
			if item {
				return GreatCircle(p, low)
			}
			return atLeast(p, orb.Bound{Min: low, Max: high})
		},
		func(_, _ [2]float64, i int, d float64) bool {
			if len(hits) >= k && d > hits[k-1].dist {
				return false
			}
			hits = append(hits, hit{d, i})
			return true
		})
	return ranked(hits, k)
}

// Within is the places at most so many metres from p by great circle.
func (x *Index) Within(p Point, metres float64) []int {
	var hits []hit
	x.around(p, metres, func(place Point, i int) {
		if d := GreatCircle(p, place); d <= metres {
			hits = append(hits, hit{d, i})
		}
	})
	return ranked(hits, len(hits))
}

// Detour is the places that lengthen the way from a to b by at most extra metres of great circle, the least detour
// first: d(a,x) + d(x,b) − d(a,b) ≤ extra.
func (x *Index) Detour(a, b Point, extra float64) []int {
	direct := GreatCircle(a, b)
	var hits []hit
	// On a sphere too, x is no farther from the middle of a and b than half of d(a,x) + d(x,b), up to a quarter turn.
	x.around(middle(a, b), (direct+extra)/2, func(place Point, i int) {
		if d := GreatCircle(a, place) + GreatCircle(place, b) - direct; d <= extra {
			hits = append(hits, hit{d, i})
		}
	})
	return ranked(hits, len(hits))
}

// around visits every place at most so many metres from p, and some others.
func (x *Index) around(p Point, metres float64, visit func(Point, int)) {
	scan := func(west, south, east, north float64) {
		x.tree.Search([2]float64{west, south}, [2]float64{east, north}, func(at, _ [2]float64, i int) bool {
			visit(at, i)
			return true
		})
	}
	turn := (metres + slack) / orb.EarthRadius
	south, north := p.Lat()-turn*180/math.Pi, p.Lat()+turn*180/math.Pi
	if turn >= math.Pi/2 {
		scan(-180, -90, 180, 90)
		return
	}
	if south <= -90 || north >= 90 {
		scan(-180, south, 180, north)
		return
	}
	side := math.Asin(min(math.Sin(turn)/math.Cos(radians(p.Lat())), 1)) * 180 / math.Pi
	west, east := p.Lon()-side, p.Lon()+side
	scan(max(west, -180), south, min(east, 180), north)
	if west <= -180 {
		scan(west+360, south, 180, north)
	}
	if east >= 180 {
		scan(-180, south, east-360, north)
	}
}

// middle is half way between two points; any point when they are antipodes.
func middle(a, b Point) Point {
	sin1, cos1 := math.Sincos(radians(a.Lat()))
	sin2, cos2 := math.Sincos(radians(b.Lat()))
	sin, cos := math.Sincos(radians(b.Lon() - a.Lon()))
	x, y := cos1+cos2*cos, cos2*sin
	lon := a.Lon() + math.Atan2(y, x)*180/math.Pi
	return Point{math.Remainder(lon, 360), math.Atan2(sin1+sin2, math.Hypot(x, y)) * 180 / math.Pi}
}

// slack is the metres by which searches look farther than they must: the haversine formula is off by centimetres near
// the antipodes.
const slack = 1

// atLeast is a lower bound of the great-circle distance from p to any point of the box.
//
// Beside the meridians of the box the nearest point lies on the nearer one. Along that meridian the distance has one
// least, at latitude atan2(sin φ, cos φ cos Δλ) when the meridian is less than a quarter turn away; else it is at an end.
func atLeast(p Point, box orb.Bound) float64 {
	if box.Min.Lon() <= p.Lon() && p.Lon() <= box.Max.Lon() {
		north := max(box.Min.Lat()-p.Lat(), p.Lat()-box.Max.Lat(), 0)
		return max(radians(north)*orb.EarthRadius-slack, 0)
	}
	lon, turn := box.Min.Lon(), turned(p.Lon(), box.Min.Lon())
	if t := turned(p.Lon(), box.Max.Lon()); t < turn {
		lon, turn = box.Max.Lon(), t
	}
	var d float64
	if turn < 90 {
		lat := math.Atan2(math.Sin(radians(p.Lat())), math.Cos(radians(p.Lat()))*math.Cos(radians(turn))) * 180 / math.Pi
		d = GreatCircle(p, Point{lon, min(max(lat, box.Min.Lat()), box.Max.Lat())})
	} else {
		d = min(GreatCircle(p, Point{lon, box.Min.Lat()}), GreatCircle(p, Point{lon, box.Max.Lat()}))
	}
	return max(d-slack, 0)
}

// turned is the degrees between two longitudes, 0 to 180.
func turned(a, b float64) float64 {
	d := math.Abs(a - b)
	return min(d, 360-d)
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
