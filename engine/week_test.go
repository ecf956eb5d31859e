package engine

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carriole/geo"
)

// weekShape bounds what randomWeek makes. The zero value is a week of one producer and nothing else.
type weekShape struct {
	Producers, Points, Orders int // at most; at least one producer
	Days                      int
	Rounds                    int   // at most, of each producer
	NoVehicles                bool  // nor rounds
	NoTrips                   bool  // no vehicle is available, so goods ride rounds or stay
	Tight                     bool  // windows of minutes, little room, small limits
	Limits                    bool  // what the contract's rule 7 knows
	Customers                 bool  // most orders come without a pickup point
	Class                     Class // of all goods, mixed when empty
	Travel                    travelKind
	Fractions                 bool // metres and seconds of the table are no integers
}

type travelKind int

const (
	byCrow    travelKind = iota // no table
	shortest                    // asymmetric, by shortest paths: no detour pays
	arbitrary                   // asymmetric, a detour may be shorter than the direct way
)

// weekShapes are the shapes that property tests go through.
var weekShapes = map[string]weekShape{
	"one producer":  {Producers: 1, Points: 2, Orders: 5, Days: 1, Rounds: 2},
	"tiny":          {Producers: 3, Points: 2, Orders: 4, Days: 1, Rounds: 1, Travel: shortest},
	"no rounds":     {Producers: 4, Points: 3, Orders: 12, Days: 2, Travel: shortest},
	"no vehicles":   {Producers: 4, Points: 3, Orders: 8, Days: 1, NoVehicles: true},
	"no orders":     {Producers: 3, Points: 2, Days: 1, Rounds: 2},
	"relay":         {Producers: 8, Points: 5, Orders: 20, Days: 1, Rounds: 3, NoTrips: true, Travel: shortest},
	"evening":       {Producers: 8, Points: 5, Orders: 25, Days: 1, Rounds: 1, Travel: shortest},
	"week":          {Producers: 12, Points: 8, Orders: 40, Days: 6, Rounds: 3, Limits: true},
	"tight":         {Producers: 7, Points: 5, Orders: 25, Days: 2, Rounds: 2, Tight: true, Limits: true, Travel: shortest},
	"limits":        {Producers: 6, Points: 4, Orders: 20, Days: 2, Rounds: 2, Limits: true, Travel: shortest, Fractions: true},
	"customers":     {Producers: 5, Points: 5, Orders: 15, Days: 2, Rounds: 2, Customers: true},
	"all frozen":    {Producers: 6, Points: 4, Orders: 15, Days: 2, Rounds: 2, Class: Frozen, Travel: shortest},
	"odd roads":     {Producers: 6, Points: 4, Orders: 20, Days: 2, Rounds: 2, Travel: arbitrary},
	"odd fractions": {Producers: 6, Points: 4, Orders: 20, Days: 2, Rounds: 2, Limits: true, Travel: arbitrary, Fractions: true},
}

// eachShape runs f on n weeks of every shape, the same ones every time.
func eachShape(t *testing.T, n uint64, f func(t *testing.T, week *Week, rng *rand.Rand)) {
	for _, name := range slices.Sorted(maps.Keys(weekShapes)) {
		shape := weekShapes[name]
		for seed := range few(n) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 0))
				f(t, randomWeek(rng, shape), rng)
			})
		}
	}
}

// randomWeek makes a valid week. A round's windows come from a drive that is simulated by the week's own travel, so
// that the round can keep them; the windows of one vehicle's rounds are apart.
func randomWeek(rng *rand.Rand, shape weekShape) *Week {
	m := &weekMaker{Rand: rng, shape: shape, week: &Week{ID: fmt.Sprintf("random-%d", rng.IntN(1000))}}
	if m.oneIn(2) {
		m.week.Timezone = "Europe/Paris"
	}
	m.producers()
	for range 1 + rng.IntN(3) {
		m.evenings = append(m.evenings, evening{m.place("amap"), m.day(), pick(m, 17.5, 18, 18.5)})
	}
	m.pickupPoints()
	for range 2 + rng.IntN(4) {
		m.shops = append(m.shops, m.place("shop"))
	}
	m.travel()
	m.rounds()
	m.orders()
	if shape.Limits {
		m.limits()
	}
	return m.week
}

