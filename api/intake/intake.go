package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// Options say what a file does not, and correct what was understood of it. The zero value takes the file as it is.
type Options struct {
	Name    string               // the file's; the day in the name of an export is its distribution's
	Format  Format               // empty: by the headers
	Columns []store.ImportColumn // what columns hold, by header; those not named are as remembered, or as recognised

	Sale         store.ID  // into which the orders go; empty: the sale of the day
	Distribution store.Day // the day; empty: the one in the file's name
	PickupPoint  store.ID  // of rows that name none
	Producer     store.ID  // of rows that name none

	Catalogs  map[string]bool // by id or name: whether it is an AMAP contract, the producer's own load
	Contracts bool            // take the lines of AMAP contracts in all the same
	Proposals []Proposal      // corrected ones, by their keys; what is empty in them stays as proposed

	Create         bool // what is not known: producers, pickup points, products, and the sale
	Partial        bool // good lines go in although others are bad
	CancelVanished bool // orders of an earlier import that the file has no more are cancelled
	Forget         bool // do not remember columns, catalogues and matches
	Rows           int  // how many rows to show; 0: 20

	Tell Tell // what became of the orders; nil: nobody
}

// Tell tells others what became of the orders of a sale, in their transaction.
type Tell func(ctx context.Context, c *store.Scope, sale store.ID, puts []store.Put) error

// Result is what a file was understood as, and what became of it.
type Result struct {
	Format     Format
	Encoding   string
	Separator  string // of CSV
	HeaderLine int
	Columns    []Column
	Sale       *store.Sale // nil: none yet
	Rows       []Row       // the first
	Read       int         // rows, without headings and totals
	Good       int         // that went in, or would
	Kept       []KeptOut   // rows that are kept out, by their reason
	Skipped    int         // headings and totals
	Faults     []Fault
	MoreFaults int // beyond those listed
	Notices    []string
	Proposals  []Proposal // what is not known, and how it would be created
	Catalogs   []Catalog
	Orders     int   // in the file
	Grams      int64 // of all rows that go in
	Vanished   []Vanished

	Written                                             bool
	Created, Replaced, Cancelled, Unchanged, Untouched  int // orders
	ProductsCreated, ProductsUpdated, ProductsUnchanged int
}

// Row is a row of the file as it is understood.
type Row struct {
	Line          int
	Order         string // the reference that it goes under
	PickupPoint   string
	Producer      string
	Product       string
	Unit          string
	QuantityMilli int64
	Grams         int64 // of the whole row
	Millilitres   int64
	Class         engine.Class
	PriceCents    *int64
	Kept          string // why it is kept out; empty: it goes in
}

// KeptOut are rows that are kept out for one reason.
type KeptOut struct {
	Reason string
	Lines  []int
}

// Catalog is a catalogue of the file.
type Catalog struct {
	Key      string // its id, or else its name: what it is called in Options.Catalogs
	Name     string
	Contract bool   // an AMAP contract: the producer's own load
	From     string // how that is known
	Lines    int
}

// Vanished is something that an earlier import of the same kind of file brought, and that this one has no more.
type Vanished struct {
	Order   store.ID
	Ref     string
	Product string // name; empty: the whole order
	Kept    bool   // it is still there
}

// Invalid is the error of an import that wrote nothing, as the file has faults. The result beside it lists them.
type Invalid struct{ Faults []Fault }

func (e *Invalid) Error() string {
	if len(e.Faults) == 1 {
		return "nothing was imported: " + e.Faults[0].String()
	}
	return fmt.Sprintf("nothing was imported: the file has %d faults, the first at %v", len(e.Faults), e.Faults[0])
}

// Preview says how a file is understood. It writes nothing. A file that is no table at all is an error, whatever is wrong
// within a table a fault.
func Preview(ctx context.Context, c *store.Scope, data []byte, o Options) (*Result, error) {
	s, err := readSheet(data)
	if err != nil {
		return nil, unreadable(err)
	}
	var out *Result
	err = c.Snapshot(ctx, func(c *store.Scope) error {
		b := &batch{ctx: ctx, scope: c, options: o, sheet: s, result: &Result{}}
		out = b.result
		return b.understand()
	})
	return out, err
}

