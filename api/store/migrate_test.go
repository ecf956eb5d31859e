package store

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A database with data of the first version takes all later steps and keeps the data.
func TestMigrateForward(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			s := open(t, database.url(t, false))
			if _, err := s.backend.migrate(t.Context(), 1, nil); err != nil {
				t.Fatal(err)
			}
			w := fill(t, s, "before")
			c := w.scope
			if _, err := c.PutOrders(t.Context(), w.sale, w.orders("a-1", "a-2")); err != nil {
				t.Fatal(err)
			}
			steps, err := s.Migrate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(steps) == 0 || steps[0].Version != 2 {
				t.Errorf("took the steps %v, want 2 and on", steps)
			}
			orders, _, err := c.Orders(t.Context(), OrderFilter{Sale: w.sale}, Page{})
			if err != nil || len(orders) != 2 || len(orders[0].Lines) != 2 {
				t.Errorf("orders after the migration: %v, %v", orders, err)
			}
			if err := c.SavePlan(t.Context(), &Plan{Sale: w.sale}, []byte("{}"), []byte("{}")); err != nil {
				t.Errorf("what the new version has is not there: %v", err)
			}
			if steps, err := s.Migrate(t.Context()); err != nil || len(steps) > 0 {
				t.Errorf("migrating again took %v, %v", steps, err)
			}
		})
	}
}

// Several processes that start at once on an empty database: one does each step, all go on.
func TestMigrateTogether(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			url := database.url(t, false)
			const processes = 4
			var started []*exec.Cmd
			var outputs [processes]strings.Builder
			for i := range processes {
				p := exec.Command(os.Args[0])
				p.Env = append(os.Environ(), "STORE_TEST_MIGRATE="+url)
				p.Stdout, p.Stderr = &outputs[i], &outputs[i]
				if err := p.Start(); err != nil {
					t.Fatal(err)
				}
				started = append(started, p)
			}
			steps := 0
			for i, p := range started {
				if err := p.Wait(); err != nil {
					t.Errorf("%v\n%s", err, outputs[i].String())
				}
				steps += strings.Count(outputs[i].String(), "step")
			}
			if want := len(migrationFiles(t)); steps != want {
				t.Errorf("%d steps were taken, want each of %d once", steps, want)
			}
			fill(t, open(t, url), "after")
		})
	}
}

func migrationFiles(t *testing.T) []string {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func migrateOnly(url string) int {
	ctx := context.Background()
	s, err := Open(ctx, url)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer s.Close()
	steps, err := s.Migrate(ctx)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, step := range steps {
		fmt.Println("step", step.Version)
	}
	return 0
}

// A program that is older than the database does not touch it.
func TestMigrateNewer(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		db, _ := s.backend.pool(true)
		if _, err := db.ExecContext(t.Context(), `insert into goose_db_version (version_id, is_applied) values (999, true)`); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "999") {
			t.Errorf("got %v, want an error that names version 999", err)
		}
	})
}
