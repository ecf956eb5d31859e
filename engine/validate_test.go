package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"carriole/geo"
)

func at(hour, minute int) time.Time { return time.Date(2026, 11, 26, hour, minute, 0, 0, time.UTC) }

// line of places a quarter of an hour apart, one vehicle and one round that has time to spare.
func soundWeek() *Week {
	const north = 11250 / 1.3 / 111319.4908 // degrees of latitude: 11,250 m, 900 s by the default travel
	w := &Week{
		ID: "w",
		Places: []Place{
			{ID: "farm", Lon: 5, Lat: 44, Open: []Interval{{at(6, 0), at(20, 0)}}},
			{ID: "hall", Lon: 5, Lat: 44 + north},
			{ID: "square", Lon: 5, Lat: 44 + 2*north},
		},
		Producers: []Producer{{ID: "anna", Place: "farm"}, {ID: "bruno", Place: "hall"}},
		Vehicles: []Vehicle{{ID: "van", Producer: "anna", Kg: 100, Litres: map[Class]float64{Ambient: 200},
			Available: []Interval{{at(6, 0), at(20, 0)}}}},
		Rounds: []Round{{ID: "thu", Producer: "bruno", Vehicle: "van", Start: "farm", End: "farm", DepartAfter: at(8, 0), ReturnBy: at(12, 0),
			Stops: []RoundStop{{Place: "hall", ArriveAfter: at(9, 0), ArriveBy: at(9, 30), StayS: 600, Unload: &Load{Kg: 60, Litres: map[Class]float64{Ambient: 150}}}}}},
		PickupPoints: []PickupPoint{{ID: "point", Place: "square", AcceptAfter: at(9, 0), AcceptBy: at(11, 0)}},
		Orders:       []Order{{ID: "o", PickupPoint: "point", Lines: []Line{{Producer: "anna", Kg: 1, Litres: 2}}}},
		Locks:        []Lock{{Producer: "anna", PickupPoint: "point", Rounds: []string{"thu"}}},
		Forbid:       []Forbid{{Producer: "bruno", Round: "thu"}},
	}
	return w
}

func number(x float64) *float64 { return &x }

func square(n int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, n)
	}
	return rows
}

