package paper

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// number is a delivery note's as it is written.
func number(n int64) string { return fmt.Sprintf("%06d", n) }

// A shipment is what goes from a producer to a pickup point in one way.
type shipment struct {
	store.Consigned
	way   string // the rounds
	goods []*engine.Consignment
	part  int // 1, 2, …
	of    int // of so many ways between the two
}

// deliveryNotes are those of what travels, in the order in which it leaves. A producer has those of what they send, and of what
// others send with them.
func (m *maker) deliveryNotes() []Paper {
	var out []Paper
	for _, x := range m.shipments() {
		c := x.goods[0]
		if m.For != "" && x.Producer != m.For && !m.carries(m.For, c) || !m.asks(c) {
			continue
		}
		out = append(out, m.deliveryNote(&x))
	}
	return out
}

func (m *maker) shipments() []shipment {
	var out []shipment
	for i := range m.Plan.Consignments {
		c := &m.Plan.Consignments[i]
		if len(c.Legs) == 0 {
			continue
		}
		var way strings.Builder
		for _, l := range c.Legs {
			fmt.Fprintf(&way, "%s %d %d ", l.Round, l.From, l.To)
		}
		who := store.Consigned{Producer: store.ID(c.Producer), PickupPoint: store.ID(c.PickupPoint)}
		k := slices.IndexFunc(out, func(x shipment) bool { return x.Consigned == who && x.way == way.String() })
		if k < 0 {
			k, out = len(out), append(out, shipment{Consigned: who, way: way.String()})
		}
		out[k].goods = append(out[k].goods, c)
	}
	slices.SortStableFunc(out, func(a, b shipment) int {
		return cmp.Or(m.leaves(a.goods[0]).Compare(m.leaves(b.goods[0])), cmp.Compare(a.Producer, b.Producer), cmp.Compare(a.PickupPoint, b.PickupPoint), cmp.Compare(a.way, b.way))
	})
	ways := map[store.Consigned]int{}
	for i := range out {
		ways[out[i].Consigned]++
		out[i].part = ways[out[i].Consigned]
	}
	for i := range out {
		out[i].of = ways[out[i].Consigned]
	}
	return out
}

// leaves is when goods are first loaded; zero: they stay where they are.
func (m *maker) leaves(c *engine.Consignment) time.Time {
	if len(c.Legs) == 0 {
		return time.Time{}
	}
	if s := m.stop(c.Legs[0].Round, c.Legs[0].From); s != nil {
		return s.Depart
	}
	return time.Time{}
}

func (m *maker) deliveryNote(x *shipment) Paper {
	no := ""
	if n := m.Notes[x.Consigned]; n > 0 {
		if no = number(n); x.of > 1 {
			no += "/" + strconv.Itoa(x.part)
		}
	}
	p := Paper{Title: m.say("Bon de livraison", "Delivery note"), Sub: m.sub(), Notice: m.notice()}
	if no != "" {
		p.Title += m.say(" n°\u00a0", " no. ") + no
	}
	lines := m.products(x.goods)
	p.Facts = append([]Fact{{m.say("Numéro", "Number"), no}, {m.say("Date", "Date"), m.day(m.leaves(x.goods[0]))}}, m.sender(x, lines)...)
	p.Facts = append(p.Facts, m.receiver(x)...)
	p.Tables = []Table{m.transport(x.goods[0]), m.noteLines(x, lines), m.signatures(x)}
	return p
}

// sender states who sends. What cold goods or organic ones need is a blank where it is missing.
func (m *maker) sender(x *shipment, lines []packed) []Fact {
	name, siret, approval, body := m.called(string(x.Producer)), "", "", ""
	if farm := m.Producers[x.Producer]; farm != nil {
		name = farm.Name + "\n" + m.address(string(farm.Place))
		siret, approval, body = spaced(farm.Siret), farm.Approval, farm.OrganicBody
	}
	out := []Fact{{m.say("Expéditeur", "Sender"), name}, {"SIRET", siret}}
	if approval != "" || slices.ContainsFunc(lines, func(p packed) bool { return p.class != engine.Ambient && p.class != "" }) {
		out = append(out, Fact{m.say("Agrément sanitaire", "Sanitary approval"), approval})
	}
	if body != "" || slices.ContainsFunc(lines, func(p packed) bool { return p.organic }) {
		out = append(out, Fact{m.say("Organisme de contrôle bio", "Organic control body"), body})
	}
	return out
}

func (m *maker) receiver(x *shipment) []Fact {
	to := m.called(string(x.PickupPoint))
	out := []Fact{{m.say("Destinataire", "Receiver"), to}}
	p := m.points[string(x.PickupPoint)]
	if p == nil {
		return out
	}
	if place := m.address(p.Place); !strings.HasPrefix(place, to) {
		to += "\n" + place
	} else {
		to = place
	}
	out[0].Value = to
	return append(out, Fact{m.say("À livrer entre", "To be delivered"), fmt.Sprintf("%s, %s – %s", m.Lang.Date(m.local(p.AcceptBy)), m.clock(p.AcceptAfter), m.clock(p.AcceptBy))})
}

