package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// diagnosis knows a finished plan well enough to say what keeps goods out of it. It looks at the ways that take one
// round or one new trip, everything else being as it is in the plan.
//
// How near such a way is, is one number: the sum of the sizes of the limits that it breaks, and its detour in units of
// farDetour/far. A limit has the size 1 when missed by
//
//	room             the whole parcel; 1 more where the vehicle has no room of the class at all
//	max_added_m      as much as it allows, but at least 10 km
//	max_added_s      as much as it allows, but at least half an hour
//	time             an hour
//
// and what somebody would have to allow has a fixed one: 2 for carries and a frozen round, 3 for forbid, 3 and more for
// others_within_m, 4 for carried_by. Ways that break one limit come before ways that break several, however near.
type diagnosis struct {
	m       *model
	courses []course          // every planned round, in the order of ids
	spare   [][]course        // by rank of the vehicle: a new trip in each gap of its available hours
	index   map[string]int    // id of a planned round → course
	added   []int64           // by producer: distance added to their rounds
	hours   [][]search.Window // by place
	banned  map[Forbid]bool
	owned   [][]int // by producer: courses
	fleet   [][]int // by producer: ranks of vehicles with spare trips
	stops   vicinity
	homes   vicinity
	ends    []gap // of the course that a question looks at; kept for its memory
}

// How much is too far to be a repair, and how much is looked at for one parcel.
const (
	far        = 8       // size of one limit
	farDetour  = 400_000 // metres
	mostTried  = 40      // rounds, and vehicles
	mostPlaces = 200     // around the farm and around the pickup point where rounds and vehicles are looked for
)

// course is a round as planned, or a trip that could be made, and what bounds its times.
type course struct {
	id       string // empty for a trip that the plan has not
	round    *Round // nil for trips
	vehicle  int
	producer int
	room     search.Load
	stops    []halt // with start and end
	added    int64  // distance
	addedS   int64  // travel and stays
}

// halt is a stop of a course, with the hop from the one before. Service begins between opens and shuts, and in the hours
// of the place if it is an added stop. Other rounds, those of the same vehicle and those that goods change to or from,
// need an arrival by meets and a departure no earlier than leaves.
type halt struct {
	hop
	place          int
	added          bool
	opens, shuts   int32
	meets, leaves  int32
	service        int32
	arrive, depart int32       // earliest
	latest         int32       // arrival that keeps every limit from here on
	load           search.Load // on board from here to the next stop
}

// hop is the drive from one place to another, in units of the search.
type hop struct{ metres, seconds int32 }

func (d *diagnosis) hop(from, to int) hop {
	if from == to {
		return hop{}
	}
	return hop{d.m.distance(from, to), d.m.duration(from, to)}
}

func newDiagnosis(m *model, plan *Plan) *diagnosis {
	w := m.week
	n := len(w.Producers)
	d := &diagnosis{m: m, spare: make([][]course, len(w.Vehicles)), index: map[string]int{}, added: make([]int64, n),
		hours: make([][]search.Window, len(w.Places)), banned: map[Forbid]bool{}, owned: make([][]int, n), fleet: make([][]int, n)}
	for i := range w.Places {
		d.hours[i] = m.windows(w.Places[i].Open)
	}
	for _, f := range w.Forbid {
		d.banned[f] = true
	}
	rounds := map[string]*Round{}
	for i := range w.Rounds {
		rounds[w.Rounds[i].ID] = &w.Rounds[i]
	}
	_, order := ranked(plan.Rounds, func(r *PlanRound) string { return r.ID })
	driven := make([][]int, len(w.Vehicles))
	for k, i := range order {
		r := &plan.Rounds[i]
		c := d.course(r, rounds[r.ID])
		d.index[r.ID] = k
		d.courses = append(d.courses, c)
		d.added[c.producer] += c.added
		d.owned[c.producer] = append(d.owned[c.producer], k)
		driven[c.vehicle] = append(driven[c.vehicle], k)
	}
	d.board(plan, order)
	for k, v := range m.vehicles {
		slices.SortStableFunc(driven[v], func(a, b int) int {
			x, y := plan.Rounds[order[a]].Stops, plan.Rounds[order[b]].Stops
			return cmp.Or(x[0].Depart.Compare(y[0].Depart), x[len(x)-1].Arrive.Compare(y[len(y)-1].Arrive))
		})
		d.chain(k, driven[v])
	}
	d.locate()
	return d
}

