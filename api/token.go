package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/store"
)

type token struct {
	Meta
	Name     string           `json:"name" minLength:"1" maxLength:"2000" doc:"What it is for." example:"marketplace"`
	Scope    store.TokenScope `json:"scope" enum:"coordinator,marketplace,producer,read" doc:"What its bearer may do."`
	Producer store.ID         `json:"producer,omitzero" doc:"Of the scope producer: whose it is."`
	Expires  *time.Time       `json:"expires,omitzero" doc:"Never if left out."`
	Revoked  *time.Time       `json:"revoked,omitzero" readOnly:"true"`
	Used     *time.Time       `json:"used,omitzero" readOnly:"true" doc:"Last use, to the minute."`
	Text     string           `json:"text,omitzero" readOnly:"true" doc:"The token itself. It is shown when it is made and never again."`
}

type tokenList struct {
	Paging
	Scope    store.TokenScope `query:"scope" enum:"coordinator,marketplace,producer,read"`
	Producer store.ID         `query:"producer"`
}

func tokenOf(r *store.Token) token {
	return token{metaOf(r.Row), r.Name, r.Scope, r.Producer, moment(r.Expires), moment(r.Revoked), moment(r.Used), ""}
}

func tokens(s *Service) {
	register(s, resource[token, store.Token, tokenList]{
		path: "tokens", noun: "token", text: "A token lets a program in. What is kept of it is a hash.",
		read: coordinators, change: coordinators,
		get: (*store.Scope).Token,
		list: func(ctx context.Context, c *store.Scope, in *tokenList) ([]store.Token, store.Cursor, error) {
			return c.Tokens(ctx, store.TokenFilter{Scope: in.Scope, Producer: in.Producer}, in.page())
		},
		document: tokenOf,
	})
	handleWith(s, route{id: "create-token", method: http.MethodPost, path: "/v1/tokens", subject: "tokens", who: coordinators, summary: "Make a token",
		text: "Its text is in the answer, and nowhere else."},
		func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated },
		func(ctx context.Context, c *call, in *createInput[token]) (*oneOutput[token], error) {
			r := store.Token{Name: in.Body.Name, Scope: in.Body.Scope, Producer: in.Body.Producer, Expires: timeOf(in.Body.Expires)}
			text, err := c.scope.CreateToken(ctx, &r)
			if err != nil {
				return nil, err
			}
			w := tokenOf(&r)
			w.Text = text
			return &oneOutput[token]{Status: http.StatusCreated, ETag: etag(r.Version), Location: "/v1/tokens/" + string(r.ID), Body: &w}, nil
		})
	handle(s, route{id: "revoke-token", method: http.MethodDelete, path: "/v1/tokens/{id}", subject: "tokens", who: coordinators, summary: "Revoke a token",
		text: "It needs no If-Match, and doing it again changes nothing. Other processes of the service may let the token in for five seconds more."},
		func(ctx context.Context, c *call, in *idInput) (*nothing, error) {
			if err := c.scope.RevokeToken(ctx, in.ID); err != nil {
				return nil, err
			}
			s.tokens.forget()
			return nil, nil
		})
}
