package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carriole/api/address"
	"carriole/api/store"
)

// addressService stands in for the national one: it knows a house in Carpentras, a square in two villages, and is down for
// whoever asks for "panne".
func addressService(t *testing.T) *address.Client {
	t.Helper()
	const house = `{"geometry":{"type":"Point","coordinates":[5.05612345,44.0581]},"properties":{"label":"12 Avenue du Mont Ventoux 84200 Carpentras","score":0.97,"type":"housenumber","postcode":"84200","city":"Carpentras","citycode":"84031"}}`
	const squares = `{"geometry":{"type":"Point","coordinates":[5.1074,44.1111]},"properties":{"label":"1 Place de la Mairie 84330 Caromb","score":0.88,"type":"housenumber","postcode":"84330","city":"Caromb"}},
		{"geometry":{"type":"Point","coordinates":[5.1804,44.1243]},"properties":{"label":"1 Place de la Mairie 84410 Bédoin","score":0.86,"type":"housenumber","postcode":"84410","city":"Bédoin"}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		features := ""
		switch r.URL.Query().Get("q") {
		case "12 avenue du Mont Ventoux Carpentras":
			features = house
		case "1 place de la Mairie":
			features = squares
		case "panne":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, `{"type":"FeatureCollection","features":[%s]}`, features)
	}))
	t.Cleanup(server.Close)
	c, err := address.New(address.Config{BaseURL: server.URL, Tries: 1})
	check(t, err)
	return c
}

func TestAddresses(t *testing.T) {
	x := onSQLite(t, func(c *Config) { c.Addresses = addressService(t) })
	var got found
	x.want(http.StatusOK, "GET", "/v1/addresses?q=12+avenue+du+Mont+Ventoux,+84200+Carpentras", nil).into(t, &got)
	want := found{[]candidate{{"12 Avenue du Mont Ventoux 84200 Carpentras", address.HouseNumber, 0.97, point{50561235, 440581000}, "84200", "Carpentras", "84031"}}, []doubt{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	x.want(http.StatusOK, "GET", "/v1/addresses?q=1+place+de+la+Mairie", nil).into(t, &got)
	if len(got.Candidates) != 2 || len(got.Doubts) != 1 || got.Doubts[0].Kind != address.Ambiguous {
		t.Errorf("%+v", got)
	}
	x.want(http.StatusUnprocessableEntity, "GET", "/v1/addresses?q=!!!", nil)
	x.want(http.StatusUnprocessableEntity, "GET", "/v1/addresses", nil)
	if a := x.want(http.StatusServiceUnavailable, "GET", "/v1/addresses?q=panne", nil); a.Header.Get("Retry-After") == "" {
		t.Error("it is not said when to try again")
	}
	for _, role := range []Role{Producer, Reader} {
		x.as = role
		x.want(http.StatusForbidden, "GET", "/v1/addresses?q=Caromb", nil)
	}
	x.as = Coordinator
	onSQLite(t).want(http.StatusServiceUnavailable, "GET", "/v1/addresses?q=Caromb", nil)
}

func TestLocatePlace(t *testing.T) {
	x := onSQLite(t, func(c *Config) { c.Addresses = addressService(t) })
	ctx := t.Context()
	sure := store.Place{Name: "Salle", Address: "12 avenue du Mont Ventoux, 84200 Carpentras"}
	unsure := store.Place{Name: "Mairie", Address: "1 place de la Mairie"}
	none := store.Place{Name: "?"}
	for _, p := range []*store.Place{&sure, &unsure, &none} {
		check(t, x.scope.CreatePlace(ctx, p))
	}
	at := func(p store.Place) string { return "/v1/places/" + string(p.ID) + "/locate" }
	var got located
	a := x.want(http.StatusOK, "POST", at(sure), nil)
	a.into(t, &got)
	if !got.Taken || got.Place.At == nil || *got.Place.At != (point{50561235, 440581000}) || a.Header.Get("ETag") != `"2"` {
		t.Errorf("%+v, %s", got, a.Header.Get("ETag"))
	}
	kept, err := x.scope.Place(ctx, sure.ID)
	check(t, err)
	if kept.At == nil || *kept.At != (store.Point{LonE7: 50561235, LatE7: 440581000}) || kept.Name != "Salle" {
		t.Errorf("%+v", kept)
	}
	x.want(http.StatusConflict, "POST", at(sure), nil)
	x.want(http.StatusOK, "POST", at(sure)+"?replace=true", nil)

	got = located{}
	x.want(http.StatusOK, "POST", at(unsure), nil).into(t, &got)
	if got.Taken || got.Place.At != nil || len(got.Candidates) != 2 || len(got.Doubts) != 1 {
		t.Errorf("%+v", got)
	}
	kept, err = x.scope.Place(ctx, unsure.ID)
	check(t, err)
	if kept.At != nil || kept.Version != 1 {
		t.Errorf("%+v", kept)
	}
	x.want(http.StatusUnprocessableEntity, "POST", at(none), nil)
	x.want(http.StatusNotFound, "POST", "/v1/places/nothing/locate", nil)
}
