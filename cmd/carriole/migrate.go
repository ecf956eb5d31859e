package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"carriole/api/jobs"
	"carriole/api/store"
)

type migrateCmd struct {
	database
}

// database is the flag of every subcommand that works on the store.
type database struct {
	DatabaseURL string `env:"DATABASE_URL" placeholder:"URL" help:"The database: postgres://user@host/name, or sqlite:FILE (default sqlite:carriole.db; also in DATABASE_URL)."`
}

// migrate brings an open database to what this program needs: the store's tables and the job queue's.
func migrate(ctx context.Context, s *store.Store) ([]store.Migration, error) {
	return s.Migrate(ctx, jobs.Migration(s))
}

// open opens the database and brings it up to date.
func (d *database) open(ctx context.Context, log *slog.Logger) (*store.Store, error) {
	s, err := store.Open(ctx, d.DatabaseURL)
	if err != nil {
		return nil, err
	}
	steps, err := migrate(ctx, s)
	for _, step := range steps {
		log.Info("migrated", "step", step.Name, "took", step.Took.Round(time.Millisecond).String())
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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
	steps, err := migrate(ctx, s)
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
