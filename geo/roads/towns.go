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
)

// TownsBy is who has to be named where Towns are shown.
const TownsBy = "GeoNames, CC BY 4.0"

// townsFile has a line a town, the largest first: name, longitude, latitude, inhabitants. Those of France, Belgium, Switzerland and
// Luxembourg have 1,000 inhabitants and more, those of their neighbours 15,000. It is from https://www.geonames.org, CC BY 4.0.
//
//go:embed towns.tsv.gz
var townsFile []byte

// Towns is a background for who has no extract: the names of towns alone.
func Towns() (*Background, error) {
	z, err := gzip.NewReader(bytes.NewReader(townsFile))
	if err != nil {
		return nil, fmt.Errorf("towns: %w", err)
	}
	b := new(Background)
	lines := bufio.NewScanner(z)
	for n := 1; lines.Scan(); n++ {
		part := strings.Split(lines.Text(), "\t")
		if len(part) != 4 {
			return nil, fmt.Errorf("towns: line %d has %d parts", n, len(part))
		}
		lon, err1 := strconv.ParseFloat(part[1], 64)
		lat, err2 := strconv.ParseFloat(part[2], 64)
		people, err3 := strconv.Atoi(part[3])
		if err1 != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("towns: line %d is no town", n)
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
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("towns: %w", err)
	}
	b.index()
	return b, nil
}
