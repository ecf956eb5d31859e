package engine

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"carriole/geo"
)

// TestWishesKeepThePlanRight: with every wish the plan is right, and with nobody worse off nobody is.
func TestWishesKeepThePlanRight(t *testing.T) {
	eachShape(t, 8, func(t *testing.T, week *Week, rng *rand.Rand) {
		week.Settings.Fairness = []float64{0, 0.1, 1}[rng.IntN(3)]
		week.Settings.NobodyWorseOff = rng.IntN(2) == 0
		for i := range week.Producers {
			if rng.IntN(2) == 0 {
				week.Producers[i].BalanceM = math.Round(rng.NormFloat64() * 40000)
			}
		}
		plan := solved(t, t.Context(), week, quick)
		mustBeRight(t, week, plan)
		mustConserve(t, week, plan)
		for _, p := range plan.Summary.Producers {
			if p.WorseOff && week.Settings.NobodyWorseOff {
				t.Errorf("%s drives %.0f m, alone %.0f m", p.Producer, p.PlannedMetres, p.AloneMetres)
			}
		}
	})
}

// neighbours is a week of n producers at one spot who each send a load to every one of some points around them, all
// with a van that holds everything and is free all day. points are the distances in metres.
func neighbours(n int, points ...float64) *Week {
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	w := &Week{ID: "neighbours"}
	at := []float64{}
	for i := range n {
		id := fmt.Sprintf("p%d", i)
		w.Places = append(w.Places, Place{ID: id})
		at = append(at, 0)
		w.Producers = append(w.Producers, Producer{ID: id, Place: id})
		w.Vehicles = append(w.Vehicles, Vehicle{ID: "v" + id, Producer: id, Kg: 1000, Litres: map[Class]float64{Ambient: 1000},
			Available: []Interval{{day.Add(6 * time.Hour), day.Add(22 * time.Hour)}}})
	}
	for k, x := range points {
		id := fmt.Sprintf("q%d", k)
		w.Places = append(w.Places, Place{ID: id})
		at = append(at, x)
		w.PickupPoints = append(w.PickupPoints, PickupPoint{ID: id, Place: id, AcceptAfter: day, AcceptBy: day.Add(24 * time.Hour)})
		for i := range n {
			w.Orders = append(w.Orders, Order{ID: fmt.Sprintf("o%d-%d", i, k), PickupPoint: id,
				Lines: []Line{{Producer: fmt.Sprintf("p%d", i), Kg: 1, Litres: 1}}})
		}
	}
	// every point is a road of its own from the spot
	metres, secs := make([][]float64, len(at)), make([][]float64, len(at))
	for i := range at {
		metres[i], secs[i] = make([]float64, len(at)), make([]float64, len(at))
		for j := range at {
			if i != j {
				metres[i][j] = at[i] + at[j]
				secs[i][j] = metres[i][j] / 12.5
			}
		}
	}
	w.Travel = &geo.Table{Metres: metres, Seconds: secs}
	return w
}

func largest(plan *Plan) float64 {
	most := math.Inf(-1)
	for _, p := range plan.Summary.Producers {
		most = max(most, p.PlannedMetres-p.AloneMetres)
	}
	return most
}

// TestFairnessLowersTheLargestBurden: carriers without goods of their own share the way among them.
func TestFairnessLowersTheLargestBurden(t *testing.T) {
	week := neighbours(4, 10000, 8000, 9000, 11000)
	for i := range week.Orders {
		week.Orders[i].Lines[0].Producer = "p3" // all of it is one's
	}
	week.Vehicles = week.Vehicles[:3] // who has no van

	// p0 is a little nearer to everything
	for i := range week.Travel.Metres[0] {
		if i > 3 {
			week.Travel.Metres[0][i] -= 5
			week.Travel.Metres[i][0] -= 5
		}
	}
	plain := solved(t, t.Context(), week, Options{Iterations: 300})
	week.Settings.Fairness = 1
	fair := solved(t, t.Context(), week, Options{Iterations: 300})
	mustBeRight(t, week, fair)
	t.Logf("largest %.0f in %.0f m, fair %.0f in %.0f m", largest(plain), plain.Summary.Objective, largest(fair), fair.Summary.Objective)
	if largest(plain) < 75000 || largest(fair) > 40000 {
		t.Errorf("the largest burden is %.0f, with fairness %.0f", largest(plain), largest(fair))
	}
	if fair.Summary.Objective > 1.01*plain.Summary.Objective {
		t.Errorf("fairness costs %.0f", fair.Summary.Objective-plain.Summary.Objective)
	}
}

