package roads

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"carriole/geo"
)

// town is a small extract that a test builds: nodes by name at metres east and north of a point, ways and turns of these.
type town struct {
	names     map[string]int64
	nodes     []node
	ways      []way
	relations []relation
}

func newTown() *town { return &town{names: map[string]int64{}} }

// at is a point so many metres east and north of the middle of the town.
func at(east, north float64) geo.Point {
	const perDegree = 6378137 * math.Pi / 180
	return geo.Point{5 + east/perDegree/math.Cos(44*math.Pi/180), 44 + north/perDegree}
}

// tagged reads "highway=service access=private".
func tagged(text string) (tags []tag) {
	for _, pair := range strings.Fields(text) {
		k, v, _ := strings.Cut(pair, "=")
		tags = append(tags, tag{k, v})
	}
	return tags
}

func (w *town) node(name string, east, north float64, tags string) *town {
	p := at(east, north)
	w.names[name] = int64(len(w.nodes) + 1)
	w.nodes = append(w.nodes, node{w.names[name], int64(math.Round(p.Lon() * 1e7)), int64(math.Round(p.Lat() * 1e7)), tagged(tags)})
	return w
}

// way adds a way along nodes, "a b c"; its name is its number, from 1.
func (w *town) way(along, tags string) *town {
	x := way{id: int64(len(w.ways) + 1), tags: tagged(tags)}
	for name := range strings.FieldsSeq(along) {
		id, ok := w.names[name]
		if !ok {
			id = 1e9 // outside of the extract
		}
		x.refs = append(x.refs, id)
	}
	w.ways = append(w.ways, x)
	return w
}

func (w *town) turn(kind string, from int64, via string, to int64) *town {
	w.relations = append(w.relations, relation{id: int64(len(w.relations) + 1), tags: tagged("type=restriction restriction=" + kind), members: []member{
		{wayMember, from, "from"}, {nodeMember, w.names[via], "via"}, {wayMember, to, "to"}}})
	return w
}

