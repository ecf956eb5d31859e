package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"carriole/engine"
)

type gpx struct {
	XMLName xml.Name  `xml:"http://www.topografix.com/GPX/1/1 gpx"`
	Version string    `xml:"version,attr"`
	Creator string    `xml:"creator,attr"`
	Route   gpxRoute  `xml:"rte"`
	Track   *gpxTrack `xml:"trk"`
}

type gpxRoute struct {
	Name   string     `xml:"name"`
	Desc   string     `xml:"desc"`
	Points []gpxPoint `xml:"rtept"`
}

type gpxPoint struct {
	Lat  string `xml:"lat,attr"`
	Lon  string `xml:"lon,attr"`
	Name string `xml:"name,omitempty"`
	Desc string `xml:"desc,omitempty"`
}

type gpxTrack struct {
	Name     string       `xml:"name"`
	Segments []gpxSegment `xml:"trkseg"`
}

type gpxSegment struct {
	Points []gpxPoint `xml:"trkpt"`
}

// GPX writes one round of a plan for navigation devices, as a route of GPX 1.1: a point for each stop, in their order, named by
// its time and place, whose description says what is loaded and unloaded there and with whom goods change hands. A stop at a
// place that the week does not know is left out. Where opt.Lines has ways of the round a track along them follows the route, with a new segment
// after each way that it does not have. It is an error if the plan has no such round; others are the writer's.
func GPX(w io.Writer, week *engine.Week, plan *engine.Plan, round string, opt Options) error {
	t := &text{book: newBook(week, plan), opt: opt, words: opt.words()}
	r := t.rounds[round]
	if r == nil {
		return fmt.Errorf("view: the plan has no round %q", round)
	}
	out := gpx{Version: "1.1", Creator: "Carriole", Route: gpxRoute{Name: t.roundName(round), Desc: t.producerName(r.Producer)}}
	if len(r.Stops) > 0 {
		out.Route.Name += ", " + t.date(opt.local(r.Stops[0].Depart))
	}
	for i, s := range r.Stops {
		at, ok := t.at(s.Place)
		if !ok {
			continue
		}
		out.Route.Points = append(out.Route.Points, gpxPoint{Lat: degrees(at.Lat()), Lon: degrees(at.Lon()), Name: clock(opt.local(s.Arrive)) + " " + t.placeName(s.Place), Desc: t.done(r, i)})
	}
	if segments := t.alongRoads(r, opt.Lines); segments != nil {
		out.Track = &gpxTrack{out.Route.Name, segments}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// alongRoads are the ways of a round that are known, one segment for those that follow each other.
func (t *text) alongRoads(r *engine.PlanRound, lines Lines) (out []gpxSegment) {
	going := false
	for i := 1; i < len(r.Stops); i++ {
		a, b := r.Stops[i-1].Place, r.Stops[i].Place
		from, ok := t.at(a)
		to, ok2 := t.at(b)
		way := lines[[2]string{a, b}]
		if a == b {
			continue
		}
		if !ok || !ok2 || len(way) == 0 {
			going = false
			continue
		}
		if !going {
			going, out = true, append(out, gpxSegment{})
		}
		s := &out[len(out)-1]
		add := func(p orb.Point) {
			x := gpxPoint{Lat: degrees(p.Lat()), Lon: degrees(p.Lon())}
			if n := len(s.Points); n == 0 || s.Points[n-1] != x {
				s.Points = append(s.Points, x)
			}
		}
		add(from)
		for _, p := range way {
			add(p)
		}
		add(to)
	}
	return out
}

// done says what is done at a stop, a line for each with whom.
func (t *text) done(r *engine.PlanRound, i int) string {
	var lines []string
	for _, x := range t.transfers(r, i) {
		kg := 0.0
		for _, g := range x.goods {
			kg += g.kg
		}
		lines = append(lines, t.doing(x, r.Stops[i])+t.fixed(t.Colon)+" "+t.kg(kg))
	}
	return strings.Join(lines, "\n")
}

// degrees to a decimetre, which XML's decimals write without an exponent.
func degrees(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
