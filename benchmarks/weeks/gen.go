package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"carriole/benchmarks/internal/maker"
	"carriole/engine"
	"carriole/geo"
)

// shape is the size of a made week.
type shape struct {
	producers, points, orders int
	roads                     bool // with a travel table of crooked roads; else crow flies
}

var shapes = map[string]shape{
	"small":  {15, 12, 180, true},
	"medium": {60, 50, 900, true},
	"large":  {1500, 1500, 17500, false},
}

// shapeFor any number of producers is that of a large week.
func shapeFor(producers int) shape { return shape{producers, producers, producers * 35 / 3, false} }

const perRegion = 18 // producers

// region is a market town's surroundings; goods are sold inside their region. The numbers are indexes into the week's
// places, or into its producers or points where the name says so.
type region struct {
	centre                  geo.Point
	towns                   []geo.Point
	shops, venues           []int
	producers, pickupPoints []int
}

type generator struct {
	shape
	rng     *rand.Rand
	week    *engine.Week
	regions []region
	class   []engine.Class // what each producer sells
	eggs    []bool         // whose goods only they may bring
	travel  geo.Travel
	busy    map[[2]int]bool // producer and half-day
}

// generate makes a week that has what real ones have: farms around market towns, AMAPs where several of them meet on
// one evening, circuits of shops, and pickup points that order from some of the farms around. Every round keeps its
// own windows. The same shape and seed give the same week.
func generate(s shape, seed uint64) *engine.Week {
	within := 100000.0
	g := &generator{shape: s, rng: rand.New(rand.NewPCG(seed, 2026)), busy: map[[2]int]bool{},
		week: &engine.Week{ID: fmt.Sprintf("made-%d-%d", s.producers, seed), Timezone: "Europe/Paris", Settings: engine.Settings{OthersWithinM: &within}}}
	g.settle()
	g.farms()
	g.points()
	g.roads()
	for i := range g.regions {
		g.amaps(&g.regions[i])
	}
	for i := range g.week.Producers {
		for range g.rng.IntN(3) {
			g.circuit(i, &g.regions[i%len(g.regions)])
		}
	}
	g.orders()
	return g.week
}

// settle places the regions with their towns, shops and AMAP venues.
func (g *generator) settle() {
	g.regions = make([]region, max(1, g.producers/perRegion))
	for i := range g.regions {
		r := &g.regions[i]
		r.centre = geo.Point{5.05, 44.05}
		if len(g.regions) > 1 {
			r.centre = geo.Point{g.between(-0.5, 6.5), g.between(43.6, 49.2)}
		}
		for range 9 {
			town := g.around(r.centre, 22)
			r.towns = append(r.towns, town)
			for range 2 {
				r.shops = append(r.shops, g.place("shop", g.around(town, 1.5), nil))
			}
		}
		for range max(1, perRegion/4) {
			var store []engine.Class
			if g.chance(0.3) {
				store = []engine.Class{engine.Ambient}
			}
			r.venues = append(r.venues, g.place("amap", g.around(r.towns[g.rng.IntN(len(r.towns))], 1.5), store))
		}
	}
}

func (g *generator) farms() {
	ambient, cold := []engine.Class{engine.Ambient}, []engine.Class{engine.Ambient, engine.Chilled}
	for i := range g.producers {
		r := &g.regions[i%len(g.regions)]
		r.producers = append(r.producers, i)
		farm := g.place("farm", g.around(r.centre, 28), maker.OneOf(g.rng, nil, ambient, cold))
		id := fmt.Sprintf("producer-%d", i)
		p := engine.Producer{ID: id, Place: g.week.Places[farm].ID, ReadyAt: maker.Hour(maker.OneOf(g.rng, 0, 0, 1), 6)}
		if g.chance(0.15) {
			p.MaxAddedM = ptr(maker.OneOf(g.rng, 60000.0, 90000))
		}
		g.week.Producers = append(g.week.Producers, p)

		van := engine.Vehicle{ID: fmt.Sprintf("van-%d", i), Producer: id, Kg: maker.OneOf(g.rng, 400.0, 600, 900),
			Litres: map[engine.Class]float64{engine.Ambient: maker.OneOf(g.rng, 1500.0, 2500, 4000)}}
		class := engine.Ambient
		switch draw := g.rng.Float64(); {
		case draw < 0.05:
			class = engine.Frozen
		case draw < 0.4:
			class = engine.Chilled
		}
		if class != engine.Ambient || g.chance(0.3) {
			van.Litres[engine.Chilled] = maker.OneOf(g.rng, 250.0, 400, 800)
		}
		if class == engine.Frozen || g.chance(0.08) {
			van.Litres[engine.Frozen] = maker.OneOf(g.rng, 100.0, 200)
		}
		for day := range 6 {
			if g.chance(0.75) {
				van.Available = append(van.Available, engine.Interval{maker.Hour(day, 7), maker.Hour(day, 21)})
			}
		}
		g.week.Vehicles = append(g.week.Vehicles, van)
		g.class = append(g.class, class)
		g.eggs = append(g.eggs, class == engine.Ambient && g.chance(0.1))
	}
}

