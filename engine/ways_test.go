package engine

import (
	"context"
	"strings"
	"testing"
)

// line is the start of a week along a line of places, a quarter of a degree apart: producers a, c and d live at the
// places of their names, with a vehicle each, and a sends 10 kg to the pickup point h.
const line = `{"id": "w",
 "places": [{"id": "a", "lon": 5.0, "lat": 44.0}, {"id": "m", "lon": 5.125, "lat": 44.0}, {"id": "n", "lon": 5.375, "lat": 44.0},
  {"id": "h", "lon": 5.625, "lat": 44.0}, {"id": "c", "lon": 5.25, "lat": 44.045}, {"id": "d", "lon": 5.5, "lat": 44.045}],
 "producers": [{"id": "a", "place": "a"}, {"id": "c", "place": "c"}, {"id": "d", "place": "d"}],
 "vehicles": [{"id": "va", "producer": "a", "kg": 500, "litres": {"ambient": 2000}}, {"id": "vc", "producer": "c", "kg": 500, "litres": {"ambient": 2000}},
  {"id": "vd", "producer": "d", "kg": 500, "litres": {"ambient": 2000}}],
 "pickup_points": [{"id": "h", "place": "h", "accept_after": "2026-11-26T06:00:00+01:00", "accept_by": "2026-11-26T21:00:00+01:00"}],
 "orders": [{"id": "o", "pickup_point": "h", "lines": [{"producer": "a", "kg": 10, "litres": 20}]}],
 "rounds": [`

func round(id, producer, more string, stops ...string) string {
	return `{"id": "` + id + `", "producer": "` + producer + `", "vehicle": "v` + producer + `", "start": "` + producer + `", "end": "` + producer +
		`", "depart_after": "2026-11-26T06:00:00+01:00", "return_by": "2026-11-26T23:00:00+01:00", ` + more + `"stops": [` + strings.Join(stops, ",") + `]}`
}

func stop(place, after, by string) string {
	return `{"place": "` + place + `", "arrive_after": "2026-11-26T` + after + `:00+01:00", "arrive_by": "2026-11-26T` + by + `:00+01:00", "stay_s": 3600}`
}

func planOf(t *testing.T, text string) (*Week, *Plan) {
	t.Helper()
	week, _, err := ReadWeek(strings.NewReader(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Solve(context.Background(), week, nil, Options{Iterations: 200})
	if err != nil {
		t.Fatal(err)
	}
	if _, wrong := Check(week, nil, plan); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return week, plan
}

// Three rounds that may not be diverted pass the goods on, though the second comes near neither their farm nor their
// pickup point.
func TestGoodsRideThreeRounds(t *testing.T) {
	frozen := `"frozen": true, `
	_, plan := planOf(t, line+round("ra", "a", frozen, stop("m", "08:00", "09:00"))+","+
		round("rc", "c", frozen, stop("m", "08:00", "09:00"), stop("n", "11:00", "12:00"))+","+
		round("rd", "d", frozen, stop("n", "11:00", "12:00"), stop("h", "14:00", "15:00"))+`]}`)
	if len(plan.Unserved) > 0 || plan.Summary.AddedMetres != 0 || plan.Summary.Handovers != 2 {
		t.Errorf("unserved %v, %v m added, %d handovers; want none, 0, 2", plan.Unserved, plan.Summary.AddedMetres, plan.Summary.Handovers)
	}
}

// Goods for a place where the round stops anyway ride without a stop of their own.
func TestNoStopBesideTheRoundsOwn(t *testing.T) {
	_, plan := planOf(t, line+round("ra", "a", "", stop("h", "10:00", "11:00"))+`]}`)
	if r := plan.Rounds[0]; len(r.Stops) != 3 || plan.Consignments[0].Why.Way != WayOnTheWay {
		t.Errorf("%d stops, the goods ride by %q; want 3 and %q", len(r.Stops), plan.Consignments[0].Why.Way, WayOnTheWay)
	}
}

// Rounds that hand over leave no earlier than they need to be there.
func TestRoundsThatMeetLeaveLate(t *testing.T) {
	week, plan := planOf(t, line+round("ra", "a", "", stop("m", "17:00", "17:40"))+","+round("rc", "c", "", stop("m", "17:00", "17:40"), stop("h", "18:30", "20:00"))+`]}`)
	if plan.Summary.Handovers != 1 {
		t.Fatalf("%d handovers, want 1", plan.Summary.Handovers)
	}
	for i, r := range plan.Rounds {
		first := week.Rounds[i].Stops[0].ArriveAfter
		if wait := first.Sub(r.Stops[1].Arrive); wait > 0 {
			t.Errorf("%s waits %v for its first stop", r.ID, wait)
		}
	}
}
