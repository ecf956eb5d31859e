package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"carriole/api/jobs"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/benchmarks/internal/bench"
	"carriole/engine"
)

// bareFolder names the folder of the answers for a process that is a bare handler and nothing else.
const bareFolder = "SERVICE_BENCHMARK_BARE"

// serveBare answers with what is in a folder: the body and the head of each answer, ready in memory.
func serveBare(folder string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	router := chi.NewRouter()
	names, err := filepath.Glob(filepath.Join(folder, "*.body"))
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		name, _ = strings.CutSuffix(filepath.Base(name), ".body")
		router.Get("/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if strings.HasSuffix(name, "gzip") {
				w.Header().Set("Content-Encoding", "gzip")
			}
			w.Write(content)
		})
	}
	fmt.Fprintf(os.Stderr, "msg=serving address=http://%s\n", listener.Addr())
	return http.Serve(listener, router)
}

// kept is what one side answers a request with.
type kept struct {
	name string // of the answer: as in plan, or plan-gzip
	path string // at the service
	gzip bool
	body []byte
}

// read measures how fast a plan of a medium week and a producer's drop-offs are read, beside a bare handler that returns
// the same bytes. Both are processes of their own.
func read(r *run) (*bench.Section, error) {
	ctx := context.Background()
	program, err := r.program(ctx)
	if err != nil {
		return nil, err
	}
	week, err := r.mediumWeek(ctx)
	if err != nil {
		return nil, err
	}
	t := bench.Table{Columns: []string{"database", "what", "bytes", "requests/s", "bare", "share", "least", "CPU µs", "bare", "share"}, Left: 2,
		Note: "Medians of the rounds. The shares are the service's requests a second as a part of the bare handler's in the same round, and the other way round for the time of processors that each process took for a request."}
	data := map[string][]readRound{}
	for _, database := range r.Databases {
		if err := r.readFrom(ctx, database, program, week, &t, data); err != nil {
			return nil, err
		}
	}
	return &bench.Section{Title: "Reading", Tables: []bench.Table{t}, Data: data,
		Text: fmt.Sprintf("A plan of a made week of %d producers and %d orders, and the drop-offs of the producer who has most; %d connections that ask one time after the other, for %s at a time, the service and a bare chi handler that has the same bytes in memory in turn, %d times. The service logs every request to a file and counts it against its caller's limit, as it always does.",
			len(week.Producers), len(week.Orders), connections, readTime, r.Repeat)}, nil
}

const (
	connections = 4
	readTime    = time.Second
)

// readRound is one turn of both.
type readRound struct {
	Service float64 `json:"per_s"`
	Bare    float64 `json:"bare_per_s"`
	CPU     float64 `json:"cpu_us"`
	BareCPU float64 `json:"bare_cpu_us"`
}

