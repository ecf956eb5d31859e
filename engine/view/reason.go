package view

import (
	"math"
	"strings"

	"carriole/engine"
)

// Reason says in words what stands in the way of an unserved line: the smallest change found that would serve it.
func Reason(week *engine.Week, plan *engine.Plan, r *engine.Repair, opt Options) string {
	return NewTeller(week, plan, opt).Reason(r)
}

// Explain says in words why a consignment rides as it does, what it adds, and what the next best way would add. It is
// empty for a consignment that does not say why.
func Explain(week *engine.Week, plan *engine.Plan, c *engine.Consignment, opt Options) string {
	return NewTeller(week, plan, opt).Explain(c)
}

// Teller says of many things of one plan what [Explain] and [Reason] say of one, each in a time that does not grow with the plan.
type Teller struct {
	book  *book
	words *words
}

// NewTeller is a plan's.
func NewTeller(week *engine.Week, plan *engine.Plan, opt Options) *Teller {
	return &Teller{newBook(week, plan), opt.words()}
}

// Explain is as the function of this name.
func (t *Teller) Explain(c *engine.Consignment) string { return plain(explain(t.book, t.words, c)) }

// Reason is as the function of this name.
func (t *Teller) Reason(r *engine.Repair) string { return plain(repair(t.book, t.words, r)) }

func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

// unservedReason is the wording of the repair; without one English falls back to the sentence of the plan.
func (b *book) unservedReason(w *words, u *engine.Unserved) string {
	if u.Repair == nil && w == &english && u.Reason != "" {
		return clean(u.Reason)
	}
	return repair(b, w, u.Repair)
}

// repair is the obstacle, and the rule behind it.
func repair(b *book, w *words, r *engine.Repair) string {
	if r == nil {
		return w.NoRepair
	}
	rule := ""
	if r.Rule != nil {
		if rule = clean(r.Rule.English); w == &french && r.Rule.French != "" {
			rule = clean(r.Rule.French)
		}
	}
	switch {
	case r.Obstacle == engine.NoHeld && rule != "":
		return rule
	case rule != "":
		return obstacle(b, w, r) + w.fixed(w.Semicolon) + " " + rule
	}
	return obstacle(b, w, r)
}

func obstacle(b *book, w *words, r *engine.Repair) string {
	round := b.ride(w, r)
	switch r.Obstacle {
	case engine.NoRoom:
		if r.Class == "" {
			return w.say(w.PayloadFmt, w.atLeast(r.Missing, "kg"), round)
		}
		return w.say(w.RoomFmt, w.atLeast(r.Missing, "l"), w.class(r.Class), round)
	case engine.NoMetres:
		return w.say(w.MetresFmt, round, w.metres(math.Ceil(r.Need)), w.metres(floor(r.Have)))
	case engine.NoSeconds:
		return w.say(w.SecondsFmt, round, w.minutes(r.Need), w.minutes(r.Have))
	case engine.NoProducerM:
		return w.say(w.ProducerMetresFmt, b.producerName(r.Producer), w.metres(math.Ceil(r.Need)), w.metres(floor(r.Have)))
	case engine.NoTime:
		return w.say(w.TimeFmt, round, b.placeName(r.Place), w.minutes(r.Need))
	case engine.NoCarry:
		return w.say(w.CarriesFmt, round)
	case engine.NoLonger:
		return w.say(w.LongestFmt, round, w.class(r.Class), w.minutes(r.Need), w.minutes(r.Have))
	case engine.NoForbid:
		return w.say(w.ForbidFmt, round)
	case engine.NoOthers:
		who := b.producerName(b.driver(r))
		if limit := b.week.Settings.OthersWithinM; limit != nil {
			return w.say(w.OthersWithinFmt, b.placeName(r.Place), who, w.km(*limit))
		}
		return w.say(w.OthersFmt, b.placeName(r.Place), who)
	case engine.NoFrozen:
		return w.say(w.FrozenFmt, round)
	case engine.NoCarriedBy:
		return w.say(w.CarriedByFmt, round)
	case engine.NoLock:
		return w.Lock
	case engine.NoVehicle:
		return w.fixed(w.NoVehicle)
	case engine.NoPickup:
		if r.Need > 0 {
			return w.say(w.NoPickupFmt, w.km(r.Have), w.km(r.Need))
		}
		return w.NoPickup
	}
	return clean(string(r.Obstacle))
}

