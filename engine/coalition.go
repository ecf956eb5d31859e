package engine

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// players are up to 64 producers who play together; coalitions are sets of bits.
type players struct {
	g       *game
	m       *model // the game's, with quick answers to what travel they need
	ranks   []int
	bit     map[int]uint64 // by rank
	near    []uint64
	saving  int64            // of all of them; whole: not known, all are a coalition like any other
	base    *draft           // what the plan does with their vehicles and goods alone
	maker   []uint64         // by parcel of base
	left    []int64          // by parcel, as in the game
	out     []bool           // by parcel: it rides with others in the plan
	known   map[uint64]int64 // what connected coalitions save
	planned int              // how many plans that took
	search  bool             // each plan is searched further
}

// whole is for players of whom it is not known what all save.
const whole = math.MaxInt64

// players sets up a game of some producers, by ascending rank.
func (g *game) players(ranks []int, near []map[int]int, saving int64) *players {
	m := *g.m
	c := &players{g: g, m: &m, ranks: ranks, bit: map[int]uint64{}, near: make([]uint64, len(ranks)), saving: saving, base: &draft{timed: true}, known: map[uint64]int64{}}
	for i, p := range ranks {
		c.bit[p] = 1 << i
		for j, q := range ranks {
			if near[p][q] > 0 {
				c.near[i] |= 1 << j
			}
		}
	}
	number := map[int]int{} // by round of the plan: of base
	stop := map[int32]int32{}
	places := map[int]bool{}
	for i := range m.week.Places {
		if len(m.week.Places) <= allPlaces {
			places[i] = true
		}
	}
	b := c.base
	for _, v := range c.vehicles(c.all()) {
		places[m.home(v)] = true
		for _, n := range g.rounds[v] {
			r := g.d.rounds[n]
			number[n] = len(b.rounds)
			stops := make([]int32, len(r.stops))
			for k, i := range r.stops {
				s := g.d.stops[i]
				s.round = number[n]
				stop[i], stops[k] = int32(len(b.stops)), int32(len(b.stops))
				b.stops = append(b.stops, s)
				places[s.place] = true
			}
			r.stops = stops
			b.rounds = append(b.rounds, r)
		}
	}
	for _, p := range ranks {
		for _, n := range g.of[p] {
			x := g.d.parcels[n]
			var way []draftLeg
			for _, l := range g.d.ways[n] {
				from, inside := stop[l.from]
				if !inside {
					way = nil
					break
				}
				way = append(way, draftLeg{from, stop[l.to]})
			}
			b.parcels, b.ways = append(b.parcels, x), append(b.ways, way)
			c.maker, c.left, c.out = append(c.maker, c.bit[p]), append(c.left, g.left[n]), append(c.out, way == nil && len(g.d.ways[n]) > 0)
			places[m.origin(x)], places[m.goal(x)] = true, true
		}
	}
	m.remember(places, c.vehicles(c.all()))
	return c
}

