package bench

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Chart is a picture of lines over one axis, or of bars beside names.
type Chart struct {
	Name, Title, X, Y string
	LogX, LogY        bool
	Floor             float64   // with LogY: smaller values, and nothing at all, are drawn here
	Names             []string  // of groups of bars; with them X values are not used
	Ticks             []float64 // of the X axis, when they are to be these
	Series            []Series
}

// Series is one line, or one bar of each group.
type Series struct {
	Name   string // empty: not in the legend
	Colour int    // series of one colour belong together
	Style  Style
	Width  float64 // of a bold line or one without marks, points; 0: 2. Of lines that may lie on each other the first are to be the widest
	X, Y   []float64
}

// Style is how a line is drawn.
type Style int

// The styles.
const (
	Bold   Style = iota // with a mark at each point
	Line                // without
	Thin                // one of many, in the background
	Dashed              // a reference
)

// The colours of Okabe and Ito, which everybody can tell apart.
var colours = []color.NRGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {86, 180, 233, 255}, {120, 120, 120, 255}}

// PNG writes the picture.
func (c *Chart) PNG(w io.Writer) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.Title, c.X
	p.Title.TextStyle.Font, p.Title.Padding = sans(13), 8
	p.X.Label.TextStyle.Font, p.X.Tick.Label.Font, p.Y.Tick.Label.Font = sans(11), sans(10), sans(10)
	p.X.Padding, p.Y.Padding = 6, 6
	p.Y.Tick.Marker = ticks{}
	if c.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticks{log: true}
	}
	if c.LogY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, ticks{log: true}
	}
	if c.Ticks != nil {
		var at plot.ConstantTicks
		for _, v := range c.Ticks {
			at = append(at, plot.Tick{Value: v, Label: short(v)})
		}
		p.X.Tick.Marker = at
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{225}
	if c.Names != nil {
		grid.Vertical.Color = nil
	}
	p.Add(grid)
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding, legend.TextStyle.Font = true, true, 3, sans(10)
	var err error
	if c.Names != nil {
		err = c.bars(p, &legend)
	} else {
		err = c.lines(p, &legend)
	}
	if err != nil {
		return err
	}
	const width, height, side = 760, 420, 150
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(120), vgimg.UseBackgroundColor(color.White))
	all := draw.Crop(draw.New(canvas), 10, -10, 10, -10)
	p.Draw(draw.Crop(all, 18, -side, 0, 0))
	// gonum makes a plot with a logarithmic axis the smaller the longer the label, so the Y axis has its label from here
	label := p.X.Label.TextStyle
	label.Rotation, label.XAlign, label.YAlign = math.Pi/2, draw.XCenter, draw.YTop
	all.FillText(label, vg.Point{X: all.Min.X, Y: all.Center().Y}, c.Y)
	legend.Draw(draw.Crop(all, width-20-side+10, 0, 0, -30))
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

func (c *Chart) lines(p *plot.Plot, legend *plot.Legend) error {
	for _, s := range c.Series {
		var points plotter.XYs
		for i := range s.X {
			y := s.Y[i]
			if c.LogY {
				y = max(y, c.Floor)
			}
			if drawable(s.X[i], c.LogX) && drawable(y, c.LogY) {
				points = append(points, plotter.XY{X: s.X[i], Y: y})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		ink := colours[s.Colour%len(colours)]
		line.Width = vg.Points(cmp.Or(s.Width, 2))
		marks.Shape, marks.Radius, marks.Color = draw.CircleGlyph{}, vg.Points(cmp.Or(s.Width, 2)/2+2), ink
		shown := []plot.Thumbnailer{line, marks}
		switch s.Style {
		case Line:
			shown = shown[:1]
		case Thin:
			ink.A = 90
			line.Width, shown = vg.Points(0.8), shown[:1]
		case Dashed:
			line.Width, line.Dashes, shown = vg.Points(1.2), []vg.Length{5, 4}, shown[:1]
		}
		line.Color = ink
		p.Add(line)
		if len(shown) > 1 {
			p.Add(marks)
		}
		if s.Name != "" {
			legend.Add(s.Name, shown...)
		}
	}
	// room around a single point, which has no extent
	if c.LogX && p.X.Min == p.X.Max {
		p.X.Min, p.X.Max = p.X.Min/2, p.X.Max*2
	}
	if c.LogY && p.Y.Min == p.Y.Max {
		p.Y.Min, p.Y.Max = p.Y.Min/2, p.Y.Max*2
	}
	if math.IsInf(p.X.Min, 0) || math.IsInf(p.Y.Min, 0) {
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 1, 10, 1, 10 // nothing to draw
	}
	return nil
}

func drawable(v float64, log bool) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!log || v > 0)
}

func (c *Chart) bars(p *plot.Plot, legend *plot.Legend) error {
	width := vg.Points(560 / float64(max(1, len(c.Names)*(len(c.Series)+1))))
	width = min(width, 50)
	for k, s := range c.Series {
		values := make(plotter.Values, len(s.Y))
		for i, y := range s.Y {
			if drawable(y, false) {
				values[i] = y
			}
		}
		b, err := plotter.NewBarChart(values, width)
		if err != nil {
			return err
		}
		b.Color, b.LineStyle.Width = colours[s.Colour%len(colours)], 0
		b.Offset = width * vg.Length(float64(k)-float64(len(c.Series)-1)/2)
		p.Add(b)
		legend.Add(s.Name, b)
	}
	p.NominalX(c.Names...)
	if len(c.Names) > 6 {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = 0.5, draw.XRight, draw.YCenter
	}
	return nil
}

// ticks are numbers that people write: 0, 20, 40, and on a logarithmic axis 1, 2, 5, 10, and decades alone where there are many.
type ticks struct{ log bool }

// Ticks is called by the plot.
func (t ticks) Ticks(low, high float64) []plot.Tick {
	var out []plot.Tick
	if !t.log {
		step := math.Pow10(int(math.Floor(math.Log10((high - low) / 4))))
		for _, m := range []float64{5, 2} {
			if step*m <= (high-low)/4 {
				step *= m
				break
			}
		}
		for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
			out = append(out, plot.Tick{Value: k*step + 0, Label: short(k*step + 0)})
		}
		return out
	}
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	for k := first; k <= last; k++ {
		for m := 1; m < 10; m++ {
			v := float64(m) * math.Pow10(k)
			tick := plot.Tick{Value: v}
			if m == 1 || (m == 2 || m == 5) && last-first <= 4 || (m == 3 || m == 7) && high < 10*low {
				tick.Label = short(v)
			}
			if low <= v*(1+1e-9) && v <= high*(1+1e-9) {
				out = append(out, tick)
			}
		}
	}
	return out
}

// short writes a number with three digits and, from a thousand on, a comma.
func short(v float64) string {
	if math.Abs(v) < 1000 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	n := int64(math.Round(v))
	if n >= 1e6 {
		return fmt.Sprintf("%d,%03d,%03d", n/1e6, n/1000%1000, n%1000)
	}
	return fmt.Sprintf("%d,%03d", n/1000, max(n, -n)%1000)
}
