package dfc

import (
	"context"
	"errors"
	"math"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// Proposal is what a graph's orders would write into a sale. Rows are known by their ref, which is the @id; those that the collective
// does not have are proposed. A reference to a row that is proposed is its ref until [Proposal.Apply] has made it.
type Proposal struct {
	Sale         store.ID
	Places       []store.Place // new ones, as are the next three
	Producers    []store.Producer
	PickupPoints []store.PickupPoint
	Products     []store.Product
	Orders       []store.Order
}

// New says how many rows would be created beside the orders.
func (p *Proposal) New() int {
	return len(p.Places) + len(p.Producers) + len(p.PickupPoints) + len(p.Products)
}

// Propose looks up what the orders name. The faults are of what would not be right in the store, and warnings of what was taken
// for granted. An order of another session than the sale's is a fault.
func Propose(ctx context.Context, c *store.Scope, sale store.ID, o *Orders) (*Proposal, []engine.Fault, error) {
	s, err := c.Sale(ctx, sale)
	if err != nil {
		return nil, nil, err
	}
	itself, err := c.Itself(ctx)
	if err != nil {
		return nil, nil, err
	}
	p := &proposer{Proposal: Proposal{Sale: sale}, ctx: ctx, scope: c, zone: itself.Zone(), places: map[string]*Place{}, producers: map[string]*Producer{}, products: map[string]*Product{}}
	if err := p.known(o); err != nil {
		return nil, nil, err
	}
	for i := range o.Places {
		p.places[o.Places[i].ID] = &o.Places[i]
	}
	for i := range o.Producers {
		p.producers[o.Producers[i].ID] = &o.Producers[i]
	}
	for i := range o.Products {
		p.products[o.Products[i].ID] = &o.Products[i]
	}
	for i := range o.Orders {
		x := &o.Orders[i]
		if x.Session != "" && s.Ref != "" && x.Session != s.Ref {
			p.faults.add(x.ID, false, "belongs to the session %s, and this sale is %s", x.Session, s.Ref)
			continue
		}
		p.order(x)
	}
	return &p.Proposal, p.faults.all(), p.err
}

type proposer struct {
	Proposal
	ctx       context.Context
	scope     *store.Scope
	zone      *time.Location
	places    map[string]*Place
	producers map[string]*Producer
	products  map[string]*Product

	ids    [kinds]map[string]store.ID // by ref, of what is there or proposed
	faults faults
	err    error // of the store; the first
}

// What is looked up by its ref.
const (
	aPlace = iota
	aProducer
	aPickupPoint
	aProduct
	kinds
)

// known looks up what nearly all orders of a collective name: products and pickup points that it has.
func (p *proposer) known(o *Orders) (err error) {
	for k := range p.ids {
		p.ids[k] = map[string]store.ID{}
	}
	var products, points []string
	for i := range o.Products {
		products = append(products, o.Products[i].ID)
	}
	for i := range o.Places {
		points = append(points, o.Places[i].ID)
	}
	if len(products) > 0 {
		if p.ids[aProduct], err = p.scope.ProductsByRef(p.ctx, products); err != nil {
			return err
		}
	}
	if len(points) > 0 {
		p.ids[aPickupPoint], err = p.scope.PickupPointsByRef(p.ctx, points)
	}
	return err
}

// there is the id of the only row that a list has, if it has one.
func there[T any](p *proposer, rows []T, err error, id func(*T) store.ID) (store.ID, bool) {
	if err != nil && p.err == nil {
		p.err = err
	}
	if err != nil || len(rows) != 1 {
		return "", false
	}
	return id(&rows[0]), true
}

func (p *proposer) order(o *Order) {
	out := store.Order{Sale: p.Sale, Ref: o.ID}
	if o.Cancelled {
		p.Orders = append(p.Orders, out)
		return
	}
	out.PickupPoint = p.pickupPoint(o)
	for i := range o.Lines {
		l := &o.Lines[i]
		line := store.OrderLine{Product: p.product(l), QuantityMilli: int64(math.Round(l.Quantity * 1000)), PriceCents: l.PriceCents}
		if l.Grams > 0 {
			line.Grams = &l.Grams
		}
		if l.Millilitres > 0 {
			line.Millilitres = &l.Millilitres
		}
		if line.QuantityMilli == 0 && l.Quantity > 0 {
			p.faults.add(l.ID, false, "is less than a thousandth of its product's unit")
		}
		out.Lines = append(out.Lines, line)
	}
	p.Orders = append(p.Orders, out)
}

func (p *proposer) place(ref string) store.ID {
	if id, ok := p.ids[aPlace][ref]; ok {
		return id
	}
	rows, _, err := p.scope.Places(p.ctx, store.PlaceFilter{Ref: ref}, store.Page{})
	if id, ok := there(p, rows, err, func(x *store.Place) store.ID { return x.ID }); ok {
		p.ids[aPlace][ref] = id
		return id
	}
	x := p.places[ref]
	out := store.Place{Ref: ref, Name: x.Name, Address: x.Address(), Hours: x.Open.Weekly, Meet: true}
	if x.At == nil {
		p.faults.add(ref, true, "its position is not known: look its address up, or pick it on the map, before the sale is planned")
	} else {
		out.At = &store.Point{LonE7: round(x.At.Lon() * 1e7), LatE7: round(x.At.Lat() * 1e7)}
	}
	p.Places = append(p.Places, out)
	p.ids[aPlace][ref] = store.ID(ref)
	return store.ID(ref)
}

func (p *proposer) producer(ref string) store.ID {
	if id, ok := p.ids[aProducer][ref]; ok {
		return id
	}
	rows, _, err := p.scope.Producers(p.ctx, store.ProducerFilter{Ref: ref}, store.Page{})
	if id, ok := there(p, rows, err, func(x *store.Producer) store.ID { return x.ID }); ok {
		p.ids[aProducer][ref] = id
		return id
	}
	x := p.producers[ref]
	p.Producers = append(p.Producers, store.Producer{Ref: ref, Name: x.Name, Place: p.place(x.Place), Active: true})
	p.ids[aProducer][ref] = store.ID(ref)
	if place := p.places[x.Place]; len(place.Open.Dated) > 0 {
		p.faults.add(place.ID, true, "its hours of single days were left out: say on what days and hours it is open every week, or when goods are ready")
	}
	return store.ID(ref)
}

func (p *proposer) product(l *Line) store.ID {
	if id, ok := p.ids[aProduct][l.Product]; ok {
		return id
	}
	x := p.products[l.Product]
	out := store.Product{Ref: l.Product, Producer: p.producer(x.Producer), Name: x.Name, Unit: x.Unit, Grams: x.Grams, Millilitres: x.Millilitres, Class: x.Class, Organic: x.Organic, Active: true}
	if out.Grams == 0 {
		p.faults.add(x.node(), true, "its weight is not known: give it before the sale is planned")
	}
	if out.Millilitres == 0 && out.Grams > 0 {
		out.Millilitres = round(float64(out.Grams) * litresPerKg)
		p.faults.add(x.node(), true, "its volume is not known: 2.5 litres a kilogram were taken")
	}
	p.Products = append(p.Products, out)
	p.ids[aProduct][l.Product] = store.ID(l.Product)
	return store.ID(l.Product)
}

func (p *proposer) pickupPoint(o *Order) store.ID {
	if id, ok := p.ids[aPickupPoint][o.Place]; ok {
		return id
	}
	x, place := p.places[o.Place], p.place(o.Place)
	if place != store.ID(o.Place) { // which is there: customers collect at its only pickup point
		active := true
		rows, _, err := p.scope.PickupPoints(p.ctx, store.PickupPointFilter{Place: place, Active: &active}, store.Page{})
		if id, ok := there(p, rows, err, func(x *store.PickupPoint) store.ID { return x.ID }); ok {
			p.ids[aPickupPoint][o.Place] = id
			return id
		}
	}
	out := store.PickupPoint{Ref: o.Place, Name: x.Name, Place: place, Windows: x.Open.Weekly, Active: true}
	spans := x.Open.Dated
	customers := false
	if x.Open.none() && !o.From.IsZero() && !o.Until.Before(o.From) {
		spans = []engine.Interval{{o.From, o.Until}}
		customers = !o.Delivered
	}
	out.Dated = dated(spans, p.zone)
	if len(out.Windows) == 0 && len(out.Dated) == 0 {
		p.faults.add(o.Place, true, "it is not said when it is open: give the pickup point its hours before the sale is planned")
	} else if !customers { // goods are taken in while it is open
		out.AcceptUntilMin = -shortest(&out)
	}
	p.PickupPoints = append(p.PickupPoints, out)
	p.ids[aPickupPoint][o.Place] = store.ID(o.Place)
	return store.ID(o.Place)
}

// dated is intervals as parts of days, to the minute and no longer than they are.
func dated(intervals []engine.Interval, zone *time.Location) (out []store.Dated) {
	minute := func(t time.Time) store.Clock { return store.Clock(t.Hour()*60 + t.Minute()) }
	for _, x := range intervals {
		from, until := x[0].In(zone).Add(time.Minute-1), x[1].In(zone)
		for _, d := range daysOf(x, zone) {
			span := store.Span{From: 0, Until: 24*60 - 1}
			if d == store.DayOf(from) {
				span.From = minute(from)
			}
			if d == store.DayOf(until) {
				span.Until = minute(until)
			}
			if d < store.DayOf(from) || span.Until < span.From {
				continue
			}
			if n := len(out); n > 0 && out[n-1].Day == d {
				out[n-1].Spans = append(out[n-1].Spans, span)
			} else {
				out = append(out, store.Dated{Day: d, Spans: []store.Span{span}})
			}
		}
	}
	return out
}

// shortest is the minutes of the shortest opening.
func shortest(x *store.PickupPoint) int64 {
	least := int64(24 * 60)
	for _, w := range x.Windows {
		least = min(least, int64(w.Until-w.From))
	}
	for _, d := range x.Dated {
		for _, s := range d.Spans {
			least = min(least, int64(s.Until-s.From))
		}
	}
	return max(1, least)
}

// Apply writes the proposal, all or nothing.
func (p *Proposal) Apply(ctx context.Context, c *store.Scope) (puts []store.Put, err error) {
	err = c.Together(ctx, func(c *store.Scope) error {
		var made [kinds]map[string]store.ID
		for k := range made {
			made[k] = map[string]store.ID{}
		}
		at := func(kind int, id store.ID) store.ID {
			if made, ok := made[kind][string(id)]; ok {
				return made
			}
			return id
		}
		for _, x := range p.Places {
			if err := c.CreatePlace(ctx, &x); err != nil {
				return of(x.Ref, err)
			}
			made[aPlace][x.Ref] = x.ID
		}
		for _, x := range p.Producers {
			x.Place = at(aPlace, x.Place)
			if err := c.CreateProducer(ctx, &x); err != nil {
				return of(x.Ref, err)
			}
			made[aProducer][x.Ref] = x.ID
		}
		for _, x := range p.PickupPoints {
			x.Place = at(aPlace, x.Place)
			if err := c.CreatePickupPoint(ctx, &x); err != nil {
				return of(x.Ref, err)
			}
			made[aPickupPoint][x.Ref] = x.ID
		}
		for _, x := range p.Products {
			x.Producer = at(aProducer, x.Producer)
			if err := c.CreateProduct(ctx, &x); err != nil {
				return of(x.Ref, err)
			}
			made[aProduct][x.Ref] = x.ID
		}
		orders := make([]store.Order, len(p.Orders))
		for i, x := range p.Orders {
			x.PickupPoint = at(aPickupPoint, x.PickupPoint)
			x.Lines = append([]store.OrderLine(nil), x.Lines...)
			for n := range x.Lines {
				x.Lines[n].Product = at(aProduct, x.Lines[n].Product)
			}
			orders[i] = x
		}
		puts, err = c.PutOrders(ctx, p.Sale, orders)
		return err
	})
	return puts, err
}

// of names the node that a refusal is about.
func of(ref string, err error) error {
	e, ok := errors.AsType[*store.Error](err)
	if !ok {
		return err
	}
	out := *e
	out.Message = ref
	if e.Message != "" {
		out.Message += ": " + e.Message
	}
	return &out
}
