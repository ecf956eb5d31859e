package geo

import (
	"context"

	"github.com/paulmach/orb"
)

// Kind is what the kilometres of a [Travel] are made of.
type Kind string

// The kinds of travel.
const (
	KindCrow     Kind = "crow"     // great circles times a factor: an estimate
	KindTable    Kind = "table"    // a table that came with the places
	KindRoads    Kind = "roads"    // the roads of an OpenStreetMap extract
	KindOSRM     Kind = "osrm"     // an OSRM server
	KindValhalla Kind = "valhalla" // a Valhalla server
)

// Source says what the kilometres of a [Travel] are made of.
type Source struct {
	Kind      Kind    `json:"kind"`
	Estimated bool    `json:"estimated,omitempty"` // no road is known
	Name      string  `json:"name,omitempty"`      // of the extract or server
	Shortest  bool    `json:"shortest,omitempty"`  // ways are the shortest, not the fastest
	Version   string  `json:"version,omitempty"`   // of the roads: another one where they may be other roads
	Date      string  `json:"date,omitempty"`      // as in 2026-11-26, of the map that they are from
	Factor    float64 `json:"factor,omitempty"`    // of KindCrow: road metres to those of the great circle
	Speed     float64 `json:"speed_m_s,omitempty"` // of KindCrow
}

// Sourced is a [Travel] that knows what its kilometres are made of.
type Sourced interface {
	Travel
	Source() Source
}

// SourceOf is what the kilometres of a travel are made of: a table where it does not say.
func SourceOf(t Travel) Source {
	if s, ok := t.(Sourced); ok {
		return s.Source()
	}
	return Source{Kind: KindTable}
}

// Lines is a [Travel] that knows where its ways run.
type Lines interface {
	Travel
	// Line is the way from one place to another, from road to road.
	Line(ctx context.Context, from, to int) (orb.LineString, error)
}
