// Command service measures the service beside the least that could do the same work on the same machine, in one run.
//
//	go run ./benchmarks/service                        # everything
//	go run ./benchmarks/service --run ingest --repeat 5 --out DIR
//	go run ./benchmarks/service --run kill --runs 200
//
// It starts a PostgreSQL of its own with the settings that Debian ships: what is acknowledged is on disk. An experiment is a
// file here and a line in experiments.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"carriole/api/pgtest"
	"carriole/benchmarks/internal/bench"
)

// flags of the command line.
type flags struct {
	Run    []string `default:"ingest,single,read" help:"What to measure, of: ingest (orders in bulk into the store and over HTTP, beside a plain COPY), single (orders one by one over HTTP, beside a bare handler), read (a plan and drop-offs, beside a bare handler with the same bytes), paint (how soon Chromium shows the plan of a week), kill (processes are killed in the middle of their work: is anything lost?), fuzz (Schemathesis and broken bodies: is there an answer 5xx, or a leak?). Default ${default}."`
	Orders int      `default:"70000" help:"Orders to ingest (default ${default})."`
	Lines  int      `default:"4" help:"Lines of each (default ${default})."`
	Bulk   int      `default:"10000" help:"Orders of one request (default ${default})."`
	Single int      `default:"2000" help:"Orders sent one by one (default ${default})."`
	Repeat int      `default:"5" help:"How often everything is measured, in turn; medians are reported (default ${default})."`

	Runs         int           `default:"200" help:"Runs in which a process is killed, on each database (default ${default})."`
	Side         int           `default:"4" help:"How many of them side by side (default ${default})."`
	Seed         uint64        `default:"1" help:"Of the first of them, the next has the next one; and of Schemathesis (default ${default})."`
	Lease        time.Duration `default:"6s" help:"The lease of the killed processes, as of carriole work (default ${default})."`
	Databases    []string      `enum:"sqlite,postgres" default:"sqlite,postgres" help:"Databases of read, kill and fuzz (default ${default})."`
	FuzzTime     time.Duration `default:"10m" help:"How long Schemathesis asks, on each database (default ${default})."`
	Schemathesis string        `default:"st" placeholder:"FILE" help:"The program of Schemathesis (default ${default}, of the PATH)."`
	Program      string        `type:"existingfile" placeholder:"FILE" help:"The program to start (default it is built)."`

	Out string `placeholder:"DIR" help:"Write report.md and report.json to this folder; else the report is printed."`
}

// Validate is called by kong.
func (f *flags) Validate() error {
	for _, name := range f.Run {
		if _, ok := experiments[name]; !ok {
			return fmt.Errorf("--run: no experiment %q", name)
		}
	}
	if f.Orders < 1 || f.Lines < 1 || f.Bulk < 1 || f.Single < 1 || f.Repeat < 1 || f.Runs < 1 || f.Side < 1 {
		return errors.New("--orders, --lines, --bulk, --single, --repeat, --runs and --side must be more than nothing")
	}
	return nil
}

// experiments by name.
var experiments = map[string]func(*run) (*bench.Section, error){
	"ingest": ingest,
	"single": single,
	"read":   read,
	"paint":  paint,
	"kill":   kill,
	"fuzz":   fuzz,
}

// run is what the experiments work with.
type run struct {
	flags
	server  *pgtest.Server
	dir     string     // for databases in files
	copying sync.Mutex // of databases
	log     io.Writer
}

func main() {
	if folder := os.Getenv(bareFolder); folder != "" {
		fmt.Fprintln(os.Stderr, "service:", serveBare(folder))
		os.Exit(1)
	}
	if err := start(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func start(args []string, out, log io.Writer) (err error) {
	r := &run{log: log}
	if err := bench.Parse(&r.flags, "service", "Measures the service beside the least that could do the same work.", args); err != nil {
		return err
	}
	if r.dir, err = os.MkdirTemp("", "service"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	if r.server, err = pgtest.Start("fsync=on", "max_connections=400"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.server.Stop()) }()
	report := &bench.Report{Title: "The service measured", Text: "`service " + strings.Join(args, " ") + "`", Machine: bench.ThisMachine(1)}
	for _, name := range slices.Compact(r.Run) {
		section, err := experiments[name](r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		report.Sections = append(report.Sections, *section)
	}
	if r.Out == "" {
		_, err = io.WriteString(out, report.Markdown())
		return err
	}
	return report.Write(r.Out)
}

// database makes an empty database, on a server that has nothing else to do; done removes it.
func (r *run) database(ctx context.Context) (url string, done func(), err error) {
	admin, err := pgx.Connect(ctx, r.server.URL("postgres", "postgres"))
	if err != nil {
		return "", nil, err
	}
	if url, err = r.server.Create(ctx, "postgres", ""); err == nil {
		_, err = admin.Exec(ctx, `checkpoint`)
	}
	if err != nil {
		return "", nil, errors.Join(err, admin.Close(ctx))
	}
	if err := admin.Close(ctx); err != nil {
		return "", nil, err
	}
	return url, func() {
		if err := r.drop(ctx, url); err != nil {
			r.say("%v", err)
		}
	}, nil
}

// drop removes a database, whoever uses it.
func (r *run) drop(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	admin, err := pgx.Connect(ctx, r.server.URL("postgres", "postgres"))
	if err != nil {
		return err
	}
	_, err = admin.Exec(ctx, `drop database `+pgx.Identifier{config.Database}.Sanitize()+` with (force)`)
	return errors.Join(err, admin.Close(ctx))
}

func (r *run) say(format string, args ...any) { fmt.Fprintf(r.log, format+"\n", args...) }
