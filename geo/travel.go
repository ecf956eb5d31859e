// Package geo knows places and distances: how far and how long it is from one place to another by several providers,
// and which places lie near. Coordinates are WGS 84 degrees, longitude first; distances are metres, times are seconds.
package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"
)

// Point is a place on the globe: longitude, latitude.
type Point = orb.Point

// Travel answers between the places that it was made for, named by their index. It may be asymmetric and need not be
// free of detours (the triangle inequality is not promised). Implementations are safe for concurrent use.
type Travel interface {
	// Between gives the metres and the seconds of driving from one place to another, 0 from a place to itself.
	Between(from, to int) (metres, seconds float64)
}

// Table is a square travel table.
type Table struct {
	Metres  [][]float64 `json:"metres"`
	Seconds [][]float64 `json:"seconds"`
}

// Between implements Travel.
func (t *Table) Between(from, to int) (metres, seconds float64) {
	return t.Metres[from][to], t.Seconds[from][to]
}

// The default travel: how much longer roads are than the crow flies, and how fast they are driven.
const (
	RoadFactor = 1.3
	RoadSpeed  = 12.5 // m/s
)

// Estimate is what roads are taken to be where none is known.
type Estimate struct {
	Factor float64 // metres of road to a metre of great circle
	Speed  float64 // m/s
}

// DefaultEstimate is the contract's.
func DefaultEstimate() Estimate { return Estimate{RoadFactor, RoadSpeed} }

type crowFlies struct {
	Estimate
	places []Point
}

// CrowFlies is the default travel: metres are the great circle's (haversine on a sphere of radius 6,378,137 m) times
// RoadFactor, rounded; seconds are those metres at RoadSpeed, rounded.
func CrowFlies(places []Point) Travel { return DefaultEstimate().CrowFlies(places) }

// CrowFlies is the travel by great circle with this factor and speed, in whole metres and seconds.
func (e Estimate) CrowFlies(places []Point) Travel { return &crowFlies{e, places} }

func (c *crowFlies) Between(from, to int) (metres, seconds float64) {
	if from == to {
		return 0, 0
	}
	metres = math.Floor(c.Factor*GreatCircle(c.places[from], c.places[to]) + 0.5)
	return metres, math.Floor(metres/c.Speed + 0.5)
}

// Source implements [Sourced].
func (c *crowFlies) Source() Source {
	return Source{Kind: KindCrow, Estimated: true, Factor: c.Factor, Speed: c.Speed}
}

// Fit is an estimate fitted to a real travel, and how far it and the default are off, as shares of the real metres and
// seconds.
type Fit struct {
	Estimate
	Pairs   int      // that it is fitted to
	Metres  [2]Error // of the default, of the fitted
	Seconds [2]Error
	CrowKm  float64 // between the pairs, in the median
}

// Error is how far estimates are off.
type Error struct {
	Mean  float64
	Ninth float64 // nine of ten are off by no more
}

// FitEstimate fits the factor and the speed of the crow to a travel between the places, so that over all pairs at least
// 500 m apart the shares by which the estimates are off are least in the mean. ok is false where there is no such pair.
func FitEstimate(places []Point, t Travel) (f Fit, ok bool) {
	const apart = 500
	var crows, metres, seconds []float64
	for i := range places {
		for j := range places {
			crow := GreatCircle(places[i], places[j])
			if crow < apart {
				continue
			}
			if m, s := t.Between(i, j); m > 0 && s > 0 && !math.IsInf(m, 0) {
				crows, metres, seconds = append(crows, crow), append(metres, m), append(seconds, s)
			}
		}
	}
	if len(crows) == 0 {
		return f, false
	}
	round := func(x float64) float64 { return math.Round(100*x) / 100 }
	f.Factor = round(scale(crows, metres))
	f.Speed = round(1 / scale(crows, seconds) * f.Factor)
	f.Pairs, f.CrowKm = len(crows), quantile(slices.Clone(crows), 0.5)/1000
	for k, e := range []Estimate{DefaultEstimate(), f.Estimate} {
		f.Metres[k], f.Seconds[k] = off(e.Factor, crows, metres), off(e.Factor/e.Speed, crows, seconds)
	}
	return f, true
}

// scale is the factor k for which the sum of |k·x ÷ y − 1| is least: the median of y ÷ x, weighted with x ÷ y.
func scale(x, y []float64) float64 {
	ratios, weight := make([]float64, len(x)), 0.0
	for i := range x {
		ratios[i] = y[i] / x[i]
		weight += x[i] / y[i]
	}
	slices.Sort(ratios)
	for _, r := range ratios {
		if weight -= 2 / r; weight <= 0 {
			return r
		}
	}
	return ratios[len(ratios)-1]
}

// off is how far k·x is from y, as a share of that.
func off(k float64, x, y []float64) Error {
	shares, sum := make([]float64, len(x)), 0.0
	for i := range x {
		shares[i] = math.Abs(k*x[i]/y[i] - 1)
		sum += shares[i]
	}
	return Error{sum / float64(len(x)), quantile(shares, 0.9)}
}

// quantile sorts a list, which must not be empty.
func quantile(list []float64, share float64) float64 {
	slices.Sort(list)
	return list[int(share*float64(len(list)-1)+0.5)]
}

// GreatCircle is the distance in metres on a sphere of radius 6,378,137 m, by the haversine formula. It is never NaN:
// what rounding makes incomputable at the antipodes is half the circumference, as is any point that is not finite.
func GreatCircle(a, b Point) float64 {
	d := orbgeo.DistanceHaversine(a, b)
	if math.IsNaN(d) {
		return math.Pi * orb.EarthRadius
	}
	return d
}
