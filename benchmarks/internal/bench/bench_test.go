package bench

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carriole/engine"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
}

// example is the week of the product's demonstration.
const example = "../../../cmd/carriole/example.json"

func TestRunSearchesInAProcessOfItsOwn(t *testing.T) {
	week, err := Read(example)
	if err != nil {
		t.Fatal(err)
	}
	a, plan, err := Run(week, Job{File: example, Limit: 200 * time.Millisecond, Seed: 3, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if a.Seed != 3 || a.Limit != 0.2 || a.Objective <= 0 || a.Objective != plan.Summary.Objective || a.AloneAdded <= 0 {
		t.Errorf("got %+v", a)
	}
	if a.Seconds < 0.1 || a.PeakMiB < 2 || a.PeakMiB > 500 || a.CPUSeconds <= 0 || a.Iterations == 0 {
		t.Errorf("took %g s, %g CPU s, %g MiB, %d iterations", a.Seconds, a.CPUSeconds, a.PeakMiB, a.Iterations)
	}
	for i := 1; i < len(a.Curve); i++ {
		if p, q := a.Curve[i-1], a.Curve[i]; q.Seconds < p.Seconds || q.UnservedKg > p.UnservedKg+sameKg {
			t.Errorf("the curve goes from %+v to %+v", p, q)
		}
	}
	without, _, err := Run(week, Job{File: example, Limit: 100 * time.Millisecond, Seed: 3, Threads: 2, NoHandovers: true})
	if err != nil {
		t.Fatal(err)
	}
	if a.Handovers == 0 || without.Handovers != 0 {
		t.Errorf("%d handovers with and %d without", a.Handovers, without.Handovers)
	}
}

func TestRunBelievesNothing(t *testing.T) {
	week, err := Read(example)
	if err != nil {
		t.Fatal(err)
	}
	week.Orders = week.Orders[1:] // the process plans the file, which has one more
	if _, _, err := Run(week, Job{File: example, Limit: 50 * time.Millisecond, Threads: 1}); err == nil || !strings.Contains(err.Error(), "the plan is wrong") {
		t.Errorf("a plan of another week gives %v", err)
	}
	if _, _, err := Run(week, Job{File: "nowhere.json", Limit: time.Second, Threads: 1}); err == nil || !strings.Contains(err.Error(), "nowhere.json") {
		t.Errorf("a week that is not there gives %v", err)
	}
}

func TestBoundIsReadFromTheSummaryAsWritten(t *testing.T) {
	var b struct{ Bound }
	if err := json.Unmarshal([]byte(`{"lower_bound": 90, "gap": 0}`), &b); err != nil || b.LowerBound != 90 || b.Gap == nil || *b.Gap != 0 {
		t.Errorf("got %+v, %v", b, err)
	}
}

func tries(objectives ...float64) (out []Attempt) {
	for _, o := range objectives {
		out = append(out, Attempt{Objective: o, Seconds: o / 100})
	}
	return out
}

func TestMedians(t *testing.T) {
	if got := []float64{Median([]float64{3, 1, 2}), Median([]float64{4, 1, 3, 2}), Median([]float64{1, math.Inf(1), math.Inf(1)})}; !cmp.Equal(got, []float64{2, 2.5, math.Inf(1)}) {
		t.Errorf("medians %v", got)
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("there is a median of nothing")
	}
	if got := MedianOf(tries(100, 300, 200), func(a *Attempt) float64 { return a.Seconds }); got != 2 {
		t.Errorf("median %g s, want 2", got)
	}
	// what is left behind comes first
	all := []Attempt{{UnservedKg: 5, Objective: 1}, {Objective: 30}, {Objective: 20}}
	if got := Middle(all); got.Objective != 30 {
		t.Errorf("the middle attempt is %+v", got)
	}
	if got := Middle(all[1:]); got.Objective != 30 {
		t.Errorf("the middle of two is the better, %+v", got)
	}
}

func TestAbove(t *testing.T) {
	for _, c := range []struct {
		a, b Attempt
		want float64
	}{
		{Attempt{Objective: 110}, Attempt{Objective: 100}, 0.1},
		{Attempt{Objective: 110, UnservedKg: sameKg / 2}, Attempt{Objective: 100}, 0.1},
		{Attempt{Objective: 10, UnservedKg: 1}, Attempt{Objective: 100}, math.Inf(1)},
		{Attempt{}, Attempt{}, 0},
		{Attempt{Objective: 1}, Attempt{}, math.Inf(1)},
	} {
		if got := c.a.Above(&c.b); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v is above %+v by %g, want %g", c.a, c.b, got, c.want)
		}
	}
}

func TestTimeTo(t *testing.T) {
	at := func(seconds, objective, unserved float64) []Attempt {
		return []Attempt{{Seconds: seconds, Objective: objective, UnservedKg: unserved}}
	}
	best := &Attempt{Objective: 100}
	ladder := [][]Attempt{at(0.1, 90, 7), at(1, 130, 0), at(10, 110, 0), at(100, 100, 0)}
	for gap, want := range map[float64]float64{0.5: 1, 0.3: 1, 0.2: math.Sqrt(10), 0.1: 10, 0: 100} {
		if got := TimeTo(gap, ladder, best); math.Abs(got-want) > 1e-6 {
			t.Errorf("within %g after %g s, want %g", gap, got, want)
		}
	}
	if got := TimeTo(0.05, ladder[:3], best); !math.IsNaN(got) {
		t.Errorf("never reached after %g s", got)
	}
}

func TestKnownKeepsTheBest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "best.json")
	k, err := ReadKnown(file)
	if err != nil || len(k) != 0 {
		t.Fatal(k, err)
	}
	for _, c := range []struct {
		a    Attempt
		want bool
	}{{Attempt{Objective: 100, Seed: 1, Limit: 9}, true}, {Attempt{Objective: 100}, false}, {Attempt{Objective: 1, UnservedKg: 3}, false}, {Attempt{Objective: 90, Seed: 4, Limit: 9}, true}} {
		if got := k.Keep("f", "small-1", &c.a, 2); got != c.want {
			t.Errorf("%+v is kept: %t", c.a, got)
		}
	}
	if err := k.Write(file); err != nil {
		t.Fatal(err)
	}
	back, err := ReadKnown(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Known{"f": {Week: "small-1", Objective: 90, Seconds: 9, Threads: 2, Seed: 4}}, back); d != "" {
		t.Error(d)
	}
}

