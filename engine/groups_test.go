package engine

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// farApart is two weeks in one, the second elsewhere and with other ids. Neither has a travel table.
func farApart(t *testing.T, a, b *Week) *Week {
	a, b = deepCopy(a), deepCopy(b)
	a.Travel, b.Travel = nil, nil
	for i := range b.Places {
		b.Places[i].Lat += 6
	}
	for i := range b.Orders {
		if o := &b.Orders[i]; o.Lat != nil {
			o.Lat = new(*o.Lat + 6)
		}
	}
	document, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	rename := func(id string) {
		document = bytes.ReplaceAll(document, []byte(`"`+id+`"`), []byte(`"north-`+id+`"`))
	}
	for _, x := range b.Places {
		rename(x.ID)
	}
	for _, x := range b.Producers {
		rename(x.ID)
	}
	for _, x := range b.Vehicles {
		rename(x.ID)
	}
	for _, x := range b.Rounds {
		rename(x.ID)
	}
	for _, x := range b.PickupPoints {
		rename(x.ID)
	}
	for _, x := range b.Orders {
		rename(x.ID)
	}
	var north Week
	if err := json.Unmarshal(document, &north); err != nil {
		t.Fatal(err)
	}
	a.Places = append(a.Places, north.Places...)
	a.Producers = append(a.Producers, north.Producers...)
	a.Vehicles = append(a.Vehicles, north.Vehicles...)
	a.Rounds = append(a.Rounds, north.Rounds...)
	a.PickupPoints = append(a.PickupPoints, north.PickupPoints...)
	a.Orders = append(a.Orders, north.Orders...)
	a.Locks = append(a.Locks, north.Locks...)
	a.Forbid = append(a.Forbid, north.Forbid...)
	return a
}

// eachApart runs f on pairs of weeks of each shape that crow flies can serve, made one.
func eachApart(t *testing.T, n uint64, f func(t *testing.T, week *Week)) {
	eachShape(t, n, func(t *testing.T, week *Week, rng *rand.Rand) {
		both := farApart(t, week, randomWeek(rng, weekShapes["week"]))
		if len(Validate(both, TravelOf(both))) > 0 {
			t.Skip("a round keeps its windows by the week's own table alone")
		}
		f(t, both)
	})
}

func TestGroupsAreApart(t *testing.T) {
	several := 0
	eachApart(t, 3, func(t *testing.T, week *Week) {
		m := newModel(week, TravelOf(week))
		s := newSolver(t.Context(), m, Options{Iterations: 1})
		s.assign()
		d := m.newDraft(s.parcels())
		all := d.searchable()
		groups := m.groups(d, all)
		if len(groups) > 1 {
			several++
		}
		var parcels, vehicles []int
		for _, g := range groups {
			parcels, vehicles = append(parcels, g.parcels...), append(vehicles, g.vehicles...)
			for _, c := range g.parcels {
				x := d.parcels[c]
				for _, v := range m.vehiclesOf[x.producer] {
					if !slices.Contains(g.vehicles, v) {
						t.Errorf("%s's goods are without their own vehicle", week.Producers[x.producer].ID)
					}
				}
				if strings.HasPrefix(week.Producers[x.producer].ID, "north-") != strings.HasPrefix(week.Producers[d.parcels[g.parcels[0]].producer].ID, "north-") {
					t.Error("goods from both ends of the country are in one group")
				}
			}
		}
		if slices.Sort(parcels); !slices.Equal(parcels, all) {
			t.Errorf("the groups hold the parcels %v of %v", parcels, all)
		}
		if slices.Sort(vehicles); len(slices.Compact(vehicles)) != len(vehicles) {
			t.Errorf("a vehicle is in two groups: %v", vehicles)
		}
	})
	if several == 0 {
		t.Error("no week fell into groups")
	}
}

// Weeks that fall into groups are planned right by iterations, where the plan depends on nothing else, and by the caller's clock, which
// groups that have to wait for a thread share.
func TestGroupsArePlannedRight(t *testing.T) {
	eachApart(t, 1, func(t *testing.T, week *Week) {
		for _, workers := range []int{1, 2} {
			opt := quick
			opt.Workers, opt.Shares, opt.Bound = workers, -1, -1
			plan := solved(t, t.Context(), week, opt)
			mustBeRight(t, week, plan)
			a, err := json.Marshal(plan)
			if err != nil {
				t.Fatal(err)
			}
			opt.Progress = looks(t, week, new(int)) // to look at groups changes nothing
			b, err := json.Marshal(solved(t, t.Context(), week, opt))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a, b) {
				t.Error("the same search gives another plan")
			}
			var asked atomic.Int64
			mustBeRight(t, week, solved(t, t.Context(), week, Options{Workers: workers, Shares: -1, Bound: -1, Share: func() float64 { return float64(asked.Add(1)) / 60 }}))
		}
	})
}
