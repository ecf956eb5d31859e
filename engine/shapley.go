package engine

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"

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
// A coalition is planned from the plan itself, less what is not of it, by a short search: on made weeks of 15 producers
// ten times as long a one moves the shares by some 5 % of the saving in all. Short searches err, so v is made
// what it must be: no coalition saves less than one inside it (where all are planned, than any two that it divides into),
// whose plans it could take, nor more than all.
//
// Producers between whom no ride is possible do not play together: the value of a coalition is the sum over its connected
// parts, and that of everybody the sum over the components. Up to exactPlayers in a component the value is exact over all
// coalitions, up to mostPlayers it is sampled; beyond, each plays only with some of those with whom the plan has them ride.
const (
	exactPlayers = 12
	mostPlayers  = 64
	localPlayers = 12
	cheapShares  = 64 // coalitions planned without being asked
	mostPairs    = 1000
	firstPairs   = 4 // pairs of orders before all coalitions of a small component are planned, in case time ends
)

// Ways of computing the shares of a saving.
const (
	SharesExact   = "exact"   // the Shapley value over all coalitions
	SharesSampled = "sampled" // its mean over orders drawn at random, with the standard error
	SharesLocal   = "local"   // the same among the 12 whom each rides with most, scaled to what all save together; so is the error
)

// shares is each producer's part of the saving, by rank, in search units.
type shares struct {
	method     string
	coalitions int
	saving     []float64
	err        []float64 // standard errors
	alone      []int64   // what each needs alone, goods left behind counted
	total      int64
}

// game is what coalitions are worth, in search units.
type game struct {
	s     *solver
	m     *model // without a price on burdens
	d     *draft // the plan, locks forgotten
	drive []int  // by round of d: rank of the driver
	of    [][]int
	left  []int64 // by parcel: what leaving it behind counts
	alone []int64 // by rank
	more  func() bool
	build sync.Mutex // travel is asked by one at a time
}

// share computes the shares with about so many coalitions planned; with must only if all of them are exact then. The
// answer is nil where that or the time is not enough; more says whether there is some left.
func (s *solver) share(plan, alone *draft, budget int, must bool, more func() bool) *shares {
	m := *s.m
	m.wish.grade = 0
	g := &game{s: s, m: &m, d: plan.clone(), of: make([][]int, len(m.producers)), left: make([]int64, len(plan.parcels)), more: more}
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
		g.drive = append(g.drive, m.driver(&g.d.rounds[n]))
	}
	g.alone = g.costs(alone)
	out := &shares{method: SharesExact, saving: make([]float64, len(g.alone)), err: make([]float64, len(g.alone)), alone: g.alone}
	planned := g.costs(plan)
	for k := range planned {
		out.total += g.alone[k] - planned[k]
	}
	if !g.divide(planned, budget, must, out) {
		return nil
	}
	return out
}

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

