package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"carriole/api/internal/worldtest"
	"carriole/api/jobs"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/geo/provider"
)

var databases worldtest.Databases

func TestMain(m *testing.M) {
	if url := os.Getenv("JOBS_TEST_WORK"); url != "" { // a process of TestKill
		os.Exit(workOnly(url))
	}
	os.Exit(databases.Run(m))
}

// shortLease is what TestKill waits for instead of the usual.
const shortLease = 4 * time.Second

// queue is one on a store of its own, as another process has it; not started.
func queue(t *testing.T, url string, kinds jobs.Kinds, o jobs.Options) (*jobs.Queue, *store.Store) {
	t.Helper()
	s := worldtest.Open(t, url, jobs.Migration)
	if testing.Verbose() {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	q, err := jobs.New(s, kinds, o)
	if err != nil {
		t.Fatal(err)
	}
	q.Planning.Budget = func(int) time.Duration { return 100 * time.Millisecond }
	return q, s
}

func start(t *testing.T, q *jobs.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await looks at a sale's planning until it is as wanted.
func await(t *testing.T, c *store.Scope, sale store.ID, what string, as func(*store.Planning) bool) *store.Planning {
	t.Helper()
	var last *store.Planning
	for range 1200 {
		p, err := c.Planning(t.Context(), sale)
		ok(t, err)
		if as(p) {
			return p
		}
		last = p
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("it is never %s: %+v", what, last)
	return nil
}

func planned(t *testing.T, c *store.Scope, sale store.ID) *store.Planning {
	t.Helper()
	return await(t, c, sale, "planned", func(p *store.Planning) bool {
		if p.State == store.PlanningFailed {
			t.Fatalf("failed: %s", p.Reason)
		}
		return p.State == store.PlanningDone
	})
}

func searching(p *store.Planning) bool {
	var at planning.Progress
	return p.State == store.PlanningRuns && len(p.Progress) > 0 && json.Unmarshal(p.Progress, &at) == nil && at.Iterations > 0
}

// one demands that a sale has exactly one plan, and that it breaks no rule.
func one(t *testing.T, c *store.Scope, sale store.ID) {
	t.Helper()
	plans, _, err := c.Plans(t.Context(), store.PlanFilter{Sale: sale}, store.Page{})
	ok(t, err)
	if len(plans) != 1 {
		t.Fatalf("%d plans: %+v", len(plans), plans)
	}
	week, document, err := c.PlanDocument(t.Context(), plans[0].ID)
	ok(t, err)
	w, p := new(engine.Week), new(engine.Plan)
	ok(t, errors.Join(json.Unmarshal(week, w), json.Unmarshal(document, p)))
	if _, wrong := engine.Check(w, nil, p); wrong != nil {
		t.Error(wrong)
	}
}

// A closed sale is planned, whoever works off the job; a close that does not come to be leaves no job.
func TestClose(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		caller, s := queue(t, url, jobs.Kinds{}, jobs.Options{})
		w := worldtest.Fill(t, s, "here")
		w.Order(t, w.Sale, w.Orders(10, 1)...)
		worker, _ := queue(t, url, jobs.Kinds{}, jobs.Options{})
		start(t, worker)
		broken := errors.New("broken off")
		if err := w.Scope.Together(ctx, func(c *store.Scope) error {
			if _, err := caller.Planning.Close(ctx, c, w.Sale); err != nil {
				return err
			}
			return broken
		}); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if p, err := w.Scope.Planning(ctx, w.Sale); err == nil {
			t.Errorf("planned although the close was not made: %+v", p)
		}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := caller.Planning.Close(ctx, w.Scope, w.Sale); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		planned(t, w.Scope, w.Sale)
		one(t, w.Scope, w.Sale)
		if err := caller.Add(ctx, w.Scope, greeting{}, time.Time{}, 1); err == nil {
			t.Error("a job was added outside of a transaction")
		}
	})
}

// Several workers and more sales: each is planned once, never by two at once.
func TestWorkers(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		caller, s := queue(t, url, jobs.Kinds{}, jobs.Options{})
		w := worldtest.Fill(t, s, "here")
		sales := []store.ID{w.Sale}
		for i := range 7 {
			sales = append(sales, w.NewSale(t, fmt.Sprint("sale ", i)))
		}
		var mu sync.Mutex
		ready := map[store.ID]int{}
		for range 2 {
			q, _ := queue(t, url, jobs.Kinds{}, jobs.Options{Short: 4})
			q.Planning.Emit = func(_ context.Context, _ *store.Scope, event string, payload []byte) error {
				var x struct{ Sale store.ID }
				if err := json.Unmarshal(payload, &x); err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				ready[x.Sale]++
				return nil
			}
			start(t, q)
		}
		var all sync.WaitGroup
		for i, sale := range sales {
			w.Order(t, sale, w.Orders(5, uint64(i))...)
			for range 3 {
				all.Go(func() {
					if _, err := caller.Planning.Close(ctx, w.Scope, sale); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		for _, sale := range sales {
			if p := planned(t, w.Scope, sale); p.Runs != 1 {
				t.Errorf("%d runs: %+v", p.Runs, p)
			}
			one(t, w.Scope, sale)
		}
		mu.Lock()
		defer mu.Unlock()
		for sale, n := range ready {
			if n != 1 {
				t.Errorf("sale %s was planned %d times", sale, n)
			}
		}
	})
}

// workOnly works jobs off until it is killed.
func workOnly(url string) int {
	ctx := context.Background()
	s, err := store.Open(ctx, url)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	q, err := jobs.New(s, jobs.Kinds{}, jobs.Options{})
	if err == nil {
		q.Planning.Lease = shortLease
		err = q.Start(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	select {}
}

// A worker is killed in the middle of a planning: another takes it up when the lease is over, and there is one plan.
func TestKill(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		q, s := queue(t, url, jobs.Kinds{}, jobs.Options{})
		q.Planning.Lease = shortLease
		w := worldtest.Fill(t, s, "here")
		w.Order(t, w.Sale, w.Orders(20, 1)...)
		_, err := q.Planning.Request(ctx, w.Scope, w.Sale, planning.Options{Anew: true, TimeS: 6})
		ok(t, err)
		worker := exec.Command(os.Args[0])
		worker.Env = append(os.Environ(), "JOBS_TEST_WORK="+url)
		var output strings.Builder
		worker.Stdout, worker.Stderr = &output, &output
		ok(t, worker.Start())
		defer worker.Process.Kill()
		killed := await(t, w.Scope, w.Sale, "searched by the worker", searching)
		ok(t, worker.Process.Signal(syscall.SIGKILL))
		worker.Wait()
		start(t, q)
		taken := await(t, w.Scope, w.Sale, "taken over", func(p *store.Planning) bool { return searching(p) && p.Holder != killed.Holder })
		if taken.Runs < 2 || taken.Changed.Before(killed.Due) {
			t.Errorf("taken over at %v in run %d, when the worker's lease was until %v", taken.Changed, taken.Runs, killed.Due)
		}
		planned(t, w.Scope, w.Sale)
		one(t, w.Scope, w.Sale)
	})
}

// A stop gives a long planning back, and another worker has it at once.
func TestStop(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		first, s := queue(t, url, jobs.Kinds{}, jobs.Options{Grace: 100 * time.Millisecond})
		w := worldtest.Fill(t, s, "here")
		w.Order(t, w.Sale, w.Orders(20, 1)...)
		ok(t, first.Start(ctx))
		_, err := first.Planning.Request(ctx, w.Scope, w.Sale, planning.Options{Anew: true, TimeS: 5})
		ok(t, err)
		await(t, w.Scope, w.Sale, "searched", searching)
		ok(t, first.Stop(ctx))
		p, err := w.Scope.Planning(ctx, w.Sale)
		ok(t, err)
		if p.State != store.PlanningWaits || p.Runs != 0 {
			t.Errorf("after the stop: %+v", p)
		}
		second, _ := queue(t, url, jobs.Kinds{}, jobs.Options{})
		start(t, second)
		if p := planned(t, w.Scope, w.Sale); p.Runs != 1 {
			t.Errorf("%+v", p)
		}
		one(t, w.Scope, w.Sale)
	})
}

// A short planning that runs when the stop comes is finished.
func TestStopFinishes(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		q, s := queue(t, url, jobs.Kinds{}, jobs.Options{Grace: time.Minute})
		w := worldtest.Fill(t, s, "here")
		w.Order(t, w.Sale, w.Orders(20, 1)...)
		ok(t, q.Start(ctx))
		_, err := q.Planning.Request(ctx, w.Scope, w.Sale, planning.Options{Anew: true, TimeS: 2})
		ok(t, err)
		await(t, w.Scope, w.Sale, "running", func(p *store.Planning) bool { return p.State == store.PlanningRuns })
		ok(t, q.Stop(ctx))
		p, err := w.Scope.Planning(ctx, w.Sale)
		ok(t, err)
		if p.State != store.PlanningDone {
			t.Errorf("%+v", p)
		}
		one(t, w.Scope, w.Sale)
	})
}

