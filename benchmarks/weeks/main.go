// Command weeks plans week files and reports what it reaches: goods left behind, objective, time and memory, as medians
// over several seeds, and beside it what VROOM reaches on the same weeks without handovers.
//
//	go run ./benchmarks/weeks --weeks DIR [--time 1s] [--seeds 3] [--threads 2] [--vroom] [--json FILE]
//	go run ./benchmarks/weeks --make small|medium|large [--count 3] …
//	go run ./benchmarks/weeks --make small --count 10 --write DIR
//
// Every plan is recomputed from nothing; a violation fails the run. Compare figures of one run only: same machine, same
// threads.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sort"
	"strings"
	"time"

	"carriole/engine"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "weeks:", err)
		}
		os.Exit(1)
	}
}

type named struct {
	name string
	week *engine.Week
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("weeks", flag.ContinueOnError)
	dir := flags.String("weeks", "", "plan every *.json of this `folder`")
	kind := flags.String("make", "", "make weeks instead: `small`, medium or large")
	count := flags.Int("count", 3, "weeks to make, with the seeds 1, 2, …")
	write := flags.String("write", "", "write the weeks to this `folder` and stop")
	limit := flags.Duration("time", time.Second, "for each search")
	seeds := flags.Int("seeds", 3, "searches of each week; medians are reported")
	threads := flags.Int("threads", 2, "for each search, and for VROOM")
	peer := flags.Bool("vroom", false, "compare with VROOM, where that command is on the PATH")
	jsonFile := flags.String("json", "", "write the results to this `file` too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *seeds < 1 || *limit <= 0 {
		return errors.New("--seeds and --time must be more than nothing")
	}
	weeks, err := weeksOf(*dir, *kind, *count)
	if err != nil {
		return err
	}
	if *write != "" {
		return writeWeeks(*write, weeks)
	}
	var results []result
	for _, w := range weeks {
		r := result{Week: w.name}
		for seed := 1; seed <= *seeds; seed++ {
			if err := r.plan(w.week, uint64(seed), *threads, *limit); err != nil {
				fmt.Fprint(out, table(results))
				return fmt.Errorf("%s, seed %d: %w", w.name, seed, err)
			}
		}
		if *peer {
			r.Vroom = askVroom(w.week, *threads)
		}
		results = append(results, r)
		fmt.Fprintf(os.Stderr, "%s done\n", w.name)
	}
	fmt.Fprint(out, table(results), summary(results))
	if *jsonFile == "" {
		return nil
	}
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*jsonFile, append(text, '\n'), 0o644)
}

