// Package geo knows places and distances: how far and how long it is from one place to another by several providers,
// and which places lie near. Coordinates are WGS 84 degrees, longitude first; distances are metres, times are seconds.
package geo

import (
	"math"

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

type crowFlies []Point

// CrowFlies is the default travel: metres are the great circle's (haversine on a sphere of radius 6,378,137 m) times
// RoadFactor, rounded; seconds are those metres at RoadSpeed, rounded.
func CrowFlies(places []Point) Travel { return crowFlies(places) }

func (c crowFlies) Between(from, to int) (metres, seconds float64) {
	if from == to {
		return 0, 0
	}
	metres = math.Floor(RoadFactor*GreatCircle(c[from], c[to]) + 0.5)
	return metres, math.Floor(metres/RoadSpeed + 0.5)
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
