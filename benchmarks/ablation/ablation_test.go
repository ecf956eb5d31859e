package main

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestIdeasApply: the source still has what each idea leaves out, and is still Go without.
func TestIdeasApply(t *testing.T) {
	for name, s := range subjects {
		for _, x := range s.ideas {
			files, err := x.apply("../..")
			if err != nil {
				t.Errorf("%s, %s: %v", name, x.name, err)
			}
			for file, text := range files {
				if _, err := parser.ParseFile(token.NewFileSet(), file, text, 0); err != nil {
					t.Errorf("%s, %s: %v", name, x.name, err)
				}
			}
		}
	}
	x := one("", "go.mod", "no such line", "")
	if _, err := x.apply("../.."); err == nil || !strings.Contains(err.Error(), "0 times") {
		t.Errorf("an idea that is not there: %v", err)
	}
}

func TestAgainst(t *testing.T) {
	whole := map[string]score{"a": {3, 100}, "b": {3, 100}, "c": {3, 100}, "d": {3, 100}}
	got := against(whole, map[string]score{"a": {5, 90}, "b": {2, 300}, "c": {3, 110}, "d": {3, 110}})
	if want := []string{"2", "1", "+10.00", "2"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestReadReports(t *testing.T) {
	classic, err := readClassic([]byte(`{"sections":[{"data":[{"instance":"lr101","solver":"Carriole","limit_s":2,"seed":1,"vehicles":19,"distance":1650.8,"best_known_vehicles":19},{"instance":"lr101","solver":"VROOM"}]}]}`))
	if err != nil || len(classic) != 1 || classic["lr101/2/1"] != (score{19, 1650.8}) {
		t.Errorf("%v, %v", classic, err)
	}
	weeks, err := readWeeks([]byte(`{"sections":[{"data":[{"week":"4-1","carriole":[[{"seed":2,"limit_s":1,"unserved_kg":3,"objective":70}]]}]}]}`))
	if err != nil || len(weeks) != 1 || weeks["4-1/1/2"] != (score{3, 70}) {
		t.Errorf("%v, %v", weeks, err)
	}
	if _, err := readClassic([]byte(`{"sections":[]}`)); err == nil {
		t.Error("a report without searches is read")
	}
}
