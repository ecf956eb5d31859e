package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"carriole/api/signin"
	"carriole/api/store"
	"carriole/benchmarks/internal/bench"
)

// painted is one load of a page by a browser that has nothing of it yet.
type painted struct {
	Answer float64 `json:"answer_ms"` // the first byte of the page
	Paint  float64 `json:"paint_ms"`  // something can be read
	Map    float64 `json:"map_ms"`    // the lines of the rounds stand on the map
	Bytes  float64 `json:"bytes"`     // all that is loaded, as it is sent, but the map library
	Moved  float64 `json:"moved"`     // cumulative layout shift
	Load   string  `json:"load"`      // of the machine, over a minute
}

// paint measures how soon a coordinator sees the plan of a medium week in Chromium, and what that loads.
func paint(r *run) (*bench.Section, error) {
	ctx := context.Background()
	program, err := r.program(ctx)
	if err != nil {
		return nil, err
	}
	week, err := r.mediumWeek(ctx)
	if err != nil {
		return nil, err
	}
	databaseURL := "sqlite:" + filepath.Join(r.dir, "paint.db")
	p, err := publish(ctx, databaseURL, week)
	if err != nil {
		return nil, err
	}
	service, err := launch(ctx, r.dir, program, databaseURL, nil, "serve", "--listen=127.0.0.1:0", "--no-work")
	if err != nil {
		return nil, err
	}
	defer service.kill()
	session, err := coordinatorSession(ctx, databaseURL, service.address)
	if err != nil {
		return nil, err
	}
	loads, err := paints(ctx, service.address, session, "/sales/"+string(p.sale), r.Repeat)
	if err != nil {
		return nil, err
	}
	t := bench.Table{Columns: []string{"", "median", "most"}, Left: 1, Note: "Milliseconds since the page was asked for, by a browser with an empty cache. The load of the machine was " + loads[0].Load + " before and " + loads[len(loads)-1].Load + " after."}
	for _, row := range []struct {
		name   string
		format string
		of     func(painted) float64
	}{
		{"first byte, ms", "%.0f", func(x painted) float64 { return x.Answer }},
		{"first contentful paint, ms", "%.0f", func(x painted) float64 { return x.Paint }},
		{"rounds on the map, ms", "%.0f", func(x painted) float64 { return x.Map }},
		{"kB beside the map library", "%.1f", func(x painted) float64 { return x.Bytes / 1000 }},
		{"layout shift", "%.3f", func(x painted) float64 { return x.Moved }},
	} {
		var all []float64
		most := 0.0
		for _, x := range loads {
			all = append(all, row.of(x))
			most = max(most, row.of(x))
		}
		t.Add(row.name, fmt.Sprintf(row.format, bench.Median(all)), fmt.Sprintf(row.format, most))
	}
	return &bench.Section{Title: "First paint", Tables: []bench.Table{t}, Data: loads,
		Text: fmt.Sprintf("The coordinator's page of a planned week of %d producers and %d orders, loaded %d times in Chromium, 1400 pixels wide.", len(week.Producers), len(week.Orders), len(loads))}, nil
}

// coordinatorSession signs a coordinator in, and is the cookie of that.
func coordinatorSession(ctx context.Context, databaseURL, address string) (cookie *http.Cookie, err error) {
	s, err := store.Open(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	collectives, _, err := s.Collectives(ctx, store.Page{})
	if err != nil {
		return nil, err
	}
	const email = "coordinator@example.org"
	if err := s.In(collectives[0].ID, "benchmark").CreateMember(ctx, &store.Member{Email: email, Role: store.Coordinator}); err != nil {
		return nil, err
	}
	people, err := signin.New(s, signin.Options{URL: address})
	if err != nil {
		return nil, err
	}
	link, err := people.Link(ctx, email)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	a, err := (&http.Client{Jar: jar}).Post(link, "", nil)
	if err != nil {
		return nil, err
	}
	a.Body.Close()
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	for _, c := range jar.Cookies(at) {
		return c, nil
	}
	return nil, fmt.Errorf("signing in: %s", a.Status)
}

// paints loads a page several times, each time in a browser context of its own.
func paints(ctx context.Context, address string, session *http.Cookie, path string, times int) ([]painted, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1400, 1000))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("starting Chromium: %w", err)
	}
	var out []painted
	for range times {
		x, err := paintOnce(ctx, address, session, path)
		if err != nil {
			return nil, err
		}
		out = append(out, *x)
	}
	return out, nil
}

func paintOnce(ctx context.Context, address string, session *http.Cookie, path string) (*painted, error) {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return nil, err
	}
	ctx, stop := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1400, 1000)); err != nil {
		return nil, err
	}
	if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: session.Name, Value: session.Value, URL: address}); err != nil {
		return nil, err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address+path)); err != nil {
		return nil, err
	}
	// The lines are drawn in one go: they stand with the frame after they are there.
	x, err := chromedp.Run(ctx, chromedp.Evaluate[painted](`new Promise((done) => {
		let moved = 0;
		new PerformanceObserver((l) => { for (const e of l.getEntries()) moved += e.value; }).observe({ type: "layout-shift", buffered: true });
		const look = () => {
			const paint = performance.getEntriesByName("first-contentful-paint")[0];
			if (!paint || !document.querySelector("#map .leaflet-overlay-pane path")) return requestAnimationFrame(look);
			const map = performance.now();
			setTimeout(() => {
				const page = performance.getEntriesByType("navigation")[0];
				const bytes = performance.getEntriesByType("resource").filter((e) => !e.name.endsWith("/leaflet.js")).reduce((n, e) => n + e.transferSize, page.transferSize);
				done({ answer_ms: page.responseStart, paint_ms: paint.startTime, map_ms: map, bytes, moved });
			}, 500);
		};
		look();
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	x.Load = strings.Fields(string(load))[0]
	return &x, nil
}
