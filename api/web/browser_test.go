package web_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// chromium is one browser for all tests, each of which has windows of its own.
var chromium struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.stop != nil {
		chromium.stop()
	}
	os.Exit(code)
}

func startChromium() {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		chromium.err = fmt.Errorf("the pages are tested in a real browser and there is none: run 'apt-get install chromium' as root")
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1400, 1000))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopTab := chromedp.NewContext(allocated)
	chromium.ctx, chromium.stop = ctx, func() { stopTab(); stop() }
	if chromium.err = chromedp.Do(ctx); chromium.err != nil {
		chromium.err = fmt.Errorf("starting %s: %w", path, chromium.err)
	}
}

// A window is a page in the browser. What its console complains of fails the test.
type window struct {
	*house
	ctx context.Context
}

// window opens one of a width, in a language.
func (h *house) window(width int64, language string) *window {
	h.t.Helper()
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		h.t.Fatal(chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	w := &window{house: h, ctx: ctx}
	var options []chromedp.EmulateViewportOption
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	w.does(chromedp.EmulateViewport(width, 1000, options...))
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		h.t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}}); err != nil {
		h.t.Fatal(err)
	}
	messages, heard := chromedp.Console(ctx), make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range messages {
			if err == nil && (m.IsException() || m.Type == "error" || m.Type == "warning") && !strings.Contains(m.Text, "status of 422") && !(h.wasDown.Load() && strings.Contains(m.Text, "net::ERR_")) {
				h.t.Errorf("the browser's console: %s (%s)", m.Text, m.URL)
			}
		}
	}()
	h.t.Cleanup(func() { cancel(); <-heard })
	return w
}

func (w *window) does(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, actions...); err != nil {
		w.t.Fatalf("%v; the page:\n%.1500s", err, w.text("body"))
	}
}

// asks evaluates a script.
func asks[T any](w *window, script string, options ...chromedp.EvaluateOption) T {
	w.t.Helper()
	x, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](script, options...))
	if err != nil {
		w.t.Fatalf("%v; the page:\n%.1500s", err, w.text("main"))
	}
	return x
}

// opens goes to a path.
func (w *window) opens(path string) {
	w.t.Helper()
	w.does(chromedp.Navigate(w.url + path))
}

// text is what can be read in an element.
func (w *window) text(selector string) string {
	s, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.querySelector(`+quoted(selector)+`)?.innerText ?? ""`))
	if err != nil {
		return err.Error()
	}
	return s
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// until waits until a script is true, also while pages come and go.
func (w *window) until(what, script string) {
	w.t.Helper()
	const patience = 30 * time.Second
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		var yes bool
		if yes, err = chromedp.Run(w.ctx, chromedp.Evaluate[bool](script)); err == nil && yes {
			return
		}
	}
	w.t.Fatalf("no %s: %v; the page:\n%.1500s", what, err, w.text("main"))
}

// sees waits until the page has a text.
func (w *window) sees(text string) {
	w.t.Helper()
	w.until(strconv.Quote(text), `document.readyState === "complete" && document.body.innerText.includes(`+quoted(text)+`)`)
}

// planned waits for the page of a sale that has just been planned.
func (w *window) planned() {
	w.t.Helper()
	w.until("plan", `document.readyState === "complete" && document.querySelector("main .note")?.innerText.startsWith("Le plan est fait")`)
}

// clicks clicks the first thing with a text that can be clicked, and waits for the page that it leads to, if it does.
func (w *window) clicks(text string) {
	w.t.Helper()
	leads := asks[bool](w, `window.stays = true; (() => {
		const e = [...document.querySelectorAll("main a, main button, main summary"), ...document.querySelectorAll("main label")].find((e) => e.checkVisibility() && (e.getAttribute("aria-label") ?? e.innerText).replace(/\s+/g, " ").trim().startsWith(`+quoted(text)+`));
		if (!e) throw new Error("nothing to click has the text " + `+quoted(text)+`);
		setTimeout(() => e.click());
		return e.matches("a, button:not([type=button])");
	})()`)
	if leads {
		w.until("page after a click on "+strconv.Quote(text), `!window.stays && document.readyState === "complete"`)
	}
}

// types writes into a field by its label.
func (w *window) types(label, value string) {
	w.t.Helper()
	asks[chromedp.Void](w, `(() => {
		const label = [...document.querySelectorAll("label")].find((e) => e.innerText.trim().startsWith(`+quoted(label)+`) && (e.control?.checkVisibility() ?? false) && !e.control.dataset.typed);
		if (!label) throw new Error("no field is called " + `+quoted(label)+`);
		const f = label.control, value = `+quoted(value)+`;
		f.dataset.typed = "1";
		f.focus();
		if (f.tagName === "SELECT") {
			const o = [...f.options].find((o) => o.text.trim().startsWith(value));
			if (!o) throw new Error("no choice " + value);
			f.value = o.value;
		} else f.value = value;
		f.dispatchEvent(new Event("input", { bubbles: true }));
		f.dispatchEvent(new Event("change", { bubbles: true }));
	})()`)
}

// axe is axe-core, which looks for what keeps people from using a page (MPL-2.0, see testdata).
var axe = sync.OnceValues(func() (string, error) {
	f, err := os.Open("testdata/axe-core-4.14.1.min.js.gz")
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(z)
	return string(b), err
})

// accessible fails where axe finds a breach of WCAG 2.2 AA, or the page is wider than its window.
func (w *window) accessible() {
	w.t.Helper()
	source, err := axe()
	must(w.t, err)
	type violation struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	}
	asks[chromedp.Void](w, source+";0")
	found := asks[[]violation](w, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) => r.violations)`, chromedp.EvalAwaitPromise)
	path, wide := asks[string](w, "location.pathname"), asks[int](w, "document.documentElement.scrollWidth - document.documentElement.clientWidth")
	for _, v := range found {
		for i, n := range v.Nodes {
			if v.ID == "target-size" && strings.Contains(n.HTML, "leaflet-marker") {
				continue // places on a map lie where they are; the lists beside it do the same with large targets
			}
			if i == 3 {
				w.t.Errorf("%s: %s: and %d more", path, v.ID, len(v.Nodes)-i)
				break
			}
			w.t.Errorf("%s: %s: %s\n\t%.300s\n\t%s", path, v.ID, v.Help, n.HTML, strings.ReplaceAll(n.Summary, "\n", " "))
		}
	}
	if wide > 0 {
		w.t.Errorf("%s is %d pixels wider than its window", path, wide)
	}
}

// draws keeps a picture of the page under a name, where the environment names a folder for it.
func (w *window) draws(name string) {
	folder := os.Getenv("CARRIOLE_SCREENSHOTS")
	if folder == "" {
		return
	}
	b, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	must(w.t, err)
	must(w.t, os.WriteFile(filepath.Join(folder, name+".png"), b, 0o644))
}
