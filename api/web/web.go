// Package web is Carriole's pages: rendered here, readable without script, in French and English. It shows what the store
// and planning have, and decides nothing.
//
// A page is a file of Go beside its template in pages. Texts stand in both languages where they are used; there is no
// table of keys. Nothing is loaded from another host, and no style or script stands in a page.
package web

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/go-chi/chi/v5"

	"carriole/api/planning"
	"carriole/api/signin"
	"carriole/api/store"
	"carriole/geo/roads"
)

// Config is what pages are made from.
type Config struct {
	Store    *store.Store
	SignIn   *signin.Service                   // makes private links; nil: none are made here
	Planning *planning.Service                 // nil: one whose plannings wait until somebody looks
	Who      func(*http.Request) (*Who, error) // who is signed in; nil: nobody
	Stopping <-chan struct{}                   // ends what is streamed; may be nil
	Log      *slog.Logger                      // nil: nothing is logged
	URL      string                            // where people reach the pages, as in https://plan.example.org, for labels; empty: these have no address

	// Tiles are the map's background where one is configured, as in https://tile.example.org/{z}/{x}/{y}.png; else it is
	// drawn from the extract of the collective's distances, or one that is offered, or shows the sea, large rivers and the
	// names of towns. TilesBy is who has to be named for them.
	Tiles, TilesBy string
}

// Who is somebody who is signed in.
type Who struct {
	Collective store.ID
	Actor      string   // for the audit trail
	Member     store.ID // nobody where a private link let them in
	Role       store.Role
	Producer   store.ID // of the role producer
	Name       string
}

// Site is the pages. It is safe for concurrent use.
type Site struct {
	config  Config
	streams atomic.Int64 // that are open
	log     *slog.Logger
	pages   pages
	files   *files
	ground  func() (*roads.Background, error)
	origin  http.CrossOriginProtection
}

// New makes the pages.
func New(config Config) (*Site, error) {
	if config.Store == nil || config.Who == nil {
		return nil, errors.New("web: pages need a store and a way to know who is signed in")
	}
	if config.Planning == nil {
		config.Planning = planning.New(config.Store, nil)
	}
	s := &Site{config: config, log: cmp.Or(config.Log, slog.New(slog.DiscardHandler)), ground: sync.OnceValues(roads.Ground)}
	if config.Tiles != "" {
		if u, err := url.Parse(config.Tiles); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return nil, fmt.Errorf("web: tiles from %q: it must be like https://tile.example.org/{z}/{x}/{y}.png", config.Tiles)
		}
	}
	s.origin.SetDenyHandler(http.HandlerFunc(s.foreign))
	var err error
	if s.files, err = readFiles(); err != nil {
		return nil, err
	}
	if s.pages, err = readPages(s.files); err != nil {
		return nil, err
	}
	return s, nil
}

// Mount adds the pages to a router.
func (s *Site) Mount(r chi.Router) {
	r.Get("/static/{hash}/*", s.files.serve)
	r.Get("/farm/worker.js", s.files.worker)
	r.Group(func(r chi.Router) {
		r.Use(s.guard)
		r.Get("/", s.page(s.home))
		r.Post("/display", s.display)
		r.Get("/map/{tag}/{z}/{x}/{y}", s.visit(s.tile))
		s.data(r)
		r.Get("/farm", s.farm(s.dropoffs))
		r.Post("/farm/answer", s.farm(s.answerOf))
		r.Get("/farm/absent", s.farm(s.absent))
		r.Get("/farm/lots", s.farm(s.farmLots))
		r.Post("/farm/lots", s.farm(s.farmLots))
		r.Post("/farm/tick", s.farm(s.tick))
		r.Post("/farm/mail", s.farm(s.mailOf))
		r.Get("/farm/rounds/{round}.gpx", s.farm(s.roundGPX))
		r.Get("/farm/papers/{kind}", s.farm(s.farmPaper))
		r.Get("/goods/{plan}/{goods}", s.visit(s.labelled))
		r.Get("/farm/rounds/{round}.map", s.farm(s.roundMap))
		r.Get("/p/{token}/calendar.ics", s.feed)
		r.Get("/p/{token}/rounds/{round}.gpx", s.feedGPX)
		r.Get("/shares", s.page(s.balances))
		r.Route("/sales/{id}", s.sale)
	})
}

// sale adds the pages of one sale.
func (s *Site) sale(r chi.Router) {
	r.Get("/", s.page(s.week))
	r.Get("/map.json", s.page(s.weekMap))
	r.Get("/plan.svg", s.page(s.weekPicture))

	r.Get("/progress", s.page(s.progress))
	r.Post("/close", s.change(s.closeSale))
	r.Get("/plan", s.page(s.planAgain))
	r.Post("/plan", s.change(s.requestPlan))
	r.Post("/cancel", s.change(s.cancelPlanning))
	r.Post("/propose", s.change(s.propose))
	r.Post("/answer", s.change(s.answer))
	r.Get("/publish", s.page(s.askPublish))
	r.Post("/publish", s.change(s.publish))
	r.Get("/done", s.page(s.askDone))
	r.Post("/done", s.change(s.done))

	r.Get("/goods/{goods}", s.page(s.goods))
	r.Post("/goods/{goods}", s.change(s.sendOtherwise))
	r.Get("/what-if", s.page(s.whatIf))
	r.Post("/what-if", s.change(s.doIt))
	r.Post("/lift", s.change(s.lift))

	r.Get("/orders", s.page(s.orders))
	r.Get("/import", s.page(s.chooseImport))
	r.Post("/import", s.change(s.importFile))
	r.Get("/orders/new", s.page(s.newOrder))
	r.Post("/orders/new", s.change(s.saveOrder))
	r.Get("/orders/{order}", s.page(s.order))
	r.Post("/orders/{order}", s.change(s.saveOrder))
	r.Post("/orders/{order}/cancel", s.change(s.cancelOrder))

	r.Get("/plans", s.page(s.versions))
	r.Get("/compare", s.page(s.compare))
	r.Post("/undo", s.change(s.undo))
	r.Post("/redo", s.change(s.redo))
	r.Post("/restore", s.change(s.restore))

	r.Get("/shares", s.page(s.shares))

	r.Get("/lots", s.page(s.saleLots))
	r.Post("/lots", s.change(s.saleLots))
	r.Get("/papers", s.page(s.papers))
	r.Get("/papers/{kind}", s.page(s.paper))
}

// guard keeps foreign sites from sending forms, and says what a page may load.
func (s *Site) guard(next http.Handler) http.Handler {
	images := "'self' data:"
	if u, err := url.Parse(s.config.Tiles); err == nil && u.Host != "" {
		images += " " + u.Scheme + "://" + u.Host
	}
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src " + images +
		"; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	next = s.origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "private, no-cache")
		next.ServeHTTP(w, r)
	})
}
