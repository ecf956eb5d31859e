package engine

import (
	"math"

	"carriole/engine/internal/search"
)

// wishes are what being fair to each asks of a search, by rank of the producer. The zero value asks nothing.
type wishes struct {
	grade int32   // as in search.Problem; 0: burdens have no price
	even  []int32 // metres added alone less the balance, in search units; set with grade
	alone []int32 // the most added metres of each, in search units; nil: no such limit
}

// gradeM is the burden in metres that counts as one at a fairness of 1; a smaller fairness makes it larger.
const gradeM = 4000

// wishesOf are a week's wishes beside what each adds who brings their own goods, by rank, in search units.
func (m *model) wishesOf(fairness float64, nobodyWorseOff bool, added []int64) wishes {
	var w wishes
	if fairness > 0 {
		w.grade = int32(max(1, min(gradeM/fairness*m.unit, search.Inf/2)))
		w.even = make([]int32, len(added))
		for k, i := range m.producers {
			w.even[k] = int32(max(-search.Inf/2, min(search.Inf/2, float64(added[k])-math.Round(m.week.Producers[i].BalanceM*m.unit))))
		}
	}
	if nobodyWorseOff {
		w.alone = make([]int32, len(added))
		for k, x := range added {
			w.alone[k] = int32(max(0, min(x, search.Inf/2))) // what they drive anyway makes nobody worse off
		}
	}
	return w
}

// most is the most that the producer of a rank may add.
func (w *wishes) most(rank int) int32 {
	if w.alone == nil {
		return search.Inf
	}
	return w.alone[rank]
}

// addedBy is what each producer drives beyond their own rounds, by rank, in search units.
func (m *model) addedBy(d *draft) []int64 { return m.addedWith(d, m.all()) }

// all says yes to every vehicle.
func (m *model) all() []bool {
	out := make([]bool, len(m.week.Vehicles))
	for i := range out {
		out[i] = true
	}
	return out
}

// addedWith is what each producer adds with some vehicles.
func (m *model) addedWith(d *draft, inside []bool) []int64 {
	out := make([]int64, len(m.producers))
	for n := range d.rounds {
		if r := &d.rounds[n]; inside[r.vehicle] && len(r.stops) > 0 {
			out[m.driver(r)] += m.added(d, n, r.stops)
		}
	}
	return out
}

// burdens are the metres that some vehicles add, with their price, in search units.
func (m *model) burdens(d *draft, inside []bool) int64 {
	sum := int64(0)
	p := search.Problem{Even: m.wish.even, Grade: m.wish.grade}
	for k, x := range m.addedWith(d, inside) {
		if sum += x; p.Grade > 0 {
			sum += p.Price(int32(k), int32(min(x, search.Inf)))
		}
	}
	return sum
}

// mostAdded is the most metres that a producer, an index in the week, may add; nil: no limit.
func (m *model) mostAdded(producer int) *float64 {
	most := m.week.Producers[producer].MaxAddedM
	if m.wish.alone != nil {
		if x := float64(m.wish.alone[m.producerRank[producer]]) / m.unit; most == nil || x < *most {
			return &x
		}
	}
	return most
}
