package intake

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// A sheet is a table as it stands in a file.
type sheet struct {
	encoding   string
	separator  string // of CSV
	header     []string
	headerLine int // 1 is the file's first; 0: a JSON document has none
	records    []record
}

type record struct {
	line  int // of JSON: the number of the object
	cells []string
}

// What a file may have.
const (
	mostBytes   = 64 << 20
	mostRecords = 500_000
	mostColumns = 500
)

// readSheet reads a CSV file, or the JSON of a report.
func readSheet(data []byte) (*sheet, error) {
	if len(data) > mostBytes {
		return nil, fmt.Errorf("the file has %d bytes: at most %d are read", len(data), mostBytes)
	}
	text, encoding, err := decode(data)
	if err != nil {
		return nil, err
	}
	if start := strings.TrimSpace(text); strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") {
		return readObjects(start, encoding)
	}
	return readTable(text, encoding)
}

// decode finds the encoding: a byte order mark says it; what is valid UTF-8 is UTF-8, or nearly so when some characters
// were damaged; everything else is what Excel writes in France, Windows-1252.
func decode(data []byte) (text, name string, err error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return "", "", errors.New("the file is a spreadsheet: save it as CSV and import that")
	case bytes.HasPrefix(data, []byte("%PDF")):
		return "", "", errors.New("the file is a PDF: export the orders as CSV and import that")
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		name, text = "UTF-8 with BOM", strings.ToValidUTF8(string(data[3:]), "�")
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		name, from = "UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		name, from = "UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case mostlyUTF8(data):
		name, text = "UTF-8", strings.ToValidUTF8(string(data), "�")
	default:
		name, from = "Windows-1252", charmap.Windows1252
	}
	if from != nil {
		decoded, err := from.NewDecoder().Bytes(data)
		if err != nil {
			return "", "", fmt.Errorf("the file is not the %s that it seems to be: %w", name, err)
		}
		text = string(decoded)
	}
	if strings.ContainsRune(text, 0) {
		return "", "", errors.New("the file is not text: export the orders as CSV and import that")
	}
	return text, name, nil
}

// mostlyUTF8 says whether characters of several bytes are more often right than wrong, by far.
func mostlyUTF8(data []byte) bool {
	right, wrong := 0, 0
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n <= 1:
			wrong++
		case n > 1:
			right++
		}
		data = data[n:]
	}
	return wrong == 0 || right > 10*wrong
}

// separators in the order in which they are tried.
var separators = []string{";", ",", "\t", "|"}

// readTable finds the separator and the header: those under which the most columns are recognised, and else those that
// divide the most lines alike.
func readTable(text, encoding string) (*sheet, error) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	first, rest, _ := strings.Cut(text, "\n")
	candidates := separators
	if stated, ok := strings.CutPrefix(strings.ToLower(first), "sep="); ok && slices.Contains(separators, stated) {
		candidates, text = []string{stated}, "\n"+rest // Excel's own line; the others keep their numbers
	}
	var best *sheet
	bestScore := -1
	for _, separator := range candidates {
		const sample = 200 // lines are enough to decide
		records := tokenize(head(text, sample), separator)
		at, known := findHeader(records)
		if at < 0 {
			continue
		}
		alike := 0
		for _, r := range records {
			if n := len(r.cells); n > 1 && n == len(records[at].cells) {
				alike++
			}
		}
		if score := known*10_000 + alike; score > bestScore {
			best, bestScore = &sheet{encoding: encoding, separator: separator}, score
		}
	}
	if best == nil {
		return nil, errors.New("the file has no table: it must have a line of headers and lines of values divided by ; , or tabs")
	}
	records := tokenize(text, best.separator)
	at, _ := findHeader(records)
	if at < 0 {
		return nil, errors.New("the file has no line of headers")
	}
	best.header, best.headerLine, best.records = trimmed(records[at].cells), records[at].line, records[at+1:]
	return best, best.check()
}

func head(text string, lines int) string {
	at := 0
	for range lines {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return text
		}
		at += n + 1
	}
	return text[:at]
}

