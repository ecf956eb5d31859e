package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// changes are what may come in between, each drawn at random; nil where the week has nothing of the kind.
var changes = map[string]func(m *weekMaker, plan *Plan, c *Change){
	"order": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.PickupPoints) == 0 {
			return
		}
		o := Order{ID: fmt.Sprintf("late-%d", m.IntN(1000)), PickupPoint: pick(m, m.week.PickupPoints...).ID}
		for range 1 + m.IntN(3) {
			o.Lines = append(o.Lines, m.line())
		}
		c.Orders = append(c.Orders, o)
	},
	"order changed": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Orders) > 0 {
			o := deepCopy(pick(m, m.week.Orders...))
			o.Lines = append(o.Lines, m.line())
			c.Orders = append(c.Orders, o)
		}
	},
	"order cancelled": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Orders) > 0 {
			c.CancelOrders = append(c.CancelOrders, pick(m, m.week.Orders...).ID)
		}
	},
	"line cancelled": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Orders) > 0 {
			o := pick(m, m.week.Orders...)
			if len(o.Lines) > 0 && !slices.ContainsFunc(c.Orders, func(x Order) bool { return x.ID == o.ID }) {
				c.CancelLines = append(c.CancelLines, LineRef{o.ID, m.IntN(len(o.Lines))})
			}
		}
	},
	"weighed": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Orders) > 0 {
			o := pick(m, m.week.Orders...)
			if len(o.Lines) > 0 {
				k := m.IntN(len(o.Lines))
				c.Weighed = append(c.Weighed, Weighed{o.ID, k, o.Lines[k].Kg * m.between(0.5, 1.5), o.Lines[k].Litres * m.between(0.5, 1.5)})
			}
		}
	},
	"round cancelled": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Rounds) > 0 {
			c.CancelRounds = append(c.CancelRounds, pick(m, m.week.Rounds...).ID)
		}
	},
	"round delayed": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Rounds) > 0 {
			c.Delays = append(c.Delays, Delay{pick(m, m.week.Rounds...).ID, float64(60 * m.few(90))})
		}
	},
	"round new": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Rounds) > 0 {
			x := deepCopy(pick(m, m.week.Rounds...))
			x.ID = "new"
			for i := range m.week.Vehicles {
				if v := &m.week.Vehicles[i]; v.Producer == x.Producer && v.ID != x.Vehicle {
					x.Vehicle = v.ID
				}
			}
			c.Rounds = append(c.Rounds, x)
		}
	},
	"stops changed": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Rounds) > 0 {
			x := deepCopy(pick(m, m.week.Rounds...))
			if n := len(x.Stops); n > 0 {
				x.Stops = slices.Delete(x.Stops, n-1, n)
			}
			c.Rounds = append(c.Rounds, x)
		}
	},
	"refused": func(m *weekMaker, _ *Plan, c *Change) {
		x := Refusal{Carrier: pick(m, m.week.Producers...).ID}
		if m.oneIn(2) {
			x.Producer = pick(m, m.week.Producers...).ID
		}
		c.Refuse = append(c.Refuse, x)
	},
	"forbidden": func(m *weekMaker, plan *Plan, c *Change) {
		if x, _, r := carried(m, plan, foreignRound); x != nil {
			c.Forbid = append(c.Forbid, Forbid{x.Producer, r.ID})
		}
	},
	"allowed": func(m *weekMaker, _ *Plan, c *Change) { c.Allow = append(c.Allow, m.week.Forbid...) },
	"vehicle": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Vehicles) > 0 {
			v := deepCopy(pick(m, m.week.Vehicles...))
			v.Kg *= m.between(0.5, 1)
			for k := range v.Litres {
				v.Litres[k] *= m.between(0.5, 1)
			}
			c.Vehicles = append(c.Vehicles, v)
		}
	},
	"breakdown": func(m *weekMaker, _ *Plan, c *Change) {
		if len(m.week.Vehicles) > 0 {
			c.Breakdowns = append(c.Breakdowns, pick(m, m.week.Vehicles...).ID)
		}
	},
	"locked": func(m *weekMaker, plan *Plan, c *Change) {
		if x, _, r := carried(m, plan, anyRide); x != nil && !r.Dedicated {
			c.Lock = append(c.Lock, Lock{x.Producer, x.PickupPoint, x.Class, []string{pick(m, m.week.Rounds...).ID}})
		}
	},
	"unlocked": func(m *weekMaker, _ *Plan, c *Change) { c.Unlock = append(c.Unlock, m.week.Locks...) },
}

