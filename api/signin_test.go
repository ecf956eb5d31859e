package api

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"carriole/api/store"
)

// signIn opens what lets somebody in, a link or a private link, in a browser of their own, by whose cookie the site's requests are made
// from then on.
func (x *site) signIn(method, address string) http.Header {
	x.t.Helper()
	jar, err := cookiejar.New(nil)
	check(x.t, err)
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(x.t.Context(), method, address, nil)
	check(x.t, err)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := browser.Do(request)
	check(x.t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		x.t.Fatalf("%s %s: status %d", method, address, response.StatusCode)
	}
	at, err := url.Parse(x.url)
	check(x.t, err)
	cookies := jar.Cookies(at)
	if len(cookies) != 1 {
		x.t.Fatalf("the cookies are %v", cookies)
	}
	x.as, x.cookie = Nobody, cookies[0].Name+"="+cookies[0].Value
	return response.Header
}

// member signs in as a new member.
func (x *site) member(email string, role store.Role) *store.Member {
	x.t.Helper()
	m := store.Member{Email: email, Role: role}
	if role == store.ProducersRole {
		m.Producer = x.ownProducer()
	}
	check(x.t, x.scope.CreateMember(x.t.Context(), &m))
	link, err := x.people.Link(x.t.Context(), email)
	check(x.t, err)
	x.signIn("POST", link)
	return &m
}

func TestSessions(t *testing.T) {
	onEach(t, func(t *testing.T, x *site) {
		jo := x.member("jo@example.org", store.Coordinator)
		me := x.want(http.StatusOK, "GET", "/v1/me", nil)
		if got := me.field(t, "actor") + " " + me.field(t, "role") + " " + me.field(t, "collective"); got != "member:"+string(jo.ID)+" coordinator "+string(x.scope.Collective()) {
			t.Errorf("the caller is %s", got)
		}
		doc := map[string]any{"name": "Kangoo", "producer": x.ownProducer(), "kg": 600, "litres": map[string]any{}}
		x.want(http.StatusCreated, "POST", "/v1/vehicles", doc)
		events, _, err := x.scope.Events(t.Context(), store.EventFilter{Kind: "vehicle"}, store.Page{})
		if err != nil || len(events) != 1 || events[0].Actor != "member:"+string(jo.ID) {
			t.Errorf("the audit trail has %+v, %v", events, err)
		}

		// A cookie comes with what other sites make up; a token does not.
		for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://elsewhere.example"}, {"Origin", "null"}} {
			x.want(http.StatusForbidden, "POST", "/v1/vehicles", doc, foreign...)
		}
		x.want(http.StatusCreated, "POST", "/v1/vehicles", doc, "Sec-Fetch-Site", "same-origin")
		x.want(http.StatusCreated, "POST", "/v1/vehicles", doc, "Origin", x.url)
		x.want(http.StatusForbidden, "POST", "/v1/vehicles", doc, "Authorization", "Bearer "+x.tokens[Reader])
		x.want(http.StatusUnauthorized, "POST", "/v1/vehicles", doc, "Authorization", "Bearer car_x_y")

		// Signed out by another coordinator.
		cookie := x.cookie
		x.as, x.cookie = Coordinator, ""
		x.want(http.StatusNotFound, "DELETE", "/v1/members/nobody/sessions", nil)
		x.want(http.StatusNoContent, "DELETE", "/v1/members/"+string(jo.ID)+"/sessions", nil)
		x.as, x.cookie = Nobody, cookie
		x.want(http.StatusUnauthorized, "GET", "/v1/me", nil)
	})
}

func TestPrivateLinks(t *testing.T) {
	onEach(t, func(t *testing.T, x *site) {
		path := "/v1/producers/" + string(x.ownProducer()) + "/link"
		theirs, _ := newCollective(t, x.store, "Another")
		others, _, err := theirs.Producers(t.Context(), store.ProducerFilter{}, store.Page{})
		check(t, err)
		x.want(http.StatusNotFound, "POST", "/v1/producers/"+string(others[0].ID)+"/link", nil)
		x.want(http.StatusNotFound, "DELETE", "/v1/producers/"+string(others[0].ID)+"/link", nil)

		first := x.want(http.StatusCreated, "POST", path, nil)
		link := first.field(t, "url")
		if !strings.HasPrefix(link, x.url+"/p/car_") || !strings.Contains(first.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("got %s with %v", link, first.Header)
		}
		header := x.signIn("GET", link)
		if to := header.Get("Location"); to != "/signin" {
			t.Errorf("leads to %s", to)
		}
		me := x.want(http.StatusOK, "GET", "/v1/me", nil)
		if got := me.field(t, "role") + " " + me.field(t, "producer") + " " + me.field(t, "actor"); got != "producer "+string(x.ownProducer())+" token:"+first.field(t, "token") {
			t.Errorf("the caller is %s", got)
		}
		x.want(http.StatusForbidden, "POST", path, nil)

		// A bearer of the text is in as well, until the link is renewed.
		token := link[strings.LastIndexByte(link, '/')+1:]
		x.want(http.StatusOK, "GET", "/v1/me", nil, "Authorization", "Bearer "+token)
		in := x.cookie
		x.as, x.cookie = Coordinator, ""
		renewed := x.want(http.StatusCreated, "POST", path, nil).field(t, "url")
		x.as = Nobody
		x.want(http.StatusUnauthorized, "GET", "/v1/me", nil, "Authorization", "Bearer "+token)
		x.cookie = in
		x.want(http.StatusUnauthorized, "GET", "/v1/me", nil)
		x.signIn("GET", renewed)
		in = x.cookie
		x.as, x.cookie = Coordinator, ""
		x.want(http.StatusNoContent, "DELETE", path, nil)
		x.want(http.StatusNoContent, "DELETE", path, nil)
		x.as, x.cookie = Nobody, in
		x.want(http.StatusUnauthorized, "GET", "/v1/me", nil)
		// Whoever looks whether a link works gets no session.
		a := x.want(http.StatusNotFound, "HEAD", strings.TrimPrefix(renewed, x.url), nil)
		if len(a.Cookies()) > 0 {
			t.Errorf("the cookies are %v", a.Cookies())
		}
	})
}

// The pages keep to the house's headers, and what their addresses hold does not come into the log.
func TestSignInPages(t *testing.T) {
	var log bytes.Buffer
	var handler http.Handler
	onSQLite(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		s, err := New(*c)
		check(t, err)
		handler = s.Handler()
	})
	get := func(status int, path string) http.Header {
		t.Helper()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != status {
			t.Fatalf("%s: status %d, not %d", path, w.Code, status)
		}
		return w.Header()
	}
	h := get(http.StatusOK, "/signin")
	if h.Get("Content-Security-Policy") != strictCSP || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "strict-origin" || h.Get("Cache-Control") != "no-store" || h.Get("X-Request-Id") == "" {
		t.Errorf("the headers are %v", h)
	}
	get(http.StatusNotFound, "/signin/link/cal_abc_secret")
	get(http.StatusNotFound, "/p/car_abc_secret")
	if s := log.String(); strings.Contains(s, "secret") || !strings.Contains(s, "route=/p/{token}") {
		t.Errorf("the log is %s", s)
	}
}

// Without a way to sign in there are tokens alone.
func TestTokensAlone(t *testing.T) {
	x := onSQLite(t, func(c *Config) { c.SignIn = nil })
	x.want(http.StatusOK, "GET", "/v1/me", nil)
	x.want(http.StatusNotFound, "POST", "/v1/producers/"+string(x.ownProducer())+"/link", nil)
	x.want(http.StatusNotFound, "GET", "/signin", nil)
}
