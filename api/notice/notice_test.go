package notice_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"carriole/api/internal/worldtest"
	"carriole/api/jobs"
	"carriole/api/notice"
	"carriole/api/planning"
	"carriole/api/post"
	"carriole/api/store"
)

var databases worldtest.Databases

func TestMain(m *testing.M) { os.Exit(databases.Run(m)) }

// office is a mail server that keeps what it gets.
type office struct {
	mu      sync.Mutex
	letters []letter
	refuse  []error // for the next
}

type letter struct{ to, subject, language, id, text string }

func open(t *testing.T) (*office, string) {
	t.Helper()
	o := &office{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	s := smtp.NewServer(o)
	s.Domain = "localhost"
	go s.Serve(listener)
	t.Cleanup(func() { s.Close() })
	return o, listener.Addr().String()
}

// NewSession is called by the server.
func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &counter{o: o}, nil }

type counter struct {
	o  *office
	to string
}

func (c *counter) Reset()                                    {}
func (c *counter) Logout() error                             { return nil }
func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error { c.to = to; return nil }
func (c *counter) Mail(string, *smtp.MailOptions) error {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	if len(c.o.refuse) == 0 {
		return nil
	}
	err := c.o.refuse[0]
	c.o.refuse = c.o.refuse[1:]
	return err
}

func (c *counter) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body := m.Body
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	c.o.letters = append(c.o.letters, letter{c.to, subject, m.Header.Get("Content-Language"), m.Header.Get("Message-ID"), strings.ReplaceAll(string(text), "\r\n", "\n")})
	return nil
}

// desk is a notice service whose jobs the test works off itself.
type desk struct {
	*worldtest.World
	*notice.Service
	t       *testing.T
	office  *office
	pending []jobs.Args
	tasks   []planning.Task
	members map[string]*store.Member
}

func eachDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	databases.Each(t, func(t *testing.T, url string) {
		s := worldtest.Open(t, url)
		d := &desk{World: worldtest.Fill(t, s, "Les\nPaniers"), t: t, members: map[string]*store.Member{}}
		o, address := open(t)
		d.office = o
		sender, err := post.New(&post.Server{URL: "smtp+plain://" + address, From: "Carriole <carriole@example.org>"})
		ok(t, err)
		p := planning.New(s, func(_ context.Context, _ *store.Scope, task planning.Task) error {
			d.tasks = append(d.tasks, task)
			return nil
		})
		p.Now = func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
		d.Service = &notice.Service{Store: s, Planning: p, Sender: sender, URL: "https://plan.example.org", Log: slog.New(slog.DiscardHandler),
			Enqueue: func(_ context.Context, c *store.Scope, job jobs.Args) error {
				if c.Tx() == nil {
					t.Error("a job is enqueued outside of a transaction")
				}
				d.pending = append(d.pending, job)
				return nil
			}}
		p.Emit = d.Tell
		for name, m := range map[string]store.Member{
			"anne":   {Role: store.ProducersRole, Producer: d.Anne, Name: "Anne\nMas", Language: ""},
			"bruno":  {Role: store.ProducersRole, Producer: d.Bruno, Language: "en"},
			"quiet":  {Role: store.ProducersRole, Producer: d.Bruno, NoMail: true},
			"claire": {Role: store.ProducersRole, Producer: d.Claire}, // sells nothing this week
			"coord":  {Role: store.Coordinator},
		} {
			m.Email = name + "@example.org"
			ok(t, d.Scope.CreateMember(t.Context(), &m))
			d.members[name] = &m
		}
		test(t, d)
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plan makes a plan of what is ordered now.
func (d *desk) plan(orders ...store.Order) store.ID {
	d.t.Helper()
	ctx := d.t.Context()
	d.Order(d.t, d.Sale, orders...)
	_, err := d.Planning.Request(ctx, d.Scope, d.Sale, planning.Options{Iterations: 300})
	ok(d.t, err)
	for _, task := range d.tasks {
		ok(d.t, d.Planning.Run(ctx, d.Scope.Collective(), task.Sale))
	}
	d.tasks = nil
	plans, _, err := d.Scope.Plans(ctx, store.PlanFilter{Sale: d.Sale, Live: true}, store.Page{})
	ok(d.t, err)
	return slices.MaxFunc(plans, func(a, b store.Plan) int { return int(a.Number - b.Number) }).ID
}

// work does what is pending, as the queue would: with arguments that have been JSON, and again where it fails. It says how often that was.
func (d *desk) work() (failed int) {
	d.t.Helper()
	for len(d.pending) > 0 {
		job := d.pending[0]
		d.pending = d.pending[1:]
		text, err := json.Marshal(job)
		ok(d.t, err)
		switch job.(type) {
		case notice.Round:
			var r notice.Round
			ok(d.t, json.Unmarshal(text, &r))
			err = d.Announce(d.t.Context(), r)
		case notice.Delivery:
			var r notice.Delivery
			ok(d.t, json.Unmarshal(text, &r))
			err = d.Deliver(d.t.Context(), r)
		}
		if err != nil {
			d.pending = append(d.pending, job)
			if failed++; failed > 20 {
				d.t.Fatal(err)
			}
		}
	}
	return failed
}

// take empties the office: letters by the name in their address.
func (d *desk) take() map[string]letter {
	d.t.Helper()
	out := map[string]letter{}
	for _, l := range d.office.letters {
		name, _, _ := strings.Cut(l.to, "@")
		if _, twice := out[name]; twice {
			d.t.Errorf("%s has two letters", name)
		}
		out[name] = l
	}
	d.office.letters = nil
	return out
}

func (d *desk) only(letters map[string]letter, names ...string) {
	d.t.Helper()
	var got []string
	for name := range letters {
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, names) {
		d.t.Fatalf("letters to %v, want %v", got, names)
	}
}

func (l letter) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(l.subject+"\n"+l.text, text) {
			t.Errorf("%q is not in\n%s\n%s", text, l.subject, l.text)
		}
	}
}

