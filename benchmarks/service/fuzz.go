package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"carriole/api/store"
	"carriole/benchmarks/internal/bench"
)

// fuzzed is what came of fuzzing the service on one database.
type fuzzed struct {
	Database string         `json:"database"`
	Roles    []fuzzedRole   `json:"roles"`
	Broken   map[string]int `json:"broken"` // requests with broken bodies, by the class of the answer
	Before   load           `json:"before"`
	After    load           `json:"after"`
	Wrong    []string       `json:"wrong,omitempty"`
}

// fuzzedRole is what Schemathesis says of its run with a role's token.
type fuzzedRole struct {
	Role       string  `json:"role"`
	Operations int     `json:"operations"`
	Cases      int     `json:"cases"`
	Seconds    float64 `json:"seconds"`
	Failures   int     `json:"failures"`
}

// load is what a process holds.
type load struct {
	Goroutines int `json:"goroutines"`
	Files      int `json:"files"`
	Sessions   int `json:"sessions"` // of the database
	Panics     int `json:"panics"`
}

// fuzz has Schemathesis ask everything of the service that its OpenAPI document allows, and much that it does not, with the token
// of each role; sends broken bodies; and looks at what the process holds afterwards.
func fuzz(r *run) (*bench.Section, error) {
	ctx := context.Background()
	tool, err := exec.LookPath(r.Schemathesis)
	if err != nil {
		return &bench.Section{Title: "Fuzzing", Text: fmt.Sprintf("Absent: %v. Install it by `pip install schemathesis` and name it by --schemathesis.", err)}, nil
	}
	program, err := r.program(ctx)
	if err != nil {
		return nil, err
	}
	addresses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"type": "FeatureCollection", "features": []}`)
	}))
	defer addresses.Close()
	roles := bench.Table{Columns: []string{"database", "token of", "operations", "cases", "s", "failures"}, Left: 2}
	held := bench.Table{Columns: []string{"database", "", "goroutines", "files and sockets", "sessions of the database", "panics"}, Left: 2}
	broken := bench.Table{Columns: []string{"database", "broken requests", "2xx", "4xx", "5xx", "refused by the connection"}, Left: 1}
	var all []*fuzzed
	text := "**No answer 5xx, no panic, and nothing that is held longer.**"
	var wrong []string
	for _, database := range r.Databases {
		f, err := r.fuzzOn(ctx, database, program, tool, addresses.URL)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		for _, x := range f.Roles {
			roles.Add(database, x.Role, strconv.Itoa(x.Operations), strconv.Itoa(x.Cases), fmt.Sprintf("%.0f", x.Seconds), strconv.Itoa(x.Failures))
		}
		for i, x := range []load{f.Before, f.After} {
			held.Add(database, []string{"before", "after"}[i], strconv.Itoa(x.Goroutines), strconv.Itoa(x.Files), strconv.Itoa(x.Sessions), strconv.Itoa(x.Panics))
		}
		b := f.Broken
		broken.Add(database, strconv.Itoa(b["2xx"]+b["4xx"]+b["5xx"]+b["none"]), strconv.Itoa(b["2xx"]), strconv.Itoa(b["4xx"]), strconv.Itoa(b["5xx"]), strconv.Itoa(b["none"]))
		for _, w := range f.Wrong {
			wrong = append(wrong, "- "+database+": "+w)
		}
	}
	if wrong != nil {
		text = "**Faults:**\n\n" + strings.Join(wrong, "\n")
	}
	return &bench.Section{Title: "Fuzzing", Tables: []bench.Table{roles, broken, held}, Data: all,
		Text: fmt.Sprintf("Schemathesis asks the service for %s on each database, with the token of each role in turn; ids of rows that are there are added to its schema. Then every operation that takes a body is sent broken ones, and every stored row is sent back with each of its fields broken.\n\n%s", r.FuzzTime, text)}, nil
}

// shares of the time that each role gets.
var fuzzShares = []struct {
	role  store.TokenScope
	share float64
}{{store.CoordinatorToken, 0.5}, {store.MarketplaceToken, 0.2}, {store.ProducerToken, 0.1}, {store.ReadToken, 0.1}, {"", 0.1}}

func (r *run) fuzzOn(ctx context.Context, database, program, tool, addresses string) (*fuzzed, error) {
	databaseURL := "sqlite:" + filepath.Join(r.dir, "fuzz.db")
	if database == "postgres" {
		url, done, err := r.database(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		databaseURL = url
	}
	town, err := newTown(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	collectives, _, err := s.Collectives(ctx, store.Page{})
	if err != nil {
		return nil, err
	}
	scope := s.In(collectives[0].ID, "benchmark")
	producers, _, err := scope.Producers(ctx, store.ProducerFilter{}, store.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	p, err := launch(ctx, r.dir, program, databaseURL, []string{"CARRIOLE_PER_ADDRESS=0", "CARRIOLE_PER_CALLER=0", "CARRIOLE_ADDRESS_SERVICE=" + addresses}, "serve", "--listen=127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer p.kill()
	f := &fuzzed{Database: database, Broken: map[string]int{}}
	z := &fuzzer{run: r, fuzzed: f, url: p.address, token: town.token, client: &http.Client{Timeout: 2 * time.Minute}}
	if err := z.seed(ctx, town); err != nil {
		return nil, err
	}
	if f.Before, err = z.load(ctx, databaseURL); err != nil {
		return nil, err
	}
	for _, x := range fuzzShares {
		token := ""
		if x.role != "" {
			t := store.Token{Name: "fuzz", Scope: x.role}
			if x.role == store.ProducerToken {
				t.Producer = producers[0].ID
			}
			if token, err = scope.CreateToken(ctx, &t); err != nil {
				return nil, err
			}
		}
		if z.token, err = scope.CreateToken(ctx, &store.Token{Name: "look", Scope: store.CoordinatorToken}); err != nil { // the one before may be revoked
			return nil, err
		}
		if err := z.schemathesis(ctx, tool, string(x.role), token, time.Duration(x.share*float64(r.FuzzTime))); err != nil {
			return nil, err
		}
	}
	if z.token, err = scope.CreateToken(ctx, &store.Token{Name: "broken", Scope: store.CoordinatorToken}); err != nil {
		return nil, err
	}
	if err := z.sendBroken(ctx); err != nil {
		return nil, err
	}
	z.cancelAll(ctx)
	z.client.CloseIdleConnections()
	const slack = 20 // goroutines that come and go
	for range 60 {   // until connections are closed and jobs are done
		if f.After, err = z.load(ctx, databaseURL); err != nil {
			return nil, err
		}
		if f.After.Goroutines <= f.Before.Goroutines+slack && f.After.Files <= f.Before.Files+slack && f.After.Sessions <= f.Before.Sessions {
			break
		}
		time.Sleep(2 * time.Second)
	}
	if f.After.Goroutines > f.Before.Goroutines+slack || f.After.Files > f.Before.Files+slack || f.After.Sessions > f.Before.Sessions {
		f.Wrong = append(f.Wrong, fmt.Sprintf("more is held than before: %+v, before %+v", f.After, f.Before))
	}
	if f.After.Panics > 0 {
		f.Wrong = append(f.Wrong, fmt.Sprintf("%d panics", f.After.Panics))
	}
	p.kill()
	lines, err := p.errors()
	for _, line := range lines {
		f.Wrong = append(f.Wrong, "logged: "+line)
	}
	return f, err
}

// fuzzer sends to one service.
type fuzzer struct {
	*run
	*fuzzed
	url, token string
	client     *http.Client
}

func (z *fuzzer) send(ctx context.Context, method, path string, header http.Header, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, z.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+z.token)
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := z.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// must sends JSON and demands success.
func (z *fuzzer) must(ctx context.Context, method, path, body string, into any) error {
	status, answer, err := z.send(ctx, method, path, http.Header{"Content-Type": {"application/json"}}, []byte(body))
	if err == nil && status >= 300 {
		err = fmt.Errorf("%s %s: status %d: %s", method, path, status, answer)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	return err
}

// seed has one row at least of everything, and a plan that is proposed.
func (z *fuzzer) seed(ctx context.Context, t *town) error {
	sale := "/v1/sales/" + string(t.sales[0])
	order := fmt.Sprintf(`{"orders": [{"ref": "A", "pickup_point": %q, "lines": [{"product": %q, "quantity": 3}, {"product": %q, "quantity": 2}]}]}`, t.points[0], t.products[0], t.products[5])
	for _, x := range []struct{ path, body string }{
		{sale + "/orders", order},
		{"/v1/members", `{"email": "anne@example.org", "name": "Anne", "role": "coordinator"}`},
		{"/v1/members", `{"email": "paul@example.org", "name": "Paul", "role": "reader"}`},
		{"/v1/webhooks", `{"url": "https://shop.example/hooks", "events": ["plan.published"]}`},
		{"/v1/tokens", `{"name": "spare", "scope": "read"}`},
		{sale + "/close", ""},
	} {
		if err := z.must(ctx, http.MethodPost, x.path, x.body, nil); err != nil {
			return err
		}
	}
	for range 600 {
		var p struct{ State, Plan string }
		if err := z.must(ctx, http.MethodGet, sale+"/planning", "", &p); err != nil {
			return err
		}
		if p.State == string(store.PlanningDone) {
			return z.must(ctx, http.MethodPost, "/v1/plans/"+p.Plan+"/propose", "", nil)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("the sale is not planned after a minute")
}

// load reads the metrics after requests side by side have opened what the process keeps open.
func (z *fuzzer) load(ctx context.Context, databaseURL string) (load, error) {
	var out load
	for range 3 {
		done := make(chan error)
		const burst = 64
		for range burst {
			go func() {
				_, _, err := z.send(ctx, http.MethodGet, "/v1/producers", nil, nil)
				done <- err
			}()
		}
		for range burst {
			if err := <-done; err != nil {
				return out, err
			}
		}
	}
	z.client.CloseIdleConnections()
	time.Sleep(2 * time.Second)
	_, text, err := z.send(ctx, http.MethodGet, "/metrics", nil, nil)
	if err != nil {
		return out, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		for metric, to := range map[string]*int{"go_goroutines": &out.Goroutines, "process_open_fds": &out.Files, "carriole_http_panics_total": &out.Panics} {
			if name == metric {
				x, err := strconv.ParseFloat(value, 64)
				if err != nil {
					return out, fmt.Errorf("/metrics: %w", err)
				}
				*to = int(x)
			}
		}
	}
	if out.Goroutines == 0 {
		return out, fmt.Errorf("/metrics: %s", text)
	}
	if !strings.HasPrefix(databaseURL, "postgres:") {
		return out, nil
	}
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return out, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`).Scan(&out.Sessions)
	return out, err
}

