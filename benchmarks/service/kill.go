package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"carriole/api/jobs"
	"carriole/api/store"
	"carriole/benchmarks/internal/bench"
	"carriole/engine"
)

// The moments in which a process is killed.
var phases = []string{"ingestion", "close", "planning"}

// killed is what came of one run.
type killed struct {
	Database string   `json:"database"`
	Seed     uint64   `json:"seed"`
	Workers  int      `json:"workers"` // beside the server; 0: it plans itself
	Phase    string   `json:"phase"`
	Victim   string   `json:"victim"` // server or worker
	Orders   int      `json:"orders"` // that were acknowledged
	Written  int      `json:"written"`
	Taken    int      `json:"taken"` // plannings that a second worker took up
	Late     bool     `json:"late"`  // orders after the close, and a second one
	Seconds  float64  `json:"seconds"`
	Planned  float64  `json:"planned_s"` // from the kill until all sales were planned
	Wrong    []string `json:"wrong,omitempty"`
	Logged   []string `json:"logged,omitempty"` // as errors
	tally
}

// town is a small collective whose weeks are planned in seconds. What processes work on are copies of its database.
type town struct {
	token    string
	sales    []store.ID
	points   []store.ID
	products []store.ID
}

func (t *town) order(rng *rand.Rand) store.Order {
	o := store.Order{PickupPoint: t.points[rng.IntN(len(t.points))]}
	for _, k := range rng.Perm(len(t.products))[:1+rng.IntN(4)] {
		cents := int64(100 + rng.IntN(2000))
		o.Lines = append(o.Lines, store.OrderLine{Product: t.products[k], QuantityMilli: int64(1000 * (1 + rng.IntN(3))), PriceCents: &cents})
	}
	return o
}

