package engine

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"carriole/geo"
)

// Validate looks for everything that would keep a week from being planned, or from meaning what its author thinks:
// all faults at once, each with its path, what is wrong and what would be right. After them come the warnings, which do
// not keep the week from being planned. travel answers between indexes of week.Places; nil means the
// week's own (see [TravelOf]). The time is linear in the size of the week.
func Validate(week *Week, travel geo.Travel) []Fault {
	v := &validator{week: week, travel: travel}
	v.tables()
	v.index()
	if week.ID == "" {
		v.warn("id", "is empty: name the week, as in 2026-W48")
	}
	v.places()
	v.producers()
	v.vehicles()
	v.rounds()
	v.fleet()
	v.pickupPoints()
	v.orders()
	v.locks()
	for i, f := range week.Forbid {
		path := fmt.Sprintf("forbid[%d]", i)
		v.known(v.producerIDs, path, "producer", f.Producer)
		v.known(v.roundIDs, path, "round", f.Round)
	}
	v.habits()
	v.optional("settings", "change_m", week.Settings.ChangeM)
	v.optional("settings", "handover_m", week.Settings.HandoverM)
	v.optional("settings", "others_within_m", week.Settings.OthersWithinM)
	v.optional("settings", "max_pickup_m", week.Settings.MaxPickupM)
	v.fairness()
	return append(v.faults.all(), v.warnings.all()...)
}

type validator struct {
	week   *Week
	travel geo.Travel // nil when it cannot be asked

	faults, warnings faultList // apart, so that many of these never hide those

	placeIDs, producerIDs, vehicleIDs, roundIDs, pointIDs, orderIDs idList

	hints  int              // suggestions made so far
	driven map[string][]int // by vehicle: its rounds that can be driven by themselves
}

// idList is the ids of one list of the week.
type idList struct {
	what  string
	at    map[string]int
	names []string
}

func (v *validator) fault(path, format string, args ...any) {
	v.faults.add(func() string { return path }, false, format, args...)
}

func (v *validator) warn(path, format string, args ...any) {
	v.warnings.add(func() string { return path }, true, format, args...)
}

func (v *validator) index() {
	w := v.week
	v.placeIDs = ids(v, "place", "places", w.Places, func(x *Place) string { return x.ID })
	v.producerIDs = ids(v, "producer", "producers", w.Producers, func(x *Producer) string { return x.ID })
	v.vehicleIDs = ids(v, "vehicle", "vehicles", w.Vehicles, func(x *Vehicle) string { return x.ID })
	v.roundIDs = ids(v, "round", "rounds", w.Rounds, func(x *Round) string { return x.ID })
	v.pointIDs = ids(v, "pickup point", "pickup_points", w.PickupPoints, func(x *PickupPoint) string { return x.ID })
	v.orderIDs = ids(v, "order", "orders", w.Orders, func(x *Order) string { return x.ID })
}

func ids[T any](v *validator, what, path string, list []T, id func(*T) string) idList {
	l := idList{what, make(map[string]int, len(list)), make([]string, 0, len(list))}
	for i := range list {
		name := id(&list[i])
		if name == "" {
			v.fault(fmt.Sprintf("%s[%d].id", path, i), "is empty: give each %s an id of its own", what)
			continue
		}
		if first, doubled := l.at[name]; doubled {
			v.fault(fmt.Sprintf("%s[%d].id", path, i), "%s is the id of %s[%d] already: give each %s an id of its own", quote(name), path, first, what)
			continue
		}
		l.at[name] = i
		l.names = append(l.names, name)
	}
	return l
}

// known finds an id that the field of an object at path names.
func (v *validator) known(l idList, path, field, id string) (index int, ok bool) {
	if index, ok = l.at[id]; ok {
		return index, true
	}
	path = join(path, field)
	if id == "" {
		v.fault(path, "is empty: name a %s", l.what)
		return 0, false
	}
	// The nearest name costs a pass over all of them. A week with more strangers than this has another problem.
	const mostHints = 100
	hint := ""
	if v.hints < mostHints && !v.faults.full() {
		v.hints++
		hint = didYouMean(id, l.names)
	}
	v.fault(path, "no %s has the id %s%s", l.what, quote(id), hint)
	return 0, false
}

