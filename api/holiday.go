package api

import (
	"context"
	"net/http"

	"carriole/api/planning"
	"carriole/api/store"
)

// holiday is a French public holiday.
type holiday struct {
	Day  store.Day `json:"day"`
	Name string    `json:"name" doc:"In French." example:"Armistice de 1918"`
}

type holidaysInput struct {
	First store.Day `query:"first" required:"true"`
	Last  store.Day `query:"last" required:"true" doc:"Included."`
}

func holidays(s *Service) {
	handle(s, route{id: "list-holidays", method: http.MethodGet, path: "/v1/holidays", subject: "holidays", who: everyone, summary: "List French public holidays",
		text: "A round does not stop for one by itself: cancel its day where it does."},
		func(_ context.Context, _ *call, in *holidaysInput) (*listOutput[holiday], error) {
			out := &listOutput[holiday]{}
			for _, h := range planning.Holidays(in.First, in.Last) {
				out.Body.Items = append(out.Body.Items, holiday(h))
			}
			return out, nil
		})
}