// vehicles are those that members of a coalition drive.
func (c *players) vehicles(set uint64) []int {
	var out []int
	for ; set != 0; set &= set - 1 {
		for _, v := range c.m.vehiclesOf[c.m.producers[c.ranks[bits.TrailingZeros64(set)]]] {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	slices.SortFunc(out, func(a, b int) int { return cmp.Compare(c.m.week.Vehicles[a].ID, c.m.week.Vehicles[b].ID) })
	return out
}

func (c *players) all() uint64 { return ^uint64(0) >> (64 - len(c.ranks)) }

// first is the connected part of a coalition that holds its lowest member.
func (c *players) first(set uint64) uint64 {
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

// needed is how many coalitions are to be planned for the exact value; −1: there are too many players for that.
func (c *players) needed() int {
	if len(c.ranks) > exactPlayers {
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

// value is what a coalition saves by what is known, between nothing and what all do.
func (c *players) value(set uint64) int64 {
	if set == c.all() && c.saving != whole {
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

// plan plans a coalition from the plan of a larger one: what those have driven who leave is put on its cheapest ways, and
// what is around is improved a little. It gives the plan and what the coalition saves.
func (c *players) plan(from *draft, set uint64) (*draft, int64) {
	m, d := c.m, from.clone()
	inside := make([]bool, len(d.rounds))
	for n := range d.rounds {
		r := &d.rounds[n]
		if inside[n] = c.bit[m.driver(r)]&set != 0; inside[n] {
			continue
		}
		var own []int32
		for k, i := range r.stops {
			if r.base >= 0 && (k == 0 || k == len(r.stops)-1 || d.stops[i].own >= 0) {
				own = append(own, i)
			} else {
				d.unused = append(d.unused, i)
			}
		}
		r.stops = own
	}
	var parcels []int
	anew := make([]bool, len(d.parcels))
	for x, w := range d.ways {
		if c.maker[x]&set == 0 {
			d.ways[x] = nil
			continue
		}
		parcels = append(parcels, x)
		anew[x] = c.out[x] && len(w) == 0
		for _, l := range w {
			if !inside[d.round(l)] {
				d.ways[x], anew[x] = nil, true
			}
		}
	}
	f := m.frame(d, c.vehicles(set), parcels)
	for r := range f.p.Routes {
		if x := &f.p.Routes[r]; c.bit[int(x.Owner)]&set == 0 {
			x.Frozen, x.Carries = true, make([]bool, len(m.producers))
		}
	}
	for v := range f.p.Vehicles {
		if x := &f.p.Vehicles[v]; c.bit[int(x.Owner)]&set == 0 {
			x.Free = nil
		}
	}
	var faint []int32
	count := 0
	for k, x := range f.parcels {
		if anew[x] {
			count++
		} else if len(d.ways[x]) == 0 {
			faint = append(faint, int32(k))
		}
	}
	sol := search.Mend(f.p, f.start, search.MendOptions{Seed: c.g.s.opt.Seed, Iterations: (count + 1) / 2, Faint: faint, Stop: c.g.s.stop}).Solution
	if sol == nil { // a detour that is shorter than the direct way
		sol, _ = search.Search(f.p, nil, search.Options{})
	}
	if c.search {
		sol, _ = search.Search(f.p, sol, search.Options{Seed: c.g.s.opt.Seed, Iterations: 16 + len(parcels)/8, Stop: c.g.s.stop})
	}
	f.adopt(d, sol)
	need := m.burdens(d, m.all()) + int64(m.events(d, m.all()))*int64(m.transfer())
	for _, x := range parcels {
		if len(d.ways[x]) == 0 {
			need += c.left[x]
		}
	}
	alone := int64(0)
	for rest := set; rest != 0; rest &= rest - 1 {
		alone += c.g.alone[c.ranks[bits.TrailingZeros64(rest)]]
	}
	return d, alone - need
}

// seek plans the connected parts of a coalition that are not known, from the plan of a larger one. It gives the plan from
// which one inside it can be planned, and reports whether there was time.
func (c *players) seek(from *draft, set uint64, found map[uint64]int64) (*draft, bool) {
	next := from
	for rest := set; rest != 0; {
		part := c.first(rest)
		rest &^= part
		_, before := c.known[part]
		if _, now := found[part]; before || now || part&(part-1) == 0 {
			continue
		}
		if !c.g.more() {
			return nil, false
		}
		d, v := c.plan(from, part)
		if found[part] = v; part == set {
			next = d
		}
	}
	return next, true
}

// learn adds what tasks have found, where several have the first.
func (c *players) learn(found []map[uint64]int64) {
	for _, some := range found {
		for set, v := range some {
			if _, ok := c.known[set]; !ok {
				c.known[set] = v
			}
		}
		c.planned += len(some)
	}
}

// How orders are drawn: some at once, and each is walked from several of its players on, round to the one before, forth
// and back. So everybody comes early and late equally often, and most of the coalitions serve two walks. On weeks of 12
// whose value is known exactly the error is two thirds of that of as many coalitions in orders and their reverse alone.
const (
	ordersAtOnce = 4
	turns        = 4
)

// searched is how many plans of a budget one counts for that is searched further, longer how many times as long it takes
// at most.
const (
	searched = 4
	longer   = 20
)

// play computes the shares of all players: exactly where the budget and the time allow, otherwise from as many orders as
// they do.
func (c *players) play(budget int, out *shares) {
	n, timed, needed := len(c.ranks), c.g.timed(), c.needed()
	can := needed >= 0 && needed <= budget
	if can && (!timed || n <= atOnce) {
		c.search = !timed && needed <= budget/searched
		if c.solve() {
			c.exact(out)
			return
		}
		c.search = false
	}
	var sums []tally // by order
	rng := rand.New(rand.NewPCG(c.g.s.opt.Seed, uint64(c.ranks[0])))
	for len(sums) < mostSamples {
		some := min(ordersAtOnce, (budget-c.planned)/max(1, 2*(n-2)))
		if some < 1 {
			break
		}
		orders := make([][]int, some)
		for k := range orders {
			orders[k] = rng.Perm(n)
			sums = append(sums, tally{make([]float64, n), make([]float64, n), 0})
		}
		for turn := 0; turn < turns && (turn == 0 || c.planned+some*2*(n-2) <= budget); turn++ {
			began := c.g.now()
			if !c.walkAll(orders, sums[len(sums)-some:]) {
				c.mean(sums, out)
				return
			}
			if each := (c.g.now() - began) / float64(max(1, c.planned)); timed && can && turn == 0 && len(sums) == some &&
				c.g.now()+1.2*each*float64(needed) < c.g.until && c.solve() {
				c.exact(out)
				return
			}
			by := n / turns
			if turn%2 == 0 {
				by = n / 2
			}
			for k, o := range orders {
				orders[k] = slices.Concat(o[by:], o[:by])
			}
		}
	}
	c.mean(sums, out)
}

// tally is what each player has saved by joining in walks of an order forth and, apart from these, back.
type tally struct {
	forth, back []float64
	walks       float64 // each way
}

// walkAll walks some orders forth and back, side by side, and adds up what that tells. It reports whether there was time
// for all.
func (c *players) walkAll(orders [][]int, sums []tally) bool {
	found, ok := make([]map[uint64]int64, 2*len(orders)), make([]bool, 2*len(orders))
	c.g.s.sideBySide(len(found), func(k int) {
		order := slices.Clone(orders[k/2])
		if k%2 > 0 {
			slices.Reverse(order)
		}
		found[k] = map[uint64]int64{}
		from, set := c.base, c.all()
		ok[k] = true
		for i := len(order) - 1; i > 1 && ok[k]; i-- {
			set &^= 1 << order[i]
			from, ok[k] = c.seek(from, set, found[k])
		}
	})
	c.learn(found)
	for k, o := range orders {
		if ok[2*k] && ok[2*k+1] {
			c.walk(o, sums[k].forth)
			back := slices.Clone(o)
			slices.Reverse(back)
			c.walk(back, sums[k].back)
			sums[k].walks++
		}
	}
	return !slices.Contains(ok, false)
}

// walk adds what each saves who joins in the order.
func (c *players) walk(order []int, gain []float64) {
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

// mean is the shares by what walks have told.
func (c *players) mean(sums []tally, out *shares) {
	sums = slices.DeleteFunc(sums, func(x tally) bool { return x.walks == 0 })
	if len(sums) == 0 {
		c.g.asPlanned(c.ranks, c.saving, out)
		out.by(SharesPlanned)
		return
	}
	out.by(SharesSampled)
	for i, p := range c.ranks {
		var forth, back []float64
		for _, x := range sums {
			forth, back = append(forth, x.forth[i]/x.walks), append(back, x.back[i]/x.walks)
		}
		out.saving[p], out.err[p] = estimate(forth, back)
	}
}

// estimate is the mean of what orders and their reverses tell, and its standard error: by orders, which are independent of
// one another, or where there is only one by it and its reverse, which errs less than two that are independent.
func estimate(forth, back []float64) (mean, err float64) {
	samples := slices.Concat(forth, back)
	if n := len(forth); n > 1 {
		samples = samples[:n]
		for i := range samples {
			samples[i] = (forth[i] + back[i]) / 2
		}
	}
	n := float64(len(samples))
	for _, x := range samples {
		mean += x / n
	}
	for _, x := range samples {
		err += (x - mean) * (x - mean) / n / (n - 1)
	}
	return mean, math.Sqrt(err)
}

// joins is what one player saves by joining those before them in an order drawn at random, and in its reverse.
func (c *players) joins(at int, rng *rand.Rand) (forth, back float64, ok bool) {
	before := uint64(0)
	for _, i := range rng.Perm(len(c.ranks)) {
		if i == at {
			break
		}
		before |= 1 << i
	}
	found := map[uint64]int64{}
	for _, set := range [2]uint64{before, c.all() &^ before &^ (1 << at)} {
		from, more := c.seek(c.base, set|1<<at, found)
		if more {
			_, more = c.seek(from, set, found)
		}
		if !more {
			return 0, 0, false
		}
		c.learn([]map[uint64]int64{found})
		forth, back = back, float64(max(0, c.value(set|1<<at)-c.value(set)))
	}
	return forth, back, true
}

// solve plans all coalitions that are not known yet, each from that of one player more, and, where the time is long, all
// of them again with a search. It reports whether there was time for the former.
func (c *players) solve() bool {
	began := c.g.now()
	if !c.planAll() {
		return false
	}
	if now := c.g.now(); c.g.timed() && now+longer*(now-began) < c.g.until {
		quick := c.known
		c.known, c.search = map[uint64]int64{}, true
		if !c.planAll() {
			c.known = quick
		}
		for set, v := range quick {
			c.known[set] = max(v, c.known[set])
		}
	}
	return true
}

// planAll plans all coalitions that are not known. It reports whether there was time.
func (c *players) planAll() bool {
	n := len(c.ranks)
	first, ok := make([]*draft, n), make([]bool, n)
	found := make([]map[uint64]int64, n)
	c.g.s.sideBySide(n, func(i int) {
		found[i] = map[uint64]int64{}
		first[i], ok[i] = c.seek(c.base, c.all()&^(1<<i), found[i])
	})
	c.learn(found)
	if slices.Contains(ok, false) {
		return false
	}
	var tasks [][2]int
	for i := range n {
		for j := i + 1; j < n; j++ {
			tasks = append(tasks, [2]int{i, j})
		}
	}
	found, ok = make([]map[uint64]int64, len(tasks)), make([]bool, len(tasks))
	c.g.s.sideBySide(len(tasks), func(k int) {
		i, j := tasks[k][0], tasks[k][1]
		found[k] = map[uint64]int64{}
		ok[k] = c.descend(first[i], c.all()&^(1<<i), j, j+1, found[k])
	})
	c.learn(found)
	return !slices.Contains(ok, false)
}

// descend plans the coalitions inside one that are without one of the players from..to−1 and then any that come later.
func (c *players) descend(plan *draft, set uint64, from, to int, found map[uint64]int64) bool {
	for i := from; i < to; i++ {
		less := set &^ (1 << i)
		next, ok := c.seek(plan, less, found)
		if !ok || !c.descend(next, less, i+1, len(c.ranks), found) {
			return false
		}
	}
	return true
}

// exact is the shares by the values of all coalitions, which are known.
func (c *players) exact(out *shares) {
	v := make([]int64, 1<<len(c.ranks))
	for set := range uint64(len(v)) {
		v[set] = c.value(set)
		for s := (set - 1) & set; s > set&^s && set < c.all(); s = (s - 1) & set { // 3ⁿ/2 divisions into two, a quarter of a million for 12 players
			v[set] = max(v[set], v[s]+v[set&^s])
		}
		if set < c.all() {
			v[set] = min(v[set], max(0, c.saving))
		}
	}
	for i, x := range shapley(len(c.ranks), v) {
		out.saving[c.ranks[i]] = x
	}
}

// shapley is the Shapley value of a game of n players, given what each coalition is worth.
func shapley(n int, v []int64) []float64 {
	weight := make([]float64, n) // by size of the coalition that is joined: s!(n−s−1)!/n!
	for s := range weight {
		weight[s] = 1 / float64(n)
		for i := 1; i <= s; i++ {
			weight[s] *= float64(i) / float64(n-i)
		}
	}
	out := make([]float64, n)
	for set := range v {
		for i := range n {
			if set>>i&1 == 0 {
				out[i] += weight[bits.OnesCount(uint(set))] * float64(v[set|1<<i]-v[set])
			}
		}
	}
	return out
}

// remembered is travel between some places, asked once.
type remembered struct {
	at            []int32 // by place; −1: not among them
	metres, times [][]float64
	others        geo.Travel
}

// remember writes down what frames of some vehicles ask about some places.
func (m *model) remember(places map[int]bool, vehicles []int) {
	if limit := m.week.Settings.OthersWithinM; limit != nil {
		m.reach = map[int][]bool{}
		for _, v := range vehicles {
			m.reach[v] = make([]bool, len(m.week.Places))
			for i := range places {
				m.reach[v][i] = m.within(m.home(v), i, *limit)
			}
		}
	}
	if _, table := m.travel.(*geo.Table); table {
		return
	}
	t := &remembered{at: slices.Repeat([]int32{-1}, len(m.week.Places)), others: m.travel}
	var list []int
	for i := range places {
		t.at[i] = int32(len(list))
		list = append(list, i)
	}
	for _, i := range list {
		metres, times := make([]float64, len(list)), make([]float64, len(list))
		for k, j := range list {
			metres[k], times[k] = m.travel.Between(i, j)
		}
		t.metres, t.times = append(t.metres, metres), append(t.times, times)
	}
	m.travel = t
}

// Between implements geo.Travel.
func (t *remembered) Between(from, to int) (metres, seconds float64) {
	i, j := t.at[from], t.at[to]
	if i < 0 || j < 0 {
		return t.others.Between(from, to)
	}
	return t.metres[i][j], t.times[i][j]
}
