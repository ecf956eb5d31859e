package hook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"carriole/api/store"
)

// Job is what the queue keeps: one run of a delivery.
type Job struct {
	Collective store.ID `json:"collective"`
	Delivery   store.ID `json:"delivery"`
	Run        int64    `json:"run"`
}

// Kind names the jobs in the queue.
func (Job) Kind() string { return "webhook" }

func jobOf(c *store.Scope, x *store.Delivery) Job { return Job{c.Collective(), x.ID, x.Run} }

// schedule is the wait after each failed attempt of a run, as Standard Webhooks suggests.
var schedule = [...]time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

const (
	mostRetryAfter = 24 * time.Hour
	noteTimeout    = 10 * time.Second
	longFailure    = 5 * 24 * time.Hour // after which a webhook is disabled
)

// Deliver makes the next attempt of a job, if it is time for it, and notes what came of it. The job is then done, or to be
// run again after a time: again is above 0 and says when. Its attempts are counted by the delivery, not by the queue. An error
// means that nothing was noted (the database is away, the secret cannot be read, the context is done): the queue tries
// again as it does with any job.
func (s *Service) Deliver(ctx context.Context, job Job) (again time.Duration, err error) {
	c := s.store.In(job.Collective, actor)
	x, w, secrets, err := s.load(ctx, c, job)
	if err != nil || x == nil {
		return 0, err
	}
	if !w.Active {
		return 0, c.GiveUp(ctx, x.ID, x.Run)
	}
	if early := x.Due.Sub(s.now()); early > 0 {
		return early, nil
	}
	if !w.Failing.IsZero() {
		if !s.take(w.ID) {
			return meanwhile + rand.N(meanwhile), nil
		}
		defer s.release(w.ID)
	}
	a := s.attempt(ctx, x, w, secrets)
	if ctx.Err() != nil && a.Status == 0 {
		return 0, ctx.Err() // nobody knows whether it came through: it is sent again
	}
	return s.note(ctx, c, x, w, a)
}

// meanwhile is the least that a delivery to a failing webhook waits while another is on its way there. So one receiver that
// hangs does not hold all workers.
const meanwhile = 30 * time.Second

func (s *Service) take(webhook store.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[webhook] {
		return false
	}
	s.busy[webhook] = true
	return true
}

func (s *Service) release(webhook store.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, webhook)
}

// load reads what a job needs; no delivery when there is nothing left to do.
func (s *Service) load(ctx context.Context, c *store.Scope, job Job) (x *store.Delivery, w *store.Webhook, secrets [][]byte, err error) {
	err = c.Snapshot(ctx, func(c *store.Scope) (err error) {
		x, err = c.Delivery(ctx, job.Delivery)
		if err != nil {
			return err
		}
		if x.State != store.Pending || x.Run != job.Run {
			x = nil
			return nil
		}
		if w, err = c.Webhook(ctx, x.Webhook); err != nil || !w.Active {
			return err
		}
		kept, err := c.WebhookSecrets(ctx, w.ID, s.now())
		if err != nil {
			return err
		}
		secrets, err = s.openAll(c.Collective(), w.ID, kept)
		return err
	})
	if store.IsNotFound(err) { // the webhook was deleted, and the delivery with it
		return nil, nil, nil, nil
	}
	return x, w, secrets, err
}

