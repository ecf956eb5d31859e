package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Row is what every row has that can be changed.
type Row struct {
	ID      ID
	Version int64 // raised by each change
	Created time.Time
	Changed time.Time
}

func (r *Row) row() *Row { return r }

// A record is a row with the columns of its table.
type record[T any] interface {
	*T
	row() *Row
	kind() kind
	fields() []any // pointers in the order of kind.columns: to scan into, and as arguments
	check(*faults)
	refs() []ref
}

type kind struct {
	noun    string // for messages
	table   string
	columns string // beside those of every row
	unique  string // what no two rows of a collective share
}

// ref is a reference to another row of the same collective; an empty id refers to none.
type ref struct {
	path, noun, table string
	id                ID
}

// parts of a row are kept in tables of their own.
type parts interface {
	saveParts(ctx context.Context, t *tx) error
}

// told is a row of which the audit trail tells more than that it was changed.
type told interface{ tell() string }

func detailOf(x any) string {
	if t, ok := x.(told); ok {
		return t.tell()
	}
	return ""
}

// loader reads the parts of rows: of one, or of many at once.
type loader[T any] interface {
	loadParts(ctx context.Context, t *tx, rows []T) error
}

func get[T any, P record[T]](ctx context.Context, c *Scope, id ID) (*T, error) {
	var out *T
	err := c.read(ctx, func(t *tx) (err error) {
		out, err = fetch[T, P](ctx, t, id)
		return err
	})
	return out, err
}

func fetch[T any, P record[T]](ctx context.Context, t *tx, id ID) (*T, error) {
	if !plain(string(id)) {
		return nil, missing(P(nil).kind(), id)
	}
	rows, err := query[T, P](ctx, t, `collective = $1 and id = $2`, string(t.collective), string(id))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, missing(P(nil).kind(), id)
	}
	return &rows[0], nil
}

func missing(k kind, id ID) error { return refuse(NotFound, "no %s has the id %q", k.noun, string(id)) }

// query reads the rows that fulfil a condition.
func query[T any, P record[T]](ctx context.Context, t *tx, where string, args ...any) ([]T, error) {
	k := P(nil).kind()
	found, err := t.QueryContext(ctx, `select id, version, created, changed, `+k.columns+` from `+k.table+` where `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("store: reading %s: %w", k.table, err)
	}
	defer found.Close()
	var out []T
	for found.Next() {
		var x T
		r := P(&x).row()
		into := append([]any{&r.ID, &r.Version, stamp{&r.Created}, stamp{&r.Changed}}, P(&x).fields()...)
		if err := found.Scan(into...); err != nil {
			return nil, fmt.Errorf("store: reading %s: %w", k.table, err)
		}
		out = append(out, x)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("store: reading %s: %w", k.table, err)
	}
	if l, ok := any(P(nil)).(loader[T]); ok && len(out) > 0 {
		return out, l.loadParts(ctx, t, out)
	}
	return out, nil
}

// Page says which part of a list is wanted.
type Page struct {
	After Cursor // from the page before; empty for the first
	Limit int    // at most 1000; 0 means 100
}

// Rows are all rows of a list, which is read a page at a time. An error ends them, with no row.
func Rows[T any](list func(Page) ([]T, Cursor, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for page := (Page{Limit: mostPage}); ; {
			rows, next, err := list(page)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if !yield(&rows[i], nil) {
					return
				}
			}
			if page.After = next; next == "" {
				return
			}
		}
	}
}

// All reads all rows of a list.
func All[T any](list func(Page) ([]T, Cursor, error)) (out []T, err error) {
	for x, err := range Rows(list) {
		if err != nil {
			return nil, err
		}
		out = append(out, *x)
	}
	return out, nil
}

// Cursor is where a page ended. Its text means nothing to others.
type Cursor string

const (
	usualPage = 100
	mostPage  = 1000
)

func (p Page) limit() int {
	if p.Limit <= 0 {
		return usualPage
	}
	return min(p.Limit, mostPage)
}