// divide finds who plays with whom and computes the shares of each component. It reports whether the budget and the time
// were enough.
func (g *game) divide(planned []int64, budget int, must bool, out *shares) bool {
	n := len(g.alone)
	near := g.rides()
	if n <= mostPlayers {
		g.possible(near)
	}
	var wide, large []*part64
	seen := make([]bool, n)
	need, sampled := 0, 0
	for k := range n {
		members := reach(near, k, seen)
		if len(members) < 2 {
			continue
		}
		c := &part64{g: g, members: members, known: map[uint64]int64{}}
		for _, p := range members {
			c.saving += g.alone[p] - planned[p]
		}
		if len(members) > mostPlayers {
			large = append(large, c)
			continue
		}
		wide = append(wide, c)
	}
	for _, c := range wide {
		c.connect(near)
		if c.count = c.coalitions(); c.count >= 0 {
			need += c.count
		} else {
			sampled += len(c.members)
		}
	}
	for _, c := range large {
		sampled += len(c.members)
	}
	if must && (sampled > 0 || need > budget) {
		return false
	}
	if need > budget {
		need, sampled = 0, 0
		for _, c := range wide {
			c.count = -1
		}
		for _, c := range slices.Concat(wide, large) {
			sampled += len(c.members)
		}
	}
	for _, c := range wide {
		how, ok := c.play((budget-need)*len(c.members)/max(1, sampled), out)
		if !ok {
			return false
		}
		if how == SharesSampled && out.method == SharesExact {
			out.method = SharesSampled
		}
		out.coalitions += len(c.known)
	}
	for _, c := range large {
		out.method = SharesLocal
		sum := 0.0
		for _, p := range c.members {
			x := &part64{g: g, members: g.around(near, p), known: map[uint64]int64{}, saving: math.MaxInt64, some: true}
			x.connect(near)
			var ok bool
			if out.saving[p], out.err[p], ok = x.local(p, min(mostPairs, max(2, (budget-need)/(4*sampled)))); !ok {
				return false
			}
			out.coalitions += len(x.known)
			sum += out.saving[p]
		}
		for _, p := range c.members {
			if sum > 0 {
				out.saving[p] *= float64(c.saving) / sum
				out.err[p] *= math.Abs(float64(c.saving)) / sum
			} else {
				out.saving[p] = float64(c.saving) / float64(len(c.members))
			}
		}
	}
	return true
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

// local estimates the share of one member from so many pairs of orders. It reports whether there was time.
func (c *part64) local(p, pairs int) (mean, err float64, ok bool) {
	at := slices.Index(c.members, p)
	rng := rand.New(rand.NewPCG(c.g.s.opt.Seed, uint64(p)))
	square := 0.0
	for range pairs {
		before := uint64(0)
		for _, i := range rng.Perm(len(c.members)) {
			if i == at {
				break
			}
			before |= 1 << i
		}
		after := c.all() &^ before &^ (1 << at) // who comes before in the reverse order
		if !c.solve([]uint64{before, before | 1<<at, after, after | 1<<at}) {
			return 0, 0, false
		}
		x := float64(c.joins(before, at)+c.joins(after, at)) / 2
		mean += x / float64(pairs)
		square += x * x / float64(pairs)
	}
	return mean, math.Sqrt(max(0, square-mean*mean) / float64(pairs-1)), true
}

func (c *part64) joins(set uint64, at int) int64 {
	return max(0, c.value(set|1<<at)-c.value(set))
}

// part64 is a component of up to 64 players; coalitions are sets of bits.
type part64 struct {
	g       *game
	members []int // ranks
	near    []uint64
	saving  int64 // of all of them
	count   int   // coalitions to plan for the exact value; −1: it is sampled
	known   map[uint64]int64
	some    bool // not a component: it is planned whole, too
}

func (c *part64) all() uint64 { return ^uint64(0) >> (64 - len(c.members)) }

func (c *part64) connect(near []map[int]int) {
	c.near = make([]uint64, len(c.members))
	for i, p := range c.members {
		for j, q := range c.members {
			if near[p][q] > 0 {
				c.near[i] |= 1 << j
			}
		}
	}
}

// first is the connected part of a coalition that holds its lowest member.
func (c *part64) first(set uint64) uint64 {
	part := set & -set
	for todo := part; todo != 0; {
		i := bits.TrailingZeros64(todo)
		todo &^= 1 << i
		more := c.near[i] & set &^ part
		part |= more
		todo |= more
	}
	return part
}

// coalitions is how many have to be planned for the exact value; −1: too many players for that.
func (c *part64) coalitions() int {
	if len(c.members) > exactPlayers {
		return -1
	}
	count := 0
	for set := uint64(1); set < c.all(); set++ {
		if bits.OnesCount64(set) > 1 && c.first(set) == set {
			count++
		}
	}
	return count
}

// solve plans the connected parts of coalitions that are not known yet. It reports whether there was time.
func (c *part64) solve(sets []uint64) bool {
	var todo []uint64
	asked := map[uint64]bool{}
	for _, set := range sets {
		for set != 0 {
			part := c.first(set)
			set &^= part
			if _, ok := c.known[part]; !ok && !asked[part] && bits.OnesCount64(part) > 1 && (part != c.all() || c.some) {
				asked[part] = true
				todo = append(todo, part)
			}
		}
	}
	values := make([]int64, len(todo))
	var wg sync.WaitGroup
	workers := c.g.s.opt.Workers
	late := make([]bool, workers)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(todo) && !late[w]; i += workers {
				if late[w] = !c.g.more(); !late[w] {
					values[i] = c.g.saves(c.ranks(todo[i]))
				}
			}
		})
	}
	wg.Wait()
	if slices.Contains(late, true) {
		return false
	}
	for i, part := range todo {
		c.known[part] = values[i]
	}
	return true
}

func (c *part64) ranks(set uint64) []int {
	var out []int
	for ; set != 0; set &= set - 1 {
		out = append(out, c.members[bits.TrailingZeros64(set)])
	}
	return out
}

// value is what a coalition saves by what is known, between nothing and what all do.
func (c *part64) value(set uint64) int64 {
	if set == c.all() && !c.some {
		return c.saving
	}
	v := int64(0)
	for set != 0 {
		part := c.first(set)
		set &^= part
		v += max(0, c.known[part])
	}
	return min(v, max(0, c.saving))
}

