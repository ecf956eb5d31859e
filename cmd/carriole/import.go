package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"carriole/api/intake"
	"carriole/api/store"
)

type importCmd struct {
	oneCollective
	sizeLimit
	File           string            `arg:"" help:"CSV of Cagette, CAMAP, an Open Food Network or another system, or JSON of the latter's reports; - is standard input."`
	Sale           store.ID          `placeholder:"ID" help:"The sale that the orders are of (default the one that is distributed on --date)."`
	Date           store.Day         `placeholder:"DAY" help:"Day of the distribution, as in 2026-11-26 (default the one in the file's name)."`
	Place          string            `placeholder:"NAME" help:"The pickup point, by name, reference or id, of a file that names none."`
	Producer       string            `placeholder:"NAME" help:"The producer, by name, reference or id, of a file that names none."`
	Format         intake.Format     `placeholder:"FORMAT" help:"What kind of file it is, as in cagette-orders (default by its headers)."`
	Column         map[string]string `placeholder:"HEADER=FIELD" help:"What a column holds, as in 'Combien=quantity'; nothing after = leaves it out. It is remembered. May be repeated."`
	Contract       []string          `placeholder:"CATALOGUE" help:"A catalogue, by id or name, that is an AMAP contract: its lines are kept out. Remembered."`
	NoContract     []string          `placeholder:"CATALOGUE" help:"A catalogue that is no AMAP contract. Remembered."`
	Contracts      bool              `help:"Take the lines of AMAP contracts in too."`
	Create         bool              `help:"Create the producers, pickup points, products and the sale that are not known."`
	Partial        bool              `help:"Import the good lines although others have faults."`
	CancelVanished bool              `help:"Cancel orders of an earlier import that the file has no more."`
	Rows           int               `default:"20" placeholder:"N" help:"How many rows to show (default ${default})."`
	Yes            bool              `short:"y" help:"Import without asking."`
}

