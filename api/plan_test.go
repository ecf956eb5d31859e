package api

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"carriole/api/internal/worldtest"
	"carriole/api/jobs"
	"carriole/api/paper"
	"carriole/api/store"
	"carriole/engine"
)

// A planner is a site with a collective that sells and drives, whose sales are planned by a worker of its own.
type planner struct {
	*site
	*worldtest.World
	bruno, claire string // their tokens; Anne's is the producer's
}

func onEachPlanner(t *testing.T, test func(t *testing.T, x *planner)) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			s := openStore(t, database.url(t))
			_, err := s.Migrate(t.Context(), jobs.Migration(s))
			check(t, err)
			q, err := jobs.New(s, jobs.Kinds{}, jobs.Options{Grace: 100 * time.Millisecond})
			check(t, err)
			q.Planning.Budget = func(int) time.Duration { return 100 * time.Millisecond }
			q.Planning.Now = func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
			check(t, q.Start(t.Context()))
			t.Cleanup(func() { check(t, q.Stop(context.Background())) })
			x := &planner{site: serve(t, s, func(c *Config) { c.Planning = q.Planning }), World: worldtest.Fill(t, s, "here")}
			x.scope = x.Scope
			token := func(kind store.TokenScope, producer store.ID) string {
				text, err := x.scope.CreateToken(t.Context(), &store.Token{Name: "t", Scope: kind, Producer: producer})
				check(t, err)
				return text
			}
			for kind, role := range roleOf {
				x.tokens[role] = token(kind, map[bool]store.ID{true: x.Anne}[kind == store.ProducerToken])
			}
			x.bruno, x.claire = token(store.ProducerToken, x.Bruno), token(store.ProducerToken, x.Claire)
			test(t, x)
		})
	}
}

// follow reads the sale's progress until it ends, and gives the last event and how many there were. The functions are called
// at each event as it comes.
func (x *planner) follow(sale store.ID, at ...func(planningDoc)) (last planningDoc, events int) {
	x.t.Helper()
	request, err := http.NewRequestWithContext(x.t.Context(), "GET", x.url+"/v1/sales/"+string(sale)+"/progress", nil)
	check(x.t, err)
	request.Header.Set("Authorization", "Bearer "+x.tokens[x.as])
	response, err := http.DefaultClient.Do(request)
	check(x.t, err)
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		x.t.Fatalf("status %d, %s", response.StatusCode, kind)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			last = planningDoc{}
			check(x.t, json.Unmarshal([]byte(text), &last))
			events++
			for _, f := range at {
				f(last)
			}
		}
	}
	check(x.t, lines.Err())
	return last, events
}

