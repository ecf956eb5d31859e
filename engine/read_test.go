package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everything is a sound week in which each field of the contract occurs.
const everything = `{
  "id": "2026-W48",
  "timezone": "Europe/Paris",
  "places": [
    {"id": "mas", "name": "Le mas", "lon": 5.107, "lat": 44.112, "open": [["2026-11-26T07:00:00+01:00", "2026-11-26T20:00:00+01:00"]], "stop_s": 0, "handover": {"meet": false, "store": ["ambient", "frozen"]}},
    {"id": "hall", "lon": 5.048, "lat": 44.055},
    {"id": "square", "lon": 4.996, "lat": 44.035, "handover": {}}
  ],
  "producers": [
    {"id": "chazelle", "name": "Chazelle", "place": "mas", "ready_at": "2026-11-26T08:00:00+01:00", "max_added_m": 40000},
    {"id": "ruche", "place": "hall"}
  ],
  "vehicles": [
    {"id": "van-1", "producer": "chazelle", "kg": 600, "litres": {"ambient": 3000, "chilled": 400}, "available": [["2026-11-26T06:00:00+01:00", "2026-11-26T21:00:00+01:00"]], "co2_g_per_km": 190}
  ],
  "rounds": [
    {"id": "thursday", "producer": "chazelle", "vehicle": "van-1", "kind": "amap", "start": "mas", "end": "mas",
     "depart_after": "2026-11-26T14:00:00+01:00", "return_by": "2026-11-26T22:00:00.5+01:00",
     "stops": [{"place": "hall", "arrive_after": "2026-11-26T16:00:00+01:00", "arrive_by": "2026-11-26T16:30:00+01:00", "stay_s": 5400, "unload": {"kg": 120, "litres": {"ambient": 400}}}],
     "carries": ["ruche"], "max_added_m": 15000, "max_added_s": 3600, "frozen": true},
    {"id": "friday", "producer": "chazelle", "vehicle": "van-1", "start": "mas", "end": "mas", "depart_after": "2026-11-27T14:00:00Z", "return_by": "2026-11-27T22:00:00Z", "stops": [], "carries": "own"}
  ],
  "pickup_points": [{"id": "drive", "name": "Le drive", "place": "square", "accept_after": "2026-11-26T16:30:00+01:00", "accept_by": "2026-11-26T19:30:00+01:00"}],
  "orders": [
    {"id": "o-1", "pickup_point": "drive", "lines": [{"producer": "chazelle", "product": "Fraises 500 g", "quantity": 2, "kg": 1.0, "litres": 3e0, "class": "chilled", "carried_by": "producer"}]},
    {"id": "o-2", "lon": 5.01, "lat": 44.01, "lines": [{"producer": "ruche", "kg": 0.5, "litres": 0.25}]}
  ],
  "travel": {"metres": [[0, 1, 2], [3, 0, 4], [5, 6, 0]], "seconds": [[0, 7, 8], [9, 0, 10], [11, 12.5, 0]]},
  "locks": [{"producer": "chazelle", "pickup_point": "drive", "class": "chilled", "rounds": ["thursday"]}],
  "forbid": [{"producer": "ruche", "round": "friday"}],
  "settings": {"handover_m": 500, "others_within_m": 100000, "max_pickup_m": 0}
}`

func TestReadWeekReadsEveryField(t *testing.T) {
	week, warnings, err := ReadWeek(strings.NewReader("\ufeff"+everything), 0)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	got, err := json.Marshal(week)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(t, everything), plain(t, string(got))); diff != "" {
		t.Errorf("what was read differs from what was written (-written +read):\n%s", diff)
	}
	if faults := Validate(week, nil); len(faults) > 0 {
		t.Errorf("the week is sound, but: %v", faults)
	}
}

