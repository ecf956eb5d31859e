package hook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"carriole/api/store"
)

// addresses of every kind that is not public, and some that are.
var addresses = []struct {
	kind, addr string
	public     bool
}{
	{"this network", "0.0.0.0", false},
	{"this network", "0.1.2.3", false},
	{"private", "10.0.0.1", false},
	{"private", "172.16.0.1", false},
	{"private", "172.31.255.255", false},
	{"private", "192.168.1.1", false},
	{"shared by a carrier's NAT", "100.64.0.1", false},
	{"shared by a carrier's NAT", "100.127.255.255", false},
	{"loopback", "127.0.0.1", false},
	{"loopback", "127.255.0.1", false},
	{"link-local, metadata of most clouds", "169.254.169.254", false},
	{"metadata of Alibaba", "100.100.100.200", false},
	{"metadata of Oracle", "192.0.0.192", false},
	{"metadata of Azure", "168.63.129.16", false},
	{"protocol assignments", "192.0.0.1", false},
	{"documentation", "192.0.2.1", false},
	{"documentation", "198.51.100.1", false},
	{"documentation", "203.0.113.1", false},
	{"benchmarking", "198.18.0.1", false},
	{"6to4 relay", "192.88.99.1", false},
	{"multicast", "224.0.0.1", false},
	{"multicast", "239.255.255.255", false},
	{"reserved", "240.0.0.1", false},
	{"broadcast", "255.255.255.255", false},
	{"unspecified", "::", false},
	{"loopback", "::1", false},
	{"IPv4-mapped private", "::ffff:10.0.0.1", false},
	{"IPv4-mapped public", "::ffff:8.8.8.8", false},
	{"IPv4-compatible", "::127.0.0.1", false},
	{"NAT64", "64:ff9b::7f00:1", false},
	{"NAT64 of one's own", "64:ff9b:1::1", false},
	{"discard", "100::1", false},
	{"Teredo", "2001::1", false},
	{"ORCHID", "2001:20::1", false},
	{"documentation", "2001:db8::1", false},
	{"documentation", "3fff::1", false},
	{"6to4 of a private address", "2002:0a00:0001::1", false},
	{"segment routing", "5f00::1", false},
	{"unique local", "fc00::1", false},
	{"unique local, metadata of AWS", "fd00:ec2::254", false},
	{"link-local", "fe80::1", false},
	{"link-local with zone", "fe80::1%lo", false},
	{"site-local", "fec0::1", false},
	{"multicast", "ff02::1", false},
	{"public", "1.1.1.1", true},
	{"public", "172.32.0.1", true},
	{"public", "100.128.0.1", true},
	{"public", "2606:4700:4700::1111", true},
	{"public", "2a00:1450:4007:80e::200e", true},
}

func TestAddresses(t *testing.T) {
	g, err := newGuard(Options{})
	ok(t, err)
	everything, err := newGuard(Options{Allow: []string{"0.0.0.0/0", "::/0"}})
	ok(t, err)
	for _, x := range addresses {
		addr := netip.MustParseAddr(x.addr)
		network := "tcp6"
		if addr.Is4() {
			network = "tcp4"
		}
		at := netip.AddrPortFrom(addr, 443).String()
		if err := g.control(network, at, nil); (err == nil) != x.public {
			t.Errorf("dialling %s (%s): %v", at, x.kind, err)
		}
		host := strings.ReplaceAll(addr.String(), "%", "%25")
		if addr.Is6() {
			host = "[" + host + "]"
		}
		if err := g.check("https://" + host + "/"); (err == nil) != x.public {
			t.Errorf("the URL of %s (%s): %v", host, x.kind, err)
		}
		if err := everything.control(network, at, nil); err != nil {
			t.Errorf("dialling %s, which is allowed: %v", at, err)
		}
	}
	for _, at := range []string{"1.1.1.1:80", "1.1.1.1:22", "[2606:4700:4700::1111]:8443", "nonsense", ""} {
		if g.control("tcp4", at, nil) == nil {
			t.Errorf("dialling %q was allowed", at)
		}
	}
	if g.control("udp4", "1.1.1.1:443", nil) == nil {
		t.Error("UDP was allowed")
	}
}

