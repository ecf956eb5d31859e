package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"carriole/api/post"
	"carriole/api/signin"
	"carriole/api/store"
)

type linkCmd struct {
	database
	webAddress
	Email string `arg:"" help:"A member's e-mail address."`
}

// Run is called by kong.
func (c *linkCmd) Run() error {
	ctx, stop := interruptible()
	defer stop()
	s, err := c.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer s.Close()
	if c.URL == "" {
		c.URL = "http://localhost:8080"
	}
	people, err := signin.New(s, signin.Options{URL: c.URL})
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	address, err := people.Link(ctx, c.Email)
	if err != nil {
		return err
	}
	_, err = fmt.Println(address)
	return err
}

type webAddress struct {
	URL string `env:"CARRIOLE_URL" placeholder:"URL" help:"Where people reach the service, as in https://plan.example.org; plain http for localhost alone (default http://localhost and the port)."`
}

// signInFlags are how people sign in to a service.
type signInFlags struct {
	webAddress
	Coordinator      string        `env:"CARRIOLE_COORDINATOR" default:"coordinator@localhost" placeholder:"EMAIL" help:"E-mail address of the coordinator who is made in an empty database (default ${default})."`
	OIDCIssuer       string        `env:"CARRIOLE_OIDC_ISSUER" placeholder:"URL" help:"An issuer of OpenID Connect by whom members sign in; the callback is URL/signin/oidc/callback."`
	OIDCClientID     string        `env:"CARRIOLE_OIDC_CLIENT_ID" placeholder:"ID" help:"This service's id at the issuer."`
	OIDCClientSecret string        `env:"CARRIOLE_OIDC_CLIENT_SECRET" placeholder:"SECRET" help:"This service's secret at the issuer; better in the environment."`
	OIDCName         string        `env:"CARRIOLE_OIDC_NAME" placeholder:"NAME" help:"How people call the issuer (default its host)."`
	SessionIdle      time.Duration `env:"CARRIOLE_SESSION_IDLE" default:"168h" placeholder:"168h" help:"A member is signed out after so long without use (default ${default})."`
	SessionLifetime  time.Duration `env:"CARRIOLE_SESSION_LIFETIME" default:"720h" placeholder:"720h" help:"… and after so long at most (default ${default})."`
}

// at is where people reach a server that listens at an address.
func (f *webAddress) at(listens net.Addr) (string, error) {
	if f.URL != "" {
		return f.URL, nil
	}
	_, port, err := net.SplitHostPort(listens.String())
	return "http://localhost:" + port, err
}

// service is for a server at a URL, which sends its links by a mail server; nil: none are sent.
func (f *signInFlags) service(s *store.Store, url string, mail *post.Server, log *slog.Logger) (*signin.Service, error) {
	o := signin.Options{URL: url, Home: "/", Idle: f.SessionIdle, Lifetime: f.SessionLifetime, Mail: mail, Log: log}
	if f.OIDCIssuer != "" {
		o.OIDC = &signin.OIDC{Issuer: f.OIDCIssuer, ClientID: f.OIDCClientID, ClientSecret: f.OIDCClientSecret, Name: f.OIDCName}
	}
	return signin.New(s, o)
}

// welcome makes the first collective of an empty database and prints the link of its coordinator.
func welcome(ctx context.Context, people *signin.Service, collective, coordinator string, out io.Writer) error {
	address, err := people.First(ctx, collective, coordinator)
	if err != nil || address == "" {
		return err
	}
	_, err = fmt.Fprintf(out, "The database was empty: the collective %q was made, with the coordinator %s.\nThis link signs the coordinator in, once, within an hour (carriole link %[2]s makes another):\n%[3]s\n", collective, coordinator, address)
	return err
}
