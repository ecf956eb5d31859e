package intake

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"carriole/api/store"
	"carriole/engine"
)

// Fault is one thing wrong with a file.
type Fault struct {
	Line    int    // 1 is the file's first; of JSON the number of the row; 0: the whole file
	Column  string // header; empty: the whole line
	Message string
}

func (f Fault) String() string {
	switch {
	case f.Line == 0:
		return f.Message
	case f.Column == "":
		return fmt.Sprintf("line %d: %s", f.Line, f.Message)
	}
	return fmt.Sprintf("line %d, %s: %s", f.Line, f.Column, f.Message)
}

// A row is a line of the file, understood by itself.
type row struct {
	line                          int
	order, customer               string
	product, variant, productRef  string
	unit, unitQuantity            string
	producer, producerRef         string
	profession                    string
	catalog, catalogRef           string
	pickupPoint, shippingMethod   string
	quantity                      int64  // thousandths
	unitPrice, linePrice          *int64 // cents
	unitGrams, lineGrams          *int64
	class                         engine.Class // empty: not said
	chilled, weighed, organic, in *bool
	contract                      *bool
	kept                          string // why it is kept out; empty: it goes in
}

// reader reads the rows of a sheet.
type reader struct {
	sheet   *sheet
	format  Format
	columns []Column
	marks   []decimalMark
	at      map[Field]int
	zone    *time.Location
	day     store.Day // of the sale; empty: not known yet
	skipped int       // headings and totals
	broken  []row     // as far as they could be read
	faults  []Fault
	more    int
}

// mostFaults are kept of one file.
const mostFaults = 1000

func (r *reader) fault(line int, field Field, format string, args ...any) {
	if len(r.faults) >= mostFaults {
		r.more++
		return
	}
	column := ""
	if i, ok := r.at[field]; ok {
		column = r.columns[i].Header
	}
	r.faults = append(r.faults, Fault{line, column, fmt.Sprintf(format, args...)})
}

// prepare finds where fields are and how numbers are written.
func (r *reader) prepare() {
	r.at = map[Field]int{}
	r.marks = make([]decimalMark, len(r.columns))
	for i := range r.columns {
		c := &r.columns[i]
		if _, doubled := r.at[c.Field]; c.Field == "" || c.Field == Personal || doubled {
			continue
		}
		r.at[c.Field] = i
		var values []string
		for _, rec := range r.sheet.records {
			if i < len(rec.cells) {
				if v := strings.TrimSpace(rec.cells[i]); v != "" {
					values = append(values, v)
				}
			}
		}
		const samples = 3
		c.Samples = slices.Clone(values[:min(len(values), samples)])
		if numeric(c.Field) {
			r.marks[i] = findDecimal(values)
			c.Decimal = string(r.marks[i])
		}
	}
}

func numeric(f Field) bool {
	switch f {
	case Quantity, UnitQuantity, UnitPrice, LinePrice, UnitWeight, LineWeight:
		return true
	}
	return false
}

// text is a cell's, with spaces as people mean them.
func (r *reader) text(rec record, f Field) string {
	i, ok := r.at[f]
	if !ok || i >= len(rec.cells) {
		return ""
	}
	s := strings.Join(strings.Fields(rec.cells[i]), " ")
	if f == Customer || f == Order {
		s = strings.TrimSuffix(s, ".0") // an id that a spreadsheet took for a number
	}
	if masked(s) {
		return ""
	}
	return s
}

// masked says whether the Open Food Network hid a value from who asked, or has none.
func masked(s string) bool {
	switch fold(s) {
	case "hidden", "cache", "masque", "none", "null", "nil":
		return true
	}
	return false
}

// rows reads all rows. Those with faults are not among them.
func (r *reader) rows() []row {
	r.prepare()
	var out []row
	for _, rec := range r.sheet.records {
		if r.heading(rec) {
			r.skipped++
			continue
		}
		before := len(r.faults) + r.more
		x := r.read(rec)
		if len(r.faults)+r.more > before {
			r.broken = append(r.broken, x)
			continue
		}
		out = append(out, x)
	}
	return out
}

