package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"carriole/api/pgtest"
)

// server is the PostgreSQL of all tests, started by the first that needs it. It has two logins: the superuser postgres, and
// farm, an ordinary one.
var server *pgtest.Server

var start = sync.OnceValue(func() (err error) {
	if server, err = pgtest.Start(); err != nil {
		return err
	}
	return prepare()
})

func TestMain(m *testing.M) {
	if url := os.Getenv("STORE_TEST_MIGRATE"); url != "" { // a process of TestMigrateTogether
		os.Exit(migrateOnly(url))
	}
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// prepare makes the ordinary login, and for each a template with the schema.
func prepare() error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server.URL("postgres", "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `create role farm login`); err != nil {
		return err
	}
	for _, role := range []string{"postgres", "farm"} {
		template := role + "_template"
		if _, err := conn.Exec(ctx, `create database `+template+` owner `+role); err != nil {
			return err
		}
		// In PostgreSQL 15 and later the owner of a database owns its public schema too.
		s, err := Open(ctx, server.URL(role, template))
		if err != nil {
			return err
		}
		if _, err := s.Migrate(ctx); err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

// databases are what every test of the store runs on.
var databases = []struct {
	name string
	url  func(t *testing.T, migrated bool) string
}{
	{"sqlite", func(t *testing.T, _ bool) string { return "sqlite:" + filepath.Join(t.TempDir(), "store.db") }},
	{"postgres", func(t *testing.T, migrated bool) string { return newDatabase(t, "farm", migrated) }},
	{"postgres as superuser", func(t *testing.T, migrated bool) string { return newDatabase(t, "postgres", migrated) }},
}

func newDatabase(t *testing.T, role string, migrated bool) string {
	t.Helper()
	if err := start(); err != nil {
		t.Fatal(err)
	}
	template := ""
	if migrated {
		template = role + "_template"
	}
	url, err := server.Create(t.Context(), role, template)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// onEach runs a test on a new, migrated store in each database.
func onEach(t *testing.T, test func(t *testing.T, s *Store)) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			s := open(t, database.url(t, true))
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			test(t, s)
		})
	}
}

func open(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
