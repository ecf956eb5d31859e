package planning

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// Dropoffs is a producer's part in plans that are proposed or in force: what they load, where and when, and whom they hand it
// over to. Of others it has what a carrier must know: whose goods, how much, for which pickup point. It has no orders,
// customers or prices of others, and their telephone numbers only where they share them.
type Dropoffs struct {
	Producer Named          `json:"producer"`
	Sales    []SaleDropoffs `json:"sales"` // by the day of the distribution
}

// Named is what something is called.
type Named struct {
	ID   store.ID `json:"id"`
	Name string   `json:"name"`
}

// Partner is another producer whom goods are taken from or handed over to.
type Partner struct {
	Named
	Phone string `json:"phone,omitempty"` // where it is shared
	Round string `json:"round"`           // that they drive

	// When that is where the goods change hands.
	Arrive time.Time `json:"arrive,omitzero"`
	Depart time.Time `json:"depart,omitzero"`
}

// SaleDropoffs is a producer's part in one plan.
type SaleDropoffs struct {
	Sale         Named           `json:"sale"`
	Distribution store.Day       `json:"distribution"`
	Plan         store.ID        `json:"plan"`
	Number       int64           `json:"number"`
	State        store.PlanState `json:"state"`
	Rounds       []DropoffRound  `json:"rounds"`  // that the producer drives and that do something for the plan, in order of time
	Fetched      []Fetched       `json:"fetched"` // own goods that others come for, in order of time
	Kept         []Goods         `json:"kept"`    // own goods that customers collect where they are made
	Unserved     []Goods         `json:"unserved"`
}

// DropoffRound is a round or trip that the producer drives.
type DropoffRound struct {
	Round       string        `json:"round"`
	Name        string        `json:"name,omitempty"`
	Day         store.Day     `json:"day"`
	Vehicle     Named         `json:"vehicle"`
	Dedicated   bool          `json:"dedicated"` // a trip that is made for the plan alone
	AddedMetres float64       `json:"added_m"`
	Answer      string        `json:"answer,omitempty"` // open, accepted or refused; nothing: not asked
	Stops       []DropoffStop `json:"stops"`
}

// DropoffStop is a stop of a round, in their order.
type DropoffStop struct {
	Place  DropoffPlace `json:"place"`
	Visit  int64        `json:"visit"` // 1 where the round stops at the place for the first time
	Arrive time.Time    `json:"arrive"`
	Depart time.Time    `json:"depart"`
	Added  bool         `json:"added"` // for the plan
	Load   []Goods      `json:"load"`
	Unload []Goods      `json:"unload"`
}

// DropoffPlace is where a stop is.
type DropoffPlace struct {
	Named
	Address string  `json:"address,omitempty"`
	Note    string  `json:"note,omitempty"`
	Lon     float64 `json:"lon"`
	Lat     float64 `json:"lat"`
}

// Goods are what one producer sends to one pickup point in one class.
type Goods struct {
	Producer    Named        `json:"producer"`
	PickupPoint Named        `json:"pickup_point"`
	Class       engine.Class `json:"class"`
	Kg          float64      `json:"kg"`
	Litres      float64      `json:"litres"`
	Crates      int          `json:"crates"`             // about, by the collective's crate
	Products    []Packed     `json:"products,omitempty"` // of the producer who asks alone
	From        *Partner     `json:"from,omitempty"`     // who brings them, where they change hands
	To          *Partner     `json:"to,omitempty"`       // who takes them on
}

// Packed is how much of a product is to be packed.
type Packed struct {
	Name     string  `json:"name"`
	Quantity float64 `json:"quantity"`
}

// Does is what is done with goods that a stop loads or unloads, as a [view.Task] has it, with whom, and when that one is there: zero
// where they do not change hands.
func (s *DropoffStop) Does(g *Goods, loads bool) (do string, with *Partner, at time.Time) {
	switch {
	case loads && g.From == nil:
		return view.Collect, nil, at
	case loads:
		with = g.From
	case g.To == nil:
		return view.Deliver, nil, at
	default:
		with = g.To
	}
	do, at = view.Exchange(loads, s.Arrive, s.Depart, with.Arrive, with.Depart)
	return do, with, at
}

// Fetched are own goods that another producer comes for.
type Fetched struct {
	Day    store.Day    `json:"day"`
	Place  DropoffPlace `json:"place"`
	Arrive time.Time    `json:"arrive"`
	Depart time.Time    `json:"depart"`
	By     Partner      `json:"by"`
	Goods  []Goods      `json:"goods"`
}

