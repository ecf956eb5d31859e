package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// osrm is an OSRM server: https://project-osrm.org/docs/v5.24.0/api/.
type osrm struct{ client }

// osrmSnap is how far from a road a place may lie, in metres.
const osrmSnap = 1000

// A server takes a table of 100 × 100 unless it is started otherwise (--max-table-size).
func (s *osrm) block() int { return 100 }

type osrmPoint struct {
	Distance float64 `json:"distance"` // metres to the road
}

type osrmAnswer struct {
	Code         string       `json:"code"`
	Message      string       `json:"message"`
	DataVersion  string       `json:"data_version"`
	Durations    [][]*float64 `json:"durations"`
	Distances    [][]*float64 `json:"distances"`
	Sources      []osrmPoint  `json:"sources"`
	Destinations []osrmPoint  `json:"destinations"`
	Routes       []struct {
		Geometry struct {
			Coordinates orb.LineString `json:"coordinates"`
		} `json:"geometry"`
	} `json:"routes"`
}

func (s *osrm) ask(ctx context.Context, service string, places []Place, options string) (*osrmAnswer, error) {
	var path strings.Builder
	path.WriteString("/" + service + "/v1/driving/")
	for i, p := range places {
		if i > 0 {
			path.WriteByte(';')
		}
		path.WriteString(strconv.FormatFloat(p.At.Lon(), 'f', 6, 64) + "," + strconv.FormatFloat(p.At.Lat(), 'f', 6, 64))
	}
	status, body, err := s.get(ctx, path.String()+"?"+options)
	if err != nil {
		return nil, err
	}
	var a osrmAnswer
	if json.Unmarshal(body, &a) != nil || a.Code == "" {
		if status == 414 || status == 431 {
			return nil, errTooLarge
		}
		return nil, refused(status, body)
	}
	switch a.Code {
	case "Ok":
		return &a, nil
	case "TooBig":
		return nil, fmt.Errorf("%w: %s", errTooLarge, a.Message)
	case "NoSegment":
		// "Could not find a matching segment for coordinate 3"
		if m := regexp.MustCompile(`coordinate (\d+)`).FindStringSubmatch(a.Message); m != nil {
			if i, err := strconv.Atoi(m[1]); err == nil && i < len(places) {
				return nil, farPlaces{noRoad(places[i])}
			}
		}
	case "NoRoute":
		return nil, errors.New("there is no way between them")
	}
	return nil, fmt.Errorf("the server refuses with %s: %s", a.Code, a.Message)
}

func noRoad(p Place) farPlace {
	return farPlace{p, fmt.Sprintf("place %q at %v, %v has no road that the server knows near it", p.Name, p.At.Lon(), p.At.Lat())}
}

// version is implemented by what a server says of its data where it was told (osrm-extract --data_version).
func (s *osrm) version(ctx context.Context) (version, date string, err error) {
	status, body, err := s.get(ctx, "/nearest/v1/driving/0,0")
	if err != nil {
		return "", "", err
	}
	var a osrmAnswer
	if json.Unmarshal(body, &a) != nil || a.Code == "" {
		return "", "", refused(status, body)
	}
	if t, err := time.Parse(time.RFC3339, a.DataVersion); err == nil {
		date = t.UTC().Format(time.DateOnly)
	}
	return a.DataVersion, date, nil
}

func (s *osrm) table(ctx context.Context, from, to []Place) (metres, seconds []float64, err error) {
	list := func(first, n int) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(';')
			}
			b.WriteString(strconv.Itoa(first + i))
		}
		return b.String()
	}
	a, err := s.ask(ctx, "table", append(from[:len(from):len(from)], to...),
		"annotations=duration,distance&sources="+list(0, len(from))+"&destinations="+list(len(from), len(to)))
	if err != nil {
		return nil, nil, err
	}
	var far farPlaces
	for k, points := range [][]osrmPoint{a.Sources, a.Destinations} {
		for i, p := range points {
			if places := [][]Place{from, to}[k]; p.Distance > osrmSnap && i < len(places) {
				far = append(far, farPlace{places[i], fmt.Sprintf("place %q lies %.0f m from any road that the server knows: correct its coordinates, or ask one that knows its region", places[i].Name, p.Distance)})
			}
		}
	}
	if far != nil {
		return nil, nil, far
	}
	if metres, err = flat(a.Distances, len(from), len(to)); err != nil {
		return nil, nil, fmt.Errorf("the server answers without distances (it needs version 5.18 or later): %w", err)
	}
	if seconds, err = flat(a.Durations, len(from), len(to)); err != nil {
		return nil, nil, err
	}
	return metres, seconds, nil
}

// flat puts the rows of a table one after the other, NaN for what is null.
func flat(rows [][]*float64, n, columns int) ([]float64, error) {
	if len(rows) != n {
		return nil, fmt.Errorf("a table of %d rows for %d places", len(rows), n)
	}
	out := make([]float64, 0, n*columns)
	for _, row := range rows {
		if len(row) != columns {
			return nil, fmt.Errorf("a row of %d figures for %d places", len(row), columns)
		}
		for _, x := range row {
			switch {
			case x == nil:
				out = append(out, math.NaN())
			case !(*x >= 0):
				return nil, fmt.Errorf("%v as a distance or time", *x)
			default:
				out = append(out, *x)
			}
		}
	}
	return out, nil
}

func (s *osrm) line(ctx context.Context, from, to Place) (orb.LineString, error) {
	a, err := s.ask(ctx, "route", []Place{from, to}, "overview=full&geometries=geojson&steps=false")
	if err != nil {
		return nil, err
	}
	if len(a.Routes) == 0 || len(a.Routes[0].Geometry.Coordinates) == 0 {
		return nil, errors.New("the server answers without a line")
	}
	return a.Routes[0].Geometry.Coordinates, nil
}
