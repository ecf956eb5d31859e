package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carriole/engine"
)

// What any database behind the store must do. Each runs on each.
var suite = []struct {
	name string
	test func(t *testing.T, s *Store)
}{
	{"rows", testRows},
	{"references", testReferences},
	{"invalid input", testInvalid},
	{"pages", testPages},
	{"filters", testFilters},
	{"refs", testRefs},
	{"lost updates", testLostUpdates},
	{"orders", testOrders},
	{"orders in bulk", testBulk},
	{"orders all or nothing", testAllOrNothing},
	{"orders at once", testConcurrentOrders},
	{"deleted meanwhile", testDeletedMeanwhile},
	{"order update", testUpdateOrder},
	{"once", testOnce},
	{"once at once", testConcurrentOnce},
	{"close", testClose},
	{"plans", testPlans},
	{"plans at once", testConcurrentPlans},
	{"answers", testAnswers},
	{"ticks", testTicks},
	{"plannings", testPlannings},
	{"plannings at once", testConcurrentPlannings},
	{"plannings lost", testLostPlannings},
	{"balances", testBalances},
	{"delivery notes", testDeliveryNotes},
	{"delivery notes at once", testConcurrentDeliveryNotes},
	{"settings", testSettings},
	{"distances", testDistances},
	{"distances at once", testConcurrentDistances},
	{"week data", testWeekData},
	{"forget", testForget},
	{"tokens", testTokens},
	{"memberships", testMemberships},
	{"notices", testNotices},
	{"the last coordinator", testLastCoordinator},
	{"pulled", testPulled},
	{"orders and a close at once", testOrdersBeforeClose},
	{"aliases", testAliases},
	{"connections", testConnections},
	{"sessions", testSessions},
	{"sign-in links", testSignInLinks},
	{"first collective", testCreateFirst},
	{"audit", testAudit},
	{"together", testTogether},
	{"snapshot", testSnapshot},
	{"webhooks", testWebhooks},
	{"webhook secrets", testWebhookSecrets},
	{"deliveries", testDeliveries},
	{"attempts at once", testConcurrentAttempts},
	{"delivery of a deleted webhook", testDeliveryOfDeleted},
	{"isolation", testIsolation},
}

func TestConformance(t *testing.T) {
	for _, part := range suite {
		t.Run(strings.ReplaceAll(part.name, " ", "_"), func(t *testing.T) { onEach(t, part.test) })
	}
}

func is(t *testing.T, err error, code Code) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got the error %v, want one that is %s", err, code)
		return &Error{}
	}
	return e
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// row follows one kind of row through its life.
func row[T any, P record[T]](t *testing.T, x T, alter func(*T),
	create func(context.Context, *T) error, get func(context.Context, ID) (*T, error), list func(context.Context, Page) ([]T, Cursor, error),
	update func(context.Context, *T) error, remove func(context.Context, ID, int64) error) {
	t.Run(fmt.Sprintf("%T", x), func(t *testing.T) {
		ctx := t.Context()
		same := cmp.Options{cmpopts.EquateEmpty(), cmp.AllowUnexported(x)}
		ok(t, create(ctx, &x))
		r := P(&x).row()
		if len(r.ID) != idLength || r.Version != 1 || r.Created.IsZero() || !r.Changed.Equal(r.Created) {
			t.Errorf("created with %+v", r)
		}
		got, err := get(ctx, r.ID)
		ok(t, err)
		if d := cmp.Diff(&x, got, same); d != "" {
			t.Errorf("written and read differ (-written +read):\n%s", d)
		}
		all, _, err := list(ctx, Page{Limit: mostPage})
		ok(t, err)
		if i := slices.IndexFunc(all, func(y T) bool { return P(&y).row().ID == r.ID }); i < 0 {
			t.Error("is not listed")
		} else if d := cmp.Diff(x, all[i], same); d != "" {
			t.Errorf("written and listed differ (-written +listed):\n%s", d)
		}
		alter(&x)
		ok(t, update(ctx, &x))
		if r.Version != 2 {
			t.Errorf("version %d after an update, want 2", r.Version)
		}
		got, err = get(ctx, r.ID)
		ok(t, err)
		if d := cmp.Diff(&x, got, same); d != "" {
			t.Errorf("updated and read differ (-updated +read):\n%s", d)
		}
		r.Version = 1
		is(t, update(ctx, &x), Stale)
		is(t, remove(ctx, r.ID, 1), Stale)
		if again, err := get(ctx, r.ID); err != nil || cmp.Diff(got, again, same) != "" {
			t.Errorf("a stale change was made: %v, %v", again, err)
		}
		ok(t, remove(ctx, r.ID, 2))
		_, err = get(ctx, r.ID)
		is(t, err, NotFound)
		is(t, remove(ctx, r.ID, 2), NotFound)
		r.Version = 2
		is(t, update(ctx, &x), NotFound)
	})
}

func testRows(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c := w.scope
	row(t, Place{Name: "Salle", Ref: "x"}, func(x *Place) {
		x.Ref, x.At, x.Meet, x.StoreFrozen, x.Note = "", &Point{1, -2}, true, true, "derrière"
	}, c.CreatePlace, c.Place, func(ctx context.Context, p Page) ([]Place, Cursor, error) { return c.Places(ctx, PlaceFilter{}, p) }, c.UpdatePlace, c.DeletePlace)
	row(t, Producer{Name: "Sévenier", Place: w.place}, func(x *Producer) {
		x.Ready, x.PhoneShared, x.Active, x.MaxAddedM = pointer(Clock(0)), true, true, pointer(int64(0))
	}, c.CreateProducer, c.Producer, func(ctx context.Context, p Page) ([]Producer, Cursor, error) {
		return c.Producers(ctx, ProducerFilter{}, p)
	}, c.UpdateProducer, c.DeleteProducer)
	row(t, Vehicle{Name: "Trafic", Producer: w.producer}, func(x *Vehicle) {
		x.Room, x.Equipment, x.Available = Room{1, 2, 3, 4}, Freezer, Windows{{Days: []Weekday{"sun"}, From: 0, Until: lastClock}}
	}, c.CreateVehicle, c.Vehicle, func(ctx context.Context, p Page) ([]Vehicle, Cursor, error) {
		return c.Vehicles(ctx, VehicleFilter{}, p)
	}, c.UpdateVehicle, c.DeleteVehicle)
	row(t, Round{Name: "Marché", Producer: w.producer, Vehicle: w.vehicle, Starts: "2026-01-01", Start: w.place, End: w.place, ReturnBy: 60, Carries: CarriesSome, Only: []ID{w.producer},
		Stops: []Stop{{Place: w.place, StayS: 3}, {Place: w.place}}}, func(x *Round) {
		x.Rule, x.Carries, x.Only, x.Frozen = "FREQ=MONTHLY;BYDAY=1SA", CarriesOwn, nil, true
		x.Stops = []Stop{{Place: w.place, StayS: 4, Unload: Room{Grams: 5}}}
	}, c.CreateRound, c.Round, func(ctx context.Context, p Page) ([]Round, Cursor, error) { return c.Rounds(ctx, RoundFilter{}, p) }, c.UpdateRound, c.DeleteRound)
	row(t, RoundChange{Round: w.round, Day: "2026-11-26", Kind: Cancelled}, func(x *RoundChange) {
		x.Kind, x.ToDay, x.ShiftMin, x.Vehicle, x.Reason = Moved, "2026-11-25", -30, w.vehicle, "fête"
	}, c.CreateRoundChange, c.RoundChange, func(ctx context.Context, p Page) ([]RoundChange, Cursor, error) {
		return c.RoundChanges(ctx, RoundChangeFilter{}, p)
	}, c.UpdateRoundChange, c.DeleteRoundChange)
	row(t, Absence{Producer: w.producer, First: "2026-11-26", Last: "2026-11-26"}, func(x *Absence) {
		x.Producer, x.Vehicle, x.Last, x.Reason = "", w.vehicle, "2026-12-01", "garage"
	}, c.CreateAbsence, c.Absence, func(ctx context.Context, p Page) ([]Absence, Cursor, error) {
		return c.Absences(ctx, AbsenceFilter{}, p)
	}, c.UpdateAbsence, c.DeleteAbsence)
	row(t, PickupPoint{Name: "Ferme", Place: w.place}, func(x *PickupPoint) {
		x.Windows, x.Dated, x.Active = Windows{{Days: []Weekday{"sat"}, From: 1, Until: 2}}, []Dated{{Day: "2026-05-01"}}, true
	}, c.CreatePickupPoint, c.PickupPoint, func(ctx context.Context, p Page) ([]PickupPoint, Cursor, error) {
		return c.PickupPoints(ctx, PickupPointFilter{}, p)
	}, c.UpdatePickupPoint, c.DeletePickupPoint)
	row(t, Product{Name: "Œufs", Producer: w.producer}, func(x *Product) {
		x.Class, x.CarriedBy, x.Grams, x.PriceCents = engine.Frozen, engine.ByProducer, mostAmount, pointer(int64(0))
	}, c.CreateProduct, c.Product, func(ctx context.Context, p Page) ([]Product, Cursor, error) {
		return c.Products(ctx, ProductFilter{}, p)
	}, c.UpdateProduct, c.DeleteProduct)
	row(t, Sale{Name: "S49", Distribution: "2026-12-04"}, func(x *Sale) {
		x.Opens, x.Closes, x.State, x.Ref = time.UnixMilli(1764000000123).UTC(), time.UnixMilli(1764500000000).UTC(), SaleDone, "2026-W49"
	}, c.CreateSale, c.Sale, func(ctx context.Context, p Page) ([]Sale, Cursor, error) { return c.Sales(ctx, SaleFilter{}, p) }, c.UpdateSale, c.DeleteSale)
	row(t, Lot{Sale: w.sale, Producer: w.producer, Product: w.product}, func(x *Lot) {
		x.Code, x.UseBy, x.BestBefore = "P48-2", "2026-12-01", "2026-12-24"
	}, c.CreateLot, c.Lot, func(ctx context.Context, p Page) ([]Lot, Cursor, error) { return c.Lots(ctx, LotFilter{}, p) }, c.UpdateLot, c.DeleteLot)
	row(t, Member{Email: "Marie@Example.org", Name: "Marie", Role: Reader}, func(x *Member) {
		x.Role, x.Producer, x.Language, x.NoMail = ProducersRole, w.producer, "fr", true
	}, c.CreateMember, c.Member, func(ctx context.Context, p Page) ([]Member, Cursor, error) {
		return c.Members(ctx, MemberFilter{}, p)
	}, c.UpdateMember, c.DeleteMember)
	row(t, Way{Producer: w.producer, PickupPoint: w.point, Rides: []Ride{{Round: w.round, Day: "thu"}, {Vehicle: w.vehicle}}}, func(x *Way) {
		x.Sale, x.Class, x.Rides = w.sale, engine.Chilled, []Ride{{Round: w.round, Day: "2026-11-26"}}
	}, c.CreateWay, c.Way, func(ctx context.Context, p Page) ([]Way, Cursor, error) { return c.Ways(ctx, WayFilter{}, p) }, c.UpdateWay, c.DeleteWay)
	row(t, Forbid{Producer: w.producer, Round: w.round}, func(x *Forbid) {
		x.Sale, x.Day, x.Reason = w.sale, "2026-11-26", "a refusé"
	}, c.CreateForbid, c.Forbid, func(ctx context.Context, p Page) ([]Forbid, Cursor, error) { return c.Forbids(ctx, ForbidFilter{}, p) }, c.UpdateForbid, c.DeleteForbid)
	row(t, Setting{Name: HandoverM, Since: "2026-01-01", Value: pointer(int64(500))}, func(x *Setting) {
		x.Name, x.Value, x.Reason = OthersWithinM, nil, "inscrit au registre"
	}, c.CreateSetting, c.Setting, func(ctx context.Context, p Page) ([]Setting, Cursor, error) {
		return c.Settings(ctx, SettingFilter{}, p)
	}, c.UpdateSetting, c.DeleteSetting)
	row(t, ImportMapping{Signature: "abc", Format: "camap-orders"}, func(x *ImportMapping) {
		x.Name, x.Columns, x.Catalogs = "export.csv", []ImportColumn{{"Quantité", "quantity"}, {"Nom", ""}}, map[string]bool{"12": true, "Œufs": false}
	}, c.CreateImportMapping, c.ImportMapping, func(ctx context.Context, p Page) ([]ImportMapping, Cursor, error) {
		return c.ImportMappings(ctx, ImportMappingFilter{}, p)
	}, c.UpdateImportMapping, c.DeleteImportMapping)
	row(t, ImportAlias{Kind: ProducerAlias, Name: "12", Producer: w.producer}, func(x *ImportAlias) {
		x.Kind, x.Producer, x.Product = ProductAlias, "", w.product
	}, c.CreateImportAlias, c.ImportAlias, func(ctx context.Context, p Page) ([]ImportAlias, Cursor, error) {
		return c.ImportAliases(ctx, ImportAliasFilter{}, p)
	}, c.UpdateImportAlias, c.DeleteImportAlias)
	row(t, UnitWeight{Unit: "pièce", Grams: 500}, func(x *UnitWeight) {
		x.Product, x.Millilitres, x.Weighed = "poulet", pointer(int64(2500)), true
	}, c.CreateUnitWeight, c.UnitWeight, func(ctx context.Context, p Page) ([]UnitWeight, Cursor, error) {
		return c.UnitWeights(ctx, UnitWeightFilter{}, p)
	}, c.UpdateUnitWeight, c.DeleteUnitWeight)
	row(t, OFNConnection{BaseURL: "https://ofn.example", Token: "abc", Report: "packing/customer"}, func(x *OFNConnection) {
		x.Token, x.Coordinator, x.DistributionAfterDays, x.PullAfterMin, x.CreateUnknown, x.Active = "def", 12, 2, 15, true, true
	}, func(ctx context.Context, x *OFNConnection) error { _, err := c.CreateOFNConnection(ctx, x); return err },
		c.OFNConnection, c.OFNConnections, c.UpdateOFNConnection, c.DeleteOFNConnection)

	col, err := c.Itself(t.Context())
	ok(t, err)
	if col.Timezone != "Europe/Paris" || col.Name != "one" {
		t.Errorf("the collective is %+v", col)
	}
	col.Name, col.Travel, col.Shortest = "uno", "Vaucluse", true
	ok(t, c.UpdateItself(t.Context(), col))
	if got, err := c.Itself(t.Context()); err != nil || got.Travel != col.Travel || got.Shortest != col.Shortest {
		t.Errorf("the collective is kept as %+v, %v", got, err)
	}
	col.Version = 1
	is(t, c.UpdateItself(t.Context(), col), Stale)
}

