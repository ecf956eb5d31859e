package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"carriole/api/planning"
	"carriole/api/signin"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

//go:embed example.json
var example []byte

type demoCmd struct {
	Time   allowance `default:"5s" placeholder:"5s" help:"How long to search (default ${default})."`
	Lang   string    `enum:"fr,en," default:"" placeholder:"fr|en" help:"Language of the run sheets (default from the environment)."`
	Serve  bool      `help:"Then serve the collective, its pages and its interface, until Ctrl-C; what is changed there is gone afterwards."`
	Listen string    `default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where to listen, with --serve (default ${default})."`
}

// demoMail is who coordinates the example.
const demoMail = "coordination@example.org"

// Run is called by kong.
func (c *demoCmd) Run() error {
	folder, err := os.MkdirTemp("", "carriole-demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	database := "sqlite:" + filepath.Join(folder, "demo.db")
	ctx, stop := interruptible()
	defer stop()
	link, fault := c.plan(ctx, database)
	if _, left := errors.AsType[shortfall](fault); !c.Serve || fault != nil && !left {
		return fault
	}
	fmt.Printf("\n%s\n%s\n", say(c.Lang, "Ouvrez cette page pour coordonner l’exemple, une fois, dans l’heure :", "Open this page to coordinate the example, once, within an hour:"), link)
	var serve serveCmd
	parser, err := kong.New(&serve)
	if err != nil {
		return err
	}
	if _, err := parser.Parse([]string{"--database-url=" + database, "--listen=" + c.Listen, "--log-level=warn"}); err != nil {
		return err
	}
	return serve.Run()
}

func say(lang, french, english string) string {
	if language(lang) == view.French {
		return french
	}
	return english
}

// plan keeps the example in a database, has it planned and shows the run sheets. link signs its coordinator in.
func (c *demoCmd) plan(ctx context.Context, database string) (link string, err error) {
	week, _, err := engine.ReadWeek(bytes.NewReader(example), int64(len(example)))
	if err != nil {
		return "", fmt.Errorf("example: %w", err)
	}
	zone, fault := location(week)
	if fault != nil {
		return "", fmt.Errorf("example: %s", fault)
	}
	s, err := store.Open(ctx, database)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if _, err := migrate(ctx, s); err != nil {
		return "", err
	}
	collective := store.Collective{Name: "Paysans du Comtat"}
	if err := s.CreateCollective(ctx, &collective, "demo"); err != nil {
		return "", err
	}
	scope := s.In(collective.ID, "demo")
	sale, err := planning.Keep(ctx, scope, week)
	if err != nil {
		return "", fmt.Errorf("example: %w", err)
	}
	if c.Serve {
		if err := scope.CreateMember(ctx, &store.Member{Email: demoMail, Name: "Claire", Role: store.Coordinator}); err != nil {
			return "", err
		}
		people, err := signin.New(s, signin.Options{URL: "http://" + c.Listen})
		if err != nil {
			return "", fmt.Errorf("--listen: %w", err)
		}
		if link, err = people.Link(ctx, demoMail); err != nil {
			return "", err
		}
	}
	service := planning.New(s, nil)
	service.Budget = func(int) time.Duration { return time.Duration(c.Time) }
	if _, err := service.Close(ctx, scope, sale); err != nil {
		return "", err
	}
	if err := service.Run(ctx, collective.ID, sale); err != nil {
		return "", err
	}
	made, err := scope.CurrentPlan(ctx, sale)
	if err != nil {
		return "", err
	}
	document, planned, err := scope.PlanDocument(ctx, made.ID)
	if err != nil {
		return "", err
	}
	week, plan := new(engine.Week), new(engine.Plan)
	if err := errors.Join(json.Unmarshal(document, week), json.Unmarshal(planned, plan)); err != nil {
		return "", err
	}
	opt := view.Options{Lang: language(c.Lang), Location: zone, Width: width()}
	if err := show(os.Stdout, "text", week, plan, opt); err != nil {
		return "", err
	}
	return link, unserved(plan)
}