// plain is a document as maps and lists.
func plain(t *testing.T, doc string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(doc), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestReadWeekZeroAndAbsentDiffer(t *testing.T) {
	week, _, err := ReadWeek(strings.NewReader(everything), 0)
	if err != nil {
		t.Fatal(err)
	}
	if s := week.Places[0].StopSeconds(); s != 0 {
		t.Errorf("stop_s 0 became %v", s)
	}
	if s := week.Places[1].StopSeconds(); s != 300 {
		t.Errorf("no stop_s became %v", s)
	}
	if week.Places[0].CanMeet() || !week.Places[1].CanMeet() || !week.Places[2].CanMeet() {
		t.Error("handover.meet was read wrong")
	}
	if !week.Rounds[0].Accepts("ruche") || week.Rounds[0].Accepts("other") || week.Rounds[1].Accepts("ruche") {
		t.Error("carries was read wrong")
	}
	if want := time.Date(2026, 11, 26, 21, 0, 0, 5e8, time.UTC); !week.Rounds[0].ReturnBy.Equal(want) {
		t.Errorf("return_by is %v, want %v", week.Rounds[0].ReturnBy, want)
	}
	if zone := week.Rounds[0].ReturnBy.Location(); zone == time.Local {
		t.Error("the machine's time zone got into the week")
	}
}

// change replaces old, which occurs once in the sample week, by new.
func change(t *testing.T, old, new string) string {
	t.Helper()
	if strings.Count(everything, old) != 1 {
		t.Fatalf("%q occurs %d times in the sample", old, strings.Count(everything, old))
	}
	return strings.Replace(everything, old, new, 1)
}

func TestReadWeekFaults(t *testing.T) {
	const o1 = "orders[0].lines[0]"
	tests := []struct {
		name, old, new string
		want           string // the only fault, or its beginning
	}{
		{"text for a number", `"kg": 1.0`, `"kg": "1,0"`, o1 + `.kg: must be a number, not the text "1,0"`},
		{"number for a text", `"id": "o-1"`, `"id": 17`, `orders[0].id: must be a text, not the number 17`},
		{"object for a number", `"kg": 1.0`, `"kg": {"value": [1]}`, o1 + `.kg: must be a number, not an object`},
		{"list for an object", `"handover": {}`, `"handover": [[]]`, `places[2].handover: must be an object, not a list`},
		{"object for a list", `"stops": []`, `"stops": {}`, `rounds[1].stops: must be a list, not an object`},
		{"true for a text", `"id": "o-1"`, `"id": true`, `orders[0].id: must be a text, not true`},
		{"text for true", `"frozen": true`, `"frozen": "yes"`, `rounds[0].frozen: must be true or false, not the text "yes"`},
		{"false is as good as true", `"frozen": true`, `"frozen": false`, ``},
		{"null for a needed number", `"kg": 1.0`, `"kg": null`, o1 + `.kg: must be a number, not null`},
		{"null for an optional number", `"stop_s": 0`, `"stop_s": null`, ``},
		{"null for an empty list", `"stops": []`, `"stops": null`, ``},
		{"null in a list", `"stops": []`, `"stops": [null]`, `rounds[1].stops[0]: must be an object, not null`},
		{"null in a row", `[5, 6, 0]`, `[5, null, 0]`, `travel.metres[2][1]: must be a number, not null`},
		{"huge number", `"kg": 1.0`, `"kg": -1e999`, o1 + `.kg: -1e999 is too large for a number`},
		{"missing number", `"kg": 1.0, `, ``, o1 + `.kg: is missing: a number is needed here`},
		{"missing time", `"accept_after": "2026-11-26T16:30:00+01:00", `, ``, `pickup_points[0].accept_after: is missing: a time is needed here`},
		{"missing list", `"locks": [{"producer": "chazelle", "pickup_point": "drive", "class": "chilled", "rounds": ["thursday"]}]`,
			`"locks": [{"producer": "chazelle", "pickup_point": "drive"}]`, `locks[0].rounds: is missing: a list is needed here`},
		{"doubled key", `"kg": 1.0`, `"kg": 1, "kg": 2`, o1 + `.kg: is given twice in one object: keep one`},
		{"doubled key in disguise", `"kg": 1.0`, `"kg": 1, "\u006bg": 2`, o1 + `.kg: is given twice in one object: keep one`},
		{"doubled class", `"chilled": 400`, `"ambient": 400`, `vehicles[0].litres.ambient: is given twice in one object: keep one`},
		{"key in another case", `"kg": 1.0`, `"Kg": 1.0`, o1 + `.kg: is missing`},
		{"time without offset", `2026-11-27T14:00:00Z`, `2026-11-27T14:00:00`,
			`rounds[1].depart_after: "2026-11-27T14:00:00" is no time: write it with its offset, like "2026-11-26T08:00:00+01:00" (RFC 3339)`},
		{"a day that is not", `2026-11-27T14:00:00Z`, `2026-11-31T14:00:00Z`, `rounds[1].depart_after: "2026-11-31T14:00:00Z" is no time`},
		{"time as a number", `"2026-11-27T14:00:00Z"`, `1764252000`, `rounds[1].depart_after: must be a time like "2026-11-26T08:00:00+01:00", not the number 1764252000`},
		{"half an interval", `[["2026-11-26T07:00:00+01:00", "2026-11-26T20:00:00+01:00"]]`, `[["2026-11-26T07:00:00+01:00"]]`,
			`places[0].open[0]: has 1 entries: it must be a list of two times, opening and closing`},
		{"one and a half", `[["2026-11-26T07:00:00+01:00", "2026-11-26T20:00:00+01:00"]]`, `[["2026-11-26T07:00:00+01:00", "2026-11-26T20:00:00+01:00", 3]]`,
			`places[0].open[0]: has 3 entries: it must be a list of two times, opening and closing`},
		{"a time in an interval", `[["2026-11-26T07:00:00+01:00", "2026-11-26T20:00:00+01:00"]]`, `[["7:00", "2026-11-26T20:00:00+01:00"]]`,
			`places[0].open[0][0]: "7:00" is no time`},
		{"no such class", `"class": "chilled", "carried_by"`, `"class": "chiled", "carried_by"`,
			o1 + `.class: "chiled" is not known, did you mean "chilled"?: use "ambient", "chilled" or "frozen"`},
		{"no such class of room", `"chilled": 400`, `"cold": 400`, `vehicles[0].litres: "cold" is not known: use "ambient", "chilled" or "frozen"`},
		{"no such class to store", `["ambient", "frozen"]`, `["ambient", "frozn"]`, `places[0].handover.store[1]: "frozn" is not known, did you mean "frozen"?`},
		{"no such carrier", `"carried_by": "producer"`, `"carried_by": "all"`, o1 + `.carried_by: "all" is not known: use "any" or "producer"`},
		{"carries one", `"carries": "own"`, `"carries": "owm"`, `rounds[1].carries: must be "all", "own" or a list of producer ids, not the text "owm", did you mean "own"?`},
		{"carries numbers", `["ruche"]`, `["ruche", 3]`, `rounds[0].carries[1]: must be a text, not the number 3`},
		{"carries an object", `"carries": "own"`, `"carries": {}`, `rounds[1].carries: must be "all", "own" or a list of producer ids, not an object`},
		{"carries all", `"carries": "own"`, `"carries": "all"`, ``},
		{"bad UTF-8", `Le drive`, "Le dr\xefve", `pickup_points[0].name: this is not JSON, at byte `},
		{"a comma too many", `"stops": []`, `"stops": [],`, `rounds[1]: this is not JSON, at byte `},
		{"a comment", `"handover": {}`, `"handover": {} // none`, `places[2]: this is not JSON, at byte `},
		{"NaN", `"kg": 1.0`, `"kg": NaN`, o1 + `.kg: this is not JSON, at byte `},
	}
	for _, tt := range tests {
		_, _, err := ReadWeek(strings.NewReader(change(t, tt.old, tt.new)), 0)
		var invalid *InvalidWeek
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want == "":
		case !errors.As(err, &invalid):
			t.Errorf("%s: the error is %v, want an InvalidWeek", tt.name, err)
		case len(invalid.Faults) != 1 || !strings.HasPrefix(invalid.Faults[0].String(), tt.want):
			t.Errorf("%s:\n got %v\nwant %v", tt.name, invalid.Faults, tt.want)
		}
	}
}

