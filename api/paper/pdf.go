package paper

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"

	"carriole/engine/view"
)

// Measures of a page, in millimetres; sizes of letters in points.
const (
	pageWidth, pageHeight = 210., 297.
	margin                = 14.
	foot                  = 16. // from the lower edge
	width                 = pageWidth - 2*margin
	padding               = 1.2

	small, normal, large, huge = 8., 9.5, 11., 16.
)

// leading is the height of a line of letters.
func leading(size float64) float64 { return size * 0.3528 * 1.22 }

// PDF writes a document as a file to print on A4, black on white. The fonts are in it.
func (d *Document) PDF() ([]byte, error) {
	// How many pages each paper has is known once all are laid out.
	counted := newPen(d, nil)
	counted.all()
	p := newPen(d, counted.pages)
	p.all()
	var b bytes.Buffer
	if err := p.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("paper: %w", err)
	}
	return b.Bytes(), nil
}

// A pen writes papers from top to bottom.
type pen struct {
	d     *Document
	pdf   *fpdf.Fpdf
	y     float64
	paper int   // which is written
	pages []int // of each paper
	of    []int // how many there will be; nil: not known yet
	on    *Paper
}

func newPen(d *Document, of []int) *pen {
	p := &pen{d: d, pdf: fpdf.New("P", "mm", "A4", ""), pages: make([]int, len(d.Papers)), of: of}
	p.pdf.SetCatalogSort(true)
	p.pdf.SetCreationDate(d.Made)
	p.pdf.SetModificationDate(d.Made)
	p.pdf.SetTitle(clean(d.Title), true)
	p.pdf.SetCreator("Carriole", true)
	p.pdf.SetLang(string(cmp.Or(d.Lang, view.English)))
	p.pdf.SetAutoPageBreak(false, 0)
	p.pdf.SetMargins(0, 0, 0)
	p.pdf.SetCellMargin(0)
	p.pdf.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	p.pdf.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	p.pdf.SetLineWidth(.2)
	return p
}

func (p *pen) all() {
	for i := range p.d.Papers {
		p.paper, p.on = i, &p.d.Papers[i]
		p.write()
	}
	p.labels()
}

// font chooses letters; style is nothing or B.
func (p *pen) font(style string, size float64) { p.pdf.SetFont("sans", style, size) }

// page begins one, with what stands on each page of a paper.
func (p *pen) page() {
	p.pdf.AddPage()
	p.pages[p.paper]++
	n := p.pages[p.paper]
	p.y = margin
	if n > 1 {
		p.font("B", small)
		p.pdf.Text(margin, p.y+leading(small)*.8, fitting(p.pdf, p.on.Title, width))
		p.y += leading(small) + 2
	}
	p.font("", small)
	text := fmt.Sprintf("%d", n)
	if p.of != nil {
		text = fmt.Sprintf("%d / %d", n, p.of[p.paper])
	}
	at := pageHeight - foot + 6
	p.pdf.Line(margin, at-4, pageWidth-margin, at-4)
	right := p.pdf.GetStringWidth(text)
	p.pdf.Text(margin, at, fitting(p.pdf, p.on.Sub, width-right-6))
	p.pdf.Text(pageWidth-margin-right, at, text)
}

// need makes room for something of a height, on another page where there is none.
func (p *pen) need(height float64) (turned bool) {
	if p.y+height <= pageHeight-foot {
		return false
	}
	p.page()
	return true
}

func (p *pen) write() {
	p.page()
	p.lines(margin, p.on.Title, "B", huge, width)
	p.y += 1
	if p.on.Notice != "" {
		p.font("B", normal)
		lines := wrapped(p.pdf, p.on.Notice, width-4)
		height := float64(len(lines))*leading(normal) + 3
		p.pdf.Rect(margin, p.y, width, height, "D")
		p.y += 1.5
		p.lines(margin+2, p.on.Notice, "B", normal, width-4)
		p.y += 2.5
	}
	p.facts()
	for i := range p.on.Tables {
		p.table(&p.on.Tables[i])
	}
}

// lines writes a text in lines, of which the page has room for all.
func (p *pen) lines(x float64, text, style string, size, width float64) {
	p.font(style, size)
	for _, line := range wrapped(p.pdf, text, width) {
		p.pdf.Text(x, p.y+leading(size)*.8, line)
		p.y += leading(size)
	}
}

// facts writes them in two columns.
func (p *pen) facts() {
	const gap = 6.
	column := (width - gap) / 2
	const name = 32.
	height := func(f *Fact) float64 {
		p.font("", small)
		n := len(wrapped(p.pdf, f.Name, name-2))
		p.font("", normal)
		return max(float64(n)*leading(small), float64(len(wrapped(p.pdf, f.Value, column-name)))*leading(normal)) + 1.6
	}
	one := func(x, y float64, f *Fact) {
		p.y = y + (leading(normal)-leading(small))*.8
		p.lines(x, f.Name, "", small, name-2)
		p.y = y
		if f.Value == "" {
			p.pdf.Line(x+name, y+leading(normal), x+column, y+leading(normal))
			return
		}
		p.lines(x+name, f.Value, "", normal, column-name)
	}
	for i := 0; i < len(p.on.Facts); i += 2 {
		h := height(&p.on.Facts[i])
		two := i+1 < len(p.on.Facts)
		if two {
			h = max(h, height(&p.on.Facts[i+1]))
		}
		p.need(h)
		y := p.y
		one(margin, y, &p.on.Facts[i])
		if two {
			one(margin+column+gap, y, &p.on.Facts[i+1])
		}
		p.y = y + h
	}
	p.y += 2
}

// clean leaves out what no font shows: control characters and what lies beyond the basic plane.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\u202f':
			return '\u00a0'
		case r > 0xffff:
			return '\ufffd'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// wrapped is a text in lines that are no wider than a width in the font that is chosen.
func wrapped(pdf *fpdf.Fpdf, text string, width float64) (out []string) {
	for part := range strings.SplitSeq(clean(text), "\n") {
		line := ""
		for word := range strings.SplitSeq(part, " ") {
			next := word
			if line != "" {
				next = line + " " + word
			}
			if pdf.GetStringWidth(next) <= width {
				line = next
				continue
			}
			if line != "" {
				out = append(out, line)
			}
			for line = word; pdf.GetStringWidth(line) > width; {
				head := fits(pdf, line, width)
				if k := strings.LastIndexByte(head, '-'); k > 0 {
					head = head[:k+1]
				}
				out, line = append(out, head), line[len(head):]
			}
		}
		out = append(out, line)
	}
	return out
}

// fits is the longest beginning of a text that a width has room for, one letter at least.
func fits(pdf *fpdf.Fpdf, text string, width float64) string {
	end := 0
	for i, r := range text {
		n := i + len(string(r))
		if end > 0 && pdf.GetStringWidth(text[:n]) > width {
			break
		}
		end = n
	}
	return text[:end]
}

// fitting is a text in one line, cut where there is no room.
func fitting(pdf *fpdf.Fpdf, text string, width float64) string {
	text = strings.ReplaceAll(clean(text), "\n", " ")
	if pdf.GetStringWidth(text) <= width {
		return text
	}
	return fits(pdf, text, width-pdf.GetStringWidth("…")) + "…"
}
