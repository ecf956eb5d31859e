package dfc

import (
	"math"
	"slices"
	"strings"
	"time"

	"carriole/engine"
	"carriole/geo"
)

// Orders is what a graph asks to be carried. Ids are @ids; each list has an id once, in the graph's order.
type Orders struct {
	Orders    []Order
	Products  []Product
	Producers []Producer
	Places    []Place
	Vehicles  []Vehicle
	Sessions  []Session
}

// Order is one Order or, in a graph that has none, one Shipment that is asked for.
type Order struct {
	ID        string
	Number    string
	Session   string
	Place     string    // where customers collect, or what is delivered to
	From      time.Time // when customers come, or goods are delivered; zero: not said
	Until     time.Time
	Delivered bool // From and Until are of the delivery
	Cancelled bool
	Lines     []Line
}

// Line is one OrderLine.
type Line struct {
	ID          string
	Stock       string // the RealStock that it is taken from; empty: none is named
	Shipment    string // that asks for it, in a graph without orders
	Producer    string
	Product     string
	Quantity    float64 // units of the product
	Grams       int64   // of the whole line; 0: not known
	Millilitres int64   // … too
	PriceCents  *int64  // of the whole line
	Ready       time.Time
}

// Product is a SuppliedProduct of one producer.
type Product struct {
	ID          string // the @id or, where the graph does not say whose it is, the @id and the producer's
	Producer    string
	Name        string
	Unit        string // as in 500 g
	Grams       int64  // of one unit
	Millilitres int64
	Class       engine.Class
	Organic     bool
}

// Producer is an Enterprise at the place where its goods lie. Goods of one that lie at several places count as one producer each, and
// where the graph names no supplier the place stands for it.
type Producer struct {
	ID    string
	Name  string
	Place string
}

// Place is a PhysicalPlace.
type Place struct {
	ID       string
	Name     string
	Street   string
	Postcode string
	City     string
	At       *geo.Point // nil: not known
	Open     Hours
}

// Address is the place's in one line.
func (p *Place) Address() string {
	return strings.Trim(p.Street+", "+strings.TrimSpace(p.Postcode+" "+p.City), ", ")
}

// Session is a SaleSession.
type Session struct {
	ID          string
	From, Until time.Time
}

// Spellings of what is read; beside each the properties that say it from the other end.
var (
	ofStock     = []string{"isStoredIn", "storedIn", "hostedAt"}
	ofOption    = []string{"pickedUpAt", "deliveredAt", "uses"}
	openDuring  = []string{"isOpenDuring", "isOpeningDuring"}
	fulfilledBy = []string{"isFulfilledBy", "fulfilledBy"}
	constituted = []string{"constituedBy", "constitutedBy", "constituted"}
	shippedIn   = []string{"isShippedIn", "isChippedIn"}
	startsAt    = []string{"startsAt", "startAt"}
	endsAt      = []string{"endsAt", "endAt"}
)

// A reader reads one graph. Its maps are of what has been read.
type reader struct {
	*Graph
	zone   *time.Location
	faults faults
	out    *Orders

	places    map[*node]string
	producers map[string]bool
	products  map[string]int
	stocked   map[string]map[string]bool // places of the goods of a supplier
	read      map[*node]bool
}

// Orders reads what the graph asks to be carried. zone is that of times without an offset; nil: Europe/Paris.
//
// The faults name nodes by their @id. One that is no warning says what was left out: a line without quantity, place or producer,
// an order without lines or place. A place without position is among the places, and a fault. Warnings say what was taken for
// granted.
func (g *Graph) Orders(zone *time.Location) (*Orders, []engine.Fault) {
	r := &reader{Graph: g, zone: zoneOr(zone), out: &Orders{}, places: map[*node]string{}, producers: map[string]bool{}, products: map[string]int{},
		stocked: map[string]map[string]bool{}, read: map[*node]bool{}}
	r.faults.list = slices.Clone(g.faults.all())
	r.vehicles()
	r.sessions()
	if slices.ContainsFunc(g.nodes, func(n *node) bool { return n.is("Order") }) {
		r.orders()
	} else {
		r.shipments()
	}
	r.rest()
	return r.out, r.faults.all()
}

func zoneOr(zone *time.Location) *time.Location {
	if zone != nil {
		return zone
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return time.UTC
	}
	return paris
}

