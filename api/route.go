package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// grant is how far a role may go.
type grant int

const (
	none grant = iota
	own        // what belongs to the caller's producer
	all
)

// access says who may use a route: each role, and nobody, who has shown neither token nor session.
type access map[Role]grant

// Some of what is usual.
var (
	anybody      = access{Coordinator: all, Marketplace: all, Producer: all, Reader: all, Nobody: all}
	everyone     = access{Coordinator: all, Marketplace: all, Producer: all, Reader: all}
	coordinators = access{Coordinator: all}
	sellers      = access{Coordinator: all, Marketplace: all}
	readers      = access{Coordinator: all, Reader: all}
	ownReaders   = access{Coordinator: all, Producer: own, Reader: all}
)

// route is one operation of the interface. Who may use it stands here and nowhere else: it is what is enforced, what the
// documentation says, and what the README's table is made from.
type route struct {
	id      string // of the operation, as in list-vehicles
	method  string
	path    string
	subject string // what it is about, as in vehicles
	act     string // what it does to it; empty: read or change, by the method
	who     access
	summary string
	text    string
	body    int64         // the largest body in bytes; 0: Limits.Body
	time    time.Duration // the longest it may take, if longer than Limits.Time; below 0: as long as the client stays and the service does not stop
}

func (r *route) verb() string {
	switch {
	case r.act != "":
		return r.act
	case r.method == http.MethodGet:
		return "read"
	}
	return "change"
}

// operation is the route as OpenAPI tells it.
func (s *Service) operation(r route) huma.Operation {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary,
		Description:     strings.TrimSpace(r.text + "\n\n" + r.who.sentence()),
		Tags:            []string{r.subject},
		MaxBodyBytes:    -1, // the body was read and measured by enter
		BodyReadTimeout: -1,
		Middlewares:     huma.Middlewares{s.enter(r)},
		Responses: map[string]*huma.Response{"default": {
			Description: "What is wrong (RFC 9457).",
			Content:     map[string]*huma.MediaType{problemType: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}},
		}},
	}
	if r.who[Nobody] == none {
		op.Security = []map[string][]string{{"token": {}}}
	}
	return op
}

// sentence says who may.
func (a access) sentence() string {
	if a[Nobody] != none {
		return "Open to everybody."
	}
	var who []string
	for _, role := range roles {
		switch a[role] {
		case all:
			who = append(who, string(role))
		case own:
			who = append(who, string(role)+" (own)")
		}
	}
	return "For: " + strings.Join(who, ", ") + "."
}

// handle adds a route. Its handler is called for those alone who may use it.
func handle[I, O any](s *Service, r route, do func(context.Context, *call, *I) (*O, error)) {
	handleWith(s, r, nil, do)
}

// handleWith adds a route of which the OpenAPI document says more.
func handleWith[I, O any](s *Service, r route, describe func(*huma.Operation), do func(context.Context, *call, *I) (*O, error)) {
	s.routes = append(s.routes, r)
	op := s.operation(r)
	if describe != nil {
		describe(&op)
	}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, callOf(ctx), in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// enter lets in who may use a route, with a body of its size and a time to be done.
func (s *Service) enter(rt route) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(hc)
		c, err := s.admit(w, r, rt)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		ctx, cancel := s.during(context.WithValue(r.Context(), callKey{}, c), rt)
		defer cancel()
		next(huma.WithContext(hc, ctx))
	}
}

// during bounds the time of an answer.
func (s *Service) during(ctx context.Context, rt route) (context.Context, context.CancelFunc) {
	if rt.time >= 0 {
		return context.WithTimeout(ctx, s.most(rt))
	}
	ctx, cancel := context.WithCancel(ctx)
	stopped := context.AfterFunc(s.stopping, cancel)
	return ctx, func() { stopped(); cancel() }
}

func (s *Service) most(rt route) time.Duration { return max(rt.time, s.config.Limits.Time) }

// admit finds out whether the caller of a request may use a route.
func (s *Service) admit(w http.ResponseWriter, r *http.Request, rt route) (*call, error) {
	who, err := s.caller(r)
	if err != nil {
		return nil, err
	}
	recordOf(r.Context()).caller = who
	if rt.who[who.Role] == none {
		if who.Role == Nobody {
			return nil, unauthorized("This needs a token: send it as Authorization: Bearer car_….")
		}
		return nil, refuse(http.StatusForbidden, "The role "+string(who.Role)+" may not do this. "+rt.who.sentence())
	}
	if who.Role == Producer && who.Producer == "" {
		return nil, refuse(http.StatusForbidden, "The caller is a producer's, but of none.")
	}
	if err := s.limitCaller(w, r, who); err != nil {
		return nil, err
	}
	// The server's own times are for requests that go nowhere. While the answer is made nothing may be read late: that
	// would count as the client's going away.
	control, now := http.NewResponseController(w), time.Now()
	if r.Body != nil && r.Body != http.NoBody {
		control.SetReadDeadline(now.Add(s.most(rt)))
		if err := readBody(w, r, cmp.Or(rt.body, s.config.Limits.Body)); err != nil {
			return nil, err
		}
	}
	control.SetReadDeadline(time.Time{})
	if rt.time < 0 {
		control.SetWriteDeadline(time.Time{})
	} else {
		control.SetWriteDeadline(now.Add(s.most(rt) + writing))
	}
	return &call{who, s.config.Store.In(who.Collective, who.Actor)}, nil
}

// writing is how long the client may take to receive an answer.
const writing = time.Minute

// readBody takes the whole body in, so that what goes wrong on the way is told apart from what is wrong in it.
func readBody(w http.ResponseWriter, r *http.Request, most int64) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return refuse(http.StatusRequestEntityTooLarge, "The body is larger than "+bytesText(most)+": send it in parts.")
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return refuse(http.StatusRequestTimeout, "The body did not arrive in time.")
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "The body ended too early.")
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return nil
}
