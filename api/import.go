package api

import (
	"context"
	"net/http"
	"time"

	"carriole/api/intake"
	"carriole/api/store"
	"carriole/engine"
)

// importRequest is a file and what is said about it.
type importRequest struct {
	Name           string          `json:"name,omitzero" maxLength:"500" doc:"The file's name; the day in that of a Cagette export is its distribution's." example:"Export-commandes-2026-11-26-Cagette.csv"`
	Content        []byte          `json:"content" doc:"The file's bytes, as they are, in base64: CSV in whatever encoding, or the JSON of a report."`
	Format         intake.Format   `json:"format,omitzero" enum:"cagette-orders,cagette-by-product,cagette-by-member,cagette-products,ofn-supplier-totals,ofn-supplier-by-hub,ofn-hub-totals,ofn-packing,other,other-products" doc:"By the headers if left out."`
	Columns        []importColumn  `json:"columns,omitzero" maxItems:"500" doc:"What columns hold; those not named are as remembered, or as recognised."`
	Sale           store.ID        `json:"sale,omitzero" doc:"Into which the orders go; the sale of the day if left out."`
	Distribution   store.Day       `json:"distribution,omitzero" doc:"The day; the one in the file's name if left out."`
	PickupPoint    store.ID        `json:"pickup_point,omitzero" doc:"Of rows that name none."`
	Producer       store.ID        `json:"producer,omitzero" doc:"Of rows that name none."`
	Catalogs       map[string]bool `json:"catalogs,omitzero" doc:"By a catalogue's key or name: whether it is an AMAP contract, the producer's own load."`
	Contracts      bool            `json:"contracts,omitzero" doc:"Take the lines of AMAP contracts in all the same."`
	Proposals      []proposal      `json:"proposals,omitzero" maxItems:"10000" doc:"Proposals of a preview with corrections: sent back with an id it is that, else it is created so. What is left out stays as proposed."`
	Create         bool            `json:"create,omitzero" doc:"Create producers, pickup points, products and the sale that are not known."`
	Partial        bool            `json:"partial,omitzero" doc:"Import the good lines although others have faults."`
	CancelVanished bool            `json:"cancel_vanished,omitzero" doc:"Cancel orders of an earlier import that the file has no more."`
	Forget         bool            `json:"forget,omitzero" doc:"Do not remember columns, catalogues and matches."`
	Rows           int             `json:"rows,omitzero" minimum:"0" maximum:"10000" doc:"How many rows to show; 20 if left out."`
}

type importColumn struct {
	Header string       `json:"header" maxLength:"2000"`
	Field  intake.Field `json:"field" enum:",order,customer,personal,product,product_ref,variant,unit,unit_quantity,quantity,unit_price,line_price,producer,producer_ref,profession,catalog,catalog_ref,contract,pickup_point,shipping_method,day,unit_kg,line_kg,chilled,class,weighed,organic,active" doc:"What it holds; empty: nothing that is read. What is personal is dropped."`
}

// proposal is something that a file names and that is not known.
type proposal struct {
	Kind       store.AliasKind  `json:"kind" enum:"producer,pickup_point,product"`
	Key        string           `json:"key" maxLength:"2000" doc:"What the file calls it; send it back as it is."`
	ID         store.ID         `json:"id,omitzero" doc:"What it is, if it is known after all; remembered."`
	Name       string           `json:"name,omitzero" maxLength:"2000"`
	Ref        string           `json:"ref,omitzero" maxLength:"2000"`
	Place      store.ID         `json:"place,omitzero" doc:"Of a producer or a pickup point; a new one without position if left out."`
	Profession string           `json:"profession,omitzero" maxLength:"2000" doc:"Of a producer."`
	Producer   string           `json:"producer,omitzero" readOnly:"true" doc:"Name of a product's producer."`
	Unit       string           `json:"unit,omitzero" maxLength:"2000" doc:"Of a product."`
	Kg         *kilograms       `json:"kg,omitzero" doc:"Of one unit."`
	Litres     *litres          `json:"litres,omitzero" doc:"Room that one unit takes."`
	WeightFrom string           `json:"weight_from,omitzero" readOnly:"true" doc:"Where the weight is from." example:"name: 500 g"`
	Class      engine.Class     `json:"class,omitzero" doc:"Temperature class."`
	ClassFrom  string           `json:"class_from,omitzero" readOnly:"true" doc:"Where the class is from." example:"profession: Fromager"`
	CarriedBy  engine.CarriedBy `json:"carried_by,omitzero"`
	Organic    bool             `json:"organic,omitzero"`
	PriceCents *int64           `json:"price_cents,omitzero" minimum:"0" maximum:"1000000000000"`
	Lines      []int            `json:"lines,omitzero" readOnly:"true" doc:"Lines that name it."`
}

