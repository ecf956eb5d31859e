package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// KeepPulled keeps what came of the last fetch of a sale's orders from another system, in the place of the one before. Its
// meaning is the caller's; the sale's version stays.
func (c *Scope) KeepPulled(ctx context.Context, sale ID, report []byte) error {
	return c.write(ctx, func(t *tx) error {
		k := (*Sale)(nil).kind()
		n, err := t.exec(ctx, k, `update sales set pulled = $1 where collective = $2 and id = $3`, string(report), &t.collective, &sale)
		if err == nil && n == 0 {
			err = missing(k, sale)
		}
		return err
	})
}

// Pulled is what came of the last fetch of a sale's orders; nil: there was none.
func (c *Scope) Pulled(ctx context.Context, sale ID) (report []byte, err error) {
	err = c.read(ctx, func(t *tx) error {
		var text sql.NullString
		err := t.QueryRowContext(ctx, `select pulled from sales where collective = $1 and id = $2`, string(t.collective), string(sale)).Scan(&text)
		if errors.Is(err, sql.ErrNoRows) {
			return missing((*Sale)(nil).kind(), sale)
		}
		if err != nil {
			return fmt.Errorf("store: reading sales: %w", err)
		}
		if text.Valid {
			report = []byte(text.String)
		}
		return nil
	})
	return report, err
}