// TestReplanIsFair: what comes late makes no burden larger than it must be, although who has the largest would be nearest.
func TestReplanIsFair(t *testing.T) {
	week := neighbours(4, 10000, 8000, 9000, 11000)
	for i := range week.Orders {
		week.Orders[i].Lines[0].Producer = "p3"
	}
	week.Vehicles = week.Vehicles[:3]
	for i := range week.Travel.Metres[0] {
		if i > 3 {
			week.Travel.Metres[0][i] -= 5
			week.Travel.Metres[i][0] -= 5
		}
	}
	late := week.Orders[12:]
	week.Orders = week.Orders[:12]
	week.Settings.Fairness = 1
	before := solved(t, t.Context(), week, Options{Iterations: 300})
	got, err := Replan(t.Context(), week, nil, before, Change{Orders: late}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	mustBeRight(t, got.Week, got.Plan)
	if x := largest(got.Plan); x > 34000 {
		t.Errorf("the largest burden is %.0f m, and 8 and 9 km forth and back are 34000", x)
	}
}

// TestBalancesRotate: of three who make the same way, each drives in turn.
func TestBalancesRotate(t *testing.T) {
	week := neighbours(3, 20000)
	week.Settings.Fairness = 0.5
	drove := map[string]int{}
	for range 9 {
		plan := solved(t, t.Context(), week, Options{Iterations: 100})
		mustBeRight(t, week, plan)
		if plan.Summary.AddedMetres != 40000 {
			t.Fatalf("%.0f m added, one trip is 40000", plan.Summary.AddedMetres)
		}
		for i, p := range plan.Summary.Producers {
			week.Producers[i].BalanceM = p.BalanceMetres
			if p.PlannedMetres > 0 {
				drove[p.Producer]++
			}
		}
	}
	for p, n := range drove {
		if n != 3 || len(drove) != 3 {
			t.Errorf("%s drives %d times of 9: %v", p, n, drove)
		}
	}
}

func savings(plan *Plan) (out []float64) {
	for _, p := range plan.Summary.Producers {
		out = append(out, p.SavingMetres)
	}
	return out
}

// TestShapley: values that are known.
func TestShapley(t *testing.T) {
	for _, x := range []struct {
		name string
		week *Week
		edit func(w *Week)
		want []float64
	}{
		{"two share a trip", neighbours(2, 10000), nil, []float64{10000, 10000}},
		{"three share a trip", neighbours(3, 9000), nil, []float64{12000, 12000, 12000}},
		{"nothing in common", neighbours(2, 10000, 12000), func(w *Week) {
			w.Orders = []Order{w.Orders[0], w.Orders[3]}
		}, []float64{0, 0}},
		{"who sends nothing and has no van", neighbours(3, 10000), func(w *Week) {
			w.Orders, w.Vehicles = w.Orders[:2], w.Vehicles[:2]
		}, []float64{10000, 10000, 0}},
		{"a carrier with nothing of their own", neighbours(2, 10000), func(w *Week) {
			w.Orders = w.Orders[:1] // p0 sends, p1 comes past
			w.Vehicles[1].Available = nil
			day := w.PickupPoints[0].AcceptAfter
			w.Rounds = []Round{{ID: "r", Producer: "p1", Vehicle: "vp1", Start: "p1", End: "p1", DepartAfter: day.Add(6 * time.Hour), ReturnBy: day.Add(20 * time.Hour),
				Stops: []RoundStop{{Place: "q0", ArriveAfter: day.Add(7 * time.Hour), ArriveBy: day.Add(12 * time.Hour), StayS: 60}}}}
		}, []float64{10000, 10000}},
		{"one van of two", neighbours(2, 10000), func(w *Week) { w.Vehicles = w.Vehicles[:1] }, []float64{10000, 10000}},
	} {
		t.Run(x.name, func(t *testing.T) {
			if x.edit != nil {
				x.edit(x.week)
			}
			plan := solved(t, t.Context(), x.week, Options{Iterations: 100})
			mustBeRight(t, x.week, plan)
			t.Logf("%+v %+v", plan.Summary.Producers, plan.Summary.Sharing)
			got := savings(plan)
			for i := range x.want {
				if math.Abs(got[i]-x.want[i]) > 1 {
					t.Fatalf("shares %v, want %v", got, x.want)
				}
			}
		})
	}
}

// TestSharesHold: the parts add up to the whole, nobody is charged for joining, and no money is earned.
func TestSharesHold(t *testing.T) {
	methods, moved := map[string]int{}, 0
	eachShape(t, 3, func(t *testing.T, week *Week, rng *rand.Rand) {
		opt := quick
		opt.Shares = []int{1, 80, 250}[rng.IntN(3)]
		week.Settings.CostPerKm = new(0.5)
		plan := solved(t, t.Context(), week, opt)
		mustBeRight(t, week, plan)
		s := &plan.Summary
		if s.Sharing == nil {
			t.Fatal("no shares")
		}
		methods[s.Sharing.Method]++
		added := map[string]float64{}
		for i := range plan.Rounds {
			added[plan.Rounds[i].Producer] += plan.Rounds[i].Metres - plan.Rounds[i].BaseMetres
		}
		sum, money := 0.0, 0.0
		for _, p := range s.Producers {
			sum += p.SavingMetres
			money += p.EUR
			if p.SavingMetres < -1 && s.Sharing.SavingMetres >= 0 {
				t.Errorf("%s loses %.0f m by joining", p.Producer, -p.SavingMetres)
			}
			if p.EUR > max(0, added[p.Producer])/1000*0.5+1e-6 {
				t.Errorf("%s receives %.2f EUR for %.0f m", p.Producer, p.EUR, added[p.Producer])
			}
		}
		if math.Abs(sum-s.Sharing.SavingMetres) > 0.1*float64(1+len(s.Producers)) || math.Abs(money) > 1e-6 {
			t.Errorf("parts add up to %.1f of %.1f m, and to %.2f EUR", sum, s.Sharing.SavingMetres, money)
		}
		by := map[string]float64{}
		for _, x := range s.Sharing.Transfers {
			moved++
			by[x.From] -= x.EUR
			by[x.To] += x.EUR
			if x.EUR < 0.01 || x.From == x.To {
				t.Errorf("transfer %+v", x)
			}
		}
		for _, p := range s.Producers {
			if math.Abs(by[p.Producer]-p.EUR) > 1e-6 {
				t.Errorf("%s: transfers of %.2f, %.2f stated", p.Producer, by[p.Producer], p.EUR)
			}
		}
	})
	t.Log(methods, moved)
	if methods[SharesExact] == 0 || methods[SharesSampled] == 0 || moved == 0 {
		t.Errorf("shares %v, %d transfers", methods, moved)
	}
}

// coalition is the week of some of its producers.
func coalition(week *Week, in map[string]bool) *Week {
	w := deepCopy(week)
	w.Vehicles = slices.DeleteFunc(w.Vehicles, func(v Vehicle) bool { return !in[v.Producer] })
	w.Rounds = slices.DeleteFunc(w.Rounds, func(r Round) bool { return !in[r.Producer] })
	for i := range w.Orders {
		w.Orders[i].Lines = slices.DeleteFunc(w.Orders[i].Lines, func(l Line) bool { return !in[l.Producer] })
	}
	w.Locks, w.Forbid = nil, slices.DeleteFunc(w.Forbid, func(f Forbid) bool {
		return slices.IndexFunc(w.Rounds, func(r Round) bool { return r.ID == f.Round }) < 0
	})
	return w
}

// TestSharesByPlansOfCoalitions: the shares are those that whole plans of every coalition, each as a week of its own, give.
func TestSharesByPlansOfCoalitions(t *testing.T) {
	if few(2) < 2 {
		t.Skip("too few weeks to tell")
	}
	compared, far := 0, 0
	for seed := range few(uint64(200)) {
		rng := rand.New(rand.NewPCG(seed, 11))
		week := randomWeek(rng, weekShape{Producers: 4, Points: 3, Orders: 8, Days: 1, Rounds: 2, Travel: shortest})
		n := len(week.Producers)
		owner := map[string]string{}
		for _, v := range week.Vehicles {
			owner[v.ID] = v.Producer
		}
		if slices.ContainsFunc(week.Rounds, func(r Round) bool { return owner[r.Vehicle] != r.Producer }) {
			continue
		}
		plan := solved(t, t.Context(), week, Options{Iterations: 1500})
		if plan.Summary.Sharing == nil || plan.Summary.AloneUnservedKg > 0 || len(plan.Unserved) > 0 {
			continue
		}
		need := make([]float64, 1<<n)
		left := false
		for set := 1; set < len(need); set++ {
			in := map[string]bool{}
			for i := range n {
				in[week.Producers[i].ID] = set>>i&1 != 0
			}
			p := solved(t, t.Context(), coalition(week, in), Options{Iterations: 400, Shares: -1})
			need[set] = p.Summary.Objective
			if set&(set-1) == 0 {
				need[set] = p.Summary.AloneMetres - p.Summary.BaseMetres
				left = left || p.Summary.AloneUnservedKg > 0
			}
			left = left || len(p.Unserved) > 0
		}
		if left {
			continue
		}
		want := make([]float64, n)
		fact := []float64{1, 1, 2, 6, 24, 120}
		for set := range need {
			for i := range n {
				if size := bits.OnesCount(uint(set)); set>>i&1 == 0 {
					want[i] += fact[size] * fact[n-size-1] / fact[n] * (need[set] + need[1<<i] - need[set|1<<i])
				}
			}
		}
		compared++
		for i, x := range savings(plan) {
			if math.Abs(x-want[i]) > 0.02*plan.Summary.Sharing.SavingMetres+10 {
				far++
				t.Logf("week %d: shares %.0f, by plans of coalitions %.0f", seed, savings(plan), want)
				break
			}
		}
	}
	t.Logf("%d weeks compared, %d differ by more than 2 %% of the saving", compared, far)
	if compared < 10 || far > compared/10 {
		t.Errorf("%d of %d weeks differ", far, compared)
	}
}

// TestShapleyOfAllOrders: the value by coalitions is the mean over all orders, those who are alike have the same, who adds
// nothing has nothing, and the parts add up to the whole.
func TestShapleyOfAllOrders(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 3))
		n := 1 + rng.IntN(7)
		v := make([]int64, 1<<n)
		for set := range v {
			switch {
			case set > 0 && seed%4 == 0: // the last adds nothing
				v[set] = v[set&^(1<<(n-1))]
				fallthrough
			case set > 0:
				if set>>(n-1)&1 == 0 || seed%4 != 0 {
					v[set] = rng.Int64N(1000)
				}
			}
			if seed%4 == 1 { // all are alike
				v[set] = int64(bits.OnesCount(uint(set))*bits.OnesCount(uint(set))) * 7
			}
		}
		got, want, orders := shapley(n, v), make([]float64, n), 0.0
		var walk func(set int, gain []float64)
		walk = func(set int, gain []float64) {
			if set == len(v)-1 {
				orders++
				for i, x := range gain {
					want[i] += x
				}
			}
			for i := range n {
				if set>>i&1 == 0 {
					next := slices.Clone(gain)
					next[i] = float64(v[set|1<<i] - v[set])
					walk(set|1<<i, next)
				}
			}
		}
		walk(0, make([]float64, n))
		sum := 0.0
		for i := range want {
			if sum += got[i]; math.Abs(got[i]-want[i]/orders) > 1e-6 {
				t.Errorf("seed %d: %v, by all orders %v / %v", seed, got, want, orders)
			}
			if seed%4 == 1 && math.Abs(got[i]-got[0]) > 1e-6 {
				t.Errorf("seed %d: those who are alike have %v", seed, got)
			}
		}
		if math.Abs(sum-float64(v[len(v)-1])) > 1e-6 || seed%4 == 0 && math.Abs(got[n-1]) > 1e-6 {
			t.Errorf("seed %d: %v of %d", seed, got, v[len(v)-1])
		}
	}
}