// Dropoffs is a producer's part as a JSON document of [Dropoffs]: in one sale or, where none is named, in those that are not over.
// It is at most some seconds old.
func (s *Service) Dropoffs(ctx context.Context, c *store.Scope, producer, sale store.ID) (*Content, error) {
	return s.dropoffs.get(key{collective: c.Collective(), id: producer, what: string(sale)}, momentLasts, func() (*Content, int, error) {
		var d *Dropoffs
		err := c.Snapshot(ctx, func(c *store.Scope) (err error) {
			d, err = s.dropoffsOf(ctx, c, producer, sale)
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		b, err := json.Marshal(d)
		return contentOf(b, err)
	})
}

func (s *Service) dropoffsOf(ctx context.Context, c *store.Scope, producer, sale store.ID) (*Dropoffs, error) {
	who, err := c.Producer(ctx, producer)
	if err != nil {
		return nil, err
	}
	collective, err := c.Itself(ctx)
	if err != nil {
		return nil, err
	}
	sales, err := s.present(ctx, c, sale, collective.Zone())
	if err != nil {
		return nil, err
	}
	out := &Dropoffs{Producer: Named{who.ID, who.Name}, Sales: []SaleDropoffs{}}
	for i := range sales {
		plans, _, err := c.Plans(ctx, store.PlanFilter{Sale: sales[i].ID, Live: true}, store.Page{})
		if err != nil {
			return nil, err
		}
		for k := range plans {
			if plans[k].State == store.Draft {
				continue
			}
			v, err := s.known(ctx, c, &plans[k])
			if store.IsNotFound(err) {
				continue // forgotten
			}
			if err != nil {
				return nil, err
			}
			x, err := newPartWriter(c, v, producer, collective.Zone()).write(ctx, &sales[i])
			if err != nil {
				return nil, err
			}
			out.Sales = append(out.Sales, *x)
		}
	}
	return out, nil
}

// present are the sales whose last day is not over, or the one that is named, by their distribution.
func (s *Service) present(ctx context.Context, c *store.Scope, sale store.ID, zone *time.Location) ([]store.Sale, error) {
	if sale != "" {
		x, err := c.Sale(ctx, sale)
		if err != nil {
			return nil, err
		}
		return []store.Sale{*x}, nil
	}
	const mostDays = 31 // of a sale
	today := store.DayOf(s.now().In(zone))
	var out []store.Sale
	for x, err := range store.Rows(func(p store.Page) ([]store.Sale, store.Cursor, error) {
		return c.Sales(ctx, store.SaleFilter{First: today.Plus(-mostDays)}, p)
	}) {
		if err != nil {
			return nil, err
		}
		if x.Last >= today && x.State != store.SaleCancelled {
			out = append(out, *x)
		}
	}
	slices.SortStableFunc(out, func(a, b store.Sale) int { return cmp.Compare(a.Distribution, b.Distribution) })
	return out, nil
}

// partWriter writes a producer's part in one plan.
type partWriter struct {
	*version
	c        *store.Scope
	producer string
	zone     *time.Location
	others   map[store.ID]*store.Producer
	places   map[store.ID]*store.Place
	answers  map[string]store.AnswerState
}

func newPartWriter(c *store.Scope, v *version, producer store.ID, zone *time.Location) *partWriter {
	return &partWriter{c: c, version: v, producer: string(producer), zone: zone, others: map[store.ID]*store.Producer{}, places: map[store.ID]*store.Place{}}
}

func (w *partWriter) write(ctx context.Context, sale *store.Sale) (*SaleDropoffs, error) {
	out := &SaleDropoffs{Sale: Named{sale.ID, sale.Name}, Distribution: sale.Distribution, Plan: w.row.ID, Number: w.row.Number, State: w.row.State,
		Rounds: []DropoffRound{}, Fetched: []Fetched{}, Kept: []Goods{}, Unserved: []Goods{}}
	answers, err := w.c.Answers(ctx, w.row.ID)
	if err != nil {
		return nil, err
	}
	w.answers = map[string]store.AnswerState{}
	for _, a := range answers {
		w.answers[a.Round] = a.State
	}
	for i := range w.plan.Rounds {
		r := &w.plan.Rounds[i]
		if r.Producer != w.producer || !hasPart(r) {
			continue
		}
		x, err := w.round(ctx, r)
		if err != nil {
			return nil, err
		}
		out.Rounds = append(out.Rounds, *x)
	}
	slices.SortStableFunc(out.Rounds, func(a, b DropoffRound) int { return a.Stops[0].Depart.Compare(b.Stops[0].Depart) })
	for i := range w.plan.Consignments {
		x := &w.plan.Consignments[i]
		switch {
		case x.Producer != w.producer:
		case len(x.Legs) == 0:
			out.Kept = append(out.Kept, w.goods(x))
		default:
			if err := w.fetched(ctx, out, x); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(out.Fetched, func(a, b Fetched) int { return a.Depart.Compare(b.Depart) })
	w.unserved(out)
	crate, err := CrateOn(ctx, w.c, sale.Distribution)
	if err != nil {
		return nil, err
	}
	out.count(crate)
	return out, nil
}

// count says of all goods how many crates they need.
func (d *SaleDropoffs) count(crate Crate) {
	count := func(list []Goods) {
		for i := range list {
			list[i].Crates = crate.Count(list[i].Kg, list[i].Litres)
		}
	}
	for i := range d.Rounds {
		for k := range d.Rounds[i].Stops {
			count(d.Rounds[i].Stops[k].Load)
			count(d.Rounds[i].Stops[k].Unload)
		}
	}
	for i := range d.Fetched {
		count(d.Fetched[i].Goods)
	}
	count(d.Kept)
	count(d.Unserved)
}

func (w *partWriter) round(ctx context.Context, r *engine.PlanRound) (*DropoffRound, error) {
	out := &DropoffRound{Round: r.ID, Day: store.DayOf(r.Stops[0].Depart.In(w.zone)), Dedicated: r.Dedicated, AddedMetres: r.Metres - r.BaseMetres,
		Vehicle: Named{ID: store.ID(r.Vehicle)}, Answer: string(w.answers[r.ID]), Stops: []DropoffStop{}}
	if v, err := w.c.Vehicle(ctx, store.ID(r.Vehicle)); err == nil {
		out.Vehicle.Name = v.Name
	} else if !store.IsNotFound(err) {
		return nil, err
	}
	if id, _, ok := SplitRoundID(r.ID); ok {
		if x, err := w.c.Round(ctx, id); err == nil {
			out.Name = x.Name
		} else if !store.IsNotFound(err) {
			return nil, err
		}
	}
	for k := range r.Stops {
		s := &r.Stops[k]
		place, err := w.place(ctx, s.Place)
		if err != nil {
			return nil, err
		}
		stop := DropoffStop{Place: *place, Visit: visit(r.Stops, k), Arrive: s.Arrive.In(w.zone), Depart: s.Depart.In(w.zone), Added: s.Base == nil && k > 0 && k < len(r.Stops)-1, Load: []Goods{}, Unload: []Goods{}}
		for i := range w.plan.Consignments {
			x := &w.plan.Consignments[i]
			for n, l := range x.Legs {
				if l.Round != r.ID || l.From != k && l.To != k {
					continue
				}
				g := w.goods(x)
				if l.From == k {
					if n > 0 {
						if g.From, err = w.met(ctx, x.Legs[n-1].Round, x.Legs[n-1].To); err != nil {
							return nil, err
						}
					}
					stop.Load = joined(stop.Load, g)
				} else {
					if n < len(x.Legs)-1 {
						if g.To, err = w.met(ctx, x.Legs[n+1].Round, x.Legs[n+1].From); err != nil {
							return nil, err
						}
					}
					stop.Unload = joined(stop.Unload, g)
				}
			}
		}
		out.Stops = append(out.Stops, stop)
	}
	return out, nil
}

// fetched adds a consignment of the producer that another's round loads.
func (w *partWriter) fetched(ctx context.Context, out *SaleDropoffs, x *engine.Consignment) error {
	l := x.Legs[0]
	r := roundOf(w.plan, l.Round)
	if r == nil || r.Producer == w.producer || l.From >= len(r.Stops) {
		return nil
	}
	by, err := w.partner(ctx, l.Round)
	if err != nil {
		return err
	}
	s := &r.Stops[l.From]
	k := slices.IndexFunc(out.Fetched, func(f Fetched) bool { return f.By.Round == l.Round && f.Depart.Equal(s.Depart) })
	if k < 0 {
		place, err := w.place(ctx, s.Place)
		if err != nil {
			return err
		}
		k = len(out.Fetched)
		out.Fetched = append(out.Fetched, Fetched{Day: store.DayOf(s.Depart.In(w.zone)), Place: *place, Arrive: s.Arrive.In(w.zone), Depart: s.Depart.In(w.zone), By: *by, Goods: []Goods{}})
	}
	out.Fetched[k].Goods = joined(out.Fetched[k].Goods, w.goods(x))
	return nil
}

// goods are a consignment's; the products are told to their producer alone.
func (w *partWriter) goods(x *engine.Consignment) Goods {
	g := Goods{Producer: Named{store.ID(x.Producer), w.producerName(x.Producer)}, PickupPoint: Named{store.ID(x.PickupPoint), w.pointName(x.PickupPoint)},
		Class: x.Class, Kg: x.Kg, Litres: x.Litres}
	if x.Producer == w.producer {
		for _, l := range x.Lines {
			g.addProduct(w.line(l))
		}
	}
	return g
}

// line is a line of the week, nil where it has none.
func (v *version) line(ref engine.LineRef) *engine.Line {
	k, ok := v.order[ref.Order]
	if !ok || ref.Line < 0 || ref.Line >= len(v.week.Orders[k].Lines) {
		return nil
	}
	return &v.week.Orders[k].Lines[ref.Line]
}

func (g *Goods) addProduct(l *engine.Line) {
	if l == nil || l.Product == "" {
		return
	}
	for i := range g.Products {
		if g.Products[i].Name == l.Product {
			g.Products[i].Quantity = sum(g.Products[i].Quantity + l.Quantity)
			return
		}
	}
	g.Products = append(g.Products, Packed{l.Product, l.Quantity})
}

// sum rounds a sum to the thousandths in which amounts are counted, so that it shows no rounding of its own.
func sum(x float64) float64 { return math.Round(x*1e3) / 1e3 }

// joined adds goods to a list, to those of the same kind where there are any.
func joined(list []Goods, g Goods) []Goods {
	same := func(a, b *Partner) bool { return (a == nil) == (b == nil) && (a == nil || a.Round == b.Round) }
	for i := range list {
		x := &list[i]
		if x.Producer.ID != g.Producer.ID || x.PickupPoint.ID != g.PickupPoint.ID || x.Class != g.Class || !same(x.From, g.From) || !same(x.To, g.To) {
			continue
		}
		x.Kg, x.Litres = sum(x.Kg+g.Kg), sum(x.Litres+g.Litres)
		for _, p := range g.Products {
			x.addProduct(&engine.Line{Product: p.Name, Quantity: p.Quantity})
		}
		return list
	}
	g.Kg, g.Litres = sum(g.Kg), sum(g.Litres)
	return append(list, g)
}

// unserved adds the producer's lines that nothing carries.
func (w *partWriter) unserved(out *SaleDropoffs) {
	for _, u := range w.plan.Unserved {
		l := w.line(engine.LineRef{Order: u.Order, Line: u.Line})
		if l == nil || l.Producer != w.producer {
			continue
		}
		point := w.week.Orders[w.order[u.Order]].PickupPoint
		g := Goods{Producer: Named{store.ID(l.Producer), w.producerName(l.Producer)}, PickupPoint: Named{store.ID(point), w.pointName(point)}, Class: l.Temperature(), Kg: l.Kg, Litres: l.Litres}
		g.addProduct(l)
		out.Unserved = joined(out.Unserved, g)
	}
}

func (w *partWriter) producerName(id string) string {
	if k := slices.IndexFunc(w.week.Producers, func(p engine.Producer) bool { return p.ID == id }); k >= 0 {
		return w.week.Producers[k].Name
	}
	return ""
}

func (w *partWriter) pointName(id string) string {
	if k := slices.IndexFunc(w.week.PickupPoints, func(p engine.PickupPoint) bool { return p.ID == id }); k >= 0 {
		return w.week.PickupPoints[k].Name
	}
	return ""
}

// partner is who drives a round, with their telephone where they share it; nil for a round of the producer's own.
func (w *partWriter) partner(ctx context.Context, round string) (*Partner, error) {
	r := roundOf(w.plan, round)
	if r == nil {
		return nil, fmt.Errorf("planning: plan %s names the round %s, which it does not have", w.row.ID, round)
	}
	id := store.ID(r.Producer)
	x, ok := w.others[id]
	if !ok {
		var err error
		if x, err = w.c.Producer(ctx, id); err != nil && !store.IsNotFound(err) {
			return nil, err
		}
		w.others[id] = x
	}
	out := &Partner{Named: Named{id, w.producerName(r.Producer)}, Round: round}
	if x != nil {
		out.Name = x.Name
		if x.PhoneShared || r.Producer == w.producer {
			out.Phone = x.Phone
		}
	}
	return out, nil
}

// met is who drives a round, and when that is at one of its stops.
func (w *partWriter) met(ctx context.Context, round string, stop int) (*Partner, error) {
	out, err := w.partner(ctx, round)
	if err != nil {
		return nil, err
	}
	if r := roundOf(w.plan, round); stop >= 0 && stop < len(r.Stops) {
		out.Arrive, out.Depart = r.Stops[stop].Arrive.In(w.zone), r.Stops[stop].Depart.In(w.zone)
	}
	return out, nil
}

func (w *partWriter) place(ctx context.Context, id string) (*DropoffPlace, error) {
	out := &DropoffPlace{Named: Named{ID: store.ID(id)}}
	if k := slices.IndexFunc(w.week.Places, func(p engine.Place) bool { return p.ID == id }); k >= 0 {
		p := &w.week.Places[k]
		out.Name, out.Lon, out.Lat = p.Name, p.Lon, p.Lat
	}
	x, ok := w.places[out.ID]
	if !ok {
		var err error
		if x, err = w.c.Place(ctx, out.ID); err != nil && !store.IsNotFound(err) {
			return nil, err
		}
		w.places[out.ID] = x
	}
	if x != nil {
		out.Address, out.Note = x.Address, x.Note
	}
	return out, nil
}
