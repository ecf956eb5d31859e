package intake_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carriole/api/intake"
	"carriole/api/store"
	"carriole/engine"
)

// A drive has a pickup point, and one producer whom the marketplace calls 12.
type drive struct {
	*store.Scope
	point    store.ID
	producer store.ID
	sale     store.ID
}

func newDrive(t *testing.T, c *store.Scope) drive {
	t.Helper()
	ctx := t.Context()
	place := store.Place{Name: "Halle", At: &store.Point{LonE7: 50481000, LatE7: 440551000}}
	check(t, c.CreatePlace(ctx, &place))
	point := store.PickupPoint{Name: "Drive Carpentras", Place: place.ID, Active: true}
	check(t, c.CreatePickupPoint(ctx, &point))
	producer := store.Producer{Ref: "12", Name: "Ferme Chazelle", Place: place.ID, Profession: "Arboriculteur", Active: true}
	check(t, c.CreateProducer(ctx, &producer))
	sale := store.Sale{Name: "Semaine 48", Distribution: "2026-11-26"}
	check(t, c.CreateSale(ctx, &sale))
	return drive{c, point.ID, producer.ID, sale.ID}
}

// goods lists the orders' lines as texts: quantity product, weight.
func (d drive) goods(t *testing.T, sale store.ID) []string {
	t.Helper()
	products, _, err := d.Products(t.Context(), store.ProductFilter{}, store.Page{Limit: 1000})
	check(t, err)
	byID := map[store.ID]store.Product{}
	for _, p := range products {
		byID[p.ID] = p
	}
	orders, _, err := d.Orders(t.Context(), store.OrderFilter{Sale: sale}, store.Page{Limit: 1000})
	check(t, err)
	var out []string
	for _, o := range orders {
		for _, l := range o.Lines {
			p := byID[l.Product]
			grams := p.Grams * l.QuantityMilli / 1000
			if l.Grams != nil {
				grams = *l.Grams
			}
			out = append(out, fmt.Sprintf("%g %s (%s) %d g %s", float64(l.QuantityMilli)/1000, p.Name, p.Unit, grams, p.Class))
		}
	}
	slices.Sort(out)
	return out
}

