package planning

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// Keep writes a week document into a collective, as one that begins has it: places, producers, vehicles, rounds that
// come again each week, pickup points, products, and a sale that is open with its orders, whose id it returns. References
// are the document's ids. [Week] makes the same week out of it but for ids, half minutes, distances, and what rules of the trade set, which the store does
// not keep with it. It is one transaction.
//
// The document must be right (see [engine.Validate]) and span no more than seven days; a *store.Error says otherwise.
func Keep(ctx context.Context, scope *store.Scope, week *engine.Week) (sale store.ID, err error) {
	if faults := engine.Validate(week, nil); slices.ContainsFunc(faults, func(f engine.Fault) bool { return !f.Warning }) {
		e := &store.Error{Code: store.Invalid, Message: "the week is not right"}
		for _, f := range faults {
			if !f.Warning {
				e.Faults = append(e.Faults, store.Fault{Path: f.Path, Message: f.Message})
			}
		}
		return "", e
	}
	err = scope.Together(ctx, func(c *store.Scope) error {
		col, err := c.Itself(ctx)
		if err != nil {
			return err
		}
		k := &keeper{ctx: ctx, scope: c, week: week, zone: col.Zone(), ids: map[string]store.ID{}, products: map[store.Product]store.ID{}}
		sale, err = k.keep()
		return err
	})
	return sale, err
}

// A keeper writes one week.
type keeper struct {
	ctx      context.Context
	scope    *store.Scope
	week     *engine.Week
	zone     *time.Location
	sale     store.Sale
	ids      map[string]store.ID // by kind and id of the document, as in place/mas
	products map[store.Product]store.ID
}

func (k *keeper) keep() (store.ID, error) {
	for _, step := range []func() error{k.span, k.places, k.producers, k.vehicles, k.rounds, k.pickupPoints, k.ways, k.settings, k.orders} {
		if err := step(); err != nil {
			return "", err
		}
	}
	return k.sale.ID, nil
}

// span makes the sale, of the days that the week's times are in.
func (k *keeper) span() error {
	w := k.week
	var first, last, distribution store.Day
	see := func(times ...time.Time) {
		for _, t := range times {
			if day := store.DayOf(t.In(k.zone)); !t.IsZero() {
				if first == "" || day < first {
					first = day
				}
				last = max(last, day)
			}
		}
	}
	for i := range w.Rounds {
		see(w.Rounds[i].DepartAfter)
	}
	for i := range w.Vehicles {
		for _, a := range w.Vehicles[i].Available {
			see(a[0])
		}
	}
	for i := range w.PickupPoints {
		by := w.PickupPoints[i].AcceptBy
		see(by)
		if day := store.DayOf(by.In(k.zone)); distribution == "" || day < distribution {
			distribution = day
		}
	}
	if distribution == "" {
		return &store.Error{Code: store.Invalid, Message: "the week has no pickup point, so nothing is sold in it",
			Faults: []store.Fault{{Path: "pickup_points", Message: "is empty: name at least one"}}}
	}
	if first.Plus(6) < last {
		return &store.Error{Code: store.Invalid, Message: "the week is too long for rules of the week",
			Faults: []store.Fault{{Path: "rounds", Message: fmt.Sprintf("rounds, vehicles and pickup points span %s to %s: at most seven days can be kept", first, last)}}}
	}
	k.sale = store.Sale{Ref: w.ID, Name: w.ID, First: first, Distribution: distribution, Last: last}
	return k.scope.CreateSale(k.ctx, &k.sale)
}

// clock is a time as minutes of a day.
func (k *keeper) clock(day store.Day, t time.Time) store.Clock {
	t = t.In(k.zone)
	c := store.Clock(t.Hour()*60 + t.Minute())
	for d := store.DayOf(t); d > day; d = d.Plus(-1) {
		c += 24 * 60
	}
	for d := store.DayOf(t); d < day; d = d.Plus(1) {
		c -= 24 * 60
	}
	return c
}

