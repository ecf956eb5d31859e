package engine

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"carriole/engine/internal/bound"
	"carriole/geo"
)

// boundSlack is what a plan may be early or over by and still be right: as Check, and a little more.
const boundSlack = checkSlack + 0.01

// proof is of a lower bound for all plans of a week; what it says of one depends on what that leaves unserved.
type proof struct {
	goods    []bound.Goods
	res      bound.Result
	never    float64 // kilograms that no plan serves
	constant float64 // added to the sum of the shares
	whole    bool    // every objective is a whole number of metres
}

// prove proves a lower bound; nil stands for none. The work grows with the number of places, goods and slots that can
// meet: a week of more places than whole is looked at by areas of no more than area.
func (m *model) prove(whole, area, tries int, stopped func(part float64) bool) *proof {
	switch {
	case tries < 0:
		return nil
	case len(m.week.Places) <= whole:
		return m.proveWhole(tries, stopped)
	default:
		return m.proveAreas(area, tries, stopped)
	}
}

// lost is how many kilograms every plan leaves behind at least.
func (r *proof) lost() float64 {
	kg := r.never
	for _, x := range r.res.Rivals {
		kg += x.Kg
	}
	return kg
}

// least is what every plan costs that leaves no more than so many kilograms behind.
func (r *proof) least(unserved float64) float64 {
	sum := r.constant
	for _, share := range r.res.Share {
		sum += share
	}
	sum -= r.res.Spared(r.goods, unserved-r.never) + 1e-3
	if r.whole {
		sum = math.Ceil(sum)
	}
	return sum
}

// write states the bound in a summary that is complete but for it.
func (r *proof) write(s *Summary) {
	if r == nil {
		return
	}
	s.LowerBound = r.least(s.UnservedKg) + 0 // no −0
	switch gap := (s.Objective - s.LowerBound) / s.Objective; {
	case s.Objective > 0 && s.LowerBound > 0:
		s.Gap = &gap
	case s.Objective == s.LowerBound:
		s.Gap = new(float64)
	}
}

// bounder makes the week a problem for the bound.
type bounder struct {
	m        *model
	places   []bound.Place
	slots    []bound.Slot
	limits   []bound.Limit
	goods    []bound.Goods          // all but Carry
	kinds    []freight              // by Goods.Kind
	trips    []int                  // by slot after the rounds: its vehicle
	secs     func(i, j int) float64 // no more than any way between two places takes
	least    func(i, j int) float64 // no more than any way between two places costs
	never    float64                // kilograms that are held back, or have no pickup point to go to
	constant float64                // what detours may save that are shorter than the straight way, at most: below 0
}

// newBounder prepares all but what the slots have to do with one another. No way between two places costs less than least
// says nor takes less than secs.
func (m *model) newBounder(least, secs func(i, j int) float64) *bounder {
	w := m.week
	b := &bounder{m: m, least: least, secs: secs}
	for i := range w.Places {
		x := &w.Places[i]
		at := bound.Place{Service: x.StopSeconds(), Meet: x.CanMeet()}
		for _, o := range x.Open {
			at.Open = append(at.Open, [2]float64{b.at(o[0].Unix()) - boundSlack, b.at(o[1].Unix()) + 1 + boundSlack})
		}
		slices.SortFunc(at.Open, func(a, b [2]float64) int {
			if a[0] < b[0] || a[0] == b[0] && a[1] < b[1] {
				return -1
			}
			return 1
		})
		for k, c := range Classes {
			if x.CanStore(c) {
				at.Store |= 1 << k
			}
		}
		b.places = append(b.places, at)
	}
	b.addSlots()
	b.addGoods()
	return b
}

// closed is the travel table with levels and seconds of shortest ways, and whether all distances are whole metres.
func (m *model) closed() (level, secs []float64, whole bool) {
	n := len(m.week.Places)
	level, secs = make([]float64, n*n), make([]float64, n*n)
	whole = true
	for i := range n {
		for j := range n {
			if i == j {
				continue
			}
			d, t := m.travel.Between(i, j)
			whole = whole && d == math.Trunc(d)
			level[i*n+j], secs[i*n+j] = d, max(0, t-boundSlack)
		}
	}
	bound.Close(n, level)
	bound.Close(n, secs)
	return level, secs, whole
}

