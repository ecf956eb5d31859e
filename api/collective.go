package api

import (
	"context"
	"net/http"

	"carriole/api/store"
	"carriole/geo"
)

type collective struct {
	Meta
	Name     string `json:"name" minLength:"1" maxLength:"2000" example:"RV en terrain connu"`
	Timezone string `json:"timezone" minLength:"1" maxLength:"100" doc:"IANA name; its clocks are what hours and days are about." example:"Europe/Paris"`
	Travel   string `json:"travel,omitempty" maxLength:"2000" doc:"What kilometres are made of: the name of one of /v1/travels; empty: the first." example:"Vaucluse"`
	Shortest bool   `json:"shortest,omitempty" doc:"Ways are the shortest instead of the fastest; for sources that know both." example:"false"`
}

type travels struct {
	Travels []travel `json:"travels"`
}

type travel struct {
	Name     string   `json:"name" example:"Vaucluse"`
	Kind     geo.Kind `json:"kind" enum:"crow,roads,osrm,valhalla" doc:"Great circles times a factor, the roads of an OpenStreetMap extract, or those that a routing server knows."`
	Shortest bool     `json:"shortest" doc:"It knows the shortest ways, too, beside the fastest."`
}

func collectives(s *Service) {
	answer := func(r *store.Collective) *oneOutput[collective] {
		return &oneOutput[collective]{Status: http.StatusOK, ETag: etag(r.Version), Body: &collective{metaOf(r.Row), r.Name, r.Timezone, r.Travel, r.Shortest}}
	}
	handleWith(s, route{id: "get-collective", method: http.MethodGet, path: "/v1/collective", subject: "collective", who: everyone, summary: "Read the caller's collective",
		text: "A collective is a group of producers who sell together. A token and a session belong to one."}, notModified,
		func(ctx context.Context, c *call, in *struct {
			IfNoneMatch string `header:"If-None-Match"`
		}) (*oneOutput[collective], error) {
			r, err := c.scope.Itself(ctx)
			if err != nil {
				return nil, err
			}
			out := answer(r)
			if same(in.IfNoneMatch, r.Version) {
				out.Status = http.StatusNotModified
			}
			return out, nil
		})
	handle(s, route{id: "update-collective", method: http.MethodPut, path: "/v1/collective", subject: "collective", who: coordinators, summary: "Change the collective"},
		func(ctx context.Context, c *call, in *struct {
			IfMatch string `header:"If-Match" doc:"The ETag of the version that you change. Needed."`
			Body    collective
		}) (*oneOutput[collective], error) {
			version, err := versionOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			r, err := c.scope.Itself(ctx)
			if err != nil {
				return nil, err
			}
			if version != 0 {
				r.Version = version
			}
			r.Name, r.Timezone, r.Travel, r.Shortest = in.Body.Name, in.Body.Timezone, in.Body.Travel, in.Body.Shortest
			if err := s.config.Planning.Choose(ctx, c.scope, r); err != nil {
				return nil, err
			}
			return answer(r), nil
		})
	handle(s, route{id: "list-travels", method: http.MethodGet, path: "/v1/travels", subject: "collective", who: everyone, summary: "List what kilometres can be made of",
		text: "Who runs the service offers these sources of distances; a collective chooses one of them."},
		func(context.Context, *call, *struct{}) (*struct{ Body travels }, error) {
			out := &struct{ Body travels }{}
			for _, t := range s.config.Planning.Offered() {
				out.Body.Travels = append(out.Body.Travels, travel{t.Name, t.Choice().Kind, t.Shortest() != nil})
			}
			return out, nil
		})
}
