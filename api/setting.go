package api

import (
	"context"
	"net/http"
	"time"

	"carriole/api/store"
)

type setting struct {
	Meta
	Name   store.SettingName `json:"name" enum:"handover_m,max_pickup_m,change_m,fairness_permil,nobody_worse_off,cost_cents_per_km,crate_ml,crate_grams,others_within_m,eggs_within_m,gross_grams,minutes_in_box,classes_by_equipment" doc:"With its unit."`
	Since  store.Day         `json:"since" doc:"It holds from this day on, until a later one."`
	Value  *int64            `json:"value,omitzero" minimum:"0" maximum:"1000000000000" doc:"Left out: no limit, or what the planner does by itself."`
	Reason string            `json:"reason,omitzero" maxLength:"2000" doc:"Needed to overrule a rule of the trade; see /v1/rules."`
}

type settingList struct {
	Paging
	Name store.SettingName `query:"name"`
}

// rule is a rule of the trade, and what holds of it on a day.
type rule struct {
	Name   store.SettingName `json:"name" doc:"With its unit."`
	Usual  int64             `json:"usual" doc:"What holds while nobody overrules it."`
	Source string            `json:"source" doc:"Where the usual value comes from."`
	Value  *int64            `json:"value,omitzero" doc:"What holds on the day; left out: no limit."`
	Since  store.Day         `json:"since,omitzero" doc:"From when on it is overruled."`
	Reason string            `json:"reason,omitzero" doc:"Why it is overruled."`
}

type rulesInput struct {
	Day store.Day `query:"day" doc:"Today if left out."`
}

func settings(s *Service) {
	register(s, resource[setting, store.Setting, settingList]{
		path: "settings", noun: "setting", text: "A setting is a value of the planner, or of a rule of the trade, from a day on.",
		read: readers, change: coordinators,
		get: (*store.Scope).Setting, create: (*store.Scope).CreateSetting, update: (*store.Scope).UpdateSetting, remove: (*store.Scope).DeleteSetting,
		list: func(ctx context.Context, c *store.Scope, in *settingList) ([]store.Setting, store.Cursor, error) {
			return c.Settings(ctx, store.SettingFilter{Name: in.Name}, in.page())
		},
		document: func(r *store.Setting) setting { return setting{metaOf(r.Row), r.Name, r.Since, r.Value, r.Reason} },
		row: func(w *setting) store.Setting {
			return store.Setting{Row: w.row(), Name: w.Name, Since: w.Since, Value: w.Value, Reason: w.Reason}
		},
	})
	handle(s, route{id: "list-rules", method: http.MethodGet, path: "/v1/rules", subject: "rules", who: everyone, summary: "List the rules of the trade and what holds of them on a day",
		text: "French law and good practice, each with its source. A setting of the same name overrules one, with a reason."},
		func(ctx context.Context, c *call, in *rulesInput) (*listOutput[rule], error) {
			if in.Day == "" {
				collective, err := c.scope.Itself(ctx)
				if err != nil {
					return nil, err
				}
				in.Day = store.DayOf(time.Now().In(collective.Zone()))
			}
			out := &listOutput[rule]{}
			for _, r := range store.TradeRules() {
				set, err := everySetting(ctx, c.scope, r.Setting)
				if err != nil {
					return nil, err
				}
				w := rule{Name: r.Setting, Usual: r.Value, Source: r.Source, Value: store.SettingOn(set, r.Setting, in.Day)}
				for _, x := range set {
					if x.Since <= in.Day && x.Since > w.Since {
						w.Since, w.Reason = x.Since, x.Reason
					}
				}
				out.Body.Items = append(out.Body.Items, w)
			}
			return out, nil
		})
}

func everySetting(ctx context.Context, c *store.Scope, name store.SettingName) ([]store.Setting, error) {
	return store.All(func(p store.Page) ([]store.Setting, store.Cursor, error) {
		return c.Settings(ctx, store.SettingFilter{Name: name}, p)
	})
}
