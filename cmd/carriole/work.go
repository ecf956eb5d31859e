package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"carriole/api/hook"
	"carriole/api/intake"
	"carriole/api/jobs"
	"carriole/api/notice"
	"carriole/api/planning"
	"carriole/api/post"
	"carriole/api/store"
	"carriole/geo"
	"carriole/geo/provider"
)

// workerFlags are those of what works jobs off.
type workerFlags struct {
	webhookFlags
	mailFlags
	Short     int           `env:"CARRIOLE_SHORT" default:"2" placeholder:"N" help:"Short plannings side by side; each searches on two cores for some seconds (default ${default})."`
	Long      int           `env:"CARRIOLE_LONG" default:"1" placeholder:"N" help:"Long plannings side by side, beside the short ones (default ${default})."`
	WorkGrace time.Duration `env:"CARRIOLE_WORK_GRACE" default:"10s" placeholder:"10s" help:"How long a stop waits for plannings to finish before it gives them back for another worker (default ${default})."`
	Lease     time.Duration `env:"CARRIOLE_LEASE" default:"30s" placeholder:"30s" help:"How long nothing may be heard of a worker before its planning is given to another (default ${default})."`

	Travel []string `env:"CARRIOLE_TRAVEL" sep:";" placeholder:"[NAME=]crow|roads:FILE|osrm:URL|valhalla:URL" help:"What kilometres are made of, under the name that people see: the roads of an OpenStreetMap extract (.osm.pbf; prepared once, kept beside it), a routing server or great circles times 1.3 at 45 km/h. Several are separated by semicolons: collectives choose among them in their settings, and between the fastest and the shortest ways of roads and valhalla; who does not has the fastest of the first (default: crow)."`

	OFNPrivate bool `name:"ofn-private" env:"CARRIOLE_OFN_PRIVATE" help:"Fetch reports of Open Food Networks at addresses that are not public too."`
}

// mailFlags are the server that takes e-mail.
type mailFlags struct {
	MailServer string `env:"CARRIOLE_MAIL_SERVER" placeholder:"URL" help:"Who takes e-mail: smtps://user:password@host, smtp://… (by STARTTLS) or smtp+plain://… (not encrypted). Without it no links are sent to sign in, and no producer is told of plans."`
	MailFrom   string `env:"CARRIOLE_MAIL_FROM" placeholder:"ADDRESS" help:"Who e-mail is from, as in \"Carriole <carriole@example.org>\"."`
}

// server is nil where no e-mail is sent.
func (f *mailFlags) server() *post.Server {
	if f.MailServer == "" {
		return nil
	}
	return &post.Server{URL: f.MailServer, From: f.MailFrom}
}

// notices are what tells producers of plans and coordinators of absences, at the URL of a service, with their jobs among the kinds.
func (f *mailFlags) notices(s *store.Store, url string, kinds *jobs.Kinds, enqueue func(context.Context, *store.Scope, jobs.Args) error, log *slog.Logger) (*notice.Service, error) {
	x := &notice.Service{Store: s, Enqueue: enqueue, URL: strings.TrimSuffix(url, "/"), Log: log}
	if server := f.server(); server != nil {
		if url == "" {
			return nil, errors.New("--url: is needed where e-mail is sent, for it has links")
		}
		var err error
		if x.Sender, err = post.New(server); err != nil {
			return nil, err
		}
	}
	x.Handle(kinds)
	return x, nil
}

// A lease must be long enough for a database that is slow for a moment, and no sale should wait for a worker that is gone all day.
const (
	leastLease = 3 * time.Second
	mostLease  = time.Hour
)

