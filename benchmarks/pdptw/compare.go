package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"time"

	"carriole/benchmarks/internal/bench"
)

// attempt is one search of one solver.
type attempt struct {
	Instance   string   `json:"instance"`
	Class      string   `json:"class"`
	Solver     string   `json:"solver"`
	Threads    int      `json:"threads"`
	Limit      float64  `json:"limit_s"`
	Seed       uint64   `json:"seed"`
	Seconds    float64  `json:"seconds"`     // of wall time, really used
	CPUSeconds float64  `json:"cpu_seconds"` // of the search, or of a peer's whole process
	Iterations int      `json:"iterations,omitempty"`
	Vehicles   int      `json:"vehicles"`
	Distance   float64  `json:"distance"`
	Faults     []string `json:"faults,omitempty"` // why the routes do not solve the instance
	Known      float64  `json:"best_known,omitempty"`
	Fleet      int      `json:"best_known_vehicles,omitempty"`
}

// gap is how much longer the routes are than the best known, a share; NaN where there is none, or no solution.
func (a *attempt) gap() float64 {
	if a.Known == 0 || len(a.Faults) > 0 {
		return math.NaN()
	}
	return a.Distance/a.Known - 1
}

// enough reports whether the routes solve the instance with no more vehicles than the best known.
func (a *attempt) enough() bool {
	return len(a.Faults) == 0 && (a.Fleet == 0 || a.Vehicles <= a.Fleet)
}

// same is how much longer routes of the same length may be because of rounding in what is published.
const same = 1e-5

// reached reports whether the routes are as good as the best known.
func (a *attempt) reached() bool {
	return a.enough() && a.Known > 0 && (a.Vehicles < a.Fleet || a.gap() <= same)
}

// better reports whether they are better.
func (a *attempt) better() bool {
	return a.enough() && a.Known > 0 && (a.Vehicles < a.Fleet || a.gap() < -same)
}

// compare lets all solvers search all instances and sums up.
func (r *run) compare(set string, instances []*instance) (*bench.Section, error) {
	s := &bench.Section{Title: set}
	var all []attempt
	for _, in := range instances {
		for _, part := range r.Parts {
			for k := range r.solvers {
				v := &r.solvers[k]
				if v.absent != "" || v.fits != nil && !v.fits(in) {
					continue
				}
				for seed := 1; seed <= r.Seeds; seed++ {
					a, err := r.attempt(v, task{in: in, scale: r.scale(in), vehicles: r.vehiclesFirst(), limit: r.Time / time.Duration(part), seed: uint64(seed), threads: r.Threads, cpu: r.Clock == "cpu"})
					if err != nil {
						return nil, fmt.Errorf("%s by %s: %w", in.name, v.name, err)
					}
					all = append(all, *a)
				}
			}
		}
	}
	s.Data = all
	s.Text = fmt.Sprintf("%d instances, %d seeds, objective: %s. Distances are compared with the best known; every solution has been recomputed from the instance.", len(instances), r.Seeds, r.Objective)
	for k := range r.solvers {
		if v := &r.solvers[k]; v.absent != "" {
			s.Text += fmt.Sprintf(" %s is absent: %s.", v.name, v.absent)
		}
	}
	s.Tables = []bench.Table{r.total(all), r.classes(all)}
	s.Charts = []bench.Chart{r.bars(set, all)}
	if len(r.Parts) > 1 {
		s.Charts = append(s.Charts, r.over(set, all))
	}
	return s, nil
}

