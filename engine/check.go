package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/geo"
)

// Violation is one breach of the contract by a plan.
type Violation struct {
	Rule    int    `json:"rule"` // 1 to 8, as the contract numbers what makes a plan right; 9: longest_s
	Path    string `json:"path"` // in the plan, as rounds[3].stops[2]; orders[i] and producers[i] are the week's
	Message string `json:"message"`
}

// RuleLongest is the rule of Vehicle.LongestS. A plan under way can break it for goods that are on board already.
const RuleLongest = 9

// String puts the violation in one line.
func (v Violation) String() string {
	return fmt.Sprintf("rule %d: %s: %s", v.Rule, v.Path, v.Message)
}

// Figures are the figures of a plan as recomputed from its stops and the travel table.
type Figures struct {
	BaseMetres    float64 `json:"base_metres"`
	PlannedMetres float64 `json:"planned_metres"`
	AddedMetres   float64 `json:"added_metres"`
	Handovers     int     `json:"handovers"`
	Objective     float64 `json:"objective"`
	UnservedKg    float64 `json:"unserved_kg"`
}

// Check recomputes a plan from nothing and reports all that is wrong with it, in the same order every time. A right
// plan has no violations. The week must be free of faults; the plan may be anything. A nil travel means TravelOf(week).
// The cost is linear in the sizes of week and plan, but for a sort of each vehicle's rounds.
func Check(week *Week, travel geo.Travel, plan *Plan) (Figures, []Violation) {
	if travel == nil {
		travel = TravelOf(week)
	}
	if plan == nil {
		plan = &Plan{}
	}
	c := newChecker(week, travel, plan)
	c.checkOrders()
	c.checkPresence()
	c.collectRides()
	for i := range c.planned {
		if r := &c.planned[i]; c.checkCourse(r) {
			c.checkTimes(r)
			c.checkAvailable(r)
			c.checkLimits(r)
			c.checkLoad(r)
			c.checkLists(r)
		}
	}
	c.checkVehicles()
	c.checkProducers()
	for i := range plan.Consignments {
		c.checkWay(i)
		c.checkLocks(i)
		c.checkLongest(i)
	}
	c.checkSummary()
	return c.figures, c.bad
}

// What rounding may do to figures that are right.
const (
	checkSlack = 1.001 // seconds and metres
	checkRoom  = 1e-6  // kilograms and litres on a vehicle
	checkGoods = 0.01  // kilograms and litres of a consignment
)

// checker holds the week by id and what has been found so far. Of doubled ids the first counts.
type checker struct {
	week   *Week
	travel geo.Travel
	plan   *Plan

	places    map[string]int
	producers map[string]*Producer
	vehicles  map[string]*Vehicle
	rounds    map[string]*Round
	points    map[string]*PickupPoint
	orders    map[string]int
	forbidden map[Forbid]bool
	locks     map[[2]string][]*Lock // by producer and pickup point

	planned []checkedRound
	byID    map[string]int // of planned
	goods   []Load         // of each consignment, the larger of what it states and what its lines weigh; Litres of its class alone
	events  map[checkedEvent]bool

	figures Figures
	bad     []Violation
}

// checkedRound is a round of the plan and what the week knows of it. The slices at, arrive and depart go by stop.
type checkedRound struct {
	*PlanRound
	path    string
	own     *Round    // nil for a dedicated trip
	vehicle *Vehicle  // nil when the week has no such vehicle
	at      []int     // index of the place, -1 when unknown
	arrive  []float64 // Unix seconds; at the start the departure, at the end the arrival, in both slices
	depart  []float64
	begin   []float64 // of service
	rides   []checkedRide
	added   float64 // metres
}

// checkedRide is a leg whose stops exist.
type checkedRide struct {
	consignment, from, to int
	last                  bool
}

// checkedEvent is what one handover is counted by.
type checkedEvent struct{ place, giver, taker string }

