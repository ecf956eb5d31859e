package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"carriole/engine"
	"carriole/engine/view"
)

type replanCmd struct {
	Week       string `arg:"" help:"The week as JSON, as it is now (or as it was, with --change); - reads standard input."`
	Plan       string `arg:"" help:"The earlier plan as JSON; - reads standard input."`
	Out        string `short:"o" placeholder:"FILE" help:"Write the new plan as JSON; - writes it to standard output instead of what changes."`
	Now        moment `placeholder:"TIME" help:"What is done before this moment stays as it is, such as 2026-11-26T10:30:00+01:00."`
	Change     string `placeholder:"FILE" help:"A change as JSON that is made to the week first; - reads standard input."`
	SaveWeek   string `placeholder:"FILE" help:"Write the week with the change as JSON. The new plan is right for this week."`
	Iterations int    `default:"40" placeholder:"N" help:"How many steps to look for something better around the changes (default ${default})."`
	Seed       uint64 `default:"1" placeholder:"N" help:"Seed of the search (default ${default})."`
	Quiet      bool   `short:"q" help:"Do not print what changes."`
	Format     string `enum:"text,json" default:"text" placeholder:"text|json" help:"How it is printed what changes (default ${default})."`
	Lang       string `enum:"fr,en," default:"" placeholder:"fr|en" help:"Language of the text (default from the environment)."`
	travelFlags
	sizeLimit
}

// Validate is called by kong.
func (c *replanCmd) Validate() error {
	piped := 0
	for _, name := range []string{c.Week, c.Plan, c.Change} {
		if name == standard {
			piped++
		}
	}
	switch {
	case piped > 1:
		return errors.New("only one of week, plan and change can come from standard input")
	case c.Iterations < 1:
		return fmt.Errorf("--iterations: %d is not a number of steps; give 1 or more", c.Iterations)
	}
	return nil
}

// Run is called by kong.
func (c *replanCmd) Run() error {
	var got *engine.Replanned
	outputs := []output{
		{"--out", c.Out, func() ([]byte, error) { return indented(got.Plan) }},
		{"--save-week", c.SaveWeek, func() ([]byte, error) { return indented(got.Week) }},
	}
	if err := prepare(outputs, c.Week); err != nil {
		return err
	}
	in, err := readWeek(c.Week, c.sizeLimit, c.travelFlags)
	in.warn()
	if err != nil {
		return err
	}
	previous, err := readPlan(c.Plan, c.sizeLimit)
	if err != nil {
		return err
	}
	warnOther(previous, in.travel)
	change, err := c.read()
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	if got, err = engine.Replan(ctx, in.week, in.travel, previous, *change, engine.Options{Seed: c.Seed, Iterations: c.Iterations}); err != nil {
		return fmt.Errorf("%s: %w", display(c.Week), err)
	}
	var failed []error
	for _, o := range outputs {
		if o.path != "" {
			failed = append(failed, o.write())
		}
	}
	if !c.Quiet && c.Out != standard && c.SaveWeek != standard {
		failed = append(failed, c.show(got, previous, view.Options{Lang: language(c.Lang), Width: width(), Location: in.zone}))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return unserved(got.Plan)
}

// read is the change asked for.
func (c *replanCmd) read() (*engine.Change, error) {
	change := &engine.Change{}
	if c.Change != "" {
		err := withFile(c.Change, c.sizeLimit, func(r io.Reader, maxBytes int64) (err error) {
			var warnings []engine.Fault
			change, warnings, err = engine.ReadChange(r, maxBytes)
			for _, f := range warnings {
				fmt.Fprintf(os.Stderr, "carriole: %s: %s\n", display(c.Change), f)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if now := time.Time(c.Now); !now.IsZero() {
		change.Now = now
	}
	return change, nil
}

func (c *replanCmd) show(got *engine.Replanned, previous *engine.Plan, opt view.Options) error {
	var b bytes.Buffer
	var err error
	if c.Format == "json" {
		var data []byte
		data, err = indented(&got.Differences)
		b.Write(data)
	} else {
		err = view.Changes(&b, got, previous, opt)
	}
	if err != nil {
		return err
	}
	_, err = b.WriteTo(os.Stdout)
	return err
}

// A moment is a time typed with its offset.
type moment time.Time

// UnmarshalText is called by kong.
func (m *moment) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a moment; give one like 2026-11-26T10:30:00+01:00", text)
	}
	*m = moment(t)
	return nil
}