// course is a planned round without the consignments.
func (d *diagnosis) course(r *PlanRound, round *Round) course {
	m := d.m
	v := m.carts[r.Vehicle]
	x := &m.week.Vehicles[v]
	c := course{id: r.ID, round: round, vehicle: v, producer: m.makers[r.Producer], room: loadOf(x.Kg, x.Litres, capacity), stops: make([]halt, len(r.Stops))}
	last := len(r.Stops) - 1
	for k := range r.Stops {
		s := &c.stops[k]
		*s = halt{place: m.at[r.Stops[k].Place], opens: -search.Inf, shuts: search.Inf, meets: search.Inf, leaves: -search.Inf}
		if k > 0 {
			s.hop = d.hop(c.stops[k-1].place, s.place)
			c.added += int64(s.metres)
			c.addedS += int64(s.seconds)
		}
		switch b := r.Stops[k].Base; {
		case k == 0 || k == last:
		case round != nil && b != nil:
			o := &round.Stops[*b]
			s.opens, s.shuts, s.service = m.notBefore(o.ArriveAfter), m.notAfter(o.ArriveBy), m.ticks(o.StayS)
			if o.Unload != nil {
				c.carry(loadOf(o.Unload.Kg, o.Unload.Litres, amount), 0, k)
			}
		default:
			s.added, s.service = true, m.ticks(m.week.Places[s.place].StopSeconds())
			c.addedS += int64(s.service)
		}
	}
	if round != nil {
		c.stops[0].leaves, c.stops[last].shuts = m.notBefore(round.DepartAfter), m.notAfter(round.ReturnBy)
		at := m.at[round.Start]
		own := func(id string) {
			h := d.hop(at, m.at[id])
			c.added -= int64(h.metres)
			c.addedS -= int64(h.seconds)
			at = m.at[id]
		}
		for k := range round.Stops {
			own(round.Stops[k].Place)
		}
		own(round.End)
		return c
	}
	leaves := m.notAfter(r.Stops[0].Depart)
	for _, f := range m.windows(x.Available) {
		if f.Open <= leaves && leaves <= f.Close {
			c.stops[0].leaves, c.stops[last].shuts = f.Open, f.Close
		}
	}
	return c
}

// carry puts goods on board from one stop to another.
func (c *course) carry(l search.Load, from, to int) {
	for k := from; k < to; k++ {
		for i, x := range l {
			c.stops[k].load[i] += x
		}
	}
}

// board puts the consignments on the courses. order gives the plan's round of each course.
func (d *diagnosis) board(plan *Plan, order []int) {
	m := d.m
	for i := range plan.Consignments {
		s := &plan.Consignments[i]
		goods := loadOf(s.Kg, map[Class]float64{s.Class: s.Litres}, amount)
		for k, l := range s.Legs {
			c := &d.courses[d.index[l.Round]]
			c.carry(goods, l.From, l.To)
			from, to := &c.stops[l.From], &c.stops[l.To]
			if ready := m.week.Producers[m.makers[s.Producer]].ReadyAt; k == 0 && !ready.IsZero() {
				from.leaves = max(from.leaves, m.notBefore(ready))
			}
			if k == len(s.Legs)-1 {
				q := &m.week.PickupPoints[m.points[s.PickupPoint]]
				to.opens, to.shuts = max(to.opens, m.notBefore(q.AcceptAfter)), min(to.shuts, m.notAfter(q.AcceptBy))
				continue
			}
			next := s.Legs[k+1]
			give, take := &plan.Rounds[order[d.index[l.Round]]], &plan.Rounds[order[d.index[next.Round]]]
			d.appoint(s.Class, give, take, l.To, next.From)
		}
	}
}