// goods are what makes Anne's goods ride with Bruno.
func (d *desk) goods(ref string, kg int64) store.Order {
	return store.Order{Ref: ref, PickupPoint: d.Hall, Lines: []store.OrderLine{{Product: d.Peaches, QuantityMilli: kg * 1000}, {Product: d.Potatoes, QuantityMilli: 5000}}}
}

// Producers are told once of a proposal, of its publication, and of what another changes; not who wants no mail or is asked nothing.
func TestNotices(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		first := d.plan(d.goods("R-1", 2))
		if d.work(); len(d.office.letters) > 0 {
			t.Fatalf("told of a draft: %v", d.office.letters)
		}
		_, err := d.Planning.Propose(ctx, d.Scope, first, 0)
		ok(t, err)
		d.work()
		got := d.take()
		d.only(got, "anne", "bruno")
		got["anne"].says(t, "Semaine 48\u00a0: une proposition attend votre réponse", "Bonjour Anne Mas,", "https://plan.example.org/farm\n", "VOS TRAJETS", "Remettre à Bruno (sur place ", "\nLes Paniers\n", "https://plan.example.org/farm#mail")
		got["bruno"].says(t, "Semaine 48: a proposal waits for your answer", "Hello Bruno,", "Take over from Anne (there ")
		if got["anne"].language != "fr" || got["bruno"].language != "en" || !strings.Contains(got["anne"].id, "@plan.example.org>") {
			t.Errorf("got %+v", got)
		}
		ok(t, d.Announce(ctx, notice.Round{Collective: d.Scope.Collective(), Plan: first, Event: store.PlanProposed}))
		if d.work(); len(d.office.letters) > 0 {
			t.Errorf("told again: %v", d.office.letters)
		}

		_, err = d.Planning.Publish(ctx, d.Scope, first, 0, true)
		ok(t, err)
		d.work()
		got = d.take()
		d.only(got, "anne", "bruno")
		got["anne"].says(t, "vos trajets sont fixés")
		if strings.Contains(got["anne"].text, "CE QUI CHANGE") {
			t.Errorf("nothing changes in %s", got["anne"].text)
		}

		bruno := d.members["bruno"]
		bruno.NoMail = true
		ok(t, d.Scope.UpdateMember(ctx, bruno))
		second := d.plan(d.goods("R-2", 30))
		_, err = d.Planning.Publish(ctx, d.Scope, second, 0, true)
		ok(t, err)
		d.work()
		got = d.take()
		d.only(got, "anne")
		got["anne"].says(t, "vos trajets ont changé", "CE QUI CHANGE POUR VOUS", "* Changé\u00a0: ", "avant\u00a0: ", "AMAP d’Anne, 2,0", "AMAP d’Anne, 32,0")
	})
}

// A server that takes a letter later gets it again until it does; one that never will is left alone; what is no longer true is not sent.
func TestDeliver(t *testing.T) {
	later := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come again"}
	never := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such box"}
	eachDesk(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		plan := d.plan(d.goods("R-1", 2))
		_, err := d.Planning.Propose(ctx, d.Scope, plan, 0)
		ok(t, err)
		d.office.refuse = []error{later, never, later}
		if n := d.work(); n != 2 || len(d.office.letters) != 1 {
			t.Errorf("%d failures and %v, want 2 and one letter", n, d.office.letters)
		}
		d.take()
		told, _, err := d.Scope.Notices(ctx, store.NoticeFilter{Plan: plan}, store.Page{})
		ok(t, err)
		sent := 0
		for _, n := range told {
			if !n.Sent.IsZero() {
				sent++
			}
			ok(t, d.Deliver(ctx, notice.Delivery{Collective: d.Scope.Collective(), Notice: n.ID}))
		}
		if len(told) != 2 || sent != 1 {
			t.Errorf("%d notices, %d sent: %+v", len(told), sent, told)
		}
		d.take()

		_, err = d.Planning.Publish(ctx, d.Scope, plan, 0, true)
		ok(t, err)
		second := d.plan(d.goods("R-2", 30))
		_, err = d.Planning.Publish(ctx, d.Scope, second, 0, true) // before anybody is told of the first
		ok(t, err)
		d.work()
		d.only(d.take(), "anne", "bruno")

		d.Sender = nil
		told, _, err = d.Scope.Notices(ctx, store.NoticeFilter{Plan: plan}, store.Page{})
		ok(t, err)
		for _, n := range told {
			if err := d.Deliver(ctx, notice.Delivery{Collective: d.Scope.Collective(), Notice: n.ID}); n.Sent.IsZero() && err == nil {
				t.Error("a letter counts as sent where there is no mail server")
			}
		}
		ok(t, d.Deliver(ctx, notice.Delivery{Collective: d.Scope.Collective(), Notice: "nobody"}))
	})
}
