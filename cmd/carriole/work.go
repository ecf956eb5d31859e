package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"carriole/api/hook"
	"carriole/api/jobs"
	"carriole/api/store"
)

// workerFlags are those of what works jobs off.
type workerFlags struct {
	Short     int           `env:"CARRIOLE_SHORT" default:"2" placeholder:"N" help:"Short plannings side by side; each searches on two cores for some seconds (default ${default})."`
	Long      int           `env:"CARRIOLE_LONG" default:"1" placeholder:"N" help:"Long plannings side by side, beside the short ones (default ${default})."`
	WorkGrace time.Duration `env:"CARRIOLE_WORK_GRACE" default:"10s" placeholder:"10s" help:"How long a stop waits for plannings to finish before it gives them back for another worker (default ${default})."`

	WebhookAllow []string `env:"CARRIOLE_WEBHOOK_ALLOW" placeholder:"NETWORK" help:"Networks, addresses and hosts that webhooks may call although they are not public, as in 10.1.0.0/16 (default none)."`
	WebhookKey   string   `env:"CARRIOLE_WEBHOOK_KEY" placeholder:"TEXT" help:"Encrypts the secrets of webhooks in the database; 32 characters or more, the same for all processes (default: they are not encrypted)."`
}

// queue is the job queue of a store.
func (f *workerFlags) queue(s *store.Store, log *slog.Logger) (*jobs.Queue, error) {
	for name, n := range map[string]int{"--short": f.Short, "--long": f.Long} {
		if n < 1 || n > 1000 {
			return nil, fmt.Errorf("%s: %d is not between 1 and 1000", name, n)
		}
	}
	return jobs.New(s, jobs.Kinds{}, jobs.Options{Short: f.Short, Long: f.Long, Grace: f.WorkGrace, Log: log,
		Hooks: hook.Options{Allow: f.WebhookAllow, Key: f.WebhookKey, Log: log}})
}

type workCmd struct {
	database
	workerFlags
	logFlags
}

// Run is called by kong.
func (c *workCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := c.logger(os.Stderr)
	s, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := c.queue(s, log)
	if err != nil {
		return err
	}
	if err := q.Start(ctx); err != nil {
		return err
	}
	log.Info("working")
	<-ctx.Done()
	log.Info("stopping")
	if err := stopWork(ctx, q, c.WorkGrace); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// stopWork lets jobs finish for the grace, and then gives them back.
func stopWork(ctx context.Context, q *jobs.Queue, grace time.Duration) error {
	const giveBack = 10 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace+giveBack)
	defer cancel()
	return q.Stop(ctx)
}
