package engine

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a document that is read. A week of 1,500 producers and 17,500 orders without travel table takes 10 MB.
const (
	MaxWeekBytes = 32 << 20 // when the caller names no limit

	maxDepth  = 64      // of nesting; a week needs 6
	maxItems  = 1 << 20 // in one list
	maxFaults = 1000    // reported one by one; the others are counted
)

// Fault says what is wrong in a week, and where.
type Fault struct {
	Path    string // as in orders[12].lines[0].kg; empty for the whole document
	Message string // what is wrong and what would be right
	Warning bool   // the week can be planned all the same
}

func (f Fault) String() string {
	s := f.Message
	if f.Path != "" {
		s = f.Path + ": " + s
	}
	if f.Warning {
		s = "warning: " + s
	}
	return s
}

// InvalidWeek is the error of a week that cannot be planned. It names all faults, none of which is a warning.
type InvalidWeek struct{ Faults []Fault }

func (e *InvalidWeek) Error() string { return "the week cannot be planned: " + summary(e.Faults) }

func summary(faults []Fault) string {
	const shown = 3
	var s strings.Builder
	for i, f := range faults {
		if i == shown {
			fmt.Fprintf(&s, "; … %d faults in all", len(faults))
			break
		}
		if i > 0 {
			s.WriteString("; ")
		}
		s.WriteString(f.String())
	}
	return s.String()
}

// invalid is an InvalidWeek of the faults that are no warnings, nil when there are none.
func invalid(faults []Fault) error {
	var hard []Fault
	for _, f := range faults {
		if !f.Warning {
			hard = append(hard, f)
		}
	}
	if hard == nil {
		return nil
	}
	return &InvalidWeek{hard}
}

// faultList collects faults up to maxFaults and counts the rest.
type faultList struct {
	list []Fault
	more int
}

func (l *faultList) full() bool { return len(l.list) >= maxFaults }

func (l *faultList) add(path func() string, warning bool, format string, args ...any) {
	if l.full() {
		l.more++
		return
	}
	l.list = append(l.list, Fault{path(), fmt.Sprintf(format, args...), warning})
}

func (l *faultList) all() []Fault {
	if l.more == 0 {
		return l.list
	}
	warning := l.list[len(l.list)-1].Warning
	return append(l.list, Fault{"", fmt.Sprintf("and %d more of this kind", l.more), warning})
}

// ReadWeek reads one week in JSON of at most maxBytes bytes (0: MaxWeekBytes). It looks at the form alone; see
// [Validate] for the meaning.
//
// The faults returned are warnings: unknown fields, which are skipped. When the form is wrong the error is an
// [*InvalidWeek] with every fault up to the point where reading became impossible. An error of r itself is wrapped.
// Keys are matched exactly and may not be doubled. null stands for an optional field left out, an empty list or no
// litres. Memory stays within some fifteen times maxBytes whatever the input, twice is usual.
func ReadWeek(r io.Reader, maxBytes int64) (*Week, []Fault, error) {
	d := newReader(r, maxBytes)
	d.strict = true
	week := new(Week)
	if err := d.document(reflect.ValueOf(week).Elem()); err != nil {
		return nil, nil, fmt.Errorf("reading the week: %w", err)
	}
	if d.faults.list != nil {
		return nil, d.warnings.all(), &InvalidWeek{d.faults.all()}
	}
	return week, d.warnings.all(), nil
}

// ReadChange reads one change in JSON of at most maxBytes bytes (0: MaxWeekBytes), as ReadWeek reads a week.
func ReadChange(r io.Reader, maxBytes int64) (*Change, []Fault, error) {
	d := newReader(r, maxBytes)
	d.strict = true
	change := new(Change)
	if err := d.document(reflect.ValueOf(change).Elem()); err != nil {
		return nil, nil, fmt.Errorf("reading the change: %w", err)
	}
	if d.faults.list != nil {
		return nil, d.warnings.all(), &InvalidWeek{d.faults.all()}
	}
	return change, d.warnings.all(), nil
}

// ReadPlan reads one plan in JSON of at most maxBytes bytes (0: MaxWeekBytes). Fields that it does not know are
// skipped, fields left out are zero. The error names what is wrong with the form, with paths; whether the plan is right
// is Check's question.
func ReadPlan(r io.Reader, maxBytes int64) (*Plan, error) {
	d := newReader(r, maxBytes)
	plan := new(Plan)
	if err := d.document(reflect.ValueOf(plan).Elem()); err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	if d.faults.list != nil {
		return nil, errors.New("the plan cannot be read: " + summary(d.faults.all()))
	}
	return plan, nil
}

