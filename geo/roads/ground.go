package roads

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/twpayne/go-polyline"
)

// GroundBy is who has to be named where Ground is shown.
const GroundBy = "GeoNames, CC BY 4.0; Natural Earth"

// townsFile has a line a town, the largest first: name, longitude, latitude, inhabitants. Those of France, Belgium, Switzerland and
// Luxembourg have 1,000 inhabitants and more, those of their neighbours 15,000.
//
//go:embed towns.tsv.gz
var townsFile []byte

// watersFile has a line an area or a line: its kind (sea, lake, river), and the polylines of its rings, in 1e-3 degrees. Package
// internal/ground makes both files, and says what from.
//
//go:embed waters.tsv.gz
var watersFile []byte

const (
	watersScale = 1e3
	lastOfLines = 10 // the zoom at which rivers, which are right within some hundred metres, are seen to run beside where they do
)

// Ground is a background for who has no extract: the sea, large lakes and rivers, and the names of towns.
func Ground() (*Background, error) {
	b := new(Background)
	if err := b.addWaters(); err != nil {
		return nil, fmt.Errorf("waters: %w", err)
	}
	if err := b.addTowns(); err != nil {
		return nil, fmt.Errorf("towns: %w", err)
	}
	b.index()
	return b, nil
}

func (b *Background) addWaters() error {
	z, err := gzip.NewReader(bytes.NewReader(watersFile))
	if err != nil {
		return err
	}
	codec := polyline.Codec{Dim: 2, Scale: watersScale}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		part := strings.Split(lines.Text(), "\t")
		var shape []orb.LineString
		for _, text := range part[1:] {
			points, _, err := codec.DecodeCoords([]byte(text))
			if err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			var line orb.LineString
			for _, p := range points {
				line = append(line, orb.Point{p[1], p[0]})
			}
			shape = append(shape, line)
		}
		f := backgroundFeature{layer: LayerWater, tags: geojson.Properties{"kind": part[0]}}
		switch {
		case len(shape) == 0:
			return fmt.Errorf("line %d has no shape", n)
		case part[0] == "river":
			f.from, f.to, f.shape = 5, lastOfLines, shape[0]
		default:
			area := make(orb.Polygon, len(shape))
			for i := range shape {
				area[i] = orb.Ring(shape[i])
			}
			f.shape = area
		}
		b.features = append(b.features, f)
	}
	return lines.Err()
}

func (b *Background) addTowns() error {
	z, err := gzip.NewReader(bytes.NewReader(townsFile))
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(z)
	for n := 1; lines.Scan(); n++ {
		part := strings.Split(lines.Text(), "\t")
		if len(part) != 4 {
			return fmt.Errorf("line %d has %d parts", n, len(part))
		}
		lon, err1 := strconv.ParseFloat(part[1], 64)
		lat, err2 := strconv.ParseFloat(part[2], 64)
		people, err3 := strconv.Atoi(part[3])
		if err1 != nil || err2 != nil || err3 != nil {
			return fmt.Errorf("line %d is no town", n)
		}
		kind := "village"
		switch {
		case people >= 100_000:
			kind = "city"
		case people >= 5000:
			kind = "town"
		}
		f := placeOf([]tag{{"place", kind}, {"name", part[0]}, {"population", part[3]}})
		f.shape = orb.Point{lon, lat}
		b.features = append(b.features, f)
	}
	return lines.Err()
}