// Run is called by kong.
func (c *importCmd) Run() error {
	var data []byte
	if err := withFile(c.File, c.sizeLimit, func(r io.Reader, maxBytes int64) (err error) {
		data, err = io.ReadAll(io.LimitReader(r, maxBytes+1))
		if err == nil && int64(len(data)) > maxBytes {
			err = errors.New("too large")
		}
		return err
	}); err != nil {
		return err
	}
	return c.with(func(ctx context.Context, s *store.Store, scope *store.Scope) error {
		o, err := c.intakeOptions(ctx, scope)
		if err != nil {
			return err
		}
		r, err := intake.Preview(ctx, scope, data, o)
		if err != nil {
			return c.told(err)
		}
		printImport(os.Stdout, r)
		if len(r.Faults) > 0 && (!c.Partial || r.Good == 0) {
			return c.told(&intake.Invalid{Faults: r.Faults})
		}
		if !c.Yes && !agreed(os.Stdin, os.Stdout) {
			fmt.Println("Nothing was written; --yes imports without asking.")
			return nil
		}
		// What follows is done by whoever works jobs off.
		q, _, err := (&workerFlags{Short: 1, Long: 1, Lease: leastLease}).queue(s, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		o.Tell = q.Planning.Received
		if r, err = intake.Import(ctx, scope, data, o); err != nil {
			return c.told(err)
		}
		printImported(os.Stdout, r)
		if n := len(r.Faults) + r.MoreFaults; n > 0 {
			return shortfall(fmt.Sprintf("%s: %d faults: the lines were left out", display(c.File), n))
		}
		return nil
	})
}

// told is an error with the file's name before each of its faults.
func (c *importCmd) told(err error) error {
	invalid, ok := errors.AsType[*intake.Invalid](err)
	if !ok {
		return err
	}
	const most = 50
	var out []error
	for i, f := range invalid.Faults {
		if i == most {
			out = append(out, fmt.Errorf("%s: … %d faults in all", display(c.File), len(invalid.Faults)))
			break
		}
		out = append(out, fmt.Errorf("%s: %v", display(c.File), f))
	}
	return errors.Join(append(out, errors.New("nothing was imported"))...)
}

func (c *importCmd) intakeOptions(ctx context.Context, scope *store.Scope) (intake.Options, error) {
	o := intake.Options{Format: c.Format, Sale: c.Sale, Distribution: c.Date, Contracts: c.Contracts, Create: c.Create, Partial: c.Partial, CancelVanished: c.CancelVanished, Rows: c.Rows, Catalogs: map[string]bool{}}
	if c.File != standard {
		o.Name = c.File[strings.LastIndexAny(c.File, `/\`)+1:]
	}
	for _, header := range slices.Sorted(maps.Keys(c.Column)) {
		o.Columns = append(o.Columns, store.ImportColumn{Header: header, Field: c.Column[header]})
	}
	for _, name := range c.Contract {
		o.Catalogs[name] = true
	}
	for _, name := range c.NoContract {
		o.Catalogs[name] = false
	}
	var err error
	if c.Place != "" {
		o.PickupPoint, err = named("--place", "pickup point", c.Place, func(p store.Page) ([]store.PickupPoint, store.Cursor, error) {
			return scope.PickupPoints(ctx, store.PickupPointFilter{}, p)
		}, func(x *store.PickupPoint) (store.ID, string, string) { return x.ID, x.Ref, x.Name })
	}
	if c.Producer != "" && err == nil {
		o.Producer, err = named("--producer", "producer", c.Producer, func(p store.Page) ([]store.Producer, store.Cursor, error) {
			return scope.Producers(ctx, store.ProducerFilter{}, p)
		}, func(x *store.Producer) (store.ID, string, string) { return x.ID, x.Ref, x.Name })
	}
	return o, err
}

// named finds the one row with an id, a reference or a name.
func named[T any](flag, noun, name string, list func(store.Page) ([]T, store.Cursor, error), of func(*T) (id store.ID, ref, name string)) (store.ID, error) {
	const mostNamed = 10 // of what there is, where nothing is found
	var found []store.ID
	var some []string
	for after := store.Cursor(""); ; {
		rows, next, err := list(store.Page{After: after, Limit: 1000})
		if err != nil {
			return "", err
		}
		for i := range rows {
			id, ref, called := of(&rows[i])
			if string(id) == name {
				return id, nil
			}
			if len(some) <= mostNamed {
				some = append(some, called)
			}
			if ref == name || strings.EqualFold(called, name) {
				found = append(found, id)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	switch len(found) {
	case 0:
		switch {
		case len(some) == 0:
			return "", fmt.Errorf("%s: there is no %s yet: add it first, on the pages of carriole serve or by its interface", flag, noun)
		case len(some) > mostNamed:
			some = append(some[:mostNamed], "…")
		}
		return "", fmt.Errorf("%s: no %s is called %q: there are %s", flag, noun, name, strings.Join(some, ", "))
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s: %d %ss are called %q: name it by its id, one of %v", flag, len(found), noun, name, found)
}

// agreed asks who sits at the terminal; in a pipe nobody does.
func agreed(in *os.File, out io.Writer) bool {
	if !term.IsTerminal(int(in.Fd())) {
		return false
	}
	fmt.Fprint(out, "Import this? [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "y" || answer == "yes" || answer == "o" || answer == "oui")
}

// printImport shows how a file is understood, in lines of at most 80 columns.
func printImport(w io.Writer, r *intake.Result) {
	separator := ""
	if r.Separator != "" {
		separator = ", separator " + strings.ReplaceAll(r.Separator, "\t", "tab")
	}
	fmt.Fprintf(w, "%s (%s%s)\n", r.Format, r.Encoding, separator)
	if r.Sale != nil {
		fmt.Fprintf(w, "Sale: %s, distribution on %s\n", shortened(r.Sale.Name, 40), r.Sale.Distribution)
	}
	fmt.Fprintln(w, "\nColumns:")
	for _, c := range r.Columns {
		field := string(c.Field)
		switch {
		case field == "" && c.Known:
			field = "– (not needed)"
		case field == "":
			field = "? (not read)"
		case c.Field == intake.Personal:
			field = "– (personal: dropped)"
		}
		if c.Decimal == "," {
			field += ", decimal comma"
		}
		fmt.Fprintf(w, "  %s %s\n", pad(c.Header, 28), shortened(field, 48))
	}
	printRows(w, r)
	for _, k := range r.Kept {
		fmt.Fprintf(w, "Kept out: %s (%s)\n", shortened(k.Reason, 50), count(len(k.Lines), "line"))
	}
	printProposals(w, r)
	for _, v := range r.Vanished {
		what := v.Product
		if what == "" {
			what = "the whole order"
		}
		fmt.Fprintf(w, "No more in the file: %s, %s\n", shortened(v.Ref, 24), shortened(what, 32))
	}
	for _, n := range r.Notices {
		printWrapped(w, "Note: ", n)
	}
	if r.Format == intake.CagetteProducts || r.Format == intake.OtherProducts {
		fmt.Fprintf(w, "%s, %d good\n", count(r.Read, "line"), r.Good)
		return
	}
	fmt.Fprintf(w, "%s, %d good: %s, %s kg\n", count(r.Read, "line"), r.Good, count(r.Orders, "order"), decimal(r.Grams))
}

func printRows(w io.Writer, r *intake.Result) {
	if len(r.Rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%5s %6s %s %s %7s %s %s %s\n", "Line", "Qty", pad("Product", 20), pad("Unit", 8), "kg", pad("Class", 7), pad("Producer", 10), "Pickup")
	for _, x := range r.Rows {
		class := string(x.Class)
		if x.Kept != "" {
			class = "out"
		}
		line := fmt.Sprintf("%5d %6s %s %s %7s %s %s %s", x.Line, decimal(x.QuantityMilli), pad(x.Product, 20), pad(x.Unit, 8), decimal(x.Grams), pad(class, 7), pad(x.Producer, 10), shortened(x.PickupPoint, 10))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(w)
}

func printProposals(w io.Writer, r *intake.Result) {
	for _, p := range r.Proposals {
		text := fmt.Sprintf("New %s: %s", strings.ReplaceAll(string(p.Kind), "_", " "), p.Name)
		if p.Kind == store.ProductAlias {
			text += fmt.Sprintf(" (%s) of %s: %s kg (%s), %s (%s)", p.Unit, p.Producer, decimal(*p.Grams), p.WeightFrom, p.Class, p.ClassFrom)
		}
		printWrapped(w, "", text)
	}
}

// printWrapped writes a text in lines of at most 80 columns.
func printWrapped(w io.Writer, lead, text string) {
	const most = 80
	line := lead
	for _, word := range strings.Fields(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > most && strings.TrimSpace(line) != "" {
			fmt.Fprintln(w, line)
			line = "  "
		}
		if strings.TrimSpace(line) != "" && !strings.HasSuffix(line, " ") {
			line += " "
		}
		line += shortened(word, most-2)
	}
	fmt.Fprintln(w, line)
}

func printImported(w io.Writer, r *intake.Result) {
	if r.Sale != nil {
		fmt.Fprintf(w, "Imported: %d orders new, %d replaced, %d cancelled, %d unchanged", r.Created, r.Replaced, r.Cancelled, r.Unchanged)
		if r.Untouched > 0 {
			fmt.Fprintf(w, ", %d left as they were", r.Untouched)
		}
		fmt.Fprintf(w, "; %s new\n", count(r.ProductsCreated, "product"))
		return
	}
	fmt.Fprintf(w, "Imported: %s new, %d updated, %d unchanged\n", count(r.ProductsCreated, "product"), r.ProductsUpdated, r.ProductsUnchanged)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// decimal writes thousandths.
func decimal(milli int64) string {
	s := fmt.Sprintf("%d.%03d", milli/1000, milli%1000)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// shortened cuts a text to some columns, and pad fills it up to them too.
func shortened(s string, columns int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' ' // what would move the cursor
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= columns {
		return s
	}
	return string([]rune(s)[:columns-1]) + "…"
}

func pad(s string, columns int) string {
	s = shortened(s, columns)
	return s + strings.Repeat(" ", columns-utf8.RuneCountInString(s))
}
