// Command pdpt examines the search on pickup and delivery with transfers: instances whose optimum is known, with time windows
// and without.
//
//	go run ./benchmarks/pdpt --instances DIR --time 1s --out DIR
//	go run ./benchmarks/pdpt --instances DIR --time 1s --stop --out DIR
//	go run ./benchmarks/pdpt --instances DIR --names '5R-*' --sample 6 --iterations 20000
//
// DIR has the folder pdpt with inst/*.txt and the optima. A checker of its own recomputes every solution; one that is not right
// fails the run. No peer is asked: none of those at hand knows transfers. Solutions better than the optimum of the exact
// model are kept in the report's folder; that model lets a vehicle come to a place of transfer once.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/engine/pdpt"
)

// flags of the command line.
type flags struct {
	Instances  string        `required:"" placeholder:"DIR" help:"The folder that pdpt lies in."`
	Names      string        `default:"*" help:"Only instances whose names match (default ${default})."`
	Sample     int           `default:"1" help:"One in so many (default ${default})."`
	Time       time.Duration `default:"1s" help:"For each search (default ${default})."`
	Clock      string        `enum:"wall,cpu" default:"wall" help:"What ends a search: wall time, or on a busy machine as much processor time (default ${default})."`
	Iterations int           `help:"For each search, instead of time."`
	Stop       bool          `help:"End each search when it knows of a solution as good as the optimum."`
	Seed       uint64        `default:"1" help:"Of all searches (default ${default})."`
	Threads    int           `default:"2" help:"For each search (default ${default})."`
	Out        string        `placeholder:"DIR" help:"Write report.md, report.json, the plot and solutions better than the optimum to this folder; else the report is printed."`
}

// Validate is called by kong.
func (f *flags) Validate() error {
	if f.Sample < 1 || f.Time <= 0 || f.Threads < 1 || f.Iterations < 0 {
		return errors.New("--sample, --time and --threads must be more than nothing, --iterations not less")
	}
	if _, err := path.Match(f.Names, ""); err != nil {
		return fmt.Errorf("--names: %w", err)
	}
	return nil
}

func main() {
	if err := start(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "pdpt:", err)
		os.Exit(1)
	}
}

// result is one search.
type result struct {
	Instance string  `json:"instance"`
	Class    string  `json:"class"`
	Optimum  float64 `json:"optimum"`
	Seconds  float64 `json:"seconds"`
	Known    *moment `json:"optimum_known,omitempty"` // nil: never
	*verdict
	Gap float64 `json:"gap"` // of the distance to the optimum, 0.01 for one per cent
}

// moment is when in its search something was known. The search says what it has 24 times.
type moment struct {
	Wall float64 `json:"wall_s"`
	CPU  float64 `json:"cpu_s"` // of all threads together
}

// reached is up to what gap an optimum counts as reached: what rounding makes of it.
const reached = 1e-6

func start(args []string, out, log io.Writer) error {
	var f flags
	err := bench.Parse(&f, "pdpt", "Examines the search on pickup and delivery with transfers.", args)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(f.Threads)
	report := &bench.Report{Title: "Pickup and delivery with transfers", Text: "`pdpt " + strings.Join(args, " ") + "`", Machine: bench.ThisMachine(f.Threads)}
	for _, set := range []struct {
		title string
		known func(dir string) (map[string]float64, error)
	}{{"With time windows", withWindows}, {"Without", without}} {
		known, err := set.known(filepath.Join(f.Instances, "pdpt"))
		if err != nil {
			return err
		}
		var results []result
		files, err := filepath.Glob(filepath.Join(f.Instances, "pdpt", "inst", "*.txt"))
		if err != nil {
			return err
		}
		n := -1
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".txt")
			optimum, ok := known[name]
			if match, _ := path.Match(f.Names, name); !ok || !match {
				continue
			}
			if n++; n%f.Sample > 0 {
				continue
			}
			r, err := f.solve(file, name, optimum)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			fmt.Fprintf(log, "%-22s %6.2f s %10.4f %+8.4f %%\n", name, r.Seconds, r.Distance, 100*r.Gap)
			results = append(results, *r)
		}
		if len(results) > 0 {
			report.Sections = append(report.Sections, *f.section(set.title, results))
		}
	}
	if len(report.Sections) == 0 {
		return fmt.Errorf("no instances that match in %s", filepath.Join(f.Instances, "pdpt", "inst"))
	}
	if f.Out == "" {
		_, err = io.WriteString(out, report.Markdown())
		return err
	}
	return report.Write(f.Out)
}

// solve runs one search and has its answer checked.
func (f *flags) solve(file, name string, optimum float64) (*result, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	in, err := read(name, data)
	if err != nil {
		return nil, err
	}
	clock := wall()
	if f.Clock == "cpu" {
		clock = processor(f.Threads)
	}
	opt := pdpt.Options{Seed: f.Seed, Workers: f.Threads, Iterations: f.Iterations}
	if f.Iterations == 0 {
		opt.Share = func() float64 { return clock() / f.Time.Seconds() }
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	passed, spent := wall(), processor(1)
	var known *moment
	opt.Progress = func(x pdpt.Progress) {
		// each drive has been rounded
		if known == nil && x.Unserved == 0 && float64(x.Cost)/fixed <= optimum*(1+reached)+float64(len(in.stops))/2/fixed {
			known = &moment{passed(), spent()}
			if f.Stop {
				cancel()
			}
		}
	}
	s, err := pdpt.Solve(ctx, in.problem(), opt)
	if err != nil {
		return nil, err
	}
	a := in.answer(s)
	r := &result{Instance: name, Class: in.class, Optimum: optimum, Seconds: clock(), Known: known, verdict: in.check(a)}
	if len(r.Faults) > 0 {
		return nil, fmt.Errorf("the solution is not right: %s", strings.Join(r.Faults, "; "))
	}
	if r.Unserved > 0 {
		r.Gap = math.Inf(1)
		return r, nil
	}
	if r.Gap = r.Distance/optimum - 1; r.Gap < -reached && f.Out != "" {
		return r, keep(filepath.Join(f.Out, "better"), name, a)
	}
	return r, nil
}

// keep writes a solution into a folder.
func keep(dir, name string, a *answer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".json"), data, 0o644)
}

