package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"carriole/geo"
)

// quick is a search that is short enough to be run on hundreds of weeks.
var quick = Options{Seed: 1, Iterations: 100, Workers: 2}

func solved(t *testing.T, ctx context.Context, week *Week, opt Options) *Plan {
	t.Helper()
	plan, err := Solve(ctx, week, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// mustBeRight checks the plan and gives its recomputed figures.
func mustBeRight(t *testing.T, week *Week, plan *Plan) Figures {
	t.Helper()
	figures, bad := Check(week, nil, plan)
	for _, v := range bad {
		t.Error(v)
	}
	return figures
}

// worse reports whether a is a worse plan than b by rule 8, beyond rounding.
func worse(a, b Figures) bool {
	if math.Abs(a.UnservedKg-b.UnservedKg) > 1e-6 {
		return a.UnservedKg > b.UnservedKg
	}
	return a.Objective > b.Objective+1e-3
}

// Goods change rounds at a shed where nobody stops yet, even for nothing, among many places: one round passes it
// days after the other and nobody makes trips.
func TestSolveChangesRoundsWhereNobodyStops(t *testing.T) {
	nowhere := &Handover{Meet: new(false)}
	place := func(id string, lon float64) Place { return Place{ID: id, Lon: lon, Lat: 44, Handover: nowhere} }
	week := &Week{
		ID:        "w",
		Places:    []Place{place("a", 5), place("shed", 5.2), place("shop", 5.21), place("market", 5.19), place("hall", 5.4), place("b", 5.6)},
		Producers: []Producer{{ID: "a", Place: "a"}, {ID: "b", Place: "b"}},
		Vehicles: []Vehicle{
			{ID: "va", Producer: "a", Kg: 500, Litres: map[Class]float64{Ambient: 900}},
			{ID: "vb", Producer: "b", Kg: 500, Litres: map[Class]float64{Ambient: 900}},
		},
		Rounds: []Round{
			{ID: "ra", Producer: "a", Vehicle: "va", Start: "a", End: "a", DepartAfter: thursday(-60, 0), ReturnBy: thursday(-50, 0),
				Stops: []RoundStop{{Place: "shop", ArriveAfter: thursday(-60, 0), ArriveBy: thursday(-55, 0)}}},
			{ID: "rb", Producer: "b", Vehicle: "vb", Start: "b", End: "b", DepartAfter: thursday(8, 0), ReturnBy: thursday(18, 0),
				Stops: []RoundStop{{Place: "market", ArriveAfter: thursday(8, 0), ArriveBy: thursday(15, 0)}}},
		},
		PickupPoints: []PickupPoint{{ID: "ph", Place: "hall", AcceptAfter: thursday(8, 0), AcceptBy: thursday(18, 0)}},
		Orders:       []Order{{ID: "o", PickupPoint: "ph", Lines: []Line{{Producer: "a", Product: "p", Quantity: 1, Kg: 6, Litres: 10, Class: Ambient}}}},
	}
	week.Places[1].Handover = &Handover{Store: []Class{Ambient}}
	for i := range 40 {
		week.Places = append(week.Places, Place{ID: fmt.Sprint("far-", i), Lon: 6 + 0.05*float64(i), Lat: 45})
	}
	plan := solved(t, t.Context(), week, quick)
	if mustBeRight(t, week, plan); plan.Summary.UnservedKg > 0 || plan.Summary.Handovers != 1 || plan.Summary.AddedMetres > 500 {
		t.Errorf("%v kg stay behind, %d handovers, %v m added; the goods can change rounds at the shed", plan.Summary.UnservedKg, plan.Summary.Handovers, plan.Summary.AddedMetres)
	}
}

// Without handovers nobody passes goods on, in weeks planned at once or in parts, and a plan is right and no better.
func TestSolveWithoutHandovers(t *testing.T) {
	with, without := 0, 0
	eachShape(t, 4, func(t *testing.T, week *Week, _ *rand.Rand) {
		opt := quick
		with += mustBeRight(t, week, solved(t, t.Context(), week, opt)).Handovers
		opt.NoHandovers = true
		plan := solved(t, t.Context(), week, opt)
		without += mustBeRight(t, week, plan).Handovers
		for _, c := range plan.Consignments {
			if c.Why != nil && c.Why.Next != nil && len(c.Why.Next.Places) > 0 {
				t.Errorf("%s: the next best way changes rounds at %v", c.ID, c.Why.Next.Places)
			}
		}
		m := newModel(week, TravelOf(week))
		m.sizes = sizes{whole: 6, part: 4, farms: 3}
		without += mustBeRight(t, week, newSolver(t.Context(), m, opt).solve()).Handovers
	})
	if with == 0 || without > 0 {
		t.Errorf("%d handovers with and %d without", with, without)
	}
}

func TestSolveIsRight(t *testing.T) {
	eachShape(t, 16, func(t *testing.T, week *Week, _ *rand.Rand) {
		before := deepCopy(week)
		plan := solved(t, t.Context(), week, quick)
		figures := mustBeRight(t, week, plan)
		if _, bad := Check(before, nil, plan); len(bad) > 0 && !t.Failed() {
			t.Errorf("the search has changed the week: %v", bad)
		}
		if nothing, _ := Check(week, nil, untouched(week)); worse(figures, nothing) {
			t.Errorf("%+v is worse than adding nothing, %+v", figures, nothing)
		}
		mustConserve(t, week, plan)
	})
}

// mustConserve follows the goods: what is ordered is served or unserved, and every consignment leaves its farm once and
// comes down at its pickup point once, with as much loaded as unloaded anywhere else.
func mustConserve(t *testing.T, week *Week, plan *Plan) {
	t.Helper()
	type kind struct {
		producer string
		class    Class
	}
	kg := map[kind]float64{}
	lines := map[string][]Line{}
	for _, o := range week.Orders {
		lines[o.ID] = o.Lines
		for _, l := range o.Lines {
			kg[kind{l.Producer, l.Temperature()}] += l.Kg
		}
	}
	homes, goals := map[string]string{}, map[string]string{}
	for _, p := range week.Producers {
		homes[p.ID] = p.Place
	}
	for _, q := range week.PickupPoints {
		goals[q.ID] = q.Place
	}
	type spot struct{ consignment, place string }
	moved := map[spot]int{}
	for _, r := range plan.Rounds {
		for _, s := range r.Stops {
			for _, id := range s.Load {
				moved[spot{id, s.Place}]--
			}
			for _, id := range s.Unload {
				moved[spot{id, s.Place}]++
			}
		}
	}
	for _, c := range plan.Consignments {
		kg[kind{c.Producer, c.Class}] -= c.Kg
		moved[spot{c.ID, homes[c.Producer]}]++
		moved[spot{c.ID, goals[c.PickupPoint]}]--
	}
	for _, u := range plan.Unserved {
		l := lines[u.Order][u.Line]
		kg[kind{l.Producer, l.Temperature()}] -= l.Kg
	}
	for k, left := range kg {
		if math.Abs(left) > 1e-6 {
			t.Errorf("%v kg of %v are lost", left, k)
		}
	}
	for s, n := range moved {
		if n != 0 {
			t.Errorf("%q is put down %d times too often at %q", s.consignment, n, s.place)
		}
	}
}

// TestSolveSurvivesJSON reads a plan back from its document: nothing that makes it right is lost in writing.
func TestSolveSurvivesJSON(t *testing.T) {
	eachShape(t, 2, func(t *testing.T, week *Week, _ *rand.Rand) {
		document, err := json.Marshal(solved(t, t.Context(), week, quick))
		if err != nil {
			t.Fatal(err)
		}
		var plan Plan
		if err := json.Unmarshal(document, &plan); err != nil {
			t.Fatal(err)
		}
		mustBeRight(t, week, &plan)
	})
}

func TestSolveIgnoresTheOrderOfLists(t *testing.T) {
	eachShape(t, 4, func(t *testing.T, week *Week, rng *rand.Rand) {
		want := mustBeRight(t, week, solved(t, t.Context(), week, quick))
		other := shuffled(week, rng)
		got := mustBeRight(t, other, solved(t, t.Context(), other, quick))
		if worse(got, want) || worse(want, got) {
			t.Errorf("shuffled %+v, before %+v", got, want)
		}
	})
}

func TestSolveNeverGetsWorse(t *testing.T) {
	eachShape(t, 3, func(t *testing.T, week *Week, _ *rand.Rand) {
		var last Figures
		for i, iterations := range []int{100, 200, 400, 800} {
			opt := quick
			opt.Iterations = iterations
			figures := mustBeRight(t, week, solved(t, t.Context(), week, opt))
			if i > 0 && worse(figures, last) {
				t.Errorf("%d iterations give %+v, half of them gave %+v", iterations, figures, last)
			}
			last = figures
		}
	})
}

// relaxations each take a limit off a week without changing what is ordered.
var relaxations = map[string]func(w *Week){
	"max_added_m": func(w *Week) {
		for i := range w.Rounds {
			w.Rounds[i].MaxAddedM = nil
		}
	},
	"max_added_s": func(w *Week) {
		for i := range w.Rounds {
			w.Rounds[i].MaxAddedS = nil
		}
	},
	"producer's max_added_m": func(w *Week) {
		for i := range w.Producers {
			w.Producers[i].MaxAddedM = nil
		}
	},
	"ready_at": func(w *Week) {
		for i := range w.Producers {
			w.Producers[i].ReadyAt = time.Time{}
		}
	},
	"carries": func(w *Week) {
		for i := range w.Rounds {
			w.Rounds[i].Carries = Carries{}
		}
	},
	"frozen": func(w *Week) {
		for i := range w.Rounds {
			w.Rounds[i].Frozen = false
		}
	},
	"forbid":          func(w *Week) { w.Forbid = nil },
	"locks":           func(w *Week) { w.Locks = nil },
	"others_within_m": func(w *Week) { w.Settings.OthersWithinM = nil },
	"max_pickup_m":    func(w *Week) { w.Settings.MaxPickupM = new(1e9) },
	"open": func(w *Week) {
		for i := range w.Places {
			w.Places[i].Open = nil
		}
	},
	"handover": func(w *Week) {
		for i := range w.Places {
			w.Places[i].Handover = &Handover{Store: Classes[:]}
		}
	},
	"room": func(w *Week) {
		for i := range w.Vehicles {
			w.Vehicles[i].Kg *= 2
			w.Vehicles[i].Litres = map[Class]float64{Ambient: 1e6, Chilled: 1e6, Frozen: 1e6}
		}
	},
	"available": func(w *Week) {
		for i := range w.Vehicles {
			w.Vehicles[i].Available = []Interval{{time.Unix(0, 0), time.Unix(1<<32, 0)}}
		}
	},
	"own windows": func(w *Week) {
		for i := range w.Rounds {
			r := &w.Rounds[i]
			r.DepartAfter, r.ReturnBy = r.DepartAfter.Add(-time.Hour), r.ReturnBy.Add(time.Hour)
			for k := range r.Stops {
				s := &r.Stops[k]
				s.ArriveAfter, s.ArriveBy = s.ArriveAfter.Add(-time.Hour), s.ArriveBy.Add(time.Hour)
			}
		}
	},
	"accept windows": func(w *Week) {
		for i := range w.PickupPoints {
			q := &w.PickupPoints[i]
			q.AcceptAfter, q.AcceptBy = q.AcceptAfter.Add(-time.Hour), q.AcceptBy.Add(time.Hour)
		}
	},
	"stop_s": func(w *Week) {
		for i := range w.Places {
			w.Places[i].StopS = new(0.0)
		}
	},
}

func TestRelaxedWeekKeepsThePlanRight(t *testing.T) {
	eachShape(t, 6, func(t *testing.T, week *Week, _ *rand.Rand) {
		plan := solved(t, t.Context(), week, quick)
		for name, relax := range relaxations {
			w := deepCopy(week)
			relax(w)
			if _, bad := Check(w, nil, plan); len(bad) > 0 {
				t.Errorf("without %s: %v", name, bad)
			}
		}
	})
}

func TestSolveIsDeterministic(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, workers := range []int{1, 2, 3} {
		eachShape(t, 1, func(t *testing.T, week *Week, _ *rand.Rand) {
			opt := quick
			opt.Workers, opt.Bound = workers, 20
			var first []byte
			for _, cores := range []int{2, 1, 4} {
				runtime.GOMAXPROCS(cores)
				document, err := json.Marshal(solved(t, t.Context(), week, opt))
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = document
				} else if !bytes.Equal(document, first) {
					t.Errorf("%d workers on %d cores give another plan:\n%s\n%s", workers, cores, document, first)
				}
			}
		})
	}
}

func TestSolveCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	eachShape(t, 3, func(t *testing.T, week *Week, _ *rand.Rand) {
		mustBeRight(t, week, solved(t, ctx, week, Options{Iterations: math.MaxInt}))
	})
}

