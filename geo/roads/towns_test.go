package roads

import (
	"slices"
	"testing"

	"github.com/paulmach/orb"
)

func TestTowns(t *testing.T) {
	b, err := Towns()
	if err != nil {
		t.Fatal(err)
	}
	names := func(zoom int) (out []string) {
		for _, f := range b.GeoJSON(orb.Bound{Min: orb.Point{4.7, 43.85}, Max: orb.Point{5.2, 44.15}}, zoom).Features {
			out = append(out, f.Properties.MustString("name"))
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
}
