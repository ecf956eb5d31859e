package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"carriole/api/store"
	"carriole/benchmarks/internal/bench"
)

// A contender takes all orders in bulks and says what that took, without what comes before.
type contender struct {
	name string
	take func(ctx context.Context, r *run, seed uint64) (spent, error)
}

// The tables of a plain COPY: one row an order, one a line, with the columns that an order needs to be read back.
const (
	bareTables = `
		create table orders (collective text not null, id text not null, version bigint not null, created bigint not null, changed bigint not null,
			sale text not null, ref text not null, pickup_point text, lon_e7 bigint, lat_e7 bigint);
		create table order_lines (collective text not null, order_id text not null, n bigint not null, product text not null, quantity_milli bigint not null,
			grams bigint, millilitres bigint, price_cents bigint);`
	primaryKeys = `
		alter table orders add primary key (collective, id), add unique (collective, sale, ref);
		alter table order_lines add primary key (collective, order_id, n);`
	references = `
		create table sales (collective text, id text, primary key (collective, id));
		create table pickup_points (collective text, id text, primary key (collective, id));
		create table products (collective text, id text, primary key (collective, id));
		alter table orders add foreign key (collective, sale) references sales, add foreign key (collective, pickup_point) references pickup_points;
		alter table order_lines add foreign key (collective, order_id) references orders, add foreign key (collective, product) references products;
		create index on orders (collective, pickup_point);
		create index on order_lines (collective, product);`
)

// The first is what the others are held against.
var contenders = []contender{
	{"COPY into tables without any key", plainCopy(bareTables)},
	{"COPY into tables with primary keys", plainCopy(bareTables + primaryKeys)},
	{"COPY into tables with primary and foreign keys", plainCopy(bareTables + primaryKeys + references)},
	{"the store on PostgreSQL", func(ctx context.Context, r *run, seed uint64) (spent, error) {
		url, done, err := r.database(ctx)
		if err != nil {
			return spent{}, err
		}
		defer done()
		return r.putAll(ctx, url, seed)
	}},
	{"the store on SQLite", func(ctx context.Context, r *run, seed uint64) (spent, error) {
		return r.putAll(ctx, "sqlite:"+filepath.Join(r.dir, fmt.Sprintf("ingest-%d.db", seed)), seed)
	}},
	{"over HTTP, on PostgreSQL", overPostgres},
	{"over HTTP, on SQLite", overSQLite},
}

func (r *run) bulks(orders []store.Order) func(func([]store.Order) bool) {
	return slices.Chunk(orders, r.Bulk)
}

