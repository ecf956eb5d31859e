package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"carriole/api/store"
)

// a log that is written while it is read.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) config(c *Config) { c.Log = slog.New(slog.NewJSONHandler(l, nil)) }

// problem is what every refusal must be.
func (a *answer) problem(t *testing.T, status int) *Problem {
	t.Helper()
	var p Problem
	if a.StatusCode != status || a.Header.Get("Content-Type") != problemType {
		t.Fatalf("status %d, type %s, want %d: %s", a.StatusCode, a.Header.Get("Content-Type"), status, a.body)
	}
	a.into(t, &p)
	if p.Status != status || p.Title == "" || p.Detail == "" && status != http.StatusNotModified || p.Request == "" || p.Request != a.Header.Get(requestIDHeader) {
		t.Errorf("the problem is not whole: %s", a.body)
	}
	return &p
}

func TestProblems(t *testing.T) {
	x := onSQLite(t, func(c *Config) { c.Limits.Body = 1000 })
	vehicle := func(more string) string {
		return fmt.Sprintf(`{"name": "x", "producer": %q, "kg": 1, "litres": {}%s}`, x.ownProducer(), more)
	}
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		faults                   []string
	}{
		{"address", "GET", "/v1/nothing", "", nil, 404, nil},
		{"id", "GET", "/v1/vehicles/nothing", "", nil, 404, nil},
		{"what is no id", "GET", "/v1/vehicles/No%20Id", "", nil, 404, nil},
		{"method", "PUT", "/v1/vehicles", "{}", nil, 405, nil},
		{"zero byte in path", "GET", "/v1/vehicles/%00", "", nil, 400, nil},
		{"zero byte in query", "GET", "/v1/vehicles?ref=%00", "", nil, 400, nil},
		{"not UTF-8", "GET", "/v1/vehicles?ref=%ff", "", nil, 400, nil},
		{"query", "GET", "/v1/vehicles?colour=red&limit=0", "", nil, 422, []string{"query.colour"}},
		{"limit", "GET", "/v1/vehicles?limit=1001", "", nil, 422, []string{"query.limit"}},
		{"cursor", "GET", "/v1/vehicles?after=x", "", nil, 422, []string{"after"}},
		{"day", "GET", "/v1/sales?first=2026-13-01", "", nil, 422, []string{"query.first"}},
		{"no JSON", "POST", "/v1/vehicles", `{"name": `, nil, 400, []string{"name"}},
		{"not UTF-8 in JSON", "POST", "/v1/vehicles", "{\"name\": \"\xff\"}", nil, 400, []string{"name"}},
		{"no body", "POST", "/v1/vehicles", "", nil, 400, nil},
		{"a list", "POST", "/v1/vehicles", "[]", nil, 422, []string{""}},
		{"large", "POST", "/v1/vehicles", vehicle(`, "ref": "` + strings.Repeat("x", 1000) + `"`), nil, 413, nil},
		{"type", "POST", "/v1/vehicles", "<vehicle/>", []string{"Content-Type", "application/xml"}, 415, []string{""}},
		{"unknown field", "POST", "/v1/vehicles", vehicle(`, "colour": 1`), nil, 422, []string{"colour"}},
		{"wrong case", "POST", "/v1/vehicles", vehicle(`, "Boxes": 1`), nil, 422, []string{"Boxes"}},
		{"doubled", "POST", "/v1/vehicles", vehicle(`, "boxes": 1, "boxes": 2`), nil, 400, []string{"boxes"}},
		{"decimals", "POST", "/v1/vehicles", strings.Replace(vehicle(""), `"kg": 1`, `"kg": 1.0005`, 1), nil, 422, []string{"kg"}},
		{"several", "POST", "/v1/vehicles", `{"name": "", "kg": -1, "litres": {"ambient": "x"}, "equipment": "ice"}`, nil, 422, []string{"equipment", "kg", "litres.ambient", "name", "producer"}},
		{"what the store finds", "POST", "/v1/rounds", `{"name": "x", "producer": "a", "vehicle": "b", "starts": "2026-11-02", "start": "c", "end": "d", "depart_after": "15:00", "return_by": "21:00"}`, nil, 422,
			[]string{"producer", "vehicle", "start", "end"}},
		{"names of the store", "POST", "/v1/settings", `{"name": "handover_m", "since": "x", "value": -1}`, nil, 422, []string{"since", "value"}},
		{"reason", "POST", "/v1/settings", `{"name": "eggs_within_m", "since": "2026-01-01", "value": 90000}`, nil, 422, []string{"reason"}},
		{"in use", "DELETE", "/v1/producers/" + string(x.ownProducer()), "", []string{"If-Match", "*"}, 409, nil},
		{"closed", "POST", "/v1/sales", `{"name": "x", "distribution": "2026-11-27", "state": "closed"}`, nil, 409, nil},
		{"ETag", "DELETE", "/v1/producers/" + string(x.ownProducer()), "", []string{"If-Match", "1"}, 412, nil},
		{"no version", "DELETE", "/v1/producers/" + string(x.ownProducer()), "", nil, 428, nil},
		{"patch", "PATCH", "/v1/producers/" + string(x.ownProducer()), `{"place": null, "colour": 1, "ready": "25h"}`, []string{"If-Match", "*", "Content-Type", "application/merge-patch+json"}, 422, []string{"colour", "place", "ready"}},
		{"patch by a list", "PATCH", "/v1/producers/" + string(x.ownProducer()), `[]`, []string{"If-Match", "*", "Content-Type", "application/merge-patch+json"}, 400, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := *x
			x.t = t
			var body any
			if c.body != "" || c.method == "POST" {
				body = c.body
			}
			a := x.send(c.method, c.path, body, c.headers...)
			p := a.problem(t, c.status)
			var got []string
			for _, f := range p.Errors {
				got = append(got, f.Location)
				if f.Message == "" {
					t.Errorf("%s has no message", f.Location)
				}
			}
			if strings.Join(got, " ") != strings.Join(c.faults, " ") {
				t.Errorf("faults at %q, want %q: %s", got, c.faults, a.body)
			}
		})
	}
	if allow := x.send("PUT", "/v1/vehicles", "{}").Header.Values("Allow"); strings.Join(allow, " ") != "GET POST" {
		t.Errorf("Allow: %q", allow)
	}
}

