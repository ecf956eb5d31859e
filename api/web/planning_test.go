package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/api/web"
	"carriole/engine"
)

// seen is what a form about the newest plan holds.
func (h *house) seen() url.Values {
	p := h.newest()
	return url.Values{"plan": {string(p.ID)}, "version": {h.number(p.Version)}}
}

func (h *house) number(n int64) string {
	b, err := json.Marshal(n)
	must(h.t, err)
	return string(b)
}

// sends sends a form and demands that it leads to what is said.
func (h *house) sends(path string, form url.Values, said string) {
	h.t.Helper()
	status, to, body := h.send(path, form)
	if status != http.StatusSeeOther || !strings.HasSuffix(to, said) {
		h.t.Fatalf("%s: %d to %q, want %q\n%.400s", path, status, to, said, body)
	}
}

// The life of a plan by its forms alone, as without script.
func TestLife(t *testing.T) {
	h := newHouse(t)
	h.works()
	sale := "/sales/" + string(h.sale)
	before := h.seen()
	h.sends(sale+"/close", nil, "?said=closed")
	h.sends(sale+"/propose", before, "?said=proposed")
	h.sends(sale+"/propose", before, "?said=stale")
	h.sends(sale+"/done", h.seen(), "?said=conflict")
	_, _, page := h.get(sale, "fr")
	rounds := regexp.MustCompile(`name="round" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(rounds) < 2 {
		t.Fatalf("%d rounds are asked", len(rounds))
	}
	for _, r := range rounds[1:] {
		h.sends(sale+"/answer", url.Values{"plan": h.seen()["plan"], "round": {r[1]}, "do": {"accept"}}, "?said=accepted")
	}
	// one is missing: not published, but asked with the name
	h.sends(sale+"/publish", h.seen(), "/publish")
	_, _, page = h.get(sale+"/publish", "fr")
	if n := strings.Count(page, "pas encore répondu"); n != 1 || !strings.Contains(page, `name="knowingly"`) {
		t.Errorf("%d are named who have not answered", n)
	}
	h.sends(sale+"/answer", url.Values{"plan": h.seen()["plan"], "round": {rounds[0][1]}, "do": {"accept"}}, "?said=accepted")
	if _, _, page = h.get(sale+"/publish", "fr"); strings.Contains(page, `name="knowingly"`) {
		t.Error("everybody has accepted, and still it is to be done knowingly")
	}
	h.sends(sale+"/publish", h.seen(), "?said=published")
	h.sends(sale+"/done", h.seen(), "?said=done")
	if status, to, _ := h.send(sale+"/plan", nil); status != http.StatusSeeOther || !strings.HasSuffix(to, "?said=conflict") {
		t.Errorf("a sale that is done is planned again: %d to %s", status, to)
	}
}

// Every page of a sale answers in every state, in both languages, and holds nothing that its policy would not let run.
func TestSalePages(t *testing.T) {
	h := newHouse(t)
	h.works()
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|<script(?:[^>]*)>[^<]|\son[a-z]+=|https?://[^"]*"`)
	unknown := regexp.MustCompile(`%!|&lt;no value|ZgotmplZ`)
	look := func(sale store.ID, state string) {
		t.Helper()
		base := "/sales/" + string(sale)
		for path, texts := range map[string][2]string{"": {"Le plan", "The plan"}, "/plan": {"De zéro", "Anew"}, "/orders": {"Commandes", "Orders"}, "/orders/new": {"Point de retrait", "Pickup point"},
			"/what-if": {"Et si…", "What if …"}, "/plans": {"Versions du plan", "Versions of the plan"}, "/shares": {"La part de chacun", "Each one’s share"}} {
			for i, language := range []string{"fr", "en"} {
				status, _, body := h.get(base+path, language)
				if status != http.StatusOK || !strings.Contains(body, texts[i]) {
					t.Errorf("%s %s in %s: %d, no %q", state, path, language, status, texts[i])
				}
				if bad := inline.FindString(body) + unknown.FindString(body); bad != "" {
					t.Errorf("%s %s in %s: %q", state, path, language, bad)
				}
			}
		}
	}
	look(h.sale, "planned")
	empty := store.Sale{Name: "Vide", Distribution: "2026-12-03"}
	must(t, h.scope().CreateSale(t.Context(), &empty))
	look(empty.ID, "empty")
	if _, _, body := h.get("/sales/"+string(empty.ID), "fr"); !strings.Contains(body, "aucune commande") {
		t.Error("an empty sale does not say that it has no orders")
	}
	h.sends("/sales/"+string(h.sale)+"/plan", url.Values{"how": {"anew"}, "fairness": {"0,5"}, "nobody_worse_off": {"1"}, "no_handovers": {"1"}, "reason": {"équitable"}}, "?said=planned")
	look(h.sale, "planned anew")
	if _, _, body := h.get("/sales/"+string(h.sale)+"/plans", "fr"); !strings.Contains(body, "équitable") {
		t.Error("the reason is not in the versions")
	}
	plans := h.newest()
	_, _, body := h.get("/sales/"+string(h.sale)+"/compare?to="+string(plans.ID)+"&from="+string(plans.ID), "fr")
	if strings.Contains(body, "Du plan") {
		t.Error("a plan is compared with itself")
	}
	for _, path := range []string{"/shares", "/sales/" + string(h.sale) + "/publish"} {
		if status, _, _ := h.get(path, "en"); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// What cannot be planned says why, and leads to the form where it is mended; then it is planned.
func TestFailedPlanning(t *testing.T) {
	h := newHouse(t)
	h.works()
	sale := "/sales/" + string(h.sale)
	points, _, err := h.scope().PickupPoints(t.Context(), store.PickupPointFilter{}, store.Page{})
	must(t, err)
	place, err := h.scope().Place(t.Context(), points[0].Place)
	must(t, err)
	at := place.At
	place.At = nil
	must(t, h.scope().UpdatePlace(t.Context(), place))
	h.sends(sale+"/plan", url.Values{"how": {"least"}}, sale)
	_, _, body := h.get(sale, "fr")
	if !strings.Contains(body, "Aucun plan n’a pu être fait") || !strings.Contains(body, `href="/data/places/`+string(place.ID)+`"`) || !strings.Contains(body, "On ne sait pas où c’est") {
		t.Fatalf("the page does not say what is to be mended: %s", regexp.MustCompile(`(?s)id="planning".*?</section>`).FindString(body))
	}
	place.At = at
	must(t, h.scope().UpdatePlace(t.Context(), place))
	h.sends(sale+"/plan", nil, "?said=planned")
	// options that are not possible are said beside their fields, with what was typed
	status, _, body := h.send(sale+"/plan", url.Values{"how": {"anew"}, "fairness": {"7"}, "time_s": {"douze"}, "reason": {"<b>"}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="time_s-wrong"`) || !strings.Contains(body, `value="douze"`) || !strings.Contains(body, `value="&lt;b&gt;"`) {
		t.Errorf("%d\n%s", status, body)
	}
	if status, _, body = h.send(sale+"/plan", url.Values{"how": {"anew"}, "fairness": {"7"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="fairness-wrong"`) {
		t.Errorf("a fairness of 7: %d", status)
	}
}

// A planning that runs can be followed as a stream and without script, and be cancelled.
func TestProgress(t *testing.T) {
	h := newHouse(t)
	h.planning.Budget = func(int) time.Duration { return time.Minute }
	sale := "/sales/" + string(h.sale)
	status, to, _ := h.send(sale+"/plan", url.Values{"how": {"anew"}}) // nobody works it off yet
	if status != http.StatusSeeOther || to != sale {
		t.Fatalf("%d to %s", status, to)
	}
	_, _, body := h.get(sale, "fr")
	if !strings.Contains(body, `<noscript><meta http-equiv="refresh"`) || !strings.Contains(body, "data-progress") {
		t.Error("a page without script does not go on by itself")
	}
	h.works()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+sale+"/progress", nil)
	must(t, err)
	a, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	defer a.Body.Close()
	if kind := a.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("%d %s", a.StatusCode, kind)
	}
	var states []string
	lines := bufio.NewScanner(a.Body)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e struct {
			State string
			Share float64
			Km    string
		}
		must(t, json.Unmarshal([]byte(text), &e))
		states = append(states, e.State)
		if e.Km != "" && states[len(states)-1] == "running" {
			h.sends(sale+"/cancel", nil, "?said=cancelled")
		}
	}
	if len(states) < 2 || states[len(states)-1] != "cancelled" {
		t.Errorf("the stream told %v", states)
	}
	if _, _, body = h.get(sale, "fr"); !strings.Contains(body, "La planification a été arrêtée") {
		t.Error("the page does not say that it was cancelled")
	}
}

