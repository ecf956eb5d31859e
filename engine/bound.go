package engine

import (
	"math"
	"slices"

	"carriole/engine/internal/bound"
	"carriole/geo"
)

// boundSlack is what a plan may be early or over by and still be right: as Check, and a little more.
const boundSlack = checkSlack + 0.01

// boundPlaces is up to how many places the bound looks at a week whole.
const boundPlaces = 700

// proof is of a lower bound for all plans of a week; what it says of one depends on what that leaves unserved.
type proof struct {
	goods []bound.Goods
	res   bound.Result
	never float64 // kilograms that no plan serves
	whole bool    // every objective is a whole number of metres
}

// prove proves a lower bound; nil stands for none. The work grows with the number of places, goods and slots that can
// meet; beyond boundPlaces there is none.
func (m *model) prove(tries int, stopped func(part float64) bool) *proof {
	if tries < 0 || len(m.week.Places) > boundPlaces {
		return nil
	}
	b := m.newBounder()
	res, ok := bound.Bound(b.p, max(1, tries), stopped)
	if !ok {
		return nil
	}
	r := &proof{goods: b.p.Goods, res: res, never: b.never, whole: b.whole}
	for g := range r.goods {
		if res.Never[g] {
			r.never += r.goods[g].Kg
		}
	}
	return r
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
	sum := r.res.Constant
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
	m     *model
	p     *bound.Problem
	whole bool     // all distances are whole metres
	never float64  // kilograms that are held back, or have no pickup point to go to
	near  [][]bool // by vehicle and place: whether goods of others may be handled there
	trips []int    // by slot after the rounds: its vehicle
}

func (m *model) newBounder() *bounder {
	w := m.week
	n := len(w.Places)
	b := &bounder{m: m, p: &bound.Problem{Handover: w.Settings.HandoverMetres()}, whole: true}
	b.whole = b.p.Handover == math.Trunc(b.p.Handover)
	p := b.p
	p.Cost, p.Secs = make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		for j := range n {
			if i == j {
				continue
			}
			d, t := m.travel.Between(i, j)
			b.whole = b.whole && d == math.Trunc(d)
			p.Cost[i*n+j], p.Secs[i*n+j] = d, max(0, t-boundSlack)
		}
	}
	bound.Close(n, p.Cost)
	bound.Close(n, p.Secs)
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
		p.Places = append(p.Places, at)
	}
	b.addSlots()
	b.addGoods()
	b.addNear()
	return b
}

func (b *bounder) at(unix int64) float64 { return float64(unix - b.m.epoch) }

