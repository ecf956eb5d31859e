package main

import (
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
	"syscall"
	"time"

	"carriole/api"
	"carriole/api/intake"
	"carriole/api/store"
)

type serveCmd struct {
	database
	Listen         string         `env:"CARRIOLE_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where to listen (default ${default})."`
	Collective     string         `env:"CARRIOLE_COLLECTIVE" default:"Collective" placeholder:"NAME" help:"Name of the collective that is made in an empty database (default ${default})."`
	LogFormat      string         `env:"CARRIOLE_LOG_FORMAT" enum:"text,json" default:"text" placeholder:"text|json" help:"How to log, to standard error (default ${default})."`
	LogLevel       slog.Level     `env:"CARRIOLE_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"What to log: debug, info, warn or error (default ${default}). Each request is logged at info."`
	TrustedProxies []netip.Prefix `env:"CARRIOLE_TRUSTED_PROXIES" placeholder:"NETWORK" help:"Networks of reverse proxies whose X-Forwarded-For is believed, as in 10.0.0.0/8 (default none)."`
	MetricsFrom    []netip.Prefix `env:"CARRIOLE_METRICS_FROM" default:"127.0.0.0/8,::1/128" placeholder:"NETWORK" help:"Networks that may read /metrics (default ${default})."`
	PerAddress     int            `env:"CARRIOLE_PER_ADDRESS" default:"1200" placeholder:"N" help:"Requests a minute from one address, 0 without limit (default ${default})."`
	PerCaller      int            `env:"CARRIOLE_PER_CALLER" default:"6000" placeholder:"N" help:"Requests a minute of one token or session, 0 without limit (default ${default})."`
	MaxBody        int64          `env:"CARRIOLE_MAX_BODY" default:"1" placeholder:"MB" help:"Largest body of a request, in megabytes (default ${default})."`
	MaxOrdersBody  int64          `env:"CARRIOLE_MAX_ORDERS_BODY" default:"32" placeholder:"MB" help:"Largest body with orders, in megabytes (default ${default})."`
	OFNPrivate     bool           `name:"ofn-private" env:"CARRIOLE_OFN_PRIVATE" help:"Fetch reports of Open Food Networks at addresses that are not public too."`
	Timeout        time.Duration  `env:"CARRIOLE_TIMEOUT" default:"30s" placeholder:"30s" help:"Longest time for an answer (default ${default})."`
	Grace          time.Duration  `env:"CARRIOLE_GRACE" default:"20s" placeholder:"20s" help:"How long a stop waits for requests that are being answered (default ${default})."`
}

// Run is called by kong.
func (c *serveCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log, err := c.logger(os.Stderr)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer s.Close()
	steps, err := s.Migrate(ctx)
	for _, step := range steps {
		log.Info("migrated", "step", step.Name, "took", step.Took.Round(time.Millisecond).String())
	}
	if err != nil {
		return err
	}
	if err := welcome(ctx, s, c.Collective, os.Stdout); err != nil {
		return err
	}
	service, err := api.New(api.Config{Store: s, Log: log, Version: version(), Limits: c.limits(), TrustedProxies: c.TrustedProxies, MetricsFrom: c.MetricsFrom,
		OFN: intake.OFN{Private: c.OFNPrivate}})
	if err != nil {
		return err
	}
	return c.serve(ctx, log, service.Handler())
}

func (c *serveCmd) logger(w io.Writer) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
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

// serve answers until the context ends, and then lets what is being answered come to its end.
func (c *serveCmd) serve(ctx context.Context, log *slog.Logger, handler http.Handler) error {
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      c.Timeout + time.Minute, // a stream lifts it for itself
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("serving", "address", "http://"+listener.Addr().String(), "documentation", "http://"+listener.Addr().String()+"/docs")
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Grace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("requests were broken off after %s: %w", c.Grace, err), server.Close())
	}
	log.Info("stopped")
	return nil
}

// welcome makes the first collective of an empty database and prints the token of its coordinator.
func welcome(ctx context.Context, s *store.Store, name string, out io.Writer) error {
	some, _, err := s.Collectives(ctx, store.Page{Limit: 1})
	if err != nil || len(some) > 0 {
		return err
	}
	first := store.Collective{Name: name}
	if err := s.CreateCollective(ctx, &first, actor); err != nil {
		return err
	}
	text, err := s.In(first.ID, actor).CreateToken(ctx, &store.Token{Name: "first coordinator", Scope: store.CoordinatorToken})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The database was empty: the collective %q was made. Its coordinator's token, which is not shown again:\n%s\n", name, text)
	return nil
}
