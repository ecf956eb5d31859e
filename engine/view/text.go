package view

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/engine"
)

// Text writes a plan for people: a run sheet for each round that has something to do, the rounds that stay as they
// are, whose goods ride with whom, what planning together brings, and what is not served and why. No line is wider
// than opt.Width columns. The error is the writer's.
func Text(w io.Writer, week *engine.Week, plan *engine.Plan, opt Options) error {
	t := &text{book: newBook(week, plan), opt: opt, words: opt.words(), page: page{width: opt.width()}}
	t.figures = t.figureWidths()
	t.wrap("", t.say(t.Title, t.weekName()))
	t.rule("═")
	if made := t.madeOf(t.plan.Summary.Travel); made != "" {
		t.wrap("", made)
	}
	t.runSheets()
	t.unchanged()
	t.whoCarries()
	t.gain()
	t.shares()
	t.sharing()
	t.unserved()
	t.assignments()
	out := t.String()
	if t.words == &english {
		out = strings.ReplaceAll(out, "\u00a0", " ")
	}
	_, err := io.WriteString(w, out)
	return err
}

type text struct {
	*book
	*words
	page
	opt     Options
	figures []int // columns of class, kg and litres beside goods, each with the gap before it
}

// figureWidths makes the columns of figures just wide enough for all goods of the plan; names have the rest.
func (t *text) figureWidths() []int {
	widest := []int{0, 0, 0}
	see := func(class engine.Class, kg, litres float64) {
		for i, s := range []string{t.class(class), t.kg(kg), t.litres(litres)} {
			widest[i] = max(widest[i], columns(s))
		}
	}
	for i := range t.plan.Consignments {
		c := &t.plan.Consignments[i]
		see(c.Class, c.Kg, c.Litres)
	}
	for i := range t.plan.Rounds {
		r := &t.plan.Rounds[i]
		for k := range r.Stops {
			for _, x := range t.transfers(r, k) {
				for _, g := range x.goods {
					see(g.class, g.kg, g.litres)
				}
			}
		}
	}
	return []int{widest[0] + 1, widest[1] + 2, widest[2] + 2}
}

func (t *text) runSheets() {
	var list []*engine.PlanRound
	for i := range t.plan.Rounds {
		if r := &t.plan.Rounds[i]; changed(r) {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *engine.PlanRound) int { return departure(a).Compare(departure(b)) })
	for _, r := range list {
		t.blank()
		t.runSheet(r)
	}
	if len(list) == 0 {
		t.blank()
		t.wrap("", t.NobodyMoves)
	}
}

// departure is when a round leaves its start, zero where it has no stops.
func departure(r *engine.PlanRound) time.Time {
	if len(r.Stops) == 0 {
		return time.Time{}
	}
	return r.Stops[0].Depart
}

func (t *text) runSheet(r *engine.PlanRound) {
	day := ""
	if len(r.Stops) > 0 {
		day = t.date(t.opt.local(departure(r)))
	}
	title := t.say(t.RoundFmt, t.roundName(r.ID))
	if r.Dedicated {
		title = t.say(t.TripFmt, t.roundName(r.ID))
	} else if u := t.usual[r.ID]; u != nil && u.Kind != "" {
		title += " (" + clean(u.Kind) + ")"
	}
	t.sides("", strings.ToUpper(t.producerName(r.Producer))+" · "+title, day)
	km := t.distance(r.Metres, r.Metres-r.BaseMetres)
	if made := t.plan.Summary.Travel; made != nil && made.Estimated {
		km += " (" + t.Estimated + ")"
	}
	t.sides("", t.say(t.VehicleFmt, t.vehicleName(r.Vehicle)), km)
	t.rule("─")
	rooms := t.rooms(r)
	for i := range r.Stops {
		if here := t.date(t.opt.local(r.Stops[i].Arrive)); here != day {
			t.wrap(besideTime, here)
			day = here
		}
		t.stopLine(r, i)
		for _, x := range t.transfers(r, i) {
			t.transfer(x, r.Stops[i])
		}
		if rooms != nil && i < len(r.Stops)-1 {
			t.wrap(besideTime, t.roomLeft(rooms[i]))
		}
	}
}

