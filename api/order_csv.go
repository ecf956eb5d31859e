package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"carriole/api/store"
)

// The columns of orders in CSV.
const (
	colRef = iota
	colPickupPoint
	colPickupPointRef
	colLon
	colLat
	colProduct
	colProductRef
	colQuantity
	colKg
	colLitres
	colPriceCents
	columns
)

var csvColumns = [columns]string{"ref", "pickup_point", "pickup_point_ref", "lon", "lat", "product", "product_ref", "quantity", "kg", "litres", "price_cents"}

// csvOrders reads orders from CSV: a line for each product of an order.
type csvOrders struct {
	*batch
	comma  bool         // decimals may have one, as fields are separated by semicolons
	column [columns]int // where each is; below 0: nowhere
	byRef  map[string]int
	heads  [][colLat + 1]string // what each order's first line says of it
	row    []string
	at     int // the line of the file
}

func readOrdersCSV(body []byte) (*batch, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) || !plainText(body) {
		return nil, refuse(http.StatusBadRequest, "The body is not text in UTF-8.")
	}
	r := &csvOrders{batch: &batch{lines: &csvLines{}}, byRef: map[string]int{}}
	reader := csv.NewReader(bytes.NewReader(body))
	reader.ReuseRecord = true
	reader.FieldsPerRecord = -1
	first, _, _ := bytes.Cut(body, []byte("\n"))
	if r.comma = bytes.IndexByte(first, ';') >= 0; r.comma {
		reader.Comma = ';'
	}
	header, err := reader.Read()
	if err == io.EOF {
		return nil, refuse(http.StatusBadRequest, "The body is empty: its first line names the columns.")
	}
	if err != nil {
		return nil, csvError(err)
	}
	if err := r.header(header); err != nil {
		return nil, err
	}
	for {
		row, err := reader.Read()
		if err == io.EOF {
			return r.batch, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		r.row = row
		r.at, _ = reader.FieldPos(0)
		if len(row) != len(header) {
			r.wrong("", "has %d fields where the first line names %d columns", len(row), len(header))
			continue
		}
		r.readLine()
	}
}

func csvError(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return &documentFault{Location: fmt.Sprintf("line %d", e.Line), Message: fmt.Sprintf("is no CSV, at byte %d: %v", e.Column, e.Err)}
	}
	return &documentFault{Message: err.Error()}
}

func (r *csvOrders) header(header []string) error {
	for c := range r.column {
		r.column[c] = -1
	}
	p := refuse(http.StatusUnprocessableEntity, "The first line does not name the columns as they must be.")
	fault := func(format string, args ...any) {
		p.Errors = append(p.Errors, Fault{"line 1", fmt.Sprintf(format, args...)})
	}
	for i, name := range header {
		c := slices.Index(csvColumns[:], strings.TrimSpace(name))
		switch {
		case c < 0:
			fault("the column %q is not known: columns are %s", shorten(name), strings.Join(csvColumns[:], ", "))
		case r.column[c] >= 0:
			fault("the column %q is there twice", csvColumns[c])
		default:
			r.column[c] = i
		}
	}
	for _, c := range []int{colRef, colQuantity} {
		if r.column[c] < 0 {
			fault("the column %q is missing", csvColumns[c])
		}
	}
	if r.column[colProduct] < 0 && r.column[colProductRef] < 0 {
		fault("the column product or product_ref is missing")
	}
	if (r.column[colLon] < 0) != (r.column[colLat] < 0) {
		fault("the columns lon and lat come together")
	}
	if len(p.Errors) > 0 {
		return p
	}
	return nil
}

// wrong is a fault of the line.
func (r *csvOrders) wrong(column, format string, args ...any) {
	path := fmt.Sprintf("line %d", r.at)
	if column != "" {
		path += ", " + column
	}
	r.fault(path, format, args...)
}

func (r *csvOrders) text(c int) string {
	if r.column[c] < 0 {
		return ""
	}
	return strings.TrimSpace(r.row[r.column[c]])
}

// amount reads a decimal number of something; nothing is nil.
func (r *csvOrders) amount(c, decimals int) *int64 { return r.number(c, decimals, parseAmount) }

// number reads a decimal number; nothing is nil.
func (r *csvOrders) number(c, decimals int, parse func([]byte, int) (int64, error)) *int64 {
	s := r.text(c)
	if s == "" {
		return nil
	}
	if r.comma {
		s = strings.Replace(s, ",", ".", 1)
	}
	x, err := parse([]byte(s), decimals)
	if err != nil {
		r.wrong(csvColumns[c], "%v", err)
	}
	return &x
}

func (r *csvOrders) readLine() {
	ref := r.text(colRef)
	i, known := r.byRef[ref]
	if !known {
		i = r.begin(ref)
	} else {
		r.sameOrder(i)
	}
	x := &r.orders[i]
	quantity := r.amount(colQuantity, 3)
	id, productRef := r.text(colProduct), r.text(colProductRef)
	if quantity == nil {
		r.wrong("quantity", "is empty: 0 cancels the line")
		return
	}
	if id == "" && productRef == "" && *quantity == 0 {
		return // an order that is cancelled, without saying what it was
	}
	l := store.OrderLine{QuantityMilli: *quantity, Grams: r.amount(colKg, 3), Millilitres: r.amount(colLitres, 3), PriceCents: r.amount(colPriceCents, 0)}
	l.Product = r.refer(i, len(x.Lines), "product", id, productRef)
	x.Lines = append(x.Lines, l)
	r.lines.lines[i] = append(r.lines.lines[i], r.at)
}

// begin makes the order of a line that is the first of its reference.
func (r *csvOrders) begin(ref string) int {
	i := len(r.orders)
	r.byRef[ref] = i
	r.orders = append(r.orders, store.Order{Ref: ref})
	r.lines.order, r.lines.lines = append(r.lines.order, r.at), append(r.lines.lines, nil)
	var head [colLat + 1]string
	for c := range head {
		head[c] = r.text(c)
	}
	r.heads = append(r.heads, head)
	x := &r.orders[i]
	x.PickupPoint = r.refer(i, -1, "pickup_point", head[colPickupPoint], head[colPickupPointRef])
	lon, lat := r.number(colLon, 7, parseDecimal), r.number(colLat, 7, parseDecimal)
	if (lon == nil) != (lat == nil) {
		r.wrong("lon", "and lat come together")
	}
	if lon != nil && lat != nil {
		x.At = &store.Point{LonE7: *lon, LatE7: *lat}
	}
	return i
}

// sameOrder demands that a further line says of its order what the first did, or nothing.
func (r *csvOrders) sameOrder(i int) {
	for c, before := range r.heads[i] {
		if now := r.text(c); now != before && now != "" {
			r.wrong(csvColumns[c], "is %q, but %q in line %d, where the order begins", shorten(now), shorten(before), r.lines.order[i])
		}
	}
}

func (r *csvOrders) refer(order, line int, name, id, ref string) store.ID {
	return r.batch.refer(order, line, func() { r.wrong(name, twice) }, id, ref)
}
