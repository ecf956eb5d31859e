package web

import (
	"bytes"
	"cmp"
	"math"
	"net/http"
	"slices"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// A weekPlan is a plan with the week that it is of.
type weekPlan struct {
	store.Plan
	Week *engine.Week
	Doc  *engine.Plan
}

// plan reads the plan that a request names or, without one, the newest of the sale: the one that is worked on, else the one in
// force; nil: there is none. Others may be reading the same documents: nobody changes them.
func (v *visit) plan(sale store.ID) (*weekPlan, error) {
	id := store.ID(v.r.FormValue("plan"))
	var plan *store.Plan
	var err error
	if id != "" {
		if plan, err = v.scope.Plan(v.ctx, id); err == nil && plan.Sale != sale {
			return nil, &store.Error{Code: store.NotFound, Message: "the sale has no such plan"}
		}
	} else if plan, _, err = v.newestPlan(sale); plan == nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	p := &weekPlan{Plan: *plan}
	p.Week, p.Doc, err = v.plans.Documents(v.ctx, v.scope, plan)
	return p, err
}

type weekView struct {
	Sale     *store.Sale
	Day      time.Time
	Plan     *weekPlan // nil: none yet
	Life     *lifeView
	Progress *progressView        // what drivers have said; nil: the plan is not in force
	Since    *planning.Comparison // what has changed since the plan that it was made from; nil: it was made anew
	Filter   weekFilter
	Choices  weekChoices
	Sheets   []roundRow
	Idle     int // rounds that the plan leaves as they are
	Points   []pointRow
	Left     []leftRow
	Brief    bool // rounds and points by their first lines alone
	LeftMore int  // lines that nobody carries and that are not shown
	Days     []timeLine
}

// A weekFilter is what part of the plan is shown; what is empty shows all.
type weekFilter struct {
	Day      store.Day
	Producer string
	Point    string
	Class    engine.Class
}

type choice struct {
	Value, Name string
	Chosen      bool
}

type weekChoices struct{ Days, Producers, Points, Classes []choice }

type roundRow struct {
	view.Sheet
	Leaves, Returns time.Time
}

type pointRow struct {
	ID, Name   string
	After, By  time.Time
	Kg, Litres float64
	Goods      []pointGoods
}

type pointGoods struct {
	ID, Producer string
	Class        engine.Class
	Kg           float64
	By           []string // who carries, in order; none: made there
	Why          string
	Locked       bool
}

type leftRow struct {
	Order, Product, Producer, Point, Reason string
	Kg                                      float64
}

// week shows a sale's plan: the map, and who carries what.
func (s *Site) week(v *visit) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	plan, err := v.plan(sale.ID)
	if err != nil {
		return err
	}
	zone := v.zone()
	out := weekView{Sale: sale, Day: sale.Distribution.At(0, zone), Plan: plan}
	if out.Life, err = v.life(sale, plan); err != nil {
		return err
	}
	out.Life.Tiles, out.Life.TilesBy = s.tiles(v)
	if plan != nil {
		if out.Since, err = v.since(plan); err != nil {
			return err
		}
		if out.Progress, err = v.driven(plan); err != nil {
			return err
		}
	}
	if plan == nil {
		return s.render(v, "week.html", out)
	}
	out.Filter = weekFilter{store.Day(v.r.FormValue("day")), v.r.FormValue("producer"), v.r.FormValue("point"), engine.Class(v.r.FormValue("class"))}
	m := weekMaker{v: v, plan: plan, zone: zone, f: out.Filter}
	m.make(&out)
	return s.render(v, "week.html", out)
}

// A weekMaker makes what the week's page shows.
type weekMaker struct {
	v    *visit
	plan *weekPlan
	zone *time.Location
	f    weekFilter

	tell  *view.Teller
	brief bool // there is too much for everything to be shown
}

// What is shown at once: of more rounds their first lines alone, without the time lines, and of more lines that nobody carries the
// first.
const (
	mostRounds = 120
	mostLeft   = 200
)

func (m *weekMaker) make(out *weekView) {
	days := map[store.Day]bool{}
	for _, sheet := range view.Sheets(m.plan.Week, m.plan.Doc) {
		first, last := sheet.Stops[0], sheet.Stops[len(sheet.Stops)-1]
		if !sheet.Changed {
			out.Idle++
			continue
		}
		row := roundRow{sheet, first.Depart.In(m.zone), last.Arrive.In(m.zone)}
		days[store.DayOf(row.Leaves)] = true
		if m.shows(&row) {
			out.Sheets = append(out.Sheets, row)
		}
	}
	slices.SortStableFunc(out.Sheets, func(a, b roundRow) int { return a.Leaves.Compare(b.Leaves) })
	out.Choices = m.choices(days)
	m.tell = view.NewTeller(m.plan.Week, m.plan.Doc, view.Options{Lang: m.v.lang})
	m.brief = len(out.Sheets) > mostRounds
	out.Brief = m.brief
	out.Points = m.points()
	out.Left = m.left()
	if n := len(out.Left); n > mostLeft {
		out.Left, out.LeftMore = out.Left[:mostLeft], n-mostLeft
	}
	if !m.brief {
		out.Days = timeLines(out.Sheets, m.zone)
	}
}