// TestSolveCancelledOnTheWay ends the search from its own progress reports.
func TestSolveCancelledOnTheWay(t *testing.T) {
	eachShape(t, 1, func(t *testing.T, week *Week, _ *rand.Rand) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		opt := quick
		opt.Progress = func(Progress) { cancel() }
		mustBeRight(t, week, solved(t, ctx, week, opt))
	})
}

// looks asks for the rounds of the best plan so far, whenever it is told of progress: they go from place to place of the week. It counts
// them in seen.
func looks(t *testing.T, week *Week, seen *int) func(Progress) {
	return func(p Progress) {
		if p.Rounds == nil {
			return
		}
		for _, r := range p.Rounds() {
			*seen++
			if len(r) < 2 || slices.Min(r) < 0 || slices.Max(r) >= len(week.Places) {
				t.Errorf("a round through %v", r)
			}
		}
	}
}

// To look at the best plan so far changes nothing.
func TestSolveSketched(t *testing.T) {
	eachShape(t, 1, func(t *testing.T, week *Week, _ *rand.Rand) {
		plain := solved(t, t.Context(), week, quick)
		opt, seen := quick, 0
		opt.Progress = looks(t, week, &seen)
		sketched := solved(t, t.Context(), week, opt)
		if !reflect.DeepEqual(plain, sketched) {
			t.Error("another plan where it was looked at")
		}
		if carried := slices.ContainsFunc(plain.Consignments, func(c Consignment) bool { return len(c.Legs) > 0 }); carried && seen == 0 {
			t.Error("no round was seen")
		}
	})
}

