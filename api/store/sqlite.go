package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// embedded is the backend in a file of its own: one connection writes, several read what is committed.
type embedded struct {
	path           string
	writer, reader *sql.DB
}

// Readers of an embedded database.
const mostReaders = 8

func openSQLite(ctx context.Context, path string) (backend, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	e := &embedded{path: path}
	// A commit is on disk when it returns: synchronous FULL.
	if e.writer, err = openFile(ctx, path, 1, "_txlock=immediate", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)"); err != nil {
		return nil, err
	}
	if e.reader, err = openFile(ctx, path, mostReaders, "_txlock=deferred", "_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, e.writer.Close())
	}
	return e, nil
}

// busyTimeout is how long to wait for another process.
const busyTimeout = 10 * time.Second

// openFile opens a file with at most some connections that stay open, each waiting for another process.
func openFile(ctx context.Context, path string, connections int, options ...string) (*sql.DB, error) {
	options = append([]string{fmt.Sprintf("_pragma=busy_timeout(%d)", busyTimeout.Milliseconds())}, options...)
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: strings.Join(options, "&")}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	// Who turns a new file to its journal keeps others out for a moment, for whom no waiting is foreseen.
	for until := time.Now().Add(busyTimeout); ; time.Sleep(10 * time.Millisecond) {
		err := db.PingContext(ctx)
		if err == nil {
			return db, nil
		}
		if !busy(err) || ctx.Err() != nil || time.Now().After(until) {
			return nil, errors.Join(err, db.Close())
		}
	}
}

func (e *embedded) close() error { return errors.Join(e.reader.Close(), e.writer.Close()) }

func (e *embedded) pool(write bool) (*sql.DB, *sql.TxOptions) {
	if write {
		return e.writer, nil
	}
	return e.reader, nil
}

func (e *embedded) enter(context.Context, *sql.Tx, ID) error { return nil }

// alone has nothing to do: one transaction writes at a time.
func (e *embedded) alone(context.Context, *sql.Tx) error { return nil }

func (e *embedded) among(context.Context, *sql.Tx, ID, ID) error { return nil } // one writes at a time

func (e *embedded) after(context.Context, *sql.Tx, ID, ID) error { return nil }

func (e *embedded) list(texts []string, n int) (string, any) {
	array, _ := json.Marshal(texts) // which texts alone cannot fail
	return fmt.Sprintf(`(select value as one from json_each($%d))`, n), string(array)
}

// upsert names several rows a statement.
func (e *embedded) upsert(ctx context.Context, t *tx, statement string, args []any, rows []upsert, f func(ref, id string)) error {
	const most, columns = 64, 6
	source := func(n int) string {
		return fmt.Sprintf(statement, `(values `+placeholders(len(args), n, columns)+`)`)
	}
	many, err := t.PrepareContext(ctx, source(most))
	if err != nil {
		return err
	}
	defer many.Close()
	for some := range slices.Chunk(rows, most) {
		args := slices.Clone(args)
		for i := range some {
			x := &some[i]
			args = append(args, x.id, x.ref, x.point, longitude{&x.at}, latitude{&x.at}, x.lines)
		}
		query := many.QueryContext
		if len(some) < most {
			query = func(ctx context.Context, args ...any) (*sql.Rows, error) {
				return t.QueryContext(ctx, source(len(some)), args...)
			}
		}
		found, err := query(ctx, args...)
		if err != nil {
			return err
		}
		defer found.Close()
		for found.Next() {
			var ref, id string
			if err := found.Scan(&ref, &id); err != nil {
				return err
			}
			f(ref, id)
		}
		if err := found.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (e *embedded) handles() (*sql.DB, *pgxpool.Pool) { return e.writer, nil }

func (e *embedded) migrate(ctx context.Context, version int64, others []func(context.Context) error) ([]Migration, error) {
	lock := &fileLock{path: e.path + "-migrate"}
	done, err := migrate(ctx, goose.DialectSQLite3, e.writer, version, goose.WithLocker(lock))
	if err != nil || len(others) == 0 {
		return done, err
	}
	if err := lock.Lock(ctx, nil); err != nil {
		return done, err
	}
	for _, f := range others {
		if err == nil {
			err = f(ctx)
		}
	}
	return done, errors.Join(err, lock.Unlock(ctx, nil))
}

// fileLock is an exclusive transaction on an empty database beside the real one: the lock of one process, let go by
// the system when that ends.
type fileLock struct {
	path string
	db   *sql.DB
	tx   *sql.Tx
}

// Lock waits until no other process holds the lock.
func (l *fileLock) Lock(ctx context.Context, _ *sql.DB) error {
	for {
		db, err := openFile(ctx, l.path, 1, "_txlock=exclusive")
		if err != nil {
			return err
		}
		tx, err := db.BeginTx(ctx, nil)
		if err == nil {
			l.db, l.tx = db, tx
			return nil
		}
		if err = errors.Join(err, db.Close()); !busy(err) || ctx.Err() != nil {
			return err
		}
	}
}

// Unlock lets the lock go.
func (l *fileLock) Unlock(context.Context, *sql.DB) error {
	return errors.Join(l.tx.Rollback(), l.db.Close())
}

func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

func (e *embedded) catalogue() (columns, references string) {
	return `select t.name, a.name, lower(a.type), a."notnull" from sqlite_master t join pragma_table_info(t.name) a
		where t.type = 'table' and exists (select 1 from pragma_table_info(t.name) c where c.name = 'collective') order by t.name, a.cid`,
		`select t.name, k."table", group_concat(case when k."from" <> 'collective' then k."from" end) from sqlite_master t join pragma_foreign_key_list(t.name) k
		where t.type = 'table' group by t.name, k.id`
}

func (e *embedded) violation(err error) violation {
	var s *sqlite.Error
	if !errors.As(err, &s) {
		return noViolation
	}
	switch s.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return uniqueViolation
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return referenceViolation
	}
	return noViolation
}
