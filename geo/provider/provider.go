// Package provider chooses what kilometres are made of: great circles, the roads of an extract, a routing server.
package provider

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"carriole/geo"
	"carriole/geo/roads"
)

// Place is where somebody stops. Its name is for errors.
type Place struct {
	Name string
	At   geo.Point
}

// Choice is a provider and what it is to do. The zero value is the estimate by great circle.
type Choice struct {
	Kind     geo.Kind
	Target   string       // the extract's file or the server's address
	Estimate geo.Estimate // of KindCrow; zero: the default
	Shortest bool         // ways are the shortest, not the fastest

	pause time.Duration // see client
}

// Forms says how a choice is written.
const Forms = "crow, crow:FACTOR,KM/H, roads:FILE.osm.pbf, osrm:http://HOST:5000 or valhalla:http://HOST:8002"

// Parse reads a choice: "crow", "crow:1.42,48" (factor and km/h), "roads:vaucluse.osm.pbf", "osrm:http://localhost:5000",
// "valhalla:http://localhost:8002".
func Parse(text string, shortest bool) (c Choice, err error) {
	kind, target, _ := strings.Cut(text, ":")
	c = Choice{Kind: geo.Kind(kind), Target: target, Shortest: shortest}
	switch c.Kind {
	case geo.KindCrow:
		if shortest {
			return c, errors.New("a great circle has no shortest way beside the fastest one")
		}
		if target != "" {
			c.Estimate, err = parseEstimate(target)
			c.Target = ""
		}
		return c, err
	case geo.KindRoads:
		if target == "" {
			return c, errors.New("roads: needs a file, as in roads:vaucluse.osm.pbf")
		}
		return c, nil
	case geo.KindOSRM, geo.KindValhalla:
		if c.Kind == geo.KindOSRM && shortest {
			return c, errors.New("an OSRM server is prepared for one measure: start one with another profile instead")
		}
		u, err := url.Parse(target)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return c, fmt.Errorf("%q is not the address of a server; write %s:http://HOST:PORT", target, kind)
		}
		c.Target = strings.TrimRight(target, "/")
		return c, nil
	}
	return c, fmt.Errorf("%q is no source of distances; write %s", text, Forms)
}

func parseEstimate(text string) (e geo.Estimate, err error) {
	factor, speed, _ := strings.Cut(text, ",")
	f, err1 := strconv.ParseFloat(factor, 64)
	s, err2 := strconv.ParseFloat(speed, 64)
	if err1 != nil || err2 != nil || !(f >= 1 && f <= 10) || !(s >= 1 && s <= 200) {
		return e, fmt.Errorf("crow:%s is not a factor of 1 to 10 and a speed of 1 to 200 km/h, as in crow:1.42,48", text)
	}
	return geo.Estimate{Factor: f, Speed: s / 3.6}, nil
}

// Travel asks the provider for all ways between the places. What it gives knows its source, and its lines where there
// are roads. Errors name every place that the provider knows no road for, and every pair without a way.
//
// say, if not nil, is told what goes wrong without being in the way.
func (c Choice) Travel(ctx context.Context, places []Place, say func(string)) (geo.Travel, error) {
	at, names := make([]geo.Point, len(places)), make([]string, len(places))
	for i, p := range places {
		at[i], names[i] = p.At, p.Name
	}
	switch c.Kind {
	case geo.KindRoads:
		n, err := roads.Open(ctx, c.Target, roads.Options{Shortest: c.Shortest})
		if unkept := (*roads.Unkept)(nil); errors.As(err, &unkept) {
			if say != nil {
				say(err.Error())
			}
			err = nil
		}
		if err != nil {
			return nil, err
		}
		return n.Travel(ctx, at, names, filepath.Base(c.Target))
	case geo.KindOSRM:
		return c.ask(ctx, places, &osrm{client{c.Target, c.pause}})
	case geo.KindValhalla:
		return c.ask(ctx, places, &valhalla{client{c.Target, c.pause}, c.Shortest})
	}
	if c.Estimate == (geo.Estimate{}) {
		return geo.CrowFlies(at), nil
	}
	return c.Estimate.CrowFlies(at), nil
}

// server is a routing server.
type server interface {
	// block is how many sources and how many targets a request has at first.
	block() int
	// table asks for the metres and seconds from each of some places to each of others, row by row; NaN where there is no
	// way. An error that wraps errTooLarge asks for smaller blocks.
	table(ctx context.Context, from, to []Place) (metres, seconds []float64, err error)
	line(ctx context.Context, from, to Place) (orb.LineString, error)
}

var errTooLarge = errors.New("the request is larger than the server takes")

// asked is the answers of a server.
type asked struct {
	server          server
	places          []Place // those at the same coordinates once
	index           []int   // of each place in places
	metres, seconds []float32
	source          geo.Source
}

func (c Choice) ask(ctx context.Context, places []Place, s server) (geo.Travel, error) {
	t := &asked{server: s, index: make([]int, len(places)), source: geo.Source{Kind: c.Kind, Name: hostOf(c.Target), Shortest: c.Shortest}}
	known := map[geo.Point]int{}
	for i, p := range places {
		k, ok := known[p.At]
		if !ok {
			k = len(t.places)
			known[p.At], t.places = k, append(t.places, p)
		}
		t.index[i] = k
	}
	n := len(t.places)
	t.metres, t.seconds = make([]float32, n*n), make([]float32, n*n)
	var noWay []error
	missing := 0
	size := s.block()
	for i := 0; i < n; {
		rows := min(size, n-i)
		for j := 0; j < n; {
			columns := min(size, n-j)
			metres, seconds, err := s.table(ctx, t.places[i:i+rows], t.places[j:j+columns])
			if errors.Is(err, errTooLarge) && size > 1 {
				size /= 2
				rows = min(rows, size)
				j = 0
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Target, err)
			}
			for r := range rows {
				for k := range columns {
					m, sec := metres[r*columns+k], seconds[r*columns+k]
					if i+r == j+k {
						m, sec = 0, 0
					}
					if math.IsNaN(m) || math.IsNaN(sec) {
						if missing++; missing <= maxNamed {
							noWay = append(noWay, fmt.Errorf("%s: no way from place %q to place %q", c.Target, t.places[i+r].Name, t.places[j+k].Name))
						}
						continue
					}
					t.metres[(i+r)*n+j+k], t.seconds[(i+r)*n+j+k] = float32(math.Round(m)), float32(math.Round(sec))
				}
			}
			j += columns
		}
		i += rows
	}
	if missing > maxNamed {
		noWay = append(noWay, fmt.Errorf("%s: no way between %d more pairs of places", c.Target, missing-maxNamed))
	}
	return t, errors.Join(noWay...)
}

// maxNamed is how many faults of one kind are told one by one.
const maxNamed = 20

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return address
}

// Between implements [geo.Travel].
func (t *asked) Between(from, to int) (metres, seconds float64) {
	i := t.index[from]*len(t.places) + t.index[to]
	return float64(t.metres[i]), float64(t.seconds[i])
}

// Source implements [geo.Sourced].
func (t *asked) Source() geo.Source { return t.source }

// Line implements [geo.Lines].
func (t *asked) Line(ctx context.Context, from, to int) (orb.LineString, error) {
	a, b := t.places[t.index[from]], t.places[t.index[to]]
	line, err := t.server.line(ctx, a, b)
	if err != nil {
		return nil, fmt.Errorf("%s: the way from place %q to place %q: %w", t.source.Name, a.Name, b.Name, err)
	}
	return line, nil
}
