package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
)

// fractions of the time limit that are searched with, too: what is reached when is then known from whole plans, each
// recomputed, and not from what a search says of itself.
var fractions = []float64{1. / 30, 1. / 10, 1. / 3, 1}

const tenth = 1 // of fractions

// gaps to the best known whose times are reported.
var gaps = []float64{0.01, 0.02, 0.05, 0.10}

// comparison is what was reached on one week.
type comparison struct {
	Week     string            `json:"week"`
	Best     *bench.Attempt    `json:"best"`      // the best known
	BestFrom string            `json:"best_from"` // who found it
	Carriole [][]bench.Attempt `json:"carriole"`  // by fraction of the time, then seed
	Vroom    [][]bench.Attempt `json:"vroom"`     // likewise
	NoVroom  string            `json:"no_vroom"`  // why there is nothing of VROOM
	size     string
}

// compare sets Carriole beside VROOM, with the same limits of time and the same threads.
func compare(r *run) (*bench.Section, error) {
	all := make([]comparison, len(r.weeks))
	for i := range r.weeks {
		c, err := r.compareWeek(&r.weeks[i])
		if err != nil {
			return nil, err
		}
		all[i] = *c
		r.say("compare: %s done", c.Week)
	}
	s := &bench.Section{Title: "Carriole and VROOM", Data: all, Text: fmt.Sprintf(
		"Searches of %s with %d threads, %d of each kind; the middle one is reported. %s "+
			"Every figure of a plan is recomputed from its stops by `engine.Check`; every plan of Carriole is right.", r.Time, r.Threads, r.Seeds, said(all))}
	s.Tables = append(s.Tables, reached(all))
	if slices.ContainsFunc(all, func(c comparison) bool { return c.Vroom != nil }) {
		s.Tables = append(s.Tables, beside(all))
	}
	s.Tables = append(s.Tables, r.byLimit(all), timesTo(all))
	s.Charts = append(s.Charts, overTime(all), withinGaps(all))
	return s, nil
}

func (r *run) compareWeek(w *week) (*comparison, error) {
	c := &comparison{Week: w.name, Carriole: make([][]bench.Attempt, len(fractions)), Vroom: make([][]bench.Attempt, len(fractions)),
		size: fmt.Sprintf("%d/%d/%d", len(w.Producers), len(w.PickupPoints), len(w.Orders))}
	var problem *vroomProblem
	if c.NoVroom = r.noVroom(w); c.NoVroom == "" {
		problem = newVroomProblem(w.Week)
	}
	if b, ok := r.known[w.fingerprint]; ok {
		c.best(b.Attempt(), fmt.Sprintf("%.0f s", b.Seconds))
	}
	for seed := uint64(1); seed <= uint64(r.Seeds); seed++ {
		for k, f := range fractions {
			limit := time.Duration(f * float64(r.Time))
			a, err := r.search(w, bench.Job{Limit: limit, Seed: seed})
			if err != nil {
				return nil, err
			}
			c.best(a, "Carriole")
			c.Carriole[k] = append(c.Carriole[k], *a)
			if problem == nil {
				continue
			}
			if a, err = problem.attempt(limit, r.Threads); err != nil {
				c.NoVroom, problem = "failed: "+err.Error(), nil
				continue
			}
			c.best(a, "VROOM")
			c.Vroom[k] = append(c.Vroom[k], *a)
		}
	}
	if c.NoVroom != "" {
		c.Vroom = nil
	}
	return c, nil
}

// best keeps the best right plan.
func (c *comparison) best(a *bench.Attempt, from string) {
	if a.Wrong == "" && (c.Best == nil || a.Compare(c.Best) < 0) {
		c.Best, c.BestFrom = a, from
	}
}

// ours and theirs are the middle attempts with a fraction of the time; theirs is nil without VROOM.
func (c *comparison) ours(k int) *bench.Attempt { return bench.Middle(c.Carriole[k]) }
func (c *comparison) theirs(k int) *bench.Attempt {
	if c.Vroom == nil {
		return nil
	}
	return bench.Middle(c.Vroom[k])
}