// mediumWeek is made by benchmarks/weeks.
func (r *run) mediumWeek(ctx context.Context) (*engine.Week, error) {
	folder := filepath.Join(r.dir, "weeks")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, "go", "run", "carriole/benchmarks/weeks", "--make", "medium", "--count", "1", "--write", folder).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go run carriole/benchmarks/weeks: %w\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("%d weeks were made", len(files))
	}
	f, err := os.Open(files[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	week, _, err := engine.ReadWeek(f, 1<<30)
	return week, err
}

// published is a week in a store with a plan in force.
type published struct {
	token                string
	sale, plan, producer store.ID
}

func publish(ctx context.Context, databaseURL string, week *engine.Week) (out *published, err error) {
	s, err := store.Open(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	collective, err := newCollective(ctx, s, jobs.Migration(s))
	if err != nil {
		return nil, err
	}
	scope := s.In(collective, "benchmark")
	sale, err := planning.Keep(ctx, scope, week)
	if err != nil {
		return nil, err
	}
	p := planning.New(s, nil)
	if _, err := p.Close(ctx, scope, sale); err != nil {
		return nil, err
	}
	if err := p.Run(ctx, collective, sale); err != nil {
		return nil, err
	}
	made, err := scope.CurrentPlan(ctx, sale)
	if err != nil {
		return nil, err
	}
	if made, err = p.Publish(ctx, scope, made.ID, 0, true); err != nil {
		return nil, err
	}
	out = &published{sale: sale, plan: made.ID}
	if out.token, err = scope.CreateToken(ctx, &store.Token{Name: "benchmark", Scope: store.CoordinatorToken}); err != nil {
		return nil, err
	}
	most := 0
	producers, _, err := scope.Producers(ctx, store.ProducerFilter{}, store.Page{Limit: 1000})
	for i := range producers {
		content, err := p.Dropoffs(ctx, scope, producers[i].ID, sale)
		if err != nil {
			return nil, err
		}
		if len(content.Body) > most {
			most, out.producer = len(content.Body), producers[i].ID
		}
	}
	return out, err
}

func (r *run) readFrom(ctx context.Context, database, program string, week *engine.Week, t *bench.Table, data map[string][]readRound) error {
	databaseURL := "sqlite:" + filepath.Join(r.dir, "read.db")
	if database == "postgres" {
		url, done, err := r.database(ctx)
		if err != nil {
			return err
		}
		defer done()
		databaseURL = url
	}
	p, err := publish(ctx, databaseURL, week)
	if err != nil {
		return err
	}
	const unreached = "1000000000"
	service, err := launch(ctx, r.dir, program, databaseURL, []string{"CARRIOLE_PER_ADDRESS=" + unreached, "CARRIOLE_PER_CALLER=" + unreached}, "serve", "--listen=127.0.0.1:0", "--no-work")
	if err != nil {
		return err
	}
	defer service.kill()
	plan, dropoffs := "/v1/plans/"+string(p.plan), "/v1/producers/"+string(p.producer)+"/dropoffs"
	answers := []kept{{name: "plan", path: plan}, {name: "plan-gzip", path: plan, gzip: true}, {name: "dropoffs", path: dropoffs}, {name: "dropoffs-gzip", path: dropoffs, gzip: true}}
	folder := filepath.Join(r.dir, "bare-"+database)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	for i := range answers {
		a := &answers[i]
		c, err := dial(service.address, a.path, p.token, a.gzip)
		if err != nil {
			return err
		}
		if a.body, err = c.get(); err != nil {
			return fmt.Errorf("%s: %w", a.path, err)
		}
		c.close()
		if err := os.WriteFile(filepath.Join(folder, a.name+".body"), a.body, 0o644); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bare, err := launch(ctx, r.dir, self, databaseURL, []string{bareFolder + "=" + folder})
	if err != nil {
		return err
	}
	defer bare.kill()
	for _, a := range answers {
		rounds := make([]readRound, r.Repeat)
		for i := range rounds {
			x := &rounds[i]
			if x.Service, x.CPU, err = reads(service, a.path, p.token, a.gzip); err == nil {
				x.Bare, x.BareCPU, err = reads(bare, "/"+a.name, p.token, a.gzip)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
			r.say("read %s %s %d: %.0f/s, bare %.0f/s; %.0f µs, bare %.0f µs", database, a.name, i+1, x.Service, x.Bare, x.CPU, x.BareCPU)
		}
		column := func(f func(readRound) float64) []float64 {
			var all []float64
			for _, x := range rounds {
				all = append(all, f(x))
			}
			return all
		}
		share := column(func(x readRound) float64 { return x.Service / x.Bare })
		least := share[0]
		for _, s := range share {
			least = min(least, s)
		}
		t.Add(database, strings.Replace(a.name, "-gzip", ", compressed", 1), strconv.Itoa(len(a.body)),
			fmt.Sprintf("%.0f", bench.Median(column(func(x readRound) float64 { return x.Service }))), fmt.Sprintf("%.0f", bench.Median(column(func(x readRound) float64 { return x.Bare }))),
			fmt.Sprintf("%.2f", bench.Median(share)), fmt.Sprintf("%.2f", least),
			fmt.Sprintf("%.0f", bench.Median(column(func(x readRound) float64 { return x.CPU }))), fmt.Sprintf("%.0f", bench.Median(column(func(x readRound) float64 { return x.BareCPU }))),
			fmt.Sprintf("%.2f", bench.Median(column(func(x readRound) float64 { return x.BareCPU / x.CPU }))))
		data[database+" "+a.name] = rounds
	}
	return nil
}

// reads asks a server over all connections for a while: how many requests a second it answers, and the microseconds of
// processors that it takes for each.
func reads(p *process, path, token string, gzip bool) (perSecond, cpu float64, err error) {
	var open []*connection
	defer func() {
		for _, c := range open {
			c.close()
		}
	}()
	for range connections {
		c, err := dial(p.address, path, token, gzip)
		if err != nil {
			return 0, 0, err
		}
		open = append(open, c)
	}
	before, err := treeCPU(p.cmd.Process.Pid)
	if err != nil {
		return 0, 0, err
	}
	var all sync.WaitGroup
	var n atomic.Int64
	faults := make([]error, len(open))
	began := time.Now()
	for i, c := range open {
		all.Go(func() {
			for time.Since(began) < readTime && faults[i] == nil {
				_, faults[i] = c.get()
				n.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(began).Seconds()
	after, err := treeCPU(p.cmd.Process.Pid)
	return float64(n.Load()) / took, (after - before) * 1e6 / float64(n.Load()), errors.Join(append(faults, err)...)
}

// connection asks for the same thing again and again, at little cost of its own.
type connection struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
}

func dial(address, path, token string, gzip bool) (*connection, error) {
	host := strings.TrimPrefix(address, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", path, host, token)
	if gzip {
		request += "Accept-Encoding: gzip\r\n"
	}
	return &connection{conn, bufio.NewReaderSize(conn, 64<<10), []byte(request + "\r\n")}, nil
}

func (c *connection) get() ([]byte, error) {
	if _, err := c.conn.Write(c.request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", response.StatusCode, content)
	}
	return content, err
}

func (c *connection) close() { c.conn.Close() }
