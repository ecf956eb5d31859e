// Package address finds where a French address is, by the national address service: the geocoding of the Géoplateforme
// (data.geopf.fr/geocodage), which answers from the Base Adresse Nationale as api-adresse.data.gouv.fr did, or a server that answers
// alike.
//
// An answer is never taken in silence: [Result.Doubts] says what speaks against the best candidate, and [Result.Best] is
// one only without any.
package address

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/time/rate"

	"carriole/geo"
)

// DefaultURL is the national service.
const DefaultURL = "https://data.geopf.fr/geocodage"

// Config says which service is asked, and how. The zero value is the national one with its limits.
type Config struct {
	BaseURL   string        // before /search; empty: DefaultURL
	HTTP      *http.Client  // nil: one of its own
	Timeout   time.Duration // of one request; 0: 5 s
	Tries     int           // of a request that fails for a moment; 0: 3
	PerSecond float64       // requests; 0: 40, the national service allows 50 for an address
	MinScore  float64       // below which a candidate is doubtful; 0: 0.7
	Cached    int           // answers that are kept for a day; 0: 1000, below 0: none
	Bulk      time.Duration // of one request of many addresses; 0: 60 s

	// Wait pauses between tries; nil: for so long, or until ctx ends.
	Wait func(ctx context.Context, d time.Duration) error
}

// Limits of what is asked and answered.
const (
	leastText   = 3 // characters, which the service asks for
	mostText    = 200
	mostAnswer  = 1 << 20 // bytes
	mostRetry   = 30 * time.Second
	firstRetry  = 500 * time.Millisecond
	usualLimit  = 5
	cachedFor   = 24 * time.Hour
	nearAnother = 0.05 // scores no further apart are alike
	farApart    = 250  // metres between candidates that are not the same place
)

// Query is an address. Postcode, City and CityCode narrow and check what is found.
type Query struct {
	Text     string // number and street, or all of it
	Postcode string
	City     string
	Limit    int // candidates, at most 20; 0: 5
}

// Parse takes an address in one line apart: what follows a postcode is the city.
func Parse(line string) Query {
	if at := postcode.FindStringIndex(line); at != nil {
		return Query{Text: strings.Trim(line[:at[0]], " ,"), Postcode: line[at[0]:at[1]], City: strings.Trim(line[at[1]:], " ,")}
	}
	return Query{Text: line}
}

var postcode = regexp.MustCompile(`\b\d{5}\b`)

// Kind is how exact a candidate is.
type Kind string

// The kinds, from the most exact.
const (
	HouseNumber  Kind = "housenumber"
	Street       Kind = "street"
	Locality     Kind = "locality" // a hamlet or a named place
	Municipality Kind = "municipality"
)

// Candidate is an address that the service knows.
type Candidate struct {
	Label    string
	Kind     Kind
	Score    float64 // 0 to 1
	At       geo.Point
	Postcode string
	City     string
	CityCode string // INSEE
	ID       string // in the Base Adresse Nationale
}

// Result is what was found, the best first.
type Result struct {
	Candidates []Candidate
	Doubts     []Doubt // what speaks against taking the first without a look
}

// Doubt says why a person should look.
type Doubt struct {
	Kind DoubtKind
	Text string // an English sentence
}

// DoubtKind is a kind of doubt.
type DoubtKind string

// The doubts.
const (
	NotFound      DoubtKind = "not_found"
	LowScore      DoubtKind = "low_score"
	Ambiguous     DoubtKind = "ambiguous"      // another candidate elsewhere is as good
	Coarse        DoubtKind = "coarse"         // a commune, or the street and not the number
	OtherPostcode DoubtKind = "other_postcode" // than was asked for
	OtherCity     DoubtKind = "other_city"
)

// Best is the first candidate, when nothing speaks against it.
func (r *Result) Best() (c Candidate, ok bool) {
	if len(r.Candidates) == 0 || len(r.Doubts) > 0 {
		return c, false
	}
	return r.Candidates[0], true
}

func (r *Result) clone() *Result {
	return &Result{slices.Clone(r.Candidates), slices.Clone(r.Doubts)}
}

// Error is what the service, or the way to it, refused.
type Error struct {
	Status  int // of HTTP; 0: there was no answer
	Message string
	Later   bool // it may work later
	cause   error
}

func (e *Error) Error() string { return "the address service " + e.Message }

// Unwrap is what went wrong below.
func (e *Error) Unwrap() error { return e.cause }

// ErrQuery is the error of a query that the service would refuse.
var ErrQuery = errors.New("an address has 3 to 200 characters and begins with a letter or a number")

// Client asks an address service. It is safe for concurrent use.
type Client struct {
	config  Config
	base    *url.URL
	limiter *rate.Limiter
	cache   *lru.LRU[Query, Result]
}

