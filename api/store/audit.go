package store

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Event is an entry of the audit trail: who did what, when. Nothing changes or removes one.
type Event struct {
	ID      ID
	Created time.Time
	Actor   string // as given to Store.In
	Action  string // as in create, update, delete, close, published
	Kind    string // as in sale, plan
	Subject ID     // the row
	Detail  string // JSON or empty
}

// audit adds to the trail, within the transaction of what it tells.
func (t *tx) audit(ctx context.Context, action, kind string, subject ID, detail string) error {
	_, err := t.ExecContext(ctx, `insert into audit (collective, id, created, actor, action, kind, subject, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(t.collective), string(newID()), t.now.UnixMilli(), t.actor, action, kind, string(subject), detail)
	if err != nil {
		return fmt.Errorf("store: writing audit: %w", err)
	}
	return nil
}

// EventFilter narrows the audit trail; what is empty does not.
type EventFilter struct {
	Actor   string
	Subject ID
	Kind    string
}

// Events lists the audit trail, the oldest first.
func (c *Scope) Events(ctx context.Context, f EventFilter, page Page) ([]Event, Cursor, error) {
	created, id, err := page.After.parse()
	if err != nil {
		return nil, "", err
	}
	var w conditions
	w.add("collective = ?", string(c.collective))
	w.is("actor", f.Actor)
	w.is("subject", string(f.Subject))
	w.is("kind", f.Kind)
	var out []Event
	n := page.limit()
	err = c.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `select id, created, actor, action, kind, subject, detail from audit where `+w.after(created, id)+
			` limit `+strconv.Itoa(n+1), w.args...)
		if err != nil {
			return fmt.Errorf("store: reading audit: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var e Event
			if err := rows.Scan(&e.ID, stamp{&e.Created}, &e.Actor, &e.Action, &e.Kind, &e.Subject, &e.Detail); err != nil {
				return fmt.Errorf("store: reading audit: %w", err)
			}
			out = append(out, e)
		}
		return rows.Err()
	})
	if err != nil || len(out) <= n {
		return out, "", err
	}
	out = out[:n:n]
	return out, cursorAt(out[n-1].Created, out[n-1].ID), nil
}
