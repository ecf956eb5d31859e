package view

import (
	"io"
	"math"
	"strings"

	"carriole/engine"
)

// changeWords are the texts about a replanning in one language.
type changeWords struct {
	Nothing, TitleFmt                                        string // week
	ObjectiveFmt, UnservedFmt                                string // before, after
	GoodsFmt                                                 string // whose, to where
	Served, Unserved, MovedFmt, Amount, Gone, Nobody         string // before, after
	RoundNew, RoundGone, StopsFmt, Added, Removed, TimesFmt  string
	Later, Earlier                                           string
	WhyFmt, ForFmt                                           string
	Order, OrderCancelled, Weighed, RoundCancelled           string
	RoundChanged, Vehicle, Refused, Lock, Hours, Room, Limit string
	Longest, WasUnserved, Saves, Even, Others                string
}

var englishChanges = changeWords{
	Nothing: "Nothing changes.", TitleFmt: "What changes in week %s",
	ObjectiveFmt: "added kilometres and handovers: %s, before %s", UnservedFmt: "unserved: %s, before %s",
	GoodsFmt: "%s for %s", Served: "now ride with %s", Unserved: "ride no more: nobody can carry them", MovedFmt: "ride with %s, no longer with %s", Amount: "other amount, same way: with %s",
	Gone: "cancelled", Nobody: "nobody", RoundNew: "new", RoundGone: "is no more", Added: "also stops at %s", Removed: "no longer stops at %s",
	TimesFmt: "same stops, up to %s %s", Later: "later", Earlier: "earlier",
	WhyFmt: "why: %s", ForFmt: "for %s",
	Order: "order %s", OrderCancelled: "order %s is cancelled", Weighed: "order %s weighs other than before", RoundCancelled: "round %s is cancelled",
	RoundChanged: "round %s is new or changed", Vehicle: "vehicle %s does not make the trip", Refused: "round %s may not carry the goods of this producer",
	Lock: "they are locked to other rounds", Hours: "%s would be late", Room: "%s has no more room", Limit: "%s may not be diverted so far",
	Longest: "they would be too long on board of %s", WasUnserved: "nobody carried them before", Saves: "saves %s", Even: "the work is shared more evenly", Others: "the other changes ask for it",
}

var frenchChanges = changeWords{
	Nothing: "Rien ne change.", TitleFmt: "Ce qui change, semaine %s",
	ObjectiveFmt: "km ajoutés et remises~: %s, avant %s", UnservedFmt: "non servi~: %s, avant %s",
	GoodsFmt: "%s pour %s", Served: "voyagent maintenant avec %s", Unserved: "ne voyagent plus~: personne ne peut les porter", MovedFmt: "voyagent avec %s, et non plus avec %s", Amount: "autre quantité, même voie~: avec %s",
	Gone: "annulé", Nobody: "personne", RoundNew: "se fait en plus", RoundGone: "ne se fait plus", Added: "s’arrête aussi à %s", Removed: "ne s’arrête plus à %s",
	TimesFmt: "mêmes arrêts, jusqu’à %s plus %s", Later: "tard", Earlier: "tôt",
	WhyFmt: "pourquoi~: %s", ForFmt: "pour %s",
	Order: "commande %s", OrderCancelled: "la commande %s est annulée", Weighed: "la commande %s pèse autrement que prévu", RoundCancelled: "la tournée %s est annulée",
	RoundChanged: "la tournée %s est nouvelle ou modifiée", Vehicle: "le véhicule %s ne fait pas ce trajet", Refused: "la tournée %s ne peut pas porter les produits de ce producteur",
	Lock: "d’autres tournées leur sont imposées", Hours: "%s serait en retard", Room: "%s n’a plus de place", Limit: "%s ne peut pas faire un si grand détour",
	Longest: "ils resteraient trop longtemps à bord de %s", WasUnserved: "personne ne les portait avant", Saves: "économise %s", Even: "le travail est mieux réparti", Others: "les autres changements le demandent",
}

// Turn is one thing that a replanning changes, in words.
type Turn struct {
	What engine.DifferenceKind
	Who  string   // whose goods for where, or who drives which round
	How  string   // what becomes of them
	Why  string   // empty: nothing is to be said
	For  []string // names of those whom it concerns
}

// Turns says in words what a replanning changes, for whom and why, goods first. Times that move by less than a minute are left out.
func Turns(got *engine.Replanned, previous *engine.Plan, opt Options) []Turn {
	c := newChanges(got, previous, opt)
	var out []Turn
	for i := range got.Differences {
		t, ok := c.turn(&got.Differences[i])
		if !ok {
			continue
		}
		for _, s := range []*string{&t.Who, &t.How, &t.Why} {
			*s = plain(*s)
		}
		for k := range t.For {
			t.For[k] = plain(t.For[k])
		}
		out = append(out, t)
	}
	return out
}

func newChanges(got *engine.Replanned, previous *engine.Plan, opt Options) *changes {
	was := got.Week
	if opt.Previous != nil {
		was = opt.Previous
	}
	c := &changes{book: newBook(got.Week, got.Plan), before: newBook(was, previous), words: opt.words(), say: &englishChanges, page: page{width: opt.width()}}
	if opt.Lang == French {
		c.say = &frenchChanges
	}
	return c
}

