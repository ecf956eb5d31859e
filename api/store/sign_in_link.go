package store

import (
	"context"
	"errors"
	"time"
)

// SignInLink lets whoever reads an e-mail address sign in, once. What is kept is a hash: the text goes to that address
// alone.
type SignInLink struct {
	Row
	Member  ID
	Email   string // the member's address when the link was made
	Expires time.Time
	hash    []byte
}

func (*SignInLink) kind() kind {
	return kind{noun: "sign-in link", table: "sign_in_links", columns: "member, email, expires, hash", unique: "secret"}
}
func (x *SignInLink) fields() []any { return []any{&x.Member, &x.Email, stamp{&x.Expires}, &x.hash} }
func (*SignInLink) refs() []ref     { return nil }
func (*SignInLink) check(*faults)   {}

const linkPrefix = "cal_"

// CreateSignInLink makes a link for a member and returns its text, which cannot be had again. The collective's expired
// links are removed on the way.
func (c *Scope) CreateSignInLink(ctx context.Context, member ID, expires time.Time) (text string, err error) {
	err = c.write(ctx, func(t *tx) error {
		m, err := fetch[Member](ctx, t, member)
		if err != nil {
			return err
		}
		x := SignInLink{Member: member, Email: m.Email, Expires: expires}
		if _, err := t.exec(ctx, x.kind(), `delete from sign_in_links where collective = $1 and expires <= $2`, &t.collective, stamp{&t.now}); err != nil {
			return err
		}
		text, x.hash = newSecret(linkPrefix, t.collective)
		return add(ctx, t, &x)
	})
	return text, err
}

var errLinkSpent = refuse(NotFound, "the link is not valid: it is unknown, used or expired; ask for a new one")

// SignInLink finds the collective and the link that a text is for, and does not use it up. Expired, used and unknown
// links are all not found.
func (s *Store) SignInLink(ctx context.Context, text string) (ID, *SignInLink, error) {
	collective, hash, ok := parseSecret(linkPrefix, text)
	if !ok {
		return "", nil, errLinkSpent
	}
	var x *SignInLink
	err := s.In(collective, "").read(ctx, func(t *tx) (err error) {
		x, err = t.link(ctx, hash)
		return err
	})
	return collective, x, err
}

func (t *tx) link(ctx context.Context, hash []byte) (*SignInLink, error) {
	// The link went to an address that must still be the member's.
	found, err := query[SignInLink](ctx, t, `collective = $1 and hash = $2 and exists
		(select 1 from members m where m.collective = sign_in_links.collective and m.id = sign_in_links.member and m.email = sign_in_links.email)`, string(t.collective), hash)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || !t.now.Before(found[0].Expires) {
		return nil, errLinkSpent
	}
	return &found[0], nil
}

// SignIn trades a link for a session of its member, of which the caller sets how long it lasts, and returns the
// collective and the session's text. All links to the address in that collective are used up with it. A link that is not valid is not found,
// and the collective's audit trail tells that it was tried.
func (s *Store) SignIn(ctx context.Context, link string, x *Session) (collective ID, text string, err error) {
	collective, hash, ok := parseSecret(linkPrefix, link)
	if !ok {
		return "", "", errLinkSpent
	}
	valid := false
	err = s.In(collective, "").write(ctx, func(t *tx) error {
		valid = false
		found, err := t.link(ctx, hash)
		if errors.Is(err, errLinkSpent) {
			return t.refused(ctx, "the sign-in link is not valid")
		}
		if err != nil {
			return err
		}
		// Of two that use a link at the same time one deletes it.
		n, err := t.exec(ctx, found.kind(), `delete from sign_in_links where collective = $1 and id = $2`, &t.collective, &found.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.refused(ctx, "the sign-in link is not valid")
		}
		if _, err := t.exec(ctx, found.kind(), `delete from sign_in_links where collective = $1 and email = $2`, &t.collective, &found.Email); err != nil {
			return err
		}
		x.Member, x.Email = found.Member, found.Email
		if err := checked(x); err != nil {
			return err
		}
		t.actor = "member:" + string(x.Member)
		valid = true
		text, err = t.signIn(ctx, x, "link")
		return err
	})
	if err == nil && !valid {
		err = errLinkSpent
	}
	return collective, text, err
}

// Refused tells the audit trail that somebody was not let in, and why. Where there is no such collective, nothing is
// told.
func (c *Scope) Refused(ctx context.Context, why string) error {
	return c.write(ctx, func(t *tx) error { return t.refused(ctx, why) })
}

func (t *tx) refused(ctx context.Context, why string) error {
	found, err := query[Collective](ctx, t, `collective = $1`, string(t.collective))
	if err != nil || len(found) == 0 {
		return err
	}
	return t.audit(ctx, "refuse", "session", "", access{Why: why}.String())
}
