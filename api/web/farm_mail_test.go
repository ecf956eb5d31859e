package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"carriole/api/store"
)

// A producer who is a member says whether they want e-mail; a private link has no address to send any to.
func TestFarmMail(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	m := store.Member{Email: "anne@example.org", Role: store.ProducersRole, Producer: h.producer}
	must(t, h.scope().CreateMember(ctx, &m))
	wants := func(want bool) {
		t.Helper()
		got, err := h.scope().Member(ctx, m.ID)
		must(t, err)
		if got.NoMail == want {
			t.Errorf("mail is wanted: %v, want %v", !got.NoMail, want)
		}
	}
	h.who = h.farmer(h.producer)
	if _, _, body := h.get("/farm", "fr"); strings.Contains(body, `action="/farm/mail"`) {
		t.Error("a private link is asked about e-mail")
	}
	if status, _, _ := h.send("/farm/mail", url.Values{}); status != http.StatusConflict {
		t.Errorf("status %d", status)
	}
	wants(true)

	h.who.Member = m.ID
	for language, text := range map[string]string{"fr": "M’écrire quand un plan", "en": "Write to me when a plan"} {
		if _, _, body := h.get("/farm", language); !strings.Contains(body, text) || !strings.Contains(body, m.Email) || !strings.Contains(body, `value="on" checked`) {
			t.Errorf("no %q in\n%s", text, body)
		}
	}
	h.send("/farm/mail", url.Values{})
	wants(false)
	if _, _, body := h.get("/farm", "fr"); strings.Contains(body, `value="on" checked`) {
		t.Error("it is still ticked")
	}
	h.send("/farm/mail", url.Values{"mail": {"on"}})
	wants(true)
}
