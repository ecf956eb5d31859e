package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/go-json-experiment/json"

	"carriole/api/store"
)

// resources are what the interface has; each adds its routes.
var resources = [...]func(*Service){
	collectives, members, tokens, producers, places, vehicles, rounds, roundChanges, absences, pickupPoints, products, sales, lots, orders,
	plannings, plans, planQuestions, dropoffs, papers, ticks, ways, forbids, settings, balances, holidays, webhooks, events, people, addresses, graphs,
	imports, importMappings, importAliases, unitWeights, ofnConnections, pulls,
}

// resource is something that is listed, made, read, changed and removed: W is its document, R its row in the store, L
// what a list is narrowed by.
type resource[W, R, L any] struct {
	path   string // below /v1/
	noun   string // as in vehicle; the plural is the path's last part
	text   string // what it is
	read   access
	change access // none: it cannot be changed here

	get    func(*store.Scope, context.Context, store.ID) (*R, error)
	list   func(context.Context, *store.Scope, *L) ([]R, store.Cursor, error)
	create func(*store.Scope, context.Context, *R) error
	update func(*store.Scope, context.Context, *R) error
	remove func(*store.Scope, context.Context, store.ID, int64) error

	document func(*R) W
	row      func(*W) R

	// Of what belongs to a producer: whose a row is, and how a list is narrowed to theirs.
	producer func(*R) store.ID
	narrow   func(*L, store.ID) error
	belongs  func(*store.Scope, context.Context, *R) (store.ID, error) // in the place of producer, where the row does not say it

	// settle checks and completes a row on its way into the store; before is nil for a new one.
	settle func(before, after *R) error
}

type (
	idInput struct {
		ID store.ID `path:"id"`
	}
	getInput struct {
		ID          store.ID `path:"id"`
		IfNoneMatch string   `header:"If-None-Match" doc:"The ETag that you have: answers 304 while it is the same."`
	}
	createInput[W any] struct {
		Body W
	}
	updateInput[W any] struct {
		ID      store.ID `path:"id"`
		IfMatch string   `header:"If-Match" doc:"The ETag of the version that you change, so that nobody's change is lost. Needed."`
		Body    W
	}
	patchInput struct {
		ID      store.ID `path:"id"`
		IfMatch string   `header:"If-Match" doc:"The ETag of the version that you change, so that nobody's change is lost. Needed."`
		RawBody []byte   `contentType:"application/merge-patch+json"`
	}
	deleteInput struct {
		ID      store.ID `path:"id"`
		IfMatch string   `header:"If-Match" doc:"The ETag of the version that you remove. Needed."`
	}

	listOutput[W any] struct {
		Body list[W]
	}
	oneOutput[W any] struct {
		Status   int
		ETag     string `header:"ETag" doc:"The version."`
		Location string `header:"Location" doc:"Of what was made."`
		Body     *W
	}
	nothing struct{}
)

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// notModified documents the answer to an If-None-Match.
func notModified(op *huma.Operation) {
	op.Responses["304"] = &huma.Response{Description: "You have this version."}
}

// versionOf reads If-Match. 0 stands for any version.
func versionOf(ifMatch string) (int64, error) {
	s := strings.TrimSpace(ifMatch)
	switch s {
	case "":
		return 0, refuse(http.StatusPreconditionRequired, "Say which version you change: send its ETag as If-Match.")
	case "*":
		return 0, nil
	}
	s, quoted := strings.CutPrefix(s, `"`)
	s, closed := strings.CutSuffix(s, `"`)
	v, err := strconv.ParseInt(s, 10, 64)
	if !quoted || !closed || err != nil || v < 1 {
		return 0, refuse(http.StatusPreconditionFailed, "No version has the ETag of If-Match: send the ETag that came with what you change.")
	}
	return v, nil
}

// same says whether If-None-Match names a version.
func same(ifNoneMatch string, version int64) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == etag(version) {
			return true
		}
	}
	return false
}