// windows are intervals as they come again each week.
func (k *keeper) windows(list []engine.Interval) (out store.Windows) {
	for _, i := range list {
		day := store.DayOf(i[0].In(k.zone))
		x := store.Window{From: k.clock(day, i[0]), Until: k.clock(day, i[1])}
		at := slices.IndexFunc(out, func(o store.Window) bool { return o.From == x.From && o.Until == x.Until })
		if at < 0 {
			at, out = len(out), append(out, x)
		}
		out[at].Days = append(out[at].Days, day.Weekday())
	}
	return out
}

func whole(x *float64) *int64 {
	if x == nil {
		return nil
	}
	n := int64(math.Round(*x))
	return &n
}

func thousandths(x float64) int64 { return int64(math.Round(x * 1000)) }

func name(name, id string) string {
	if name == "" {
		return id
	}
	return name
}

func (k *keeper) places() error {
	for i := range k.week.Places {
		p := &k.week.Places[i]
		x := store.Place{Ref: p.ID, Name: name(p.Name, p.ID), At: point(p.Lon, p.Lat), Hours: k.windows(p.Open), StopS: whole(p.StopS), Meet: p.CanMeet(),
			StoreAmbient: p.CanStore(engine.Ambient), StoreChilled: p.CanStore(engine.Chilled), StoreFrozen: p.CanStore(engine.Frozen)}
		if err := k.scope.CreatePlace(k.ctx, &x); err != nil {
			return err
		}
		k.ids["place/"+p.ID] = x.ID
	}
	return nil
}

func point(lon, lat float64) *store.Point {
	return &store.Point{LonE7: int64(math.Round(lon * 1e7)), LatE7: int64(math.Round(lat * 1e7))}
}

func (k *keeper) producers() error {
	for i := range k.week.Producers {
		p := &k.week.Producers[i]
		x := store.Producer{Ref: p.ID, Name: name(p.Name, p.ID), Place: k.ids["place/"+p.Place], MaxAddedM: whole(p.MaxAddedM), Active: true}
		if !p.ReadyAt.IsZero() {
			day := min(store.DayOf(p.ReadyAt.In(k.zone)), k.sale.Distribution)
			at := k.clock(day, p.ReadyAt) // past midnight when it is after the first distribution
			x.Ready = &at
			for d := day; d < k.sale.Distribution; d = d.Plus(1) {
				x.ReadyDaysBefore++
			}
		}
		if err := k.scope.CreateProducer(k.ctx, &x); err != nil {
			return err
		}
		k.ids["producer/"+p.ID] = x.ID
	}
	var entries []store.Entry
	for _, p := range k.week.Producers {
		if m := int64(math.Round(p.BalanceM)); m != 0 {
			entries = append(entries, store.Entry{Producer: k.ids["producer/"+p.ID], Metres: m, Note: k.week.ID})
		}
	}
	if entries == nil {
		return nil
	}
	return k.scope.Book(k.ctx, entries)
}

func room(kg float64, litres map[engine.Class]float64) store.Room {
	return store.Room{Grams: thousandths(kg), AmbientMl: thousandths(litres[engine.Ambient]), ChilledMl: thousandths(litres[engine.Chilled]), FrozenMl: thousandths(litres[engine.Frozen])}
}

func (k *keeper) vehicles() error {
	for i := range k.week.Vehicles {
		v := &k.week.Vehicles[i]
		x := store.Vehicle{Ref: v.ID, Name: v.ID, Producer: k.ids["producer/"+v.Producer], Room: room(v.Kg, v.Litres), Equipment: store.NoEquipment,
			CO2GPerKm: whole(v.CO2GPerKm), Available: k.windows(v.Available)}
		switch {
		case x.Room.FrozenMl > 0:
			x.Equipment = store.Freezer
		case v.LongestS[engine.Chilled] > 0:
			x.Equipment = store.Boxes
		case x.Room.ChilledMl > 0:
			x.Equipment = store.Fridge
		}
		if err := k.scope.CreateVehicle(k.ctx, &x); err != nil {
			return err
		}
		k.ids["vehicle/"+v.ID] = x.ID
	}
	return nil
}