// proveWhole proves a bound that looks at all places at once.
func (m *model) proveWhole(tries int, stopped func(part float64) bool) *proof {
	n := len(m.week.Places)
	level, secs, whole := m.closed()
	b := m.newBounder(func(i, j int) float64 { return level[i*n+j] }, func(i, j int) float64 { return secs[i*n+j] })
	p := &bound.Problem{Places: b.places, Cost: make([]float64, n*n), Level: level, Secs: secs, Outside: -1, Slots: b.slots, Limits: b.limits,
		Goods: b.goods, Handover: m.week.Settings.HandoverMetres()}
	for i := range n {
		for j := range n {
			if i != j {
				p.Cost[i*n+j], _ = m.travel.Between(i, j)
			}
		}
	}
	near := b.addNear()
	vehicle := make([]int, len(b.slots))
	for s := range vehicle {
		vehicle[s], _ = b.driver(s)
	}
	carry := make([]func(slot, place int) bool, len(b.kinds))
	for k := range b.kinds {
		may := make([]byte, len(b.slots))
		for s := range may {
			may[s] = b.may(&b.kinds[k], s)
		}
		carry[k] = func(slot, place int) bool {
			return may[slot] == mayAnywhere || may[slot] == mayNear && near[vehicle[slot]][place]
		}
	}
	for g := range b.goods {
		b.goods[g].Carry = carry[b.goods[g].Kind]
	}
	res, ok := bound.Bound(p, max(1, tries), stopped)
	if !ok {
		return nil
	}
	return b.proof(res, whole)
}

func (b *bounder) proof(res bound.Result, whole bool) *proof {
	h := b.m.week.Settings.HandoverMetres()
	r := &proof{goods: b.goods, res: res, never: b.never, constant: b.constant, whole: whole && h == math.Trunc(h)}
	for g := range r.goods {
		if res.Never[g] {
			r.never += r.goods[g].Kg
		}
	}
	return r
}

func (b *bounder) at(unix int64) float64 { return float64(unix - b.m.epoch) }

// addSlots adds the rounds in the week's order and then what time the vehicles have for trips.
func (b *bounder) addSlots() {
	w := b.m.week
	added := make([]float64, len(w.Producers)) // most that a producer may add
	for i := range added {
		added[i] = math.Inf(1)
		if x := w.Producers[i].MaxAddedM; x != nil {
			added[i] = *x + checkSlack
		}
	}
	gain := make([]float64, len(w.Rounds)) // most that detours might save a round
	for i := range w.Rounds {
		r := &w.Rounds[i]
		s := bound.Slot{Most: math.Inf(1), Longer: math.Inf(1), Frozen: r.Frozen, Owner: b.m.makers[r.Producer]}
		s.Stops = append(s.Stops, bound.Stop{Place: b.m.at[r.Start], Open: b.at(r.DepartAfter.Unix()) - boundSlack, Close: math.Inf(1)})
		for k := range r.Stops {
			x := &r.Stops[k]
			s.Stops = append(s.Stops, bound.Stop{Place: b.m.at[x.Place], Open: b.at(x.ArriveAfter.Unix()) - boundSlack, Close: b.at(x.ArriveBy.Unix()) + 1 + boundSlack, Stay: x.StayS - boundSlack})
		}
		s.Stops = append(s.Stops, bound.Stop{Place: b.m.at[r.End], Open: math.Inf(-1), Close: b.at(r.ReturnBy.Unix()) + 1 + boundSlack})
		for k := 1; k < len(s.Stops); k++ {
			x, y := s.Stops[k-1].Place, s.Stops[k].Place
			d, t := b.m.travel.Between(x, y)
			s.Base += d
			s.Secs += t
			leg := bound.Leg{Least: d, Cap: math.Inf(1)}
			if !r.Frozen {
				leg.Least = min(d, b.least(x, y))
			}
			gain[i] += d - leg.Least
			s.Legs = append(s.Legs, leg)
		}
		b.constant -= gain[i]
		added[b.m.makers[r.Producer]] += gain[i]
		if r.MaxAddedM != nil {
			s.Most = *r.MaxAddedM + checkSlack
		}
		if r.MaxAddedS != nil {
			s.Longer = *r.MaxAddedS + checkSlack
		}
		b.slots = append(b.slots, s)
	}
	for i := range w.Rounds {
		b.slots[i].Most = min(b.slots[i].Most, added[b.m.makers[w.Rounds[i].Producer]])
	}
	for i := range w.Rounds {
		if w.Rounds[i].MaxAddedM != nil {
			b.limits = append(b.limits, bound.Limit{Slots: []int{i}, Most: b.slots[i].Most + gain[i]})
		}
	}
	for v := range w.Vehicles {
		b.addTrips(v, added[b.m.makers[w.Vehicles[v].Producer]])
	}
	for i := range w.Producers {
		if w.Producers[i].MaxAddedM == nil {
			continue
		}
		l := bound.Limit{Most: added[i]}
		for s := range b.slots {
			if b.slots[s].Owner == i {
				l.Slots = append(l.Slots, s)
			}
		}
		b.limits = append(b.limits, l)
	}
}

