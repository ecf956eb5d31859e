// Package pdpt solves pickup and delivery with time windows and transfers: requests are brought from one place to another by one
// vehicle, or by several that hand goods over at places where they may wait. It is for those who have requests and vehicles and no
// week; the search is the one that package engine plans weeks with. Without transfers and in large numbers package pdptw is faster
// by far.
//
// It is pure: no clock but the caller's, no files, no logging; the same problem, seed and iterations give the same solution.
// Costs, times and amounts are integers of the caller's scale.
//
// The literature has models for few requests (Cortés, Matamala, Contardo 2010; Rais, Alvelos, Carvalho 2014) and adaptive large
// neighbourhood search (Masson, Lehuédé, Péton 2013). Unlike the models, a vehicle may come to a place of handover more than once
// here, which now and then saves something.
package pdpt

import "fmt"

// Problem is what there is to plan. Places are numbers from 0.
type Problem struct {
	Places    int
	Cost      []int32 // Places² costs of driving, row by row: [a·Places+b] is from a to b
	Time      []int32 // Places² driving times, row by row
	Fleet     []Fleet
	Requests  []Request
	Handovers []int32 // places where goods may be left by one vehicle and taken on by another later
}

// Fleet is vehicles that are alike. Each makes one tour or none.
type Fleet struct {
	Count       int
	Start, End  int32
	Open, Close int32 // no tour begins before or ends after
	Capacity    int32
	Fixed       int32 // cost of using one
	Runs        bool  // each drives from its start to its end even if it carries nothing
}

// Request is an amount of goods to be picked up at one stop and delivered to another.
type Request struct {
	Pickup, Delivery Stop
	Amount           int32
}

// Stop is one end of a request. Service begins inside its window, ends included; who comes earlier waits.
type Stop struct {
	Place       int32
	Open, Close int32
	Service     int32
}

// Most is the greatest cost, time and amount there may be, and what the costs and times of a tour may add up to.
const Most = 1 << 28

const mostPlaces = 1 << 13

// Validate says what is wrong with a problem, if anything is.
func (p *Problem) Validate() error {
	if p.Places < 1 || p.Places > mostPlaces {
		return fmt.Errorf("places: %d; there may be 1 to %d", p.Places, mostPlaces)
	}
	for _, m := range []struct {
		name string
		list []int32
	}{{"cost", p.Cost}, {"time", p.Time}} {
		if len(m.list) != p.Places*p.Places {
			return fmt.Errorf("%s: %d entries; %d places have %d", m.name, len(m.list), p.Places, p.Places*p.Places)
		}
		for i, x := range m.list {
			if x < 0 || x > Most {
				return fmt.Errorf("%s[%d]: %d; must be 0 to %d", m.name, i, x, Most)
			}
		}
	}
	place := func(at string, x int32) error {
		if x < 0 || int(x) >= p.Places {
			return fmt.Errorf("%s: place %d; there are 0 to %d", at, x, p.Places-1)
		}
		return nil
	}
	window := func(at string, open, end int32) error {
		if open < 0 || end > Most || open > end {
			return fmt.Errorf("%s: window %d to %d; must lie in 0 to %d and not end before it begins", at, open, end, Most)
		}
		return nil
	}
	if len(p.Fleet) == 0 {
		return fmt.Errorf("fleet: none; there is at least one")
	}
	for k, f := range p.Fleet {
		at := fmt.Sprintf("fleet[%d]", k)
		if f.Count < 1 || f.Count > mostPlaces {
			return fmt.Errorf("%s: count %d; must be 1 to %d", at, f.Count, mostPlaces)
		}
		if f.Capacity < 0 || f.Capacity > Most || f.Fixed < 0 || f.Fixed > Most {
			return fmt.Errorf("%s: capacity %d, fixed cost %d; must be 0 to %d", at, f.Capacity, f.Fixed, Most)
		}
		if err := first(place(at+".start", f.Start), place(at+".end", f.End), window(at, f.Open, f.Close)); err != nil {
			return err
		}
	}
	for c, q := range p.Requests {
		if q.Amount < 0 || q.Amount > Most {
			return fmt.Errorf("requests[%d]: amount %d; must be 0 to %d", c, q.Amount, Most)
		}
		for _, e := range []struct {
			name string
			Stop
		}{{"pickup", q.Pickup}, {"delivery", q.Delivery}} {
			at := fmt.Sprintf("requests[%d].%s", c, e.name)
			if e.Service < 0 || e.Service > Most {
				return fmt.Errorf("%s: service %d; must be 0 to %d", at, e.Service, Most)
			}
			if err := first(place(at, e.Place), window(at, e.Open, e.Close)); err != nil {
				return err
			}
		}
	}
	for k, x := range p.Handovers {
		if err := place(fmt.Sprintf("handovers[%d]", k), x); err != nil {
			return err
		}
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Solution is the tours of the vehicles in use.
type Solution struct {
	Tours    []Tour
	Unserved []int // requests that could not be served
	Cost     int64
}

// Tour is one vehicle's. Its way from and to the fleet's places is not among the visits.
type Tour struct {
	Fleet  int
	Visits []Visit
}

// Visit is a stop of a tour where one request's goods come on board or leave: at its own two places, or where they are
// handed over. What is handed over leaves one vehicle before the other departs.
type Visit struct {
	Place   int32
	Request int
	Load    bool // they come on board
}
