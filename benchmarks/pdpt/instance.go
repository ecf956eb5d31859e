package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"carriole/engine/pdpt"
)

// instance is a problem as its file states it, times and distances in its own unit.
type instance struct {
	name, class string
	stops       []stop
	drive       [][]float64 // by node: distance, which is driving time too
	vehicles    []vehicle
	requests    []request
	handovers   []int // nodes where goods may change vehicles
	capacity    int
}

type stop struct {
	x, y, open, close, service float64
}

// vehicle makes one tour, from one node to another, even if it carries nothing.
type vehicle struct{ start, end int }

// request is carried from one node to another.
type request struct{ from, to, amount int }

// most is how large an instance may be.
const most = 5000

// greatest is the greatest number in a file: in the engine's units it is still one of 32 bits.
const greatest = 20000

// fixed is the engine's units in one of a file's.
const fixed = 10000

// lines are the fields of a file's lines that are not empty.
func lines(data []byte) [][]string {
	var out [][]string
	in := bufio.NewScanner(bytes.NewReader(data))
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		if f := strings.Fields(in.Text()); len(f) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// numbers reads at least n numbers, none greater than greatest.
func numbers(fields []string, n int) ([]float64, error) {
	if len(fields) < n {
		return nil, fmt.Errorf("%q: %d fields, should have %d", strings.Join(fields, " "), len(fields), n)
	}
	out := make([]float64, len(fields))
	for i, f := range fields {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || math.IsNaN(x) || math.Abs(x) > greatest {
			return nil, fmt.Errorf("%q is not a number up to %d", f, greatest)
		}
		out[i] = x
	}
	return out, nil
}

// measure makes the distances those of the plane.
func (in *instance) measure() {
	for _, a := range in.stops {
		row := make([]float64, len(in.stops))
		for k, b := range in.stops {
			row[k] = math.Hypot(a.x-b.x, a.y-b.y)
		}
		in.drive = append(in.drive, row)
	}
}

// read reads an instance with transfers: counts of requests, vehicles and places of transfer, the capacity; then by line a
// name (p, d, o, e, t and a number), x, y, window and load.
func read(name string, data []byte) (*instance, error) {
	rows := lines(data)
	if len(rows) < 3 {
		return nil, fmt.Errorf("%s: no nodes", name)
	}
	head, err := numbers(rows[1], 4)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	nr, nv, nt := int(head[0]), int(head[1]), int(head[2])
	if nr < 0 || nv < 1 || nt < 0 || nr+nv+nt > most {
		return nil, fmt.Errorf("%s: %d requests, %d vehicles, %d places of transfer", name, nr, nv, nt)
	}
	in := &instance{name: name, class: name[:max(0, strings.LastIndexByte(name, '-'))], capacity: int(head[3])}
	at := map[string]int{}
	loads := map[string]float64{}
	for _, row := range rows[3:] {
		if len(row) < 6 {
			return nil, fmt.Errorf("%s: %q: %d fields, should have 6", name, strings.Join(row, " "), len(row))
		}
		v, err := numbers(row[1:], 5)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		at[row[0]], loads[row[0]] = len(in.stops), v[4]
		in.stops = append(in.stops, stop{v[0], v[1], v[2], v[3], 0})
	}
	find := func(kind string, k int) int {
		key := kind + strconv.Itoa(k)
		i, ok := at[key]
		if !ok && err == nil {
			err = fmt.Errorf("%s: no node %s", name, key)
		}
		return i
	}
	for k := range nr {
		in.requests = append(in.requests, request{find("p", k), find("d", k), int(loads[fmt.Sprint("p", k)])})
	}
	for k := range nv {
		in.vehicles = append(in.vehicles, vehicle{find("o", k), find("e", k)})
	}
	for k := range nt {
		in.handovers = append(in.handovers, find("t", k))
	}
	if err != nil {
		return nil, err
	}
	in.measure()
	return in, nil
}

// problem is the instance as the engine takes it. Costs are rounded to the nearest unit, times up, so that what is in time
// by the units is so exactly.
func (in *instance) problem() *pdpt.Problem {
	n := len(in.stops)
	p := &pdpt.Problem{Places: n, Cost: make([]int32, n*n), Time: make([]int32, n*n)}
	for a, row := range in.drive {
		for b, d := range row {
			p.Cost[a*n+b] = int32(math.Round(d * fixed))
			p.Time[a*n+b] = int32(math.Ceil(d*fixed - 1e-6))
		}
	}
	units := func(x float64) int32 { return int32(math.Round(x * fixed)) }
	ends := func(node int) pdpt.Stop {
		s := in.stops[node]
		return pdpt.Stop{Place: int32(node), Open: units(s.open), Close: units(s.close), Service: units(s.service)}
	}
	for k := 0; k < len(in.vehicles); {
		v, count := in.vehicles[k], 0
		for ; k < len(in.vehicles) && in.vehicles[k] == v; k++ {
			count++
		}
		p.Fleet = append(p.Fleet, pdpt.Fleet{Count: count, Start: int32(v.start), End: int32(v.end), Open: units(in.stops[v.start].open),
			Close: units(in.stops[v.end].close), Capacity: int32(in.capacity), Runs: true})
	}
	for _, r := range in.requests {
		p.Requests = append(p.Requests, pdpt.Request{Pickup: ends(r.from), Delivery: ends(r.to), Amount: int32(r.amount)})
	}
	for _, h := range in.handovers {
		p.Handovers = append(p.Handovers, int32(h))
	}
	return p
}

// answer turns the engine's solution into one of the instance's vehicles.
func (in *instance) answer(x *pdpt.Solution) *answer {
	out := &answer{}
	// the vehicles of each of the problem's fleets follow one another
	var begins []int
	for k, v := range in.vehicles {
		if k == 0 || v != in.vehicles[k-1] {
			begins = append(begins, k)
		}
	}
	for _, t := range x.Tours {
		y := tour{Vehicle: begins[t.Fleet]}
		begins[t.Fleet]++
		for _, v := range t.Visits {
			y.Visits = append(y.Visits, visit{int(v.Place), v.Request, v.Load})
		}
		out.Tours = append(out.Tours, y)
	}
	return out
}
