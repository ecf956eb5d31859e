package planning

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
	"github.com/twpayne/go-polyline"

	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
	"carriole/geo"
	"carriole/geo/provider"
)

// Travel is a source of distances that who runs the service offers to collectives.
type Travel struct {
	Name string // that people see and collectives choose by
	*provider.Provider
}

// Offered are the sources that collectives may choose from, the first for who has chosen none. Great circles are always among them.
func (s *Service) Offered() []Travel {
	for _, t := range s.Travels {
		if t.Choice().Kind == geo.KindCrow {
			return s.Travels
		}
	}
	crow := Travel{string(geo.KindCrow), provider.Choice{Kind: geo.KindCrow}.Open(nil)}
	return append(s.Travels[:len(s.Travels):len(s.Travels)], crow)
}

// TravelOf is the source that a collective's kilometres are made of, by its fastest or its shortest ways. Where that is not what the
// collective has chosen, for it is not offered or not any more, unlike says what it is instead.
func (s *Service) TravelOf(collective *store.Collective) (t Travel, unlike *store.Fault) {
	offered := s.Offered()
	i := slices.IndexFunc(offered, func(t Travel) bool { return t.Name == collective.Travel })
	if t = offered[max(i, 0)]; i < 0 && collective.Travel != "" {
		names := make([]string, len(offered))
		for i := range offered {
			names[i] = offered[i].Name
		}
		unlike = &store.Fault{Path: "travel", Message: fmt.Sprintf("%q is not offered: it must be one of %s, or empty for the first", collective.Travel, strings.Join(names, ", "))}
	}
	switch shortest := t.Shortest(); {
	case !collective.Shortest:
	case shortest != nil:
		t.Provider = shortest
	case unlike == nil:
		unlike = &store.Fault{Path: "shortest", Message: t.Name + " knows no shortest ways beside those that it gives"}
	}
	return t, unlike
}

// Choose has a collective's kilometres made of another source from now on, and the ways between its places computed.
func (s *Service) Choose(ctx context.Context, c *store.Scope, collective *store.Collective) error {
	if _, unlike := s.TravelOf(collective); unlike != nil {
		return invalid(unlike.Path, "%s", unlike.Message)
	}
	return c.Together(ctx, func(c *store.Scope) error {
		if err := c.UpdateItself(ctx, collective); err != nil || s.Survey == nil {
			return err
		}
		return s.Survey(ctx, c)
	})
}

// source is what a source's kilometres are made of now. The roads of a server that does not say which ones they are count as others
// each month.
func (s *Service) source(ctx context.Context, t Travel) (geo.Source, error) {
	source, err := t.Source(ctx)
	if err != nil {
		return source, noDistances(t, err)
	}
	if source.Kind != geo.KindCrow {
		source.Name = t.Name
	}
	if source.Version == "" && (source.Kind == geo.KindOSRM || source.Kind == geo.KindValhalla) {
		source.Version = s.now().UTC().Format("2006-01")
	}
	return source, nil
}

// noDistances says what could not be had, and of whom.
func noDistances(t Travel, err error) error {
	return fmt.Errorf("the distances could not be had from %s: %w", t.Name, err)
}

// keyOf is how the store knows a source.
func keyOf(source geo.Source) string {
	b, err := json.Marshal(source)
	if err != nil {
		return string(source.Kind)
	}
	return string(b)
}

// pointOf is where a place of a week is, as the store has it.
func pointOf(p *engine.Place) store.Point { return pointAt(geo.Point{p.Lon, p.Lat}) }

func pointAt(p geo.Point) store.Point {
	return store.Point{LonE7: int64(math.Round(p.Lon() * 1e7)), LatE7: int64(math.Round(p.Lat() * 1e7))}
}

func numbered(known store.Distances) map[store.Point]int {
	at := make(map[store.Point]int, len(known))
	for i := range known {
		at[known[i].At] = i
	}
	return at
}

// ways are those between the places of a week, in its order.
type ways struct {
	n               int
	metres, seconds []uint32
	source          geo.Source
}

// Between implements [geo.Travel].
func (w *ways) Between(from, to int) (metres, seconds float64) {
	return float64(w.metres[from*w.n+to]), float64(w.seconds[from*w.n+to])
}

// Source implements [geo.Sourced].
func (w *ways) Source() geo.Source { return w.source }

// table is the same as a week document has it.
func (w *ways) table() *geo.Table {
	t := &geo.Table{Metres: make([][]float64, w.n), Seconds: make([][]float64, w.n)}
	for i := range w.n {
		t.Metres[i], t.Seconds[i] = make([]float64, w.n), make([]float64, w.n)
		for j := range w.n {
			t.Metres[i][j], t.Seconds[i][j] = w.Between(i, j)
		}
	}
	return t
}

