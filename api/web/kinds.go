package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"carriole/api/store"
	"carriole/engine"
)

// data adds the pages of what a collective has.
func (s *Site) data(r chi.Router) {
	r.Get("/data", s.page(s.overview))
	r.Get("/data/places.json", s.page(s.placesMap))
	r.Get("/data/calendar", s.page(s.calendar))
	r.Post("/data/calendar", s.change(s.changeDay))
	r.Get("/data/settings", s.page(s.settings))
	r.Post("/data/settings", s.change(s.set))
	r.Post("/data/settings/travel", s.change(s.setTravel))
	r.Get("/data/links", s.page(coordinators(s.links)))
	r.Post("/data/links/{producer}", s.needsSignIn(s.makeLink))
	r.Post("/data/links/{producer}/revoke", s.needsSignIn(s.revokeLink))
	r.Get("/data/tokens", s.page(coordinators(s.tokens)))
	r.Post("/data/tokens", s.change(s.makeToken))
	r.Post("/data/tokens/{token}/revoke", s.change(s.revokeToken))
	mount(s, r, producers)
	mount(s, r, places)
	mount(s, r, vehicles)
	mount(s, r, rounds)
	mount(s, r, pickupPoints)
	mount(s, r, products)
	mount(s, r, sales)
	mount(s, r, absences)
	mount(s, r, members)
}

type overviewView struct{ Kinds []overviewKind }

type overviewKind struct{ Href, Name, Text string }

func (s *Site) overview(v *visit) error {
	var out overviewView
	add := func(path string, many, text [2]string) {
		out.Kinds = append(out.Kinds, overviewKind{"/data/" + path, v.say(many[0], many[1]), v.say(text[0], text[1])})
	}
	add(producers.path, producers.many, producers.text)
	add(places.path, places.many, places.text)
	add(vehicles.path, vehicles.many, vehicles.text)
	add(rounds.path, rounds.many, rounds.text)
	add(pickupPoints.path, pickupPoints.many, pickupPoints.text)
	add(products.path, products.many, products.text)
	add(sales.path, sales.many, sales.text)
	add(absences.path, absences.many, absences.text)
	if v.Role == store.Coordinator {
		add(members.path, members.many, members.text)
		add("links", [2]string{"Liens privés", "Private links"}, [2]string{"Par où chaque ferme ouvre sa page sur le téléphone, sans compte.", "By which each farm opens its page on the telephone, without an account."})
		add("tokens", [2]string{"Jetons d’accès", "Access tokens"}, [2]string{"Par où entrent les programmes, comme la place de marché.", "By which programs get in, such as the marketplace."})
	}
	add("calendar", [2]string{"Calendrier", "Calendar"}, [2]string{"Quand les tournées roulent, jours fériés et exceptions.", "When rounds are driven, with public holidays and exceptions."})
	add("settings", [2]string{"Réglages", "Settings"}, [2]string{"De quoi sont faits les kilomètres, ce que pèsent habitudes et équité ; les règles du métier.", "What kilometres are made of, what habits and fairness weigh; the rules of the trade."})
	return s.render(v, "data.html", out)
}