func faults(r *intake.Result) (out []string) {
	for _, f := range r.Faults {
		out = append(out, f.String())
	}
	return out
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// The dirty export of Cagette: separators and quotes in names, decimal commas in one column and dots in another, rows of
// quantity 0, goods weighed by the kilogram, a contract of an AMAP, names that must not be kept.
func TestCagetteOrders(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		check(t, c.CreateUnitWeight(ctx, &store.UnitWeight{Unit: "pièce", Product: "poulet", Grams: 1700, Weighed: true}))
		file := fixture(t, "cagette-orders.csv")
		o := intake.Options{Name: "Export-commandes-2026-11-26-Cagette.csv", PickupPoint: d.point}

		p, err := intake.Preview(ctx, c, file, o)
		check(t, err)
		diff(t, "faults", []string{
			`line 3: the producer "Chèvrerie; du Ventoux" is not known: create it, or say which one it is`,
			`line 3: the product "Tomme \"fermière\"" is not known: create it, or say which one it is`,
			`line 2: the product "Pommes Gala" is not known: create it, or say which one it is (lines 2, 5)`,
			`line 6: the producer "Mas Ribelly" is not known: create it, or say which one it is`,
			`line 6: the product "Poulet fermier" is not known: create it, or say which one it is`,
		}, sortedLike(faults(p)))
		if p.Written || p.Good != 0 || p.Read != 7 || p.Sale == nil || p.Sale.ID != d.sale {
			t.Errorf("the preview is %+v", p)
		}
		diff(t, "kept out", []intake.KeptOut{{Reason: "quantity 0: cancelled", Lines: []int{4, 7}}, {Reason: "AMAP contract: the producer's own load", Lines: []int{8}}}, p.Kept)

		o.Create = true
		_, err = intake.Preview(ctx, c, file, o)
		check(t, err)
		if n := len(d.goods(t, d.sale)); n != 0 {
			t.Fatalf("a preview wrote %d lines", n)
		}
		r, err := intake.Import(ctx, c, file, o)
		check(t, err)
		if !r.Written || r.Created != 2 || r.Good != 4 || r.ProductsCreated != 3 {
			t.Errorf("imported %+v", r)
		}
		want := []string{
			`1 Tomme "fermière" (300 g) 300 g chilled`,
			"1.5 Pommes Gala (1 kg) 1500 g ambient",
			"1.85 Poulet fermier (kg) 1850 g chilled",
			"2 Pommes Gala (1 kg) 2000 g ambient",
		}
		diff(t, "goods", want, d.goods(t, d.sale))
		orders, _, err := c.Orders(ctx, store.OrderFilter{Sale: d.sale}, store.Page{})
		check(t, err)
		var prices int64
		for _, x := range orders {
			for _, l := range x.Lines {
				prices += *l.PriceCents
			}
		}
		if prices != 700+651+525+2202 {
			t.Errorf("the lines cost %d", prices)
		}
		noPersons(t, s, c, "DUPONT", "Marie", "MARTIN", "Jeannot", "LÉGER", "PETIT", `"101"`, `"102"`)

		// The same again changes nothing, creates nothing.
		r, err = intake.Import(ctx, c, file, o)
		check(t, err)
		if r.Unchanged != 2 || r.Created+r.Replaced+r.Cancelled+r.ProductsCreated != 0 || len(r.Vanished) != 0 || len(r.Proposals) != 0 {
			t.Errorf("the same file again: %+v", r)
		}

		// A corrected file replaces; what it has no more is told. A second close brought two more lines.
		corrected := strings.Replace(string(file), `"101";"Marie DUPONT";"Tomme`, `"105";"Anne ROI";"Tomme`, 1)
		corrected = strings.Replace(corrected, `"1.5"`, `"2.5"`, 1) + `"106";"Eva";"Pommes Gala 1 kg";"GALA";"Fruits du Mas";"7";"12";"3,50";"1";"0";"3,50";"true"` + "\n"
		r, err = intake.Import(ctx, c, []byte(corrected), o)
		check(t, err)
		if r.Created != 2 || r.Replaced != 2 || len(r.Vanished) != 1 || !strings.HasPrefix(r.Vanished[0].Product, `Tomme "fermière"`) {
			t.Errorf("the corrected file: %+v", r)
		}
		// An order that the file has no more stays until it is asked to go.
		shorter := strings.ReplaceAll(corrected, `"106"`, `"107"`)
		r, err = intake.Import(ctx, c, []byte(shorter), o)
		check(t, err)
		if r.Created != 1 || len(r.Vanished) != 1 || !r.Vanished[0].Kept || r.Vanished[0].Product != "" || len(d.goods(t, d.sale)) != 6 {
			t.Errorf("a vanished order: %+v, %v", r.Vanished, d.goods(t, d.sale))
		}
		o.CancelVanished = true
		r, err = intake.Import(ctx, c, []byte(shorter), o)
		check(t, err)
		if r.Cancelled != 1 || r.Unchanged != 4 || len(d.goods(t, d.sale)) != 5 {
			t.Errorf("the vanished order was to be cancelled: %+v, %v", r, d.goods(t, d.sale))
		}
		// All of a customer's rows at quantity 0 cancel the order.
		zero := strings.ReplaceAll(shorter, `"12";"3,50";"1";"0"`, `"12";"3,50";"0";"0"`)
		r, err = intake.Import(ctx, c, []byte(zero), o)
		check(t, err)
		if r.Cancelled != 1 || len(d.goods(t, d.sale)) != 4 {
			t.Errorf("quantity 0: %+v, %v", r, d.goods(t, d.sale))
		}
	})
}

// sortedLike puts faults in the order in which a test lists them best: as they come, but those of one line by name.
func sortedLike(in []string) []string {
	order := []string{"producer \"Ch", "product \"To", "product \"Po", "producer \"Ma", "product \"Poulet"}
	at := func(s string) int {
		for i := len(order) - 1; i >= 0; i-- {
			if strings.Contains(s, order[i]) {
				return i
			}
		}
		return len(order)
	}
	slices.SortStableFunc(in, func(a, b string) int { return at(a) - at(b) })
	return in
}

