package view

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"carriole/engine"
)

func rowsOf(t *testing.T, week *engine.Week, plan *engine.Plan, opt Options) [][]string {
	t.Helper()
	var out bytes.Buffer
	if err := CSV(&out, week, plan, opt); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCSVGolden(t *testing.T) {
	week, plan := fixture(t)
	var out bytes.Buffer
	if err := CSV(&out, week, plan, Options{Lang: French, Location: winter}); err != nil {
		t.Fatal(err)
	}
	if n, crlf := strings.Count(out.String(), "\n"), strings.Count(out.String(), "\r\n"); n != crlf {
		t.Errorf("%d lines, of which %d end as RFC 4180 asks", n, crlf)
	}
	golden(t, "plan.csv", bytes.ReplaceAll(out.Bytes(), []byte("\r\n"), []byte("\n")))
}

func TestCSVHasARowForEveryLegAndEveryUnservedLine(t *testing.T) {
	week, plan := fixture(t)
	rows := rowsOf(t, week, plan, Options{Location: winter})
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	legs, onSite, unserved := 0, 0, 0
	for _, row := range rows[1:] {
		switch {
		case row[column["unserved_reason"]] != "":
			unserved++
		case row[column["leg"]] == "0":
			onSite++
		default:
			legs++
		}
	}
	if legs != 7 || onSite != 1 || unserved != 4 {
		t.Errorf("got %d legs, %d on site, %d unserved; want 7, 1, 4", legs, onSite, unserved)
	}
	for name, want := range map[string]string{
		"consignment": "c-1", "producer_name": "Anne", "class": "ambient", "kg": "65", "litres": "108.5", "leg": "2", "round": "rb", "carrier_name": "Bruno", "vehicle": "vb",
		"from_place": "amap", "depart": "2026-11-26T18:40:11+01:00", "to_place": "hall", "take_over_from": "ra", "hand_over_to": "",
	} {
		if got := rows[2][column[name]]; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestCSVRunsNoFormula(t *testing.T) {
	for _, evil := range []string{"=cmd()|x", "+1", "-2", "@sum(A1)", "\t1", "\r1", " =1", "\x00=1", "\ufeff=1", "＝1"} {
		goods := engine.Line{Producer: evil, Class: engine.Class(evil), Kg: 1}
		week := &engine.Week{
			Producers:    []engine.Producer{{ID: evil, Name: evil}},
			PickupPoints: []engine.PickupPoint{{ID: evil, Name: evil}},
			Orders:       []engine.Order{{ID: evil, PickupPoint: evil, Lines: []engine.Line{goods}}},
		}
		stops := []engine.PlanStop{{Place: evil}, {Place: evil}}
		leg := engine.Leg{Round: evil, To: 1}
		plan := &engine.Plan{
			Rounds: []engine.PlanRound{{ID: evil, Producer: evil, Vehicle: evil, Stops: stops}},
			Consignments: []engine.Consignment{
				{ID: evil, Producer: evil, PickupPoint: evil, Class: engine.Class(evil), Legs: []engine.Leg{leg, leg}},
				{ID: evil, Producer: evil, PickupPoint: evil, Class: engine.Class(evil)},
			},
			Unserved: []engine.Unserved{{Order: evil, Reason: evil}},
		}
		guarded := map[string]bool{}
		for i, row := range rowsOf(t, week, plan, Options{})[1:] {
			for k, c := range row {
				switch {
				case strings.HasPrefix(c, "'"):
					guarded[csvHeader[k]] = true
				case c != "" && (c[0] < '0' || c[0] > '9'):
					t.Errorf("row %d, %s: %q is not guarded", i+2, csvHeader[k], c)
				}
			}
		}
		if len(guarded) != 16 {
			t.Errorf("%q: %d columns are guarded, want 16: %v", evil, len(guarded), guarded)
		}
	}
}

func TestCSVLeavesOrdinaryTextsAlone(t *testing.T) {
	for _, s := range []string{"", "Anne", "GAEC = Verger", "o-1", "12", "Anne ", "Élevage"} {
		if got := cell(s); got != s {
			t.Errorf("got %q, want %q", got, s)
		}
	}
}
