package view

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"carriole/engine"
)

// Measures of the picture in pixels.
const (
	pictureWidth = 1200
	headerHeight = 96
	sideWidth    = 268 // the legend at the right
	margin       = 24
	mapPadding   = 58 // between the frame of the map and the outermost places
	minMapHeight = 560
	maxMapHeight = 900
	maxLabels    = 160
)

// Colours of the picture beside those of the rounds.
const (
	paper  = "#FCFBF7"
	ground = "#F3F1E9"
	ink    = "#22272E"
	faint  = "#6B7280"
	pale   = "#B9BCC2"
	good   = "#00704E"
)

// SVG draws a plan: changed rounds in travel order, thin and dashed where they go anyway, strong where they are diverted,
// dedicated trips as a double line, other rounds pale; farms, stops, handovers and pickup points with the kilograms that
// arrive. Lines bend to the right of travel. Symbols shrink and names are left out as a plan grows. The picture is a
// document of its own, 1200 pixels wide, on its own background; opt.Width is for text and does not count here.
func SVG(week *engine.Week, plan *engine.Plan, opt Options) []byte {
	p := newPicture(newBook(week, plan), opt.words())
	p.begin()
	p.drawRounds()
	p.drawSites()
	p.drawLabels()
	p.drawScaleBar()
	p.end()
	p.drawHeader()
	p.drawLegend()
	p.WriteString("</svg>\n")
	return p.Bytes()
}

type xy struct{ x, y float64 }

// picture is an SVG under construction. Sites are in the order of the week's places.
type picture struct {
	*book
	*words
	bytes.Buffer
	colour     map[string]string // by producer
	drawn      []*engine.PlanRound
	pixels     func(lon, lat float64) xy
	perKm      float64 // pixels
	left, top  float64 // of the map
	wide, high float64
	size       float64 // of symbols and strokes, 1 for a small plan
	sites      []site
	siteOf     map[string]int
	pills      bool // kilograms stand in the symbols of pickup points
	grid       *labelGrid
}

// site is a place as the picture shows it.
type site struct {
	id        string
	at        xy     // of the symbol
	farm      string // the colour of its producer, "" for no farm
	point     bool
	kg        float64 // arriving at its pickup points
	own       bool    // a changed round stops here anyway
	added     string  // the colour of a round that is diverted to here
	addedMany bool    // several are
	handovers int     // events
	half      xy      // half the width and height of its symbol
	dot       xy      // where a pickup point is when its symbol stands aside
}

