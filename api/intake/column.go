package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"carriole/api/store"
)

// Field is what a column holds.
type Field string

// The fields. Columns of none are not read.
const (
	Order          Field = "order"           // the order's own reference, kept as it is
	Customer       Field = "customer"        // the system's id or code of who ordered, kept as a hash
	Personal       Field = "personal"        // name, telephone, address: dropped
	Product        Field = "product"         // name, with or without its size
	ProductRef     Field = "product_ref"     // the producer's or the system's reference
	Variant        Field = "variant"         // which of the product's sizes or kinds
	Unit           Field = "unit"            // as in kg, pièce, 500 g
	UnitQuantity   Field = "unit_quantity"   // how many of the unit one product is
	Quantity       Field = "quantity"        // how many products are ordered; 0: cancelled
	UnitPrice      Field = "unit_price"      // of one product
	LinePrice      Field = "line_price"      // of all
	Producer       Field = "producer"        // name
	ProducerRef    Field = "producer_ref"    // the system's id
	Profession     Field = "profession"      // of the producer
	CatalogName    Field = "catalog"         // name of the producer's catalogue
	CatalogRef     Field = "catalog_ref"     // the system's id
	Contract       Field = "contract"        // whether the line is of an AMAP contract
	PickupPoint    Field = "pickup_point"    // name or reference
	ShippingMethod Field = "shipping_method" // names a pickup point more closely, where one is known by it
	Day            Field = "day"             // of the distribution
	UnitWeight     Field = "unit_kg"         // kilograms of one product
	LineWeight     Field = "line_kg"         // kilograms of the whole line
	Chilled        Field = "chilled"         // whether it must be kept cold
	Class          Field = "class"           // ambient, chilled or frozen
	Weighed        Field = "weighed"         // each piece is weighed
	Organic        Field = "organic"
	Active         Field = "active"
)

// Fields lists all fields.
func Fields() []Field {
	return []Field{Order, Customer, Personal, Product, ProductRef, Variant, Unit, UnitQuantity, Quantity, UnitPrice, LinePrice, Producer, ProducerRef, Profession,
		CatalogName, CatalogRef, Contract, PickupPoint, ShippingMethod, Day, UnitWeight, LineWeight, Chilled, Class, Weighed, Organic, Active}
}

// Format is a kind of file that is known by its headers.
type Format string

// The formats.
const (
	CagetteOrders     Format = "cagette-orders"      // orders of a day and a place
	CagetteByProduct  Format = "cagette-by-product"  // one producer's totals by product
	CagetteByMember   Format = "cagette-by-member"   // one producer's orders by member
	CagetteProducts   Format = "cagette-products"    // export or import of a catalogue
	OFNSupplierTotals Format = "ofn-supplier-totals" // by producer, without pickup points
	OFNSupplierByHub  Format = "ofn-supplier-by-hub" // by producer, product and hub
	OFNHubTotals      Format = "ofn-hub-totals"      // by hub and producer
	OFNPacking        Format = "ofn-packing"         // by order line
	Other             Format = "other"               // orders of another system
	OtherProducts     Format = "other-products"      // products of another system
)

// catalogue says whether a file lists products and no orders.
func (f Format) catalogue() bool { return f == CagetteProducts || f == OtherProducts }

func (f Format) ofn() bool { return strings.HasPrefix(string(f), "ofn-") }

