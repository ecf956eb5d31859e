package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"
)

// An archive is one gzipped text for both databases: lines of JSON, the first an archiveHead, then each collective's rows, arrays
// in the order of the head's columns, table after table, and an archiveEnd. A line with a collective or a table says whose
// and where the rows behind it are.

const (
	archiveFormat  = "carriole"
	archiveVersion = 1
)

type archiveHead struct {
	Archive string         `json:"archive"`
	Version int            `json:"version"`
	Schema  int64          `json:"schema"` // of the database that it was made from
	Made    time.Time      `json:"made"`
	Tables  []archiveTable `json:"tables"`
}

type archiveTable struct {
	Name    string   `json:"name"`
	Columns []column `json:"columns"`
}

type archiveMark struct {
	Collective ID     `json:"collective,omitempty"`
	Table      string `json:"table,omitempty"`
}

type archiveEnd struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // of all lines before
}

// Archived says what a backup has.
type Archived struct {
	Made        time.Time
	Collectives int
	Rows        int64
}

// Backup writes everything that the store has, as it is at one moment, whatever is written meanwhile. What waits in a job queue
// beside the store is not part of it: plannings that were under way are taken up again after a restore.
func (s *Store) Backup(ctx context.Context, w io.Writer) (*Archived, error) {
	out := &Archived{Made: time.Now().UTC().Truncate(time.Second)}
	packed := gzip.NewWriter(w)
	a := &archiver{sum: sha256.New()}
	a.text = bufio.NewWriterSize(io.MultiWriter(packed, a.sum), 1<<16)
	err := s.In(everyone, "").read(ctx, func(t *tx) error {
		schema, err := t.schema(ctx)
		if err != nil {
			return fmt.Errorf("the database has no schema of carriole: %w", err)
		}
		if a.tables, err = t.tables(ctx); err != nil {
			return err
		}
		head := archiveHead{archiveFormat, archiveVersion, schema, out.Made, nil}
		for _, x := range a.tables {
			head.Tables = append(head.Tables, archiveTable{x.name, x.columns})
		}
		if err := a.line(head); err != nil {
			return err
		}
		ids, err := t.everyCollective(ctx)
		if err != nil {
			return err
		}
		out.Collectives = len(ids)
		for _, id := range ids {
			t.collective = id
			if err := t.backend.enter(ctx, t.Tx, id); err != nil {
				return err
			}
			if err := a.collective(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = a.text.Flush()
	}
	if err == nil {
		out.Rows = a.rows
		err = a.line(archiveEnd{a.rows, hex.EncodeToString(a.sum.Sum(nil))})
	}
	if err == nil {
		err = a.text.Flush()
	}
	if err = errors.Join(err, packed.Close()); err != nil {
		return nil, fmt.Errorf("backing up: %w", err)
	}
	return out, nil
}

func (t *tx) everyCollective(ctx context.Context) (ids []ID, err error) {
	err = t.each(ctx, func(row *sql.Rows) error {
		var id ID
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	}, `select id from collectives order by created, id`)
	return ids, err
}

// schema is the version of the database's schema; 0: it has none.
func (t *tx) schema(ctx context.Context) (version int64, err error) {
	err = t.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from goose_db_version`).Scan(&version)
	return version, err
}

type archiver struct {
	text   *bufio.Writer
	sum    hash.Hash
	tables []table
	rows   int64
}

func (a *archiver) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = a.text.Write(append(b, '\n'))
	return err
}

func (a *archiver) collective(ctx context.Context, t *tx) error {
	if err := a.line(archiveMark{Collective: t.collective}); err != nil {
		return err
	}
	for i := range a.tables {
		x := &a.tables[i]
		if err := a.line(archiveMark{Table: x.name}); err != nil {
			return err
		}
		values, into := make([]any, len(x.columns)), make([]any, len(x.columns))
		for k := range values {
			into[k] = &values[k]
		}
		if err := t.each(ctx, func(row *sql.Rows) error {
			clear(values)
			if err := row.Scan(into...); err != nil {
				return err
			}
			for k := range values {
				values[k] = x.columns[k].portable(values[k])
			}
			a.rows++
			return a.line(values)
		}, `select `+x.list()+` from `+x.name+` where collective = $1`, string(t.collective)); err != nil {
			return err
		}
	}
	return nil
}

func (x *table) list() string {
	names := make([]string, len(x.columns))
	for i := range x.columns {
		names[i] = x.columns[i].Name
	}
	return strings.Join(names, ", ")
}

// portable is a value as both databases mean it.
func (c *column) portable(v any) any {
	switch x := v.(type) {
	case []byte:
		if c.Kind != "bytea" {
			return string(x)
		}
		if x == nil {
			return []byte{} // null would be untyped
		}
	case int64:
		if c.Kind == "boolean" {
			return x != 0
		}
	}
	return v
}

// value is a value out of an archive.
func (c *column) value(text json.RawMessage) (any, error) {
	if bytes.Equal(text, []byte("null")) {
		return nil, nil
	}
	var v any
	switch c.Kind {
	case "text":
		v = new(string)
	case "bigint":
		v = new(int64)
	case "boolean":
		v = new(bool)
	case "bytea":
		v = new([]byte)
	default:
		return nil, fmt.Errorf("%s has values of the kind %s, which this program does not know", c.Name, c.Kind)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	switch x := v.(type) {
	case *string:
		return *x, nil
	case *int64:
		return *x, nil
	case *bool:
		return *x, nil
	}
	return *v.(*[]byte), nil
}

// Restore puts everything into the store that a backup has, from whichever of the two databases it is, and brings it up to date
// as [Store.Migrate] does. A store that has a collective is refused unless it is to be replaced: then nothing that was there is left. The backup
// is read twice, the first time to see that it is whole, and written in one transaction.
func (s *Store) Restore(ctx context.Context, r io.ReadSeeker, replace bool, others ...func(context.Context) error) (*Archived, error) {
	text, err := openArchive(r)
	if err == nil {
		err = text.whole()
	}
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, err
	}
	if text, err = openArchive(r); err != nil {
		return nil, err
	}
	if err := s.schemaFor(ctx, text.head.Schema); err != nil {
		return nil, err
	}
	out := &Archived{Made: text.head.Made}
	err = s.In(everyone, "").transaction(ctx, true, func(t *tx) error {
		ids, err := t.everyCollective(ctx)
		if err != nil {
			return err
		}
		if len(ids) > 0 && !replace {
			return refuse(Conflict, "the database has %d collectives: restore into a new one, or say that what it has is to be replaced", len(ids))
		}
		for _, id := range ids {
			if err := t.as(ctx, id); err != nil {
				return err
			}
			if _, err := t.clear(ctx); err != nil {
				return err
			}
		}
		return text.restore(ctx, t, out)
	})
	if err != nil {
		return nil, err
	}
	_, err = s.Migrate(ctx, others...)
	return out, err
}

// as goes on as another collective.
func (t *tx) as(ctx context.Context, collective ID) error {
	t.collective = collective
	if err := t.backend.enter(ctx, t.Tx, collective); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// schemaFor brings the schema to the version of a backup.
func (s *Store) schemaFor(ctx context.Context, version int64) error {
	newest, err := newestMigration()
	if err != nil {
		return err
	}
	if version > newest {
		return refuse(Conflict, "the backup has the schema %d and this program knows up to %d: restore it by the newer program", version, newest)
	}
	if _, err := s.backend.migrate(ctx, version, nil); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	var is int64
	if err := s.In(everyone, "").read(ctx, func(t *tx) (err error) {
		is, err = t.schema(ctx)
		return err
	}); err != nil {
		return err
	}
	if is != version {
		return refuse(Conflict, "the database has the schema %d and the backup an earlier one, %d: restore into a new database, which is then brought up to date", is, version)
	}
	return nil
}

// An archiveReader reads an archive, whose lines it counts.
type archiveReader struct {
	text *bufio.Reader
	n    int
	head archiveHead
	sum  hash.Hash // of the lines but the last
}

func damaged(format string, args ...any) error {
	return &Error{Code: Invalid, Message: "the backup is damaged: " + fmt.Sprintf(format, args...)}
}

func openArchive(r io.Reader) (*archiveReader, error) {
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, &Error{Code: Invalid, Message: fmt.Sprintf("this is no backup of carriole: it is no gzip file (%v)", err)}
	}
	a := &archiveReader{text: bufio.NewReaderSize(unpacked, 1<<16), sum: sha256.New()}
	line, err := a.line()
	if err != nil {
		return nil, err
	}
	a.sum.Write(line)
	if err := json.Unmarshal(line, &a.head); err != nil || a.head.Archive != archiveFormat {
		return nil, &Error{Code: Invalid, Message: "this is no backup of carriole: its first line does not say so"}
	}
	if a.head.Version != archiveVersion {
		return nil, &Error{Code: Invalid, Message: fmt.Sprintf("the backup is of version %d and this program reads version %d: restore it by the program that made it", a.head.Version, archiveVersion)}
	}
	return a, nil
}

// line is the next line.
func (a *archiveReader) line() ([]byte, error) {
	line, err := a.text.ReadBytes('\n')
	a.n++
	if err == io.EOF {
		return nil, damaged("it ends in line %d", a.n)
	}
	if err != nil {
		return nil, damaged("line %d: %v", a.n, err)
	}
	return line, nil
}

// whole reads the rest and compares it with what its end says.
func (a *archiveReader) whole() error {
	for rows := int64(0); ; {
		line, err := a.line()
		if err != nil {
			return err
		}
		var end archiveEnd
		if line[0] == '[' {
			rows++
		} else if err := json.Unmarshal(line, &end); err != nil {
			return damaged("line %d: %v", a.n, err)
		}
		if end.SHA256 == "" {
			a.sum.Write(line)
			continue
		}
		if end.Rows != rows || end.SHA256 != hex.EncodeToString(a.sum.Sum(nil)) {
			return damaged("its sum is another one than its end says")
		}
		if _, err := a.text.ReadByte(); err != io.EOF {
			return damaged("it goes on after its end")
		}
		return nil
	}
}

// restore writes what the archive has, which is whole.
func (a *archiveReader) restore(ctx context.Context, t *tx, out *Archived) error {
	tables, err := t.tables(ctx)
	if err != nil {
		return err
	}
	into := map[string]*loading{}
	for _, h := range a.head.Tables {
		k := slices.IndexFunc(tables, func(x table) bool { return x.name == h.Name })
		if k < 0 || !sameColumns(tables[k].columns, h.Columns) {
			return damaged("the table %q is not the one of schema %d", h.Name, a.head.Schema)
		}
		x := tables[k]
		x.columns = h.Columns
		into[h.Name] = &loading{table: &x}
	}
	var now *loading
	finish := func() error {
		if now == nil {
			return nil
		}
		return now.finish(ctx, t)
	}
	for {
		line, err := a.line()
		if err != nil {
			return err
		}
		if line[0] == '[' {
			if now == nil || t.collective == everyone {
				return damaged("line %d: a row of no table", a.n)
			}
			out.Rows++
			if err := now.add(ctx, t, line); err != nil {
				return rowFault(a.n, now.name, err)
			}
			continue
		}
		var mark struct {
			archiveMark
			archiveEnd
		}
		if err := json.Unmarshal(line, &mark); err != nil {
			return damaged("line %d: %v", a.n, err)
		}
		if err := finish(); err != nil {
			return rowFault(a.n, now.name, err)
		}
		now = nil
		switch {
		case mark.SHA256 != "":
			return nil
		case mark.Collective != "":
			if !plain(string(mark.Collective)) {
				return damaged("line %d: %q is no id of a collective", a.n, string(mark.Collective))
			}
			if err := t.as(ctx, mark.Collective); err != nil {
				return err
			}
			out.Collectives++
		case into[mark.Table] != nil:
			now = into[mark.Table]
		default:
			return damaged("line %d: no table %q", a.n, mark.Table)
		}
	}
}

func rowFault(line int, table string, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("restoring %s, line %d of the backup: %w", table, line, err)
}

// A loading fills one table, some rows at a time.
type loading struct {
	*table
	values []any
	later  []laterRef
}

// A laterRef is a reference to a row of the same table, which may come later.
type laterRef struct {
	column string
	id, to any
}

// mostValues bounds what one statement inserts.
const mostValues = 10_000

func (l *loading) add(ctx context.Context, t *tx, line []byte) error {
	var row []json.RawMessage
	if err := json.Unmarshal(line, &row); err != nil || len(row) != len(l.columns) {
		return damaged("a row of %s has %d values: %d are right", l.name, len(row), len(l.columns))
	}
	first := len(l.values)
	for k := range row {
		c := &l.columns[k]
		v, err := c.value(row[k])
		if err != nil {
			return damaged("%s: %v", l.name, err)
		}
		if c.Name == "collective" && v != string(t.collective) {
			return damaged("%s has a row of another collective than where it stands", l.name)
		}
		l.values = append(l.values, v)
	}
	for _, name := range l.self {
		k := first + slices.IndexFunc(l.columns, func(c column) bool { return c.Name == name })
		id := first + slices.IndexFunc(l.columns, func(c column) bool { return c.Name == "id" })
		if l.values[k] != nil {
			l.later = append(l.later, laterRef{name, l.values[id], l.values[k]})
			l.values[k] = nil
		}
	}
	if len(l.values)+len(l.columns) > mostValues {
		return l.flush(ctx, t)
	}
	return nil
}

func (l *loading) flush(ctx context.Context, t *tx) error {
	if len(l.values) == 0 {
		return nil
	}
	_, err := t.ExecContext(ctx, `insert into `+l.name+` (`+l.list()+`) values `+placeholders(0, len(l.values)/len(l.columns), len(l.columns)), l.values...)
	l.values = l.values[:0]
	return err
}

// finish writes what is left of a collective's rows.
func (l *loading) finish(ctx context.Context, t *tx) error {
	if err := l.flush(ctx, t); err != nil {
		return err
	}
	for _, x := range l.later {
		if _, err := t.ExecContext(ctx, `update `+l.name+` set `+x.column+` = $1 where collective = $2 and id = $3`, x.to, string(t.collective), x.id); err != nil {
			return err
		}
	}
	l.later = nil
	return nil
}

// DeleteCollective removes a collective with everything of it, the audit trail too, and says how many rows that were.
func (s *Store) DeleteCollective(ctx context.Context, id ID) (rows int64, err error) {
	err = s.In(id, "").write(ctx, func(t *tx) error {
		if _, err := fetch[Collective](ctx, t, id); err != nil {
			return err
		}
		rows, err = t.clear(ctx)
		return err
	})
	return rows, err
}
