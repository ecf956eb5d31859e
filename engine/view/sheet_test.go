package view

import (
	"fmt"
	"strings"
	"testing"

	"carriole/engine"
)

// Every consignment that rides is loaded and unloaded once for each leg, and both sides of a handover name each other.
func TestSheets(t *testing.T) {
	week, plan := fixture(t)
	type ride struct {
		round string
		do    string
		other string
	}
	kg := map[ride]float64{}
	for _, s := range Sheets(week, plan) {
		for _, stop := range s.Stops {
			for _, x := range stop.Tasks {
				kg[ride{s.Round.ID, how(x.Do), x.Round}] += x.Kg
				switch x.Do {
				case Fetch:
					if x.At.After(stop.Arrive) {
						t.Errorf("%s fetches at %s what comes at %s", s.Round.ID, stop.Arrive, x.At)
					}
				case Leave:
					if x.At.Before(stop.Depart) {
						t.Errorf("%s leaves at %s what is fetched at %s", s.Round.ID, stop.Depart, x.At)
					}
				}
				if changes := x.Do != Collect && x.Do != Deliver; changes != (x.With != "") || changes != !x.At.IsZero() {
					t.Errorf("%s: %+v", s.Round.ID, x)
				}
			}
		}
	}
	for k, sum := range kg {
		if k.do == "hand" && fmt.Sprintf("%.3f", kg[ride{k.other, "take", k.round}]) != fmt.Sprintf("%.3f", sum) {
			t.Errorf("%s hands %.3f kg to %s, which takes %.3f", k.round, sum, k.other, kg[ride{k.other, "take", k.round}])
		}
	}
}

// Where the week has names for people, texts use them instead of ids.
func TestNames(t *testing.T) {
	week, plan := fixture(t)
	w := *week
	w.Name = "Semaine des pommes"
	w.Rounds = append([]engine.Round{}, week.Rounds...)
	for i := range w.Rounds {
		w.Rounds[i].Name = "N" + w.Rounds[i].ID
	}
	var plain, named strings.Builder
	if err := Text(&plain, week, plan, Options{Lang: French}); err != nil {
		t.Fatal(err)
	}
	if err := Text(&named, &w, plan, Options{Lang: French}); err != nil {
		t.Fatal(err)
	}
	for _, r := range plan.Rounds {
		if !r.Dedicated && strings.Contains(plain.String(), r.ID) && !strings.Contains(named.String(), "N"+r.ID) {
			t.Errorf("round %s is not called by its name", r.ID)
		}
	}
	if !strings.Contains(named.String(), "Semaine des pommes") {
		t.Error("the week is not called by its name")
	}
}

// how is take or hand for all ways of changing rounds.
func how(do string) string {
	switch do {
	case Fetch, TakeOver:
		return "take"
	case Leave, HandOver:
		return "hand"
	}
	return do
}
