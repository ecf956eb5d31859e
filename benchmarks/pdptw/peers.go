package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/engine/pdptw"
)

// task is one search by one solver.
type task struct {
	in       *instance
	scale    scale
	vehicles bool // first
	limit    time.Duration
	seed     uint64
	threads  int
	cpu      bool // the limit is of processor time of each thread; Carriole alone
}

// answer is what a solver says: routes by node numbers.
type answer struct {
	routes     [][]int
	cpu        time.Duration
	iterations int
}

// solver is one of those that are compared.
type solver struct {
	name    string
	threads int    // that it can use; 0: as many as it is told
	absent  string // why it cannot be asked; empty when it can
	solve   func(task) (*answer, error)
	fits    func(*instance) bool // nil: every instance
}

// solvers are Carriole and its peers, those that are not there among them.
func solvers(python string) []solver {
	command := func(name string) string {
		if _, err := exec.LookPath(name); err != nil {
			return "no command " + name + " on the PATH"
		}
		return ""
	}
	module := func(name string) string {
		if err := exec.Command(python, "-c", "import "+name).Run(); err != nil {
			return python + " has no module " + name
		}
		return ""
	}
	return []solver{
		{name: "Carriole", solve: carriole},
		{name: "PyVRP", threads: 1, absent: module("pyvrp"), solve: func(t task) (*answer, error) { return byPython(t, python, "pyvrp") }},
		{name: "VROOM", absent: command("vroom"), solve: vroom},
		{name: "OR-Tools", threads: 1, absent: module("ortools"), solve: func(t task) (*answer, error) { return byPython(t, python, "ortools") }},
		{name: "pdp_lns", absent: command("pdp_lns"), solve: lns, fits: func(in *instance) bool { return in.minutes == nil }},
	}
}

// fixed is the cost of a vehicle with which fewer vehicles always come first.
func fixed(t task, p *pdptw.Problem) int64 {
	if !t.vehicles {
		return 0
	}
	far := int32(0)
	for _, d := range p.Dist {
		far = max(far, d)
	}
	return int64(far) * 10
}

func carriole(t task) (*answer, error) {
	opt := pdptw.Options{Seed: t.seed, Workers: t.threads}
	if t.vehicles {
		opt.Objective = pdptw.VehiclesFirst
	}
	p := t.in.problem(t.scale)
	begin, spent := time.Now(), bench.CPU()
	opt.Share = func() float64 { return min(1, time.Since(begin).Seconds()/t.limit.Seconds()) }
	if t.cpu {
		opt.Share = func() float64 { return min(1, (bench.CPU()-spent).Seconds()/float64(t.threads)/t.limit.Seconds()) }
	}
	s, err := pdptw.Solve(context.Background(), p, opt)
	if err != nil {
		return nil, err
	}
	a := &answer{cpu: bench.CPU() - spent, iterations: s.Iterations}
	from := t.in.pickups()
	for _, r := range s.Routes {
		var stops []int
		for _, k := range r.Stops {
			i := from[k/2]
			if k%2 == 1 {
				i = t.in.nodes[i].pair
			}
			stops = append(stops, i)
		}
		a.routes = append(a.routes, stops)
	}
	return a, nil
}

//go:embed peers.py
var script string

// wire is the problem as the script reads it.
type wire struct {
	Solver   string        `json:"solver"`
	Seconds  float64       `json:"seconds"`
	Seed     uint64        `json:"seed"`
	Places   int           `json:"places"`
	Vehicles int           `json:"vehicles"`
	Capacity int32         `json:"capacity"`
	Fixed    int64         `json:"fixed"`
	Window   [2]int32      `json:"window"`
	Dist     []int32       `json:"dist"`
	Time     []int32       `json:"time"`
	Requests []wireRequest `json:"requests"`
}

type wireRequest struct {
	From wireStop `json:"from"`
	To   wireStop `json:"to"`
	Load int32    `json:"load"`
}

type wireStop struct {
	Place   int32 `json:"place"`
	Open    int32 `json:"open"`
	Close   int32 `json:"close"`
	Service int32 `json:"service"`
}

func byPython(t task, python, name string) (*answer, error) {
	p := t.in.problem(t.scale)
	fleet := &p.Fleet[0]
	w := wire{Solver: name, Seconds: t.limit.Seconds(), Seed: t.seed, Places: p.Places, Vehicles: fleet.Count, Capacity: fleet.Capacity, Fixed: fixed(t, p),
		Window: [2]int32{fleet.Open, fleet.Close}, Dist: p.Dist, Time: times(p)}
	for _, q := range p.Requests {
		w.Requests = append(w.Requests, wireRequest{wireStop(q.From), wireStop(q.To), q.Load})
	}
	text, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	a := &answer{}
	out, err := a.run(exec.Command(python, "-c", script), text)
	if err != nil {
		return nil, err
	}
	return a, json.Unmarshal(out, &a.routes)
}