// heading says whether a record is a heading, a total or the headers again, as reports have among their rows.
func (r *reader) heading(rec record) bool {
	filled := 0
	for i, c := range rec.cells {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		filled++
		if i < len(r.sheet.header) && r.sheet.header[i] == "report_row_type" && (c == "header" || c == "summary") {
			return true
		}
	}
	if filled == 1 && len(r.sheet.header) > 2 {
		return true
	}
	if len(rec.cells) >= len(r.sheet.header) && slices.EqualFunc(rec.cells[:len(r.sheet.header)], r.sheet.header, func(a, b string) bool { return headerKey(a) == headerKey(b) }) {
		return true
	}
	if total(r.text(rec, Product)) && (r.text(rec, ProductRef) == "" && (r.text(rec, Variant) == "" || total(r.text(rec, Variant)))) {
		return true
	}
	// A total has numbers, and of texts nothing but its own name.
	if r.text(rec, Product) != "" || r.text(rec, ProductRef) != "" {
		return false
	}
	for _, f := range []Field{Order, Customer, Variant, Producer, ProducerRef, PickupPoint, CatalogName} {
		if s := r.text(rec, f); s != "" && !total(s) && f != PickupPoint && f != Producer {
			return false
		}
	}
	if total(r.text(rec, Variant)) || total(r.text(rec, PickupPoint)) || total(r.text(rec, Producer)) {
		return true
	}
	return r.text(rec, PickupPoint) == "" && r.text(rec, Producer) == "" && r.text(rec, ProducerRef) == "" && r.text(rec, Customer) == ""
}

func total(s string) bool {
	s = fold(s)
	return s == "total" || s == "totaux" || s == "sous total" || s == "grand total" || strings.HasPrefix(s, "total general") || strings.HasPrefix(s, "total by ") || strings.HasPrefix(s, "total par ")
}

// read understands one record.
func (r *reader) read(rec record) row {
	x := row{line: rec.line, order: r.text(rec, Order), customer: r.text(rec, Customer), product: r.text(rec, Product), variant: r.text(rec, Variant), productRef: r.text(rec, ProductRef),
		unit: r.text(rec, Unit), unitQuantity: r.text(rec, UnitQuantity), producer: r.text(rec, Producer), producerRef: r.text(rec, ProducerRef), profession: r.text(rec, Profession),
		catalog: r.text(rec, CatalogName), catalogRef: r.text(rec, CatalogRef), pickupPoint: r.text(rec, PickupPoint), shippingMethod: r.text(rec, ShippingMethod)}
	width := len(r.sheet.header)
	if len(rec.cells) > width && !blank(rec.cells[width:]) {
		r.fault(rec.line, "", "has %d values and the header %d: a value may have a separator in it", len(rec.cells), width)
		return x
	}
	if i := r.at[Quantity]; !r.format.catalogue() && i >= len(rec.cells) {
		r.fault(rec.line, "", "has %d values and the header %d: it may be cut off", len(rec.cells), width)
		return x
	}
	if x.product == "" && x.productRef == "" {
		r.fault(rec.line, Product, "is empty: name a product")
	}
	for _, f := range []Field{Order, Customer, Product, Variant, ProductRef, Producer, ProducerRef, PickupPoint, CatalogName, Unit} {
		const longest = 500
		if len(r.text(rec, f)) > longest {
			r.fault(rec.line, f, "has more than %d bytes: a quote may be missing", longest)
		}
	}
	if !r.format.catalogue() {
		if n := r.number(rec, Quantity, 3); n == nil {
			if r.text(rec, Quantity) == "" {
				r.fault(rec.line, Quantity, "is empty: say how many are ordered, 0 for none")
			}
		} else if x.quantity = *n; x.quantity == 0 {
			x.kept = "quantity 0: cancelled"
		}
	}
	x.unitPrice, x.linePrice = r.number(rec, UnitPrice, 2), r.number(rec, LinePrice, 2)
	x.unitGrams, x.lineGrams = r.grams(rec, UnitWeight), r.grams(rec, LineWeight)
	x.chilled, x.weighed, x.organic, x.in = r.truth(rec, Chilled), r.truth(rec, Weighed), r.truth(rec, Organic), r.truth(rec, Active)
	x.class = r.classIn(rec)
	x.contract = r.contractIn(rec)
	if s := r.text(rec, Day); s != "" {
		day, err := localDay(s, r.zone)
		if err != nil {
			r.fault(rec.line, Day, "%v", err)
		} else if r.day != "" && day != r.day && x.kept == "" {
			x.kept = "for " + string(day) + ", not the sale's " + string(r.day)
		}
	}
	return x
}