// play computes the shares of the component: exactly where all its coalitions are to be planned, otherwise from as many
// pairs of orders, each the other's reverse, as the budget allows, two at least.
func (c *part64) play(budget int, out *shares) (how string, ok bool) {
	n := len(c.members)
	exact := c.count >= 0
	pairs := min(mostPairs, max(2, budget/max(1, 2*(n-2))))
	if exact {
		pairs = firstPairs
		if n <= 5 {
			pairs = 0
		}
	}
	mean, square := make([]float64, n), make([]float64, n)
	rng := rand.New(rand.NewPCG(c.g.s.opt.Seed, uint64(c.members[0])))
	done := 0
	for ; done < pairs; done++ {
		order := rng.Perm(n)
		sets := prefixes(order)
		slices.Reverse(order)
		sets = append(sets, prefixes(order)...)
		if !c.solve(sets) {
			break
		}
		gain := make([]float64, n)
		c.walk(order, gain)
		slices.Reverse(order)
		c.walk(order, gain)
		for i, x := range gain {
			mean[i] += x / 2
			square[i] += x * x / 4
		}
	}
	if exact && (done == pairs || pairs == 0) {
		var sets []uint64
		for set := uint64(1); set < c.all(); set++ {
			sets = append(sets, set)
		}
		if c.solve(sets) {
			for i, x := range c.exact() {
				out.saving[c.members[i]] = x
			}
			return SharesExact, true
		}
	}
	if done < 2 {
		return "", false
	}
	k := float64(done)
	for i, p := range c.members {
		out.saving[p] = mean[i] / k
		out.err[p] = math.Sqrt(max(0, square[i]/k-mean[i]/k*mean[i]/k) / (k - 1))
	}
	return SharesSampled, true
}

func prefixes(order []int) []uint64 {
	var out []uint64
	set := uint64(0)
	for _, i := range order {
		set |= 1 << i
		out = append(out, set)
	}
	return out
}

// walk adds what each saves who joins in the order.
func (c *part64) walk(order []int, gain []float64) {
	set, before := uint64(0), int64(0)
	for _, i := range order {
		set |= 1 << i
		v := c.value(set)
		if set != c.all() {
			v = max(v, before)
		}
		gain[i] += float64(v - before)
		before = v
	}
}

// exact is the Shapley value over all coalitions.
func (c *part64) exact() []float64 {
	n := len(c.members)
	v := make([]int64, 1<<n)
	for set := uint64(1); set <= c.all(); set++ {
		v[set] = c.value(set)
		if set == c.all() {
			break
		}
		for s := (set - 1) & set; s > set&^s; s = (s - 1) & set { // 3ⁿ/2 divisions into two, half a million for 12 players
			v[set] = max(v[set], v[s]+v[set&^s])
		}
		v[set] = min(v[set], max(0, c.saving))
	}
	weight := make([]float64, n) // by size of the coalition that is joined: s!(n−s−1)!/n!
	for s := range weight {
		weight[s] = 1 / float64(n)
		for i := 1; i <= s; i++ {
			weight[s] *= float64(i) / float64(n-i)
		}
	}
	out := make([]float64, n)
	for set := uint64(0); set < c.all(); set++ {
		w := weight[bits.OnesCount64(set)]
		for i := range n {
			if set>>i&1 == 0 {
				out[i] += w * float64(v[set|1<<i]-v[set])
			}
		}
	}
	return out
}

// saves is what a coalition of producers saves when it plans by itself.
func (g *game) saves(ranks []int) int64 {
	m := g.m
	in := make([]bool, len(g.alone))
	alone := int64(0)
	for _, p := range ranks {
		in[p] = true
		alone += g.alone[p]
	}
	// the plan, less what is not of the coalition
	d := g.d.clone()
	for n := range d.rounds {
		r := &d.rounds[n]
		switch {
		case in[g.drive[n]]:
		case r.base < 0:
			r.stops = nil
		default:
			var own []int32
			for k, i := range r.stops {
				if k == 0 || k == len(r.stops)-1 || d.stops[i].own >= 0 {
					own = append(own, i)
				}
			}
			r.stops = own
		}
	}
	d.ways = make([][]draftLeg, len(d.parcels))
	var parcels []int
	for _, p := range ranks {
		for _, c := range g.of[p] {
			parcels = append(parcels, c)
			if w := g.d.ways[c]; !slices.ContainsFunc(w, func(l draftLeg) bool { return !in[g.drive[g.d.round(l)]] }) {
				d.ways[c] = w
			}
		}
	}
	slices.Sort(parcels)
	var vehicles []int
	for _, v := range m.vehicles {
		if slices.ContainsFunc(m.driversOf[v], func(p int) bool { return in[m.producerRank[p]] }) {
			vehicles = append(vehicles, v)
		}
	}
	g.build.Lock()
	f := m.frame(d, vehicles, parcels)
	g.build.Unlock()
	for r := range f.p.Routes {
		if x := &f.p.Routes[r]; !in[x.Owner] {
			x.Frozen, x.Carries = true, make([]bool, len(in))
		}
	}
	for v := range f.p.Vehicles {
		if x := &f.p.Vehicles[v]; !in[x.Owner] {
			x.Free = nil
		}
	}
	sol, _ := search.Search(f.p, f.start, search.Options{Seed: g.s.opt.Seed, Workers: 1, Iterations: 16 + len(parcels)/8})
	f.adopt(d, sol)
	need := m.burdens(d, m.all()) + int64(m.events(d, m.all()))*int64(m.transfer())
	for _, c := range parcels {
		if len(d.ways[c]) == 0 {
			need += g.left[c]
		}
	}
	return alone - need
}