func TestReadWeekDocuments(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"nothing", "", "the document is empty: it must be a JSON object"},
		{"a list", "[1, 2]", "must be an object, not a list"},
		{"a text", `"week"`, `must be an object, not the text "week"`},
		{"not JSON", "id;places\n", "this is not JSON, at byte 0"},
		{"two documents", everything + "{}", fmt.Sprintf("something follows the end of the document, from byte %d on", len(everything))},
		{"a bracket too many", everything + " ]", fmt.Sprintf("something follows the end of the document, from byte %d on", len(everything))},
		{"nesting in a known field", `{"orders": ` + strings.Repeat("[", 1e6), "orders[0]: must be an object, not a list"},
		{"nesting in an unknown field", `{"x": ` + strings.Repeat(`{"x":`, 1e6), "nested deeper than 64 levels"},
	}
	for _, tt := range tests {
		_, _, err := ReadWeek(strings.NewReader(tt.doc), 0)
		var invalid *InvalidWeek
		if !errors.As(err, &invalid) || !strings.HasPrefix(invalid.Faults[0].String(), tt.want) {
			t.Errorf("%s: %v\nwant %v", tt.name, err, tt.want)
		}
	}
}

func TestReadWeekLimit(t *testing.T) {
	size := int64(len(everything))
	if _, _, err := ReadWeek(strings.NewReader(everything), size); err != nil {
		t.Errorf("a document of just the limit: %v", err)
	}
	for _, doc := range []string{everything, everything + " ", `{"orders": "` + strings.Repeat("x", int(size))} {
		_, _, err := ReadWeek(strings.NewReader(doc), size-1)
		want := fmt.Sprintf("the week cannot be planned: the document is larger than %d bytes", size-1)
		if err == nil || err.Error() != want {
			t.Errorf("a document above the limit: %v\nwant %v", err, want)
		}
	}
}

