package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/language"

	"carriole/api/planning"
	"carriole/api/signin"
	"carriole/api/store"
	"carriole/engine/view"
)

// A visit is one request of somebody who is signed in.
type visit struct {
	*Who
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	lang  view.Lang
	scope *store.Scope
	plans *planning.Service
	col   *store.Collective
}

// zone is the collective's time zone.
func (v *visit) zone() *time.Location { return v.col.Zone() }

// id is a part of the path.
func (v *visit) id(name string) store.ID { return store.ID(chi.URLParam(v.r, name)) }

// say picks the text of the visitor's language.
func (v *visit) say(french, english string) string { return say(v.lang, french, english) }

func say(lang view.Lang, french, english string) string {
	if lang == view.French {
		return french
	}
	return english
}

// leads sends the browser to another page, after a form.
func (v *visit) leads(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

var languages = language.NewMatcher([]language.Tag{language.French, language.English})

// langOf is the language that was chosen, or else the first of French and English that the browser wants.
func langOf(r *http.Request) view.Lang {
	if c, err := r.Cookie("language"); err == nil && (c.Value == "fr" || c.Value == "en") {
		return view.Lang(c.Value)
	}
	_, n := language.MatchStrings(languages, r.Header.Get("Accept-Language"))
	return [...]view.Lang{view.French, view.English}[n]
}

// display remembers a language or colours that were chosen, and leads back.
func (s *Site) display(w http.ResponseWriter, r *http.Request) {
	keep := func(name, value string) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: r.TLS != nil})
	}
	if l := r.PostFormValue("language"); l == "fr" || l == "en" {
		keep("language", l)
	}
	if c := r.PostFormValue("theme"); c == "light" || c == "dark" || c == "system" {
		keep("theme", c)
	}
	http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther)
}