func join(path, field string) string {
	if path == "" || field == "" || field[0] == '[' {
		return path + field
	}
	return path + "." + field
}

// mostAmount is beyond every amount of goods, distance or time that a week can mean.
const mostAmount = 1e12

// amount demands a number that is not negative and not absurd.
func (v *validator) amount(path, field string, x float64) bool {
	if x >= 0 && x <= mostAmount {
		return true
	}
	v.fault(join(path, field), "%v is not possible: it must be 0 or more, and no more than %v", x, mostAmount)
	return false
}

func (v *validator) optional(path, field string, x *float64) {
	if x != nil {
		v.amount(path, field, *x)
	}
}

func (v *validator) litres(path, field string, litres map[Class]float64) {
	for _, class := range Classes {
		if x, ok := litres[class]; ok {
			v.amount(path, field+"."+string(class), x)
		}
	}
	var unknown []Class
	for class := range litres {
		if !slices.Contains(Classes[:], class) {
			unknown = append(unknown, class)
		}
	}
	slices.Sort(unknown)
	for _, class := range unknown {
		v.fault(join(path, field), "%s", noChoice(class, Classes[:]))
	}
}

func (v *validator) window(path string, opens, closes time.Time) {
	if closes.Before(opens) {
		v.fault(path, "closes before it opens: %s is earlier than %s", clock(closes), clock(opens))
	}
}

func (v *validator) windows(path, field string, list []Interval) {
	for i, w := range list {
		if w[1].Before(w[0]) {
			v.window(fmt.Sprintf("%s.%s[%d]", path, field, i), w[0], w[1])
		}
	}
}

func clock(t time.Time) string { return t.Format(time.RFC3339) }

// tables checks the shape of the travel tables. Without a fault the travel can be asked, by the default of the
// contract when there is no other.
func (v *validator) tables() {
	ok := v.table("travel", v.week.Travel)
	if t, isTable := v.travel.(*geo.Table); isTable && t != v.week.Travel {
		ok = v.table("travel", t) && ok
	}
	switch {
	case !ok:
		v.travel = nil
	case v.travel == nil:
		v.travel = TravelOf(v.week)
	}
}

func (v *validator) table(path string, t *geo.Table) bool {
	if t == nil {
		return true
	}
	metres := v.square(path+".metres", t.Metres)
	return v.square(path+".seconds", t.Seconds) && metres
}

func (v *validator) square(path string, rows [][]float64) bool {
	n := len(v.week.Places)
	if len(rows) != n {
		v.fault(path, "has %d rows for %d places: it must have a row and a column for each place, in their order", len(rows), n)
		return false
	}
	ok := true
	for i, row := range rows {
		if len(row) != n {
			v.fault(fmt.Sprintf("%s[%d]", path, i), "has %d entries for %d places", len(row), n)
			ok = false
			continue
		}
		for j, x := range row {
			if !(x >= 0) || math.IsInf(x, 0) {
				v.fault(fmt.Sprintf("%s[%d][%d]", path, i, j), "%v is not possible: it must be 0 or more, and finite", x)
				ok = false
			} else if i == j && x != 0 {
				v.fault(fmt.Sprintf("%s[%d][%d]", path, i, j), "%v from a place to itself: it must be 0", x)
				ok = false
			}
		}
	}
	return ok
}

func (v *validator) places() {
	middle, located := v.middle()
	if zone := v.week.Timezone; located && (zone == "" || strings.HasPrefix(zone, "Europe/")) && !inEurope(middle) && inEurope(geo.Point{middle.Lat(), middle.Lon()}) {
		v.warn("places", "lie around lon %v and lat %v, far from the time zone Europe/…, and inside it with the two exchanged: are all of them swapped?",
			middle.Lon(), middle.Lat())
	}
	for i := range v.week.Places {
		p := &v.week.Places[i]
		path := fmt.Sprintf("places[%d]", i)
		switch {
		case !v.coordinates(path, p.Lon, p.Lat):
			if v.week.Travel == nil {
				v.travel = nil // nobody knows the way there, so no round is blamed for it
			}
		case located:
			v.swapped(path, geo.Point{p.Lon, p.Lat}, middle)
		}
		v.windows(path, "open", p.Open)
		v.optional(path, "stop_s", p.StopS)
		if p.Handover == nil {
			continue
		}
		for j, class := range p.Handover.Store {
			if !slices.Contains(Classes[:], class) {
				v.fault(fmt.Sprintf("%s.handover.store[%d]", path, j), "%s", noChoice(class, Classes[:]))
			}
		}
	}
}

