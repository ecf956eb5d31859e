package bound

import "math"

// Problem is what a lower bound is asked for. Places, slots and goods refer to one another by index. Times are seconds
// from any moment, costs are metres.
type Problem struct {
	Places   []Place
	Cost     []float64 // len(Places)², row by row: what going straight from one place to another costs
	Level    []float64 // len(Places)², row by row: no more than that, and of shortest ways
	Secs     []float64 // len(Places)², row by row: no more than any way between two places takes
	Outside  int       // where only some of all places are looked at: the place that stands for all others; else −1
	Slots    []Slot
	Limits   []Limit
	Goods    []Goods
	Handover float64 // what one handover costs
}

// Place is somewhere to stop.
type Place struct {
	Service float64      // how long an added stop takes
	Open    [][2]float64 // service at an added stop begins inside one; ascending; empty: always
	Meet    bool         // goods change vehicles while both are here
	Store   uint8        // bit k: goods of class k may wait
	Away    bool         // one of the others: known only because a round stops here
	Border  float64      // no more than what coming here straight from any of the others costs
}

// Slot is a round that is driven anyway, or the time in which a vehicle may make trips, one or more.
type Slot struct {
	Trip   bool
	Stops  []Stop  // the start, the stops that are made anyway, the end
	Base   float64 // what the round costs as it is; 0 for trips
	Most   float64 // most it may cost beyond Base
	Longer float64 // most that added stops add to driving and service
	Secs   float64 // driving of the round as it is
	Frozen bool    // no stop may be added
	Owner  int     // goods of the same owner may also be handled at places that are not near
	Near   []bool  // by place, where goods are handled; nil: everywhere
	Legs   []Leg   // between the stops
	Short  float64 // how much less than their prices detours may cost, besides what the legs say
}

// Leg is the way from one stop of a slot to the next.
type Leg struct {
	Least float64 // no more than any way from stop to stop costs
	Cap   float64 // the height of a place is at most so much where the place is far from both stops; any number from 0
	Out   bool    // stops may be added at the other places
}

// Limit is what some slots may cost in all, beyond the base of those that are rounds.
type Limit struct {
	Slots []int
	Most  float64
}

// Stop is one that a round makes anyway: service begins between Open and Close. At the start Open is the first departure,
// at the end Close the last arrival.
type Stop struct {
	Place       int
	Open, Close float64
	Stay        float64
}

// Goods are lines that one producer sends to one pickup point. They may be carried in pieces.
type Goods struct {
	From, To    int
	Ready       float64
	Open, Close float64 // service where they arrive begins inside
	Class       int
	Owner       int
	Kg          float64
	Kind        int                        // goods of one kind have From, Ready, Class and Carry in common
	Carry       func(slot, place int) bool // whether the slot may load and unload them at the place
}

// Close makes a square table one of shortest ways, so that a stop more is never a way less.
func Close(n int, t []float64) {
	for k := range n {
		via := t[k*n : k*n+n]
		for i := range n {
			a := t[i*n+k]
			if i == k || math.IsInf(a, 1) {
				continue
			}
			row := t[i*n : i*n+n]
			for j, b := range via {
				if a+b < row[j] {
					row[j] = a + b
				}
			}
		}
	}
}