// vocabulary is what headers mean, English and French, folded and without spaces.
var vocabulary = map[string]Field{
	"order": Order, "orderref": Order, "ordernumber": Order, "orderid": Order, "commande": Order, "numerodecommande": Order, "ncommande": Order, "nocommande": Order,
	"refcommande": Order, "referencecommande": Order, "numcommande": Order,

	"userid": Customer, "customerid": Customer, "customercode": Customer, "clientid": Customer, "codeclient": Customer, "codeacheteur": Customer, "codeadherent": Customer,
	"numeroclient": Customer, "idclient": Customer, "basketid": Customer, "panier": Customer, "numeropanier": Customer, "hubcode": "", "code": Customer,

	"username": Personal, "firstname": Personal, "lastname": Personal, "prenom": Personal, "nomdefamille": Personal, "nomclient": Personal, "client": Personal,
	"customer": Personal, "customername": Personal, "adherent": Personal, "membre": Personal, "member": Personal, "acheteur": Personal, "nomprenom": Personal, "prenomnom": Personal, "nometprenom": Personal,
	"phone": Personal, "telephone": Personal, "tel": Personal, "portable": Personal, "mobile": Personal, "email": Personal, "courriel": Personal, "mail": Personal, "emailclient": Personal,
	"address": Personal, "adresse": Personal, "deliveryaddress": Personal, "adressedelivraison": Personal, "billingaddress": Personal, "adressedefacturation": Personal,
	"deliverypostcode": Personal, "specialinstructions": Personal, "instructionsspeciales": Personal,

	"product": Product, "productname": Product, "produit": Product, "nomproduit": Product, "nomduproduit": Product, "pname": Product, "article": Product, "designation": Product, "libelle": Product,
	"ref": ProductRef, "reference": ProductRef, "sku": ProductRef, "productref": ProductRef, "refproduit": ProductRef, "referenceproduit": ProductRef, "codeproduit": ProductRef, "codearticle": ProductRef,
	"productid": ProductRef, "idproduit": ProductRef,
	"variant": Variant, "variante": Variant, "conditionnement": Variant, "format": Variant,
	"unit": Unit, "unite": Unit, "unittype": Unit, "unitedevente": Unit, "unitedemesure": Unit,

	"quantity": Quantity, "quantite": Quantity, "qte": Quantity, "qt": Quantity, "qty": Quantity, "quantitecommandee": Quantity, "nombre": Quantity, "nb": Quantity,
	"price": UnitPrice, "prix": UnitPrice, "prixunitaire": UnitPrice, "unitprice": UnitPrice, "pricettc": UnitPrice, "prixttc": UnitPrice, "pu": UnitPrice, "puttc": UnitPrice,
	"currcostperunit": UnitPrice, "costperunit": UnitPrice, "coutunitaire": UnitPrice, "coutactuelparunite": UnitPrice, "coutparunite": UnitPrice, "coutunitaireactuel": UnitPrice,
	"total": LinePrice, "totalttc": LinePrice, "montant": LinePrice, "montantttc": LinePrice, "totalcost": LinePrice, "couttotal": LinePrice, "prixtotal": LinePrice, "lineprice": LinePrice, "amount": LinePrice,

	"producer": Producer, "producteur": Producer, "supplier": Producer, "fournisseur": Producer, "vendor": Producer, "vendeur": Producer, "ferme": Producer, "farm": Producer, "exploitation": Producer,
	"nomproducteur": Producer, "nomduproducteur": Producer, "producername": Producer, "suppliername": Producer,
	"vendorid": ProducerRef, "producerid": ProducerRef, "supplierid": ProducerRef, "idproducteur": ProducerRef, "codeproducteur": ProducerRef, "idfournisseur": ProducerRef, "producerref": ProducerRef,
	"profession": Profession, "metier": Profession,
	"catalogname": CatalogName, "catalog": CatalogName, "catalogue": CatalogName, "nomcatalogue": CatalogName, "contractname": CatalogName, "contrat": CatalogName, "contract": CatalogName,
	"catalogid": CatalogRef, "contractid": CatalogRef, "idcatalogue": CatalogRef, "idcontrat": CatalogRef,
	"catalogtype": Contract, "contracttype": Contract, "typecontrat": Contract, "typedecontrat": Contract, "amap": Contract, "contratamap": Contract,

	"hub": PickupPoint, "boutique": PickupPoint, "distributor": PickupPoint, "distributeur": PickupPoint, "pointderetrait": PickupPoint, "retrait": PickupPoint, "pickuppoint": PickupPoint,
	"lieu": PickupPoint, "place": PickupPoint, "lieudedistribution": PickupPoint, "lieuderetrait": PickupPoint, "pointrelais": PickupPoint, "groupe": PickupPoint, "group": PickupPoint, "depot": PickupPoint,
	"drive": PickupPoint, "zone": PickupPoint,
	"shippingmethod": ShippingMethod, "methodedelivraison": ShippingMethod, "modedelivraison": ShippingMethod, "shipping": ShippingMethod,
	"distribution": Day, "datedistribution": Day, "datededistribution": Day, "distributiondate": Day, "datederetrait": Day, "datedelivraison": Day, "pickupday": Day,

	"weight": UnitWeight, "poids": UnitWeight, "unitweight": UnitWeight, "poidsunitaire": UnitWeight, "kg": UnitWeight, "poidskg": UnitWeight, "weightkg": UnitWeight, "unitkg": UnitWeight,
	"totalweight": LineWeight, "poidstotal": LineWeight, "poidstotalkg": LineWeight, "linekg": LineWeight,
	"tempcontrolled": Chilled, "tempcontrolee": Chilled, "temperaturecontrolee": Chilled, "temperaturecontrolled": Chilled, "chilled": Chilled, "refrigere": Chilled,
	"class": Class, "classe": Class, "temperature": Class, "classedetemperature": Class,
	"multiweight": Weighed, "multipesee": Weighed, "weighed": Weighed, "pese": Weighed,
	"organic": Organic, "bio": Organic, "active": Active, "actif": Active,

	// Known, so that they help to find the header, and not read.
	"fees": "", "paid": "", "paye": "", "priceht": "", "totalht": "", "prixht": "", "vat": "", "tva": "", "image": "", "desc": "", "description": "", "stock": "", "floatqt": "", "id": "",
	"totalunits": "", "voltotal": "", "volumetotal": "", "unitestotales": "", "totalshippingcost": "", "coutdexpeditiontotal": "", "coutdelivraisontotal": "", "coutdelalivraisontotal": "",
	"height": "", "hauteur": "", "width": "", "largeur": "", "depth": "", "profondeur": "", "shipmentstate": "", "etatdelivraison": "", "etatdelalivraison": "", "name": "", "nom": "",
	"producerchargessalestax": "", "producttaxcategory": "", "reportrowtype": "", "header": "",
}

