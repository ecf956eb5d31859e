package hook

import (
	"time"

	"carriole/api/store"
)

// Event is something that happened.
type Event struct {
	Type store.EventType
	Data Data
}

// Payload is an event as it is sent:
//
//	{"type": "plan.ready", "timestamp": "2026-11-26T08:00:00.123Z", "data": {…}}
type Payload struct {
	Type      store.EventType `json:"type"`
	Timestamp time.Time       `json:"timestamp"` // when it was emitted
	Data      Data            `json:"data"`
}

// Data is what an event is about: ids, under which more can be read, and figures. Nobody's name is in it. A webhook.test has
// the collective alone.
type Data struct {
	Collective store.ID `json:"collective"` // set by Emit
	Sale       store.ID `json:"sale,omitempty"`
	SaleRef    string   `json:"sale_ref,omitempty"` // the other system's id of the sale, if it has one; set by Emit
	Orders     *Orders  `json:"orders,omitempty"`   // of order.received
	Plan       store.ID `json:"plan,omitempty"`     // of plan.ready, plan.proposed, plan.published and carrier.absent, as are these two
	Number     int64    `json:"number,omitempty"`   // of the plan: 1, 2, … within the sale
	Figures    *Figures `json:"figures,omitempty"`  // of the plan
	Asked      []Asked  `json:"asked,omitempty"`    // of plan.proposed: who is to answer, when there are no more than 100
	Absent     *Asked   `json:"absent,omitempty"`   // of carrier.absent: who cannot come with which round
	Reason     string   `json:"reason,omitempty"`   // of plan.failed: why no plan could be made
	Faults     []Fault  `json:"faults,omitempty"`   // of plan.failed: what is wrong with the week, each with its place; the first 100
}

// Fault is what keeps a week from being planned.
type Fault struct {
	Path    string `json:"path"`           // as in orders[4rk…].lines[0].kg
	Name    string `json:"name,omitempty"` // of what the path names: an order's reference, a place's name
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // it keeps nothing from being planned
}

// Orders says what one call brought; orders that were there as they are do not count.
type Orders struct {
	Created   int        `json:"created"`
	Replaced  int        `json:"replaced"`
	Cancelled int        `json:"cancelled"`
	IDs       []store.ID `json:"ids,omitempty"` // when there are no more than 100
}

// Figures are a plan's.
type Figures struct {
	BaseM       int64   `json:"base_m"`        // metres driven anyway
	PlannedM    int64   `json:"planned_m"`     // metres of the plan
	AddedM      int64   `json:"added_m"`       // metres beyond base_m
	AloneAddedM int64   `json:"alone_added_m"` // metres added if each brought their own
	Handovers   int64   `json:"handovers"`
	ServedKg    float64 `json:"served_kg"`   // what is carried
	UnservedKg  float64 `json:"unserved_kg"` // what could not be
}

// Asked is the carrier of a round of a plan who is to say yes or no.
type Asked struct {
	Round    string   `json:"round"` // its id in the plan's document
	Producer store.ID `json:"producer"`
}

// mostIDs of a kind keep bodies below some kilobytes.
const mostIDs = 100

// ordersReceived is the event of orders that were put into a sale, and whether anything changed.
func ordersReceived(sale store.ID, puts []store.Put) (e Event, changed bool) {
	var o Orders
	for _, p := range puts {
		switch p.Status {
		case store.PutCreated:
			o.Created++
		case store.PutReplaced:
			o.Replaced++
		case store.PutCancelled:
			o.Cancelled++
		default:
			continue
		}
		o.IDs = append(o.IDs, p.ID)
	}
	changed = len(o.IDs) > 0
	if len(o.IDs) > mostIDs {
		o.IDs = nil
	}
	return Event{store.OrderReceived, Data{Sale: sale, Orders: &o}}, changed
}
