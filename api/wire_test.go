package api

import (
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"carriole/api/store"
)

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		text     string
		decimals int
		want     int64
		fault    string
	}{
		{"2.5", 3, 2500, ""},
		{"0.001", 3, 1, ""},
		{"1.000", 3, 1000, ""},
		{"1.0000", 3, 1000, ""},
		{"1.0005", 3, 0, "more than 3 decimals"},
		{"-0.5", 3, -500, ""},
		{"-0", 3, 0, ""},
		{"1e3", 0, 1000, ""},
		{"1.5E+2", 0, 150, ""},
		{"1500e-3", 3, 1500, ""},
		{"15e-4", 3, 0, "more than 3 decimals"},
		{"7", 0, 7, ""},
		{"7.0", 0, 7, ""},
		{"7.5", 0, 0, "more than 0 decimals"},
		{"180", 7, 1_800_000_000, ""},
		{"5.0481", 7, 50_481_000, ""},
		{"999999999999999", 3, 999_999_999_999_999_000, ""},
		{"9999999999999999", 3, 0, "too large"},
		{"1e400", 3, 0, "too large"},
		{"1e-400", 3, 0, "more than 3 decimals"},
		{"1e999999999999", 3, 0, "no number that can be meant"},
		{"0e400", 3, 0, ""},
		{"", 3, 0, "no number"},
		{".", 3, 0, "no number"},
		{".5", 3, 0, "no number"},
		{"5.", 3, 0, "no number"},
		{"1.2.3", 3, 0, "no number"},
		{"1 kg", 3, 0, "no number"},
		{"--1", 3, 0, "no number"},
	} {
		got, err := parseDecimal([]byte(c.text), c.decimals)
		switch {
		case c.fault == "" && (err != nil || got != c.want):
			t.Errorf("%q with %d decimals: %d, %v, want %d", c.text, c.decimals, got, err, c.want)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%q with %d decimals: %d, %v, want %s", c.text, c.decimals, got, err, c.fault)
		}
	}
}

// What is written is read as it was, and what is read is what exact arithmetic says.
func TestDecimalsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		decimals := rapid.IntRange(0, 7).Draw(t, "decimals")
		x := rapid.Int64Range(-999_999_999_999_999_999, 999_999_999_999_999_999).Draw(t, "x")
		text := appendDecimal(nil, x, decimals)
		if got, err := parseDecimal(text, decimals); err != nil || got != x {
			t.Fatalf("%d is written %s and read %d, %v", x, text, got, err)
		}
		number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		exact, _ := new(big.Rat).SetString(number)
		exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)))
		got, err := parseDecimal([]byte(number), decimals)
		fits := exact.IsInt() && len(new(big.Int).Abs(exact.Num()).String()) <= mostDigits
		if fits != (err == nil) || fits && exact.Num().Cmp(big.NewInt(got)) != 0 {
			t.Fatalf("%s is read %d, %v; it is %s", number, got, err, exact)
		}
	})
}

