package api

import (
	"context"

	"carriole/api/store"
)

type member struct {
	Meta
	Email    string     `json:"email" minLength:"3" maxLength:"320" doc:"Kept in lower case; unique in the collective." example:"marie@example.org"`
	Name     string     `json:"name,omitzero" maxLength:"2000"`
	Role     store.Role `json:"role" enum:"coordinator,producer,reader"`
	Producer store.ID   `json:"producer,omitzero" doc:"Of the role producer: whose part they see."`
	Language string     `json:"language,omitzero" enum:"fr,en" doc:"The browser's if left out."`
	NoMail   bool       `json:"no_mail,omitzero" doc:"Do not tell them of plans by e-mail."`
}

type memberList struct {
	Paging
	Email    string     `query:"email"`
	Role     store.Role `query:"role" enum:"coordinator,producer,reader"`
	Producer store.ID   `query:"producer"`
}

func members(s *Service) {
	register(s, resource[member, store.Member, memberList]{
		path: "members", noun: "member", text: "A member is a person who may sign in.",
		read: coordinators, change: coordinators,
		get: (*store.Scope).Member, create: (*store.Scope).CreateMember, update: (*store.Scope).UpdateMember, remove: (*store.Scope).DeleteMember,
		list: func(ctx context.Context, c *store.Scope, in *memberList) ([]store.Member, store.Cursor, error) {
			return c.Members(ctx, store.MemberFilter{Email: in.Email, Role: in.Role, Producer: in.Producer}, in.page())
		},
		document: func(r *store.Member) member {
			return member{metaOf(r.Row), r.Email, r.Name, r.Role, r.Producer, r.Language, r.NoMail}
		},
		row: func(w *member) store.Member {
			return store.Member{Row: w.row(), Email: w.Email, Name: w.Name, Role: w.Role, Producer: w.Producer, Language: w.Language, NoMail: w.NoMail}
		},
	})
}
