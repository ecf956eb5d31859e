package engine

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"carriole/engine/internal/bound"
	"carriole/geo"
)

const earth = 6378137.0 // radius, m

// globe is a lower bound of the ways between places that is quick to ask for: straight lines through the earth, of which
// no way on is shorter than the straight one.
type globe struct {
	at     [][3]float64 // on a sphere of radius 1 m
	metres float64      // of a way at least, to each metre of a straight line
	secs   float64      // seconds likewise
	less   float64      // seconds that a way may take less than that: no more than service takes at any place
}

func (g *globe) line(i, j int) float64 {
	a, b := &g.at[i], &g.at[j]
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return math.Sqrt(x*x + y*y + z*z)
}

func (g *globe) level(i, j int) float64 { return g.metres * g.line(i, j) }

// seconds is no more than any way from i to j takes with service at the stops between.
func (g *globe) seconds(i, j int) float64 { return max(0, g.secs*g.line(i, j)-g.less-boundSlack) }

// newGlobe asks for all ways, or where they are as the crow flies for the short ones alone. Places between which there is
// no distance at all are in one spot.
func (m *model) newGlobe() (g *globe, whole bool) {
	w := m.week
	n := len(w.Places)
	g = &globe{at: make([][3]float64, n), metres: math.Inf(1), secs: math.Inf(1), less: 0.6}
	order := make([]int, n)
	for i := range n {
		p := m.point(i)
		lon, lat := p[0]*math.Pi/180, p[1]*math.Pi/180
		g.at[i] = [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
		g.less = min(g.less, w.Places[i].StopSeconds())
		order[i] = i
	}
	whole = true
	near := math.Inf(1) // pairs farther from one another need not be asked for
	if s := geo.SourceOf(m.travel); s.Kind == geo.KindCrow && s.Factor > 0 && s.Speed > 0 {
		// A great circle is no shorter than the line, and rounding, and moving places to one spot, takes away some metres.
		const short, lost = 5000, 10
		near = short / earth
		g.metres = (s.Factor*short - lost) / near
		g.secs = g.metres/s.Speed - 0.5/near
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(g.at[i][2], g.at[j][2]), cmp.Compare(i, j)) })
	pairs := func(do func(i, j int)) {
		for a, i := range order {
			for _, j := range order[a+1:] {
				if g.at[j][2]-g.at[i][2] > near {
					break
				}
				if g.line(i, j) <= near {
					do(i, j)
				}
			}
		}
	}
	pairs(func(i, j int) {
		d, _ := m.travel.Between(i, j)
		if e, _ := m.travel.Between(j, i); min(d, e) <= 0 {
			g.at[j] = g.at[i]
		}
	})
	pairs(func(i, j int) {
		x := g.line(i, j)
		for _, way := range [2][2]int{{i, j}, {j, i}} {
			d, t := m.travel.Between(way[0], way[1])
			whole = whole && d == math.Trunc(d)
			if x > 0 {
				g.metres, g.secs = min(g.metres, d/x), min(g.secs, (t+g.less)/x)
			}
		}
	})
	if math.IsInf(g.metres, 1) {
		g.metres, g.secs = 0, 0 // all in one spot
	}
	const rounding = 1 - 1e-9
	g.metres, g.secs = g.metres*rounding, g.secs*rounding
	return g, whole
}

// least is what the shortest way from a to b costs, exactly.
func (g *globe) least(t geo.Travel, a, b int) float64 {
	straight, _ := t.Between(a, b)
	// only what lies on a way that may be shorter
	at := []int{a}
	for x := range g.at {
		if x != a && x != b && g.level(a, x)+g.level(x, b) < straight {
			at = append(at, x)
		}
	}
	at = append(at, b)
	n := len(at)
	cost, done := make([]float64, n), make([]bool, n)
	for i := range cost {
		cost[i] = math.Inf(1)
	}
	cost[0] = 0
	for {
		i := -1
		for k := range n {
			if !done[k] && (i < 0 || cost[k] < cost[i]) {
				i = k
			}
		}
		if i == n-1 {
			return cost[i]
		}
		done[i] = true
		for k := range n {
			if !done[k] && cost[i]+g.level(at[i], at[k]) < cost[k] {
				d, _ := t.Between(at[i], at[k])
				cost[k] = min(cost[k], cost[i]+d)
			}
		}
	}
}

