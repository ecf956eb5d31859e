package intake_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"carriole/api/internal/pgtest"
	"carriole/api/store"
)

// server is the PostgreSQL of all tests, started by the first that needs it, with a template that has the schema.
var (
	server   *pgtest.Server
	template string
)

var start = sync.OnceValue(func() (err error) {
	if server, err = pgtest.Start(); err != nil {
		return err
	}
	ctx := context.Background()
	if template, err = server.Create(ctx, "postgres", ""); err != nil {
		return err
	}
	s, err := store.Open(ctx, template)
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

// onEach runs a test on a new collective in each database.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store, c *store.Scope)) {
	for _, database := range []struct {
		name string
		url  func(t *testing.T) string
	}{
		{"sqlite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "store.db") }},
		{"postgres", func(t *testing.T) string {
			check(t, start())
			name, _, _ := strings.Cut(strings.TrimPrefix(template, "postgres:///"), "?")
			url, err := server.Create(t.Context(), "postgres", name)
			check(t, err)
			return url
		}},
	} {
		t.Run(database.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), database.url(t))
			check(t, err)
			defer s.Close()
			_, err = s.Migrate(t.Context())
			check(t, err)
			x := store.Collective{Name: "Drive"}
			check(t, s.CreateCollective(t.Context(), &x, "test"))
			test(t, s, s.In(x.ID, "test"))
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	check(t, err)
	return data
}
