package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"carriole/api/store"
	"carriole/api/web"
)

// everyPage are the coordinator's pages, as they are with a plan.
func (h *house) everyPage() []string {
	sale := "/sales/" + string(h.sale)
	goods := regexp.MustCompile(`href="(` + sale + `/goods/[^"]+)"`)
	_, _, body := h.get(sale, "fr")
	order := regexp.MustCompile(`href="(` + sale + `/orders/[a-z0-9]{20})"`)
	_, _, orders := h.get(sale+"/orders", "fr")
	return []string{"/", "/shares", "/data", "/data/calendar?from=2026-11-23", "/data/settings", "/data/producers", "/data/producers/" + string(h.producer), "/data/places", "/data/places/new",
		"/data/vehicles", "/data/rounds", "/data/rounds/new", "/data/pickup-points/new", "/data/products", "/data/products/new", "/data/sales/new", "/data/absences/new", "/data/members", "/data/members/new", "/data/links", "/data/tokens",
		sale, sale + "?day=2026-11-26", sale + "?plan=" + string(h.newest().ID), sale + "/plan", sale + "/publish", sale + "/orders", sale + "/orders/new", order.FindStringSubmatch(orders)[1], sale + "/import",
		sale + "/what-if", sale + "/what-if?if=away&producer=" + h.named("Fournil de Monteux"), goods.FindStringSubmatch(body)[1], sale + "/plans", sale + "/shares", sale + "/papers", sale + "/papers/run-sheets", sale + "/papers/delivery-notes?producer=" + string(h.producer), sale + "/papers/crate-labels?producer=" + string(h.producer)}
}

// look opens a page and fails where it is hard to use, moves while it loads, or loads from elsewhere. What its console complains of
// fails, too.
func (w *window) look(path string) {
	w.t.Helper()
	w.opens(path)
	w.until("whole page", `document.readyState === "complete"`)
	w.accessible()
	moved := asks[float64](w, `new Promise((done) => {
		let sum = 0;
		new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) sum += e.value; }).observe({ type: "layout-shift", buffered: true });
		setTimeout(() => done(sum), 60);
	})`, chromedp.EvalAwaitPromise)
	if moved > 0.01 {
		w.t.Errorf("%s moves by %.3f while it loads", path, moved)
	}
	if foreign := asks[[]string](w, `performance.getEntriesByType("resource").map((r) => r.name).filter((n) => !n.startsWith(location.origin))`); len(foreign) > 0 {
		w.t.Errorf("%s loads %v", path, foreign)
	}
}

// Every page can be used with a keyboard and a screen reader, in light and dark colours, on a desk and in a hand.
func TestEveryPage(t *testing.T) {
	for _, tt := range []struct {
		theme string
		width int64
	}{{"dark", 1400}, {"light", 390}} {
		t.Run(tt.theme, func(t *testing.T) {
			h := newHouse(t)
			h.offers(h.extract())
			w := h.window(tt.width, "fr")
			w.opens("/")
			asks[chromedp.Void](w, `document.cookie = "theme=`+tt.theme+`; path=/"; 0`)
			for _, path := range h.everyPage() {
				w.look(path)
			}
			if got := asks[string](w, `document.documentElement.dataset.theme`); got != tt.theme {
				t.Errorf("the colours are %s", got)
			}
			h.who = h.coordinator(h.empty)
			for _, path := range []string{"/", "/shares", "/data/producers", "/data/calendar"} {
				w.look(path)
			}
			h.who = &web.Who{Collective: h.comtat, Actor: "member:x", Role: store.ProducersRole, Producer: h.producer, Name: "Anne"}
			w.look("/farm")
		})
	}
}

var links = regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`)

// A page of a week of fifty farms weighs at most 300 kB beside the map library, packed as it is sent.
func TestWeight(t *testing.T) {
	h := newHouse(t)
	collective, sale := h.tiled(3)
	h.who = h.coordinator(collective)
	path := "/sales/" + string(sale)
	_, _, page := h.get(path, "fr")
	weight := map[string]int{"page": zipped(t, page)}
	for _, m := range links.FindAllStringSubmatch(page, -1) {
		if strings.Contains(m[1], "leaflet.js") {
			continue
		}
		weight[m[1]] = h.sent(m[1])
		if strings.HasSuffix(m[1], ".js") {
			weight["map.js"] = h.sent(m[1][:strings.LastIndex(m[1], "/")] + "/map.js")
		}
	}
	_, _, lines := h.get(path+"/map.json", "fr")
	weight["map.json"] = zipped(t, lines)
	sum := 0
	for _, n := range weight {
		sum += n
	}
	if sum > 300_000 || sum < 20_000 {
		t.Errorf("the page weighs %d bytes: %v", sum, weight)
	}
	t.Logf("%d bytes: %v", sum, weight)
}

func zipped(t *testing.T, s string) int {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	must(t, err)
	_, err = z.Write([]byte(s))
	must(t, err)
	must(t, z.Close())
	return b.Len()
}

// sent is how many bytes a file is sent in to a browser that takes them packed.
func (h *house) sent(path string) int {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, h.url+path, nil)
	must(h.t, err)
	r.Header.Set("Accept-Encoding", "gzip")
	a, err := http.DefaultTransport.RoundTrip(r)
	must(h.t, err)
	defer a.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(a.Body)
	must(h.t, err)
	if a.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d", path, a.StatusCode)
	}
	return b.Len()
}

// A browser that has lost the network says so and keeps what was typed; a page that failed says that nothing was written by half.
func TestBrokenPages(t *testing.T) {
	h := newHouse(t)
	w := h.window(390, "fr")
	w.opens("/data/producers/new")
	w.types("Nom", "Ferme des Amandiers")
	w.opens("/data/producers/new")
	w.sees("Vous aviez commencé à taper ici")
	w.clicks("Reprendre ce que j’ai tapé")
	w.until("what was typed", `[...document.querySelectorAll("input")].some((e) => e.value === "Ferme des Amandiers")`)
	if status, _, body := h.get("/sales/"+url.PathEscape("a b"), "fr"); status != http.StatusNotFound || !strings.Contains(body, "Cette page n’existe pas") {
		t.Errorf("a page that is not there: %d", status)
	}
	h.fault = context.DeadlineExceeded
	if status, _, body := h.get("/data", "fr"); status != http.StatusServiceUnavailable || !strings.Contains(body, "se fait trop attendre") {
		t.Errorf("a page that takes too long: %d", status)
	}
	h.fault = nil
	w.opens("/data") // no map asks for its background any more
	must(t, h.store.Close())
	if status, _, body := h.get("/data", "fr"); status != http.StatusInternalServerError || !strings.Contains(body, "Rien n’a été écrit à moitié") || strings.Contains(body, "sql") {
		t.Errorf("a page whose store is gone: %d", status)
	}
}
