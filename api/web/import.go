package web

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carriole/api/intake"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// An importView is a file on its way into a sale: to be chosen, looked at and corrected, or in. The page has the file with it, packed,
// so that nothing of it is kept before it is confirmed.
type importView struct {
	Sale      *store.Sale
	MayChange bool
	Wrong     string
	Name      string
	Content   string // the file, packed
	Got       *intake.Result
	Done      bool
	Format    string
	Columns   []importColumn
	Proposals []importProposal
	MoreNew   int // proposals that are not shown
	Catalogs  []intake.Catalog
	Faults    []importFault
	Kept      []importKept
	Notices   []string
	Points    []choice
	Producers []choice
	Partial   bool
	Vanish    bool
	Kg        float64
	Rows      []importRow
}

type importColumn struct {
	Header, Samples string
	Known           bool
	Fields          []choice
}

// An importProposal is something that the file names and the collective does not have: it is made, or is something that there is.
type importProposal struct {
	Kind     store.AliasKind
	Key      string
	Name     string
	What     string // a producer, a pickup point or a product
	Detail   string
	Choices  []choice // what it may be instead
	Grams    string   // of a product, in kg
	Class    engine.Class
	Producer string
	Lines    string
}

type importFault struct {
	Line         int // 0: the whole file
	Column, Text string
}

type importKept struct {
	Reason string
	N      int
	Lines  string
}

type importRow struct {
	Line                     int
	Point, Producer, Product string
	Quantity, Kg             float64
	Class                    engine.Class
	Kept                     string
}

const (
	mostUpload    = 16 << 20 // bytes of a file, or of one packed
	mostProposals = 200
)

func (s *Site) chooseImport(v *visit) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	return s.render(v, "import.html", importView{Sale: sale, MayChange: v.mayOrder(sale)})
}

// importFile shows how a file is understood, with what was corrected, or takes it in.
func (s *Site) importFile(v *visit) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	out := importView{Sale: sale, MayChange: v.mayOrder(sale)}
	if !out.MayChange {
		return &store.Error{Code: store.Conflict, Message: v.say("cette vente est faite ou annulée : aucune commande n’y entre plus", "this sale is done or cancelled: no order goes in any more")}
	}
	data, err := out.file(v)
	if err != nil {
		out.Wrong = err.Error()
		return s.show(v, http.StatusUnprocessableEntity, "import.html", out)
	}
	o := out.options(v)
	taken := v.r.PostFormValue("do") == "import"
	if taken {
		o.Tell = s.config.Planning.Received
		out.Got, err = intake.Import(v.ctx, v.scope, data, o)
	} else {
		out.Got, err = intake.Preview(v.ctx, v.scope, data, o)
	}
	var invalid *intake.Invalid
	switch {
	case err == nil:
		out.Done = taken
	case errors.As(err, &invalid) && out.Got != nil:
	case errors.As(err, &invalid):
		out.Wrong = v.importWords(invalid.Faults[0].Message)
	default:
		faults, ok := faultsOf(err, v.lang)
		if !ok {
			return err
		}
		out.Wrong = sentence(faults[0].Message)
	}
	if out.Wrong != "" {
		return s.show(v, http.StatusUnprocessableEntity, "import.html", out)
	}
	if err := out.fill(v, &o); err != nil {
		return err
	}
	return s.render(v, "import.html", out)
}

// file is the one that is sent, now or with a page before.
func (x *importView) file(v *visit) ([]byte, error) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, 2*mostUpload)
	large := errors.New(v.say("Ce fichier est trop grand : 16 Mo au plus.", "This file is too large: 16 MB at most."))
	if err := v.r.ParseMultipartForm(2 * mostUpload); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if _, is := errors.AsType[*http.MaxBytesError](err); is {
			return nil, large
		}
		return nil, errors.New(v.say("Le formulaire est illisible : choisissez le fichier encore une fois.", "The form cannot be read: choose the file once more."))
	}
	if f, head, err := v.r.FormFile("file"); err == nil && head.Size > 0 {
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, mostUpload+1))
		if err != nil {
			return nil, err
		}
		if len(data) > mostUpload {
			return nil, large
		}
		x.Name = head.Filename
		x.Content, err = packed(data)
		return data, err
	}
	x.Name, x.Content = v.r.PostFormValue("name"), v.r.PostFormValue("content")
	if x.Content == "" {
		return nil, errors.New(v.say("Choisissez un fichier.", "Choose a file."))
	}
	data, err := unpacked(x.Content)
	if err != nil {
		x.Content = ""
		return nil, errors.New(v.say("Le fichier n’est pas arrivé entier : choisissez-le encore une fois.", "The file has not come whole: choose it once more."))
	}
	return data, nil
}

