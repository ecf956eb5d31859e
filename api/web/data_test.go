package web_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"carriole/api/store"
)

// send sends a form and does not follow where it leads.
func (h *house) send(path string, form url.Values, headers ...string) (status int, to, body string) {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodPost, h.url+path, strings.NewReader(form.Encode()))
	must(h.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", h.url)
	r.Header.Set("Accept-Language", "fr")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	must(h.t, err)
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	must(h.t, err)
	return a.StatusCode, a.Header.Get("Location"), string(b)
}

// values are what a form's page would send as it stands.
func (h *house) values(path string) url.Values {
	h.t.Helper()
	_, _, body := h.get(path, "fr")
	out := url.Values{}
	unescape := strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&", "&lt;", "<", "&gt;", ">", "&#43;", "+")
	for _, m := range regexp.MustCompile(`<input ([^>]*)>`).FindAllStringSubmatch(body, -1) {
		attr := func(name string) string {
			x := regexp.MustCompile(`(?:^| )` + name + `="([^"]*)"`).FindStringSubmatch(m[1])
			if x == nil {
				return ""
			}
			return unescape.Replace(x[1])
		}
		if attr("name") == "" || attr("type") == "checkbox" && !strings.Contains(m[1], " checked") {
			continue
		}
		out.Add(attr("name"), attr("value"))
	}
	for _, m := range regexp.MustCompile(`(?s)<select name="([^"]*)".*?</select>`).FindAllStringSubmatch(body, -1) {
		if x := regexp.MustCompile(`value="([^"]*)" selected`).FindStringSubmatch(m[0]); x != nil {
			out.Add(m[1], x[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea name="([^"]*)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(body, -1) {
		out.Add(m[1], unescape.Replace(m[2]))
	}
	return out
}

// A farm at a new address, its van, its round and a pickup point: all that a first plan needs is made by forms.
func TestForms(t *testing.T) {
	h := newHouse(t)
	h.who = h.coordinator(h.empty)
	dir := func(p string) string { return p[:strings.LastIndexByte(p, '/')] }
	saved := func(path string, form url.Values) store.ID {
		t.Helper()
		status, to, body := h.send(path, form)
		if status != http.StatusSeeOther || !strings.Contains(to, "?saved=") {
			t.Fatalf("%s: %d to %q\n%s", path, status, to, regexp.MustCompile(`(?s)class="wrong"[^>]*>[^<]+`).FindAllString(body, -1))
		}
		_, _, list := h.get(to, "fr")
		m := regexp.MustCompile(regexp.QuoteMeta(dir(path))+`/([a-z0-9]{20})"`).FindAllStringSubmatch(list, -1)
		return store.ID(m[len(m)-1][1])
	}
	farm := saved("/data/producers/new", url.Values{"name": {"Ferme d’Anne"}, "new_place.address": {"Caromb"}, "new_place.at": {"44.11, 5.10"}, "ready": {"8h"}, "max_added_m": {"12,5"}, "active": {"1"}})
	van := saved("/data/vehicles/new", url.Values{"name": {"Kangoo"}, "producer": {string(farm)}, "room.grams": {"500"}, "room.ambient_ml": {"2 500"}, "equipment": {"none"},
		"available[0].days": {"fri", "sat"}, "available[0].from": {"8:00"}, "available[0].until": {"18h30"}})
	place := saved("/data/places/new", url.Values{"name": {"Salle"}, "at": {"44.05; 5.04"}, "meet": {"1"}})
	round := saved("/data/rounds/new", url.Values{"name": {"AMAP"}, "kind": {"amap"}, "producer": {string(farm)}, "vehicle": {string(van)}, "start": {string(place)}, "end": {string(place)},
		"depart_after": {"15:00"}, "return_by": {"21:00"}, "days": {"thu"}, "every": {"2"}, "starts": {"2026-11-26"}, "carries": {"all"},
		"stops[0].place": {string(place)}, "stops[0].arrive_after": {"17:00"}, "stops[0].arrive_by": {"17:45"}, "stops[0].stay_s": {"90"}})
	saved("/data/pickup-points/new", url.Values{"name": {"Drive"}, "place": {string(place)}, "windows[0].days": {"fri"}, "windows[0].from": {"17:00"}, "windows[0].until": {"19:00"},
		"accept_from_min": {"90"}, "accept_until_min": {"15"}, "active": {"1"}})

	// what a form shows is what it saves: sent as it stands, nothing changes but the version
	before := h.values("/data/rounds/" + string(round))
	saved("/data/rounds/"+string(round), before)
	after := h.values("/data/rounds/" + string(round))
	before.Del("version")
	after.Del("version")
	if before.Encode() != after.Encode() {
		t.Errorf("a round saved as it stood is another one:\n%s\n%s", before.Encode(), after.Encode())
	}
	if got := after.Get("stops[0].stay_s"); got != "90" {
		t.Errorf("stays %q minutes", got)
	}
}

// What is wrong is said beside the field, nothing typed is lost, and nothing is written.
func TestFormFaults(t *testing.T) {
	h := newHouse(t)
	h.who = h.coordinator(h.empty)
	typed := url.Values{"name": {""}, "ready": {"25h99"}, "max_added_m": {"douze"}, "email": {"marie"}, "new_place.at": {"là-bas"}, "profession": {"Maraîcher \"bio\" <3"}}
	status, _, body := h.send("/data/producers/new", typed)
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", status)
	}
	for _, text := range []string{"Il manque quelque chose ici", "Ce n’est pas une heure", "Ce n’est pas un nombre", "Ce n’est pas une adresse", "Ce n’est pas une position", `value="douze"`, "Maraîcher &#34;bio&#34; &lt;3"} {
		if !strings.Contains(body, text) {
			t.Errorf("the form does not have %q", text)
		}
	}
	// while one types the same is said without a page
	status, _, body = h.send("/data/producers/new", typed, "X-Check", "1")
	var faults map[string]string
	if err := json.Unmarshal([]byte(body), &faults); err != nil || status != http.StatusOK || faults["ready"] == "" || faults["name"] == "" {
		t.Errorf("%d %s", status, body)
	}
	// rows far behind the empty ones come back, too, with what is wrong beside them, even where the store alone says that
	typed = url.Values{"name": {"AMAP"}, "producer": {"x"}, "vehicle": {"x"}, "start": {"x"}, "end": {"x"}, "depart_after": {"15:00"}, "return_by": {"21:00"}, "starts": {"2026-11-26"}, "carries": {"all"},
		"stops[70].place": {"nowhere"}, "stops[70].arrive_after": {"17:00"}, "stops[70].arrive_by": {"17:45"}}
	status, _, body = h.send("/data/rounds/new", typed)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, `name="stops[70].arrive_by" id="stops-70-arrive_by" value="17:45"`) || !strings.Contains(body, `name="stops[72].place"`) ||
		!strings.Contains(body, `data-wrong="stops[70].place">`) || !strings.Contains(body, `data-wrong="stops[0].place" hidden>`) {
		t.Errorf("rows that were added: %d, wrong: %q", status, regexp.MustCompile(`data-wrong="[^ ]*">`).FindAllString(body, -1))
	}
	if status, _, body := h.send("/data/places/new", url.Values{"name": {"Salle"}, "hours[1000].from": {"8:00"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "1000 lignes au plus") {
		t.Errorf("more rows than a form takes: %d", status)
	}
	good := url.Values{"name": {"Anne"}, "new_place.address": {"Caromb"}}
	if status, _, body := h.send("/data/producers/new", good, "X-Check", "1"); status != http.StatusOK || strings.TrimSpace(body) != "{}" {
		t.Errorf("%d %s", status, body)
	}
	good.Set("siret", "12")
	if status, _, body := h.send("/data/producers/new", good); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Un SIRET a 14 chiffres") {
		t.Errorf("what the store alone says: %d", status)
	}
	if _, _, list := h.get("/data/places", "fr"); !strings.Contains(list, "Il n’y a encore rien ici") {
		t.Error("a check has written a place")
	}
}

// Two coordinators at once: the second is told, and may then replace what the first wrote.
func TestStaleForm(t *testing.T) {
	h := newHouse(t)
	path := "/data/producers/" + string(h.producer)
	mine, theirs := h.values(path), h.values(path)
	theirs.Set("phone", "04 90")
	if status, _, _ := h.send(path, theirs); status != http.StatusSeeOther {
		t.Fatalf("%d", status)
	}
	mine.Set("phone", "06 12")
	status, _, body := h.send(path, mine)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "Quelqu’un d’autre a changé ceci") || !strings.Contains(body, `value="06 12"`) {
		t.Fatalf("%d", status)
	}
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body)[1]
	mine.Set("version", version)
	if status, _, _ := h.send(path, mine); status != http.StatusSeeOther {
		t.Errorf("saving once more: %d", status)
	}
}

