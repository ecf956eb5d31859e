package engine

import (
	"context"

	"carriole/geo"
)

// Options of a search. The zero value is usable.
type Options struct {
	Seed       uint64
	Iterations int // of the whole search; 0: until Share reaches 1 or the context ends, 20,000 without either
	Workers    int // searches side by side that share what they find; 0 means 2. Part of what a plan depends on, as the seed is

	// Share is the caller's clock: the share of the time allowed that is used up, 0 to 1. The engine has no clock of
	// its own; with nil the search goes by Iterations alone and is deterministic.
	Share func() float64

	// Progress, when not nil, is called from one goroutine at a time.
	Progress func(Progress)
}

// Progress is the state of a running search.
type Progress struct {
	Objective  float64 // of the best plan so far, as in Summary
	UnservedKg float64
	Iterations int
	Share      float64 // of the search, 0 to 1
}

// Solve plans a week. travel answers between indexes of week.Places; TravelOf gives the contract's default. The week must be free of faults (see
// Validate): the error is an InvalidWeek otherwise. When ctx ends the search stops and the best plan so far comes back,
// right like any other, with a nil error.
func Solve(ctx context.Context, week *Week, travel geo.Travel, opt Options) (*Plan, error) {
	panic("unreachable")
}

// TravelOf is the week's own travel table or, without one, crow flies between its places.
func TravelOf(week *Week) geo.Travel {
	if week.Travel != nil {
		return week.Travel
	}
	at := make([]geo.Point, len(week.Places))
	for i, p := range week.Places {
		at[i] = geo.Point{p.Lon, p.Lat}
	}
	return geo.CrowFlies(at)
}
