package paper_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"carriole/api/paper"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

func at(clock string) time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 26, t.Hour()-1, t.Minute(), 0, 0, time.UTC) // Paris is an hour ahead
}

// relay is a plan in which Rose takes her honey to the market, where Paul takes it over and brings it to the hall with his cheese.
func relay() *paper.Source {
	legs := func(l ...engine.Leg) []engine.Leg { return l }
	week := &engine.Week{
		Places:    []engine.Place{{ID: "hill", Name: "La Colline"}, {ID: "valley", Name: "Le Vallon"}, {ID: "market", Name: "Marché"}, {ID: "town", Name: "Place neuve"}},
		Producers: []engine.Producer{{ID: "rose", Name: "Rose", Place: "hill"}, {ID: "paul", Name: "Paul", Place: "valley"}},
		Vehicles:  []engine.Vehicle{{ID: "kangoo", Name: "Kangoo"}, {ID: "master", Name: "Master"}},
		Rounds:    []engine.Round{{ID: "r1@2026-11-26", Name: "Marché du jeudi"}, {ID: "r2@2026-11-26", Name: "Tour de ville"}},
		PickupPoints: []engine.PickupPoint{{ID: "hall", Name: "Halle", Place: "town", AcceptAfter: at("15:00"), AcceptBy: at("18:00")},
			{ID: "farm", Name: "À la ferme", Place: "valley", AcceptBy: at("18:00")}},
		Orders: []engine.Order{
			{ID: "o1", Name: "A-101", PickupPoint: "hall", Lines: []engine.Line{{Producer: "rose", Product: "Miel 500 g", ProductID: "honey", Quantity: 3, Kg: 1.5, Litres: 1.2}, {Producer: "paul", Product: "Tomme 1 kg", ProductID: "tomme", Quantity: 1.5, Kg: 1.5, Litres: 2, Class: engine.Chilled}}},
			{ID: "o2", Name: "A-102", PickupPoint: "hall", Lines: []engine.Line{{Producer: "rose", Product: "Miel 500 g", ProductID: "honey", Quantity: 60, Kg: 30, Litres: 24}}},
			{ID: "o3", Name: "A-103", PickupPoint: "farm", Lines: []engine.Line{{Producer: "paul", Product: "Tomme 1 kg", ProductID: "tomme", Quantity: 1, Kg: 1, Litres: 1.5, Class: engine.Chilled}, {Producer: "rose", Product: "Pollen", Quantity: 1, Kg: .2}}},
		},
	}
	ref := func(order string, line int) engine.LineRef { return engine.LineRef{Order: order, Line: line} }
	plan := &engine.Plan{
		Rounds: []engine.PlanRound{
			{ID: "r1@2026-11-26", Producer: "rose", Vehicle: "kangoo", Metres: 20_000, BaseMetres: 20_000, Stops: []engine.PlanStop{
				{Place: "hill", Arrive: at("08:00"), Depart: at("08:10"), Load: []string{"c1"}}, {Place: "market", Arrive: at("09:00"), Depart: at("12:00"), Unload: []string{"c1"}}, {Place: "hill", Arrive: at("13:00"), Depart: at("13:00")}}},
			{ID: "r2@2026-11-26", Producer: "paul", Vehicle: "master", Metres: 42_500, BaseMetres: 40_000, Stops: []engine.PlanStop{
				{Place: "valley", Arrive: at("10:00"), Depart: at("10:05"), Load: []string{"c2"}}, {Place: "market", Arrive: at("11:00"), Depart: at("11:10"), Load: []string{"c1"}},
				{Place: "town", Arrive: at("16:00"), Depart: at("16:20"), Unload: []string{"c1", "c2"}}, {Place: "valley", Arrive: at("17:00"), Depart: at("17:00")}}},
		},
		Consignments: []engine.Consignment{
			{ID: "c1", Producer: "rose", PickupPoint: "hall", Class: engine.Ambient, Kg: 31.5, Litres: 25.2, Lines: []engine.LineRef{ref("o1", 0), ref("o2", 0)}, Legs: legs(engine.Leg{Round: "r1@2026-11-26", From: 0, To: 1}, engine.Leg{Round: "r2@2026-11-26", From: 1, To: 2})},
			{ID: "c2", Producer: "paul", PickupPoint: "hall", Class: engine.Chilled, Kg: 1.5, Litres: 2, Lines: []engine.LineRef{ref("o1", 1)}, Legs: legs(engine.Leg{Round: "r2@2026-11-26", From: 0, To: 2})},
			{ID: "c3", Producer: "paul", PickupPoint: "farm", Class: engine.Chilled, Kg: 1, Litres: 1.5, Lines: []engine.LineRef{ref("o3", 0)}},
		},
		Unserved: []engine.Unserved{{Order: "o3", Line: 1}},
	}
	return &paper.Source{
		Row: &store.Plan{Row: store.Row{ID: "p1", Created: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}, Number: 2, State: store.Published}, Week: week, Plan: plan,
		Collective: &store.Collective{Name: "Comtat", Timezone: "Europe/Paris"}, Sale: &store.Sale{Name: "Semaine 48", Distribution: "2026-11-26"},
		Producers: map[store.ID]*store.Producer{
			"rose": {Name: "Rose", Place: "hill", OrganicBody: "FR-BIO-01", Siret: "73282932000074", Phone: "04 00 00 00 01", PhoneShared: true},
			"paul": {Name: "Paul", Place: "valley", Phone: "04 00 00 00 02"}},
		Places:   map[store.ID]*store.Place{"hill": {Address: "12 chemin Haut, Caromb"}, "market": {Note: "Quai de derrière"}},
		Products: map[store.ID]*store.Product{"honey": {Row: store.Row{ID: "honey"}, Name: "Miel de lavande", Organic: true}},
		Notes:    map[store.Consigned]int64{{Producer: "rose", PickupPoint: "hall"}: 17, {Producer: "paul", PickupPoint: "hall"}: 18},
	}
}

