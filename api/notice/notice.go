// Package notice tells producers by e-mail what is planned for them: when they are asked, when a plan comes in force, and when one that is in
// force gives way to another that asks something else of them. Who is asked nothing, and nothing new, gets no mail. Coordinators it tells
// when a carrier cannot come.
//
// [Service.Tell] is called in the transaction of the event and enqueues a [Round], which makes a notice for each member whom the
// event concerns, and with it, in one transaction, a [Delivery]. That writes what has changed since the plan of which the member
// was told last, and sends it. So each is tried by itself, again and again while the server does not take it, and sent once: but if a process
// dies between the server's word and noting it, the letter comes again with the Message-ID that it had.
//
// A letter has no key in it: what it links to asks who is there.
package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"carriole/api/jobs"
	"carriole/api/planning"
	"carriole/api/post"
	"carriole/api/store"
)

// Round is the job of finding whom a plan's event concerns.
type Round struct {
	Collective store.ID        `json:"collective"`
	Plan       store.ID        `json:"plan"`
	Event      store.EventType `json:"event"`
	About      string          `json:"about,omitempty"` // the round whose carrier is absent
}

// Kind is called by the queue.
func (Round) Kind() string { return "notice_round" }

// Delivery is the job of writing and sending one notice.
type Delivery struct {
	Collective store.ID `json:"collective"`
	Notice     store.ID `json:"notice"`
}

// Kind is called by the queue.
func (Delivery) Kind() string { return "notice" }

// Service tells producers and coordinators. Its fields are set before it is used.
type Service struct {
	Store    *store.Store
	Planning *planning.Service
	Enqueue  func(ctx context.Context, c *store.Scope, job jobs.Args) error // in the scope's transaction
	Sender   *post.Sender                                                   // nil: nobody is told from this process
	URL      string                                                         // where people reach the service, as in https://plan.example.org
	Log      *slog.Logger
}

// actor is who the audit trail names for what the service does.
const actor = "notices"

// retryElsewhere is how long a job waits that needs a mail server where this process has none and another may.
const retryElsewhere = time.Minute

// Handle has the jobs worked off.
func (s *Service) Handle(k *jobs.Kinds) {
	jobs.Handle(k, s.Announce)
	jobs.Handle(k, s.Deliver)
}

// Tell takes an event of planning; payload is its notice as JSON. Others than a proposal, a publication and an absence it
// leaves alone.
func (s *Service) Tell(ctx context.Context, c *store.Scope, event string, payload []byte) error {
	if event != planning.PlanProposed && event != planning.PlanPublished && event != planning.CarrierAbsent {
		return nil
	}
	var about struct {
		Plan   store.ID `json:"plan"`
		Absent struct {
			Round string `json:"round"`
		} `json:"absent"`
	}
	if err := json.Unmarshal(payload, &about); err != nil {
		return fmt.Errorf("notice: the data of %s: %w", event, err)
	}
	return s.Enqueue(ctx, c, Round{c.Collective(), about.Plan, store.EventType(event), about.Absent.Round})
}

