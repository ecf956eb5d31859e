package engine

import (
	"fmt"
	"slices"
	"time"
)

// Change is what has come in between since a week was planned. The zero Change says nothing: what differs between the
// week and the previous plan is then all there is.
type Change struct {
	Now time.Time `json:"now,omitzero"` // what is done before is fixed; zero: nothing has begun

	Orders       []Order   `json:"orders,omitempty"`        // new, or in the place of the order of the same id
	Weighed      []Weighed `json:"weighed,omitempty"`       // lines that weigh or take up other than ordered
	CancelOrders []string  `json:"cancel_orders,omitempty"` // ids
	CancelLines  []LineRef `json:"cancel_lines,omitempty"`  // by their place before the change

	Rounds       []Round  `json:"rounds,omitempty"`        // new, or in the place of the round of the same id
	CancelRounds []string `json:"cancel_rounds,omitempty"` // ids; one that has begun stops where it last was, see Replan
	Delays       []Delay  `json:"delays,omitempty"`

	// New, or in the place of the vehicle of the same id: smaller, with other hours. One that has had more on board before
	// Now than a smaller one holds keeps its entry, with its hours ended; the smaller one has an id of its own, and Rounds
	// has what it will drive.
	Vehicles   []Vehicle `json:"vehicles,omitempty"`
	Breakdowns []string  `json:"breakdowns,omitempty"` // vehicles that drive no more: their rounds are cancelled, and their hours

	// Neither has an effect on a round that has brought goods of the producer already at Now.
	Refuse []Refusal `json:"refuse,omitempty"`
	Forbid []Forbid  `json:"forbid,omitempty"`
	Allow  []Forbid  `json:"allow,omitempty"` // lifts what is forbidden
	Lock   []Lock    `json:"lock,omitempty"`
	Unlock []Lock    `json:"unlock,omitempty"` // lifts locks of the same producer, pickup point and class; Rounds does not count
}

// Weighed is what a line of an order turned out to be.
type Weighed struct {
	Order  string  `json:"order"`
	Line   int     `json:"line"`
	Kg     float64 `json:"kg"`
	Litres float64 `json:"litres"`
}

// Delay makes a round later, or earlier where Seconds is negative: its hours and those of its own stops that it has not
// made yet.
type Delay struct {
	Round   string  `json:"round"`
	Seconds float64 `json:"seconds"`
}

// Refusal is a carrier who does not take goods any more, on any of their rounds.
type Refusal struct {
	Carrier  string `json:"carrier"`
	Producer string `json:"producer,omitempty"` // whose goods; empty: everybody's but their own
}

// Apply is the week with the change in it; the week given stays as it is. previous says how far rounds have come at
// Change.Now; nil: none has begun. The error is an *InvalidWeek with the paths of what the change names and the week does
// not have.
func (c *Change) Apply(week *Week, previous *Plan) (*Week, error) {
	a := applied{change: c, week: week, out: new(Week), previous: previous}
	*a.out = *week
	a.orders()
	a.rounds()
	a.wishes()
	if a.faults != nil {
		return nil, &InvalidWeek{a.faults}
	}
	return a.out, nil
}

type applied struct {
	change   *Change
	week     *Week
	out      *Week
	previous *Plan
	faults   []Fault
}

func (a *applied) unknown(path, what, id string) {
	a.faults = append(a.faults, Fault{Path: path, Message: fmt.Sprintf("no %s has the id %s", what, quote(id))})
}

// line is the index of the order that has the line, by the orders' ids. Where there is none it notes the fault.
func (a *applied) line(at map[string]int, path, order string, line int) (k int, ok bool) {
	if k, ok = at[order]; !ok {
		a.unknown(path+".order", "order", order)
		return k, false
	}
	if line < 0 || line >= len(a.out.Orders[k].Lines) {
		a.faults = append(a.faults, Fault{Path: path + ".line", Message: fmt.Sprintf("the order has no line %d", line)})
		return k, false
	}
	return k, true
}

// put replaces the entries of a list that have the id of a new one, and appends the others.
func put[T any](list []T, news []T, id func(*T) string) []T {
	if len(news) == 0 {
		return list
	}
	list = slices.Clone(list)
	at := make(map[string]int, len(list))
	for i := range list {
		at[id(&list[i])] = i
	}
	for i := range news {
		if k, ok := at[id(&news[i])]; ok {
			list[k] = news[i]
		} else {
			at[id(&news[i])] = len(list)
			list = append(list, news[i])
		}
	}
	return list
}

