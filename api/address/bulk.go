package address

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"

	"carriole/geo"
)

// Limits of looking up many.
const (
	bulkLines   = 200     // of one file: the service answers within some seconds
	mostMany    = 20_000  // of one call
	mostBulk    = 4 << 20 // bytes of one answer
	columnID    = "id"
	columnText  = "adresse"
	columnCity  = "ville"
	columnCode  = "code_postal"
	statusFound = "ok"
)

// SearchAll looks many addresses up, some hundred in a request, by the service's CSV endpoint. The results are in the order of the
// queries, each with one candidate at most; the doubts are as in Search, with what the file says of the second best. A query that
// the service would refuse has no candidate and says so.
func (c *Client) SearchAll(ctx context.Context, queries []Query) ([]Result, error) {
	if len(queries) > mostMany {
		return nil, fmt.Errorf("address: %d addresses at once: at most %d", len(queries), mostMany)
	}
	out := make([]Result, len(queries))
	var asked []int
	cleaned := make([]Query, len(queries))
	for i, q := range queries {
		q, err := q.clean()
		cleaned[i] = q
		if err != nil {
			out[i].Doubts = []Doubt{{NotFound, "It is no address that can be looked up: it must have 3 to 200 characters and begin with a letter or a number."}}
			continue
		}
		asked = append(asked, i)
	}
	for part := range slices.Chunk(asked, bulkLines) {
		if err := c.bulk(ctx, cleaned, part, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bulk looks up those queries of which it is given the indexes.
func (c *Client) bulk(ctx context.Context, queries []Query, part []int, out []Result) error {
	form, kind, err := upload(queries, part)
	if err != nil {
		return fmt.Errorf("address: %w", err)
	}
	u := c.base.JoinPath("search", "csv")
	body, err := c.try(ctx, c.config.Bulk, mostBulk, func(ctx context.Context) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(form))
		if err == nil {
			r.Header.Set("Content-Type", kind)
		}
		return r, err
	})
	if err != nil {
		return err
	}
	return c.readBulk(body, queries, part, out)
}

// upload is the form that the service takes: the file, which columns are the address, and which is the postcode.
func upload(queries []Query, part []int) (form []byte, kind string, err error) {
	var file, body bytes.Buffer
	w := csv.NewWriter(&file)
	lines := [][]string{{columnID, columnText, columnCity, columnCode}}
	for _, i := range part {
		q := queries[i]
		lines = append(lines, []string{strconv.Itoa(i), q.Text, q.City, q.Postcode})
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, "", err
	}
	m := multipart.NewWriter(&body)
	for _, field := range [][2]string{{"columns", columnText}, {"columns", columnCity}, {"postcode", columnCode}} {
		if err := m.WriteField(field[0], field[1]); err != nil {
			return nil, "", err
		}
	}
	upload, err := m.CreateFormFile("data", "addresses.csv")
	if err != nil {
		return nil, "", err
	}
	if _, err := upload.Write(file.Bytes()); err != nil {
		return nil, "", err
	}
	if err := m.Close(); err != nil {
		return nil, "", err
	}
	return body.Bytes(), m.FormDataContentType(), nil
}

// readBulk reads the file that comes back: ours with the columns of the results.
func (c *Client) readBulk(body []byte, queries []Query, part []int, out []Result) error {
	wrong := func(err error) error {
		return &Error{Status: http.StatusOK, Message: "answered with a file that is not the one that was sent with results", cause: err}
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		return wrong(err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	for _, name := range []string{columnID, "longitude", "latitude", "result_score", "result_label"} {
		if _, ok := at[name]; !ok {
			return wrong(fmt.Errorf("it has no column %s", name))
		}
	}
	seen := map[int]bool{}
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return wrong(err)
		}
		field := func(name string) string {
			if i, ok := at[name]; ok && i < len(line) {
				return line[i]
			}
			return ""
		}
		number := func(name string) (float64, bool) {
			x, err := strconv.ParseFloat(field(name), 64)
			return x, err == nil && !math.IsNaN(x)
		}
		i, err := strconv.Atoi(field(columnID))
		if err != nil || !slices.Contains(part, i) || seen[i] {
			return wrong(fmt.Errorf("it has a line of %q, which was not asked for", shorten(field(columnID))))
		}
		seen[i] = true
		var found []Candidate
		lon, ok1 := number("longitude")
		lat, ok2 := number("latitude")
		score, ok3 := number("result_score")
		if status := field("result_status"); (status == "" || status == statusFound) && ok1 && ok2 && ok3 && onEarth(lon, lat) {
			found = []Candidate{{Label: field("result_label"), Kind: Kind(field("result_type")), Score: score, At: geo.Point{lon, lat},
				Postcode: field("result_postcode"), City: field("result_city"), CityCode: field("result_citycode"), ID: field("result_id")}}
		}
		out[i] = Result{Candidates: found, Doubts: c.doubts(queries[i], found)}
		if next, ok := number("result_score_next"); ok && len(found) > 0 && score-next <= nearAnother {
			out[i].Doubts = append(out[i].Doubts, Doubt{Ambiguous, "Another address is as good an answer: look it up by itself to see both."})
		}
	}
	if len(seen) != len(part) {
		return wrong(fmt.Errorf("it has %d of %d lines", len(seen), len(part)))
	}
	return nil
}
