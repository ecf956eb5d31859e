package roads

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"carriole/geo"
)

// made makes a draft: a ring of public roads, driven both ways, with chords and dead ends of every kind, and turns. Each
// road is a way of its own.
func made(rng *rand.Rand, nodes, roads int) *draft {
	d := &draft{begin: []int{0}}
	for v := range nodes {
		angle := 2 * math.Pi * float64(v) / float64(nodes)
		radius := 0.02 + 0.02*rng.Float64()
		d.lon = append(d.lon, int32(1e7*(5+radius*math.Cos(angle))))
		d.lat = append(d.lat, int32(1e7*(44+radius*math.Sin(angle))))
		d.origin = append(d.origin, int64(v))
	}
	add := func(a, b int, forward, backward bool, private bool) {
		d.geometry = append(d.geometry, d.lon[a], d.lat[a])
		for range rng.IntN(3) {
			d.geometry = append(d.geometry, int32(1e7*(5+0.05*(rng.Float64()-0.5))), int32(1e7*(44+0.05*(rng.Float64()-0.5))))
		}
		d.geometry = append(d.geometry, d.lon[b], d.lat[b])
		var speed [2]float64
		for k, open := range []bool{forward, backward} {
			if open {
				speed[k] = []float64{15, 30, 50, 80}[rng.IntN(4)]
			}
		}
		metres := float64(10 + rng.IntN(3000))
		d.addRoad(int32(a), int32(b), metres, speed, private, true, int64(len(d.from)))
	}
	ring := nodes - nodes/4
	for v := range ring {
		add(v, (v+1)%ring, true, true, false)
	}
	for range roads {
		kind := rng.IntN(4)
		add(rng.IntN(nodes), rng.IntN(nodes), kind != 1, kind != 2, rng.IntN(4) == 0)
	}
	for range roads {
		from, to := rng.IntN(len(d.from)), rng.IntN(len(d.from))
		via := d.to[from]
		if rng.IntN(2) == 0 {
			via = d.from[from]
		}
		if d.from[from] != d.to[from] && d.from[to] != d.to[to] {
			d.turns = append(d.turns, turn{int64(from), int64(via), int64(to), rng.IntN(4) == 0})
		}
	}
	return d
}

// plain is Dijkstra's search over the sides of a draft's roads, with the rules for turns and for private roads as they are
// told, not as the graph has them.
type plain struct {
	d         *draft
	n         *Network
	forbidden map[[2]side]bool
	only      map[side][]side
	next      [][]side // by side: those that it may be left for
	core      []bool   // by side: public, and connected by public roads with the most of them
}

func newPlain(d *draft, n *Network) *plain {
	p := &plain{d: d, n: n, forbidden: map[[2]side]bool{}, only: map[side][]side{}}
	sides := side(2 * len(d.from))
	leaving := map[int32][]side{}
	ways := map[int64][]side{}
	for s := range sides {
		if n.time[s&1][s>>1] != closed {
			leaving[d.tail(s)] = append(leaving[d.tail(s)], s)
			ways[d.way[s>>1]] = append(ways[d.way[s>>1]], s)
		}
	}
	for _, t := range d.turns {
		var from, to []side
		for _, s := range ways[t.from] {
			if d.origin[d.tail(s^1)] == t.via {
				from = append(from, s)
			}
		}
		for _, s := range ways[t.to] {
			if d.origin[d.tail(s)] == t.via {
				to = append(to, s)
			}
		}
		switch {
		case len(from) != 1 || len(to) != 1 || d.tail(from[0]^1) != d.tail(to[0]):
		case t.only:
			p.only[from[0]] = append(p.only[from[0]], to[0])
		default:
			p.forbidden[[2]side{from[0], to[0]}] = true
		}
	}
	p.next = make([][]side, sides)
	for s := range sides {
		if n.time[s&1][s>>1] == closed {
			continue
		}
		for _, t := range leaving[d.tail(s^1)] {
			if !p.forbidden[[2]side{s, t}] && (p.only[s] == nil || slices.Contains(p.only[s], t)) {
				p.next[s] = append(p.next[s], t)
			}
		}
	}
	p.findCore()
	return p
}

