package main

import (
	"fmt"
	"math"
	"time"

	"carriole/benchmarks/internal/bench"
)

// grown is what one size of week takes.
type grown struct {
	Producers int               `json:"producers"`
	Points    int               `json:"pickup_points"`
	Orders    int               `json:"orders"`
	Lines     int               `json:"lines"`
	Best      *bench.Attempt    `json:"best"`  // the best known
	Tries     [][]bench.Attempt `json:"tries"` // by fraction of the time, then seed
}

// growth measures how long weeks of different sizes take until they are planned well, and how much memory. Each search
// has as much time for each order.
func growth(r *run) (*bench.Section, error) {
	var all []grown
	for _, n := range r.Sizes {
		s := shapeFor(n)
		w, err := r.make(fmt.Sprintf("growth-%d", n), s, 1)
		if err != nil {
			return nil, err
		}
		g := grown{Producers: n, Points: s.points, Orders: s.orders, Tries: make([][]bench.Attempt, len(fractions))}
		for _, o := range w.Orders {
			g.Lines += len(o.Lines)
		}
		if b, ok := r.known[w.fingerprint]; ok {
			g.Best = b.Attempt()
		}
		for seed := uint64(1); seed <= uint64(r.Seeds); seed++ {
			for k, f := range fractions {
				a, err := r.search(w, bench.Job{Limit: time.Duration(f * float64(s.orders) * float64(r.Order)), Seed: seed})
				if err != nil {
					return nil, err
				}
				g.Tries[k] = append(g.Tries[k], *a)
				if g.Best == nil || a.Compare(g.Best) < 0 {
					g.Best = a
				}
			}
		}
		all = append(all, g)
		r.say("growth: %d producers done", n)
	}
	return r.grown(all), nil
}

// wellPlanned is the gap to the best known whose time tells how time grows.
const wellPlanned = 0.05

func (g *grown) timeTo(gap float64) float64 { return bench.TimeTo(gap, g.Tries, g.Best) }
func (g *grown) last(figure func(*bench.Attempt) float64) float64 {
	return bench.MedianOf(g.Tries[full], figure)
}
func (g *grown) time() float64 { return g.timeTo(wellPlanned) }
func (g *grown) memory() float64 {
	return g.last(func(a *bench.Attempt) float64 { return a.PeakMiB })
}

func (r *run) grown(all []grown) *bench.Section {
	t := bench.Table{Columns: []string{"producers", "points", "orders", "lines", "s", "CPU s", "peak MiB", "against linear", "unserved kg", "objective m", "of alone", "above best known", "s to 5 %", "against linear"},
		Note: "The middle plan of the longest searches. “Against linear” is the growth since the row above, divided by that of the producers. The peak is of the whole process, which reads the week and plans it. “Of alone” is the objective as a share of what the orders add when nobody carries for another. “s to 5 %” is the time of the middle plan that is 5 % above the best known, interpolated between the limits."}
	var sizes, times, memory, tens []float64
	for i := range all {
		g := &all[i]
		a := bench.Middle(g.Tries[full])
		row := []string{fmt.Sprint(g.Producers), fmt.Sprint(g.Points), fmt.Sprint(g.Orders), fmt.Sprint(g.Lines),
			fmt.Sprintf("%.2f", g.last(func(a *bench.Attempt) float64 { return a.Seconds })), fmt.Sprintf("%.2f", g.last(func(a *bench.Attempt) float64 { return a.CPUSeconds })),
			fmt.Sprintf("%.0f", g.memory()), "", fmt.Sprintf("%.1f", a.UnservedKg), fmt.Sprintf("%.0f", a.Objective), "", percent(a.Above(g.Best)), number(g.time()), ""}
		if i > 0 {
			row[7], row[13] = number(against(&all[i-1], g, (*grown).memory)), number(against(&all[i-1], g, (*grown).time))
		}
		if a.AloneAdded > 0 {
			row[10] = percent(a.Objective / a.AloneAdded)
		}
		t.Add(row...)
		sizes, times, memory, tens = append(sizes, float64(g.Producers)), append(times, g.time()), append(memory, g.memory()), append(tens, g.timeTo(0.10))
	}
	text := fmt.Sprintf("One made week of each size, %s for each order, %d searches of each, medians; the best known is that of --best or of this run.", r.Order, r.Seeds)
	if a, b := find(all, 150), find(all, 1500); a != nil && b != nil {
		text += fmt.Sprintf(" From 150 to 1,500 producers the time to come within 5 %% of the best known grows by %s of linear growth, memory by %s.",
			number(against(a, b, (*grown).time)), number(against(a, b, (*grown).memory)))
	}
	linear := func(values []float64) bench.Series {
		s := bench.Series{Name: "linear growth", Colour: 5, Style: bench.Dashed}
		for i, n := range sizes {
			if first := firstNumber(values); first >= 0 && i >= first {
				s.X, s.Y = append(s.X, n), append(s.Y, values[first]*n/sizes[first])
			}
		}
		return s
	}
	return &bench.Section{Title: "Growth with size", Text: text, Tables: []bench.Table{t}, Data: all, Charts: []bench.Chart{
		{Name: "growth-time", Title: "Time to come within a gap to the best known", X: "producers", Y: "wall time, s", LogX: true, LogY: true, Ticks: sizes,
			Series: []bench.Series{linear(times), {Name: "Carriole, 5 %", X: sizes, Y: times}, {Name: "Carriole, 10 %", Colour: 2, X: sizes, Y: tens}}},
		{Name: "growth-memory", Title: "Memory of a process that plans one week", X: "producers", Y: "peak, MiB", LogX: true, LogY: true, Ticks: sizes,
			Series: []bench.Series{linear(memory), {Name: "Carriole", X: sizes, Y: memory}}}}}
}

// against is by how much a figure grows between two sizes, divided by how much the producers do.
func against(a, b *grown, figure func(*grown) float64) float64 {
	return figure(b) / figure(a) / (float64(b.Producers) / float64(a.Producers))
}

// number with two digits behind the point; what is not known is a dash.
func number(v float64) string {
	if len(finite(v)) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", v)
}

func firstNumber(values []float64) int {
	for i, v := range values {
		if !math.IsNaN(v) {
			return i
		}
	}
	return -1
}

func find(all []grown, producers int) *grown {
	for i := range all {
		if all[i].Producers == producers {
			return &all[i]
		}
	}
	return nil
}
