package dfc

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/twpayne/go-polyline"

	"carriole/engine"
	"carriole/geo"
)

// Transport is who carries what: a plan in the words of the consortium. Ids are @ids.
type Transport struct {
	Base      string  // under which its notes have their @ids
	Places    []Place // that the graph may not have
	Vehicles  []Vehicle
	Shipments []Shipment
	Routes    []Route
	Notes     []Note
}

// Vehicle is a Vehicle.
type Vehicle struct {
	ID           string
	Place        string // where it is based
	Grams        int64  // that it carries; 0: not said
	Millilitres  int64
	Refrigerated bool
	Frozen       bool
	Available    Hours
	Ships        []string // shipments
}

// Shipment is a Shipment: goods of one producer for one pickup point on one vehicle from one place to another. Goods that change
// vehicles on their way are one shipment on each, but where the graph asked for the shipment.
type Shipment struct {
	ID          string
	Asked       bool      // by the graph, which says all but the vehicles
	Vehicles    []string  // one, or those of its way in order
	From, To    string    // places
	Start       time.Time // it leaves From
	End         time.Time // it is at To
	Transports  []string  // stocks or, where orders name none, order lines
	Grams       int64
	Millilitres int64
	Class       engine.Class
}

// Route is a Route: a round or trip that carries shipments.
type Route struct {
	ID       string
	Vehicle  string
	Geometry string // through the stops in order, as an encoded polyline of 5 decimals
	Steps    []Step
}

// StepType says what happens at a step.
type StepType string

// The types of steps. A stop where goods come off and others come on is a delivery and then a pickup.
const (
	StepStart    StepType = "start"
	StepPickup   StepType = "pickup"
	StepDelivery StepType = "delivery"
	StepStop     StepType = "stop" // made anyway, for nothing of this plan
	StepEnd      StepType = "end"
)

// Step is a Step.
type Step struct {
	ID       string
	Type     StepType
	At       geo.Point
	Arrive   time.Time
	Driven   time.Duration // since the step before
	Waiting  time.Duration // before service may begin
	Pickup   []string      // shipments
	Delivery []string
}

// Note is something to be known of a node: a schema:Comment.
type Note struct {
	About string // the node; empty: the whole
	Kind  NoteKind
	Text  string
}

// NoteKind says what a note is.
type NoteKind string

// The kinds.
const (
	NoteFault    NoteKind = "fault"    // it was left out
	NoteWarning  NoteKind = "warning"  // something was taken for granted
	NoteUnserved NoteKind = "unserved" // no round carries it
)

const notes = "notes/"

// Notes makes notes of what reading found.
func Notes(faults []engine.Fault) (out []Note) {
	for _, f := range faults {
		kind := NoteFault
		if f.Warning {
			kind = NoteWarning
		}
		out = append(out, Note{f.Path, kind, f.Message})
	}
	return out
}

func (n *node) isNote() bool {
	kind := NoteKind(n.text("schema:name"))
	return n.is("schema:Comment") && strings.Contains(n.id, notes) && (kind == NoteFault || kind == NoteWarning || kind == NoteUnserved)
}

// Naming says what things are called in a transport.
type Naming struct {
	Base     string                          // under which things without an IRI of their own have theirs; it ends in / or #
	Place    func(id string) string          // the IRI of a place; nil or empty: its own under Base
	Stock    func(ref engine.LineRef) string // the IRI of what is shipped of a line; nil or empty: the line's own under Base
	Shipment func(ref engine.LineRef) string // the IRI of the shipment that asks for a line; nil or empty: there is none
}

// iri names a thing: an id that is an IRI keeps it.
func (n Naming) iri(kind, id string) string {
	if strings.Contains(id, "://") || strings.HasPrefix(id, "urn:") || strings.HasPrefix(id, "_:") {
		return id
	}
	return n.Base + kind + "/" + url.PathEscape(id)
}