func newChecker(week *Week, travel geo.Travel, plan *Plan) *checker {
	c := &checker{
		week: week, travel: travel, plan: plan,
		places:    make(map[string]int, len(week.Places)),
		producers: make(map[string]*Producer, len(week.Producers)),
		vehicles:  make(map[string]*Vehicle, len(week.Vehicles)),
		rounds:    make(map[string]*Round, len(week.Rounds)),
		points:    make(map[string]*PickupPoint, len(week.PickupPoints)),
		orders:    make(map[string]int, len(week.Orders)),
		forbidden: make(map[Forbid]bool, len(week.Forbid)),
		locks:     make(map[[2]string][]*Lock, len(week.Locks)),
		planned:   make([]checkedRound, len(plan.Rounds)),
		byID:      make(map[string]int, len(plan.Rounds)),
		goods:     make([]Load, len(plan.Consignments)),
		events:    make(map[checkedEvent]bool),
	}
	for i := len(week.Places) - 1; i >= 0; i-- {
		c.places[week.Places[i].ID] = i
	}
	for i := len(week.Producers) - 1; i >= 0; i-- {
		c.producers[week.Producers[i].ID] = &week.Producers[i]
	}
	for i := len(week.Vehicles) - 1; i >= 0; i-- {
		c.vehicles[week.Vehicles[i].ID] = &week.Vehicles[i]
	}
	for i := len(week.Rounds) - 1; i >= 0; i-- {
		c.rounds[week.Rounds[i].ID] = &week.Rounds[i]
	}
	for i := len(week.PickupPoints) - 1; i >= 0; i-- {
		c.points[week.PickupPoints[i].ID] = &week.PickupPoints[i]
	}
	for i := len(week.Orders) - 1; i >= 0; i-- {
		c.orders[week.Orders[i].ID] = i
	}
	for _, f := range week.Forbid {
		c.forbidden[f] = true
	}
	for i := range week.Locks {
		l := &week.Locks[i]
		key := [2]string{l.Producer, l.PickupPoint}
		c.locks[key] = append(c.locks[key], l)
	}
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		c.planned[i] = checkedRound{PlanRound: r, path: fmt.Sprintf("rounds[%d]", i), own: c.rounds[r.ID], vehicle: c.vehicles[r.Vehicle]}
	}
	return c
}

func (c *checker) report(rule int, path, format string, args ...any) {
	c.bad = append(c.bad, Violation{rule, path, fmt.Sprintf(format, args...)})
}

// checkOrders is rule 1: every line in one consignment or unserved.
func (c *checker) checkOrders() {
	if c.plan.Week != c.week.ID {
		c.report(1, "week", "the plan is of week %q, not of %q", c.plan.Week, c.week.ID)
	}
	points := c.assignedPoints()
	seen := make(map[LineRef]string)
	line := func(ref LineRef, path string) *Line {
		if first := seen[ref]; first != "" {
			c.report(1, path, "line %d of order %q is already in %s", ref.Line, ref.Order, first)
			return nil
		}
		i, ok := c.orders[ref.Order]
		if !ok || ref.Line < 0 || ref.Line >= len(c.week.Orders[i].Lines) {
			c.report(1, path, "the week has no line %d of an order %q", ref.Line, ref.Order)
			return nil
		}
		seen[ref] = path
		return &c.week.Orders[i].Lines[ref.Line]
	}
	ids := make(map[string]int)
	for i := range c.plan.Consignments {
		s := &c.plan.Consignments[i]
		path := fmt.Sprintf("consignments[%d]", i)
		if first, ok := ids[s.ID]; ok || s.ID == "" {
			c.report(1, path+".id", "%q is empty or already the id of consignments[%d]", s.ID, first)
		} else {
			ids[s.ID] = i
		}
		c.checkConsignment(i, path, points, line)
	}
	for i, u := range c.plan.Unserved {
		path := fmt.Sprintf("unserved[%d]", i)
		if strings.TrimSpace(u.Reason) == "" {
			c.report(1, path+".reason", "says nothing: an unserved line has a reason")
		}
		if l := line(LineRef{u.Order, u.Line}, path); l != nil {
			c.figures.UnservedKg += l.Kg
		}
	}
	for i := range c.week.Orders {
		o := &c.week.Orders[i]
		for k := range o.Lines {
			if seen[LineRef{o.ID, k}] == "" {
				c.report(1, fmt.Sprintf("orders[%d].lines[%d]", i, k), "line %d of order %q is in no consignment and not in unserved", k, o.ID)
			}
		}
	}
}

// checkConsignment compares a consignment with its lines and sets its goods.
func (c *checker) checkConsignment(i int, path string, points map[string]string, line func(LineRef, string) *Line) {
	s := &c.plan.Consignments[i]
	if c.producers[s.Producer] == nil {
		c.report(1, path+".producer", "the week has no producer %q", s.Producer)
	}
	if c.points[s.PickupPoint] == nil {
		c.report(1, path+".pickup_point", "the week has no pickup point %q", s.PickupPoint)
	}
	carrier := s.CarriedBy
	if carrier == "" {
		carrier = ByAny
	}
	var kg, litres float64
	for k, ref := range s.Lines {
		at := fmt.Sprintf("%s.lines[%d]", path, k)
		l := line(ref, at)
		if l == nil {
			continue
		}
		kg += l.Kg
		litres += l.Litres
		point, ok := points[ref.Order]
		switch {
		case l.Held != nil:
			c.report(1, at, "is held back, and not to be carried")
		case l.Producer != s.Producer:
			c.report(1, at, "is made by %q, the consignment by %q", l.Producer, s.Producer)
		case l.Temperature() != s.Class:
			c.report(1, at, "is %s, the consignment %q", l.Temperature(), s.Class)
		case l.Carrier() != carrier:
			c.report(1, at, "is carried_by %s, the consignment %q", l.Carrier(), carrier)
		case !ok:
			c.report(1, at, "order %q has no pickup point and none is assigned", ref.Order)
		case point != s.PickupPoint:
			c.report(1, at, "goes to pickup point %q, the consignment to %q", point, s.PickupPoint)
		}
	}
	if !(math.Abs(kg-s.Kg) <= checkGoods+1e-6*kg) {
		c.report(1, path+".kg", "is %.2f, its lines weigh %.2f", s.Kg, kg)
	}
	if !(math.Abs(litres-s.Litres) <= checkGoods+1e-6*litres) {
		c.report(1, path+".litres", "is %.2f, its lines fill %.2f", s.Litres, litres)
	}
	c.goods[i] = Load{Kg: max(kg, s.Kg), Litres: map[Class]float64{s.Class: max(litres, s.Litres)}}
}

