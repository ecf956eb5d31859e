package store

import (
	"context"
	"fmt"
	"slices"
)

// Carries says whose goods a round takes.
type Carries string

// Own goods always ride.
const (
	CarriesAll  Carries = "all"
	CarriesOwn  Carries = "own"
	CarriesSome Carries = "some" // of the producers in Round.Only
)

// Round is a trip that a producer makes again and again, by a rule. Hours are of the day on which it leaves; past
// midnight they go on from 24:00.
type Round struct {
	Row
	Ref         string // another system's id; unique in the collective when there is one
	Name        string
	Kind        string // as in amap, market, circuit
	Producer    ID
	Vehicle     ID
	Rule        Rule
	Starts      Day    // the rule counts from here
	Season      Season // when in the year
	Start, End  ID     // places
	DepartAfter Clock
	ReturnBy    Clock
	Stops       []Stop // made anyway, in this order
	Carries     Carries
	Only        []ID   // producers, of CarriesSome
	MaxAddedM   *int64 // nil: no limit
	MaxAddedS   *int64 // travel and stays, waiting not counted; nil: no limit
	Frozen      bool   // no stop may be added
}

// Stop is one of a round's own stops.
type Stop struct {
	Place       ID
	ArriveAfter Clock
	ArriveBy    Clock
	StayS       int64
	Unload      Room // own goods, on board from the start until here
}

// mostStops bounds a round.
const mostStops = 200

func (*Round) kind() kind {
	return kind{"round", "rounds", "ref, name, kind, producer, vehicle, rule, starts, season, start_place, end_place, depart_after, return_by, carries, max_added_m, max_added_s, frozen", "ref"}
}

func (x *Round) fields() []any {
	return []any{optional[string]{&x.Ref}, &x.Name, &x.Kind, &x.Producer, &x.Vehicle, &x.Rule, &x.Starts, document[Season]{&x.Season}, &x.Start, &x.End,
		&x.DepartAfter, &x.ReturnBy, &x.Carries, &x.MaxAddedM, &x.MaxAddedS, &x.Frozen}
}

func (x *Round) refs() []ref {
	out := []ref{{"producer", "producer", "producers", x.Producer}, {"vehicle", "vehicle", "vehicles", x.Vehicle},
		{"start", "place", "places", x.Start}, {"end", "place", "places", x.End}}
	for i, s := range x.Stops {
		out = append(out, ref{fmt.Sprintf("stops[%d].place", i), "place", "places", s.Place})
	}
	for i, p := range x.Only {
		out = append(out, ref{fmt.Sprintf("only[%d]", i), "producer", "producers", p})
	}
	return out
}

func (x *Round) check(f *faults) {
	f.text("ref", x.Ref)
	f.name("name", x.Name)
	f.text("kind", x.Kind)
	for _, r := range []struct {
		path string
		id   ID
	}{{"producer", x.Producer}, {"vehicle", x.Vehicle}, {"start", x.Start}, {"end", x.End}} {
		if r.id == "" {
			f.add(r.path, "is empty: a round has a producer, a vehicle and places to start and end at")
		}
	}
	x.Starts.check(f, "starts")
	x.Rule.check(f, "rule", x.Starts)
	x.Season.check(f, "season")
	Span{x.DepartAfter, x.ReturnBy}.check(f, "return_by")
	if len(x.Stops) > mostStops {
		f.add("stops", "has %d stops: at most %d are kept", len(x.Stops), mostStops)
		return
	}
	for i := range x.Stops {
		s := &x.Stops[i]
		path := fmt.Sprintf("stops[%d].", i)
		if s.Place == "" {
			f.add(path+"place", "is empty: name a place")
		}
		Span{s.ArriveAfter, s.ArriveBy}.check(f, path+"arrive_by")
		f.amount(path+"stay_s", s.StayS)
		s.Unload.check(f, path+"unload.")
	}
	if x.Carries == "" {
		x.Carries = CarriesAll
	}
	choice(f, "carries", x.Carries, CarriesAll, CarriesOwn, CarriesSome)
	if x.Carries != CarriesSome && len(x.Only) > 0 {
		f.add("only", "names producers, but the round carries %s: say carries some", x.Carries)
	}
	for i, p := range x.Only {
		if slices.Contains(x.Only[:i], p) {
			f.add(fmt.Sprintf("only[%d]", i), "names the same producer again")
		}
	}
	f.optional("max_added_m", x.MaxAddedM)
	f.optional("max_added_s", x.MaxAddedS)
}

