// Package jobs has what is to be done later done by a durable queue in the store's own database: River, on PostgreSQL with notifications to
// workers on any machine, in SQLite for the one process that has the file.
//
// A job is added in the transaction of what it is about, so that both are there or neither. Plannings wait in two queues, the
// short and the long ones, each with workers of its own: a large sale keeps no small one waiting. The job of a planning
// is a nudge and no more: whoever gets it takes the planning from the store, which has it once (see package
// planning), and finds nothing to do when another was faster. So a worker that is killed loses nothing: each worker looks for
// plannings that nothing was heard of and has them nudged again.
//
// Surveys of distances wait in a queue of their own, one at a time: the first may prepare a large extract for minutes.
//
// Jobs of other kinds are tried again by River, later each time; one whose worker is gone a minute and a half after
// it began.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"carriole/api/planning"
	"carriole/api/store"
)

const (
	queueShort = "planning_short"
	queueLong  = "planning_long"
	queueWays  = "survey"
	queueOther = river.QueueDefault

	usualTimeout = time.Minute      // of a job
	rescueAfter  = 90 * time.Second // from when a job began whose worker is gone
	longest      = 45 * time.Minute // of a planning, with room beyond the longest search, and of a survey, which may prepare a large extract
	lookAround   = 10 * time.Second // between looks for lost plannings
	closeDue     = time.Minute      // between looks for sales whose time has come
	surveyDue    = 10 * time.Minute // between looks for ways that are not known yet
	mostSurveys  = 10               // tries to find them, each of which keeps what it has found
	keepJobs     = 24 * time.Hour   // that are done
	grace        = 10 * time.Second // for jobs to finish when the process is stopped, if nobody says otherwise
	mostNudges   = 3                // tries to take a planning, when the database does not answer
)

// driver is River's for the store's database.
func driver(s *store.Store) riverdriver.Driver[*sql.Tx] {
	db, pool := s.Handles()
	if pool == nil {
		return riversqlite.New(db)
	}
	return riverdatabasesql.NewWithPgxListener(db, pool)
}

// Migration makes the queue's tables what this program needs: for [store.Store.Migrate], which lets one process do it.
func Migration(s *store.Store) func(context.Context) error {
	return func(ctx context.Context) error {
		m, err := rivermigrate.New(driver(s), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		}
		if err != nil {
			return fmt.Errorf("the tables of the job queue: %w", err)
		}
		return nil
	}
}

// Options of a queue. The zero value is usable.
type Options struct {
	Short, Long, Other int           // jobs side by side in this process: short and long plannings, and everything else; 0 means 2, 1 and 4
	Grace              time.Duration // for jobs to finish when the process stops, before they are given back; 0 means 10 s
	Log                *slog.Logger  // nil: nothing is logged
}

// Queue adds jobs and works them off.
type Queue struct {
	Planning *planning.Service // whose plannings the queue works off

	client *river.Client[*sql.Tx]
	log    *slog.Logger
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// Args are the arguments of a kind of job, which must be JSON: a struct of a type of its own.
type Args interface{ Kind() string }

// Kinds are the kinds of jobs that a queue works off, beside plannings. The zero value is none.
type Kinds struct {
	add      []func(*river.Workers) error
	periodic []*river.PeriodicJob
}

// Later is the error of a job that is to be worked off again after a time. It counts as no failure, however often.
func Later(after time.Duration) error { return river.JobSnooze(max(0, after)) }

// Every has a job of a kind that is handled added every so often, whichever processes run.
func (k *Kinds) Every(interval time.Duration, args Args) {
	k.periodic = append(k.periodic, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return args, &river.InsertOpts{MaxAttempts: 1} }, &river.PeriodicJobOpts{RunOnStart: true}))
}

// Handle has a kind of job worked off by a function. Its error has the job tried again; ctx ends after a minute, or when the
// process stops.
func Handle[T Args](k *Kinds, work func(ctx context.Context, args T) error) {
	k.add = append(k.add, func(w *river.Workers) error {
		return river.AddWorkerSafely(w, river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error { return work(ctx, job.Args) }))
	})
}