// Bodies that are broken in many ways are refused on every route, and nothing breaks.
func TestBrokenBodies(t *testing.T) {
	log := &logged{}
	onEach(t, func(t *testing.T, plain *site) {
		x := serve(t, plain.store, log.config)
		places, _, err := x.scope.Places(t.Context(), store.PlaceFilter{}, store.Page{})
		check(t, err)
		things := x.things("broken", places[0].ID, x.ownProducer())
		sale := things["sales"].id
		bodies := []string{"", "null", "0", `""`, "[]", "{}", "{", "[[[[", "\x00", "\xff\xfe", `{"":""}`, strings.Repeat("[", 20000), `{"name":1e999}`, `{"a":"\ud800"}`, "ref,product,quantity\n\"", strings.Repeat(",", 3000)}
		try := func(r *route, id, body, kind string) {
			t.Helper()
			a := x.send(r.method, strings.Replace(r.path, "{id}", id, 1), body, "Content-Type", kind, "If-Match", "*")
			if a.StatusCode >= 500 {
				t.Errorf("%s, %s, %q: %s", r.id, kind, body, a.body)
			} else if a.StatusCode >= 400 {
				a.problem(t, a.StatusCode)
			}
		}
		for _, r := range newService(t, plain.store).routes {
			if r.method == http.MethodGet || r.method == http.MethodDelete {
				continue
			}
			id, kind := things[r.subject].id, "application/json"
			switch {
			case r.id == "put-orders":
				id = sale
			case r.method == http.MethodPatch:
				kind = "application/merge-patch+json"
			}
			for _, body := range bodies {
				for _, kind := range []string{kind, "text/csv", "x"} {
					try(&r, id, body, kind)
				}
			}
			for _, body := range wrongFields(t, things[r.subject].doc) {
				try(&r, id, body, kind)
			}
		}
	})
	if strings.Contains(log.String(), `"level":"ERROR"`) {
		t.Error(log.String())
	}
}