// assignedPoints is the pickup point of each order that has one, by the week or by the plan.
func (c *checker) assignedPoints() map[string]string {
	points := make(map[string]string, len(c.week.Orders))
	for i := range c.week.Orders {
		if o := &c.week.Orders[i]; o.PickupPoint != "" {
			points[o.ID] = o.PickupPoint
		}
	}
	reach := c.week.Settings.MaxPickupMetres()
	assigned := make(map[string]bool)
	for i, a := range c.plan.Assigned {
		path := fmt.Sprintf("assigned[%d]", i)
		k, known := c.orders[a.Order]
		q := c.points[a.PickupPoint]
		switch {
		case !known:
			c.report(1, path+".order", "the week has no order %q", a.Order)
			continue
		case q == nil:
			c.report(1, path+".pickup_point", "the week has no pickup point %q", a.PickupPoint)
			continue
		case assigned[a.Order]:
			c.report(1, path, "order %q is assigned twice", a.Order)
			continue
		case c.week.Orders[k].PickupPoint != "":
			c.report(1, path, "order %q came with pickup point %q and keeps it", a.Order, c.week.Orders[k].PickupPoint)
			continue
		}
		assigned[a.Order] = true
		points[a.Order] = a.PickupPoint
		o := &c.week.Orders[k]
		p, ok := c.places[q.Place]
		if o.Lon == nil || o.Lat == nil || !ok {
			c.report(1, path, "the way from the customer of order %q to %q is unknown", a.Order, a.PickupPoint)
		} else if far := geo.GreatCircle(geo.Point{*o.Lon, *o.Lat}, c.point(p)); far > reach+checkSlack {
			c.report(1, path, "pickup point %q is %.0f m from the customer, max_pickup_m is %.0f", a.PickupPoint, far, reach)
		}
	}
	return points
}

func (c *checker) point(place int) geo.Point {
	return geo.Point{c.week.Places[place].Lon, c.week.Places[place].Lat}
}

// checkPresence is rule 2's "every existing round, once".
func (c *checker) checkPresence() {
	for i := range c.planned {
		r := &c.planned[i]
		if first, ok := c.byID[r.ID]; ok || r.ID == "" {
			c.report(2, r.path+".id", "%q is empty or already the id of rounds[%d]", r.ID, first)
			continue
		}
		c.byID[r.ID] = i
	}
	for i := range c.week.Rounds {
		if _, ok := c.byID[c.week.Rounds[i].ID]; !ok {
			c.report(2, "rounds", "round %q is missing", c.week.Rounds[i].ID)
		}
	}
}

// collectRides gives each round the legs that ride it and reports the legs that ride nothing (rule 5).
func (c *checker) collectRides() {
	for i := range c.plan.Consignments {
		legs := c.plan.Consignments[i].Legs
		for k, l := range legs {
			path := fmt.Sprintf("consignments[%d].legs[%d]", i, k)
			if r := c.ridden(l); r != nil {
				r.rides = append(r.rides, checkedRide{i, l.From, l.To, k == len(legs)-1})
			} else if n, ok := c.byID[l.Round]; !ok {
				c.report(5, path, "the plan has no round %q", l.Round)
			} else {
				c.report(5, path, "rides from stop %d to stop %d of %q, which has %d: they must exist and follow each other",
					l.From, l.To, l.Round, len(c.planned[n].Stops))
			}
		}
	}
}

// ridden is the round of a leg, nil unless both its stops exist and follow each other.
func (c *checker) ridden(l Leg) *checkedRound {
	i, ok := c.byID[l.Round]
	if !ok || l.From < 0 || l.From >= l.To || l.To >= len(c.planned[i].Stops) {
		return nil
	}
	return &c.planned[i]
}