// local is a path of this site, or its first page.
func local(path string) string {
	if u, err := url.Parse(path); err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(path, "//") && !strings.Contains(path, `\`) {
		return path
	}
	return "/"
}

// page lets a coordinator, or a reader, see a page. Who is not signed in is asked to; a producer is led to their own.
func (s *Site) page(show func(*visit) error) http.HandlerFunc {
	return s.visit(func(v *visit) error {
		if v.Role == store.ProducersRole {
			return v.leads("/farm")
		}
		return show(v)
	})
}

// coordinators keeps a page from those who only read.
func coordinators(show func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		if v.Role != store.Coordinator {
			return &store.Error{Code: store.NotFound, Message: v.say("cette page est pour les coordinateurs", "this page is for coordinators")}
		}
		return show(v)
	}
}

// farm lets a producer see, or change, what is theirs. Others are led to the first page.
func (s *Site) farm(show func(*visit) error) http.HandlerFunc {
	return s.visit(func(v *visit) error {
		if v.Role != store.ProducersRole {
			return v.leads("/")
		}
		return show(v)
	})
}

// change lets a coordinator send a form.
func (s *Site) change(do func(*visit) error) http.HandlerFunc {
	return s.visit(func(v *visit) error {
		if v.Role != store.Coordinator {
			return &store.Error{Code: store.Conflict, Message: v.say("vous pouvez lire, mais rien changer ici : demandez à un coordinateur", "you may read, but change nothing here: ask a coordinator")}
		}
		return do(v)
	})
}

// patience is how long a page may take, so that who waits is told instead of being cut off by the server's own limit.
const patience = 45 * time.Second

func (s *Site) visit(show func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := s.config.Who(r)
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		v := &visit{w: w, r: r, ctx: ctx, lang: langOf(r), plans: s.config.Planning}
		if err == nil && who == nil {
			http.Redirect(w, r, "/signin?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		if err == nil {
			if err = v.as(s, who); err == nil {
				err = show(v)
			}
		}
		if err != nil {
			s.sorry(v, err)
		}
	}
}

// as makes the visit that of somebody.
func (v *visit) as(s *Site, who *Who) (err error) {
	v.Who, v.scope = who, s.config.Store.In(who.Collective, who.Actor)
	v.col, err = v.scope.Itself(v.ctx)
	return err
}

// foreign shows that a form which seems to come from another site is not taken.
func (s *Site) foreign(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, ctx: r.Context(), lang: langOf(r)}
	if err := s.show(v, http.StatusForbidden, "sorry.html", sorryView{http.StatusForbidden,
		v.say("Votre navigateur dit que ce formulaire vient d’un autre site. Rien n’a été changé : rouvrez la page depuis Carriole et envoyez-la encore une fois. Si cela se répète, dites-le à la personne qui gère ce service.",
			"Your browser says that this form comes from another site. Nothing was changed: open the page from Carriole and send it once more. If this happens again, tell whoever runs this service.")}); err != nil {
		s.log.Error("page", "path", r.URL.Path, "error", err.Error())
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
	}
}

// Missing shows that there is nothing at an address.
func (s *Site) Missing(w http.ResponseWriter, r *http.Request) {
	s.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, ctx: r.Context(), lang: langOf(r), plans: s.config.Planning}
		err := error(&store.Error{Code: store.NotFound, Message: "there is nothing at this address"})
		if who, fault := s.config.Who(r); fault != nil {
			err = fault
		} else if who != nil {
			if fault := v.as(s, who); fault != nil {
				err = fault
			}
		}
		s.sorry(v, err)
	})).ServeHTTP(w, r)
}

// now is what planning takes the time to be.
func (v *visit) now() time.Time {
	if v.plans.Now != nil {
		return v.plans.Now()
	}
	return time.Now()
}

// sorry shows what went wrong, in the visitor's terms.
func (s *Site) sorry(v *visit, err error) {
	var e *store.Error
	status, detail := http.StatusInternalServerError, ""
	switch {
	case errors.Is(err, context.Canceled):
		return // nobody is there to see it
	case errors.Is(err, context.DeadlineExceeded):
		status = http.StatusServiceUnavailable
		detail = v.say("La réponse se fait trop attendre. Rien n’a été écrit à moitié : réessayez dans quelques minutes.", "The answer takes too long. Nothing was written by half: try again in some minutes.")
	case errors.As(err, &e):
		status = statusOf(e)
		detail = e.Error()
	default:
		s.log.Error("page", "path", v.r.URL.Path, "error", err.Error())
	}
	if err := s.show(v, status, "sorry.html", sorryView{status, detail}); err != nil {
		s.log.Error("page", "path", v.r.URL.Path, "error", err.Error())
		http.Error(v.w, http.StatusText(status), status)
	}
}

// statusOf is the status of an answer that tells of an error.
func statusOf(e *store.Error) int {
	return map[store.Code]int{store.NotFound: http.StatusNotFound, store.Conflict: http.StatusConflict, store.Stale: http.StatusPreconditionFailed, store.Invalid: http.StatusUnprocessableEntity}[e.Code]
}

type sorryView struct {
	Status int
	Detail string
}

// render shows a page.
func (s *Site) render(v *visit, page string, data any) error {
	return s.show(v, http.StatusOK, page, data)
}

// show writes a page whole or not at all.
func (s *Site) show(v *visit, status int, page string, data any) error {
	t, ok := s.pages[v.lang][page]
	if !ok {
		return fmt.Errorf("no page %q", page)
	}
	f := frame{Lang: v.lang, Theme: signin.ThemeOf(v.r), Path: v.r.URL.RequestURI(), Who: v.Who, Query: v.r.URL.Query(), Data: data}
	if v.col != nil {
		f.Collective, f.Zone = v.col.Name, v.zone()
		f.Tiles, f.TilesBy = s.tiles(v)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, f); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, err := out.WriteTo(v.w)
	if err != nil {
		return nil // the browser went away
	}
	return nil
}
