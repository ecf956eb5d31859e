package view

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// site is a place as the picture shows it.
type site struct {
	id        string
	at        xy     // of the symbol
	farm      string // the colour of its producer, "" for no farm
	point     bool
	kg        float64 // arriving at its pickup points
	added     string  // the colour of a round that is diverted to here
	addedMany bool    // several are
	handovers int     // events
	half      xy      // half the width and height of its symbol
	dot       xy      // where a pickup point is when its symbol stands aside
}

// symbolSize shrinks with the number of rounds and with the crowd on the parts of the map that are in use.
func (p *picture) symbolSize() float64 {
	const field = 60 // pixels
	fields := map[[2]int]bool{}
	for i := range p.sites {
		fields[[2]int{int(p.sites[i].at.x) / field, int(p.sites[i].at.y) / field}] = true
	}
	crowd := float64(len(p.sites)) / float64(max(1, len(fields)))
	return max(0.3, min(1, math.Pow(25/float64(max(1, len(p.drawn))), 0.4), math.Sqrt(3/crowd)))
}

// collectSites finds the places that matter: stops of changed rounds, and farms and pickup points of consignments.
func (p *picture) collectSites() {
	sites := map[string]*site{}
	see := func(id string) *site {
		if _, ok := p.at(id); !ok {
			return new(site)
		}
		if sites[id] == nil {
			sites[id] = &site{id: id}
		}
		return sites[id]
	}
	type event struct{ place, from, to string }
	events := map[event]bool{}
	for _, r := range p.drawn {
		for i, s := range r.Stops {
			here := see(s.Place)
			if roleOf(r, i) == roleAdded {
				here.addedMany = here.addedMany || here.added != "" && here.added != p.colour[r.Producer]
				here.added = p.colour[r.Producer]
			}
			for _, t := range p.transfers(r, i) {
				if e := (event{s.Place, t.round, r.ID}); t.action == takeOver && !events[e] {
					events[e] = true
					here.handovers++
				}
			}
		}
	}
	for i := range p.plan.Consignments {
		c := &p.plan.Consignments[i]
		if f := p.producers[c.Producer]; f != nil {
			see(f.Place)
		}
		if q := p.points[c.PickupPoint]; q != nil {
			here := see(q.Place)
			here.point = true
			here.kg += c.Kg
		}
	}
	for i := range p.week.Producers {
		f := &p.week.Producers[i]
		if s := sites[f.Place]; s != nil && s.farm == "" {
			s.farm = cmp.Or(p.colour[f.ID], faint)
		}
	}
	for i := range p.week.Places {
		id := p.week.Places[i].ID
		if s := sites[id]; s != nil && p.places[id] == &p.week.Places[i] {
			p.siteOf[id] = len(p.sites)
			p.sites = append(p.sites, *s)
		}
	}
}

// drawSites draws every place with its symbol: own stops below, then farms, pickup points, handovers.
func (p *picture) drawSites() {
	p.pills = p.spreadPills()
	layer := func(s *site) int {
		switch {
		case s.point:
			return 2
		case s.farm != "":
			return 1
		}
		return 0
	}
	for l := range 3 {
		for i := range p.sites {
			if s := &p.sites[i]; layer(s) == l {
				p.drawSite(s)
			}
		}
	}
	for i := range p.sites {
		if s := &p.sites[i]; s.handovers > 0 {
			p.drawHandover(s)
		}
	}
	for i := range p.sites {
		s := &p.sites[i]
		p.grid.block(s.at.x-s.half.x, s.at.y-s.half.y, s.at.x+s.half.x, s.at.y+s.half.y)
	}
}