// register adds the routes of a resource.
func register[W, R, L any, P interface {
	*W
	meta() *Meta
}](s *Service, x resource[W, R, L]) {
	plural := x.path[strings.LastIndexByte(x.path, '/')+1:]
	subject := strings.ReplaceAll(plural, "-", " ")
	key := strings.ReplaceAll(x.noun, " ", "-")
	a := "a " + x.noun
	if strings.ContainsRune("aeio", rune(x.noun[0])) {
		a = "an " + x.noun
	}
	all, one := "/v1/"+x.path, "/v1/"+x.path+"/{id}"

	answer := func(row *R) *oneOutput[W] {
		w := x.document(row)
		return &oneOutput[W]{Status: http.StatusOK, ETag: etag(P(&w).meta().Version), Body: &w}
	}
	// fetch finds a row that the caller may see; another's is not found.
	fetch := func(ctx context.Context, c *call, id store.ID) (*R, error) {
		row, err := x.get(c.scope, ctx, id)
		only := c.producerOnly()
		if err != nil || only == "" {
			return row, err
		}
		whose := only
		switch {
		case x.producer != nil:
			whose = x.producer(row)
		case x.belongs != nil:
			if whose, err = x.belongs(c.scope, ctx, row); err != nil {
				return nil, err
			}
		}
		if whose != only {
			return nil, &store.Error{Code: store.NotFound, Message: fmt.Sprintf("no %s has the id %q", x.noun, string(id))}
		}
		return row, nil
	}
	// settle prepares a document for the store.
	settle := func(c *call, w *W, before *R) (*R, error) {
		after := x.row(w)
		if only := c.producerOnly(); only != "" && x.producer != nil && x.producer(&after) != only {
			return nil, refuse(http.StatusForbidden, "A producer may do this for themselves alone: name yourself as producer.")
		}
		if x.settle != nil {
			if err := x.settle(before, &after); err != nil {
				return nil, err
			}
		}
		return &after, nil
	}
	// save changes the version that If-Match names to a document.
	save := func(ctx context.Context, c *call, id store.ID, ifMatch string, edit func(before *R) (*W, error)) (out *oneOutput[W], err error) {
		version, err := versionOf(ifMatch)
		if err != nil {
			return nil, err
		}
		err = c.scope.Together(ctx, func(scope *store.Scope) error {
			c := &call{c.Caller, scope}
			before, err := fetch(ctx, c, id)
			if err != nil {
				return err
			}
			w, err := edit(before)
			if err != nil {
				return err
			}
			m := P(w).meta()
			m.ID, m.Version = id, version
			if version == 0 {
				old := x.document(before)
				m.Version = P(&old).meta().Version
			}
			after, err := settle(c, w, before)
			if err != nil {
				return err
			}
			if err := x.update(scope, ctx, after); err != nil {
				return err
			}
			out = answer(after)
			return nil
		})
		return out, err
	}

	handle(s, route{id: "list-" + strings.ReplaceAll(plural, " ", "-"), method: http.MethodGet, path: all, subject: subject, who: x.read,
		summary: "List " + subject, text: x.text},
		func(ctx context.Context, c *call, in *L) (*listOutput[W], error) {
			if only := c.producerOnly(); only != "" && x.narrow != nil {
				if err := x.narrow(in, only); err != nil {
					return nil, err
				}
			}
			rows, next, err := x.list(ctx, c.scope, in)
			if err != nil {
				return nil, err
			}
			out := &listOutput[W]{list[W]{Items: make([]W, len(rows)), Next: next}}
			for i := range rows {
				out.Body.Items[i] = x.document(&rows[i])
			}
			return out, nil
		})
	handleWith(s, route{id: "get-" + key, method: http.MethodGet, path: one, subject: subject, who: x.read, summary: "Read " + a}, notModified,
		func(ctx context.Context, c *call, in *getInput) (*oneOutput[W], error) {
			row, err := fetch(ctx, c, in.ID)
			if err != nil {
				return nil, err
			}
			out := answer(row)
			if same(in.IfNoneMatch, P(out.Body).meta().Version) {
				out.Status = http.StatusNotModified
			}
			return out, nil
		})
	if x.create != nil {
		handleWith(s, route{id: "create-" + key, method: http.MethodPost, path: all, subject: subject, who: x.change, summary: "Add " + a},
			func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated },
			func(ctx context.Context, c *call, in *createInput[W]) (*oneOutput[W], error) {
				row, err := settle(c, &in.Body, nil)
				if err != nil {
					return nil, err
				}
				if err := x.create(c.scope, ctx, row); err != nil {
					return nil, err
				}
				out := answer(row)
				out.Status, out.Location = http.StatusCreated, all+"/"+string(P(out.Body).meta().ID)
				return out, nil
			})
	}
	if x.update != nil {
		handle(s, route{id: "update-" + key, method: http.MethodPut, path: one, subject: subject, who: x.change, summary: "Change " + a,
			text: "The whole document is replaced: what is left out gets its default."},
			func(ctx context.Context, c *call, in *updateInput[W]) (*oneOutput[W], error) {
				return save(ctx, c, in.ID, in.IfMatch, func(*R) (*W, error) { return &in.Body, nil })
			})
		schema := s.huma.OpenAPI().Components.Schemas.Schema(typeOf[W](), true, "")
		handleWith(s, route{id: "patch-" + key, method: http.MethodPatch, path: one, subject: subject, who: x.change, summary: "Change some fields of " + a,
			text: "JSON merge patch (RFC 7396): fields that are named are replaced, null takes one away, others stay."},
			describeMergePatch(key),
			func(ctx context.Context, c *call, in *patchInput) (*oneOutput[W], error) {
				return save(ctx, c, in.ID, in.IfMatch, func(before *R) (*W, error) {
					old := x.document(before)
					return patch(s, &old, in.RawBody, schema)
				})
			})
	}
	if x.remove != nil {
		handle(s, route{id: "delete-" + key, method: http.MethodDelete, path: one, subject: subject, who: x.change, summary: "Remove " + a,
			text: "What is still referred to cannot be removed (409)."},
			func(ctx context.Context, c *call, in *deleteInput) (*nothing, error) {
				version, err := versionOf(in.IfMatch)
				if err != nil {
					return nil, err
				}
				return nil, c.scope.Together(ctx, func(scope *store.Scope) error {
					before, err := fetch(ctx, &call{c.Caller, scope}, in.ID)
					if err != nil {
						return err
					}
					if version == 0 {
						old := x.document(before)
						version = P(&old).meta().Version
					}
					return x.remove(scope, ctx, in.ID, version)
				})
			})
	}
}

