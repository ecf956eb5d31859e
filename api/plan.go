package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

// planDoc is what is kept of a plan beside its document.
type planDoc struct {
	Meta
	Sale     store.ID        `json:"sale"`
	Number   int64           `json:"number" doc:"1, 2, … within the sale."`
	State    store.PlanState `json:"state" enum:"draft,proposed,published,done,superseded"`
	BasedOn  store.ID        `json:"based_on,omitzero" doc:"The plan that it changes; none where it was made anew."`
	Revision int64           `json:"revision" doc:"Of the sale's orders: a plan of the same has them all."`
	Reason   string          `json:"reason" doc:"Why it was made."`
	Figures  planFigures     `json:"figures"`
}

// planFigures are planning.Figures.
type planFigures struct {
	BaseM       int64   `json:"base_m" doc:"Driven anyway."`
	PlannedM    int64   `json:"planned_m"`
	AddedM      int64   `json:"added_m"`
	AloneAddedM int64   `json:"alone_added_m" doc:"Added if each brought their own."`
	Handovers   int64   `json:"handovers"`
	ServedKg    float64 `json:"served_kg"`
	UnservedKg  float64 `json:"unserved_kg"`
}

func planDocOf(p *store.Plan) planDoc {
	return planDoc{metaOf(p.Row), p.Sale, p.Number, p.State, p.BasedOn, p.Revision, p.Reason, planFigures(planning.FiguresOf(p))}
}

// Caching is what a client has already, and what it takes.
type Caching struct {
	IfNoneMatch    string `header:"If-None-Match" doc:"The ETag that you have: answers 304 while it is the same."`
	AcceptEncoding string `header:"Accept-Encoding" hidden:"true"`
}

// answerDoc is what a carrier is asked and says.
type answerDoc struct {
	Round    string            `json:"round" doc:"As in the plan's document. A refused trip is kept as the hours of its vehicle."`
	Producer store.ID          `json:"producer" doc:"Who drives it."`
	State    store.AnswerState `json:"state" enum:"open,accepted,refused,absent"`
	Note     string            `json:"note,omitzero"`
	Answered *time.Time        `json:"answered,omitzero"`
}

type (
	planList struct {
		Paging
		Sale  store.ID        `query:"sale"`
		State store.PlanState `query:"state" enum:"draft,proposed,published,done,superseded"`
		Live  bool            `query:"live" doc:"Without those that are superseded."`
	}
	planInput struct {
		ID             store.ID        `path:"id"`
		Format         planning.Format `query:"format" enum:"json,week,geojson,csv,graph,text,svg" doc:"By the header Accept if left out, and json otherwise. week is the week document that the plan was made from, graph JSON-LD of the Data Food Consortium, text the run sheets."`
		Lang           view.Lang       `query:"lang" enum:"fr,en" doc:"Of csv, text and svg; by the header Accept-Language if left out, and French otherwise."`
		Accept         string          `header:"Accept" hidden:"true"`
		AcceptLanguage string          `header:"Accept-Language" hidden:"true"`
		Caching
	}
	contentOutput struct {
		Status          int
		ContentType     string `header:"Content-Type"`
		ContentEncoding string `header:"Content-Encoding"`
		ContentLength   string `header:"Content-Length"` // so that it leaves in one piece
		ETag            string `header:"ETag"`
		Vary            string `header:"Vary"`
		Body            []byte
	}
	moveInput struct {
		ID      store.ID `path:"id"`
		IfMatch string   `header:"If-Match" doc:"The ETag of the version that you have seen, so that nothing is done to another one; whatever it is at if left out."`
	}
	publishInput struct {
		ID      store.ID `path:"id"`
		IfMatch string   `header:"If-Match" doc:"The ETag of the version that you have seen, so that nothing is done to another one; whatever it is at if left out."`
		Body    *struct {
			WithOpenAnswers bool `json:"with_open_answers,omitzero" doc:"Knowingly although somebody has not answered, or refused."`
		}
	}
	answersOutput struct {
		Body struct {
			Plan  planDoc     `json:"plan"`
			Items []answerDoc `json:"items"`
		}
	}
	answerInput struct {
		ID   store.ID `path:"id"`
		Body struct {
			Round  string            `json:"round" minLength:"1" maxLength:"200" doc:"As in the plan's document."`
			Answer store.AnswerState `json:"answer" enum:"accepted,refused,absent" doc:"refused: without goods of others; absent: they cannot come, and the round does not run."`
			Note   string            `json:"note,omitzero" maxLength:"2000"`
		}
	}
	lockDoc struct {
		Producer    store.ID     `json:"producer"`
		PickupPoint store.ID     `json:"pickup_point"`
		Class       engine.Class `json:"class,omitzero" doc:"Every class if left out."`
		Rounds      []string     `json:"rounds,omitzero" maxItems:"6" doc:"The rounds that the goods ride, in their order, as in the plan's document; not to be given in unlock."`
	}
	lockInput struct {
		ID   store.ID `path:"id"`
		Body struct {
			Lock   []lockDoc `json:"lock,omitzero" maxItems:"500"`
			Unlock []lockDoc `json:"unlock,omitzero" maxItems:"500"`
		}
	}
)

