package web

import (
	"net/http"
	"slices"
	"time"

	"carriole/api/store"
)

// linksView is by which farms get in by a private link. An address is shown once, when it is made: nobody can read it later.
type linksView struct {
	Rows      []linkRow
	Made      *madeLink
	Revoked   store.ID // whose link has just been revoked
	MayChange bool     // links can be made here
}

type linkRow struct {
	ID         store.ID
	Name       string
	Made, Used time.Time // zero: there is none; it was never used
}

type madeLink struct{ Name, Address string }

// links are the private links of a collective's farms.
func (s *Site) links(v *visit) error {
	return s.showLinks(v, linksView{Revoked: store.ID(v.r.FormValue("revoked"))})
}

func (s *Site) showLinks(v *visit, out linksView) error {
	producers, err := store.All(func(p store.Page) ([]store.Producer, store.Cursor, error) {
		return v.scope.Producers(v.ctx, store.ProducerFilter{}, p)
	})
	if err != nil {
		return err
	}
	valid := map[store.ID]*store.Token{}
	for x, err := range store.Rows(func(p store.Page) ([]store.Token, store.Cursor, error) {
		return v.scope.Tokens(v.ctx, store.TokenFilter{Scope: store.ProducerToken}, p)
	}) {
		if err != nil {
			return err
		}
		if x.Revoked.IsZero() {
			valid[x.Producer] = x
		}
	}
	for i := range producers {
		p := &producers[i]
		row := linkRow{ID: p.ID, Name: p.Name}
		if x := valid[p.ID]; x != nil {
			if row.Made = x.Created.In(v.zone()); !x.Used.IsZero() {
				row.Used = x.Used.In(v.zone())
			}
		}
		if p.Active || valid[p.ID] != nil {
			out.Rows = append(out.Rows, row)
		}
	}
	by := byName()
	slices.SortStableFunc(out.Rows, func(a, b linkRow) int { return by.CompareString(a.Name, b.Name) })
	out.MayChange = s.config.SignIn != nil
	return s.render(v, "links.html", out)
}

// makeLink makes a farm's private link in the place of those that it has, and shows it.
func (s *Site) makeLink(v *visit) error {
	p, err := v.scope.Producer(v.ctx, v.id("producer"))
	if err != nil {
		return err
	}
	address, _, err := s.config.SignIn.PrivateLink(v.ctx, v.scope, p.ID)
	if err != nil {
		return err
	}
	v.w.Header().Set("Cache-Control", "no-store")
	return s.showLinks(v, linksView{Made: &madeLink{p.Name, address}})
}

// revokeLink ends a farm's private links.
func (s *Site) revokeLink(v *visit) error {
	p, err := v.scope.Producer(v.ctx, v.id("producer"))
	if err != nil {
		return err
	}
	if err := s.config.SignIn.RevokePrivateLinks(v.ctx, v.scope, p.ID); err != nil {
		return err
	}
	return v.leads("/data/links?revoked=" + string(p.ID))
}

// needsSignIn lets nobody through where there is no service that signs people in.
func (s *Site) needsSignIn(do func(*visit) error) http.HandlerFunc {
	return s.change(func(v *visit) error {
		if s.config.SignIn == nil {
			return &store.Error{Code: store.NotFound, Message: v.say("les liens privés ne se font pas ici", "private links are not made here")}
		}
		return do(v)
	})
}
