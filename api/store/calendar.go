package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Day is a calendar day as in 2026-11-26; days compare as texts do.
type Day string

// DayOf is the day of a moment in its zone.
func DayOf(t time.Time) Day { return Day(t.Format(time.DateOnly)) }

// Valid reports whether the day exists, between the years 2000 and 2199.
func (d Day) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil && d >= "2000" && d < "2200"
}

// Plus is the day some days later.
func (d Day) Plus(days int) Day { return DayOf(d.utc().AddDate(0, 0, days)) }

// Weekday is the day of the week.
func (d Day) Weekday() Weekday { return weekdays[(int(d.utc().Weekday())+6)%7] }

// At is a time of the day in a zone. Daylight saving counts: 8:00 is 8:00 on the clock. A time that the clock skips or
// shows twice is one of the two that could be meant.
func (d Day) At(c Clock, zone *time.Location) time.Time {
	y, m, day := d.utc().Date()
	return time.Date(y, m, day, 0, int(c), 0, 0, zone)
}

func (d Day) utc() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}

// Clock is a time of day in minutes after midnight, or after midnight of the next day from 24:00 on. As text: 16:30.
type Clock int

// lastClock is 47:59, late in the night after.
const lastClock = 48*60 - 1

// ParseClock reads a time of day as in 16:30, up to 47:59.
func ParseClock(s string) (Clock, error) {
	var h, m int
	wrong := fmt.Errorf("%q is no time of day: it must be like 16:30, up to 47:59 for the night after", s)
	if len(s) != len("16:30") || s[2] != ':' {
		return 0, wrong
	}
	for i, to := range []*int{&h, &h, nil, &m, &m} {
		if to == nil {
			continue
		}
		if s[i] < '0' || s[i] > '9' {
			return 0, wrong
		}
		*to = *to*10 + int(s[i]-'0')
	}
	if h > 47 || m > 59 {
		return 0, wrong
	}
	return Clock(h*60 + m), nil
}

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// MarshalText writes 16:30.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads 16:30.
func (c *Clock) UnmarshalText(b []byte) (err error) {
	*c, err = ParseClock(string(b))
	return err
}

func (c Clock) valid() bool { return c >= 0 && c <= lastClock }

// Weekday is a day of the week: mon to sun.
type Weekday string

