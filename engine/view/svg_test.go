package view

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"carriole/engine"
)

func parseXML(t testing.TB, doc []byte) (texts []string) {
	t.Helper()
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if bytes.Contains(doc, []byte(`"`+bad)) || bytes.Contains(doc, []byte(" "+bad+`"`)) {
			t.Errorf("the picture contains %s", bad)
		}
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		if c, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(c)) > 0 {
			texts = append(texts, string(c))
		}
	}
}

func TestSVGGolden(t *testing.T) {
	week, plan := fixture(t)
	for _, lang := range []Lang{English, French} {
		doc := SVG(week, plan, Options{Lang: lang})
		parseXML(t, doc)
		golden(t, "plan."+string(lang)+".svg", doc)
	}
}

func TestSVGShowsWhatMatters(t *testing.T) {
	week, plan := fixture(t)
	all := strings.ReplaceAll(strings.Join(parseXML(t, SVG(week, plan, Options{})), "|"), "\u00a0", " ")
	for _, want := range []string{"Plan of week 2026-W48", "215.9 km", "180.0 km", "36.0 km (16.7%)", "89 kg", "9 kg", "20 kg", "AMAP d’Aubignan", "Halle de Carpentras", "Denis", "2 km"} {
		if !strings.Contains(all, "|"+want+"|") {
			t.Errorf("%q is not in the picture: %s", want, all)
		}
	}
}

func TestSVGEscapesNames(t *testing.T) {
	week, plan := fixture(t)
	evil := "<script>alert('&')</script>\x00\u2028\""
	plan.Week, week.Producers[0].Name, week.Places[2].Name = evil, evil, evil
	plan.Rounds[0].ID, plan.Rounds[0].Producer = evil, evil
	if doc := SVG(week, plan, Options{}); bytes.Contains(doc, []byte("<script")) {
		t.Errorf("a name became markup:\n%s", doc)
	} else {
		parseXML(t, doc)
	}
}

// A crowd of rounds is drawn smaller, and no two names cover each other.
func TestSVGOfManyRounds(t *testing.T) {
	week, plan := &engine.Week{}, &engine.Plan{}
	for i := range 300 {
		farm, point := fmt.Sprintf("f%d", i), fmt.Sprintf("p%d", i)
		lon, lat := 5+float64(i%20)/40, 44+float64(i/20)/50
		week.Places = append(week.Places, engine.Place{ID: farm, Name: "Farm " + farm, Lon: lon, Lat: lat}, engine.Place{ID: point, Name: "Point " + point, Lon: lon + 0.01, Lat: lat + 0.004})
		week.Producers = append(week.Producers, engine.Producer{ID: farm, Place: farm})
		week.PickupPoints = append(week.PickupPoints, engine.PickupPoint{ID: point, Place: point})
		plan.Rounds = append(plan.Rounds, engine.PlanRound{ID: farm, Producer: farm, Dedicated: i%3 == 0, Metres: 9000,
			Stops: []engine.PlanStop{{Place: farm, Load: []string{farm}}, {Place: point, Unload: []string{farm}}, {Place: farm}}})
		plan.Consignments = append(plan.Consignments, engine.Consignment{ID: farm, Producer: farm, PickupPoint: point, Kg: float64(i), Legs: []engine.Leg{{Round: farm, From: 0, To: 1}}})
	}
	doc := SVG(week, plan, Options{})
	names := strings.Count(strings.Join(parseXML(t, doc), "|"), "Point p")
	if names == 0 || names > maxLabels {
		t.Errorf("%d names, want some and at most %d", names, maxLabels)
	}
	if !bytes.Equal(doc, SVG(week, plan, Options{})) {
		t.Error("the same plan gives another picture")
	}
	p := newPicture(newBook(week, plan), &english, nil)
	if p.size >= 1 {
		t.Errorf("symbols keep their size %v", p.size)
	}
}

func TestLabelsKeepApart(t *testing.T) {
	g := newLabelGrid(0, 0, 400, 300)
	type box struct{ x1, y1, x2, y2 float64 }
	var boxes []box
	for i := range 200 {
		at := xy{float64(20 + i*37%360), float64(20 + i*53%260)}
		base, anchor, ok := g.place(at, xy{4, 4}, 60, 12, true)
		if !ok {
			continue
		}
		x := base.x - map[string]float64{"start": 0, "middle": 30, "end": 60}[anchor]
		b := box{x, base.y - 9, x + 60, base.y + 2}
		for _, o := range boxes {
			if b.x1 < o.x2-cellSize && o.x1 < b.x2-cellSize && b.y1 < o.y2-cellSize && o.y1 < b.y2-cellSize {
				t.Errorf("%v covers %v", b, o)
			}
		}
		boxes = append(boxes, b)
	}
	if len(boxes) < 10 {
		t.Errorf("only %d names found room", len(boxes))
	}
}

func TestThePictureBoastsNoSavingWhereThePlanServesLess(t *testing.T) {
	week, plan := fixture(t)
	plan.Summary.AloneUnservedKg, plan.Summary.UnservedKg = 10, 26.5
	got := string(SVG(week, plan, Options{}))
	if want := "16.5\u00a0kg left behind that each alone would bring"; !strings.Contains(got, want) {
		t.Errorf("%q is missing", want)
	}
	if strings.Contains(got, "16.7%") {
		t.Error("a percentage saved is shown")
	}
}