// shows says whether a round is part of what the filter asks for.
func (m *weekMaker) shows(r *roundRow) bool {
	if m.f.Day != "" && store.DayOf(r.Leaves) != m.f.Day {
		return false
	}
	if m.f.Producer == "" && m.f.Point == "" && m.f.Class == "" {
		return true
	}
	if m.f.Producer == r.Round.Producer && m.f.Point == "" && m.f.Class == "" {
		return true
	}
	for _, stop := range r.Stops {
		for _, x := range stop.Tasks {
			if slices.ContainsFunc(x.Goods, m.goods) {
				return true
			}
		}
	}
	return false
}

func (m *weekMaker) goods(g view.Goods) bool {
	return (m.f.Producer == "" || g.Producer == m.f.Producer) && (m.f.Point == "" || g.Point == m.f.Point) && (m.f.Class == "" || g.Class == m.f.Class)
}

func (m *weekMaker) choices(days map[store.Day]bool) (c weekChoices) {
	collator := byName()
	named := func(a, b choice) int { return collator.CompareString(a.Name, b.Name) }
	for day := range days {
		c.Days = append(c.Days, choice{string(day), m.v.lang.Date(day.At(0, m.zone)), day == m.f.Day})
	}
	slices.SortFunc(c.Days, func(a, b choice) int { return cmp.Compare(a.Value, b.Value) })
	for i := range m.plan.Week.Producers {
		p := &m.plan.Week.Producers[i]
		c.Producers = append(c.Producers, choice{p.ID, cmp.Or(p.Name, p.ID), p.ID == m.f.Producer})
	}
	slices.SortStableFunc(c.Producers, named)
	for i := range m.plan.Week.PickupPoints {
		p := &m.plan.Week.PickupPoints[i]
		c.Points = append(c.Points, choice{p.ID, cmp.Or(p.Name, p.ID), p.ID == m.f.Point})
	}
	slices.SortStableFunc(c.Points, named)
	for _, class := range engine.Classes {
		c.Classes = append(c.Classes, choice{string(class), m.v.lang.Class(class), class == m.f.Class})
	}
	return c
}

func (m *weekMaker) points() (out []pointRow) {
	at, names, drivers := map[string]int{}, map[string]string{}, map[string]string{}
	for i := range m.plan.Week.PickupPoints {
		p := &m.plan.Week.PickupPoints[i]
		at[p.ID] = len(out)
		out = append(out, pointRow{ID: p.ID, Name: cmp.Or(p.Name, p.ID), After: p.AcceptAfter.In(m.zone), By: p.AcceptBy.In(m.zone)})
	}
	for i := range m.plan.Week.Producers {
		names[m.plan.Week.Producers[i].ID] = cmp.Or(m.plan.Week.Producers[i].Name, m.plan.Week.Producers[i].ID)
	}
	for i := range m.plan.Doc.Rounds {
		drivers[m.plan.Doc.Rounds[i].ID] = names[m.plan.Doc.Rounds[i].Producer]
	}
	for i := range m.plan.Doc.Consignments {
		c := &m.plan.Doc.Consignments[i]
		if !m.goods(view.Goods{Producer: c.Producer, Point: c.PickupPoint, Class: c.Class}) {
			continue
		}
		p := &out[at[c.PickupPoint]]
		p.Kg += c.Kg
		p.Litres += c.Litres
		g := pointGoods{ID: c.ID, Producer: names[c.Producer], Class: c.Class, Kg: c.Kg, Locked: lockOf(m.plan.Week, c) != nil}
		if !m.brief {
			g.Why = m.tell.Explain(c)
		}
		for _, l := range c.Legs {
			g.By = append(g.By, drivers[l.Round])
		}
		p.Goods = append(p.Goods, g)
	}
	out = slices.DeleteFunc(out, func(p pointRow) bool { return len(p.Goods) == 0 })
	slices.SortStableFunc(out, func(a, b pointRow) int { return cmp.Or(a.By.Compare(b.By), cmp.Compare(a.Name, b.Name)) })
	for i := range out {
		slices.SortStableFunc(out[i].Goods, func(a, b pointGoods) int { return cmp.Compare(a.Producer, b.Producer) })
	}
	return out
}