func proposalOf(p *intake.Proposal) proposal {
	return proposal{p.Kind, p.Key, p.ID, p.Name, p.Ref, p.Place, p.Profession, p.Producer, p.Unit, (*kilograms)(p.Grams), (*litres)(p.Millilitres), p.WeightFrom, p.Class, p.ClassFrom,
		p.CarriedBy, p.Organic, p.PriceCents, p.Lines}
}

func (p *proposal) intake() intake.Proposal {
	return intake.Proposal{Kind: p.Kind, Key: p.Key, ID: p.ID, Name: p.Name, Ref: p.Ref, Place: p.Place, Profession: p.Profession, Unit: p.Unit, Grams: (*int64)(p.Kg),
		Millilitres: (*int64)(p.Litres), Class: p.Class, CarriedBy: p.CarriedBy, Organic: p.Organic, PriceCents: p.PriceCents}
}

func (r *importRequest) options() intake.Options {
	o := intake.Options{Name: r.Name, Format: r.Format, Sale: r.Sale, Distribution: r.Distribution, PickupPoint: r.PickupPoint, Producer: r.Producer, Catalogs: r.Catalogs, Contracts: r.Contracts,
		Create: r.Create, Partial: r.Partial, CancelVanished: r.CancelVanished, Forget: r.Forget, Rows: r.Rows}
	for _, c := range r.Columns {
		o.Columns = append(o.Columns, store.ImportColumn{Header: c.Header, Field: string(c.Field)})
	}
	for i := range r.Proposals {
		o.Proposals = append(o.Proposals, r.Proposals[i].intake())
	}
	return o
}

// importResult is what a file was understood as, and what became of it.
type importResult struct {
	Format     intake.Format     `json:"format"`
	Encoding   string            `json:"encoding" example:"Windows-1252"`
	Separator  string            `json:"separator,omitzero"`
	HeaderLine int               `json:"header_line,omitzero"`
	Columns    []readColumn      `json:"columns"`
	Sale       store.ID          `json:"sale,omitzero" doc:"Absent while there is none yet."`
	Rows       []importRow       `json:"rows" doc:"The first, as they are understood."`
	Read       int               `json:"read" doc:"Rows, without headings and totals."`
	Good       int               `json:"good" doc:"Rows that go in."`
	Skipped    int               `json:"skipped" doc:"Headings and totals."`
	KeptOut    []importKept      `json:"kept_out"`
	Faults     []importFault     `json:"faults"`
	MoreFaults int               `json:"more_faults,omitzero" doc:"Beyond those listed."`
	Notices    []string          `json:"notices"`
	Proposals  []proposal        `json:"proposals" doc:"What is not known, and how it would be created."`
	Catalogs   []importCatalog   `json:"catalogs"`
	Orders     int               `json:"orders" doc:"In the file."`
	Kg         kilograms         `json:"kg" doc:"Of all rows that go in."`
	Vanished   []importVanished  `json:"vanished" doc:"What an earlier import brought and this file has no more."`
	Written    bool              `json:"written" doc:"A preview writes nothing."`
	Put        *importCounts     `json:"put,omitzero" doc:"What became of the orders."`
	Products   *importedProducts `json:"products,omitzero"`
}

type readColumn struct {
	Header  string       `json:"header"`
	Field   intake.Field `json:"field" doc:"Empty: not read."`
	Decimal string       `json:"decimal,omitzero" doc:"How its numbers are written: , or ."`
	Known   bool         `json:"known" doc:"By its header, or from an earlier import."`
	Samples []string     `json:"samples,omitzero" doc:"None of what is personal or not read."`
}

type importRow struct {
	Line        int          `json:"line"`
	Order       string       `json:"order,omitzero" doc:"The reference that it goes under."`
	PickupPoint string       `json:"pickup_point,omitzero"`
	Producer    string       `json:"producer,omitzero"`
	Product     string       `json:"product"`
	Unit        string       `json:"unit,omitzero"`
	Quantity    quantity     `json:"quantity"`
	Kg          kilograms    `json:"kg" doc:"Of the whole row."`
	Litres      litres       `json:"litres"`
	Class       engine.Class `json:"class,omitzero"`
	PriceCents  *int64       `json:"price_cents,omitzero"`
	KeptOut     string       `json:"kept_out,omitzero" doc:"Why; absent: it goes in."`
}

type importKept struct {
	Reason string `json:"reason"`
	Lines  []int  `json:"lines"`
}

type importFault struct {
	Line    int    `json:"line,omitzero" doc:"Absent: the whole file."`
	Column  string `json:"column,omitzero"`
	Message string `json:"message"`
}

type importCatalog struct {
	Key      string `json:"key"`
	Name     string `json:"name"`
	Contract bool   `json:"contract" doc:"An AMAP contract: the producer's own load, kept out."`
	From     string `json:"from" enum:"said,remembered,file,name"`
	Lines    int    `json:"lines"`
}

