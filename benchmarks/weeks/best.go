package main

import (
	"fmt"

	"carriole/benchmarks/internal/bench"
)

// found is what a long search of one week found.
type found struct {
	Week   string          `json:"week"`
	Before *bench.Best     `json:"before,omitempty"`
	Tries  []bench.Attempt `json:"tries"`
}

// best searches long and stores the best known of each week, after each search, for later runs.
func best(r *run) (*bench.Section, error) {
	t := bench.Table{Left: 1, Columns: []string{"week", "known before m", "found m", "best known m", "unserved kg", "s"}}
	var all []found
	for i := range r.weeks {
		w := &r.weeks[i]
		f := found{Week: w.name}
		before := ""
		if b, ok := r.known[w.fingerprint]; ok {
			f.Before, before = &b, fmt.Sprintf("%.0f", b.Objective)
		}
		for seed := 1; seed <= r.Seeds; seed++ {
			a, err := r.search(w, bench.Job{Seed: uint64(seed)})
			if err != nil {
				return nil, err
			}
			f.Tries = append(f.Tries, *a)
			if r.known.Keep(w.fingerprint, w.name, a, r.Threads) {
				if err := r.known.Write(r.Best); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, f)
		now := r.known[w.fingerprint]
		t.Add(w.name, before, fmt.Sprintf("%.0f", bench.Middle(f.Tries).Objective), fmt.Sprintf("%.0f", now.Objective), fmt.Sprintf("%.1f", now.UnservedKg), fmt.Sprintf("%.0f", now.Seconds))
		r.say("best: %s done", w.name)
	}
	return &bench.Section{Title: "The best known", Text: fmt.Sprintf("Searches of %s, %d of each week; the middle one is “found”, the best is kept.", r.Time, r.Seeds), Tables: []bench.Table{t}, Data: all}, nil
}