func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimSpace(c)
	}
	for len(out) > 0 && out[len(out)-1] == "" { // a separator at the end of the line
		out = out[:len(out)-1]
	}
	return out
}

func (s *sheet) check() error {
	if len(s.header) > mostColumns {
		return fmt.Errorf("the file has %d columns: at most %d are read", len(s.header), mostColumns)
	}
	if len(s.records) > mostRecords {
		return fmt.Errorf("the file has %d lines: at most %d are read at once", len(s.records), mostRecords)
	}
	return nil
}

// findHeader finds the line of headers: of the first, the one in which the most headers are known; without any, the
// first line of several texts. Rows of metadata may stand before it.
func findHeader(records []record) (at, known int) {
	const reach = 40
	at = -1
	fallback := -1
	for i, r := range records[:min(len(records), reach)] {
		n, numbers, filled := 0, 0, 0
		seen := map[string]bool{}
		for _, c := range r.cells {
			key := headerKey(c)
			if key == "" {
				continue
			}
			filled++
			if _, ok := vocabulary[key]; ok && !seen[key] {
				n++
			}
			seen[key] = true
			if strings.ContainsAny(c[:1], "0123456789-+") {
				numbers++
			}
		}
		if n >= 2 && n > known && 2*n >= filled-numbers {
			at, known = i, n
		}
		if fallback < 0 && filled >= 2 && numbers == 0 {
			fallback = i
		}
	}
	if at < 0 {
		at = fallback
	}
	return at, known
}

// tokenize divides a text into records.
//
// Where it is CSV as RFC 4180 has it, it is read so. Else the rule is made for what Cagette writes, each value in quotes
// with the quotes inside left as they are. A line that begins and ends with a quote is divided at quote, separator,
// quote, and at nothing else: a value may have quotes, and separators, anywhere. Only a value that has quote, separator,
// quote in it, or ends with quote, separator, is divided wrongly, and the line is then short or long of values. Any other
// line is divided at separators; a value that begins with a quote ends at the next quote before a separator or the line's
// end, and two quotes in it are one. A line that is short of values and ends within a quoted one goes on in the next.
func tokenize(text, separator string) []record {
	if records, ok := tokenizeStrict(text, separator); ok {
		return records
	}
	lines := strings.Split(text, "\n")
	want := usualCount(lines, separator)
	var out []record
	doubled := true // every quote within a line's values is doubled
	for i := 0; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		cells, wrapped, used := divide(lines[i:], separator, want)
		if wrapped {
			doubled = doubled && !slices.ContainsFunc(cells, lonelyQuote)
		}
		if !blank(cells) {
			out = append(out, record{i + 1, cells})
		}
		i += used - 1
	}
	if doubled {
		for _, r := range out {
			for i, c := range r.cells {
				r.cells[i] = strings.ReplaceAll(c, `""`, `"`)
			}
		}
	}
	return out
}

// lonelyQuote says whether a text has quotes in a run of an odd length.
func lonelyQuote(s string) bool { return strings.Contains(strings.ReplaceAll(s, `""`, ""), `"`) }

func tokenizeStrict(text, separator string) ([]record, bool) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, _ = utf8.DecodeRuneInString(separator)
	r.FieldsPerRecord = -1
	var out []record
	counts := map[int]int{}
	several := map[int]bool{} // counts of the records that span lines
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false
		}
		line, _ := r.FieldPos(0)
		counts[len(cells)]++
		if slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(c, "\n") }) {
			several[len(cells)] = true
		}
		if !blank(cells) {
			out = append(out, record{line, cells})
		}
	}
	// A stray quote can swallow lines; a real value of several lines stands in a record as long as the others.
	for n := range several {
		if counts[n] < len(out)/2 {
			return nil, false
		}
	}
	return out, true
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// usualCount is the number of values that the most lines have.
func usualCount(lines []string, separator string) int {
	counts := map[int]int{}
	best := 0
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		cells, ok := unwrap(line, separator)
		if !ok {
			cells, _ = lenient(line, separator)
		}
		n := len(cells)
		if counts[n]++; counts[n] > counts[best] || counts[n] == counts[best] && n > best {
			best = n
		}
	}
	return best
}

