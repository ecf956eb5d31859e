package provider

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/paulmach/orb"

	"carriole/geo"
	"carriole/geo/roads"
)

// Provider answers what ways there are, again and again: a service asks it for new places alone. It is safe for concurrent use.
type Provider struct {
	choice   Choice
	say      func(string)
	server   server    // nil: crow or roads
	shortest *Provider // the same by its shortest ways

	turn    turn           // for what follows
	network *roads.Network // of roads, once it is needed
	file    fileState      // of the extract that it is of
	source  geo.Source     // of a server
	asked   time.Time      // when the server said so

	drawing *drawing // of roads
}

// drawing is the background that an extract gives maps, once it is needed.
type drawing struct {
	turn       turn
	background *roads.Background
	file       fileState // that it is of
}

// turn is a lock that is waited for no longer than one has time: a large extract takes minutes to prepare.
type turn chan struct{}

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turn) give() { <-t }

// fileState tells whether a file was replaced.
type fileState struct {
	size    int64
	changed time.Time
}

// Open makes a choice ready to be asked; an extract is read when it is first needed, and again when the file has changed. say,
// if not nil, is told what goes wrong without being in the way.
func (c Choice) Open(say func(string)) *Provider {
	p := c.open(say, &drawing{turn: make(turn, 1)})
	if (c.Kind == geo.KindRoads || c.Kind == geo.KindValhalla) && !c.Shortest {
		c.Shortest = true
		p.shortest = c.open(say, p.drawing)
	}
	return p
}

func (c Choice) open(say func(string), d *drawing) *Provider {
	p := &Provider{choice: c, say: say, drawing: d, turn: make(turn, 1)}
	switch c.Kind {
	case geo.KindOSRM:
		p.server = &osrm{client{c.Target, c.pause}}
	case geo.KindValhalla:
		p.server = &valhalla{client{c.Target, c.pause}, c.Shortest}
	}
	return p
}

// Choice is what was opened.
func (p *Provider) Choice() Choice { return p.choice }

// Shortest is the same extract or server, asked for the shortest ways instead of the fastest; nil: it knows no others than it gives.
func (p *Provider) Shortest() *Provider { return p.shortest }

// sourceLasts is for how long a server's roads are taken to be the same.
const sourceLasts = time.Minute

// Source says what kilometres are made of now. It is another one where the extract or the server's roads have changed.
func (p *Provider) Source(ctx context.Context) (geo.Source, error) {
	c := p.choice
	switch {
	case c.Kind == geo.KindRoads:
		n, err := p.roads(ctx)
		if err != nil {
			return geo.Source{}, err
		}
		return n.Source(c.Name()), nil
	case p.server == nil:
		return geo.SourceOf(c.estimate().CrowFlies(nil)), nil
	}
	if err := p.turn.take(ctx); err != nil {
		return geo.Source{}, err
	}
	defer p.turn.give()
	if time.Since(p.asked) < sourceLasts {
		return p.source, nil
	}
	version, date, err := p.server.version(ctx)
	if err != nil {
		return geo.Source{}, fmt.Errorf("%s: %w", c.Target, err)
	}
	p.source = geo.Source{Kind: c.Kind, Name: c.Name(), Shortest: c.Shortest, Version: version, Date: date}
	p.asked = time.Now()
	return p.source, nil
}

// roads is the network of the extract as it is now.
func (p *Provider) roads(ctx context.Context) (*roads.Network, error) {
	if err := p.turn.take(ctx); err != nil {
		return nil, err
	}
	defer p.turn.give()
	info, err := os.Stat(p.choice.Target)
	if err != nil {
		if p.network != nil {
			return p.network, nil // it is being replaced
		}
		return nil, err
	}
	now := fileState{info.Size(), info.ModTime()}
	if p.network != nil && now == p.file {
		return p.network, nil
	}
	n, err := roads.Open(ctx, p.choice.Target, roads.Options{Shortest: p.choice.Shortest})
	if unkept := (*roads.Unkept)(nil); errors.As(err, &unkept) {
		if p.say != nil {
			p.say(err.Error())
		}
		err = nil
	}
	if err != nil {
		return nil, err
	}
	p.network, p.file = n, now
	return n, nil
}

// Ways are the metres and seconds from some places to others, row by row; NaN where there is no way.
type Ways struct {
	Metres, Seconds []float32
	Far             map[geo.Point]error // places without a road near them: why, with their name
}

// Ways asks for the ways from each of some places to each of others. Errors are those of the extract or the server.
func (p *Provider) Ways(ctx context.Context, from, to []Place) (*Ways, error) {
	w := &Ways{Metres: make([]float32, len(from)*len(to)), Seconds: make([]float32, len(from)*len(to)), Far: map[geo.Point]error{}}
	var err error
	switch {
	case p.choice.Kind == geo.KindRoads:
		err = p.fromRoads(ctx, w, from, to)
	case p.server != nil:
		err = p.fromServer(ctx, w, from, to)
	default:
		p.estimated(w, from, to)
	}
	if err != nil {
		return nil, err
	}
	nan := float32(math.NaN())
	for i := range from {
		for j := range to {
			k := i*len(to) + j
			if w.Far[from[i].At] != nil || w.Far[to[j].At] != nil {
				w.Metres[k], w.Seconds[k] = nan, nan
			} else if from[i].At == to[j].At {
				w.Metres[k], w.Seconds[k] = 0, 0
			}
		}
	}
	return w, nil
}

