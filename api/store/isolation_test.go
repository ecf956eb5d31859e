package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Two collectives have everything. Each method, called by the one with the ids of the other, finds nothing; what it
// returns has none of the other's ids in it, and afterwards the other's data is as it was.
func testIsolation(t *testing.T, s *Store) {
	ctx := t.Context()
	theirs := fill(t, s, "theirs")
	c := theirs.scope
	out, err := c.PutOrders(ctx, theirs.sale, theirs.orders("a"))
	ok(t, err)
	order := out[0].ID
	plan := Plan{Sale: theirs.sale}
	ok(t, c.SavePlan(ctx, &plan, []byte("{}"), []byte("{}")))
	ok(t, c.KeepChanges(ctx, plan.ID, []byte("[]")))
	ok(t, c.KeepHistory(ctx, plan.ID, []byte("{}")))
	ok(t, c.KeepLines(ctx, plan.ID, []byte("their lines")))
	ok(t, c.AddDistances(ctx, "roads", 0, []DistancePoint{{At: Point{1, 2}}}))
	_, _, err = c.AskPlanning(ctx, theirs.sale, []byte("{}"))
	ok(t, err)
	_, err = c.TakePlanning(ctx, theirs.sale, "them", time.Nanosecond)
	ok(t, err)
	ok(t, c.Ask(ctx, plan.ID, []Answer{{Round: "r", Producer: theirs.producer, State: AnswerOpen}}))
	_, err = c.MovePlan(ctx, plan.ID, 1, Proposed)
	ok(t, err)
	change := RoundChange{Round: theirs.round, Day: "2026-11-26", Kind: Cancelled}
	ok(t, c.CreateRoundChange(ctx, &change))
	absence := Absence{Producer: theirs.producer, First: "2026-11-26", Last: "2026-11-26"}
	ok(t, c.CreateAbsence(ctx, &absence))
	way := Way{Producer: theirs.producer, PickupPoint: theirs.point, Rides: []Ride{{Round: theirs.round}}}
	ok(t, c.CreateWay(ctx, &way))
	forbid := Forbid{Producer: theirs.producer, Round: theirs.round}
	ok(t, c.CreateForbid(ctx, &forbid))
	setting := Setting{Name: HandoverM, Since: "2026-01-01", Value: pointer(int64(1))}
	ok(t, c.CreateSetting(ctx, &setting))
	product := Product{Ref: "theirs", Name: "x", Producer: theirs.producer}
	ok(t, c.CreateProduct(ctx, &product))
	point := PickupPoint{Ref: "theirs", Name: "x", Place: theirs.place}
	ok(t, c.CreatePickupPoint(ctx, &point))
	lot := Lot{Sale: theirs.sale, Producer: theirs.producer, Product: theirs.product, Code: "their lot"}
	ok(t, c.CreateLot(ctx, &lot))
	member := Member{Email: "a@example.org", Role: Reader}
	ok(t, c.CreateMember(ctx, &member))
	token := Token{Name: "t", Scope: ReadToken}
	_, err = c.CreateToken(ctx, &token)
	ok(t, err)
	notice := Notice{Member: member.ID, Plan: plan.ID, Event: PlanProposed}
	ok(t, c.CreateNotice(ctx, &notice))
	session := Session{Member: member.ID, Email: member.Email, Idle: time.Hour, Expires: time.Now().Add(time.Hour)}
	_, err = c.CreateSession(ctx, &session, "test")
	ok(t, err)
	_, err = c.CreateSignInLink(ctx, member.ID, time.Now().Add(time.Hour))
	ok(t, err)
	ok(t, c.Book(ctx, []Entry{{Producer: theirs.producer, Metres: 1}}))
	ok(t, c.NumberDeliveryNotes(ctx, theirs.sale, []Consigned{{theirs.producer, theirs.point}}))
	mapping := ImportMapping{Signature: "abc"}
	ok(t, c.CreateImportMapping(ctx, &mapping))
	alias := ImportAlias{Kind: ProductAlias, Name: "12", Product: theirs.product}
	ok(t, c.CreateImportAlias(ctx, &alias))
	weight := UnitWeight{Unit: "pièce", Grams: 500}
	ok(t, c.CreateUnitWeight(ctx, &weight))
	connection := OFNConnection{BaseURL: "https://ofn.example", Token: "t", Report: "packing", Active: true}
	_, err = c.CreateOFNConnection(ctx, &connection)
	ok(t, err)
	webhook := Webhook{URL: "https://shop.example", Active: true}
	ok(t, c.CreateWebhook(ctx, &webhook))
	ok(t, c.RotateWebhook(ctx, webhook.ID, []byte("their secret"), time.Now()))
	deliveries, err := c.CreateDeliveries(ctx, []ID{webhook.ID}, PlanReady, []byte("{}"))
	ok(t, err)
	delivery := deliveries[0].ID
	ok(t, c.NoteAttempt(ctx, delivery, Attempt{Run: 1, Started: time.Now(), Error: "x"}, Pending, time.Now()))
	_, _, err = c.Once(ctx, "key", nil, func(*Scope) ([]byte, error) { return []byte("their reply"), nil })
	ok(t, err)

	mine := fill(t, s, "mine")
	m := mine.scope
	before := dump(t, theirs)
	ids := idsOf(before)

	// Refused means by an error that says not found or that names the reference as unknown.
	refused := func(errs ...error) error {
		for _, err := range errs {
			var e *Error
			if !errors.As(err, &e) || e.Code != NotFound && !(e.Code == Invalid && slices.ContainsFunc(e.Faults, func(f Fault) bool { return strings.Contains(f.Message, "no ") })) {
				return fmt.Errorf("got the error %v, want not found", err)
			}
		}
		return nil
	}
	gets := func(_ any, err error) error { return refused(err) }
	// A filter by the other's ids finds nothing.
	empty := func(rows any, _ Cursor, err error) error {
		if n := reflect.ValueOf(rows).Len(); err != nil || n > 0 {
			return fmt.Errorf("%d rows, %v", n, err)
		}
		return nil
	}
	row := func(id ID) Row { return Row{ID: id, Version: 1} }
	theirRef := func(found map[string]ID, err error) error {
		if err != nil || len(found) > 0 {
			return fmt.Errorf("found %v, %v", found, err)
		}
		return nil
	}
	calls := map[string]func() error{
		"Collective": func() error { return nil },
		"Tx":         func() error { return nil },
		"Itself": func() error {
			x, err := m.Itself(ctx)
			if err != nil || x.Name != "mine" {
				return fmt.Errorf("got %v, %v", x, err)
			}
			return nil
		},
		"UpdateItself": func() error {
			return refused(m.UpdateItself(ctx, &Collective{Row: row(c.Collective()), Name: "x", Timezone: "Europe/Paris"}))
		},
		"Together": func() error {
			return refused(m.Together(ctx, func(m *Scope) error { _, err := m.Order(ctx, order); return err }))
		},
		"Snapshot": func() error {
			return refused(m.Snapshot(ctx, func(m *Scope) error { _, err := m.Order(ctx, order); return err }))
		},
		"Once": func() error {
			reply, again, err := m.Once(ctx, "key", nil, func(*Scope) ([]byte, error) { return []byte("mine"), nil })
			if err != nil || again || string(reply) != "mine" {
				return fmt.Errorf("got %s, %v, %v", reply, again, err)
			}
			return nil
		},

		"CreatePlace": func() error { return nil }, // refers to nothing
		"Place":       func() error { return gets(m.Place(ctx, theirs.place)) },
		"Places":      func() error { return none(ids)(m.Places(ctx, PlaceFilter{}, Page{})) },
		"UpdatePlace": func() error { return refused(m.UpdatePlace(ctx, &Place{Row: row(theirs.place), Name: "x"})) },
		"DeletePlace": func() error { return refused(m.DeletePlace(ctx, theirs.place, 1)) },

		"CreateProducer": func() error { return refused(m.CreateProducer(ctx, &Producer{Name: "x", Place: theirs.place})) },
		"Producer":       func() error { return gets(m.Producer(ctx, theirs.producer)) },
		"Producers": func() error {
			return errors.Join(empty(m.Producers(ctx, ProducerFilter{Place: theirs.place}, Page{})), none(ids)(m.Producers(ctx, ProducerFilter{}, Page{})))
		},
		"UpdateProducer": func() error {
			return refused(m.UpdateProducer(ctx, &Producer{Row: row(theirs.producer), Name: "x", Place: mine.place}),
				m.UpdateProducer(ctx, &Producer{Row: row(mine.producer), Name: "x", Place: theirs.place}))
		},
		"DeleteProducer": func() error { return refused(m.DeleteProducer(ctx, theirs.producer, 1)) },

		"CreateVehicle": func() error { return refused(m.CreateVehicle(ctx, &Vehicle{Name: "x", Producer: theirs.producer})) },
		"Vehicle":       func() error { return gets(m.Vehicle(ctx, theirs.vehicle)) },
		"Vehicles": func() error {
			return errors.Join(empty(m.Vehicles(ctx, VehicleFilter{Producer: theirs.producer}, Page{})), none(ids)(m.Vehicles(ctx, VehicleFilter{}, Page{})))
		},
		"UpdateVehicle": func() error {
			return refused(m.UpdateVehicle(ctx, &Vehicle{Row: row(theirs.vehicle), Name: "x", Producer: mine.producer}),
				m.UpdateVehicle(ctx, &Vehicle{Row: row(mine.vehicle), Name: "x", Producer: theirs.producer}))
		},
		"DeleteVehicle": func() error { return refused(m.DeleteVehicle(ctx, theirs.vehicle, 1)) },

		"CreateRound": func() error {
			whole := Round{Name: "x", Starts: "2026-01-01", Producer: mine.producer, Vehicle: mine.vehicle, Start: mine.place, End: mine.place, Carries: CarriesSome}
			var errs []error
			for _, strange := range []func(*Round){
				func(r *Round) { r.Producer = theirs.producer }, func(r *Round) { r.Vehicle = theirs.vehicle }, func(r *Round) { r.Start = theirs.place },
				func(r *Round) { r.End = theirs.place }, func(r *Round) { r.Stops = []Stop{{Place: theirs.place}} }, func(r *Round) { r.Only = []ID{theirs.producer} },
			} {
				r := whole
				strange(&r)
				errs = append(errs, m.CreateRound(ctx, &r))
			}
			return refused(errs...)
		},
		"Round": func() error { return gets(m.Round(ctx, theirs.round)) },
		"Rounds": func() error {
			return errors.Join(empty(m.Rounds(ctx, RoundFilter{Producer: theirs.producer}, Page{})), empty(m.Rounds(ctx, RoundFilter{Vehicle: theirs.vehicle}, Page{})),
				none(ids)(m.Rounds(ctx, RoundFilter{}, Page{})))
		},
		"UpdateRound": func() error {
			whole := Round{Row: row(theirs.round), Name: "x", Starts: "2026-01-01", Producer: mine.producer, Vehicle: mine.vehicle, Start: mine.place, End: mine.place}
			stop := whole
			stop.Row, stop.Stops = row(mine.round), []Stop{{Place: theirs.place}}
			return refused(m.UpdateRound(ctx, &whole), m.UpdateRound(ctx, &stop))
		},
		"DeleteRound": func() error { return refused(m.DeleteRound(ctx, theirs.round, 1)) },

		"CreateRoundChange": func() error {
			return refused(m.CreateRoundChange(ctx, &RoundChange{Round: theirs.round, Day: "2026-11-26", Kind: Cancelled}),
				m.CreateRoundChange(ctx, &RoundChange{Round: mine.round, Day: "2026-11-26", Kind: Moved, Vehicle: theirs.vehicle}))
		},
		"RoundChange": func() error { return gets(m.RoundChange(ctx, change.ID)) },
		"RoundChanges": func() error {
			return errors.Join(empty(m.RoundChanges(ctx, RoundChangeFilter{Round: theirs.round}, Page{})), none(ids)(m.RoundChanges(ctx, RoundChangeFilter{}, Page{})))
		},
		"UpdateRoundChange": func() error {
			return refused(m.UpdateRoundChange(ctx, &RoundChange{Row: change.Row, Round: mine.round, Day: "2026-11-26", Kind: Cancelled}))
		},
		"DeleteRoundChange": func() error { return refused(m.DeleteRoundChange(ctx, change.ID, 1)) },

		"CreateLot": func() error {
			return refused(m.CreateLot(ctx, &Lot{Sale: theirs.sale, Producer: mine.producer, Product: mine.product}), m.CreateLot(ctx, &Lot{Sale: mine.sale, Producer: theirs.producer, Product: theirs.product}))
		},
		"Lot": func() error { return gets(m.Lot(ctx, lot.ID)) },
		"Lots": func() error {
			return errors.Join(empty(m.Lots(ctx, LotFilter{Sale: theirs.sale}, Page{})), none(ids)(m.Lots(ctx, LotFilter{}, Page{})))
		},
		"UpdateLot": func() error {
			return refused(m.UpdateLot(ctx, &Lot{Row: lot.Row, Sale: mine.sale, Producer: mine.producer, Product: mine.product}))
		},
		"DeleteLot": func() error { return refused(m.DeleteLot(ctx, lot.ID, 1)) },
		"CreateAbsence": func() error {
			return refused(m.CreateAbsence(ctx, &Absence{Producer: theirs.producer, First: "2026-11-26", Last: "2026-11-26"}),
				m.CreateAbsence(ctx, &Absence{Vehicle: theirs.vehicle, First: "2026-11-26", Last: "2026-11-26"}))
		},
		"Absence": func() error { return gets(m.Absence(ctx, absence.ID)) },
		"Absences": func() error {
			return errors.Join(empty(m.Absences(ctx, AbsenceFilter{Producer: theirs.producer}, Page{})), none(ids)(m.Absences(ctx, AbsenceFilter{}, Page{})))
		},
		"UpdateAbsence": func() error {
			return refused(m.UpdateAbsence(ctx, &Absence{Row: absence.Row, First: "2026-11-26", Last: "2026-11-26"}))
		},
		"DeleteAbsence": func() error { return refused(m.DeleteAbsence(ctx, absence.ID, 1)) },

		"CreatePickupPoint": func() error { return refused(m.CreatePickupPoint(ctx, &PickupPoint{Name: "x", Place: theirs.place})) },
		"PickupPoint":       func() error { return gets(m.PickupPoint(ctx, theirs.point)) },
		"PickupPoints": func() error {
			return errors.Join(empty(m.PickupPoints(ctx, PickupPointFilter{Place: theirs.place}, Page{})), none(ids)(m.PickupPoints(ctx, PickupPointFilter{}, Page{})))
		},
		"PickupPointsByRef": func() error { return theirRef(m.PickupPointsByRef(ctx, []string{"theirs"})) },
		"UpdatePickupPoint": func() error {
			return refused(m.UpdatePickupPoint(ctx, &PickupPoint{Row: row(theirs.point), Name: "x", Place: mine.place}),
				m.UpdatePickupPoint(ctx, &PickupPoint{Row: row(mine.point), Name: "x", Place: theirs.place}))
		},
		"DeletePickupPoint": func() error { return refused(m.DeletePickupPoint(ctx, theirs.point, 1)) },

		"CreateProduct": func() error { return refused(m.CreateProduct(ctx, &Product{Name: "x", Producer: theirs.producer})) },
		"Product":       func() error { return gets(m.Product(ctx, theirs.product)) },
		"Products": func() error {
			return errors.Join(empty(m.Products(ctx, ProductFilter{Producer: theirs.producer}, Page{})), none(ids)(m.Products(ctx, ProductFilter{}, Page{})))
		},
		"ProductsByRef": func() error { return theirRef(m.ProductsByRef(ctx, []string{"theirs"})) },
		"UpdateProduct": func() error {
			return refused(m.UpdateProduct(ctx, &Product{Row: row(theirs.product), Name: "x", Producer: mine.producer}),
				m.UpdateProduct(ctx, &Product{Row: row(mine.product), Name: "x", Producer: theirs.producer}))
		},
		"DeleteProduct": func() error { return refused(m.DeleteProduct(ctx, theirs.product, 1)) },

		"CreateSale": func() error { return nil }, // refers to nothing
		"Sale":       func() error { return gets(m.Sale(ctx, theirs.sale)) },
		"Sales":      func() error { return none(ids)(m.Sales(ctx, SaleFilter{}, Page{})) },
		"UpdateSale": func() error {
			return refused(m.UpdateSale(ctx, &Sale{Row: row(theirs.sale), Name: "x", Distribution: "2026-11-27"}))
		},
		"DeleteSale": func() error { return refused(m.DeleteSale(ctx, theirs.sale, 1)) },
		"CloseSale":  func() error { _, _, err := m.CloseSale(ctx, theirs.sale); return refused(err) },
		"Revision":   func() error { return gets(m.Revision(ctx, theirs.sale)) },

		"Pulled":     func() error { return gets(m.Pulled(ctx, theirs.sale)) },
		"KeepPulled": func() error { return refused(m.KeepPulled(ctx, theirs.sale, []byte("x"))) },

		"WeekData": func() error { return gets(m.WeekData(ctx, theirs.sale)) },

		"PutOrders": func() error {
			point, product := mine.orders("x"), mine.orders("x")
			point[0].PickupPoint, product[0].Lines[0].Product = theirs.point, theirs.product
			_, err := m.PutOrders(ctx, theirs.sale, mine.orders("a"))
			_, err2 := m.PutOrders(ctx, mine.sale, point)
			_, err3 := m.PutOrders(ctx, mine.sale, product)
			return refused(err, err2, err3)
		},
		"Order": func() error { return gets(m.Order(ctx, order)) },
		"Orders": func() error {
			return errors.Join(empty(m.Orders(ctx, OrderFilter{Sale: theirs.sale}, Page{})), empty(m.Orders(ctx, OrderFilter{PickupPoint: theirs.point}, Page{})),
				none(ids)(m.Orders(ctx, OrderFilter{}, Page{})))
		},
		"UpdateOrder": func() error {
			return refused(m.UpdateOrder(ctx, &Order{Row: row(order), Sale: theirs.sale, Ref: "a"}))
		},

		"SavePlan": func() error {
			return refused(m.SavePlan(ctx, &Plan{Sale: theirs.sale}, []byte("{}"), []byte("{}")), m.SavePlan(ctx, &Plan{Sale: mine.sale, BasedOn: plan.ID}, []byte("{}"), []byte("{}")))
		},
		"MovePlan": func() error { return gets(m.MovePlan(ctx, plan.ID, 2, Published)) },
		"Plan":     func() error { return gets(m.Plan(ctx, plan.ID)) },
		"Plans": func() error {
			return errors.Join(empty(m.Plans(ctx, PlanFilter{Sale: theirs.sale}, Page{})), none(ids)(m.Plans(ctx, PlanFilter{}, Page{})))
		},
		"CurrentPlan":  func() error { return gets(m.CurrentPlan(ctx, theirs.sale)) },
		"PlanDocument": func() error { _, _, err := m.PlanDocument(ctx, plan.ID); return refused(err) },
		"KeepChanges":  func() error { return refused(m.KeepChanges(ctx, plan.ID, nil)) },
		"PlanChanges":  func() error { return gets(m.PlanChanges(ctx, plan.ID)) },
		"KeepHistory":  func() error { return refused(m.KeepHistory(ctx, plan.ID, nil)) },
		"PlanHistory":  func() error { return gets(m.PlanHistory(ctx, plan.ID)) },
		"KeepLines":    func() error { return refused(m.KeepLines(ctx, plan.ID, nil)) },
		"PlanLines":    func() error { return gets(m.PlanLines(ctx, plan.ID)) },
		"Distances": func() error {
			d, err := m.Distances(ctx, "roads")
			if err != nil || len(d) > 0 {
				return fmt.Errorf("%v, %v", d, err)
			}
			return nil
		},
		"AddDistances":  func() error { return m.AddDistances(ctx, "my roads", 0, []DistancePoint{{At: Point{3, 4}}}) },
		"KeepDistances": func() error { return m.KeepDistances(ctx, "", time.Now().Add(time.Hour)) },
		"DropDistances": func() error { return m.DropDistances(ctx, "roads") },
		"OrderCount":    func() error { return gets(m.OrderCount(ctx, theirs.sale)) },
		"Planning":      func() error { return gets(m.Planning(ctx, theirs.sale)) },
		"AskPlanning":   func() error { _, _, err := m.AskPlanning(ctx, theirs.sale, nil); return refused(err) },
		"TakePlanning": func() error {
			p, err := m.TakePlanning(ctx, theirs.sale, "me", time.Hour)
			if err != nil || p != nil {
				return fmt.Errorf("got %v, %v", p, err)
			}
			return nil
		},
		"KeepPlanning": func() error {
			if err := m.KeepPlanning(ctx, theirs.sale, "them", nil, time.Hour); !errors.Is(err, errLost) {
				return err
			}
			return nil
		},
		"EndPlanning":    func() error { return gets(m.EndPlanning(ctx, theirs.sale, "them", Planning{State: PlanningDone})) },
		"ReturnPlanning": func() error { return refused(m.ReturnPlanning(ctx, theirs.sale, "them", time.Now(), true)) },
		"CancelPlanning": func() error { return refused(m.CancelPlanning(ctx, theirs.sale)) },
		"RetakePlanning": func() error { return gets(m.RetakePlanning(ctx, theirs.sale, 0)) },
		"Ask": func() error {
			return refused(m.Ask(ctx, plan.ID, []Answer{{Round: "r", Producer: mine.producer, State: AnswerOpen}}))
		},
		"GiveAnswer": func() error { return refused(m.GiveAnswer(ctx, plan.ID, "r", theirs.producer, AnswerAccepted, "")) },
		"Answers":    func() error { return gets(m.Answers(ctx, plan.ID)) },
		"AddTick": func() error {
			whole := Tick{ID: "t", TickSubject: TickSubject{Round: "r", Place: "p", Visit: 1, Task: TickLoad}, Plan: plan.ID, Producer: mine.producer, State: TickDone}
			return refused(m.AddTick(ctx, &whole))
		},
		"Ticks": func() error { got, err := m.Ticks(ctx, theirs.sale); return empty(got, "", err) },

		"CreateWay": func() error {
			whole := Way{Producer: mine.producer, PickupPoint: mine.point, Rides: []Ride{{Round: mine.round}}}
			var errs []error
			for _, strange := range []func(*Way){
				func(x *Way) { x.Producer = theirs.producer }, func(x *Way) { x.PickupPoint = theirs.point }, func(x *Way) { x.Rides = []Ride{{Round: theirs.round}} },
				func(x *Way) { x.Rides = []Ride{{Vehicle: theirs.vehicle}} }, func(x *Way) { x.Sale, x.Rides = theirs.sale, []Ride{{Round: mine.round, Day: "2026-11-26"}} },
			} {
				x := whole
				strange(&x)
				errs = append(errs, m.CreateWay(ctx, &x))
			}
			return refused(errs...)
		},
		"Way": func() error { return gets(m.Way(ctx, way.ID)) },
		"Ways": func() error {
			return errors.Join(empty(m.Ways(ctx, WayFilter{Producer: theirs.producer}, Page{})), none(ids)(m.Ways(ctx, WayFilter{}, Page{})))
		},
		"UpdateWay": func() error {
			return refused(m.UpdateWay(ctx, &Way{Row: way.Row, Producer: mine.producer, PickupPoint: mine.point, Rides: []Ride{{Round: mine.round}}}))
		},
		"DeleteWay": func() error { return refused(m.DeleteWay(ctx, way.ID, 1)) },

		"CreateForbid": func() error {
			return refused(m.CreateForbid(ctx, &Forbid{Producer: theirs.producer, Round: mine.round}), m.CreateForbid(ctx, &Forbid{Producer: mine.producer, Round: theirs.round}),
				m.CreateForbid(ctx, &Forbid{Producer: mine.producer, Round: mine.round, Sale: theirs.sale}))
		},
		"Forbid": func() error { return gets(m.Forbid(ctx, forbid.ID)) },
		"Forbids": func() error {
			return errors.Join(empty(m.Forbids(ctx, ForbidFilter{Round: theirs.round}, Page{})), none(ids)(m.Forbids(ctx, ForbidFilter{}, Page{})))
		},
		"UpdateForbid": func() error {
			return refused(m.UpdateForbid(ctx, &Forbid{Row: forbid.Row, Producer: mine.producer, Round: mine.round}))
		},
		"DeleteForbid": func() error { return refused(m.DeleteForbid(ctx, forbid.ID, 1)) },

		"CreateSetting": func() error { return nil }, // refers to nothing
		"Setting":       func() error { return gets(m.Setting(ctx, setting.ID)) },
		"Settings":      func() error { return none(ids)(m.Settings(ctx, SettingFilter{}, Page{})) },
		"UpdateSetting": func() error {
			return refused(m.UpdateSetting(ctx, &Setting{Row: setting.Row, Name: HandoverM, Since: "2026-01-01"}))
		},
		"DeleteSetting": func() error { return refused(m.DeleteSetting(ctx, setting.ID, 1)) },

		"CreateMember": func() error {
			return refused(m.CreateMember(ctx, &Member{Email: "x@y", Role: ProducersRole, Producer: theirs.producer}))
		},
		"Member": func() error { return gets(m.Member(ctx, member.ID)) },
		"Members": func() error {
			return errors.Join(empty(m.Members(ctx, MemberFilter{Email: "a@example.org"}, Page{})), none(ids)(m.Members(ctx, MemberFilter{}, Page{})))
		},
		"UpdateMember": func() error {
			return refused(m.UpdateMember(ctx, &Member{Row: member.Row, Email: "a@example.org", Role: Coordinator}))
		},
		"DeleteMember": func() error { return refused(m.DeleteMember(ctx, member.ID, 1)) },

		"CreateNotice": func() error {
			return refused(m.CreateNotice(ctx, &Notice{Member: member.ID, Plan: plan.ID, Event: PlanPublished}))
		},
		"Notice": func() error { return gets(m.Notice(ctx, notice.ID)) },
		"Notices": func() error {
			return errors.Join(empty(m.Notices(ctx, NoticeFilter{Member: member.ID, Plan: plan.ID}, Page{})), none(ids)(m.Notices(ctx, NoticeFilter{}, Page{})))
		},
		"UpdateNotice": func() error {
			return refused(m.UpdateNotice(ctx, &Notice{Row: notice.Row, Member: member.ID, Plan: plan.ID, Event: PlanProposed, Sent: time.Now()}))
		},

		"CreateToken": func() error {
			return gets(m.CreateToken(ctx, &Token{Name: "x", Scope: ProducerToken, Producer: theirs.producer}))
		},
		"Token":       func() error { return gets(m.Token(ctx, token.ID)) },
		"Tokens":      func() error { return none(ids)(m.Tokens(ctx, TokenFilter{}, Page{})) },
		"RevokeToken": func() error { return refused(m.RevokeToken(ctx, token.ID)) },

		"CreateWebhook": func() error { return nil }, // refers to nothing
		"Webhook":       func() error { return gets(m.Webhook(ctx, webhook.ID)) },
		"Webhooks":      func() error { return none(ids)(m.Webhooks(ctx, WebhookFilter{}, Page{})) },
		"UpdateWebhook": func() error {
			return refused(m.UpdateWebhook(ctx, &Webhook{Row: webhook.Row, URL: "https://shop.example"}))
		},
		"DeleteWebhook":  func() error { return refused(m.DeleteWebhook(ctx, webhook.ID, 1)) },
		"DisableWebhook": func() error { return refused(m.DisableWebhook(ctx, webhook.ID, "x")) },
		"RotateWebhook":  func() error { return refused(m.RotateWebhook(ctx, webhook.ID, []byte("x"), time.Now())) },
		"WebhookSecrets": func() error { return gets(m.WebhookSecrets(ctx, webhook.ID, time.Now())) },
		"CreateDeliveries": func() error {
			return gets(m.CreateDeliveries(ctx, []ID{webhook.ID}, PlanReady, []byte("{}")))
		},
		"Delivery": func() error { return gets(m.Delivery(ctx, delivery)) },
		"Deliveries": func() error {
			return errors.Join(empty(m.Deliveries(ctx, DeliveryFilter{Webhook: webhook.ID}, Page{})), none(ids)(m.Deliveries(ctx, DeliveryFilter{}, Page{})))
		},
		"NoteAttempt": func() error {
			return refused(m.NoteAttempt(ctx, delivery, Attempt{Run: 1, Started: time.Now()}, Delivered, time.Time{}))
		},
		"GiveUp":    func() error { return m.GiveUp(ctx, delivery, 1) }, // of none that it finds
		"Redeliver": func() error { return gets(m.Redeliver(ctx, delivery)) },
		"ForgetDeliveries": func() error {
			n, err := m.ForgetDeliveries(ctx, time.Now().Add(time.Hour))
			if err != nil || n > 0 {
				return fmt.Errorf("%d deliveries, %v", n, err)
			}
			return nil
		},
		"CreateSession": func() error {
			x, y := session, session
			x.Member, x.Token = "", token.ID
			return errors.Join(gets(m.CreateSession(ctx, &y, "test")), gets(m.CreateSession(ctx, &x, "test")))
		},
		"Sessions": func() error {
			return errors.Join(empty(m.Sessions(ctx, SessionFilter{ID: session.ID}, Page{})), none(ids)(m.Sessions(ctx, SessionFilter{}, Page{})))
		},
		"EndSessions": func() error {
			n, err := m.EndSessions(ctx, SessionFilter{})
			if err != nil || n > 0 {
				return fmt.Errorf("%d sessions, %v", n, err)
			}
			return nil
		},
		"CreateSignInLink": func() error { return gets(m.CreateSignInLink(ctx, member.ID, time.Now().Add(time.Hour))) },
		"Refused":          func() error { return m.Refused(ctx, "test") }, // refers to nothing

		"CreateImportMapping": func() error { return nil }, // refers to nothing
		"ImportMapping":       func() error { return gets(m.ImportMapping(ctx, mapping.ID)) },
		"ImportMappings": func() error {
			return errors.Join(empty(m.ImportMappings(ctx, ImportMappingFilter{Signature: "abc"}, Page{})), none(ids)(m.ImportMappings(ctx, ImportMappingFilter{}, Page{})))
		},
		"UpdateImportMapping": func() error {
			return refused(m.UpdateImportMapping(ctx, &ImportMapping{Row: mapping.Row, Signature: "x"}))
		},
		"DeleteImportMapping": func() error { return refused(m.DeleteImportMapping(ctx, mapping.ID, 1)) },

		"CreateImportAlias": func() error {
			return refused(m.CreateImportAlias(ctx, &ImportAlias{Kind: ProductAlias, Name: "x", Product: theirs.product}),
				m.CreateImportAlias(ctx, &ImportAlias{Kind: ProducerAlias, Name: "x", Producer: theirs.producer}),
				m.CreateImportAlias(ctx, &ImportAlias{Kind: PickupPointAlias, Name: "x", PickupPoint: theirs.point}))
		},
		"ImportAlias": func() error { return gets(m.ImportAlias(ctx, alias.ID)) },
		"ImportAliases": func() error {
			return errors.Join(empty(m.ImportAliases(ctx, ImportAliasFilter{Name: "12"}, Page{})), none(ids)(m.ImportAliases(ctx, ImportAliasFilter{}, Page{})))
		},
		"UpdateImportAlias": func() error {
			return refused(m.UpdateImportAlias(ctx, &ImportAlias{Row: alias.Row, Kind: ProductAlias, Name: "x", Product: mine.product}))
		},
		"DeleteImportAlias": func() error { return refused(m.DeleteImportAlias(ctx, alias.ID, 1)) },

		"CreateUnitWeight": func() error { return nil }, // refers to nothing
		"UnitWeight":       func() error { return gets(m.UnitWeight(ctx, weight.ID)) },
		"UnitWeights": func() error {
			return errors.Join(empty(m.UnitWeights(ctx, UnitWeightFilter{Unit: "pièce"}, Page{})), none(ids)(m.UnitWeights(ctx, UnitWeightFilter{}, Page{})))
		},
		"UpdateUnitWeight": func() error { return refused(m.UpdateUnitWeight(ctx, &UnitWeight{Row: weight.Row, Unit: "x"})) },
		"DeleteUnitWeight": func() error { return refused(m.DeleteUnitWeight(ctx, weight.ID, 1)) },

		"CreateOFNConnection": func() error { return nil }, // refers to nothing
		"OFNConnection":       func() error { return gets(m.OFNConnection(ctx, connection.ID)) },
		"OFNConnections":      func() error { return none(ids)(m.OFNConnections(ctx, Page{})) },
		"UpdateOFNConnection": func() error {
			return refused(m.UpdateOFNConnection(ctx, &OFNConnection{Row: connection.Row, BaseURL: "https://x", Report: "x"}))
		},
		"RotateOFNReceiver":   func() error { return gets(m.RotateOFNReceiver(ctx, connection.ID)) },
		"DeleteOFNConnection": func() error { return refused(m.DeleteOFNConnection(ctx, connection.ID, 1)) },

		"Book": func() error {
			return refused(m.Book(ctx, []Entry{{Producer: theirs.producer, Metres: 1}}), m.Book(ctx, []Entry{{Producer: mine.producer, Plan: plan.ID, Metres: 1}}))
		},
		"NumberDeliveryNotes": func() error {
			return refused(m.NumberDeliveryNotes(ctx, theirs.sale, nil), m.NumberDeliveryNotes(ctx, mine.sale, []Consigned{{theirs.producer, mine.point}}),
				m.NumberDeliveryNotes(ctx, mine.sale, []Consigned{{mine.producer, theirs.point}}))
		},
		"DeliveryNotes": func() error {
			x, err := m.DeliveryNotes(ctx, theirs.sale)
			if err != nil || len(x) > 0 {
				return fmt.Errorf("%v, %v", x, err)
			}
			return nil
		},
		"Balances": func() error {
			x, err := m.Balances(ctx)
			if err != nil || len(x) > 0 {
				return fmt.Errorf("got %v, %v", x, err)
			}
			return nil
		},
		"Entries": func() error {
			x, err := m.Entries(ctx, theirs.producer)
			if err != nil || len(x) > 0 {
				return fmt.Errorf("got %v, %v", x, err)
			}
			return nil
		},
		"Forget": func() error {
			n, err := m.Forget(ctx, "2100-01-01")
			if err != nil || n > 0 {
				return fmt.Errorf("%d orders, %v", n, err)
			}
			return nil
		},
		"Events": func() error {
			return errors.Join(empty(m.Events(ctx, EventFilter{Subject: theirs.place}, Page{})), none(ids)(m.Events(ctx, EventFilter{}, Page{Limit: 1000})))
		},
	}
	scope := reflect.TypeFor[*Scope]()
	for i := range scope.NumMethod() {
		name := scope.Method(i).Name
		call, has := calls[name]
		if !has {
			t.Errorf("%s: this test does not say what it does with the ids of another collective", name)
			continue
		}
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := dump(t, theirs); !slices.Equal(before, after) {
		t.Errorf("the other collective's data changed:\n%v\n%v", before, after)
	}
}

// none checks that a list has none of some ids anywhere in it.
func none(ids []string) func(rows any, _ Cursor, err error) error {
	return func(rows any, _ Cursor, err error) error {
		text := fmt.Sprintf("%+v", rows)
		for _, id := range ids {
			if strings.Contains(text, id) {
				return fmt.Errorf("%s of the other collective is in %s", id, text)
			}
		}
		return err
	}
}

// dump is all rows of a collective as text.
func dump(t *testing.T, w world) []string {
	t.Helper()
	var out []string
	ok(t, w.scope.read(t.Context(), func(t2 *tx) error {
		for _, table := range tables(t, t2) {
			rows, err := t2.QueryContext(t.Context(), `select * from `+table+` where collective = $1`, string(w.scope.collective))
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					return err
				}
				line := table
				for i := range values {
					line += fmt.Sprint(" ", *values[i].(*any))
				}
				out = append(out, line)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	}))
	slices.Sort(out)
	return out
}

// tables are those that have a collective.
func tables(t *testing.T, t2 *tx) []string {
	t.Helper()
	catalogue := `select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like 'goose%' order by 1`
	if _, isPostgres := t2.backend.(*postgres); isPostgres {
		catalogue = `select table_name from information_schema.columns where table_schema = 'public' and column_name = 'collective' order by 1`
	}
	rows, err := t2.QueryContext(t.Context(), catalogue)
	ok(t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		ok(t, rows.Scan(&name))
		out = append(out, name)
	}
	if len(out) < 20 {
		t.Fatalf("only the tables %v", out)
	}
	return out
}

// idsOf finds what looks like an id in a dump.
func idsOf(lines []string) []string {
	var out []string
	for _, line := range lines {
		for _, word := range strings.Fields(line) {
			if len(word) == idLength && plain(word) {
				out = append(out, word)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The second wall stands by itself: a statement that names no collective sees, changes and writes the rows of the
// transaction's collective alone, in every table that has one, whether the login is an ordinary one or a superuser.
func TestRowLevelSecurity(t *testing.T) {
	for _, role := range []string{"farm", "postgres"} {
		t.Run(role, func(t *testing.T) {
			s := open(t, newDatabase(t, role, true))
			ctx := t.Context()
			theirs, mine := fill(t, s, "theirs"), fill(t, s, "mine")
			for _, w := range []world{theirs, mine} {
				_, err := w.scope.PutOrders(ctx, w.sale, w.orders("a"))
				ok(t, err)
			}
			before := dump(t, theirs)
			ok(t, mine.scope.write(ctx, func(t2 *tx) error {
				for _, table := range tables(t, t2) {
					var walled, foreign int
					ok(t, t2.QueryRowContext(ctx, `select count(*) from pg_class where oid = $1::regclass and relrowsecurity and relforcerowsecurity`, table).Scan(&walled))
					ok(t, t2.QueryRowContext(ctx, `select count(*) from `+table+` where collective <> $1`, string(mine.scope.collective)).Scan(&foreign))
					if walled != 1 || foreign != 0 {
						t.Errorf("%s: %d walls, %d rows of another collective", table, walled, foreign)
					}
				}
				for _, statement := range []string{`update places set name = 'taken'`, `delete from sale_products`} {
					_, err := t2.ExecContext(ctx, statement)
					ok(t, err)
				}
				return nil
			}))
			if after := dump(t, theirs); !slices.Equal(before, after) {
				t.Error("another collective's rows changed")
			}
			err := mine.scope.write(ctx, func(t2 *tx) error {
				_, err := t2.ExecContext(ctx, `insert into absences (collective, id, version, created, changed, first_day, last_day, reason) values ($1, 'x', 1, 0, 0, 'a', 'b', '')`,
					string(theirs.scope.collective))
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "row-level security") {
				t.Errorf("writing a row of another collective: %v", err)
			}
			// Without any collective there is nothing to see.
			var n int
			ok(t, s.In("", "").read(ctx, func(t2 *tx) error { return t2.QueryRowContext(ctx, `select count(*) from places`).Scan(&n) }))
			if n != 0 {
				t.Errorf("%d places are seen without a collective", n)
			}
		})
	}
}

// A transaction's collective ends with it, so that a connection never keeps one for its next user.
func TestCollectiveEndsWithTransaction(t *testing.T) {
	s := open(t, newDatabase(t, "farm", true)+"&pool_max_conns=1")
	fill(t, s, "one")
	var n int
	db, _ := s.backend.pool(false)
	ok(t, db.QueryRowContext(t.Context(), `select count(*) from places`).Scan(&n))
	if n != 0 {
		t.Errorf("%d places are seen after the transaction", n)
	}
}