func (r *reader) fault(n *node, format string, args ...any) {
	r.faults.add(name(n), false, format, args...)
}
func (r *reader) warn(n *node, format string, args ...any) {
	r.faults.add(name(n), true, format, args...)
}

// name is a node's @id or, without one, its type.
func name(n *node) string {
	switch {
	case n == nil:
		return ""
	case n.id != "":
		return n.id
	}
	return strings.Join(n.types, " ") + " without @id"
}

func (r *reader) sessions() {
	for _, n := range r.nodes {
		if n.is("SaleSession") && n.id != "" {
			r.read[n] = true
			from, _ := r.stamp(n, "beginDate", "startDate")
			until, _ := r.stamp(n, "endDate")
			r.out.Sessions = append(r.out.Sessions, Session{n.id, from, until})
		}
	}
}

func (r *reader) orders() {
	for _, n := range r.nodes {
		if n.is("Shipment", "Route", "Step") {
			r.warn(n, "is not read beside orders: they are planned anew")
		}
		if !n.is("Order") {
			continue
		}
		r.read[n] = true
		if n.id == "" {
			r.fault(n, "an order must have an @id")
			continue
		}
		if o, ok := r.order(n); ok {
			r.out.Orders = append(r.out.Orders, o)
		}
	}
}

func (r *reader) order(n *node) (o Order, ok bool) {
	o = Order{ID: n.id, Number: n.text("orderNumber")}
	if s := r.that(n, []string{"belongsTo"}, nil); s != nil {
		o.Session = s.id
	}
	status := strings.ToLower(local(n.text("hasFulfilmentStatus")) + " " + local(n.text("hasOrderStatus")))
	o.Cancelled = strings.Contains(status, "cancel")
	option := r.that(n, []string{"selects"}, []string{"selectedBy"})
	if option == nil { // a session with one option leaves no choice
		session := r.that(n, []string{"belongsTo"}, nil)
		if options := r.those(session, []string{"hasOption"}, []string{"optionOf"}); len(options) == 1 {
			option = options[0]
		}
	}
	place := r.that(option, ofOption, nil)
	switch {
	case o.Cancelled:
	case option == nil:
		r.fault(n, "selects no PickupOption or DeliveryOption: where do its goods go?")
		return o, false
	case place == nil || !place.described():
		r.fault(n, "selects %s, whose place (pickedUpAt, deliveredAt) is not in the graph", name(option))
		return o, false
	default:
		o.Place = r.place(place)
		o.Delivered = option.is("DeliveryOption") || len(option.all("deliveredAt")) > 0
		o.From, _ = r.stamp(option, "beginDate", "startDate")
		o.Until, _ = r.stamp(option, "endDate")
		r.badStamps(option, "beginDate", "startDate", "endDate")
	}
	r.crowded(n, "hasPart")
	for _, l := range r.those(n, []string{"hasPart"}, []string{"partOf"}) {
		if r.read[l] && l.id != "" {
			r.fault(l, "is a line of several orders: it was counted in the first")
			continue
		}
		r.read[l] = true
		if !l.described() {
			r.fault(n, "has the line %s, which the graph does not describe", l.id)
			continue
		}
		if line, ok := r.line(n, l); ok {
			o.Lines = append(o.Lines, line)
		}
	}
	if len(o.Lines) == 0 && !o.Cancelled {
		r.fault(n, "has no line (hasPart) that can be carried")
		return o, false
	}
	return o, true
}

func (r *reader) badStamps(n *node, names ...string) {
	for _, name := range names {
		if s := n.text(name); s != "" {
			if _, ok := r.stamp(n, name); !ok {
				r.fault(n, "%s %q is no moment: it must be like 2026-11-26T17:00:00+01:00", name, s)
			}
		}
	}
}

// goods is what a line, or a shipment's stock, is about.
type goods struct{ line, offer, item, product, physical, stock *node }

func (r *reader) goods(line *node) (x goods) {
	x.line = line
	x.offer = r.that(line, []string{"concerns"}, []string{"concernedBy"})
	x.item = r.that(x.offer, []string{"offers"}, []string{"offeredThrough"})
	x.product = r.that(x.item, []string{"references"}, []string{"referencedBy"})
	x.physical = r.that(line, fulfilledBy, []string{"fulfills"})
	x.stock = r.that(x.physical, constituted, []string{"constitutes"})
	return r.complete(x)
}

