package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carriole/geo"
)

// november is a time on a day of November 2026.
func november(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.FixedZone("", 3600))
}

// thursday is a time on the Thursday of the fixtures.
func thursday(hour, minute int) time.Time { return november(26, hour, minute) }

// peaches is a week worked out by hand: Anne hands her peaches to Bruno at the AMAP, who brings them home past the hall.
func peaches() (*Week, *Plan) {
	metres := [][]float64{ // anne, amap, hall, bruno
		{0, 10000, 22000, 30000},
		{10000, 0, 12000, 20000},
		{22000, 12000, 0, 9000},
		{30000, 20000, 9000, 0},
	}
	seconds := make([][]float64, len(metres))
	for i, row := range metres {
		for _, m := range row {
			seconds[i] = append(seconds[i], m/10)
		}
	}
	amap := RoundStop{Place: "amap", ArriveAfter: thursday(17, 30), ArriveBy: thursday(18, 0), StayS: 3600}
	full := amap
	full.Unload = &Load{Kg: 450, Litres: map[Class]float64{Ambient: 850}}
	week := &Week{
		ID: "w",
		Places: []Place{
			{ID: "anne", Lon: 5.1, Lat: 44.1},
			{ID: "amap", Lon: 5.0, Lat: 44.0},
			{ID: "hall", Lon: 5.05, Lat: 43.95, StopS: new(600.0)},
			{ID: "bruno", Lon: 5.1, Lat: 43.9},
		},
		Producers: []Producer{{ID: "a", Name: "A", Place: "anne"}, {ID: "b", Name: "B", Place: "bruno"}},
		Vehicles: []Vehicle{
			{ID: "va", Producer: "a", Kg: 500, Litres: map[Class]float64{Ambient: 900}},
			{ID: "vb", Producer: "b", Kg: 500, Litres: map[Class]float64{Ambient: 900}},
		},
		Rounds: []Round{
			{ID: "ra", Producer: "a", Vehicle: "va", Kind: "amap", Start: "anne", End: "anne",
				DepartAfter: thursday(16, 0), ReturnBy: thursday(21, 0), Stops: []RoundStop{amap}},
			{ID: "rb", Producer: "b", Vehicle: "vb", Kind: "amap", Start: "bruno", End: "bruno",
				DepartAfter: thursday(16, 0), ReturnBy: thursday(22, 0), Stops: []RoundStop{full}, MaxAddedM: new(1500.0)},
		},
		PickupPoints: []PickupPoint{{ID: "ph", Place: "hall", AcceptAfter: thursday(19, 0), AcceptBy: thursday(20, 0)}},
		Orders: []Order{{ID: "o", PickupPoint: "ph", Lines: []Line{
			{Producer: "a", Product: "p", Quantity: 1, Kg: 60, Litres: 100, Class: Ambient},
		}}},
		Travel: &geo.Table{Metres: metres, Seconds: seconds},
	}
	plan := &Plan{
		Week: "w",
		Rounds: []PlanRound{
			{ID: "ra", Producer: "a", Vehicle: "va", Metres: 20000, BaseMetres: 20000, Stops: []PlanStop{
				{Place: "anne", Arrive: thursday(17, 0), Depart: thursday(17, 0), Load: []string{"c"}},
				{Place: "amap", Arrive: thursday(17, 30), Depart: thursday(18, 30), Base: new(0), Unload: []string{"c"}},
				{Place: "anne", Arrive: thursday(19, 0), Depart: thursday(19, 0)},
			}},
			{ID: "rb", Producer: "b", Vehicle: "vb", Metres: 41000, BaseMetres: 40000, Stops: []PlanStop{
				{Place: "bruno", Arrive: thursday(17, 0), Depart: thursday(17, 0)},
				{Place: "amap", Arrive: thursday(17, 40), Depart: thursday(18, 40), Base: new(0), Load: []string{"c"}},
				{Place: "hall", Arrive: thursday(19, 0), Depart: thursday(19, 10), Unload: []string{"c"}},
				{Place: "bruno", Arrive: thursday(19, 25), Depart: thursday(19, 25)},
			}},
		},
		Consignments: []Consignment{{ID: "c", Producer: "a", PickupPoint: "ph", Class: Ambient, CarriedBy: ByAny, Kg: 60, Litres: 100,
			Lines: []LineRef{{"o", 0}}, Legs: []Leg{{"ra", 0, 1}, {"rb", 1, 2}}}},
		Summary: Summary{BaseMetres: 60000, PlannedMetres: 61000, AddedMetres: 1000, Handovers: 1, Objective: 1500},
	}
	return week, plan
}

// byTrip is the peaches' week with Anne driving to the hall herself after the AMAP.
func byTrip() (*Week, *Plan) {
	w, p := peaches()
	w.Vehicles[0].Available = []Interval{{thursday(6, 0), thursday(12, 0)}, {thursday(19, 0), thursday(21, 0)}}
	p.Rounds[0].Stops[0].Load, p.Rounds[0].Stops[1].Unload = nil, nil
	rb := &p.Rounds[1]
	rb.Metres = 40000
	rb.Stops[1].Load = nil
	rb.Stops = slices.Delete(rb.Stops, 2, 3)
	rb.Stops[2].Arrive, rb.Stops[2].Depart = thursday(19, 15), thursday(19, 15)
	p.Rounds = append(p.Rounds, PlanRound{ID: "trip", Producer: "a", Vehicle: "va", Dedicated: true, Metres: 44000, Stops: []PlanStop{
		{Place: "anne", Arrive: thursday(19, 5), Depart: thursday(19, 5), Load: []string{"c"}},
		{Place: "hall", Arrive: thursday(19, 42), Depart: thursday(19, 52), Unload: []string{"c"}},
		{Place: "anne", Arrive: thursday(20, 30), Depart: thursday(20, 30)},
	}})
	p.Consignments[0].Legs = []Leg{{"trip", 0, 1}}
	p.Summary = Summary{BaseMetres: 60000, PlannedMetres: 104000, AddedMetres: 44000, Objective: 44000, Trips: 1}
	return w, p
}

