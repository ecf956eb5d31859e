package paper

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// maker makes papers.
type maker struct {
	*Source
	Query
	sheets []view.Sheet
	rounds map[string]*view.Sheet
	orders map[string]*engine.Order
	names  map[string]string // what people call things of the week, by id
	points map[string]*engine.PickupPoint
}

// Make makes the papers that a query asks for. A plan that has none of them gives one that says so.
func (s *Source) Make(q Query) *Document {
	m := &maker{Source: s, Query: q, sheets: view.Sheets(s.Week, s.Plan), rounds: map[string]*view.Sheet{}, orders: map[string]*engine.Order{},
		names: map[string]string{}, points: map[string]*engine.PickupPoint{}}
	for i := range m.sheets {
		m.rounds[m.sheets[i].Round.ID] = &m.sheets[i]
	}
	for i := range s.Week.Orders {
		m.orders[s.Week.Orders[i].ID] = &s.Week.Orders[i]
	}
	for i := range s.Week.Producers {
		m.name(s.Week.Producers[i].ID, s.Week.Producers[i].Name)
	}
	for i := range s.Week.Places {
		m.name(s.Week.Places[i].ID, s.Week.Places[i].Name)
	}
	for i := range s.Week.PickupPoints {
		x := &s.Week.PickupPoints[i]
		m.name(x.ID, x.Name)
		m.points[x.ID] = x
	}
	d := &Document{Kind: q.Kind, Lang: q.Lang, Title: q.Kind.Title(q.Lang), Made: s.Row.Created}
	switch q.Kind {
	case RunSheets:
		d.Papers = m.runSheets()
	case PackingLists:
		d.Papers = m.packingLists()
	case DeliveryNotes:
		d.Papers = m.deliveryNotes()
	case CrateLabels:
		d.Labels = m.labels()
	}
	if len(d.Papers)+len(d.Labels) == 0 {
		d.Papers = []Paper{{Title: d.Title, Sub: m.sub(), Notice: m.say("Il n’y a rien à imprimer : rien de ce plan ne répond à la demande.", "There is nothing to print: nothing of this plan answers what was asked for.")}}
	}
	d.Name = m.file()
	return d
}

// Title names a kind.
func (k Kind) Title(lang view.Lang) string {
	french, english := "Étiquettes de caisses", "Crate labels"
	switch k {
	case RunSheets:
		french, english = "Feuilles de route", "Run sheets"
	case PackingLists:
		french, english = "Listes de préparation", "Packing lists"
	case DeliveryNotes:
		french, english = "Bons de livraison", "Delivery notes"
	}
	if lang == view.French {
		return french
	}
	return english
}

func (m *maker) say(french, english string) string {
	if m.Lang == view.French {
		return french
	}
	return english
}

func (m *maker) name(id, name string) { m.names[id] = cmp.Or(name, id) }

func (m *maker) called(id string) string { return cmp.Or(m.names[id], id) }

// file is a name for a file, of letters that all systems take.
func (m *maker) file() string {
	name := map[Kind][2]string{RunSheets: {"feuilles-de-route", "run-sheets"}, PackingLists: {"preparation", "packing"},
		DeliveryNotes: {"bons-de-livraison", "delivery-notes"}, CrateLabels: {"etiquettes", "labels"}}[m.Kind]
	return fmt.Sprintf("%s-%s-plan-%d", m.say(name[0], name[1]), m.Sale.Distribution, m.Row.Number)
}

// sub says what papers belong to.
func (m *maker) sub() string {
	return fmt.Sprintf("%s · %s · %s %d", m.Collective.Name, m.Sale.Name, "plan", m.Row.Number)
}

// notice warns of a plan that is not in force.
func (m *maker) notice() string {
	switch m.Row.State {
	case store.Draft, store.Proposed:
		return m.say("Ce plan n’est pas encore publié : ce papier peut encore changer.", "This plan is not published yet: this paper may still change.")
	case store.Superseded:
		return m.say("Un autre plan a remplacé celui-ci : ce papier ne vaut plus.", "Another plan has taken the place of this one: this paper is no longer valid.")
	}
	return ""
}

func (m *maker) local(t time.Time) time.Time { return t.In(m.Collective.Zone()) }

func (m *maker) clock(t time.Time) string { return m.Lang.Clock(m.local(t)) }

