package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carriole/api"
	"carriole/api/store"
	"carriole/benchmarks/internal/bench"
)

// client is a marketplace with its token, at a service that listens here.
type client struct {
	world
	url, token string
}

// serve starts the service on a new database.
func (r *run) serve(ctx context.Context, databaseURL string) (c *client, done func() error, err error) {
	s, err := store.Open(ctx, databaseURL)
	if err != nil {
		return nil, nil, err
	}
	w, err := newWorld(ctx, s)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	c = &client{world: *w}
	if c.token, err = w.scope.CreateToken(ctx, &store.Token{Name: "benchmark", Scope: store.MarketplaceToken}); err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	service, err := api.New(api.Config{Store: s, Limits: api.Limits{PerAddress: -1, PerCaller: -1}})
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	listening := httptest.NewServer(service.Handler())
	c.url = listening.URL
	return c, func() error {
		listening.Close()
		return s.Close()
	}, nil
}

// body is orders as a marketplace posts them.
func body(orders []store.Order) []byte {
	b := []byte(`{"orders":[`)
	for i := range orders {
		if i > 0 {
			b = append(b, ',')
		}
		o := &orders[i]
		b = fmt.Appendf(b, `{"ref":%q,"pickup_point":%q,"lines":[`, o.Ref, o.PickupPoint)
		for k, l := range o.Lines {
			if k > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, `{"product":%q,"quantity":%d,"price_cents":%d}`, l.Product, l.QuantityMilli/1000, *l.PriceCents)
		}
		b = append(b, "]}"...)
	}
	return append(b, "]}"...)
}

func (c *client) post(ctx context.Context, body []byte) error {
	return post(ctx, c.url+"/v1/sales/"+string(c.sale)+"/orders", c.token, body)
}

func post(ctx context.Context, url, token string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", response.StatusCode, answer)
	}
	return err
}

// overPostgres and overSQLite are contenders of ingest: all of the way from a client.
func overPostgres(ctx context.Context, r *run, seed uint64) (spent, error) {
	url, done, err := r.database(ctx)
	if err != nil {
		return spent{}, err
	}
	defer done()
	return r.postAll(ctx, url, seed)
}

func overSQLite(ctx context.Context, r *run, seed uint64) (spent, error) {
	return r.postAll(ctx, "sqlite:"+filepath.Join(r.dir, fmt.Sprintf("http-%d.db", seed)), seed)
}

func (r *run) postAll(ctx context.Context, databaseURL string, seed uint64) (took spent, err error) {
	c, done, err := r.serve(ctx, databaseURL)
	if err != nil {
		return spent{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	var bodies [][]byte
	for some := range r.bulks(c.orders(r.Orders, r.Lines, seed)) {
		bodies = append(bodies, body(some))
	}
	if took, err = r.spend(func() error {
		for _, b := range bodies {
			if err := c.post(ctx, b); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return spent{}, err
	}
	revision, err := c.scope.Revision(ctx, c.sale)
	if err == nil && revision != int64(r.Orders) {
		err = fmt.Errorf("%d orders are there, %d were posted", revision, r.Orders)
	}
	return took, err
}

// A latency is how long single requests took, in the order of their making.
type latency []time.Duration

func (l latency) at(permil int) float64 {
	sorted := slices.Sorted(slices.Values(l))
	return float64(sorted[min(len(sorted)*permil/1000, len(sorted)-1)].Microseconds()) / 1000
}

// single measures requests with one order beside a bare handler that makes one INSERT of the same body. The two take turns
// by blocks, so that what else the machine does meets both alike.
func single(r *run) (*bench.Section, error) {
	ctx := context.Background()
	url, done, err := r.database(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	c, stop, err := r.serve(ctx, url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	defer pool.Close()
	bare, err := bareHandler(ctx, pool)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	took := map[string]latency{}
	const blocks = 20
	orders := c.orders(r.Single, r.Lines, 1)
	for some := range slices.Chunk(orders, max(1, len(orders)/blocks)) {
		for _, x := range []struct {
			name string
			post func([]byte) error
		}{
			{"bare", func(b []byte) error { return post(ctx, bare.URL, "", b) }},
			{"the service", func(b []byte) error { return c.post(ctx, b) }},
		} {
			for i := range some {
				b := body(some[i : i+1])
				began := time.Now()
				if err := x.post(b); err != nil {
					return nil, errors.Join(err, stop())
				}
				took[x.name] = append(took[x.name], time.Since(began))
			}
		}
	}
	bare.Close()
	t := bench.Table{Columns: []string{"ms", "median", "95 %", "99 %", "worst"}, Left: 1}
	data := map[string][]float64{}
	quantiles := []int{500, 950, 990, 1000}
	for _, name := range []string{"bare", "the service"} {
		row := []string{name}
		for _, q := range quantiles {
			row = append(row, fmt.Sprintf("%.2f", took[name].at(q)))
			data[name] = append(data[name], took[name].at(q))
		}
		t.Add(row...)
	}
	row := []string{"times as long"}
	for i := range quantiles {
		row = append(row, strconv.FormatFloat(data["the service"][i]/data["bare"][i], 'f', 1, 64))
	}
	t.Add(row...)
	return &bench.Section{Title: "Single orders", Tables: []bench.Table{t}, Data: data,
		Text: fmt.Sprintf("%d requests with one order of %d lines, one after the other, and as many of the same bodies to a bare chi handler with one INSERT into the same PostgreSQL.", r.Single, r.Lines)}, stop()
}

// bareHandler keeps bodies and does nothing else.
func bareHandler(ctx context.Context, pool *pgxpool.Pool) (*httptest.Server, error) {
	if _, err := pool.Exec(ctx, `create table bare (id bigserial primary key, body text not null)`); err != nil {
		return nil, err
	}
	router := chi.NewRouter()
	router.Post("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = pool.Exec(r.Context(), `insert into bare (body) values ($1)`, string(body))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return httptest.NewServer(router), nil
}
