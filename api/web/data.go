package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/search"

	"carriole/api/store"
	"carriole/engine/view"
)

// A kind is something that a collective has: a list of rows, and a form for one.
type kind[T any] struct {
	path           string    // below /data/
	add, many      [2]string // what a new one and several are called
	text           [2]string // what it is, above the list
	columns        func(v *visit, n *names) []column[T]
	list           func(v *visit, page store.Page) ([]T, store.Cursor, error)
	order          func(a, b *T) int // of the list; nil: by the first column
	get            func(*store.Scope, context.Context, store.ID) (*T, error)
	create, update func(*store.Scope, context.Context, *T) error
	remove         func(*store.Scope, context.Context, store.ID, int64) error
	row            func(*T) *store.Row
	name           func(v *visit, x *T) string
	blank          func(v *visit) T
	groups         func(v *visit, n *names, x *T) []group
	read           func(v *visit, r *reader, x *T)
	leads          func(x *T) string                                                // the page that creating one leads to; nil: the list
	private        bool                                                             // coordinators alone see it
	note           func(v *visit, n *names) (string, error)                         // something to know above the list, empty: nothing; may be nil
	before         func(ctx context.Context, c *store.Scope, r *reader, x *T) error // makes what the row refers to; may be nil
}

type column[T any] struct {
	title string
	text  func(x *T) string
	right bool
}

// names are what a form can refer to, by id.
type names struct {
	places, producers, vehicles, points []choice
	of                                  map[store.ID]string
}

