package intake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadSheet(t *testing.T) {
	for _, x := range []struct {
		file, encoding, separator string
		headerLine, columns       int
		records                   int
		format                    Format
	}{
		{"cagette-orders.csv", "UTF-8", ";", 1, 12, 7, CagetteOrders},
		{"cagette-by-product.csv", "UTF-8", ";", 1, 7, 4, CagetteByProduct},
		{"cagette-by-member.csv", "UTF-8", ";", 1, 7, 2, CagetteByMember},
		{"cagette-products.csv", "UTF-8", ";", 1, 11, 3, CagetteProducts},
		{"cagette-products-import.csv", "UTF-8", ",", 1, 10, 2, CagetteProducts},
		{"ofn-supplier-by-hub.csv", "UTF-8", ",", 5, 8, 7, OFNSupplierByHub},
		{"ofn-hub-totals.csv", "UTF-8", ",", 1, 9, 3, OFNHubTotals},
		{"ofn-supplier-totals.csv", "UTF-8", ",", 1, 7, 2, OFNSupplierTotals},
		{"ofn-packing-1252.csv", "Windows-1252", ",", 1, 12, 3, OFNPacking},
		{"ofn-packing.json", "UTF-8 JSON", "", 0, 19, 7, OFNPacking},
		{"other.csv", "UTF-8 with BOM", "\t", 1, 8, 3, Other},
	} {
		s, err := readSheet(fixture(t, x.file))
		if err != nil {
			t.Errorf("%s: %v", x.file, err)
			continue
		}
		if s.encoding != x.encoding || s.separator != x.separator || s.headerLine != x.headerLine || len(s.header) != x.columns || len(s.records) != x.records || recognise(s.header) != x.format {
			t.Errorf("%s: %s, separator %q, header of %d on line %d, %d records, %s; want %+v", x.file, s.encoding, s.separator, len(s.header), s.headerLine, len(s.records), recognise(s.header), x)
		}
	}
}

func TestEncodings(t *testing.T) {
	const text = "produit;quantité\nCrème brûlée – 1 €;2\n"
	utf16le := []byte{0xff, 0xfe}
	utf16be := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
		utf16be = append(utf16be, byte(u>>8), byte(u))
	}
	for name, data := range map[string][]byte{
		"UTF-8":          []byte(text),
		"UTF-8 with BOM": []byte("\xef\xbb\xbf" + text),
		"UTF-16LE":       utf16le,
		"UTF-16BE":       utf16be,
		"Windows-1252":   []byte("produit;quantit\xe9\nCr\xe8me br\xfbl\xe9e \x96 1 \x80;2\n"),
	} {
		got, encoding, err := decode(data)
		if err != nil || got != text || encoding != name {
			t.Errorf("%s: %q, %s, %v", name, got, encoding, err)
		}
	}
	// One damaged character does not make a file of UTF-8 another.
	got, encoding, err := decode([]byte(strings.Repeat("é", 20) + "\xff"))
	if err != nil || encoding != "UTF-8" || !strings.HasSuffix(got, "é�") {
		t.Errorf("a damaged file is %s, %q, %v", encoding, got, err)
	}
	for what, data := range map[string]string{"a spreadsheet": "PK\x03\x04xl/workbook.xml", "an old spreadsheet": "\xd0\xcf\x11\xe0\xa1", "a PDF": "%PDF-1.7", "zeros": "a;b\x00\n1;2", "nothing": "", "one word": "bonjour",
		"an HTML page": "<html></html>", "broken JSON": `{"data": [`, "JSON without rows": `{"ok": true}`, "a refusal": `{"error": "no such report"}`, "nested JSON": `[{"a": {"b": 1}}]`} {
		if s, err := readSheet([]byte(data)); err == nil {
			t.Errorf("%s is read as a table: %+v", what, s)
		}
	}
}

