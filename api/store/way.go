package store

import (
	"context"
	"fmt"
	"slices"

	"carriole/engine"
)

// Way is how some goods are to travel: these rides, in this order. A way with a sale is a lock, which that sale's plans keep
// to; one without is a habit, which every plan keeps to unless another way saves much.
type Way struct {
	Row
	Sale        ID // empty: a habit
	Producer    ID
	PickupPoint ID
	Class       engine.Class // empty: every class
	Rides       []Ride
}

// Ride is a part of a way, on a round or, in a habit, on any trip of its own that a vehicle makes.
type Ride struct {
	Round   ID
	Vehicle ID     // instead of Round, in a habit
	Day     string // in a lock the day, as in 2026-11-26; in a habit the day of the week, as in thu, or nothing: any
}

// mostRides is how many legs a plan can give a consignment.
const mostRides = 6

func (*Way) kind() kind {
	return kind{"way", "ways", "sale, producer, pickup_point, class", "goods"}
}

func (x *Way) fields() []any {
	return []any{optional[ID]{&x.Sale}, &x.Producer, &x.PickupPoint, optional[engine.Class]{&x.Class}}
}

func (x *Way) refs() []ref {
	out := []ref{{"sale", "sale", "sales", x.Sale}, {"producer", "producer", "producers", x.Producer}, {"pickup_point", "pickup point", "pickup_points", x.PickupPoint}}
	for i, r := range x.Rides {
		out = append(out, ref{fmt.Sprintf("rides[%d].round", i), "round", "rounds", r.Round}, ref{fmt.Sprintf("rides[%d].vehicle", i), "vehicle", "vehicles", r.Vehicle})
	}
	return out
}

func (x *Way) check(f *faults) {
	if x.Producer == "" {
		f.add("producer", "is empty: name whose goods they are")
	}
	if x.PickupPoint == "" {
		f.add("pickup_point", "is empty: name where the goods go")
	}
	if x.Class != "" {
		choice(f, "class", x.Class, engine.Classes[:]...)
	}
	if len(x.Rides) == 0 || len(x.Rides) > mostRides {
		f.add("rides", "has %d rides: name 1 to %d", len(x.Rides), mostRides)
		return
	}
	for i, r := range x.Rides {
		path := fmt.Sprintf("rides[%d]", i)
		if i > 0 && r == x.Rides[i-1] {
			f.add(path, "is the ride before again: goods change to another or stay")
		}
		switch {
		case x.Sale != "":
			if r.Round == "" || r.Vehicle != "" {
				f.add(path+".round", "is empty: a lock names rounds, not vehicles")
			}
			Day(r.Day).check(f, path+".day")
		case (r.Round == "") == (r.Vehicle == ""):
			f.add(path, "must name a round or a vehicle, and not both")
		case r.Day != "" && !slices.Contains(weekdays[:], Weekday(r.Day)):
			f.add(path+".day", "%q is no day of the week: it must be mon to sun, or nothing", r.Day)
		}
	}
}

func (x *Way) saveParts(ctx context.Context, t *tx) error {
	k := x.kind()
	if _, err := t.exec(ctx, k, `delete from way_rides where collective = $1 and way = $2`, &t.collective, &x.ID); err != nil {
		return err
	}
	for n := range x.Rides {
		r := &x.Rides[n]
		if _, err := t.exec(ctx, k, `insert into way_rides (collective, way, n, round, vehicle, day) values ($1, $2, $3, $4, $5, $6)`,
			&t.collective, &x.ID, n, optional[ID]{&r.Round}, optional[ID]{&r.Vehicle}, &r.Day); err != nil {
			return err
		}
	}
	return nil
}

func (*Way) loadParts(ctx context.Context, t *tx, rows []Way) error {
	at, where, args := partsOf(t, rows, "way")
	rides, err := t.QueryContext(ctx, `select way, round, vehicle, day from way_rides where `+where+` order by way, n`, args...)
	if err != nil {
		return fmt.Errorf("store: reading way_rides: %w", err)
	}
	defer rides.Close()
	for rides.Next() {
		var way ID
		var r Ride
		if err := rides.Scan(&way, optional[ID]{&r.Round}, optional[ID]{&r.Vehicle}, &r.Day); err != nil {
			return fmt.Errorf("store: reading way_rides: %w", err)
		}
		if i, ok := at[way]; ok {
			rows[i].Rides = append(rows[i].Rides, r)
		}
	}
	return rides.Err()
}

// WayFilter narrows a list of ways; what is empty does not.
type WayFilter struct {
	Sale        ID   // the locks of a sale
	Habits      bool // habits alone
	Producer    ID
	PickupPoint ID
}

func (f WayFilter) conditions() (w conditions) {
	w.is("sale", string(f.Sale))
	if f.Habits {
		w.add("(sale is null) = ?", true)
	}
	w.is("producer", string(f.Producer))
	w.is("pickup_point", string(f.PickupPoint))
	return w
}

// CreateWay adds a way.
func (c *Scope) CreateWay(ctx context.Context, x *Way) error { return create(ctx, c, x) }

// Way is a way by id.
func (c *Scope) Way(ctx context.Context, id ID) (*Way, error) { return get[Way](ctx, c, id) }

// Ways lists ways.
func (c *Scope) Ways(ctx context.Context, f WayFilter, page Page) ([]Way, Cursor, error) {
	return list[Way](ctx, c, page, f.conditions())
}

// UpdateWay changes a way.
func (c *Scope) UpdateWay(ctx context.Context, x *Way) error { return update(ctx, c, x) }

// DeleteWay removes a way that nothing refers to.
func (c *Scope) DeleteWay(ctx context.Context, id ID, version int64) error {
	return remove[Way](ctx, c, id, version)
}
