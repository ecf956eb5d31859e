package engine

import (
	"math"
	"testing"
	"time"

	"carriole/geo"

	"github.com/google/go-cmp/cmp"
)

// errand is a week in which a van drives from home past the farm and the hall to the market and back. Places lie on a
// grid of kilometres and are driven between along it at 10 m/s. To take the farmer's 60 kg and 90 l to the hall on the way
// to the market adds 6 km and 20 minutes; the van is at the hall at 9:00 and back home at 11:33:20.
func errand() *Week {
	w := &Week{ID: "errand",
		Producers: []Producer{{ID: "driver", Place: "home"}, {ID: "farmer", Place: "farm"}},
		Vehicles:  []Vehicle{{ID: "van", Producer: "driver", Kg: 500, Litres: map[Class]float64{Ambient: 500}}},
		Rounds: []Round{{ID: "r", Producer: "driver", Vehicle: "van", Start: "home", End: "home", DepartAfter: thursday(8, 0), ReturnBy: thursday(18, 0),
			Stops: []RoundStop{{Place: "market", ArriveAfter: thursday(9, 0), ArriveBy: thursday(12, 0), StayS: 3600}}}},
		PickupPoints: []PickupPoint{{ID: "point", Place: "hall", AcceptAfter: thursday(8, 0), AcceptBy: thursday(17, 0)}},
		Orders:       []Order{{ID: "o", PickupPoint: "point", Lines: []Line{{Producer: "farmer", Kg: 60, Litres: 90}}}},
	}
	grid := []struct{ east, north float64 }{{0, 0}, {10, 2}, {30, 3}, {40, 0}}
	w.Travel = &geo.Table{}
	for i, id := range []string{"home", "farm", "hall", "market"} {
		a := grid[i]
		w.Places = append(w.Places, Place{ID: id, Lon: a.east / 111.3, Lat: a.north / 111.3})
		var metres, seconds []float64
		for _, b := range grid {
			d := 1000 * (math.Abs(a.east-b.east) + math.Abs(a.north-b.north))
			metres, seconds = append(metres, d), append(seconds, d/10)
		}
		w.Travel.Metres, w.Travel.Seconds = append(w.Travel.Metres, metres), append(w.Travel.Seconds, seconds)
	}
	return w
}

// byTripOnly takes the round out of the week of an errand: the van is available instead.
func byTripOnly(w *Week, from, until time.Time) {
	w.Rounds = nil
	w.Vehicles[0].Available = []Interval{{from, until}}
}

// another adds a round on Friday that passes the farm and the hall.
func another(w *Week) *Round {
	r := w.Rounds[0]
	r.ID, r.DepartAfter, r.ReturnBy = "s", november(27, 8, 0), november(27, 18, 0)
	r.Stops = []RoundStop{
		{Place: "farm", ArriveAfter: november(27, 8, 0), ArriveBy: november(27, 17, 0), StayS: 60},
		{Place: "hall", ArriveAfter: november(27, 8, 0), ArriveBy: november(27, 17, 0), StayS: 60},
	}
	w.Rounds = append(w.Rounds, r)
	w.PickupPoints[0].AcceptBy = november(27, 17, 0)
	return &w.Rounds[1]
}

// after moves a moment by the seconds that a repair needs.
func after(t *time.Time, r *Repair) {
	*t = t.Add(time.Duration(math.Ceil(r.Need)) * time.Second)
}