// New is the queue of a store. It can add jobs at once; they are worked off by whoever has called Start.
func New(s *store.Store, kinds Kinds, o Options) (*Queue, error) {
	q := &Queue{log: o.Log}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	q.Planning = planning.New(s, q.enqueue)
	q.Planning.Log = q.log
	workers := river.NewWorkers()
	var errs []error
	errs = append(errs, river.AddWorkerSafely(workers, &planner{q: q}), river.AddWorkerSafely(workers, &surveyor{q: q}))
	kinds = Kinds{slices.Clone(kinds.add), slices.Clone(kinds.periodic)} // the caller's stay as they are
	Handle(&kinds, func(ctx context.Context, _ closing) error {
		_, err := q.Planning.CloseDue(ctx)
		return err
	})
	kinds.Every(closeDue, closing{})
	kinds.Every(surveyDue, survey{})
	q.Planning.Survey = func(ctx context.Context, c *store.Scope) error {
		return q.insert(ctx, c, survey{c.Collective()}, &river.InsertOpts{MaxAttempts: mostSurveys})
	}
	for _, add := range kinds.add {
		errs = append(errs, add(workers))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	or := func(x, usual int) int {
		if x > 0 {
			return x
		}
		return usual
	}
	if o.Grace <= 0 {
		o.Grace = grace
	}
	client, err := river.NewClient(driver(s), &river.Config{
		Logger:  slog.New(warnings{q.log.Handler()}),
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			queueShort: {MaxWorkers: or(o.Short, 2)},
			queueLong:  {MaxWorkers: or(o.Long, 1)},
			queueWays:  {MaxWorkers: 1},
			queueOther: {MaxWorkers: or(o.Other, 4)},
		},
		PeriodicJobs:                kinds.periodic,
		JobTimeout:                  usualTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		SoftStopTimeout:             o.Grace,
		CompletedJobRetentionPeriod: keepJobs,
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	q.client = client
	return q, nil
}

// warnings leaves out of a log what is less: River counts jobs there at every turn.
type warnings struct{ slog.Handler }

// Enabled is called by slog.
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs is called by slog.
func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup is called by slog.
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }

// Start begins to work jobs off, until Stop.
func (q *Queue) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	ctx, q.stop = context.WithCancel(ctx)
	q.done.Go(func() {
		tick := time.NewTicker(q.Planning.LeaseTime() / 3)
		defer tick.Stop()
		for {
			if _, err := q.Planning.Retake(ctx); err != nil && ctx.Err() == nil {
				q.log.Error("looking for lost plannings", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return nil
}

// Stop takes no more jobs, lets those that run finish for the grace, then gives them back, and returns when none runs any more.
func (q *Queue) Stop(ctx context.Context) error {
	if q.stop != nil {
		q.stop()
	}
	err := q.client.Stop(ctx)
	q.done.Wait()
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	return nil
}

// Add adds a job in the scope's transaction, to be done not before a moment; zero: at once. most is how often it is tried.
func (q *Queue) Add(ctx context.Context, c *store.Scope, args Args, at time.Time, most int) error {
	return q.insert(ctx, c, args, &river.InsertOpts{ScheduledAt: at, MaxAttempts: most, Queue: queueOther})
}

func (q *Queue) insert(ctx context.Context, c *store.Scope, args Args, o *river.InsertOpts) error {
	tx := c.Tx()
	if tx == nil {
		return errors.New("jobs: a job is added in the transaction of what it is about")
	}
	if _, err := q.client.InsertTx(ctx, tx, args, o); err != nil {
		return fmt.Errorf("jobs: adding a %s: %w", args.Kind(), err)
	}
	return nil
}

// sale is the argument of a planning.
type sale struct {
	Collective store.ID `json:"collective"`
	Sale       store.ID `json:"sale"`
}

// Kind is called by River.
func (sale) Kind() string { return "planning" }

// closing looks for sales whose time has come.
type closing struct{}

// Kind is called by River.
func (closing) Kind() string { return "close_due" }

// survey computes what ways between the places of a collective are not known yet; without one, of all.
type survey struct {
	Collective store.ID `json:"collective,omitempty"`
}

// Kind is called by River.
func (survey) Kind() string { return "survey" }

// InsertOpts is called by River.
func (survey) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queueWays} }

// surveyor works off surveys.
type surveyor struct {
	river.WorkerDefaults[survey]
	q *Queue
}

// Timeout is called by River. Nothing waits for a survey that was lost with its process: the next one goes on where it was.
func (*surveyor) Timeout(*river.Job[survey]) time.Duration { return longest }

// Work is called by River.
func (w *surveyor) Work(ctx context.Context, job *river.Job[survey]) error {
	if job.Args.Collective == "" {
		return w.q.Planning.SurveyDue(ctx)
	}
	return w.q.Planning.SurveyOf(ctx, w.q.Planning.Store.In(job.Args.Collective, "clock"))
}

// enqueue is planning.Service.Enqueue.
func (q *Queue) enqueue(ctx context.Context, c *store.Scope, task planning.Task) error {
	queue := queueShort
	if task.Long {
		queue = queueLong
	}
	return q.insert(ctx, c, sale{c.Collective(), task.Sale}, &river.InsertOpts{Queue: queue, ScheduledAt: task.At, MaxAttempts: mostNudges})
}

// planner works off plannings.
type planner struct {
	river.WorkerDefaults[sale]
	q *Queue
}

// Timeout is called by River. It also keeps River from taking a planning for stuck: the store's lease tells.
func (*planner) Timeout(*river.Job[sale]) time.Duration { return longest }

// NextRetry is called by River.
func (*planner) NextRetry(*river.Job[sale]) time.Time { return time.Now().Add(5 * time.Second) }

// Work is called by River.
func (w *planner) Work(ctx context.Context, job *river.Job[sale]) error {
	return w.q.Planning.Run(ctx, job.Args.Collective, job.Args.Sale)
}
