package hook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// A guard keeps calls away from what is not public. Each connection is checked when it is made, on the address that is
// really dialled: so no name, redirect or change of DNS gets around it. A connection that is kept open was checked once, and its
// address is still that.
type guard struct {
	hosts    []string       // allowed by name, whatever they resolve to
	networks []netip.Prefix // allowed
	ports    []uint16
	public   *ssrf.Guardian
	resolver *net.Resolver // nil: the system's
}

// azureWire is the address of Azure's metadata server, the one that lies among public addresses.
var azureWire = netip.MustParsePrefix("168.63.129.16/32")

func newGuard(o Options) (*guard, error) {
	g := &guard{ports: o.Ports}
	if len(g.ports) == 0 {
		g.ports = []uint16{443}
	}
	for _, entry := range o.Allow {
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			if prefix != prefix.Masked() {
				return nil, fmt.Errorf("webhooks: %q is allowed and is no network: write %s, or the address alone", entry, prefix.Masked())
			}
			g.networks = append(g.networks, prefix)
		} else if addr, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
			addr = plainAddr(addr)
			g.networks = append(g.networks, netip.PrefixFrom(addr, addr.BitLen()))
		} else if host := hostName(entry); host != "" && !strings.ContainsAny(host, "/:*@?# ") {
			g.hosts = append(g.hosts, host)
		} else {
			return nil, fmt.Errorf("webhooks: %q is allowed and is neither a network like 10.1.0.0/16 nor an address nor a host name", entry)
		}
	}
	g.public = ssrf.New(ssrf.WithPorts(g.ports...), ssrf.WithDeniedV4Prefixes(azureWire))
	return g, nil
}

// hostName is a host as it is compared.
func hostName(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

// plainAddr is an address without the forms that hide which it is.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// listed reports whether a host name or address is allowed by itself.
func (g *guard) listed(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.inside(addr)
	}
	return slices.Contains(g.hosts, hostName(host))
}

func (g *guard) inside(addr netip.Addr) bool {
	return slices.ContainsFunc(g.networks, func(p netip.Prefix) bool { return p.Contains(plainAddr(addr)) })
}

// check refuses a URL that can be told to lead nowhere without asking the network.
func (g *guard) check(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return invalid("url", "is no address to send to: it must be like https://shop.example/hooks")
	}
	host := u.Hostname()
	if g.listed(host) {
		return nil
	}
	if u.Scheme != "https" {
		return invalid("url", "is plain HTTP: it must be https://, or whoever runs the service allows the host "+host)
	}
	port := uint64(443)
	if u.Port() != "" {
		if port, err = strconv.ParseUint(u.Port(), 10, 16); err != nil {
			return invalid("url", fmt.Sprintf("has the port %s, which there is not", u.Port()))
		}
	}
	if !slices.Contains(g.ports, uint16(port)) {
		return invalid("url", fmt.Sprintf("has the port %d: it must be one of %v, or whoever runs the service allows the host %s", port, g.ports, host))
	}
	if addr, err := netip.ParseAddr(host); err == nil && g.public.SafeAddr(addr) != nil {
		return invalid("url", fmt.Sprintf("leads to %s, which is not a public address: whoever runs the service can allow it", addr))
	}
	return nil
}

// errGuarded is why a connection was not made.
var errGuarded = errors.New("the host leads to an address that is not public, or the port is not allowed: whoever runs the service can allow it")

// control checks the address of a connection before it is made.
func (g *guard) control(network, address string, c syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err == nil && g.inside(at.Addr()) {
		return nil
	}
	if g.public.Safe(network, address, c) != nil {
		return errGuarded
	}
	return nil
}

// What one call may take.
const (
	callTimeout = 20 * time.Second // Standard Webhooks recommends 15 to 30
	dialTimeout = 10 * time.Second
	mostHeader  = 16 << 10
	mostAnswer  = 512 // bytes of the answer that are read, and kept
	idleTimeout = 30 * time.Second
	idlePerHost = 2
	idleInAll   = 100
)

// client calls directly, without the proxies of the environment, and follows no redirect.
func (g *guard) client() *http.Client {
	listed := &net.Dialer{Timeout: dialTimeout, Resolver: g.resolver}
	checked := &net.Dialer{Timeout: dialTimeout, Resolver: g.resolver, Control: g.control}
	return &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				host, _, err := net.SplitHostPort(address)
				if err == nil && g.listed(host) {
					return listed.DialContext(ctx, network, address)
				}
				return checked.DialContext(ctx, network, address)
			},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			TLSHandshakeTimeout:    dialTimeout,
			MaxResponseHeaderBytes: mostHeader,
			MaxIdleConns:           idleInAll,
			MaxIdleConnsPerHost:    idlePerHost,
			IdleConnTimeout:        idleTimeout,
		},
	}
}