func TestDiagnose(t *testing.T) {
	for name, c := range map[string]struct {
		limit  func(w *Week)            // makes the errand impossible
		want   Repair                   // what stands in the way
		reason string                   // the same in words
		apply  func(w *Week, r *Repair) // does as the repair says
	}{
		"room": {
			func(w *Week) { w.Vehicles[0].Litres[Ambient] = 50 },
			Repair{Obstacle: NoRoom, Round: "r", Class: Ambient, Missing: 40},
			"40 l of ambient room are missing on r",
			func(w *Week, r *Repair) { w.Vehicles[0].Litres[r.Class] += r.Missing },
		},
		"no room of the class": {
			func(w *Week) { w.Orders[0].Lines[0].Class = Frozen },
			Repair{Obstacle: NoRoom, Round: "r", Class: Frozen, Missing: 90},
			"90 l of frozen room are missing on r",
			func(w *Week, r *Repair) { w.Vehicles[0].Litres[r.Class] += r.Missing },
		},
		"room beside own goods": {
			func(w *Week) {
				w.Rounds[0].Stops[0].Unload = &Load{Kg: 100, Litres: map[Class]float64{Ambient: 440.5}}
				w.Rounds[0].MaxAddedM = new(9000.0) // not out past the farm and back past the hall
			},
			Repair{Obstacle: NoRoom, Round: "r", Class: Ambient, Missing: 30.5},
			"30.5 l of ambient room are missing on r",
			func(w *Week, r *Repair) { w.Vehicles[0].Litres[r.Class] += r.Missing },
		},
		"payload": {
			func(w *Week) { w.Vehicles[0].Kg = 40 },
			Repair{Obstacle: NoRoom, Round: "r", Missing: 20},
			"20 kg of payload are missing on r",
			func(w *Week, r *Repair) { w.Vehicles[0].Kg += r.Missing },
		},
		"max_added_m": {
			func(w *Week) { w.Rounds[0].MaxAddedM = new(4000.0) },
			Repair{Obstacle: NoMetres, Round: "r", Have: 4000, Need: 6000},
			"r would need max_added_m 6,000 instead of 4,000",
			func(w *Week, r *Repair) { w.Rounds[0].MaxAddedM = &r.Need },
		},
		"max_added_s": {
			func(w *Week) { w.Rounds[0].MaxAddedS = new(900.0) },
			Repair{Obstacle: NoSeconds, Round: "r", Have: 900, Need: 1200},
			"r would need max_added_s 1,200 instead of 900",
			func(w *Week, r *Repair) { w.Rounds[0].MaxAddedS = &r.Need },
		},
		"producer's max_added_m": {
			func(w *Week) { w.Producers[0].MaxAddedM = new(5000.0) },
			Repair{Obstacle: NoProducerM, Producer: "driver", Have: 5000, Need: 6000},
			"driver would need max_added_m 6,000 instead of 5,000 for the whole week",
			func(w *Week, r *Repair) { w.Producers[0].MaxAddedM = &r.Need },
		},
		"accept_by": {
			func(w *Week) { w.PickupPoints[0].AcceptBy = thursday(8, 50) },
			Repair{Obstacle: NoTime, Round: "r", Place: "hall", Need: 600},
			"r would come to hall 10 min too late",
			func(w *Week, r *Repair) { after(&w.PickupPoints[0].AcceptBy, r) },
		},
		"ready_at": {
			func(w *Week) {
				w.Producers[1].ReadyAt = thursday(9, 30)
				w.PickupPoints[0].AcceptBy = thursday(10, 0)
			},
			Repair{Obstacle: NoTime, Round: "r", Place: "hall", Need: 300},
			"r would come to hall 5 min too late",
			func(w *Week, r *Repair) { after(&w.PickupPoints[0].AcceptBy, r) },
		},
		"arrive_by": {
			func(w *Week) { w.Rounds[0].Stops[0].ArriveBy = thursday(9, 10); w.Rounds[0].MaxAddedM = new(9000.0) },
			Repair{Obstacle: NoTime, Round: "r", Place: "market", Need: 1000},
			"r would come to market 17 min too late",
			func(w *Week, r *Repair) { after(&w.Rounds[0].Stops[0].ArriveBy, r) },
		},
		"return_by": {
			func(w *Week) { w.Rounds[0].ReturnBy = thursday(11, 30) },
			Repair{Obstacle: NoTime, Round: "r", Place: "home", Need: 200},
			"r would come to home 4 min too late",
			func(w *Week, r *Repair) { after(&w.Rounds[0].ReturnBy, r) },
		},
		"open": {
			func(w *Week) { w.Places[2].Open = []Interval{{thursday(7, 0), thursday(8, 55)}} },
			Repair{Obstacle: NoTime, Round: "r", Place: "hall", Need: 300},
			"r would come to hall 5 min too late",
			func(w *Week, r *Repair) { after(&w.Places[2].Open[0][1], r) },
		},
		"open at the farm": {
			func(w *Week) { w.Places[1].Open = []Interval{{thursday(7, 0), thursday(8, 15)}} },
			Repair{Obstacle: NoTime, Round: "r", Place: "farm", Need: 300},
			"r would come to farm 5 min too late",
			func(w *Week, r *Repair) { after(&w.Places[1].Open[0][1], r) },
		},
		"carries": {
			func(w *Week) { w.Rounds[0].Carries.OwnOnly = true },
			Repair{Obstacle: NoCarry, Round: "r"},
			"r does not take goods of farmer (carries)",
			func(w *Week, r *Repair) { w.Rounds[0].Carries = Carries{Only: []string{"farmer"}} },
		},
		"forbid": {
			func(w *Week) { w.Forbid = []Forbid{{"farmer", "r"}} },
			Repair{Obstacle: NoForbid, Round: "r"},
			"goods of farmer are forbidden on r (forbid)",
			func(w *Week, r *Repair) { w.Forbid = nil },
		},
		"others_within_m": {
			func(w *Week) { w.Settings.OthersWithinM = new(20000.0) },
			Repair{Obstacle: NoOthers, Round: "r", Place: "hall"},
			"hall is 30,155 m from the farm of driver, too far for r to handle goods of others (others_within_m 20,000)",
			func(w *Week, r *Repair) { w.Settings.OthersWithinM = new(30155.0) },
		},
		"frozen round": {
			func(w *Week) { w.Rounds[0].Frozen = true },
			Repair{Obstacle: NoFrozen, Round: "r"},
			"no stop may be added to r (frozen)",
			func(w *Week, r *Repair) { w.Rounds[0].Frozen = false },
		},
		"carried_by": {
			func(w *Week) { w.Orders[0].Lines[0].CarriedBy = ByProducer },
			Repair{Obstacle: NoCarriedBy, Round: "r"},
			"r could take it, but only farmer may carry it (carried_by)",
			func(w *Week, r *Repair) { w.Orders[0].Lines[0].CarriedBy = ByAny },
		},
		"lock to a round that may not": {
			func(w *Week) {
				s := another(w)
				s.Carries.OwnOnly = true
				s.Frozen = true
				w.Vehicles[0].Litres[Ambient] = 80
				w.Locks = []Lock{{Producer: "farmer", PickupPoint: "point", Rounds: []string{"s"}}}
			},
			Repair{Obstacle: NoLock},
			"the rounds that it is locked to cannot serve it: s",
			func(w *Week, r *Repair) { w.Locks, w.Vehicles[0].Litres[Ambient] = nil, 90 },
		},
		"lock to a round that is full": {
			func(w *Week) {
				w.Vehicles = append(w.Vehicles, Vehicle{ID: "bike", Producer: "driver", Kg: 50, Litres: map[Class]float64{Ambient: 100}})
				another(w).Vehicle = "bike"
				w.Locks = []Lock{{Producer: "farmer", PickupPoint: "point", Rounds: []string{"s"}}}
			},
			Repair{Obstacle: NoRoom, Round: "s", Missing: 10},
			"10 kg of payload are missing on s",
			func(w *Week, r *Repair) { w.Vehicles[1].Kg += r.Missing },
		},
		"lock where it is collected": {
			func(w *Week) {
				w.PickupPoints[0].Place = "farm"
				w.Locks = []Lock{{Producer: "farmer", PickupPoint: "point", Rounds: []string{"r"}}}
			},
			Repair{Obstacle: NoLock},
			"it is collected where it is made, and locked to rounds all the same",
			func(w *Week, r *Repair) { w.Locks = nil },
		},
		"locks that contradict": {
			func(w *Week) {
				another(w)
				for _, id := range []string{"r", "s"} {
					w.Locks = append(w.Locks, Lock{Producer: "farmer", PickupPoint: "point", Rounds: []string{id}})
				}
			},
			Repair{Obstacle: NoLock},
			"its locks leave it no round to ride",
			func(w *Week, r *Repair) { w.Locks = w.Locks[1:] },
		},
		"nobody drives": {
			func(w *Week) { w.Rounds = nil },
			Repair{Obstacle: NoVehicle},
			"no round and no available vehicle comes near",
			func(w *Week, r *Repair) { w.Vehicles[0].Available = []Interval{{thursday(8, 0), thursday(18, 0)}} },
		},
		"nobody drives on the day": {
			func(w *Week) {
				w.PickupPoints[0].AcceptAfter, w.PickupPoints[0].AcceptBy = november(28, 8, 0), november(28, 17, 0)
			},
			Repair{Obstacle: NoVehicle},
			"no round and no available vehicle comes near",
			func(w *Week, r *Repair) {
				w.Vehicles[0].Available = []Interval{{november(28, 8, 0), november(28, 18, 0)}}
			},
		},
		"ready after the day": {
			func(w *Week) { w.Producers[1].ReadyAt = november(27, 17, 0) },
			Repair{Obstacle: NoTime, Place: "hall", Need: 88500},
			"straight after ready_at the goods of farmer would still come to hall 24 h 35 min too late",
			func(w *Week, r *Repair) { w.Producers[1].ReadyAt = w.Producers[1].ReadyAt.Add(-32 * time.Hour) },
		},
		"trip's room": {
			func(w *Week) { byTripOnly(w, thursday(8, 0), thursday(18, 0)); w.Vehicles[0].Kg = 40 },
			Repair{Obstacle: NoRoom, Vehicle: "van", Missing: 20},
			"20 kg of payload are missing on a new trip of van",
			func(w *Week, r *Repair) { w.Vehicles[0].Kg += r.Missing },
		},
		"trip's time": {
			func(w *Week) { byTripOnly(w, thursday(8, 0), thursday(9, 50)) },
			Repair{Obstacle: NoTime, Vehicle: "van", Place: "home", Need: 600},
			"a new trip of van would come to home 10 min too late",
			func(w *Week, r *Repair) { after(&w.Vehicles[0].Available[0][1], r) },
		},
		"trip's metres": {
			func(w *Week) { byTripOnly(w, thursday(8, 0), thursday(18, 0)); w.Producers[0].MaxAddedM = new(50000.0) },
			Repair{Obstacle: NoProducerM, Producer: "driver", Have: 50000, Need: 66000},
			"driver would need max_added_m 66,000 instead of 50,000 for the whole week",
			func(w *Week, r *Repair) { w.Producers[0].MaxAddedM = &r.Need },
		},
		"the nearest of two": {
			func(w *Week) {
				another(w).Carries.OwnOnly = true
				w.Rounds[0].MaxAddedM = new(5500.0)
			},
			Repair{Obstacle: NoMetres, Round: "r", Have: 5500, Need: 6000},
			"r would need max_added_m 6,000 instead of 5,500",
			func(w *Week, r *Repair) { w.Rounds[0].MaxAddedM = &r.Need },
		},
		"one limit rather than two": {
			func(w *Week) {
				another(w).Carries.OwnOnly = true
				w.Rounds[0].MaxAddedM, w.Rounds[0].MaxAddedS = new(5500.0), new(1100.0)
			},
			Repair{Obstacle: NoCarry, Round: "s"},
			"s does not take goods of farmer (carries)",
			func(w *Week, r *Repair) { w.Rounds[1].Carries.OwnOnly = false },
		},
		"the graver of two limits": {
			func(w *Week) { w.Rounds[0].MaxAddedM, w.Rounds[0].Carries.OwnOnly = new(4000.0), true },
			Repair{Obstacle: NoCarry, Round: "r"},
			"r does not take goods of farmer (carries), and more stands in the way",
			func(w *Week, r *Repair) { w.Rounds[0].MaxAddedM, w.Rounds[0].Carries.OwnOnly = nil, false },
		},
		"an island": {
			func(w *Week) {
				w.Places[1].Lat += 20
				w.Travel = nil
				w.Settings.OthersWithinM = new(1e6)
				w.PickupPoints[0].AcceptBy = thursday(9, 0)
			},
			Repair{Obstacle: NoOthers, Round: "r", Place: "farm"},
			"farm is 2,228,412 m from the farm of driver, too far for r to handle goods of others (others_within_m 1,000,000), and more stands in the way",
			func(w *Week, r *Repair) { w.Places[1].Lat -= 20; w.PickupPoints[0].AcceptBy = thursday(17, 0) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := errand()
			c.limit(w)
			plan := diagnosed(t, w)
			if len(plan.Unserved) != 1 {
				t.Fatalf("%d lines are unserved before the repair", len(plan.Unserved))
			}
			m := newModel(w, TravelOf(w))
			r, reason := newDiagnosis(m, plan).repair(m.parcels([]int{0})[0])
			if diff := cmp.Diff(&c.want, r); diff != "" {
				t.Fatal(diff)
			}
			if reason != c.reason {
				t.Errorf("%q, want %q", reason, c.reason)
			}
			c.apply(w, r)
			if plan := diagnosed(t, w); len(plan.Unserved) != 0 {
				t.Errorf("%q does not help", reason)
			}
		})
	}
}

