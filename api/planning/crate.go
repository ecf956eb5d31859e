package planning

import (
	"cmp"
	"context"
	"math"

	"carriole/api/store"
)

// Crate is what one crate takes. What is zero is as in one of 600 × 400 mm, with what one person lifts.
type Crate struct{ Kg, Litres float64 }

const (
	usualKg     = 20
	usualLitres = 48
)

// CrateOn is what a crate of a collective takes on a day.
func CrateOn(ctx context.Context, c *store.Scope, day store.Day) (Crate, error) {
	var out Crate
	for _, x := range []struct {
		name store.SettingName
		to   *float64
	}{{store.CrateGrams, &out.Kg}, {store.CrateMl, &out.Litres}} {
		list, err := store.All(func(p store.Page) ([]store.Setting, store.Cursor, error) {
			return c.Settings(ctx, store.SettingFilter{Name: x.name}, p)
		})
		if err != nil {
			return out, err
		}
		if n := store.SettingOn(list, x.name, day); n != nil {
			*x.to = float64(*n) / 1e3
		}
	}
	return out, nil
}

// Count is how many crates goods need, as far as their amounts tell.
func (c Crate) Count(kg, litres float64) int {
	const dust = 1e-9
	return max(1, int(math.Ceil(max(kg/cmp.Or(c.Kg, usualKg), litres/cmp.Or(c.Litres, usualLitres))-dust)))
}