// ratio of Carriole's objective with one fraction of the time to VROOM's with another; NaN unless both leave as much behind.
func (c *comparison) ratio(ours, theirs int) float64 {
	a, b := c.ours(ours), c.theirs(theirs)
	if b == nil || !a.ServesAs(b) || b.Objective <= 0 {
		return math.NaN()
	}
	return a.Objective / b.Objective
}

var full = len(fractions) - 1

// said puts in words how the two compare.
func said(all []comparison) string {
	var served, broken, fewer, more, cheated int
	var ratios, early []float64
	absent := map[string]int{}
	for i := range all {
		c := &all[i]
		if c.Vroom == nil {
			absent[c.NoVroom]++
			continue
		}
		a, b := c.ours(full), c.theirs(full)
		if b.Wrong != "" {
			broken++
		}
		switch {
		case a.ServesAs(b):
			served++
		case a.UnservedKg < b.UnservedKg:
			fewer++
		default:
			more++
			if b.Wrong != "" {
				cheated++
			}
		}
		ratios, early = append(ratios, finite(c.ratio(full, full))...), append(early, finite(c.ratio(tenth, full))...)
	}
	var text strings.Builder
	if n := served + fewer + more; n > 0 {
		fmt.Fprintf(&text, "Of %s VROOM leaves as much behind on %d, more on %d and less on %d (on %d of these only by breaking rules); %d of its plans break rules of the contract, which it does not know.", weeks(n), served, fewer, more, cheated, broken)
	}
	if len(ratios) > 0 {
		fmt.Fprintf(&text, " Where both leave as much behind, Carriole's objective is %.3f of VROOM's in the median (%.3f at worst), and %.3f (%.3f) with a tenth of the time.",
			bench.Median(ratios), highest(ratios), bench.Median(early), highest(early))
	}
	for why, n := range absent {
		fmt.Fprintf(&text, " Of %s there is nothing by VROOM: %s.", weeks(n), why)
	}
	return strings.TrimSpace(text.String())
}

func weeks(n int) string {
	if n == 1 {
		return "1 week"
	}
	return fmt.Sprintf("%d weeks", n)
}

// finite is the figure, or nothing when it is none.
func finite(v float64) []float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return []float64{v}
}

func highest(all []float64) float64 {
	most := math.Inf(-1)
	for _, v := range all {
		most = max(most, v)
	}
	return most
}

func reached(all []comparison) bench.Table {
	t := bench.Table{Title: "What Carriole reaches", Left: 2, Columns: []string{"week", "producers/points/orders", "unserved kg", "objective m", "above best known", "best known m", "found by",
		"lower bound m", "proved gap", "added m", "alone m", "handovers", "s", "CPU s", "iterations", "peak MiB"},
		Note: "“Alone” is what the orders add when nobody carries for another; CPU time and peak are of the whole process."}
	for i := range all {
		c := &all[i]
		a := c.ours(full)
		bound, gap, iterations := "", "", ""
		if a.LowerBound > 0 {
			bound = fmt.Sprintf("%.0f", a.LowerBound)
		}
		if a.Gap != nil {
			gap = percent(*a.Gap)
		}
		if a.Iterations > 0 {
			iterations = fmt.Sprint(a.Iterations)
		}
		t.Add(c.Week, c.size, fmt.Sprintf("%.1f", a.UnservedKg), fmt.Sprintf("%.0f", a.Objective), percent(a.Above(c.Best)), fmt.Sprintf("%.0f", c.Best.Objective), c.BestFrom,
			bound, gap, fmt.Sprintf("%.0f", a.AddedMetres), fmt.Sprintf("%.0f", a.AloneAdded), fmt.Sprint(a.Handovers),
			fmt.Sprintf("%.2f", a.Seconds), fmt.Sprintf("%.2f", a.CPUSeconds), iterations, fmt.Sprintf("%.0f", a.PeakMiB))
	}
	t.Drop()
	return t
}

