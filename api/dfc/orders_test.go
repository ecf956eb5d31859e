package dfc_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/piprate/json-gold/ld"

	"carriole/api/dfc"
	"carriole/api/store"
	"carriole/engine"
	"carriole/geo"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func read(t testing.TB, text string) *dfc.Graph {
	t.Helper()
	g, err := dfc.Read(strings.NewReader(text), dfc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func cents(x int64) *int64 { return &x }

// What testdata/orders.jsonld says.
func wanted() *dfc.Orders {
	shop := "https://shop.example/"
	from, until := instant("2026-11-26T16:30:00+01:00"), instant("2026-11-26T19:30:00+01:00")
	return &dfc.Orders{
		Sessions: []dfc.Session{{ID: shop + "sessions/48", From: instant("2026-11-20T08:00:00+01:00"), Until: instant("2026-11-24T23:59:00+01:00")}},
		Orders: []dfc.Order{
			{ID: shop + "orders/1", Number: "R-1001", Session: shop + "sessions/48", Place: shop + "places/hall", From: from, Until: until, Lines: []dfc.Line{
				{ID: shop + "orders/1/1", Stock: shop + "stocks/eggs", Producer: shop + "farms/hens", Product: shop + "products/eggs", Quantity: 4, Grams: 1500, Millilitres: 5000, PriceCents: cents(720)},
				{ID: shop + "orders/1/2", Stock: shop + "stocks/cheese", Producer: shop + "farms/goats", Product: shop + "products/cheese", Quantity: 3, Grams: 900}}},
			{ID: shop + "orders/2", Number: "R-1002", Session: shop + "sessions/48", Place: shop + "places/hall", From: from, Until: until, Lines: []dfc.Line{
				{ID: shop + "orders/2/1", Stock: shop + "stocks/juice", Producer: shop + "farms/hens", Product: shop + "products/juice", Quantity: 2, Grams: 1500, Millilitres: 1500}}},
			{ID: shop + "orders/3", Number: "R-1003", Cancelled: true},
		},
		Products: []dfc.Product{
			{ID: shop + "products/eggs", Producer: shop + "farms/hens", Name: "Œufs", Unit: "375 g", Grams: 375, Millilitres: 1250, Class: engine.Ambient, Organic: true},
			{ID: shop + "products/cheese", Producer: shop + "farms/goats", Name: "Tomme", Unit: "300 g", Grams: 300, Class: engine.Chilled},
			{ID: shop + "products/juice", Producer: shop + "farms/hens", Name: "Jus de pomme", Unit: "75 cL", Grams: 750, Millilitres: 750, Class: engine.Ambient},
		},
		Producers: []dfc.Producer{
			{ID: shop + "farms/hens", Name: "Mas Ribelly", Place: shop + "places/hens"},
			{ID: shop + "farms/goats", Name: "Chèvrerie de Bédoin", Place: shop + "places/goats"},
		},
		Places: []dfc.Place{
			{ID: shop + "places/goats", Name: "Chèvrerie de Bédoin", City: "Bédoin", At: &geo.Point{5.1804, 44.1243}},
			{ID: shop + "places/hall", Name: "Salle des fêtes", Street: "1 place de la Mairie", Postcode: "84200", City: "Carpentras", At: &geo.Point{5.0481, 44.0551},
				Open: dfc.Hours{Weekly: store.Windows{{Days: []store.Weekday{"thu"}, From: 14 * 60, Until: 19*60 + 30}}}},
			{ID: shop + "places/hens", Name: "Mas Ribelly", City: "Entraigues-sur-la-Sorgue", At: &geo.Point{4.9266, 44.0032}},
		},
		Vehicles: []dfc.Vehicle{{ID: shop + "vehicles/van", Place: shop + "places/goats", Grams: 600_000, Millilitres: 3_000_000, Refrigerated: true,
			Available: dfc.Hours{Weekly: store.Windows{{Days: []store.Weekday{"tue", "thu"}, From: 12 * 60, Until: 20 * 60}}}}},
	}
}

// sorted brings lists into the order of ids: forms of a document differ in what comes first.
func sorted(o *dfc.Orders) *dfc.Orders {
	slices.SortFunc(o.Orders, func(a, b dfc.Order) int { return strings.Compare(a.ID, b.ID) })
	for i := range o.Orders {
		slices.SortFunc(o.Orders[i].Lines, func(a, b dfc.Line) int { return strings.Compare(a.ID, b.ID) })
	}
	slices.SortFunc(o.Products, func(a, b dfc.Product) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(o.Producers, func(a, b dfc.Producer) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(o.Places, func(a, b dfc.Place) int { return strings.Compare(a.ID, b.ID) })
	return o
}

const prefixOnly = `{
  "dfc-b": "https://github.com/datafoodconsortium/ontology/releases/latest/download/DFC_BusinessOntology.owl#",
  "dfc-m": "https://github.com/datafoodconsortium/taxonomies/releases/latest/download/measures.rdf#",
  "dfc-f": "https://github.com/datafoodconsortium/taxonomies/releases/latest/download/facets.rdf#"}`

var contextLine = regexp.MustCompile(`"@context": "[^"]*"`)

// One document in the forms and spellings in which platforms write it.
func TestFormsOfOrders(t *testing.T) {
	text := fixture(t, "orders.jsonld")
	spell := func(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
	forms := map[string]func(string) string{
		"as it is":   func(s string) string { return s },
		"no context": func(s string) string { return contextLine.ReplaceAllString(s, `"@context": null`) },
		"context that forgets which are references": func(s string) string { return contextLine.ReplaceAllString(s, `"@context": `+prefixOnly) },
		"ontology 2.0": func(s string) string {
			s = contextLine.ReplaceAllString(s, `"@context": "https://w3id.org/dfc/ontology/v2.0.0/context/context_2.0.0.json"`)
			return spell("dfc-b:Enterprise", "dfc-b:Organization", "dfc-m:Dozen", "dfc-m:dozen")(s)
		},
		"the first namespace": func(s string) string {
			return contextLine.ReplaceAllString(s, `"@context": {"dfc-b": "http://static.datafoodconsortium.org/ontologies/DFC_BusinessOntology.owl#"}`)
		},
		"other spellings": spell("isFulfilledBy", "fulfilledBy", "isStoredIn", "storedIn", "constituedBy", "constitutedBy", "isOpenDuring", "isOpeningDuring", "QuantitativeValue", "QuantitiveValue",
			"https://schema.org/opens", "dfc-b:opens", "https://schema.org/closes", "dfc-b:closes", "beginDate", "startDate"),
		"from the other end": func(s string) string {
			s = strings.Replace(s, `"dfc-b:hasPart": ["https://shop.example/orders/1/1", "https://shop.example/orders/1/2"]`, `"dfc-b:orderNumber": "R-1001"`, 1)
			s = strings.Replace(s, `"dfc-b:orderNumber": "R-1001", `, "", 1)
			return strings.Replace(s, `"@id": "https://shop.example/orders/1/2", `, `"@id": "https://shop.example/orders/1/2", "dfc-b:partOf": "https://shop.example/orders/1", `, 1)
		},
		"expanded": func(s string) string {
			var document any
			options := ld.NewJsonLdOptions("")
			written, err := json.Marshal(read(t, s)) // its context stands in it
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(written, &document); err != nil {
				t.Fatal(err)
			}
			expanded, err := ld.NewJsonLdProcessor().Expand(document, options)
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(expanded)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		},
		"every node twice": func(s string) string {
			from, to := strings.Index(s, `"@graph": [`)+len(`"@graph": [`), strings.LastIndex(s, "]")
			return s[:to] + "," + s[from:to] + s[to:]
		},
		"as we write it": func(s string) string {
			b, err := json.Marshal(read(t, s))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			o, faults := read(t, form(text)).Orders(nil)
			if diff := cmp.Diff(sorted(wanted()), sorted(o)); diff != "" {
				t.Error(diff)
			}
			want := []engine.Fault{{Path: "https://shop.example/orders/2/1", Message: "has a volume and no weight: 1 kg a litre was taken", Warning: true}}
			if diff := cmp.Diff(want, faults); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNestedOrder(t *testing.T) {
	o, faults := read(t, fixture(t, "nested.jsonld")).Orders(nil)
	if len(faults) > 0 {
		t.Error(faults)
	}
	verso := "https://verso.example/"
	farm := verso + "places/farm"
	want := &dfc.Orders{
		Orders: []dfc.Order{{ID: verso + "orders/1", Number: "7", Place: verso + "places/hall", Lines: []dfc.Line{
			{ID: verso + "lines/1", Stock: verso + "stocks/1", Producer: farm, Product: verso + "products/1 " + farm, Quantity: 1.5, Grams: 1500}}}},
		Products:  []dfc.Product{{ID: verso + "products/1 " + farm, Producer: farm, Name: "Fraises", Unit: "kg", Grams: 1000, Class: engine.Chilled}},
		Producers: []dfc.Producer{{ID: farm, Name: "Mas de Gouredon, Caromb", Place: farm}},
		Places: []dfc.Place{
			{ID: verso + "places/hall", Name: "Carpentras", City: "Carpentras", At: &geo.Point{5.0481, 44.0551}, Open: dfc.Hours{Dated: []engine.Interval{{instant("2026-11-26T14:00:00Z"), instant("2026-11-26T17:00:00Z")}}}},
			{ID: farm, Name: "Mas de Gouredon, Caromb", Street: "Mas de Gouredon", City: "Caromb", At: &geo.Point{5.1074, 44.1111}, Open: dfc.Hours{Dated: []engine.Interval{{instant("2026-11-26T13:00:00Z"), instant("2026-11-26T17:00:00Z")}}}},
		},
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Error(diff)
	}
}

// Each thing that cannot be used is said with its @id, and the others are read all the same.
func TestFaultsOfOrders(t *testing.T) {
	text := fixture(t, "orders.jsonld")
	replace := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("%s is not in the fixture", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for _, c := range []struct {
		name, text, path, message string
		orders, lines             int // left
	}{
		{"place without position", replace(`"dfc-b:latitude": 44.1243, "dfc-b:longitude": 5.1804`, `"dfc-b:street": "Le Plan"`), "https://shop.example/places/goats",
			"its position is not known: give its address latitude and longitude (Le Plan, Bédoin)", 3, 3},
		{"position that is none", replace(`"dfc-b:latitude": "44.0551"`, `"dfc-b:latitude": "N 44.0551"`), "https://shop.example/places/hall",
			`latitude "N 44.0551" and longitude "5.0481" are no position in degrees (1 place de la Mairie, 84200 Carpentras)`, 3, 3},
		{"line of no order", replace(`"dfc-b:partOf": "https://shop.example/orders/2", `, ""), "https://shop.example/orders/2/1", "is a line of no order in the graph", 2, 2},
		{"order without option", replace(`"dfc-b:selects": "https://shop.example/options/drive", "dfc-b:hasPart"`, `"dfc-b:hasPart"`), "https://shop.example/orders/1",
			"selects no PickupOption or DeliveryOption: where do its goods go?", 2, 1},
		{"option without place", replace(`"dfc-b:pickedUpAt": "https://shop.example/places/hall"`, `"dfc-b:pickedUpAt": "https://shop.example/places/elsewhere"`), "https://shop.example/orders/2",
			"selects https://shop.example/options/drive, whose place (pickedUpAt, deliveredAt) is not in the graph", 1, 0},
		{"stock nowhere", replace(`"dfc-b:isStoredIn": "https://shop.example/places/goats"`, `"dfc-b:name": "?"`), "https://shop.example/orders/1/2",
			"it is not said where its goods lie: neither isFulfilledBy → constituedBy → isStoredIn nor its supplier's address is in the graph", 3, 2},
		{"unit that nobody knows", replace("dfc-m:Piece", "dfc-m:Furlong"), "https://shop.example/orders/1/2", `hasQuantity is in "Furlong", which is not known as a unit of mass, volume or pieces`, 3, 2},
		{"comma", replace(`"dfc-b:value": "1.5"`, `"dfc-b:value": "1,5"`), "https://shop.example/orders/2/1", `hasQuantity has the value "1,5": it must be a number, 0 or more, with a dot for the decimals`, 2, 2},
		{"less than nothing", replace(`"dfc-b:value": "1.5"`, `"dfc-b:value": "-1.5"`), "https://shop.example/orders/2/1", `hasQuantity has the value "-1.5": it must be a number, 0 or more, with a dot for the decimals`, 2, 2},
		{"line that is not there", replace(`"https://shop.example/orders/1/2"]`, `"https://shop.example/orders/1/9"]`), "https://shop.example/orders/1", "has the line https://shop.example/orders/1/9, which the graph does not describe", 3, 2},
		{"hours that are none", replace(`"https://schema.org/opens": "14:00"`, `"https://schema.org/opens": "two"`), "https://shop.example/places/hall",
			`isOpenDuring from "two" to "19:30:00" on https://schema.org/Thursday is not understood: give moments (2026-11-26T17:00:00+01:00), or times of day (17:00) with dayOfWeek`, 3, 3},
		{"moment that is none", replace(`"2026-11-26T16:30:00+01:00"`, `"26/11/2026"`), "https://shop.example/options/drive", `beginDate "26/11/2026" is no moment: it must be like 2026-11-26T17:00:00+01:00`, 3, 3},
		{"term of no context", replace(`"dfc-b:orderNumber": "R-1001"`, `"orderNumber": "R-1001"`), "https://shop.example/orders/1", "orderNumber is not in the document's context: it was left out", 3, 3},
		{"a thousand tonnes", replace(`"dfc-b:value": 3}`, `"dfc-b:value": 900000000}`), "https://shop.example/orders/1/2", "has 270000000 kg: a thousand tonnes are the most", 3, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, faults := read(t, c.text).Orders(nil)
			if !slices.ContainsFunc(faults, func(f engine.Fault) bool { return f.Path == c.path && f.Message == c.message }) {
				t.Errorf("%s: %s\nis not among\n%v", c.path, c.message, faults)
			}
			lines := 0
			for _, x := range o.Orders {
				lines += len(x.Lines)
			}
			if len(o.Orders) != c.orders || lines != c.lines {
				t.Errorf("%d orders with %d lines are left, not %d with %d: %v", len(o.Orders), lines, c.orders, c.lines, faults)
			}
		})
	}
}

func TestNoJSONLD(t *testing.T) {
	deep := strings.Repeat(`{"@graph":[`, 40) + strings.Repeat("]}", 40)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":              {"", "is no JSON at byte 0: unexpected EOF"},
		"text":                 {`"https://evil.example/document"`, "is neither an object nor a list of objects"},
		"half":                 {`{"@graph": [`, "is no JSON at byte 12: unexpected EOF"},
		"twice":                {`{"@id": "a", "@id": "b"}`, "is there twice: the name may stand once in an object"},
		"context of somebody":  {`{"@context": "https://evil.example/context.json"}`, `@context: "https://evil.example/context.json" is not known here, and nothing is fetched: write the context into the document, or name one of datafoodconsortium.org`},
		"context in a context": {`{"@context": {"a": {"@id": "b:a", "@context": {}}}}`, "@context: a: contexts inside of contexts are not read: define each term once, at the top"},
		"import":               {`{"@context": {"@import": "https://evil.example/"}}`, "@context: @import: contexts inside of contexts are not read: define each term once, at the top"},
		"deep":                 {deep, "is nested more than 64 deep"},
		"wrong id":             {`{"@id": 5}`, "is no JSON-LD: invalid @id value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dfc.Read(strings.NewReader(c.text), dfc.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwithout\n%s", err, c.want)
			}
		})
	}
	if _, err := dfc.Read(strings.NewReader(fixture(t, "orders.jsonld")), dfc.Options{MaxBytes: 1000}); err == nil || !strings.Contains(err.Error(), "has more than 1000 bytes") {
		t.Error(err)
	}
	many := "[" + strings.Repeat("{},", 500_000) + "{}]"
	if _, err := dfc.Read(strings.NewReader(many), dfc.Options{}); err == nil || !strings.Contains(err.Error(), "more than 500000 objects and lists") {
		t.Error(err)
	}
	contexts := "[" + strings.Repeat(`{"@context": "https://www.datafoodconsortium.org"},`, 2000) + "{}]"
	if _, err := dfc.Read(strings.NewReader(contexts), dfc.Options{}); err == nil || !strings.Contains(err.Error(), "define more than 200000 terms") {
		t.Error(err)
	}
}

// More of something than anybody means is said and bounds the work.
func TestCrowds(t *testing.T) {
	text := fixture(t, "orders.jsonld")
	repeat := func(n int, f string) string {
		var out []string
		for i := range n {
			out = append(out, strings.ReplaceAll(f, "%", strconv.Itoa(i)))
		}
		return strings.Join(out, ",")
	}
	for _, c := range []struct{ old, new, fault string }{
		{`"dfc-b:hasPart": ["https://shop.example/orders/1/1", "https://shop.example/orders/1/2"]`, `"dfc-b:hasPart": [` + repeat(6000, `"https://shop.example/orders/1/%"`) + "]",
			"https://shop.example/orders/1: has 5000 values of hasPart or more, the most that are read: send it in parts"},
		{`"@type": "dfc-b:SaleSession"`, `"@type": [` + repeat(60, `"dfc-b:T%"`) + `]`, "warning: https://shop.example/sessions/48: has more than 50 types: the others were left out"},
		{`"dfc-b:isOpenDuring": {`, `"dfc-b:isOpenDuring": [` + repeat(101, `{"dfc-b:start":"2026-11-26T14:00:00Z","dfc-b:end":"2026-11-26T15:00:00Z"}`) + `], "dfc-b:description": {`,
			"https://shop.example/places/hall: has more than 100 isOpenDuring: the others were left out"},
	} {
		_, faults := read(t, strings.Replace(text, c.old, c.new, 1)).Orders(nil)
		if !slices.ContainsFunc(faults, func(f engine.Fault) bool { return f.String() == c.fault }) {
			t.Errorf("%s\nis not among\n%.2000v", c.fault, faults)
		}
	}
}

func TestShipmentsAsked(t *testing.T) {
	o, faults := read(t, fixture(t, "shipments.jsonld")).Orders(nil)
	if slices.ContainsFunc(faults, func(f engine.Fault) bool { return !f.Warning }) {
		t.Error(faults)
	}
	hub := "https://hub.example/"
	eight, half, noon := instant("2026-11-26T08:00:00+01:00"), instant("2026-11-26T08:30:00+01:00"), instant("2026-11-26T12:00:00+01:00")
	want := []dfc.Order{
		{ID: hub + "shipments/1", Number: "1", Place: hub + "places/hub", From: eight, Until: noon, Delivered: true, Lines: []dfc.Line{
			{ID: hub + "shipments/1", Stock: hub + "stocks/1", Shipment: hub + "shipments/1", Producer: hub + "places/farm", Product: hub + "physical/1 " + hub + "places/farm", Quantity: 120, Grams: 120_000, Ready: eight}}},
		{ID: hub + "shipments/2", Number: "2", Place: hub + "places/hub", From: half, Until: noon, Delivered: true, Lines: []dfc.Line{
			{ID: hub + "shipments/2", Stock: hub + "shipments/2", Shipment: hub + "shipments/2", Producer: hub + "places/mill", Product: hub + "shipments/2 " + hub + "places/mill", Quantity: 40, Grams: 40_000, Millilitres: 90_000, Ready: half}}},
	}
	if diff := cmp.Diff(want, o.Orders); diff != "" {
		t.Error(diff)
	}
	if o.Products[1].Class != engine.Chilled {
		t.Errorf("%+v is not chilled", o.Products[1])
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"orders.jsonld", "nested.jsonld", "shipments.jsonld"} {
		f.Add([]byte(fixture(f, name)))
	}
	f.Add([]byte(`{"@context":{"p":{"@reverse":"dfc-b:partOf"}},"@id":"a","p":{"@id":"b","dfc-b:geo":{"@list":[1,1,{"@list":[]}]}}}`))
	f.Add([]byte(`[{"@type":["dfc-b:Route"],"dfc-b:steps":{"@list":[{"@type":"dfc-b:Step","dfc-b:arrival":1e300}]}}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := dfc.Read(bytes.NewReader(text), dfc.Options{MaxBytes: 1 << 16})
		if err != nil {
			return
		}
		o, _ := g.Orders(nil)
		week, _, faults := o.Week("w", nil)
		if !slices.ContainsFunc(faults, func(f engine.Fault) bool { return !f.Warning }) {
			for _, f := range engine.Validate(week, nil) {
				if !f.Warning {
					t.Errorf("%s, which no fault of the graph says", f)
				}
			}
		}
		g.Transport(nil)
		written, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		again, err := dfc.Read(bytes.NewReader(written), dfc.Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		rewritten, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(written), string(rewritten)); diff != "" {
			t.Errorf("written differently the second time: %s\nof\n%s", diff, text)
		}
	})
}
