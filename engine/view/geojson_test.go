package view

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"carriole/engine"
)

func TestGeoJSONGolden(t *testing.T) {
	week, plan := fixture(t)
	data, err := json.Marshal(GeoJSON(week, plan, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.geojson", append(bytes.ReplaceAll(data, []byte(`{"type":"Feature"`), []byte("\n"+`{"type":"Feature"`)), '\n'))
}

func TestGeoJSONReadsBack(t *testing.T) {
	week, plan := fixture(t)
	data, err := json.Marshal(GeoJSON(week, plan, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	fc, err := geojson.UnmarshalFeatureCollection(data)
	if err != nil {
		t.Fatal(err)
	}
	kinds, handovers, arriving := map[string]int{}, 0, 0.0
	for _, f := range fc.Features {
		kind := f.Properties.MustString("kind")
		kinds[kind]++
		if _, line := f.Geometry.(orb.LineString); line != (kind == "round") {
			t.Errorf("a %s is a %s", kind, f.Geometry.GeoJSONType())
		}
		handovers += f.Properties.MustInt("handovers", 0)
		if kind == "pickup_point" {
			arriving += f.Properties.MustFloat64("kg")
		}
		if b := f.Geometry.Bound(); b.Min[0] < 4.9 || b.Max[0] > 5.2 || b.Min[1] < 43.9 || b.Max[1] > 44.2 {
			t.Errorf("%v lies outside of the Comtat", f.Properties)
		}
	}
	if kinds["round"] != 5 || kinds["stop"] != 20 || kinds["pickup_point"] != 3 {
		t.Errorf("got %v, want 5 rounds, 20 stops, 3 pickup points", kinds)
	}
	if handovers != 2 {
		t.Errorf("got %d stops with a handover, want the giver's and the taker's", handovers)
	}
	if want := 65 + 12 + 8 + 4.2 + 1.6 + 7 + 20; arriving < want-1e-6 || arriving > want+1e-6 {
		t.Errorf("%v kg arrive, want %v", arriving, want)
	}
}

func TestARoundAtOnePlaceIsAPoint(t *testing.T) {
	week, plan := fixture(t)
	plan.Rounds = []engine.PlanRound{{ID: "r", Stops: []engine.PlanStop{{Place: "hall"}, {Place: "hall"}, {Place: "hall"}}}}
	f := GeoJSON(week, plan, Options{}).Features[0]
	if got := f.Geometry.GeoJSONType(); f.Properties["kind"] != "round" || got != "Point" {
		t.Errorf("the first feature is a %v, %s; want a round, Point", f.Properties["kind"], got)
	}
}