func (n Naming) place(id string) string {
	if n.Place != nil {
		if s := n.Place(id); s != "" {
			return s
		}
	}
	return n.iri("places", id)
}

func (n Naming) line(ref engine.LineRef) string {
	if n.Stock != nil {
		if s := n.Stock(ref); s != "" {
			return s
		}
	}
	return fmt.Sprintf("%s/lines/%d", n.iri("orders", ref.Order), ref.Line)
}

// FromPlan says a plan in the consortium's words. Only rounds and trips that carry something are in it. The plan must be right
// for the week.
func FromPlan(week *engine.Week, plan *engine.Plan, naming Naming) *Transport {
	f := planReader{week: week, naming: naming, places: map[string]*engine.Place{}, vehicles: map[string]*engine.Vehicle{}, rounds: map[string]*engine.PlanRound{}, own: map[string]*engine.Round{},
		home: map[string]string{}, used: map[string]bool{}, loads: map[stop][]string{}, unloads: map[stop][]string{}, ships: map[string][]string{}, askedAt: map[string]int{}, out: Transport{Base: naming.Base}}
	for i := range week.Places {
		f.places[week.Places[i].ID] = &week.Places[i]
	}
	for i := range week.Vehicles {
		f.vehicles[week.Vehicles[i].ID] = &week.Vehicles[i]
	}
	for i := range week.Rounds {
		f.own[week.Rounds[i].ID] = &week.Rounds[i]
	}
	for _, p := range week.Producers {
		f.home[p.ID] = p.Place
	}
	for i := range plan.Rounds {
		f.rounds[plan.Rounds[i].ID] = &plan.Rounds[i]
	}
	for i := range plan.Consignments {
		f.shipments(&plan.Consignments[i])
	}
	for i := range plan.Rounds {
		if r := &plan.Rounds[i]; len(f.ships[r.ID]) > 0 {
			f.route(r)
		}
	}
	f.fleet(plan)
	for _, u := range plan.Unserved {
		f.out.Notes = append(f.out.Notes, Note{f.naming.line(engine.LineRef{Order: u.Order, Line: u.Line}), NoteUnserved, u.Reason})
	}
	for i := range week.Places {
		if p := &week.Places[i]; f.used[p.ID] {
			f.out.Places = append(f.out.Places, Place{ID: naming.place(p.ID), Name: p.Name, At: &geo.Point{p.Lon, p.Lat}})
		}
	}
	return &f.out
}

// Encode writes a plan as a document of its own, of ontology 1.x or, when second is true, of 2.0.
func Encode(week *engine.Week, plan *engine.Plan, naming Naming, second bool) ([]byte, error) {
	g := NewGraph(second)
	g.Put(FromPlan(week, plan, naming))
	return g.MarshalJSON()
}

type stop struct {
	round string
	n     int
}

type planReader struct {
	week     *engine.Week
	naming   Naming
	places   map[string]*engine.Place
	vehicles map[string]*engine.Vehicle
	rounds   map[string]*engine.PlanRound
	own      map[string]*engine.Round
	home     map[string]string // by producer: the place

	used           map[string]bool // places
	loads, unloads map[stop][]string
	ships          map[string][]string // by round
	askedAt        map[string]int      // in out.Shipments
	out            Transport
}

func (f *planReader) shipments(c *engine.Consignment) {
	var grouped []engine.LineRef
	for _, l := range c.Lines {
		id := ""
		if f.naming.Shipment != nil {
			id = f.naming.Shipment(l)
		}
		if id == "" {
			grouped = append(grouped, l)
			continue
		}
		f.asked(id, c)
	}
	for n, leg := range c.Legs {
		if len(grouped) == 0 {
			return
		}
		r := f.rounds[leg.Round]
		from, to := &r.Stops[leg.From], &r.Stops[leg.To]
		id := f.naming.iri("shipments", c.ID)
		if len(c.Legs) > 1 {
			id += fmt.Sprintf("/%d", n+1)
		}
		s := Shipment{ID: id, Vehicles: []string{f.naming.iri("vehicles", r.Vehicle)}, From: f.place(from.Place), To: f.place(to.Place),
			Start: from.Depart, End: to.Arrive, Grams: round(c.Kg * 1000), Millilitres: round(c.Litres * 1000), Class: c.Class}
		for _, l := range grouped {
			if x := f.naming.line(l); !slices.Contains(s.Transports, x) {
				s.Transports = append(s.Transports, x)
			}
		}
		f.out.Shipments = append(f.out.Shipments, s)
		f.ride(leg, id)
	}
}

