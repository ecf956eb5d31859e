package engine

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"carriole/engine/internal/search"
)

// The saving is shared by the Shapley value (Shapley 1953): each producer gets the mean, over all orders in which they
// could join, of what their joining saves. A coalition S saves
//
//	v(S) = Σ of what each of S drives alone − what S needs by itself,
//
// with the rounds and vehicles of S for the goods of S, in the metres of the objective. Goods left behind count as a drive to
// the pickup point and back home, alone as in a coalition, so that a plan that serves more is no loss. What all save
// together is what the plan does; locks bind the plan alone, as they do nobody who drives alone.
//
// A coalition is planned from the plan of a larger one, see players.plan. Quick plans err, so v is made what it must be: no
// coalition saves less than one inside it (where all are planned, than any two that it divides into), whose plans it could
// take, nor more than all.
//
// Producers between whom no ride is possible do not play together: the value of a coalition is the sum over its connected
// parts, and that of everybody the sum over the components. Up to exactPlayers in a component the value can be exact over
// all coalitions, up to mostPlayers it is sampled; beyond, each plays only with some of those with whom the plan has them
// ride. The work is bounded by time or by coalitions; whom it does not reach is given what they have by the plan itself.
const (
	exactPlayers = 12
	mostPlayers  = 64
	localPlayers = 12
	atOnce       = 5 // players whose coalitions are all planned without sampling first
	mostSamples  = 1000
)

// Ways of computing the shares of a saving, from the best.
const (
	SharesExact   = "exact"      // the Shapley value over all coalitions
	SharesSampled = "sampled"    // its mean over orders drawn at random, with the standard error
	SharesLocal   = "local"      // the same among the 12 whom each rides with most, scaled to what all save together; so is the error
	SharesPlanned = "as_planned" // by the plan alone: what a consignment saves goes in equal parts to its producer and those who carry it
)

var sharesMethods = []string{SharesExact, SharesSampled, SharesLocal, SharesPlanned}

// shares is each producer's part of the saving, by rank, in search units.
type shares struct {
	method     string // the least good of those that somebody's share is by
	coalitions int
	saving     []float64
	err        []float64 // standard errors
	alone      []int64   // what each needs alone, goods left behind counted
	total      int64
}

func (x *shares) by(method string) {
	if slices.Index(sharesMethods, method) > slices.Index(sharesMethods, x.method) {
		x.method = method
	}
}

// game is what coalitions are worth, in search units.
type game struct {
	s      *solver
	m      *model  // without a price on burdens
	d      *draft  // the plan, locks forgotten
	drive  []int   // by round of d: rank of the driver
	rounds [][]int // by vehicle: its rounds and trips in d
	of     [][]int
	left   []int64   // by parcel: what leaving it behind counts
	alone  []int64   // by rank
	weight []float64 // by rank: what the plan alone gives them, in parts of the whole
	until  float64   // the share of the time that there is at present
}

// share computes the shares with so many coalitions planned at most, as far as the time goes.
func (s *solver) share(plan, alone *draft, budget int) *shares {
	g := s.game(plan, alone)
	out := &shares{method: SharesExact, saving: make([]float64, len(g.alone)), err: make([]float64, len(g.alone)), alone: g.alone}
	planned := g.costs(plan)
	for k := range planned {
		out.total += g.alone[k] - planned[k]
	}
	g.divide(planned, budget, out)
	return out
}

func (s *solver) game(plan, alone *draft) *game {
	m := *s.m
	m.wish.grade = 0
	g := &game{s: s, m: &m, d: plan.clone(), rounds: make([][]int, len(m.week.Vehicles)), of: make([][]int, len(m.producers)), left: make([]int64, len(plan.parcels)), until: 1}
	g.d.parcels = slices.Clone(plan.parcels)
	same := map[[2]int]int64{}
	for c, x := range g.d.parcels {
		y := *x
		y.lock, y.locked = nil, false
		g.d.parcels[c] = &y
		if m.collected(x) {
			continue
		}
		rank := m.producerRank[x.producer]
		g.of[rank] = append(g.of[rank], c)
		same[[2]int{x.producer, x.point}]++
	}
	for _, list := range g.of {
		for _, c := range list {
			x := g.d.parcels[c]
			a, b := m.origin(x), m.goal(x)
			g.left[c] = (int64(m.distance(a, b)) + int64(m.distance(b, a))) / same[[2]int{x.producer, x.point}]
		}
	}
	for n := range g.d.rounds {
		r := &g.d.rounds[n]
		g.drive = append(g.drive, m.driver(r))
		g.rounds[r.vehicle] = append(g.rounds[r.vehicle], n)
	}
	g.alone = g.costs(alone)
	g.weight = g.weights()
	return g
}

