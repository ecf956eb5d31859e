package pdptw

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// random makes a problem whose parts are as odd as its dice fall: asymmetric times of their own, several depots, places
// that requests share, loads that are too large for some vehicles or all, windows that nobody can keep.
func random(rng *rand.Rand) *Problem {
	n := 2 + rng.IntN(25)
	p := &Problem{Places: n, Dist: make([]int32, n*n)}
	x, y := make([]float64, n), make([]float64, n)
	for i := range n {
		x[i], y[i] = rng.Float64()*100, rng.Float64()*100
	}
	own := rng.IntN(2) == 0
	if own {
		p.Time = make([]int32, n*n)
	}
	for i := range n {
		for j := range n {
			p.Dist[i*n+j] = int32(math.Ceil(math.Hypot(x[i]-x[j], y[i]-y[j])))
			if own {
				p.Time[i*n+j] = p.Dist[i*n+j] + int32(rng.IntN(10))
			}
		}
	}
	any := func() int32 { return int32(rng.IntN(n)) }
	for range 1 + rng.IntN(3) {
		p.Fleet = append(p.Fleet, Vehicles{Count: rng.IntN(5), Capacity: int32(5 + rng.IntN(20)), Start: any(), End: any(), Open: int32(rng.IntN(50)), Close: int32(300 + rng.IntN(500))})
	}
	stop := func() Stop {
		open := int32(rng.IntN(400))
		return Stop{any(), open, open + int32(rng.IntN(300)), int32(rng.IntN(10))}
	}
	for range rng.IntN(30) {
		p.Requests = append(p.Requests, Request{stop(), stop(), int32(rng.IntN(12))})
	}
	return p
}

// faults recomputes a solution from the problem alone.
func faults(p *Problem, s *Solution) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	times := p.Time
	if times == nil {
		times = p.Dist
	}
	seen := make([]int, len(p.Requests))
	count := make([]int, len(p.Fleet))
	var dist int64
	for n, r := range s.Routes {
		v := p.Fleet[r.Vehicles]
		count[r.Vehicles]++
		if len(r.Stops) == 0 {
			say("route %d has no stops", n)
		}
		at, t, load := v.Start, v.Open, int32(0)
		aboard := map[int]bool{}
		for _, k := range append(append([]int{}, r.Stops...), -1) {
			stop, change := Stop{Place: v.End, Open: v.Open, Close: v.Close}, int32(0)
			if k >= 0 {
				q := p.Requests[k/2]
				stop, change = q.From, q.Load
				if k%2 == 1 {
					stop, change = q.To, -q.Load
				}
				if aboard[k/2] != (k%2 == 1) {
					say("route %d, stop %d: the request is in the vehicle or not", n, k)
				}
				aboard[k/2] = k%2 == 0
				seen[k/2]++
			}
			dist += int64(p.Dist[int(at)*p.Places+int(stop.Place)])
			t = max(t+times[int(at)*p.Places+int(stop.Place)], stop.Open)
			if t > stop.Close {
				say("route %d, stop %d: at %d after %d", n, k, t, stop.Close)
			}
			t += stop.Service
			if load += change; load > v.Capacity {
				say("route %d, stop %d: %d in %d", n, k, load, v.Capacity)
			}
			at = stop.Place
		}
	}
	for _, r := range s.Unserved {
		seen[r] += 2
	}
	for r, times := range seen {
		if times != 2 {
			say("request %d is served or left by halves %d times", r, times)
		}
	}
	for k, n := range count {
		if n > p.Fleet[k].Count {
			say("%d vehicles %d of %d", n, k, p.Fleet[k].Count)
		}
	}
	if dist != s.Distance {
		say("distance %d, said to be %d", dist, s.Distance)
	}
	return out
}