// What is known of lots, dates and number plates stands on the papers, under whatever name the product was planned; what is not is a blank.
func TestTraced(t *testing.T) {
	s := relay()
	s.Products["tomme"] = &store.Product{Row: store.Row{ID: "tomme"}}
	s.Lots = map[store.ID]*store.Lot{"honey": {Code: "M-7", BestBefore: "2028-06-30"}}
	s.Vehicles = map[store.ID]*store.Vehicle{"kangoo": {Plate: "AB-123-CD"}}
	for _, kind := range []paper.Kind{paper.DeliveryNotes, paper.PackingLists, paper.CrateLabels} {
		text := textOf(t, s.Make(paper.Query{Kind: kind, Producer: "rose", Lang: view.French}))
		if !strings.Contains(text, "M-7") || !strings.Contains(text, "DDM") || !strings.Contains(text, "30/06/2028") {
			t.Errorf("%s do not have the lot:\n%s", kind, text)
		}
	}
	if text := textOf(t, s.Make(paper.Query{Kind: paper.CrateLabels, Producer: "rose", Lang: view.French})); strings.Contains(text, "____") {
		t.Errorf("a blank stands beside what is known:\n%s", text)
	}
	if text := textOf(t, s.Make(paper.Query{Kind: paper.CrateLabels, Producer: "paul", Lang: view.French})); !strings.Contains(text, "____") {
		t.Errorf("no blank:\n%s", text)
	}
	for _, kind := range []paper.Kind{paper.DeliveryNotes, paper.RunSheets} {
		if text := textOf(t, s.Make(paper.Query{Kind: kind, Lang: view.English})); strings.Count(text, "AB-123-CD") != 1 {
			t.Errorf("%s do not have the plate once:\n%s", kind, text)
		}
	}
}

