// Package store keeps a collective's producers, places, vehicles, rounds, pickup points, products, sales, orders and
// plans, in PostgreSQL or in a SQLite file of its own. One set of SQL runs on both; what they do each in their own way
// is the small backend interface.
//
// Everything belongs to a collective and is reached through a [Scope]. Three walls keep collectives apart: every
// statement names the collective, every reference between rows includes it, and on PostgreSQL row-level security hides
// what is another's even from a statement that forgot.
//
// Amounts are exact: grams, millilitres, cents, thousandths of a unit, metres, 1e-7 degrees, milliseconds. Rows carry a
// version that each change raises; an update names the version that it changes and is refused as stale after another's.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ID names a row. Ids are random (100 bits) and never change.
type ID string

const idLength = 20

func newID() ID { return ID(strings.ToLower(rand.Text()[:idLength])) }

// Store is an open database. It is safe for concurrent use.
type Store struct{ backend backend }

// A backend is what the two databases do each in their own way.
type backend interface {
	// pool is where transactions begin.
	pool(write bool) (*sql.DB, *sql.TxOptions)
	// enter shows a transaction the rows of one collective, or with everyone those of all in the tables that allow it.
	enter(ctx context.Context, tx *sql.Tx, collective ID) error
	// alone makes a transaction wait for any other that is alone, until its end.
	alone(ctx context.Context, tx *sql.Tx) error
	// among makes a transaction one of those that write orders of a sale, until its end, and after makes one wait for all of them, and
	// them for it. Both stand in line, so that a close comes to its turn however many orders come in.
	among(ctx context.Context, tx *sql.Tx, collective, sale ID) error
	after(ctx context.Context, tx *sql.Tx, collective, sale ID) error
	// list is a query of some texts, in a column named one, with the value of the placeholder n that it uses.
	list(texts []string, n int) (query string, value any)
	// upsert puts orders in bulk into the place of %s in a statement whose first arguments are given, and calls f with what it returns.
	upsert(ctx context.Context, t *tx, statement string, args []any, rows []upsert, f func(ref, id string)) error
	// migrate brings the schema to a version, 0 for the newest, and then lets others do the same, while no other process does.
	migrate(ctx context.Context, version int64, others []func(context.Context) error) ([]Migration, error)
	// handles are what a queue of jobs on the same database works with.
	handles() (*sql.DB, *pgxpool.Pool)
	// catalogue is two queries: the columns of the tables that have a collective (table, name, kind, whether it is never null) in their
	// order, and what tables refer to (table, other table, columns beside the collective).
	catalogue() (columns, references string)
	// violation says which kind of constraint an error of the driver is about.
	violation(err error) violation
	close() error
}

type violation int

const (
	noViolation violation = iota
	uniqueViolation
	referenceViolation
	retryViolation // the transaction met another and can be tried again
)

// DefaultURL is the database that is used when none is named.
const DefaultURL = "sqlite:carriole.db"

// Open opens the database that a URL names: postgres://user@host/name, or sqlite:path for a file, made when absent. The
// empty URL means DefaultURL. The schema is brought up to date by [Store.Migrate] alone.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	scheme, path, err := parseURL(databaseURL)
	if err != nil {
		return nil, err
	}
	var b backend
	if scheme == "sqlite" {
		b, err = openSQLite(ctx, path)
	} else {
		b, err = openPostgres(ctx, databaseURL)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return &Store{b}, nil
}

// parseURL tells the two databases apart. Its errors do not show the URL, which may hold a password.
func parseURL(s string) (scheme, path string, err error) {
	if s == "" {
		s = DefaultURL
	}
	scheme, rest, _ := strings.Cut(s, ":")
	switch scheme {
	case "postgres", "postgresql":
		if _, err := url.Parse(s); err != nil {
			return "", "", errors.New("the database URL cannot be read: it must be like postgres://user:password@host/name, with special characters as %XX")
		}
		return "postgres", "", nil
	case "sqlite":
		path := strings.TrimPrefix(rest, "//")
		if path == "" || strings.Contains(path, ":memory:") || strings.ContainsRune(path, 0) {
			return "", "", errors.New("the database URL names no file: it must be like sqlite:carriole.db")
		}
		return "sqlite", path, nil
	}
	return "", "", errors.New("the database URL is neither postgres://… nor sqlite:…")
}

