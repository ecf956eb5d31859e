package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// provider is the issuer, discovered when it is first needed.
type provider struct {
	name   string
	issuer string
	config oauth2.Config
	client *http.Client
	cookie string

	mu    sync.Mutex
	found *oidc.Provider
}

func newProvider(o *OIDC, base *url.URL) (*provider, error) {
	issuer, err := webURL("the issuer", o.Issuer)
	if err != nil {
		return nil, err
	}
	if o.ClientID == "" {
		return nil, errors.New("the issuer's client id is empty: register this service with the issuer first")
	}
	name := o.Name
	if name == "" {
		name = issuer.Hostname()
	}
	return &provider{
		name: name, issuer: o.Issuer, cookie: cookieName(base, "carriole-oidc"),
		config: oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, RedirectURL: base.String() + "/signin/oidc/callback", Scopes: []string{oidc.ScopeOpenID, "email"}},
		client: &http.Client{Timeout: 10 * time.Second},
	}, nil
}

// discover reads the issuer's document, once it can be had.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	config := p.config
	if p.found == nil {
		// The provider keeps the context for reading keys later: it must not end with the request.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.issuer)
		if err != nil {
			return nil, config, err
		}
		p.found = found
	}
	config.Endpoint = p.found.Endpoint()
	return p.found, config, nil
}

// How long somebody may take at the issuer.
const oidcLasts = 15 * time.Minute

// startOIDC sends the browser to the issuer. State, nonce and the code's verifier wait in a cookie: what comes back must
// come to the browser that was sent.
func (s *Service) startOIDC(w http.ResponseWriter, r *http.Request) {
	if s.oidc == nil {
		s.fail(w, r, http.StatusNotFound, func(w *words) string { return w.Stopped })
		return
	}
	_, config, err := s.oidc.discover(r.Context())
	if err != nil {
		s.log.ErrorContext(r.Context(), "discovering the issuer", "error", err.Error())
		s.fail(w, r, http.StatusBadGateway, func(w *words) string { return w.NoOIDC })
		return
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	s.setCookie(w, s.oidc.cookie, strings.Join([]string{state, nonce, verifier}, "."), oidcLasts)
	http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
}

var (
	errStopped    = errors.New("the sign-in was not begun in this browser, or was stopped")
	errUnverified = errors.New("the issuer does not say that the e-mail address is verified")
)

// endOIDC takes what the issuer says.
func (s *Service) endOIDC(w http.ResponseWriter, r *http.Request) {
	if s.oidc == nil {
		s.fail(w, r, http.StatusNotFound, func(w *words) string { return w.Stopped })
		return
	}
	email, err := s.vouched(r)
	s.setCookie(w, s.oidc.cookie, "", 0)
	switch {
	case errors.Is(err, errStopped):
		s.log.InfoContext(r.Context(), "a sign-in by the issuer was refused", "error", err.Error(), "issuer_error", r.URL.Query().Get("error"))
		s.fail(w, r, http.StatusBadRequest, func(w *words) string { return w.Stopped })
		return
	case errors.Is(err, errUnverified):
		s.log.InfoContext(r.Context(), "a sign-in by the issuer was refused", "error", err.Error())
		s.fail(w, r, http.StatusForbidden, func(w *words) string { return w.Unverified })
		return
	case err != nil:
		s.log.ErrorContext(r.Context(), "a sign-in by the issuer failed", "error", err.Error())
		s.fail(w, r, http.StatusBadGateway, func(w *words) string { return w.NoOIDC })
		return
	}
	text, session, err := s.byAddress(r.Context(), email, "issuer")
	if err == nil && text == "" {
		s.log.InfoContext(r.Context(), "the issuer vouched for an address that is nobody's")
		s.fail(w, r, http.StatusForbidden, func(w *words) string { return w.Nobody })
		return
	}
	if err == nil {
		err = s.enter(w, r, text, &session)
	}
	if err != nil {
		s.fault(w, r, err)
		return
	}
	s.welcome(w, r, session.Email)
}

// vouched is the address that the issuer says is the browser's user's.
func (s *Service) vouched(r *http.Request) (email string, err error) {
	cookie, err := r.Cookie(s.oidc.cookie)
	if err != nil {
		return "", errStopped
	}
	kept := strings.Split(cookie.Value, ".")
	query := r.URL.Query()
	if len(kept) != 3 || subtle.ConstantTimeCompare([]byte(kept[0]), []byte(query.Get("state"))) != 1 || query.Get("code") == "" {
		return "", errStopped
	}
	found, config, err := s.oidc.discover(r.Context())
	if err != nil {
		return "", err
	}
	ctx := oidc.ClientContext(r.Context(), s.oidc.client)
	token, err := config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(kept[2]))
	if err != nil {
		return "", err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(kept[1])) != 1 {
		return "", errStopped
	}
	var claims struct {
		Email    string `json:"email"`
		Verified truth  `json:"email_verified"`
	}
	if err := id.Claims(&claims); err != nil {
		return "", err
	}
	if claims.Email == "" { // some issuers tell it only when asked
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return "", err
		}
		if info.Subject != id.Subject {
			return "", errors.New("the issuer's user info is about somebody else")
		}
		claims.Email, claims.Verified = info.Email, truth(info.EmailVerified)
	}
	if claims.Email == "" || !claims.Verified {
		return "", errUnverified
	}
	return claims.Email, nil
}

// truth is true, or "true" as some issuers write it.
type truth bool

// UnmarshalJSON reads true, and takes anything else for false.
func (t *truth) UnmarshalJSON(b []byte) error {
	var v any
	err := json.Unmarshal(b, &v)
	*t = v == true || v == "true"
	return err
}