// checkCourse is rule 2 on where a round goes, and the metres of rule 8. It reports whether there is a course to look at.
func (c *checker) checkCourse(r *checkedRound) bool {
	if len(r.Stops) < 2 {
		c.report(2, r.path+".stops", "there are %d: a round has a start and an end", len(r.Stops))
		return false
	}
	r.at = make([]int, len(r.Stops))
	for k, s := range r.Stops {
		i, ok := c.places[s.Place]
		if !ok {
			c.report(2, r.stop(k)+".place", "the week has no place %q", s.Place)
			i = -1
		}
		r.at[k] = i
	}
	if r.vehicle == nil {
		c.report(2, r.path+".vehicle", "the week has no vehicle %q", r.Vehicle)
	}
	base := 0.0
	if r.own != nil {
		c.checkOwnStops(r)
		base, _ = c.along(c.ownCourse(r.own))
	} else {
		c.checkTrip(r)
	}
	metres, _ := c.along(r.at)
	r.added = metres - base
	c.figures.BaseMetres += base
	c.figures.PlannedMetres += metres
	if !(math.Abs(metres-r.Metres) <= checkSlack*float64(len(r.Stops))) {
		c.report(8, r.path+".metres", "is %.0f, its stops are %.0f m apart", r.Metres, metres)
	}
	if !(math.Abs(base-r.BaseMetres) <= checkSlack*float64(len(r.Stops))) {
		c.report(8, r.path+".base_metres", "is %.0f, without added stops it is %.0f", r.BaseMetres, base)
	}
	return true
}

func (r *checkedRound) stop(k int) string { return fmt.Sprintf("%s.stops[%d]", r.path, k) }

// ownStop is the round's own stop that stop k claims to be, nil for an added one.
func (r *checkedRound) ownStop(k int) *RoundStop {
	if b := r.Stops[k].Base; r.own != nil && b != nil && *b >= 0 && *b < len(r.own.Stops) {
		return &r.own.Stops[*b]
	}
	return nil
}

func (c *checker) checkOwnStops(r *checkedRound) {
	own, last := r.own, len(r.Stops)-1
	if r.Dedicated {
		c.report(2, r.path+".dedicated", "is true, but %q is a round of the week", r.ID)
	}
	if r.Vehicle != own.Vehicle {
		c.report(2, r.path+".vehicle", "is %q, the round is driven with %q", r.Vehicle, own.Vehicle)
	}
	if r.Producer != own.Producer {
		c.report(2, r.path+".producer", "is %q, the round is %q's", r.Producer, own.Producer)
	}
	if r.Stops[0].Place != own.Start {
		c.report(2, r.stop(0)+".place", "is %q, the round starts at %q", r.Stops[0].Place, own.Start)
	}
	if r.Stops[last].Place != own.End {
		c.report(2, r.stop(last)+".place", "is %q, the round ends at %q", r.Stops[last].Place, own.End)
	}
	before, seen := -1, make([]bool, len(own.Stops))
	for k, s := range r.Stops {
		if s.Base == nil {
			continue
		}
		switch q := r.ownStop(k); {
		case k == 0 || k == last:
			c.report(2, r.stop(k)+".base", "is %d: start and end are no own stops", *s.Base)
			continue
		case q == nil:
			c.report(2, r.stop(k)+".base", "is %d, the round has %d own stops", *s.Base, len(own.Stops))
			continue
		case seen[*s.Base]:
			c.report(2, r.stop(k)+".base", "is %d, as an earlier stop's", *s.Base)
		case *s.Base < before:
			c.report(2, r.stop(k)+".base", "is %d, but own stop %d comes before it", *s.Base, before)
		case q.Place != s.Place:
			c.report(2, r.stop(k)+".place", "is %q, own stop %d is at %q", s.Place, *s.Base, q.Place)
		}
		seen[*s.Base] = true
		before = max(before, *s.Base)
	}
	for i, found := range seen {
		if !found {
			c.report(2, r.path+".stops", "own stop %d at %q is missing", i, own.Stops[i].Place)
		}
	}
}

func (c *checker) checkTrip(r *checkedRound) {
	if !r.Dedicated {
		c.report(2, r.path+".id", "the week has no round %q, and it is not marked as dedicated", r.ID)
	}
	for k, s := range r.Stops {
		if s.Base != nil {
			c.report(2, r.stop(k)+".base", "is %d: a dedicated trip has no own stops", *s.Base)
		}
	}
	if r.vehicle == nil {
		return
	}
	if r.Producer != r.vehicle.Producer {
		c.report(2, r.path+".producer", "is %q, vehicle %q is %q's", r.Producer, r.Vehicle, r.vehicle.Producer)
	}
	p := c.producers[r.vehicle.Producer]
	for _, k := range []int{0, len(r.Stops) - 1} {
		if p != nil && r.Stops[k].Place != p.Place {
			c.report(2, r.stop(k)+".place", "is %q, a dedicated trip of %q starts and ends at %q", r.Stops[k].Place, p.ID, p.Place)
		}
	}
}