// Announce makes the notices of an event and enqueues them. Doing it again adds none.
func (s *Service) Announce(ctx context.Context, r Round) error {
	c := s.Store.In(r.Collective, actor)
	plan, err := c.Plan(ctx, r.Plan)
	if store.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	role, announce := store.ProducersRole, s.announce
	if r.Event == store.CarrierAbsent {
		role, announce = store.Coordinator, s.announceAbsence
	}
	for m, err := range store.Rows(func(p store.Page) ([]store.Member, store.Cursor, error) {
		return c.Members(ctx, store.MemberFilter{Role: role}, p)
	}) {
		if err == nil && !m.NoMail {
			err = announce(ctx, c, plan, r, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) announce(ctx context.Context, c *store.Scope, plan *store.Plan, r Round, m *store.Member) error {
	event := r.Event
	return c.Together(ctx, func(c *store.Scope) error {
		told, _, err := c.Notices(ctx, store.NoticeFilter{Member: m.ID, Plan: plan.ID}, store.Page{})
		if err != nil || slices.ContainsFunc(told, func(n store.Notice) bool { return n.Event == event }) {
			return err
		}
		n := store.Notice{Member: m.ID, Plan: plan.ID, Event: event}
		x, err := s.news(ctx, c, m, plan, &n)
		if err != nil || x == nil {
			return err
		}
		if err := c.CreateNotice(ctx, &n); err != nil {
			return err
		}
		return s.Enqueue(ctx, c, Delivery{c.Collective(), n.ID})
	})
}

// Deliver writes a notice and sends it. Where the plan has given way to another meanwhile, or the member wants no mail any more, it does
// nothing, and so it does where the server will never take the letter.
func (s *Service) Deliver(ctx context.Context, d Delivery) error {
	c := s.Store.In(d.Collective, actor)
	n, err := c.Notice(ctx, d.Notice)
	if store.IsNotFound(err) {
		return nil
	}
	if err != nil || !n.Sent.IsZero() {
		return err
	}
	if s.Sender == nil {
		return jobs.Later(retryElsewhere)
	}
	m, err := c.Member(ctx, n.Member)
	if err != nil {
		return err
	}
	plan, err := c.Plan(ctx, n.Plan)
	if err != nil {
		return err
	}
	if m.NoMail {
		return nil
	}
	letter, err := s.write(ctx, c, m, plan, n)
	if err != nil || letter == nil {
		return err
	}
	err = s.Sender.Send(ctx, *letter)
	if post.Refused(err) {
		s.Log.WarnContext(ctx, "a notice was refused", "member", m.ID, "error", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	n.Sent = time.Now()
	return c.UpdateNotice(ctx, n)
}

// write writes a notice; nil: there is nothing to tell any more.
func (s *Service) write(ctx context.Context, c *store.Scope, m *store.Member, plan *store.Plan, n *store.Notice) (*post.Letter, error) {
	if n.Event == store.CarrierAbsent {
		return s.absence(ctx, c, m, plan, n)
	}
	if m.Role != store.ProducersRole || plan.State != stateOf(n.Event) {
		return nil, nil
	}
	x, err := s.news(ctx, c, m, plan, n)
	if err != nil || x == nil {
		return nil, err
	}
	letter := x.letter(s.URL)
	return &letter, nil
}

// stateOf is the state of plans of which an event still tells the truth.
func stateOf(e store.EventType) store.PlanState {
	if e == store.PlanProposed {
		return store.Proposed
	}
	return store.Published
}

// news are what a member is to be told of a plan.
type news struct {
	notice     *store.Notice
	member     *store.Member
	part       *planning.SaleDropoffs
	name       string // of the producer
	collective *store.Collective
	open       bool // an answer is waited for
	told       bool // that something was in force or proposed before
	changes    []planning.TripChange
}

// news compares a member's part with the one in the plan of which they were told last; nil: there is nothing to tell.
func (s *Service) news(ctx context.Context, c *store.Scope, m *store.Member, plan *store.Plan, n *store.Notice) (*news, error) {
	before, last, err := s.before(ctx, c, m, plan, n)
	if err != nil {
		return nil, err
	}
	x := &news{notice: n, member: m, told: before != nil}
	if x.part, err = s.Planning.Part(ctx, c, plan.ID, m.Producer); store.IsNotFound(err) {
		return nil, nil // forgotten
	} else if err != nil {
		return nil, err
	}
	x.changes = x.part.Changes(before)
	x.open = slices.ContainsFunc(x.part.Rounds, isOpen)
	switch same := last == n.Event && len(x.changes) == 0; {
	case n.Event == store.PlanProposed && (!x.open || same && slices.ContainsFunc(before.Rounds, isOpen)):
		return nil, nil
	case n.Event == store.PlanPublished && (same || len(x.part.Trips()) == 0 && len(x.changes) == 0):
		return nil, nil
	}
	if x.collective, err = c.Itself(ctx); err != nil {
		return nil, err
	}
	who, err := c.Producer(ctx, m.Producer)
	if err != nil {
		return nil, err
	}
	x.name = who.Name
	return x, nil
}

func isOpen(r planning.DropoffRound) bool { return r.Answer == string(store.AnswerOpen) }

// before is the part that a member was told of last in the same sale, and by which event; nil where they were told of none.
func (s *Service) before(ctx context.Context, c *store.Scope, m *store.Member, plan *store.Plan, n *store.Notice) (*planning.SaleDropoffs, store.EventType, error) {
	const looked = 100 // notices back: far more than a sale has
	told, _, err := c.Notices(ctx, store.NoticeFilter{Member: m.ID}, store.Page{Limit: looked})
	if err != nil {
		return nil, "", err
	}
	for _, t := range told {
		if t.Sent.IsZero() || t.ID == n.ID {
			continue
		}
		p, err := c.Plan(ctx, t.Plan)
		if store.IsNotFound(err) || err == nil && p.Sale != plan.Sale {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		part, err := s.Planning.Part(ctx, c, p.ID, m.Producer)
		if store.IsNotFound(err) {
			continue
		}
		return part, t.Event, err
	}
	return nil, "", nil
}
