package geo

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestGreatCircle(t *testing.T) {
	const quarter = math.Pi / 2 * 6378137
	tests := []struct {
		name string
		a, b Point
		want float64
	}{
		{"a place and itself", Point{5, 44}, Point{5, 44}, 0},
		{"a quarter of the equator", Point{0, 0}, Point{90, 0}, quarter},
		{"equator to pole", Point{17, 0}, Point{5, 90}, quarter},
		{"the poles", Point{5, 90}, Point{100, -90}, 2 * quarter},
		{"antipodes on the equator", Point{0, 0}, Point{180, 0}, 2 * quarter},
		{"one degree across the antimeridian", Point{179.5, 0}, Point{-179.5, 0}, quarter / 90},
		{"the antimeridian from both sides", Point{180, 44}, Point{-180, 44}, 0},
		{"one degree north", Point{5, 44}, Point{5, 45}, quarter / 90},
		{"not finite", Point{math.NaN(), 44}, Point{5, math.Inf(1)}, 2 * quarter},
	}
	for _, tt := range tests {
		if got := GreatCircle(tt.a, tt.b); math.Abs(got-tt.want) > 0.001 {
			t.Errorf("%s: %v m, want %v", tt.name, got, tt.want)
		}
	}
}

func TestGreatCircleIsAlwaysANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anywhere(t, "a")
		b := anywhere(t, "b")
		if rapid.Bool().Draw(t, "antipodes") {
			b = Point{a.Lon() - 180, -a.Lat()}
		}
		if d := GreatCircle(a, b); !(d >= 0 && d <= math.Pi*6378137+1) {
			t.Errorf("GreatCircle(%v, %v) = %v", a, b, d)
		}
	})
}

// Worked out by hand from metres = round(1.3 × great circle), seconds = round(metres ÷ 12.5).
func TestCrowFlies(t *testing.T) {
	tests := []struct {
		name            string
		a, b            Point
		metres, seconds float64
	}{
		{"one degree north: 1.3 × 111,319.4908 m", Point{5, 44}, Point{5, 45}, 144715, 11577},
		{"a hundredth of a degree of the equator: 1.3 × 1,113.1949 m", Point{0, 0}, Point{0.01, 0}, 1447, 116},
		{"five metres of a meridian: 1.3 × 5.0094 m", Point{5, 44}, Point{5, 44.000045}, 7, 1},
		{"doubled coordinates", Point{5, 44}, Point{5, 44}, 0, 0},
	}
	for _, tt := range tests {
		travel := CrowFlies([]Point{tt.a, tt.b})
		if m, s := travel.Between(0, 1); m != tt.metres || s != tt.seconds {
			t.Errorf("%s: %v m in %v s, want %v m in %v s", tt.name, m, s, tt.metres, tt.seconds)
		}
		if m, s := travel.Between(1, 1); m != 0 || s != 0 {
			t.Errorf("%s: %v m in %v s from a place to itself", tt.name, m, s)
		}
	}
}

func TestTable(t *testing.T) {
	table := &Table{Metres: [][]float64{{0, 1}, {2, 0}}, Seconds: [][]float64{{0, 3}, {4, 0}}}
	if m, s := table.Between(1, 0); m != 2 || s != 4 {
		t.Errorf("from 1 to 0: %v m, %v s, want 2 m, 4 s", m, s)
	}
}

func ExampleCrowFlies() {
	travel := CrowFlies([]Point{{5.048, 44.055}, {4.996, 44.035}})
	metres, seconds := travel.Between(0, 1)
	fmt.Printf("Carpentras to Monteux: %.1f km in %.0f min\n", metres/1000, seconds/60)
	// Output: Carpentras to Monteux: 6.1 km in 8 min
}
