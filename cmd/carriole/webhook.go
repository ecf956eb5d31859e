package main

import (
	"context"
	"log/slog"
	"time"

	"carriole/api/hook"
	"carriole/api/jobs"
	"carriole/api/store"
)

// webhookFlags are those of what is told to other systems.
type webhookFlags struct {
	WebhookAllow []string `env:"CARRIOLE_WEBHOOK_ALLOW" placeholder:"NETWORK" help:"Networks, addresses and host names that webhooks may call although they are not public, on any port and by plain HTTP (default none)."`
	WebhookPorts []uint16 `env:"CARRIOLE_WEBHOOK_PORTS" default:"443" placeholder:"PORT" help:"Ports of public addresses that webhooks may call (default ${default})."`
	WebhookKey   string   `env:"CARRIOLE_WEBHOOK_KEY" placeholder:"TEXT" help:"Encrypts the secrets of webhooks in the database: 32 characters or more, on each machine the same. Best given as a variable (default: not encrypted)."`
}

// webhooks sends a store's webhooks, and has its jobs worked off.
func (f *webhookFlags) webhooks(s *store.Store, kinds *jobs.Kinds, enqueue hook.Enqueue, log *slog.Logger) (*hook.Service, error) {
	hooks, err := hook.New(s, enqueue, hook.Options{Allow: f.WebhookAllow, Ports: f.WebhookPorts, Key: f.WebhookKey, Log: log})
	if err != nil {
		return nil, err
	}
	jobs.Handle(kinds, func(ctx context.Context, job hook.Job) error {
		again, err := hooks.Deliver(ctx, job)
		if err == nil && again > 0 {
			return jobs.Later(again)
		}
		return err
	})
	jobs.Handle(kinds, func(ctx context.Context, _ pruning) error {
		_, err := hooks.Prune(ctx)
		return err
	})
	kinds.Every(24*time.Hour, pruning{})
	return hooks, nil
}

// pruning is the job that shortens the log of webhooks.
type pruning struct{}

// Kind names the jobs in the queue.
func (pruning) Kind() string { return "webhook_log" }