func TestSolveByTheCallersClock(t *testing.T) {
	eachShape(t, 1, func(t *testing.T, week *Week, _ *rand.Rand) {
		var asked atomic.Int64
		opt := Options{Workers: 1, Share: func() float64 { return float64(asked.Add(1)) / 20 }}
		mustBeRight(t, week, solved(t, t.Context(), week, opt))
	})
}

// breakage spoils a right plan, or the week under it, in one rule. It reports false when this plan offers nothing to spoil.
type breakage struct {
	rule  int
	spoil func(m *weekMaker, p *Plan) bool
}

// carried is a random ride among those that fit: a consignment, the index of one of its legs and the round of that leg.
func carried(m *weekMaker, p *Plan, fits func(c *Consignment, r *PlanRound) bool) (c *Consignment, leg int, r *PlanRound) {
	type ride struct{ consignment, leg int }
	var some []ride
	for i := range p.Consignments {
		c := &p.Consignments[i]
		for k, l := range c.Legs {
			if fits(c, plannedRound(p, l.Round)) {
				some = append(some, ride{i, k})
			}
		}
	}
	if len(some) == 0 {
		return nil, 0, nil
	}
	x := pick(m, some...)
	c = &p.Consignments[x.consignment]
	return c, x.leg, plannedRound(p, c.Legs[x.leg].Round)
}

