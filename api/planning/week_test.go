package planning_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

func ptr[T any](x T) *T { return &x }

// base is a farm with a van, a weekly round past a hall, and a sale whose days span the end of summer time, 2026-10-25.
func base() *store.WeekData {
	row := func(id store.ID) store.Row { return store.Row{ID: id, Version: 1} }
	return &store.WeekData{
		Collective: store.Collective{Row: row("col"), Name: "c", Timezone: "Europe/Paris"},
		Sale:       store.Sale{Row: row("sale"), Name: "s", First: "2026-10-19", Distribution: "2026-10-24", Last: "2026-10-25"},
		Places: []store.Place{
			{Row: row("farm"), Name: "Ferme", At: &store.Point{LonE7: 51070000, LatE7: 441120000}, Meet: true, StoreChilled: true, StoreAmbient: true},
			{Row: row("hall"), Name: "Salle", At: &store.Point{LonE7: 50300000, LatE7: 441230000}, StopS: ptr(int64(60)), Meet: true},
			{Row: row("unknown"), Name: "Inconnu"}},
		Producers: []store.Producer{
			{Row: row("anne"), Name: "Anne", Place: "farm", Active: true, Ready: ptr(store.Clock(8 * 60)), ReadyDaysBefore: 1, MaxAddedM: ptr(int64(30000))},
			{Row: row("idle"), Name: "Idle", Place: "unknown", Active: true}},
		Vehicles: []store.Vehicle{
			{Row: row("van"), Name: "Van", Producer: "anne", Equipment: store.Fridge, Room: store.Room{Grams: 500_500, AmbientMl: 2_000_000, ChilledMl: 100_000},
				Available: store.Windows{{Days: []store.Weekday{"sat", "sun"}, From: 8 * 60, Until: 25 * 60}}},
			{Row: row("old"), Name: "Old", Producer: "anne", Room: store.Room{Grams: 1}}},
		Rounds: []store.Round{{Row: row("tour"), Name: "Tour", Producer: "anne", Vehicle: "van", Rule: "FREQ=WEEKLY;BYDAY=SA,SU", Starts: "2026-01-03",
			Start: "farm", End: "farm", DepartAfter: 15 * 60, ReturnBy: 20 * 60, Carries: store.CarriesAll,
			Stops: []store.Stop{{Place: "hall", ArriveAfter: 16 * 60, ArriveBy: 17 * 60, StayS: 600, Unload: store.Room{Grams: 20_000, AmbientMl: 50_000}}}}},
		PickupPoints: []store.PickupPoint{{Row: row("drive"), Name: "Drive", Place: "hall", Active: true, AcceptFromMin: 90, AcceptUntilMin: 15,
			Windows: store.Windows{{Days: []store.Weekday{"sat"}, From: 17*60 + 30, Until: 19 * 60}}}},
		Products: []store.Product{
			{Row: row("pears"), Producer: "anne", Name: "Poires", Unit: "500 g", Grams: 500, Millilitres: 900, Class: engine.Ambient, CarriedBy: engine.ByAny},
			{Row: row("cheese"), Producer: "anne", Name: "Tomme", Grams: 333, Millilitres: 400, Class: engine.Chilled, CarriedBy: engine.ByProducer}},
		Orders: []store.Order{
			{Row: row("o1"), Ref: "R1", PickupPoint: "drive", Lines: []store.OrderLine{{Product: "pears", QuantityMilli: 3000}, {Product: "cheese", QuantityMilli: 1500, Grams: ptr(int64(510))}}},
			{Row: row("o2"), Ref: "R2", PickupPoint: "drive"},
			{Row: row("o3"), Ref: "R3", At: &store.Point{LonE7: 50310000, LatE7: 441240000}, Lines: []store.OrderLine{{Product: "pears", QuantityMilli: 1000}}}},
	}
}

func hard(faults []engine.Fault) (out []engine.Fault) {
	for _, f := range faults {
		if !f.Warning {
			out = append(out, f)
		}
	}
	return out
}

