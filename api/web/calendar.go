package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
)

const calendarWeeks = 5

type calendarView struct {
	Weeks        [][]calendarDay
	Before, Next store.Day
	MayChange    bool
	Wrong        string // why what was typed of a round that is not shown was not taken
}

// Empty says whether no round is driven in these weeks.
func (c *calendarView) Empty() bool {
	return !slices.ContainsFunc(c.Weeks, func(week []calendarDay) bool {
		return slices.ContainsFunc(week, func(d calendarDay) bool { return len(d.Rounds) > 0 })
	})
}

type calendarDay struct {
	Day      store.Day
	Date     time.Time
	Holiday  string
	Today    bool
	Absences []string // who is missed, in words
	Rounds   []calendarRound
}

type calendarRound struct {
	Round, Change store.ID
	Name, Who     string
	Day           store.Day // of the rule
	Hours         string
	State         string // usual, cancelled, moved, added or away
	To            store.Day
	Shift         string // minutes
	Wrong         string // why what was typed was not taken
}

// calendar shows when rounds are driven, with what is otherwise on some days.
func (s *Site) calendar(v *visit) error {
	return s.showCalendar(v, http.StatusOK, store.Day(v.r.FormValue("from")), nil)
}

// showCalendar shows the weeks from a day on. What was typed of one round, and is wrong, is shown as it was typed.
func (s *Site) showCalendar(v *visit, status int, first store.Day, typed *calendarRound) error {
	today := store.DayOf(time.Now().In(v.zone()))
	if !first.Valid() {
		first = today
	}
	for first.Weekday() != "mon" {
		first = first.Plus(-1)
	}
	last := first.Plus(7*calendarWeeks - 1)
	rounds, err := store.All(func(p store.Page) ([]store.Round, store.Cursor, error) {
		return v.scope.Rounds(v.ctx, store.RoundFilter{}, p)
	})
	if err != nil {
		return err
	}
	const around = 31
	changes, err := store.All(func(p store.Page) ([]store.RoundChange, store.Cursor, error) {
		return v.scope.RoundChanges(v.ctx, store.RoundChangeFilter{First: first.Plus(-around), Last: last.Plus(around)}, p)
	})
	if err != nil {
		return err
	}
	away, err := store.All(func(p store.Page) ([]store.Absence, store.Cursor, error) {
		return v.scope.Absences(v.ctx, store.AbsenceFilter{First: first, Last: last}, p)
	})
	if err != nil {
		return err
	}
	n, err := v.names()
	if err != nil {
		return err
	}
	days := map[store.Day]*calendarDay{}
	out := calendarView{Before: first.Plus(-7 * calendarWeeks), Next: last.Plus(1), MayChange: v.Role == store.Coordinator}
	if typed != nil {
		out.Wrong = typed.Wrong
	}
	for w := range calendarWeeks {
		week := make([]calendarDay, 7)
		for i := range week {
			d := first.Plus(7*w + i)
			week[i] = calendarDay{Day: d, Date: d.At(0, v.zone()), Today: d == today}
			days[d] = &week[i]
		}
		out.Weeks = append(out.Weeks, week)
	}
	for _, h := range planning.Holidays(first, last) {
		days[h.Day].Holiday = h.Name
	}
	absent := func(r *store.Round, vehicle store.ID, d store.Day) bool {
		return slices.ContainsFunc(away, func(a store.Absence) bool {
			return a.First <= d && d <= a.Last && (a.Producer == "" && a.Vehicle == "" || a.Producer == r.Producer && a.Producer != "" || a.Vehicle == vehicle && a.Vehicle != "")
		})
	}
	for _, a := range away {
		text := v.say("personne ne roule", "nobody drives")
		if who := cmp.Or(n.of[a.Producer], n.of[a.Vehicle]); who != "" {
			text = v.say("sans ", "without ") + who
		}
		for d := max(a.First, first); d <= min(a.Last, last); d = d.Plus(1) {
			days[d].Absences = append(days[d].Absences, text)
		}
	}
	for i := range rounds {
		r := &rounds[i]
		usual := slices.DeleteFunc(r.Rule.Days(r.Starts, first.Plus(-around), last.Plus(around)), func(d store.Day) bool { return !r.Season.Has(d) })
		put := func(rule store.Day, c *store.RoundChange) {
			x := calendarRound{Round: r.ID, Name: r.Name, Who: n.of[r.Producer], Day: rule, State: "usual"}
			on, vehicle, shift := rule, r.Vehicle, store.Clock(0)
			if c != nil {
				x.Change, x.State, x.To, shift = c.ID, string(c.Kind), c.ToDay, store.Clock(c.ShiftMin)
				if c.ShiftMin != 0 {
					x.Shift = strconv.FormatInt(c.ShiftMin, 10)
				}
				on, vehicle = cmp.Or(c.ToDay, rule), cmp.Or(c.Vehicle, vehicle)
			}
			if x.State != "cancelled" && absent(r, vehicle, on) {
				x.State = "away"
			}
			x.Hours = (r.DepartAfter + shift).String() + "–" + (r.ReturnBy + shift).String()
			if d := days[on]; d != nil {
				if typed != nil && typed.Round == x.Round && typed.Day == x.Day {
					x.To, x.Shift, x.Wrong, out.Wrong = typed.To, typed.Shift, typed.Wrong, ""
				}
				d.Rounds = append(d.Rounds, x)
			}
		}
		for _, d := range usual {
			at := slices.IndexFunc(changes, func(c store.RoundChange) bool { return c.Round == r.ID && c.Day == d })
			if at < 0 {
				put(d, nil)
			} else {
				put(d, &changes[at])
			}
		}
		for k := range changes {
			if c := &changes[k]; c.Round == r.ID && c.Kind == store.Added && !slices.Contains(usual, c.Day) {
				put(c.Day, c)
			}
		}
	}
	for _, d := range days {
		slices.SortFunc(d.Rounds, func(a, b calendarRound) int {
			return cmp.Or(cmp.Compare(a.Hours, b.Hours), cmp.Compare(a.Name, b.Name))
		})
	}
	return s.show(v, status, "calendar.html", &out)
}