// appoint makes both rounds of a handover keep to the other's planned times.
func (d *diagnosis) appoint(class Class, give, take *PlanRound, to, from int) {
	m := d.m
	comes, goes := stay(give, to)
	there, until := stay(take, from)
	g, t := &d.courses[d.index[give.ID]].stops[to], &d.courses[d.index[take.ID]].stops[from]
	g.meets = min(g.meets, m.notAfter(until))
	t.leaves = max(t.leaves, m.notBefore(comes))
	if m.week.Places[g.place].CanStore(class) {
		return
	}
	t.meets = min(t.meets, m.notAfter(goes))
	if to == len(give.Stops)-1 {
		g.opens = max(g.opens, m.notBefore(there))
	} else {
		g.leaves = max(g.leaves, m.notBefore(there))
	}
}

// stay is when a planned round is at a stop: at its start the moment of departure, at its end that of arrival.
func stay(r *PlanRound, k int) (comes, goes time.Time) {
	s := &r.Stops[k]
	switch k {
	case 0:
		return s.Depart, s.Depart
	case len(r.Stops) - 1:
		return s.Arrive, s.Arrive
	}
	return s.Arrive, s.Depart
}

// chain times the courses of the vehicle of a rank, in the order in which it makes them, and finds room for trips between
// them.
func (d *diagnosis) chain(rank int, driven []int) {
	free := int32(-search.Inf)
	for _, k := range driven {
		c := &d.courses[k]
		c.stops[0].leaves = max(c.stops[0].leaves, free)
		d.forward(c)
		free = c.stops[len(c.stops)-1].arrive
	}
	free = search.Inf
	for _, k := range slices.Backward(driven) {
		c := &d.courses[k]
		end := &c.stops[len(c.stops)-1]
		end.meets = min(end.meets, free)
		d.backward(c)
		free = c.stops[0].latest
	}
	v := d.m.vehicles[rank]
	x := &d.m.week.Vehicles[v]
	producer, home := d.m.makers[x.Producer], d.m.home(v)
	for _, w := range d.m.windows(x.Available) {
		for i := 0; i <= len(driven); i++ {
			opens, meets := w.Open, int32(search.Inf)
			if i > 0 {
				s := d.courses[driven[i-1]].stops
				opens = max(opens, s[len(s)-1].arrive)
			}
			if i < len(driven) {
				meets = d.courses[driven[i]].stops[0].latest
			}
			if opens >= min(w.Close, meets) {
				continue
			}
			c := course{vehicle: v, producer: producer, room: loadOf(x.Kg, x.Litres, capacity), stops: []halt{
				{place: home, opens: -search.Inf, shuts: search.Inf, meets: search.Inf, leaves: opens},
				{place: home, opens: -search.Inf, shuts: w.Close, meets: meets, leaves: -search.Inf},
			}}
			d.forward(&c)
			d.backward(&c)
			d.spare[rank] = append(d.spare[rank], c)
		}
	}
	if len(d.spare[rank]) > 0 {
		d.fleet[producer] = append(d.fleet[producer], rank)
	}
}

// forward sets the earliest times.
func (d *diagnosis) forward(c *course) {
	t := c.stops[0].leaves
	c.stops[0].arrive, c.stops[0].depart = t, t
	for k := 1; k < len(c.stops); k++ {
		s := &c.stops[k]
		s.arrive = t + s.seconds
		if k == len(c.stops)-1 {
			s.arrive = max(s.arrive, s.opens)
		}
		var ignored verdict
		t = d.serve(&ignored, s, s.arrive, always)
		s.depart = t
	}
}

// backward sets the latest arrivals.
func (d *diagnosis) backward(c *course) {
	t := int32(search.Inf)
	for k := len(c.stops) - 1; k >= 0; k-- {
		s := &c.stops[k]
		s.latest = min(t-s.service, s.shuts)
		if h := d.hours[s.place]; s.added && len(h) > 0 {
			s.latest = lastOpen(h, s.latest)
		}
		s.latest = min(s.latest, s.meets)
		t = s.latest - s.seconds
	}
}

var always = search.Window{Open: -search.Inf, Close: search.Inf}

// serve lets a round that arrives at stop s serve it, also for goods that are accepted in a window. It gives the departure and
// notes what is missed.
func (d *diagnosis) serve(v *verdict, s *halt, arrive int32, accept search.Window) int32 {
	var hours []search.Window
	if s.added {
		hours = d.hours[s.place]
	}
	b, late := begin(max(arrive, s.opens, accept.Open), min(s.shuts, accept.Close), hours)
	v.late(d, s.place, late)
	if arrive > s.meets {
		v.missed()
	}
	return max(b+s.service, s.leaves)
}