func (v *validator) coordinates(path string, lon, lat float64) bool {
	east, north := math.Abs(lon) <= 180, math.Abs(lat) <= 90
	hint := ""
	if math.Abs(lon) <= 90 && math.Abs(lat) <= 180 {
		hint = ": are lon and lat swapped?"
	}
	if !east {
		v.fault(path+".lon", "%v is out of range, −180 to 180%s", lon, hint)
	}
	if !north {
		v.fault(path+".lat", "%v is out of range, −90 to 90%s", lat, hint)
	}
	return east && north
}

// middle is the median of the places, which a few wrong ones do not move. It says nothing below three places.
func (v *validator) middle() (middle geo.Point, ok bool) {
	var lons, lats []float64
	for _, p := range v.week.Places {
		if math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90 {
			lons, lats = append(lons, p.Lon), append(lats, p.Lat)
		}
	}
	if len(lons) < 3 {
		return middle, false
	}
	slices.Sort(lons)
	slices.Sort(lats)
	return geo.Point{lons[len(lons)/2], lats[len(lats)/2]}, true
}

// inEurope is generous: from the Azores to the Urals, from Crete to the North Cape.
func inEurope(p geo.Point) bool { return p.Lon() > -32 && p.Lon() < 66 && p.Lat() > 33 && p.Lat() < 72 }

// swapped warns of a point far from all others that would lie among them with its coordinates exchanged.
func (v *validator) swapped(path string, p, middle geo.Point) {
	const far = 300e3
	if math.Abs(p.Lon()) > 90 {
		return
	}
	d, exchanged := geo.GreatCircle(p, middle), geo.GreatCircle(geo.Point{p.Lat(), p.Lon()}, middle)
	if d > far && exchanged < d/4 {
		v.warn(path, "lon %v and lat %v lie %.0f km from the middle of all places, exchanged only %.0f km: are they swapped?",
			p.Lon(), p.Lat(), d/1000, exchanged/1000)
	}
}

func (v *validator) producers() {
	for i := range v.week.Producers {
		p := &v.week.Producers[i]
		path := fmt.Sprintf("producers[%d]", i)
		v.known(v.placeIDs, path, "place", p.Place)
		v.optional(path, "max_added_m", p.MaxAddedM)
	}
}

// fairness looks at what belongs to being fair to each.
func (v *validator) fairness() {
	s := &v.week.Settings
	v.optional("settings", "cost_per_km", s.CostPerKm)
	if !(s.Fairness >= 0 && s.Fairness <= 1) {
		v.fault("settings.fairness", "%v is not between 0 and 1", s.Fairness)
	}
	for i := range v.week.Producers {
		if b := v.week.Producers[i].BalanceM; !(math.Abs(b) <= mostAmount) {
			v.fault(fmt.Sprintf("producers[%d].balance_m", i), "%v is not possible: it must be between −%v and %v", b, mostAmount, mostAmount)
		}
	}
}

func (v *validator) vehicles() {
	for i := range v.week.Vehicles {
		x := &v.week.Vehicles[i]
		path := fmt.Sprintf("vehicles[%d]", i)
		v.known(v.producerIDs, path, "producer", x.Producer)
		v.amount(path, "kg", x.Kg)
		v.litres(path, "litres", x.Litres)
		v.litres(path, "longest_s", x.LongestS)
		v.windows(path, "available", x.Available)
		v.optional(path, "co2_g_per_km", x.CO2GPerKm)
	}
}

