package dfc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/piprate/json-gold/ld"

	experimental "github.com/go-json-experiment/json"

	"carriole/engine"
)

// Limits of a document.
const (
	MaxBytes = 32 << 20 // when the caller names no limit

	maxDepth  = 64      // of nesting; an order inlined as a whole needs some 20
	maxThings = 500_000 // objects and lists; an order line with all that it refers to needs some 50
	maxTerms  = 200_000 // defined by all contexts of a document
	maxValues = 5000    // of one property of a node that is read
	maxTypes  = 50      // of a node
	maxHours  = 100     // of a place
	maxFaults = 1000    // reported one by one; the others are counted
)

// DefaultBase is what relative @ids are relative to when nothing else is said.
const DefaultBase = "https://dfc.invalid/"

// Options of reading.
type Options struct {
	MaxBytes int64  // 0: MaxBytes
	Base     string // of relative @ids; empty: DefaultBase
}

// Invalid is the error of a document that cannot be read at all.
type Invalid struct{ Faults []engine.Fault }

func (e *Invalid) Error() string {
	s := "the document is no JSON-LD that can be read"
	for i, f := range e.Faults {
		if i == 3 {
			return fmt.Sprintf("%s; … %d faults in all", s, len(e.Faults))
		}
		s += "; " + f.String()
	}
	return s
}

func invalid(path, format string, args ...any) error {
	return &Invalid{[]engine.Fault{{Path: path, Message: fmt.Sprintf(format, args...)}}}
}

// Graph is a document's nodes. The zero Graph is empty and of ontology 1.x.
type Graph struct {
	nodes    []*node // that something is said of: each @id once; and nodes without @id that stand by themselves
	byID     map[string]*node
	inverse  map[string]map[*node][]*node // property, to whom, by whom; made when asked for
	business string                       // namespace
	faults   faults                       // of reading
}

// A node has an @id, or is embedded in the one place that it stands in. Names are those of shortName.
type node struct {
	id     string
	types  []string
	values map[string][]value
	keys   map[string]bool // of the values, once a second mention was merged
	listed bool            // among the graph's nodes
}

// A value is a node, a literal or a list of values.
type value struct {
	node     *node
	literal  any // string, float64 or bool
	datatype string
	language string
	list     []value
	isList   bool
}

// Read reads a graph in any form that JSON-LD has: compact or expanded, nested or flat, values or lists of them, several mentions
// of one @id. An error that is no [*Invalid] is r's. What is read but not understood is among the faults of [Graph.Orders].
func Read(r io.Reader, opt Options) (*Graph, error) {
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = MaxBytes
	}
	if opt.Base == "" {
		opt.Base = DefaultBase
	}
	text, err := io.ReadAll(io.LimitReader(r, opt.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("dfc: reading: %w", err)
	}
	if int64(len(text)) > opt.MaxBytes {
		return nil, invalid("", "has more than %d bytes: send it in parts, of some orders each", opt.MaxBytes)
	}
	if err := scan(text); err != nil {
		return nil, err
	}
	var document any
	if err := experimental.Unmarshal(text, &document); err != nil {
		return nil, notJSON(err)
	}
	switch document.(type) {
	case map[string]any, []any:
	default:
		return nil, invalid("", "is neither an object nor a list of objects")
	}
	v := vetter{}
	if v.vet(document); v.faults.list != nil {
		return nil, &Invalid{v.faults.all()}
	}
	expanded, err := expand(document, opt.Base)
	if err != nil {
		return nil, err
	}
	g := &Graph{byID: map[string]*node{}}
	for _, x := range expanded {
		g.top(x)
	}
	return g, nil
}

// scan looks for nesting and for more objects than memory should hold, before any is made.
func scan(text []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	things := 0
	for {
		token, err := d.ReadToken()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return notJSON(err)
		case d.StackDepth() > maxDepth:
			return invalid(string(d.StackPointer()), "is nested more than %d deep", maxDepth)
		}
		if k := token.Kind(); k == '{' || k == '[' {
			if things++; things > maxThings {
				return invalid("", "has more than %d objects and lists: send it in parts, of some orders each", maxThings)
			}
		}
	}
}

func notJSON(err error) error {
	path, message := "", "is no JSON: "+err.Error()
	if wrong := (*jsontext.SyntacticError)(nil); errors.As(err, &wrong) {
		path, message = string(wrong.JSONPointer), fmt.Sprintf("is no JSON at byte %d: %v", wrong.ByteOffset, wrong.Err)
		if errors.Is(err, jsontext.ErrDuplicateName) {
			message = "is there twice: the name may stand once in an object"
		}
	}
	return invalid(path, "%s", message)
}

// A vetter looks for what would make expansion fetch something or take for ever.
type vetter struct {
	terms  int
	faults faults
}