// points opens pickup points in towns, and some at an AMAP, where the evening is set with the AMAP's rounds.
func (g *generator) points() {
	for k := range g.shape.points {
		r := &g.regions[k%len(g.regions)]
		p := engine.PickupPoint{ID: fmt.Sprintf("point-%d", k)}
		if g.chance(0.3) {
			p.Place = g.week.Places[r.venues[g.rng.IntN(len(r.venues))]].ID
		} else {
			at := g.place("point", g.around(r.towns[g.rng.IntN(len(r.towns))], 2.5), maker.OneOf(g.rng, nil, []engine.Class{engine.Ambient}, []engine.Class{engine.Ambient, engine.Chilled}))
			p.Place = g.week.Places[at].ID
			day, from := 2+g.rng.IntN(4), maker.OneOf(g.rng, 8.0, 9, 13, 14)
			p.AcceptAfter, p.AcceptBy = maker.Hour(day, from), maker.Hour(day, from+5)
		}
		r.pickupPoints = append(r.pickupPoints, k)
		g.week.PickupPoints = append(g.week.PickupPoints, p)
	}
}

// roads makes a travel table where each pair has its own detour, of which no way around is shorter.
func (g *generator) roads() {
	if !g.shape.roads {
		g.travel = engine.TravelOf(g.week)
		return
	}
	n := len(g.week.Places)
	t := &geo.Table{Metres: make([][]float64, n), Seconds: make([][]float64, n)}
	for i := range n {
		t.Metres[i], t.Seconds[i] = make([]float64, n), make([]float64, n)
	}
	for i := range n {
		for j := range i {
			d := geo.GreatCircle(g.at(i), g.at(j)) * g.between(1.15, 1.6)
			t.Metres[i][j], t.Metres[j][i] = math.Round(d*g.between(1, 1.05)), math.Round(d*g.between(1, 1.05))
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				t.Metres[i][j] = math.Min(t.Metres[i][j], t.Metres[i][k]+t.Metres[k][j])
			}
		}
	}
	for i := range n {
		for j := range n {
			t.Seconds[i][j] = math.Round(t.Metres[i][j] / 11.5)
		}
	}
	g.week.Travel, g.travel = t, t
}

// amaps gives each venue its evening, where three to six producers of the region come.
func (g *generator) amaps(r *region) {
	for _, venue := range r.venues {
		day, opens := 1+g.rng.IntN(4), maker.OneOf(g.rng, 17.5, 18, 18.5)
		for k := range g.week.PickupPoints {
			if p := &g.week.PickupPoints[k]; p.Place == g.week.Places[venue].ID {
				p.AcceptAfter, p.AcceptBy = maker.Hour(day, opens-3.5), maker.Hour(day, opens)
			}
		}
		for _, i := range g.draw(r.producers, 3+g.rng.IntN(4)) {
			g.round(i, "amap", day, opens-0.5, []int{venue}, 5400, [2]float64{20, 120}, g.class[i])
		}
	}
}

// circuit adds a morning round of two to five shops, in the order that drives least.
func (g *generator) circuit(i int, r *region) {
	shops := g.draw(r.shops, 2+g.rng.IntN(4))
	home := g.farm(i)
	best, order := math.Inf(1), []int(nil)
	maker.Permute(shops, func(try []int) {
		length, here := 0.0, home
		for _, s := range append(try[:len(try):len(try)], home) {
			m, _ := g.travel.Between(here, s)
			length, here = length+m, s
		}
		if length < best {
			best, order = length, append([]int(nil), try...)
		}
	})
	g.round(i, "circuit", g.rng.IntN(6), 8.5, order, maker.OneOf(g.rng, 600.0, 900, 1200), [2]float64{5, 40}, engine.Ambient)
}

