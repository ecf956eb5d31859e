package api

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"carriole/api/store"
)

// jsonOrders reads orders from JSON by hand, so that an order that is wrong does not hide what is wrong with the others.
// Its errors are those of JSON itself; all else is a fault.
type jsonOrders struct {
	*batch
	dec         *jsontext.Decoder
	texts       map[string]string // those that come again and again: names, products, pickup points
	order, line int               // where it reads; below 0: not in one
}

func readOrdersJSON(body []byte) (*batch, error) {
	r := &jsonOrders{batch: &batch{}, texts: map[string]string{}, order: -1, line: -1,
		dec: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))} // doubled names are faults like others
	err := r.document()
	if err != nil {
		return nil, readable(err)
	}
	return r.batch, nil
}

func (r *jsonOrders) document() error {
	named, whole := false, r.dec.PeekKind() == '{'
	err := r.object("", func(name string) (bool, error) {
		if name != "orders" {
			return false, nil
		}
		named = true
		return true, r.list("orders", func(i int) error {
			r.order, r.line = i, -1
			r.orders = append(r.orders, store.Order{})
			err := r.readOrder(&r.orders[i])
			r.order = -1
			return err
		})
	})
	if err != nil {
		return err
	}
	if whole && !named {
		r.fault("orders", `is missing: send {"orders": […]}`)
	}
	return r.end()
}

// end demands that nothing follows the document.
func (r *jsonOrders) end() error {
	if rest := bytes.TrimLeft(r.dec.UnreadBuffer(), " \t\r\n"); len(rest) > 0 {
		return &documentFault{Message: fmt.Sprintf("is no JSON: something follows the document, after %d bytes", r.dec.InputOffset())}
	}
	return nil
}

// at is the path of a field of what is read.
func (r *jsonOrders) at(name string) string {
	var b strings.Builder
	if r.order >= 0 {
		fmt.Fprintf(&b, "orders[%d]", r.order)
		if r.line >= 0 {
			fmt.Fprintf(&b, ".lines[%d]", r.line)
		}
	}
	if name != "" && b.Len() > 0 {
		b.WriteByte('.')
	}
	return b.String() + name
}