func (v *vetter) vet(x any) {
	switch x := x.(type) {
	case []any:
		for _, y := range x {
			v.vet(y)
		}
	case map[string]any:
		for name, y := range x {
			if name == "@context" {
				v.context(y)
			} else {
				v.vet(y)
			}
		}
	}
}

func (v *vetter) context(x any) {
	before := v.terms
	switch x := x.(type) {
	case string:
		context, ok := knownContext(x)
		if !ok {
			v.faults.add("@context", false, "%q is not known here, and nothing is fetched: write the context into the document, or name one of datafoodconsortium.org", x)
		}
		v.terms += len(context)
	case []any:
		for _, y := range x {
			v.context(y)
		}
	case map[string]any:
		v.terms += len(x)
		for name, y := range x {
			definition, _ := y.(map[string]any)
			if _, scoped := definition["@context"]; scoped || name == "@import" {
				v.faults.add("@context", false, "%s: contexts inside of contexts are not read: define each term once, at the top", name)
			}
		}
	}
	if v.terms > maxTerms && before <= maxTerms {
		v.faults.add("@context", false, "the contexts of the document define more than %d terms: give one context for all of it", maxTerms)
	}
}

// expand is the expansion algorithm of JSON-LD. That the library should panic is a fault of the document that made it.
func expand(document any, base string) (expanded []any, err error) {
	defer func() {
		if p := recover(); p != nil {
			expanded, err = nil, invalid("", "cannot be expanded: %v", p)
		}
	}()
	options := ld.NewJsonLdOptions(base)
	options.DocumentLoader = contexts{}
	start := map[string]any{"@vocab": unknown}
	for _, p := range prefixes(business1) {
		start[p[0]] = p[1]
	}
	options.ExpandContext = start
	expanded, err = ld.NewJsonLdProcessor().Expand(document, options)
	if err != nil {
		return nil, invalid("", "is no JSON-LD: %v", err)
	}
	return expanded, nil
}

// top adds a node that stands by itself.
func (g *Graph) top(x any) {
	if m, ok := x.(map[string]any); ok {
		if n := g.read(m); n.id == "" && n.described() {
			g.nodes = append(g.nodes, n)
		}
	}
}

func (n *node) described() bool { return len(n.types) > 0 || len(n.values) > 0 }

// at is the node with an @id.
func (g *Graph) at(id string) *node {
	n := g.byID[id]
	if n == nil {
		n = &node{id: id, values: map[string][]value{}}
		if g.byID == nil {
			g.byID = map[string]*node{}
		}
		g.byID[id] = n
	}
	return n
}

// list puts a node with an @id among the graph's, once.
func (g *Graph) list(n *node) {
	if !n.listed {
		n.listed = true
		g.nodes = append(g.nodes, n)
	}
}

// read reads an expanded node and everything below it.
func (g *Graph) read(m map[string]any) *node {
	n := &node{values: map[string][]value{}}
	if id, ok := m["@id"].(string); ok {
		n = g.at(g.whole(id))
		if len(m) > 1 {
			g.list(n)
		}
	}
	mention := map[string][]value{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		x := m[name]
		switch name {
		case "@id", "@index":
		case "@type":
			for _, t := range each(x) {
				if t, ok := t.(string); ok {
					g.addType(n, t)
				}
			}
		case "@graph", "@included":
			for _, y := range each(x) {
				g.top(y)
			}
		case "@reverse":
			reverse, _ := x.(map[string]any)
			for _, property := range slices.Sorted(maps.Keys(reverse)) {
				if g.unknown(n, property) {
					continue
				}
				for _, y := range each(reverse[property]) {
					if y, ok := y.(map[string]any); ok && n.id != "" {
						g.read(y).merge(map[string][]value{g.short(property): {{node: n}}})
					}
				}
			}
		default:
			if g.unknown(n, name) {
				continue
			}
			short := g.short(name)
			for _, y := range each(x) {
				if v, ok := g.value(y); ok {
					mention[short] = append(mention[short], v)
				}
			}
		}
	}
	n.merge(mention)
	return n
}

// unknown says, aloud, whether a property is one that the document's context does not have.
func (g *Graph) unknown(n *node, property string) bool {
	word, ok := strings.CutPrefix(property, unknown)
	if ok {
		g.faults.add(n.id, true, "%s is not in the document's context: it was left out", word)
	}
	return ok
}

func (g *Graph) addType(n *node, iri string) {
	if word, ok := strings.CutPrefix(iri, unknown); ok {
		g.faults.add(n.id, true, "the type %s is not in the document's context: it was left out", word)
		return
	}
	short := g.short(iri)
	switch {
	case slices.Contains(n.types, short):
	case len(n.types) == maxTypes:
		g.faults.add(n.id, true, "has more than %d types: the others were left out", maxTypes)
	default:
		n.types = append(n.types, short)
	}
}

