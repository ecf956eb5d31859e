package engine

import (
	"cmp"
	"slices"

	"carriole/engine/internal/search"
	"carriole/geo"
)

// frame is a search problem and what its numbers mean in the week.
type frame struct {
	m        *model
	p        *search.Problem
	places   []int         // week index of each place
	vehicles []int         // of each vehicle
	rounds   []int         // of each route
	parcels  []*parcel     // of each request
	index    map[int]int32 // week index of a place → place
}

// frame makes the search problem of some vehicles, with all their rounds, and some parcels, none of which may be broken
// or at home where it is collected.
func (m *model) frame(vehicles []int, parcels []*parcel) *frame {
	w := m.week
	f := &frame{m: m, p: &search.Problem{}, vehicles: vehicles, parcels: parcels, index: map[int]int32{}}
	chosen := map[string]int32{}
	for k, v := range vehicles {
		chosen[w.Vehicles[v].ID] = int32(k)
		f.see(w.Producers[m.makers[w.Vehicles[v].Producer]].Place)
	}
	for _, r := range m.rounds {
		if _, ok := chosen[w.Rounds[r].Vehicle]; ok {
			f.rounds = append(f.rounds, r)
		}
	}
	for _, r := range f.rounds {
		f.see(w.Rounds[r].Start)
		f.see(w.Rounds[r].End)
		for _, s := range w.Rounds[r].Stops {
			f.see(s.Place)
		}
	}
	for _, c := range parcels {
		f.see(w.Producers[c.producer].Place)
		f.see(w.PickupPoints[c.point].Place)
	}
	slices.SortFunc(f.places, func(a, b int) int { return cmp.Compare(w.Places[a].ID, w.Places[b].ID) })
	for k, i := range f.places {
		f.index[i] = int32(k)
	}
	f.addPlaces()
	rank := make([]int32, len(w.Producers))
	for k, i := range m.producer {
		rank[i] = int32(k)
		f.p.Owners = append(f.p.Owners, m.limit(w.Producers[i].MaxAddedM, m.unit))
	}
	for k, v := range vehicles {
		f.addVehicle(v, int32(k), rank)
	}
	for _, r := range f.rounds {
		f.addRoute(r, chosen, rank)
	}
	for v := range vehicles {
		f.orderChain(int32(v))
	}
	routes := map[string]int32{}
	for k, r := range f.rounds {
		routes[w.Rounds[r].ID] = int32(k)
	}
	for _, c := range parcels {
		f.addRequest(c, rank, routes)
	}
	f.p.Transfer = int32(w.Settings.HandoverMetres()*m.unit + 0.5)
	return f
}

// see takes a place into the problem.
func (f *frame) see(id string) {
	i := f.m.at[id]
	if _, ok := f.index[i]; !ok {
		f.index[i] = 0
		f.places = append(f.places, i)
	}
}

func (f *frame) place(id string) int32 { return f.index[f.m.at[id]] }

func (m *model) limit(x *float64, unit float64) int32 {
	if x == nil {
		return search.Inf
	}
	return min(down(*x*unit), search.Inf)
}

func (f *frame) addPlaces() {
	n := len(f.places)
	f.p.Dist, f.p.Secs = make([]int32, n*n), make([]int32, n*n)
	for a, i := range f.places {
		for b, j := range f.places {
			if i == j {
				continue
			}
			d, t := f.m.travel.Between(i, j)
			f.p.Dist[a*n+b] = int32(min(d*f.m.unit+0.5, maxTravel))
			f.p.Secs[a*n+b] = up(min(t, maxTravel))
		}
	}
	for _, i := range f.places {
		w := &f.m.week.Places[i]
		p := search.Place{Service: up(w.StopSeconds()), Meet: w.CanMeet(), Open: f.m.windows(w.Open)}
		for _, c := range Classes {
			if w.CanStore(c) {
				p.Store |= 1 << classIndex(c)
			}
		}
		f.p.Places = append(f.p.Places, p)
	}
}

// windows are the intervals in ascending order, those that overlap or touch made one.
func (m *model) windows(in []Interval) []search.Window {
	var out []search.Window
	for _, x := range in {
		if a, b := m.notBefore(x[0]), m.notAfter(x[1]); a <= b {
			out = append(out, search.Window{Open: a, Close: b})
		}
	}
	slices.SortFunc(out, func(a, b search.Window) int {
		return cmp.Or(cmp.Compare(a.Open, b.Open), cmp.Compare(a.Close, b.Close))
	})
	n := 0
	for _, x := range out {
		if n > 0 && x.Open <= out[n-1].Close {
			out[n-1].Close = max(out[n-1].Close, x.Close)
			continue
		}
		out[n] = x
		n++
	}
	if len(in) > 0 && n == 0 {
		return []search.Window{{Open: search.Inf, Close: search.Inf}}
	}
	return out[:n]
}

func (f *frame) addVehicle(v int, _ int32, rank []int32) {
	w := f.m.week
	x := &w.Vehicles[v]
	owner := f.m.makers[x.Producer]
	home := w.Producers[owner].Place
	out := search.Vehicle{Owner: rank[owner], Home: f.place(home), Cap: loadOf(x.Kg, x.Litres, capacity), Free: f.m.windows(x.Available)}
	if w.Settings.OthersWithinM != nil {
		out.Reach = make([]bool, len(f.places))
		a := &w.Places[f.m.at[home]]
		for k, i := range f.places {
			b := &w.Places[i]
			out.Reach[k] = geo.GreatCircle(geo.Point{a.Lon, a.Lat}, geo.Point{b.Lon, b.Lat}) <= *w.Settings.OthersWithinM
		}
	}
	f.p.Vehicles = append(f.p.Vehicles, out)
}