// Handles are the connections that write, and on PostgreSQL the pool that they come from: for a queue of jobs that is kept in the
// same database. What they see is not bounded to a collective.
func (s *Store) Handles() (*sql.DB, *pgxpool.Pool) { return s.backend.handles() }

// Close closes all connections.
func (s *Store) Close() error { return s.backend.close() }

// Scope is one collective's part of the store. Its methods find nothing of another collective, refuse with an [*Error],
// and write all or nothing. A change and its entry in the audit trail are one.
type Scope struct {
	store      *Store
	collective ID
	actor      string
	tx         *tx // of Together and Snapshot; nil: each call has its own
}

// In is a collective's part of the store; actor is who the audit trail names, as in "member:…" or "token:…".
func (s *Store) In(collective ID, actor string) *Scope {
	return &Scope{store: s, collective: collective, actor: actor}
}

// Collective is the id of the scope's collective.
func (c *Scope) Collective() ID { return c.collective }

// Together makes all that f does through its scope one transaction. When anything in it fails nothing is written, even
// where f goes on after the error. Where it met another transaction and must begin anew f is called again.
func (c *Scope) Together(ctx context.Context, f func(*Scope) error) error {
	return c.write(ctx, func(t *tx) error {
		return f(&Scope{c.store, c.collective, c.actor, t})
	})
}

// Snapshot lets f read the store as it is at one moment, whatever is written meanwhile.
func (c *Scope) Snapshot(ctx context.Context, f func(*Scope) error) error {
	return c.read(ctx, func(t *tx) error {
		return f(&Scope{c.store, c.collective, c.actor, t})
	})
}

// Tx is the transaction that a scope of Together is in, for work of others that must commit with it, such as a job's
// enqueueing; nil outside.
func (c *Scope) Tx() *sql.Tx {
	if c.tx == nil {
		return nil
	}
	return c.tx.Tx
}

// A tx is a transaction that sees one collective.
type tx struct {
	*sql.Tx
	conn       *sql.Conn
	backend    backend
	collective ID
	actor      string
	write      bool
	now        time.Time // one moment for all that is written
	failed     error     // the first error, which the whole transaction shares
}

func (c *Scope) read(ctx context.Context, f func(*tx) error) error {
	if c.tx != nil {
		return f(c.tx)
	}
	return c.transaction(ctx, false, f)
}

// errMet says that a transaction met another and can be tried again, where no error of the driver says so.
var errMet = errors.New("store: a transaction met another")

// mostTries bounds how often a transaction that met another begins anew.
const mostTries = 5

func (c *Scope) write(ctx context.Context, f func(*tx) error) error {
	if c.tx != nil {
		if !c.tx.write {
			return errors.New("store: a snapshot cannot be written to")
		}
		if c.tx.failed != nil {
			return c.tx.failed
		}
		if err := f(c.tx); err != nil {
			c.tx.failed = err
			return err
		}
		return nil
	}
	for try := 1; ; try++ {
		err := c.transaction(ctx, true, f)
		if err == nil || try == mostTries || !errors.Is(err, errMet) && c.store.backend.violation(err) != retryViolation {
			return err
		}
	}
}

func (c *Scope) transaction(ctx context.Context, write bool, f func(*tx) error) error {
	db, options := c.store.backend.pool(write)
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer conn.Close()
	sqlTx, err := conn.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer sqlTx.Rollback()
	if err := c.store.backend.enter(ctx, sqlTx, c.collective); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	t := &tx{Tx: sqlTx, conn: conn, backend: c.store.backend, collective: c.collective, actor: c.actor, write: write, now: time.Now()}
	if err := f(t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if !write {
		return nil
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