// ownCourse is the places of a round without added stops.
func (c *checker) ownCourse(r *Round) []int {
	at := make([]int, 0, len(r.Stops)+2)
	add := func(id string) {
		if i, ok := c.places[id]; ok {
			at = append(at, i)
		} else {
			at = append(at, -1)
		}
	}
	add(r.Start)
	for i := range r.Stops {
		add(r.Stops[i].Place)
	}
	add(r.End)
	return at
}

// between is nothing from or to a place that is unknown.
func (c *checker) between(from, to int) (metres, seconds float64) {
	if from < 0 || to < 0 {
		return 0, 0
	}
	return c.travel.Between(from, to)
}

func (c *checker) along(at []int) (metres, seconds float64) {
	for k := 1; k < len(at); k++ {
		m, s := c.between(at[k-1], at[k])
		metres += m
		seconds += s
	}
	return metres, seconds
}

// checkTimes is rule 3. It sets arrive and depart.
func (c *checker) checkTimes(r *checkedRound) {
	n := len(r.Stops)
	r.arrive, r.depart, r.begin = make([]float64, n), make([]float64, n), make([]float64, n)
	accept := c.acceptWindows(r)
	for k := range r.Stops {
		arrive, depart := c.stayAt(r, k)
		if k > 0 {
			_, drive := c.between(r.at[k-1], r.at[k])
			if early := r.depart[k-1] + drive - arrive; early > checkSlack {
				c.report(3, r.stop(k)+".arrive", "is %.0f s earlier than the drive of %.0f s allows", early, drive)
			}
		}
		switch k {
		case 0:
			arrive = depart
			if r.own != nil && depart < unixSeconds(r.own.DepartAfter)-checkSlack {
				c.report(3, r.stop(k)+".depart", "is %.0f s before depart_after", unixSeconds(r.own.DepartAfter)-depart)
			}
		case n - 1:
			depart = arrive
			if r.own != nil && arrive > unixSeconds(r.own.ReturnBy)+checkSlack {
				c.report(3, r.stop(k)+".arrive", "is %.0f s after return_by", arrive-unixSeconds(r.own.ReturnBy))
			}
			if w := accept[k]; arrive < w.opens-checkSlack || arrive > w.shuts+checkSlack {
				c.report(3, r.stop(k)+".arrive", "is outside the accept window of a pickup point here")
			}
			r.begin[k] = arrive
		default:
			r.begin[k] = c.checkService(r, k, arrive, depart, accept[k])
		}
		r.arrive[k], r.depart[k] = arrive, depart
	}
}

// stayAt is when a stop says it begins and ends. Where one time is missing the other stands in.
func (c *checker) stayAt(r *checkedRound, k int) (arrive, depart float64) {
	s, last := &r.Stops[k], len(r.Stops)-1
	a, d := s.Arrive, s.Depart
	if a.IsZero() {
		a = d
		if k > 0 {
			c.report(3, r.stop(k)+".arrive", "is missing")
		}
	}
	if d.IsZero() {
		d = a
		if k < last {
			c.report(3, r.stop(k)+".depart", "is missing")
		}
	}
	arrive, depart = unixSeconds(a), unixSeconds(d)
	if (k == 0 || k == last) && depart < arrive-checkSlack {
		c.report(3, r.stop(k)+".depart", "is %.0f s before the arrival", arrive-depart)
	}
	return arrive, depart
}

// checkService looks at a stop between start and end: service begins in every window and depart leaves time for it. It gives
// back when service begins.
func (c *checker) checkService(r *checkedRound, k int, arrive, depart float64, w checkedWindow) (begin float64) {
	begin = max(arrive, w.opens)
	shuts, stay := w.shuts, 0.0
	if q := r.ownStop(k); q != nil {
		begin = max(begin, unixSeconds(q.ArriveAfter))
		shuts = min(shuts, unixSeconds(q.ArriveBy))
		stay = q.StayS
	} else if r.at[k] >= 0 {
		p := &c.week.Places[r.at[k]]
		stay = p.StopSeconds()
		if opens, ok := opening(p.Open, begin); ok {
			begin = opens
		} else {
			c.report(3, r.stop(k), "%q is closed when service would begin and does not open later", p.ID)
		}
	}
	if begin > shuts+checkSlack {
		c.report(3, r.stop(k), "service begins %.0f s after the earliest window here has closed", begin-shuts)
	}
	if early := begin + stay - depart; early > checkSlack {
		c.report(3, r.stop(k)+".depart", "is %.0f s before the service of %.0f s ends", early, stay)
	}
	return begin
}

// opening is the first moment from begin on that lies in one of the intervals; without intervals it is begin.
func opening(open []Interval, begin float64) (float64, bool) {
	first, found := begin, len(open) == 0
	for _, w := range open {
		if t := max(begin, unixSeconds(w[0])); t <= unixSeconds(w[1])+checkSlack && (!found || t < first) {
			first, found = t, true
		}
	}
	return first, found
}

