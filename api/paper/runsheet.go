package paper

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"carriole/api/store"
	"carriole/engine/view"
)

// runSheets are those of the rounds that have something to do, in order of time.
func (m *maker) runSheets() []Paper {
	var out []Paper
	for _, s := range m.driven() {
		if m.For != "" && s.Round.Producer != string(m.For) || m.Producer != "" && s.Round.Producer != string(m.Producer) || m.Round != "" && s.Round.ID != m.Round {
			continue
		}
		out = append(out, m.runSheet(s))
	}
	return out
}

func (m *maker) runSheet(s *view.Sheet) Paper {
	first, last := s.Stops[0], s.Stops[len(s.Stops)-1]
	name := s.Name
	if s.Round.Dedicated {
		name = m.say("trajet dédié", "dedicated trip")
	}
	p := Paper{Title: m.say("Feuille de route\u00a0: ", "Run sheet: ") + name, Sub: m.sub(), Notice: m.notice(), Facts: []Fact{
		{m.say("Qui roule", "Who drives"), s.Producer},
		{m.say("Véhicule", "Vehicle"), s.Vehicle},
		{m.say("Jour", "Day"), m.day(first.Depart)},
		{m.say("Départ et retour", "Leaves and returns"), m.clock(first.Depart) + " – " + m.clock(last.Arrive)},
		{m.say("Distance", "Distance"), m.distance(s)},
		{m.say("Immatriculation", "Number plate"), m.plate(s.Round.Vehicle)},
	}}
	t := Table{Columns: []Column{{"", .05, false}, {m.say("Quoi faire", "What to do"), .27, false}, {m.say("Produits de → pour", "Goods of → for"), .35, false},
		{m.say("Froid", "Cold"), .09, false}, {"kg", .08, true}, {m.say("litres", "litres"), .08, true}, {m.say("caisses", "crates"), .08, true}}}
	for i := range s.Stops {
		t.Rows = append(t.Rows, m.stopRows(s.Round.Producer, &s.Stops[i])...)
	}
	p.Tables = append(p.Tables, t, Table{Title: m.say("Au retour", "On return"), Tall: true, Columns: []Column{
		{m.say("Départ réel", "Actual start"), .14, false}, {m.say("Retour réel", "Actual return"), .14, false}, {m.say("Compteur au départ", "Odometer at start"), .18, false},
		{m.say("Compteur au retour", "Odometer at return"), .18, false}, {m.say("Remarques, ce qui n’est pas entré", "Remarks, what did not fit"), .36, false}},
		Rows: []Row{{Cells: make([]string, 5)}}})
	return p
}

func (m *maker) distance(s *view.Sheet) string {
	text := m.Lang.Km(s.Round.Metres)
	if s.AddedMetres() >= 50 && !s.Round.Dedicated {
		text += fmt.Sprintf(m.say(", dont %s ajoutés", ", of which %s added"), m.Lang.Km(s.AddedMetres()))
	}
	if s.Estimated {
		text += m.say(" (estimée)", " (estimated)")
	}
	return text
}

func (m *maker) stopRows(who string, s *view.SheetStop) []Row {
	when := m.clock(s.Arrive)
	switch {
	case s.Role == "start":
		when = m.clock(s.Depart)
	case s.Role != "end" && m.clock(s.Depart) != when:
		when += " – " + m.clock(s.Depart)
	}
	heading := fmt.Sprintf("%d   %s   %s", s.Index+1, when, s.Name)
	switch s.Role {
	case "start":
		heading += m.say(" · départ", " · start")
	case "end":
		heading += m.say(" · retour", " · return")
	case "added":
		heading += m.say(" · arrêt ajouté", " · added stop")
	}
	out := []Row{{Heading: heading}}
	if x := m.Places[store.ID(s.Place)]; x != nil && (len(s.Tasks) > 0 || s.Role == "added") {
		if note := joined(" · ", x.Address, x.Note); note != "" {
			out = append(out, Row{Note: note})
		}
	}
	for _, t := range s.Tasks {
		for i, g := range t.Goods {
			do := ""
			if i == 0 {
				do = m.do(who, s, &t)
			}
			out = append(out, Row{Cells: []string{Tick, do, g.ProducerName + " → " + g.PointName, m.class(g.Class), m.Lang.Number(g.Kg, 1), m.Lang.Number(g.Litres, 1),
				strconv.Itoa(m.Crate.Count(g.Kg, g.Litres))}})
		}
	}
	return out
}

// do says what is done with goods at a stop, and with whom.
func (m *maker) do(who string, s *view.SheetStop, t *view.Task) string {
	with := t.With
	if t.Other == who {
		with = ""
	}
	text := m.Lang.Doing(t.Do, with, s.Arrive, t.At, m.Collective.Zone())
	if x := m.Producers[store.ID(t.Other)]; with != "" && x != nil && x.PhoneShared && x.Phone != "" {
		text += ", " + x.Phone
	}
	return text
}

// driven are the rounds that have something to do, in order of time.
func (m *maker) driven() []*view.Sheet {
	var out []*view.Sheet
	for i := range m.sheets {
		s := &m.sheets[i]
		if len(s.Stops) > 0 && slices.ContainsFunc(s.Stops, func(x view.SheetStop) bool { return len(x.Tasks) > 0 }) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *view.Sheet) int {
		return cmp.Or(a.Stops[0].Depart.Compare(b.Stops[0].Depart), cmp.Compare(a.Producer, b.Producer), cmp.Compare(a.Round.ID, b.Round.ID))
	})
	return out
}
