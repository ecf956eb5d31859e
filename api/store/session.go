package store

import (
	"context"
	"encoding/json"
	"time"
)

// Session is a browser that is signed in, as a member or by a producer's private link. What is kept is a hash: the text is
// known to the browser alone.
type Session struct {
	Row
	Member  ID            // who is signed in; or
	Token   ID            // the producer's token that was opened
	Email   string        // the address that the member proved to read; empty for a token
	Used    time.Time     // last use, to the minute
	Idle    time.Duration // how long it lasts without use
	Expires time.Time     // how long it lasts at most
	hash    []byte
}

func (*Session) kind() kind {
	return kind{noun: "session", table: "sessions", columns: "member, token, email, used, idle_ms, expires, hash", unique: "secret"}
}

func (x *Session) fields() []any {
	return []any{optional[ID]{&x.Member}, optional[ID]{&x.Token}, &x.Email, stamp{&x.Used}, milliseconds{&x.Idle}, stamp{&x.Expires}, &x.hash}
}

func (x *Session) refs() []ref {
	return []ref{{"member", "member", "members", x.Member}, {"token", "token", "tokens", x.Token}}
}

func (x *Session) check(f *faults) {
	if (x.Member == "") == (x.Token == "") {
		f.add("member", "a session is either a member's or a token's")
	}
	if x.Idle < 0 {
		f.add("idle", "%v is not possible: it must be 0 or more", x.Idle)
	}
	if x.Expires.IsZero() {
		f.add("expires", "is empty: a session ends some day")
	}
}

// over says whether the session has ended by its age.
func (x *Session) over(now time.Time) bool {
	return !now.Before(x.Expires) || !now.Before(x.Used.Add(x.Idle))
}

const sessionPrefix = "cas_"

// CreateSession signs somebody in and returns the session's text, which cannot be had again. The audit trail tells how:
// by a link, say. The collective's sessions that are over are removed on the way.
func (c *Scope) CreateSession(ctx context.Context, x *Session, how string) (text string, err error) {
	if err := checked(x); err != nil {
		return "", err
	}
	err = c.write(ctx, func(t *tx) error {
		text, err = t.signIn(ctx, x, how)
		return err
	})
	return text, err
}

func (t *tx) signIn(ctx context.Context, x *Session, how string) (text string, err error) {
	if _, err := t.exec(ctx, x.kind(), `delete from sessions where collective = $1 and (expires <= $2 or used + idle_ms <= $2)`, &t.collective, stamp{&t.now}); err != nil {
		return "", err
	}
	text, x.hash = newSecret(sessionPrefix, t.collective)
	x.Used = t.now
	if err := insert(ctx, t, x); err != nil {
		return "", err
	}
	return text, t.audit(ctx, "sign in", x.kind().noun, x.ID, access{By: how, Member: x.Member, Token: x.Token}.String())
}

// access is what the audit trail tells of sessions.
type access struct {
	By     string `json:"by,omitempty"`
	Why    string `json:"why,omitempty"`
	Member ID     `json:"member,omitempty"`
	Token  ID     `json:"token,omitempty"`
}

func (a access) String() string {
	b, _ := json.Marshal(a) // cannot fail for texts
	return string(b)
}

// SignedIn is who a session is: a member, or a producer's token.
type SignedIn struct {
	Collective ID
	Session    Session
	Member     *Member
	Token      *Token
}

// Actor is how the audit trail calls them, for Store.In.
func (x *SignedIn) Actor() string {
	if x.Member != nil {
		return "member:" + string(x.Member.ID)
	}
	return "token:" + string(x.Token.ID)
}

// AuthenticateSession finds who a session's text is for, and notes its use. Not found is a session that is unknown or
// over, whose member has another address by now, or whose token was revoked or has expired.
func (s *Store) AuthenticateSession(ctx context.Context, text string) (*SignedIn, error) {
	over := refuse(NotFound, "the session is over: sign in again")
	collective, hash, ok := parseSecret(sessionPrefix, text)
	if !ok {
		return nil, over
	}
	c := s.In(collective, "")
	who := SignedIn{Collective: collective}
	err := c.read(ctx, func(t *tx) error {
		found, err := query[Session](ctx, t, `collective = $1 and hash = $2`, string(collective), hash)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].over(t.now) {
			return over
		}
		who.Session = found[0]
		if who.Session.Member != "" {
			if who.Member, err = fetch[Member](ctx, t, who.Session.Member); err == nil && who.Member.Email != who.Session.Email {
				return over
			}
			return err
		}
		if who.Token, err = fetch[Token](ctx, t, who.Session.Token); err == nil && !who.Token.valid(t.now) {
			return over
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if now := time.Now(); now.Sub(who.Session.Used) >= time.Minute {
		who.Session.Used = now.UTC().Truncate(time.Millisecond)
		err = c.write(ctx, func(t *tx) error {
			_, err := t.exec(ctx, who.Session.kind(), `update sessions set used = $1 where collective = $2 and id = $3`, stamp{&who.Session.Used}, &collective, &who.Session.ID)
			return err
		})
	}
	return &who, err
}

// SessionFilter narrows sessions; what is empty does not.
type SessionFilter struct {
	ID     ID
	Member ID
	Token  ID
}

func (f SessionFilter) conditions() (w conditions) {
	w.is("id", string(f.ID))
	w.is("member", string(f.Member))
	w.is("token", string(f.Token))
	return w
}

// Sessions lists sessions, those that are over included until they are removed.
func (c *Scope) Sessions(ctx context.Context, f SessionFilter, page Page) ([]Session, Cursor, error) {
	return list[Session](ctx, c, page, f.conditions())
}

// EndSessions signs out, and says how many sessions that were.
func (c *Scope) EndSessions(ctx context.Context, f SessionFilter) (n int, err error) {
	err = c.write(ctx, func(t *tx) error {
		sessions, err := every[Session](ctx, t, f.conditions())
		if err != nil {
			return err
		}
		n = len(sessions)
		for _, x := range sessions {
			if _, err := t.exec(ctx, x.kind(), `delete from sessions where collective = $1 and id = $2`, &t.collective, &x.ID); err != nil {
				return err
			}
			if err := t.audit(ctx, "sign out", x.kind().noun, x.ID, access{Member: x.Member, Token: x.Token}.String()); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
