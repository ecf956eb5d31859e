package planning

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// hasPart reports whether a round does something for the plan that it does not do anyway.
func hasPart(r *engine.PlanRound) bool {
	if r.Dedicated {
		return true
	}
	for k := range r.Stops {
		if s := &r.Stops[k]; len(s.Load)+len(s.Unload) > 0 || k > 0 && k < len(r.Stops)-1 && s.Base == nil {
			return true
		}
	}
	return false
}

// ask is what the carriers of a plan are to be asked, with what they answered about the plan before where that still holds;
// before is nil when there was none.
func ask(week *engine.Week, plan *engine.Plan, before *version, given []store.Answer) []store.Answer {
	was := map[string]store.Answer{}
	for _, a := range given {
		was[a.Round] = a
	}
	var out []store.Answer
	have := map[string]bool{}
	add := func(a store.Answer) {
		if !have[a.Round] {
			have[a.Round] = true
			out = append(out, a)
		}
	}
	earlier, now := goodsOf(before), partsOf(plan)
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		if !hasPart(r) {
			continue
		}
		a, answered := was[r.ID]
		switch {
		case answered && a.State == store.AnswerAccepted && a.Producer == store.ID(r.Producer) && holds(earlier[r.ID], now[r.ID]):
			add(a)
		case answered && declined(a) && !r.Dedicated:
			add(a)
		default:
			add(store.Answer{Round: r.ID, Producer: store.ID(r.Producer), State: store.AnswerOpen})
		}
	}
	// what was declined is kept in mind, also where nothing is left to be asked
	known := map[string]bool{}
	for i := range week.Producers {
		known[week.Producers[i].ID] = true
	}
	for _, a := range given {
		if !declined(a) {
			continue
		}
		if before != nil {
			a.Round = lasting(before.plan, a.Round)
		}
		add(a)
	}
	return out
}

// part is what a round does for a plan, as its carrier sees it.
type part struct {
	vehicle string
	stops   []partStop
}

type partStop struct {
	place          string
	own            bool
	arrive, depart time.Time
	goods          map[handling]load
}

// handling is goods of a kind that are loaded or unloaded at a stop, and the round that they come from or go on with.
type handling struct {
	unload                 bool
	producer, point, other string
	class                  engine.Class
}

type load struct{ kg, litres float64 }

func goodsOf(v *version) map[string]part {
	if v == nil || v.plan == nil {
		return nil
	}
	return partsOf(v.plan)
}

// partsOf are the parts of all rounds of a plan by their ids.
func partsOf(plan *engine.Plan) map[string]part {
	out := make(map[string]part, len(plan.Rounds))
	for i := range plan.Rounds {
		r := &plan.Rounds[i]
		p := part{vehicle: r.Vehicle, stops: make([]partStop, len(r.Stops))}
		for k := range r.Stops {
			s := &r.Stops[k]
			p.stops[k] = partStop{place: s.Place, own: s.Base != nil, arrive: s.Arrive, depart: s.Depart, goods: map[handling]load{}}
		}
		out[r.ID] = p
	}
	for i := range plan.Consignments {
		c := &plan.Consignments[i]
		for k, l := range c.Legs {
			p, ok := out[l.Round]
			if !ok || l.From < 0 || l.To >= len(p.stops) || l.From > l.To {
				continue
			}
			h := handling{producer: c.Producer, point: c.PickupPoint, class: c.Class}
			if k > 0 {
				h.other = c.Legs[k-1].Round
			}
			p.stops[l.From].add(h, c)
			h.unload, h.other = true, ""
			if k < len(c.Legs)-1 {
				h.other = c.Legs[k+1].Round
			}
			p.stops[l.To].add(h, c)
		}
	}
	return out
}

func (s *partStop) add(h handling, c *engine.Consignment) {
	a := s.goods[h]
	s.goods[h] = load{a.kg + c.Kg, a.litres + c.Litres}
}

