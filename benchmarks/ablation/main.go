// Command ablation measures what the ideas of a search are worth: it leaves each out in turn, runs the bench of that search, and says
// by how much the results are worse than those of the whole.
//
//	go run ./benchmarks/ablation pdptw --out DIR -- --instances DIR --sets Li200 --names 'l*_2_3' --objective vehicles --time 10s --clock cpu --solvers Carriole
//	go run ./benchmarks/ablation weeks --out DIR -- --make small --count 4 --no-vroom
//	go run ./benchmarks/ablation pdptw --only '*ejections*' --out DIR -- --instances DIR …
//
// What follows -- are flags of that bench. An idea is left out by an edit of its source, which the compiler is given in place of
// the file (go build -overlay): nothing in the engine is there for this. It is run in the module's folder.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"carriole/benchmarks/internal/bench"
)

// flags of the command line.
type flags struct {
	Search string   `arg:"" enum:"pdptw,weeks" help:"Which search: pdptw (package pdptw) or weeks (that for weeks and transfers)."`
	Flags  []string `arg:"" optional:"" passthrough:"" help:"Of the bench, after --."`
	Only   string   `default:"*" help:"Only ideas whose names match (default ${default})."`
	Out    string   `required:"" placeholder:"DIR" help:"Write report.md, report.json and the report of each run to this folder."`
}

func main() {
	if err := start(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "ablation:", err)
		os.Exit(1)
	}
}

// score is one search's result: the lower first the better, and among equals the lower cost.
type score struct {
	First float64 `json:"first"`
	Cost  float64 `json:"cost"`
}

// row is what comes of leaving an idea out.
type row struct {
	Idea   string           `json:"idea"`
	Scores map[string]score `json:"scores"`
}

func start(args []string, log io.Writer) error {
	var f flags
	if err := bench.Parse(&f, "ablation", "Measures what the ideas of a search are worth.", args); err != nil {
		return err
	}
	if _, err := path.Match(f.Only, ""); err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	if len(f.Flags) > 0 && f.Flags[0] == "--" {
		f.Flags = f.Flags[1:]
	}
	s := subjects[f.Search]
	var rows []row
	for _, x := range append([]idea{{name: "the whole"}}, s.ideas...) {
		if match, _ := path.Match(f.Only, x.name); !match && len(x.edits) > 0 {
			continue
		}
		scores, err := f.run(s, x, log)
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		rows = append(rows, row{x.name, scores})
		fmt.Fprintf(log, "%s: %s\n", x.name, strings.Join(against(rows[0].Scores, scores), ", "))
	}
	section := bench.Section{Title: f.Search, Data: rows, Text: "Each row leaves one idea out. Costs are compared where " + s.first + " are as many as with the whole (geometric mean)."}
	t := bench.Table{Columns: []string{"left out", s.first + " more", "fewer", "cost, %", "compared"}, Left: 1}
	for _, r := range rows[1:] {
		t.Add(append([]string{r.Idea}, against(rows[0].Scores, r.Scores)...)...)
	}
	section.Tables = []bench.Table{t}
	report := &bench.Report{Title: "What each idea carries", Text: "`ablation " + strings.Join(args, " ") + "`", Machine: bench.ThisMachine(runtime.GOMAXPROCS(0)), Sections: []bench.Section{section}}
	return report.Write(f.Out)
}

// run builds the bench without an idea, runs it and reads what it reports.
func (f *flags) run(s subject, x idea, log io.Writer) (map[string]score, error) {
	dir, err := os.MkdirTemp("", "ablation")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files, err := x.apply(".")
	if err != nil {
		return nil, err
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for file, text := range files {
		to := filepath.Join(dir, filepath.Base(file))
		if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
			return nil, err
		}
		overlay.Replace[file] = to
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o644); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "bench")
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, s.bench)
	build.Stderr = log
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	out := filepath.Join(f.Out, strings.ReplaceAll(x.name, " ", "-"))
	cmd := exec.Command(program, append(f.Flags[:len(f.Flags):len(f.Flags)], "--out", out)...)
	cmd.Stderr = log
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	report, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		return nil, err
	}
	return s.read(report)
}

// apply is, by name, the files that leaving the idea out changes, in the module that lies at root.
func (x *idea) apply(root string) (map[string]string, error) {
	out := map[string]string{}
	for _, e := range x.edits {
		text, ok := out[e.file]
		if !ok {
			data, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				return nil, err
			}
			text = string(data)
		}
		if n := strings.Count(text, e.from); n != 1 {
			return nil, fmt.Errorf("%s has %q %d times, want once", e.file, e.from, n)
		}
		out[e.file] = strings.Replace(text, e.from, e.to, 1)
	}
	return out, nil
}

// against says by how much scores are worse than those of the whole: how many have more and how many less of what comes first, and the
// cost of the others.
func against(whole, scores map[string]score) []string {
	more, fewer, sum, n := 0.0, 0.0, 0.0, 0
	for key, a := range whole {
		b, ok := scores[key]
		switch {
		case !ok:
		case b.First > a.First:
			more += b.First - a.First
		case b.First < a.First:
			fewer += a.First - b.First
		case a.Cost > 0 && b.Cost > 0:
			sum += math.Log(b.Cost / a.Cost)
			n++
		}
	}
	cost := ""
	if n > 0 {
		cost = fmt.Sprintf("%+.2f", 100*(math.Exp(sum/float64(n))-1))
	}
	return []string{fmt.Sprintf("%g", more), fmt.Sprintf("%g", fewer), cost, fmt.Sprint(n)}
}

var errNothing = errors.New("its report has no searches by Carriole")

// readClassic reads the report of benchmarks/pdptw. Where stops are left out vehicles are without number.
func readClassic(report []byte) (map[string]score, error) {
	var r struct {
		Sections []struct {
			Data []struct {
				Instance, Solver   string
				Limit              float64 `json:"limit_s"`
				Seed               uint64
				Vehicles, Distance float64
				Fleet              int `json:"best_known_vehicles"`
			}
		}
	}
	if err := json.Unmarshal(report, &r); err != nil {
		return nil, err
	}
	out := map[string]score{}
	for _, s := range r.Sections {
		for _, a := range s.Data {
			if a.Solver != "Carriole" {
				continue
			}
			x := score{0, a.Distance}
			if a.Fleet > 0 {
				x.First = a.Vehicles // first
			}
			out[fmt.Sprintf("%s/%g/%d", a.Instance, a.Limit, a.Seed)] = x
		}
	}
	if len(out) == 0 {
		return nil, errNothing
	}
	return out, nil
}

// readWeeks reads the comparison of benchmarks/weeks: the searches with the whole time.
func readWeeks(report []byte) (map[string]score, error) {
	var r struct {
		Sections []struct {
			Data []struct {
				Week     string
				Carriole [][]bench.Attempt
			}
		}
	}
	if err := json.Unmarshal(report, &r); err != nil {
		return nil, err
	}
	out := map[string]score{}
	for _, s := range r.Sections {
		for _, w := range s.Data {
			for _, attempts := range w.Carriole {
				for _, a := range attempts {
					out[fmt.Sprintf("%s/%g/%d", w.Week, a.Limit, a.Seed)] = score{a.UnservedKg, a.Objective}
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, errNothing
	}
	return out, nil
}