// New makes a client. The error is that of a base URL that is none.
func New(config Config) (*Client, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultURL
	}
	base, err := url.Parse(config.BaseURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("address: %q is no address of a service: it must be like %s", config.BaseURL, DefaultURL)
	}
	if config.HTTP == nil {
		config.HTTP = &http.Client{}
	}
	if config.Timeout <= 0 {
		config.Timeout = 5 * time.Second
	}
	if config.Bulk <= 0 {
		config.Bulk = time.Minute
	}
	if config.Tries <= 0 {
		config.Tries = 3
	}
	if config.PerSecond <= 0 {
		config.PerSecond = 40
	}
	if config.MinScore <= 0 {
		config.MinScore = 0.7
	}
	if config.Wait == nil {
		config.Wait = wait
	}
	c := &Client{config: config, base: base, limiter: rate.NewLimiter(rate.Limit(config.PerSecond), max(1, int(config.PerSecond/4)))}
	if config.Cached >= 0 {
		if config.Cached == 0 {
			config.Cached = 1000
		}
		c.cache = lru.NewLRU[Query, Result](config.Cached, nil, cachedFor)
	}
	return c, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// clean brings a query into the form in which it is asked and remembered.
func (q Query) clean() (Query, error) {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	q.Text, q.Postcode, q.City = squeeze(q.Text), squeeze(q.Postcode), squeeze(q.City)
	q.Text = strings.TrimLeftFunc(q.Text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if q.Limit <= 0 {
		q.Limit = usualLimit
	}
	q.Limit = min(q.Limit, 20)
	if n := utf8.RuneCountInString(q.ask()); n < leastText || n > mostText || !utf8.ValidString(q.ask()) || strings.ContainsRune(q.ask(), 0) {
		return q, fmt.Errorf("%q: %w", shorten(q.ask()), ErrQuery)
	}
	return q, nil
}

// ask is the text that is asked for: with the city, which the service has no filter for.
func (q Query) ask() string {
	if q.City == "" || strings.Contains(fold(q.Text), fold(q.City)) {
		return q.Text
	}
	return strings.TrimSpace(q.Text + " " + q.City)
}

func shorten(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Search looks an address up. An error is ErrQuery, an *Error or that of ctx.
func (c *Client) Search(ctx context.Context, q Query) (*Result, error) {
	q, err := q.clean()
	if err != nil {
		return nil, err
	}
	if c.cache != nil {
		if r, ok := c.cache.Get(q); ok {
			return r.clone(), nil
		}
	}
	parameters := url.Values{"q": {q.ask()}, "limit": {strconv.Itoa(q.Limit)}, "autocomplete": {"0"}, "index": {"address"}}
	if q.Postcode != "" {
		parameters.Set("postcode", q.Postcode)
	}
	u := c.base.JoinPath("search")
	u.RawQuery = parameters.Encode()
	body, err := c.try(ctx, c.config.Timeout, mostAnswer, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	})
	if err != nil {
		return nil, err
	}
	candidates, err := readFeatures(body)
	if err != nil {
		return nil, err
	}
	r := Result{Candidates: candidates}
	r.Doubts = c.doubts(q, candidates)
	if c.cache != nil {
		c.cache.Add(q, *r.clone())
	}
	return &r, nil
}

// try asks until there is an answer, as often as the configuration says. What fails for a moment (429, 5xx, no answer) is tried again
// after as long as the service asks for, or twice as long each time.
func (c *Client) try(ctx context.Context, timeout time.Duration, most int64, request func(context.Context) (*http.Request, error)) ([]byte, error) {
	pause := firstRetry
	for n := 1; ; n++ {
		if err := c.limiter.Wait(ctx); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &Error{Message: "is asked too often from here: wait a moment", Later: true, cause: err}
		}
		body, after, err := c.once(ctx, timeout, most, request)
		e := (*Error)(nil)
		if err == nil || ctx.Err() != nil || !errors.As(err, &e) || !e.Later || n >= c.config.Tries {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return body, err
		}
		d := pause + rand.N(pause/2)
		if after > 0 {
			d = min(after, mostRetry)
		}
		if err := c.config.Wait(ctx, d); err != nil {
			return nil, err
		}
		pause = min(2*pause, mostRetry)
	}
}

func (c *Client) once(ctx context.Context, timeout time.Duration, most int64, request func(context.Context) (*http.Request, error)) (body []byte, after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := request(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("address: %w", err)
	}
	r.Header.Set("User-Agent", "carriole")
	r.Header.Set("Accept", "application/json, text/csv")
	response, err := c.config.HTTP.Do(r)
	if err != nil {
		return nil, 0, c.unreached(err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return nil, 0, c.unreached(err)
	case response.StatusCode != http.StatusOK:
		return nil, retryAfter(response), refusal(response.StatusCode, body)
	case int64(len(body)) > most:
		return nil, 0, &Error{Status: response.StatusCode, Message: fmt.Sprintf("sent more than %d bytes", most)}
	}
	return body, 0, nil
}

// unreached says what went wrong on the way without the address that was asked for, which may be somebody's home.
func (c *Client) unreached(err error) error {
	e := &Error{Message: "cannot be reached at " + c.base.Redacted(), Later: true, cause: err}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		e.cause = u.Err
	}
	if t := (net.Error)(nil); errors.As(err, &t) && t.Timeout() {
		e.Message = "did not answer in time"
	}
	return e
}

