package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/engine"
	"carriole/geo"
)

const vroomMostPlaces = 1500 // its problem carries three full tables

// noVroom says why VROOM is not asked about a week; it is empty when it is.
func (r *run) noVroom(w *week) string {
	if !r.Vroom {
		return "not asked"
	}
	if _, err := exec.LookPath("vroom"); err != nil {
		return "absent: no command vroom on the PATH"
	}
	if len(w.Places) > vroomMostPlaces {
		return fmt.Sprintf("not tried: more than %d places", vroomMostPlaces)
	}
	return ""
}

// attempt lets VROOM plan the week without handovers. Each round, and each free time of a vehicle, is a VROOM vehicle;
// the round's own stops are jobs that only it can do, each consignment is a shipment. VROOM may change the order of a
// round's own stops inside their windows, counts driving alone in max_added_s, and knows neither max_added_m of a
// producer nor others_within_m nor locks: more freedom than the contract gives, less the handovers. An order without
// pickup point goes to the nearest.
func (p *vroomProblem) attempt(limit time.Duration, threads int) (*bench.Attempt, error) {
	answer, err := p.solve(limit, threads)
	if err != nil {
		return nil, err
	}
	t := answer.Summary.Times
	a := &bench.Attempt{Limit: limit.Seconds(), Seconds: float64(t.Loading+t.Solving+t.Routing) / 1000}
	plan := p.plan(answer)
	f, wrong := engine.Check(p.week, p.travel, plan)
	a.UnservedKg, a.AddedMetres, a.Objective = f.UnservedKg, f.AddedMetres, f.Objective
	if len(wrong) > 0 {
		a.Wrong = "breaks rule" + brokenRules(wrong)
		for _, v := range wrong {
			a.Violations = append(a.Violations, v.String())
		}
		a.UnservedKg, a.AddedMetres, a.Objective = plan.Summary.UnservedKg, plan.Summary.AddedMetres, plan.Summary.Objective
	}
	return a, nil
}

func brokenRules(wrong []engine.Violation) string {
	var rules []int
	for _, w := range wrong {
		rules = append(rules, w.Rule)
	}
	slices.Sort(rules)
	text := ""
	for _, r := range slices.Compact(rules) {
		text += fmt.Sprintf(" %d", r)
	}
	return text
}

// The part of VROOM's format that is used here. Times are Unix seconds, amounts hundredths of kilograms and litres.
type (
	vroomInput struct {
		Vehicles  []vroomVehicle         `json:"vehicles"`
		Jobs      []vroomJob             `json:"jobs"`
		Shipments []vroomShipment        `json:"shipments"`
		Matrices  map[string]vroomMatrix `json:"matrices"`
	}
	vroomVehicle struct {
		ID            int            `json:"id"`
		Start         int            `json:"start_index"`
		End           int            `json:"end_index"`
		Capacity      []int64        `json:"capacity"`
		Skills        []int          `json:"skills"`
		Window        [2]int64       `json:"time_window"`
		MaxDistance   *int64         `json:"max_distance,omitempty"`
		MaxTravelTime *int64         `json:"max_travel_time,omitempty"`
		Costs         map[string]int `json:"costs"`
	}
	vroomJob struct {
		ID       int        `json:"id"`
		Place    int        `json:"location_index"`
		Service  int64      `json:"service"`
		Delivery []int64    `json:"delivery"`
		Skills   []int      `json:"skills"`
		Priority int        `json:"priority"`
		Windows  [][2]int64 `json:"time_windows"`
	}
	vroomShipment struct {
		Amount   []int64   `json:"amount"`
		Skills   []int     `json:"skills"`
		Priority int       `json:"priority"`
		Pickup   vroomStop `json:"pickup"`
		Delivery vroomStop `json:"delivery"`
	}
	vroomStop struct {
		ID      int        `json:"id"`
		Place   int        `json:"location_index"`
		Setup   int64      `json:"setup"`
		Windows [][2]int64 `json:"time_windows,omitempty"`
	}
	vroomMatrix struct {
		Durations [][]int64 `json:"durations"`
		Distances [][]int64 `json:"distances"`
		Costs     [][]int64 `json:"costs"`
	}
	vroomAnswer struct {
		Summary struct {
			Times struct{ Loading, Solving, Routing int } `json:"computing_times"` // milliseconds
		} `json:"summary"`
		Routes []struct {
			Vehicle int         `json:"vehicle"`
			Steps   []vroomStep `json:"steps"`
		} `json:"routes"`
	}
	vroomStep struct {
		Type    string `json:"type"`
		ID      int    `json:"id"`
		Place   int    `json:"location_index"`
		Arrival int64  `json:"arrival"`
	}
)