// begin is when service begins that could begin at t, but has to by shuts and within the hours, and by how much it is late
// all the same: after the last hours that it could keep, it begins at t.
func begin(t, shuts int32, hours []search.Window) (b, late int32) {
	for i, w := range hours {
		if t > w.Close {
			continue
		}
		if b := max(t, w.Open); i == 0 || b <= shuts || b-shuts <= t-hours[i-1].Close {
			return b, max(0, b-shuts)
		}
		return t, max(t-hours[i-1].Close, t-shuts)
	}
	if n := len(hours); n > 0 {
		return t, max(t-hours[n-1].Close, t-shuts)
	}
	return t, max(0, t-shuts)
}

// lastOpen is the last time up to t inside one of the windows.
func lastOpen(hours []search.Window, t int32) int32 {
	for _, w := range slices.Backward(hours) {
		if w.Open <= t {
			return min(t, w.Close)
		}
	}
	return -search.Inf
}

// verdict is what one way breaks. The zero value breaks nothing.
type verdict struct {
	count  int
	size   float64 // of all
	worst  breach  // the largest
	others breach  // others_within_m, where it is among them
}

// breach is one limit that is broken; have, need and missing are as in Repair.
type breach struct {
	obstacle            Obstacle
	size                float64
	place               int
	class               Class
	have, need, missing float64
}

func (v *verdict) add(b breach) {
	v.count++
	v.size += b.size
	if v.count == 1 || b.size > v.worst.size {
		v.worst = b
	}
}

// late notes a window that is missed by some search time.
func (v *verdict) late(d *diagnosis, place int, by int32) {
	if by > 0 {
		s := float64(by) / d.m.tick
		v.add(breach{obstacle: NoTime, size: s / 3600, place: place, need: s})
	}
}

// missed notes a time that another round counts on: nothing that could be allowed.
func (v *verdict) missed() {
	v.count += 2
	v.size += far / 2
}

func (v *verdict) less(w *verdict) bool {
	return v.count < w.count || v.count == w.count && v.size < w.size
}

// question is one parcel for which a way is looked for.
type question struct {
	d         *diagnosis
	p         *parcel
	producer  string
	from, to  int
	goods     search.Load
	ready     int32
	accept    search.Window
	across    hop // from → to
	c         *course
	ends      []gap   // of c
	permits   verdict // of c, whatever its stops
	best      verdict
	by        *course // whose best is; nil: none is near
	away      verdict // the best of those that are too far from the carrier's farm, however far
	awayBy    *course
	unlimited bool // some way near breaks no others_within_m
}

// gap is the drives between a stop and the two ends of the way.
type gap struct{ toFrom, fromFrom, toTo, fromTo hop }

func (d *diagnosis) question(p *parcel) *question {
	m := d.m
	q := &m.week.PickupPoints[p.point]
	return &question{d: d, p: p, producer: m.week.Producers[p.producer].ID, from: m.origin(p), to: m.goal(p),
		goods: loadOf(p.kg, map[Class]float64{p.class: p.litres}, amount), ready: m.ready(p),
		accept: search.Window{Open: m.notBefore(q.AcceptAfter), Close: m.notAfter(q.AcceptBy)}, across: d.hop(m.origin(p), m.goal(p))}
}

// repair is the nearest change that would let one round or trip serve the parcel, and a sentence that says so. Where
// every way breaks several limits it is the gravest of those of the lightest way. It is nil where a way is free and the
// search has only not come to it.
func (d *diagnosis) repair(p *parcel) (*Repair, string) {
	q := d.question(p)
	if p.locked {
		if len(p.lock) == 1 {
			if k, ok := d.index[p.lock[0]]; ok {
				q.try(&d.courses[k])
			}
		}
		if q.by == nil || q.best.count > 1 {
			return d.locked(p)
		}
	} else {
		d.choose(&d.stops, q, d.owned[p.producer], func(k int) { q.try(&d.courses[k]) })
		d.choose(&d.homes, q, d.fleet[p.producer], func(v int) {
			for i := range d.spare[v] {
				q.try(&d.spare[v][i])
			}
		})
	}
	if q.awayBy != nil && !q.unlimited && (q.by == nil || q.best.count > 1) {
		q.best, q.by = q.away, q.awayBy
		q.best.worst = q.best.others
	}
	if q.by == nil {
		return q.nobody()
	}
	if q.best.count == 0 {
		return nil, d.name(q.by) + " could take it: a longer search may find room for it"
	}
	r := q.repair()
	reason := q.reason(r)
	if q.best.count > 1 {
		reason += ", and more stands in the way"
	}
	return r, reason
}