// refusal reads an error as the service sends it: a code, a message and details.
func refusal(status int, body []byte) error {
	e := &Error{Status: status, Later: status == http.StatusTooManyRequests || status >= 500}
	var said struct {
		Message string   `json:"message"`
		Detail  []string `json:"detail"`
	}
	if json.Unmarshal(body, &said) != nil {
		said.Message = ""
	}
	text := strings.Join(append([]string{said.Message}, said.Detail...), "; ")
	switch {
	case status == http.StatusTooManyRequests:
		e.Message = "is asked too often: wait a moment"
	case strings.Trim(text, "; ") != "":
		e.Message = fmt.Sprintf("refused with status %d: %s", status, shortenTo(strings.Trim(text, "; "), 300))
	default:
		e.Message = fmt.Sprintf("refused with status %d", status)
	}
	return e
}

func shortenTo(s string, most int) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// retryAfter is how long the service asks to wait; 0: it does not say.
func retryAfter(r *http.Response) time.Duration {
	s := r.Header.Get("Retry-After")
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < 1e6 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(0, time.Until(t))
	}
	return 0
}

// readFeatures reads the GeoJSON of an answer. A feature without a position is left out.
func readFeatures(body []byte) ([]Candidate, error) {
	var answer struct {
		Type     string
		Features []struct {
			Geometry struct {
				Coordinates json.RawMessage
			}
			Properties struct {
				Label, ID, Type, Postcode, City, Citycode string
				Score                                     float64
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Type != "FeatureCollection" {
		return nil, &Error{Status: http.StatusOK, Message: "answered with something that is no list of addresses (a GeoJSON FeatureCollection)", cause: err}
	}
	var out []Candidate
	for _, f := range answer.Features {
		var at []float64
		if json.Unmarshal(f.Geometry.Coordinates, &at) != nil || len(at) < 2 || !onEarth(at[0], at[1]) {
			continue
		}
		p := f.Properties
		out = append(out, Candidate{Label: p.Label, Kind: Kind(p.Type), Score: p.Score, At: geo.Point{at[0], at[1]}, Postcode: p.Postcode, City: p.City, CityCode: p.Citycode, ID: p.ID})
	}
	return out, nil
}

func onEarth(lon, lat float64) bool { return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90 }

// doubts is what speaks against the first candidate.
func (c *Client) doubts(q Query, found []Candidate) (out []Doubt) {
	add := func(kind DoubtKind, format string, args ...any) {
		out = append(out, Doubt{kind, fmt.Sprintf(format, args...)})
	}
	if len(found) == 0 {
		add(NotFound, "No address like this is known: check its spelling, or pick the place on the map.")
		return out
	}
	best := found[0]
	if best.Score < c.config.MinScore {
		add(LowScore, "%q is only %.0f %% like what was asked for.", best.Label, 100*best.Score)
	}
	for _, other := range found[1:] {
		if best.Score-other.Score <= nearAnother && geo.GreatCircle(best.At, other.At) > farApart {
			add(Ambiguous, "%q is as good an answer, and elsewhere.", other.Label)
			break
		}
	}
	switch {
	case best.Kind == Municipality:
		add(Coarse, "It is a whole commune: the position is its middle.")
	case best.Kind == Street && startsWithNumber(q.Text):
		add(Coarse, "The street was found and not the number: the position is the street's middle.")
	}
	if q.Postcode != "" && best.Postcode != "" && q.Postcode != best.Postcode {
		add(OtherPostcode, "It has the postcode %s, not %s.", best.Postcode, q.Postcode)
	}
	if q.City != "" && best.City != "" && fold(q.City) != fold(best.City) {
		add(OtherCity, "It is in %s, not in %s.", best.City, q.City)
	}
	return out
}

func startsWithNumber(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsDigit(r)
}

// fold makes names of communes alike that differ in case, accents, hyphens or a saint's abbreviation.
func fold(s string) string {
	s = unaccent.Replace(strings.ToLower(s))
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	for i, w := range words {
		switch w {
		case "st":
			words[i] = "saint"
		case "ste":
			words[i] = "sainte"
		}
	}
	return strings.Join(words, " ")
}

var unaccent = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u", "ÿ", "y", "œ", "oe", "æ", "ae")
