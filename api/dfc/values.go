package dfc

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
	"carriole/geo"
)

// is says whether a node has one of some types.
func (n *node) is(types ...string) bool {
	return n != nil && slices.ContainsFunc(n.types, func(t string) bool { return slices.Contains(types, t) })
}

// all is the values of a property by any of its names, up to maxValues. A list counts as its elements.
func (n *node) all(names ...string) []value {
	if n == nil {
		return nil
	}
	var out []value
	for _, name := range names {
		for _, v := range n.values[name] {
			if v.isList {
				out = append(out, v.list...)
			} else {
				out = append(out, v)
			}
			if len(out) >= maxValues {
				return out[:maxValues]
			}
		}
	}
	return out
}

// crowded says of a node that has more values of a property than are read.
func (r *reader) crowded(n *node, names ...string) {
	if len(n.all(names...)) == maxValues {
		r.fault(n, "has %d values of %s or more, the most that are read: send it in parts", maxValues, names[0])
	}
}

// text is a property's value as a text: in French where it has several languages.
func (n *node) text(names ...string) string {
	best := ""
	for _, v := range n.all(names...) {
		s := strings.TrimSpace(v.text())
		if s != "" && (best == "" || v.language == "fr") {
			best = s
		}
	}
	return best
}

func (v value) text() string {
	switch x := v.literal.(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	if v.node != nil {
		return v.node.id
	}
	return ""
}

// number is a property's value as a number.
func (n *node) number(names ...string) (x float64, ok bool) {
	for _, v := range n.all(names...) {
		if x, ok := v.number(); ok {
			return x, true
		}
	}
	return 0, false
}

func (v value) number() (float64, bool) {
	x, err := strconv.ParseFloat(strings.TrimSpace(v.text()), 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

func (n *node) flag(name string) bool {
	s := strings.ToLower(n.text(name))
	return s == "true" || s == "1"
}

// refs is the nodes that a property refers to, by any of its names. A text stands for the node with this @id: contexts often forget
// which properties are references. What is named and not described has no types and no values.
func (g *Graph) refs(n *node, names ...string) []*node {
	var out []*node
	met := map[*node]bool{}
	for _, v := range n.all(names...) {
		if m := g.ref(v); m != nil && !met[m] {
			met[m] = true
			out = append(out, m)
		}
	}
	return out
}

func (g *Graph) ref(v value) *node {
	s, ok := v.literal.(string)
	if !ok || s == "" {
		return v.node
	}
	id := g.whole(s)
	if m := g.byID[id]; m != nil {
		return m
	}
	return &node{id: id}
}

// those is the nodes that a node refers to by some properties or, where it refers to none, those that refer to it by others.
func (g *Graph) those(n *node, forward, backward []string) []*node {
	if out := g.refs(n, forward...); len(out) > 0 || n == nil {
		return out
	}
	var out []*node
	for _, name := range backward {
		out = append(out, g.referrers(name)[n]...)
	}
	return out
}

// that is the first of those.
func (g *Graph) that(n *node, forward, backward []string) *node {
	if n == nil {
		return nil
	}
	for _, name := range forward {
		for _, v := range n.values[name] {
			if v.isList && len(v.list) > 0 {
				v = v.list[0]
			}
			if m := g.ref(v); m != nil {
				return m
			}
		}
	}
	for _, name := range backward {
		if out := g.referrers(name)[n]; len(out) > 0 {
			return out[0]
		}
	}
	return nil
}

// referrers is who refers to whom by a property.
func (g *Graph) referrers(name string) map[*node][]*node {
	if m, ok := g.inverse[name]; ok {
		return m
	}
	m := map[*node][]*node{}
	for _, n := range g.nodes {
		for _, to := range g.refs(n, name) {
			m[to] = append(m[to], n)
		}
	}
	if g.inverse == nil {
		g.inverse = map[string]map[*node][]*node{}
	}
	g.inverse[name] = m
	return m
}

// dimension is what a unit measures.
type dimension int

const (
	pieces dimension = iota
	grams
	millilitres
)

// units by the last part of their IRI in lower case: what they measure, and how much of it one is. The containers of the
// measures' taxonomy count as one piece each.
var units = map[string]struct {
	of  dimension
	one float64
}{
	"milligram": {grams, 1e-3}, "gram": {grams, 1}, "g": {grams, 1}, "kilogram": {grams, 1e3}, "kg": {grams, 1e3}, "tonne": {grams, 1e6},
	"ounce": {grams, 28.349523125}, "poundmass": {grams, 453.59237},
	"millilitre": {millilitres, 1}, "milliliter": {millilitres, 1}, "ml": {millilitres, 1}, "centilitre": {millilitres, 10}, "centiliter": {millilitres, 10},
	"cl": {millilitres, 10}, "decilitre": {millilitres, 100}, "deciliter": {millilitres, 100}, "litre": {millilitres, 1e3}, "liter": {millilitres, 1e3},
	"l": {millilitres, 1e3}, "hectolitre": {millilitres, 1e5}, "cubicmetre": {millilitres, 1e6}, "cubicmeter": {millilitres, 1e6}, "m3": {millilitres, 1e6},
	"gallon": {millilitres, 4546.09}, // the taxonomy's is the imperial one
	"":       {pieces, 1}, "unit": {pieces, 1}, "piece": {pieces, 1}, "pair": {pieces, 2}, "halfdozen": {pieces, 6}, "dozen": {pieces, 12}, "4pack": {pieces, 4}, "6pack": {pieces, 6},
	"bag": {pieces, 1}, "basket": {pieces, 1}, "beercrate": {pieces, 1}, "bottle": {pieces, 1}, "box": {pieces, 1}, "bucket": {pieces, 1}, "bunch": {pieces, 1},
	"bundle": {pieces, 1}, "can": {pieces, 1}, "carton": {pieces, 1}, "cardboardbox": {pieces, 1}, "crate": {pieces, 1}, "jar": {pieces, 1}, "keg": {pieces, 1},
	"pack": {pieces, 1}, "package": {pieces, 1}, "packet": {pieces, 1}, "pallet": {pieces, 1}, "palletbox": {pieces, 1}, "plate": {pieces, 1}, "pot": {pieces, 1}, "potplant": {pieces, 1},
	"portion": {pieces, 1}, "punnet": {pieces, 1}, "sachet": {pieces, 1}, "sack": {pieces, 1}, "slice": {pieces, 1}, "tank": {pieces, 1}, "tray": {pieces, 1}, "tub": {pieces, 1}, "vial": {pieces, 1},
}

// An amount is so many pieces, grams or millilitres.
type amount struct {
	of dimension
	n  float64
}

// mostAmount is a thousand tonnes in grams, more than anybody orders.
const mostAmount = 1e9

// amounts reads the quantities of a property; what is wrong with one is said of the node whose it is.
func (r *reader) amounts(n *node, name string) []amount {
	var out []amount
	for _, v := range n.all(name) {
		if x, ok := v.number(); ok && v.node == nil {
			v = value{node: &node{types: []string{"QuantitativeValue"}, values: map[string][]value{"value": {{literal: x}}}}}
		}
		if q := r.ref(v); q != nil {
			if a, ok := r.amount(n, q, name); ok {
				out = append(out, a)
			}
		}
	}
	return out
}

func (r *reader) amount(n, q *node, name string) (amount, bool) {
	if !q.described() {
		r.fault(n, "%s is %s, which the graph does not describe", name, q.id)
		return amount{}, false
	}
	x, ok := q.number("value")
	if !ok || x < 0 || x > mostAmount {
		r.fault(n, "%s has the value %q: it must be a number, 0 or more, with a dot for the decimals", name, q.text("value"))
		return amount{}, false
	}
	unit := local(q.text("hasUnit"))
	u, ok := units[strings.ToLower(unit)]
	if !ok {
		r.fault(n, "%s is in %q, which is not known as a unit of mass, volume or pieces", name, unit)
		return amount{}, false
	}
	return amount{u.of, x * u.one}, true
}

// size is what one of a product has, in grams and millilitres: by its physical characteristics and quantity.
func (r *reader) size(n *node) (g, ml int64, count float64) {
	for _, c := range r.refs(n, "hasPhysicalCharacteristic") {
		dimension := strings.ToLower(local(c.text("hasPhysicalDimension")))
		if dimension != "weight" && dimension != "mass" && dimension != "volume" {
			continue
		}
		if a, ok := r.amount(n, c, "hasPhysicalCharacteristic"); ok {
			switch a.of {
			case grams:
				g = round(a.n)
			case millilitres:
				ml = round(a.n)
			}
		}
	}
	for _, a := range r.amounts(n, "hasQuantity") {
		switch {
		case a.of == grams && g == 0:
			g = round(a.n)
		case a.of == millilitres && ml == 0:
			ml = round(a.n)
		case a.of == pieces:
			count = a.n
		}
	}
	return g, ml, count
}

func round(x float64) int64 { return int64(math.Round(x)) }

// class is the temperature class that a product or its stock asks for; said is whether anything is.
func (r *reader) class(n *node) (class engine.Class, said bool) {
	const ( // °C, see the French order of 21 December 2009
		frozen  = -12
		chilled = 8
	)
	switch {
	case n.flag("frozen"):
		return engine.Frozen, true
	case n.flag("refrigerated"):
		return engine.Chilled, true
	}
	for _, t := range r.refs(n, "hasTemperature") {
		x, ok := t.number("maxValue", "value", "minValue")
		unit := strings.ToLower(local(t.text("hasUnit")))
		switch {
		case !ok:
			r.warn(n, "hasTemperature has no number in value or maxValue: it was left out")
		case strings.Contains(unit, "fahrenheit"):
			x = (x - 32) / 1.8
			fallthrough
		default:
			switch {
			case x <= frozen:
				return engine.Frozen, true
			case x <= chilled:
				return engine.Chilled, true
			}
			return engine.Ambient, true
		}
	}
	return engine.Ambient, n.text("frozen", "refrigerated") != ""
}

// position is where a place is: by its address, or by itself.
func (r *reader) position(place *node) (at *geo.Point, problem string) {
	for _, n := range append(r.refs(place, "hasAddress"), place) {
		lat, ok1 := n.number("latitude")
		lon, ok2 := n.number("longitude")
		switch {
		case ok1 && ok2 && math.Abs(lat) <= 90 && math.Abs(lon) <= 180 && (lat != 0 || lon != 0):
			return &geo.Point{lon, lat}, ""
		case n.text("latitude") != "" || n.text("longitude") != "":
			problem = "latitude " + strconv.Quote(n.text("latitude")) + " and longitude " + strconv.Quote(n.text("longitude")) + " are no position in degrees"
		}
	}
	return nil, problem
}

// moment reads a time: with an offset, or in the reader's zone without one.
func (r *reader) moment(s string) (t time.Time, ok bool) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, plausible(t)
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, r.zone); err == nil {
			return t, plausible(t)
		}
	}
	return t, false
}

