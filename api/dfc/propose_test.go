package dfc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carriole/api/dfc"
	"carriole/api/pgtest"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
)

// server is the PostgreSQL of all tests, started by the first that needs it, with a template that has the schema.
var (
	server   *pgtest.Server
	template string
)

var start = sync.OnceValue(func() (err error) {
	if server, err = pgtest.Start(); err != nil {
		return err
	}
	ctx := context.Background()
	url, err := server.Create(ctx, "postgres", "")
	if err != nil {
		return err
	}
	template, _, _ = strings.Cut(strings.TrimPrefix(url, "postgres:///"), "?")
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	return s.Close()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// onEach runs a test on a collective with a sale, in each database.
func onEach(t *testing.T, test func(t *testing.T, c *store.Scope, sale store.ID)) {
	for name, url := range map[string]func() (string, error){
		"sqlite": func() (string, error) { return "sqlite:" + filepath.Join(t.TempDir(), "store.db"), nil },
		"postgres": func() (string, error) {
			if err := start(); err != nil {
				return "", err
			}
			return server.Create(t.Context(), "postgres", template)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			at, err := url()
			check(t, err)
			s, err := store.Open(ctx, at)
			check(t, err)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			_, err = s.Migrate(ctx)
			check(t, err)
			col := store.Collective{Name: "Drive"}
			check(t, s.CreateCollective(ctx, &col, "test"))
			c := s.In(col.ID, "test")
			sale := store.Sale{Ref: "https://shop.example/sessions/48", Name: "Semaine 48", Distribution: "2026-11-26"}
			check(t, c.CreateSale(ctx, &sale))
			test(t, c, sale.ID)
		})
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// right says whether all faults are warnings.
func right(faults []engine.Fault) bool {
	return !slices.ContainsFunc(faults, func(f engine.Fault) bool { return !f.Warning })
}

// Orders of a graph go into a sale with all that they name, and the sale can be planned once somebody drives.
func TestApply(t *testing.T) {
	onEach(t, func(t *testing.T, c *store.Scope, sale store.ID) {
		ctx := t.Context()
		orders, _ := read(t, fixture(t, "orders.jsonld")).Orders(nil)
		p, faults, err := dfc.Propose(ctx, c, sale, orders)
		check(t, err)
		if !right(faults) || len(p.Places) != 3 || len(p.Producers) != 2 || len(p.PickupPoints) != 1 || len(p.Products) != 3 || p.New() != 9 {
			t.Fatalf("%+v, %v", p, faults)
		}
		puts, err := p.Apply(ctx, c)
		check(t, err)
		if len(puts) != 3 || puts[0].Status != store.PutCreated {
			t.Fatalf("%+v", puts)
		}

		data, err := c.WeekData(ctx, sale)
		check(t, err)
		week, weekFaults := planning.Week(data)
		if !right(weekFaults) {
			t.Fatal(weekFaults)
		}
		products := map[string]engine.Line{}
		for _, o := range week.Orders {
			for _, l := range o.Lines {
				l.Producer, l.ProductID = "", "" // as the store has made them
				products[l.Product] = l
			}
		}
		want := map[string]engine.Line{
			"Œufs 375 g":         {Product: "Œufs 375 g", Quantity: 4, Kg: 1.5, Litres: 5, Class: engine.Ambient, CarriedBy: engine.ByAny},
			"Tomme 300 g":        {Product: "Tomme 300 g", Quantity: 3, Kg: 0.9, Litres: 2.25, Class: engine.Chilled, CarriedBy: engine.ByAny},
			"Jus de pomme 75 cL": {Product: "Jus de pomme 75 cL", Quantity: 2, Kg: 1.5, Litres: 1.5, Class: engine.Ambient, CarriedBy: engine.ByAny},
		}
		if diff := cmp.Diff(want, products); diff != "" {
			t.Error(diff)
		}
		if pp := week.PickupPoints[0]; !pp.AcceptAfter.Equal(instant("2026-11-26T14:00:00+01:00")) || !pp.AcceptBy.Equal(instant("2026-11-26T19:30:00+01:00")) {
			t.Errorf("goods are accepted from %v to %v", pp.AcceptAfter, pp.AcceptBy)
		}

		// The same graph again changes nothing and proposes nothing.
		p, faults, err = dfc.Propose(ctx, c, sale, orders)
		check(t, err)
		if faults != nil || p.New() != 0 {
			t.Fatalf("%+v, %v", p, faults)
		}
		again, err := p.Apply(ctx, c)
		check(t, err)
		for i := range again {
			if again[i].ID != puts[i].ID || again[i].Status == store.PutCreated || again[i].Status == store.PutReplaced {
				t.Errorf("%+v after %+v", again[i], puts[i])
			}
		}
		// One that is cancelled goes.
		orders.Orders[0].Cancelled = true
		p, _, err = dfc.Propose(ctx, c, sale, orders)
		check(t, err)
		again, err = p.Apply(ctx, c)
		check(t, err)
		if again[0].Status != store.PutCancelled {
			t.Errorf("%+v", again[0])
		}
	})
}

func TestProposeFaults(t *testing.T) {
	onEach(t, func(t *testing.T, c *store.Scope, sale store.ID) {
		ctx := t.Context()
		text := fixture(t, "orders.jsonld")
		propose := func(text string) (*dfc.Proposal, []string) {
			t.Helper()
			orders, _ := read(t, text).Orders(nil)
			p, faults, err := dfc.Propose(ctx, c, sale, orders)
			check(t, err)
			var out []string
			for _, f := range faults {
				out = append(out, f.String())
			}
			return p, out
		}
		_, faults := propose(strings.ReplaceAll(text, "sessions/48", "sessions/49"))
		want := []string{
			"https://shop.example/orders/1: belongs to the session https://shop.example/sessions/49, and this sale is https://shop.example/sessions/48",
			"https://shop.example/orders/2: belongs to the session https://shop.example/sessions/49, and this sale is https://shop.example/sessions/48",
		}
		if diff := cmp.Diff(want, faults); diff != "" {
			t.Error(diff)
		}
		p, faults := propose(strings.Replace(text, `"dfc-b:latitude": 44.1243, "dfc-b:longitude": 5.1804`, `"dfc-b:street": "Le Plan"`, 1))
		if !slices.Contains(faults, "warning: https://shop.example/places/goats: its position is not known: look its address up, or pick it on the map, before the sale is planned") {
			t.Error(faults)
		}
		i := slices.IndexFunc(p.Places, func(x store.Place) bool { return x.At == nil })
		if i < 0 || p.Places[i].Address != "Le Plan, Bédoin" {
			t.Errorf("%+v", p.Places)
		}
		// What the store refuses is said with the node's @id, and nothing is written.
		p, _ = propose(strings.Replace(text, "Salle des fêtes", strings.Repeat("x", 2001), 1))
		_, err := p.Apply(ctx, c)
		if e := (*store.Error)(nil); !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "https://shop.example/places/hall; name: has 2001 bytes") {
			t.Error(err)
		}
		places, _, err := c.Places(ctx, store.PlaceFilter{}, store.Page{})
		check(t, err)
		if len(places) > 0 {
			t.Errorf("%d places were written", len(places))
		}
		if _, _, err := dfc.Propose(context.Background(), c, "nothing", &dfc.Orders{}); !store.IsNotFound(err) {
			t.Error(err)
		}
	})
}

// What is there is used: a place whose only pickup point has no ref, a producer whose product is new.
func TestProposeKnown(t *testing.T) {
	onEach(t, func(t *testing.T, c *store.Scope, sale store.ID) {
		ctx := t.Context()
		hall := store.Place{Ref: "https://shop.example/places/hall", Name: "La salle", At: &store.Point{LonE7: 50481000, LatE7: 440551000}}
		check(t, c.CreatePlace(ctx, &hall))
		point := store.PickupPoint{Name: "Drive", Place: hall.ID, Active: true}
		check(t, c.CreatePickupPoint(ctx, &point))
		goats := store.Producer{Ref: "https://shop.example/farms/goats", Name: "Les chèvres", Place: hall.ID, Active: true}
		check(t, c.CreateProducer(ctx, &goats))
		orders, _ := read(t, fixture(t, "orders.jsonld")).Orders(nil)
		p, _, err := dfc.Propose(ctx, c, sale, orders)
		check(t, err)
		if len(p.Places) != 1 || len(p.Producers) != 1 || len(p.PickupPoints) != 0 || p.Orders[0].PickupPoint != point.ID {
			t.Errorf("%+v", p)
		}
		if cheese := p.Products[1]; cheese.Name != "Tomme" || cheese.Producer != goats.ID {
			t.Errorf("%+v", cheese)
		}
		_, err = p.Apply(ctx, c)
		check(t, err)
	})
}

// A span of moments in days and minutes is never longer than it is.
func TestDatedHours(t *testing.T) {
	onEach(t, func(t *testing.T, c *store.Scope, sale store.ID) {
		ctx := t.Context()
		orders, _ := read(t, strings.ReplaceAll(fixture(t, "nested.jsonld"), "14:00:00Z", "14:00:42Z")).Orders(nil)
		p, faults, err := dfc.Propose(ctx, c, sale, orders)
		check(t, err)
		want := []store.Dated{{Day: "2026-11-26", Spans: []store.Span{{From: 15*60 + 1, Until: 18 * 60}}}}
		if diff := cmp.Diff(want, p.PickupPoints[0].Dated); diff != "" {
			t.Error(diff, faults)
		}
		_, err = p.Apply(ctx, c)
		check(t, err)
		data, err := c.WeekData(ctx, sale)
		check(t, err)
		week, weekFaults := planning.Week(data)
		if !right(weekFaults) {
			t.Fatal(weekFaults)
		}
		if pp := week.PickupPoints[0]; !pp.AcceptAfter.Equal(instant("2026-11-26T15:01:00+01:00")) || !pp.AcceptBy.Equal(instant("2026-11-26T18:00:00+01:00")) {
			t.Errorf("goods are accepted from %v to %v", pp.AcceptAfter, pp.AcceptBy)
		}
	})
}
