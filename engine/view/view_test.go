package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carriole/engine"
)

var update = flag.Bool("update", false, "write the golden files anew")

var winter = time.FixedZone("CET", 3600)

func fixture(t testing.TB) (*engine.Week, *engine.Plan) {
	t.Helper()
	week, plan := new(engine.Week), new(engine.Plan)
	decode(t, read(t, "week.json"), week)
	decode(t, read(t, "plan.json"), plan)
	return week, plan
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode[T any](t testing.TB, data []byte, into *T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", name), got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, read(t, name)) {
		t.Errorf("testdata/%s differs; write it anew with -update and look at the difference. Got:\n%s", name, got)
	}
}

// showAll makes everything from a plan, and fails where a document is broken.
func showAll(t testing.TB, week *engine.Week, plan *engine.Plan) {
	t.Helper()
	for _, lang := range []Lang{English, French} {
		opt := Options{Lang: lang, Location: winter}
		if err := Text(io.Discard, week, plan, opt); err != nil {
			t.Error(err)
		}
		if err := CSV(io.Discard, week, plan, opt); err != nil {
			t.Error(err)
		}
	}
	if _, err := json.Marshal(GeoJSON(week, plan, Options{})); err != nil {
		t.Error(err)
	}
	parseXML(t, SVG(week, plan, Options{}))
}

func TestBrokenPlansAreShownAsFarAsTheyGo(t *testing.T) {
	week, plan := fixture(t)
	for name, breakIt := range map[string]func(w *engine.Week, p *engine.Plan){
		"no week":         func(w *engine.Week, p *engine.Plan) { *w = engine.Week{} },
		"no plan":         func(w *engine.Week, p *engine.Plan) { *p = engine.Plan{} },
		"no stops":        func(w *engine.Week, p *engine.Plan) { p.Rounds[0].Stops = nil },
		"one stop":        func(w *engine.Week, p *engine.Plan) { p.Rounds[0].Stops = p.Rounds[0].Stops[:1] },
		"no consignments": func(w *engine.Week, p *engine.Plan) { p.Consignments = nil },
		"no vehicles":     func(w *engine.Week, p *engine.Plan) { w.Vehicles = nil },
		"no places":       func(w *engine.Week, p *engine.Plan) { w.Places = nil },
		"one place":       func(w *engine.Week, p *engine.Plan) { w.Places = w.Places[:1] },
		"nowhere":         func(w *engine.Week, p *engine.Plan) { w.Places[0].Lon, w.Places[1].Lat = math.NaN(), math.Inf(1) },
		"off the globe":   func(w *engine.Week, p *engine.Plan) { w.Places[0].Lon, w.Places[1].Lat = 1e300, -91 },
		"at the pole":     func(w *engine.Week, p *engine.Plan) { w.Places[0].Lat, w.Places[1].Lat = 90, 90 },
		"not numbers": func(w *engine.Week, p *engine.Plan) {
			p.Summary.AloneMetres, p.Rounds[0].Metres = math.NaN(), math.Inf(-1)
		},
		"endless goods":     func(w *engine.Week, p *engine.Plan) { p.Consignments[0].Kg = math.Inf(1) },
		"everything on one": func(w *engine.Week, p *engine.Plan) { w.Places = append(w.Places, w.Places...) },
		"unknown obstacle":  func(w *engine.Week, p *engine.Plan) { p.Unserved[0].Repair.Obstacle = "weather" },
	} {
		t.Run(name, func(t *testing.T) {
			w, p := fixture(t)
			breakIt(w, p)
			showAll(t, w, p)
		})
	}
	showAll(t, nil, plan)
	showAll(t, week, nil)
}

// Every value of the plan in turn is replaced by something that does not belong there.
func TestNoValueOfAPlanPanics(t *testing.T) {
	week, _ := fixture(t)
	var tree any
	decode(t, read(t, "plan.json"), &tree)
	var values func(v any, set func(any))
	values = func(v any, set func(any)) {
		try := func(with any) {
			set(with)
			defer set(v)
			data, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			plan := new(engine.Plan)
			if json.Unmarshal(data, plan) == nil {
				showAll(t, week, plan)
			}
		}
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				values(inner, func(x any) { v[k] = x })
			}
		case []any:
			try([]any{})
			for i, inner := range v {
				values(inner, func(x any) { v[i] = x })
			}
		case string:
			if _, err := time.Parse(time.RFC3339, v); err != nil {
				try("unknown")
			} else {
				try("2027-01-31T23:59:59Z")
			}
		case float64:
			if v == math.Trunc(v) && v < 10 {
				try(-1)
				try(99)
			}
		}
	}
	values(tree, func(any) {})
}

func TestRoomIsWhatOwnGoodsLeave(t *testing.T) {
	week, plan := fixture(t)
	b := newBook(week, plan)
	var got []float64
	for _, r := range b.rooms(b.rounds["rb"]) {
		got = append(got, math.Round(r.kg), math.Round(10*r.litres[engine.Ambient])/10)
	}
	want := []float64{50, 50, 435, 791.5, 500, 900, 500, 900} // 450 kg and 850 l of Bruno's are on board until the AMAP
	for i := range want {
		if len(got) != len(want) || got[i] != want[i] {
			t.Fatalf("room left in kg and litres after each stop: got %v, want %v", got, want)
		}
	}
}
