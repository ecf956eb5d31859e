// Roads measures geo/roads on extracts and on made-up countries: preparing them, single ways, tables, memory and caches;
// with --graphhopper beside GraphHopper, which prepares the same extract and is asked for the same ways by the same speeds
// in the same run.
//
//	go run ./benchmarks/roads --graphhopper graphhopper-web-10.2.jar --out report region.osm.pbf
//	go run ./benchmarks/roads --country 50000,500000,5000000 --out report
//
// The jar is com.graphhopper:graphhopper-web:10.2 of Maven Central; it needs Java 17. Every job is a process of its own with
// --threads processors.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"carriole/benchmarks/internal/bench"
	"carriole/geo/roads"
)

//go:embed Peer.java
var peerSource []byte

const jobVariable = "CARRIOLE_ROADS_JOB"

func main() {
	log.SetFlags(0)
	if text := os.Getenv(jobVariable); text != "" {
		if err := serve(text); err != nil {
			log.Fatal(err)
		}
		return
	}
	var r run
	flag.StringVar(&r.jar, "graphhopper", "", "GraphHopper's jar, to measure beside")
	flag.StringVar(&r.java, "java", "java", "the Java to run it with")
	flag.StringVar(&r.memory, "java-memory", "8g", "most memory of Java")
	flag.BoolVar(&r.turns, "turns", true, "let GraphHopper keep turn restrictions, too; and it does not turn round then")
	flag.IntVar(&r.threads, "threads", 1, "processors of each job")
	flag.IntVar(&r.pairs, "pairs", 1000, "random pairs")
	flag.IntVar(&r.table, "table", 1000, "places of the table")
	flag.IntVar(&r.plain, "plain", 30, "of its rows that are also searched for without preparation")
	countries := flag.String("country", "", "sizes of made-up countries in junctions, as 50000,500000")
	out := flag.String("out", "report", "folder for the report")
	flag.Parse()
	if err := r.all(flag.Args(), *countries, *out); err != nil {
		log.Fatal(err)
	}
}

type run struct {
	jar, java, memory            string
	turns                        bool
	threads, pairs, table, plain int
	folder                       string // for what is made on the way
}

// job is what a process of its own does.
type job struct {
	File                string
	Pairs, Table, Plain int
}

// Result is what was measured of one extract.
type Result struct {
	Name        string  `json:"name"`
	Bytes       int64   `json:"bytes"`
	Nodes       int     `json:"nodes"`
	Roads       int     `json:"roads"`
	Arcs        int     `json:"arcs"`
	Prepare     float64 `json:"prepare_s"` // from the extract to the cache on disk
	PrepareCPU  float64 `json:"prepare_cpu_s"`
	Cache       int64   `json:"cache_bytes"`
	Load        float64 `json:"load_s"` // from the cache
	PrepareMiB  float64 `json:"prepare_mib"`
	QueryMicros float64 `json:"query_us"` // finding the roads near two places and the way between them
	WayMicros   float64 `json:"way_us"`   // the way alone
	LineMicros  float64 `json:"line_us"`  // with its line
	Table       float64 `json:"table_s"`
	TableMiB    float64 `json:"table_mib"`
	PlainRow    float64 `json:"plain_row_s"`
	Speedup     float64 `json:"speedup"` // of the table over plain searches
	Peer        *Peer   `json:"graphhopper,omitempty"`

	at              [][4]float64
	metres, seconds []float64
}

// Peer is what was measured of GraphHopper.
type Peer struct {
	Prepare     float64   `json:"import_s"` // extract to graph on disk, with the preparation
	PrepareCPU  float64   `json:"import_cpu_s"`
	QueryMicros float64   `json:"query_us"`
	PeakMiB     float64   `json:"peak_mib"`
	Metres      []float64 `json:"metres"`
	Seconds     []float64 `json:"seconds"`
	Failed      int       `json:"failed"`
	Median      float64   `json:"median_difference"` // of metres, as a share
	TimeMedian  float64   `json:"median_time_difference"`
	Within1     float64   `json:"within_1_percent"`
	Within5     float64   `json:"within_5_percent"`
}

