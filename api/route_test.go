package api

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"carriole/api/signin"
	"github.com/go-json-experiment/json"

	"carriole/api/store"
	"carriole/engine"
)

var update = flag.Bool("update", false, "write the table of who may do what into the README")

const (
	readme     = "../README.md"
	tableBegin = "<!-- who may do what -->\n"
	tableEnd   = "<!-- end -->\n"
)

// rights are what the routes say, as the README's table: a line for each of what the same callers may do.
func rights(t *testing.T, routes []route) string {
	t.Helper()
	cells := func(a access) string {
		var b strings.Builder
		for _, role := range roles {
			fmt.Fprintf(&b, " %s |", map[grant]string{none: "", own: "own", all: "yes"}[a[role]])
		}
		return b.String()
	}
	said := map[string]string{} // by verb and subject
	lines := map[string][]string{}
	var order []string
	for _, r := range routes {
		what, who := r.verb()+" "+r.subject, cells(r.who)
		if before, ok := said[what]; ok {
			if before != who {
				t.Errorf("%s: %q is said twice, with other rights: give the route an act of its own", r.id, what)
			}
			continue
		}
		said[what] = who
		key := r.verb() + "|" + who
		if lines[key] == nil {
			order = append(order, key)
		}
		lines[key] = append(lines[key], r.subject)
	}
	var b strings.Builder
	b.WriteString("| | coordinator | marketplace | producer | read-only | nobody |\n| --- | --- | --- | --- | --- | --- |\n")
	slices.SortStableFunc(order, func(a, b string) int {
		verbA, _, _ := strings.Cut(a, "|")
		verbB, _, _ := strings.Cut(b, "|")
		usual := []string{"change", "read"} // and then what is special
		return slices.Index(usual, verbB) - slices.Index(usual, verbA)
	})
	for _, key := range order {
		verb, who, _ := strings.Cut(key, "|")
		fmt.Fprintf(&b, "| %s %s |%s\n", verb, strings.Join(lines[key], ", "), who)
	}
	return b.String()
}

// readTable is the README's table: who may what.
func readTable(t *testing.T) (text string, may map[string]access) {
	t.Helper()
	data, err := os.ReadFile(readme)
	check(t, err)
	_, rest, ok := strings.Cut(string(data), tableBegin)
	text, _, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatalf("%s has no table between %q and %q", readme, tableBegin, tableEnd)
	}
	may = map[string]access{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i < 2 {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		verb, subjects, _ := strings.Cut(strings.TrimSpace(cells[0]), " ")
		a := access{}
		for k, role := range roles {
			switch strings.TrimSpace(cells[k+1]) {
			case "yes":
				a[role] = all
			case "own":
				a[role] = own
			}
		}
		for subject := range strings.SplitSeq(subjects, ", ") {
			may[verb+" "+subject] = a
		}
	}
	return text, may
}

func newService(t *testing.T, s *store.Store) *Service {
	t.Helper()
	people, err := signin.New(s, signin.Options{URL: "https://plan.example.org"})
	check(t, err)
	service, err := New(Config{Store: s, SignIn: people, Hooks: silentHooks(t, s)})
	check(t, err)
	return service
}

func TestReadmeTable(t *testing.T) {
	want := rights(t, newService(t, openStore(t, databases[0].url(t))).routes)
	if *update {
		data, err := os.ReadFile(readme)
		check(t, err)
		before, rest, _ := strings.Cut(string(data), tableBegin)
		_, after, ok := strings.Cut(rest, tableEnd)
		if !ok {
			t.Fatalf("%s has no table between %q and %q", readme, tableBegin, tableEnd)
		}
		check(t, os.WriteFile(readme, []byte(before+tableBegin+want+tableEnd+after), 0o666))
	}
	if got, _ := readTable(t); got != want {
		t.Errorf("the README's table is not what the routes say; go test ./api -run TestReadmeTable -update writes it:\n%s", want)
	}
}

// A thing is an example of a resource, of one producer.
type thing struct {
	id  string
	doc string // as read
}

