// Package view shows a plan to people and to tools: run sheets and figures as text, rows for a spreadsheet, GeoJSON for
// a map, a picture. It decides nothing and reads no clock and no file: the same week, plan and options give the same
// bytes. A plan that names things which the week does not have is shown as far as it goes; nothing panics.
package view

import (
	"strings"
	"time"
	"unicode"

	"github.com/paulmach/orb"

	"carriole/engine"
)

// Lang is the language of what people read.
type Lang string

// The languages. The zero value is English.
const (
	English Lang = "en"
	French  Lang = "fr"
)

// Options say how to show a plan. The zero value is usable.
type Options struct {
	Lang     Lang
	Location *time.Location // in which times are shown; nil: as the plan states them
	Width    int            // columns of text, at least 40; 0 means 80
	Lines    Lines          // of the map and the picture

	// Previous is the week of the plan that changes are told from, with the names of what is not in the changed week any more;
	// nil: the changed one.
	Previous *engine.Week
}

// Lines are the ways between places, by the ids of the first and the second. What is not there is drawn without roads.
type Lines map[[2]string]orb.LineString

func (o Options) width() int {
	if o.Width == 0 {
		return 80
	}
	return max(o.Width, 40)
}

func (o Options) local(t time.Time) time.Time {
	if o.Location == nil {
		return t
	}
	return t.In(o.Location)
}

// book finds by id what a plan names. Lookups of unknown ids give nil or fall back to the id.
type book struct {
	week         *engine.Week
	plan         *engine.Plan
	places       map[string]*engine.Place
	producers    map[string]*engine.Producer
	vehicles     map[string]*engine.Vehicle
	usual        map[string]*engine.Round
	rounds       map[string]*engine.PlanRound
	points       map[string]*engine.PickupPoint
	orders       map[string]*engine.Order
	consignments map[string]*engine.Consignment
	assigned     map[string]*engine.Assignment // by order
}

func newBook(week *engine.Week, plan *engine.Plan) *book {
	if week == nil {
		week = new(engine.Week)
	}
	if plan == nil {
		plan = new(engine.Plan)
	}
	return &book{
		week:         week,
		plan:         plan,
		places:       byID(week.Places, func(p *engine.Place) string { return p.ID }),
		producers:    byID(week.Producers, func(p *engine.Producer) string { return p.ID }),
		vehicles:     byID(week.Vehicles, func(v *engine.Vehicle) string { return v.ID }),
		usual:        byID(week.Rounds, func(r *engine.Round) string { return r.ID }),
		rounds:       byID(plan.Rounds, func(r *engine.PlanRound) string { return r.ID }),
		points:       byID(week.PickupPoints, func(p *engine.PickupPoint) string { return p.ID }),
		orders:       byID(week.Orders, func(o *engine.Order) string { return o.ID }),
		consignments: byID(plan.Consignments, func(c *engine.Consignment) string { return c.ID }),
		assigned:     byID(plan.Assigned, func(a *engine.Assignment) string { return a.Order }),
	}
}

func byID[T any](list []T, id func(*T) string) map[string]*T {
	m := make(map[string]*T, len(list))
	for i := range list {
		m[id(&list[i])] = &list[i]
	}
	return m
}

func (b *book) placeName(id string) string {
	if p := b.places[id]; p != nil && p.Name != "" {
		return clean(p.Name)
	}
	return clean(id)
}

func (b *book) producerName(id string) string {
	if p := b.producers[id]; p != nil && p.Name != "" {
		return clean(p.Name)
	}
	return clean(id)
}

func (b *book) pointName(id string) string {
	p := b.points[id]
	switch {
	case p == nil:
		return clean(id)
	case p.Name != "":
		return clean(p.Name)
	}
	return b.placeName(p.Place)
}

// roundName is what people call a round; a trip is called by its vehicle where that has a name.
func (b *book) roundName(id string) string {
	if u := b.usual[id]; u != nil && u.Name != "" {
		return clean(u.Name)
	}
	if r := b.rounds[id]; r != nil && r.Dedicated {
		if v := b.vehicles[r.Vehicle]; v != nil && v.Name != "" {
			return clean(v.Name)
		}
	}
	return clean(id)
}

func (b *book) vehicleName(id string) string {
	if v := b.vehicles[id]; v != nil && v.Name != "" {
		return clean(v.Name)
	}
	return clean(id)
}

func (b *book) orderName(id string) string {
	if o := b.orders[id]; o != nil && o.Name != "" {
		return clean(o.Name)
	}
	return clean(id)
}

func (b *book) weekName() string {
	if b.week.Name != "" {
		return clean(b.week.Name)
	}
	return clean(b.plan.Week)
}

// carrier is the id of the producer who drives a round, "" for a round that nobody knows.
func (b *book) carrier(round string) string {
	if r := b.rounds[round]; r != nil {
		return r.Producer
	}
	if r := b.usual[round]; r != nil {
		return r.Producer
	}
	return ""
}

func (b *book) line(order string, i int) *engine.Line {
	o := b.orders[order]
	if o == nil || i < 0 || i >= len(o.Lines) {
		return nil
	}
	return &o.Lines[i]
}

// orderPoint is where an order is collected: as it says or as the plan assigns, "" for neither.
func (b *book) orderPoint(order string) string {
	if o := b.orders[order]; o != nil && o.PickupPoint != "" {
		return o.PickupPoint
	}
	if a := b.assigned[order]; a != nil {
		return a.PickupPoint
	}
	return ""
}

// clean makes a name safe to print on a terminal and in a document: control characters become spaces.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// action is what happens to goods at a stop.
type action int

