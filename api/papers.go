package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/paper"
	"carriole/api/store"
	"carriole/engine/view"
)

// PaperAsked says which papers, and in which form.
type PaperAsked struct {
	Kind           paper.Kind `path:"kind" enum:"run-sheets,packing-lists,delivery-notes,crate-labels"`
	Round          string     `query:"round" maxLength:"200" doc:"Of run sheets, as in the plan's document; of the rest: what rides it."`
	PickupPoint    store.ID   `query:"pickup_point" doc:"What goes there alone."`
	Format         string     `query:"format" enum:"pdf,json" doc:"By the header Accept if left out, and pdf otherwise. json is what stands on the papers, for who lays them out."`
	Lang           view.Lang  `query:"lang" enum:"fr,en" doc:"By the header Accept-Language if left out, and French otherwise."`
	Accept         string     `header:"Accept" hidden:"true"`
	AcceptLanguage string     `header:"Accept-Language" hidden:"true"`
}

type (
	planPaperInput struct {
		ID store.ID `path:"id"`
		PaperAsked
		Producer store.ID `query:"producer" doc:"Of one farm, or of one driver, alone."`
	}
	producerPaperInput struct {
		ID   store.ID `path:"id"`
		Plan store.ID `query:"plan" required:"true" doc:"That is proposed, in force or driven."`
		PaperAsked
	}
	paperOutput struct {
		ContentType        string `header:"Content-Type"`
		ContentDisposition string `header:"Content-Disposition"`
		Vary               string `header:"Vary"`
		Body               []byte
	}
)

const paperText = "Run sheets, packing lists, delivery notes or crate labels, on A4. They name orders by their references, nobody who ordered, and no price. What is not known is a blank."

func papers(s *Service) {
	describe := func(op *huma.Operation) {
		op.Responses["200"] = &huma.Response{Description: "The papers; one that says so where there is nothing to print.", Content: map[string]*huma.MediaType{
			"application/pdf": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}, "application/json": {Schema: s.huma.OpenAPI().Components.Schemas.Schema(typeOf[paper.Document](), true, "PaperDocument")}}}
	}
	handleWith(s, route{id: "plan-papers", method: http.MethodGet, path: "/v1/plans/{id}/papers/{kind}", subject: "plans", who: access{Coordinator: all, Marketplace: all, Reader: all}, summary: "Print the papers of a plan",
		text: paperText}, describe,
		func(ctx context.Context, c *call, in *planPaperInput) (*paperOutput, error) {
			return s.papersOf(ctx, c, in.ID, &in.PaperAsked, paper.Query{Producer: in.Producer})
		})
	handleWith(s, route{id: "producer-papers", method: http.MethodGet, path: "/v1/producers/{id}/papers/{kind}", subject: "papers", who: ownReaders, summary: "Print a producer's papers",
		text: paperText + " Of a producer: their rounds, what they send, and the notes of what they carry for others."}, describe,
		func(ctx context.Context, c *call, in *producerPaperInput) (*paperOutput, error) {
			if only := c.producerOnly(); only != "" && only != in.ID {
				return nil, &store.Error{Code: store.NotFound, Message: "no producer has the id \"" + string(in.ID) + "\""}
			}
			if _, err := c.scope.Producer(ctx, in.ID); err != nil {
				return nil, err
			}
			plan, err := c.scope.Plan(ctx, in.Plan)
			if err != nil {
				return nil, err
			}
			if plan.State == store.Draft || plan.State == store.Superseded {
				return nil, &store.Error{Code: store.NotFound, Message: "the plan \"" + string(in.Plan) + "\" is " + string(plan.State) + ": a producer has papers of one that is proposed, published or done"}
			}
			return s.papersOf(ctx, c, in.Plan, &in.PaperAsked, paper.Query{For: in.ID})
		})
}

// papersOf makes papers in the form that is asked for; q says whose.
func (s *Service) papersOf(ctx context.Context, c *call, plan store.ID, in *PaperAsked, q paper.Query) (*paperOutput, error) {
	source, err := paper.Read(ctx, c.scope, s.config.Planning, plan)
	if err != nil {
		return nil, err
	}
	q.Kind, q.Round, q.PickupPoint, q.Lang, q.URL = in.Kind, in.Round, in.PickupPoint, langOf(in.Lang, in.AcceptLanguage), s.config.URL
	d := source.Make(q)
	out := &paperOutput{ContentType: "application/pdf", ContentDisposition: `inline; filename="` + d.Name + `.pdf"`, Vary: "Accept, Accept-Language"}
	if in.Format == "json" || in.Format == "" && strings.HasPrefix(strings.TrimSpace(in.Accept), "application/json") {
		out.ContentType, out.ContentDisposition = "application/json", ""
		out.Body, err = json.Marshal(d)
		return out, err
	}
	out.Body, err = d.PDF()
	return out, err
}