// vroomProblem is a week as VROOM sees it, with what is needed to read the answer. Ids count from 1.
type vroomProblem struct {
	week       *engine.Week
	travel     geo.Travel
	place      map[string]int
	producer   map[string]int
	point      map[string]int
	goods      []goods    // by shipment id − 1
	onSite     []goods    // made where they are collected
	unserved   []goods    // without pickup point within reach
	owners     []*vehicle // by vehicle id − 1
	ownStops   [][2]int   // by job id − 1: round, stop
	assigned   []engine.Assignment
	input      vroomInput
	first, end int64 // of all the vehicles' times
}

type goods struct {
	engine.Consignment
	from, to int // places
}

type vehicle struct {
	round *engine.Round // nil: a dedicated trip
	*engine.Vehicle
}

func newVroomProblem(week *engine.Week) *vroomProblem {
	p := &vroomProblem{week: week, travel: engine.TravelOf(week), place: map[string]int{}, producer: map[string]int{}, point: map[string]int{},
		assigned: []engine.Assignment{}}
	for i := range week.Places {
		p.place[week.Places[i].ID] = i
	}
	for i := range week.Producers {
		p.producer[week.Producers[i].ID] = i
	}
	for i := range week.PickupPoints {
		p.point[week.PickupPoints[i].ID] = i
	}
	p.rounds()
	p.freeTimes()
	p.first, p.end = math.MaxInt64, math.MinInt64
	for _, v := range p.input.Vehicles {
		p.first, p.end = min(p.first, v.Window[0]), max(p.end, v.Window[1])
	}
	p.cluster()
	for _, g := range p.goods {
		p.ship(g)
	}
	p.tables()
	return p
}

// Skills tell whose goods a vehicle takes, which round it is, and whose vehicle it is.
func (p *vroomProblem) takes(producer string) int { return 1 + p.producer[producer] }
func (p *vroomProblem) isRound(r int) int         { return 1 + len(p.week.Producers) + r }
func (p *vroomProblem) ownedBy(producer string) int {
	return 1 + len(p.week.Producers) + len(p.week.Rounds) + p.producer[producer]
}

func (p *vroomProblem) rounds() {
	for i := range p.week.Rounds {
		r := &p.week.Rounds[i]
		v := p.vehicle(r.Vehicle)
		skills := []int{p.isRound(i), p.ownedBy(r.Producer)}
		for k := range p.week.Producers {
			id := p.week.Producers[k].ID
			if r.Accepts(id) && !r.Frozen && !slices.Contains(p.week.Forbid, engine.Forbid{Producer: id, Round: r.ID}) {
				skills = append(skills, p.takes(id))
			}
		}
		in := vroomVehicle{Start: p.place[r.Start], End: p.place[r.End], Skills: skills, Window: [2]int64{r.DepartAfter.Unix(), r.ReturnBy.Unix()}}
		metres, seconds := p.length(r)
		in.MaxDistance, in.MaxTravelTime = atMost(metres, r.MaxAddedM), atMost(seconds, r.MaxAddedS)
		p.add(in, &vehicle{r, v})
		for k, s := range r.Stops {
			job := vroomJob{ID: len(p.input.Jobs) + 1, Place: p.place[s.Place], Service: int64(math.Ceil(s.StayS)), Delivery: amounts(0, nil),
				Skills: []int{p.isRound(i)}, Priority: 100, Windows: [][2]int64{{s.ArriveAfter.Unix(), s.ArriveBy.Unix()}}}
			if s.Unload != nil {
				job.Delivery = amounts(s.Unload.Kg, s.Unload.Litres)
			}
			p.input.Jobs = append(p.input.Jobs, job)
			p.ownStops = append(p.ownStops, [2]int{i, k})
		}
	}
}