// asked adds a shipment that the graph asked for, once: its lines may be of several consignments.
func (f *planReader) asked(id string, c *engine.Consignment) {
	i, ok := f.askedAt[id]
	if !ok {
		i = len(f.out.Shipments)
		f.askedAt[id] = i
		f.out.Shipments = append(f.out.Shipments, Shipment{ID: id, Asked: true})
	}
	s := &f.out.Shipments[i]
	for _, leg := range c.Legs {
		if v := f.naming.iri("vehicles", f.rounds[leg.Round].Vehicle); !slices.Contains(s.Vehicles, v) {
			s.Vehicles = append(s.Vehicles, v)
		}
		f.ride(leg, id)
	}
}

func (f *planReader) ride(leg engine.Leg, shipment string) {
	add := func(to map[stop][]string, at stop) {
		if !slices.Contains(to[at], shipment) {
			to[at] = append(to[at], shipment)
		}
	}
	add(f.loads, stop{leg.Round, leg.From})
	add(f.unloads, stop{leg.Round, leg.To})
	if !slices.Contains(f.ships[leg.Round], shipment) {
		f.ships[leg.Round] = append(f.ships[leg.Round], shipment)
	}
}

func (f *planReader) place(id string) string {
	f.used[id] = true
	return f.naming.place(id)
}

func (f *planReader) route(r *engine.PlanRound) {
	out := Route{ID: f.naming.iri("routes", r.ID), Vehicle: f.naming.iri("vehicles", r.Vehicle)}
	var line [][]float64
	for i := range r.Stops {
		s := &r.Stops[i]
		at := f.places[s.Place]
		if n := len(line); n == 0 || line[n-1][0] != at.Lat || line[n-1][1] != at.Lon {
			line = append(line, []float64{at.Lat, at.Lon})
		}
		step := Step{At: geo.Point{at.Lon, at.Lat}, Arrive: s.Arrive, Waiting: f.waiting(r, i)}
		if i > 0 {
			step.Driven = s.Arrive.Sub(r.Stops[i-1].Depart)
		} else {
			step.Arrive = s.Depart // a round begins when it leaves
		}
		add := func(t StepType, pickup, delivery []string) {
			step.ID, step.Type, step.Pickup, step.Delivery = fmt.Sprintf("%s/steps/%d", out.ID, len(out.Steps)+1), t, pickup, delivery
			out.Steps = append(out.Steps, step)
			step.Driven, step.Waiting = 0, 0
		}
		loads, unloads := f.loads[stop{r.ID, i}], f.unloads[stop{r.ID, i}]
		if i == 0 {
			add(StepStart, nil, nil)
		}
		if unloads != nil {
			add(StepDelivery, nil, unloads)
		}
		if loads != nil {
			add(StepPickup, loads, nil)
		}
		switch {
		case i > 0 && i == len(r.Stops)-1:
			add(StepEnd, nil, nil)
		case i > 0 && loads == nil && unloads == nil:
			add(StepStop, nil, nil)
		}
	}
	out.Geometry = string(polyline.EncodeCoords(line))
	f.out.Routes = append(f.out.Routes, out)
}

