package intake

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"carriole/api/store"
)

// Pull is the job of pulling a sale's orders.
type Pull struct {
	Collective store.ID `json:"collective"`
	Sale       store.ID `json:"sale"`
}

// Pulled is what came of the last pull of a sale's orders.
type Pulled struct {
	At         time.Time
	Error      string // why nothing could be fetched; empty: it was
	Read       int    // rows of the report
	Good       int    // that went in
	Kept       []KeptOut
	Faults     []Fault // of rows that were left out
	MoreFaults int     // beyond those listed
	Notices    []string

	Created, Replaced, Cancelled, Unchanged int // orders
}

func keepPulled(ctx context.Context, c *store.Scope, sale store.ID, p *Pulled) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.KeepPulled(ctx, sale, text)
}

// LastPull is what came of the last pull of a sale's orders; nil: there was none.
func LastPull(ctx context.Context, c *store.Scope, sale store.ID) (*Pulled, error) {
	text, err := c.Pulled(ctx, sale)
	if err != nil || text == nil {
		return nil, err
	}
	p := new(Pulled)
	return p, json.Unmarshal(text, p)
}

// Kind names the job in a queue.
func (Pull) Kind() string { return "ofn_pull" }

// Puller does the jobs that [Schedule] asks for.
type Puller struct {
	Store    *store.Store
	OFN      *OFN
	Schedule Schedule                                                       // has a sale whose close was put off pulled later
	Pulled   func(ctx context.Context, c *store.Scope, sale store.ID) error // has it closed, or planned again with what is new
	Log      *slog.Logger
	Now      func() time.Time
}

// Work does one job. Its error has it tried again, so that a report is asked for once each time. A sale that was deleted,
// cancelled or done meanwhile is nothing to do.
func (p *Puller) Work(ctx context.Context, job Pull) error {
	c := p.Store.In(job.Collective, "ofn")
	sale, err := c.Sale(ctx, job.Sale)
	if store.IsNotFound(err) || err == nil && sale.State != store.SaleOpen && sale.State != store.SaleClosed {
		return nil
	}
	if err != nil {
		return err
	}
	once := *p.OFN
	once.Tries = 1
	r, again, err := PullOFN(ctx, c, &once, job.Sale, p.Now())
	if err != nil {
		return errors.Join(err, keepPulled(ctx, c, job.Sale, &Pulled{At: p.Now(), Error: err.Error()}))
	}
	if !again.IsZero() {
		return c.Together(ctx, func(c *store.Scope) error { return p.Schedule(ctx, c, job.Sale, again) })
	}
	for i, f := range r.Faults {
		const most = 20
		if i == most {
			break
		}
		p.Log.WarnContext(ctx, "an order line was left out", "collective", job.Collective, "sale", job.Sale, "line", f.Line, "column", f.Column, "fault", f.Message)
	}
	p.Log.InfoContext(ctx, "orders pulled", "collective", job.Collective, "sale", job.Sale, "created", r.Created, "replaced", r.Replaced, "cancelled", r.Cancelled,
		"unchanged", r.Unchanged, "faults", len(r.Faults)+r.MoreFaults)
	return p.Pulled(ctx, c, job.Sale)
}
