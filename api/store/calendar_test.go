package store

import (
	"strings"
	"testing"
	"time"
)

func TestRuleDays(t *testing.T) {
	for _, test := range []struct {
		rule                Rule
		starts, first, last Day
		want                string
	}{
		{"FREQ=WEEKLY;BYDAY=TU,TH", "2026-01-01", "2026-03-23", "2026-03-31", "2026-03-24 2026-03-26 2026-03-31"}, // over the change of the clock
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=TH;WKST=MO", "2026-01-01", "2026-01-01", "2026-01-31", "2026-01-01 2026-01-15 2026-01-29"},
		{"FREQ=MONTHLY;BYDAY=-1SA", "2026-01-01", "2026-02-01", "2026-03-31", "2026-02-28 2026-03-28"},
		{"FREQ=WEEKLY;BYDAY=TH;COUNT=2", "2026-01-01", "2026-01-05", "2026-12-31", "2026-01-08"},
		{"FREQ=WEEKLY;BYDAY=TH;UNTIL=20260115", "2026-01-01", "2026-01-08", "2026-12-31", "2026-01-08 2026-01-15"},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01", "2026-01-01", "2030-12-31", ""},
		{"FREQ=DAILY", "2026-03-28", "2026-03-01", "2026-03-30", "2026-03-28 2026-03-29 2026-03-30"},
		{"", "2026-03-28", "2026-03-28", "2026-03-28", "2026-03-28"},
		{"", "2026-03-28", "2026-03-29", "2026-03-30", ""},
		{"FREQ=DAILY", "2026-03-28", "2026-03-30", "2026-03-29", ""},
		{"nonsense", "2026-03-28", "2026-03-28", "2026-03-29", ""},
	} {
		var got []string
		for _, d := range test.rule.Days(test.starts, test.first, test.last) {
			got = append(got, string(d))
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s from %s: %s, want %s", test.rule, test.starts, s, test.want)
		}
	}
}

func TestDayAt(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	ok(t, err)
	for _, test := range []struct {
		day   Day
		clock Clock
		want  string
	}{
		{"2026-03-28", 15 * 60, "2026-03-28T15:00:00+01:00"},
		{"2026-03-29", 15 * 60, "2026-03-29T15:00:00+02:00"},
		{"2026-03-28", 39 * 60, "2026-03-29T15:00:00+02:00"}, // 39:00 is 15:00 of the next day, one hour sooner than 39 hours
		{"2026-10-24", 39 * 60, "2026-10-25T15:00:00+01:00"},
		{"2026-10-25", 0, "2026-10-25T00:00:00+02:00"},
	} {
		if got := test.day.At(test.clock, paris).Format(time.RFC3339); got != test.want {
			t.Errorf("%s at %s: %s, want %s", test.day, test.clock, got, test.want)
		}
	}
}

func TestSeason(t *testing.T) {
	for _, test := range []struct {
		season Season
		day    Day
		want   bool
	}{
		{Season{}, "2026-05-01", true},
		{Season{"04-01", "10-31"}, "2026-04-01", true},
		{Season{"04-01", "10-31"}, "2026-10-31", true},
		{Season{"04-01", "10-31"}, "2026-11-01", false},
		{Season{"11-01", "03-31"}, "2026-12-31", true},
		{Season{"11-01", "03-31"}, "2027-01-01", true},
		{Season{"11-01", "03-31"}, "2027-04-01", false},
	} {
		if got := test.season.Has(test.day); got != test.want {
			t.Errorf("%v has %s: %v", test.season, test.day, got)
		}
	}
}

func TestParseURL(t *testing.T) {
	for _, test := range []struct{ url, scheme, path string }{
		{"", "sqlite", "carriole.db"},
		{"sqlite:a b.db", "sqlite", "a b.db"},
		{"sqlite:///var/lib/x.db", "sqlite", "/var/lib/x.db"},
		{"postgres://u:p@h/n", "postgres", ""},
		{"postgresql:///n?host=/tmp", "postgres", ""},
	} {
		if scheme, path, err := parseURL(test.url); err != nil || scheme != test.scheme || path != test.path {
			t.Errorf("%q: %s, %s, %v", test.url, scheme, path, err)
		}
	}
	for _, wrong := range []string{"mysql://x", "sqlite:", "sqlite::memory:", "carriole.db", "postgres://u:secret%zz@h/n"} {
		if _, _, err := parseURL(wrong); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// A file may have any name.
func TestOpenNames(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a b.db", "a?b#c%20d.db", "é.db"} {
		s := open(t, "sqlite:"+folder+"/"+name)
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		fill(t, s, "x")
	}
}

// Whatever a rule says, it is refused or gives days within the span, in order, and soon.
func FuzzRule(f *testing.F) {
	for _, rule := range []string{"", "FREQ=WEEKLY;BYDAY=TU,TH", "FREQ=MONTHLY;BYDAY=-1SA;COUNT=3", "FREQ=YEARLY;BYEASTER=1", "FREQ=DAILY;UNTIL=20261231T000000Z", "RRULE:FREQ=WEEKLY\nEXDATE:20260101"} {
		f.Add(rule, "2026-01-01")
	}
	f.Fuzz(func(t *testing.T, rule, starts string) {
		r, d := Rule(rule), Day(starts)
		var wrong faults
		d.check(&wrong, "starts")
		r.check(&wrong, "rule", d)
		if wrong.err() != nil {
			return
		}
		const first, last = Day("2026-11-23"), Day("2026-11-29")
		before := Day("")
		for _, day := range r.Days(d, first, last) {
			if day < first || day > last || day <= before || day < d {
				t.Errorf("%s from %s comes on %s, after %s", rule, starts, day, before)
			}
			before = day
		}
	})
}

func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"16:30", "47:59", "48:00", "-1:00", "1630", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseClock(s); err == nil && (c.String() != s || !c.valid()) {
			t.Errorf("%q is read as %s", s, c)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(string(cursorAt(time.UnixMilli(1764000000123), newID())))
	f.Add("LTEuYQ")
	f.Fuzz(func(t *testing.T, s string) {
		created, id, err := Cursor(s).parse()
		if err != nil || s == "" {
			return
		}
		if a, b, err := cursorAt(time.UnixMilli(created), ID(id)).parse(); err != nil || a != created || b != id {
			t.Errorf("%q is read as %d, %s, and again as %d, %s, %v", s, created, id, a, b, err)
		}
	})
}

func FuzzParseToken(f *testing.F) {
	f.Add("car_abc_def")
	f.Add("car__")
	f.Fuzz(func(t *testing.T, s string) {
		if collective, hash, ok := parseSecret("car_", s); ok && (!plain(string(collective)) || len(hash) != 32 || !strings.HasPrefix(s, "car_"+string(collective)+"_")) {
			t.Errorf("%q is read as a token of %s", s, collective)
		}
	})
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"", "sqlite:a.db", "postgres://u:p@h/n", "sqlite://", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if scheme, path, err := parseURL(s); err == nil && (scheme == "sqlite") != (path != "") {
			t.Errorf("%q is read as %s, %s", s, scheme, path)
		}
	})
}
