package web

import (
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"carriole/api/store"
	"carriole/engine/view"
)

// A field is one question of a form. Its name is what the store's faults call the value.
type field struct {
	Name  string
	Kind  string // text, area, number, clock, day, email, tel, select, check, days, rows
	Label string
	Hint  string
	Unit  string // behind a number

	Value   string
	Choices []choice // of select and days
	Checked bool
	Needed  bool
	List    string // id of the suggestions beside it
	From    string // where a choice that is missing is added: a kind below /data/, then the page
	Add     string // and what adding it is called

	Rows  []row  // of rows: each has the same fields
	More  string // what a further row is called
	Wrong string
}

type row struct {
	Name   string // as in windows[0]
	Title  string
	Fields []field
	Wrong  string // of the row as a whole
}

// A group is fields that belong together.
type group struct {
	Title, Text string
	Fields      []field
}

// A form is what is asked about one thing.
type form struct {
	Key     string // under which the browser keeps what is typed
	Groups  []group
	Version int64 // 0: it is new
	Wrong   []string
	Removes bool // it can be removed
}

// Faulty says whether some field is wrong.
func (f *form) Faulty() bool {
	var some func(list []field) bool
	some = func(list []field) bool {
		return slices.ContainsFunc(list, func(x field) bool {
			return x.Wrong != "" || slices.ContainsFunc(x.Rows, func(r row) bool { return r.Wrong != "" || some(r.Fields) })
		})
	}
	return slices.ContainsFunc(f.Groups, func(g group) bool { return some(g.Fields) })
}

// fill puts back what was typed, and what is wrong with it.
func (f *form) fill(typed url.Values, faults []store.Fault, lang view.Lang) {
	at := map[string]*string{}
	var walk func(list []field)
	walk = func(list []field) {
		for i := range list {
			x := &list[i]
			at[x.Name] = &x.Wrong
			if typed != nil {
				switch x.Kind {
				case "check":
					x.Checked = typed.Has(x.Name)
				case "days", "select":
					for k := range x.Choices {
						x.Choices[k].Chosen = slices.Contains(typed[x.Name], x.Choices[k].Value)
					}
				default:
					x.Value = typed.Get(x.Name)
				}
			}
			for k := range x.Rows {
				at[x.Rows[k].Name] = &x.Rows[k].Wrong
				walk(x.Rows[k].Fields)
			}
		}
	}
	for i := range f.Groups {
		walk(f.Groups[i].Fields)
	}
	for _, x := range faults {
		path := x.Path
		for path != "" && at[path] == nil { // a fault of stops[0].unload.grams may stand beside stops
			cut := strings.LastIndexAny(path, ".[")
			path = path[:max(cut, 0)]
		}
		if to := at[path]; to != nil {
			*to = strings.TrimSpace(*to + " " + sentence(x.Message))
		} else {
			f.Wrong = append(f.Wrong, sentence(x.Message))
		}
	}
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = capital(s)
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// A reader takes values out of a form that was sent, and collects what is wrong with them.
type reader struct {
	typed  url.Values
	lang   view.Lang
	faults []store.Fault
	taken  map[string][]int // the rows that were read of each repeated part
}

func (r *reader) wrong(name, french, english string) {
	r.faults = append(r.faults, store.Fault{Path: name, Message: say(r.lang, french, english)})
}

func (r *reader) text(name string) string { return strings.TrimSpace(r.typed.Get(name)) }

// need is a text that must not be empty.
func (r *reader) need(name string) string {
	s := r.text(name)
	if s == "" {
		r.wrong(name, "Il manque quelque chose ici.", "Something is missing here.")
	}
	return s
}

func (r *reader) id(name string) store.ID { return store.ID(r.text(name)) }

func (r *reader) needID(name string) store.ID { return store.ID(r.need(name)) }

func (r *reader) check(name string) bool { return r.typed.Has(name) }

func (r *reader) email(name string) string {
	s := r.text(name)
	if s == "" {
		return ""
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		r.wrong(name, "Ce n’est pas une adresse : elle doit ressembler à marie@example.org.", "This is no address: it must be like marie@example.org.")
	}
	return s
}

// amount is a number in thousandths, or whatever unit says; nil where nothing is typed. French and English decimals are taken.
func (r *reader) amount(name string, unit float64) *int64 {
	s := strings.NewReplacer(",", ".", " ", "", "\u202f", "", "\u00a0", "").Replace(r.text(name))
	if s == "" {
		return nil
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) || math.Abs(x*unit) > 1e12 {
		r.wrong(name, "Ce n’est pas un nombre : écrivez par exemple 12 ou 12,5.", "This is no number: write for example 12 or 12.5.")
		return nil
	}
	if x < 0 {
		r.wrong(name, "Le nombre ne peut pas être négatif.", "The number cannot be below zero.")
		return nil
	}
	n := int64(math.Round(x * unit))
	return &n
}

// zero is an amount that is 0 where nothing is typed.
func (r *reader) zero(name string, unit float64) int64 {
	if x := r.amount(name, unit); x != nil {
		return *x
	}
	return 0
}

func (r *reader) clock(name string) *store.Clock {
	s := strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(r.text(name)), " ", ""), "h", ":")
	if s == "" {
		return nil
	}
	if strings.HasSuffix(s, ":") {
		s += "00"
	}
	if len(s) == 4 && s[1] == ':' {
		s = "0" + s
	}
	c, err := store.ParseClock(s)
	if err != nil {
		r.wrong(name, "Ce n’est pas une heure : écrivez par exemple 16:30.", "This is no time of day: write for example 16:30.")
		return nil
	}
	return &c
}