// checkedWindow is when service may begin, in Unix seconds.
type checkedWindow struct{ opens, shuts float64 }

// acceptWindows is, for each stop, the shared accept window of the pickup points that consignments reach there.
func (c *checker) acceptWindows(r *checkedRound) []checkedWindow {
	windows := make([]checkedWindow, len(r.Stops))
	for k := range windows {
		windows[k] = checkedWindow{math.Inf(-1), math.Inf(1)}
	}
	for _, ride := range r.rides {
		q := c.points[c.plan.Consignments[ride.consignment].PickupPoint]
		if ride.last && q != nil && q.Place == r.Stops[ride.to].Place {
			w := &windows[ride.to]
			w.opens = max(w.opens, unixSeconds(q.AcceptAfter))
			w.shuts = min(w.shuts, unixSeconds(q.AcceptBy))
		}
	}
	return windows
}

func unixSeconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())*1e-9 }

// checkAvailable is rule 2 on when a dedicated trip is driven.
func (c *checker) checkAvailable(r *checkedRound) {
	if r.own != nil || r.vehicle == nil {
		return
	}
	leaves, returns := r.depart[0], r.arrive[len(r.arrive)-1]
	for _, w := range r.vehicle.Available {
		if unixSeconds(w[0])-checkSlack <= leaves && returns <= unixSeconds(w[1])+checkSlack {
			return
		}
	}
	c.report(2, r.path, "the trip is inside no available interval of vehicle %q", r.Vehicle)
}

// checkLimits is rule 7 on the round as a whole.
func (c *checker) checkLimits(r *checkedRound) {
	if r.own == nil {
		return
	}
	_, seconds := c.along(r.at)
	_, base := c.along(c.ownCourse(r.own))
	for k := 1; k < len(r.Stops)-1; k++ {
		if q := r.ownStop(k); q != nil {
			seconds += q.StayS
			continue
		}
		if r.own.Frozen {
			c.report(7, r.stop(k), "is an added stop, but round %q is frozen", r.ID)
		}
		if r.at[k] >= 0 {
			seconds += c.week.Places[r.at[k]].StopSeconds()
		}
	}
	for i := range r.own.Stops {
		base += r.own.Stops[i].StayS
	}
	if limit := r.own.MaxAddedM; limit != nil && r.added > *limit+checkSlack {
		c.report(7, r.path, "%.0f m are added, max_added_m is %.0f", r.added, *limit)
	}
	if limit := r.own.MaxAddedS; limit != nil && seconds-base > *limit+checkSlack {
		c.report(7, r.path, "%.0f s are added, max_added_s is %.0f", seconds-base, *limit)
	}
}

// checkLoad is rule 4.
func (c *checker) checkLoad(r *checkedRound) {
	if r.vehicle == nil {
		return
	}
	n := len(r.Stops)
	kg := make([]float64, n) // what comes on board at each stop, less what goes off
	var litres [len(Classes)][]float64
	for i := range litres {
		litres[i] = make([]float64, n)
	}
	carry := func(l *Load, from, to int) {
		kg[from] += l.Kg
		kg[to] -= l.Kg
		for i, class := range Classes {
			litres[i][from] += l.Litres[class]
			litres[i][to] -= l.Litres[class]
		}
	}
	for k := range r.Stops {
		if q := r.ownStop(k); q != nil && q.Unload != nil {
			carry(q.Unload, 0, k)
		}
	}
	for _, ride := range r.rides {
		carry(&c.goods[ride.consignment], ride.from, ride.to)
	}
	c.checkRoom(r, kg, r.vehicle.Kg, "kg")
	for i, class := range Classes {
		c.checkRoom(r, litres[i], r.vehicle.Litres[class], "l "+string(class))
	}
}

// checkRoom adds up the changes stop by stop and reports the first stretch that holds more than there is room for.
func (c *checker) checkRoom(r *checkedRound, change []float64, room float64, unit string) {
	onBoard := 0.0
	for k, x := range change {
		onBoard += x
		if !(onBoard <= room+checkRoom) {
			c.report(4, r.stop(k), "leaves with %.2f %s on board, vehicle %q has room for %.2f", onBoard, unit, r.Vehicle, room)
			return
		}
	}
}

// checkLists compares what each stop says it loads and unloads with the legs (rule 5).
func (c *checker) checkLists(r *checkedRound) {
	load, unload := make([][]string, len(r.Stops)), make([][]string, len(r.Stops))
	for _, ride := range r.rides {
		id := c.plan.Consignments[ride.consignment].ID
		load[ride.from] = append(load[ride.from], id)
		unload[ride.to] = append(unload[ride.to], id)
	}
	for k := range r.Stops {
		c.checkList(r.stop(k)+".load", r.Stops[k].Load, load[k])
		c.checkList(r.stop(k)+".unload", r.Stops[k].Unload, unload[k])
	}
}