// nobody is the repair where no way is near: goods that are ready too late for any, or a lack of vehicles.
func (q *question) nobody() (*Repair, string) {
	m := q.d.m
	if late := q.ready + q.across.seconds - q.accept.Close; late > 0 {
		r := &Repair{Obstacle: NoTime, Place: m.week.Places[q.to].ID, Need: float64(late) / m.tick}
		return r, fmt.Sprintf("straight after ready_at the goods of %s would still come to %s %s too late", q.producer, r.Place, minutes(r.Need))
	}
	return &Repair{Obstacle: NoVehicle}, "no round and no available vehicle comes near"
}

func (d *diagnosis) locked(p *parcel) (*Repair, string) {
	reason := "its locks leave it no round to ride"
	switch {
	case d.m.collected(p):
		reason = "it is collected where it is made, and locked to rounds all the same"
	case len(p.lock) > 0:
		reason = "the rounds that it is locked to cannot serve it: " + strings.Join(p.lock, ", ")
	}
	return &Repair{Obstacle: NoLock}, reason
}

// try looks at all ways on one course.
func (q *question) try(c *course) {
	d, n := q.d, len(c.stops)
	if wait := int32(far * 3600 * d.m.tick); c.stops[0].depart > q.accept.Close+wait || c.stops[n-1].latest < q.ready-wait {
		return
	}
	q.c = c
	q.permits = q.permit()
	d.ends = d.ends[:0]
	for k := range c.stops {
		at := c.stops[k].place
		d.ends = append(d.ends, gap{d.hop(at, q.from), d.hop(q.from, at), d.hop(at, q.to), d.hop(q.to, at)})
	}
	q.ends = d.ends
	service := d.m.ticks(d.m.week.Places[q.from].StopSeconds())
	for i := 0; i < n-1; i++ {
		s, next := &c.stops[i], &c.stops[i+1]
		v := q.permits
		if s.place == q.from {
			leaves := max(s.depart, q.ready)
			if i == 0 && leaves > s.meets {
				v.missed()
			}
			q.ride(v, i, false, leaves, hop{})
			continue
		}
		if next.place == q.from {
			continue
		}
		e := q.ends[i]
		b, late := begin(s.depart+e.toFrom.seconds, search.Inf, d.hours[q.from])
		v.late(d, q.from, late)
		q.ride(v, i, true, max(b+service, q.ready), hop{e.toFrom.metres + q.ends[i+1].fromFrom.metres - next.metres,
			e.toFrom.seconds + service + q.ends[i+1].fromFrom.seconds - next.seconds})
	}
}

// ride looks at all places to unload for goods that leave the farm at t, at stop i or, where fresh, at a new stop behind
// it that adds some driving.
func (q *question) ride(v verdict, i int, fresh bool, t int32, added hop) {
	d, c := q.d, q.c
	service := d.m.ticks(d.m.week.Places[q.to].StopSeconds())
	var peak search.Load
	for j := i; j < len(c.stops)-1; j++ {
		if q.by != nil && q.best.less(&v) {
			return
		}
		s, next := &c.stops[j], &c.stops[j+1]
		for k, x := range s.load {
			peak[k] = max(peak[k], x)
		}
		there, on := q.ends[j].toTo, next.hop
		if fresh && j == i {
			there, on = q.across, q.ends[i+1].fromFrom
		}
		if (fresh && j == i || q.apart(s)) && q.apart(next) {
			w := v
			b, late := begin(max(t+there.seconds, q.accept.Open), q.accept.Close, d.hours[q.to])
			w.late(d, q.to, late)
			back := q.ends[j+1].fromTo
			q.finish(&w, j+1, b+service, back.seconds)
			q.judge(&w, true, added.metres+there.metres+back.metres-on.metres, added.seconds+there.seconds+service+back.seconds-on.seconds, peak)
		}
		arrive := t + on.seconds
		if next.place == q.to {
			w := v
			leaves := d.serve(&w, next, arrive, q.accept)
			if j+2 < len(c.stops) {
				q.finish(&w, j+2, leaves, c.stops[j+2].seconds)
			}
			q.judge(&w, fresh, added.metres, added.seconds, peak)
		}
		t = d.serve(&v, next, arrive, always)
	}
}

