package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"carriole/engine"
)

// The week that the README shows is whole, and comes out as its words say.
func TestReadmeWeek(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("README.md shows no week")
	}
	week, warnings, err := engine.ReadWeek(strings.NewReader(string(block[1])), 0)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	plan, err := engine.Solve(context.Background(), week, nil, engine.Options{Iterations: 128})
	if err != nil {
		t.Fatal(err)
	}
	if _, wrong := engine.Check(week, nil, plan); len(wrong) > 0 {
		t.Error(wrong)
	}
	if len(plan.Unserved) > 0 || plan.Summary.Handovers != 1 || plan.Summary.Trips != 0 {
		t.Errorf("%d lines unserved, %d handovers, %d trips, want 0, 1, 0", len(plan.Unserved), plan.Summary.Handovers, plan.Summary.Trips)
	}
}