func (r *run) all(files []string, countries, out string) error {
	var err error
	if r.folder, err = os.MkdirTemp("", "carriole-roads"); err != nil {
		return err
	}
	defer os.RemoveAll(r.folder)
	// What is known is written after each extract, since the large ones take long.
	report := &bench.Report{Title: "Roads", Machine: bench.ThisMachine(r.threads)}
	add := func(title, file string, results *[]*Result) error {
		x, err := r.measure(file, r.jar != "")
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		*results = append(*results, x)
		if len(*results) == 1 {
			report.Sections = append(report.Sections, bench.Section{})
		}
		report.Sections[len(report.Sections)-1] = r.section(title, *results)
		return report.Write(out)
	}
	var extracts []*Result
	for _, f := range files {
		if err := add("Extracts", f, &extracts); err != nil {
			return err
		}
	}
	if countries != "" {
		var results []*Result
		for text := range strings.SplitSeq(countries, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 100 {
				return fmt.Errorf("--country: %q is not a number of junctions", text)
			}
			file := filepath.Join(r.folder, text+" junctions.osm.pbf")
			if err := country(file, int(math.Sqrt(float64(n))), 1); err != nil {
				return err
			}
			if err := add("Made-up countries", file, &results); err != nil {
				return err
			}
			os.Remove(file)
		}
	}
	if report.Sections == nil {
		return errors.New("name an extract, or sizes of countries by --country")
	}
	return nil
}

// measure runs the jobs of one extract.
func (r *run) measure(file string, peer bool) (*Result, error) {
	copied := filepath.Join(r.folder, filepath.Base(file))
	if copied != file {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(copied, data, 0o666); err != nil {
			return nil, err
		}
	}
	var all struct {
		Result
		At              [][4]float64
		Metres, Seconds []float64
	}
	for _, j := range []job{{File: copied}, {copied, r.pairs, r.table, r.plain}} {
		log.Printf("%s: %+v", filepath.Base(file), j)
		if err := r.child(j, &all); err != nil {
			return nil, err
		}
	}
	x := &all.Result
	x.Name, x.at, x.metres, x.seconds = filepath.Base(file), all.At, all.Metres, all.Seconds
	defer os.Remove(roads.CacheFile(copied, roads.Options{}))
	if !peer {
		return x, nil
	}
	log.Printf("%s: GraphHopper", x.Name)
	return x, r.askPeer(copied, x)
}

func (r *run) child(j job, into any) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text), "GOMAXPROCS="+strconv.Itoa(r.threads))
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		return err
	}
	return json.Unmarshal(said, into)
}

