package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-json-experiment/json"

	"carriole/api/address"
	"carriole/api/dfc"
	"carriole/api/intake"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// Problem is the body of every error, as in RFC 9457.
type Problem struct {
	Title   string  `json:"title" doc:"What the status means." example:"Unprocessable Entity"`
	Status  int     `json:"status" doc:"The HTTP status." example:"422"`
	Detail  string  `json:"detail,omitempty" doc:"What is wrong and what would be right." example:"The request has a fault."`
	Request string  `json:"request_id,omitempty" doc:"The request's id, to be named when asking about it; also in the header X-Request-Id."`
	Errors  []Fault `json:"errors,omitempty" doc:"Everything that is wrong with the input."`

	headers http.Header
}

// Fault is one thing wrong with an input.
type Fault struct {
	Location string `json:"location" doc:"Where: a path into the body, or header., path. or query. and a name." example:"orders[12].lines[0].product"`
	Message  string `json:"message" doc:"What is wrong and what would be right." example:"no product has the id \"x1\""`
}

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus makes a problem what huma answers with.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are sent with the problem.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is that of RFC 9457 whatever was asked for.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

func refuse(status int, detail string, faults ...Fault) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Errors: faults}
}

// statusClosed is logged when the client went away before the answer; nobody receives it.
const statusClosed = 499

// problem says an error in HTTP's terms. Nothing of an error that was not foreseen leaves the house: it is logged beside
// the request's id.
func (s *Service) problem(ctx context.Context, err error) *Problem {
	p := translate(err)
	if p == nil && ctx.Err() != nil { // not every driver says that this is why it broke off
		p = translate(ctx.Err())
	}
	if p == nil {
		s.log.LogAttrs(ctx, slog.LevelError, "unforeseen error", slog.String("request_id", requestID(ctx)), slog.String("error", err.Error()))
		p = refuse(http.StatusInternalServerError, "Something went wrong on our side. It is logged; name the request id when asking about it.")
	}
	p.Request = requestID(ctx)
	return p
}

// translate is the one place where errors become statuses; nil: not foreseen.
func translate(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*store.Error](err); ok {
		return translateStore(e)
	}
	if e, ok := errors.AsType[*dfc.Invalid](err); ok {
		return graphProblem(http.StatusBadRequest, e.Faults)
	}
	if e, ok := errors.AsType[*address.Error](err); ok {
		return translateAddress(e)
	}
	if e, ok := errors.AsType[*huma.ErrorModel](err); ok {
		return translateHuma(e)
	}
	if e, ok := errors.AsType[*intake.Invalid](err); ok {
		return translateImport(e)
	}
	if e, ok := errors.AsType[*documentFault](err); ok {
		return refuse(http.StatusBadRequest, count(1), Fault(*e))
	}
	switch {
	case errors.Is(err, planning.ErrBusy):
		p := refuse(http.StatusServiceUnavailable, sentence(err.Error()))
		p.headers = http.Header{"Retry-After": {"5"}}
		return p
	case errors.Is(err, address.ErrQuery):
		return refuse(http.StatusUnprocessableEntity, sentence(err.Error()))
	case errors.Is(err, context.Canceled):
		return &Problem{Title: "Client Closed Request", Status: statusClosed, Detail: "The client went away."}
	case errors.Is(err, context.DeadlineExceeded):
		p := refuse(http.StatusServiceUnavailable, "The answer took too long. Nothing was written; try again.")
		p.headers = http.Header{"Retry-After": {"5"}}
		return p
	}
	return nil
}

// graphProblem says what is wrong in a graph, each with the @id that it is about.
func graphProblem(status int, faults []engine.Fault) *Problem {
	p := refuse(status, "")
	for _, f := range faults {
		if !f.Warning {
			p.Errors = append(p.Errors, Fault{f.Path, f.Message})
		}
	}
	p.Detail = count(len(p.Errors))
	return p
}

// translateAddress is for what the address service refused; what may work later says when.
func translateAddress(e *address.Error) *Problem {
	p := refuse(http.StatusBadGateway, sentence(e.Error()))
	if e.Later {
		p = refuse(http.StatusServiceUnavailable, sentence(e.Error()))
		p.headers = http.Header{"Retry-After": {"5"}}
	}
	return p
}

func translateStore(e *store.Error) *Problem {
	statuses := map[store.Code]int{
		store.NotFound: http.StatusNotFound,
		store.Conflict: http.StatusConflict,
		store.Stale:    http.StatusPreconditionFailed,
		store.Invalid:  http.StatusUnprocessableEntity,
	}
	p := refuse(statuses[e.Code], sentence(e.Message))
	for _, f := range e.Faults {
		p.Errors = append(p.Errors, Fault{wireNames.Replace(f.Path), f.Message})
	}
	if p.Detail == "" {
		p.Detail = count(len(p.Errors))
	}
	return p
}

// translateImport is for a file that has faults.
func translateImport(e *intake.Invalid) *Problem {
	p := refuse(http.StatusUnprocessableEntity, "Nothing was imported: the file has faults.")
	for _, f := range e.Faults {
		at := "content"
		if f.Line > 0 {
			at = fmt.Sprintf("line %d", f.Line)
			if f.Column != "" {
				at += ", " + f.Column
			}
		}
		p.Errors = append(p.Errors, Fault{at, f.Message})
	}
	return p
}

// wireNames are how paths of the store read in documents.
var wireNames = strings.NewReplacer("room.grams", "kg", "room.ambient_ml", "litres.ambient", "room.chilled_ml", "litres.chilled", "room.frozen_ml", "litres.frozen",
	"ambient_ml", "litres.ambient", "chilled_ml", "litres.chilled", "frozen_ml", "litres.frozen", "grams", "kg", "millilitres", "litres")

func count(faults int) string {
	if faults == 1 {
		return "The request has a fault."
	}
	return "The request has faults: see errors."
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// translateHuma is for what huma found while it read parameters and body.
func translateHuma(e *huma.ErrorModel) *Problem {
	if e.Status >= http.StatusInternalServerError {
		return nil
	}
	p := refuse(e.Status, sentence(e.Detail))
	for _, d := range e.Errors {
		if d == nil {
			continue
		}
		f := Fault{strings.TrimPrefix(strings.TrimPrefix(d.Location, "body"), "."), d.Message}
		var name string
		if path, message, ok := strings.Cut(d.Message, "\x00"); ok { // a documentFault
			f = Fault{path, message}
		} else if n, _ := fmt.Sscanf(d.Message, validation.MsgExpectedRequiredProperty, &name); n == 1 {
			f = Fault{strings.TrimPrefix(f.Location+"."+name, "."), "is missing"}
		}
		p.Errors = append(p.Errors, f)
	}
	slices.SortStableFunc(p.Errors, func(a, b Fault) int { return strings.Compare(a.Location, b.Location) })
	if len(p.Errors) > 0 {
		p.Detail = count(len(p.Errors))
	}
	return p
}

// transform turns huma's own refusals into problems like all others.
func (s *Service) transform(ctx huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok {
		return s.problem(ctx.Context(), e), nil
	}
	return v, nil
}

// refuse answers with a problem where huma does not.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r.Context(), err)
	var body bytes.Buffer
	if err := json.MarshalWrite(&body, p); err != nil {
		s.log.Error("writing a problem", "error", err.Error())
	}
	h := w.Header()
	for name, values := range p.headers {
		h[name] = values
	}
	h.Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	w.Write(body.Bytes())
}