func (f *frame) addRoute(r int, chosen map[string]int32, rank []int32) {
	w := f.m.week
	x := &w.Rounds[r]
	out := search.Route{Vehicle: chosen[x.Vehicle], Owner: rank[f.m.makers[x.Producer]], Start: f.place(x.Start), End: f.place(x.End),
		Depart: f.m.notBefore(x.DepartAfter), Return: f.m.notAfter(x.ReturnBy),
		MaxDist: f.m.limit(x.MaxAddedM, f.m.unit), MaxSecs: f.m.limit(x.MaxAddedS, 1), Frozen: x.Frozen, Carries: f.m.carries(x, rank)}
	for _, s := range x.Stops {
		o := search.OwnStop{Place: f.place(s.Place), Window: search.Window{Open: f.m.notBefore(s.ArriveAfter), Close: f.m.notAfter(s.ArriveBy)}, Service: up(s.StayS)}
		if s.Unload != nil {
			o.Unload = loadOf(s.Unload.Kg, s.Unload.Litres, amount)
		}
		out.Stops = append(out.Stops, o)
	}
	f.p.Routes = append(f.p.Routes, out)
}

// carries is whose goods a round takes, by rank of the producer; nil for everybody's.
func (m *model) carries(r *Round, rank []int32) []bool {
	var banned []int
	for _, x := range m.week.Forbid {
		if x.Round == r.ID {
			banned = append(banned, m.makers[x.Producer])
		}
	}
	if banned == nil && r.Carries.Only == nil && !r.Carries.OwnOnly {
		return nil
	}
	out := make([]bool, len(rank))
	for i := range m.week.Producers {
		out[rank[i]] = r.Accepts(m.week.Producers[i].ID)
	}
	for _, i := range banned {
		out[rank[i]] = false
	}
	return out
}

// orderChain puts a vehicle's rounds in the order in which it can make them: by their hours, or another if that fails.
func (f *frame) orderChain(v int32) {
	var chain []int32
	for r := range f.p.Routes {
		if f.p.Routes[r].Vehicle == v {
			chain = append(chain, int32(r))
		}
	}
	slices.SortStableFunc(chain, func(a, b int32) int {
		x, y := &f.p.Routes[a], &f.p.Routes[b]
		return cmp.Or(cmp.Compare(x.Depart+x.Return, y.Depart+y.Return), cmp.Compare(x.Depart, y.Depart))
	})
	// windows of different days leave nothing to choose; rounds whose hours overlap are tried in every order
	for i := 0; i < len(chain); {
		j, until := i+1, f.p.Routes[chain[i]].Return
		for j < len(chain) && f.p.Routes[chain[j]].Depart < until {
			until = max(until, f.p.Routes[chain[j]].Return)
			j++
		}
		if n := j - i; n > 1 && n < 8 {
			f.firstPossible(chain[i:j], 0, -search.Inf)
		}
		i = j
	}
	f.p.Vehicles[v].Chain = chain
}

// firstPossible permutes the routes from k on into the first order in which each can begin after the one before has
// ended, not before t; it leaves them as they are where there is none.
func (f *frame) firstPossible(routes []int32, k int, t int32) bool {
	if k == len(routes) {
		return true
	}
	for i := k; i < len(routes); i++ {
		r := routes[i]
		copy(routes[k+1:i+1], routes[k:i])
		routes[k] = r
		if end, ok := f.baseEnd(r, t); ok && f.firstPossible(routes, k+1, end) {
			return true
		}
		copy(routes[k:i], routes[k+1:i+1])
		routes[i] = r
	}
	return false
}

// baseEnd is when route r can end with its own stops alone if it leaves no earlier than t.
func (f *frame) baseEnd(r, t int32) (int32, bool) {
	x := &f.p.Routes[r]
	n := len(f.places)
	t = max(t, x.Depart)
	at := x.Start
	for _, s := range x.Stops {
		t = max(t+f.p.Secs[int(at)*n+int(s.Place)], s.Window.Open)
		if t > s.Window.Close {
			return t, false
		}
		t += s.Service
		at = s.Place
	}
	t += f.p.Secs[int(at)*n+int(x.End)]
	return t, t <= x.Return
}

func (f *frame) addRequest(c *parcel, rank []int32, routes map[string]int32) {
	w := f.m.week
	maker, point := &w.Producers[c.producer], &w.PickupPoints[c.point]
	q := search.Request{From: f.place(maker.Place), To: f.place(point.Place), Owner: rank[c.producer], Class: classIndex(c.class),
		Weight: amount(c.kg), Volume: amount(c.litres), Ready: -search.Inf,
		Window:  search.Window{Open: f.m.notBefore(point.AcceptAfter), Close: f.m.notAfter(point.AcceptBy)},
		OwnOnly: c.by == ByProducer, Penalty: max(1, int64(amount(c.kg)))}
	if !maker.ReadyAt.IsZero() {
		q.Ready = f.m.notBefore(maker.ReadyAt)
	}
	if c.locked {
		q.Lock = []int32{}
		for _, id := range c.lock {
			r, ok := routes[id]
			if !ok {
				r = -2
			}
			q.Lock = append(q.Lock, r)
		}
	}
	f.p.Requests = append(f.p.Requests, q)
}