func (a *applied) orders() {
	c, w := a.change, a.out
	if len(c.CancelOrders)+len(c.CancelLines)+len(c.Weighed) > 0 {
		w.Orders = slices.Clone(w.Orders)
	}
	at := map[string]int{}
	for i := range w.Orders {
		at[w.Orders[i].ID] = i
	}
	for i, x := range c.Weighed {
		if k, ok := a.line(at, fmt.Sprintf("change.weighed[%d]", i), x.Order, x.Line); ok {
			w.Orders[k].Lines = slices.Clone(w.Orders[k].Lines)
			w.Orders[k].Lines[x.Line].Kg, w.Orders[k].Lines[x.Line].Litres = x.Kg, x.Litres
		}
	}
	gone := map[string][]bool{}
	for i, x := range c.CancelLines {
		if k, ok := a.line(at, fmt.Sprintf("change.cancel_lines[%d]", i), x.Order, x.Line); ok {
			if gone[x.Order] == nil {
				gone[x.Order] = make([]bool, len(w.Orders[k].Lines))
			}
			gone[x.Order][x.Line] = true
		}
	}
	for id, lines := range gone {
		o := &w.Orders[at[id]]
		var rest []Line
		for n := range o.Lines {
			if !lines[n] {
				rest = append(rest, o.Lines[n])
			}
		}
		o.Lines = rest
	}
	for i, id := range c.CancelOrders {
		if _, ok := at[id]; !ok {
			a.unknown(fmt.Sprintf("change.cancel_orders[%d]", i), "order", id)
		}
	}
	if len(c.CancelOrders)+len(c.CancelLines) > 0 {
		w.Orders = slices.DeleteFunc(w.Orders, func(o Order) bool {
			return slices.Contains(c.CancelOrders, o.ID) || gone[o.ID] != nil && len(o.Lines) == 0
		})
	}
	w.Orders = put(w.Orders, c.Orders, func(o *Order) string { return o.ID })
}

// lineNow is where a line of the week stands in the changed one; false: it is gone, or its order is another one.
func (c *Change) lineNow(l LineRef) (LineRef, bool) {
	if slices.Contains(c.CancelOrders, l.Order) || slices.Contains(c.CancelLines, l) {
		return l, false
	}
	now := l
	for _, x := range c.CancelLines {
		if x.Order == l.Order && x.Line < l.Line {
			now.Line--
		}
	}
	return now, true
}

func (a *applied) rounds() {
	c, w := a.change, a.out
	vehicles, rounds := map[string]bool{}, map[string]bool{}
	for i := range w.Vehicles {
		vehicles[w.Vehicles[i].ID] = true
	}
	for i := range w.Rounds {
		rounds[w.Rounds[i].ID] = true
	}
	for i, id := range c.Breakdowns {
		if !vehicles[id] {
			a.unknown(fmt.Sprintf("change.breakdowns[%d]", i), "vehicle", id)
		}
	}
	for i, id := range c.CancelRounds {
		if !rounds[id] {
			a.unknown(fmt.Sprintf("change.cancel_rounds[%d]", i), "round", id)
		}
	}
	w.Vehicles = put(w.Vehicles, c.Vehicles, func(v *Vehicle) string { return v.ID })
	if len(c.Breakdowns) > 0 {
		w.Vehicles = slices.Clone(w.Vehicles)
	}
	for i := range w.Vehicles {
		v := &w.Vehicles[i]
		if !slices.Contains(c.Breakdowns, v.ID) {
			continue
		}
		var hours []Interval
		for _, x := range v.Available {
			if !c.Now.IsZero() && x[0].Before(c.Now) {
				if x[1].After(c.Now) {
					x[1] = c.Now
				}
				hours = append(hours, x)
			}
		}
		v.Available = hours
	}
	w.Rounds = put(w.Rounds, c.Rounds, func(r *Round) string { return r.ID })
	if len(c.Delays)+len(c.CancelRounds)+len(c.Breakdowns) > 0 {
		w.Rounds = slices.Clone(w.Rounds)
	}
	for i, x := range c.Delays {
		if !rounds[x.Round] {
			a.unknown(fmt.Sprintf("change.delays[%d].round", i), "round", x.Round)
			continue
		}
		for k := range w.Rounds {
			if w.Rounds[k].ID == x.Round {
				a.delay(&w.Rounds[k], time.Duration(x.Seconds*float64(time.Second)))
			}
		}
	}
	w.Rounds = slices.DeleteFunc(w.Rounds, func(r Round) bool { return c.cancels(&r) && !a.overBy(r.ID) })
}