// freeTimes makes a vehicle of each time in which one is available and on no round, if it is an hour or more.
func (p *vroomProblem) freeTimes() {
	for i := range p.week.Vehicles {
		v := &p.week.Vehicles[i]
		var busy [][2]int64
		for _, r := range p.week.Rounds {
			if r.Vehicle == v.ID {
				busy = append(busy, [2]int64{r.DepartAfter.Unix(), r.ReturnBy.Unix()})
			}
		}
		slices.SortFunc(busy, func(a, b [2]int64) int { return int(a[0] - b[0]) })
		home := p.place[p.week.Producers[p.producer[v.Producer]].Place]
		skills := []int{p.ownedBy(v.Producer)}
		for k := range p.week.Producers {
			skills = append(skills, p.takes(p.week.Producers[k].ID))
		}
		free := func(from, to int64) {
			if to-from >= 3600 {
				p.add(vroomVehicle{Start: home, End: home, Skills: skills, Window: [2]int64{from, to}}, &vehicle{nil, v})
			}
		}
		for _, a := range v.Available {
			from, to := a[0].Unix(), a[1].Unix()
			for _, b := range busy {
				if b[1] > from && b[0] < to {
					free(from, b[0])
					from = b[1]
				}
			}
			free(from, to)
		}
	}
}

func (p *vroomProblem) add(in vroomVehicle, owner *vehicle) {
	in.ID = len(p.input.Vehicles) + 1
	in.Costs = map[string]int{"fixed": 0, "per_hour": 3600}
	in.Capacity = []int64{int64(math.Floor(100*owner.Kg + 1e-6))}
	for _, c := range engine.Classes {
		in.Capacity = append(in.Capacity, int64(math.Floor(100*owner.Litres[c]+1e-6)))
	}
	p.input.Vehicles = append(p.input.Vehicles, in)
	p.owners = append(p.owners, owner)
}

// cluster joins the order lines into consignments, in the order of their first line.
func (p *vroomProblem) cluster() {
	type key struct {
		producer, point string
		class           engine.Class
		by              engine.CarriedBy
	}
	at := map[key]int{}
	var all []goods
	for i := range p.week.Orders {
		o := &p.week.Orders[i]
		point := p.pointOf(o)
		for k := range o.Lines {
			l := &o.Lines[k]
			id := key{l.Producer, point, l.Temperature(), l.Carrier()}
			n, ok := at[id]
			if !ok {
				n = len(all)
				at[id] = n
				all = append(all, goods{Consignment: engine.Consignment{ID: fmt.Sprintf("c-%d", n+1), Producer: l.Producer, PickupPoint: point, Class: id.class, CarriedBy: id.by}})
			}
			g := &all[n]
			g.Kg, g.Litres = g.Kg+l.Kg, g.Litres+l.Litres
			g.Lines = append(g.Lines, engine.LineRef{Order: o.ID, Line: k})
		}
	}
	for _, g := range all {
		if g.PickupPoint == "" {
			p.unserved = append(p.unserved, g)
			continue
		}
		g.from = p.place[p.week.Producers[p.producer[g.Producer]].Place]
		g.to = p.place[p.week.PickupPoints[p.point[g.PickupPoint]].Place]
		if g.from == g.to {
			p.onSite = append(p.onSite, g)
		} else {
			p.goods = append(p.goods, g)
		}
	}
}

