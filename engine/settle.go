package engine

import (
	"cmp"
	"math"
	"slices"

	"carriole/engine/internal/search"
)

// Sharing is how the saving of a plan is shared among those who make it possible, and the money that evens it out.
// A saving here is in metres of the objective, handovers with it; goods left behind count as a drive to their pickup
// point and back, so it is not saved_metres where there are any.
type Sharing struct {
	Method       string     `json:"method"`     // SharesExact, SharesSampled, SharesLocal or SharesPlanned
	Coalitions   int        `json:"coalitions"` // planned for it
	SavingMetres float64    `json:"saving_m"`   // of all; the sum of the producers' parts
	CostPerKm    float64    `json:"cost_per_km"`
	Transfers    []Transfer `json:"transfers"` // who pays whom
	Capped       bool       `json:"capped"`    // somebody would receive more than what they drive for the plan really costs, and does not
}

// Transfer is money from one producer to another, in EUR: a part of what a drive really costs.
type Transfer struct {
	From string  `json:"from"`
	To   string  `json:"to"`
	EUR  float64 `json:"eur"`
}

// Wishes whose price is stated.
const (
	WishFairness       = "fairness"
	WishNobodyWorseOff = "nobody_worse_off"
)

// WishPrice is what a wish costs: what a plan without it would need less. It is found by a further search without the
// wish, set beside one as long with it, both of which begin with the plan: with the last tenths of the time, or with a
// quarter more iterations. Where these are too few to settle the plan it is a rough figure.
type WishPrice struct {
	Wish   string  `json:"wish"`
	Metres float64 `json:"metres"`       // of the objective; 0 where the other plan serves more, then they do not compare
	Kg     float64 `json:"kg,omitempty"` // left behind for the wish
}

// settle writes the shares down, and the transfers that bring what each pays and drives to what they would drive alone
// less their share, as near as the rule allows: costs are shared and nothing is earned. Nobody receives more than their
// added kilometres really cost, and where handovers are part of the cost, which nobody drives, all pay less in proportion.
func (m *model) settle(s *Summary, x *shares, added []int64) {
	rate := m.week.Settings.CostOfKm()
	s.Sharing = &Sharing{Method: x.method, Coalitions: x.coalitions, SavingMetres: float64(x.total) / m.unit, CostPerKm: rate, Transfers: []Transfer{}}
	cents := func(units float64) float64 { return units / m.unit / 1000 * rate * 100 }
	type side struct {
		rank  int
		cents float64
	}
	var pay, get []side
	owed, due := 0.0, 0.0
	for k, i := range m.producers {
		s.Producers[i].SavingMetres = math.Round(x.saving[k]/m.unit*10) / 10
		s.Producers[i].SavingError = math.Round(x.err[k]/m.unit*10) / 10
		net := cents(float64(added[k]) - (float64(x.alone[k]) - x.saving[k]))
		if most := max(0, cents(float64(added[k]))); net > most {
			s.Sharing.Capped = s.Sharing.Capped || net > most+0.5
			net = most
		}
		switch {
		case net > 0:
			get = append(get, side{k, net})
			due += net
		case net < 0:
			pay = append(pay, side{k, -net})
			owed -= net
		}
	}
	if owed <= 0 || due <= 0 {
		return
	}
	for i := range get {
		get[i].cents = math.Floor(get[i].cents*min(1, owed/due) + 1e-9) // never above the real cost, not by a cent
	}
	for i := range pay {
		pay[i].cents *= min(1, due/owed)
	}
	// the largest first: few transfers
	largest := func(a, b side) int { return cmp.Or(cmp.Compare(b.cents, a.cents), a.rank-b.rank) }
	slices.SortFunc(pay, largest)
	slices.SortFunc(get, largest)
	for i, k := 0, 0; i < len(pay) && k < len(get); {
		c := math.Round(min(pay[i].cents, get[k].cents))
		if c >= 1 {
			c = min(c, get[k].cents)
			from, to := m.producers[pay[i].rank], m.producers[get[k].rank]
			s.Sharing.Transfers = append(s.Sharing.Transfers, Transfer{m.week.Producers[from].ID, m.week.Producers[to].ID, c / 100})
			s.Producers[from].EUR -= c
			s.Producers[to].EUR += c
		}
		if pay[i].cents -= c; pay[i].cents < 1 {
			i++
		}
		if get[k].cents -= c; get[k].cents < 1 {
			k++
		}
	}
	for i := range s.Producers {
		s.Producers[i].EUR = math.Round(s.Producers[i].EUR) / 100
	}
}

