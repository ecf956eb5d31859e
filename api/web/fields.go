package web

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"carriole/api/store"
	"carriole/engine/view"
)

// ask makes fields of forms in the visitor's language.
type ask struct {
	lang  view.Lang
	typed url.Values // of a form that was sent; nil: none was
}

func (v *visit) ask() ask { return ask{v.lang, v.r.PostForm} }

func (a ask) say(french, english string) string { return say(a.lang, french, english) }

func (a ask) text(name, french, english, value string) field {
	return field{Name: name, Kind: "text", Label: a.say(french, english), Value: value}
}

func (a ask) area(name, french, english, value string) field {
	return field{Name: name, Kind: "area", Label: a.say(french, english), Value: value}
}

func (a ask) number(name, french, english, unit string, value *int64, scale float64) field {
	return field{Name: name, Kind: "number", Label: a.say(french, english), Unit: unit, Value: shown(value, scale, a.lang)}
}

func (a ask) clock(name, french, english string, value *store.Clock) field {
	return field{Name: name, Kind: "clock", Label: a.say(french, english), Value: shownClock(value)}
}

func (a ask) day(name, french, english string, value store.Day) field {
	return field{Name: name, Kind: "day", Label: a.say(french, english), Value: string(value)}
}

func (a ask) check(name, french, english string, value bool) field {
	return field{Name: name, Kind: "check", Label: a.say(french, english), Checked: value}
}

func (a ask) choose(name, french, english string, list []choice, value string) field {
	return field{Name: name, Kind: "select", Label: a.say(french, english), Choices: chosen(list, value)}
}

// from lets what is missing among a field's choices be added from there.
func (a ask) from(f *field, kind, french, english string) {
	f.From, f.Add = kind, a.say(french, english)
}

// position is where a place is, typed as latitude and longitude or picked on a map.
func (a ask) position(name string, at *store.Point) field {
	f := field{Name: name, Kind: "map", Label: a.say("Position", "Position"), Hint: a.say("Cliquez sur la carte, ou tapez latitude et longitude : 44.0551, 5.0481", "Click on the map, or type latitude and longitude: 44.0551, 5.0481")}
	if at != nil {
		f.Value = strconv.FormatFloat(at.Lat(), 'f', -1, 64) + ", " + strconv.FormatFloat(at.Lon(), 'f', -1, 64)
	}
	return f
}

// position reads latitude and longitude; nil where nothing is typed.
func (r *reader) position(name string) *store.Point {
	s := r.text(name)
	if s == "" {
		return nil
	}
	lat, lon, ok := strings.Cut(strings.ReplaceAll(s, ";", ","), ",")
	y, err := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	x, err2 := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if !ok || err != nil || err2 != nil || !(y >= -90 && y <= 90) || !(x >= -180 && x <= 180) {
		r.wrong(name, "Ce n’est pas une position : écrivez latitude et longitude avec un point décimal, 44.0551, 5.0481, ou cliquez sur la carte.",
			"This is no position: write latitude and longitude with a decimal point, 44.0551, 5.0481, or click on the map.")
		return nil
	}
	return &store.Point{LonE7: int64(math.Round(x * 1e7)), LatE7: int64(math.Round(y * 1e7))}
}

var weekdays = [...]struct {
	day             store.Weekday
	french, english string
	rrule           string
}{{"mon", "lundi", "Monday", "MO"}, {"tue", "mardi", "Tuesday", "TU"}, {"wed", "mercredi", "Wednesday", "WE"}, {"thu", "jeudi", "Thursday", "TH"},
	{"fri", "vendredi", "Friday", "FR"}, {"sat", "samedi", "Saturday", "SA"}, {"sun", "dimanche", "Sunday", "SU"}}