// day is a date with its year.
func (m *maker) day(t time.Time) string {
	t = m.local(t)
	return fmt.Sprintf("%s %d", m.Lang.Date(t), t.Year())
}

// address is of a place, with its name.
func (m *maker) address(place string) string {
	if x := m.Places[store.ID(place)]; x != nil && x.Address != "" {
		return m.called(place) + ", " + x.Address
	}
	return m.called(place)
}

// quantity is without the zeros that it does not need.
func (m *maker) quantity(x float64) string {
	for decimals := range 3 {
		if p := math.Pow10(decimals); math.Abs(math.Round(x*p)/p-x) < 1e-9 {
			return m.Lang.Number(x, decimals)
		}
	}
	return m.Lang.Number(x, 3)
}

// class is empty for what needs no cold.
func (m *maker) class(c engine.Class) string {
	if c == engine.Ambient || c == "" {
		return ""
	}
	return m.Lang.Class(c)
}

// asks says whether a query asks for goods.
func (m *maker) asks(c *engine.Consignment) bool {
	return (m.Producer == "" || c.Producer == string(m.Producer)) && (m.PickupPoint == "" || c.PickupPoint == string(m.PickupPoint)) &&
		(m.Round == "" || slices.ContainsFunc(c.Legs, func(l engine.Leg) bool { return l.Round == m.Round }))
}

// carries says whether somebody drives goods.
func (m *maker) carries(who store.ID, c *engine.Consignment) bool {
	return slices.ContainsFunc(c.Legs, func(l engine.Leg) bool {
		s := m.rounds[l.Round]
		return s != nil && s.Round.Producer == string(who)
	})
}

// A packed product is what is sent of it, and by which orders.
type packed struct {
	id, name             string
	quantity, kg, litres float64
	organic              bool
	class                engine.Class
	orders               []string
	lot                  string // empty: not known
	until                string // and until when it keeps
}

// products are what consignments have, by name.
func (m *maker) products(list []*engine.Consignment) []packed {
	var out []packed
	for _, c := range list {
		for _, ref := range c.Lines {
			o := m.orders[ref.Order]
			if o == nil || ref.Line < 0 || ref.Line >= len(o.Lines) {
				continue
			}
			l := &o.Lines[ref.Line]
			k := slices.IndexFunc(out, func(p packed) bool { return p.id == l.ProductID && p.name == l.Product && p.class == c.Class })
			if k < 0 {
				x := m.Products[store.ID(l.ProductID)]
				k, out = len(out), append(out, packed{id: l.ProductID, name: l.Product, class: c.Class, organic: x != nil && x.Organic})
				if x != nil {
					out[k].lot, out[k].until = m.traced(m.Lots[x.ID])
				}
			}
			p := &out[k]
			p.quantity, p.kg, p.litres = p.quantity+l.Quantity, p.kg+l.Kg, p.litres+l.Litres
			p.orders = append(p.orders, cmp.Or(o.Name, o.ID)+"\u00a0×\u00a0"+m.quantity(l.Quantity))
		}
	}
	slices.SortStableFunc(out, func(a, b packed) int { return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	return out
}

// traced is a lot's code and until when it keeps; nil: nothing is known.
func (m *maker) traced(x *store.Lot) (lot, until string) {
	if x == nil {
		return "", ""
	}
	date := func(french, english string, d store.Day) string {
		if d == "" {
			return ""
		}
		return m.say(french, english) + d.At(0, m.Collective.Zone()).Format("02/01/2006")
	}
	return x.Code, joined(", ", date("DLC ", "use by ", x.UseBy), date("DDM ", "best before ", x.BestBefore))
}

// plate is a vehicle's; empty: not known.
func (m *maker) plate(vehicle string) string {
	if x := m.Vehicles[store.ID(vehicle)]; x != nil {
		return x.Plate
	}
	return ""
}

// stop is one of a round; nil: it has no such stop.
func (m *maker) stop(round string, k int) *view.SheetStop {
	s := m.rounds[round]
	if s == nil || k < 0 || k >= len(s.Stops) {
		return nil
	}
	return &s.Stops[k]
}

// driver says who drives a round, and with what.
func driver(s *view.Sheet) string {
	if s.Vehicle == "" {
		return s.Producer
	}
	return s.Producer + " (" + s.Vehicle + ")"
}
