package view

import (
	"bytes"
	"strings"
	"testing"

	"carriole/engine"
)

func TestSharing(t *testing.T) {
	week, plan := fixture(t)
	week.Producers[0].Name, week.Producers[1].Name = "Anne", "Bruno"
	a, b := week.Producers[0].ID, week.Producers[1].ID
	s := &plan.Summary
	s.Producers = []engine.Share{{Producer: a, SavingMetres: 12000, EUR: -2.5, BalanceMetres: -3000}, {Producer: b, SavingMetres: 8000, SavingError: 600, EUR: 2.5}}
	s.Sharing = &engine.Sharing{Method: engine.SharesSampled, SavingMetres: 20000, CostPerKm: 0.4, Capped: true, Transfers: []engine.Transfer{{From: a, To: b, EUR: 2.5}}}
	s.Wishes = []engine.WishPrice{{Wish: engine.WishFairness, Metres: 1500}, {Wish: engine.WishNobodyWorseOff, Kg: 3}}
	for lang, want := range map[Lang][]string{
		English: {"20.0 km", "8.0 km ± 0.6", "Anne pays Bruno 2.50 €", "0.40 € per km", "Fairness costs 1.5 km.", "alone costs 3.0 kg left behind."},
		French:  {"20,0 km", "8,0 km ± 0,6", "Anne verse à Bruno 2,50 €", "0,40 € par km", "L’équité coûte 1,5 km.", "seul coûte 3,0 kg non livrés."},
	} {
		got := strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(textOf(t, week, plan, Options{Lang: lang, Width: 120}))
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, got)
			}
		}
	}
	for width := 40; width < 100; width += 7 {
		for _, line := range strings.Split(textOf(t, week, plan, Options{Lang: French, Width: width}), "\n") {
			if columns(line) > width {
				t.Fatalf("width %d: %q", width, line)
			}
		}
	}
	var out bytes.Buffer
	if err := SharesCSV(&out, week, plan); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Split(out.String(), "\r\n"); len(rows) != 4 || !strings.Contains(rows[1], a+",Anne,0,0,0,0,12000,0,") || !strings.HasSuffix(rows[1], "-2.5,-3000") {
		t.Errorf("%q", rows)
	}
}