func (v *validator) rounds() {
	v.driven = map[string][]int{}
	for i := range v.week.Rounds {
		r := &v.week.Rounds[i]
		path := fmt.Sprintf("rounds[%d]", i)
		_, driver := v.known(v.producerIDs, path, "producer", r.Producer)
		vehicle, hasVehicle := v.known(v.vehicleIDs, path, "vehicle", r.Vehicle)
		at, located := v.route(path, r)
		v.window(path+".return_by", r.DepartAfter, r.ReturnBy)
		if r.Carries.Only != nil {
			for j, id := range r.Carries.Only {
				v.known(v.producerIDs, path, fmt.Sprintf("carries[%d]", j), id)
			}
		}
		v.optional(path, "max_added_m", r.MaxAddedM)
		v.optional(path, "max_added_s", r.MaxAddedS)
		sound := v.stops(path, r)
		if hasVehicle {
			v.ownGoods(path, r, &v.week.Vehicles[vehicle])
		}
		if driver && located && sound && v.keepsWindows(path, r, at) && hasVehicle {
			v.driven[r.Vehicle] = append(v.driven[r.Vehicle], i)
		}
	}
}

// route is the indexes of a round's places, start and end included.
func (v *validator) route(path string, r *Round) (at []int, ok bool) {
	ok = true
	add := func(path, field, id string) {
		i, known := v.known(v.placeIDs, path, field, id)
		at, ok = append(at, i), ok && known
	}
	add(path, "start", r.Start)
	for i := range r.Stops {
		add(path, fmt.Sprintf("stops[%d].place", i), r.Stops[i].Place)
	}
	add(path, "end", r.End)
	return at, ok
}

// stops checks a round's stops by themselves and reports whether they can be driven in mind.
func (v *validator) stops(path string, r *Round) bool {
	ok := !r.ReturnBy.Before(r.DepartAfter)
	for i := range r.Stops {
		s := &r.Stops[i]
		path := fmt.Sprintf("%s.stops[%d]", path, i)
		v.window(path+".arrive_by", s.ArriveAfter, s.ArriveBy)
		ok = v.amount(path, "stay_s", s.StayS) && ok && !s.ArriveBy.Before(s.ArriveAfter)
		if s.Unload != nil {
			v.amount(path, "unload.kg", s.Unload.Kg)
			v.litres(path, "unload.litres", s.Unload.Litres)
		}
	}
	return ok
}

// ownGoods checks that the vehicle holds what is on board at the start: the own goods of all stops.
func (v *validator) ownGoods(path string, r *Round, vehicle *Vehicle) {
	const tolerance = 1e-6
	var kg float64
	var litres [len(Classes)]float64
	for i := range r.Stops {
		u := r.Stops[i].Unload
		if u == nil {
			continue
		}
		path := fmt.Sprintf("%s.stops[%d].unload", path, i)
		before := kg
		kg += u.Kg
		if before <= vehicle.Kg+tolerance && kg > vehicle.Kg+tolerance {
			v.fault(path+".kg", "with it %.6g kg of own goods are on board at the start, and vehicle %s takes %.6g", kg, quote(vehicle.ID), vehicle.Kg)
		}
		for c, class := range Classes {
			before, room := litres[c], vehicle.Litres[class]+tolerance
			litres[c] += u.Litres[class]
			if before <= room && litres[c] > room {
				v.fault(path+".litres."+string(class), "with it %.6g l of own %s goods are on board at the start, and vehicle %s takes %.6g",
					litres[c], class, quote(vehicle.ID), vehicle.Litres[class])
			}
		}
	}
}

// keepsWindows drives the round by itself as early as possible.
func (v *validator) keepsWindows(path string, r *Round, at []int) bool {
	if v.travel == nil {
		return false
	}
	_, stop, late := v.drive(r, at, 0)
	switch {
	case late == 0:
		return true
	case stop == len(r.Stops):
		v.fault(path+".return_by", "cannot be kept: leaving at depart_after the round is back %.0f s too late, without any added stop", math.Ceil(late))
	default:
		v.fault(fmt.Sprintf("%s.stops[%d].arrive_by", path, stop), "cannot be kept: leaving at depart_after the round arrives %.0f s too late, without any added stop", math.Ceil(late))
	}
	return false
}

