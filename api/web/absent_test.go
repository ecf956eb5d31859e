package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"carriole/api/store"
)

// A carrier who has accepted cannot come after all: they see what it would change, say so, and the coordinator sees it and that the plan
// is made without them; they can take it back. Nobody says so for another, nor of a round that has left.
func TestStoryAbsent(t *testing.T) {
	h := newHouse(t)
	plan, answers := h.propose()
	a := answers[0]
	_, err := h.planning.Answer(t.Context(), h.scope(), plan.ID, a.Round, a.Producer, store.AnswerAccepted, "")
	must(t, err)
	_, err = h.planning.Publish(t.Context(), h.scope(), plan.ID, 0, true)
	must(t, err)
	h.afresh()
	page := "/farm/absent?plan=" + string(plan.ID) + "&round=" + url.QueryEscape(a.Round)
	for _, x := range answers {
		if x.Producer != a.Producer {
			h.who = h.farmer(x.Producer)
			if status, header, _ := h.get(page, "fr"); status != http.StatusSeeOther || header.Get("Location") != "/farm" {
				t.Errorf("another is asked: %d to %q", status, header.Get("Location"))
			}
			break
		}
	}
	h.who = h.farmer(a.Producer)
	if _, _, body := h.get(page, "en"); !strings.Contains(body, "What it would change") || h.answer(plan.ID, a.Round).State != store.AnswerAccepted {
		t.Errorf("asking has changed something, or shows nothing:\n%s", body)
	}
	long := url.Values{"plan": {string(plan.ID)}, "round": {a.Round}, "do": {"absent"}, "note": {strings.Repeat("<non> ", 20_000)}}
	if status, _, body := h.send("/farm/answer", long); status != http.StatusUnprocessableEntity || !strings.Contains(body, "&lt;non&gt; &lt;non&gt;") || !strings.Contains(body, `role="alert"`) {
		t.Errorf("a note that is too long: %d", status)
	}

	h.works()
	w := h.window(390, "fr")
	w.opens("/farm")
	asks[string](w, `document.cookie = "language=fr"`) // the worker has the browser's language
	w.accessible()
	w.clicks("Je ne peux pas venir…")
	w.sees("Ce que cela changerait")
	w.accessible()
	w.draws("farm-absent")
	w.types("Un mot au coordinateur", "la camionnette ne démarre pas")
	w.clicks("Je ne peux pas venir")
	w.sees("Vous ne pouvez pas venir")
	w.sees("la camionnette ne démarre pas")
	w.accessible()
	w.draws("farm-absent-said")

	h.who = h.coordinator(h.comtat)
	w.opens("/sales/" + string(h.sale))
	w.until("plan without the round", `document.readyState === "complete" && (document.body.innerText.includes("Ce plan est fait sans cette tournée") || location.reload())`)
	w.sees("la camionnette ne démarre pas")
	w.accessible()
	w.draws("week-absent")

	h.who = h.farmer(a.Producer)
	w.opens("/farm")
	w.clicks("Je peux venir, finalement")
	w.until("the round again", `location.pathname === "/farm" && document.readyState === "complete" && document.querySelector(".farm") && !document.querySelector("#absent")`)
	now, err := h.scope().Answers(t.Context(), h.newest().ID)
	must(t, err)
	for _, x := range now {
		if x.State == store.AnswerAbsent {
			t.Errorf("still away: %+v", x)
		}
	}
}