func TestValidate(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name  string
		spoil func(w *Week)
		want  string // each fault or its beginning, one a line
	}{
		{"sound", func(w *Week) {}, ""},
		{"no id", func(w *Week) { w.ID = "" }, "warning: id: is empty"},
		{"place without id", func(w *Week) { w.Places[2].ID, w.PickupPoints[0].Place = "", "hall" }, "places[2].id: is empty: give each place an id of its own"},
		{"doubled place", func(w *Week) { w.Places[1].ID, w.Rounds[0].Stops, w.Producers[1].Place = "farm", nil, "farm" },
			`places[1].id: "farm" is the id of places[0] already: give each place an id of its own`},
		{"doubled producer", func(w *Week) { w.Producers = append(w.Producers, w.Producers[0]) }, `producers[2].id: "anna" is the id of producers[0] already`},
		{"doubled vehicle", func(w *Week) { w.Vehicles = append(w.Vehicles, w.Vehicles[0]) }, `vehicles[1].id: "van" is the id of vehicles[0] already`},
		{"doubled pickup point", func(w *Week) { w.PickupPoints = append(w.PickupPoints, w.PickupPoints[0]) }, `pickup_points[1].id: "point" is the id of pickup_points[0] already`},
		{"doubled order", func(w *Week) { w.Orders = append(w.Orders, w.Orders[0]) }, `orders[1].id: "o" is the id of orders[0] already`},
		{"doubled round", func(w *Week) {
			r := w.Rounds[0]
			r.DepartAfter, r.ReturnBy, r.Stops = at(14, 0), at(18, 0), nil
			w.Rounds = append(w.Rounds, r)
		}, `rounds[1].id: "thu" is the id of rounds[0] already`},

		{"producer's place", func(w *Week) { w.Producers[0].Place = "fram" }, `producers[0].place: no place has the id "fram", did you mean "farm"?`},
		{"producer without place", func(w *Week) { w.Producers[0].Place = "" }, `producers[0].place: is empty: name a place`},
		{"vehicle's producer", func(w *Week) { w.Vehicles[0].Producer = "Anna" }, `vehicles[0].producer: no producer has the id "Anna", did you mean "anna"?`},
		{"round's producer", func(w *Week) { w.Rounds[0].Producer = "bru" }, `rounds[0].producer: no producer has the id "bru"`},
		{"round's vehicle", func(w *Week) { w.Rounds[0].Vehicle = "vann" }, `rounds[0].vehicle: no vehicle has the id "vann", did you mean "van"?`},
		{"round's start", func(w *Week) { w.Rounds[0].Start = "mas" }, `rounds[0].start: no place has the id "mas"`},
		{"round's end", func(w *Week) { w.Rounds[0].End = "mas" }, `rounds[0].end: no place has the id "mas"`},
		{"stop's place", func(w *Week) { w.Rounds[0].Stops[0].Place = "halle" }, `rounds[0].stops[0].place: no place has the id "halle", did you mean "hall"?`},
		{"carries", func(w *Week) { w.Rounds[0].Carries.Only = []string{"anna", "brunno"} }, `rounds[0].carries[1]: no producer has the id "brunno", did you mean "bruno"?`},
		{"pickup point's place", func(w *Week) { w.PickupPoints[0].Place = "sqare" }, `pickup_points[0].place: no place has the id "sqare", did you mean "square"?`},
		{"order's pickup point", func(w *Week) { w.Orders[0].PickupPoint = "points" }, `orders[0].pickup_point: no pickup point has the id "points", did you mean "point"?`},
		{"line's producer", func(w *Week) { w.Orders[0].Lines[0].Producer = "ana" }, `orders[0].lines[0].producer: no producer has the id "ana", did you mean "anna"?`},
		{"lock's ids", func(w *Week) { w.Locks[0] = Lock{"x", "y", "z", []string{"q", "thu"}} },
			"locks[0].producer: no producer has the id \"x\"\nlocks[0].pickup_point: no pickup point has the id \"y\"\n" +
				"locks[0].class: \"z\" is not known\nlocks[0].rounds[0]: no round has the id \"q\""},
		{"forbid's ids", func(w *Week) { w.Forbid[0] = Forbid{"x", "thur"} },
			"forbid[0].producer: no producer has the id \"x\"\nforbid[0].round: no round has the id \"thur\", did you mean \"thu\"?"},

		{"negative kilograms", func(w *Week) { w.Orders[0].Lines[0].Kg = -1 }, "orders[0].lines[0].kg: -1 is not possible: it must be 0 or more, and no more than 1e+12"},
		{"litres not a number", func(w *Week) { w.Orders[0].Lines[0].Litres = nan }, "orders[0].lines[0].litres: NaN is not possible"},
		{"infinite quantity", func(w *Week) { w.Orders[0].Lines[0].Quantity = inf }, "orders[0].lines[0].quantity: +Inf is not possible"},
		{"line's class and carrier", func(w *Week) { w.Orders[0].Lines[0].Class, w.Orders[0].Lines[0].CarriedBy = "cold", "none" },
			"orders[0].lines[0].class: \"cold\" is not known: use \"ambient\", \"chilled\" or \"frozen\"\norders[0].lines[0].carried_by: \"none\" is not known: use \"any\" or \"producer\""},
		{"vehicle's amounts", func(w *Week) {
			w.Rounds = nil
			w.Locks, w.Forbid = nil, nil
			w.Vehicles[0] = Vehicle{ID: "van", Producer: "anna", Kg: -1, Litres: map[Class]float64{Chilled: -2, "cold": 1}, CO2GPerKm: number(-3)}
		}, "vehicles[0].kg: -1 is not\nvehicles[0].litres.chilled: -2 is not\nvehicles[0].litres: \"cold\" is not known\nvehicles[0].co2_g_per_km: -3 is not"},
		{"limits", func(w *Week) {
			w.Places[0].StopS, w.Producers[0].MaxAddedM = number(-1), number(-2)
			w.Rounds[0].MaxAddedM, w.Rounds[0].MaxAddedS = number(-3), number(-4)
		}, "places[0].stop_s: -1 is not\nproducers[0].max_added_m: -2 is not\nrounds[0].max_added_m: -3 is not\nrounds[0].max_added_s: -4 is not"},
		{"settings", func(w *Week) {
			w.Settings = Settings{HandoverM: number(-1), OthersWithinM: number(inf), MaxPickupM: number(-3), ChangeM: number(-4)}
		},
			"settings.change_m: -4 is not\nsettings.handover_m: -1 is not\nsettings.others_within_m: +Inf is not\nsettings.max_pickup_m: -3 is not"},
		{"stay", func(w *Week) { w.Rounds[0].Stops[0].StayS = -60 }, "rounds[0].stops[0].stay_s: -60 is not possible"},
		{"unload", func(w *Week) { w.Rounds[0].Stops[0].Unload = &Load{-1, map[Class]float64{Ambient: -2}} },
			"rounds[0].stops[0].unload.kg: -1 is not\nrounds[0].stops[0].unload.litres.ambient: -2 is not"},
		{"stored class", func(w *Week) { w.Places[1].Handover = &Handover{Store: []Class{Ambient, "froze"}} }, `places[1].handover.store[1]: "froze" is not known, did you mean "frozen"?`},

		{"open", func(w *Week) { w.Places[0].Open[0][1] = at(5, 0) },
			"places[0].open[0]: closes before it opens: 2026-11-26T05:00:00Z is earlier than 2026-11-26T06:00:00Z"},
		{"available", func(w *Week) { w.Vehicles[0].Available[0][1] = at(5, 0) }, "vehicles[0].available[0]: closes before it opens"},
		{"accept", func(w *Week) { w.PickupPoints[0].AcceptBy = at(8, 0) }, "pickup_points[0].accept_by: closes before it opens"},
		{"stop's window", func(w *Week) { w.Rounds[0].Stops[0].ArriveBy = at(8, 0) }, "rounds[0].stops[0].arrive_by: closes before it opens"},
		{"round's window", func(w *Week) { w.Rounds[0].ReturnBy = at(7, 0) }, "rounds[0].return_by: closes before it opens"},
		{"a moment is a window", func(w *Week) { w.PickupPoints[0].AcceptBy = w.PickupPoints[0].AcceptAfter }, ""},

		{"coordinates", func(w *Week) { w.Places[1].Lon, w.Places[1].Lat = 200, nan },
			"places[1].lon: 200 is out of range, −180 to 180\nplaces[1].lat: NaN is out of range, −90 to 90"},
		{"swapped and out of range", func(w *Week) { w.Places[1].Lon, w.Places[1].Lat = 44, 105 },
			"places[1].lat: 105 is out of range, −90 to 90: are lon and lat swapped?"},
		{"swapped", func(w *Week) {
			w.Travel = &geo.Table{Metres: square(3), Seconds: square(3)}
			w.Places[2].Lon, w.Places[2].Lat = w.Places[2].Lat, w.Places[2].Lon
		}, "warning: places[2]: lon 44.15"},
		{"all swapped", func(w *Week) {
			for i := range w.Places {
				w.Places[i].Lon, w.Places[i].Lat = w.Places[i].Lat, w.Places[i].Lon
			}
		}, "warning: places: lie around lon 44"},
		{"far, but not swapped", func(w *Week) { w.Places[2].Lon, w.Places[2].Lat = -61.5, 16.2 }, ""},
		{"customer's coordinates", func(w *Week) { w.Orders[0] = Order{ID: "o", Lon: number(5), Lat: number(91), Lines: w.Orders[0].Lines} },
			"orders[0].lat: 91 is out of range, −90 to 90: are lon and lat swapped?"},
		{"customer's coordinates swapped", func(w *Week) {
			w.Orders[0] = Order{ID: "o", Lon: number(44.1), Lat: number(5), Lines: w.Orders[0].Lines}
		},
			"warning: orders[0]: lon 44.1 and lat 5 lie"},

		{"orders nowhere", func(w *Week) { w.Orders[0].PickupPoint = "" }, "orders[0]: has neither a pickup_point nor the customer's lon and lat"},
		{"half a customer", func(w *Week) { w.Orders[0].PickupPoint, w.Orders[0].Lon = "", number(5) }, "orders[0].lat: is missing beside lon"},
		{"the other half", func(w *Week) { w.Orders[0].PickupPoint, w.Orders[0].Lat = "", number(44) }, "orders[0].lon: is missing beside lat"},
		{"point and customer", func(w *Week) { w.Orders[0].Lon, w.Orders[0].Lat = number(5), number(44) }, "warning: orders[0]: has both"},
		{"no lines", func(w *Week) { w.Orders[0].Lines = nil }, "warning: orders[0].lines: is empty"},
		{"no pickup points", func(w *Week) {
			w.PickupPoints, w.Locks = nil, nil
			w.Orders[0] = Order{ID: "o", Lon: number(5), Lat: number(44), Lines: w.Orders[0].Lines}
		},
			"pickup_points: is empty, but there are 1 orders"},
		{"nothing at all", func(w *Week) { *w = Week{ID: "w"} }, ""},

		{"too few rows", func(w *Week) { w.Travel = &geo.Table{Metres: square(2), Seconds: square(3)} }, "travel.metres: has 2 rows for 3 places"},
		{"empty table", func(w *Week) { w.Travel = &geo.Table{} }, "travel.metres: has 0 rows for 3 places\ntravel.seconds: has 0 rows for 3 places"},
		{"ragged table", func(w *Week) {
			w.Travel = &geo.Table{Metres: square(3), Seconds: square(3)}
			w.Travel.Seconds[1] = make([]float64, 4)
		}, "travel.seconds[1]: has 4 entries for 3 places"},
		{"table's entries", func(w *Week) {
			w.Travel = &geo.Table{Metres: square(3), Seconds: square(3)}
			w.Travel.Metres[0][1], w.Travel.Metres[1][1], w.Travel.Seconds[2][0] = -5, 7, nan
		}, "travel.metres[0][1]: -5 is not possible\ntravel.metres[1][1]: 7 from a place to itself: it must be 0\ntravel.seconds[2][0]: NaN is not possible"},

		{"own goods too heavy", func(w *Week) { w.Rounds[0].Stops[0].Unload.Kg = 101 },
			`rounds[0].stops[0].unload.kg: with it 101 kg of own goods are on board at the start, and vehicle "van" takes 100`},
		{"own goods too heavy together", func(w *Week) {
			s := w.Rounds[0].Stops[0]
			s.ArriveBy, s.Unload = at(10, 0), &Load{Kg: 41}
			w.Rounds[0].Stops = append(w.Rounds[0].Stops, s)
		}, `rounds[0].stops[1].unload.kg: with it 101 kg of own goods are on board at the start`},
		{"own goods just fit", func(w *Week) { w.Rounds[0].Stops[0].Unload.Kg = 100 }, ""},
		{"own goods too large", func(w *Week) { w.Rounds[0].Stops[0].Unload.Litres[Ambient] = 201 },
			`rounds[0].stops[0].unload.litres.ambient: with it 201 l of own ambient goods are on board at the start, and vehicle "van" takes 200`},
		{"no room of the class", func(w *Week) { w.Rounds[0].Stops[0].Unload.Litres[Frozen] = 1 },
			`rounds[0].stops[0].unload.litres.frozen: with it 1 l of own frozen goods are on board at the start, and vehicle "van" takes 0`},

		{"a stop too soon", func(w *Week) { w.Rounds[0].Stops[0].ArriveAfter, w.Rounds[0].Stops[0].ArriveBy = at(8, 0), at(8, 10) },
			"rounds[0].stops[0].arrive_by: cannot be kept: leaving at depart_after the round arrives 300 s too late"},
		{"a stop just in time", func(w *Week) { w.Rounds[0].Stops[0].ArriveAfter, w.Rounds[0].Stops[0].ArriveBy = at(8, 0), at(8, 15) }, ""},
		{"back too late", func(w *Week) { w.Rounds[0].ReturnBy = at(9, 20) }, "rounds[0].return_by: cannot be kept: leaving at depart_after the round is back 300 s too late"},
		{"back just in time", func(w *Week) { w.Rounds[0].ReturnBy = at(9, 25) }, ""},

		{"lock on no round", func(w *Week) { w.Locks[0].Rounds = nil }, "locks[0].rounds: is empty, but the pickup point is not at the producer's place"},
		{"lock on the spot", func(w *Week) { w.Locks[0].Rounds, w.PickupPoints[0].Place = []string{}, "farm" }, ""},
		{"lock on a round twice", func(w *Week) { w.Locks[0].Rounds = []string{"thu", "thu"} }, "locks[0].rounds[1]: is the round before again"},
	}
	for _, tt := range tests {
		w := soundWeek()
		tt.spoil(w)
		got := Validate(w, nil)
		var want []string
		if tt.want != "" {
			want = strings.Split(tt.want, "\n")
		}
		if !slices.EqualFunc(got, want, func(f Fault, s string) bool { return strings.HasPrefix(f.String(), s) }) {
			t.Errorf("%s:\n got %v\nwant %v", tt.name, got, want)
		}
	}
}