func (k *keeper) rounds() error {
	for i := range k.week.Rounds {
		r := &k.week.Rounds[i]
		day := k.day(r)
		x := store.Round{Ref: r.ID, Name: r.ID, Kind: r.Kind, Producer: k.ids["producer/"+r.Producer], Vehicle: k.ids["vehicle/"+r.Vehicle],
			Rule: store.Rule("FREQ=WEEKLY;BYDAY=" + strings.ToUpper(string(day.Weekday()[:2]))), Starts: day, Start: k.ids["place/"+r.Start], End: k.ids["place/"+r.End],
			DepartAfter: k.clock(day, r.DepartAfter), ReturnBy: k.clock(day, r.ReturnBy), Carries: store.CarriesAll, MaxAddedM: whole(r.MaxAddedM),
			MaxAddedS: whole(r.MaxAddedS), Frozen: r.Frozen}
		for _, s := range r.Stops {
			stop := store.Stop{Place: k.ids["place/"+s.Place], ArriveAfter: k.clock(day, s.ArriveAfter), ArriveBy: k.clock(day, s.ArriveBy), StayS: int64(math.Round(s.StayS))}
			if s.Unload != nil {
				stop.Unload = room(s.Unload.Kg, s.Unload.Litres)
			}
			x.Stops = append(x.Stops, stop)
		}
		switch {
		case r.Carries.OwnOnly:
			x.Carries = store.CarriesOwn
		case r.Carries.Only != nil:
			x.Carries = store.CarriesSome
			for _, p := range r.Carries.Only {
				x.Only = append(x.Only, k.ids["producer/"+p])
			}
		}
		if err := k.scope.CreateRound(k.ctx, &x); err != nil {
			return err
		}
		k.ids["round/"+r.ID] = x.ID
	}
	return nil
}

func (k *keeper) day(r *engine.Round) store.Day { return store.DayOf(r.DepartAfter.In(k.zone)) }

// pickupPoints opens each when its last goods may come.
func (k *keeper) pickupPoints() error {
	for i := range k.week.PickupPoints {
		p := &k.week.PickupPoints[i]
		day := store.DayOf(p.AcceptBy.In(k.zone))
		opens := k.clock(day, p.AcceptBy)
		x := store.PickupPoint{Ref: p.ID, Name: name(p.Name, p.ID), Place: k.ids["place/"+p.Place], Active: true,
			AcceptFromMin: int64(math.Round(p.AcceptBy.Sub(p.AcceptAfter).Minutes())),
			Windows:       store.Windows{{Days: []store.Weekday{day.Weekday()}, From: opens, Until: opens + 120}}}
		if x.AcceptFromMin == 0 {
			x.AcceptFromMin = 1 // both 0 would stand for the usual
		}
		if err := k.scope.CreatePickupPoint(k.ctx, &x); err != nil {
			return err
		}
		k.ids["point/"+p.ID] = x.ID
	}
	return nil
}