// holds reports whether who accepted a part before is taken to accept it now: it is the same, with no more goods, and within some
// minutes.
func holds(before, now part) bool {
	const minutes = 5 * time.Minute
	near := func(a, b time.Time) bool { return a.Sub(b).Abs() <= minutes }
	if before.vehicle != now.vehicle || len(before.stops) != len(now.stops) {
		return false
	}
	for k := range now.stops {
		a, b := &before.stops[k], &now.stops[k]
		if a.place != b.place || a.own != b.own || k > 0 && !near(a.arrive, b.arrive) || k < len(now.stops)-1 && !near(a.depart, b.depart) {
			return false
		}
		for h, x := range b.goods {
			was, ok := a.goods[h]
			if !ok || x.kg > was.kg+1e-6 || x.litres > was.litres+1e-6 {
				return false
			}
		}
	}
	return true
}

// refusedTrip names the hours of a vehicle in which its producer makes no trip: a trip's id means nothing in another plan.
func refusedTrip(r *engine.PlanRound) string {
	return r.Vehicle + "@" + r.Stops[0].Depart.Format(time.RFC3339) + "/" + r.Stops[len(r.Stops)-1].Arrive.Format(time.RFC3339)
}

// lasting is what a round of a plan is called in every plan of its sale.
func lasting(plan *engine.Plan, round string) string {
	if r := roundOf(plan, round); r != nil && r.Dedicated {
		return refusedTrip(r)
	}
	return round
}

// sameRound says whether two lasting names are of one round, or of trips of one vehicle in the same hours.
func sameRound(a, b string) bool {
	x, p, trip := parseRefusedTrip(a)
	y, q, other := parseRefusedTrip(b)
	return a == b || trip && other && x == y && touch(p, q)
}

func touch(a, b engine.Interval) bool { return !a[1].Before(b[0]) && !b[1].Before(a[0]) }

// parseRefusedTrip is the inverse of refusedTrip.
func parseRefusedTrip(s string) (vehicle string, hours engine.Interval, ok bool) {
	vehicle, rest, _ := strings.Cut(s, "@")
	from, until, _ := strings.Cut(rest, "/")
	a, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return "", hours, false
	}
	b, err := time.Parse(time.RFC3339, until)
	return vehicle, engine.Interval{a, b}, err == nil
}

// RoundDay is the day of a round of a week, or of a trip as it is kept where it was declined; empty: of neither.
func RoundDay(round string) store.Day {
	if _, day, ok := SplitRoundID(round); ok {
		return day
	}
	if _, hours, ok := parseRefusedTrip(round); ok {
		return store.DayOf(hours[0])
	}
	return ""
}

func roundOf(plan *engine.Plan, id string) *engine.PlanRound {
	if k := slices.IndexFunc(plan.Rounds, func(r engine.PlanRound) bool { return r.ID == id }); k >= 0 {
		return &plan.Rounds[k]
	}
	return nil
}

// declined says whether a carrier does not do what they are asked.
func declined(a store.Answer) bool {
	return a.State == store.AnswerRefused || a.State == store.AnswerAbsent
}

// refuse writes into the week what carriers have declined: a round that is refused takes its own producer's goods alone, and no lock of
// others' goods; one whose producer is absent does not run, nor do they make a trip in its hours; a vehicle makes no trip in the
// hours in which it would have made the declined one.
func refuse(week *engine.Week, newest *version, answers []store.Answer) {
	for _, a := range answers {
		if !declined(a) {
			continue
		}
		vehicle, hours, trip := parseRefusedTrip(a.Round)
		if r := roundOf(newest.plan, a.Round); !trip && r != nil && r.Dedicated {
			vehicle, hours, trip = r.Vehicle, engine.Interval{r.Stops[0].Depart, r.Stops[len(r.Stops)-1].Arrive}, true
		}
		if trip {
			occupy(week, hours, func(v *engine.Vehicle) bool { return v.ID == vehicle })
			continue
		}
		if a.State == store.AnswerAbsent {
			if k := slices.IndexFunc(week.Rounds, func(r engine.Round) bool { return r.ID == a.Round }); k >= 0 {
				r := week.Rounds[k]
				occupy(week, engine.Interval{r.DepartAfter, r.ReturnBy}, func(v *engine.Vehicle) bool { return v.Producer == r.Producer })
				week.Rounds = slices.Delete(week.Rounds, k, k+1)
				week.Locks = slices.DeleteFunc(week.Locks, func(l engine.Lock) bool { return slices.Contains(l.Rounds, r.ID) })
				week.Forbid = slices.DeleteFunc(week.Forbid, func(f engine.Forbid) bool { return f.Round == r.ID })
			}
			continue
		}
		for k := range week.Rounds {
			r := &week.Rounds[k]
			if r.ID != a.Round {
				continue
			}
			r.Carries = engine.Carries{OwnOnly: true}
			week.Locks = slices.DeleteFunc(week.Locks, func(l engine.Lock) bool { return l.Producer != r.Producer && slices.Contains(l.Rounds, r.ID) })
		}
	}
}

