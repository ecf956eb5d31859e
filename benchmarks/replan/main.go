// Replan measures how long the engine takes to answer a change: single random changes of several kinds to a planned week,
// and the alternatives of single consignments. Every plan is recomputed by engine.Check.
//
//	go run ./benchmarks/replan --weeks DIR            every week in DIR whose name begins with medium
//	go run ./benchmarks/replan --plan plan.json week.json
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/engine"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("weeks", "", "folder of weeks; those whose names begin with --prefix are measured")
	prefix := flag.String("prefix", "medium", "of the names of weeks in the folder")
	known := flag.String("plan", "", "plan of the week, instead of planning it first")
	allowed := flag.Duration("time", 10*time.Second, "for planning a week first")
	n := flag.Int("n", 100, "changes of each kind")
	iterations := flag.Int("iterations", 0, "of Replan; 0: its own default")
	flag.Parse()
	names := flag.Args()
	if *dir != "" {
		found, err := filepath.Glob(filepath.Join(*dir, *prefix+"*.json"))
		if err != nil {
			log.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) == 0 {
		log.Fatal("name a week, or a folder with --weeks")
	}
	fmt.Println("| week | what | CPU median ms | worst | wall median ms | worst | added km, mean | unserved kg, mean | wrong |")
	fmt.Println("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, name := range names {
		week := read(name, func(f *os.File) (*engine.Week, error) {
			w, _, err := engine.ReadWeek(f, 1<<30)
			return w, err
		})
		m := &measure{week: week, n: *n, name: strings.TrimSuffix(filepath.Base(name), ".json"), opt: engine.Options{Seed: 1, Iterations: *iterations}}
		if *known != "" {
			m.plan = read(*known, func(f *os.File) (*engine.Plan, error) { return engine.ReadPlan(f, 1<<30) })
		} else {
			start := time.Now()
			plan, err := engine.Solve(context.Background(), week, nil, engine.Options{Seed: 1, Share: func() float64 {
				return min(1, float64(time.Since(start))/float64(*allowed))
			}})
			if err != nil {
				log.Fatal(err)
			}
			m.plan = plan
		}
		m.run()
	}
}

func read[T any](name string, read func(*os.File) (*T, error)) *T {
	f, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	v, err := read(f)
	if err != nil {
		log.Fatalf("%s: %v", name, err)
	}
	return v
}

type measure struct {
	name string
	week *engine.Week
	plan *engine.Plan
	n    int
	opt  engine.Options
}

func (m *measure) run() {
	rng := rand.New(rand.NewPCG(1, 2))
	m.kind("order added", func(i int) engine.Change {
		o := engine.Order{ID: fmt.Sprintf("late-%d", i), PickupPoint: m.week.PickupPoints[rng.IntN(len(m.week.PickupPoints))].ID}
		for range 1 + rng.IntN(4) {
			lines := m.week.Orders[rng.IntN(len(m.week.Orders))].Lines
			o.Lines = append(o.Lines, lines[rng.IntN(len(lines))])
		}
		return engine.Change{Orders: []engine.Order{o}}
	})
	m.kind("order cancelled", func(int) engine.Change {
		return engine.Change{CancelOrders: []string{m.week.Orders[rng.IntN(len(m.week.Orders))].ID}}
	})
	round := func() string { return m.week.Rounds[rng.IntN(len(m.week.Rounds))].ID }
	m.kind("round cancelled", func(int) engine.Change { return engine.Change{CancelRounds: []string{round()}} })
	loaded := m.loaded()
	m.kind("round with goods cancelled", func(int) engine.Change {
		return engine.Change{CancelRounds: []string{loaded[rng.IntN(len(loaded))]}}
	})
	m.kind("round delayed 30 min", func(int) engine.Change {
		return engine.Change{Delays: []engine.Delay{{Round: round(), Seconds: 1800}}}
	})
	now := m.plan.Rounds[0].Stops[0].Depart
	m.kind("van breaks down on the way", func(int) engine.Change {
		r := m.plan.Rounds[rng.IntN(len(m.plan.Rounds))]
		now = r.Stops[0].Depart.Add(time.Duration(rng.Float64() * float64(r.Stops[len(r.Stops)-1].Arrive.Sub(r.Stops[0].Depart))))
		return engine.Change{Now: now, Breakdowns: []string{r.Vehicle}}
	})
	m.alternatives(rng)
}

// loaded are the rounds that carry goods.
func (m *measure) loaded() []string {
	seen := map[string]bool{}
	for _, c := range m.plan.Consignments {
		for _, l := range c.Legs {
			seen[l.Round] = true
		}
	}
	var out []string
	for _, r := range m.week.Rounds {
		if seen[r.ID] {
			out = append(out, r.ID)
		}
	}
	return out
}

func (m *measure) kind(what string, change func(i int) engine.Change) {
	var t times
	added, unserved, wrong := 0.0, 0.0, 0
	for i := range m.n {
		c := change(i)
		t.begin()
		got, err := engine.Replan(context.Background(), m.week, nil, m.plan, c, m.opt)
		t.end()
		if err != nil {
			log.Printf("%s, %s: %v", m.name, what, err)
			wrong++
			continue
		}
		if _, bad := engine.Check(got.Week, nil, got.Plan); bad != nil {
			wrong++
		}
		added += got.Plan.Summary.Objective - m.plan.Summary.Objective
		unserved += got.Plan.Summary.UnservedKg - m.plan.Summary.UnservedKg
	}
	good := float64(max(1, m.n-wrong))
	fmt.Printf("| %s | %s | %s | %.1f | %.1f | %d |\n", m.name, what, &t, added/1000/good, unserved/good, wrong)
}

func (m *measure) alternatives(rng *rand.Rand) {
	var t times
	number, wrong := 0, 0
	for range m.n {
		c := m.plan.Consignments[rng.IntN(len(m.plan.Consignments))]
		if len(c.Legs) == 0 {
			continue
		}
		t.begin()
		ways, err := engine.Alternatives(m.week, nil, m.plan, c.ID)
		t.end()
		if err != nil {
			wrong++
		}
		number += len(ways)
	}
	fmt.Printf("| %s | alternatives, %.1f each | %s | | | %d |\n", m.name, float64(number)/float64(max(1, len(t.cpu))), &t, wrong)
}

// times are those of single answers.
type times struct {
	cpu, wall []float64
	atCPU     time.Duration
	at        time.Time
}

func (t *times) begin() { t.atCPU, t.at = bench.CPU(), time.Now() }

func (t *times) end() {
	t.cpu = append(t.cpu, float64(bench.CPU()-t.atCPU)/1e6)
	t.wall = append(t.wall, float64(time.Since(t.at))/1e6)
}

func (t *times) String() string {
	if len(t.cpu) == 0 {
		return "| | |"
	}
	slices.Sort(t.cpu)
	slices.Sort(t.wall)
	n := len(t.cpu)
	return fmt.Sprintf("%.1f | %.1f | %.1f | %.1f", t.cpu[n/2], t.cpu[n-1], t.wall[n/2], t.wall[n-1])
}
