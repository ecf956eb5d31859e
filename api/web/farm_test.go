package web_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/api/web"
)

// propose asks the carriers of the house's plan, and says what each was asked.
func (h *house) propose() (*store.Plan, []store.Answer) {
	h.t.Helper()
	ctx := context.Background()
	plan, err := h.scope().CurrentPlan(ctx, h.sale)
	must(h.t, err)
	plan, err = h.planning.Propose(ctx, h.scope(), plan.ID, 0)
	must(h.t, err)
	answers, err := h.scope().Answers(ctx, plan.ID)
	must(h.t, err)
	if len(answers) == 0 {
		h.t.Fatal("nobody is asked")
	}
	return plan, answers
}

// afresh makes pages that remember nothing of what they showed a moment ago.
func (h *house) afresh() {
	h.t.Helper()
	fresh := planning.New(h.store, h.planning.Enqueue)
	fresh.Budget, fresh.Now = h.planning.Budget, h.planning.Now
	h.planning = fresh
	h.serve()
}

func (h *house) farmer(producer store.ID) *web.Who {
	return &web.Who{Collective: h.comtat, Actor: "token:x", Role: store.ProducersRole, Producer: producer, Name: "La ferme"}
}

// whose is a round of whoever is signed in that a plan asks about.
func (h *house) whose(plan store.ID) string {
	h.t.Helper()
	answers, err := h.scope().Answers(context.Background(), plan)
	must(h.t, err)
	for _, a := range answers {
		if a.Producer == h.who.Producer {
			return a.Round
		}
	}
	h.t.Fatalf("%s is asked nothing", h.who.Name)
	return ""
}

func (h *house) answer(plan store.ID, round string) store.Answer {
	h.t.Helper()
	answers, err := h.scope().Answers(context.Background(), plan)
	must(h.t, err)
	for _, a := range answers {
		if a.Round == round {
			return a
		}
	}
	h.t.Fatalf("nobody is asked about %s", round)
	return store.Answer{}
}

// A producer sees their part in both languages, with places to go to and numbers that are shared, and no customer of anybody.
func TestFarm(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	scope := h.scope()
	producers, _, err := scope.Producers(ctx, store.ProducerFilter{}, store.Page{})
	must(t, err)
	for i := range producers {
		p := &producers[i]
		p.Phone, p.PhoneShared = "04 90 00 0"+string(rune('0'+i))+" 42", i%2 == 0
		must(t, scope.UpdateProducer(ctx, p))
	}
	orders, _, err := scope.Orders(ctx, store.OrderFilter{Sale: h.sale}, store.Page{Limit: 1000})
	must(t, err)
	h.who = h.farmer(h.producer)
	if _, _, body := h.get("/farm", "fr"); !strings.Contains(body, "Rien n’est prévu") {
		t.Error("a draft is shown")
	}
	h.afresh()
	_, answers := h.propose()
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|<script(?:[^>]*)>[^<]|\son[a-z]+=|https?://[^"]*"|ZgotmplZ`)
	calls, seen := 0, ""
	for _, a := range answers {
		h.who = h.farmer(a.Producer)
		for language, texts := range map[string][]string{"fr": {"J’accepte", "Je ne peux pas", "Y aller"}, "en": {"I accept", "I cannot", "Take me there"}} {
			status, _, body := h.get("/farm", language)
			for _, text := range append(texts, `href="geo:4`, `value="`+html.EscapeString(a.Round)+`"`) {
				if status != http.StatusOK || !strings.Contains(body, text) {
					t.Fatalf("%s in %s: %d, no %q in\n%s", a.Producer, language, status, text, body)
				}
			}
			seen += body
			if bad := inline.FindString(body); bad != "" {
				t.Errorf("%q", bad)
			}
			for _, x := range answers {
				if x.Producer != a.Producer && strings.Contains(body, `name="round" value="`+html.EscapeString(x.Round)+`"`) {
					t.Errorf("%s is asked about the round of %s", a.Producer, x.Producer)
				}
			}
			for i := range orders {
				if regexp.MustCompile(`\b`+regexp.QuoteMeta(orders[i].Ref)+`\b`).MatchString(body) || strings.Contains(body, string(orders[i].ID)) {
					t.Errorf("%s sees the order %s", a.Producer, orders[i].Ref)
				}
			}
			if strings.Contains(body, "€") {
				t.Errorf("%s sees a price", a.Producer)
			}
			for _, p := range producers {
				tel := `href="tel:` + strings.ReplaceAll(p.Phone, " ", "") + `"`
				if has := strings.Contains(body, tel); has {
					calls++
					if !p.PhoneShared || p.ID == a.Producer {
						t.Errorf("%s can call %s", a.Producer, p.Name)
					}
				}
			}
		}
	}
	if calls == 0 {
		t.Error("nobody can call anybody")
	}
	for _, text := range []string{"Charger", "Load", "Décharger ici", "Unload here", "Prendre à", "Take over from", "Remettre à", "Hand over to"} {
		if !strings.Contains(seen, text) {
			t.Errorf("nobody is told %q", text)
		}
	}
	h.who = h.coordinator(h.comtat)
	if status, header, _ := h.get("/farm", "fr"); status != http.StatusSeeOther || header.Get("Location") != "/" {
		t.Errorf("a coordinator: %d to %q", status, header.Get("Location"))
	}
}

