package roads

import (
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"
)

func TestGround(t *testing.T) {
	b, err := Ground()
	if err != nil {
		t.Fatal(err)
	}
	names := func(zoom int) (out []string) {
		for _, f := range b.GeoJSON(orb.Bound{Min: orb.Point{4.7, 43.85}, Max: orb.Point{5.2, 44.15}}, zoom).Features {
			if f.Properties.MustString("layer") == LayerPlaces {
				out = append(out, f.Properties.MustString("name"))
			}
		}
		return out
	}
	if near := names(10); !slices.Contains(near, "Carpentras") || !slices.Contains(near, "Caromb") || near[0] != "Avignon" {
		t.Errorf("around Carpentras lie %v", near)
	}
	if far := names(7); !slices.Contains(far, "Avignon") || slices.Contains(far, "Caromb") {
		t.Errorf("from afar one sees %v", far)
	}
	if tile, err := b.Tile(10, 526, 370); err != nil || len(tile) == 0 {
		t.Errorf("a tile has %d bytes, %v", len(tile), err)
	}
	for _, c := range []struct {
		where    string
		lon, lat float64
		zoom     int
		kind     string
		there    bool
	}{
		{"the gulf of Lion", 4.0, 43.0, 10, "sea", true},
		{"Paris", 2.35, 48.85, 10, "sea", false},
		{"Corse", 9.1, 42.2, 10, "sea", false},
		{"the channel of Saint-Denis", 55.45, -20.8, 10, "sea", true},
		{"the Léman", 6.5, 46.43, 10, "lake", true},
		{"the Rhône at Avignon", 4.805, 43.954, 10, "river", true},
		{"the same, close", 4.805, 43.954, 11, "river", false},
	} {
		at := orb.Point{c.lon, c.lat}
		there := slices.ContainsFunc(b.GeoJSON(at.Bound().Pad(0.01), c.zoom).Features, func(f *geojson.Feature) bool {
			if area, ok := f.Geometry.(orb.Polygon); ok && !planar.PolygonContains(area, at) {
				return false
			}
			return f.Properties.MustString("kind") == c.kind
		})
		if there != c.there {
			t.Errorf("%s: there is a %s: %v", c.where, c.kind, there)
		}
	}
}
