package signin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carriole/api/post"
	"carriole/api/store"
)

// By mail: ask, get a link, open it, confirm.
func TestLink(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.get("/signin").shows(t, 200, `<html lang="en">`, `action="/signin"`, `type="email"`)
		b.get("/home").shows(t, 200, "nobody")
		b.send("/signin", "email", " Marie@Example.org ").leads(t, "/signin/sent")
		b.get("/signin/sent").shows(t, 200, "within 15 minutes")
		letters := h.take()
		link := h.linkIn(letters)
		l := letters[0]
		if !l.encrypted || l.user != "farm" || l.to != "marie@example.org" || l.from != "carriole@example.org" {
			t.Errorf("the mail came as %+v", l)
		}
		if l.header.Get("Auto-Submitted") != "auto-generated" || l.header.Get("Date") == "" || l.header.Get("Message-Id") == "" || l.header.Get("Content-Language") != "en" || l.header.Get("Subject") != english().Subject {
			t.Errorf("the mail's header is %v", l.header)
		}

		// Whoever scans mails opens links, but sends no forms.
		for range 3 {
			h.browser().get(link).shows(t, 200, "marie@example.org", `method="post"`)
		}
		a := b.get(link)
		a.shows(t, 200, "marie@example.org")
		if a.Header.Get("Referrer-Policy") != "strict-origin" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the headers are %v", a.Header)
		}
		b.get("/home").shows(t, 200, "nobody")
		a = b.send(link)
		a.leads(t, "/signin/collective")
		cookies := a.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("the cookies are %v", cookies)
		}
		c := cookies[0]
		if c.Name != "__Host-carriole" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge < int(usualLifetime/time.Second)-60 || c.MaxAge > int(usualLifetime/time.Second) {
			t.Errorf("the cookie is %v", c)
		}
		who, err := h.SignedIn(&http.Request{Header: http.Header{"Cookie": {c.Name + "=" + c.Value}}})
		if err != nil || who == nil || who.Member.Email != "marie@example.org" || who.Member.Role != store.Coordinator {
			t.Fatalf("signed in as %+v, %v", who, err)
		}

		// Once.
		b2 := h.browser()
		b2.get(link).shows(t, 404, "not valid")
		b2.send(link).shows(t, 404, "not valid")
		b2.is("nobody")
		b2.send(link[:len(link)-1]).shows(t, 404)
		b2.send("/signin/link/x").shows(t, 404)
		c1 := h.store.In(who.Collective, "")
		want := []string{
			fmt.Sprintf(`member:%s sign in {"by":"link","member":"%[1]s"}`, who.Member.ID),
			` refuse {"why":"the sign-in link is not valid"}`,
			` refuse {"why":"the sign-in link is not valid"}`,
		}
		if got := h.events(c1); !slices.Equal(got, want) {
			t.Errorf("the audit trail has %q, want %q", got, want)
		}

		// A new sign-in has a new session and ends the one before.
		link, err = h.Link(t.Context(), "MARIE@example.org")
		must(t, err)
		a = b.send(link)
		if renewed := a.Cookies()[0].Value; renewed == c.Value {
			t.Error("the session was not renewed")
		}
		if who, err := h.SignedIn(&http.Request{Header: http.Header{"Cookie": {c.Name + "=" + c.Value}}}); who != nil || err != nil {
			t.Errorf("the session before is %+v, %v; want none", who, err)
		}
		b.get("/signin").shows(t, 200, "You are signed in", "<strong>Marie</strong>", "Sign out", `href="/home"`)
		a = b.send("/signout")
		a.leads(t, "/signin")
		if c := a.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
			t.Errorf("signing out sets %v", c)
		}
		b.is("nobody")
		b.send("/signout").leads(t, "/signin")
	})
}

// Nothing in an answer tells whether an address is known, and no mail goes to one that is not.
func TestUnknownAddress(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		var answers []string
		for _, email := range []string{"marie@example.org", "nobody@example.org"} {
			for range 6 { // the last is one too many
				a := h.browser().send("/signin", "email", email)
				a.Header.Del("Date")
				answers = append(answers, fmt.Sprint(a.StatusCode, a.Header, a.body))
			}
		}
		if !slices.Equal(answers[:6], answers[6:]) {
			t.Errorf("the answers differ:\n%s\n%s", answers[:6], answers[6:])
		}
		if !strings.HasPrefix(answers[4], "303") || !strings.HasPrefix(answers[5], "429") {
			t.Errorf("got %s, then %s; want a limit after 5", answers[4], answers[5])
		}
		letters := h.take()
		for _, l := range letters {
			if l.to != "marie@example.org" {
				t.Errorf("a mail went to %s", l.to)
			}
		}
		if len(letters) != 5 {
			t.Errorf("%d mails, want 5", len(letters))
		}
	})
}