// gameOf is the game of a week after a short search, those of it who play together most, and what all of them save.
func gameOf(t *testing.T, week *Week, opt Options) (g *game, ranks []int, near []map[int]int, saving int64) {
	m := newModel(week, TravelOf(week))
	s := newSolver(t.Context(), m, opt)
	s.assign()
	d := m.newDraft(s.parcels())
	s.cycles(&d, func() {})
	g = s.game(d, s.alone(d.parcels, m.newDraft))
	near = g.rides()
	g.possible(near)
	seen := make([]bool, len(g.alone))
	for k := range seen {
		if x := reach(near, k, seen); len(x) > len(ranks) {
			ranks = x
		}
	}
	planned := g.costs(d)
	for _, p := range ranks {
		saving += g.alone[p] - planned[p]
	}
	return g, ranks, near, saving
}

// TestSampledShares: samples err about as much as they say, beside the value over all coalitions.
func TestSampledShares(t *testing.T) {
	if few(2) < 2 {
		t.Skip("too few weeks to tell")
	}
	stated, real, weeks := 0.0, 0.0, 0
	for seed := range few(uint64(40)) {
		week := randomWeek(rand.New(rand.NewPCG(seed, 17)), weekShape{Producers: 8, Points: 5, Orders: 20, Days: 1, Rounds: 2, Travel: shortest})
		g, ranks, near, saving := gameOf(t, week, Options{Iterations: 60})
		if len(ranks) < 6 || saving <= 0 {
			continue
		}
		weeks++
		all := g.players(ranks, near, saving)
		if all.planAll(); len(all.known) < all.needed() {
			t.Fatalf("%d of %d coalitions planned", len(all.known), all.needed())
		}
		exact := &shares{saving: make([]float64, len(g.alone)), err: make([]float64, len(g.alone))}
		all.exact(exact)
		// the same values for the samples, so that only the draw differs; as walks take them, no coalition saves less than one inside it
		c := g.players(ranks, near, saving)
		for set := range c.all() {
			v := all.value(set)
			for s := set; s != 0; s = (s - 1) & set {
				v = max(v, all.value(s))
			}
			c.known[set] = v
			for i := range c.near {
				c.near[i] = c.all()
			}
		}
		worth := make([]int64, c.all()+1)
		for set := range worth {
			worth[set] = c.value(uint64(set))
		}
		want := shapley(len(ranks), worth)
		for draw := range uint64(10) {
			g.s.opt.Seed = draw
			out := &shares{saving: make([]float64, len(g.alone)), err: make([]float64, len(g.alone))}
			c.planned = 0
			var sums []tally
			rng := rand.New(rand.NewPCG(draw, seed))
			for range 4 {
				sums = append(sums, tally{make([]float64, len(ranks)), make([]float64, len(ranks)), 0})
				c.walkAll([][]int{rng.Perm(len(ranks))}, sums[len(sums)-1:])
			}
			c.mean(sums, out)
			sum := 0.0
			for i, p := range ranks {
				sum += out.saving[p]
				real += math.Pow((out.saving[p]-want[i])/float64(saving), 2)
				stated += math.Pow(out.err[p]/float64(saving), 2)
			}
			if math.Abs(sum-float64(saving)) > 1 {
				t.Errorf("seed %d: parts add up to %.0f of %d", seed, sum, saving)
			}
		}
	}
	t.Logf("%d weeks: the stated error is %.2f of the real one", weeks, math.Sqrt(stated/real))
	if weeks < 10 || stated < 0.7*real || stated > 1.5*real {
		t.Errorf("%d weeks, error² stated %.5f, real %.5f", weeks, stated, real)
	}
}