type weekMaker struct {
	*rand.Rand
	shape    weekShape
	week     *Week
	evenings []evening
	shops    []string
}

// evening is an AMAP's, where the rounds of several producers meet.
type evening struct {
	place string
	day   int
	hour  float64
}

func (m *weekMaker) oneIn(n int) bool { return m.IntN(n) == 0 }

// few is between 1 and n.
func (m *weekMaker) few(n int) int { return 1 + m.IntN(max(n, 1)) }

// most is between half of n and n, at least 1.
func (m *weekMaker) most(n int) int { return max(1, n-m.IntN(n/2+1)) }

func (m *weekMaker) between(low, high float64) float64 { return low + (high-low)*m.Float64() }

func pick[T any](m *weekMaker, of ...T) T { return of[m.IntN(len(of))] }

// time is on a day of the week, day 0 being Monday.
func (m *weekMaker) time(day int, hours float64) time.Time {
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("", 3600))
	return monday.AddDate(0, 0, day).Add(time.Duration(math.Round(hours*3600)) * time.Second)
}

func (m *weekMaker) day() int { return m.IntN(max(m.shape.Days, 1)) }

func (m *weekMaker) place(kind string) string {
	places := m.week.Places
	p := Place{ID: fmt.Sprintf("%s-%d", kind, len(places)), Lon: m.between(4.8, 5.3), Lat: m.between(43.9, 44.3)}
	if len(places) > 0 && m.oneIn(10) {
		twin := pick(m, places...)
		p.Lon, p.Lat = twin.Lon, twin.Lat
	}
	if m.oneIn(2) {
		p.StopS = new(pick(m, 0, 60, 300, 420, 900.0))
	}
	switch m.IntN(5) {
	case 0:
		p.Handover = &Handover{Meet: new(false)}
	case 1:
		p.Handover = &Handover{Store: []Class{Ambient}}
	case 2:
		p.Handover = &Handover{Meet: new(m.oneIn(2)), Store: m.classes()}
	}
	if m.oneIn(6) {
		for day := range max(m.shape.Days, 1) {
			opens := m.between(6, 12)
			p.Open = append(p.Open, Interval{m.time(day, opens), m.time(day, opens+m.between(1, 4))})
			p.Open = append(p.Open, Interval{m.time(day, opens+5), m.time(day, opens+m.between(6, 10))})
		}
	}
	m.week.Places = append(places, p)
	return p.ID
}

// classes is some of them, in any order.
func (m *weekMaker) classes() []Class {
	some := slices.Clone(Classes[:])
	m.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some[:m.few(len(some))]
}

func (m *weekMaker) producers() {
	n := m.most(m.shape.Producers)
	for i := range n {
		p := Producer{ID: fmt.Sprintf("p%d", i)}
		if i > 0 && m.oneIn(12) {
			p.Place = m.week.Producers[0].Place
		} else {
			p.Place = m.place("farm")
		}
		if m.oneIn(3) {
			p.ReadyAt = m.time(m.day(), m.between(5, 14))
		}
		m.week.Producers = append(m.week.Producers, p)
		if m.shape.NoVehicles || n > 1 && m.oneIn(8) {
			continue
		}
		for range pick(m, 1, 1, 1, 2) {
			m.vehicle(p.ID)
		}
	}
}

