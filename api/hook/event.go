package hook

import (
	"time"

	"carriole/api/store"
)

// Event is something that happened. Its body on the wire is
//
//	{"type": "plan.ready", "timestamp": "2026-11-26T08:00:00.123Z", "data": {…}}
//
// with the moment at which it was emitted, and [Data].
type Event struct {
	Type store.EventType
	Data Data
}

type payload struct {
	Type      store.EventType `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      Data            `json:"data"`
}

// Data is what an event is about: ids, under which more can be read, and figures. Nobody's name is in it. A webhook.test has
// the collective alone.
type Data struct {
	Collective store.ID `json:"collective"` // set by Emit
	Sale       store.ID `json:"sale,omitempty"`
	Orders     *Orders  `json:"orders,omitempty"` // of order.received
	Plan       *Plan    `json:"plan,omitempty"`   // of plan.ready, plan.proposed and plan.published
	Error      string   `json:"error,omitempty"`  // of plan.failed: what is wrong, for a coordinator to read
}

// Orders says what one call brought; orders that were there as they are do not count.
type Orders struct {
	Created   int        `json:"created"`
	Replaced  int        `json:"replaced"`
	Cancelled int        `json:"cancelled"`
	IDs       []store.ID `json:"ids,omitempty"` // when there are no more than 100
}

// Plan is a version of a sale's plan.
type Plan struct {
	ID            store.ID `json:"id"`
	Number        int64    `json:"number"`             // 1, 2, … within the sale
	BasedOn       store.ID `json:"based_on,omitempty"` // the plan that it changes
	BaseM         int64    `json:"base_m"`             // metres driven anyway
	PlannedM      int64    `json:"planned_m"`          // metres of the plan
	AddedM        int64    `json:"added_m"`            // metres beyond base_m
	AloneM        int64    `json:"alone_m"`            // metres added if each brought their own
	Handovers     int64    `json:"handovers"`
	ServedGrams   int64    `json:"served_grams"`   // what is carried
	UnservedGrams int64    `json:"unserved_grams"` // what could not be
}

// mostIDs keeps bodies below some kilobytes.
const mostIDs = 100

// OrdersReceived is the event of orders that were put into a sale, and whether anything changed.
func OrdersReceived(sale store.ID, puts []store.Put) (e Event, changed bool) {
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

// OfPlan is an event of one of the types plan.ready, plan.proposed and plan.published.
func OfPlan(t store.EventType, p *store.Plan) Event {
	f := &p.Figures
	return Event{t, Data{Sale: p.Sale, Plan: &Plan{ID: p.ID, Number: p.Number, BasedOn: p.BasedOn, BaseM: f.BaseM, PlannedM: f.PlannedM, AddedM: f.AddedM,
		AloneM: f.AloneM, Handovers: f.Handovers, ServedGrams: f.ServedGrams, UnservedGrams: f.UnservedGrams}}}
}

// PlanFailed is the event of a sale for which no plan could be made.
func PlanFailed(sale store.ID, message string) Event {
	return Event{store.PlanFailed, Data{Sale: sale, Error: message}}
}