// placesMap is where the places are, for maps of forms.
func (s *Site) placesMap(v *visit) error {
	list, err := store.All(func(p store.Page) ([]store.Place, store.Cursor, error) {
		return v.scope.Places(v.ctx, store.PlaceFilter{}, p)
	})
	if err != nil {
		return err
	}
	type at struct {
		Name string  `json:"name"`
		Lat  float64 `json:"lat"`
		Lon  float64 `json:"lon"`
	}
	out := []at{}
	for _, x := range list {
		if x.At != nil {
			out = append(out, at{x.Name, x.At.Lat(), x.At.Lon()})
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return v.document("application/json", b)
}

// newPlace is asked for where something may stand at a place that is not known yet.
func newPlace(a ask) []field {
	address := a.text("new_place.address", "Adresse d’un nouveau lieu", "Address of a new place", "")
	address.Hint = a.say("Si le lieu n’est pas encore dans la liste.", "If the place is not in the list yet.")
	at := a.position("new_place.at", nil)
	return []field{address, at}
}

// placed makes the new place of a form, if there is one, and says which place it is.
func placed(ctx context.Context, c *store.Scope, r *reader, name string, id *store.ID) error {
	at, address := r.position("new_place.at"), r.text("new_place.address")
	if *id != "" || at == nil && address == "" {
		return nil
	}
	x := store.Place{Name: name, Address: address, At: at, Meet: true}
	if err := c.CreatePlace(ctx, &x); err != nil {
		return err
	}
	*id = x.ID
	return nil
}

// somePlace reads a place, or says that one is missing.
func (r *reader) somePlace(name string) store.ID {
	id := r.id(name)
	if id == "" && r.text("new_place.address") == "" && r.text("new_place.at") == "" {
		r.wrong(name, "Choisissez un lieu, ou donnez l’adresse d’un nouveau.", "Choose a place, or give the address of a new one.")
	}
	return id
}

var producers = kind[store.Producer]{
	path: "producers", add: [2]string{"Nouvelle ferme", "New farm"}, many: [2]string{"Fermes", "Farms"},
	text: [2]string{"Qui vend, où c’est, quand on peut y charger, et jusqu’où chacun accepte de rouler en plus.", "Who sells, where it is, when goods can be loaded, and how much further each is willing to drive."},
	columns: func(v *visit, n *names) []column[store.Producer] {
		return []column[store.Producer]{
			{v.say("Nom", "Name"), func(x *store.Producer) string { return x.Name }, false},
			{v.say("Lieu", "Place"), func(x *store.Producer) string { return n.of[x.Place] }, false},
			{v.say("Téléphone", "Telephone"), func(x *store.Producer) string { return x.Phone }, false},
			{v.say("Actif", "Active"), func(x *store.Producer) string { return yes(v.lang, x.Active) }, false}}
	},
	list: func(v *visit, p store.Page) ([]store.Producer, store.Cursor, error) {
		return v.scope.Producers(v.ctx, store.ProducerFilter{}, p)
	},
	get: (*store.Scope).Producer, create: (*store.Scope).CreateProducer, update: (*store.Scope).UpdateProducer, remove: (*store.Scope).DeleteProducer,
	row: func(x *store.Producer) *store.Row { return &x.Row }, name: func(_ *visit, x *store.Producer) string { return x.Name },
	blank: func(*visit) store.Producer { return store.Producer{Active: true} },
	groups: func(v *visit, n *names, x *store.Producer) []group {
		a := v.ask()
		name := a.text("name", "Nom", "Name", x.Name)
		name.Needed = true
		place := a.choose("place", "Lieu de la ferme", "Place of the farm", n.places, string(x.Place))
		profession := a.text("profession", "Métier", "Profession", x.Profession)
		profession.Hint = a.say("Maraîcher, fromager, aviculteur… : la température habituelle s’en déduit.", "Market gardener, cheese maker, hen keeper …: the usual temperature follows from it.")
		before := x.ReadyDaysBefore
		email := a.text("email", "E-mail", "E-mail", x.Email)
		email.Kind = "email"
		phone := a.text("phone", "Téléphone", "Telephone", x.Phone)
		phone.Kind = "tel"
		organic := a.text("organic_body", "Organisme de contrôle bio", "Organic control body", x.OrganicBody)
		organic.Hint = a.say("Comme FR-BIO-01 ; vide : pas en bio.", "As FR-BIO-01; empty: not organic.")
		siret := a.text("siret", "SIRET", "SIRET", x.Siret)
		approval := a.text("approval", "Agrément sanitaire", "Sanitary approval", x.Approval)
		approval.Hint = a.say("Comme FR 84.031.001 CE ; vide : aucun. Il est sur les bons de livraison, le SIRET aussi.", "As FR 84.031.001 CE; empty: none. It stands on delivery notes, and so does the SIRET.")
		most := a.number("max_added_m", "Au plus, en plus par semaine", "At most, in addition a week", "km", x.MaxAddedM, 1000)
		most.Hint = a.say("Vide : pas de limite.", "Empty: no limit.")
		return []group{
			{Fields: append([]field{name, place}, newPlace(a)...)},
			{Title: a.say("Joindre", "Contact"), Fields: []field{email, phone, a.check("phone_shared", "Les autres transporteurs qui la rencontrent voient le téléphone", "Other carriers who meet them see the telephone number", x.PhoneShared)}},
			{Title: a.say("Charger et rouler", "Loading and driving"), Fields: []field{
				a.clock("ready", "Prêt à charger à partir de", "Ready to load from", x.Ready),
				a.number("ready_days_before", "Jours avant la distribution", "Days before the distribution", "", &before, 1), most}},
			{Title: a.say("Production", "Production"), Fields: []field{profession, organic, siret, approval, a.check("active", "Vend en ce moment", "Sells at present", x.Active)}},
		}
	},
	read: func(_ *visit, r *reader, x *store.Producer) {
		x.Name, x.Place, x.Profession, x.Email, x.Phone = r.need("name"), r.somePlace("place"), r.text("profession"), r.email("email"), r.text("phone")
		x.PhoneShared, x.OrganicBody, x.Ready, x.ReadyDaysBefore = r.check("phone_shared"), r.text("organic_body"), r.clock("ready"), r.zero("ready_days_before", 1)
		x.Siret, x.Approval = r.text("siret"), r.text("approval")
		x.MaxAddedM, x.Active = r.amount("max_added_m", 1000), r.check("active")
		r.position("new_place.at")
	},
	before: func(ctx context.Context, c *store.Scope, r *reader, x *store.Producer) error {
		return placed(ctx, c, r, x.Name, &x.Place)
	},
}

var places = kind[store.Place]{
	path: "places", add: [2]string{"Nouveau lieu", "New place"}, many: [2]string{"Lieux", "Places"},
	text: [2]string{"Où l’on s’arrête : fermes, AMAP, marchés, points de retrait. Et ce qui peut y changer de véhicule.", "Where one stops: farms, AMAPs, markets, pickup points. And what can change vehicles there."},
	columns: func(v *visit, _ *names) []column[store.Place] {
		return []column[store.Place]{
			{v.say("Nom", "Name"), func(x *store.Place) string { return x.Name }, false},
			{v.say("Adresse", "Address"), func(x *store.Place) string { return x.Address }, false},
			{v.say("Position", "Position"), func(x *store.Place) string {
				if x.At == nil {
					return v.say("manque", "missing")
				}
				return yes(v.lang, true)
			}, false}}
	},
	list: func(v *visit, p store.Page) ([]store.Place, store.Cursor, error) {
		return v.scope.Places(v.ctx, store.PlaceFilter{}, p)
	},
	get: (*store.Scope).Place, create: (*store.Scope).CreatePlace, update: (*store.Scope).UpdatePlace, remove: (*store.Scope).DeletePlace,
	row: func(x *store.Place) *store.Row { return &x.Row }, name: func(_ *visit, x *store.Place) string { return x.Name },
	blank: func(*visit) store.Place { return store.Place{Meet: true} },
	groups: func(v *visit, _ *names, x *store.Place) []group {
		a := v.ask()
		name := a.text("name", "Nom", "Name", x.Name)
		name.Needed = true
		stop := a.number("stop_s", "Durée d’un arrêt ajouté", "How long an added stop takes", "min", x.StopS, 60)
		stop.Hint = a.say("Vide : 5 minutes.", "Empty: 5 minutes.")
		return []group{
			{Fields: []field{name, a.text("address", "Adresse", "Address", x.Address), a.position("at", x.At), a.area("note", "Où décharger, qui appeler", "Where to unload, whom to call", x.Note)}},
			{Title: a.say("Remises", "Handovers"), Text: a.say("Ce qui peut changer de véhicule ici.", "What can change vehicles here."), Fields: []field{
				a.check("meet", "Deux tournées peuvent s’y retrouver", "Two rounds can meet here", x.Meet),
				a.check("store_ambient", "On peut y laisser des produits secs", "Ambient goods can wait here", x.StoreAmbient),
				a.check("store_chilled", "On peut y laisser des produits frais (armoire froide)", "Chilled goods can wait here (cold room)", x.StoreChilled),
				a.check("store_frozen", "On peut y laisser des surgelés", "Frozen goods can wait here", x.StoreFrozen)}},
			{Title: a.say("Horaires", "Hours"), Text: a.say("Quand un arrêt ajouté peut commencer ; sans horaire : toujours.", "When an added stop may begin; without hours: always."), Fields: []field{a.windows("hours", "Ouvert", "Open", x.Hours), stop}},
		}
	},
	read: func(_ *visit, r *reader, x *store.Place) {
		x.Name, x.Address, x.Note, x.At, x.Hours, x.StopS = r.need("name"), r.text("address"), r.text("note"), r.position("at"), r.windows("hours", x.Hours), r.amount("stop_s", 60)
		x.Meet, x.StoreAmbient, x.StoreChilled, x.StoreFrozen = r.check("meet"), r.check("store_ambient"), r.check("store_chilled"), r.check("store_frozen")
	},
}

var vehicles = kind[store.Vehicle]{
	path: "vehicles", add: [2]string{"Nouveau véhicule", "New vehicle"}, many: [2]string{"Véhicules", "Vehicles"},
	text: [2]string{"À qui il est, ce qui y tient par température, et quand il peut faire un trajet dédié.", "Whose it is, what it takes by temperature, and when it can make a dedicated trip."},
	columns: func(v *visit, n *names) []column[store.Vehicle] {
		return []column[store.Vehicle]{
			{v.say("Nom", "Name"), func(x *store.Vehicle) string { return x.Name }, false},
			{v.say("Ferme", "Farm"), func(x *store.Vehicle) string { return n.of[x.Producer] }, false},
			{v.say("Charge", "Payload"), func(x *store.Vehicle) string { return v.lang.Number(float64(x.Room.Grams)/1000, 0) + " kg" }, true}}
	},
	list: func(v *visit, p store.Page) ([]store.Vehicle, store.Cursor, error) {
		return v.scope.Vehicles(v.ctx, store.VehicleFilter{}, p)
	},
	get: (*store.Scope).Vehicle, create: (*store.Scope).CreateVehicle, update: (*store.Scope).UpdateVehicle, remove: (*store.Scope).DeleteVehicle,
	row: func(x *store.Vehicle) *store.Row { return &x.Row }, name: func(_ *visit, x *store.Vehicle) string { return x.Name },
	blank: func(v *visit) store.Vehicle {
		return store.Vehicle{Producer: store.ID(v.r.FormValue("producer")), Equipment: store.NoEquipment}
	},
	groups: func(v *visit, n *names, x *store.Vehicle) []group {
		a := v.ask()
		name := a.text("name", "Nom", "Name", x.Name)
		name.Needed, name.Hint = true, a.say("Kangoo, Master frigo…", "Kangoo, fridge van …")
		owner := a.choose("producer", "À qui", "Whose", n.producers, string(x.Producer))
		owner.Needed = true
		plate := a.text("plate", "Immatriculation", "Number plate", x.Plate)
		plate.Hint = a.say("Imprimée sur les feuilles de route et les bons de livraison.", "Printed on run sheets and delivery notes.")
		a.from(&owner, "producers", "Ajouter une ferme", "Add a farm")
		equipment := a.choose("equipment", "Ce qui garde le froid", "What keeps goods cold", []choice{
			{Value: string(store.NoEquipment), Name: a.say("rien", "nothing")}, {Value: string(store.Boxes), Name: a.say("caisses isothermes", "insulated boxes")},
			{Value: string(store.Fridge), Name: a.say("frigo", "fridge")}, {Value: string(store.Freezer), Name: a.say("congélateur", "freezer")}}, string(x.Equipment))
		r := x.Room
		amount := func(n int64) *int64 {
			if n == 0 && x.ID == "" {
				return nil
			}
			return &n
		}
		co2 := a.number("co2_g_per_km", "CO₂", "CO₂", "g/km", x.CO2GPerKm, 1)
		co2.Hint = a.say("Vide : 507 g/km (utilitaire jusqu’à 3,5 t).", "Empty: 507 g/km (van up to 3.5 t).")
		return []group{
			{Fields: []field{name, owner, plate}},
			{Title: a.say("Ce qui y tient", "What it takes"), Fields: []field{
				a.number("room.grams", "Charge utile", "Payload", "kg", amount(r.Grams), 1000),
				a.number("room.ambient_ml", "Sec", "Ambient", a.say("litres", "litres"), amount(r.AmbientMl), 1000),
				a.number("room.chilled_ml", "Frais", "Chilled", a.say("litres", "litres"), amount(r.ChilledMl), 1000),
				a.number("room.frozen_ml", "Surgelé", "Frozen", a.say("litres", "litres"), amount(r.FrozenMl), 1000),
				equipment, a.number("boxes", "Nombre de caisses isothermes", "Number of insulated boxes", "", amount(x.Boxes), 1),
				a.number("gross_grams", "Poids total autorisé", "Gross weight", "kg", x.GrossGrams, 1000), co2}},
			{Title: a.say("Trajets dédiés", "Dedicated trips"), Text: a.say("Quand ce véhicule peut rouler en dehors de ses tournées ; sans horaire : jamais.", "When this vehicle may drive besides its rounds; without hours: never."),
				Fields: []field{a.windows("available", "Disponible", "Available", x.Available)}},
		}
	},
	read: func(_ *visit, r *reader, x *store.Vehicle) {
		x.Name, x.Producer, x.Plate = r.need("name"), r.needID("producer"), r.text("plate")
		x.Room = store.Room{Grams: r.zero("room.grams", 1000), AmbientMl: r.zero("room.ambient_ml", 1000), ChilledMl: r.zero("room.chilled_ml", 1000), FrozenMl: r.zero("room.frozen_ml", 1000)}
		x.Equipment, x.Boxes, x.GrossGrams, x.CO2GPerKm = store.Equipment(r.text("equipment")), r.zero("boxes", 1), r.amount("gross_grams", 1000), r.amount("co2_g_per_km", 1)
		x.Available = r.windows("available", x.Available)
	},
}

var rounds = kind[store.Round]{
	path: "rounds", add: [2]string{"Nouvelle tournée", "New round"}, many: [2]string{"Tournées", "Rounds"},
	text: [2]string{"Ce que chacun roule de toute façon, chaque semaine : arrêts, horaires, et ce qu’on accepte d’y ajouter.", "What each drives anyway, every week: stops, hours, and what may be added."},
	columns: func(v *visit, n *names) []column[store.Round] {
		return []column[store.Round]{
			{v.say("Nom", "Name"), func(x *store.Round) string { return x.Name }, false},
			{v.say("Ferme", "Farm"), func(x *store.Round) string { return n.of[x.Producer] }, false},
			{v.say("Quand", "When"), func(x *store.Round) string { return v.ask().when(x) }, false},
			{v.say("Arrêts", "Stops"), func(x *store.Round) string { return strconv.Itoa(len(x.Stops)) }, true}}
	},
	list: func(v *visit, p store.Page) ([]store.Round, store.Cursor, error) {
		return v.scope.Rounds(v.ctx, store.RoundFilter{}, p)
	},
	get: (*store.Scope).Round, create: (*store.Scope).CreateRound, update: (*store.Scope).UpdateRound, remove: (*store.Scope).DeleteRound,
	row: func(x *store.Round) *store.Row { return &x.Row }, name: func(_ *visit, x *store.Round) string { return x.Name },
	blank: func(v *visit) store.Round {
		return store.Round{Producer: store.ID(v.r.FormValue("producer")), Kind: "amap", Starts: store.DayOf(time.Now()), Carries: store.CarriesAll}
	},
	groups: func(v *visit, n *names, x *store.Round) []group { return v.ask().round(n, x) },
	read:   func(_ *visit, r *reader, x *store.Round) { r.round(x) },
}

// when says on which days a round is driven.
func (a ask) when(x *store.Round) string {
	days, every, ok := daysOf(x.Rule)
	if !ok {
		return string(x.Rule)
	}
	if len(days) == 0 {
		return string(x.Starts)
	}
	var list []string
	for _, d := range weekdays {
		for _, y := range days {
			if y == d.day {
				list = append(list, a.say(d.french, d.english))
			}
		}
	}
	s := strings.Join(list, ", ") + " " + x.DepartAfter.String() + "–" + x.ReturnBy.String()
	if every > 1 {
		s += fmt.Sprintf(a.say(", toutes les %d semaines", ", every %d weeks"), every)
	}
	return s
}

func (a ask) round(n *names, x *store.Round) []group {
	name := a.text("name", "Nom", "Name", x.Name)
	name.Needed, name.Hint = true, a.say("AMAP d’Aubignan, marché de Vaison…", "AMAP of Aubignan, market of Vaison …")
	who := a.choose("producer", "Qui roule", "Who drives", n.producers, string(x.Producer))
	with := a.choose("vehicle", "Avec quel véhicule", "With which vehicle", n.vehicles, string(x.Vehicle))
	start := a.choose("start", "Départ", "Start", n.places, string(x.Start))
	end := a.choose("end", "Arrivée", "End", n.places, string(x.End))
	for _, f := range []*field{&who, &with, &start, &end} {
		f.Needed = true
	}
	a.from(&who, "producers", "Ajouter une ferme", "Add a farm")
	a.from(&with, "vehicles", "Ajouter un véhicule", "Add a vehicle")
	sort := a.choose("kind", "Genre", "Kind", []choice{{Value: "amap", Name: "AMAP"}, {Value: "market", Name: a.say("marché", "market")}, {Value: "circuit", Name: a.say("circuit", "circuit")}}, x.Kind)
	var leaves, returns *store.Clock
	if x.ID != "" {
		leaves, returns = &x.DepartAfter, &x.ReturnBy
	}
	depart, back := a.clock("depart_after", "Départ au plus tôt", "Leaves no earlier than", leaves), a.clock("return_by", "Retour au plus tard", "Returns no later than", returns)
	depart.Needed, back.Needed = true, true
	days, every, plain := daysOf(x.Rule)
	repeats := []field{a.days("days", "Jours", "Days", days...), a.choose("every", "Revient", "Comes again", []choice{
		{Value: "1", Name: a.say("chaque semaine", "every week")}, {Value: "2", Name: a.say("toutes les deux semaines", "every two weeks")},
		{Value: "3", Name: a.say("toutes les trois semaines", "every three weeks")}, {Value: "4", Name: a.say("toutes les quatre semaines", "every four weeks")}}, strconv.Itoa(every))}
	if !plain {
		f := a.text("rule", "Règle (RRULE)", "Rule (RRULE)", string(x.Rule))
		f.Hint = a.say("Comme FREQ=MONTHLY;BYDAY=1SA.", "As FREQ=MONTHLY;BYDAY=1SA.")
		repeats = []field{f}
	}
	repeats = append(repeats, a.day("starts", "À compter du", "From", x.Starts), a.text("season.from", "Saison, de (mois-jour)", "Season, from (month-day)", x.Season.From), a.text("season.until", "à (mois-jour)", "to (month-day)", x.Season.Until))
	stops := field{Name: "stops", Kind: "rows", Label: a.say("Arrêts de toute façon, dans l’ordre", "Stops made anyway, in order"), More: a.say("Encore un arrêt", "One more stop")}
	a.from(&stops, "places", "Ajouter un lieu", "Add a place")
	for i := range a.rows("stops", len(x.Stops)) {
		at := fmt.Sprintf("stops[%d]", i)
		var s store.Stop
		var after, by *store.Clock
		var stay, grams, ambient, chilled, frozen *int64
		if i < len(x.Stops) {
			s = x.Stops[i]
			after, by, stay, grams, ambient, chilled, frozen = &s.ArriveAfter, &s.ArriveBy, &s.StayS, &s.Unload.Grams, &s.Unload.AmbientMl, &s.Unload.ChilledMl, &s.Unload.FrozenMl
		}
		stops.Rows = append(stops.Rows, row{Name: at, Title: fmt.Sprintf(a.say("Arrêt %d", "Stop %d"), i+1), Fields: []field{
			a.choose(at+".place", "Lieu", "Place", n.places, string(s.Place)),
			a.clock(at+".arrive_after", "Arrive après", "Arrives after", after), a.clock(at+".arrive_by", "et avant", "and before", by),
			a.number(at+".stay_s", "Reste", "Stays", "min", stay, 60),
			a.number(at+".unload.grams", "Y laisse de ses produits", "Leaves there of their own", "kg", grams, 1000),
			a.number(at+".unload.ambient_ml", "secs", "ambient", "l", ambient, 1000), a.number(at+".unload.chilled_ml", "frais", "chilled", "l", chilled, 1000), a.number(at+".unload.frozen_ml", "surgelés", "frozen", "l", frozen, 1000)}})
	}
	carries := a.choose("carries", "Emporte pour d’autres", "Carries for others", []choice{{Value: string(store.CarriesAll), Name: a.say("oui, pour tous", "yes, for all")},
		{Value: string(store.CarriesSome), Name: a.say("pour ceux-ci", "for these")}, {Value: string(store.CarriesOwn), Name: a.say("non, seulement les siens", "no, only their own")}}, string(x.Carries))
	only := field{Name: "only", Kind: "days", Label: a.say("Ceux-ci", "These")}
	var ids []string
	for _, p := range x.Only {
		ids = append(ids, string(p))
	}
	only.Choices = chosen(n.producers, ids...)
	return []group{
		{Fields: []field{name, sort, who, with}},
		{Title: a.say("Quand", "When"), Fields: append([]field{depart, back}, repeats...)},
		{Title: a.say("Où", "Where"), Fields: []field{start, stops, end}},
		{Title: a.say("Ce qu’on peut y ajouter", "What may be added"), Fields: []field{carries, only,
			a.number("max_added_m", "Détour au plus", "Detour at most", "km", x.MaxAddedM, 1000), a.number("max_added_s", "Temps en plus au plus", "Time in addition at most", "min", x.MaxAddedS, 60),
			a.check("frozen", "Rien n’y est ajouté", "Nothing is added", x.Frozen)}},
	}
}

func (r *reader) round(x *store.Round) {
	x.Name, x.Kind, x.Producer, x.Vehicle, x.Start, x.End = r.need("name"), r.text("kind"), r.needID("producer"), r.needID("vehicle"), r.needID("start"), r.needID("end")
	x.DepartAfter, x.ReturnBy = r.needClock("depart_after"), r.needClock("return_by")
	if r.typed.Has("rule") {
		x.Rule = store.Rule(r.text("rule"))
	} else {
		every, _ := strconv.Atoi(r.text("every"))
		x.Rule = rule(r.days("days"), max(1, every))
	}
	if r.need("starts") != "" {
		x.Starts = r.day("starts")
	}
	x.Season = store.Season{From: r.text("season.from"), Until: r.text("season.until")}
	x.Stops = nil
	for _, i := range r.rows("stops") {
		at := fmt.Sprintf("stops[%d].", i)
		s := store.Stop{Place: r.needID(at + "place"), ArriveAfter: r.needClock(at + "arrive_after"), ArriveBy: r.needClock(at + "arrive_by"), StayS: r.zero(at+"stay_s", 60)}
		if s.ArriveBy < s.ArriveAfter && len(r.faults) == 0 {
			r.wrong(at+"arrive_by", "C’est avant l’heure d’arrivée au plus tôt.", "This is before the earliest arrival.")
		}
		s.Unload = store.Room{Grams: r.zero(at+"unload.grams", 1000), AmbientMl: r.zero(at+"unload.ambient_ml", 1000), ChilledMl: r.zero(at+"unload.chilled_ml", 1000), FrozenMl: r.zero(at+"unload.frozen_ml", 1000)}
		x.Stops = append(x.Stops, s)
	}
	x.Carries, x.Only = store.Carries(r.text("carries")), nil
	if x.Carries == store.CarriesSome {
		for _, id := range r.typed["only"] {
			x.Only = append(x.Only, store.ID(id))
		}
	}
	x.MaxAddedM, x.MaxAddedS, x.Frozen = r.amount("max_added_m", 1000), r.amount("max_added_s", 60), r.check("frozen")
}

var pickupPoints = kind[store.PickupPoint]{
	path: "pickup-points", add: [2]string{"Nouveau point de retrait", "New pickup point"}, many: [2]string{"Points de retrait", "Pickup points"},
	text: [2]string{"Où les clients viennent chercher leur commande, et à quelles heures.", "Where customers collect their orders, and when."},
	columns: func(v *visit, n *names) []column[store.PickupPoint] {
		return []column[store.PickupPoint]{
			{v.say("Nom", "Name"), func(x *store.PickupPoint) string { return x.Name }, false},
			{v.say("Lieu", "Place"), func(x *store.PickupPoint) string { return n.of[x.Place] }, false},
			{v.say("Ouvert", "Open"), func(x *store.PickupPoint) string { return v.ask().hours(x.Windows) }, false},
			{v.say("Actif", "Active"), func(x *store.PickupPoint) string { return yes(v.lang, x.Active) }, false}}
	},
	list: func(v *visit, p store.Page) ([]store.PickupPoint, store.Cursor, error) {
		return v.scope.PickupPoints(v.ctx, store.PickupPointFilter{}, p)
	},
	get: (*store.Scope).PickupPoint, create: (*store.Scope).CreatePickupPoint, update: (*store.Scope).UpdatePickupPoint, remove: (*store.Scope).DeletePickupPoint,
	row: func(x *store.PickupPoint) *store.Row { return &x.Row }, name: func(_ *visit, x *store.PickupPoint) string { return x.Name },
	blank: func(*visit) store.PickupPoint {
		return store.PickupPoint{Active: true, AcceptFromMin: 90, AcceptUntilMin: 15}
	},
	groups: func(v *visit, n *names, x *store.PickupPoint) []group {
		a := v.ask()
		name := a.text("name", "Nom", "Name", x.Name)
		name.Needed = true
		from, until := x.AcceptFromMin, x.AcceptUntilMin
		return []group{
			{Fields: append([]field{name, a.choose("place", "Lieu", "Place", n.places, string(x.Place))}, newPlace(a)...)},
			{Title: a.say("Quand les clients viennent", "When customers come"), Fields: []field{a.windows("windows", "Ouvert", "Open", x.Windows)}},
			{Title: a.say("Quand on peut livrer", "When goods can be delivered"), Text: a.say("Combien de minutes avant l’ouverture.", "How many minutes before the opening."), Fields: []field{
				a.number("accept_from_min", "Au plus tôt", "At the earliest", "min", &from, 1), a.number("accept_until_min", "Au plus tard", "At the latest", "min", &until, 1)}},
			{Fields: []field{a.area("note", "Note", "Note", x.Note), a.check("active", "Ouvert en ce moment", "Open at present", x.Active)}},
		}
	},
	read: func(_ *visit, r *reader, x *store.PickupPoint) {
		x.Name, x.Place, x.Windows, x.Note, x.Active = r.need("name"), r.somePlace("place"), r.windows("windows", x.Windows), r.text("note"), r.check("active")
		x.AcceptFromMin, x.AcceptUntilMin = r.zero("accept_from_min", 1), r.zero("accept_until_min", 1)
		r.position("new_place.at")
	},
	before: func(ctx context.Context, c *store.Scope, r *reader, x *store.PickupPoint) error {
		return placed(ctx, c, r, x.Name, &x.Place)
	},
}

// hours says weekly hours in a line.
func (a ask) hours(list store.Windows) string {
	var out []string
	for _, w := range list {
		var days []string
		for _, d := range weekdays {
			for _, x := range w.Days {
				if x == d.day {
					days = append(days, a.say(d.french, d.english))
				}
			}
		}
		out = append(out, strings.Join(days, ", ")+" "+w.From.String()+"–"+w.Until.String())
	}
	return strings.Join(out, " ; ")
}

var products = kind[store.Product]{
	path: "products", add: [2]string{"Nouveau produit", "New product"}, many: [2]string{"Produits", "Products"},
	text: [2]string{"Ce qui se vend, ce que pèse une unité et la place qu’elle prend, et à quelle température elle voyage.", "What is sold, what a unit weighs and takes up, and at which temperature it travels."},
	columns: func(v *visit, n *names) []column[store.Product] {
		return []column[store.Product]{
			{v.say("Nom", "Name"), func(x *store.Product) string { return strings.TrimSpace(x.Name + " " + x.Unit) }, false},
			{v.say("Ferme", "Farm"), func(x *store.Product) string { return n.of[x.Producer] }, false},
			{v.say("Température", "Temperature"), func(x *store.Product) string { return v.lang.Class(x.Class) }, false},
			{"kg", func(x *store.Product) string { return v.lang.Number(float64(x.Grams)/1000, 3) }, true}}
	},
	list: func(v *visit, p store.Page) ([]store.Product, store.Cursor, error) {
		return v.scope.Products(v.ctx, store.ProductFilter{}, p)
	},
	get: (*store.Scope).Product, create: (*store.Scope).CreateProduct, update: (*store.Scope).UpdateProduct, remove: (*store.Scope).DeleteProduct,
	row: func(x *store.Product) *store.Row { return &x.Row }, name: func(_ *visit, x *store.Product) string { return x.Name },
	blank: func(v *visit) store.Product {
		return store.Product{Producer: store.ID(v.r.FormValue("producer")), Class: engine.Ambient, CarriedBy: engine.ByAny, Active: true}
	},
	groups: func(v *visit, n *names, x *store.Product) []group {
		a := v.ask()
		name := a.text("name", "Nom", "Name", x.Name)
		name.Needed = true
		who := a.choose("producer", "De quelle ferme", "Of which farm", n.producers, string(x.Producer))
		who.Needed = true
		a.from(&who, "producers", "Ajouter une ferme", "Add a farm")
		unit := a.text("unit", "Unité", "Unit", x.Unit)
		unit.Hint = a.say("500 g, 6 œufs, pièce…", "500 g, 6 eggs, piece …")
		var grams, ml *int64
		if x.ID != "" {
			grams, ml = &x.Grams, &x.Millilitres
		}
		classes := []choice{}
		for _, c := range engine.Classes {
			classes = append(classes, choice{Value: string(c), Name: a.lang.Class(c)})
		}
		by := a.choose("carried_by", "Qui peut le porter", "Who may carry it", []choice{{Value: string(engine.ByAny), Name: a.say("tout le monde", "anybody")}, {Value: string(engine.ByProducer), Name: a.say("seulement la ferme elle-même", "only the farm itself")}}, string(x.CarriedBy))
		by.Hint = a.say("Les œufs sans centre d’emballage, par exemple, restent avec qui tient les poules.", "Eggs without packing centre, for example, stay with who keeps the hens.")
		return []group{{Fields: []field{name, who, unit, a.number("grams", "Une unité pèse", "A unit weighs", "kg", grams, 1000), a.number("millilitres", "et prend", "and takes up", a.say("litres", "litres"), ml, 1000),
			a.choose("class", "Température", "Temperature", classes, string(x.Class)), by, a.number("price_cents", "Prix", "Price", "€", x.PriceCents, 100),
			a.check("unpacked_eggs", "Œufs sans centre d’emballage", "Eggs without packing centre", x.UnpackedEggs), a.check("organic", "Bio", "Organic", x.Organic), a.check("active", "En vente", "On sale", x.Active)}}}
	},
	read: func(_ *visit, r *reader, x *store.Product) {
		x.Name, x.Producer, x.Unit, x.Grams, x.Millilitres = r.need("name"), r.needID("producer"), r.text("unit"), r.zero("grams", 1000), r.zero("millilitres", 1000)
		x.Class, x.CarriedBy, x.PriceCents, x.Organic, x.Active = engine.Class(r.text("class")), engine.CarriedBy(r.text("carried_by")), r.amount("price_cents", 100), r.check("organic"), r.check("active")
		x.UnpackedEggs = r.check("unpacked_eggs")
	},
}

var sales = kind[store.Sale]{
	path: "sales", add: [2]string{"Nouvelle vente", "New sale"}, many: [2]string{"Ventes", "Sales"},
	text: [2]string{"Un cycle de commandes : quand il ferme, et le jour où les clients viennent chercher.", "An order cycle: when it closes, and the day on which customers collect."},
	columns: func(v *visit, _ *names) []column[store.Sale] {
		return []column[store.Sale]{
			{v.say("Nom", "Name"), func(x *store.Sale) string { return x.Name }, false},
			{v.say("Distribution", "Distribution"), func(x *store.Sale) string { return v.date(x.Distribution) }, false},
			{v.say("État", "State"), func(x *store.Sale) string {
				return v.say(map[store.SaleState]string{store.SaleOpen: "ouverte", store.SaleClosed: "close", store.SaleDone: "faite", store.SaleCancelled: "annulée"}[x.State], string(x.State))
			}, false}}
	},
	list: func(v *visit, p store.Page) ([]store.Sale, store.Cursor, error) {
		return v.scope.Sales(v.ctx, store.SaleFilter{}, p)
	},
	order: func(a, b *store.Sale) int { return cmp.Compare(b.Distribution, a.Distribution) },
	get:   (*store.Scope).Sale, create: (*store.Scope).CreateSale, update: (*store.Scope).UpdateSale, remove: (*store.Scope).DeleteSale,
	row: func(x *store.Sale) *store.Row { return &x.Row }, name: func(_ *visit, x *store.Sale) string { return x.Name },
	blank: func(*visit) store.Sale { return store.Sale{} },
	leads: func(x *store.Sale) string { return "/sales/" + string(x.ID) + "/orders" },
	groups: func(v *visit, _ *names, x *store.Sale) []group {
		a := v.ask()
		name := a.text("name", "Nom", "Name", x.Name)
		name.Needed, name.Hint = true, a.say("Semaine 48, drive de Carpentras…", "Week 48, drive of Carpentras …")
		day := a.day("distribution", "Jour de distribution", "Day of distribution", x.Distribution)
		day.Needed = true
		closes := field{Name: "closes", Kind: "moment", Label: a.say("Les commandes ferment", "Orders close"), Hint: a.say("Vide : quand vous les fermez.", "Empty: when you close them.")}
		if !x.Closes.IsZero() {
			closes.Value = x.Closes.In(v.zone()).Format("2006-01-02T15:04")
		}
		first, last := a.day("first", "On porte à partir du", "Goods are carried from", x.First), a.day("last", "jusqu’au", "to", x.Last)
		first.Hint = a.say("Vide : du lundi au dimanche de la semaine.", "Empty: Monday to Sunday of the week.")
		return []group{{Fields: []field{name, day, closes, first, last}}}
	},
	read: func(v *visit, r *reader, x *store.Sale) {
		x.Name, x.First, x.Last = r.need("name"), r.day("first"), r.day("last")
		if r.need("distribution") != "" {
			x.Distribution = r.day("distribution")
		}
		x.Closes = time.Time{}
		if s := r.text("closes"); s != "" {
			t, err := time.ParseInLocation("2006-01-02T15:04", s, v.zone())
			if err != nil {
				r.wrong("closes", "Ce moment n’existe pas : écrivez par exemple 2026-11-24T23:59.", "There is no such moment: write for example 2026-11-24T23:59.")
			}
			x.Closes = t
		}
	},
}

var absences = kind[store.Absence]{
	path: "absences", add: [2]string{"Nouvelle absence", "New absence"}, many: [2]string{"Absences", "Absences"},
	text: [2]string{"Quand une ferme ne roule pas, qu’un véhicule est en panne, ou que tout le monde s’arrête.", "When a farm does not drive, a vehicle is out of order, or everybody rests."},
	columns: func(v *visit, n *names) []column[store.Absence] {
		return []column[store.Absence]{
			{v.say("Qui", "Who"), func(x *store.Absence) string {
				return cmp.Or(n.of[x.Producer], n.of[x.Vehicle], v.say("tout le monde", "everybody"))
			}, false},
			{v.say("Du", "From"), func(x *store.Absence) string { return v.date(x.First) }, false}, {v.say("au", "to"), func(x *store.Absence) string { return v.date(x.Last) }, false},
			{v.say("Pourquoi", "Why"), func(x *store.Absence) string { return x.Reason }, false}}
	},
	list: func(v *visit, p store.Page) ([]store.Absence, store.Cursor, error) {
		return v.scope.Absences(v.ctx, store.AbsenceFilter{}, p)
	},
	order: func(a, b *store.Absence) int { return cmp.Compare(b.First, a.First) },
	get:   (*store.Scope).Absence, create: (*store.Scope).CreateAbsence, update: (*store.Scope).UpdateAbsence, remove: (*store.Scope).DeleteAbsence,
	row: func(x *store.Absence) *store.Row { return &x.Row }, name: func(v *visit, x *store.Absence) string {
		return v.say("Absence du ", "Absence from ") + v.date(x.First)
	},
	blank: func(*visit) store.Absence { return store.Absence{} },
	groups: func(v *visit, n *names, x *store.Absence) []group {
		a := v.ask()
		first, last := a.day("first", "Du", "From", x.First), a.day("last", "au, inclus", "to, included", x.Last)
		first.Needed, last.Needed = true, true
		who := a.choose("producer", "Ferme", "Farm", n.producers, string(x.Producer))
		who.Hint = a.say("Ni ferme ni véhicule : tout le monde.", "Neither farm nor vehicle: everybody.")
		return []group{{Fields: []field{who, a.choose("vehicle", "Véhicule", "Vehicle", n.vehicles, string(x.Vehicle)), first, last, a.text("reason", "Pourquoi", "Why", x.Reason)}}}
	},
	read: func(_ *visit, r *reader, x *store.Absence) {
		x.Producer, x.Vehicle, x.Reason = r.id("producer"), r.id("vehicle"), r.text("reason")
		if r.need("first") != "" {
			x.First = r.day("first")
		}
		if r.need("last") != "" {
			x.Last = r.day("last")
		}
	},
}

var members = kind[store.Member]{
	path: "members", add: [2]string{"Nouvelle personne", "New person"}, many: [2]string{"Personnes", "People"}, private: true,
	text: [2]string{"Qui peut se connecter, avec quelle adresse, et à qui Carriole écrit.", "Who may sign in, with which address, and whom Carriole writes to."},
	columns: func(v *visit, n *names) []column[store.Member] {
		return []column[store.Member]{
			{v.say("Nom", "Name"), func(x *store.Member) string { return cmp.Or(x.Name, x.Email) }, false},
			{v.say("E-mail", "E-mail"), func(x *store.Member) string { return x.Email }, false},
			{v.say("Rôle", "Role"), func(x *store.Member) string {
				if x.Role == store.ProducersRole {
					return n.of[x.Producer]
				}
				return v.role(x.Role)
			}, false},
			{v.say("Reçoit les e-mails", "Gets e-mails"), func(x *store.Member) string {
				if x.Role == store.Reader {
					return "–"
				}
				return yes(v.lang, !x.NoMail)
			}, false}}
	},
	list: func(v *visit, p store.Page) ([]store.Member, store.Cursor, error) {
		return v.scope.Members(v.ctx, store.MemberFilter{}, p)
	},
	get: (*store.Scope).Member, create: (*store.Scope).CreateMember, update: (*store.Scope).UpdateMember, remove: (*store.Scope).DeleteMember,
	row: func(x *store.Member) *store.Row { return &x.Row }, name: func(_ *visit, x *store.Member) string { return cmp.Or(x.Name, x.Email) },
	blank: func(v *visit) store.Member {
		return store.Member{Role: store.ProducersRole, Producer: store.ID(v.r.FormValue("producer"))}
	},
	note: func(v *visit, n *names) (string, error) {
		told, err := v.mailed()
		if err != nil {
			return "", err
		}
		const most = 12
		var without []string
		for _, p := range n.producers {
			if !told[store.ID(p.Value)] {
				without = append(without, p.Name)
			}
		}
		if len(without) == 0 {
			return "", nil
		}
		list := strings.Join(without[:min(most, len(without))], ", ")
		if more := len(without) - most; more > 0 {
			list += fmt.Sprintf(v.say(" et %d autres", " and %d more"), more)
		}
		return v.say("Personne ne reçoit d’e-mail pour : ", "Nobody gets e-mail for: ") + list + ".", nil
	},
	groups: func(v *visit, n *names, x *store.Member) []group {
		a := v.ask()
		email := a.text("email", "E-mail", "E-mail", x.Email)
		email.Kind, email.Needed, email.Hint = "email", true, a.say("Avec cette adresse, la personne se connecte.", "With this address they sign in.")
		var roles []choice
		for _, r := range []store.Role{store.ProducersRole, store.Coordinator, store.Reader} {
			roles = append(roles, choice{Value: string(r), Name: v.role(r)})
		}
		role := a.choose("role", "Rôle", "Role", roles, string(x.Role))
		role.Needed = true
		farm := a.choose("producer", "Ferme", "Farm", n.producers, string(x.Producer))
		farm.Hint = a.say("D’une productrice ou d’un producteur : sa ferme.", "Of a producer: their farm.")
		a.from(&farm, "producers", "Ajouter une ferme", "Add a farm")
		language := a.choose("language", "Langue", "Language", []choice{{Value: "fr", Name: "français"}, {Value: "en", Name: "English"}}, x.Language)
		language.Hint = a.say("Vide : celle du navigateur.", "Empty: the browser’s.")
		mail := a.check("mail", "Reçoit les e-mails de Carriole", "Gets Carriole’s e-mails", !x.NoMail)
		mail.Hint = a.say("Qui roule : quand un plan est proposé, publié ou changé. Qui coordonne : quand quelqu’un ne peut pas venir.", "Who drives: when a plan is proposed, published or changed. Who coordinates: when somebody cannot come.")
		return []group{{Fields: []field{a.text("name", "Nom", "Name", x.Name), email, role, farm, language}}, {Fields: []field{mail}}}
	},
	read: func(v *visit, r *reader, x *store.Member) {
		x.Name, x.Email, x.Role, x.Producer, x.Language, x.NoMail = r.text("name"), r.email("email"), store.Role(r.need("role")), r.id("producer"), r.text("language"), !r.check("mail")
		switch {
		case x.Email == "" && len(r.faults) == 0:
			r.need("email")
		case x.Role == store.ProducersRole && x.Producer == "":
			r.wrong("producer", "Choisissez sa ferme.", "Choose their farm.")
		case x.Role != store.ProducersRole:
			x.Producer = ""
		}
		if x.ID == v.Member && x.ID != "" && x.Role != store.Coordinator {
			r.wrong("role", "C’est vous : demandez à un autre coordinateur de le changer.", "This is you: ask another coordinator to change it.")
		}
	},
}

// date is a day with its year.
func (v *visit) date(d store.Day) string {
	t := d.At(0, v.zone())
	return v.lang.Date(t) + " " + strconv.Itoa(t.Year())
}

// role is what people call a role.
func (v *visit) role(r store.Role) string {
	switch r {
	case store.Coordinator:
		return v.say("coordonne", "coordinates")
	case store.Reader:
		return v.say("lit seulement", "reads only")
	}
	return v.say("produit et livre", "produces and drives")
}

// mailed are the producers of whom somebody is told of plans by e-mail.
func (v *visit) mailed() (map[store.ID]bool, error) {
	out := map[store.ID]bool{}
	for m, err := range store.Rows(func(p store.Page) ([]store.Member, store.Cursor, error) {
		return v.scope.Members(v.ctx, store.MemberFilter{Role: store.ProducersRole}, p)
	}) {
		if err != nil {
			return nil, err
		}
		if !m.NoMail {
			out[m.Producer] = true
		}
	}
	return out, nil
}
