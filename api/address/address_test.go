package address

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"carriole/geo"
)

// A standIn answers as the service is documented to, from a list of addresses.
type standIn struct {
	t      *testing.T
	server *httptest.Server

	mu       sync.Mutex
	asked    []*http.Request
	trouble  []func(http.ResponseWriter) // of the next requests, one each
	pauses   []time.Duration
	uploaded [][]string
}

type entry struct {
	label, kind, postcode, city, citycode, id string
	score                                     float64
	lon, lat                                  float64
}

// What the stand-in knows, by what is asked for.
var known = map[string][]entry{
	"12 avenue du Mont Ventoux Carpentras": {
		{"12 Avenue du Mont Ventoux 84200 Carpentras", "housenumber", "84200", "Carpentras", "84031", "84031_1400_00012", 0.97, 5.0561, 44.0581},
		{"12 Rue du Mont Ventoux 84200 Carpentras", "housenumber", "84200", "Carpentras", "84031", "84031_1401_00012", 0.71, 5.0488, 44.0522}},
	"avenue du Mont Ventoux Carpentras": {{"Avenue du Mont Ventoux 84200 Carpentras", "street", "84200", "Carpentras", "84031", "84031_1400", 0.96, 5.0561, 44.0581}},
	"99 avenue du Mont Ventoux":         {{"Avenue du Mont Ventoux 84200 Carpentras", "street", "84200", "Carpentras", "84031", "84031_1400", 0.82, 5.0561, 44.0581}},
	"Mas perdu Caromb":                  {{"Caromb", "municipality", "84330", "Caromb", "84030", "84030", 0.41, 5.1074, 44.1111}},
	"Caromb":                            {{"Caromb", "municipality", "84330", "Caromb", "84030", "84030", 0.95, 5.1074, 44.1111}},
	"1 place de la Mairie": {
		{"1 Place de la Mairie 84330 Caromb", "housenumber", "84330", "Caromb", "84030", "a", 0.88, 5.1074, 44.1111},
		{"1 Place de la Mairie 84410 Bédoin", "housenumber", "84410", "Bédoin", "84017", "b", 0.86, 5.1804, 44.1243}},
	"2 place de la Mairie": { // the same door twice
		{"2 Place de la Mairie 84330 Caromb", "housenumber", "84330", "Caromb", "84030", "a", 0.88, 5.1074, 44.1111},
		{"2bis Place de la Mairie 84330 Caromb", "housenumber", "84330", "Caromb", "84030", "b", 0.87, 5.1075, 44.1112}},
	"Le Plan St-Didier": {{"Le Plan 84210 Saint-Didier", "locality", "84210", "Saint-Didier", "84108", "c", 0.9, 5.1105, 44.0042}},
	"5 rue du Four":     {{"5 Rue du Four 84330 Caromb", "housenumber", "84330", "Caromb", "84030", "d", 0.93, 5.1, 44.1}},
}

func newStandIn(t *testing.T) *standIn {
	s := &standIn{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /geocodage/search", s.search)
	mux.HandleFunc("POST /geocodage/search/csv", s.file)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		var trouble func(http.ResponseWriter)
		if len(s.trouble) > 0 {
			trouble, s.trouble = s.trouble[0], s.trouble[1:]
		}
		s.mu.Unlock()
		if trouble != nil {
			trouble(w)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	return s
}

func refuseWith(w http.ResponseWriter, status int, message string, detail ...string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"code": status, "message": message, "detail": detail})
}

func (s *standIn) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	first := []rune(q + " ")[0]
	if n := len([]rune(q)); n < 3 || n > 200 || !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		refuseWith(w, http.StatusBadRequest, "Failed parsing query", "q: must contain between 3 and 200 chars and start with a number or a letter")
		return
	}
	features := []any{}
	for _, e := range known[q] {
		if p := r.URL.Query().Get("postcode"); p != "" && p != e.postcode {
			continue
		}
		features = append(features, map[string]any{
			"type": "Feature", "geometry": map[string]any{"type": "Point", "coordinates": []float64{e.lon, e.lat}},
			"properties": map[string]any{"label": e.label, "score": e.score, "id": e.id, "type": e.kind, "postcode": e.postcode, "city": e.city, "citycode": e.citycode,
				"context": "84, Vaucluse, Provence-Alpes-Côte d'Azur", "importance": 0.5, "_type": "address"}})
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"type": "FeatureCollection", "features": features, "query": q})
}