const (
	deliver  action = iota // unloaded at their pickup point
	handOver               // unloaded for another round
	takeOver               // loaded from another round
	collect                // loaded where they are made
)

// transfer is goods that come on board or leave it at one stop in one way.
type transfer struct {
	action action
	round  string // the other round at a handover
	stop   int    // of the other round; -1 when the plan does not say
	goods  []goods
}

// goods are a producer's consignments for one pickup point in one class.
type goods struct {
	producer, point string
	class           engine.Class
	kg, litres      float64
	consignments    int
}

// transfers lists what happens at stop i of a round: deliveries, goods handed over, taken over, collected.
func (b *book) transfers(r *engine.PlanRound, i int) []transfer {
	var list []transfer
	add := func(id string, loading bool) {
		c := b.consignments[id]
		if c == nil {
			return
		}
		t := b.transferOf(c, r.ID, i, loading)
		at := 0
		for at < len(list) && (list[at].action != t.action || list[at].round != t.round || list[at].stop != t.stop) {
			at++
		}
		if at == len(list) {
			list = append(list, t)
		}
		list[at].add(c)
	}
	for _, id := range r.Stops[i].Unload {
		add(id, false)
	}
	for _, id := range r.Stops[i].Load {
		add(id, true)
	}
	ordered := make([]transfer, 0, len(list))
	for a := deliver; a <= collect; a++ {
		for _, t := range list {
			if t.action == a {
				ordered = append(ordered, t)
			}
		}
	}
	return ordered
}

func (b *book) transferOf(c *engine.Consignment, round string, stop int, loading bool) transfer {
	for k, leg := range c.Legs {
		switch {
		case leg.Round != round:
		case loading && leg.From == stop && k > 0:
			return transfer{action: takeOver, round: c.Legs[k-1].Round, stop: b.stopOrNone(c.Legs[k-1].Round, c.Legs[k-1].To)}
		case !loading && leg.To == stop && k < len(c.Legs)-1:
			return transfer{action: handOver, round: c.Legs[k+1].Round, stop: b.stopOrNone(c.Legs[k+1].Round, c.Legs[k+1].From)}
		}
	}
	if loading {
		return transfer{action: collect, stop: -1}
	}
	return transfer{action: deliver, stop: -1}
}

func (b *book) stopOrNone(round string, i int) int {
	if b.stop(round, i) == nil {
		return -1
	}
	return i
}

func (b *book) stop(round string, i int) *engine.PlanStop {
	r := b.rounds[round]
	if r == nil || i < 0 || i >= len(r.Stops) {
		return nil
	}
	return &r.Stops[i]
}

func (t *transfer) add(c *engine.Consignment) {
	for i := range t.goods {
		if g := &t.goods[i]; g.producer == c.Producer && g.point == c.PickupPoint && g.class == c.Class {
			g.kg += c.Kg
			g.litres += c.Litres
			g.consignments++
			return
		}
	}
	t.goods = append(t.goods, goods{c.Producer, c.PickupPoint, c.Class, c.Kg, c.Litres, 1})
}

// role is what a stop is to its round.
type role string

const (
	roleStart role = "start"
	roleEnd   role = "end"
	roleOwn   role = "own"
	roleAdded role = "added" // every stop of a dedicated trip between start and end, too
)

func roleOf(r *engine.PlanRound, i int) role {
	switch {
	case i == 0:
		return roleStart
	case i == len(r.Stops)-1:
		return roleEnd
	case r.Stops[i].Base != nil:
		return roleOwn
	}
	return roleAdded
}

// changed reports whether a round has something to do that it does not do anyway.
func changed(r *engine.PlanRound) bool {
	if r.Dedicated {
		return true
	}
	for i, s := range r.Stops {
		if len(s.Load)+len(s.Unload) > 0 || roleOf(r, i) == roleAdded {
			return true
		}
	}
	return false
}

// room is what a vehicle can still take after a stop.
type room struct {
	kg     float64
	litres map[engine.Class]float64
}

// rooms gives the room left after each stop of a round, nil when its vehicle is unknown. Own goods are on board until
// their stop.
func (b *book) rooms(r *engine.PlanRound) []room {
	v := b.vehicles[r.Vehicle]
	if v == nil {
		return nil
	}
	left := room{kg: v.Kg, litres: map[engine.Class]float64{}}
	for class, l := range v.Litres {
		left.litres[class] = l
	}
	take := func(kg float64, litres map[engine.Class]float64) {
		left.kg -= kg
		for class, l := range litres {
			left.litres[class] -= l
		}
	}
	own := b.usual[r.ID]
	if own != nil {
		for _, s := range own.Stops {
			if s.Unload != nil {
				take(s.Unload.Kg, s.Unload.Litres)
			}
		}
	}
	rooms := make([]room, len(r.Stops))
	for i, s := range r.Stops {
		if k := s.Base; own != nil && k != nil && *k >= 0 && *k < len(own.Stops) && own.Stops[*k].Unload != nil {
			take(-own.Stops[*k].Unload.Kg, nil)
			for class, l := range own.Stops[*k].Unload.Litres {
				left.litres[class] += l
			}
		}
		for _, id := range s.Unload {
			if c := b.consignments[id]; c != nil {
				take(-c.Kg, map[engine.Class]float64{c.Class: -c.Litres})
			}
		}
		for _, id := range s.Load {
			if c := b.consignments[id]; c != nil {
				take(c.Kg, map[engine.Class]float64{c.Class: c.Litres})
			}
		}
		rooms[i] = room{left.kg, make(map[engine.Class]float64, len(left.litres))}
		for class, l := range left.litres {
			rooms[i].litres[class] = l
		}
	}
	return rooms
}
