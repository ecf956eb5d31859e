package engine

import (
	"iter"
	"math/rand/v2"
	"slices"
	"sync"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// part is a set of vehicles and parcels that is planned at once, as indexes in the week and in the draft.
type part struct{ vehicles, parcels []int }

const (
	wholeParcels = 700 // a week of up to so many is planned at once
	partParcels  = 160 // else parts of about so many are, one after another with moving borders (POPMUSIC: Taillard, Voß 2002)
	partFarms    = 24  // with at least so many producers around
	partRides    = 400 // and searches for ways that do not look at everything: with little time for each part that gains more
	partHeat     = 0.003

	// What a turn through all parts takes of the time, the first and each later one. Moving the borders gains more than
	// staying: on weeks of 300 producers plans are 4.6 % dearer with later turns of 1.5 than of 0.5, and below it matters little.
	firstTurn  = 0.15
	laterTurns = 0.25

	timesExplain = 3 // what follows the search takes, as against explaining a part for all parts
)

// sizes are these numbers; tests make them small.
type sizes struct{ whole, part, farms int }

// searchable are the parcels that a search may move: those not locked to no way at all.
func (d *draft) searchable() []int {
	var out []int
	for c := range d.parcels {
		if !d.parcels[c].locked || len(d.parcels[c].lock) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// unservedOf are the positions in parcels of those that have no way.
func (d *draft) unservedOf(parcels []int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for k, c := range parcels {
			if len(d.ways[c]) == 0 && !yield(k) {
				return
			}
		}
	}
}

// middles are the points halfway between where parcels come from and where they go.
func (m *model) middles(d *draft, parcels []int) []geo.Point {
	at := make([]geo.Point, len(parcels))
	for k, c := range parcels {
		a, b := m.point(m.origin(d.parcels[c])), m.point(m.goal(d.parcels[c]))
		at[k] = geo.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
	}
	return at
}

// parts divides the parcels of a draft into parts of neighbours; together they hold every parcel once, vehicles as often
// as they matter.
func (m *model) parts(d *draft, parcels []int) []part {
	if len(parcels) <= m.sizes.whole {
		return []part{{m.vehicles, parcels}}
	}
	at := m.middles(d, parcels)
	order := make([]int, len(parcels))
	for k := range order {
		order[k] = k
	}
	var out []part
	var divide func(group []int)
	divide = func(group []int) {
		if len(group) <= m.sizes.part {
			p := make([]int, len(group))
			for i, k := range group {
				p[i] = parcels[k]
			}
			out = append(out, m.part(d, p))
			return
		}
		low, high := at[group[0]], at[group[0]]
		for _, k := range group {
			for i := range low {
				low[i], high[i] = min(low[i], at[k][i]), max(high[i], at[k][i])
			}
		}
		axis := 0
		if high[1]-low[1] > 0.7*(high[0]-low[0]) { // a degree of longitude is about 0.7 of one of latitude
			axis = 1
		}
		slices.SortStableFunc(group, func(a, b int) int {
			if at[a][axis] < at[b][axis] {
				return -1
			}
			if at[a][axis] > at[b][axis] {
				return 1
			}
			return a - b
		})
		divide(group[:len(group)/2])
		divide(group[len(group)/2:])
	}
	divide(order)
	return out
}

// part takes the parcels with the vehicles of everybody who makes, carries or lives near them.
func (m *model) part(d *draft, parcels []int) part {
	in := map[int]bool{}
	var todo []int
	take := func(v int) {
		if !in[v] {
			in[v] = true
			todo = append(todo, v)
		}
	}
	for _, c := range parcels {
		for _, v := range m.vehiclesOf[d.parcels[c].producer] {
			take(v)
		}
		for _, id := range d.parcels[c].lock {
			take(m.carts[m.week.Rounds[m.tours[id]].Vehicle])
		}
		for _, id := range d.parcels[c].habit {
			take(m.vehicleOf(id))
		}
		for _, l := range d.ways[c] {
			take(d.rounds[d.round(l)].vehicle)
		}
	}
	middle := geo.Point{}
	for _, p := range m.middles(d, parcels) {
		middle[0] += p[0] / float64(len(parcels))
		middle[1] += p[1] / float64(len(parcels))
	}
	for _, p := range m.farms.Nearest(middle, m.sizes.farms) {
		for _, v := range m.vehiclesOf[p] {
			take(v)
		}
	}
	// whoever shares a vehicle shares a limit
	for k := 0; k < len(todo); k++ {
		for _, p := range m.driversOf[todo[k]] {
			for _, v := range m.vehiclesOf[p] {
				take(v)
			}
		}
	}
	p := part{parcels: parcels}
	for _, v := range m.vehicles {
		if in[v] {
			p.vehicles = append(p.vehicles, v)
		}
	}
	return p
}

func (p *part) apart(q *part) bool {
	in := map[int]bool{}
	for _, v := range p.vehicles {
		in[v] = true
	}
	for _, v := range q.vehicles {
		if in[v] {
			return false
		}
	}
	return true
}

// improveParts searches a better draft of a large week part by part, parts that share no vehicle side by side: first all
// of them in turn, then parts around parcels drawn at random. It says how many iterations that took.
func (s *solver) improveParts(d *draft, first bool, o search.Options, report func(c search.Cost, n int)) (made int) {
	m := s.m
	all := d.searchable()
	var todo []part
	if first {
		todo = m.parts(d, all)
	}
	turns := len(todo)
	index := geo.NewIndex(m.middles(d, all))
	at := m.middles(d, all)
	rng := rand.New(rand.NewPCG(o.Seed, 7))
	around := func() part {
		center := at[rng.IntN(len(all))]
		if out := slices.Collect(d.unservedOf(all)); len(out) > 0 && rng.IntN(4) == 0 {
			center = at[out[rng.IntN(len(out))]]
		}
		var p []int
		for _, k := range index.Nearest(center, m.sizes.part) {
			p = append(p, all[k])
		}
		slices.Sort(p)
		return m.part(d, p)
	}
	begun, spent, total := 0, 0, m.cost(d)
	for !s.stop() {
		share := 0.0
		if o.Iterations > 0 {
			share = float64(spent) / float64(o.Iterations)
		} else {
			share = o.Share()
		}
		if report(total, made); share >= 1 {
			return made
		}
		var wave []part
		fresh := len(todo) > 0
		for try := 0; len(wave) < s.opt.Workers && try < 40; try++ {
			var p part
			if fresh {
				if try >= len(todo) {
					break
				}
				p = m.part(d, todo[try].parcels)
			} else {
				p = around()
			}
			if slices.ContainsFunc(wave, func(q part) bool { return !q.apart(&p) }) {
				continue
			}
			wave = append(wave, p)
			if fresh {
				todo = slices.Delete(todo, try, try+1)
				try--
			}
		}
		begun += len(wave)
		frames, found, steps := make([]*frame, len(wave)), make([]*search.Solution, len(wave)), make([]int, len(wave))
		var wg sync.WaitGroup
		for k := range wave {
			w := search.Options{Seed: o.Seed + uint64(begun+k), Workers: 1, Rides: partRides, Heat: partHeat, Stop: o.Stop}
			if o.Iterations > 0 {
				w.Iterations = max(64, o.Iterations/(4*max(turns, 8)))
				spent += w.Iterations
			} else {
				length := laterTurns
				if fresh {
					length = firstTurn
				}
				length = min(length*float64(len(wave))/float64(max(turns, 16)), 1-share)
				w.Share = func() float64 { return (o.Share() - share) / length }
			}
			wg.Go(func() {
				frames[k] = m.frame(d, wave[k].vehicles, wave[k].parcels)
				start := frames[k].start
				if fresh && len(frames[k].stuck()) == 0 {
					start = nil
				}
				found[k], steps[k] = search.Search(frames[k].p, start, w)
			})
		}
		wg.Wait()
		if first && begun == len(wave) && o.Iterations == 0 {
			from := s.opt.Share()
			search.Explain(frames[0].p, found[0])
			s.after = min(0.3, timesExplain*(s.opt.Share()-from)*float64(turns)/float64(s.opt.Workers))
		}
		for k, p := range wave {
			made += steps[k]
			// goods that are fixed in a part may share handovers that the part counts for itself
			n := d.clone()
			frames[k].adopt(n, found[k])
			before, after := m.costOf(d, p.vehicles), m.costOf(n, p.vehicles)
			if fresh || !before.Less(after) {
				*d = *n
				total.Lost += after.Lost - before.Lost
				total.Dist += after.Dist - before.Dist
			}
		}
	}
	return made
}
