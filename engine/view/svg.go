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

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"

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
// dedicated trips as a double line, other rounds pale, along opt.Lines where these are known; farms, stops, handovers and pickup points with the kilograms that
// arrive. Lines bend to the right of travel. Symbols shrink and names are left out as a plan grows. The picture is a
// document of its own, 1200 pixels wide, on its own background; opt.Width is for text and does not count here.
func SVG(week *engine.Week, plan *engine.Plan, opt Options) []byte {
	p := newPicture(newBook(week, plan), opt.words(), opt.Lines)
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
	lines      Lines
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

func newPicture(b *book, w *words, lines Lines) *picture {
	p := &picture{book: b, words: w, lines: lines, colour: b.colours(), siteOf: map[string]int{}}
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
		last := ""
		for _, s := range p.plan.Rounds[i].Stops {
			see(s.Place)
			for _, at := range p.lines[[2]string{last, s.Place}] {
				west, east = min(west, at[0]), max(east, at[0])
				south, north = min(south, at[1]), max(north, at[1])
			}
			last = s.Place
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
	title := escape(p.words.say(p.PictureFmt, p.weekName()))
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
		var whole trail
		last := ""
		for _, s := range r.Stops {
			if at, ok := p.at(s.Place); ok {
				q := p.pixels(at[0], at[1])
				whole = append(append(whole, p.road(last, s.Place)...), q)
				dots.WriteString("M" + point(q) + "h0")
				last = s.Place
			}
		}
		path.WriteString(whole.path())
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

// road is the way from one place to another in pixels, without what nobody sees; nil where none is known.
func (p *picture) road(from, to string) trail {
	line := p.lines[[2]string{from, to}]
	if len(line) < 2 {
		return nil
	}
	drawn := make(orb.LineString, len(line))
	for i, at := range line {
		q := p.pixels(at[0], at[1])
		drawn[i] = orb.Point{q.x, q.y}
	}
	drawn = simplify.DouglasPeucker(0.4).LineString(drawn)
	road := make(trail, len(drawn))
	for i, q := range drawn {
		road[i] = xy{q[0], q[1]}
	}
	return road
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
			path, arrow := &base, 4.6
			if r.Dedicated || role == roleAdded || lastRole == roleAdded {
				path, arrow = &strong, 6.4
			}
			if road := p.road(last, s.Place); road != nil {
				path.WriteString(road.path())
				if road.length() > 24*p.size {
					arrows.WriteString(road.arrow(arrow * p.size))
				}
				for k := 1; k < len(road); k++ {
					p.grid.ink(bend(road[k-1], road[k], 0))
				}
			} else {
				way := [2]string{last, s.Place}
				c := bend(p.sites[p.siteOf[last]].at, p.sites[p.siteOf[s.Place]].at, float64(lanes[way])*12*p.size)
				lanes[way]++
				path.WriteString(c.path())
				if c.length() > 24*p.size {
					arrows.WriteString(c.arrow(arrow * p.size))
				}
				p.grid.ink(c)
			}
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
	return p.producerName(r.Producer) + ", " + p.words.say(format, p.roundName(r.ID)) + ", " + p.distance(r.Metres, r.Metres-r.BaseMetres)
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
	p.say(`<text x="%s" y="%s" font-size="12" stroke="%s" stroke-width="3" paint-order="stroke">%s</text>`+"\n", px(x+w+8), px(y+6), ground, p.number(km, decimals)+p.space()+"km")
}

func (p *picture) drawHeader() {
	s := &p.plan.Summary
	p.say(`<text x="%d" y="42" font-size="25" font-weight="bold">%s</text>`+"\n", margin, escape(p.words.say(p.PictureFmt, p.weekName())))
	figure := func(label, colour, value string) string {
		return fmt.Sprintf(`%s <tspan font-weight="bold" fill="%s">%s</tspan>`, escape(label), colour, escape(value))
	}
	planned := p.km(s.PlannedMetres)
	if s.Travel != nil && s.Travel.Estimated {
		planned += " (" + p.Estimated + ")"
	}
	figures := []string{figure(p.Planned, ink, planned)}
	if s.AloneMetres > 0 {
		figures = []string{figure(p.Alone, ink, p.km(s.AloneMetres)), figures[0]}
		switch more := servesMore(s); {
		case more < 0 && !s.NothingToGain:
			figures = append(figures, escape(p.words.say(p.LeftBehindFmt, p.kg(-more))))
		case s.SavedMetres < 0:
			figures = append(figures, figure(p.Saved, ink, p.km(s.SavedMetres)))
		default:
			figures = append(figures, figure(p.Saved, good, p.km(s.SavedMetres)+" ("+p.percent(s.SavedMetres/s.AloneMetres)+")"))
		}
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