func TestAsk(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		for _, wrong := range []string{"", "marie", "marie@", "@example.org", "a@b c", "Marie <marie@example.org>", "a@b, c@d", "marie@example.org\r\nBcc: all@example.org", `"><script>`, strings.Repeat("a", 250) + "@example.org", strings.Repeat("a", 2*mostForm)} {
			a := h.browser().send("/signin", "email", wrong)
			a.shows(t, 422, `type="email"`)
			if strings.Contains(a.body, "<script") {
				t.Errorf("the page has what was typed: %s", a.body)
			}
		}
		// Many addresses from one place.
		for i := range 31 {
			a := h.browser().send("/signin", "email", fmt.Sprintf("x%d@example.org", i))
			if want := map[bool]int{false: 303, true: 429}[i == 30]; a.StatusCode != want {
				t.Fatalf("asking for the %dth address: %d, want %d", i+1, a.StatusCode, want)
			}
		}
		if n := len(h.take()); n != 0 {
			t.Errorf("%d mails were sent", n)
		}
	})
}

// Trying links is bounded.
func TestTries(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		b := h.browser()
		var last answer
		for range 61 {
			last = b.get("/signin/link/cal_x_y")
		}
		last.shows(t, 429, "Too many attempts")
		b.get("/p/car_x_y").shows(t, 429)
		b.get("/signin").shows(t, 200)
	})
}

func TestLanguage(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		b := h.browser()
		for header, want := range map[string]string{"fr-FR,fr;q=0.9,en;q=0.8": "fr", "fr-CH": "fr", "en-US,fr;q=0.5": "en", "de": "en", "": "en", "x;;;": "en"} {
			b.language = header
			a := b.get("/signin")
			a.shows(t, 200, `<html lang="`+want+`">`, wordsOf(want).SendLink)
			if got := a.Header.Get("Content-Language"); got != want {
				t.Errorf("%s: the language is %s", header, got)
			}
		}
		b.language = "en"
		if body := b.do(http.MethodGet, "/signin", nil, "Cookie", "language=fr; theme=dark").body; !strings.Contains(body, `<html lang="fr" data-theme="dark">`) {
			t.Errorf("what was chosen on the pages is not followed:\n%s", body)
		}
		b.language = "fr"
		b.send("/signin", "email", "marie@example.org").leads(t, "/signin/sent")
		letters := h.take()
		h.linkIn(letters)
		if !strings.Contains(letters[0].body, french().MailHello) || letters[0].header.Get("Content-Language") != "fr" {
			t.Errorf("the mail is not in French: %+v", letters[0])
		}
		// A member's own language comes first. Which membership counts is the first collective's by its id.
		where, err := h.store.Memberships(t.Context(), "marie@example.org")
		must(t, err)
		m := where[0].Member
		m.Language = "en"
		must(t, h.store.In(where[0].Collective, "test").UpdateMember(t.Context(), &m))
		b.send("/signin", "email", "marie@example.org").leads(t, "/signin/sent")
		if letters := h.take(); len(letters) != 1 || !strings.Contains(letters[0].body, english().MailHello) {
			t.Errorf("the mail is not in English: %+v", letters)
		}
	})
}

func TestWords(t *testing.T) {
	for _, w := range []*words{english(), french()} {
		v := reflect.ValueOf(*w)
		for i := range v.NumField() {
			if v.Field(i).String() == "" {
				t.Errorf("%s: no words for %s", w.Language, v.Type().Field(i).Name)
			}
		}
	}
}

// Forms that other sites' pages send do nothing.
func TestForeignForms(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signIn()
		link, err := h.Link(t.Context(), "marie@example.org")
		must(t, err)
		foreign := [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Sec-Fetch-Site", "", "Origin", "https://elsewhere.example"},
			{"Sec-Fetch-Site", "", "Origin", "null"},
		}
		for _, headers := range foreign {
			for _, path := range []string{"/signin", "/signout", "/signin/collective", link} {
				b.do(http.MethodPost, path, url.Values{"email": {"marie@example.org"}}, headers...).shows(t, 403, "another site")
			}
		}
		b.is(h.member(h.one, h.marie.ID))
		if n := len(h.take()); n != 0 {
			t.Errorf("%d mails were sent", n)
		}
		// An older browser that says where a form comes from.
		b.do(http.MethodPost, "/signout", nil, "Sec-Fetch-Site", "", "Origin", h.web.URL).leads(t, "/signin")
		b.is("nobody")
	})
}

