package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
)

// spent is what something took, by the clock and by the processors: of this process and of the database server.
type spent struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"`
}

func (r *run) spend(f func() error) (spent, error) {
	before, err := r.cpu()
	if err != nil {
		return spent{}, err
	}
	start := time.Now()
	if err := f(); err != nil {
		return spent{}, err
	}
	took := time.Since(start)
	after, err := r.cpu()
	return spent{took.Seconds(), after - before}, err
}

// cpu is the seconds of processors that this process and the server have used.
func (r *run) cpu() (float64, error) {
	server, err := treeCPU(r.server.Pid())
	return bench.CPU().Seconds() + server, err
}

// treeCPU is the seconds that a process and its children have used, those that ended too. It reads Linux's /proc.
func treeCPU(pid int) (float64, error) {
	const perSecond = 100 // USER_HZ, which is the same on all of Go's Linux ports
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err == nil && len(files) == 0 {
		err = errors.New("/proc has no processes: this needs Linux")
	}
	if err != nil {
		return 0, err
	}
	ticks := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest) // from the third on: state, ppid, …
		own := filepath.Base(filepath.Dir(file)) == strconv.Itoa(pid)
		var used []string
		switch {
		case own:
			used = fields[11:15] // utime, stime, and those of children that ended
		case fields[1] == strconv.Itoa(pid):
			used = fields[11:13]
		}
		for _, field := range used {
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", file, err)
			}
			ticks += n
		}
	}
	return float64(ticks) / perSecond, nil
}
