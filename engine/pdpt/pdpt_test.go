package pdpt

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// line makes a problem of places on a line, ten apart, where driving one unit takes one unit.
func line(places int) *Problem {
	p := &Problem{Places: places}
	for a := range places {
		for b := range places {
			d := int32(10 * max(a-b, b-a))
			p.Cost, p.Time = append(p.Cost, d), append(p.Time, d)
		}
	}
	return p
}

func at(place int32) Stop { return Stop{Place: place, Close: 1000} }

// Two vehicles from either end meet halfway; neither could go the whole way and back.
func Example() {
	p := line(5)
	p.Fleet = []Fleet{{Count: 1, Start: 0, End: 0, Close: 60, Capacity: 10}, {Count: 1, Start: 4, End: 4, Close: 60, Capacity: 10}}
	p.Requests = []Request{{Pickup: Stop{Place: 0, Close: 60}, Delivery: Stop{Place: 4, Close: 60}, Amount: 1}}
	p.Handovers = []int32{2}
	plan, err := Solve(context.Background(), p, Options{Iterations: 100})
	if err != nil {
		panic(err)
	}
	for _, t := range plan.Tours {
		for _, v := range t.Visits {
			fmt.Println("fleet", t.Fleet, "place", v.Place, "loads", v.Load)
		}
	}
	fmt.Println("cost", plan.Cost)
	// Output:
	// fleet 0 place 0 loads true
	// fleet 0 place 2 loads false
	// fleet 1 place 2 loads true
	// fleet 1 place 4 loads false
	// cost 80
}

func TestValidate(t *testing.T) {
	good := func() *Problem {
		p := line(3)
		p.Fleet = []Fleet{{Count: 1, Close: 100, Capacity: 5}}
		p.Requests = []Request{{Pickup: at(1), Delivery: at(2), Amount: 1}}
		return p
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		do   func(*Problem)
	}{
		{"places: 0; there may be 1 to 8192", func(p *Problem) { p.Places = 0 }},
		{"cost: 8 entries; 3 places have 9", func(p *Problem) { p.Cost = p.Cost[1:] }},
		{"time[4]: -1", func(p *Problem) { p.Time[4] = -1 }},
		{"fleet: none", func(p *Problem) { p.Fleet = nil }},
		{"fleet[0]: count 0", func(p *Problem) { p.Fleet[0].Count = 0 }},
		{"fleet[0].start: place 3; there are 0 to 2", func(p *Problem) { p.Fleet[0].Start = 3 }},
		{"fleet[0]: window 5 to 4", func(p *Problem) { p.Fleet[0].Open, p.Fleet[0].Close = 5, 4 }},
		{"fleet[0]: capacity -1", func(p *Problem) { p.Fleet[0].Capacity = -1 }},
		{"requests[0]: amount -1", func(p *Problem) { p.Requests[0].Amount = -1 }},
		{"requests[0].pickup: place -1", func(p *Problem) { p.Requests[0].Pickup.Place = -1 }},
		{"requests[0].delivery: window -1 to 1000", func(p *Problem) { p.Requests[0].Delivery.Open = -1 }},
		{"requests[0].delivery: service -1", func(p *Problem) { p.Requests[0].Delivery.Service = -1 }},
		{"handovers[0]: place 9", func(p *Problem) { p.Handovers = []int32{9} }},
	} {
		p := good()
		c.do(p)
		if _, err := Solve(context.Background(), p, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; should say %q", err, c.want)
		}
	}
}

// random makes a problem in the plane; some have several fleets, fixed costs, places of handover.
func random(rng *rand.Rand) *Problem {
	n := 2 + rng.IntN(6)
	p := &Problem{Places: 2*n + 4}
	x, y := make([]int32, p.Places), make([]int32, p.Places)
	for k := range x {
		x[k], y[k] = rng.Int32N(100), rng.Int32N(100)
	}
	for a := range p.Places {
		for b := range p.Places {
			d := max(x[a]-x[b], x[b]-x[a]) + max(y[a]-y[b], y[b]-y[a])
			p.Cost, p.Time = append(p.Cost, d), append(p.Time, d)
		}
	}
	for c := range n {
		end := func(place int) Stop {
			s := Stop{Place: int32(place), Close: 700, Service: rng.Int32N(10)}
			if rng.IntN(2) == 0 {
				s.Open = rng.Int32N(600)
				s.Close = s.Open + rng.Int32N(200)
			}
			return s
		}
		p.Requests = append(p.Requests, Request{end(2 * c), end(2*c + 1), rng.Int32N(6)})
	}
	for range 1 + rng.IntN(2) {
		start := int32(2*n + rng.IntN(2))
		p.Fleet = append(p.Fleet, Fleet{Count: 1 + rng.IntN(3), Start: start, End: start, Close: 800, Capacity: 5 + rng.Int32N(10), Fixed: rng.Int32N(2) * 50, Runs: rng.IntN(4) == 0})
	}
	if rng.IntN(2) == 0 {
		p.Handovers = []int32{int32(2*n + 2), int32(2*n + 3)}
	}
	return p
}