// Run sheets have the times at the left and everything else beside them.
const (
	besideTime = "               " // "17:40–18:40  + " is as wide
	underStop  = besideTime + "  "
)

func (t *text) stopLine(r *engine.PlanRound, i int) {
	s := r.Stops[i]
	arrive, depart := clock(t.opt.local(s.Arrive)), clock(t.opt.local(s.Depart))
	mark, note, when := "", "", arrive+"–"+depart
	switch roleOf(r, i) {
	case roleStart:
		mark, note, when = "●", t.Start, depart
	case roleEnd:
		mark, note, when = "●", t.End, arrive
	case roleOwn:
		mark, note = "○", t.OwnStop
	case roleAdded:
		mark, note = "+", t.AddedStop
		if r.Dedicated {
			note = ""
		}
	}
	t.sides(when+strings.Repeat(" ", 13-columns(when))+mark+" ", t.placeName(s.Place), note)
}

func (t *text) transfer(x transfer, here engine.PlanStop) {
	total := goods{}
	for _, g := range x.goods {
		total.consignments += g.consignments
	}
	head := t.doing(x, here)
	if total.consignments > 1 {
		head += ", " + t.count(t.Consignments, total.consignments)
	}
	t.wrap(besideTime, head+t.fixed(t.Colon))
	for _, g := range x.goods {
		label := t.producerName(g.producer)
		if x.action != deliver || t.pointName(g.point) != t.placeName(here.Place) {
			label += " → " + t.pointName(g.point)
		}
		t.row(underStop, label, t.figures, t.class(g.class), t.kg(g.kg), t.litres(g.litres))
	}
}

// doing says what is done with goods, with whom, which round they drive, and when they are here.
func (t *text) doing(x transfer, here engine.PlanStop) string {
	other := t.stop(x.round, x.stop)
	do, _ := doneIn(x.action, &here, other)
	if x.action == deliver || x.action == collect {
		return t.do(do, "")
	}
	who, round := t.producerName(t.carrier(x.round)), t.roundName(x.round)
	when := "?"
	if other != nil {
		when = t.span(*other, here)
	}
	return fmt.Sprintf("%s (%s, %s)", t.do(do, cmp.Or(who, round)), round, t.say(t.whenFmt(do), when))
}

// span is the time of a stay, with its day where that is not the day of the other.
func (t *text) span(s, than engine.PlanStop) string {
	a, d := t.opt.local(s.Arrive), t.opt.local(s.Depart)
	when := clock(a)
	if !d.Equal(a) {
		when += "–" + clock(d)
	}
	if day := t.date(a); day != t.date(t.opt.local(than.Arrive)) {
		when = day + " " + when
	}
	return when
}

func (t *text) roomLeft(r room) string {
	parts := []string{t.number(floor(r.kg), 0) + t.space() + "kg"}
	for _, c := range engine.Classes {
		if l, ok := r.litres[c]; ok {
			parts = append(parts, t.class(c)+t.space()+t.number(floor(l), 0)+t.space()+"l")
		}
	}
	return t.RoomLeft + t.fixed(t.Colon) + " " + strings.Join(parts, " · ")
}

func (t *text) unchanged() {
	var list []string
	for i := range t.plan.Rounds {
		if r := &t.plan.Rounds[i]; !changed(r) {
			list = append(list, t.producerName(r.Producer)+t.space()+"("+t.roundName(r.ID)+")")
		}
	}
	if len(list) > 0 {
		t.blank()
		t.wrap("", t.count(t.Unchanged, len(list))+t.fixed(t.Colon)+" "+strings.Join(list, ", ")+".")
	}
}