func solve(t *testing.T, p *Problem, opt Options) *Solution {
	t.Helper()
	s, err := Solve(context.Background(), p, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSolutionsKeepEveryRule(t *testing.T) {
	for seed := range uint64(150) {
		p := random(rand.New(rand.NewPCG(seed, 7)))
		for _, objective := range []Objective{Distance, VehiclesFirst} {
			s := solve(t, p, Options{Objective: objective, Seed: seed, Workers: 1 + int(seed%3), Iterations: 600})
			if wrong := faults(p, s); len(wrong) > 0 {
				t.Fatalf("seed %d, objective %d: %s", seed, objective, strings.Join(wrong, "; "))
			}
		}
	}
}

func TestSameSeedGivesSameSolution(t *testing.T) {
	for seed := range uint64(10) {
		p := random(rand.New(rand.NewPCG(seed, 9)))
		for _, objective := range []Objective{Distance, VehiclesFirst} {
			opt := Options{Objective: objective, Seed: seed, Workers: 2, Iterations: 2000}
			if d := cmp.Diff(solve(t, p, opt), solve(t, p, opt)); d != "" {
				t.Fatalf("seed %d: %s", seed, d)
			}
		}
	}
}

// line is a problem on a line: a vehicle at 0, requests from one point to another, all the time in the world.
func line(vehicles int, ends ...[2]int32) *Problem {
	const n = 20
	p := &Problem{Places: n, Dist: make([]int32, n*n), Fleet: []Vehicles{{Count: vehicles, Capacity: 10, Close: 1000}}}
	for i := range int32(n) {
		for j := range int32(n) {
			p.Dist[i*n+j] = max(i-j, j-i)
		}
	}
	for _, e := range ends {
		p.Requests = append(p.Requests, Request{Stop{Place: e[0], Close: 1000}, Stop{Place: e[1], Close: 1000}, 6})
	}
	return p
}

func TestObjectives(t *testing.T) {
	// both at once: two vehicles. One vehicle can bring one after the other, since time is long
	p := line(2, [2]int32{1, 10}, [2]int32{1, 10})
	if s := solve(t, p, Options{Iterations: 500}); len(s.Routes) != 2 && s.Distance != 38 || len(s.Unserved) > 0 {
		t.Errorf("got %+v", s)
	}
	if s := solve(t, p, Options{Iterations: 500, Objective: VehiclesFirst}); len(s.Routes) != 1 || s.Distance != 38 {
		t.Errorf("got %+v", s)
	}
	// the two vehicles stand at both ends of the line, and each request lies at one: serving both with one is a detour
	p = line(1, [2]int32{1, 2}, [2]int32{17, 18})
	p.Fleet = append(p.Fleet, Vehicles{Count: 1, Capacity: 10, Start: 19, End: 19, Close: 1000})
	if s := solve(t, p, Options{Iterations: 500}); len(s.Routes) != 2 || s.Distance != 8 {
		t.Errorf("got %+v", s)
	}
	if s := solve(t, p, Options{Iterations: 500, Objective: VehiclesFirst}); len(s.Routes) != 1 || s.Distance != 36 {
		t.Errorf("got %+v", s)
	}
}

func TestWhatNobodyCanServeIsLeft(t *testing.T) {
	p := line(1, [2]int32{1, 10}, [2]int32{3, 4}, [2]int32{5, 6})
	p.Requests[1].Load = 11      // more than a vehicle takes
	p.Requests[2].From.Close = 4 // five away from all vehicles
	s := solve(t, p, Options{Iterations: 100})
	if len(s.Routes) != 1 || len(s.Unserved) != 2 || s.Distance != 20 {
		t.Errorf("got %+v", s)
	}
	for _, q := range []*Problem{{}, {Places: 1, Dist: []int32{0}, Requests: []Request{{Load: 1}}}} {
		if s := solve(t, q, Options{Iterations: 100, Objective: VehiclesFirst}); len(s.Unserved) != len(q.Requests) || len(s.Routes) > 0 {
			t.Errorf("got %+v", s)
		}
	}
}

func TestSearchEndsWithTheClockAndTheContext(t *testing.T) {
	p := random(rand.New(rand.NewPCG(3, 3)))
	calls, said := 0.0, 0.0
	s := solve(t, p, Options{Workers: 1, Share: func() float64 { calls++; return min(1, calls/300) }, Progress: func(p Progress) {
		if p.Share < said {
			t.Errorf("share %g after %g", p.Share, said)
		}
		said = p.Share
	}})
	if wrong := faults(p, s); len(wrong) > 0 || said == 0 {
		t.Error(wrong, said)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s, err := Solve(ctx, p, Options{Iterations: 1 << 40}); err != nil || len(faults(p, s)) > 0 {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Problem){
		"Dist has 399 entries":           func(p *Problem) { p.Dist = p.Dist[1:] },
		"Dist from 0 to 1 is -1":         func(p *Problem) { p.Dist[1] = -1 },
		"Time has 1 entries":             func(p *Problem) { p.Time = []int32{1} },
		"vehicles 0: place 20 of 20":     func(p *Problem) { p.Fleet[0].End = 20 },
		"vehicles 0: there are -1":       func(p *Problem) { p.Fleet[0].Count = -1 },
		"vehicles 0: capacity -1":        func(p *Problem) { p.Fleet[0].Capacity = -1 },
		"vehicles 0: window from 0 to":   func(p *Problem) { p.Fleet[0].Close = -5 },
		"request 0: load -1":             func(p *Problem) { p.Requests[0].Load = -1 },
		"request 0, from: place -1":      func(p *Problem) { p.Requests[0].From.Place = -1 },
		"request 0, to: service":         func(p *Problem) { p.Requests[0].To.Service = Most + 1 },
		"request 0, to: window from 268": func(p *Problem) { p.Requests[0].To.Open, p.Requests[0].To.Close = Most, Most+1 },
	} {
		p := line(1, [2]int32{1, 2})
		change(p)
		if _, err := Solve(context.Background(), p, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func ExampleSolve() {
	// a farm at 2 km sends to a shop at 8 km, one at 5 km to the depot
	place := []int32{0, 2, 5, 8}
	p := &Problem{Places: len(place), Fleet: []Vehicles{{Count: 2, Capacity: 100, Close: 600}}}
	for _, a := range place {
		for _, b := range place {
			p.Dist = append(p.Dist, max(a-b, b-a))
		}
	}
	p.Requests = []Request{
		{From: Stop{Place: 1, Close: 600, Service: 5}, To: Stop{Place: 3, Close: 60}, Load: 60},
		{From: Stop{Place: 2, Close: 600, Service: 5}, To: Stop{Place: 0, Close: 600}, Load: 60},
	}
	s, err := Solve(context.Background(), p, Options{Iterations: 200})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Distance, s.Routes[0].Stops)
	// Output: 16 [0 1 2 3]
}
