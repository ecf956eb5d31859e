package planning_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"carriole/api/internal/worldtest"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/geo"
	"carriole/geo/provider"
)

func roadsOf(t *testing.T, s *worldtest.Roads, name string) planning.Travel {
	t.Helper()
	c, err := provider.Parse("osrm:"+s.URL, false)
	if err != nil {
		t.Fatal(err)
	}
	return planning.Travel{Name: name, Provider: c.Open(nil)}
}

// byRoad fails where a leg of a plan is not as long as the roads of the server are.
func byRoad(t *testing.T, week *engine.Week, plan *engine.Plan) {
	t.Helper()
	at := map[string]geo.Point{}
	for _, p := range week.Places {
		at[p.ID] = geo.Point{p.Lon, p.Lat}
	}
	for _, r := range plan.Rounds {
		sum := 0.0
		for k := 1; k < len(r.Stops); k++ {
			sum += 1.5 * geo.GreatCircle(at[r.Stops[k-1].Place], at[r.Stops[k].Place])
		}
		if math.Abs(sum-r.Metres) > float64(len(r.Stops)) {
			t.Errorf("round %s has %v m, by road they are %v", r.ID, r.Metres, sum)
		}
	}
}

// A plan, what is asked about it and what changes it are made of the roads of the collective's source; only places that are new are
// asked for again; lines run along the roads; the week document comes with its distances.
func TestRoads(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		roads := worldtest.StartRoads(t)
		b.Travels = []planning.Travel{roadsOf(t, roads, "Comtat")}
		row := b.planned(b.Orders(20, 1)...)
		week, plan := documents(b, row)
		byRoad(t, week, plan)
		if made := plan.Summary.Travel; made == nil || made.Kind != geo.KindOSRM || made.Name != "Comtat" || made.Version != worldtest.RoadsVersion || made.Date != "2026-11-20" {
			t.Errorf("the plan is made of %+v", made)
		}
		if n := roads.Asked(); n != 6*6 {
			t.Errorf("%d pairs were asked for 6 places", n)
		}
		lines, err := b.Lines(ctx, b.Scope, row.ID)
		b.ok(err)
		for way, line := range lines {
			if len(line) != 3 {
				t.Errorf("from %s to %s the line is %v", way[0], way[1], line)
			}
		}
		if len(lines) < 3 {
			t.Errorf("the lines are %v", lines)
		}
		document, err := b.Document(ctx, b.Scope, row.ID, planning.WeekJSON, "en")
		b.ok(err)
		var whole engine.Week
		b.ok(json.Unmarshal(document.Body, &whole))
		if _, wrong := engine.Check(&whole, nil, plan); whole.Travel == nil || wrong != nil {
			t.Errorf("the week as it is given out does not fit the plan: %v", wrong)
		}

		// questions
		got, err := b.Foresee(ctx, b.Scope, row.ID, planning.Decision{Absences: []store.Absence{{Producer: b.Bruno, First: worldtest.Day, Last: worldtest.Day}}}, "en")
		b.ok(err)
		byRoad(t, got.Week, got.Plan)
		if n := roads.Asked(); n != 0 {
			t.Errorf("a question asked for %d pairs", n)
		}

		// a place that is new and one that has moved
		b.ok(b.Scope.CreatePlace(ctx, &store.Place{Name: "Neuf", At: &store.Point{LonE7: 50400000, LatE7: 441500000}}))
		places, _, err := b.Scope.Places(ctx, store.PlaceFilter{}, store.Page{})
		b.ok(err)
		places[0].At = &store.Point{LonE7: 51080000, LatE7: 441110000}
		b.ok(b.Scope.UpdatePlace(ctx, &places[0]))
		next := b.planned(b.Orders(2, 2)...)
		week, plan = documents(b, next)
		byRoad(t, week, plan)
		if n := roads.Asked(); n != 2*8+6*2 {
			t.Errorf("%d pairs were asked for 2 new points beside 6", n)
		}
		comparison, err := b.Compare(ctx, b.Scope, row.ID, next.ID, "en")
		b.ok(err)
		if comparison.After.Summary.Travel.Name != "Comtat" {
			t.Error("the comparison has lost what it is made of")
		}

		// other roads are asked for in the background, and the plan before is still asked about by its own
		roads.Renew("2026-12-01T00:00:00Z")
		b.Travels = []planning.Travel{roadsOf(t, roads, "Comtat")} // as after a restart
		b.ok(b.SurveyDue(ctx))
		if n := roads.Asked(); n != 7*7 {
			t.Errorf("%d pairs were asked for the 7 places of now", n)
		}
		b.ok(b.SurveyDue(ctx))
		if n := roads.Asked(); n != 0 {
			t.Errorf("%d pairs were asked for again", n)
		}
		_, err = b.Foresee(ctx, b.Scope, next.ID, planning.Decision{}, "en")
		b.ok(err)
		roads.Drawn()
		later := b.planned(b.Orders(2, 3)...)
		if _, plan = documents(b, later); plan.Summary.Travel.Date != "2026-12-01" || roads.Asked() != 0 || roads.Drawn() == 0 {
			t.Errorf("the plan after the change is made of %+v, or of lines of the roads before", plan.Summary.Travel)
		}
	})
}