// ids are those of some rows of each list in a schema, by its path.
func (z *fuzzer) ids(ctx context.Context, schema map[string]any) map[string][]string {
	out := map[string][]string{}
	for path := range schema["paths"].(map[string]any) {
		if strings.Count(path, "/") != 2 {
			continue
		}
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		if z.must(ctx, http.MethodGet, path, "", &page) != nil {
			continue // no list
		}
		for _, x := range page.Items {
			if x.ID != "" && len(out[path]) < 3 {
				out[path] = append(out[path], x.ID)
			}
		}
	}
	delete(out, "/v1/tokens") // that the fuzzer itself goes by
	return out
}

func (z *fuzzer) schema(ctx context.Context) (schema map[string]any, ids map[string][]string, err error) {
	if err := z.must(ctx, http.MethodGet, "/openapi.json", "", &schema); err != nil {
		return nil, nil, err
	}
	return schema, z.ids(ctx, schema), nil
}

// schemathesis runs it with a schema in which ids may be those of rows.
func (z *fuzzer) schemathesis(ctx context.Context, tool, role, token string, most time.Duration) error {
	schema, ids, err := z.schema(ctx)
	if err != nil {
		return err
	}
	for path, item := range schema["paths"].(map[string]any) {
		parts := strings.SplitN(path, "/", 4)
		known := ids[strings.Join(parts[:3], "/")]
		if len(parts) < 4 || !strings.HasPrefix(parts[3], "{id}") || known == nil {
			continue
		}
		for _, operation := range item.(map[string]any) {
			o, ok := operation.(map[string]any)
			if !ok {
				continue
			}
			parameters, _ := o["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(map[string]any); p["in"] == "path" && p["name"] == "id" {
					p["schema"] = map[string]any{"anyOf": []any{map[string]any{"enum": known}, map[string]any{"type": "string"}}}
				}
			}
		}
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	file, report := filepath.Join(z.dir, "openapi.json"), filepath.Join(z.dir, "schemathesis.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	args := []string{"run", file, "--url", z.url, "--checks", "not_a_server_error", "--max-time", strconv.Itoa(max(1, int(most.Seconds()))), "--continue-on-failure", "--request-timeout", "120",
		"--generation-allow-x00", "true", "--generation-database", "none", "--seed", strconv.FormatUint(z.Seed, 10), "--no-color", "--warnings", "off", "--report", "json", "--report-json-path", report}
	if token != "" {
		args = append(args, "--header", "Authorization: Bearer "+token)
	}
	command := exec.CommandContext(ctx, tool, args...)
	command.Dir = z.dir
	out, failed := command.CombinedOutput()
	text, err = os.ReadFile(report)
	if err != nil {
		return errors.Join(failed, fmt.Errorf("%w\n%s", err, out))
	}
	var x struct {
		Seconds    float64 `json:"running_time"`
		Operations struct{ Tested, Errored int }
		Cases      struct{ Generated int } `json:"test_cases"`
		Failures   []struct {
			Title      string
			Count      int
			Operations []string
		}
		Errors []json.RawMessage
	}
	if err := json.Unmarshal(text, &x); err != nil {
		return err
	}
	result := fuzzedRole{Role: role, Operations: x.Operations.Tested, Cases: x.Cases.Generated, Seconds: x.Seconds}
	if role == "" {
		result.Role = "nobody"
	}
	for _, f := range x.Failures {
		result.Failures += f.Count
		z.Wrong = append(z.Wrong, fmt.Sprintf("%s, as %s: %s", f.Title, result.Role, strings.Join(f.Operations, ", ")))
	}
	for _, e := range x.Errors {
		z.Wrong = append(z.Wrong, fmt.Sprintf("Schemathesis, as %s: %s", result.Role, e))
	}
	if result.Failures > 0 || len(x.Errors) > 0 {
		z.say("%s", out)
	}
	z.Roles = append(z.Roles, result)
	z.say("fuzz %s as %s: %+v", z.Database, result.Role, result)
	z.cancelAll(ctx)
	return os.Remove(report)
}