// drive makes a round's own stops, leaving no earlier than wait seconds after its depart_after, and gives the seconds
// from there to the return. At the first stop that is missed (the number of stops for the return) it gives up and
// says by how many seconds. Times count in milliseconds' tolerance.
func (v *validator) drive(r *Round, at []int, wait float64) (back float64, missed int, late float64) {
	const tolerance = 1e-3
	t := wait
	for i := range r.Stops {
		s := &r.Stops[i]
		_, seconds := v.travel.Between(at[i], at[i+1])
		t = max(t+seconds, since(r.DepartAfter, s.ArriveAfter))
		if over := t - since(r.DepartAfter, s.ArriveBy); over > tolerance {
			return t, i, over
		}
		t += s.StayS
	}
	_, seconds := v.travel.Between(at[len(at)-2], at[len(at)-1])
	t += seconds
	if over := t - since(r.DepartAfter, r.ReturnBy); over > tolerance {
		return t, len(r.Stops), over
	}
	return t, 0, 0
}

// since is the seconds from one time to another, however far apart.
func since(from, to time.Time) float64 {
	return float64(to.Unix()-from.Unix()) + float64(to.Nanosecond()-from.Nanosecond())/1e9
}

// fleet checks that each vehicle's rounds can be driven one after the other. Rounds whose spans do not touch are
// independent of each other, so each cluster of overlapping spans is looked at alone.
func (v *validator) fleet() {
	for i := range v.week.Vehicles {
		rounds := v.driven[v.week.Vehicles[i].ID]
		delete(v.driven, v.week.Vehicles[i].ID) // a doubled id is looked at once
		slices.SortStableFunc(rounds, func(a, b int) int {
			x, y := &v.week.Rounds[a], &v.week.Rounds[b]
			return cmp.Or(x.DepartAfter.Compare(y.DepartAfter), x.ReturnBy.Compare(y.ReturnBy))
		})
		for len(rounds) > 1 {
			n, until := 1, v.week.Rounds[rounds[0]].ReturnBy
			for n < len(rounds) && v.week.Rounds[rounds[n]].DepartAfter.Before(until) {
				if end := v.week.Rounds[rounds[n]].ReturnBy; end.After(until) {
					until = end
				}
				n++
			}
			v.cluster(rounds[:n])
			rounds = rounds[n:]
		}
	}
}

// cluster checks that one vehicle can drive the rounds, given in order of their departure, without overlap: in this
// order, or else in any. Being back earlier never hurts, so the earliest return from each subset decides (Held, Karp
// 1962); beyond ten rounds in one span only the order of departure counts.
func (v *validator) cluster(rounds []int) {
	const most = 10
	if len(rounds) < 2 {
		return
	}
	origin := v.week.Rounds[rounds[0]].DepartAfter
	at := make([][]int, len(rounds))
	for i, r := range rounds {
		at[i], _ = v.route("", &v.week.Rounds[r])
	}
	// back is the earliest return from round i by a vehicle that is free from a given time, both in seconds after origin.
	back := func(i int, free float64) (float64, float64) {
		r := &v.week.Rounds[rounds[i]]
		offset := since(origin, r.DepartAfter)
		t, _, late := v.drive(r, at[i], max(0, free-offset))
		return t + offset, late
	}
	free, blocked, late := 0.0, 0, 0.0
	for i := 0; i < len(rounds) && late == 0; i++ {
		free, late = back(i, free)
		blocked = i
	}
	if late == 0 || len(rounds) <= most && v.anyOrder(len(rounds), back) {
		return
	}
	others := make([]string, 0, len(rounds)-1)
	for i, r := range rounds {
		if i != blocked {
			others = append(others, fmt.Sprintf("rounds[%d]", r))
		}
	}
	v.fault(fmt.Sprintf("rounds[%d].vehicle", rounds[blocked]), "%s cannot drive this round besides %s without overlap: one after the other it misses a window by %.0f s, and no other order works",
		quote(v.week.Rounds[rounds[blocked]].Vehicle), strings.Join(others, ", "), math.Ceil(late))
}

func (v *validator) anyOrder(n int, back func(i int, free float64) (t, late float64)) bool {
	earliest := make([]float64, 1<<n)
	for set := 1; set < len(earliest); set++ {
		earliest[set] = math.Inf(1)
		for rest := set; rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros(uint(rest))
			free := earliest[set&^(1<<i)]
			if math.IsInf(free, 1) {
				continue
			}
			if t, late := back(i, free); late == 0 {
				earliest[set] = min(earliest[set], t)
			}
		}
	}
	return !math.IsInf(earliest[len(earliest)-1], 1)
}