// someMoment lies between the first departure and the last return of a plan.
func someMoment(m *weekMaker, plan *Plan) time.Time {
	var first, last time.Time
	for _, r := range plan.Rounds {
		if a := r.Stops[0].Depart; first.IsZero() || a.Before(first) {
			first = a
		}
		if b := r.Stops[len(r.Stops)-1].Arrive; b.After(last) {
			last = b
		}
	}
	return first.Add(time.Duration(m.Float64() * float64(last.Sub(first)))).Truncate(time.Second)
}

// TestReplan changes planned weeks in every way and looks at all that a replanning promises.
func TestReplan(t *testing.T) {
	tried, cannot, past := 0, 0, 0
	kinds := map[string]int{}
	names := slices.Sorted(func(yield func(string) bool) {
		for k := range changes {
			if !yield(k) {
				return
			}
		}
	})
	eachShape(t, 6, func(t *testing.T, week *Week, rng *rand.Rand) {
		m := &weekMaker{Rand: rng, week: week, shape: weekShapes[strings.Split(t.Name(), "/")[1]]}
		if rng.IntN(3) == 0 {
			week.Settings.NobodyWorseOff, week.Settings.Fairness = rng.IntN(3) > 0, []float64{0, 0.5, 1}[rng.IntN(3)]
		}
		plan := solved(t, t.Context(), week, Options{Seed: 1, Iterations: 40, Workers: 1})
		if rng.IntN(3) == 0 {
			week.Settings.ChangeM = new(1e6)
		}
		for n := range 12 {
			var c Change
			what := []string{}
			for range 1 + rng.IntN(2) {
				k := names[rng.IntN(len(names))]
				changes[k](m, plan, &c)
				what = append(what, k)
			}
			if rng.IntN(2) == 0 && len(plan.Rounds) > 0 {
				c.Now = someMoment(m, plan)
			}
			tried++
			name := fmt.Sprintf("%d: %s, %v", n, strings.Join(what, " and "), c.Now)
			before, prior := deepCopy(week), deepCopy(plan)
			got, err := Replan(t.Context(), week, nil, plan, c, Options{Seed: 1})
			if !reflect.DeepEqual(week, before) || !reflect.DeepEqual(plan, prior) {
				t.Fatalf("%s: the week or the previous plan is changed", name)
			}
			var invalid *InvalidWeek
			switch {
			case errors.As(err, &invalid):
				cannot++
				continue
			case errors.Is(err, ErrRoundCannot) && (!c.Now.IsZero() || len(c.Rounds)+len(c.Delays) > 0):
				cannot++
				continue
			case errors.Is(err, ErrPast) && !c.Now.IsZero():
				past++
				t.Logf("%s: %v", name, err)
				continue
			case err != nil:
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, d := range got.Differences {
				kinds[string(d.What)+" "+string(d.Cause.Kind)]++
			}
			ok := t.Run(name, func(t *testing.T) {
				mustBeRight(t, got.Week, got.Plan)
				mustConserve(t, got.Week, got.Plan)
				mustKeepThePast(t, plan, got, &c)
				mustTellAll(t, plan, got, &c)
				for _, p := range got.Plan.Summary.Producers {
					if p.WorseOff && week.Settings.NobodyWorseOff && c.Now.IsZero() {
						t.Errorf("%s drives %.0f m, alone %.0f m", p.Producer, p.PlannedMetres, p.AloneMetres)
					}
				}
				for _, d := range got.Differences {
					if week.Settings.ChangeM != nil && d.Cause.Kind == CauseSaves && d.What == GoodsMoved && !slices.Equal(d.Before, d.After) {
						t.Errorf("%+v, at a high price", d)
					}
				}
				again, err := Replan(t.Context(), week, nil, plan, c, Options{Seed: 1})
				if err != nil || !reflect.DeepEqual(got, again) {
					t.Errorf("a second time the answer is another one: %v", err)
				}
			})
			if !ok {
				return
			}
		}
	})
	t.Logf("%d changes, %d weeks impossible, %d against the past; %v", tried, cannot, past, kinds)
	if 3*cannot > tried || 10*past > tried {
		t.Errorf("of %d changes %d make the week impossible and %d contradict the past", tried, cannot, past)
	}
}

// mustKeepThePast finds every stop made before now where it was, at its time.
func mustKeepThePast(t *testing.T, plan *Plan, got *Replanned, c *Change) {
	t.Helper()
	if c.Now.IsZero() {
		return
	}
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		if r.Stops[0].Depart.After(c.Now) {
			continue
		}
		now := roundOf(got.Plan, r.ID)
		if now == nil && r.Stops[1].Arrive.After(c.Now) {
			continue // given up before it came anywhere
		}
		for k, s := range r.Stops {
			if k > 0 && s.Arrive.After(c.Now) {
				break
			}
			if now == nil || k >= len(now.Stops) || now.Stops[k].Place != s.Place || k > 0 && !now.Stops[k].Arrive.Equal(s.Arrive) ||
				!s.Depart.After(c.Now) && k < len(r.Stops)-1 && (k+1 < len(r.Stops) && !r.Stops[k+1].Arrive.After(c.Now)) && !now.Stops[k].Depart.Equal(s.Depart) {
				t.Errorf("stop %d of round %q, made at %v, is not as it was", k, r.ID, s.Arrive)
				break
			}
		}
	}
	// nothing leaves a farm before now that has not left it in the previous plan
	for i := range got.Plan.Rounds {
		r := &got.Plan.Rounds[i]
		was := roundOf(plan, r.ID)
		for k, s := range r.Stops {
			if s.Arrive.After(c.Now) {
				break
			}
			if len(s.Load)+len(s.Unload) > 0 && s.Depart.Before(c.Now) && (was == nil || k >= len(was.Stops) || was.Stops[k].Place != s.Place) {
				t.Errorf("stop %d of round %q is made up, at %v", k, r.ID, s.Arrive)
			}
		}
	}
}