func testReferences(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	e := is(t, c.CreateRound(ctx, &Round{Name: "x", Producer: "nobody", Vehicle: w.vehicle, Starts: "2026-01-01", Start: w.place, End: w.place,
		Stops: []Stop{{Place: w.place}, {Place: "nowhere"}}}), Invalid)
	var paths []string
	for _, f := range e.Faults {
		paths = append(paths, f.Path)
	}
	if d := cmp.Diff([]string{"producer", "stops[1].place"}, paths); d != "" {
		t.Errorf("faults (-want +got):\n%s", d)
	}
	rounds, _, err := c.Rounds(ctx, RoundFilter{}, Page{})
	if err != nil || len(rounds) != 1 {
		t.Errorf("%d rounds, want 1: %v", len(rounds), err)
	}
	_, err = c.PutOrders(ctx, w.sale, w.orders("a"))
	ok(t, err)
	for _, remove := range []error{c.DeletePlace(ctx, w.place, 1), c.DeleteProducer(ctx, w.producer, 1), c.DeleteVehicle(ctx, w.vehicle, 1),
		c.DeletePickupPoint(ctx, w.point, 1), c.DeleteProduct(ctx, w.product, 1), c.DeleteSale(ctx, w.sale, 1)} {
		is(t, remove, Conflict)
	}
	if _, err := c.Place(ctx, w.place); err != nil {
		t.Errorf("a place in use is gone: %v", err)
	}
	is(t, c.CreatePlace(ctx, &Place{Name: "again", Ref: "p-1"}), Conflict)
	second := Place{Name: "second", Ref: "p-2"}
	ok(t, c.CreatePlace(ctx, &second))
	second.Ref = "p-1"
	if e := is(t, c.UpdatePlace(ctx, &second), Conflict); !strings.Contains(e.Message, "place") || !strings.Contains(e.Message, "ref") {
		t.Errorf("message %q", e.Message)
	}
	if second.Version != 1 {
		t.Errorf("a refused update raised the version to %d", second.Version)
	}
	// Two rows without a ref of another system do not collide, nor do those of two collectives.
	ok(t, c.CreatePlace(ctx, &Place{Name: "a"}))
	ok(t, c.CreatePlace(ctx, &Place{Name: "b"}))
	fill(t, s, "two")
}

