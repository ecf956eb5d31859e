package roads

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"

	"carriole/geo"
)

// A town with a river, a lake of two shores with an island, and names.
func landscape(t *testing.T) *Background {
	x := crossing().node("t", 0, 100, "place=town name=Carpentras population=28000").node("v", 500, 500, "place=village name=Aubignan").node("x", 0, 0, "place=village").
		way("w s e", "waterway=river name=Auzon").way("w n", "waterway=stream")
	for i, p := range [][2]float64{{2000, 0}, {3000, 0}, {3000, 1000}, {2000, 1000}, {2400, 400}, {2600, 400}, {2500, 600}} {
		x.node(fmt.Sprint("l", i), p[0], p[1], "")
	}
	x.way("l0 l1 l2", "").way("l0 l3 l2", "").way("l4 l5 l6 l4", "").way("l4 l5 l6 l4", "natural=water name=pond")
	n := int64(len(x.ways))
	x.relations = append(x.relations, relation{1, tagged("type=multipolygon natural=water name=Lake"), []member{
		{wayMember, n - 3, "outer"}, {wayMember, n - 2, "outer"}, {wayMember, n - 1, "inner"}, {wayMember, 1e6, "outer"}}})
	b, err := OpenBackground(t.Context(), x.file(t, "town.osm.pbf", x.pbf(true, true)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTilesShowMoreTheCloserTheyAre(t *testing.T) {
	b := landscape(t)
	for zoom, want := range map[int][]string{
		4: nil,
		6: {"water river Auzon"},
		8: {"water lake Lake", "water river Auzon", "places town Carpentras"},
		11: {"water lake Lake", "water lake pond", "water river Auzon", "roads tertiary ", "roads tertiary ", "roads tertiary ", "roads tertiary ",
			"places town Carpentras", "places village Aubignan"},
	} {
		tile := maptile.At(at(100, 100), maptile.Zoom(zoom))
		data, err := b.Tile(zoom, int(tile.X), int(tile.Y))
		if err != nil {
			t.Fatal(err)
		}
		again, _ := b.Tile(zoom, int(tile.X), int(tile.Y))
		if !bytes.Equal(data, again) {
			t.Errorf("zoom %d: two tiles differ", zoom)
		}
		var got []string
		if data != nil {
			layers, err := mvt.UnmarshalGzipped(data)
			if err != nil {
				t.Fatal(err)
			}
			layers.ProjectToWGS84(tile)
			for _, l := range layers {
				for _, f := range l.Features {
					got = append(got, fmt.Sprint(l.Name, " ", f.Properties.MustString("kind"), " ", f.Properties.MustString("name", "")))
					if p, ok := f.Geometry.(orb.Point); ok && f.Properties["name"] == "Carpentras" && geo.GreatCircle(p, at(0, 100)) > 40 {
						t.Errorf("zoom %d: Carpentras lies at %v, want %v", zoom, p, at(0, 100))
					}
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("zoom %d shows %q, want %q", zoom, got, want)
		}
	}
}

func TestLakesHaveTheirIslands(t *testing.T) {
	b := landscape(t)
	for _, f := range b.GeoJSON(b.Bound(), MaxZoom).Features {
		if f.Properties["name"] != "Lake" {
			continue
		}
		lake, ok := f.Geometry.(orb.MultiPolygon)
		if !ok || len(lake) != 1 || len(lake[0]) != 2 {
			t.Fatalf("the lake is %v, want one shore and one island", f.Geometry)
		}
		if !planar.MultiPolygonContains(lake, at(2100, 100)) || planar.MultiPolygonContains(lake, at(2500, 450)) {
			t.Errorf("%v is not a lake with an island in its middle", lake)
		}
		return
	}
	t.Error("there is no lake")
}

func TestGeoJSONHasWhatTheZoomShows(t *testing.T) {
	b := landscape(t)
	count := func(zoom int) map[any]int {
		n := map[any]int{}
		for _, f := range b.GeoJSON(b.Bound(), zoom).Features {
			n[f.Properties["layer"]]++
		}
		return n
	}
	if got := count(8); got[LayerWater] != 2 || got[LayerPlaces] != 1 || got[LayerRoads] != 0 {
		t.Errorf("zoom 8 has %v", got)
	}
	if got := count(MaxZoom); got[LayerWater] != 4 || got[LayerPlaces] != 2 || got[LayerRoads] != 4 {
		t.Errorf("zoom %d has %v", MaxZoom, got)
	}
	if got := b.GeoJSON(orb.Bound{Min: at(400, 400), Max: at(600, 600)}, MaxZoom).Features; len(got) != 1 || got[0].Properties["name"] != "Aubignan" {
		t.Errorf("around Aubignan lie %v", got)
	}
}

func TestTilesThatCannotBe(t *testing.T) {
	b := landscape(t)
	for _, at := range [][3]int{{-1, 0, 0}, {15, 0, 0}, {3, 8, 0}, {3, 0, -1}} {
		if _, err := b.Tile(at[0], at[1], at[2]); err == nil {
			t.Errorf("tile %v is given", at)
		}
	}
	if data, err := b.Tile(14, 0, 0); data != nil || err != nil {
		t.Errorf("a tile of the sea far away: %v, %v", data, err)
	}
}

func TestBackgroundOfARealExtract(t *testing.T) {
	b, err := OpenBackground(t.Context(), extractFile(t, "liechtenstein.osm.pbf"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for zoom := 5; zoom <= MaxZoom; zoom++ {
		tile := maptile.At(orb.Point{9.521, 47.141}, maptile.Zoom(zoom)) // Vaduz
		data, err := b.Tile(zoom, int(tile.X), int(tile.Y))
		if err != nil || len(data) == 0 || len(data) > 500_000 {
			t.Errorf("tile %d/%d/%d: %d bytes, %v", zoom, tile.X, tile.Y, len(data), err)
		}
	}
	for _, f := range b.GeoJSON(b.Bound(), 10).Features {
		names[f.Properties.MustString("name", "")] = true
	}
	for _, want := range []string{"Vaduz", "Rhein"} {
		if !names[want] {
			t.Errorf("%s is not on the map", want)
		}
	}
}
