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

// Name is what a choice is called for short: its kind, its extract or its server.
func (c Choice) Name() string {
	switch c.Kind {
	case geo.KindRoads:
		return filepath.Base(c.Target)
	case geo.KindOSRM, geo.KindValhalla:
		return hostOf(c.Target)
	}
	return string(geo.KindCrow)
}

// Travel asks the provider for all ways between the places. What it gives knows its source, and its lines where there
// are roads. Errors name every place that the provider knows no road for, and every pair without a way.
//
// say, if not nil, is told what goes wrong without being in the way.
func (c Choice) Travel(ctx context.Context, places []Place, say func(string)) (geo.Travel, error) {
	if c.Kind == geo.KindCrow || c.Kind == "" {
		at := make([]geo.Point, len(places))
		for i, p := range places {
			at[i] = p.At
		}
		return c.estimate().CrowFlies(at), nil
	}
	p := c.Open(say)
	t := &asked{provider: p, index: make([]int, len(places))}
	known := map[geo.Point]int{}
	for i, place := range places {
		k, ok := known[place.At]
		if !ok {
			k = len(t.places)
			known[place.At], t.places = k, append(t.places, place)
		}
		t.index[i] = k
	}
	var err error
	if t.source, err = p.Source(ctx); err != nil {
		return nil, err
	}
	ways, err := p.Ways(ctx, t.places, t.places)
	if err != nil {
		return nil, err
	}
	t.metres, t.seconds = ways.Metres, ways.Seconds
	return t, c.lacks(t.places, ways)
}

// estimate is that of KindCrow.
func (c Choice) estimate() geo.Estimate {
	if c.Estimate == (geo.Estimate{}) {
		return geo.DefaultEstimate()
	}
	return c.Estimate
}

// lacks is the error of places without a road, and of pairs of the others without a way; nil: there is none.
func (c Choice) lacks(places []Place, w *Ways) error {
	var errs []error
	lost := make([]bool, len(places))
	for i, p := range places {
		if why := w.Far[p.At]; why != nil {
			lost[i], errs = true, append(errs, why)
		}
	}
	if errs != nil {
		return errors.Join(errs...)
	}
	missing := 0
	for i, from := range places {
		for j, to := range places {
			if m := w.Metres[i*len(places)+j]; !math.IsNaN(float64(m)) {
				continue
			}
			if missing++; missing <= maxNamed {
				errs = append(errs, fmt.Errorf("%s: no way from place %q to place %q", c.Target, from.Name, to.Name))
			}
		}
	}
	if missing > maxNamed {
		errs = append(errs, fmt.Errorf("%s: no way between %d more pairs of places", c.Target, missing-maxNamed))
	}
	return errors.Join(errs...)
}

// server is a routing server.
type server interface {
	// block is how many sources and how many targets a request has at first.
	block() int
	// table asks for the metres and seconds from each of some places to each of others, row by row; NaN where there is no
	// way. An error that wraps errTooLarge asks for smaller blocks, one that is farPlaces for others.
	table(ctx context.Context, from, to []Place) (metres, seconds []float64, err error)
	line(ctx context.Context, from, to Place) (orb.LineString, error)
	// version tells the server's roads apart from others that it may have later, and of which day their map is; either may be empty.
	version(ctx context.Context) (version, date string, err error)
}

var errTooLarge = errors.New("the request is larger than the server takes")

// farPlaces is the error of a table with places that the server knows no road for.
type farPlaces []farPlace

// farPlace is the error of one of them.
type farPlace struct {
	place Place
	text  string
}

func (e farPlace) Error() string { return e.text }

func (e farPlaces) Error() string {
	texts := make([]string, len(e))
	for i := range e {
		texts[i] = e[i].text
	}
	return strings.Join(texts, "\n")
}

// asked is the ways between places.
type asked struct {
	provider        *Provider
	places          []Place // those at the same coordinates once
	index           []int   // of each place in places
	metres, seconds []float32
	source          geo.Source
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
	return t.provider.Line(ctx, t.places[t.index[from]], t.places[t.index[to]])
}