// contentTypes are those of the formats, and what Accept names them by.
var contentTypes = map[planning.Format]string{
	planning.JSON: "application/json", planning.WeekJSON: "application/json", planning.GeoJSON: "application/geo+json", planning.CSV: "text/csv; charset=utf-8",
	planning.Graph: graphType, planning.Text: "text/plain; charset=utf-8", planning.SVG: "image/svg+xml",
}

// formatOf is the format that a plan is asked for in.
func (in *planInput) formatOf() planning.Format {
	if in.Format != "" {
		return in.Format
	}
	for part := range strings.SplitSeq(in.Accept, ",") {
		kind, _, _ := strings.Cut(part, ";")
		for _, f := range []planning.Format{planning.JSON, planning.GeoJSON, planning.CSV, planning.Graph, planning.Text, planning.SVG} {
			if named, _, _ := strings.Cut(contentTypes[f], ";"); strings.TrimSpace(kind) == named {
				return f
			}
		}
	}
	return planning.JSON
}

func langOf(lang view.Lang, acceptLanguage string) view.Lang {
	if lang != "" {
		return lang
	}
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		switch tag := strings.TrimSpace(part); {
		case strings.HasPrefix(tag, "fr"):
			return view.French
		case strings.HasPrefix(tag, "en"):
			return view.English
		}
	}
	return view.French
}

// send answers with what is ready to be sent.
func (in *Caching) send(x *planning.Content, contentType string) *contentOutput {
	out := &contentOutput{Status: http.StatusOK, ContentType: contentType, ETag: `W/"` + x.Tag + `"`, Vary: "Accept, Accept-Encoding, Accept-Language", Body: x.Body}
	switch {
	case slices.ContainsFunc(strings.Split(in.IfNoneMatch, ","), func(tag string) bool {
		tag = strings.TrimSpace(tag)
		return tag == "*" || strings.TrimPrefix(tag, "W/") == `"`+x.Tag+`"`
	}):
		out.Status, out.Body = http.StatusNotModified, nil
	case x.Gzip != nil && takesGzip(in.AcceptEncoding):
		out.ContentEncoding, out.Body = "gzip", x.Gzip
	}
	if out.Body != nil {
		out.ContentLength = strconv.Itoa(len(out.Body))
	}
	return out
}

func takesGzip(acceptEncoding string) bool {
	for part := range strings.SplitSeq(acceptEncoding, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == "gzip" {
			q := strings.TrimPrefix(strings.TrimSpace(weight), "q=")
			return strings.Trim(q, "0.") != "" || q == ""
		}
	}
	return false
}

// seenVersion reads an If-Match that may be absent: 0 then.
func seenVersion(ifMatch string) (int64, error) {
	if ifMatch == "" {
		return 0, nil
	}
	return versionOf(ifMatch)
}