// wrongFields are documents of which one field is wrong.
func wrongFields(t *testing.T, text string) (out []string) {
	t.Helper()
	if text == "" {
		return nil
	}
	var doc map[string]any
	check(t, json.Unmarshal([]byte(text), &doc))
	for name := range doc {
		for _, wrong := range []any{nil, "\x00", "x", -1, 1e300, true, []any{nil}, []any{map[string]any{}}, map[string]any{"\x00": nil}, strings.Repeat("é", 3000)} {
			broken := maps.Clone(doc)
			broken[name] = wrong
			b, err := json.Marshal(broken)
			check(t, err)
			out = append(out, string(b))
		}
	}
	return out
}

// A body that ends before its announced length is the client's fault, and one that never comes does not hold the server.
func TestBodyThatEndsEarly(t *testing.T) {
	x := onSQLite(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(x.url, "http://"))
	check(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /v1/vehicles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", x.tokens[Coordinator])
	check(t, err)
	check(t, conn.(*net.TCPConn).CloseWrite())
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	check(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestPanicIsKept(t *testing.T) {
	log := &logged{}
	config := Config{Store: openStore(t, databases[0].url(t))}
	log.config(&config)
	service, err := New(config)
	check(t, err)
	service.router.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("the secret of the house") })
	service.router.Get("/late", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "begun")
		panic("the secret of the house")
	})
	listening := httptest.NewServer(service.Handler())
	defer listening.Close()
	x := &site{t: t, url: listening.URL}
	a := x.send("GET", "/panic", nil)
	p := a.problem(t, http.StatusInternalServerError)
	if strings.Contains(string(a.body), "secret") || !strings.Contains(log.String(), "the secret of the house") || !strings.Contains(log.String(), p.Request) {
		t.Errorf("answered %s, logged %s", a.body, log)
	}
	x.send("GET", "/late", nil)
	x.want(http.StatusOK, "GET", "/healthz", nil)
}

// What was not foreseen is logged, and nothing of it sent.
func TestUnforeseenErrors(t *testing.T) {
	log := &logged{}
	config := Config{Store: openStore(t, databases[0].url(t)), Limits: Limits{Time: 50 * time.Millisecond}}
	log.config(&config)
	service, err := New(config)
	check(t, err)
	for path, err := range map[string]error{"/broken": errors.New("dial tcp 10.0.0.7: refused"), "/wrapped": fmt.Errorf("store: %w", &store.Error{Code: store.NotFound, Message: "no"})} {
		handle(service, route{id: path, method: http.MethodGet, path: path, who: access{Nobody: all}}, func(context.Context, *call, *struct{}) (*nothing, error) { return nil, err })
	}
	handle(service, route{id: "slow", method: http.MethodGet, path: "/slow", who: access{Nobody: all}}, func(ctx context.Context, _ *call, _ *struct{}) (*nothing, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("store: %w", ctx.Err())
	})
	listening := httptest.NewServer(service.Handler())
	defer listening.Close()
	x := &site{t: t, url: listening.URL}
	a := x.send("GET", "/broken", nil)
	if p := a.problem(t, http.StatusInternalServerError); strings.Contains(string(a.body), "10.0.0.7") || !strings.Contains(log.String(), "10.0.0.7") || !strings.Contains(log.String(), p.Request) {
		t.Errorf("answered %s, logged %s", a.body, log)
	}
	x.send("GET", "/wrapped", nil).problem(t, http.StatusNotFound)
	if a := x.send("GET", "/slow", nil); a.problem(t, http.StatusServiceUnavailable) == nil || a.Header.Get("Retry-After") == "" {
		t.Errorf("headers %v", a.Header)
	}
}

