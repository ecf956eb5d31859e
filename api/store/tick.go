package store

import (
	"context"
	"fmt"
	"regexp"
	"time"
)

// TickTask is what a driver does with goods at a stop.
type TickTask string

// The tasks.
const (
	TickLoad   TickTask = "load"   // where the goods are
	TickTake   TickTask = "take"   // over from another round
	TickUnload TickTask = "unload" // at the pickup point
	TickHand   TickTask = "hand"   // over to another round
)

// TickState is what a driver says of a task.
type TickState string

// The states.
const (
	TickDone TickState = "done"
	TickLeft TickState = "left" // some did not fit
	TickOpen TickState = "open" // it was said by mistake
)

// TickSubject is what a tick is about. It names the same work in each plan of its sale.
type TickSubject struct {
	Round   string // its id in the plan's document
	Place   ID
	Visit   int64 // 1 where the round stops at the place for the first time
	Task    TickTask
	Partner string // the round that goods are taken from or handed to; empty otherwise
}

// Tick is something that a driver says of their work at one time. Of several about one subject the one that happened last holds.
type Tick struct {
	ID ID // made by the client, so that it may send a tick again: up to 64 letters, digits, - and _
	TickSubject
	Sale      ID
	Plan      ID // that the driver had before them
	Producer  ID // who drives
	State     TickState
	LeftGrams int64 // what did not fit; 0: not said
	Note      string
	Actor     string    // who said it
	Happened  time.Time // by the clock of the client, and never after it has arrived
	Arrived   time.Time
}

const tickColumns = "id, sale, plan, round, place, visit, task, partner, producer, state, left_grams, note, actor, happened, arrived"

func (x *Tick) fields() []any {
	return []any{&x.ID, &x.Sale, &x.Plan, &x.Round, &x.Place, &x.Visit, &x.Task, &x.Partner, &x.Producer, &x.State, &x.LeftGrams, &x.Note, &x.Actor, stamp{&x.Happened}, stamp{&x.Arrived}}
}

var tickID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (x *Tick) check(f *faults) {
	if !tickID.MatchString(string(x.ID)) {
		f.add("id", "%.80q is no id: make one of up to 64 letters, digits, - and _, another for each tick", string(x.ID))
	}
	f.name("round", x.Round)
	f.name("place", string(x.Place))
	if x.Visit < 1 || x.Visit > 1000 {
		f.add("visit", "%d is not possible: 1 is the first time that the round stops there", x.Visit)
	}
	choice(f, "task", x.Task, TickLoad, TickTake, TickUnload, TickHand)
	f.text("partner", x.Partner)
	choice(f, "state", x.State, TickDone, TickLeft, TickOpen)
	f.amount("left_grams", x.LeftGrams)
	if x.LeftGrams != 0 && x.State != TickLeft {
		f.add("left_grams", "is of what did not fit alone: the state would be %s", TickLeft)
	}
	if x.State == TickLeft && x.Task != TickLoad && x.Task != TickTake {
		f.add("state", "%s is of what is loaded or taken over alone", TickLeft)
	}
	f.text("note", x.Note)
}

// AddTick keeps a tick once, however often it is sent: the same id with something else is a conflict. It sets the tick's sale, actor and times.
func (c *Scope) AddTick(ctx context.Context, x *Tick) error {
	var f faults
	x.check(&f)
	if err := f.err(); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		plan, err := fetch[Plan](ctx, t, x.Plan)
		if err != nil {
			return err
		}
		if err := t.known(ctx, []ref{{"producer", "producer", "producers", x.Producer}}); err != nil {
			return err
		}
		x.Sale, x.Actor, x.Arrived = plan.Sale, t.actor, t.now
		if x.Happened.After(x.Arrived) || x.Happened.IsZero() {
			x.Happened = x.Arrived
		}
		if x.Happened.Before(plan.Created) {
			x.Happened = plan.Created // a clock that is wrong
		}
		k := kind{noun: "tick", table: "ticks", unique: "id"}
		n, err := t.exec(ctx, k, `insert into ticks (collective, `+tickColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict (collective, id) do nothing`,
			append([]any{&t.collective}, x.fields()...)...)
		if err != nil {
			return err
		}
		if n == 1 {
			return t.audit(ctx, "tick", "plan", x.Plan, fmt.Sprintf(`{"task":%q,"state":%q}`, x.Task, x.State))
		}
		var before Tick
		if err := t.QueryRowContext(ctx, `select `+tickColumns+` from ticks where collective = $1 and id = $2`, string(t.collective), string(x.ID)).Scan(before.fields()...); err != nil {
			return fmt.Errorf("store: reading ticks: %w", err)
		}
		if before.TickSubject != x.TickSubject || before.Plan != x.Plan || before.Producer != x.Producer || before.State != x.State || before.LeftGrams != x.LeftGrams || before.Note != x.Note {
			return refuse(Conflict, "another tick has the id %q: make one for each", string(x.ID))
		}
		*x = before
		return nil
	})
}

// Ticks are those that hold in a sale: the last of each subject, in the order in which they happened.
func (c *Scope) Ticks(ctx context.Context, sale ID) ([]Tick, error) {
	var out []Tick
	err := c.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `select `+tickColumns+` from (
			select `+tickColumns+`, row_number() over (partition by round, place, visit, task, partner order by happened desc, arrived desc, id desc) as nth
			from ticks where collective = $1 and sale = $2) as said where nth = 1 order by happened, arrived, id`, string(t.collective), string(sale))
		if err != nil {
			return fmt.Errorf("store: reading ticks: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var x Tick
			if err := rows.Scan(x.fields()...); err != nil {
				return fmt.Errorf("store: reading ticks: %w", err)
			}
			out = append(out, x)
		}
		return rows.Err()
	})
	return out, err
}