// A carrier accepts, changes their mind, and cannot answer for another; what they typed stays where it was not taken.
func TestFarmAnswers(t *testing.T) {
	h := newHouse(t)
	plan, answers := h.propose()
	first := answers[0]
	form := func(round, do string) url.Values {
		return url.Values{"plan": {string(plan.ID)}, "round": {round}, "do": {do}, "note": {"<Volontiers>"}}
	}
	h.who = h.farmer(first.Producer)
	status, to, body := h.send("/farm/answer", form(first.Round, "accept"))
	if a := h.answer(plan.ID, first.Round); status != http.StatusSeeOther || !strings.HasPrefix(to, "/farm#r-") || a.State != store.AnswerAccepted || a.Note != "<Volontiers>" {
		t.Fatalf("accepting: %d to %q, %+v\n%s", status, to, a, body)
	}
	_, _, body = h.get("/farm", "fr")
	_, id, _ := strings.Cut(to, "#")
	if !strings.Contains(body, "vous avez accepté") || !strings.Contains(body, `id="`+id+`"`) {
		t.Errorf("no %q, or it is not accepted, in\n%s", id, body)
	}
	if status, _, _ = h.send("/farm/answer", form(first.Round, "perhaps")); status != http.StatusUnprocessableEntity {
		t.Errorf("neither yes nor no: %d", status)
	}
	for _, x := range answers {
		if x.Producer == first.Producer {
			continue
		}
		if status, _, _ = h.send("/farm/answer", form(x.Round, "accept")); status < 400 || status >= 500 || h.answer(plan.ID, x.Round).State != store.AnswerOpen {
			t.Errorf("answering for another: %d", status)
		}
	}
	long := form(first.Round, "refuse")
	long.Set("note", strings.Repeat("non ", 20_000))
	if status, _, body = h.send("/farm/answer", long); status != http.StatusUnprocessableEntity || !strings.Contains(body, "non non non") || !strings.Contains(body, `role="alert"`) {
		t.Errorf("a note that is too long: %d", status)
	}
	status, _, body = h.send("/farm/answer", form(first.Round, "refuse"))
	if a := h.answer(plan.ID, first.Round); status != http.StatusSeeOther || a.State != store.AnswerRefused {
		t.Fatalf("refusing: %d %+v\n%s", status, a, body)
	}
	select {
	case task := <-h.work:
		if task.Sale != h.sale {
			t.Errorf("another sale is planned: %+v", task)
		}
	default:
		t.Error("nothing is planned after a refusal")
	}
	if _, _, body = h.get("/farm", "en"); !strings.Contains(body, "You refused") {
		t.Errorf("it is not refused in\n%s", body)
	}
	if status, _, body = h.get("/nowhere", "fr"); status != http.StatusNotFound || !strings.Contains(body, "Cette page n’existe pas") || !strings.Contains(body, "À mes livraisons") {
		t.Errorf("where there is nothing: %d\n%s", status, body)
	}

	for _, x := range answers {
		if x.Producer != first.Producer {
			h.who = h.farmer(x.Producer)
			break
		}
	}
	h.afresh()
	if _, _, body = h.get("/farm", "en"); !strings.Contains(body, ` value="accept"`) || !strings.Contains(body, "for your answer") {
		t.Errorf("nobody is asked before it begins:\n%s", body)
	}
	h.planning.Now = func() time.Time { return time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC) } // Saturday of the same week
	h.afresh()
	late := form(h.whose(plan.ID), "accept")
	if status, _, body = h.send("/farm/answer", late); status != http.StatusConflict || !strings.Contains(body, "Ce trajet est terminé") || !strings.Contains(body, `<details class="past" open>`) {
		t.Errorf("an answer about what is over: %d\n%s", status, body)
	}
	if _, _, body = h.get("/farm", "en"); !strings.Contains(body, "proposed") || !regexp.MustCompile(`(?s)<details class="past"><summary>What is over</summary>.*proposed`).MatchString(body) || strings.Contains(body, ` value="accept"`) || strings.Contains(body, "for your answer") || strings.Contains(body, "to answer") {
		t.Errorf("somebody is asked about what is over:\n%s", body)
	}
}

