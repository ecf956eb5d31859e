package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// model is a week in numbers. Where an order matters it is that of the ids, so that the order of the input does not.
type model struct {
	week   *Week
	travel geo.Travel
	sizes  sizes
	direct bool           // no handovers
	at     map[string]int // place id → index in week.Places; and likewise:
	points map[string]int
	makers map[string]int
	carts  map[string]int
	tours  map[string]int // rounds
	orders map[string]int

	producers, vehicles, rounds, sales []int // indexes in the week in the order of ids
	placeRank, producerRank            []int32
	roundsOf                           [][]int        // by vehicle: its rounds
	driversOf                          [][]int        // by vehicle: the producers who drive it, its own first
	vehiclesOf                         [][]int        // by producer: the vehicles that they drive
	farms                              *geo.Index     // of all producers
	epoch                              int64          // Unix second of the search's time 0
	unit                               float64        // search distance of a metre
	tick                               float64        // search time of a second
	wish                               wishes         // what being fair to each asks of a plan
	reach                              map[int][]bool // by vehicle and place: whether others' goods are handled there, where it is written down; nil: nowhere
	now                                int32          // what was done before is fixed; −Inf: nothing is
	barred                             map[bar]span   // goods that were too long on board of something
}

func newModel(week *Week, travel geo.Travel) *model {
	m := &model{week: week, travel: travel, sizes: sizes{wholeParcels, partParcels, partFarms}, unit: 1, tick: 1, now: -search.Inf}
	var places, producers []int
	m.at, places = ranked(week.Places, func(p *Place) string { return p.ID })
	m.points, _ = ranked(week.PickupPoints, func(p *PickupPoint) string { return p.ID })
	m.makers, producers = ranked(week.Producers, func(p *Producer) string { return p.ID })
	m.carts, m.vehicles = ranked(week.Vehicles, func(v *Vehicle) string { return v.ID })
	m.orders, m.sales = ranked(week.Orders, func(o *Order) string { return o.ID })
	m.tours, m.rounds = ranked(week.Rounds, func(r *Round) string { return r.ID })
	m.producers = producers
	m.placeRank, m.producerRank = ranks(places), ranks(producers)
	m.roundsOf = make([][]int, len(week.Vehicles))
	m.driversOf, m.vehiclesOf = make([][]int, len(week.Vehicles)), make([][]int, len(week.Producers))
	drives := func(p, v int) {
		if !slices.Contains(m.vehiclesOf[p], v) {
			m.vehiclesOf[p] = append(m.vehiclesOf[p], v)
			m.driversOf[v] = append(m.driversOf[v], p)
		}
	}
	for _, v := range m.vehicles {
		drives(m.makers[week.Vehicles[v].Producer], v)
	}
	homes := make([]geo.Point, len(week.Producers))
	for i := range homes {
		homes[i] = m.point(m.at[week.Producers[i].Place])
	}
	m.farms = geo.NewIndex(homes)
	m.epoch = math.MaxInt64
	for _, r := range m.rounds {
		v := m.carts[week.Rounds[r].Vehicle]
		m.roundsOf[v] = append(m.roundsOf[v], r)
		drives(m.makers[week.Rounds[r].Producer], v)
		m.epoch = min(m.epoch, week.Rounds[r].DepartAfter.Unix())
	}
	for i := range week.Vehicles {
		for _, a := range week.Vehicles[i].Available {
			m.epoch = min(m.epoch, a[0].Unix())
		}
	}
	if m.epoch == math.MaxInt64 {
		m.epoch = 0
	}
	if week.Travel != nil {
		m.unit, m.tick = finest(week.Travel.Metres, 1000), finest(week.Travel.Seconds, 10)
	}
	return m
}

// ranked maps the ids of a list to their indexes, and gives the indexes in the order of ids.
func ranked[T any](list []T, id func(*T) string) (map[string]int, []int) {
	index, order := make(map[string]int, len(list)), make([]int, len(list))
	for i := range list {
		index[id(&list[i])] = i
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(id(&list[a]), id(&list[b])) })
	return index, order
}

func ranks(order []int) []int32 {
	out := make([]int32, len(order))
	for k, i := range order {
		out[i] = int32(k)
	}
	return out
}

// maxTravel bounds one distance or travel time of the search.
const maxTravel = 1 << 26

// finest is how many search units one of the table's has: one where all entries are whole, else as many as numbers allow.
func finest(table [][]float64, most float64) float64 {
	whole, longest := true, 0.0
	for _, row := range table {
		for _, x := range row {
			whole = whole && x == math.Trunc(x)
			longest = max(longest, x)
		}
	}
	unit := 1.0
	for !whole && unit < most && longest*unit*10 < maxTravel/4 {
		unit *= 10
	}
	return unit
}