// things makes one of everything for a producer, by the routes of its making.
func (x *site) things(name string, place, producer store.ID) map[string]thing {
	x.t.Helper()
	out := map[string]thing{}
	add := func(subject, path string, doc map[string]any) store.ID {
		x.t.Helper()
		a := x.want(http.StatusCreated, "POST", "/v1/"+path, doc)
		id := a.field(x.t, "id")
		out[subject] = thing{id, string(a.body)}
		return store.ID(id)
	}
	out["producers"] = thing{string(producer), string(x.want(http.StatusOK, "GET", "/v1/producers/"+string(producer), nil).body)}
	out["balances"] = thing{string(producer), `{"metres": 1}`}
	out["places"] = thing{string(place), string(x.want(http.StatusOK, "GET", "/v1/places/"+string(place), nil).body)}
	add("members", "members", map[string]any{"email": name + "@example.org", "role": "producer", "producer": producer})
	token := x.want(http.StatusCreated, "POST", "/v1/tokens", map[string]any{"name": name, "scope": "read"})
	out["tokens"] = thing{token.field(x.t, "id"), string(token.body)}
	vehicle := add("vehicles", "vehicles", map[string]any{"name": name, "producer": producer, "kg": 500, "litres": map[string]any{"ambient": 3000}})
	round := add("rounds", "rounds", map[string]any{"name": name, "producer": producer, "vehicle": vehicle, "starts": "2026-11-02", "rule": "FREQ=WEEKLY;BYDAY=TH",
		"start": place, "end": place, "depart_after": "15:00", "return_by": "21:00"})
	add("round changes", "round-changes", map[string]any{"round": round, "day": "2026-11-26", "kind": "cancelled"})
	add("absences", "absences", map[string]any{"producer": producer, "first": "2026-12-01", "last": "2026-12-02"})
	point := add("pickup points", "pickup-points", map[string]any{"name": name, "place": place})
	product := add("products", "products", map[string]any{"name": name, "producer": producer, "kg": 0.5, "litres": 1.5})
	sale := add("sales", "sales", map[string]any{"name": name, "distribution": "2026-11-27"})
	add("lots", "lots", map[string]any{"sale": sale, "producer": producer, "product": product, "code": name})
	add("ways", "ways", map[string]any{"producer": producer, "pickup_point": point, "rides": []any{map[string]any{"round": round}}})
	add("forbids", "forbids", map[string]any{"producer": producer, "round": round})
	add("settings", "settings", map[string]any{"name": "handover_m", "since": fmt.Sprintf("20%02d-01-01", 10+len(name)), "value": 500})
	add("import mappings", "import-mappings", map[string]any{"signature": name, "columns": []any{map[string]any{"header": "Quoi", "field": "product"}}})
	add("import aliases", "import-aliases", map[string]any{"kind": "product", "name": name, "product": product})
	add("unit weights", "unit-weights", map[string]any{"unit": "botte", "product": name, "kg": 0.4})
	add("ofn connections", "ofn-connections", map[string]any{"base_url": "https://" + name + ".example", "token": "secret"})
	webhook := add("webhooks", "webhooks", map[string]any{"url": "https://" + name + ".example/hooks"})
	out["webhooks"] = thing{string(webhook), string(x.want(http.StatusOK, "GET", "/v1/webhooks/"+string(webhook), nil).body)} // without the secret
	delivery := x.want(http.StatusAccepted, "POST", "/v1/webhooks/"+string(webhook)+"/test", nil)
	out["deliveries"] = thing{delivery.field(x.t, "id"), string(delivery.body)}
	var put putResult
	x.want(http.StatusOK, "POST", "/v1/sales/"+string(sale)+"/orders", fmt.Sprintf(`{"orders": [{"ref": %q, "pickup_point": %q, "lines": [{"product": %q, "quantity": 1}]}]}`, name, point, product)).into(x.t, &put)
	id := string(put.Orders[0].ID)
	out["orders"] = thing{id, string(x.want(http.StatusOK, "GET", "/v1/orders/"+id, nil).body)}
	x.want(http.StatusNoContent, "POST", "/v1/balances/"+string(producer), `{"metres": 1}`)
	out["drop-offs"] = thing{id: string(producer)}
	check(x.t, x.scope.KeepPulled(x.t.Context(), sale, []byte(`{}`)))
	x.planThings(out, sale, producer)
	out["to close"] = thing{id: string(add("sales to close", "sales", map[string]any{"name": name, "distribution": "2026-11-27"}))}
	delete(out, "sales to close")
	return out
}

