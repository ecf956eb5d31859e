package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"carriole/api/store"
)

type purgeCmd struct {
	database
	OlderThan  age      `required:"" placeholder:"AGE" help:"Since when the sale is over: days, months or years, as in 400d, 24m, 2y."`
	Collective store.ID `env:"CARRIOLE_COLLECTIVE_ID" placeholder:"ID" help:"The collective's id (default all)."`
}

// age is a number of days, months or years.
type age struct {
	n    int
	unit byte // d, m or y
}

// UnmarshalText reads an age, as 24m.
func (a *age) UnmarshalText(text []byte) error {
	s := string(text)
	if s != "" && strings.ContainsRune("dmy", rune(s[len(s)-1])) {
		if n, err := strconv.Atoi(s[:len(s)-1]); err == nil && n > 0 && n <= 10_000 {
			*a = age{n, s[len(s)-1]}
			return nil
		}
	}
	return fmt.Errorf("%q is no age: it must be days, months or years, as in 400d, 24m, 2y", s)
}

// before is the day so long ago.
func (a age) before(now time.Time) time.Time {
	switch a.unit {
	case 'd':
		return now.AddDate(0, 0, -a.n)
	case 'm':
		return now.AddDate(0, -a.n, 0)
	}
	return now.AddDate(-a.n, 0, 0)
}

// Run is called by kong.
func (c *purgeCmd) Run() error {
	ctx, stop := interruptible()
	defer stop()
	s, err := c.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer s.Close()
	found := false
	for x, err := range store.Rows(func(p store.Page) ([]store.Collective, store.Cursor, error) { return s.Collectives(ctx, p) }) {
		if err != nil {
			return err
		}
		if c.Collective != "" && c.Collective != x.ID {
			continue
		}
		found = true
		before := store.DayOf(c.OlderThan.before(time.Now().In(x.Zone())))
		orders, err := s.In(x.ID, actor).Forget(ctx, before)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d orders of sales that ended before %s are forgotten.\n", x.Name, orders, before)
	}
	if c.Collective != "" && !found {
		return fmt.Errorf("--collective: no collective has the id %q", string(c.Collective))
	}
	return nil
}