// apart reports whether a stop beside s at the pickup point's place makes sense: not where s itself could serve it.
func (q *question) apart(s *halt) bool {
	return s.place != q.to || !s.added || max(s.opens, q.accept.Open) > min(s.shuts, q.accept.Close)
}

// finish notes what is missed from stop k on when the round leaves the place before it at t.
func (q *question) finish(v *verdict, k int, t, seconds int32) {
	for ; k < len(q.c.stops); k++ {
		s := &q.c.stops[k]
		if t+seconds <= s.latest {
			return
		}
		t = q.d.serve(v, s, t+seconds, always)
		if k+1 < len(q.c.stops) {
			seconds = q.c.stops[k+1].seconds
		}
	}
}

// permit is who may carry the parcel where.
func (q *question) permit() verdict {
	var v verdict
	d, c := q.d, q.c
	w := d.m.week
	foreign := c.producer != q.p.producer
	if foreign && q.p.by == ByProducer {
		v.add(breach{obstacle: NoCarriedBy, size: 4})
	}
	if c.round != nil && !c.round.Accepts(q.producer) {
		v.add(breach{obstacle: NoCarry, size: 2})
	}
	if c.round != nil && d.banned[Forbid{q.producer, c.id}] {
		v.add(breach{obstacle: NoForbid, size: 3})
	}
	base := -1
	if c.round != nil {
		base = d.m.tours[c.round.ID]
	}
	if s, ok := d.m.barred[d.m.barOf(q.p, base, c.vehicle)]; ok {
		v.add(breach{obstacle: NoLonger, size: 3, class: q.p.class, have: s.allowed, need: s.took})
	}
	if limit := w.Settings.OthersWithinM; foreign && limit != nil {
		home := d.m.point(d.m.home(c.vehicle))
		place, most := q.from, geo.GreatCircle(home, d.m.point(q.from))
		if x := geo.GreatCircle(home, d.m.point(q.to)); x > most {
			place, most = q.to, x
		}
		if most > *limit {
			v.others = breach{obstacle: NoOthers, size: 3 + (most-*limit)/max(*limit, 10_000), place: place, have: *limit, need: most}
			v.add(v.others)
		}
	}
	return v
}

// judge adds what is left of the limits, of a way that adds stops or not, some driving and stays, to a course that
// carries at most so much meanwhile, and keeps the way if it is the best so far.
func (q *question) judge(v *verdict, stops bool, metres, seconds int32, peak search.Load) {
	c, m := q.c, q.d.m
	if stops && c.round != nil && c.round.Frozen {
		v.add(breach{obstacle: NoFrozen, size: 2})
	}
	for k, goods := range q.goods {
		if missing := peak[k] + goods - c.room[k]; goods > 0 && missing > 0 {
			b := breach{obstacle: NoRoom, size: float64(missing) / float64(goods), missing: float64(missing) / perKg}
			if k > 0 {
				b.class = Classes[k-1]
			}
			if c.room[k] == 0 {
				b.size++
			}
			v.add(b)
		}
	}
	excess := func(o Obstacle, limit *float64, total int64, unit, least float64) {
		if limit == nil || total <= int64(m.limit(limit, unit)) {
			return
		}
		need := float64(total) / unit
		v.add(breach{obstacle: o, size: (need - *limit) / max(*limit, least), have: *limit, need: need})
	}
	if metres > 0 && c.round != nil {
		excess(NoMetres, c.round.MaxAddedM, c.added+int64(metres), m.unit, 10_000)
	}
	if seconds > 0 && c.round != nil {
		excess(NoSeconds, c.round.MaxAddedS, c.addedS+int64(seconds), m.tick, 1800)
	}
	if metres > 0 {
		excess(NoProducerM, m.mostAdded(c.producer), q.d.added[c.producer]+int64(metres), m.unit, 10_000)
	}
	detour := float64(metres) / m.unit
	v.size += max(0, detour) * far / farDetour
	away := v.others.obstacle != ""
	if away && (q.awayBy == nil || v.less(&q.away)) {
		q.away, q.awayBy = *v, c
	}
	if detour > farDetour || v.worst.size > far {
		return
	}
	q.unlimited = q.unlimited || !away
	if q.by == nil || v.less(&q.best) {
		q.best, q.by = *v, c
	}
}