// noPersons looks for texts in everything that a collective has.
func noPersons(t *testing.T, s *store.Store, c *store.Scope, names ...string) {
	t.Helper()
	ctx := t.Context()
	var all []any
	add := func(rows any, _ store.Cursor, err error) {
		check(t, err)
		all = append(all, rows)
	}
	page := store.Page{Limit: 1000}
	o, n, err := c.Orders(ctx, store.OrderFilter{}, page)
	add(o, n, err)
	p, n, err := c.Products(ctx, store.ProductFilter{}, page)
	add(p, n, err)
	q, n, err := c.Producers(ctx, store.ProducerFilter{}, page)
	add(q, n, err)
	l, n, err := c.Places(ctx, store.PlaceFilter{}, page)
	add(l, n, err)
	m, n, err := c.ImportMappings(ctx, store.ImportMappingFilter{}, page)
	add(m, n, err)
	a, n, err := c.ImportAliases(ctx, store.ImportAliasFilter{}, page)
	add(a, n, err)
	e, n, err := c.Events(ctx, store.EventFilter{}, page)
	add(e, n, err)
	text, err := json.Marshal(all)
	check(t, err)
	for _, name := range names {
		if strings.Contains(string(text), name) {
			t.Errorf("%s is kept in %s", name, text)
		}
	}
}

// Totals by product name neither producer nor pickup point, and count pieces that are weighed.
func TestCagetteByProduct(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		check(t, c.CreateUnitWeight(ctx, &store.UnitWeight{Unit: "pièce", Product: "poulet", Grams: 1700, Weighed: true}))
		file := fixture(t, "cagette-by-product.csv")
		r, err := intake.Import(ctx, c, file, intake.Options{Sale: d.sale, Create: true})
		var invalid *intake.Invalid
		if !errors.As(err, &invalid) || r.Written {
			t.Fatalf("without producer: %v", err)
		}
		diff(t, "faults", []string{"line 2: the file does not say whose products these are: name the producer (lines 2, 3)",
			"line 2: the file does not say where these are collected: name the pickup point (lines 2, 3)"}, faults(r))
		o := intake.Options{Sale: d.sale, Producer: d.producer, PickupPoint: d.point, Create: true}
		r, err = intake.Import(ctx, c, file, o)
		check(t, err)
		if r.Skipped != 1 || r.Read != 3 || r.Created != 1 {
			t.Errorf("imported %+v", r)
		}
		diff(t, "goods", []string{"2 Poulet fermier (kg) 3400 g chilled", "3.5 Pommes Gala (1 kg) 3500 g ambient"}, d.goods(t, d.sale))

		// The members' file of the same producer holds the same goods again: that is told.
		r, err = intake.Preview(ctx, c, fixture(t, "cagette-by-member.csv"), o)
		check(t, err)
		if len(r.Notices) != 1 || !strings.Contains(r.Notices[0], "cagette-by-product") || r.Orders != 1 || r.Good != 2 {
			t.Errorf("notices %q, %+v", r.Notices, r)
		}
	})
}

func TestCatalogues(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		file := fixture(t, "cagette-products.csv")
		r, err := intake.Import(ctx, c, file, intake.Options{Create: true})
		check(t, err)
		if r.ProductsCreated != 3 || r.Sale != nil {
			t.Errorf("imported %+v", r)
		}
		list := func() (out []string) {
			products, _, err := c.Products(ctx, store.ProductFilter{}, store.Page{})
			check(t, err)
			for _, p := range products {
				out = append(out, fmt.Sprintf("%s %s (%s) %d g %s %d", p.Ref, p.Name, p.Unit, p.Grams, p.Class, *p.PriceCents))
			}
			slices.Sort(out)
			return out
		}
		diff(t, "products", []string{"GALA Pommes Gala (1 kg) 1000 g ambient 350", "JUS Jus de pomme (75 cL) 750 g ambient 290", "OEUF Œufs (6 pièces) 378 g ambient 240"}, list())
		r, err = intake.Import(ctx, c, []byte(strings.Replace(string(file), `"2,90"`, `"3,10"`, 1)), intake.Options{})
		check(t, err)
		if r.ProductsCreated != 0 || r.ProductsUpdated != 1 || r.ProductsUnchanged != 2 || !strings.Contains(fmt.Sprint(list()), "750 g ambient 310") {
			t.Errorf("again: %+v, %v", r, list())
		}
		r, err = intake.Import(ctx, c, fixture(t, "cagette-products-import.csv"), intake.Options{Create: true, Producer: d.producer})
		check(t, err)
		if r.ProductsCreated != 2 || !strings.Contains(fmt.Sprint(list()), "RAD Radis (botte) 300 g") || !strings.Contains(fmt.Sprint(list()), "CAR Carottes (1 kg) 1000 g") {
			t.Errorf("the producer's own list: %+v, %v", r, list())
		}
	})
}

