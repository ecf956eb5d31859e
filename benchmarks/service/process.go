package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// program is the file of the program that is measured: the one of --program, or a new one, built once.
func (r *run) program(ctx context.Context) (string, error) {
	if r.Program != "" {
		return r.Program, nil
	}
	file := filepath.Join(r.dir, "carriole")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", file, "carriole/cmd/carriole").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
}

// process is a running program, which is killed in the end.
type process struct {
	cmd     *exec.Cmd
	ended   chan struct{}
	log     string // file
	address string // where it serves; empty: it does not
}

// launch starts the program on a database, logging to a file in dir, and waits until it is at work.
func launch(ctx context.Context, dir, program, databaseURL string, env []string, args ...string) (p *process, err error) {
	log, err := os.CreateTemp(dir, "*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p = &process{cmd: exec.Command(program, args...), ended: make(chan struct{}), log: log.Name()}
	p.cmd.Env = append(append(os.Environ(), "DATABASE_URL="+databaseURL), env...)
	p.cmd.Stderr = log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // a killed process always ends with an error
	}()
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	var text []byte
	for err == nil {
		if text, err = os.ReadFile(p.log); err != nil {
			break
		}
		if _, rest, ok := strings.Cut(string(text), "msg=serving address="); ok {
			p.address = strings.Fields(rest)[0]
			return p, nil
		}
		if strings.Contains(string(text), "msg=working") {
			return p, nil
		}
		select {
		case <-look.C:
		case <-p.ended:
			err = errors.New("it ended")
		case <-timeout.C:
			err = errors.New("it is not at work after a minute")
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	p.kill()
	return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, text)
}

// kill ends the process as a failing machine does, and waits until it is gone.
func (p *process) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL) // an error says that it has ended
	<-p.ended
}

// errors are the lines that it has logged as such; the log is removed.
func (p *process) errors() (lines []string, err error) {
	text, err := os.ReadFile(p.log)
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "level=ERROR") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines, errors.Join(err, os.Remove(p.log))
}
