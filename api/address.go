package api

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"carriole/api/address"
	"carriole/api/store"
	"carriole/geo"
)

// candidate is an address that the address service knows.
type candidate struct {
	Label    string       `json:"label" example:"12 Avenue du Mont Ventoux 84200 Carpentras"`
	Kind     address.Kind `json:"kind" enum:"housenumber,street,locality,municipality" doc:"How exact it is."`
	Score    float64      `json:"score" minimum:"0" maximum:"1" doc:"How alike it is to what was asked for."`
	At       point        `json:"at"`
	Postcode string       `json:"postcode,omitzero"`
	City     string       `json:"city,omitzero"`
	CityCode string       `json:"city_code,omitzero" doc:"INSEE's code of the commune."`
}

// doubt is a reason to look before an address is taken.
type doubt struct {
	Kind    address.DoubtKind `json:"kind" enum:"not_found,low_score,ambiguous,coarse,other_postcode,other_city"`
	Message string            `json:"message"`
}

// found is what the service found.
type found struct {
	Candidates []candidate `json:"candidates" doc:"The best first."`
	Doubts     []doubt     `json:"doubts" doc:"What speaks against taking the first without a look; none: it is sure."`
}

func foundOf(r *address.Result) found {
	out := found{Candidates: []candidate{}, Doubts: []doubt{}}
	for _, c := range r.Candidates {
		at := degreesOf(c.At)
		out.Candidates = append(out.Candidates, candidate{c.Label, c.Kind, c.Score, *pointOf(&at), c.Postcode, c.City, c.CityCode})
	}
	for _, d := range r.Doubts {
		out.Doubts = append(out.Doubts, doubt{d.Kind, d.Text})
	}
	return out
}

type searchInput struct {
	Q        string `query:"q" required:"true" minLength:"3" maxLength:"200" doc:"Number and street, or the whole address." example:"12 avenue du Mont Ventoux, 84200 Carpentras"`
	Postcode string `query:"postcode" pattern:"^[0-9]{5}$" doc:"Only there."`
	City     string `query:"city" maxLength:"100" doc:"The commune."`
	Limit    int    `query:"limit" minimum:"1" maximum:"20" default:"5"`
}

type located struct {
	found
	Place place `json:"place" doc:"As it is now."`
	Taken bool  `json:"taken" doc:"Whether the first candidate's position is the place's now: only without doubts."`
}

type locatedOutput struct {
	ETag string `header:"ETag" doc:"The place's version."`
	Body located
}

type locateInput struct {
	ID      store.ID `path:"id"`
	Replace bool     `query:"replace" doc:"Also where the position is known already."`
}

func addresses(s *Service) {
	handle(s, route{id: "search-addresses", method: http.MethodGet, path: "/v1/addresses", subject: "addresses", who: sellers, summary: "Find a French address",
		text: "Asks the national address service (Base Adresse Nationale)."},
		func(ctx context.Context, c *call, in *searchInput) (*struct{ Body found }, error) {
			q := address.Parse(in.Q)
			if in.Postcode != "" || in.City != "" {
				q = address.Query{Text: in.Q, Postcode: in.Postcode, City: in.City}
			}
			q.Limit = in.Limit
			r, err := s.lookUp(ctx, q)
			if err != nil {
				return nil, err
			}
			return &struct{ Body found }{foundOf(r)}, nil
		})
	handle(s, route{id: "locate-place", method: http.MethodPost, path: "/v1/places/{id}/locate", subject: "places", who: sellers, summary: "Find where a place is by its address",
		text: "Takes the position that the national address service gives the place's address, when nothing speaks against it. Otherwise nothing is changed, and the candidates and doubts say what to choose from: set the position by PATCH /v1/places/{id}."},
		func(ctx context.Context, c *call, in *locateInput) (*locatedOutput, error) {
			row, err := c.scope.Place(ctx, in.ID)
			switch {
			case err != nil:
				return nil, err
			case row.Address == "":
				return nil, refuse(http.StatusUnprocessableEntity, "The place has no address to look up.")
			case row.At != nil && !in.Replace:
				return nil, refuse(http.StatusConflict, "The place has a position already: say replace=true to look it up anew.")
			}
			r, err := s.lookUp(ctx, address.Parse(row.Address))
			if err != nil {
				return nil, err
			}
			best, sure := r.Best()
			if sure {
				at := degreesOf(best.At)
				row.At = &at
				if err := c.scope.UpdatePlace(ctx, row); err != nil { // a change meanwhile wins
					return nil, err
				}
			}
			return &locatedOutput{etag(row.Version), located{foundOf(r), placeOf(row), sure}}, nil
		})
}

func (s *Service) lookUp(ctx context.Context, q address.Query) (*address.Result, error) {
	if s.config.Addresses == nil {
		return nil, refuse(http.StatusServiceUnavailable, "Addresses are not looked up here: whoever runs the service can name an address service.")
	}
	r, err := s.config.Addresses.Search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("looking up an address: %w", err)
	}
	return r, nil
}

// degreesOf is a position as the store keeps it.
func degreesOf(p geo.Point) store.Point {
	return store.Point{LonE7: int64(math.Round(p.Lon() * 1e7)), LatE7: int64(math.Round(p.Lat() * 1e7))}
}
