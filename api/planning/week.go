package planning

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
	"carriole/geo"
)

// RoundID names one day of a round in weeks and plans; day is the one of the rule, also when it was moved.
func RoundID(round store.ID, day store.Day) string { return string(round) + "@" + string(day) }

// SplitRoundID is the inverse of RoundID; ok is false for a dedicated trip.
func SplitRoundID(id string) (round store.ID, day store.Day, ok bool) {
	r, d, ok := strings.Cut(id, "@")
	if !ok || r == "" || !store.Day(d).Valid() {
		return "", "", false
	}
	return store.ID(r), store.Day(d), true
}

// Week makes the week that is planned for a sale: the rounds that run on the sale's days by their rules, seasons and
// changes, the vehicles where they are available, the pickup points with the first opening from the distribution on, and
// the orders. Who neither sells nor drives in it is left out. Ids are the store's, but those of rounds are of RoundID.
//
// The faults are those of the making, whose paths name rows by id, and those of [engine.Validate]; without one that is
// no warning the week can be planned.
func Week(d *store.WeekData) (*engine.Week, []engine.Fault) {
	m := newMaker(d)
	m.make()
	if m.hindered() {
		return m.week, m.faults
	}
	return m.week, append(m.faults, engine.Validate(m.week, nil)...)
}

// make makes the week, all but what depends on distances.
func (m *maker) make() {
	m.pickupPoints()
	m.orders()
	m.rounds()
	m.vehiclesAvailable()
	m.takers()
	m.placesNeeded()
	m.carries()
	m.ways()
	m.forbids()
	m.settings()
}

// week is Week with the ways between its places by the collective's source of distances. Places that the source knows no road for are a
// fault where the week needs them, and else left out.
func (s *Service) week(ctx context.Context, c *store.Scope, d *store.WeekData) (*engine.Week, geo.Travel, []engine.Fault, error) {
	m := newMaker(d)
	m.make()
	t, unlike := s.TravelOf(&d.Collective)
	if unlike != nil {
		m.warn("settings", "the distances are not those that were chosen: %s. Kilometres are those of %s", unlike.Message, t.Name)
	}
	if m.hindered() {
		return m.week, nil, m.faults, nil
	}
	for {
		travel, lost, err := s.between(ctx, c, t, m.week.Places)
		if err != nil {
			return nil, nil, nil, err
		}
		if lost == nil {
			return m.week, travel, append(m.faults, engine.Validate(m.week, travel)...), nil
		}
		for _, i := range slices.Backward(lost) {
			p := m.week.Places[i]
			if path := fmt.Sprintf("places[%s].road", p.ID); m.needed[store.ID(p.ID)] {
				m.fault(path, "%s knows no road near %s, or none that leads to the other places: correct its position, or choose other distances in the settings", t.Name, p.Name)
			} else {
				m.warn(path, "%s knows no road near %s: nobody is sent there", t.Name, p.Name)
			}
			m.week.Places = slices.Delete(m.week.Places, i, i+1)
		}
		if m.hindered() {
			return m.week, nil, m.faults, nil
		}
	}
}

// hindered says whether a fault keeps the week from being planned.
func (m *maker) hindered() bool {
	return slices.ContainsFunc(m.faults, func(f engine.Fault) bool { return !f.Warning })
}

func newMaker(d *store.WeekData) *maker {
	return &maker{
		WeekData: d, zone: d.Collective.Zone(),
		producers: byID(d.Producers, func(x *store.Producer) store.ID { return x.ID }),
		products:  byID(d.Products, func(x *store.Product) store.ID { return x.ID }),
		vehicles:  byID(d.Vehicles, func(x *store.Vehicle) store.ID { return x.ID }),
		places:    byID(d.Places, func(x *store.Place) store.ID { return x.ID }),
		points:    byID(d.PickupPoints, func(x *store.PickupPoint) store.ID { return x.ID }),
		driven:    map[store.ID][]occurrence{}, needed: map[store.ID]bool{},
		takesPart: map[store.ID]bool{}, drives: map[store.ID]bool{}, open: map[store.ID]bool{},
		week: &engine.Week{ID: string(d.Sale.ID), Name: d.Sale.Name, Timezone: d.Collective.Timezone},
	}
}

