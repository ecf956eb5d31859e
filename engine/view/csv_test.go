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
	week, plan := fixture(t)
	for i, evil := range []string{`=cmd|'/C calc'!A0`, "+1", "-2", "@sum(A1)", "\t=1"} {
		week.Producers[i].Name = evil
	}
	for i, row := range rowsOf(t, week, plan, Options{})[1:] {
		for k, c := range row {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				t.Errorf("row %d, %s: %q is a formula", i+2, csvHeader[k], c)
			}
		}
	}
}