// attempt runs one search and checks it.
func (r *run) attempt(v *solver, t task) (*attempt, error) {
	if v.threads > 0 {
		t.threads = min(t.threads, v.threads)
	}
	begin := time.Now()
	answer, err := v.solve(t)
	if err != nil {
		return nil, err
	}
	k := r.known[t.in.name]
	a := &attempt{Instance: t.in.name, Class: t.in.class, Solver: v.name, Threads: t.threads, Limit: t.limit.Seconds(), Seed: t.seed, Seconds: time.Since(begin).Seconds(),
		CPUSeconds: answer.cpu.Seconds(), Iterations: answer.iterations, Known: k.distance, Fleet: k.vehicles}
	found := check(t.in, t.scale, answer.routes)
	a.Vehicles, a.Distance, a.Faults = found.vehicles, found.distance, found.faults
	r.say("%s, %s, %g s: %d vehicles, %.3f, gap %.3f %%, %d faults", a.Instance, a.Solver, a.Limit, a.Vehicles, a.Distance, 100*a.gap(), len(a.Faults))
	if v.name == "Carriole" && len(a.Faults) > 0 {
		return nil, fmt.Errorf("the solution is wrong in %d places, first: %s", len(a.Faults), a.Faults[0])
	}
	if a.better() && r.Out != "" {
		if err := keep(filepath.Join(r.Out, "best"), t.in, &found, answer.routes); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// of are the attempts for which keep says so.
func of(all []attempt, keep func(*attempt) bool) (out []attempt) {
	for _, a := range all {
		if keep(&a) {
			out = append(out, a)
		}
	}
	return out
}

// mean of what is a number; NaN without any.
func mean(all []attempt, value func(*attempt) float64) float64 {
	sum, n := 0.0, 0
	for k := range all {
		if v := value(&all[k]); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

// gapOf is the gap in per cent where the vehicles are as few as known.
func gapOf(a *attempt) float64 {
	if !a.enough() {
		return math.NaN()
	}
	return 100 * a.gap()
}

func share(all []attempt, is func(*attempt) bool) float64 {
	return mean(all, func(a *attempt) float64 {
		if is(a) {
			return 100
		}
		return 0
	})
}

func cell(format string, v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprintf(format, v)
}

// total is a row for each solver and time.
func (r *run) total(all []attempt) bench.Table {
	t := bench.Table{Left: 1, Columns: []string{"solver", "threads", "limit, s", "used, s", "CPU, s", "searches", "wrong", "vehicles as known, %", "gap, %", "worst gap, %", "best known reached, %", "better"}}
	for _, limit := range limits(all) {
		for _, v := range r.solvers {
			mine := of(all, func(a *attempt) bool { return a.Solver == v.name && a.Limit == limit })
			if len(mine) == 0 {
				continue
			}
			worst := math.NaN()
			for k := range mine {
				if g := gapOf(&mine[k]); !(g <= worst) && !math.IsNaN(g) {
					worst = g
				}
			}
			fleet := ""
			if r.vehiclesFirst() {
				fleet = fmt.Sprintf("%.1f", share(mine, (*attempt).enough))
			}
			t.Add(v.name, fmt.Sprint(mine[0].Threads), fmt.Sprintf("%.2f", limit), cell("%.2f", mean(mine, func(a *attempt) float64 { return a.Seconds })),
				cell("%.2f", mean(mine, func(a *attempt) float64 { return a.CPUSeconds })), fmt.Sprint(len(mine)),
				fmt.Sprint(len(of(mine, func(a *attempt) bool { return len(a.Faults) > 0 }))), fleet, cell("%.3f", mean(mine, gapOf)), cell("%.2f", worst),
				cell("%.1f", share(mine, (*attempt).reached)), fmt.Sprint(len(of(mine, (*attempt).better))))
		}
	}
	t.Drop()
	if r.vehiclesFirst() {
		t.Note = "Gaps are of the solutions with no more vehicles than the best known."
	}
	return t
}

func limits(all []attempt) []float64 {
	set := map[float64]bool{}
	for _, a := range all {
		set[a.Limit] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// names of the classes and of the solvers that have searched, in their order.
func (r *run) names(all []attempt) (classes, solvers []string) {
	for _, a := range all {
		classes = append(classes, a.Class)
	}
	slices.SortFunc(classes, cmp.Compare[string])
	for _, v := range r.solvers {
		if slices.ContainsFunc(all, func(a attempt) bool { return a.Solver == v.name }) {
			solvers = append(solvers, v.name)
		}
	}
	return slices.Compact(classes), solvers
}

// classGap is a solver's mean gap in a class with the whole time.
func (r *run) classGap(all []attempt, class, solver string) float64 {
	return mean(of(all, func(a *attempt) bool {
		return a.Class == class && a.Solver == solver && a.Limit == r.whole()
	}), gapOf)
}

// whole is the longest limit.
func (r *run) whole() float64 { return (r.Time / time.Duration(slices.Min(r.Parts))).Seconds() }

func (r *run) classes(all []attempt) bench.Table {
	classes, solvers := r.names(all)
	t := bench.Table{Title: fmt.Sprintf("Gap by class in %g s, %%", r.whole()), Left: 1, Columns: append([]string{"class", "instances"}, solvers...)}
	for _, c := range classes {
		set := map[string]bool{}
		for _, a := range all {
			if a.Class == c {
				set[a.Instance] = true
			}
		}
		row := []string{c, fmt.Sprint(len(set))}
		for _, v := range solvers {
			row = append(row, cell("%.3f", r.classGap(all, c, v)))
		}
		t.Add(row...)
	}
	return t
}

func (r *run) bars(set string, all []attempt) bench.Chart {
	classes, solvers := r.names(all)
	c := bench.Chart{Name: "class-" + set, Title: fmt.Sprintf("%s: gap by class in %g s", set, r.whole()), Y: "gap to the best known, %", Names: classes}
	for k, v := range solvers {
		s := bench.Series{Name: v, Colour: k}
		for _, class := range classes {
			s.Y = append(s.Y, r.classGap(all, class, v))
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// over is the gap over the time that the solvers have really used.
func (r *run) over(set string, all []attempt) bench.Chart {
	_, solvers := r.names(all)
	c := bench.Chart{Name: "time-" + set, Title: set + ": gap over time", X: "wall time used, s", Y: "gap to the best known, %", LogX: true, LogY: true, Floor: 0.001}
	for k, v := range solvers {
		s := bench.Series{Name: v, Colour: k}
		for _, limit := range limits(all) {
			mine := of(all, func(a *attempt) bool { return a.Solver == v && a.Limit == limit })
			s.X = append(s.X, mean(mine, func(a *attempt) float64 { return a.Seconds }))
			s.Y = append(s.Y, mean(mine, gapOf))
		}
		c.Series = append(c.Series, s)
	}
	return c
}
