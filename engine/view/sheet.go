package view

import (
	"time"

	"carriole/engine"
)

// Sheet is what one round of a plan does, for pages and papers. Names are clean of control characters.
type Sheet struct {
	Round    *engine.PlanRound
	Name     string // what people call it
	Producer string // the name of who drives
	Vehicle  string
	Colour   string // of the producer on maps, as in #0072B2
	// Estimated says that no road is known: its metres are great circles times a factor.
	Estimated bool
	Changed   bool // it has something to do that it does not do anyway
	Stops     []SheetStop
}

// AddedMetres is what the round drives for the plan.
func (s *Sheet) AddedMetres() float64 { return s.Round.Metres - s.Round.BaseMetres }

// SheetStop is one stop of a round.
type SheetStop struct {
	*engine.PlanStop
	Index int
	Name  string
	Role  string // start, end, own or added
	Tasks []Task
}

// What is done with goods at a stop.
const (
	Collect  = "collect"   // loaded where they are made
	TakeOver = "take_over" // loaded from another round that is there at the same time
	Fetch    = "fetch"     // loaded where another round left them
	Deliver  = "deliver"   // unloaded at their pickup point
	HandOver = "hand_over" // unloaded for another round that is there at the same time
	Leave    = "leave"     // unloaded for another round that comes later
)

// Task is what is done with goods at a stop in one way.
type Task struct {
	Do    string
	Round string    // the other round, where goods change rounds
	With  string    // the name of who drives that
	Other string    // and the id
	At    time.Time // when that is there: it arrives to take over, or departs having left them
	Goods []Goods
	Kg    float64 // of all goods
}

// Goods are what one producer sends to one pickup point in one class.
type Goods struct {
	Producer, Point         string // ids
	ProducerName, PointName string
	Class                   engine.Class
	Kg, Litres              float64
	Consignments            int
}

// Sheets are the rounds of a plan in its order.
func Sheets(week *engine.Week, plan *engine.Plan) []Sheet {
	b := newBook(week, plan)
	colours := b.colours()
	out := make([]Sheet, len(b.plan.Rounds))
	for n := range b.plan.Rounds {
		r := &b.plan.Rounds[n]
		s := Sheet{Round: r, Name: b.roundName(r.ID), Producer: b.producerName(r.Producer), Vehicle: b.vehicleName(r.Vehicle), Colour: colours[r.Producer], Changed: changed(r),
			Estimated: b.plan.Summary.Travel != nil && b.plan.Summary.Travel.Estimated}
		for i := range r.Stops {
			s.Stops = append(s.Stops, SheetStop{PlanStop: &r.Stops[i], Index: i, Name: b.placeName(r.Stops[i].Place), Role: string(roleOf(r, i)), Tasks: b.tasks(r, i)})
		}
		out[n] = s
	}
	return out
}

// Exchange is what is done, as a [Task] has it, with goods that change hands where a round stops from arrive to depart: they are
// loaded from another round, or unloaded for it. at is when that one is there, which stays from its arrival to its departure; zero where
// these are.
func Exchange(loads bool, arrive, depart, otherArrives, otherDeparts time.Time) (do string, at time.Time) {
	switch {
	case loads && otherDeparts.Before(arrive) && !otherDeparts.IsZero():
		return Fetch, otherDeparts
	case loads:
		return TakeOver, otherArrives
	case otherArrives.After(depart):
		return Leave, otherArrives
	}
	return HandOver, otherArrives
}

// doneIn is what is done with goods at a stop, and when the other round is there, which makes the stop other; nil where none is known.
func doneIn(a action, here, other *engine.PlanStop) (do string, at time.Time) {
	switch a {
	case deliver:
		return Deliver, at
	case collect:
		return Collect, at
	}
	if other == nil {
		other = new(engine.PlanStop)
	}
	return Exchange(a == takeOver, here.Arrive, here.Depart, other.Arrive, other.Depart)
}

func (b *book) tasks(r *engine.PlanRound, i int) (out []Task) {
	for _, t := range b.transfers(r, i) {
		x := Task{Round: t.round}
		x.Do, x.At = doneIn(t.action, &r.Stops[i], b.stop(t.round, t.stop))
		if t.round != "" {
			x.Other = b.carrier(t.round)
			x.With = b.producerName(x.Other)
		}
		for _, g := range t.goods {
			x.Kg += g.kg
			x.Goods = append(x.Goods, Goods{g.producer, g.point, b.producerName(g.producer), b.pointName(g.point), g.class, g.kg, g.litres, g.consignments})
		}
		out = append(out, x)
	}
	return out
}
