package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"carriole/api/planning"
	"carriole/api/signin"
	"carriole/api/store"
	"carriole/api/web"
	"carriole/engine"
)

// A house is pages over a store, with a collective that has nothing and one that has the example week, planned.
type house struct {
	down, wasDown atomic.Bool // the network is away, was at any time
	t             *testing.T
	url           string
	empty, comtat store.ID
	sale          store.ID // of comtat
	producer      store.ID // of comtat
	who           *web.Who // who is signed in; nil: nobody
	fault         error    // that keeps who is signed in from being known
	store         *store.Store
	planning      *planning.Service
	work          chan planning.Task
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	must(t, err)
	t.Cleanup(func() { s.Close() })
	_, err = s.Migrate(ctx)
	must(t, err)
	h := &house{t: t, store: s, work: make(chan planning.Task, 100)}
	h.planning = planning.New(s, func(_ context.Context, _ *store.Scope, task planning.Task) error {
		h.work <- task
		return nil
	})
	h.planning.Budget = func(int) time.Duration { return 300 * time.Millisecond }
	h.planning.Now = func() time.Time { return monday }
	for _, c := range []struct {
		name string
		id   *store.ID
	}{{"Rien encore", &h.empty}, {"Comtat", &h.comtat}} {
		col := store.Collective{Name: c.name}
		must(t, s.CreateCollective(ctx, &col, "test"))
		*c.id = col.ID
	}
	scope := s.In(h.comtat, "test")
	f, err := os.Open("../../cmd/carriole/example.json")
	must(t, err)
	defer f.Close()
	document, _, err := engine.ReadWeek(f, 1<<24)
	must(t, err)
	h.sale, err = planning.Keep(ctx, scope, document)
	must(t, err)
	d, err := scope.WeekData(ctx, h.sale)
	must(t, err)
	h.producer = d.Producers[0].ID
	_, err = h.planning.Request(ctx, scope, h.sale, planning.Options{Iterations: 400})
	must(t, err)
	must(t, h.planning.Run(ctx, h.comtat, (<-h.work).Sale))

	h.serve()
	h.who = h.coordinator(h.comtat)
	return h
}

// serve serves the pages, of the plannings that the house has by now.
func (h *house) serve() {
	h.t.Helper()
	people, err := signin.New(h.store, signin.Options{URL: "https://plan.example.org"})
	must(h.t, err)
	site, err := web.New(web.Config{URL: "https://plan.example.org", Store: h.store, SignIn: people, Planning: h.planning, Who: func(*http.Request) (*web.Who, error) { return h.who, h.fault }})
	must(h.t, err)
	r := chi.NewMux()
	r.NotFound(site.Missing)
	site.Mount(r)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if h.down.Load() {
			panic(http.ErrAbortHandler)
		}
		r.ServeHTTP(w, req)
	}))
	h.t.Cleanup(server.Close)
	h.url = server.URL
}

// monday is before anything of the example week has begun.
var monday = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

// works has plannings worked off as they are asked for, until the test ends.
func (h *house) works() {
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case task := <-h.work:
				if err := h.planning.Run(ctx, h.comtat, task.Sale); err != nil && ctx.Err() == nil {
					h.t.Error(err)
				}
			}
		}
	}()
	h.t.Cleanup(func() { cancel(); <-done })
}

func (h *house) scope() *store.Scope { return h.store.In(h.comtat, "test") }

func (h *house) coordinator(collective store.ID) *web.Who {
	return &web.Who{Collective: collective, Actor: "member:claire", Role: store.Coordinator, Name: "Claire"}
}

// get reads a page without following where it leads.
func (h *house) get(path, language string) (status int, header http.Header, body string) {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, h.url+path, nil)
	must(h.t, err)
	r.Header.Set("Accept-Language", language)
	a, err := http.DefaultTransport.RoundTrip(r)
	must(h.t, err)
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	must(h.t, err)
	return a.StatusCode, a.Header, string(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// choosable is the page of goods that could ride another way which can be chosen.
func (h *house) choosable() string {
	h.t.Helper()
	sale := "/sales/" + string(h.sale)
	_, _, body := h.get(sale, "fr")
	for _, m := range regexp.MustCompile(`href="(`+sale+`/goods/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		if _, _, page := h.get(m[1], "fr"); strings.Contains(page, `value="choose"`) {
			return m[1]
		}
	}
	h.t.Fatal("no goods could ride otherwise")
	return ""
}

func (h *house) locks() int {
	h.t.Helper()
	ways, _, err := h.scope().Ways(context.Background(), store.WayFilter{Sale: h.sale}, store.Page{})
	must(h.t, err)
	return len(ways)
}

func (h *house) away() []store.Absence {
	h.t.Helper()
	out, _, err := h.scope().Absences(context.Background(), store.AbsenceFilter{}, store.Page{})
	must(h.t, err)
	return out
}

// named is the id of the producer of a name.
func (h *house) named(name string) string {
	h.t.Helper()
	list, _, err := h.scope().Producers(context.Background(), store.ProducerFilter{}, store.Page{})
	must(h.t, err)
	for _, p := range list {
		if p.Name == name {
			return string(p.ID)
		}
	}
	h.t.Fatalf("nobody is called %s", name)
	return ""
}

// point is the name of a pickup point.
func (h *house) point() string {
	h.t.Helper()
	list, _, err := h.scope().PickupPoints(context.Background(), store.PickupPointFilter{}, store.Page{})
	must(h.t, err)
	return list[0].Name
}

// newest is the plan of the sale that was made last.
func (h *house) newest() store.Plan {
	h.t.Helper()
	list, _, err := h.scope().Plans(context.Background(), store.PlanFilter{Sale: h.sale}, store.Page{Limit: 1000})
	must(h.t, err)
	return slices.MaxFunc(list, func(a, b store.Plan) int { return int(a.Number - b.Number) })
}
