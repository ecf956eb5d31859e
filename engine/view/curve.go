package view

import (
	"math"
	"strings"
)

// curve is a quadratic Bézier.
type curve struct{ a, control, b xy }

// bend makes a curve from a to b that keeps to the right of travel, further out in the outer lanes.
func bend(a, b xy, lane float64) curve {
	dx, dy := b.x-a.x, b.y-a.y
	d := max(1e-9, math.Hypot(dx, dy))
	out := min(0.11*d, 26) + lane
	return curve{a, xy{(a.x+b.x)/2 - dy/d*out, (a.y+b.y)/2 + dx/d*out}, b}
}

func (c curve) at(t float64) xy {
	u := 1 - t
	return xy{u*u*c.a.x + 2*u*t*c.control.x + t*t*c.b.x, u*u*c.a.y + 2*u*t*c.control.y + t*t*c.b.y}
}

func (c curve) length() float64 { return math.Hypot(c.b.x-c.a.x, c.b.y-c.a.y) }

func (c curve) path() string {
	return "M" + point(c.a) + "Q" + point(c.control) + " " + point(c.b)
}

// arrow is a head of the given size a little after the middle.
func (c curve) arrow(size float64) string {
	return head(c.at(0.56), c.at(0.58), size)
}

// head is an arrow at the second of two points, as one comes from the first.
func head(before, at xy, size float64) string {
	d := max(1e-9, math.Hypot(at.x-before.x, at.y-before.y))
	ux, uy := (at.x-before.x)/d*size, (at.y-before.y)/d*size
	tip := xy{at.x + ux*1.1, at.y + uy*1.1}
	left := xy{at.x - ux - uy*0.85, at.y - uy + ux*0.85}
	notch := xy{at.x - ux*0.45, at.y - uy*0.45}
	right := xy{at.x - ux + uy*0.85, at.y - uy - ux*0.85}
	return "M" + point(tip) + "L" + point(left) + "L" + point(notch) + "L" + point(right) + "Z"
}

// trail is a line along roads.
type trail []xy

func (t trail) path() string {
	var b strings.Builder
	for i, q := range t {
		if i == 0 {
			b.WriteString("M" + point(q))
		} else {
			b.WriteString("L" + point(q))
		}
	}
	return b.String()
}

func (t trail) length() float64 {
	sum := 0.0
	for i := 1; i < len(t); i++ {
		sum += math.Hypot(t[i].x-t[i-1].x, t[i].y-t[i-1].y)
	}
	return sum
}

// arrow is a head of the given size at the middle.
func (t trail) arrow(size float64) string {
	rest := t.length() / 2
	for i := 1; i < len(t); i++ {
		d := math.Hypot(t[i].x-t[i-1].x, t[i].y-t[i-1].y)
		if d >= rest && d > 0 {
			f := rest / d
			at := xy{t[i-1].x + f*(t[i].x-t[i-1].x), t[i-1].y + f*(t[i].y-t[i-1].y)}
			ahead := xy{at.x + (t[i].x-t[i-1].x)/d, at.y + (t[i].y-t[i-1].y)/d}
			return head(at, ahead, size)
		}
		rest -= d
	}
	return ""
}
