package planning

import (
	"fmt"
	"strconv"
	"strings"

	"carriole/api/store"
	"carriole/engine"
	"carriole/geo"
)

// The rules of the trade, as far as a week can keep them. Goods of others near the carrier's farm alone are a setting of the
// week, vehicles above a weight are warned of, the load of a round's own stops is the driver's own: an AMAP's contract baskets,
// which nobody else may bring.

// rule is what holds of a rule on the sale's day, and where that comes from. A nil value is no limit.
func (m *maker) rule(name store.SettingName) (value *int64, source string) {
	return ruleOn(m.Settings, name, m.Sale.Distribution)
}

func ruleOn(list []store.Setting, name store.SettingName, day store.Day) (value *int64, source string) {
	for _, r := range store.TradeRules() {
		if r.Setting == name {
			source = r.Source
		}
	}
	var since store.Day
	for i := range list {
		if s := &list[i]; s.Name == name && s.Since <= day && s.Since > since {
			if since = s.Since; s.Reason != "" {
				source = s.Reason
			}
		}
	}
	return store.SettingOn(list, name, day), source
}

// litres is the room of a vehicle, or goods on it, in what keeps them cold: nothing else counts. Goods of the driver's own for
// which there is nothing are the driver's own matter.
func (m *maker) litres(r store.Room, v *store.Vehicle) map[engine.Class]float64 {
	out := map[engine.Class]float64{}
	for class, ml := range map[engine.Class]int64{engine.Ambient: r.AmbientMl, engine.Chilled: r.ChilledMl, engine.Frozen: r.FrozenMl} {
		if ml > 0 && (m.keeps(v, class) || !m.byEquipment()) {
			out[class] = float64(ml) / 1e3
		}
	}
	return out
}

func (m *maker) byEquipment() bool {
	on, _ := m.rule(store.ClassesByEquipment)
	return on != nil && *on != 0
}

// keeps says whether a vehicle has what a class needs. What has a freezer may have a fridge beside it.
func (m *maker) keeps(v *store.Vehicle, class engine.Class) bool {
	switch class {
	case engine.Chilled:
		return v.Equipment == store.Boxes || v.Equipment == store.Fridge || v.Equipment == store.Freezer
	case engine.Frozen:
		return v.Equipment == store.Freezer
	}
	return true
}

// inBoxes is how long chilled goods may be on board where insulated boxes keep them cold.
func (m *maker) inBoxes(v *store.Vehicle) map[engine.Class]float64 {
	minutes, _ := m.rule(store.BoxMinutes)
	if v.Equipment != store.Boxes || minutes == nil {
		return nil
	}
	return map[engine.Class]float64{engine.Chilled: float64(*minutes) * 60}
}

func (m *maker) warnOfEquipment(v *store.Vehicle) {
	for class, ml := range map[engine.Class]int64{engine.Chilled: v.Room.ChilledMl, engine.Frozen: v.Room.FrozenMl} {
		if ml > 0 && m.byEquipment() && !m.keeps(v, class) {
			m.warn(fmt.Sprintf("vehicles[%s].equipment", v.ID), "%s has %s l of %s room, which does not count: %s", v.Name, figure(float64(ml)/1e3), class, m.equipmentRule(class).English)
		}
	}
}

func (m *maker) warnOfWeight(v *store.Vehicle) {
	limit, source := m.rule(store.GrossGramsLimit)
	if limit != nil && v.GrossGrams != nil && *v.GrossGrams > *limit {
		m.warn(fmt.Sprintf("vehicles[%s].gross_grams", v.ID), "%s weighs up to %d kg: above %d kg other rules hold for its driver (%s)", v.Name, *v.GrossGrams/1000, *limit/1000, source)
	}
}

// eggsTooFar holds back eggs without packing centre that go farther than their producer may bring them. Where the pickup point
// is not chosen yet all that could be must be near enough.
func (m *maker) eggsTooFar(o *store.Order, p *store.Product) *engine.Hold {
	if !p.UnpackedEggs {
		return nil
	}
	limit, _ := m.rule(store.EggsWithinM)
	farm := m.places[m.producers[p.Producer].Place]
	if limit == nil || farm == nil || farm.At == nil {
		return nil
	}
	var worst *store.PickupPoint
	most := float64(*limit)
	look := func(point *store.PickupPoint) {
		if point == nil || m.places[point.Place] == nil || m.places[point.Place].At == nil {
			return
		}
		if far := distance(farm.At, m.places[point.Place].At); far > most {
			worst, most = point, far
		}
	}
	if o.PickupPoint != "" {
		look(m.points[o.PickupPoint])
	} else if o.At != nil {
		reach := (&engine.Settings{MaxPickupM: float(store.SettingOn(m.Settings, store.MaxPickupM, m.Sale.Distribution))}).MaxPickupMetres()
		for i := range m.PickupPoints {
			point := &m.PickupPoints[i]
			if place := m.places[point.Place]; m.open[point.ID] && place != nil && place.At != nil && distance(o.At, place.At) <= reach {
				look(point)
			}
		}
	}
	if worst == nil {
		return nil
	}
	h := m.eggsRule()
	return &engine.Hold{
		English: fmt.Sprintf("%s is %s km from the farm: %s", worst.Name, km(most), h.English),
		French:  fmt.Sprintf("%s est à %s km de la ferme : %s", worst.Name, comma(km(most)), h.French),
	}
}