// MarshalJSON writes "all", "own" or the list of producers.
func (c Carries) MarshalJSON() ([]byte, error) {
	switch {
	case c.Only != nil:
		return json.Marshal(c.Only)
	case c.OwnOnly:
		return []byte(`"own"`), nil
	}
	return []byte(`"all"`), nil
}

// UnmarshalJSON reads "all", "own" or a list of producers.
func (c *Carries) UnmarshalJSON(b []byte) error {
	d := newReader(bytes.NewReader(b), int64(len(b))+1)
	*c = Carries{}
	if err := d.carries(c); err != nil && err != errStop {
		return err
	}
	if d.faults.list != nil {
		return errors.New(d.faults.list[0].String())
	}
	return nil
}

var (
	errStop     = errors.New("reading became impossible")
	errTooLarge = errors.New("too large")
)

// capped fails with errTooLarge when there is more than left bytes to read.
type capped struct {
	r    io.Reader
	left int64
	err  error // what r failed with, other than io.EOF
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	if c.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// reader turns a stream of JSON tokens into one of the contract's types. Its methods return an error only when
// reading cannot go on: everything else becomes a fault at the current path, the value is skipped and stays zero.
type reader struct {
	in       *capped
	max      int64
	dec      *jsontext.Decoder
	path     []step
	strict   bool // missing fields are faults, unknown ones deserve a warning
	faults   faultList
	warnings faultList
	structs  map[reflect.Type]*structFields
	zones    map[int]*time.Location // by offset in seconds
	row      []float64              // scratch for lists of numbers
}

// step is one part of a path: the name of a field, or an index when the name is empty.
type step struct {
	name  string
	index int
}

// structFields is what a struct's JSON tags say.
type structFields struct {
	byName map[string]int
	names  []string
	needed []bool
}

func newReader(r io.Reader, maxBytes int64) *reader {
	if maxBytes <= 0 {
		maxBytes = MaxWeekBytes
	}
	in := &capped{r: r, left: maxBytes}
	d := &reader{in: in, max: maxBytes, structs: map[reflect.Type]*structFields{}, zones: map[int]*time.Location{}}
	b := bufio.NewReader(in)
	if head, _ := b.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		b.Discard(3)
	}
	d.dec = jsontext.NewDecoder(b, jsontext.AllowDuplicateNames(true)) // doubled names are faults like others, with their path
	return d
}

// document reads the only value of the input. The error is that of the input.
func (d *reader) document(v reflect.Value) error {
	err := d.object(v)
	if err == nil {
		end := d.dec.InputOffset()
		if _, err := d.dec.ReadToken(); err != io.EOF && d.in.err == nil && d.in.left >= 0 {
			d.fault("something follows the end of the document, from byte %d on: it must be a single object", end)
		} else if err != io.EOF {
			d.broken(err)
		}
	}
	return d.in.err
}

func (d *reader) where() string {
	var s strings.Builder
	for i, p := range d.path {
		switch {
		case p.name == "":
			s.WriteString("[" + strconv.Itoa(p.index) + "]")
		case i == 0:
			s.WriteString(p.name)
		default:
			s.WriteString("." + p.name)
		}
	}
	return s.String()
}

func (d *reader) push(s step) { d.path = append(d.path, s) }
func (d *reader) pop()        { d.path = d.path[:len(d.path)-1] }

func (d *reader) fault(format string, args ...any) { d.faults.add(d.where, false, format, args...) }

// broken records why no further token can be read.
func (d *reader) broken(err error) error {
	var syntax *jsontext.SyntacticError
	switch at := d.dec.InputOffset(); {
	case d.in.err != nil: // the input's own failure is the caller's error
	case d.in.left < 0:
		d.path = d.path[:0]
		d.fault("the document is larger than %d bytes", d.max)
	case errors.Is(err, io.EOF) && at == 0:
		d.fault("the document is empty: it must be a JSON object")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		d.fault("the document ends here, in the middle: it is cut off after byte %d", d.max-d.in.left)
	case errors.As(err, &syntax):
		d.fault("this is not JSON, at byte %d: %v", syntax.ByteOffset, syntax.Err)
	default:
		d.fault("this is not JSON, at byte %d: %v", at, err)
	}
	return errStop
}