// occupy takes the intervals that touch some hours from vehicles.
func occupy(week *engine.Week, hours engine.Interval, which func(*engine.Vehicle) bool) {
	for k := range week.Vehicles {
		if v := &week.Vehicles[k]; which(v) {
			v.Available = slices.DeleteFunc(v.Available, func(x engine.Interval) bool { return touch(x, hours) })
		}
	}
}

// unsettled are the answers that stand in the way of publishing: open ones, and refusals and absences that the plan does not follow.
func unsettled(plan *engine.Plan, answers []store.Answer) []store.Answer {
	others := map[string]bool{} // rounds that carry others' goods
	for i := range plan.Consignments {
		c := &plan.Consignments[i]
		for _, l := range c.Legs {
			if r := roundOf(plan, l.Round); r != nil && (r.Dedicated || r.Producer != c.Producer) {
				others[l.Round] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(answers), func(a store.Answer) bool {
		return a.State == store.AnswerAccepted || a.State == store.AnswerRefused && !others[a.Round] || a.State == store.AnswerAbsent && roundOf(plan, a.Round) == nil
	})
}

// Answer notes what a carrier says to what a plan that is proposed or published asks of one of their rounds; it may change later. carrier
// is who answers; empty: the coordinator for whoever drives it. What they decline has the sale planned again around the
// round, and those asked whose part is then another one; so has it that they come after all. That planning is returned, nil for an
// acceptance. A carrier says nothing any more of a round that is over, and cannot be absent from one that has left: what is on board by
// then is for the coordinator to settle.
func (s *Service) Answer(ctx context.Context, c *store.Scope, plan store.ID, round string, carrier store.ID, state store.AnswerState, note string) (*store.Planning, error) {
	var out *store.Planning
	err := c.Together(ctx, func(c *store.Scope) error {
		out = nil
		row, err := c.Plan(ctx, plan)
		if err != nil {
			return err
		}
		answers, err := c.Answers(ctx, plan)
		if err != nil {
			return err
		}
		k := slices.IndexFunc(answers, func(a store.Answer) bool { return a.Round == round && (carrier == "" || carrier == a.Producer) })
		if k < 0 {
			return notAsked(round)
		}
		before := answers[k]
		if absent := state == store.AnswerAbsent; absent || carrier != "" {
			if err := s.inTime(ctx, c, row, round, absent); err != nil {
				return err
			}
		}
		if err := c.GiveAnswer(ctx, plan, round, before.Producer, state, note); err != nil {
			return err
		}
		if declined(store.Answer{State: state}) || declined(before) {
			if err := s.spread(ctx, c, row, round, state == store.AnswerAbsent || before.State == store.AnswerAbsent); err != nil {
				return err
			}
		}
		reason := map[store.AnswerState]string{store.AnswerRefused: "refused", store.AnswerAbsent: "absent"}[state]
		if state == store.AnswerAccepted && before.State == store.AnswerAbsent {
			reason = "back"
		}
		if reason == "" {
			return nil
		}
		sale, err := c.Sale(ctx, row.Sale)
		if err != nil {
			return err
		}
		if sale.State != store.SaleOpen && sale.State != store.SaleClosed {
			return conflict("the sale is %s: nothing is planned for it any more", sale.State)
		}
		if state == store.AnswerAbsent && before.State != store.AnswerAbsent {
			about, err := s.about(ctx, c, row)
			if err != nil {
				return err
			}
			about.Absent = &asked{round, before.Producer}
			if err := s.emit(ctx, c, CarrierAbsent, about); err != nil {
				return err
			}
		}
		out, err = s.ask(ctx, c, row.Sale, request{Options: Options{Reason: reason}, Propose: true})
		return err
	})
	return out, err
}

// spread has newer plans of the sale know of what was declined, or taken back, about a round of one that is in force; where always, which is so of
// an absence, an older one, too, of what was said about a newer.
func (s *Service) spread(ctx context.Context, c *store.Scope, row *store.Plan, round string, always bool) error {
	v, err := s.known(ctx, c, row)
	if err != nil {
		return err
	}
	answers, err := c.Answers(ctx, row.ID)
	if err != nil {
		return err
	}
	said := answers[slices.IndexFunc(answers, func(a store.Answer) bool { return a.Round == round })]
	name := lasting(v.plan, round)
	plans, _, err := c.Plans(ctx, store.PlanFilter{Sale: row.Sale, Live: true}, store.Page{})
	if err != nil {
		return err
	}
	for i := range plans {
		p := &plans[i]
		if p.ID == row.ID || p.State == store.Done || p.Number < row.Number && !always {
			continue
		}
		other, err := s.known(ctx, c, p)
		if store.IsNotFound(err) {
			continue // forgotten
		}
		if err != nil {
			return err
		}
		if answers, err = c.Answers(ctx, p.ID); err != nil {
			return err
		}
		found := false
		for k := range answers {
			a := &answers[k]
			if !sameRound(name, lasting(other.plan, a.Round)) {
				continue
			}
			found = true
			if a.Producer != said.Producer || !declined(said) && !declined(*a) {
				continue
			}
			a.State, a.Note, a.Answered = said.State, said.Note, said.Answered
			if p.State == store.Published {
				if err := c.GiveAnswer(ctx, p.ID, a.Round, a.Producer, a.State, a.Note); err != nil {
					return err
				}
			}
		}
		if p.State == store.Published {
			continue
		}
		if !found && declined(said) {
			said.Round = name
			answers = append(answers, said)
		}
		if err := c.Ask(ctx, p.ID, answers); err != nil {
			return err
		}
	}
	return nil
}

func notAsked(round string) error {
	return &store.Error{Code: store.NotFound, Message: "nobody is asked about the round \"" + round + "\" of this plan, or somebody else is"}
}

// inTime demands that a round of a plan is not over, nor its day where the plan has no such round, and that it has not left where its
// carrier is to be absent.
func (s *Service) inTime(ctx context.Context, c *store.Scope, row *store.Plan, round string, absent bool) error {
	v, err := s.known(ctx, c, row)
	if err != nil {
		return err
	}
	col, err := c.Itself(ctx)
	if err != nil {
		return err
	}
	zone := col.Zone()
	r := roundOf(v.plan, round)
	if r == nil {
		if day := RoundDay(round); day != "" && day < store.DayOf(s.now().In(zone)) {
			return conflict("the round was on %s: an answer would change nothing any more; tell the coordinator what happened otherwise", day)
		}
		return nil
	}
	if end := r.Stops[len(r.Stops)-1].Depart; !end.After(s.now()) {
		return conflict("the round is over since %s: an answer would change nothing any more; tell the coordinator what happened otherwise", end.In(zone).Format("2006-01-02 15:04"))
	}
	if start := r.Stops[0].Depart; absent && !start.After(s.now()) {
		return conflict("the round left at %s: call the coordinator, who settles what becomes of what is on board", start.In(zone).Format("15:04"))
	}
	return nil
}

// Absence is what it would come to if a carrier could not come.
type Absence struct {
	MoreMetres float64 // that all other rounds and trips drive more; negative: less
	Goods      []Stranded
}

// Stranded are goods that ride the round of a carrier who cannot come.
type Stranded struct {
	Producer    Named
	PickupPoint Named
	Class       engine.Class
	Kg          float64
	By          []string // who would carry them instead, in order; none: nobody
	Behind      float64  // kilograms of them that would stay behind
}

// WithoutCarrier is what would become of a plan if a carrier said that they cannot come with one of their rounds. Nothing is stored.
func (s *Service) WithoutCarrier(ctx context.Context, c *store.Scope, plan store.ID, round string, carrier store.ID) (*Absence, error) {
	row, err := c.Plan(ctx, plan)
	if err != nil {
		return nil, err
	}
	answers, err := c.Answers(ctx, plan)
	if err != nil {
		return nil, err
	}
	k := slices.IndexFunc(answers, func(a store.Answer) bool { return a.Round == round && a.Producer == carrier })
	if k < 0 {
		return nil, notAsked(round)
	}
	if err := s.inTime(ctx, c, row, round, true); err != nil {
		return nil, err
	}
	answers[k].State = store.AnswerAbsent
	v, leave, err := s.ponder(ctx, c, plan)
	if err != nil {
		return nil, err
	}
	defer leave()
	travel, err := s.travelOf(ctx, c, v)
	if err != nil {
		return nil, err
	}
	week := *v.week
	week.Rounds, week.Locks, week.Forbid, week.Vehicles = slices.Clone(week.Rounds), slices.Clone(week.Locks), slices.Clone(week.Forbid), slices.Clone(week.Vehicles)
	for i := range week.Vehicles {
		week.Vehicles[i].Available = slices.Clone(week.Vehicles[i].Available)
	}
	refuse(&week, v, answers)
	var change engine.Change
	if row.State == store.Published && v.begun(s.now()) {
		change.Now = s.now()
	}
	ctx, cancel := context.WithTimeout(ctx, mostAnswer)
	defer cancel()
	got, err := engine.Replan(ctx, &week, travel, v.plan, change, engine.Options{Seed: 1})
	if err != nil {
		return nil, asRefusal(err)
	}
	return &Absence{others(got.Plan, round) - others(v.plan, round), stranded(v, got, round)}, nil
}

// others is what all rounds of a plan but one drive.
func others(plan *engine.Plan, round string) (metres float64) {
	for i := range plan.Rounds {
		if r := &plan.Rounds[i]; r.ID != round {
			metres += r.Metres
		}
	}
	return metres
}

// stranded are the goods of a round, and what a plan without it does with them.
func stranded(v *version, got *engine.Replanned, round string) []Stranded {
	names, drivers := map[string]string{}, map[string]string{}
	for i := range got.Week.Producers {
		names[got.Week.Producers[i].ID] = cmp.Or(got.Week.Producers[i].Name, got.Week.Producers[i].ID)
	}
	for i := range v.week.PickupPoints {
		names[v.week.PickupPoints[i].ID] = cmp.Or(v.week.PickupPoints[i].Name, v.week.PickupPoints[i].ID)
	}
	for i := range got.Plan.Rounds {
		drivers[got.Plan.Rounds[i].ID] = names[got.Plan.Rounds[i].Producer]
	}
	carried := map[engine.LineRef]*engine.Consignment{}
	for i := range got.Plan.Consignments {
		for _, l := range got.Plan.Consignments[i].Lines {
			carried[l] = &got.Plan.Consignments[i]
		}
	}
	var out []Stranded
	for i := range v.plan.Consignments {
		x := &v.plan.Consignments[i]
		if !slices.ContainsFunc(x.Legs, func(l engine.Leg) bool { return l.Round == round }) {
			continue
		}
		g := Stranded{Producer: Named{store.ID(x.Producer), names[x.Producer]}, PickupPoint: Named{store.ID(x.PickupPoint), names[x.PickupPoint]}, Class: x.Class, Kg: x.Kg}
		for _, line := range x.Lines {
			y := carried[line]
			if y == nil {
				if l := v.line(line); l != nil {
					g.Behind = sum(g.Behind + l.Kg)
				}
				continue
			}
			for _, leg := range y.Legs {
				if who := drivers[leg.Round]; who != "" && !slices.Contains(g.By, who) {
					g.By = append(g.By, who)
				}
			}
		}
		out = append(out, g)
	}
	return out
}

// booked are the metres that a plan adds to the balances: driven for others, less what others drove.
func booked(plan *engine.Plan, row *store.Plan) []store.Entry {
	var out []store.Entry
	for i := range plan.Summary.Producers {
		x := &plan.Summary.Producers[i]
		if m := int64(math.Round(x.ForOthers - x.ByOthers)); m != 0 {
			out = append(out, store.Entry{Producer: store.ID(x.Producer), Plan: row.ID, Metres: m, Note: "plan " + string(row.ID)})
		}
	}
	return out
}