func packed(data []byte) (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return "", err
	}
	err := z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes()), err
}

func unpacked(text string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(z, mostUpload+1))
	if len(data) > mostUpload {
		return nil, errors.New("too large")
	}
	return data, err
}

// options are what was said and corrected on the page before.
func (x *importView) options(v *visit) intake.Options {
	form := v.r.PostForm
	o := intake.Options{Name: x.Name, Sale: x.Sale.ID, Create: true, PickupPoint: store.ID(form.Get("point")), Producer: store.ID(form.Get("producer")),
		Partial: form.Has("partial"), CancelVanished: form.Has("vanish"), Catalogs: map[string]bool{}}
	for i := 0; form.Has(fmt.Sprintf("header[%d]", i)); i++ {
		o.Columns = append(o.Columns, store.ImportColumn{Header: form.Get(fmt.Sprintf("header[%d]", i)), Field: form.Get(fmt.Sprintf("field[%d]", i))})
	}
	for i := 0; form.Has(fmt.Sprintf("key[%d]", i)); i++ {
		p := intake.Proposal{Kind: store.AliasKind(form.Get(fmt.Sprintf("kind[%d]", i))), Key: form.Get(fmt.Sprintf("key[%d]", i)), ID: store.ID(form.Get(fmt.Sprintf("is[%d]", i))),
			Class: engine.Class(form.Get(fmt.Sprintf("class[%d]", i)))}
		if kg := strings.Replace(strings.TrimSpace(form.Get(fmt.Sprintf("kg[%d]", i))), ",", ".", 1); kg != "" {
			if n, err := strconv.ParseFloat(kg, 64); err == nil && n >= 0 && n < 1e6 {
				grams := int64(n*1000 + 0.5)
				p.Grams = &grams
			}
		}
		o.Proposals = append(o.Proposals, p)
	}
	for i := 0; form.Has(fmt.Sprintf("catalog[%d]", i)); i++ {
		o.Catalogs[form.Get(fmt.Sprintf("catalog[%d]", i))] = form.Has(fmt.Sprintf("contract[%d]", i))
	}
	return o
}

// fill makes what the page shows of a result.
func (x *importView) fill(v *visit, o *intake.Options) error {
	r := x.Got
	names, err := v.names()
	if err != nil {
		return err
	}
	x.Partial, x.Vanish, x.Kg, x.Catalogs = o.Partial, o.CancelVanished, float64(r.Grams)/1000, r.Catalogs
	x.Points, x.Producers = chosen(names.points, string(o.PickupPoint)), chosen(names.producers, string(o.Producer))
	x.Format = v.formatName(r.Format)
	for _, c := range r.Columns {
		col := importColumn{Header: c.Header, Samples: strings.Join(c.Samples[:min(3, len(c.Samples))], " · "), Known: c.Known, Fields: []choice{{"", v.say("(pas lue)", "(not read)"), c.Field == ""}}}
		for _, f := range intake.Fields() {
			col.Fields = append(col.Fields, choice{string(f), v.fieldName(f), f == c.Field})
		}
		x.Columns = append(x.Columns, col)
	}
	products, err := store.All(func(p store.Page) ([]store.Product, store.Cursor, error) {
		return v.scope.Products(v.ctx, store.ProductFilter{}, p)
	})
	if err != nil {
		return err
	}
	for i := range o.Proposals { // what is said to be known is no proposal any more, and has to be said again
		if p := &o.Proposals[i]; p.ID != "" {
			said := v.importProposal(p, names, products)
			said.Name = p.Key
			said.Choices = chosen(said.Choices, string(p.ID))
			x.Proposals = append(x.Proposals, said)
		}
	}
	for i := range r.Proposals {
		if i == mostProposals {
			x.MoreNew = len(r.Proposals) - i
			break
		}
		x.Proposals = append(x.Proposals, v.importProposal(&r.Proposals[i], names, products))
	}
	for _, f := range r.Faults {
		x.Faults = append(x.Faults, importFault{f.Line, f.Column, v.importWords(f.Message)})
	}
	for _, k := range r.Kept {
		x.Kept = append(x.Kept, importKept{v.importWords(k.Reason), len(k.Lines), listed(k.Lines)})
	}
	for _, n := range r.Notices {
		x.Notices = append(x.Notices, v.importWords(n))
	}
	for _, row := range r.Rows {
		shown := importRow{row.Line, row.PickupPoint, row.Producer, strings.TrimSpace(row.Product + " " + row.Unit), float64(row.QuantityMilli) / 1000, float64(row.Grams) / 1000, row.Class, ""}
		if row.Kept != "" {
			shown.Kept = v.importWords(row.Kept)
		}
		x.Rows = append(x.Rows, shown)
	}
	return nil
}

