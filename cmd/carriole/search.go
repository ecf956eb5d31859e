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
)

const defaultTime = 10 * time.Second

// A search is engine.Solve with a clock, a stop key and a progress line.
type search struct {
	time       time.Duration // 0: defaultTime, without meaning when iterations are given
	iterations int           // 0: go by time
	seed       uint64
	threads    int
	quiet      bool
	lang       view.Lang
}

// run plans the week. The first interrupt ends the search with the best plan so far; the second ends the program.
func (s search) run(week *engine.Week) (*engine.Plan, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	opt := engine.Options{Seed: s.seed, Iterations: s.iterations, Workers: s.threads}
	if s.iterations == 0 {
		limit := s.time
		if limit == 0 {
			limit = defaultTime
		}
		start := time.Now()
		opt.Share = func() float64 { return min(1, float64(time.Since(start))/float64(limit)) }
		// The search ends by its share; the deadline holds where a single step is long.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit+limit/10+100*time.Millisecond)
		defer cancel()
	}
	if !s.quiet && term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb" {
		line := &progressLine{w: os.Stderr, lang: s.lang}
		defer line.clear()
		opt.Progress = func(p engine.Progress) {
			if now := time.Now(); now.Sub(line.drawn) >= 100*time.Millisecond {
				line.drawn = now
				line.draw(p)
			}
		}
	}
	return engine.Solve(ctx, week, engine.TravelOf(week), opt)
}

// A progressLine is redrawn in place on a terminal.
type progressLine struct {
	w     io.Writer
	lang  view.Lang
	drawn time.Time
}

const eraseLine = "\r\x1b[K"

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