// queue is the job queue of a store, and what sends its webhooks. url is where people reach the service.
func (f *workerFlags) queue(s *store.Store, url string, log *slog.Logger) (*jobs.Queue, *hook.Service, error) {
	for name, n := range map[string]int{"--short": f.Short, "--long": f.Long} {
		if n < 1 || n > 1000 {
			return nil, nil, fmt.Errorf("%s: %d is not between 1 and 1000", name, n)
		}
	}
	if f.Lease < leastLease || f.Lease > mostLease {
		return nil, nil, fmt.Errorf("--lease: %s is not between %s and %s", f.Lease, leastLease, mostLease)
	}
	var kinds jobs.Kinds
	const patience = 50 * time.Second // less than a job may take
	puller := &intake.Puller{Store: s, OFN: &intake.OFN{Private: f.OFNPrivate, Timeout: patience}, Log: log, Now: time.Now}
	jobs.Handle(&kinds, puller.Work)
	var q *jobs.Queue
	hooks, err := f.webhooks(s, &kinds, func(ctx context.Context, c *store.Scope, job hook.Job) error {
		return q.Add(ctx, c, job, time.Time{}, 0)
	}, log)
	if err != nil {
		return nil, nil, err
	}
	const tries = 12 // within about 18 hours
	notices, err := f.notices(s, url, &kinds, func(ctx context.Context, c *store.Scope, job jobs.Args) error {
		return q.Add(ctx, c, job, time.Time{}, tries)
	}, log)
	if err != nil {
		return nil, nil, err
	}
	if q, err = jobs.New(s, kinds, jobs.Options{Short: f.Short, Long: f.Long, Grace: f.WorkGrace, Log: log}); err != nil {
		return nil, nil, err
	}
	notices.Planning, q.Planning.Lease = q.Planning, f.Lease
	q.Planning.Tell, puller.OFN.Tell = hooks.TellOrders, q.Planning.Received
	q.Planning.Emit = func(ctx context.Context, c *store.Scope, event string, payload []byte) error {
		if err := hooks.Tell(ctx, c, event, payload); err != nil {
			return err
		}
		return notices.Tell(ctx, c, event, payload)
	}
	if q.Planning.Travels, err = f.travels(log); err != nil {
		return nil, nil, err
	}
	puller.Schedule = schedulePull(q)
	puller.Pulled = func(ctx context.Context, c *store.Scope, sale store.ID) error {
		_, err := q.Planning.Close(ctx, c, sale)
		return err
	}
	return q, hooks, nil
}

// travels are the sources of distances that collectives may choose from.
func (f *workerFlags) travels(log *slog.Logger) (out []planning.Travel, err error) {
	for _, text := range f.Travel {
		name, form, named := strings.Cut(text, "=")
		if !named || strings.Contains(name, ":") { // the sign is part of an address
			name, form = "", text
		}
		choice, err := provider.Parse(strings.TrimSpace(form), false)
		if err != nil {
			return nil, fmt.Errorf("--travel: %w", err)
		}
		if choice.Kind == geo.KindRoads {
			if _, err := os.Stat(choice.Target); err != nil {
				return nil, fmt.Errorf("--travel %s: %w", text, err)
			}
		}
		if name = strings.TrimSpace(name); name == "" {
			name = choice.Name()
		}
		if slices.ContainsFunc(out, func(t planning.Travel) bool { return t.Name == name }) {
			return nil, fmt.Errorf("--travel: two are called %q: write NAME=%s", name, form)
		}
		out = append(out, planning.Travel{Name: name, Provider: choice.Open(func(what string) { log.Warn("distances", "from", name, "what", what) })})
	}
	return out, nil
}

// schedulePull has a sale's orders pulled by the queue. A network that fails is asked again for some days, ever more seldom.
func schedulePull(q *jobs.Queue) intake.Schedule {
	const tries = 20
	return func(ctx context.Context, c *store.Scope, sale store.ID, at time.Time) error {
		return q.Add(ctx, c, intake.Pull{Collective: c.Collective(), Sale: sale}, at, tries)
	}
}

type workCmd struct {
	database
	webAddress
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
	q, _, err := c.queue(s, c.URL, log)
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