// driver is the producer whose round or new trip a repair is about, "" when it names none that is known.
func (b *book) driver(r *engine.Repair) string {
	if who := b.carrier(r.Round); who != "" {
		return who
	}
	if v := b.vehicles[r.Vehicle]; v != nil {
		return v.Producer
	}
	return r.Producer
}

// ride names the round or the new trip that a repair is about, and who drives it.
func (b *book) ride(w *words, r *engine.Repair) string {
	name := w.NoRoundNamed
	switch {
	case r.Round != "":
		name = b.roundName(r.Round)
	case r.Vehicle != "":
		name = w.say(w.TripOfFmt, b.vehicleName(r.Vehicle))
	}
	if who := b.driver(r); who != "" {
		name = w.say(w.CarrierFmt, name, b.producerName(who))
	}
	return name
}

func explain(b *book, w *words, c *engine.Consignment) string {
	if c == nil || c.Why == nil {
		return ""
	}
	why := c.Why
	var rounds []string
	for _, leg := range c.Legs {
		rounds = append(rounds, leg.Round)
	}
	ride, added := b.names(w, rounds), w.km(why.AddedMetres)
	s := ""
	switch why.Way {
	case engine.WayOnSite:
		return w.OnSite
	case engine.WayAddedStop, engine.WayTrip:
		switch {
		case math.Abs(why.AddedMetres) < 50:
			s = w.say(w.WaySharedFmt, ride, w.km(0))
		case why.Way == engine.WayTrip:
			s = w.say(w.WayTripFmt, ride, added)
		default:
			s = w.say(w.WayAddedStopFmt, ride, added)
		}
	case engine.WayOnTheWay:
		s = w.say(w.WayOnTheWayFmt, ride)
		if why.AddedMetres >= 50 {
			s = w.say(w.WayOnTheWayKmFmt, ride, added)
		}
	case engine.WayHandover:
		s = w.say(w.WayHandoverFmt, ride, added)
	default:
		s = clean(string(why.Way))
	}
	return s + w.fixed(w.Semicolon) + " " + b.next(w, why.Next)
}

func (b *book) next(w *words, n *engine.NextWay) string {
	if n == nil {
		return w.NoOtherWay
	}
	ride, added := b.names(w, n.Rounds), w.km(n.AddedMetres)
	if len(n.Places) == 0 {
		return w.say(w.NextFmt, ride, added)
	}
	places := make([]string, len(n.Places))
	for i, p := range n.Places {
		places[i] = b.placeName(p)
	}
	return w.say(w.NextViaFmt, ride, strings.Join(places, ", "), added)
}

// names joins the rounds of a way, each with its driver; an id that is a vehicle's stands for a new trip of it.
func (b *book) names(w *words, rounds []string) string {
	joined := ""
	for i, id := range rounds {
		name := b.roundName(id)
		if who := b.carrier(id); who != "" {
			name = w.say(w.CarrierFmt, name, b.producerName(who))
		} else if v := b.vehicles[id]; v != nil {
			name = w.say(w.CarrierFmt, w.say(w.TripOfFmt, b.vehicleName(id)), b.producerName(v.Producer))
		}
		if i == 0 {
			joined = name
		} else {
			joined = w.say(w.Then, joined, name)
		}
	}
	return joined
}

// floor rounds down, and does not take 899.9999999 for 899.
func floor(v float64) float64 { return math.Floor(v + 1e-6) }
