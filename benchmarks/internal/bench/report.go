package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Report is what a run has found, an experiment a section.
type Report struct {
	Title    string    `json:"title"`
	Text     string    `json:"-"`
	Machine  Machine   `json:"machine"`
	Sections []Section `json:"sections"`
}

// Section is what one experiment has found.
type Section struct {
	Title  string  `json:"title"`
	Text   string  `json:"-"` // paragraphs in Markdown
	Tables []Table `json:"-"`
	Charts []Chart `json:"-"`
	Data   any     `json:"data"` // all single results
}

// Table is a table of cells that are ready to print.
type Table struct {
	Title   string
	Columns []string
	Left    int // how many of the columns are text; the others are numbers
	Rows    [][]string
	Note    string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Drop takes columns out in which no row says anything.
func (t *Table) Drop() {
	for k := len(t.Columns) - 1; k >= 0; k-- {
		said := false
		for _, r := range t.Rows {
			said = said || r[k] != ""
		}
		if said {
			continue
		}
		t.Columns = append(t.Columns[:k:k], t.Columns[k+1:]...)
		for i, r := range t.Rows {
			t.Rows[i] = append(r[:k:k], r[k+1:]...)
		}
		if k < t.Left {
			t.Left--
		}
	}
}

func (t *Table) markdown(b *strings.Builder) {
	if t.Title != "" {
		fmt.Fprintf(b, "\n**%s**\n", t.Title)
	}
	line := func(cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }
	b.WriteString("\n")
	line(t.Columns)
	rule := make([]string, len(t.Columns))
	for k := range rule {
		if rule[k] = "--:"; k < t.Left {
			rule[k] = "---"
		}
	}
	line(rule)
	for _, r := range t.Rows {
		line(r)
	}
	if t.Note != "" {
		fmt.Fprintf(b, "\n%s\n", t.Note)
	}
}

// Markdown is the report as text; its pictures are named as Write names them.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", r.Title, r.Machine)
	if r.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", r.Text)
	}
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.Title, s.Text)
		for _, t := range s.Tables {
			t.markdown(&b)
		}
		for _, c := range s.Charts {
			fmt.Fprintf(&b, "\n![%s](%s.png)\n", c.Title, c.Name)
		}
	}
	return b.String()
}

// Write writes report.md, report.json and the pictures into a folder, which it makes.
func (r *Report) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"report.md": []byte(r.Markdown()), "report.json": append(text, '\n')} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	for _, s := range r.Sections {
		for i := range s.Charts {
			if err := writeChart(filepath.Join(dir, s.Charts[i].Name+".png"), &s.Charts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeChart(file string, c *Chart) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := c.PNG(f); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return f.Close()
}

// Machine is what the figures were measured on.
type Machine struct {
	CPU        string `json:"cpu"`
	Processors int    `json:"processors"`
	Threads    int    `json:"threads"` // used
	Go         string `json:"go"`
	System     string `json:"system"`
}

// ThisMachine describes the machine; threads is how many a search uses.
func ThisMachine(threads int) Machine {
	m := Machine{CPU: runtime.GOARCH, Processors: runtime.NumCPU(), Threads: threads, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	text, _ := os.ReadFile("/proc/cpuinfo") // elsewhere the architecture has to do
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	return m
}

// String puts the machine in one sentence.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d processors, %d threads, %s, %s. Compare figures of one run only.", m.CPU, m.Processors, m.Threads, m.Go, m.System)
}