// changeDay cancels a day of a round, moves it, or has it as usual again.
func (s *Site) changeDay(v *visit) error {
	round, day := store.ID(v.r.PostFormValue("round")), store.Day(v.r.PostFormValue("day"))
	act, to, typed := v.r.PostFormValue("do"), store.Day(v.r.PostFormValue("to")), v.r.PostFormValue("shift")
	err := v.scope.Together(v.ctx, func(c *store.Scope) error {
		now, _, err := c.RoundChanges(v.ctx, store.RoundChangeFilter{Round: round, First: day, Last: day}, store.Page{})
		if err != nil {
			return err
		}
		x := store.RoundChange{Round: round, Day: day}
		if len(now) > 0 {
			x = now[0]
		}
		switch act {
		case "usual":
			if len(now) == 0 {
				return nil
			}
			return c.DeleteRoundChange(v.ctx, x.ID, x.Version)
		case "cancel":
			x.Kind, x.ToDay, x.ShiftMin = store.Cancelled, "", 0
		default:
			shift, err := strconv.ParseInt(cmp.Or(typed, "0"), 10, 64)
			if err != nil {
				return &store.Error{Code: store.Invalid, Message: v.say("le décalage doit être un nombre de minutes", "the shift must be a number of minutes")}
			}
			x.Kind, x.ToDay, x.ShiftMin = store.Moved, to, shift
		}
		if len(now) > 0 {
			return c.UpdateRoundChange(v.ctx, &x)
		}
		return c.CreateRoundChange(v.ctx, &x)
	})
	if faults, ok := faultsOf(err, v.lang); ok && day.Valid() {
		var e *store.Error
		errors.As(err, &e)
		return s.showCalendar(v, statusOf(e), day, &calendarRound{Round: round, Day: day, To: to, Shift: typed, Wrong: faults[0].Message})
	}
	if err != nil {
		return err
	}
	return v.leads("/data/calendar?from=" + string(day))
}