// overNight is two days: Anne's round ends at the AMAP on Thursday, Bruno's starts there on Friday and passes the hall.
func overNight() (*Week, *Plan) {
	w, p := peaches()
	w.Places[1].Handover = &Handover{Store: []Class{Ambient}}
	w.Rounds[0].End, w.Rounds[0].Stops = "amap", nil
	w.Rounds[1] = Round{ID: "rb", Producer: "b", Vehicle: "vb", Start: "amap", End: "bruno", DepartAfter: november(27, 7, 0), ReturnBy: november(27, 12, 0)}
	w.PickupPoints[0].AcceptAfter, w.PickupPoints[0].AcceptBy = november(27, 8, 0), november(27, 10, 0)
	p.Rounds[0].Metres, p.Rounds[0].BaseMetres = 10000, 10000
	p.Rounds[0].Stops = []PlanStop{
		{Place: "anne", Arrive: thursday(17, 0), Depart: thursday(17, 0), Load: []string{"c"}},
		{Place: "amap", Arrive: thursday(17, 20), Depart: thursday(17, 20), Unload: []string{"c"}},
	}
	p.Rounds[1].Metres, p.Rounds[1].BaseMetres = 21000, 20000
	p.Rounds[1].Stops = []PlanStop{
		{Place: "amap", Arrive: november(27, 8, 0), Depart: november(27, 8, 0), Load: []string{"c"}},
		{Place: "hall", Arrive: november(27, 8, 20), Depart: november(27, 8, 30), Unload: []string{"c"}},
		{Place: "bruno", Arrive: november(27, 8, 45), Depart: november(27, 8, 45)},
	}
	p.Consignments[0].Legs = []Leg{{"ra", 0, 1}, {"rb", 0, 1}}
	p.Summary = Summary{BaseMetres: 30000, PlannedMetres: 31000, AddedMetres: 1000, Handovers: 1, Objective: 1500}
	return w, p
}

// atTheEnd is Anne's round ending at the hall, where she delivers at 19:00.
func atTheEnd() (*Week, *Plan) {
	w, p := byTrip()
	w.Rounds[0].End = "hall"
	p.Rounds = p.Rounds[:2]
	ra := &p.Rounds[0]
	ra.Metres, ra.BaseMetres = 22000, 22000
	ra.Stops[0].Load = []string{"c"}
	ra.Stops[2] = PlanStop{Place: "hall", Arrive: thursday(19, 0), Depart: thursday(19, 0), Unload: []string{"c"}}
	p.Consignments[0].Legs = []Leg{{"ra", 0, 2}}
	p.Summary = Summary{BaseMetres: 62000, PlannedMetres: 62000}
	return w, p
}

// twoPoints is the peaches with a second pickup point in the same hall, and cherries for it.
func twoPoints() (*Week, *Plan) {
	w, p := peaches()
	w.Vehicles[1].Kg, w.Vehicles[1].Litres[Ambient] = 700, 1000
	w.PickupPoints = append(w.PickupPoints, PickupPoint{ID: "pk", Place: "hall", AcceptAfter: thursday(18, 30), AcceptBy: thursday(19, 30)})
	w.Orders = append(w.Orders, Order{ID: "k", PickupPoint: "pk", Lines: []Line{{Producer: "a", Kg: 10, Litres: 20}}})
	d := p.Consignments[0]
	d.ID, d.PickupPoint, d.Kg, d.Litres, d.Lines = "d", "pk", 10, 20, []LineRef{{"k", 0}}
	p.Consignments = append(p.Consignments, d)
	both := []string{"d", "c"}
	p.Rounds[0].Stops[0].Load, p.Rounds[0].Stops[1].Unload = both, both
	p.Rounds[1].Stops[1].Load, p.Rounds[1].Stops[2].Unload = both, both
	return w, p
}

// split is the peaches as two lines of one order in two consignments of the same kind.
func split() (*Week, *Plan) {
	w, p := twoPoints()
	w.PickupPoints = w.PickupPoints[:1]
	w.Orders[0].Lines = append(w.Orders[0].Lines, w.Orders[1].Lines...)
	w.Orders = w.Orders[:1]
	p.Consignments[1].PickupPoint, p.Consignments[1].Lines = "ph", []LineRef{{"o", 1}}
	return w, p
}

// onSite is Anne's own pickup point at her farm; nobody drives for it.
func onSite() (*Week, *Plan) {
	w, p := byTrip()
	w.PickupPoints[0].Place = "anne"
	p.Rounds = p.Rounds[:2]
	p.Consignments[0].Legs = nil
	p.Summary = Summary{BaseMetres: 60000, PlannedMetres: 60000}
	return w, p
}

// unserved is the peaches left at the farm.
func unserved() (*Week, *Plan) {
	w, p := onSite()
	w.PickupPoints[0].Place = "hall"
	p.Consignments = nil
	p.Unserved = []Unserved{{Order: "o", Reason: "nobody passes the hall"}}
	p.Summary.UnservedKg = 60
	return w, p
}

// twice is a round of Anne that passes the AMAP, home for more peaches and the AMAP again.
func twice() (*Week, *Plan) {
	w, p := peaches()
	w.Places[0].StopS = new(0.0)
	ra := &w.Rounds[0]
	ra.Stops = append(ra.Stops, RoundStop{Place: "amap", ArriveAfter: thursday(18, 50), ArriveBy: thursday(19, 0), StayS: 60})
	ra.Stops[0].StayS = 60
	rb := &w.Rounds[1]
	rb.Stops[0].ArriveBy = thursday(19, 0)
	w.PickupPoints[0].AcceptBy = thursday(22, 0)
	p.Rounds[0].Metres, p.Rounds[0].BaseMetres = 40000, 20000
	p.Rounds[0].Stops = []PlanStop{
		{Place: "anne", Arrive: thursday(17, 10), Depart: thursday(17, 10)},
		{Place: "amap", Arrive: thursday(17, 30), Depart: thursday(17, 40), Base: new(0)},
		{Place: "anne", Arrive: thursday(18, 0), Depart: thursday(18, 0), Load: []string{"c"}},
		{Place: "amap", Arrive: thursday(18, 50), Depart: thursday(18, 55), Base: new(1), Unload: []string{"c"}},
		{Place: "anne", Arrive: thursday(19, 30), Depart: thursday(19, 30)},
	}
	s := p.Rounds[1].Stops
	s[1].Arrive, s[1].Depart = thursday(18, 0), thursday(19, 0)
	s[2].Arrive, s[2].Depart = thursday(19, 20), thursday(19, 30)
	s[3].Arrive, s[3].Depart = thursday(19, 45), thursday(19, 45)
	p.Consignments[0].Legs = []Leg{{"ra", 2, 3}, {"rb", 1, 2}}
	p.Summary = Summary{BaseMetres: 60000, PlannedMetres: 81000, AddedMetres: 21000, Handovers: 1, Objective: 21500}
	return w, p
}