// serve does a job: without pairs it prepares the extract, with pairs it measures what is prepared.
func serve(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	ctx := context.Background()
	begin, busy := time.Now(), bench.CPU().Seconds()
	n, err := roads.Open(ctx, j.File, roads.Options{})
	if err != nil {
		return err
	}
	took, spent := time.Since(begin).Seconds(), bench.CPU().Seconds()-busy
	out := map[string]any{}
	if j.Pairs == 0 {
		size := func(file string) int64 {
			info, err := os.Stat(file)
			if err != nil {
				log.Fatal(err)
			}
			return info.Size()
		}
		out = map[string]any{"bytes": size(j.File), "nodes": n.Nodes(), "roads": n.Roads(), "arcs": n.Arcs(), "prepare_s": took, "prepare_cpu_s": spent,
			"cache_bytes": size(roads.CacheFile(j.File, roads.Options{})), "prepare_mib": peak()}
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	out["load_s"] = took
	points := n.Sample(2*j.Pairs, 1)
	var at [][4]float64
	var metres, seconds []float64
	var from, to []roads.Position
	for i := range j.Pairs {
		a, b := points[2*i], points[2*i+1]
		f, _ := n.Snap(a)
		t, _ := n.Snap(b)
		from, to = append(from, f), append(to, t)
		at = append(at, [4]float64{a[0], a[1], b[0], b[1]})
		m, s := n.Between(f, t)
		metres, seconds = append(metres, m), append(seconds, s)
	}
	out["At"], out["Metres"], out["Seconds"] = at, metres, seconds
	// The processor's time of the best of some rounds, since other programs run beside.
	best := func(do func(i int)) float64 {
		least := math.Inf(1)
		for range 7 {
			busy := bench.CPU().Seconds()
			for i := range j.Pairs {
				do(i)
			}
			least = min(least, bench.CPU().Seconds()-busy)
		}
		return least / float64(j.Pairs) * 1e6
	}
	out["query_us"] = best(func(i int) {
		f, _ := n.Snap(points[2*i])
		t, _ := n.Snap(points[2*i+1])
		n.Between(f, t)
	})
	out["way_us"] = best(func(i int) { n.Between(from[i], to[i]) })
	out["line_us"] = best(func(i int) { n.Route(from[i], to[i]) })
	var places []roads.Position
	for _, p := range n.Sample(j.Table, 2) {
		at, _ := n.Snap(p)
		places = append(places, at)
	}
	var table *roads.Matrix
	took = math.Inf(1)
	for range 3 {
		busy = bench.CPU().Seconds()
		if table, err = n.Table(ctx, places, places); err != nil {
			return err
		}
		took = min(took, (bench.CPU().Seconds()-busy)/float64(runtime.GOMAXPROCS(0)))
	}
	out["table_s"], out["table_mib"] = took, peak()
	plain := n.Plain()
	rows := min(j.Plain, len(places))
	busy = bench.CPU().Seconds()
	check := plain.Rows(places[:rows], places)
	row := (bench.CPU().Seconds() - busy) / float64(rows)
	if !slices.Equal(check.Cm, table.Cm[:len(check.Cm)]) || !slices.Equal(check.Millis, table.Millis[:len(check.Millis)]) {
		return errors.New("the table is not that of plain searches")
	}
	out["plain_row_s"], out["speedup"] = row, row*float64(len(places))/took
	return json.NewEncoder(os.Stdout).Encode(out)
}

// askPeer has GraphHopper do the same.
func (r *run) askPeer(file string, x *Result) error {
	source, pairs, graph := filepath.Join(r.folder, "Peer.java"), filepath.Join(r.folder, "pairs"), filepath.Join(r.folder, "graph")
	var text bytes.Buffer
	for _, p := range x.at {
		fmt.Fprintln(&text, p[0], p[1], p[2], p[3])
	}
	if err := errors.Join(os.WriteFile(source, peerSource, 0o666), os.WriteFile(pairs, text.Bytes(), 0o666)); err != nil {
		return err
	}
	defer os.RemoveAll(graph)
	mode := "plain"
	if r.turns {
		mode = "turns"
	}
	cmd := exec.Command(r.java, "-Xmx"+r.memory, "-XX:ActiveProcessorCount="+strconv.Itoa(r.threads), "-cp", r.jar, source, file, graph, pairs, mode)
	said, err := cmd.Output()
	if err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return fmt.Errorf("GraphHopper: %w", err)
	}
	// Its log goes to standard output, too; the last line is ours.
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	x.Peer = new(Peer)
	if err := json.Unmarshal(lines[len(lines)-1], x.Peer); err != nil {
		return fmt.Errorf("GraphHopper says %.200q: %w", lines[len(lines)-1], err)
	}
	x.Peer.compare(x)
	return nil
}

func (p *Peer) compare(x *Result) {
	var off, late []float64
	for i, m := range p.Metres {
		if m < 0 {
			p.Failed++
			continue
		}
		off = append(off, math.Abs(x.metres[i]-m)/max(m, 1))
		late = append(late, math.Abs(x.seconds[i]-p.Seconds[i])/max(p.Seconds[i], 1))
	}
	if off == nil {
		return
	}
	slices.Sort(off)
	slices.Sort(late)
	p.Median, p.TimeMedian = off[len(off)/2], late[len(late)/2]
	share := func(most float64) float64 {
		k, _ := slices.BinarySearch(off, most)
		return float64(k) / float64(len(off))
	}
	p.Within1, p.Within5 = share(0.01), share(0.05)
}