// Marie is in two collectives: she chooses, and changes.
func TestChoose(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		b := h.browser()
		b.get("/signin/collective").leads(t, "/signin")
		b.send("/signin/collective", "collective", string(h.two.Collective())).leads(t, "/signin")
		b.signIn()
		b.get("/signin/collective").shows(t, 200, "Les &lt;Paniers&gt;", "Le Drive", "you are here", string(h.two.Collective()))
		before := b.client.Jar.Cookies(mustURL(t, h.web.URL))[0]
		b.send("/signin/collective", "collective", string(h.two.Collective())).leads(t, "/home")
		two, err := h.store.Memberships(ctx, "marie@example.org")
		must(t, err)
		there := two[slices.IndexFunc(two, func(m store.Membership) bool { return m.Collective == h.two.Collective() })]
		b.is(h.member(h.two, there.Member.ID))
		if who, err := h.SignedIn(&http.Request{Header: http.Header{"Cookie": {before.Name + "=" + before.Value}}}); who != nil || err != nil {
			t.Errorf("the session before is %+v, %v; want none", who, err)
		}
		sessions, _, err := h.two.Sessions(ctx, store.SessionFilter{}, store.Page{})
		must(t, err)
		if len(sessions) != 1 || time.Until(sessions[0].Expires) > usualLifetime {
			t.Errorf("the sessions are %+v", sessions)
		}
		b.send("/signin/collective", "collective", string(h.two.Collective())).leads(t, "/home")
		b.send("/signin/collective", "collective", "another").shows(t, 403, "no member")
		b.send("/signin/collective").shows(t, 403)

		// A coordinator of one collective who gives a member somebody else's address gets nowhere by it.
		other := store.Collective{Name: "Strangers"}
		must(t, h.store.CreateCollective(ctx, &other, "test"))
		strangers := h.store.In(other.ID, "test")
		mallory := store.Member{Email: "mallory@example.org", Role: store.Coordinator}
		must(t, strangers.CreateMember(ctx, &mallory))
		m := h.browser()
		link, err := h.Link(ctx, mallory.Email)
		must(t, err)
		m.send(link).leads(t, "/home")
		m.is(h.member(strangers, mallory.ID))
		link, err = h.Link(ctx, mallory.Email)
		must(t, err)
		mallory.Email = "marie@example.org"
		must(t, strangers.UpdateMember(ctx, &mallory))
		m.send("/signin/collective", "collective", string(h.one.Collective())).leads(t, "/signin")
		m.is("nobody")
		m.send(link).shows(t, 404)
	})
}

func TestSignOutEverywhere(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		phone, desk, other := h.browser(), h.browser(), h.browser()
		phone.signIn()
		desk.signIn()
		desk.send("/signin/collective", "collective", string(h.two.Collective())).leads(t, "/home")
		paul := store.Member{Email: "paul@example.org", Role: store.Reader}
		must(t, h.one.CreateMember(t.Context(), &paul))
		link, err := h.Link(t.Context(), paul.Email)
		must(t, err)
		other.send(link).leads(t, "/home")
		phone.send("/signout", "everywhere", "1").leads(t, "/signin")
		phone.is("nobody")
		desk.is("nobody")
		other.is(h.member(h.one, paul.ID))
	})
}

func TestIdle(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		b := h.browser()
		link, err := h.Link(t.Context(), "marie@example.org")
		must(t, err)
		b.send(link).leads(t, "/signin/collective")
		b.is("nobody")
	}, func(o *Options) { o.Idle = time.Nanosecond })
}

