package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"carriole/engine"
	"carriole/engine/view"
)

type planCmd struct {
	Week        string    `arg:"" help:"The week as JSON; - reads standard input."`
	Out         string    `short:"o" placeholder:"FILE" help:"Write the plan as JSON; - writes it to standard output instead of the run sheets."`
	GeoJSON     string    `name:"geojson" placeholder:"FILE" help:"Write the plan as GeoJSON, for maps."`
	SVG         string    `name:"svg" placeholder:"FILE" help:"Write the plan as a picture."`
	Time        allowance `xor:"limit" placeholder:"10s" help:"How long to search, as 10s, 2m30s or plain seconds (default 10s)."`
	Iterations  *int      `xor:"limit" placeholder:"N" help:"How many steps to search instead. The plan then depends on the week, --iterations, --seed and --threads alone."`
	Seed        uint64    `default:"1" placeholder:"N" help:"Seed of the search (default ${default})."`
	Threads     int       `default:"2" placeholder:"N" help:"Searches side by side (default ${default}); another number gives another plan."`
	Shares      int       `default:"0" placeholder:"N" help:"How many coalitions of producers may be planned to share the saving out among them, exactly where that is enough (4096 for 12 producers), in three tenths of the time. By default as many as a tenth of the time allows (none in weeks planned in parts) or a tenth of --iterations, 64 at least; --shares=-1 shares nothing out."`
	Bound       int       `default:"0" placeholder:"N" help:"How many orders of the goods the proved lower bound tries, before the search and out of its time (default: as many as a fifth of the time allows, in weeks searched for 5s or longer). Up to 200 places are looked at whole, with N up to 700, others by areas, which proves less; --bound=-1 never."`
	NoHandovers bool      `help:"Let nobody pass goods on: each consignment rides one round all the way."`
	Quiet       bool      `short:"q" help:"Print no run sheets and no progress."`
	Format      string    `enum:"text,json,csv" default:"text" placeholder:"text|json|csv" help:"What is printed: run sheets, the plan or a table of consignments (default ${default})."`
	Lang        string    `enum:"fr,en," default:"" placeholder:"fr|en" help:"Language of the run sheets (default from the environment)."`
	travelFlags
	sizeLimit
}

// Validate is called by kong.
func (c *planCmd) Validate() error {
	switch {
	case c.Iterations != nil && *c.Iterations < 1:
		return fmt.Errorf("--iterations: %d is not a number of steps; give 1 or more", *c.Iterations)
	case c.Threads < 1 || c.Threads > 256:
		return fmt.Errorf("--threads: %d is not between 1 and 256", c.Threads)
	case c.Format == "csv" && (c.Out == standard || c.GeoJSON == standard || c.SVG == standard):
		return errors.New("--format csv and an output named - would both go to standard output")
	}
	return nil
}

// Run is called by kong.
func (c *planCmd) Run() error {
	var week *engine.Week
	var plan *engine.Plan
	opt := view.Options{Lang: language(c.Lang), Width: width()}
	outputs := []output{
		{"--out", c.Out, func() ([]byte, error) { return indented(plan) }},
		{"--geojson", c.GeoJSON, func() ([]byte, error) { return json.Marshal(view.GeoJSON(week, plan, opt)) }},
		{"--svg", c.SVG, func() ([]byte, error) { return view.SVG(week, plan, opt), nil }},
	}
	if err := prepare(outputs, c.Week); err != nil {
		return err
	}
	printed := !c.Quiet
	for _, o := range outputs {
		printed = printed && o.path != standard
	}
	in, err := readWeek(c.Week, c.sizeLimit, c.travelFlags)
	// Reading may wait for a pipe or a person, and an interrupt ends it at once. From here on it ends the search alone.
	ctx, stop := interruptible()
	defer stop()
	in.warn()
	if err != nil {
		return err
	}
	week, opt.Location = in.week, in.zone
	s := search{time: time.Duration(c.Time), seed: c.Seed, threads: c.Threads, quiet: c.Quiet, lang: opt.Lang, shares: c.Shares, bound: c.Bound, noHandovers: c.NoHandovers}
	if c.Iterations != nil {
		s.iterations = *c.Iterations
	}
	if plan, err = s.run(ctx, week, in.travel); err != nil {
		return fmt.Errorf("%s: %w", display(c.Week), err)
	}
	if c.GeoJSON != "" || c.SVG != "" {
		opt.Lines = lines(ctx, week, plan, in.travel)
	}
	var failed []error
	for _, o := range outputs {
		if o.path != "" {
			failed = append(failed, o.write())
		}
	}
	if printed {
		failed = append(failed, show(os.Stdout, c.Format, week, plan, opt))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return unserved(plan)
}

// show prints a plan in one of the formats, in one piece.
func show(w io.Writer, format string, week *engine.Week, plan *engine.Plan, opt view.Options) error {
	var b bytes.Buffer
	var err error
	switch format {
	case "json":
		var data []byte
		data, err = indented(plan)
		b.Write(data)
	case "csv":
		err = view.CSV(&b, week, plan, opt)
	default:
		err = view.Text(&b, week, plan, opt)
	}
	if err != nil {
		return err
	}
	_, err = b.WriteTo(w)
	return err
}

func indented[T any](v *T) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// unserved is a shortfall when the plan leaves lines behind, nil otherwise.
func unserved(plan *engine.Plan) error {
	if n := len(plan.Unserved); n > 0 {
		return shortfall(fmt.Sprintf("order lines unserved: %d (%.1f kg)", n, plan.Summary.UnservedKg))
	}
	return nil
}

// width is the terminal's, 80 columns where there is none.
func width() int {
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}

// An allowance is a duration typed as 10s, 2m30s or plain seconds.
type allowance time.Duration

// UnmarshalText is called by kong.
func (a *allowance) UnmarshalText(text []byte) error {
	s := string(text)
	if s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' {
		s += "s"
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > 1000*time.Hour {
		return fmt.Errorf("%q is not a time of up to 1000 hours; give 10s, 2m30s or plain seconds", text)
	}
	*a = allowance(d)
	return nil
}