// timed reports whether the work is bounded by the time and not by iterations.
func (g *game) timed() bool { return g.s.opt.Iterations <= 0 }

// now is the share of the time that is used up.
func (g *game) now() float64 {
	if !g.timed() {
		return 0
	}
	return g.s.opt.Share()
}

// more reports whether there is time left.
func (g *game) more() bool { return !g.s.stop() && (!g.timed() || g.s.opt.Share() < g.until) }

// costs is what a draft costs by producer: what their rounds add, what their goods need in handovers, one event counted
// for the first who uses it, and what of their goods is left behind.
func (g *game) costs(d *draft) []int64 {
	out := g.m.addedBy(d)
	type event struct{ place, giver, taker int }
	events := map[event]bool{}
	for rank, list := range g.of {
		for _, c := range list {
			w := d.ways[c]
			if len(w) == 0 {
				out[rank] += g.left[c]
			}
			for k := 1; k < len(w); k++ {
				if e := (event{d.stops[w[k].from].place, d.round(w[k-1]), d.round(w[k])}); !events[e] {
					events[e] = true
					out[rank] += int64(g.m.transfer())
				}
			}
		}
	}
	return out
}

// weights gives each consignment's weight, the drive that it spares its producer, in equal parts to those whom it takes in
// the plan: the Shapley value of a game in which goods ride as the plan has them or not at all.
func (g *game) weights() []float64 {
	out := make([]float64, len(g.alone))
	for p, list := range g.of {
		for _, c := range list {
			with := []int{p}
			for _, l := range g.d.ways[c] {
				if q := g.drive[g.d.round(l)]; !slices.Contains(with, q) {
					with = append(with, q)
				}
			}
			for _, q := range with {
				if len(with) > 1 {
					out[q] += float64(g.left[c]) / float64(len(with))
				}
			}
		}
	}
	return out
}

// divide finds who plays with whom and computes the shares of each component, the smallest first. Each has of what is
// left of the budget and the time a part by its size.
func (g *game) divide(planned []int64, budget int, out *shares) {
	n := len(g.alone)
	near := g.rides()
	if n <= mostPlayers {
		g.possible(near)
	}
	var parts [][]int
	seen := make([]bool, n)
	left := 0
	size := func(ranks []int) int { return len(ranks) * min(len(ranks), mostPlayers) }
	for k := range n {
		if ranks := reach(near, k, seen); len(ranks) > 1 {
			parts = append(parts, ranks)
			left += size(ranks)
		}
	}
	slices.SortStableFunc(parts, func(a, b []int) int { return len(a) - len(b) })
	for _, ranks := range parts {
		saving := int64(0)
		for _, p := range ranks {
			saving += g.alone[p] - planned[p]
		}
		part := int(math.Ceil(float64(budget) * float64(size(ranks)) / float64(left)))
		if g.timed() {
			now := g.now()
			g.until = now + (1-now)*float64(size(ranks))/float64(left)
		}
		left -= size(ranks)
		made := 0
		if len(ranks) <= mostPlayers {
			c := g.players(ranks, near, saving)
			c.play(part, out)
			made = c.planned
		} else {
			made = g.local(near, ranks, saving, part, out)
		}
		out.coalitions += made
		budget -= made
	}
}

// asPlanned shares a component's saving by the plan alone.
func (g *game) asPlanned(ranks []int, saving int64, out *shares) {
	sum := 0.0
	for _, p := range ranks {
		sum += g.weight[p]
	}
	for _, p := range ranks {
		if out.err[p] = 0; sum > 0 {
			out.saving[p] = float64(saving) * g.weight[p] / sum
		} else {
			out.saving[p] = float64(saving) / float64(len(ranks))
		}
	}
}

// rides lists, by rank, with whom a producer's goods ride in the plan, and whose goods they carry.
func (g *game) rides() []map[int]int {
	near := make([]map[int]int, len(g.alone))
	for k := range near {
		near[k] = map[int]int{}
	}
	for rank, list := range g.of {
		for _, c := range list {
			for _, l := range g.d.ways[c] {
				if q := g.drive[g.d.round(l)]; q != rank {
					near[rank][q]++
					near[q][rank]++
				}
			}
		}
	}
	return near
}

