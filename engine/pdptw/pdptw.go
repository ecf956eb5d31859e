package pdptw

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Most is the largest distance, time and load in a Problem, and what those of a route may add up to. The scale of each is
// the caller's.
const Most = 1 << 28

// Problem is what there is to solve. Places are numbered from 0.
type Problem struct {
	Places   int
	Dist     []int32 // Places² distances, from row to column
	Time     []int32 // Places² driving times; nil: Dist
	Fleet    []Vehicles
	Requests []Request
}

// Vehicles are so many of one kind. Each makes one route, from Start to End, inside its window.
type Vehicles struct {
	Count       int
	Capacity    int32
	Start, End  int32
	Open, Close int32
}

// Request is a load to be brought by one vehicle from one place to another.
type Request struct {
	From, To Stop
	Load     int32
}

// Stop is one end of a request. Service begins from Open to Close; a vehicle that comes earlier waits.
type Stop struct {
	Place       int32
	Open, Close int32
	Service     int32
}

// Objective is what is made least. What can be served is served in any case.
type Objective int

// The objectives.
const (
	Distance      Objective = iota
	VehiclesFirst           // the number of routes, then distance
)

// Options of Solve.
type Options struct {
	Objective  Objective
	Seed       uint64
	Workers    int            // searches side by side that share what they find; 0: 2. Part of what a solution depends on, as the seed is
	Iterations int            // of all workers together; 0: until Share reaches 1 or the context ends, 100,000 without either
	Share      func() float64 // the caller's clock: the share of the time allowed that is used up, 0 to 1; called by all workers
	Progress   func(Progress) // when not nil, called from one goroutine at a time
}

// Progress is the state of a running search.
type Progress struct {
	Unserved   int
	Routes     int
	Distance   int64
	Iterations int
	Share      float64 // of the search, 0 to 1
}

// Solution is a set of routes.
type Solution struct {
	Routes     []Route
	Unserved   []int // requests that no route has place for
	Distance   int64
	Iterations int
}

// Route is what one vehicle does. A stop is 2 r where it loads request r and 2 r + 1 where it unloads it.
type Route struct {
	Vehicles int // index in Problem.Fleet
	Stops    []int
}

const (
	defaultIterations = 100_000
	defaultWorkers    = 2
)

// Solve searches for the best routes. The error says what is wrong with the problem. When ctx ends the search stops and
// the best solution so far comes back with a nil error. Without Share it goes by Iterations alone and is deterministic.
func Solve(ctx context.Context, p *Problem, opt Options) (*Solution, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if opt.Workers < 1 {
		opt.Workers = defaultWorkers
	}
	if opt.Iterations < 1 && opt.Share == nil {
		opt.Iterations = defaultIterations
	}
	return newSearch(compile(p), opt, func() bool { return ctx.Err() != nil }).run(), nil
}

// Validate says what is wrong with a problem. A request that no vehicle can serve is not wrong.
func (p *Problem) Validate() error {
	if p.Places < 0 || p.Places > math.MaxInt16 {
		return fmt.Errorf("%d places; there may be 0 to %d", p.Places, math.MaxInt16)
	}
	if err := p.table("Dist", p.Dist); err != nil {
		return err
	}
	if p.Time != nil {
		if err := p.table("Time", p.Time); err != nil {
			return err
		}
	}
	if len(p.Requests) > math.MaxInt16/2 {
		return fmt.Errorf("%d requests; there may be %d", len(p.Requests), math.MaxInt16/2)
	}
	for k, v := range p.Fleet {
		if err := errors.Join(p.place(v.Start), p.place(v.End), span(v.Open, v.Close), amount("capacity", v.Capacity)); err != nil {
			return fmt.Errorf("vehicles %d: %w", k, err)
		}
		if v.Count < 0 {
			return fmt.Errorf("vehicles %d: there are %d", k, v.Count)
		}
	}
	for r := range p.Requests {
		q := &p.Requests[r]
		if err := amount("load", q.Load); err != nil {
			return fmt.Errorf("request %d: %w", r, err)
		}
		for name, s := range map[string]Stop{"from": q.From, "to": q.To} {
			if err := errors.Join(p.place(s.Place), span(s.Open, s.Close), amount("service", s.Service)); err != nil {
				return fmt.Errorf("request %d, %s: %w", r, name, err)
			}
		}
	}
	return nil
}

func (p *Problem) table(name string, t []int32) error {
	if len(t) != p.Places*p.Places {
		return fmt.Errorf("%s has %d entries; %d places need %d", name, len(t), p.Places, p.Places*p.Places)
	}
	for i, v := range t {
		if v < 0 || v > Most {
			return fmt.Errorf("%s from %d to %d is %d; it may be 0 to %d", name, i/p.Places, i%p.Places, v, Most)
		}
	}
	return nil
}

func (p *Problem) place(n int32) error {
	if n < 0 || int(n) >= p.Places {
		return fmt.Errorf("place %d of %d", n, p.Places)
	}
	return nil
}

func span(open, shut int32) error {
	if open > shut || open < -Most || shut > Most {
		return fmt.Errorf("window from %d to %d; it has to lie, in this order, from %d to %d", open, shut, -Most, Most)
	}
	return nil
}

func amount(name string, n int32) error {
	if n < 0 || n > Most {
		return fmt.Errorf("%s %d; it may be 0 to %d", name, n, Most)
	}
	return nil
}