func anyRide(*Consignment, *PlanRound) bool { return true }

func foreignRide(c *Consignment, r *PlanRound) bool { return c.Producer != r.Producer }

func foreignRound(c *Consignment, r *PlanRound) bool { return foreignRide(c, r) && !r.Dedicated }

func plannedRound(p *Plan, id string) *PlanRound {
	return &p.Rounds[slices.IndexFunc(p.Rounds, func(r PlanRound) bool { return r.ID == id })]
}

func weekRound(w *Week, id string) *Round {
	for i := range w.Rounds {
		if w.Rounds[i].ID == id {
			return &w.Rounds[i]
		}
	}
	return nil
}

var breakages = map[string]breakage{
	"a line is lost": {1, func(m *weekMaker, p *Plan) bool {
		if len(p.Unserved) == 0 {
			return false
		}
		i := m.IntN(len(p.Unserved))
		p.Unserved = slices.Delete(p.Unserved, i, i+1)
		return true
	}},
	"a line rides twice": {1, func(m *weekMaker, p *Plan) bool {
		if len(p.Consignments) == 0 {
			return false
		}
		c := &p.Consignments[m.IntN(len(p.Consignments))]
		c.Lines = append(c.Lines, c.Lines[m.IntN(len(c.Lines))])
		return true
	}},
	"no reason": {1, func(m *weekMaker, p *Plan) bool {
		if len(p.Unserved) == 0 {
			return false
		}
		p.Unserved[m.IntN(len(p.Unserved))].Reason = ""
		return true
	}},
	"goods put on weight": {1, func(m *weekMaker, p *Plan) bool {
		if len(p.Consignments) == 0 {
			return false
		}
		p.Consignments[m.IntN(len(p.Consignments))].Kg += 1
		return true
	}},
	"a round is dropped": {2, func(m *weekMaker, p *Plan) bool {
		i := slices.IndexFunc(p.Rounds, func(r PlanRound) bool { return !r.Dedicated })
		if i < 0 {
			return false
		}
		p.Rounds = slices.Delete(p.Rounds, i, i+1)
		return true
	}},
	"an own stop is dropped": {2, func(m *weekMaker, p *Plan) bool {
		for i := range p.Rounds {
			for k := range p.Rounds[i].Stops {
				if s := &p.Rounds[i].Stops[k]; s.Base != nil && m.oneIn(2) {
					s.Base = nil
					return true
				}
			}
		}
		return false
	}},
	"a trip by a vehicle that is not free": {2, func(m *weekMaker, p *Plan) bool {
		for i := range p.Rounds {
			if p.Rounds[i].Dedicated {
				for k := range m.week.Vehicles {
					m.week.Vehicles[k].Available = nil
				}
				return true
			}
		}
		return false
	}},
	"a round ends elsewhere": {2, func(m *weekMaker, p *Plan) bool {
		if len(p.Rounds) == 0 {
			return false
		}
		stops := p.Rounds[m.IntN(len(p.Rounds))].Stops
		end := &stops[len(stops)-1]
		for _, place := range m.week.Places {
			if place.ID != end.Place {
				end.Place = place.ID
				return true
			}
		}
		return false
	}},
	"a vehicle in two places": {2, func(m *weekMaker, p *Plan) bool {
		for i := range p.Rounds {
			for k := range p.Rounds {
				a, b := p.Rounds[i].Stops, p.Rounds[k].Stops
				if i != k && a[0].Depart.Before(b[len(b)-1].Arrive.Add(-time.Minute)) && b[0].Depart.Before(a[len(a)-1].Arrive.Add(-time.Minute)) {
					p.Rounds[i].Vehicle = p.Rounds[k].Vehicle
					return true
				}
			}
		}
		return false
	}},
	"faster than the road": {3, func(m *weekMaker, p *Plan) bool {
		travel, indexes := TravelOf(m.week), placeIndexes(m.week)
		for i := range p.Rounds {
			stops := p.Rounds[i].Stops
			for k := 1; k < len(stops); k++ {
				if _, drive := travel.Between(indexes[stops[k-1].Place], indexes[stops[k].Place]); drive > 60 {
					stops[k].Arrive = stops[k-1].Depart.Add(seconds(drive - 30))
					return true
				}
			}
		}
		return false
	}},
	"no time for service": {3, func(m *weekMaker, p *Plan) bool {
		for i := range p.Rounds {
			stops := p.Rounds[i].Stops
			for k := 1; k < len(stops)-1; k++ {
				if stops[k].Depart.After(stops[k].Arrive.Add(5*time.Second)) && m.oneIn(2) {
					stops[k].Depart = stops[k].Arrive.Add(-2 * time.Second)
					return true
				}
			}
		}
		return false
	}},
	"the pickup point has closed": {3, func(m *weekMaker, p *Plan) bool {
		c, _, _ := carried(m, p, anyRide)
		if c == nil {
			return false
		}
		last := c.Legs[len(c.Legs)-1]
		arrive := plannedRound(p, last.Round).Stops[last.To].Arrive
		for i := range m.week.PickupPoints {
			if q := &m.week.PickupPoints[i]; q.ID == c.PickupPoint {
				q.AcceptAfter, q.AcceptBy = arrive.Add(-2*time.Hour), arrive.Add(-time.Hour)
			}
		}
		return true
	}},
	"leaves before it may": {3, func(m *weekMaker, p *Plan) bool {
		if len(m.week.Rounds) == 0 {
			return false
		}
		r := &m.week.Rounds[m.IntN(len(m.week.Rounds))]
		r.DepartAfter = plannedRound(p, r.ID).Stops[0].Depart.Add(5 * time.Second)
		return true
	}},
	"too heavy": {4, func(m *weekMaker, p *Plan) bool {
		c, _, r := carried(m, p, func(c *Consignment, _ *PlanRound) bool { return c.Kg > 0.01 })
		if c == nil {
			return false
		}
		for i := range m.week.Vehicles {
			if v := &m.week.Vehicles[i]; v.ID == r.Vehicle {
				v.Kg = c.Kg - 0.001
			}
		}
		return true
	}},
	"no room in the class": {4, func(m *weekMaker, p *Plan) bool {
		c, _, r := carried(m, p, func(c *Consignment, _ *PlanRound) bool { return c.Litres > 0.01 })
		if c == nil {
			return false
		}
		for i := range m.week.Vehicles {
			if v := &m.week.Vehicles[i]; v.ID == r.Vehicle {
				delete(v.Litres, c.Class)
			}
		}
		return true
	}},
	"a leg ends elsewhere": {5, func(m *weekMaker, p *Plan) bool {
		c, leg, r := carried(m, p, anyRide)
		if c == nil {
			return false
		}
		l := &c.Legs[leg]
		for k := l.From + 1; k < len(r.Stops); k++ {
			if r.Stops[k].Place != r.Stops[l.To].Place {
				l.To = k
				return true
			}
		}
		return false
	}},
	"a leg is left out": {5, func(m *weekMaker, p *Plan) bool {
		c, leg, _ := carried(m, p, anyRide)
		if c == nil {
			return false
		}
		c.Legs = slices.Delete(c.Legs, leg, leg+1)
		return true
	}},
	"not on the load list": {5, func(m *weekMaker, p *Plan) bool {
		c, leg, r := carried(m, p, anyRide)
		if c == nil {
			return false
		}
		s := &r.Stops[c.Legs[leg].From]
		s.Load = slices.DeleteFunc(s.Load, func(id string) bool { return id == c.ID })
		return true
	}},
	"loaded before it is ready": {5, func(m *weekMaker, p *Plan) bool {
		c, _, _ := carried(m, p, anyRide)
		if c == nil {
			return false
		}
		depart := plannedRound(p, c.Legs[0].Round).Stops[c.Legs[0].From].Depart
		for i := range m.week.Producers {
			if m.week.Producers[i].ID == c.Producer {
				m.week.Producers[i].ReadyAt = depart.Add(5 * time.Second)
			}
		}
		return true
	}},
	"no handover here": {6, func(m *weekMaker, p *Plan) bool {
		for i := range p.Consignments {
			if legs := p.Consignments[i].Legs; len(legs) > 1 {
				place := plannedRound(p, legs[1].Round).Stops[legs[1].From].Place
				m.week.Places[placeIndexes(m.week)[place]].Handover = &Handover{Meet: new(false)}
				return true
			}
		}
		return false
	}},
	"taken before it is given": {6, func(m *weekMaker, p *Plan) bool {
		for i := range p.Consignments {
			if legs := p.Consignments[i].Legs; len(legs) > 1 {
				stops := plannedRound(p, legs[1].Round).Stops
				for k := range stops {
					stops[k].Arrive, stops[k].Depart = stops[k].Arrive.AddDate(0, 0, -30), stops[k].Depart.AddDate(0, 0, -30)
				}
				return true
			}
		}
		return false
	}},
	"forbidden": {7, func(m *weekMaker, p *Plan) bool {
		c, _, r := carried(m, p, anyRide)
		if c == nil {
			return false
		}
		m.week.Forbid = append(m.week.Forbid, Forbid{c.Producer, r.ID})
		return true
	}},
	"locked to another round": {7, func(m *weekMaker, p *Plan) bool {
		c, _, _ := carried(m, p, anyRide)
		if c == nil {
			return false
		}
		m.week.Locks = append(m.week.Locks, Lock{Producer: c.Producer, PickupPoint: c.PickupPoint, Class: c.Class, Rounds: []string{"another"}})
		return true
	}},
	"carries its own only": {7, func(m *weekMaker, p *Plan) bool {
		c, _, r := carried(m, p, foreignRound)
		if c == nil {
			return false
		}
		weekRound(m.week, r.ID).Carries = Carries{OwnOnly: true}
		return true
	}},
	"too far from home": {7, func(m *weekMaker, p *Plan) bool {
		c, leg, r := carried(m, p, foreignRide)
		if c == nil {
			return false
		}
		indexes := placeIndexes(m.week)
		home := slices.IndexFunc(m.week.Producers, func(x Producer) bool { return x.ID == r.Producer })
		point := func(id string) geo.Point {
			x := m.week.Places[indexes[id]]
			return geo.Point{x.Lon, x.Lat}
		}
		from := point(m.week.Producers[home].Place)
		far := max(geo.GreatCircle(from, point(r.Stops[c.Legs[leg].From].Place)), geo.GreatCircle(from, point(r.Stops[c.Legs[leg].To].Place)))
		if far < 10 {
			return false
		}
		m.week.Settings.OthersWithinM = new(far - 5)
		return true
	}},
	"a frozen round has added stops": {7, func(m *weekMaker, p *Plan) bool {
		for i := range p.Rounds {
			if own := weekRound(m.week, p.Rounds[i].ID); own != nil && len(p.Rounds[i].Stops) > len(own.Stops)+2 {
				own.Frozen = true
				return true
			}
		}
		return false
	}},
	"too many added metres": {7, func(m *weekMaker, p *Plan) bool {
		for i := range p.Rounds {
			r := &p.Rounds[i]
			if own := weekRound(m.week, r.ID); own != nil && r.Metres > r.BaseMetres+10 {
				own.MaxAddedM = new(r.Metres - r.BaseMetres - 5)
				return true
			}
		}
		return false
	}},
	"a producer drives too much": {7, func(m *weekMaker, p *Plan) bool {
		for i := range m.week.Producers {
			added := 0.0
			for _, r := range p.Rounds {
				if r.Producer == m.week.Producers[i].ID {
					added += r.Metres - r.BaseMetres
				}
			}
			if added > 10 {
				m.week.Producers[i].MaxAddedM = new(added - 5)
				return true
			}
		}
		return false
	}},
	"a round hides metres": {8, func(m *weekMaker, p *Plan) bool {
		if len(p.Rounds) == 0 {
			return false
		}
		p.Rounds[m.IntN(len(p.Rounds))].Metres -= 500
		return true
	}},
	"the summary hides metres": {8, func(m *weekMaker, p *Plan) bool {
		p.Summary.Objective -= 10 + p.Summary.Objective/1000
		return true
	}},
	"the summary hides a handover": {8, func(m *weekMaker, p *Plan) bool {
		p.Summary.Handovers--
		return true
	}},
}

