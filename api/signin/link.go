package signin

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"carriole/api/store"
)

// linkPage shows a link and does not use it up: mail programs and scanners open every link that they see.
func (s *Service) linkPage(w http.ResponseWriter, r *http.Request) {
	_, link, err := s.store.SignInLink(r.Context(), chi.URLParam(r, "link"))
	switch {
	case store.IsNotFound(err):
		s.fail(w, r, http.StatusNotFound, func(w *words) string { return w.Spent })
	case err != nil:
		s.fault(w, r, err)
	default:
		s.show(w, r, http.StatusOK, "confirm", confirmView{Email: link.Email})
	}
}

func (s *Service) link(w http.ResponseWriter, r *http.Request) {
	session := s.member()
	collective, text, err := s.store.SignIn(r.Context(), chi.URLParam(r, "link"), &session)
	if store.IsNotFound(err) {
		s.log.InfoContext(r.Context(), "a sign-in link was refused", "collective", collective)
		s.fail(w, r, http.StatusNotFound, func(w *words) string { return w.Spent })
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

// welcome leads on somebody who has just signed in: to the choice of a collective where there are several.
func (s *Service) welcome(w http.ResponseWriter, r *http.Request, email string) {
	where, err := s.store.Memberships(r.Context(), email)
	if err != nil {
		s.fault(w, r, err)
		return
	}
	if len(where) > 1 {
		http.Redirect(w, r, "/signin/collective", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, s.o.Home, http.StatusSeeOther)
}
