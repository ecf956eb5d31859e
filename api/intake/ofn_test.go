package intake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"carriole/api/intake"
	"carriole/api/jobs"
	"carriole/api/store"
)

// standIn answers as an Open Food Network does: the report to who has the token and asks for an order cycle.
type standIn struct {
	*httptest.Server
	report   []byte
	off      bool  // the feature is not switched on
	failures []int // statuses to answer with first
	asked    []*http.Request
}

func newStandIn(t *testing.T, report []byte) *standIn {
	s := &standIn{report: report}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case len(s.failures) > 0:
			status := s.failures[0]
			s.failures = s.failures[1:]
			w.WriteHeader(status)
		case s.off || !strings.HasPrefix(r.URL.Path, "/api/v0/reports/"):
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, "<html>The page you were looking for doesn't exist.</html>")
		case r.Header.Get("X-Api-Token") != "sesame":
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"You are not authorized to perform that action."}`)
		case r.URL.Path != "/api/v0/reports/packing/customer":
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"error":"Report not found"}`)
		case r.URL.Query().Get("q[order_cycle_id_in][]") == "":
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"error":"Please supply Ransack search params in the request"}`)
		default:
			w.Write(s.report)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

var quick = intake.OFN{Private: true, Pause: time.Millisecond, Timeout: 10 * time.Second}

func cycle(id int, closes string) []byte {
	body, _ := json.Marshal(map[string]any{"id": "9f6c", "event": "order_cycle.opened", "at": "2026-11-20T08:00:00Z", "data": map[string]any{
		"id": id, "name": "Semaine 48", "orders_open_at": "2026-11-20T08:00:00.000+01:00", "opened_at": "2026-11-20T08:00:12.000+01:00",
		"orders_close_at": closes, "coordinator_id": 3, "coordinator_name": "Drive"}})
	return body
}

// An order cycle opens, is put off, and closes; its orders come in, change, and come in again.
func TestOrderCycle(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		network := newStandIn(t, fixture(t, "ofn-packing.json"))
		connection := store.OFNConnection{BaseURL: network.URL, Token: "sesame", Report: "packing/customer", Coordinator: 3, DistributionAfterDays: 2, PullAfterMin: 15, CreateUnknown: true, Active: true}
		receiver, err := c.CreateOFNConnection(ctx, &connection)
		check(t, err)
		collective, found, err := s.OFNReceiver(ctx, receiver)
		check(t, err)
		scope := s.In(collective, "ofn")
		type job struct {
			sale store.ID
			at   time.Time
		}
		var jobs []job
		schedule := func(ctx context.Context, c *store.Scope, sale store.ID, at time.Time) error {
			if c.Tx() == nil {
				return errors.New("not within the transaction")
			}
			jobs = append(jobs, job{sale, at.UTC()})
			return nil
		}
		receive := func(body []byte) *store.Sale {
			t.Helper()
			sale, err := intake.ReceiveOFN(ctx, scope, found, body, schedule)
			check(t, err)
			return sale
		}
		// Without a zone the time is on the collective's clock.
		sale := receive(cycle(77, "2026-11-24 23:59"))
		if sale.Distribution != "2026-11-26" || sale.Name != "Semaine 48" || !strings.HasPrefix(sale.Ref, "ofn:127.0.0.1:") || !strings.HasSuffix(sale.Ref, ":77") ||
			sale.Closes.UTC().Format(time.RFC3339) != "2026-11-24T22:59:00Z" || sale.Opens.UTC().Format(time.RFC3339) != "2026-11-20T07:00:00Z" {
			t.Errorf("the sale is %+v", sale)
		}
		if again := receive(cycle(77, "2026-11-24T23:59:00+01:00")); again.ID != sale.ID || again.Version != 1 || len(jobs) != 1 {
			t.Errorf("delivered again: %+v, jobs %v", again, jobs)
		}
		later := receive(cycle(77, "2026-11-25T20:00:00.000+01:00"))
		if later.ID != sale.ID || later.Distribution != "2026-11-27" || later.First != "2026-11-23" || len(jobs) != 2 || jobs[1] != (job{sale.ID, time.Date(2026, 11, 25, 19, 15, 0, 0, time.UTC)}) {
			t.Errorf("put off: %+v, jobs %v", later, jobs)
		}
		for what, body := range map[string]string{"another coordinator's": strings.Replace(string(cycle(78, "2026-11-25T20:00:00Z")), `"coordinator_id":3`, `"coordinator_id":4`, 1), "another event": `{"event":"payment.paid","data":{"id":1}}`} {
			if sale := receive([]byte(body)); sale != nil || len(jobs) != 2 {
				t.Errorf("%s makes %+v", what, sale)
			}
		}
		for _, body := range []string{"", "[]", string(cycle(79, "")), string(cycle(79, "soon")), string(cycle(0, "2026-11-25T20:00:00Z"))} {
			if _, err := intake.ReceiveOFN(ctx, scope, found, []byte(body), schedule); !errors.Is(err, &store.Error{Code: store.Invalid}) {
				t.Errorf("%s: %v", body, err)
			}
		}

		// The first job comes too early now; the second fetches.
		r, again, err := intake.PullOFN(ctx, scope, &quick, sale.ID, jobs[0].at)
		if r != nil || err != nil || !again.Equal(jobs[1].at) || len(network.asked) != 0 {
			t.Errorf("too early: %v, %v, %v", r, again, err)
		}
		network.failures = []int{503, 429}
		r, again, err = intake.PullOFN(ctx, scope, &quick, sale.ID, jobs[1].at)
		check(t, err)
		if !again.IsZero() || r.Created != 2 || len(network.asked) != 3 {
			t.Errorf("pulled %+v after %d requests", r, len(network.asked))
		}
		diff(t, "goods", []string{"1 Petit bonheur (pièce) 150 g chilled", "2 Pommes Gala (1 kg) 2000 g ambient", "7 Pommes Gala (1 kg) 7000 g ambient"}, d.goods(t, sale.ID))
		asked := network.asked[2]
		if strings.Contains(asked.URL.String(), "sesame") || asked.URL.Query().Get("q[order_cycle_id_in][]") != "77" || !slices.Contains(asked.URL.Query()["fields_to_hide[]"], "last_name") {
			t.Errorf("asked for %s", asked.URL)
		}
		// C12 is no more.
		network.report = []byte(strings.ReplaceAll(string(network.report), `"C12"`, `null`))
		r, _, err = intake.PullOFN(ctx, scope, &quick, sale.ID, jobs[1].at)
		check(t, err)
		if r.Cancelled != 1 || len(r.Vanished) != 1 {
			t.Errorf("pulled again: %+v", r)
		}
		network.report = []byte(`{"data": []}`)
		if r, _, err = intake.PullOFN(ctx, scope, &quick, sale.ID, jobs[1].at); err != nil || r.Written || len(r.Notices) != 1 {
			t.Errorf("an empty report: %+v, %v", r, err)
		}
		// A sale that is of no network has nothing to pull.
		if _, _, err := intake.PullOFN(ctx, scope, &quick, d.sale, jobs[1].at); err == nil {
			t.Error("a sale of nobody's is pulled")
		}
		connection.Active = false
		check(t, c.UpdateOFNConnection(ctx, &connection))
		if _, _, err := intake.PullOFN(ctx, scope, &quick, sale.ID, jobs[1].at); err == nil || !strings.Contains(err.Error(), "is active") {
			t.Errorf("without connection: %v", err)
		}
	})
}

// From the webhook to the plan by the queue alone: the job is there with the sale, comes again when the close was put off, and
// has the sale planned with what it brought.
func TestPullJob(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, c *store.Scope) {
		d, ctx := newDrive(t, c), t.Context()
		network := newStandIn(t, fixture(t, "ofn-packing.json"))
		connection := store.OFNConnection{BaseURL: network.URL, Token: "sesame", Report: "packing/customer", PullAfterMin: 5, CreateUnknown: true, Active: true}
		_, err := c.CreateOFNConnection(ctx, &connection)
		check(t, err)
		var kinds jobs.Kinds
		pulled := make(chan store.ID, 9)
		var told []store.Put
		telling := quick
		telling.Tell = func(_ context.Context, c *store.Scope, _ store.ID, puts []store.Put) error {
			if c.Tx() == nil {
				t.Error("told outside of the orders' transaction")
			}
			told = append(told, puts...)
			return nil
		}
		puller := intake.Puller{Store: s, OFN: &telling, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }}
		jobs.Handle(&kinds, puller.Work)
		q, err := jobs.New(s, kinds, jobs.Options{})
		check(t, err)
		var later []time.Time
		puller.Schedule = func(ctx context.Context, c *store.Scope, sale store.ID, at time.Time) error {
			later = append(later, at.UTC())
			return q.Add(ctx, c, intake.Pull{Collective: c.Collective(), Sale: sale}, time.Time{}, 5) // the test does not wait
		}
		puller.Pulled = func(_ context.Context, _ *store.Scope, sale store.ID) error { pulled <- sale; return nil }

		sale, err := intake.ReceiveOFN(ctx, c, &connection, cycle(77, "2026-11-24T10:00:00Z"), puller.Schedule)
		check(t, err)
		check(t, q.Start(ctx))
		defer func() { check(t, q.Stop(context.WithoutCancel(ctx))) }()
		if got := <-pulled; got != sale.ID || len(d.goods(t, sale.ID)) != 3 {
			t.Errorf("pulled %s: %v", got, d.goods(t, got))
		}
		last, err := intake.LastPull(ctx, c, sale.ID)
		check(t, err)
		if last == nil || last.Error != "" || last.Good == 0 || last.Created != 2 || !last.At.Equal(puller.Now()) {
			t.Errorf("the last pull is %+v", last)
		}
		if len(told) != 2 || told[0].Status != store.PutCreated {
			t.Errorf("told of %+v", told)
		}
		// The close is put off: the job finds that it is too early, and asks to come again.
		puller.Schedule = func(_ context.Context, _ *store.Scope, _ store.ID, at time.Time) error {
			later = append(later, at.UTC())
			return nil
		}
		_, err = intake.ReceiveOFN(ctx, c, &connection, cycle(77, "2026-11-25T10:00:00Z"), puller.Schedule)
		check(t, err)
		asked := len(network.asked)
		check(t, puller.Work(ctx, intake.Pull{Collective: c.Collective(), Sale: sale.ID}))
		if len(later) != 3 || !later[2].Equal(time.Date(2026, 11, 25, 10, 5, 0, 0, time.UTC)) || len(network.asked) != asked {
			t.Errorf("put off: %v, %d requests", later, len(network.asked)-asked)
		}
		// A sale that is gone is nothing to do; a network that fails is tried again by the queue.
		check(t, puller.Work(ctx, intake.Pull{Collective: c.Collective(), Sale: "gone"}))
		puller.Now = func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }
		network.failures = []int{500}
		if err := puller.Work(ctx, intake.Pull{Collective: c.Collective(), Sale: sale.ID}); err == nil || len(network.asked) != asked+1 {
			t.Errorf("a network that fails: %v after %d requests", err, len(network.asked)-asked)
		}
		if last, err = intake.LastPull(ctx, c, sale.ID); err != nil || !strings.Contains(last.Error, "500") || last.Good != 0 {
			t.Errorf("the last pull is %+v, %v", last, err)
		}
	})
}

// What the network refuses is told so that somebody can mend it, without the token.
func TestOFNRefusals(t *testing.T) {
	elsewhere := newStandIn(t, []byte(`{"data": []}`))
	for _, x := range []struct {
		name  string
		set   func(*standIn, *store.OFNConnection)
		tries int
		want  string
	}{
		{"the feature is off", func(s *standIn, _ *store.OFNConnection) { s.off = true }, 1, "switch the feature api_reports on"},
		{"a wrong token", func(_ *standIn, c *store.OFNConnection) { c.Token = "wrong-token" }, 1, "does not accept the token (401)"},
		{"no such report", func(_ *standIn, c *store.OFNConnection) { c.Report = "packing/nosuch" }, 1, "refuses the report (422): Report not found"},
		{"it fails", func(s *standIn, _ *store.OFNConnection) { s.failures = []int{500, 502, 503, 504, 500} }, 4, "fails (504)"},
		{"it sends us elsewhere", func(s *standIn, _ *store.OFNConnection) {
			s.Config.Handler = http.RedirectHandler(strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)+"/api/v0/reports/packing/customer", http.StatusFound)
		}, 0, "where the token must not go"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newStandIn(t, []byte(`{"data": []}`))
			c := &store.OFNConnection{BaseURL: s.URL, Token: "sesame", Report: "packing/customer"}
			x.set(s, c)
			_, err := quick.Report(t.Context(), c, 77)
			if err == nil || !strings.Contains(err.Error(), x.want) || len(s.asked) != x.tries {
				t.Errorf("after %d requests: %v, want %q after %d", len(s.asked), err, x.want, x.tries)
			}
			if strings.Contains(fmt.Sprint(err), c.Token.Reveal()) {
				t.Errorf("the token is in %v", err)
			}
		})
	}
	if len(elsewhere.asked) != 0 {
		t.Error("the token went elsewhere")
	}
	public := intake.OFN{Pause: time.Millisecond}
	if _, err := public.Report(t.Context(), &store.OFNConnection{BaseURL: elsewhere.URL, Token: "sesame", Report: "packing/customer"}, 77); err == nil || len(elsewhere.asked) != 0 {
		t.Errorf("an address that is not public is asked: %v", err)
	}
	closed := newStandIn(t, nil)
	closed.Close()
	if _, err := quick.Report(t.Context(), &store.OFNConnection{BaseURL: closed.URL, Token: "sesame", Report: "packing/customer"}, 77); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := quick.Report(ctx, &store.OFNConnection{BaseURL: elsewhere.URL, Token: "sesame", Report: "packing/customer"}, 77); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
}

func FuzzReceiveOFN(f *testing.F) {
	f.Add(cycle(77, "2026-11-24 23:59"))
	f.Add([]byte(`{"event":"order_cycle.opened","data":{"id":1e3}}`))
	s, err := store.Open(f.Context(), "sqlite:"+f.TempDir()+"/store.db")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(f.Context()); err != nil {
		f.Fatal(err)
	}
	x := store.Collective{Name: "Drive"}
	if err := s.CreateCollective(f.Context(), &x, "test"); err != nil {
		f.Fatal(err)
	}
	c := s.In(x.ID, "test")
	f.Fuzz(func(t *testing.T, body []byte) {
		sale, err := intake.ReceiveOFN(context.Background(), c, &store.OFNConnection{BaseURL: "https://ofn.example", Report: "packing"}, body,
			func(context.Context, *store.Scope, store.ID, time.Time) error { return nil })
		var e *store.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		if sale != nil && (sale.ID == "" || !sale.Distribution.Valid()) {
			t.Fatalf("%s makes %+v", body, sale)
		}
	})
}