// newTown fills an empty database.
func newTown(ctx context.Context, databaseURL string) (t *town, err error) {
	s, err := store.Open(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	collective, err := newCollective(ctx, s, jobs.Migration(s))
	if err != nil {
		return nil, err
	}
	const day store.Day = "2026-11-26"
	err = s.In(collective, "benchmark").Together(ctx, func(c *store.Scope) error {
		t = &town{}
		rng := rand.New(rand.NewPCG(1, 0))
		place := func(name string) (store.ID, error) {
			x := store.Place{Name: name, At: &store.Point{LonE7: 50_000_000 + rng.Int64N(1_500_000), LatE7: 440_000_000 + rng.Int64N(1_500_000)}, Meet: true, StoreAmbient: true}
			return x.ID, c.CreatePlace(ctx, &x)
		}
		market, err := place("Market")
		if err != nil {
			return err
		}
		for i := range 3 {
			at, err := place(fmt.Sprint("Hall ", i))
			if err != nil {
				return err
			}
			p := store.PickupPoint{Name: fmt.Sprint("Point ", i), Place: at, Active: true, AcceptFromMin: 120, Windows: store.Windows{{Days: []store.Weekday{"thu"}, From: 19 * 60, Until: 21 * 60}}}
			if err := c.CreatePickupPoint(ctx, &p); err != nil {
				return err
			}
			t.points = append(t.points, p.ID)
		}
		for i := range 8 {
			home, err := place(fmt.Sprint("Farm ", i))
			if err != nil {
				return err
			}
			p := store.Producer{Name: fmt.Sprint("Farm ", i), Place: home, Active: true}
			if err := c.CreateProducer(ctx, &p); err != nil {
				return err
			}
			v := store.Vehicle{Name: "Van", Producer: p.ID, Room: store.Room{Grams: 800_000, AmbientMl: 4_000_000}, Available: store.Windows{{Days: []store.Weekday{"wed", "thu"}, From: 8 * 60, Until: 21 * 60}}}
			if err := c.CreateVehicle(ctx, &v); err != nil {
				return err
			}
			if i%2 == 0 {
				round := store.Round{Name: "Market", Kind: "market", Producer: p.ID, Vehicle: v.ID, Rule: "FREQ=WEEKLY;BYDAY=TH", Starts: "2026-01-01", Start: home, End: home,
					DepartAfter: 14 * 60, ReturnBy: 21 * 60, Stops: []store.Stop{{Place: market, ArriveAfter: 16 * 60, ArriveBy: 17 * 60, StayS: 5400}}}
				if err := c.CreateRound(ctx, &round); err != nil {
					return err
				}
			}
			for k := range 2 {
				x := store.Product{Name: fmt.Sprintf("Product %d-%d", i, k), Unit: "1 kg", Producer: p.ID, Grams: 1000, Millilitres: 2500, Active: true}
				if err := c.CreateProduct(ctx, &x); err != nil {
					return err
				}
				t.products = append(t.products, x.ID)
			}
		}
		for i := range 2 {
			sale := store.Sale{Name: fmt.Sprint("Sale ", i), Distribution: day}
			if err := c.CreateSale(ctx, &sale); err != nil {
				return err
			}
			t.sales = append(t.sales, sale.ID)
		}
		t.token, err = c.CreateToken(ctx, &store.Token{Name: "benchmark", Scope: store.CoordinatorToken})
		return err
	})
	return t, err
}

// kill has processes of the program killed and looks whether anything was lost.
func kill(r *run) (*bench.Section, error) {
	ctx := context.Background()
	program, err := r.program(ctx)
	if err != nil {
		return nil, err
	}
	var all []killed
	for _, database := range r.Databases {
		source := "sqlite:" + filepath.Join(r.dir, "town.db")
		if database == "postgres" {
			var done func()
			if source, done, err = r.database(ctx); err != nil {
				return nil, err
			}
			defer done()
		}
		town, err := newTown(ctx, source)
		if err != nil {
			return nil, err
		}
		results := make([]killed, r.Runs)
		faults := make([]error, r.Runs)
		var next atomic.Int64
		var side sync.WaitGroup
		for range r.Side {
			side.Go(func() {
				for i := int(next.Add(1)) - 1; i < r.Runs; i = int(next.Add(1)) - 1 {
					k := &killRun{run: r, town: town, program: program, result: &results[i]}
					*k.result = killed{Database: database, Seed: r.Seed + uint64(i)}
					if faults[i] = k.do(ctx, source); faults[i] != nil {
						return
					}
					x := k.result
					r.say("kill %s %d: %s in %s, %d workers: %d orders, %d requests broken, planned %.1f s after, %d faults%s", database, x.Seed, x.Victim, x.Phase, x.Workers, x.Orders, x.Broken, x.Planned, len(x.Wrong), strings.Join(append([]string{""}, x.Wrong...), "\n  "))
				}
			})
		}
		side.Wait()
		if err := errors.Join(faults...); err != nil {
			return nil, err
		}
		all = append(all, results...)
	}
	return killSection(r, all), nil
}

// killRun is one run: a database, the processes on it, and a marketplace of three clients.
type killRun struct {
	*run
	*town
	program string
	result  *killed

	databaseURL string
	mu          sync.Mutex
	server      *process // nil: it is down
	workers     []*process
	gone        []*process
	answers     atomic.Int64
}

func (k *killRun) url() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.server == nil {
		return ""
	}
	return k.server.address
}

func (k *killRun) env() []string {
	return []string{"CARRIOLE_LEASE=" + k.Lease.String(), "CARRIOLE_PER_ADDRESS=0", "CARRIOLE_PER_CALLER=0"}
}

func (k *killRun) serve(ctx context.Context) error {
	args := []string{"serve", "--listen=127.0.0.1:0"}
	if k.result.Workers > 0 {
		args = append(args, "--no-work")
	}
	p, err := launch(ctx, k.dir, k.program, k.databaseURL, k.env(), args...)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.server = p
	return nil
}

func (k *killRun) work(ctx context.Context) error {
	p, err := launch(ctx, k.dir, k.program, k.databaseURL, k.env(), "work")
	if err == nil {
		k.workers = append(k.workers, p)
	}
	return err
}