func (r *run) section(title string, results []*Result) bench.Section {
	s := bench.Section{Title: title, Data: results}
	s.Text = fmt.Sprintf("%d random pairs, a table of %d × %d, %d threads. Times are the processor's (query: the best of 7 rounds, table: of 3); prepare is from the extract to the cache on disk, wall in brackets. "+
		"A query finds the roads near two places and the way between them. The table is compared with, and its rows are equal to, one plain search of Dijkstra's for each of %d sources.",
		r.pairs, r.table, r.table, r.threads, r.plain)
	t := bench.Table{Left: 1, Columns: []string{"extract", "MB", "nodes", "roads", "arcs", "prepare s", "µs a node", "MiB", "cache MB", "load s", "query µs", "way µs", "line µs", "table s", "× plain"}}
	for _, x := range results {
		t.Add(x.Name, mb(x.Bytes), strconv.Itoa(x.Nodes), strconv.Itoa(x.Roads), strconv.Itoa(x.Arcs), fmt.Sprintf("%.2f (%.2f)", x.PrepareCPU, x.Prepare), fmt.Sprintf("%.1f", x.PrepareCPU/float64(x.Nodes)*1e6),
			fmt.Sprintf("%.0f", x.PrepareMiB), mb(x.Cache), fmt.Sprintf("%.3f", x.Load), fmt.Sprintf("%.1f", x.QueryMicros), fmt.Sprintf("%.1f", x.WayMicros), fmt.Sprintf("%.1f", x.LineMicros),
			fmt.Sprintf("%.3f", x.Table), fmt.Sprintf("%.0f", x.Speedup))
	}
	s.Tables = append(s.Tables, t)
	if r.jar != "" {
		t := bench.Table{Title: "Beside GraphHopper", Left: 1, Columns: []string{"extract", "import s", "ours", "CPU", "ours", "MiB", "ours", "query µs", "ours", "km off, median", "time off", "within 1 %", "within 5 %", "no way"}}
		t.Note = "GraphHopper 10 with contraction hierarchies, without points and instructions, warm; its import is wall time inside the JVM, CPU that of the whole process until then."
		if r.turns {
			t.Note += " It keeps turn restrictions (edge-based) and never turns round; Carriole may turn round at a junction."
		} else {
			t.Note += " It does not know turn restrictions (node-based)."
		}
		t.Note += " It neither drives through private roads nor begins on them, counts 6,371,000 m for the radius of the globe (0.11 % less), and may begin at a motorway."
		for _, x := range results {
			if p := x.Peer; p != nil {
				t.Add(x.Name, fmt.Sprintf("%.2f", p.Prepare), fmt.Sprintf("%.2f", x.Prepare), fmt.Sprintf("%.2f", p.PrepareCPU), fmt.Sprintf("%.2f", x.PrepareCPU), fmt.Sprintf("%.0f", p.PeakMiB), fmt.Sprintf("%.0f", x.PrepareMiB),
					fmt.Sprintf("%.1f", p.QueryMicros), fmt.Sprintf("%.1f", x.QueryMicros), fmt.Sprintf("%.2f %%", 100*p.Median), fmt.Sprintf("%.2f %%", 100*p.TimeMedian),
					fmt.Sprintf("%.0f %%", 100*p.Within1), fmt.Sprintf("%.0f %%", 100*p.Within5), strconv.Itoa(p.Failed))
			}
		}
		s.Tables = append(s.Tables, t)
	}
	return s
}

func mb(bytes int64) string { return fmt.Sprintf("%.2f", float64(bytes)/1e6) }

// peak is the most memory that this process has held, in MiB.
func peak() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			if kib, err := strconv.ParseFloat(f[1], 64); err == nil {
				return kib / 1024
			}
		}
	}
	return 0
}
