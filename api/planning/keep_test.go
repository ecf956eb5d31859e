package planning_test

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// example is the week that the command line shows.
func example(t *testing.T) *engine.Week {
	t.Helper()
	f, err := os.Open("../../cmd/carriole/example.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	week, _, err := engine.ReadWeek(f, 1<<24)
	if err != nil {
		t.Fatal(err)
	}
	return week
}

// A week that is kept and made again is the same but for its ids.
func TestKeep(t *testing.T) {
	want := example(t)
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	col := store.Collective{Name: "Comtat"}
	if err := s.CreateCollective(ctx, &col, "test"); err != nil {
		t.Fatal(err)
	}
	scope := s.In(col.ID, "test")
	want.Producers[2].BalanceM = -1200
	want.Locks = []engine.Lock{{Producer: want.Rounds[0].Producer, PickupPoint: want.PickupPoints[0].ID, Rounds: []string{want.Rounds[1].ID}}}
	want.Habits = []engine.Habit{{Producer: want.Rounds[0].Producer, PickupPoint: want.PickupPoints[1].ID, Class: engine.Chilled, Rounds: []string{want.Rounds[0].ID, want.Vehicles[1].ID}}}
	want.Settings.Fairness = 0.25
	sale, err := planning.Keep(ctx, scope, want)
	if err != nil {
		t.Fatal(err)
	}
	d, err := scope.WeekData(ctx, sale)
	if err != nil {
		t.Fatal(err)
	}
	got, faults := planning.Week(d)
	if h := hard(faults); h != nil {
		t.Fatal(h)
	}
	renamed(got, d)
	for i := range got.Orders {
		for n := range got.Orders[i].Lines {
			got.Orders[i].Lines[n].ProductID = ""
		}
	}
	for i := range want.Orders {
		for n := range want.Orders[i].Lines {
			l := &want.Orders[i].Lines[n]
			l.Class, l.CarriedBy = l.Temperature(), l.Carrier()
		}
	}
	want.ID = got.ID
	want.Vehicles = slices.DeleteFunc(want.Vehicles, func(v engine.Vehicle) bool { // one that never drives is of no week
		return len(v.Available) == 0 && !slices.ContainsFunc(want.Rounds, func(r engine.Round) bool { return r.Vehicle == v.ID })
	})
	got.Name = ""
	for i := range got.Rounds {
		got.Rounds[i].Name = ""
	}
	for i := range got.Vehicles {
		got.Vehicles[i].Name = ""
	}
	for i := range got.Orders {
		got.Orders[i].Name = ""
	}
	byID(want)
	byID(got)
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 1e-9), gocmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		gocmp.Transformer("defaults", func(p engine.Place) [3]any {
			var classes []engine.Class
			for _, c := range engine.Classes {
				if p.CanStore(c) {
					classes = append(classes, c)
				}
			}
			return [3]any{p.ID + p.Name, p.StopSeconds(), classes}
		})); diff != "" {
		t.Error(diff)
	}
}

// renamed gives rows the ids that they had in the document.
func renamed(w *engine.Week, d *store.WeekData) {
	ref := map[string]string{}
	for _, x := range d.Places {
		ref[string(x.ID)] = x.Ref
	}
	for _, x := range d.Producers {
		ref[string(x.ID)] = x.Ref
	}
	for _, x := range d.Vehicles {
		ref[string(x.ID)] = x.Ref
	}
	for _, x := range d.Rounds {
		ref[string(x.ID)] = x.Ref
	}
	for _, x := range d.PickupPoints {
		ref[string(x.ID)] = x.Ref
	}
	for _, x := range d.Orders {
		ref[string(x.ID)] = x.Ref
	}
	as := func(ids ...*string) {
		for _, id := range ids {
			if round, _, ok := planning.SplitRoundID(*id); ok {
				*id = string(round)
			}
			if *id != "" {
				*id = ref[*id]
			}
		}
	}
	for i := range w.Places {
		as(&w.Places[i].ID)
	}
	for i := range w.Producers {
		as(&w.Producers[i].ID, &w.Producers[i].Place)
	}
	for i := range w.Vehicles {
		as(&w.Vehicles[i].ID, &w.Vehicles[i].Producer)
	}
	for i := range w.Rounds {
		r := &w.Rounds[i]
		as(&r.ID, &r.Producer, &r.Vehicle, &r.Start, &r.End)
		for n := range r.Stops {
			as(&r.Stops[n].Place)
		}
		for n := range r.Carries.Only {
			as(&r.Carries.Only[n])
		}
		slices.Sort(r.Carries.Only)
	}
	for i := range w.PickupPoints {
		as(&w.PickupPoints[i].ID, &w.PickupPoints[i].Place)
	}
	for i := range w.Orders {
		as(&w.Orders[i].ID, &w.Orders[i].PickupPoint)
		for n := range w.Orders[i].Lines {
			as(&w.Orders[i].Lines[n].Producer)
		}
	}
	ways := func(producer, point *string, rounds []string) {
		as(producer, point)
		for n := range rounds {
			as(&rounds[n])
		}
	}
	for i := range w.Locks {
		ways(&w.Locks[i].Producer, &w.Locks[i].PickupPoint, w.Locks[i].Rounds)
	}
	for i := range w.Habits {
		ways(&w.Habits[i].Producer, &w.Habits[i].PickupPoint, w.Habits[i].Rounds)
	}
	for i := range w.Forbid {
		as(&w.Forbid[i].Producer, &w.Forbid[i].Round)
	}
}

// byID sorts what has no order.
func byID(w *engine.Week) {
	slices.SortFunc(w.Places, func(a, b engine.Place) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(w.Producers, func(a, b engine.Producer) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(w.Vehicles, func(a, b engine.Vehicle) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(w.Rounds, func(a, b engine.Round) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(w.PickupPoints, func(a, b engine.PickupPoint) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(w.Orders, func(a, b engine.Order) int { return cmp.Compare(a.ID, b.ID) })
	for i := range w.Rounds {
		slices.Sort(w.Rounds[i].Carries.Only)
	}
}

// A document that cannot be kept is refused with its faults, and nothing of it is written.
func TestKeepRefuses(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	col := store.Collective{Name: "Comtat"}
	if err := s.CreateCollective(ctx, &col, "test"); err != nil {
		t.Fatal(err)
	}
	scope := s.In(col.ID, "test")
	for name, spoil := range map[string]func(*engine.Week){
		"unknown place": func(w *engine.Week) { w.Producers[0].Place = "nowhere" },
		"two weeks": func(w *engine.Week) {
			w.PickupPoints[0].AcceptAfter = w.PickupPoints[0].AcceptAfter.AddDate(0, 0, 10)
			w.PickupPoints[0].AcceptBy = w.PickupPoints[0].AcceptBy.AddDate(0, 0, 10)
		},
		"no pickup point": func(w *engine.Week) { w.PickupPoints, w.Orders = nil, nil },
	} {
		w := example(t)
		spoil(w)
		_, err := planning.Keep(ctx, scope, w)
		e, ok := err.(*store.Error)
		if !ok || e.Code != store.Invalid || len(e.Faults) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if places, _, err := scope.Places(ctx, store.PlaceFilter{}, store.Page{}); err != nil || len(places) > 0 {
			t.Errorf("%s: %d places are kept, %v", name, len(places), err)
		}
	}
}