// A place without a road keeps the week from being planned where it is needed, in words, and only there; what is chosen and not
// offered any more is warned of.
func TestNoRoad(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		roads := worldtest.StartRoads(t)
		b.Travels = []planning.Travel{roadsOf(t, roads, "Comtat")}
		b.ok(b.Scope.CreatePlace(ctx, &store.Place{Name: "Île", At: &store.Point{LonE7: 70000000, LatE7: 440000000}}))
		b.planned(b.Orders(5, 1)...)
		if p := b.state(store.PlanningDone); !strings.Contains(string(p.Faults), "Île") {
			t.Errorf("nothing is said of the place that nobody can go to: %s", p.Faults)
		}
		places, _, err := b.Scope.Places(ctx, store.PlaceFilter{}, store.Page{})
		b.ok(err)
		hall := places[slices.IndexFunc(places, func(p store.Place) bool { return p.Name == "Salle" })]
		was := hall.At
		hall.At = &store.Point{LonE7: 71000000, LatE7: 440000000}
		b.ok(b.Scope.UpdatePlace(ctx, &hall))
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{})
		b.ok(err)
		b.work()
		p := b.state(store.PlanningFailed)
		if !strings.Contains(p.Reason, "Salle") || !strings.Contains(p.Reason, "Comtat knows no road near Salle") || !strings.Contains(string(p.Faults), "places["+string(hall.ID)+"].road") {
			t.Errorf("the reason is %q, the faults %s", p.Reason, p.Faults)
		}
		hall.At = was
		b.ok(b.Scope.UpdatePlace(ctx, &hall))
		collective, err := b.Scope.Itself(ctx)
		b.ok(err)
		collective.Travel = "roads:/etc/passwd"
		b.is(b.Choose(ctx, b.Scope, collective), store.Invalid)
		collective.Travel, collective.Shortest = "crow", true
		b.is(b.Choose(ctx, b.Scope, collective), store.Invalid)
		collective.Shortest = false
		b.ok(b.Choose(ctx, b.Scope, collective))
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{})
		b.ok(err)
		b.work()
		all := b.plans()
		if _, plan := documents(b, &all[len(all)-1]); plan.Summary.Travel.Kind != geo.KindCrow {
			t.Errorf("the plan is made of %+v, and crow was chosen", plan.Summary.Travel)
		}
		b.right(all[len(all)-1].ID)
		collective.Travel = "of yesterday"
		b.ok(b.Scope.UpdateItself(ctx, collective))
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{})
		b.ok(err)
		b.work()
		if p := b.state(store.PlanningDone); !strings.Contains(string(p.Faults), "of yesterday") {
			t.Errorf("nothing is said of a source that is not offered any more: %s", p.Faults)
		}
	})
}

// A server that is down is asked again later, and in the end the planning fails in words; the sale can be planned once it is back.
func TestRoadsDown(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		roads := worldtest.StartRoads(t)
		roads.Fail(true)
		b.Travels = []planning.Travel{roadsOf(t, roads, "Comtat")}
		b.Order(t, b.Sale, b.Orders(5, 1)...)
		_, err := b.Close(ctx, b.Scope, b.Sale)
		b.ok(err)
		if n := b.work(); n < 2 {
			t.Errorf("it was tried %d times", n)
		}
		p := b.state(store.PlanningFailed)
		if !strings.Contains(p.Reason, "the distances could not be had from Comtat") || !strings.Contains(p.Reason, "out of order") {
			t.Errorf("the reason is %q", p.Reason)
		}
		if err := b.SurveyDue(ctx); err == nil || !strings.Contains(err.Error(), "Comtat") {
			t.Errorf("the survey says %v", err)
		}
		roads.Fail(false)
		_, err = b.Request(ctx, b.Scope, b.Sale, planning.Options{})
		b.ok(err)
		b.work()
		b.state(store.PlanningDone)
	})
}

// documents are a plan's.
func documents(b *bench, row *store.Plan) (*engine.Week, *engine.Plan) {
	b.t.Helper()
	week, plan, err := b.Documents(b.t.Context(), b.Scope, row)
	b.ok(err)
	return week, plan
}