// area is some places, and what lies in no other area.
type area struct {
	places []int
	middle int // one of them
	radius float64
}

// areas divides the places into areas of no more than size places where they lie the farthest from one another.
func (m *model) areas(g *globe, size int) []area {
	all := make([]int, len(m.week.Places))
	for i := range all {
		all[i] = i
	}
	var out []area
	var divide func(some []int)
	divide = func(some []int) {
		low, high := g.at[some[0]], g.at[some[0]]
		for _, i := range some {
			for k := range low {
				low[k], high[k] = min(low[k], g.at[i][k]), max(high[k], g.at[i][k])
			}
		}
		axis := 0
		for k := range low {
			if high[k]-low[k] > high[axis]-low[axis] {
				axis = k
			}
		}
		if len(some) <= size {
			a := area{places: some}
			var centre [3]float64
			for k := range centre {
				centre[k] = (low[k] + high[k]) / 2
			}
			a.middle = slices.MinFunc(some, func(i, j int) int { return cmp.Compare(apart(g.at[i], centre), apart(g.at[j], centre)) })
			for _, i := range some {
				a.radius = max(a.radius, g.line(a.middle, i))
			}
			out = append(out, a)
			return
		}
		slices.SortFunc(some, func(i, j int) int { return cmp.Or(cmp.Compare(g.at[i][axis], g.at[j][axis]), cmp.Compare(i, j)) })
		cut := len(some) / 2
		for i := len(some) / 4; i <= len(some)*3/4; i++ {
			if i > 0 && g.at[some[i]][axis]-g.at[some[i-1]][axis] > g.at[some[cut]][axis]-g.at[some[cut-1]][axis] {
				cut = i
			}
		}
		divide(some[:cut:cut])
		divide(some[cut:])
	}
	divide(all)
	return out
}

func apart(a, b [3]float64) float64 {
	return (a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2])
}

// atlas is a week divided into areas.
type atlas struct {
	*bounder
	g      *globe
	areas  []area
	of     []int     // by place: its area
	border []float64 // by place: how far it is to the nearest of another area, as a level
	brings [][]int   // by area: goods that go there
	buyers []map[int]bool
}

// proveAreas proves a bound that looks at one area after another.
func (m *model) proveAreas(size, tries int, stopped func(part float64) bool) *proof {
	g, whole := m.newGlobe()
	t := &atlas{g: g, areas: m.areas(g, size)}
	t.bounder = m.newBounder(func(i, j int) float64 { return g.least(m.travel, i, j) }, g.seconds)
	t.survey()
	n := len(t.goods)
	res := bound.Result{Share: make([]float64, n), Never: make([]bool, n)}
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := 0
	from := 0.0 // share of the time that is used up
	for stopped(from) && from < 1 {
		from += 0.01
	}
	for range 2 {
		wg.Go(func() {
			for {
				mu.Lock()
				k := next
				next++
				mu.Unlock()
				if k >= len(t.areas) || stopped(1) {
					return
				}
				if len(t.brings[k]) == 0 {
					continue
				}
				until := from + (1-from)*float64(k+1)/float64(len(t.areas))
				begin := from + (1-from)*float64(max(0, k-1))/float64(len(t.areas))
				r, ok := bound.Bound(t.problem(k), max(1, tries), func(part float64) bool { return stopped(begin + (until-begin)*part) })
				if !ok {
					continue
				}
				for i, x := range t.brings[k] {
					res.Share[x], res.Never[x] = r.Share[i], r.Never[i]
				}
			}
		})
	}
	wg.Wait()
	return t.proof(res, whole)
}