func (r *reader) needClock(name string) store.Clock {
	if r.need(name) == "" {
		return 0
	}
	if c := r.clock(name); c != nil {
		return *c
	}
	return 0
}

func (r *reader) day(name string) store.Day {
	d := store.Day(r.text(name))
	if d != "" && !d.Valid() {
		r.wrong(name, "Ce jour n’existe pas : écrivez par exemple 2026-11-26.", "There is no such day: write for example 2026-11-26.")
		return ""
	}
	return d
}

// rows are the indexes of a repeated part that has something typed in it.
func (r *reader) rows(name string) []int {
	list, more := rowsTyped(r.typed, name)
	if more {
		r.wrong(name, fmt.Sprintf("C’est trop : %d lignes au plus.", mostRows), fmt.Sprintf("This is too much: %d rows at most.", mostRows))
	}
	if r.taken == nil {
		r.taken = map[string][]int{}
	}
	r.taken[name] = list
	return list
}

// rowsTyped are the indexes of a repeated part that has something typed in it, and whether there are more than a form takes.
func rowsTyped(typed url.Values, name string) (list []int, more bool) {
	for k, v := range typed {
		rest, ok := strings.CutPrefix(k, name+"[")
		index, _, closed := strings.Cut(rest, "].")
		n, err := strconv.Atoi(index)
		switch {
		case !ok || !closed || err != nil || n < 0 || strings.TrimSpace(strings.Join(v, "")) == "":
		case n >= mostRows:
			more = true
		default:
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), more
}

// where gives the store's faults the rows of the form: it counts only those that have something typed in them.
func (r *reader) where(faults []store.Fault) []store.Fault {
	for i := range faults {
		name, rest, _ := strings.Cut(faults[i].Path, "[")
		index, rest, ok := strings.Cut(rest, "]")
		if n, err := strconv.Atoi(index); ok && err == nil && n >= 0 && n < len(r.taken[name]) {
			faults[i].Path = fmt.Sprintf("%s[%d]%s", name, r.taken[name][n], rest)
		}
	}
	return faults
}

// shown is how an amount is put into a form.
func shown(x *int64, unit float64, lang view.Lang) string {
	if x == nil {
		return ""
	}
	s := strconv.FormatFloat(float64(*x)/unit, 'f', -1, 64)
	if lang == view.French {
		s = strings.ReplaceAll(s, ".", ",")
	}
	return s
}

func shownClock(c *store.Clock) string {
	if c == nil {
		return ""
	}
	return c.String()
}

// errCheck ends a transaction in which everything went well and nothing is to stay.
var errCheck = errors.New("checked")

// faultsOf are what an error of the store says of a form; nil and false where it is another error.
func faultsOf(err error, lang view.Lang) (faults []store.Fault, ok bool) {
	var e *store.Error
	if !errors.As(err, &e) {
		return nil, false
	}
	switch {
	case e.Code == store.Invalid && len(e.Faults) > 0:
		if lang == view.French {
			for _, f := range e.Faults {
				faults = append(faults, store.Fault{Path: f.Path, Message: inFrench(f.Message, "Cette valeur n’est pas possible ("+f.Message+").")})
			}
			return faults, true
		}
		return e.Faults, true
	case e.Code == store.Stale:
		return []store.Fault{{Message: say(lang, "Quelqu’un d’autre a changé ceci entre-temps. Ce que vous avez tapé est encore là : rechargez la page dans un autre onglet pour comparer, ou enregistrez encore une fois pour remplacer.",
			"Somebody else has changed this meanwhile. What you typed is still here: load the page in another tab to compare, or save once more to replace it.")}}, true
	case e.Code == store.Conflict:
		return []store.Fault{{Message: say(lang, inFrench(e.Message, "Ce n’est pas possible : "+e.Message), e.Message)}}, true
	case e.Code == store.Invalid:
		return []store.Fault{{Message: e.Message}}, true
	}
	return nil, false
}

// inFrench is what the store says of what people type, or otherwise where it is none of that.
func inFrench(message, otherwise string) string {
	for _, x := range [...]struct{ english, french string }{
		{" has the id ", "Ce choix n’existe plus : rechargez la page et choisissez-en un autre."},
		{"is no SIRET", "Un SIRET a 14 chiffres, comme 732 829 320 00074."},
		{"is no e-mail address", "Ce n’est pas une adresse e-mail : elle doit ressembler à marie@example.org."},
		{"is no day of the year", "Ce n’est pas un jour de l’année : écrivez mois et jour, comme 04-01."},
		{"is no day", "Ce jour n’existe pas : écrivez par exemple 2026-11-26."},
		{"is no span of a day", "La fin doit être après le début, et avant 48:00."},
		{"is not between 0 and 31", "Écrivez un nombre de jours entre 0 et 31."},
		{"is before the first day", "C’est avant le premier jour."},
		{"days from the first on", "C’est trop loin du premier jour : 31 jours au plus."},
		{"is not within the days", "Ce jour n’est pas parmi ceux où l’on porte."},
		{"is not after the opening", "Les commandes doivent fermer après leur ouverture."},
		{"is named beside a producer", "L’absence d’une ferme vaut pour tous ses véhicules : ne nommez pas de véhicule."},
		{"must end after it begins, within a week", "Le déchargement doit finir après avoir commencé, dans la semaine avant l’ouverture."},
		{"comes on no day", "Cette règle ne donne aucun jour à compter de cette date."},
		{"bytes: at most", "Ce texte est trop long."},
		{"is still in use", "C’est encore utilisé : supprimez d’abord ce qui s’y rapporte."},
		{"that was just deleted", "Ce qui est choisi vient d’être supprimé : choisissez autre chose."},
		{"has the same ref", "Cette référence est déjà prise."},
		{"has the same e-mail address", "Cette adresse est déjà celle de quelqu’un."},
		{"is not between −1440 and 1440", "Le décalage est d’un jour au plus : de −1440 à 1440 minutes."},
		{"is no time zone", "Ce fuseau horaire n’existe pas : écrivez par exemple Europe/Paris."},
		{"is no address: it must be like", "Ce n’est pas une adresse : elle doit ressembler à https://coopcircuits.fr."},
		{"is out of range", "Cette position n’existe pas : la longitude va de −180 à 180, la latitude de −90 à 90."},
		{"must be 0 or more", "Écrivez un nombre à partir de 0, et qui ne soit pas démesuré."},
		{"are no time of day", "Ce n’est pas une heure : écrivez par exemple 06:30."},
		{"is no product of the producer", "Ce produit n’est pas de cette ferme."},
		{"with the role producer belongs to one", "Choisissez la ferme de ce producteur."},
		{"is not known: it must be one of", "Choisissez une des valeurs proposées."},
		{"is not text", "Ce texte ne peut pas être lu : tapez-le à nouveau."},
		{"names the same producer again", "Cette ferme est choisie deux fois."},
		{"say carries some", "Des fermes sont choisies, mais la tournée n’est pas limitée à certaines fermes."},
		{"goes into such a crate", "Une caisse doit contenir quelque chose."},
		{"name days, mon to sun", "Choisissez des jours."},
		{"takes a reason", "Donnez la raison pour laquelle cette règle est écartée."},
		{"customer's position is not known", "Choisissez un point de retrait : la position du client n’est pas connue."},
		{"are kept", "C’est trop : enlevez-en."},
		{"is more than", "C’est trop."},
		{"is empty", "Il manque quelque chose ici."},
	} {
		if strings.Contains(message, x.english) {
			return x.french
		}
	}
	return otherwise
}
