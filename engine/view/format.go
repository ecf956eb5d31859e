package view

import (
	"cmp"
	"time"
	"unicode"
	"unicode/utf8"

	"carriole/engine"
	"carriole/geo"
)

func (l Lang) words() *words { return Options{Lang: l}.words() }

// Number writes v with so many decimals and the language's separators.
func (l Lang) Number(v float64, decimals int) string { return l.words().number(v, decimals) }

// Km writes metres as kilometres, with one decimal.
func (l Lang) Km(metres float64) string { return l.words().km(metres) }

// Kg writes kilograms, with one decimal.
func (l Lang) Kg(kg float64) string { return l.words().kg(kg) }

// Litres writes litres, with one decimal.
func (l Lang) Litres(litres float64) string { return l.words().litres(litres) }

// Percent writes a share of 1.
func (l Lang) Percent(share float64) string { return l.words().percent(share) }

// Date writes a day as in Thursday, 26 November or jeudi 26 novembre.
func (l Lang) Date(t time.Time) string { return l.words().date(t) }

// Clock writes a time of day.
func (Lang) Clock(t time.Time) string { return clock(t) }

// Doing says what is done with goods at a stop, as a [Task] has it: "Take over from Anne (there 17:30)". with is the name of who drives
// the other round, empty where it is the same producer; at is when that round is there, zero where that is not known, and here when this
// one is: of another day at is told with its date. Times are told in zone.
func (l Lang) Doing(do, with string, here, at time.Time, zone *time.Location) string {
	w := l.words()
	s := w.do(do, cmp.Or(with, w.OtherRound))
	first, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[n:]
	if format := w.whenFmt(do); format != "" && !at.IsZero() {
		here, at = here.In(zone), at.In(zone)
		when := clock(at)
		if l.Date(at) != l.Date(here) {
			when = l.Date(at) + ", " + when
		}
		s += " (" + w.say(format, when) + ")"
	}
	return s
}

func (w *words) do(do, with string) string {
	switch do {
	case Collect:
		return w.Collect
	case Deliver:
		return w.Deliver
	case HandOver:
		return w.say(w.HandOverFmt, with)
	case Leave:
		return w.say(w.LeaveFmt, with)
	case Fetch:
		return w.say(w.FetchFmt, with)
	}
	return w.say(w.TakeOverFmt, with)
}

// whenFmt says of the other round when it is there; empty: there is none.
func (w *words) whenFmt(do string) string {
	switch do {
	case HandOver, TakeOver:
		return w.ThereFmt
	case Leave:
		return w.ComesFmt
	case Fetch:
		return w.WasThereFmt
	}
	return ""
}

// Class writes a temperature class.
func (l Lang) Class(c engine.Class) string { return l.words().class(c) }

// MadeOf says in a sentence or two what kilometres are made of, nothing for nil.
func (l Lang) MadeOf(source *geo.Source) string { return l.words().madeOf(source) }

func (w *words) madeOf(source *geo.Source) string {
	if source == nil {
		return ""
	}
	s, name := "", clean(source.Name)
	if source.Date != "" {
		name = w.say(w.DatedFmt, name, w.dayOf(source.Date))
	}
	switch source.Kind {
	case geo.KindCrow:
		return w.say(w.CrowFmt, w.number(finite(source.Factor), 2), w.number(finite(source.Speed)*3.6, 0))
	case geo.KindTable:
		return w.fixed(w.OwnTable)
	case geo.KindRoads:
		s = w.say(w.RoadsFmt, name)
	default:
		s = w.say(w.ServerFmt, name)
	}
	if source.Shortest {
		s += " " + w.fixed(w.ShortestWays)
	}
	return s
}

// CO2 says where the grams per kilometre of a summary come from.
func (l Lang) CO2(source string) string { return plain(l.words().co2Source(source)) }

// Shares says how the shares of a saving were found, by the method of [engine.Sharing].
func (l Lang) Shares(method string) string {
	w := l.words()
	return plain(w.fixed(w.sharedHow(method)))
}
