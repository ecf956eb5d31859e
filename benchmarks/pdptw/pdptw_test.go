package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// small has requests 1 to 3 and 2 to 4 on the corners of a square of 30 by 40.
const small = `2 200 1
0 0 0 0 0 1000 0 0 0
1 0 30 10 0 100 5 0 3
2 40 0 20 0 200 5 0 4
3 40 30 -10 70 300 5 1 0
4 0 0 -20 0 1000 5 2 0
`

const streets = `NAME: x
SIZE: 3
CAPACITY: 7
DEPOT: central
NODES
0 41.5 2.1 0 0 240 0 0 0
1 41.4 2.2 5 10 100 3 0 2
2 41.3 2.3 -5 0 200 3 1 0
EDGES
0 1 2
3 0 4
5 6 0
EOF
`

func TestReadLiLim(t *testing.T) {
	in, err := readLiLim(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	want := []node{{close: 1000}, {y: 30, load: 10, close: 100, service: 5, pair: 3}, {x: 40, load: 20, close: 200, service: 5, pair: 4},
		{x: 40, y: 30, load: -10, open: 70, close: 300, service: 5, pair: 1}, {load: -20, close: 1000, service: 5, pair: 2}}
	if d := cmp.Diff(want, in.nodes, cmp.AllowUnexported(node{})); d != "" || in.vehicles != 2 || in.capacity != 200 {
		t.Error(d, in.vehicles, in.capacity)
	}
	if got := in.distance(1, 2); got != 50 {
		t.Errorf("distance %g, want 50", got)
	}
	back, err := readLiLim(strings.NewReader(in.liLim()))
	if err != nil || !cmp.Equal(in, back, cmp.AllowUnexported(instance{}, node{})) {
		t.Errorf("written and read again: %+v, %v", back, err)
	}
}

func TestReadLiLimSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{small, "", "number of vehicles"},
		{"2 200 1", "2 200", "line 1 has 2 fields, want 3"},
		{"2 200 1", "0 200 1", "line 1: 0 vehicles"},
		{"2 200 1", "2 200 7", "speed 7"},
		{"0 100 5", "0 1e2 5", `line 3: "1e2" is no whole number`},
		{"2 40 0 20", "5 40 0 20", "line 4: node 5, want 2"},
		{"40 30 -10", "40 30 -9", "node 1: it is not one of two ends"},
		{"5 2 0", "5 9 0", "node 2: it is not one of two ends"},
		{"70 300", "301 300", "node 3: window from 301 to 300"},
		{"0 0 0 0 0 1000 0 0 0", "0 0 0 0 0 1000 5 0 0", "node 0 is no depot"},
	} {
		if _, err := readLiLim(strings.NewReader(strings.Replace(small, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: got %v, want %s", c.new, c.old, err, c.want)
		}
	}
}

func TestReadSartoriBuriol(t *testing.T) {
	in, err := readSartoriBuriol(strings.NewReader(streets))
	if err != nil {
		t.Fatal(err)
	}
	if len(in.nodes) != 3 || in.capacity != 7 || in.distance(2, 1) != 6 || in.nodes[1] != (node{load: 5, open: 10, close: 100, service: 3, pair: 2}) {
		t.Errorf("got %+v", in)
	}
	for _, c := range []struct{ old, new, want string }{
		{"SIZE: 3", "SIZE: 0", "SIZE is 0"},
		{"SIZE: 3", "SIZE: three", `line 2: SIZE: "three"`},
		{"SIZE: 3", "SIZE: 99999999", `SIZE: "99999999"`},
		{"CAPACITY: 7", "CAPACITY:", "line 3: CAPACITY: wants one number"},
		{"NODES", "KNOTS", "no line NODES"},
		{"10 100", "10 x", `line 7: "x"`},
		{"1 41.4", "1", "line 7: node 1 has 8 fields"},
		{"1 41.4", "2 41.4", "line 7: node 2, want 1"},
		{"EDGES", "EDGE", "line 9: want EDGES"},
		{"3 0 4", "3 0", "line 11 has 2 fields, want 3"},
		{"3 0 4", "3 0 -4", "line 11: -4 minutes"},
	} {
		if _, err := readSartoriBuriol(strings.NewReader(strings.Replace(streets, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: got %v, want %s", c.new, c.old, err, c.want)
		}
	}
}

func FuzzReaders(f *testing.F) {
	f.Add(small)
	f.Add(streets)
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(io.Reader) (*instance, error){readLiLim, readSartoriBuriol} {
			in, err := read(strings.NewReader(text))
			if err != nil {
				continue
			}
			if len(in.nodes) > 50 {
				return
			}
			if found := check(in, whole, nil); len(found.faults) != len(in.nodes)-1 {
				t.Errorf("without routes %d faults of %d stops", len(found.faults), len(in.nodes)-1)
			}
		}
	})
}

func TestLabels(t *testing.T) {
	for name, want := range map[string][2]string{"lc101": {"Li100", "lc1"}, "lrc208": {"Li100", "lrc2"}, "lr1_10_3": {"Li1000", "lr1"}, "lc2_2_10": {"Li200", "lc2"}, "bar-n100-1": {"SB100", "bar"}} {
		in := &instance{name: name}
		if in.label(); in.set != want[0] || in.class != want[1] {
			t.Errorf("%s is of %s and %s", name, in.set, in.class)
		}
	}
}

func TestCheckCatchesEachFault(t *testing.T) {
	in, err := readLiLim(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []scale{thousandths, real} {
		if got := check(in, s, [][]int{{1, 3}, nil, {2, 4}}); got.vehicles != 2 || got.distance != 200 || len(got.faults) > 0 {
			t.Errorf("right routes: %+v", got)
		}
		tight := *in
		tight.capacity = 25
		short := *in
		short.nodes = append([]node{{close: 85}}, in.nodes[1:]...)
		for _, c := range []struct {
			in     *instance
			routes [][]int
			want   string
		}{
			{in, [][]int{{1, 3}}, "stop 2 is not made"},
			{in, [][]int{{1, 3}, {2, 4, 5}}, "there is no stop 5"},
			{in, [][]int{{1, 3}, {2, 4, 0}}, "there is no stop 0"},
			{in, [][]int{{1, 3}, {2, 4, 3}}, "stop 3 has been made by route 1"},
			{in, [][]int{{1, 4}, {2, 3}}, "route 1 loads at 1 what route 2 unloads at 3"},
			{in, [][]int{{3, 1}, {2, 4}}, "route 1 unloads at 3 before it loads at 1"},
			{in, [][]int{{2, 4, 3, 1}}, "stop 1 at 185, it closes at 100"},
			{&tight, [][]int{{1, 2, 3, 4}}, "load 30 after stop 2, capacity 25"},
			{&short, [][]int{{1, 3}, {2, 4}}, "route 1: back at 130, the depot closes at 85"},
			{in, [][]int{{1, 3}, {2}, {4}}, "3 vehicles of 2"},
		} {
			got := check(c.in, s, c.routes)
			if !strings.Contains(strings.Join(got.faults, "; "), c.want) {
				t.Errorf("%v: got %v, want %s", c.routes, got.faults, c.want)
			}
		}
	}
}

func TestProblemKeepsRealWindows(t *testing.T) {
	in, err := readLiLim(strings.NewReader(strings.Replace(small, "1 0 30", "1 1 30", 1)))
	if err != nil {
		t.Fatal(err)
	}
	p := in.problem(real)
	if p.Dist[1] != 300167 || p.Time[1] != 300167 || p.Dist[1*5+3] != 390000 || p.Requests[0].From.Close != 1_000_000 || p.Requests[1].To.Service != 50_000 {
		t.Errorf("got %+v", p)
	}
}

func TestRunWritesAReport(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "report")
	for name, text := range map[string]string{
		"li_lim/li_lim_100/lr101.txt": small, "li_lim/bks_hierarchical_verified.csv": "instance,vehicles,distance\nlr101,2,200\n",
		"sartori_buriol/n100/bar-n100-1.txt": streets,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := start([]string{"--instances", dir, "--sets", "Li100,SB100", "--objective", "vehicles", "--time", "30ms", "--parts", "3,1", "--solvers", "Carriole", "--out", out}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| Carriole | 2 | 0.03 |", "## SB100", "![Li100: gap over time](time-Li100.png)", "| lr1 | 1 |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	// one vehicle can do it, and the published two are beaten
	if kept, _ := filepath.Glob(filepath.Join(out, "best", "lr101.1_*.txt")); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
}

// TestWithin: a report in a folder as part of a section.
func TestWithin(t *testing.T) {
	got := within("# Carriole measured\n\nA machine.\n\n## small\n\nText.\n\n![small: gap](gap-small.png)\n", "weeks")
	if want := "A machine.\n\n### small\n\nText.\n\n![small: gap](weeks/gap-small.png)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := start([]string{"--instances", t.TempDir(), "--weeks=--count 1"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("plots without a folder: %v", err)
	}
}

func TestCarrioleSolves(t *testing.T) {
	in, err := readLiLim(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []scale{thousandths, real} {
		for _, vehicles := range []bool{false, true} {
			a, err := carriole(task{in: in, scale: s, vehicles: vehicles, limit: 20 * time.Millisecond, threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := check(in, s, a.routes); len(got.faults) > 0 {
				t.Error(got.faults)
			}
		}
	}
}