// object reads an object, the value of a field or, without one, what it reads. field reads the value of a name that it
// knows; a fault names the others.
func (r *jsonOrders) object(of string, field func(name string) (known bool, err error)) error {
	if r.dec.PeekKind() != '{' {
		return r.skip(of, "{")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	var seen [12]string // names, few enough to look through
	names := seen[:0]
	for r.dec.PeekKind() == '"' {
		name, err := r.text(true)
		if err != nil {
			return err
		}
		doubled := false
		for _, n := range names {
			doubled = doubled || n == name
		}
		if doubled {
			r.fault(r.at(name), "is said twice")
			if err := r.dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		names = append(names, name)
		known, err := field(name)
		if err == nil && !known {
			r.fault(r.at(shorten(name)), "is not known: look for its right spelling, in lower case")
			err = r.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

// list reads a list.
func (r *jsonOrders) list(name string, item func(i int) error) error {
	if r.dec.PeekKind() != '[' {
		return r.skip(name, "[")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for i := 0; r.dec.PeekKind() != ']'; i++ {
		if err := item(i); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

var kindWords = map[string]string{"{": "an object", "[": "a list", `"`: "a text", "0": "a number"}

// skip leaves out the value of a field that is of the wrong kind.
func (r *jsonOrders) skip(name, want string) error {
	kind := r.dec.PeekKind()
	if err := r.dec.SkipValue(); err != nil {
		return err
	}
	r.fault(r.at(name), "is %s: it must be %s", kindName(kind), kindWords[want])
	return nil
}

// text reads a text, which is kept once where it comes often.
func (r *jsonOrders) text(often bool) (string, error) {
	v, err := r.dec.ReadValue()
	if err != nil {
		return "", err
	}
	raw := v[1 : len(v)-1]
	if bytes.IndexByte(raw, '\\') >= 0 {
		b, err := jsontext.AppendUnquote(nil, v)
		return string(b), err
	}
	if !often {
		return string(raw), nil
	}
	if s, ok := r.texts[string(raw)]; ok {
		return s, nil
	}
	s := string(raw)
	if len(r.texts) < mostTexts {
		r.texts[s] = s
	}
	return s, nil
}

const mostTexts = 4096

// string reads a field that is a text; null stands for none.
func (r *jsonOrders) string(name string, to *string) error {
	switch r.dec.PeekKind() {
	case '"':
		s, err := r.text(name != "ref")
		if err == nil && !plainText(s) {
			r.fault(r.at(name), "is not text: it must have no zero bytes")
			return nil
		}
		*to = s
		return err
	case 'n':
		return r.dec.SkipValue()
	}
	return r.skip(name, `"`)
}

// amount reads a field that is a decimal number of something.
func (r *jsonOrders) amount(name string, decimals int, to *int64) (found bool, err error) {
	return r.number(name, decimals, to, parseAmount)
}

// number reads a field that is a decimal number.
func (r *jsonOrders) number(name string, decimals int, to *int64, parse func([]byte, int) (int64, error)) (found bool, err error) {
	if r.dec.PeekKind() != '0' {
		return false, r.skip(name, "0")
	}
	v, err := r.dec.ReadValue()
	if err != nil {
		return false, err
	}
	x, wrong := parse(v, decimals)
	if wrong != nil {
		r.fault(r.at(name), "%v", wrong)
		return false, nil
	}
	*to = x
	return true, nil
}

// optional reads an amount that may be null.
func (r *jsonOrders) optional(name string, decimals int, to **int64) error {
	if r.dec.PeekKind() == 'n' {
		return r.dec.SkipValue()
	}
	var x int64
	found, err := r.amount(name, decimals, &x)
	if found {
		*to = &x
	}
	return err
}

// usualLines of an order take no further room.
const usualLines = 4

func (r *jsonOrders) readOrder(x *store.Order) error {
	var id, ref string
	lines := false
	faults := len(r.faults) + r.more
	err := r.object("", func(name string) (bool, error) {
		switch name {
		case "ref":
			return true, r.string(name, &x.Ref)
		case "pickup_point":
			return true, r.string(name, &id)
		case "pickup_point_ref":
			return true, r.string(name, &ref)
		case "at":
			return true, r.point(&x.At)
		case "lines":
			lines = true
			x.Lines = make([]store.OrderLine, 0, usualLines)
			return true, r.list(name, func(k int) error {
				r.line = k
				x.Lines = append(x.Lines, store.OrderLine{})
				err := r.readLine(&x.Lines[k])
				r.line = -1
				return err
			})
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if !lines && faults == len(r.faults)+r.more {
		r.fault(r.at("lines"), "is missing: an order without lines has an empty list, and is cancelled")
	}
	x.PickupPoint = r.refer("pickup_point", id, ref)
	return nil
}

func (r *jsonOrders) readLine(l *store.OrderLine) error {
	var id, ref string
	quantity := false
	faults := len(r.faults) + r.more
	err := r.object("", func(name string) (_ bool, err error) {
		switch name {
		case "product":
			return true, r.string(name, &id)
		case "product_ref":
			return true, r.string(name, &ref)
		case "quantity":
			quantity, err = r.amount(name, 3, &l.QuantityMilli)
			return true, err
		case "kg":
			return true, r.optional(name, 3, &l.Grams)
		case "litres":
			return true, r.optional(name, 3, &l.Millilitres)
		case "price_cents":
			return true, r.optional(name, 0, &l.PriceCents)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if !quantity && faults == len(r.faults)+r.more {
		r.fault(r.at("quantity"), "is missing: 0 cancels the line")
	}
	l.Product = r.refer("product", id, ref)
	return nil
}

func (r *jsonOrders) refer(name, id, ref string) store.ID {
	return r.batch.refer(r.order, r.line, func() { r.fault(r.at(name), twice) }, id, ref)
}

func (r *jsonOrders) point(to **store.Point) error {
	if r.dec.PeekKind() == 'n' {
		return r.dec.SkipValue()
	}
	var p store.Point
	var lon, lat bool
	faults := len(r.faults) + r.more
	err := r.object("at", func(name string) (_ bool, err error) {
		switch name {
		case "lon":
			lon, err = r.number("at.lon", 7, &p.LonE7, parseDecimal)
			return true, err
		case "lat":
			lat, err = r.number("at.lat", 7, &p.LatE7, parseDecimal)
			return true, err
		}
		return false, nil
	})
	if err == nil && !(lon && lat) && faults == len(r.faults)+r.more {
		r.fault(r.at("at"), "must have lon and lat")
	}
	if lon && lat {
		*to = &p
	}
	return err
}