func (p *Provider) estimated(w *Ways, from, to []Place) {
	e := p.choice.estimate()
	for i := range from {
		for j := range to {
			m, s := e.CrowFlies([]geo.Point{from[i].At, to[j].At}).Between(0, 1)
			w.Metres[i*len(to)+j], w.Seconds[i*len(to)+j] = float32(m), float32(s)
		}
	}
}

func (p *Provider) fromRoads(ctx context.Context, w *Ways, from, to []Place) error {
	n, err := p.roads(ctx)
	if err != nil {
		return err
	}
	snap := func(places []Place) (at []roads.Position, index []int) {
		for i, x := range places {
			position, ok := n.Snap(x.At)
			if !ok {
				w.Far[x.At] = n.TooFar(x.Name, x.At)
				continue
			}
			at, index = append(at, position), append(index, i)
		}
		return at, index
	}
	starts, rows := snap(from)
	ends, columns := snap(to)
	m, err := n.Table(ctx, starts, ends)
	if err != nil {
		return err
	}
	for r, i := range rows {
		for c, j := range columns {
			k := r*m.To + c
			w.Metres[i*len(to)+j], w.Seconds[i*len(to)+j] = float32(math.Round(float64(m.Cm[k])/100)), float32(math.Round(float64(m.Millis[k])/1000))
		}
	}
	return nil
}

// fromServer asks in blocks, of which a server takes smaller ones where it says so, and leaves out places that it knows no road for.
func (p *Provider) fromServer(ctx context.Context, w *Ways, from, to []Place) error {
	near := func(places []Place, first, most int) (index []int, next int) {
		for next = first; next < len(places) && len(index) < most; next++ {
			if w.Far[places[next].At] == nil {
				index = append(index, next)
			}
		}
		return index, next
	}
	these := func(places []Place, index []int) []Place {
		out := make([]Place, len(index))
		for i, k := range index {
			out[i] = places[k]
		}
		return out
	}
	size := p.server.block()
	for i := 0; i < len(from); {
		rows, after := near(from, i, size)
		for j := 0; j < len(to) && len(rows) > 0; {
			columns, next := near(to, j, size)
			if len(columns) == 0 {
				break
			}
			metres, seconds, err := p.server.table(ctx, these(from, rows), these(to, columns))
			var far farPlaces
			switch {
			case errors.Is(err, errTooLarge) && size > 1:
				size /= 2
				rows, after = near(from, i, size)
				j = 0
				continue
			case errors.As(err, &far):
				for _, x := range far {
					w.Far[x.place.At] = x
				}
				rows, after = near(from, i, size)
				continue
			case err != nil:
				return fmt.Errorf("%s: %w", p.choice.Target, err)
			}
			for r, a := range rows {
				for c, b := range columns {
					w.Metres[a*len(to)+b], w.Seconds[a*len(to)+b] = float32(math.Round(metres[r*len(columns)+c])), float32(math.Round(seconds[r*len(columns)+c]))
				}
			}
			j = next
		}
		i = after
	}
	return nil
}

// Background is what maps show beneath a plan, out of the extract as it is now. It is read when it is first needed; nil where there
// is no extract.
func (p *Provider) Background(ctx context.Context) (*roads.Background, error) {
	if p.choice.Kind != geo.KindRoads {
		return nil, nil
	}
	d := p.drawing
	if err := d.turn.take(ctx); err != nil {
		return nil, err
	}
	defer d.turn.give()
	info, err := os.Stat(p.choice.Target)
	if err != nil && d.background == nil {
		return nil, err
	}
	if err == nil {
		if now := (fileState{info.Size(), info.ModTime()}); d.background == nil || now != d.file {
			b, err := roads.OpenBackground(ctx, p.choice.Target)
			if err != nil {
				return nil, err
			}
			d.background, d.file = b, now
		}
	}
	return d.background, nil
}

// Line is the way from one place to another, from road to road; nil where no roads are known.
func (p *Provider) Line(ctx context.Context, from, to Place) (orb.LineString, error) {
	var line orb.LineString
	var err error
	switch {
	case p.choice.Kind == geo.KindRoads:
		n, err := p.roads(ctx)
		if err != nil {
			return nil, err
		}
		a, near := n.Snap(from.At)
		b, nearB := n.Snap(to.At)
		if !near || !nearB {
			return nil, errors.Join(n.TooFar(from.Name, from.At), n.TooFar(to.Name, to.At))
		}
		line, _, _ = n.Route(a, b)
	case p.server != nil:
		if line, err = p.server.line(ctx, from, to); err != nil {
			return nil, fmt.Errorf("%s: the way from place %q to place %q: %w", hostOf(p.choice.Target), from.Name, to.Name, err)
		}
	}
	return line, nil
}