func (m *weekMaker) vehicle(producer string) {
	v := Vehicle{ID: fmt.Sprintf("v%d", len(m.week.Vehicles)), Producer: producer, Kg: m.between(200, 900), Litres: map[Class]float64{}}
	if m.shape.Tight {
		v.Kg = m.between(10, 80)
	}
	for _, c := range m.classes() {
		v.Litres[c] = v.Kg * m.between(0.5, 4)
	}
	if v.Litres[Ambient] == 0 && !m.oneIn(8) {
		v.Litres[Ambient] = v.Kg * m.between(2, 5)
	}
	if m.oneIn(3) {
		v.CO2GPerKm = new(m.between(0, 300))
	}
	for day := range max(m.shape.Days, 1) {
		if m.shape.NoTrips {
			break
		}
		switch m.IntN(5) {
		case 0:
		case 1:
			v.Available = append(v.Available, Interval{m.time(day, 6), m.time(day, 11)}, Interval{m.time(day, 13.5), m.time(day, 21)})
		default:
			v.Available = append(v.Available, Interval{m.time(day, m.between(5, 9)), m.time(day, m.between(16, 23))})
		}
	}
	m.week.Vehicles = append(m.week.Vehicles, v)
}

func (m *weekMaker) pickupPoints() {
	for i := range m.most(m.shape.Points) {
		q := PickupPoint{ID: fmt.Sprintf("q%d", i)}
		day, opens, hours := m.day(), m.between(8, 18), m.between(1, 10)
		switch e := pick(m, m.evenings...); m.IntN(8) {
		case 0:
			q.Place = pick(m, m.week.Places...).ID // a farm, or another pickup point's hall
		case 1:
			q.Place, day, opens = e.place, e.day, e.hour-0.5
		case 2, 3, 4:
			q.Place, day, opens = m.place("hall"), e.day, e.hour+0.5 // for those who come from the AMAP
		default:
			q.Place = m.place("hall")
		}
		if m.shape.Tight {
			hours = m.between(0, 0.5)
		}
		q.AcceptAfter, q.AcceptBy = m.time(day, opens), m.time(day, opens+hours)
		m.week.PickupPoints = append(m.week.PickupPoints, q)
	}
}

// travel writes the week's table. Seconds follow the metres loosely.
func (m *weekMaker) travel() {
	if m.shape.Travel == byCrow {
		return
	}
	places := m.week.Places
	n := len(places)
	t := &geo.Table{Metres: make([][]float64, n), Seconds: make([][]float64, n)}
	number := math.Round
	if m.shape.Fractions {
		number = func(x float64) float64 { return x }
	}
	for i := range n {
		t.Metres[i], t.Seconds[i] = make([]float64, n), make([]float64, n)
		for j := range n {
			if i == j {
				continue
			}
			far := geo.GreatCircle(geo.Point{places[i].Lon, places[i].Lat}, geo.Point{places[j].Lon, places[j].Lat})
			if m.shape.Travel == shortest {
				t.Metres[i][j] = number(far * m.between(1.1, 1.7))
				t.Seconds[i][j] = number(t.Metres[i][j] / m.between(10, 15))
			} else {
				t.Metres[i][j] = number(far*m.between(0.3, 2) + m.between(0, 3000))
				t.Seconds[i][j] = number(far*m.between(0.01, 0.2) + m.between(0, 300))
			}
		}
	}
	if m.shape.Travel == shortest {
		for _, table := range [][][]float64{t.Metres, t.Seconds} {
			for k := range n {
				for i := range n {
					for j := range n {
						table[i][j] = min(table[i][j], table[i][k]+table[k][j])
					}
				}
			}
		}
	}
	m.week.Travel = t
}

func (m *weekMaker) rounds() {
	for _, p := range m.week.Producers {
		var own []*Vehicle
		for i := range m.week.Vehicles {
			if v := &m.week.Vehicles[i]; v.Producer == p.ID {
				own = append(own, v)
			}
		}
		if len(own) == 0 {
			continue
		}
		for range m.IntN(m.shape.Rounds + 1) {
			r := Round{ID: fmt.Sprintf("r%d", len(m.week.Rounds)), Producer: p.ID, Vehicle: pick(m, own...).ID, Start: p.Place, End: p.Place}
			if m.oneIn(8) {
				r.Start = pick(m, m.week.Places...).ID
			}
			if m.oneIn(8) {
				r.End = pick(m, m.week.Places...).ID
			}
			if m.oneIn(2) {
				m.visit(&r)
			} else {
				m.circuit(&r)
			}
		}
	}
}