// formats are known by headers that all of their files have, the closest first.
var formats = []struct {
	format  Format
	headers []string // each of these, a choice divided by |
}{
	{CagetteOrders, []string{"userid", "productname", "catalogname", "vendorid", "quantity"}},
	{CagetteByMember, []string{"name", "productname", "price", "quantity", "total"}},
	{CagetteByProduct, []string{"quantity", "pname", "pricettc|priceht", "totalttc|totalht"}},
	{CagetteProducts, []string{"id", "name", "ref", "price", "unit", "quantity", "catalogid|vendorid"}},
	{CagetteProducts, []string{"productname", "price", "qt", "unit", "stock|floatqt|vat|desc"}},
	{OFNPacking, []string{"hub|boutique", "supplier|fournisseur|producer|producteur", "product|produit", "quantity|quantite", "tempcontrolled|tempcontrolee|customercode|codeclient|codeacheteur|code|shipmentstate|firstname|prenom|weight|poids"}},
	{OFNSupplierByHub, []string{"producer|producteur|supplier|fournisseur", "product|produit", "variant|variante", "hub|boutique", "quantity|quantite"}},
	{OFNSupplierTotals, []string{"producer|producteur|supplier|fournisseur", "product|produit", "variant|variante", "quantity|quantite", "totalunits|voltotal|volumetotal|unitestotales|totalcost|couttotal"}},
}

// recognise names the format of a header.
func recognise(header []string) Format {
	at := map[string]int{}
	for i, h := range header {
		if key := headerKey(h); key != "" {
			if _, ok := at[key]; !ok {
				at[key] = i
			}
		}
	}
	position := func(choice string) int {
		for c := range strings.SplitSeq(choice, "|") {
			if i, ok := at[c]; ok {
				return i
			}
		}
		return -1
	}
	for _, f := range formats {
		if slices.ContainsFunc(f.headers, func(choice string) bool { return position(choice) < 0 }) {
			continue
		}
		// The two totals of hub and producer have the same columns in another order; JSON has no order, and needs none.
		if f.format == OFNSupplierByHub && position("hub|boutique") < position("producer|producteur|supplier|fournisseur") {
			return OFNHubTotals
		}
		return f.format
	}
	if position("quantity|quantite|qte|qt|qty|nombre|nb|quantitecommandee") < 0 && (position("product|productname|produit|article|designation|libelle") >= 0 || position("name|nom") >= 0) {
		return OtherProducts
	}
	return Other
}

// Column is one column as it is understood.
type Column struct {
	Header  string
	Field   Field // empty: not read
	Decimal string
	Known   bool     // by its header, the format, or from an earlier import
	Samples []string // first values; none of what is personal or not read
}

// signature is what a mapping is remembered by: the headers, in their order.
func signature(header []string) string {
	h := sha256.New()
	for _, cell := range header {
		h.Write([]byte(headerKey(cell)))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// propose says what each column seems to be.
func propose(format Format, header []string) []Column {
	columns := make([]Column, len(header))
	taken := map[Field]bool{}
	keys := make([]string, len(header))
	for i, h := range header {
		keys[i] = headerKey(h)
		field, known := meaning(format, keys[i])
		if field != Personal && taken[field] {
			field, known = "", false // the first counts
		}
		if field != "" {
			taken[field] = true
		}
		columns[i] = Column{Header: h, Field: field, Known: known}
	}
	// A column called name is of the product where nothing else is, and nobody's first name stands beside it.
	if !taken[Product] && !slices.Contains(keys, "prenom") && !slices.Contains(keys, "firstname") {
		if i := slices.IndexFunc(keys, func(k string) bool { return k == "name" || k == "nom" }); i >= 0 {
			columns[i].Field, columns[i].Known = Product, true
		}
	}
	for i := range columns {
		if (keys[i] == "name" || keys[i] == "nom") && columns[i].Field == "" {
			columns[i].Field = Personal
		}
	}
	return columns
}

// meaning is a header's, in a format.
func meaning(format Format, key string) (field Field, known bool) {
	field, known = vocabulary[key]
	switch {
	case format == CagetteByMember && key == "name":
		return Personal, true
	case format.catalogue() && (key == "quantity" || key == "qt"):
		return UnitQuantity, true
	case format == CagetteProducts && key == "id":
		return "", true // the product's number in one group: the same product has another in the next
	case format == OFNPacking && (key == "price" || key == "prix"):
		return LinePrice, true
	case !format.ofn() && key == "code":
		return "", false
	case format.ofn() && key == "total":
		return "", true
	}
	return field, known
}

// apply takes over what is remembered or corrected, by header.
func apply(columns []Column, said []store.ImportColumn) {
	used := make([]bool, len(columns))
	for _, c := range said {
		for i := range columns {
			if !used[i] && columns[i].Header == c.Header {
				columns[i].Field, columns[i].Known, used[i] = Field(c.Field), true, true
				break
			}
		}
	}
}
