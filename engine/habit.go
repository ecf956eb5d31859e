package engine

import (
	"fmt"
	"math"
	"slices"

	"carriole/engine/internal/search"
)

// defaultChangeM is what Replan has a consignment save before it rides otherwise than in the previous plan.
const defaultChangeM = 2000

// ChangeMetres is what riding otherwise than usual costs the search.
func (s *Settings) ChangeMetres() float64 { return valueOr(s.ChangeM, 0) }

func (v *validator) habits() {
	for i := range v.week.Habits {
		h := &v.week.Habits[i]
		path := fmt.Sprintf("habits[%d]", i)
		v.known(v.producerIDs, path, "producer", h.Producer)
		v.known(v.pointIDs, path, "pickup_point", h.PickupPoint)
		if h.Class != "" && !slices.Contains(Classes[:], h.Class) {
			v.fault(path+".class", "%s", noChoice(h.Class, Classes[:]))
		}
		if n := len(h.Rounds); n == 0 || n > search.MaxLegs {
			v.fault(path+".rounds", "has %d rounds: name 1 to %d", n, search.MaxLegs)
		}
		for k, id := range h.Rounds {
			_, round := v.roundIDs.at[id]
			if _, vehicle := v.vehicleIDs.at[id]; !round && !vehicle {
				v.warn(fmt.Sprintf("%s.rounds[%d]", path, k), "%s is no round of this week and no vehicle: the habit has no effect", quote(id))
			}
			if k > 0 && round && id == h.Rounds[k-1] {
				v.fault(fmt.Sprintf("%s.rounds[%d]", path, k), "is the round before again: goods change to another round or stay")
			}
		}
	}
}

// habit writes down what the week's habits say of a parcel; the first that can be kept counts.
func (m *model) habit(c *parcel) {
	for i := range m.week.Habits {
		h := &m.week.Habits[i]
		if h.Producer == m.week.Producers[c.producer].ID && h.PickupPoint == m.week.PickupPoints[c.point].ID &&
			(h.Class == "" || h.Class == c.class) && m.exists(h.Rounds) {
			m.accustom(c, h.Rounds, m.week.Settings.ChangeMetres())
			return
		}
	}
}

// accustom makes rounds the way that a parcel is used to.
func (m *model) accustom(c *parcel, rounds []string, metres float64) {
	c.habit, c.change = nil, 0
	if len(rounds) > 0 && len(rounds) <= search.MaxLegs && m.exists(rounds) {
		c.habit, c.change = rounds, int32(math.Min(metres*m.unit+0.5, maxTravel))
	}
}

// exists reports whether the ids are rounds of the week or vehicles.
func (m *model) exists(ids []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return m.vehicleOf(id) < 0 })
}

// vehicleOf is the vehicle of a round, or the vehicle itself that the id names; −1: none.
func (m *model) vehicleOf(id string) int {
	if r, ok := m.tours[id]; ok {
		return m.carts[m.week.Rounds[r].Vehicle]
	}
	if v, ok := m.carts[id]; ok {
		return v
	}
	return -1
}

// rides reports whether a round of a draft is the one that a habit names.
func (m *model) rides(r *draftRound, id string) bool {
	if k, ok := m.tours[id]; ok {
		return r.base == k
	}
	return r.base < 0 && m.week.Vehicles[r.vehicle].ID == id
}

// changes is what parcels that ride otherwise than usual cost, in search units.
func (m *model) changes(d *draft) int64 {
	sum := int64(0)
	for i, w := range d.ways {
		c := d.parcels[i]
		if c.change == 0 || len(w) == 0 {
			continue
		}
		if !m.keeps(d, i) {
			sum += int64(c.change)
		}
	}
	return sum
}

// keeps reports whether a served parcel rides as it is used to.
func (m *model) keeps(d *draft, c int) bool {
	w, habit := d.ways[c], d.parcels[c].habit
	if len(w) != len(habit) {
		return false
	}
	for k, l := range w {
		if !m.rides(&d.rounds[d.round(l)], habit[k]) {
			return false
		}
	}
	return true
}

// habit is a parcel's as the search knows it. Where the frame does not have all of its rounds every way costs the same.
func (f *frame) habit(c *parcel) ([]int32, int32) {
	if c.change == 0 {
		return nil, 0
	}
	return f.usual(c)
}

// usual is a parcel's habit whatever it costs to change it.
func (f *frame) usual(c *parcel) ([]int32, int32) {
	var out []int32
	for _, id := range c.habit {
		if k, ok := f.tours[id]; ok {
			out = append(out, k)
		} else if v := slices.Index(f.vehicles, f.m.vehicleOf(id)); v >= 0 {
			out = append(out, int32(-1-v))
		} else {
			return nil, 0
		}
	}
	return out, c.change
}

// forget lets no habit count in the frame.
func (f *frame) forget() {
	for i := range f.p.Requests {
		f.p.Requests[i].Change = 0
	}
}

// habitsKept counts the served parcels of a finished plan that ride as the week's habits say, and those that do not.
func (m *model) habitsKept(p *Plan) *HabitSummary {
	if len(m.week.Habits) == 0 {
		return nil
	}
	out := &HabitSummary{}
	vehicle := map[string]string{}
	for k := range p.Rounds {
		if p.Rounds[k].Dedicated {
			vehicle[p.Rounds[k].ID] = p.Rounds[k].Vehicle
		}
	}
	for i := range p.Consignments {
		x := &p.Consignments[i]
		c := &parcel{producer: m.makers[x.Producer], point: m.points[x.PickupPoint], class: x.Class}
		if m.habit(c); c.habit == nil || len(x.Legs) == 0 {
			continue
		}
		same := slices.EqualFunc(x.Legs, c.habit, func(l Leg, id string) bool {
			return l.Round == id || vehicle[l.Round] == id && vehicle[l.Round] != ""
		})
		if same {
			out.Kept++
		} else {
			out.Changed++
		}
	}
	return out
}

// keepAll puts the parcels of a draft that do not ride as they are used to back on their usual way. It says by how much
// the objective rises, and of how many consignments some find no room there.
func (s *solver) keepAll(d *draft) (metres *float64, cannot int) {
	m := s.m
	astray := func(d *draft, c int) bool {
		return len(d.parcels[c].habit) > 0 && len(d.ways[c]) > 0 && !m.keeps(d, c)
	}
	n := d.clone()
	changed := make([]bool, len(n.parcels))
	for c := range n.parcels {
		changed[c] = astray(d, c)
	}
	if !slices.Contains(changed, true) {
		return nil, 0
	}
	for _, part := range m.parts(n, n.searchable()) {
		f := m.frame(n, part.vehicles, part.parcels)
		var out []int32
		for k, c := range f.parcels {
			q := &f.p.Requests[k]
			q.Habit, q.Change = f.usual(n.parcels[c])
			switch {
			case q.Habit == nil || !changed[c] && !m.keeps(n, c):
				q.Change = 0
			default:
				q.Change = search.Inf / 8 // more than anything else costs
			}
			if changed[c] {
				out = append(out, int32(k))
			}
		}
		if len(out) > 0 {
			f.adopt(n, search.Mend(f.p, f.start, search.MendOptions{Seed: s.opt.Seed, Iterations: 4 * len(out), Out: out, Stop: s.stop}).Solution)
		}
	}
	left := map[consignmentKey]bool{}
	for c := range n.parcels {
		if changed[c] && !m.keeps(n, c) {
			left[d.key(c)] = true
		}
	}
	x := float64(m.cost(n).Dist-m.changes(n)-m.cost(d).Dist+m.changes(d)) / m.unit
	return &x, len(left)
}
