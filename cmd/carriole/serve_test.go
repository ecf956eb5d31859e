package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// growing is a log that is read while it is written.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *growing) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *growing) address(t *testing.T) string {
	t.Helper()
	for range 3000 {
		l.mu.Lock()
		m := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(l.text.String())
		l.mu.Unlock()
		if m != nil {
			return m[1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not say where it listens")
	return ""
}

// What is being answered when the stop comes is answered; what takes longer than the grace is broken off, and said.
func TestGracefulStop(t *testing.T) {
	for _, c := range []struct {
		name  string
		grace time.Duration
		whole bool
	}{{"in time", time.Minute, true}, {"too long", time.Millisecond, false}} {
		t.Run(c.name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			release := make(chan bool)
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				stop()
				select {
				case <-release:
				case <-r.Context().Done():
				}
				io.WriteString(w, "whole")
			})
			log := &growing{}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			cmd := serveCmd{Grace: c.grace, Timeout: time.Minute}
			ended := make(chan error, 1)
			go func() {
				ended <- cmd.serve(ctx, slog.New(slog.NewTextHandler(log, nil)), listener, handler, func() { // the shutdown has begun
					if c.whole {
						close(release)
					}
				}, func() error { return nil }, func(context.Context) {})
			}()
			body := ""
			response, err := http.Get(log.address(t))
			if err == nil {
				b, _ := io.ReadAll(response.Body)
				response.Body.Close()
				body = string(b)
			}
			if (body == "whole") != c.whole {
				t.Errorf("got %q, %v", body, err)
			}
			if err := <-ended; (err == nil) != c.whole || err != nil && !strings.Contains(err.Error(), "broken off") {
				t.Errorf("ended with %v", err)
			}
		})
	}
}