func TestOFNReports(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		for _, x := range []struct {
			file    string
			o       intake.Options
			orders  int
			skipped int
			goods   []string
		}{
			{"ofn-supplier-by-hub.csv", intake.Options{}, 2, 4, []string{"10 Œufs (6 pièces) 3780 g ambient", "12 Pommes Gala (1 kg) 12000 g ambient", "6 Jus de pomme, trouble (75 cL) 4500 g ambient"}},
			{"ofn-hub-totals.csv", intake.Options{}, 1, 2, []string{"12 Apples (1 kg) 12000 g ambient"}},
			{"ofn-supplier-totals.csv", intake.Options{PickupPoint: d.point}, 1, 1, []string{"12 Apples (1 kg) 12000 g ambient"}},
			// One order of the customer C12, and one of all that nobody's code stands at.
			{"ofn-packing.json", intake.Options{}, 2, 3, []string{"1 Petit bonheur (pièce) 150 g chilled", "2 Pommes Gala (1 kg) 2000 g ambient", "7 Pommes Gala (1 kg) 7000 g ambient"}},
			{"ofn-packing-1252.csv", intake.Options{}, 1, 1, []string{"1 Petit bonheur (pièce) 150 g chilled", "2 Pommes Gala (1 kg) 2000 g ambient"}},
		} {
			sale := store.Sale{Name: x.file, Distribution: "2026-11-26"}
			check(t, c.CreateSale(ctx, &sale))
			x.o.Sale, x.o.Create = sale.ID, true
			r, err := intake.Import(ctx, c, fixture(t, x.file), x.o)
			if err != nil {
				t.Errorf("%s: %v", x.file, err)
				continue
			}
			if r.Created != x.orders || r.Skipped != x.skipped || r.MoreFaults+len(r.Faults) > 0 {
				t.Errorf("%s: %d orders, %d skipped, faults %v", x.file, r.Created, r.Skipped, r.Faults)
			}
			diff(t, x.file, x.goods, d.goods(t, sale.ID))
			again, err := intake.Import(ctx, c, fixture(t, x.file), x.o)
			check(t, err)
			if again.Unchanged != x.orders || again.ProductsCreated > 0 || again.Created+again.Replaced > 0 {
				t.Errorf("%s again: %+v", x.file, again)
			}
		}
		noPersons(t, s, c, "Dupont", "Marie", "0601020304", "Martin", "C12")
	})
}

// A bad line is told with its number; alone it stops all, unless the good ones may go in.
func TestBadLines(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		file := fixture(t, "other.csv")
		o := intake.Options{Sale: d.sale, Create: true}
		r, err := intake.Import(ctx, c, file, o)
		var invalid *intake.Invalid
		if !errors.As(err, &invalid) {
			t.Fatalf("got %v", err)
		}
		diff(t, "faults", []string{`line 4, Qté: "deux" is no number: it must be like 2 or 1.5`}, faults(r))
		if producers, _, err := c.Producers(ctx, store.ProducerFilter{}, store.Page{}); err != nil || len(producers) != 1 || len(d.goods(t, d.sale)) != 0 {
			t.Errorf("something was written: %v, %v", producers, err)
		}
		o.Partial = true
		r, err = intake.Import(ctx, c, file, o)
		check(t, err)
		if !r.Written || r.Created != 1 || len(r.Faults) != 1 || len(r.Kept) != 1 || r.Kept[0].Reason != "for 2026-12-03, not the sale's 2026-11-26" {
			t.Errorf("partly: %+v", r)
		}
		orders, _, err := c.Orders(ctx, store.OrderFilter{Sale: d.sale}, store.Page{})
		if err != nil || len(orders) != 1 || orders[0].Ref != "A-1" {
			t.Fatalf("orders %v, %v", orders, err)
		}
		// An order of which a row has become bad stays as it was.
		bad := strings.Replace(string(file), "A-2", "A-1", 1)
		r, err = intake.Import(ctx, c, []byte(bad+"A-9\tCarottes 1 kg\t1\t2,50\tMaraîcher Mazan\tHalle\t26/11/2026\t06\r\n"), o)
		check(t, err)
		if r.Untouched != 1 || r.Created != 1 || r.Replaced != 0 || len(r.Vanished) != 0 {
			t.Errorf("a row of a known order is bad: %+v", r)
		}
		diff(t, "goods", []string{"1 Carottes (1 kg) 1000 g ambient", "2 Carottes (1 kg) 2000 g ambient"}, d.goods(t, d.sale))
		// With nothing good nothing is written.
		if _, err := intake.Import(ctx, c, []byte("commande;produit;quantité;producteur;lieu\n1;Pain;x;A;B\n"), o); !errors.As(err, &invalid) {
			t.Errorf("nothing good: %v", err)
		}
	})
}

