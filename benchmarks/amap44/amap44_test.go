package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/benchmarks/internal/maker"
	"carriole/engine"
)

const (
	someAmaps     = "amap_id,name,lat,lon\nA1,AMAP du Port (du mardi),47.20,-1.55\nA2,AMAP du Pré (du jeudi),47.22,-1.50\nA3,AMAP Poissons,47.25,-1.60\nA4,AMAP du Moulin (du jeudi),47.24,-1.48\n"
	someProducers = "producer_id,pseudonym,commune,insee,lat,lon\nP1,Un,Vertou,44215,47.17,-1.47\nP2,Deux,Linguizzetta,2B143,42.2177,9.51\nP3,Trois,L'Île-d'Yeu,85113,46.71,-2.35\nP4,Quatre,Mallemort,13053,43.7287,5.1835\nP5,Cinq,Rezé,44143,47.18,-1.55\n"
	someLinks     = "producer_id,amap_id,product_family\nP1,A1,Légumes\nP1,A2,Légumes\nP1,A4,Légumes\nP2,A1,Fruits\nP3,A2,Viande\nP4,A2,Légumes\nP5,A3,Autres\n"
)

func TestMain(m *testing.M) {
	bench.Child()
	os.Exit(m.Run())
}

func folder(t *testing.T, amaps, producers, links string) string {
	dir := t.TempDir()
	for name, text := range map[string]string{"amaps.csv": amaps, "producers.csv": producers, "links.csv": links} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func smallNetwork(t *testing.T) *network {
	net, err := readNetwork(folder(t, someAmaps, someProducers, someLinks))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func TestReadNetworkSaysWhere(t *testing.T) {
	for name, c := range map[string]struct{ amaps, producers, links, want string }{
		"coordinate":       {strings.Replace(someAmaps, "47.22", "north", 1), someProducers, someLinks, `amaps.csv:3: lat: "north" is not a number`},
		"unknown producer": {someAmaps, someProducers, someLinks + "P9,A1,Miel\n", `links.csv:9: producer_id: "P9"`},
		"unknown family":   {someAmaps, someProducers, someLinks + "P1,A3,Voitures\n", `links.csv:9: product_family: "Voitures"`},
		"column":           {strings.Replace(someAmaps, "lat", "latitude", 1), someProducers, someLinks, `amaps.csv: no column "lat"`},
		"empty":            {someAmaps, "", someLinks, "producers.csv: empty"},
	} {
		if _, err := readNetwork(folder(t, c.amaps, c.producers, c.links)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want …%s…", name, err, c.want)
		}
	}
}

func TestMakeWeekIsDeterministicAndValid(t *testing.T) {
	net := smallNetwork(t)
	text := func(seed uint64) []byte {
		week, _ := makeWeek(net, seed)
		if faults := engine.Validate(week, engine.TravelOf(week)); len(faults) > 0 {
			t.Fatalf("seed %d: %v", seed, faults)
		}
		b, err := json.Marshal(week)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !bytes.Equal(text(1), text(1)) {
		t.Error("the same seed gives two weeks")
	}
	if bytes.Equal(text(1), text(2)) {
		t.Error("two seeds give the same week")
	}
}

// Every link but the island's is one visit, on the weekday that the AMAP's name says, and rounds keep their windows.
func TestRoundsAreTheLinks(t *testing.T) {
	for seed := range uint64(20) {
		week, skipped := makeWeek(smallNetwork(t), seed)
		if skipped != 0 {
			t.Errorf("seed %d: %d visits skipped", seed, skipped)
		}
		visits := map[string]int{}
		for i := range week.Rounds {
			r := &week.Rounds[i]
			for _, s := range r.Stops {
				visits[r.Producer+s.Place]++
				if day := map[string]time.Weekday{"A1": time.Tuesday, "A2": time.Thursday, "A4": time.Thursday}[s.Place]; day != 0 && s.ArriveBy.Weekday() != day {
					t.Errorf("seed %d: %s is visited on %s", seed, s.Place, s.ArriveBy.Weekday())
				}
			}
			if err := maker.Drive(week, r); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		}
		for _, link := range []string{"P1A1", "P1A2", "P1A4", "P3A2", "P4A2", "P5A3"} {
			if visits[link] != 1 {
				t.Errorf("seed %d: %s is visited %d times", seed, link, visits[link])
			}
		}
		if len(visits) != 6 {
			t.Errorf("seed %d: visits %v", seed, visits)
		}
	}
}

func TestNobodyDrivesToTheIsland(t *testing.T) {
	week, _ := makeWeek(smallNetwork(t), 1)
	for _, v := range week.Vehicles {
		if v.Producer == "P2" {
			t.Error("P2 has a vehicle")
		}
	}
	ordered := 0
	for _, o := range week.Orders {
		for _, l := range o.Lines {
			if l.Producer == "P2" {
				ordered++
			}
			if l.Producer == "P4" {
				t.Error("P4 sells 700 km from home")
			}
		}
	}
	if ordered == 0 {
		t.Error("nobody orders from the island")
	}
}

func TestRunWritesTheWeek(t *testing.T) {
	dir := folder(t, someAmaps, someProducers, someLinks)
	file := filepath.Join(dir, "week.json")
	var out bytes.Buffer
	if err := run([]string{"--data", dir, "-o", file, "--seed", "3"}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "5 producers, 4 AMAPs, ") {
		t.Errorf("prints %q", out.String())
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	week, faults, err := engine.ReadWeek(f, 1<<24)
	if err != nil || len(faults) > 0 || len(week.Orders) == 0 {
		t.Errorf("the week reads back as %v, %v", faults, err)
	}
	if err := run(nil, &out); err == nil {
		t.Error("runs without --data")
	}
}

func TestRunPlansTheWeek(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"--data", folder(t, someAmaps, someProducers, someLinks), "--plan", "--time", "100ms"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nhabits ", "\nalone ", "\nplanned ", "\nsaved ", "\nhandovers ", "\nunserved ", "lines: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, out.String())
		}
	}
}
