package view_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"carriole/engine"
	"carriole/engine/view"
)

// peaches is a week in which Anne hands her peaches to Bruno at the AMAP, who brings them home past the hall.
func peaches() (*engine.Week, *engine.Plan) {
	at := func(hour, minute int) time.Time {
		return time.Date(2026, 11, 26, hour, minute, 0, 0, time.FixedZone("CET", 3600))
	}
	own := new(int)
	week := &engine.Week{
		ID: "2026-W48",
		Places: []engine.Place{
			{ID: "anne", Name: "Anne’s orchard", Lon: 5.1, Lat: 44.1}, {ID: "amap", Name: "AMAP", Lon: 5.0, Lat: 44.0},
			{ID: "hall", Name: "Market hall", Lon: 5.05, Lat: 43.95}, {ID: "bruno", Name: "Bruno’s farm", Lon: 5.1, Lat: 43.9},
		},
		Producers:    []engine.Producer{{ID: "a", Name: "Anne", Place: "anne"}, {ID: "b", Name: "Bruno", Place: "bruno"}},
		Vehicles:     []engine.Vehicle{{ID: "van", Producer: "b", Kg: 500, Litres: map[engine.Class]float64{engine.Ambient: 900}}},
		PickupPoints: []engine.PickupPoint{{ID: "ph", Place: "hall"}},
	}
	plan := &engine.Plan{
		Week: "2026-W48",
		Rounds: []engine.PlanRound{
			{ID: "ra", Producer: "a", Vehicle: "va", Metres: 20000, BaseMetres: 20000, Stops: []engine.PlanStop{
				{Place: "anne", Arrive: at(17, 0), Depart: at(17, 0), Load: []string{"c"}},
				{Place: "amap", Arrive: at(17, 30), Depart: at(18, 30), Base: own, Unload: []string{"c"}},
				{Place: "anne", Arrive: at(19, 0), Depart: at(19, 0)}}},
			{ID: "rb", Producer: "b", Vehicle: "van", Metres: 41000, BaseMetres: 40000, Stops: []engine.PlanStop{
				{Place: "bruno", Arrive: at(17, 0), Depart: at(17, 0)},
				{Place: "amap", Arrive: at(17, 40), Depart: at(18, 40), Base: own, Load: []string{"c"}},
				{Place: "hall", Arrive: at(19, 0), Depart: at(19, 10), Unload: []string{"c"}},
				{Place: "bruno", Arrive: at(19, 25), Depart: at(19, 25)}}},
		},
		Consignments: []engine.Consignment{{ID: "c", Producer: "a", PickupPoint: "ph", Class: engine.Ambient, Kg: 60, Litres: 100,
			Legs: []engine.Leg{{Round: "ra", From: 0, To: 1}, {Round: "rb", From: 1, To: 2}}}},
		Summary: engine.Summary{BaseMetres: 60000, PlannedMetres: 61000, AddedMetres: 1000, Handovers: 1, Objective: 1500,
			AloneMetres: 86000, SavedMetres: 25000, SavedCO2Kg: 12.7},
	}
	return week, plan
}

func ExampleText() {
	week, plan := peaches()
	view.Text(os.Stdout, week, plan, view.Options{Width: 72})
	// Output:
	// Who carries what, week 2026-W48
	// ════════════════════════════════════════════════════════════════════════
	//
	// ANNE · round ra                                     Thursday 26 November
	// vehicle va                                           20.0 km, none added
	// ────────────────────────────────────────────────────────────────────────
	// 17:00        ● Anne’s orchard                                      start
	//                load:
	//                  Anne → Market hall            ambient  60.0 kg  100.0 l
	// 17:30–18:30  ○ AMAP                                             own stop
	//                hand over to Bruno (rb, there 17:40–18:40):
	//                  Anne → Market hall            ambient  60.0 kg  100.0 l
	// 19:00        ● Anne’s orchard                                        end
	//
	// BRUNO · round rb                                    Thursday 26 November
	// vehicle van                               41.0 km, of which 1.0 km added
	// ────────────────────────────────────────────────────────────────────────
	// 17:00        ● Bruno’s farm                                        start
	//                room left: 500 kg · ambient 900 l
	// 17:40–18:40  ○ AMAP                                             own stop
	//                take over from Anne (ra, there 17:30–18:30):
	//                  Anne → Market hall            ambient  60.0 kg  100.0 l
	//                room left: 440 kg · ambient 800 l
	// 19:00–19:10  + Market hall                                    ADDED STOP
	//                unload here:
	//                  Anne                          ambient  60.0 kg  100.0 l
	//                room left: 500 kg · ambient 900 l
	// 19:25        ● Bruno’s farm                                          end
	//
	// WHOSE GOODS RIDE WITH WHOM
	// ────────────────────────────────────────────────────────────────────────
	// Anne → Market hall                             ambient  60.0 kg  100.0 l
	//   with Anne (ra), then from AMAP with Bruno (rb)
	//
	// WHAT PLANNING TOGETHER BRINGS
	// ────────────────────────────────────────────────────────────────────────
	// each alone         86.0 km
	// as planned         61.0 km  1 handover, 0 dedicated trips
	// saved              25.0 km  29.1%, 12.7 kg of CO2
	//
	// Everything that was ordered is served.
}

func ExampleReason() {
	week, plan := peaches()
	repair := &engine.Repair{Obstacle: engine.NoMetres, Round: "rb", Have: 900, Need: 1000}
	fmt.Println(view.Reason(week, plan, repair, view.Options{}))
	// Output: rb (Bruno) would need a detour of 1,000 m where 900 m are allowed (max_added_m)
}

func ExampleExplain() {
	week, plan := peaches()
	c := plan.Consignments[0]
	c.Why = &engine.Why{Way: engine.WayHandover, AddedMetres: 1500, Next: &engine.NextWay{Rounds: []string{"van"}, New: true, AddedMetres: 60000}}
	fmt.Println(view.Explain(week, plan, &c, view.Options{}))
	// Output: changes from ra (Anne) to rb (Bruno), +1.5 km with the handover; next best: a new trip of vehicle van (Bruno), +60.0 km
}

func ExampleGeoJSON() {
	week, plan := peaches()
	for _, f := range view.GeoJSON(week, plan, view.Options{}).Features {
		fmt.Println(f.Geometry.GeoJSONType(), f.Properties["kind"], f.Properties["id"], f.Properties["name"])
		if f.Properties["kind"] == "round" {
			continue
		}
		break
	}
	// Output:
	// LineString round ra ra
	// LineString round rb rb
	// Point stop <nil> Anne’s orchard
}

func ExampleTurns() {
	week, plan := peaches()
	got := &engine.Replanned{Week: week, Plan: plan, Differences: []engine.Difference{{What: engine.GoodsMoved, Producer: "a", PickupPoint: "ph",
		Before: []string{"ra"}, After: []string{"ra", "rb"}, For: []string{"a", "b"}, Cause: engine.Cause{Kind: engine.CauseSaves, Metres: 2500}}}}
	for _, t := range view.Turns(got, plan, view.Options{}) {
		fmt.Printf("%s: %s; %s; for %s\n", t.Who, t.How, t.Why, strings.Join(t.For, " and "))
	}
	// Output: Anne for Market hall: ride with Anne (ra) to Bruno (rb), no longer with Anne (ra); saves 2.5 km; for Anne and Bruno
}
