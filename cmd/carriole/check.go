package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"carriole/engine"
)

type checkCmd struct {
	Week   string `arg:"" help:"The week as JSON; - reads standard input."`
	Plan   string `arg:"" help:"The plan as JSON; - reads standard input."`
	Format string `enum:"text,json" default:"text" placeholder:"text|json" help:"What is printed (default ${default})."`
	travelFlags
	sizeLimit
}

// Run is called by kong.
func (c *checkCmd) Run() error {
	if c.Week == standard && c.Plan == standard {
		return errors.New("week and plan cannot both come from standard input")
	}
	in, err := readWeek(c.Week, c.sizeLimit, c.travelFlags)
	in.warn()
	if err != nil {
		return err
	}
	plan, err := readPlan(c.Plan, c.sizeLimit)
	if err != nil {
		return err
	}
	warnOther(plan, in.travel)
	figures, violations := engine.Check(in.week, in.travel, plan)
	report := showFindings
	if c.Format == "json" {
		report = findingsJSON
	}
	if err := report(os.Stdout, figures, violations); err != nil {
		return err
	}
	if n := len(violations); n > 0 {
		return shortfall(fmt.Sprintf("%s: the plan is wrong (broken rules: %d)", display(c.Plan), n))
	}
	return nil
}

func showFindings(w io.Writer, f engine.Figures, violations []engine.Violation) error {
	var b bytes.Buffer
	for _, v := range violations {
		fmt.Fprintln(&b, v)
	}
	if len(violations) == 0 {
		fmt.Fprintln(&b, "The plan is right.")
	}
	fmt.Fprintf(&b, "base      %10.1f km\n", f.BaseMetres/1000)
	fmt.Fprintf(&b, "planned   %10.1f km\n", f.PlannedMetres/1000)
	fmt.Fprintf(&b, "added     %10.1f km\n", f.AddedMetres/1000)
	fmt.Fprintf(&b, "handovers %10d\n", f.Handovers)
	fmt.Fprintf(&b, "objective %10.1f km\n", f.Objective/1000)
	fmt.Fprintf(&b, "unserved  %10.1f kg\n", f.UnservedKg)
	_, err := b.WriteTo(w)
	return err
}

type violation struct {
	Rule    int    `json:"rule"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

type findings struct {
	Right         bool        `json:"right"`
	Violations    []violation `json:"violations"`
	BaseMetres    float64     `json:"base_metres"`
	PlannedMetres float64     `json:"planned_metres"`
	AddedMetres   float64     `json:"added_metres"`
	Handovers     int         `json:"handovers"`
	Objective     float64     `json:"objective"`
	UnservedKg    float64     `json:"unserved_kg"`
}

func findingsJSON(w io.Writer, f engine.Figures, violations []engine.Violation) error {
	out := findings{
		Right:      len(violations) == 0,
		Violations: make([]violation, len(violations)),
		BaseMetres: f.BaseMetres, PlannedMetres: f.PlannedMetres, AddedMetres: f.AddedMetres,
		Handovers: f.Handovers, Objective: f.Objective, UnservedKg: f.UnservedKg,
	}
	for i, v := range violations {
		out.Violations[i] = violation{v.Rule, v.Path, v.Message}
	}
	data, err := indented(&out)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