// The hours of the clock are kept when summer time ends in the night between two days of a round.
func TestWeekAcrossClockChange(t *testing.T) {
	week, faults := planning.Week(base())
	if h := hard(faults); h != nil {
		t.Fatal(h)
	}
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	round := func(day, offset string) engine.Round {
		return engine.Round{ID: "tour@" + day, Name: "Tour", Producer: "anne", Vehicle: "van", Start: "farm", End: "farm",
			DepartAfter: at(day + "T15:00:00" + offset), ReturnBy: at(day + "T20:00:00" + offset),
			Stops: []engine.RoundStop{{Place: "hall", ArriveAfter: at(day + "T16:00:00" + offset), ArriveBy: at(day + "T17:00:00" + offset), StayS: 600,
				Unload: &engine.Load{Kg: 20, Litres: map[engine.Class]float64{engine.Ambient: 50}}}}}
	}
	want := &engine.Week{
		ID: "sale", Name: "s", Timezone: "Europe/Paris",
		Places: []engine.Place{
			{ID: "farm", Name: "Ferme", Lon: 5.107, Lat: 44.112, Handover: &engine.Handover{Meet: ptr(true), Store: []engine.Class{engine.Ambient, engine.Chilled}}},
			{ID: "hall", Name: "Salle", Lon: 5.03, Lat: 44.123, StopS: ptr(60.0), Handover: &engine.Handover{Meet: ptr(true)}}},
		Producers: []engine.Producer{{ID: "anne", Name: "Anne", Place: "farm", ReadyAt: at("2026-10-23T08:00:00+02:00"), MaxAddedM: ptr(30000.0)}},
		Vehicles: []engine.Vehicle{{ID: "van", Name: "Van", Producer: "anne", Kg: 500.5, Litres: map[engine.Class]float64{engine.Ambient: 2000, engine.Chilled: 100},
			Available: []engine.Interval{{at("2026-10-24T08:00:00+02:00"), at("2026-10-25T01:00:00+02:00")}, {at("2026-10-25T08:00:00+01:00"), at("2026-10-26T01:00:00+01:00")}}}},
		Rounds:       []engine.Round{round("2026-10-24", "+02:00"), round("2026-10-25", "+01:00")},
		PickupPoints: []engine.PickupPoint{{ID: "drive", Name: "Drive", Place: "hall", AcceptAfter: at("2026-10-24T16:00:00+02:00"), AcceptBy: at("2026-10-24T17:15:00+02:00")}},
		Orders: []engine.Order{
			{ID: "o1", Name: "R1", PickupPoint: "drive", Lines: []engine.Line{
				{Producer: "anne", Product: "Poires 500 g", ProductID: "pears", Quantity: 3, Kg: 1.5, Litres: 2.7, Class: engine.Ambient, CarriedBy: engine.ByAny},
				{Producer: "anne", Product: "Tomme", ProductID: "cheese", Quantity: 1.5, Kg: 0.51, Litres: 0.6, Class: engine.Chilled, CarriedBy: engine.ByProducer}}},
			{ID: "o3", Name: "R3", Lon: ptr(5.031), Lat: ptr(44.124), Lines: []engine.Line{{Producer: "anne", Product: "Poires 500 g", ProductID: "pears", Quantity: 1, Kg: 0.5, Litres: 0.9, Class: engine.Ambient, CarriedBy: engine.ByAny}}}},
		Settings: engine.Settings{OthersWithinM: ptr(100000.0)},
	}
	if d := cmp.Diff(want, week); d != "" {
		t.Errorf("week (-want +got):\n%s", d)
	}
	for _, r := range week.Rounds {
		if r.DepartAfter.Format("15:04 -07:00") != "15:00 "+map[string]string{"tour@2026-10-24": "+02:00", "tour@2026-10-25": "+01:00"}[r.ID] {
			t.Errorf("%s leaves at %s", r.ID, r.DepartAfter)
		}
	}
}