func times(p *pdptw.Problem) []int32 {
	if p.Time != nil {
		return p.Time
	}
	return p.Dist
}

// run runs a command and adds up its processor time.
func (a *answer) run(cmd *exec.Cmd, in []byte) ([]byte, error) {
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if cmd.ProcessState != nil {
		a.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%s: %w: %s", cmd.Path, err, bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}

// vroom asks VROOM at its highest exploration level.
func vroom(t task) (*answer, error) {
	p := t.in.problem(t.scale)
	fleet := &p.Fleet[0]
	type step struct {
		ID      int        `json:"id"`
		Place   int32      `json:"location_index"`
		Service int32      `json:"service"`
		Windows [][2]int32 `json:"time_windows"`
	}
	type shipment struct {
		Amount   []int32 `json:"amount"`
		Pickup   step    `json:"pickup"`
		Delivery step    `json:"delivery"`
	}
	type vehicle struct {
		ID       int              `json:"id"`
		Start    int              `json:"start_index"`
		End      int              `json:"end_index"`
		Capacity []int32          `json:"capacity"`
		Window   [2]int32         `json:"time_window"`
		Costs    map[string]int64 `json:"costs"`
	}
	var in struct {
		Vehicles  []vehicle                       `json:"vehicles"`
		Shipments []shipment                      `json:"shipments"`
		Matrices  map[string]map[string][][]int32 `json:"matrices"`
	}
	costs := map[string]int64{"fixed": fixed(t, p)}
	for v := range fleet.Count {
		in.Vehicles = append(in.Vehicles, vehicle{v + 1, 0, 0, []int32{fleet.Capacity}, [2]int32{fleet.Open, fleet.Close}, costs})
	}
	for r, q := range p.Requests {
		stop := func(s pdptw.Stop) step {
			return step{r + 1, s.Place, s.Service, [][2]int32{{s.Open, s.Close}}}
		}
		in.Shipments = append(in.Shipments, shipment{[]int32{q.Load}, stop(q.From), stop(q.To)})
	}
	square := func(t []int32) (out [][]int32) {
		for i := 0; i < len(t); i += p.Places {
			out = append(out, t[i:i+p.Places])
		}
		return out
	}
	in.Matrices = map[string]map[string][][]int32{"car": {"durations": square(times(p))}}
	if t.scale.up {
		in.Matrices["car"]["costs"] = square(p.Dist)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	a := &answer{}
	said, err := a.run(exec.Command("vroom", "-x", "5", "-t", strconv.Itoa(t.threads), "-l", strconv.FormatFloat(t.limit.Seconds(), 'f', 3, 64)), text)
	if err != nil {
		return nil, err
	}
	var out struct {
		Routes []struct {
			Steps []struct {
				Type  string `json:"type"`
				Place int    `json:"location_index"`
			} `json:"steps"`
		} `json:"routes"`
	}
	if err := json.Unmarshal(said, &out); err != nil {
		return nil, err
	}
	for _, r := range out.Routes {
		var stops []int
		for _, s := range r.Steps {
			if s.Type == "pickup" || s.Type == "delivery" {
				stops = append(stops, s.Place)
			}
		}
		a.routes = append(a.routes, stops)
	}
	return a, nil
}

var lnsRoute = regexp.MustCompile(`(?m)^\s*Route \d+: (.*)$`)

// lns asks pdp_lns, which reads the files of Li and Lim and has fewer vehicles in view first.
func lns(t task) (*answer, error) {
	dir, err := os.MkdirTemp("", "pdptw")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, t.in.name+".txt")
	if err := os.WriteFile(file, []byte(t.in.liLim()), 0o644); err != nil {
		return nil, err
	}
	a := &answer{}
	cmd := exec.Command("pdp_lns", file, strconv.Itoa(max(1, int(t.limit.Seconds()))), strconv.FormatUint(t.seed, 10))
	cmd.Env = append(os.Environ(), "RAYON_NUM_THREADS="+strconv.Itoa(t.threads))
	out, err := a.run(cmd, nil)
	if err != nil {
		return nil, err
	}
	for _, m := range lnsRoute.FindAllSubmatch(out, -1) {
		var stops []int
		for _, f := range strings.FieldsFunc(string(m[1]), func(r rune) bool { return r < '0' || r > '9' }) {
			if i, err := strconv.Atoi(f); err == nil && i > 0 {
				stops = append(stops, i)
			}
		}
		a.routes = append(a.routes, stops)
	}
	return a, nil
}

// liLim writes an instance as readLiLim reads it.
func (in *instance) liLim() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\t%d\t1\n", in.vehicles, in.capacity)
	for i, n := range in.nodes {
		from, to := 0, n.pair
		if n.load < 0 {
			from, to = n.pair, 0
		}
		fmt.Fprintf(&b, "%d\t%g\t%g\t%d\t%d\t%d\t%d\t%d\t%d\n", i, n.x, n.y, n.load, n.open, n.close, n.service, from, to)
	}
	return b.String()
}
