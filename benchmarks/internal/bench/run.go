// Package bench runs searches, each in a process of its own, has engine.Check recompute every plan, and writes what
// was reached as a report of tables and plots.
package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"carriole/engine"
)

// Job is one search.
type Job struct {
	File        string        // with the week
	Limit       time.Duration // of wall time
	Seed        uint64
	Threads     int
	NoHandovers bool
}

// Attempt is what one search reached. Metres, kilograms and handovers are those that engine.Check finds.
type Attempt struct {
	Seed        uint64   `json:"seed"`
	Limit       float64  `json:"limit_s,omitempty"`
	UnservedKg  float64  `json:"unserved_kg"`
	Objective   float64  `json:"objective"`
	AddedMetres float64  `json:"added_metres"`
	Handovers   int      `json:"handovers"`
	Wrong       string   `json:"wrong,omitempty"`              // which rules the plan breaks; a peer's only
	Violations  []string `json:"violations,omitempty"`         // of the plan, each with its place
	AloneAdded  float64  `json:"alone_added_metres,omitempty"` // what the orders add when nobody carries for another
	Seconds     float64  `json:"seconds"`                      // of wall time, really used
	CPUSeconds  float64  `json:"cpu_seconds,omitempty"`        // of the whole process, as the peak
	PeakMiB     float64  `json:"peak_mib,omitempty"`           // of the whole process, which reads the week and plans it
	Iterations  int      `json:"iterations,omitempty"`
	Bound
	Curve []Point `json:"curve,omitempty"`
}

// Bound is what the summary of a plan proves about it; zero in engines that prove nothing.
type Bound struct {
	LowerBound float64  `json:"lower_bound,omitempty"`
	Gap        *float64 `json:"gap,omitempty"`
}

// Point is what a search says of itself on the way.
type Point struct {
	Seconds    float64 `json:"s"`
	UnservedKg float64 `json:"unserved_kg"`
	Objective  float64 `json:"objective"`
}

// answer is what the process of a search tells.
type answer struct {
	Attempt
	Plan *engine.Plan
}

// child marks the processes of searches.
const child = "CARRIOLE_BENCH_CHILD"

// Child is to be called first in main. In the process of a search it searches and does not come back.
func Child() {
	if os.Getenv(child) == "" {
		return
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve() error {
	var job Job
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		return err
	}
	week, err := Read(job.File)
	if err != nil {
		return err
	}
	a, err := search(week, job)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return err
	}
	return out.Flush()
}

// Read reads a week file.
func Read(file string) (*engine.Week, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	week, _, err := engine.ReadWeek(f, 1<<30)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return week, nil
}

// shortest is how long a search takes at least to have a lower bound, as by the command.
const shortest = 5 * time.Second

// search plans in this process, as the command does it: the search ends by its share, and the deadline holds where a
// single step is long.
func search(week *engine.Week, job Job) (*answer, error) {
	a := &answer{Attempt: Attempt{Seed: job.Seed, Limit: job.Limit.Seconds()}}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), job.Limit+job.Limit/10+100*time.Millisecond)
	defer cancel()
	bound := 0
	if job.Limit < shortest {
		bound = -1
	}
	plan, err := engine.Solve(ctx, week, engine.TravelOf(week), engine.Options{Seed: job.Seed, Workers: job.Threads, NoHandovers: job.NoHandovers, Bound: bound,
		Share: func() float64 { return min(1, time.Since(begin).Seconds()/job.Limit.Seconds()) },
		Progress: func(p engine.Progress) {
			a.Iterations = p.Iterations
			if n := len(a.Curve); n == 0 || a.Curve[n-1].Objective != p.Objective || a.Curve[n-1].UnservedKg != p.UnservedKg {
				a.Curve = append(a.Curve, Point{time.Since(begin).Seconds(), p.UnservedKg, p.Objective})
			}
		}})
	if err != nil {
		return nil, err
	}
	a.Seconds, a.PeakMiB = time.Since(begin).Seconds(), peak()
	a.Plan, a.Bound = plan, boundOf(plan)
	return a, nil
}

// boundOf reads the bound from the summary as it is written, since not every engine has one.
func boundOf(plan *engine.Plan) (b Bound) {
	if text, err := json.Marshal(plan.Summary); err == nil {
		_ = json.Unmarshal(text, &b) // none is the zero bound
	}
	return b
}

// peak is the most memory that this process has held, in MiB: the kernel's high-water mark, and where it does not tell
// one what the Go runtime has got from it. (The ru_maxrss of a process begins with that of the one which started it.)
func peak() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			if kib, err := strconv.ParseFloat(f[1], 64); err == nil {
				return kib / 1024
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}

// Run searches in a process of its own, bound to as many processors as it has threads, and gives the plan with what
// engine.Check makes of it. A plan that is not right is an error. The program's main, or TestMain, must call Child.
func Run(week *engine.Week, job Job) (*Attempt, *engine.Plan, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(job)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), child+"=1", "GOMAXPROCS="+strconv.Itoa(job.Threads))
	cmd.Stdin = bytes.NewReader(text)
	said, err := cmd.Output()
	if err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return nil, nil, err
	}
	var a answer
	if err := json.Unmarshal(said, &a); err != nil {
		return nil, nil, fmt.Errorf("the search answers %.80q: %w", said, err)
	}
	f, wrong := engine.Check(week, nil, a.Plan)
	if len(wrong) > 0 {
		return nil, nil, fmt.Errorf("the plan is wrong in %d places, first: %v", len(wrong), wrong[0])
	}
	a.UnservedKg, a.Objective, a.AddedMetres, a.Handovers = f.UnservedKg, f.Objective, f.AddedMetres, f.Handovers
	a.CPUSeconds = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	a.Curve = append(a.Curve, Point{a.Seconds, f.UnservedKg, f.Objective})
	a.AloneAdded = a.Plan.Summary.AloneMetres - f.BaseMetres
	return &a.Attempt, a.Plan, nil
}
