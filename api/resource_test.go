package api

import (
	"net/http"
	"strings"
	"testing"

	"carriole/api/store"
)

// ownProducer is whose token the producer's is.
func (x *site) ownProducer() store.ID {
	x.t.Helper()
	all, _, err := x.scope.Producers(x.t.Context(), store.ProducerFilter{}, store.Page{})
	check(x.t, err)
	return all[0].ID
}

func TestLifeOfAResource(t *testing.T) {
	onEach(t, func(t *testing.T, x *site) {
		doc := map[string]any{"name": "Kangoo", "producer": x.ownProducer(), "kg": 600.125, "litres": map[string]any{"ambient": 3000, "chilled": 0.5}}
		made := x.want(http.StatusCreated, "POST", "/v1/vehicles", doc)
		at, tag := made.Header.Get("Location"), made.Header.Get("ETag")
		if at != "/v1/vehicles/"+made.field(t, "id") || tag != `"1"` {
			t.Fatalf("location %q, ETag %q", at, tag)
		}
		got := x.want(http.StatusOK, "GET", at, nil)
		if string(got.body) != string(made.body) {
			t.Errorf("made %s, read %s", made.body, got.body)
		}
		if !strings.Contains(string(got.body), `"kg":600.125,"litres":{"ambient":3000,"chilled":0.5}`) {
			t.Errorf("amounts are not as given: %s", got.body)
		}
		x.want(http.StatusNotModified, "GET", at, nil, "If-None-Match", tag)

		doc["name"] = "Berlingo"
		x.want(http.StatusPreconditionRequired, "PUT", at, doc)
		changed := x.want(http.StatusOK, "PUT", at, doc, "If-Match", tag)
		x.want(http.StatusPreconditionFailed, "PUT", at, doc, "If-Match", tag)
		x.want(http.StatusOK, "GET", at, nil, "If-None-Match", tag)

		patched := x.want(http.StatusOK, "PATCH", at, `{"kg": 0.001, "litres": {"chilled": null}}`, "If-Match", changed.Header.Get("ETag"), "Content-Type", "application/merge-patch+json")
		if !strings.Contains(string(patched.body), `"name":"Berlingo"`) || !strings.Contains(string(patched.body), `"kg":0.001,"litres":{"ambient":3000}`) {
			t.Errorf("patched to %s", patched.body)
		}
		x.want(http.StatusPreconditionFailed, "DELETE", at, nil, "If-Match", tag)
		x.want(http.StatusNoContent, "DELETE", at, nil, "If-Match", patched.Header.Get("ETag"))
		x.want(http.StatusNotFound, "GET", at, nil)
	})
}
