package engine

import (
	"cmp"
	"slices"
)

// fit cuts a parcel that no vehicle could take whole into such as some can, by whole lines. A line too large for any
// vehicle stays a parcel of its own.
func (m *model) fit(c *parcel) []*parcel {
	var kg, litres float64 // of the largest vehicle for it
	for i := range m.week.Vehicles {
		v := &m.week.Vehicles[i]
		l := v.Litres[c.class]
		if c.kg <= v.Kg && c.litres <= l {
			return []*parcel{c}
		}
		if c.by == ByProducer && m.makers[v.Producer] != c.producer {
			continue
		}
		if min(v.Kg/c.kg, l/max(c.litres, 1e-9)) > min(kg/c.kg, litres/max(c.litres, 1e-9)) {
			kg, litres = v.Kg, l
		}
	}
	if kg == 0 {
		return []*parcel{c}
	}
	return m.pack(c, kg, litres)
}

// mostParts bounds into how many pieces an unserved parcel is cut at once.
const mostParts = 8

// halves cuts a parcel into about equal ones of at least one line.
func (m *model) halves(c *parcel) []*parcel {
	n := min(mostParts, len(c.lines))
	if n < 2 {
		return []*parcel{c}
	}
	return m.pack(c, 1.2*c.kg/float64(n), 1.2*c.litres/float64(n))
}

// pack cuts a parcel into loads of at most so much, the largest lines first, each into the first load with room.
func (m *model) pack(c *parcel, kg, litres float64) []*parcel {
	type item struct {
		ref  LineRef
		line *Line
	}
	var items []item
	for _, l := range c.lines {
		items = append(items, item{l, &m.week.Orders[m.orders[l.Order]].Lines[l.Line]})
	}
	slices.SortStableFunc(items, func(a, b item) int {
		return cmp.Compare(max(b.line.Kg/max(kg, 1e-9), b.line.Litres/max(litres, 1e-9)), max(a.line.Kg/max(kg, 1e-9), a.line.Litres/max(litres, 1e-9)))
	})
	var out []*parcel
next:
	for _, it := range items {
		for _, p := range out {
			if p.kg+it.line.Kg <= kg && p.litres+it.line.Litres <= litres {
				p.add(it.ref, it.line)
				continue next
			}
		}
		p := *c
		p.lines, p.kg, p.litres = nil, 0, 0
		p.add(it.ref, it.line)
		out = append(out, &p)
	}
	return out
}