func TestFingerprintTellsWeeksApart(t *testing.T) {
	a, err := Fingerprint(&engine.Week{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Fingerprint(&engine.Week{ID: "b"})
	if a == b || len(a) != 16 {
		t.Errorf("%s and %s", a, b)
	}
}

func TestReport(t *testing.T) {
	table := Table{Title: "Weeks", Left: 2, Columns: []string{"week", "said", "m", "gap"}, Note: "A note."}
	table.Add("one", "", "12", "")
	table.Add("two", "", "3", "1 %")
	table.Drop()
	charts := []Chart{
		{Name: "lines", Title: "Lines", X: "x, s", Y: "y, m", LogX: true, LogY: true, Floor: 0.1, Series: []Series{{Name: "a", X: []float64{0.5, 1, 20}, Y: []float64{0, 4, math.Inf(1)}}, {Style: Thin, X: []float64{1}, Y: []float64{2}}}},
		{Name: "bars", Title: "Bars", Names: []string{"p", "q"}, Series: []Series{{Name: "with", Y: []float64{1, 2}}, {Name: "without", Y: []float64{2, math.NaN()}}}},
		{Name: "empty", Title: "Nothing to draw", LogX: true, LogY: true, Series: []Series{{Name: "a"}}},
		{Name: "point", Title: "One point", LogX: true, LogY: true, Ticks: []float64{3}, Series: []Series{{Name: "a", X: []float64{3}, Y: []float64{4}}}},
	}
	r := &Report{Title: "Measured", Text: "`weeks`", Machine: Machine{CPU: "chip", Processors: 2, Threads: 1, Go: "go1.26", System: "linux/amd64"},
		Sections: []Section{{Title: "First", Text: "Text.", Tables: []Table{table}, Charts: charts, Data: map[string]int{"n": 1}}}}
	dir := filepath.Join(t.TempDir(), "new")
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := `# Measured

chip, 2 processors, 1 threads, go1.26, linux/amd64. Compare figures of one run only.

` + "`weeks`" + `

## First

Text.

**Weeks**

| week | m | gap |
| --- | --: | --: |
| one | 12 |  |
| two | 3 | 1 % |

A note.

![Lines](lines.png)

![Bars](bars.png)

![Nothing to draw](empty.png)

![One point](point.png)
`
	if d := cmp.Diff(want, string(text)); d != "" {
		t.Error(d)
	}
	text, err = os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Machine  Machine
		Sections []struct {
			Title string
			Data  map[string]int
		}
	}
	if err := json.Unmarshal(text, &back); err != nil || back.Machine != r.Machine || back.Sections[0].Title != "First" || back.Sections[0].Data["n"] != 1 {
		t.Errorf("report.json reads back as %+v, %v", back, err)
	}
	for _, c := range charts {
		text, err := os.ReadFile(filepath.Join(dir, c.Name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(text)); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

func TestTicksAreNumbersThatPeopleWrite(t *testing.T) {
	labels := func(log bool, low, high float64) (out []string) {
		for _, tick := range (ticks{log}).Ticks(low, high) {
			if tick.Label != "" {
				out = append(out, tick.Label)
			}
		}
		return out
	}
	for _, c := range []struct {
		log       bool
		low, high float64
		want      []string
	}{{false, 0, 100, []string{"0", "20", "40", "60", "80", "100"}}, {false, 0, 1105, []string{"0", "200", "400", "600", "800", "1,000"}}, {true, 0.1, 20, []string{"0.1", "0.2", "0.5", "1", "2", "5", "10", "20"}}, {true, 1, 2e6, []string{"1", "10", "100", "1,000", "10,000", "100,000", "1,000,000"}}, {true, 25, 80, []string{"30", "50", "70"}}} {
		if d := cmp.Diff(c.want, labels(c.log, c.low, c.high)); d != "" {
			t.Errorf("%g to %g: %s", c.low, c.high, d)
		}
	}
}
