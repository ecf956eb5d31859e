package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// A sharesView is what each producer has of a plan.
type sharesView struct {
	Sale     *store.Sale
	Plan     *weekPlan // nil: none yet
	Day      time.Time
	Rows     []shareRow
	Method   string
	Transfer []transferRow
	Worse    []string // names of those who are worse off
	MostM    float64  // of the bars
	Wishes   []wishRow
}

type shareRow struct {
	Name                            string
	AloneM, PlannedM, ForM, ByM     float64
	SavedM                          float64 // driven less than alone
	PartM, ErrorM                   float64 // of what all save together
	EUR                             float64
	BalanceM                        float64
	AloneCO2, SavedCO2              float64
	Worse                           bool
	AloneWide, PlannedWide, ForWide float64 // of bars, 0 to 100
}

type transferRow struct {
	From, To string
	EUR      float64
}

type wishRow struct {
	Text string
	M    float64
	Kg   float64
}

func (s *Site) shares(v *visit) error {
	sale, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	out := sharesView{Sale: sale, Plan: plan, Day: sale.Distribution.At(0, v.zone())}
	if plan != nil {
		v.fillShares(&out)
	}
	return s.render(v, "shares.html", out)
}

func (v *visit) fillShares(out *sharesView) {
	names := out.Plan.names()
	sum := &out.Plan.Doc.Summary
	emits := map[string]float64{} // kg of CO₂ in the plan, by producer
	perKm := map[string]float64{}
	for i := range out.Plan.Week.Vehicles {
		x := &out.Plan.Week.Vehicles[i]
		perKm[x.ID] = x.GramsPerKm()
	}
	for i := range out.Plan.Doc.Rounds {
		r := &out.Plan.Doc.Rounds[i]
		emits[r.Producer] += r.Metres / 1000 * perKm[r.Vehicle] / 1000
	}
	for i := range sum.Producers {
		p := &sum.Producers[i]
		row := shareRow{Name: names[p.Producer], AloneM: p.AloneMetres, PlannedM: p.PlannedMetres, ForM: p.ForOthers, ByM: p.ByOthers, SavedM: p.AloneMetres - p.PlannedMetres,
			PartM: p.SavingMetres, ErrorM: p.SavingError, EUR: p.EUR, BalanceM: p.BalanceMetres, AloneCO2: p.AloneCO2Kg, SavedCO2: p.AloneCO2Kg - emits[p.Producer], Worse: p.WorseOff}
		out.MostM = max(out.MostM, row.AloneM, row.PlannedM)
		if row.Worse {
			out.Worse = append(out.Worse, row.Name)
		}
		if row.AloneM < 50 && row.PlannedM < 50 && row.ByM < 50 && row.ForM < 50 {
			continue
		}
		out.Rows = append(out.Rows, row)
	}
	for i := range out.Rows {
		r := &out.Rows[i]
		wide := func(m float64) float64 { return math.Round(1000*m/max(1, out.MostM)) / 10 }
		r.AloneWide, r.PlannedWide, r.ForWide = wide(r.AloneM), wide(r.PlannedM), wide(min(r.ForM, r.PlannedM))
	}
	by := byName()
	slices.SortStableFunc(out.Rows, func(a, b shareRow) int { return by.CompareString(a.Name, b.Name) })
	if sh := sum.Sharing; sh != nil {
		out.Method = v.lang.Shares(sh.Method)
		for _, t := range sh.Transfers {
			out.Transfer = append(out.Transfer, transferRow{names[t.From], names[t.To], t.EUR})
		}
	}
	for _, w := range sum.Wishes {
		text := v.say("L’équité demandée coûte", "The fairness that is asked for costs")
		if w.Wish == engine.WishNobodyWorseOff {
			text = v.say("Que personne ne roule plus que seul coûte", "That nobody drives more than alone costs")
		}
		out.Wishes = append(out.Wishes, wishRow{text, w.Metres, w.Kg})
	}
}

// A balancesView is the account of everyone over the weeks.
type balancesView struct {
	Rows  []balanceRow
	Weeks []weekRow
	MostM float64

	SavedM, SavedCO2 float64 // over the weeks
	Curve            string  // of the CO₂ saved since the first week, as points of a line 600 wide and 100 high; empty: too few weeks
}