// While a collective's long plannings take all workers that there are for such, its neighbour's short ones are done.
func TestLongDoesNotStarveShort(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		q, s := queue(t, url, jobs.Kinds{}, jobs.Options{Short: 1, Long: 1, Grace: 100 * time.Millisecond})
		large, small := worldtest.Fill(t, s, "large"), worldtest.Fill(t, s, "small")
		start(t, q)
		second := large.NewSale(t, "another")
		for _, sale := range []store.ID{large.Sale, second} {
			large.Order(t, sale, large.Orders(20, 1)...)
			_, err := q.Planning.Request(ctx, large.Scope, sale, planning.Options{Anew: true, TimeS: 600})
			ok(t, err)
		}
		runs := func(p *store.Planning) bool { return p.State == store.PlanningRuns }
		await(t, large.Scope, large.Sale, "running", runs)
		for i := range 3 {
			sale := small.NewSale(t, fmt.Sprint("small ", i))
			small.Order(t, sale, small.Orders(5, uint64(i))...)
			_, err := q.Planning.Close(ctx, small.Scope, sale)
			ok(t, err)
			planned(t, small.Scope, sale)
		}
		p, err := large.Scope.Planning(ctx, large.Sale)
		ok(t, err)
		waits, err := large.Scope.Planning(ctx, second)
		ok(t, err)
		if p.State != store.PlanningRuns || waits.State != store.PlanningWaits {
			t.Errorf("the large ones are %s and %s", p.State, waits.State)
		}
		ok(t, q.Planning.Cancel(ctx, large.Scope, large.Sale)) // which lets the next begin
		await(t, large.Scope, second, "running", runs)
	})
}

