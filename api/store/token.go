package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"
)

// TokenScope is what a token lets its bearer do.
type TokenScope string

// The scopes of tokens.
const (
	CoordinatorToken TokenScope = "coordinator"
	MarketplaceToken TokenScope = "marketplace"
	ProducerToken    TokenScope = "producer" // a producer's private link
	ReadToken        TokenScope = "read"
)

// Token lets a program, or a producer by a link, in. What is kept is a hash: the text is known to its bearer alone.
type Token struct {
	Row
	Name     string
	Scope    TokenScope
	Producer ID        // of the scope producer
	Expires  time.Time // zero: never
	Revoked  time.Time // zero: valid
	Used     time.Time // last use, to the minute
	hash     []byte
}

func (*Token) kind() kind {
	return kind{noun: "token", table: "tokens", columns: "name, scope, producer, hash, expires, revoked, used", unique: "secret"}
}

func (x *Token) fields() []any {
	return []any{&x.Name, &x.Scope, optional[ID]{&x.Producer}, &x.hash, stamp{&x.Expires}, stamp{&x.Revoked}, stamp{&x.Used}}
}

func (x *Token) refs() []ref { return []ref{{"producer", "producer", "producers", x.Producer}} }

func (x *Token) check(f *faults) {
	f.name("name", x.Name)
	choice(f, "scope", x.Scope, CoordinatorToken, MarketplaceToken, ProducerToken, ReadToken)
	if x.Scope == ProducerToken && x.Producer == "" {
		f.add("producer", "is empty: a producer's token belongs to one")
	}
}

const tokenPrefix = "car_"

// newSecret makes the text that lets its bearer in, and what is kept of it. The text says whose it is,
// PREFIX_COLLECTIVE_SECRET, so that it is looked for in one collective alone.
func newSecret(prefix string, collective ID) (text string, hash []byte) {
	text = prefix + string(collective) + "_" + strings.ToLower(rand.Text())
	_, hash, _ = parseSecret(prefix, text)
	return text, hash
}

func parseSecret(prefix, text string) (collective ID, hash []byte, ok bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	id, secret, divided := strings.Cut(rest, "_")
	if !ok || !divided || !plain(id) || !plain(secret) {
		return "", nil, false
	}
	sum := sha256.Sum256([]byte(secret)) // a secret of 130 random bits needs no slow hash
	return ID(id), sum[:], true
}

// CreateToken makes a token and returns its text, which cannot be had again.
func (c *Scope) CreateToken(ctx context.Context, x *Token) (text string, err error) {
	text, x.hash = newSecret(tokenPrefix, c.collective)
	x.Revoked, x.Used = time.Time{}, time.Time{}
	if err := create(ctx, c, x); err != nil {
		return "", err
	}
	return text, nil
}

// Authenticate finds the collective and the token that a text is for, and notes its use. Expired, revoked and unknown tokens
// are all not found; then the collective is the one that the text names, if it does.
func (s *Store) Authenticate(ctx context.Context, text string) (ID, *Token, error) {
	unknown := refuse(NotFound, "the token is not valid: it is unknown, revoked or expired")
	collective, hash, ok := parseSecret(tokenPrefix, text)
	if !ok {
		return "", nil, unknown
	}
	c := s.In(collective, "")
	var x Token
	err := c.read(ctx, func(t *tx) error {
		found, err := query[Token](ctx, t, `collective = $1 and hash = $2`, string(collective), hash)
		if err != nil {
			return err
		}
		if len(found) == 0 || !found[0].valid(t.now) {
			return unknown
		}
		x = found[0]
		return nil
	})
	if err != nil {
		return collective, nil, err
	}
	if now := time.Now(); now.Sub(x.Used) >= time.Minute {
		x.Used = now.UTC().Truncate(time.Millisecond)
		err = c.write(ctx, func(t *tx) error {
			_, err := t.exec(ctx, x.kind(), `update tokens set used = $1 where collective = $2 and id = $3`, stamp{&x.Used}, &collective, &x.ID)
			return err
		})
	}
	return collective, &x, err
}

// valid says whether the token was neither revoked nor has expired.
func (x *Token) valid(now time.Time) bool {
	return x.Revoked.IsZero() && (x.Expires.IsZero() || now.Before(x.Expires))
}

// RevokeToken ends a token; doing so again changes nothing.
func (c *Scope) RevokeToken(ctx context.Context, id ID) error {
	return c.write(ctx, func(t *tx) error {
		x, err := fetch[Token](ctx, t, id)
		if err != nil || !x.Revoked.IsZero() {
			return err
		}
		x.Revoked = t.now
		return change(ctx, t, x, "revoke", "")
	})
}

// TokenFilter narrows a list of tokens; what is empty does not.
type TokenFilter struct {
	Scope    TokenScope
	Producer ID
}

// Token is a token by id.
func (c *Scope) Token(ctx context.Context, id ID) (*Token, error) { return get[Token](ctx, c, id) }

// Tokens lists tokens.
func (c *Scope) Tokens(ctx context.Context, f TokenFilter, page Page) ([]Token, Cursor, error) {
	var w conditions
	w.is("scope", string(f.Scope))
	w.is("producer", string(f.Producer))
	return list[Token](ctx, c, page, w)
}
