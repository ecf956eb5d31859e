package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"carriole/api/store"
)

// memberRoles says what a member may do.
var memberRoles = map[store.Role]Role{
	store.Coordinator:   Coordinator,
	store.ProducersRole: Producer,
	store.Reader:        Reader,
}

// session is who is signed in; nobody without a session.
func (s *Service) session(r *http.Request) (Caller, error) {
	if s.config.SignIn == nil {
		return Caller{}, nil
	}
	who, err := s.config.SignIn.SignedIn(r)
	if err != nil || who == nil {
		return Caller{}, err
	}
	// A browser sends cookies with requests that other sites make up.
	if err := s.crossOrigin.Check(r); err != nil {
		return Caller{}, refuse(http.StatusForbidden, "The request comes from another site: "+err.Error()+".")
	}
	c := Caller{Collective: who.Collective, Actor: who.Actor()}
	if who.Member != nil {
		c.Role, c.Producer = memberRoles[who.Member.Role], who.Member.Producer
	} else {
		c.Role, c.Producer = roleOf[who.Token.Scope], who.Token.Producer
	}
	return c, nil
}

type (
	me struct {
		Collective store.ID `json:"collective" doc:"Whose data the caller works with."`
		Actor      string   `json:"actor" doc:"As the audit trail names the caller: token:… or member:…"`
		Role       Role     `json:"role" enum:"coordinator,marketplace,producer,read"`
		Producer   store.ID `json:"producer,omitzero" doc:"Of the role producer: who they are."`
	}
	meOutput struct{ Body me }

	privateLink struct {
		URL   string   `json:"url" doc:"What the producer opens. It is shown now and never again." example:"https://plan.example.org/p/car_x_y"`
		Token store.ID `json:"token" doc:"The token that the link is made of, as in the list of tokens."`
	}
	privateLinkOutput struct{ Body privateLink }
)

// people adds what is about who is in: oneself, producers' private links, members' sessions.
func people(s *Service) {
	handle(s, route{id: "get-me", method: http.MethodGet, path: "/v1/me", subject: "the caller", who: everyone, summary: "Say who I am",
		text: "Who the token or session is, and what it may do."},
		func(_ context.Context, c *call, _ *struct{}) (*meOutput, error) {
			return &meOutput{me{c.Collective, c.Actor, c.Role, c.producerOnly()}}, nil
		})
	handle(s, route{id: "end-member-sessions", method: http.MethodDelete, path: "/v1/members/{id}/sessions", subject: "members", who: coordinators, summary: "Sign a member out",
		text: "Ends the member's sessions in this collective, on all devices: after a lost telephone, say. They can sign in again."},
		func(ctx context.Context, c *call, in *idInput) (*nothing, error) {
			return nil, c.scope.Together(ctx, func(scope *store.Scope) error {
				if _, err := scope.Member(ctx, in.ID); err != nil {
					return err
				}
				_, err := scope.EndSessions(ctx, store.SessionFilter{Member: in.ID})
				return err
			})
		})
	if s.config.SignIn == nil {
		return
	}
	handleWith(s, route{id: "create-private-link", method: http.MethodPost, path: "/v1/producers/{id}/link", subject: "producers", act: "make private links of", who: coordinators,
		summary: "Make a producer's private link",
		text:    "Who opens the link sees what concerns the producer, without an account, until it is revoked. Links that the producer had end with it, so this also renews one."},
		func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated },
		func(ctx context.Context, c *call, in *idInput) (*privateLinkOutput, error) {
			url, token, err := s.config.SignIn.PrivateLink(ctx, c.scope, in.ID)
			if err != nil {
				return nil, err
			}
			s.tokens.forget()
			return &privateLinkOutput{privateLink{url, token.ID}}, nil
		})
	handle(s, route{id: "revoke-private-link", method: http.MethodDelete, path: "/v1/producers/{id}/link", subject: "producers", act: "make private links of", who: coordinators,
		summary: "Revoke a producer's private links",
		text:    "Whoever is in by them is out. Doing it again changes nothing."},
		func(ctx context.Context, c *call, in *idInput) (*nothing, error) {
			if err := s.config.SignIn.RevokePrivateLinks(ctx, c.scope, in.ID); err != nil {
				return nil, err
			}
			s.tokens.forget()
			return nil, nil
		})
	s.config.SignIn.Routes(s.router)
}