func (p *picture) drawSite(s *site) {
	k := p.size
	ring := s.added
	if s.addedMany {
		ring = ink
	}
	switch {
	case s.point && p.pills:
		p.drawPill(s, ring)
	case s.point:
		d := 6 * k
		s.half = xy{d, d}
		p.say(`<rect x="%s" y="%s" width="%s" height="%[3]s" fill="%s" stroke="%s" stroke-width="%s"/>`+"\n", px(s.at.x-d), px(s.at.y-d), px(2*d), ink, cmp.Or(ring, paper), px(1.6*k))
	case s.farm != "":
		d := 8.5 * k
		s.half = xy{d + 1, d + 1}
		if ring != "" {
			s.half = xy{d + 5*k, d + 5*k}
			p.say(`<circle cx="%s" cy="%s" r="%s" fill="%s" stroke="%s" stroke-width="%s"/>`+"\n", px(s.at.x), px(s.at.y), px(d+4*k), paper, ring, px(2.4*k))
		}
		p.say(`<path d="%s" fill="%s" stroke="%s" stroke-width="%s" stroke-linejoin="round"/>`+"\n", house(s.at, d), s.farm, paper, px(1.4*k))
	case s.added != "":
		s.half = xy{8 * k, 8 * k}
		p.say(`<circle cx="%s" cy="%s" r="%s" fill="%s" stroke="%s" stroke-width="%s"/><circle cx="%[1]s" cy="%[2]s" r="%[7]s" fill="%[5]s"/>`+"\n",
			px(s.at.x), px(s.at.y), px(7*k), paper, ring, px(2.4*k), px(3*k))
	default:
		s.half = xy{5.5 * k, 5.5 * k}
		p.say(`<circle cx="%s" cy="%s" r="%s" fill="#fff" stroke="%s" stroke-width="%s"/>`+"\n", px(s.at.x), px(s.at.y), px(4.5*k), ink, px(1.6*k))
	}
}

// spreadPills sizes the symbols of pickup points and moves those aside that would hide each other or a farm, the
// heavier ones first in place. It reports false, and moves nothing, where too many would have to move.
func (p *picture) spreadPills() bool {
	type box struct{ at, half xy }
	var points []*site
	var placed []box
	for i := range p.sites {
		s := &p.sites[i]
		if s.point {
			points = append(points, s)
		} else if s.farm != "" {
			placed = append(placed, box{s.at, xy{8 * p.size, 8 * p.size}})
		}
	}
	slices.SortStableFunc(points, func(a, b *site) int { return cmp.Compare(b.kg, a.kg) })
	free := func(at, half xy) bool {
		for _, o := range placed {
			if math.Abs(at.x-o.at.x) < half.x+o.half.x && math.Abs(at.y-o.at.y) < half.y+o.half.y {
				return false
			}
		}
		return at.x-half.x > p.left && at.x+half.x < p.left+p.wide && at.y-half.y > p.top && at.y+half.y < p.top+p.high
	}
	k := p.pillSize()
	stand := make([]xy, len(points))
	moved := 0
	for n, s := range points {
		stand[n] = s.at
		half := xy{textWidth(p.pillText(s), 12*k)/2 + 7*k + 4, 10*k + 4}
		for try := 0; try < 8*12 && !free(stand[n], half); try++ {
			d, a := float64(8*(try/12+1)), float64(try%12)*math.Pi/6
			if at := (xy{s.at.x + 1.8*d*math.Cos(a), s.at.y - d*math.Sin(a)}); free(at, half) {
				stand[n] = at
			}
		}
		if stand[n] != s.at {
			moved++
		}
		placed = append(placed, box{stand[n], half})
	}
	if len(points) > 60 || moved > 3+len(points)/4 {
		return false
	}
	for n, s := range points {
		s.dot, s.at = s.at, stand[n]
		s.half = xy{textWidth(p.pillText(s), 12*k)/2 + 7*k, 10 * k}
		if s.at != s.dot {
			p.say(`<path d="M%sL%s" stroke="%s" stroke-width="1.4"/><circle cx="%s" cy="%s" r="3.4" fill="%[3]s" stroke="%[6]s"/>`+"\n",
				point(s.dot), point(s.at), ink, px(s.dot.x), px(s.dot.y), paper)
		}
	}
	return true
}

func (p *picture) pillSize() float64 { return max(p.size, 0.75) }

func (p *picture) pillText(s *site) string { return p.number(s.kg, 0) + p.space() + "kg" }

// drawPill writes the kilograms that arrive at a pickup point into its symbol.
func (p *picture) drawPill(s *site, ring string) {
	if ring != "" {
		p.pill(s.at, s.half.x+3.5, s.half.y+3.5, paper, ring, 2.4)
		p.pill(s.at, s.half.x, s.half.y, ink, "none", 0)
	} else {
		p.pill(s.at, s.half.x, s.half.y, ink, paper, 1.2)
	}
	k := p.pillSize()
	p.say(`<text x="%s" y="%s" font-size="%s" font-weight="bold" fill="#fff" text-anchor="middle">%s</text>`+"\n", px(s.at.x), px(s.at.y+4.2*k), px(12*k), escape(p.pillText(s)))
	if ring != "" {
		s.half = xy{s.half.x + 4, s.half.y + 4}
	}
}

