package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/dfc"
	"carriole/api/store"
	"carriole/engine"
)

// graphType is JSON-LD's.
const graphType = "application/ld+json"

// Weeks that are planned while their callers wait.
const (
	mostSolving   = 1
	usualSeconds  = 5
	longestSolved = 60
)

const graphText = "Plans what a graph of the Data Food Consortium (JSON-LD) asks to be carried, and gives the graph back with the plan in it: orders, or shipments where it has no orders, go in; " +
	"Vehicle, Shipment, Route and Step come out, in the words of the ontology's version that came in. Nothing is kept.\n\n" +
	"Stocks lie at places (isFulfilledBy, constituedBy, isStoredIn), orders go to places (selects, pickedUpAt or deliveredAt), places have addresses with latitude and longitude and hours. " +
	"Vehicles of the graph carry (basedAt, hasQuantity, isAvailableDuring, refrigerated, frozen); a producer without any is given a small van. What is taken for granted, and each line that no vehicle can carry, " +
	"is a schema:Comment with the node that it is about. What cannot be used refuses the whole (422), each with its @id, or is such a comment with partial=true.\n\n" +
	"Contexts are not fetched: those of datafoodconsortium.org and w3id.org/dfc are known, another one must stand in the document."

type graphInput struct {
	Partial bool   `query:"partial" doc:"Plan what can be used, and note the rest."`
	Seconds int    `query:"seconds" minimum:"1" maximum:"60" default:"5" doc:"How long a better plan is looked for at most."`
	Base    string `query:"base" maxLength:"500" doc:"The IRI under which what is made has its @ids, ending in / or #. Left out: one of the document's own, so that the same document has the same."`
	RawBody []byte `contentType:"application/ld+json"`
}

type graphOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func graphs(s *Service) {
	handleWith(s, route{id: "plan-graph", method: http.MethodPost, path: "/v1/graph/plan", subject: "graphs", act: "plan", who: sellers, summary: "Plan a graph", text: graphText,
		body: s.config.Limits.OrdersBody, time: (longestSolved + 20) * time.Second},
		func(op *huma.Operation) {
			anything := &huma.Schema{Type: huma.TypeObject, Description: "A graph in JSON-LD."}
			op.SkipValidateBody = true
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{graphType: {Schema: anything}}}
			op.Responses["200"] = &huma.Response{Description: "The graph with its plan.", Content: map[string]*huma.MediaType{graphType: {Schema: anything}}}
		},
		func(ctx context.Context, c *call, in *graphInput) (*graphOutput, error) {
			body, err := s.planGraph(ctx, in)
			if err != nil {
				return nil, err
			}
			return &graphOutput{graphType, body}, nil
		})
}

func (s *Service) planGraph(ctx context.Context, in *graphInput) ([]byte, error) {
	sum := sha256.Sum256(in.RawBody)
	name := hex.EncodeToString(sum[:10])
	base := cmp.Or(in.Base, "urn:carriole:"+name+"/")
	if !strings.Contains(base, ":") || !strings.HasSuffix(base, "/") && !strings.HasSuffix(base, "#") || strings.ContainsAny(base, " <>\"{}|\\^`") {
		return nil, refuse(http.StatusUnprocessableEntity, count(1), Fault{"query.base", "must be an IRI that ends in / or #"})
	}
	graph, err := dfc.Read(bytes.NewReader(in.RawBody), dfc.Options{MaxBytes: s.config.Limits.OrdersBody})
	if err != nil {
		return nil, err
	}
	orders, faults := graph.Orders(nil)
	week, lines, more := orders.Week(name, nil)
	faults = append(faults, more...)
	if !in.Partial && !onlyWarnings(faults) {
		return nil, graphProblem(http.StatusUnprocessableEntity, faults)
	}
	plan, err := s.solve(ctx, week, time.Duration(cmp.Or(in.Seconds, usualSeconds))*time.Second)
	if e, ok := errors.AsType[*engine.InvalidWeek](err); ok {
		return nil, graphProblem(http.StatusUnprocessableEntity, e.Faults)
	}
	if err != nil {
		return nil, err
	}
	transport := dfc.FromPlan(week, plan, lines.Naming(base))
	transport.Notes = append(transport.Notes, dfc.Notes(faults)...)
	graph.Put(transport)
	return graph.MarshalJSON()
}

// solve plans a week while its caller waits: as many at once as have a place.
func (s *Service) solve(ctx context.Context, week *engine.Week, limit time.Duration) (*engine.Plan, error) {
	select {
	case s.solving <- struct{}{}:
		defer func() { <-s.solving }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := time.Now()
	searching, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	share := func() float64 { return min(1, float64(time.Since(began))/float64(limit)) }
	plan, err := engine.Solve(searching, week, nil, engine.Options{Seed: 1, Share: share, Shares: -1})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return plan, err
}

// graphOrders are the orders of a graph on their way into a sale.
type graphOrders struct {
	orders *dfc.Orders
	faults []engine.Fault // warnings alone
	create bool           // also what they name and the collective does not have
}

func readGraph(body []byte) (*batch, error) {
	graph, err := dfc.Read(bytes.NewReader(body), dfc.Options{MaxBytes: int64(len(body))})
	if err != nil {
		return nil, err
	}
	orders, faults := graph.Orders(nil)
	if !onlyWarnings(faults) {
		return nil, graphProblem(http.StatusUnprocessableEntity, faults)
	}
	return &batch{graph: &graphOrders{orders: orders, faults: faults}}, nil
}

func onlyWarnings(faults []engine.Fault) bool {
	return !slices.ContainsFunc(faults, func(f engine.Fault) bool { return !f.Warning })
}

// put writes the orders in a scope that is one transaction.
func (g *graphOrders) put(ctx context.Context, scope *store.Scope, sale store.ID) (orders []store.Order, puts []store.Put, come *made, warnings []Fault, err error) {
	p, faults, err := dfc.Propose(ctx, scope, sale, g.orders)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if !g.create {
		missing := func(noun, ref string) {
			faults = append(faults, engine.Fault{Path: ref, Message: "is no " + noun + " here: make one with this ref, or send the orders with create=true"})
		}
		for _, x := range p.Products {
			missing("product", x.Ref)
		}
		for _, x := range p.PickupPoints {
			missing("pickup point", x.Ref)
		}
	}
	if !onlyWarnings(faults) {
		return nil, nil, nil, nil, graphProblem(http.StatusUnprocessableEntity, faults)
	}
	if puts, err = p.Apply(ctx, scope); err != nil {
		return nil, nil, nil, nil, err
	}
	for _, f := range append(slices.Clone(g.faults), faults...) {
		warnings = append(warnings, Fault{f.Path, f.Message})
	}
	if p.New() > 0 {
		come = &made{len(p.Places), len(p.Producers), len(p.PickupPoints), len(p.Products)}
	}
	return p.Orders, puts, come, warnings, nil
}
