package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"carriole/engine/pdptw"
)

// instance is a problem as its file has it. Node 0 is the depot.
type instance struct {
	name     string
	set      string // Li100, Li200, … or SB100, …
	class    string // the part of the name that instances alike share
	vehicles int
	capacity int
	nodes    []node
	minutes  [][]int32 // driving times; nil: Euclidean distances between the nodes
}

type node struct {
	x, y        float64
	load        int // negative where it is unloaded
	open, close int
	service     int
	pair        int // the other end of its request
}

// distance between two nodes, without rounding.
func (in *instance) distance(a, b int) float64 {
	if in.minutes != nil {
		return float64(in.minutes[a][b])
	}
	return math.Hypot(in.nodes[a].x-in.nodes[b].x, in.nodes[a].y-in.nodes[b].y)
}

// most is the largest number that a field of an instance may have, and mostNodes how many nodes.
const (
	most      = 1_000_000
	mostNodes = 5_000
)

// scanner reads a file's numbers line by line.
type scanner struct {
	*bufio.Scanner
	line int
}

func newScanner(r io.Reader) *scanner {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	return &scanner{Scanner: s}
}

// fields of the next line that is not empty; io.EOF when there is none.
func (s *scanner) fields() ([]string, error) {
	for s.Scan() {
		s.line++
		if f := strings.Fields(s.Text()); len(f) > 0 {
			return f, nil
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// ints are the next line's numbers, exactly n of them.
func (s *scanner) ints(n int) ([]int, error) {
	f, err := s.fields()
	if err != nil {
		return nil, err
	}
	if len(f) != n {
		return nil, fmt.Errorf("line %d has %d fields, want %d", s.line, len(f), n)
	}
	out := make([]int, n)
	for i, t := range f {
		if out[i], err = strconv.Atoi(t); err != nil || out[i] < -most || out[i] > most {
			return nil, fmt.Errorf("line %d: %q is no whole number from %d to %d", s.line, t, -most, most)
		}
	}
	return out, nil
}

// readLiLim reads an instance of Li and Lim (2001): vehicles, capacity and speed, then by node its number, place, demand,
// window, service time, and the nodes of its pickup and its delivery.
func readLiLim(r io.Reader) (*instance, error) {
	s := newScanner(r)
	head, err := s.ints(3)
	if err != nil {
		return nil, fmt.Errorf("number of vehicles, capacity and speed: %w", err)
	}
	if head[0] < 1 || head[1] < 0 || head[2] != 0 && head[2] != 1 {
		return nil, fmt.Errorf("line %d: %d vehicles of capacity %d and speed %d; there has to be one at least, and its speed is 1, or 0 where it is not used", s.line, head[0], head[1], head[2])
	}
	in := &instance{vehicles: head[0], capacity: head[1]}
	for {
		f, err := s.ints(9)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if f[0] != len(in.nodes) || f[0] >= mostNodes {
			return nil, fmt.Errorf("line %d: node %d, want %d of at most %d", s.line, f[0], len(in.nodes), mostNodes)
		}
		in.nodes = append(in.nodes, node{x: float64(f[1]), y: float64(f[2]), load: f[3], open: f[4], close: f[5], service: f[6], pair: f[7] + f[8]})
	}
	return in, in.validate()
}

// readSartoriBuriol reads an instance of Sartori and Buriol (2020): a head of names and values, NODES, EDGES in minutes.
func readSartoriBuriol(r io.Reader) (*instance, error) {
	s := newScanner(r)
	in := &instance{}
	size := 0
	for {
		f, err := s.fields()
		if err != nil {
			return nil, fmt.Errorf("no line NODES: %w", err)
		}
		if f[0] == "NODES" {
			break
		}
		var to *int
		switch f[0] {
		case "SIZE:":
			to = &size
		case "CAPACITY:":
			to = &in.capacity
		default:
			continue
		}
		if len(f) != 2 {
			return nil, fmt.Errorf("line %d: %s wants one number", s.line, f[0])
		}
		if *to, err = strconv.Atoi(f[1]); err != nil || *to < 0 || *to > most {
			return nil, fmt.Errorf("line %d: %s %q is no whole number from 0 to %d", s.line, f[0], f[1], most)
		}
	}
	if size < 1 || size > mostNodes {
		return nil, fmt.Errorf("SIZE is %d; it may be 1 to %d", size, mostNodes)
	}
	for n := range size {
		f, err := s.fields()
		if err != nil || len(f) != 9 {
			return nil, fmt.Errorf("line %d: node %d has %d fields, want 9", s.line, n, len(f))
		}
		var v [9]int
		for k, t := range f {
			if k == 1 || k == 2 {
				continue // degrees; the minutes count
			}
			if v[k], err = strconv.Atoi(t); err != nil || v[k] < -most || v[k] > most {
				return nil, fmt.Errorf("line %d: %q is no whole number from %d to %d", s.line, t, -most, most)
			}
		}
		if v[0] != n {
			return nil, fmt.Errorf("line %d: node %d, want %d", s.line, v[0], n)
		}
		in.nodes = append(in.nodes, node{load: v[3], open: v[4], close: v[5], service: v[6], pair: v[7] + v[8]})
	}
	if f, err := s.fields(); err != nil || f[0] != "EDGES" {
		return nil, fmt.Errorf("line %d: want EDGES", s.line)
	}
	for range size {
		f, err := s.ints(size)
		if err != nil {
			return nil, err
		}
		row := make([]int32, size)
		for k, v := range f {
			if v < 0 {
				return nil, fmt.Errorf("line %d: %d minutes", s.line, v)
			}
			row[k] = int32(v)
		}
		in.minutes = append(in.minutes, row)
	}
	in.vehicles = size / 2
	return in, in.validate()
}

// validate says what is wrong with an instance.
func (in *instance) validate() error {
	if len(in.nodes) == 0 {
		return errors.New("there is no depot")
	}
	for i := range in.nodes {
		n := &in.nodes[i]
		if n.open > n.close || n.service < 0 {
			return fmt.Errorf("node %d: window from %d to %d, service %d", i, n.open, n.close, n.service)
		}
		if i == 0 {
			continue
		}
		if n.pair < 1 || n.pair >= len(in.nodes) || n.pair == i || in.nodes[n.pair].pair != i || in.nodes[n.pair].load != -n.load || n.load == 0 {
			return fmt.Errorf("node %d: it is not one of two ends of a request with loads that add up to nothing", i)
		}
	}
	if d := in.nodes[0]; d.load != 0 || d.pair != 0 || d.service != 0 {
		return errors.New("node 0 is no depot: it has a load, a pair or service")
	}
	return nil
}

// pickups are the nodes where requests begin, in their order: request r of problem begins at pickups()[r].
func (in *instance) pickups() []int {
	var out []int
	for i := range in.nodes {
		if in.nodes[i].load > 0 {
			out = append(out, i)
		}
	}
	return out
}

// scale says how an instance's distances become whole numbers.
type scale struct {
	by int
	up bool // times are rounded up, distances to the nearest; else both to the nearest
}

// The scales. The published values for distance alone are of distances and times rounded to thousandths. Those with the
// number of vehicles first are of real numbers: times that are rounded up keep real windows.
var (
	thousandths = scale{by: 1000}
	real        = scale{by: 10_000, up: true}
	whole       = scale{by: 1}
)

// problem is the instance for the search.
func (in *instance) problem(s scale) *pdptw.Problem {
	n := len(in.nodes)
	by := int32(s.by)
	p := &pdptw.Problem{Places: n, Dist: make([]int32, n*n)}
	if s.up {
		p.Time = make([]int32, n*n)
	}
	for a := range n {
		for b := range n {
			d := in.distance(a, b) * float64(s.by)
			p.Dist[a*n+b] = int32(math.Round(d))
			if s.up {
				p.Time[a*n+b] = int32(math.Ceil(d - 1e-7))
			}
		}
	}
	depot := &in.nodes[0]
	p.Fleet = []pdptw.Vehicles{{Count: in.vehicles, Capacity: int32(in.capacity), Open: int32(depot.open) * by, Close: int32(depot.close) * by}}
	stop := func(i int) pdptw.Stop {
		n := &in.nodes[i]
		return pdptw.Stop{Place: int32(i), Open: int32(n.open) * by, Close: int32(n.close) * by, Service: int32(n.service) * by}
	}
	for _, i := range in.pickups() {
		p.Requests = append(p.Requests, pdptw.Request{From: stop(i), To: stop(in.nodes[i].pair), Load: int32(in.nodes[i].load)})
	}
	return p
}

// readFile reads an instance of either kind and names it by its file.
func readFile(file string) (*instance, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := &instance{}
	name := strings.ToLower(strings.TrimSuffix(filepath.Base(file), ".txt"))
	if strings.Contains(name, "-n") {
		in, err = readSartoriBuriol(f)
	} else {
		in, err = readLiLim(f)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	in.name = name
	in.label()
	return in, nil
}

// label finds out set and class from the name: lrc1_2_3 is of Li200 and lrc1, bar-n100-2 of SB100 and bar.
func (in *instance) label() {
	if city, rest, ok := strings.Cut(in.name, "-n"); ok {
		size, _, _ := strings.Cut(rest, "-")
		in.set, in.class = "SB"+size, city
		return
	}
	parts := strings.Split(in.name, "_")
	in.set, in.class = "Li100", strings.TrimRight(in.name, "0123456789")
	if len(parts) == 3 {
		in.set, in.class = "Li"+parts[1]+"00", parts[0]
	} else if digits := in.name[len(in.class):]; digits != "" {
		in.class += digits[:1]
	}
}