// audit drives a solution: each request from its pickup to its delivery, by handovers or not, in time and with room.
func audit(p *Problem, s *Solution) error {
	type place struct{ tour, visit int }
	cost := int64(0)
	used := make([]int, len(p.Fleet))
	begin := make([][]int32, len(s.Tours))
	visits := 1
	for k, t := range s.Tours {
		f := p.Fleet[t.Fleet]
		used[t.Fleet]++
		begin[k] = make([]int32, len(t.Visits))
		visits += len(t.Visits)
		load, from := int32(0), f.Start
		for _, v := range t.Visits {
			cost += int64(p.Cost[int(from)*p.Places+int(v.Place)])
			from = v.Place
			if load -= p.Requests[v.Request].Amount; v.Load {
				load += 2 * p.Requests[v.Request].Amount
			}
			if load < 0 || load > f.Capacity {
				return fmt.Errorf("tour %d: %d on board", k, load)
			}
		}
		cost += int64(p.Cost[int(from)*p.Places+int(f.End)]) + int64(f.Fixed)
	}
	for k, f := range p.Fleet {
		if used[k] > f.Count {
			return fmt.Errorf("fleet %d has %d tours", k, used[k])
		}
	}
	if cost != s.Cost {
		return fmt.Errorf("cost %d, recomputed %d", s.Cost, cost)
	}
	// what a load waits for
	waits := map[place]place{}
	unserved := 0
	for c, q := range p.Requests {
		now, goods, last := q.Pickup.Place, 0, place{-1, 0}
		for range len(s.Tours) + 1 {
			moved := false
			for k, t := range s.Tours {
				on := -1
				for i, v := range t.Visits {
					if v.Request != c {
						continue
					}
					if v.Load && v.Place == now && on < 0 && (last.tour < 0 || last.tour != k) {
						on = i
						if last.tour >= 0 {
							waits[place{k, i}] = last
						}
					} else if !v.Load && on >= 0 {
						now, last, moved = v.Place, place{k, i}, true
						on = -1
						goods += 2
					}
				}
				if moved {
					break
				}
			}
			if !moved || now == q.Delivery.Place {
				break
			}
		}
		all := 0
		for _, t := range s.Tours {
			for _, v := range t.Visits {
				if v.Request == c {
					all++
				}
			}
		}
		switch {
		case all == 0:
			unserved++
		case now != q.Delivery.Place || goods != all:
			return fmt.Errorf("request %d does not arrive", c)
		}
	}
	if unserved != len(s.Unserved) {
		return fmt.Errorf("%d unserved, said %v", unserved, s.Unserved)
	}
	for range visits {
		for k, t := range s.Tours {
			f := p.Fleet[t.Fleet]
			now, from := f.Open, f.Start
			for i, v := range t.Visits {
				now = max(now+p.Time[int(from)*p.Places+int(v.Place)], begin[k][i])
				if w, ok := waits[place{k, i}]; ok {
					now = max(now, begin[w.tour][w.visit])
				}
				q, end := p.Requests[v.Request], int32(0)
				for _, stop := range []Stop{q.Pickup, q.Delivery} {
					if v.Place == stop.Place {
						if now = max(now, stop.Open); now > stop.Close {
							return fmt.Errorf("tour %d, visit %d: at %d, closes %d", k, i, now, stop.Close)
						}
						end = stop.Service
					}
				}
				begin[k][i] = now
				now, from = now+end, v.Place
			}
			if now+p.Time[int(from)*p.Places+int(f.End)] > f.Close {
				return fmt.Errorf("tour %d ends late", k)
			}
		}
	}
	return nil
}

// TestSolve: every solution is right, and the same by the same seed.
func TestSolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	handed := 0
	for k := range 400 {
		p := random(rng)
		var last Progress
		opt := Options{Seed: uint64(k), Iterations: 200, Workers: 1 + k%2, Progress: func(x Progress) { last = x }}
		s, err := Solve(context.Background(), p, opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit(p, s); err != nil {
			t.Fatalf("problem %d: %v", k, err)
		}
		if len(p.Requests) > 0 && (last.Unserved != len(s.Unserved) || last.Cost < s.Cost) {
			t.Fatalf("problem %d: %+v at last, cost %d with %d left", k, last, s.Cost, len(s.Unserved))
		}
		again, _ := Solve(context.Background(), p, opt)
		if !reflect.DeepEqual(s, again) {
			t.Fatalf("problem %d: cost %d and then %d", k, s.Cost, again.Cost)
		}
		visits := 0
		for _, x := range s.Tours {
			visits += len(x.Visits)
		}
		if visits > 2*(len(p.Requests)-len(s.Unserved)) {
			handed++
		}
	}
	if handed < 5 {
		t.Errorf("only %d with handovers", handed)
	}
}

// TestIdle: without requests only what runs anyway drives.
func TestIdle(t *testing.T) {
	p := line(3)
	p.Fleet = []Fleet{{Count: 2, End: 2, Close: 100, Fixed: 5, Runs: true}, {Count: 1, Close: 100}}
	s, err := Solve(context.Background(), p, Options{})
	if err != nil || len(s.Tours) != 2 || s.Cost != 50 || audit(p, s) != nil {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestSolveStops: a search that is cancelled gives what it has.
func TestSolveStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := random(rand.New(rand.NewPCG(5, 1)))
	s, err := Solve(ctx, p, Options{Iterations: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	if err := audit(p, s); err != nil {
		t.Error(err)
	}
}