func (c *checker) checkList(path string, got, want []string) {
	surplus := make(map[string]int, len(got))
	for _, id := range got {
		surplus[id]++
	}
	for _, id := range want {
		if surplus[id]--; surplus[id] < 0 {
			c.report(5, path, "lacks %q, whose legs say so", id)
		}
	}
	for _, id := range got {
		if surplus[id] > 0 {
			c.report(5, path, "names %q more often than its legs", id)
			surplus[id] = 0
		}
	}
}

// checkVehicles is rule 2's "no two rounds of one vehicle overlap".
func (c *checker) checkVehicles() {
	driven := make(map[string][]*checkedRound)
	var ids []string
	for i := range c.planned {
		if r := &c.planned[i]; r.arrive != nil {
			if driven[r.Vehicle] == nil {
				ids = append(ids, r.Vehicle)
			}
			driven[r.Vehicle] = append(driven[r.Vehicle], r)
		}
	}
	for _, id := range ids {
		rounds := driven[id]
		slices.SortStableFunc(rounds, func(a, b *checkedRound) int { // one that takes no time comes before one that leaves at its moment
			return cmp.Or(cmp.Compare(a.depart[0], b.depart[0]), cmp.Compare(a.returns(), b.returns()))
		})
		latest := rounds[0]
		for _, r := range rounds[1:] {
			if r.depart[0] < latest.returns()-checkSlack {
				c.report(2, r.path, "vehicle %q leaves for %q while it is still on %q", id, r.ID, latest.ID)
			}
			if r.returns() > latest.returns() {
				latest = r
			}
		}
	}
}

func (r *checkedRound) returns() float64 { return r.arrive[len(r.arrive)-1] }

// checkProducers is rule 7 on what each producer drives in all.
func (c *checker) checkProducers() {
	added := make(map[string]float64)
	for i := range c.planned {
		added[c.planned[i].Producer] += c.planned[i].added
	}
	for i := range c.week.Producers {
		p := &c.week.Producers[i]
		if p.MaxAddedM != nil && added[p.ID] > *p.MaxAddedM+checkSlack {
			c.report(7, fmt.Sprintf("producers[%d]", i), "%q drives %.0f m more, max_added_m is %.0f", p.ID, added[p.ID], *p.MaxAddedM)
		}
	}
}

// checkWay follows a consignment from its producer to its pickup point: rules 5, 6 and what rule 7 says of each leg.
func (c *checker) checkWay(i int) {
	s := &c.plan.Consignments[i]
	path := fmt.Sprintf("consignments[%d]", i)
	p, q := c.producers[s.Producer], c.points[s.PickupPoint]
	if p == nil || q == nil {
		return
	}
	if p.Place == q.Place && len(s.Legs) > 0 {
		c.report(5, path+".legs", "there are %d, but the goods are made where they are collected", len(s.Legs))
	}
	here := p.Place
	for k, l := range s.Legs {
		r := c.ridden(l)
		if r == nil {
			return
		}
		at := fmt.Sprintf("%s.legs[%d]", path, k)
		from := r.Stops[l.From].Place
		if from != here {
			c.report(5, at, "begins at %q, the goods are at %q", from, here)
		}
		if k > 0 {
			c.checkHandover(at, s.Class, s.Legs[k-1], l, from == here)
		} else if !p.ReadyAt.IsZero() && r.depart[l.From] < unixSeconds(p.ReadyAt)-checkSlack {
			c.report(5, at, "leaves the farm %.0f s before ready_at", unixSeconds(p.ReadyAt)-r.depart[l.From])
		}
		c.checkLeg(at, s, r, l)
		here = r.Stops[l.To].Place
	}
	if here != q.Place {
		c.report(5, path+".legs", "end at %q, pickup point %q is at %q", here, q.ID, q.Place)
	}
}

// checkHandover is rule 6 for two legs that exist. Where they do not even share a place it only counts the event.
func (c *checker) checkHandover(path string, class Class, give, take Leg, together bool) {
	a, b := c.ridden(give), c.ridden(take)
	id := a.Stops[give.To].Place
	if give.Round == take.Round {
		c.report(6, path, "rides %q, as the leg before does", take.Round)
	}
	c.events[checkedEvent{id, give.Round, take.Round}] = true
	i, ok := c.places[id]
	if !ok || !together {
		return
	}
	place := &c.week.Places[i]
	comes, goes := a.arrive[give.To], a.depart[give.To]
	from, until := b.arrive[take.From], b.depart[take.From]
	inTime := comes <= until+checkSlack
	store := place.CanStore(class) && inTime
	meet := place.CanMeet() && inTime && from <= goes+checkSlack
	switch {
	case store || meet:
	case !inTime:
		c.report(6, path, "%q has left %q %.0f s before %q comes", take.Round, id, comes-until, give.Round)
	case !place.CanMeet():
		c.report(6, path, "at %q rounds may not meet and %s goods may not wait", id, class)
	default:
		c.report(6, path, "%q has left %q %.0f s before %q comes, and %s goods may not wait there", give.Round, id, from-goes, take.Round, class)
	}
}