// complete finds the one of product and stock by the other.
func (r *reader) complete(x goods) goods {
	localized := r.that(x.physical, []string{"represents"}, []string{"representedBy"})
	if x.product == nil {
		x.product = r.that(localized, []string{"hasReference", "references"}, []string{"referenceOf", "localizedBy"})
		if x.product == nil && localized.is("SuppliedProduct") {
			x.product = localized
		}
	}
	if localized == nil {
		localized = r.that(x.product, []string{"localizedBy", "referenceOf"}, []string{"hasReference", "localizes"})
	}
	if x.stock == nil { // planned stock is the next best
		x.stock = r.that(localized, constituted, []string{"constitutes"})
	}
	return x
}

func (r *reader) line(order, n *node) (l Line, ok bool) {
	x := r.goods(n)
	l.ID = n.id
	if l.ID == "" {
		l.ID = order.id
		r.warn(order, "has a line without @id: it is named by its order")
	}
	if l.Producer, ok = r.producer(x, order); !ok {
		return l, false
	}
	if x.stock != nil {
		l.Stock = x.stock.id
	}
	quantity := r.amounts(n, "hasQuantity")
	if len(quantity) == 0 {
		r.fault(n, "has no quantity that is understood (hasQuantity with value and hasUnit)")
		return l, false
	}
	for _, p := range r.refs(n, "hasPrice") {
		if value, ok := p.number("value"); ok && value >= 0 && value <= mostAmount/100 && strings.Contains(strings.ToLower(local(p.text("hasUnit"))), "euro") {
			cents := int64(math.Round(value * 100))
			l.PriceCents = &cents
		}
	}
	return r.weigh(l, x, quantity)
}

// weigh finds how many units of the product a line has, and their weight and volume.
func (r *reader) weigh(l Line, x goods, quantity []amount) (Line, bool) {
	product := r.product(x, l.Producer)
	var gram, millilitre, piece *float64
	for i, a := range quantity {
		switch a.of {
		case grams:
			gram = &quantity[i].n
		case millilitres:
			millilitre = &quantity[i].n
		case pieces:
			piece = &quantity[i].n
		}
	}
	g, ml := float64(product.Grams), float64(product.Millilitres)
	switch {
	case piece != nil:
		l.Quantity = *piece
		if count := product.count; count > 0 {
			l.Quantity = *piece / count
		}
	case gram != nil && g > 0:
		l.Quantity = *gram / g
	case millilitre != nil && ml > 0:
		l.Quantity = *millilitre / ml
	case gram != nil: // sold by weight
		l.Quantity, g, product.Grams, product.Unit = *gram/1000, 1000, 1000, "kg"
	default:
		l.Quantity, ml, product.Millilitres, product.Unit = *millilitre/1000, 1000, 1000, "L"
	}
	l.Grams, l.Millilitres = round(g*l.Quantity), round(ml*l.Quantity)
	if gram != nil {
		l.Grams = round(*gram)
	}
	if millilitre != nil {
		l.Millilitres = round(*millilitre)
	}
	if l.Grams == 0 && l.Millilitres > 0 {
		const density = 1 // g/mL, of what is sold by the litre
		r.warn(x.line, "has a volume and no weight: 1 kg a litre was taken")
		l.Grams = l.Millilitres * density
		if product.Grams == 0 {
			product.Grams = product.Millilitres * density
		}
	}
	if l.Grams > mostAmount || l.Millilitres > mostAmount || l.Quantity > mostAmount {
		r.fault(x.line, "has %.0f kg: a thousand tonnes are the most", float64(l.Grams)/1000)
		return l, false
	}
	l.Product = r.keep(product)
	return l, true
}

