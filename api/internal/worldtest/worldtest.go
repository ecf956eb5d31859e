// Package worldtest gives tests a store in each database, and a small collective in it: Anne, Bruno and Claire around
// Carpentras, with a week in which goods change hands.
package worldtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"carriole/api/pgtest"
	"carriole/api/store"
	"carriole/engine"
)

// Databases are a PostgreSQL server, started when it is first needed, and SQLite files. The zero value is usable.
type Databases struct {
	once   sync.Once
	server *pgtest.Server
	err    error
}

// Run is what TestMain does.
func (d *Databases) Run(m *testing.M) int {
	code := m.Run()
	if d.server != nil {
		if err := d.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// ordinary is the login that does not bypass row-level security.
const ordinary = "farm"

func (d *Databases) start() {
	if d.server, d.err = pgtest.Start(); d.err != nil {
		return
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, d.server.URL("postgres", "postgres"))
	if err == nil {
		_, err = conn.Exec(ctx, `create role `+ordinary+` login`)
		conn.Close(ctx)
	}
	d.err = err
}

// Each runs a test on the URL of a new database, empty, in SQLite and in PostgreSQL as an ordinary login and as a superuser.
func (d *Databases) Each(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "store.db")) })
	for name, role := range map[string]string{"postgres": ordinary, "postgres as superuser": "postgres"} {
		t.Run(name, func(t *testing.T) {
			d.once.Do(d.start)
			if d.err != nil {
				t.Fatal(d.err)
			}
			url, err := d.server.Create(t.Context(), role, "")
			if err != nil {
				t.Fatal(err)
			}
			test(t, url)
		})
	}
}

// Open opens a store until the test ends, and migrates it together with others' tables.
func Open(t testing.TB, url string, others ...func(*store.Store) func(context.Context) error) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	var more []func(context.Context) error
	for _, f := range others {
		more = append(more, f(s))
	}
	if _, err := s.Migrate(t.Context(), more...); err != nil {
		t.Fatal(err)
	}
	return s
}

// World is a collective. Its sale is carried from Monday 2026-11-23 on and distributed on Thursday and Friday.
type World struct {
	Scope *store.Scope
	Sale  store.ID

	Anne, Bruno, Claire               store.ID // Claire does not share her telephone number
	AnneRound, BrunoRound             string   // as weeks name them: on Thursday, both past the AMAP
	AnneVan, BrunoVan, ClaireVan      store.ID // the last two make trips
	Hall, Market                      store.ID // pickup points, on Thursday evening and on Friday
	Peaches, Potatoes, Tomme, Cabbage store.ID // of Anne, Bruno, Claire (chilled) and Anne
}

// Day is the sale's distribution.
const Day store.Day = "2026-11-26"