// pdfText is what the pages of a file say, each piece in its line.
func pdfText(t *testing.T, b []byte) (pages []string) {
	t.Helper()
	shown := regexp.MustCompile(`(?s)\(((?:[^\\()]|\\.)*)\) ?Tj`)
	for _, m := range regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`).FindAllSubmatch(b, -1) {
		z, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		content, _ := io.ReadAll(z)
		if !bytes.Contains(content, []byte(" Tf ")) {
			continue // no page
		}
		var out strings.Builder
		for _, s := range shown.FindAllSubmatch(content, -1) {
			raw := regexp.MustCompile(`(?s)\\(.)`).ReplaceAllFunc(s[1], func(x []byte) []byte {
				if x[1] == 'r' {
					return []byte{'\r'}
				}
				return x[1:]
			})
			var units []uint16
			for i := 0; i+1 < len(raw); i += 2 {
				units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
			}
			out.WriteString(string(utf16.Decode(units)) + "\n")
		}
		pages = append(pages, out.String())
	}
	return pages
}

func textOf(t *testing.T, d *paper.Document) string {
	t.Helper()
	b, err := d.PDF()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(pdfText(t, b), "")
}

// said is all that a document says, beside its codes.
func said(d *paper.Document) (out []string) {
	for _, p := range d.Papers {
		out = append(out, p.Title, p.Sub, p.Notice)
		for _, f := range p.Facts {
			out = append(out, f.Name, f.Value)
		}
		for _, t := range p.Tables {
			out = append(out, t.Title)
			for _, c := range t.Columns {
				out = append(out, c.Name)
			}
			for _, r := range t.Rows {
				out = append(append(out, r.Heading, r.Note), r.Cells...)
			}
		}
	}
	for _, l := range d.Labels {
		out = append(append(out, l.To, l.When, l.From, l.Goods, l.Mark, l.Weight), l.Facts...)
	}
	return out
}

var spaces = regexp.MustCompile(`[\s\x{a0}\x{202f}]+`)

func squeezed(s string) string { return spaces.ReplaceAllString(s, "") }

func TestContents(t *testing.T) {
	tests := []struct {
		name string
		q    paper.Query
		has  []string
		not  []string
	}{
		{"run sheets", paper.Query{Kind: paper.RunSheets}, []string{"Feuille de route : Marché du jeudi", "Feuille de route : Tour de ville", "Rose → Halle", "Remettre à Paul (sur place 11:00)",
			"Prendre à Rose (sur place 09:00), 04 00 00 00 01", "Quai de derrière", "42,5 km, dont 2,5 km ajoutés", "31,5"}, []string{"A-101", "04 00 00 00 02"}},
		{"one round", paper.Query{Kind: paper.RunSheets, Round: "r1@2026-11-26"}, []string{"Marché du jeudi"}, []string{"Tour de ville"}},
		{"driven by one", paper.Query{Kind: paper.RunSheets, For: "paul", Lang: view.English}, []string{"Run sheet: Tour de ville", "Take over from Rose (there 09:00)"}, []string{"Marché du jeudi"}},
		{"packing lists", paper.Query{Kind: paper.PackingLists}, []string{"Liste de préparation : Rose", "→ Halle · 31,5 kg · 2 caisses environ", "Miel 500 g", "A-101 × 3", "A-102 × 60", "63",
			"Chargé par Paul (Master), jeudi 26 novembre, à Le Vallon, départ 10:05", "Retiré sur place par les clients", "FRAIS", "Sans transport", "Pollen"}, nil},
		{"packed by one", paper.Query{Kind: paper.PackingLists, For: "paul"}, []string{"Tomme 1 kg"}, []string{"Rose", "Miel", "Pollen", "A-102"}},
		{"delivery notes", paper.Query{Kind: paper.DeliveryNotes}, []string{"Bon de livraison n° 000017", "Bon de livraison n° 000018", "732 829 320 00074", "12 chemin Haut, Caromb", "FR-BIO-01",
			"oui FR-BIO-01", "Agrément sanitaire", "Kangoo", "Master", "Tour de ville", "jeudi 26 novembre 2026", "frais", "Caisses remises", "Caisses rendues", "Remis par", "Lot", "DLC / DDM", "Place neuve"},
			[]string{"A-101", "A-102", "À la ferme"}},
		{"a carrier's notes", paper.Query{Kind: paper.DeliveryNotes, For: "paul"}, []string{"000017", "000018"}, []string{"A-101"}},
		{"a sender's notes", paper.Query{Kind: paper.DeliveryNotes, For: "rose"}, []string{"000017"}, []string{"000018", "Tomme"}},
		{"notes on board", paper.Query{Kind: paper.DeliveryNotes, Round: "r1@2026-11-26"}, []string{"000017"}, []string{"000018"}},
		{"labels", paper.Query{Kind: paper.CrateLabels}, []string{"→ Halle", "1 / 2", "2 / 2", "FRAIS · 1 / 1", "Bio FR-BIO-01", "Bon n° 000017", "Avec Rose → Paul", "jeudi 26 novembre"}, []string{"A-101", "À la ferme"}},
		{"one's labels", paper.Query{Kind: paper.CrateLabels, For: "paul"}, []string{"1 / 1"}, []string{"Miel"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.q.Lang == "" {
				test.q.Lang = view.French
			}
			d := relay().Make(test.q)
			text := squeezed(textOf(t, d))
			for _, s := range test.has {
				if !strings.Contains(text, squeezed(s)) {
					t.Errorf("does not say %q:\n%s", s, textOf(t, d))
				}
			}
			for _, s := range test.not {
				if strings.Contains(text, squeezed(s)) {
					t.Errorf("says %q", s)
				}
			}
			for _, s := range said(d) {
				if s = squeezed(s); s != paper.Tick && !strings.Contains(text, s) {
					t.Errorf("the file does not say what the page says: %q", s)
				}
			}
		})
	}
}

// What is not known is a blank: nothing stands for it.
func TestBlanks(t *testing.T) {
	d := relay().Make(paper.Query{Kind: paper.DeliveryNotes, For: "paul", Producer: "paul", Lang: view.French})
	blank := map[string]bool{}
	for _, f := range d.Papers[0].Facts {
		blank[f.Name] = f.Value == ""
	}
	if !blank["SIRET"] || !blank["Agrément sanitaire"] || blank["Expéditeur"] || blank["Date"] || blank["Numéro"] {
		t.Errorf("blanks %v", blank)
	}
	s := relay()
	s.Notes, s.Row.State = nil, store.Proposed
	p := s.Make(paper.Query{Kind: paper.DeliveryNotes, Lang: view.French}).Papers[0]
	if p.Facts[0].Value != "" || p.Title != "Bon de livraison" || p.Notice == "" {
		t.Errorf("a note of a plan that is not in force: %+v", p)
	}
}

// Goods of one producer for one point that part ways have a note for each way.
func TestTwoWays(t *testing.T) {
	s := relay()
	s.Plan.Consignments = append(s.Plan.Consignments, engine.Consignment{ID: "c4", Producer: "rose", PickupPoint: "hall", Class: engine.Frozen, Kg: 1, Lines: nil,
		Legs: []engine.Leg{{Round: "r2@2026-11-26", From: 1, To: 2}}})
	var titles []string
	for _, p := range s.Make(paper.Query{Kind: paper.DeliveryNotes, Producer: "rose", Lang: view.English}).Papers {
		titles = append(titles, squeezed(p.Title))
	}
	if want := []string{"Deliverynoteno.000017/1", "Deliverynoteno.000017/2"}; !slices.Equal(titles, want) {
		t.Errorf("titles %q, want %q", titles, want)
	}
}

// A long round goes on over pages, each with the heads of its columns and its number.
func TestLongRound(t *testing.T) {
	s := relay()
	r := &s.Plan.Rounds[1]
	for i := range 60 {
		id := fmt.Sprintf("x%d", i)
		s.Week.Places = append(s.Week.Places, engine.Place{ID: id, Name: fmt.Sprintf("Arrêt numéro %d", i)})
		s.Week.PickupPoints = append(s.Week.PickupPoints, engine.PickupPoint{ID: id, Name: "Point " + id, Place: id})
		r.Stops[0].Load = append(r.Stops[0].Load, id)
		r.Stops = slices.Insert(r.Stops, 2+i, engine.PlanStop{Place: id, Arrive: at("12:00").Add(time.Duration(i) * time.Minute), Depart: at("12:00").Add(time.Duration(i) * time.Minute), Unload: []string{id}})
		s.Plan.Consignments = append(s.Plan.Consignments, engine.Consignment{ID: id, Producer: "paul", PickupPoint: id, Class: engine.Ambient, Kg: 3, Legs: []engine.Leg{{Round: r.ID, From: 0, To: 2 + i}}})
	}
	b, err := s.Make(paper.Query{Kind: paper.RunSheets, Round: r.ID, Lang: view.French}).PDF()
	if err != nil {
		t.Fatal(err)
	}
	pages := pdfText(t, b)
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, p := range pages {
		for _, want := range []string{"Feuille de route\u00a0: Tour de ville\n", "Comtat · Semaine 48 · plan 2\n", strconv.Itoa(i+1) + " / " + strconv.Itoa(len(pages)) + "\n"} {
			if !strings.Contains(p, want) {
				t.Errorf("page %d does not say %q", i+1, want)
			}
		}
		if i < len(pages)-1 && !strings.Contains(p, "Quoi faire\n") {
			t.Errorf("page %d has no heads", i+1)
		}
	}
	all := strings.Join(pages, "")
	for i := range 60 {
		if !strings.Contains(all, fmt.Sprintf("Arrêt numéro %d ·", i)) {
			t.Errorf("stop %d is missing", i)
		}
	}
}

// Whatever things are called, papers are made, and nothing is lost that fonts have.
func TestNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("Ferme du très long chemin ", 40), strings.Repeat("x", 500), "🐝 (a\\b) \x00\x1b\u202e", "\xff\xfe", "养蜂场", "L’Œuvre «d’été» ½ €"} {
		for _, kind := range paper.Kinds {
			s := relay()
			for i := range s.Week.Producers {
				s.Week.Producers[i].Name = name
			}
			s.Week.Places[2].Name, s.Week.PickupPoints[0].Name, s.Week.Rounds[0].Name, s.Week.Vehicles[0].Name = name, name, name, name
			s.Week.Orders[0].Lines[0].Product, s.Week.Orders[0].Name, s.Sale.Name, s.Collective.Name = name, name, name, name
			s.Producers["rose"].Name, s.Places["hill"].Address, s.Places["market"].Note = name, name, name
			b, err := s.Make(paper.Query{Kind: kind, Lang: view.French}).PDF()
			if err != nil {
				t.Fatalf("%q: %s: %v", name, kind, err)
			}
			if text := squeezed(strings.Join(pdfText(t, b), "")); strings.HasPrefix(name, "L’") && !strings.Contains(text, squeezed(name)) {
				t.Errorf("%s does not say %q", kind, name)
			}
		}
	}
}

func TestNothingToPrint(t *testing.T) {
	s := relay()
	s.Week, s.Plan = new(engine.Week), new(engine.Plan)
	for _, kind := range paper.Kinds {
		d := s.Make(paper.Query{Kind: kind, Lang: view.English})
		if text := textOf(t, d); !strings.Contains(text, "There is nothing to print") {
			t.Errorf("%s says %q", kind, text)
		}
	}
}

func TestSameBytes(t *testing.T) {
	for _, kind := range paper.Kinds {
		q := paper.Query{Kind: kind, Lang: view.French, URL: "https://plan.example.org"}
		a, err := relay().Make(q).PDF()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := relay().Make(q).PDF(); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: two files differ, %v", kind, err)
		}
	}
}

// A label's code leads to its goods, or names them where the service has no address.
func TestLinks(t *testing.T) {
	for url, want := range map[string]string{"": "c2", "https://plan.example.org": "https://plan.example.org/goods/p1/c2"} {
		l := relay().Make(paper.Query{Kind: paper.CrateLabels, For: "paul", URL: url}).Labels[0]
		if l.Link != want {
			t.Errorf("link %q, want %q", l.Link, want)
		}
		code := paper.CodeOf(l.Link)
		n := code.Size
		squares := make([][]bool, n)
		for y := range squares {
			squares[y] = make([]bool, n)
		}
		for _, b := range code.Bars {
			for x := range b.Width {
				squares[b.Y][b.X+x] = true
			}
		}
		if n < 21 || n%4 != 1 {
			t.Fatalf("a QR code of %d squares", n)
		}
		// Three corners have the squares that a reader looks for.
		for _, corner := range [][2]int{{0, 0}, {0, n - 7}, {n - 7, 0}} {
			for i := range 7 {
				if y, x := corner[0], corner[1]; !squares[y][x+i] || !squares[y+i][x] || !squares[y+6][x+i] || squares[y+1][x+1] || !squares[y+3][x+3] {
					t.Errorf("no mark at %v", corner)
				}
			}
		}
	}
	if code := paper.CodeOf(strings.Repeat("x", 5000)); code.Size != 0 || code.Bars != nil {
		t.Error("a code for what is too long for one")
	}
}