func (s *standIn) file(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		refuseWith(w, http.StatusBadRequest, err.Error())
		return
	}
	f, _, err := r.FormFile("data")
	if err != nil {
		refuseWith(w, http.StatusBadRequest, "A CSV file must be provided in data field")
		return
	}
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		refuseWith(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	s.uploaded = append(s.uploaded, lines...)
	s.mu.Unlock()
	column := func(line []string, name string) string { return line[slices.Index(lines[0], name)] }
	out := csv.NewWriter(w)
	results := []string{"longitude", "latitude", "result_score", "result_score_next", "result_label", "result_type", "result_id", "result_postcode", "result_city", "result_citycode", "result_status"}
	out.Write(append(slices.Clone(lines[0]), results...))
	for _, line := range lines[1:] {
		var text []string
		for _, name := range r.MultipartForm.Value["columns"] {
			if x := column(line, name); x != "" {
				text = append(text, x)
			}
		}
		found := slices.DeleteFunc(slices.Clone(known[strings.Join(text, " ")]), func(e entry) bool {
			p := column(line, r.FormValue("postcode"))
			return p != "" && p != e.postcode
		})
		if len(found) == 0 {
			out.Write(append(slices.Clone(line), "", "", "", "", "", "", "", "", "", "", "not-found"))
			continue
		}
		e, next := found[0], ""
		if len(found) > 1 {
			next = fmt.Sprint(found[1].score)
		}
		out.Write(append(slices.Clone(line), fmt.Sprint(e.lon), fmt.Sprint(e.lat), fmt.Sprint(e.score), next, e.label, e.kind, e.id, e.postcode, e.city, e.citycode, "ok"))
	}
	out.Flush()
}

func (s *standIn) client(change ...func(*Config)) *Client {
	s.t.Helper()
	config := Config{BaseURL: s.server.URL + "/geocodage", PerSecond: 1e6, Timeout: 5 * time.Second, Wait: func(ctx context.Context, d time.Duration) error {
		s.mu.Lock()
		s.pauses = append(s.pauses, d)
		s.mu.Unlock()
		return ctx.Err()
	}}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func kinds(doubts []Doubt) (out []DoubtKind) {
	for _, d := range doubts {
		out = append(out, d.Kind)
	}
	return out
}

func TestSearch(t *testing.T) {
	for _, c := range []struct {
		name   string
		query  Query
		best   string // label; empty: no candidate
		doubts []DoubtKind
	}{
		{"exact", Query{Text: "12 avenue du Mont Ventoux", Postcode: "84200", City: "Carpentras"}, "12 Avenue du Mont Ventoux 84200 Carpentras", nil},
		{"the city is said in the text", Query{Text: "12 avenue du Mont Ventoux Carpentras"}, "12 Avenue du Mont Ventoux 84200 Carpentras", nil},
		{"signs and spaces before it", Query{Text: "  – 12  avenue du Mont Ventoux", City: "CARPENTRAS"}, "", []DoubtKind{NotFound}},
		{"a street is asked for", Query{Text: "avenue du Mont Ventoux", City: "Carpentras"}, "Avenue du Mont Ventoux 84200 Carpentras", nil},
		{"a number, and the street is found", Query{Text: "99 avenue du Mont Ventoux"}, "Avenue du Mont Ventoux 84200 Carpentras", []DoubtKind{Coarse}},
		{"only the commune, and hardly", Query{Text: "Mas perdu", City: "Caromb"}, "Caromb", []DoubtKind{LowScore, Coarse}},
		{"the commune is asked for", Query{Text: "Caromb"}, "Caromb", []DoubtKind{Coarse}},
		{"two as good", Query{Text: "1 place de la Mairie"}, "1 Place de la Mairie 84330 Caromb", []DoubtKind{Ambiguous}},
		{"two as good, told apart", Query{Text: "1 place de la Mairie", Postcode: "84410"}, "1 Place de la Mairie 84410 Bédoin", nil},
		{"two as good at one door", Query{Text: "2 place de la Mairie"}, "2 Place de la Mairie 84330 Caromb", nil},
		{"a commune's other spelling", Query{Text: "Le Plan", City: "St-Didier"}, "Le Plan 84210 Saint-Didier", nil},
		{"another commune", Query{Text: "5 rue du Four, Bédoin", City: "Bédoin"}, "", []DoubtKind{NotFound}},
		{"nothing", Query{Text: "rue de nulle part"}, "", []DoubtKind{NotFound}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := newStandIn(t).client().Search(t.Context(), c.query)
			if err != nil {
				t.Fatal(err)
			}
			best := ""
			if len(r.Candidates) > 0 {
				best = r.Candidates[0].Label
			}
			if best != c.best || !slices.Equal(kinds(r.Doubts), c.doubts) {
				t.Errorf("%q with %v", best, r.Doubts)
			}
			if _, sure := r.Best(); sure != (c.doubts == nil) {
				t.Errorf("sure is %v", sure)
			}
		})
	}
}

