package pdptw

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// busy is a worker whose state has been through some iterations.
func busy(seed uint64) *worker {
	p := random(rand.New(rand.NewPCG(seed, 5)))
	w := newSearch(compile(p), Options{Seed: seed, Workers: 1}, func() bool { return false }).workers[0]
	if len(w.s.routes) == 0 {
		return w
	}
	w.recreate()
	for range 20 {
		w.ruin(false)
		w.recreate()
	}
	w.s.keep()
	return w
}

// cheapest is what try has to find, by trying everything.
func cheapest(s *state, r int32, rt *route) int64 {
	best := int64(never)
	n := len(rt.stops)
	copied := *rt
	for i := range n - 1 {
		for j := i; j < n-1; j++ {
			var nodes []int32
			for k, x := range rt.stops {
				nodes = append(nodes, x.node)
				if k == i {
					nodes = append(nodes, 2*r)
				}
				if k == j {
					nodes = append(nodes, 2*r+1)
				}
			}
			copied.stops = nil
			for _, n := range nodes {
				copied.stops = append(copied.stops, slot{node: n})
			}
			if s.measure(&copied) {
				best = min(best, copied.dist-rt.dist)
			}
		}
	}
	return best
}

func TestTryFindsTheCheapestPlace(t *testing.T) {
	found := 0
	for seed := range uint64(60) {
		w := busy(seed)
		s := w.s
		// distances are rounded up, so they keep the triangle inequality; other times do not
		exact := s.in.p.Time == nil
		for r := range s.whose {
			if s.whose[r] >= 0 {
				w.out[r] = true
				s.remove(s.whose[r], w.out)
				w.out[r] = false
			}
			for i := range s.routes {
				rt := &s.routes[i]
				want := cheapest(s, int32(r), rt)
				got := s.try(int32(r), rt, never)
				if got.at >= 0 && int64(got.cost) < want || exact && int64(got.cost) != want {
					t.Fatalf("seed %d, request %d, route %d: %d, the cheapest costs %d", seed, r, i, got.cost, want)
				}
				if got.at < 0 {
					continue
				}
				found++
				dist := s.dist
				s.insert(int32(r), int32(i), got)
				if s.dist-dist != int64(got.cost) {
					t.Fatalf("seed %d: costs %d, said to be %d", seed, s.dist-dist, got.cost)
				}
				w.out[r] = true
				s.remove(int32(i), w.out)
				w.out[r] = false
				if bounded := s.try(int32(r), rt, got.cost); bounded.at >= 0 {
					t.Fatalf("seed %d: %d below the bound %d", seed, bounded.cost, got.cost)
				}
			}
			s.undo()
		}
	}
	if found < 1000 {
		t.Errorf("only %d places found", found)
	}
}

// audit says where a state breaks its invariant.
func audit(t *testing.T, s *state) {
	t.Helper()
	var dist int64
	served := 0
	for i := range s.routes {
		rt := &s.routes[i]
		again := route{kind: rt.kind, stops: slices.Clone(rt.stops)}
		if !s.measure(&again) || again.dist != rt.dist || !slices.Equal(again.stops, rt.stops) {
			t.Fatalf("route %d: %v", i, cmp.Diff(again.dist, rt.dist))
		}
		dist += rt.dist
		for k := 1; k < len(rt.stops)-1; k++ {
			n := rt.stops[k].node
			if int(s.at[n]) != k || s.whose[n>>1] != int32(i) {
				t.Fatalf("node %d is at %d of %d, said to be at %d of %d", n, k, i, s.at[n], s.whose[n>>1])
			}
		}
		served += (len(rt.stops) - 2) / 2
	}
	if dist != s.dist || served+len(s.absent) != s.in.requests {
		t.Fatalf("distance %d, said to be %d; %d served, %d not", dist, s.dist, served, len(s.absent))
	}
	for _, r := range s.absent {
		if s.whose[r] >= 0 {
			t.Fatalf("request %d is absent and on %d", r, s.whose[r])
		}
	}
}

func TestUndoAndLoadBringBackTheState(t *testing.T) {
	for seed := range uint64(60) {
		w := busy(seed)
		if len(w.s.routes) == 0 {
			continue
		}
		audit(t, w.s)
		var before, after, loaded plan
		w.s.sequences(&before)
		for range 10 {
			w.ruin(true)
			w.recreate()
			audit(t, w.s)
			w.s.undo()
			audit(t, w.s)
		}
		if w.s.sequences(&after); !slices.Equal(before.nodes, after.nodes) || before.dist != after.dist {
			t.Fatalf("seed %d: undo gives another state", seed)
		}
		for range 5 {
			w.ruin(true)
			w.recreate()
		}
		w.s.load(&before)
		audit(t, w.s)
		if w.s.sequences(&loaded); loaded.dist != before.dist || loaded.routes != before.routes || !slices.Equal(loaded.absent, before.absent) {
			t.Fatalf("seed %d: load gives another state", seed)
		}
	}
}

func TestEjectPutsAnAbsentRequestIn(t *testing.T) {
	done := 0
	for seed := range uint64(60) {
		w := busy(seed)
		s := w.s
		if len(s.routes) == 0 || len(s.used) < 2 {
			continue
		}
		w.spare()
		audit(t, s)
		for range 10 {
			if len(s.absent) == 0 {
				break
			}
			w.miss(s.absent)
			before := w.weight(s.absent)
			if w.eject() {
				done++
				if after := w.weight(s.absent); after >= before {
					t.Fatalf("seed %d: the absent weigh %d after %d", seed, after, before)
				}
			}
			audit(t, s)
		}
		s.undo()
		audit(t, s)
	}
	if done < 20 {
		t.Errorf("only %d ejections", done)
	}
}