func newPicture(b *book, w *words) *picture {
	p := &picture{book: b, words: w, colour: b.colours(), siteOf: map[string]int{}}
	for i := range b.plan.Rounds {
		if r := &b.plan.Rounds[i]; changed(r) {
			p.drawn = append(p.drawn, r)
		}
	}
	p.collectSites()
	p.project()
	p.size = p.symbolSize()
	p.grid = newLabelGrid(p.left, p.top, p.wide, p.high)
	return p
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
			switch roleOf(r, i) {
			case roleOwn:
				here.own = true
			case roleAdded:
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

// project lays the map out: equirectangular about its middle, so that proportions are kept.
func (p *picture) project() {
	west, east, south, north := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	see := func(id string) {
		if at, ok := p.at(id); ok {
			west, east = min(west, at[0]), max(east, at[0])
			south, north = min(south, at[1]), max(north, at[1])
		}
	}
	for i := range p.sites {
		see(p.sites[i].id)
	}
	for i := range p.plan.Rounds {
		for _, s := range p.plan.Rounds[i].Stops {
			see(s.Place)
		}
	}
	if west > east {
		west, east, south, north = 0, 0, 0, 0
	}
	const kmPerDegree = 111.32
	lon, lat := (west+east)/2, (south+north)/2
	shrink := max(0.01, math.Cos(lat*math.Pi/180))
	w, h := max(1, (east-west)*shrink*kmPerDegree), max(1, (north-south)*kmPerDegree)
	p.left, p.top = margin, headerHeight
	p.wide = pictureWidth - 2*margin - sideWidth
	p.high = math.Round(min(maxMapHeight, max(minMapHeight, h/w*(p.wide-2*mapPadding)+2*mapPadding)))
	p.perKm = min((p.wide-2*mapPadding)/w, (p.high-2*mapPadding)/h)
	p.pixels = func(x, y float64) xy {
		return xy{p.left + p.wide/2 + (x-lon)*shrink*kmPerDegree*p.perKm, p.top + p.high/2 - (y-lat)*kmPerDegree*p.perKm}
	}
	for i := range p.sites {
		at, _ := p.at(p.sites[i].id)
		p.sites[i].at = p.pixels(at[0], at[1])
	}
}

func (p *picture) height() float64 { return p.top + p.high + margin }

func (p *picture) say(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *picture) begin() {
	title := escape(p.words.say(p.PictureFmt, clean(p.plan.Week)))
	p.say(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" width="%d" height="%[2]s" role="img" aria-label="%[4]s" font-family="'Helvetica Neue',Arial,'DejaVu Sans',sans-serif" fill="%s">`+"\n",
		pictureWidth, px(p.height()), pictureWidth, title, ink)
	p.say("<title>%s</title>\n", title)
	p.say(`<rect width="%d" height="%s" rx="10" fill="%s"/>`+"\n", pictureWidth, px(p.height()), paper)
	p.say(`<clipPath id="map"><rect x="%s" y="%s" width="%s" height="%s" rx="6"/></clipPath>`+"\n", px(p.left), px(p.top), px(p.wide), px(p.high))
	p.say(`<g clip-path="url(#map)"><rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", px(p.left), px(p.top), px(p.wide), px(p.high), ground)
}

func (p *picture) end() { p.WriteString("</g>\n") }

// drawRounds draws the pale unchanged rounds, then the changed ones, dedicated trips last.
func (p *picture) drawRounds() {
	var path, dots strings.Builder
	for i := range p.plan.Rounds {
		r := &p.plan.Rounds[i]
		if changed(r) {
			continue
		}
		verb := "M"
		for _, s := range r.Stops {
			if at, ok := p.at(s.Place); ok {
				q := p.pixels(at[0], at[1])
				path.WriteString(verb + point(q))
				verb = "L"
				dots.WriteString("M" + point(q) + "h0")
			}
		}
	}
	if path.Len() > 0 {
		p.say(`<path d="%s" fill="none" stroke="%s" stroke-width="%s" stroke-linejoin="round" opacity=".7"/>`+"\n", path.String(), pale, px(max(0.5, 1.2*p.size)))
		p.say(`<path d="%s" fill="none" stroke="%s" stroke-width="%s" stroke-linecap="round"/>`+"\n", dots.String(), pale, px(5*p.size))
	}
	lanes := map[[2]string]int{}
	for _, dedicated := range []bool{false, true} {
		for _, r := range p.drawn {
			if r.Dedicated == dedicated {
				p.drawRound(r, lanes)
			}
		}
	}
}

// drawRound draws the legs of a round. Rounds on the same way run in lanes beside each other.
func (p *picture) drawRound(r *engine.PlanRound, lanes map[[2]string]int) {
	var base, strong, arrows strings.Builder
	last, lastRole := "", roleStart
	for i, s := range r.Stops {
		if _, ok := p.siteOf[s.Place]; !ok {
			continue
		}
		role := roleOf(r, i)
		if last != "" && last != s.Place {
			way := [2]string{last, s.Place}
			c := bend(p.sites[p.siteOf[last]].at, p.sites[p.siteOf[s.Place]].at, float64(lanes[way])*12*p.size)
			lanes[way]++
			path, arrow := &base, 4.6
			if r.Dedicated || role == roleAdded || lastRole == roleAdded {
				path, arrow = &strong, 6.4
			}
			path.WriteString(c.path())
			if c.length() > 24*p.size {
				arrows.WriteString(c.arrow(arrow * p.size))
			}
			p.grid.ink(c)
		}
		last, lastRole = s.Place, role
	}
	colour := p.colour[r.Producer]
	p.say(`<g fill="none" stroke="%s" stroke-linecap="round" stroke-linejoin="round"><title>%s</title>`, colour, escape(p.roundTitle(r)))
	if base.Len() > 0 {
		p.say(`<path d="%s" stroke-width="%s" stroke-dasharray="%s %s"/>`, base.String(), px(1.5*p.size), px(5*p.size), px(4*p.size))
	}
	if strong.Len() > 0 && r.Dedicated {
		p.say(`<path d="%s" stroke-width="%s"/><path d="%[1]s" stroke="%[3]s" stroke-width="%[4]s"/>`, strong.String(), px(5*p.size), ground, px(2*p.size))
	} else if strong.Len() > 0 {
		p.say(`<path d="%s" stroke-width="%s"/>`, strong.String(), px(3.2*p.size))
	}
	if arrows.Len() > 0 {
		p.say(`<path d="%s" fill="%s" stroke="none"/>`, arrows.String(), colour)
	}
	p.WriteString("</g>\n")
}

func (p *picture) roundTitle(r *engine.PlanRound) string {
	format := p.RoundFmt
	if r.Dedicated {
		format = p.TripFmt
	}
	return p.producerName(r.Producer) + ", " + p.words.say(format, clean(r.ID)) + ", " + p.distance(r.Metres, r.Metres-r.BaseMetres)
}

// curve is a quadratic Bézier.
type curve struct{ a, control, b xy }

// bend makes a curve from a to b that keeps to the right of travel, further out in the outer lanes.
func bend(a, b xy, lane float64) curve {
	dx, dy := b.x-a.x, b.y-a.y
	d := max(1e-9, math.Hypot(dx, dy))
	out := min(0.11*d, 26) + lane
	return curve{a, xy{(a.x+b.x)/2 - dy/d*out, (a.y+b.y)/2 + dx/d*out}, b}
}

func (c curve) at(t float64) xy {
	u := 1 - t
	return xy{u*u*c.a.x + 2*u*t*c.control.x + t*t*c.b.x, u*u*c.a.y + 2*u*t*c.control.y + t*t*c.b.y}
}

func (c curve) length() float64 { return math.Hypot(c.b.x-c.a.x, c.b.y-c.a.y) }

func (c curve) path() string {
	return "M" + point(c.a) + "Q" + point(c.control) + " " + point(c.b)
}

// arrow is a head of the given size a little after the middle.
func (c curve) arrow(size float64) string {
	at, before := c.at(0.58), c.at(0.56)
	d := max(1e-9, math.Hypot(at.x-before.x, at.y-before.y))
	ux, uy := (at.x-before.x)/d*size, (at.y-before.y)/d*size
	tip := xy{at.x + ux*1.1, at.y + uy*1.1}
	left := xy{at.x - ux - uy*0.85, at.y - uy + ux*0.85}
	notch := xy{at.x - ux*0.45, at.y - uy*0.45}
	right := xy{at.x - ux + uy*0.85, at.y - uy - ux*0.85}
	return "M" + point(tip) + "L" + point(left) + "L" + point(notch) + "L" + point(right) + "Z"
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

func (p *picture) pillText(s *site) string { return p.number(s.kg, 0) + p.Space() + "kg" }

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
			name += p.Space() + "· " + p.pillText(s)
		}
		if at, anchor, ok := p.grid.place(s.at, s.half, textWidth(name, size), size, rank(s) <= 1); ok {
			p.say(`<text x="%s" y="%s" font-size="%s" text-anchor="%s"%s>%s</text>`+"\n", px(at.x), px(at.y), px(size), anchor, weight, escape(name))
		}
	}
	p.WriteString("</g>\n")
}

// drawScaleBar draws a round number of kilometres as the crow flies.
func (p *picture) drawScaleBar() {
	km := 0.1
	for _, step := range []float64{0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000} {
		if step*p.perKm <= 150 {
			km = step
		}
	}
	x, y, w := p.left+16, p.top+p.high-18, km*p.perKm
	decimals := 0
	if km < 1 {
		decimals = 1
	}
	p.say(`<path d="M%s %sv6h%sv-6" fill="none" stroke="%s" stroke-width="1.6"/>`, px(x), px(y), px(w), ink)
	p.say(`<text x="%s" y="%s" font-size="12" stroke="%s" stroke-width="3" paint-order="stroke">%s</text>`+"\n", px(x+w+8), px(y+6), ground, p.number(km, decimals)+p.Space()+"km")
}

func (p *picture) drawHeader() {
	s := &p.plan.Summary
	p.say(`<text x="%d" y="42" font-size="25" font-weight="bold">%s</text>`+"\n", margin, escape(p.words.say(p.PictureFmt, clean(p.plan.Week))))
	figure := func(label, colour, value string) string {
		return fmt.Sprintf(`%s <tspan font-weight="bold" fill="%s">%s</tspan>`, escape(label), colour, escape(value))
	}
	figures := []string{figure(p.Planned, ink, p.km(s.PlannedMetres))}
	if s.AloneMetres > 0 {
		figures = []string{figure(p.Alone, ink, p.km(s.AloneMetres)), figures[0],
			figure(p.Saved, good, p.km(s.SavedMetres)+" ("+p.percent(s.SavedMetres/s.AloneMetres)+")")}
	}
	p.say(`<text x="%d" y="74" font-size="17" fill="%s" xml:space="preserve">%s</text>`+"\n", margin, faint, strings.Join(figures, "   ·   "))
}

// drawLegend explains the symbols and names who drives in which colour.
func (p *picture) drawLegend() {
	x, y := p.left+p.wide+22, p.top+12
	row := func(text string) {
		p.say(`<text x="%s" y="%s" font-size="13">%s</text>`+"\n", px(x+46), px(y+4.5), escape(text))
		y += 26
	}
	line := func(text, style string) {
		p.say(`<path d="M%s %sh34" fill="none" stroke-linecap="round" %s/>`, px(x), px(y), style)
		row(text)
	}
	c := palette[0]
	line(p.LegendBase, `stroke="`+c+`" stroke-width="1.5" stroke-dasharray="5 4"`)
	line(p.LegendAdded, `stroke="`+c+`" stroke-width="3.2"`)
	p.say(`<path d="M%s %sh34" stroke="%s" stroke-width="5" stroke-linecap="round"/>`, px(x), px(y), c)
	line(p.LegendTrip, `stroke="`+paper+`" stroke-width="2"`)
	line(p.LegendUnchanged, `stroke="`+pale+`" stroke-width="1.2"`)
	mid := x + 17
	y += 6
	p.say(`<path d="%s" fill="%s"/>`, house(xy{mid, y}, 8.5), c)
	row(p.LegendFarm)
	p.say(`<circle cx="%s" cy="%s" r="4.5" fill="#fff" stroke="%s" stroke-width="1.6"/>`, px(mid), px(y), ink)
	row(p.LegendOwn)
	p.say(`<circle cx="%s" cy="%s" r="8" fill="none" stroke="%s" stroke-width="2.4"/>`, px(mid), px(y), c)
	row(p.LegendAddedStop)
	p.handoverMark(xy{mid, y}, 10)
	row(p.LegendHandover)
	if p.pills {
		p.pill(xy{mid, y}, 17, 9, ink, "none", 0)
		p.say(`<text x="%s" y="%s" font-size="11" font-weight="bold" fill="#fff" text-anchor="middle">kg</text>`, px(mid), px(y+3.8))
	} else {
		p.say(`<rect x="%s" y="%s" width="11" height="11" fill="%s"/>`, px(mid-5.5), px(y-5.5), ink)
	}
	row(p.LegendPoint)
	p.drawCarriers(x, y+22)
}

// drawCarriers lists who drives changed rounds, most added metres first, as far as there is room.
func (p *picture) drawCarriers(x, y float64) {
	type carrier struct {
		id            string
		metres, added float64
	}
	var list []carrier
	index := map[string]int{}
	for _, r := range p.drawn {
		i, ok := index[r.Producer]
		if !ok {
			i = len(list)
			index[r.Producer] = i
			list = append(list, carrier{id: r.Producer})
		}
		list[i].metres += r.Metres
		list[i].added += r.Metres - r.BaseMetres
	}
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b carrier) int { return cmp.Compare(b.added, a.added) })
	p.say(`<text x="%s" y="%s" font-size="14" font-weight="bold">%s</text>`+"\n", px(x), px(y), p.LegendRounds)
	const step = 36
	room := max(1, int((p.top+p.high-y-22)/step))
	for i, c := range list {
		y += step
		if i == room-1 && len(list) > room {
			p.say(`<text x="%s" y="%s" font-size="12.5" fill="%s">%s</text>`+"\n", px(x), px(y-8), faint, p.count(p.OtherCarriers, len(list)-i))
			return
		}
		p.say(`<path d="M%s %sh18" stroke="%s" stroke-width="6" stroke-linecap="round"/>`, px(x+4), px(y-10), p.colour[c.id])
		p.say(`<text x="%s" y="%s" font-size="13">%s</text><text x="%[1]s" y="%[4]s" font-size="11.5" fill="%s">%s</text>`+"\n",
			px(x+36), px(y-10), escape(shorten(p.producerName(c.id), 28)), px(y+5), faint, escape(p.distance(c.metres, c.added)))
	}
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

func point(q xy) string { return px(q.x) + " " + px(q.y) }

// px writes a measure to a tenth of a pixel.
func px(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if s == "-0.0" {
		return "0"
	}
	return strings.TrimSuffix(s, ".0")
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
