package planning

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"carriole/api/dfc"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// Format is how a plan is given out.
type Format string

// The formats. JSON and WeekJSON are the documents of the contract.
const (
	JSON     Format = "json"
	WeekJSON Format = "week"    // the week that the plan was made from
	GeoJSON  Format = "geojson" // for maps
	CSV      Format = "csv"     // a row for each leg of each consignment
	Graph    Format = "graph"   // JSON-LD of the Data Food Consortium, ontology 1.x: vehicles, shipments, routes and steps
	Text     Format = "text"    // run sheets
	SVG      Format = "svg"
)

// Content is a document that is ready to be sent.
type Content struct {
	Body []byte
	Gzip []byte // the same, compressed; nil where that gains nothing
	Tag  string // another one for other bytes
}

func contentOf(b []byte, err error) (*Content, int, error) {
	const smallest = 2 << 10 // that is worth compressing
	if err != nil {
		return nil, 0, err
	}
	sum := sha256.Sum256(b)
	c := &Content{Body: b, Tag: base64.RawURLEncoding.EncodeToString(sum[:12])}
	if len(b) >= smallest {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(b); err != nil {
			return nil, 0, err
		}
		if err := w.Close(); err != nil {
			return nil, 0, err
		}
		c.Gzip = packed.Bytes()
	}
	return c, len(c.Body) + len(c.Gzip), nil
}

// Document is a plan in a format; lang counts for CSV, Text and SVG. The documents of a plan never change, so that what was
// made once is given out again.
func (s *Service) Document(ctx context.Context, c *store.Scope, plan store.ID, format Format, lang view.Lang) (*Content, error) {
	return s.documents.get(key{c.Collective(), plan, string(format), string(lang)}, documentsLast, func() (*Content, int, error) {
		b, err := s.document(ctx, c, plan, format, lang)
		return contentOf(b, err)
	})
}

func (s *Service) document(ctx context.Context, c *store.Scope, plan store.ID, format Format, lang view.Lang) ([]byte, error) {
	row, err := c.Plan(ctx, plan)
	if err != nil {
		return nil, err
	}
	if format == JSON {
		_, document, err := c.PlanDocument(ctx, plan)
		return document, err
	}
	v, err := s.known(ctx, c, row)
	if err != nil {
		return nil, err
	}
	if format == WeekJSON {
		return s.weekDocument(ctx, c, v)
	}
	collective, err := c.Itself(ctx)
	if err != nil {
		return nil, err
	}
	opt := view.Options{Lang: lang, Location: collective.Zone()}
	if opt.Lines, err = s.lines(ctx, c, v); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	switch format {
	case GeoJSON:
		return json.Marshal(view.GeoJSON(v.week, v.plan, opt))
	case Graph:
		return s.graph(ctx, c, v)
	case SVG:
		return view.SVG(v.week, v.plan, opt), nil
	case CSV:
		err = view.CSV(&b, v.week, v.plan, opt)
	case Text:
		err = view.Text(&b, v.week, v.plan, opt)
	default:
		return nil, invalid("format", "%q is not known: it must be one of json, week, geojson, csv, graph, text, svg", string(format))
	}
	return b.Bytes(), err
}

// graph is a plan in the words of the Data Food Consortium. Places whose references are IRIs have these, everything else has
// one of the plan's.
func (s *Service) graph(ctx context.Context, c *store.Scope, v *version) ([]byte, error) {
	known := map[string]string{}
	for x, err := range everyPlace(ctx, c) {
		if err != nil {
			return nil, err
		}
		if strings.Contains(x.Ref, "://") || strings.HasPrefix(x.Ref, "urn:") {
			known[string(x.ID)] = x.Ref
		}
	}
	naming := dfc.Naming{Base: "urn:carriole:" + string(v.row.ID) + "/", Place: func(id string) string { return known[id] }}
	return dfc.Encode(v.week, v.plan, naming, false)
}

// weekDocument is the week that a plan was made from, with the ways between its places where they are no estimate.
func (s *Service) weekDocument(ctx context.Context, c *store.Scope, v *version) ([]byte, error) {
	travel, err := s.travelOf(ctx, c, v)
	if err != nil {
		return nil, err
	}
	roads, ok := travel.(*ways)
	if !ok {
		week, _, err := c.PlanDocument(ctx, v.row.ID)
		return week, err
	}
	week := *v.week
	week.Travel = roads.table()
	return json.Marshal(&week)
}

// Documents are the week that a plan was made from and the plan itself. They are given to others too: nobody may change them.
func (s *Service) Documents(ctx context.Context, c *store.Scope, row *store.Plan) (*engine.Week, *engine.Plan, error) {
	v, err := s.known(ctx, c, row)
	if err != nil {
		return nil, nil, err
	}
	return v.week, v.plan, nil
}

// known is a plan with its documents, which others may be reading too.
func (s *Service) known(ctx context.Context, c *store.Scope, row *store.Plan) (*version, error) {
	v, err := s.versions.get(key{collective: c.Collective(), id: row.ID}, documentsLast, func() (*version, int, error) {
		v, err := s.version(ctx, c, row)
		if err != nil {
			return nil, 0, err
		}
		return v, v.bytes, nil
	})
	if err != nil {
		return nil, err
	}
	now := *v
	now.row = row
	return &now, nil
}
