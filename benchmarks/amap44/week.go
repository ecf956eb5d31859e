package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"carriole/benchmarks/internal/maker"
	"carriole/engine"
	"carriole/geo"
)

// family is what the producers of one product family drive, bring and sell.
type family struct {
	class         engine.Class
	van           engine.Vehicle // room only
	visitKg       [2]float64     // own goods brought to one AMAP, least and most
	litresPerKg   float64        // of those goods
	products      []product
	litresChilled float64 // a cold box that some of the vans have beside the ambient room
}

type product struct {
	name       string
	kg, litres float64
}

func room(ambient, chilled float64) map[engine.Class]float64 {
	m := map[engine.Class]float64{engine.Ambient: ambient}
	if chilled > 0 {
		m[engine.Chilled] = chilled
	}
	return m
}

// families are the product families of links.csv, and what "Autres" turns out to be: fish, bread or eggs.
var families = map[string]family{
	"Légumes": {class: engine.Ambient, van: engine.Vehicle{Kg: 1100, Litres: room(7000, 0)}, visitKg: [2]float64{120, 260}, litresPerKg: 4, litresChilled: 200,
		products: []product{{"Panier de légumes, 4 kg", 4, 15}, {"Poireaux, 1 kg", 1, 4}, {"Carottes, 1 kg", 1, 2.2}, {"Mâche, 200 g", 0.2, 1.6}, {"Pommes de terre, 2 kg", 2, 3.5}}},
	"Fruits": {class: engine.Ambient, van: engine.Vehicle{Kg: 1000, Litres: room(5500, 0)}, visitKg: [2]float64{60, 140}, litresPerKg: 2.5, litresChilled: 150,
		products: []product{{"Pommes, 2 kg", 2, 4.5}, {"Poires, 1 kg", 1, 2.3}, {"Kiwis, 1 kg", 1, 2.2}, {"Jus de pomme, 1 l", 1.5, 1.4}}},
	"Viande": {class: engine.Chilled, van: engine.Vehicle{Kg: 700, Litres: room(600, 900)}, visitKg: [2]float64{30, 80}, litresPerKg: 2.2,
		products: []product{{"Colis de bœuf, 5 kg", 5, 11}, {"Poulet fermier, 1,8 kg", 1.8, 4.2}, {"Rôti de porc, 1 kg", 1, 1.8}, {"Saucisses, 500 g", 0.5, 0.9}}},
	"Produits Laitiers": {class: engine.Chilled, van: engine.Vehicle{Kg: 600, Litres: room(600, 700)}, visitKg: [2]float64{20, 60}, litresPerKg: 2,
		products: []product{{"Yaourts, les 4", 0.6, 1.1}, {"Tomme, 400 g", 0.4, 0.6}, {"Faisselle, 500 g", 0.55, 0.8}, {"Beurre, 250 g", 0.25, 0.4}}},
	"Miel": {class: engine.Ambient, van: engine.Vehicle{Kg: 450, Litres: room(1800, 0)}, visitKg: [2]float64{15, 40}, litresPerKg: 1,
		products: []product{{"Miel de fleurs, 500 g", 0.75, 0.6}, {"Miel de sarrasin, 1 kg", 1.35, 1.1}}},
	"Autres": {},
	"poisson": {class: engine.Chilled, van: engine.Vehicle{Kg: 600, Litres: room(300, 800)}, visitKg: [2]float64{30, 70}, litresPerKg: 2.5,
		products: []product{{"Colis de poisson, 2 kg", 2, 5}, {"Moules, 2 kg", 2, 4}}},
	"pain": {class: engine.Ambient, van: engine.Vehicle{Kg: 500, Litres: room(2800, 0)}, visitKg: [2]float64{20, 60}, litresPerKg: 4.5,
		products: []product{{"Pain de campagne, 1 kg", 1, 4}, {"Pain de seigle, 500 g", 0.5, 2}, {"Brioche, 400 g", 0.4, 2.5}}},
	"œufs": {class: engine.Ambient, van: engine.Vehicle{Kg: 500, Litres: room(2500, 0)}, visitKg: [2]float64{20, 50}, litresPerKg: 3.3,
		products: []product{{"Œufs, les 12", 0.8, 2.6}, {"Œufs, les 6", 0.4, 1.3}}},
	"agrumes": {class: engine.Ambient,
		products: []product{{"Clémentines de Corse, 2 kg", 2, 4}, {"Pomelos de Corse, 1 kg", 1, 2.2}}},
}