// The input's own failure is not the document's fault.
func TestReadWeekInputFails(t *testing.T) {
	broken := errors.New("the line is dead")
	_, _, err := ReadWeek(io.MultiReader(strings.NewReader(everything[:999]), iotest.ErrReader(broken)), 0)
	var invalid *InvalidWeek
	if !errors.Is(err, broken) || errors.As(err, &invalid) {
		t.Errorf("got %v, want the input's error", err)
	}
}

func TestReadWeekByteByByte(t *testing.T) {
	if _, _, err := ReadWeek(iotest.OneByteReader(strings.NewReader(everything)), 0); err != nil {
		t.Error(err)
	}
}

// sampleWeek is a sound week with n orders.
func sampleWeek(t testing.TB, n int) *Week {
	t.Helper()
	week, _, err := ReadWeek(strings.NewReader(everything), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		o := week.Orders[i%2]
		o.ID = fmt.Sprintf("more-%d", i)
		week.Orders = append(week.Orders, o)
	}
	return week
}

func TestReadWeekCutAnywhere(t *testing.T) {
	doc, err := json.Marshal(sampleWeek(t, 200))
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(doc); n += 997 {
		_, _, err := ReadWeek(bytes.NewReader(doc[:n]), 0)
		var invalid *InvalidWeek
		if !errors.As(err, &invalid) || len(invalid.Faults) != 1 {
			t.Fatalf("cut after %d bytes: %v, want a single fault", n, err)
		}
		if want := fmt.Sprintf("cut off after byte %d", n); !strings.Contains(invalid.Faults[0].Message, want) {
			t.Errorf("cut after %d bytes: %v", n, invalid.Faults[0])
		}
	}
	_, _, err = ReadWeek(strings.NewReader(`{"id": "w", "orders": [{"id": "o", "lines": [{"kg": 1.`), 0)
	want := "the week cannot be planned: orders[0].lines[0].kg: the document ends here, in the middle: it is cut off after byte 54"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %v", err, want)
	}
}