// Coordinators say who may sign in and who gets mail, see whom nobody writes to, and do not shut themselves out. Nobody else sees
// addresses.
func TestMembers(t *testing.T) {
	h := newHouse(t)
	me := store.Member{Email: "claire@example.org", Name: "Claire", Role: store.Coordinator}
	must(t, h.scope().CreateMember(t.Context(), &me))
	h.who.Member = me.ID
	farm := h.named("Fournil de Monteux")
	const path = "/data/members"
	if _, _, body := h.get(path, "fr"); !strings.Contains(body, "Personne ne reçoit d’e-mail pour") || !strings.Contains(body, "Fournil de Monteux") {
		t.Error("the farms that nobody writes to are not named")
	}
	form := h.values(path + "/new")
	form.Set("email", "four@example.org")
	form.Set("producer", farm)
	if status, _, body := h.send(path+"/new", form); status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", status, body)
	}
	list, _, err := h.scope().Members(t.Context(), store.MemberFilter{Email: "four@example.org"}, store.Page{})
	must(t, err)
	if len(list) != 1 || list[0].NoMail || string(list[0].Producer) != farm {
		t.Fatalf("%+v", list)
	}
	if _, _, body := h.get(path, "fr"); regexp.MustCompile(`Personne ne reçoit d’e-mail pour[^<]*Fournil de Monteux`).MatchString(body) {
		t.Error("a farm that is written to counts as one that is not")
	}
	his := path + "/" + string(list[0].ID)
	form = h.values(his)
	form.Del("mail")
	if status, _, _ := h.send(his, form); status != http.StatusSeeOther {
		t.Fatalf("%d", status)
	}
	if got, err := h.scope().Member(t.Context(), list[0].ID); err != nil || !got.NoMail {
		t.Errorf("%+v, %v", got, err)
	}
	mine := path + "/" + string(me.ID)
	form = h.values(mine)
	form.Set("role", string(store.Reader))
	if status, _, _ := h.send(mine, form); status != http.StatusUnprocessableEntity {
		t.Errorf("a coordinator shuts themselves out: %d", status)
	}
	if status, _, _ := h.send(mine+"/remove", nil); status != http.StatusConflict {
		t.Errorf("a coordinator removes themselves: %d", status)
	}
	h.who.Role = store.Reader
	for _, p := range []string{path, his} {
		if status, _, body := h.get(p, "fr"); status != http.StatusNotFound || strings.Contains(body, "example.org") {
			t.Errorf("%s: a reader sees it: %d", p, status)
		}
	}
	if _, _, body := h.get("/data", "fr"); strings.Contains(body, path) {
		t.Error("a reader is led to the members")
	}
}

