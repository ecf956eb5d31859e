package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"carriole/api/planning"
	"carriole/api/store"
)

// workDoc is what a driver does at a stop, and what they said of it.
type workDoc struct {
	WorkSubject
	Producer store.ID `json:"producer" doc:"Who drives."`
	Stop     int      `json:"stop" doc:"Of the round, from 0."`
	Kg       float64  `json:"kg"`
	Tick     *tickDoc `json:"tick,omitempty" doc:"What was said last; left out while nothing is."`
}

// WorkSubject is what a tick is about.
type WorkSubject struct {
	Round   string         `json:"round" minLength:"1" maxLength:"200" doc:"As in the plan's document."`
	Place   store.ID       `json:"place"`
	Visit   int64          `json:"visit" minimum:"1" maximum:"1000" doc:"1 where the round stops at the place for the first time."`
	Task    store.TickTask `json:"task" enum:"load,take,unload,hand" doc:"take and hand are over from and to another round."`
	Partner string         `json:"partner,omitzero" maxLength:"200" doc:"That other round."`
}

func (d *WorkSubject) subject() store.TickSubject {
	return store.TickSubject{Round: d.Round, Place: d.Place, Visit: d.Visit, Task: d.Task, Partner: d.Partner}
}

// tickDoc is what was said.
type tickDoc struct {
	ID       store.ID        `json:"id"`
	State    store.TickState `json:"state" enum:"done,left"`
	Left     kilograms       `json:"left_kg,omitzero" doc:"What did not fit, where it was said."`
	Note     string          `json:"note,omitzero"`
	Happened time.Time       `json:"happened"`
	Arrived  time.Time       `json:"arrived"`
}

type (
	worksOutput struct {
		Body struct {
			Items []workDoc `json:"items"`
		}
	}
	tickInput struct {
		ID   store.ID `path:"id"`
		Body struct {
			WorkSubject
			Tick     store.ID        `json:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"That you make, another for each tick: one that is sent again is kept once."`
			State    store.TickState `json:"state" enum:"done,left,open" doc:"left: some did not fit; open: it was said by mistake."`
			Left     kilograms       `json:"left_kg,omitzero" doc:"What did not fit; 0: not said."`
			Note     string          `json:"note,omitzero" maxLength:"2000"`
			Happened *time.Time      `json:"happened,omitzero" doc:"Now if left out. Of several ticks about one thing the one that happened last holds, whichever arrives last; none happens before its plan was made or after it has arrived."`
		}
	}
)

func ticks(s *Service) {
	handle(s, route{id: "list-ticks", method: http.MethodGet, path: "/v1/plans/{id}/ticks", subject: "ticks", who: ownReaders, summary: "See how far the drivers of a plan are",
		text: "What each loads, takes over, hands over and unloads at their stops, and what they said of it."},
		func(ctx context.Context, c *call, in *idInput) (*worksOutput, error) {
			works, err := s.config.Planning.Ticks(ctx, c.scope, in.ID)
			if err != nil {
				return nil, err
			}
			out := &worksOutput{}
			out.Body.Items = []workDoc{}
			for i := range works {
				if only := c.producerOnly(); only == "" || only == works[i].Producer {
					out.Body.Items = append(out.Body.Items, workDocOf(&works[i]))
				}
			}
			if only := c.producerOnly(); only != "" && len(out.Body.Items) == 0 {
				asked, err := c.scope.Answers(ctx, in.ID)
				if err != nil {
					return nil, err
				}
				if !slices.ContainsFunc(asked, func(a store.Answer) bool { return a.Producer == only }) {
					return nil, &store.Error{Code: store.NotFound, Message: "you have no part in a plan with the id \"" + string(in.ID) + "\""}
				}
			}
			return out, nil
		})
	handle(s, route{id: "tick", method: http.MethodPost, path: "/v1/plans/{id}/ticks", subject: "ticks", who: access{Coordinator: all, Producer: own}, summary: "Say what is done",
		text: "That goods are loaded, taken over, handed over or unloaded, or that some did not fit, in a plan in force: a producer of a round of theirs, a coordinator for whoever drives it. A tick counts in later plans of the sale, too, where they have the same work."},
		func(ctx context.Context, c *call, in *tickInput) (*nothing, error) {
			b := &in.Body
			x := &store.Tick{ID: b.Tick, TickSubject: b.subject(), Plan: in.ID, State: b.State, LeftGrams: int64(b.Left), Note: b.Note}
			if b.Happened != nil {
				x.Happened = *b.Happened
			}
			return nil, s.config.Planning.Tick(ctx, c.scope, c.producerOnly(), x)
		})
}

func workDocOf(w *planning.Work) workDoc {
	d := workDoc{WorkSubject: WorkSubject{w.Round, w.Place, w.Visit, w.Task, w.Partner}, Producer: w.Producer, Stop: w.Stop, Kg: w.Kg}
	if x := w.Tick; x != nil {
		d.Tick = &tickDoc{x.ID, x.State, kilograms(x.LeftGrams), x.Note, x.Happened, x.Arrived}
	}
	return d
}
