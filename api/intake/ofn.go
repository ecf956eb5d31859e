package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"carriole/api/store"
)

// Schedule has a sale's orders pulled at a time. It is called within the transaction that makes the sale, so that both are
// there or none.
type Schedule func(ctx context.Context, c *store.Scope, sale store.ID, at time.Time) error

// opened is the body of the Open Food Network's webhook.
type opened struct {
	Event string `json:"event"`
	Data  struct {
		ID            int64  `json:"id"`
		Name          string `json:"name"`
		OrdersOpenAt  string `json:"orders_open_at"`
		OpenedAt      string `json:"opened_at"`
		OrdersCloseAt string `json:"orders_close_at"`
		CoordinatorID int64  `json:"coordinator_id"`
		Coordinator   string `json:"coordinator_name"`
	} `json:"data"`
}

const openedEvent = "order_cycle.opened"

// ReceiveOFN takes the body of a webhook of the Open Food Network. When an order cycle of the connection's coordinator has
// opened its sale is created, or brought up to date while it is open, and its orders are scheduled to be pulled after the
// close. What a coordinator has since changed of the sale's days stays. Other events are nothing to us: the sale is nil.
func ReceiveOFN(ctx context.Context, c *store.Scope, connection *store.OFNConnection, body []byte, schedule Schedule) (*store.Sale, error) {
	var in opened
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &store.Error{Code: store.Invalid, Faults: []store.Fault{{Path: "", Message: "is not what an Open Food Network sends: " + err.Error()}}}
	}
	if in.Event != openedEvent || connection.Coordinator != 0 && in.Data.CoordinatorID != connection.Coordinator {
		return nil, nil
	}
	var out *store.Sale
	err := c.Together(ctx, func(c *store.Scope) error {
		out = nil
		collective, err := c.Itself(ctx)
		if err != nil {
			return err
		}
		sale, err := in.sale(connection, collective.Zone())
		if err != nil {
			return err
		}
		found, _, err := c.Sales(ctx, store.SaleFilter{Ref: sale.Ref}, store.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			if err := c.CreateSale(ctx, sale); err != nil {
				return err
			}
		} else {
			before := found[0]
			if before.State != store.SaleOpen || sameOpening(&before, sale) {
				out = &before
				return nil
			}
			derived := store.DayOf(before.Closes.In(collective.Zone())).Plus(int(connection.DistributionAfterDays))
			after := before
			after.Name, after.Opens, after.Closes = sale.Name, sale.Opens, sale.Closes
			if before.Distribution == derived {
				after.Distribution, after.First, after.Last = sale.Distribution, "", ""
			}
			if err := c.UpdateSale(ctx, &after); err != nil {
				return err
			}
			sale = &after
		}
		out = sale
		return schedule(ctx, c, sale.ID, due(sale, connection))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func sameOpening(a, b *store.Sale) bool {
	return a.Name == b.Name && a.Opens.Equal(b.Opens) && a.Closes.Equal(b.Closes)
}

// due is when a sale's orders are pulled.
func due(sale *store.Sale, connection *store.OFNConnection) time.Time {
	return sale.Closes.Add(time.Duration(connection.PullAfterMin) * time.Minute)
}

// sale is an order cycle as a sale.
func (in *opened) sale(connection *store.OFNConnection, zone *time.Location) (*store.Sale, error) {
	var faults []store.Fault
	at := func(name, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := LocalTime(text, zone)
		if err != nil {
			faults = append(faults, store.Fault{Path: "data." + name, Message: err.Error()})
		}
		return t.UTC().Truncate(time.Millisecond)
	}
	d := &in.Data
	if d.ID <= 0 {
		faults = append(faults, store.Fault{Path: "data.id", Message: "is missing: an order cycle has an id"})
	}
	if d.OrdersCloseAt == "" {
		faults = append(faults, store.Fault{Path: "data.orders_close_at", Message: "is missing: the sale's days follow from it"})
	}
	opens, closes := at("orders_open_at", d.OrdersOpenAt), at("orders_close_at", d.OrdersCloseAt)
	if opens.IsZero() {
		opens = at("opened_at", d.OpenedAt)
	}
	if faults != nil {
		return nil, &store.Error{Code: store.Invalid, Faults: faults}
	}
	name := d.Name
	if name == "" {
		name = "Order cycle " + strconv.FormatInt(d.ID, 10)
	}
	return &store.Sale{Ref: saleRef(connection, d.ID), Name: name, Opens: opens, Closes: closes,
		Distribution: store.DayOf(closes.In(zone)).Plus(int(connection.DistributionAfterDays))}, nil
}

// saleRef is what the sale of an order cycle is known by: ofn:HOST:ID.
func saleRef(connection *store.OFNConnection, cycle int64) string {
	return fmt.Sprintf("ofn:%s:%d", host(connection), cycle)
}

func host(connection *store.OFNConnection) string {
	u, err := url.Parse(connection.BaseURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// PullOFN fetches the orders of a sale that an Open Food Network's webhook made, and imports them: good lines go in, and what
// an earlier pull brought and is no more is cancelled. Before the sale's orders are due nothing is done and again is when
// to come again, as the close can have been put off. What came of it can be read by [LastPull]. The request is made outside of any transaction.
func PullOFN(ctx context.Context, c *store.Scope, client *OFN, id store.ID, now time.Time) (r *Result, again time.Time, err error) {
	sale, err := c.Sale(ctx, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	connection, cycle, err := connectionOf(ctx, c, sale)
	if err != nil {
		return nil, time.Time{}, err
	}
	if at := due(sale, connection); now.Before(at) {
		return nil, at, nil
	}
	data, err := client.Report(ctx, connection, cycle)
	if err != nil {
		return nil, time.Time{}, err
	}
	if s, err := readSheet(data); err == nil && len(s.records) == 0 {
		r = &Result{Sale: sale, Notices: []string{"the report has no orders"}}
	} else if r, err = Import(ctx, c, data, Options{Name: sale.Ref, Sale: id, Create: connection.CreateUnknown, Partial: true, CancelVanished: true, Tell: client.Tell}); err != nil {
		return nil, time.Time{}, err
	}
	return r, time.Time{}, keepPulled(ctx, c, id, &Pulled{At: now, Read: r.Read, Good: r.Good, Kept: r.Kept, Faults: r.Faults, MoreFaults: r.MoreFaults, Notices: r.Notices,
		Created: r.Created, Replaced: r.Replaced, Cancelled: r.Cancelled, Unchanged: r.Unchanged})
}

// connectionOf finds from where a sale is.
func connectionOf(ctx context.Context, c *store.Scope, sale *store.Sale) (*store.OFNConnection, int64, error) {
	rest, ok := strings.CutPrefix(sale.Ref, "ofn:")
	at := strings.LastIndexByte(rest, ':')
	if ok && at > 0 {
		if cycle, err := strconv.ParseInt(rest[at+1:], 10, 64); err == nil {
			connections, err := every(func(p store.Page) ([]store.OFNConnection, store.Cursor, error) { return c.OFNConnections(ctx, p) })
			if err != nil {
				return nil, 0, err
			}
			for i := range connections {
				if x := &connections[i]; x.Active && host(x) == rest[:at] {
					return x, cycle, nil
				}
			}
			return nil, 0, &store.Error{Code: store.Conflict, Message: "no connection to " + rest[:at] + " is active: make one, or import the report as a file"}
		}
	}
	return nil, 0, &store.Error{Code: store.Conflict, Message: "the sale is not of an Open Food Network: its reference is none of theirs"}
}

// OFN fetches reports over HTTP. Its zero value works.
type OFN struct {
	Private bool          // networks at addresses that are not public are asked too
	Timeout time.Duration // of one attempt; 0: a minute, as reports take time
	Tries   int           // how often one is asked for while the server fails; 0: 4
	Pause   time.Duration // before the second try, doubled before each further one; 0: two seconds
	Tell    Tell          // what became of the orders; nil: nobody
}

// Report fetches the connection's report of an order cycle as JSON. Names and telephone numbers are not asked for.
func (o *OFN) Report(ctx context.Context, connection *store.OFNConnection, cycle int64) ([]byte, error) {
	query := url.Values{"q[order_cycle_id_in][]": {strconv.FormatInt(cycle, 10)}, "fields_to_hide[]": {"first_name", "last_name", "phone"}}
	address := connection.BaseURL + "/api/v0/reports/" + connection.Report + "?" + query.Encode()
	tries, pause := o.Tries, o.Pause
	if tries <= 0 {
		tries = 4
	}
	if pause <= 0 {
		pause = 2 * time.Second
	}
	for try := 1; ; try++ {
		data, wait, err := o.get(ctx, address, connection.Token.Reveal())
		failure, ok := errors.AsType[*OFNError](err)
		if !ok || try == tries || !failure.passing {
			return data, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-time.After(max(wait, pause)):
		}
		pause *= 2
	}
}

// client asks the network directly, and unless it may do else at public addresses alone: each connection is judged by the
// address that is really dialled, as a coordinator can write any into a connection.
func (o *OFN) client() *http.Client {
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	if !o.Private {
		dialer.Control = ssrf.New(ssrf.WithAnyPort()).Safe
	}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: 15 * time.Second, ForceAttemptHTTP2: true}}
}

// OFNError is what keeps a report from being fetched, in words for who can mend it.
type OFNError struct {
	err     error
	passing bool // another try may do
}

func (e *OFNError) Error() string { return e.err.Error() }

// Unwrap is the error below.
func (e *OFNError) Unwrap() error { return e.err }

// get makes one attempt. wait is how long the server asks to be left alone.
func (o *OFN) get(ctx context.Context, address, token string) (data []byte, wait time.Duration, err error) {
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "carriole")
	request.Header.Set("X-Api-Token", token)
	request.Header.Set("X-Spree-Token", token) // what older versions look for
	from := request.URL.Host
	client := o.client()
	client.CheckRedirect = func(to *http.Request, via []*http.Request) error {
		const most = 5
		if to.URL.Host != from || via[0].URL.Scheme == "https" && to.URL.Scheme != "https" || len(via) > most {
			return errors.New("it sends us elsewhere, where the token must not go: correct the address of the connection")
		}
		return nil
	}
	response, err := client.Do(request)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address
		}
		err = fmt.Errorf("%s does not answer: %w", from, err)
		if response != nil || errors.Is(err, ssrf.ErrProhibitedIP) { // a redirect that was refused, an address that never will do
			return nil, 0, &OFNError{err, false}
		}
		return nil, 0, &OFNError{err, true}
	}
	defer response.Body.Close()
	data, err = io.ReadAll(io.LimitReader(response.Body, mostBytes+1))
	if err != nil {
		return nil, 0, &OFNError{fmt.Errorf("%s broke off its answer: %w", from, err), true}
	}
	return data, retryAfter(response), refusal(response.StatusCode, from, data)
}

func retryAfter(r *http.Response) time.Duration {
	const most = time.Minute
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, most)
}

// refusal says what a status means and what to do about it.
func refusal(status int, host string, data []byte) error {
	var said struct {
		Error     string `json:"error"`
		Exception string `json:"exception"`
	}
	if json.Unmarshal(data, &said) != nil {
		said.Error = ""
	}
	text := said.Error + said.Exception
	if text != "" {
		text = ": " + text
	}
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusNotFound:
		return &OFNError{fmt.Errorf("%s has no reports API (404): who runs the network must switch the feature api_reports on for the user of the token, or import the report as a file", host), false}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &OFNError{fmt.Errorf("%s does not accept the token (%d): give the connection the API key of a user who manages the hub", host, status), false}
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return &OFNError{fmt.Errorf("%s fails (%d): try again later", host, status), true}
	}
	const shown = 300
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "…"
	}
	return &OFNError{fmt.Errorf("%s refuses the report (%d)%s", host, status, text), false}
}
