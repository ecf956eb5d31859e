package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/geo"
)

// A knob is a setting as people see it.
type knob struct {
	name                    store.SettingName
	french, english         string
	frenchHint, englishHint string
	unit                    string
	scale                   float64
	onOff                   bool
}

var knobs = []knob{
	{store.HandoverM, "Ce que compte une remise", "What a handover counts as", "Le plan ne fait une remise que si elle évite plus de kilomètres. Vide : 500 m.", "A handover is only made where it saves more than that. Empty: 500 m.", "m", 1, false},
	{store.ChangeM, "Ce que changer une habitude doit économiser", "What changing a habit must save", "Vide : 0 km.", "Empty: 0 km.", "km", 1000, false},
	{store.MaxPickupM, "Jusqu’où envoyer une commande sans point de retrait", "How far an order without pickup point may be sent", "Vide : 15 km.", "Empty: 15 km.", "km", 1000, false},
	{store.FairnessPermil, "Équité (0 à 1)", "Fairness (0 to 1)", "0 : seul le total compte. 1 : le plus chargé compte le plus.", "0: only the total counts. 1: the largest burden counts most.", "", 1000, false},
	{store.NobodyWorseOff, "Personne ne roule plus que seul", "Nobody drives more than alone", "", "", "", 1, true},
	{store.CostCentsPerKm, "Ce que coûte vraiment un kilomètre", "What a kilometre really costs", "Pour partager les frais, jamais pour gagner. Vide : 0,40 €.", "To share costs, never to earn. Empty: €0.40.", "€", 100, false},
	{store.CrateMl, "Ce que contient une caisse", "What a crate takes", "Pour compter les caisses sur les pages et les papiers. Vide : 48 l.", "To count crates on pages and papers. Empty: 48 l.", "l", 1000, false},
	{store.CrateGrams, "Ce que pèse une caisse au plus", "What a crate weighs at most", "Pour que chacun puisse la porter. Vide : 20 kg.", "So that everybody can lift it. Empty: 20 kg.", "kg", 1000, false},
	{store.OthersWithinM, "Produits d’autres à moins de", "Goods of others within", "", "", "km", 1000, false},
	{store.EggsWithinM, "Œufs sans centre d’emballage à moins de", "Eggs without packing centre within", "", "", "km", 1000, false},
	{store.GrossGramsLimit, "Véhicules signalés au-dessus de", "Vehicles flagged above", "", "", "kg", 1000, false},
	{store.ClassesByEquipment, "Frais et surgelé dans ce qui tient le froid seulement", "Chilled and frozen goods in what keeps them cold alone", "Sans frigo, congélateur ni caisses isothermes, un véhicule ne prend rien de froid.", "Without fridge, freezer or insulated boxes a vehicle takes nothing cold.", "", 1, true},
	{store.BoxMinutes, "Au plus en caisse isotherme", "At most in an insulated box", "", "", "min", 1, false},
}

type settingsView struct {
	Groups    []settingGroup
	Travels   []travelChoice
	Ways      []travelChoice // the fastest or the shortest; nil: no source that is offered knows both
	Version   int64          // of the collective
	MayChange bool
	Saved     bool
	Wrong     []string
}

// A travelChoice is a source of distances that the collective can choose.
type travelChoice struct {
	choice
	Text string
}

type settingGroup struct {
	Title, Text string
	Knobs       []knobView
}

type knobView struct {
	Name                       store.SettingName
	Label, Hint, Value, Source string
	Unit                       string
	OnOff, On, Rule, None      bool
	Since                      store.Day
	SinceText                  string // the same for people
	Reason                     string
}

// settings shows what holds today, and lets it be changed from today on.
func (s *Site) settings(v *visit) error { return s.showSettings(v, nil) }

func (s *Site) showSettings(v *visit, wrong []string) error {
	list, err := store.All(func(p store.Page) ([]store.Setting, store.Cursor, error) {
		return v.scope.Settings(v.ctx, store.SettingFilter{}, p)
	})
	if err != nil {
		return err
	}
	today := store.DayOf(time.Now().In(v.zone()))
	sources := map[store.SettingName]string{}
	for _, r := range store.TradeRules() {
		sources[r.Setting] = r.Source
	}
	wishes := settingGroup{Title: v.say("Vos souhaits", "Your wishes"), Text: v.say("Comment le plan pèse kilomètres, habitudes et équité.", "How the plan weighs kilometres, habits and fairness.")}
	rules := settingGroup{Title: v.say("Règles du métier", "Rules of the trade"), Text: v.say("Ce que demandent la loi et l’usage, avec la source. Vous pouvez passer outre en disant pourquoi ; la raison est gardée.",
		"What law and custom ask, with the source. You can overrule one by saying why; the reason is kept.")}
	for _, k := range knobs {
		value := store.SettingOn(list, k.name, today)
		x := knobView{Name: k.name, Label: v.say(k.french, k.english), Hint: v.say(k.frenchHint, k.englishHint), Unit: k.unit, OnOff: k.onOff, Source: sources[k.name],
			Value: shown(value, k.scale, v.lang), On: value != nil && *value > 0}
		for _, set := range list {
			if set.Name == k.name && set.Since <= today && set.Since >= x.Since {
				x.Since, x.Reason, x.None = set.Since, set.Reason, set.Value == nil
			}
		}
		if typed := v.r.PostForm; len(wrong) > 0 && typed.Get("name") == string(k.name) {
			x.Value, x.On, x.Reason = typed.Get("value"), typed.Has("on"), typed.Get("reason")
		}
		if x.Since != "" {
			x.SinceText = v.date(x.Since)
		}
		if x.Rule = x.Source != ""; x.Rule {
			rules.Knobs = append(rules.Knobs, x)
		} else {
			wishes.Knobs = append(wishes.Knobs, x)
		}
	}
	status := http.StatusOK
	if len(wrong) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.show(v, status, "settings.html", settingsView{[]settingGroup{wishes, rules}, v.travels(), v.fastOrShort(), v.col.Version, v.Role == store.Coordinator, v.r.FormValue("saved") != "", wrong})
}