// cancelAll ends plannings that were asked for, which may search for half an hour.
func (z *fuzzer) cancelAll(ctx context.Context) {
	var page struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := z.must(ctx, http.MethodGet, "/v1/sales?limit=1000", "", &page); err != nil {
		z.say("%v", err)
	}
	for _, x := range page.Items {
		z.send(ctx, http.MethodDelete, "/v1/sales/"+x.ID+"/planning", nil, nil) // most have none
	}
}

// Bodies that are wrong wherever they are sent, and what they may be said to be.
var (
	brokenBodies = []string{"", "{", "[]", "null", `"x"`, "0", "1e999", `{"name": }`, `{"name": "a", "name": "b"}`, `{"name": "\u0000"}`, "{\"name\": \"\xff\"}", `{"name": "\ud800"}`,
		"\ufeff{}", "{} {}", `{"orders": [null]}`, `{"orders": [{}]}`, `{"orders": [{"ref": "X", "lines": [{"product": "?", "quantity": 1e300}]}]}`, `{"@graph": [{"@id": "a", "@type": "a"}, null, 3]}`, `{"@context": "x", "@graph": {"@graph": []}}`,
		"ref;quantity;product\n\"A;1;x\n", "ref,quantity,product\r\n\"A\"x,1,y\r\n", "\x00\x00", "\x1f\x8b\x08garbage", strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 50_000), `{"name": "` + strings.Repeat("a", 3<<20) + `"}`}
	brokenTypes   = []string{"application/json", "text/csv", "application/ld+json", "text/plain", "", "application/json; charset=utf-16", "multipart/form-data", "application/x-www-form-urlencoded", "a/b; c", "application/merge-patch+json"}
	brokenValues  = []string{"null", "-1", "0", "1e18", "1e400", "0.0000000001", `""`, `"\u0000"`, `"\ud800"`, `"../../x"`, `"9999-99-99T99:99:99Z"`, "[]", "[null]", "{}", "true", `"` + strings.Repeat("é", 100_000) + `"`}
	brokenHeaders = []http.Header{nil, {"If-Match": {`"x`}}, {"If-Match": {"*"}}, {"If-Match": {strings.Repeat(`"1",`, 500)}}, {"Idempotency-Key": {"é"}}, {"Idempotency-Key": {strings.Repeat("k", 5000)}}, {"Content-Encoding": {"gzip"}}, {"Accept": {"*/*;q=x,,;"}}, {"Accept-Encoding": {"gzip;q=;,*"}}, {"Accept-Language": {";;;"}}, {"If-None-Match": {`W/"`}}}
)

