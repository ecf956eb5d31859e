package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"carriole/api/store"
)

// balance is a producer's.
type balance struct {
	Producer store.ID `json:"producer"`
	Metres   int64    `json:"metres" doc:"Driven for others, less what others drove for them."`
}

// entry is what a plan, or a correction, adds to a balance.
type entry struct {
	Plan    store.ID  `json:"plan,omitzero" readOnly:"true" doc:"Left out of a correction."`
	Metres  int64     `json:"metres" minimum:"-1000000000000" maximum:"1000000000000"`
	Note    string    `json:"note,omitzero" maxLength:"2000"`
	Created time.Time `json:"created" readOnly:"true"`
}

func balances(s *Service) {
	handle(s, route{id: "list-balances", method: http.MethodGet, path: "/v1/balances", subject: "balances", who: ownReaders, summary: "List the balances of all producers",
		text: "The sum of each producer's entries, so that burdens rotate. Who has no entry is not listed."},
		func(ctx context.Context, c *call, _ *struct{}) (*listOutput[balance], error) {
			sums, err := c.scope.Balances(ctx)
			if err != nil {
				return nil, err
			}
			out := &listOutput[balance]{}
			for id, metres := range sums {
				if only := c.producerOnly(); only == "" || only == id {
					out.Body.Items = append(out.Body.Items, balance{id, metres})
				}
			}
			slices.SortFunc(out.Body.Items, func(a, b balance) int { return cmp.Compare(a.Producer, b.Producer) })
			return out, nil
		})
	handle(s, route{id: "list-entries", method: http.MethodGet, path: "/v1/balances/{id}", subject: "balances", who: ownReaders, summary: "List a producer's entries",
		text: "The newest first, at most 1000."},
		func(ctx context.Context, c *call, in *idInput) (*listOutput[entry], error) {
			if only := c.producerOnly(); only != "" && only != in.ID {
				return nil, refuse(http.StatusNotFound, "There is no such producer.")
			}
			if _, err := c.scope.Producer(ctx, in.ID); err != nil {
				return nil, err
			}
			rows, err := c.scope.Entries(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			out := &listOutput[entry]{}
			for _, r := range rows {
				out.Body.Items = append(out.Body.Items, entry{r.Plan, r.Metres, r.Note, r.Created})
			}
			return out, nil
		})
	handle(s, route{id: "correct-balance", method: http.MethodPost, path: "/v1/balances/{id}", subject: "balances", who: coordinators, summary: "Correct a producer's balance"},
		func(ctx context.Context, c *call, in *struct {
			ID   store.ID `path:"id"`
			Body entry
		}) (*nothing, error) {
			if _, err := c.scope.Producer(ctx, in.ID); err != nil {
				return nil, err
			}
			return nil, c.scope.Book(ctx, []store.Entry{{Producer: in.ID, Metres: in.Body.Metres, Note: in.Body.Note}})
		})
}
