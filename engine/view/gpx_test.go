package view

import (
	"encoding/xml"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"carriole/engine"
)

func TestGPXReadsBack(t *testing.T) {
	week, plan := fixture(t)
	places := map[string]engine.Place{}
	for _, p := range week.Places {
		places[p.ID] = p
	}
	handed := false
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		for _, lang := range []Lang{French, English} {
			var b strings.Builder
			if err := GPX(&b, week, plan, r.ID, Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			var got gpx
			if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
				t.Fatalf("%v in\n%s", err, b.String())
			}
			if got.Version != "1.1" || got.Creator == "" || got.Route.Name == "" || len(got.Route.Points) != len(r.Stops) {
				t.Fatalf("%s: got %+v, want %d stops", r.ID, got, len(r.Stops))
			}
			for k, p := range got.Route.Points {
				place := places[r.Stops[k].Place]
				lat, err := strconv.ParseFloat(p.Lat, 64)
				lon, err2 := strconv.ParseFloat(p.Lon, 64)
				if err != nil || err2 != nil || math.Abs(lat-place.Lat) > 1e-6 || math.Abs(lon-place.Lon) > 1e-6 {
					t.Errorf("%s: stop %d is at %s, %s; want %v, %v", r.ID, k, p.Lat, p.Lon, place.Lat, place.Lon)
				}
				if !strings.HasSuffix(p.Name, place.Name) || !strings.HasPrefix(p.Name, clock(r.Stops[k].Arrive)) {
					t.Errorf("%s: stop %d is called %q", r.ID, k, p.Name)
				}
				if todo := len(r.Stops[k].Load)+len(r.Stops[k].Unload) > 0; todo != (p.Desc != "") {
					t.Errorf("%s: at stop %d there is %q to do", r.ID, k, p.Desc)
				}
				handed = handed || strings.Contains(p.Desc, "hand over to") || strings.Contains(p.Desc, "leave here for")
			}
		}
	}
	if !handed {
		t.Error("no point tells of a handover")
	}
}

// A round that the plan does not have is an error, as is a writer's; a place that is unknown is left out, and no text breaks the
// document.
func TestGPXOfOddPlans(t *testing.T) {
	week, plan := fixture(t)
	if err := GPX(&strings.Builder{}, week, plan, "nobody’s", Options{}); err == nil || !strings.Contains(err.Error(), "nobody’s") {
		t.Errorf("got %v", err)
	}
	r := &plan.Rounds[0]
	full := errors.New("full")
	if err := GPX(errWriter{full}, week, plan, r.ID, Options{}); !errors.Is(err, full) {
		t.Errorf("got %v, want the writer’s error", err)
	}
	stops := len(r.Stops)
	r.Stops[1].Place = "nowhere"
	for i := range week.Places {
		week.Places[i].Name = "</name><b>&\x00\xff"
		week.Places[i].Lon = 1e-9
	}
	var b strings.Builder
	if err := GPX(&b, week, plan, r.ID, Options{}); err != nil {
		t.Fatal(err)
	}
	var got gpx
	if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if n := len(got.Route.Points); n != stops-1 || !strings.Contains(got.Route.Points[0].Name, "</name><b>&") || got.Route.Points[0].Lon != "0.000000" {
		t.Errorf("got %d points, want %d: %+v", n, stops-1, got.Route.Points)
	}
}

type errWriter struct{ err error }

func (w errWriter) Write([]byte) (int, error) { return 0, w.err }

// Along the roads that are known runs a track, in pieces where one between is not known.
func TestGPXTrack(t *testing.T) {
	week, plan := fixture(t)
	r := &plan.Rounds[0]
	for len(r.Stops) < 5 {
		r.Stops = append(r.Stops, r.Stops[len(r.Stops)-1])
	}
	r.Stops = r.Stops[:5]
	for i := range r.Stops {
		r.Stops[i].Place = week.Places[i%3].ID
	}
	read := func(lines Lines) gpx {
		t.Helper()
		var b strings.Builder
		if err := GPX(&b, week, plan, r.ID, Options{Lines: lines}); err != nil {
			t.Fatal(err)
		}
		var got gpx
		if err := xml.Unmarshal([]byte(b.String()), &got); err != nil || len(got.Route.Points) != 5 {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		return got
	}
	if got := read(nil); got.Track != nil {
		t.Errorf("a track without roads: %+v", got.Track)
	}
	a, b, c := week.Places[0], week.Places[1], week.Places[2]
	bend, curve := orb.Point{5.01, 44.01}, orb.Point{5.02, 44.02}
	lines := Lines{{a.ID, b.ID}: {bend}, {b.ID, c.ID}: {{b.Lon, b.Lat}, curve}}
	got := read(lines) // a b c, nothing from c to a, a b
	if got.Track == nil || len(got.Track.Segments) != 2 || got.Track.Name != got.Route.Name {
		t.Fatalf("%+v", got.Track)
	}
	want := [][]orb.Point{{{a.Lon, a.Lat}, bend, {b.Lon, b.Lat}, curve, {c.Lon, c.Lat}}, {{a.Lon, a.Lat}, bend, {b.Lon, b.Lat}}}
	for i, s := range got.Track.Segments {
		if len(s.Points) != len(want[i]) {
			t.Errorf("segment %d is %+v, want %v", i, s.Points, want[i])
			continue
		}
		for k, p := range s.Points {
			if p.Lat != degrees(want[i][k].Lat()) || p.Lon != degrees(want[i][k].Lon()) || p.Name != "" {
				t.Errorf("point %d of segment %d is %+v, want %v", k, i, p, want[i][k])
			}
		}
	}
}
