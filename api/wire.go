package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"carriole/api/store"
	"carriole/engine"
)

// Meta is what every stored thing has beside what it is. Clients may send it back; it is not read.
type Meta struct {
	ID      store.ID  `json:"id" readOnly:"true" doc:"Stable and unguessable."`
	Version int64     `json:"version" readOnly:"true" doc:"Raised by each change; also the ETag."`
	Created time.Time `json:"created" readOnly:"true"`
	Changed time.Time `json:"changed" readOnly:"true"`
}

func (m *Meta) meta() *Meta { return m }

func metaOf(r store.Row) Meta { return Meta{r.ID, r.Version, r.Created, r.Changed} }

func (m *Meta) row() store.Row { return store.Row{ID: m.ID, Version: m.Version} }

// Paging is the part of a list that is asked for.
type Paging struct {
	Limit int          `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
	After store.Cursor `query:"after" maxLength:"200" doc:"The next of the page before."`
}

func (p Paging) page() store.Page { return store.Page{After: p.After, Limit: p.Limit} }

// list is a page of a list.
type list[W any] struct {
	Items []W          `json:"items"`
	Next  store.Cursor `json:"next,omitzero" doc:"Give it as after to read on; absent on the last page."`
}

// Amounts are decimal numbers in documents and whole numbers of small units here: nothing is ever rounded.
type (
	kilograms int64 // grams
	litres    int64 // millilitres
	quantity  int64 // thousandths
	degrees   int64 // 1e-7 degrees
)

const mostAmount = 1e9 // kilograms and so on; the store takes 1e12 small units

func (x kilograms) MarshalJSONTo(e *jsontext.Encoder) error { return writeDecimal(e, int64(x), 3) }
func (x *kilograms) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return readDecimal(d, (*int64)(x), 3)
}
func (x litres) MarshalJSONTo(e *jsontext.Encoder) error      { return writeDecimal(e, int64(x), 3) }
func (x *litres) UnmarshalJSONFrom(d *jsontext.Decoder) error { return readDecimal(d, (*int64)(x), 3) }
func (x quantity) MarshalJSONTo(e *jsontext.Encoder) error    { return writeDecimal(e, int64(x), 3) }
func (x *quantity) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return readDecimal(d, (*int64)(x), 3)
}
func (x degrees) MarshalJSONTo(e *jsontext.Encoder) error      { return writeDecimal(e, int64(x), 7) }
func (x *degrees) UnmarshalJSONFrom(d *jsontext.Decoder) error { return readDecimal(d, (*int64)(x), 7) }
func (kilograms) Schema(huma.Registry) *huma.Schema            { return amount("Kilograms, to the gram.", 2.5) }
func (litres) Schema(huma.Registry) *huma.Schema               { return amount("Litres, to the millilitre.", 7.5) }
func (quantity) Schema(huma.Registry) *huma.Schema {
	return amount("Units of the product, to the thousandth.", 2)
}
func (degrees) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Description: "Degrees of WGS 84, to 1e-7.", Examples: []any{5.0481}}
}

func amount(text string, example float64) *huma.Schema {
	least, most := 0.0, mostAmount
	return &huma.Schema{Type: huma.TypeNumber, Minimum: &least, Maximum: &most, Description: text, Examples: []any{example}}
}

func writeDecimal(e *jsontext.Encoder, x int64, decimals int) error {
	return e.WriteValue(appendDecimal(nil, x, decimals))
}

func readDecimal(d *jsontext.Decoder, x *int64, decimals int) (err error) {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	if v.Kind() != '0' {
		return fmt.Errorf("%s is no number", kindName(v.Kind()))
	}
	*x, err = parseDecimal(v, decimals)
	return err
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "a text"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '0':
		return "a number"
	case 'n':
		return "null"
	}
	return "true or false"
}

// parseDecimal reads a decimal number, in JSON's notation with its exponents, as a whole number of its last decimal.
// A number with more decimals is refused and not rounded.
func parseDecimal(s []byte, decimals int) (int64, error) {
	if x, ok := quickDecimal(s, decimals); ok {
		return x, nil
	}
	text := string(s)
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || e < -400 || e > 400 {
			return 0, fmt.Errorf("%q is no number that can be meant", shorten(text))
		}
		mantissa, exponent = text[:i], e
	}
	unsigned, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, point := strings.Cut(unsigned, ".")
	digits := whole + fraction
	if whole == "" || point && fraction == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no number: it must be like 2.5", shorten(text))
	}
	shift := exponent - len(fraction) + decimals // zeros to append, or digits to drop
	if shift < 0 {
		n := max(len(digits)+shift, 0)
		if strings.Trim(digits[n:], "0") != "" {
			return 0, fmt.Errorf("%s has more than %d decimals", shorten(text), decimals)
		}
		digits, shift = digits[:n], 0
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, nil
	}
	if len(digits)+shift > mostDigits {
		return 0, fmt.Errorf("%s is too large", shorten(text))
	}
	x, err := strconv.ParseInt(digits+strings.Repeat("0", shift), 10, 64)
	if negative {
		x = -x
	}
	return x, err
}

// parseAmount is parseDecimal of what cannot be below nothing, nor above what the store takes.
func parseAmount(s []byte, decimals int) (int64, error) {
	const most = 1_000_000_000_000 // small units
	x, err := parseDecimal(s, decimals)
	if err == nil && (x < 0 || x > most) {
		err = fmt.Errorf("%s is not possible: it must be from 0 to %s", shorten(string(s)), appendDecimal(nil, most, decimals))
	}
	return x, err
}

// mostDigits fit a whole number.
const mostDigits = 18

// quickDecimal reads the numbers that most are: digits, with a point among them or not.
func quickDecimal(s []byte, decimals int) (x int64, ok bool) {
	left := -1 // decimals that may come, after the point
	for i, c := range s {
		switch {
		case c == '.' && left < 0 && i > 0 && i+1 < len(s):
			left = decimals
		case c < '0' || c > '9' || left == 0:
			return 0, false
		default:
			x = x*10 + int64(c-'0')
			left = max(left-1, -1)
		}
	}
	if left < 0 {
		left = decimals
	}
	for range left {
		x *= 10
	}
	return x, len(s) > 0 && len(s)+decimals <= mostDigits
}

func shorten(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// appendDecimal writes a whole number of last decimals as a decimal number without needless zeros.
func appendDecimal(b []byte, x int64, decimals int) []byte {
	if x < 0 {
		b = append(b, '-')
		x = -x
	}
	scale := int64(1)
	for range decimals {
		scale *= 10
	}
	b = strconv.AppendInt(b, x/scale, 10)
	if rest := x % scale; rest != 0 {
		digits := strconv.AppendInt(nil, scale+rest, 10)[1:]
		b = append(append(b, '.'), bytes.TrimRight(digits, "0")...)
	}
	return b
}

// point is a position.
type point struct {
	Lon degrees `json:"lon" minimum:"-180" maximum:"180" doc:"Longitude, degrees of WGS 84, to 1e-7." example:"5.0481"`
	Lat degrees `json:"lat" minimum:"-90" maximum:"90" doc:"Latitude, degrees of WGS 84, to 1e-7." example:"44.0551"`
}

func pointOf(p *store.Point) *point {
	if p == nil {
		return nil
	}
	return &point{degrees(p.LonE7), degrees(p.LatE7)}
}

func (p *point) store() *store.Point {
	if p == nil {
		return nil
	}
	return &store.Point{LonE7: int64(p.Lon), LatE7: int64(p.Lat)}
}

// volumes are litres by class; a class not named has none.
type volumes struct {
	Ambient litres `json:"ambient,omitzero"`
	Chilled litres `json:"chilled,omitzero"`
	Frozen  litres `json:"frozen,omitzero"`
}

// room is an amount of goods.
type room struct {
	Kg     kilograms `json:"kg" doc:"All goods together."`
	Litres volumes   `json:"litres"`
}

func roomOf(r store.Room) room {
	return room{kilograms(r.Grams), volumes{litres(r.AmbientMl), litres(r.ChilledMl), litres(r.FrozenMl)}}
}

func (r room) store() store.Room {
	return store.Room{Grams: int64(r.Kg), AmbientMl: int64(r.Litres.Ambient), ChilledMl: int64(r.Litres.Chilled), FrozenMl: int64(r.Litres.Frozen)}
}

// moment is a time that may be absent.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// yes is a switch that is on unless it is said to be off.
func yes(b *bool) bool { return b == nil || *b }

// optional is a parameter that may be absent.
type optional[T any] struct {
	Value T
	IsSet bool
}

// Schema is that of the value.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[T]())
}

// Receiver is where huma puts the value.
func (o *optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().Field(0) }

// OnParamSet is told whether there was one.
func (o *optional[T]) OnParamSet(isSet bool, _ any) { o.IsSet = isSet }

func (o optional[T]) pointer() *T {
	if !o.IsSet {
		return nil
	}
	return &o.Value
}

// The formats of texts that have one. They stand for the store's types in the OpenAPI document.
type (
	idText    string
	dayText   string
	clockText string
)

// Schema is that of an id.
func (idText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Examples: []any{"k3v7x2m4q5w6e7r8t9y0"}}
}

// Schema is that of a day.
func (dayText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date", Examples: []any{"2026-11-26"}}
}

// Schema is that of a time of day.
func (clockText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^([0-3][0-9]|4[0-7]):[0-5][0-9]$`, PatternDescription: "a time of day such as 16:30, up to 47:59 for the night after", Examples: []any{"16:30"}}
}