// The drives, town by town. They open on a late afternoon and take goods from noon on.
var drives = []struct {
	town     string
	lon, lat float64
	day      int
}{
	{"Nantes, Talensac", -1.5580, 47.2215, thursday}, {"Nantes, île", -1.5480, 47.2050, friday}, {"Rezé", -1.5530, 47.1900, thursday},
	{"Saint-Herblain", -1.6497, 47.2122, friday}, {"Orvault", -1.6225, 47.2707, thursday}, {"Carquefou", -1.4917, 47.2969, friday},
	{"Vertou", -1.4697, 47.1686, friday}, {"Châteaubriant", -1.3762, 47.7170, friday}, {"Ancenis", -1.1767, 47.3667, thursday},
	{"Clisson", -1.2828, 47.0869, thursday}, {"Pornic", -2.1036, 47.1156, friday}, {"Blain", -1.7636, 47.4764, thursday},
}

const (
	monday, thursday, friday = 0, 3, 4

	amapPoints     = 3 // AMAPs that take a drive's orders too
	ordersPerPoint = 40
	sellsWithin    = 60000  // great circle, from the farm to the points where its goods are on offer
	othersWithin   = 100000 // French law: goods of another farm ride within 100 km
	mostVisits     = 6      // on one evening by one producer
)

// noRoad reports whether a farm lies on an island that nobody drives to. There is no ferry in a plan: its producer has
// no vehicle and makes no rounds, and it is too far for everybody else's, so what is ordered there stays unserved.
func (p *producer) noRoad() bool {
	return strings.HasPrefix(p.insee, "2A") || strings.HasPrefix(p.insee, "2B")
}

// home is where a producer's rounds begin. From the Île d'Yeu that is the quay of Fromentine, where the boat lands.
func (p *producer) home() geo.Point {
	if p.insee == "85113" {
		return geo.Point{-2.1500, 46.8935}
	}
	return p.at
}

type weekMaker struct {
	net     *network
	rng     *rand.Rand
	week    *engine.Week
	sells   []string  // what each producer makes: a key of families
	day     []int     // of each AMAP
	opens   []float64 // of each AMAP, hours
	skipped int       // visits that fit into no evening
}

// makeWeek turns the network into a week; the same seed gives the same week. It also tells how many visits are made
// in other weeks because their producer has too many on that evening.
func makeWeek(net *network, seed uint64) (week *engine.Week, skipped int) {
	within := float64(othersWithin)
	m := &weekMaker{net: net, rng: rand.New(rand.NewPCG(seed, 44)), week: &engine.Week{
		ID: "2026-W48-amap44", Timezone: "Europe/Paris", Settings: engine.Settings{OthersWithinM: &within}}}
	m.evenings()
	m.farms()
	m.rounds()
	m.orders()
	return m.week, m.skipped
}

// evenings gives each AMAP a weekday and an hour. The weekday is the one that its name says, or else one on which
// few of its producers are elsewhere, as AMAPs arrange it.
func (m *weekMaker) evenings() {
	busy := make([][5]float64, len(m.net.producers))
	m.day, m.opens = make([]int, len(m.net.amaps)), make([]float64, len(m.net.amaps))
	names := [5]string{"lundi", "mardi", "mercredi", "jeudi", "vendredi"}
	dislike := [5]float64{3, 0, 0, 0, 1}
	for i, a := range m.net.amaps {
		best := math.Inf(1)
		for day, name := range names {
			cost := dislike[day] + 3*m.rng.Float64()
			for _, p := range a.visitors {
				if !m.net.producers[p].noRoad() {
					cost += busy[p][day]
				}
			}
			if strings.Contains(strings.ToLower(a.name), "du "+name) {
				cost = -1
			}
			if cost < best {
				best, m.day[i] = cost, day
			}
		}
		m.opens[i] = 17.5 + 0.5*float64(m.rng.IntN(4))
		for _, p := range a.visitors {
			busy[p][m.day[i]]++
		}
		store := []engine.Class{}
		if m.rng.Float64() < 0.35 {
			store = append(store, engine.Ambient)
			if m.rng.Float64() < 0.3 {
				store = append(store, engine.Chilled)
			}
		}
		m.place(a.id, a.name, a.at, store)
	}
}

func (m *weekMaker) place(id, name string, at geo.Point, store []engine.Class) {
	p := engine.Place{ID: id, Name: name, Lon: at[0], Lat: at[1]}
	if len(store) > 0 {
		meet := true
		p.Handover = &engine.Handover{Meet: &meet, Store: store}
	}
	m.week.Places = append(m.week.Places, p)
}