func TestReadWeekTellsAllFaults(t *testing.T) {
	doc := strings.NewReplacer(`"kg": 600`, `"kg": "600"`, `"stay_s": 5400, `, ``, `"litres": 0.25`, `"litres": []`).Replace(everything)
	_, _, err := ReadWeek(strings.NewReader(doc), 0)
	want := []Fault{
		{Path: "vehicles[0].kg", Message: `must be a number, not the text "600"`},
		{Path: "rounds[0].stops[0].stay_s", Message: "is missing: a number is needed here"},
		{Path: "orders[1].lines[0].litres", Message: "must be a number, not a list"},
	}
	var invalid *InvalidWeek
	if !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, invalid.Faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// Too many faults are counted, no longer told, and what is at fault is no longer kept.
func TestReadWeekCountsWhatItDoesNotTell(t *testing.T) {
	const n = 200_000
	_, _, err := ReadWeek(strings.NewReader(`{"id": "w", "orders": [`+strings.Repeat("1,", n-1)+`1]}`), 0)
	var invalid *InvalidWeek
	if !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	// Three lists are missing besides.
	if len(invalid.Faults) != maxFaults+1 || invalid.Faults[maxFaults].Message != fmt.Sprintf("and %d more of this kind", n+3-maxFaults) {
		t.Errorf("%d faults, the last %v", len(invalid.Faults), invalid.Faults[len(invalid.Faults)-1])
	}
	_, warnings, err := ReadWeek(strings.NewReader(change(t, `"handover": {}`, `"handover": {`+strings.Repeat(`"x": [{}], `, 5000)+`"x": 0}`)), 0)
	if err != nil || len(warnings) != maxFaults+1 || !warnings[maxFaults].Warning {
		t.Errorf("%d warnings, error %v", len(warnings), err)
	}
}

func TestReadWeekHugeLists(t *testing.T) {
	doc := `{"travel": {"metres": [[` + strings.Repeat("0,", maxItems) + `0]]}}`
	_, _, err := ReadWeek(strings.NewReader(doc), 0)
	if want := "travel.metres[0]: has more than 1048576 entries"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %v", err, want)
	}
	doc = `{"travel": {"metres": [` + strings.Repeat("[],", maxItems) + `[]]}}`
	_, _, err = ReadWeek(strings.NewReader(doc), 0)
	if want := "travel.metres: has more than 1048576 entries"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestReadWeekUnknownFields(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"nearly right", `"stop_s": 0`, `"stop": 0`, `warning: places[0]: unknown field "stop", did you mean "stop_s"?`},
		{"another case", `"stop_s": 0`, `"Stop_S": 0`, `warning: places[0]: unknown field "Stop_S", did you mean "stop_s"?`},
		{"far from all", `"stop_s": 0`, `"comment": {"a": [1, {"b": null}]}`, `warning: places[0]: unknown field "comment"`},
		{"deep", `"quantity": 2`, `"klg": 2`, `warning: orders[0].lines[0]: unknown field "klg", did you mean "kg"?`},
		{"of the week", `"timezone": "Europe/Paris"`, `"time_zone": "Europe/Paris"`, `warning: unknown field "time_zone", did you mean "timezone"?`},
	}
	for _, tt := range tests {
		week, warnings, err := ReadWeek(strings.NewReader(change(t, tt.old, tt.new)), 0)
		if week == nil || err != nil || len(warnings) != 1 || warnings[0].String() != tt.want {
			t.Errorf("%s: %v, %v\nwant %v", tt.name, warnings, err, tt.want)
		}
	}
}

func TestCarriesJSON(t *testing.T) {
	tests := []struct {
		carries Carries
		want    string
	}{
		{Carries{}, `"all"`},
		{Carries{OwnOnly: true}, `"own"`},
		{Carries{Only: []string{"a", "b"}}, `["a","b"]`},
		{Carries{Only: []string{}}, `[]`},
	}
	for _, tt := range tests {
		got, err := json.Marshal(tt.carries)
		if err != nil || string(got) != tt.want {
			t.Errorf("%+v is written %s, %v, want %s", tt.carries, got, err, tt.want)
		}
		var back Carries
		if err := json.Unmarshal(got, &back); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(tt.carries, back); diff != "" {
			t.Errorf("%s (-written +read):\n%s", got, diff)
		}
	}
	for _, doc := range []string{`"some"`, `3`, `{}`, `["a", 3]`} {
		if err := json.Unmarshal([]byte(doc), new(Carries)); err == nil {
			t.Errorf("%s was read", doc)
		}
	}
}

func TestReadPlan(t *testing.T) {
	zero := 0
	at := time.Date(2026, 11, 26, 14, 0, 0, 0, time.FixedZone("", 3600))
	plan := &Plan{
		Week: "2026-W48",
		Rounds: []PlanRound{{ID: "r", Producer: "p", Vehicle: "v", Dedicated: true, Metres: 2, BaseMetres: 1,
			Stops: []PlanStop{{Place: "a", Arrive: at, Depart: at, Load: []string{"c"}, Unload: []string{}}, {Place: "b", Arrive: at, Depart: at, Base: &zero, Load: []string{}, Unload: []string{"c"}}}}},
		Consignments: []Consignment{{ID: "c", Producer: "p", PickupPoint: "x", Class: Chilled, CarriedBy: ByAny, Kg: 1, Litres: 2,
			Lines: []LineRef{{"o", 3}}, Legs: []Leg{{"r", 0, 1}},
			Why: &Why{Way: WayHandover, AddedMetres: 4, Next: &NextWay{Rounds: []string{"v"}, New: true, Places: []string{"a"}, AddedMetres: 5}}}},
		Assigned: []Assignment{{"o", "x"}},
		Unserved: []Unserved{{Order: "o", Line: 1, Reason: "no room", Repair: &Repair{Obstacle: NoRoom, Round: "r", Class: Frozen, Missing: 40}}},
		Summary:  Summary{BaseMetres: 1, Handovers: 2, Producers: []Share{{Producer: "p", AloneMetres: 3, WorseOff: true}}},
	}
	doc, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadPlan(bytes.NewReader(doc), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plan, got); diff != "" {
		t.Errorf("a plan (-written +read):\n%s", diff)
	}
}