// prices is what each wish of the week costs: what a further search of the same length reaches with all wishes less what it
// reaches without the one, both from the plan. The former makes the plan better, if it can.
func (s *solver) prices(best *outcome) []WishPrice {
	m, set := s.m, &s.m.week.Settings
	if set.Fairness <= 0 && !set.NobodyWorseOff {
		return nil
	}
	all, progress, begin := m.wish, s.opt.Progress, best.d
	share, done := s.mainShare(), s.done
	s.opt.Progress = nil // it is about the plan
	defer func() { m.wish, s.opt.Progress = all, progress }()
	further := func(w wishes) *draft {
		o := search.Options{Iterations: max(firstCycle, s.opt.Iterations/4)}
		if s.opt.Iterations <= 0 {
			from := share
			o = search.Options{Share: func() float64 { return max(0, (s.opt.Share()/(1-s.after)-from)/wishShare) }}
			share += wishShare
		}
		d := begin.clone()
		m.wish, s.done = w, done // all of them draw the same lots
		if len(d.parcels) > 0 && !s.stop() {
			s.improve(d, false, o)
		}
		return d
	}
	plain := func(d *draft) search.Cost {
		m.wish = wishes{}
		return m.cost(d)
	}
	better := further(all)
	if old, now := m.cost(best.d), m.cost(better); now.Less(old) {
		best.cost.Lost += now.Lost - old.Lost
		best.cost.Dist += now.Dist - old.Dist
		best.d = better
	}
	with := plain(best.d)
	var out []WishPrice
	price := func(name string, without wishes) {
		free := plain(further(without))
		p := WishPrice{Wish: name, Kg: float64(max(0, with.Lost-free.Lost)) / perKg}
		if with.Lost == free.Lost {
			p.Metres = float64(max(0, with.Dist-free.Dist)) / m.unit
		}
		out = append(out, p)
	}
	if set.Fairness > 0 {
		price(WishFairness, wishes{alone: all.alone})
	}
	if set.NobodyWorseOff {
		price(WishNobodyWorseOff, wishes{grade: all.grade, even: all.even})
	}
	return out
}

// Of the caller's time each price of a wish has wishShare and so has the search beside which they are set; the shares of
// the saving have sharesShare, and askedShare where they were asked for. Where iterations count the shares have a coalition
// for ten of them, fewCoalitions at least.
const (
	wishShare     = 0.1
	sharesShare   = 0.1
	askedShare    = 0.3
	fewCoalitions = 64
)

// mainShare is the part of the caller's time that is for the plan itself.
func (s *solver) mainShare() float64 {
	share := 1.0
	set := &s.m.week.Settings
	if set.Fairness > 0 || set.NobodyWorseOff {
		share -= wishShare
	}
	if set.Fairness > 0 {
		share -= wishShare
	}
	if set.NobodyWorseOff {
		share -= wishShare
	}
	if s.opt.Shares > 0 {
		share -= askedShare
	} else if s.opt.Shares == 0 && !s.inParts {
		share -= sharesShare
	}
	return share
}

// sharing computes the shares of the saving: as the caller asks, or as far as it is cheap.
func (s *solver) sharing(best *outcome, alone *draft) *shares {
	if s.opt.Shares < 0 {
		return nil
	}
	if !slices.Equal(s.aloneOf, best.d.parcels) {
		alone = s.alone(best.d.parcels, s.m.newDraft)
	}
	budget := s.opt.Shares
	switch {
	case budget > 0:
	case s.opt.Iterations > 0:
		budget = max(fewCoalitions, s.opt.Iterations/10)
	case s.inParts:
		budget = 0
	default:
		budget = math.MaxInt32
	}
	return s.share(best.d, alone, budget)
}