func (p *picture) pill(at xy, halfWide, halfHigh float64, fill, stroke string, width float64) {
	p.say(`<rect x="%s" y="%s" width="%s" height="%s" rx="%s" fill="%s" stroke="%s" stroke-width="%s"/>`, px(at.x-halfWide), px(at.y-halfHigh),
		px(2*halfWide), px(2*halfHigh), px(halfHigh), fill, stroke, px(width))
}

func house(at xy, d float64) string {
	q := func(x, y float64) string { return point(xy{at.x + x*d, at.y + y*d}) }
	return "M" + q(0, -1.05) + "L" + q(1.05, -0.1) + "L" + q(0.75, -0.1) + "L" + q(0.75, 0.9) + "L" + q(-0.75, 0.9) + "L" + q(-0.75, -0.1) + "L" + q(-1.05, -0.1) + "Z"
}

// drawHandover puts two opposed arrows on a stop, beside its symbol where it has one of its own.
func (p *picture) drawHandover(s *site) {
	at, r := s.at, 10.5*max(p.size, 0.5)
	if s.point || s.farm != "" {
		at = xy{s.at.x + s.half.x + r*0.6, s.at.y - s.half.y - r*0.3}
		p.grid.block(at.x-r, at.y-r, at.x+r, at.y+r)
	} else {
		s.half = xy{r, r}
	}
	p.handoverMark(at, r)
	if s.handovers > 1 {
		p.say(`<text x="%s" y="%s" font-size="%s" font-weight="bold" stroke="%s" stroke-width="3" paint-order="stroke">×%d</text>`+"\n",
			px(at.x+r*1.15), px(at.y-r*0.3), px(1.1*r), ground, s.handovers)
		p.grid.block(at.x+r, at.y-1.3*r, at.x+2.6*r, at.y)
	}
}

func (p *picture) handoverMark(at xy, r float64) {
	q := func(x, y float64) string { return point(xy{at.x + x*r, at.y + y*r}) }
	d := "M" + q(-0.6, -0.25) + "L" + q(0.5, -0.25) + "M" + q(0.22, -0.55) + "L" + q(0.55, -0.25) + "L" + q(0.22, 0.03) +
		"M" + q(0.6, 0.3) + "L" + q(-0.5, 0.3) + "M" + q(-0.22, 0.02) + "L" + q(-0.55, 0.3) + "L" + q(-0.22, 0.6)
	p.say(`<circle cx="%s" cy="%s" r="%s" fill="#FFD23F" stroke="%s" stroke-width="%s"/><path d="%s" fill="none" stroke="%[4]s" stroke-width="%[7]s" stroke-linecap="round" stroke-linejoin="round"/>`+"\n",
		px(at.x), px(at.y), px(r), ink, px(max(0.8, r*0.14)), d, px(max(0.8, r*0.17)))
}

// drawLabels names places, the important ones first, where there is room.
func (p *picture) drawLabels() {
	order := make([]int, len(p.sites))
	for i := range order {
		order[i] = i
	}
	rank := func(s *site) int {
		switch {
		case s.point:
			return 0
		case s.handovers > 0:
			return 1
		case s.farm != "":
			return 2
		case s.added != "":
			return 3
		}
		return 4
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(&p.sites[a]), rank(&p.sites[b])), cmp.Compare(p.sites[b].kg, p.sites[a].kg))
	})
	p.say(`<g stroke="%s" stroke-width="3.2" stroke-linejoin="round" paint-order="stroke">`+"\n", ground)
	for n, i := range order {
		if n == maxLabels {
			break
		}
		s := &p.sites[i]
		size, weight := 12.5, ""
		switch rank(s) {
		case 0, 1:
			size, weight = 13.5, ` font-weight="bold"`
		case 4:
			size = 11
		}
		size = max(9.5, size*math.Sqrt(p.size))
		name := shorten(p.placeName(s.id), 34)
		if s.point && !p.pills {
			name += p.space() + "· " + p.pillText(s)
		}
		if at, anchor, ok := p.grid.place(s.at, s.half, textWidth(name, size), size, rank(s) <= 1); ok {
			p.say(`<text x="%s" y="%s" font-size="%s" text-anchor="%s"%s>%s</text>`+"\n", px(at.x), px(at.y), px(size), anchor, weight, escape(name))
		}
	}
	p.WriteString("</g>\n")
}

// shorten keeps a name to n runes.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// textWidth estimates how wide a text comes out, on the safe side.
func textWidth(s string, size float64) float64 { return float64(columns(s)) * size * 0.58 }
