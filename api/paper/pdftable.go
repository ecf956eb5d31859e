package paper

import "codeberg.org/go-pdf/fpdf"

// tall is the height of a row to sign in, in millimetres.
const tall = 17.

// table writes one. A heading goes with the row that follows it.
func (p *pen) table(t *Table) {
	least := leading(large) + leading(small) + 14
	p.need(least)
	if t.Title != "" {
		p.y += 1.5
		p.lines(margin, t.Title, "B", large, width)
		p.y += .8
	}
	p.head(t)
	for i := range t.Rows {
		r := &t.Rows[i]
		height := p.height(t, r)
		if r.Heading != "" {
			for k := i + 1; k < len(t.Rows) && k <= i+2; k++ { // its note, and the first row
				height += p.height(t, &t.Rows[k])
				if t.Rows[k].Cells != nil || t.Rows[k].Heading != "" {
					break
				}
			}
		}
		if p.need(min(height, pageHeight-foot-margin-30)) {
			p.head(t)
		}
		p.row(t, r)
	}
	p.y += 3.5
}

func (p *pen) height(t *Table, r *Row) float64 {
	switch {
	case r.Heading != "":
		p.font("B", normal)
		return float64(len(wrapped(p.pdf, r.Heading, width-2*padding)))*leading(normal) + 2*padding
	case r.Note != "":
		p.font("", small)
		return float64(len(wrapped(p.pdf, r.Note, width-2*padding-4)))*leading(small) + padding
	}
	p.font("", normal)
	lines := 1
	for i, c := range r.Cells {
		lines = max(lines, len(wrapped(p.pdf, c, t.Columns[i].Share*width-2*padding)))
	}
	height := float64(lines)*leading(normal) + 2*padding
	if t.Tall {
		return max(height, tall)
	}
	return height
}

// head writes the names of the columns.
func (p *pen) head(t *Table) {
	p.font("B", small)
	lines := 1
	for _, c := range t.Columns {
		lines = max(lines, len(wrapped(p.pdf, c.Name, c.Share*width-2*padding)))
	}
	height := float64(lines)*leading(small) + 2*padding
	x, y := margin, p.y
	for _, c := range t.Columns {
		w := c.Share * width
		p.pdf.Rect(x, y, w, height, "D")
		p.cell(x, y, w, c.Name, "B", small, c.Right)
		x += w
	}
	p.pdf.SetLineWidth(.5)
	p.pdf.Line(margin, y+height, margin+width, y+height)
	p.pdf.SetLineWidth(.2)
	p.y = y + height
}

func (p *pen) row(t *Table, r *Row) {
	height := p.height(t, r)
	x, y := margin, p.y
	switch {
	case r.Heading != "":
		p.pdf.SetFillColor(235, 235, 235)
		p.pdf.Rect(x, y, width, height, "FD")
		p.cell(x, y, width, r.Heading, "B", normal, false)
	case r.Note != "":
		p.pdf.Rect(x, y, width, height, "D")
		p.cell(x+4, y-padding/2, width-4, r.Note, "", small, false)
	default:
		for i, text := range r.Cells {
			w := t.Columns[i].Share * width
			p.pdf.Rect(x, y, w, height, "D")
			if text == Tick {
				const box = 3.4
				p.pdf.Rect(x+(w-box)/2, y+min(height-box, leading(normal)+2*padding-box)/2, box, box, "D")
			} else {
				p.cell(x, y, w, text, "", normal, t.Columns[i].Right)
			}
			x += w
		}
	}
	p.y = y + height
}

// cell writes a text into a box.
func (p *pen) cell(x, y, w float64, text, style string, size float64, right bool) {
	p.font(style, size)
	for i, line := range wrapped(p.pdf, text, w-2*padding) {
		at := x + padding
		if right {
			at = x + w - padding - p.pdf.GetStringWidth(line)
		}
		p.pdf.Text(at, y+padding+leading(size)*(float64(i)+.8), line)
	}
}

// Labels stand in two columns and four rows on a sheet.
const (
	labelColumns, labelRows = 2, 4
	labelWidth              = pageWidth / labelColumns
	labelHeight             = pageHeight / labelRows
	labelMargin             = 8.
	code                    = 27. // of a QR code with its border
)

func (p *pen) labels() {
	for i := range p.d.Labels {
		n := i % (labelColumns * labelRows)
		if n == 0 {
			p.pdf.AddPage()
			p.pdf.SetDrawColor(170, 170, 170)
			p.pdf.SetDashPattern([]float64{2, 2}, 0)
			p.pdf.Line(labelWidth, 0, labelWidth, pageHeight)
			for k := 1; k < labelRows; k++ {
				p.pdf.Line(0, float64(k)*labelHeight, pageWidth, float64(k)*labelHeight)
			}
			p.pdf.SetDashPattern(nil, 0)
			p.pdf.SetDrawColor(0, 0, 0)
		}
		p.label(float64(n%labelColumns)*labelWidth+labelMargin, float64(n/labelColumns)*labelHeight+labelMargin-1, &p.d.Labels[i])
	}
}

func (p *pen) label(x, y float64, l *Label) {
	const w = labelWidth - 2*labelMargin
	bottom := y + labelHeight - 2*labelMargin + 2
	p.y = y
	p.some(x, "→ "+l.To, "B", 15, w, 2)
	p.some(x, l.When, "", normal, w, 1)
	p.y += 1
	p.some(x, l.From, "B", large, w, 1)
	p.some(x, l.Goods, "", small, w, 3)
	left := w - code - 3
	p.y = max(p.y+1, bottom-code+1)
	top := p.y
	p.some(x, l.Mark, "B", 13, left, 1)
	p.some(x, l.Weight, "", small, left, 1)
	for i, text := range l.Facts {
		room := int((bottom + .1 - p.y) / leading(small))
		if room < 1 {
			break
		}
		if i < len(l.Facts)-1 {
			room = 1
		}
		p.some(x, text, "", small, left, room)
	}
	qr := CodeOf(l.Link)
	if qr.Size == 0 {
		return
	}
	p.pdf.SetFillColor(0, 0, 0)
	side := min(bottom-top, code) / float64(qr.Size)
	for _, b := range qr.Bars {
		p.pdf.Rect(x+w-side*float64(qr.Size-b.X), bottom-side*float64(qr.Size-b.Y), float64(b.Width)*side, side, "F")
	}
}

// some writes the first lines of a text; what has no room is cut.
func (p *pen) some(x float64, text, style string, size, w float64, most int) {
	if text == "" {
		return
	}
	p.font(style, size)
	lines := wrapped(p.pdf, text, w)
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], cut(p.pdf, lines[most-1], w))
	}
	for _, line := range lines {
		p.pdf.Text(x, p.y+leading(size)*.8, line)
		p.y += leading(size)
	}
}

func cut(pdf *fpdf.Fpdf, line string, w float64) string {
	return fits(pdf, line, w-pdf.GetStringWidth("…")) + "…"
}
