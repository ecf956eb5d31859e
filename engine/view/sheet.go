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

// doneIn is what is done with goods at a stop, where the other round, nil for none, makes the stop at which it has them.
func doneIn(a action, here, other *engine.PlanStop) string {
	switch {
	case a == deliver:
		return Deliver
	case a == collect:
		return Collect
	case a == handOver && other != nil && other.Arrive.After(here.Depart):
		return Leave
	case a == handOver:
		return HandOver
	case other != nil && other.Depart.Before(here.Arrive):
		return Fetch
	}
	return TakeOver
}

func (b *book) tasks(r *engine.PlanRound, i int) (out []Task) {
	for _, t := range b.transfers(r, i) {
		other := b.stop(t.round, t.stop)
		x := Task{Do: doneIn(t.action, &r.Stops[i], other), Round: t.round}
		if other != nil {
			if x.At = other.Arrive; x.Do == Fetch {
				x.At = other.Depart
			}
		}
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
