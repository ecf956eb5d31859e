package store

import (
	"context"
	"fmt"
	"time"
)

// Entry is what a plan, or a correction, adds to a producer's balance: metres driven for others, less those that others drove
// for them.
type Entry struct {
	Producer ID
	Plan     ID // empty: a correction
	Metres   int64
	Note     string
	Created  time.Time
}

// Book adds entries to the balances. A plan has one entry a producer: booking it again replaces it.
func (c *Scope) Book(ctx context.Context, entries []Entry) error {
	var f faults
	refs := make([]ref, 0, 2*len(entries))
	for i, e := range entries {
		path := fmt.Sprintf("entries[%d].", i)
		if e.Producer == "" {
			f.add(path+"producer", "is empty: name whose balance it is")
		}
		if e.Metres > mostAmount || e.Metres < -mostAmount {
			f.add(path+"metres", "%d is not possible", e.Metres)
		}
		f.text(path+"note", e.Note)
		refs = append(refs, ref{path + "producer", "producer", "producers", e.Producer}, ref{path + "plan", "plan", "plans", e.Plan})
	}
	if err := f.err(); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		if err := t.known(ctx, refs); err != nil {
			return err
		}
		k := kind{noun: "entry", table: "balances", unique: "plan and producer"}
		for i := range entries {
			e := &entries[i]
			id, now := newID(), t.now
			if _, err := t.exec(ctx, k, `insert into balances (collective, id, created, producer, plan, metres, note) values ($1, $2, $3, $4, $5, $6, $7)
				on conflict (collective, plan, producer) do update set metres = excluded.metres, note = excluded.note, created = excluded.created`,
				&t.collective, &id, stamp{&now}, &e.Producer, optional[ID]{&e.Plan}, &e.Metres, &e.Note); err != nil {
				return err
			}
			if err := t.audit(ctx, "book", "producer", e.Producer, fmt.Sprintf(`{"metres":%d}`, e.Metres)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Balances is the sum of each producer's entries, in metres.
func (c *Scope) Balances(ctx context.Context) (map[ID]int64, error) {
	out := map[ID]int64{}
	err := c.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `select producer, cast(sum(metres) as bigint) from balances where collective = $1 group by producer`, string(t.collective))
		if err != nil {
			return fmt.Errorf("store: reading balances: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var producer ID
			var metres int64
			if err := rows.Scan(&producer, &metres); err != nil {
				return fmt.Errorf("store: reading balances: %w", err)
			}
			out[producer] = metres
		}
		return rows.Err()
	})
	return out, err
}

// Entries lists a producer's entries, the newest first, at most 1000.
func (c *Scope) Entries(ctx context.Context, producer ID) ([]Entry, error) {
	var out []Entry
	err := c.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `select producer, plan, metres, note, created from balances where collective = $1 and producer = $2 order by created desc, id limit 1000`,
			string(t.collective), string(producer))
		if err != nil {
			return fmt.Errorf("store: reading balances: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var e Entry
			if err := rows.Scan(&e.Producer, optional[ID]{&e.Plan}, &e.Metres, &e.Note, stamp{&e.Created}); err != nil {
				return fmt.Errorf("store: reading balances: %w", err)
			}
			out = append(out, e)
		}
		return rows.Err()
	})
	return out, err
}