// A marketplace's and a coordinator's week over HTTP: from the close to the plan that was driven.
func TestPlanLife(t *testing.T) {
	onEachPlanner(t, func(t *testing.T, x *planner) {
		sale := "/v1/sales/" + string(x.Sale)
		x.Order(t, x.Sale, store.Order{Ref: "R-1", PickupPoint: x.Hall, Lines: []store.OrderLine{{Product: x.Peaches, QuantityMilli: 2000}, {Product: x.Potatoes, QuantityMilli: 5000}}})
		x.want(http.StatusNotFound, "GET", sale+"/planning", nil)
		x.want(http.StatusNotFound, "GET", sale+"/progress", nil)
		x.as = Marketplace
		closed := x.want(http.StatusAccepted, "POST", sale+"/close", nil)
		var c closedDoc
		closed.into(t, &c)
		if c.Sale.State != store.SaleClosed || c.Planning == nil || c.Plan != nil {
			t.Fatalf("%s", closed.body)
		}
		last, _ := x.follow(x.Sale)
		if last.State != store.PlanningDone || last.Plan == "" {
			t.Fatalf("%+v", last)
		}
		again := x.want(http.StatusOK, "POST", sale+"/close", nil)
		c = closedDoc{}
		again.into(t, &c)
		if c.Plan == nil || c.Plan.ID != last.Plan || c.Plan.State != store.Draft || c.Plan.Figures.Handovers == 0 {
			t.Fatalf("%s", again.body)
		}

		x.as = Coordinator
		plan := "/v1/plans/" + string(last.Plan)
		x.want(http.StatusPreconditionFailed, "POST", plan+"/propose", nil, "If-Match", `"99"`)
		proposed := x.want(http.StatusOK, "POST", plan+"/propose", nil, "If-Match", `"1"`)
		if proposed.Header.Get("ETag") != `"2"` || proposed.field(t, "state") != "proposed" {
			t.Errorf("%s", proposed.body)
		}
		if a := x.want(http.StatusConflict, "POST", plan+"/publish", nil); !strings.Contains(string(a.body), "Bruno") {
			t.Errorf("%s", a.body)
		}
		answer := func(round, what string) map[string]any {
			return map[string]any{"round": round, "answer": what, "note": "hello"}
		}
		x.as = Producer // Anne
		x.want(http.StatusNotFound, "POST", plan+"/answers", answer(x.BrunoRound, "accepted"))
		x.want(http.StatusUnprocessableEntity, "POST", plan+"/answers", answer(x.AnneRound, "perhaps"))
		x.want(http.StatusOK, "POST", plan+"/answers", answer(x.AnneRound, "accepted"))
		x.tokens[Producer], x.bruno = x.bruno, x.tokens[Producer]
		refused := x.want(http.StatusAccepted, "POST", plan+"/answers", answer(x.BrunoRound, "refused"))
		if at := refused.Header.Get("Location"); at != sale+"/planning" {
			t.Errorf("location %q", at)
		}
		x.tokens[Producer], x.bruno = x.bruno, x.tokens[Producer]
		x.as = Coordinator
		if last, _ = x.follow(x.Sale); last.State != store.PlanningDone {
			t.Fatalf("%+v", last)
		}
		first := plan
		plan = "/v1/plans/" + string(last.Plan)
		answers := x.want(http.StatusOK, "GET", plan+"/answers", nil)
		if !strings.Contains(string(answers.body), `"state":"refused","note":"hello"`) || !strings.Contains(string(answers.body), `"state":"proposed"`) {
			t.Errorf("%s", answers.body)
		}
		compared := x.want(http.StatusOK, "GET", first+"/compare?lang=en&to="+string(last.Plan), nil)
		if !strings.Contains(string(compared.body), `"kind":"refused"`) || !strings.Contains(string(compared.body), "may not carry") {
			t.Errorf("%s", compared.body)
		}
		x.want(http.StatusOK, "POST", plan+"/publish", map[string]any{"with_open_answers": true})
		x.want(http.StatusConflict, "POST", first+"/publish", nil)
		listed := x.want(http.StatusOK, "GET", "/v1/plans?sale="+string(x.Sale)+"&live=true", nil)
		if n := strings.Count(string(listed.body), `"number"`); n != 1 || !strings.Contains(string(listed.body), `"state":"published"`) {
			t.Errorf("%s", listed.body)
		}
		if a := x.want(http.StatusOK, "POST", plan+"/done", nil); a.field(t, "state") != "done" {
			t.Errorf("%s", a.body)
		}
		x.want(http.StatusConflict, "POST", sale+"/close", nil)
	})
}

func TestPlanOptionsAndLocks(t *testing.T) {
	onEachPlanner(t, func(t *testing.T, x *planner) {
		sale := "/v1/sales/" + string(x.Sale)
		x.Order(t, x.Sale, x.Orders(5, 1)...)
		x.want(http.StatusUnprocessableEntity, "POST", sale+"/plans", map[string]any{"time_s": 1e9})
		x.want(http.StatusUnprocessableEntity, "POST", sale+"/plans", map[string]any{"fairness": 0.5})
		x.want(http.StatusNotFound, "POST", "/v1/sales/nothing/plans", nil)
		x.want(http.StatusConflict, "DELETE", sale+"/planning", nil)
		x.want(http.StatusAccepted, "POST", sale+"/plans", map[string]any{"anew": true, "time_s": 120})
		cancelled := false // when the search is under way; what is cancelled is still being followed
		last, events := x.follow(x.Sale, func(now planningDoc) {
			if now.State == store.PlanningRuns && now.Progress != nil && !cancelled {
				cancelled = true
				x.want(http.StatusNoContent, "DELETE", sale+"/planning", nil)
			}
		})
		if last.State != store.PlanningCancelled || events < 2 {
			t.Errorf("%d events, the last %+v", events, last)
		}
		x.want(http.StatusAccepted, "POST", sale+"/plans", nil)
		if last, _ = x.follow(x.Sale); last.State != store.PlanningDone {
			t.Fatalf("%+v", last)
		}
		plan := "/v1/plans/" + string(last.Plan)
		lock := map[string]any{"producer": x.Bruno, "pickup_point": x.Hall, "rounds": []string{x.BrunoRound}}
		if a := x.want(http.StatusUnprocessableEntity, "POST", plan+"/locks", map[string]any{"lock": []any{map[string]any{"producer": x.Bruno, "pickup_point": "x", "rounds": []string{x.BrunoRound}}}}); !strings.Contains(string(a.body), `"lock[0].pickup_point"`) {
			t.Errorf("%s", a.body)
		}
		x.want(http.StatusAccepted, "POST", plan+"/locks", map[string]any{"lock": []any{lock}})
		if last, _ = x.follow(x.Sale); last.State != store.PlanningDone {
			t.Fatalf("%+v", last)
		}
		if week := x.want(http.StatusOK, "GET", "/v1/plans/"+string(last.Plan)+"?format=week", nil); !strings.Contains(string(week.body), `"locks":[{`) {
			t.Errorf("%s", week.body)
		}
	})
}