// copyOf makes a database of the run's own.
func (k *killRun) copyOf(ctx context.Context, source string) (done func(), err error) {
	if file, ok := strings.CutPrefix(source, "sqlite:"); ok {
		copied := filepath.Join(k.dir, fmt.Sprintf("kill-%d.db", k.result.Seed))
		k.databaseURL = "sqlite:" + copied
		return func() {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				os.Remove(copied + suffix)
			}
		}, copyFile(copied, file)
	}
	config, err := pgx.ParseConfig(source)
	if err != nil {
		return nil, err
	}
	k.copying.Lock() // PostgreSQL copies a database for one at a time
	defer k.copying.Unlock()
	if k.databaseURL, err = k.run.server.Create(ctx, "postgres", config.Database); err != nil {
		return nil, err
	}
	return func() {
		if err := k.drop(context.WithoutCancel(ctx), k.databaseURL); err != nil {
			k.say("%v", err)
		}
	}, nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

const (
	clients  = 3
	requests = 16 // of each client
	mostRun  = 5 * time.Minute
)

// do makes the run. Its error is one of the benchmark; what the program does wrong is in the result.
func (k *killRun) do(ctx context.Context, source string) error {
	ctx, cancel := context.WithTimeout(ctx, mostRun)
	defer cancel()
	x := k.result
	began := time.Now()
	defer func() { x.Seconds = time.Since(began).Seconds() }()
	rng := rand.New(rand.NewPCG(x.Seed, 1))
	x.Workers = 2 * rng.IntN(2)
	x.Phase = phases[rng.IntN(len(phases))]
	x.Victim = "server"
	if x.Workers > 0 && x.Phase != "ingestion" && rng.IntN(2) == 0 {
		x.Victim = "worker"
	}
	x.Late = rng.IntN(3) == 0
	done, err := k.copyOf(ctx, source)
	if err != nil {
		return err
	}
	defer done()
	defer k.end()
	if err := k.serve(ctx); err != nil {
		return err
	}
	for range x.Workers {
		if err := k.work(ctx); err != nil {
			return err
		}
	}
	markets := make([]*market, clients)
	for i := range markets {
		markets[i] = k.market(fmt.Sprintf("R%d", i), rand.New(rand.NewPCG(x.Seed, uint64(2+i))))
	}
	err = k.play(ctx, rng, markets)
	if err == nil {
		err = k.check(ctx, markets)
	}
	if err == nil && x.Late {
		if err = k.late(ctx, markets); err == nil {
			err = k.check(ctx, markets)
		}
	}
	for _, m := range markets {
		x.tally.add(m.tally)
	}
	if err != nil { // also one of time: whatever is not there after minutes is lost
		x.Wrong = append(x.Wrong, err.Error())
	}
	return nil
}

// end kills what still runs and keeps what was logged.
func (k *killRun) end() {
	all := slices.Concat(k.gone, k.workers)
	if k.server != nil {
		all = append(all, k.server)
	}
	for _, p := range all {
		p.kill()
		lines, err := p.errors()
		if err != nil {
			k.say("%v", err)
		}
		k.result.Logged = append(k.result.Logged, lines...)
	}
}

func (k *killRun) market(name string, rng *rand.Rand) *market {
	return &market{town: k.town, url: k.url, rng: rng, name: name, known: map[store.ID]map[string]store.Order{}, answers: &k.answers,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}, Timeout: time.Minute}}
}

// play sends orders, closes the sales and has them planned, and somewhere on the way kills a process and starts it again.
func (k *killRun) play(ctx context.Context, rng *rand.Rand, markets []*market) error {
	x := k.result
	stroke := make(chan error, 1)
	strike := func(after time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(after):
		}
		stroke <- k.strike(ctx, time.Duration(rng.IntN(300))*time.Millisecond)
	}
	random := func(most time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(most))) }
	if x.Phase == "ingestion" {
		n, pause := rng.Int64N(clients*requests*9/10), random(15*time.Millisecond)
		go func() {
			for k.answers.Load() < n && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			strike(pause)
		}()
	}
	faults := make([]error, len(markets))
	var all sync.WaitGroup
	for i, m := range markets {
		all.Go(func() {
			for n := 0; n < requests && faults[i] == nil; n++ {
				faults[i] = m.send(ctx, m.sales[m.rng.IntN(len(m.sales))])
			}
		})
	}
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if x.Phase == "close" {
		go strike(random(40 * time.Millisecond))
	}
	if err := k.close(ctx, markets); err != nil {
		return err
	}
	if x.Phase == "planning" {
		go strike(random(3 * time.Second))
	}
	select {
	case err := <-stroke:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	struck := time.Now()
	err := k.close(ctx, markets) // one that was not acknowledged may not have been
	if err == nil {
		err = k.planned(ctx, markets[0])
	}
	x.Planned = time.Since(struck).Seconds()
	return err
}