func (v *validator) pickupPoints() {
	for i := range v.week.PickupPoints {
		p := &v.week.PickupPoints[i]
		path := fmt.Sprintf("pickup_points[%d]", i)
		v.known(v.placeIDs, path, "place", p.Place)
		v.window(path+".accept_by", p.AcceptAfter, p.AcceptBy)
	}
	if len(v.week.PickupPoints) == 0 && len(v.week.Orders) > 0 {
		v.fault("pickup_points", "is empty, but there are %d orders: name at least one place where customers collect", len(v.week.Orders))
	}
}

func (v *validator) orders() {
	middle, located := v.middle()
	for i := range v.week.Orders {
		o := &v.week.Orders[i]
		path := fmt.Sprintf("orders[%d]", i)
		if o.PickupPoint != "" {
			v.known(v.pointIDs, path, "pickup_point", o.PickupPoint)
		}
		switch {
		case o.PickupPoint != "" && (o.Lon != nil || o.Lat != nil):
			v.warn(path, "has both a pickup_point and lon/lat: it goes to the pickup point")
		case o.PickupPoint != "":
		case o.Lon == nil && o.Lat == nil:
			v.fault(path, "has neither a pickup_point nor the customer's lon and lat: name the one or the other")
		case o.Lon == nil:
			v.fault(path+".lon", "is missing beside lat")
		case o.Lat == nil:
			v.fault(path+".lat", "is missing beside lon")
		default:
			if v.coordinates(path, *o.Lon, *o.Lat) && located {
				v.swapped(path, geo.Point{*o.Lon, *o.Lat}, middle)
			}
		}
		if len(o.Lines) == 0 {
			v.warn(path+".lines", "is empty: nothing is ordered")
		}
		for j := range o.Lines {
			v.line(i, j, &o.Lines[j])
		}
	}
}

func (v *validator) line(order, index int, l *Line) {
	_, known := v.producerIDs.at[l.Producer]
	if known && l.Kg >= 0 && l.Litres >= 0 && l.Quantity >= 0 && max(l.Kg, l.Litres, l.Quantity) <= mostAmount &&
		(l.Class == "" || slices.Contains(Classes[:], l.Class)) && (l.CarriedBy == "" || l.CarriedBy == ByAny || l.CarriedBy == ByProducer) {
		return // most lines, without the cost of a path
	}
	path := fmt.Sprintf("orders[%d].lines[%d]", order, index)
	v.known(v.producerIDs, path, "producer", l.Producer)
	v.amount(path, "quantity", l.Quantity)
	v.amount(path, "kg", l.Kg)
	v.amount(path, "litres", l.Litres)
	if !slices.Contains(Classes[:], l.Temperature()) {
		v.fault(path+".class", "%s", noChoice(l.Class, Classes[:]))
	}
	if carriers := []CarriedBy{ByAny, ByProducer}; !slices.Contains(carriers, l.Carrier()) {
		v.fault(path+".carried_by", "%s", noChoice(l.CarriedBy, carriers))
	}
}

func (v *validator) locks() {
	for i := range v.week.Locks {
		l := &v.week.Locks[i]
		path := fmt.Sprintf("locks[%d]", i)
		producer, sends := v.known(v.producerIDs, path, "producer", l.Producer)
		point, receives := v.known(v.pointIDs, path, "pickup_point", l.PickupPoint)
		if l.Class != "" && !slices.Contains(Classes[:], l.Class) {
			v.fault(path+".class", "%s", noChoice(l.Class, Classes[:]))
		}
		for j, id := range l.Rounds {
			v.known(v.roundIDs, path, fmt.Sprintf("rounds[%d]", j), id)
			if j > 0 && id == l.Rounds[j-1] {
				v.fault(fmt.Sprintf("%s.rounds[%d]", path, j), "is the round before again: goods change to another round or stay")
			}
		}
		if len(l.Rounds) == 0 && sends && receives && v.week.Producers[producer].Place != v.week.PickupPoints[point].Place {
			v.fault(path+".rounds", "is empty, but the pickup point is not at the producer's place: name the rounds that carry the goods")
		}
	}
}