// TestSharesByTheClock: every plan has its shares, even where the time is up at once, and they add up to the whole.
func TestSharesByTheClock(t *testing.T) {
	methods := map[string]int{}
	eachShape(t, 2, func(t *testing.T, week *Week, rng *rand.Rand) {
		calls, most := 0, 1+rng.IntN(250)
		plan := solved(t, t.Context(), week, Options{Workers: 1, Bound: -1, Share: func() float64 {
			calls++
			return min(1, float64(calls)/float64(most))
		}})
		s := plan.Summary.Sharing
		if s == nil {
			t.Fatal("no shares")
		}
		methods[s.Method]++
		sum := 0.0
		for _, x := range savings(plan) {
			sum += x
		}
		if math.Abs(sum-s.SavingMetres) > 0.1*float64(1+len(week.Producers)) {
			t.Errorf("%s: parts add up to %.1f of %.1f m", s.Method, sum, s.SavingMetres)
		}
	})
	t.Log(methods)
	if methods[SharesExact] == 0 || methods[SharesPlanned]+methods[SharesSampled] == 0 {
		t.Errorf("shares %v", methods)
	}
}

// TestWishesInParts: a week planned in parts keeps every limit, too, and its habits are no hindrance.
func TestWishesInParts(t *testing.T) {
	eachInParts(t, 10, func(week *Week, rng *rand.Rand) {
		week.Habits = habitsOf(inParts(t, week, Options{Seed: 99, Iterations: 5, Workers: 1, Shares: -1}))
		week.Settings.NobodyWorseOff, week.Settings.Fairness = rng.IntN(4) > 0, []float64{0, 0.5, 1}[rng.IntN(3)]
		for i := range week.Producers {
			week.Producers[i].BalanceM = math.Round(rng.NormFloat64() * 40000)
		}
	}, func(t *testing.T, plan *Plan, week *Week) {
		for _, p := range plan.Summary.Producers {
			if p.WorseOff && week.Settings.NobodyWorseOff {
				t.Errorf("%s drives %.0f m, alone %.0f m", p.Producer, p.PlannedMetres, p.AloneMetres)
			}
		}
	})
}