// transport is who carries from where to where, and when.
func (m *maker) transport(c *engine.Consignment) Table {
	t := Table{Title: m.say("Transport", "Transport"), Columns: []Column{{m.say("Transporteur", "Carrier"), .17, false}, {m.say("Véhicule, immatriculation", "Vehicle, number plate"), .16, false},
		{m.say("Tournée", "Round"), .13, false}, {m.say("De", "From"), .27, false}, {m.say("À", "To"), .27, false}}}
	for _, l := range c.Legs {
		s, from, to := m.rounds[l.Round], m.stop(l.Round, l.From), m.stop(l.Round, l.To)
		if s == nil || from == nil || to == nil {
			continue
		}
		name := s.Name
		if s.Round.Dedicated {
			name = m.say("trajet dédié", "dedicated trip")
		}
		t.Rows = append(t.Rows, Row{Cells: []string{s.Producer, s.Vehicle + "\n" + m.plate(s.Round.Vehicle), name,
			from.Name + "\n" + m.moment(from.Depart), to.Name + "\n" + m.moment(to.Arrive)}})
	}
	return t
}

func (m *maker) moment(t time.Time) string {
	t = m.local(t)
	return m.Lang.Date(t) + ", " + m.Lang.Clock(t)
}

func (m *maker) noteLines(x *shipment, lines []packed) Table {
	t := Table{Title: m.say("Marchandises", "Goods"), Columns: []Column{{m.say("Produit", "Product"), .28, false}, {m.say("Quantité", "Quantity"), .1, true}, {"kg", .09, true},
		{m.say("Température", "Temperature"), .14, false}, {m.say("Lot", "Lot"), .13, false}, {m.say("DLC / DDM", "Use by / best before"), .13, false}, {m.say("Bio", "Organic"), .13, false}}}
	body, kg, boxes := "", 0., 0
	if farm := m.Producers[x.Producer]; farm != nil {
		body = farm.OrganicBody
	}
	for _, p := range lines {
		organic := m.say("non", "no")
		if p.organic {
			organic = joined(" ", m.say("oui", "yes"), body)
		}
		t.Rows = append(t.Rows, Row{Cells: []string{p.name, m.quantity(p.quantity), m.Lang.Number(p.kg, 2), cmp.Or(m.class(p.class), m.Lang.Class(engine.Ambient)), p.lot, p.until, organic}})
	}
	for _, c := range x.goods {
		kg, boxes = kg+c.Kg, boxes+m.Crate.Count(c.Kg, c.Litres)
	}
	t.Rows = append(t.Rows, Row{Heading: fmt.Sprintf("%s %s, %s", m.say("En tout\u00a0:", "In all:"), m.Lang.Kg(kg), m.boxes(boxes))})
	return t
}

// signatures are one row for each time that the goods change hands.
func (m *maker) signatures(x *shipment) Table {
	t := Table{Title: m.say("Remises", "Handovers"), Tall: true, Columns: []Column{{m.say("Où et quand", "Where and when"), .27, false}, {m.say("Remis par (nom, signature)", "Handed over by (name, signature)"), .19, false},
		{m.say("Reçu par (nom, signature)", "Received by (name, signature)"), .19, false}, {m.say("Date, heure, °C", "Date, time, °C"), .13, false},
		{m.say("Caisses remises", "Crates out"), .11, false}, {m.say("Caisses rendues", "Crates back"), .11, false}}}
	row := func(where *view.SheetStop, at time.Time, from, to string) {
		t.Rows = append(t.Rows, Row{Cells: []string{where.Name + "\n" + m.moment(at), from, to, "", "", ""}})
	}
	has, hasName := string(x.Producer), m.called(string(x.Producer))
	for _, l := range x.goods[0].Legs {
		s, from := m.rounds[l.Round], m.stop(l.Round, l.From)
		if s == nil || from == nil {
			continue
		}
		if s.Round.Producer != has {
			row(from, from.Depart, hasName, s.Producer)
		}
		has, hasName = s.Round.Producer, s.Producer
	}
	last := x.goods[0].Legs[len(x.goods[0].Legs)-1]
	if to := m.stop(last.Round, last.To); to != nil {
		row(to, to.Arrive, hasName, m.called(string(x.PickupPoint)))
	}
	return t
}

// spaced writes a SIRET in its groups.
func spaced(siret string) string {
	if len(siret) != 14 {
		return siret
	}
	return siret[:3] + "\u00a0" + siret[3:6] + "\u00a0" + siret[6:9] + "\u00a0" + siret[9:]
}

// joined puts together what is not empty.
func joined(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), by)
}
