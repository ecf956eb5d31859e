package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// Migration is a step that the schema took.
type Migration struct {
	Version int64
	Name    string
	Took    time.Duration
}

// Migrate brings the schema to what this program needs and returns the steps taken. It may run in several processes at
// once: one does the work, the others wait. After the store's own tables, others may make theirs in the same database, each
// while no other process does.
func (s *Store) Migrate(ctx context.Context, others ...func(context.Context) error) ([]Migration, error) {
	steps, err := s.backend.migrate(ctx, 0, others)
	if err != nil {
		return steps, fmt.Errorf("migrating the database: %w", err)
	}
	return steps, nil
}

// migrate steps up to a version, 0 for the newest. A database beyond the newest belongs to a later program.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, version int64, locking goose.ProviderOption) ([]Migration, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()), locking)
	if err != nil {
		return nil, err
	}
	newest, err := newestMigration()
	if err != nil {
		return nil, err
	}
	if version == 0 {
		version = newest
	}
	results, err := provider.UpTo(ctx, version)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	var steps []Migration
	for _, r := range results {
		steps = append(steps, Migration{r.Source.Version, r.Source.Path, r.Duration})
	}
	if err != nil {
		return steps, err
	}
	if now, err := provider.GetDBVersion(ctx); err != nil {
		return steps, err
	} else if now > newest {
		return steps, fmt.Errorf("its schema has version %d and this program knows up to %d: run the newer program", now, newest)
	}
	return steps, nil
}

// newestMigration is the version of the schema that this program knows.
func newestMigration() (int64, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(entries[len(entries)-1].Name())
}