// What a coordinator said of a file is known at the next.
func TestRemembered(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		file := []byte("Qui;Quoi;Combien;De qui;Où;Liste\n7;Petit bonheur;2;M. Chazelle;La gare;Saison\n8;Petit bonheur;3;M. Chazelle;La gare;Libre\n")
		o := intake.Options{Sale: d.sale, Name: "semaine.csv"}
		r, err := intake.Preview(ctx, c, file, o)
		check(t, err)
		if len(r.Faults) != 2 || r.Faults[0].Line != 1 || !strings.Contains(r.Faults[0].Message, "no column holds the product") {
			t.Errorf("unknown headers: %v", r.Faults)
		}
		o.Columns = []store.ImportColumn{{Header: "Qui", Field: "customer"}, {Header: "Quoi", Field: "product"}, {Header: "Combien", Field: "quantity"}, {Header: "De qui", Field: "producer"},
			{Header: "Où", Field: "pickup_point"}, {Header: "Liste", Field: "catalog"}}
		o.Catalogs = map[string]bool{"Saison": true}
		r, err = intake.Preview(ctx, c, file, o)
		check(t, err)
		if len(r.Proposals) != 3 || len(r.Kept) != 1 || r.Kept[0].Lines[0] != 2 {
			t.Fatalf("proposals %+v, kept %v", r.Proposals, r.Kept)
		}
		// The producer and the point are known by other names; the cheese is heavier than a piece.
		grams := int64(140)
		for _, p := range r.Proposals {
			switch p.Kind {
			case store.ProducerAlias:
				p.ID = d.producer
			case store.PickupPointAlias:
				p.ID = d.point
			}
			o.Proposals = append(o.Proposals, p)
		}
		r, err = intake.Preview(ctx, c, file, o)
		check(t, err)
		if len(r.Proposals) != 1 || r.Proposals[0].Class != engine.Ambient || r.Proposals[0].Producer != "Ferme Chazelle" {
			t.Fatalf("proposals %+v", r.Proposals)
		}
		cheese := r.Proposals[0]
		cheese.Grams, cheese.Class, cheese.CarriedBy = &grams, engine.Chilled, engine.ByProducer
		o.Proposals, o.Create = append(o.Proposals, cheese), true
		_, err = intake.Import(ctx, c, file, o)
		check(t, err)
		diff(t, "goods", []string{"3 Petit bonheur (pièce) 420 g chilled"}, d.goods(t, d.sale))

		next := store.Sale{Name: "Semaine 49", Distribution: "2026-12-03"}
		check(t, c.CreateSale(ctx, &next))
		r, err = intake.Import(ctx, c, file, intake.Options{Sale: next.ID})
		check(t, err)
		if r.Created != 1 || len(r.Kept) != 1 || r.Catalogs[0].From != "remembered" || !r.Columns[0].Known {
			t.Errorf("the week after: %+v", r)
		}
		diff(t, "goods", []string{"3 Petit bonheur (pièce) 420 g chilled"}, d.goods(t, next.ID))
		// The same customer is another reference in another sale.
		orders, _, err := c.Orders(ctx, store.OrderFilter{}, store.Page{})
		check(t, err)
		if len(orders) != 2 || orders[0].Ref == orders[1].Ref || !strings.HasPrefix(orders[0].Ref, "other.") {
			t.Errorf("orders %+v", orders)
		}
		// Another collective knows nothing of it.
		other := store.Collective{Name: "Other"}
		check(t, s.CreateCollective(ctx, &other, "test"))
		r, err = intake.Preview(ctx, s.In(other.ID, "test"), file, intake.Options{Distribution: "2026-12-03"})
		check(t, err)
		if r.Columns[0].Known || len(r.Faults) == 0 {
			t.Errorf("another collective: %+v", r)
		}
	})
}