// repair is the worst limit of the best way.
func (q *question) repair() *Repair {
	b, c, w := &q.best.worst, q.by, q.d.m.week
	r := &Repair{Obstacle: b.obstacle, Round: c.id}
	if c.id == "" {
		r.Vehicle = w.Vehicles[c.vehicle].ID
	}
	switch b.obstacle {
	case NoRoom:
		r.Class, r.Missing = b.class, b.missing
	case NoMetres, NoSeconds:
		r.Have, r.Need = b.have, b.need
	case NoLonger:
		r.Class, r.Have, r.Need = b.class, b.have, b.need
	case NoProducerM:
		r.Round, r.Vehicle = "", ""
		r.Producer, r.Have, r.Need = w.Producers[c.producer].ID, b.have, b.need
	case NoTime:
		r.Place, r.Need = w.Places[b.place].ID, b.need
	case NoOthers:
		r.Place = w.Places[b.place].ID
	}
	return r
}

// reason is the repair in words.
func (q *question) reason(r *Repair) string {
	w := q.d.m.week
	who := q.d.name(q.by)
	switch r.Obstacle {
	case NoRoom:
		if r.Class == "" {
			return fmt.Sprintf("%s kg of payload are missing on %s", figure(r.Missing), who)
		}
		return fmt.Sprintf("%s l of %s room are missing on %s", figure(r.Missing), r.Class, who)
	case NoMetres:
		return fmt.Sprintf("%s would need max_added_m %s instead of %s", who, figure(math.Ceil(r.Need)), figure(r.Have))
	case NoSeconds:
		return fmt.Sprintf("%s would need max_added_s %s instead of %s", who, figure(math.Ceil(r.Need)), figure(r.Have))
	case NoProducerM:
		return fmt.Sprintf("%s would need max_added_m %s instead of %s for the whole week", r.Producer, figure(math.Ceil(r.Need)), figure(r.Have))
	case NoTime:
		return fmt.Sprintf("%s would come to %s %s too late", who, r.Place, minutes(r.Need))
	case NoCarry:
		return fmt.Sprintf("%s does not take goods of %s (carries)", who, q.producer)
	case NoForbid:
		return fmt.Sprintf("goods of %s are forbidden on %s (forbid)", q.producer, who)
	case NoLonger:
		return fmt.Sprintf("on %s %s goods would be on board for %s instead of %s at most (longest_s)", who, r.Class, minutes(r.Need), minutes(r.Have))
	case NoOthers:
		return fmt.Sprintf("%s is %s m from the farm of %s, too far for %s to handle goods of others (others_within_m %s)",
			r.Place, figure(math.Ceil(q.best.worst.need)), w.Vehicles[q.by.vehicle].Producer, who, figure(q.best.worst.have))
	case NoFrozen:
		return fmt.Sprintf("no stop may be added to %s (frozen)", who)
	}
	return fmt.Sprintf("%s could take it, but only %s may carry it (carried_by)", who, q.producer)
}

// name is the round, or the trip that a vehicle could make.
func (d *diagnosis) name(c *course) string {
	if c.id == "" {
		return "a new trip of " + d.m.week.Vehicles[c.vehicle].ID
	}
	return c.id
}

// figure is a number, not below 0, with at most three decimals and its thousands apart.
func figure(x float64) string {
	s, decimals, _ := strings.Cut(strconv.FormatFloat(x, 'f', 3, 64), ".")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if decimals = strings.TrimRight(decimals, "0"); decimals != "" {
		s += "." + decimals
	}
	return s
}

// minutes is a time, rounded up to minutes, with hours from two on.
func minutes(seconds float64) string {
	n := int(math.Ceil(seconds / 60))
	if n < 120 {
		return fmt.Sprintf("%d min", n)
	}
	return fmt.Sprintf("%s h %02d min", figure(float64(n/60)), n%60)
}