// sendBroken sends broken bodies to every operation that takes one, and rows with broken fields.
func (z *fuzzer) sendBroken(ctx context.Context) error {
	schema, ids, err := z.schema(ctx)
	if err != nil {
		return err
	}
	paths := schema["paths"].(map[string]any)
	var sorted []string
	for path := range paths {
		sorted = append(sorted, path)
	}
	slices.Sort(sorted)
	n := 0
	for _, template := range sorted {
		item := paths[template].(map[string]any)
		path := z.filled(template, ids)
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet} {
			if item[strings.ToLower(method)] == nil {
				continue
			}
			if strings.HasSuffix(template, "/progress") {
				continue // it goes on as long as the client stays
			}
			for _, body := range brokenBodies {
				n++
				header := http.Header{"Content-Type": {brokenTypes[n%len(brokenTypes)]}}
				if n%3 == 0 {
					header.Set("Content-Type", "application/json")
				}
				for name, values := range brokenHeaders[n%len(brokenHeaders)] {
					header[name] = values
				}
				z.broken(ctx, method, path, header, body)
			}
			z.cutOff(method, path)
		}
		if known := ids[strings.TrimSuffix(template, "/{id}")]; strings.HasSuffix(template, "/{id}") && known != nil {
			z.breakFields(ctx, strings.TrimSuffix(template, "/{id}"), known[0], item)
		}
	}
	return nil
}