func TestSaleOfTheDay(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		file := fixture(t, "cagette-orders.csv")
		fault := func(o intake.Options, want string) {
			t.Helper()
			o.PickupPoint = d.point
			r, err := intake.Preview(ctx, c, file, o)
			check(t, err)
			if !slices.ContainsFunc(r.Faults, func(f intake.Fault) bool { return f.Line == 0 && strings.Contains(f.Message, want) }) {
				t.Errorf("faults %v, want %q", r.Faults, want)
			}
		}
		fault(intake.Options{}, "the day of the distribution is not known")
		fault(intake.Options{Distribution: "2026-12-03"}, "no sale is distributed on 2026-12-03")
		r, err := intake.Import(ctx, c, file, intake.Options{Distribution: "2026-12-03", PickupPoint: d.point, Create: true})
		check(t, err)
		again, err := intake.Import(ctx, c, file, intake.Options{Name: "Export-commandes-2026-12-03-CAMAP.csv", PickupPoint: d.point, Create: true})
		check(t, err)
		if r.Created != 2 || again.Unchanged != 2 || again.Sale.ID != r.Sale.ID || r.Sale.Distribution != "2026-12-03" {
			t.Errorf("a new sale: %+v, again %+v", r, again)
		}
		check(t, c.CreateSale(ctx, &store.Sale{Name: "another", Distribution: "2026-12-03"}))
		fault(intake.Options{Distribution: "2026-12-03"}, "2 sales are distributed on 2026-12-03")
		if _, err := intake.Preview(ctx, c, file, intake.Options{Distribution: "Thursday"}); !errors.Is(err, &store.Error{Code: store.Invalid}) && err == nil {
			t.Error("a day that is none is taken")
		}
		if _, err := intake.Preview(ctx, c, file, intake.Options{Sale: "nosuch"}); err == nil {
			t.Error("a sale that is none is taken")
		}
	})
}

// Of several who import the same file at once each is done, and everything is there once.
func TestImportsAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		file := fixture(t, "cagette-orders.csv")
		const together = 4
		created := make([]int, together)
		errs := make([]error, together)
		var wait sync.WaitGroup
		for i := range together {
			wait.Go(func() {
				var r *intake.Result
				if r, errs[i] = intake.Import(ctx, c, file, intake.Options{Sale: d.sale, PickupPoint: d.point, Create: true}); errs[i] == nil {
					created[i] = r.Created
				}
			})
		}
		wait.Wait()
		sum := 0
		for i := range together {
			check(t, errs[i])
			sum += created[i]
		}
		products, _, err := c.Products(ctx, store.ProductFilter{}, store.Page{})
		check(t, err)
		if len(products) != 3 || sum != 2 || len(d.goods(t, d.sale)) != 4 {
			t.Errorf("%d products, %d orders created, goods %v", len(products), sum, d.goods(t, d.sale))
		}
	})
}

func BenchmarkImport(b *testing.B) {
	s, err := store.Open(b.Context(), "sqlite:"+b.TempDir()+"/store.db")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	x := store.Collective{Name: "Drive"}
	if err := s.CreateCollective(b.Context(), &x, "test"); err != nil {
		b.Fatal(err)
	}
	c := s.In(x.ID, "test")
	var text strings.Builder
	text.WriteString("userId;userName;productName;ref;catalogName;catalogId;vendorId;price;quantity;fees;total;paid;hub\n")
	const orders, lines = 10_000, 4
	for i := range orders {
		for k := range lines {
			fmt.Fprintf(&text, "\"%d\";\"Marie \"M\" DUPONT\";\"Pommes %d 1 kg\";\"\";\"Verger %[2]d\";\"%[2]d\";\"%[2]d\";\"3,50\";\"2\";\"0\";\"7,00\";\"true\";\"Drive\"\n", i, (i*lines+k)%200)
		}
	}
	n := 0
	for b.Loop() {
		n++
		day := store.Day("2026-01-01").Plus(n)
		if _, err := intake.Import(b.Context(), c, []byte(text.String()), intake.Options{Distribution: day, Create: true}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(orders*lines*n)/b.Elapsed().Seconds(), "lines/s")
}

func ExamplePreview() {
	row := intake.Fault{Line: 14, Column: "quantité", Message: `"deux" is no number: it must be like 2 or 1,5`}
	fmt.Println(row)
	// Output: line 14, quantité: "deux" is no number: it must be like 2 or 1,5
}
