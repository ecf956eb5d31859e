package api

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/hook"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

const about = `Carriole plans who carries what for farmers who sell together. A marketplace sends the orders of a sale and closes it; the coordinator plans, and each producer sees their part.

**Amounts** are decimal numbers of kilograms, litres and units; they are kept exactly, and one with more decimals than kept is refused and never rounded. Money is whole cents, distances metres. Times are RFC 3339, days 2026-11-26, times of day 16:30 on the collective's clock (24:00 and later: the night after).

A field that is null counts as left out; one that is not known is refused.

**Changes** name the version that they change: send the ETag as If-Match (428 without, 412 when somebody else was faster).

**Lists** come in pages: give next as after for the one that follows.

**Errors** are RFC 9457 problem documents; errors lists everything that is wrong, each with its place.`

// schemaName names the schema of a type. Those of another package are told apart from ours.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == typeOf[hook.Payload]().PkgPath() {
		return "Webhook" + name
	}
	return name
}

func (s *Service) openAPI() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	aliases(registry)
	registry.Schema(typeOf[Problem](), true, "")
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Carriole", Version: "1", Description: about, License: &huma.License{Name: "MIT", Identifier: "MIT"}},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", Description: "A token as made by carriole token or POST /v1/tokens. Who is signed in needs none."},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{s.transform},
	}
}

// document serves the OpenAPI document and the page that is made from it.
func (s *Service) document() error {
	doc := s.huma.OpenAPI()
	for _, name := range []string{"ErrorModel", "ErrorDetail"} { // huma's own; problems are sent as Problem alone
		delete(doc.Components.Schemas.Map(), name)
	}
	for _, schema := range doc.Components.Schemas.Map() { // a list is never null here
		for _, field := range schema.Properties {
			if field.Type == huma.TypeArray {
				field.Nullable = false
			}
		}
	}
	asPage, err := s.page()
	if err != nil {
		return err
	}
	asJSON, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	asYAML, err := doc.YAML()
	if err != nil {
		return err
	}
	for _, file := range []struct {
		path, kind string
		body       []byte
	}{{"/openapi.json", "application/openapi+json", asJSON}, {"/openapi.yaml", "application/openapi+yaml", asYAML},
		{"/docs", "text/html; charset=utf-8", asPage}, {"/docs/style.css", "text/css; charset=utf-8", docsStyle}} {
		s.router.Get(file.path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", file.kind)
			w.Header().Set("Cache-Control", "public, max-age=300")
			w.Write(file.body)
		})
	}
	return nil
}