// errands makes one round of a quarter of an hour's work from each pair of times, all with one vehicle.
func errands(spans ...[2]time.Time) *Week {
	w := soundWeek()
	r := w.Rounds[0]
	r.Stops, w.Rounds, w.Locks, w.Forbid = nil, nil, nil, nil
	for i, s := range spans {
		r.ID, r.DepartAfter, r.ReturnBy = fmt.Sprint("r", i), s[0], s[1]
		r.Stops = []RoundStop{{Place: "farm", ArriveAfter: s[0], ArriveBy: s[1], StayS: 900}}
		w.Rounds = append(w.Rounds, r)
	}
	return w
}

func TestValidateFleet(t *testing.T) {
	many := func(n int, until time.Time) *Week {
		spans := make([][2]time.Time, n)
		for i := range spans {
			spans[i] = [2]time.Time{at(8, 0), until}
		}
		return errands(spans...)
	}
	late := errands([2]time.Time{at(8, 0), at(12, 0)}, [2]time.Time{at(8, 5), at(9, 0)})
	late.Rounds[0].Stops[0].ArriveAfter = at(8, 50) // by its departure it would go first, but it must go last
	tests := []struct {
		name string
		week *Week
		want string
	}{
		{"one after the other", errands([2]time.Time{at(8, 0), at(8, 30)}, [2]time.Time{at(8, 30), at(9, 0)}), ""},
		{"overlapping spans, time enough", errands([2]time.Time{at(8, 0), at(9, 0)}, [2]time.Time{at(8, 0), at(9, 0)}), ""},
		{"overlapping spans, just time enough", errands([2]time.Time{at(8, 0), at(8, 30)}, [2]time.Time{at(8, 0), at(8, 30)}), ""},
		{"too little time for two", errands([2]time.Time{at(8, 0), at(8, 20)}, [2]time.Time{at(8, 0), at(8, 25)}),
			`rounds[1].vehicle: "van" cannot drive this round besides rounds[0] without overlap: one after the other it misses a window by 300 s`},
		{"only the other order works", late, ""},
		{"five fill their span", many(5, at(9, 15)), ""},
		{"six do not fit it", many(6, at(9, 15)),
			`rounds[5].vehicle: "van" cannot drive this round besides rounds[0], rounds[1], rounds[2], rounds[3], rounds[4] without overlap`},
		{"twelve in the order of time", many(12, at(11, 0)), ""},
	}
	for _, tt := range tests {
		got := Validate(tt.week, nil)
		if (tt.want == "") != (len(got) == 0) || len(got) > 1 || len(got) == 1 && !strings.HasPrefix(got[0].String(), tt.want) {
			t.Errorf("%s:\n got %v\nwant %v", tt.name, got, tt.want)
		}
	}
}

