package planning

import (
	"slices"
	"strings"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/fr"

	"carriole/api/store"
)

// Holiday is a French public holiday.
type Holiday struct {
	Day  store.Day
	Name string // in French
}

// Holidays lists the French public holidays from one day to another, both included. A round does not stop for one by
// itself: they are shown, so that the coordinator asks.
func Holidays(first, last store.Day) []Holiday {
	var out []Holiday
	if !first.Valid() || !last.Valid() {
		return nil
	}
	for year := first.Year(); year <= last.Year(); year++ {
		for _, h := range fr.Holidays {
			if actual, _ := h.Calc(year); !actual.IsZero() && h.Type == cal.ObservancePublic {
				if day := store.DayOf(actual); first <= day && day <= last {
					out = append(out, Holiday{day, h.Name})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Holiday) int { return strings.Compare(string(a.Day)+a.Name, string(b.Day)+b.Name) })
	return out
}