func (v *visit) importProposal(p *intake.Proposal, names *names, products []store.Product) importProposal {
	out := importProposal{Kind: p.Kind, Key: p.Key, Name: p.Name, Producer: p.Producer, Class: p.Class, Lines: listed(p.Lines)}
	switch p.Kind {
	case store.ProducerAlias:
		out.What, out.Choices, out.Detail = v.say("producteur", "producer"), names.producers, p.Profession
	case store.PickupPointAlias:
		out.What, out.Choices = v.say("point de retrait", "pickup point"), names.points
	default:
		out.What, out.Detail = v.say("produit", "product"), p.Producer
		if p.Grams != nil {
			out.Grams = amount(v.lang, float64(*p.Grams)/1000)
		}
		for i := range products {
			if x := &products[i]; names.of[x.Producer] == p.Producer || x.ID == p.ID {
				out.Choices = append(out.Choices, choice{Value: string(x.ID), Name: strings.TrimSpace(x.Name + " " + x.Unit)})
			}
		}
		slices.SortFunc(out.Choices, func(a, b choice) int { return strings.Compare(a.Name, b.Name) })
	}
	return out
}

// listed writes the first of some line numbers.
func listed(lines []int) string {
	const most = 8
	var b strings.Builder
	for i, n := range lines[:min(most, len(lines))] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(n))
	}
	if len(lines) > most {
		b.WriteString("…")
	}
	return b.String()
}

func (v *visit) formatName(f intake.Format) string {
	switch f {
	case intake.CagetteOrders:
		return v.say("Cagette ou CAMAP, commandes d’une distribution", "Cagette or CAMAP, orders of a distribution")
	case intake.CagetteByProduct:
		return v.say("Cagette ou CAMAP, un producteur par produit", "Cagette or CAMAP, one producer by product")
	case intake.CagetteByMember:
		return v.say("Cagette ou CAMAP, un producteur par adhérent", "Cagette or CAMAP, one producer by member")
	case intake.CagetteProducts:
		return v.say("Cagette ou CAMAP, catalogue", "Cagette or CAMAP, catalogue")
	case intake.OFNSupplierTotals, intake.OFNSupplierByHub, intake.OFNHubTotals, intake.OFNPacking:
		return "Open Food Network"
	case intake.OtherProducts:
		return v.say("un tableau de produits", "a table of products")
	}
	return v.say("un tableau de commandes", "a table of orders")
}