// names reads what the forms of a visit choose from.
func (v *visit) names() (*names, error) {
	n := &names{of: map[store.ID]string{}}
	add := func(to *[]choice, id store.ID, name string) {
		*to = append(*to, choice{Value: string(id), Name: name})
		n.of[id] = name
	}
	places, err := store.All(func(p store.Page) ([]store.Place, store.Cursor, error) {
		return v.scope.Places(v.ctx, store.PlaceFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, x := range places {
		add(&n.places, x.ID, x.Name)
	}
	producers, err := store.All(func(p store.Page) ([]store.Producer, store.Cursor, error) {
		return v.scope.Producers(v.ctx, store.ProducerFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, x := range producers {
		add(&n.producers, x.ID, x.Name)
	}
	vehicles, err := store.All(func(p store.Page) ([]store.Vehicle, store.Cursor, error) {
		return v.scope.Vehicles(v.ctx, store.VehicleFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, x := range vehicles {
		add(&n.vehicles, x.ID, x.Name+" ("+n.of[x.Producer]+")")
	}
	points, err := store.All(func(p store.Page) ([]store.PickupPoint, store.Cursor, error) {
		return v.scope.PickupPoints(v.ctx, store.PickupPointFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, x := range points {
		add(&n.points, x.ID, x.Name)
	}
	by := byName()
	for _, list := range []*[]choice{&n.places, &n.producers, &n.vehicles, &n.points} {
		slices.SortStableFunc(*list, func(a, b choice) int { return by.CompareString(a.Name, b.Name) })
	}
	return n, nil
}

// chosen is a list with one of it chosen.
func chosen(list []choice, ids ...string) []choice {
	out := slices.Clone(list)
	for i := range out {
		out[i].Chosen = slices.Contains(ids, out[i].Value)
	}
	return out
}

type listView struct {
	Path, Add, Many, Text string
	Note                  string
	Titles                []listTitle
	Rows                  []listRow
	All, Found            int    // rows, and those that match
	Search                string // words that rows must have
	Page, Pages           int
	Saved, Removed        string
	MayChange             bool
}

// cut leaves one page of the rows.
func (l *listView) cut(page string) {
	const most = 200
	l.Found, l.Page, l.Pages = len(l.Rows), 1, max(1, (len(l.Rows)+most-1)/most)
	if n, err := strconv.Atoi(page); err == nil {
		l.Page = min(max(1, n), l.Pages)
	}
	l.Rows = l.Rows[(l.Page-1)*most : min(l.Page*most, len(l.Rows))]
}

// Prev and Next are pages of the list; 0: none.
func (l *listView) Prev() int { return l.Page - 1 }

func (l *listView) Next() int {
	if l.Page == l.Pages {
		return 0
	}
	return l.Page + 1
}

type listTitle struct {
	Text  string
	Right bool
}

type listRow struct {
	Href  string
	Cells []listTitle
}

// matches says whether a row has all words, whatever their accents and capitals.
func (r *listRow) matches(words []string, m *search.Matcher) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		return !slices.ContainsFunc(r.Cells, func(c listTitle) bool {
			at, _ := m.IndexString(c.Text, w)
			return at >= 0
		})
	})
}

// byName orders names as people look for them: capitals, accents and ligatures aside, numbers by what they count.
func byName() *collate.Collator { return collate.New(language.French, collate.Loose, collate.Numeric) }

type formView struct {
	Path, List, Many, Name string
	Form                   *form
	MayChange              bool
	Map                    bool   // some field is a position
	Back                   string // the form that is gone back to once this one is saved; empty: to the list
	Saved                  string // under which key the browser kept what has just been saved from here
}

// mount adds the pages of a kind.
func mount[T any](s *Site, r chi.Router, k kind[T]) {
	path := "/data/" + k.path
	page := s.page
	if k.private {
		page = func(show func(*visit) error) http.HandlerFunc { return s.page(coordinators(show)) }
	}

	show := func(v *visit, status int, x *T, typed url.Values, faults []store.Fault) error {
		n, err := v.names()
		if err != nil {
			return err
		}
		id := k.row(x).ID
		f := form{Key: path + "/" + cmp.Or(string(id), "new"), Groups: k.groups(v, n, x), Version: k.row(x).Version, Removes: id != "" && k.remove != nil}
		f.fill(typed, faults, v.lang)
		out := formView{Path: path, List: path, Many: v.say(k.many[0], k.many[1]), Name: v.say(k.add[0], k.add[1]), Form: &f, MayChange: v.Role == store.Coordinator, Back: formBefore(v), Saved: v.r.URL.Query().Get("saved")}
		if id != "" {
			out.Path += "/" + string(id)
			out.Name = k.name(v, x)
		} else {
			out.Path += "/new"
		}
		for _, g := range f.Groups {
			for i := range g.Fields {
				if x := &g.Fields[i]; x.From != "" && out.MayChange {
					x.From = "/data/" + x.From + "/new?back=" + out.Path
				} else {
					x.From = ""
				}
			}
			out.Map = out.Map || slices.ContainsFunc(g.Fields, func(f field) bool { return f.Kind == "map" })
		}
		return s.show(v, status, "form.html", out)
	}
	// save reads a form into a row and writes it; with X-Check it only says what is wrong.
	save := func(v *visit, x *T, write func(*store.Scope, context.Context, *T) error) error {
		if err := v.r.ParseForm(); err != nil {
			return &store.Error{Code: store.Invalid, Message: v.say("le formulaire est illisible", "the form cannot be read")}
		}
		rd := &reader{typed: v.r.PostForm, lang: v.lang}
		k.read(v, rd, x)
		checks := v.r.Header.Get("X-Check") != ""
		faults := rd.faults
		if len(faults) == 0 {
			err := v.scope.Together(v.ctx, func(c *store.Scope) error {
				if k.before != nil {
					if err := k.before(v.ctx, c, rd, x); err != nil {
						return err
					}
				}
				if err := write(c, v.ctx, x); err != nil {
					return err
				}
				if checks {
					return errCheck
				}
				return nil
			})
			var ok bool
			if err != nil && !errors.Is(err, errCheck) {
				if faults, ok = faultsOf(err, v.lang); !ok {
					return err
				}
				faults = rd.where(faults)
				if errors.Is(err, &store.Error{Code: store.Stale}) { // saving once more replaces what is there now
					now, err := k.get(v.scope, v.ctx, k.row(x).ID)
					if err != nil {
						return err
					}
					k.row(x).Version = k.row(now).Version
				}
			}
		}
		if checks {
			return v.faults(faults)
		}
		if len(faults) > 0 {
			return show(v, http.StatusUnprocessableEntity, x, v.r.PostForm, faults)
		}
		key := cmp.Or(v.r.PostForm.Get("key"), string(k.row(x).ID))
		if back := formBefore(v); back != "" {
			return v.leads(back + "?saved=" + url.QueryEscape(path+"/"+key))
		}
		if k.leads != nil && key == "new" {
			return v.leads(k.leads(x) + "?saved=" + url.QueryEscape(path+"/"+key))
		}
		return v.leads(path + "?saved=" + url.QueryEscape(key))
	}

	r.Get(path, page(func(v *visit) error {
		rows, err := store.All(func(p store.Page) ([]T, store.Cursor, error) { return k.list(v, p) })
		if err != nil {
			return err
		}
		n, err := v.names()
		if err != nil {
			return err
		}
		out := listView{Path: path, Add: v.say(k.add[0], k.add[1]), Many: v.say(k.many[0], k.many[1]), Text: v.say(k.text[0], k.text[1]), All: len(rows), Search: strings.TrimSpace(v.r.FormValue("q")), Saved: v.r.FormValue("saved"), Removed: v.r.FormValue("removed"), MayChange: v.Role == store.Coordinator}
		if k.note != nil {
			if out.Note, err = k.note(v, n); err != nil {
				return err
			}
		}
		columns := k.columns(v, n)
		for _, c := range columns {
			out.Titles = append(out.Titles, listTitle{c.title, c.right})
		}
		if k.order != nil {
			slices.SortStableFunc(rows, func(a, b T) int { return k.order(&a, &b) })
		}
		words, loose := strings.Fields(out.Search), search.New(language.French, search.Loose)
		for i := range rows {
			x := listRow{Href: path + "/" + string(k.row(&rows[i]).ID)}
			for _, c := range columns {
				x.Cells = append(x.Cells, listTitle{c.text(&rows[i]), c.right})
			}
			if x.matches(words, loose) {
				out.Rows = append(out.Rows, x)
			}
		}
		if k.order == nil {
			by := byName()
			slices.SortStableFunc(out.Rows, func(a, b listRow) int { return by.CompareString(a.Cells[0].Text, b.Cells[0].Text) })
		}
		out.cut(v.r.FormValue("page"))
		return s.render(v, "list.html", out)
	}))
	r.Get(path+"/new", page(func(v *visit) error {
		x := k.blank(v)
		return show(v, http.StatusOK, &x, nil, nil)
	}))
	r.Post(path+"/new", s.change(func(v *visit) error {
		x := k.blank(v)
		return save(v, &x, k.create)
	}))
	r.Get(path+"/{id}", page(func(v *visit) error {
		x, err := k.get(v.scope, v.ctx, v.id("id"))
		if err != nil {
			return err
		}
		return show(v, http.StatusOK, x, nil, nil)
	}))
	r.Post(path+"/{id}", s.change(func(v *visit) error {
		x, err := k.get(v.scope, v.ctx, v.id("id"))
		if err != nil {
			return err
		}
		if err := v.r.ParseForm(); err == nil {
			if version, err := strconv.ParseInt(v.r.PostForm.Get("version"), 10, 64); err == nil {
				k.row(x).Version = version
			}
		}
		return save(v, x, k.update)
	}))
	if k.remove != nil {
		r.Post(path+"/{id}/remove", s.change(func(v *visit) error {
			x, err := k.get(v.scope, v.ctx, v.id("id"))
			if err != nil {
				return err
			}
			if v.id("id") == v.Member {
				return show(v, http.StatusConflict, x, nil, []store.Fault{{Message: v.say("c’est vous : demandez à un autre coordinateur", "this is you: ask another coordinator")}})
			}
			if err := k.remove(v.scope, v.ctx, v.id("id"), k.row(x).Version); err != nil {
				faults, ok := faultsOf(err, v.lang)
				if !ok {
					return err
				}
				return show(v, http.StatusConflict, x, nil, faults)
			}
			return v.leads(path + "?removed=" + url.QueryEscape(k.name(v, x)))
		}))
	}
}

// formBefore is the form that this one was opened from, for something that was missing there; empty: none.
func formBefore(v *visit) string {
	if back := v.r.FormValue("back"); aForm.MatchString(back) {
		return back
	}
	return ""
}

var aForm = regexp.MustCompile(`^/data/[a-z-]+/[a-z0-9]+$`)

// faults answers a form that is checked while one types: what is wrong, by the names of fields.
func (v *visit) faults(list []store.Fault) error {
	out := map[string]string{}
	for _, f := range list {
		if out[f.Path] == "" {
			out[f.Path] = sentence(f.Message)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	_, err = v.w.Write(b)
	if err != nil {
		return nil // the browser went away
	}
	return nil
}

func yes(lang view.Lang, x bool) string {
	if x {
		return say(lang, "oui", "yes")
	}
	return say(lang, "non", "no")
}
