package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"carriole/benchmarks/internal/bench"
)

// weeks runs the week bench with its flags, so that one report says what a search is worth on the classic sets and on weeks. Its
// own report, whole, goes into the folder weeks of out.
func weeks(flags, out string, log io.Writer) (*bench.Section, error) {
	const folder = "weeks"
	dir := filepath.Join(out, folder)
	cmd := exec.Command("go", append(append([]string{"run", "carriole/benchmarks/weeks"}, strings.Fields(flags)...), "--out", dir)...)
	cmd.Stderr = log
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("the week bench: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		return nil, err
	}
	return &bench.Section{Title: "Weeks", Text: within(string(text), folder), Data: json.RawMessage(data)}, nil
}

// within makes a report in a folder part of a section of a report beside that folder: without its title, its sections one level
// deeper, its pictures found.
func within(text, folder string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "# "):
			continue
		case strings.HasPrefix(line, "#"):
			line = "#" + line
		case strings.HasPrefix(line, "!["):
			line = strings.Replace(line, "](", "]("+folder+"/", 1)
		}
		b.WriteString(line)
	}
	return strings.TrimSpace(b.String())
}
