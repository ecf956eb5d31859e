// Package api is Carriole's HTTP interface, version 1: what a marketplace calls and coordinators plan with.
//
// The routes stand in files by what they are about, each with who may use it; [Service.Handler] serves them with the
// OpenAPI document that is made from them. Errors become HTTP in problem.go and nowhere else.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
	"github.com/klauspost/compress/gzhttp"

	"carriole/api/address"
	"carriole/api/hook"
	"carriole/api/intake"
	"carriole/api/planning"
	"carriole/api/signin"
	"carriole/api/store"
)

// Config is what a service is made from.
type Config struct {
	Store   *store.Store
	Log     *slog.Logger // nil: nothing is logged
	Version string       // of the program, shown in the OpenAPI document

	SignIn *signin.Service  // how people sign in; nil: tokens alone let in
	URL    string           // where people reach the pages, as in https://plan.example.org, for labels; empty: these have no address
	Pages  func(chi.Router) // adds the pages for people; nil: there are none

	Missing http.HandlerFunc // answers people at an address where there is nothing; nil: as programs are answered

	// OFN fetches reports of Open Food Networks; SchedulePull has that done after a close. Without the function it is done when
	// somebody asks.
	OFN          intake.OFN
	SchedulePull intake.Schedule

	// Hooks sends webhooks; without it there are none.
	Hooks *hook.Service

	Planning  *planning.Service // nil: one whose plannings wait until somebody else works them off
	Addresses *address.Client   // nil: addresses are not looked up

	Limits         Limits
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	MetricsFrom    []netip.Prefix // who may read /metrics
}

// Limits are what one request, or one caller, may take. The zero value of a field means its default. Requests are counted by
// each process alone: behind a balancer a caller may make as many as there are processes times the limit.
type Limits struct {
	PerAddress int           // requests a minute from one address (IPv6: from one /64); default 6000, below 0 without limit
	PerCaller  int           // requests a minute of one token or session; default 3000, below 0 without limit
	Body       int64         // bytes of a body; default 1 MB
	OrdersBody int64         // bytes of a body with orders; default 32 MB
	Time       time.Duration // for an answer; default 30 s
}

func (l *Limits) defaults() {
	if l.PerAddress == 0 {
		l.PerAddress = 6000
	}
	if l.PerCaller == 0 {
		l.PerCaller = 3000
	}
	if l.Body == 0 {
		l.Body = 1 << 20
	}
	if l.OrdersBody == 0 {
		l.OrdersBody = 32 << 20
	}
	if l.Time == 0 {
		l.Time = 30 * time.Second
	}
}

// Service is the HTTP interface of a store. It is safe for concurrent use.
type Service struct {
	config              Config
	log                 *slog.Logger
	router              *chi.Mux
	huma                huma.API
	routes              []route
	tokens              *tokenCache
	metrics             *metrics
	byAddress, byCaller *httprate.RateLimiter
	crossOrigin         http.CrossOriginProtection
	streams             atomic.Int64  // that are open
	solving             chan struct{} // one place for each week that is planned while its caller waits
	handler             http.Handler
	stopping            context.Context
	stop                context.CancelFunc
}

// New makes a service of a store whose schema is up to date.
func New(config Config) (*Service, error) {
	if config.Store == nil {
		return nil, errors.New("api: a service needs a store")
	}
	config.Limits.defaults()
	if config.Planning == nil {
		config.Planning = planning.New(config.Store, nil)
		if config.Hooks != nil {
			config.Planning.Tell = config.Hooks.TellOrders
		}
	}
	s := &Service{config: config, log: config.Log, router: chi.NewMux(), metrics: newMetrics(),
		tokens:    &tokenCache{store: config.Store, known: map[[32]byte]knownToken{}},
		byAddress: limiter(config.Limits.PerAddress), byCaller: limiter(config.Limits.PerCaller), solving: make(chan struct{}, mostSolving)}
	s.stopping, s.stop = context.WithCancel(context.Background())
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(2048), gzhttp.CompressionLevel(1), gzhttp.EnableZstd(false), gzhttp.ContentTypes(compressible))
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	s.router.Use(notePattern, middleware.GetHead)
	s.router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		if config.Missing != nil && !strings.HasPrefix(r.URL.Path, "/v1/") && strings.Contains(r.Header.Get("Accept"), "text/html") {
			config.Missing(w, r)
			return
		}
		s.refuse(w, r, refuse(http.StatusNotFound, "There is nothing at this address; /docs lists what there is."))
	})
	s.router.MethodNotAllowed(s.methodNotAllowed)
	s.huma = humachi.New(s.router, s.openAPI())
	for _, add := range resources {
		add(s)
	}
	if err := s.document(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	s.system()
	if config.Pages != nil {
		config.Pages(s.router)
	}
	inner := secure(s.limitAddress(s.plainAddress(compress(s.router))))
	s.handler = clientAddress(config.TrustedProxies)(s.observe(inner))
	return s, nil
}

// compressible is what is worth the time; a stream of events is not, as each must leave at once.
var compressible = []string{"application/json", "application/geo+json", "application/ld+json", "application/openapi+json", "application/openapi+yaml", problemType,
	"text/html", "text/css", "text/csv", "text/javascript", "text/plain", "text/calendar", "image/svg+xml"}

// Handler serves the interface.
func (s *Service) Handler() http.Handler { return s.handler }

// Stop ends the answers that go on as long as the client stays, so that a graceful stop need not wait for them.
func (s *Service) Stop() { s.stop() }

func (s *Service) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	p := refuse(http.StatusMethodNotAllowed, "The address does not know the method "+method(r.Method)+".")
	p.headers = http.Header{}
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if s.router.Match(chi.NewRouteContext(), m, r.URL.Path) {
			p.headers.Add("Allow", m)
		}
	}
	s.refuse(w, r, p)
}

// system adds what those who run the service look at.
func (s *Service) system() {
	ok := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"status":"ok"}`))
	}
	s.router.Get("/healthz", func(w http.ResponseWriter, r *http.Request) { ok(w) })
	s.router.Get("/readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if _, _, err := s.config.Store.Collectives(ctx, store.Page{Limit: 1}); err != nil {
			s.log.Error("not ready", "error", err.Error())
			s.refuse(w, r, refuse(http.StatusServiceUnavailable, "The database does not answer."))
			return
		}
		ok(w)
	})
	s.router.Get("/metrics", func(w http.ResponseWriter, r *http.Request) {
		address := middleware.GetClientIPAddr(r.Context())
		for _, p := range s.config.MetricsFrom {
			if p.Contains(address) {
				s.metrics.handler.ServeHTTP(w, r)
				return
			}
		}
		s.refuse(w, r, refuse(http.StatusForbidden, "Metrics are not for this address."))
	})
}