// customer is the peaches ordered by somebody who lives at the coordinates and named no pickup point.
func customer(lon, lat float64) func() (*Week, *Plan) {
	return func() (*Week, *Plan) {
		w, p := peaches()
		w.Orders[0].PickupPoint, w.Orders[0].Lon, w.Orders[0].Lat = "", &lon, &lat
		p.Assigned = []Assignment{{"o", "ph"}}
		return w, p
	}
}

// missed makes Anne leave the AMAP before Bruno comes.
func missed(w *Week, p *Plan) {
	w.Rounds[1].Stops[0].ArriveAfter, w.Rounds[1].Stops[0].ArriveBy = thursday(18, 35), thursday(18, 50)
	s := p.Rounds[1].Stops
	s[1].Arrive, s[1].Depart = thursday(18, 35), thursday(19, 35)
	s[2].Arrive, s[2].Depart = thursday(19, 55), thursday(20, 5)
	s[3].Arrive, s[3].Depart = thursday(20, 20), thursday(20, 20)
}

func TestCheck(t *testing.T) {
	const right = 0
	for _, tt := range []struct {
		name    string
		fixture func() (*Week, *Plan)
		edit    func(w *Week, p *Plan)
		rule    int // that alone is broken, 0: none
		path    string
		also    []int // rules that cannot but be broken too
	}{
		{"right", peaches, func(w *Week, p *Plan) {}, right, "", nil},
		{"a dedicated trip", byTrip, func(w *Week, p *Plan) {}, right, "", nil},
		{"goods wait over night", overNight, func(w *Week, p *Plan) {}, right, "", nil},
		{"delivered at the end", atTheEnd, func(w *Week, p *Plan) {}, right, "", nil},
		{"two pickup points at one stop", twoPoints, func(w *Week, p *Plan) {}, right, "", nil},
		{"split", split, func(w *Week, p *Plan) {}, right, "", nil},
		{"no transport needed", onSite, func(w *Week, p *Plan) {}, right, "", nil},
		{"left behind", unserved, func(w *Week, p *Plan) {}, right, "", nil},
		{"the same place twice", twice, func(w *Week, p *Plan) {}, right, "", nil},
		{"assigned near", customer(5.06, 43.96), func(w *Week, p *Plan) {}, right, "", nil},
		{"a cold room keeps it", peaches, func(w *Week, p *Plan) {
			missed(w, p)
			w.Places[1].Handover = &Handover{Store: []Class{Ambient}}
		}, right, "", nil},
		{"own goods are off by then", peaches, func(w *Week, p *Plan) {
			w.Vehicles[1].Kg, w.Vehicles[1].Litres[Ambient] = 450, 850
		}, right, "", nil},
		{"end and start meet at one moment", overNight, func(w *Week, p *Plan) {
			w.Places[1].Handover = nil
			p.Rounds[0].Stops[1].Arrive, p.Rounds[0].Stops[1].Depart = november(27, 8, 0), november(27, 8, 0)
			w.Rounds[0].ReturnBy = november(27, 8, 0)
		}, right, "", nil},
		{"a trip that takes no time, and another at its moment", byTrip, func(w *Week, p *Plan) {
			p.Rounds = append(p.Rounds, PlanRound{ID: "blink", Producer: "a", Vehicle: "va", Dedicated: true, Stops: []PlanStop{
				{Place: "anne", Arrive: thursday(19, 5), Depart: thursday(19, 5)},
				{Place: "anne", Arrive: thursday(19, 5), Depart: thursday(19, 5)},
			}})
			p.Summary.Trips = 2
		}, right, "", nil},
		{"carried_by left out means any", peaches, func(w *Week, p *Plan) { p.Consignments[0].CarriedBy = "" }, right, "", nil},
		{"goods of others near home", peaches, func(w *Week, p *Plan) { w.Settings.OthersWithinM = new(15000.0) }, right, "", nil},
		{"a lock that holds", peaches, func(w *Week, p *Plan) {
			w.Locks = []Lock{{Producer: "a", PickupPoint: "ph", Rounds: []string{"ra", "rb"}}}
		}, right, "", nil},
		{"a lock on another class", peaches, func(w *Week, p *Plan) {
			w.Locks = []Lock{{Producer: "a", PickupPoint: "ph", Class: Frozen, Rounds: []string{"rb"}}}
		}, right, "", nil},
		{"waits until the hall opens", peaches, func(w *Week, p *Plan) {
			w.Places[2].Open = []Interval{{thursday(8, 0), thursday(12, 0)}, {thursday(19, 10), thursday(20, 0)}}
			p.Rounds[1].Stops[2].Depart = thursday(19, 20)
			p.Rounds[1].Stops[3].Arrive = thursday(19, 35)
			p.Rounds[1].Stops[3].Depart = thursday(19, 35)
		}, right, "", nil},

		{"another week's plan", peaches, func(w *Week, p *Plan) { p.Week = "v" }, 1, "week", nil},
		{"line lost", onSite, func(w *Week, p *Plan) { p.Consignments = nil }, 1, "orders[0].lines[0]", nil},
		{"line in two consignments", split, func(w *Week, p *Plan) {
			p.Consignments[1].Lines = []LineRef{{"o", 1}, {"o", 0}}
		}, 1, "consignments[1].lines[1]", nil},
		{"line served and unserved", peaches, func(w *Week, p *Plan) {
			p.Unserved = []Unserved{{Order: "o", Reason: "-"}}
		}, 1, "unserved[0]", nil},
		{"no such line", split, func(w *Week, p *Plan) { p.Consignments[1].Lines[0].Line = -1 }, 1, "consignments[1].lines[0]", nil},
		{"no such order", unserved, func(w *Week, p *Plan) { p.Unserved[0].Order = "?" }, 1, "unserved[0]", []int{8}},
		{"no reason", unserved, func(w *Week, p *Plan) { p.Unserved[0].Reason = " " }, 1, "unserved[0].reason", nil},
		{"line of another producer", onSite, func(w *Week, p *Plan) { w.Orders[0].Lines[0].Producer = "b" }, 1, "consignments[0].lines[0]", nil},
		{"line of another class", onSite, func(w *Week, p *Plan) { w.Orders[0].Lines[0].Class = Chilled }, 1, "consignments[0].lines[0]", nil},
		{"line for its own producer's rounds", onSite, func(w *Week, p *Plan) { w.Orders[0].Lines[0].CarriedBy = ByProducer }, 1, "consignments[0].lines[0]", nil},
		{"line for another pickup point", twoPoints, func(w *Week, p *Plan) { w.Orders[1].PickupPoint = "ph" }, 1, "consignments[1].lines[0]", nil},
		{"consignment of an unknown producer", peaches, func(w *Week, p *Plan) { p.Consignments[0].Producer = "?" }, 1, "consignments[0].producer", []int{8}},
		{"consignment to an unknown pickup point", peaches, func(w *Week, p *Plan) { p.Consignments[0].PickupPoint = "?" }, 1, "consignments[0].pickup_point", []int{8}},
		{"ids repeat", twoPoints, func(w *Week, p *Plan) { p.Consignments[1].ID = "c" }, 1, "consignments[1].id", []int{5}},
		{"no id", onSite, func(w *Week, p *Plan) { p.Consignments[0].ID = "" }, 1, "consignments[0].id", nil},
		{"kilograms wrong", peaches, func(w *Week, p *Plan) { p.Consignments[0].Kg = 59 }, 1, "consignments[0].kg", nil},
		{"kilograms are no number", onSite, func(w *Week, p *Plan) { p.Consignments[0].Kg = math.NaN() }, 1, "consignments[0].kg", nil},
		{"litres wrong", peaches, func(w *Week, p *Plan) { p.Consignments[0].Litres = 101 }, 1, "consignments[0].litres", nil},
		{"assigned too far", customer(5.6, 44.4), func(w *Week, p *Plan) {}, 1, "assigned[0]", nil},
		{"assigned beyond the week's own limit", customer(5.06, 43.96), func(w *Week, p *Plan) { w.Settings.MaxPickupM = new(1000.0) }, 1, "assigned[0]", nil},
		{"assigned twice", customer(5.06, 43.96), func(w *Week, p *Plan) { p.Assigned = append(p.Assigned, p.Assigned[0]) }, 1, "assigned[1]", nil},
		{"assigned though it had a point", peaches, func(w *Week, p *Plan) { p.Assigned = []Assignment{{"o", "ph"}} }, 1, "assigned[0]", nil},
		{"assigned to nowhere", customer(5.06, 43.96), func(w *Week, p *Plan) { p.Assigned[0].PickupPoint = "?" }, 1, "assigned[0].pickup_point", nil},
		{"nobody's order assigned", customer(5.06, 43.96), func(w *Week, p *Plan) { p.Assigned[0].Order = "?" }, 1, "assigned[0].order", nil},
		{"not assigned", customer(5.06, 43.96), func(w *Week, p *Plan) { p.Assigned = nil }, 1, "consignments[0].lines[0]", nil},

		{"round dropped", onSite, func(w *Week, p *Plan) {
			p.Rounds = p.Rounds[:1]
			p.Summary = Summary{BaseMetres: 20000, PlannedMetres: 20000}
		}, 2, "rounds", nil},
		{"round twice", onSite, func(w *Week, p *Plan) {
			p.Rounds = append(p.Rounds, p.Rounds[0])
			p.Summary = Summary{BaseMetres: 80000, PlannedMetres: 80000}
		}, 2, "rounds[2].id", nil},
		{"trip takes a round's id", byTrip, func(w *Week, p *Plan) { p.Rounds[2].ID = "ra" }, 2, "rounds[2].id", []int{5, 8}},
		{"existing round marked dedicated", peaches, func(w *Week, p *Plan) { p.Rounds[0].Dedicated = true }, 2, "rounds[0].dedicated", nil},
		{"unknown round not marked dedicated", byTrip, func(w *Week, p *Plan) { p.Rounds[2].Dedicated = false }, 2, "rounds[2].id", nil},
		{"own stop dropped", peaches, func(w *Week, p *Plan) { p.Rounds[1].Stops[1].Base = nil }, 2, "rounds[1].stops", nil},
		{"own stops swapped", twice, func(w *Week, p *Plan) {
			s := p.Rounds[0].Stops
			s[1].Base, s[3].Base = s[3].Base, s[1].Base
		}, 2, "rounds[0].stops[3].base", []int{3}},
		{"own stop twice", twice, func(w *Week, p *Plan) { p.Rounds[0].Stops[2].Base = new(0) }, 2, "rounds[0].stops[2].base", []int{3}},
		{"no such own stop", peaches, func(w *Week, p *Plan) { p.Rounds[1].Stops[2].Base = new(7) }, 2, "rounds[1].stops[2].base", nil},
		{"own stop elsewhere", peaches, func(w *Week, p *Plan) { w.Rounds[0].Stops[0].Place = "hall" }, 2, "rounds[0].stops[1].place", []int{8}},
		{"the end as an own stop", peaches, func(w *Week, p *Plan) { p.Rounds[0].Stops[2].Base = new(0) }, 2, "rounds[0].stops[2].base", nil},
		{"start moved", peaches, func(w *Week, p *Plan) { w.Rounds[1].Start = "amap" }, 2, "rounds[1].stops[0].place", []int{7, 8}},
		{"end moved", peaches, func(w *Week, p *Plan) { w.Rounds[1].End = "hall" }, 2, "rounds[1].stops[3].place", []int{7, 8}},
		{"other vehicle", peaches, func(w *Week, p *Plan) { p.Rounds[0].Vehicle = "vb" }, 2, "rounds[0].vehicle", nil},
		{"unknown vehicle", peaches, func(w *Week, p *Plan) { p.Rounds[0].Vehicle = "?" }, 2, "rounds[0].vehicle", nil},
		{"other producer", onSite, func(w *Week, p *Plan) { p.Rounds[0].Producer = "b" }, 2, "rounds[0].producer", nil},
		{"no stops", onSite, func(w *Week, p *Plan) {
			p.Rounds[0].Stops = nil
			p.Summary = Summary{BaseMetres: 40000, PlannedMetres: 40000}
		}, 2, "rounds[0].stops", nil},
		{"unknown place", onSite, func(w *Week, p *Plan) { p.Rounds[0].Stops[1].Place = "?" }, 2, "rounds[0].stops[1].place", []int{8}},
		{"one vehicle, two rounds", peaches, func(w *Week, p *Plan) {
			w.Rounds[1].Vehicle, p.Rounds[1].Vehicle = "va", "va"
		}, 2, "rounds[1]", nil},
		{"trip while on a round", byTrip, func(w *Week, p *Plan) {
			w.Vehicles[0].Available[1][0] = thursday(18, 30)
			s := p.Rounds[2].Stops
			s[0].Depart, s[1].Arrive, s[1].Depart = thursday(18, 50), thursday(19, 30), thursday(19, 40)
			s[0].Arrive = s[0].Depart
		}, 2, "rounds[2]", nil},
		{"trip not from home", byTrip, func(w *Week, p *Plan) { w.Producers[0].Place = "amap" }, 2, "rounds[2].stops[0].place", []int{5}},
		{"trip not home again", byTrip, func(w *Week, p *Plan) {
			s := p.Rounds[2].Stops
			s[2].Place = "hall"
			p.Rounds[2].Metres = 22000
			p.Summary.PlannedMetres, p.Summary.AddedMetres, p.Summary.Objective = 82000, 22000, 22000
		}, 2, "rounds[2].stops[2].place", nil},
		{"trip of another producer", byTrip, func(w *Week, p *Plan) { p.Rounds[2].Producer = "b" }, 2, "rounds[2].producer", nil},
		{"trip with an own stop", byTrip, func(w *Week, p *Plan) { p.Rounds[2].Stops[1].Base = new(0) }, 2, "rounds[2].stops[1].base", nil},
		{"trip outside availability", byTrip, func(w *Week, p *Plan) { w.Vehicles[0].Available[1][1] = thursday(20, 0) }, 2, "rounds[2]", nil},
		{"trip across two intervals", byTrip, func(w *Week, p *Plan) {
			w.Vehicles[0].Available = []Interval{{thursday(18, 0), thursday(20, 0)}, {thursday(20, 0), thursday(22, 0)}}
		}, 2, "rounds[2]", nil},
		{"trip of a vehicle that is never free", byTrip, func(w *Week, p *Plan) { w.Vehicles[0].Available = nil }, 2, "rounds[2]", nil},

		{"too fast", peaches, func(w *Week, p *Plan) { p.Rounds[1].Stops[2].Arrive = thursday(18, 55) }, 3, "rounds[1].stops[2].arrive", nil},
		{"leaves too early", peaches, func(w *Week, p *Plan) { w.Rounds[0].DepartAfter = thursday(17, 5) }, 3, "rounds[0].stops[0].depart", nil},
		{"returns late", peaches, func(w *Week, p *Plan) { w.Rounds[1].ReturnBy = thursday(19, 20) }, 3, "rounds[1].stops[3].arrive", nil},
		{"own window missed", peaches, func(w *Week, p *Plan) { w.Rounds[1].Stops[0].ArriveBy = thursday(17, 35) }, 3, "rounds[1].stops[1]", nil},
		{"own stop cut short", peaches, func(w *Week, p *Plan) { w.Rounds[1].Stops[0].StayS = 3700 }, 3, "rounds[1].stops[1].depart", nil},
		{"own window opens later", peaches, func(w *Week, p *Plan) { w.Rounds[1].Stops[0].ArriveAfter = thursday(17, 50) }, 3, "rounds[1].stops[1].depart", nil},
		{"hall opens later", peaches, func(w *Week, p *Plan) { w.PickupPoints[0].AcceptAfter = thursday(19, 5) }, 3, "rounds[1].stops[2].depart", nil},
		{"hall has closed", peaches, func(w *Week, p *Plan) { w.PickupPoints[0].AcceptBy = thursday(18, 50) }, 3, "rounds[1].stops[2]", nil},
		{"place shut", peaches, func(w *Week, p *Plan) { w.Places[2].Open = []Interval{{thursday(8, 0), thursday(12, 0)}} }, 3, "rounds[1].stops[2]", nil},
		{"place opens after the hall accepts", peaches, func(w *Week, p *Plan) {
			w.Places[2].Open = []Interval{{thursday(20, 10), thursday(21, 0)}}
		}, 3, "rounds[1].stops[2]", nil},
		{"an own stop does not mind a shut place", peaches, func(w *Week, p *Plan) {
			w.Places[1].Open = []Interval{{thursday(8, 0), thursday(12, 0)}}
		}, right, "", nil},
		{"added stop cut short", peaches, func(w *Week, p *Plan) { w.Places[2].StopS = new(700.0) }, 3, "rounds[1].stops[2].depart", nil},
		{"the second point opens later", twoPoints, func(w *Week, p *Plan) { w.PickupPoints[1].AcceptAfter = thursday(19, 5) }, 3, "rounds[1].stops[2].depart", nil},
		{"the second point has closed", twoPoints, func(w *Week, p *Plan) { w.PickupPoints[1].AcceptBy = thursday(18, 50) }, 3, "rounds[1].stops[2]", nil},
		{"two points without a common moment", twoPoints, func(w *Week, p *Plan) {
			w.PickupPoints[1].AcceptBy = thursday(18, 59)
		}, 3, "rounds[1].stops[2]", nil},
		{"at the end before it is accepted", atTheEnd, func(w *Week, p *Plan) { w.PickupPoints[0].AcceptAfter = thursday(19, 5) }, 3, "rounds[0].stops[2].arrive", nil},
		{"at the end after it is accepted", atTheEnd, func(w *Week, p *Plan) {
			w.PickupPoints[0].AcceptAfter, w.PickupPoints[0].AcceptBy = thursday(18, 0), thursday(18, 50)
		}, 3, "rounds[0].stops[2].arrive", nil},
		{"no arrival", peaches, func(w *Week, p *Plan) { p.Rounds[0].Stops[2].Arrive = time.Time{} }, 3, "rounds[0].stops[2].arrive", nil},
		{"no departure", peaches, func(w *Week, p *Plan) { p.Rounds[0].Stops[0].Depart = time.Time{} }, 3, "rounds[0].stops[0].depart", nil},
		{"starts before it is there", peaches, func(w *Week, p *Plan) { p.Rounds[0].Stops[0].Arrive = thursday(17, 5) }, 3, "rounds[0].stops[0].depart", nil},

		{"own goods still on board", peaches, func(w *Week, p *Plan) {
			w.Rounds[0].Stops[0].Unload = &Load{Kg: 1, Litres: map[Class]float64{Ambient: 850}}
		}, 4, "rounds[0].stops[0]", nil},
		{"too heavy", peaches, func(w *Week, p *Plan) { w.Vehicles[0].Kg = 59 }, 4, "rounds[0].stops[0]", nil},
		{"wrong class of room", peaches, func(w *Week, p *Plan) { w.Vehicles[0].Litres = map[Class]float64{Chilled: 900} }, 4, "rounds[0].stops[0]", nil},
		{"too much together", twoPoints, func(w *Week, p *Plan) { w.Vehicles[0].Kg = 69 }, 4, "rounds[0].stops[0]", nil},
		{"too heavy on the second leg", peaches, func(w *Week, p *Plan) {
			w.Vehicles[1].Kg = 59
			w.Rounds[1].Stops[0].Unload = nil
		}, 4, "rounds[1].stops[1]", nil},

		{"ends elsewhere", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs[1].To = 3 }, 5, "consignments[0].legs", nil},
		{"begins elsewhere", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs = p.Consignments[0].Legs[1:] }, 5, "consignments[0].legs[0]", []int{8}},
		{"goes on elsewhere", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs[1].From = 0 }, 5, "consignments[0].legs[1]", []int{4}},
		{"not carried", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs = nil }, 5, "consignments[0].legs", []int{8}},
		{"carried for nothing", peaches, func(w *Week, p *Plan) { w.PickupPoints[0].Place = "anne" }, 5, "consignments[0].legs", nil},
		{"not ready", peaches, func(w *Week, p *Plan) { w.Producers[0].ReadyAt = thursday(17, 10) }, 5, "consignments[0].legs[0]", nil},
		{"leg on an unknown round", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs[1].Round = "?" }, 5, "consignments[0].legs[1]", []int{8}},
		{"leg to a stop that is not there", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs[1].To = 4 }, 5, "consignments[0].legs[1]", []int{8}},
		{"leg from before the start", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs[0].From = -1 }, 5, "consignments[0].legs[0]", []int{8}},
		{"leg backwards", peaches, func(w *Week, p *Plan) { p.Consignments[0].Legs[0] = Leg{"ra", 1, 0} }, 5, "consignments[0].legs[0]", []int{8}},
		{"not in the load list", peaches, func(w *Week, p *Plan) { p.Rounds[0].Stops[0].Load = nil }, 5, "rounds[0].stops[0].load", nil},
		{"too much in the unload list", peaches, func(w *Week, p *Plan) { p.Rounds[1].Stops[3].Unload = []string{"c"} }, 5, "rounds[1].stops[3].unload", nil},
		{"twice in the load list", peaches, func(w *Week, p *Plan) { p.Rounds[0].Stops[0].Load = []string{"c", "c"} }, 5, "rounds[0].stops[0].load", nil},

		{"they miss each other", peaches, missed, 6, "consignments[0].legs[1]", nil},
		{"the cold room is for another class", peaches, func(w *Week, p *Plan) {
			missed(w, p)
			w.Places[1].Handover = &Handover{Store: []Class{Chilled}}
		}, 6, "consignments[0].legs[1]", nil},
		{"no meeting allowed", peaches, func(w *Week, p *Plan) { w.Places[1].Handover = &Handover{Meet: new(false)} }, 6, "consignments[0].legs[1]", nil},
		{"nobody watches the goods over night", overNight, func(w *Week, p *Plan) { w.Places[1].Handover = nil }, 6, "consignments[0].legs[1]", nil},
		{"the taker has left", overNight, func(w *Week, p *Plan) {
			w.Rounds[0].ReturnBy = november(27, 9, 0)
			p.Rounds[0].Stops[1].Arrive, p.Rounds[0].Stops[1].Depart = november(27, 8, 1), november(27, 8, 1)
		}, 6, "consignments[0].legs[1]", nil},
		{"hands over to itself", overNight, func(w *Week, p *Plan) {
			p.Rounds[1].Stops[0].Load = nil
			ra := &p.Rounds[0]
			ra.Stops = append(ra.Stops, p.Rounds[1].Stops[1], ra.Stops[1])
			ra.Stops[0].Load, ra.Stops[1].Load, ra.Stops[1].Depart = []string{"c"}, []string{"c"}, thursday(17, 30)
			ra.Stops[2].Arrive, ra.Stops[2].Depart = thursday(17, 50), thursday(18, 0)
			ra.Stops[3].Arrive, ra.Stops[3].Depart, ra.Stops[3].Unload = thursday(18, 20), thursday(18, 20), nil
			ra.Metres = 34000
			p.Rounds[1].Stops[1].Unload = nil
			w.PickupPoints[0].AcceptAfter = thursday(17, 0)
			p.Consignments[0].Legs = []Leg{{"ra", 0, 1}, {"ra", 1, 2}}
			p.Summary = Summary{BaseMetres: 30000, PlannedMetres: 55000, AddedMetres: 25000, Handovers: 1, Objective: 25500}
		}, 6, "consignments[0].legs[1]", nil},

		{"the detour is too long", peaches, func(w *Week, p *Plan) { w.Rounds[1].MaxAddedM = new(900.0) }, 7, "rounds[1]", nil},
		{"time limit", peaches, func(w *Week, p *Plan) { w.Rounds[1].MaxAddedS = new(600.0) }, 7, "rounds[1]", nil},
		{"time limit, waiting not counted", peaches, func(w *Week, p *Plan) {
			w.Rounds[1].MaxAddedS = new(700.0)
			p.Rounds[1].Stops[3].Arrive, p.Rounds[1].Stops[3].Depart = thursday(20, 30), thursday(20, 30)
		}, right, "", nil},
		{"the producer's own limit", peaches, func(w *Week, p *Plan) { w.Producers[1].MaxAddedM = new(900.0) }, 7, "producers[1]", nil},
		{"the producer's own limit with trips", byTrip, func(w *Week, p *Plan) { w.Producers[0].MaxAddedM = new(43000.0) }, 7, "producers[0]", nil},
		{"frozen round", peaches, func(w *Week, p *Plan) { w.Rounds[1].Frozen = true }, 7, "rounds[1].stops[2]", nil},
		{"Bruno carries his own only", peaches, func(w *Week, p *Plan) { w.Rounds[1].Carries = Carries{OwnOnly: true} }, 7, "consignments[0].legs[1]", nil},
		{"Bruno carries for others", peaches, func(w *Week, p *Plan) { w.Rounds[1].Carries = Carries{Only: []string{"z"}} }, 7, "consignments[0].legs[1]", nil},
		{"Bruno carries for nobody", peaches, func(w *Week, p *Plan) { w.Rounds[1].Carries = Carries{Only: []string{}} }, 7, "consignments[0].legs[1]", nil},
		{"only Anne may carry it", peaches, func(w *Week, p *Plan) {
			w.Orders[0].Lines[0].CarriedBy, p.Consignments[0].CarriedBy = ByProducer, ByProducer
		}, 7, "consignments[0].legs[1]", nil},
		{"too far from home", peaches, func(w *Week, p *Plan) { w.Settings.OthersWithinM = new(5000.0) }, 7, "consignments[0].legs[1]", nil},
		{"own goods far from home", byTrip, func(w *Week, p *Plan) { w.Settings.OthersWithinM = new(1.0) }, right, "", nil},
		{"forbidden", peaches, func(w *Week, p *Plan) { w.Forbid = []Forbid{{"a", "rb"}} }, 7, "consignments[0].legs[1]", nil},
		{"forbidden on its own round", peaches, func(w *Week, p *Plan) { w.Forbid = []Forbid{{"a", "ra"}} }, 7, "consignments[0].legs[0]", nil},
		{"lock broken", peaches, func(w *Week, p *Plan) {
			w.Locks = []Lock{{Producer: "a", PickupPoint: "ph", Rounds: []string{"rb"}}}
		}, 7, "consignments[0].legs", nil},
		{"lock in another order", peaches, func(w *Week, p *Plan) {
			w.Locks = []Lock{{Producer: "a", PickupPoint: "ph", Class: Ambient, Rounds: []string{"rb", "ra"}}}
		}, 7, "consignments[0].legs", nil},

		{"a round's metres", peaches, func(w *Week, p *Plan) { p.Rounds[1].Metres = 40900 }, 8, "rounds[1].metres", nil},
		{"a round's base metres", peaches, func(w *Week, p *Plan) { p.Rounds[1].BaseMetres = 0 }, 8, "rounds[1].base_metres", nil},
		{"base metres", peaches, func(w *Week, p *Plan) { p.Summary.BaseMetres = math.NaN() }, 8, "summary.base_metres", nil},
		{"planned metres", peaches, func(w *Week, p *Plan) { p.Summary.PlannedMetres = 60000 }, 8, "summary.planned_metres", nil},
		{"added metres", peaches, func(w *Week, p *Plan) { p.Summary.AddedMetres = 900 }, 8, "summary.added_metres", nil},
		{"handovers", peaches, func(w *Week, p *Plan) { p.Summary.Handovers = 2 }, 8, "summary.handovers", nil},
		{"objective", peaches, func(w *Week, p *Plan) { p.Summary.Objective = 1000 }, 8, "summary.objective", nil},
		{"the week's price of a handover", peaches, func(w *Week, p *Plan) { w.Settings.HandoverM = new(0.0) }, 8, "summary.objective", nil},
		{"unserved kilograms", unserved, func(w *Week, p *Plan) { p.Summary.UnservedKg = 1 }, 8, "summary.unserved_kg", nil},
		{"trips", byTrip, func(w *Week, p *Plan) { p.Summary.Trips = 2 }, 8, "summary.trips", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := tt.fixture()
			tt.edit(w, p)
			_, bad := Check(w, nil, p)
			found := false
			for _, v := range bad {
				found = found || v.Rule == tt.rule && v.Path == tt.path
				if v.Rule != tt.rule && !slices.Contains(tt.also, v.Rule) {
					t.Errorf("besides: %v", v)
				}
			}
			if tt.rule != right && !found {
				t.Errorf("want rule %d at %s, got %v", tt.rule, tt.path, bad)
			}
			for _, rule := range tt.also {
				if !slices.ContainsFunc(bad, func(v Violation) bool { return v.Rule == rule }) {
					t.Errorf("rule %d is not broken too", rule)
				}
			}
		})
	}
}