// addTrips cuts the times in which a vehicle may make trips by the rounds that it makes in any case.
func (b *bounder) addTrips(v int, most float64) {
	type span struct{ from, to float64 }
	var busy []span
	for _, r := range b.m.roundsOf[v] {
		from, to := b.slots[r].Span(b.secs)
		busy = append(busy, span{from + boundSlack, to - boundSlack})
	}
	slices.SortFunc(busy, func(x, y span) int {
		if x.from < y.from {
			return -1
		}
		return 1
	})
	home := b.m.home(v)
	for _, a := range b.m.week.Vehicles[v].Available {
		open, shut := b.at(a[0].Unix())-boundSlack, b.at(a[1].Unix())+1+boundSlack
		for k := 0; k <= len(busy); k++ {
			from, to := open, shut
			for _, x := range busy[:k] {
				from = max(from, x.to)
			}
			if k < len(busy) {
				to = min(to, busy[k].from)
			}
			if from <= to {
				b.slots = append(b.slots, bound.Slot{Trip: true, Most: most, Longer: math.Inf(1), Owner: b.m.makers[b.m.week.Vehicles[v].Producer], Stops: []bound.Stop{
					{Place: home, Open: from, Close: math.Inf(1)}, {Place: home, Open: math.Inf(-1), Close: to}}, Legs: []bound.Leg{{Cap: math.Inf(1)}}})
				b.trips = append(b.trips, v)
			}
		}
	}
}

// addGoods adds the lines by what they have in common.
func (b *bounder) addGoods() {
	m, w := b.m, b.m.week
	points := make([]int, len(w.Orders))
	for i := range w.Orders {
		o := &w.Orders[i]
		for k := range o.Lines {
			if o.Lines[k].Held != nil {
				b.never += o.Lines[k].Kg
			}
		}
		if o.PickupPoint != "" {
			points[i] = m.points[o.PickupPoint]
			continue
		}
		points[i] = -1
		far := math.Inf(1)
		for k := range w.PickupPoints {
			far = min(far, geo.GreatCircle(geo.Point{*o.Lon, *o.Lat}, m.point(m.at[w.PickupPoints[k].Place])))
		}
		if far > w.Settings.MaxPickupMetres()+2*checkSlack {
			for k := range o.Lines {
				if o.Lines[k].Held == nil {
					b.never += o.Lines[k].Kg
				}
			}
		}
	}
	rank := b.rooms()
	type key struct {
		producer   int
		class      Class
		by         CarriedBy
		lock       string
		kg, litres int
	}
	type lot struct {
		kind, to    int
		open, close float64
	}
	kinds, lots := map[key]int{}, map[lot]int{}
	for _, c := range m.parcels(points) {
		f := freight{class: c.class, maker: w.Producers[c.producer].ID, by: c.by, lock: c.lock, locked: c.locked, kg: math.Inf(1), litres: math.Inf(1)}
		for _, l := range c.lines {
			x := &w.Orders[m.orders[l.Order]].Lines[l.Line]
			f.kg, f.litres = min(f.kg, x.Kg), min(f.litres, x.Litres)
		}
		k := key{producer: c.producer, class: c.class, by: c.by}
		k.kg, k.litres = rank(&f)
		if c.locked {
			k.lock = strconv.Quote(strings.Join(c.lock, "\x00"))
		}
		n, ok := kinds[k]
		if !ok {
			n = len(b.kinds)
			kinds[k] = n
			b.kinds = append(b.kinds, f)
		}
		at := &w.PickupPoints[c.point]
		ready := math.Inf(-1)
		if t := w.Producers[c.producer].ReadyAt; !t.IsZero() {
			ready = b.at(t.Unix()) - boundSlack
		}
		g := bound.Goods{From: m.origin(c), To: m.goal(c), Ready: ready, Open: b.at(at.AcceptAfter.Unix()) - boundSlack,
			Close: b.at(at.AcceptBy.Unix()) + 1 + boundSlack, Owner: c.producer, Class: slices.Index(Classes[:], c.class), Kg: c.kg, Kind: n}
		s := lot{n, g.To, g.Open, g.Close}
		if i, ok := lots[s]; ok {
			b.goods[i].Kg += g.Kg // two points at one place
			continue
		}
		lots[s] = len(b.goods)
		b.goods = append(b.goods, g)
	}
}