// cancels reports whether the change cancels a round.
func (c *Change) cancels(r *Round) bool {
	return slices.Contains(c.CancelRounds, r.ID) || slices.Contains(c.Breakdowns, r.Vehicle)
}

func (a *applied) planned(id string) *PlanRound {
	if a.previous == nil || a.change.Now.IsZero() {
		return nil
	}
	for i := range a.previous.Rounds {
		if r := &a.previous.Rounds[i]; r.ID == id && !r.Dedicated {
			return r
		}
	}
	return nil
}

// brought are the producers of whom a round has brought goods at Now to where they leave it, or is about to.
func (a *applied) brought(id string) []string {
	r := a.planned(id)
	if r == nil {
		return nil
	}
	var out []string
	head := headOf(r, a.change.Now)
	for i := range a.previous.Consignments {
		c := &a.previous.Consignments[i]
		for _, l := range c.Legs {
			if l.Round == id && l.To <= head && !slices.Contains(out, c.Producer) {
				out = append(out, c.Producer)
			}
		}
	}
	return out
}

// overBy reports whether a round is finished at Now.
func (a *applied) overBy(id string) bool {
	r := a.planned(id)
	return r != nil && len(r.Stops) > 0 && !r.Stops[len(r.Stops)-1].Arrive.After(a.change.Now)
}

// delay shifts the hours of a round, as far as they are still to come.
func (a *applied) delay(r *Round, by time.Duration) {
	p := a.planned(r.ID)
	head := -1
	if p != nil {
		head = headOf(p, a.change.Now)
	}
	if head < 0 {
		r.DepartAfter = r.DepartAfter.Add(by)
	}
	r.ReturnBy = r.ReturnBy.Add(by)
	r.Stops = slices.Clone(r.Stops)
	for k := range r.Stops {
		made := false
		for i := 0; i <= head; i++ {
			made = made || p.Stops[i].Base != nil && *p.Stops[i].Base == k
		}
		if !made {
			r.Stops[k].ArriveAfter, r.Stops[k].ArriveBy = r.Stops[k].ArriveAfter.Add(by), r.Stops[k].ArriveBy.Add(by)
		}
	}
}

// headOf is the position of a planned round's last stop that is fixed at a moment: made, or being driven to. −1: it has not
// begun.
func headOf(r *PlanRound, now time.Time) int {
	head := -1
	for k := range r.Stops {
		if k == 0 && r.Stops[0].Depart.After(now) {
			return -1
		}
		head = k
		if r.Stops[k].Depart.After(now) {
			break
		}
	}
	return head
}

func (a *applied) wishes() {
	c, w := a.change, a.out
	if len(c.Forbid)+len(c.Allow)+len(c.Refuse) > 0 {
		w.Forbid = slices.DeleteFunc(slices.Clone(w.Forbid), func(f Forbid) bool { return slices.Contains(c.Allow, f) })
		for _, f := range c.Forbid {
			if !slices.Contains(a.brought(f.Round), f.Producer) {
				w.Forbid = append(w.Forbid, f)
			}
		}
		w.Rounds = slices.Clone(w.Rounds)
	}
	for i, x := range c.Refuse {
		if !slices.ContainsFunc(w.Producers, func(p Producer) bool { return p.ID == x.Carrier }) {
			a.unknown(fmt.Sprintf("change.refuse[%d].carrier", i), "producer", x.Carrier)
		}
		if x.Producer != "" && !slices.ContainsFunc(w.Producers, func(p Producer) bool { return p.ID == x.Producer }) {
			a.unknown(fmt.Sprintf("change.refuse[%d].producer", i), "producer", x.Producer)
		}
		for k := range w.Rounds {
			r := &w.Rounds[k]
			switch {
			case r.Producer != x.Carrier || x.Producer != "" && slices.Contains(a.brought(r.ID), x.Producer):
			case x.Producer != "":
				w.Forbid = append(w.Forbid, Forbid{x.Producer, r.ID})
			case a.brought(r.ID) != nil:
				r.Carries = Carries{Only: a.brought(r.ID)}
			default:
				r.Carries = Carries{OwnOnly: true}
			}
		}
	}
	if len(c.Lock)+len(c.Unlock) > 0 {
		w.Locks = slices.DeleteFunc(slices.Clone(w.Locks), func(l Lock) bool {
			return slices.ContainsFunc(c.Unlock, func(u Lock) bool {
				return u.Producer == l.Producer && u.PickupPoint == l.PickupPoint && u.Class == l.Class
			})
		})
		w.Locks = append(w.Locks, c.Lock...)
	}
}
