package roads

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"carriole/geo"
)

// Travel is the roads between places.
type Travel struct {
	network   *Network
	positions []Position // those at the same coordinates once
	index     []int      // of each place in positions
	matrix    *Matrix
	source    geo.Source
}

// Far is a place with no road near it.
type Far struct {
	Index  int // in the list of places
	Name   string
	Point  geo.Point
	Within float64 // metres that were looked at
}

// TooFar lists the places with no road near them.
type TooFar []Far

func (e TooFar) Error() string {
	var b strings.Builder
	for i, f := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "place %q at %v, %v has no road of the extract within %.0f m: correct its coordinates, or take an extract that covers it",
			f.Name, f.Point.Lon(), f.Point.Lat(), f.Within)
	}
	return b.String()
}

// TooFar is the error of a place that [Network.Snap] finds no road for.
func (n *Network) TooFar(name string, p geo.Point) error { return TooFar{{0, name, p, n.limit}} }

// Travel finds the ways between all places. names are those of the places, for errors: a [TooFar] names every place with
// no road near it. source is what the extract is called.
func (n *Network) Travel(ctx context.Context, places []geo.Point, names []string, source string) (*Travel, error) {
	t := &Travel{network: n, index: make([]int, len(places)), source: n.Source(source)}
	known := make(map[geo.Point]int, len(places))
	var far TooFar
	for i, p := range places {
		k, ok := known[p]
		if !ok {
			at, near := n.Snap(p)
			if !near {
				far = append(far, Far{i, names[i], p, n.limit})
			}
			k = len(t.positions)
			known[p], t.positions = k, append(t.positions, at)
		}
		t.index[i] = k
	}
	if far != nil {
		return nil, far
	}
	var err error
	t.matrix, err = n.Table(ctx, t.positions, t.positions)
	return t, err
}

// Between implements [geo.Travel], in whole metres and seconds.
func (t *Travel) Between(from, to int) (metres, seconds float64) {
	i := t.index[from]*t.matrix.To + t.index[to]
	return math.Round(float64(t.matrix.Cm[i]) / 100), math.Round(float64(t.matrix.Millis[i]) / 1000)
}

// Source implements [geo.Sourced].
func (t *Travel) Source() geo.Source { return t.source }

// Line implements [geo.Lines].
func (t *Travel) Line(_ context.Context, from, to int) (orb.LineString, error) {
	line, _, _ := t.network.Route(t.positions[t.index[from]], t.positions[t.index[to]])
	return line, nil
}