func TestCheckFigures(t *testing.T) {
	w, p := peaches()
	got, _ := Check(w, nil, p)
	want := Figures{BaseMetres: 60000, PlannedMetres: 61000, AddedMetres: 1000, Handovers: 1, Objective: 1500}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	w, p = unserved()
	if got, _ := Check(w, nil, p); got.UnservedKg != 60 {
		t.Errorf("unserved are %v kg, want 60", got.UnservedKg)
	}
	w, p = twoPoints()
	if got, _ := Check(w, nil, p); got.Handovers != 1 {
		t.Errorf("two consignments between two rounds at one place are %d handovers, want 1", got.Handovers)
	}
}

func TestCheckOtherTravel(t *testing.T) {
	w, p := peaches()
	double := geo.Table{Metres: make([][]float64, 4), Seconds: w.Travel.Seconds}
	for i, row := range w.Travel.Metres {
		for _, m := range row {
			double.Metres[i] = append(double.Metres[i], 2*m)
		}
	}
	if got, _ := Check(w, &double, p); got.PlannedMetres != 122000 {
		t.Errorf("planned %v m by the caller's travel, want 122000", got.PlannedMetres)
	}
	w.Travel = nil
	if got, _ := Check(w, nil, p); got.BaseMetres == 60000 || got.BaseMetres == 0 {
		t.Errorf("base is %v m by the crow, want another figure than the table's", got.BaseMetres)
	}
}

