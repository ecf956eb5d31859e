package web_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"carriole/api/store"
)

// upload sends a file to the page of imports as a browser does.
func (h *house) upload(name string, content []byte) (status int, body string) {
	h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	must(h.t, err)
	_, err = part.Write(content)
	must(h.t, err)
	must(h.t, w.WriteField("do", "preview"))
	must(h.t, w.Close())
	r, err := http.NewRequest(http.MethodPost, h.url+"/sales/"+string(h.sale)+"/import", &b)
	must(h.t, err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Origin", h.url)
	r.Header.Set("Accept-Language", "fr")
	a, err := http.DefaultTransport.RoundTrip(r)
	must(h.t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	must(h.t, err)
	return a.StatusCode, string(text)
}

func (h *house) orderCount() int {
	h.t.Helper()
	n, err := h.scope().OrderCount(context.Background(), h.sale)
	must(h.t, err)
	return n
}

// Every file of the systems that are known is shown as it is understood, in the reader's language, and nothing of it goes in.
func TestImportPreview(t *testing.T) {
	h := newHouse(t)
	before := h.orderCount()
	for name, want := range map[string][]string{
		"cagette-orders.csv":     {"Cagette ou CAMAP, commandes", "quantité commandée", "personnel : nom, téléphone (jeté)"},
		"cagette-by-product.csv": {"un producteur par produit"},
		"ofn-packing.json":       {"Open Food Network"},
		"other.csv":              {"un tableau de commandes", "n’est pas un nombre", "Ligne "},
	} {
		content, err := os.ReadFile("../intake/testdata/" + name)
		must(t, err)
		status, body := h.upload(name, content)
		if status != http.StatusOK {
			t.Errorf("%s: %d", name, status)
		}
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("%s: no %q on the page", name, text)
			}
		}
		for _, english := range []string{"is no ", "must be", "it may be", "say which"} {
			if strings.Contains(body, english) {
				t.Errorf("%s: %q stands on a French page", name, english)
			}
		}
	}
	for name, tt := range map[string]struct{ content, want string }{
		"x.xlsx":    {"PK\x03\x04rest", "C’est un classeur"},
		"x.pdf":     {"%PDF-1.7 rest", "C’est un PDF"},
		"x.csv":     {"nothing", "n’a pas de tableau"},
		"empty.csv": {"", "Choisissez un fichier"},
	} {
		if status, body := h.upload(name, []byte(tt.content)); status != http.StatusUnprocessableEntity || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d, no %q", name, status, tt.want)
		}
	}
	if n := h.orderCount(); n != before {
		t.Errorf("a preview has changed the orders from %d to %d", before, n)
	}
	h.who.Role = store.Reader
	if status, _ := h.upload("x.csv", []byte("a;b\n1;2")); status != http.StatusConflict {
		t.Errorf("a reader imports: %d", status)
	}
}

// A table of nobody's system: a column is corrected, an unknown name is said to be a farm that there is, bad lines stay out; it goes in, and
// the next such file is read at once.
func TestStoryImport(t *testing.T) {
	h := newHouse(t)
	before := h.orderCount()
	w := h.window(1400, "fr")
	file := "Ref;Quoi;Combien;Chez qui;Où\nA1;Carottes 1 kg;2;Maraichage Althen;" + h.point() + "\nA2;Carottes 1 kg;deux;Maraichage Althen;" + h.point() + "\nA3;Blettes botte;3;Maraichage Althen;" + h.point() + "\n"
	choose := func() {
		w.opens("/sales/" + string(h.sale) + "/import")
		asks[chromedp.Void](w, `(() => {
			const d = new DataTransfer();
			d.items.add(new File([`+quoted(file)+`], "vrac.csv", { type: "text/csv" }));
			document.querySelector("#file").files = d.files;
		})()`)
		w.clicks("Regarder ce fichier")
	}
	w.opens("/sales/" + string(h.sale) + "/orders")
	w.clicks("Importer un fichier")
	w.accessible()
	choose()
	w.sees("Les colonnes")
	w.accessible()
	w.types("Ref", "référence de la commande")
	w.types("Quoi", "produit")
	w.types("Combien", "quantité commandée")
	w.types("Chez qui", "producteur")
	w.types("Où", "point de retrait")
	w.clicks("Relire ainsi")
	w.sees("Ce que Carriole ne connaît pas encore")
	w.sees("Ligne 3, Combien")
	w.accessible()
	w.draws("import")
	asks[chromedp.Void](w, `(() => {
		const s = document.querySelector("select[name='is[0]']");
		s.value = [...s.options].find((o) => o.text.trim() === "Légumes d’Althen").value;
	})()`)
	w.clicks("Relire ainsi")
	w.sees("Les premières lignes")
	w.clicks("Faire entrer ces commandes")
	w.sees("Lignes fautives")
	if n := h.orderCount(); n != before {
		t.Fatalf("a file with a bad line went in: %d orders, %d before", n, before)
	}
	w.clicks("Faire entrer les bonnes lignes")
	w.clicks("Faire entrer ces commandes")
	w.sees("Les commandes sont entrées")
	w.accessible()
	if n := h.orderCount(); n != before+2 {
		t.Errorf("%d orders, %d before", n, before)
	}
	products, _, err := h.scope().Products(t.Context(), store.ProductFilter{}, store.Page{Limit: 1000})
	must(t, err)
	at := slices.IndexFunc(products, func(p store.Product) bool { return p.Name == "Blettes" })
	if at < 0 || string(products[at].Producer) != h.named("Légumes d’Althen") {
		t.Errorf("the chard is nobody’s, or somebody else’s: %v", at)
	}
	choose()
	w.sees("Les premières lignes")
	if text := w.text("main"); strings.Contains(text, "Ce que Carriole ne connaît pas encore") {
		t.Errorf("the second time it is not remembered:\n%.800s", text)
	}
}