func plans(s *Service) {
	p := s.config.Planning
	sees := access{Coordinator: all, Marketplace: all, Reader: all}
	one := func(row *store.Plan) *oneOutput[planDoc] {
		d := planDocOf(row)
		return &oneOutput[planDoc]{Status: http.StatusOK, ETag: etag(row.Version), Body: &d}
	}
	handle(s, route{id: "list-plans", method: http.MethodGet, path: "/v1/plans", subject: "plans", who: sees, summary: "List plans",
		text: "A plan is a draft, proposed to its carriers, published, done, or superseded by a later one. Each stays as it was made."},
		func(ctx context.Context, c *call, in *planList) (*listOutput[planDoc], error) {
			rows, next, err := c.scope.Plans(ctx, store.PlanFilter{Sale: in.Sale, State: in.State, Live: in.Live}, in.page())
			if err != nil {
				return nil, err
			}
			out := &listOutput[planDoc]{list[planDoc]{Items: make([]planDoc, len(rows)), Next: next}}
			for i := range rows {
				out.Body.Items[i] = planDocOf(&rows[i])
			}
			return out, nil
		})
	handleWith(s, route{id: "get-plan", method: http.MethodGet, path: "/v1/plans/{id}", subject: "plans", who: sees, summary: "Read a plan",
		text: "The plan's document, by the contract of weeks and plans: rounds with their stops and times, consignments with their ways, what is unserved and why, and figures. Or as GeoJSON for maps, as rows for spreadsheets, as run sheets, as a graph of the Data Food Consortium (application/ld+json: Vehicle, Shipment, Route and Step, in the words of ontology 1.x), or as a picture. It never changes."},
		func(op *huma.Operation) {
			content := map[string]*huma.MediaType{}
			for _, kind := range contentTypes {
				content[kind] = &huma.MediaType{Schema: &huma.Schema{}}
			}
			op.Responses["200"] = &huma.Response{Description: "The plan.", Content: content}
		},
		func(ctx context.Context, c *call, in *planInput) (*contentOutput, error) {
			format := in.formatOf()
			lang := view.Lang("")
			if format == planning.CSV || format == planning.Text || format == planning.SVG {
				lang = langOf(in.Lang, in.AcceptLanguage)
			}
			got, err := p.Document(ctx, c.scope, in.ID, format, lang)
			if err != nil {
				return nil, err
			}
			return in.send(got, contentTypes[format]), nil
		})
	handle(s, route{id: "propose-plan", method: http.MethodPost, path: "/v1/plans/{id}/propose", subject: "plans", who: coordinators, summary: "Propose a plan to its carriers",
		text: "Each carrier of a round that does something for the plan is asked. Who has accepted what is still the same is not asked again."},
		func(ctx context.Context, c *call, in *moveInput) (*oneOutput[planDoc], error) {
			version, err := seenVersion(in.IfMatch)
			if err != nil {
				return nil, err
			}
			row, err := p.Propose(ctx, c.scope, in.ID, version)
			if err != nil {
				return nil, err
			}
			return one(row), nil
		})
	handle(s, route{id: "publish-plan", method: http.MethodPost, path: "/v1/plans/{id}/publish", subject: "plans", who: coordinators, summary: "Bring a plan in force",
		text: "It takes the place of the one in force. With open answers or refusals it is refused (409, naming who), unless that is done knowingly."},
		func(ctx context.Context, c *call, in *publishInput) (*oneOutput[planDoc], error) {
			version, err := seenVersion(in.IfMatch)
			if err != nil {
				return nil, err
			}
			row, err := p.Publish(ctx, c.scope, in.ID, version, in.Body != nil && in.Body.WithOpenAnswers)
			if err != nil {
				return nil, err
			}
			return one(row), nil
		})
	handle(s, route{id: "finish-plan", method: http.MethodPost, path: "/v1/plans/{id}/done", subject: "plans", who: coordinators, summary: "Note that a plan was driven",
		text: "What each drove for others is booked to the balances, and the sale is done."},
		func(ctx context.Context, c *call, in *moveInput) (*oneOutput[planDoc], error) {
			version, err := seenVersion(in.IfMatch)
			if err != nil {
				return nil, err
			}
			row, err := p.Done(ctx, c.scope, in.ID, version)
			if err != nil {
				return nil, err
			}
			return one(row), nil
		})
	planAnswers(s, sees)
	handleWith(s, route{id: "lock-goods", method: http.MethodPost, path: "/v1/plans/{id}/locks", subject: "plans", who: coordinators, summary: "Lock goods to rounds, and plan again",
		text: "These goods ride exactly these rounds in all plans of the sale to come; a lock for the same goods takes the place of the one before. The sale is planned again with the least change."},
		func(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted },
		func(ctx context.Context, c *call, in *lockInput) (*planningOutput, error) {
			got, err := p.Lock(ctx, c.scope, in.ID, locksOf(in.Body.Lock), locksOf(in.Body.Unlock))
			if err != nil {
				return nil, err
			}
			return accepted(got)
		})
}

func locksOf(docs []lockDoc) []engine.Lock {
	var out []engine.Lock
	for _, d := range docs {
		out = append(out, engine.Lock{Producer: string(d.Producer), PickupPoint: string(d.PickupPoint), Class: d.Class, Rounds: d.Rounds})
	}
	return out
}

func planAnswers(s *Service, sees access) {
	p := s.config.Planning
	handle(s, route{id: "list-answers", method: http.MethodGet, path: "/v1/plans/{id}/answers", subject: "plans", who: sees, summary: "See who has answered",
		text: "What the carriers of a plan are asked and say, and where the plan stands."},
		func(ctx context.Context, c *call, in *idInput) (*answersOutput, error) {
			out := &answersOutput{}
			err := c.scope.Snapshot(ctx, func(scope *store.Scope) error {
				row, err := scope.Plan(ctx, in.ID)
				if err != nil {
					return err
				}
				answers, err := scope.Answers(ctx, in.ID)
				if err != nil {
					return err
				}
				out.Body.Plan, out.Body.Items = planDocOf(row), []answerDoc{}
				for _, a := range answers {
					out.Body.Items = append(out.Body.Items, answerDoc{a.Round, a.Producer, a.State, a.Note, moment(a.Answered)})
				}
				return nil
			})
			return out, err
		})
	handle(s, route{id: "answer-plan", method: http.MethodPost, path: "/v1/plans/{id}/answers", subject: "plans", act: "answer", who: access{Coordinator: all, Producer: own}, summary: "Accept or refuse what is proposed for a round, or say that one cannot come",
		text: "A producer for a round of theirs, a coordinator for whoever drives it; it may change later. A refusal or an absence has the sale planned again around the round (202, with the planning), and asks only those whose part is then another one; so has that somebody comes after all. Of a round that has left nobody can be absent, and of one that is over its carrier says nothing any more (409)."},
		func(ctx context.Context, c *call, in *answerInput) (*planningOutput, error) {
			got, err := p.Answer(ctx, c.scope, in.ID, in.Body.Round, c.producerOnly(), in.Body.Answer, in.Body.Note)
			if err != nil {
				return nil, err
			}
			if got != nil {
				return accepted(got)
			}
			return &planningOutput{Status: http.StatusOK, Body: nil}, nil
		})
}