// An answer that goes on for ever ends when the service stops.
func TestStreamsEnd(t *testing.T) {
	service := newService(t, openStore(t, databases[0].url(t)))
	begun := make(chan bool)
	handle(service, route{id: "stream", method: http.MethodGet, path: "/stream", who: access{Nobody: all}, time: -1}, func(ctx context.Context, _ *call, _ *struct{}) (*nothing, error) {
		close(begun)
		<-ctx.Done()
		return &nothing{}, nil
	})
	listening := httptest.NewServer(service.Handler())
	defer listening.Close()
	x := &site{t: t, url: listening.URL}
	go func() {
		<-begun
		service.Stop()
	}()
	x.want(http.StatusNoContent, "GET", "/stream", nil)
}

// The server's own times do not break off an answer that may take longer.
func TestRoutesHaveTheirOwnTimes(t *testing.T) {
	service := newService(t, openStore(t, databases[0].url(t)))
	for id, longest := range map[string]time.Duration{"long": time.Minute, "stream": -1} {
		handle(service, route{id: id, method: http.MethodPost, path: "/" + id, who: access{Nobody: all}, time: longest}, func(ctx context.Context, _ *call, _ *struct{}) (*nothing, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(300 * time.Millisecond):
				return &nothing{}, nil
			}
		})
	}
	listening := httptest.NewUnstartedServer(service.Handler())
	listening.Config.ReadTimeout, listening.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	listening.Start()
	defer listening.Close()
	x := &site{t: t, url: listening.URL}
	x.want(http.StatusNoContent, "POST", "/long", "{}")
	x.want(http.StatusNoContent, "POST", "/stream", "{}")
}

// Logs tell who did what on which route, and hold no secret.
func TestLogs(t *testing.T) {
	log := &logged{}
	x := onSQLite(t, log.config)
	secret := x.tokens[Coordinator]
	x.want(http.StatusOK, "GET", "/v1/vehicles?ref=hidden-in-the-query", nil, "X-Request-Id", "mine-1", "Cookie", "session=hidden-in-a-cookie")
	x.want(http.StatusNotFound, "GET", "/v1/hidden-in-the-path", nil)
	made := x.want(http.StatusCreated, "POST", "/v1/tokens", `{"name": "x", "scope": "read"}`).field(t, "text")
	_, key, _ := strings.Cut(strings.TrimPrefix(secret, "car_"), "_")
	for _, s := range []string{"hidden", key, made} {
		if strings.Contains(log.String(), s) {
			t.Errorf("%s is in the log: %s", s, log)
		}
	}
	line, _, _ := strings.Cut(log.String(), "\n")
	for _, want := range []string{`"request_id":"mine-1"`, `"method":"GET"`, `"route":"/v1/vehicles"`, `"status":200`, `"address":"127.0.0.1"`, `"actor":"token:`, `"collective":"`} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
}