type balanceRow struct {
	ID      store.ID
	Name    string
	Metres  float64
	X, Wide float64 // of the bar, 0 to 100; the middle is nought
	Entries []entryRow
}

type entryRow struct {
	When   time.Time
	Sale   string
	Metres float64
	Note   string
}

type weekRow struct {
	ID              store.ID
	Name            string
	Day             time.Time
	State           store.PlanState
	AloneM, AddedM  float64
	AloneW, AddedW  float64 // of bars, 0 to 100
	Handovers       int64
	Served, Missing float64
	SavedCO2        float64 // kg
}

// balances shows what each has driven for others over the weeks, and what the weeks have saved.
func (s *Site) balances(v *visit) error {
	producers, err := store.All(func(p store.Page) ([]store.Producer, store.Cursor, error) {
		return v.scope.Producers(v.ctx, store.ProducerFilter{}, p)
	})
	if err != nil {
		return err
	}
	sums, err := v.scope.Balances(v.ctx)
	if err != nil {
		return err
	}
	const mostWeeks, mostEntries = 52, 20
	sales, _, err := v.scope.Sales(v.ctx, store.SaleFilter{}, store.Page{Limit: mostWeeks})
	if err != nil {
		return err
	}
	out := balancesView{}
	of := map[store.ID]string{} // plan's sale
	var most float64
	for i := range sales {
		x := &sales[i]
		plan, err := v.scope.CurrentPlan(v.ctx, x.ID)
		if store.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		of[plan.ID] = x.Name
		f := &plan.Figures
		out.Weeks = append(out.Weeks, weekRow{ID: x.ID, Name: x.Name, Day: x.Distribution.At(0, v.zone()), State: plan.State, AloneM: float64(f.AloneM), AddedM: float64(f.AddedM), Handovers: f.Handovers,
			Served: float64(f.ServedGrams) / 1000, Missing: float64(f.UnservedGrams) / 1000, SavedCO2: float64(f.SavedCO2Grams) / 1000})
		out.SavedM += float64(f.AloneM - f.AddedM)
		out.SavedCO2 += float64(f.SavedCO2Grams) / 1000
		most = max(most, float64(f.AloneM), float64(f.AddedM))
	}
	for i := range out.Weeks {
		w := &out.Weeks[i]
		w.AloneW, w.AddedW = math.Round(1000*max(0, w.AloneM)/max(1, most))/10, math.Round(1000*max(0, w.AddedM)/max(1, most))/10
	}
	out.Curve = curve(out.Weeks)
	for i := range producers {
		p := &producers[i]
		metres, ok := sums[p.ID]
		if !ok {
			continue
		}
		row := balanceRow{ID: p.ID, Name: p.Name, Metres: float64(metres)}
		entries, err := v.scope.Entries(v.ctx, p.ID)
		if err != nil {
			return err
		}
		for _, e := range entries[:min(len(entries), mostEntries)] {
			x := entryRow{When: v.at(e.Created), Sale: of[e.Plan], Metres: float64(e.Metres)}
			if e.Plan == "" {
				x.Note = e.Note
			}
			row.Entries = append(row.Entries, x)
		}
		out.Rows = append(out.Rows, row)
		out.MostM = max(out.MostM, math.Abs(row.Metres))
	}
	for i := range out.Rows {
		r := &out.Rows[i]
		r.Wide = math.Round(500*math.Abs(r.Metres)/max(1, out.MostM)) / 10
		r.X = 50
		if r.Metres < 0 {
			r.X = 50 - r.Wide
		}
	}
	slices.SortStableFunc(out.Rows, func(a, b balanceRow) int { return cmp.Compare(b.Metres, a.Metres) })
	return s.render(v, "balances.html", out)
}

// curve is how the CO₂ saved has grown, the oldest week first.
func curve(weeks []weekRow) string {
	if len(weeks) < 3 {
		return ""
	}
	sums, sum := []float64{0}, 0.0
	for _, w := range slices.Backward(weeks) {
		sum += w.SavedCO2
		sums = append(sums, sum)
	}
	least, most := slices.Min(sums), slices.Max(sums)
	var b strings.Builder
	for i, x := range sums {
		fmt.Fprintf(&b, "%.1f,%.1f ", 600*float64(i)/float64(len(sums)-1), 96-92*(x-least)/max(most-least, 1e-9))
	}
	return strings.TrimSpace(b.String())
}