// Changes writes for people what a replanning changes, for whom and why. Times that move by less than a minute are left
// out. No line is wider than opt.Width columns. The error is the writer's.
func Changes(w io.Writer, got *engine.Replanned, previous *engine.Plan, opt Options) error {
	c := newChanges(got, previous, opt)
	c.wrap("", c.words.say(c.say.TitleFmt, c.weekName()))
	c.rule("═")
	c.wrap("", c.words.say(c.say.ObjectiveFmt, c.km(got.Plan.Summary.Objective), c.km(previous.Summary.Objective)))
	c.wrap("", c.words.say(c.say.UnservedFmt, c.kg(got.Plan.Summary.UnservedKg), c.kg(previous.Summary.UnservedKg)))
	c.rule("─")
	some := false
	for i := range got.Differences {
		t, ok := c.turn(&got.Differences[i])
		if !ok {
			continue
		}
		some = true
		c.wrap("", "• "+t.Who+c.words.fixed(c.words.Colon)+" "+t.How)
		c.wrap("  ", c.words.say(c.say.WhyFmt, t.Why)+" · "+c.words.say(c.say.ForFmt, strings.Join(t.For, ", ")))
	}
	if !some {
		c.wrap("", c.words.fixed(c.say.Nothing))
	}
	_, err := io.WriteString(w, plain(c.String()))
	return err
}

type changes struct {
	*book
	*words
	page
	before *book
	say    *changeWords
}

// turn is a difference in words; ok is false for one that is not worth any.
func (c *changes) turn(d *engine.Difference) (t Turn, ok bool) {
	what := ""
	switch d.What {
	case engine.GoodsServed:
		what = c.words.say(c.say.Served, c.way(d.After, c.book))
	case engine.GoodsUnserved:
		what = c.words.fixed(c.say.Unserved)
	case engine.GoodsMoved:
		what = c.words.say(c.say.MovedFmt, c.way(d.After, c.book), c.way(d.Before, c.before))
	case engine.GoodsAmount:
		what = c.words.say(c.say.Amount, c.way(d.After, c.book))
	case engine.GoodsGone:
		what = c.say.Gone
	case engine.RoundNew:
		what = c.say.RoundNew
	case engine.RoundGone:
		what = c.say.RoundGone
	case engine.RoundStops:
		var parts []string
		if d.Added != nil {
			parts = append(parts, c.words.say(c.say.Added, c.places(d.Added)))
		}
		if d.Removed != nil {
			parts = append(parts, c.words.say(c.say.Removed, c.places(d.Removed)))
		}
		what = strings.Join(parts, ", ")
	case engine.RoundTimes:
		if math.Abs(d.Seconds) < 60 {
			return t, false
		}
		when := c.say.Later
		if d.Seconds < 0 {
			when = c.say.Earlier
		}
		what = c.words.say(c.say.TimesFmt, c.minutes(math.Abs(d.Seconds)), when)
	}
	head := ""
	if d.Round == "" {
		head = c.words.say(c.say.GoodsFmt, c.producerName(d.Producer), c.pointName(d.PickupPoint))
	} else if head = c.round(d.Round, c.book); c.carrier(d.Round) == "" {
		head = c.round(d.Round, c.before)
	}
	t = Turn{What: d.What, Who: head, How: what, Why: c.cause(&d.Cause), For: make([]string, len(d.For))}
	for i, id := range d.For {
		t.For[i] = c.producerName(id)
	}
	return t, true
}

func (c *changes) places(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = c.placeName(id)
	}
	return strings.Join(out, ", ")
}

// way names the rounds of a way by who drives them.
func (c *changes) way(ids []string, in *book) string {
	if len(ids) == 0 {
		return c.say.Nobody
	}
	out := c.round(ids[0], in)
	for _, id := range ids[1:] {
		out = c.words.say(c.words.Then, out, c.round(id, in))
	}
	return out
}

func (c *changes) round(id string, in *book) string {
	if who := in.carrier(id); who != "" {
		return c.words.say(c.words.CarrierFmt, in.producerName(who), in.roundName(id))
	}
	return in.roundName(id)
}

// order is one of the week as it is now or was.
func (c *changes) order(id string) string {
	if c.orders[id] == nil {
		return c.before.orderName(id)
	}
	return c.orderName(id)
}

func (c *changes) cause(x *engine.Cause) string {
	round := c.words.fixed(c.vehicleName(x.Vehicle))
	if x.Round != "" {
		if round = c.round(x.Round, c.book); c.carrier(x.Round) == "" {
			round = c.round(x.Round, c.before)
		}
	}
	s := c.say
	switch x.Kind {
	case engine.CauseOrder:
		return c.words.say(s.Order, c.order(x.Order))
	case engine.CauseOrderCancelled:
		return c.words.say(s.OrderCancelled, c.order(x.Order))
	case engine.CauseWeighed:
		return c.words.say(s.Weighed, c.order(x.Order))
	case engine.CauseRoundCancelled:
		return c.words.say(s.RoundCancelled, c.before.roundName(x.Round))
	case engine.CauseRoundChanged:
		return c.words.say(s.RoundChanged, c.roundName(x.Round))
	case engine.CauseVehicle:
		return c.words.say(s.Vehicle, c.vehicleName(x.Vehicle))
	case engine.CauseRefused:
		return c.words.say(s.Refused, round)
	case engine.CauseLock:
		return c.words.fixed(s.Lock)
	case engine.CauseHours:
		return c.words.say(s.Hours, round)
	case engine.CauseRoom:
		return c.words.say(s.Room, round)
	case engine.CauseLimit:
		return c.words.say(s.Limit, round)
	case engine.CauseLongest:
		return c.words.say(s.Longest, round)
	case engine.CauseUnserved:
		return c.words.fixed(s.WasUnserved)
	case engine.CauseSaves:
		return c.words.say(s.Saves, c.km(x.Metres))
	case engine.CauseEven:
		return c.words.fixed(s.Even)
	}
	return c.words.fixed(s.Others)
}