func cursorAt(created time.Time, id ID) Cursor {
	return Cursor(base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%s", created.UnixMilli(), id)))
}

func (c Cursor) parse() (created int64, id string, err error) {
	if c == "" {
		return -1 << 62, "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(string(c))
	at, id, ok := strings.Cut(string(text), ".")
	created, numeric := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok || numeric != nil || !plain(id) {
		return 0, "", &Error{Code: Invalid, Faults: []Fault{{"after", "is no cursor: give the one that came with the page before"}}}
	}
	return created, id, nil
}

// plain says whether a text could be an id. What could not is nothing's, and is kept from statements: PostgreSQL refuses
// a text with a zero byte.
func plain(id string) bool {
	for _, b := range []byte(id) {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

// conditions narrow a list; none lists everything.
type conditions struct {
	sql    []string
	args   []any
	newest bool // first
}

// is demands a value of a column, if there is one to demand.
func (c *conditions) is(column, value string) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

func (c *conditions) isBool(column string, value *bool) {
	if value != nil {
		c.add(column+" = ?", *value)
	}
}

// add adds a condition, in which ? is the value.
func (c *conditions) add(condition string, value any) {
	c.args = append(c.args, value)
	c.sql = append(c.sql, strings.Replace(condition, "?", "$"+strconv.Itoa(len(c.args)), 1))
}

// after is the conditions, that a row comes after another in the order of their making, and that order.
func (c *conditions) after(created int64, id string) string {
	compare, order := ">", ` order by created, id`
	if c.newest {
		compare, order = "<", ` order by created desc, id desc`
		if id == "" {
			created = 1 << 62
		}
	}
	c.args = append(c.args, created, id)
	n := len(c.args)
	return strings.Join(append(c.sql, fmt.Sprintf("(created, id) %s ($%d, $%d)", compare, n-1, n)), " and ") + order
}

// list reads a page of rows in the order of their making. The next cursor is empty after the last.
func list[T any, P record[T]](ctx context.Context, c *Scope, page Page, where conditions) (rows []T, next Cursor, err error) {
	created, id, err := page.After.parse()
	if err != nil {
		return nil, "", err
	}
	where.add("collective = ?", string(c.collective))
	n := page.limit()
	condition := where.after(created, id) + ` limit ` + strconv.Itoa(n+1)
	err = c.read(ctx, func(t *tx) (err error) {
		rows, err = query[T, P](ctx, t, condition, where.args...)
		return err
	})
	if err == nil && len(rows) > n {
		rows = rows[:n:n]
		r := P(&rows[n-1]).row()
		next = cursorAt(r.Created, r.ID)
	}
	return rows, next, err
}

// byRef finds the ids of rows by another system's ids.
func byRef[T any, P record[T]](ctx context.Context, c *Scope, refs []string) (map[string]ID, error) {
	k := P(nil).kind()
	out := make(map[string]ID, len(refs))
	err := c.read(ctx, func(t *tx) error {
		some, list := t.backend.list(refs, 2)
		return t.each(ctx, func(row *sql.Rows) error {
			var ref string
			var id ID
			if err := row.Scan(&ref, optional[ID]{&id}); err != nil {
				return err
			}
			if id != "" {
				out[ref] = id
			}
			return nil
		}, `select one, (select id from `+k.table+` where collective = $1 and ref = one) from `+some+` x`, string(t.collective), list)
	})
	return out, err
}

// every reads all rows that fulfil the conditions, within a transaction.
func every[T any, P record[T]](ctx context.Context, t *tx, where conditions) ([]T, error) {
	where.add("collective = ?", string(t.collective))
	return query[T, P](ctx, t, strings.Join(where.sql, " and ")+` order by created, id`, where.args...)
}

// create writes a new row and sets its id, version and stamps.
func create[T any, P record[T]](ctx context.Context, c *Scope, x P) error {
	if err := checked(x); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error { return add[T, P](ctx, t, x) })
}

func checked[T any, P record[T]](x P) error {
	var f faults
	x.check(&f)
	return f.err()
}

// add inserts a row and tells so in the audit trail.
func add[T any, P record[T]](ctx context.Context, t *tx, x P) error {
	old := *x.row()
	err := insert[T](ctx, t, x)
	if err == nil {
		err = t.audit(ctx, "create", x.kind().noun, x.row().ID, detailOf(x))
	}
	if err != nil {
		*x.row() = old
	}
	return err
}

func insert[T any, P record[T]](ctx context.Context, t *tx, x P) error {
	k, r := x.kind(), x.row()
	if err := t.known(ctx, x.refs()); err != nil {
		return err
	}
	old := *r
	*r = Row{ID: newID(), Version: 1, Created: t.now, Changed: t.now}
	if k.table == "collectives" {
		r.ID = t.collective
	}
	fields := x.fields()
	args := append([]any{&t.collective, &r.ID, &r.Version, stamp{&r.Created}, stamp{&r.Changed}}, fields...)
	_, err := t.exec(ctx, k, `insert into `+k.table+` (collective, id, version, created, changed, `+k.columns+`) values `+placeholders(0, 1, len(args)), args...)
	if err == nil {
		err = saveParts(ctx, t, x)
	}
	if err != nil {
		*r = old
	}
	return err
}

// update changes the row that has x's id and version, and raises the version.
func update[T any, P record[T]](ctx context.Context, c *Scope, x P) error {
	if err := checked(x); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error { return change[T, P](ctx, t, x, "update", detailOf(x)) })
}

func change[T any, P record[T]](ctx context.Context, t *tx, x P, action, detail string) error {
	k, r := x.kind(), x.row()
	before, err := fetch[T, P](ctx, t, r.ID)
	if err != nil {
		return err
	}
	if err := t.known(ctx, x.refs()); err != nil {
		return err
	}
	columns := strings.Split(k.columns, ",")
	sets := make([]string, len(columns))
	for i, column := range columns {
		sets[i] = fmt.Sprintf("%s = $%d", strings.TrimSpace(column), i+1)
	}
	n := len(columns)
	args := append(x.fields(), stamp{&t.now}, &t.collective, &r.ID, &r.Version)
	done, err := t.exec(ctx, k, fmt.Sprintf(`update %s set %s, changed = $%d, version = version + 1 where collective = $%d and id = $%d and version = $%d`,
		k.table, strings.Join(sets, ", "), n+1, n+2, n+3, n+4), args...)
	if err != nil {
		return err
	}
	if done == 0 {
		return stale(k, r, P(before).row())
	}
	if err := saveParts(ctx, t, x); err != nil {
		return err
	}
	if err := t.audit(ctx, action, k.noun, r.ID, detail); err != nil {
		return err
	}
	r.Version, r.Created, r.Changed = r.Version+1, P(before).row().Created, t.now
	return nil
}

func stale(k kind, have, is *Row) error {
	return refuse(Stale, "the %s was changed since: you have version %d, it is at version %d: read it again", k.noun, have.Version, is.Version)
}

// remove deletes the row that has the id and the version.
func remove[T any, P record[T]](ctx context.Context, c *Scope, id ID, version int64) error {
	k := P(nil).kind()
	return c.write(ctx, func(t *tx) error {
		before, err := fetch[T, P](ctx, t, id)
		if err != nil {
			return err
		}
		done, err := t.ExecContext(ctx, `delete from `+k.table+` where collective = $1 and id = $2 and version = $3`, string(t.collective), string(id), version)
		if t.backend.violation(err) == referenceViolation {
			return refuse(Conflict, "the %s is still in use: remove what refers to it first", k.noun)
		}
		if err != nil {
			return fmt.Errorf("store: deleting from %s: %w", k.table, err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, stale(k, &Row{Version: version}, P(before).row()))
		}
		return t.audit(ctx, "delete", k.noun, id, detailOf(P(before)))
	})
}

func saveParts[T any, P record[T]](ctx context.Context, t *tx, x P) error {
	if p, ok := any(x).(parts); ok {
		return p.saveParts(ctx, t)
	}
	return nil
}

// exec runs a statement that writes one of a kind and says how many rows it touched. The arguments may be what a
// record's fields are.
func (t *tx) exec(ctx context.Context, k kind, statement string, args ...any) (int64, error) {
	values := make([]any, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return 0, fmt.Errorf("store: writing %s: %w", k.table, err)
		}
		values[i] = v
	}
	result, err := t.ExecContext(ctx, statement, values...)
	switch t.backend.violation(err) {
	case uniqueViolation:
		return 0, refuse(Conflict, "another %s has the same %s", k.noun, k.unique)
	case referenceViolation:
		return 0, refuse(Conflict, "the %s refers to something that was just deleted", k.noun)
	}
	if err != nil {
		return 0, fmt.Errorf("store: writing %s: %w", k.table, err)
	}
	return result.RowsAffected()
}

// known checks that what is referred to is there, in the same collective.
func (t *tx) known(ctx context.Context, refs []ref) error {
	var f faults
	found := map[ref]bool{}
	for _, r := range refs {
		if r.id == "" {
			continue
		}
		key := ref{table: r.table, id: r.id}
		ok, looked := found[key]
		if !looked && plain(string(r.id)) {
			var one int
			err := t.QueryRowContext(ctx, `select 1 from `+r.table+` where collective = $1 and id = $2`, string(t.collective), string(r.id)).Scan(&one)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("store: reading %s: %w", r.table, err)
			}
			ok = err == nil
			found[key] = ok
		}
		if !ok {
			f.add(r.path, "no %s has the id %q", r.noun, string(r.id))
		}
	}
	return f.err()
}

// each calls f with each row that a statement finds.
func (t *tx) each(ctx context.Context, f func(*sql.Rows) error, statement string, args ...any) error {
	rows, err := t.QueryContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("store: reading: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return fmt.Errorf("store: reading: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("store: reading: %w", err)
	}
	return nil
}

// placeholders is a list of values for several rows, after some arguments: ($1, $2), ($3, $4) after none.
func placeholders(after, rows, columns int) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		for j := range columns {
			b.WriteString([]string{"(", ", "}[min(j, 1)])
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(after + i*columns + j + 1))
		}
		b.WriteByte(')')
	}
	return b.String()
}