// mustTellAll finds every difference between the plans among those told.
func mustTellAll(t *testing.T, plan *Plan, got *Replanned, c *Change) {
	t.Helper()
	way := func(p *Plan) map[LineRef]string {
		out := map[LineRef]string{}
		for _, x := range p.Consignments {
			s := "rides"
			for _, l := range x.Legs {
				s += " " + l.Round
			}
			for _, l := range x.Lines {
				out[l] = s
			}
		}
		return out
	}
	before, after := way(plan), way(got.Plan)
	told := map[LineRef]bool{}
	rounds := map[string]bool{}
	for _, d := range got.Differences {
		for _, l := range d.Lines {
			told[l] = true
		}
		rounds[d.Round] = true
		if d.Cause.Kind == "" || len(d.For) == 0 {
			t.Errorf("%+v concerns nobody or has no cause", d)
		}
	}
	for l, w := range before {
		now, ok := c.lineNow(l)
		replaced := slices.ContainsFunc(c.Orders, func(o Order) bool { return o.ID == l.Order })
		if ok && !replaced && after[now] != w && !told[now] {
			t.Errorf("%v was %q and is %q: nobody is told", l, w, after[now])
		}
	}
	for i := range got.Plan.Rounds {
		r := &got.Plan.Rounds[i]
		was := roundOf(plan, r.ID)
		same := was != nil && slices.EqualFunc(was.Stops, r.Stops, func(a, b PlanStop) bool {
			return a.Place == b.Place && a.Arrive.Equal(b.Arrive) && a.Depart.Equal(b.Depart)
		})
		if !same && !rounds[r.ID] {
			t.Errorf("round %q has changed: nobody is told", r.ID)
		}
	}
	for i := range plan.Rounds {
		if id := plan.Rounds[i].ID; roundOf(got.Plan, id) == nil && !rounds[id] {
			t.Errorf("round %q is gone: nobody is told", id)
		}
	}
}

// roundOf is a planned round, nil where the plan has none of the id.
func roundOf(p *Plan, id string) *PlanRound {
	for i := range p.Rounds {
		if p.Rounds[i].ID == id {
			return &p.Rounds[i]
		}
	}
	return nil
}

