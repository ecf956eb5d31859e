package main

import (
	"fmt"
	"math"

	"carriole/benchmarks/internal/bench"
)

// pair is one week with and without handovers.
type pair struct {
	Week    string          `json:"week"`
	With    []bench.Attempt `json:"with"`
	Without []bench.Attempt `json:"without"`
}

// handovers runs the same search with handovers and without, side by side.
func handovers(r *run) (*bench.Section, error) {
	var all []pair
	for i := range r.weeks {
		p := pair{Week: r.weeks[i].name}
		for seed := 1; seed <= r.Seeds; seed++ {
			for _, off := range []bool{false, true} {
				a, err := r.search(&r.weeks[i], bench.Job{Seed: uint64(seed), NoHandovers: off})
				if err != nil {
					return nil, err
				}
				if off {
					p.Without = append(p.Without, *a)
				} else {
					p.With = append(p.With, *a)
				}
			}
		}
		all = append(all, p)
		r.say("handovers: %s done", p.Week)
	}
	return r.paired(all), nil
}

func (r *run) paired(all []pair) *bench.Section {
	t := bench.Table{Left: 1, Columns: []string{"week", "handovers", "unserved kg", "without", "objective m", "without", "saved", "kg served more"},
		Note: "“Saved” stands where both leave as much behind."}
	chart := bench.Chart{Name: "handovers", Title: "The same search with handovers and without", X: "week", Y: "objective, km",
		Series: []bench.Series{{Name: "with"}, {Name: "without", Colour: 1}}}
	var saved []float64
	for i := range all {
		a, b := bench.Middle(all[i].With), bench.Middle(all[i].Without)
		less, more := "", ""
		if s := 1 - a.Objective/b.Objective; !a.ServesAs(b) {
			more = fmt.Sprintf("%.1f", b.UnservedKg-a.UnservedKg)
		} else if !math.IsNaN(s) && !math.IsInf(s, 0) {
			less = percent(s)
			saved = append(saved, s)
		}
		t.Add(all[i].Week, fmt.Sprint(a.Handovers), fmt.Sprintf("%.1f", a.UnservedKg), fmt.Sprintf("%.1f", b.UnservedKg), fmt.Sprintf("%.0f", a.Objective), fmt.Sprintf("%.0f", b.Objective), less, more)
		chart.Names = append(chart.Names, all[i].Week)
		chart.Series[0].Y, chart.Series[1].Y = append(chart.Series[0].Y, a.Objective/1000), append(chart.Series[1].Y, b.Objective/1000)
	}
	text := fmt.Sprintf("Searches of %s, %d of each, the middle one reported.", r.Time, r.Seeds)
	if len(saved) > 0 {
		text += fmt.Sprintf(" On the %d of %d weeks where both leave as much behind, handovers save %s of the objective in the median.", len(saved), len(all), percent(bench.Median(saved)))
	}
	return &bench.Section{Title: "What handovers bring", Text: text, Tables: []bench.Table{t}, Charts: []bench.Chart{chart}, Data: all}
}