// planThings has the sale planned: a plan that is proposed to the producer, and a planning that is over.
func (x *site) planThings(out map[string]thing, sale, producer store.ID) {
	x.t.Helper()
	ctx := x.t.Context()
	document, err := os.ReadFile("../cmd/carriole/testdata/week.json")
	check(x.t, err)
	week, _, err := engine.ReadWeek(bytes.NewReader(document), 0)
	check(x.t, err)
	made, err := engine.Solve(ctx, week, nil, engine.Options{Iterations: 20})
	check(x.t, err)
	text, err := json.Marshal(made)
	check(x.t, err)
	plan := store.Plan{Sale: sale}
	check(x.t, x.scope.SavePlan(ctx, &plan, document, text))
	check(x.t, x.scope.Ask(ctx, plan.ID, []store.Answer{{Round: "r", Producer: producer, State: store.AnswerOpen}}))
	_, err = x.scope.MovePlan(ctx, plan.ID, plan.Version, store.Proposed)
	check(x.t, err)
	_, _, err = x.scope.AskPlanning(ctx, sale, []byte("{}"))
	check(x.t, err)
	check(x.t, x.scope.CancelPlanning(ctx, sale))
	out["plans"], out["plannings"] = thing{string(plan.ID), string(text)}, thing{id: string(sale)}
	x.consignment, x.plan = made.Consignments[0].ID, string(plan.ID)
}

// otherBodies are those of routes that take another document than their thing's; empty: none.
var otherBodies = map[string]string{
	"close-sale": "", "request-plan": "{}", "propose-plan": "", "publish-plan": "{}", "finish-plan": "", "what-if": "{}", "answer-plan": `{"round": "r", "answer": "accepted"}`,
	"tick":       `{"id": "t1", "round": "r", "place": "p", "visit": 1, "task": "load", "state": "done"}`,
	"lock-goods": `{"lock": [{"producer": "p", "pickup_point": "q", "rounds": ["r@2026-11-26"]}]}`,
}

// request asks a route about a thing, with what it is as the body where there is one to be.
func (x *site) request(r *route, about thing) *answer {
	x.t.Helper()
	path := strings.Replace(r.path, "{id}", about.id, 1)
	var body any
	kind := "application/json"
	switch r.method {
	case http.MethodPost, http.MethodPut:
		body = about.doc
	case http.MethodPatch:
		body, kind = "{}", "application/merge-patch+json"
	}
	if text, ok := otherBodies[r.id]; ok {
		if body = any(text); text == "" {
			body = nil
		}
	}
	path = strings.Replace(path, "{consignment}", x.consignment, 1)
	path = strings.Replace(path, "{kind}", "delivery-notes", 1)
	if r.id == "producer-papers" {
		path += "?format=json&plan=" + x.plan
	}
	if r.id == "compare-plans" {
		path += "?to=" + about.id
	}
	path += map[string]string{"/v1/holidays": "?first=2026-01-01&last=2026-12-31", "/v1/addresses": "?q=Caromb"}[r.path]
	return x.send(r.method, path, body, "If-Match", "*", "Content-Type", kind)
}

