package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"

	"carriole/api/hook"
	"carriole/api/pgtest"
	"carriole/api/signin"
	"carriole/api/store"
)

// server is the PostgreSQL of all tests, started by the first that needs it, with a template that has the schema.
var server *pgtest.Server

var start = sync.OnceValue(func() (err error) {
	if server, err = pgtest.Start(); err != nil {
		return err
	}
	ctx := context.Background()
	url, err := server.Create(ctx, "postgres", "")
	if err != nil {
		return err
	}
	migrated = url
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	return s.Close()
})

var migrated string

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	// Whatever was asked of it, a service leaves no goroutine behind.
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreTopFunction("github.com/hashicorp/golang-lru/v2/expirable.NewLRU[...].func1")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// databases are what tests of what depends on the database run on.
var databases = []struct {
	name string
	url  func(t *testing.T) string
}{
	{"sqlite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "store.db") }},
	{"postgres", func(t *testing.T) string {
		t.Helper()
		if err := start(); err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(migrated, "postgres:///"), "?")
		url, err := server.Create(t.Context(), "postgres", name)
		if err != nil {
			t.Fatal(err)
		}
		return url
	}},
}

func openStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// A site is a service that listens, and a collective with a token for each role.
type site struct {
	t      *testing.T
	store  *store.Store
	people *signin.Service
	url    string
	scope  *store.Scope
	tokens map[Role]string
	as     Role // who makes the requests, by a token; or

	consignment string // of the plan that planThings makes
	plan        string // that one
	cookie      string // by a session
}

func serve(t *testing.T, s *store.Store, change ...func(*Config)) *site {
	t.Helper()
	listening := httptest.NewServer(nil)
	t.Cleanup(listening.Close)
	people, err := signin.New(s, signin.Options{URL: listening.URL})
	check(t, err)
	config := Config{Store: s, SignIn: people, Hooks: silentHooks(t, s), Limits: Limits{PerAddress: -1, PerCaller: -1}}
	for _, c := range change {
		c(&config)
	}
	service, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	listening.Config.Handler = service.Handler()
	x := &site{t: t, store: s, people: people, url: listening.URL, as: Coordinator}
	x.scope, x.tokens = newCollective(t, s, "Drive")
	return x
}

// silentHooks keep what is to be sent, and send nothing.
func silentHooks(t *testing.T, s *store.Store) *hook.Service {
	t.Helper()
	hooks, err := hook.New(s, func(context.Context, *store.Scope, hook.Job) error { return nil }, hook.Options{})
	check(t, err)
	return hooks
}

// newCollective makes a collective, its tokens and the first producer, to whom the producer's token belongs.
func newCollective(t *testing.T, s *store.Store, name string) (*store.Scope, map[Role]string) {
	t.Helper()
	ctx := t.Context()
	collective := store.Collective{Name: name}
	check(t, s.CreateCollective(ctx, &collective, "test"))
	scope := s.In(collective.ID, "test")
	place := store.Place{Name: "Mas", At: &store.Point{LonE7: 51070000, LatE7: 441120000}}
	check(t, scope.CreatePlace(ctx, &place))
	producer := store.Producer{Name: "Chazelle", Place: place.ID, Active: true}
	check(t, scope.CreateProducer(ctx, &producer))
	tokens := map[Role]string{}
	for kind, role := range roleOf {
		x := store.Token{Name: string(role), Scope: kind}
		if kind == store.ProducerToken {
			x.Producer = producer.ID
		}
		text, err := scope.CreateToken(ctx, &x)
		check(t, err)
		tokens[role] = text
	}
	return scope, tokens
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// onEach runs a test on a service in each database.
func onEach(t *testing.T, test func(t *testing.T, x *site)) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) { test(t, serve(t, openStore(t, database.url(t)))) })
	}
}

// onSQLite runs on the one database where the other cannot matter.
func onSQLite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	return serve(t, openStore(t, databases[0].url(t)), change...)
}

// An answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

// send makes a request as x.as; headers are name and value by turns.
func (x *site) send(method, path string, body any, headers ...string) *answer {
	x.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case []byte:
		r = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		check(x.t, err)
		r = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(x.t.Context(), method, x.url+path, r)
	check(x.t, err)
	if token := x.tokens[x.as]; token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if x.cookie != "" {
		request.Header.Set("Cookie", x.cookie)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	check(x.t, err)
	defer response.Body.Close()
	out := &answer{Response: response}
	out.body, err = io.ReadAll(response.Body)
	check(x.t, err)
	return out
}

// want makes a request that must be answered with a status.
func (x *site) want(status int, method, path string, body any, headers ...string) *answer {
	x.t.Helper()
	a := x.send(method, path, body, headers...)
	if a.StatusCode != status {
		x.t.Fatalf("%s %s: status %d, not %d: %s", method, path, a.StatusCode, status, a.body)
	}
	return a
}

// into reads the answer's body.
func (a *answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// field is a text of the answer's document.
func (a *answer) field(t *testing.T, name string) string {
	t.Helper()
	var v map[string]any
	a.into(t, &v)
	s, _ := v[name].(string)
	return s
}
