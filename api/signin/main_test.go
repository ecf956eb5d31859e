package signin

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/go-chi/chi/v5"

	"carriole/api/pgtest"
	"carriole/api/post"
	"carriole/api/store"
)

var server *pgtest.Server

var start = sync.OnceValue(func() (err error) {
	server, err = pgtest.Start()
	return err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// onEach runs a test in a service on a new store in each database.
func onEach(t *testing.T, test func(t *testing.T, h *house), change ...func(*Options)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, newHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "store.db"), change...))
	})
	t.Run("postgres", func(t *testing.T) {
		if err := start(); err != nil {
			t.Fatal(err)
		}
		url, err := server.Create(t.Context(), "postgres", "")
		if err != nil {
			t.Fatal(err)
		}
		test(t, newHouse(t, url, change...))
	})
}

// A house is a service on a web server, with a mail server beside it and two collectives in its store: Marie coordinates
// both, Anne is a producer of the first.
type house struct {
	*Service
	t        *testing.T
	web      *httptest.Server
	post     *postOffice
	one, two *store.Scope
	marie    store.Member // of the first
	anne     store.Producer
	logged   *log
}

func newHouse(t *testing.T, databaseURL string, change ...func(*Options)) *house {
	t.Helper()
	s, err := store.Open(t.Context(), databaseURL)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	_, err = s.Migrate(t.Context())
	must(t, err)
	h := &house{t: t, web: httptest.NewUnstartedServer(nil), logged: &log{}}
	h.web.StartTLS()
	t.Cleanup(h.web.Close)
	h.post = newPostOffice(t, h.web.TLS, true)

	roots := x509.NewCertPool()
	roots.AddCert(h.web.Certificate())
	o := Options{
		URL:  h.web.URL,
		Home: "/home",
		Mail: &post.Server{URL: "smtp://farm:p%40ss@" + h.post.address, From: "Carriole <carriole@example.org>", TLS: &tls.Config{RootCAs: roots}},
		Log:  slog.New(slog.NewTextHandler(h.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&o)
	}
	h.Service, err = New(s, o)
	must(t, err)
	r := chi.NewRouter()
	h.Routes(r)
	r.Get("/home", func(w http.ResponseWriter, r *http.Request) {
		who, err := h.SignedIn(r)
		switch {
		case err != nil:
			t.Error(err)
		case who == nil:
			io.WriteString(w, "nobody")
		default:
			fmt.Fprint(w, who.Actor(), " of ", who.Collective)
		}
	})
	h.web.Config.Handler = r

	for _, x := range []struct {
		name  string
		scope **store.Scope
	}{{"Les <Paniers>", &h.one}, {"Le Drive", &h.two}} {
		c := store.Collective{Name: x.name}
		must(t, s.CreateCollective(t.Context(), &c, "test"))
		*x.scope = s.In(c.ID, "test")
		m := store.Member{Email: "marie@example.org", Name: "Marie", Role: store.Coordinator}
		must(t, (*x.scope).CreateMember(t.Context(), &m))
		if h.marie.ID == "" {
			h.marie = m
		}
	}
	place := store.Place{Name: "Mas"}
	must(t, h.one.CreatePlace(t.Context(), &place))
	h.anne = store.Producer{Name: "Anne & fils", Place: place.ID}
	must(t, h.one.CreateProducer(t.Context(), &h.anne))

	t.Cleanup(func() {
		h.Wait(context.Background())
		if secret := regexp.MustCompile(`c[arsl]{2}_[a-z0-9]+_[a-z0-9]+`).FindString(h.logged.String()); secret != "" {
			t.Errorf("the log has the secret %s", secret)
		}
	})
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// log keeps what is logged.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A browser keeps cookies, says where its requests come from, and does not follow redirects by itself.
type browser struct {
	h        *house
	client   *http.Client
	language string
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	client := *h.web.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{h: h, client: &client, language: "en-GB,en;q=0.8"}
}

// An answer is a response that was read.
type answer struct {
	*http.Response
	body string
}

func (b *browser) do(method, path string, form url.Values, headers ...string) answer {
	b.h.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.h.web.URL + path
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, path, strings.NewReader(form.Encode()))
	must(b.h.t, err)
	r.Header.Set("Accept-Language", b.language)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(r)
	must(b.h.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(b.h.t, err)
	return answer{response, string(body)}
}

func (b *browser) get(path string) answer { b.h.t.Helper(); return b.do(http.MethodGet, path, nil) }
func (b *browser) send(path string, pairs ...string) answer {
	b.h.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, form)
}

// shows checks an answer's status and what its page says.
func (a answer) shows(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s %s: %q is not in %s", a.Request.Method, a.Request.URL.Path, text, a.body)
		}
	}
}

