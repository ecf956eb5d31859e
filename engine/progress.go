package engine

import (
	"slices"

	"carriole/engine/internal/search"
)

// How far the rounds of a draft have come at the moment of a replanning, model.now. A drive that has begun is finished:
// the stops before that are fixed with their times are those made and the one that is being driven to, the head. In a
// frame such a round begins at its head, at a place of its own to which nobody else can come, so that what is on board
// there leaves with it and the search needs to know nothing of the past.

// ahead are the stops from the head on, of a round that has not begun all.
func (r *draftRound) ahead() []int32 {
	if len(r.stops) == 0 {
		return nil
	}
	return r.stops[r.head:]
}

// over reports whether nothing of the round is left to plan.
func (r *draftRound) over() bool { return r.begun && r.head == len(r.stops)-1 }

// underway is how far a parcel has come: its way in the draft is only what is left of it.
type underway struct {
	past  []draftLeg // rides that are finished
	load  int32      // the stop where it was loaded; −1: it is on no round
	round int        // that it is on
	place int        // in the week: where it waits after past
	ready int32      // from when on
	held  bool       // the rest of its way is fixed
}

// aboard is the round that a parcel is on, −1 for none.
func (d *draft) aboard(c int) int {
	if d.under == nil || d.under[c].load < 0 {
		return -1
	}
	return d.under[c].round
}

// held reports whether a parcel's way must stay as it is.
func (d *draft) held(c int) bool { return d.under != nil && d.under[c].held }

// waits is the place where a parcel that is on no round is at present.
func (d *draft) waits(m *model, c int) int {
	if d.under != nil && len(d.under[c].past) > 0 {
		return d.under[c].place
	}
	return m.origin(d.parcels[c])
}

// ready is when a parcel can leave from there.
func (d *draft) ready(m *model, c int) int32 {
	switch {
	case d.under == nil:
		return m.ready(d.parcels[c])
	case d.under[c].load >= 0:
		return -search.Inf
	case len(d.under[c].past) > 0:
		return max(m.now, d.under[c].ready)
	}
	return max(m.now, m.ready(d.parcels[c]))
}

// meets is until when a round must have come to take a parcel over that is about to be handed over and cannot wait.
func (d *draft) meets(m *model, c int) int32 {
	if !d.held(c) || d.under[c].load >= 0 || len(d.under[c].past) == 0 || m.week.Places[d.under[c].place].CanStore(d.parcels[c].class) {
		return search.Inf
	}
	past := d.under[c].past
	return d.stops[past[len(past)-1].to].depart
}

// legs is the whole way of a parcel, what is behind it and what is left.
func (d *draft) legs(c int) []draftLeg {
	if d.under == nil {
		return d.ways[c]
	}
	u := &d.under[c]
	out := append(append([]draftLeg{}, u.past...), d.ways[c]...)
	k := len(u.past)
	switch {
	case len(d.ways[c]) == 0:
	case u.load >= 0:
		out[k].from = u.load
	case k > 0 && d.round(out[k-1]) == d.round(out[k]):
		// taken up again by the round that has brought it
		out[k-1].to = out[k].to
		out = slices.Delete(out, k, k+1)
	}
	return out
}

// back is when a vehicle is back from the rounds that are over, or leaves the head of the one that it is on.
func (d *draft) back(vehicle int) int32 {
	t := int32(-search.Inf)
	if d.under == nil {
		return t
	}
	for n := range d.rounds {
		if r := &d.rounds[n]; r.vehicle == vehicle && r.over() {
			t = max(t, d.stops[r.stops[len(r.stops)-1]].arrive)
		} else if r.vehicle == vehicle && r.begun {
			t = max(t, d.stops[r.ahead()[0]].depart)
		}
	}
	return t
}

// headPlace is where a round that has begun leaves from: nobody else stops there.
var headPlace = search.Place{Open: []search.Window{{Open: search.Inf, Close: search.Inf}}}

// addHeads gives each round of the frame that has begun a place of its own.
func (f *frame) addHeads(d *draft) {
	for _, n := range f.rounds {
		if r := &d.rounds[n]; r.begun {
			if f.heads == nil {
				f.heads = map[int]int32{}
			}
			f.heads[n] = int32(len(f.places))
			f.places = append(f.places, d.stops[r.ahead()[0]].place)
		}
	}
}