func TestCheck(t *testing.T) {
	g, err := newGuard(Options{Allow: []string{"Shop.LAN.", "10.1.0.0/16", "[fd00::1]"}, Ports: []uint16{443, 8443}})
	ok(t, err)
	for _, x := range []struct {
		url, fault string // empty: allowed
	}{
		{"https://shop.example/hooks", ""},
		{"https://shop.example:8443/hooks", ""},
		{"https://shop.example:9000/hooks", "port 9000"},
		{"https://shop.example:99999/hooks", "port 99999"},
		{"https://shop.example:/hooks", ""},
		{"http://shop.example/hooks", "plain HTTP"},
		{"http://shop.lan:8080/hooks", ""},
		{"http://SHOP.lan./hooks", ""},
		{"http://10.1.2.3:8080/", ""},
		{"http://10.2.0.1/", "plain HTTP"},
		{"https://10.2.0.1/", "not a public address"},
		{"http://[fd00::1]/", ""},
		{"https://[fd00::2]/", "not a public address"},
		{"https://sub.shop.lan:9000/", "port 9000"},
		{"ftp://shop.example/", "no address"},
		{"//shop.example/", "no address"},
		{"https://", "no address"},
		{"https://\x7f/", "no address"},
	} {
		err := g.check(x.url)
		if x.fault == "" {
			if err != nil {
				t.Errorf("%s: %v", x.url, err)
			}
			continue
		}
		var e *store.Error
		if !errors.As(err, &e) || e.Code != store.Invalid || e.Faults[0].Path != "url" || !strings.Contains(err.Error(), x.fault) {
			t.Errorf("%s: got the error %v, want one about %s", x.url, err, x.fault)
		}
	}
	for _, entry := range []string{"", "10.1.2.3/16", "https://shop.lan", "shop.lan:8080", "*.lan", "10.0.0.0/33"} {
		if _, err := newGuard(Options{Allow: []string{entry}}); err == nil || !strings.Contains(err.Error(), strconv.Quote(entry)) {
			t.Errorf("allowing %q: %v", entry, err)
		}
	}
}

// Without leave nothing on this machine is called, however its address is written, and the log does not say what is there.
func TestPrivateIsNotCalled(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		u, err := url.Parse(f.receiver.URL)
		ok(t, err)
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		ok(t, err)
		strict, err := New(s, f.queue.enqueue, Options{Ports: []uint16{uint16(port)}})
		ok(t, err)
		var dns names
		dns.set("127.0.0.1")
		strict.guard.resolver = dns.resolver(t)
		strict.client = strict.guard.client()
		for _, host := range []string{"localhost", "inside.example", "127.0.0.1.example.", "127.1", "2130706433"} {
			f.webhook.URL = "https://" + host + ":" + u.Port() + "/?token=geheim"
			if err := strict.Check(f.webhook.URL); err != nil {
				t.Fatalf("%s: %v, want it to be refused when it is dialled", host, err)
			}
			ok(t, f.c.UpdateWebhook(t.Context(), &f.webhook))
			job := f.emit(t, ready)[0]
			again, err := strict.Deliver(t.Context(), job)
			if err != nil || again == 0 {
				t.Errorf("%s: %v, %v", host, again, err)
			}
			a := f.delivery(t, job).Attempts[0]
			numeric := !strings.ContainsAny(host, "elx") // what a system's own resolver may read as an address, and Go's does not
			if a.Error == "" || !numeric && !strings.Contains(a.Error, "not public") || a.Status != 0 || strings.Contains(a.Error, "geheim") || strings.Contains(a.Error, "127.0.0.1") {
				t.Errorf("%s: logged %+v", host, a)
			}
		}
		// What was allowed when it was written is refused when it no longer is.
		f.webhook.URL = f.receiver.URL
		ok(t, f.c.UpdateWebhook(t.Context(), &f.webhook))
		job := f.emit(t, ready)[0]
		if _, err := strict.Deliver(t.Context(), job); err != nil || !strings.Contains(f.delivery(t, job).Attempts[0].Error, "plain HTTP") {
			t.Errorf("%v, logged %+v", err, f.delivery(t, job).Attempts)
		}
		if n := len(f.receiver.got()); n > 0 {
			t.Errorf("%d calls reached this machine", n)
		}
	})
}

// A redirect is a failure, wherever it leads.
func TestRedirect(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		inside := receive(t)
		for _, status := range []int{301, 302, 303, 307, 308} {
			f.receiver.set(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, status) })
			job := f.emit(t, ready)[0]
			if again := f.deliver(t, job); again == 0 {
				t.Errorf("%d: not tried again", status)
			}
			if a := f.delivery(t, job).Attempts[0]; a.Status != status || !strings.Contains(a.Error, "redirects are not followed") {
				t.Errorf("%d: logged %+v", status, a)
			}
		}
		if n := len(inside.got()); n > 0 {
			t.Errorf("%d calls were redirected", n)
		}
	})
}

// A names is a DNS server on loopback that answers with whatever address is its turn.
type names struct {
	sync.Mutex
	addrs []netip.Addr
}