func diagnosed(t *testing.T, w *Week) *Plan {
	t.Helper()
	plan := solved(t, t.Context(), w, Options{Iterations: 300, Seed: 1})
	mustBeRight(t, w, plan)
	return plan
}

func TestDiagnoseNoPickup(t *testing.T) {
	place := func(w *Week, lon float64) {
		w.Orders[0].PickupPoint, w.Orders[0].Lon, w.Orders[0].Lat = "", &lon, new(0.0)
	}
	for name, c := range map[string]struct {
		change func(w *Week)
		reason string
	}{
		"too far":     {func(w *Week) { place(w, 0) }, "the nearest pickup point would need max_pickup_m 30,155 instead of 15,000"},
		"not reached": {func(w *Week) { place(w, 0.3) }, "no pickup point within 15,000 m can be reached by all its producers"},
		"no points":   {func(w *Week) { place(w, 0); w.PickupPoints = nil }, "there is no pickup point to send it to"},
	} {
		t.Run(name, func(t *testing.T) {
			w := errand()
			c.change(w)
			r, reason := newDiagnosis(newModel(w, TravelOf(w)), untouched(w)).noPickup(&w.Orders[0])
			if reason != c.reason {
				t.Errorf("%q, want %q", reason, c.reason)
			}
			if r.Obstacle != NoPickup || r.Have != 15000 || (r.Need > 0) != (name == "too far") {
				t.Errorf("%+v", r)
			}
			if r.Need > 0 {
				w.Settings.MaxPickupM = &r.Need
				if plan := diagnosed(t, w); len(plan.Unserved) != 0 {
					t.Errorf("%q does not help", reason)
				}
			}
		})
	}
}

