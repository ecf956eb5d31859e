package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"carriole/engine"
)

type gpx struct {
	XMLName xml.Name `xml:"http://www.topografix.com/GPX/1/1 gpx"`
	Version string   `xml:"version,attr"`
	Creator string   `xml:"creator,attr"`
	Route   gpxRoute `xml:"rte"`
}

type gpxRoute struct {
	Name   string     `xml:"name"`
	Desc   string     `xml:"desc"`
	Points []gpxPoint `xml:"rtept"`
}

type gpxPoint struct {
	Lat  string `xml:"lat,attr"`
	Lon  string `xml:"lon,attr"`
	Name string `xml:"name"`
	Desc string `xml:"desc,omitempty"`
}

// GPX writes one round of a plan for navigation devices, as a route of GPX 1.1: a point for each stop, in their order, named by
// its time and place, whose description says what is loaded and unloaded there and with whom goods change hands. A stop at a
// place that the week does not know is left out. It is an error if the plan has no such round; others are the writer's.
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
