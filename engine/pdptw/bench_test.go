package pdptw

import (
	"math"
	"math/rand/v2"
	"testing"
)

// BenchmarkSolve is 1,000 iterations on 100 requests, with short and with long routes.
func BenchmarkSolve(b *testing.B) {
	for name, horizon := range map[string]int32{"short": 1500, "long": 6000} {
		b.Run(name, func(b *testing.B) {
			in := compile(wide(100, horizon))
			b.ReportAllocs()
			for b.Loop() {
				newSearch(in, Options{Seed: 1, Workers: 1, Iterations: 1000}, func() bool { return false }).run()
			}
		})
	}
}

// wide has requests all over a square of 1,000, each with an hour or so for either end.
func wide(requests int, horizon int32) *Problem {
	rng := rand.New(rand.NewPCG(1, 1))
	n := 2*requests + 1
	x, y := make([]float64, n), make([]float64, n)
	for i := range n {
		x[i], y[i] = rng.Float64()*1000, rng.Float64()*1000
	}
	p := &Problem{Places: n, Fleet: []Vehicles{{Count: requests, Capacity: 100, Close: horizon}}}
	for i := range n {
		for j := range n {
			p.Dist = append(p.Dist, int32(math.Ceil(math.Hypot(x[i]-x[j], y[i]-y[j])/2)))
		}
	}
	for r := range requests {
		from, to := int32(2*r+1), int32(2*r+2)
		open := p.Dist[from] + rng.Int32N(horizon/2)
		later := open + p.Dist[int(from)*n+int(to)]
		p.Requests = append(p.Requests, Request{Stop{from, open, open + 200, 10}, Stop{to, later, min(later+400, horizon-p.Dist[int(to)*n]-10), 10}, 5 + rng.Int32N(20)})
	}
	return p
}