// A reader sees all of it and changes nothing; a producer and another collective see nothing.
func TestSaleRoles(t *testing.T) {
	h := newHouse(t)
	sale := "/sales/" + string(h.sale)
	goods := h.choosable()
	pages := []string{"", "/plan", "/orders", "/what-if", "/plans", "/shares", "/progress", "/publish", "/compare?from=x&to=y", strings.TrimPrefix(goods, sale)}
	forms := []string{"/close", "/plan", "/cancel", "/propose", "/answer", "/publish", "/done", "/what-if", "/lift", "/orders/new", "/undo", "/redo", "/restore", strings.TrimPrefix(goods, sale)}
	version := h.newest().Version
	h.who.Role = store.Reader
	for _, p := range pages[:6] {
		if status, _, body := h.get(sale+p, "fr"); status != http.StatusOK || p != "" && strings.Contains(body, `method="post" action="/sales`) && !strings.Contains(p, "orders") && p != "/plan" {
			t.Errorf("a reader at %q: %d, or a form", p, status)
		}
	}
	for _, f := range forms {
		if status, _, _ := h.send(sale+f, h.seen()); status != http.StatusConflict {
			t.Errorf("a reader sends %q: %d", f, status)
		}
	}
	h.who = &web.Who{Collective: h.comtat, Actor: "member:x", Role: store.ProducersRole, Producer: h.producer}
	for _, p := range pages {
		if status, header, body := h.get(sale+p, "fr"); status != http.StatusSeeOther || strings.HasPrefix(header.Get("Location"), "/sales") || strings.Contains(body, "Verger") {
			t.Errorf("a producer at %q: %d to %s", p, status, header.Get("Location"))
		}
	}
	seen := h.seen()
	h.who = h.coordinator(h.empty)
	for _, p := range pages {
		if status, _, body := h.get(sale+p, "fr"); status != http.StatusNotFound || strings.Contains(body, "Verger") {
			t.Errorf("another collective at %q: %d", p, status)
		}
	}
	for _, f := range forms {
		if status, to, _ := h.send(sale+f, seen); status != http.StatusNotFound && !(status == http.StatusSeeOther && strings.Contains(to, "said=replaced")) && status != http.StatusUnprocessableEntity {
			t.Errorf("another collective sends %q: %d to %s", f, status, to)
		}
	}
	if p := h.newest(); p.Version != version || p.State != store.Draft {
		t.Errorf("the plan is %+v", p)
	}
}

