// Ground makes what maps show who have no extract (package roads, Ground): towns.tsv.gz and waters.tsv.gz, from
//
//   - cities1000.txt of https://download.geonames.org/export/dump/cities1000.zip (GeoNames, CC BY 4.0), and
//   - ne_10m_ocean.geojson, ne_10m_lakes.geojson and ne_10m_rivers_lake_centerlines.geojson of
//     https://github.com/nvkelso/natural-earth-vector/tree/master/geojson (Natural Earth, public domain).
//
// The same files make the same bytes:
//
//	go run ./geo/roads/internal/ground --cities cities1000.txt --natural-earth geojson --out geo/roads
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"
	"github.com/paulmach/orb/simplify"
	"github.com/twpayne/go-polyline"
)

// France and where its language is a neighbour's have all towns of GeoNames' file, the rest of Europe large ones.
const (
	near      = "FR BE CH LU AD MC GF GP MQ RE YT"
	far       = "AT BG CY CZ DE DK EE ES FI GB GG GR HR HU IE IM IT JE LT LV MT NL NO PL PT RO SE SI SK"
	leastNear = 1000 // inhabitants
	leastFar  = 15_000
)

// The columns of a line of GeoNames: http://download.geonames.org/export/dump/readme.txt.
const (
	columnName       = 1
	columnLat        = 4
	columnLon        = 5
	columnCountry    = 8
	columnPopulation = 14
	columns          = 19
)

// boxes are where there are waters: Europe, Guyane, the Antilles, La Réunion and Mayotte.
var boxes = []orb.Bound{
	{Min: orb.Point{-13, 35}, Max: orb.Point{20, 60}},
	{Min: orb.Point{-55, 1}, Max: orb.Point{-50, 7}},
	{Min: orb.Point{-63, 13}, Max: orb.Point{-59, 19}},
	{Min: orb.Point{54, -23}, Max: orb.Point{58, -19}},
	{Min: orb.Point{43, -14}, Max: orb.Point{47, -11}},
}

const (
	cell    = 1.0   // degrees of the squares that seas are cut into
	overlap = 0.02  // of two of them, so that no seam is seen
	off     = 0.002 // that a line may run beside where it was
	scale   = 1e3   // of coordinates: 100 m, where Natural Earth is right within some hundred
)

func main() {
	log.SetFlags(0)
	cities := flag.String("cities", "", "cities1000.txt of GeoNames")
	nature := flag.String("natural-earth", "", "the folder with the GeoJSON of Natural Earth")
	out := flag.String("out", "", "the folder to write to")
	flag.Parse()
	if *cities == "" || *nature == "" || *out == "" || flag.NArg() > 0 {
		log.Fatal("ground: needs --cities, --natural-earth and --out; go doc ./geo/roads/internal/ground says where the files are from")
	}
	for name, lines := range map[string]func() ([]string, error){
		"towns.tsv.gz":  func() ([]string, error) { return towns(*cities) },
		"waters.tsv.gz": func() ([]string, error) { return waters(*nature) },
	} {
		text, err := lines()
		if err == nil {
			err = write(filepath.Join(*out, name), text)
		}
		if err != nil {
			log.Fatal("ground: ", err)
		}
	}
}

func write(name string, lines []string) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, line := range lines {
		io.WriteString(z, line+"\n") // its error is that of Close
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

type town struct {
	name   string
	at     orb.Point
	people int
}

// towns are lines of name, longitude, latitude and inhabitants, the largest first.
func towns(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []town
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20) // a capital has many names
	for n := 1; lines.Scan(); n++ {
		part := strings.Split(lines.Text(), "\t")
		if len(part) != columns {
			return nil, fmt.Errorf("%s: line %d has %d columns, not %d", file, n, len(part), columns)
		}
		lon, err1 := strconv.ParseFloat(part[columnLon], 64)
		lat, err2 := strconv.ParseFloat(part[columnLat], 64)
		people, err3 := strconv.Atoi(part[columnPopulation])
		if err1 != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("%s: line %d has no numbers where position and inhabitants should be", file, n)
		}
		switch country := part[columnCountry]; {
		case slices.Contains(strings.Fields(near), country) && people >= leastNear, slices.Contains(strings.Fields(far), country) && people >= leastFar:
			list = append(list, town{name: part[columnName], at: orb.Point{lon, lat}, people: people})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	slices.SortFunc(list, func(a, b town) int {
		return cmp.Or(cmp.Compare(b.people, a.people), cmp.Compare(a.name, b.name), cmp.Compare(a.at[0], b.at[0]), cmp.Compare(a.at[1], b.at[1]))
	})
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = fmt.Sprintf("%s\t%.3f\t%.3f\t%d", t.name, t.at[0], t.at[1], t.people)
	}
	return out, nil
}

