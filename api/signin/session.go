package signin

import (
	"net/http"
	"net/url"
	"time"

	"carriole/api/store"
)

// cookieName has the prefix that keeps other hosts and plain http from setting the cookie, where the service is not on
// plain http itself.
func cookieName(base *url.URL, name string) string {
	if base.Scheme == "https" {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie for the time given; without one it is removed.
func (s *Service) setCookie(w http.ResponseWriter, name, value string, lasts time.Duration) {
	age := int(lasts / time.Second)
	if age <= 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.base.Scheme == "https", SameSite: http.SameSiteLaxMode})
}

// SignedIn says who a request's session is; nil: it has none that is valid.
func (s *Service) SignedIn(r *http.Request) (*store.SignedIn, error) {
	cookie, err := r.Cookie(s.cookie)
	if err != nil {
		return nil, nil
	}
	who, err := s.store.AuthenticateSession(r.Context(), cookie.Value)
	if store.IsNotFound(err) {
		return nil, nil
	}
	return who, err
}

// member is a new session of a member.
func (s *Service) member() store.Session {
	return store.Session{Idle: s.o.Idle, Expires: time.Now().Add(s.o.Lifetime)}
}

// enter gives the browser its new session in place of one that it had.
func (s *Service) enter(w http.ResponseWriter, r *http.Request, text string, x *store.Session) error {
	before, err := s.SignedIn(r)
	if err != nil {
		return err
	}
	if before != nil {
		if _, err := s.store.In(before.Collective, before.Actor()).EndSessions(r.Context(), store.SessionFilter{ID: before.Session.ID}); err != nil {
			return err
		}
	}
	s.setCookie(w, s.cookie, text, time.Until(x.Expires))
	return nil
}

// signOut ends the browser's session, or with everywhere=1 all sessions of whoever it is.
func (s *Service) signOut(w http.ResponseWriter, r *http.Request) {
	who, err := s.SignedIn(r)
	if err != nil {
		s.fault(w, r, err)
		return
	}
	if who != nil {
		end := s.end
		if r.PostFormValue("everywhere") == "1" {
			end = s.endAll
		}
		if err := end(r, who); err != nil {
			s.fault(w, r, err)
			return
		}
	}
	s.setCookie(w, s.cookie, "", 0)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

func (s *Service) end(r *http.Request, who *store.SignedIn) error {
	_, err := s.store.In(who.Collective, who.Actor()).EndSessions(r.Context(), store.SessionFilter{ID: who.Session.ID})
	return err
}

// endAll ends the sessions of a producer's link, or those of a member, in each collective where they are one.
func (s *Service) endAll(r *http.Request, who *store.SignedIn) error {
	if who.Token != nil {
		_, err := s.store.In(who.Collective, who.Actor()).EndSessions(r.Context(), store.SessionFilter{Token: who.Token.ID})
		return err
	}
	where, err := s.memberships(r.Context(), who)
	if err != nil {
		return err
	}
	for _, m := range where {
		if _, err := s.store.In(m.Collective, "member:"+string(m.Member.ID)).EndSessions(r.Context(), store.SessionFilter{Member: m.Member.ID}); err != nil {
			return err
		}
	}
	return nil
}