func distance(a, b *store.Point) float64 {
	return geo.GreatCircle(geo.Point{a.Lon(), a.Lat()}, geo.Point{b.Lon(), b.Lat()})
}

func (m *maker) eggsRule() *engine.Hold {
	limit, source := m.rule(store.EggsWithinM)
	near, proche := "", ""
	if limit != nil {
		near, proche = fmt.Sprintf(" within %s km of the farm", km(float64(*limit))), fmt.Sprintf(" à %s km au plus de la ferme", comma(km(float64(*limit))))
	}
	return &engine.Hold{
		English: fmt.Sprintf("eggs without packing centre are brought by their producer alone%s (eggs_within_m: %s); a packing centre, a nearer pickup point, or overruling the rule with a reason would lift that", near, source),
		French:  fmt.Sprintf("les œufs sans centre d’emballage ne sont apportés que par leur producteur%s (eggs_within_m : %s) ; un centre d’emballage, un point de retrait plus proche, ou passer outre avec une raison le permettrait", proche, source),
	}
}

func (m *maker) equipmentRule(class engine.Class) *engine.Hold {
	_, source := m.rule(store.ClassesByEquipment)
	with, avec, what, quoi := "a fridge or insulated boxes", "un frigo ou des caisses isothermes", "chilled", "réfrigérés"
	if class == engine.Frozen {
		with, avec, what, quoi = "a freezer", "un congélateur", "frozen", "surgelés"
	}
	return &engine.Hold{
		English: fmt.Sprintf("%s goods ride only with %s (classes_by_equipment: %s); equipment, or overruling the rule with a reason would lift that", what, with, source),
		French:  fmt.Sprintf("les produits %s ne voyagent qu’avec %s (classes_by_equipment : %s) ; un équipement, ou passer outre avec une raison le permettrait", quoi, avec, source),
	}
}

func (m *maker) boxesRule() *engine.Hold {
	minutes, source := m.rule(store.BoxMinutes)
	if minutes == nil {
		return nil
	}
	return &engine.Hold{
		English: fmt.Sprintf("goods stay in an insulated box for %d min at most (minutes_in_box: %s); a fridge, a shorter way, or overruling the rule with a reason would lift that", *minutes, source),
		French:  fmt.Sprintf("les produits restent %d min au plus en caisse isotherme (minutes_in_box : %s) ; un frigo, un trajet plus court, ou passer outre avec une raison le permettrait", *minutes, source),
	}
}

func (m *maker) othersRule() *engine.Hold {
	limit, source := m.rule(store.OthersWithinM)
	if limit == nil {
		return nil
	}
	return &engine.Hold{
		English: fmt.Sprintf("goods of others are carried within %s km of the carrier’s farm (others_within_m: %s); a carrier who is nearer, or overruling the rule with a reason would lift that", km(float64(*limit)), source),
		French:  fmt.Sprintf("les produits d’autrui se transportent à %s km au plus de la ferme du transporteur (others_within_m : %s) ; un transporteur plus proche, ou passer outre avec une raison le permettrait", comma(km(float64(*limit))), source),
	}
}

// Cite says of each line that a rule keeps from being carried which rule that is, where it comes from and what would lift it.
// The plan is one of the week that [Week] makes of the data.
func Cite(d *store.WeekData, week *engine.Week, plan *engine.Plan) {
	m := newMaker(d)
	orders := byID(d.Orders, func(x *store.Order) store.ID { return x.ID })
	vehicle := map[string]*store.Vehicle{}
	for i := range week.Rounds {
		vehicle[week.Rounds[i].ID] = m.vehicles[store.ID(week.Rounds[i].Vehicle)]
	}
	for i := range plan.Unserved {
		u := &plan.Unserved[i]
		r := u.Repair
		if r == nil || r.Rule != nil {
			continue
		}
		on := vehicle[r.Round]
		if r.Vehicle != "" {
			on = m.vehicles[store.ID(r.Vehicle)]
		}
		var rule *engine.Hold
		switch {
		case r.Obstacle == engine.NoOthers:
			rule = m.othersRule()
		case r.Obstacle == engine.NoLonger:
			rule = m.boxesRule()
		case r.Obstacle == engine.NoRoom && r.Class != "" && on != nil && m.byEquipment() && !m.keeps(on, r.Class):
			rule = m.equipmentRule(r.Class)
		default:
			if o := orders[store.ID(u.Order)]; o != nil && u.Line < len(o.Lines) && m.products[o.Lines[u.Line].Product].UnpackedEggs {
				rule = m.eggsRule()
			}
		}
		if rule == nil {
			continue
		}
		cited := *r
		cited.Rule = rule
		u.Repair = &cited
		u.Reason += "; " + rule.English
	}
}

// km is metres as kilometres with one decimal at most.
func km(metres float64) string { return figure(metres / 1e3) }

func figure(x float64) string { return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0") }

func comma(s string) string { return strings.Replace(s, ".", ",", 1) }
