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

func TestSourceOf(t *testing.T) {
	if got := SourceOf(CrowFlies(nil)); got != (Source{Kind: KindCrow, Estimated: true, Factor: 1.3, Speed: 12.5}) {
		t.Errorf("crow flies are made of %+v", got)
	}
	if got := SourceOf(&Table{}); got != (Source{Kind: KindTable}) {
		t.Errorf("a table is made of %+v", got)
	}
}

func TestFitEstimateFindsWhatWasEstimated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := make([]Point, rapid.IntRange(2, 20).Draw(t, "places"))
		for i := range places {
			places[i] = Point{5 + float64(i*37%20)/10, 44 + float64(i)/30}
		}
		want := Estimate{float64(rapid.IntRange(100, 300).Draw(t, "factor")) / 100, float64(rapid.IntRange(300, 3000).Draw(t, "speed")) / 100}
		f, ok := FitEstimate(places, want.CrowFlies(places))
		if !ok || math.Abs(f.Factor-want.Factor) > 0.011 || math.Abs(f.Speed-want.Speed) > 0.02*want.Speed {
			t.Errorf("%+v, want %+v", f, want)
		}
		if f.Metres[1].Mean > 0.01 || f.Seconds[1].Ninth > 0.02 || f.Pairs != len(places)*(len(places)-1) {
			t.Errorf("%+v is off", f)
		}
	})
}

// No other factor is off by less in the mean.
func TestFitEstimateIsTheLeastOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := []Point{{5, 44}, {5.1, 44}, {5, 44.1}, {5.2, 44.2}, {5.05, 44.3}}
		table := &Table{}
		for i := range places {
			var metres, seconds []float64
			for j := range places {
				m := GreatCircle(places[i], places[j]) * rapid.Float64Range(1, 3).Draw(t, "detour")
				metres, seconds = append(metres, m), append(seconds, m/rapid.Float64Range(5, 25).Draw(t, "speed"))
			}
			table.Metres, table.Seconds = append(table.Metres, metres), append(table.Seconds, seconds)
		}
		f, ok := FitEstimate(places, table)
		if !ok {
			t.Fatal("no fit")
		}
		mean := func(factor float64) (sum float64) {
			for i := range places {
				for j := range places {
					if i != j {
						sum += math.Abs(factor*GreatCircle(places[i], places[j])/table.Metres[i][j] - 1)
					}
				}
			}
			return sum / float64(f.Pairs)
		}
		for other := 1.0; other < 3; other += 0.05 {
			if mean(other) < f.Metres[1].Mean-0.01 {
				t.Errorf("with %v the mean error is %v, with the fitted %v it is %v", other, mean(other), f.Factor, f.Metres[1].Mean)
			}
		}
	})
}

func TestFitEstimateNeedsPlacesApart(t *testing.T) {
	if _, ok := FitEstimate([]Point{{5, 44}, {5.0001, 44}}, CrowFlies([]Point{{5, 44}, {5.0001, 44}})); ok {
		t.Error("two places of one farm are fitted to")
	}
}
