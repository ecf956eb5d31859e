package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"carriole/engine"
	"carriole/engine/view"
	"carriole/geo"
	"carriole/geo/provider"
)

// travelFlags choose what kilometres are made of.
type travelFlags struct {
	Travel   string `placeholder:"crow|table|roads:FILE|osrm:URL|valhalla:URL" help:"What kilometres are made of: great circles times 1.3 at 45 km/h (crow; crow:1.42,48 for another factor and speed), the week's own table, the roads of an OpenStreetMap extract (.osm.pbf or .osm; prepared once, kept beside it) or a routing server (default: the week's table, else crow)."`
	Shortest bool   `help:"Take the shortest ways instead of the fastest (roads and valhalla)."`
}

// replaces reports whether another source than the week itself is asked.
func (f *travelFlags) replaces() bool { return f.Travel != "" && f.Travel != string(geo.KindTable) }

// of is the travel between the places of a week. The week's own table goes where another source is asked for.
func (f *travelFlags) of(ctx context.Context, week *engine.Week) (geo.Travel, error) {
	if !f.replaces() {
		if f.Travel != "" && week.Travel == nil {
			return nil, errors.New("--travel table: the week has no table (travel)")
		}
		if f.Shortest {
			return nil, errors.New("--shortest: say by --travel which roads to look at")
		}
		return engine.TravelOf(week), nil
	}
	choice, err := provider.Parse(f.Travel, f.Shortest)
	if err != nil {
		return nil, fmt.Errorf("--travel: %w", err)
	}
	week.Travel = nil
	travel, err := choice.Travel(ctx, placesOf(week), warnTravel)
	if err != nil {
		return nil, fmt.Errorf("--travel: %w", err)
	}
	return travel, nil
}

func warnTravel(what string) { fmt.Fprintln(os.Stderr, "carriole: warning:", what) }

// warnOther tells that a plan was made by other roads than those it is looked at by now.
func warnOther(plan *engine.Plan, travel geo.Travel) {
	now := geo.SourceOf(travel)
	if made := plan.Summary.Travel; made != nil && *made != now {
		warnTravel(fmt.Sprintf("the kilometres of the plan are %s, these are %s: choose the same by --travel", sourceName(*made), sourceName(now)))
	}
}

func sourceName(s geo.Source) string {
	name := string(s.Kind)
	if s.Name != "" {
		name += ":" + s.Name
	}
	if s.Estimated {
		name += fmt.Sprintf(":%.2f,%.1f", s.Factor, s.Speed*3.6)
	}
	if s.Shortest {
		name += " --shortest"
	}
	return name
}

func placesOf(week *engine.Week) []provider.Place {
	places := make([]provider.Place, len(week.Places))
	for i, p := range week.Places {
		places[i] = provider.Place{Name: p.ID, At: geo.Point{p.Lon, p.Lat}}
	}
	return places
}

// instant takes no time: what is wrong with a week even so is wrong whatever the roads.
type instant struct{}

func (instant) Between(int, int) (metres, seconds float64) { return 0, 0 }

// lines are the ways of a plan, where the travel knows any. Those that cannot be had are told and drawn straight.
func lines(ctx context.Context, week *engine.Week, plan *engine.Plan, travel geo.Travel) view.Lines {
	known, ok := travel.(geo.Lines)
	if !ok {
		return nil
	}
	at := make(map[string]int, len(week.Places))
	for i, p := range week.Places {
		at[p.ID] = i
	}
	out := view.Lines{}
	failed := 0
	for i := range plan.Rounds {
		stops := plan.Rounds[i].Stops
		for k := 1; k < len(stops); k++ {
			way := [2]string{stops[k-1].Place, stops[k].Place}
			if _, done := out[way]; done || way[0] == way[1] {
				continue
			}
			line, err := known.Line(ctx, at[way[0]], at[way[1]])
			if out[way] = line; err == nil {
				continue
			}
			if failed++; failed <= 5 {
				warnTravel(fmt.Sprintf("drawn straight: %v", err))
			}
		}
	}
	if failed > 5 {
		warnTravel(fmt.Sprintf("drawn straight: %d more ways", failed-5))
	}
	return out
}
