package web_test

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"carriole/api/planning"
	"carriole/api/store"
)

// An event of a calendar, as a reader sees it.
type event struct {
	sequence          int
	stamp, start, end time.Time
	status, text      string
}

// calendar reads the calendar behind a private link, by UID.
func (h *house) calendar(link, language string) map[string]event {
	h.t.Helper()
	status, header, body := h.get("/p/"+link+"/calendar.ics", language)
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/calendar") {
		h.t.Fatalf("%d %v\n%s", status, header, body)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			h.t.Errorf("the line %q is longer than 75 octets, or does not end as lines do", line)
		}
	}
	cal, err := ics.ParseCalendar(strings.NewReader(body))
	must(h.t, err)
	out := map[string]event{}
	for _, e := range cal.Events() {
		var x event
		value := func(p ics.ComponentProperty) string {
			if got := e.GetProperty(p); got != nil {
				return got.Value
			}
			h.t.Fatalf("no %s in\n%s", p, body)
			return ""
		}
		x.sequence, err = strconv.Atoi(value(ics.ComponentPropertySequence))
		must(h.t, err)
		x.stamp, err = e.GetDtStampTime()
		must(h.t, err)
		x.start, err = e.GetStartAt()
		must(h.t, err)
		x.end, err = e.GetEndAt()
		must(h.t, err)
		x.status = value(ics.ComponentPropertyStatus)
		x.text = value(ics.ComponentPropertySummary) + "\n" + value(ics.ComponentPropertyDescription) + "\n" + value(ics.ComponentPropertyLocation)
		if _, twice := out[e.Id()]; twice || e.Id() == "" {
			h.t.Errorf("the event %q is there twice", e.Id())
		}
		if x.end.Before(x.start) {
			h.t.Errorf("%q ends before it begins", e.Id())
		}
		out[e.Id()] = x
	}
	return out
}

// A producer's calendar follows the plan: nothing of a draft, tentative when proposed, confirmed when in force, and the same events
// with a later sequence when a later plan is.
func TestFeed(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.who = nil // a calendar signs in nowhere
	scope := h.scope()
	plan, err := scope.CurrentPlan(ctx, h.sale)
	must(t, err)
	links := map[store.ID]string{}
	producers, _, err := scope.Producers(ctx, store.ProducerFilter{}, store.Page{})
	must(t, err)
	for i := range producers {
		token := store.Token{Name: producers[i].Name, Scope: store.ProducerToken, Producer: producers[i].ID}
		links[producers[i].ID], err = scope.CreateToken(ctx, &token)
		must(t, err)
		if n := len(h.calendar(links[producers[i].ID], "fr")); n != 0 {
			t.Errorf("%d events of a draft", n)
		}
	}
	h.afresh()
	_, answers := h.propose()
	before := map[store.ID]map[string]event{}
	seen := ""
	for id, link := range links {
		before[id] = h.calendar(link, "fr")
		for uid, e := range before[id] {
			seen += e.text
			if e.status != "TENTATIVE" || e.start.Before(monday) {
				t.Errorf("proposed: %s is %+v", uid, e)
			}
		}
	}
	for _, text := range []string{"Charger\u202f: ", "Décharger ici\u202f: ", "Remettre à ", "vient chercher vos produits", "kg"} {
		if !strings.Contains(seen, text) {
			t.Errorf("no event says %q", text)
		}
	}
	for _, a := range answers {
		uid := string(h.sale) + "-" + a.Round + "@carriole"
		for id := range links {
			if _, has := before[id][uid]; has != (id == a.Producer) {
				t.Errorf("the round %s of %s: %v in the calendar of %s", a.Round, a.Producer, has, id)
			}
		}
	}

	publish := func(id store.ID) map[store.ID]map[string]event {
		t.Helper()
		_, err := h.planning.Publish(ctx, scope, id, 0, true)
		must(t, err)
		h.afresh()
		out := map[store.ID]map[string]event{}
		for id, link := range links {
			out[id] = h.calendar(link, "en")
		}
		return out
	}
	follows := func(then, now map[store.ID]map[string]event) (kept int) {
		t.Helper()
		for id := range links {
			for uid, e := range now[id] {
				old, was := then[id][uid]
				if e.status != "CONFIRMED" || was && (e.sequence <= old.sequence || e.stamp.Before(old.stamp)) {
					t.Errorf("in force: %s was %+v and is %+v", uid, old, e)
				}
				if was {
					kept++
				}
			}
		}
		return kept
	}
	inForce := publish(plan.ID)
	events := 0
	for id := range links {
		events += len(before[id])
	}
	if kept := follows(before, inForce); kept != events || events == 0 {
		t.Errorf("%d of %d events are kept", kept, events)
	}
	_, err = h.planning.Request(ctx, scope, h.sale, planning.Options{Iterations: 200})
	must(t, err)
	must(t, h.planning.Run(ctx, h.comtat, (<-h.work).Sale))
	plans, _, err := scope.Plans(ctx, store.PlanFilter{Sale: h.sale, Live: true}, store.Page{})
	must(t, err)
	later := slices.MaxFunc(plans, func(a, b store.Plan) int { return cmp.Compare(a.Number, b.Number) })
	if later.ID == plan.ID {
		t.Fatal("there is no later plan")
	}
	if kept := follows(inForce, publish(later.ID)); kept == 0 {
		t.Error("no event has outlived the plan")
	}
}

// A calendar is there for a producer's link that holds, and for nothing else.
func TestFeedOfNobody(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	revoked := store.Token{Name: "x", Scope: store.ProducerToken, Producer: h.producer}
	text, err := h.scope().CreateToken(ctx, &revoked)
	must(t, err)
	h.calendar(text, "fr")
	must(t, h.scope().RevokeToken(ctx, revoked.ID))
	other, err := h.scope().CreateToken(ctx, &store.Token{Name: "x", Scope: store.CoordinatorToken})
	must(t, err)
	for _, link := range []string{text, other, "x", "car_x_y"} {
		if status, _, body := h.get("/p/"+link+"/calendar.ics", "fr"); status != http.StatusNotFound || strings.Contains(body, "VCALENDAR") {
			t.Errorf("%s: %d", link, status)
		}
		if status, _, body := h.get("/p/"+link+"/rounds/x.gpx", "fr"); status != http.StatusNotFound || strings.Contains(body, "<gpx") {
			t.Errorf("%s: %d to a round", link, status)
		}
	}
	refused, _, err := h.scope().Events(ctx, store.EventFilter{Actor: "signin"}, store.Page{})
	must(t, err)
	if len(refused) != 4 || refused[0].Action != "refuse" { // the other two name no collective
		t.Errorf("the audit trail has %+v", refused)
	}
}