func TestTokenize(t *testing.T) {
	for _, x := range []struct {
		name, separator, text string
		want                  [][]string
	}{
		{"plain", ";", "a;b\n1;2\n", [][]string{{"a", "b"}, {"1", "2"}}},
		{"empty lines are no records", ";", "a;b\n\n1;2\n;\n\n3;4", [][]string{{"a", "b"}, {"1", "2"}, {"3", "4"}}},
		{"escaped quotes", ",", "a,b\n\"x \"\"y\"\", z\",2\n", [][]string{{"a", "b"}, {`x "y", z`, "2"}}},
		{"a value of two lines", ",", "a,b\n\"x\ny\",2\n3,4\n", [][]string{{"a", "b"}, {"x\ny", "2"}, {"3", "4"}}},
		{"Cagette: inner quotes", ";", "a;b;c\n\"1\";\"tomme \"fermière\"\";\"3\"\n", [][]string{{"a", "b", "c"}, {"1", `tomme "fermière"`, "3"}}},
		{"Cagette: quotes at both ends", ";", "a;b;c\n\"\"x\"\";\"\";\"\"\"\n", [][]string{{"a", "b", "c"}, {`"x"`, "", `"`}}},
		{"Cagette: a separator within quotes", ";", "a;b;c\n\"1\";\"la \"tomme\"; fermière\";\"3\"\n\"4\";\"5\";\"6\"\n", [][]string{{"a", "b", "c"}, {"1", `la "tomme"; fermière`, "3"}, {"4", "5", "6"}}},
		{"Cagette: a separator and no quotes", ";", "a;b\n\"x; y\";\"2\"\n", [][]string{{"a", "b"}, {"x; y", "2"}}},
		{"Cagette: a name of two lines", ";", "a;b\n\"le \"bon\n\" lait\";\"2\"\n\"3\";\"4\"\n", [][]string{{"a", "b"}, {"le \"bon\n\" lait", "2"}, {"3", "4"}}},
		{"all quoted, escaped", ";", "a;b\n\"x \"\"y\"\"\";\"2\"\n\"say \"\"3\"\"\";\"4\"\n", [][]string{{"a", "b"}, {`x "y"`, "2"}, {`say "3"`, "4"}}},
		{"a lonely quote in a plain value", ";", "a;b\nplanche 12\";2\n\"x\";3\n", [][]string{{"a", "b"}, {`planche 12"`, "2"}, {"x", "3"}}},
		{"a lonely quote in a quoted value", ";", "a;b\n\"planche 12\" bois\";2\n", [][]string{{"a", "b"}, {`planche 12" bois`, "2"}}},
		{"a quote that never ends", ";", "a;b\n\"x;2\n3;4\n", [][]string{{"a", "b"}, {"x;2"}, {"3", "4"}}},
	} {
		var got [][]string
		for _, r := range tokenize(x.text, x.separator) {
			got = append(got, r.cells)
		}
		if d := cmp.Diff(x.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", x.name, d)
		}
	}
}

// Whatever names people give, what Cagette writes of them is read as they are, within the stated rule.
func TestTokenizeCagette(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[a-zé ;"',0-9]{0,12}`).Filter(func(s string) bool {
			return !strings.Contains(s, `";"`) && !strings.HasSuffix(s, `";`) && !strings.HasPrefix(s, `;"`) && !strings.Contains(s, `""`) && strings.TrimSpace(s) == s
		})
		row := rapid.SliceOfN(value, 3, 3).Filter(func(cells []string) bool { return !blank(cells) })
		rows := rapid.SliceOfN(row, 2, 8).Draw(t, "rows")
		rows = append(rows, []string{`tomme "fermière"`, "1", "2"}) // so that the dialect shows
		text := "a;b;c\n"
		for _, r := range rows {
			text += `"` + strings.Join(r, `";"`) + "\"\n"
		}
		var got [][]string
		for _, r := range tokenize(text, ";")[1:] {
			got = append(got, r.cells)
		}
		if d := cmp.Diff(rows, got); d != "" {
			t.Fatalf("%s(-written +read):\n%s", text, d)
		}
	})
}

