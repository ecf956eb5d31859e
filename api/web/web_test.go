package web_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"carriole/api/store"
	"carriole/api/web"
)

// Every page answers in both languages, and holds no style or script that its policy would not let run.
func TestPages(t *testing.T) {
	h := newHouse(t)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|<script(?:[^>]*)>[^<]|\son[a-z]+=|https?://[^"]*"`)
	for _, page := range []struct{ path, french, english string }{
		{"/", "Semaines", "Weeks"},
		{"/sales/" + string(h.sale), "Qui roule", "Who drives"},
		{"/data", "Fermes", "Farms"},
		{"/data/calendar?from=2026-11-23", "Annuler ce jour", "Cancel this day"},
		{"/data/settings", "Règles du métier", "Rules of the trade"},
		{"/data/producers", "Verger de Caromb", "Verger de Caromb"},
		{"/data/producers/new", "Adresse d’un nouveau lieu", "Address of a new place"},
		{"/data/producers/" + string(h.producer), "Enregistrer", "Save"},
		{"/data/places", "Lieux", "Places"},
		{"/data/vehicles/new", "Charge utile", "Payload"},
		{"/data/rounds/new", "Arrêts de toute façon", "Stops made anyway"},
		{"/data/pickup-points/new", "Quand les clients viennent", "When customers come"},
		{"/data/products/new", "Une unité pèse", "A unit weighs"},
		{"/data/sales/new", "Jour de distribution", "Day of distribution"},
		{"/data/absences/new", "tout le monde", "everybody"},
		{"/sales/" + string(h.sale) + "?class=chilled&day=2026-11-26", "Jour", "Day"},
	} {
		for language, text := range map[string]string{"fr-FR,fr;q=0.9,en;q=0.5": page.french, "en": page.english, "de": page.french} {
			status, header, body := h.get(page.path, language)
			if status != http.StatusOK || !strings.Contains(body, text) {
				t.Errorf("%s in %s: %d, no %q in it", page.path, language, status, text)
			}
			if bad := inline.FindString(body); bad != "" {
				t.Errorf("%s: %q", page.path, bad)
			}
			if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy %q", page.path, csp)
			}
		}
	}
}

// An empty collective is led through its first week.
func TestFirstSteps(t *testing.T) {
	h := newHouse(t)
	h.who = h.coordinator(h.empty)
	_, _, body := h.get("/", "fr")
	if n := strings.Count(body, "<li aria-current=\"step\">"); n != 1 || !strings.Contains(body, "Votre première semaine") {
		t.Errorf("%d steps are next:\n%s", n, body)
	}
}

// Who is not signed in is sent to where one signs in, a producer to their own page, and another collective's sale is not there.
func TestWhoSees(t *testing.T) {
	h := newHouse(t)
	sale := "/sales/" + string(h.sale)
	h.who = nil
	if status, header, _ := h.get(sale, "fr"); status != http.StatusSeeOther || header.Get("Location") != "/signin?next="+url.QueryEscape(sale) {
		t.Errorf("nobody: %d to %s", status, header.Get("Location"))
	}
	h.who = &web.Who{Collective: h.comtat, Actor: "member:x", Role: store.ProducersRole, Producer: h.producer}
	if status, header, _ := h.get(sale, "fr"); status != http.StatusSeeOther || header.Get("Location") != "/farm" {
		t.Errorf("a producer: %d to %q", status, header.Get("Location"))
	}
	h.who = h.coordinator(h.empty)
	if status, _, body := h.get(sale, "fr"); status != http.StatusNotFound || strings.Contains(body, "Verger") {
		t.Errorf("another collective: %d", status)
	}
}

// Files are kept for good under the address of what is in them.
func TestFiles(t *testing.T) {
	h := newHouse(t)
	_, _, body := h.get("/", "fr")
	for _, m := range regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		status, header, _ := h.get(m[1], "fr")
		if status != http.StatusOK || !strings.Contains(header.Get("Cache-Control"), "immutable") || header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", m[1], status, header)
		}
	}
	if status, _, _ := h.get("/static/x/../web.go", "fr"); status == http.StatusOK {
		t.Error("a file of the program is served")
	}
}

// A form of another site is refused, and display leads back to nowhere else.
func TestDisplay(t *testing.T) {
	h := newHouse(t)
	send := func(origin, back string) (int, string) {
		r, err := http.NewRequest(http.MethodPost, h.url+"/display", strings.NewReader(url.Values{"language": {"en"}, "back": {back}}.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		a, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		defer a.Body.Close()
		body, err := io.ReadAll(a.Body)
		must(t, err)
		if a.StatusCode == http.StatusForbidden && (!strings.Contains(string(body), "vient d’un autre site") || a.Header.Get("Content-Security-Policy") == "") {
			t.Errorf("a refusal that says %s", body)
		}
		return a.StatusCode, a.Header.Get("Location")
	}
	if status, _ := send("https://evil.example", "/"); status != http.StatusForbidden {
		t.Errorf("another site's form: %d", status)
	}
	for back, want := range map[string]string{"/sales/x?plan=y": "/sales/x?plan=y", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "": "/"} {
		if status, to := send(h.url, back); status != http.StatusSeeOther || to != want {
			t.Errorf("back %q: %d to %q", back, status, to)
		}
	}
}
