package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"carriole/engine"
	"carriole/engine/view"
	"carriole/geo"
)

const defaultTime = 10 * time.Second

// boundTime is how long a search takes at least to have a lower bound unasked.
const boundTime = 5 * time.Second

// A search is engine.Solve with a clock and a progress line.
type search struct {
	time        time.Duration // 0: defaultTime, without meaning when iterations are given
	iterations  int           // 0: go by time
	seed        uint64
	threads     int
	shares      int
	bound       int // see engine.Options; 0 in a short search: none
	noHandovers bool
	quiet       bool
	lang        view.Lang
}

// interruptible gives a context that the first Ctrl-C ends; the second ends the program.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// run plans the week with the ways between its places; when ctx ends, the plan is the best so far.
func (s search) run(ctx context.Context, week *engine.Week, travel geo.Travel) (*engine.Plan, error) {
	opt := engine.Options{Seed: s.seed, Iterations: s.iterations, Workers: s.threads, Shares: s.shares, Bound: s.bound, NoHandovers: s.noHandovers}
	limited := ctx
	if s.iterations == 0 {
		limit := s.time
		if limit == 0 {
			limit = defaultTime
		}
		if opt.Bound == 0 && limit < boundTime {
			opt.Bound = -1
		}
		start := time.Now()
		opt.Share = func() float64 { return min(1, float64(time.Since(start))/float64(limit)) }
		// The search ends by its share; the deadline holds where a single step is long.
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, limit+limit/10+100*time.Millisecond)
		defer cancel()
	}
	var line *progressLine
	if !s.quiet && term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb" {
		line = &progressLine{w: os.Stderr, lang: s.lang}
		opt.Progress = line.show
	}
	plan, err := engine.Solve(limited, week, travel, opt)
	if line != nil {
		line.clear()
	}
	if ctx.Err() != nil && !s.quiet {
		fmt.Fprintln(os.Stderr, "carriole: stopped early, with the best plan so far")
	}
	return plan, err
}

// A progressLine is redrawn in place on a terminal.
type progressLine struct {
	w     io.Writer
	lang  view.Lang
	drawn time.Time
}

const eraseLine = "\r\x1b[K"

// show draws the state of the search, ten times a second at most.
func (l *progressLine) show(p engine.Progress) {
	if now := time.Now(); now.Sub(l.drawn) >= 100*time.Millisecond {
		l.drawn = now
		l.draw(p)
	}
}

func (l *progressLine) draw(p engine.Progress) {
	text := "%3.0f %%  best so far: %.1f km, %.1f kg unserved"
	if l.lang == view.French {
		text = "%3.0f %%  meilleur plan : %.1f km, %.1f kg non livrés"
	}
	text = fmt.Sprintf(text, 100*p.Share, p.Objective/1000, p.UnservedKg)
	if l.lang == view.French {
		text = strings.ReplaceAll(text, ".", ",")
	}
	fmt.Fprint(l.w, eraseLine, text)
}

func (l *progressLine) clear() { fmt.Fprint(l.w, eraseLine) }