func TestCandidate(t *testing.T) {
	s := newStandIn(t)
	r, err := s.client().Search(t.Context(), Query{Text: "12 avenue du Mont Ventoux", Postcode: "84200", City: "Carpentras", Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.Best()
	want := Candidate{"12 Avenue du Mont Ventoux 84200 Carpentras", HouseNumber, 0.97, geo.Point{5.0561, 44.0581}, "84200", "Carpentras", "84031", "84031_1400_00012"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantQuery := url.Values{"q": {"12 avenue du Mont Ventoux Carpentras"}, "postcode": {"84200"}, "limit": {"3"}, "autocomplete": {"0"}, "index": {"address"}}
	if diff := cmp.Diff(wantQuery, s.asked[0].URL.Query()); diff != "" {
		t.Error(diff)
	}
	if agent := s.asked[0].UserAgent(); agent != "carriole" {
		t.Errorf("the user agent is %q", agent)
	}
}

// Another commune and postcode than were asked for are said, where the service finds them all the same.
func TestOtherPlace(t *testing.T) {
	c := newStandIn(t).client()
	got := c.doubts(Query{Text: "5 rue du Four", Postcode: "84410", City: "Bédoin"}, []Candidate{{Label: "5 Rue du Four 84330 Caromb", Kind: HouseNumber, Score: 0.9, Postcode: "84330", City: "Caromb"}})
	want := []Doubt{{OtherPostcode, "It has the postcode 84330, not 84410."}, {OtherCity, "It is in Caromb, not in Bédoin."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		refuseWith(w, code, "no")
	}
}

func broken(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

// What fails for a moment is tried again, after as long as the service asks for.
func TestTriesAgain(t *testing.T) {
	query := Query{Text: "Caromb"}
	for _, c := range []struct {
		name    string
		trouble []func(http.ResponseWriter)
		asked   int
		fails   string
		later   bool
		pauses  func([]time.Duration) bool
	}{
		{"too many", []func(http.ResponseWriter){status(429, "Retry-After", "5")}, 2, "", false, func(p []time.Duration) bool { return len(p) == 1 && p[0] == 5*time.Second }},
		{"for an hour", []func(http.ResponseWriter){status(429, "Retry-After", "3600")}, 2, "", false, func(p []time.Duration) bool { return len(p) == 1 && p[0] == mostRetry }},
		{"down twice", []func(http.ResponseWriter){status(503), status(502)}, 3, "", false, func(p []time.Duration) bool {
			return len(p) == 2 && p[0] >= firstRetry && p[0] < 2*firstRetry && p[1] >= 2*firstRetry && p[1] < 4*firstRetry
		}},
		{"cut off", []func(http.ResponseWriter){broken}, 2, "", false, func(p []time.Duration) bool { return len(p) == 1 }},
		{"down for good", []func(http.ResponseWriter){status(500), status(500), status(500), status(500)}, 3, "the address service refused with status 500: no", true, nil},
		{"too many for good", []func(http.ResponseWriter){status(429), status(429), status(429)}, 3, "the address service is asked too often: wait a moment", true, nil},
		{"refused", []func(http.ResponseWriter){func(w http.ResponseWriter) { refuseWith(w, 400, "Failed parsing query", "q: is not good") }}, 1,
			"the address service refused with status 400: Failed parsing query; q: is not good", false, nil},
		{"gone", []func(http.ResponseWriter){func(w http.ResponseWriter) { w.WriteHeader(410) }}, 1, "the address service refused with status 410", false, nil},
		{"no list", []func(http.ResponseWriter){func(w http.ResponseWriter) { w.Write([]byte(`<html>maintenance</html>`)) }}, 1,
			"the address service answered with something that is no list of addresses (a GeoJSON FeatureCollection)", false, nil},
		{"endless", []func(http.ResponseWriter){func(w http.ResponseWriter) { w.Write(bytes.Repeat([]byte(" "), mostAnswer+2)) }}, 1,
			"the address service sent more than 1048576 bytes", false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStandIn(t)
			s.trouble = c.trouble
			r, err := s.client().Search(t.Context(), query)
			if len(s.asked) != c.asked {
				t.Errorf("asked %d times, not %d", len(s.asked), c.asked)
			}
			if c.fails != "" {
				e := (*Error)(nil)
				if !errors.As(err, &e) || e.Error() != c.fails || e.Later != c.later {
					t.Errorf("%v (%+v)", err, e)
				}
				return
			}
			if err != nil || len(r.Candidates) != 1 {
				t.Fatal(r, err)
			}
			if !c.pauses(s.pauses) {
				t.Errorf("paused %v", s.pauses)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	s := newStandIn(t)
	c := s.client()
	s.server.Close()
	_, err := c.Search(t.Context(), Query{Text: "chez Jeanne Martin, Caromb"})
	e := (*Error)(nil)
	if !errors.As(err, &e) || !e.Later || e.Status != 0 || !strings.HasPrefix(err.Error(), "the address service cannot be reached at http://127.0.0.1") {
		t.Fatal(err)
	}
	if strings.Contains(err.Error()+errors.Unwrap(err).Error(), "Jeanne") {
		t.Errorf("%v names who was asked for", err)
	}
}

func TestTimeouts(t *testing.T) {
	s := newStandIn(t)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	hang := func(http.ResponseWriter) { <-release }
	s.trouble = []func(http.ResponseWriter){hang, hang}
	_, err := s.client(func(c *Config) { c.Timeout, c.Tries = 20*time.Millisecond, 1 }).Search(t.Context(), Query{Text: "Caromb"})
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Message != "did not answer in time" || !e.Later {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := s.client().Search(ctx, Query{Text: "Caromb"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A caller who has no time to wait for the limit is told so.
func TestLimit(t *testing.T) {
	c := newStandIn(t).client(func(c *Config) { c.PerSecond, c.Cached = 0.001, -1 })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Search(ctx, Query{Text: "Caromb"}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Search(ctx, Query{Text: "Caromb"})
	e := (*Error)(nil)
	if !errors.As(err, &e) || !e.Later || e.Message != "is asked too often from here: wait a moment" {
		t.Error(err)
	}
}

func TestCache(t *testing.T) {
	s := newStandIn(t)
	c := s.client()
	for range 3 {
		for _, text := range []string{"Caromb", " Caromb ", "1 place de la Mairie"} {
			r, err := c.Search(t.Context(), Query{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			r.Candidates[0].Label = "" // of the caller alone
		}
	}
	r, err := c.Search(t.Context(), Query{Text: "Caromb"})
	if err != nil || r.Candidates[0].Label != "Caromb" || len(s.asked) != 2 {
		t.Errorf("%v, %v, asked %d times", r, err, len(s.asked))
	}
	s.trouble = []func(http.ResponseWriter){status(400)}
	if _, err := c.Search(t.Context(), Query{Text: "5 rue du Four"}); err == nil {
		t.Fatal("no error")
	}
	if r, err := c.Search(t.Context(), Query{Text: "5 rue du Four"}); err != nil || len(r.Candidates) != 1 {
		t.Errorf("an error was kept: %v, %v", r, err)
	}
}

func TestQueries(t *testing.T) {
	s := newStandIn(t)
	c := s.client()
	for _, text := range []string{"", "  ", "ab", "!!", strings.Repeat("a", 201), "Car\x00omb", "Car\xffomb"} {
		if _, err := c.Search(t.Context(), Query{Text: text}); !errors.Is(err, ErrQuery) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if len(s.asked) > 0 {
		t.Errorf("%d were asked", len(s.asked))
	}
	for _, u := range []string{"data.geopf.fr", "ftp://data.geopf.fr", "http://", ":"} {
		if _, err := New(Config{BaseURL: u}); err == nil {
			t.Errorf("%q is taken", u)
		}
	}
}

func TestParse(t *testing.T) {
	for line, want := range map[string]Query{
		"12 avenue du Mont Ventoux, 84200 Carpentras": {Text: "12 avenue du Mont Ventoux", Postcode: "84200", City: "Carpentras"},
		"84330 Caromb":            {Postcode: "84330", City: "Caromb"},
		"Mas de Gouredon, Caromb": {Text: "Mas de Gouredon, Caromb"},
		"12345678 rue":            {Text: "12345678 rue"},
	} {
		if diff := cmp.Diff(want, Parse(line)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSearchAll(t *testing.T) {
	s := newStandIn(t)
	var queries []Query
	for range 150 { // two files
		queries = append(queries, Query{Text: "12 avenue du Mont Ventoux", Postcode: "84200", City: "Carpentras"}, Query{Text: "1 place de la Mairie"})
	}
	queries[7] = Query{Text: "?"}
	queries[8] = Query{Text: "rue de \"nulle\"; part, loin"}
	queries[9] = Query{Text: "Mas perdu", City: "Caromb"}
	got, err := s.client().SearchAll(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range queries {
		var want []DoubtKind
		switch {
		case i == 7 || i == 8:
			want = []DoubtKind{NotFound}
		case i == 9:
			want = []DoubtKind{LowScore, Coarse}
		case q.City == "":
			want = []DoubtKind{Ambiguous}
		}
		if !slices.Equal(kinds(got[i].Doubts), want) {
			t.Errorf("%d: %v", i, got[i])
		}
	}
	if c, ok := got[0].Best(); !ok || c.At != (geo.Point{5.0561, 44.0581}) || c.CityCode != "84031" || c.Kind != HouseNumber {
		t.Errorf("%+v", c)
	}
	if len(s.asked) != 2 || len(s.uploaded) != 2+299 {
		t.Errorf("%d requests with %d lines", len(s.asked), len(s.uploaded))
	}
	// A file that is not ours, or not whole, is refused as a whole.
	for name, file := range map[string]string{
		"no csv":         "<html>",
		"no column":      "id,adresse\n0,Caromb\n",
		"a line missing": "id,longitude,latitude,result_score,result_label\n",
		"somebody's":     "id,longitude,latitude,result_score,result_label\n5,5,44,1,x\n",
		"twice":          "id,longitude,latitude,result_score,result_label\n0,5,44,1,x\n0,5,44,1,x\n",
	} {
		s.trouble = []func(http.ResponseWriter){func(w http.ResponseWriter) { w.Write([]byte(file)) }}
		_, err := s.client().SearchAll(t.Context(), []Query{{Text: "Caromb"}})
		if e := (*Error)(nil); !errors.As(err, &e) || !strings.HasPrefix(e.Message, "answered with a file that is not") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.client().SearchAll(t.Context(), make([]Query, mostMany+1)); err == nil {
		t.Error("there is no limit")
	}
	s.trouble = []func(http.ResponseWriter){status(503)}
	if got, err := s.client().SearchAll(t.Context(), []Query{{Text: "Caromb"}}); err != nil || len(got[0].Candidates) != 1 {
		t.Error(got, err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[5.1,44.1]},"properties":{"label":"Caromb","score":0.9}}]}`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"geometry":{"coordinates":[[5]]},"properties":{"score":"1"}}]}`))
	f.Add([]byte("\ufeffid,longitude,latitude,result_score,result_label,result_score_next\n0,5.1,44.1,0.9,x,0.9\n"))
	c, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if found, err := readFeatures(body); err == nil {
			for _, x := range found {
				if !(x.At.Lon() >= -180 && x.At.Lon() <= 180 && x.At.Lat() >= -90 && x.At.Lat() <= 90) {
					t.Errorf("%v is no position", x.At)
				}
			}
			c.doubts(Query{Text: "1 rue", City: "x", Postcode: "1"}, found)
		}
		out := make([]Result, 1)
		if err := c.readBulk(body, make([]Query, 1), []int{0}, out); err == nil {
			for _, x := range out[0].Candidates {
				if !(x.At.Lon() >= -180 && x.At.Lon() <= 180 && x.At.Lat() >= -90 && x.At.Lat() <= 90) {
					t.Errorf("%v is no position", x.At)
				}
			}
		}
		refusal(500, body)
	})
}

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"type":"FeatureCollection","features":[
			{"geometry":{"type":"Point","coordinates":[5.1074,44.1111]},"properties":{"label":"1 Place de la Mairie 84330 Caromb","score":0.88,"type":"housenumber","postcode":"84330","city":"Caromb"}},
			{"geometry":{"type":"Point","coordinates":[5.1804,44.1243]},"properties":{"label":"1 Place de la Mairie 84410 Bédoin","score":0.86,"type":"housenumber","postcode":"84410","city":"Bédoin"}}]}`)
	}))
	defer server.Close()
	client, err := New(Config{BaseURL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := client.Search(context.Background(), Query{Text: "1 place de la Mairie"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Candidates[0].Label, r.Candidates[0].At)
	for _, d := range r.Doubts {
		fmt.Println(d.Kind, "–", d.Text)
	}
	// Output:
	// 1 Place de la Mairie 84330 Caromb [5.1074 44.1111]
	// ambiguous – "1 Place de la Mairie 84410 Bédoin" is as good an answer, and elsewhere.
}
