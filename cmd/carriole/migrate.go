package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"carriole/api/store"
)

type migrateCmd struct {
	database
}

// database is the flag of every subcommand that works on the store.
type database struct {
	DatabaseURL string `env:"DATABASE_URL" placeholder:"URL" help:"The database: postgres://user@host/name, or sqlite:FILE (default sqlite:carriole.db; also in DATABASE_URL)."`
}

// Run is called by kong.
func (c *migrateCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer s.Close()
	steps, err := s.Migrate(ctx)
	for _, step := range steps {
		fmt.Printf("%s (%s)\n", step.Name, step.Took.Round(time.Millisecond))
	}
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		fmt.Println("The database is up to date.")
	}
	return nil
}