// openAll opens the newest secret, and those before it that can be opened.
func (s *Service) openAll(collective, webhook store.ID, kept [][]byte) ([][]byte, error) {
	var out [][]byte
	for i, k := range kept {
		secret, err := s.open(collective, webhook, k)
		switch {
		case err == nil:
			out = append(out, secret)
		case i == 0:
			return nil, fmt.Errorf("hook: %w", err)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("hook: the webhook has no secret: rotate it")
	}
	return out, nil
}

// An outcome is an attempt and what the answer asked for.
type outcome struct {
	store.Attempt
	retryAfter time.Duration
}

// attempt sends once.
func (s *Service) attempt(ctx context.Context, x *store.Delivery, w *store.Webhook, secrets [][]byte) outcome {
	o := outcome{Attempt: store.Attempt{Run: x.Run, Started: s.now()}}
	if err := s.guard.check(w.URL); err != nil { // allowed when it was written, perhaps
		o.Error = err.Error()
		return o
	}
	request, err := s.request(ctx, x, w, secrets, o.Started)
	if err != nil {
		o.Error = err.Error()
		return o
	}
	start := time.Now()
	answer, err := s.client.Do(request)
	if err == nil {
		defer answer.Body.Close()
		var begin []byte
		begin, err = io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
		o.Status, o.Answer = answer.StatusCode, string(begin)
		o.retryAfter = retryAfter(answer.Header.Get("Retry-After"), s.now())
	}
	o.Took = time.Since(start).Round(time.Millisecond)
	switch {
	case o.Status/100 == 2: // whatever became of the body
	case o.Status/100 == 3:
		o.Error = fmt.Sprintf("answered %d %s: redirects are not followed, set the webhook to the new address", o.Status, http.StatusText(o.Status))
	case o.Status != 0:
		o.Error = fmt.Sprintf("answered %d %s", o.Status, http.StatusText(o.Status))
	default:
		o.Error = reason(err)
	}
	return o
}

func (s *Service) request(ctx context.Context, x *store.Delivery, w *store.Webhook, secrets [][]byte, now time.Time) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(x.Body))
	if err != nil {
		return nil, err
	}
	var signatures []string
	for _, secret := range secrets {
		signer, err := webhooks.NewWebhookRaw(secret)
		if err != nil {
			return nil, err
		}
		signature, err := signer.Sign(string(x.Event), now, x.Body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Carriole-Webhooks/1")
	r.Header.Set(webhooks.HeaderWebhookID, string(x.Event))
	r.Header.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(webhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return r, nil
}

// reason is why no answer came, without the URL, which may hold a secret, and without what a name leads to in here.
func reason(err error) string {
	if errors.Is(err, errGuarded) {
		return "not called: " + errGuarded.Error()
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
		if u.Timeout() {
			return "no answer in time: " + err.Error()
		}
	}
	return err.Error()
}

// retryAfter reads the header, in seconds or as a date; 0: there is none.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), mostRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), mostRetryAfter)
	}
	return 0
}

// wait is how long after a run's nth failure, from 1 on, the next attempt comes; 0: there is none. A Retry-After can only
// make it longer. Up to a tenth comes on top by chance, so that what failed together is not tried together.
func wait(n int, retryAfter time.Duration) time.Duration {
	if n > len(schedule) {
		return 0
	}
	d := max(schedule[n-1], retryAfter)
	return d + rand.N(d/10)
}

// note writes down what came of an attempt.
func (s *Service) note(ctx context.Context, c *store.Scope, x *store.Delivery, w *store.Webhook, o outcome) (again time.Duration, err error) {
	n := 1
	for _, a := range x.Attempts {
		if a.Run == x.Run {
			n++
		}
	}
	state, due, disable := store.Delivered, time.Time{}, ""
	switch {
	case o.Error == "":
	case o.Status == http.StatusGone:
		state, disable = store.Failed, "the receiver answered 410 Gone: it wants no more events"
	default:
		state = store.Pending
		if again = wait(n, o.retryAfter); again > 0 {
			due = s.now().Add(again)
			break
		}
		state = store.Failed
		if !w.Failing.IsZero() && s.now().Sub(w.Failing) >= longFailure {
			disable = "nothing has got through since " + w.Failing.Format(time.RFC3339) + ": " + o.Error
		}
	}
	// It was sent: a stop that comes now does not unsay that.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	err = c.Together(ctx, func(c *store.Scope) error {
		if err := c.NoteAttempt(ctx, x.ID, o.Attempt, state, due); err != nil {
			return err
		}
		if disable != "" {
			return c.DisableWebhook(ctx, w.ID, disable)
		}
		return nil
	})
	if store.IsNotFound(err) {
		return 0, nil // deleted meanwhile
	}
	if err != nil {
		return 0, err
	}
	if disable != "" {
		s.log.Warn("webhook disabled", "collective", string(c.Collective()), "webhook", string(w.ID), "reason", disable)
	}
	return again, nil
}
