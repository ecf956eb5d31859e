// Command amap44 makes a week out of a real network: the AMAPs of Loire-Atlantique and the producers who supplied them
// in 2016 (amaps.csv, producers.csv, links.csv; github.com/mperreir/Hyblab2016, MIT).
//
//	go run ./benchmarks/amap44 --data DIR [-o week.json] [--seed N] [--plan [--time 60s] [--threads 2]]
//
// Who supplies whom and where is real. Each producer's visits to AMAPs are the existing rounds, one per evening. The
// rest is drawn from the seed, since the data has neither dates nor volumes: the AMAPs' evenings, the goods on board,
// the vans by product family, and the orders of twelve drives and three AMAPs that make the goods to be carried.
//
// A supplier in Corsica is on offer at every other drive. No road leads there and a plan knows no ferry: that producer
// has neither vehicle nor rounds, and the line comes back unserved with the reason. Two growers from the south of
// France drive a day each way to their one AMAP; they sell nothing at the drives.
//
// With --plan the week is planned and what planning together saves is printed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"time"

	"carriole/engine"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "amap44:", err)
		}
		os.Exit(2)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("amap44", flag.ContinueOnError)
	data := flags.String("data", "", "`folder` with amaps.csv, producers.csv and links.csv")
	file := flags.String("o", "", "write the week to this `file`")
	seed := flags.Uint64("seed", 1, "of everything that the data does not say, and of the search")
	plan := flags.Bool("plan", false, "plan the week and print the figures")
	limit := flags.Duration("time", time.Minute, "for the search")
	threads := flags.Int("threads", 2, "for the search")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *data == "" {
		return errors.New("--data is missing: the folder with amaps.csv, producers.csv and links.csv")
	}
	net, err := readNetwork(*data)
	if err != nil {
		return err
	}
	week, skipped := makeWeek(net, *seed)
	if *file != "" {
		text, err := json.Marshal(week)
		if err != nil {
			return err
		}
		if err := os.WriteFile(*file, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	lines := 0
	for _, o := range week.Orders {
		lines += len(o.Lines)
	}
	fmt.Fprintf(out, "%d producers, %d AMAPs, %d rounds (%d visits left to other weeks), %d pickup points, %d orders, %d lines\n",
		len(week.Producers), len(net.amaps), len(week.Rounds), skipped, len(week.PickupPoints), len(week.Orders), lines)
	if !*plan {
		return nil
	}
	travel := engine.TravelOf(week)
	begin := time.Now()
	p, err := engine.Solve(context.Background(), week, travel, engine.Options{Seed: *seed, Workers: *threads,
		Share: func() float64 { return time.Since(begin).Seconds() / limit.Seconds() }})
	if err != nil {
		return err
	}
	took := time.Since(begin)
	figures, wrong := engine.Check(week, travel, p)
	if len(wrong) > 0 {
		return fmt.Errorf("the plan is wrong in %d places, first: %v", len(wrong), wrong[0])
	}
	report(out, week, p, figures, took)
	return nil
}

func report(out io.Writer, week *engine.Week, p *engine.Plan, f engine.Figures, took time.Duration) {
	km := func(name string, metres float64, note string) {
		fmt.Fprintf(out, "%-12s %9.0f km  %s\n", name, metres/1000, note)
	}
	s := p.Summary
	km("habits", f.BaseMetres, "the rounds driven anyway")
	km("alone", s.AloneMetres, fmt.Sprintf("each brings their own goods; %.1f kg left behind", s.AloneUnservedKg))
	km("planned", f.PlannedMetres, fmt.Sprintf("together; %.1f kg left behind", f.UnservedKg))
	km("saved", s.AloneMetres-f.PlannedMetres, fmt.Sprintf("%.1f %% of the driving alone, %.1f %% of what the orders add; %.0f kg CO2",
		percent(s.AloneMetres-f.PlannedMetres, s.AloneMetres), percent(s.AloneMetres-f.PlannedMetres, s.AloneMetres-f.BaseMetres), s.SavedCO2Kg))
	fmt.Fprintf(out, "%-12s %9d\n%-12s %9d\n%-12s %9.0f s\n", "handovers", f.Handovers, "trips", s.Trips, "planned in", took.Seconds())

	reasons := map[string]int{}
	for _, u := range p.Unserved {
		reasons[u.Reason]++
	}
	fmt.Fprintf(out, "%-12s %9d lines\n", "unserved", len(p.Unserved))
	var sorted []string
	for r := range reasons {
		sorted = append(sorted, r)
	}
	sort.Slice(sorted, func(i, j int) bool {
		if reasons[sorted[i]] != reasons[sorted[j]] {
			return reasons[sorted[i]] > reasons[sorted[j]]
		}
		return sorted[i] < sorted[j]
	})
	for _, r := range sorted {
		fmt.Fprintf(out, "%12s %9d lines: %s\n", "", reasons[r], r)
	}
}

func percent(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * part / whole
}