// Without any change the plan stays as it is, to the second.
func TestReplanNothing(t *testing.T) {
	eachShape(t, 3, func(t *testing.T, week *Week, _ *rand.Rand) {
		week.Settings.ChangeM = new(1e6)
		plan := solved(t, t.Context(), week, quick)
		got, err := Replan(t.Context(), week, nil, plan, Change{}, Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range got.Differences {
			if d.Cause.Kind != CauseUnserved && plan.Summary.UnservedKg == got.Plan.Summary.UnservedKg {
				t.Errorf("%+v", d)
			}
		}
		if a, b := plan.Summary, got.Plan.Summary; plan.Summary.UnservedKg == got.Plan.Summary.UnservedKg && (a.Objective != b.Objective || a.AloneMetres != b.AloneMetres || a.SavedCO2Kg != b.SavedCO2Kg) {
			t.Errorf("%+v became %+v", a, b)
		}
	})
}

// Without any change nothing is otherwise at any moment of the week either: not while a van stands where another will bring
// it goods, nor while one drives to where it hands them over.
func TestReplanNothingAtAnyMoment(t *testing.T) {
	begun := 0
	eachShape(t, 4, func(t *testing.T, week *Week, rng *rand.Rand) {
		week.Settings.ChangeM = new(1e6)
		plan := solved(t, t.Context(), week, quick)
		if len(plan.Unserved) > 0 {
			return // what was unserved may be served
		}
		var moments []time.Time
		for _, r := range plan.Rounds {
			for _, s := range r.Stops {
				moments = append(moments, s.Arrive, s.Depart)
			}
		}
		for range 4 {
			if len(moments) == 0 {
				return
			}
			now := pick(&weekMaker{Rand: rng}, moments...).Add(time.Duration(rng.IntN(3)-1) * 100 * time.Second)
			got, err := Replan(t.Context(), week, nil, plan, Change{Now: now}, Options{Seed: 1})
			if err != nil {
				t.Fatalf("%v: %v", now, err)
			}
			begun++
			for _, d := range got.Differences {
				t.Errorf("%v: %+v", now, d)
			}
		}
	})
	t.Log(begun, "moments")
	if begun < 10 && few(2) == 2 {
		t.Errorf("%d moments", begun)
	}
}

// A van that stands where another brings it goods later takes them over as planned, whatever the moment; and so it does
// when both are still driving there, and where the other has to be off again before it leaves.
func TestReplanWhileVanWaits(t *testing.T) {
	frozen := `"frozen": true, `
	for name, ra := range map[string]string{
		"waits for it": round("ra", "a", frozen, stop("m", "09:30", "09:40")),
		"leaves later": round("ra", "a", frozen, strings.Replace(stop("m", "08:20", "08:20"), "3600", "60", 1), stop("c", "08:40", "08:45")),
	} {
		t.Run(name, func(t *testing.T) {
			week, plan := planOf(t, line+ra+","+round("rc", "c", frozen, stop("m", "08:00", "08:10"), stop("n", "11:00", "12:00"))+","+
				round("rd", "d", frozen, stop("n", "11:00", "12:00"), stop("h", "14:00", "15:00"))+`]}`)
			if plan.Summary.Handovers != 2 {
				t.Fatalf("%d handovers", plan.Summary.Handovers)
			}
			for now := plan.Rounds[0].Stops[0].Depart.Add(-3 * time.Hour); now.Before(plan.Rounds[2].Stops[2].Depart); now = now.Add(5 * time.Minute) {
				got, err := Replan(t.Context(), week, nil, plan, Change{Now: now}, Options{})
				if err != nil {
					t.Fatalf("%v: %v", now, err)
				}
				if len(got.Differences) > 0 || len(got.Plan.Unserved) > 0 {
					t.Errorf("%v: %+v", now, got.Differences)
				}
			}
		})
	}
}

// A refusal binds what is still to come: goods that a round has brought already are no reason to fail.
func TestReplanRefusalAfterwards(t *testing.T) {
	week, plan := planOf(t, line+round("ra", "a", "", stop("c", "08:00", "08:00"))+","+round("rc", "c", "", stop("h", "10:00", "11:00"))+`]}`)
	for _, refuse := range []Change{{Refuse: []Refusal{{Carrier: "c"}}}, {Refuse: []Refusal{{Carrier: "c", Producer: "a"}}}, {Forbid: []Forbid{{"a", "rc"}}}} {
		r := plan.Rounds[1]
		refuse.Now = r.Stops[len(r.Stops)-1].Depart
		got, err := Replan(t.Context(), week, nil, plan, refuse, Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustBeRight(t, got.Week, got.Plan)
		if len(got.Differences) > 0 || len(got.Plan.Unserved) > 0 {
			t.Errorf("%+v", got.Differences)
		}
		refuse.Now = time.Time{}
		if got, err = Replan(t.Context(), week, nil, plan, refuse, Options{}); err != nil || len(got.Differences) == 0 {
			t.Errorf("before the rounds begin: %v, differences %+v", err, got.Differences)
		}
	}
}

// A vehicle that has had more on board already cannot have been smaller; one with an id of its own can drive what is to come.
func TestReplanSmallerVehicleAfterwards(t *testing.T) {
	frozen := `"frozen": true, `
	week, plan := planOf(t, line+round("ra", "a", frozen, stop("c", "08:00", "08:00"))+","+round("rc", "c", frozen, stop("h", "10:00", "11:00"))+`]}`)
	small := week.Vehicles[0]
	small.Kg = 5
	c := Change{Now: plan.Rounds[1].Stops[0].Depart.Add(time.Minute), Vehicles: []Vehicle{small}}
	if _, err := Replan(t.Context(), week, nil, plan, c, Options{}); !errors.Is(err, ErrPast) || !strings.Contains(err.Error(), "an id of its own") {
		t.Fatalf("error %v", err)
	}
	c.Vehicles[0].ID = "small"
	got, err := Replan(t.Context(), week, nil, plan, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	mustBeRight(t, got.Week, got.Plan)
	if len(got.Differences) > 0 {
		t.Errorf("%+v", got.Differences)
	}
}

// A new round that cannot be driven any more is named.
func TestReplanNamesRoundThatCannot(t *testing.T) {
	week, plan := planOf(t, line+round("ra", "a", "", stop("c", "08:00", "08:00"))+","+round("rc", "c", "", stop("h", "10:00", "11:00"))+`]}`)
	late := week.Rounds[1]
	late.ID = "late"
	week.Rounds = week.Rounds[:1]
	for k := range plan.Rounds {
		plan.Rounds[k].Stops = slices.Clone(plan.Rounds[k].Stops)
	}
	_, err := Replan(t.Context(), week, nil, plan, Change{Now: late.Stops[0].ArriveBy.Add(time.Minute), Rounds: []Round{late}}, Options{})
	if !errors.Is(err, ErrRoundCannot) || !strings.Contains(err.Error(), `"late"`) {
		t.Errorf("error %v", err)
	}
}

// Goods that are collected where they are made stay behind when they are locked to rounds, and are served again when they are not.
func TestReplanLocksCollectedGoods(t *testing.T) {
	week, _ := onSite()
	plan := solved(t, t.Context(), week, quick)
	lock := Lock{Producer: "a", PickupPoint: "ph", Rounds: []string{"ra"}}
	for _, x := range []struct {
		change Change
		served int
	}{{Change{Lock: []Lock{lock}}, 0}, {Change{Unlock: []Lock{lock}}, 1}} {
		got, err := Replan(t.Context(), week, nil, plan, x.change, Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustBeRight(t, got.Week, got.Plan)
		if len(got.Plan.Consignments) != x.served || len(got.Plan.Unserved) != 1-x.served {
			t.Errorf("%d consignments, want %d", len(got.Plan.Consignments), x.served)
		}
		week, plan = got.Week, got.Plan
	}
}

// Goods that were handed over to a van where they may not wait, and that came nowhere from there, are fetched by nobody.
func TestReplanGoodsHandedOverToBrokenVan(t *testing.T) {
	frozen := `"frozen": true, `
	week, plan := planOf(t, line+round("ra", "a", frozen, stop("c", "08:00", "08:00"))+","+round("rc", "c", frozen, stop("h", "10:00", "11:00"))+","+
		round("rd", "d", frozen, stop("c", "12:00", "13:00"), stop("h", "14:00", "15:00"))+`]}`)
	if plan.Summary.Handovers != 1 {
		t.Fatalf("%d handovers, want 1", plan.Summary.Handovers)
	}
	c := Change{Now: plan.Rounds[0].Stops[1].Depart.Add(time.Minute), Breakdowns: []string{"vc"}}
	if r := plan.Rounds[1]; !r.Stops[0].Depart.Before(c.Now) || !r.Stops[1].Arrive.After(c.Now) {
		t.Fatal("rc is not on its first way")
	}
	got, err := Replan(t.Context(), week, nil, plan, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	mustBeRight(t, got.Week, got.Plan)
	if u := got.Plan.Unserved; len(u) != 1 || !strings.Contains(u[0].Reason, "nothing can fetch it") {
		t.Errorf("unserved %v, want the goods that were handed over", u)
	}
}
