package intake

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"carriole/api/store"
)

// LocalTime reads a moment. Without a zone it is a time on the clocks of the given one, as Cagette stores French local time:
// of a time that the clock shows twice the first is meant, and one that it skips is as late as the clock was before, 2:30
// being 3:30 of summer time.
func LocalTime(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	text = strings.Replace(text, "h", ":", 1)
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "02/01/2006 15:04:05", "02/01/2006 15:04", "02/01/2006 à 15:04"} {
		if wall, err := time.Parse(layout, text); err == nil {
			return onClock(wall, zone), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: it must be like 2026-11-26 16:30, or like 2026-11-26T16:30:00+01:00", text)
}

// onClock is the moment at which a zone's clocks show what wall shows in UTC.
func onClock(wall time.Time, zone *time.Location) time.Time {
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	last := wall.Add(-time.Duration(after) * time.Second)
	shows := func(t time.Time) bool {
		_, offset := t.In(zone).Zone()
		return t.Add(time.Duration(offset) * time.Second).Equal(wall)
	}
	if !shows(first) && shows(last) {
		return last.In(zone)
	}
	return first.In(zone)
}

var (
	isoDay    = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	frenchDay = regexp.MustCompile(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})$`)
	longDay   = regexp.MustCompile(`^(?:\pL+ )?(\d{1,2})(?:er)? (\pL+) (\d{4})$`)
	months    = []string{"janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre"}
)

// localDay reads a day, or the day of a moment in a zone.
func localDay(text string, zone *time.Location) (store.Day, error) {
	text = strings.TrimSpace(text)
	day := store.Day(text)
	if m := frenchDay.FindStringSubmatch(text); m != nil {
		if len(m[3]) == 2 {
			m[3] = "20" + m[3]
		}
		day = store.Day(fmt.Sprintf("%s-%02s-%02s", m[3], m[2], m[1]))
	} else if m := longDay.FindStringSubmatch(fold(text)); m != nil {
		for i, name := range months {
			if m[2] == name {
				day = store.Day(m[3] + "-" + fmt.Sprintf("%02d", i+1) + "-" + fmt.Sprintf("%02s", m[1]))
			}
		}
	} else if !isoDay.MatchString(text) {
		if t, err := LocalTime(text, zone); err == nil {
			day = store.DayOf(t.In(zone))
		}
	}
	if !day.Valid() {
		return "", fmt.Errorf("%s is no day: it must be like 2026-11-26 or 26/11/2026", strconv.Quote(text))
	}
	return day, nil
}

var dayInName = regexp.MustCompile(`(?:^|\D)(20\d\d-\d\d-\d\d)(?:\D|$)`)

// dayOfName is the day in a file's name, as in Export-commandes-2026-11-26-Cagette.csv; empty without one.
func dayOfName(name string) store.Day {
	if m := dayInName.FindStringSubmatch(name); m != nil && store.Day(m[1]).Valid() {
		return store.Day(m[1])
	}
	return ""
}
