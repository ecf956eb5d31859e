package engine

import (
	"cmp"
	"math"
	"slices"
	"time"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// parcel is a consignment in the making: lines of one producer, pickup point, class and carried_by that ride together.
type parcel struct {
	producer, point int // indexes in the week
	class           Class
	by              CarriedBy
	lines           []LineRef
	kg, litres      float64
	lock            []string // when not nil, the rounds it must ride
	locked          bool     // some lock names it
	broken          bool     // locks contradict one another or name no way
}

// model is a week in numbers. Everything is in the order of ids, so that the order of the input does not matter.
type model struct {
	week   *Week
	travel geo.Travel
	at     map[string]int // place id → index in week.Places
	points map[string]int // pickup point id → index
	makers map[string]int // producer id → index
	carts  map[string]int // vehicle id → index
	epoch  int64          // second 0 of the search
	unit   float64        // search distance of one metre
	whole  bool           // all distances are whole metres

	places   []int // week indexes in the order of ids, and likewise
	producer []int
	vehicles []int
	rounds   []int
}

func newModel(week *Week, travel geo.Travel) *model {
	m := &model{week: week, travel: travel, at: map[string]int{}, points: map[string]int{}, makers: map[string]int{}, carts: map[string]int{}}
	for i := range week.Places {
		m.at[week.Places[i].ID] = i
	}
	for i := range week.PickupPoints {
		m.points[week.PickupPoints[i].ID] = i
	}
	for i := range week.Producers {
		m.makers[week.Producers[i].ID] = i
	}
	for i := range week.Vehicles {
		m.carts[week.Vehicles[i].ID] = i
	}
	m.places = sorted(len(week.Places), func(i int) string { return week.Places[i].ID })
	m.producer = sorted(len(week.Producers), func(i int) string { return week.Producers[i].ID })
	m.vehicles = sorted(len(week.Vehicles), func(i int) string { return week.Vehicles[i].ID })
	m.rounds = sorted(len(week.Rounds), func(i int) string { return week.Rounds[i].ID })
	m.epoch = math.MaxInt64
	for i := range week.Rounds {
		m.epoch = min(m.epoch, week.Rounds[i].DepartAfter.Unix())
	}
	for i := range week.Vehicles {
		for _, a := range week.Vehicles[i].Available {
			m.epoch = min(m.epoch, a[0].Unix())
		}
	}
	if m.epoch == math.MaxInt64 {
		m.epoch = 0
	}
	m.unit = 1
	if week.Travel != nil {
		m.unit = finestUnit(week.Travel.Metres)
	}
	return m
}

// finestUnit is how many search units a metre has: one where all distances are whole, else as many as numbers allow.
func finestUnit(metres [][]float64) float64 {
	whole, most := true, 0.0
	for _, row := range metres {
		for _, x := range row {
			whole = whole && x == math.Trunc(x)
			most = max(most, x)
		}
	}
	unit := 1.0
	for !whole && unit < 1000 && most*unit*10 < maxTravel/4 {
		unit *= 10
	}
	return unit
}

// maxTravel bounds one distance or travel time in the search.
const maxTravel = 1 << 26

func sorted(n int, id func(int) string) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	slices.SortFunc(out, func(a, b int) int { return cmp.Compare(id(a), id(b)) })
	return out
}

// seconds are the search's for a moment, not before it and not after it.
func (m *model) notBefore(t time.Time) int32 {
	s := t.Unix() - m.epoch
	if t.Nanosecond() > 0 {
		s++
	}
	return clampTime(s)
}
func (m *model) notAfter(t time.Time) int32 { return clampTime(t.Unix() - m.epoch) }

func clampTime(s int64) int32 { return int32(max(-search.Inf/2, min(search.Inf/2, s))) }

func up(x float64) int32   { return int32(math.Ceil(min(x, 1<<30) - 1e-6)) }
func down(x float64) int32 { return int32(math.Floor(min(x, 1<<30) + 1e-6)) }

// room is how much of a class a vehicle takes, in grams and millilitres.
const perKg = 1000

func capacity(x float64) int32 { return down(min(x*perKg, 1<<29)) }
func amount(x float64) int32   { return up(min(x*perKg, 1<<29)) }

func classIndex(c Class) int32 {
	for i, k := range Classes {
		if k == c {
			return int32(i) + 1
		}
	}
	return 1
}

func loadOf(kg float64, litres map[Class]float64, conv func(float64) int32) search.Load {
	var l search.Load
	l[0] = conv(kg)
	for c, x := range litres {
		l[classIndex(c)] = conv(x)
	}
	return l
}

// parcels clusters the lines of the orders by producer, pickup point, class and carried_by. point gives each order's
// pickup point, an index in the week, below 0 for none. Lines made where they are collected are among them.
func (m *model) parcels(point []int) []parcel {
	type key struct {
		producer, point int
		class           Class
		by              CarriedBy
	}
	index := map[key]int{}
	var out []parcel
	orders := sorted(len(m.week.Orders), func(i int) string { return m.week.Orders[i].ID })
	for _, o := range orders {
		if point[o] < 0 {
			continue
		}
		for n := range m.week.Orders[o].Lines {
			l := &m.week.Orders[o].Lines[n]
			k := key{m.makers[l.Producer], point[o], l.Temperature(), l.Carrier()}
			i, ok := index[k]
			if !ok {
				i = len(out)
				index[k] = i
				out = append(out, parcel{producer: k.producer, point: k.point, class: k.class, by: k.by})
			}
			out[i].lines = append(out[i].lines, LineRef{m.week.Orders[o].ID, n})
			out[i].kg += l.Kg
			out[i].litres += l.Litres
		}
	}
	slices.SortFunc(out, func(a, b parcel) int {
		return cmp.Or(cmp.Compare(m.week.Producers[a.producer].ID, m.week.Producers[b.producer].ID),
			cmp.Compare(m.week.PickupPoints[a.point].ID, m.week.PickupPoints[b.point].ID), cmp.Compare(a.class, b.class), cmp.Compare(a.by, b.by))
	})
	return out
}
