package web

import (
	"errors"

	"carriole/api/store"
)

// farmMail is whether a producer is told of plans by e-mail.
type farmMail struct {
	Email string
	On    bool
}

// mail is nil for who is here by a private link.
func (v *visit) mail() (*farmMail, error) {
	if v.Member == "" {
		return nil, nil
	}
	m, err := v.scope.Member(v.ctx, v.Member)
	if err != nil {
		return nil, err
	}
	return &farmMail{m.Email, !m.NoMail}, nil
}

// mailOf takes whether a producer wants to be told of plans by e-mail.
func (s *Site) mailOf(v *visit) error {
	if v.Member == "" {
		return &store.Error{Code: store.Conflict, Message: v.say("votre lien privé n’a pas d’adresse e-mail : demandez au coordinateur", "your private link has no e-mail address: ask the coordinator")}
	}
	for {
		m, err := v.scope.Member(v.ctx, v.Member)
		if err != nil {
			return err
		}
		m.NoMail = v.r.PostFormValue("mail") != "on"
		err = v.scope.UpdateMember(v.ctx, m)
		if errors.Is(err, &store.Error{Code: store.Stale}) {
			continue // somebody changed something else of them
		}
		if err != nil {
			return err
		}
		return v.leads("/farm#mail")
	}
}
