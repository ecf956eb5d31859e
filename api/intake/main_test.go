package intake_test

import (
	"os"
	"path/filepath"
	"testing"

	"carriole/api/internal/worldtest"
	"carriole/api/jobs"
	"carriole/api/store"
)

var databases worldtest.Databases

func TestMain(m *testing.M) { os.Exit(databases.Run(m)) }

// onEach runs a test on a new collective in each database.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store, c *store.Scope)) {
	databases.Each(t, func(t *testing.T, url string) {
		s := worldtest.Open(t, url, jobs.Migration)
		x := store.Collective{Name: "Drive"}
		check(t, s.CreateCollective(t.Context(), &x, "test"))
		test(t, s, s.In(x.ID, "test"))
	})
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
