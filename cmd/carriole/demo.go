package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"time"

	"carriole/engine"
	"carriole/engine/view"
)

//go:embed example.json
var example []byte

type demoCmd struct {
	Time allowance `default:"5s" placeholder:"5s" help:"How long to search (default ${default})."`
	Lang string    `enum:"fr,en," default:"" placeholder:"fr|en" help:"Language of the run sheets (default from the environment)."`
}

// Run is called by kong.
func (c *demoCmd) Run() error {
	week, _, err := engine.ReadWeek(bytes.NewReader(example), int64(len(example)))
	if err != nil {
		return fmt.Errorf("example: %w", err)
	}
	zone, fault := location(week)
	if fault != nil {
		return fmt.Errorf("example: %s", fault)
	}
	opt := view.Options{Lang: language(c.Lang), Location: zone, Width: width()}
	s := search{time: time.Duration(c.Time), seed: 1, threads: 2, lang: opt.Lang}
	ctx, stop := interruptible()
	defer stop()
	plan, err := s.run(ctx, week, engine.TravelOf(week))
	if err != nil {
		return fmt.Errorf("example: %w", err)
	}
	if err := show(os.Stdout, "text", week, plan, opt); err != nil {
		return err
	}
	return unserved(plan)
}