// producer finds whose the goods are and where they lie.
func (r *reader) producer(x goods, order *node) (id string, ok bool) {
	supplier := r.that(x.product, []string{"suppliedBy"}, []string{"supplies"})
	for _, other := range []struct {
		of                *node
		forward, backward []string
	}{
		{x.item, []string{"managedBy"}, []string{"manages"}},
		{x.physical, []string{"producedBy"}, []string{"produces"}},
		{order, []string{"soldBy"}, []string{"sold", "sells"}},
	} {
		if supplier == nil {
			supplier = r.that(other.of, other.forward, other.backward)
		}
	}
	place := r.that(x.stock, ofStock, []string{"stores"})
	if place == nil && supplier != nil && supplier.described() {
		place = r.that(supplier, []string{"isLocatedAt", "hostedAt", "hasPlace"}, []string{"hosts"})
		if place == nil && len(supplier.all("hasAddress")) > 0 {
			place = supplier // its address is where its goods are
		}
	}
	if place == nil || !place.described() {
		r.fault(x.line, "it is not said where its goods lie: neither isFulfilledBy → constituedBy → isStoredIn nor its supplier's address is in the graph")
		return "", false
	}
	at := r.place(place)
	p := Producer{ID: at, Place: at, Name: r.placeName(place)}
	if supplier != nil && supplier.id != "" {
		p.ID, p.Name = supplier.id, supplier.text("name", "legalName", "familyName")
		if r.stocked[supplier.id] == nil {
			r.stocked[supplier.id] = map[string]bool{}
		}
		r.stocked[supplier.id][at] = true
		if at != supplier.id && !r.firstPlace(supplier.id, at) {
			p.ID += " " + at
			r.warn(supplier, "has goods at several places: those at %s count as of a producer of their own", at)
		}
	}
	if p.Name == "" {
		p.Name = local(p.ID)
	}
	if !r.producers[p.ID] {
		r.producers[p.ID] = true
		r.out.Producers = append(r.out.Producers, p)
	}
	return p.ID, true
}

// firstPlace says whether a place is the first at which goods of a supplier were found.
func (r *reader) firstPlace(supplier, at string) bool {
	i := slices.IndexFunc(r.out.Producers, func(p Producer) bool { return p.ID == supplier })
	return i < 0 || r.out.Producers[i].Place == at
}

// kept is a product as it is being read.
type kept struct {
	Product
	count float64 // pieces that its quantity says, as 12 of a dozen
}

// product reads the product of a line. Where the graph does not say whose it is, the same @id may be sold by several: then the
// producer is part of the id.
func (r *reader) product(x goods, producer string) kept {
	n := x.product
	if n == nil {
		n = x.physical
	}
	if n == nil {
		n = x.item
	}
	if n == nil {
		n = x.line
	}
	p := kept{Product: Product{ID: n.id, Producer: producer, Name: n.text("name", "description"), Class: engine.Ambient}}
	if supplier := r.that(x.product, []string{"suppliedBy"}, []string{"supplies"}); supplier == nil || supplier.id != producer {
		p.ID += " " + producer
	}
	if p.Name == "" {
		p.Name = local(n.id)
	}
	if n != x.line {
		p.Grams, p.Millilitres, p.count = r.size(n)
	}
	if p.Grams == 0 && p.Millilitres == 0 && x.physical != nil && n != x.physical {
		p.Grams, p.Millilitres, p.count = r.size(x.physical)
	}
	said := false
	for _, m := range []*node{n, x.physical, x.stock} {
		if m != nil && !said {
			p.Class, said = r.class(m)
		}
	}
	if !said {
		r.warn(n, "says nothing of a temperature (refrigerated, frozen, hasTemperature): it was taken for ambient")
	}
	for _, v := range n.all("hasCertification") {
		p.Organic = p.Organic || strings.Contains(strings.ToLower(local(v.text())), "organic")
	}
	p.Unit = unitText(p.Grams, p.Millilitres)
	return p
}

// keep lists a product once; what an earlier line found out of it stays.
func (r *reader) keep(p kept) string {
	if _, ok := r.products[p.ID]; !ok {
		r.products[p.ID] = len(r.out.Products)
		r.out.Products = append(r.out.Products, p.Product)
	}
	return p.ID
}

func unitText(g, ml int64) string {
	number := func(x float64) string { return value{literal: x}.text() }
	switch {
	case g >= 1000:
		return number(float64(g)/1000) + " kg"
	case g > 0:
		return number(float64(g)) + " g"
	case ml >= 1000:
		return number(float64(ml)/1000) + " L"
	case ml > 0:
		return number(float64(ml)/10) + " cL"
	}
	return ""
}

