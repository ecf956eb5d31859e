package signin

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"golang.org/x/text/language"

	"carriole/api/store"
)

//go:embed pages
var files embed.FS

// pages are the templates by name, each with the frame around it, and the style sheet.
type pages struct {
	templates map[string]*template.Template
	style     []byte
}

func readPages() (pages, error) {
	p := pages{templates: map[string]*template.Template{}}
	for _, name := range []string{"ask", "sent", "confirm", "choose", "signed-in", "instead", "problem"} {
		t, err := template.ParseFS(files, "pages/frame.html", "pages/"+name+".html")
		if err != nil {
			return p, err
		}
		p.templates[name] = t
	}
	style, err := files.ReadFile("pages/style.css")
	p.style = style
	return p, err
}

// What the pages show, beside their words.
type (
	askView struct {
		Mail  bool
		OIDC  string // the issuer's name
		Wrong string // what was typed and is no address
	}
	confirmView  struct{ Email string }
	signedInView struct {
		Name, Collective string
		Several          bool // collectives to choose from
		Home             string
	}
	chooseView struct{ Collectives []choice }
	choice     struct {
		ID, Name string
		Role     store.Role
		Here     bool
	}
	insteadView struct{ Now, Then string }
	problemView struct{ Message string }
)

// RoleName is a choice's role in the page's language.
func (c choice) RoleName(w *words) string {
	switch c.Role {
	case store.Coordinator:
		return w.Coordinator
	case store.ProducersRole:
		return w.Producer
	}
	return w.Reader
}

type frame[V any] struct {
	Words *words
	Theme string
	View  V
}

// words are in the language that was chosen on the pages, or else in the one that the browser asks for.
func (s *Service) words(r *http.Request) *words {
	if c, err := r.Cookie("language"); err == nil {
		if w := wordsOf(c.Value); w != nil {
			return w
		}
	}
	return wordsFor(r.Header.Get("Accept-Language"))
}

// ThemeOf is light or dark where the one or the other was chosen on the pages, or nothing.
func ThemeOf(r *http.Request) string {
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// show answers with a page.
func (s *Service) show(w http.ResponseWriter, r *http.Request, status int, name string, view any) {
	words := s.words(r)
	var page bytes.Buffer
	if err := s.pages.templates[name].ExecuteTemplate(&page, "frame", frame[any]{words, ThemeOf(r), view}); err != nil {
		s.log.ErrorContext(r.Context(), "showing a page", "page", name, "error", err.Error())
		http.Error(w, words.Broken, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", words.Language)
	h.Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

// fail answers with a page that says what is wrong and what to do.
func (s *Service) fail(w http.ResponseWriter, r *http.Request, status int, message func(*words) string) {
	s.show(w, r, status, "problem", problemView{message(s.words(r))})
}

func (s *Service) style(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "max-age=3600")
	w.Write(s.pages.style)
}

// wordsFor chooses a language by an Accept-Language header.
func wordsFor(header string) *words {
	_, i := language.MatchStrings(language.NewMatcher([]language.Tag{language.English, language.French}), header)
	return [...]*words{english(), french()}[i]
}

// wordsOf is a language by its code; nil: there is none.
func wordsOf(code string) *words {
	for _, w := range []*words{english(), french()} {
		if w.Language == code {
			return w
		}
	}
	return nil
}
