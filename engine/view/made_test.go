package view

import (
	"bytes"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"carriole/geo"
)

func TestAPlanSaysWhatItsKilometresAreMadeOf(t *testing.T) {
	for _, tt := range []struct {
		source       geo.Source
		english      string
		french       string
		runSheetSays bool
	}{
		{geo.Source{Kind: geo.KindCrow, Estimated: true, Factor: 1.3, Speed: 12.5}, "estimated, since no roads are known: as the crow flies times 1.30, at 45 km/h", "à vol d’oiseau, fois 1,30, à 45 km/h", true},
		{geo.Source{Kind: geo.KindTable}, "the week’s own table", "tableau de la semaine", false},
		{geo.Source{Kind: geo.KindRoads, Name: "vaucluse.osm.pbf"}, "the roads in vaucluse.osm.pbf.", "des routes de vaucluse.osm.pbf.", false},
		{geo.Source{Kind: geo.KindRoads, Name: "a.osm", Shortest: true}, "Ways are the shortest ones.", "Les trajets sont les plus courts.", false},
		{geo.Source{Kind: geo.KindOSRM, Name: "h:5000"}, "roads that h:5000 knows", "routes que connaît h:5000", false},
	} {
		week, plan := fixture(t)
		plan.Summary.Travel = &tt.source
		for lang, want := range map[Lang]string{English: tt.english, French: tt.french} {
			var b bytes.Buffer
			if err := Text(&b, week, plan, Options{Lang: lang, Location: winter, Width: 200}); err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(strings.ReplaceAll(b.String(), "\u00a0", " "), "\u202f", " ")
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in\n%.400s", lang, want, text)
			}
			if says := strings.Contains(text, "(estimated)") || strings.Contains(text, "(estimé)"); says != tt.runSheetSays {
				t.Errorf("%s %s: that the run sheets say estimated is %v", lang, tt.source.Kind, says)
			}
		}
		if says := bytes.Contains(SVG(week, plan, Options{}), []byte("(estimated)")); says != tt.runSheetSays {
			t.Errorf("%s: that the picture says estimated is %v", tt.source.Kind, says)
		}
		if sheets := Sheets(week, plan); sheets[0].Estimated != tt.runSheetSays {
			t.Errorf("%s: a sheet's Estimated is %v", tt.source.Kind, sheets[0].Estimated)
		}
	}
	if got := English.MadeOf(nil); got != "" {
		t.Errorf("nothing is said to be %q", got)
	}
}

func TestRoadsAreDrawnWhereTheyAreKnown(t *testing.T) {
	week, plan := fixture(t)
	straight, plain := GeoJSON(week, plan, Options{}), SVG(week, plan, Options{})
	stops := plan.Rounds[0].Stops
	places := newBook(week, plan)
	a, _ := places.at(stops[0].Place)
	b, _ := places.at(stops[1].Place)
	bend := orb.Point{(a[0]+b[0])/2 + 0.02, (a[1] + b[1]) / 2}
	opt := Options{Lines: Lines{{stops[0].Place, stops[1].Place}: {a, bend, b}}}
	got, want := GeoJSON(week, plan, opt).Features[0].Geometry.(orb.LineString), straight.Features[0].Geometry.(orb.LineString)
	if len(got) != len(want)+1 || got[1] != bend {
		t.Errorf("the line is %v, want %v with %v after its beginning", got, want, bend)
	}
	drawn := SVG(week, plan, opt)
	parseXML(t, drawn)
	p := newPicture(places, &english, opt.Lines)
	corner := "L" + point(p.pixels(bend[0], bend[1])) + "L"
	if !bytes.Contains(drawn, []byte(corner)) || bytes.Contains(plain, []byte(corner)) {
		t.Errorf("the picture does not go by %s", corner)
	}
}
