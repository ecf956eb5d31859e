package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines without a zone database too

	"carriole/engine"
	"carriole/engine/view"
	"carriole/geo"
)

const standard = "-" // names standard input or standard output

const megabyte = 1 << 20

// sizeLimit is the largest document that is read, in megabytes.
type sizeLimit struct {
	MaxSize int64 `default:"32" placeholder:"MB" help:"Largest file that is read, in megabytes (default ${default})."`
}

func (s sizeLimit) bytes() (int64, error) {
	if s.MaxSize < 1 || s.MaxSize > 1<<20 {
		return 0, fmt.Errorf("--max-size: %d is not between 1 and %d megabytes", s.MaxSize, 1<<20)
	}
	return s.MaxSize * megabyte, nil
}

// A weekFile is a week that can be planned, as read.
type weekFile struct {
	week     *engine.Week
	travel   geo.Travel // between its places
	zone     *time.Location
	name     string
	warnings []engine.Fault
}

// readWeek reads a week and finds the ways between its places. The error joins all faults, each with the file's name;
// there may be warnings beside it.
func readWeek(name string, limit sizeLimit, by travelFlags) (*weekFile, error) {
	in := &weekFile{name: name}
	err := withFile(name, limit, func(r io.Reader, maxBytes int64) error {
		week, faults, err := engine.ReadWeek(r, maxBytes)
		if err != nil {
			in.warnings = faults
			return err
		}
		in.week = week
		read := faults
		var fault *engine.Fault
		if in.zone, fault = location(week); fault != nil {
			read = append(read, *fault)
		}
		judge := func(travel geo.Travel) error {
			var wrong []engine.Fault
			in.warnings = nil
			for _, f := range append(slices.Clone(read), engine.Validate(week, travel)...) {
				if f.Warning {
					in.warnings = append(in.warnings, f)
				} else {
					wrong = append(wrong, f)
				}
			}
			if wrong != nil {
				return &engine.InvalidWeek{Faults: wrong}
			}
			return nil
		}
		// Roads are only looked for in a week that has no other fault.
		if by.replaces() {
			if err := judge(instant{}); err != nil {
				return err
			}
		} else if err := judge(nil); err != nil {
			return err
		}
		if in.travel, err = by.of(context.Background(), week); err != nil {
			return err
		}
		return judge(in.travel)
	})
	return in, err
}

// warn prints the warnings to standard error.
func (in *weekFile) warn() {
	for _, f := range in.warnings {
		fmt.Fprintf(os.Stderr, "carriole: %s: %s\n", display(in.name), f)
	}
}

func readPlan(name string, limit sizeLimit) (*engine.Plan, error) {
	var plan *engine.Plan
	err := withFile(name, limit, func(r io.Reader, maxBytes int64) (err error) {
		plan, err = engine.ReadPlan(r, maxBytes)
		return err
	})
	return plan, err
}

// withFile opens a file, or standard input, for read and puts the file's name before each error.
func withFile(name string, limit sizeLimit, read func(r io.Reader, maxBytes int64) error) error {
	maxBytes, err := limit.bytes()
	if err != nil {
		return err
	}
	in := os.Stdin
	if name != standard {
		if in, err = os.Open(name); err != nil {
			return err
		}
		defer in.Close()
	}
	counted := &counter{r: in}
	err = read(counted, maxBytes)
	var invalid *engine.InvalidWeek
	switch {
	case err == nil:
		return nil
	case counted.n > maxBytes:
		return fmt.Errorf("%s: larger than %d MB; --max-size raises the limit", display(name), limit.MaxSize)
	case errors.As(err, &invalid):
		faults := make([]error, len(invalid.Faults))
		for i, f := range invalid.Faults {
			faults[i] = fmt.Errorf("%s: %s", display(name), f)
		}
		return errors.Join(faults...)
	}
	return fmt.Errorf("%s: %w", display(name), err)
}

// A counter counts the bytes read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func display(name string) string {
	if name == standard {
		return "standard input"
	}
	return name
}

func location(week *engine.Week) (*time.Location, *engine.Fault) {
	name := week.Timezone
	if name == "" {
		name = "Europe/Paris"
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, &engine.Fault{Path: "timezone", Message: fmt.Sprintf("%q is not a time zone: give an IANA name such as Europe/Paris", name)}
	}
	return zone, nil
}

// language is the one asked for, else the environment's.
func language(asked string) view.Lang {
	if asked == "" {
		for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
			if asked = os.Getenv(name); asked != "" {
				break
			}
		}
	}
	if strings.HasPrefix(strings.ToLower(asked), "fr") {
		return view.French
	}
	return view.English
}