type importVanished struct {
	Order   store.ID `json:"order"`
	Ref     string   `json:"ref"`
	Product string   `json:"product,omitzero" doc:"Absent: the whole order."`
	Kept    bool     `json:"kept" doc:"It is still there."`
}

type importCounts struct {
	Created   int `json:"created"`
	Replaced  int `json:"replaced"`
	Cancelled int `json:"cancelled"`
	Unchanged int `json:"unchanged"`
	Untouched int `json:"untouched" doc:"Left as they were, as rows of theirs have faults."`
}

type importedProducts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
}

func importResultOf(r *intake.Result) *importResult {
	out := &importResult{Format: r.Format, Encoding: r.Encoding, Separator: r.Separator, HeaderLine: r.HeaderLine, Read: r.Read, Good: r.Good, Skipped: r.Skipped, MoreFaults: r.MoreFaults,
		Notices: append([]string{}, r.Notices...), Orders: r.Orders, Kg: kilograms(r.Grams), Written: r.Written}
	if r.Sale != nil {
		out.Sale = r.Sale.ID
	}
	if r.Written {
		out.Put = &importCounts{r.Created, r.Replaced, r.Cancelled, r.Unchanged, r.Untouched}
		out.Products = &importedProducts{r.ProductsCreated, r.ProductsUpdated, r.ProductsUnchanged}
	}
	out.Columns = each(r.Columns, func(c *intake.Column) readColumn {
		return readColumn{c.Header, c.Field, c.Decimal, c.Known, c.Samples}
	})
	out.Rows = each(r.Rows, func(x *intake.Row) importRow {
		return importRow{x.Line, x.Order, x.PickupPoint, x.Producer, x.Product, x.Unit, quantity(x.QuantityMilli), kilograms(x.Grams), litres(x.Millilitres), x.Class, x.PriceCents, x.Kept}
	})
	out.KeptOut = each(r.Kept, func(k *intake.KeptOut) importKept { return importKept{k.Reason, k.Lines} })
	out.Faults = each(r.Faults, func(f *intake.Fault) importFault { return importFault{f.Line, f.Column, f.Message} })
	out.Proposals = each(r.Proposals, proposalOf)
	out.Catalogs = each(r.Catalogs, func(c *intake.Catalog) importCatalog {
		return importCatalog{c.Key, c.Name, c.Contract, c.From, c.Lines}
	})
	out.Vanished = each(r.Vanished, func(v *intake.Vanished) importVanished { return importVanished{v.Order, v.Ref, v.Product, v.Kept} })
	return out
}

// each is a list of documents, empty and never absent.
func each[R, W any](rows []R, document func(*R) W) []W {
	out := make([]W, len(rows))
	for i := range rows {
		out[i] = document(&rows[i])
	}
	return out
}

const importText = `A file of another system becomes orders of a sale, or products: CSV of Cagette and CAMAP, reports of an Open Food Network as CSV or JSON, and any other table once its columns are named. Encoding, separator, header and decimal marks are found. Weights come from names (500 g, 6 œufs, 1,5 L) and from the unit weights, temperature classes from names and professions; both are shown with where they are from. Customers' names are dropped where they are read.`

func imports(s *Service) {
	type output struct{ Body *importResult }
	handle(s, route{id: "preview-import", method: http.MethodPost, path: "/v1/imports/preview", subject: "imports", act: "preview", who: sellers, summary: "See how a file is understood", body: s.config.Limits.OrdersBody, time: importTime,
		text: importText + "\n\nNothing is written. What is wrong within the file is listed in faults, each with its line."},
		func(ctx context.Context, c *call, in *createInput[importRequest]) (*output, error) {
			r, err := intake.Preview(ctx, c.scope, in.Body.Content, in.Body.options())
			if err != nil {
				return nil, err
			}
			return &output{importResultOf(r)}, nil
		})
	handle(s, route{id: "import", method: http.MethodPost, path: "/v1/imports", subject: "imports", who: sellers, summary: "Import a file", body: s.config.Limits.OrdersBody, time: importTime,
		text: importText + "\n\nAll or nothing: with a fault nothing is written (422, errors lists each with its line), unless partial is said. The same file again changes nothing, a corrected one replaces; what it has no more is told in vanished."},
		func(ctx context.Context, c *call, in *createInput[importRequest]) (*output, error) {
			o := in.Body.options()
			o.Tell = s.config.Planning.Received
			r, err := intake.Import(ctx, c.scope, in.Body.Content, o)
			if err != nil {
				return nil, err
			}
			return &output{importResultOf(r)}, nil
		})
}

// importTime is how long an import may take: the largest file has some hundred thousand lines. It ends before the server stops writing.
const importTime = 75 * time.Second
