// Package maker has what makers of weeks share: the clock of the week that they make, draws, orders of visits, and a
// drive through a finished round.
package maker

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"carriole/engine"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("", 3600))

// Hour of a day of week 48 of 2026, counted from Monday 0, to the second.
func Hour(day int, h float64) time.Time {
	return monday.Add(time.Duration(day)*24*time.Hour + time.Duration(math.Round(3600*h))*time.Second)
}

// OneOf draws one of the values.
func OneOf[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// Permute visits every order of the list, in place.
func Permute(list []int, visit func([]int)) {
	var from func(k int)
	from = func(k int) {
		if k == len(list) {
			visit(list)
			return
		}
		for i := k; i < len(list); i++ {
			list[k], list[i] = list[i], list[k]
			from(k + 1)
			list[k], list[i] = list[i], list[k]
		}
	}
	from(0)
}

// Drive goes through a round as early as its windows allow and says which of them it misses first.
func Drive(week *engine.Week, r *engine.Round) error {
	place := map[string]int{}
	for i, p := range week.Places {
		place[p.ID] = i
	}
	travel := engine.TravelOf(week)
	now, here := r.DepartAfter, r.Start
	to := func(next string) {
		_, s := travel.Between(place[here], place[next])
		now, here = now.Add(time.Duration(s)*time.Second), next
	}
	for _, s := range r.Stops {
		to(s.Place)
		if now.Before(s.ArriveAfter) {
			now = s.ArriveAfter
		}
		if now.After(s.ArriveBy) {
			return fmt.Errorf("%s reaches %s at %s, after %s", r.ID, s.Place, now, s.ArriveBy)
		}
		now = now.Add(time.Duration(s.StayS) * time.Second)
	}
	if to(r.End); now.After(r.ReturnBy) {
		return fmt.Errorf("%s is home at %s, after %s", r.ID, now, r.ReturnBy)
	}
	return nil
}

// Write writes a week to a file.
func Write(file string, week *engine.Week) error {
	text, err := json.Marshal(week)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
