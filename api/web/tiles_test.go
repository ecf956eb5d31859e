package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/geo"
	"carriole/geo/provider"
)

// extract writes a map of the collective's surroundings: a mesh of roads past all its places, and a river.
func (h *house) extract() string {
	h.t.Helper()
	places, _, err := h.scope().Places(h.t.Context(), store.PlaceFilter{}, store.Page{Limit: 1000})
	must(h.t, err)
	var nodes, ways strings.Builder
	n := 0
	node := func(lon, lat float64) int {
		n++
		fmt.Fprintf(&nodes, `<node id="%d" lon="%.7f" lat="%.7f"/>`, n, lon, lat)
		return n
	}
	way := func(key, value, name string, refs ...int) {
		n++
		fmt.Fprintf(&ways, `<way id="%d">`, n)
		for _, ref := range refs {
			fmt.Fprintf(&ways, `<nd ref="%d"/>`, ref)
		}
		fmt.Fprintf(&ways, `<tag k="%s" v="%s"/><tag k="name" v="%s"/></way>`, key, value, name)
	}
	middle := node(5.05, 44.05)
	for _, p := range places {
		if p.At != nil {
			at := node(p.At.Lon(), p.At.Lat())
			way("highway", "primary", "Route", middle, node(p.At.Lon(), 44.05), at)
		}
	}
	way("waterway", "river", "Auzon", node(4.9, 44.0), node(5.2, 44.1))
	file := filepath.Join(h.t.TempDir(), "comtat.osm")
	must(h.t, os.WriteFile(file, []byte(`<osm version="0.6">`+nodes.String()+ways.String()+`</osm>`), 0o644))
	return file
}

// offers lets collectives choose the roads of an extract, beside great circles, which come first.
func (h *house) offers(file string) {
	for _, text := range []string{"crow", "roads:" + file} {
		c, err := provider.Parse(text, false)
		must(h.t, err)
		h.planning.Travels = append(h.planning.Travels, planning.Travel{Name: c.Name(), Provider: c.Open(nil)})
	}
}

// layers are what is in a tile around a point.
func (h *house) layers(template string, at geo.Point) map[string]int {
	h.t.Helper()
	tile := maptile.At(at, 11)
	status, header, body := h.get(strings.NewReplacer("{z}", "11", "{x}", fmt.Sprint(tile.X), "{y}", fmt.Sprint(tile.Y)).Replace(template), "fr")
	if status != http.StatusOK || header.Get("Content-Type") != "application/vnd.mapbox-vector-tile" || !strings.HasPrefix(header.Get("Cache-Control"), "private") {
		h.t.Fatalf("the tile is answered by %d, %v", status, header)
	}
	b := []byte(body)
	if header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(b))
		must(h.t, err)
		b, err = io.ReadAll(z)
		must(h.t, err)
	}
	layers, err := mvt.Unmarshal(b)
	must(h.t, err)
	out := map[string]int{}
	for _, l := range layers {
		out[l.Name] = len(l.Features)
	}
	return out
}

var tilesOf = regexp.MustCompile(`data-tiles="([^"]+)"`)

// The map has large rivers and the names of towns beneath it, and roads and all rivers where there is an extract.
func TestBackground(t *testing.T) {
	h := newHouse(t)
	sale := "/sales/" + string(h.sale)
	carpentras := geo.Point{5.048, 44.055}
	_, _, body := h.get(sale, "fr")
	ground := tilesOf.FindStringSubmatch(body)[1]
	if got := h.layers(ground, carpentras); got["places"] == 0 || got["roads"] > 0 {
		t.Errorf("the tile of the ground has %v", got)
	}
	for _, path := range []string{"/map/ground/11/x/y.mvt", "/map/ground/11/1/99999.mvt", "/map/ground/99/1/1.mvt", "/map/ground/-1/0/0.mvt", "/map/ground/1/1/1"} {
		if status, _, _ := h.get(path, "fr"); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, _ := h.get("/map/ground/11/0/0.mvt", "fr"); status != http.StatusNoContent {
		t.Errorf("a tile of the sea: %d", status)
	}
	h.offers(h.extract())
	_, _, body = h.get(sale, "fr")
	roads := tilesOf.FindStringSubmatch(body)[1]
	if got := h.layers(roads, carpentras); got["roads"] == 0 || got["water"] == 0 || roads == ground {
		t.Errorf("the tile of the extract, %s, has %v", roads, got)
	}
	h.who = nil
	if status, _, _ := h.get("/map/ground/11/1/1.mvt", "fr"); status != http.StatusSeeOther {
		t.Errorf("nobody sees a tile: %d", status)
	}
}

// A collective chooses roads: the next plan is made of them, says so, and its lines follow them; what is not offered is refused.
func TestChooseRoads(t *testing.T) {
	h := newHouse(t)
	h.planning.Budget = func(int) time.Duration { return time.Second }
	h.works()
	h.offers(h.extract())
	sale := "/sales/" + string(h.sale)
	_, _, body := h.get(sale, "fr")
	if !strings.Contains(body, "à vol d’oiseau, fois 1,30") {
		t.Error("the plan does not say that its kilometres are estimated")
	}
	straight := strings.Count(first(h.get(sale+"/map.json", "fr")), "[5.")
	form := h.values("/data/settings")
	if status, _, body := h.send("/data/settings/travel", url.Values{"version": form["version"], "travel": {"roads:/etc/passwd"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, `role="alert"`) {
		t.Errorf("a source that is not offered: %d", status)
	}
	w := h.window(390, "fr")
	w.opens("/data/settings")
	w.accessible()
	w.clicks("comtat.osm")
	w.clicks("Les trajets les plus courts")
	w.clicks("Enregistrer")
	w.sees("Enregistré")
	w.opens(sale)
	w.clicks("Planifier encore")
	w.clicks("De zéro")
	w.clicks("Planifier")
	w.planned()
	w.sees("ceux des routes de comtat.osm")
	w.sees("Les trajets sont les plus courts.")
	w.until("background", `[...document.querySelectorAll("#map canvas")].some((c) => {
		const copy = Object.assign(document.createElement("canvas"), { width: 64, height: 64 }).getContext("2d", { willReadFrequently: true });
		copy.drawImage(c, 0, 0, 64, 64);
		return copy.getImageData(0, 0, 64, 64).data.some((x, i) => i % 4 === 3 && x > 0);
	})`)
	w.until("name of a town", `document.querySelector("#map .town") !== null || document.querySelector("#map .name") !== null`)
	if bent := strings.Count(first(h.get(sale+"/map.json", "fr")), "[5."); bent <= straight {
		t.Errorf("%d points of the lines, %d when they were straight", bent, straight)
	}
	foreign := asks[[]string](w, `performance.getEntriesByType("resource").map((r) => r.name).filter((n) => !n.startsWith(location.origin))`)
	if len(foreign) > 0 {
		t.Errorf("the page loads %v", foreign)
	}
	w.accessible()
	w.draws("roads")
	w.does(chromedp.EmulateViewport(1400, 1000))
	w.accessible()
}

func first(_ int, _ http.Header, body string) string { return body }
