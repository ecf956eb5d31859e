package view

import (
	"encoding/csv"
	"io"

	"carriole/engine"
)

// sharing says how the saving is shared, who pays whom, and what the wishes to be fair to each cost.
func (t *text) sharing() {
	s := &t.plan.Summary
	if s.Sharing != nil {
		t.section(t.Shared, t.km(s.Sharing.SavingMetres))
		t.wrap("", t.fixed(t.sharedHow(s.Sharing.Method)))
		for _, p := range s.Producers {
			if p.SavingMetres == 0 && p.EUR == 0 {
				continue
			}
			part := t.km(p.SavingMetres)
			if p.SavingError >= 50 {
				part += t.space() + "±" + t.space() + t.number(p.SavingError/1000, 1)
			}
			t.row("", t.producerName(p.Producer), []int{24}, part)
		}
		for _, x := range s.Sharing.Transfers {
			t.wrap("  ", t.say(t.PaysFmt, t.producerName(x.From), t.producerName(x.To), t.euro(x.EUR)))
		}
		if len(s.Sharing.Transfers) > 0 {
			t.wrap("", t.say(t.MoneyFmt, t.euro(s.Sharing.CostPerKm)))
		}
		if s.Sharing.Capped {
			t.wrap("", t.fixed(t.Capped))
		}
	}
	for i, w := range s.Wishes {
		if i == 0 {
			t.blank()
		}
		format := t.FairnessFmt
		if w.Wish == engine.WishNobodyWorseOff {
			format = t.NobodyFmt
		}
		price := t.km(w.Metres)
		if w.Kg >= 0.05 {
			price = t.say(t.WishKgFmt, t.kg(w.Kg))
		}
		t.wrap("", t.say(format, price))
	}
}

// sharedHow says how shares were found.
func (w *words) sharedHow(method string) string {
	return map[string]string{engine.SharesExact: w.SharedExact, engine.SharesSampled: w.SharedSampled, engine.SharesLocal: w.SharedLocal, engine.SharesPlanned: w.SharedPlanned}[method]
}

func (w *words) euro(x float64) string { return w.number(x, 2) + w.space() + "€" }

// SharesCSV writes what each producer has of a plan for spreadsheets, like CSV: the header
//
//	producer, producer_name, alone_m, planned_m, for_others_m, by_others_m, saving_m, saving_error_m, eur, balance_m
//
// and a row for each. saving_m, its error and eur, received or below 0 paid, are empty where the saving was not shared.
func SharesCSV(w io.Writer, week *engine.Week, plan *engine.Plan) error {
	b := newBook(week, plan)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write([]string{"producer", "producer_name", "alone_m", "planned_m", "for_others_m", "by_others_m", "saving_m", "saving_error_m", "eur", "balance_m"})
	for _, p := range plan.Summary.Producers {
		saving, wrong, eur := "", "", ""
		if plan.Summary.Sharing != nil {
			saving, wrong, eur = figure(p.SavingMetres), figure(p.SavingError), figure(p.EUR)
		}
		out.Write([]string{cell(p.Producer), cell(b.producerName(p.Producer)), figure(p.AloneMetres), figure(p.PlannedMetres),
			figure(p.ForOthers), figure(p.ByOthers), saving, wrong, eur, figure(p.BalanceMetres)})
	}
	out.Flush()
	return out.Error()
}