// TestDiagnoseKeepsAppointments looks at what rounds that hand over may still do: they come before the other has left and
// leave after it has come, unless the goods may wait.
func TestDiagnoseKeepsAppointments(t *testing.T) {
	for name, c := range map[string]struct {
		store                []Class
		giveLatest, takeLast time.Time // arrivals
		takeLeaves           time.Time // earliest departure
	}{
		"meeting": {nil, thursday(18, 40), thursday(18, 30), thursday(17, 30)},
		"store":   {[]Class{Ambient}, thursday(18, 40), thursday(20, 0), thursday(17, 30)},
	} {
		t.Run(name, func(t *testing.T) {
			w, plan := peaches()
			w.Places[1].Handover = &Handover{Store: c.store}
			w.PickupPoints[0].AcceptBy = thursday(22, 0)
			for i := range w.Rounds {
				w.Rounds[i].ReturnBy = thursday(23, 0)
				s := &w.Rounds[i].Stops[0]
				s.ArriveAfter, s.ArriveBy, s.StayS = thursday(16, 0), thursday(20, 0), 0
			}
			m := newModel(w, TravelOf(w))
			d := newDiagnosis(m, plan)
			give, take := d.courses[d.index["ra"]].stops[1], d.courses[d.index["rb"]].stops[1]
			got := []int32{give.latest, take.latest, take.depart}
			want := []int32{m.notAfter(c.giveLatest), m.notAfter(c.takeLast), m.notBefore(c.takeLeaves)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFigure(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 40: "40", 0.5: "0.5", 999: "999", 1000: "1,000", 18200: "18,200", 1234567.125: "1,234,567.125", 12.3004: "12.3"} {
		if got := figure(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}
