package view

import (
	"math"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"carriole/engine"
)

// palette tells rounds apart for people who see colours differently, too, on a white map and on a dark one: Okabe and Ito's without
// the yellow, then others between those of Paul Tol's. A producer keeps one colour.
var palette = [...]string{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6A5ACD", "#E69F00", "#B83A70", "#56B4E9", "#7A7A00", "#117733"}

// colours gives every producer that drives a changed round a colour, in the order of the plan, then the others.
func (b *book) colours() map[string]string {
	colours := map[string]string{}
	for _, want := range []bool{true, false} {
		for i := range b.plan.Rounds {
			r := &b.plan.Rounds[i]
			if _, has := colours[r.Producer]; !has && changed(r) == want {
				colours[r.Producer] = palette[len(colours)%len(palette)]
			}
		}
	}
	return colours
}

// at is where a place is; ok is false for a place that is unknown or not on the globe.
func (b *book) at(id string) (at orb.Point, ok bool) {
	p := b.places[id]
	if p == nil || !(math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90) {
		return at, false
	}
	return orb.Point{p.Lon, p.Lat}, true
}

// GeoJSON shows a plan as the features of a map (RFC 7946), each with its "kind":
//
//   - "round": a LineString through the stops of a round, along opt.Lines or straight from stop to stop, with id, name,
//     producer, producer_name, vehicle, dedicated, changed, metres, base_metres, added_metres and colour; a Point where all its
//     stops are at one place;
//   - "stop": a Point per stop of a round, with round, index, place, name, role (start, end, own, added), arrive,
//     depart, load and unload (lists of consignment, producer, pickup_point, class, kg, litres and, at a handover,
//     take_over_from or hand_over_to), their sums load_kg, load_litres, unload_kg, unload_litres, and handovers, the
//     number of other rounds that goods are passed from or to;
//   - "pickup_point": a Point with id, place, name, and the kg, litres and consignments that arrive.
//
// Times are RFC 3339 as the plan states them. What lies at a place that the week does not know is left out.
func GeoJSON(week *engine.Week, plan *engine.Plan, opt Options) *geojson.FeatureCollection {
	b := newBook(week, plan)
	colours := b.colours()
	fc := geojson.NewFeatureCollection()
	for i := range b.plan.Rounds {
		r := &b.plan.Rounds[i]
		if f := b.roundFeature(r, opt.Lines); f != nil {
			f.Properties["colour"] = colours[r.Producer]
			fc.Append(f)
		}
	}
	for i := range b.plan.Rounds {
		for k := range b.plan.Rounds[i].Stops {
			if f := b.stopFeature(&b.plan.Rounds[i], k); f != nil {
				fc.Append(f)
			}
		}
	}
	arriving := b.arriving()
	for i := range b.week.PickupPoints {
		p := &b.week.PickupPoints[i]
		at, ok := b.at(p.Place)
		if !ok {
			continue
		}
		f, sum := geojson.NewFeature(at), arriving[p.ID]
		f.Properties = geojson.Properties{
			"kind": "pickup_point", "id": p.ID, "place": p.Place, "name": b.pointName(p.ID),
			"kg": finite(sum.kg), "litres": finite(sum.litres), "consignments": sum.consignments,
		}
		fc.Append(f)
	}
	return fc
}

func (b *book) roundFeature(r *engine.PlanRound, lines Lines) *geojson.Feature {
	var line orb.LineString
	add := func(at orb.Point) {
		if len(line) == 0 || line[len(line)-1] != at {
			line = append(line, at)
		}
	}
	last := ""
	for _, s := range r.Stops {
		at, ok := b.at(s.Place)
		if !ok {
			continue
		}
		for _, between := range lines[[2]string{last, s.Place}] {
			add(between)
		}
		add(at)
		last = s.Place
	}
	var shape orb.Geometry = line
	switch len(line) {
	case 0:
		return nil
	case 1:
		shape = line[0]
	}
	f := geojson.NewFeature(shape)
	f.Properties = geojson.Properties{
		"kind": "round", "id": r.ID, "name": b.roundName(r.ID), "producer": r.Producer, "producer_name": b.producerName(r.Producer), "vehicle": r.Vehicle,
		"dedicated": r.Dedicated, "changed": changed(r),
		"metres": finite(r.Metres), "base_metres": finite(r.BaseMetres), "added_metres": finite(r.Metres - r.BaseMetres),
	}
	return f
}

func (b *book) stopFeature(r *engine.PlanRound, i int) *geojson.Feature {
	s := &r.Stops[i]
	at, ok := b.at(s.Place)
	if !ok {
		return nil
	}
	load, unload := b.cargo(r, i, s.Load, true), b.cargo(r, i, s.Unload, false)
	others := map[string]bool{}
	for _, t := range b.transfers(r, i) {
		if t.action == takeOver || t.action == handOver {
			others[t.round] = true
		}
	}
	f := geojson.NewFeature(at)
	f.Properties = geojson.Properties{
		"kind": "stop", "round": r.ID, "index": i, "place": s.Place, "name": b.placeName(s.Place), "role": string(roleOf(r, i)),
		"arrive": s.Arrive.Format(time.RFC3339), "depart": s.Depart.Format(time.RFC3339),
		"load": load.list, "load_kg": finite(load.kg), "load_litres": finite(load.litres),
		"unload": unload.list, "unload_kg": finite(unload.kg), "unload_litres": finite(unload.litres),
		"handovers": len(others),
	}
	return f
}

type cargo struct {
	list       []geojson.Properties
	kg, litres float64
}

func (b *book) cargo(r *engine.PlanRound, i int, ids []string, loading bool) cargo {
	sum := cargo{list: []geojson.Properties{}}
	for _, id := range ids {
		c := b.consignments[id]
		if c == nil {
			continue
		}
		p := geojson.Properties{
			"consignment": c.ID, "producer": c.Producer, "pickup_point": c.PickupPoint, "class": string(c.Class),
			"kg": finite(c.Kg), "litres": finite(c.Litres),
		}
		switch t := b.transferOf(c, r.ID, i, loading); t.action {
		case takeOver:
			p["take_over_from"] = t.round
		case handOver:
			p["hand_over_to"] = t.round
		}
		sum.list = append(sum.list, p)
		sum.kg += c.Kg
		sum.litres += c.Litres
	}
	return sum
}

// arriving sums by pickup point what the plan brings there, goods made on site included.
func (b *book) arriving() map[string]goods {
	sums := map[string]goods{}
	for _, c := range b.plan.Consignments {
		g := sums[c.PickupPoint]
		g.kg += c.Kg
		g.litres += c.Litres
		g.consignments++
		sums[c.PickupPoint] = g
	}
	return sums
}

// finite is v to a thousandth, or 0 for what JSON cannot hold.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return thousandths(v)
}

// thousandths takes away what adding kilograms up leaves behind the third decimal.
func thousandths(v float64) float64 {
	if math.Abs(v) > 1e12 {
		return v
	}
	return math.Round(v*1000) / 1000
}