// farms makes the producers with their places and vehicles.
func (m *weekMaker) farms() {
	m.sells = make([]string, len(m.net.producers))
	for i := range m.net.producers {
		p := &m.net.producers[i]
		m.sells[i] = m.trade(p)
		fam := families[m.sells[i]]
		var store []engine.Class
		if m.rng.Float64() < 0.5 {
			store = []engine.Class{engine.Ambient}
			if fam.class == engine.Chilled {
				store = append(store, engine.Chilled)
			}
		}
		m.place(p.id, p.name, p.home(), store)
		m.week.Producers = append(m.week.Producers, engine.Producer{ID: p.id, Name: p.name, Place: p.id, ReadyAt: maker.Hour(m.rng.IntN(3), 8)})
		if p.noRoad() {
			continue
		}
		van := engine.Vehicle{ID: "van-" + p.id, Producer: p.id, Kg: fam.van.Kg, Litres: map[engine.Class]float64{}}
		for c, l := range fam.van.Litres {
			van.Litres[c] = l
		}
		if fam.litresChilled > 0 && m.rng.Float64() < 0.3 {
			van.Litres[engine.Chilled] = fam.litresChilled
		}
		for day := monday; day <= friday; day++ {
			if m.rng.Float64() < 0.6 {
				van.Available = append(van.Available, engine.Interval{maker.Hour(day, 7), maker.Hour(day, 21)})
			}
		}
		m.week.Vehicles = append(m.week.Vehicles, van)
	}
}

// trade is the producer's family, with "Autres" and the fruit of Corsica told apart.
func (m *weekMaker) trade(p *producer) string {
	if p.family == "Fruits" && p.noRoad() {
		return "agrumes"
	}
	if p.family != "Autres" && p.family != "" {
		return p.family
	}
	for _, a := range p.amaps {
		if strings.Contains(strings.ToLower(m.net.amaps[a].name), "poisson") {
			return "poisson"
		}
	}
	return [...]string{"pain", "œufs"}[m.rng.IntN(2)]
}

// rounds makes one round of each producer's visits on each evening.
func (m *weekMaker) rounds() {
	for i := range m.net.producers {
		p := &m.net.producers[i]
		if p.noRoad() {
			continue
		}
		for day := monday; day <= friday; day++ {
			var visits []int
			for _, a := range p.amaps {
				if m.day[a] == day {
					visits = append(visits, a)
				}
			}
			if len(visits) > mostVisits {
				m.skipped += len(visits) - mostVisits
				visits = visits[:mostVisits]
			}
			for ; len(visits) > 0; visits = visits[:len(visits)-1] {
				if order, expected := m.chain(p, visits); order != nil {
					m.round(i, day, order, expected)
					break
				}
				m.skipped++
			}
		}
	}
}

const chainStay, eveningStay = 20. / 60, 75. / 60 // hours: a drop on the way, the last AMAP of the evening

// chain finds the shortest way through the visits that begins in the afternoon, and the hour at which each is expected:
// half an hour before it opens or as much earlier as the later ones ask. It answers nil when that would be before noon.
func (m *weekMaker) chain(p *producer, visits []int) (order []int, expected []float64) {
	shortest := math.Inf(1)
	maker.Permute(visits, func(try []int) {
		length := m.hours(p.home(), m.net.amaps[try[0]].at) + m.hours(m.net.amaps[try[len(try)-1]].at, p.home())
		hours := make([]float64, len(try))
		for i := len(try) - 1; i >= 0; i-- {
			hours[i] = m.opens[try[i]] - 0.5
			if i+1 < len(try) {
				leg := m.hours(m.net.amaps[try[i]].at, m.net.amaps[try[i+1]].at)
				length += leg
				hours[i] = math.Min(hours[i], hours[i+1]-leg-chainStay)
			}
		}
		if length < shortest && hours[0] >= 12 {
			shortest, order, expected = length, append([]int(nil), try...), hours
		}
	})
	return order, expected
}

// hours of driving by the contract's default travel.
func (m *weekMaker) hours(a, b geo.Point) float64 {
	_, seconds := geo.CrowFlies([]geo.Point{a, b}).Between(0, 1)
	return seconds / 3600
}

// round adds a producer's evening. Whoever comes from far leaves early enough, the day before if need be.
func (m *weekMaker) round(i, day int, order []int, expected []float64) {
	p, fam := &m.net.producers[i], families[m.sells[i]]
	last := len(order) - 1
	r := engine.Round{ID: fmt.Sprintf("%s-%d", p.id, day+1), Producer: p.id, Vehicle: "van-" + p.id, Kind: "amap", Start: p.id, End: p.id,
		DepartAfter: maker.Hour(day, expected[0]-2-m.hours(p.home(), m.net.amaps[order[0]].at)),
		ReturnBy:    maker.Hour(day, expected[last]+0.75+eveningStay+m.hours(m.net.amaps[order[last]].at, p.home())+1.5)}
	most := 0.6 * math.Min(fam.van.Kg, fam.van.Litres[fam.class]/fam.litresPerKg) / float64(len(order))
	for k, a := range order {
		kg := math.Round(math.Min(most, fam.visitKg[0]+(fam.visitKg[1]-fam.visitKg[0])*m.rng.Float64()))
		stay := chainStay
		if k == last {
			stay = eveningStay
		}
		r.Stops = append(r.Stops, engine.RoundStop{Place: m.net.amaps[a].id,
			ArriveAfter: maker.Hour(day, expected[k]-0.75), ArriveBy: maker.Hour(day, math.Min(expected[k]+0.75, m.opens[a])), StayS: stay * 3600,
			Unload: &engine.Load{Kg: kg, Litres: map[engine.Class]float64{fam.class: math.Round(kg * fam.litresPerKg)}}})
	}
	if m.rng.Float64() < 0.7 {
		r.MaxAddedM = m.oneOf(10000, 20000, 30000, 45000)
	}
	if m.rng.Float64() < 0.5 {
		r.MaxAddedS = m.oneOf(2700, 3600, 5400)
	}
	m.week.Rounds = append(m.week.Rounds, r)
}

