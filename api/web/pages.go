package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"carriole/engine"
	"carriole/engine/view"
	"carriole/geo"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages are the templates by language and file.
type pages map[view.Lang]map[string]*template.Template

// frame is what stands around every page.
type frame struct {
	Lang           view.Lang
	Theme          string // light, dark or nothing
	Path           string // where the page is, to come back to
	Who            *Who   // nil: nobody
	Collective     string
	Zone           *time.Location
	Tiles, TilesBy string
	Query          url.Values
	Data           any
}

// At says whether the page is at a path.
func (f frame) At(path string) bool { p, _, _ := strings.Cut(f.Path, "?"); return p == path }

// Under says whether the page is at a path or below.
func (f frame) Under(path string) bool { return f.At(path) || strings.HasPrefix(f.Path, path+"/") }

// readPages parses each page with the frame and the parts, whose names begin with an underscore.
func readPages(f *files) (pages, error) {
	all, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	out := pages{}
	for _, lang := range []view.Lang{view.French, view.English} {
		parts := template.New("_frame.html").Funcs(words(lang, f))
		if parts, err = parts.ParseFS(pageFiles, "pages/_*.html"); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		out[lang] = map[string]*template.Template{}
		for _, name := range all {
			if strings.HasPrefix(path.Base(name), "_") {
				continue
			}
			page, err := template.Must(parts.Clone()).ParseFS(pageFiles, name)
			if err != nil {
				return nil, fmt.Errorf("web: %w", err)
			}
			out[lang][path.Base(name)] = page
		}
	}
	return out, nil
}

// words are the functions of templates. t takes a text in French and in English.
func words(lang view.Lang, f *files) template.FuncMap {
	return template.FuncMap{
		"t": func(french, english string) string { return say(lang, french, english) },
		"tf": func(french, english string, args ...any) string {
			return fmt.Sprintf(say(lang, french, english), args...)
		},
		"count": func(n int, frenchOne, frenchMany, englishOne, englishMany string) string {
			return count(lang, n, frenchOne, frenchMany, englishOne, englishMany)
		},
		"number": lang.Number, "km": lang.Km, "kg": lang.Kg, "litres": lang.Litres, "percent": lang.Percent,
		"date": lang.Date, "clock": lang.Clock,
		"classes": func() []engine.Class { return engine.Classes[:] },
		"add":     func(a, b int) int { return a + b },
		"doing":   lang.Doing,
		"lang":    func() view.Lang { return lang },
		"class":   func(c engine.Class) string { return lang.Class(c) },
		"static":  f.url,
		"id": func(name string) string {
			return strings.NewReplacer("[", "-", "].", "-", "]", "", ".", "-").Replace(name)
		},
		"base":     path.Base,
		"day":      func(t time.Time) string { return day(lang, t) },
		"in":       func(t time.Time, zone *time.Location) time.Time { return t.In(zone) },
		"euros":    func(x float64) string { return euros(lang, x) },
		"div":      func(a, b float64) float64 { return a / b },
		"mul":      func(a, b float64) float64 { return a * b },
		"madeOf":   func(x *geo.Source) string { return lang.MadeOf(x) },
		"deref":    func(x *float64) float64 { return *x },
		"short":    short,
		"costPerM": func(w *engine.Week) float64 { return w.Settings.CostOfKm() / 1000 },
		"geo":      geoURL,
		"tel":      telURL,
		"grams":    func(n int64) float64 { return float64(n) / 1000 },
		"tasks":    tasksAt,
		"query":    url.QueryEscape,
		"qr":       qrOf,
		"percents": func(share float64) string { return strconv.FormatFloat(100*share, 'f', -1, 64) + "%" },
		"lines":    func(s string) []string { return strings.Split(s, "\n") },
		"amount":   func(x float64) string { return amount(lang, x) },
		"float":    func(n any) float64 { return float(n) },
		"signedKm": func(m float64) string { return signed(m, lang.Km(m)) },
		"signedMin": func(m float64) string {
			return signed(m, lang.Number(m, 0)+"\u202fmin")
		},
		"signedEuros": func(x float64) string { return signed(x, euros2(lang, x)) },
		"euros2":      func(x float64) string { return euros2(lang, x) },
		"moreKm":      func(before, after float64) string { return signed(after-before, lang.Km(after-before)) },
		"co2":         lang.CO2,
		"kg0":         func(x float64) string { return lang.Number(x, 0) + "\u202fkg" },
		"capital":     capital,
		"unplanned":   func() string { return unplanned(lang) },
		"list":        func(items ...any) []any { return items },
	}
}

// unplanned says that a sale has no plan yet.
func unplanned(lang view.Lang) string {
	return say(lang, "Cette vente n’est pas encore planifiée.", "This sale is not planned yet.")
}

// capital is a text as a title begins.
func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[n:]
}

// day is a day of the week and of the month, short.
func day(lang view.Lang, t time.Time) string {
	names := [...]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}
	if lang != view.French {
		names = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	}
	return names[t.Weekday()] + " " + strconv.Itoa(t.Day())
}

func euros(lang view.Lang, x float64) string {
	if lang == view.French {
		return lang.Number(x, 0) + "\u202f€"
	}
	return "€" + lang.Number(x, 0)
}

// signed puts a plus before what is more.
func signed(x float64, text string) string {
	if x > 0 {
		return "+" + text
	}
	return text
}

// float is a number of a template.
func float(n any) float64 {
	switch x := n.(type) {
	case int:
		return float64(x)
	case int64:
		return float64(x)
	case float64:
		return x
	}
	return 0
}

func euros2(lang view.Lang, x float64) string {
	if lang == view.French {
		return lang.Number(x, 2) + "\u202f€"
	}
	if x < 0 {
		return "−€" + lang.Number(-x, 2)
	}
	return "€" + lang.Number(x, 2)
}

// short is the beginning of a text that has no room.
func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// count is a number with what is counted; French says one for none.
func count(lang view.Lang, n int, frenchOne, frenchMany, englishOne, englishMany string) string {
	word := say(lang, frenchMany, englishMany)
	if n == 1 || n == 0 && lang == view.French {
		word = say(lang, frenchOne, englishOne)
	}
	return lang.Number(float64(n), 0) + " " + word
}

// amount writes a quantity without the zeros that it does not need.
func amount(lang view.Lang, x float64) string {
	for decimals := range 3 {
		if p := math.Pow10(decimals); math.Round(x*p)/p == x {
			return lang.Number(x, decimals)
		}
	}
	return lang.Number(x, 3)
}