func testInvalid(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	whole := Round{Name: "x", Producer: w.producer, Vehicle: w.vehicle, Starts: "2026-01-01", Start: w.place, End: w.place}
	with := func(change func(*Round)) *Round {
		r := whole
		change(&r)
		return &r
	}
	ok(t, c.CreateRound(ctx, with(func(*Round) {})))
	other := Producer{Name: "other", Place: w.place}
	ok(t, c.CreateProducer(ctx, &other))
	for _, x := range []struct {
		path string
		err  error
	}{
		{"name", c.CreatePlace(ctx, &Place{Name: " "})},
		{"name", c.CreatePlace(ctx, &Place{Name: "a\x00b"})},
		{"name", c.CreatePlace(ctx, &Place{Name: "\xff"})},
		{"note", c.CreatePlace(ctx, &Place{Name: "a", Note: strings.Repeat("a", mostText+1)})},
		{"at.lat", c.CreatePlace(ctx, &Place{Name: "a", At: &Point{0, 91e7}})},
		{"hours[0].days", c.CreatePlace(ctx, &Place{Name: "a", Hours: Windows{{}}})},
		{"hours[0].days[0]", c.CreatePlace(ctx, &Place{Name: "a", Hours: Windows{{Days: []Weekday{"Thursday"}}}})},
		{"hours[0]", c.CreatePlace(ctx, &Place{Name: "a", Hours: Windows{{Days: []Weekday{"thu"}, From: 2, Until: 1}}})},
		{"hours[0].season.until", c.CreatePlace(ctx, &Place{Name: "a", Hours: Windows{{Days: []Weekday{"thu"}, Season: Season{"04-01", "04-31"}}}})},
		{"rule", c.CreateRound(ctx, with(func(r *Round) { r.Rule = "every Thursday" }))},
		{"rule", c.CreateRound(ctx, with(func(r *Round) { r.Rule = "FREQ=HOURLY" }))},
		{"rule", c.CreateRound(ctx, with(func(r *Round) { r.Rule = "FREQ=DAILY;BYEASTER=1000" }))},
		{"rule", c.CreateRound(ctx, with(func(r *Round) { r.Rule = "FREQ=DAILY;INTERVAL=1000000000" }))},
		{"rule", c.CreateRound(ctx, with(func(r *Round) { r.Rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }))},
		{"rule", c.CreateRound(ctx, with(func(r *Round) { r.Rule = "FREQ=WEEKLY;BYHOUR=3" }))},
		{"rule", c.CreateRound(ctx, with(func(r *Round) { r.Rule = "DTSTART=20260101T000000Z;FREQ=WEEKLY" }))},
		{"starts", c.CreateRound(ctx, with(func(r *Round) { r.Starts = "2026-02-30" }))},
		{"return_by", c.CreateRound(ctx, with(func(r *Round) { r.DepartAfter, r.ReturnBy = 10, 9 }))},
		{"stops[0].unload.grams", c.CreateRound(ctx, with(func(r *Round) { r.Stops = []Stop{{Place: w.place, Unload: Room{Grams: -1}}} }))},
		{"only", c.CreateRound(ctx, with(func(r *Round) { r.Only = []ID{w.producer} }))},
		{"only[1]", c.CreateRound(ctx, with(func(r *Round) { r.Carries, r.Only = CarriesSome, []ID{w.producer, w.producer} }))},
		{"producer", c.CreateMember(ctx, &Member{Email: "a@b", Role: ProducersRole})},
		{"email", c.CreateMember(ctx, &Member{Email: "ab", Role: Reader})},
		{"timezone", s.CreateCollective(ctx, &Collective{Name: "a", Timezone: "Paris"}, "")},
		{"distribution", c.CreateSale(ctx, &Sale{Name: "a", Distribution: "2026-11-27", First: "2026-11-28", Last: "2026-11-29"})},
		{"last", c.CreateSale(ctx, &Sale{Name: "a", Distribution: "2026-11-27", Last: "2027-11-27"})},
		{"reason", c.CreateSetting(ctx, &Setting{Name: OthersWithinM, Since: "2026-01-01", Value: pointer(int64(200_000))})},
		{"value", c.CreateSetting(ctx, &Setting{Name: FairnessPermil, Since: "2026-01-01", Value: pointer(int64(1001))})},
		{"rides[0].round", c.CreateWay(ctx, &Way{Sale: w.sale, Producer: w.producer, PickupPoint: w.point, Rides: []Ride{{Vehicle: w.vehicle, Day: "2026-11-26"}}})},
		{"rides[0].day", c.CreateWay(ctx, &Way{Producer: w.producer, PickupPoint: w.point, Rides: []Ride{{Round: w.round, Day: "2026-11-26"}}})},
		{"rides", c.CreateWay(ctx, &Way{Producer: w.producer, PickupPoint: w.point})},
		{"to_day", c.CreateRoundChange(ctx, &RoundChange{Round: w.round, Day: "2026-11-26", Kind: Cancelled, ToDay: "2026-11-27"})},
		{"vehicle", c.CreateAbsence(ctx, &Absence{Producer: w.producer, Vehicle: w.vehicle, First: "2026-11-26", Last: "2026-11-26"})},
		{"value", c.CreateSetting(ctx, &Setting{Name: CrateMl, Since: "2026-01-01", Value: pointer(int64(0))})},
		{"product", c.CreateLot(ctx, &Lot{Sale: w.sale, Producer: other.ID, Product: w.product})},
		{"use_by", c.CreateLot(ctx, &Lot{Sale: w.sale, Producer: w.producer, Product: w.product, UseBy: "tomorrow"})},
		{"siret", c.CreateProducer(ctx, &Producer{Name: "x", Place: w.place, Siret: "732 829 320 00075"})},
		{"siret", c.CreateProducer(ctx, &Producer{Name: "x", Place: w.place, Siret: "FR 732829320"})},
		{"signature", c.CreateImportMapping(ctx, &ImportMapping{})},
		{"columns", c.CreateImportMapping(ctx, &ImportMapping{Signature: "a", Columns: make([]ImportColumn, mostColumns+1)})},
		{"product", c.CreateImportAlias(ctx, &ImportAlias{Kind: ProducerAlias, Name: "a", Producer: w.producer, Product: w.product})},
		{"pickup_point", c.CreateImportAlias(ctx, &ImportAlias{Kind: PickupPointAlias, Name: "a"})},
		{"unit", c.CreateUnitWeight(ctx, &UnitWeight{Grams: 1})},
		{"grams", c.CreateUnitWeight(ctx, &UnitWeight{Unit: "pièce", Grams: -1})},
		{"base_url", connect(ctx, c, OFNConnection{BaseURL: "ofn.example", Report: "packing"})},
		{"base_url", connect(ctx, c, OFNConnection{BaseURL: "https://user:password@ofn.example", Report: "packing"})},
		{"report", connect(ctx, c, OFNConnection{BaseURL: "https://ofn.example"})},
		{"pull_after_min", connect(ctx, c, OFNConnection{BaseURL: "https://ofn.example", Report: "packing", PullAfterMin: -1})},
	} {
		e := is(t, x.err, Invalid)
		if len(e.Faults) != 1 || e.Faults[0].Path != x.path || e.Faults[0].Message == "" {
			t.Errorf("faults %v, want one of %s", e.Faults, x.path)
		}
	}
	// What could not be an id is the id of nothing, and breaks no statement.
	w = fill(t, s, "ids")
	for _, id := range []ID{"\x00", "\xff", "A", "'", ID(strings.Repeat("x", 65))} {
		_, err := w.scope.Place(ctx, id)
		is(t, err, NotFound)
		is(t, w.scope.DeletePlace(ctx, id, 1), NotFound)
		is(t, w.scope.CreateProducer(ctx, &Producer{Name: "x", Place: id}), Invalid)
		_, err = w.scope.PutOrders(ctx, w.sale, []Order{{Ref: "r", PickupPoint: id, Lines: []OrderLine{{Product: id, QuantityMilli: 1}}}})
		if e := is(t, err, Invalid); len(e.Faults) != 2 {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func testPages(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	ok(t, c.Together(ctx, func(c *Scope) error { // of one moment, so that ids decide
		for i := range 25 {
			if err := c.CreatePlace(ctx, &Place{Name: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	}))
	seen := map[ID]bool{}
	var after Cursor
	pages := 0
	for {
		rows, next, err := c.Places(ctx, PlaceFilter{}, Page{After: after, Limit: 13})
		ok(t, err)
		pages++
		for _, x := range rows {
			if seen[x.ID] {
				t.Errorf("%s comes twice", x.ID)
			}
			seen[x.ID] = true
		}
		if next == "" {
			break
		}
		after = next
		ok(t, c.DeletePlace(ctx, rows[len(rows)-1].ID, 1)) // what goes meanwhile does not disturb
	}
	if len(seen) != 26 || pages != 2 {
		t.Errorf("saw %d places on %d pages, want 26 on 2", len(seen), pages)
	}
	_, _, err := c.Places(ctx, PlaceFilter{}, Page{After: "nonsense"})
	if e := is(t, err, Invalid); len(e.Faults) != 1 || e.Faults[0].Path != "after" {
		t.Errorf("faults %v", e.Faults)
	}
	all, _, err := s.Collectives(ctx, Page{})
	if err != nil || len(all) != 1 {
		t.Errorf("%d collectives, want 1: %v", len(all), err)
	}
}

func testFilters(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	ok(t, c.CreatePlace(ctx, &Place{Name: "somewhere"}))
	count := func(want int, what string, n int, err error) {
		t.Helper()
		if err != nil || n != want {
			t.Errorf("%s: %d rows, want %d: %v", what, n, want, err)
		}
	}
	places, _, err := c.Places(ctx, PlaceFilter{Located: pointer(false)}, Page{})
	count(1, "places without position", len(places), err)
	places, _, err = c.Places(ctx, PlaceFilter{Ref: "p-1", Located: pointer(true)}, Page{})
	count(1, "places by ref", len(places), err)
	products, _, err := c.Products(ctx, ProductFilter{Class: engine.Chilled, Active: pointer(true)}, Page{})
	count(1, "chilled products", len(products), err)
	products, _, err = c.Products(ctx, ProductFilter{Active: pointer(false)}, Page{})
	count(0, "inactive products", len(products), err)
	sales, _, err := c.Sales(ctx, SaleFilter{First: "2026-11-28"}, Page{})
	count(0, "later sales", len(sales), err)
	sales, _, err = c.Sales(ctx, SaleFilter{First: "2026-11-27", Last: "2026-11-27", State: SaleOpen}, Page{})
	count(1, "sales of the day", len(sales), err)
	ok(t, c.CreateAbsence(ctx, &Absence{First: "2026-11-20", Last: "2026-11-25"}))
	absences, _, err := c.Absences(ctx, AbsenceFilter{First: "2026-11-25", Last: "2026-12-01"}, Page{})
	count(1, "absences that touch", len(absences), err)
	absences, _, err = c.Absences(ctx, AbsenceFilter{First: "2026-11-26", Last: "2026-12-01"}, Page{})
	count(0, "absences that do not", len(absences), err)
	ok(t, c.CreateWay(ctx, &Way{Producer: w.producer, PickupPoint: w.point, Rides: []Ride{{Round: w.round}}}))
	ways, _, err := c.Ways(ctx, WayFilter{Habits: true}, Page{})
	count(1, "habits", len(ways), err)
	ways, _, err = c.Ways(ctx, WayFilter{Sale: w.sale}, Page{})
	count(0, "locks", len(ways), err)
}

// Of many who change the same version one succeeds.
func testRefs(t *testing.T, s *Store) {
	ctx := t.Context()
	w := fill(t, s, "refs")
	refs := []string{"pr-1", "nothing"}
	for i := range 2000 {
		refs = append(refs, fmt.Sprintf("ref-%d", i))
	}
	last := Product{Ref: refs[len(refs)-1], Name: "x", Producer: w.producer}
	ok(t, w.scope.CreateProduct(ctx, &last))
	got, err := w.scope.ProductsByRef(ctx, refs)
	if want := map[string]ID{"pr-1": w.product, last.Ref: last.ID}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	point := PickupPoint{Ref: "hall", Name: "x", Place: w.place}
	ok(t, w.scope.CreatePickupPoint(ctx, &point))
	got, err = w.scope.PickupPointsByRef(ctx, []string{"hall", "pr-1"})
	if want := map[string]ID{"hall": point.ID}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func testLostUpdates(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	ctx := t.Context()
	const writers = 8
	errs := make([]error, writers)
	var wait sync.WaitGroup
	for i := range writers {
		wait.Go(func() {
			x, err := w.scope.Place(ctx, w.place)
			if err != nil {
				errs[i] = err
				return
			}
			x.Version, x.Name = 1, fmt.Sprint(i)
			errs[i] = w.scope.UpdatePlace(ctx, x)
		})
	}
	wait.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			is(t, err, Stale)
		}
	}
	x, err := w.scope.Place(ctx, w.place)
	if err != nil || done != 1 || x.Version != 2 {
		t.Errorf("%d updates of one version succeeded, the version is %d: %v", done, x.Version, err)
	}
}

func testOrders(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	put := func(orders ...Order) []Put {
		t.Helper()
		out, err := c.PutOrders(ctx, w.sale, orders)
		ok(t, err)
		return out
	}
	revision := func() int64 {
		t.Helper()
		r, err := c.Revision(ctx, w.sale)
		ok(t, err)
		return r
	}
	status := func(out []Put, want ...PutStatus) {
		t.Helper()
		var got []PutStatus
		for _, p := range out {
			got = append(got, p.Status)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("statuses (-want +got):\n%s", d)
		}
	}
	first := put(w.orders("b", "a")...)
	status(first, PutCreated, PutCreated)
	before := revision()
	x, err := c.Order(ctx, first[0].ID)
	ok(t, err)
	want := w.orders("b")[0]
	want.Row, want.Sale = x.Row, w.sale
	if d := cmp.Diff(&want, x); d != "" {
		t.Errorf("put and read differ (-put +read):\n%s", d)
	}

	again := put(w.orders("a", "b")...)
	status(again, PutUnchanged, PutUnchanged)
	if again[0].ID != first[1].ID || again[1].ID != first[0].ID {
		t.Error("ids changed")
	}
	if revision() != before {
		t.Error("the same orders again count as a change")
	}

	changed := w.orders("a", "c", "b")
	changed[0].Lines = changed[0].Lines[:1]
	changed[2].Lines[0].QuantityMilli, changed[2].Lines[1].QuantityMilli = 0, 0
	out := put(changed...)
	status(out, PutReplaced, PutCreated, PutCancelled)
	if revision() <= before {
		t.Error("a change does not raise the revision")
	}
	a, err := c.Order(ctx, out[0].ID)
	ok(t, err)
	if out[0].ID != first[1].ID || len(a.Lines) != 1 || a.Version != 2 {
		t.Errorf("replaced: %+v", a)
	}
	b, err := c.Order(ctx, out[2].ID)
	ok(t, err)
	if out[2].ID != first[0].ID || len(b.Lines) != 0 {
		t.Errorf("cancelled: %+v", b)
	}
	status(put(w.orders("b")...), PutReplaced)

	// An order with one cancelled line keeps the other, and one to the customer's place has no pickup point.
	half := Order{Ref: "d", At: &Point{51000000, 441000000}, Lines: []OrderLine{{Product: w.product}, {Product: w.other, QuantityMilli: 1}}}
	out = put(half)
	d, err := c.Order(ctx, out[0].ID)
	ok(t, err)
	if len(d.Lines) != 1 || d.Lines[0].Product != w.other || d.At == nil || *d.At != *half.At || d.PickupPoint != "" {
		t.Errorf("read %+v", d)
	}
	list, _, err := c.Orders(ctx, OrderFilter{Sale: w.sale, Ref: "d"}, Page{})
	if err != nil || len(list) != 1 || len(list[0].Lines) != 1 {
		t.Errorf("listed %v, %v", list, err)
	}

	// The same reference in another sale is another order.
	other := Sale{Name: "next", Distribution: "2026-12-04"}
	ok(t, c.CreateSale(ctx, &other))
	out, err = c.PutOrders(ctx, other.ID, w.orders("a"))
	ok(t, err)
	status(out, PutCreated)

	// Late lines come into a closed sale; nothing comes into one that is done.
	_, _, err = c.CloseSale(ctx, w.sale)
	ok(t, err)
	status(put(w.orders("late")...), PutCreated)
	sale, err := c.Sale(ctx, w.sale)
	ok(t, err)
	sale.State = SaleDone
	ok(t, c.UpdateSale(ctx, sale))
	_, err = c.PutOrders(ctx, w.sale, w.orders("too late"))
	is(t, err, Conflict)
	_, err = c.PutOrders(ctx, "nosuchsale", w.orders("a"))
	is(t, err, NotFound)
}

func testBulk(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	var refs []string
	for i := range MaxOrders {
		refs = append(refs, fmt.Sprintf("R%05d", i))
	}
	orders := w.orders(refs...)
	out, err := c.PutOrders(ctx, w.sale, orders)
	ok(t, err)
	if len(out) != MaxOrders || slices.ContainsFunc(out, func(p Put) bool { return p.Status != PutCreated }) {
		t.Errorf("%d orders put, the first is %v", len(out), out[0])
	}
	orders[7].Lines = orders[7].Lines[:1]
	again, err := c.PutOrders(ctx, w.sale, orders)
	ok(t, err)
	for i := range again {
		if again[i].ID != out[i].ID || (again[i].Status == PutReplaced) != (i == 7) {
			t.Fatalf("order %d: %v, was %v", i, again[i], out[i])
		}
	}
	n, lines := 0, 0
	var after Cursor
	for {
		page, next, err := c.Orders(ctx, OrderFilter{Sale: w.sale}, Page{After: after, Limit: 1000})
		ok(t, err)
		for _, x := range page {
			n++
			lines += len(x.Lines)
		}
		if after = next; next == "" {
			break
		}
	}
	if n != MaxOrders || lines != 2*MaxOrders-1 {
		t.Errorf("%d orders with %d lines are there, want %d with %d", n, lines, MaxOrders, 2*MaxOrders-1)
	}
	_, err = c.PutOrders(ctx, w.sale, append(orders, w.orders("one more")...))
	is(t, err, Invalid)
}

func testAllOrNothing(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	_, err := c.PutOrders(ctx, w.sale, w.orders("a"))
	ok(t, err)
	wrong := func(change func(orders []Order), paths ...string) {
		t.Helper()
		orders := w.orders("a", "b", "c")
		orders[0].Lines = orders[0].Lines[:1]
		change(orders)
		_, err := c.PutOrders(ctx, w.sale, orders)
		e := is(t, err, Invalid)
		var got []string
		for _, f := range e.Faults {
			got = append(got, f.Path)
		}
		if d := cmp.Diff(paths, got); d != "" {
			t.Errorf("faults (-want +got):\n%s", d)
		}
	}
	wrong(func(o []Order) { o[2].Lines[1].Product, o[1].PickupPoint = "nosuch", "nowhere" }, "orders[1].pickup_point", "orders[2].lines[1].product")
	wrong(func(o []Order) { o[1].Lines[0].QuantityMilli, o[2].Lines[1].Product = 0, "nosuch" }, "orders[2].lines[1].product")
	wrong(func(o []Order) { o[1].PickupPoint, o[2].Lines[1].Product = "\xff", "\x00" }, "orders[1].pickup_point", "orders[2].lines[1].product")
	wrong(func(o []Order) { o[2].Lines[1].QuantityMilli, o[2].Lines[0].Grams = -1, pointer(int64(-5)) }, "orders[2].lines[0].grams", "orders[2].lines[1].quantity")
	wrong(func(o []Order) { o[1].PickupPoint, o[2].Ref = "", "a" }, "orders[1].pickup_point", "orders[2].ref")
	wrong(func(o []Order) { o[1].Ref = "" }, "orders[1].ref")
	list, _, err := c.Orders(ctx, OrderFilter{}, Page{})
	if err != nil || len(list) != 1 || len(list[0].Lines) != 2 || list[0].Version != 1 {
		t.Errorf("after refused orders there are %v, %v", list, err)
	}
}

// Many put the same orders at once: each is there once, whole, as one of them put it.
func testConcurrentOrders(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	const writers, each = 6, 40
	var wait sync.WaitGroup
	results := make([][]Put, writers)
	errs := make([]error, writers)
	for i := range writers {
		wait.Go(func() {
			var orders []Order
			for k := range each {
				o := w.orders(fmt.Sprintf("o%d", (k*7+i)%each))[0] // in another order each
				for l := range o.Lines {
					o.Lines[l].QuantityMilli = int64(1000 * (i + 1))
				}
				orders = append(orders, o)
			}
			results[i], errs[i] = c.PutOrders(ctx, w.sale, orders)
		})
	}
	wait.Wait()
	for _, err := range errs {
		ok(t, err)
	}
	list, _, err := c.Orders(ctx, OrderFilter{Sale: w.sale}, Page{Limit: 1000})
	ok(t, err)
	if len(list) != each {
		t.Errorf("%d orders, want %d", len(list), each)
	}
	ids := map[ID]bool{}
	for _, o := range list {
		ids[o.ID] = true
		if len(o.Lines) != 2 || o.Lines[0].QuantityMilli != o.Lines[1].QuantityMilli {
			t.Errorf("order %s is mixed: %v", o.Ref, o.Lines)
		}
	}
	for _, out := range results {
		for _, p := range out {
			if !ids[p.ID] {
				t.Fatalf("%v was acknowledged and is not there", p)
			}
		}
	}
}

// A product or a pickup point is deleted while an order for it comes in: one of the two is refused, so that every order has what it
// refers to.
func testDeletedMeanwhile(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	for i := range 40 {
		product, point := Product{Producer: w.producer, Name: "x"}, PickupPoint{Name: "x", Place: w.place}
		ok(t, c.CreateProduct(ctx, &product))
		ok(t, c.CreatePickupPoint(ctx, &point))
		order := Order{Ref: fmt.Sprint(i), PickupPoint: w.point, Lines: []OrderLine{{Product: product.ID, QuantityMilli: 1}}}
		remove := func() error { return c.DeleteProduct(ctx, product.ID, 1) }
		if i%2 == 0 {
			order.PickupPoint, order.Lines[0].Product = point.ID, w.product
			remove = func() error { return c.DeletePickupPoint(ctx, point.ID, 1) }
		}
		var wait sync.WaitGroup
		var put, removed error
		wait.Go(func() { _, put = c.PutOrders(ctx, w.sale, []Order{order}) })
		wait.Go(func() { removed = remove() })
		wait.Wait()
		if (put == nil) == (removed == nil) {
			t.Fatalf("the order: %v; the deletion: %v", put, removed)
		}
		if put != nil && !errors.Is(put, &Error{Code: Conflict}) && !strings.Contains(put.Error(), "no p") {
			t.Error(put)
		}
		if removed != nil {
			is(t, removed, Conflict)
		}
	}
}

func testUpdateOrder(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	out, err := c.PutOrders(ctx, w.sale, w.orders("a"))
	ok(t, err)
	x, err := c.Order(ctx, out[0].ID)
	ok(t, err)
	x.Lines[0].QuantityMilli, x.Lines[1].QuantityMilli = 0, 3000
	ok(t, c.UpdateOrder(ctx, x))
	got, err := c.Order(ctx, x.ID)
	ok(t, err)
	if len(got.Lines) != 1 || got.Lines[0].QuantityMilli != 3000 || got.Version != 2 {
		t.Errorf("got %+v", got)
	}
	again := w.orders("a")
	again[0].Lines = got.Lines
	if out, err = c.PutOrders(ctx, w.sale, again); err != nil || out[0].Status != PutUnchanged {
		t.Errorf("what the update made is not known as the same: %v, %v", out, err)
	}
	x.Version = 1
	is(t, c.UpdateOrder(ctx, x), Stale)
	got.Ref = "b"
	is(t, c.UpdateOrder(ctx, got), Conflict)
	got.Ref, got.Lines[0].Product = "a", "nosuch"
	if e := is(t, c.UpdateOrder(ctx, got), Invalid); len(e.Faults) != 1 || e.Faults[0].Path != "lines[0].product" {
		t.Errorf("faults %v", e.Faults)
	}
}

func testOnce(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	calls := 0
	do := func(c *Scope, key, request string, fail error) ([]byte, bool, error) {
		return c.Once(ctx, key, []byte(request), func(c *Scope) ([]byte, error) {
			calls++
			if err := c.CreatePlace(ctx, &Place{Name: "x"}); err != nil {
				return nil, err
			}
			return fmt.Appendf(nil, "reply %d", calls), fail
		})
	}
	broken := errors.New("broken")
	if _, _, err := do(c, "k", "r", broken); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	reply, again, err := do(c, "k", "r", nil)
	if string(reply) != "reply 2" || again || err != nil {
		t.Errorf("got %q, %v, %v", reply, again, err)
	}
	reply, again, err = do(c, "k", "r", nil)
	if string(reply) != "reply 2" || !again || err != nil || calls != 2 {
		t.Errorf("got %q, %v, %v after %d calls", reply, again, err, calls)
	}
	_, _, err = do(c, "k", "another", nil)
	is(t, err, Conflict)
	_, _, err = do(c, "", "r", nil)
	is(t, err, Invalid)
	places, _, err := c.Places(ctx, PlaceFilter{Located: pointer(false)}, Page{})
	if err != nil || len(places) != 1 {
		t.Errorf("%d places, want what one call made: %v", len(places), err)
	}
	// A key is its collective's.
	if reply, again, err := do(fill(t, s, "two").scope, "k", "r", nil); string(reply) != "reply 3" || again || err != nil {
		t.Errorf("got %q, %v, %v", reply, again, err)
	}
}

func testConcurrentOnce(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	ctx := t.Context()
	const callers = 6
	replies := make([]string, callers)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			reply, _, err := w.scope.Once(ctx, "key", nil, func(c *Scope) ([]byte, error) {
				_, err := c.PutOrders(ctx, w.sale, w.orders(fmt.Sprint("from ", i)))
				return []byte(fmt.Sprint(i)), err
			})
			replies[i] = fmt.Sprint(string(reply), err)
		})
	}
	wait.Wait()
	for _, r := range replies {
		if r != replies[0] {
			t.Errorf("replies differ: %q", replies)
			break
		}
	}
	orders, _, err := w.scope.Orders(ctx, OrderFilter{}, Page{})
	if err != nil || len(orders) != 1 {
		t.Errorf("%d orders, want 1: %v", len(orders), err)
	}
}

func testClose(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	ctx := t.Context()
	const callers = 6
	var firsts [callers]bool
	var errs [callers]error
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() { _, firsts[i], errs[i] = w.scope.CloseSale(ctx, w.sale) })
	}
	wait.Wait()
	n := 0
	for i := range callers {
		ok(t, errs[i])
		if firsts[i] {
			n++
		}
	}
	sale, err := w.scope.Sale(ctx, w.sale)
	if err != nil || n != 1 || sale.State != SaleClosed {
		t.Errorf("%d calls closed the sale, which is %v: %v", n, sale, err)
	}
	sale.State = SaleCancelled
	ok(t, w.scope.UpdateSale(ctx, sale))
	_, _, err = w.scope.CloseSale(ctx, w.sale)
	is(t, err, Conflict)
	_, _, err = w.scope.CloseSale(ctx, "nosuch")
	is(t, err, NotFound)
}