func (m *weekMaker) left() (out []leftRow) {
	orders, names, points := map[string]*engine.Order{}, map[string]string{}, map[string]string{}
	for i := range m.plan.Week.Orders {
		orders[m.plan.Week.Orders[i].ID] = &m.plan.Week.Orders[i]
	}
	for i := range m.plan.Week.Producers {
		names[m.plan.Week.Producers[i].ID] = cmp.Or(m.plan.Week.Producers[i].Name, m.plan.Week.Producers[i].ID)
	}
	for i := range m.plan.Week.PickupPoints {
		points[m.plan.Week.PickupPoints[i].ID] = cmp.Or(m.plan.Week.PickupPoints[i].Name, m.plan.Week.PickupPoints[i].ID)
	}
	for i := range m.plan.Doc.Unserved {
		u := &m.plan.Doc.Unserved[i]
		o := orders[u.Order]
		if o == nil || u.Line >= len(o.Lines) {
			continue
		}
		l := &o.Lines[u.Line]
		out = append(out, leftRow{cmp.Or(o.Name, o.ID), l.Product, names[l.Producer], points[o.PickupPoint],
			m.tell.Reason(u.Repair), l.Kg})
	}
	return out
}

// A timeLine is a day: one row a round, stops to scale.
type timeLine struct {
	Day    time.Time
	Hours  []hourMark
	Rows   []timeRow
	Height int
}

type hourMark struct {
	X    float64
	Text string
}

type timeRow struct {
	Y                        int
	ID, Name, Colour, Driver string
	X, Width                 float64
	Stops                    []timeStop
}

type timeStop struct {
	X, Width float64
	Role     string
	Handover bool
	Title    string
}

// The measures of a time line, in pixels.
const (
	timeLabel = 190
	timeWidth = 900
	timeRowH  = 26
)

func timeLines(rows []roundRow, zone *time.Location) (out []timeLine) {
	for _, group := range groupBy(rows, func(r *roundRow) store.Day { return store.DayOf(r.Leaves) }) {
		first, last := group[0].Leaves, group[0].Returns
		for _, r := range group {
			first, last = earlier(first, r.Leaves), later(last, r.Returns)
		}
		first, last = first.Truncate(time.Hour), last.Add(59*time.Minute).Truncate(time.Hour)
		span := math.Max(1, last.Sub(first).Hours())
		x := func(t time.Time) float64 {
			return math.Round((timeLabel+timeWidth*t.Sub(first).Hours()/span)*10) / 10
		}
		line := timeLine{Day: first, Height: 24 + timeRowH*len(group)}
		every := time.Duration(math.Ceil(span/14)) * time.Hour
		for t := first; !t.After(last); t = t.Add(every) {
			line.Hours = append(line.Hours, hourMark{x(t), t.In(zone).Format("15:04")})
		}
		for i, r := range group {
			row := timeRow{Y: 24 + timeRowH*i, ID: r.Round.ID, Name: r.Name, Colour: r.Colour, Driver: r.Producer, X: x(r.Leaves), Width: math.Max(1, x(r.Returns)-x(r.Leaves))}
			for _, stop := range r.Stops[1 : len(r.Stops)-1] {
				t := timeStop{X: x(stop.Arrive), Width: math.Max(3, x(stop.Depart)-x(stop.Arrive)), Role: stop.Role, Title: stop.Name + ", " + stop.Arrive.In(zone).Format("15:04") + "–" + stop.Depart.In(zone).Format("15:04")}
				for _, task := range stop.Tasks {
					t.Handover = t.Handover || task.Round != ""
				}
				row.Stops = append(row.Stops, t)
			}
			line.Rows = append(line.Rows, row)
		}
		out = append(out, line)
	}
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// groupBy cuts a list where the key changes.
func groupBy[T any, K comparable](list []T, key func(*T) K) (out [][]T) {
	for i := range list {
		if i == 0 || key(&list[i]) != key(&list[i-1]) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], list[i])
	}
	return out
}

// weekMap is what the map draws.
func (s *Site) weekMap(v *visit) error {
	plan, err := v.plan(v.id("id"))
	if err != nil {
		return err
	}
	if plan == nil {
		return &store.Error{Code: store.NotFound, Message: unplanned(v.lang)}
	}
	c, err := v.plans.Document(v.ctx, v.scope, plan.ID, planning.GeoJSON, v.lang)
	if err != nil {
		return err
	}
	return v.document("application/geo+json", c.Body)
}

// weekPicture is the map for who has no script.
func (s *Site) weekPicture(v *visit) error {
	plan, err := v.plan(v.id("id"))
	if err != nil {
		return err
	}
	if plan == nil {
		return &store.Error{Code: store.NotFound, Message: unplanned(v.lang)}
	}
	c, err := v.plans.Document(v.ctx, v.scope, plan.ID, planning.SVG, v.lang)
	if err != nil {
		return err
	}
	return v.document("image/svg+xml", c.Body)
}

// document answers with something that is no page.
func (v *visit) document(kind string, b []byte) error {
	v.w.Header().Set("Content-Type", kind)
	http.ServeContent(v.w, v.r, "", time.Time{}, bytes.NewReader(b))
	return nil
}