// waiting is how long a round stays at a stop beyond what the stop takes.
func (f *planReader) waiting(r *engine.PlanRound, i int) time.Duration {
	if i == 0 || i == len(r.Stops)-1 {
		return 0
	}
	s := &r.Stops[i]
	takes := f.places[s.Place].StopSeconds()
	if own := f.own[r.ID]; own != nil && s.Base != nil {
		takes = own.Stops[*s.Base].StayS
	}
	return max(0, s.Depart.Sub(s.Arrive)-time.Duration(takes*float64(time.Second)))
}

// fleet adds the vehicles of the routes.
func (f *planReader) fleet(plan *engine.Plan) {
	ships := map[string][]string{}
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		ships[r.Vehicle] = append(ships[r.Vehicle], f.ships[r.ID]...)
	}
	for i := range f.week.Vehicles {
		v := &f.week.Vehicles[i]
		if len(ships[v.ID]) == 0 {
			continue
		}
		litres := 0.0
		for _, x := range v.Litres {
			litres += x
		}
		out := Vehicle{ID: f.naming.iri("vehicles", v.ID), Place: f.place(f.home[v.Producer]), Grams: round(v.Kg * 1000), Millilitres: round(litres * 1000),
			Refrigerated: v.Litres[engine.Chilled] > 0, Frozen: v.Litres[engine.Frozen] > 0, Ships: ships[v.ID]}
		out.Available.Dated = slices.Clone(v.Available)
		f.out.Vehicles = append(f.out.Vehicles, out)
	}
}

// words are the names of what the versions of the ontology call differently.
type words struct {
	routeSteps, routeVehicle, vehicleRoute, stepRoute, arrival, pickup string
}

func (g *Graph) words() words {
	if g.second() {
		return words{"hasStep", "useVehicle", "usedInRoute", "isStepOf", "arrivalDate", "pickUp"}
	}
	return words{"steps", "vehicle", "hasRoute", "hasRoute", "arrival", "pickup"}
}

// Put adds a transport, and takes away what the graph had of an earlier one: shipments that are on a vehicle and that nobody asked for,
// routes, steps and notes. Vehicles, places and shipments that the graph asks for keep what it says of them.
func (g *Graph) Put(t *Transport) {
	g.clear(t)
	w := g.words()
	for i := range t.Places {
		g.putPlace(&t.Places[i])
	}
	routes := map[string][]string{}
	for _, r := range t.Routes {
		routes[r.Vehicle] = append(routes[r.Vehicle], r.ID)
	}
	for i := range t.Vehicles {
		g.putVehicle(&t.Vehicles[i], w, routes[t.Vehicles[i].ID])
	}
	for i := range t.Shipments {
		g.putShipment(&t.Shipments[i])
	}
	for i := range t.Routes {
		g.putRoute(&t.Routes[i], w)
	}
	for i, n := range t.Notes {
		d := g.describe(fmt.Sprintf("%s%s%d", t.Base, notes, i+1), "schema:Comment")
		d.literal("schema:name", string(n.Kind))
		d.literal("schema:text", n.Text)
		if n.About != "" {
			d.refer("schema:about", n.About)
		}
	}
	g.inverse = nil
}

// clear takes away an earlier transport. A node that goes is not referred to any more.
func (g *Graph) clear(t *Transport) {
	gone := map[*node]bool{}
	carried := map[*node]bool{}
	for _, n := range g.nodes {
		if n.is("Vehicle") {
			for _, s := range g.refs(n, "ships") {
				carried[s] = true
			}
		}
	}
	asked := map[string]bool{}
	for _, s := range t.Shipments {
		asked[s.ID] = s.Asked
	}
	for _, n := range g.nodes {
		switch {
		case n.is("Route", "Step", "DeliveryStep", "PickUpStep"), n.isNote():
			gone[n] = true
		case n.is("Shipment") && asked[n.id]:
			for _, name := range shippedIn {
				delete(n.values, name)
			}
		case n.is("Shipment"):
			gone[n] = carried[n] || len(n.all(shippedIn...)) > 0
		}
	}
	maps.DeleteFunc(gone, func(_ *node, gone bool) bool { return !gone })
	if len(gone) == 0 {
		return
	}
	g.nodes = slices.DeleteFunc(g.nodes, func(n *node) bool { return gone[n] })
	for n := range gone {
		delete(g.byID, n.id)
	}
	for _, n := range g.nodes {
		for name, values := range n.values {
			left := slices.DeleteFunc(slices.Clone(values), func(v value) bool { return gone[g.ref(v)] || v.node != nil && gone[v.node] })
			if len(left) == 0 {
				delete(n.values, name)
			} else {
				n.values[name] = left
			}
		}
		n.keys = nil
	}
}