// wall and processor are clocks, in seconds since now: of wall time, and of processor time for each of some threads.
func wall() func() float64 {
	begin := time.Now()
	return func() float64 { return time.Since(begin).Seconds() }
}

func processor(threads int) func() float64 {
	begin := bench.CPU()
	return func() float64 { return (bench.CPU() - begin).Seconds() / float64(threads) }
}

// section tells what a set has shown.
func (f *flags) section(title string, results []result) *bench.Section {
	limit := fmt.Sprintf("%s of %s time", f.Time, f.Clock)
	if f.Iterations > 0 {
		limit = fmt.Sprintf("%d iterations", f.Iterations)
	}
	s := &bench.Section{Title: title, Data: results, Text: fmt.Sprintf("Each search has %s and %d threads. One in %d of the instances whose names match %q.", limit, f.Threads, f.Sample, f.Names)}
	t := bench.Table{Title: "Classes", Columns: []string{"class", "instances", "optimum reached", "better", "unserved", "mean gap %", "worst gap %", "known after, mean s", "longest s", "CPU, mean s", "longest CPU s"}, Left: 1,
		Note: "Known after: wall time until the search knew of a solution as good as the optimum, where it did; CPU: the processor time of all threads till then. What is better than the optimum comes to a place of transfer more than once, which the exact model does not allow."}
	missed := bench.Table{Title: "Not reached", Columns: []string{"instance", "optimum", "distance", "gap %"}, Left: 1}
	bars := bench.Chart{Name: "classes-" + strings.ToLower(strings.ReplaceAll(title, " ", "-")), Title: title + ": share of optima reached", X: "class", Y: "per cent"}
	var share bench.Series
	var classes []string
	for _, r := range results {
		if c := size(r.Class); !slices.Contains(classes, c) {
			classes = append(classes, c)
		}
	}
	for _, c := range append(classes, "all") {
		n, hit, better, lost, sum, worst := 0, 0, 0, 0, 0.0, 0.0
		var known []moment
		for _, r := range results {
			if c != "all" && size(r.Class) != c {
				continue
			}
			n++
			if r.Known != nil {
				known = append(known, *r.Known)
			}
			if r.Unserved > 0 {
				lost++
				continue
			}
			sum += r.Gap
			worst = max(worst, r.Gap)
			if r.Gap <= reached {
				hit++
			}
			if r.Gap < -reached {
				better++
			}
		}
		row := []string{c, fmt.Sprint(n), fmt.Sprint(hit), fmt.Sprint(better), fmt.Sprint(lost), fmt.Sprintf("%.3f", 100*sum/float64(max(1, n-lost))), fmt.Sprintf("%.3f", 100*worst)}
		for _, of := range []func(moment) float64{func(m moment) float64 { return m.Wall }, func(m moment) float64 { return m.CPU }} {
			sum, longest := 0.0, 0.0
			for _, m := range known {
				sum += of(m)
				longest = max(longest, of(m))
			}
			row = append(row, fmt.Sprintf("%.3f", sum/float64(max(1, len(known)))), fmt.Sprintf("%.3f", longest))
		}
		t.Add(row...)
		if c != "all" {
			bars.Names, share.Y = append(bars.Names, c), append(share.Y, 100*float64(hit)/float64(n))
		}
	}
	for _, r := range results {
		if r.Gap > reached {
			missed.Add(r.Instance, fmt.Sprintf("%.4f", r.Optimum), fmt.Sprintf("%.4f", r.Distance), fmt.Sprintf("%.3f", 100*r.Gap))
		}
	}
	s.Tables = append(s.Tables, t)
	if len(missed.Rows) > 0 {
		s.Tables = append(s.Tables, missed)
	}
	if len(bars.Names) > 1 {
		bars.Series = []bench.Series{share}
		s.Charts = append(s.Charts, bars)
	}
	return s
}

// size is the part of a class that says how large its instances are: 5R-4K-4T of 5R-4K-4T-300M.
func size(class string) string {
	return class[:max(0, strings.LastIndexByte(class, '-'))]
}

// withWindows and without read the optima by instance.
func withWindows(dir string) (map[string]float64, error) {
	const file = "optima_with_time_windows.csv"
	rows, err := bench.ReadTable(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s is empty", file)
	}
	for _, column := range []string{"instance", "optimum", "status"} {
		if _, ok := rows[0][column]; !ok {
			return nil, fmt.Errorf("%s: no columns instance, optimum and status", file)
		}
	}
	out := map[string]float64{}
	for _, row := range rows {
		if row["status"] != "optimal" {
			continue
		}
		if out[row["instance"]], err = strconv.ParseFloat(row["optimum"], 64); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, row["instance"], err)
		}
	}
	return out, nil
}

func without(dir string) (map[string]float64, error) {
	data, err := os.ReadFile(filepath.Join(dir, "optima_pdpt_mip.txt"))
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for line := range strings.Lines(string(data)) {
		// name, what the solver says, value
		if f := strings.Fields(line); len(f) > 2 && strings.HasPrefix(f[0], "PDPT-") {
			if x, err := strconv.ParseFloat(f[2], 64); err == nil {
				out[f[0]] = x
			}
		}
	}
	return out, nil
}
