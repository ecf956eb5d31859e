package hook

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"carriole/api/pgtest"
	"carriole/api/store"
)

// server is the PostgreSQL of all tests, started by the first that needs it, with a template that has the schema.
var server *pgtest.Server

const template = "test_1" // the first database that the server makes

var start = sync.OnceValue(func() (err error) {
	if server, err = pgtest.Start(); err != nil {
		return err
	}
	ctx := context.Background()
	url, err := server.Create(ctx, "postgres", "")
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	return s.Close()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// onEach runs a test on a new store in each database.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store)) {
	for _, database := range []struct {
		name string
		url  func(t *testing.T) (string, error)
	}{
		{"sqlite", func(t *testing.T) (string, error) { return "sqlite:" + filepath.Join(t.TempDir(), "hook.db"), nil }},
		{"postgres", func(t *testing.T) (string, error) {
			if err := start(); err != nil {
				return "", err
			}
			return server.Create(t.Context(), "postgres", template)
		}},
	} {
		t.Run(database.name, func(t *testing.T) {
			url, err := database.url(t)
			ok(t, err)
			s, err := store.Open(t.Context(), url)
			ok(t, err)
			t.Cleanup(func() { ok(t, s.Close()) })
			_, err = s.Migrate(t.Context())
			ok(t, err)
			test(t, s)
		})
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// collective makes a collective and its scope.
func collective(t *testing.T, s *store.Store, name string) *store.Scope {
	t.Helper()
	x := store.Collective{Name: name}
	ok(t, s.CreateCollective(context.WithoutCancel(t.Context()), &x, "test"))
	return s.In(x.ID, "test")
}
