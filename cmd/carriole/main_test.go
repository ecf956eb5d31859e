package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"carriole/api/store"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"carriole": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			week, err := os.ReadFile(filepath.Join("testdata", "week.json"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "week.json"), week, 0o666)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "appears": appears, "collective": collective},
	})
}

// exits runs a program and compares its exit code: exits CODE PROGRAM [ARG...]
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, not %s", code, args[0])
	}
}

// collective makes a database with a collective that has a pickup point and a sale: collective FILE
func collective(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: collective FILE")
	}
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+ts.MkAbs(args[0]))
	ts.Check(err)
	defer s.Close()
	_, err = s.Migrate(ctx)
	ts.Check(err)
	x := store.Collective{Name: "Drive"}
	ts.Check(s.CreateCollective(ctx, &x, actor))
	c := s.In(x.ID, actor)
	place := store.Place{Name: "Halle"}
	ts.Check(c.CreatePlace(ctx, &place))
	ts.Check(c.CreatePickupPoint(ctx, &store.PickupPoint{Ref: "halle", Name: "Drive Carpentras", Place: place.ID, Active: true}))
	ts.Check(c.CreateSale(ctx, &store.Sale{Name: "Semaine 48", Distribution: "2026-11-26"}))
}

// appears waits until a file that a program in the background writes contains a match: appears REGEXP FILE
func appears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: appears REGEXP FILE")
	}
	wanted := regexp.MustCompile(args[0])
	for range 3000 {
		if data, err := os.ReadFile(ts.MkAbs(args[1])); err == nil && wanted.Match(data) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s does not come to contain %s", args[1], args[0])
}
