package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// PlanState is where a plan stands.
type PlanState string

// The states. A sale has at most one plan that is a draft or proposed, and at most one that is published or done.
const (
	Draft      PlanState = "draft"
	Proposed   PlanState = "proposed"  // the carriers are asked
	Published  PlanState = "published" // in force
	Done       PlanState = "done"      // driven
	Superseded PlanState = "superseded"
)

// next is where a plan can go from a state.
func (s PlanState) next() []PlanState {
	switch s {
	case Draft:
		return []PlanState{Proposed, Published, Superseded}
	case Proposed:
		return []PlanState{Draft, Published, Superseded}
	case Published:
		return []PlanState{Done, Superseded}
	}
	return nil
}

// Plan is one version of who carries what in a sale. Its documents are read apart.
type Plan struct {
	Row
	Sale     ID
	Number   int64 // 1, 2, … within the sale
	State    PlanState
	BasedOn  ID     // the plan that it changes; empty: made anew
	Revision int64  // of the sale's orders; see Scope.Revision
	Reason   string // why it was made
	Figures  Figures
}

// Figures are what stays of a plan when its documents are forgotten.
type Figures struct {
	BaseM         int64 // driven anyway
	PlannedM      int64
	AddedM        int64
	AloneM        int64 // added if each brought their own
	Handovers     int64
	ServedGrams   int64
	UnservedGrams int64
	SavedCO2Grams int64 // beside each alone
}

func (*Plan) kind() kind {
	return kind{"plan", "plans", "sale, number, state, based_on, revision, reason, base_m, planned_m, added_m, alone_m, handovers, served_grams, unserved_grams, saved_co2_grams", "number"}
}

func (x *Plan) fields() []any {
	g := &x.Figures
	return []any{&x.Sale, &x.Number, &x.State, optional[ID]{&x.BasedOn}, &x.Revision, &x.Reason,
		&g.BaseM, &g.PlannedM, &g.AddedM, &g.AloneM, &g.Handovers, &g.ServedGrams, &g.UnservedGrams, &g.SavedCO2Grams}
}

func (x *Plan) refs() []ref {
	return []ref{{"sale", "sale", "sales", x.Sale}, {"based_on", "plan", "plans", x.BasedOn}}
}

func (x *Plan) check(f *faults) {
	if x.Sale == "" {
		f.add("sale", "is empty: name the sale that is planned")
	}
	f.text("reason", x.Reason)
}

// SavePlan keeps a new draft with the week that it was made from, both as JSON, and supersedes the draft or proposal that
// the sale had. It sets the plan's number.
func (c *Scope) SavePlan(ctx context.Context, x *Plan, week, document []byte) error {
	if err := checked(x); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		if err := t.hold(ctx, x.Sale); err != nil {
			return err
		}
		before, err := query[Plan](ctx, t, `collective = $1 and sale = $2 and state in ('draft', 'proposed')`, string(t.collective), string(x.Sale))
		if err != nil {
			return err
		}
		for i := range before {
			before[i].State = Superseded
			if err := change(ctx, t, &before[i], string(Superseded), ""); err != nil {
				return err
			}
		}
		err = t.QueryRowContext(ctx, `select coalesce(max(number), 0) + 1 from plans where collective = $1 and sale = $2`, string(t.collective), string(x.Sale)).Scan(&x.Number)
		if err != nil {
			return fmt.Errorf("store: reading plans: %w", err)
		}
		x.State = Draft
		if err := add(ctx, t, x); err != nil {
			return err
		}
		_, err = t.exec(ctx, x.kind(), `insert into plan_documents (collective, plan, week, document) values ($1, $2, $3, $4)`, &t.collective, &x.ID, week, document)
		return err
	})
}