func (d *reader) token() (jsontext.Token, error) {
	t, err := d.dec.ReadToken()
	if err != nil {
		return t, d.broken(err)
	}
	return t, nil
}

// key reads the name of an object's next member.
func (d *reader) key() ([]byte, error) {
	raw, err := d.dec.ReadValue()
	if err != nil {
		return nil, d.broken(err)
	}
	if name := raw[1 : len(raw)-1]; bytes.IndexByte(name, '\\') < 0 {
		return name, nil
	}
	name, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return nil, d.broken(err)
	}
	return name, nil
}

// skip passes over a value of any kind.
func (d *reader) skip() error {
	outside := d.dec.StackDepth()
	for {
		if _, err := d.token(); err != nil {
			return err
		}
		switch depth := d.dec.StackDepth(); {
		case depth <= outside:
			return nil
		case depth > maxDepth:
			d.fault("nested deeper than %d levels, at byte %d", maxDepth, d.dec.InputOffset())
			return errStop
		}
	}
}

// expect enters a value of the kind wanted and returns its first token. Any other value is a fault and skipped.
func (d *reader) expect(kind jsontext.Kind, right string) (tok jsontext.Token, ok bool, err error) {
	got := d.dec.PeekKind()
	if got == 'f' && kind == 't' {
		got = 't'
	}
	if got == kind {
		tok, err = d.token()
		return tok, err == nil, err
	}
	switch got {
	case '{':
		d.fault("must be %s, not an object", right)
		return tok, false, d.skip()
	case '[':
		d.fault("must be %s, not a list", right)
		return tok, false, d.skip()
	}
	if tok, err = d.token(); err != nil {
		return tok, false, err
	}
	switch got {
	case '"':
		d.fault("must be %s, not the text %s", right, quote(tok.String()))
	case '0':
		d.fault("must be %s, not the number %s", right, cut(tok.String()))
	default:
		d.fault("must be %s, not %s", right, tok.String())
	}
	return tok, false, nil
}

// value reads into v, which is zero and addressable.
func (d *reader) value(v reflect.Value) error {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		return d.time(p)
	case *Carries:
		return d.carries(p)
	case *map[Class]float64:
		return d.litres(p)
	case *[]float64:
		return d.numbers(p)
	case *Class:
		return choice(d, p, Classes[:])
	case *CarriedBy:
		return choice(d, p, []CarriedBy{ByAny, ByProducer})
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(v.Elem())
	case reflect.Struct:
		return d.object(v)
	case reflect.Slice:
		return d.list(v)
	case reflect.Array:
		return d.array(v)
	case reflect.Bool:
		tok, ok, err := d.expect('t', right(v.Type()))
		if ok {
			v.SetBool(tok.Bool())
		}
		return err
	case reflect.String:
		tok, ok, err := d.expect('"', right(v.Type()))
		if ok {
			v.SetString(tok.String())
		}
		return err
	case reflect.Int:
		tok, ok, err := d.expect('0', right(v.Type()))
		if ok {
			n, bad := strconv.Atoi(tok.String())
			if bad != nil {
				d.fault("must be %s, not %s", right(v.Type()), cut(tok.String()))
			}
			v.SetInt(int64(n))
		}
		return err
	case reflect.Float64:
		return d.number(v.Addr().Interface().(*float64))
	}
	panic("no reader for " + v.Type().String()) // a type of this package that was never read in a test
}

func right(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Time]():
		return "a time"
	case reflect.TypeFor[Interval]():
		return "a list of two times, opening and closing"
	case reflect.TypeFor[Carries]():
		return `"all", "own" or a list of producer ids`
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}

