package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carriole/api/store"
)

// A month of a large marketplace.
const (
	monthOrders = 70_000
	monthLines  = 4 // of each order
)

// A month is what is ingested.
type month struct {
	url      string
	token    string
	scope    *store.Scope
	pool     *pgxpool.Pool // of the same database, past the store
	point    store.ID
	products []store.ID
	n        int // months so far: each has references of its own
}

func newMonth(b *testing.B) *month {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(start())
	ctx := b.Context()
	url, err := server.Create(ctx, "postgres", "")
	must(err)
	s, err := store.Open(ctx, url)
	must(err)
	b.Cleanup(func() { s.Close() })
	_, err = s.Migrate(ctx)
	must(err)
	collective := store.Collective{Name: "x"}
	must(s.CreateCollective(ctx, &collective, "bench"))
	m := &month{scope: s.In(collective.ID, "bench")}
	m.token, err = m.scope.CreateToken(ctx, &store.Token{Name: "x", Scope: store.MarketplaceToken})
	must(err)
	place := store.Place{Name: "x"}
	must(m.scope.CreatePlace(ctx, &place))
	producer := store.Producer{Name: "x", Place: place.ID}
	must(m.scope.CreateProducer(ctx, &producer))
	point := store.PickupPoint{Name: "x", Place: place.ID}
	must(m.scope.CreatePickupPoint(ctx, &point))
	m.point = point.ID
	for range 500 {
		p := store.Product{Name: "x", Producer: producer.ID, Grams: 500}
		must(m.scope.CreateProduct(ctx, &p))
		m.products = append(m.products, p.ID)
	}
	service, err := New(Config{Store: s, Limits: Limits{PerAddress: -1, PerCaller: -1}})
	must(err)
	listening := httptest.NewServer(service.Handler())
	b.Cleanup(listening.Close)
	m.url = listening.URL
	m.pool, err = pgxpool.New(ctx, url)
	must(err)
	b.Cleanup(m.pool.Close)
	return m
}

// sale begins a month.
func (m *month) sale(b *testing.B) store.ID {
	b.Helper()
	m.n++
	sale := store.Sale{Name: fmt.Sprint(m.n), Distribution: "2026-11-27"}
	if err := m.scope.CreateSale(b.Context(), &sale); err != nil {
		b.Fatal(err)
	}
	return sale.ID
}

func (m *month) product(i, k int) store.ID { return m.products[(i+k*7)%len(m.products)] }

// order writes an order as it is posted.
func (m *month) order(b *bytes.Buffer, i int) {
	fmt.Fprintf(b, `{"ref":"A-%d","pickup_point":%q,"lines":[`, i, m.point)
	for k := range monthLines {
		if k > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `{"product":%q,"quantity":%d,"price_cents":%d}`, m.product(i, k), k+1, 350*(k+1))
	}
	b.WriteString("]}")
}

func (m *month) bodies() (out []string) {
	for first := 0; first < monthOrders; first += store.MaxOrders {
		var b bytes.Buffer
		b.WriteString(`{"orders":[`)
		for i := first; i < first+store.MaxOrders; i++ {
			if i > first {
				b.WriteByte(',')
			}
			m.order(&b, i)
		}
		b.WriteString("]}")
		out = append(out, b.String())
	}
	return out
}

func (m *month) post(b *testing.B, sale store.ID, body string) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, m.url+"/v1/sales/"+string(sale)+"/orders", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+m.token)
	request.Header.Set("Content-Type", "application/json")
	drain(b, request)
}

func drain(b *testing.B, request *http.Request) {
	b.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("status %d, %v: %s", response.StatusCode, err, text)
	}
}

// BenchmarkIngest compares a month of orders in bulk requests with a plain COPY of the same rows into the same tables.
func BenchmarkIngest(b *testing.B) {
	m := newMonth(b)
	b.Run("http", func(b *testing.B) {
		bodies := m.bodies()
		for b.Loop() {
			sale := m.sale(b)
			for _, body := range bodies {
				m.post(b, sale, body)
			}
		}
		b.ReportMetric(float64(monthOrders)*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	})
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			m.copy(b, m.sale(b))
		}
		b.ReportMetric(float64(monthOrders)*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	})
}

func (m *month) copy(b *testing.B, sale store.ID) {
	ctx, collective := b.Context(), string(m.scope.Collective())
	now := time.Now().UnixMilli()
	id := func(i int) string { return fmt.Sprintf("o%d%015d", m.n%10, i) + fmt.Sprintf("%03d", m.n%1000) }
	tx, err := m.pool.Begin(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback(ctx)
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"orders"}, []string{"collective", "id", "version", "created", "changed", "sale", "ref", "pickup_point", "digest"},
		pgx.CopyFromSlice(monthOrders, func(i int) ([]any, error) {
			return []any{collective, id(i), int64(1), now, now, string(sale), fmt.Sprintf("A-%d", i), string(m.point), make([]byte, 16)}, nil
		})); err != nil {
		b.Fatal(err)
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"order_lines"}, []string{"collective", "order_id", "n", "product", "quantity_milli", "price_cents"},
		pgx.CopyFromSlice(monthOrders*monthLines, func(i int) ([]any, error) {
			k := i % monthLines
			return []any{collective, id(i / monthLines), int64(k), string(m.product(i/monthLines, k)), int64(1000 * (k + 1)), int64(350 * (k + 1))}, nil
		})); err != nil {
		b.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOneOrder compares single orders with a bare handler that makes one INSERT.
func BenchmarkOneOrder(b *testing.B) {
	m := newMonth(b)
	p99 := func(b *testing.B, do func(i int)) {
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			began := time.Now()
			do(i)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
	}
	b.Run("http", func(b *testing.B) {
		sale := m.sale(b)
		p99(b, func(i int) {
			var body bytes.Buffer
			body.WriteString(`{"orders":[`)
			m.order(&body, i)
			body.WriteString("]}")
			m.post(b, sale, body.String())
		})
	})
	b.Run("bare", func(b *testing.B) {
		if _, err := m.pool.Exec(b.Context(), `create table if not exists bare (id bigserial primary key, body text not null)`); err != nil {
			b.Fatal(err)
		}
		router := chi.NewRouter()
		router.Post("/", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if _, err := m.pool.Exec(context.Background(), `insert into bare (body) values ($1)`, string(body)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
		listening := httptest.NewServer(router)
		defer listening.Close()
		p99(b, func(i int) {
			var body bytes.Buffer
			m.order(&body, i)
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, listening.URL, &body)
			if err != nil {
				b.Fatal(err)
			}
			drain(b, request)
		})
	})
}