// Import puts the orders of a file into a sale, or its products into the store, all or none: with faults in the file, and
// without Options.Partial, nothing is written and the error is an *Invalid. The same file again changes nothing, a
// corrected one replaces. An order that the sale has already, of which a row has a fault, stays as it was.
func Import(ctx context.Context, c *store.Scope, data []byte, o Options) (*Result, error) {
	s, err := readSheet(data)
	if err != nil {
		return nil, unreadable(err)
	}
	const tries = 5
	for try := 1; ; try++ {
		r, err := importOnce(ctx, c, s, o)
		var met *meeting
		switch {
		case err == nil:
			r.Written = true
			return r, nil
		case !errors.As(err, &met):
			return r, err
		case try == tries || c.Tx() != nil:
			return r, &store.Error{Code: store.Conflict, Message: "another import of such a file goes on: import it again"}
		}
	}
}

// meeting is that two imports of one kind of file met, each of which may have created the same things.
type meeting struct{ error }

func importOnce(ctx context.Context, c *store.Scope, s *sheet, o Options) (*Result, error) {
	var out *Result
	err := c.Together(ctx, func(c *store.Scope) error {
		b := &batch{ctx: ctx, scope: c, options: o, sheet: s, result: &Result{}, writing: true}
		out = b.result
		if err := b.understand(); err != nil {
			return err
		}
		if len(out.Faults) > 0 && (!o.Partial || out.Good == 0) {
			return &Invalid{out.Faults}
		}
		return b.write()
	})
	return out, err
}

func unreadable(err error) error { return &Invalid{[]Fault{{Message: err.Error()}}} }

// batch is one import on its way.
type batch struct {
	ctx     context.Context
	scope   *store.Scope
	options Options
	writing bool
	sheet   *sheet
	result  *Result
	known   *known
	mapping *store.ImportMapping // remembered; nil: none
	sale    *store.Sale
	zone    *time.Location
	reader  *reader
	lines   []line
	orders  []*draft
	faulty  map[string]bool // references of orders of which a row has a fault
}

// understand does everything that needs no writing.
func (b *batch) understand() error {
	collective, err := b.scope.Itself(b.ctx)
	if err != nil {
		return err
	}
	b.zone = collective.Zone()
	if err := b.findMapping(); err != nil {
		return err
	}
	if err := b.findSale(); err != nil {
		return err
	}
	r := b.result
	b.reader = &reader{sheet: b.sheet, format: r.Format, columns: r.Columns, zone: b.zone}
	if b.sale != nil {
		b.reader.day = b.sale.Distribution
	}
	if missing := b.missingColumns(); missing != nil {
		r.Faults = append(r.Faults, missing...)
		b.reader.prepare()
		return nil
	}
	rows := b.reader.rows()
	r.Read, r.Skipped = len(b.sheet.records)-b.reader.skipped, b.reader.skipped
	b.keepContracts(rows)
	if b.known, err = load(b.ctx, b.scope, b.options.Proposals); err != nil {
		return err
	}
	b.resolve(rows)
	if !r.Format.catalogue() {
		b.collect()
		if err := b.compare(); err != nil {
			return err
		}
	}
	b.warnOfEggs()
	b.report()
	return nil
}

// findMapping recognises the columns, and corrects them by what is remembered and said.
func (b *batch) findMapping() error {
	r, o := b.result, &b.options
	r.Encoding, r.Separator, r.HeaderLine = b.sheet.encoding, b.sheet.separator, b.sheet.headerLine
	found, _, err := b.scope.ImportMappings(b.ctx, store.ImportMappingFilter{Signature: signature(b.sheet.header)}, store.Page{Limit: 1})
	if err != nil {
		return err
	}
	r.Format = recognise(b.sheet.header)
	if len(found) > 0 {
		b.mapping = &found[0]
		if isFormat(Format(b.mapping.Format)) {
			r.Format = Format(b.mapping.Format)
		}
	}
	if o.Format != "" {
		if !isFormat(o.Format) {
			return &store.Error{Code: store.Invalid, Faults: []store.Fault{{Path: "format", Message: fmt.Sprintf("%q is not known: it must be one of %v", o.Format, Formats())}}}
		}
		r.Format = o.Format
	}
	r.Columns = propose(r.Format, b.sheet.header)
	if b.mapping != nil {
		apply(r.Columns, b.mapping.Columns)
	}
	var faults []store.Fault
	for i, c := range o.Columns {
		if c.Field != "" && !slices.Contains(Fields(), Field(c.Field)) {
			faults = append(faults, store.Fault{Path: fmt.Sprintf("columns[%d].field", i), Message: fmt.Sprintf("%q is not known: it must be one of %v, or empty", c.Field, Fields())})
		}
		if !slices.Contains(b.sheet.header, c.Header) {
			faults = append(faults, store.Fault{Path: fmt.Sprintf("columns[%d].header", i), Message: fmt.Sprintf("the file has no column %q", c.Header)})
		}
	}
	if faults != nil {
		return &store.Error{Code: store.Invalid, Faults: faults}
	}
	// A field that is said to be in one column is in no other.
	for _, said := range o.Columns {
		for i := range r.Columns {
			if Field(said.Field) != Personal && said.Field != "" && r.Columns[i].Field == Field(said.Field) && r.Columns[i].Header != said.Header {
				r.Columns[i].Field = ""
			}
		}
	}
	apply(r.Columns, o.Columns)
	return nil
}