// What a week has of rounds, when something is otherwise than usual.
func TestWeekRounds(t *testing.T) {
	change := func(day store.Day, kind store.ChangeKind, alter func(*store.RoundChange)) func(*store.WeekData) {
		return func(d *store.WeekData) {
			c := store.RoundChange{Round: "tour", Day: day, Kind: kind}
			if alter != nil {
				alter(&c)
			}
			d.Changes = append(d.Changes, c)
		}
	}
	absence := func(a store.Absence) func(*store.WeekData) {
		return func(d *store.WeekData) { d.Absences = append(d.Absences, a) }
	}
	for _, test := range []struct {
		name  string
		alter func(*store.WeekData)
		want  string // rounds with their departures
	}{
		{"as usual", func(*store.WeekData) {}, "2026-10-24@24T15:00+02 2026-10-25@25T15:00+01"},
		{"cancelled", change("2026-10-24", store.Cancelled, nil), "2026-10-25@25T15:00+01"},
		{"later", change("2026-10-25", store.Moved, func(c *store.RoundChange) { c.ShiftMin = 45 }), "2026-10-24@24T15:00+02 2026-10-25@25T15:45+01"},
		{"earlier in the week", change("2026-10-25", store.Moved, func(c *store.RoundChange) { c.ToDay = "2026-10-20" }), "2026-10-25@20T15:00+02 2026-10-24@24T15:00+02"},
		{"into another week", change("2026-10-25", store.Moved, func(c *store.RoundChange) { c.ToDay = "2026-10-26" }), "2026-10-24@24T15:00+02"},
		{"from another week", change("2026-10-17", store.Moved, func(c *store.RoundChange) { c.ToDay = "2026-10-19" }), "2026-10-17@19T15:00+02 2026-10-24@24T15:00+02 2026-10-25@25T15:00+01"},
		{"added", change("2026-10-21", store.Added, nil), "2026-10-21@21T15:00+02 2026-10-24@24T15:00+02 2026-10-25@25T15:00+01"},
		{"a change of no day of the rule", change("2026-10-21", store.Moved, func(c *store.RoundChange) { c.ShiftMin = 5 }), "2026-10-24@24T15:00+02 2026-10-25@25T15:00+01"},
		{"producer away", absence(store.Absence{Producer: "anne", First: "2026-10-25", Last: "2026-11-01"}), "2026-10-24@24T15:00+02"},
		{"van away", absence(store.Absence{Vehicle: "van", First: "2026-10-24", Last: "2026-10-24"}), "2026-10-25@25T15:00+01"},
		{"everybody away", absence(store.Absence{First: "2026-10-20", Last: "2026-10-25"}), ""},
		{"others away", absence(store.Absence{Producer: "idle", First: "2026-10-20", Last: "2026-10-25"}), "2026-10-24@24T15:00+02 2026-10-25@25T15:00+01"},
		{"another van while the van is away", func(d *store.WeekData) {
			absence(store.Absence{Vehicle: "van", First: "2026-10-24", Last: "2026-10-25"})(d)
			change("2026-10-24", store.Moved, func(c *store.RoundChange) { c.Vehicle = "old" })(d)
		}, "2026-10-24@24T15:00+02"},
		{"inactive", func(d *store.WeekData) { d.Producers[0].Active = false }, ""},
		{"out of season", func(d *store.WeekData) { d.Rounds[0].Season = store.Season{From: "11-01", Until: "10-24"} }, "2026-10-24@24T15:00+02"},
		{"every other week", func(d *store.WeekData) {
			d.Rounds[0].Rule, d.Rounds[0].Starts = "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", "2026-10-17"
		}, ""},
		{"until", func(d *store.WeekData) { d.Rounds[0].Rule = "FREQ=WEEKLY;BYDAY=SA,SU;UNTIL=20261024" }, "2026-10-24@24T15:00+02"},
		{"the fourth Saturday", func(d *store.WeekData) { d.Rounds[0].Rule = "FREQ=MONTHLY;BYDAY=4SA" }, "2026-10-24@24T15:00+02"},
		{"once", func(d *store.WeekData) { d.Rounds[0].Rule, d.Rounds[0].Starts = "", "2026-10-22" }, "2026-10-22@22T15:00+02"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := base()
			for i := range d.Rounds { // so that any vehicle can take it
				d.Rounds[i].Stops[0].Unload = store.Room{}
			}
			test.alter(d)
			week, faults := planning.Week(d)
			if h := hard(faults); h != nil {
				t.Error(h)
			}
			var got []string
			for _, r := range week.Rounds {
				got = append(got, strings.TrimPrefix(r.ID, "tour@")+"@"+r.DepartAfter.Format("02T15:04-07"))
			}
			if d := cmp.Diff(test.want, strings.Join(got, " ")); d != "" {
				t.Errorf("rounds (-want +got):\n%s", d)
			}
		})
	}
}