// Where the network goes away one is told, nothing is lost, and it is sent once the network is back.
func TestAwayFromNetwork(t *testing.T) {
	h := newHouse(t)
	w := h.window(1000, "fr")
	w.opens("/data/producers/" + string(h.producer))
	w.until("whole page", `document.querySelector(".pick.leaflet-container .town") !== null`)
	h.loses(true)
	w.types("Téléphone", "04 90 11 22 33")
	w.sees("Pas de réseau")
	asks[chromedp.Void](w, `window.stays = true; document.querySelector("form[data-keep] button:not([type=button])").click(); 0`)
	w.accessible()
	if typed := asks[string](w, `window.stays && document.querySelector("[name=phone]").value`); typed != "04 90 11 22 33" {
		t.Errorf("what was typed has become %q", typed)
	}
	h.loses(false)
	w.clicks("Enregistrer")
	w.sees("Enregistré.")
	if p, err := h.scope().Producer(t.Context(), h.producer); err != nil || p.Phone != "04 90 11 22 33" {
		t.Errorf("%+v, %v", p, err)
	}
}

// Lists stand in the order of their names and are searched, whatever accents and capitals are typed.
func TestLists(t *testing.T) {
	h := newHouse(t)
	rows := func(path string) (out []string) {
		_, _, body := h.get(path, "fr")
		for _, m := range regexp.MustCompile(`<th scope="row"><a[^>]*>([^<]+)`).FindAllStringSubmatch(body, -1) {
			out = append(out, html.UnescapeString(m[1]))
		}
		return out
	}
	farms := rows("/data/producers")
	if before, after := slices.Index(farms, "Légumes d’Althen"), slices.Index(farms, "Œufs de Sarrians"); before < 0 || after < before || slices.Index(farms, "Petit épeautre de Flassan") < after {
		t.Errorf("farms stand as %q", farms)
	}
	if got := rows("/data/producers?q=oeufs+SARRIANS"); !slices.Equal(got, []string{"Œufs de Sarrians"}) {
		t.Errorf("found %q", got)
	}
	if _, _, body := h.get("/data/producers?q=rien+de+tel", "fr"); !strings.Contains(body, "Rien ne répond à cette recherche") {
		t.Error("that nothing was found is not said")
	}
	for path, want := range map[string]int{"/data/products?page=2": 1, "/data/products?page=x": 1, "/data/products?page=-3": 1} {
		if got := rows(path); len(got) < want {
			t.Errorf("%s: %d rows", path, len(got))
		}
	}
}

