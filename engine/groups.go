package engine

import (
	"slices"
	"sync"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// groupsShare is the part of a search that goes to groups by themselves; the rest is for all together, from what they have
// found and no hotter than groupsHeat.
const (
	groupsShare = 0.85
	groupsHeat  = 0.001
)

// groups divides vehicles and parcels into groups that have little to do with one another: no goods have to go from one
// to another and none have as far to go as the groups lie apart, nor does anybody drive in two. Each can be searched
// by itself, which takes less time than all together and lets each keep its own best.
func (m *model) groups(d *draft, parcels []int) []part {
	root := make([]int, len(m.week.Places))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	join := func(i, j int) { root[find(i)] = find(j) }
	for v := range m.week.Vehicles {
		for _, p := range m.driversOf[v] {
			for _, x := range m.vehiclesOf[p] {
				join(m.home(v), m.home(x))
			}
		}
		for _, r := range m.roundsOf[v] {
			x := &m.week.Rounds[r]
			join(m.home(v), m.at[x.Start])
			join(m.home(v), m.at[x.End])
			for k := range x.Stops {
				join(m.home(v), m.at[x.Stops[k].Place])
			}
		}
	}
	farthest := 0.0
	var ends []int
	for v := range m.week.Vehicles {
		ends = append(ends, m.home(v))
	}
	for _, c := range parcels {
		x := d.parcels[c]
		from, to := m.origin(x), m.goal(x)
		join(from, to)
		for _, id := range x.lock {
			join(from, m.home(m.carts[m.week.Rounds[m.tours[id]].Vehicle]))
		}
		for _, id := range x.habit {
			join(from, m.home(m.vehicleOf(id)))
		}
		farthest = max(farthest, geo.GreatCircle(m.point(from), m.point(to)))
		ends = append(ends, from, to)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	for k, i := range ends {
		for _, j := range ends[:k] {
			if find(i) != find(j) && geo.GreatCircle(m.point(i), m.point(j)) <= farthest {
				join(i, j)
			}
		}
	}
	var out []part
	number := map[int]int{}
	group := func(place int) *part {
		r := find(place)
		if _, ok := number[r]; !ok {
			number[r] = len(out)
			out = append(out, part{})
		}
		return &out[number[r]]
	}
	for _, c := range parcels {
		g := group(m.origin(d.parcels[c]))
		g.parcels = append(g.parcels, c)
	}
	for _, v := range m.vehicles {
		g := group(m.home(v))
		g.vehicles = append(g.vehicles, v)
	}
	return slices.DeleteFunc(out, func(g part) bool { return len(g.parcels) == 0 })
}

// improveGroups searches each group by itself from nothing, for the share of the search that its parcels are: those that are worth
// more than one thread one after another on all of them, then the others side by side. It says how many iterations that took. The
// rounds that it reports are those of each group as it was when it was last asked for its own.
func (s *solver) improveGroups(d *draft, groups []part, o search.Options, report func(c search.Cost, n int, rounds func() [][]int)) int {
	frames, found := make([]*frame, len(groups)), make([]*search.Solution, len(groups))
	costs, steps := make([]search.Cost, len(groups)), make([]int, len(groups))
	total := 0
	for k, g := range groups {
		frames[k] = s.m.frame(d, g.vehicles, g.parcels)
		total += len(g.parcels)
		for _, c := range g.parcels {
			costs[k].Lost += d.parcels[c].penalty()
		}
	}
	var lock sync.Mutex
	one := func(k int, o search.Options) {
		o.Seed += uint64(k)
		o.Progress = func(c search.Cost, n int, _ float64, best func() *search.Solution) {
			lock.Lock()
			defer lock.Unlock()
			costs[k], steps[k] = c, n
			var sum search.Cost
			made := 0
			for i := range costs {
				sum.Lost += costs[i].Lost
				sum.Dist += costs[i].Dist
				made += steps[i]
			}
			report(sum, made, func() [][]int {
				found[k] = best()
				x := d.clone()
				for i, sol := range found {
					if sol != nil {
						frames[i].adopt(x, sol)
					}
				}
				return x.atWork()
			})
		}
		sol, n := search.Search(frames[k].p, nil, o)
		lock.Lock()
		defer lock.Unlock()
		found[k], steps[k] = sol, n
	}
	share := func(k int) float64 { return float64(len(groups[k].parcels)) / float64(total) }
	var small []int
	begun := 0.0
	for k := range groups {
		if share(k)*float64(s.opt.Workers) <= 1.2 {
			small = append(small, k)
			continue
		}
		one(k, between(o, begun, begun+share(k)))
		begun += share(k)
	}
	if len(small) > 0 {
		o.Workers = 1
		s.inTurns(small, begun, share, o, one)
	}
	made := 0
	for k := range groups {
		frames[k].adopt(d, found[k])
		made += steps[k]
	}
	return made
}

// inTurns searches some groups, as many at a time as there are threads. Each has iterations, or time on a thread, for its share of
// what is left of the search after begun; those that have to wait for a thread take turns.
func (s *solver) inTurns(some []int, begun float64, share func(k int) float64, o search.Options, one func(k int, o search.Options)) {
	if o.Iterations > 0 {
		s.sideBySide(len(some), func(i int) { one(some[i], between(o, 0, share(some[i]))) })
		return
	}
	threads := make(chan struct{}, s.opt.Workers)
	var wg sync.WaitGroup
	for _, k := range some {
		wg.Go(func() {
			threads <- struct{}{}
			clock, used, since := o.Share, 0.0, o.Share()
			length := min(1-begun, share(k)*float64(s.opt.Workers))
			w := o
			w.Share = func() float64 {
				used += clock() - since
				<-threads
				threads <- struct{}{}
				since = clock()
				return max(used/length, (since-1)/length+1)
			}
			one(k, w)
			<-threads
		})
	}
	wg.Wait()
}
