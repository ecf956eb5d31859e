package store

import (
	"context"
	"encoding/json"
)

// SettingName names what a collective can set, with its unit.
type SettingName string

// The settings of planning, and the rules of the trade.
const (
	HandoverM       SettingName = "handover_m"        // what a handover counts as, metres
	MaxPickupM      SettingName = "max_pickup_m"      // how far an order without pickup point may be sent
	ChangeM         SettingName = "change_m"          // what riding otherwise than usual must save
	FairnessPermil  SettingName = "fairness_permil"   // 0 to 1000
	NobodyWorseOff  SettingName = "nobody_worse_off"  // 0 or 1
	CostCentsPerKm  SettingName = "cost_cents_per_km" // what a driven kilometre really costs
	CrateMl         SettingName = "crate_ml"          // what a crate takes, as crates are counted on papers and pages
	CrateGrams      SettingName = "crate_grams"       // … and what goes into it so that one person lifts it
	OthersWithinM   SettingName = "others_within_m"   // how far from the carrier's farm goods of others are handled
	EggsWithinM     SettingName = "eggs_within_m"     // how far a producer brings eggs without packing centre
	GrossGramsLimit SettingName = "gross_grams"       // heavier vehicles are flagged
	BoxMinutes      SettingName = "minutes_in_box"    // how long goods stay cold in an insulated box

	ClassesByEquipment SettingName = "classes_by_equipment" // 0 or 1: chilled and frozen goods ride in what keeps them cold alone
)

// TradeRule is what French law or good practice asks when nobody set anything else.
type TradeRule struct {
	Setting SettingName
	Value   int64
	Source  string
}

// TradeRules lists the rules that hold until they are overruled, which takes a reason.
func TradeRules() []TradeRule {
	return []TradeRule{
		{OthersWithinM, 100_000, "Code des transports, R3211-3 (décret 2020-1088)"},
		{EggsWithinM, 80_000, "Vente directe d'œufs sans centre d'emballage, moins de 250 poules (chambres d'agriculture)"},
		{GrossGramsLimit, 3_500_000, "Permis C et tachygraphe au-delà de 3,5 t (règlement (CE) 561/2006)"},
		{BoxMinutes, 120, "Usage : caisses isothermes fermées avec plaques (à fixer par le groupement)"},
		{ClassesByEquipment, 1, "Températures : arrêté du 21 décembre 2009, annexe I ; règlement (CE) 853/2004"},
	}
}

// Setting is a value from a day on, until a later one.
type Setting struct {
	Row
	Name   SettingName
	Since  Day
	Value  *int64 // nil: no limit, or what the planner does by itself
	Reason string // needed to overrule a rule of the trade
}

func (*Setting) kind() kind {
	return kind{"setting", "settings", "name, since, value, reason", "name and day"}
}
func (x *Setting) fields() []any { return []any{&x.Name, &x.Since, &x.Value, &x.Reason} }
func (*Setting) refs() []ref     { return nil }

func (x *Setting) check(f *faults) {
	choice(f, "name", x.Name, HandoverM, MaxPickupM, ChangeM, FairnessPermil, NobodyWorseOff, CostCentsPerKm, CrateMl, CrateGrams, OthersWithinM, EggsWithinM, GrossGramsLimit, BoxMinutes, ClassesByEquipment)
	x.Since.check(f, "since")
	f.optional("value", x.Value)
	for _, most := range []struct {
		name  SettingName
		value int64
	}{{FairnessPermil, 1000}, {NobodyWorseOff, 1}, {ClassesByEquipment, 1}} {
		if x.Name == most.name && x.Value != nil && *x.Value > most.value {
			f.add("value", "%d is more than %d", *x.Value, most.value)
		}
	}
	if (x.Name == CrateMl || x.Name == CrateGrams) && x.Value != nil && *x.Value == 0 {
		f.add("value", "is 0: nothing goes into such a crate")
	}
	f.text("reason", x.Reason)
	for _, rule := range TradeRules() {
		if x.Name == rule.Setting && (x.Value == nil || *x.Value != rule.Value) && x.Reason == "" {
			f.add("reason", "is empty: overruling %d (%s) takes a reason", rule.Value, rule.Source)
		}
	}
}

// tell keeps what was set, and why, in the audit trail.
func (x *Setting) tell() string {
	text, _ := json.Marshal(struct {
		Name   SettingName `json:"name"`
		Since  Day         `json:"since"`
		Value  *int64      `json:"value"`
		Reason string      `json:"reason,omitempty"`
	}{x.Name, x.Since, x.Value, x.Reason}) // which cannot fail
	return string(text)
}

// SettingOn is a setting's value on a day; nil: no limit, or what the planner does by itself. The list has all days.
func SettingOn(list []Setting, name SettingName, day Day) *int64 {
	var value *int64
	for _, rule := range TradeRules() {
		if rule.Setting == name {
			value = &rule.Value
		}
	}
	var since Day
	for i := range list {
		if s := &list[i]; s.Name == name && s.Since <= day && s.Since > since {
			since, value = s.Since, s.Value
		}
	}
	return value
}

// SettingFilter narrows a list of settings; what is empty does not.
type SettingFilter struct{ Name SettingName }

func (f SettingFilter) conditions() (w conditions) {
	w.is("name", string(f.Name))
	return w
}

// CreateSetting adds a setting.
func (c *Scope) CreateSetting(ctx context.Context, x *Setting) error { return create(ctx, c, x) }

// Setting is a setting by id.
func (c *Scope) Setting(ctx context.Context, id ID) (*Setting, error) {
	return get[Setting](ctx, c, id)
}

// Settings lists settings.
func (c *Scope) Settings(ctx context.Context, f SettingFilter, page Page) ([]Setting, Cursor, error) {
	return list[Setting](ctx, c, page, f.conditions())
}

// UpdateSetting changes a setting.
func (c *Scope) UpdateSetting(ctx context.Context, x *Setting) error { return update(ctx, c, x) }

// DeleteSetting removes a setting that nothing refers to.
func (c *Scope) DeleteSetting(ctx context.Context, id ID, version int64) error {
	return remove[Setting](ctx, c, id, version)
}
