package geo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

// anywhere draws points with a liking for the poles, the antimeridian, one small region and doubled coordinates.
func anywhere(t *rapid.T, label string) Point {
	switch rapid.IntRange(0, 4).Draw(t, label+" kind") {
	case 0:
		return Point{rapid.Float64Range(-180, 180).Draw(t, label+" lon"), rapid.Float64Range(-90, 90).Draw(t, label+" lat")}
	case 1:
		return Point{rapid.Float64Range(4, 6).Draw(t, label+" lon"), rapid.Float64Range(43, 45).Draw(t, label+" lat")}
	case 2:
		side := rapid.SampledFrom([]float64{-1, 1}).Draw(t, label+" side")
		return Point{side * rapid.Float64Range(179, 180).Draw(t, label+" lon"), rapid.Float64Range(-90, 90).Draw(t, label+" lat")}
	case 3:
		side := rapid.SampledFrom([]float64{-1, 1}).Draw(t, label+" side")
		return Point{rapid.Float64Range(-180, 180).Draw(t, label+" lon"), side * rapid.Float64Range(88, 90).Draw(t, label+" lat")}
	}
	return Point{float64(rapid.IntRange(-3, 3).Draw(t, label+" lon")) * 60, float64(rapid.IntRange(-2, 2).Draw(t, label+" lat")) * 45}
}

// many draws enough places for a tree of several levels, cheaply: one seed point and its scattered companions.
func many(t *rapid.T) []Point {
	var places []Point
	for i := range rapid.IntRange(0, 8).Draw(t, "clouds") {
		c := anywhere(t, "cloud")
		spread := rapid.SampledFrom([]float64{0, 0.01, 1, 30}).Draw(t, "spread")
		for j := range 40 {
			angle := float64(i*40+j) * 2.399963
			r := spread * math.Sqrt(float64(j)/40)
			lon := math.Remainder(c.Lon()+r*math.Cos(angle), 360)
			lat := max(-90, min(90, c.Lat()+r*math.Sin(angle)))
			places = append(places, Point{lon, lat})
		}
	}
	return places
}

// bySight is the same answer by looking at every place.
func bySight(places []Point, k int, limit float64, dist func(Point) float64) []int {
	all := []int{}
	for i, p := range places {
		if dist(p) <= limit {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(dist(places[a]), dist(places[b])) })
	return all[:min(k, len(all))]
}

func TestIndexAgreesWithSight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := many(t)
		x := NewIndex(places)
		a, b := anywhere(t, "a"), anywhere(t, "b")
		k := rapid.IntRange(1, 60).Draw(t, "k")
		metres := rapid.SampledFrom([]float64{0, 500, 2e4, 1e6, 2.1e7}).Draw(t, "metres")
		fromA := func(p Point) float64 { return GreatCircle(a, p) }
		around := func(p Point) float64 { return GreatCircle(a, p) + GreatCircle(p, b) - GreatCircle(a, b) }
		if got, want := x.Nearest(a, k), bySight(places, k, math.Inf(1), fromA); !slices.Equal(got, want) {
			t.Errorf("Nearest(%v, %d) = %v, want %v", a, k, got, want)
		}
		if got, want := x.Within(a, metres), bySight(places, math.MaxInt, metres, fromA); !slices.Equal(got, want) {
			t.Errorf("Within(%v, %v) = %v, want %v", a, metres, got, want)
		}
		if got, want := x.Detour(a, b, metres), bySight(places, math.MaxInt, metres, around); !slices.Equal(got, want) {
			t.Errorf("Detour(%v, %v, %v) = %v, want %v", a, b, metres, got, want)
		}
	})
}

func TestBoxIsNoFartherThanItsPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c, d := anywhere(t, "p"), anywhere(t, "c"), anywhere(t, "d")
		box := orb.MultiPoint{c, d}.Bound()
		share := rapid.Float64Range(0, 1)
		in := Point{
			box.Min.Lon() + share.Draw(t, "x")*(box.Max.Lon()-box.Min.Lon()),
			box.Min.Lat() + share.Draw(t, "y")*(box.Max.Lat()-box.Min.Lat()),
		}
		if least, dist := atLeast(p, box), GreatCircle(p, in); least > dist {
			t.Errorf("%v is at least %v from %v, but %v from %v in it", p, least, box, dist, in)
		}
	})
}

func TestIndexOfNothing(t *testing.T) {
	x := NewIndex(nil)
	if n := len(x.Nearest(Point{5, 44}, 3)) + len(x.Within(Point{5, 44}, 1e9)) + len(x.Detour(Point{5, 44}, Point{6, 44}, 1e9)); n != 0 {
		t.Errorf("an empty index found %d places", n)
	}
	if got := NewIndex([]Point{{5, 44}}).Nearest(Point{5, 44}, 0); len(got) != 0 {
		t.Errorf("Nearest(0) = %v", got)
	}
}

func ExampleIndex_Detour() {
	carpentras, avignon := Point{5.048, 44.055}, Point{4.806, 43.949}
	x := NewIndex([]Point{
		{5.030, 44.136}, // Beaumes-de-Venise, to the north
		{4.996, 44.035}, // Monteux, on the way
		{4.910, 44.007}, // Entraigues, a little off it
	})
	fmt.Println(x.Detour(carpentras, avignon, 2000))
	fmt.Println(x.Nearest(carpentras, 1), x.Within(carpentras, 10_000))
	// Output:
	// [1 2]
	// [1] [1 0]
}

func BenchmarkDetour(b *testing.B) {
	places := make([]Point, 4000)
	for i := range places {
		angle, r := float64(i)*2.399963, 1.5*math.Sqrt(float64(i)/4000)
		places[i] = Point{5 + r*math.Cos(angle), 44 + r*math.Sin(angle)}
	}
	x := NewIndex(places)
	found := 0
	for b.Loop() {
		found = len(x.Detour(Point{5, 44}, Point{5.1, 44.1}, 5000))
	}
	b.ReportMetric(float64(found), "found")
}