// pointOf is the order's pickup point, the nearest when it names none, empty when none is near enough.
func (p *vroomProblem) pointOf(o *engine.Order) string {
	if o.PickupPoint != "" {
		return o.PickupPoint
	}
	nearest, best := "", p.week.Settings.MaxPickupMetres()
	for _, pp := range p.week.PickupPoints {
		at := p.week.Places[p.place[pp.Place]]
		if d := geo.GreatCircle(geo.Point{*o.Lon, *o.Lat}, geo.Point{at.Lon, at.Lat}); d <= best {
			nearest, best = pp.ID, d
		}
	}
	if nearest != "" {
		p.assigned = append(p.assigned, engine.Assignment{Order: o.ID, PickupPoint: nearest})
	}
	return nearest
}

func (p *vroomProblem) ship(g goods) {
	id := len(p.input.Shipments) + 1
	skills := []int{p.takes(g.Producer)}
	if g.CarriedBy == engine.ByProducer {
		skills = append(skills, p.ownedBy(g.Producer))
	}
	point := &p.week.PickupPoints[p.point[g.PickupPoint]]
	ready := max(p.first, p.readyAt(g.Producer))
	p.input.Shipments = append(p.input.Shipments, vroomShipment{Amount: amounts(g.Kg, map[engine.Class]float64{g.Class: g.Litres}), Skills: skills, Priority: 10,
		Pickup:   p.stop(id, g.from, ready, max(ready, p.end)),
		Delivery: p.stop(id, g.to, point.AcceptAfter.Unix(), point.AcceptBy.Unix())})
}

func (p *vroomProblem) readyAt(producer string) int64 {
	if at := p.week.Producers[p.producer[producer]].ReadyAt; !at.IsZero() {
		return at.Unix()
	}
	return math.MinInt64
}

// stop is a place that VROOM may add to a round between two times, while it is open. One that is never open then is
// given a moment before all the vehicles' times.
func (p *vroomProblem) stop(id, place int, after, by int64) vroomStop {
	pl := &p.week.Places[place]
	s := vroomStop{ID: id, Place: place, Setup: int64(math.Ceil(pl.StopSeconds()))}
	if len(pl.Open) == 0 {
		s.Windows = [][2]int64{{after, by}}
		return s
	}
	for _, o := range pl.Open {
		if from, to := max(after, o[0].Unix()), min(by, o[1].Unix()); from <= to {
			s.Windows = append(s.Windows, [2]int64{from, to})
		}
	}
	slices.SortFunc(s.Windows, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	if len(s.Windows) == 0 {
		s.Windows = [][2]int64{{p.first - 2, p.first - 1}}
	}
	return s
}

func (p *vroomProblem) tables() {
	n := len(p.week.Places)
	m := vroomMatrix{Durations: make([][]int64, n), Distances: make([][]int64, n)}
	for i := range n {
		m.Durations[i], m.Distances[i] = make([]int64, n), make([]int64, n)
		for j := range n {
			metres, seconds := p.travel.Between(i, j)
			m.Distances[i][j], m.Durations[i][j] = int64(math.Round(metres)), int64(math.Ceil(seconds))
		}
	}
	m.Costs = m.Distances
	p.input.Matrices = map[string]vroomMatrix{"car": m}
}

func (p *vroomProblem) vehicle(id string) *engine.Vehicle {
	return &p.week.Vehicles[slices.IndexFunc(p.week.Vehicles, func(v engine.Vehicle) bool { return v.ID == id })]
}

// length of a round without added stops; the seconds are those of driving alone.
func (p *vroomProblem) length(r *engine.Round) (metres, seconds float64) {
	here := r.Start
	for k := 0; k <= len(r.Stops); k++ {
		next := r.End
		if k < len(r.Stops) {
			next = r.Stops[k].Place
		}
		m, s := p.travel.Between(p.place[here], p.place[next])
		metres, seconds, here = metres+m, seconds+s, next
	}
	return metres, seconds
}

func atMost(base float64, added *float64) *int64 {
	if added == nil {
		return nil
	}
	most := int64(math.Floor(base + *added))
	return &most
}

func amounts(kg float64, litres map[engine.Class]float64) []int64 {
	out := []int64{int64(math.Ceil(100*kg - 1e-6))}
	for _, c := range engine.Classes {
		out = append(out, int64(math.Ceil(100*litres[c]-1e-6)))
	}
	return out
}

func (p *vroomProblem) solve(limit time.Duration, threads int) (*vroomAnswer, error) {
	dir, err := os.MkdirTemp("", "weeks")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	text, err := json.Marshal(p.input)
	if err != nil {
		return nil, err
	}
	in, out := filepath.Join(dir, "in.json"), filepath.Join(dir, "out.json")
	if err := os.WriteFile(in, text, 0o600); err != nil {
		return nil, err
	}
	if said, err := exec.Command("vroom", "-i", in, "-o", out, "-x", "5", "-l", strconv.FormatFloat(limit.Seconds(), 'f', 3, 64), "-t", strconv.Itoa(threads)).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w %s", err, strings.TrimSpace(string(said)))
	}
	if text, err = os.ReadFile(out); err != nil {
		return nil, err
	}
	answer := &vroomAnswer{}
	return answer, json.Unmarshal(text, answer)
}