// checkLeg is rule 7 for one leg.
func (c *checker) checkLeg(path string, s *Consignment, r *checkedRound, l Leg) {
	if r.own != nil && !r.own.Accepts(s.Producer) {
		c.report(7, path, "round %q does not carry goods of %q", r.ID, s.Producer)
	}
	if c.forbidden[Forbid{s.Producer, r.ID}] {
		c.report(7, path, "goods of %q are forbidden on round %q", s.Producer, r.ID)
	}
	if s.Producer == r.Producer {
		return
	}
	if s.CarriedBy == ByProducer {
		c.report(7, path, "only %q may carry it, round %q is %q's", s.Producer, r.ID, r.Producer)
	}
	limit := c.week.Settings.OthersWithinM
	if limit == nil || r.vehicle == nil || c.producers[r.vehicle.Producer] == nil {
		return
	}
	home, ok := c.places[c.producers[r.vehicle.Producer].Place]
	if !ok {
		return
	}
	for _, k := range []int{l.From, l.To} {
		if r.at[k] < 0 {
			continue
		}
		if far := geo.GreatCircle(c.point(home), c.point(r.at[k])); far > *limit+checkSlack {
			c.report(7, path, "goods of others are handled at %q, %.0f m from the farm of %q; others_within_m is %.0f",
				r.Stops[k].Place, far, r.vehicle.Producer, *limit)
		}
	}
}

// checkLocks is rule 7 on locked goods.
func (c *checker) checkLocks(i int) {
	s := &c.plan.Consignments[i]
	for _, lock := range c.locks[[2]string{s.Producer, s.PickupPoint}] {
		if lock.Class != "" && lock.Class != s.Class {
			continue
		}
		if !slices.EqualFunc(s.Legs, lock.Rounds, func(l Leg, id string) bool { return l.Round == id }) {
			c.report(7, fmt.Sprintf("consignments[%d].legs", i), "do not ride the locked rounds %q", lock.Rounds)
		}
	}
}

// checkLongest is rule 9: goods are not on board of vehicles with a limit for longer than it. The time begins anew where they come
// from a vehicle without one, or from a store.
func (c *checker) checkLongest(i int) {
	s := &c.plan.Consignments[i]
	since, most, going := 0.0, math.Inf(1), false
	for k, l := range s.Legs {
		r := c.ridden(l)
		if r == nil || r.begin == nil {
			return
		}
		limit, limited := 0.0, false
		if r.vehicle != nil {
			limit, limited = r.vehicle.LongestS[s.Class]
		}
		if !limited {
			going = false
			continue
		}
		if at := r.at[l.From]; !going || at >= 0 && c.week.Places[at].CanStore(s.Class) {
			since, most, going = r.depart[l.From], limit, true
		}
		most = min(most, limit)
		if long := r.begin[l.To] - since; long > most+checkSlack {
			c.report(RuleLongest, fmt.Sprintf("consignments[%d].legs[%d]", i, k), "%s goods are on board for %.0f s, longest_s of vehicle %q is %.0f", s.Class, long, r.Vehicle, most)
		}
	}
}

// checkSummary is rule 8.
func (c *checker) checkSummary() {
	f := &c.figures
	f.AddedMetres = f.PlannedMetres - f.BaseMetres
	f.Handovers = len(c.events)
	f.Objective = f.AddedMetres + c.week.Settings.HandoverMetres()*float64(f.Handovers)
	trips := 0
	for i := range c.planned {
		if c.planned[i].own == nil {
			trips++
		}
	}
	s := &c.plan.Summary
	for _, x := range []struct {
		name         string
		stated, true float64
		slack        float64
	}{
		{"base_metres", s.BaseMetres, f.BaseMetres, 2},
		{"planned_metres", s.PlannedMetres, f.PlannedMetres, 2},
		{"added_metres", s.AddedMetres, f.AddedMetres, 2},
		{"handovers", float64(s.Handovers), float64(f.Handovers), 0},
		{"objective", s.Objective, f.Objective, 2},
		{"unserved_kg", s.UnservedKg, f.UnservedKg, checkGoods},
		{"trips", float64(s.Trips), float64(trips), 0},
	} {
		optional := x.name == "unserved_kg" || x.name == "trips"
		if optional && x.stated == 0 {
			continue
		}
		if !(math.Abs(x.stated-x.true) <= x.slack+1e-6*math.Abs(x.true)) {
			c.report(8, "summary."+x.name, "is %.2f, recomputed it is %.2f", x.stated, x.true)
		}
	}
}
