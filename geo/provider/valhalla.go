package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/paulmach/orb"
	"github.com/twpayne/go-polyline"

	"carriole/geo"
)

// valhalla is a Valhalla server: https://valhalla.github.io/valhalla/api/matrix/api-reference/.
type valhalla struct {
	client
	shortest bool
}

// A server takes 2,500 pairs unless it is configured otherwise (max_matrix_location_pairs).
func (s *valhalla) block() int { return 50 }

type valhallaPoint struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

type valhallaQuery struct {
	Sources        []valhallaPoint `json:"sources,omitempty"`
	Targets        []valhallaPoint `json:"targets,omitempty"`
	Locations      []valhallaPoint `json:"locations,omitempty"`
	Costing        string          `json:"costing"`
	CostingOptions *struct {
		Auto struct {
			Shortest bool `json:"shortest"`
		} `json:"auto"`
	} `json:"costing_options,omitempty"`
	Units string `json:"units,omitempty"`
}

type valhallaAnswer struct {
	SourcesToTargets [][]struct {
		Distance *float64 `json:"distance"` // km
		Time     *float64 `json:"time"`     // s
	} `json:"sources_to_targets"`
	Trip struct {
		Legs []struct {
			Shape string `json:"shape"`
		} `json:"legs"`
	} `json:"trip"`
	ErrorCode int    `json:"error_code"`
	Error     string `json:"error"`
}

// The error codes of Valhalla that are answered by more than their text.
const (
	valhallaTooMany = 150 // exceeds the most locations or pairs
	valhallaNoEdges = 171 // no suitable edges near a location
)

func (s *valhalla) ask(ctx context.Context, path string, q valhallaQuery, answer any) (*valhallaAnswer, error) {
	q.Costing = "auto"
	if s.shortest {
		q.CostingOptions = new(struct {
			Auto struct {
				Shortest bool `json:"shortest"`
			} `json:"auto"`
		})
		q.CostingOptions.Auto.Shortest = true
	}
	status, body, err := s.post(ctx, path, q)
	if err != nil {
		return nil, err
	}
	var a valhallaAnswer
	if status >= 400 {
		switch err := json.Unmarshal(body, &a); {
		case err != nil || a.ErrorCode == 0:
			return nil, refused(status, body)
		case a.ErrorCode == valhallaTooMany:
			return &a, fmt.Errorf("%w: %s", errTooLarge, a.Error)
		}
		return &a, fmt.Errorf("the server refuses with error %d: %s", a.ErrorCode, a.Error)
	}
	if answer == nil {
		answer = &a
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return nil, fmt.Errorf("%w: %w", refused(status, body), err)
	}
	return &a, nil
}

func valhallaPoints(places []Place) []valhallaPoint {
	out := make([]valhallaPoint, len(places))
	for i, p := range places {
		out[i] = valhallaPoint{p.At.Lat(), p.At.Lon()}
	}
	return out
}

func (s *valhalla) table(ctx context.Context, from, to []Place) (metres, seconds []float64, err error) {
	a, err := s.ask(ctx, "/sources_to_targets", valhallaQuery{Sources: valhallaPoints(from), Targets: valhallaPoints(to), Units: "kilometers"}, nil)
	if err != nil {
		if a != nil && a.ErrorCode == valhallaNoEdges {
			return nil, nil, s.far(ctx, append(from[:len(from):len(from)], to...), err)
		}
		return nil, nil, err
	}
	distances, times := make([][]*float64, len(a.SourcesToTargets)), make([][]*float64, len(a.SourcesToTargets))
	for i, row := range a.SourcesToTargets {
		for _, x := range row {
			if x.Distance != nil {
				*x.Distance *= 1000
			}
			distances[i], times[i] = append(distances[i], x.Distance), append(times[i], x.Time)
		}
	}
	if metres, err = flat(distances, len(from), len(to)); err != nil {
		return nil, nil, err
	}
	seconds, err = flat(times, len(from), len(to))
	return metres, seconds, err
}

// far names the places that the server knows no road near, which the error of a table does not; else it is that error.
func (s *valhalla) far(ctx context.Context, places []Place, otherwise error) error {
	var located []struct {
		Edges []json.RawMessage `json:"edges"`
	}
	if _, err := s.ask(ctx, "/locate", valhallaQuery{Locations: valhallaPoints(places)}, &located); err != nil || len(located) != len(places) {
		return otherwise
	}
	var far farPlaces
	named := map[geo.Point]bool{}
	for i, l := range located {
		if len(l.Edges) == 0 && !named[places[i].At] {
			named[places[i].At] = true
			far = append(far, noRoad(places[i]))
		}
	}
	if far == nil {
		return otherwise
	}
	return far
}

// version is implemented by the server's status: when its tiles were made, which may be hidden.
func (s *valhalla) version(ctx context.Context) (version, date string, err error) {
	status, body, err := s.get(ctx, "/status")
	if err != nil {
		return "", "", err
	}
	var a struct {
		Made      int64 `json:"tileset_last_modified"`
		ErrorCode int   `json:"error_code"`
	}
	hidden := status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented
	if err := json.Unmarshal(body, &a); (err != nil || status >= 400 && a.ErrorCode == 0) && !hidden {
		return "", "", refused(status, body)
	}
	if a.Made > 0 {
		made := time.Unix(a.Made, 0).UTC()
		version, date = made.Format(time.RFC3339), made.Format(time.DateOnly)
	}
	return version, date, nil
}

func (s *valhalla) line(ctx context.Context, from, to Place) (orb.LineString, error) {
	a, err := s.ask(ctx, "/route", valhallaQuery{Locations: valhallaPoints([]Place{from, to}), Units: "kilometers"}, nil)
	if err != nil {
		return nil, err
	}
	var line orb.LineString
	for _, leg := range a.Trip.Legs {
		part, err := decodeShape(leg.Shape)
		if err != nil {
			return nil, err
		}
		line = append(line, part...)
	}
	if len(line) == 0 {
		return nil, errors.New("the server answers without a line")
	}
	return line, nil
}

// decodeShape reads a line of Valhalla: an encoded polyline of latitudes and longitudes in 1e-6 degrees.
func decodeShape(s string) (orb.LineString, error) {
	codec := polyline.Codec{Dim: 2, Scale: 1e6}
	points, rest, err := codec.DecodeCoords([]byte(s))
	if err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("the server's line is cut off or damaged: %w", err)
	}
	line := make(orb.LineString, len(points))
	for i, p := range points {
		line[i] = orb.Point{p[1], p[0]}
	}
	return line, nil
}
