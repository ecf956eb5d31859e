package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carriole/api/store"
)

// publish brings the house's plan in force, and says who drives in it.
func (h *house) publish() (*store.Plan, []store.Answer) {
	h.t.Helper()
	plan, answers := h.propose()
	plan, err := h.planning.Publish(context.Background(), h.scope(), plan.ID, 0, true)
	must(h.t, err)
	return plan, answers
}

// sent is what a form would send with a button.
func sent(form, state string) url.Values {
	out := url.Values{"state": {state}}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`).FindAllStringSubmatch(form, -1) {
		out.Set(m[1], strings.ReplaceAll(m[2], "&#43;", "+"))
	}
	return out
}

var tickForms = regexp.MustCompile(`(?s)<form class="tick".*?</form>`)

// A producer says by plain forms what is done and what did not fit, and corrects it; a form that is sent twice says it once. Nobody says it of
// another's round, and what is typed wrongly is refused.
func TestTick(t *testing.T) {
	h := newHouse(t)
	plan, answers := h.propose()
	h.who = h.farmer(answers[0].Producer)
	if _, _, body := h.get("/farm", "fr"); tickForms.MatchString(body) {
		t.Error("something can be said of a plan that is proposed")
	}
	plan, err := h.planning.Publish(t.Context(), h.scope(), plan.ID, 0, true)
	must(t, err)
	h.afresh()
	page := func() string {
		t.Helper()
		_, _, body := h.get("/farm", "fr")
		return body
	}
	ticks := func() []store.Tick {
		t.Helper()
		out, err := h.scope().Ticks(t.Context(), h.sale)
		must(t, err)
		return out
	}
	forms := tickForms.FindAllString(page(), -1)
	if len(forms) == 0 {
		t.Fatal("nothing can be said")
	}
	form := sent(forms[0], "done")
	if form.Get("plan") != string(plan.ID) {
		t.Errorf("%v is not about plan %s", form, plan.ID)
	}
	wrong := sent(forms[0], "left")
	wrong.Set("left", "beaucoup")
	wrong.Set("note", "<plein>")
	if status, _, body := h.send("/farm/tick", wrong); status != http.StatusUnprocessableEntity || !strings.Contains(body, `value="beaucoup" aria-invalid="true"`) || !strings.Contains(body, `value="&lt;plein&gt;"`) || len(ticks()) != 0 {
		t.Errorf("a weight that is none: %d\n%s", status, body)
	}
	for range 2 {
		if status, location, _ := h.send("/farm/tick", form); status != http.StatusSeeOther || !strings.HasPrefix(location, "/farm#r-") {
			t.Fatalf("%d %s", status, location)
		}
	}
	if got := ticks(); len(got) != 1 || got[0].State != store.TickDone || got[0].Actor != "token:x" {
		t.Fatalf("%+v", got)
	}
	same := func(a, b url.Values) bool {
		for _, name := range []string{"round", "place", "visit", "task", "partner"} {
			if a.Get(name) != b.Get(name) {
				return false
			}
		}
		return true
	}
	done := regexp.MustCompile(`✓ (Chargé|Pris|Livré|Remis), `)
	for _, f := range tickForms.FindAllString(page(), -1) {
		if same(sent(f, ""), form) != done.MatchString(f) {
			t.Errorf("said is another thing than what was: %s", f)
		}
	}
	for _, f := range forms {
		x := sent(f, "left")
		if x.Get("task") != "load" && x.Get("task") != "take" {
			continue
		}
		x.Set("left", "12,5")
		x.Set("note", "deux caisses <de trop>")
		x.Set("id", "another")
		if status, _, _ := h.send("/farm/tick", x); status != http.StatusSeeOther {
			t.Errorf("%d", status)
		}
		if body := page(); !strings.Contains(body, "12,5") || !strings.Contains(body, "deux caisses &lt;de trop&gt;") {
			t.Error("what did not fit is not shown")
		}
		break
	}
	h.who = h.coordinator(h.comtat)
	if _, _, body := h.get("/sales/"+string(h.sale), "fr"); !strings.Contains(body, "Où en est-on") || !strings.Contains(body, "deux caisses &lt;de trop&gt;") || !strings.Contains(body, "12,5") {
		t.Error("the coordinator does not see what did not fit")
	}
	other := slices.IndexFunc(answers, func(a store.Answer) bool { return a.Producer != answers[0].Producer })
	if other < 0 {
		t.Fatal("one producer makes all rounds of the plan")
	}
	h.who = h.farmer(answers[0].Producer)
	for name, wrong := range map[string]func(url.Values){
		"weight":  func(x url.Values) { x.Set("state", "left"); x.Set("task", "load"); x.Set("left", "beaucoup") },
		"visit":   func(x url.Values) { x.Set("visit", "9") },
		"number":  func(x url.Values) { x.Set("visit", "") },
		"state":   func(x url.Values) { x.Set("state", "eaten") },
		"round":   func(x url.Values) { x.Set("round", "nosuch") },
		"plan":    func(x url.Values) { x.Set("plan", "nosuch") },
		"id":      func(x url.Values) { x.Set("id", "") },
		"stale":   func(x url.Values) { x.Set("state", "open") }, // with the id of what is said
		"another": func(x url.Values) { h.who = h.farmer(answers[other].Producer) },
	} {
		x := sent(forms[0], "done")
		if name != "stale" {
			x.Set("id", "wrong-"+name)
		}
		before := len(ticks())
		wrong(x)
		status, _, _ := h.send("/farm/tick", x)
		h.who = h.farmer(answers[0].Producer)
		if status != http.StatusUnprocessableEntity && status != http.StatusNotFound && status != http.StatusConflict || len(ticks()) != before {
			t.Errorf("%s: %d, %d ticks", name, status, len(ticks()))
		}
	}
}

// clicksTick says with the first button of a text on a farm's page.
func (w *window) clicksTick(text string) {
	w.t.Helper()
	w.until("button "+text, `(() => {
		const b = [...document.querySelectorAll("form.tick button")].find((e) => e.checkVisibility() && e.innerText.trim().startsWith(`+quoted(text)+`));
		b?.click();
		return !!b;
	})()`)
}

// What is said in the browser arrives without another page, and what is said by mistake is taken back.
func TestTickInBrowser(t *testing.T) {
	h := newHouse(t)
	_, answers := h.publish()
	h.afresh()
	h.who = h.farmer(answers[0].Producer)
	said := func(want store.TickState) {
		t.Helper()
		got, err := h.scope().Ticks(t.Context(), h.sale)
		must(t, err)
		if len(got) != 1 || got[0].State != want {
			t.Errorf("%+v is said, not %s", got, want)
		}
	}
	for i, theme := range []string{"light", "dark"} {
		w := h.window(390, []string{"fr", "en"}[i])
		w.opens("/farm")
		asks[string](w, `document.cookie = "theme=" + `+quoted(theme))
		w.opens("/farm")
		w.accessible()
		w.draws("farm-" + theme)
		if i > 0 {
			continue
		}
		w.clicksTick("✓ C’est")
		w.until("said", `document.querySelector(".said:not([hidden])") && JSON.parse(localStorage.getItem("farm:ticks")).length === 0`)
		said(store.TickDone)
		w.accessible()
		w.clicksTick("Corriger")
		w.until("taken back", `!document.querySelector(".said:not([hidden])") && JSON.parse(localStorage.getItem("farm:ticks")).length === 0`)
		said(store.TickOpen)
		w.clicksTick("✓ C’est")
		w.until("said", `document.querySelector(".said:not([hidden])") && JSON.parse(localStorage.getItem("farm:ticks")).length === 0`)
		w.opens("/farm")
		w.until("said", `!!document.querySelector(".said:not([hidden])")`)
		small := asks[string](w, `[...document.querySelectorAll("main button, main a.button, main summary")].filter((e) => e.checkVisibility()).filter((e) => { const r = e.getBoundingClientRect(); return r.height < 44 || r.width < 44; }).map((e) => e.outerHTML).join("\n")`)
		if small != "" {
			t.Errorf("too small for a thumb: %s", small)
		}
	}
}