func each(x any) []any {
	if list, ok := x.([]any); ok {
		return list
	}
	return []any{x}
}

// whole undoes a prefix that a document uses without saying what it stands for.
func (g *Graph) whole(iri string) string {
	prefix, rest, ok := strings.Cut(iri, ":")
	if !ok || strings.HasPrefix(rest, "//") {
		return iri
	}
	for _, p := range prefixes(business1) {
		if p[0] == prefix {
			return p[1] + rest
		}
	}
	return iri
}

// short is shortName, and learns the namespace.
func (g *Graph) short(iri string) string {
	name, business := shortName(g.whole(iri))
	if g.business == "" {
		g.business = business
	}
	return name
}

func (g *Graph) value(x any) (v value, ok bool) {
	m, ok := x.(map[string]any)
	if !ok {
		return v, false
	}
	if literal, ok := m["@value"]; ok {
		v.datatype, _ = m["@type"].(string)
		v.language, _ = m["@language"].(string)
		switch x := literal.(type) {
		case string, float64, bool:
			v.literal = x
		default: // of the type @json
			text, err := json.Marshal(x)
			if err != nil {
				return v, false
			}
			v.literal = string(text)
		}
		return v, true
	}
	if list, ok := m["@list"]; ok {
		v.isList = true
		for _, y := range each(list) {
			if w, ok := g.value(y); ok {
				v.list = append(v.list, w)
			}
		}
		return v, true
	}
	return value{node: g.read(m)}, true
}

// merge adds what another mention of the node says and earlier ones did not.
func (n *node) merge(mention map[string][]value) {
	if len(n.values) == 0 && n.keys == nil {
		maps.Copy(n.values, mention)
		return
	}
	if n.keys == nil {
		n.keys = map[string]bool{}
		for name, values := range n.values {
			for _, v := range values {
				n.keys[v.key(name)] = true
			}
		}
	}
	for name, values := range mention {
		for _, v := range values {
			if k := v.key(name); !n.keys[k] {
				n.keys[k] = true
				n.values[name] = append(n.values[name], v)
			}
		}
	}
}

// key tells the values of a property apart.
func (v value) key(name string) string {
	var s strings.Builder
	s.WriteString(name)
	v.write(&s)
	return s.String()
}

func (v value) write(s *strings.Builder) {
	switch {
	case v.isList:
		s.WriteString("(")
		for _, w := range v.list {
			w.write(s)
		}
		s.WriteString(")")
	case v.node == nil:
		fmt.Fprintf(s, " %T%q^%q@%q", v.literal, fmt.Sprint(v.literal), v.datatype, v.language)
	case v.node.id != "":
		fmt.Fprintf(s, " <%q>", v.node.id)
	default:
		fmt.Fprintf(s, " [%q", v.node.types)
		for _, name := range slices.Sorted(maps.Keys(v.node.values)) {
			fmt.Fprintf(s, " %q", name)
			for _, w := range v.node.values[name] {
				w.write(s)
			}
		}
		s.WriteString("]")
	}
}

// NewGraph is an empty graph of ontology 1.x or, when second is true, of 2.0.
func NewGraph(second bool) *Graph {
	g := &Graph{business: business1}
	if second {
		g.business = business2
	}
	return g
}

// second says whether the graph is of ontology 2.
func (g *Graph) second() bool { return strings.Contains(g.business, "/v2.") }

// MarshalJSON writes the graph in compact JSON-LD with a context of its own: flat, each @id once.
func (g *Graph) MarshalJSON() ([]byte, error) {
	w := writer{prefixes: prefixes(g.space()), uses: map[string]use{}}
	for _, n := range g.nodes {
		w.look(n)
	}
	names := slices.Sorted(maps.Keys(w.uses))
	context := object{}
	for _, p := range w.prefixes {
		context.set(p[0], text(p[1]))
	}
	for _, name := range names {
		switch w.uses[name] {
		case reference:
			context.set(w.name(name), `{"@type":"@id"}`)
		case ordered:
			context.set(w.name(name), `{"@container":"@list"}`)
		case orderedReferences:
			context.set(w.name(name), `{"@type":"@id","@container":"@list"}`)
		}
	}
	var nodes array
	for _, n := range g.nodes {
		if n.described() {
			nodes.append(w.node(n))
		}
	}
	document := object{}
	document.set("@context", context.String())
	document.set("@graph", nodes.String())
	return []byte(document.String()), nil
}

func (g *Graph) space() string {
	if g.business == "" {
		return business1
	}
	return g.business
}

// use is what the values of a property have in common in the whole graph, which lets its context be short.
type use int

const (
	anything use = iota
	reference
	ordered
	orderedReferences
)

type writer struct {
	prefixes [][2]string
	uses     map[string]use
}

