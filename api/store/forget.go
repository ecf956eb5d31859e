package store

import (
	"context"
	"fmt"
)

// Forget removes what is known of customers from sales whose last day is before a day: their orders, the documents of their
// plans and what is noted of their planning and of fetching them; of the time before that day what webhooks told and what was replied to
// idempotency keys; and sessions and sign-in links that are over. The plans' figures, balances and the audit trail stay. It says how
// many orders went.
func (c *Scope) Forget(ctx context.Context, before Day) (orders int64, err error) {
	var f faults
	before.check(&f, "before")
	if err := f.err(); err != nil {
		return 0, err
	}
	err = c.write(ctx, func(t *tx) error {
		until := before.utc()
		k := kind{noun: "order", table: "orders"}
		old := `(select id from sales where collective = $1 and last_day < $2)`
		if _, err := t.exec(ctx, k, `delete from plan_documents where collective = $1 and plan in (select id from plans where collective = $1 and sale in `+old+`)`,
			&t.collective, &before); err != nil {
			return err
		}
		if _, err := t.exec(ctx, k, `delete from plannings where collective = $1 and sale in `+old, &t.collective, &before); err != nil {
			return err
		}
		if _, err := t.exec(ctx, k, `update sales set pulled = null where collective = $1 and last_day < $2`, &t.collective, &before); err != nil {
			return err
		}
		if _, err := t.exec(ctx, k, `delete from idempotency where collective = $1 and created < $2`, &t.collective, stamp{&until}); err != nil {
			return err
		}
		if _, err := t.exec(ctx, k, `delete from webhook_deliveries where collective = $1 and created < $2`, &t.collective, stamp{&until}); err != nil {
			return err
		}
		for _, table := range []string{"sessions", "sign_in_links"} {
			if _, err := t.exec(ctx, k, `delete from `+table+` where collective = $1 and expires <= $2`, &t.collective, stamp{&t.now}); err != nil {
				return err
			}
		}
		if orders, err = t.exec(ctx, k, `delete from orders where collective = $1 and sale in `+old, &t.collective, &before); err != nil {
			return err
		}
		return t.audit(ctx, "forget", "order", "", fmt.Sprintf(`{"before":%q,"orders":%d}`, before, orders))
	})
	return orders, err
}