// waysOf picks the ways between places out of those that are known; ok is false where one is not.
func waysOf(places []engine.Place, known store.Distances, source geo.Source) (w *ways, ok bool) {
	at := numbered(known)
	index := make([]int, len(places))
	for i := range places {
		k, has := at[pointOf(&places[i])]
		if !has || known[k].Lost {
			return nil, false
		}
		index[i] = k
	}
	n := len(places)
	w = &ways{n, make([]uint32, n*n), make([]uint32, n*n), source}
	for i, a := range index {
		for j, b := range index {
			w.metres[i*n+j], w.seconds[i*n+j] = known.Between(a, b)
		}
	}
	return w, true
}

// between is the travel between places by a source of distances, of which what is not known yet is asked for and kept. lost are the
// places that the source knows no road for, by index; then there is no travel.
func (s *Service) between(ctx context.Context, c *store.Scope, t Travel, places []engine.Place) (travel geo.Travel, lost []int, err error) {
	source, err := s.source(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	if source.Kind == geo.KindCrow {
		return estimateOf(source).CrowFlies(positions(places)), nil, nil
	}
	known, err := c.Distances(ctx, keyOf(source))
	if err == nil {
		known, err = s.survey(ctx, c, t, source, known, places)
	}
	if err != nil {
		return nil, nil, err
	}
	if w, ok := waysOf(places, known, source); ok {
		return w, nil, nil
	}
	at := numbered(known)
	for i := range places {
		if known[at[pointOf(&places[i])]].Lost {
			lost = append(lost, i)
		}
	}
	return nil, lost, nil
}

func estimateOf(source geo.Source) geo.Estimate {
	return geo.Estimate{Factor: source.Factor, Speed: source.Speed}
}

func positions(places []engine.Place) []geo.Point {
	at := make([]geo.Point, len(places))
	for i, p := range places {
		at[i] = geo.Point{p.Lon, p.Lat}
	}
	return at
}

// mostAtOnce is how many places are asked for before what has come is kept.
const mostAtOnce = 200

// survey asks for the ways between places that are not among those that are known, and keeps them.
func (s *Service) survey(ctx context.Context, c *store.Scope, t Travel, source geo.Source, known store.Distances, places []engine.Place) (store.Distances, error) {
	key := keyOf(source)
	var err error
	for err == nil {
		fresh := missing(known, places)
		if len(fresh) == 0 {
			return known, nil
		}
		fresh = fresh[:min(len(fresh), mostAtOnce)]
		var points []store.DistancePoint
		if points, err = askWays(ctx, t, known, fresh); err != nil {
			return nil, noDistances(t, err)
		}
		err = c.AddDistances(ctx, key, len(known), points)
		switch {
		case err == nil:
			known = append(known, points...)
		case errors.Is(err, &store.Error{Code: store.Conflict}): // somebody else was faster
			known, err = c.Distances(ctx, key)
		}
	}
	return nil, err
}

// missing are the places whose ways are not known, those at one point once.
func missing(known store.Distances, places []engine.Place) []provider.Place {
	at := numbered(known)
	var out []provider.Place
	for i := range places {
		p := &places[i]
		point := pointOf(p)
		if _, ok := at[point]; !ok {
			at[point] = -1
			out = append(out, provider.Place{Name: p.Name, At: geo.Point{point.Lon(), point.Lat()}})
		}
	}
	return out
}

// askWays asks for the ways of places that are new, to and from all that are known and each other.
func askWays(ctx context.Context, t Travel, known store.Distances, fresh []provider.Place) ([]store.DistancePoint, error) {
	all := make([]provider.Place, len(known), len(known)+len(fresh))
	for i := range known {
		all[i] = provider.Place{At: geo.Point{known[i].At.Lon(), known[i].At.Lat()}}
	}
	old := all
	all = append(all, fresh...)
	there, err := t.Ways(ctx, fresh, all)
	if err != nil {
		return nil, err
	}
	back, err := t.Ways(ctx, old, fresh)
	if err != nil {
		return nil, err
	}
	// the way from a fresh place to any, and back
	pair := func(i, k int) (r store.Return, ok bool) {
		m, sec := there.Metres[i*len(all)+k], there.Seconds[i*len(all)+k]
		var mBack, secBack float32
		if k < len(old) {
			mBack, secBack = back.Metres[k*len(fresh)+i], back.Seconds[k*len(fresh)+i]
		} else {
			mBack, secBack = there.Metres[(k-len(old))*len(all)+len(old)+i], there.Seconds[(k-len(old))*len(all)+len(old)+i]
		}
		if sum := m + sec + mBack + secBack; math.IsNaN(float64(sum)) {
			return r, false
		}
		return store.Return{Metres: uint32(m), Seconds: uint32(sec), MetresBack: uint32(mBack), SecondsBack: uint32(secBack)}, true
	}
	lost := make([]bool, len(all))
	for k := range known {
		lost[k] = known[k].Lost
	}
	for i, p := range fresh {
		lost[len(old)+i] = there.Far[p.At] != nil
	}
	// who has no way to most others is lost, until all that are left have ways to each other
	for {
		worst, most := -1, 0
		for i := range fresh {
			n := 0
			for k := range all {
				if !lost[len(old)+i] && !lost[k] {
					if _, ok := pair(i, k); !ok {
						n++
					}
				}
			}
			if n > most {
				worst, most = i, n
			}
		}
		if worst < 0 {
			break
		}
		lost[len(old)+worst] = true
	}
	out := make([]store.DistancePoint, len(fresh))
	for i, p := range fresh {
		x := store.DistancePoint{At: pointAt(p.At), Lost: lost[len(old)+i]}
		if !x.Lost {
			x.Ways = make([]store.Return, len(old)+i)
			for k := range x.Ways {
				if !lost[k] {
					x.Ways[k], _ = pair(i, k)
				}
			}
		}
		out[i] = x
	}
	return out, nil
}

// unusedLast is for how long the ways of a source that is not chosen any more are kept, for the plans that were made by them.
const unusedLast = 60 * 24 * time.Hour

// SurveyDue computes what ways are not known yet between the places of all collectives, by the source of each: of places that are new
// or have moved, or all where the source or its roads are others. Ways that nothing has used for two months go. It goes on with
// the next where a source fails.
func (s *Service) SurveyDue(ctx context.Context) error {
	var failed []error
	for x, err := range store.Rows(func(p store.Page) ([]store.Collective, store.Cursor, error) { return s.Store.Collectives(ctx, p) }) {
		if err != nil {
			return err
		}
		failed = append(failed, s.SurveyOf(ctx, s.Store.In(x.ID, "clock")))
	}
	return errors.Join(failed...)
}

// SurveyOf does so for one collective.
func (s *Service) SurveyOf(ctx context.Context, c *store.Scope) error {
	collective, err := c.Itself(ctx)
	if err != nil {
		return err
	}
	t, _ := s.TravelOf(collective)
	source, err := s.source(ctx, t)
	if err != nil {
		return err
	}
	before := time.Now().Add(-unusedLast)
	if source.Kind == geo.KindCrow {
		return c.KeepDistances(ctx, "", before)
	}
	places, err := placesOf(ctx, c)
	if err != nil {
		return err
	}
	key := keyOf(source)
	known, err := c.Distances(ctx, key)
	if err != nil {
		return err
	}
	const room = 100
	if len(known) > 2*len(places)+room { // most are of places that have moved or gone
		if err := c.DropDistances(ctx, key); err != nil {
			return err
		}
		known = nil
	}
	if _, err := s.survey(ctx, c, t, source, known, places); err != nil {
		return err
	}
	return c.KeepDistances(ctx, key, before)
}

// placesOf are a collective's places that have a position.
func placesOf(ctx context.Context, c *store.Scope) (out []engine.Place, err error) {
	for p, err := range everyPlace(ctx, c) {
		if err != nil {
			return nil, err
		}
		if p.At != nil {
			out = append(out, engine.Place{ID: string(p.ID), Name: p.Name, Lon: p.At.Lon(), Lat: p.At.Lat()})
		}
	}
	return out, nil
}

func everyPlace(ctx context.Context, c *store.Scope) iter.Seq2[*store.Place, error] {
	return store.Rows(func(p store.Page) ([]store.Place, store.Cursor, error) { return c.Places(ctx, store.PlaceFilter{}, p) })
}

// travelOf is what a plan was made by: its source's ways where they are still known, else the collective's source of now.
func (s *Service) travelOf(ctx context.Context, c *store.Scope, v *version) (geo.Travel, error) {
	made := v.plan.Summary.Travel
	if made == nil || v.week.Travel != nil {
		return nil, nil
	}
	if made.Kind == geo.KindCrow {
		return estimateOf(*made).CrowFlies(positions(v.week.Places)), nil
	}
	return s.travels.get(key{collective: c.Collective(), id: v.row.ID}, documentsLast, func() (geo.Travel, int, error) {
		size := 8 * len(v.week.Places) * len(v.week.Places)
		known, err := c.Distances(ctx, keyOf(*made))
		if err != nil {
			return nil, 0, err
		}
		if w, ok := waysOf(v.week.Places, known, *made); ok {
			return w, size, nil
		}
		collective, err := c.Itself(ctx)
		if err != nil {
			return nil, 0, err
		}
		t, _ := s.TravelOf(collective)
		travel, lost, err := s.between(ctx, c, t, v.week.Places)
		if err == nil && lost != nil {
			err = conflict("the distances that the plan was made by are not known any more, and %s knows no road to %s: plan the sale again", t.Name, v.week.Places[lost[0]].Name)
		}
		return travel, size, err
	})
}

// lineScale is the finest that lines are kept in, 1e-5 degrees, a metre; straighter than lineOff degrees they need not be.
const (
	lineScale = 1e5
	lineOff   = 1e-4
)

// mostLines is how long lines are waited for: what has not come by then is drawn straight.
const mostLines = 15 * time.Second

// drawn asks where the ways of a plan run, but those that are known from the plan before by the same source. Nothing of the plan depends on it.
func (s *Service) drawn(ctx context.Context, t Travel, week *engine.Week, plan *engine.Plan, before map[string]string) map[string]string {
	if t.Choice().Kind == geo.KindCrow {
		return nil
	}
	at := placesByID(week)
	out := map[string]string{}
	var wanted [][2]string
	for way := range driven(plan) {
		id := wayID(way, at)
		if _, have := out[id]; have || way[0] == way[1] {
			continue
		}
		if out[id] = before[id]; out[id] == "" {
			wanted = append(wanted, way)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, mostLines)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	next := make(chan [2]string)
	for range 4 {
		all.Go(func() {
			for way := range next {
				line, err := t.Line(ctx, at[way[0]], at[way[1]])
				if err != nil || len(line) < 2 {
					continue
				}
				text := encodeLine(line)
				mu.Lock()
				out[wayID(way, at)] = text
				mu.Unlock()
			}
		})
	}
	for _, way := range wanted {
		next <- way
	}
	close(next)
	all.Wait()
	for id, text := range out {
		if text == "" {
			delete(out, id)
		}
	}
	return out
}

func placesByID(week *engine.Week) map[string]provider.Place {
	at := map[string]provider.Place{}
	for _, p := range week.Places {
		at[p.ID] = provider.Place{Name: p.Name, At: geo.Point{p.Lon, p.Lat}}
	}
	return at
}

// driven are the ways of a plan's rounds from stop to stop, as the places at their ends.
func driven(plan *engine.Plan) iter.Seq[[2]string] {
	return func(yield func([2]string) bool) {
		for i := range plan.Rounds {
			stops := plan.Rounds[i].Stops
			for k := 1; k < len(stops); k++ {
				if !yield([2]string{stops[k-1].Place, stops[k].Place}) {
					return
				}
			}
		}
	}
}

// wayID names a way by where it begins and ends, so that it is another one when a place has moved.
func wayID(way [2]string, at map[string]provider.Place) string {
	a, b := at[way[0]].At, at[way[1]].At
	return fmt.Sprintf("%.7f,%.7f %.7f,%.7f", a[0], a[1], b[0], b[1])
}

func encodeLine(line orb.LineString) string {
	line = simplify.DouglasPeucker(lineOff).LineString(line.Clone())
	coordinates := make([][]float64, len(line))
	for i, p := range line {
		coordinates[i] = []float64{p.Lat(), p.Lon()}
	}
	codec := polyline.Codec{Dim: 2, Scale: lineScale}
	return string(codec.EncodeCoords(nil, coordinates))
}

func decodeLine(text string) orb.LineString {
	codec := polyline.Codec{Dim: 2, Scale: lineScale}
	points, _, err := codec.DecodeCoords([]byte(text))
	if err != nil {
		return nil
	}
	line := make(orb.LineString, len(points))
	for i, p := range points {
		line[i] = orb.Point{p[1], p[0]}
	}
	return line
}

// packLines packs lines as the store keeps them.
func packLines(lines map[string]string) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(lines); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

func unpackLines(b []byte) (lines map[string]string, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, mostDocument))
	if err == nil {
		err = json.Unmarshal(text, &lines)
	}
	return lines, err
}

// Lines are where the ways of a plan run; nil where no roads are known.
func (s *Service) Lines(ctx context.Context, c *store.Scope, plan store.ID) (view.Lines, error) {
	row, err := c.Plan(ctx, plan)
	if err != nil {
		return nil, err
	}
	v, err := s.known(ctx, c, row)
	if err != nil {
		return nil, err
	}
	return s.lines(ctx, c, v)
}

func (s *Service) lines(ctx context.Context, c *store.Scope, v *version) (view.Lines, error) {
	b, err := c.PlanLines(ctx, v.row.ID)
	if err != nil {
		return nil, err
	}
	lines, err := unpackLines(b)
	if err != nil || lines == nil {
		return nil, err
	}
	at := placesByID(v.week)
	out := view.Lines{}
	for way := range driven(v.plan) {
		if text := lines[wayID(way, at)]; text != "" && out[way] == nil {
			out[way] = decodeLine(text)
		}
	}
	return out, nil
}