// travels is the search's distance and time between two places of the week.
func (m *model) travels(i, j int) (dist, secs int32) {
	d, t := m.travel.Between(i, j)
	return int32(min(d*m.unit+0.5, maxTravel)), int32(min(t*m.tick+0.5, maxTravel))
}

func (m *model) distance(i, j int) int32 {
	d, _ := m.travels(i, j)
	return d
}

func (m *model) duration(i, j int) int32 {
	_, t := m.travels(i, j)
	return t
}

func (m *model) transfer() int32 {
	return int32(min(m.week.Settings.HandoverMetres()*m.unit+0.5, maxTravel))
}

// notBefore and notAfter are the search's times for a moment that opens and for one that closes.
func (m *model) notBefore(t time.Time) int32 { return m.moment(t, math.Ceil) }
func (m *model) notAfter(t time.Time) int32  { return m.moment(t, math.Floor) }

func (m *model) moment(t time.Time, round func(float64) float64) int32 {
	s := (float64(t.Unix()-m.epoch) + float64(t.Nanosecond())/1e9) * m.tick
	return int32(max(-search.Inf/2, min(search.Inf/2, round(s))))
}

// clock is the moment of a search time, in the time zone of another.
func (m *model) clock(s int32, zone time.Time) time.Time {
	return time.Unix(m.epoch, 0).Add(time.Duration(float64(s) / m.tick * float64(time.Second))).In(zone.Location())
}

func (m *model) ticks(seconds float64) int32 {
	return int32(math.Ceil(min(seconds*m.tick, search.Inf/2) - 1e-6))
}

// limit is the search's for an optional limit of the week.
func (m *model) limit(x *float64, unit float64) int32 {
	if x == nil {
		return search.Inf
	}
	return int32(min(math.Floor(*x*unit+1e-6), search.Inf/2))
}

func (m *model) point(place int) geo.Point {
	return geo.Point{m.week.Places[place].Lon, m.week.Places[place].Lat}
}

func (m *model) home(vehicle int) int {
	return m.at[m.week.Producers[m.makers[m.week.Vehicles[vehicle].Producer]].Place]
}

// driver is the rank of the producer that a draft round counts for.
func (m *model) driver(r *draftRound) int {
	p := m.driversOf[r.vehicle][0]
	if r.base >= 0 && len(m.driversOf[r.vehicle]) > 1 {
		p = m.makers[m.week.Rounds[r.base].Producer]
	}
	return int(m.producerRank[p])
}

// windows are the intervals in ascending order, those that touch made one. Intervals in which no whole unit of time
// lies give a window that never comes.
func (m *model) windows(in []Interval) []search.Window {
	var out []search.Window
	for _, x := range in {
		if a, b := m.notBefore(x[0]), m.notAfter(x[1]); a <= b {
			out = append(out, search.Window{Open: a, Close: b})
		}
	}
	if len(in) > 0 && out == nil {
		return []search.Window{{Open: search.Inf, Close: search.Inf}}
	}
	slices.SortFunc(out, func(a, b search.Window) int {
		return cmp.Or(cmp.Compare(a.Open, b.Open), cmp.Compare(a.Close, b.Close))
	})
	n := 0
	for _, x := range out {
		if n > 0 && x.Open <= out[n-1].Close {
			out[n-1].Close = max(out[n-1].Close, x.Close)
			continue
		}
		out[n] = x
		n++
	}
	return out[:n]
}

// carries is whose goods a round takes, by rank of the producer; nil for everybody's.
func (m *model) carries(r *Round) []bool {
	var out []bool
	if r.Carries.Only != nil || r.Carries.OwnOnly {
		out = make([]bool, len(m.producers))
		for k, i := range m.producers {
			out[k] = r.Accepts(m.week.Producers[i].ID)
		}
	}
	for _, x := range m.week.Forbid {
		if x.Round == r.ID {
			if out == nil {
				out = slices.Repeat([]bool{true}, len(m.producers))
			}
			out[m.producerRank[m.makers[x.Producer]]] = false
		}
	}
	return out
}

// addedTicks is what the stops, some of a round's, add to its travel and stays.
func (m *model) addedTicks(d *draft, r *draftRound, stops []int32) int32 {
	t := int32(0)
	own, last := stops[0], stops[0]
	for k, i := range stops[1:] {
		s := &d.stops[i]
		t += m.duration(d.stops[last].place, s.place)
		last = i
		if end := k == len(stops)-2; s.own >= 0 || end {
			t -= m.duration(d.stops[own].place, s.place)
			own = i
		} else {
			t += m.ticks(m.week.Places[s.place].StopSeconds())
		}
	}
	return t
}