func (t *text) section(title, figures string) {
	t.blank()
	t.sides("", strings.ToUpper(title), figures)
	t.rule("─")
}

// whoCarries lists the consignments by producer: where to, with whom, and why so.
func (t *text) whoCarries() {
	list := make([]*engine.Consignment, len(t.plan.Consignments))
	for i := range list {
		list[i] = &t.plan.Consignments[i]
	}
	order := make(map[string]int, len(t.week.Producers))
	for i, p := range t.week.Producers {
		order[p.ID] = i
	}
	slices.SortStableFunc(list, func(a, b *engine.Consignment) int {
		return cmp.Or(cmp.Compare(order[a.Producer], order[b.Producer]), cmp.Compare(a.Producer, b.Producer), cmp.Compare(a.PickupPoint, b.PickupPoint))
	})
	var onSite []*engine.Consignment
	title := false
	for _, c := range list {
		if len(c.Legs) == 0 {
			onSite = append(onSite, c)
			continue
		}
		if !title {
			t.section(t.WhoCarries, "")
			title = true
		}
		t.goodsRow("", c)
		t.wrap("  ", t.itinerary(c))
		if why := explain(t.book, t.words, c); why != "" {
			t.wrap("  ", why)
		}
	}
	if len(onSite) > 0 {
		t.section(t.OnSite, "")
		for _, c := range onSite {
			t.goodsRow("", c)
		}
	}
}

func (t *text) goodsRow(first string, c *engine.Consignment) {
	t.row(first, t.producerName(c.Producer)+" → "+t.pointName(c.PickupPoint), t.figures, t.class(c.Class), t.kg(c.Kg), t.litres(c.Litres))
}

// itinerary says with whom a consignment rides and where it changes.
func (t *text) itinerary(c *engine.Consignment) string {
	var s strings.Builder
	for k, leg := range c.Legs {
		if k > 0 {
			where := "?"
			if at := t.stop(leg.Round, leg.From); at != nil {
				where = t.placeName(at.Place)
			}
			s.WriteString(t.say(t.HandoverAtFmt, where))
		}
		s.WriteString(t.say(t.LegFmt, t.producerName(t.carrier(leg.Round)), t.roundName(leg.Round)))
	}
	return s.String()
}

func (t *text) gain() {
	s := &t.plan.Summary
	t.section(t.Gain, "")
	width := max(columns(t.Alone), columns(t.Planned), columns(t.Saved)) + 2
	row := func(label, value, more string) {
		first := label + strings.Repeat(" ", width-columns(label))
		if p := padLeft(value, 14); width+columns(p)+2+columns(more) <= t.width || more == "" {
			t.print(first + p + "  " + more)
			return
		}
		t.print(first + padLeft(value, 14))
		t.wrap("  ", more)
	}
	if s.AloneMetres > 0 {
		row(t.Alone, t.km(s.AloneMetres), "")
	}
	row(t.Planned, t.km(s.PlannedMetres), t.count(t.Handovers, s.Handovers)+", "+t.count(t.Trips, s.Trips))
	more := servesMore(s)
	switch {
	case s.NothingToGain:
		t.wrap("", t.fixed(t.NothingToGain))
		return
	case s.AloneMetres <= 0:
	case more < 0:
		row(t.Saved, t.km(s.SavedMetres), "")
	default:
		row(t.Saved, t.km(s.SavedMetres), t.percent(s.SavedMetres/s.AloneMetres)+", "+t.say(t.SavedCO2Fmt, t.kg(s.SavedCO2Kg)))
	}
	if s.SavedMetres <= -50 {
		why := t.LocksCostFmt
		if more > 0 {
			why = t.DrivesMoreFmt
		}
		t.wrap("", t.say(why, t.km(-s.SavedMetres)))
	}
	switch {
	case more > 0:
		t.wrap("", t.say(t.MoreIsServedFmt, t.kg(s.AloneUnservedKg), t.kg(s.UnservedKg)))
	case more < 0:
		t.wrap("", t.say(t.LessIsServedFmt, t.kg(-more)))
		return
	}
	if s.LowerBound > 0 {
		t.wrap("", t.say(t.ProvedFmt, t.km(s.LowerBound), t.km(s.Objective)))
	}
	if s.CO2Source != "" {
		t.wrap("", t.say(t.CO2SourceFmt, t.co2Source(s.CO2Source)))
	}
}