// MovePlan takes the plan of a version to another state. Publishing supersedes the plan that was in force.
func (c *Scope) MovePlan(ctx context.Context, id ID, version int64, to PlanState) (*Plan, error) {
	var out *Plan
	err := c.write(ctx, func(t *tx) error {
		x, err := fetch[Plan](ctx, t, id)
		if err != nil {
			return err
		}
		if err := t.hold(ctx, x.Sale); err != nil {
			return err
		}
		if x, err = fetch[Plan](ctx, t, id); err != nil {
			return err
		}
		if x.Version != version {
			return stale(x.kind(), &Row{Version: version}, &x.Row)
		}
		if !slices.Contains(x.State.next(), to) {
			return refuse(Conflict, "a plan that is %s cannot become %s", x.State, to)
		}
		if to == Published {
			before, err := query[Plan](ctx, t, `collective = $1 and sale = $2 and state in ('published', 'done')`, string(t.collective), string(x.Sale))
			if err != nil {
				return err
			}
			for i := range before {
				if before[i].State == Done {
					return refuse(Conflict, "the sale's plan %d is done: nothing can be published after it", before[i].Number)
				}
				before[i].State = Superseded
				if err := change(ctx, t, &before[i], string(Superseded), ""); err != nil {
					return err
				}
			}
		}
		x.State = to
		out = x
		return change(ctx, t, x, string(to), "")
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PlanFilter narrows a list of plans; what is empty does not.
type PlanFilter struct {
	Sale  ID
	State PlanState
	Live  bool // without those that are superseded
}

// Plan is a plan by id, without its documents.
func (c *Scope) Plan(ctx context.Context, id ID) (*Plan, error) { return get[Plan](ctx, c, id) }

// Plans lists plans.
func (c *Scope) Plans(ctx context.Context, f PlanFilter, page Page) ([]Plan, Cursor, error) {
	var w conditions
	w.is("sale", string(f.Sale))
	w.is("state", string(f.State))
	if f.Live {
		w.add("state <> ?", string(Superseded))
	}
	return list[Plan](ctx, c, page, w)
}

// CurrentPlan is a sale's plan in force, else its draft or proposal.
func (c *Scope) CurrentPlan(ctx context.Context, sale ID) (*Plan, error) {
	var out *Plan
	err := c.read(ctx, func(t *tx) error {
		found, err := query[Plan](ctx, t, `collective = $1 and sale = $2 and state <> 'superseded' order by case when state in ('published', 'done') then 0 else 1 end limit 1`,
			string(t.collective), string(sale))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return refuse(NotFound, "the sale %q has no plan", string(sale))
		}
		out = &found[0]
		return nil
	})
	return out, err
}

// PlanDocument is the week that a plan was made from and the plan itself, as they were saved.
func (c *Scope) PlanDocument(ctx context.Context, id ID) (week, document []byte, err error) {
	err = c.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `select week, document from plan_documents where collective = $1 and plan = $2`, string(t.collective), string(id)).Scan(&week, &document)
		if errors.Is(err, sql.ErrNoRows) {
			return refuse(NotFound, "no plan has the id %q, or its documents are forgotten", string(id))
		}
		return err
	})
	return week, document, err
}

// KeepChanges keeps with a plan how it differs from the one that it is based on.
func (c *Scope) KeepChanges(ctx context.Context, plan ID, changes []byte) error {
	return c.keepWith(ctx, plan, "changes", changes)
}

// PlanChanges is what KeepChanges has kept; nil: nothing.
func (c *Scope) PlanChanges(ctx context.Context, plan ID) (changes []byte, err error) {
	return c.keptWith(ctx, plan, "changes")
}

// KeepHistory keeps with a plan what was decided between the one before and it.
func (c *Scope) KeepHistory(ctx context.Context, plan ID, history []byte) error {
	return c.keepWith(ctx, plan, "history", history)
}

// PlanHistory is what KeepHistory has kept; nil: nothing.
func (c *Scope) PlanHistory(ctx context.Context, plan ID) (history []byte, err error) {
	return c.keptWith(ctx, plan, "history")
}

// KeepLines keeps with a plan where its ways run.
func (c *Scope) KeepLines(ctx context.Context, plan ID, lines []byte) error {
	return c.keepWith(ctx, plan, "lines", lines)
}

// PlanLines is what KeepLines has kept; nil: nothing.
func (c *Scope) PlanLines(ctx context.Context, plan ID) (lines []byte, err error) {
	return c.keptWith(ctx, plan, "lines")
}

func (c *Scope) keepWith(ctx context.Context, plan ID, column string, b []byte) error {
	return c.write(ctx, func(t *tx) error {
		n, err := t.exec(ctx, (*Plan)(nil).kind(), `update plan_documents set `+column+` = $1 where collective = $2 and plan = $3`, b, &t.collective, &plan)
		if err == nil && n == 0 {
			err = missing((*Plan)(nil).kind(), plan)
		}
		return err
	})
}

func (c *Scope) keptWith(ctx context.Context, plan ID, column string) (b []byte, err error) {
	err = c.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `select `+column+` from plan_documents where collective = $1 and plan = $2`, string(t.collective), string(plan)).Scan(&b)
		if errors.Is(err, sql.ErrNoRows) {
			return missing((*Plan)(nil).kind(), plan)
		}
		return err
	})
	return b, err
}

