package view

import (
	"math"
	"strings"
	"unicode"
)

// page lays text out in columns. No line is wider than width.
type page struct {
	strings.Builder
	width int
}

func (p *page) print(s string) {
	p.WriteString(strings.TrimRight(s, " "))
	p.WriteByte('\n')
}

func (p *page) blank() { p.WriteByte('\n') }

func (p *page) rule(of string) { p.print(strings.Repeat(of, p.width)) }

// wrap writes first, then text in the columns after it; further lines begin below the text. first must be short.
func (p *page) wrap(first, text string) {
	at := columns(first)
	indent := first
	for _, l := range wrapped(text, p.width-at) {
		p.print(indent + l)
		indent = strings.Repeat(" ", at)
	}
}

// sides writes one text at the left and one at the right margin, on two lines where one is too short.
func (p *page) sides(first, left, right string) {
	at := columns(first)
	gap := p.width - at - columns(left) - columns(right)
	if gap >= 2 {
		p.print(first + left + strings.Repeat(" ", gap) + right)
		return
	}
	p.wrap(first, left)
	if right == "" {
		return
	}
	for _, l := range wrapped(right, p.width-at) {
		p.print(strings.Repeat(" ", p.width-columns(l)) + l)
	}
}

// row writes a label and right-aligned cells of the given widths; a long label goes on below, over the whole width.
func (p *page) row(first, label string, widths []int, cells ...string) {
	var tail strings.Builder
	for i, c := range cells {
		tail.WriteString(" " + padLeft(c, widths[i]-1))
	}
	at, end := columns(first), columns(tail.String())
	if p.width-at-end < 12 {
		p.wrap(first, label)
		p.wrap(first+"  ", strings.Join(strings.Fields(tail.String()), " "))
		return
	}
	label = wrapped(label, math.MaxInt)[0]
	head := wrapped(label, p.width-at-end-1)[0]
	p.print(first + head + strings.Repeat(" ", p.width-at-end-columns(head)) + tail.String())
	if rest := strings.TrimLeft(label[len(head):], " "); rest != "" {
		p.wrap(strings.Repeat(" ", at+2), rest)
	}
}

func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-columns(s))) + s
}

// wrapped breaks text at spaces into lines of at most width columns, and inside a word only where it is wider.
func wrapped(text string, width int) []string {
	width = max(width, 2)
	var lines []string
	line, used := "", 0
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		n := columns(word)
		if used > 0 && used+1+n <= width {
			line, used = line+" "+word, used+1+n
			continue
		}
		if used > 0 {
			lines = append(lines, line)
			line, used = "", 0
		}
		for n > width {
			head, rest := cut(word, width)
			lines = append(lines, head)
			word, n = rest, columns(rest)
		}
		line, used = word, n
	}
	if used > 0 || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// cut splits a word after as many columns as fit, at least one rune.
func cut(word string, width int) (head, rest string) {
	used := 0
	for i, r := range word {
		if used += runeColumns(r); used > width && i > 0 {
			return word[:i], word[i:]
		}
	}
	return word, ""
}

// columns is how wide a terminal shows s.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana), r >= 0x1F300 && r <= 0x1FAFF, r >= 0xFF01 && r <= 0xFF60:
		return 2
	}
	return 1
}
