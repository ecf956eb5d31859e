package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
)

// record is what is to be logged of a request.
type record struct {
	id      string
	pattern string // of the route; empty: none
	caller  Caller
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return r
	}
	return &record{}
}

func requestID(ctx context.Context) string { return recordOf(ctx).id }

const requestIDHeader = "X-Request-Id"

// plainID says whether a client's id for its request can go into logs.
func plainID(s string) bool {
	return s != "" && len(s) <= 100 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") == ""
}

// observe gives each request an id, logs and counts it, and keeps a panic from leaving. What is logged of an address is
// the route's pattern and never its text, which may hold a secret.
func (s *Service) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &record{id: r.Header.Get(requestIDHeader)}
		if !plainID(rec.id) {
			rec.id = strings.ToLower(rand.Text()[:20])
		}
		w.Header().Set(requestIDHeader, rec.id)
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		s.metrics.running.Inc()
		defer func() {
			s.metrics.running.Dec()
			status := ww.Status()
			if status == 0 {
				status = http.StatusOK
			}
			pattern := cmp.Or(rec.pattern, "none")
			took := time.Since(began)
			s.metrics.took.WithLabelValues(method(r.Method), pattern, strconv.Itoa(status)).Observe(took.Seconds())
			s.logRequest(r, rec, pattern, status, ww.BytesWritten(), took)
		}()
		defer s.recover(ww, r)
		next.ServeHTTP(ww, r)
	})
}

func (s *Service) logRequest(r *http.Request, rec *record, pattern string, status, bytes int, took time.Duration) {
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", rec.id), slog.String("method", method(r.Method)), slog.String("route", pattern),
		slog.Int("status", status), slog.Int("bytes", bytes), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("address", middleware.GetClientIP(r.Context())),
	}
	if rec.caller.Actor != "" {
		attrs = append(attrs, slog.String("collective", string(rec.caller.Collective)), slog.String("actor", rec.caller.Actor))
	}
	s.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// notePattern keeps which route serves a request.
func notePattern(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { recordOf(r.Context()).pattern = chi.RouteContext(r.Context()).RoutePattern() }()
		next.ServeHTTP(w, r)
	})
}

// method bounds the methods that are counted.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func (s *Service) recover(w middleware.WrapResponseWriter, r *http.Request) {
	e := recover()
	if e == nil {
		return
	}
	if e == http.ErrAbortHandler {
		panic(e)
	}
	s.metrics.panics.Inc()
	s.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request_id", requestID(r.Context())),
		slog.String("error", fmt.Sprint(e)), slog.String("stack", string(debug.Stack())))
	if w.Status() == 0 {
		s.refuse(w, r, refuse(http.StatusInternalServerError, "Something went wrong on our side. It is logged; name the request id when asking about it."))
	}
}

// strictCSP allows a page what comes from here, and no script.
const strictCSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// secure tells browsers to be strict, with values that all answers share.
func secure(next http.Handler) http.Handler {
	values := http.Header{
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"no-referrer"},
		"Content-Security-Policy":      {strictCSP},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Cache-Control":                {"no-store"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), values)
		next.ServeHTTP(w, r)
	})
}

// plainAddress refuses addresses that are no text: they would break statements further on.
func (s *Service) plainAddress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		for _, text := range []string{r.URL.Path, query} {
			if err != nil || !utf8.ValidString(text) || !plainText(text) {
				s.refuse(w, r, refuse(http.StatusBadRequest, "The address is not text in UTF-8, with special characters as %XX."))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// clientAddress finds the address of who makes a request, behind the proxies that are trusted. What comes from elsewhere, or from a
// proxy's machine itself, comes from where it comes.
func clientAddress(trusted []netip.Prefix) func(http.Handler) http.Handler {
	if len(trusted) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	var prefixes []string
	for _, p := range trusted {
		prefixes = append(prefixes, p.String())
	}
	forwarded := middleware.ClientIPFromXFF(prefixes...)
	return func(next http.Handler) http.Handler {
		direct, behind := middleware.ClientIPFromRemoteAddr(next), forwarded(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			from, err := netip.ParseAddrPort(r.RemoteAddr)
			proxy := err == nil && slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(from.Addr().Unmap()) })
			if proxy && r.Header.Get("X-Forwarded-For") != "" {
				behind.ServeHTTP(w, r)
			} else {
				direct.ServeHTTP(w, r)
			}
		})
	}
}

// limiter bounds the requests of each of many in a minute; nil: not at all.
func limiter(perMinute int) *httprate.RateLimiter {
	if perMinute <= 0 {
		return nil
	}
	return httprate.NewRateLimiter(perMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
}

const manyRequests = "Too many requests in a minute: wait, or ask whoever runs the service for more."

func (s *Service) limitAddress(next http.Handler) http.Handler {
	if s.byAddress == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.byAddress.OnLimit(w, r, httprate.CanonicalizeIP(middleware.GetClientIP(r.Context()))) {
			s.refuse(w, r, refuse(http.StatusTooManyRequests, manyRequests))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Service) limitCaller(w http.ResponseWriter, r *http.Request, who Caller) error {
	if s.byCaller == nil || who.Actor == "" || !s.byCaller.OnLimit(w, r, string(who.Collective)+"/"+who.Actor) {
		return nil
	}
	return refuse(http.StatusTooManyRequests, manyRequests)
}

func bytesText(n int64) string {
	if n >= 1<<20 {
		return strconv.FormatInt(n>>20, 10) + " MB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