// A producer's private link lets in until it is revoked.
func TestPrivateLink(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		address, token, err := h.PrivateLink(ctx, h.one, h.anne.ID)
		must(t, err)
		if !strings.HasPrefix(address, h.web.URL+"/p/car_") || token.Producer != h.anne.ID || token.Scope != store.ProducerToken {
			t.Fatalf("got %s, %+v", address, token)
		}
		anne := "token:" + string(token.ID) + " of " + string(h.one.Collective())
		phone := h.browser()
		a := phone.get(address)
		a.leads(t, "/home")
		if a.Header.Get("Referrer-Policy") != "strict-origin" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the headers are %v", a.Header)
		}
		phone.is(anne)
		phone.get(address).leads(t, "/home")
		phone.is(anne)
		phone.get("/signin").shows(t, 200, "Anne &amp; fils")
		phone.get("/signin/collective").leads(t, "/home")
		phone.send("/signin/collective", "collective", string(h.two.Collective())).shows(t, 403)
		want := fmt.Sprintf(`token:%s sign in {"by":"private link","token":"%[1]s"}`, token.ID)
		if got := h.events(h.one); !slices.Equal(got, []string{want}) {
			t.Errorf("the audit trail has %q, want %q", got, want)
		}

		// Marie looks where it leads, and is asked before she is somebody else.
		desk := h.browser()
		desk.signIn()
		desk.get(address).shows(t, 200, "signed in as somebody else", "Marie", "Anne &amp; fils")
		desk.is(h.member(h.one, h.marie.ID))
		desk.send(address).leads(t, "/home")
		desk.is(anne)

		// Renewed: the link before is over, and so is whoever came by it.
		renewed, token2, err := h.PrivateLink(ctx, h.one, h.anne.ID)
		must(t, err)
		phone.is("nobody")
		phone.get(address).shows(t, 404, "not valid any more")
		phone.send(address).shows(t, 404)
		if got := h.events(h.one); !slices.Contains(got, `signin refuse {"why":"the private link is not valid"}`) {
			t.Errorf("the audit trail has %q", got)
		}
		phone.get(renewed).leads(t, "/home")
		phone.is("token:" + string(token2.ID) + " of " + string(h.one.Collective()))
		phone.send("/signout", "everywhere", "1").leads(t, "/signin")
		phone.is("nobody")
		phone.get(renewed).leads(t, "/home")
		must(t, h.RevokePrivateLinks(ctx, h.one, h.anne.ID))
		must(t, h.RevokePrivateLinks(ctx, h.one, h.anne.ID))
		phone.is("nobody")
		phone.get(renewed).shows(t, 404)

		// Other tokens are for programs, and other collectives' producers are not found.
		text, err := h.one.CreateToken(ctx, &store.Token{Name: "shop", Scope: store.CoordinatorToken})
		must(t, err)
		phone.get("/p/"+text).shows(t, 404)
		phone.get("/p/x").shows(t, 404)
		phone.is("nobody")
		if _, _, err := h.PrivateLink(ctx, h.two, h.anne.ID); !store.IsNotFound(err) {
			t.Errorf("got %v, want not found", err)
		}
		if err := h.RevokePrivateLinks(ctx, h.two, h.anne.ID); !store.IsNotFound(err) {
			t.Errorf("got %v, want not found", err)
		}

		// A token that ends before a session would.
		soon := time.Now().Add(time.Hour)
		text, err = h.one.CreateToken(ctx, &store.Token{Name: "Anne", Scope: store.ProducerToken, Producer: h.anne.ID, Expires: soon})
		must(t, err)
		a = phone.get("/p/" + text)
		a.leads(t, "/home")
		if age := a.Cookies()[0].MaxAge; age > 3600 {
			t.Errorf("the cookie lasts %d s, longer than the token", age)
		}
	})
}

// The first coordinator of an empty database, and one who is locked out.
func TestTerminal(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		if address, err := h.First(ctx, "AMAP", "x@example.org"); address != "" || err != nil {
			t.Errorf("in a store with collectives: %q, %v", address, err)
		}
		if _, err := h.Link(ctx, "nobody@example.org"); err == nil || !strings.Contains(err.Error(), "nobody@example.org") {
			t.Errorf("a link for nobody: %v", err)
		}
		h2 := newHouse(t, "sqlite:"+t.TempDir()+"/empty.db")
		empty, err := store.Open(ctx, "sqlite:"+t.TempDir()+"/empty.db")
		must(t, err)
		defer empty.Close()
		_, err = empty.Migrate(ctx)
		must(t, err)
		h2.Service.store = empty
		if _, err := h2.First(ctx, "AMAP", "no address"); err == nil {
			t.Error("a coordinator without an address was made")
		}
		address, err := h2.First(ctx, "AMAP", "Jo@example.org")
		must(t, err)
		b := h2.browser()
		b.send(address).leads(t, "/home")
		b.get("/signin").shows(t, 200, "jo@example.org", "AMAP")
		where, err := empty.Memberships(ctx, "jo@example.org")
		if err != nil || len(where) != 1 || where[0].Member.Role != store.Coordinator {
			t.Errorf("the memberships are %+v, %v", where, err)
		}
		if again, err := h2.First(ctx, "AMAP", "jo@example.org"); again != "" || err != nil {
			t.Errorf("again: %q, %v", again, err)
		}
	})
}