func weeksOf(dir, kind string, count int) ([]named, error) {
	var weeks []named
	if kind != "" {
		s, ok := shapes[kind]
		if !ok {
			return nil, fmt.Errorf("--make %s: want small, medium or large", kind)
		}
		for seed := 1; seed <= count; seed++ {
			weeks = append(weeks, named{fmt.Sprintf("%s-%d", kind, seed), generate(s, uint64(seed))})
		}
		return weeks, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	if dir == "" || len(files) == 0 {
		return nil, fmt.Errorf("no weeks: --weeks %q has no *.json, and --make is not given", dir)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		week, _, err := engine.ReadWeek(f, 1<<30)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		weeks = append(weeks, named{strings.TrimSuffix(filepath.Base(file), ".json"), week})
	}
	return weeks, nil
}

func writeWeeks(dir string, weeks []named) error {
	for _, w := range weeks {
		text, err := json.Marshal(w.week)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, w.name+".json"), append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// result is what was reached on one week, one attempt per seed.
type result struct {
	Week     string     `json:"week"`
	Attempts []attempt  `json:"attempts"`
	Vroom    *vroomPlan `json:"vroom,omitempty"`
}

type attempt struct {
	Seed        uint64  `json:"seed"`
	UnservedKg  float64 `json:"unserved_kg"`
	Objective   float64 `json:"objective"`
	AddedMetres float64 `json:"added_metres"`
	Handovers   int     `json:"handovers"`
	AloneAdded  float64 `json:"alone_added_metres"` // what the orders add when nobody carries for another
	Seconds     float64 `json:"seconds"`
	PeakMiB     float64 `json:"peak_mib"`
}

// plan adds one attempt. A plan that is not right is an error.
func (r *result) plan(week *engine.Week, seed uint64, threads int, limit time.Duration) error {
	travel := engine.TravelOf(week)
	peak := watchMemory()
	begin := time.Now()
	plan, err := engine.Solve(context.Background(), week, travel, engine.Options{Seed: seed, Workers: threads,
		Share: func() float64 { return time.Since(begin).Seconds() / limit.Seconds() }})
	seconds := time.Since(begin).Seconds()
	most := peak()
	if err != nil {
		return err
	}
	f, wrong := engine.Check(week, travel, plan)
	if len(wrong) > 0 {
		return fmt.Errorf("the plan is wrong in %d places, first: %v", len(wrong), wrong[0])
	}
	r.Attempts = append(r.Attempts, attempt{seed, f.UnservedKg, f.Objective, f.AddedMetres, f.Handovers, plan.Summary.AloneMetres - f.BaseMetres, seconds, most})
	return nil
}

// watchMemory begins to sample the memory that the process holds; the function it gives ends that and tells the most seen, in MiB.
func watchMemory() func() float64 {
	debug.FreeOSMemory()
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	most := 0.0
	look := func() {
		metrics.Read(samples)
		most = max(most, float64(samples[0].Value.Uint64()-samples[1].Value.Uint64())/(1<<20))
	}
	end, ended := make(chan bool), make(chan bool)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			look()
			select {
			case <-end:
				close(ended)
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 {
		close(end)
		<-ended
		look()
		return most
	}
}

// median of one figure over the attempts; of an even number the lower one of the middle.
func (r *result) median(figure func(attempt) float64) float64 {
	var all []float64
	for _, a := range r.Attempts {
		all = append(all, figure(a))
	}
	sort.Float64s(all)
	return all[(len(all)-1)/2]
}

func (r *result) unserved() float64  { return r.median(func(a attempt) float64 { return a.UnservedKg }) }
func (r *result) objective() float64 { return r.median(func(a attempt) float64 { return a.Objective }) }

// table is the results in Markdown, a line per week.
func table(results []result) string {
	var b strings.Builder
	b.WriteString("| week | unserved kg | objective m | added m | alone m | handovers | s | MiB |")
	peer := slices.ContainsFunc(results, func(r result) bool { return r.Vroom != nil })
	if peer {
		b.WriteString(" VROOM unserved kg | VROOM added m | s | ratio | note |")
	}
	b.WriteString("\n|---|--:|--:|--:|--:|--:|--:|--:|")
	if peer {
		b.WriteString("--:|--:|--:|--:|---|")
	}
	b.WriteString("\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %.1f | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f |", r.Week, r.unserved(), r.objective(),
			r.median(func(a attempt) float64 { return a.AddedMetres }),
			r.median(func(a attempt) float64 { return a.AloneAdded }),
			r.median(func(a attempt) float64 { return float64(a.Handovers) }),
			r.median(func(a attempt) float64 { return a.Seconds }),
			r.median(func(a attempt) float64 { return a.PeakMiB }))
		switch v := r.Vroom; {
		case v == nil && peer:
			b.WriteString(" | | | | |")
		case v != nil && v.Missing != "":
			fmt.Fprintf(&b, " | | | | %s |", v.Missing)
		case v != nil:
			ratio := ""
			if comparable(&r) {
				ratio = fmt.Sprintf("%.3f", r.objective()/v.AddedMetres)
			}
			fmt.Fprintf(&b, " %.1f | %.0f | %.1f | %s | %s |", v.UnservedKg, v.AddedMetres, v.Seconds, ratio, v.Wrong)
		}
		b.WriteString("\n")
	}
	return b.String()
}

const sameKg = 0.01 // amounts closer than this are the same

// comparable reports whether both leave the same goods behind: only then metres may be compared.
func comparable(r *result) bool {
	d := r.unserved() - r.Vroom.UnservedKg
	return -sameKg < d && d < sameKg && r.Vroom.AddedMetres > 0
}

// summary counts on how many weeks we are ahead: fewer goods left behind, or as many and fewer metres.
func summary(results []result) string {
	var wins, losses, draws, absent int
	var ratios []float64
	for i := range results {
		r := &results[i]
		if r.Vroom == nil {
			continue
		}
		if r.Vroom.Missing != "" {
			absent++
			continue
		}
		behind := r.unserved() - r.Vroom.UnservedKg
		if comparable(r) {
			behind = r.objective() - r.Vroom.AddedMetres
			ratios = append(ratios, r.objective()/r.Vroom.AddedMetres)
		}
		switch {
		case behind < 0:
			wins++
		case behind > 0:
			losses++
		default:
			draws++
		}
	}
	text := fmt.Sprintf("\n%d weeks planned, every plan right.\n", len(results))
	if wins+losses+draws > 0 {
		text += fmt.Sprintf("Against VROOM without handovers: %d wins, %d losses, %d draws", wins, losses, draws)
		if len(ratios) > 0 {
			sort.Float64s(ratios)
			text += fmt.Sprintf("; median ratio of metres %.3f on the %d weeks where both leave the same goods behind", ratios[(len(ratios)-1)/2], len(ratios))
		}
		text += ".\n"
	}
	if absent > 0 {
		text += fmt.Sprintf("VROOM gave nothing to compare with on %d weeks.\n", absent)
	}
	return text
}
