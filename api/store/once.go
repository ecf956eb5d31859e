package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
)

// mostKey is the longest idempotency key.
const mostKey = 255

// Once does something at most once for a key: f's reply is kept with what it wrote, and comes back when the same request
// comes again, without f being called. Another request with the same key is a conflict.
func (c *Scope) Once(ctx context.Context, key string, request []byte, f func(*Scope) (reply []byte, err error)) (reply []byte, again bool, err error) {
	if key == "" || len(key) > mostKey {
		return nil, false, &Error{Code: Invalid, Faults: []Fault{{"idempotency_key", fmt.Sprintf("has %d bytes: it must have 1 to %d", len(key), mostKey)}}}
	}
	sum := sha256.Sum256(request)
	err = c.Together(ctx, func(c *Scope) error {
		t := c.tx
		k := kind{noun: "request", table: "idempotency", unique: "key"}
		now := t.now
		n, err := t.exec(ctx, k, `insert into idempotency (collective, key, created, request, reply) values ($1, $2, $3, $4, $5) on conflict (collective, key) do nothing`,
			&t.collective, key, stamp{&now}, sum[:], []byte{})
		if err != nil {
			return err
		}
		if n == 0 {
			again = true
			var before []byte
			if err := t.QueryRowContext(ctx, `select request, reply from idempotency where collective = $1 and key = $2`, string(t.collective), key).Scan(&before, &reply); err != nil {
				return fmt.Errorf("store: reading idempotency: %w", err)
			}
			if !bytes.Equal(before, sum[:]) {
				return refuse(Conflict, "the idempotency key %q was used for another request: give each request a key of its own", key)
			}
			return nil
		}
		again = false
		if reply, err = f(c); err != nil {
			return err
		}
		if reply == nil {
			reply = []byte{}
		}
		_, err = t.exec(ctx, k, `update idempotency set reply = $1 where collective = $2 and key = $3`, reply, &t.collective, key)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return reply, again, nil
}