func TestReadPlanFaults(t *testing.T) {
	_, err := ReadPlan(strings.NewReader(`{"comment": {}, "rounds": [{"stops": [{"place": "a", "base": 0.5, "arrive": "noon"}]}]}`), 0)
	want := `the plan cannot be read: rounds[0].stops[0].base: must be a whole number, not 0.5; rounds[0].stops[0].arrive: "noon" is no time: write it with its offset, like "2026-11-26T08:00:00+01:00" (RFC 3339)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %v", err, want)
	}
	plan, err := ReadPlan(strings.NewReader(`{"week": "w", "author": "somebody", "assigned": null}`), 0)
	if err != nil || plan.Week != "w" {
		t.Errorf("a plan with a field of its own: %v, %v", plan, err)
	}
}

func TestEditDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{{"kg", "kg", 0}, {"", "kg", 2}, {"klg", "kg", 1}, {"kitten", "sitting", 3}, {"lon", "lat", 2}, {"fram", "farm", 1}, {"", "", 0}}
	for _, tt := range tests {
		if got := editDistance(tt.a, tt.b, 64); got != tt.want {
			t.Errorf("from %q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := editDistance(tt.b, tt.a, 64); got != tt.want {
			t.Errorf("from %q to %q: %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

// Whatever the bytes, reading ends with an error or with a week that is the same when it is written and read again.
func FuzzReadWeek(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte(`{"id":"w","places":[],"producers":[],"pickup_points":[],"orders":[]}`))
	f.Add([]byte(`{"id":"\u00e9\ud83d\ude9a","places":[{"id":"","lon":-0,"lat":1e-300}],"producers":null,"pickup_points":null,"orders":null,"x":[[{}]]}`))
	f.Add([]byte(`{"rounds":[{"carries":[]`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		ReadPlan(bytes.NewReader(doc), 1<<20)
		week, _, err := ReadWeek(bytes.NewReader(doc), 1<<20)
		if err != nil {
			if _, ok := err.(*InvalidWeek); !ok || err.Error() == "" {
				t.Fatalf("the error is %#v", err)
			}
			return
		}
		Validate(week, nil)
		written, err := json.Marshal(week)
		if err != nil {
			t.Fatal(err)
		}
		again, warnings, err := ReadWeek(bytes.NewReader(written), 8<<20)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%s\ncannot be read again: %v %v", written, warnings, err)
		}
		if rewritten, _ := json.Marshal(again); !bytes.Equal(written, rewritten) {
			t.Fatalf("written %s\n  again %s", written, rewritten)
		}
	})
}

func ExampleReadWeek() {
	_, warnings, err := ReadWeek(strings.NewReader(`{
		"id": "2026-W48",
		"places": [{"id": "mas", "lon": 5.107, "lat": 44.112, "stops": 300}],
		"producers": [{"id": "chazelle", "place": "mas", "ready_at": "8 o'clock"}],
		"pickup_points": [],
		"orders": [{"id": "o-1", "lines": [{"producer": "chazelle", "kg": "1", "litres": 3}]}]
	}`), 0)
	for _, w := range warnings {
		fmt.Println(w)
	}
	var invalid *InvalidWeek
	if errors.As(err, &invalid) {
		for _, f := range invalid.Faults {
			fmt.Println(f)
		}
	}
	// Output:
	// warning: places[0]: unknown field "stops", did you mean "stop_s"?
	// producers[0].ready_at: "8 o'clock" is no time: write it with its offset, like "2026-11-26T08:00:00+01:00" (RFC 3339)
	// orders[0].lines[0].kg: must be a number, not the text "1"
}
