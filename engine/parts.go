package engine

// part is a set of vehicles and parcels planned at once, as indexes in the week and in the draft.
type part struct{ vehicles, parcels []int }

// parts divides a draft into what can be planned at once: all of it where it is small.
func (s *solver) parts(d *draft) []part {
	return []part{{s.m.vehicles, s.searchable(d)}}
}

// searchable are the parcels that a search may move: those not locked to no way at all.
func (s *solver) searchable(d *draft) []int {
	var out []int
	for c := range d.parcels {
		if !d.parcels[c].locked || len(d.parcels[c].lock) > 0 {
			out = append(out, c)
		}
	}
	return out
}