// words are the values of a text that has some.
type (
	weekdayWord   string
	classWord     string
	carriedByWord string
)

func among[S ~string](values ...S) *huma.Schema {
	out := &huma.Schema{Type: huma.TypeString}
	for _, v := range values {
		out.Enum = append(out.Enum, string(v))
	}
	return out
}

// Schema lists the days of the week.
func (weekdayWord) Schema(huma.Registry) *huma.Schema {
	return among("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}

// Schema lists the temperature classes.
func (classWord) Schema(huma.Registry) *huma.Schema { return among(engine.Classes[:]...) }

// Schema lists who may carry.
func (carriedByWord) Schema(huma.Registry) *huma.Schema {
	return among(engine.ByAny, engine.ByProducer)
}

func aliases(r huma.Registry) {
	for from, to := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[store.ID]():         reflect.TypeFor[idText](),
		reflect.TypeFor[store.Day]():        reflect.TypeFor[dayText](),
		reflect.TypeFor[store.Clock]():      reflect.TypeFor[clockText](),
		reflect.TypeFor[store.Weekday]():    reflect.TypeFor[weekdayWord](),
		reflect.TypeFor[engine.Class]():     reflect.TypeFor[classWord](),
		reflect.TypeFor[engine.CarriedBy](): reflect.TypeFor[carriedByWord](),
	} {
		r.RegisterTypeAlias(from, to)
	}
}

// jsonFormat reads JSON strictly (no unknown, doubled or differently spelled names, valid UTF-8) and writes it.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error { return json.MarshalWrite(w, v) },
	Unmarshal: func(data []byte, v any) error {
		return readable(json.Unmarshal(data, v, json.RejectUnknownMembers(true)))
	},
}

// documentFault is what is wrong with a document's form.
type documentFault Fault

// Error keeps the location apart by a zero byte, as huma passes on nothing but the text.
func (f *documentFault) Error() string { return f.Location + "\x00" + f.Message }

// readable says an error of the decoder in terms of the document.
func readable(err error) error {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		f := &documentFault{Location: location(e.JSONPointer)}
		switch {
		case errors.Is(e.Err, json.ErrUnknownName):
			f.Message = "is not known: look for its right spelling, in lower case"
		case e.Err == nil:
			f.Message = kindName(e.JSONKind) + " cannot stand here"
		default:
			f.Message = e.Err.Error()
		}
		return f
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		f := &documentFault{Location: location(e.JSONPointer), Message: fmt.Sprintf("is no JSON: %v, after %d bytes", e.Err, e.ByteOffset)}
		if errors.Is(e.Err, jsontext.ErrDuplicateName) {
			f.Message = "is said twice"
		}
		return f
	}
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		return &documentFault{Message: "is no JSON: it ends too early"}
	}
	return err
}

// location is a JSON pointer as a path: orders[12].lines[0].kg.
func location(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if _, err := strconv.ParseUint(token, 10, 31); err == nil {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return b.String()
}
