package planning_test

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"carriole/api/internal/worldtest"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// folders made by examples.
var folders []string

var databases worldtest.Databases

func TestMain(m *testing.M) {
	code := databases.Run(m)
	for _, f := range folders {
		os.RemoveAll(f)
	}
	os.Exit(code)
}

func tempDir() string {
	f, err := os.MkdirTemp("", "carriole")
	check(err)
	folders = append(folders, f)
	return f
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// bench is a service whose jobs the test works off itself, and what it has told.
type bench struct {
	*worldtest.World
	*planning.Service
	t *testing.T

	mu     sync.Mutex
	tasks  []planning.Task
	events []event
}

type event struct {
	name    string
	payload map[string]any
}

// monday is before anything of the week has begun.
var monday = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// eachBench runs a test on a collective without orders in each database.
func eachBench(t *testing.T, test func(t *testing.T, b *bench)) {
	databases.Each(t, func(t *testing.T, url string) {
		s := worldtest.Open(t, url)
		b := &bench{World: worldtest.Fill(t, s, "here"), t: t}
		b.Service = planning.New(s, func(_ context.Context, c *store.Scope, task planning.Task) error {
			if c.Tx() == nil {
				return errors.New("no transaction")
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.tasks = append(b.tasks, task)
			return nil
		})
		b.Emit = func(_ context.Context, c *store.Scope, name string, payload []byte) error {
			e := event{name: name}
			if c.Tx() == nil {
				return errors.New("no transaction")
			}
			if err := json.Unmarshal(payload, &e.payload); err != nil {
				return err
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.events = append(b.events, e)
			return nil
		}
		b.Now = func() time.Time { return monday }
		b.Budget = func(int) time.Duration { return 100 * time.Millisecond }
		test(t, b)
	})
}

func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) is(err error, code store.Code) *store.Error {
	b.t.Helper()
	var e *store.Error
	if !errors.As(err, &e) || e.Code != code {
		b.t.Errorf("got the error %v, want one that is %s", err, code)
		return &store.Error{}
	}
	return e
}

// work works off all jobs, as a worker would, and says how many there were.
func (b *bench) work() (n int) {
	b.t.Helper()
	for {
		b.mu.Lock()
		tasks := b.tasks
		b.tasks = nil
		b.mu.Unlock()
		if len(tasks) == 0 {
			return n
		}
		for _, task := range tasks {
			n++
			b.ok(b.Run(b.t.Context(), b.Scope.Collective(), task.Sale))
		}
	}
}

// queued are the jobs that nobody has worked off, and drop takes them away.
func (b *bench) queued() []planning.Task {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.tasks)
}

func (b *bench) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tasks = nil
}

// told are the names of the events since the last call.
func (b *bench) told() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, e := range b.events {
		out = append(out, e.name)
	}
	b.events = nil
	return out
}

// last is the payload of the last event of a name.
func (b *bench) last(name string) map[string]any {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range slices.Backward(b.events) {
		if e.name == name {
			return e.payload
		}
	}
	b.t.Fatalf("no event %s in %v", name, b.events)
	return nil
}

func (b *bench) state(want store.PlanningState) *store.Planning {
	b.t.Helper()
	p, err := b.Scope.Planning(b.t.Context(), b.Sale)
	b.ok(err)
	if p.State != want {
		b.t.Fatalf("the planning is %s (%s), want %s", p.State, p.Reason, want)
	}
	return p
}

// plans are those of the sale, the oldest first.
func (b *bench) plans() []store.Plan {
	b.t.Helper()
	out, _, err := b.Scope.Plans(b.t.Context(), store.PlanFilter{Sale: b.Sale}, store.Page{})
	b.ok(err)
	slices.SortFunc(out, func(x, y store.Plan) int { return int(x.Number - y.Number) })
	return out
}

// right reads a plan and demands that it breaks no rule of its week.
func (b *bench) right(id store.ID) (*engine.Week, *engine.Plan) {
	b.t.Helper()
	week, plan, err := b.Scope.PlanDocument(b.t.Context(), id)
	b.ok(err)
	w, p := new(engine.Week), new(engine.Plan)
	b.ok(json.Unmarshal(week, w))
	b.ok(json.Unmarshal(plan, p))
	figures, wrong := engine.Check(w, nil, p)
	if wrong != nil {
		b.t.Errorf("plan %s: %v", id, wrong)
	}
	row, err := b.Scope.Plan(b.t.Context(), id)
	b.ok(err)
	if got := row.Figures; float64(got.AddedM) != figures.AddedMetres && abs(float64(got.AddedM)-figures.AddedMetres) > 1 || got.Handovers != int64(figures.Handovers) {
		b.t.Errorf("the figures are %+v, the plan's %+v", got, figures)
	}
	return w, p
}

func abs(x float64) float64 { return max(x, -x) }

// planned closes the sale and has it planned.
func (b *bench) planned(orders ...store.Order) *store.Plan {
	b.t.Helper()
	if len(orders) > 0 {
		b.Order(b.t, b.Sale, orders...)
	}
	_, err := b.Close(b.t.Context(), b.Scope, b.Sale)
	b.ok(err)
	b.work()
	b.state(store.PlanningDone)
	all := b.plans()
	return &all[len(all)-1]
}