func TestRequestID(t *testing.T) {
	x := onSQLite(t)
	if got := x.send("GET", "/healthz", nil, "X-Request-Id", "a-1.b:2_C").Header.Get("X-Request-Id"); got != "a-1.b:2_C" {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{"", "a b", `"}`, strings.Repeat("x", 101)} {
		if got := x.send("GET", "/healthz", nil, "X-Request-Id", bad).Header.Get("X-Request-Id"); got == bad || !plainID(got) {
			t.Errorf("for %q got %q", bad, got)
		}
	}
}

func TestMetrics(t *testing.T) {
	x := onSQLite(t, func(c *Config) { c.MetricsFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	for _, path := range []string{"/v1/vehicles/a", "/v1/vehicles/b", "/v1/nothing", "/nothing/else", "/healthz"} {
		x.send("GET", path, nil)
	}
	x.send("BREW", "/v1/vehicles", nil)
	text := string(x.want(http.StatusOK, "GET", "/metrics", nil).body)
	for _, want := range []string{
		`carriole_http_request_seconds_count{method="GET",route="/v1/vehicles/{id}",status="404"} 2`, `carriole_http_request_seconds_count{method="GET",route="none",status="404"} 2`,
		`method="other"`, "carriole_http_panics_total 0", "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, "nothing") || strings.Contains(text, "BREW") {
		t.Error("what clients say has become a label")
	}
	onSQLite(t).send("GET", "/metrics", nil).problem(t, http.StatusForbidden)
}

func TestReady(t *testing.T) {
	x := onSQLite(t)
	x.want(http.StatusOK, "GET", "/readyz", nil)
	closed, err := store.Open(t.Context(), databases[0].url(t))
	check(t, err)
	service, err := New(Config{Store: closed})
	check(t, err)
	check(t, closed.Close())
	listening := httptest.NewServer(service.Handler())
	defer listening.Close()
	x = &site{t: t, url: listening.URL}
	x.want(http.StatusOK, "GET", "/healthz", nil)
	x.send("GET", "/readyz", nil).problem(t, http.StatusServiceUnavailable)
}

func TestLimitsOfRate(t *testing.T) {
	x := onSQLite(t, func(c *Config) {
		c.Limits.PerAddress, c.Limits.PerCaller = 6, 3
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(address string) *answer {
		return x.send("GET", "/v1/sales", nil, "X-Forwarded-For", "192.0.2.9, "+address)
	}
	for range 3 {
		if a := from("198.51.100.1"); a.StatusCode != http.StatusOK {
			t.Fatalf("status %d", a.StatusCode)
		}
	}
	// The token has had its share, from whatever address; another has not.
	if a := from("198.51.100.2"); a.problem(t, http.StatusTooManyRequests) == nil || a.Header.Get("Retry-After") == "" {
		t.Errorf("headers %v", a.Header)
	}
	x.as = Marketplace
	if a := from("198.51.100.2"); a.StatusCode != http.StatusOK {
		t.Errorf("status %d", a.StatusCode)
	}
	// So has an address, with whatever token and with none.
	x.as = Nobody
	for range 3 {
		from("198.51.100.1").problem(t, http.StatusUnauthorized)
	}
	from("198.51.100.1").problem(t, http.StatusTooManyRequests)
	from("198.51.100.3").problem(t, http.StatusUnauthorized)
}

// Nobody can choose their address who does not come by a trusted proxy.
func TestForgedAddress(t *testing.T) {
	for _, trusted := range [][]netip.Prefix{nil, {netip.MustParsePrefix("10.0.0.0/8")}} {
		x := onSQLite(t, func(c *Config) { c.Limits.PerAddress, c.TrustedProxies = 2, trusted })
		x.as = Nobody
		for i := range 2 {
			x.send("GET", "/v1/sales", nil, "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i)).problem(t, http.StatusUnauthorized)
		}
		x.send("GET", "/v1/sales", nil, "X-Forwarded-For", "198.51.100.9").problem(t, http.StatusTooManyRequests)
	}
}

// What runs beside a trusted proxy may read metrics, and what comes through it may not.
func TestMetricsBesideAProxy(t *testing.T) {
	x := onSQLite(t, func(c *Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.MetricsFrom = c.TrustedProxies
	})
	x.as = Nobody
	x.want(http.StatusOK, "GET", "/metrics", nil)
	x.send("GET", "/metrics", nil, "X-Forwarded-For", "198.51.100.9").problem(t, http.StatusForbidden)
}

func TestTokensEnd(t *testing.T) {
	onEach(t, func(t *testing.T, x *site) {
		coordinator := x.tokens[Coordinator]
		made := x.want(http.StatusCreated, "POST", "/v1/tokens", `{"name": "x", "scope": "read"}`)
		id := made.field(t, "id")
		if shown := x.want(http.StatusOK, "GET", "/v1/tokens/"+id, nil); shown.field(t, "text") != "" || strings.Contains(string(shown.body), "hash") {
			t.Errorf("the token is shown again: %s", shown.body)
		}
		x.tokens[Coordinator] = made.field(t, "text")
		x.want(http.StatusOK, "GET", "/v1/sales", nil)
		x.tokens[Coordinator] = coordinator
		for range 2 {
			x.want(http.StatusNoContent, "DELETE", "/v1/tokens/"+id, nil)
		}
		if x.want(http.StatusOK, "GET", "/v1/tokens/"+id, nil).field(t, "revoked") == "" {
			t.Error("the token does not say that it is revoked")
		}
		for _, text := range []string{made.field(t, "text"), "car_x_y", "nonsense", coordinator + "x"} {
			x.tokens[Coordinator] = text
			if a := x.send("GET", "/v1/sales", nil); a.problem(t, http.StatusUnauthorized) == nil || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("headers %v", a.Header)
			}
		}
		// One that expires does so at its moment, whatever is remembered of it.
		token := store.Token{Name: "short", Scope: store.ReadToken, Expires: time.Now().Add(300 * time.Millisecond)}
		text, err := x.scope.CreateToken(t.Context(), &token)
		check(t, err)
		x.tokens[Coordinator] = text
		x.want(http.StatusOK, "GET", "/v1/sales", nil)
		time.Sleep(time.Until(token.Expires) + time.Millisecond)
		x.want(http.StatusUnauthorized, "GET", "/v1/sales", nil)
	})
}

// A producer's caller of whom nobody said which sees nothing, and not everything.
func TestProducerOfNone(t *testing.T) {
	x := onSQLite(t)
	service := newService(t, x.store)
	service.tokens.known[sha256.Sum256([]byte("car_x_y"))] = knownToken{Caller{x.scope.Collective(), "token:x", Producer, ""}, time.Now().Add(time.Hour)}
	listening := httptest.NewServer(service.Handler())
	defer listening.Close()
	x.url, x.as, x.tokens[Producer] = listening.URL, Producer, "car_x_y"
	x.send("GET", "/v1/vehicles", nil).problem(t, http.StatusForbidden)
}

func TestPages(t *testing.T) {
	x := onSQLite(t)
	for i := range 7 {
		check(t, x.scope.CreatePlace(t.Context(), &store.Place{Name: fmt.Sprint(i)}))
	}
	var names []string
	for path := "/v1/places?located=false&limit=3"; path != ""; {
		var page list[place]
		x.want(http.StatusOK, "GET", path, nil).into(t, &page)
		if len(page.Items) > 3 {
			t.Fatalf("%d items on a page of 3", len(page.Items))
		}
		for _, p := range page.Items {
			names = append(names, p.Name)
		}
		if path = ""; page.Next != "" {
			path = "/v1/places?located=false&limit=3&after=" + string(page.Next)
		}
	}
	slicesSortedEqual(t, names, []string{"0", "1", "2", "3", "4", "5", "6"})
}

func slicesSortedEqual(t *testing.T, got, want []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range got {
		seen[s] = true
	}
	if len(got) != len(want) || len(seen) != len(want) {
		t.Errorf("got %v, want each of %v once", got, want)
	}
}

// The documents that describe the interface are whole, and load nothing from elsewhere.
func TestDocumentation(t *testing.T) {
	x := onSQLite(t)
	x.as = Nobody
	var doc struct {
		OpenAPI string                               `json:"openapi"`
		Paths   map[string]map[string]map[string]any `json:"paths"`
	}
	text := x.want(http.StatusOK, "GET", "/openapi.json", nil)
	text.into(t, &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %q", doc.OpenAPI)
	}
	page := string(x.want(http.StatusOK, "GET", "/docs", nil).body)
	for _, r := range newService(t, x.store).routes {
		if doc.Paths[r.path][strings.ToLower(r.method)] == nil {
			t.Errorf("%s is not in the document", r.id)
		}
		if !strings.Contains(page, `<article id="`+r.id+`">`) {
			t.Errorf("%s is not on the page", r.id)
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(string(text.body), -1) {
		if !strings.Contains(page, `id="document-`+ref[1]+`"`) {
			t.Errorf("%s is not on the page", ref[1])
		}
	}
	if strings.Contains(string(text.body), `"uniqueItems"`) {
		t.Error("a list has uniqueItems: huma panics where an item is an object")
	}
	if strings.Contains(string(text.body), "example.com") {
		t.Error("the document names example.com")
	}
	for _, link := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(link[1], "#") && !strings.HasPrefix(link[1], "/") {
			t.Errorf("the page links to %s", link[1])
		}
	}
	x.want(http.StatusOK, "GET", "/docs/style.css", nil)
	x.want(http.StatusOK, "GET", "/openapi.yaml", nil)
	if x.send("HEAD", "/docs", nil).StatusCode != http.StatusOK {
		t.Error("HEAD is refused")
	}
}
