package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Consigned is what a delivery note is for: what a producer sends to a pickup point in one sale.
type Consigned struct {
	Producer    ID
	PickupPoint ID
}

// NumberDeliveryNotes gives delivery notes of a sale their numbers, in the order in which they are given. A note that has a
// number keeps it for good. The numbers of a collective are 1, 2, … without a gap.
func (c *Scope) NumberDeliveryNotes(ctx context.Context, sale ID, notes []Consigned) error {
	refs := []ref{{"sale", "sale", "sales", sale}}
	for i, n := range notes {
		path := fmt.Sprintf("notes[%d].", i)
		refs = append(refs, ref{path + "producer", "producer", "producers", n.Producer}, ref{path + "pickup_point", "pickup point", "pickup_points", n.PickupPoint})
	}
	return c.write(ctx, func(t *tx) error {
		if err := t.known(ctx, refs); err != nil {
			return err
		}
		k := kind{noun: "delivery note", table: "delivery_notes", unique: "number"}
		// The collective's row is held until the end, so that no two transactions give the same number.
		if _, err := t.exec(ctx, k, `update collectives set name = name where collective = $1`, &t.collective); err != nil {
			return err
		}
		var last int64
		if err := t.QueryRowContext(ctx, `select coalesce(max(number), 0) from delivery_notes where collective = $1`, string(t.collective)).Scan(&last); err != nil {
			return fmt.Errorf("store: reading delivery_notes: %w", err)
		}
		first := last + 1
		for _, n := range notes {
			id, now, next := newID(), t.now, last+1
			written, err := t.exec(ctx, k, `insert into delivery_notes (collective, id, created, number, sale, producer, pickup_point) values ($1, $2, $3, $4, $5, $6, $7)
				on conflict (sale, producer, pickup_point, collective) do nothing`,
				&t.collective, &id, stamp{&now}, &next, &sale, &n.Producer, &n.PickupPoint)
			if err != nil {
				return err
			}
			last += written
		}
		if last < first {
			return nil
		}
		return t.audit(ctx, "number", "sale", sale, fmt.Sprintf(`{"first":%d,"last":%d}`, first, last))
	})
}

// DeliveryNotes are the numbers of a sale's delivery notes.
func (c *Scope) DeliveryNotes(ctx context.Context, sale ID) (map[Consigned]int64, error) {
	out := map[Consigned]int64{}
	err := c.read(ctx, func(t *tx) error {
		return t.each(ctx, func(row *sql.Rows) error {
			var x Consigned
			var number int64
			err := row.Scan(&x.Producer, &x.PickupPoint, &number)
			out[x] = number
			return err
		}, `select producer, pickup_point, number from delivery_notes where collective = $1 and sale = $2`, string(t.collective), string(sale))
	})
	return out, err
}
