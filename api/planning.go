package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-json-experiment/json"

	"carriole/api/planning"
	"carriole/api/store"
)

// planningDoc is the planning of a sale that waits, runs or was last.
type planningDoc struct {
	Sale     store.ID            `json:"sale"`
	State    store.PlanningState `json:"state" enum:"waiting,running,planned,failed,cancelled"`
	Asked    time.Time           `json:"asked" doc:"When it was asked for."`
	Changed  time.Time           `json:"changed" doc:"When it was last heard of."`
	Runs     int64               `json:"runs" doc:"How often a worker has begun it."`
	Again    bool                `json:"again" doc:"It was asked for again meanwhile, and is done again after this."`
	Progress *progressDoc        `json:"progress,omitzero" doc:"How far the search is, while it runs."`
	Plan     store.ID            `json:"plan,omitzero" doc:"What came of it."`
	Reason   string              `json:"reason,omitzero" doc:"Why it failed."`
	Faults   []planFault         `json:"faults,omitzero" doc:"What keeps the sale from being planned, or, of one that is planned, warnings alone: vehicles under other rules, locks without effect."`
}

type progressDoc struct {
	Share      float64 `json:"share" doc:"Of the time, 0 to 1."`
	ObjectiveM float64 `json:"objective_m" doc:"Of the best plan so far: added metres, and what handovers count as."`
	UnservedKg float64 `json:"unserved_kg" doc:"Of the best plan so far."`
	Iterations int     `json:"iterations"`
}

type planFault struct {
	Path    string `json:"path" doc:"What it is about, by id." example:"orders[k3v7x2m4q5w6e7r8t9y0].lines[0].kg"`
	Name    string `json:"name,omitzero" doc:"What people call it: an order's reference, a place's name."`
	Message string `json:"message" doc:"What is wrong and what would be right."`
	Warning bool   `json:"warning,omitzero"`
}

func planningDocOf(p *store.Planning) (*planningDoc, error) {
	if p == nil {
		return nil, nil
	}
	d := &planningDoc{Sale: p.Sale, State: p.State, Asked: p.Asked, Changed: p.Changed, Runs: p.Runs, Again: p.Next != nil, Plan: p.Plan, Reason: p.Reason}
	if len(p.Progress) > 0 && p.State == store.PlanningRuns {
		d.Progress = &progressDoc{}
		if err := json.Unmarshal(p.Progress, d.Progress); err != nil {
			return nil, fmt.Errorf("reading progress: %w", err)
		}
	}
	if len(p.Faults) > 0 {
		if err := json.Unmarshal(p.Faults, &d.Faults); err != nil {
			return nil, fmt.Errorf("reading faults: %w", err)
		}
	}
	return d, nil
}

// planOptions are planning.Options.
type planOptions struct {
	TimeS          float64  `json:"time_s,omitzero" minimum:"0" maximum:"1800" doc:"Seconds to search; by the number of orders if left out."`
	Iterations     int      `json:"iterations,omitzero" minimum:"0" maximum:"100000000" doc:"Steps to search instead of a time: the same steps, seed and week give the same plan."`
	Seed           uint64   `json:"seed,omitzero" doc:"Another one leads the search another way."`
	Anew           bool     `json:"anew,omitzero" doc:"From nothing: everything may change. Otherwise the newest plan is changed as little as possible."`
	BasedOn        store.ID `json:"based_on,omitzero" doc:"The plan of the sale to change; the newest if left out."`
	Fairness       *float64 `json:"fairness,omitzero" minimum:"0" maximum:"1" doc:"How much a large burden counts; with anew."`
	NobodyWorseOff *bool    `json:"nobody_worse_off,omitzero" doc:"Nobody drives further than alone; with anew."`
	NoHandovers    bool     `json:"no_handovers,omitzero" doc:"Goods ride one round all the way; with anew."`
	AskAgain       bool     `json:"ask_again,omitzero" doc:"What carriers answered so far does not count: all are asked again."`
	Reason         string   `json:"reason,omitzero" maxLength:"500" doc:"Kept with the plan."`
}

func (o planOptions) options() planning.Options { return planning.Options(o) }

type (
	planningOutput struct {
		Status   int
		Location string `header:"Location" doc:"Where the planning can be followed."`
		Body     *planningDoc
	}
	closedDoc struct {
		Sale     sale         `json:"sale"`
		Planning *planningDoc `json:"planning,omitzero" doc:"That is under way, or was last."`
		Plan     *planDoc     `json:"plan,omitzero" doc:"The newest, if there is one."`
	}
	closedOutput struct {
		Status int
		Body   *closedDoc
	}
	requestPlanInput struct {
		ID   store.ID `path:"id"`
		Body *planOptions
	}
)

// accepted is the answer to what is planned now.
func accepted(p *store.Planning) (*planningOutput, error) {
	d, err := planningDocOf(p)
	if err != nil {
		return nil, err
	}
	return &planningOutput{Status: http.StatusAccepted, Location: "/v1/sales/" + string(p.Sale) + "/planning", Body: d}, nil
}

