package api

import (
	"bytes"
	_ "embed"
	"html"
	"html/template"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// The documentation is a page of our own, made from the OpenAPI document: the viewers that there are need megabytes of
// script, and styles that a strict content security policy forbids.

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle []byte

type (
	docs struct {
		Info      *huma.Info
		Subjects  []docsSubject
		Documents []docsDocument
	}
	docsSubject struct {
		Name       string
		Operations []docsOperation
	}
	docsOperation struct {
		ID, Method, Path, Summary, Text string
		Parameters                      []*huma.Param
		Bodies                          []docsBody
		Answers                         []docsAnswer
	}
	docsBody struct {
		Type   string
		Schema *huma.Schema
	}
	docsAnswer struct {
		Status, Description string
		docsBody
	}
	docsDocument struct {
		Name   string
		Fields []docsField
	}
	docsField struct {
		Name, Description string
		Required          bool
		Schema            *huma.Schema
	}
)

// page writes the documentation, in the order of the routes.
func (s *Service) page() ([]byte, error) {
	t, err := template.New("docs").Funcs(template.FuncMap{
		"text":   paragraphs,
		"name":   path.Base,
		"number": func(x *float64) string { return strconv.FormatFloat(*x, 'f', -1, 64) },
	}).Parse(docsPage)
	if err != nil {
		return nil, err
	}
	doc := s.huma.OpenAPI()
	d := docs{Info: doc.Info}
	for _, r := range s.routes {
		op := operationOf(doc.Paths[r.path], r.method)
		i := slices.IndexFunc(d.Subjects, func(x docsSubject) bool { return x.Name == r.subject })
		if i < 0 {
			i = len(d.Subjects)
			d.Subjects = append(d.Subjects, docsSubject{Name: r.subject})
		}
		d.Subjects[i].Operations = append(d.Subjects[i].Operations, describe(op))
	}
	for name, schema := range doc.Components.Schemas.Map() {
		x := docsDocument{Name: name}
		for field, s := range schema.Properties {
			x.Fields = append(x.Fields, docsField{field, s.Description, slices.Contains(schema.Required, field) && !s.ReadOnly, s})
		}
		slices.SortFunc(x.Fields, func(a, b docsField) int { return strings.Compare(a.Name, b.Name) })
		d.Documents = append(d.Documents, x)
	}
	slices.SortFunc(d.Documents, func(a, b docsDocument) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	err = t.Execute(&out, d)
	return out.Bytes(), err
}

func operationOf(p *huma.PathItem, method string) *huma.Operation {
	switch method {
	case http.MethodGet:
		return p.Get
	case http.MethodPost:
		return p.Post
	case http.MethodPut:
		return p.Put
	case http.MethodPatch:
		return p.Patch
	}
	return p.Delete
}

func describe(op *huma.Operation) docsOperation {
	x := docsOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Text: op.Description, Parameters: op.Parameters}
	if op.RequestBody != nil {
		x.Bodies = bodies(op.RequestBody.Content)
	}
	for status, response := range op.Responses {
		if status == "default" {
			continue
		}
		a := docsAnswer{Status: status, Description: response.Description}
		for _, b := range bodies(response.Content) {
			a.docsBody = b
		}
		x.Answers = append(x.Answers, a)
	}
	slices.SortFunc(x.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Status, b.Status) })
	return x
}

func bodies(content map[string]*huma.MediaType) (out []docsBody) {
	for kind, media := range content {
		if media.Schema != nil {
			out = append(out, docsBody{kind, media.Schema})
		}
	}
	slices.SortFunc(out, func(a, b docsBody) int { return strings.Compare(a.Type, b.Type) })
	return out
}

var (
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	code   = regexp.MustCompile("`([^`]+)`")
)

// paragraphs writes a description, of which the Markdown is paragraphs, bold words and code.
func paragraphs(s string) template.HTML {
	var b strings.Builder
	for p := range strings.SplitSeq(s, "\n\n") {
		if p == "" {
			continue
		}
		p = strong.ReplaceAllString(html.EscapeString(p), "<strong>$1</strong>")
		b.WriteString("<p>" + code.ReplaceAllString(p, "<code>$1</code>") + "</p>\n")
	}
	return template.HTML(b.String())
}