// visit makes r a drive to an AMAP's evening.
func (m *weekMaker) visit(r *Round) {
	r.Kind = "amap"
	e := pick(m, m.evenings...)
	r.Stops = []RoundStop{{Place: e.place, StayS: pick(m, 1800, 5400.0)}}
	indexes := placeIndexes(m.week)
	_, drive := TravelOf(m.week).Between(indexes[r.Start], indexes[e.place])
	m.drive(r, m.time(e.day, e.hour-m.between(0, 0.5)).Add(-seconds(drive)))
}

// circuit makes r a tour of shops, of nothing now and then.
func (m *weekMaker) circuit(r *Round) {
	r.Kind = "circuit"
	for range m.IntN(5) {
		r.Stops = append(r.Stops, RoundStop{Place: pick(m, m.shops...), StayS: pick(m, 0, 300, 600, 1200.0)})
	}
	if len(r.Stops) > 1 && m.oneIn(4) {
		r.Stops[len(r.Stops)-1].Place = r.Stops[0].Place
	}
	m.drive(r, m.time(m.day(), pick(m, 7, 8, 13, 15.0)))
}

// drive lays r's windows around a drive and adds r to the week, unless its vehicle is on another round then.
func (m *weekMaker) drive(r *Round, leaves time.Time) {
	before, after := 1800.0, 3600.0
	if m.shape.Tight {
		before, after = 300, 300
	}
	r.DepartAfter = leaves.Add(-seconds(m.between(0, before)))
	indexes, travel := placeIndexes(m.week), TravelOf(m.week)
	at, now := indexes[r.Start], leaves
	for i := range r.Stops {
		s := &r.Stops[i]
		_, drive := travel.Between(at, indexes[s.Place])
		at = indexes[s.Place]
		begin := now.Add(seconds(drive))
		if m.oneIn(2) {
			begin = begin.Add(seconds(m.between(0, 1200)))
		}
		s.ArriveAfter, s.ArriveBy = begin.Add(-seconds(m.between(0, before))), begin.Add(seconds(m.between(0, after)))
		now = begin.Add(seconds(s.StayS))
	}
	_, drive := travel.Between(at, indexes[r.End])
	r.ReturnBy = now.Add(seconds(drive + m.between(0, 2*after)))
	for i := range m.week.Rounds {
		o := &m.week.Rounds[i]
		if o.Vehicle == r.Vehicle && r.DepartAfter.Before(o.ReturnBy) && o.DepartAfter.Before(r.ReturnBy) {
			return
		}
	}
	m.ownGoods(r)
	m.week.Rounds = append(m.week.Rounds, *r)
}

// ownGoods fills part of the vehicle, all of it now and then.
func (m *weekMaker) ownGoods(r *Round) {
	v := &m.week.Vehicles[slices.IndexFunc(m.week.Vehicles, func(v Vehicle) bool { return v.ID == r.Vehicle })]
	share := m.between(0, 0.9)
	if m.oneIn(10) {
		share = 1
	}
	for i := range r.Stops {
		if m.oneIn(3) {
			continue
		}
		part := share / float64(len(r.Stops))
		u := &Load{Kg: math.Floor(v.Kg * part)}
		for _, c := range Classes {
			if room := v.Litres[c]; room > 0 && m.oneIn(2) {
				if u.Litres == nil {
					u.Litres = map[Class]float64{}
				}
				u.Litres[c] = math.Floor(room * part)
			}
		}
		r.Stops[i].Unload = u
	}
}