// A describer fills in a node.
type describer struct {
	g *Graph
	n *node
}

func (g *Graph) describe(id, kind string) describer {
	n := g.at(id)
	g.list(n)
	if kind != "" && !slices.Contains(n.types, kind) {
		n.types = append(n.types, kind)
	}
	return describer{g, n}
}

func (g *Graph) embedded(kind string) describer {
	return describer{g, &node{types: []string{kind}, values: map[string][]value{}}}
}

func (d describer) literal(name string, x any) { d.n.values[name] = []value{{literal: x}} }

func (d describer) refer(name string, ids ...string) {
	d.n.values[name] = nil
	for _, id := range ids {
		d.n.values[name] = append(d.n.values[name], value{node: d.g.at(id)})
	}
	if len(ids) == 0 {
		delete(d.n.values, name)
	}
}

func (d describer) list(name string, values ...value) {
	d.n.values[name] = []value{{isList: true, list: values}}
}

// quantities are what hasQuantity says of a mass and a volume.
func (d describer) quantities(grams, ml int64) {
	measures := prefixes(d.g.space())[2][1]
	d.n.values["hasQuantity"] = nil
	for _, q := range []struct {
		n    int64
		unit string
	}{{grams, "Kilogram"}, {ml, "Litre"}} {
		if q.n > 0 {
			e := d.g.embedded("QuantitativeValue")
			e.literal("value", float64(q.n)/1000)
			e.refer("hasUnit", measures+q.unit)
			d.n.values["hasQuantity"] = append(d.n.values["hasQuantity"], value{node: e.n})
		}
	}
	if len(d.n.values["hasQuantity"]) == 0 {
		delete(d.n.values, "hasQuantity")
	}
}

func (g *Graph) putPlace(p *Place) {
	if g.at(p.ID).described() || p.At == nil {
		return
	}
	d := g.describe(p.ID, "PhysicalPlace")
	if p.Name != "" {
		d.literal("name", p.Name)
	}
	a := g.embedded("Address")
	a.literal("latitude", p.At.Lat())
	a.literal("longitude", p.At.Lon())
	d.n.values["hasAddress"] = []value{{node: a.n}}
}

func (g *Graph) putVehicle(v *Vehicle, w words, routes []string) {
	known := g.at(v.ID).described()
	d := g.describe(v.ID, "Vehicle")
	d.refer("ships", v.Ships...)
	d.refer(w.vehicleRoute, routes...)
	if known {
		return
	}
	d.refer("basedAt", v.Place)
	d.quantities(v.Grams, v.Millilitres)
	d.literal("refrigerated", v.Refrigerated)
	d.literal("frozen", v.Frozen)
	var hours []value
	for _, x := range v.Available.Dated {
		e := g.embedded("schema:OpeningHoursSpecification")
		e.literal("schema:opens", x[0].Format(time.RFC3339Nano))
		e.literal("schema:closes", x[1].Format(time.RFC3339Nano))
		hours = append(hours, value{node: e.n})
	}
	if hours != nil {
		d.n.values["isAvailableDuring"] = hours
	}
}

