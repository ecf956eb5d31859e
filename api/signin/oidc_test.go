package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"carriole/api/store"
)

// An issuer lets everybody in as one user. It keeps to the protocol (discovery, codes that are good once, PKCE, signed
// tokens) but for what a test makes it do wrong.
type issuer struct {
	t    *testing.T
	web  *httptest.Server
	key  *ecdsa.PrivateKey
	user map[string]any // claims about the user

	mu    sync.Mutex
	codes map[string]url.Values // the requests that they were given for
	spoil func(claims map[string]any)
	sign  *ecdsa.PrivateKey // instead of the key that it shows
	info  map[string]any    // what it says of the user when asked
	down  bool
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, codes: map[string]url.Values{}, user: map[string]any{"email": "Marie@example.org", "email_verified": true}}
	i.key = newKey(t)
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, map[string]any{
			"issuer": i.web.URL, "authorization_endpoint": i.web.URL + "/authorize", "token_endpoint": i.web.URL + "/token", "jwks_uri": i.web.URL + "/keys",
			"userinfo_endpoint": i.web.URL + "/user", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("response_type") != "code" || q.Get("client_id") != "carriole" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("nonce") == "" || !strings.Contains(q.Get("scope"), "openid") {
			t.Errorf("the browser came with %v", q)
		}
		code := rand.Text()
		i.mu.Lock()
		i.codes[code] = q
		i.mu.Unlock()
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id == "" {
			id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		asked, known := i.codes[r.PostFormValue("code")]
		delete(i.codes, r.PostFormValue("code"))
		challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if id != "carriole" || secret != "s3cret" || !known || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) || asked.Get("redirect_uri") != r.PostFormValue("redirect_uri") {
			reply(w, 400, map[string]any{"error": "invalid_grant"})
			return
		}
		claims := map[string]any{"iss": i.web.URL, "sub": "u-1", "aud": "carriole", "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "nonce": asked.Get("nonce")}
		for k, v := range i.user {
			claims[k] = v
		}
		if i.spoil != nil {
			i.spoil(claims)
		}
		key := i.key
		if i.sign != nil {
			key = i.sign
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
		if err != nil {
			t.Error(err)
		}
		token, err := jwt.Signed(signer).Claims(claims).Serialize()
		if err != nil {
			t.Error(err)
		}
		reply(w, 200, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token})
	})
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer a" || i.info == nil {
			reply(w, 401, nil)
			return
		}
		reply(w, 200, i.info)
	})
	i.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		down := i.down
		i.mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.web.Close)
	return i
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func (i *issuer) options(o *Options) {
	o.OIDC = &OIDC{Issuer: i.web.URL, ClientID: "carriole", ClientSecret: "s3cret", Name: "La Coop"}
}

// visit goes to the issuer and returns where it sends the browser.
func (b *browser) visit() string {
	b.h.t.Helper()
	a := b.get("/signin/oidc")
	if a.StatusCode != http.StatusSeeOther {
		b.h.t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	for _, c := range a.Cookies() {
		if c.Name != "__Host-carriole-oidc" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			b.h.t.Errorf("the cookie is %v", c)
		}
	}
	back := b.get(a.Header.Get("Location"))
	if back.StatusCode != http.StatusFound || !strings.HasPrefix(back.Header.Get("Location"), b.h.web.URL+"/signin/oidc/callback?") {
		b.h.t.Fatalf("the issuer answers %d to %s: %s", back.StatusCode, back.Header.Get("Location"), back.body)
	}
	return back.Header.Get("Location")
}

func TestOIDC(t *testing.T) {
	i := newIssuer(t)
	onEach(t, func(t *testing.T, h *house) {
		must(t, h.two.CreateMember(t.Context(), &store.Member{Email: "paul@example.org", Role: store.Coordinator}))
		must(t, h.two.DeleteMember(t.Context(), membership(t, h, h.two).ID, 1))
		b := h.browser()
		b.get("/signin").shows(t, 200, "Sign in with La Coop", "/signin/oidc")
		back := b.visit()
		a := b.get(back)
		a.leads(t, "/home")
		b.is(h.member(h.one, h.marie.ID))
		want := fmt.Sprintf(`member:%s sign in {"by":"issuer","member":"%[1]s"}`, h.marie.ID)
		if got := h.events(h.one); len(got) != 1 || got[0] != want {
			t.Errorf("the audit trail has %q, want %q", got, want)
		}
		// What came back is good once, and in the browser that was sent.
		b.get(back).shows(t, 400, "Start again")
		h.browser().get(b.visit()).shows(t, 400, "Start again")
	}, i.options)
}

func membership(t *testing.T, h *house, c *store.Scope) store.Member {
	t.Helper()
	list, _, err := c.Members(t.Context(), store.MemberFilter{Email: "marie@example.org"}, store.Page{})
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("%d members", len(list))
	}
	return list[0]
}

