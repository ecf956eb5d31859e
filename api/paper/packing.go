package paper

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carriole/api/store"
	"carriole/engine"
)

// mostInNote is how many orders one note of a row names; further ones stand in further notes.
const mostInNote = 24

// packingLists are those of the farms that send something, by their names.
func (m *maker) packingLists() []Paper {
	of := map[string][]*engine.Consignment{}
	for i := range m.Plan.Consignments {
		c := &m.Plan.Consignments[i]
		if m.asks(c) && (m.For == "" || c.Producer == string(m.For)) {
			of[c.Producer] = append(of[c.Producer], c)
		}
	}
	left := m.left()
	var farms []string
	for id := range of {
		farms = append(farms, id)
	}
	for id := range left {
		if of[id] == nil {
			farms = append(farms, id)
		}
	}
	slices.SortFunc(farms, func(a, b string) int { return cmp.Or(cmp.Compare(m.called(a), m.called(b)), cmp.Compare(a, b)) })
	out := make([]Paper, len(farms))
	for i, id := range farms {
		out[i] = m.packingList(id, of[id], left[id])
	}
	return out
}

func (m *maker) packingList(producer string, list []*engine.Consignment, left []Row) Paper {
	farm := ""
	if x := m.Producers[store.ID(producer)]; x != nil {
		farm = m.address(string(x.Place))
	}
	total, boxes := 0., 0
	for _, c := range list {
		total, boxes = total+c.Kg, boxes+m.Crate.Count(c.Kg, c.Litres)
	}
	p := Paper{Title: m.say("Liste de préparation\u00a0: ", "Packing list: ") + m.called(producer), Sub: m.sub(), Notice: m.notice(), Facts: []Fact{
		{m.say("Ferme", "Farm"), farm},
		{m.say("Distribution", "Distribution"), m.day(m.Sale.Distribution.At(0, m.Collective.Zone()))},
		{m.say("En tout", "In all"), fmt.Sprintf("%s, %s", m.Lang.Kg(total), m.boxes(boxes))},
		{m.say("Préparé par", "Packed by"), ""},
	}}
	columns := []Column{{"", .05, false}, {m.say("Produit", "Product"), .37, false}, {m.say("Quantité", "Quantity"), .12, true}, {"kg", .1, true},
		{m.say("Lot", "Lot"), .18, false}, {m.say("DLC / DDM", "Use by / best before"), .18, false}}
	if len(list) > 0 {
		t := Table{Columns: columns}
		slices.SortStableFunc(list, func(a, b *engine.Consignment) int {
			return cmp.Or(m.leaves(a).Compare(m.leaves(b)), cmp.Compare(m.called(a.PickupPoint), m.called(b.PickupPoint)), cmp.Compare(a.Class, b.Class))
		})
		for _, c := range list {
			t.Rows = append(t.Rows, m.packedRows(c)...)
		}
		p.Tables = append(p.Tables, t)
	}
	if len(left) > 0 {
		p.Tables = append(p.Tables, Table{Title: m.say("Sans transport\u00a0: demander au coordinateur avant de préparer", "Without transport: ask the coordinator before packing"),
			Columns: []Column{{m.say("Produit", "Product"), .4, false}, {m.say("Quantité", "Quantity"), .12, true}, {"kg", .1, true}, {m.say("Point de retrait", "Pickup point"), .2, false},
				{m.say("Commande", "Order"), .18, false}}, Rows: left})
	}
	return p
}

// packedRows are what to pack of one consignment: products, each with the orders that it is for.
func (m *maker) packedRows(c *engine.Consignment) []Row {
	out := []Row{{Heading: joined(" · ", "→ "+m.called(c.PickupPoint), strings.ToUpper(m.class(c.Class)), m.Lang.Kg(c.Kg), m.boxes(m.Crate.Count(c.Kg, c.Litres)))}, {Note: m.takenBy(c)}}
	for _, p := range m.products([]*engine.Consignment{c}) {
		out = append(out, Row{Cells: []string{Tick, p.name, m.quantity(p.quantity), m.Lang.Number(p.kg, 1), p.lot, p.until}})
		for part := range slices.Chunk(p.orders, mostInNote) {
			out = append(out, Row{Note: strings.Join(part, "   ")})
		}
	}
	return out
}

// takenBy says who comes for goods, or takes them along, and when.
func (m *maker) takenBy(c *engine.Consignment) string {
	if len(c.Legs) == 0 {
		return m.say("Retiré sur place par les clients", "Collected here by customers")
	}
	s, stop := m.rounds[c.Legs[0].Round], m.stop(c.Legs[0].Round, c.Legs[0].From)
	if s == nil || stop == nil {
		return ""
	}
	at := m.local(stop.Depart)
	return fmt.Sprintf(m.say("Chargé par %s, %s, à %s, départ %s", "Loaded by %s, %s, at %s, leaves %s"), driver(s), m.Lang.Date(at), stop.Name, m.Lang.Clock(at))
}

func (m *maker) boxes(n int) string {
	if n == 1 {
		return m.say("1 caisse environ", "about 1 crate")
	}
	return strconv.Itoa(n) + m.say(" caisses environ", " crates or so")
}

// left is what nothing carries, by producer.
func (m *maker) left() map[string][]Row {
	out := map[string][]Row{}
	for _, u := range m.Plan.Unserved {
		o := m.orders[u.Order]
		if o == nil || u.Line < 0 || u.Line >= len(o.Lines) || m.Round != "" || m.PickupPoint != "" && o.PickupPoint != string(m.PickupPoint) {
			continue
		}
		l := &o.Lines[u.Line]
		if m.For != "" && l.Producer != string(m.For) || m.Producer != "" && l.Producer != string(m.Producer) {
			continue
		}
		point := "–"
		if o.PickupPoint != "" {
			point = m.called(o.PickupPoint)
		}
		out[l.Producer] = append(out[l.Producer], Row{Cells: []string{l.Product, m.quantity(l.Quantity), m.Lang.Number(l.Kg, 1), point, cmp.Or(o.Name, o.ID)}})
	}
	return out
}