func (d *reader) object(v reflect.Value) error {
	if _, ok, err := d.expect('{', right(v.Type())); !ok {
		return err
	}
	fields := d.fieldsOf(v.Type())
	var seen uint64
	for d.dec.PeekKind() != '}' {
		key, err := d.key()
		if err != nil {
			return err
		}
		i, known := fields.byName[string(key)]
		if !known {
			if err := d.unknown(string(key), fields); err != nil {
				return err
			}
			continue
		}
		d.push(step{name: fields.names[i]})
		switch {
		case seen&(1<<i) != 0:
			d.fault("is given twice in one object: keep one")
			err = d.skip()
		case d.dec.PeekKind() == 'n' && nullable(v.Field(i), fields.needed[i]):
			err = d.skip()
		default:
			err = d.value(v.Field(i))
		}
		seen |= 1 << i
		if err != nil {
			return err
		}
		d.pop()
	}
	for i, needed := range fields.needed {
		if needed && seen&(1<<i) == 0 {
			d.push(step{name: fields.names[i]})
			d.fault("is missing: %s is needed here", right(v.Field(i).Type()))
			d.pop()
		}
	}
	_, err := d.token()
	return err
}

func (d *reader) unknown(name string, fields *structFields) error {
	if d.strict {
		hint := ""
		if !d.warnings.full() {
			hint = didYouMean(name, fields.names)
		}
		d.warnings.add(d.where, true, "unknown field %s%s", quote(name), hint)
	}
	return d.skip()
}

func nullable(v reflect.Value, needed bool) bool {
	return !needed || v.Kind() == reflect.Slice || v.Kind() == reflect.Map || v.Kind() == reflect.Pointer
}

// fieldsOf lists a struct's fields by their JSON names. A field is needed unless its tag says that it may be omitted;
// a week without vehicles or rounds may leave these lists out.
func (d *reader) fieldsOf(t reflect.Type) *structFields {
	if f, ok := d.structs[t]; ok {
		return f
	}
	f := &structFields{byName: make(map[string]int, t.NumField())}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		f.byName[name] = i
		f.names = append(f.names, name)
		optional := !d.strict || options != "" || field.Type.Kind() == reflect.Pointer ||
			t == reflect.TypeFor[Week]() && (name == "vehicles" || name == "rounds")
		f.needed = append(f.needed, !optional)
	}
	d.structs[t] = f
	return f
}