func testPlans(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	_, err := c.CurrentPlan(ctx, w.sale)
	is(t, err, NotFound)
	save := func(reason string, based ID) *Plan {
		t.Helper()
		x := Plan{Sale: w.sale, Reason: reason, BasedOn: based, Revision: 7, Figures: Figures{1, 2, 3, 4, 5, 6, 7, 8}}
		ok(t, c.SavePlan(ctx, &x, []byte(`{"week":"`+reason+`"}`), []byte(`{"plan":"`+reason+`"}`)))
		return &x
	}
	state := func(id ID, want PlanState) *Plan {
		t.Helper()
		x, err := c.Plan(ctx, id)
		ok(t, err)
		if x.State != want {
			t.Errorf("plan %d is %s, want %s", x.Number, x.State, want)
		}
		return x
	}
	move := func(id ID, to PlanState) {
		t.Helper()
		x, err := c.Plan(ctx, id)
		ok(t, err)
		moved, err := c.MovePlan(ctx, id, x.Version, to)
		ok(t, err)
		if moved.Version != x.Version+1 || moved.State != to {
			t.Errorf("moved to %+v", moved)
		}
	}
	one := save("one", "")
	got := state(one.ID, Draft)
	if d := cmp.Diff(one, got); d != "" {
		t.Errorf("saved and read differ (-saved +read):\n%s", d)
	}
	week, document, err := c.PlanDocument(ctx, one.ID)
	if err != nil || string(week) != `{"week":"one"}` || string(document) != `{"plan":"one"}` {
		t.Errorf("documents %s, %s, %v", week, document, err)
	}
	two := save("two", one.ID)
	state(one.ID, Superseded)
	if two.Number != 2 {
		t.Errorf("number %d, want 2", two.Number)
	}
	move(two.ID, Proposed)
	move(two.ID, Published)
	three := save("three", two.ID)
	state(two.ID, Published)
	if current, err := c.CurrentPlan(ctx, w.sale); err != nil || current.ID != two.ID {
		t.Errorf("current is %v, %v: want the published one", current, err)
	}
	move(three.ID, Published)
	state(two.ID, Superseded)
	_, err = c.MovePlan(ctx, two.ID, state(two.ID, Superseded).Version, Published)
	is(t, err, Conflict)
	_, err = c.MovePlan(ctx, three.ID, 1, Done)
	is(t, err, Stale)
	move(three.ID, Done)
	four := save("four", three.ID)
	_, err = c.MovePlan(ctx, four.ID, 1, Published)
	is(t, err, Conflict)
	state(three.ID, Done)
	plans, _, err := c.Plans(ctx, PlanFilter{Sale: w.sale}, Page{})
	if err != nil || len(plans) != 4 {
		t.Errorf("%d plans, want all 4 versions: %v", len(plans), err)
	}
	is(t, c.SavePlan(ctx, &Plan{Sale: "nosuch"}, nil, nil), NotFound)
	_, _, err = c.PlanDocument(ctx, "nosuch")
	is(t, err, NotFound)
}