// Documents with every field that there is come back as they went in.
func TestDocumentsComeBack(t *testing.T) {
	onEach(t, func(t *testing.T, x *site) {
		places, _, err := x.scope.Places(t.Context(), store.PlaceFilter{}, store.Page{})
		check(t, err)
		things := x.things("back", places[0].ID, x.ownProducer())
		id := func(subject string) string { return things[subject].id }
		hours := `[{"days": ["mon", "thu"], "from": "07:00", "until": "24:30", "season": {"from": "04-01", "until": "10-31"}}]`
		var schemas struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]struct {
						ReadOnly bool `json:"readOnly"`
					} `json:"properties"`
				} `json:"schemas"`
			} `json:"components"`
		}
		x.want(http.StatusOK, "GET", "/openapi.json", nil).into(t, &schemas)
		for _, c := range []struct{ path, schema, doc string }{
			{"members", "Member", `{"email": "b@example.org", "name": "B", "role": "producer", "producer": "$producers", "language": "fr", "no_mail": true}`},
			{"producers", "Producer", `{"ref": "v-1", "name": "Chazelle", "place": "$places", "profession": "Arboriculteur", "email": "a@example.org", "phone": "+33 4", "phone_shared": true, "organic_body": "FR-BIO-01", "siret": "73282932000074", "approval": "FR 84.031.001 CE",
				"ready": "08:30", "ready_days_before": 1, "max_added_m": 40000, "active": false}`},
			{"places", "Place", `{"ref": "p-1", "name": "Mas", "address": "Caromb", "note": "left", "at": {"lon": -5.1070001, "lat": 44.112}, "hours": ` + hours + `, "stop_s": 420, "meet": false, "store": ["ambient", "frozen"]}`},
			{"vehicles", "Vehicle", `{"ref": "k-1", "name": "Kangoo", "producer": "$producers", "plate": "AB-123-CD", "kg": 600.001, "litres": {"ambient": 3000.5, "chilled": 400, "frozen": 1}, "gross_kg": 2000, "equipment": "boxes", "boxes": 4, "co2_g_per_km": 190, "available": ` + hours + `}`},
			{"rounds", "Round", `{"ref": "r-1", "name": "AMAP", "kind": "amap", "producer": "$producers", "vehicle": "$vehicles", "rule": "FREQ=WEEKLY;BYDAY=TH", "starts": "2026-01-01", "season": {"from": "01-01", "until": "12-24"},
				"start": "$places", "end": "$places", "depart_after": "15:00", "return_by": "25:00", "stops": [{"place": "$places", "arrive_after": "17:00", "arrive_by": "18:00", "stay_s": 5400, "unload": {"kg": 120, "litres": {"ambient": 400}}}],
				"carries": "some", "only": ["$producers"], "max_added_m": 15000, "max_added_s": 3600, "frozen": true}`},
			{"round-changes", "RoundChange", `{"round": "$rounds", "day": "2026-12-03", "kind": "moved", "to_day": "2026-12-04", "shift_min": -30, "vehicle": "$vehicles", "reason": "market"}`},
			{"absences", "Absence", `{"producer": "$producers", "first": "2026-12-01", "last": "2026-12-02", "reason": "harvest"}`},
			{"pickup-points", "PickupPoint", `{"ref": "pp-1", "name": "Salle", "place": "$places", "windows": ` + hours + `, "dated": [{"day": "2026-12-25"}, {"day": "2026-12-24", "spans": [{"from": "10:00", "until": "12:00"}]}],
				"accept_from_min": 60, "accept_until_min": -5, "note": "ring", "active": false}`},
			{"products", "Product", `{"ref": "pr-1", "producer": "$producers", "name": "Fraises", "unit": "500 g", "kg": 0.5, "litres": 1.5, "class": "chilled", "carried_by": "producer", "organic": true, "unpacked_eggs": true, "price_cents": 350, "active": false}`},
			{"sales", "Sale", `{"ref": "s-1", "name": "Semaine 48", "opens": "2026-11-20T08:00:00Z", "closes": "2026-11-25T22:00:00.5Z", "distribution": "2026-11-27", "first": "2026-11-26", "last": "2026-11-28", "state": "cancelled"}`},
			{"lots", "Lot", `{"sale": "$to close", "producer": "$producers", "product": "$products", "code": "P48-2", "use_by": "2026-12-01", "best_before": "2026-12-24"}`},
			{"ways", "Way", `{"sale": "$sales", "producer": "$producers", "pickup_point": "$pickup points", "class": "frozen", "rides": [{"round": "$rounds", "day": "2026-11-26"}]}`},
			{"forbids", "Forbid", `{"sale": "$sales", "producer": "$producers", "round": "$rounds", "day": "2026-11-26", "reason": "goats"}`},
			{"settings", "Setting", `{"name": "eggs_within_m", "since": "2026-01-01", "value": 60000, "reason": "agreed"}`},
		} {
			t.Run(c.path, func(t *testing.T) {
				x := *x
				x.t = t
				doc := c.doc
				for subject := range things {
					doc = strings.ReplaceAll(doc, `"$`+subject+`"`, fmt.Sprintf("%q", id(subject)))
				}
				var want, got map[string]any
				check(t, json.Unmarshal([]byte(doc), &want))
				made := x.want(http.StatusCreated, "POST", "/v1/"+c.path, doc)
				back := x.want(http.StatusOK, "GET", made.Header.Get("Location"), nil)
				if string(back.body) != string(made.body) {
					t.Errorf("made %s, read %s", made.body, back.body)
				}
				back.into(t, &got)
				for name, field := range schemas.Components.Schemas[c.schema].Properties {
					_, said := want[name]
					if field.ReadOnly {
						continue
					}
					if !said && !(c.path == "absences" && name == "vehicle") {
						t.Errorf("the example has no %s", name)
					}
					a, err := json.Marshal(want[name], json.Deterministic(true))
					check(t, err)
					b, err := json.Marshal(got[name], json.Deterministic(true))
					check(t, err)
					if string(a) != string(b) {
						t.Errorf("%s was %s, came back as %s", name, a, b)
					}
				}
				// It can be put as it was read, which makes another version of the same.
				again := x.want(http.StatusOK, "PUT", made.Header.Get("Location"), string(back.body), "If-Match", back.Header.Get("ETag"))
				if strings.Replace(string(again.body), `"version":2`, `"version":1`, 1)[:60] != string(back.body)[:60] {
					t.Errorf("put %s, became %s", back.body, again.body)
				}
			})
		}
	})
}