func (m *weekMaker) oneOf(values ...float64) *float64 { return &values[m.rng.IntN(len(values))] }

// orders opens the drives and the AMAPs that are pickup points too, and draws what their customers buy: of each
// family something from the producers around, and at every other drive citrus fruit from Corsica.
func (m *weekMaker) orders() {
	type point struct {
		id string
		at geo.Point
	}
	var points []point
	for i, d := range drives {
		id := fmt.Sprintf("drive-%d", i+1)
		store := []engine.Class{engine.Ambient}
		if m.rng.IntN(2) == 0 {
			store = append(store, engine.Chilled)
		}
		m.place(id, "Drive fermier, "+d.town, geo.Point{d.lon, d.lat}, store)
		m.week.PickupPoints = append(m.week.PickupPoints, engine.PickupPoint{ID: id, Name: d.town, Place: id, AcceptAfter: maker.Hour(d.day, 12), AcceptBy: maker.Hour(d.day, 19)})
		points = append(points, point{id, geo.Point{d.lon, d.lat}})
	}
	for _, a := range m.busiestLate(amapPoints) {
		v := m.net.amaps[a]
		m.week.PickupPoints = append(m.week.PickupPoints, engine.PickupPoint{ID: "at-" + v.id, Name: v.name, Place: v.id, AcceptAfter: maker.Hour(m.day[a], m.opens[a]-4), AcceptBy: maker.Hour(m.day[a], m.opens[a])})
		points = append(points, point{"at-" + v.id, v.at})
	}
	for k, p := range points {
		offer := m.offer(p.at, k%2 == 0)
		if len(offer) == 0 {
			continue
		}
		for n := range ordersPerPoint {
			o := engine.Order{ID: fmt.Sprintf("%s-%02d", p.id, n+1), PickupPoint: p.id}
			for range 1 + m.rng.IntN(5) {
				if l := m.line(offer[m.rng.IntN(len(offer))]); !slices.ContainsFunc(o.Lines, func(x engine.Line) bool {
					return x.Producer == l.Producer && x.Product == l.Product
				}) {
					o.Lines = append(o.Lines, l)
				}
			}
			m.week.Orders = append(m.week.Orders, o)
		}
	}
}

// busiestLate lists the AMAPs of Thursday and Friday where most producers come.
func (m *weekMaker) busiestLate(n int) []int {
	var late []int
	for a := range m.net.amaps {
		if m.day[a] >= thursday {
			late = append(late, a)
		}
	}
	sort.SliceStable(late, func(i, j int) bool {
		return len(m.net.amaps[late[i]].visitors) > len(m.net.amaps[late[j]].visitors)
	})
	return late[:min(n, len(late))]
}

// offer draws the producers whose goods a point sells: up to three of a family from within reach.
func (m *weekMaker) offer(from geo.Point, citrus bool) []int {
	byFamily := map[string][]int{}
	for i := range m.net.producers {
		p := &m.net.producers[i]
		if m.sells[i] == "agrumes" && citrus || !p.noRoad() && geo.GreatCircle(from, p.home()) <= sellsWithin {
			byFamily[m.sells[i]] = append(byFamily[m.sells[i]], i)
		}
	}
	var offer []int
	for _, f := range []string{"Légumes", "Fruits", "Viande", "Produits Laitiers", "Miel", "poisson", "pain", "œufs", "agrumes"} {
		list := byFamily[f]
		m.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		offer = append(offer, list[:min(len(list), 1+m.rng.IntN(3))]...)
	}
	return offer
}

func (m *weekMaker) line(i int) engine.Line {
	fam := families[m.sells[i]]
	p := fam.products[m.rng.IntN(len(fam.products))]
	quantity := float64(1 + m.rng.IntN(3))
	return engine.Line{Producer: m.net.producers[i].id, Product: p.name, Quantity: quantity, Class: fam.class,
		Kg: math.Round(100*p.kg*quantity) / 100, Litres: math.Round(100*p.litres*quantity) / 100}
}