// number reads a number that is not below zero, in 10^-places; nil: there is none, or it is wrong.
func (r *reader) number(rec record, f Field, places int) *int64 {
	s := r.text(rec, f)
	if s == "" {
		return nil
	}
	n, err := parseDecimal(s, r.marks[r.at[f]], places)
	switch {
	case err != nil:
		r.fault(rec.line, f, "%q %v: it must be like 2 or 1%c5", s, err, r.marks[r.at[f]])
		return nil
	case n < 0 && (f == UnitPrice || f == LinePrice):
		return nil // a discount or a refund: nothing to carry
	case n < 0 || n > mostAmount*1000:
		r.fault(rec.line, f, "%s is not possible: it must be 0 or more, and no more than a person orders", s)
		return nil
	}
	return &n
}

// grams reads a weight: with its unit, or in kilograms unless the header says grams.
func (r *reader) grams(rec record, f Field) *int64 {
	s := r.text(rec, f)
	if s == "" {
		return nil
	}
	if m := measureText(s); m.grams > 0 && m.stated {
		return &m.grams
	}
	key := fold(r.columns[r.at[f]].Header)
	places := 3
	if strings.HasSuffix(key, " g") || strings.HasSuffix(key, " grammes") || strings.HasSuffix(key, " grams") {
		places = 0
	}
	if n := r.number(rec, f, places); n != nil && *n > 0 {
		return n
	}
	return nil // 0 is what systems write that do not know
}

func (r *reader) truth(rec record, f Field) *bool {
	s := r.text(rec, f)
	yes, no := true, false
	switch fold(s) {
	case "":
		return nil
	case "true", "yes", "oui", "vrai", "1", "x", "o", "y", "bio", "frais":
		return &yes
	case "false", "no", "non", "faux", "0", "n":
		return &no
	}
	r.fault(rec.line, f, "%q is neither yes nor no: it must be like oui or non", s)
	return nil
}

func (r *reader) classIn(rec record) engine.Class {
	s := r.text(rec, Class)
	text := words(s)
	switch {
	case s == "":
		return ""
	case strings.Contains(text, "surgel"), strings.Contains(text, "congel"), strings.Contains(text, "frozen"), strings.Contains(text, "negati"), strings.Contains(s, "-18"), strings.Contains(s, "−18"):
		return engine.Frozen
	case strings.Contains(text, " frai "), strings.Contains(text, "chilled"), strings.Contains(text, "refriger"), strings.Contains(text, "positi"), strings.Contains(text, " froid "), strings.Contains(s, "+"),
		text == " 4 ", text == " 8 ", text == " 4 c ", text == " 8 c ", text == " 2 c ":
		return engine.Chilled
	case strings.Contains(text, "ambian"), strings.Contains(text, "ambient"), strings.Contains(text, " sec "), strings.Contains(text, "dry"):
		return engine.Ambient
	}
	r.fault(rec.line, Class, "%q is no temperature class: it must be one of ambient, chilled, frozen", s)
	return ""
}

// contractIn says whether a row is of an AMAP contract: yes, no, Cagette's type of a catalogue, or its name.
func (r *reader) contractIn(rec record) *bool {
	s := fold(r.text(rec, Contract))
	if s == "" {
		return nil
	}
	yes := strings.Contains(s, "const") || s == "0" || s == "oui" || s == "yes" || s == "true" || s == "x" ||
		(strings.Contains(s, "amap") || strings.Contains(s, "classique")) && !strings.Contains(s, "variable")
	return &yes
}

// price is what a whole line costs, in cents.
func (x *row) price() *int64 {
	if x.linePrice != nil || x.unitPrice == nil {
		return x.linePrice
	}
	cents, err := rounded(new(big.Rat).Mul(new(big.Rat).SetFrac64(*x.unitPrice, 1000), new(big.Rat).SetInt64(x.quantity)), 0)
	if err != nil {
		return nil
	}
	return &cents
}

// fullName is a product's with its variant, when that says more.
func (x *row) fullName() string {
	switch {
	case x.product == "":
		return "#" + x.productRef
	case x.variant == "" || strings.Contains(fold(x.product), fold(x.variant)):
		return x.product
	}
	return x.product + " " + x.variant
}