// A plan in each format, compressed and not, and not again while it is known.
func TestPlanDocument(t *testing.T) {
	onEachPlanner(t, func(t *testing.T, x *planner) {
		x.Order(t, x.Sale, x.Orders(10, 1)...)
		x.want(http.StatusAccepted, "POST", "/v1/sales/"+string(x.Sale)+"/close", nil)
		last, _ := x.follow(x.Sale)
		plan := "/v1/plans/" + string(last.Plan)
		for _, c := range []struct{ query, accept, kind, has string }{
			{"", "", "application/json", `{"week":"`}, {"", "application/geo+json, */*", "application/geo+json", `"FeatureCollection"`}, {"", "text/csv", "text/csv; charset=utf-8", "consignment,"}, {"", "application/ld+json", "application/ld+json", `"dfc-b:Route"`},
			{"?format=text&lang=fr", "application/json", "text/plain; charset=utf-8", "Qui"}, {"?format=text&lang=en", "", "text/plain; charset=utf-8", "Who"},
			{"?format=svg", "", "image/svg+xml", "<svg"}, {"?format=week", "", "application/json", `"orders":[`},
		} {
			plain := x.want(http.StatusOK, "GET", plan+c.query, nil, "Accept", c.accept, "Accept-Encoding", "identity")
			if plain.Header.Get("Content-Type") != c.kind || !strings.Contains(string(plain.body), c.has) {
				t.Errorf("%+v: %s, %.100s", c, plain.Header.Get("Content-Type"), plain.body)
			}
			packed := x.want(http.StatusOK, "GET", plan+c.query, nil, "Accept", c.accept, "Accept-Encoding", "gzip")
			if packed.Header.Get("Content-Encoding") != "gzip" {
				t.Fatalf("%+v is not compressed", c)
			}
			r, err := gzip.NewReader(strings.NewReader(string(packed.body)))
			check(t, err)
			if unpacked, err := io.ReadAll(r); err != nil || string(unpacked) != string(plain.body) {
				t.Errorf("%+v: compressed it is another, %v", c, err)
			}
			x.want(http.StatusNotModified, "GET", plan+c.query, nil, "Accept", c.accept, "If-None-Match", plain.Header.Get("ETag"))
		}
		x.want(http.StatusUnprocessableEntity, "GET", plan+"?format=pdf", nil)
		for _, kind := range paper.Kinds {
			if a := x.want(http.StatusOK, "GET", plan+"/papers/"+string(kind), nil); a.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(string(a.body), "%PDF-") {
				t.Errorf("%s: %s, %.20q", kind, a.Header.Get("Content-Type"), a.body)
			}
		}
		x.want(http.StatusUnprocessableEntity, "GET", plan+"/papers/recipes", nil)
		theirs := "/v1/producers/" + string(x.Anne) + "/papers/packing-lists?lang=en&format=json&plan=" + string(last.Plan)
		x.want(http.StatusNotFound, "GET", theirs, nil) // a draft
		x.want(http.StatusOK, "POST", plan+"/publish", map[string]any{"with_open_answers": true})
		var d paper.Document
		x.want(http.StatusOK, "GET", theirs, nil).into(t, &d)
		if len(d.Papers) != 1 || d.Papers[0].Title != "Packing list: Anne" {
			t.Errorf("Anne’s papers are %+v", d)
		}
		x.want(http.StatusNotFound, "GET", "/v1/plans/nothing", nil)
		var document engine.Plan
		x.want(http.StatusOK, "GET", plan, nil).into(t, &document)

		got := x.want(http.StatusOK, "POST", plan+"/what-if?lang=en", map[string]any{"cancel_rounds": []string{x.BrunoRound}})
		if !strings.Contains(string(got.body), `"kind":"round_cancelled"`) || !strings.Contains(string(got.body), `"text":"What changes`) {
			t.Errorf("%.300s", got.body)
		}
		if a := x.want(http.StatusUnprocessableEntity, "POST", plan+"/what-if", map[string]any{"cancel_rounds": []string{"x"}}); !strings.Contains(string(a.body), "change.cancel_rounds[0]") {
			t.Errorf("%s", a.body)
		}
		x.want(http.StatusUnprocessableEntity, "POST", plan+"/what-if", `{"now":`)
		for _, c := range document.Consignments {
			if len(c.Legs) > 0 {
				if a := x.want(http.StatusOK, "GET", plan+"/consignments/"+c.ID+"/alternatives", nil); !strings.Contains(string(a.body), `{"items":[`) {
					t.Errorf("%s", a.body)
				}
			}
		}
		x.want(http.StatusNotFound, "GET", plan+"/consignments/nothing/alternatives", nil)
	})
}

