package maker

import (
	"slices"
	"strings"
	"testing"

	"carriole/engine"
)

func TestPermuteVisitsEveryOrderOnce(t *testing.T) {
	list := []int{1, 2, 3, 4}
	seen := map[[4]int]bool{}
	Permute(list, func(p []int) { seen[[4]int(p)] = true })
	if len(seen) != 24 || !slices.Equal(list, []int{1, 2, 3, 4}) {
		t.Errorf("%d orders seen, and %v left behind", len(seen), list)
	}
}

func TestDriveSaysWhatIsMissed(t *testing.T) {
	week := &engine.Week{Places: []engine.Place{{ID: "farm", Lon: 5, Lat: 44}, {ID: "shop", Lon: 5.1, Lat: 44}}}
	round := func(arriveBy, returnBy float64) *engine.Round {
		return &engine.Round{ID: "r", Start: "farm", End: "farm", DepartAfter: Hour(0, 8), ReturnBy: Hour(0, returnBy),
			Stops: []engine.RoundStop{{Place: "shop", ArriveAfter: Hour(0, 8), ArriveBy: Hour(0, arriveBy), StayS: 600}}}
	}
	if err := Drive(week, round(9, 10)); err != nil {
		t.Error(err)
	}
	for want, r := range map[string]*engine.Round{"r reaches shop": round(8.1, 10), "r is home": round(9, 8.5)} {
		if err := Drive(week, r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