// waters are lines of a kind (sea, lake, river) and polylines: the rings of an area, or a line.
func waters(folder string) (out []string, err error) {
	for _, layer := range []struct{ name, kind string }{{"ne_10m_ocean", "sea"}, {"ne_10m_lakes", "lake"}, {"ne_10m_rivers_lake_centerlines", "river"}} {
		file := filepath.Join(folder, layer.name+".geojson")
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all, err := geojson.UnmarshalFeatureCollection(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, box := range boxes {
			for _, f := range all.Features {
				for _, shape := range cut(f.Geometry, box, layer.kind) {
					out = append(out, line(layer.kind, shape))
				}
			}
		}
	}
	return out, nil
}

// cut is what of a shape lies in a box: lines whole, seas in squares.
func cut(shape orb.Geometry, box orb.Bound, kind string) (out []orb.Geometry) {
	if !shape.Bound().Intersects(box) {
		return nil
	}
	if kind != "sea" {
		return parts(clip.Geometry(box, orb.Clone(shape)))
	}
	for x := box.Min[0]; x < box.Max[0]; x += cell {
		for y := box.Min[1]; y < box.Max[1]; y += cell {
			square := orb.Bound{Min: orb.Point{x - overlap/2, y - overlap/2}, Max: orb.Point{x + cell + overlap/2, y + cell + overlap/2}}
			if square.Intersects(shape.Bound()) {
				out = append(out, parts(clip.Geometry(square, orb.Clone(shape)))...)
			}
		}
	}
	return out
}

// parts are the lines and the areas of a shape, with no more points than are needed. What is left of an area that is too small to see
// goes.
func parts(shape orb.Geometry) (out []orb.Geometry) {
	const small = 1e-5 // square degrees, about 0.1 km²
	switch shape := shape.(type) {
	case orb.LineString:
		if line := simplify.DouglasPeucker(off).LineString(shape); len(line) > 1 {
			out = append(out, line)
		}
	case orb.MultiLineString:
		for _, line := range shape {
			out = append(out, parts(line)...)
		}
	case orb.Polygon:
		var kept orb.Polygon
		left := 0.0
		for i, ring := range shape {
			area := math.Abs(planar.Area(ring))
			if i == 0 {
				left = area
			} else {
				left -= area
			}
			if ring = simplify.DouglasPeucker(off).Ring(ring); len(ring) > 3 && area > small {
				kept = append(kept, ring)
			} else if i == 0 {
				return nil
			}
		}
		if left > small {
			out = append(out, kept)
		}
	case orb.MultiPolygon:
		for _, polygon := range shape {
			out = append(out, parts(polygon)...)
		}
	}
	return out
}

func line(kind string, shape orb.Geometry) string {
	codec := polyline.Codec{Dim: 2, Scale: scale}
	encode := func(points []orb.Point) string {
		coordinates := make([][]float64, len(points))
		for i, p := range points {
			coordinates[i] = []float64{p.Lat(), p.Lon()}
		}
		return string(codec.EncodeCoords(nil, coordinates))
	}
	text := []string{kind}
	switch shape := shape.(type) {
	case orb.LineString:
		text = append(text, encode(shape))
	case orb.Polygon:
		for _, ring := range shape {
			text = append(text, encode(ring))
		}
	}
	return strings.Join(text, "\t")
}
