package roads

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"
	"github.com/paulmach/orb/simplify"
	"github.com/tidwall/rtree"
)

// The layers of a background.
const (
	LayerWater  = "water"  // lines and areas: kind (sea, lake, river, canal, stream), name
	LayerRoads  = "roads"  // lines: kind (motorway, trunk, primary, secondary, tertiary, minor, service, ferry), name, ref, tunnel
	LayerPlaces = "places" // points: kind (city, town, village, hamlet), name, population where it is known
)

// MaxZoom is the zoom of the finest tiles; they serve for all closer ones.
const MaxZoom = 14

// Background is what a map shows beneath a plan, out of an extract: water, roads, the names of towns. It never changes and
// is safe for concurrent use.
type Background struct {
	features []backgroundFeature
	tree     rtree.RTreeG[int32]
	bound    orb.Bound
}

type backgroundFeature struct {
	layer    string
	from     int     // the zoom from which on it is shown
	to       int     // the last zoom at which it is shown; 0: all that come
	extent   float64 // degrees of the longer side of its box
	shape    orb.Geometry
	tags     geojson.Properties
	priority float64 // places: the more the sooner
}

// OpenBackground reads the background of an extract.
func OpenBackground(ctx context.Context, file string) (*Background, error) {
	b, err := readBackground(ctx, extractOf(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return b, nil
}

// lake is a relation whose member ways are the shores of water.
type lake struct {
	outer, inner []int64
	tags         []tag
}

func readBackground(ctx context.Context, x *extract) (*Background, error) {
	var lakes []lake
	isShore := map[int64]bool{} // by way: it is part of a lake
	err := x.scan(ctx, wanted{relation: func(tags []tag) bool { return value(tags, "type") == "multipolygon" && isWater(tags) }}, func(b *batch) error {
		for _, r := range b.relations {
			l := lake{tags: r.tags}
			for _, m := range r.members {
				if m.kind != wayMember {
					continue
				}
				isShore[m.id] = true
				if m.role == "inner" {
					l.inner = append(l.inner, m.id)
				} else {
					l.outer = append(l.outer, m.id)
				}
			}
			lakes = append(lakes, l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var ways []way
	var all []int64
	shores := map[int64][]int64{} // the nodes of the shores
	err = x.scan(ctx, wanted{way: func(id int64, tags []tag) bool { return isShore[id] || featureOf(tags, false).layer != "" }}, func(b *batch) error {
		for _, w := range b.ways {
			all = append(all, w.refs...)
			if isShore[w.id] {
				shores[w.id] = w.refs
			}
			if featureOf(w.tags, false).layer != "" {
				ways = append(ways, w)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	ids := newIDs(all)
	points := make([]orb.Point, len(ids.sorted))
	known := make([]bool, len(ids.sorted))
	b := new(Background)
	err = x.scan(ctx, wanted{node: func(id int64, tags []tag) bool {
		return ids.find(id) >= 0 || placeOf(tags).layer != ""
	}}, func(in *batch) error {
		for _, n := range in.nodes {
			p := pointOf(int32(n.lon), int32(n.lat))
			if i := ids.find(n.id); i >= 0 {
				points[i], known[i] = p, true
			}
			if f := placeOf(n.tags); f.layer != "" {
				f.shape = p
				b.features = append(b.features, f)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	line := func(refs []int64) (out orb.LineString) {
		for _, id := range refs {
			if i := ids.find(id); i >= 0 && known[i] && (len(out) == 0 || out[len(out)-1] != points[i]) {
				out = append(out, points[i])
			}
		}
		return out
	}
	for _, w := range ways {
		closedWay := len(w.refs) > 3 && w.refs[0] == w.refs[len(w.refs)-1]
		f := featureOf(w.tags, closedWay)
		shape := line(w.refs)
		switch {
		case f.layer == "" || len(shape) < 2:
			continue
		case f.layer == LayerWater && isWater(w.tags):
			if len(shape) < 4 || shape[0] != shape[len(shape)-1] {
				continue
			}
			f.shape = orb.Polygon{orb.Ring(shape)}
		default:
			f.shape = shape
		}
		b.features = append(b.features, f)
	}
	for _, l := range lakes {
		f := featureOf(l.tags, true)
		polygons := orb.MultiPolygon{}
		for _, ring := range rings(l.outer, shores, line) {
			polygons = append(polygons, orb.Polygon{ring})
		}
		for _, hole := range rings(l.inner, shores, line) {
			for i := range polygons {
				if planar.RingContains(polygons[i][0], hole[0]) {
					polygons[i] = append(polygons[i], hole)
					break
				}
			}
		}
		if len(polygons) > 0 {
			f.shape = polygons
			b.features = append(b.features, f)
		}
	}
	b.index()
	return b, nil
}

func (b *Background) index() {
	// Towns come before villages, whatever the order of the extract, so that names find room in this order.
	slices.SortStableFunc(b.features, func(a, c backgroundFeature) int {
		switch {
		case a.priority > c.priority:
			return -1
		case a.priority < c.priority:
			return 1
		}
		return 0
	})
	for i := range b.features {
		f := &b.features[i]
		box := f.shape.Bound()
		f.extent = max(box.Max[0]-box.Min[0], box.Max[1]-box.Min[1])
		b.tree.Insert(box.Min, box.Max, int32(i))
		if i == 0 {
			b.bound = box
		}
		b.bound = b.bound.Union(box)
	}
}

// rings joins ways at their ends into closed rings; what does not close is left out.
func rings(ids []int64, nodes map[int64][]int64, line func([]int64) orb.LineString) (out []orb.Ring) {
	var open [][]int64
	for _, id := range ids {
		if refs := nodes[id]; len(refs) > 1 {
			open = append(open, refs)
		}
	}
	for len(open) > 0 {
		ring := slices.Clone(open[0])
		open = open[1:]
		for ring[0] != ring[len(ring)-1] {
			end := ring[len(ring)-1]
			k := slices.IndexFunc(open, func(refs []int64) bool { return refs[0] == end || refs[len(refs)-1] == end })
			if k < 0 {
				break
			}
			next := slices.Clone(open[k])
			if next[0] != end {
				slices.Reverse(next)
			}
			ring = append(ring, next[1:]...)
			open = slices.Delete(open, k, k+1)
		}
		if shape := line(ring); len(shape) > 3 && ring[0] == ring[len(ring)-1] && shape[0] == shape[len(shape)-1] {
			out = append(out, orb.Ring(shape))
		}
	}
	return out
}

// isWater reports whether the inside of a shape is water.
func isWater(tags []tag) bool {
	return value(tags, "natural") == "water" || value(tags, "waterway") == "riverbank" || value(tags, "landuse") == "reservoir"
}

// featureOf is what a way is on the map, without its shape; its layer is empty for what is not shown.
func featureOf(tags []tag, area bool) (f backgroundFeature) {
	kind := ""
	switch highway := value(tags, "highway"); highway {
	case "motorway", "trunk", "motorway_link", "trunk_link":
		kind, f.from = highway, 5
	case "primary", "primary_link":
		kind, f.from = highway, 7
	case "secondary", "secondary_link":
		kind, f.from = highway, 9
	case "tertiary", "tertiary_link":
		kind, f.from = highway, 11
	case "unclassified", "residential", "living_street", "road", "pedestrian":
		kind, f.from = "minor", 12
	case "service", "track":
		kind, f.from = "service", 14
	}
	if kind == "" && value(tags, "route") == "ferry" {
		kind, f.from = "ferry", 8
	}
	if kind != "" {
		if area && value(tags, "area") == "yes" {
			return backgroundFeature{}
		}
		f.layer = LayerRoads
		f.tags = properties(kind, tags, "name", "ref")
		if v := value(tags, "tunnel"); v != "" && v != "no" {
			f.tags["tunnel"] = true
		}
		return f
	}
	if isWater(tags) {
		f.layer, f.from, f.tags = LayerWater, 5, properties("lake", tags, "name")
		return f
	}
	switch waterway := value(tags, "waterway"); waterway {
	case "river":
		f.from = 6
	case "canal":
		f.from = 9
	case "stream":
		f.from = 12
	default:
		return f
	}
	if v := value(tags, "tunnel"); v != "" && v != "no" {
		return backgroundFeature{}
	}
	f.layer, f.tags = LayerWater, properties(value(tags, "waterway"), tags, "name")
	return f
}

// placeOf is what a node is on the map.
func placeOf(tags []tag) (f backgroundFeature) {
	kind, rank := value(tags, "place"), 0.0
	switch kind {
	case "city":
		f.from, rank = 4, 4
	case "town":
		f.from, rank = 7, 3
	case "village":
		f.from, rank = 10, 2
	case "hamlet", "suburb":
		kind, f.from, rank = "hamlet", 12, 1
	default:
		return f
	}
	if value(tags, "name") == "" {
		return backgroundFeature{}
	}
	f.layer, f.tags = LayerPlaces, properties(kind, tags, "name")
	population, err := strconv.ParseFloat(value(tags, "population"), 64)
	if err == nil && population >= 0 && population < 1e9 {
		f.tags["population"] = int(population)
	} else {
		population = 0
	}
	f.priority = rank*1e9 + population
	return f
}

func properties(kind string, tags []tag, keys ...string) geojson.Properties {
	p := geojson.Properties{"kind": kind}
	for _, k := range keys {
		if v := value(tags, k); v != "" {
			p[k] = v
		}
	}
	return p
}

// Bound is the box around everything.
func (b *Background) Bound() orb.Bound { return b.bound }

// Tile is a vector tile (Mapbox Vector Tile 2.1, packed with gzip) of zoom 0 to MaxZoom, in the layers that have something
// there; nil where none has. The same tile is the same bytes. An error names a tile that cannot be.
func (b *Background) Tile(zoom, x, y int) ([]byte, error) {
	if zoom < 0 || zoom > MaxZoom || x < 0 || y < 0 || x >= 1<<zoom || y >= 1<<zoom {
		return nil, fmt.Errorf("there is no tile %d/%d/%d: the zoom is 0 to %d, and a zoom has 2^zoom × 2^zoom tiles", zoom, x, y, MaxZoom)
	}
	tile := maptile.New(uint32(x), uint32(y), maptile.Zoom(zoom))
	var layers mvt.Layers
	for _, f := range b.shown(tile.Bound(64.0/4096), zoom) {
		k := slices.IndexFunc(layers, func(l *mvt.Layer) bool { return l.Name == f.layer })
		if k < 0 {
			k = len(layers)
			layers = append(layers, &mvt.Layer{Name: f.layer, Version: 2, Extent: mvt.DefaultExtent})
		}
		// Projecting and clipping change the shape.
		layers[k].Features = append(layers[k].Features, &geojson.Feature{Type: "Feature", Geometry: orb.Clone(f.shape), Properties: f.tags})
	}
	slices.SortFunc(layers, func(a, c *mvt.Layer) int { return rankOf(a.Name) - rankOf(c.Name) })
	layers.ProjectToTile(tile)
	layers.Clip(mvt.MapboxGLDefaultExtentBound)
	layers.Simplify(simplify.DouglasPeucker(4))
	layers.RemoveEmpty(4, 16)
	layers = slices.DeleteFunc(layers, func(l *mvt.Layer) bool { return len(l.Features) == 0 })
	if len(layers) == 0 {
		return nil, nil
	}
	return mvt.MarshalGzipped(layers)
}

// rankOf is the order in which layers are drawn.
func rankOf(layer string) int {
	return slices.Index([]string{LayerWater, LayerRoads, LayerPlaces}, layer)
}

// GeoJSON is what lies in a box as a map of a zoom shows it, for pages without vector tiles: each feature has its layer
// beside what the layers say, and no more points than can be told apart at that zoom.
func (b *Background) GeoJSON(box orb.Bound, zoom int) *geojson.FeatureCollection {
	out := geojson.NewFeatureCollection()
	for _, f := range b.shown(box, zoom) {
		g := geojson.NewFeature(simplify.DouglasPeucker(pixel(zoom)).Simplify(orb.Clone(f.shape)))
		for k, v := range f.tags {
			g.Properties[k] = v
		}
		g.Properties["layer"] = f.layer
		out.Append(g)
	}
	return out
}

// pixel is about the degrees of a pixel at a zoom, of tiles of 512 pixels.
func pixel(zoom int) float64 { return 360 / 512.0 / math.Exp2(float64(zoom)) }

// shown lists what a zoom shows in a box: areas once they can be seen.
func (b *Background) shown(box orb.Bound, zoom int) []*backgroundFeature {
	var found []int32
	b.tree.Search(box.Min, box.Max, func(_, _ [2]float64, i int32) bool {
		f := &b.features[i]
		_, isLine := f.shape.(orb.LineString)
		if zoom >= f.from && (f.to == 0 || zoom <= f.to) && (isLine || f.layer == LayerPlaces || f.extent > 3*pixel(zoom)) {
			found = append(found, i)
		}
		return true
	})
	slices.Sort(found)
	out := make([]*backgroundFeature, len(found))
	for k, i := range found {
		out[k] = &b.features[i]
	}
	return out
}