// A producer sees their own drop-offs alone; what is in them is the business of planning's tests.
func TestDropoffs(t *testing.T) {
	onEachPlanner(t, func(t *testing.T, x *planner) {
		x.Order(t, x.Sale, x.Orders(10, 1)...)
		x.want(http.StatusAccepted, "POST", "/v1/sales/"+string(x.Sale)+"/close", nil)
		last, _ := x.follow(x.Sale)
		x.want(http.StatusOK, "POST", "/v1/plans/"+string(last.Plan)+"/publish", map[string]any{"with_open_answers": true})
		anne, bruno := "/v1/producers/"+string(x.Anne)+"/dropoffs", "/v1/producers/"+string(x.Bruno)+"/dropoffs"
		for role, status := range map[Role][2]int{Coordinator: {200, 200}, Reader: {200, 200}, Producer: {200, 404}, Marketplace: {403, 403}, Nobody: {401, 401}} {
			x.as = role
			if role == Nobody {
				delete(x.tokens, Nobody)
			}
			a := x.want(status[0], "GET", anne, nil)
			x.want(status[1], "GET", bruno, nil)
			if status[0] != http.StatusOK {
				continue
			}
			if !strings.Contains(string(a.body), `"state":"published"`) || !strings.Contains(string(a.body), "Pêches") || strings.Contains(string(a.body), "R-1-") {
				t.Errorf("%s: %s", role, a.body)
			}
			x.want(http.StatusNotModified, "GET", anne, nil, "If-None-Match", a.Header.Get("ETag"))
		}
		x.as = Producer
		for _, path := range []string{"/v1/plans", "/v1/plans/" + string(last.Plan), "/v1/plans/" + string(last.Plan) + "/answers", "/v1/sales/" + string(x.Sale) + "/planning"} {
			x.want(http.StatusForbidden, "GET", path, nil)
		}
	})
}

// A week that nobody stores is planned and forgotten.
func TestPlanWeek(t *testing.T) {
	x := onSQLite(t)
	week, err := os.ReadFile("../cmd/carriole/testdata/week.json")
	check(t, err)
	var plan engine.Plan
	x.want(http.StatusOK, "POST", "/v1/plan?iterations=50", week).into(t, &plan)
	var w engine.Week
	check(t, json.Unmarshal(week, &w))
	if _, wrong := engine.Check(&w, nil, &plan); wrong != nil || len(plan.Consignments) == 0 {
		t.Errorf("%v, %+v", wrong, plan)
	}
	if a := x.want(http.StatusUnprocessableEntity, "POST", "/v1/plan", strings.Replace(string(week), `"place": "orchard"`, `"place": "nowhere"`, 1)); !strings.Contains(string(a.body), `"producers[0].place"`) {
		t.Errorf("%s", a.body)
	}
	x.want(http.StatusUnprocessableEntity, "POST", "/v1/plan", `{"id": 7}`)
	x.want(http.StatusUnprocessableEntity, "POST", "/v1/plan", `{`)
	x.want(http.StatusUnprocessableEntity, "POST", "/v1/plan?time_s=600", week)
	x.as = Producer
	x.want(http.StatusForbidden, "POST", "/v1/plan", week)
}