// findCore looks at what can be reached from some public sides, and back.
func (p *plain) findCore() {
	back := make([][]side, len(p.next))
	for s, list := range p.next {
		for _, t := range list {
			back[t] = append(back[t], side(s))
		}
	}
	public := func(s side) bool { return p.d.flags[s>>1]&flagPrivate == 0 }
	reach := func(from side, next [][]side) []bool {
		seen := make([]bool, len(next))
		seen[from] = true
		for queue := []side{from}; len(queue) > 0; {
			s := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, t := range next[s] {
				if !seen[t] && public(t) {
					seen[t] = true
					queue = append(queue, t)
				}
			}
		}
		return seen
	}
	most := 0
	for k := range 60 {
		s := side(k * len(p.next) / 60)
		if !public(s) || p.n.time[s&1][s>>1] == closed {
			continue
		}
		forth, home, count := reach(s, p.next), reach(s, back), 0
		for i := range forth {
			if forth[i] = forth[i] && home[i]; forth[i] {
				count++
			}
		}
		if count > most {
			most, p.core = count, forth
		}
	}
}

// all gives the least costs from a position to others. A state is a side that has been driven to its end: a private one
// before any public road, a public one, or a private one after that.
func (p *plain) all(from Position, to []Position) []cost {
	out := make([]cost, len(to))
	onRoad := map[int32][]int{}
	for i := range to {
		out[i], _ = p.n.direct(&from, &to[i])
		onRoad[to[i].road] = append(onRoad[to[i].road], i)
	}
	dist := slices.Repeat([]cost{never}, 3*len(p.next))
	var queue heap
	reach := func(s side, phase int32, c cost) {
		if x := 3*s + phase; c < dist[x] {
			dist[x] = c
			queue.push(label{c, x})
		}
	}
	for k := range side(2) {
		if s := 2*from.road + k; p.n.time[k][from.road] != closed {
			phase := int32(0)
			if p.core[s] {
				phase = 1
			}
			reach(s, phase, p.n.after(s, &from))
		}
	}
	for len(queue) > 0 {
		l := queue.pop()
		if l.cost > dist[l.node] {
			continue
		}
		s, phase := l.node/3, l.node%3
		junction := slices.ContainsFunc(p.next[s], func(t side) bool { return p.core[t] })
		if junction && phase == 2 {
			continue
		}
		for _, t := range p.next[s] {
			for _, i := range onRoad[t>>1] {
				out[i] = min(out[i], l.cost+p.n.before(t, &to[i]))
			}
			next := int32(2)
			switch {
			case p.core[t]:
				next = 1
			case phase == 0 && !junction:
				next = 0
			}
			reach(t, next, l.cost+p.n.whole(t))
		}
	}
	return out
}

// compare sets all ways between places beside plain Dijkstra's.
func compare(t *testing.T, d *draft, n *Network, places []Position) {
	t.Helper()
	p := newPlain(d, n)
	m, err := n.Table(t.Context(), places, places)
	if err != nil {
		t.Fatal(err)
	}
	if rows := n.Plain().Rows(places, places); !slices.Equal(rows.Cm, m.Cm) || !slices.Equal(rows.Millis, m.Millis) {
		t.Error("the table differs from plain searches over its own roads")
	}
	for i, from := range places {
		for j, want := range p.all(from, places) {
			metres, seconds := n.measures(want)
			if want == never {
				t.Fatalf("no way from %v to %v", from, places[j])
			}
			if cm, ms := m.Cm[i*m.To+j], m.Millis[i*m.To+j]; float64(cm)/100 != metres || float64(ms)/1000 != seconds {
				t.Fatalf("from %v to %v the table has %d cm, %d ms, want %v m, %v s", from, places[j], cm, ms, metres, seconds)
			}
			if gotM, gotS := n.Between(from, places[j]); gotM != metres || gotS != seconds {
				t.Fatalf("from %v to %v are %v m, %v s, want %v m, %v s", from, places[j], gotM, gotS, metres, seconds)
			}
		}
	}
}

