package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"carriole/api/store"
)

// Role is what a caller may be.
type Role string

// The roles. Who has none is nobody.
const (
	Coordinator Role = "coordinator"
	Marketplace Role = "marketplace"
	Producer    Role = "producer"
	Reader      Role = "read"
	Nobody      Role = ""
)

// roles are those of the table of who may do what, in its order.
var roles = [...]Role{Coordinator, Marketplace, Producer, Reader, Nobody}

// Caller is who makes a request.
type Caller struct {
	Collective store.ID
	Actor      string // for the audit trail, as in token:… or member:…
	Role       Role
	Producer   store.ID // of the role producer: who they are
}

// roleOf says what a token's bearer is.
var roleOf = map[store.TokenScope]Role{
	store.CoordinatorToken: Coordinator,
	store.MarketplaceToken: Marketplace,
	store.ProducerToken:    Producer,
	store.ReadToken:        Reader,
}

// a call is a request of a caller who was let in.
type call struct {
	Caller
	scope *store.Scope
}

// producerOnly is the producer whose things alone the caller sees; empty: all.
func (c *call) producerOnly() store.ID {
	if c.Role == Producer {
		return c.Producer
	}
	return ""
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// caller finds out who makes a request: by a bearer token, or else by a session. Without either it is nobody.
func (s *Service) caller(r *http.Request) (Caller, error) {
	if text, ok := bearer(r); ok {
		return s.tokens.caller(r.Context(), text)
	}
	return s.session(r)
}

func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

func unauthorized(detail string) *Problem {
	p := refuse(http.StatusUnauthorized, detail)
	p.headers = http.Header{"Www-Authenticate": {`Bearer realm="carriole"`}}
	return p
}

// tokenCache remembers for a moment who a token is, so that a burst of requests asks the database once. What is revoked
// here is forgotten at once; what another process revokes, after tokenMoment.
type tokenCache struct {
	store *store.Store
	mu    sync.Mutex
	known map[[sha256.Size]byte]knownToken
}

type knownToken struct {
	caller Caller
	until  time.Time
}

const (
	tokenMoment = 5 * time.Second
	mostTokens  = 10_000
)

func (c *tokenCache) caller(ctx context.Context, text string) (Caller, error) {
	key := sha256.Sum256([]byte(text)) // so that no secret stays in memory
	now := time.Now()
	c.mu.Lock()
	k, ok := c.known[key]
	c.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.caller, nil
	}
	collective, t, err := c.store.Authenticate(ctx, text)
	if store.IsNotFound(err) {
		return Caller{}, unauthorized("The token is not valid: it is unknown, revoked or expired.")
	}
	if err != nil {
		return Caller{}, err
	}
	k = knownToken{Caller{collective, "token:" + string(t.ID), roleOf[t.Scope], t.Producer}, now.Add(tokenMoment)}
	if !t.Expires.IsZero() && t.Expires.Before(k.until) {
		k.until = t.Expires
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= mostTokens {
		clear(c.known)
	}
	c.known[key] = k
	return k.caller, nil
}

// forget lets the next request of each token ask the database.
func (c *tokenCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
}