func TestCheckCatchesBreakages(t *testing.T) {
	tried := map[string]int{}
	eachShape(t, 6, func(t *testing.T, week *Week, rng *rand.Rand) {
		plan := solved(t, t.Context(), week, quick)
		mustBeRight(t, week, plan)
		for _, name := range slices.Sorted(maps.Keys(breakages)) {
			b := breakages[name]
			w, p := deepCopy(week), deepCopy(plan)
			if !b.spoil(&weekMaker{Rand: rand.New(rand.NewPCG(rng.Uint64(), 0)), week: w}, p) {
				continue
			}
			tried[name]++
			_, bad := Check(w, nil, p)
			if !slices.ContainsFunc(bad, func(v Violation) bool { return v.Rule == b.rule }) {
				t.Errorf("%s: rule %d is not reported broken: %v", name, b.rule, bad)
			}
		}
	})
	for name := range breakages {
		if tried[name] == 0 {
			t.Errorf("no plan could be broken by %q", name)
		}
	}
}

func ExampleSolve() {
	week, _ := peaches()
	plan, err := Solve(context.Background(), week, nil, Options{Iterations: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range plan.Consignments {
		for _, l := range c.Legs {
			fmt.Println("goods of", c.Producer, "ride", l.Round)
		}
	}
	fmt.Println(plan.Summary.AddedMetres, "m are added,", plan.Summary.Handovers, "handover")
	// Output:
	// goods of a ride ra
	// goods of a ride rb
	// 1000 m are added, 1 handover
}
