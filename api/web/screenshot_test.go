package web_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/api/web"
)

var screenshots = flag.String("screenshots", "", "folder for the pictures of the README; empty: they are drawn and thrown away")

// The pictures of the README show the example week, and are small.
func TestScreenshots(t *testing.T) {
	folder := *screenshots
	if folder == "" {
		folder = t.TempDir()
	}
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.planning.Request(ctx, h.scope(), h.sale, planning.Options{Iterations: 20000, Anew: true})
	must(t, err)
	must(t, h.planning.Run(ctx, h.comtat, (<-h.work).Sale))
	sale := "/sales/" + string(h.sale)
	for _, shot := range []struct {
		name, path    string
		width, height int64
		producer      string
		theme         string
	}{
		{"week", sale, 1280, 1040, "", "light"},
		{"what-if", sale + "/what-if?if=away&producer=" + h.named("Fournil de Monteux"), 1280, 800, "", "light"},
		{"shares", sale + "/shares", 1280, 800, "", "dark"},
		{"producer", "/farm", 390, 844, "Fournil de Monteux", "light"},
	} {
		h.who = h.coordinator(h.comtat)
		if shot.producer != "" {
			_, err := h.planning.Propose(ctx, h.scope(), h.newest().ID, 0)
			must(t, err)
			h.who = &web.Who{Collective: h.comtat, Actor: "member:x", Role: store.ProducersRole, Producer: store.ID(h.named(shot.producer)), Name: shot.producer}
		}
		w := h.window(shot.width, "en")
		var options []chromedp.EmulateViewportOption
		if shot.width < 600 {
			options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
		}
		w.does(chromedp.EmulateViewport(shot.width, shot.height, options...))
		w.opens("/farm")
		asks[chromedp.Void](w, `document.cookie = "theme=`+shot.theme+`; path=/"; 0`)
		w.opens(shot.path)
		w.until("whole page", `document.readyState === "complete" && (document.querySelector("#map") === null || document.querySelector("#map .town") !== null)`)
		quality := int64(75)
		got, err := chromedp.Call(w.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
		must(t, err)
		if n := len(got.Data); n > 150_000 || n < 5000 {
			t.Errorf("%s has %d bytes", shot.name, n)
		}
		must(t, os.WriteFile(filepath.Join(folder, shot.name+".webp"), got.Data, 0o644))
	}
}
