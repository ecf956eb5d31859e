package signin

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"carriole/api/store"
)

// PrivateLink makes the address by which a producer gets in without an account. Those that the producer had are revoked, and whoever is in
// by them is out.
func (s *Service) PrivateLink(ctx context.Context, c *store.Scope, producer store.ID) (address string, token *store.Token, err error) {
	err = c.Together(ctx, func(c *store.Scope) error {
		p, err := c.Producer(ctx, producer)
		if err != nil {
			return err
		}
		if err := s.RevokePrivateLinks(ctx, c, producer); err != nil {
			return err
		}
		token = &store.Token{Name: p.Name, Scope: store.ProducerToken, Producer: producer}
		text, err := c.CreateToken(ctx, token)
		address = s.base.String() + "/p/" + text
		return err
	})
	if err != nil {
		return "", nil, err
	}
	return address, token, nil
}

// RevokePrivateLinks ends the private links of a producer; where there are none it changes nothing.
func (s *Service) RevokePrivateLinks(ctx context.Context, c *store.Scope, producer store.ID) error {
	return c.Together(ctx, func(c *store.Scope) error {
		if _, err := c.Producer(ctx, producer); err != nil {
			return err
		}
		for token, err := range store.Rows(func(p store.Page) ([]store.Token, store.Cursor, error) {
			return c.Tokens(ctx, store.TokenFilter{Scope: store.ProducerToken, Producer: producer}, p)
		}) {
			if err != nil {
				return err
			}
			if err := c.RevokeToken(ctx, token.ID); err != nil {
				return err
			}
			if _, err := c.EndSessions(ctx, store.SessionFilter{Token: token.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// openPage trades a private link for a session and leads on, so that the address does not stay in the browser's bar. Whoever is signed
// in as somebody else is asked first: they may only want to see where the link leads, and another site could send them there.
func (s *Service) openPage(w http.ResponseWriter, r *http.Request) {
	collective, token, ok := s.private(w, r)
	if !ok {
		return
	}
	who, err := s.SignedIn(r)
	switch {
	case err != nil:
		s.fault(w, r, err)
	case r.Method == http.MethodHead: // whoever looks whether there is something needs no session
	case who == nil:
		s.openAs(w, r, collective, token)
	case who.Token != nil && who.Token.ID == token.ID:
		http.Redirect(w, r, s.o.Home, http.StatusSeeOther)
	default:
		s.show(w, r, http.StatusOK, "instead", insteadView{Now: nameOf(who), Then: token.Name})
	}
}

func (s *Service) open(w http.ResponseWriter, r *http.Request) {
	if collective, token, ok := s.private(w, r); ok {
		s.openAs(w, r, collective, token)
	}
}

// private finds the token of a private link, or answers that there is none.
func (s *Service) private(w http.ResponseWriter, r *http.Request) (store.ID, *store.Token, bool) {
	collective, token, err := s.store.Authenticate(r.Context(), chi.URLParam(r, "token"))
	if store.IsNotFound(err) || err == nil && token.Scope != store.ProducerToken {
		s.log.InfoContext(r.Context(), "a private link was refused", "collective", collective)
		if err := s.store.In(collective, "signin").Refused(r.Context(), "the private link is not valid"); err != nil {
			s.fault(w, r, err)
			return "", nil, false
		}
		s.fail(w, r, http.StatusNotFound, func(w *words) string { return w.Revoked })
		return "", nil, false
	}
	if err != nil {
		s.fault(w, r, err)
		return "", nil, false
	}
	return collective, token, true
}

func (s *Service) openAs(w http.ResponseWriter, r *http.Request, collective store.ID, token *store.Token) {
	session := store.Session{Token: token.ID, Idle: linkIdle, Expires: time.Now().Add(linkLifetime)}
	if !token.Expires.IsZero() && token.Expires.Before(session.Expires) {
		session.Expires = token.Expires
	}
	text, err := s.store.In(collective, "token:"+string(token.ID)).CreateSession(r.Context(), &session, "private link")
	if err == nil {
		err = s.enter(w, r, text, &session)
	}
	if err != nil {
		s.fault(w, r, err)
		return
	}
	http.Redirect(w, r, s.o.Home, http.StatusSeeOther)
}