func (g *Graph) putShipment(s *Shipment) {
	d := g.describe(s.ID, "Shipment")
	d.refer("isShippedIn", s.Vehicles...)
	if s.Asked {
		return
	}
	d.refer("startsAt", s.From)
	d.refer("endsAt", s.To)
	d.literal("startDate", s.Start.Format(time.RFC3339Nano))
	d.literal("endDate", s.End.Format(time.RFC3339Nano))
	d.refer("transports", s.Transports...)
	d.quantities(s.Grams, s.Millilitres)
	d.literal("refrigerated", s.Class == engine.Chilled)
	d.literal("frozen", s.Class == engine.Frozen)
}

func (g *Graph) putRoute(r *Route, w words) {
	var steps []value
	for i := range r.Steps {
		s := &r.Steps[i]
		kind := "Step"
		if g.second() {
			kind = cmp.Or(map[StepType]string{StepPickup: "PickUpStep", StepDelivery: "DeliveryStep"}[s.Type], "Step")
		}
		d := g.describe(s.ID, kind)
		d.refer(w.stepRoute, r.ID)
		d.literal("stepType", string(s.Type))
		d.list("geo", value{literal: s.At.Lon()}, value{literal: s.At.Lat()})
		if g.second() {
			d.literal(w.arrival, s.Arrive.Format(time.RFC3339Nano))
		} else { // as the only other implementation has it
			d.literal(w.arrival, float64(s.Arrive.UnixMicro())/1e6)
		}
		d.literal("duration", s.Driven.Seconds())
		d.literal("waiting_time", s.Waiting.Seconds())
		d.refer(w.pickup, s.Pickup...)
		d.refer("delivery", s.Delivery...)
		steps = append(steps, value{node: d.n})
	}
	d := g.describe(r.ID, "Route")
	d.refer(w.routeVehicle, r.Vehicle)
	d.literal("geometry", r.Geometry)
	d.list(w.routeSteps, steps...)
}

// Transport reads the vehicles, shipments and routes of a graph, in the order of their ids but for steps. Faults are as in Orders.
func (g *Graph) Transport(zone *time.Location) (*Transport, []engine.Fault) {
	r := &reader{Graph: g, zone: zoneOr(zone), out: &Orders{}, places: map[*node]string{}, read: map[*node]bool{}}
	r.faults.list = slices.Clone(g.faults.all())
	r.vehicles()
	out := &Transport{Vehicles: r.out.Vehicles}
	for _, n := range g.nodes {
		switch {
		case n.is("Shipment"):
			out.Shipments = append(out.Shipments, r.transported(n))
		case n.is("Route"):
			out.Routes = append(out.Routes, r.route(n))
		case n.isNote():
			out.Notes = append(out.Notes, Note{n.text("schema:about"), NoteKind(n.text("schema:name")), n.text("schema:text")})
		}
	}
	out.Places = r.out.Places
	slices.SortFunc(out.Places, func(a, b Place) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Vehicles, func(a, b Vehicle) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Shipments, func(a, b Shipment) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Routes, func(a, b Route) int { return cmp.Compare(a.ID, b.ID) })
	return out, r.faults.all()
}

// vehicles reads the vehicles of the graph.
func (r *reader) vehicles() {
	for _, n := range r.nodes {
		if !n.is("Vehicle") {
			continue
		}
		r.read[n] = true
		if n.id == "" {
			r.fault(n, "a vehicle must have an @id")
			continue
		}
		v := Vehicle{ID: n.id, Refrigerated: n.flag("refrigerated"), Frozen: n.flag("frozen"), Available: r.hours(n, "isAvailableDuring")}
		for _, a := range r.amounts(n, "hasQuantity") {
			switch a.of {
			case grams:
				v.Grams = round(a.n)
			case millilitres:
				v.Millilitres = round(a.n)
			case pieces:
				r.warn(n, "its room is said in pieces, which was left out: say it in units of mass and volume")
			}
		}
		if p := r.that(n, []string{"basedAt"}, nil); p != nil && p.described() {
			v.Place = r.place(p)
		}
		for _, s := range r.those(n, []string{"ships"}, shippedIn) {
			v.Ships = append(v.Ships, s.id)
		}
		r.out.Vehicles = append(r.out.Vehicles, v)
	}
}