// perKg is how many search units a kilogram and a litre have.
const perKg = 1000

// capacity and amount are the search's for room, rounded down, and for goods, rounded up.
func capacity(x float64) int32 { return int32(math.Floor(min(x*perKg, 1<<29) + 1e-6)) }
func amount(x float64) int32   { return int32(math.Ceil(min(x*perKg, 1<<29) - 1e-6)) }

func classIndex(c Class) int32 { return int32(slices.Index(Classes[:], c)) + 1 }

func loadOf(kg float64, litres map[Class]float64, convert func(float64) int32) search.Load {
	l := search.Load{convert(kg)}
	for c, x := range litres {
		l[classIndex(c)] = convert(x)
	}
	return l
}

// parcel is a consignment in the making: lines of one producer, pickup point, class and carried_by that ride together.
type parcel struct {
	producer, point int // indexes in the week
	class           Class
	by              CarriedBy
	lines           []LineRef
	kg, litres      float64
	lock            []string // rounds that it must ride; with locked and none of them there is no way
	locked          bool
	habit           []string // rounds that it is used to ride, a vehicle's id for any trip of it; nil: none
	change          int32    // cost of another way
}

func (m *model) origin(c *parcel) int { return m.at[m.week.Producers[c.producer].Place] }
func (m *model) goal(c *parcel) int   { return m.at[m.week.PickupPoints[c.point].Place] }

// collected reports whether a parcel is collected where it is made and needs no way.
func (m *model) collected(c *parcel) bool { return m.origin(c) == m.goal(c) }

// ready is when a parcel can leave its farm.
func (m *model) ready(c *parcel) int32 {
	if t := m.week.Producers[c.producer].ReadyAt; !t.IsZero() {
		return m.notBefore(t)
	}
	return -search.Inf
}

// penalty of leaving a parcel behind: its weight, but never nothing.
func (c *parcel) penalty() int64 { return max(1, int64(amount(c.kg))) }

// parcels clusters the lines of the orders by producer, pickup point, class and carried_by. point gives each order's
// pickup point, an index in the week, below 0 for none.
func (m *model) parcels(point []int) []*parcel {
	type key struct {
		producer, point int
		class           Class
		by              CarriedBy
	}
	index := map[key]*parcel{}
	var out []*parcel
	for _, o := range m.sales {
		if point[o] < 0 {
			continue
		}
		for n := range m.week.Orders[o].Lines {
			l := &m.week.Orders[o].Lines[n]
			if l.Held != nil {
				continue
			}
			k := key{m.makers[l.Producer], point[o], l.Temperature(), l.Carrier()}
			c := index[k]
			if c == nil {
				c = &parcel{producer: k.producer, point: k.point, class: k.class, by: k.by}
				index[k] = c
				out = append(out, c)
			}
			c.add(LineRef{m.week.Orders[o].ID, n}, l)
		}
	}
	slices.SortFunc(out, func(a, b *parcel) int {
		return cmp.Or(cmp.Compare(m.producerRank[a.producer], m.producerRank[b.producer]),
			cmp.Compare(m.week.PickupPoints[a.point].ID, m.week.PickupPoints[b.point].ID), cmp.Compare(a.class, b.class), cmp.Compare(a.by, b.by))
	})
	for _, c := range out {
		m.lock(c)
		m.habit(c)
	}
	return out
}

func (c *parcel) add(ref LineRef, l *Line) {
	c.lines = append(c.lines, ref)
	c.kg += l.Kg
	c.litres += l.Litres
}

// lock writes down what the week's locks say of a parcel. Locks that contradict one another leave it without a way, and so
// does one to rounds where it is collected: nothing rides from a place to itself.
func (m *model) lock(c *parcel) {
	for i := range m.week.Locks {
		l := &m.week.Locks[i]
		if m.makers[l.Producer] != c.producer || m.points[l.PickupPoint] != c.point || l.Class != "" && l.Class != c.class {
			continue
		}
		if m.collected(c) {
			c.locked = c.locked || len(l.Rounds) > 0
			continue
		}
		if c.locked && !slices.Equal(c.lock, l.Rounds) {
			c.lock = nil
			return
		}
		c.lock, c.locked = l.Rounds, true
	}
}

func (c *parcel) consignment(w *Week, n int) Consignment {
	return Consignment{ID: fmt.Sprintf("c-%d", n), Producer: w.Producers[c.producer].ID, PickupPoint: w.PickupPoints[c.point].ID, Class: c.class,
		CarriedBy: c.by, Kg: c.kg, Litres: c.litres, Lines: c.lines, Legs: []Leg{}}
}