// divide divides the first of some lines, and says how many lines it took.
func divide(lines []string, separator string, want int) (cells []string, wrapped bool, used int) {
	const reach = 20
	cells, wrapped = unwrap(lines[0], separator)
	if wrapped && len(cells) == want {
		return cells, true, 1
	}
	plain, open := lenient(lines[0], separator)
	if len(plain) == want && !open {
		return plain, false, 1
	}
	for n := 2; (open || strings.HasPrefix(lines[0], `"`) && !wrapped) && n <= min(reach, len(lines)); n++ {
		joined := strings.Join(lines[:n], "\n")
		if more, ok := unwrap(joined, separator); ok && len(more) == want {
			return more, true, n
		}
		if more, stillOpen := lenient(joined, separator); !stillOpen && len(more) == want {
			return more, false, n
		}
	}
	if wrapped {
		return cells, true, 1
	}
	return plain, false, 1
}

// unwrap divides a line whose values are all in quotes.
func unwrap(line, separator string) ([]string, bool) {
	line = strings.TrimRight(line, " \t")
	if len(line) < 2 || line[0] != '"' || line[len(line)-1] != '"' {
		return nil, false
	}
	return strings.Split(line[1:len(line)-1], `"`+separator+`"`), true
}

// lenient divides a line of which some values are in quotes; open: the last of them has no end.
func lenient(line, separator string) (cells []string, open bool) {
	for {
		if !strings.HasPrefix(line, `"`) {
			cell, rest, more := strings.Cut(line, separator)
			cells = append(cells, cell)
			if !more {
				return cells, false
			}
			line = rest
			continue
		}
		end := -1
		for i := 1; i < len(line); i++ {
			if line[i] == '"' && (i+1 == len(line) || strings.HasPrefix(line[i+1:], separator)) {
				end = i
				break
			}
		}
		if end < 0 {
			return append(cells, line[1:]), true
		}
		cells = append(cells, strings.ReplaceAll(line[1:end], `""`, `"`))
		if end+1 == len(line) {
			return cells, false
		}
		line = line[end+1+len(separator):]
	}
}

// readObjects reads the JSON of a report: {"data": […]}, or the list alone, of objects with plain values.
func readObjects(text, encoding string) (*sheet, error) {
	if !strings.HasPrefix(text, "[") {
		var envelope struct {
			Data  json.RawMessage `json:"data"`
			Error string          `json:"error"`
		}
		if err := json.Unmarshal([]byte(text), &envelope); err != nil {
			return nil, fmt.Errorf("the JSON cannot be read: %w", err)
		}
		if envelope.Error != "" {
			return nil, fmt.Errorf("the report is an error: %s", envelope.Error)
		}
		if len(envelope.Data) == 0 || envelope.Data[0] != '[' {
			return nil, errors.New(`the JSON has no list of rows: it must be like {"data": [{"hub": …}]}`)
		}
		text = string(envelope.Data)
	}
	var objects []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &objects); err != nil {
		return nil, fmt.Errorf("the JSON is no list of objects: %w", err)
	}
	s := &sheet{encoding: encoding + " JSON"}
	at := map[string]int{}
	for _, o := range objects {
		for key := range o {
			at[key] = 0
		}
	}
	for key := range at {
		s.header = append(s.header, key)
	}
	slices.Sort(s.header) // the same whatever order objects come in
	for i, key := range s.header {
		at[key] = i
	}
	for i, o := range objects {
		cells := make([]string, len(s.header))
		for key, raw := range o {
			cell, err := plainValue(raw)
			if err != nil {
				return nil, fmt.Errorf("row %d, %s: %w", i+1, key, err)
			}
			cells[at[key]] = cell
		}
		if !blank(cells) {
			s.records = append(s.records, record{i + 1, cells})
		}
	}
	return s, s.check()
}

func plainValue(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return strings.ReplaceAll(s, "\x00", ""), err
	case '{', '[':
		return "", errors.New("is not a plain value")
	case 'n':
		return "", nil
	}
	return string(raw), nil // a number as it is written, true, false
}
