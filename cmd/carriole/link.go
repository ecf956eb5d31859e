package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

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
	MailServer       string        `env:"CARRIOLE_MAIL_SERVER" placeholder:"URL" help:"Who takes e-mail: smtps://user:password@host, smtp://… (by STARTTLS) or smtp+plain://… (not encrypted). Without it no links are sent."`
	MailFrom         string        `env:"CARRIOLE_MAIL_FROM" placeholder:"ADDRESS" help:"Who e-mail is from, as in \"Carriole <carriole@example.org>\"."`
	OIDCIssuer       string        `env:"CARRIOLE_OIDC_ISSUER" placeholder:"URL" help:"An issuer of OpenID Connect by whom members sign in; the callback is URL/signin/oidc/callback."`
	OIDCClientID     string        `env:"CARRIOLE_OIDC_CLIENT_ID" placeholder:"ID" help:"This service's id at the issuer."`
	OIDCClientSecret string        `env:"CARRIOLE_OIDC_CLIENT_SECRET" placeholder:"SECRET" help:"This service's secret at the issuer; better in the environment."`
	OIDCName         string        `env:"CARRIOLE_OIDC_NAME" placeholder:"NAME" help:"How people call the issuer (default its host)."`
	SessionIdle      time.Duration `env:"CARRIOLE_SESSION_IDLE" default:"168h" placeholder:"168h" help:"A member is signed out after so long without use (default ${default})."`
	SessionLifetime  time.Duration `env:"CARRIOLE_SESSION_LIFETIME" default:"720h" placeholder:"720h" help:"… and after so long at most (default ${default})."`
}

// service is for a server at an address, by which it is reached unless a URL is given.
func (f *signInFlags) service(s *store.Store, at net.Addr, log *slog.Logger) (*signin.Service, error) {
	o := signin.Options{URL: f.URL, Home: "/", Idle: f.SessionIdle, Lifetime: f.SessionLifetime, Log: log}
	if o.URL == "" {
		_, port, err := net.SplitHostPort(at.String())
		if err != nil {
			return nil, err
		}
		o.URL = "http://localhost:" + port
	}
	if f.MailServer != "" {
		o.Mail = &signin.Mail{Server: f.MailServer, From: f.MailFrom}
	}
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