func TestWaysAreThoseOfPlainDijkstra(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			nodes := 8 + rng.IntN(40)
			d := made(rng, nodes, nodes)
			n, err := d.network(context.Background(), Options{Shortest: seed%3 == 0})
			if err != nil {
				t.Fatal(err)
			}
			var places []Position
			for r := range int32(n.Roads()) {
				if n.time[0][r] != closed || n.time[1][r] != closed {
					places = append(places, n.position(r, rng.IntN(len(n.line(r))/2-1), rng.Float64(), geo.Point{5, 44}))
				}
			}
			compare(t, d, n, places)
		})
	}
}

// extracts are real ones.
const extracts = "../../../shared/data/osm-small"

func extractFile(t testing.TB, name string) string {
	dir := extracts
	if own := os.Getenv("CARRIOLE_EXTRACTS"); own != "" {
		dir = own
	}
	file := filepath.Join(dir, name)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("no extract %s: CARRIOLE_EXTRACTS names a folder that has it", name)
	}
	return file
}

func TestWaysOfRealRoadsAreThoseOfPlainDijkstra(t *testing.T) {
	for _, name := range []string{"andorra.osm.pbf", "liechtenstein.osm.pbf", "monaco.osm.gz", "krems.osm.gz", "north-bayreuth.osm.gz"} {
		for _, shortest := range []bool{false, true} {
			t.Run(fmt.Sprint(name, shortest), func(t *testing.T) {
				d, err := readDraft(t.Context(), extractOf(extractFile(t, name)))
				if err != nil {
					t.Fatal(err)
				}
				n, err := d.network(t.Context(), Options{Shortest: shortest})
				if err != nil {
					t.Fatal(err)
				}
				var places []Position
				for _, p := range n.Sample(200, 1) {
					at, ok := n.Snap(p)
					if !ok {
						t.Fatalf("%v, a point of a road, is near none", p)
					}
					places = append(places, at)
				}
				compare(t, d, n, places)
			})
		}
	}
}

// Lines begin and end at the positions, and are as long as the ways.
func TestLinesAreAsLongAsTheirWays(t *testing.T) {
	n, err := Build(t.Context(), extractFile(t, "liechtenstein.osm.pbf"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := n.Sample(60, 2)
	for i, a := range at {
		from, _ := n.Snap(a)
		to, _ := n.Snap(at[(i+1)%len(at)])
		line, metres, _ := n.Route(from, to)
		length := 0.0
		for k := 1; k < len(line); k++ {
			length += geo.GreatCircle(line[k-1], line[k])
		}
		if line[0] != from.Point || line[len(line)-1] != to.Point || math.Abs(length-metres) > 1+metres/1000 {
			t.Errorf("from %v to %v: a line of %v m from %v to %v for %v m", from.Point, to.Point, length, line[0], line[len(line)-1], metres)
		}
	}
}

func TestQueriesAllocateNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	n, err := made(rng, 200, 200).network(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	from, _ := n.Snap(geo.Point{5.02, 44})
	to, _ := n.Snap(geo.Point{4.98, 44.01})
	s := n.searcher()
	s.query(&from, &to)
	if allocs := testing.AllocsPerRun(100, func() { s.query(&from, &to) }); allocs != 0 {
		t.Errorf("a query allocates %v times", allocs)
	}
	if allocs := testing.AllocsPerRun(100, func() { n.Snap(geo.Point{5.02, 44}) }); allocs > 4 { // what the visits share
		t.Errorf("finding a road allocates %v times", allocs)
	}
}

func TestTheHierarchyIsTheSameOnAnyNumberOfProcessors(t *testing.T) {
	prepare := func(processors int) *hierarchy {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		n, err := made(rand.New(rand.NewPCG(5, 5)), 600, 800).network(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return n.ch
	}
	one, three := prepare(1), prepare(3)
	if !slices.Equal(one.up, three.up) || !slices.Equal(one.down, three.down) {
		t.Error("two hierarchies of one graph differ")
	}
}
