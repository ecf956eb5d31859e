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
// they are found. One with faults is looked at to the end, so that all are told at once, and then refused.
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
	return e
}

// readBatch reads JSON or CSV. What is wrong with orders that can be read is among the batch's faults.
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
	return b, err
}

// put writes the batch in a scope that is one transaction.
func (b *batch) put(ctx context.Context, scope *store.Scope, sale store.ID) (puts []store.Put, err error) {
	if b.graph != nil {
		b.orders, puts, b.made, b.warnings, err = b.graph.put(ctx, scope, sale)
	} else {
		var missing []batchRef
		switch missing, err = b.find(ctx, scope); {
		case err == nil && len(b.orders) == 0 && len(b.faults) > 0:
			err = b.err()
		case err == nil:
			puts, err = scope.PutOrders(ctx, sale, b.orders) // which refuses what was not found
			err = b.tell(missing, err)
		}
	}
	if err != nil {
		return nil, err // with which the transaction ends: nothing is written
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

// find puts ids in the place of refs, and says which refs nothing has.
func (b *batch) find(ctx context.Context, scope *store.Scope) (missing []batchRef, err error) {
	var products, points refSet
	for _, r := range b.refs {
		if r.line < 0 {
			points.add(r.ref)
		} else {
			products.add(r.ref)
		}
	}
	var foundProducts, foundPoints map[string]store.ID
	if len(products.list) > 0 {
		if foundProducts, err = scope.ProductsByRef(ctx, products.list); err != nil {
			return nil, err
		}
	}
	if len(points.list) > 0 {
		if foundPoints, err = scope.PickupPointsByRef(ctx, points.list); err != nil {
			return nil, err
		}
	}
	for _, r := range b.refs {
		x := &b.orders[r.order]
		to, found := &x.PickupPoint, foundPoints
		if r.line >= 0 {
			to, found = &x.Lines[r.line].Product, foundProducts
		}
		if id := found[r.ref]; id != "" {
			*to = id
		} else {
			missing = append(missing, r)
		}
	}
	return missing, nil
}

// tell puts together what reading has found, which refs nothing has, and the store's error.
func (b *batch) tell(missing []batchRef, err error) error {
	e, ok := errors.AsType[*store.Error](err)
	if err != nil && (!ok || e.Code != store.Invalid) || err == nil && len(b.faults) == 0 {
		return err
	}
	if err == nil {
		return b.err()
	}
	all := map[string]store.Fault{} // by what the store calls it
	for _, r := range missing {
		if r.line < 0 {
			all[fmt.Sprintf("orders[%d].pickup_point", r.order)] = store.Fault{Path: fmt.Sprintf("orders[%d].pickup_point_ref", r.order), Message: fmt.Sprintf("no pickup point has the ref %q", r.ref)}
		} else {
			all[fmt.Sprintf("orders[%d].lines[%d].product", r.order, r.line)] = store.Fault{Path: fmt.Sprintf("orders[%d].lines[%d].product_ref", r.order, r.line), Message: fmt.Sprintf("no product has the ref %q", r.ref)}
		}
	}
	out := *e
	out.Faults = slices.Clone(e.Faults)
	for i, f := range out.Faults {
		if told, ok := all[f.Path]; ok {
			out.Faults[i] = told
		}
	}
	out.Faults = b.locate(&out).Faults
	out.Faults = append(slices.DeleteFunc(out.Faults, func(f store.Fault) bool {
		return slices.ContainsFunc(b.faults, func(read store.Fault) bool { // which says better what is wrong there
			return covers(f.Path, read.Path) || covers(read.Path, f.Path)
		})
	}), b.faults...)
	place := func(f store.Fault) (order, line int) {
		m := batchPath.FindStringSubmatch(f.Path)
		if m == nil {
			if n, _ := fmt.Sscanf(f.Path, "line %d", &order); n == 1 {
				return order, 0
			}
			return -1, -1
		}
		order, _ = strconv.Atoi(m[1])
		if line, err = strconv.Atoi(m[2]); err != nil {
			line = -1
		}
		return order, line
	}
	slices.SortStableFunc(out.Faults, func(a, b store.Fault) int {
		orderA, lineA := place(a)
		orderB, lineB := place(b)
		return cmp.Or(cmp.Compare(orderA, orderB), cmp.Compare(lineA, lineB))
	})
	return &out
}

// covers says whether a path is of something within another's, or named alike, as pickup_point, Pickup_point and pickup_point_ref are.
func covers(outer, inner string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(wireNames.Replace(inner)), strings.ToLower(wireNames.Replace(outer)))
	return ok && (rest == "" || strings.ContainsRune(".,_[", rune(rest[0])))
}

// unfound stands for an id until its ref is found: no id is like it.
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

// locate says the places of the store's faults in terms of what was sent.
func (b *batch) locate(e *store.Error) *store.Error {
	if b.lines == nil {
		return e
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
