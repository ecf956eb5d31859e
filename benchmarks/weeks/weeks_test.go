package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carriole/benchmarks/internal/bench"
	"carriole/benchmarks/internal/maker"
	"carriole/engine"
)

func TestMain(m *testing.M) {
	bench.Child()
	os.Exit(m.Run())
}

func TestGenerateGivesValidWeeks(t *testing.T) {
	for name, s := range map[string]shape{"small": shapes["small"], "two regions": {40, 9, 60, true}, "no roads": {20, 5, 30, false}, "tiny": {1, 1, 1, true}} {
		for seed := uint64(1); seed <= 5; seed++ {
			week := generate(s, seed)
			if faults := engine.Validate(week, engine.TravelOf(week)); len(faults) > 0 {
				t.Errorf("%s, seed %d: %v", name, seed, faults)
			}
			if len(week.Producers) != s.producers || len(week.PickupPoints) != s.points || len(week.Orders) != s.orders {
				t.Errorf("%s, seed %d: %d producers, %d points, %d orders", name, seed, len(week.Producers), len(week.PickupPoints), len(week.Orders))
			}
			for i := range week.Rounds {
				if err := maker.Drive(week, &week.Rounds[i]); err != nil {
					t.Errorf("%s, seed %d: %v", name, seed, err)
				}
			}
		}
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	text := func(seed uint64) string {
		b, err := json.Marshal(generate(shapes["small"], seed))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := text(7)
	if text(7) != first {
		t.Error("the same seed gives two weeks")
	}
	if first == text(8) {
		t.Error("two seeds give the same week")
	}
}

// Weeks of any size are made fast; large ones come without a travel table, which would have millions of cells.
func TestGenerateLarge(t *testing.T) {
	begin := time.Now()
	week := generate(shapes["large"], 1)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("makes a large week in %s", took)
	}
	if len(week.Producers) != 1500 || len(week.Orders) != 17500 || week.Travel != nil {
		t.Errorf("%d producers, %d orders, travel table: %t", len(week.Producers), len(week.Orders), week.Travel != nil)
	}
	if faults := engine.Validate(week, engine.TravelOf(week)); len(faults) > 0 {
		t.Error(faults[0])
	}
	if s, err := shapeOf("150"); err != nil || s != (shape{150, 150, 1750, false}) {
		t.Errorf("150 producers make %+v, %v", s, err)
	}
}

func TestWeeksReadBack(t *testing.T) {
	dir := t.TempDir()
	if err := start([]string{"--make", "small", "--count", "2", "--write", dir}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	r := &run{flags: flags{Weeks: dir}}
	if err := r.readWeeks(); err != nil {
		t.Fatal(err)
	}
	if len(r.weeks) != 2 || r.weeks[1].name != "small-2" || len(r.weeks[1].Orders) != shapes["small"].orders {
		t.Errorf("reads back %d weeks", len(r.weeks))
	}
	if made, _ := bench.Fingerprint(generate(shapes["small"], 2)); r.weeks[1].fingerprint != made {
		t.Error("a week that is written and read is another")
	}
}

func TestFlagsAreChecked(t *testing.T) {
	for want, args := range map[string][]string{
		"no *.json":      {"--weeks", t.TempDir()},
		"neither small":  {"--make", "huge"},
		"--count":        {"--seeds", "0"},
		"no experiment":  {"--run", "compare,guess"},
		"needs --best":   {"--run", "best"},
		"can't be used":  {"--make", "small", "--weeks", "d"},
		"at least one":   {"--sizes", "15,0"},
		"unexpected arg": {"week.json"},
	} {
		if err := start(args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}

// One command makes weeks and measures everything, without VROOM where there is none.
func TestStartReports(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir := t.TempDir()
	known := filepath.Join(dir, "best.json")
	weeks := []string{"--make", "4", "--count", "1", "--seeds", "1", "--time", "60ms"}
	if err := start(append(weeks, "--run", "best", "--best", known, "--out", dir), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := start(append(weeks, "--run", "compare,handovers,growth", "--best", known, "--sizes", "3,4", "--per-order", "1ms", "--out", dir), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"absent: no command vroom on the PATH", "| 4-1 | 4/4/46 | ", "## What handovers bring", "## Growth with size"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	for _, name := range []string{"report.json", "objective-over-time.png", "time-to-gap.png", "handovers.png", "growth-time.png", "growth-memory.png"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// ladder has one attempt for each fraction of the time.
func ladder(unserved float64, objectives ...float64) (out [][]bench.Attempt) {
	for k, o := range objectives {
		out = append(out, []bench.Attempt{{UnservedKg: unserved, Objective: o, AddedMetres: o, AloneAdded: 3000, Seconds: fractions[k], CPUSeconds: 1.5 * fractions[k], PeakMiB: 20, Iterations: 9}})
	}
	return out
}

func compared() []comparison {
	won := comparison{Week: "won", size: "1/2/3", Carriole: ladder(0, 900, 820, 808, 800), Vroom: ladder(0, 1300, 1200, 1100, 1000), Best: &bench.Attempt{Objective: 800}, BestFrom: "Carriole"}
	won.Carriole[full][0].Curve = []bench.Point{{Seconds: 0.1, Objective: 850}, {Seconds: 0.5, Objective: 800}}
	gap := 0.25
	won.Carriole[full][0].Bound = bench.Bound{LowerBound: 640, Gap: &gap}
	lost := comparison{Week: "lost", size: "1/2/3", Carriole: ladder(5, 10, 10, 10, 10), Vroom: ladder(1, 20, 20, 20, 20), Best: &bench.Attempt{UnservedKg: 5, Objective: 8}, BestFrom: "600 s"}
	lost.Vroom[full][0].Wrong = "breaks rule 2 7"
	alone := comparison{Week: "alone", size: "1/2/3", Carriole: ladder(0, 5, 5, 5, 5), NoVroom: "absent: why", Best: &bench.Attempt{Objective: 5}, BestFrom: "Carriole"}
	return []comparison{won, lost, alone}
}

func TestCompareInWords(t *testing.T) {
	want := "Of 2 weeks VROOM leaves as much behind on 1, more on 0 and less on 1 (on 1 of these only by breaking rules); 1 of its plans break rules of the contract, which it does not know. " +
		"Where both leave as much behind, Carriole's objective is 0.800 of VROOM's in the median (0.800 at worst), and 0.820 (0.820) with a tenth of the time. " +
		"Of 1 week there is nothing by VROOM: absent: why."
	if d := cmp.Diff(want, said(compared())); d != "" {
		t.Error(d)
	}
}

func TestCompareTables(t *testing.T) {
	all := compared()
	r := &run{flags: flags{Time: time.Second}}
	rows := func(table bench.Table) string {
		var b strings.Builder
		for _, row := range append([][]string{table.Columns}, table.Rows...) {
			b.WriteString(strings.Join(row, " | ") + "\n")
		}
		return b.String()
	}
	for _, c := range []struct {
		table bench.Table
		want  string
	}{
		{reached(all), `week | producers/points/orders | unserved kg | objective m | above best known | best known m | found by | lower bound m | proved gap | added m | alone m | handovers | s | CPU s | iterations | peak MiB
won | 1/2/3 | 0.0 | 800 | 0.0 % | 800 | Carriole | 640 | 25.0 % | 800 | 3000 | 0 | 1.00 | 1.50 | 9 | 20
lost | 1/2/3 | 5.0 | 10 | 25.0 % | 8 | 600 s |  |  | 10 | 3000 | 0 | 1.00 | 1.50 | 9 | 20
alone | 1/2/3 | 0.0 | 5 | 0.0 % | 5 | Carriole |  |  | 5 | 3000 | 0 | 1.00 | 1.50 | 9 | 20
`},
		{beside(all), `week | unserved kg | VROOM unserved kg | objective m | VROOM objective m | ratio | s | VROOM s | VROOM's plan
won | 0.0 | 0.0 | 800 | 1000 | 0.800 | 1.00 | 1.00 | right
lost | 5.0 | 1.0 | 10 | 20 |  | 1.00 | 1.00 | breaks rule 2 7
alone |  |  |  |  |  |  |  | absent: why
`},
		{r.byLimit(all[:1]), `limit s | s | serve as much as the best known | above it, median | worst | VROOM s | serve as much as the best known | above it, median | worst | Carriole ÷ VROOM, median
0.03 | 0.03 | 1 of 1 | 12.5 % | 12.5 % | 0.03 | 1 of 1 | 62.5 % | 62.5 % | 0.692
0.10 | 0.10 | 1 of 1 | 2.5 % | 2.5 % | 0.10 | 1 of 1 | 50.0 % | 50.0 % | 0.683
0.33 | 0.33 | 1 of 1 | 1.0 % | 1.0 % | 0.33 | 1 of 1 | 37.5 % | 37.5 % | 0.735
1.00 | 1.00 | 1 of 1 | 0.0 % | 0.0 % | 1.00 | 1 of 1 | 25.0 % | 25.0 % | 0.800
`},
		{timesTo(all[:1]), `within | weeks | median s | slowest s | VROOM weeks
1 % | 1 of 1 | 0.33 | 0.33 | 0 of 1
2 % | 1 of 1 | 0.15 | 0.15 | 0 of 1
5 % | 1 of 1 | 0.08 | 0.08 | 0 of 1
10 % | 1 of 1 | 0.04 | 0.04 | 0 of 1
`},
	} {
		if d := cmp.Diff(c.want, rows(c.table)); d != "" {
			t.Errorf("%s: %s", c.table.Title, d)
		}
	}
	if columns := timesTo(all[2:]).Columns; len(columns) != 4 {
		t.Errorf("names a peer that was not asked: %q", columns)
	}
}

func TestGrownTellsGrowth(t *testing.T) {
	r := &run{flags: flags{Seeds: 1, Order: time.Millisecond}}
	size := func(producers int, seconds, mib float64) grown {
		g := grown{Producers: producers, Best: &bench.Attempt{Objective: 100}, Tries: make([][]bench.Attempt, len(fractions))}
		for k, f := range fractions {
			g.Tries[k] = []bench.Attempt{{Objective: 130 - 10*float64(k), Seconds: f * seconds, PeakMiB: mib}}
		}
		g.Tries[full][0].Objective = 104
		return g
	}
	s := r.grown([]grown{size(150, 10, 50), size(1500, 120, 400)})
	if !strings.Contains(s.Text, "grows by 1.20 of linear growth, memory by 0.80.") {
		t.Error(s.Text)
	}
	if row := s.Tables[0].Rows[1]; row[7] != "0.80" || row[11] != "4.0 %" || row[13] != "1.20" {
		t.Errorf("row %q", row)
	}
}

func TestPairedTellsWhatHandoversBring(t *testing.T) {
	r := &run{flags: flags{Seeds: 1, Time: time.Second}}
	s := r.paired([]pair{
		{"saves", []bench.Attempt{{Objective: 75, Handovers: 3}}, []bench.Attempt{{Objective: 100}}},
		{"serves", []bench.Attempt{{Objective: 75}}, []bench.Attempt{{Objective: 10, UnservedKg: 2}}}})
	if !strings.Contains(s.Text, "On the 1 of 2 weeks where both leave as much behind, handovers save 25.0 %") {
		t.Error(s.Text)
	}
	if d := cmp.Diff([][]string{{"saves", "3", "0.0", "0.0", "75", "100", "25.0 %", ""}, {"serves", "0", "0.0", "2.0", "75", "10", "", "2.0"}}, s.Tables[0].Rows); d != "" {
		t.Error(d)
	}
}

// VROOM itself, where it is installed: its plan is read, recomputed and, if it is wrong, said to be.
func TestVroomAttempt(t *testing.T) {
	if _, err := exec.LookPath("vroom"); err != nil {
		t.Skip("no command vroom on the PATH")
	}
	a, err := newVroomProblem(smallWeek()).attempt(time.Second, 2)
	if err != nil {
		t.Fatal(err)
	}
	if a.Wrong != "" || a.UnservedKg != 2.5 || a.Objective <= 0 || a.Limit != 1 {
		t.Errorf("got %+v", a)
	}
}

// smallWeek has a round from the farm by a shop, a pickup point at the town hall, and a farm without vehicle.
func smallWeek() *engine.Week {
	most := 9000.0
	return &engine.Week{ID: "w",
		Places: []engine.Place{{ID: "farm", Lon: 5, Lat: 44}, {ID: "shop", Lon: 5.1, Lat: 44}, {ID: "hall", Lon: 5.05, Lat: 44.02},
			{ID: "hive", Lon: 5.06, Lat: 44, Open: []engine.Interval{{maker.Hour(0, 9), maker.Hour(0, 12)}}}},
		Producers: []engine.Producer{{ID: "a", Place: "farm", ReadyAt: maker.Hour(0, 7)}, {ID: "b", Place: "hive"}},
		Vehicles: []engine.Vehicle{{ID: "van", Producer: "a", Kg: 100, Litres: map[engine.Class]float64{engine.Ambient: 300},
			Available: []engine.Interval{{maker.Hour(0, 5), maker.Hour(0, 20)}}}},
		Rounds: []engine.Round{{ID: "r", Producer: "a", Vehicle: "van", Start: "farm", End: "farm", DepartAfter: maker.Hour(0, 6), ReturnBy: maker.Hour(0, 14), MaxAddedM: &most,
			Stops: []engine.RoundStop{{Place: "shop", ArriveAfter: maker.Hour(0, 8), ArriveBy: maker.Hour(0, 9), StayS: 600, Unload: &engine.Load{Kg: 10}}}}},
		PickupPoints: []engine.PickupPoint{{ID: "pp", Place: "hall", AcceptAfter: maker.Hour(0, 8), AcceptBy: maker.Hour(0, 13)}, {ID: "at-b", Place: "hive", AcceptAfter: maker.Hour(0, 8), AcceptBy: maker.Hour(0, 13)}},
		Orders: []engine.Order{
			{ID: "o1", PickupPoint: "pp", Lines: []engine.Line{{Producer: "a", Kg: 1.5, Litres: 2}, {Producer: "b", Kg: 0.5, Litres: 1, CarriedBy: engine.ByProducer}}},
			{ID: "o2", PickupPoint: "at-b", Lines: []engine.Line{{Producer: "b", Kg: 1, Litres: 1}}},
			{ID: "o3", Lon: &[]float64{5.05}[0], Lat: &[]float64{44.021}[0], Lines: []engine.Line{{Producer: "b", Kg: 2, Litres: 4}, {Producer: "a", Kg: 1, Litres: 1}}}},
		Forbid: []engine.Forbid{{Producer: "b", Round: "r"}},
	}
}

func TestVroomProblem(t *testing.T) {
	p := newVroomProblem(smallWeek())
	if n := len(p.input.Vehicles); n != 3 {
		t.Fatalf("%d vehicles, want the round and the free times before and after it", n)
	}
	if d := cmp.Diff([][2]int64{{maker.Hour(0, 6).Unix(), maker.Hour(0, 14).Unix()}, {maker.Hour(0, 5).Unix(), maker.Hour(0, 6).Unix()}, {maker.Hour(0, 14).Unix(), maker.Hour(0, 20).Unix()}},
		[][2]int64{p.input.Vehicles[0].Window, p.input.Vehicles[1].Window, p.input.Vehicles[2].Window}); d != "" {
		t.Error(d)
	}
	// Skills: 1, 2 the goods of a and b; 3 the round; 4, 5 the vehicles of a and b. The round must not take b's goods.
	if d := cmp.Diff([]int{3, 4, 1}, p.input.Vehicles[0].Skills); d != "" {
		t.Error(d)
	}
	metres, _ := p.length(&p.week.Rounds[0])
	if got := *p.input.Vehicles[0].MaxDistance; got != int64(metres)+9000 {
		t.Errorf("the round may drive %d m, want %g + 9000", got, metres)
	}
	type shipment struct {
		Amount []int64
		Skills []int
	}
	var got []shipment
	for _, s := range p.input.Shipments {
		got = append(got, shipment{s.Amount, s.Skills})
	}
	want := []shipment{{[]int64{250, 300, 0, 0}, []int{1}}, {[]int64{50, 100, 0, 0}, []int{2, 5}}, {[]int64{200, 400, 0, 0}, []int{2}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([][2]int64{{maker.Hour(0, 9).Unix(), maker.Hour(0, 12).Unix()}}, p.input.Shipments[2].Pickup.Windows); d != "" {
		t.Error("the hive is open otherwise:", d)
	}
	if d := cmp.Diff([]engine.Assignment{{Order: "o3", PickupPoint: "pp"}}, p.assigned); d != "" {
		t.Error(d)
	}
}

func TestVroomAnswerBecomesAPlan(t *testing.T) {
	week := smallWeek()
	p := newVroomProblem(week)
	var answer vroomAnswer
	// The round takes a's goods along; a trip in the afternoon would find the hive closed, so b's goods stay behind.
	text := `{"routes": [{"vehicle": 1, "steps": [
		{"type": "start", "location_index": 0, "arrival": 1795500000}, {"type": "pickup", "id": 1, "location_index": 0},
		{"type": "job", "id": 1, "location_index": 1}, {"type": "delivery", "id": 1, "location_index": 2}, {"type": "end", "location_index": 0}]}]}`
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	answer.Routes[0].Steps[0].Arrival = maker.Hour(0, 6.5).Unix()
	plan := p.plan(&answer)
	f, wrong := engine.Check(week, p.travel, plan)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	if f.UnservedKg != 2.5 || f.AddedMetres <= 0 || f.AddedMetres != plan.Summary.AddedMetres {
		t.Errorf("figures %+v, summary %+v", f, plan.Summary)
	}
	r := plan.Rounds[0]
	var places []string
	for _, s := range r.Stops {
		places = append(places, s.Place)
	}
	if d := cmp.Diff([]string{"farm", "shop", "hall", "farm"}, places); d != "" {
		t.Error(d)
	}
	if !r.Stops[0].Depart.Equal(maker.Hour(0, 7)) {
		t.Errorf("leaves at %s, before the goods are ready", r.Stops[0].Depart)
	}
	if got := len(plan.Consignments); got != 2 {
		t.Errorf("%d consignments served, want a's and the one on site", got)
	}
}

// A week without answer is a plan where every round is as it was and its own stops are missing.
func TestVroomWithoutAnswerIsWrong(t *testing.T) {
	week := smallWeek()
	p := newVroomProblem(week)
	plan := p.plan(&vroomAnswer{})
	if got := len(plan.Rounds[0].Stops); got != 2 {
		t.Errorf("%d stops, want start and end", got)
	}
	if plan.Summary.UnservedKg != 5 {
		t.Errorf("%g kg left, want 5", plan.Summary.UnservedKg)
	}
	_, wrong := engine.Check(week, p.travel, plan)
	if got := brokenRules(wrong); got != " 2" {
		t.Errorf("breaks rules%s, want 2: %v", got, wrong)
	}
}
