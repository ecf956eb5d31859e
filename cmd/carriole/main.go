// Carriole plans who carries what for farmers who sell together: it reads a week, adds the orders to the rounds that
// are driven anyway, and prints a run sheet for each.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// The exit codes, also told by the help's last lines.
const (
	exitDone      = 0
	exitShortfall = 1
	exitBadInput  = 2
)

// A shortfall is a result that is not what was hoped for, without anything being wrong with the input: lines that
// nobody can carry, a plan that breaks a rule.
type shortfall string

func (s shortfall) Error() string { return string(s) }

type commands struct {
	Plan    planCmd    `cmd:"" help:"Plan a week: who carries what, on which round."`
	Replan  replanCmd  `cmd:"" help:"Plan a week anew after a change, as near to the earlier plan as can be."`
	Check   checkCmd   `cmd:"" help:"Recompute a plan from nothing and report every broken rule."`
	Geo     geoCmd     `cmd:"" help:"Look at distances."`
	Demo    demoCmd    `cmd:"" help:"Plan the example week that comes with the program."`
	Serve   serveCmd   `cmd:"" help:"Serve the HTTP interface; brings the database up to date first."`
	Work    workCmd    `cmd:"" help:"Plan what a service on the same PostgreSQL has to plan; as many of them as you like."`
	Token   tokenCmd   `cmd:"" help:"Make, list and revoke tokens that let programs in."`
	Link    linkCmd    `cmd:"" help:"Print a link by which a member signs in, once, when no mail arrives."`
	Health  healthCmd  `cmd:"" help:"Ask a service on this machine whether it is ready; for containers."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to what this program needs; safe to run at any time."`
	Backup  backupCmd  `cmd:"" help:"Write everything in the database to a file, as it is at one moment, while the service goes on."`
	Restore restoreCmd `cmd:"" help:"Put a backup into a database, of the same kind or the other."`
	Purge   purgeCmd   `cmd:"" help:"Forget customers' orders older than a given age; figures stay."`
	Import  importCmd  `cmd:"" help:"Take in orders or products from a file of another system: shown first, then imported."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

const epilogue = `
Exit codes:
  0    done
  1    plan, replan, demo: some order lines remain unserved; check: the plan is wrong;
       import: lines with faults were left out
  2    bad input or usage, or an output that cannot be written

Examples:
  carriole demo
  carriole plan week.json -o plan.json --svg plan.svg
  carriole plan - -o - --iterations 20000 < week.json | carriole check week.json -
  carriole plan week.json --time 1m --format csv > goods.csv
  carriole plan week.json --travel roads:vaucluse.osm.pbf --geojson plan.geojson
  carriole geo fit week.json --travel roads:vaucluse.osm.pbf
  carriole replan week.json plan.json -o plan2.json --now 2026-11-26T10:30:00+01:00
  carriole import Export-commandes-2026-11-26-Cagette.csv --place "Drive" --create
  carriole backup monday.carriole
  carriole restore monday.carriole --database-url postgres://farm@db.example/carriole
  carriole purge --older-than 24m
`

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	var c commands
	parser := kong.Must(&c,
		kong.Name("carriole"),
		kong.Description("Carriole plans who carries what for farmers who sell together."),
		kong.Help(func(options kong.HelpOptions, ctx *kong.Context) error {
			if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
				return err
			}
			_, err := fmt.Fprint(ctx.Stdout, epilogue)
			return err
		}))
	ctx, err := parser.Parse(args)
	if err != nil {
		complain(err)
		fmt.Fprintln(os.Stderr, "Run carriole --help for the usage.")
		return exitBadInput
	}
	return exitCode(ctx.Run())
}

func exitCode(err error) int {
	var s shortfall
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &s):
		complain(err)
		return exitShortfall
	}
	complain(err)
	return exitBadInput
}

// complain prints an error to standard error; joined errors take a line each.
func complain(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "carriole:", strings.TrimRight(line, "\n"))
	}
}
