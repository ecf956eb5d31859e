package dfc

import (
	"maps"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// What is taken for granted of what graphs do not say.
const (
	assumedKg        = 500  // a small van: what it carries,
	assumedAmbient   = 3000 // litres of it,
	assumedChilled   = 300  // and of insulated boxes in it
	litresPerKg      = 2.5  // of goods whose volume is not known
	acceptFrom       = 90 * time.Minute
	acceptUntil      = 15 * time.Minute // goods are unloaded so long before customers come
	drivesFrom       = store.Clock(6 * 60)
	drivesUntil      = store.Clock(22 * 60)
	othersWithin     = 100_000 // metres, article R3211-3 of the French code des transports
	mostDaysOfWindow = 31
)

// Week makes a week of all orders that are not cancelled. zone is that of weekly hours; nil: Europe/Paris. Ids are the @ids;
// an order's lines keep their order, and lines says which of the week's lines is which.
//
// No rounds are driven anyway: each carrier makes trips. A producer with no vehicle at their place is given a small van (500 kg,
// 3 m³ and 300 L of insulated boxes). A vehicle without hours may drive from 6:00 to 22:00 of the days on which goods are
// accepted; one that is refrigerated or frozen has its volume in equal parts for each class. Goods without a volume take 2.5 L a
// kilogram. A place accepts goods while it is open; without hours, from 90 to 15 minutes before customers come, or while it is
// delivered to. Goods of others ride within 100 km of the carrier's place, as French law has it. What was assumed is said by a warning, and what had
// to be left out by a fault.
func (o *Orders) Week(id string, zone *time.Location) (week *engine.Week, lines Lines, faults []engine.Fault) {
	w := &weekMaker{Orders: o, zone: zoneOr(zone), lines: Lines{}, places: map[string]*Place{}, producers: map[string]*Producer{}, products: map[string]*Product{},
		needed: map[string]bool{}, taking: map[string]bool{}, ready: map[string]time.Time{}}
	within := float64(othersWithin)
	w.week = &engine.Week{ID: id, Timezone: w.zone.String(), Places: []engine.Place{}, Producers: []engine.Producer{}, Vehicles: []engine.Vehicle{}, Rounds: []engine.Round{},
		PickupPoints: []engine.PickupPoint{}, Orders: []engine.Order{}, Settings: engine.Settings{OthersWithinM: &within}}
	for i := range o.Places {
		w.places[o.Places[i].ID] = &o.Places[i]
	}
	for i := range o.Producers {
		w.producers[o.Producers[i].ID] = &o.Producers[i]
	}
	for i := range o.Products {
		w.products[o.Products[i].ID] = &o.Products[i]
	}
	w.points()
	w.orders()
	w.takers()
	w.drivers()
	w.located()
	return w.week, w.lines, w.faults.all()
}

// Lines says which line of a graph each of a week's is.
type Lines map[engine.LineRef]Line

// Naming calls what a plan of the week carries by the names of the graph.
func (l Lines) Naming(base string) Naming {
	return Naming{Base: base, Stock: func(r engine.LineRef) string { return l[r].Stock }, Shipment: func(r engine.LineRef) string { return l[r].Shipment }}
}

type weekMaker struct {
	*Orders
	zone      *time.Location
	places    map[string]*Place
	producers map[string]*Producer
	products  map[string]*Product

	point   map[int]string // pickup point of an order, by its index
	days    []store.Day    // on which goods are accepted
	windows []engine.Interval
	needed  map[string]bool // places
	taking  map[string]bool // producers
	ready   map[string]time.Time

	week   *engine.Week
	lines  Lines
	faults faults
}

// points makes a pickup point of each place and window that orders go to.
func (w *weekMaker) points() {
	type window struct {
		place       string
		from, until int64
	}
	w.point = map[int]string{}
	windows, seen := map[string][]window{}, map[window]engine.Interval{}
	of := map[int]window{}
	for i := range w.Orders.Orders {
		o := &w.Orders.Orders[i]
		if o.Cancelled {
			continue
		}
		at, ok := w.accepts(o)
		if !ok {
			continue
		}
		x := window{o.Place, at[0].UnixNano(), at[1].UnixNano()}
		if _, ok := seen[x]; !ok {
			windows[o.Place] = append(windows[o.Place], x)
			seen[x] = at
		}
		of[i] = x
	}
	met := map[window]bool{}
	for i := range w.Orders.Orders {
		x, ok := of[i]
		if !ok {
			continue
		}
		id := x.place
		if len(windows[x.place]) > 1 {
			id += "#" + seen[x][0].UTC().Format(time.RFC3339) + "/" + seen[x][1].UTC().Format(time.RFC3339)
		}
		w.point[i] = id
		if !met[x] {
			met[x] = true
			w.needed[x.place] = true
			w.windows = append(w.windows, seen[x])
			w.week.PickupPoints = append(w.week.PickupPoints, engine.PickupPoint{ID: id, Name: w.places[x.place].Name, Place: x.place, AcceptAfter: seen[x][0], AcceptBy: seen[x][1]})
		}
	}
	days := map[store.Day]bool{}
	for _, x := range w.windows {
		for _, d := range daysOf(x, w.zone) {
			days[d] = true
		}
	}
	w.days = slices.Sorted(maps.Keys(days))
}

// daysOf is the days that an interval touches, at most a month of them.
func daysOf(x engine.Interval, zone *time.Location) (out []store.Day) {
	last := store.DayOf(x[1].In(zone))
	for d := store.DayOf(x[0].In(zone)); d <= last && len(out) < mostDaysOfWindow; d = d.Plus(1) {
		out = append(out, d)
	}
	return out
}

// accepts is when the place of an order takes goods in.
func (w *weekMaker) accepts(o *Order) (at engine.Interval, ok bool) {
	place := w.places[o.Place]
	period := engine.Interval{o.From, o.Until}
	if o.Until.IsZero() {
		period[1] = o.From
	}
	if o.From.IsZero() {
		period[0] = period[1]
	}
	said := !period[0].IsZero() && !period[1].Before(period[0])
	var days []store.Day
	if said {
		days = daysOf(period, w.zone)
	}
	open := place.Open.on(days, w.zone)
	for _, x := range open {
		if !said || !x[1].Before(period[0]) && !x[0].After(period[1]) {
			if o.Delivered && said {
				x[0], x[1] = later(x[0], period[0]), earlier(x[1], period[1])
			}
			return x, true
		}
	}
	switch {
	case len(place.Open.Dated) > 0:
		w.faults.add(o.ID, true, "is collected from %s to %s, when %s is not open: it goes there at its hours", stampText(period[0]), stampText(period[1]), place.ID)
		return place.Open.Dated[0], true
	case !place.Open.none():
		w.faults.add(o.ID, false, "%s has weekly hours, and none of them is in the time of the order (startDate, endDate of its option): on which day do its goods go there?", place.ID)
		return at, false
	case !said:
		w.faults.add(o.ID, false, "it is not said when %s takes goods in: neither the place nor the order's option has hours", place.ID)
		return at, false
	case o.Delivered:
		return period, true
	}
	return engine.Interval{period[0].Add(-acceptFrom), period[0].Add(-acceptUntil)}, true
}

func stampText(t time.Time) string { return t.Format(time.RFC3339) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (w *weekMaker) orders() {
	for i := range w.Orders.Orders {
		o := &w.Orders.Orders[i]
		point, ok := w.point[i]
		if !ok {
			continue
		}
		out := engine.Order{ID: o.ID, PickupPoint: point, Lines: []engine.Line{}}
		if w.places[o.Place].At == nil {
			continue // said already, of the place
		}
		for _, l := range o.Lines {
			producer := w.producers[l.Producer]
			if l.Quantity <= 0 || w.places[producer.Place].At == nil {
				continue
			}
			product := w.products[l.Product]
			if l.Grams == 0 {
				w.faults.add(l.ID, false, "its weight is not known: give its quantity, or that of its product %s, in a unit of mass", product.node())
				continue
			}
			kg, litres := float64(l.Grams)/1000, float64(l.Millilitres)/1000
			if l.Millilitres == 0 {
				litres = float64(round(kg*litresPerKg*1000)) / 1000
				w.faults.add(product.node(), true, "its volume is not known: 2.5 litres a kilogram were taken")
			}
			w.taking[l.Producer], w.needed[producer.Place] = true, true
			if l.Ready.After(w.ready[l.Producer]) {
				w.ready[l.Producer] = l.Ready
			}
			w.lines[engine.LineRef{Order: o.ID, Line: len(out.Lines)}] = l
			out.Lines = append(out.Lines, engine.Line{Producer: l.Producer, Product: product.Name, Quantity: l.Quantity, Kg: kg, Litres: litres, Class: product.Class})
		}
		if len(out.Lines) > 0 {
			w.week.Orders = append(w.week.Orders, out)
		}
	}
}

// node is the @id of the product alone.
func (p *Product) node() string {
	id, _, _ := strings.Cut(p.ID, " ")
	return id
}

// takers adds the producers whose goods are carried. Theirs can be loaded from the first time that their place is open.
func (w *weekMaker) takers() {
	for i := range w.Producers {
		p := &w.Producers[i]
		if !w.taking[p.ID] {
			continue
		}
		out := engine.Producer{ID: p.ID, Name: p.Name, Place: p.Place, ReadyAt: w.ready[p.ID]}
		if open := w.places[p.Place].Open.on(w.days, w.zone); len(open) > 0 {
			out.ReadyAt = later(out.ReadyAt, open[0][0])
		}
		w.week.Producers = append(w.week.Producers, out)
	}
}

// drivers adds the vehicles of the graph, and one for each producer who has none.
func (w *weekMaker) drivers() {
	at := map[string]string{} // by place: the producer
	for _, p := range w.week.Producers {
		if _, ok := at[p.Place]; !ok {
			at[p.Place] = p.ID
		}
	}
	has := map[string]bool{}
	for _, v := range w.Vehicles {
		place, ok := w.places[v.Place]
		if !ok || place.At == nil {
			w.faults.add(v.ID, false, "the place that it is based at (basedAt) has no position in the graph: it cannot be used")
			continue
		}
		producer, ok := at[v.Place]
		if !ok { // somebody else's, who sells nothing here
			producer = v.ID + "#owner"
			at[v.Place] = producer
			w.needed[v.Place] = true
			w.week.Producers = append(w.week.Producers, engine.Producer{ID: producer, Name: place.Name, Place: v.Place})
		}
		has[producer] = true
		w.week.Vehicles = append(w.week.Vehicles, w.vehicle(&v, producer))
	}
	for _, p := range w.week.Producers {
		if has[p.ID] {
			continue
		}
		w.faults.add(p.ID, true, "has no vehicle in the graph: one of %d kg, %d L and %d L of insulated boxes was taken", assumedKg, assumedAmbient, assumedChilled)
		w.week.Vehicles = append(w.week.Vehicles, engine.Vehicle{ID: p.ID + "#vehicle", Producer: p.ID, Kg: assumedKg, Available: w.driving(),
			Litres: map[engine.Class]float64{engine.Ambient: assumedAmbient, engine.Chilled: assumedChilled}})
	}
}

func (w *weekMaker) vehicle(v *Vehicle, producer string) engine.Vehicle {
	out := engine.Vehicle{ID: v.ID, Producer: producer, Kg: float64(v.Grams) / 1000, Litres: map[engine.Class]float64{}, Available: v.Available.on(w.days, w.zone)}
	if v.Grams == 0 {
		out.Kg = assumedKg
		w.faults.add(v.ID, true, "does not say how much it carries (hasQuantity in a unit of mass): %d kg were taken", assumedKg)
	}
	litres := float64(v.Millilitres) / 1000
	if litres == 0 {
		litres = out.Kg * assumedAmbient / assumedKg
		w.faults.add(v.ID, true, "does not say how much room it has (hasQuantity in a unit of volume): %.0f L were taken", litres)
	}
	classes := []engine.Class{engine.Ambient}
	if v.Refrigerated {
		classes = append(classes, engine.Chilled)
	}
	if v.Frozen {
		classes = append(classes, engine.Frozen)
	}
	for _, c := range classes {
		out.Litres[c] = litres / float64(len(classes))
	}
	if len(classes) > 1 {
		w.faults.add(v.ID, true, "its room was taken for %d classes of temperature in equal parts", len(classes))
	}
	switch {
	case v.Available.none():
		out.Available = w.driving()
	case len(out.Available) == 0:
		w.faults.add(v.ID, true, "is not available on any day on which goods are accepted")
	}
	return out
}

// driving is when a vehicle that says nothing may drive.
func (w *weekMaker) driving() []engine.Interval {
	var out []engine.Interval
	for _, d := range w.days {
		out = append(out, engine.Interval{d.At(drivesFrom, w.zone), d.At(drivesUntil, w.zone)})
	}
	return out
}

// located adds the places that the week needs.
func (w *weekMaker) located() {
	for i := range w.Places {
		p := &w.Places[i]
		if !w.needed[p.ID] || p.At == nil {
			continue
		}
		w.week.Places = append(w.week.Places, engine.Place{ID: p.ID, Name: p.Name, Lon: p.At.Lon(), Lat: p.At.Lat(), Open: p.Open.on(w.days, w.zone)})
	}
	w.week.PickupPoints = slices.DeleteFunc(w.week.PickupPoints, func(x engine.PickupPoint) bool { return w.places[x.Place].At == nil })
}