func plannings(s *Service) {
	p := s.config.Planning
	status := func(code int) func(*huma.Operation) {
		return func(op *huma.Operation) { op.DefaultStatus = code }
	}
	handle(s, route{id: "close-sale", method: http.MethodPost, path: "/v1/sales/{id}/close", subject: "sales", act: "close", who: sellers, summary: "Close a sale and have it planned",
		text: "Closing again changes nothing, but where orders have come in since the newest plan they are planned in with the least change. Of any number of calls at once one asks for the plan. 202 while something is being planned, 200 when nothing is."},
		func(ctx context.Context, c *call, in *idInput) (*closedOutput, error) {
			got, err := p.Close(ctx, c.scope, in.ID)
			if err != nil {
				return nil, err
			}
			d, err := planningDocOf(got.Planning)
			if err != nil {
				return nil, err
			}
			out := &closedOutput{http.StatusOK, &closedDoc{saleDoc(got.Sale), d, nil}}
			if got.Plan != nil {
				plan := planDocOf(got.Plan)
				out.Body.Plan = &plan
			}
			if d != nil && (d.State == store.PlanningWaits || d.State == store.PlanningRuns) {
				out.Status = http.StatusAccepted
			}
			return out, nil
		})
	handleWith(s, route{id: "request-plan", method: http.MethodPost, path: "/v1/sales/{id}/plans", subject: "plannings", who: coordinators, summary: "Have a sale planned",
		text: "The plan is made by a worker; follow it at the planning's address or by its progress. What is asked for while the sale is being planned is done after it. A sale can be planned before it is closed, to see how it goes."},
		status(http.StatusAccepted),
		func(ctx context.Context, c *call, in *requestPlanInput) (*planningOutput, error) {
			var o planOptions
			if in.Body != nil {
				o = *in.Body
			}
			got, err := p.Request(ctx, c.scope, in.ID, o.options())
			if err != nil {
				return nil, err
			}
			return accepted(got)
		})
	sees := access{Coordinator: all, Marketplace: all, Reader: all}
	handle(s, route{id: "get-planning", method: http.MethodGet, path: "/v1/sales/{id}/planning", subject: "plannings", who: sees, summary: "See how far the planning of a sale is",
		text: "The one that waits, runs or was last: why it failed, or the plan that came of it."},
		func(ctx context.Context, c *call, in *idInput) (*planningOutput, error) {
			got, err := c.scope.Planning(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			d, err := planningDocOf(got)
			return &planningOutput{Status: http.StatusOK, Body: d}, err
		})
	handle(s, route{id: "cancel-planning", method: http.MethodDelete, path: "/v1/sales/{id}/planning", subject: "plannings", who: coordinators, summary: "Cancel the planning of a sale",
		text: "One that waits or runs ends without a plan."},
		func(ctx context.Context, c *call, in *idInput) (*nothing, error) {
			return nil, p.Cancel(ctx, c.scope, in.ID)
		})
	handleWith(s, route{id: "follow-planning", method: http.MethodGet, path: "/v1/sales/{id}/progress", subject: "plannings", who: sees, summary: "Follow the planning of a sale",
		text: "Server-sent events: *planning* with the document of the planning at each change, the last one when it has ended and nothing is asked for again; then the stream ends.", time: -1},
		func(op *huma.Operation) {
			op.Responses["200"] = &huma.Response{Description: "Events, each with the document of the planning.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}}
		},
		s.follow)
}

const (
	mostStreams = 1000                   // side by side, each of which looks into the database
	lookEach    = 500 * time.Millisecond // at how far it is
	stayAwake   = 15 * time.Second       // without a change a comment is sent, so that no proxy takes the stream for dead
)

// follow streams how far a planning is, which another machine may be at: it looks at the database until it is over.
func (s *Service) follow(ctx context.Context, c *call, in *idInput) (*huma.StreamResponse, error) {
	first, err := c.scope.Planning(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if s.streams.Add(1) > mostStreams {
		s.streams.Add(-1)
		p := refuse(http.StatusServiceUnavailable, "Too many are following at this moment: ask for the planning itself from time to time.")
		p.headers = http.Header{"Retry-After": {"10"}}
		return nil, p
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer s.streams.Add(-1)
		_, w := humachi.Unwrap(hc)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no")
		w.WriteHeader(http.StatusOK)
		if err := s.stream(hc.Context(), w, c, first); err != nil {
			s.log.Debug("a stream ended", "request_id", requestID(ctx), "error", err.Error())
		}
	}}, nil
}

func (s *Service) stream(ctx context.Context, w http.ResponseWriter, c *call, p *store.Planning) error {
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	look := time.NewTicker(lookEach)
	defer look.Stop()
	var before []byte
	sent := time.Now()
	for {
		d, err := planningDocOf(p)
		if err != nil {
			return err
		}
		text, err := json.Marshal(d)
		if err != nil {
			return err
		}
		switch {
		case !bytes.Equal(text, before):
			_, err = fmt.Fprintf(w, "event: planning\ndata: %s\n\n", text)
			before, sent = text, time.Now()
		case time.Since(sent) > stayAwake:
			_, err = fmt.Fprint(w, ": still there\n\n")
			sent = time.Now()
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil || p.Due.IsZero() {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopping.Done():
			return nil
		case <-look.C:
		}
		if p, err = c.scope.Planning(ctx, p.Sale); err != nil {
			return err
		}
	}
}