// TestSharesOfNeighbours: where too many play together each does with those nearest, and the parts still add up.
func TestSharesOfNeighbours(t *testing.T) {
	week := neighbours(mostPlayers+6, 9000, 12000)
	plan := solved(t, t.Context(), week, Options{Iterations: 40, Shares: 1000})
	mustBeRight(t, week, plan)
	s := plan.Summary.Sharing
	if s == nil || s.Method != SharesLocal {
		t.Fatalf("shares %+v", s)
	}
	sum := 0.0
	for _, x := range savings(plan) {
		sum += x
	}
	t.Logf("%+v, least %.0f, most %.0f", *s, slices.Min(savings(plan)), slices.Max(savings(plan)))
	if math.Abs(sum-s.SavingMetres) > 10 || slices.Min(savings(plan)) < 0 {
		t.Errorf("%.0f of %.0f m", sum, s.SavingMetres)
	}
}

// TestPricesOfWishes: they are stated where a wish is set, never below 0, and what they are made.
func TestPricesOfWishes(t *testing.T) {
	week := neighbours(4, 10000, 8000, 9000, 11000)
	for i := range week.Orders {
		week.Orders[i].Lines[0].Producer = "p3"
	}
	opt := Options{Iterations: 300}
	if p := solved(t, t.Context(), week, opt); p.Summary.Wishes != nil {
		t.Errorf("no wish, and prices %+v", p.Summary.Wishes)
	}
	week.Vehicles[3].Available = nil // alone p3 brings nothing, so nobody may drive at all
	week.Settings.NobodyWorseOff, week.Settings.Fairness = true, 0.3
	p := solved(t, t.Context(), week, opt)
	w := p.Summary.Wishes
	if len(w) != 2 || w[0] != (WishPrice{Wish: WishFairness}) || w[1].Wish != WishNobodyWorseOff || w[1].Metres != 0 || w[1].Kg != p.Summary.UnservedKg || w[1].Kg == 0 {
		t.Errorf("prices %+v, %.0f kg left behind", w, p.Summary.UnservedKg)
	}
	if again := solved(t, t.Context(), week, opt); !reflect.DeepEqual(p, again) {
		t.Error("the same search gives another plan")
	}
}