func (v *visit) fieldName(f intake.Field) string {
	name, ok := map[intake.Field][2]string{
		intake.Order: {"référence de la commande", "order reference"}, intake.Customer: {"numéro du client (gardé brouillé)", "customer number (kept scrambled)"},
		intake.Personal: {"personnel : nom, téléphone (jeté)", "personal: name, telephone (dropped)"}, intake.Product: {"produit", "product"}, intake.ProductRef: {"référence du produit", "product reference"},
		intake.Variant: {"variante", "variant"}, intake.Unit: {"unité", "unit"}, intake.UnitQuantity: {"unités par produit", "units a product"}, intake.Quantity: {"quantité commandée", "quantity ordered"},
		intake.UnitPrice: {"prix d’un produit", "price of one product"}, intake.LinePrice: {"prix de la ligne", "price of the line"}, intake.Producer: {"producteur", "producer"},
		intake.ProducerRef: {"numéro du producteur", "producer number"}, intake.Profession: {"métier du producteur", "producer’s trade"}, intake.CatalogName: {"catalogue", "catalogue"},
		intake.CatalogRef: {"numéro du catalogue", "catalogue number"}, intake.Contract: {"contrat AMAP (oui ou non)", "AMAP contract (yes or no)"}, intake.PickupPoint: {"point de retrait", "pickup point"},
		intake.ShippingMethod: {"mode de livraison", "shipping method"}, intake.Day: {"jour de distribution", "day of distribution"}, intake.UnitWeight: {"kg d’un produit", "kg of one product"},
		intake.LineWeight: {"kg de la ligne", "kg of the line"}, intake.Chilled: {"au frais (oui ou non)", "chilled (yes or no)"}, intake.Class: {"température", "temperature"},
		intake.Weighed: {"pesé à la pièce (oui ou non)", "weighed by the piece (yes or no)"}, intake.Organic: {"bio (oui ou non)", "organic (yes or no)"}, intake.Active: {"en vente (oui ou non)", "on sale (yes or no)"},
	}[f]
	if !ok {
		return string(f)
	}
	return v.say(name[0], name[1])
}