// A maker makes one week. Its steps go from what is wanted to what it needs.
type maker struct {
	*store.WeekData
	zone      *time.Location
	producers map[store.ID]*store.Producer
	products  map[store.ID]*store.Product
	vehicles  map[store.ID]*store.Vehicle
	places    map[store.ID]*store.Place
	points    map[store.ID]*store.PickupPoint

	driven    map[store.ID][]occurrence // by round, in order of their days
	needed    map[store.ID]bool         // places
	takesPart map[store.ID]bool         // producers who sell or drive
	drives    map[store.ID]bool         // vehicles on a round or available
	open      map[store.ID]bool         // pickup points in the week

	week   *engine.Week
	faults []engine.Fault
}

// An occurrence is one day of a round.
type occurrence struct {
	round   *store.Round
	vehicle store.ID
	rule    store.Day // of the rule, or the added one
	day     store.Day // when it is driven
	shift   store.Clock
}

func (o *occurrence) id() string { return RoundID(o.round.ID, o.rule) }

func byID[T any](list []T, id func(*T) store.ID) map[store.ID]*T {
	out := make(map[store.ID]*T, len(list))
	for i := range list {
		out[id(&list[i])] = &list[i]
	}
	return out
}

func (m *maker) fault(path, format string, args ...any) {
	m.faults = append(m.faults, engine.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (m *maker) warn(path, format string, args ...any) {
	m.faults = append(m.faults, engine.Fault{Path: path, Message: fmt.Sprintf(format, args...), Warning: true})
}

// days calls f for each day on which goods are carried.
func (m *maker) days(f func(store.Day)) {
	for day := m.Sale.First; day <= m.Sale.Last; day = day.Plus(1) {
		f(day)
	}
}

// absent says whether a producer or vehicle is away on a day, or everybody is.
func (m *maker) absent(producer, vehicle store.ID, day store.Day) bool {
	return slices.ContainsFunc(m.Absences, func(a store.Absence) bool {
		everybody := a.Producer == "" && a.Vehicle == ""
		return a.First <= day && day <= a.Last &&
			(everybody || a.Producer != "" && a.Producer == producer || a.Vehicle != "" && a.Vehicle == vehicle)
	})
}

func (m *maker) pickupPoints() {
	for i := range m.PickupPoints {
		p := &m.PickupPoints[i]
		opens, ok := m.opening(p)
		if !p.Active || !ok {
			continue
		}
		m.open[p.ID], m.needed[p.Place] = true, true
		m.week.PickupPoints = append(m.week.PickupPoints, engine.PickupPoint{ID: string(p.ID), Name: p.Name, Place: string(p.Place),
			AcceptAfter: opens.Add(-time.Duration(p.AcceptFromMin) * time.Minute), AcceptBy: opens.Add(-time.Duration(p.AcceptUntilMin) * time.Minute)})
	}
}

// opening is when customers first come to a pickup point.
func (m *maker) opening(p *store.PickupPoint) (opens time.Time, ok bool) {
	for day := m.Sale.Distribution; day <= m.Sale.Last; day = day.Plus(1) {
		if spans := p.On(day); len(spans) > 0 {
			return day.At(spans[0].From, m.zone), true
		}
	}
	return opens, false
}

func (m *maker) orders() {
	closed := map[store.ID]bool{}
	for i := range m.Orders {
		o := &m.Orders[i]
		if len(o.Lines) == 0 {
			continue
		}
		out := engine.Order{ID: string(o.ID), Name: o.Ref, PickupPoint: string(o.PickupPoint), Lines: make([]engine.Line, len(o.Lines))}
		if o.PickupPoint != "" && !m.open[o.PickupPoint] && !closed[o.PickupPoint] {
			closed[o.PickupPoint] = true
			m.fault(fmt.Sprintf("pickup_points[%s].windows", o.PickupPoint), "has orders, but does not open from %s to %s: give it hours there, or let the orders go elsewhere",
				m.Sale.Distribution, m.Sale.Last)
		}
		if o.PickupPoint == "" && o.At != nil {
			lon, lat := o.At.Lon(), o.At.Lat()
			out.Lon, out.Lat = &lon, &lat
		}
		for n, l := range o.Lines {
			p := m.products[l.Product]
			m.takesPart[p.Producer] = true
			out.Lines[n] = engine.Line{Producer: string(p.Producer), Product: ProductName(p), ProductID: string(p.ID), Quantity: float64(l.QuantityMilli) / 1e3,
				Kg: amount(l.Grams, p.Grams, l.QuantityMilli), Litres: amount(l.Millilitres, p.Millilitres, l.QuantityMilli), Class: p.Class, CarriedBy: p.CarriedBy, Held: m.eggsTooFar(o, p)}
		}
		m.week.Orders = append(m.week.Orders, out)
	}
}

// ProductName is what weeks call a product: its name with its unit.
func ProductName(p *store.Product) string { return strings.TrimSpace(p.Name + " " + p.Unit) }

// amount is what a line has, in kilograms or litres: as weighed, or what its units have.
func amount(weighed *int64, unit, milli int64) float64 {
	if weighed != nil {
		return float64(*weighed) / 1e3
	}
	return float64(unit) * float64(milli) / 1e6
}

func (m *maker) rounds() {
	changes := map[store.ID][]store.RoundChange{}
	for _, c := range m.Changes {
		changes[c.Round] = append(changes[c.Round], c)
	}
	for i := range m.Rounds {
		r := &m.Rounds[i]
		if !m.producers[r.Producer].Active {
			continue
		}
		m.driven[r.ID] = m.occurrences(r, changes[r.ID])
		for k := range m.driven[r.ID] {
			o := &m.driven[r.ID][k]
			m.takesPart[r.Producer], m.drives[o.vehicle], m.needed[r.Start], m.needed[r.End] = true, true, true, true
			m.week.Rounds = append(m.week.Rounds, m.round(o))
		}
	}
}

// occurrences is when a round is driven: by its rule and season, as changed, without absences.
func (m *maker) occurrences(r *store.Round, changes []store.RoundChange) []occurrence {
	const around = 31 // days from which a change may bring one here
	var out []occurrence
	add := func(rule store.Day, c *store.RoundChange) {
		o := occurrence{round: r, vehicle: r.Vehicle, rule: rule, day: rule}
		if c != nil {
			o.shift = store.Clock(c.ShiftMin)
			if c.ToDay != "" {
				o.day = c.ToDay
			}
			if c.Vehicle != "" {
				o.vehicle = c.Vehicle
			}
		}
		if m.Sale.First <= o.day && o.day <= m.Sale.Last && !m.absent(r.Producer, o.vehicle, o.day) {
			out = append(out, o)
		}
	}
	days := r.Rule.Days(r.Starts, m.Sale.First.Plus(-around), m.Sale.Last.Plus(around))
	days = slices.DeleteFunc(days, func(day store.Day) bool { return !r.Season.Has(day) })
	for _, day := range days {
		at := slices.IndexFunc(changes, func(c store.RoundChange) bool { return c.Day == day })
		switch {
		case at < 0:
			add(day, nil)
		case changes[at].Kind != store.Cancelled:
			add(day, &changes[at])
		}
	}
	for i := range changes {
		if c := &changes[i]; c.Kind == store.Added && !slices.Contains(days, c.Day) {
			add(c.Day, c)
		}
	}
	slices.SortFunc(out, func(a, b occurrence) int {
		return strings.Compare(string(a.day)+string(a.rule), string(b.day)+string(b.rule))
	})
	return out
}

func (m *maker) round(o *occurrence) engine.Round {
	r := o.round
	at := func(c store.Clock) time.Time { return o.day.At(c+o.shift, m.zone) }
	out := engine.Round{ID: o.id(), Name: r.Name, Producer: string(r.Producer), Vehicle: string(o.vehicle), Kind: r.Kind, Start: string(r.Start), End: string(r.End),
		DepartAfter: at(r.DepartAfter), ReturnBy: at(r.ReturnBy), Stops: []engine.RoundStop{}, MaxAddedM: float(r.MaxAddedM), MaxAddedS: float(r.MaxAddedS), Frozen: r.Frozen}
	for _, s := range r.Stops {
		m.needed[s.Place] = true
		stop := engine.RoundStop{Place: string(s.Place), ArriveAfter: at(s.ArriveAfter), ArriveBy: at(s.ArriveBy), StayS: float64(s.StayS)}
		if s.Unload != (store.Room{}) {
			stop.Unload = &engine.Load{Kg: float64(s.Unload.Grams) / 1e3, Litres: m.litres(s.Unload, m.vehicles[o.vehicle])}
		}
		out.Stops = append(out.Stops, stop)
	}
	return out
}

func float(x *int64) *float64 {
	if x == nil {
		return nil
	}
	f := float64(*x)
	return &f
}

func (m *maker) vehiclesAvailable() {
	for i := range m.Vehicles {
		v := &m.Vehicles[i]
		var available []engine.Interval
		if m.producers[v.Producer].Active {
			m.days(func(day store.Day) {
				if m.absent(v.Producer, v.ID, day) {
					return
				}
				for _, s := range v.Available.On(day) {
					available = append(available, engine.Interval{day.At(s.From, m.zone), day.At(s.Until, m.zone)})
				}
			})
		}
		if !m.drives[v.ID] && available == nil {
			continue
		}
		m.takesPart[v.Producer], m.drives[v.ID] = true, true
		m.week.Vehicles = append(m.week.Vehicles, engine.Vehicle{ID: string(v.ID), Name: v.Name, Producer: string(v.Producer), Kg: float64(v.Room.Grams) / 1e3, Litres: m.litres(v.Room, v),
			Available: available, CO2GPerKm: float(v.CO2GPerKm), LongestS: m.inBoxes(v)})
		m.warnOfEquipment(v)
		m.warnOfWeight(v)
	}
}

func (m *maker) takers() {
	for i := range m.Producers {
		p := &m.Producers[i]
		if !m.takesPart[p.ID] {
			continue
		}
		m.needed[p.Place] = true
		out := engine.Producer{ID: string(p.ID), Name: p.Name, Place: string(p.Place), MaxAddedM: float(p.MaxAddedM), BalanceM: float64(m.Balances[p.ID])}
		if p.Ready != nil {
			out.ReadyAt = m.Sale.Distribution.Plus(-int(p.ReadyDaysBefore)).At(*p.Ready, m.zone)
		}
		m.week.Producers = append(m.week.Producers, out)
	}
}

// placesNeeded adds all places that have a position; one that is needed must have one.
func (m *maker) placesNeeded() {
	for i := range m.Places {
		p := &m.Places[i]
		if p.At == nil {
			if m.needed[p.ID] {
				m.fault(fmt.Sprintf("places[%s].at", p.ID), "%s is needed this week and its position is not known: pick it on the map or give its address", p.Name)
			}
			continue
		}
		meet := p.Meet
		out := engine.Place{ID: string(p.ID), Name: p.Name, Lon: p.At.Lon(), Lat: p.At.Lat(), StopS: float(p.StopS), Handover: &engine.Handover{Meet: &meet}}
		for class, stores := range map[engine.Class]bool{engine.Ambient: p.StoreAmbient, engine.Chilled: p.StoreChilled, engine.Frozen: p.StoreFrozen} {
			if stores {
				out.Handover.Store = append(out.Handover.Store, class)
			}
		}
		slices.Sort(out.Handover.Store)
		if len(p.Hours) > 0 {
			m.days(func(day store.Day) {
				for _, s := range p.Hours.On(day) {
					out.Open = append(out.Open, engine.Interval{day.At(s.From, m.zone), day.At(s.Until, m.zone)})
				}
			})
			if out.Open == nil { // closed all week, which no interval would not say
				before := m.Sale.First.Plus(-1).At(0, m.zone)
				out.Open = []engine.Interval{{before, before}}
			}
		}
		m.week.Places = append(m.week.Places, out)
	}
}

// carries says whose goods rounds take, now that it is known who takes part.
func (m *maker) carries() {
	n := 0
	for i := range m.Rounds {
		r := &m.Rounds[i]
		for range m.driven[r.ID] {
			c := &m.week.Rounds[n].Carries
			n++
			switch r.Carries {
			case store.CarriesOwn:
				c.OwnOnly = true
			case store.CarriesSome:
				c.Only = []string{}
				for _, p := range r.Only {
					if m.takesPart[p] {
						c.Only = append(c.Only, string(p))
					}
				}
			}
		}
	}
}

// ways adds the sale's locks, and the habits that this week has the rounds for.
func (m *maker) ways() {
	for i := range m.Ways {
		w := &m.Ways[i]
		if !m.takesPart[w.Producer] || !m.open[w.PickupPoint] {
			continue
		}
		rides, missing := m.rides(w)
		switch {
		case missing == "" && w.Sale != "":
			m.week.Locks = append(m.week.Locks, engine.Lock{Producer: string(w.Producer), PickupPoint: string(w.PickupPoint), Class: w.Class, Rounds: rides})
		case missing == "":
			m.week.Habits = append(m.week.Habits, engine.Habit{Producer: string(w.Producer), PickupPoint: string(w.PickupPoint), Class: w.Class, Rounds: rides})
		case w.Sale != "":
			m.warn(fmt.Sprintf("ways[%s]", w.ID), "the lock has no effect: %s is not driven this week", missing)
		}
	}
}

// rides is the rounds of the week that a way names: of a habit without a day the first that is not before the ride
// before. missing is one that is not driven.
func (m *maker) rides(w *store.Way) (ids []string, missing string) {
	var day store.Day
	for _, ride := range w.Rides {
		if ride.Vehicle != "" {
			if !m.drives[ride.Vehicle] {
				return nil, string(ride.Vehicle)
			}
			ids = append(ids, string(ride.Vehicle))
			continue
		}
		driven := m.driven[ride.Round]
		at := slices.IndexFunc(driven, func(o occurrence) bool {
			if w.Sale != "" {
				return string(o.rule) == ride.Day
			}
			return o.day >= day && (ride.Day == "" || string(o.rule.Weekday()) == ride.Day)
		})
		if at < 0 {
			return nil, strings.TrimSuffix(RoundID(ride.Round, store.Day(ride.Day)), "@")
		}
		day = driven[at].day
		ids = append(ids, driven[at].id())
	}
	return ids, ""
}

func (m *maker) forbids() {
	for _, f := range m.Forbids {
		if !m.takesPart[f.Producer] {
			continue
		}
		for _, o := range m.driven[f.Round] {
			if f.Day == "" || f.Day == o.rule {
				m.week.Forbid = append(m.week.Forbid, engine.Forbid{Producer: string(f.Producer), Round: o.id()})
			}
		}
	}
}

func (m *maker) settings() {
	on := func(name store.SettingName) *int64 { return store.SettingOn(m.Settings, name, m.Sale.Distribution) }
	s := &m.week.Settings
	s.HandoverM, s.OthersWithinM, s.MaxPickupM, s.ChangeM = float(on(store.HandoverM)), float(on(store.OthersWithinM)), float(on(store.MaxPickupM)), float(on(store.ChangeM))
	if x := on(store.FairnessPermil); x != nil {
		s.Fairness = float64(*x) / 1000
	}
	if x := on(store.NobodyWorseOff); x != nil {
		s.NobodyWorseOff = *x == 1
	}
	if x := on(store.CostCentsPerKm); x != nil {
		cost := float64(*x) / 100
		s.CostPerKm = &cost
	}
}