// noPickup says of an order that has no pickup point how far the nearest is. The Repair has no Need where that is not
// what stands in the way: some producer of its lines cannot reach those that are within the limit, or there are none.
func (d *diagnosis) noPickup(o *Order) (*Repair, string) {
	w := d.m.week
	limit := w.Settings.MaxPickupMetres()
	nearest := math.Inf(1)
	for i := range w.PickupPoints {
		if o.Lon != nil && o.Lat != nil {
			nearest = min(nearest, geo.GreatCircle(geo.Point{*o.Lon, *o.Lat}, d.m.point(d.m.at[w.PickupPoints[i].Place])))
		}
	}
	r := &Repair{Obstacle: NoPickup, Have: limit}
	switch {
	case math.IsInf(nearest, 1):
		return r, "there is no pickup point to send it to"
	case nearest <= limit:
		return r, fmt.Sprintf("no pickup point within %s m can be reached by all its producers", figure(limit))
	}
	r.Need = nearest
	return r, fmt.Sprintf("the nearest pickup point would need max_pickup_m %s instead of %s", figure(math.Ceil(nearest)), figure(limit))
}

// vicinity finds what is near a place: courses by their stops, vehicles by their homes.
type vicinity struct {
	tree   *geo.Index
	points []geo.Point // of the tree
	things [][]int     // at each of them
	known  map[int]surroundings
}

// surroundings are the things near a place, each with its distance as the crow flies, and how far was looked.
type surroundings struct {
	dist   map[int]float64
	radius float64
}

// locate indexes the stops of the courses and the homes of the vehicles.
func (d *diagnosis) locate() {
	at := map[int][]int{}
	for k := range d.courses {
		for i := range d.courses[k].stops {
			p := d.courses[k].stops[i].place
			if s := at[p]; len(s) == 0 || s[len(s)-1] != k {
				at[p] = append(s, k)
			}
		}
	}
	d.stops = d.vicinity(at)
	clear(at)
	for k, v := range d.m.vehicles {
		if len(d.spare[k]) > 0 {
			at[d.m.home(v)] = append(at[d.m.home(v)], k)
		}
	}
	d.homes = d.vicinity(at)
}

func (d *diagnosis) vicinity(at map[int][]int) vicinity {
	v := vicinity{known: map[int]surroundings{}}
	for i := range d.m.week.Places {
		if len(at[i]) > 0 {
			v.points = append(v.points, d.m.point(i))
			v.things = append(v.things, at[i])
		}
	}
	v.tree = geo.NewIndex(v.points)
	return v
}

// around looks up what is near a place.
func (v *vicinity) around(place int, p geo.Point) surroundings {
	if s, ok := v.known[place]; ok {
		return s
	}
	s := surroundings{dist: map[int]float64{}, radius: math.Inf(1)}
	found := v.tree.Nearest(p, mostPlaces)
	for _, i := range found {
		x := geo.GreatCircle(p, v.points[i])
		for _, k := range v.things[i] {
			if _, ok := s.dist[k]; !ok {
				s.dist[k] = x
			}
		}
		if len(found) == mostPlaces {
			s.radius = x
		}
	}
	v.known[place] = s
	return s
}

// choose visits what is nearest to both ends of the question's way, the nearest first, and all that is the producer's own.
func (d *diagnosis) choose(v *vicinity, q *question, own []int, visit func(int)) {
	a, b := v.around(q.from, d.m.point(q.from)), v.around(q.to, d.m.point(q.to))
	type candidate struct {
		thing int
		dist  float64
	}
	var all []candidate
	for k, x := range a.dist {
		y, ok := b.dist[k]
		if !ok {
			y = b.radius
		}
		all = append(all, candidate{k, x + y})
	}
	for k, y := range b.dist {
		if _, ok := a.dist[k]; !ok {
			all = append(all, candidate{k, a.radius + y})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.thing, b.thing))
	})
	tried := map[int]bool{}
	for _, c := range all[:min(mostTried, len(all))] {
		visit(c.thing)
		tried[c.thing] = true
	}
	for _, k := range own {
		if !tried[k] {
			visit(k)
		}
	}
}
