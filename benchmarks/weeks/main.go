// Command weeks measures what planning reaches. It makes weeks or reads week files, plans them with Carriole and, where
// the command vroom is on the PATH, with VROOM, both with the same wall time and threads, and writes a report.
//
//	go run ./benchmarks/weeks --out DIR                                # ten small weeks, 1 s each, 3 seeds
//	go run ./benchmarks/weeks --make medium --count 3 --time 10s --best best.json --out DIR
//	go run ./benchmarks/weeks --run compare,growth,handovers --out DIR
//	go run ./benchmarks/weeks --run best --time 10m --best best.json   # what later runs are held against
//	go run ./benchmarks/weeks --make small --count 10 --write DIR      # the weeks alone
//
// Every plan, VROOM's too, is recomputed by engine.Check; one of Carriole's that is not right fails the run. An
// experiment is a file here and a line in experiments.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/benchmarks/internal/maker"
	"carriole/engine"
)

// flags of the command line.
type flags struct {
	Run     []string      `default:"compare" help:"What to measure, of: compare (Carriole and VROOM), growth (with the size of the week), handovers (what they bring), best (a long search, stored for later runs). Default ${default}."`
	Weeks   string        `placeholder:"DIR" xor:"source" help:"Take every *.json of this folder."`
	Make    string        `placeholder:"SIZE" xor:"source" help:"Make weeks: small (default), medium, large or a number of producers."`
	Count   int           `default:"10" help:"Weeks to make, with the seeds 1, 2, … (default ${default})."`
	Time    time.Duration `default:"1s" help:"For each search (default ${default}); compare and growth also search for a third, a tenth and a thirtieth of theirs."`
	Seeds   int           `default:"3" help:"Searches of each; the middle one is reported (default ${default})."`
	Threads int           `default:"2" help:"For each search, and for VROOM (default ${default})."`
	Vroom   bool          `default:"true" negatable:"" help:"Compare with VROOM (default; --no-vroom leaves it out)."`
	Best    string        `placeholder:"FILE" help:"The best known plans: what gaps are measured against, and what best adds to."`
	Sizes   []int         `default:"15,30,60,150,300,600,1500" help:"Producers of the weeks of growth (default ${default})."`
	Order   time.Duration `name:"per-order" default:"3.4ms" help:"Time of each search of growth for each order of the week (default ${default}: a minute for 17,500)."`
	Out     string        `placeholder:"DIR" help:"Write report.md, report.json and the plots to this folder; else the report is printed."`
	Write   string        `placeholder:"DIR" help:"Write the weeks to this folder and stop."`
}

// Validate is called by kong.
func (f *flags) Validate() error {
	for _, name := range f.Run {
		if _, ok := experiments[name]; !ok {
			return fmt.Errorf("--run: no experiment %q", name)
		}
	}
	switch {
	case f.Count < 1 || f.Seeds < 1 || f.Threads < 1 || f.Order <= 0 || f.Time <= 0:
		return errors.New("--count, --seeds, --threads, --per-order and --time must be more than nothing")
	case slices.ContainsFunc(f.Sizes, func(n int) bool { return n < 1 }):
		return errors.New("--sizes: a week has at least one producer")
	case slices.Contains(f.Run, "best") && f.Best == "":
		return errors.New("--run best needs --best FILE to write to")
	}
	return nil
}

// experiments by name.
var experiments = map[string]func(*run) (*bench.Section, error){
	"compare":   compare,
	"growth":    growth,
	"handovers": handovers,
	"best":      best,
}

// run is what the experiments work with.
type run struct {
	flags
	weeks []week // those of --weeks or --make
	known bench.Known
	dir   string // for week files
	log   io.Writer
}

// week is a week and the file that it stands in.
type week struct {
	*engine.Week
	name, file, fingerprint string
}

func main() {
	bench.Child()
	if err := start(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "weeks:", err)
		os.Exit(1)
	}
}

func start(args []string, out, log io.Writer) error {
	r := &run{log: log}
	err := bench.Parse(&r.flags, "weeks", "Measures what planning reaches on made or given weeks, beside VROOM.", args)
	if err != nil {
		return err
	}
	if r.dir, err = os.MkdirTemp("", "weeks"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	if r.Write != "" {
		r.dir = r.Write
		return r.readWeeks()
	}
	if r.known, err = bench.ReadKnown(r.Best); err != nil {
		return fmt.Errorf("%s: %w", r.Best, err)
	}
	if !slices.Equal(r.Run, []string{"growth"}) {
		if err := r.readWeeks(); err != nil {
			return err
		}
	}
	report := &bench.Report{Title: "Carriole measured", Text: "`weeks " + strings.Join(args, " ") + "`", Machine: bench.ThisMachine(r.Threads)}
	for _, name := range r.Run {
		section, err := experiments[name](r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		report.Sections = append(report.Sections, *section)
	}
	if r.Out == "" {
		_, err = io.WriteString(out, report.Markdown())
		return err
	}
	return report.Write(r.Out)
}

// readWeeks makes or reads the weeks of the command line.
func (r *run) readWeeks() error {
	if r.flags.Weeks == "" {
		size := r.Make
		if size == "" {
			size = "small"
		}
		s, err := shapeOf(size)
		if err != nil {
			return fmt.Errorf("--make: %w", err)
		}
		for seed := 1; seed <= r.Count; seed++ {
			w, err := r.make(fmt.Sprintf("%s-%d", size, seed), s, uint64(seed))
			if err != nil {
				return err
			}
			r.weeks = append(r.weeks, *w)
		}
		return nil
	}
	files, err := filepath.Glob(filepath.Join(r.flags.Weeks, "*.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("--weeks: no *.json in %s", r.flags.Weeks)
	}
	slices.SortFunc(files, byNumber)
	for _, file := range files {
		w, err := bench.Read(file)
		if err != nil {
			return err
		}
		id, err := bench.Fingerprint(w)
		if err != nil {
			return err
		}
		r.weeks = append(r.weeks, week{w, strings.TrimSuffix(filepath.Base(file), ".json"), file, id})
	}
	return nil
}

// byNumber puts small-2 before small-10.
func byNumber(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// make makes a week and writes it to the run's folder.
func (r *run) make(name string, s shape, seed uint64) (*week, error) {
	w := generate(s, seed)
	id, err := bench.Fingerprint(w)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(r.dir, name+".json")
	return &week{w, name, file, id}, maker.Write(file, w)
}

// search runs one search of a week, within --time if the job has no limit of its own.
func (r *run) search(w *week, job bench.Job) (*bench.Attempt, error) {
	job.File, job.Threads = w.file, r.Threads
	if job.Limit == 0 {
		job.Limit = r.Time
	}
	a, _, err := bench.Run(w.Week, job)
	if err != nil {
		return nil, fmt.Errorf("%s, seed %d: %w", w.name, job.Seed, err)
	}
	return a, nil
}

// say tells on standard error how far the run is.
func (r *run) say(format string, args ...any) { fmt.Fprintf(r.log, format+"\n", args...) }

// shapeOf a size as it is given on the command line.
func shapeOf(size string) (shape, error) {
	if s, ok := shapes[size]; ok {
		return s, nil
	}
	n, err := strconv.Atoi(size)
	if err != nil || n < 1 {
		return shape{}, fmt.Errorf("%q is neither small, medium or large nor a number of producers", size)
	}
	return shapeFor(n), nil
}