// filled is a path with ids of rows that are there.
func (z *fuzzer) filled(template string, ids map[string][]string) string {
	parts := strings.Split(template, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		parts[i] = "aaaaaaaaaaaaaaaaaaaa"
		if known := ids["/v1/"+parts[2]]; part == "{id}" && known != nil {
			parts[i] = known[0]
		}
	}
	return strings.Join(parts, "/")
}

func (z *fuzzer) broken(ctx context.Context, method, path string, header http.Header, body string) {
	status, answer, err := z.send(ctx, method, path, header, []byte(body))
	switch {
	case err != nil:
		z.Broken["none"]++
	case status >= 500:
		z.Broken["5xx"]++
		z.Wrong = append(z.Wrong, fmt.Sprintf("%s %s with %.60q as %v: %d %s", method, path, body, header, status, answer))
	case status >= 400:
		z.Broken["4xx"]++
	default:
		z.Broken["2xx"]++
	}
}

// breakFields sends a row back with each of its fields broken, in its own place and as a new one.
func (z *fuzzer) breakFields(ctx context.Context, collection, id string, item map[string]any) {
	var row map[string]json.RawMessage
	if z.must(ctx, http.MethodGet, collection+"/"+id, "", &row) != nil {
		return // it is no JSON, or gone
	}
	names := make([]string, 0, len(row))
	for name := range row {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		before := row[name]
		for _, value := range brokenValues {
			row[name] = json.RawMessage(value)
			body, err := json.Marshal(row)
			if err != nil { // a value that is none by the standard library's book
				body = fmt.Appendf(nil, `{%q: %s}`, name, value)
			}
			header := http.Header{"Content-Type": {"application/json"}, "If-Match": {"*"}}
			for method, path := range map[string]string{http.MethodPut: collection + "/" + id, http.MethodPost: collection} {
				if method == http.MethodPost || item[strings.ToLower(method)] != nil {
					z.broken(ctx, method, path, header, string(body))
				}
			}
		}
		row[name] = before
	}
}

// cutOff goes away in the middle of a body.
func (z *fuzzer) cutOff(method, path string) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(z.url, "http://"))
	if err != nil {
		z.Wrong = append(z.Wrong, fmt.Sprintf("%s %s: %v", method, path, err))
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"a", method, path, z.token)
}