// place reads a place once.
func (r *reader) place(n *node) string {
	if id, ok := r.places[n]; ok {
		return id
	}
	r.read[n] = true
	p := Place{ID: n.id, Name: r.placeName(n), Open: r.hours(n, openDuring...)}
	if p.ID == "" {
		p.ID = "_:place-" + value{literal: float64(len(r.out.Places))}.text()
	}
	for _, a := range append(r.refs(n, "hasAddress"), n) {
		if p.City == "" && p.Street == "" {
			p.Street, p.Postcode, p.City = a.text("street"), a.text("postcode"), a.text("city")
		}
	}
	problem := ""
	if p.At, problem = r.position(n); p.At == nil {
		if problem == "" {
			problem = "its position is not known: give its address latitude and longitude"
		}
		if address := p.Address(); address != "" {
			problem += " (" + address + ")"
		}
		r.faults.add(p.ID, false, "%s", problem)
	}
	r.places[n] = p.ID
	r.out.Places = append(r.out.Places, p)
	return p.ID
}

func (r *reader) placeName(n *node) string {
	if s := n.text("name"); s != "" {
		return s
	}
	for _, a := range r.refs(n, "hasAddress") {
		if s := strings.Trim(a.text("street")+", "+a.text("city"), ", "); s != "" {
			return s
		}
	}
	return local(n.id)
}

// shipments reads what a platform that has planned its shipments asks a route for.
func (r *reader) shipments() {
	for _, n := range r.nodes {
		if !n.is("Shipment") {
			continue
		}
		r.read[n] = true
		if v := r.that(n, shippedIn, []string{"ships"}); v != nil {
			r.warn(n, "is shipped in %s already: it is planned anew", name(v))
		}
		if o, ok := r.shipment(n); ok {
			r.out.Orders = append(r.out.Orders, o)
		}
	}
}

func (r *reader) shipment(n *node) (o Order, ok bool) {
	from, to := r.that(n, startsAt, nil), r.that(n, endsAt, nil)
	switch {
	case n.id == "":
		r.fault(n, "a shipment must have an @id")
		return o, false
	case from == nil || !from.described() || to == nil || !to.described():
		r.fault(n, "its places (startsAt, endsAt) are not in the graph")
		return o, false
	}
	r.badStamps(n, "startDate", "endDate")
	o = Order{ID: n.id, Number: local(n.id), Place: r.place(to), Delivered: true}
	o.From, _ = r.stamp(n, "startDate")
	o.Until, _ = r.stamp(n, "endDate")
	r.crowded(n, "transports")
	stocks := r.those(n, []string{"transports"}, []string{"transportedBy"})
	own := r.amounts(n, "hasQuantity")
	if len(stocks) == 0 || len(own) > 0 {
		stocks = []*node{n} // the shipment says itself how much it is
	}
	for _, s := range stocks {
		l := Line{ID: n.id, Stock: s.id, Shipment: n.id, Ready: o.From}
		x := goods{line: s, stock: s, physical: r.that(s, []string{"constitutes"}, constituted)}
		if s != n && len(stocks) > 1 {
			l.ID = s.id
		}
		x = r.complete(x)
		quantity := own
		for _, m := range []*node{s, x.physical, x.product} {
			if len(quantity) == 0 && m != nil {
				quantity = r.amounts(m, "hasQuantity")
			}
		}
		if len(quantity) == 0 {
			r.fault(n, "transports %s without a quantity that is understood (hasQuantity in a unit of mass)", name(s))
			continue
		}
		at := r.place(from)
		l.Producer = at
		if !r.producers[at] {
			r.producers[at] = true
			r.out.Producers = append(r.out.Producers, Producer{at, r.placeName(from), at})
		}
		if l, ok := r.weigh(l, x, quantity); ok {
			o.Lines = append(o.Lines, l)
		}
	}
	return o, len(o.Lines) > 0
}

// rest says what is in the graph and was not read, though it is of a kind that is.
func (r *reader) rest() {
	for _, n := range r.nodes {
		switch {
		case r.read[n] || n.id == "": // what has no @id and stands alone is said of nothing
		case n.is("OrderLine"):
			r.fault(n, "is a line of no order in the graph")
		case n.described() && len(n.types) == 0:
			r.warn(n, "has no @type: it was read only where others refer to it")
		}
	}
	if len(r.out.Orders) == 0 && len(r.faults.list) == 0 {
		r.faults.add("", false, "the graph has neither an Order nor a Shipment")
	}
}
