package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carriole/engine"
)

var update = flag.Bool("update", false, "write the golden files anew")

var paris = time.FixedZone("CET", 3600)

func fixture(t testing.TB) (*engine.Week, *engine.Plan) {
	t.Helper()
	week, plan := new(engine.Week), new(engine.Plan)
	read(t, "week.json", week)
	read(t, "plan.json", plan)
	return week, plan
}

func read[T any](t testing.TB, name string, into *T) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; see it with -update and git diff\ngot:\n%s", path, got)
	}
}

func TestTextGolden(t *testing.T) {
	week, plan := fixture(t)
	for _, lang := range []Lang{English, French} {
		var out bytes.Buffer
		if err := Text(&out, week, plan, Options{Lang: lang, Location: paris}); err != nil {
			t.Fatal(err)
		}
		golden(t, "plan."+string(lang)+".txt", out.Bytes())
	}
}
