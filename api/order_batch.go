package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"carriole/api/store"
)

func (s *Service) describePutOrders(op *huma.Operation) {
	schemas := s.huma.OpenAPI().Components.Schemas
	op.SkipValidateBody = true // readBatch is as strict, and tells all faults
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(typeOf[newOrders](), true, "")},
		graphType:          {Schema: &huma.Schema{Type: huma.TypeObject, Description: "A graph of orders in JSON-LD."}},
	}}
	op.Responses["200"] = &huma.Response{Description: "All orders were written.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(typeOf[putResult](), true, "")},
	}}
}

// A batch is orders on their way into the store. Products and pickup points that came by their refs are in refs until
// they are found.
type batch struct {
	orders []store.Order
	refs   []batchRef
	lines  *csvLines // where the orders stand, when they came as CSV
	graph  *graphOrders
	faults []store.Fault
	more   int // faults that are not kept

	made     *made // of a graph
	warnings []Fault
}

// batchRef is a ref that stands for an id: of the product of a line, or, where line is below 0, of the pickup point.
type batchRef struct {
	ref         string
	order, line int
}

// mostFaults are told of one batch.
const mostFaults = 1000

func (b *batch) fault(path, format string, args ...any) {
	if len(b.faults) >= mostFaults {
		b.more++
		return
	}
	b.faults = append(b.faults, store.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (b *batch) err() error {
	if len(b.faults) == 0 {
		return nil
	}
	e := &store.Error{Code: store.Invalid, Faults: b.faults}
	if b.more > 0 {
		e.Message = fmt.Sprintf("%d faults, the first %d are listed", len(b.faults)+b.more, len(b.faults))
	}
	return b.locate(e)
}

// readBatch reads JSON or CSV.
func readBatch(contentType string, body []byte) (*batch, error) {
	if contentType == "" {
		contentType = "application/json"
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if charset := params["charset"]; err == nil && charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, refuse(http.StatusUnsupportedMediaType, "The body must be in UTF-8.")
	}
	var b *batch
	switch {
	case err == nil && kind == "application/json":
		b, err = readOrdersJSON(body)
	case err == nil && kind == "text/csv":
		b, err = readOrdersCSV(body)
	case err == nil && kind == graphType:
		b, err = readGraph(body)
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "Orders come as application/json, text/csv or application/ld+json.")
	}
	if err == nil {
		err = b.err()
	}
	return b, err
}

// put writes the batch in a scope that is one transaction.
func (b *batch) put(ctx context.Context, scope *store.Scope, sale store.ID) (puts []store.Put, err error) {
	if b.graph != nil {
		b.orders, puts, b.made, b.warnings, err = b.graph.put(ctx, scope, sale)
	} else if err = b.find(ctx, scope); err == nil {
		puts, err = scope.PutOrders(ctx, sale, b.orders)
	}
	if err != nil {
		return nil, b.locate(err)
	}
	return puts, nil
}

// answer is what the interface answers to what was put.
func (b *batch) answer(puts []store.Put) ([]byte, error) {
	out := putResult{Orders: make([]put, len(puts)), Made: b.made, Warnings: b.warnings}
	counts := map[store.PutStatus]*int{store.PutCreated: &out.Created, store.PutReplaced: &out.Replaced, store.PutCancelled: &out.Cancelled, store.PutUnchanged: &out.Unchanged}
	for i, p := range puts {
		*counts[p.Status]++
		out.Orders[i] = put{p.ID, b.orders[i].Ref, p.Status}
	}
	return json.Marshal(&out)
}

// find puts ids in the place of refs.
func (b *batch) find(ctx context.Context, scope *store.Scope) error {
	var products, points refSet
	for _, r := range b.refs {
		if r.line < 0 {
			points.add(r.ref)
		} else {
			products.add(r.ref)
		}
	}
	var foundProducts, foundPoints map[string]store.ID
	var err error
	if len(products.list) > 0 {
		if foundProducts, err = scope.ProductsByRef(ctx, products.list); err != nil {
			return err
		}
	}
	if len(points.list) > 0 {
		if foundPoints, err = scope.PickupPointsByRef(ctx, points.list); err != nil {
			return err
		}
	}
	var missing []batchRef
	for _, r := range b.refs {
		x := &b.orders[r.order]
		to, found := &x.PickupPoint, foundPoints
		if r.line >= 0 {
			to, found = &x.Lines[r.line].Product, foundProducts
		}
		if *to = found[r.ref]; *to == "" {
			missing = append(missing, r)
		}
	}
	slices.SortFunc(missing, func(a, b batchRef) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.line, b.line)) })
	b.faults, b.more = nil, 0
	for _, r := range missing {
		if r.line < 0 {
			b.fault(fmt.Sprintf("orders[%d].pickup_point_ref", r.order), "no pickup point has the ref %q", r.ref)
		} else {
			b.fault(fmt.Sprintf("orders[%d].lines[%d].product_ref", r.order, r.line), "no product has the ref %q", r.ref)
		}
	}
	return b.err()
}

// unfound stands for an id until its ref is found.
const unfound store.ID = "?"

const twice = "is named by its id and by its ref: name it once"

// refer takes an id, or keeps a ref to be found.
func (b *batch) refer(order, line int, doubled func(), id, ref string) store.ID {
	switch {
	case id != "" && ref != "":
		doubled()
	case ref != "":
		b.refs = append(b.refs, batchRef{ref, order, line})
		return unfound
	}
	return store.ID(id)
}

type refSet struct {
	known map[string]bool
	list  []string
}

func (s *refSet) add(ref string) {
	if s.known == nil {
		s.known = map[string]bool{}
	}
	if !s.known[ref] {
		s.known[ref] = true
		s.list = append(s.list, ref)
	}
}

// csvLines says in which lines of a file orders begin, and where their lines are.
type csvLines struct {
	order []int
	lines [][]int
}

var batchPath = regexp.MustCompile(`^orders\[(\d+)\](?:\.lines\[(\d+)\])?\.?(.*)$`)

// locate says the places of faults in terms of what was sent.
func (b *batch) locate(err error) error {
	e, ok := errors.AsType[*store.Error](err)
	if !ok || b.lines == nil {
		return err
	}
	out := *e
	out.Faults = make([]store.Fault, len(e.Faults))
	for i, f := range e.Faults {
		out.Faults[i] = f
		m := batchPath.FindStringSubmatch(f.Path)
		if m == nil {
			continue
		}
		order, _ := strconv.Atoi(m[1])
		at := b.lines.order[order]
		if line, err := strconv.Atoi(m[2]); err == nil {
			at = b.lines.lines[order][line]
		}
		out.Faults[i].Path = fmt.Sprintf("line %d", at)
		if m[3] != "" {
			out.Faults[i].Path += ", " + m[3]
		}
	}
	return &out
}

// plainText says whether the store can keep a text: whatever is refused here would break a statement.
func plainText[T string | []byte](s T) bool { return bytes.IndexByte([]byte(s), 0) < 0 }
