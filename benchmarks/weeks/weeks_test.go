package main

import (
	"encoding/json"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"carriole/engine"

	"github.com/google/go-cmp/cmp"
)

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
				drive(t, week, &week.Rounds[i])
			}
		}
	}
}

// drive goes through the round as early as its windows allow and complains about what is missed.
func drive(t *testing.T, week *engine.Week, r *engine.Round) {
	place := map[string]int{}
	for i, p := range week.Places {
		place[p.ID] = i
	}
	travel := engine.TravelOf(week)
	now, here := r.DepartAfter, r.Start
	to := func(next string) {
		_, s := travel.Between(place[here], place[next])
		now, here = now.Add(time.Duration(s)*time.Second), next
	}
	for _, s := range r.Stops {
		to(s.Place)
		if now.Before(s.ArriveAfter) {
			now = s.ArriveAfter
		}
		if now.After(s.ArriveBy) {
			t.Errorf("%s reaches %s at %s, after %s", r.ID, s.Place, now, s.ArriveBy)
		}
		now = now.Add(time.Duration(s.StayS) * time.Second)
	}
	if to(r.End); now.After(r.ReturnBy) {
		t.Errorf("%s is home at %s, after %s", r.ID, now, r.ReturnBy)
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

func TestRunWritesWeeksThatReadBack(t *testing.T) {
	dir := t.TempDir()
	if err := run([]string{"--make", "small", "--count", "2", "--write", dir}, io.Discard); err != nil {
		t.Fatal(err)
	}
	weeks, err := weeksOf(dir, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(weeks) != 2 || weeks[1].name != "small-2" || len(weeks[1].week.Orders) != shapes["small"].orders {
		t.Errorf("reads back %d weeks", len(weeks))
	}
	for _, args := range [][]string{{}, {"--weeks", t.TempDir()}, {"--make", "huge"}, {"--make", "small", "--seeds", "0"}} {
		if err := run(args, io.Discard); err == nil {
			t.Errorf("%q runs", args)
		}
	}
}

func TestWatchMemorySeesAPeak(t *testing.T) {
	peak := watchMemory()
	block := make([]byte, 64<<20)
	for i := range block {
		block[i] = 1
	}
	if most := peak(); most < 64 {
		t.Errorf("64 MiB are held and %.1f seen", most)
	}
	runtime.KeepAlive(block)
}

func TestTableAndSummary(t *testing.T) {
	results := []result{
		{Week: "won", Attempts: []attempt{{1, 0, 700, 700, 0, 2000, 1, 50}, {2, 0, 900, 400, 1, 2000, 1.1, 60}, {3, 0, 800, 300, 1, 2000, 1.2, 70}},
			Vroom: &vroomPlan{AddedMetres: 1000, Seconds: 2.04}},
		{Week: "lost", Attempts: []attempt{{1, 5, 10, 10, 0, 30, 1, 50}}, Vroom: &vroomPlan{UnservedKg: 1, AddedMetres: 20, Seconds: 3, Wrong: "breaks rule 2 7"}},
		{Week: "served more", Attempts: []attempt{{1, 0, 90, 90, 0, 100, 1, 50}}, Vroom: &vroomPlan{UnservedKg: 7, AddedMetres: 20, Seconds: 3}},
		{Week: "alone", Attempts: []attempt{{1, 0, 5, 5, 0, 5, 1, 50}}, Vroom: &vroomPlan{Missing: "absent: why"}},
	}
	want := `| week | unserved kg | objective m | added m | alone m | handovers | s | MiB | VROOM unserved kg | VROOM added m | s | ratio | note |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
| won | 0.0 | 800 | 400 | 2000 | 1 | 1.1 | 60 | 0.0 | 1000 | 2.0 | 0.800 |  |
| lost | 5.0 | 10 | 10 | 30 | 0 | 1.0 | 50 | 1.0 | 20 | 3.0 |  | breaks rule 2 7 |
| served more | 0.0 | 90 | 90 | 100 | 0 | 1.0 | 50 | 7.0 | 20 | 3.0 |  |  |
| alone | 0.0 | 5 | 5 | 5 | 0 | 1.0 | 50 | | | | | absent: why |

4 weeks planned, every plan right.
Against VROOM without handovers: 2 wins, 1 losses, 0 draws; median ratio of metres 0.800 on the 1 weeks where both leave the same goods behind.
VROOM gave nothing to compare with on 1 weeks.
`
	if d := cmp.Diff(want, table(results)+summary(results)); d != "" {
		t.Error(d)
	}
	alone := table([]result{{Week: "w", Attempts: []attempt{{1, 0, 5, 5, 0, 5, 1, 50}}}})
	if strings.Contains(alone, "VROOM") {
		t.Errorf("names a peer that was not asked:\n%s", alone)
	}
}

// smallWeek has a round from the farm by a shop, a pickup point at the town hall, and a farm without vehicle.
func smallWeek() *engine.Week {
	most := 9000.0
	return &engine.Week{ID: "w",
		Places: []engine.Place{{ID: "farm", Lon: 5, Lat: 44}, {ID: "shop", Lon: 5.1, Lat: 44}, {ID: "hall", Lon: 5.05, Lat: 44.02},
			{ID: "hive", Lon: 5.06, Lat: 44, Open: []engine.Interval{{hour(0, 9), hour(0, 12)}}}},
		Producers: []engine.Producer{{ID: "a", Place: "farm", ReadyAt: hour(0, 7)}, {ID: "b", Place: "hive"}},
		Vehicles: []engine.Vehicle{{ID: "van", Producer: "a", Kg: 100, Litres: map[engine.Class]float64{engine.Ambient: 300},
			Available: []engine.Interval{{hour(0, 5), hour(0, 20)}}}},
		Rounds: []engine.Round{{ID: "r", Producer: "a", Vehicle: "van", Start: "farm", End: "farm", DepartAfter: hour(0, 6), ReturnBy: hour(0, 14), MaxAddedM: &most,
			Stops: []engine.RoundStop{{Place: "shop", ArriveAfter: hour(0, 8), ArriveBy: hour(0, 9), StayS: 600, Unload: &engine.Load{Kg: 10}}}}},
		PickupPoints: []engine.PickupPoint{{ID: "pp", Place: "hall", AcceptAfter: hour(0, 8), AcceptBy: hour(0, 13)}, {ID: "at-b", Place: "hive", AcceptAfter: hour(0, 8), AcceptBy: hour(0, 13)}},
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
	if d := cmp.Diff([][2]int64{{hour(0, 6).Unix(), hour(0, 14).Unix()}, {hour(0, 5).Unix(), hour(0, 6).Unix()}, {hour(0, 14).Unix(), hour(0, 20).Unix()}},
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
	if d := cmp.Diff([][2]int64{{hour(0, 9).Unix(), hour(0, 12).Unix()}}, p.input.Shipments[2].Pickup.Windows); d != "" {
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
	answer.Routes[0].Steps[0].Arrival = hour(0, 6.5).Unix()
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
	if !r.Stops[0].Depart.Equal(hour(0, 7)) {
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