// greeting is a job of another kind.
type greeting struct {
	Name string `json:"name"`
}

func (greeting) Kind() string { return "greeting" }

// Jobs of other kinds: tried again after an error, not before their time, and a sale is closed when its time has come.
func TestOtherJobs(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		var tries atomic.Int32
		early := make(chan struct{}, 1)
		var kinds jobs.Kinds
		jobs.Handle(&kinds, func(_ context.Context, g greeting) error {
			switch {
			case g.Name == "later":
				early <- struct{}{}
			case tries.Add(1) == 1:
				return errors.New("not now")
			}
			return nil
		})
		q, s := queue(t, url, kinds, jobs.Options{})
		w := worldtest.Fill(t, s, "here")
		sale, err := w.Scope.Sale(ctx, w.Sale)
		ok(t, err)
		sale.Closes = time.Now().Add(-time.Minute)
		ok(t, w.Scope.UpdateSale(ctx, sale))
		ok(t, w.Scope.Together(ctx, func(c *store.Scope) error {
			return errors.Join(q.Add(ctx, c, greeting{"Anne"}, time.Time{}, 5), q.Add(ctx, c, greeting{"later"}, time.Now().Add(time.Hour), 5))
		}))
		start(t, q)
		for range 600 {
			if tries.Load() >= 2 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if n := tries.Load(); n != 2 {
			t.Errorf("tried %d times", n)
		}
		select {
		case <-early:
			t.Error("done before its time")
		default:
		}
		for range 600 {
			if p, err := w.Scope.Planning(ctx, w.Sale); err == nil && p.State == store.PlanningDone {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Error("the sale is not closed although its time has come")
	})
}

// The distances between places are computed in the background, those of a new place alone when it comes, all where another source is
// chosen: a planning finds them there, and draws its lines along the roads.
func TestSurvey(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		first, second := worldtest.StartRoads(t), worldtest.StartRoads(t)
		q, s := queue(t, url, jobs.Kinds{}, jobs.Options{})
		for name, server := range map[string]*worldtest.Roads{"first": first, "second": second} {
			c, err := provider.Parse("osrm:"+server.URL, false)
			ok(t, err)
			q.Planning.Travels = append(q.Planning.Travels, planning.Travel{Name: name, Provider: c.Open(nil)})
		}
		w := worldtest.Fill(t, s, "here")
		choose := func(name string) {
			collective, err := w.Scope.Itself(ctx)
			ok(t, err)
			collective.Travel = name
			ok(t, q.Planning.Choose(ctx, w.Scope, collective))
		}
		asked := func(server *worldtest.Roads, what string, want int) {
			n := 0
			for range 600 {
				if n += server.Asked(); n >= want {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			if n != want {
				t.Fatalf("%s: %d pairs were asked for, not %d", what, n, want)
			}
		}
		choose("first")
		start(t, q)
		asked(first, "6 places", 6*6)
		ok(t, w.Scope.CreatePlace(ctx, &store.Place{Name: "New", At: &store.Point{LonE7: 50400000, LatE7: 441500000}}))
		choose("second")
		asked(second, "7 places of another source", 7*7)
		choose("first")
		asked(first, "a new place beside 6", 7+6)
		w.Order(t, w.Sale, w.Orders(10, 1)...)
		_, err := q.Planning.Close(ctx, w.Scope, w.Sale)
		ok(t, err)
		planned(t, w.Scope, w.Sale)
		plans, _, err := w.Scope.Plans(ctx, store.PlanFilter{Sale: w.Sale}, store.Page{})
		ok(t, err)
		lines, err := q.Planning.Lines(ctx, w.Scope, plans[0].ID)
		if err != nil || len(lines) == 0 || first.Drawn() != len(lines) || first.Asked() != 0 {
			t.Errorf("the plan has %d lines, %v", len(lines), err)
		}
	})
}

// Several processes that start at once on an empty database.
func TestMigrate(t *testing.T) {
	databases.Each(t, func(t *testing.T, url string) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				s, err := store.Open(t.Context(), url)
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				if _, err := s.Migrate(t.Context(), jobs.Migration(s)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		q, s := queue(t, url, jobs.Kinds{}, jobs.Options{})
		w := worldtest.Fill(t, s, "here")
		_, err := q.Planning.Close(t.Context(), w.Scope, w.Sale)
		ok(t, err)
	})
}
