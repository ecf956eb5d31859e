package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "appears": appears, "calls": calls, "collective": collective},
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

// calls asks a server that wrote its address into a log, as the bearer of the token in the last line of a file, and
// compares the status: calls STATUS LOG PATH [TOKEN]
func calls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: calls STATUS LOG PATH [TOKEN]")
	}
	address := regexp.MustCompile(`http://[0-9.:]+`).FindString(ts.ReadFile(args[1]))
	request, err := http.NewRequest(http.MethodGet, address+args[2], nil)
	ts.Check(err)
	if len(args) == 4 {
		lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[3])), "\n")
		request.Header.Set("Authorization", "Bearer "+lines[len(lines)-1])
	}
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	if strconv.Itoa(response.StatusCode) != args[0] {
		body, _ := io.ReadAll(response.Body)
		ts.Fatalf("status %d, not %s: %s", response.StatusCode, args[0], body)
	}
}
