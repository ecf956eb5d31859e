package view

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"carriole/engine"
)

func textOf(t testing.TB, week *engine.Week, plan *engine.Plan, opt Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := Text(&out, week, plan, opt); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextGolden(t *testing.T) {
	week, plan := fixture(t)
	for _, lang := range []Lang{English, French} {
		got := textOf(t, week, plan, Options{Lang: lang, Location: winter})
		if strings.Contains(got, "~") {
			t.Errorf("%s: a space that must not break was left as a tilde", lang)
		}
		golden(t, "plan."+string(lang)+".txt", []byte(got))
	}
}

func TestTheZeroOptionsAreEnglishAt80Columns(t *testing.T) {
	week, plan := fixture(t)
	if got, want := textOf(t, week, plan, Options{}), textOf(t, week, plan, Options{Lang: English, Location: winter, Width: 80}); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestNoLineIsWiderThanAsked(t *testing.T) {
	for _, name := range []string{"Élevage", "GAEC des Très-Longues-Combes-de-Haute-Provence-et-d’Ailleurs réunies", strings.Repeat("é", 150), "a\nb\tc\x1b[31m"} {
		week, plan := fixture(t)
		for i := range week.Places {
			week.Places[i].Name = name
		}
		for i := range week.Producers {
			week.Producers[i].Name = name
		}
		week.PickupPoints[0].Name = name
		week.Rounds[0].Kind = name
		week.Orders[2].Lines[2].Product = name
		plan.Rounds[1].Metres = 1e15
		for width := 40; width <= 130; width += 3 {
			for _, lang := range []Lang{English, French} {
				for i, line := range strings.Split(textOf(t, week, plan, Options{Lang: lang, Width: width}), "\n") {
					if n := utf8.RuneCountInString(line); n > width {
						t.Fatalf("%s, width %d: line %d has %d columns: %q", lang, width, i+1, n, line)
					}
					if strings.ContainsAny(line, "\x1b\t") {
						t.Fatalf("line %d carries control characters: %q", i+1, line)
					}
				}
			}
		}
	}
	if got := columns("農e\u0301é"); got != 4 {
		t.Errorf("a wide character takes two columns, an accent of its own none: got %d, want 4", got)
	}
}

func TestEveryTextIsTranslated(t *testing.T) {
	en, fr := reflect.ValueOf(english), reflect.ValueOf(french)
	for i := range en.NumField() {
		name := en.Type().Field(i).Name
		for _, pair := range pairs(en.Field(i), fr.Field(i)) {
			if pair[0] == "" || pair[1] == "" {
				t.Errorf("%s is missing: English %q, French %q", name, pair[0], pair[1])
			}
			for _, verb := range []string{"%s", "%d"} {
				if strings.Count(pair[0], verb) != strings.Count(pair[1], verb) {
					t.Errorf("%s does not take the same: English %q, French %q", name, pair[0], pair[1])
				}
			}
			if strings.ContainsAny(pair[1], ":;!?") && !strings.Contains(pair[1], "~") {
				t.Errorf("%s lacks the narrow space before its punctuation: %q", name, pair[1])
			}
		}
	}
}

func pairs(en, fr reflect.Value) [][2]string {
	if en.Kind() == reflect.String {
		return [][2]string{{en.String(), fr.String()}}
	}
	var list [][2]string
	for i := range en.Len() {
		list = append(list, [2]string{en.Index(i).String(), fr.Index(i).String()})
	}
	return list
}

func TestNumbersAndDates(t *testing.T) {
	day := time.Date(2027, 1, 1, 9, 5, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{english.number(1234567.25, 1), "1,234,567.2"},
		{french.number(1234567.25, 1), "1\u202f234\u202f567,2"},
		{english.number(-0.04, 1), "0.0"},
		{english.number(-12, 0), "−12"},
		{french.km(12340), "12,3\u202fkm"},
		{french.percent(0.1667), "16,7\u202f%"},
		{english.percent(0.1667), "16.7%"},
		{english.minutes(61), "2\u00a0min"},
		{english.date(day), "Friday 1 January"},
		{french.date(day), "vendredi 1er janvier"},
		{french.count(french.Lines, 0), "0 ligne"},
		{french.count(french.Handovers, 0) + ", " + french.count(french.Trips, 0), "0 remise, 0 trajet dédié"},
		{french.count(french.Lines, 2), "2 lignes"},
		{english.count(english.Lines, 0), "0 lines"},
		{english.count(english.Lines, 1), "1 line"},
		{french.count(french.Lines, 1), "1 ligne"},
		{french.say("de %s et de %s", "Anne", "Bruno"), "d’Anne et de Bruno"},
		{french.say("la commande %s d’un an", "o-1"), "la commande o-1 d’un an"},
		{english.say("%s", "100% de l’%s ~"), "100% de l’%s ~"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTextSaysWhenNothingIsToGain(t *testing.T) {
	week, plan := fixture(t)
	plan.Summary.NothingToGain, plan.Summary.SavedMetres = true, -3000
	got := textOf(t, week, plan, Options{})
	if !strings.Contains(got, "Planning together saves nothing") {
		t.Errorf("not said:\n%s", got)
	}
	for _, other := range []string{"more than each alone", "Locks and wishes", "CO2", "%"} {
		if strings.Contains(got, other) {
			t.Errorf("%q beside it:\n%s", other, got)
		}
	}
}

func TestTheGainSaysWhatItComparesAndWhy(t *testing.T) {
	for _, c := range []struct {
		name                   string
		saved, alone, unserved float64 // m, kg, kg
		with, without          []string
	}{
		{"saves", 35960, 10, 10, []string{"16.7%", "of CO2", "CO2: "}, []string{"behind", "more than each alone"}},
		{"serves more", 35960, 26.5, 10, []string{"16.7%", "Alone, 26.5 kg would be left behind; in the plan, 10.0 kg."}, []string{"do not compare", "more than each alone"}},
		{"serves less", 35960, 10, 26.5,
			[]string{"36.0 km", "The plan leaves 16.5 kg behind that each alone would bring, so the kilometres do not compare."}, []string{"%", "CO2", "Alone, "}},
		{"drives and serves more", -3000, 26.5, 10, []string{"The plan drives 3.0 km more than each alone would, because it serves more."}, []string{"Locks"}},
		{"drives more", -3000, 10, 10, []string{"Locks and wishes cost the plan 3.0 km: it drives that much more than each alone would."}, []string{"serves more"}},
		{"drives more and serves less", -3000, 10, 26.5, []string{"Locks and wishes cost the plan 3.0 km", "do not compare"}, []string{"serves more", "%"}},
		{"rounded", -20, 10, 10 + 1e-9, []string{"of CO2"}, []string{"Locks", "compare", "more than each alone"}},
	} {
		week, plan := fixture(t)
		s := &plan.Summary
		s.SavedMetres, s.AloneUnservedKg, s.UnservedKg = c.saved, c.alone, c.unserved
		got := strings.Join(strings.Fields(textOf(t, week, plan, Options{})), " ")
		for _, want := range c.with {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing in\n%s", c.name, want, got)
			}
		}
		for _, other := range c.without {
			if strings.Contains(got, other) {
				t.Errorf("%s: %q is in\n%s", c.name, other, got)
			}
		}
	}
}

func TestTheSourceOfTheCO2IsInTheLanguage(t *testing.T) {
	for source, want := range map[string]string{
		engine.CO2Own:     "les chiffres des véhicules",
		engine.CO2Default: "507 g/km pour un utilitaire jusqu’à 3,5 t (arrêté du 10 avril 2012, niveau 1)",
		engine.CO2Both:    "les chiffres des véhicules ; sinon 507 g/km pour un utilitaire jusqu’à 3,5 t (arrêté du 10 avril 2012, niveau 1)",
		"a measurement":   "a measurement",
	} {
		if got := plainSpaces(french.co2Source(source)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := english.co2Source(source); got != source {
			t.Errorf("got %q, want %q", got, source)
		}
	}
}

func TestALongNameGoesOnBelowTheFigures(t *testing.T) {
	week, plan := fixture(t)
	week.PickupPoints[0].Name = "Drive de Carpentras, jeudi 16 h 30 – 19 h 30"
	want := "\n                 Denis → Drive de Carpentras, jeudi    surgelé   8,0 kg   20,0 l\n                   16 h 30 – 19 h 30\n"
	if got := plainSpaces(textOf(t, week, plan, Options{Lang: French})); !strings.Contains(got, want) {
		t.Errorf("%s is missing in\n%s", want, got)
	}
}

func TestGoodsThatWaitAreLeftAndFetched(t *testing.T) {
	week, plan := fixture(t)
	for i := range plan.Rounds[1].Stops {
		s := &plan.Rounds[1].Stops[i]
		s.Arrive, s.Depart = s.Arrive.Add(24*time.Hour), s.Depart.Add(24*time.Hour)
	}
	got := strings.Join(strings.Fields(textOf(t, week, plan, Options{Location: winter})), " ")
	for _, want := range []string{
		"leave for Bruno (rb, comes Friday 27 November 17:40–18:40)",
		"fetch what Anne left (ra, was there Thursday 26 November 17:26–18:30)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestAPickupPointIsNamedWhereItsPlaceHasAnotherName(t *testing.T) {
	week, plan := fixture(t)
	week.PickupPoints[0].Name = "Drive"
	if got := textOf(t, week, plan, Options{Location: winter}); !strings.Contains(got, "\n                 Anne → Drive                          ambient") {
		t.Errorf("who unloads at the hall does not see that it is for the drive:\n%s", got)
	}
}

func TestARoundOverMidnightNamesBothDays(t *testing.T) {
	week, plan := fixture(t)
	plan.Rounds[1].Stops[3].Arrive = plan.Rounds[1].Stops[3].Arrive.Add(6 * time.Hour)
	if got := textOf(t, week, plan, Options{Location: winter}); !strings.Contains(got, "\n               Friday 27 November\n01:10        ● Ferme de Bruno") {
		t.Errorf("the new day is not named:\n%s", got)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestTheWritersErrorComesBack(t *testing.T) {
	week, plan := fixture(t)
	if err := Text(fullDisk{}, week, plan, Options{}); err == nil {
		t.Error("Text says nothing")
	}
	if err := CSV(fullDisk{}, week, plan, Options{}); err == nil {
		t.Error("CSV says nothing")
	}
}

func TestRepairsInWords(t *testing.T) {
	week, plan := fixture(t)
	limit := 100000.0
	week.Settings.OthersWithinM = &limit
	for _, c := range []struct {
		repair *engine.Repair
		en, fr string
	}{
		{nil, "no small change would serve it", "aucun petit changement ne suffirait"},
		{&engine.Repair{Obstacle: engine.NoRoom, Round: "rc", Class: engine.Frozen, Missing: 40},
			"40 l of frozen room are missing on rc (Claire)", "il manque 40 l de place en surgelé dans rc (Claire)"},
		{&engine.Repair{Obstacle: engine.NoRoom, Vehicle: "vd", Missing: 12.5},
			"12.5 kg of payload are missing on a new trip of vehicle vd (Denis)", "il manque 12,5 kg de charge utile dans un nouveau trajet du véhicule vd (Denis)"},
		{&engine.Repair{Obstacle: engine.NoMetres, Round: "rb", Have: 15000, Need: 18200},
			"rb (Bruno) would need a detour of 18,200 m where 15,000 m are allowed (max_added_m)", "rb (Bruno) demanderait un détour de 18 200 m, où 15 000 m sont permis (max_added_m)"},
		{&engine.Repair{Obstacle: engine.NoSeconds, Round: "rb", Have: 1800, Need: 2101},
			"rb (Bruno) would need 36 min more time where 30 min are allowed (max_added_s)", "rb (Bruno) demanderait 36 min de plus, où 30 min sont permises (max_added_s)"},
		{&engine.Repair{Obstacle: engine.NoProducerM, Producer: "d", Have: 60000, Need: 61234.5},
			"Denis would need 61,235 m of added road this week where 60,000 m are allowed (max_added_m)", "Denis devrait rouler 61 235 m de plus cette semaine, où 60 000 m sont permis (max_added_m)"},
		{&engine.Repair{Obstacle: engine.NoTime, Round: "rb", Place: "hall", Need: 720},
			"rb (Bruno) would come to Halle de Carpentras 12 min too late", "rb (Bruno) arriverait à Halle de Carpentras avec 12 min de retard"},
		{&engine.Repair{Obstacle: engine.NoCarry, Round: "rb"},
			"rb (Bruno) does not take this producer’s goods (carries)", "rb (Bruno) ne prend pas les produits de ce producteur (carries)"},
		{&engine.Repair{Obstacle: engine.NoForbid, Round: "ra"},
			"the week keeps these goods off ra (Anne) (forbid)", "la semaine exclut ces produits de ra (Anne) (forbid)"},
		{&engine.Repair{Obstacle: engine.NoOthers, Round: "ra", Place: "hall"},
			"Halle de Carpentras is too far from the farm of Anne: goods of others are handled within 100.0 km (others_within_m)",
			"Halle de Carpentras est trop loin de la ferme d’Anne : les produits d’autrui se traitent à moins de 100,0 km (others_within_m)"},
		{&engine.Repair{Obstacle: engine.NoFrozen, Round: "rd"}, "rd (Denis) must stay as it is (frozen)", "rd (Denis) doit rester telle quelle (frozen)"},
		{&engine.Repair{Obstacle: engine.NoCarriedBy, Round: "rc"},
			"rc (Claire) could take it, but only its producer may carry it (carried_by)", "rc (Claire) pourrait s’en charger, mais seul son producteur peut porter ce lot (carried_by)"},
		{&engine.Repair{Obstacle: engine.NoLock}, "the rounds it is locked to cannot serve it (locks)", "les tournées imposées ne peuvent pas le servir (locks)"},
		{&engine.Repair{Obstacle: engine.NoVehicle},
			"nobody drives near: no round and no free vehicle comes there", "personne ne passe à proximité : ni tournée, ni véhicule libre"},
		{&engine.Repair{Obstacle: engine.NoPickup, Have: 15000, Need: 18240},
			"no pickup point within 15.0 km: the nearest is 18.2 km away (max_pickup_m)", "aucun point de retrait à moins de 15,0 km : le plus proche est à 18,2 km (max_pickup_m)"},
		{&engine.Repair{Obstacle: engine.NoPickup}, "no pickup point within reach", "aucun point de retrait à portée"},
	} {
		for lang, want := range map[Lang]string{English: c.en, French: c.fr} {
			if got := Reason(week, plan, c.repair, Options{Lang: lang}); plainSpaces(got) != want {
				t.Errorf("%+v in %s:\n got %s\nwant %s", c.repair, lang, got, want)
			}
		}
	}
}

func plainSpaces(s string) string { return strings.ReplaceAll(s, "\u202f", " ") }

func TestWaysInWords(t *testing.T) {
	week, plan := fixture(t)
	for id, want := range map[string][2]string{
		"c-1": {"changes from ra (Anne) to rb (Bruno), +2.5 km with the handover; next best: a new trip of vehicle vd (Denis), +11.8 km",
			"change de tournée, ra (Anne) puis rb (Bruno), +2,5 km avec la remise ; sinon : un nouveau trajet du véhicule vd (Denis), +11,8 km"},
		"c-2": {"needs trip-1 (Denis), +11.2 km; no other way exists", "demande trip-1 (Denis), +11,2 km ; aucune autre possibilité"},
		"c-4": {"rides on the way of trip-1 (Denis), +0.6 km; next best: rc (Claire) to rb (Bruno) by Salle des fêtes de Monteux, +4.1 km",
			"profite du passage de trip-1 (Denis), +0,6 km ; sinon : rc (Claire) puis rb (Bruno) par Salle des fêtes de Monteux, +4,1 km"},
		"c-5": {"rides on the way of rc (Claire), no extra km; next best: a new trip of vehicle vc (Claire), +31.2 km",
			"profite du passage de rc (Claire), sans km de plus ; sinon : un nouveau trajet du véhicule vc (Claire), +31,2 km"},
		"c-6": {"rc (Claire) is diverted for these goods, +1.8 km; next best: a new trip of vehicle vd (Denis), +27.4 km",
			"rc (Claire) fait un détour pour ce lot, +1,8 km ; sinon : un nouveau trajet du véhicule vd (Denis), +27,4 km"},
		"c-7": {"Made where they are collected, no transport", "Retirés là où ils sont produits, sans transport"},
	} {
		c := newBook(week, plan).consignments[id]
		for i, lang := range []Lang{English, French} {
			if got := Explain(week, plan, c, Options{Lang: lang}); plainSpaces(got) != want[i] {
				t.Errorf("%s in %s:\n got %s\nwant %s", id, lang, got, want[i])
			}
		}
	}
	for id, want := range map[string][2]string{
		"c-2": {"shares trip-1 (Denis) with others, +0.0 km of its own; no other way exists",
			"partage trip-1 (Denis) avec d’autres, +0,0 km en propre ; aucune autre possibilité"},
		"c-6": {"shares rc (Claire) with others, +0.0 km of its own; no other way exists",
			"partage rc (Claire) avec d’autres, +0,0 km en propre ; aucune autre possibilité"},
	} {
		c := newBook(week, plan).consignments[id]
		c.Why.AddedMetres, c.Why.Next = 0, nil
		for i, lang := range []Lang{English, French} {
			if got := Explain(week, plan, c, Options{Lang: lang}); plainSpaces(got) != want[i] {
				t.Errorf("%s, shared, in %s:\n got %s\nwant %s", id, lang, got, want[i])
			}
		}
	}
	for _, c := range []*engine.Consignment{nil, {}} {
		if got := Explain(week, plan, c, Options{}); got != "" {
			t.Errorf("nothing to explain, got %q", got)
		}
	}
}

func TestUnservedLinesWithoutRepair(t *testing.T) {
	week, plan := fixture(t)
	plan.Unserved = []engine.Unserved{{Order: "o-6", Line: 1, Reason: "The hens object."}, {Order: "nobody’s", Line: 7}}
	got := textOf(t, week, plan, Options{})
	for _, want := range []string{"! The hens object.\n", "  · nobody’s[7]\n", fmt.Sprintf("! %s.\n", english.NoRepair)} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestAnUnservedLineOfAnOrderWithoutPickupPointNamesNone(t *testing.T) {
	week, plan := fixture(t)
	plan.Assigned = nil
	plan.Unserved = []engine.Unserved{{Order: "o-5"}}
	for lang, end := range map[Lang]string{English: "order o-5: ", French: "commande o-5 : "} {
		got := plainSpaces(textOf(t, week, plan, Options{Lang: lang}))
		if !strings.Contains(got, end) || strings.Contains(got, "?") {
			t.Errorf("%s: a pickup point that nobody knows is named:\n%s", lang, got)
		}
	}
}