func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2200 }

// stamp is the moment of a property; a number is seconds since 1970.
func (r *reader) stamp(n *node, names ...string) (t time.Time, ok bool) {
	for _, v := range n.all(names...) {
		if t, ok := r.moment(v.text()); ok {
			return t, true
		}
		if x, ok := v.number(); ok && math.Abs(x) < 1e11 {
			whole, part := math.Modf(x)
			t := time.Unix(int64(whole), int64(math.Round(part*1e6))*1e3).UTC()
			return t, plausible(t)
		}
	}
	return t, false
}

// clock reads a time of day, with seconds or an offset or without.
func clock(s string) (store.Clock, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 5 && (s[5] == ':' || s[5] == '+' || s[5] == 'Z') {
		s = s[:5]
	}
	c, err := store.ParseClock(s)
	return c, err == nil
}

// Hours are when a place is open, or a vehicle there: at moments, and weekly.
type Hours struct {
	Dated  []engine.Interval
	Weekly store.Windows
}

func (h *Hours) none() bool { return len(h.Dated) == 0 && len(h.Weekly) == 0 }

// hours reads an OpeningHoursSpecification (opens, closes, dayOfWeek) or a span from one moment to another (start, end).
func (r *reader) hours(n *node, names ...string) (h Hours) {
	for i, x := range r.refs(n, names...) {
		if i == maxHours {
			r.fault(n, "has more than %d %s: the others were left out", maxHours, names[0])
			break
		}
		if !x.described() {
			r.fault(n, "%s is %s, which the graph does not describe", names[0], x.id)
			continue
		}
		first, last := x.text("schema:opens", "opens", "start"), x.text("schema:closes", "closes", "end")
		from, ok1 := r.moment(first)
		until, ok2 := r.moment(last)
		if ok1 && ok2 {
			if until.Before(from) {
				r.fault(n, "%s ends at %s before it begins at %s", names[0], last, first)
				continue
			}
			h.Dated = append(h.Dated, engine.Interval{from, until})
			continue
		}
		opens, ok1 := clock(first)
		closes, ok2 := clock(last)
		days, ok3 := weekdays(x)
		switch {
		case !ok1 || !ok2 || !ok3:
			r.fault(n, "%s from %q to %q on %s is not understood: give moments (2026-11-26T17:00:00+01:00), or times of day (17:00) with dayOfWeek",
				names[0], first, last, x.text("schema:dayOfWeek", "dayOfWeek"))
			continue
		case closes < opens: // after midnight
			closes += 24 * 60
		}
		if x.text("schema:validFrom", "schema:validThrough") != "" {
			r.warn(n, "%s is said to be valid in a part of the year: it was taken for the whole year", names[0])
		}
		h.Weekly = append(h.Weekly, store.Window{Days: days, From: opens, Until: closes})
	}
	slices.SortFunc(h.Dated, func(a, b engine.Interval) int { return a[0].Compare(b[0]) })
	return h
}

// weekdays are the days of an OpeningHoursSpecification: every day when it names none.
func weekdays(n *node) (days []store.Weekday, ok bool) {
	known := []store.Weekday{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	for _, v := range n.all("schema:dayOfWeek", "dayOfWeek") {
		name := strings.ToLower(local(strings.TrimPrefix(v.text(), "schema:")))
		i := slices.IndexFunc(known, func(d store.Weekday) bool { return len(name) >= 2 && strings.HasPrefix(name, string(d)[:2]) })
		if i < 0 || len(name) > 2 && !strings.HasPrefix(name, string(known[i])) {
			return nil, false
		}
		days = append(days, known[i])
	}
	if days == nil {
		days = known
	}
	return days, true
}

// on is the opening spans of some days, in their order.
func (h *Hours) on(days []store.Day, zone *time.Location) []engine.Interval {
	out := slices.Clone(h.Dated)
	for _, d := range days {
		for _, s := range h.Weekly.On(d) {
			out = append(out, engine.Interval{d.At(s.From, zone), d.At(s.Until, zone)})
		}
	}
	slices.SortFunc(out, func(a, b engine.Interval) int { return a[0].Compare(b[0]) })
	return out
}