// survey finds what each slot has to do with its own area and with others.
func (t *atlas) survey() {
	n := len(t.places)
	t.of, t.border = make([]int, n), make([]float64, n)
	for k := range t.areas {
		for _, i := range t.areas[k].places {
			t.of[i] = k
		}
	}
	for i := range n {
		least := math.Inf(1)
		for j := range n {
			if t.of[j] != t.of[i] {
				least = min(least, apart(t.g.at[i], t.g.at[j]))
			}
		}
		t.border[i] = t.g.metres * math.Sqrt(least)
	}
	t.brings, t.buyers = make([][]int, len(t.areas)), make([]map[int]bool, len(t.areas))
	for k := range t.buyers {
		t.buyers[k] = map[int]bool{}
	}
	for x := range t.goods {
		k := t.of[t.goods[x].To]
		t.brings[k] = append(t.brings[k], x)
		t.buyers[k][t.goods[x].Owner] = true
	}
	for s := range t.slots {
		x := &t.slots[s]
		gain := t.loose(x)
		for k := range x.Legs {
			a, b := x.Stops[k].Place, x.Stops[k+1].Place
			if t.of[a] == t.of[b] && t.border[a]+t.border[b]-t.g.level(a, b) > x.Most+gain {
				continue // it cannot leave
			}
			x.Legs[k].Out = true
			x.Legs[k].Cap = min(t.border[a], t.border[b]) / 2
		}
	}
}

// loose is by how much levels say less than the round costs as it is.
func (t *atlas) loose(x *bound.Slot) float64 {
	sum := x.Base
	for k := range x.Legs {
		sum -= t.g.level(x.Stops[k].Place, x.Stops[k+1].Place)
	}
	return max(0, sum)
}

// How a slot counts in an area.
const (
	notThere   = iota
	asStranger // one of many who come from elsewhere
	asItself
)

// role says how a slot counts in an area, and as a stranger how much less than their prices its detours may cost.
func (t *atlas) role(k, s int) (role int, short float64) {
	x, a := &t.slots[s], &t.areas[k]
	for i := range x.Stops {
		if t.of[x.Stops[i].Place] == k {
			return asItself, 0
		}
	}
	if x.Frozen {
		return notThere, 0
	}
	if limit := t.m.week.Settings.OthersWithinM; limit != nil && !t.buyers[k][x.Owner] {
		v, _ := t.driver(s)
		if (t.g.line(t.m.home(v), a.middle)-a.radius)*earth > *limit+2*checkSlack {
			return notThere, 0
		}
	}
	gain := t.loose(x)
	far := func(i int) float64 { return max(0, t.g.metres*(t.g.line(i, a.middle)-a.radius)) }
	for i := range x.Legs {
		from, to := x.Stops[i].Place, x.Stops[i+1].Place
		straight := t.g.level(from, to)
		if !x.Legs[i].Out || far(from)+far(to)-straight > x.Most+gain {
			continue
		}
		role = max(role, asStranger)
		short = max(short, x.Legs[i].Least-straight)
		if straight == 0 {
			continue
		}
		// Does the height of any place depend on how far it is from where the leg begins, or the price of coming from there?
		widest := 0.0
		for _, y := range a.places {
			widest = max(widest, t.border[y])
		}
		if room := far(from) - straight; room+x.Legs[i].Cap < widest {
			return asItself, 0
		}
	}
	return role, short
}