func (m *weekMaker) orders() {
	n := m.shape.Orders
	if n > 0 {
		n = m.most(n)
	}
	for i := range n {
		o := Order{ID: fmt.Sprintf("o%d", i)}
		if m.shape.Customers && !m.oneIn(4) || m.oneIn(15) {
			near := pick(m, m.week.Places...)
			o.Lon, o.Lat = new(near.Lon+m.between(-0.1, 0.1)), new(near.Lat+m.between(-0.1, 0.1))
		} else {
			o.PickupPoint = pick(m, m.week.PickupPoints...).ID
		}
		for range m.few(4) {
			o.Lines = append(o.Lines, m.line())
		}
		m.week.Orders = append(m.week.Orders, o)
	}
}

func (m *weekMaker) line() Line {
	l := Line{Producer: pick(m, m.week.Producers...).ID, Product: "goods", Quantity: float64(m.few(4)), Class: m.shape.Class}
	l.Kg = math.Round(l.Quantity*m.between(10, 300)) / 100
	if m.oneIn(15) {
		l.Kg *= 30 // much, or more than any vehicle takes
	}
	l.Litres = l.Kg * pick(m, 2, 3, 4.0)
	if m.shape.Class == "" {
		l.Class = pick(m, "", Ambient, Ambient, Ambient, Chilled, Chilled, Frozen)
	}
	if m.oneIn(10) {
		l.CarriedBy = pick(m, ByAny, ByProducer)
	}
	return l
}

// limits sets what rule 7 knows, now and then so low that nothing may be added.
func (m *weekMaker) limits() {
	w := m.week
	for i := range w.Producers {
		if m.oneIn(4) {
			w.Producers[i].MaxAddedM = new(pick(m, 0, 5000, 60000.0))
		}
	}
	for i := range w.Rounds {
		r := &w.Rounds[i]
		if m.oneIn(2) {
			r.MaxAddedM = new(pick(m, 0, 3000, 15000, 40000.0))
		}
		if m.oneIn(3) {
			r.MaxAddedS = new(pick(m, 0, 900, 3600.0))
		}
		r.Frozen = m.oneIn(8)
		switch m.IntN(8) {
		case 0:
			r.Carries = Carries{OwnOnly: true}
		case 1:
			r.Carries = Carries{Only: []string{pick(m, w.Producers...).ID}}
		}
	}
	if m.oneIn(3) {
		w.Settings.OthersWithinM = new(pick(m, 0, 8000, 25000.0))
	}
	if m.oneIn(3) {
		w.Settings.HandoverM = new(pick(m, 0, 100, 5000.0))
	}
	if m.oneIn(4) {
		w.Settings.MaxPickupM = new(pick(m, 1000, 6000.0))
	}
	if len(w.Rounds) == 0 {
		return
	}
	for range m.IntN(3) {
		f := Forbid{Producer: pick(m, w.Producers...).ID, Round: pick(m, w.Rounds...).ID}
		if !slices.Contains(w.Forbid, f) {
			w.Forbid = append(w.Forbid, f)
		}
	}
	if m.oneIn(3) {
		l := Lock{Producer: pick(m, w.Producers...).ID, PickupPoint: pick(m, w.PickupPoints...).ID, Class: pick(m, "", Ambient), Rounds: []string{pick(m, w.Rounds...).ID}}
		if other := pick(m, w.Rounds...).ID; other != l.Rounds[0] && m.oneIn(2) {
			l.Rounds = append(l.Rounds, other)
		}
		w.Locks = append(w.Locks, l)
	}
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }

func placeIndexes(week *Week) map[string]int {
	indexes := make(map[string]int, len(week.Places))
	for i := range week.Places {
		indexes[week.Places[i].ID] = i
	}
	return indexes
}

