package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
)

// points are some with made-up ways to all before them; the third is lost.
func points(r *rand.Rand, after, n int) []DistancePoint {
	out := make([]DistancePoint, n)
	for i := range out {
		p := DistancePoint{At: Point{int64(after + i), -int64(after + i)}, Lost: after+i == 2}
		if !p.Lost {
			p.Ways = make([]Return, after+i)
			for k := range p.Ways {
				if k != 2 {
					p.Ways[k] = Return{r.Uint32(), r.Uint32N(1 << 20), r.Uint32(), r.Uint32N(1 << 20)}
				}
			}
		}
		out[i] = p
	}
	return out
}

// Ways are added point by point and come back as they were, by source; what is not used any more goes.
func testDistances(t *testing.T, s *Store) {
	c, ctx := fill(t, s, "one").scope, t.Context()
	r := rand.New(rand.NewPCG(1, 2))
	if d, err := c.Distances(ctx, "roads"); err != nil || len(d) > 0 {
		t.Fatalf("%v, %v", d, err)
	}
	want := Distances(points(r, 0, 5))
	ok(t, c.AddDistances(ctx, "roads", 0, want))
	more := points(r, 5, 7)
	ok(t, c.AddDistances(ctx, "roads", 5, more))
	want = append(want, more...)
	ok(t, c.AddDistances(ctx, "other roads", 0, points(r, 0, 2)))
	got, err := c.Distances(ctx, "roads")
	ok(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v, want\n%v", got, want)
	}
	if m, sec := got.Between(7, 3); m != want[7].Ways[3].Metres || sec != want[7].Ways[3].Seconds {
		t.Errorf("from 7 to 3: %d m, %d s", m, sec)
	}
	if m, sec := got.Between(3, 7); m != want[7].Ways[3].MetresBack || sec != want[7].Ways[3].SecondsBack {
		t.Errorf("from 3 to 7: %d m, %d s", m, sec)
	}
	is(t, c.AddDistances(ctx, "roads", 5, points(r, 5, 1)), Conflict)
	is(t, c.AddDistances(ctx, "other roads", 2, []DistancePoint{{At: Point{0, 0}, Lost: true}}), Conflict) // a point that is there
	is(t, c.AddDistances(ctx, "roads", 12, []DistancePoint{{At: Point{99, 99}}}), Invalid)
	is(t, c.AddDistances(ctx, "roads", 12, []DistancePoint{{At: Point{181e7, 0}, Lost: true}}), Invalid)
	is(t, c.AddDistances(ctx, "", 0, nil), Invalid)

	ok(t, c.KeepDistances(ctx, "roads", time.Now().Add(-time.Hour)))
	if d, err := c.Distances(ctx, "other roads"); err != nil || len(d) != 2 {
		t.Errorf("ways that were used a moment ago are %v, %v", d, err)
	}
	ok(t, c.KeepDistances(ctx, "roads", time.Now().Add(time.Hour)))
	if d, err := c.Distances(ctx, "other roads"); err != nil || len(d) != 0 {
		t.Errorf("ways that were not used are %v, %v", d, err)
	}
	if d, err := c.Distances(ctx, "roads"); err != nil || len(d) != 12 {
		t.Errorf("ways that are used are %d, %v", len(d), err)
	}
	ok(t, c.DropDistances(ctx, "roads"))
	if d, err := c.Distances(ctx, "roads"); err != nil || len(d) != 0 {
		t.Errorf("ways that were dropped are %v, %v", d, err)
	}
}

// Of several who add the same points one does, and the others are told.
func testConcurrentDistances(t *testing.T, s *Store) {
	c, ctx := fill(t, s, "one").scope, t.Context()
	const n = 8
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			errs[i] = c.AddDistances(ctx, "roads", 0, points(rand.New(rand.NewPCG(1, uint64(i))), 0, 4))
		})
	}
	all.Wait()
	added := 0
	for _, err := range errs {
		if err == nil {
			added++
		} else if !errors.Is(err, &Error{Code: Conflict}) {
			t.Error(err)
		}
	}
	if d, err := c.Distances(ctx, "roads"); added != 1 || err != nil || len(d) != 4 {
		t.Errorf("%d added, there are %d, %v", added, len(d), err)
	}
}

func TestDamagedDistances(t *testing.T) {
	p := points(rand.New(rand.NewPCG(3, 4)), 0, 6)[5]
	b := p.encode()
	for i := range b {
		if err := new(DistancePoint).decode(b[:i], 5); err == nil {
			t.Errorf("%d of %d bytes are taken", i, len(b))
		}
	}
	if err := new(DistancePoint).decode(append(slices.Clone(b), 0), 5); err == nil {
		t.Error("one byte too many is taken")
	}
	var again DistancePoint
	if err := again.decode(b, 5); err != nil || fmt.Sprint(again.Ways) != fmt.Sprint(p.Ways) {
		t.Errorf("%v, %v", again.Ways, err)
	}
}