var weekdays = [...]Weekday{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// Season is the part of each year from one day to another, both included, as in 04-01 to 10-31; it may span the new
// year. The zero value is the whole year.
type Season struct {
	From  string `json:"from,omitempty"` // month and day, 04-01
	Until string `json:"until,omitempty"`
}

// Has reports whether the season has the day.
func (s Season) Has(d Day) bool {
	if s == (Season{}) {
		return true
	}
	day := string(d)[len("2026-"):]
	if s.From <= s.Until {
		return s.From <= day && day <= s.Until
	}
	return day >= s.From || day <= s.Until
}

func (s Season) check(f *faults, path string) {
	if s == (Season{}) {
		return
	}
	for _, end := range []struct{ path, day string }{{path + ".from", s.From}, {path + ".until", s.Until}} {
		if !Day("2024-" + end.day).Valid() { // a leap year has every day
			f.add(end.path, "%q is no day of the year: it must be month and day, as in 04-01", end.day)
		}
	}
}

// Window is a span of time that comes every week.
type Window struct {
	Days   []Weekday `json:"days"`
	From   Clock     `json:"from"`
	Until  Clock     `json:"until"` // before 24:00 of the same day, or up to 47:59 of the next
	Season Season    `json:"season,omitzero"`
}

// Windows are the weekly hours of something.
type Windows []Window

// On is the hours of a day, in their order.
func (w Windows) On(d Day) []Span {
	var out []Span
	for _, x := range w {
		if slices.Contains(x.Days, d.Weekday()) && x.Season.Has(d) {
			out = append(out, Span{x.From, x.Until})
		}
	}
	slices.SortFunc(out, func(a, b Span) int { return int(a.From - b.From) })
	return out
}

// Span is a part of a day.
type Span struct {
	From  Clock `json:"from"`
	Until Clock `json:"until"`
}

func (s Span) check(f *faults, path string) {
	if !s.From.valid() || !s.Until.valid() || s.Until < s.From {
		f.add(path, "%s to %s is no span of a day: it must end after it begins, and before 48:00", s.From, s.Until)
	}
}

// mostWindows bounds the hours of one thing.
const mostWindows = 100

func (w Windows) check(f *faults, path string) {
	if len(w) > mostWindows {
		f.add(path, "has %d windows: at most %d are kept", len(w), mostWindows)
		return
	}
	for i, x := range w {
		path := fmt.Sprintf("%s[%d]", path, i)
		if len(x.Days) == 0 {
			f.add(path+".days", "is empty: name days, mon to sun")
		}
		for j, d := range x.Days {
			choice(f, fmt.Sprintf("%s.days[%d]", path, j), d, weekdays[:]...)
		}
		Span{x.From, x.Until}.check(f, path)
		x.Season.check(f, path+".season")
	}
}

// Rule says on which days something comes again: the value of an RRULE (RFC 5545), as in FREQ=WEEKLY;BYDAY=TU,TH or
// FREQ=MONTHLY;BYDAY=1SA. It counts days of the calendar, so that daylight saving cannot move it; the time of day is
// said elsewhere. The empty rule is the first day alone.
type Rule string

// Bounds of what somebody means by a rule.
const (
	mostRule     = 500 // bytes
	mostInterval = 1000
)

func (r Rule) parse(starts Day) (*rrule.RRule, error) {
	if len(r) > mostRule {
		return nil, fmt.Errorf("has %d bytes, more than any rule needs", len(r))
	}
	option, err := rrule.StrToROption(string(r))
	if err != nil {
		return nil, fmt.Errorf("is no recurrence rule: %w; it must be like FREQ=WEEKLY;BYDAY=TU,TH", err)
	}
	upper := strings.ToUpper(string(r))
	switch {
	case option.Freq > rrule.DAILY:
		return nil, fmt.Errorf("comes %s: it must be DAILY, WEEKLY, MONTHLY or YEARLY", option.Freq)
	case len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 0:
		return nil, errors.New("names times of day: the hours are said beside the rule")
	case strings.Contains(upper, "DTSTART"):
		return nil, errors.New("names its first day: that is said beside the rule")
	case len(option.Byeaster) > 0:
		return nil, errors.New("names days from Easter, which RFC 5545 does not know: add the days one by one")
	case option.Interval > mostInterval:
		return nil, fmt.Errorf("comes every %d times: at most %d are known", option.Interval, mostInterval)
	}
	option.Dtstart = starts.utc()
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("is no recurrence rule: %w", err)
	}
	return rule, nil
}

// Days is the days from first to last, both included, on which the rule that starts some day comes.
func (r Rule) Days(starts, first, last Day) []Day {
	if r == "" {
		if first <= starts && starts <= last {
			return []Day{starts}
		}
		return nil
	}
	rule, err := r.parse(starts)
	if err != nil || last < first {
		return nil
	}
	var out []Day
	for _, t := range rule.Between(first.utc(), last.utc(), true) {
		out = append(out, DayOf(t))
	}
	return out
}

func (r Rule) check(f *faults, path string, starts Day) {
	if r == "" || !starts.Valid() {
		return
	}
	rule, err := r.parse(starts)
	if err != nil {
		f.add(path, "%q %s", string(r), err)
	} else if rule.After(starts.utc(), true).IsZero() {
		f.add(path, "%q comes on no day from %s on", string(r), starts)
	}
}

func (d Day) check(f *faults, path string) {
	if !d.Valid() {
		f.add(path, "%q is no day: it must be like 2026-11-26", string(d))
	}
}

// Year is the day's year.
func (d Day) Year() int { return d.utc().Year() }
