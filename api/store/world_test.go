package store

import (
	"testing"

	"carriole/engine"
)

// A world is a collective with one of everything that is sold and driven.
type world struct {
	scope                                                 *Scope
	place, producer, vehicle, round, point, product, sale ID
	other                                                 ID // a second product
}

// Some values for fields that are pointers.
func pointer[T any](x T) *T { return &x }

func fill(t *testing.T, s *Store, name string) world {
	t.Helper()
	ctx := t.Context()
	col := Collective{Name: name}
	if err := s.CreateCollective(ctx, &col, "test"); err != nil {
		t.Fatal(err)
	}
	c := s.In(col.ID, "test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := world{scope: c}
	place := Place{Ref: "p-1", Name: "Mas", Address: "Caromb", At: &Point{51070000, 441120000}, StopS: pointer(int64(420)), Meet: true, StoreChilled: true,
		Hours: Windows{{Days: []Weekday{"mon", "thu"}, From: 7 * 60, Until: 20 * 60, Season: Season{"04-01", "10-31"}}}}
	must(c.CreatePlace(ctx, &place))
	producer := Producer{Ref: "v-1", Name: "Chazelle", Place: place.ID, Profession: "Arboriculteur", Email: "a@example.org", Phone: "+33 4", PhoneShared: true,
		OrganicBody: "FR-BIO-01", Siret: "73282932000074", Approval: "FR 84.031.001 CE", Ready: pointer(Clock(8 * 60)), ReadyDaysBefore: 1, MaxAddedM: pointer(int64(40000)), Active: true}
	must(c.CreateProducer(ctx, &producer))
	vehicle := Vehicle{Name: "Kangoo", Producer: producer.ID, Room: Room{600_000, 3_000_000, 400_000, 0}, GrossGrams: pointer(int64(2_000_000)), Equipment: Boxes, Boxes: 4,
		CO2GPerKm: pointer(int64(190)), Available: Windows{{Days: []Weekday{"fri"}, From: 6 * 60, Until: 21 * 60}}}
	must(c.CreateVehicle(ctx, &vehicle))
	round := Round{Name: "AMAP", Kind: "amap", Producer: producer.ID, Vehicle: vehicle.ID, Rule: "FREQ=WEEKLY;BYDAY=TH", Starts: "2026-01-01", Season: Season{"01-01", "12-24"},
		Start: place.ID, End: place.ID, DepartAfter: 15 * 60, ReturnBy: 21 * 60, Carries: CarriesSome, Only: []ID{producer.ID},
		Stops:     []Stop{{place.ID, 17 * 60, 18 * 60, 5400, Room{120_000, 400_000, 0, 0}}, {place.ID, 19 * 60, 20 * 60, 60, Room{}}},
		MaxAddedM: pointer(int64(15000)), MaxAddedS: pointer(int64(3600))}
	must(c.CreateRound(ctx, &round))
	point := PickupPoint{Name: "Salle", Place: place.ID, Windows: Windows{{Days: []Weekday{"fri"}, From: 17 * 60, Until: 19 * 60}},
		Dated: []Dated{{Day: "2026-12-25"}, {Day: "2026-12-24", Spans: []Span{{10 * 60, 12 * 60}}}}, AcceptFromMin: 90, AcceptUntilMin: 15, Active: true}
	must(c.CreatePickupPoint(ctx, &point))
	product := Product{Ref: "pr-1", Producer: producer.ID, Name: "Fraises", Unit: "500 g", Grams: 500, Millilitres: 1500, PriceCents: pointer(int64(350)), Organic: true, Active: true}
	must(c.CreateProduct(ctx, &product))
	other := Product{Producer: producer.ID, Name: "Tomme", Grams: 300, Millilitres: 500, Class: engine.Chilled, CarriedBy: engine.ByProducer, Active: true}
	must(c.CreateProduct(ctx, &other))
	sale := Sale{Name: "Semaine 48", Distribution: "2026-11-27"}
	must(c.CreateSale(ctx, &sale))
	w.place, w.producer, w.vehicle, w.round, w.point, w.product, w.other, w.sale = place.ID, producer.ID, vehicle.ID, round.ID, point.ID, product.ID, other.ID, sale.ID
	return w
}

// orders are orders of two lines each.
func (w *world) orders(refs ...string) []Order {
	var out []Order
	for _, ref := range refs {
		out = append(out, Order{Ref: ref, PickupPoint: w.point, Lines: []OrderLine{
			{Product: w.product, QuantityMilli: 2000, PriceCents: pointer(int64(700))},
			{Product: w.other, QuantityMilli: 1500, Grams: pointer(int64(451))}}})
	}
	return out
}