// possible adds the pairs between whom a ride could pay: one passes the farm of the other, or a pickup point of theirs,
// by a detour of less than three times what the other needs alone (several may share the detour).
func (g *game) possible(near []map[int]int) {
	m := g.m
	for n := range g.d.rounds {
		r := &g.d.rounds[n]
		if r.base < 0 {
			continue
		}
		x := &m.week.Rounds[r.base]
		at := []int{m.at[x.Start]}
		for _, o := range x.Stops {
			at = append(at, m.at[o.Place])
		}
		g.passes(near, g.drive[n], r.vehicle, append(at, m.at[x.End]), m.carries(x), x.Frozen)
	}
	for _, v := range m.vehicles {
		if len(m.week.Vehicles[v].Available) > 0 {
			home := m.home(v)
			g.passes(near, int(m.producerRank[m.makers[m.week.Vehicles[v].Producer]]), v, []int{home, home}, nil, false)
		}
	}
}

// passes notes whose goods could ride a round of producer q past the places at.
func (g *game) passes(near []map[int]int, q, vehicle int, at []int, carries []bool, frozen bool) {
	m := g.m
	detour := map[int]int64{}
	least := func(x int) int64 {
		if d, ok := detour[x]; ok {
			return d
		}
		d := int64(search.Inf)
		for i := range at {
			if at[i] == x {
				d = 0
			} else if i > 0 && !frozen {
				d = min(d, int64(m.distance(at[i-1], x))+int64(m.distance(x, at[i]))-int64(m.distance(at[i-1], at[i])))
			}
		}
		detour[x] = d
		return d
	}
	for p := range near {
		if p == q || g.alone[p] == 0 || near[p][q] > 0 || carries != nil && !carries[p] {
			continue
		}
		for _, c := range g.of[p] {
			x := g.d.parcels[c]
			if x.by != ByProducer && m.week.Vehicles[vehicle].Litres[x.class] >= x.litres && min(least(m.origin(x)), least(m.goal(x))) < 3*g.alone[p] {
				near[p][q]++
				near[q][p]++
				break
			}
		}
	}
}

// reach lists, in ascending order, who is connected with k and not seen yet.
func reach(near []map[int]int, k int, seen []bool) []int {
	if seen[k] {
		return nil
	}
	seen[k] = true
	out := []int{k}
	for i := 0; i < len(out); i++ {
		for q := range near[out[i]] {
			if !seen[q] {
				seen[q] = true
				out = append(out, q)
			}
		}
	}
	slices.Sort(out)
	return out
}

// around lists, in ascending order, a producer and those who ride with them most, then those who ride with these.
func (g *game) around(near []map[int]int, p int) []int {
	out := []int{p}
	in := map[int]bool{p: true}
	for i := 0; i < len(out) && len(out) < localPlayers; i++ {
		var next []int
		for q := range near[out[i]] {
			if !in[q] {
				next = append(next, q)
			}
		}
		from := near[out[i]]
		slices.SortFunc(next, func(a, b int) int { return cmp.Or(from[b]-from[a], a-b) })
		for _, q := range next[:min(len(next), localPlayers-len(out))] {
			in[q] = true
			out = append(out, q)
		}
	}
	slices.Sort(out)
	return out
}

// local estimates the share of each of many from what they save by joining some of those with whom they ride, in orders
// drawn at random and their reverse, as many as the budget and the time allow. It gives the number of coalitions planned.
func (g *game) local(near []map[int]int, ranks []int, saving int64, budget int, out *shares) int {
	samples, counts := make([][2][]float64, len(ranks)), make([]int, len(ranks)) // forth and back; coalitions
	made, full := 0, true
	for made+5*len(ranks) <= budget && full && len(samples[0][0]) < mostSamples {
		g.s.sideBySide(len(ranks), func(k int) {
			if !g.more() {
				return
			}
			x := &samples[k]
			c := g.players(g.around(near, ranks[k]), near, whole)
			rng := rand.New(rand.NewPCG(g.s.opt.Seed, uint64(ranks[k])<<32+uint64(len(x[0]))))
			if forth, back, ok := c.joins(slices.Index(c.ranks, ranks[k]), rng); ok {
				x[0], x[1] = append(x[0], forth), append(x[1], back)
			}
			counts[k] += c.planned
		})
		made = 0
		for k := range samples {
			made += counts[k]
			full = full && len(samples[k][0]) == len(samples[0][0])
		}
	}
	g.asPlanned(ranks, saving, out)
	out.by(SharesLocal)
	sum := 0.0
	for k, p := range ranks {
		if x := &samples[k]; len(x[0]) > 0 {
			out.saving[p], out.err[p] = estimate(x[0], x[1])
		} else {
			out.by(SharesPlanned)
		}
		sum += out.saving[p]
	}
	for _, p := range ranks {
		if sum > 0 {
			out.saving[p] *= float64(saving) / sum
			out.err[p] *= math.Abs(float64(saving)) / sum
		}
	}
	return made
}