// Broken forms are answered in words and change nothing.
func TestBrokenForms(t *testing.T) {
	h := newHouse(t)
	h.works()
	sale := "/sales/" + string(h.sale)
	goods := h.choosable()
	for path, form := range map[string]url.Values{
		"/propose": {"plan": {"x"}}, "/publish": {"plan": {"x"}, "version": {"none"}}, "/done": nil, "/answer": {"plan": {"x"}, "round": {"y"}}, "/lift": {"what": {"all"}},
		"/restore": {"plan": {"x"}}, "/what-if": {"if": {"away"}, "producer": {"x"}}, strings.TrimPrefix(goods, sale): {"round": {"trip-1"}}, "/redo": nil, "/undo": nil,
		"/orders/new": {"lines[0].product": {"x"}, "lines[999].quantity": {"1e99"}},
	} {
		status, _, body := h.send(sale+path, form)
		if status >= 500 || status == http.StatusOK || strings.Contains(body, "panic") {
			t.Errorf("%s: %d\n%.300s", path, status, body)
		}
	}
	for _, path := range []string{"/what-if?if=away", "/what-if?if=cancel&round=x", "/what-if?if=forbid", "/orders?page=-7", "/orders?page=99999", "/orders?q=%00%ff", "/goods/none", "/goods/%2F..%2F", "?plan=x", "/compare?from=a&to=b", "/orders/none"} {
		if status, _, _ := h.get(sale+path, "fr"); status >= 500 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if p := h.newest(); p.Number != 1 {
		t.Errorf("there is a plan %d", p.Number)
	}
}

// A sale of thousands of orders is listed in pages and searched.
func TestManyOrders(t *testing.T) {
	h := newHouse(t)
	d, err := h.scope().WeekData(t.Context(), h.sale)
	must(t, err)
	many := make([]store.Order, 3000)
	for i := range many {
		many[i] = store.Order{Ref: "N-" + h.number(int64(i)), PickupPoint: d.PickupPoints[0].ID, Lines: []store.OrderLine{{Product: d.Products[0].ID, QuantityMilli: 1000}}}
	}
	_, err = h.scope().PutOrders(t.Context(), h.sale, many)
	must(t, err)
	_, _, body := h.get("/sales/"+string(h.sale)+"/orders?page=2", "fr")
	if n := strings.Count(body, `<th scope="row">`); n != 100 || !strings.Contains(body, "page 2 sur") || len(body) > 300_000 {
		t.Errorf("%d orders on a page of %d bytes", n, len(body))
	}
	_, _, body = h.get("/sales/"+string(h.sale)+"/orders?q=n-2999", "fr")
	if !strings.Contains(body, "1 commande trouvée") {
		t.Error("an order is not found")
	}
}

// The service that works plannings off may be elsewhere: then they wait, and the page says so.
func TestNobodyWorks(t *testing.T) {
	h := newHouse(t)
	_, err := h.planning.Request(context.Background(), h.scope(), h.sale, planning.Options{Anew: true})
	must(t, err)
	_, _, body := h.get("/sales/"+string(h.sale), "en")
	if !strings.Contains(body, "It begins in a moment") {
		t.Error("the page does not say that the planning waits")
	}
}

// tiled is a collective that has the example week so many times over, planned, and its sale.
func (h *house) tiled(times int) (collective, sale store.ID) {
	t := h.t
	t.Helper()
	week, _, err := h.planning.Documents(t.Context(), h.scope(), new(h.newest()))
	must(t, err)
	text, err := json.Marshal(week)
	must(t, err)
	var large engine.Week
	for k := range times {
		var rename []string
		suffix := func(id string) { rename = append(rename, `"`+id+`"`, `"`+id+"-"+h.number(int64(k))+`"`) }
		for _, x := range week.Places {
			suffix(x.ID)
		}
		for _, x := range week.Producers {
			suffix(x.ID)
		}
		for _, x := range week.Vehicles {
			suffix(x.ID)
		}
		for _, x := range week.Rounds {
			suffix(x.ID)
		}
		for _, x := range week.PickupPoints {
			suffix(x.ID)
		}
		for _, x := range week.Orders {
			suffix(x.ID)
		}
		var copy engine.Week
		must(t, json.Unmarshal([]byte(strings.NewReplacer(rename...).Replace(string(text))), &copy))
		large.ID, large.Timezone, large.Settings = copy.ID, copy.Timezone, copy.Settings
		for i := range copy.Orders {
			copy.Orders[i].Name += "-" + h.number(int64(k))
		}
		large.Places, large.Producers, large.Vehicles = append(large.Places, copy.Places...), append(large.Producers, copy.Producers...), append(large.Vehicles, copy.Vehicles...)
		large.Rounds, large.PickupPoints, large.Orders = append(large.Rounds, copy.Rounds...), append(large.PickupPoints, copy.PickupPoints...), append(large.Orders, copy.Orders...)
	}
	col := store.Collective{Name: "Grand"}
	must(t, h.store.CreateCollective(t.Context(), &col, "test"))
	scope := h.store.In(col.ID, "test")
	sale, err = planning.Keep(t.Context(), scope, &large)
	must(t, err)
	_, err = h.planning.Request(t.Context(), scope, sale, planning.Options{Iterations: 10})
	must(t, err)
	must(t, h.planning.Run(t.Context(), col.ID, (<-h.work).Sale))
	return col.ID, sale
}

// A very large week is shown in its first lines, and in full where less is asked for.
func TestLargeWeek(t *testing.T) {
	h := newHouse(t)
	collective, sale := h.tiled(13)
	h.who = h.coordinator(collective)
	status, _, body := h.get("/sales/"+string(sale), "fr")
	if status != http.StatusOK || !strings.Contains(body, "C’est une grande semaine") || strings.Contains(body, `class="stops"`) || strings.Contains(body, `class="timeline"`) {
		t.Fatalf("%d, %d bytes; %d rounds", status, len(body), strings.Count(body, "data-round="))
	}
	one := regexp.MustCompile(`href="(\?producer=[^"]+)"`).FindStringSubmatch(body)
	if one == nil {
		t.Fatal("no round leads to its stops")
	}
	if _, _, body = h.get("/sales/"+string(sale)+one[1], "fr"); !strings.Contains(body, `class="stops"`) || !strings.Contains(body, `class="timeline"`) {
		t.Error("one producer's rounds are not shown in full")
	}
}