// strike kills the victim, and starts it again after a moment.
func (k *killRun) strike(ctx context.Context, down time.Duration) error {
	x := k.result
	var victim *process
	k.mu.Lock()
	if x.Victim == "server" {
		victim, k.server = k.server, nil
	} else {
		victim, k.workers = k.workers[0], k.workers[1:]
	}
	k.mu.Unlock()
	victim.kill()
	k.gone = append(k.gone, victim)
	time.Sleep(down)
	if x.Victim == "server" {
		return k.serve(ctx)
	}
	if x.Seed%2 == 0 {
		return k.work(ctx)
	}
	return nil // the other worker is there
}

// close closes all sales, each by several calls at once.
func (k *killRun) close(ctx context.Context, markets []*market) error {
	var all sync.WaitGroup
	faults := make([]error, len(k.sales)*len(markets))
	for i, sale := range k.sales {
		for j, m := range markets {
			all.Go(func() {
				_, faults[i*len(markets)+j] = m.insist(ctx, http.MethodPost, "/v1/sales/"+string(sale)+"/close", "", nil, nil)
			})
		}
	}
	all.Wait()
	return errors.Join(faults...)
}

// planned waits until nothing is planned any more.
func (k *killRun) planned(ctx context.Context, m *market) error {
	for _, sale := range k.sales {
		for {
			var p struct {
				State  store.PlanningState `json:"state"`
				Runs   int                 `json:"runs"`
				Reason string              `json:"reason"`
			}
			if _, err := m.insist(ctx, http.MethodGet, "/v1/sales/"+string(sale)+"/planning", "", nil, &p); err != nil {
				return fmt.Errorf("sale %s is not planned: %w", sale, err)
			}
			if p.State == store.PlanningDone {
				if p.Runs > 1 {
					k.result.Taken++
				}
				break
			}
			if p.State != store.PlanningWaits && p.State != store.PlanningRuns {
				return fmt.Errorf("sale %s: its planning is %s: %s", sale, p.State, p.Reason)
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("sale %s is not planned: its planning is %s", sale, p.State)
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	return nil
}

// late sends orders after the close, and closes again.
func (k *killRun) late(ctx context.Context, markets []*market) error {
	for _, sale := range k.sales {
		if err := markets[0].send(ctx, sale); err != nil {
			return err
		}
	}
	if err := k.close(ctx, markets); err != nil {
		return err
	}
	return k.planned(ctx, markets[0])
}

// check looks for every acknowledged order and for the one plan of every sale.
func (k *killRun) check(ctx context.Context, markets []*market) error {
	x := k.result
	x.Orders, x.Written = 0, 0
	for _, sale := range k.sales {
		there, twice, err := markets[0].orders(ctx, sale)
		if err != nil {
			return err
		}
		for _, ref := range twice {
			x.Wrong = append(x.Wrong, fmt.Sprintf("order %s is there twice", ref))
		}
		wrong, written := compare(markets, sale, there)
		x.Wrong = append(x.Wrong, wrong...)
		x.Written += written
		for _, m := range markets {
			x.Orders += len(m.known[sale])
		}
		if err := k.checkPlan(ctx, markets[0], sale, there); err != nil {
			return err
		}
	}
	return nil
}

func (k *killRun) checkPlan(ctx context.Context, m *market, sale store.ID, orders map[string]string) error {
	wrong := func(format string, args ...any) {
		k.result.Wrong = append(k.result.Wrong, fmt.Sprintf("sale %s: ", sale)+fmt.Sprintf(format, args...))
	}
	var closed struct {
		State store.SaleState `json:"state"`
	}
	var plans struct {
		Items []struct {
			ID     store.ID        `json:"id"`
			Number int             `json:"number"`
			State  store.PlanState `json:"state"`
		} `json:"items"`
	}
	if _, err := m.insist(ctx, http.MethodGet, "/v1/sales/"+string(sale), "", nil, &closed); err != nil {
		return err
	}
	if _, err := m.insist(ctx, http.MethodGet, "/v1/plans?live=true&sale="+string(sale), "", nil, &plans); err != nil {
		return err
	}
	if closed.State != store.SaleClosed {
		wrong("it is %s", closed.State)
	}
	if len(plans.Items) != 1 {
		wrong("%d current plans: %v", len(plans.Items), plans.Items)
		return nil
	}
	var week engine.Week
	var document json.RawMessage
	path := "/v1/plans/" + string(plans.Items[0].ID)
	if _, err := m.insist(ctx, http.MethodGet, path+"?format=week", "", nil, &week); err != nil {
		return err
	}
	if _, err := m.insist(ctx, http.MethodGet, path, "", nil, &document); err != nil {
		return err
	}
	plan, err := engine.ReadPlan(bytes.NewReader(document), int64(len(document)))
	if err != nil {
		wrong("the plan cannot be read: %v", err)
		return nil
	}
	if _, violations := engine.Check(&week, nil, plan); len(violations) > 0 {
		wrong("the plan breaks %d rules: %v", len(violations), violations[0])
	}
	planned := 0
	for i := range week.Orders {
		if len(week.Orders[i].Lines) > 0 {
			planned++
		}
	}
	live := 0
	for _, text := range orders {
		if strings.Contains(text, " ") { // has lines
			live++
		}
	}
	if planned != live {
		wrong("the plan has %d orders of %d", planned, live)
	}
	return nil
}

func killSection(r *run, all []killed) *bench.Section {
	t := bench.Table{Columns: []string{"database", "killed", "during", "runs", "orders acknowledged", "requests broken", "sent again", "written all the same", "plannings taken up", "planned after, median s", "worst s", "faults"}, Left: 3}
	type group struct{ database, victim, phase string }
	groups := map[group][]killed{}
	faults := 0
	var wrong []string
	for _, x := range all {
		g := group{x.Database, x.Victim, x.Phase}
		groups[g] = append(groups[g], x)
		faults += len(x.Wrong)
		for _, w := range x.Wrong {
			wrong = append(wrong, fmt.Sprintf("- %s, seed %d: %s", x.Database, x.Seed, w))
		}
	}
	for _, g := range slices.SortedFunc(func(yield func(group) bool) {
		for g := range groups {
			if !yield(g) {
				return
			}
		}
	}, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.database, b.database), cmp.Compare(slices.Index(phases, a.phase), slices.Index(phases, b.phase)), cmp.Compare(a.victim, b.victim))
	}) {
		var orders, broken, again, written, taken, bad int
		var took []float64
		for _, x := range groups[g] {
			orders += x.Orders
			broken += x.Broken
			again += x.Repeated
			written += x.Written + x.Replayed
			taken += x.Taken
			bad += len(x.Wrong)
			took = append(took, x.Planned)
		}
		t.Add(g.database, "the "+g.victim, g.phase, fmt.Sprint(len(groups[g])), fmt.Sprint(orders), fmt.Sprint(broken), fmt.Sprint(again), fmt.Sprint(written), fmt.Sprint(taken),
			fmt.Sprintf("%.1f", bench.Median(took)), fmt.Sprintf("%.1f", slices.Max(took)), fmt.Sprint(bad))
	}
	text := fmt.Sprintf("%d runs on each database, seeds from %d, %d side by side, a lease of %s. Each: %d clients send %d requests each, of one to 60 orders of two sales, new, changed and cancelled, half of them with an idempotency key; both sales are closed by %d calls each at once; in a third of the runs late orders follow, and another close. "+
		"Somewhere on the way the server or one of two workers is killed by SIGKILL, and started again; half of the workers stay away. Then every acknowledged order must be there once with what was acknowledged last, of a request without an answer all or nothing, and every sale must be closed and have one current plan, of all its orders, that breaks no rule.",
		r.Runs, r.Seed, r.Side, r.Lease, clients, requests, clients)
	if len(wrong) > 0 {
		text += "\n\n**Faults:**\n\n" + strings.Join(wrong, "\n")
	} else {
		text += "\n\n**No fault in any run.**"
	}
	return &bench.Section{Title: "Killed processes", Tables: []bench.Table{t}, Data: all, Text: text}
}
