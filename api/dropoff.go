package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/planning"
	"carriole/api/store"
)

type dropoffsInput struct {
	ID   store.ID `path:"id"`
	Sale store.ID `query:"sale" doc:"In one sale; in those that are not over if left out."`
	Caching
}

func dropoffs(s *Service) {
	handleWith(s, route{id: "list-dropoffs", method: http.MethodGet, path: "/v1/producers/{id}/dropoffs", subject: "drop-offs", who: ownReaders, summary: "See what a producer loads, where, when, and hands to whom",
		text: "Their part in plans that are proposed or in force: the rounds that they drive with each stop's time, and what is loaded and unloaded there for which pickup point; the goods that others come for; what customers collect at the farm. Of others it has what a carrier must know, and their telephone numbers where they share them. It is some seconds old at most."},
		func(op *huma.Operation) {
			op.Responses["200"] = &huma.Response{Description: "The producer's part.", Content: map[string]*huma.MediaType{
				"application/json": {Schema: s.huma.OpenAPI().Components.Schemas.Schema(typeOf[planning.Dropoffs](), true, "")}}}
		},
		func(ctx context.Context, c *call, in *dropoffsInput) (*contentOutput, error) {
			if only := c.producerOnly(); only != "" && only != in.ID {
				return nil, &store.Error{Code: store.NotFound, Message: "no producer has the id \"" + string(in.ID) + "\""}
			}
			got, err := s.config.Planning.Dropoffs(ctx, c.scope, in.ID, in.Sale)
			if err != nil {
				return nil, err
			}
			return in.send(got, "application/json"), nil
		})
}