func (r *run) putAll(ctx context.Context, url string, seed uint64) (spent, error) {
	s, err := store.Open(ctx, url)
	if err != nil {
		return spent{}, err
	}
	defer s.Close()
	w, err := newWorld(ctx, s)
	if err != nil {
		return spent{}, err
	}
	orders := w.orders(r.Orders, r.Lines, seed)
	took, err := r.spend(func() error {
		for some := range r.bulks(orders) {
			if _, err := w.scope.PutOrders(ctx, w.sale, some); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return spent{}, err
	}
	revision, err := w.scope.Revision(ctx, w.sale)
	if err == nil && revision != int64(len(orders)) {
		err = fmt.Errorf("%d orders are there, %d were put", revision, len(orders))
	}
	return took, err
}

func plainCopy(schema string) func(ctx context.Context, r *run, seed uint64) (spent, error) {
	return func(ctx context.Context, r *run, seed uint64) (spent, error) {
		url, done, err := r.database(ctx)
		if err != nil {
			return spent{}, err
		}
		defer done()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return spent{}, err
		}
		defer conn.Close(ctx)
		w := idsOnly()
		if _, err := conn.Exec(ctx, schema); err != nil {
			return spent{}, err
		}
		if strings.Contains(schema, references) {
			for table, ids := range map[string][]store.ID{"sales": {w.sale}, "pickup_points": w.points, "products": w.products} {
				var rows [][]any
				for _, id := range ids {
					rows = append(rows, []any{collectiveID, string(id)})
				}
				if _, err := conn.CopyFrom(ctx, pgx.Identifier{table}, []string{"collective", "id"}, pgx.CopyFromRows(rows)); err != nil {
					return spent{}, err
				}
			}
		}
		type bulk struct{ orders, lines [][]any }
		var bulks []bulk
		for some := range r.bulks(w.orders(r.Orders, r.Lines, seed)) {
			var b bulk
			for i := range some {
				o, id := &some[i], string(newID())
				b.orders = append(b.orders, []any{collectiveID, id, int64(1), int64(1), int64(1), string(w.sale), o.Ref, string(o.PickupPoint), nil, nil})
				for n, l := range o.Lines {
					b.lines = append(b.lines, []any{collectiveID, id, int64(n), string(l.Product), l.QuantityMilli, nil, nil, *l.PriceCents})
				}
			}
			bulks = append(bulks, b)
		}
		return r.spend(func() error {
			for _, b := range bulks {
				if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
					if _, err := tx.CopyFrom(ctx, pgx.Identifier{"orders"}, []string{"collective", "id", "version", "created", "changed", "sale", "ref", "pickup_point", "lon_e7", "lat_e7"},
						pgx.CopyFromRows(b.orders)); err != nil {
						return err
					}
					_, err := tx.CopyFrom(ctx, pgx.Identifier{"order_lines"}, []string{"collective", "order_id", "n", "product", "quantity_milli", "grams", "millilitres", "price_cents"},
						pgx.CopyFromRows(b.lines))
					return err
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// ingest measures how fast orders get into the store in bulk.
func ingest(r *run) (*bench.Section, error) {
	ctx := context.Background()
	all := make([][]spent, len(contenders))
	for i := range r.Repeat {
		for k, c := range contenders {
			x, err := c.take(ctx, r, uint64(i+1))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			all[k] = append(all[k], x)
			r.say("ingest %d: %s: %.2f s, %.2f s of processors", i+1, c.name, x.Seconds, x.CPU)
		}
	}
	wall, cpu := func(x spent) float64 { return x.Seconds }, func(x spent) float64 { return x.CPU }
	t := bench.Table{Columns: []string{"", "s", "orders/s", "× bare", "× keys", "× references", "CPU s", "× bare", "× keys", "× references"}, Left: 1,
		Note: "Medians of the rounds. The shares are the speed as a part of that of each COPY in the same round: by the clock, and by the time of processors, client and server together, which others on the machine disturb less."}
	data := map[string][]spent{}
	for k, c := range contenders {
		row := []string{c.name, fmt.Sprintf("%.2f", median(all[k], wall)), fmt.Sprintf("%.0f", float64(r.Orders)/median(all[k], wall))}
		row = append(row, shares(all, k, wall)...)
		row = append(row, fmt.Sprintf("%.2f", median(all[k], cpu)))
		t.Add(append(row, shares(all, k, cpu)...)...)
		data[c.name] = all[k]
	}
	return &bench.Section{Title: "Orders into the store", Tables: []bench.Table{t}, Data: data,
		Text: fmt.Sprintf("%d orders of %d lines each, %d a transaction, one client; each in a new database, %d times in turn.", r.Orders, r.Lines, r.Bulk, r.Repeat)}, nil
}

// shares is a contender's speed beside each of the first three.
func shares(all [][]spent, k int, figure func(spent) float64) []string {
	var out []string
	for peer := range 3 {
		var each []float64
		for i := range all[k] {
			each = append(each, figure(all[peer][i])/figure(all[k][i]))
		}
		out = append(out, fmt.Sprintf("%.2f", bench.Median(each)))
	}
	return out
}

func median(all []spent, figure func(spent) float64) float64 {
	var figures []float64
	for _, x := range all {
		figures = append(figures, figure(x))
	}
	return bench.Median(figures)
}