// round adds a round that is at its first stop at the hour given; at each stop it may be half an hour early and three
// quarters late. Nothing is added when the van is out on that half-day.
func (g *generator) round(i int, kind string, day int, first float64, stops []int, stay float64, kg [2]float64, class engine.Class) {
	half := [2]int{i, 2*day + map[string]int{"circuit": 0, "amap": 1}[kind]}
	if g.busy[half] {
		return
	}
	g.busy[half] = true
	p, home := &g.week.Producers[i], g.farm(i)
	_, out := g.travel.Between(home, stops[0])
	r := engine.Round{ID: fmt.Sprintf("%s-%d", kind, len(g.week.Rounds)), Producer: p.ID, Vehicle: g.week.Vehicles[i].ID, Kind: kind, Start: p.Place, End: p.Place,
		DepartAfter: maker.Hour(day, first-out/3600-1.5)}
	room := 0.6 * g.week.Vehicles[i].Litres[class] / float64(len(stops))
	now, here := first, stops[0]
	for _, s := range stops {
		_, sec := g.travel.Between(here, s)
		now, here = now+sec/3600, s
		load := math.Round(g.between(kg[0], kg[1]))
		r.Stops = append(r.Stops, engine.RoundStop{Place: g.week.Places[s].ID, ArriveAfter: maker.Hour(day, now-0.5), ArriveBy: maker.Hour(day, now+0.75), StayS: stay,
			Unload: &engine.Load{Kg: load, Litres: map[engine.Class]float64{class: math.Round(math.Min(2*load, room))}}})
		now += stay / 3600
	}
	_, back := g.travel.Between(here, home)
	r.ReturnBy = maker.Hour(day, now+back/3600+1.5)
	switch draw := g.rng.Float64(); {
	case draw < 0.08:
		r.Carries.OwnOnly = true
	case draw < 0.15:
		for _, other := range g.draw(g.regions[i%len(g.regions)].producers, 5) {
			r.Carries.Only = append(r.Carries.Only, g.week.Producers[other].ID)
		}
	}
	if g.chance(0.7) {
		r.MaxAddedM = ptr(maker.OneOf(g.rng, 8000.0, 15000, 25000, 40000))
	}
	if g.chance(0.5) {
		r.MaxAddedS = ptr(maker.OneOf(g.rng, 1800.0, 2700, 3600, 5400))
	}
	r.Frozen = g.chance(0.04)
	g.week.Rounds = append(g.week.Rounds, r)
}

// orders lets each point sell the goods of four to nine producers around.
func (g *generator) orders() {
	offers := make([][]int, len(g.week.PickupPoints))
	for _, r := range g.regions {
		for _, k := range r.pickupPoints {
			offers[k] = g.draw(r.producers, 4+g.rng.IntN(6))
		}
	}
	for n := range g.shape.orders {
		k := g.rng.IntN(len(offers))
		o := engine.Order{ID: fmt.Sprintf("order-%d", n), PickupPoint: g.week.PickupPoints[k].ID}
		for _, i := range g.draw(offers[k], 1+g.rng.IntN(4)) {
			quantity := float64(1 + g.rng.IntN(4))
			kg := quantity * maker.OneOf(g.rng, 0.25, 0.5, 1, 2)
			l := engine.Line{Producer: g.week.Producers[i].ID, Product: fmt.Sprintf("product %d", 1+g.rng.IntN(8)), Quantity: quantity,
				Kg: kg, Litres: kg * maker.OneOf(g.rng, 2.0, 3, 4), Class: g.class[i]}
			if g.eggs[i] && g.chance(0.5) {
				l.CarriedBy = engine.ByProducer
			}
			o.Lines = append(o.Lines, l)
		}
		g.week.Orders = append(g.week.Orders, o)
	}
}

// place adds a place and gives its index.
func (g *generator) place(kind string, at geo.Point, store []engine.Class) int {
	p := engine.Place{ID: fmt.Sprintf("%s-%d", kind, len(g.week.Places)), Lon: math.Round(1e6*at[0]) / 1e6, Lat: math.Round(1e6*at[1]) / 1e6}
	if store != nil {
		p.Handover = &engine.Handover{Store: store}
	}
	g.week.Places = append(g.week.Places, p)
	return len(g.week.Places) - 1
}

func (g *generator) at(place int) geo.Point {
	return geo.Point{g.week.Places[place].Lon, g.week.Places[place].Lat}
}

// farm is the index of a producer's place: farms follow each other behind the regions' places.
func (g *generator) farm(i int) int {
	r := len(g.regions[0].shops) + len(g.regions[0].venues)
	return len(g.regions)*r + i
}

// around draws a point within km of another, evenly over the disc.
func (g *generator) around(c geo.Point, km float64) geo.Point {
	d, angle := km*math.Sqrt(g.rng.Float64()), g.between(0, 2*math.Pi)
	return geo.Point{c[0] + d*math.Cos(angle)/(111.3*math.Cos(c[1]*math.Pi/180)), c[1] + d*math.Sin(angle)/111.3}
}

func (g *generator) between(low, high float64) float64 { return low + (high-low)*g.rng.Float64() }
func (g *generator) chance(share float64) bool         { return g.rng.Float64() < share }

// draw takes up to n different elements in random order.
func (g *generator) draw(from []int, n int) []int {
	out := make([]int, 0, n)
	for _, k := range g.rng.Perm(len(from))[:min(n, len(from))] {
		out = append(out, from[k])
	}
	return out
}

func ptr(x float64) *float64 { return &x }