// shuffled is the same week with every list in another order, where the order has no meaning.
func shuffled(week *Week, rng *rand.Rand) *Week {
	w := deepCopy(week)
	order := rng.Perm(len(w.Places))
	for i, old := range order {
		w.Places[i] = deepCopy(week.Places[old])
		shuffle(rng, w.Places[i].Open)
		if h := w.Places[i].Handover; h != nil {
			shuffle(rng, h.Store)
		}
	}
	if w.Travel != nil {
		for i, a := range order {
			for j, b := range order {
				w.Travel.Metres[i][j], w.Travel.Seconds[i][j] = week.Travel.Between(a, b)
			}
		}
	}
	shuffle(rng, w.Producers)
	shuffle(rng, w.Vehicles)
	for i := range w.Vehicles {
		shuffle(rng, w.Vehicles[i].Available)
	}
	shuffle(rng, w.Rounds)
	for i := range w.Rounds {
		shuffle(rng, w.Rounds[i].Carries.Only)
	}
	shuffle(rng, w.PickupPoints)
	shuffle(rng, w.Orders)
	for i := range w.Orders {
		shuffle(rng, w.Orders[i].Lines)
	}
	shuffle(rng, w.Locks)
	shuffle(rng, w.Forbid)
	return w
}

func shuffle[T any](rng *rand.Rand, list []T) {
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// deepCopy shares nothing with v that can be changed. nil stays nil and empty stays empty.
func deepCopy[T any](v T) T {
	return deepCopyValue(reflect.ValueOf(&v).Elem()).Interface().(T)
}

func deepCopyValue(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(deepCopyValue(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				c.Index(i).Set(deepCopyValue(v.Index(i)))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			c.Set(reflect.MakeMap(v.Type()))
			for _, k := range v.MapKeys() {
				c.SetMapIndex(k, deepCopyValue(v.MapIndex(k)))
			}
		}
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				c.Field(i).Set(deepCopyValue(v.Field(i)))
			}
		}
	}
	return c
}

// untouched is the plan that adds nothing: every round is driven as early as it can be and every line stays behind.
func untouched(week *Week) *Plan {
	plan := &Plan{Week: week.ID}
	indexes, travel := placeIndexes(week), TravelOf(week)
	for _, r := range week.Rounds {
		now, at := r.DepartAfter, indexes[r.Start]
		p := PlanRound{ID: r.ID, Producer: r.Producer, Vehicle: r.Vehicle}
		add := func(place string, opens time.Time, stay float64, base *int) {
			metres, drive := travel.Between(at, indexes[place])
			p.BaseMetres += metres
			at, now = indexes[place], now.Add(seconds(drive))
			s := PlanStop{Place: place, Arrive: now, Base: base}
			if opens.After(now) {
				now = opens
			}
			now = now.Add(seconds(stay))
			s.Depart = now
			p.Stops = append(p.Stops, s)
		}
		add(r.Start, now, 0, nil)
		for i, s := range r.Stops {
			add(s.Place, s.ArriveAfter, s.StayS, &i)
		}
		add(r.End, now, 0, nil)
		p.Metres = p.BaseMetres
		plan.Summary.BaseMetres += p.BaseMetres
		plan.Rounds = append(plan.Rounds, p)
	}
	plan.Summary.PlannedMetres = plan.Summary.BaseMetres
	for _, o := range week.Orders {
		for k, l := range o.Lines {
			plan.Unserved = append(plan.Unserved, Unserved{Order: o.ID, Line: k, Reason: "nothing is added"})
			plan.Summary.UnservedKg += l.Kg
		}
	}
	return plan
}

// TestRandomWeek holds the generator to its word: every round can be driven as it is, in the week and in any shuffle of it.
func TestRandomWeek(t *testing.T) {
	eachShape(t, 20, func(t *testing.T, week *Week, rng *rand.Rand) {
		for _, w := range []*Week{week, shuffled(week, rng)} {
			figures, bad := Check(w, nil, untouched(w))
			for _, v := range bad {
				t.Error(v)
			}
			if figures.AddedMetres != 0 {
				t.Errorf("%v m are added to nothing", figures.AddedMetres)
			}
		}
	})
}