func TestWeekWays(t *testing.T) {
	d := base()
	ride := func(r ...store.Ride) []store.Ride { return r }
	d.Ways = []store.Way{
		{Producer: "anne", PickupPoint: "drive", Rides: ride(store.Ride{Round: "tour"})},
		{Producer: "anne", PickupPoint: "drive", Rides: ride(store.Ride{Round: "tour", Day: "sun"})},
		{Producer: "anne", PickupPoint: "drive", Rides: ride(store.Ride{Round: "tour", Day: "mon"})},
		{Producer: "anne", PickupPoint: "drive", Rides: ride(store.Ride{Vehicle: "van"})},
		{Producer: "idle", PickupPoint: "drive", Rides: ride(store.Ride{Vehicle: "van"})},
		{Sale: "sale", Producer: "anne", PickupPoint: "drive", Class: engine.Chilled, Rides: ride(store.Ride{Round: "tour", Day: "2026-10-24"})},
		{Row: store.Row{ID: "gone"}, Sale: "sale", Producer: "anne", PickupPoint: "drive", Rides: ride(store.Ride{Round: "tour", Day: "2026-10-23"})},
	}
	d.Forbids = []store.Forbid{{Producer: "anne", Round: "tour", Day: "2026-10-25"}, {Producer: "idle", Round: "tour"}, {Producer: "anne", Round: "gone"}}
	d.Balances = map[store.ID]int64{"anne": -1200}
	d.Rounds[0].Carries, d.Rounds[0].Only = store.CarriesSome, []store.ID{"anne", "idle"}
	d.Settings = []store.Setting{{Name: store.OthersWithinM, Since: "2026-10-01", Reason: "registre"}, {Name: store.FairnessPermil, Since: "2026-10-01", Value: ptr(int64(250))},
		{Name: store.CostCentsPerKm, Since: "2026-10-25", Value: ptr(int64(60))}, {Name: store.NobodyWorseOff, Since: "2026-01-01", Value: ptr(int64(1))}}
	week, faults := planning.Week(d)
	if h := hard(faults); h != nil {
		t.Error(h)
	}
	habits := []engine.Habit{
		{Producer: "anne", PickupPoint: "drive", Rounds: []string{"tour@2026-10-24"}},
		{Producer: "anne", PickupPoint: "drive", Rounds: []string{"tour@2026-10-25"}},
		{Producer: "anne", PickupPoint: "drive", Rounds: []string{"van"}}}
	locks := []engine.Lock{{Producer: "anne", PickupPoint: "drive", Class: engine.Chilled, Rounds: []string{"tour@2026-10-24"}}}
	forbid := []engine.Forbid{{Producer: "anne", Round: "tour@2026-10-25"}}
	settings := engine.Settings{Fairness: 0.25, NobodyWorseOff: true}
	for _, diff := range []string{cmp.Diff(habits, week.Habits), cmp.Diff(locks, week.Locks), cmp.Diff(forbid, week.Forbid), cmp.Diff(settings, week.Settings),
		cmp.Diff(engine.Carries{Only: []string{"anne"}}, week.Rounds[0].Carries), cmp.Diff(-1200.0, week.Producers[0].BalanceM)} {
		if diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if !slices.ContainsFunc(faults, func(f engine.Fault) bool { return f.Warning && f.Path == "ways[gone]" }) {
		t.Errorf("faults %v do not warn of the lock on a day without round", faults)
	}
}

func TestWeekFaults(t *testing.T) {
	for _, test := range []struct {
		name, path string
		warning    bool
		alter      func(*store.WeekData)
	}{
		{"position not known", "places[hall].at", false, func(d *store.WeekData) { d.Places[1].At = nil }},
		{"closed on the day", "pickup_points[drive].windows", false, func(d *store.WeekData) {
			d.PickupPoints[0].Dated = []store.Dated{{Day: "2026-10-24"}}
		}},
		{"inactive point", "pickup_points[drive].windows", false, func(d *store.WeekData) { d.PickupPoints[0].Active = false }},
		{"heavy", "vehicles[van].gross_grams", true, func(d *store.WeekData) { d.Vehicles[0].GrossGrams = ptr(int64(3_500_001)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := base()
			test.alter(d)
			_, faults := planning.Week(d)
			if !slices.ContainsFunc(faults, func(f engine.Fault) bool { return f.Path == test.path && f.Warning == test.warning }) {
				t.Errorf("faults %v, want one of %s", faults, test.path)
			}
		})
	}
	// Hours of the place that are never in this week do not mean always.
	d := base()
	d.Places[0].Hours = store.Windows{{Days: []store.Weekday{"mon"}, From: 0, Until: 60, Season: store.Season{From: "05-01", Until: "06-01"}}}
	week, _ := planning.Week(d)
	if len(week.Places[0].Open) != 1 || !week.Places[0].Open[0][1].Before(week.Rounds[0].DepartAfter.AddDate(0, 0, -5)) {
		t.Errorf("a place that is closed all week opens %v", week.Places[0].Open)
	}
	// Other hours on a day, here earlier, are the day's.
	d = base()
	d.PickupPoints[0].Dated = []store.Dated{{Day: "2026-10-24", Spans: []store.Span{{From: 11 * 60, Until: 12 * 60}}}}
	week, _ = planning.Week(d)
	if got := week.PickupPoints[0].AcceptBy.Format("15:04"); got != "10:45" {
		t.Errorf("unloading until %s, want 10:45", got)
	}
}

func TestHolidays(t *testing.T) {
	got := planning.Holidays("2026-12-25", "2027-04-01")
	want := []planning.Holiday{{Day: "2026-12-25", Name: "Noël"}, {Day: "2027-01-01", Name: "Nouvel an"}, {Day: "2027-03-29", Name: "Lundi de Pâques"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("holidays (-want +got):\n%s", d)
	}
}

func TestSplitRoundID(t *testing.T) {
	if r, d, ok := planning.SplitRoundID(planning.RoundID("abc", "2026-10-24")); r != "abc" || d != "2026-10-24" || !ok {
		t.Errorf("got %s, %s, %v", r, d, ok)
	}
	for _, trip := range []string{"", "trip-1", "@2026-10-24", "abc@", "abc@tomorrow"} {
		if _, _, ok := planning.SplitRoundID(trip); ok {
			t.Errorf("%q is taken for a round", trip)
		}
	}
}

// From an empty store to a plan.
func ExampleWeek() {
	ctx := context.Background()
	folder := tempDir()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(folder, "store.db"))
	check(err)
	defer s.Close()
	_, err = s.Migrate(ctx)
	check(err)
	collective := store.Collective{Name: "En direct"}
	check(s.CreateCollective(ctx, &collective, "setup"))
	c := s.In(collective.ID, "member:marie")

	farm := store.Place{Name: "Mas", At: &store.Point{LonE7: 51070000, LatE7: 441110000}}
	hall := store.Place{Name: "Salle", At: &store.Point{LonE7: 50300000, LatE7: 441230000}}
	check(c.CreatePlace(ctx, &farm))
	check(c.CreatePlace(ctx, &hall))
	anne := store.Producer{Name: "Anne", Place: farm.ID, Active: true}
	check(c.CreateProducer(ctx, &anne))
	van := store.Vehicle{Name: "Kangoo", Producer: anne.ID, Room: store.Room{Grams: 500_000, AmbientMl: 2_500_000}}
	check(c.CreateVehicle(ctx, &van))
	check(c.CreateRound(ctx, &store.Round{Name: "AMAP", Producer: anne.ID, Vehicle: van.ID, Rule: "FREQ=WEEKLY;BYDAY=TH", Starts: "2026-01-01",
		Start: farm.ID, End: farm.ID, DepartAfter: 15 * 60, ReturnBy: 21 * 60}))
	drive := store.PickupPoint{Name: "Drive", Place: hall.ID, Active: true, Windows: store.Windows{{Days: []store.Weekday{"thu"}, From: 18 * 60, Until: 20 * 60}}}
	check(c.CreatePickupPoint(ctx, &drive))
	peaches := store.Product{Name: "Pêches", Unit: "1 kg", Producer: anne.ID, Grams: 1000, Millilitres: 2500, Active: true}
	check(c.CreateProduct(ctx, &peaches))
	sale := store.Sale{Name: "Semaine 48", Distribution: "2026-11-26"}
	check(c.CreateSale(ctx, &sale))
	_, err = c.PutOrders(ctx, sale.ID, []store.Order{{Ref: "R1", PickupPoint: drive.ID, Lines: []store.OrderLine{{Product: peaches.ID, QuantityMilli: 2000}}}})
	check(err)

	data, err := c.WeekData(ctx, sale.ID)
	check(err)
	week, faults := planning.Week(data)
	plan, err := engine.Solve(ctx, week, nil, engine.Options{Iterations: 64})
	check(err)
	for _, stop := range plan.Rounds[0].Stops {
		for _, p := range week.Places {
			if p.ID == stop.Place {
				fmt.Println(stop.Arrive.In(collective.Zone()).Format("Mon 15:04"), p.Name)
			}
		}
	}
	fmt.Println(len(faults), "faults,", len(plan.Unserved), "lines unserved")
	// Output:
	// Thu 16:19 Mas
	// Thu 16:30 Salle
	// Thu 16:45 Mas
	// 0 faults, 0 lines unserved
}