// addSlots adds the rounds in the week's order and then what time the vehicles have for trips.
func (b *bounder) addSlots() {
	w, p := b.m.week, b.p
	added := make([]float64, len(w.Producers)) // most that a producer may add
	for i := range added {
		added[i] = math.Inf(1)
		if x := w.Producers[i].MaxAddedM; x != nil {
			added[i] = *x + checkSlack
		}
	}
	gain := make([]float64, len(w.Rounds)) // most that a detour might save a round
	for i := range w.Rounds {
		r := &w.Rounds[i]
		s := bound.Slot{Most: math.Inf(1), Longer: math.Inf(1), Frozen: r.Frozen, Owner: b.m.makers[r.Producer]}
		s.Stops = append(s.Stops, bound.Stop{Place: b.m.at[r.Start], Open: b.at(r.DepartAfter.Unix()) - boundSlack, Close: math.Inf(1)})
		for k := range r.Stops {
			x := &r.Stops[k]
			s.Stops = append(s.Stops, bound.Stop{Place: b.m.at[x.Place], Open: b.at(x.ArriveAfter.Unix()) - boundSlack, Close: b.at(x.ArriveBy.Unix()) + 1 + boundSlack, Stay: x.StayS - boundSlack})
		}
		s.Stops = append(s.Stops, bound.Stop{Place: b.m.at[r.End], Open: math.Inf(-1), Close: b.at(r.ReturnBy.Unix()) + 1 + boundSlack})
		closed := 0.0
		for k := 1; k < len(s.Stops); k++ {
			d, t := b.m.travel.Between(s.Stops[k-1].Place, s.Stops[k].Place)
			s.Base += d
			s.Secs += t
			closed += p.Cost[s.Stops[k-1].Place*len(p.Places)+s.Stops[k].Place]
		}
		gain[i] = max(0, s.Base-closed)
		added[b.m.makers[r.Producer]] += gain[i]
		if r.MaxAddedM != nil {
			s.Most = *r.MaxAddedM + checkSlack
		}
		if r.MaxAddedS != nil {
			s.Longer = *r.MaxAddedS + checkSlack
		}
		p.Slots = append(p.Slots, s)
	}
	for i := range w.Rounds {
		p.Slots[i].Most = min(p.Slots[i].Most, added[b.m.makers[w.Rounds[i].Producer]])
	}
	for i := range w.Rounds {
		if w.Rounds[i].MaxAddedM != nil {
			p.Limits = append(p.Limits, bound.Limit{Slots: []int{i}, Most: p.Slots[i].Most + gain[i]})
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
		for s := range p.Slots {
			if p.Slots[s].Owner == i {
				l.Slots = append(l.Slots, s)
			}
		}
		p.Limits = append(p.Limits, l)
	}
}

// addTrips cuts the times in which a vehicle may make trips by the rounds that it makes in any case.
func (b *bounder) addTrips(v int, most float64) {
	p := b.p
	type span struct{ from, to float64 }
	var busy []span
	for _, r := range b.m.roundsOf[v] {
		from, to := p.Span(&p.Slots[r])
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
				p.Slots = append(p.Slots, bound.Slot{Trip: true, Most: most, Longer: math.Inf(1), Owner: b.m.makers[b.m.week.Vehicles[v].Producer], Stops: []bound.Stop{
					{Place: home, Open: from, Close: math.Inf(1)}, {Place: home, Open: math.Inf(-1), Close: to}}})
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
	type kind struct {
		producer int
		class    Class
		may      string
	}
	kinds := map[kind]int{}
	carry := []func(slot, place int) bool{}
	for _, c := range m.parcels(points) {
		kg, litres := math.Inf(1), math.Inf(1)
		for _, l := range c.lines {
			x := &w.Orders[m.orders[l.Order]].Lines[l.Line]
			kg, litres = min(kg, x.Kg), min(litres, x.Litres)
		}
		may := b.carriers(c, kg, litres)
		k := kind{c.producer, c.class, string(may)}
		n, ok := kinds[k]
		if !ok {
			n = len(carry)
			kinds[k] = n
			carry = append(carry, b.handles(may))
		}
		at := &w.PickupPoints[c.point]
		ready := math.Inf(-1)
		if t := w.Producers[c.producer].ReadyAt; !t.IsZero() {
			ready = b.at(t.Unix()) - boundSlack
		}
		g := bound.Goods{From: m.origin(c), To: m.goal(c), Ready: ready, Open: b.at(at.AcceptAfter.Unix()) - boundSlack,
			Close: b.at(at.AcceptBy.Unix()) + 1 + boundSlack, Owner: c.producer, Class: slices.Index(Classes[:], c.class), Kg: c.kg, Kind: n, Carry: carry[n]}
		if i := slices.IndexFunc(b.p.Goods, func(x bound.Goods) bool {
			return x.Kind == n && x.To == g.To && x.Open == g.Open && x.Close == g.Close
		}); i >= 0 {
			b.p.Goods[i].Kg += g.Kg // two points at one place
			continue
		}
		b.p.Goods = append(b.p.Goods, g)
	}
}

// What a slot may do with goods.
const (
	mayNot byte = iota
	mayNear
	mayAnywhere
)

// carriers says what each slot may do with a parcel's goods, in pieces of no less than kg and litres.
func (b *bounder) carriers(c *parcel, kg, litres float64) []byte {
	w := b.m.week
	may := make([]byte, len(b.p.Slots))
	maker := w.Producers[c.producer].ID
	for s := range may {
		v, driver := b.driver(s)
		ok := (driver == maker || c.by != ByProducer) && kg <= w.Vehicles[v].Kg+checkRoom && litres <= w.Vehicles[v].Litres[c.class]+checkRoom
		if s < len(w.Rounds) {
			r := &w.Rounds[s]
			ok = ok && r.Accepts(maker) && !slices.Contains(w.Forbid, Forbid{maker, r.ID}) && (!c.locked || slices.Contains(c.lock, r.ID))
		} else {
			ok = ok && !c.locked
		}
		switch {
		case ok && (driver == maker || w.Settings.OthersWithinM == nil):
			may[s] = mayAnywhere
		case ok:
			may[s] = mayNear
		}
	}
	return may
}

// addNear says where slots handle goods. Goods of others stay within a distance of the vehicle's home. Its own goods may
// go anywhere, but to be taken on from far away by others they have to be where somebody goes who goes near their goal.
func (b *bounder) addNear() {
	m, w := b.m, b.m.week
	limit := w.Settings.OthersWithinM
	if limit == nil {
		return
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
	b.near = make([][]bool, len(w.Vehicles))
	for v := range w.Vehicles {
		b.near[v] = make([]bool, n)
		home := m.home(v)
		for i := range n {
			if geo.GreatCircle(m.point(home), m.point(i)) <= *limit+2*checkSlack {
				b.near[v][i] = true
				group[root(i)] = root(home)
			}
		}
	}
	goals := make([]map[int]bool, len(w.Producers))
	for i := range goals {
		goals[i] = map[int]bool{root(m.at[w.Producers[i].Place]): true}
	}
	for i := range b.p.Goods {
		goals[b.p.Goods[i].Owner][root(b.p.Goods[i].To)] = true
	}
	for s := range b.p.Slots {
		v, _ := b.driver(s)
		x := &b.p.Slots[s]
		x.Near = make([]bool, n)
		for i := range n {
			x.Near[i] = b.near[v][i] || goals[x.Owner][root(i)]
		}
	}
}

// driver is the vehicle of a slot and the producer who drives it.
func (b *bounder) driver(slot int) (vehicle int, producer string) {
	if w := b.m.week; slot < len(w.Rounds) {
		return b.m.carts[w.Rounds[slot].Vehicle], w.Rounds[slot].Producer
	}
	v := b.trips[slot-len(b.m.week.Rounds)]
	return v, b.m.week.Vehicles[v].Producer
}

// handles says where the slots may load and unload.
func (b *bounder) handles(may []byte) func(slot, place int) bool {
	vehicle := make([]int, len(may))
	for s := range may {
		vehicle[s], _ = b.driver(s)
	}
	return func(slot, place int) bool {
		return may[slot] == mayAnywhere || may[slot] == mayNear && b.near[vehicle[slot]][place]
	}
}
