package signin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"carriole/api/store"
)

// memberships are the collectives of whoever is signed in; a producer's link has none. A session lasts as long as its member has
// the address that was proved, so that no coordinator gets into another's collective by changing an address.
func (s *Service) memberships(ctx context.Context, who *store.SignedIn) ([]store.Membership, error) {
	if who.Member == nil {
		return nil, nil
	}
	return s.store.Memberships(ctx, who.Session.Email)
}

// choosePage lists the collectives of whoever is signed in.
func (s *Service) choosePage(w http.ResponseWriter, r *http.Request) {
	who, where, ok := s.choices(w, r)
	if !ok {
		return
	}
	if len(where) == 0 { // a private link is for one
		http.Redirect(w, r, s.o.Home, http.StatusSeeOther)
		return
	}
	var v chooseView
	for _, m := range where {
		itself, err := s.store.In(m.Collective, "").Itself(r.Context())
		if err != nil {
			s.fault(w, r, err)
			return
		}
		v.Collectives = append(v.Collectives, choice{ID: string(m.Collective), Name: itself.Name, Role: m.Member.Role, Here: m.Collective == who.Collective})
	}
	s.show(w, r, http.StatusOK, "choose", v)
}

// choices answers by itself where there is nothing to choose.
func (s *Service) choices(w http.ResponseWriter, r *http.Request) (who *store.SignedIn, where []store.Membership, ok bool) {
	who, err := s.SignedIn(r)
	if err == nil && who == nil {
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
		return nil, nil, false
	}
	if err == nil {
		where, err = s.memberships(r.Context(), who)
	}
	if err != nil {
		s.fault(w, r, err)
		return nil, nil, false
	}
	return who, where, true
}

// choose goes on in another collective, by a session there in place of the one here, which lasts no longer.
func (s *Service) choose(w http.ResponseWriter, r *http.Request) {
	who, where, ok := s.choices(w, r)
	if !ok {
		return
	}
	chosen := store.ID(r.PostFormValue("collective"))
	i := slices.IndexFunc(where, func(m store.Membership) bool { return m.Collective == chosen })
	if i < 0 {
		s.fail(w, r, http.StatusForbidden, func(w *words) string { return w.NotMember })
		return
	}
	if chosen != who.Collective {
		m := where[i].Member
		session := store.Session{Member: m.ID, Email: who.Session.Email, Idle: s.o.Idle, Expires: who.Session.Expires}
		text, err := s.store.In(chosen, "member:"+string(m.ID)).CreateSession(r.Context(), &session, "choice")
		if err == nil {
			err = s.enter(w, r, text, &session)
		}
		if err != nil {
			s.fault(w, r, err)
			return
		}
	}
	http.Redirect(w, r, s.o.Home, http.StatusSeeOther)
}

// nameOf is how a page calls whoever is signed in.
func nameOf(who *store.SignedIn) string {
	switch {
	case who.Member == nil:
		return who.Token.Name
	case who.Member.Name != "":
		return who.Member.Name
	}
	return who.Member.Email
}

// byAddress signs in somebody whose address another has proved.
func (s *Service) byAddress(ctx context.Context, email, how string) (text string, session store.Session, err error) {
	where, err := s.store.Memberships(ctx, email)
	if err != nil || len(where) == 0 {
		return "", session, err
	}
	session = store.Session{Member: where[0].Member.ID, Email: where[0].Member.Email, Idle: s.o.Idle, Expires: time.Now().Add(s.o.Lifetime)}
	text, err = s.store.In(where[0].Collective, "member:"+string(session.Member)).CreateSession(ctx, &session, how)
	return text, session, err
}