func (x *Round) saveParts(ctx context.Context, t *tx) error {
	k := x.kind()
	for _, table := range []string{"round_stops", "round_carries"} {
		if _, err := t.exec(ctx, k, `delete from `+table+` where collective = $1 and round = $2`, &t.collective, &x.ID); err != nil {
			return err
		}
	}
	for n := range x.Stops {
		s := &x.Stops[n]
		args := append([]any{&t.collective, &x.ID, n, &s.Place, &s.ArriveAfter, &s.ArriveBy, &s.StayS}, s.Unload.fields()...)
		if _, err := t.exec(ctx, k, `insert into round_stops (collective, round, n, place, arrive_after, arrive_by, stay_s, grams, ambient_ml, chilled_ml, frozen_ml) values `+
			placeholders(0, 1, len(args)), args...); err != nil {
			return err
		}
	}
	for i := range x.Only {
		if _, err := t.exec(ctx, k, `insert into round_carries (collective, round, producer) values ($1, $2, $3)`, &t.collective, &x.ID, &x.Only[i]); err != nil {
			return err
		}
	}
	return nil
}

func (*Round) loadParts(ctx context.Context, t *tx, rows []Round) error {
	at, where, args := partsOf(t, rows, "round")
	stops, err := t.QueryContext(ctx, `select round, place, arrive_after, arrive_by, stay_s, grams, ambient_ml, chilled_ml, frozen_ml from round_stops where `+where+` order by round, n`, args...)
	if err != nil {
		return fmt.Errorf("store: reading round_stops: %w", err)
	}
	defer stops.Close()
	for stops.Next() {
		var round ID
		var s Stop
		if err := stops.Scan(append([]any{&round, &s.Place, &s.ArriveAfter, &s.ArriveBy, &s.StayS}, s.Unload.fields()...)...); err != nil {
			return fmt.Errorf("store: reading round_stops: %w", err)
		}
		if i, ok := at[round]; ok {
			rows[i].Stops = append(rows[i].Stops, s)
		}
	}
	if err := stops.Err(); err != nil {
		return fmt.Errorf("store: reading round_stops: %w", err)
	}
	only, err := t.QueryContext(ctx, `select round, producer from round_carries where `+where+` order by round, producer`, args...)
	if err != nil {
		return fmt.Errorf("store: reading round_carries: %w", err)
	}
	defer only.Close()
	for only.Next() {
		var round, producer ID
		if err := only.Scan(&round, &producer); err != nil {
			return fmt.Errorf("store: reading round_carries: %w", err)
		}
		if i, ok := at[round]; ok {
			rows[i].Only = append(rows[i].Only, producer)
		}
	}
	return only.Err()
}

// partsOf is where to look for the parts of rows: those of one, or all of the collective.
func partsOf[T any, P record[T]](t *tx, rows []T, owner string) (at map[ID]int, where string, args []any) {
	at = make(map[ID]int, len(rows))
	for i := range rows {
		at[P(&rows[i]).row().ID] = i
	}
	where, args = `collective = $1`, []any{string(t.collective)}
	if len(rows) == 1 {
		where += ` and ` + owner + ` = $2`
		args = append(args, string(P(&rows[0]).row().ID))
	}
	return at, where, args
}

// RoundFilter narrows a list of rounds; what is empty does not.
type RoundFilter struct {
	Ref      string
	Producer ID
	Vehicle  ID
}

func (f RoundFilter) conditions() (w conditions) {
	w.is("ref", f.Ref)
	w.is("producer", string(f.Producer))
	w.is("vehicle", string(f.Vehicle))
	return w
}

// CreateRound adds a round.
func (c *Scope) CreateRound(ctx context.Context, x *Round) error { return create(ctx, c, x) }

// Round is a round by id.
func (c *Scope) Round(ctx context.Context, id ID) (*Round, error) { return get[Round](ctx, c, id) }

// Rounds lists rounds.
func (c *Scope) Rounds(ctx context.Context, f RoundFilter, page Page) ([]Round, Cursor, error) {
	return list[Round](ctx, c, page, f.conditions())
}

// UpdateRound changes a round.
func (c *Scope) UpdateRound(ctx context.Context, x *Round) error { return update(ctx, c, x) }

// DeleteRound removes a round that nothing refers to.
func (c *Scope) DeleteRound(ctx context.Context, id ID, version int64) error {
	return remove[Round](ctx, c, id, version)
}