// plan turns the answer into a plan with the figures that it claims.
func (p *vroomProblem) plan(answer *vroomAnswer) *engine.Plan {
	plan := &engine.Plan{Week: p.week.ID, Consignments: []engine.Consignment{}, Assigned: p.assigned, Unserved: []engine.Unserved{}}
	legs := make([]engine.Leg, len(p.goods))
	served := make([]bool, len(p.goods))
	rounds := map[string]engine.PlanRound{}
	var trips []engine.PlanRound
	for _, route := range answer.Routes {
		owner := p.owners[route.Vehicle-1]
		r := p.planRound(owner, route.Vehicle, route.Steps)
		for k, s := range r.Stops {
			for _, id := range s.Load {
				g := p.shipment(id)
				legs[g].Round, legs[g].From, served[g] = r.ID, k, true
			}
			for _, id := range s.Unload {
				legs[p.shipment(id)].To = k
			}
		}
		if owner.round == nil {
			trips = append(trips, r)
		} else {
			rounds[r.ID] = r
		}
	}
	for i := range p.week.Rounds {
		r, ok := rounds[p.week.Rounds[i].ID]
		if !ok {
			r = p.planRound(&vehicle{&p.week.Rounds[i], p.vehicle(p.week.Rounds[i].Vehicle)}, 0, nil)
		}
		plan.Rounds = append(plan.Rounds, r)
	}
	plan.Rounds = append(plan.Rounds, trips...)
	left := p.unserved
	for n, g := range p.goods {
		if g.Legs = []engine.Leg{legs[n]}; served[n] {
			plan.Consignments = append(plan.Consignments, g.Consignment)
		} else {
			left = append(left, g)
		}
	}
	for _, g := range p.onSite {
		g.Legs = []engine.Leg{}
		plan.Consignments = append(plan.Consignments, g.Consignment)
	}
	for _, g := range left {
		plan.Summary.UnservedKg += g.Kg
		for _, l := range g.Lines {
			plan.Unserved = append(plan.Unserved, engine.Unserved{Order: l.Order, Line: l.Line, Reason: "left by VROOM"})
		}
	}
	for _, r := range plan.Rounds {
		plan.Summary.BaseMetres += r.BaseMetres
		plan.Summary.PlannedMetres += r.Metres
	}
	plan.Summary.AddedMetres = plan.Summary.PlannedMetres - plan.Summary.BaseMetres
	plan.Summary.Objective = plan.Summary.AddedMetres
	return plan
}

