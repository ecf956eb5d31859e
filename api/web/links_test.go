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
