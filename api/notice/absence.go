package notice

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"carriole/api/planning"
	"carriole/api/post"
	"carriole/api/store"
	"carriole/engine/view"
)

// announceAbsence makes the notice of an absence and enqueues it. Where one was sent before the carrier said so again, it is sent once more.
func (s *Service) announceAbsence(ctx context.Context, c *store.Scope, plan *store.Plan, r Round, m *store.Member) error {
	return c.Together(ctx, func(c *store.Scope) error {
		given, err := answer(ctx, c, plan.ID, r.About)
		if err != nil || given == nil || given.State != store.AnswerAbsent {
			return err
		}
		told, _, err := c.Notices(ctx, store.NoticeFilter{Member: m.ID, Plan: plan.ID}, store.Page{Limit: 1000})
		if err != nil {
			return err
		}
		k := slices.IndexFunc(told, func(n store.Notice) bool { return n.Event == r.Event && n.Round == r.About })
		switch {
		case k < 0:
			n := store.Notice{Member: m.ID, Plan: plan.ID, Event: r.Event, Round: r.About}
			if err := c.CreateNotice(ctx, &n); err != nil {
				return err
			}
			return s.Enqueue(ctx, c, Delivery{c.Collective(), n.ID})
		case !told[k].Sent.IsZero() && told[k].Sent.Before(given.Answered):
			told[k].Sent = time.Time{}
			if err := c.UpdateNotice(ctx, &told[k]); err != nil {
				return err
			}
			return s.Enqueue(ctx, c, Delivery{c.Collective(), told[k].ID})
		}
		return nil
	})
}

// answer is what the carrier of a round says; nil: nobody is asked about it.
func answer(ctx context.Context, c *store.Scope, plan store.ID, round string) (*store.Answer, error) {
	answers, err := c.Answers(ctx, plan)
	if err != nil {
		return nil, err
	}
	k := slices.IndexFunc(answers, func(a store.Answer) bool { return a.Round == round })
	if k < 0 {
		return nil, nil
	}
	return &answers[k], nil
}

// absence writes to a coordinator that a carrier cannot come; nil: they come after all.
func (s *Service) absence(ctx context.Context, c *store.Scope, m *store.Member, plan *store.Plan, n *store.Notice) (*post.Letter, error) {
	given, err := answer(ctx, c, plan.ID, n.Round)
	if err != nil || given == nil || given.State != store.AnswerAbsent || m.Role != store.Coordinator {
		return nil, err
	}
	part, err := s.Planning.Part(ctx, c, plan.ID, given.Producer)
	if store.IsNotFound(err) {
		return nil, nil // forgotten
	}
	if err != nil {
		return nil, err
	}
	who, err := c.Producer(ctx, given.Producer)
	if err != nil {
		return nil, err
	}
	collective, err := c.Itself(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{lang: view.Lang(cmp.Or(m.Language, string(view.French))), zone: collective.Zone()}
	name := plain(who.Name)
	w.line(w.say("Bonjour %s,", "Hello %s,"), plain(cmp.Or(m.Name, m.Email)))
	w.line("")
	w.line("%s (%s)", plain(part.Sale.Name), w.date(part.Distribution))
	w.line(w.say("%s ne peut pas venir\u00a0:", "%s cannot come:"), name)
	for i := range part.Rounds {
		if r := &part.Rounds[i]; r.Round == n.Round {
			w.line("  %s", w.title(planning.Trip{Round: r}))
		}
	}
	if given.Note != "" {
		w.line(w.say("«\u00a0%s\u00a0»", "“%s”"), plain(given.Note))
	}
	w.line("")
	w.line("%s", w.say("Un plan sans cette tournée est cherché. Regardez-le, et publiez-le ici\u00a0:", "A plan without this round is being looked for. Look at it, and publish it here:"))
	w.line("%s/sales/%s", s.URL, part.Sale.ID)
	w.line("\n--\n%s", plain(collective.Name))
	return &post.Letter{To: m.Email, Language: string(w.lang), Text: w.String(),
		Subject: plain(part.Sale.Name) + w.say("\u00a0: ", ": ") + name + w.say(" ne peut pas venir", " cannot come"), ID: messageID(s.URL, string(n.ID)+"-"+strconv.FormatInt(given.Answered.UnixMilli(), 10))}, nil
}