// Everything that an issuer, or somebody in its place, can do wrong.
func TestOIDCRefuses(t *testing.T) {
	set := func(claim string, v any) func(*issuer) {
		return func(i *issuer) { i.spoil = func(c map[string]any) { c[claim] = v } }
	}
	without := func(claims ...string) func(*issuer) {
		return func(i *issuer) {
			i.spoil = func(c map[string]any) {
				for _, x := range claims {
					delete(c, x)
				}
			}
		}
	}
	i := newIssuer(t)
	h := newHouse(t, "sqlite:"+t.TempDir()+"/store.db", i.options)
	h.triesPerIP = limiter(1000, time.Minute)
	for _, x := range []struct {
		name   string
		spoil  func(*issuer)
		back   func(url.Values)
		status int // 303: is let in
	}{
		{"nothing wrong", func(*issuer) {}, nil, 303},
		{"verified in words", set("email_verified", "true"), nil, 303},
		{"not verified", set("email_verified", false), nil, 403},
		{"not verified in words", set("email_verified", "false"), nil, 403},
		{"verified is a number", set("email_verified", 1), nil, 403},
		{"nothing about verified", without("email_verified"), nil, 403},
		{"nobody's address", set("email", "nobody@example.org"), nil, 403},
		{"another nonce", set("nonce", "x"), nil, 400},
		{"no nonce", without("nonce"), nil, 400},
		{"for another client", set("aud", "another"), nil, 502},
		{"of another issuer", set("iss", "https://elsewhere.example"), nil, 502},
		{"expired", set("exp", time.Now().Add(-time.Hour).Unix()), nil, 502},
		{"signed by another", func(i *issuer) { i.sign = newKey(t) }, nil, 502},
		{"the address when asked", func(i *issuer) {
			without("email", "email_verified")(i)
			i.info = map[string]any{"sub": "u-1", "email": "marie@example.org", "email_verified": true}
		}, nil, 303},
		{"the address when asked, not verified", func(i *issuer) {
			without("email", "email_verified")(i)
			i.info = map[string]any{"sub": "u-1", "email": "marie@example.org", "email_verified": false}
		}, nil, 403},
		{"somebody else when asked", func(i *issuer) {
			without("email", "email_verified")(i)
			i.info = map[string]any{"sub": "u-2", "email": "marie@example.org", "email_verified": true}
		}, nil, 502},
		{"no address at all", without("email", "email_verified"), nil, 502},
		{"another state", func(*issuer) {}, func(q url.Values) { q.Set("state", "x") }, 400},
		{"no state", func(*issuer) {}, func(q url.Values) { q.Del("state") }, 400},
		{"no code", func(*issuer) {}, func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, 400},
		{"another code", func(*issuer) {}, func(q url.Values) { q.Set("code", "x") }, 502},
	} {
		t.Run(x.name, func(t *testing.T) {
			i.spoil, i.sign, i.info = nil, nil, nil
			x.spoil(i)
			b := h.browser()
			back := mustURL(t, b.visit())
			q := back.Query()
			if x.back != nil {
				x.back(q)
			}
			back.RawQuery = q.Encode()
			a := b.get(back.String())
			a.shows(t, x.status)
			in := b.get("/home").body != "nobody"
			if want := x.status == http.StatusSeeOther; in != want {
				t.Errorf("signed in: %v, want %v", in, want)
			}
			if log := h.logged.String(); strings.Contains(log, "s3cret") || strings.Contains(log, back.Query().Get("code")) && len(back.Query().Get("code")) > 5 {
				t.Errorf("the log has a secret: %s", log)
			}
		})
	}
}

// The code that somebody else got is of no use: the issuer wants the verifier, which only the browser's cookie has.
func TestOIDCStolenCode(t *testing.T) {
	i := newIssuer(t)
	h := newHouse(t, "sqlite:"+t.TempDir()+"/store.db", i.options)
	victim, thief := h.browser(), h.browser()
	stolen := mustURL(t, victim.visit()).Query().Get("code")
	own := mustURL(t, thief.visit())
	q := own.Query()
	q.Set("code", stolen)
	own.RawQuery = q.Encode()
	thief.get(own.String()).shows(t, 502)
	thief.is("nobody")
}

// An issuer that is away does not keep the service from starting, and is found when it is back.
func TestOIDCAway(t *testing.T) {
	i := newIssuer(t)
	i.down = true
	h := newHouse(t, "sqlite:"+t.TempDir()+"/store.db", i.options)
	b := h.browser()
	b.get("/signin/oidc").shows(t, 502, "could not be reached")
	i.mu.Lock()
	i.down = false
	i.mu.Unlock()
	b.get(b.visit()).leads(t, "/signin/collective")
}
