package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// postgres is the backend for many processes on one database.
type postgres struct {
	connections *pgxpool.Pool
	db          *sql.DB // on the same connections
	lowered     bool    // transactions give up the login's right to see through row-level security
}

// postgresRole is taken by transactions whose login would bypass row-level security, as a superuser does.
const postgresRole = "carriole_app"

func openPostgres(ctx context.Context, url string) (backend, error) {
	connections, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	p := &postgres{connections: connections, db: stdlib.OpenDBFromPool(connections)}
	const bypasses = `select rolsuper or rolbypassrls from pg_roles where rolname = current_user`
	if err := connections.QueryRow(ctx, bypasses).Scan(&p.lowered); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *postgres) close() error {
	err := p.db.Close()
	p.connections.Close()
	return err
}

func (p *postgres) pool(write bool) (*sql.DB, *sql.TxOptions) {
	if write {
		return p.db, nil
	}
	return p.db, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (p *postgres) enter(ctx context.Context, tx *sql.Tx, collective ID) error {
	show := `select set_config('carriole.collective', $1, true)`
	if p.lowered {
		show += `, set_config('role', '` + postgresRole + `', true)`
	}
	_, err := tx.ExecContext(ctx, show, string(collective))
	return err
}

func (p *postgres) alone(ctx context.Context, tx *sql.Tx) error {
	const key = 7_226_313_109 // any number, for this alone
	_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock($1)`, int64(key))
	return err
}

func (p *postgres) among(ctx context.Context, tx *sql.Tx, collective, sale ID) error {
	_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock_shared(hashtextextended($1, 0))`, string(collective)+"/"+string(sale))
	return err
}

func (p *postgres) after(ctx context.Context, tx *sql.Tx, collective, sale ID) error {
	_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, string(collective)+"/"+string(sale))
	return err
}

func (p *postgres) list(texts []string, n int) (string, any) {
	return fmt.Sprintf(`(select unnest($%d::text[]) as one)`, n), texts
}

// upsert sends arrays, a column each: COPY cannot write to a table under row-level security, and by way of a temporary table
// the rows would be written twice.
func (p *postgres) upsert(ctx context.Context, t *tx, statement string, args []any, rows []upsert, f func(ref, id string)) error {
	n := len(rows)
	ids, refs, lines, points := make([]string, n), make([]string, n), make([]string, n), make([]*string, n)
	lons, lats := make([]*int64, n), make([]*int64, n)
	for i := range rows {
		x := &rows[i]
		ids[i], refs[i], lines[i], points[i] = x.id, x.ref, x.lines, x.point
		if x.at != nil {
			lons[i], lats[i] = &x.at.LonE7, &x.at.LatE7
		}
	}
	k := len(args)
	source := fmt.Sprintf(`unnest($%d::text[], $%d::text[], $%d::text[], $%d::bigint[], $%d::bigint[], $%d::text[]) x(column1, column2, column3, column4, column5, column6)`,
		k+1, k+2, k+3, k+4, k+5, k+6)
	return t.conn.Raw(func(driverConn any) error {
		found, err := driverConn.(*stdlib.Conn).Conn().Query(ctx, fmt.Sprintf(statement, source), append(slices.Clone(args), ids, refs, points, lons, lats, lines)...)
		if err != nil {
			return err
		}
		var ref, id string
		_, err = pgx.ForEachRow(found, []any{&ref, &id}, func() error {
			f(ref, id)
			return nil
		})
		return err
	})
}

func (p *postgres) handles() (*sql.DB, *pgxpool.Pool) { return p.db, p.connections }

func (p *postgres) migrate(ctx context.Context, version int64, others []func(context.Context) error) ([]Migration, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600))
	if err != nil {
		return nil, err
	}
	done, err := migrate(ctx, goose.DialectPostgres, p.db, version, goose.WithSessionLocker(locker))
	if err != nil {
		return done, err
	}
	return done, p.secure(ctx, others)
}

// secure lets others make their tables, puts row-level security on every table that has a collective, and lets the lowered role use them. It can be
// repeated, and is after each migration, so that no table is ever forgotten.
func (p *postgres) secure(ctx context.Context, others []func(context.Context) error) error {
	const key = 7_226_313_108 // any number, for this alone
	tx, err := p.connections.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, int64(key)); err != nil {
		return err
	}
	for _, f := range others {
		if err := f(ctx); err != nil {
			return err
		}
	}
	rows, err := tx.Query(ctx, `
		select t.relname from pg_class t
		join pg_attribute a on a.attrelid = t.oid and a.attname = 'collective' and not a.attisdropped
		where t.relnamespace = current_schema()::regnamespace and t.relkind = 'r' and not (t.relrowsecurity and t.relforcerowsecurity)`)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, table := range tables {
		mine := `collective = current_setting('carriole.collective', true)`
		if table == "collectives" || table == "members" || table == "plannings" {
			mine += fmt.Sprintf(` or current_setting('carriole.collective', true) = '%s'`, everyone)
		}
		name := pgx.Identifier{table}.Sanitize()
		for _, statement := range []string{
			`alter table ` + name + ` enable row level security`,
			`alter table ` + name + ` force row level security`,
			`create policy one_collective on ` + name + ` using (` + mine + `)`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	if p.lowered {
		schema := `do $$ begin execute format('%s', current_schema()); end $$`
		for _, statement := range []string{
			`do $$ begin create role ` + postgresRole + ` nologin; exception when duplicate_object or unique_violation then null; end $$`,
			strings.Replace(schema, "%s", `grant usage on schema %I to `+postgresRole, 1),
			strings.Replace(schema, "%s", `grant select, insert, update, delete on all tables in schema %I to `+postgresRole, 1),
			strings.Replace(schema, "%s", `grant usage on all sequences in schema %I to `+postgresRole, 1),
			strings.Replace(schema, "%s", `alter default privileges in schema %I grant select, insert, update, delete on tables to `+postgresRole, 1),
			strings.Replace(schema, "%s", `alter default privileges in schema %I grant usage on sequences to `+postgresRole, 1),
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	return tx.Commit(ctx)
}

func (p *postgres) catalogue() (columns, references string) {
	const here = `t.relnamespace = current_schema()::regnamespace`
	return `select t.relname, a.attname, format_type(a.atttypid, null), a.attnotnull from pg_class t
		join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
		join pg_attribute c on c.attrelid = t.oid and c.attname = 'collective' and not c.attisdropped
		where ` + here + ` and t.relkind = 'r' order by t.relname, a.attnum`,
		`select t.relname, o.relname, (select string_agg(a.attname, ',') from pg_attribute a
			where a.attrelid = t.oid and a.attnum = any(k.conkey) and a.attname <> 'collective')
		from pg_constraint k join pg_class t on t.oid = k.conrelid join pg_class o on o.oid = k.confrelid where ` + here + ` and k.contype = 'f'`
}

func (p *postgres) violation(err error) violation {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return noViolation
	}
	switch e.Code {
	case "23505":
		return uniqueViolation
	case "23503":
		return referenceViolation
	case "40001", "40P01": // serialization failure, deadlock
		return retryViolation
	}
	return noViolation
}
