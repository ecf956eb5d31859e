package search

// steepest bounds how often over a price counts the first Grade of excess, so that it fits in 64 bits.
const steepest = 64

// Price is what an owner's added distance costs beyond itself: nothing up to Even, then the cube of the excess in units
// of Grade, so that each further metre costs three times the excess squared more. It never falls with the distance, so
// a detour costs its distance at least and every bound by distances alone holds.
func (p *Problem) Price(owner, dist int32) int64 {
	if p.Grade <= 0 {
		return 0
	}
	e, g := min(int64(dist)-int64(p.Even[owner]), 1<<28), int64(p.Grade)
	if e <= 0 {
		return 0
	}
	if most := steepest * g; e > most {
		return most*steepest*steepest + (e-most)*3*steepest*steepest
	}
	return e * e / g * e / g
}

// dearest is the most that one ride is counted to cost, so that those of a way and its transfers stay below Inf.
const dearest = Inf / 8

// dear is what d more distance of an owner costs, the price with it.
func (s *state) dear(owner, d int32) int32 {
	if s.p.Grade <= 0 {
		return d
	}
	more := s.p.Price(owner, s.owed[owner]+d) - s.p.Price(owner, s.owed[owner])
	return max(d, int32(min(int64(d)+more, dearest)))
}

// prices is what all that owners add costs beyond itself.
func (s *state) prices() int64 {
	sum := int64(0)
	for k, d := range s.owed {
		sum += s.p.Price(int32(k), d) - s.p.Price(int32(k), 0)
	}
	return sum
}
