package planning

import (
	"context"
	"fmt"
	"strings"
	"time"

	"carriole/api/store"
)

// Part is a producer's part in one plan, whatever state that is in.
func (s *Service) Part(ctx context.Context, c *store.Scope, plan, producer store.ID) (*SaleDropoffs, error) {
	row, err := c.Plan(ctx, plan)
	if err != nil {
		return nil, err
	}
	collective, err := c.Itself(ctx)
	if err != nil {
		return nil, err
	}
	sale, err := c.Sale(ctx, row.Sale)
	if err != nil {
		return nil, err
	}
	v, err := s.known(ctx, c, row)
	if err != nil {
		return nil, err
	}
	return newPartWriter(c, v, producer, collective.Zone()).write(ctx, sale)
}

// Trip is one thing in a producer's part: a round that they drive, or another's that comes for their goods.
type Trip struct {
	Round   *DropoffRound // one of these two
	Fetched *Fetched
}

// Trips are what a producer's part asks of them, first what they drive.
func (d *SaleDropoffs) Trips() []Trip {
	var out []Trip
	for i := range d.Rounds {
		out = append(out, Trip{Round: &d.Rounds[i]})
	}
	for i := range d.Fetched {
		out = append(out, Trip{Fetched: &d.Fetched[i]})
	}
	return out
}

// TripChange is a trip that is another one. Before is the zero value where it is new, Now where it is gone.
type TripChange struct{ Before, Now Trip }

// Changes are what a part asks of its producer otherwise than an earlier one did: other places, minutes, goods or vehicles, not
// other names or answers. First come those that are there, in their order, then those that are gone. An earlier part of nil
// asked nothing.
func (d *SaleDropoffs) Changes(earlier *SaleDropoffs) []TripChange {
	before := map[string]Trip{}
	var order []string
	if earlier != nil {
		order = keysOf(earlier.Trips(), func(key string, t Trip) { before[key] = t })
	}
	var out []TripChange
	keysOf(d.Trips(), func(key string, now Trip) {
		was, ok := before[key]
		delete(before, key)
		if !ok || !was.Same(now) {
			out = append(out, TripChange{was, now})
		}
	})
	for _, key := range order {
		if was, gone := before[key]; gone {
			out = append(out, TripChange{Before: was})
		}
	}
	return out
}

// keysOf tells what each trip is the same as in another plan.
func keysOf(trips []Trip, each func(key string, t Trip)) (keys []string) {
	times := map[string]int{}
	for _, t := range trips {
		var key string
		if t.Round != nil {
			key = "drives " + t.Round.Round
		} else {
			key = "awaits " + t.Fetched.By.Round + " at " + string(t.Fetched.Place.ID)
		}
		times[key]++
		key = fmt.Sprint(key, " ", times[key])
		keys = append(keys, key)
		each(key, t)
	}
	return keys
}

// Same reports whether two trips ask the same of the producer.
func (t Trip) Same(other Trip) bool { return t.asks() == other.asks() }

// asks is the same for trips that ask the same of the producer.
func (t Trip) asks() string {
	var b strings.Builder
	goods := func(what string, goods []Goods) {
		for _, g := range goods {
			fmt.Fprintf(&b, " %s %s %s %s %v %v %v", what, g.Producer.ID, g.PickupPoint.ID, g.Class, g.Kg, g.Litres, g.Products)
			for _, p := range []*Partner{g.From, g.To} {
				if p != nil {
					b.WriteString(" " + p.Round)
				}
				b.WriteString(";")
			}
		}
	}
	minutes := func(arrive, depart time.Time) {
		const form = "2006-01-02T15:04"
		fmt.Fprintf(&b, " %s %s", arrive.UTC().Format(form), depart.UTC().Format(form))
	}
	if f := t.Fetched; f != nil {
		b.WriteString(string(f.By.ID))
		minutes(f.Arrive, f.Depart)
		goods("load", f.Goods)
		return b.String()
	}
	b.WriteString(string(t.Round.Vehicle.ID))
	for i := range t.Round.Stops {
		s := &t.Round.Stops[i]
		b.WriteString("\n" + string(s.Place.ID))
		minutes(s.Arrive, s.Depart)
		goods("load", s.Load)
		goods("unload", s.Unload)
	}
	return b.String()
}