func testConcurrentPlans(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	ctx := t.Context()
	const callers = 6
	var wait sync.WaitGroup
	var errs [callers]error
	for i := range callers {
		wait.Go(func() {
			x := Plan{Sale: w.sale}
			if errs[i] = w.scope.SavePlan(ctx, &x, []byte("{}"), []byte("{}")); errs[i] != nil {
				return
			}
			if _, err := w.scope.MovePlan(ctx, x.ID, 1, Published); err != nil && !errors.Is(err, &Error{Code: Stale}) {
				errs[i] = err // another plan came between
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		ok(t, err)
	}
	plans, _, err := w.scope.Plans(ctx, PlanFilter{}, Page{})
	ok(t, err)
	count := map[PlanState]int{}
	for i, x := range plans {
		count[x.State]++
		if x.Number < 1 || x.Number > callers {
			t.Errorf("plan %d has the number %d", i, x.Number)
		}
	}
	if len(plans) != callers || count[Published] > 1 || count[Draft] > 1 || count[Published]+count[Draft] == 0 {
		t.Errorf("%d plans: %v", len(plans), count)
	}
}

func testAnswers(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	plan := Plan{Sale: w.sale}
	ok(t, c.SavePlan(ctx, &plan, []byte("{}"), []byte("{}")))
	asked := []Answer{{Round: "r@1", Producer: w.producer, State: AnswerOpen}, {Round: "r@2", Producer: w.producer, State: AnswerAccepted, Answered: time.UnixMilli(5).UTC()}}
	ok(t, c.Ask(ctx, plan.ID, asked))
	is(t, c.GiveAnswer(ctx, plan.ID, "r@1", w.producer, AnswerAccepted, ""), Conflict) // not proposed yet
	_, err := c.MovePlan(ctx, plan.ID, 1, Proposed)
	ok(t, err)
	is(t, c.GiveAnswer(ctx, plan.ID, "r@1", w.producer, AnswerOpen, ""), Invalid)
	is(t, c.GiveAnswer(ctx, plan.ID, "r@3", w.producer, AnswerAccepted, ""), NotFound)
	is(t, c.GiveAnswer(ctx, plan.ID, "r@1", "other", AnswerAccepted, ""), NotFound)
	ok(t, c.GiveAnswer(ctx, plan.ID, "r@1", w.producer, AnswerRefused, "trop loin"))
	got, err := c.Answers(ctx, plan.ID)
	ok(t, err)
	if len(got) != 2 || got[0].State != AnswerRefused || got[0].Note != "trop loin" || got[0].Answered.IsZero() || got[1] != asked[1] {
		t.Errorf("answers %+v", got)
	}
	is(t, c.Ask(ctx, plan.ID, []Answer{{Round: "a", Producer: "nosuch", State: AnswerOpen}}), Invalid)
	is(t, c.Ask(ctx, plan.ID, []Answer{{Round: "a", Producer: w.producer, State: AnswerOpen}, {Round: "a", Producer: w.producer, State: AnswerOpen}}), Conflict)
	if again, err := c.Answers(ctx, plan.ID); err != nil || len(again) != 2 {
		t.Errorf("refused questions changed the answers: %v, %v", again, err)
	}
	_, err = c.Answers(ctx, "nosuch")
	is(t, err, NotFound)
}

func testTicks(t *testing.T, s *Store) {
	w, other := fill(t, s, "one"), fill(t, s, "two")
	c, ctx := w.scope, t.Context()
	plan := Plan{Sale: w.sale}
	ok(t, c.SavePlan(ctx, &plan, []byte("{}"), []byte("{}")))
	about := TickSubject{Round: "r@1", Place: "p", Visit: 1, Task: TickLoad}
	at := func(id ID, state TickState, seconds int) *Tick {
		return &Tick{ID: id, TickSubject: about, Plan: plan.ID, Producer: w.producer, State: state, Happened: plan.Created.Add(time.Duration(seconds) * time.Millisecond)}
	}
	holds := func(want ID) {
		t.Helper()
		got, err := c.Ticks(ctx, w.sale)
		ok(t, err)
		if len(got) != 1 || got[0].ID != want {
			t.Errorf("%+v holds, not %s", got, want)
		}
	}
	time.Sleep(5 * time.Millisecond)
	first := at("a", TickDone, 2)
	ok(t, c.AddTick(ctx, first))
	if first.Sale != w.sale || first.Actor == "" || first.Arrived.Before(first.Happened) {
		t.Errorf("kept as %+v", first)
	}
	again := at("a", TickDone, 3)
	ok(t, c.AddTick(ctx, again))
	if *again != *first {
		t.Errorf("kept twice: %+v, %+v", first, again)
	}
	is(t, c.AddTick(ctx, at("a", TickOpen, 2)), Conflict)
	ok(t, c.AddTick(ctx, at("late", TickOpen, 1))) // made before, and arrives after
	holds("a")
	left := at("left", TickLeft, 3)
	left.LeftGrams, left.Note = 12_000, "deux caisses"
	ok(t, c.AddTick(ctx, left))
	holds("left")
	future := at("future", TickDone, 1_000_000_000)
	ok(t, c.AddTick(ctx, future))
	if future.Happened.After(future.Arrived) {
		t.Errorf("happens in the future: %+v", future)
	}
	past := at("past", TickOpen, -1_000_000_000)
	ok(t, c.AddTick(ctx, past))
	if past.Happened.Before(plan.Created) {
		t.Errorf("happened before its plan: %+v", past)
	}
	holds("future")
	for _, x := range []Tick{
		{ID: "", TickSubject: about, Plan: plan.ID, Producer: w.producer, State: TickDone},
		{ID: "é", TickSubject: about, Plan: plan.ID, Producer: w.producer, State: TickDone},
		{ID: "b", TickSubject: about, Plan: plan.ID, Producer: "nosuch", State: TickDone},
		{ID: "b", TickSubject: about, Plan: plan.ID, Producer: w.producer, State: "gone"},
		{ID: "b", TickSubject: about, Plan: plan.ID, Producer: w.producer, State: TickDone, LeftGrams: 1},
		{ID: "b", TickSubject: about, Plan: plan.ID, Producer: w.producer, State: TickLeft, LeftGrams: -1},
		{ID: "b", TickSubject: TickSubject{Round: "r", Place: "p", Visit: 1, Task: TickHand}, Plan: plan.ID, Producer: w.producer, State: TickLeft},
		{ID: "b", TickSubject: TickSubject{Round: "r", Place: "p", Visit: 0, Task: TickHand}, Plan: plan.ID, Producer: w.producer, State: TickDone},
	} {
		is(t, c.AddTick(ctx, &x), Invalid)
	}
	is(t, c.AddTick(ctx, &Tick{ID: "b", TickSubject: about, Plan: "nosuch", Producer: w.producer, State: TickDone}), NotFound)
	is(t, other.scope.AddTick(ctx, at("b", TickDone, 1)), NotFound)
	if got, err := other.scope.Ticks(ctx, w.sale); err != nil || got != nil {
		t.Errorf("another collective sees %+v, %v", got, err)
	}
}

func testBalances(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	plan := Plan{Sale: w.sale}
	ok(t, c.SavePlan(ctx, &plan, []byte("{}"), []byte("{}")))
	ok(t, c.Book(ctx, []Entry{{Producer: w.producer, Plan: plan.ID, Metres: 5000}, {Producer: w.producer, Metres: -700, Note: "repris de 2025"}}))
	ok(t, c.Book(ctx, []Entry{{Producer: w.producer, Plan: plan.ID, Metres: 4000}}))
	sums, err := c.Balances(ctx)
	if err != nil || len(sums) != 1 || sums[w.producer] != 3300 {
		t.Errorf("balances %v, %v", sums, err)
	}
	entries, err := c.Entries(ctx, w.producer)
	if err != nil || len(entries) != 2 {
		t.Errorf("entries %v, %v", entries, err)
	}
	is(t, c.Book(ctx, []Entry{{Producer: w.producer, Metres: 1}, {Producer: "nosuch", Metres: 1}}), Invalid)
	if again, err := c.Balances(ctx); err != nil || again[w.producer] != 3300 {
		t.Errorf("balances %v, %v", again, err)
	}
}

// Numbers of delivery notes have no gap, and one that was given stays.
func testDeliveryNotes(t *testing.T, s *Store) {
	w, other := fill(t, s, "one"), fill(t, s, "two")
	c, ctx := w.scope, t.Context()
	second := PickupPoint{Name: "Marché", Place: w.place, Active: true}
	ok(t, c.CreatePickupPoint(ctx, &second))
	next := Sale{Name: "Semaine 49", Distribution: "2026-12-04"}
	ok(t, c.CreateSale(ctx, &next))
	here, there := Consigned{w.producer, w.point}, Consigned{w.producer, second.ID}
	ok(t, c.NumberDeliveryNotes(ctx, w.sale, []Consigned{there}))
	ok(t, c.NumberDeliveryNotes(ctx, w.sale, []Consigned{here, there, here}))
	ok(t, c.NumberDeliveryNotes(ctx, next.ID, []Consigned{here}))
	ok(t, c.NumberDeliveryNotes(ctx, next.ID, nil))
	ok(t, other.scope.NumberDeliveryNotes(ctx, other.sale, []Consigned{{other.producer, other.point}}))
	for _, is := range []struct {
		c    *Scope
		sale ID
		want map[Consigned]int64
	}{
		{c, w.sale, map[Consigned]int64{there: 1, here: 2}},
		{c, next.ID, map[Consigned]int64{here: 3}},
		{c, other.sale, map[Consigned]int64{}},
		{other.scope, other.sale, map[Consigned]int64{{other.producer, other.point}: 1}},
		{other.scope, w.sale, map[Consigned]int64{}},
	} {
		got, err := is.c.DeliveryNotes(ctx, is.sale)
		ok(t, err)
		if d := cmp.Diff(is.want, got); d != "" {
			t.Errorf("delivery notes of %s (-want +got):\n%s", is.sale, d)
		}
	}
	is(t, c.NumberDeliveryNotes(ctx, w.sale, []Consigned{{other.producer, w.point}}), Invalid)
	is(t, c.NumberDeliveryNotes(ctx, other.sale, []Consigned{here}), Invalid)
	p, err := c.Producer(ctx, w.producer)
	ok(t, err)
	is(t, c.DeleteProducer(ctx, p.ID, p.Version), Conflict)
}

// Sales that are published at once get numbers of their own.
func testConcurrentDeliveryNotes(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	const n = 8
	sales := make([]ID, n)
	for i := range sales {
		x := Sale{Name: fmt.Sprint(i), Distribution: "2026-12-04"}
		ok(t, c.CreateSale(ctx, &x))
		sales[i] = x.ID
	}
	var all sync.WaitGroup
	for _, sale := range sales {
		all.Go(func() {
			if err := c.NumberDeliveryNotes(ctx, sale, []Consigned{{w.producer, w.point}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var got []int64
	for _, sale := range sales {
		notes, err := c.DeliveryNotes(ctx, sale)
		ok(t, err)
		got = append(got, notes[Consigned{w.producer, w.point}])
	}
	slices.Sort(got)
	if want := []int64{1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(got, want) {
		t.Errorf("numbers %v, want %v", got, want)
	}
}

func testSettings(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	ok(t, c.CreateSetting(ctx, &Setting{Name: OthersWithinM, Since: "2026-06-01", Value: nil, Reason: "registre des transporteurs"}))
	ok(t, c.CreateSetting(ctx, &Setting{Name: OthersWithinM, Since: "2026-09-01", Value: pointer(int64(50_000)), Reason: "voté en assemblée"}))
	is(t, c.CreateSetting(ctx, &Setting{Name: OthersWithinM, Since: "2026-09-01", Value: nil, Reason: "x"}), Conflict)
	list, _, err := c.Settings(ctx, SettingFilter{Name: OthersWithinM}, Page{})
	ok(t, err)
	for day, want := range map[Day]string{"2026-05-31": "100000", "2026-06-01": "none", "2026-08-31": "none", "2026-09-01": "50000", "2027-01-01": "50000"} {
		got := "none"
		if v := SettingOn(list, OthersWithinM, day); v != nil {
			got = fmt.Sprint(*v)
		}
		if got != want {
			t.Errorf("on %s: %s, want %s", day, got, want)
		}
	}
	// A reason stays in the audit trail when the setting is changed or deleted.
	last := &list[slices.IndexFunc(list, func(s Setting) bool { return s.Since == "2026-09-01" })]
	last.Value, last.Reason = pointer(int64(60_000)), "revu"
	ok(t, c.UpdateSetting(ctx, last))
	ok(t, c.DeleteSetting(ctx, last.ID, 2))
	events, _, err := c.Events(ctx, EventFilter{Kind: "setting", Subject: last.ID}, Page{})
	ok(t, err)
	var trail []string
	for _, e := range events {
		trail = append(trail, e.Action+" "+e.Detail)
	}
	revised := `{"name":"others_within_m","since":"2026-09-01","value":60000,"reason":"revu"}`
	slices.Sort(trail) // of one millisecond
	if d := cmp.Diff([]string{`create {"name":"others_within_m","since":"2026-09-01","value":50000,"reason":"voté en assemblée"}`, "delete " + revised, "update " + revised}, trail); d != "" {
		t.Errorf("audit trail (-want +got):\n%s", d)
	}
	is(t, c.CreateSetting(ctx, &Setting{Name: ClassesByEquipment, Since: "2026-01-01", Value: pointer(int64(2)), Reason: "x"}), Invalid)
	for _, rule := range TradeRules() {
		is(t, c.CreateSetting(ctx, &Setting{Name: rule.Setting, Since: "2026-01-01"}), Invalid) // takes a reason
	}
	if v := SettingOn(list, HandoverM, "2026-06-01"); v != nil {
		t.Errorf("handover_m is %d, want what the planner does by itself", *v)
	}
}

func testTokens(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	x := Token{Name: "cagette", Scope: MarketplaceToken}
	text, err := c.CreateToken(ctx, &x)
	ok(t, err)
	collective, got, err := s.Authenticate(ctx, text)
	if err != nil || collective != c.Collective() || got.ID != x.ID || got.Scope != MarketplaceToken || got.Used.IsZero() {
		t.Errorf("got %s, %+v, %v", collective, got, err)
	}
	if read, err := c.Token(ctx, x.ID); err != nil || read.Used.IsZero() {
		t.Errorf("the use was not noted: %+v, %v", read, err)
	}
	for _, wrong := range []string{"", "car_", text + "a", text[:len(text)-1], strings.ToUpper(text), "car_" + string(c.Collective()) + "_", "car_*_" + text[len(text)-26:]} {
		_, _, err := s.Authenticate(ctx, wrong)
		is(t, err, NotFound)
	}
	two := fill(t, s, "two")
	_, _, err = s.Authenticate(ctx, strings.Replace(text, string(c.Collective()), string(two.scope.Collective()), 1))
	is(t, err, NotFound)
	ok(t, c.RevokeToken(ctx, x.ID))
	ok(t, c.RevokeToken(ctx, x.ID))
	_, _, err = s.Authenticate(ctx, text)
	is(t, err, NotFound)
	expired := Token{Name: "old", Scope: ReadToken, Expires: time.Now().Add(-time.Second)}
	text, err = c.CreateToken(ctx, &expired)
	ok(t, err)
	_, _, err = s.Authenticate(ctx, text)
	is(t, err, NotFound)
	_, err = c.CreateToken(ctx, &Token{Name: "link", Scope: ProducerToken})
	is(t, err, Invalid)
	text, err = c.CreateToken(ctx, &Token{Name: "link", Scope: ProducerToken, Producer: w.producer})
	ok(t, err)
	if _, got, err := s.Authenticate(ctx, text); err != nil || got.Producer != w.producer {
		t.Errorf("got %+v, %v", got, err)
	}
	tokens, _, err := c.Tokens(ctx, TokenFilter{Producer: w.producer}, Page{})
	if err != nil || len(tokens) != 1 {
		t.Errorf("%d tokens, want 1: %v", len(tokens), err)
	}
}

func testSessions(t *testing.T, s *Store) {
	w, two := fill(t, s, "one"), fill(t, s, "two")
	c, ctx := w.scope, t.Context()
	ok(t, c.CreateMember(ctx, &Member{Email: "first@example.org", Role: Coordinator}))
	marie := Member{Email: "marie@example.org", Role: Coordinator}
	ok(t, c.CreateMember(ctx, &marie))
	token := Token{Name: "link", Scope: ProducerToken, Producer: w.producer}
	_, err := c.CreateToken(ctx, &token)
	ok(t, err)
	tomorrow := time.Now().Add(24 * time.Hour)
	in := func(x Session) (ID, string) {
		t.Helper()
		text, err := c.CreateSession(ctx, &x, "link")
		ok(t, err)
		return x.ID, text
	}
	over := func(text string) {
		t.Helper()
		_, err := s.AuthenticateSession(ctx, text)
		is(t, err, NotFound)
	}

	id, text := in(Session{Member: marie.ID, Email: marie.Email, Idle: time.Hour, Expires: tomorrow})
	who, err := s.AuthenticateSession(ctx, text)
	if err != nil || who.Collective != c.Collective() || who.Session.ID != id || who.Member == nil || who.Member.ID != marie.ID || who.Token != nil || who.Session.Email != marie.Email {
		t.Fatalf("got %+v, %v", who, err)
	}
	if who.Session.Idle != time.Hour || !who.Session.Expires.Equal(tomorrow.UTC().Truncate(time.Millisecond)) || who.Session.Used.IsZero() {
		t.Errorf("got %+v", who.Session)
	}
	for _, wrong := range []string{"", "cas_", text + "a", text[:len(text)-1], strings.Replace(text, "cas_", "car_", 1), strings.Replace(text, string(c.Collective()), string(two.scope.Collective()), 1)} {
		over(wrong)
	}
	var kept int
	ok(t, c.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `select count(*) from sessions where collective = $1 and hash = $2`, string(c.collective), []byte(text)).Scan(&kept)
	}))
	if kept != 0 {
		t.Error("the text itself is kept")
	}
	events, _, err := c.Events(ctx, EventFilter{Subject: id}, Page{})
	if want := `{"by":"link","member":"` + string(marie.ID) + `"}`; err != nil || len(events) != 1 || events[0].Action != "sign in" || events[0].Detail != want {
		t.Errorf("the audit trail has %+v, %v; want a sign in with %s", events, err, want)
	}

	// A use is noted, but not more than once a minute.
	old := time.Now().Add(-10 * time.Minute).UTC().Truncate(time.Millisecond)
	set := func(id ID, column string, value any) {
		t.Helper()
		ok(t, c.write(ctx, func(t *tx) error {
			_, err := t.exec(ctx, kind{table: "sessions"}, `update sessions set `+column+` = $1 where collective = $2 and id = $3`, value, &c.collective, &id)
			return err
		}))
	}
	used := func(id ID) time.Time {
		t.Helper()
		list, _, err := c.Sessions(ctx, SessionFilter{ID: id}, Page{})
		if err != nil || len(list) != 1 {
			t.Fatalf("%d sessions, %v", len(list), err)
		}
		return list[0].Used
	}
	set(id, "used", stamp{&old})
	_, err = s.AuthenticateSession(ctx, text)
	ok(t, err)
	if now := used(id); !now.After(old) {
		t.Errorf("used at %v, want later than %v", now, old)
	}
	recent := time.Now().Add(-30 * time.Second).UTC().Truncate(time.Millisecond)
	set(id, "used", stamp{&recent})
	_, err = s.AuthenticateSession(ctx, text)
	ok(t, err)
	if now := used(id); !now.Equal(recent) {
		t.Errorf("used at %v, want %v still", now, recent)
	}

	// Idle for too long, and too old however much it is used.
	idle, idleText := in(Session{Member: marie.ID, Email: marie.Email, Idle: 5 * time.Minute, Expires: tomorrow})
	aged, agedText := in(Session{Member: marie.ID, Email: marie.Email, Idle: time.Hour, Expires: tomorrow})
	set(idle, "used", stamp{&old})
	set(aged, "expires", stamp{&old})
	over(idleText)
	over(agedText)
	// They are removed when the next one signs in.
	byLink, linkText := in(Session{Token: token.ID, Idle: time.Hour, Expires: tomorrow})
	list, _, err := c.Sessions(ctx, SessionFilter{}, Page{})
	if err != nil || len(list) != 2 || list[0].ID != id && list[1].ID != id {
		t.Errorf("the sessions are %+v, %v; want the two that are not over", list, err)
	}

	// A producer's link is in as long as its token is.
	who, err = s.AuthenticateSession(ctx, linkText)
	if err != nil || who.Member != nil || who.Token == nil || who.Token.Producer != w.producer {
		t.Errorf("got %+v, %v", who, err)
	}
	ok(t, c.RevokeToken(ctx, token.ID))
	over(linkText)
	if n, err := c.EndSessions(ctx, SessionFilter{Token: token.ID}); n != 1 || err != nil {
		t.Errorf("%d sessions of the token ended, %v", n, err)
	}
	events, _, err = c.Events(ctx, EventFilter{Subject: byLink}, Page{})
	if err != nil || len(events) != 2 || events[1].Action != "sign out" {
		t.Errorf("the audit trail has %+v, %v", events, err)
	}

	_, other := in(Session{Member: marie.ID, Email: marie.Email, Idle: time.Hour, Expires: tomorrow})
	if n, err := c.EndSessions(ctx, SessionFilter{ID: id}); n != 1 || err != nil {
		t.Errorf("%d sessions ended, %v", n, err)
	}
	over(text)
	_, err = s.AuthenticateSession(ctx, other)
	ok(t, err)
	marie.Email = "marie@example.net" // by her coordinator, perhaps: she proves to read it by signing in again
	ok(t, c.UpdateMember(ctx, &marie))
	over(other)
	_, other = in(Session{Member: marie.ID, Email: marie.Email, Idle: time.Hour, Expires: tomorrow})
	ok(t, c.DeleteMember(ctx, marie.ID, 2))
	over(other)

	for _, wrong := range []Session{{Expires: tomorrow}, {Member: marie.ID, Token: token.ID, Expires: tomorrow}, {Token: token.ID}, {Token: token.ID, Expires: tomorrow, Idle: -1}, {Member: marie.ID, Expires: tomorrow}} {
		_, err := c.CreateSession(ctx, &wrong, "link")
		is(t, err, Invalid)
	}
}

func testSignInLinks(t *testing.T, s *Store) {
	w, two := fill(t, s, "one"), fill(t, s, "two")
	c, ctx := w.scope, t.Context()
	ok(t, c.CreateMember(ctx, &Member{Email: "first@example.org", Role: Coordinator}))
	marie := Member{Email: "Marie@example.org", Role: Coordinator}
	ok(t, c.CreateMember(ctx, &marie))
	soon := time.Now().Add(time.Hour)
	session := func() *Session { return &Session{Idle: time.Hour, Expires: soon} }
	link := func(expires time.Time) string {
		t.Helper()
		text, err := c.CreateSignInLink(ctx, marie.ID, expires)
		ok(t, err)
		return text
	}
	spent := func(text string) {
		t.Helper()
		_, _, err := s.SignInLink(ctx, text)
		is(t, err, NotFound)
		_, session, err := s.SignIn(ctx, text, session())
		is(t, err, NotFound)
		if session != "" {
			t.Errorf("a session came of it: %s", session)
		}
	}
	refusals := func() (n int) {
		t.Helper()
		events, _, err := c.Events(ctx, EventFilter{Kind: "session"}, Page{Limit: mostPage})
		ok(t, err)
		for _, e := range events {
			if e.Action == "refuse" {
				n++
			}
		}
		return n
	}

	text, earlier := link(soon), link(soon)
	for range 2 { // looking does not use it up
		collective, x, err := s.SignInLink(ctx, text)
		if err != nil || collective != c.Collective() || x.Email != "marie@example.org" || x.Member != marie.ID {
			t.Fatalf("got %s, %+v, %v", collective, x, err)
		}
	}
	collective, in, err := s.SignIn(ctx, text, session())
	if err != nil || collective != c.Collective() {
		t.Fatalf("got %s, %v", collective, err)
	}
	who, err := s.AuthenticateSession(ctx, in)
	if err != nil || who.Member.ID != marie.ID || who.Session.Email != "marie@example.org" {
		t.Errorf("signed in as %+v, %v", who, err)
	}
	events, _, err := c.Events(ctx, EventFilter{Subject: who.Session.ID}, Page{})
	if err != nil || len(events) != 1 || events[0].Actor != "member:"+string(marie.ID) {
		t.Errorf("the audit trail has %+v, %v", events, err)
	}
	before := refusals()
	spent(text)
	spent(earlier) // goes with it
	spent(link(time.Now().Add(-time.Second)))
	if n := refusals() - before; n != 3 {
		t.Errorf("%d refusals are in the audit trail, want 3", n)
	}
	for _, wrong := range []string{"", "cal_", text + "a", strings.Replace(text, "cal_", "cas_", 1), strings.Replace(text, string(c.Collective()), string(two.scope.Collective()), 1), "cal_nobody_aaaaaaaa"} {
		spent(wrong)
	}
	ok(t, s.In("nobody", "").Refused(ctx, "no such collective"))
	var strange int
	ok(t, s.In("nobody", "").read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `select count(*) from audit where collective = 'nobody'`).Scan(&strange)
	}))
	if strange != 0 {
		t.Error("the audit trail tells of a collective that is none")
	}

	// Of many that use a link at the same time one is in.
	text = link(soon)
	var got atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, _, err := s.SignIn(ctx, text, session())
			if err == nil {
				got.Add(1)
			} else if !errors.Is(err, errLinkSpent) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := got.Load(); n != 1 {
		t.Errorf("%d are in by one link", n)
	}

	text = link(soon)
	marie.Email = "marie@example.net"
	ok(t, c.UpdateMember(ctx, &marie))
	spent(text)
	text = link(soon)
	ok(t, c.DeleteMember(ctx, marie.ID, 2))
	spent(text)
	_, err = c.CreateSignInLink(ctx, marie.ID, soon)
	is(t, err, NotFound)
}

func testCreateFirst(t *testing.T, s *Store) {
	ctx := t.Context()
	_, err := s.CreateFirst(ctx, &Collective{}, &Member{Email: "a@example.org", Role: Coordinator}, "test")
	is(t, err, Invalid)
	var made atomic.Int64
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			x, m := Collective{Name: "AMAP"}, Member{Email: "a@example.org", Role: Coordinator}
			did, err := s.CreateFirst(ctx, &x, &m, "test")
			if err != nil {
				t.Error(err)
			}
			if did {
				made.Add(1)
				if got, err := s.In(x.ID, "").Member(ctx, m.ID); err != nil || got.Email != m.Email {
					t.Errorf("the member is %+v, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	list, _, err := s.Collectives(ctx, Page{})
	if n := made.Load(); n != 1 || len(list) != 1 || err != nil {
		t.Errorf("%d were made and %d are there, want 1: %v", n, len(list), err)
	}
	events, _, err := s.In(list[0].ID, "").Events(ctx, EventFilter{}, Page{})
	if err != nil || len(events) != 2 {
		t.Errorf("the audit trail has %+v, %v", events, err)
	}
}

// A close waits for orders on their way, and so does the beginning of a planning: each sees all that were acknowledged before.
func testOrdersBeforeClose(t *testing.T, s *Store) {
	ctx := t.Context()
	w := fill(t, s, "one")
	for i, begin := range []func(*Scope) error{
		func(c *Scope) error { _, _, err := c.CloseSale(ctx, w.sale); return err },
		func(c *Scope) error {
			p, err := c.TakePlanning(ctx, w.sale, "me", time.Hour)
			if err == nil && p == nil {
				err = errors.New("there is nothing to take")
			}
			return err
		},
	} {
		if i == 1 {
			_, _, err := w.scope.AskPlanning(ctx, w.sale, []byte("{}"))
			ok(t, err)
		}
		written := make(chan struct{})
		var both sync.WaitGroup
		both.Go(func() {
			told := false
			if err := w.scope.Together(ctx, func(c *Scope) error {
				_, err := c.PutOrders(ctx, w.sale, []Order{{Ref: fmt.Sprint("A", i), PickupPoint: w.point, Lines: []OrderLine{{Product: w.product, QuantityMilli: 1000}}}})
				if !told {
					told = true
					close(written)
				}
				time.Sleep(100 * time.Millisecond)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
		<-written
		ok(t, w.scope.Together(ctx, func(c *Scope) error {
			if err := begin(c); err != nil {
				return err
			}
			revision, err := c.Revision(ctx, w.sale)
			if err == nil && revision != int64(i+1) {
				t.Errorf("it begins with the revision %d, and order %d was on its way", revision, i+1)
			}
			return err
		}))
		both.Wait()
	}
}

// What came of a fetch is kept with the sale, whose version stays, until its orders are forgotten.
func testPulled(t *testing.T, s *Store) {
	ctx := t.Context()
	w := fill(t, s, "one")
	if report, err := w.scope.Pulled(ctx, w.sale); err != nil || report != nil {
		t.Errorf("before any fetch: %s, %v", report, err)
	}
	before, err := w.scope.Sale(ctx, w.sale)
	ok(t, err)
	for _, report := range []string{"{}", `{"faults":1}`} {
		ok(t, w.scope.KeepPulled(ctx, w.sale, []byte(report)))
		if got, err := w.scope.Pulled(ctx, w.sale); err != nil || string(got) != report {
			t.Errorf("got %s, %v", got, err)
		}
	}
	if after, err := w.scope.Sale(ctx, w.sale); err != nil || *after != *before {
		t.Errorf("the sale is %+v, %v", after, err)
	}
	is(t, w.scope.KeepPulled(ctx, "gone", nil), NotFound)
	_, err = w.scope.Pulled(ctx, "gone")
	is(t, err, NotFound)
	_, err = w.scope.Forget(ctx, "2100-01-01")
	ok(t, err)
	if report, err := w.scope.Pulled(ctx, w.sale); err != nil || report != nil {
		t.Errorf("after it was forgotten: %s, %v", report, err)
	}
}

// A collective keeps a coordinator, also when the last two remove or demote one another at once.
func testLastCoordinator(t *testing.T, s *Store) {
	ctx := t.Context()
	c := fill(t, s, "one").scope
	marie, paul := Member{Email: "marie@example.org", Role: Coordinator}, Member{Email: "paul@example.org", Role: Reader}
	ok(t, c.CreateMember(ctx, &marie))
	ok(t, c.CreateMember(ctx, &paul))
	demoted := marie
	demoted.Role = Reader
	for _, err := range []error{c.DeleteMember(ctx, marie.ID, marie.Version), c.UpdateMember(ctx, &demoted)} {
		if !errors.Is(err, &Error{Code: Conflict}) || !strings.Contains(err.Error(), "marie@example.org is the last coordinator: make another") {
			t.Errorf("%v", err)
		}
	}
	marie.Name = "Marie"
	ok(t, c.UpdateMember(ctx, &marie))
	ok(t, c.DeleteMember(ctx, paul.ID, paul.Version))
	for range 10 {
		other := Member{Email: "anne@example.org", Role: Coordinator}
		ok(t, c.CreateMember(ctx, &other))
		var both sync.WaitGroup
		var errs [2]error
		for i, x := range []Member{marie, other} {
			both.Go(func() {
				if i == 0 {
					errs[i] = c.DeleteMember(ctx, x.ID, x.Version)
					return
				}
				x.Role = Reader
				errs[i] = c.UpdateMember(ctx, &x)
			})
		}
		both.Wait()
		left, _, err := c.Members(ctx, MemberFilter{Role: Coordinator}, Page{})
		ok(t, err)
		if len(left) != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%d coordinators are left: %v", len(left), errs)
		}
		marie = left[0]
		rest, _, err := c.Members(ctx, MemberFilter{Role: Reader}, Page{})
		ok(t, err)
		for _, x := range rest {
			ok(t, c.DeleteMember(ctx, x.ID, x.Version))
		}
		if marie.Email == "anne@example.org" {
			marie.Email = "marie@example.org"
			ok(t, c.UpdateMember(ctx, &marie))
		}
	}
}

func testMemberships(t *testing.T, s *Store) {
	one, two := fill(t, s, "one"), fill(t, s, "two")
	ctx := t.Context()
	ok(t, one.scope.CreateMember(ctx, &Member{Email: "marie@example.org", Role: Coordinator}))
	ok(t, two.scope.CreateMember(ctx, &Member{Email: "marie@example.org", Role: Reader}))
	ok(t, two.scope.CreateMember(ctx, &Member{Email: "paul@example.org", Role: Reader}))
	is(t, one.scope.CreateMember(ctx, &Member{Email: "MARIE@example.org", Role: Reader}), Conflict)
	found, err := s.Memberships(ctx, " Marie@example.org")
	ok(t, err)
	roles := map[ID]Role{}
	for _, m := range found {
		roles[m.Collective] = m.Member.Role
	}
	if len(found) != 2 || roles[one.scope.Collective()] != Coordinator || roles[two.scope.Collective()] != Reader {
		t.Errorf("found %+v", found)
	}
	if found, err := s.Memberships(ctx, "nobody@example.org"); err != nil || len(found) != 0 {
		t.Errorf("found %+v, %v", found, err)
	}
}

// An alias is its kind's and goes with what it names.
func testAliases(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	product := Product{Producer: w.producer, Name: "Navets"}
	ok(t, c.CreateProduct(ctx, &product))
	ok(t, c.CreateImportAlias(ctx, &ImportAlias{Kind: ProductAlias, Name: "12", Product: product.ID}))
	ok(t, c.CreateImportAlias(ctx, &ImportAlias{Kind: PickupPointAlias, Name: "12", PickupPoint: w.point}))
	is(t, c.CreateImportAlias(ctx, &ImportAlias{Kind: ProductAlias, Name: "12", Product: w.product}), Conflict)
	ok(t, c.DeleteProduct(ctx, product.ID, 1))
	rest, _, err := c.ImportAliases(ctx, ImportAliasFilter{Name: "12"}, Page{})
	if err != nil || len(rest) != 1 || rest[0].PickupPoint != w.point {
		t.Errorf("after the product there are %v, %v", rest, err)
	}
}

func connect(ctx context.Context, c *Scope, x OFNConnection) error {
	_, err := c.CreateOFNConnection(ctx, &x)
	return err
}

// A receiver opens its connection alone, until it is rotated or the connection is off. Tokens stay and are not shown.
func testConnections(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	x := OFNConnection{BaseURL: "https://ofn.example/", Token: "very secret", Report: "packing/customer", Active: true}
	receiver, err := c.CreateOFNConnection(ctx, &x)
	ok(t, err)
	if x.BaseURL != "https://ofn.example" {
		t.Errorf("the address is %q", x.BaseURL)
	}
	collective, found, err := s.OFNReceiver(ctx, receiver)
	if err != nil || collective != c.Collective() || found.ID != x.ID || found.Token.Reveal() != "very secret" {
		t.Errorf("found %v in %s: %v", found, collective, err)
	}
	document, err := json.Marshal(found)
	ok(t, err)
	for _, shown := range []string{fmt.Sprint(found), fmt.Sprintf("%+v", *found), fmt.Sprintf("%#v", *found), string(document), slog.AnyValue(found.Token).Resolve().String()} {
		if strings.Contains(shown, "very secret") {
			t.Errorf("the token is shown: %s", shown)
		}
	}
	if events, _, err := c.Events(ctx, EventFilter{Kind: "connection"}, Page{}); err != nil || len(events) != 1 || strings.Contains(fmt.Sprint(events), "secret") {
		t.Errorf("the trail has %v: %v", events, err)
	}
	x.Token, x.Report = "", "packing/supplier"
	ok(t, c.UpdateOFNConnection(ctx, &x))
	if got, err := c.OFNConnection(ctx, x.ID); err != nil || got.Token.Reveal() != "very secret" || got.Report != "packing/supplier" {
		t.Errorf("an update without token left %q, %v: %v", got.Token.Reveal(), got, err)
	}
	_, _, err = s.OFNReceiver(ctx, receiver)
	ok(t, err)
	second, err := c.RotateOFNReceiver(ctx, x.ID)
	ok(t, err)
	for _, wrong := range []string{receiver, "", "ofn_", "ofn_" + string(c.Collective()) + "_", strings.Replace(second, string(c.Collective()), string(fill(t, s, "two").scope.Collective()), 1)} {
		_, _, err = s.OFNReceiver(ctx, wrong)
		is(t, err, NotFound)
	}
	_, _, err = s.OFNReceiver(ctx, second)
	ok(t, err)
	x.Active, x.Version = false, 3
	ok(t, c.UpdateOFNConnection(ctx, &x))
	_, _, err = s.OFNReceiver(ctx, second)
	is(t, err, NotFound)
}

func testAudit(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	ctx := t.Context()
	marie := s.In(w.scope.Collective(), "member:marie")
	x, err := marie.Place(ctx, w.place)
	ok(t, err)
	ok(t, marie.UpdatePlace(ctx, x))
	x.Version = 1
	is(t, marie.UpdatePlace(ctx, x), Stale)
	_, err = marie.PutOrders(ctx, w.sale, w.orders("a", "b"))
	ok(t, err)
	events, _, err := marie.Events(ctx, EventFilter{Actor: "member:marie"}, Page{})
	ok(t, err)
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Action, " ", e.Kind, " ", e.Subject, " ", e.Detail))
	}
	want := []string{fmt.Sprintf("update place %s ", w.place), fmt.Sprintf(`put orders sale %s {"orders":2}`, w.sale)}
	slices.Sort(got) // the two may be of the same millisecond
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("audit trail (-want +got):\n%s", d)
	}
	events, next, err := marie.Events(ctx, EventFilter{Subject: w.place}, Page{Limit: 1})
	if err != nil || len(events) != 1 || events[0].Actor != "test" || events[0].Action != "create" || next == "" {
		t.Errorf("events %v, %q, %v", events, next, err)
	}
	events, next, err = marie.Events(ctx, EventFilter{Subject: w.place}, Page{Limit: 1, After: next})
	if err != nil || len(events) != 1 || events[0].Actor != "member:marie" || next != "" {
		t.Errorf("events %v, %q, %v", events, next, err)
	}
}

func testTogether(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	ok(t, c.Together(ctx, func(c *Scope) error {
		if c.Tx() == nil {
			t.Error("no transaction")
		}
		if _, err := c.PutOrders(ctx, w.sale, w.orders("a")); err != nil {
			return err
		}
		if _, err := c.PutOrders(ctx, w.sale, w.orders("b")); err != nil {
			return err
		}
		_, _, err := c.CloseSale(ctx, w.sale)
		return err
	}))
	orders, _, err := c.Orders(ctx, OrderFilter{}, Page{})
	if err != nil || len(orders) != 2 {
		t.Errorf("%d orders, want 2: %v", len(orders), err)
	}
	// An error that is swallowed spoils everything all the same.
	err = c.Together(ctx, func(c *Scope) error {
		ok(t, c.CreatePlace(ctx, &Place{Name: "x"}))
		if err := c.CreatePlace(ctx, &Place{Name: "y", Ref: "p-1"}); err == nil {
			t.Error("a doubled ref went in")
		}
		c.CreatePlace(ctx, &Place{Name: "z"})
		return nil
	})
	is(t, err, Conflict)
	panicked := func() (p any) {
		defer func() { p = recover() }()
		return c.Together(ctx, func(c *Scope) error {
			ok(t, c.CreatePlace(ctx, &Place{Name: "x"}))
			panic("in between")
		})
	}()
	if panicked != "in between" {
		t.Errorf("got %v", panicked)
	}
	places, _, err := c.Places(ctx, PlaceFilter{Located: pointer(false)}, Page{})
	if err != nil || len(places) != 0 {
		t.Errorf("%d places were written: %v", len(places), err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.CreatePlace(cancelled, &Place{Name: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func testSnapshot(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	ok(t, c.Snapshot(ctx, func(still *Scope) error {
		before, _, err := still.Orders(ctx, OrderFilter{}, Page{})
		ok(t, err)
		if _, err := c.PutOrders(ctx, w.sale, w.orders("a")); err != nil {
			return err
		}
		after, _, err := still.Orders(ctx, OrderFilter{}, Page{})
		if err != nil || len(before) != 0 || len(after) != 0 {
			t.Errorf("%d and %d orders in a snapshot from before: %v", len(before), len(after), err)
		}
		if err := still.CreatePlace(ctx, &Place{Name: "x"}); err == nil {
			t.Error("a snapshot was written to")
		}
		return nil
	}))
	orders, _, err := c.Orders(ctx, OrderFilter{}, Page{})
	if err != nil || len(orders) != 1 {
		t.Errorf("%d orders, want 1: %v", len(orders), err)
	}
}

// A week's data is all of the collective that the sale needs, and nothing of other sales.
func testWeekData(t *testing.T, s *Store) {
	w := fill(t, s, "one")
	c, ctx := w.scope, t.Context()
	fill(t, s, "two")
	later := Sale{Name: "later", Distribution: "2026-12-04"}
	ok(t, c.CreateSale(ctx, &later))
	for _, sale := range []ID{w.sale, later.ID} {
		_, err := c.PutOrders(ctx, sale, w.orders("a", "b"))
		ok(t, err)
		ok(t, c.CreateWay(ctx, &Way{Sale: sale, Producer: w.producer, PickupPoint: w.point, Rides: []Ride{{Round: w.round, Day: "2026-11-26"}}}))
		ok(t, c.CreateForbid(ctx, &Forbid{Sale: sale, Producer: w.producer, Round: w.round}))
	}
	ok(t, c.CreateWay(ctx, &Way{Producer: w.producer, PickupPoint: w.point, Rides: []Ride{{Round: w.round}, {Vehicle: w.vehicle}}}))
	ok(t, c.CreateForbid(ctx, &Forbid{Producer: w.producer, Round: w.round}))
	for _, day := range []Day{"2026-11-26", "2026-12-03", "2027-02-04"} {
		ok(t, c.CreateRoundChange(ctx, &RoundChange{Round: w.round, Day: day, Kind: Cancelled}))
		ok(t, c.CreateAbsence(ctx, &Absence{First: day, Last: day}))
	}
	ok(t, c.Book(ctx, []Entry{{Producer: w.producer, Metres: 12}}))
	ok(t, c.CreateSetting(ctx, &Setting{Name: HandoverM, Since: "2026-01-01", Value: pointer(int64(700))}))
	d, err := c.WeekData(ctx, w.sale)
	ok(t, err)
	got := fmt.Sprint(d.Collective.Name, d.Sale.Name, d.Revision, len(d.Places), len(d.Producers), len(d.Vehicles), len(d.Rounds), len(d.Changes), len(d.Absences),
		len(d.PickupPoints), len(d.Products), len(d.Orders), len(d.Ways), len(d.Forbids), len(d.Settings), d.Balances[w.producer])
	want := fmt.Sprint("one", "Semaine 48", 2, 1, 1, 1, 1, 2, 1, 1, 2, 2, 2, 2, 1, 12)
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(d.Rounds[0].Stops) != 2 || len(d.Rounds[0].Only) != 1 || len(d.Orders[1].Lines) != 2 || len(d.Ways[0].Rides)+len(d.Ways[1].Rides) != 3 {
		t.Errorf("parts are missing: %+v, %+v, %+v", d.Rounds, d.Orders, d.Ways)
	}
}

func testForget(t *testing.T, s *Store) {
	w, other := fill(t, s, "one"), fill(t, s, "two")
	c, ctx := w.scope, t.Context()
	later := Sale{Name: "later", Distribution: "2026-12-04"}
	ok(t, c.CreateSale(ctx, &later))
	plans := map[ID]*Plan{}
	for _, sale := range []ID{w.sale, later.ID} {
		_, err := c.PutOrders(ctx, sale, w.orders("a", "b"))
		ok(t, err)
		plans[sale] = &Plan{Sale: sale, Figures: Figures{AddedM: 77}}
		ok(t, c.SavePlan(ctx, plans[sale], []byte("{}"), []byte("{}")))
		_, _, err = c.AskPlanning(ctx, sale, []byte("{}"))
		ok(t, err)
	}
	_, err := other.scope.PutOrders(ctx, other.sale, other.orders("a"))
	ok(t, err)
	webhook := Webhook{URL: "https://example.org", Active: true}
	ok(t, c.CreateWebhook(ctx, &webhook))
	_, err = c.CreateDeliveries(ctx, []ID{webhook.ID}, OrderReceived, []byte("{}"))
	ok(t, err)
	n, err := c.Forget(ctx, "2026-11-29") // the last day of the first sale
	if n != 0 || err != nil {
		t.Errorf("%d orders went, %v: want none before the sale is over", n, err)
	}
	n, err = c.Forget(ctx, "2026-11-30")
	if n != 2 || err != nil {
		t.Errorf("%d orders went, %v: want 2", n, err)
	}
	orders, _, err := c.Orders(ctx, OrderFilter{}, Page{})
	if err != nil || len(orders) != 2 || orders[0].Sale != later.ID || len(orders[0].Lines) != 2 {
		t.Errorf("left are %v, %v", orders, err)
	}
	_, _, err = c.PlanDocument(ctx, plans[w.sale].ID)
	is(t, err, NotFound)
	if x, err := c.Plan(ctx, plans[w.sale].ID); err != nil || x.Figures.AddedM != 77 {
		t.Errorf("the figures are %+v, %v", x, err)
	}
	if _, _, err := c.PlanDocument(ctx, plans[later.ID].ID); err != nil {
		t.Error(err)
	}
	_, err = c.Planning(ctx, w.sale)
	is(t, err, NotFound)
	_, err = c.Planning(ctx, later.ID)
	ok(t, err)
	if orders, _, err := other.scope.Orders(ctx, OrderFilter{}, Page{}); err != nil || len(orders) != 1 {
		t.Errorf("another collective has %d orders, %v", len(orders), err)
	}
	_, err = c.Forget(ctx, DayOf(time.Now()).Plus(2))
	ok(t, err)
	if left, _, err := c.Deliveries(ctx, DeliveryFilter{}, Page{}); err != nil || len(left) != 0 {
		t.Errorf("what webhooks told is still there: %v, %v", left, err)
	}
	_, err = c.Forget(ctx, "yesterday")
	is(t, err, Invalid)
}
