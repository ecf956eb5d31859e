package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"carriole/api"
	"carriole/api/address"
	"carriole/api/intake"
	"carriole/api/signin"
	"carriole/api/store"
	"carriole/api/web"
)

// logFlags say what is logged, and how.
type logFlags struct {
	LogFormat string     `env:"CARRIOLE_LOG_FORMAT" enum:"text,json" default:"text" placeholder:"text|json" help:"How to log, to standard error (default ${default})."`
	LogLevel  slog.Level `env:"CARRIOLE_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"What to log: debug, info, warn or error (default ${default}). Each request is logged at info."`
}

func (f *logFlags) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: f.LogLevel}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

type serveCmd struct {
	database
	signInFlags
	logFlags
	workerFlags
	Work           bool           `env:"CARRIOLE_WORK" default:"true" negatable:"" help:"Plan here too (the default); --no-work leaves it to carriole work, here or on other machines."`
	Listen         string         `env:"CARRIOLE_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where to listen (default ${default})."`
	Collective     string         `env:"CARRIOLE_COLLECTIVE" default:"Collective" placeholder:"NAME" help:"Name of the collective that is made in an empty database (default ${default})."`
	AddressService string         `env:"CARRIOLE_ADDRESS_SERVICE" default:"https://data.geopf.fr/geocodage" placeholder:"URL" help:"Where French addresses are looked up, or none (default ${default})."`
	TrustedProxies []netip.Prefix `env:"CARRIOLE_TRUSTED_PROXIES" placeholder:"NETWORK" help:"Networks of reverse proxies whose X-Forwarded-For is believed, as in 10.0.0.0/8 (default none)."`
	MetricsFrom    []netip.Prefix `env:"CARRIOLE_METRICS_FROM" default:"127.0.0.0/8,::1/128" placeholder:"NETWORK" help:"Networks that may read /metrics (default ${default})."`
	PerAddress     int            `env:"CARRIOLE_PER_ADDRESS" default:"6000" placeholder:"N" help:"Requests a minute from one address at each process, 0 without limit (default ${default})."`
	PerCaller      int            `env:"CARRIOLE_PER_CALLER" default:"3000" placeholder:"N" help:"Requests a minute of one token or session at each process, 0 without limit (default ${default})."`
	MaxBody        int64          `env:"CARRIOLE_MAX_BODY" default:"1" placeholder:"MB" help:"Largest body of a request, in megabytes (default ${default})."`
	MaxOrdersBody  int64          `env:"CARRIOLE_MAX_ORDERS_BODY" default:"32" placeholder:"MB" help:"Largest body with orders, in megabytes (default ${default})."`
	Tiles          string         `env:"CARRIOLE_TILES" placeholder:"URL" help:"Where maps have their background from, as in https://tile.example.org/{z}/{x}/{y}.png (default: drawn here, from the extract of --travel, else the sea, large rivers and the names of towns)."`
	TilesBy        string         `env:"CARRIOLE_TILES_BY" placeholder:"TEXT" help:"Who has to be named for the background."`
	Timeout        time.Duration  `env:"CARRIOLE_TIMEOUT" default:"30s" placeholder:"30s" help:"Longest time for an answer (default ${default})."`
	Grace          time.Duration  `env:"CARRIOLE_GRACE" default:"20s" placeholder:"20s" help:"How long a stop waits for requests that are being answered (default ${default})."`
}

// gcPercent lets the heap of a service grow further than Go does by default before garbage is collected: what lives is some
// megabytes, and at the default an eighth of a request's time goes into collecting what it leaves. GOGC, where set, holds instead.
const gcPercent = 400

// Run is called by kong.
func (c *serveCmd) Run() error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := c.logger(os.Stderr)
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer listener.Close()
	s, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer s.Close()
	url, err := c.at(listener.Addr())
	if err != nil {
		return err
	}
	people, err := c.signInFlags.service(s, url, c.server(), log)
	if err != nil {
		return err
	}
	if err := welcome(ctx, people, c.Collective, c.Coordinator, os.Stdout); err != nil {
		return err
	}
	addresses, err := c.addresses()
	if err != nil {
		return err
	}
	q, hooks, err := c.queue(s, url, log)
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(c.URL, "/")
	site, err := web.New(web.Config{Store: s, SignIn: people, Planning: q.Planning, Who: func(r *http.Request) (*web.Who, error) { return visitor(people, r) }, Stopping: ctx.Done(), Log: log, URL: base, Tiles: c.Tiles, TilesBy: c.TilesBy})
	if err != nil {
		return err
	}
	service, err := api.New(api.Config{Store: s, SignIn: people, Planning: q.Planning, Hooks: hooks, OFN: intake.OFN{Private: c.OFNPrivate}, SchedulePull: schedulePull(q), Addresses: addresses, Pages: site.Mount, Missing: site.Missing, URL: base, Log: log, Version: version(), Limits: c.limits(), TrustedProxies: c.TrustedProxies, MetricsFrom: c.MetricsFrom})
	if err != nil {
		return err
	}
	if c.Work {
		if err := q.Start(ctx); err != nil {
			return err
		}
	}
	return c.serve(ctx, log, listener, service.Handler(), service.Stop, func() error { return stopWork(ctx, q, c.WorkGrace) }, people.Wait)
}

// addresses is the address service's client; nil: addresses are not looked up.
func (c *serveCmd) addresses() (*address.Client, error) {
	if c.AddressService == "none" {
		return nil, nil
	}
	client, err := address.New(address.Config{BaseURL: c.AddressService})
	if err != nil {
		return nil, fmt.Errorf("--address-service: %w", err)
	}
	return client, nil
}

// visitor is who a request's session is.
func visitor(people *signin.Service, r *http.Request) (*web.Who, error) {
	x, err := people.SignedIn(r)
	if err != nil || x == nil {
		return nil, err
	}
	who := &web.Who{Collective: x.Collective, Actor: x.Actor(), Role: store.ProducersRole}
	if x.Member != nil {
		who.Member, who.Role, who.Producer, who.Name = x.Member.ID, x.Member.Role, x.Member.Producer, cmp.Or(x.Member.Name, x.Member.Email)
	} else {
		who.Producer, who.Name = x.Token.Producer, x.Token.Name
	}
	return who, nil
}

func (c *serveCmd) limits() api.Limits {
	unlimited := func(n int) int {
		if n <= 0 {
			return -1
		}
		return n
	}
	return api.Limits{PerAddress: unlimited(c.PerAddress), PerCaller: unlimited(c.PerCaller), Body: c.MaxBody * megabyte, OrdersBody: c.MaxOrdersBody * megabyte, Time: c.Timeout}
}

// serve answers until the context ends, and then lets what is being answered come to its end, and what is worked on. stop ends
// what would go on for ever; wait is for what goes on after answers.
func (c *serveCmd) serve(ctx context.Context, log *slog.Logger, listener net.Listener, handler http.Handler, stop func(), stopWork func() error, wait func(context.Context)) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // these two until a route sets its own
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(stop)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("serving", "address", "http://"+listener.Addr().String(), "documentation", "http://"+listener.Addr().String()+"/docs")
	select {
	case err := <-failed:
		return errors.Join(err, stopWork())
	case <-ctx.Done():
	}
	log.Info("stopping")
	worked := make(chan error, 1)
	go func() { worked <- stopWork() }()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Grace)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("requests were broken off after %s: %w", c.Grace, err), server.Close())
	} else {
		wait(grace)
	}
	if err := errors.Join(err, <-worked); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}
