// Command pdptw measures the search of engine/pdptw on the public instances of pickup and delivery with time windows,
// beside the peers that are there: PyVRP and OR-Tools (modules of --python), VROOM and pdp_lns (commands on the PATH).
//
//	go run ./benchmarks/pdptw --instances DIR --sets Li100 --time 5s --out DIR
//	go run ./benchmarks/pdptw --instances DIR --sets Li200,SB100 --objective vehicles --time 60s --solvers Carriole --out DIR
//	go run ./benchmarks/pdptw --instances DIR --sets Li1000 --names 'l??_10_1' --time 60s --parts 30,10,3,1 --weeks='--make small --count 3' --out DIR
//
// DIR has li_lim/li_lim_100/*.txt and so on and sartori_buriol/n100/*.txt, with tables of the best known values. Every
// solution is recomputed from the instance; one of Carriole's that is not right fails the run. Those better than
// the best known are kept in the report's folder.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
)

// flags of the command line.
type flags struct {
	Instances string        `placeholder:"DIR" required:"" help:"Folder with li_lim and sartori_buriol."`
	Sets      []string      `default:"Li100" help:"Of Li100, Li200, … Li1000, SB100, SB200, … (default ${default})."`
	Names     string        `default:"*" help:"Only instances whose names match (default ${default})."`
	Objective string        `enum:"distance,vehicles" default:"distance" help:"What is least: distance, or vehicles and then distance (default ${default})."`
	Time      time.Duration `default:"5s" help:"For each search (default ${default})."`
	Parts     []int         `default:"1" help:"Search for the time divided by each of these, to see the gap over time (default ${default})."`
	Seeds     int           `default:"1" help:"Searches of each instance, with the seeds 1, 2, …; their mean is reported (default ${default})."`
	Threads   int           `default:"2" help:"For each search; PyVRP and OR-Tools use one (default ${default})."`
	Solvers   []string      `default:"Carriole,PyVRP,VROOM,OR-Tools,pdp_lns" help:"Who searches (default ${default})."`
	Python    string        `default:"python3" help:"The interpreter that has the modules pyvrp and ortools (default ${default})."`
	Clock     string        `enum:"wall,cpu" default:"wall" help:"What ends Carriole's searches: wall time, or on a busy machine as much processor time as its threads have within it when nobody else is there. Peers go by wall time (default ${default})."`
	Weeks     string        `placeholder:"FLAGS" help:"Run the week bench (benchmarks/weeks) with these flags, too, and take its report into this one."`
	Out       string        `placeholder:"DIR" help:"Write report.md, report.json, plots and new best solutions to this folder; else the report is printed."`
}

// Validate is called by kong.
func (f *flags) Validate() error {
	if f.Seeds < 1 || f.Threads < 1 || f.Time <= 0 || slices.ContainsFunc(f.Parts, func(n int) bool { return n < 1 }) {
		return errors.New("--seeds, --threads, --time and --parts must be more than nothing")
	}
	if f.Weeks != "" && f.Out == "" {
		return errors.New("--weeks needs --out: its plots go there")
	}
	if _, err := path.Match(f.Names, ""); err != nil {
		return fmt.Errorf("--names: %w", err)
	}
	return nil
}

// folders of the sets.
var folders = map[string]string{
	"Li100": "li_lim/li_lim_100", "Li200": "li_lim/li_lim_200", "Li400": "li_lim/li_lim_400", "Li600": "li_lim/li_lim_600", "Li800": "li_lim/li_lim_800", "Li1000": "li_lim/li_lim_1000",
	"SB100": "sartori_buriol/n100", "SB200": "sartori_buriol/n200", "SB400": "sartori_buriol/n400",
}

// run is a run of the command.
type run struct {
	flags
	known   map[string]known
	solvers []solver
	log     io.Writer
}

func main() {
	if err := start(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "pdptw:", err)
		os.Exit(1)
	}
}

func start(args []string, out, log io.Writer) error {
	r := &run{log: log}
	err := bench.Parse(&r.flags, "pdptw", "Measures the search for pickup and delivery with time windows on public instances, beside its peers.", args)
	if err != nil {
		return err
	}
	if r.known, err = readKnown(r.Instances, r.vehiclesFirst()); err != nil {
		return err
	}
	for _, s := range solvers(r.Python) {
		if slices.Contains(r.Solvers, s.name) {
			r.solvers = append(r.solvers, s)
		}
	}
	report := &bench.Report{Title: "Pickup and delivery with time windows", Text: "`pdptw " + strings.Join(args, " ") + "`", Machine: bench.ThisMachine(r.Threads)}
	for _, set := range r.Sets {
		instances, err := r.read(set)
		if err != nil {
			return err
		}
		section, err := r.compare(set, instances)
		if err != nil {
			return fmt.Errorf("%s: %w", set, err)
		}
		report.Sections = append(report.Sections, *section)
	}
	if r.Weeks != "" {
		section, err := weeks(r.Weeks, r.Out, log)
		if err != nil {
			return err
		}
		report.Sections = append(report.Sections, *section)
	}
	if r.Out == "" {
		_, err = io.WriteString(out, report.Markdown())
		return err
	}
	return report.Write(r.Out)
}

func (r *run) vehiclesFirst() bool { return r.Objective == "vehicles" }

// scale in which an instance is solved and checked.
func (r *run) scale(in *instance) scale {
	switch {
	case in.minutes != nil:
		return whole
	case r.vehiclesFirst():
		return real
	}
	return thousandths
}

// read reads the instances of a set.
func (r *run) read(set string) ([]*instance, error) {
	folder, ok := folders[set]
	if !ok {
		return nil, fmt.Errorf("--sets: no set %q", set)
	}
	files, err := filepath.Glob(filepath.Join(r.Instances, folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	var out []*instance
	for _, file := range files {
		in, err := readFile(file)
		if err != nil {
			return nil, err
		}
		if ok, _ := path.Match(r.Names, in.name); ok { // Validate has looked at the pattern
			out = append(out, in)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no instance of %s matches %q in %s", set, r.Names, filepath.Join(r.Instances, folder))
	}
	return out, nil
}

// say tells on standard error how far the run is.
func (r *run) say(format string, args ...any) { fmt.Fprintf(r.log, format+"\n", args...) }
