package planning_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// comtat is the week around Carpentras that farmers tell of: fruit from Caromb, eggs from Entraigues, vegetables from Mazan, goat
// cheese from Bédoin, honey from Malaucène, bread from Monteux; a drive in Carpentras on Thursday, AMAPs at Pernes,
// Monteux and Aubignan. The drive is on the way of the cheese and of the bread; the hens' keeper drives to Pernes alone.
func comtat() *store.WeekData {
	row := func(id string) store.Row { return store.Row{ID: store.ID(id), Version: 1} }
	d := &store.WeekData{
		Collective: store.Collective{Row: row("comtat"), Name: "Comtat", Timezone: "Europe/Paris"},
		Sale:       store.Sale{Row: row("sale"), Name: "Semaine 48", First: "2026-11-23", Distribution: "2026-11-26", Last: "2026-11-29"},
		PickupPoints: []store.PickupPoint{{Row: row("drive"), Name: "Drive de Carpentras", Place: "carpentras", Active: true, AcceptFromMin: 90, AcceptUntilMin: 15,
			Windows: store.Windows{{Days: []store.Weekday{"thu"}, From: 16*60 + 30, Until: 19*60 + 30}}}},
	}
	for id, at := range map[store.ID]store.Point{
		"carpentras": {LonE7: 50481000, LatE7: 440551000}, "caromb": {LonE7: 51074000, LatE7: 441111000}, "entraigues": {LonE7: 49266000, LatE7: 440032000},
		"mazan": {LonE7: 51268000, LatE7: 440570000}, "bedoin": {LonE7: 51804000, LatE7: 441243000}, "malaucene": {LonE7: 51321000, LatE7: 441739000},
		"monteux": {LonE7: 49963000, LatE7: 440362000}, "pernes": {LonE7: 50591000, LatE7: 439980000}, "aubignan": {LonE7: 50253000, LatE7: 440997000},
	} {
		d.Places = append(d.Places, store.Place{Row: row(string(id)), Name: strings.ToUpper(string(id[:1])) + string(id[1:]), At: &at, StopS: ptr(int64(300)), Meet: true})
	}
	slices.SortFunc(d.Places, func(a, b store.Place) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, x := range []struct {
		producer, place string
		class           engine.Class
		equipment       store.Equipment
		room            store.Room
	}{
		{"fruit", "caromb", engine.Ambient, store.NoEquipment, store.Room{Grams: 500_000, AmbientMl: 2_000_000}},
		{"eggs", "entraigues", engine.Ambient, store.NoEquipment, store.Room{Grams: 300_000, AmbientMl: 1_000_000}},
		{"vegetables", "mazan", engine.Ambient, store.NoEquipment, store.Room{Grams: 900_000, AmbientMl: 4_000_000, ChilledMl: 500_000}},
		{"cheese", "bedoin", engine.Chilled, store.Fridge, store.Room{Grams: 500_000, AmbientMl: 1_000_000, ChilledMl: 500_000}},
		{"honey", "malaucene", engine.Ambient, store.NoEquipment, store.Room{Grams: 300_000, AmbientMl: 1_000_000}},
		{"bread", "monteux", engine.Ambient, store.NoEquipment, store.Room{Grams: 500_000, AmbientMl: 2_000_000}},
	} {
		id := store.ID(x.producer)
		d.Producers = append(d.Producers, store.Producer{Row: row(x.producer), Name: x.producer, Place: store.ID(x.place), Active: true})
		d.Vehicles = append(d.Vehicles, store.Vehicle{Row: row(x.producer + "-van"), Name: x.producer + " van", Producer: id, Room: x.room, Equipment: x.equipment})
		d.Products = append(d.Products, store.Product{Row: row(x.producer), Producer: id, Name: x.producer, Grams: 500, Millilitres: 800, Class: x.class, CarriedBy: engine.ByAny, Active: true})
		d.Orders = append(d.Orders, store.Order{Row: row("o-" + x.producer), Ref: x.producer, PickupPoint: "drive", Lines: []store.OrderLine{{Product: id, QuantityMilli: 10_000}}})
	}
	round := func(producer, home, day string, leave, back store.Clock, stops ...store.Stop) {
		d.Rounds = append(d.Rounds, store.Round{Row: row(producer + "-tour"), Name: producer, Producer: store.ID(producer), Vehicle: store.ID(producer + "-van"), Starts: "2026-01-01",
			Rule: store.Rule("FREQ=WEEKLY;BYDAY=" + day), Start: store.ID(home), End: store.ID(home), DepartAfter: leave, ReturnBy: back, Carries: store.CarriesAll, Stops: stops})
	}
	stop := func(place string, hour, stay store.Clock, own int64) store.Stop {
		return store.Stop{Place: store.ID(place), ArriveAfter: hour - 60, ArriveBy: hour - 10, StayS: int64(stay) * 60, Unload: store.Room{Grams: own, AmbientMl: 2 * own}}
	}
	round("eggs", "entraigues", "TU", 16*60, 21*60, stop("pernes", 18*60+30, 60, 40_000))
	round("vegetables", "mazan", "TH", 13*60, 22*60, stop("carpentras", 16*60, 10, 0), stop("aubignan", 18*60, 90, 100_000))
	round("cheese", "bedoin", "TH", 13*60, 22*60, stop("carpentras", 16*60, 10, 0), stop("aubignan", 18*60, 90, 30_000))
	round("bread", "monteux", "TH", 12*60, 22*60, stop("carpentras", 16*60, 10, 0))
	round("fruit", "caromb", "TH", 13*60, 22*60, stop("aubignan", 18*60, 90, 60_000))
	return d
}

// planned is the plan of a week with its rules cited, and whose round brings each producer's goods.
func planned(t *testing.T, d *store.WeekData) (*engine.Plan, map[string]string, []engine.Fault) {
	t.Helper()
	week, faults := planning.Week(d)
	if h := hard(faults); h != nil {
		t.Fatal(h)
	}
	plan, err := engine.Solve(context.Background(), week, nil, engine.Options{Iterations: 200, Shares: -1})
	if err != nil {
		t.Fatal(err)
	}
	planning.Cite(d, week, plan)
	if _, bad := engine.Check(week, nil, plan); bad != nil {
		t.Fatal(bad)
	}
	by := map[string]string{}
	for _, x := range plan.Consignments {
		var rounds []string
		for _, l := range x.Legs {
			round, _, _ := strings.Cut(l.Round, "@")
			rounds = append(rounds, strings.TrimSuffix(round, "-tour"))
		}
		by[x.Producer] = strings.Join(rounds, " ")
	}
	return plan, by, faults
}

func product(d *store.WeekData, id store.ID) *store.Product {
	return &d.Products[slices.IndexFunc(d.Products, func(p store.Product) bool { return p.ID == id })]
}

func overrule(d *store.WeekData, name store.SettingName, value *int64) {
	d.Settings = append(d.Settings, store.Setting{Name: name, Since: "2026-01-01", Value: value, Reason: "décidé en assemblée"})
}

// Eggs without packing centre stay with who keeps the hens, and the plan says so; with one they ride with the bread. The honey
// rides with the cheese.
func TestSeedWeek(t *testing.T) {
	d := comtat()
	plan, by, _ := planned(t, d)
	if len(plan.Unserved) > 0 || by["honey"] != "cheese" && by["honey"] != "fruit vegetables" || by["eggs"] != "bread" || by["cheese"] != "cheese" {
		t.Errorf("with a packing centre: %v, unserved %+v", by, plan.Unserved)
	}
	t.Log("honey rides", by["honey"])

	eggs := product(d, "eggs")
	eggs.UnpackedEggs, eggs.CarriedBy = true, engine.ByProducer
	plan, by, _ = planned(t, d)
	if len(plan.Unserved) != 1 || plan.Unserved[0].Order != "o-eggs" || by["bread"] != "bread" {
		t.Fatalf("without a packing centre: %v, unserved %+v", by, plan.Unserved)
	}
	u := plan.Unserved[0]
	for _, want := range []string{"eggs without packing centre", "80 km", "eggs_within_m", "chambres d'agriculture", "would lift"} {
		if !strings.Contains(u.Reason, want) {
			t.Errorf("the reason %q does not say %q", u.Reason, want)
		}
	}
	if u.Repair == nil || u.Repair.Rule == nil || !strings.Contains(u.Repair.Rule.French, "centre d’emballage") {
		t.Errorf("repair %+v", u.Repair)
	}

	// The keeper who may drive on Thursday brings them.
	d.Vehicles[1].Available = store.Windows{{Days: []store.Weekday{"thu"}, From: 12 * 60, Until: 18 * 60}}
	plan, _, _ = planned(t, d)
	if len(plan.Unserved) != 0 {
		t.Errorf("unserved %+v", plan.Unserved)
	}
	for _, r := range plan.Rounds {
		if r.Producer == "eggs" && r.Dedicated {
			return
		}
	}
	t.Error("the hens' keeper does not bring the eggs")
}

func TestEggsTooFar(t *testing.T) {
	far := func() *store.WeekData { // the hens are at Digne, 95 km away, and their keeper passes the drive
		d := comtat()
		eggs := product(d, "eggs")
		eggs.UnpackedEggs, eggs.CarriedBy = true, engine.ByProducer
		for i := range d.Places {
			if d.Places[i].ID == "entraigues" {
				d.Places[i].At = &store.Point{LonE7: 62357000, LatE7: 440922000}
			}
		}
		d.Rounds = slices.DeleteFunc(d.Rounds, func(r store.Round) bool { return r.Producer == "eggs" })
		d.Vehicles[1].Available = store.Windows{{Days: []store.Weekday{"thu"}, From: 8 * 60, Until: 23 * 60}}
		return d
	}
	d := far()
	plan, _, _ := planned(t, d)
	if len(plan.Unserved) != 1 || plan.Unserved[0].Order != "o-eggs" || plan.Unserved[0].Repair.Obstacle != engine.NoHeld {
		t.Fatalf("unserved %+v", plan.Unserved)
	}
	for _, want := range []string{"Drive de Carpentras is 95", "80 km", "eggs_within_m", "would lift"} {
		if !strings.Contains(plan.Unserved[0].Reason, want) {
			t.Errorf("the reason %q does not say %q", plan.Unserved[0].Reason, want)
		}
	}
	for name, lift := range map[string]func(*store.WeekData){
		"no limit":         func(d *store.WeekData) { overrule(d, store.EggsWithinM, nil) },
		"a wider one":      func(d *store.WeekData) { overrule(d, store.EggsWithinM, ptr(int64(100_000))) },
		"a packing centre": func(d *store.WeekData) { product(d, "eggs").UnpackedEggs = false },
	} {
		d := far()
		lift(d)
		if plan, _, _ := planned(t, d); len(plan.Unserved) > 0 {
			t.Errorf("%s: unserved %+v", name, plan.Unserved)
		}
	}
	// A setting of a later day, or of an earlier one that another has replaced, does not count.
	d = far()
	d.Settings = []store.Setting{{Name: store.EggsWithinM, Since: "2026-12-01", Reason: "x"}, {Name: store.EggsWithinM, Since: "2025-01-01", Reason: "x"},
		{Name: store.EggsWithinM, Since: "2026-06-01", Value: ptr(int64(90_000)), Reason: "arrêté préfectoral"}}
	plan, _, _ = planned(t, d)
	if len(plan.Unserved) != 1 || !strings.Contains(plan.Unserved[0].Reason, "90 km") || !strings.Contains(plan.Unserved[0].Reason, "arrêté préfectoral") {
		t.Errorf("unserved %+v", plan.Unserved)
	}
	// An order that seeks its pickup point must not find one too far away.
	d = far()
	d.Orders[1].PickupPoint, d.Orders[1].At = "", &store.Point{LonE7: 50500000, LatE7: 440500000}
	d.Orders[1].Lines = append(d.Orders[1].Lines, store.OrderLine{Product: "bread", QuantityMilli: 1000})
	plan, _, _ = planned(t, d)
	if len(plan.Unserved) != 1 || plan.Unserved[0].Line != 0 || len(plan.Assigned) != 1 {
		t.Errorf("unserved %+v, assigned %v", plan.Unserved, plan.Assigned)
	}
}

// Cold goods ride in what keeps them cold, whatever litres a vehicle says it has.
func TestClassesByEquipment(t *testing.T) {
	alone := func(equipment store.Equipment) *store.WeekData { // the cheese can ride with the vegetables alone, who fetch it
		d := comtat()
		d.Rounds = slices.DeleteFunc(d.Rounds, func(r store.Round) bool { return r.Producer != "vegetables" })
		d.Orders = d.Orders[3:4]
		d.Vehicles[2].Equipment = equipment
		return d
	}
	for _, test := range []struct {
		equipment store.Equipment
		class     engine.Class
		served    bool
	}{
		{store.NoEquipment, engine.Chilled, false}, {store.Boxes, engine.Chilled, true}, {store.Fridge, engine.Chilled, true}, {store.Freezer, engine.Chilled, true},
		{store.NoEquipment, engine.Frozen, false}, {store.Boxes, engine.Frozen, false}, {store.Fridge, engine.Frozen, false}, {store.Freezer, engine.Frozen, true},
	} {
		d := alone(test.equipment)
		product(d, "cheese").Class = test.class
		d.Vehicles[2].Room.FrozenMl = 500_000
		plan, by, faults := planned(t, d)
		if (len(plan.Unserved) == 0) != test.served {
			t.Errorf("%s goods with %s: %v, unserved %+v", test.class, test.equipment, by, plan.Unserved)
		}
		if test.served {
			continue
		}
		if !strings.Contains(plan.Unserved[0].Reason, "classes_by_equipment") {
			t.Errorf("the reason %q does not name the rule", plan.Unserved[0].Reason)
		}
		if !slices.ContainsFunc(faults, func(f engine.Fault) bool { return f.Warning && f.Path == "vehicles[vegetables-van].equipment" }) {
			t.Errorf("no warning of room that does not count: %v", faults)
		}
		overrule(d, store.ClassesByEquipment, ptr(int64(0)))
		if plan, _, _ := planned(t, d); len(plan.Unserved) > 0 {
			t.Errorf("overruled: %+v", plan.Unserved)
		}
	}
	// What the driver brings to the AMAP is the driver's own matter.
	d := alone(store.NoEquipment)
	d.Rounds[0].Stops[1].Unload.ChilledMl = 50_000
	planned(t, d)
}

// Chilled goods in boxes, on a round that stands at an AMAP for more than an hour before it comes to the drive.
func TestMinutesInBox(t *testing.T) {
	d := comtat()
	d.Orders = d.Orders[3:4]
	d.Rounds = slices.DeleteFunc(d.Rounds, func(r store.Round) bool { return r.Producer != "cheese" })
	d.Vehicles[3].Equipment, d.Vehicles[3].Boxes = store.Boxes, 5
	stops := d.Rounds[0].Stops
	d.Rounds[0].Stops = []store.Stop{{Place: "aubignan", ArriveAfter: 13*60 + 30, ArriveBy: 14 * 60, StayS: 4500}, stops[0]}
	plan, by, _ := planned(t, d)
	if by["cheese"] != "cheese" {
		t.Fatalf("two hours are enough: %v, %+v", by, plan.Unserved)
	}
	overrule(d, store.BoxMinutes, ptr(int64(90)))
	d.Rounds[0].Frozen = true
	plan, by, _ = planned(t, d)
	if len(plan.Unserved) != 1 {
		t.Fatalf("in 90 minutes: %v", by)
	}
	for _, want := range []string{"longest_s", "minutes_in_box", "90 min", "décidé en assemblée", "would lift"} {
		if !strings.Contains(plan.Unserved[0].Reason, want) {
			t.Errorf("the reason %q does not say %q", plan.Unserved[0].Reason, want)
		}
	}
	d.Settings = nil
	overrule(d, store.BoxMinutes, nil)
	if plan, _, _ := planned(t, d); len(plan.Unserved) > 0 {
		t.Errorf("without a limit: %+v", plan.Unserved)
	}
}

// Nobody handles goods of others far from home.
func TestOthersWithin(t *testing.T) {
	d := comtat()
	d.Orders = d.Orders[5:] // bread
	d.Rounds = slices.DeleteFunc(d.Rounds, func(r store.Round) bool { return r.Producer != "vegetables" })
	overrule(d, store.OthersWithinM, ptr(int64(4_000))) // from Mazan to Carpentras it is six kilometres
	plan, by, _ := planned(t, d)
	if len(plan.Unserved) != 1 || !strings.Contains(plan.Unserved[0].Reason, "others_within_m: décidé en assemblée") || !strings.Contains(plan.Unserved[0].Reason, "would lift") {
		t.Fatalf("%v, unserved %+v", by, plan.Unserved)
	}
	d.Settings = nil
	if plan, _, _ := planned(t, d); len(plan.Unserved) > 0 {
		t.Errorf("within 100 km: %+v", plan.Unserved)
	}
}
