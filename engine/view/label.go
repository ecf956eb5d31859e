package view

import "math"

// labelGrid knows which cells of the map are taken by symbols and names, and how much line runs through each.
type labelGrid struct {
	left, top  float64
	cols, rows int
	taken      []bool
	lines      []uint8
}

const cellSize = 4.0 // pixels

func newLabelGrid(left, top, wide, high float64) *labelGrid {
	g := &labelGrid{left: left, top: top, cols: int(wide/cellSize) + 1, rows: int(high/cellSize) + 1}
	g.taken = make([]bool, g.cols*g.rows)
	g.lines = make([]uint8, g.cols*g.rows)
	return g
}

func (g *labelGrid) cell(x, y float64) (col, row int) {
	return int(math.Floor((x - g.left) / cellSize)), int(math.Floor((y - g.top) / cellSize))
}

// ink notes that a line runs along c.
func (g *labelGrid) ink(c curve) {
	n := int(c.length()/cellSize) + 1
	for i := 0; i <= n; i++ {
		q := c.at(float64(i) / float64(n))
		if col, row := g.cell(q.x, q.y); col >= 0 && col < g.cols && row >= 0 && row < g.rows && g.lines[row*g.cols+col] < 255 {
			g.lines[row*g.cols+col]++
		}
	}
}

// cells are those whose middle lies in a box, and always one row and column.
func (g *labelGrid) cells(x1, y1, x2, y2 float64) (c1, r1, c2, r2 int) {
	c1, r1 = g.cell(x1+cellSize/2, y1+cellSize/2)
	c2, r2 = g.cell(x2-cellSize/2, y2-cellSize/2)
	return c1, r1, max(c1, c2), max(r1, r2)
}

func (g *labelGrid) block(x1, y1, x2, y2 float64) {
	c1, r1, c2, r2 := g.cells(x1, y1, x2, y2)
	for r := max(0, r1); r <= min(g.rows-1, r2); r++ {
		for c := max(0, c1); c <= min(g.cols-1, c2); c++ {
			g.taken[r*g.cols+c] = true
		}
	}
}

// cost is how much line a name in this box would cover, per cell; ok is false where it does not fit.
func (g *labelGrid) cost(x1, y1, x2, y2 float64) (cost float64, ok bool) {
	c1, r1, c2, r2 := g.cells(x1, y1, x2, y2)
	if c1 < 1 || r1 < 1 || c2 > g.cols-2 || r2 > g.rows-2 {
		return 0, false
	}
	sum := 0
	for r := r1; r <= r2; r++ {
		for c := c1; c <= c2; c++ {
			if g.taken[r*g.cols+c] {
				return 0, false
			}
			sum += int(g.lines[r*g.cols+c])
		}
	}
	return float64(sum) / float64((r2-r1+1)*(c2-c1+1)), true
}

// place finds where to write a name of the given width beside a symbol, and takes the room. An important name goes
// further away and over more lines than another before it is left out.
func (g *labelGrid) place(at, half xy, width, size float64, important bool) (baseline xy, anchor string, ok bool) {
	reach, worst := []float64{4}, 0.5
	if important {
		reach, worst = []float64{4, 16}, 1.2
	}
	best := math.Inf(1)
	var box [4]float64
	for step, gap := range reach {
		right, left, above, below := at.x+half.x+gap, at.x-half.x-gap, at.y-half.y-gap, at.y+half.y+gap
		for i, try := range []struct {
			x, y   float64 // of the baseline
			anchor string
		}{
			{right, at.y + 0.35*size, "start"},
			{left, at.y + 0.35*size, "end"},
			{at.x, above, "middle"},
			{at.x, below + 0.75*size, "middle"},
			{right - gap, above + 0.2*size, "start"},
			{right - gap, below + 0.6*size, "start"},
			{left + gap, above + 0.2*size, "end"},
			{left + gap, below + 0.6*size, "end"},
		} {
			x1 := try.x
			switch try.anchor {
			case "middle":
				x1 -= width / 2
			case "end":
				x1 -= width
			}
			y1, y2 := try.y-0.8*size, try.y+0.22*size
			cost, fits := g.cost(x1, y1, x1+width, y2)
			if cost > worst {
				fits = false
			}
			cost += 0.02*float64(i) + 0.25*float64(step)
			if fits && cost < best {
				best, baseline, anchor, ok = cost, xy{try.x, try.y}, try.anchor, true
				box = [4]float64{x1, y1, x1 + width, y2}
			}
		}
	}
	if ok {
		g.block(box[0]-cellSize/2, box[1]-cellSize/2, box[2]+cellSize/2, box[3]+cellSize/2)
	}
	return baseline, anchor, ok
}
