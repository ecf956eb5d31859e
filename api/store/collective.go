package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Collective is a group of producers who sell together.
type Collective struct {
	Row
	Name     string
	Timezone string // IANA name; its clocks are what hours and days are about
	Travel   string // which of what the service offers its kilometres are made of; empty: the first
	Shortest bool   // its ways are the shortest, not the fastest
}

func (*Collective) kind() kind {
	return kind{noun: "collective", table: "collectives", columns: "name, timezone, travel, shortest", unique: "id"}
}
func (x *Collective) fields() []any { return []any{&x.Name, &x.Timezone, &x.Travel, &x.Shortest} }
func (*Collective) refs() []ref     { return nil }

func (x *Collective) check(f *faults) {
	f.name("name", x.Name)
	f.text("travel", x.Travel)
	if _, err := time.LoadLocation(x.Timezone); err != nil || x.Timezone == "" || x.Timezone == "Local" {
		f.add("timezone", "%q is no time zone: it must be an IANA name such as Europe/Paris", x.Timezone)
	}
}

// Zone is the collective's time zone.
func (x *Collective) Zone() *time.Location {
	zone, err := time.LoadLocation(x.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// everyone is the scope of what must look across collectives: to list them, and to find where somebody is a member.
const everyone ID = "*"

const usualTimezone = "Europe/Paris"

// CreateCollective makes a collective and its id. Without a time zone it is in Europe/Paris.
func (s *Store) CreateCollective(ctx context.Context, x *Collective, actor string) error {
	x.Timezone = cmp.Or(x.Timezone, usualTimezone)
	return create(ctx, s.In(newID(), actor), x)
}

// CreateFirst makes the first collective and its first member, if there is no collective yet, and says whether it did. Of
// several processes that try at the same time one does.
func (s *Store) CreateFirst(ctx context.Context, x *Collective, m *Member, actor string) (made bool, err error) {
	x.Timezone = cmp.Or(x.Timezone, usualTimezone)
	if err := errors.Join(checked(x), checked(m)); err != nil {
		return false, err
	}
	err = s.In(everyone, actor).write(ctx, func(t *tx) error {
		made = false
		if err := t.backend.alone(ctx, t.Tx); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		if some, err := query[Collective](ctx, t, `1 = 1 limit 1`); err != nil || len(some) > 0 {
			return err
		}
		t.collective = newID()
		if err := t.backend.enter(ctx, t.Tx, t.collective); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		if err := add(ctx, t, x); err != nil {
			return err
		}
		made = true
		return add(ctx, t, m)
	})
	return made && err == nil, err
}

// Collectives lists all collectives, for the one who runs the service.
func (s *Store) Collectives(ctx context.Context, page Page) ([]Collective, Cursor, error) {
	created, id, err := page.After.parse()
	if err != nil {
		return nil, "", err
	}
	var rows []Collective
	var next Cursor
	n := page.limit()
	err = s.In(everyone, "").read(ctx, func(t *tx) (err error) {
		rows, err = query[Collective](ctx, t, `(created, id) > ($1, $2) order by created, id limit $3`, created, id, n+1)
		return err
	})
	if err == nil && len(rows) > n {
		rows = rows[:n:n]
		next = cursorAt(rows[n-1].Created, rows[n-1].ID)
	}
	return rows, next, err
}

// Itself is the scope's collective.
func (c *Scope) Itself(ctx context.Context) (*Collective, error) {
	return get[Collective](ctx, c, c.collective)
}

// UpdateItself changes the scope's collective.
func (c *Scope) UpdateItself(ctx context.Context, x *Collective) error { return update(ctx, c, x) }