// freight is what says which slots may carry goods: what it says is the same for all of a kind.
type freight struct {
	class      Class
	maker      string
	by         CarriedBy
	lock       []string
	locked     bool
	kg, litres float64 // of the smallest piece
}

// rooms gives a function that says how many of the sizes of vehicles are too small for a freight.
func (b *bounder) rooms() func(f *freight) (kg, litres int) {
	var kg []float64
	litres := map[Class][]float64{}
	for v := range b.m.week.Vehicles {
		x := &b.m.week.Vehicles[v]
		kg = append(kg, x.Kg)
		for _, c := range Classes {
			litres[c] = append(litres[c], x.Litres[c])
		}
	}
	slices.Sort(kg)
	for _, l := range litres {
		slices.Sort(l)
	}
	small := func(sizes []float64, piece float64) int {
		return sort.Search(len(sizes), func(i int) bool { return piece <= sizes[i]+checkRoom })
	}
	return func(f *freight) (int, int) { return small(kg, f.kg), small(litres[f.class], f.litres) }
}

// What a slot may do with goods.
const (
	mayNot byte = iota
	mayNear
	mayAnywhere
)

// may says what a slot may do with a freight.
func (b *bounder) may(f *freight, slot int) byte {
	w := b.m.week
	v, driver := b.driver(slot)
	ok := (driver == f.maker || f.by != ByProducer) && f.kg <= w.Vehicles[v].Kg+checkRoom && f.litres <= w.Vehicles[v].Litres[f.class]+checkRoom
	if slot < len(w.Rounds) {
		r := &w.Rounds[slot]
		ok = ok && r.Accepts(f.maker) && !slices.Contains(w.Forbid, Forbid{f.maker, r.ID}) && (!f.locked || slices.Contains(f.lock, r.ID))
	} else {
		ok = ok && !f.locked
	}
	switch {
	case !ok:
		return mayNot
	case driver == f.maker || w.Settings.OthersWithinM == nil:
		return mayAnywhere
	}
	return mayNear
}

// addNear says where slots handle goods. Goods of others stay within a distance of the vehicle's home. Its own goods may
// go anywhere, but to be taken on from far away by others they have to be where somebody goes who goes near their goal.
func (b *bounder) addNear() (near [][]bool) {
	m, w := b.m, b.m.week
	limit := w.Settings.OthersWithinM
	if limit == nil {
		return nil
	}
	n := len(w.Places)
	group := make([]int, n)
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	near = make([][]bool, len(w.Vehicles))
	for v := range w.Vehicles {
		near[v] = make([]bool, n)
		home := m.home(v)
		for i := range n {
			if geo.GreatCircle(m.point(home), m.point(i)) <= *limit+2*checkSlack {
				near[v][i] = true
				group[root(i)] = root(home)
			}
		}
	}
	goals := make([]map[int]bool, len(w.Producers))
	for i := range goals {
		goals[i] = map[int]bool{root(m.at[w.Producers[i].Place]): true}
	}
	for i := range b.goods {
		goals[b.goods[i].Owner][root(b.goods[i].To)] = true
	}
	for s := range b.slots {
		v, _ := b.driver(s)
		x := &b.slots[s]
		x.Near = make([]bool, n)
		for i := range n {
			x.Near[i] = near[v][i] || goals[x.Owner][root(i)]
		}
	}
	return near
}

// driver is the vehicle of a slot and the producer who drives it.
func (b *bounder) driver(slot int) (vehicle int, producer string) {
	if w := b.m.week; slot < len(w.Rounds) {
		return b.m.carts[w.Rounds[slot].Vehicle], w.Rounds[slot].Producer
	}
	v := b.trips[slot-len(b.m.week.Rounds)]
	return v, b.m.week.Vehicles[v].Producer
}
