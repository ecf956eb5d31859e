package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carriole/geo"
)

// Sources of distances have the names that they are given, or short ones, and each another.
func TestTravels(t *testing.T) {
	file := filepath.Join(t.TempDir(), "comtat.osm.pbf")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f := workerFlags{Travel: []string{"Routes du Comtat=roads:" + file, "osrm:http://localhost:5000", " valhalla:https://routes.example/v=1", "crow:1.4,50"}}
	got, err := f.travels(slog.New(slog.DiscardHandler))
	if err != nil || len(got) != 4 {
		t.Fatalf("%v, %v", got, err)
	}
	for i, want := range []struct {
		name string
		kind geo.Kind
		both bool // the fastest and the shortest ways
	}{{"Routes du Comtat", geo.KindRoads, true}, {"localhost:5000", geo.KindOSRM, false}, {"routes.example", geo.KindValhalla, true}, {"crow", geo.KindCrow, false}} {
		if got[i].Name != want.name || got[i].Choice().Kind != want.kind || (got[i].Shortest() != nil) != want.both {
			t.Errorf("%d is %s, %s; want %v", i, got[i].Name, got[i].Choice().Kind, want)
		}
	}
	for text, want := range map[string]string{"x": "no source of distances", "roads:/no/such/file.osm.pbf": "no such file", "a=crow": "two are called"} {
		f.Travel = []string{"a=crow:1.4,50", text}
		if _, err := f.travels(slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