// A sale that cannot be planned says why.
func TestPlanFailed(t *testing.T) {
	onEachPlanner(t, func(t *testing.T, x *planner) {
		x.Order(t, x.Sale, x.Orders(3, 1)...)
		market, err := x.scope.PickupPoint(t.Context(), x.Market)
		check(t, err)
		market.Active = false
		check(t, x.scope.UpdatePickupPoint(t.Context(), market))
		x.want(http.StatusAccepted, "POST", "/v1/sales/"+string(x.Sale)+"/close", nil)
		last, _ := x.follow(x.Sale)
		if last.State != store.PlanningFailed || len(last.Faults) != 1 || last.Faults[0].Name != "Marché" || !strings.HasPrefix(last.Faults[0].Path, "pickup_points["+string(x.Market)+"]") {
			t.Errorf("%+v", last)
		}
	})
}

// Anne says of her work in a plan in force what is done, and that some did not fit.
func TestTicks(t *testing.T) {
	onEachPlanner(t, func(t *testing.T, x *planner) {
		x.Order(t, x.Sale, store.Order{Ref: "R-1", PickupPoint: x.Hall, Lines: []store.OrderLine{{Product: x.Peaches, QuantityMilli: 2000}, {Product: x.Potatoes, QuantityMilli: 5000}}})
		x.want(http.StatusAccepted, "POST", "/v1/sales/"+string(x.Sale)+"/close", nil)
		last, _ := x.follow(x.Sale)
		plan := "/v1/plans/" + string(last.Plan)
		type item struct {
			Round   string         `json:"round"`
			Place   string         `json:"place"`
			Visit   int            `json:"visit"`
			Task    string         `json:"task"`
			Partner string         `json:"partner"`
			Tick    map[string]any `json:"tick"`
		}
		work := func() (out []item) {
			t.Helper()
			var got struct {
				Items []item `json:"items"`
			}
			x.want(http.StatusOK, "GET", plan+"/ticks", nil).into(t, &got)
			return got.Items
		}
		all := len(work())
		x.as = Producer // Anne
		mine := work()
		if len(mine) == 0 || len(mine) >= all || mine[0].Tick != nil || mine[0].Task != "load" {
			t.Fatalf("of %d Anne's work is %+v", all, mine)
		}
		w := mine[0]
		body := map[string]any{"id": "one", "round": w.Round, "place": w.Place, "visit": w.Visit, "task": w.Task, "partner": w.Partner, "state": "left", "left_kg": 2.5, "note": "une caisse"}
		x.want(http.StatusConflict, "POST", plan+"/ticks", body) // a draft
		x.as = Coordinator
		x.want(http.StatusOK, "POST", plan+"/publish", map[string]any{"with_open_answers": true})
		x.as = Producer
		for range 2 {
			x.want(http.StatusNoContent, "POST", plan+"/ticks", body)
		}
		if tick := work()[0].Tick; tick == nil || tick["left_kg"] != 2.5 || tick["note"] != "une caisse" {
			t.Errorf("said is %v", tick)
		}
		body["state"] = "done"
		x.want(http.StatusUnprocessableEntity, "POST", plan+"/ticks", body) // with an amount
		body["left_kg"] = 0
		x.want(http.StatusConflict, "POST", plan+"/ticks", body) // the id is another's
		body["visit"] = 0
		x.want(http.StatusUnprocessableEntity, "POST", plan+"/ticks", body)
		body["visit"], body["round"] = 1, "nosuch"
		x.want(http.StatusNotFound, "POST", plan+"/ticks", body)
		x.as = Reader
		body["round"], body["id"] = w.Round, "two"
		x.want(http.StatusForbidden, "POST", plan+"/ticks", body)
	})
}