// TestRandomWeekVaries counts what the shapes must bring forth between them.
func TestRandomWeekVaries(t *testing.T) {
	if few(2) < 2 {
		t.Skip("too few weeks to tell")
	}
	count := map[string]int{}
	tally := func(what string, is bool) {
		if is {
			count[what]++
		} else {
			count[what] += 0
		}
	}
	eachShape(t, 20, func(t *testing.T, w *Week, _ *rand.Rand) {
		tally("a travel table", w.Travel != nil)
		tally("no rounds", len(w.Rounds) == 0)
		tally("no vehicles", len(w.Vehicles) == 0)
		tally("no orders", len(w.Orders) == 0)
		tally("one producer", len(w.Producers) == 1)
		tally("others_within_m", w.Settings.OthersWithinM != nil)
		tally("locks", len(w.Locks) > 0)
		tally("forbids", len(w.Forbid) > 0)
		drivers := map[string]int{}
		for _, v := range w.Vehicles {
			drivers[v.Producer]++
		}
		farms := map[string]bool{}
		for _, p := range w.Producers {
			tally("a producer without vehicle", drivers[p.ID] == 0)
			tally("a producer with two vehicles", drivers[p.ID] == 2)
			tally("two producers at one place", farms[p.Place])
			tally("ready_at", !p.ReadyAt.IsZero())
			tally("a producer's max_added_m", p.MaxAddedM != nil)
			farms[p.Place] = true
		}
		spots := map[geo.Point]bool{}
		for _, p := range w.Places {
			tally("places at equal coordinates", spots[geo.Point{p.Lon, p.Lat}])
			tally("open", p.Open != nil)
			spots[geo.Point{p.Lon, p.Lat}] = true
		}
		halls := map[string]bool{}
		for _, q := range w.PickupPoints {
			tally("a pickup point at a farm", farms[q.Place])
			tally("a pickup point at an AMAP", strings.HasPrefix(q.Place, "amap"))
			tally("two pickup points at one place", halls[q.Place])
			halls[q.Place] = true
		}
		evenings := map[string]bool{}
		for _, r := range w.Rounds {
			tally("frozen", r.Frozen)
			tally("max_added_m", r.MaxAddedM != nil)
			tally("max_added_s", r.MaxAddedS != nil)
			tally("carries own", r.Carries.OwnOnly)
			tally("carries a list", r.Carries.Only != nil)
			tally("starts elsewhere", r.Start != r.End)
			tally("no own stops", len(r.Stops) == 0)
			tally("two rounds at an AMAP's evening", r.Kind == "amap" && evenings[r.Stops[0].Place])
			if r.Kind == "amap" {
				evenings[r.Stops[0].Place] = true
			}
			passed := map[string]bool{}
			for _, s := range r.Stops {
				tally("own goods", s.Unload != nil)
				tally("the same place twice", passed[s.Place])
				passed[s.Place] = true
			}
		}
		for _, o := range w.Orders {
			tally("no pickup point", o.PickupPoint == "")
			for _, l := range o.Lines {
				tally("carried_by", l.CarriedBy == ByProducer)
				tally(string(l.Temperature()), true)
			}
		}
	})
	if len(count) < 30 {
		t.Errorf("only %d things are counted", len(count))
	}
	for what, n := range count {
		if n < 3 {
			t.Errorf("%s: %d times", what, n)
		}
	}
}

func TestShuffledIsTheSameWeek(t *testing.T) {
	eachShape(t, 5, func(t *testing.T, w *Week, rng *rand.Rand) {
		before := deepCopy(w)
		s := shuffled(w, rng)
		if !reflect.DeepEqual(w, before) {
			t.Fatal("the week itself has changed")
		}
		old, now := placeIndexes(w), placeIndexes(s)
		a, b := TravelOf(w), TravelOf(s)
		for from := range old {
			for to := range old {
				m, sec := a.Between(old[from], old[to])
				if m2, sec2 := b.Between(now[from], now[to]); m != m2 || sec != sec2 {
					t.Fatalf("%s to %s was %v m, %v s and is %v m, %v s", from, to, m, sec, m2, sec2)
				}
			}
		}
	})
}