func (w *writer) look(n *node) {
	for name, values := range n.values {
		for _, v := range values {
			u := anything
			switch {
			case v.isList && len(values) == 1 && len(v.list) > 0 && !slices.ContainsFunc(v.list, func(x value) bool { return x.isList }):
				u = ordered
				if !slices.ContainsFunc(v.list, func(x value) bool { return x.node == nil }) {
					u = orderedReferences
				}
			case v.node != nil:
				u = reference
			}
			if before, ok := w.uses[name]; ok && before != u {
				u = anything
			}
			w.uses[name] = u
			w.below(v)
		}
	}
}

func (w *writer) below(v value) {
	if v.node != nil && v.node.id == "" {
		w.look(v.node)
	}
	for _, x := range v.list {
		w.below(x)
	}
}

// name is a short name as it is written.
func (w *writer) name(short string) string {
	if plainName(short) {
		return "dfc-b:" + short
	}
	return w.iri(short)
}

// iri is an IRI as it is written, with a prefix where there is one.
func (w *writer) iri(s string) string {
	for _, p := range w.prefixes {
		if rest, ok := strings.CutPrefix(s, p[1]); ok && rest != "" && !strings.HasPrefix(rest, "//") {
			return p[0] + ":" + rest
		}
	}
	return s
}

func (w *writer) node(n *node) string {
	out := object{}
	if n.id != "" {
		out.set("@id", text(w.iri(n.id)))
	}
	var types array
	for _, t := range n.types {
		types.append(text(w.name(t)))
	}
	if len(types) > 0 {
		out.set("@type", types.short())
	}
	for _, name := range slices.Sorted(maps.Keys(n.values)) {
		u := w.uses[name]
		var values array
		for _, v := range n.values[name] {
			switch u {
			case ordered, orderedReferences:
				for _, x := range v.list {
					values.append(w.value(x, u == orderedReferences))
				}
			default:
				values.append(w.value(v, u == reference))
			}
		}
		if u == ordered || u == orderedReferences {
			out.set(w.name(name), values.String())
		} else {
			out.set(w.name(name), values.short())
		}
	}
	return out.String()
}

func (w *writer) value(v value, isReference bool) string {
	switch {
	case v.isList:
		var list array
		for _, x := range v.list {
			list.append(w.value(x, false))
		}
		return `{"@list":` + list.String() + `}`
	case v.node != nil && v.node.id == "":
		return w.node(v.node)
	case v.node != nil && isReference:
		return text(w.iri(v.node.id))
	case v.node != nil:
		return `{"@id":` + text(w.iri(v.node.id)) + `}`
	}
	plain := literal(v.literal)
	if v.datatype == "" && v.language == "" {
		return plain
	}
	out := object{}
	if v.datatype != "" {
		out.set("@type", text(w.iri(v.datatype)))
	}
	if v.language != "" {
		out.set("@language", text(v.language))
	}
	out.set("@value", plain)
	return out.String()
}

func literal(x any) string {
	switch x := x.(type) {
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	case string:
		return text(x)
	}
	return "null"
}

// text is a string in JSON.
func text(s string) string {
	b, _ := jsontext.AppendQuote(nil, s) // what is not UTF-8 is replaced
	return string(b)
}

// object and array are JSON in the making; an object keeps the order of its members.
type (
	object struct{ strings.Builder }
	array  []string
)

func (o *object) set(name, json string) {
	if o.Len() > 0 {
		o.WriteByte(',')
	}
	o.WriteString(text(name))
	o.WriteByte(':')
	o.WriteString(json)
}

func (o *object) String() string { return "{" + o.Builder.String() + "}" }

func (a *array) append(json string) { *a = append(*a, json) }

func (a array) String() string { return "[" + strings.Join(a, ",") + "]" }

// short is the only element, or all of them.
func (a array) short() string {
	if len(a) == 1 {
		return a[0]
	}
	return a.String()
}

// faults collects up to maxFaults and counts the rest.
type faults struct {
	list []engine.Fault
	more int
	said map[engine.Fault]bool
}

func (f *faults) add(path string, warning bool, format string, args ...any) {
	x := engine.Fault{Path: path, Message: fmt.Sprintf(format, args...), Warning: warning}
	if f.said[x] {
		return
	}
	if len(f.list) >= maxFaults {
		f.more++
		return
	}
	if f.said == nil {
		f.said = map[engine.Fault]bool{}
	}
	f.said[x] = true
	f.list = append(f.list, x)
}

func (f *faults) all() []engine.Fault {
	if f.more == 0 {
		return f.list
	}
	return append(f.list, engine.Fault{Message: fmt.Sprintf("and %d more", f.more), Warning: !slices.ContainsFunc(f.list, func(x engine.Fault) bool { return !x.Warning })})
}
