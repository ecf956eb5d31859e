package api

import (
	"context"
	"net/http"

	"carriole/api/store"
)

type collective struct {
	Meta
	Name     string `json:"name" minLength:"1" maxLength:"2000" example:"RV en terrain connu"`
	Timezone string `json:"timezone" minLength:"1" maxLength:"100" doc:"IANA name; its clocks are what hours and days are about." example:"Europe/Paris"`
}

func collectives(s *Service) {
	answer := func(r *store.Collective) *oneOutput[collective] {
		return &oneOutput[collective]{Status: http.StatusOK, ETag: etag(r.Version), Body: &collective{metaOf(r.Row), r.Name, r.Timezone}}
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
			r.Name, r.Timezone = in.Body.Name, in.Body.Timezone
			if err := c.scope.UpdateItself(ctx, r); err != nil {
				return nil, err
			}
			return answer(r), nil
		})
}
