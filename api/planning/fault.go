package planning

import (
	"fmt"
	"strconv"
	"strings"

	"carriole/api/store"
	"carriole/engine"
)

// Fault is what keeps a sale from being planned. Its path names what it is about by id.
type Fault struct {
	Path    string `json:"path"`           // as in orders[4rk…].lines[0].kg
	Name    string `json:"name,omitempty"` // of what the path names, for people: an order's reference, a place's name
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"`
}

// named gives the faults of a week, whose paths may count, the ids of what they are about, and their names where the data are known.
func named(d *store.WeekData, week *engine.Week, faults []engine.Fault) []Fault {
	names := namesOf(d)
	out := make([]Fault, len(faults))
	for i, f := range faults {
		out[i] = Fault{Path: f.Path, Message: f.Message, Warning: f.Warning}
		list, rest, ok := strings.Cut(f.Path, "[")
		index, tail, closed := strings.Cut(rest, "]")
		if !ok || !closed {
			continue
		}
		id := index
		if n, err := strconv.Atoi(index); err == nil {
			if id, ok = idAt(week, list, n); !ok {
				continue
			}
			out[i].Path = fmt.Sprintf("%s[%s]%s", list, id, tail)
		}
		out[i].Name = names[id]
	}
	return out
}

// idAt is the id of an entry of a list of the week. Locks and the like, which have none, go by what they name.
func idAt(w *engine.Week, list string, n int) (id string, ok bool) {
	if n < 0 {
		return "", false
	}
	switch {
	case list == "places" && n < len(w.Places):
		return w.Places[n].ID, true
	case list == "producers" && n < len(w.Producers):
		return w.Producers[n].ID, true
	case list == "vehicles" && n < len(w.Vehicles):
		return w.Vehicles[n].ID, true
	case list == "rounds" && n < len(w.Rounds):
		return w.Rounds[n].ID, true
	case list == "pickup_points" && n < len(w.PickupPoints):
		return w.PickupPoints[n].ID, true
	case list == "orders" && n < len(w.Orders):
		return w.Orders[n].ID, true
	case list == "locks" && n < len(w.Locks):
		return w.Locks[n].Producer + " for " + w.Locks[n].PickupPoint, true
	case list == "habits" && n < len(w.Habits):
		return w.Habits[n].Producer + " for " + w.Habits[n].PickupPoint, true
	case list == "forbid" && n < len(w.Forbid):
		return w.Forbid[n].Producer + " on " + w.Forbid[n].Round, true
	}
	return "", false
}

func namesOf(d *store.WeekData) map[string]string {
	out := map[string]string{}
	if d == nil {
		return out
	}
	for i := range d.Places {
		out[string(d.Places[i].ID)] = d.Places[i].Name
	}
	for i := range d.Producers {
		out[string(d.Producers[i].ID)] = d.Producers[i].Name
	}
	for i := range d.Vehicles {
		out[string(d.Vehicles[i].ID)] = d.Vehicles[i].Name
	}
	for i := range d.PickupPoints {
		out[string(d.PickupPoints[i].ID)] = d.PickupPoints[i].Name
	}
	for i := range d.Orders {
		out[string(d.Orders[i].ID)] = d.Orders[i].Ref
	}
	for i := range d.Rounds {
		r := &d.Rounds[i]
		for day := d.Sale.First; day <= d.Sale.Last; day = day.Plus(1) {
			out[RoundID(r.ID, day)] = r.Name
		}
	}
	return out
}

// hindering are the faults without the warnings.
func hindering(faults []Fault) []Fault {
	var out []Fault
	for _, f := range faults {
		if !f.Warning {
			out = append(out, f)
		}
	}
	return out
}

// faultsReason says in one sentence what keeps a week from being planned.
func faultsReason(faults []Fault) string {
	f := faults[0]
	what := f.Path
	if f.Name != "" {
		what += " (" + f.Name + ")"
	}
	if n := len(faults); n > 1 {
		return fmt.Sprintf("the week has %d faults, the first: %s: %s", n, what, f.Message)
	}
	return fmt.Sprintf("the week has a fault: %s: %s", what, f.Message)
}
