package web

import (
	"net/http"
	"slices"
	"time"

	"carriole/api/store"
)

// tokensView is by which programs get in. A token's text is shown once, when it is made: nobody can read it later.
type tokensView struct {
	Rows    []tokenRow
	Form    form
	Made    *madeToken
	Revoked string // the name of the one that has just been withdrawn
}

type tokenRow struct {
	ID         store.ID
	Name, May  string
	Made, Used string // empty: it was never used
	Until      string // empty: without end
	Over       bool   // that is behind
}

type madeToken struct{ Name, Text, Address string }

// tokenScopes are what a program may be let do, in words. Producers' links have a page of their own.
func (v *visit) tokenScopes() []choice {
	return []choice{
		{Value: string(store.MarketplaceToken), Name: v.say("place de marché", "marketplace")},
		{Value: string(store.ReadToken), Name: v.say("lecture seule", "reads only")},
		{Value: string(store.CoordinatorToken), Name: v.say("tout, comme qui coordonne", "everything, as a coordinator")},
	}
}

// tokens are those of programs.
func (s *Site) tokens(v *visit) error {
	out := tokensView{}
	if id := store.ID(v.r.FormValue("revoked")); id != "" {
		x, err := v.scope.Token(v.ctx, id)
		if err != nil && !store.IsNotFound(err) {
			return err
		}
		if err == nil && !x.Revoked.IsZero() {
			out.Revoked = x.Name
		}
	}
	return s.showTokens(v, http.StatusOK, out, nil)
}

func (s *Site) showTokens(v *visit, status int, out tokensView, faults []store.Fault) error {
	scopes := v.tokenScopes()
	for x, err := range store.Rows(func(p store.Page) ([]store.Token, store.Cursor, error) {
		return v.scope.Tokens(v.ctx, store.TokenFilter{}, p)
	}) {
		if err != nil {
			return err
		}
		k := slices.IndexFunc(scopes, func(c choice) bool { return c.Value == string(x.Scope) })
		if !x.Revoked.IsZero() || k < 0 {
			continue
		}
		day := func(t time.Time) string { return v.date(store.DayOf(t.In(v.zone()))) }
		row := tokenRow{ID: x.ID, Name: x.Name, May: scopes[k].Name, Made: day(x.Created)}
		if !x.Used.IsZero() {
			row.Used = day(x.Used) + " " + v.lang.Clock(x.Used.In(v.zone()))
		}
		if !x.Expires.IsZero() {
			row.Until, row.Over = day(x.Expires), !v.now().Before(x.Expires)
		}
		out.Rows = append(out.Rows, row)
	}
	by := byName()
	slices.SortStableFunc(out.Rows, func(a, b tokenRow) int { return by.CompareString(a.Name, b.Name) })
	a := v.ask()
	name := a.text("name", "Pour quoi", "What for", "")
	name.Needed, name.Hint = true, a.say("Comme « Place de marché » : pour le reconnaître ici.", "As in “Marketplace”: to know it again here.")
	scope := a.choose("scope", "Ce qu’il permet", "What it may", scopes, string(store.MarketplaceToken))
	scope.Needed = true
	scope.Hint = a.say("Une place de marché donne producteurs, produits et commandes, et lit plans et papiers.", "A marketplace gives producers, products and orders, and reads plans and papers.")
	out.Form.Groups = []group{{Fields: []field{name, scope}}}
	if faults != nil {
		out.Form.fill(v.r.PostForm, faults, v.lang)
	}
	return s.show(v, status, "tokens.html", &out)
}

// makeToken makes a token, and shows it.
func (s *Site) makeToken(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return &store.Error{Code: store.Invalid, Message: v.say("le formulaire est illisible", "the form cannot be read")}
	}
	rd := &reader{typed: v.r.PostForm, lang: v.lang}
	x := store.Token{Name: rd.need("name"), Scope: store.TokenScope(rd.need("scope"))}
	if !slices.ContainsFunc(v.tokenScopes(), func(c choice) bool { return c.Value == string(x.Scope) }) && x.Scope != "" {
		rd.wrong("scope", "Choisissez ce qu’il permet.", "Choose what it may.")
	}
	faults, text := rd.faults, ""
	if len(faults) == 0 {
		var err error
		if text, err = v.scope.CreateToken(v.ctx, &x); err != nil {
			var ok bool
			if faults, ok = faultsOf(err, v.lang); !ok {
				return err
			}
		}
	}
	if len(faults) > 0 {
		return s.showTokens(v, http.StatusUnprocessableEntity, tokensView{}, faults)
	}
	v.w.Header().Set("Cache-Control", "no-store")
	made := &madeToken{Name: x.Name, Text: text}
	if s.config.URL != "" {
		made.Address = s.config.URL + "/v1"
	}
	return s.showTokens(v, http.StatusOK, tokensView{Made: made}, nil)
}

// revokeToken ends a program's token.
func (s *Site) revokeToken(v *visit) error {
	x, err := v.scope.Token(v.ctx, v.id("token"))
	if err != nil {
		return err
	}
	if x.Scope == store.ProducerToken {
		return &store.Error{Code: store.NotFound, Message: v.say("c’est le lien privé d’une ferme", "this is the private link of a farm")}
	}
	if err := v.scope.RevokeToken(v.ctx, x.ID); err != nil {
		return err
	}
	return v.leads("/data/tokens?revoked=" + string(x.ID))
}