// Formats lists all formats.
func Formats() []Format {
	return []Format{CagetteOrders, CagetteByProduct, CagetteByMember, CagetteProducts, OFNSupplierTotals, OFNSupplierByHub, OFNHubTotals, OFNPacking, Other, OtherProducts}
}

func isFormat(f Format) bool { return slices.Contains(Formats(), f) }

// findSale finds the sale into which the orders go: the one that is named, or that of the day.
func (b *batch) findSale() error {
	o, r := &b.options, b.result
	if r.Format.catalogue() {
		return nil
	}
	if o.Sale != "" {
		sale, err := b.scope.Sale(b.ctx, o.Sale)
		if err != nil {
			return err
		}
		b.sale, r.Sale = sale, sale
		if day := dayOfName(o.Name); day != "" && day != sale.Distribution {
			r.Notices = append(r.Notices, fmt.Sprintf("the file's name is of %s, the sale's distribution is on %s", day, sale.Distribution))
		}
		return nil
	}
	day := o.Distribution
	if day == "" {
		day = dayOfName(o.Name)
	}
	if day == "" {
		r.Faults = append(r.Faults, Fault{Message: "the day of the distribution is not known: name it, or the sale"})
		return nil
	}
	if !day.Valid() {
		return &store.Error{Code: store.Invalid, Faults: []store.Fault{{Path: "distribution", Message: fmt.Sprintf("%q is no day: it must be like 2026-11-26", string(day))}}}
	}
	sales, _, err := b.scope.Sales(b.ctx, store.SaleFilter{First: day, Last: day}, store.Page{})
	if err != nil {
		return err
	}
	sales = slices.DeleteFunc(sales, func(s store.Sale) bool { return s.State != store.SaleOpen && s.State != store.SaleClosed })
	switch {
	case len(sales) == 1:
		b.sale, r.Sale = &sales[0], &sales[0]
	case len(sales) > 1:
		r.Faults = append(r.Faults, Fault{Message: fmt.Sprintf("%d sales are distributed on %s: name the one", len(sales), day)})
	case o.Create:
		b.sale = &store.Sale{Name: "Distribution " + string(day), Distribution: day}
		r.Sale = b.sale
		r.Notices = append(r.Notices, "a sale with the distribution on "+string(day)+" is created")
		if b.writing { // at once, as its id is in the references of orders
			return b.scope.CreateSale(b.ctx, b.sale)
		}
	default:
		r.Faults = append(r.Faults, Fault{Message: fmt.Sprintf("no sale is distributed on %s: create it, or name another day", day)})
	}
	return nil
}

func (b *batch) missingColumns() []Fault {
	has := map[Field]bool{}
	for _, c := range b.result.Columns {
		has[c.Field] = true
	}
	var out []Fault
	add := func(text string) {
		out = append(out, Fault{Line: b.sheet.headerLine, Message: text})
	}
	if !has[Product] && !has[ProductRef] {
		add("no column holds the product: say which one does")
	}
	if !has[Quantity] && !b.result.Format.catalogue() {
		add("no column holds the quantity: say which one does")
	}
	return out
}

// report fills in what the result says of rows.
func (b *batch) report() {
	r := b.result
	r.Faults = append(r.Faults, b.reader.faults...)
	r.MoreFaults = b.reader.more
	slices.SortStableFunc(r.Faults, func(a, b Fault) int { return a.Line - b.Line })
	const usual = 20
	most := b.options.Rows
	if most <= 0 {
		most = usual
	}
	kept := map[string]int{}
	for i := range b.lines {
		l := &b.lines[i]
		if l.row.kept != "" {
			at, ok := kept[l.row.kept]
			if !ok {
				at = len(r.Kept)
				kept[l.row.kept] = at
				r.Kept = append(r.Kept, KeptOut{Reason: l.row.kept})
			}
			r.Kept[at].Lines = append(r.Kept[at].Lines, l.row.line)
		} else if l.good {
			r.Good++
			r.Grams += l.grams
		}
		if len(r.Rows) < most && (l.good || l.row.kept != "") {
			r.Rows = append(r.Rows, l.shown())
		}
	}
}