// percent of a share; a plan that leaves more behind is above by no number.
func percent(share float64) string {
	if math.IsInf(share, 1) {
		return "serves less"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

func beside(all []comparison) bench.Table {
	t := bench.Table{Title: "Beside VROOM, without handovers", Left: 1, Columns: []string{"week", "unserved kg", "VROOM unserved kg", "objective m", "VROOM objective m", "ratio", "s", "VROOM s", "VROOM's plan"},
		Note: "The ratio stands where both leave as much behind. VROOM's seconds are by its own account, without its start. A plan that breaks rules is taken at the figures of its stops, which favours it."}
	for i := range all {
		c := &all[i]
		a, b := c.ours(full), c.theirs(full)
		if b == nil {
			t.Add(c.Week, "", "", "", "", "", "", "", c.NoVroom)
			continue
		}
		ratio, note := "", "right"
		if x := c.ratio(full, full); !math.IsNaN(x) {
			ratio = fmt.Sprintf("%.3f", x)
		}
		if b.Wrong != "" {
			note = b.Wrong
		}
		t.Add(c.Week, fmt.Sprintf("%.1f", a.UnservedKg), fmt.Sprintf("%.1f", b.UnservedKg), fmt.Sprintf("%.0f", a.Objective), fmt.Sprintf("%.0f", b.Objective), ratio,
			fmt.Sprintf("%.2f", a.Seconds), fmt.Sprintf("%.2f", b.Seconds), note)
	}
	return t
}

// byLimit tells how the middle plans get better with time.
func (r *run) byLimit(all []comparison) bench.Table {
	columns := []string{"s", "serve as much as the best known", "above it, median", "worst"}
	t := bench.Table{Title: "By limit of time, over all weeks", Columns: append([]string{"limit s"}, append(columns, "VROOM "+columns[0], columns[1], columns[2], columns[3], "Carriole ÷ VROOM, median")...),
		Note: "Seconds are those really used, in the median. “Serves less” is worse than any per cent."}
	for k, f := range fractions {
		row := []string{fmt.Sprintf("%.2f", f*r.Time.Seconds())}
		for _, middle := range []func(*comparison, int) *bench.Attempt{(*comparison).ours, (*comparison).theirs} {
			var above, seconds []float64
			serve := 0
			for i := range all {
				if a := middle(&all[i], k); a != nil {
					above, seconds = append(above, a.Above(all[i].Best)), append(seconds, a.Seconds)
					if a.ServesAs(all[i].Best) || a.UnservedKg < all[i].Best.UnservedKg {
						serve++
					}
				}
			}
			if len(above) == 0 {
				row = append(row, "", "", "", "")
				continue
			}
			row = append(row, fmt.Sprintf("%.2f", bench.Median(seconds)), fmt.Sprintf("%d of %d", serve, len(above)), percent(bench.Median(above)), percent(highest(above)))
		}
		var ratios []float64
		for i := range all {
			ratios = append(ratios, finite(all[i].ratio(k, k))...)
		}
		if row = append(row, ""); len(ratios) > 0 {
			row[len(row)-1] = fmt.Sprintf("%.3f", bench.Median(ratios))
		}
		t.Add(row...)
	}
	t.Drop()
	return t
}

// timesTo tells on how many weeks a gap is reached, and when.
func timesTo(all []comparison) bench.Table {
	t := bench.Table{Title: "Time to reach a gap to the best known", Columns: []string{"within", "weeks", "median s", "slowest s", "VROOM weeks", "median s", "slowest s"},
		Note: "The time of the middle plan, interpolated between two limits; medians over the weeks that get there."}
	for _, gap := range gaps {
		row := []string{fmt.Sprintf("%g %%", 100*gap)}
		for _, tries := range []func(*comparison) [][]bench.Attempt{
			func(c *comparison) [][]bench.Attempt { return c.Carriole },
			func(c *comparison) [][]bench.Attempt { return c.Vroom },
		} {
			var times []float64
			asked := 0
			for i := range all {
				if x := tries(&all[i]); x != nil {
					asked++
					times = append(times, finite(bench.TimeTo(gap, x, all[i].Best))...)
				}
			}
			switch {
			case asked == 0:
				row = append(row, "", "", "")
			case len(times) == 0:
				row = append(row, fmt.Sprintf("0 of %d", asked), "", "")
			default:
				row = append(row, fmt.Sprintf("%d of %d", len(times), asked), fmt.Sprintf("%.2f", bench.Median(times)), fmt.Sprintf("%.2f", highest(times)))
			}
		}
		t.Add(row...)
	}
	t.Drop()
	return t
}

// floor is the least gap that a chart shows, per cent.
const floor = 0.1

// overTime draws how far above the best known the plans are: each week's as its search tells it on the way, and the
// recomputed plans of all limits in the median.
func overTime(all []comparison) bench.Chart {
	chart := bench.Chart{Name: "objective-over-time", Title: fmt.Sprintf("Objective over time, %s (0.1 %% and less at the foot)", weeks(len(all))), X: "wall time, s", Y: "above the best known, %", LogX: true, LogY: true, Floor: floor}
	for i := range all {
		c := &all[i]
		thin := bench.Series{Style: bench.Thin}
		if i == 0 {
			thin.Name = "one week each,\nas its search says"
		}
		for _, p := range c.ours(full).Curve {
			a := bench.Attempt{UnservedKg: p.UnservedKg, Objective: p.Objective}
			thin.X, thin.Y = append(thin.X, p.Seconds), append(thin.Y, 100*a.Above(c.Best))
		}
		chart.Series = append(chart.Series, thin)
	}
	median := func(name string, colour int, middle func(*comparison, int) *bench.Attempt) {
		s := bench.Series{Name: name, Colour: colour}
		for k := range fractions {
			var x, y []float64
			for i := range all {
				if a := middle(&all[i], k); a != nil {
					x, y = append(x, a.Seconds), append(y, 100*a.Above(all[i].Best))
				}
			}
			s.X, s.Y = append(s.X, bench.Median(x)), append(s.Y, bench.Median(y))
		}
		chart.Series = append(chart.Series, s)
	}
	median("Carriole, median", 0, (*comparison).ours)
	median("VROOM, median", 1, (*comparison).theirs)
	return chart
}

// withinGaps draws on how many weeks a gap to the best known has been reached by when.
func withinGaps(all []comparison) bench.Chart {
	chart := bench.Chart{Name: "time-to-gap", Title: "Weeks whose plan is within a gap to the best known, by time", X: "wall time, s", Y: "weeks, %", LogX: true}
	end := 0.0
	for i := range all {
		end = max(end, all[i].ours(full).Seconds)
		if b := all[i].theirs(full); b != nil {
			end = max(end, b.Seconds)
		}
	}
	for n, gap := range slices.Backward(gaps) {
		for _, who := range []struct {
			name  string
			style bench.Style
			tries func(*comparison) [][]bench.Attempt
		}{
			{"Carriole", bench.Line, func(c *comparison) [][]bench.Attempt { return c.Carriole }},
			{"VROOM", bench.Dashed, func(c *comparison) [][]bench.Attempt { return c.Vroom }},
		} {
			var times []float64
			for i := range all {
				times = append(times, finite(bench.TimeTo(gap, who.tries(&all[i]), all[i].Best))...)
			}
			slices.Sort(times)
			s := bench.Series{Name: fmt.Sprintf("%s, %g %%", who.name, 100*gap), Colour: n, Style: who.style, Width: 2 + float64(n)}
			for k, t := range times {
				s.X, s.Y = append(s.X, t, t), append(s.Y, 100*float64(k)/float64(len(all)), 100*float64(k+1)/float64(len(all)))
			}
			if len(times) > 0 {
				s.X, s.Y = append(s.X, end), append(s.Y, s.Y[len(s.Y)-1])
			}
			chart.Series = append(chart.Series, s)
		}
	}
	return chart
}