func (r *reader) transported(n *node) Shipment {
	s := Shipment{ID: n.id, Class: engine.Ambient}
	for _, v := range r.those(n, shippedIn, []string{"ships"}) {
		s.Vehicles = append(s.Vehicles, v.id)
	}
	for _, end := range []struct {
		names []string
		to    *string
	}{{startsAt, &s.From}, {endsAt, &s.To}} {
		p := r.that(n, end.names, nil)
		if p == nil || !p.described() {
			r.fault(n, "its place (%s) is not in the graph", end.names[0])
			continue
		}
		*end.to = r.place(p)
	}
	r.badStamps(n, "startDate", "endDate")
	s.Start, _ = r.stamp(n, "startDate")
	s.End, _ = r.stamp(n, "endDate")
	for _, t := range r.those(n, []string{"transports"}, []string{"transportedBy"}) {
		s.Transports = append(s.Transports, t.id)
	}
	for _, a := range r.amounts(n, "hasQuantity") {
		switch a.of {
		case grams:
			s.Grams = round(a.n)
		case millilitres:
			s.Millilitres = round(a.n)
		}
	}
	s.Class, _ = r.class(n)
	return s
}

func (r *reader) route(n *node) Route {
	out := Route{ID: n.id, Geometry: n.text("geometry")}
	if v := r.that(n, []string{"vehicle", "useVehicle"}, []string{"usedInRoute"}); v != nil {
		out.Vehicle = v.id
	}
	steps := r.those(n, []string{"steps", "hasStep"}, []string{"hasRoute", "isStepOf"})
	for _, x := range steps {
		if x.is("Vehicle") { // it has a route, too
			continue
		}
		if !x.is("Step", "DeliveryStep", "PickUpStep") {
			r.fault(n, "has the step %s, which the graph does not describe", name(x))
			continue
		}
		s := Step{ID: x.id, Type: StepType(x.text("stepType"))}
		switch {
		case s.Type != "":
		case x.is("PickUpStep"):
			s.Type = StepPickup
		case x.is("DeliveryStep"):
			s.Type = StepDelivery
		}
		if geo := x.all("geo"); len(geo) == 2 {
			lon, ok1 := geo[0].number()
			lat, ok2 := geo[1].number()
			if ok1 && ok2 {
				s.At[0], s.At[1] = lon, lat
			}
		}
		arrive, ok := r.stamp(x, "arrival", "arrivalDate")
		if !ok {
			r.fault(x, "arrival %q is no moment: it must be seconds since 1970 or like 2026-11-26T17:00:00+01:00", x.text("arrival", "arrivalDate"))
		}
		s.Arrive = arrive
		s.Driven, s.Waiting = seconds(x, "duration"), seconds(x, "waiting_time")
		for _, p := range r.refs(x, "pickup", "pickUp") {
			s.Pickup = append(s.Pickup, p.id)
		}
		for _, d := range r.refs(x, "delivery") {
			s.Delivery = append(s.Delivery, d.id)
		}
		out.Steps = append(out.Steps, s)
	}
	if !slices.ContainsFunc([]string{"steps", "hasStep"}, func(name string) bool {
		return slices.ContainsFunc(n.values[name], func(v value) bool { return v.isList })
	}) { // without a list there is no order but that of time
		slices.SortStableFunc(out.Steps, func(a, b Step) int { return a.Arrive.Compare(b.Arrive) })
	}
	return out
}

func seconds(n *node, name string) time.Duration {
	x, ok := n.number(name)
	if !ok || x < 0 || x > 1e9 {
		return 0
	}
	return time.Duration(x * float64(time.Second))
}
