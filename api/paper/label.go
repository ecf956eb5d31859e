package paper

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"carriole/api/store"
	"carriole/engine"
)

// labels are one for each crate that travels, by farm and in the order in which they leave.
func (m *maker) labels() []Label {
	var list []*engine.Consignment
	for i := range m.Plan.Consignments {
		c := &m.Plan.Consignments[i]
		if len(c.Legs) > 0 && m.asks(c) && (m.For == "" || c.Producer == string(m.For)) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *engine.Consignment) int {
		return cmp.Or(cmp.Compare(m.called(a.Producer), m.called(b.Producer)), cmp.Compare(a.Producer, b.Producer), m.leaves(a).Compare(m.leaves(b)),
			cmp.Compare(m.called(a.PickupPoint), m.called(b.PickupPoint)), cmp.Compare(a.Class, b.Class))
	})
	var out []Label
	for _, c := range list {
		out = append(out, m.labelsOf(c)...)
	}
	return out
}

func (m *maker) labelsOf(c *engine.Consignment) []Label {
	x := Label{To: m.called(c.PickupPoint), From: m.called(c.Producer), Weight: m.Lang.Kg(c.Kg), Link: c.ID}
	if m.URL != "" {
		x.Link = fmt.Sprintf("%s/goods/%s/%s", m.URL, m.Row.ID, url.PathEscape(c.ID))
	}
	if p := m.points[c.PickupPoint]; p != nil {
		x.When = m.Lang.Date(m.local(p.AcceptBy))
	}
	var names []string
	organic := true
	var lots []string
	blank := false
	for _, p := range m.products([]*engine.Consignment{c}) {
		if text := joined(", ", p.lot, p.until); text == "" {
			blank = true
		} else if !slices.Contains(lots, text) {
			lots = append(lots, text)
		}
		names = append(names, m.quantity(p.quantity)+"\u00a0× "+p.name)
		organic = organic && p.organic
	}
	x.Goods = strings.Join(names, ", ")
	if farm := m.Producers[store.ID(c.Producer)]; farm != nil && organic && len(names) > 0 && farm.OrganicBody != "" {
		x.Facts = append(x.Facts, m.say("Bio ", "Organic ")+farm.OrganicBody)
	}
	if blank || len(lots) == 0 {
		lots = append(lots, "____________")
	}
	x.Facts = append(x.Facts, m.say("Lot\u00a0: ", "Lot: ")+strings.Join(lots, "\u00a0; "))
	if n := m.Notes[store.Consigned{Producer: store.ID(c.Producer), PickupPoint: store.ID(c.PickupPoint)}]; n > 0 {
		x.Facts = append(x.Facts, m.say("Bon n°\u00a0", "Note no. ")+number(n))
	}
	var by []string
	for _, l := range c.Legs {
		if s := m.rounds[l.Round]; s != nil {
			by = append(by, s.Producer)
		}
	}
	x.Facts = append(x.Facts, m.say("Avec ", "With ")+strings.Join(slices.Compact(by), " → "))
	out := make([]Label, m.Crate.Count(c.Kg, c.Litres))
	for i := range out {
		out[i] = x
		out[i].Mark = joined(" · ", strings.ToUpper(m.class(c.Class)), fmt.Sprintf("%d / %d", i+1, len(out)))
	}
	return out
}
