package worldtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"carriole/geo"
)

// RoadsVersion is the version of the roads that the server of [StartRoads] has at first.
const RoadsVersion = "2026-11-20T00:00:00Z"

// Roads is a routing server that answers as OSRM does: roads are half as long again as the crow flies and driven at 10 m/s, with a bend half way. It knows
// none east of longitude 6.
type Roads struct {
	*httptest.Server

	mu      sync.Mutex
	version string
	down    bool
	pairs   int // that it was asked for
	lines   int
}

// StartRoads starts one until the test ends.
func StartRoads(t *testing.T) *Roads {
	s := &Roads{version: RoadsVersion}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *Roads) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	say := func(status int, v map[string]any) {
		v["data_version"] = s.version
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	if s.down {
		http.Error(w, "out of order", http.StatusForbidden)
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var at []geo.Point
	for i, text := range strings.Split(parts[3], ";") {
		lon, lat, _ := strings.Cut(text, ",")
		x, _ := strconv.ParseFloat(lon, 64)
		y, _ := strconv.ParseFloat(lat, 64)
		if x > 6 {
			say(400, map[string]any{"code": "NoSegment", "message": fmt.Sprintf("Could not find a matching segment for coordinate %d", i)})
			return
		}
		at = append(at, geo.Point{x, y})
	}
	switch parts[0] {
	case "nearest":
		say(200, map[string]any{"code": "Ok"})
		return
	case "route":
		s.lines++
		say(200, map[string]any{"code": "Ok", "routes": []any{map[string]any{"geometry": map[string]any{"coordinates": []geo.Point{at[0], {at[0][0], at[1][1]}, at[1]}}}}})
		return
	}
	index := func(name string) (list []int) {
		for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
			if values, ok := strings.CutPrefix(pair, name+"="); ok {
				for text := range strings.SplitSeq(values, ";") {
					i, _ := strconv.Atoi(text)
					list = append(list, i)
				}
			}
		}
		return list
	}
	var distances, durations [][]float64
	from, to := index("sources"), index("destinations")
	s.pairs += len(from) * len(to)
	for _, i := range from {
		var m, sec []float64
		for _, j := range to {
			metres := 1.5 * geo.GreatCircle(at[i], at[j])
			m, sec = append(m, metres), append(sec, metres/10)
		}
		distances, durations = append(distances, m), append(durations, sec)
	}
	near := func(list []int) []any { return slices.Repeat([]any{map[string]any{"distance": 1}}, len(list)) }
	say(200, map[string]any{"code": "Ok", "distances": distances, "durations": durations, "sources": near(from), "destinations": near(to)})
}

// Asked is how many pairs it was asked for since the last call.
func (s *Roads) Asked() int {
	return s.since(&s.pairs)
}

// Drawn is how many lines it was asked for since the last call.
func (s *Roads) Drawn() int { return s.since(&s.lines) }

func (s *Roads) since(count *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := *count
	*count = 0
	return n
}

// Renew gives the server other roads.
func (s *Roads) Renew(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// Fail has the server refuse everything, or answer again.
func (s *Roads) Fail(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}
