package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"carriole/api/store"
)

// actor is who the audit trail names for what is done at the terminal.
const actor = "terminal"

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token and print it; it cannot be shown again."`
	List   tokenListCmd   `cmd:"" help:"List tokens: what they may do, and when they were used."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token; a service that runs knows within five seconds."`
}

// oneCollective is a collective of a database that may have several.
type oneCollective struct {
	database
	Collective store.ID `env:"CARRIOLE_COLLECTIVE_ID" placeholder:"ID" help:"The collective's id (default the only one)."`
}

// with opens the database, brings it up to date, and calls f with it and the collective's part.
func (o *oneCollective) with(f func(context.Context, *store.Store, *store.Scope) error) error {
	ctx, stop := interruptible()
	defer stop()
	s, err := o.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer s.Close()
	some, _, err := s.Collectives(ctx, store.Page{Limit: 1000})
	if err != nil {
		return err
	}
	found := o.Collective
	for _, c := range some {
		if c.ID == o.Collective || len(some) == 1 && o.Collective == "" {
			return f(ctx, s, s.In(c.ID, actor))
		}
	}
	switch {
	case len(some) == 0:
		return errors.New("the database has no collective yet: carriole serve makes the first one")
	case found != "":
		return fmt.Errorf("--collective: no collective has the id %q", string(found))
	}
	var wrong error
	for _, c := range some {
		wrong = errors.Join(wrong, fmt.Errorf("--collective: name one: %s is %s", c.ID, c.Name))
	}
	return wrong
}

type tokenCreateCmd struct {
	oneCollective
	Name     string           `arg:"" help:"What it is for, as in \"marketplace\"."`
	Scope    store.TokenScope `required:"" enum:"coordinator,marketplace,producer,read" placeholder:"SCOPE" help:"What its bearer may do: coordinator, marketplace, producer or read."`
	Producer store.ID         `placeholder:"ID" help:"Whose it is, for the scope producer."`
	Expires  time.Duration    `placeholder:"720h" help:"How long it is valid (default until it is revoked)."`
}

// Run is called by kong.
func (c *tokenCreateCmd) Run() error {
	return c.with(func(ctx context.Context, _ *store.Store, scope *store.Scope) error {
		t := store.Token{Name: c.Name, Scope: c.Scope, Producer: c.Producer}
		if c.Expires < 0 {
			return errors.New("--expires: is in the past: it must be like 720h")
		}
		if c.Expires > 0 {
			t.Expires = time.Now().Add(c.Expires)
		}
		text, err := scope.CreateToken(ctx, &t)
		if err != nil {
			return err
		}
		_, err = fmt.Println(text)
		return err
	})
}

type tokenListCmd struct{ oneCollective }

// Run is called by kong.
func (c *tokenListCmd) Run() error {
	return c.with(func(ctx context.Context, _ *store.Store, scope *store.Scope) error {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tSCOPE\tPRODUCER\tUSED\tSTATE")
		for after := store.Cursor(""); ; {
			tokens, next, err := scope.Tokens(ctx, store.TokenFilter{}, store.Page{After: after, Limit: 1000})
			if err != nil {
				return err
			}
			for _, t := range tokens {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Scope, t.Producer, dated(t.Used, "never"), tokenState(&t))
			}
			if after = next; after == "" {
				return w.Flush()
			}
		}
	})
}

func tokenState(t *store.Token) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked " + dated(t.Revoked, "")
	case !t.Expires.IsZero() && t.Expires.Before(time.Now()):
		return "expired " + dated(t.Expires, "")
	case !t.Expires.IsZero():
		return "until " + dated(t.Expires, "")
	}
	return "valid"
}

func dated(t time.Time, never string) string {
	if t.IsZero() {
		return never
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

type tokenRevokeCmd struct {
	oneCollective
	ID store.ID `arg:"" help:"The token's id, as listed."`
}

// Run is called by kong.
func (c *tokenRevokeCmd) Run() error {
	return c.with(func(ctx context.Context, _ *store.Store, scope *store.Scope) error {
		return scope.RevokeToken(ctx, c.ID)
	})
}