// describeMergePatch documents the body of a change of some fields.
func describeMergePatch(key string) func(*huma.Operation) {
	return func(op *huma.Operation) {
		op.SkipValidateBody = true
		op.RequestBody = &huma.RequestBody{Required: true, Description: "Some fields of the document of update-" + key + "."}
	}
}

// patch changes some fields of a document.
func patch[W any](s *Service, old *W, change []byte, schema *huma.Schema) (*W, error) {
	var fields map[string]any // a merge patch of anything else would replace the document
	if err := jsonFormat.Unmarshal(change, &fields); err != nil {
		return nil, err
	}
	before, err := json.Marshal(old)
	if err != nil {
		return nil, err
	}
	after, err := jsonpatch.MergePatch(before, change)
	if err != nil {
		return nil, &documentFault{Message: err.Error()}
	}
	var parsed any
	if err := jsonFormat.Unmarshal(after, &parsed); err != nil {
		return nil, err
	}
	found := &huma.ValidateResult{}
	huma.Validate(s.huma.OpenAPI().Components.Schemas, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, parsed, found)
	if len(found.Errors) > 0 {
		e := &huma.ErrorModel{Status: http.StatusUnprocessableEntity}
		for _, err := range found.Errors {
			if d, ok := err.(*huma.ErrorDetail); ok {
				e.Errors = append(e.Errors, d)
			}
		}
		return nil, e
	}
	var w W
	if err := jsonFormat.Unmarshal(after, &w); err != nil {
		return nil, err
	}
	return &w, nil
}
