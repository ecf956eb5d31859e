package main

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carriole/engine/pdpt"
)

const plain = `nr	nv	nt	capacity
2	2	0	10

node	x	y	a	b	load
p0	3	4	0	50	5
p1	6	8	0	90	7
d0	0	8	0	100	-5
d1	9	12	20	95	-7
o0	0	0	0	100	0
o1	0	0	0	100	0
e0	0	0	0	100	0
e1	0	0	0	100	0
`

const transfers = `nr	nv	nt	capacity
1	2	1	9

node	x	y	a	b	load
p0	0	0	0	100	4
d0	40	0	0	100	-4
o0	0	0	0	60	0
o1	40	0	0	60	0
e0	0	0	0	60	0
e1	40	0	0	60	0
t0	20	0	0	100	0`

func must(t testing.TB, text string) *instance {
	in, err := read("1R-2K-1T-60-0", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestRead(t *testing.T) {
	in := must(t, transfers)
	if in.class != "1R-2K-1T-60" || in.capacity != 9 || len(in.vehicles) != 2 || in.vehicles[1] != (vehicle{3, 5}) || !slices.Equal(in.handovers, []int{6}) ||
		in.requests[0] != (request{0, 1, 4}) || in.drive[2][3] != 40 || in.stops[2].close != 60 {
		t.Errorf("%+v", in)
	}
	p := in.problem()
	if p.Cost[1] != 400000 || p.Time[1] != 400000 || len(p.Fleet) != 2 || p.Fleet[0].Close != 600000 || p.Requests[0].Delivery != (pdpt.Stop{Place: 1, Close: 1000000}) {
		t.Errorf("as a problem: %+v", p)
	}
}

func TestReadComplains(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"1	2	1	9", "1	2	1", "should have 4"},
		{"1	2	1	9", "2	2	1	9", "no node p1"},
		{"1	2	1	9", "1	0	1	9", "0 vehicles"},
		{"t0	20	0	0	100	0", "t0	20", "should have 6"},
		{"t0	20", "t0	x", `"x" is not a number`},
		{"t0	20", "t0	NaN", "is not a number"},
		{"t0	20", "t0	20001", "is not a number up to 20000"},
		{transfers, "nr nv", "no nodes"},
	} {
		if !strings.Contains(transfers, c.old) {
			t.Fatalf("no %q", c.old)
		}
		if _, err := read("a", []byte(strings.Replace(transfers, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q instead of %q: %v; should say %q", c.new, c.old, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(plain)
	f.Add(transfers)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := read("name-1", []byte(text))
		if err != nil || len(in.requests) > 10 || len(in.vehicles) > 10 || len(in.handovers) > 10 {
			return
		}
		p := in.problem()
		if p.Validate() != nil {
			return
		}
		s, err := pdpt.Solve(context.Background(), p, pdpt.Options{Iterations: 20, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		in.check(in.answer(s))
	})
}

// right is an answer to plain: one tour.
func right() *answer {
	return &answer{[]tour{{0, []visit{{0, 0, true}, {2, 0, false}, {1, 1, true}, {3, 1, false}}}}}
}

// handed is one to transfers: halfway from hand to hand.
func handed() *answer {
	return &answer{[]tour{{0, []visit{{0, 0, true}, {6, 0, false}}}, {1, []visit{{6, 0, true}, {1, 0, false}}}}}
}

func TestCheck(t *testing.T) {
	in := must(t, plain)
	v := in.check(right())
	if want := 5 + 5 + 6 + 5 + 15.0; len(v.Faults) > 0 || v.Vehicles != 1 || v.Unserved != 0 || math.Abs(v.Distance-want) > 1e-9 {
		t.Errorf("%+v; should have distance %v", v, want)
	}
	if v := in.check(&answer{}); v.Unserved != 2 || len(v.Faults) > 0 {
		t.Errorf("nothing served: %+v", v)
	}
	two := must(t, transfers)
	if v := two.check(handed()); len(v.Faults) > 0 || v.Distance != 80 || v.Vehicles != 2 {
		t.Errorf("handed over: %+v", v)
	}
	for _, c := range []struct {
		want string
		do   func(*answer)
		text string
	}{
		{"no vehicle 2", func(a *answer) { a.Tours[0].Vehicle = 2 }, ""},
		{"makes two tours", func(a *answer) { a.Tours = append(a.Tours, a.Tours[0]) }, ""},
		{"no request 5", func(a *answer) { a.Tours[0].Visits[0].Request = 5 }, ""},
		{"loaded twice", func(a *answer) { a.Tours[0].Visits[1] = visit{0, 0, true} }, ""},
		{"was not on board", func(a *answer) { v := a.Tours[0].Visits; v[0], v[1] = v[1], v[0] }, ""},
		{"changes hands at node 1", func(a *answer) { a.Tours[0].Visits[0].Node = 1 }, ""},
		{"stays on board", func(a *answer) { a.Tours[0].Visits = a.Tours[0].Visits[:3] }, ""},
		{"12 on board after visit 1, has room for 10", func(a *answer) { v := a.Tours[0].Visits; v[1], v[2] = v[2], v[1] }, ""},
		{"node 0 is reached at 5.0000, closes at 4", func(*answer) {}, strings.Replace(plain, "0	50", "0	4", 1)},
		{"ends at 36.0000, must by 30", func(*answer) {}, strings.Replace(plain, "e0	0	0	0	100", "e0	0	0	0	30", 1)},
	} {
		x := in
		if c.text != "" {
			x = must(t, c.text)
		}
		a := right()
		c.do(a)
		if v := x.check(a); !strings.Contains(strings.Join(v.Faults, "; "), c.want) {
			t.Errorf("%v; should say %q", v.Faults, c.want)
		}
	}
	// handovers
	for _, c := range []struct {
		want string
		do   func(*answer)
		text string
	}{
		{"does not come from node 0 to node 1", func(a *answer) { a.Tours = a.Tours[:1] }, transfers},
		{"node 1 is reached at 40.0000, closes at 30", func(*answer) {}, strings.Replace(transfers, "d0	40	0	0	100", "d0	40	0	0	30", 1)},
		{"ends at 45.0000, must by 43", func(*answer) {}, strings.Replace(strings.Replace(transfers, "p0	0	0	0	100", "p0	0	0	5	100", 1), "e1	40	0	0	60", "e1	40	0	0	43", 1)},
	} {
		x, a := must(t, c.text), handed()
		c.do(a)
		if v := x.check(a); !strings.Contains(strings.Join(v.Faults, "; "), c.want) {
			t.Errorf("%v; should say %q", v.Faults, c.want)
		}
	}
	// two who wait for one another
	four := must(t, strings.NewReplacer("1	2	1	9", "2	2	2	9", "o0	", "p1	40	0	0	100	4\nd1	0	0	0	100	-4\no0	").Replace(transfers)+"\nt1	25	0	0	100	0")
	t0, t1 := four.handovers[0], four.handovers[1]
	p1, d1 := four.requests[1].from, four.requests[1].to
	a := &answer{[]tour{
		{0, []visit{{0, 0, true}, {t0, 1, true}, {t1, 0, false}, {d1, 1, false}}},
		{1, []visit{{p1, 1, true}, {t1, 0, true}, {t0, 1, false}, {1, 0, false}}},
	}}
	if v := four.check(a); !strings.Contains(strings.Join(v.Faults, "; "), "wait for one another") {
		t.Errorf("%v; the two wait for one another", v.Faults)
	}
}

// TestRun: the command on a folder of small instances.
func TestRun(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	for file, text := range map[string]string{
		"inst/1R-2K-1T-60-0.txt":       transfers,
		"inst/PDPT-R2-K2-0.txt":        plain,
		"optima_with_time_windows.csv": "instance,optimum,optimum_without_transfer,status\n1R-2K-1T-60-0,80,1,optimal\n",
		"optima_pdpt_mip.txt":          "PDPT-R2-K2-0 optimal 40.0 40.0\nCPU model: any\n",
	} {
		file = filepath.Join(dir, "pdpt", file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := start([]string{"--instances", dir, "--iterations", "200", "--threads", "1", "--out", out}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "| all | 1 | 1 | 0 | 0 | 0.000 |") || !strings.Contains(string(text), "| all | 1 | 1 | 1 | 0 | -10.000 |") {
		t.Errorf("%s", text)
	}
	if err := start([]string{"--instances", dir, "--names", "1R-*", "--iterations", "200", "--stop", "--out", out}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(filepath.Join(out, "report.json")); err != nil || !strings.Contains(string(text), `"optimum_known"`) {
		t.Errorf("%v: %s", err, text)
	}
	if _, err := os.Stat(filepath.Join(out, "better", "PDPT-R2-K2-0.json")); err != nil {
		t.Error(err)
	}
	if err := start([]string{"--instances", dir, "--names", "x*"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "no instances that match") {
		t.Errorf("%v", err)
	}
}