// problem is what there is to prove for an area.
func (t *atlas) problem(k int) *bound.Problem {
	a := &t.areas[k]
	p := &bound.Problem{Handover: t.m.week.Settings.HandoverMetres()}
	sites := slices.Clone(a.places)
	local := map[int]int{}
	for i, x := range sites {
		local[x] = i
	}
	site := func(x int) int {
		i, ok := local[x]
		if !ok {
			i = len(sites)
			local[x] = i
			sites = append(sites, x)
		}
		return i
	}
	type crowd struct {
		trips bool
		day   float64
	}
	crowds := map[crowd]int{}
	var who [][]int // by slot of the area: the week's
	var lone []bool
	for s := range t.slots {
		role, short := t.role(k, s)
		x := &t.slots[s]
		switch role {
		case asItself:
			y := *x
			y.Near = nil
			y.Stops = slices.Clone(x.Stops)
			for i := range y.Stops {
				y.Stops[i].Place = site(y.Stops[i].Place)
			}
			p.Slots = append(p.Slots, y)
			who, lone = append(who, []int{s}), append(lone, true)
		case asStranger:
			from, to := x.Stops[0].Open, x.Stops[len(x.Stops)-1].Close
			c := crowd{x.Trip, math.Floor(from / 86400)}
			i, ok := crowds[c]
			if !ok {
				i = len(p.Slots)
				crowds[c] = i
				p.Slots = append(p.Slots, bound.Slot{Trip: true, Most: math.Inf(1), Longer: math.Inf(1), Owner: -1, Legs: []bound.Leg{{}}, Stops: []bound.Stop{
					{Place: -1, Open: from, Close: math.Inf(1)}, {Place: -1, Open: math.Inf(-1), Close: to}}})
				who, lone = append(who, nil), append(lone, false)
			}
			y := &p.Slots[i]
			y.Stops[0].Open, y.Stops[1].Close = min(y.Stops[0].Open, from), max(y.Stops[1].Close, to)
			y.Short = max(y.Short, short)
			who[i] = append(who[i], s)
		}
	}
	p.Outside = len(sites)
	for s := range p.Slots {
		if !lone[s] {
			p.Slots[s].Stops[0].Place, p.Slots[s].Stops[1].Place = p.Outside, p.Outside
		}
	}
	n := len(sites) + 1
	for i, x := range sites {
		at := t.places[x]
		if i >= len(a.places) {
			at = bound.Place{Away: true, Store: ^uint8(0)}
		}
		at.Border = t.border[x]
		p.Places = append(p.Places, at)
	}
	p.Places = append(p.Places, bound.Place{Away: true, Store: ^uint8(0)})
	p.Cost, p.Level, p.Secs = make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	for i, x := range sites {
		for j, y := range sites {
			if i == j {
				continue
			}
			p.Level[i*n+j], p.Secs[i*n+j] = t.g.level(x, y), t.g.seconds(x, y)
			if i < len(a.places) || j < len(a.places) {
				p.Cost[i*n+j], _ = t.m.travel.Between(x, y)
			}
		}
		p.Cost[p.Outside*n+i] = p.Places[i].Border
	}
	t.addFreight(p, k, sites, who, lone)
	return p
}

// addFreight adds the goods of an area, and who may carry them.
func (t *atlas) addFreight(p *bound.Problem, k int, sites []int, who [][]int, lone []bool) {
	near := make([][]bool, len(who)) // by slot and place; nil: everywhere
	if limit := t.m.week.Settings.OthersWithinM; limit != nil {
		for s := range who {
			if !lone[s] {
				continue
			}
			v, _ := t.driver(who[s][0])
			home := t.m.point(t.m.home(v))
			near[s] = make([]bool, len(p.Places))
			for i := range near[s] {
				near[s][i] = p.Places[i].Away || geo.GreatCircle(home, t.m.point(sites[i])) <= *limit+2*checkSlack
			}
		}
	}
	kinds := map[int]int{}
	var carry []func(slot, place int) bool
	for _, x := range t.brings[k] {
		g := t.goods[x]
		n, ok := kinds[g.Kind]
		if !ok {
			n = len(carry)
			kinds[g.Kind] = n
			may := make([]byte, len(who))
			for s := range who {
				for _, one := range who[s] {
					if may[s] = max(may[s], t.may(&t.kinds[g.Kind], one)); may[s] != mayNot {
						break
					}
				}
			}
			carry = append(carry, func(slot, place int) bool {
				return may[slot] == mayAnywhere || may[slot] == mayNear && (near[slot] == nil || near[slot][place])
			})
		}
		place := func(x int) int {
			if t.of[x] != k {
				return p.Outside
			}
			return slices.Index(sites, x)
		}
		g.From, g.To, g.Kind, g.Carry = place(g.From), place(g.To), n, carry[n]
		p.Goods = append(p.Goods, g)
	}
}
