package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

type (
	documentOutput struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	whatIfInput struct {
		ID             store.ID  `path:"id"`
		Lang           view.Lang `query:"lang" enum:"fr,en" doc:"Of the text; by the header Accept-Language if left out, and French otherwise."`
		AcceptLanguage string    `header:"Accept-Language" hidden:"true"`
		RawBody        []byte    `contentType:"application/json"`
	}
	alternativesInput struct {
		ID          store.ID `path:"id"`
		Consignment string   `path:"consignment" maxLength:"200"`
	}
	compareInput struct {
		ID             store.ID  `path:"id"`
		To             store.ID  `query:"to" required:"true" doc:"The other plan of the sale, whose differences are told."`
		Lang           view.Lang `query:"lang" enum:"fr,en" doc:"Of the text; by the header Accept-Language if left out, and French otherwise."`
		AcceptLanguage string    `header:"Accept-Language" hidden:"true"`
	}
	solveInput struct {
		TimeS       float64 `query:"time_s" minimum:"0" maximum:"20" doc:"Seconds to search; by the number of orders if left out."`
		Iterations  int     `query:"iterations" minimum:"0" maximum:"100000000" doc:"Steps to search instead of a time."`
		Seed        uint64  `query:"seed"`
		NoHandovers bool    `query:"no_handovers"`
		RawBody     []byte  `contentType:"application/json"`
	}
)

// documented says that an operation takes or answers with a document of the contract.
func documented(body, answer string) func(*huma.Operation) {
	return func(op *huma.Operation) {
		if body != "" {
			op.SkipValidateBody = true // the engine reads it, as strictly, and tells all faults
			op.RequestBody = &huma.RequestBody{Required: true, Description: body, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}}}
		}
		op.Responses["200"] = &huma.Response{Description: answer, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}}}
	}
}

// answerJSON answers with a document.
func answerJSON[T any](v *T) (*documentOutput, error) {
	b, err := json.Marshal(v)
	return &documentOutput{"application/json", b}, err
}

// unreadable says what is wrong with the form of a document that the engine reads.
func unreadable(err error) error {
	if bad, ok := errors.AsType[*engine.InvalidWeek](err); ok {
		e := &store.Error{Code: store.Invalid}
		for _, f := range bad.Faults {
			e.Faults = append(e.Faults, store.Fault{Path: f.Path, Message: f.Message})
		}
		return e
	}
	return refuse(http.StatusBadRequest, sentence(err.Error()))
}

func planQuestions(s *Service) {
	p := s.config.Planning
	handleWith(s, route{id: "what-if", method: http.MethodPost, path: "/v1/plans/{id}/what-if", subject: "plans", act: "question", who: coordinators, summary: "See what a change would do to a plan",
		text: "Late orders, a round cancelled or delayed, a van that breaks down, goods locked or refused: what would be otherwise, for whom and why. Nothing is stored."},
		documented("A change: now, orders, weighed, cancel_orders, cancel_lines, rounds, cancel_rounds, delays, vehicles, breakdowns, refuse, forbid, allow, lock, unlock.", "plan, the plan with the change; differences from the plan; and text, the same for people."),
		func(ctx context.Context, c *call, in *whatIfInput) (*documentOutput, error) {
			change, _, err := engine.ReadChange(bytes.NewReader(in.RawBody), 0)
			if err != nil {
				return nil, unreadable(err)
			}
			got, text, err := p.WhatIf(ctx, c.scope, in.ID, *change, langOf(in.Lang, in.AcceptLanguage))
			if err != nil {
				return nil, err
			}
			return answerJSON(&struct {
				Plan        *engine.Plan        `json:"plan"`
				Differences []engine.Difference `json:"differences"`
				Text        string              `json:"text"`
			}{got.Plan, got.Differences, text})
		})
	handleWith(s, route{id: "list-alternatives", method: http.MethodGet, path: "/v1/plans/{id}/consignments/{consignment}/alternatives", subject: "plans", act: "question", who: coordinators, summary: "List the other ways of a consignment",
		text: "Each with what it adds, how long it takes and what it changes for whom, the cheapest first."},
		documented("", "items, the ways."),
		func(ctx context.Context, c *call, in *alternativesInput) (*documentOutput, error) {
			got, err := p.Alternatives(ctx, c.scope, in.ID, in.Consignment)
			if err != nil {
				return nil, err
			}
			if got == nil {
				got = []engine.Alternative{}
			}
			return answerJSON(&struct {
				Items []engine.Alternative `json:"items"`
			}{got})
		})
	handleWith(s, route{id: "compare-plans", method: http.MethodGet, path: "/v1/plans/{id}/compare", subject: "plans", who: access{Coordinator: all, Marketplace: all, Reader: all}, summary: "Compare two plans of a sale",
		text: "What the other plan does otherwise, for whom and why."},
		documented("", "from and to, the plans; differences; and text, the same for people."),
		func(ctx context.Context, c *call, in *compareInput) (*documentOutput, error) {
			got, err := p.Compare(ctx, c.scope, in.ID, in.To, langOf(in.Lang, in.AcceptLanguage))
			if err != nil {
				return nil, err
			}
			if got.Differences == nil {
				got.Differences = []engine.Difference{}
			}
			return answerJSON(&struct {
				From        planDoc             `json:"from"`
				To          planDoc             `json:"to"`
				Differences []engine.Difference `json:"differences"`
				Text        string              `json:"text"`
			}{planDocOf(got.From), planDocOf(got.To), got.Differences, got.Text})
		})
	handleWith(s, route{id: "plan-week", method: http.MethodPost, path: "/v1/plan", subject: "weeks", act: "plan", who: sellers, summary: "Plan a week that is not stored", body: s.config.Limits.OrdersBody,
		text: "A week document in, a plan out, by the contract of the two. Nothing is kept. A large week takes longer than this allows: keep it as a sale and have that planned."},
		documented("A week.", "The plan."),
		func(ctx context.Context, _ *call, in *solveInput) (*documentOutput, error) {
			week, _, err := engine.ReadWeek(bytes.NewReader(in.RawBody), 0)
			if err != nil {
				return nil, unreadable(err)
			}
			plan, err := p.Plan(ctx, week, planning.Options{TimeS: in.TimeS, Iterations: in.Iterations, Seed: in.Seed, NoHandovers: in.NoHandovers})
			if err != nil {
				return nil, err
			}
			return answerJSON(plan)
		})
}