// shipment is the index of a consignment in goods.
func (p *vroomProblem) shipment(id string) int {
	return slices.IndexFunc(p.goods, func(g goods) bool { return g.ID == id })
}

// planRound joins VROOM's steps at one place into stops and lets the round drive as early as the contract allows.
// Without steps it is a round that VROOM left at home, its own stops missed if it has any.
func (p *vroomProblem) planRound(owner *vehicle, number int, steps []vroomStep) engine.PlanRound {
	r := engine.PlanRound{Producer: owner.Producer, Vehicle: owner.ID}
	if owner.round != nil {
		r.ID = owner.round.ID
		r.BaseMetres, _ = p.length(owner.round)
		if steps == nil {
			begin := owner.round.DepartAfter.Unix()
			steps = []vroomStep{{Type: "start", Place: p.place[owner.round.Start], Arrival: begin}, {Type: "end", Place: p.place[owner.round.End]}}
		}
	} else {
		r.ID, r.Dedicated = fmt.Sprintf("trip-%d", number), true
	}
	at := []int{}
	for _, s := range steps {
		last := len(r.Stops) - 1
		isNew := last < 0 || at[last] != s.Place
		switch s.Type {
		case "job":
			isNew = isNew || r.Stops[last].Base != nil || last == 0
		case "end":
			isNew = isNew || r.Stops[last].Base != nil || last == 0
		case "delivery":
			isNew = isNew || last == 0
		}
		if isNew {
			r.Stops = append(r.Stops, engine.PlanStop{Place: p.week.Places[s.Place].ID, Load: []string{}, Unload: []string{}})
			at = append(at, s.Place)
			last++
		}
		stop := &r.Stops[last]
		switch s.Type {
		case "job":
			stop.Base = &p.ownStops[s.ID-1][1]
		case "pickup":
			stop.Load = append(stop.Load, p.goods[s.ID-1].ID)
		case "delivery":
			stop.Unload = append(stop.Unload, p.goods[s.ID-1].ID)
		}
	}
	p.drive(owner.round, &r, at, steps[0].Arrival)
	return r
}

// drive sets the times of a round's stops, leaving at begin or when the goods loaded at the start are ready.
func (p *vroomProblem) drive(base *engine.Round, r *engine.PlanRound, at []int, begin int64) {
	now := begin
	for k := range r.Stops {
		s := &r.Stops[k]
		if k > 0 {
			metres, seconds := p.travel.Between(at[k-1], at[k])
			r.Metres += metres
			now += int64(math.Ceil(seconds))
		}
		s.Arrive = time.Unix(now, 0).UTC()
		if 0 < k && k < len(r.Stops)-1 {
			for _, id := range s.Unload {
				now = max(now, p.week.PickupPoints[p.point[p.goods[p.shipment(id)].PickupPoint]].AcceptAfter.Unix())
			}
			place := &p.week.Places[at[k]]
			if s.Base != nil {
				own := base.Stops[*s.Base]
				now = max(now, own.ArriveAfter.Unix()) + int64(math.Ceil(own.StayS))
			} else {
				now = opening(place, now) + int64(math.Ceil(place.StopSeconds()))
			}
		}
		for _, id := range s.Load {
			now = max(now, p.readyAt(p.goods[p.shipment(id)].Producer))
		}
		s.Depart = time.Unix(now, 0).UTC()
		if k == 0 {
			s.Arrive = s.Depart
		}
	}
}

// opening is the first moment at or after now when the place is open, now itself if there is none.
func opening(place *engine.Place, now int64) int64 {
	first := int64(math.MaxInt64)
	for _, o := range place.Open {
		if from, to := max(now, o[0].Unix()), o[1].Unix(); from <= to {
			first = min(first, from)
		}
	}
	if first == math.MaxInt64 {
		return now
	}
	return first
}