// xml is the town as an .osm document.
func (w *town) xml() []byte {
	var b bytes.Buffer
	text := func(s string) string {
		var e bytes.Buffer
		xml.EscapeText(&e, []byte(s))
		return e.String()
	}
	tags := func(list []tag) {
		for _, t := range list {
			fmt.Fprintf(&b, `<tag k="%s" v="%s"/>`, text(t.key), text(t.value))
		}
	}
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<osm version="0.6">`)
	for _, x := range w.ways { // before their nodes, as nothing forbids
		fmt.Fprintf(&b, "<way id=\"%d\">", x.id)
		for _, r := range x.refs {
			fmt.Fprintf(&b, `<nd ref="%d"/>`, r)
		}
		tags(x.tags)
		b.WriteString("</way>\n")
	}
	for _, n := range w.nodes {
		fmt.Fprintf(&b, `<node id="%d" lon="%.7f" lat="%.7f">`, n.id, float64(n.lon)/1e7, float64(n.lat)/1e7)
		tags(n.tags)
		b.WriteString("</node>\n")
	}
	for _, r := range w.relations {
		fmt.Fprintf(&b, "<relation id=\"%d\">", r.id)
		for _, m := range r.members {
			fmt.Fprintf(&b, `<member type="%s" ref="%d" role="%s"/>`, [...]string{"node", "way", "relation"}[m.kind], m.id, m.role)
		}
		tags(r.tags)
		b.WriteString("</relation>\n")
	}
	b.WriteString("</osm>\n")
	return b.Bytes()
}

// pbf is the town as an .osm.pbf: the nodes dense or not, the blocks packed or not.
func (w *town) pbf(dense, packed bool) []byte {
	table, known := []string{""}, map[string]uint64{}
	index := func(s string) uint64 {
		if i, ok := known[s]; ok {
			return i
		}
		known[s] = uint64(len(table))
		table = append(table, s)
		return known[s]
	}
	message := func(b []byte, num protowire.Number, data []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), data)
	}
	number := func(b []byte, num protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
	}
	zigzag := protowire.EncodeZigZag
	keyed := func(b []byte, tags []tag) []byte {
		var keys, values []byte
		for _, t := range tags {
			keys, values = protowire.AppendVarint(keys, index(t.key)), protowire.AppendVarint(values, index(t.value))
		}
		return message(message(b, 2, keys), 3, values)
	}
	var nodes, ways, relations []byte
	if dense {
		var ids, lons, lats, pairs []byte
		var last node
		for _, n := range w.nodes {
			ids = protowire.AppendVarint(ids, zigzag(n.id-last.id))
			lons, lats = protowire.AppendVarint(lons, zigzag(n.lon-last.lon)), protowire.AppendVarint(lats, zigzag(n.lat-last.lat))
			for _, t := range n.tags {
				pairs = protowire.AppendVarint(protowire.AppendVarint(pairs, index(t.key)), index(t.value))
			}
			pairs = append(pairs, 0)
			last = n
		}
		nodes = message(nodes, 2, message(message(message(message(nil, 1, ids), 8, lats), 9, lons), 10, pairs))
	} else {
		for _, n := range w.nodes {
			nodes = message(nodes, 1, number(number(keyed(number(nil, 1, zigzag(n.id)), n.tags), 8, zigzag(n.lat)), 9, zigzag(n.lon)))
		}
	}
	for _, x := range w.ways {
		var refs []byte
		last := int64(0)
		for _, r := range x.refs {
			refs = protowire.AppendVarint(refs, zigzag(r-last))
			last = r
		}
		ways = message(ways, 3, message(keyed(number(nil, 1, uint64(x.id)), x.tags), 8, refs))
	}
	for _, r := range w.relations {
		var roles, ids, kinds []byte
		last := int64(0)
		for _, m := range r.members {
			roles, ids, kinds = protowire.AppendVarint(roles, index(m.role)), protowire.AppendVarint(ids, zigzag(m.id-last)), protowire.AppendVarint(kinds, uint64(m.kind))
			last = m.id
		}
		relations = message(relations, 4, message(message(message(keyed(number(nil, 1, uint64(r.id)), r.tags), 8, roles), 9, ids), 10, kinds))
	}
	var strs []byte
	for _, s := range table {
		strs = message(strs, 1, []byte(s))
	}
	var out []byte
	blob := func(kind string, data []byte) {
		body := message(nil, 1, data)
		if packed {
			var z bytes.Buffer
			zw := zlib.NewWriter(&z)
			zw.Write(data)
			zw.Close()
			body = message(number(nil, 2, uint64(len(data))), 3, z.Bytes())
		}
		head := number(message(nil, 1, []byte(kind)), 3, uint64(len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(head)))
		out = append(append(out, head...), body...)
	}
	blob("OSMHeader", message(message(nil, 4, []byte("OsmSchema-V0.6")), 4, []byte("DenseNodes")))
	for _, group := range [][]byte{ways, nodes, relations} {
		blob("OSMData", message(message(nil, 1, strs), 2, group))
	}
	return out
}

func (w *town) file(t testing.TB, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func (w *town) build(t testing.TB, opt Options) *Network {
	t.Helper()
	n, err := Build(t.Context(), w.file(t, "town.osm.pbf", w.pbf(true, true)), opt)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// way is the metres and seconds between two points of the town, which must have roads near them.
func between(t testing.TB, n *Network, a, b geo.Point) (metres, seconds float64) {
	t.Helper()
	from, ok1 := n.Snap(a)
	to, ok2 := n.Snap(b)
	if !ok1 || !ok2 {
		t.Fatalf("%v or %v has no road near it", a, b)
	}
	return n.Between(from, to)
}

// A main street from west to east, a kilometre long each side of the middle, and one from south to north.
func crossing() *town {
	return newTown().node("w", -1000, 0, "").node("m", 0, 0, "").node("e", 1000, 0, "").node("s", 0, -1000, "").node("n", 0, 1000, "").
		way("w m", "highway=tertiary maxspeed=50").way("m e", "highway=tertiary maxspeed=50").
		way("s m", "highway=tertiary maxspeed=50").way("m n", "highway=tertiary maxspeed=50")
}

func TestCases(t *testing.T) {
	w, e, s, n := at(-1000, 0), at(1000, 0), at(0, -1000), at(0, 1000)
	// A block to the north-east of the crossing offers the way round it.
	block := func() *town {
		return crossing().node("ne", 1000, 1000, "").way("e ne n", "highway=tertiary maxspeed=50")
	}
	roundabout := func() *town {
		x := newTown()
		for i, name := range []string{"E", "n1", "N", "n2", "W", "s1", "S", "s2"} {
			sin, cos := math.Sincos(float64(i) * math.Pi / 4)
			x.node(name, 100*cos, 100*sin, "")
		}
		return x.node("w", -1000, 0, "").node("e", 1000, 0, "").node("s", 0, -1000, "").node("n", 0, 1000, "").
			way("E n1 N n2 W s1 S s2 E", "highway=tertiary junction=roundabout").
			way("w W", "highway=tertiary").way("E e", "highway=tertiary").way("s S", "highway=tertiary").way("N n", "highway=tertiary")
	}
	arc := 100 * 8 * math.Sin(math.Pi/8) / 2 // a quarter of the drawn roundabout
	// A motorway from west to east with a ramp off and a ramp on, over a road from south to north beside a place.
	motorway := func() *town {
		return newTown().node("w", -2000, 0, "").node("off", -500, 0, "").node("on", 500, 0, "").node("e", 2000, 0, "").
			node("s", 0, -1000, "").node("r", 0, -300, "").node("n", 0, 1000, "").node("w2", -2000, -300, "").node("e2", 2000, -300, "").
			way("w off", "highway=motorway").way("off on", "highway=motorway").way("on e", "highway=motorway").
			way("off r", "highway=motorway_link").way("r on", "highway=motorway_link").
			way("s r", "highway=tertiary").way("r n", "highway=tertiary").way("w2 r", "highway=unclassified").way("r e2", "highway=unclassified").
			way("w2 w", "highway=tertiary").way("e e2", "highway=tertiary")
	}
	// Two one-way carriageways 40 m apart, joined at their ends.
	dual := newTown().node("sw", 0, 0, "").node("nw", 0, 2000, "").node("se", 40, 0, "").node("ne", 40, 2000, "").
		way("nw sw", "highway=secondary oneway=yes").way("se ne", "highway=secondary oneway=yes").
		way("sw se", "highway=tertiary").way("ne nw", "highway=tertiary")
	drive := func(tags string) *town {
		return crossing().node("k", 500, 500, "").node("ne", 1000, 1000, "").way("e ne n", "highway=residential maxspeed=20").
			way("e k", tags).way("k n", tags)
	}
	direct := 1000 * math.Sqrt2
	tests := []struct {
		name     string
		town     *town
		from, to geo.Point
		shortest bool
		metres   float64
		seconds  float64 // 0: not looked at
	}{
		{"straight on over a crossing", crossing(), w, e, false, 2000, 2000 / 12.5},
		{"a place and itself", crossing(), at(-300, 5), at(-300, 5), false, 0, 0},
		{"on one road", crossing(), at(-800, 5), at(-300, -5), false, 500, 40},
		{"a roundabout to the right", roundabout(), s, e, false, 1800 + arc, 0},
		{"a roundabout to the left goes three quarters round", roundabout(), s, w, false, 1800 + 3*arc, 0},
		{"back from a roundabout", roundabout(), at(0, -900), at(0, -900), false, 0, 0},
		{"nobody stops at a motorway", motorway(), at(-1000, -60), at(0, -900), false, 1000 + 600, 0},
		{"a motorway is left by its ramp", motorway(), at(-2000, 0), at(0, 900), false, 1500 + math.Hypot(500, 300) + 1200, 0},
		{"and entered by its ramp", motorway(), at(0, 900), at(2000, 0), false, 1200 + math.Hypot(500, 300) + 1500, 0},
		{"no way leads through a private drive", drive("highway=service access=private"), e, n, true, 2000, 0},
		{"nor through one for deliveries", drive("highway=service motor_vehicle=delivery"), e, n, true, 2000, 0},
		{"a public one is taken", drive("highway=service"), e, n, true, direct, 0},
		{"a way may begin on a private drive", drive("highway=service access=private"), at(500, 500), n, true, direct / 2, 0},
		{"and end on one", drive("highway=service access=private"), e, at(500, 500), true, direct / 2, 0},
		{"and stay on one", drive("highway=service access=private"), at(750, 250), at(250, 750), true, direct / 2, 0},
		{"forestry is nobody's", drive("highway=track motor_vehicle=forestry"), e, n, true, 2000, 0},
		{"the other carriageway is at its own side", dual, at(-10, 1000), at(50, 1000), false, 1000 + 40 + 1000, 0},
		{"back on one's own carriageway leads round", dual, at(-10, 1000), at(-10, 1100), false, 4000 + 80 - 100, 0},
		{"a bollard is in the way", block().node("b", 500, 0, "barrier=bollard").way("m b e", "highway=tertiary"), w, e, false, 2000, 0},
		{"a ferry", crossing().node("x", 1000, -3000, "").node("y", 1000, -4000, "").way("e x", "route=ferry motor_vehicle=yes duration=0:30").way("x y", "highway=residential"),
			e, at(1000, -4000), false, 4000, 1800 + 1000/(30/3.6)},
		{"a ferry for walkers", crossing().node("x", 0, 2000, "").way("n x", "route=ferry foot=yes").way("n x", "highway=residential maxspeed=30"),
			n, at(0, 2000), false, 1000, 1000 / 7.5},
		{"no left turn leads round the block", block().turn("no_left_turn", 3, "m", 1), s, w, false, 2000 + 2*1000, 0},
		{"a turn that is not forbidden", block().turn("no_left_turn", 3, "m", 1), s, n, false, 2000, 0},
		{"only straight on leads on", block().turn("only_straight_on", 3, "m", 4), s, e, false, 2000 + 2000, 0},
		{"only straight on, straight on", block().turn("only_straight_on", 3, "m", 4), s, n, false, 2000, 0},
		{"for others only straight on says nothing", block().turn("only_straight_on", 3, "m", 4), w, s, false, 2000, 0},
		{"a rule that excepts cars", func() *town {
			x := block().turn("no_left_turn", 3, "m", 1)
			x.relations[0].tags = append(x.relations[0].tags, tag{"except", "bicycle;motorcar"})
			return x
		}(), s, w, false, 2000, 0},
		{"the shortest way", drive("highway=track tracktype=grade3"), e, n, true, direct, 0},
		{"the fastest way", drive("highway=track tracktype=grade3"), e, n, false, 2000, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			metres, seconds := between(t, tt.town.build(t, Options{Shortest: tt.shortest}), tt.from, tt.to)
			if math.Abs(metres-tt.metres) > 2 || tt.seconds > 0 && math.Abs(seconds-tt.seconds) > 1 {
				t.Errorf("%.1f m in %.1f s, want %.1f m in %.1f s", metres, seconds, tt.metres, tt.seconds)
			}
		})
	}
}

func TestBarriers(t *testing.T) {
	for tags, blocked := range map[string]bool{
		"barrier=bollard": true, "barrier=gate": false, "barrier=gate access=private": true, "barrier=bollard motor_vehicle=yes": false,
		"barrier=gate locked=yes": true, "barrier=cattle_grid": false, "highway=traffic_signals": false, "": false,
	} {
		x := newTown().node("a", 0, 0, "").node("b", 500, 0, tags).node("c", 1000, 0, "").node("d", 500, 800, "").
			way("a b c", "highway=residential").way("a d c", "highway=residential")
		metres, _ := between(t, x.build(t, Options{}), at(0, 0), at(1000, 0))
		want := 1000.0
		if blocked {
			want = 2 * math.Hypot(500, 800)
		}
		if math.Abs(metres-want) > 2 {
			t.Errorf("%q: %.0f m, want %.0f", tags, metres, want)
		}
	}
}

// Roads that nothing connects with the others are no place to begin.
func TestIslandsAreLeftOut(t *testing.T) {
	n := crossing().node("i", 300, 200, "").node("j", 600, 200, "").way("i j", "highway=residential").
		node("x", -300, 300, "").way("m x", "highway=residential oneway=yes").build(t, Options{})
	for _, p := range []geo.Point{at(450, 190), at(-150, 160)} {
		if got, _ := n.Snap(p); got.Away < 140 {
			t.Errorf("%v is snapped to %v, a road without a way back", p, got.Point)
		}
	}
}

func TestPlacesTooFarFromRoadsAreNamed(t *testing.T) {
	n := crossing().build(t, Options{})
	_, err := n.Travel(t.Context(), []geo.Point{at(0, 10), at(5000, 0), at(0, -7000)}, []string{"farm", "hall", "mill"}, "town.osm")
	far, ok := err.(TooFar)
	if !ok || len(far) != 2 || far[0].Name != "hall" || far[1].Index != 2 {
		t.Fatalf("%v, want hall and mill named", err)
	}
	if !strings.Contains(err.Error(), `"mill"`) {
		t.Error(err)
	}
}

func TestAllFormatsAreOneNetwork(t *testing.T) {
	x := crossing().node("b", 500, 0, "barrier=bollard").node("ne", 1000, 1000, "").way("e ne n", "highway=residential").
		way("m b e", "highway=tertiary").way("n gone ne", "highway=residential").turn("no_left_turn", 3, "m", 1)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(x.xml())
	z.Close()
	want := ""
	for name, data := range map[string][]byte{"a.osm": x.xml(), "a.osm.gz": zipped.Bytes(), "dense.osm.pbf": x.pbf(true, true), "plain.osm.pbf": x.pbf(false, false)} {
		n, err := Build(t.Context(), x.file(t, name, data), Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := fmt.Sprint(n.lines, n.begin, n.length, n.time, n.heads, n.tails, n.stops, n.ch.up, n.ch.down)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s gives another network than another format", name)
		}
	}
}

// A residential road from 5° to 5.01° E along 44° N, in XML packed with bzip2.
func TestBzip2(t *testing.T) {
	packed, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWSe85fEAACEZgFAB9wcn752gIAB0EpqQeqbTJBiMMUEomkNAMQaAM/lm8JC0xvMIUbJ6yEGi4sjchIWLOQgKDTQOPO6FQuOa/P" +
		"0Ulsh+tyzRLmoKZUUodFMJ9yo1rKDoIEm5COhn6L/fgm5pkZjxchLLBv4u5IpwoSBPecvi")
	if err != nil {
		t.Fatal(err)
	}
	n, err := Build(t.Context(), newTown().file(t, "a.osm.bz2", packed), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if metres, seconds := between(t, n, geo.Point{5, 44}, geo.Point{5.01, 44}); math.Abs(metres-800.77) > 0.1 || math.Abs(seconds-metres*3.6/30) > 0.1 {
		t.Errorf("%v m in %v s", metres, seconds)
	}
}

func TestSpeeds(t *testing.T) {
	for tags, want := range map[string][2]float64{
		"highway=residential":                                       {30, 30},
		"highway=tertiary maxspeed=80":                              {72, 72},
		"highway=tertiary maxspeed=FR:rural":                        {72, 72},
		"highway=tertiary source:maxspeed=FR:urban":                 {45, 45},
		"highway=residential maxspeed=FR:zone30":                    {27, 27},
		"highway=living_street maxspeed=FR:living_street":           {18, 18},
		"highway=motorway maxspeed=FR:motorway":                     {117, 0},
		"highway=primary maxspeed=none":                             {126, 126},
		"highway=primary maxspeed=30mph":                            {30 * 1.609344 * 0.9, 30 * 1.609344 * 0.9},
		"highway=primary maxspeed=fast":                             {65, 65},
		"highway=primary maxspeed:forward=50 maxspeed=90":           {45, 81},
		"highway=secondary oneway=-1":                               {0, 60},
		"highway=secondary junction=roundabout":                     {60, 0},
		"highway=motorway_link":                                     {70, 0},
		"highway=secondary surface=gravel":                          {30, 30},
		"highway=track tracktype=grade1":                            {20, 20},
		"highway=track tracktype=grade5":                            {0, 0},
		"highway=footway":                                           {0, 0},
		"highway=pedestrian motor_vehicle=yes":                      {6, 6},
		"highway=service access=no":                                 {0, 0},
		"highway=service access=no motor_vehicle=yes":               {20, 20},
		"highway=residential motor_vehicle:backward=no":             {30, 0},
		"highway=construction":                                      {0, 0},
		"highway=unclassified motor_vehicle=agricultural;forestry":  {0, 0},
		"highway=unclassified oneway=yes oneway:motor_vehicle=no":   {30, 30},
		"highway=residential oneway=reversible":                     {0, 0},
		"highway=unclassified vehicle=no motor_vehicle=destination": {30, 30},
		"building=yes": {0, 0},
	} {
		r, ok := drive(tagged(tags))
		if got := [2]float64{r.forward, r.backward}; !ok && want != [2]float64{} || ok && (math.Abs(got[0]-want[0]) > 0.01 || math.Abs(got[1]-want[1]) > 0.01) {
			t.Errorf("%q: %v (%v), want %v", tags, got, ok, want)
		}
	}
	for text, want := range map[string]float64{"30": 1800, "1:15": 4500, "00:20:30": 1230, "PT20M": 0, "": 0, "-3": 0} {
		if got := parseDuration(text); got != want {
			t.Errorf("duration %q is %v s, want %v", text, got, want)
		}
	}
}

func TestCache(t *testing.T) {
	x := crossing()
	file := x.file(t, "town.osm", x.xml())
	opt := Options{}
	open := func() *Network {
		t.Helper()
		n, err := Open(t.Context(), file, opt)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	modified := func() string {
		t.Helper()
		data, err := os.ReadFile(CacheFile(file, opt))
		if err != nil {
			t.Fatal(err)
		}
		info, _ := os.Stat(CacheFile(file, opt))
		return fmt.Sprint(info.ModTime(), len(data))
	}
	metres := func(n *Network) float64 { m, _ := between(t, n, at(-1000, 0), at(1000, 0)); return m }
	built := metres(open())
	first := modified()
	if got := metres(open()); got != built || modified() != first {
		t.Errorf("from the cache %v m, built %v m; the cache was %s and is %s", got, built, first, modified())
	}
	good, _ := os.ReadFile(CacheFile(file, opt))
	s, err := stampOf(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(good); i += 1 + len(good)/500 {
		bad := bytes.Clone(good)
		bad[i] ^= 0x40
		if _, err := decodeCache(bytes.NewReader(bad), int64(len(bad)), s, opt); err == nil {
			t.Errorf("a cache with a wrong byte %d is taken for good", i)
		}
		if _, err := decodeCache(bytes.NewReader(good[:i]), int64(i), s, opt); err == nil {
			t.Errorf("a cache of %d of its %d bytes is taken for good", i, len(good))
		}
	}
	if err := os.WriteFile(CacheFile(file, opt), good[:len(good)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	if got := metres(open()); got != built || !bytes.Equal(good, read(t, CacheFile(file, opt))) {
		t.Errorf("a damaged cache is not made anew: %v m", got)
	}
	longer := bytes.ReplaceAll(x.xml(), []byte("tertiary"), []byte("tertiarx"))
	longer = bytes.Replace(longer, []byte("tertiarx"), []byte("tertiary"), 2)
	if err := os.WriteFile(file, longer, 0o666); err != nil {
		t.Fatal(err)
	}
	if n := open(); n.Roads() != 2 {
		t.Errorf("the extract has 2 roads now, its network %d", n.Roads())
	}
	opt.Shortest = true
	if _, err := os.Stat(CacheFile(file, opt)); err == nil {
		t.Error("the cache of the shortest ways is there before it was asked for")
	}
}

func TestANetworkThatCannotBeKeptIsUsed(t *testing.T) {
	x := crossing()
	file := x.file(t, "town.osm", x.xml())
	if err := os.Mkdir(CacheFile(file, Options{}), 0o777); err != nil {
		t.Fatal(err)
	}
	n, err := Open(t.Context(), file, Options{})
	var unkept *Unkept
	if !errors.As(err, &unkept) || n == nil || n.Roads() != 4 {
		t.Fatalf("%v, %v; want a network and that it is not kept", n, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}

func read(t *testing.T, file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsNoExtractIsAnError(t *testing.T) {
	x := crossing()
	pbf := x.pbf(true, true)
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("Thursday: apples"), "cut": pbf[:len(pbf)-9], "xml cut": x.xml()[:200], "no roads": newTown().node("a", 0, 0, "").xml(),
		"one-way out":     newTown().node("a", 0, 0, "").node("b", 0, 100, "").way("a b", "highway=residential oneway=yes").xml(),
		"nodes gone":      newTown().way("a b", "highway=residential").xml(),
		"gzip of nothing": {0x1f, 0x8b}, "a motorway": newTown().node("a", 0, 0, "").node("b", 0, 100, "").way("a b a", "highway=motorway").xml(),
	} {
		file := x.file(t, "x.osm", data)
		if n, err := Open(t.Context(), file, Options{}); err == nil {
			t.Errorf("%s: %d roads", name, n.Roads())
		} else if !strings.HasPrefix(err.Error(), file+": ") {
			t.Errorf("%s: the error %q does not name the file", name, err)
		}
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none.osm"), Options{}); err == nil {
		t.Error("a file that is not there is opened")
	}
}

// No file makes the readers panic, and a network that comes out can be asked.
func FuzzExtract(f *testing.F) {
	x := crossing().node("b", 500, 0, "barrier=bollard").way("m b e", "highway=tertiary").turn("no_left_turn", 3, "m", 1)
	f.Add(x.xml())
	f.Add(x.pbf(true, false))
	f.Add(x.pbf(false, false))
	f.Add(x.pbf(true, true))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := &extract{open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
		n, err := e.build(t.Context(), Options{})
		if err != nil {
			return
		}
		for _, p := range n.Sample(3, 1) {
			if at, ok := n.Snap(p); ok {
				if metres, _ := n.Between(at, at); metres != 0 {
					t.Errorf("%v m from a place to itself", metres)
				}
			}
		}
	})
}

func FuzzCache(f *testing.F) {
	x := crossing()
	file := x.file(f, "town.osm", x.xml())
	if _, err := Open(f.Context(), file, Options{}); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(CacheFile(file, Options{}))
	if err != nil {
		f.Fatal(err)
	}
	s, _ := stampOf(file)
	f.Add(good)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := decodeCache(bytes.NewReader(data), int64(len(data)), s, Options{})
		if (err == nil) != bytes.HasPrefix(data, good) {
			t.Errorf("%v, %v", n, err)
		}
	})
}
