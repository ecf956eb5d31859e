// Command service measures the service beside the least that could do the same work on the same machine, in one run.
//
//	go run ./benchmarks/service                        # everything
//	go run ./benchmarks/service --run ingest --repeat 5 --out DIR
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

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"

	"carriole/api/pgtest"
	"carriole/benchmarks/internal/bench"
)

// flags of the command line.
type flags struct {
	Run    []string `default:"ingest,single" help:"What to measure, of: ingest (orders in bulk into the store and over HTTP, beside a plain COPY), single (orders one by one over HTTP, beside a bare handler). Default ${default}."`
	Orders int      `default:"70000" help:"Orders to ingest (default ${default})."`
	Lines  int      `default:"4" help:"Lines of each (default ${default})."`
	Bulk   int      `default:"10000" help:"Orders of one request (default ${default})."`
	Single int      `default:"2000" help:"Orders sent one by one (default ${default})."`
	Repeat int      `default:"5" help:"How often everything is measured, in turn; medians are reported (default ${default})."`
	Out    string   `placeholder:"DIR" help:"Write report.md and report.json to this folder; else the report is printed."`
}

// Validate is called by kong.
func (f *flags) Validate() error {
	for _, name := range f.Run {
		if _, ok := experiments[name]; !ok {
			return fmt.Errorf("--run: no experiment %q", name)
		}
	}
	if f.Orders < 1 || f.Lines < 1 || f.Bulk < 1 || f.Single < 1 || f.Repeat < 1 {
		return errors.New("--orders, --lines, --bulk, --single and --repeat must be more than nothing")
	}
	return nil
}

// experiments by name.
var experiments = map[string]func(*run) (*bench.Section, error){
	"ingest": ingest,
	"single": single,
}

// run is what the experiments work with.
type run struct {
	flags
	server *pgtest.Server
	dir    string // for databases in files
	log    io.Writer
}

func main() {
	if err := start(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func start(args []string, out, log io.Writer) (err error) {
	r := &run{log: log}
	parser, err := kong.New(&r.flags, kong.Name("service"), kong.Description("Measures the service beside the least that could do the same work."))
	if err != nil {
		return err
	}
	if _, err := parser.Parse(args); err != nil {
		return err
	}
	if r.dir, err = os.MkdirTemp("", "service"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	if r.server, err = pgtest.Start("fsync=on"); err != nil {
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
	return url, func() {
		config, err := pgx.ParseConfig(url)
		if err == nil {
			_, err = admin.Exec(ctx, `drop database `+pgx.Identifier{config.Database}.Sanitize()+` with (force)`)
		}
		if err = errors.Join(err, admin.Close(ctx)); err != nil {
			r.say("%v", err)
		}
	}, nil
}

func (r *run) say(format string, args ...any) { fmt.Fprintf(r.log, format+"\n", args...) }
