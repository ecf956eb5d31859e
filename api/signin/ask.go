package signin

import (
	"context"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"carriole/api/store"
)

// mostForm is the size of a form in bytes that is read.
const mostForm = 16 << 10

func (s *Service) askPage(w http.ResponseWriter, r *http.Request) {
	who, err := s.SignedIn(r)
	if err != nil {
		s.fault(w, r, err)
		return
	}
	if who == nil {
		s.show(w, r, http.StatusOK, "ask", s.askView(""))
		return
	}
	where, err := s.memberships(r.Context(), who)
	if err != nil {
		s.fault(w, r, err)
		return
	}
	itself, err := s.store.In(who.Collective, "").Itself(r.Context())
	if err != nil {
		s.fault(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "signed-in", signedInView{Name: nameOf(who), Collective: itself.Name, Several: len(where) > 1, Home: s.o.Home})
}

func (s *Service) askView(wrong string) askView {
	v := askView{Mail: s.mailer != nil, Wrong: wrong}
	if s.oidc != nil {
		v.OIDC = s.oidc.name
	}
	return v
}

// ask sends a link to an address. What it answers, and how soon, does not depend on whether the address is known: that is looked
// up after the answer.
func (s *Service) ask(w http.ResponseWriter, r *http.Request) {
	if s.mailer == nil {
		s.fail(w, r, http.StatusNotFound, func(w *words) string { return w.NoMail })
		return
	}
	text := r.PostFormValue("email")
	address, err := mail.ParseAddress(strings.TrimSpace(text))
	if err != nil || address.Name != "" || len(address.Address) > 254 {
		s.show(w, r, http.StatusUnprocessableEntity, "ask", s.askView(text))
		return
	}
	email := strings.ToLower(address.Address)
	if s.asksPerIP.OnLimit(w, r, clientIP(r)) || s.asksPerAddress.OnLimit(w, r, email) {
		s.fail(w, r, http.StatusTooManyRequests, func(w *words) string { return w.TooMany })
		return
	}
	select {
	case s.slots <- struct{}{}:
	default:
		s.fail(w, r, http.StatusServiceUnavailable, func(w *words) string { return w.TooMany })
		return
	}
	language := s.words(r)
	ctx := context.WithoutCancel(r.Context())
	s.sending.Go(func() {
		defer func() { <-s.slots }()
		if err := s.send(ctx, email, language); err != nil {
			s.log.ErrorContext(ctx, "sending a sign-in link", "error", err.Error())
		}
	})
	http.Redirect(w, r, "/signin/sent", http.StatusSeeOther)
}

// send makes a link for the first membership of an address and sends it there. It is not left to a queue, which would keep
// the link's text where a copy of the database shows it.
func (s *Service) send(ctx context.Context, email string, asked *words) error {
	where, err := s.store.Memberships(ctx, email)
	if err != nil {
		return err
	}
	if len(where) == 0 {
		s.log.InfoContext(ctx, "a sign-in link was asked for an address that is nobody's")
		return nil
	}
	first := where[0]
	link, err := s.newLink(ctx, first, "signin", mailedLink)
	if err != nil {
		return err
	}
	language := asked
	if chosen := wordsOf(first.Member.Language); chosen != nil {
		language = chosen
	}
	return s.mailer.send(ctx, email, language, link)
}

// newLink makes a link for a membership and returns its address.
func (s *Service) newLink(ctx context.Context, m store.Membership, actor string, lasts time.Duration) (string, error) {
	text, err := s.store.In(m.Collective, actor).CreateSignInLink(ctx, m.Member.ID, time.Now().Add(lasts))
	if err != nil {
		return "", err
	}
	return s.base.String() + "/signin/link/" + text, nil
}

func (s *Service) sentPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "sent", nil)
}