// Every route is used by every role, by a token and by a session, of the collective and of another: what the README's table allows is let in, of what
// it calls own the caller's part alone, and all else is refused.
func TestEveryRouteAndRole(t *testing.T) {
	s := openStore(t, databases[0].url(t))
	x := serve(t, s, func(c *Config) { c.Addresses = addressService(t) })
	_, may := readTable(t)
	mine := x.ownProducer()
	places, _, err := x.scope.Places(t.Context(), store.PlaceFilter{}, store.Page{})
	check(t, err)
	other := store.Producer{Name: "Sévenier", Place: places[0].ID, Active: true}
	check(t, x.scope.CreateProducer(t.Context(), &other))
	ours, theirs := x.things("ours", places[0].ID, mine), x.things("theirs", places[0].ID, other.ID)
	strangerScope, strangerTokens := newCollective(t, s, "Another")
	sessions := map[Role]string{}
	for role, kind := range map[Role]store.Role{Coordinator: store.Coordinator, Producer: store.ProducersRole, Reader: store.Reader} {
		signedIn := *x
		signedIn.member(string(role)+"@example.org", kind)
		sessions[role] = signedIn.cookie
	}
	type caller struct {
		role Role
		by   string
	}
	var callers []caller
	for _, role := range roles {
		callers = append(callers, caller{role, "token"})
		if sessions[role] != "" {
			callers = append(callers, caller{role, "session"})
		}
	}

	for _, r := range newService(t, s).routes {
		a, ok := may[r.verb()+" "+r.subject]
		if r.id == "receive-ofn" { // open to who knows its path: TestReceiveOFN
			continue
		}
		if !ok {
			t.Errorf("%s: the README's table does not have %q", r.id, r.verb()+" "+r.subject)
			continue
		}
		about := func(things map[string]thing) thing {
			subject := r.subject
			if strings.HasSuffix(r.path, "/link") { // of the one whose token the test does not use: a new link ends it
				return theirs["producers"]
			}
			if r.id == "close-sale" {
				return things["to close"]
			}
			if r.id == "put-orders" {
				return thing{things["sales"].id, `{"orders": [{"ref": "x", "lines": []}]}`}
			}
			if strings.HasPrefix(r.path, "/v1/sales/{id}/") {
				return thing{id: things["sales"].id}
			}
			switch r.id {
			case "producer-papers":
				subject = "producers"
			case "list-deliveries":
				subject = "webhooks"
			case "list-ticks", "tick":
				subject = "plans"
			case "rotate-webhook":
				return thing{things["webhooks"].id, `{}`}
			}
			if _, ok := things[subject]; !ok && strings.Contains(r.path, "{") {
				t.Fatalf("%s: things makes no example of %s", r.id, subject)
			}
			return things[subject]
		}
		for _, who := range callers {
			role := who.role
			t.Run(r.id+"/"+string(role)+"/"+who.by, func(t *testing.T) {
				x := *x
				x.t, x.as = t, role
				if who.by == "session" {
					x.as, x.cookie = Nobody, sessions[role]
				}
				if r.method != http.MethodGet { // what exists stays: others are asked about it yet
					if a[role] == none {
						refusedTo(t, role, x.request(&r, about(ours)))
						return
					}
					if a[role] == own {
						if got := x.request(&r, about(theirs)); got.StatusCode != http.StatusForbidden && got.StatusCode != http.StatusNotFound {
							t.Errorf("another's is answered with %d: %s", got.StatusCode, got.body)
						}
					}
					// Allowed is what comes as far as the missing version, the empty body or the doubled name.
					path := strings.Replace(r.path, "{id}", about(ours).id, 1)
					if got := x.send(r.method, path, "[]", "Content-Type", "application/json"); r.id != "revoke-token" && (got.StatusCode == http.StatusForbidden || got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusNotFound || got.StatusCode >= 500) {
						t.Errorf("answered with %d: %s", got.StatusCode, got.body)
					}
					return
				}
				got := x.request(&r, about(ours))
				switch {
				case a[role] == none:
					refusedTo(t, role, got)
				case got.StatusCode != http.StatusOK:
					t.Errorf("answered with %d: %s", got.StatusCode, got.body)
				case a[role] == own && strings.Contains(r.path, "{id}"):
					if got := x.request(&r, about(theirs)); got.StatusCode != http.StatusNotFound {
						t.Errorf("another's is answered with %d: %s", got.StatusCode, got.body)
					}
				case a[role] == own:
					has := func(id string) bool { return id != "" && strings.Contains(string(got.body), id) }
					if !has(string(mine)) && !has(about(ours).id) || has(string(other.ID)) || has(about(theirs).id) {
						t.Errorf("the list has another's: %s", got.body)
					}
				}
			})
		}
		t.Run(r.id+"/another collective", func(t *testing.T) {
			x := *x
			x.t, x.tokens = t, strangerTokens
			got := x.request(&r, about(ours))
			if strings.Contains(r.path, "{id}") && got.StatusCode != http.StatusNotFound {
				t.Errorf("answered with %d: %s", got.StatusCode, got.body)
			}
			for _, thing := range ours {
				if got.StatusCode < 300 && strings.Contains(string(got.body), thing.id) {
					t.Errorf("the answer has %s: %s", thing.id, got.body)
				}
			}
		})
	}
	// Nothing that was refused was done.
	after := map[string]string{}
	x.as = Coordinator
	for subject, thing := range ours {
		path := strings.ReplaceAll(subject, " ", "-")
		if !slices.Contains([]string{"balances", "tokens", "deliveries", "drop-offs", "plannings", "to close", "ofn connections"}, subject) {
			after[subject] = string(x.want(http.StatusOK, "GET", "/v1/"+path+"/"+thing.id, nil).body)
			if after[subject] != thing.doc {
				t.Errorf("%s: was %s, is %s", subject, thing.doc, after[subject])
			}
		}
	}
	if len(after) < 13 {
		t.Errorf("looked at %v alone", slices.Collect(maps.Keys(after)))
	}
	if rows, _, err := strangerScope.Sales(t.Context(), store.SaleFilter{}, store.Page{}); err != nil || len(rows) > 1 {
		t.Errorf("the other collective has %d sales, %v", len(rows), err)
	}
}

func refusedTo(t *testing.T, role Role, a *answer) {
	t.Helper()
	want := http.StatusForbidden
	if role == Nobody {
		want = http.StatusUnauthorized
	}
	if a.StatusCode != want || a.Header.Get("Content-Type") != problemType {
		t.Errorf("answered with %d, not %d: %s", a.StatusCode, want, a.body)
	}
}