// AnswerState is what a carrier says to what is proposed.
type AnswerState string

// The answers.
const (
	AnswerOpen     AnswerState = "open"
	AnswerAccepted AnswerState = "accepted"
	AnswerRefused  AnswerState = "refused" // not with goods of others
	AnswerAbsent   AnswerState = "absent"  // they cannot come: the round does not run
)

// Answer is what the carrier of one round or trip of a plan says to it.
type Answer struct {
	Round    string // its id in the plan's document
	Producer ID     // who drives it
	State    AnswerState
	Note     string
	Answered time.Time // zero while open
}

var answerKind = kind{noun: "answer", table: "answers", unique: "round"}

// Ask sets what the carriers of a draft or proposed plan are asked: for most an open answer, for a round that is as it was
// when its carrier accepted, that answer.
func (c *Scope) Ask(ctx context.Context, plan ID, answers []Answer) error {
	var f faults
	for i := range answers {
		a := &answers[i]
		f.name(fmt.Sprintf("answers[%d].round", i), a.Round)
		choice(&f, fmt.Sprintf("answers[%d].state", i), a.State, AnswerOpen, AnswerAccepted, AnswerRefused, AnswerAbsent)
		f.text(fmt.Sprintf("answers[%d].note", i), a.Note)
	}
	if err := f.err(); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		if err := t.asking(ctx, plan, Draft, Proposed); err != nil {
			return err
		}
		refs := make([]ref, len(answers))
		for i, a := range answers {
			refs[i] = ref{fmt.Sprintf("answers[%d].producer", i), "producer", "producers", a.Producer}
		}
		if err := t.known(ctx, refs); err != nil {
			return err
		}
		if _, err := t.exec(ctx, answerKind, `delete from answers where collective = $1 and plan = $2`, &t.collective, &plan); err != nil {
			return err
		}
		for i := range answers {
			a := &answers[i]
			if _, err := t.exec(ctx, answerKind, `insert into answers (collective, plan, round, producer, state, note, answered) values ($1, $2, $3, $4, $5, $6, $7)`,
				&t.collective, &plan, &a.Round, &a.Producer, &a.State, &a.Note, stamp{&a.Answered}); err != nil {
				return err
			}
		}
		return t.audit(ctx, "ask", "plan", plan, "")
	})
}

// asking demands that a plan is in one of some states.
func (t *tx) asking(ctx context.Context, plan ID, states ...PlanState) error {
	x, err := fetch[Plan](ctx, t, plan)
	if err != nil {
		return err
	}
	if !slices.Contains(states, x.State) {
		return refuse(Conflict, "the plan is %s: nobody is asked about it now", x.State)
	}
	return nil
}

// GiveAnswer notes what a carrier says to their round of a proposed or published plan. It may change later.
func (c *Scope) GiveAnswer(ctx context.Context, plan ID, round string, producer ID, state AnswerState, note string) error {
	var f faults
	choice(&f, "state", state, AnswerAccepted, AnswerRefused, AnswerAbsent)
	f.text("note", note)
	if err := f.err(); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		if err := t.asking(ctx, plan, Proposed, Published); err != nil {
			return err
		}
		now := t.now
		n, err := t.exec(ctx, answerKind, `update answers set state = $1, note = $2, answered = $3 where collective = $4 and plan = $5 and round = $6 and producer = $7`,
			string(state), note, stamp{&now}, &t.collective, &plan, round, &producer)
		if err != nil {
			return err
		}
		if n == 0 {
			return refuse(NotFound, "the producer %q is not asked about the round %q of this plan", string(producer), round)
		}
		return t.audit(ctx, string(state), "plan", plan, "")
	})
}

// Answers lists what the carriers of a plan were asked and said.
func (c *Scope) Answers(ctx context.Context, plan ID) ([]Answer, error) {
	var out []Answer
	err := c.read(ctx, func(t *tx) error {
		if _, err := fetch[Plan](ctx, t, plan); err != nil {
			return err
		}
		rows, err := t.QueryContext(ctx, `select round, producer, state, note, answered from answers where collective = $1 and plan = $2 order by round`, string(t.collective), string(plan))
		if err != nil {
			return fmt.Errorf("store: reading answers: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var a Answer
			if err := rows.Scan(&a.Round, &a.Producer, &a.State, &a.Note, stamp{&a.Answered}); err != nil {
				return fmt.Errorf("store: reading answers: %w", err)
			}
			out = append(out, a)
		}
		return rows.Err()
	})
	return out, err
}
