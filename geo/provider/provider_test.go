package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"carriole/geo"
)

// standIn is what both stand-in servers know: roads are straight, 20 % longer than the crow flies and driven at 10 m/s;
// east of longitude 6 there are none, and nothing leads to places north of latitude 45.
type standIn struct {
	most     int // pairs or so, as its documentation has it
	failures int // answers to refuse first
	requests int
	lazy     bool // refuses without an error document
}

func (s *standIn) measure(a, b geo.Point) (metres, seconds float64, ok bool) {
	m := 1.2 * geo.GreatCircle(a, b)
	return m, m / 10, b.Lat() <= 45
}

// refuses answers the first requests as a server does that is overloaded.
func (s *standIn) refuses(w http.ResponseWriter) bool {
	s.requests++
	if s.failures > 0 {
		s.failures--
		http.Error(w, "<html>Bad Gateway</html>", http.StatusBadGateway)
		return true
	}
	if s.lazy {
		http.Error(w, "go away", http.StatusForbidden)
	}
	return s.lazy
}

func answer(w http.ResponseWriter, status int, v map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// osrm answers as https://project-osrm.org/docs/v5.24.0/api/ says.
func (s *standIn) osrm(w http.ResponseWriter, r *http.Request) {
	if s.refuses(w) {
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[1] != "v1" || parts[2] != "driving" {
		answer(w, 400, map[string]any{"code": "InvalidUrl", "message": "URL string malformed"})
		return
	}
	var at []geo.Point
	for i, text := range strings.Split(parts[3], ";") {
		lon, lat, _ := strings.Cut(text, ",")
		x, err1 := strconv.ParseFloat(lon, 64)
		y, err2 := strconv.ParseFloat(lat, 64)
		if err1 != nil || err2 != nil {
			answer(w, 400, map[string]any{"code": "InvalidQuery", "message": "Query string malformed"})
			return
		}
		if x > 6 {
			answer(w, 400, map[string]any{"code": "NoSegment", "message": fmt.Sprintf("Could not find a matching segment for coordinate %d", i)})
			return
		}
		at = append(at, geo.Point{x, y})
	}
	if parts[0] == "route" {
		if _, _, ok := s.measure(at[0], at[1]); !ok {
			answer(w, 400, map[string]any{"code": "NoRoute", "message": "Impossible route between points"})
			return
		}
		middle := geo.Point{(at[0][0] + at[1][0]) / 2, (at[0][1] + at[1][1]) / 2}
		answer(w, 200, map[string]any{"code": "Ok", "routes": []any{map[string]any{
			"distance": 1, "duration": 2, "geometry": map[string]any{"type": "LineString", "coordinates": []geo.Point{at[0], middle, at[1]}}}}})
		return
	}
	index := func(name string) (list []int) {
		for pair := range strings.SplitSeq(r.URL.RawQuery, "&") { // url.ParseQuery refuses semicolons
			if values, ok := strings.CutPrefix(pair, name+"="); ok {
				for text := range strings.SplitSeq(values, ";") {
					i, _ := strconv.Atoi(text)
					list = append(list, i)
				}
			}
		}
		return list
	}
	from, to := index("sources"), index("destinations")
	if len(from)*len(to) > s.most*s.most {
		answer(w, 400, map[string]any{"code": "TooBig", "message": "Too many table coordinates"})
		return
	}
	waypoints := func(list []int) (out []any) {
		for _, i := range list {
			away := 3.5
			if at[i].Lon() < 4 {
				away = 70_000 // a sea
			}
			out = append(out, map[string]any{"name": "Rue", "location": at[i], "distance": away, "hint": "x"})
		}
		return out
	}
	var distances, durations [][]any
	for _, i := range from {
		var m, sec []any
		for _, j := range to {
			if metres, seconds, ok := s.measure(at[i], at[j]); ok {
				m, sec = append(m, metres), append(sec, seconds)
			} else {
				m, sec = append(m, nil), append(sec, nil)
			}
		}
		distances, durations = append(distances, m), append(durations, sec)
	}
	answer(w, 200, map[string]any{"code": "Ok", "distances": distances, "durations": durations, "sources": waypoints(from), "destinations": waypoints(to)})
}

// valhalla answers as https://valhalla.github.io/valhalla/api/ says.
func (s *standIn) valhalla(w http.ResponseWriter, r *http.Request) {
	if s.refuses(w) {
		return
	}
	type point struct{ Lat, Lon float64 }
	var q struct {
		Sources, Targets, Locations []point
		Costing                     string
		CostingOptions              map[string]map[string]bool `json:"costing_options"`
	}
	fail := func(code int, text string) {
		answer(w, 400, map[string]any{"error_code": code, "error": text, "status_code": 400, "status": "Bad Request"})
	}
	if json.NewDecoder(r.Body).Decode(&q) != nil || q.Costing != "auto" {
		fail(100, "Failed to parse json request")
		return
	}
	if r.URL.Path == "/locate" {
		out := []any{}
		for _, p := range q.Locations {
			var edges any
			if p.Lon <= 6 {
				edges = []any{map[string]any{"way_id": 1}}
			}
			out = append(out, map[string]any{"input_lat": p.Lat, "input_lon": p.Lon, "edges": edges, "nodes": nil})
		}
		json.NewEncoder(w).Encode(out)
		return
	}
	for _, list := range [][]point{q.Sources, q.Targets, q.Locations} {
		for _, p := range list {
			if p.Lon > 6 {
				fail(171, "No suitable edges near location")
				return
			}
		}
	}
	if r.URL.Path == "/route" {
		answer(w, 200, map[string]any{"trip": map[string]any{"status": 0, "units": "kilometers",
			"legs": []any{map[string]any{"shape": encodeShape(orb.LineString{{q.Locations[0].Lon, q.Locations[0].Lat}, {q.Locations[1].Lon, q.Locations[1].Lat}})}}}})
		return
	}
	if len(q.Sources)*len(q.Targets) > s.most {
		fail(150, fmt.Sprintf("Exceeded max locations: %d", s.most))
		return
	}
	factor := 1.0
	if q.CostingOptions["auto"]["shortest"] {
		factor = 0.9
	}
	var rows [][]any
	for i, a := range q.Sources {
		var row []any
		for j, b := range q.Targets {
			cell := map[string]any{"from_index": i, "to_index": j, "distance": nil, "time": nil}
			if metres, seconds, ok := s.measure(geo.Point{a.Lon, a.Lat}, geo.Point{b.Lon, b.Lat}); ok {
				cell["distance"], cell["time"] = factor*metres/1000, seconds
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	answer(w, 200, map[string]any{"sources_to_targets": rows, "units": "kilometers"})
}

func encodeShape(line orb.LineString) string {
	var b strings.Builder
	last := [2]int64{}
	for _, p := range line {
		for k, x := range [2]int64{int64(math.Round(p[1] * 1e6)), int64(math.Round(p[0] * 1e6))} {
			v := uint64((x-last[k])<<1) ^ uint64((x-last[k])>>63)
			last[k] = x
			for v >= 32 {
				b.WriteByte(byte(v&31|32) + 63)
				v >>= 5
			}
			b.WriteByte(byte(v) + 63)
		}
	}
	return b.String()
}

func (s *standIn) start(t *testing.T, kind geo.Kind, shortest bool) Choice {
	t.Helper()
	handler := s.osrm
	if kind == geo.KindValhalla {
		handler = s.valhalla
	}
	server := httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(server.Close)
	c, err := Parse(string(kind)+":"+server.URL+"/", shortest)
	if err != nil {
		t.Fatal(err)
	}
	c.pause = time.Millisecond
	return c
}

func places(n int) []Place {
	out := make([]Place, n)
	for i := range out {
		out[i] = Place{fmt.Sprintf("p%d", i), geo.Point{5 + float64(i%17)/100, 44 + float64(i)/1000}}
	}
	return out
}

func TestServersAnswerInBlocks(t *testing.T) {
	for _, tt := range []struct {
		kind     geo.Kind
		most     int
		shortest bool
		factor   float64
	}{
		{geo.KindOSRM, 100, false, 1}, {geo.KindOSRM, 30, false, 1}, {geo.KindValhalla, 2500, false, 1}, {geo.KindValhalla, 100, true, 0.9},
	} {
		for _, n := range []int{0, 1, 2, 57, 230} {
			s := &standIn{most: tt.most, failures: 2}
			list := places(n)
			if n > 2 {
				list[2].At = list[0].At
			}
			travel, err := s.start(t, tt.kind, tt.shortest).Travel(t.Context(), list, nil)
			if err != nil {
				t.Fatalf("%s: %v", tt.kind, err)
			}
			for i := range list {
				for j := range list {
					m, sec, _ := s.measure(list[i].At, list[j].At)
					if metres, seconds := travel.Between(i, j); math.Abs(metres-tt.factor*m) > 1 || math.Abs(seconds-sec) > 1 {
						t.Fatalf("%s, %d places: from %d to %d are %v m, %v s, want %v m, %v s", tt.kind, n, i, j, metres, seconds, tt.factor*m, sec)
					}
				}
			}
			if made := geo.SourceOf(travel); made.Kind != tt.kind || made.Estimated || made.Shortest != tt.shortest || !strings.HasPrefix(made.Name, "127.0.0.1") {
				t.Errorf("the source is %+v", made)
			}
		}
	}
}

func TestServersDrawLines(t *testing.T) {
	for _, kind := range []geo.Kind{geo.KindOSRM, geo.KindValhalla} {
		travel, err := (&standIn{most: 100}).start(t, kind, false).Travel(t.Context(), places(3), nil)
		if err != nil {
			t.Fatal(err)
		}
		line, err := travel.(geo.Lines).Line(t.Context(), 0, 2)
		if err != nil || len(line) < 2 || geo.GreatCircle(line[0], places(3)[0].At) > 1 || geo.GreatCircle(line[len(line)-1], places(3)[2].At) > 1 {
			t.Errorf("%s: %v, %v", kind, line, err)
		}
	}
}

func TestFailuresNameThePlaces(t *testing.T) {
	at := func(lon, lat float64) func([]Place) { return func(p []Place) { p[4].At = geo.Point{lon, lat} } }
	for _, tt := range []struct {
		name   string
		kinds  []geo.Kind
		server standIn
		change func([]Place)
		want   []string
	}{
		{"no road", []geo.Kind{geo.KindOSRM, geo.KindValhalla}, standIn{most: 2000}, at(7, 44), []string{`"p4"`, "no road"}},
		{"a road far away", []geo.Kind{geo.KindOSRM}, standIn{most: 2000}, at(3, 44), []string{`"p4"`, "70000 m"}},
		{"no way", []geo.Kind{geo.KindOSRM, geo.KindValhalla}, standIn{most: 2000}, at(5, 46), []string{`"p0"`, `to place "p4"`, "no way"}},
		{"an overloaded server", []geo.Kind{geo.KindOSRM, geo.KindValhalla}, standIn{failures: 99}, at(5, 44), []string{"502", "Bad Gateway"}},
		{"a server that refuses", []geo.Kind{geo.KindOSRM, geo.KindValhalla}, standIn{lazy: true}, at(5, 44), []string{"403", "go away"}},
		{"a server that takes nothing", []geo.Kind{geo.KindOSRM, geo.KindValhalla}, standIn{}, at(5, 44), []string{"larger than the server takes"}},
	} {
		for _, kind := range tt.kinds {
			t.Run(fmt.Sprint(tt.name, " ", kind), func(t *testing.T) {
				s, list := tt.server, places(6)
				tt.change(list)
				_, err := s.start(t, kind, false).Travel(t.Context(), list, nil)
				if err == nil {
					t.Fatal("no error")
				}
				for _, want := range tt.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error %q does not say %s", err, want)
					}
				}
				if s.lazy && s.requests != 1 {
					t.Errorf("a refusal was tried again, %d times", s.requests-1)
				}
			})
		}
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(nil)
	address := server.URL
	server.Close()
	c, err := Parse("osrm:"+address, false)
	if err != nil {
		t.Fatal(err)
	}
	c.pause = time.Millisecond
	if _, err := c.Travel(t.Context(), places(2), nil); err == nil || !strings.Contains(err.Error(), "no answer in 4 tries") {
		t.Errorf("%v", err)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Choice{
		"crow":                  {Kind: geo.KindCrow},
		"crow:1.42,45":          {Kind: geo.KindCrow, Estimate: geo.Estimate{Factor: 1.42, Speed: 12.5}},
		"roads:vau.osm.pbf":     {Kind: geo.KindRoads, Target: "vau.osm.pbf"},
		"osrm:http://h:5000/":   {Kind: geo.KindOSRM, Target: "http://h:5000"},
		"valhalla:https://h/v1": {Kind: geo.KindValhalla, Target: "https://h/v1"},
	} {
		if got, err := Parse(text, false); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "table", "crow:", "crow:0.9,50", "crow:1.3", "crow:1.3,NaN", "roads", "roads:", "osrm", "osrm:localhost", "valhalla:ftp://x", "google:x"} {
		if got, err := Parse(text, false); err == nil && text != "crow:" {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
	for _, text := range []string{"crow", "osrm:http://h:5000"} {
		if _, err := Parse(text, true); err == nil {
			t.Errorf("%q has no shortest ways", text)
		}
	}
}

func TestShapesThatAreCutOff(t *testing.T) {
	whole := encodeShape(orb.LineString{{5.1, 44.2}, {-5.000001, -44}})
	if line, err := decodeShape(whole); err != nil || len(line) != 2 || geo.GreatCircle(line[1], orb.Point{-5.000001, -44}) > 0.1 {
		t.Errorf("%v, %v", line, err)
	}
	for i := range whole {
		if line, err := decodeShape(whole[:i]); err == nil && len(line) == 2 {
			t.Errorf("%q gives %v", whole[:i], line)
		}
	}
}

func FuzzShape(f *testing.F) {
	f.Add("_p~iF~ps|U_ulLnnqC")
	f.Fuzz(func(t *testing.T, s string) { decodeShape(s) })
}

func TestInterruption(t *testing.T) {
	c := (&standIn{failures: 99}).start(t, geo.KindOSRM, false)
	c.pause = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Travel(ctx, places(2), nil); err == nil || !errors.Is(err, ctx.Err()) {
		t.Errorf("%v", err)
	}
}

// TestPreparedElsewhere: who has no time to wait until another has prepared an extract is told so.
func TestPreparedElsewhere(t *testing.T) {
	p := Choice{Kind: geo.KindRoads, Target: "none.osm.pbf"}.Open(nil)
	if err := p.turn.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.turn.give()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.Ways(ctx, places(2), places(2)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