// set changes one setting from today on.
func (s *Site) set(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return &store.Error{Code: store.Invalid, Message: v.say("le formulaire est illisible", "the form cannot be read")}
	}
	rd := &reader{typed: v.r.PostForm, lang: v.lang}
	for _, k := range knobs {
		if string(k.name) != rd.text("name") {
			continue
		}
		x := store.Setting{Name: k.name, Since: store.DayOf(time.Now().In(v.zone())), Reason: rd.text("reason")}
		x.Value = rd.amount("value", k.scale)
		if k.onOff {
			n := int64(0)
			if rd.check("on") {
				n = 1
			}
			x.Value = &n
		}
		if len(rd.faults) > 0 {
			return s.showSettings(v, []string{v.say(k.french, k.english) + " : " + rd.faults[0].Message})
		}
		err := v.scope.Together(v.ctx, func(c *store.Scope) error {
			now, err := store.All(func(p store.Page) ([]store.Setting, store.Cursor, error) {
				return c.Settings(v.ctx, store.SettingFilter{Name: k.name}, p)
			})
			if err != nil {
				return err
			}
			for _, old := range now {
				if old.Since == x.Since {
					x.Row = old.Row
					return c.UpdateSetting(v.ctx, &x)
				}
			}
			return c.CreateSetting(v.ctx, &x)
		})
		if err != nil {
			faults, ok := faultsOf(err, v.lang)
			if !ok {
				return err
			}
			var wrong []string
			for _, f := range faults {
				wrong = append(wrong, fmt.Sprintf("%s : %s", v.say(k.french, k.english), f.Message))
			}
			return s.showSettings(v, wrong)
		}
		return v.leads("/data/settings?saved=" + string(k.name))
	}
	return &store.Error{Code: store.NotFound, Message: cmp.Or(rd.text("name"), "no name") + ": no such setting"}
}

// travels are the sources of distances that are offered.
func (v *visit) travels() (out []travelChoice) {
	chosen, _ := v.plans.TravelOf(v.col)
	for _, t := range v.plans.Offered() {
		x := travelChoice{choice{t.Name, t.Name, t.Name == chosen.Name}, ""}
		switch c := t.Choice(); c.Kind {
		case geo.KindRoads:
			x.Text = v.say("Les routes d’un extrait d’OpenStreetMap.", "The roads of an extract of OpenStreetMap.")
		case geo.KindOSRM, geo.KindValhalla:
			x.Text = v.say("Les routes d’un serveur d’itinéraires.", "The roads of a routing server.")
		default:
			x.Name = v.say("À vol d’oiseau", "As the crow flies")
			x.Text = v.say("Une estimation, faute de connaître les routes.", "An estimate, where roads are not known.")
		}
		out = append(out, x)
	}
	return out
}

// fastOrShort are the ways that a source can give which knows both.
func (v *visit) fastOrShort() []travelChoice {
	if !slices.ContainsFunc(v.plans.Offered(), func(t planning.Travel) bool { return t.Shortest() != nil }) {
		return nil
	}
	return []travelChoice{
		{choice{"", v.say("Les trajets les plus rapides", "The fastest ways"), !v.col.Shortest}, ""},
		{choice{"1", v.say("Les trajets les plus courts", "The shortest ways"), v.col.Shortest},
			v.say("Moins de kilomètres, souvent par de petites routes et en plus de temps.", "Fewer kilometres, often by small roads and in more time.")},
	}
}

// setTravel has the collective's kilometres made of another source, or of other ways of it. Fastest ways it is where the source does
// not know both.
func (s *Site) setTravel(v *visit) error {
	version, err := strconv.ParseInt(v.r.PostFormValue("version"), 10, 64)
	if err == nil {
		v.col.Version = version
	}
	v.col.Travel, v.col.Shortest = v.r.PostFormValue("travel"), false
	if t, _ := v.plans.TravelOf(v.col); t.Shortest() != nil {
		v.col.Shortest = v.r.PostFormValue("shortest") != ""
	}
	err = v.plans.Choose(v.ctx, v.scope, v.col)
	if faults, ok := faultsOf(err, v.lang); ok {
		return s.showSettings(v, []string{sentence(faults[0].Message)})
	}
	if err != nil {
		return err
	}
	return v.leads("/data/settings?saved=travel")
}