func (a answer) leads(t *testing.T, to string) {
	t.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || got != to {
		t.Fatalf("%s %s: status %d to %q, want 303 to %q: %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, got, to, a.body)
	}
}

// is who a browser is signed in as.
func (b *browser) is(who string) {
	b.h.t.Helper()
	if a := b.get("/home"); a.body != who {
		b.h.t.Errorf("the browser is %q, want %q", a.body, who)
	}
}

func (h *house) member(c *store.Scope, id store.ID) string {
	return "member:" + string(id) + " of " + string(c.Collective())
}

// signIn signs in as the first collective's Marie, by a link from the terminal.
func (b *browser) signIn() {
	b.h.t.Helper()
	link, err := b.h.newLink(b.h.t.Context(), store.Membership{Collective: b.h.one.Collective(), Member: b.h.marie}, "test", time.Hour)
	must(b.h.t, err)
	b.send(link).leads(b.h.t, "/signin/collective")
	b.is(b.h.member(b.h.one, b.h.marie.ID))
}

// events are a collective's audit trail about sessions, an entry a line.
func (h *house) events(c *store.Scope) []string {
	h.t.Helper()
	var out []string
	events, _, err := c.Events(h.t.Context(), store.EventFilter{Kind: "session"}, store.Page{Limit: 1000})
	must(h.t, err)
	for _, e := range events {
		out = append(out, strings.Join([]string{e.Actor, e.Action, e.Detail}, " "))
	}
	return out
}

// A postOffice is a mail server that keeps what it gets. It lets in the user farm with the password p@ss.
type postOffice struct {
	address string
	mu      sync.Mutex
	letters []letter
	refuse  []error // for the next messages
	tries   int
}

type letter struct {
	to, from, body string
	header         mail.Header
	encrypted      bool
	user           string
}

// newPostOffice starts a server: with implicit TLS by a listener of the kind, or plain with STARTTLS where certificates are given.
func newPostOffice(t *testing.T, certificates *tls.Config, startTLS bool) *postOffice {
	t.Helper()
	p := &postOffice{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p.address = listener.Addr().String()
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	s.ErrorLog = quiet{}
	if certificates != nil {
		config := &tls.Config{Certificates: certificates.Certificates}
		if startTLS {
			s.TLSConfig = config
		} else {
			listener = tls.NewListener(listener, config)
		}
	}
	go s.Serve(listener)
	t.Cleanup(func() { s.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// NewSession is called by the server.
func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &counter{post: p, conn: c}, nil
}

type counter struct {
	post *postOffice
	conn *smtp.Conn
	letter
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }
func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "farm" || password != "p@ss" {
			return smtp.ErrAuthFailed
		}
		c.user = user
		return nil
	}), nil
}
func (c *counter) Reset()        {}
func (c *counter) Logout() error { return nil }
func (c *counter) Mail(from string, _ *smtp.MailOptions) error {
	c.from = from
	c.post.mu.Lock()
	defer c.post.mu.Unlock()
	c.post.tries++
	if len(c.post.refuse) > 0 {
		err := c.post.refuse[0]
		c.post.refuse = c.post.refuse[1:]
		return err
	}
	return nil
}
func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error { c.to = to; return nil }
func (c *counter) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	c.header = m.Header
	body, err := io.ReadAll(quotedPrintable(m))
	if err != nil {
		return err
	}
	c.body = string(body)
	_, c.encrypted = c.conn.TLSConnectionState()
	c.post.mu.Lock()
	defer c.post.mu.Unlock()
	c.post.letters = append(c.post.letters, c.letter)
	return nil
}

// take waits until what was asked for is sent, and empties the box.
func (h *house) take() []letter {
	h.t.Helper()
	h.Wait(h.t.Context())
	h.post.mu.Lock()
	defer h.post.mu.Unlock()
	out := h.post.letters
	h.post.letters = nil
	return out
}

// linkIn is the link of the only letter.
func (h *house) linkIn(letters []letter) string {
	h.t.Helper()
	if len(letters) != 1 {
		h.t.Fatalf("%d letters, want 1: %s", len(letters), h.logged)
	}
	link := regexp.MustCompile(regexp.QuoteMeta(h.web.URL) + `/signin/link/\S+`).FindString(letters[0].body)
	if link == "" {
		h.t.Fatalf("no link is in the mail: %s", letters[0].body)
	}
	return link
}

var errLater = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come again"}
var errNever = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such box"}

func quotedPrintable(m *mail.Message) io.Reader {
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		return quotedprintable.NewReader(m.Body)
	}
	return m.Body
}