// TestCheckWreckage empties or scrambles one thing of a right plan after the other: Check reports and does not panic.
func TestCheckWreckage(t *testing.T) {
	w, _ := twoPoints()
	if _, bad := Check(w, nil, nil); len(bad) == 0 {
		t.Error("no plan at all passes")
	}
	for name, wreck := range map[string]func(p *Plan){
		"empty":           func(p *Plan) { *p = Plan{} },
		"no rounds":       func(p *Plan) { p.Rounds = nil },
		"empty rounds":    func(p *Plan) { p.Rounds = make([]PlanRound, 3) },
		"one stop":        func(p *Plan) { p.Rounds[1].Stops = p.Rounds[1].Stops[:1] },
		"empty stops":     func(p *Plan) { p.Rounds[1].Stops = make([]PlanStop, 9) },
		"no legs":         func(p *Plan) { p.Consignments[0].Legs = nil },
		"empty legs":      func(p *Plan) { p.Consignments[0].Legs = make([]Leg, 5) },
		"far legs":        func(p *Plan) { p.Consignments[0].Legs = []Leg{{"ra", math.MinInt, math.MaxInt}} },
		"empty parcels":   func(p *Plan) { p.Consignments = make([]Consignment, 3) },
		"empty lines":     func(p *Plan) { p.Consignments[0].Lines = make([]LineRef, 3) },
		"far lines":       func(p *Plan) { p.Consignments[0].Lines = []LineRef{{"o", math.MaxInt}, {"o", math.MinInt}} },
		"empty unserved":  func(p *Plan) { p.Unserved = make([]Unserved, 3) },
		"empty assigned":  func(p *Plan) { p.Assigned = make([]Assignment, 3) },
		"far own stop":    func(p *Plan) { p.Rounds[0].Stops[1].Base = new(math.MaxInt) },
		"unknown class":   func(p *Plan) { p.Consignments[0].Class = "lukewarm" },
		"infinite weight": func(p *Plan) { p.Consignments[0].Kg = math.Inf(1) },
		"strange year":    func(p *Plan) { p.Rounds[0].Stops[1].Arrive = time.Unix(math.MaxInt64/2, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			w, p := twoPoints()
			wreck(p)
			if _, bad := Check(w, nil, p); len(bad) == 0 {
				t.Error("nothing is found")
			}
		})
	}
}

