package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"carriole/geo"
	"carriole/geo/provider"
	"carriole/geo/roads"
)

type geoCmd struct {
	Fit fitCmd `cmd:"" help:"Fit the factor and the speed of crow flies to the roads of a region."`
}

type fitCmd struct {
	Weeks  []string `arg:"" optional:"" help:"Weeks as JSON, each a region of its own; without one the whole extract of --travel roads:FILE."`
	Sample int      `default:"300" placeholder:"N" help:"How many points of the extract to take without a week (default ${default})."`
	Seed   uint64   `default:"1" placeholder:"N" help:"Seed of their choice (default ${default})."`
	Format string   `enum:"text,json" default:"text" placeholder:"text|json" help:"What is printed (default ${default})."`
	travelFlags
	sizeLimit
}

// fitted is what is found of a region.
type fitted struct {
	Region string     `json:"region"`
	Travel string     `json:"travel"` // as a flag
	Factor float64    `json:"factor"`
	Speed  float64    `json:"speed_m_s"`
	Pairs  int        `json:"pairs"`
	CrowKm float64    `json:"crow_km"` // between the pairs, in the median
	Metres [2]fitErrs `json:"metres"`  // off by: the default, the fitted
	Time   [2]fitErrs `json:"seconds"`
}

type fitErrs struct {
	Mean  float64 `json:"mean"`
	Ninth float64 `json:"ninth_decile"`
}

// Validate is called by kong.
func (c *fitCmd) Validate() error {
	switch {
	case c.Sample < 2 || c.Sample > 5000:
		return fmt.Errorf("--sample: %d is not between 2 and 5000", c.Sample)
	case c.Travel == "" || c.Travel == string(geo.KindTable) && c.Weeks == nil:
		return errors.New("--travel: say which roads to fit to, as roads:FILE.osm.pbf or osrm:http://HOST:5000")
	}
	return nil
}

// Run is called by kong.
func (c *fitCmd) Run() error {
	var out []fitted
	if c.Weeks == nil {
		f, err := c.extract(context.Background())
		if err != nil {
			return err
		}
		out = append(out, *f)
	}
	for _, name := range c.Weeks {
		in, err := readWeek(name, c.sizeLimit, c.travelFlags)
		if err != nil {
			return err
		}
		if made := geo.SourceOf(in.travel); made.Estimated {
			return errors.New("--travel: a fit needs real roads, as roads:FILE.osm.pbf or osrm:http://HOST:5000")
		}
		at := make([]geo.Point, len(in.week.Places))
		for i, p := range in.week.Places {
			at[i] = geo.Point{p.Lon, p.Lat}
		}
		f, err := fit(display(name), at, in.travel)
		if err != nil {
			return err
		}
		out = append(out, *f)
	}
	if c.Format == "json" {
		data, err := indented(&out)
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(data)
		return err
	}
	return showFit(out)
}

// extract fits to points of an extract.
func (c *fitCmd) extract(ctx context.Context) (*fitted, error) {
	choice, err := provider.Parse(c.Travel, c.Shortest)
	if err != nil {
		return nil, fmt.Errorf("--travel: %w", err)
	}
	if choice.Kind != geo.KindRoads {
		return nil, errors.New("without a week only --travel roads:FILE can be fitted to: name a week whose places are to be asked for")
	}
	n, err := roads.Open(ctx, choice.Target, roads.Options{Shortest: choice.Shortest})
	if unkept := (*roads.Unkept)(nil); errors.As(err, &unkept) {
		warnTravel(err.Error())
	} else if err != nil {
		return nil, err
	}
	at := n.Sample(c.Sample, c.Seed)
	travel, err := n.Travel(ctx, at, make([]string, len(at)), choice.Target)
	if err != nil {
		return nil, err
	}
	return fit(filepath.Base(choice.Target), at, travel)
}

func fit(region string, at []geo.Point, travel geo.Travel) (*fitted, error) {
	f, ok := geo.FitEstimate(at, travel)
	if !ok {
		return nil, fmt.Errorf("%s: no two of its places are 500 m apart", region)
	}
	out := &fitted{Region: region, Travel: fmt.Sprintf("crow:%.2f,%.1f", f.Factor, f.Speed*3.6), Factor: f.Factor, Speed: f.Speed, Pairs: f.Pairs, CrowKm: f.CrowKm}
	for k := range 2 {
		out.Metres[k] = fitErrs{f.Metres[k].Mean, f.Metres[k].Ninth}
		out.Time[k] = fitErrs{f.Seconds[k].Mean, f.Seconds[k].Ninth}
	}
	return out, nil
}

func showFit(list []fitted) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "region\tfactor\tkm/h\tpairs\tkm off, default\tfitted\ttime off, default\tfitted\tas a flag")
	for _, f := range list {
		off := func(e fitErrs) string { return fmt.Sprintf("%.1f %% (%.1f %%)", 100*e.Mean, 100*e.Ninth) }
		fmt.Fprintf(w, "%s\t%.2f\t%.1f\t%d\t%s\t%s\t%s\t%s\t--travel %s\n",
			f.Region, f.Factor, f.Speed*3.6, f.Pairs, off(f.Metres[0]), off(f.Metres[1]), off(f.Time[0]), off(f.Time[1]), f.Travel)
	}
	w.Flush()
	fmt.Fprintln(&b, "Off: the mean over all pairs, in brackets what nine of ten do not exceed.")
	_, err := b.WriteTo(os.Stdout)
	return err
}
