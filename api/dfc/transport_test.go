package dfc_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/piprate/json-gold/ld"

	"carriole/api/dfc"
	"carriole/engine"
	"carriole/geo"
)

// noLoader fails a test that would fetch something.
type noLoader struct{}

func (noLoader) LoadDocument(address string) (*ld.RemoteDocument, error) {
	return nil, fmt.Errorf("%s was asked for", address)
}

// valid says whether a document means all that stands in it: expansion drops nothing and fetches nothing.
func valid(t *testing.T, document []byte) {
	t.Helper()
	var x any
	if err := json.Unmarshal(document, &x); err != nil {
		t.Fatal(err)
	}
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader, options.SafeMode = noLoader{}, true
	if _, err := ld.NewJsonLdProcessor().Expand(x, options); err != nil {
		t.Errorf("%v: %s", err, document)
	}
}

func marshal(t *testing.T, g *dfc.Graph) []byte {
	t.Helper()
	b, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func solve(t *testing.T, week *engine.Week) *engine.Plan {
	t.Helper()
	plan, err := engine.Solve(t.Context(), week, nil, engine.Options{Seed: 1, Iterations: 300, Workers: 1, Shares: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, violations := engine.Check(week, nil, plan); violations != nil {
		t.Fatal(violations)
	}
	return plan
}

// same compares transports by what they say: times are moments, and places may say more than the plan knows.
func same(want, got *dfc.Transport) string {
	for i := range want.Shipments { // of one that was asked for, the graph says what it is and when
		if s := &want.Shipments[i]; s.Asked {
			at := slices.IndexFunc(got.Shipments, func(x dfc.Shipment) bool { return x.ID == s.ID && len(x.Vehicles) > 0 })
			if at >= 0 {
				vehicles := s.Vehicles
				*s = got.Shipments[at]
				s.Vehicles = vehicles
			}
		}
	}
	for _, x := range []*dfc.Transport{want, got} {
		slices.SortFunc(x.Vehicles, func(a, b dfc.Vehicle) int { return cmp.Compare(a.ID, b.ID) })
		slices.SortFunc(x.Shipments, func(a, b dfc.Shipment) int { return cmp.Compare(a.ID, b.ID) })
		slices.SortFunc(x.Routes, func(a, b dfc.Route) int { return cmp.Compare(a.ID, b.ID) })
	}
	return gocmp.Diff(want, got, cmpopts.IgnoreFields(dfc.Transport{}, "Places", "Base"), cmpopts.EquateApproxTime(time.Microsecond), cmpopts.EquateEmpty())
}

// A graph of orders becomes a plan, and the plan is in the graph that comes back.
func TestOrdersToRoutes(t *testing.T) {
	second := strings.ReplaceAll(fixture(t, "orders.jsonld"), "https://www.datafoodconsortium.org/wp-content/plugins/wordpress-context-jsonld/context_1.16.0.jsonld",
		"https://w3id.org/dfc/ontology/v2.0.0/context/context_2.0.0.json")
	for name, c := range map[string]struct {
		text      string
		shipments int
		terms     []string
	}{
		"orders":       {fixture(t, "orders.jsonld"), 2, []string{`"dfc-b:steps":[`, `"dfc-b:vehicle":"`, `"dfc-b:pickup":`, `"dfc-b:arrival":1795`, `"dfc-b:waiting_time":`}},
		"ontology 2.0": {second, 2, []string{`"dfc-b:hasStep":[`, `"dfc-b:useVehicle":"`, `"dfc-b:pickUp":`, `"dfc-b:arrivalDate":"2026-11-26T`, `"@type":"dfc-b:PickUpStep"`, `"@type":"dfc-b:DeliveryStep"`}},
		"nested":       {fixture(t, "nested.jsonld"), 1, nil},
		"shipments":    {fixture(t, "shipments.jsonld"), 2, nil},
	} {
		t.Run(name, func(t *testing.T) { planned(t, c.text, c.shipments, c.terms...) })
	}
}

func planned(t *testing.T, text string, shipments int, terms ...string) {
	g := read(t, text)
	o, faults := g.Orders(nil)
	week, lines, more := o.Week("w", nil)
	for _, f := range append(faults, more...) {
		if !f.Warning {
			t.Error(f)
		}
	}
	for _, f := range engine.Validate(week, nil) {
		t.Error(f)
	}
	plan := solve(t, week)
	if len(plan.Unserved) > 0 {
		t.Fatalf("unserved: %v", plan.Unserved)
	}
	transport := dfc.FromPlan(week, plan, lines.Naming("https://carriole.example/plans/1/"))
	transport.Notes = append(transport.Notes, dfc.Notes(append(faults, more...))...)
	g.Put(transport)
	document := marshal(t, g)
	valid(t, document)
	for _, term := range terms {
		if !bytes.Contains(document, []byte(term)) {
			t.Errorf("no %s in %s", term, document)
		}
	}

	back := read(t, string(document))
	got, faults := back.Transport(nil)
	for _, f := range faults {
		if !f.Warning {
			t.Error(f)
		}
	}
	if diff := same(transport, onlyUsed(got, transport)); diff != "" {
		t.Error(diff)
	}
	// What rides is what was ordered, each stock from where it lies to where it is collected.
	ridden := map[string]bool{}
	for _, s := range got.Shipments {
		ridden[s.ID] = true // which may say itself what it is
		for _, x := range s.Transports {
			ridden[x] = true
		}
	}
	for ref, l := range lines {
		if !ridden[l.Stock] {
			t.Errorf("%v (%s) is on no shipment", ref, l.Stock)
		}
	}
	direct := slices.DeleteFunc(slices.Clone(got.Shipments), func(s dfc.Shipment) bool {
		return strings.Contains(s.ID, "/shipments/c-") && strings.HasSuffix(s.ID, "/2")
	})
	if len(direct) != shipments {
		t.Errorf("%d shipments, not %d", len(direct), shipments)
	}
	// Posted again, the graph is planned anew and holds one plan.
	again, _ := back.Orders(nil)
	if diff := gocmp.Diff(o.Orders, again.Orders, cmpopts.EquateApproxTime(0), cmpopts.IgnoreFields(dfc.Order{}, "Lines")); diff != "" && terms != nil {
		t.Error(diff)
	}
	for i := range transport.Shipments { // which comparing has filled in
		transport.Shipments[i].Asked = strings.HasPrefix(transport.Shipments[i].ID, "https://hub.example/")
	}
	back.Put(transport)
	if twice := marshal(t, back); len(twice) != len(document) {
		t.Errorf("put twice there are %d bytes, not %d", len(twice), len(document))
	}
}

// onlyUsed leaves the vehicles out that the graph had and no route uses.
func onlyUsed(got, want *dfc.Transport) *dfc.Transport {
	var out []dfc.Vehicle
	for _, v := range got.Vehicles {
		i := slices.IndexFunc(want.Vehicles, func(w dfc.Vehicle) bool { return w.ID == v.ID })
		if i < 0 {
			continue
		}
		if len(v.Available.Weekly) > 0 { // the graph's own word stands
			v.Available, v.Grams, v.Millilitres, v.Frozen, v.Refrigerated = want.Vehicles[i].Available, want.Vehicles[i].Grams, want.Vehicles[i].Millilitres, want.Vehicles[i].Frozen, want.Vehicles[i].Refrigerated
		}
		out = append(out, v)
	}
	got.Vehicles = out
	return got
}

// The public sample of the only other implementation. It carries no licence: it is read where it lies and never copied.
func TestVersoSample(t *testing.T) {
	folder := cmp.Or(os.Getenv("DFC_VERSO"), filepath.Join("..", "..", "..", "shared", "data", "dfc-verso"))
	text, err := os.ReadFile(filepath.Join(folder, "orders-DFC.json"))
	if err != nil {
		t.Skipf("the sample is not there (%v): name its folder in DFC_VERSO", err)
	}
	planned(t, string(text), 10)

	g := read(t, string(text))
	o, _ := g.Orders(nil)
	var needs struct {
		Shipments []struct {
			Pickup, Delivery struct {
				Location geo.Point
				Windows  [][2]int64 `json:"time_windows"`
			}
		}
	}
	text, err = os.ReadFile(filepath.Join(folder, "needs-verso.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &needs); err != nil {
		t.Fatal(err)
	}
	// The same pairs of places, with the same hours, as the other implementation makes of it.
	type pair struct{ from, to geo.Point }
	want, got := map[pair]int{}, map[pair]int{}
	for _, s := range needs.Shipments {
		want[pair{s.Pickup.Location, s.Delivery.Location}]++
	}
	place := map[string]dfc.Place{}
	for _, p := range o.Places {
		place[p.ID] = p
		if at := p.Open.Dated; len(at) != 1 || at[0][0].Unix() != needs.Shipments[0].Pickup.Windows[0][0] || at[0][1].Unix() != needs.Shipments[0].Pickup.Windows[0][1] {
			t.Errorf("%s is open %v", p.ID, at)
		}
	}
	home := map[string]string{}
	for _, p := range o.Producers {
		home[p.ID] = p.Place
	}
	for _, x := range o.Orders {
		for _, l := range x.Lines {
			got[pair{*place[home[l.Producer]].At, *place[x.Place].At}]++
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A plan with rounds that are driven anyway and a handover, in a graph of its own, in both versions of the ontology.
func TestPlanOfRounds(t *testing.T) {
	week, _, err := engine.ReadWeek(strings.NewReader(fixture(t, "week.json")), 0)
	if err != nil {
		t.Fatal(err)
	}
	plan := solve(t, week)
	const base = "https://carriole.example/plans/1/"
	transport := dfc.FromPlan(week, plan, dfc.Naming{Base: base})
	if len(transport.Shipments) != 2 || transport.Shipments[0].ID != base+"shipments/c-1/1" || transport.Shipments[1].ID != base+"shipments/c-1/2" {
		t.Fatalf("not one consignment on two rounds: %+v", transport.Shipments)
	}
	for i, s := range transport.Shipments {
		if diff := gocmp.Diff([]string{base + "orders/o-1/lines/0", base + "orders/o-2/lines/0"}, s.Transports); diff != "" {
			t.Error(i, diff)
		}
	}
	if transport.Shipments[0].To != transport.Shipments[1].From {
		t.Error("the second shipment does not start where the first ends")
	}
	// The steps tell the whole plan: a departure is the next arrival less the driving.
	for _, r := range transport.Routes {
		p := plan.Rounds[slices.IndexFunc(plan.Rounds, func(p engine.PlanRound) bool { return base+"routes/"+p.ID == r.ID })]
		var departs, arrives []time.Time
		for i, s := range r.Steps {
			if i > 0 && s.Driven > 0 {
				departs, arrives = append(departs, s.Arrive.Add(-s.Driven)), append(arrives, s.Arrive)
			}
		}
		for i, s := range p.Stops {
			if i > 0 && !s.Arrive.Equal(arrives[i-1]) || i < len(p.Stops)-1 && !s.Depart.Equal(departs[i]) {
				t.Errorf("stop %d of %s is from %v to %v, and the steps say %v, %v", i, r.ID, s.Arrive, s.Depart, arrives, departs)
			}
		}
	}
	for _, second := range []bool{false, true} {
		g := dfc.NewGraph(second)
		g.Put(transport)
		document := marshal(t, g)
		valid(t, document)
		got, faults := read(t, string(document)).Transport(nil)
		if faults != nil {
			t.Error(faults)
		}
		if diff := same(transport, got); diff != "" {
			t.Errorf("second %v: %s", second, diff)
		}
		if len(got.Places) != len(transport.Places) {
			t.Errorf("%d places, not %d", len(got.Places), len(transport.Places))
		}
	}
}

func TestVersoRoutes(t *testing.T) {
	got, faults := read(t, fixture(t, "verso-routes.jsonld")).Transport(nil)
	if faults != nil {
		t.Error(faults)
	}
	const m = "https://middleware.example/"
	want := &dfc.Transport{
		Vehicles:  []dfc.Vehicle{{ID: m + "vehicle-1", Ships: []string{m + "shipment-1"}}},
		Shipments: []dfc.Shipment{{ID: m + "shipment-1", Vehicles: []string{m + "vehicle-1"}, From: "_:place-0", To: "_:place-1", Transports: []string{"https://shop.example/stock/1"}, Class: engine.Ambient}},
		Routes: []dfc.Route{{ID: m + "route-0", Vehicle: m + "vehicle-1", Geometry: "w~kmG_|u^nxId|I", Steps: []dfc.Step{
			{ID: m + "step-0-1", Type: dfc.StepPickup, At: geo.Point{5.1074, 44.1111}, Arrive: time.Unix(1795702400, 0), Pickup: []string{m + "shipment-1"}},
			{ID: m + "step-0-2", Type: dfc.StepDelivery, At: geo.Point{5.0481, 44.0551}, Arrive: time.Unix(1795704000, 0), Driven: 10 * time.Minute, Waiting: time.Minute, Delivery: []string{m + "shipment-1"}},
		}}},
	}
	if diff := same(want, got); diff != "" {
		t.Error(diff)
	}
}

// What the week takes for granted, each with a warning.
func TestAssumptions(t *testing.T) {
	o, _ := read(t, fixture(t, "orders.jsonld")).Orders(nil)
	week, _, faults := o.Week("w", nil)
	shop := "https://shop.example/"
	day := func(clock string) time.Time { return instant("2026-11-26T" + clock + ":00+01:00") }
	wantVehicles := []engine.Vehicle{
		{ID: shop + "vehicles/van", Producer: shop + "farms/goats", Kg: 600, Litres: map[engine.Class]float64{engine.Ambient: 1500, engine.Chilled: 1500}, Available: []engine.Interval{{day("12:00"), day("20:00")}}},
		{ID: shop + "farms/hens#vehicle", Producer: shop + "farms/hens", Kg: 500, Litres: map[engine.Class]float64{engine.Ambient: 3000, engine.Chilled: 300}, Available: []engine.Interval{{day("06:00"), day("22:00")}}},
	}
	if diff := gocmp.Diff(wantVehicles, week.Vehicles, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Error(diff)
	}
	wantPoints := []engine.PickupPoint{{ID: shop + "places/hall", Name: "Salle des fêtes", Place: shop + "places/hall", AcceptAfter: day("14:00"), AcceptBy: day("19:30")}}
	if diff := gocmp.Diff(wantPoints, week.PickupPoints, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"warning: " + shop + "products/cheese: its volume is not known: 2.5 litres a kilogram were taken",
		"warning: " + shop + "vehicles/van: its room was taken for 2 classes of temperature in equal parts",
		"warning: " + shop + "farms/hens: has no vehicle in the graph: one of 500 kg, 3000 L and 300 L of insulated boxes was taken",
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.String())
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if week.Orders[0].Lines[1].Litres != 2.25 || week.Settings.OthersWithinM == nil || *week.Settings.OthersWithinM != 100_000 {
		t.Errorf("%+v, %+v", week.Orders[0].Lines[1], week.Settings)
	}
}

// When goods are taken in, by what the graph says of the place and of the order.
func TestAccepts(t *testing.T) {
	at := func(s string) time.Time { return instant("2026-11-26T" + s + ":00+01:00") }
	thursday := engine.Interval{at("14:00"), at("18:00")}
	for _, c := range []struct {
		name   string
		order  dfc.Order
		open   dfc.Hours
		want   engine.Interval
		faults int
	}{
		{"place is open", dfc.Order{}, dfc.Hours{Dated: []engine.Interval{thursday}}, thursday, 0},
		{"customers come: 90 to 15 minutes before", dfc.Order{From: at("16:30"), Until: at("19:30")}, dfc.Hours{}, engine.Interval{at("15:00"), at("16:15")}, 0},
		{"delivered", dfc.Order{From: at("08:00"), Until: at("12:00"), Delivered: true}, dfc.Hours{}, engine.Interval{at("08:00"), at("12:00")}, 0},
		{"delivered while it is open", dfc.Order{From: at("12:00"), Until: at("16:00"), Delivered: true}, dfc.Hours{Dated: []engine.Interval{thursday}}, engine.Interval{at("14:00"), at("16:00")}, 0},
		{"weekly", dfc.Order{From: at("16:30"), Until: at("19:30")}, wanted().Places[1].Open, engine.Interval{at("14:00"), at("19:30")}, 0},
		{"the opening of the order's day", dfc.Order{From: at("16:30")}, dfc.Hours{Dated: []engine.Interval{{at("14:00").AddDate(0, 0, -7), at("18:00").AddDate(0, 0, -7)}, thursday}}, thursday, 0},
		{"closed then", dfc.Order{From: at("19:00"), Until: at("20:00")}, dfc.Hours{Dated: []engine.Interval{thursday}}, thursday, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.order.ID, c.order.Place = "order", "hall"
			c.order.Lines = []dfc.Line{{ID: "line", Producer: "farm", Product: "product", Quantity: 1, Grams: 1000, Millilitres: 1000}}
			here := &geo.Point{5, 44}
			o := &dfc.Orders{Orders: []dfc.Order{c.order}, Products: []dfc.Product{{ID: "product", Producer: "farm"}}, Producers: []dfc.Producer{{ID: "farm", Place: "farm"}},
				Places: []dfc.Place{{ID: "hall", At: here, Open: c.open}, {ID: "farm", At: here}}}
			week, _, faults := o.Week("w", nil)
			if len(week.PickupPoints) != 1 || len(faults) != 1+c.faults { // and one that says what vehicle was taken
				t.Fatalf("%v, %v", week.PickupPoints, faults)
			}
			got := engine.Interval{week.PickupPoints[0].AcceptAfter, week.PickupPoints[0].AcceptBy}
			if diff := gocmp.Diff(c.want, got, cmpopts.EquateApproxTime(0)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, order := range map[string]dfc.Order{"never": {}, "weekly on another day": {From: at("16:30").AddDate(0, 0, 1), Until: at("19:30").AddDate(0, 0, 1)}} {
		order.ID, order.Place = "order", "hall"
		place := dfc.Place{ID: "hall", At: &geo.Point{5, 44}}
		if !order.From.IsZero() {
			place.Open = wanted().Places[1].Open
		}
		o := &dfc.Orders{Orders: []dfc.Order{order}, Places: []dfc.Place{place}}
		week, _, faults := o.Week("w", nil)
		if len(faults) != 1 || faults[0].Warning || faults[0].Path != "order" || len(week.PickupPoints) > 0 {
			t.Errorf("%s: %v, %v", name, week.PickupPoints, faults)
		}
	}
}

func ExampleGraph_Put() {
	text, err := os.ReadFile("testdata/orders.jsonld")
	if err != nil {
		fmt.Println(err)
		return
	}
	graph, err := dfc.Read(bytes.NewReader(text), dfc.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	orders, _ := graph.Orders(nil)
	week, lines, _ := orders.Week("2026-W48", nil)
	plan, err := engine.Solve(context.Background(), week, nil, engine.Options{Iterations: 100, Shares: -1})
	if err != nil {
		fmt.Println(err)
		return
	}
	transport := dfc.FromPlan(week, plan, lines.Naming("https://carriole.example/plans/1/"))
	graph.Put(transport)
	for _, s := range transport.Shipments {
		fmt.Println(s.ID, "of", s.Transports, "to", s.To)
	}
	// Output:
	// https://carriole.example/plans/1/shipments/c-1 of [https://shop.example/stocks/cheese] to https://shop.example/places/hall
	// https://carriole.example/plans/1/shipments/c-2 of [https://shop.example/stocks/eggs https://shop.example/stocks/juice] to https://shop.example/places/hall
}
