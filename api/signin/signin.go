// Package signin lets people in: members by a link to their e-mail address or by OpenID Connect, producers by a private
// link. What follows is a session in a cookie; [Service.SignedIn] says whose a request is.
package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"

	"carriole/api/post"
	"carriole/api/store"
)

// Options are how people sign in. URL is needed, the rest has defaults.
type Options struct {
	URL      string        // where people reach the service, as in https://plan.example.org; plain http on loopback alone
	Home     string        // the path that a browser comes to after signing in; empty: /signin, which says who is signed in
	Idle     time.Duration // a member's session ends after so long without use; 0: 7 days
	Lifetime time.Duration // and after so long at most; 0: 30 days
	Mail     *post.Server  // how links are sent; nil: none are
	OIDC     *OIDC         // who else may say who somebody is; nil: nobody
	Log      *slog.Logger  // nil: nothing is logged
}

// OIDC is an issuer of OpenID Connect whose word is taken for who reads an e-mail address.
type OIDC struct {
	Issuer       string // https, or plain http on loopback; its discovery document says the rest
	ClientID     string // as registered with the issuer, for the callback URL/signin/oidc/callback
	ClientSecret string
	Name         string // how people call the issuer; empty: its host
}

const (
	usualIdle     = 7 * 24 * time.Hour
	usualLifetime = 30 * 24 * time.Hour

	// A producer's link is itself a key to the same things, kept in a phone; its sessions can be as long as a season.
	linkIdle     = 90 * 24 * time.Hour
	linkLifetime = 365 * 24 * time.Hour

	// For links to sign in, by e-mail and as the terminal shows them.
	mailedLink   = 15 * time.Minute
	terminalLink = time.Hour
)

// Service lets people in. It is safe for concurrent use.
type Service struct {
	store  *store.Store
	o      Options
	base   *url.URL
	cookie string // the session's name
	mailer *mailer
	oidc   *provider
	log    *slog.Logger
	pages  pages

	asksPerAddress, asksPerIP, triesPerIP *httprate.RateLimiter

	sending sync.WaitGroup
	slots   chan struct{} // bounds how many are served at once who asked for a link
}

// New checks the options. It connects to nobody.
func New(s *store.Store, o Options) (*Service, error) {
	base, err := webURL("the service's URL", o.URL)
	if err != nil {
		return nil, err
	}
	if base.Path != "" && base.Path != "/" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, fmt.Errorf("the service's URL %q has more than a host: it must be like https://plan.example.org", o.URL)
	}
	base.Path = ""
	if o.Home == "" {
		o.Home = "/signin"
	}
	if o.Idle == 0 {
		o.Idle = usualIdle
	}
	if o.Lifetime == 0 {
		o.Lifetime = usualLifetime
	}
	if o.Idle < 0 || o.Lifetime < 0 {
		return nil, errors.New("a session cannot last for less than no time")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	x := &Service{
		store: s, o: o, base: base, log: o.Log,
		cookie:         cookieName(base, "carriole"),
		asksPerAddress: limiter(5, 15*time.Minute),
		asksPerIP:      limiter(30, 15*time.Minute),
		triesPerIP:     limiter(60, time.Minute),
		slots:          make(chan struct{}, 64),
	}
	if x.pages, err = readPages(); err != nil {
		return nil, err
	}
	if o.Mail != nil {
		if x.mailer, err = newMailer(o.Mail); err != nil {
			return nil, err
		}
	}
	if o.OIDC != nil {
		if x.oidc, err = newProvider(o.OIDC, base); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func limiter(n int, in time.Duration) *httprate.RateLimiter {
	return httprate.NewRateLimiter(n, in, httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
}

// webURL reads a URL that may be plain http only where nobody else listens.
func webURL(what, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%s %q cannot be read: it must be like https://plan.example.org", what, s)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("%s %q is not safe: it must begin with https://, or with http:// for localhost alone", what, s)
	}
	return u, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Wait waits until the mails that were asked for are sent or given up, or the context ends.
func (s *Service) Wait(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.sending.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Routes adds the pages: /signin and what is below, /signout, and /p/ for producers' private links.
func (s *Service) Routes(r chi.Router) {
	r.Group(func(r chi.Router) {
		r.Use(hide, s.protect, middleware.RequestSize(mostForm))
		r.Get("/signin", s.askPage)
		r.Post("/signin", s.ask)
		r.Get("/signin/sent", s.sentPage)
		r.Get("/signin/style.css", s.style)
		r.Get("/signin/collective", s.choosePage)
		r.Post("/signin/collective", s.choose)
		r.Post("/signout", s.signOut)
		r.Group(func(r chi.Router) {
			r.Use(s.limitTries)
			r.Get("/signin/link/{link}", s.linkPage)
			r.Post("/signin/link/{link}", s.link)
			r.Get("/signin/oidc", s.startOIDC)
			r.Get("/signin/oidc/callback", s.endOIDC)
			r.Get("/p/{token}", s.openPage)
			r.Post("/p/{token}", s.open)
		})
	})
}

// hide keeps the addresses of pages, some of which are secrets, out of the requests that follow from them: these name no
// more than the origin. They do name that, since by it alone an older browser's form is told from another site's.
func hide(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "strict-origin")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// protect refuses forms that another site's page sent.
func (s *Service) protect(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusForbidden, func(w *words) string { return w.ForeignForm })
	}))
	return protection.Handler(next)
}

func (s *Service) limitTries(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.triesPerIP.OnLimit(w, r, clientIP(r)) {
			s.fail(w, r, http.StatusTooManyRequests, func(w *words) string { return w.TooMany })
			return
		}
		next.ServeHTTP(w, r)
	})
}

// clientIP is whom rates are counted for: a host, or a network of IPv6.
func clientIP(r *http.Request) string {
	ip := middleware.GetClientIP(r.Context())
	if ip == "" {
		ip, _, _ = net.SplitHostPort(r.RemoteAddr)
	}
	return httprate.CanonicalizeIP(ip)
}

// fault logs what went wrong on our side and says so.
func (s *Service) fault(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "signing in", "error", err.Error())
	}
	s.fail(w, r, http.StatusInternalServerError, func(w *words) string { return w.Broken })
}