// list reads a slice of any element. Once the faults are too many to be told, nothing is kept any more: a hostile
// list costs time but no memory.
func (d *reader) list(v reflect.Value) error {
	if _, ok, err := d.expect('[', right(v.Type())); !ok {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for n := 0; d.dec.PeekKind() != ']'; n++ {
		if n == maxItems {
			d.fault("has more than %d entries", maxItems)
			return errStop
		}
		var item reflect.Value
		if d.faults.full() {
			item = reflect.New(v.Type().Elem()).Elem()
		} else {
			if n == v.Cap() {
				v.Grow(1)
			}
			v.SetLen(n + 1)
			item = v.Index(n)
		}
		d.push(step{index: n})
		if err := d.value(item); err != nil {
			return err
		}
		d.pop()
	}
	_, err := d.token()
	return err
}

// array reads a list of a fixed length.
func (d *reader) array(v reflect.Value) error {
	if _, ok, err := d.expect('[', right(v.Type())); !ok {
		return err
	}
	n := 0
	for ; d.dec.PeekKind() != ']'; n++ {
		var err error
		d.push(step{index: n})
		if n < v.Len() {
			err = d.value(v.Index(n))
		} else {
			err = d.skip()
		}
		if err != nil {
			return err
		}
		d.pop()
	}
	if n != v.Len() {
		d.fault("has %d entries: it must be %s", n, right(v.Type()))
	}
	_, err := d.token()
	return err
}

func (d *reader) number(p *float64) error {
	tok, ok, err := d.expect('0', "a number")
	if !ok {
		return err
	}
	x, bad := strconv.ParseFloat(tok.String(), 64)
	if bad != nil || math.IsInf(x, 0) {
		d.fault("%s is too large for a number", cut(tok.String()))
		return nil
	}
	*p = x
	return nil
}

func (d *reader) numbers(p *[]float64) error {
	if _, ok, err := d.expect('[', "a list of numbers"); !ok {
		return err
	}
	d.row = d.row[:0]
	for n := 0; d.dec.PeekKind() != ']'; n++ {
		if n == maxItems {
			d.fault("has more than %d entries", maxItems)
			return errStop
		}
		var x float64
		d.push(step{index: n})
		if err := d.number(&x); err != nil {
			return err
		}
		d.pop()
		d.row = append(d.row, x)
	}
	*p = append(make([]float64, 0, len(d.row)), d.row...)
	_, err := d.token()
	return err
}

// time keeps the offset as it is written and never the machine's own zone.
func (d *reader) time(p *time.Time) error {
	tok, ok, err := d.expect('"', `a time like "2026-11-26T08:00:00+01:00"`)
	if !ok {
		return err
	}
	s := tok.String()
	var t time.Time
	if len(s) > 64 || t.UnmarshalText([]byte(s)) != nil {
		d.fault(`%s is no time: write it with its offset, like "2026-11-26T08:00:00+01:00" (RFC 3339)`, quote(s))
		return nil
	}
	_, offset := t.Zone()
	zone := d.zones[offset]
	if zone == nil {
		zone = time.UTC
		if offset != 0 {
			zone = time.FixedZone("", offset)
		}
		d.zones[offset] = zone
	}
	*p = t.In(zone)
	return nil
}

func (d *reader) carries(c *Carries) error {
	if d.dec.PeekKind() == '[' {
		return d.list(reflect.ValueOf(&c.Only).Elem())
	}
	want := right(reflect.TypeFor[Carries]())
	tok, ok, err := d.expect('"', want)
	if !ok {
		return err
	}
	switch s := tok.String(); s {
	case "all":
	case "own":
		c.OwnOnly = true
	default:
		d.fault("must be %s, not the text %s%s", want, quote(s), didYouMean(s, []string{"all", "own"}))
	}
	return nil
}

func (d *reader) litres(p *map[Class]float64) error {
	if _, ok, err := d.expect('{', "an object of litres by temperature class"); !ok {
		return err
	}
	*p = map[Class]float64{}
	for d.dec.PeekKind() != '}' {
		key, err := d.key()
		if err != nil {
			return err
		}
		i := slices.Index(Classes[:], Class(key))
		if i < 0 {
			d.fault("%s", noChoice(Class(key), Classes[:]))
			if err := d.skip(); err != nil {
				return err
			}
			continue
		}
		class := Classes[i]
		d.push(step{name: string(class)})
		var x float64
		if _, doubled := (*p)[class]; doubled {
			d.fault("is given twice in one object: keep one")
			err = d.skip()
		} else if err = d.number(&x); err == nil {
			(*p)[class] = x
		}
		if err != nil {
			return err
		}
		d.pop()
	}
	_, err := d.token()
	return err
}

// choice reads one of a few words.
func choice[T ~string](d *reader, p *T, words []T) error {
	tok, ok, err := d.expect('"', oneOf(words))
	if !ok {
		return err
	}
	if *p = T(tok.String()); !slices.Contains(words, *p) {
		d.fault("%s", noChoice(*p, words))
	}
	return nil
}

// noChoice says that a word is none of those that are possible.
func noChoice[T ~string](word T, words []T) string {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return fmt.Sprintf("%s is not known%s: use %s", quote(string(word)), didYouMean(string(word), names), oneOf(words))
}

func oneOf[T ~string](words []T) string {
	var s strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			s.WriteString(" or ")
		default:
			s.WriteString(", ")
		}
		s.WriteString(strconv.Quote(string(w)))
	}
	return s.String()
}

// didYouMean names the known word nearest to an unknown one, empty when none is near.
func didYouMean(word string, known []string) string {
	best, least := "", math.MaxInt
	for _, k := range known {
		limit := max(1, max(len(word), len(k))/3)
		if strings.EqualFold(word, k) || len(word) >= 4 && strings.HasPrefix(k, word) {
			limit = math.MaxInt / 2
		}
		if n := editDistance(word, k, min(limit, least-1)); n <= limit && n < least {
			best, least = k, n
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + quote(best) + "?"
}

// editDistance counts the letters to insert, delete, replace or exchange with their neighbour between two words (optimal
// string alignment); it is huge when the words differ in length by more than limit or have more than 64 bytes.
func editDistance(a, b string, limit int) int {
	const longest = 64
	if len(a) > longest || len(b) > longest || max(len(a)-len(b), len(b)-len(a)) > limit {
		return math.MaxInt
	}
	var before, last, row [longest + 1]int // of the prefixes of a that end two letters back, one back and here
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := range len(a) {
		before, last = last, row
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

func quote(s string) string { return strconv.Quote(cut(s)) }

// cut keeps messages short whatever they quote.
func cut(s string) string {
	const longest = 60
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}
