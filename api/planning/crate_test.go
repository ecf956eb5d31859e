package planning_test

import (
	"testing"

	"carriole/api/planning"
	"carriole/api/store"
)

func TestCrate(t *testing.T) {
	eachBench(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		for _, x := range []store.Setting{{Name: store.CrateMl, Since: "2026-11-01", Value: new(int64(30_000))}, {Name: store.CrateGrams, Since: "2026-12-01", Value: new(int64(10_000))}} {
			b.ok(b.Scope.CreateSetting(ctx, &x))
		}
		for _, test := range []struct {
			day        store.Day
			kg, litres float64
			want       int
		}{
			{"2026-10-31", 0, 0, 1}, {"2026-10-31", 20, 48, 1}, {"2026-10-31", 20.1, 0, 2}, {"2026-10-31", 0, 48.1, 2},
			{"2026-11-26", 20, 30, 1}, {"2026-11-26", 1, 48, 2}, {"2026-12-03", 20, 30, 2}, {"2026-12-03", 10.0000000001, 30, 1},
		} {
			crate, err := planning.CrateOn(ctx, b.Scope, test.day)
			b.ok(err)
			if got := crate.Count(test.kg, test.litres); got != test.want {
				t.Errorf("%s: %g kg and %g l are %d crates of %+v, want %d", test.day, test.kg, test.litres, got, crate, test.want)
			}
		}
		if got := (planning.Crate{}).Count(41, 0); got != 3 {
			t.Errorf("41 kg are %d usual crates", got)
		}
	})
}
