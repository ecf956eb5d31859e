package planning

import (
	"testing"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// An acceptance is carried over where the part is the same, with no more goods and within five minutes; otherwise it is asked
// again.
func TestAsk(t *testing.T) {
	at := func(minutes int) time.Time {
		return time.Date(2026, 11, 26, 15, minutes, 0, 0, time.UTC)
	}
	own := 0
	made := func(alter func(*engine.Plan)) *engine.Plan {
		p := &engine.Plan{
			Rounds: []engine.PlanRound{
				{ID: "r", Producer: "anne", Vehicle: "van", Stops: []engine.PlanStop{
					{Place: "farm", Arrive: at(0), Depart: at(0), Load: []string{"c"}},
					{Place: "amap", Arrive: at(20), Depart: at(30), Base: &own},
					{Place: "hall", Arrive: at(40), Depart: at(45), Unload: []string{"c"}},
					{Place: "farm", Arrive: at(59), Depart: at(59)}}},
				{ID: "idle", Producer: "bruno", Vehicle: "other", Stops: []engine.PlanStop{{Place: "grange", Depart: at(0)}, {Place: "amap", Arrive: at(9), Depart: at(9), Base: &own}, {Place: "grange", Arrive: at(20)}}}},
			Consignments: []engine.Consignment{{ID: "c", Producer: "claire", PickupPoint: "p", Class: engine.Ambient, Kg: 10, Litres: 20, Legs: []engine.Leg{{Round: "r", From: 0, To: 2}}}},
		}
		alter(p)
		return p
	}
	stop := func(p *engine.Plan, k int) *engine.PlanStop { return &p.Rounds[0].Stops[k] }
	for _, test := range []struct {
		name  string
		alter func(*engine.Plan)
		holds bool
	}{
		{"the same", func(*engine.Plan) {}, true},
		{"other ids", func(p *engine.Plan) { p.Consignments[0].ID = "d" }, true},
		{"some minutes later", func(p *engine.Plan) { stop(p, 2).Arrive = at(45) }, true},
		{"later", func(p *engine.Plan) { stop(p, 2).Arrive = at(46) }, false},
		{"leaves earlier", func(p *engine.Plan) { stop(p, 0).Depart = at(-6) }, false},
		{"back later", func(p *engine.Plan) { stop(p, 3).Arrive = at(65) }, false},
		{"less", func(p *engine.Plan) { p.Consignments[0].Kg = 9 }, true},
		{"nothing any more but a stop", func(p *engine.Plan) { p.Consignments = nil }, true},
		{"more kilograms", func(p *engine.Plan) { p.Consignments[0].Kg = 11 }, false},
		{"more litres", func(p *engine.Plan) { p.Consignments[0].Litres = 21 }, false},
		{"for another point", func(p *engine.Plan) { p.Consignments[0].PickupPoint = "q" }, false},
		{"of another producer", func(p *engine.Plan) { p.Consignments[0].Producer = "denis" }, false},
		{"another van", func(p *engine.Plan) { p.Rounds[0].Vehicle = "truck" }, false},
		{"another place", func(p *engine.Plan) { stop(p, 2).Place = "market" }, false},
		{"a stop more", func(p *engine.Plan) {
			s := p.Rounds[0].Stops
			p.Rounds[0].Stops = append(append(s[:2:2], engine.PlanStop{Place: "farm", Arrive: at(33), Depart: at(33)}), s[2:]...)
		}, false},
		{"handed over", func(p *engine.Plan) {
			p.Consignments[0].Legs = []engine.Leg{{Round: "r", From: 0, To: 2}, {Round: "idle", From: 1, To: 2}}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := &version{plan: made(func(*engine.Plan) {})}
			given := []store.Answer{{Round: "r", Producer: "anne", State: store.AnswerAccepted, Note: "yes"}}
			got := ask(&engine.Week{}, made(test.alter), before, given)
			state := store.AnswerOpen
			if test.holds {
				state = store.AnswerAccepted
			}
			if len(got) == 0 || got[0].Round != "r" || got[0].State != state {
				t.Errorf("asked %+v, want %s", got, state)
			}
			for _, a := range got[1:] {
				if a.Round == "idle" && test.name != "handed over" {
					t.Errorf("%+v is asked about nothing", a)
				}
			}
		})
	}
	// without an answer, or one of another carrier, it is open
	for _, given := range [][]store.Answer{nil, {{Round: "r", Producer: "denis", State: store.AnswerAccepted}}, {{Round: "r", Producer: "anne", State: store.AnswerOpen}}} {
		plan := made(func(*engine.Plan) {})
		if got := ask(&engine.Week{}, plan, &version{plan: plan}, given); len(got) != 1 || got[0].State != store.AnswerOpen || got[0].Producer != "anne" {
			t.Errorf("asked %+v after %+v", got, given)
		}
	}
}

// A refusal stands in the way of publishing where the round carries others' goods all the same.
func TestUnsettled(t *testing.T) {
	plan := &engine.Plan{
		Rounds: []engine.PlanRound{{ID: "a", Producer: "anne"}, {ID: "b", Producer: "bruno"}, {ID: "trip", Producer: "claire", Dedicated: true}},
		Consignments: []engine.Consignment{{Producer: "anne", Legs: []engine.Leg{{Round: "a"}}}, {Producer: "anne", Legs: []engine.Leg{{Round: "b"}}},
			{Producer: "claire", Legs: []engine.Leg{{Round: "trip"}}}},
	}
	var answers []store.Answer
	for _, state := range []store.AnswerState{store.AnswerAccepted, store.AnswerRefused, store.AnswerOpen} {
		for _, round := range []string{"a", "b", "trip"} {
			answers = append(answers, store.Answer{Round: round, State: state})
		}
	}
	got := map[string]string{}
	for _, a := range unsettled(plan, answers) {
		got[a.Round] += string(a.State) + " "
	}
	for round, want := range map[string]string{"a": "open ", "b": "refused open ", "trip": "refused open "} {
		if got[round] != want {
			t.Errorf("%s: %q stands in the way, want %q", round, got[round], want)
		}
	}
}

func TestRefusedTrip(t *testing.T) {
	r := &engine.PlanRound{Vehicle: "van", Stops: []engine.PlanStop{{Depart: time.Unix(1e9, 0).UTC()}, {Arrive: time.Unix(1e9+3600, 0).UTC()}}}
	vehicle, hours, ok := parseRefusedTrip(refusedTrip(r))
	if vehicle != "van" || !hours[0].Equal(r.Stops[0].Depart) || !hours[1].Equal(r.Stops[1].Arrive) || !ok {
		t.Errorf("got %s, %v, %v", vehicle, hours, ok)
	}
	for _, s := range []string{"", "trip-1", RoundID("abc", "2026-11-26"), "van@2026-11-26T08:00:00Z/", "van@/2026-11-26T08:00:00Z"} {
		if _, _, ok := parseRefusedTrip(s); ok {
			t.Errorf("%q is taken for a refused trip", s)
		}
	}
	plan := &engine.Plan{Rounds: []engine.PlanRound{{ID: "trip-1", Vehicle: "van", Dedicated: true, Stops: r.Stops}, {ID: "abc@2026-11-26"}}}
	trip := "van@2001-09-09T01:46:40Z/2001-09-09T02:46:40Z"
	if got := lasting(plan, "trip-1"); got != trip {
		t.Errorf("the trip is called %q", got)
	}
	for name, want := range map[string]bool{
		trip: true, "van@2001-09-09T02:40:00Z/2001-09-09T05:00:00Z": true,
		"van@2001-09-09T03:00:00Z/2001-09-09T05:00:00Z": false, "car@2001-09-09T01:46:40Z/2001-09-09T02:46:40Z": false, "abc@2026-11-26": false,
	} {
		if sameRound(trip, name) != want || sameRound(name, trip) != want {
			t.Errorf("%s is the trip: %v", name, !want)
		}
	}
	if !sameRound(lasting(plan, "abc@2026-11-26"), "abc@2026-11-26") || sameRound("abc@2026-11-26", "abc@2026-11-27") {
		t.Error("a round is told from another by its name")
	}
}
