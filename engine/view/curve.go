package view

import "math"

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
	at, before := c.at(0.58), c.at(0.56)
	d := max(1e-9, math.Hypot(at.x-before.x, at.y-before.y))
	ux, uy := (at.x-before.x)/d*size, (at.y-before.y)/d*size
	tip := xy{at.x + ux*1.1, at.y + uy*1.1}
	left := xy{at.x - ux - uy*0.85, at.y - uy + ux*0.85}
	notch := xy{at.x - ux*0.45, at.y - uy*0.45}
	right := xy{at.x - ux + uy*0.85, at.y - uy - ux*0.85}
	return "M" + point(tip) + "L" + point(left) + "L" + point(notch) + "L" + point(right) + "Z"
}