// The travel that a caller gives counts, not the default; one of a wrong shape is a fault and no panic.
func TestValidateTravel(t *testing.T) {
	slow := &geo.Table{Metres: square(3), Seconds: square(3)}
	slow.Seconds[0][1] = 2 * 3600
	got := Validate(soundWeek(), slow)
	if want := "rounds[0].stops[0].arrive_by: cannot be kept: leaving at depart_after the round arrives 1800 s too late"; len(got) != 1 || !strings.HasPrefix(got[0].String(), want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got = Validate(soundWeek(), &geo.Table{Metres: square(3)})
	if want := "travel.seconds: has 0 rows for 3 places"; len(got) != 1 || !strings.HasPrefix(got[0].String(), want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// However many warnings there are, the one fault is among what comes back.
func TestValidateWarningsHideNoFault(t *testing.T) {
	w := soundWeek()
	for i := range 3 * maxFaults {
		w.Orders = append(w.Orders, Order{ID: fmt.Sprint("empty-", i), PickupPoint: "point"})
	}
	w.Settings.HandoverM = number(-1)
	got := Validate(w, nil)
	if len(got) != maxFaults+2 || got[0].Path != "settings.handover_m" || !got[len(got)-1].Warning {
		t.Errorf("%d faults, first %v, last %v", len(got), got[0], got[len(got)-1])
	}
	if err := invalid(got); err == nil || len(err.(*InvalidWeek).Faults) != 1 {
		t.Errorf("the error is %v", err)
	}
	if err := invalid(got[1:]); err != nil {
		t.Errorf("warnings alone make the error %v", err)
	}
}

// A stranger in each of many lines costs a look for a similar name only so often.
func TestValidateManyStrangers(t *testing.T) {
	w := soundWeek()
	for i := range 5000 {
		w.Producers = append(w.Producers, Producer{ID: fmt.Sprint("producer-", i), Place: "farm"})
		w.Orders = append(w.Orders, Order{ID: fmt.Sprint("order-", i), PickupPoint: "point", Lines: []Line{{Producer: fmt.Sprint("product-", i)}}})
	}
	got := Validate(w, nil)
	if len(got) != maxFaults+1 || got[maxFaults].Message != fmt.Sprintf("and %d more of this kind", 5000-maxFaults) {
		t.Errorf("%d faults, last %v", len(got), got[len(got)-1])
	}
}

func ExampleValidate() {
	week := &Week{
		ID:           "2026-W48",
		Places:       []Place{{ID: "mas", Lon: 5.107, Lat: 44.112}, {ID: "hall", Lon: 105.048, Lat: 144.055}},
		Producers:    []Producer{{ID: "chazelle", Place: "mas"}},
		PickupPoints: []PickupPoint{{ID: "drive", Place: "hall", AcceptAfter: at(19, 30), AcceptBy: at(16, 30)}},
		Orders: []Order{
			{ID: "o-1", PickupPoint: "drive", Lines: []Line{{Producer: "chazel", Kg: 1}}},
			{ID: "o-2", PickupPoint: "drive"},
		},
	}
	for _, fault := range Validate(week, nil) {
		fmt.Println(fault)
	}
	// Output:
	// places[1].lat: 144.055 is out of range, −90 to 90
	// pickup_points[0].accept_by: closes before it opens: 2026-11-26T16:30:00Z is earlier than 2026-11-26T19:30:00Z
	// orders[0].lines[0].producer: no producer has the id "chazel", did you mean "chazelle"?
	// warning: orders[1].lines: is empty: nothing is ordered
}