// TestCheckScrambled changes plans anywhere at random. What comes out may be right by chance, but Check must not panic.
func TestCheckScrambled(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	wrong := 0
	for _, fixture := range []func() (*Week, *Plan){byTrip, overNight, twoPoints, twice, customer(5.06, 43.96)} {
		for range 300 {
			w, p := fixture()
			scramble(rng, reflect.ValueOf(p).Elem())
			if _, bad := Check(w, nil, p); len(bad) > 0 {
				wrong++
			}
		}
	}
	if wrong < 1000 {
		t.Errorf("only %d of 1500 scrambled plans are wrong", wrong)
	}
}

// scramble changes a value in 25 below v to one that is likely to hurt.
func scramble(rng *rand.Rand, v reflect.Value) {
	hit := rng.IntN(25) == 0
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			if hit {
				v.Set(reflect.ValueOf([]time.Time{{}, time.Unix(0, 0), time.Unix(math.MaxInt64/2, 0), thursday(18, 0)}[rng.IntN(4)]))
			}
			return
		}
		for i := range v.NumField() {
			scramble(rng, v.Field(i))
		}
	case reflect.Slice:
		if n := v.Len(); hit && n > 0 {
			v.Set([]reflect.Value{v.Slice(0, rng.IntN(n)), reflect.AppendSlice(v, v), reflect.MakeSlice(v.Type(), n, n), reflect.Zero(v.Type())}[rng.IntN(4)])
		}
		for i := range v.Len() {
			scramble(rng, v.Index(i))
		}
	case reflect.Pointer:
		if hit && v.Type().Elem().Kind() == reflect.Int {
			v.Set(reflect.New(v.Type().Elem()))
			v.Elem().SetInt([]int64{-1, 0, 1, 5, math.MaxInt}[rng.IntN(5)])
		}
	case reflect.Int:
		if hit {
			v.SetInt([]int64{math.MinInt, -1, 0, 1, 2, 5, math.MaxInt}[rng.IntN(7)])
		}
	case reflect.Float64:
		if hit {
			v.SetFloat([]float64{math.NaN(), math.Inf(1), -1, 1e300}[rng.IntN(4)])
		}
	case reflect.String:
		if hit {
			v.SetString([]string{"", "?", "ra", "rb", "c", "a", "hall", "vb", "chilled"}[rng.IntN(9)])
		}
	case reflect.Bool:
		if hit {
			v.SetBool(!v.Bool())
		}
	}
}

func ExampleViolation_String() {
	fmt.Println(Violation{3, "rounds[3].stops[2].depart", "is 120 s before the service of 600 s ends"})
	// Output: rule 3: rounds[3].stops[2].depart: is 120 s before the service of 600 s ends
}

func TestCheckSaysTheSameTwice(t *testing.T) {
	w, _ := peaches()
	broken := &Plan{Rounds: make([]PlanRound, 9), Consignments: make([]Consignment, 9), Unserved: make([]Unserved, 9)}
	_, first := Check(w, nil, broken)
	for range 5 {
		if _, again := Check(w, nil, broken); fmt.Sprint(again) != fmt.Sprint(first) {
			t.Fatalf("%v\nthen\n%v", first, again)
		}
	}
	if s := fmt.Sprint(first); !strings.Contains(s, "rule 1: orders[0].lines[0]: ") {
		t.Errorf("the lost line is not named: %s", s)
	}
}