// On plain http, for localhost, the cookie cannot have the prefix of secure ones.
func TestPlainHTTP(t *testing.T) {
	h := newHouse(t, "sqlite:"+t.TempDir()+"/store.db", func(o *Options) { o.URL = strings.Replace(o.URL, "https://", "http://", 1) })
	link, err := h.Link(t.Context(), "marie@example.org")
	must(t, err)
	a := h.browser().send(strings.Replace(link, "http://", "https://", 1))
	c := a.Cookies()
	if len(c) != 1 || c[0].Name != "carriole" || c[0].Secure || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookies are %v", c)
	}
}

func TestOptions(t *testing.T) {
	const url = "https://plan.example.org"
	mail := func(server, from string) Options {
		return Options{URL: url, Mail: &post.Server{URL: server, From: from}}
	}
	const from = "Carriole <c@example.org>"
	for _, x := range []struct {
		o    Options
		want string // empty: good
	}{
		{Options{URL: url}, ""},
		{Options{URL: url + "/"}, ""},
		{Options{URL: "http://localhost:8080"}, ""},
		{Options{URL: "http://[::1]:8080"}, ""},
		{Options{}, "cannot be read"},
		{Options{URL: "plan.example.org"}, "cannot be read"},
		{Options{URL: "http://plan.example.org"}, "is not safe"},
		{Options{URL: "http://127.0.0.1.example.org"}, "is not safe"},
		{Options{URL: url + "/carriole"}, "more than a host"},
		{Options{URL: url + "/?x"}, "more than a host"},
		{Options{URL: url, Idle: -1}, "less than no time"},
		{mail("smtp://mail.example.org", from), ""},
		{mail("smtps://user:hidden@mail.example.org:4650", "c@example.org"), ""},
		{mail("smtp+plain://localhost:1025", from), ""},
		{mail("mail.example.org", from), "the mail server cannot be read"},
		{mail("smtp://user:hid%zz@mail.example.org", from), "the mail server cannot be read"},
		{mail("smtp://user:hidden@mail.example.org/path", from), "the mail server cannot be read"},
		{mail("https://user:hidden@mail.example.org", from), "must begin with smtps://"},
		{mail("smtp://user:hidden@mail.example.org:99999", from), "port"},
		{mail("smtp://mail.example.org", "nobody"), "is no e-mail address"},
		{Options{URL: url, OIDC: &OIDC{Issuer: "https://id.example.org", ClientID: "x"}}, ""},
		{Options{URL: url, OIDC: &OIDC{Issuer: "http://id.example.org", ClientID: "x"}}, "the issuer"},
		{Options{URL: url, OIDC: &OIDC{Issuer: "https://id.example.org"}}, "client id is empty"},
	} {
		_, err := New(nil, x.o)
		switch {
		case x.want == "" && err != nil:
			t.Errorf("%+v: %v", x.o, err)
		case x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)):
			t.Errorf("%+v: got %v, want %q", x.o, err, x.want)
		case err != nil && strings.Contains(err.Error(), "hid"):
			t.Errorf("the password is in %v", err)
		}
	}
}

// Without mail and issuer there is nothing to ask for.
func TestNeither(t *testing.T) {
	h := newHouse(t, "sqlite:"+t.TempDir()+"/store.db", func(o *Options) { o.Mail = nil })
	b := h.browser()
	if a := b.get("/signin"); strings.Contains(a.body, "<form") || !strings.Contains(a.body, english().NoMail) {
		t.Errorf("the page is %s", a.body)
	}
	b.send("/signin", "email", "marie@example.org").shows(t, 404)
	b.get("/signin/oidc").shows(t, 404)
	b.get("/signin/oidc/callback?state=x&code=y").shows(t, 404)
	b.get("/signin/style.css").shows(t, 200, "body")
}

// A store that fails is told in words, and logged.
func TestBroken(t *testing.T) {
	h := newHouse(t, "sqlite:"+t.TempDir()+"/store.db")
	b := h.browser()
	b.signIn()
	h.store.Close()
	for _, path := range []string{"/signin", "/signin/collective", "/p/car_a_b", "/signin/link/cal_a_b"} {
		b.get(path).shows(t, 500, "on our side")
	}
	b.send("/signout").shows(t, 500)
	b.send("/signin/link/cal_a_b").shows(t, 500)
	if !strings.Contains(h.logged.String(), "level=ERROR") {
		t.Error("nothing was logged")
	}
}

func TestWaitEnds(t *testing.T) {
	h := newHouse(t, "sqlite:"+t.TempDir()+"/store.db")
	ctx, cancel := context.WithCancel(t.Context())
	h.sending.Add(1)
	defer h.sending.Done()
	cancel()
	h.Wait(ctx) // returns though something is being sent
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	must(t, err)
	return u
}