func TestDecimals(t *testing.T) {
	for _, x := range []struct {
		values []string
		mark   decimalMark
	}{
		{[]string{"3,50", "2,40"}, comma}, {[]string{"1.5", "2"}, point}, {[]string{"1 234,50"}, comma}, {[]string{"1.234,50", "3,5"}, comma}, {[]string{"1,234.50", "1,000"}, point},
		{[]string{"1,234,567"}, point}, {[]string{"2", "3"}, point}, {nil, point},
	} {
		if got := findDecimal(x.values); got != x.mark {
			t.Errorf("%v has the mark %c, want %c", x.values, got, x.mark)
		}
	}
	for _, x := range []struct {
		text   string
		mark   decimalMark
		places int
		want   int64
	}{
		{"3,50", comma, 2, 350}, {"3.50", comma, 2, 350}, {"1 234,5 €", comma, 2, 123450}, {"1.234,5", comma, 2, 123450}, {"1,234.5", point, 2, 123450}, {"1,5", point, 3, 1500},
		{"0.30000000000000004", point, 3, 300}, {"1e-05", point, 3, 0}, {"2.0005", point, 3, 2001}, {"-2.0005", point, 3, -2001}, {"+4", point, 0, 4}, {"1\u202f000", comma, 0, 1000}, {"7.", point, 0, 7},
	} {
		if got, err := parseDecimal(x.text, x.mark, x.places); err != nil || got != x.want {
			t.Errorf("%q is %d, %v, want %d", x.text, got, err, x.want)
		}
	}
	for _, wrong := range []string{"", "deux", "2 kg", "1,2,3,4,", "--1", "NaN", "Inf", "0x10", "1e999", "99999999999999999999", strings.Repeat("1", 50)} {
		if got, err := parseDecimal(wrong, comma, 3); err == nil {
			t.Errorf("%q is read as %d", wrong, got)
		}
	}
}

func FuzzReadSheet(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			f.Add(fixture(f, filepath.Base(name)))
		}
	}
	f.Add([]byte("sep=;\na;b\n\"x\"y\";2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readSheet(data)
		if err != nil {
			return
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		if s.encoding == "UTF-16LE" || s.encoding == "UTF-16BE" {
			lines = len(data)
		}
		last := s.headerLine
		for _, r := range s.records {
			if blank(r.cells) || r.line <= last || s.headerLine > 0 && r.line > lines {
				t.Fatalf("line %d of %d after %d: %q", r.line, lines, last, r.cells)
			}
			last = r.line
		}
		format := recognise(s.header)
		r := &reader{sheet: s, format: format, columns: propose(format, s.header)}
		for _, x := range r.rows() {
			m := measureProduct(x.product, x.variant, x.unit, x.unitQuantity)
			if w := weigh(x.fullName(), m, nil); w.grams < 0 || w.millilitres < 0 {
				t.Fatalf("%+v weighs %+v", x, w)
			}
		}
	})
}

func FuzzMeasure(f *testing.F) {
	for _, s := range []string{"Pommes 1 kg", "6 x 75cl", "1/2 poulet", "Œufs 12 pièces", "2x250g", "1kg500", "entre 1 et 2 kg", "500g x2 3 pièces", "999 x 999 tonnes"} {
		f.Add(s, "", "", "")
		f.Add("Tomme", s, "g", "250")
	}
	f.Fuzz(func(t *testing.T, name, variant, unit, number string) {
		m := measureProduct(name, variant, unit, number)
		w := weigh(name, m, nil)
		if m.grams < 0 || m.millilitres < 0 || m.grams > 0 && m.millilitres > 0 || !m.sized() && m.thousandths <= 0 || w.grams < 0 || w.millilitres < 0 || w.from == "" {
			t.Fatalf("%q, %q, %q, %q: %+v, %+v", name, variant, unit, number, m, w)
		}
	})
}

func FuzzDecimal(f *testing.F) {
	f.Add("1 234,50 €", true)
	f.Add("-1e-9", false)
	f.Fuzz(func(t *testing.T, s string, french bool) {
		mark := point
		if french {
			mark = comma
		}
		if n, err := parseDecimal(s, mark, 3); err == nil {
			if again, err := parseDecimal(formatMilli(max(n, -n)), comma, 3); err != nil || again != max(n, -n) {
				t.Fatalf("%q is %d, and that written again %d: %v", s, n, again, err)
			}
		}
	})
}
