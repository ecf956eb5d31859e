package bench

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

const sameKg = 0.01 // amounts closer than this are the same

// Compare orders attempts as the contract does: kilograms left behind first, then the objective.
func (a *Attempt) Compare(b *Attempt) int {
	if !a.ServesAs(b) {
		return cmp.Compare(a.UnservedKg, b.UnservedKg)
	}
	return cmp.Compare(a.Objective, b.Objective)
}

// ServesAs reports whether both leave as much behind: only then metres may be compared.
func (a *Attempt) ServesAs(b *Attempt) bool { return math.Abs(a.UnservedKg-b.UnservedKg) < sameKg }

// Above is by how much of b's objective a's is above it, 0.01 for one per cent; it is infinite when a leaves more
// behind, and when there is nothing to divide by.
func (a *Attempt) Above(b *Attempt) float64 {
	switch {
	case !a.ServesAs(b) && a.UnservedKg > b.UnservedKg:
		return math.Inf(1)
	case a.Objective == b.Objective:
		return 0
	case b.Objective <= 0:
		return math.Inf(1)
	}
	return a.Objective/b.Objective - 1
}

// Middle is the attempt that half of the others do no worse than; of an even number the worse of the two in the middle.
func Middle(all []Attempt) *Attempt {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Attempt) int { return a.Compare(&b) })
	return &sorted[len(sorted)/2]
}

// Median of the figures, the mean of the middle two of an even number; NaN of none.
func Median(figures []float64) float64 {
	n := len(figures)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(figures)
	sort.Float64s(sorted)
	if a, b := sorted[(n-1)/2], sorted[n/2]; a != b {
		return (a + b) / 2
	}
	return sorted[n/2]
}

// MedianOf is the median of one figure over attempts.
func MedianOf(all []Attempt, figure func(*Attempt) float64) float64 {
	var figures []float64
	for i := range all {
		figures = append(figures, figure(&all[i]))
	}
	return Median(figures)
}

// TimeTo is after how many seconds the middle attempt comes within a gap of the best; NaN when none does. tries has the
// attempts of one limit each, the shortest first. Between the last limit that misses the gap and the first that does
// not, the time is interpolated on a logarithmic scale.
func TimeTo(gap float64, tries [][]Attempt, best *Attempt) float64 {
	before, above := math.NaN(), math.Inf(1)
	for _, t := range tries {
		if len(t) == 0 {
			continue
		}
		s, now := MedianOf(t, func(a *Attempt) float64 { return a.Seconds }), Middle(t).Above(best)
		if now <= gap+1e-9 {
			if math.IsInf(above, 1) || !(before < s) {
				return s
			}
			return before * math.Pow(s/before, (above-gap)/(above-now))
		}
		before, above = s, now
	}
	return math.NaN()
}
