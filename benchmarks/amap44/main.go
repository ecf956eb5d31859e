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
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/benchmarks/internal/maker"
	"carriole/engine"
)

func main() {
	bench.Child()
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
	if *file == "" {
		dir, err := os.MkdirTemp("", "amap44")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		*file = filepath.Join(dir, "week.json")
	}
	if err := maker.Write(*file, week); err != nil {
		return err
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
	a, p, err := bench.Run(week, bench.Job{File: *file, Limit: *limit, Seed: *seed, Threads: *threads})
	if err != nil {
		return err
	}
	report(out, p, a)
	return nil
}

func report(out io.Writer, p *engine.Plan, a *bench.Attempt) {
	km := func(name string, metres float64, note string) {
		fmt.Fprintf(out, "%-12s %9.0f km  %s\n", name, metres/1000, note)
	}
	s := p.Summary
	km("habits", s.BaseMetres, "the rounds driven anyway")
	km("alone", s.AloneMetres, fmt.Sprintf("each brings their own goods; %.1f kg left behind", s.AloneUnservedKg))
	km("planned", s.PlannedMetres, fmt.Sprintf("together; %.1f kg left behind", a.UnservedKg))
	km("saved", s.SavedMetres, fmt.Sprintf("%.1f %% of the driving alone, %.1f %% of what the orders add; %.0f kg CO2",
		percent(s.SavedMetres, s.AloneMetres), percent(s.SavedMetres, a.AloneAdded), s.SavedCO2Kg))
	fmt.Fprintf(out, "%-12s %9d\n%-12s %9d\n%-12s %9.0f s\n%-12s %9.0f MiB\n", "handovers", a.Handovers, "trips", s.Trips, "planned in", a.Seconds, "memory", a.PeakMiB)

	reasons := map[string]int{}
	for _, u := range p.Unserved {
		reasons[u.Reason]++
	}
	fmt.Fprintf(out, "%-12s %9d lines\n", "unserved", len(p.Unserved))
	sorted := slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		return cmp.Or(reasons[b]-reasons[a], strings.Compare(a, b))
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