func (n *names) set(addrs ...string) {
	n.Lock()
	defer n.Unlock()
	n.addrs = nil
	for _, a := range addrs {
		n.addrs = append(n.addrs, netip.MustParseAddr(a))
	}
}

func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { conn.Close() })
	go func() {
		question := make([]byte, 512)
		for {
			size, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			if answer, err := n.answer(question[:size]); err != nil {
				t.Error(err)
			} else if _, err := conn.WriteTo(answer, from); err != nil {
				t.Error(err)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *names) answer(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	q := m.Questions[0]
	n.Lock()
	defer n.Unlock()
	for _, a := range n.addrs {
		h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}

// twoAddresses are two HTTPS servers at the same port of two addresses of this machine, 127.0.0.1 and 127.0.0.2, for the name
// example.com. They count their calls.
func twoAddresses(t *testing.T) (port uint16, calls [2]*atomic.Int64, certificates *x509.CertPool) {
	t.Helper()
	certificates = x509.NewCertPool()
	at := "0"
	for i, addr := range []string{"127.0.0.1", "127.0.0.2"} {
		calls[i] = &atomic.Int64{}
		listener, err := net.Listen("tcp", net.JoinHostPort(addr, at))
		ok(t, err)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls[i].Add(1) }))
		ok(t, server.Listener.Close())
		server.Listener = listener
		server.StartTLS()
		t.Cleanup(server.Close)
		certificates.AddCert(server.Certificate())
		address := netip.MustParseAddrPort(listener.Addr().String())
		port, at = address.Port(), strconv.Itoa(int(address.Port()))
	}
	return port, calls, certificates
}

// A name may lead to an allowed address at first, and elsewhere later. What counts is where each connection goes.
func TestRebinding(t *testing.T) {
	type step struct {
		addrs   []string // of the name
		reached int      // the index of the server that is called; -1: none
	}
	for _, x := range []struct {
		allow string
		steps []step
	}{
		{"127.0.0.1", []step{{[]string{"127.0.0.1"}, 0}, {[]string{"127.0.0.2"}, -1}, {[]string{"10.0.0.1"}, -1}, {[]string{"::ffff:127.0.0.2"}, -1}, {[]string{"::1"}, -1},
			{[]string{"127.0.0.2", "127.0.0.1"}, 0}}},
		{"example.com", []step{{[]string{"127.0.0.1"}, 0}, {[]string{"127.0.0.2"}, 1}}},
	} {
		t.Run(x.allow, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *store.Store) {
				f := prepare(t, s, loopback)
				port, calls, certificates := twoAddresses(t)
				var err error
				f.Service, err = New(s, f.queue.enqueue, Options{Allow: []string{x.allow}, Ports: []uint16{port}})
				ok(t, err)
				var dns names
				f.guard.resolver = dns.resolver(t)
				f.client = f.guard.client()
				f.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: certificates}
				f.webhook.URL = "https://example.com:" + strconv.Itoa(int(port))
				ok(t, f.Update(t.Context(), f.c, &f.webhook))
				for _, step := range x.steps {
					dns.set(step.addrs...)
					before := [2]int64{calls[0].Load(), calls[1].Load()}
					job := f.emit(t, ready)[0]
					f.deliver(t, job)
					f.client.CloseIdleConnections()
					a := f.delivery(t, job).Attempts[0]
					for i := range calls {
						want := int64(0)
						if i == step.reached {
							want = 1
						}
						if got := calls[i].Load() - before[i]; got != want {
							t.Errorf("%v: server %d was called %d times, want %d; logged %+v", step.addrs, i, got, want, a)
						}
					}
					if refused := strings.Contains(a.Error, "not public"); refused != (step.reached < 0) {
						t.Errorf("%v: logged %+v", step.addrs, a)
					}
				}
			})
		})
	}
}

// The proxies of the environment would hide where a call goes; they are not used.
func TestNoProxy(t *testing.T) {
	g, err := newGuard(Options{})
	ok(t, err)
	if transport := g.client().Transport.(*http.Transport); transport.Proxy != nil {
		t.Error("the client uses a proxy")
	}
}

// An answer is read only as far as the log keeps it.
func TestLargeAnswer(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		f := prepare(t, s, loopback)
		ended := make(chan struct{})
		f.receiver.set(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			for chunk := []byte(strings.Repeat("é", 1<<10)); r.Context().Err() == nil; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		})
		job := f.emit(t, ready)[0]
		f.deliver(t, job)
		<-ended
		if d := f.delivery(t, job); d.State != store.Delivered || d.Attempts[0].Answer != strings.Repeat("é", mostAnswer/2) {
			t.Errorf("logged %d bytes, %+v", len(d.Attempts[0].Answer), d)
		}
	})
}