// A reader sees forms and cannot send them.
func TestReaderChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.who.Role = store.Reader
	path := "/data/producers/" + string(h.producer)
	if _, _, body := h.get(path, "fr"); strings.Contains(body, "Enregistrer") {
		t.Error("a reader is offered to save")
	}
	if status, _, _ := h.send(path, h.values(path)); status != http.StatusConflict {
		t.Errorf("a reader's form: %d", status)
	}
}

// A day of a round is cancelled, moved, and as usual again.
func TestCalendar(t *testing.T) {
	h := newHouse(t)
	_, _, body := h.get("/data/calendar?from=2026-11-26", "fr")
	round := regexp.MustCompile(`name="round" value="([^"]+)"><input type="hidden" name="day" value="2026-11-26"`).FindStringSubmatch(body)
	if round == nil {
		t.Fatal("no round on Thursday")
	}
	day := func(do string, more ...string) string {
		t.Helper()
		form := url.Values{"round": {round[1]}, "day": {"2026-11-26"}, "do": {do}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		status, to, body := h.send("/data/calendar", form)
		if status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", do, status, body)
		}
		_, _, body = h.get(to, "fr")
		return body
	}
	if n := strings.Count(day("cancel"), "annulée"); n != 1 {
		t.Errorf("%d are cancelled", n)
	}
	if b := day("move", "to", "2026-11-27", "shift", "30"); strings.Contains(b, "annulée") || strings.Count(b, "autrement") != 1 {
		t.Error("the day is not moved")
	}
	for shift, says := range map[string]string{"bientôt": "le décalage doit être un nombre de minutes", "2000": "Le décalage est d’un jour au plus"} {
		status, _, body := h.send("/data/calendar", url.Values{"round": {round[1]}, "day": {"2026-11-26"}, "do": {"move"}, "to": {"2026-11-28"}, "shift": {shift}})
		if status != http.StatusUnprocessableEntity || strings.Count(body, `role="alert"`) != 1 || strings.Count(body, "<details open") != 1 ||
			!strings.Contains(body, `value="`+shift+`"`) || !strings.Contains(body, `value="2026-11-28"`) || !strings.Contains(body, says) {
			t.Errorf("moved by %q: %d %s", shift, status, body)
		}
	}
	status, _, body := h.send("/data/calendar", url.Values{"round": {"gone"}, "day": {"2026-11-26"}, "do": {"cancel"}})
	if status != http.StatusUnprocessableEntity || strings.Count(body, `role="alert"`) != 1 || !strings.Contains(body, "Ce choix n’existe plus") {
		t.Errorf("a round that is not there: %d %s", status, body)
	}
	if b := day("usual"); strings.Contains(b, "autrement") {
		t.Error("the day is not as usual")
	}
}

// A rule of the trade is overruled with a reason alone.
func TestSettings(t *testing.T) {
	h := newHouse(t)
	h.who = h.coordinator(h.empty)
	if status, _, body := h.send("/data/settings", url.Values{"name": {"others_within_m"}, "value": {"150"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, `role="alert"`) || !strings.Contains(body, `value="150"`) {
		t.Errorf("without a reason: %d", status)
	}
	if status, _, body := h.send("/data/settings", url.Values{"name": {"others_within_m"}, "value": {"150"}, "reason": {"CUMA"}}); status != http.StatusSeeOther {
		t.Errorf("with a reason: %d %s", status, body)
	}
	if _, _, body := h.get("/data/settings", "fr"); !strings.Contains(body, `value="150"`) || !strings.Contains(body, `value="CUMA"`) {
		t.Error("the setting is not shown")
	}
	if status, _, body := h.send("/data/settings", url.Values{"name": {"handover_m"}, "value": {"beaucoup"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Ce n’est pas un nombre") || !strings.Contains(body, `value="beaucoup"`) {
		t.Errorf("no number: %d", status)
	}
}