// Fill makes a collective with a sale.
func Fill(t testing.TB, s *store.Store, name string) *World {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	collective := store.Collective{Name: name}
	must(s.CreateCollective(ctx, &collective, "test"))
	c := s.In(collective.ID, "test")
	w := &World{Scope: c}
	place := func(name string, lonE7, latE7 int64, stores bool) store.ID {
		x := store.Place{Name: name, Address: name + ", 84200", At: &store.Point{LonE7: lonE7, LatE7: latE7}, Meet: true, StoreAmbient: stores}
		must(c.CreatePlace(ctx, &x))
		return x.ID
	}
	producer := func(name string, place store.ID, shared bool) store.ID {
		x := store.Producer{Name: name, Place: place, Phone: "+33 4 " + name, PhoneShared: shared, Active: true}
		must(c.CreateProducer(ctx, &x))
		return x.ID
	}
	vehicle := func(name string, producer store.ID, chilled int64, days ...store.Weekday) store.ID {
		x := store.Vehicle{Name: name, Producer: producer, Room: store.Room{Grams: 800_000, AmbientMl: 3_500_000, ChilledMl: chilled}}
		if chilled > 0 {
			x.Equipment = store.Fridge
		}
		if days != nil {
			x.Available = store.Windows{{Days: days, From: 8 * 60, Until: 18 * 60}}
		}
		must(c.CreateVehicle(ctx, &x))
		return x.ID
	}
	anne, amap, hall, bruno := place("Mas", 51070000, 441110000, false), place("AMAP", 50250000, 441000000, false), place("Salle", 50300000, 441230000, true), place("Grange", 50050000, 441640000, false)
	claire, market := place("Fromagerie", 50600000, 440800000, false), place("Marché", 50480000, 440550000, false)
	w.Anne, w.Bruno, w.Claire = producer("Anne", anne, true), producer("Bruno", bruno, true), producer("Claire", claire, false)
	w.AnneVan, w.BrunoVan, w.ClaireVan = vehicle("Kangoo", w.Anne, 0), vehicle("Trafic", w.Bruno, 400_000, "fri"), vehicle("Berlingo", w.Claire, 400_000, "thu", "fri")
	round := func(name string, producer, vehicle, home store.ID, returns store.Clock, most int64) string {
		x := store.Round{Name: name, Kind: "amap", Producer: producer, Vehicle: vehicle, Rule: "FREQ=WEEKLY;BYDAY=TH", Starts: "2026-01-01", Start: home, End: home,
			DepartAfter: 15 * 60, ReturnBy: returns, MaxAddedM: &most, Stops: []store.Stop{{Place: amap, ArriveAfter: 17 * 60, ArriveBy: 17*60 + 45, StayS: 5400}}}
		must(c.CreateRound(ctx, &x))
		return string(x.ID) + "@" + string(Day)
	}
	w.AnneRound, w.BrunoRound = round("AMAP d’Anne", w.Anne, w.AnneVan, anne, 21*60, 3000), round("AMAP de Bruno", w.Bruno, w.BrunoVan, bruno, 22*60, 8000)
	point := func(name string, place store.ID, day store.Weekday) store.ID {
		x := store.PickupPoint{Name: name, Place: place, Active: true, AcceptFromMin: 120, Windows: store.Windows{{Days: []store.Weekday{day}, From: 20 * 60, Until: 21 * 60}}}
		if day == "fri" {
			x.Windows[0].From, x.Windows[0].Until = 17*60, 19*60
		}
		must(c.CreatePickupPoint(ctx, &x))
		return x.ID
	}
	w.Hall, w.Market = point("Salle des fêtes", hall, "thu"), point("Marché", market, "fri")
	product := func(name string, producer store.ID, class engine.Class) store.ID {
		price := int64(777)
		x := store.Product{Name: name, Unit: "1 kg", Producer: producer, Grams: 1000, Millilitres: 2500, Class: class, PriceCents: &price, Active: true}
		must(c.CreateProduct(ctx, &x))
		return x.ID
	}
	w.Peaches, w.Potatoes, w.Tomme, w.Cabbage = product("Pêches", w.Anne, engine.Ambient), product("Pommes de terre", w.Bruno, engine.Ambient), product("Tomme", w.Claire, engine.Chilled), product("Chou", w.Anne, engine.Ambient)
	w.Sale = w.NewSale(t, "Semaine 48")
	return w
}

// NewSale makes another sale of the same days.
func (w *World) NewSale(t testing.TB, name string) store.ID {
	t.Helper()
	x := store.Sale{Name: name, Ref: name, Distribution: Day}
	if err := w.Scope.CreateSale(t.Context(), &x); err != nil {
		t.Fatal(err)
	}
	return x.ID
}

// Orders are as many orders, each of some products for one of the points, the same for the same seed.
func (w *World) Orders(n int, seed uint64) []store.Order {
	rng := rand.New(rand.NewPCG(seed, 0))
	products, points := []store.ID{w.Peaches, w.Potatoes, w.Tomme, w.Cabbage}, []store.ID{w.Hall, w.Market}
	out := make([]store.Order, n)
	for i := range out {
		out[i] = store.Order{Ref: fmt.Sprintf("R-%d-%d", seed, i), PickupPoint: points[rng.IntN(len(points))]}
		for _, k := range rng.Perm(len(products))[:1+rng.IntN(len(products))] {
			out[i].Lines = append(out[i].Lines, store.OrderLine{Product: products[k], QuantityMilli: 1000 * int64(1+rng.IntN(4))})
		}
	}
	return out
}

// Order puts orders into a sale.
func (w *World) Order(t testing.TB, sale store.ID, orders ...store.Order) []store.Order {
	t.Helper()
	out, err := w.Scope.PutOrders(t.Context(), sale, orders)
	if err != nil {
		t.Fatal(err)
	}
	placed := make([]store.Order, len(out))
	for i := range out {
		placed[i] = orders[i]
		placed[i].ID = out[i].ID
	}
	return placed
}
