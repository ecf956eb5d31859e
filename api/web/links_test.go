package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"carriole/api/store"
)

// A coordinator makes a farm's private link, which is shown once, renews it, and withdraws it; nobody else may.
func TestLinks(t *testing.T) {
	h := newHouse(t)
	path := "/data/links/" + string(h.producer)
	made := func() string {
		t.Helper()
		status, _, body := h.send(path, url.Values{})
		found := regexp.MustCompile(`value="(https://plan\.example\.org/p/[^"]+)"`).FindStringSubmatch(body)
		if status != http.StatusOK || found == nil || !strings.Contains(body, `class="qr"`) {
			t.Fatalf("%d, %s", status, body)
		}
		return strings.TrimPrefix(found[1], "https://plan.example.org/p/")
	}
	valid := func(text string) bool {
		_, _, err := h.store.Authenticate(t.Context(), text)
		return err == nil
	}
	first := made()
	if _, _, body := h.get("/data/links", "en"); strings.Contains(body, first) || !strings.Contains(body, ">Renew<") || !strings.Contains(body, "never") {
		t.Error("the list shows the address, or not that there is one")
	}
	second := made()
	if valid(first) || !valid(second) {
		t.Errorf("after the renewal: the old one holds: %t, the new one: %t", valid(first), valid(second))
	}
	if status, to, _ := h.send(path+"/revoke", url.Values{}); status != http.StatusSeeOther || valid(second) {
		t.Errorf("withdrawn: %d to %q; it holds: %t", status, to, valid(second))
	}
	if status, _, _ := h.send("/data/links/nobody", url.Values{}); status != http.StatusNotFound {
		t.Errorf("of nobody: %d", status)
	}
	h.who.Role = store.Reader
	if status, _, _ := h.get("/data/links", "en"); status != http.StatusNotFound {
		t.Errorf("a reader gets %d", status)
	}
	if status, _, _ := h.send(path, url.Values{}); status != http.StatusConflict {
		t.Errorf("a reader makes one: %d", status)
	}
}

// A coordinator lets a program in by a token, which is shown once, and withdraws it; nobody else may, and no farm's link is one.
func TestTokens(t *testing.T) {
	h := newHouse(t)
	const path = "/data/tokens"
	if status, _, body := h.send(path, url.Values{"name": {""}, "scope": {"read"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Il manque quelque chose ici") || !strings.Contains(body, `value="read" selected`) {
		t.Errorf("without a name: %d", status)
	}
	if status, _, _ := h.send(path, url.Values{"name": {"x"}, "scope": {"producer"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("for a farm: %d", status)
	}
	status, _, body := h.send(path, url.Values{"name": {"Drive <fermier>"}, "scope": {"marketplace"}})
	found := regexp.MustCompile(`>(car_[^<]+)<`).FindStringSubmatch(body)
	if status != http.StatusOK || found == nil || !strings.Contains(body, `value="https://plan.example.org/v1"`) {
		t.Fatalf("%d, %s", status, body)
	}
	_, x, err := h.store.Authenticate(t.Context(), found[1])
	must(t, err)
	if x.Scope != store.MarketplaceToken {
		t.Errorf("%+v", x)
	}
	if _, _, body := h.get(path, "en"); strings.Contains(body, found[1]) || !strings.Contains(body, "Drive &lt;fermier&gt;") || strings.Contains(body, "never") {
		t.Error("the list shows the token, or not that there is one that was used")
	}
	h.send("/data/links/"+string(h.producer), url.Values{})
	links, _, err := h.scope().Tokens(t.Context(), store.TokenFilter{Scope: store.ProducerToken}, store.Page{})
	must(t, err)
	if status, _, _ := h.send(path+"/"+string(links[0].ID)+"/revoke", url.Values{}); status != http.StatusNotFound {
		t.Errorf("a farm's link: %d", status)
	}
	status, to, _ := h.send(path+"/"+string(x.ID)+"/revoke", url.Values{})
	if _, _, err := h.store.Authenticate(t.Context(), found[1]); status != http.StatusSeeOther || err == nil {
		t.Errorf("withdrawn: %d to %q", status, to)
	}
	if _, _, body := h.get(to, "fr"); !strings.Contains(body, "ne vaut plus") || !strings.Contains(body, "Aucun programme") {
		t.Error("it is not said that it is withdrawn")
	}
	h.who.Role = store.Reader
	if status, _, _ := h.get(path, "en"); status != http.StatusNotFound {
		t.Errorf("a reader gets %d", status)
	}
	if status, _, _ := h.send(path, url.Values{"name": {"x"}, "scope": {"coordinator"}}); status != http.StatusConflict {
		t.Errorf("a reader makes one: %d", status)
	}
}