func (a ask) days(name, french, english string, days ...store.Weekday) field {
	f := field{Name: name, Kind: "days", Label: a.say(french, english)}
	for _, d := range weekdays {
		c := choice{Value: string(d.day), Name: a.say(d.french, d.english)}
		for _, x := range days {
			c.Chosen = c.Chosen || x == d.day
		}
		f.Choices = append(f.Choices, c)
	}
	return f
}

func (r *reader) days(name string) (out []store.Weekday) {
	for _, d := range weekdays {
		for _, x := range r.typed[name] {
			if x == string(d.day) {
				out = append(out, d.day)
			}
		}
	}
	return out
}

// Repeated parts show what there is, or what was typed, and so many empty ones more.
const (
	emptyRows = 2
	mostRows  = 1000
)

// rows is how many rows a repeated part shows that has so many.
func (a ask) rows(name string, n int) int {
	if typed, _ := rowsTyped(a.typed, name); len(typed) > 0 {
		n = max(n, typed[len(typed)-1]+1)
	}
	return n + emptyRows
}

// windows are weekly hours.
func (a ask) windows(name, french, english string, list store.Windows) field {
	f := field{Name: name, Kind: "rows", Label: a.say(french, english), More: a.say("Encore un horaire", "More hours")}
	for i := range a.rows(name, len(list)) {
		var w store.Window
		var from, until *store.Clock
		if i < len(list) {
			w = list[i]
			from, until = &w.From, &w.Until
		}
		at := fmt.Sprintf("%s[%d]", name, i)
		f.Rows = append(f.Rows, row{Name: at, Fields: []field{
			a.days(at+".days", "Jours", "Days", w.Days...),
			a.clock(at+".from", "De", "From", from),
			a.clock(at+".until", "À", "Until", until)}})
	}
	return f
}

// windows reads weekly hours; the seasons of those that were are kept.
func (r *reader) windows(name string, before store.Windows) (out store.Windows) {
	for _, i := range r.rows(name) {
		at := fmt.Sprintf("%s[%d]", name, i)
		w := store.Window{Days: r.days(at + ".days"), From: r.needClock(at + ".from"), Until: r.needClock(at + ".until")}
		if len(w.Days) == 0 {
			r.wrong(at+".days", "Choisissez au moins un jour.", "Choose a day at least.")
		}
		if w.Until < w.From && len(r.faults) == 0 {
			r.wrong(at+".until", "La fin est avant le début.", "It ends before it begins.")
		}
		if i < len(before) {
			w.Season = before[i].Season
		}
		out = append(out, w)
	}
	return out
}

// rule is an RRULE of some days of the week, every week or every few.
func rule(days []store.Weekday, every int) store.Rule {
	var by []string
	for _, d := range weekdays {
		for _, x := range days {
			if x == d.day {
				by = append(by, d.rrule)
			}
		}
	}
	if len(by) == 0 {
		return ""
	}
	s := "FREQ=WEEKLY"
	if every > 1 {
		s += ";INTERVAL=" + strconv.Itoa(every)
	}
	return store.Rule(s + ";BYDAY=" + strings.Join(by, ","))
}

// daysOf takes apart what rule makes; ok is false for any other RRULE.
func daysOf(r store.Rule) (days []store.Weekday, every int, ok bool) {
	every = 1
	if r == "" {
		return nil, 1, true
	}
	for part := range strings.SplitSeq(string(r), ";") {
		k, value, _ := strings.Cut(part, "=")
		switch k {
		case "FREQ":
			if value != "WEEKLY" {
				return nil, 1, false
			}
		case "INTERVAL":
			n, err := strconv.Atoi(value)
			if err != nil {
				return nil, 1, false
			}
			every = n
		case "BYDAY":
			for by := range strings.SplitSeq(value, ",") {
				found := false
				for _, d := range weekdays {
					if d.rrule == by {
						days, found = append(days, d.day), true
					}
				}
				if !found {
					return nil, 1, false
				}
			}
		default:
			return nil, 1, false
		}
	}
	return days, every, len(days) > 0
}