// importFrench has what an import says in French, by how it is said in English.
var importFrench = []struct {
	english *regexp.Regexp
	french  string
}{
	{regexp.MustCompile(`^has (\d+) values and the header (\d+): a value may have a separator in it`), "a $1 valeurs, et l’en-tête $2 : une valeur contient peut-être un séparateur"},
	{regexp.MustCompile(`^has (\d+) values and the header (\d+): it may be cut off`), "a $1 valeurs, et l’en-tête $2 : la ligne est peut-être coupée"},
	{regexp.MustCompile(`^is empty: name a product`), "est vide : nommez un produit"},
	{regexp.MustCompile(`^is empty: say how many are ordered, 0 for none`), "est vide : dites combien sont commandés, 0 pour aucun"},
	{regexp.MustCompile(`^has more than (\d+) bytes: a quote may be missing`), "est trop long : un guillemet manque peut-être"},
	{regexp.MustCompile(`^(.+) is no number: it must be like (.+) or (.+)`), "$1 n’est pas un nombre : il faut par exemple $2 ou $3"},
	{regexp.MustCompile(`^(.+) is too large a number.*`), "$1 est un nombre trop grand"},
	{regexp.MustCompile(`^(.+) is not possible: it must be 0 or more.*`), "$1 n’est pas possible : il faut 0 ou plus, et pas plus que ce qu’une personne commande"},
	{regexp.MustCompile(`^(.+) is neither yes nor no: it must be like oui or non`), "$1 n’est ni oui ni non"},
	{regexp.MustCompile(`^(.+) is no temperature class: it must be one of ambient, chilled, frozen`), "$1 n’est pas une température : il faut ambient, chilled ou frozen"},
	{regexp.MustCompile(`^(.+) is no day: it must be like .+`), "$1 n’est pas un jour : il faut par exemple 26/11/2026"},
	{regexp.MustCompile(`^the file does not say whose products these are: name the producer`), "le fichier ne dit pas de qui sont ces produits : nommez le producteur"},
	{regexp.MustCompile(`^the file does not say where these are collected: name the pickup point`), "le fichier ne dit pas où ces produits sont retirés : nommez le point de retrait"},
	{regexp.MustCompile(`^(\d+) producers are called (.+): say which one it is, or give them references`), "$1 producteurs s’appellent $2 : donnez-leur des références"},
	{regexp.MustCompile(`^(\d+) pickup points are called (.+): say which one it is, or give them references`), "$1 points de retrait s’appellent $2 : donnez-leur des références"},
	{regexp.MustCompile(`^(\d+) products of (.+) are called (.+): say which one it is, or give them references`), "$1 produits de $2 s’appellent $3 : donnez-leur des références"},
	{regexp.MustCompile(`^(.+) is not where the order (.+) is collected by an earlier line: an order has one pickup point`), "la commande $2 est retirée ailleurs d’après une ligne plus haut, et non à $1 : une commande a un seul point de retrait"},
	{regexp.MustCompile(`^quantity 0: cancelled`), "quantité 0 : annulée"},
	{regexp.MustCompile(`^for (.+), not the sale's (.+)`), "pour le $1, et la vente est du $2"},
	{regexp.MustCompile(`^AMAP contract: the producer's own load`), "contrat AMAP : le producteur l’apporte lui-même"},
	{regexp.MustCompile(`^the file's name is of (.+), the sale's distribution is on (.+)`), "le nom du fichier est du $1, la distribution du $2"},
	{regexp.MustCompile(`^(\d+) orders that the sale has already stay as they are, as rows of theirs have faults`), "$1 commandes que la vente a déjà restent comme elles sont, car certaines de leurs lignes sont fautives"},
	{regexp.MustCompile(`^the sale has (\d+) orders from another file \((.+)\): look that the same goods are not ordered twice`), "la vente a $1 commandes d’un autre fichier ($2) : voyez que rien n’est commandé deux fois"},
	{regexp.MustCompile(`^the pickup point (.+) is new: give it its opening hours, or nothing can be brought there`), "le point de retrait $1 est nouveau : donnez-lui ses heures, sans quoi rien ne peut y être apporté"},
	{regexp.MustCompile(`^the place (.+) is new: give it its address, or nobody can be sent there`), "le lieu $1 est nouveau : donnez son adresse, sans quoi personne ne peut y aller"},
	{regexp.MustCompile(`^eggs without an approved packing centre may be brought by their producer alone: set carried_by of (.+) to producer if there is none`), "sans centre d’emballage agréé, les œufs ne sont apportés que par leur producteur : dites-le de $1 s’il n’y en a pas"},
	{regexp.MustCompile(`^the file is a spreadsheet: save it as CSV and import that`), "c’est un classeur : enregistrez-le en CSV et importez celui-ci"},
	{regexp.MustCompile(`^the file is a PDF: export the orders as CSV and import that`), "c’est un PDF : exportez les commandes en CSV et importez celui-ci"},
	{regexp.MustCompile(`^the file is not text: export the orders as CSV and import that`), "ce n’est pas du texte : exportez les commandes en CSV et importez celui-ci"},
	{regexp.MustCompile(`^the file has no table: it must have a line of headers and lines of values divided by ; , or tabs`), "ce fichier n’a pas de tableau : il faut une ligne d’en-têtes et des lignes de valeurs séparées par ; , ou des tabulations"},
	{regexp.MustCompile(`^the file has no line of headers`), "ce fichier n’a pas de ligne d’en-têtes"},
	{regexp.MustCompile(`^the file has (\d+) (lines|columns): at most (\d+) are read.*`), "ce fichier est trop grand : $3 lignes ou colonnes au plus"},
	{regexp.MustCompile(`^no column holds the product: say which one does`), "aucune colonne n’a le produit : dites laquelle"},
	{regexp.MustCompile(`^no column holds the quantity: say which one does`), "aucune colonne n’a la quantité : dites laquelle"},
}

var importLines = regexp.MustCompile(` \(lines (.+)\)$`)

// importWords says what an import says in the visitor's language.
func (v *visit) importWords(message string) string {
	out := message
	if v.lang == view.French {
		lines := ""
		if m := importLines.FindStringSubmatch(message); m != nil {
			message, lines = strings.TrimSuffix(message, m[0]), " (lignes "+strings.ReplaceAll(m[1], "in all", "en tout")+")"
		}
		for _, x := range importFrench {
			if at := x.english.FindStringSubmatchIndex(message); at != nil {
				out = string(x.english.ExpandString(nil, x.french, message, at)) + lines
				break
			}
		}
	}
	return sentence(out)
}