// ways keeps locks of the sale, habits, and what must not ride together.
func (k *keeper) ways() error {
	days := map[string]store.Day{}
	for i := range k.week.Rounds {
		days[k.week.Rounds[i].ID] = k.day(&k.week.Rounds[i])
	}
	keep := func(sale store.ID, producer, point string, class engine.Class, rounds []string) error {
		x := store.Way{Sale: sale, Producer: k.ids["producer/"+producer], PickupPoint: k.ids["point/"+point], Class: class}
		for _, r := range rounds {
			day, driven := days[r]
			switch {
			case !driven && k.ids["vehicle/"+r] == "":
				return nil // a habit of another week
			case !driven:
				x.Rides = append(x.Rides, store.Ride{Vehicle: k.ids["vehicle/"+r]})
			case sale != "":
				x.Rides = append(x.Rides, store.Ride{Round: k.ids["round/"+r], Day: string(day)})
			default:
				x.Rides = append(x.Rides, store.Ride{Round: k.ids["round/"+r], Day: string(day.Weekday())})
			}
		}
		if len(x.Rides) == 0 {
			return nil // collected at the farm
		}
		return k.scope.CreateWay(k.ctx, &x)
	}
	for _, l := range k.week.Locks {
		if err := keep(k.sale.ID, l.Producer, l.PickupPoint, l.Class, l.Rounds); err != nil {
			return err
		}
	}
	for _, h := range k.week.Habits {
		if err := keep("", h.Producer, h.PickupPoint, h.Class, h.Rounds); err != nil {
			return err
		}
	}
	for _, f := range k.week.Forbid {
		x := store.Forbid{Producer: k.ids["producer/"+f.Producer], Round: k.ids["round/"+f.Round], Reason: k.week.ID}
		if err := k.scope.CreateForbid(k.ctx, &x); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) settings() error {
	s := &k.week.Settings
	set := map[store.SettingName]*int64{store.HandoverM: whole(s.HandoverM), store.OthersWithinM: whole(s.OthersWithinM), store.MaxPickupM: whole(s.MaxPickupM), store.ChangeM: whole(s.ChangeM)}
	if s.Fairness > 0 {
		n := thousandths(s.Fairness)
		set[store.FairnessPermil] = &n
	}
	if s.NobodyWorseOff {
		n := int64(1)
		set[store.NobodyWorseOff] = &n
	}
	if s.CostPerKm != nil {
		n := int64(math.Round(*s.CostPerKm * 100))
		set[store.CostCentsPerKm] = &n
	}
	for _, n := range []store.SettingName{store.HandoverM, store.OthersWithinM, store.MaxPickupM, store.ChangeM, store.FairnessPermil, store.NobodyWorseOff, store.CostCentsPerKm} {
		if set[n] == nil && n != store.OthersWithinM { // the law's limit holds unless it is lifted
			continue
		}
		x := store.Setting{Name: n, Since: k.sale.First, Value: set[n], Reason: k.week.ID}
		if err := k.scope.CreateSetting(k.ctx, &x); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) orders() error {
	orders := make([]store.Order, len(k.week.Orders))
	for i := range k.week.Orders {
		o := &k.week.Orders[i]
		x := store.Order{Ref: o.ID, PickupPoint: k.ids["point/"+o.PickupPoint]}
		if o.PickupPoint == "" {
			x.At = point(*o.Lon, *o.Lat)
		}
		for _, l := range o.Lines {
			product, err := k.product(&l)
			if err != nil {
				return err
			}
			kg, litres := thousandths(l.Kg), thousandths(l.Litres)
			x.Lines = append(x.Lines, store.OrderLine{Product: product, QuantityMilli: max(1, thousandths(quantity(&l))), Grams: &kg, Millilitres: &litres})
		}
		orders[i] = x
	}
	for some := range slices.Chunk(orders, store.MaxOrders) {
		if _, err := k.scope.PutOrders(k.ctx, k.sale.ID, some); err != nil {
			return err
		}
	}
	return nil
}

func quantity(l *engine.Line) float64 {
	if l.Quantity > 0 {
		return l.Quantity
	}
	return 1
}

// product is the one that a line is of, made when there is none like it.
func (k *keeper) product(l *engine.Line) (store.ID, error) {
	q := quantity(l)
	x := store.Product{Producer: k.ids["producer/"+l.Producer], Name: name(l.Product, l.Producer), Grams: thousandths(l.Kg / q), Millilitres: thousandths(l.Litres / q),
		Class: l.Temperature(), CarriedBy: l.Carrier(), Active: true}
	key := x
	key.Grams, key.Millilitres = 0, 0 // lines say what they weigh
	if id, ok := k.products[key]; ok {
		return id, nil
	}
	if err := k.scope.CreateProduct(k.ctx, &x); err != nil {
		return "", err
	}
	k.products[key] = x.ID
	return x.ID, nil
}
