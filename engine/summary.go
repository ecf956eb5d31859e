package engine

import (
	"math"

	"carriole/geo"
)

// summarize states the contract's figures from the plan's stops and the travel.
func (m *model) summarize(p *Plan) {
	s := &p.Summary
	source := geo.SourceOf(m.travel)
	s.Travel = &source
	for k := range p.Rounds {
		r := &p.Rounds[k]
		at := make([]int, len(r.Stops))
		for i, x := range r.Stops {
			at[i] = m.at[x.Place]
		}
		r.Metres = m.metres(at)
		if r.Dedicated {
			s.Trips++
		} else {
			r.BaseMetres = m.baseMetres(&m.week.Rounds[k])
		}
		s.BaseMetres += r.BaseMetres
		s.PlannedMetres += r.Metres
	}
	type event struct{ place, giver, taker string }
	events := map[event]bool{}
	rounds := map[string]*PlanRound{}
	for k := range p.Rounds {
		rounds[p.Rounds[k].ID] = &p.Rounds[k]
	}
	for _, c := range p.Consignments {
		for i := 1; i < len(c.Legs); i++ {
			g, t := c.Legs[i-1], c.Legs[i]
			events[event{rounds[t.Round].Stops[t.From].Place, g.Round, t.Round}] = true
		}
	}
	s.AddedMetres = s.PlannedMetres - s.BaseMetres
	s.Handovers = len(events)
	s.Objective = s.AddedMetres + m.week.Settings.HandoverMetres()*float64(s.Handovers)
}

// metres is how far it is past places of the week.
func (m *model) metres(at []int) float64 {
	sum := 0.0
	for i := 1; i < len(at); i++ {
		x, _ := m.travel.Between(at[i-1], at[i])
		sum += x
	}
	return sum
}

func (m *model) baseMetres(r *Round) float64 {
	at := []int{m.at[r.Start]}
	for _, x := range r.Stops {
		at = append(at, m.at[x.Place])
	}
	return m.metres(append(at, m.at[r.End]))
}

// gramsPerKm is what a van up to 3.5 t without a figure of its own emits: 0.160 l/km of Diesel at 3.17 kg/l, well to wheel.
const gramsPerKm = 507

// Where the grams per kilometre of a summary come from.
const (
	CO2Default = "507 g/km for a van up to 3.5 t (French decree of 10 April 2012, level 1)"
	CO2Own     = "the vehicles' own figures"
	CO2Both    = CO2Own + "; otherwise " + CO2Default
)

// GramsPerKm is the CO2 that the vehicle emits over a kilometre: its own figure, else CO2Default.
func (v *Vehicle) GramsPerKm() float64 {
	if v.CO2GPerKm != nil {
		return *v.CO2GPerKm
	}
	return gramsPerKm
}

// emissions are the kilograms of CO2 that a vehicle emits over a distance. It notes where the figures come from.
type emissions struct {
	m             *model
	own, standard bool
}

func (e *emissions) of(vehicle string, metres float64) float64 {
	v := &e.m.week.Vehicles[e.m.carts[vehicle]]
	e.own = e.own || v.CO2GPerKm != nil && metres != 0
	e.standard = e.standard || v.CO2GPerKm == nil && metres != 0
	return metres / 1e6 * v.GramsPerKm()
}

func (e *emissions) source() string {
	switch {
	case e.own && e.standard:
		return CO2Both
	case e.own:
		return CO2Own
	}
	return CO2Default
}

// shares are what each producer would drive, emit and leave behind alone, in the week's order.
func (m *model) shares(alone *draft, e *emissions) []Share {
	w := m.week
	out := make([]Share, len(w.Producers))
	for i := range w.Producers {
		out[i].Producer = w.Producers[i].ID
	}
	for n := range alone.rounds {
		r := &alone.rounds[n]
		var at []int
		for _, i := range r.stops {
			at = append(at, alone.stops[i].place)
		}
		x, who := m.metres(at), &out[m.producers[m.driver(r)]]
		who.AloneMetres += x
		who.AloneCO2Kg += e.of(w.Vehicles[r.vehicle].ID, x)
	}
	for c, way := range alone.ways {
		if len(way) == 0 && !m.collected(alone.parcels[c]) {
			out[alone.parcels[c].producer].AloneUnserved += alone.parcels[c].kg
		}
	}
	for i := range w.Orders {
		for k := range w.Orders[i].Lines {
			if l := &w.Orders[i].Lines[k]; l.Held != nil {
				out[m.makers[l.Producer]].AloneUnserved += l.Kg
			}
		}
	}
	return out
}

// compare sets the plan beside the one in which each brings their own goods.
func (m *model) compare(p *Plan, alone *draft) {
	e := &emissions{m: m}
	m.balance(p, m.shares(alone, e), e)
}

// balance is compare with the shares that are known.
func (m *model) balance(p *Plan, shares []Share, e *emissions) {
	s := &p.Summary
	s.Producers = shares
	owners := map[string]*Share{}
	for i := range shares {
		x := &shares[i]
		owners[x.Producer] = x
		s.AloneMetres += x.AloneMetres
		s.AloneUnservedKg += x.AloneUnserved
		s.SavedCO2Kg += x.AloneCO2Kg
	}
	base, maker := map[string]float64{}, map[string]string{}
	for i := range p.Consignments {
		maker[p.Consignments[i].ID] = p.Consignments[i].Producer
	}
	for k := range p.Rounds {
		r := &p.Rounds[k]
		s.SavedCO2Kg -= e.of(r.Vehicle, r.Metres)
		owners[r.Producer].PlannedMetres += r.Metres
		base[r.Producer] += r.BaseMetres
		share(r, maker, owners)
	}
	s.CO2Source = e.source()
	s.SavedMetres = s.AloneMetres - s.PlannedMetres
	for i := range s.Producers {
		x := &s.Producers[i]
		x.WorseOff = x.PlannedMetres > max(x.AloneMetres, base[x.Producer])+0.5
		x.BalanceMetres = math.Round(1000*(m.week.Producers[i].BalanceM+x.ForOthers-x.ByOthers)) / 1000
	}
	s.SavedCO2Kg = math.Round(s.SavedCO2Kg*1000) / 1000
	s.NothingToGain = math.Abs(s.UnservedKg-s.AloneUnservedKg) < 1e-6 && math.Abs(s.Objective-(s.AloneMetres-s.BaseMetres)) < 0.5
}

// share books what a round adds to the producers whose goods make it do so: every added stop bears an equal part, and
// at each stop the producers of what is loaded and unloaded there do. maker is the producer of each consignment.
func share(r *PlanRound, maker map[string]string, owners map[string]*Share) {
	stops := 0
	for k, x := range r.Stops {
		if k > 0 && k < len(r.Stops)-1 && x.Base == nil {
			stops++
		}
	}
	if stops == 0 {
		return
	}
	each := (r.Metres - r.BaseMetres) / float64(stops)
	for k, x := range r.Stops {
		if k == 0 || k == len(r.Stops)-1 || x.Base != nil {
			continue
		}
		seen := map[string]bool{}
		for _, id := range x.Load {
			seen[maker[id]] = true
		}
		for _, id := range x.Unload {
			seen[maker[id]] = true
		}
		for who := range seen {
			if who != r.Producer {
				owners[who].ByOthers += each / float64(len(seen))
				owners[r.Producer].ForOthers += each / float64(len(seen))
			}
		}
	}
}