// A carrier has their round as a route for navigation, and nobody else has.
func TestFarmGPX(t *testing.T) {
	h := newHouse(t)
	plan, answers := h.propose()
	first := answers[0]
	h.who = h.farmer(first.Producer)
	_, _, body := h.get("/farm", "fr")
	m := regexp.MustCompile(`href="(/farm/rounds/[^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no route on the page")
	}
	path := html.UnescapeString(m[1])
	for _, path := range []string{path, "/farm/rounds/" + url.PathEscape(first.Round) + ".gpx", "/farm/rounds/" + first.Round + ".gpx?plan=" + string(plan.ID)} {
		status, header, body := h.get(path, "en")
		var got struct {
			Points []struct {
				Name string `xml:"name"`
			} `xml:"rte>rtept"`
		}
		if err := xml.Unmarshal([]byte(body), &got); status != http.StatusOK || err != nil || len(got.Points) < 2 || header.Get("Content-Type") != "application/gpx+xml" {
			t.Errorf("%s: %d %v\n%s", path, status, err, body)
		}
	}
	link, err := h.scope().CreateToken(t.Context(), &store.Token{Name: "x", Scope: store.ProducerToken, Producer: first.Producer})
	must(t, err)
	_, _, calendar := h.get("/p/"+link+"/calendar.ics", "fr")
	calendar = strings.ReplaceAll(calendar, "\r\n ", "")
	at := "/p/" + link + "/rounds/" + url.PathEscape(first.Round) + ".gpx?plan=" + string(plan.ID)
	if !strings.Contains(calendar, "URL:https://plan.example.org"+at+"\r\n") {
		t.Errorf("no %s in\n%s", at, calendar)
	}
	if status, header, _ := h.get(at, "fr"); status != http.StatusOK || header.Get("Content-Type") != "application/gpx+xml" {
		t.Errorf("from the calendar: %d", status)
	}
	for _, a := range answers {
		if a.Producer != first.Producer {
			if status, _, _ := h.get("/farm/rounds/"+url.PathEscape(a.Round)+".gpx", "fr"); status != http.StatusNotFound {
				t.Errorf("another’s round: %d", status)
			}
		}
	}
	if status, _, _ := h.get("/farm/rounds/"+url.PathEscape(first.Round)+".gpx?plan=x", "fr"); status != http.StatusNotFound {
		t.Errorf("another plan: %d", status)
	}
}

// A producer sees their own round on a map, and nobody else's.
func TestFarmMap(t *testing.T) {
	h := newHouse(t)
	_, answers := h.propose()
	first := answers[0]
	h.who = h.farmer(first.Producer)
	for _, a := range answers {
		status, _, body := h.get("/farm/rounds/"+url.PathEscape(a.Round)+".map", "fr")
		if a.Producer != first.Producer {
			if status != http.StatusNotFound {
				t.Errorf("another’s round: %d", status)
			}
			continue
		}
		var got struct {
			Features []struct {
				Properties struct{ Kind, ID, Round string }
			}
		}
		if err := json.Unmarshal([]byte(body), &got); status != http.StatusOK || err != nil || len(got.Features) < 3 {
			t.Fatalf("%d, %v: %s", status, err, body)
		}
		for _, f := range got.Features {
			if p := f.Properties; p.ID != a.Round && p.Round != a.Round {
				t.Errorf("the map of %s has %+v", a.Round, p)
			}
		}
	}
	w := h.window(390, "fr")
	w.opens("/farm")
	w.clicks("Sur la carte")
	w.until("round on the map", `document.querySelector(".live-map .leaflet-overlay-pane path") !== null`)
	w.accessible()
	w.draws("farm-map")
}

// loses takes the network away, or gives it back.
func (h *house) loses(gone bool) {
	h.wasDown.Store(true)
	h.down.Store(gone)
}

// Once opened, the page opens without a network as it was, and says so; what is said then stays until the network is back. When the
// link is revoked, nothing of it stays.
func TestFarmOffline(t *testing.T) {
	h := newHouse(t)
	_, answers := h.publish()
	h.afresh()
	h.who = h.farmer(answers[0].Producer)
	w := h.window(390, "fr")
	w.opens("/farm")
	asks[string](w, `document.cookie = "language=fr"`)                                                            // the worker has the browser's language
	w.until("worker", `(navigator.serviceWorker.ready.then(() => (window.works = true)), window.works === true)`) // a page that opens while it begins may be without it
	w.opens("/farm")
	w.until("kept page", `(() => {
		caches.open("farm-pages").then((c) => c.match("/farm")).then((x) => (window.kept = !!x && !!navigator.serviceWorker.controller));
		return window.kept === true;
	})()`)
	if note := w.text("[data-offline]:not([hidden])"); note != "" {
		t.Errorf("with a network the page says %q", note)
	}
	stops := w.text(".farm h3")

	h.loses(true)
	w.opens("/farm")
	w.until("note of no network", `document.querySelector("[data-offline]:not([hidden])")?.innerText.startsWith("Sans réseau : la page est comme elle était")`)
	if got := w.text(".farm h3"); got != stops || stops == "" {
		t.Errorf("without a network the page has %q, and had %q", got, stops)
	}
	if !asks[bool](w, `!!window.L && getComputedStyle(document.querySelector(".card")).borderStyle === "solid"`) {
		t.Error("without a network the page has no map or no style")
	}
	w.accessible()
	w.draws("farm-offline")
	w.clicksTick("✓ C’est")
	w.until("said", `!!document.querySelector(".said:not([hidden])")`)
	w.opens("/farm")
	w.until("still said", `!!document.querySelector(".said:not([hidden]) .waits") && JSON.parse(localStorage.getItem("farm:ticks")).length === 1`)
	got, err := h.scope().Ticks(t.Context(), h.sale)
	must(t, err)
	if len(got) != 0 {
		t.Fatalf("without a network %+v arrived", got)
	}

	h.loses(false)
	w.opens("/farm")
	w.until("arrival", `JSON.parse(localStorage.getItem("farm:ticks")).length === 0 && !!document.querySelector(".said:not([hidden])")`)
	got, err = h.scope().Ticks(t.Context(), h.sale)
	must(t, err)
	if len(got) != 1 || got[0].State != store.TickDone {
		t.Errorf("%+v arrived", got)
	}
	w.until("page of now", `document.querySelector("[data-offline]").hidden`)

	h.who = nil
	w.until("empty cache", `(() => {
		fetch("/farm", { redirect: "manual" }).then(() => caches.has("farm-pages")).then((x) => (window.gone = !x));
		return window.gone === true;
	})()`)
}
