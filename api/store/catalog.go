package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// A table is one that has a collective, as the database describes it.
type table struct {
	name    string
	columns []column
	refs    []string // other tables that it refers to
	self    []string // columns that refer to rows of the table itself
}

type column struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // text, bigint, boolean or bytea

	needed bool
}

// tables are all that have a collective, each after those that it refers to. Those of migrations to come are among them
// without being named anywhere.
func (t *tx) tables(ctx context.Context) ([]table, error) {
	columns, references := t.backend.catalogue()
	byName := map[string]*table{}
	var names []string
	if err := t.each(ctx, func(row *sql.Rows) error {
		var name string
		var c column
		if err := row.Scan(&name, &c.Name, &c.Kind, &c.needed); err != nil {
			return err
		}
		x := byName[name]
		if x == nil {
			x = &table{name: name}
			byName[name], names = x, append(names, name)
		}
		x.columns = append(x.columns, c)
		return nil
	}, columns); err != nil {
		return nil, err
	}
	if err := t.each(ctx, func(row *sql.Rows) error {
		var from, to string
		var columns sql.NullString
		if err := row.Scan(&from, &to, &columns); err != nil {
			return err
		}
		x := byName[from]
		switch {
		case x == nil:
		case from == to:
			x.self = append(x.self, strings.Split(columns.String, ",")...)
		default:
			x.refs = append(x.refs, to)
		}
		return nil
	}, references); err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []table
	placed := map[string]bool{}
	for len(out) < len(names) {
		before := len(out)
		for _, name := range names {
			x := byName[name]
			if !placed[name] && !slices.ContainsFunc(x.refs, func(r string) bool { return !placed[r] }) {
				placed[name], out = true, append(out, *x)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("store: tables refer to one another in a circle: %v", names)
		}
	}
	return out, nil
}

// clear deletes all rows of the transaction's collective and says how many they were.
func (t *tx) clear(ctx context.Context) (rows int64, err error) {
	tables, err := t.tables(ctx)
	if err != nil {
		return 0, err
	}
	for _, x := range slices.Backward(tables) {
		done, err := t.ExecContext(ctx, `delete from `+x.name+` where collective = $1`, string(t.collective))
		if err != nil {
			return 0, fmt.Errorf("store: deleting from %s: %w", x.name, err)
		}
		n, err := done.RowsAffected()
		if err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

func sameColumns(a, b []column) bool {
	by := func(x, y column) int { return cmp.Compare(x.Name, y.Name) }
	return slices.EqualFunc(slices.SortedFunc(slices.Values(a), by), slices.SortedFunc(slices.Values(b), by), func(x, y column) bool { return x.Name == y.Name && x.Kind == y.Kind })
}