// servesMore is how many kilograms the plan serves that would be left behind alone, negative where it serves less.
// Less than a gram is none.
func servesMore(s *engine.Summary) float64 {
	more := s.AloneUnservedKg - s.UnservedKg
	if math.Abs(more) < 0.001 {
		return 0
	}
	return more
}

// shares is a table of each producer's kilometres, or a sentence for each where there is no room for a table.
func (t *text) shares() {
	list := t.plan.Summary.Producers
	if len(list) == 0 {
		return
	}
	t.blank()
	titles, widths := []string{t.Alone, t.Planned, t.ForOthers, t.ByOthers}, []int{16, 14, 13, 13}
	table := t.width >= 76
	if table {
		t.row("", t.Producer, widths, titles...)
	}
	for _, p := range list {
		label := t.producerName(p.Producer)
		if p.WorseOff {
			label += " (" + t.WorseOff + ")"
		}
		cells := make([]string, len(titles))
		for i, m := range []float64{p.AloneMetres, p.PlannedMetres, p.ForOthers, p.ByOthers} {
			switch {
			case !table:
				cells[i] = titles[i] + " " + t.km(m)
			case m == 0:
				cells[i] = "–"
			default:
				cells[i] = t.number(m/1000, 1)
			}
		}
		if table {
			t.row("", label, widths, cells...)
		} else {
			t.wrap("  ", label+t.fixed(t.Colon)+" "+strings.Join(cells, ", "))
		}
	}
}

func (t *text) unserved() {
	list := t.plan.Unserved
	if len(list) == 0 {
		t.blank()
		t.wrap("", t.AllServed)
		return
	}
	var reasons []string
	lines := map[string][]string{}
	kg := 0.0
	for i := range list {
		u := &list[i]
		reason := t.unservedReason(t.words, u)
		if lines[reason] == nil {
			reasons = append(reasons, reason)
		}
		what := fmt.Sprintf("%s[%d]", t.orderName(u.Order), u.Line)
		if l := t.book.line(u.Order, u.Line); l != nil {
			kg += l.Kg
			what = t.unservedLine(u, l)
		}
		lines[reason] = append(lines[reason], what)
	}
	t.section(t.Unserved, t.count(t.Lines, len(list))+", "+t.kg(kg))
	for _, reason := range reasons {
		t.wrap("! ", strings.TrimSuffix(reason, ".")+".")
		for _, l := range lines[reason] {
			t.wrap("  · ", l)
		}
	}
}

func (t *text) unservedLine(u *engine.Unserved, l *engine.Line) string {
	product := clean(l.Product)
	if product == "" {
		product = t.class(l.Class)
	}
	point := t.orderPoint(u.Order)
	if point == "" {
		return t.say(t.LineNowhereFmt, t.orderName(u.Order), product, t.producerName(l.Producer), t.kg(l.Kg))
	}
	return t.say(t.LineFmt, t.orderName(u.Order), product, t.producerName(l.Producer), t.pointName(point), t.kg(l.Kg))
}

func (t *text) assignments() {
	if len(t.plan.Assigned) == 0 {
		return
	}
	t.section(t.Assigned, "")
	for _, a := range t.plan.Assigned {
		t.wrap("  ", t.say(t.AssignedFmt, t.orderName(a.Order), t.pointName(a.PickupPoint)))
	}
}
