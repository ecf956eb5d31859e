package roads

import (
	"strconv"
	"strings"
)

// rules are what the tags of a way say to the driver of a van up to 3.5 t.
type rules struct {
	forward, backward float64 // km/h in the direction of the way and against it; 0: closed
	duration          float64 // seconds of the whole way, where a ferry states it
	private           bool    // driven only by those whose way begins or ends there
	stop              bool    // one can stop there, so that places may lie at it
}

// classSpeed is how fast roads of a class are driven where no limit is known, in km/h.
func classSpeed(highway string) float64 {
	switch highway {
	case "motorway":
		return 100
	case "motorway_link", "trunk":
		return 70
	case "trunk_link", "primary":
		return 65
	case "primary_link", "secondary":
		return 60
	case "secondary_link", "tertiary":
		return 50
	case "tertiary_link":
		return 40
	case "unclassified", "residential":
		return 30
	case "service", "road":
		return 20
	case "track":
		return 15
	case "living_street":
		return 6
	}
	return 0
}

const (
	limitShare  = 0.9 // of a speed limit that is reached on average
	badSurface  = 30  // km/h at most on roads without a hard surface
	ferrySpeed  = 15  // km/h where a ferry states no duration
	slowest     = 3   // km/h
	unlimited   = 140 // km/h where there is no limit
	walkingPace = 6
)

// drive reads the tags of a way; ok is false for what is not driven.
func drive(tags []tag) (r rules, ok bool) {
	highway := value(tags, "highway")
	if highway == "" {
		return ferry(tags)
	}
	speed := classSpeed(highway)
	// What is built for pedestrians, bicycles and buses is open where a tag says so for cars, not only for everybody.
	if speed == 0 {
		switch highway {
		case "pedestrian", "footway", "cycleway", "bridleway", "path", "busway":
			if !explicit(tags) {
				return r, false
			}
			speed = walkingPace
		default:
			return r, false
		}
	}
	if value(tags, "area") == "yes" || value(tags, "service") == "emergency_access" || value(tags, "impassable") == "yes" || value(tags, "smoothness") == "impassable" {
		return r, false
	}
	if highway == "track" {
		switch value(tags, "tracktype") {
		case "", "grade2":
		case "grade1":
			speed = 20
		case "grade3":
			speed = 10
		default:
			return r, false
		}
	}
	who := access(tags)
	if who == nobody {
		return r, false
	}
	r.private = who == residents
	motorroad := value(tags, "motorroad") == "yes"
	if motorroad && highway != "motorway" {
		speed = max(speed, 90)
	}
	r.stop = highway != "motorway" && highway != "motorway_link" && highway != "trunk_link" && !motorroad &&
		(value(tags, "tunnel") == "" || value(tags, "tunnel") == "no")
	limit := speedLimit(tags)
	paved := true
	switch value(tags, "surface") {
	case "unpaved", "compacted", "gravel", "fine_gravel", "pebblestone", "dirt", "earth", "ground", "grass", "sand", "mud", "cobblestone", "unhewn_cobblestone", "grass_paver", "wood":
		paved = false
	}
	at := func(direction string) float64 {
		s := speed
		if own := parseSpeed(value(tags, "maxspeed:"+direction)); own > 0 {
			s = own * limitShare
		} else if limit > 0 {
			s = limit * limitShare
		}
		if !paved {
			s = min(s, badSurface)
		}
		return max(s, slowest)
	}
	r.forward, r.backward = at("forward"), at("backward")
	switch oneway(tags, highway) {
	case 1:
		r.backward = 0
	case -1:
		r.forward = 0
	case 2:
		return r, false
	}
	for _, key := range []string{"motorcar:", "motor_vehicle:", "vehicle:"} {
		if value(tags, key+"forward") == "no" {
			r.forward = 0
		}
		if value(tags, key+"backward") == "no" {
			r.backward = 0
		}
	}
	return r, r.forward > 0 || r.backward > 0
}

// ferry reads the tags of a way that is no road.
func ferry(tags []tag) (r rules, ok bool) {
	if value(tags, "route") != "ferry" && value(tags, "ferry") == "" || access(tags) != everybody {
		return r, false
	}
	if !explicit(tags) && (value(tags, "foot") != "" || value(tags, "bicycle") != "") {
		return r, false // carries those it names
	}
	r = rules{forward: ferrySpeed, backward: ferrySpeed, duration: parseDuration(value(tags, "duration"))}
	switch value(tags, "oneway") {
	case "yes":
		r.backward = 0
	case "-1":
		r.forward = 0
	}
	return r, true
}

// oneway is 1 for a road that is driven along its nodes only, −1 for one driven against them only, 2 for one whose
// direction changes with the hour, else 0.
func oneway(tags []tag, highway string) int {
	direction := value(tags, "oneway")
	if own := value(tags, "oneway:motor_vehicle"); own != "" {
		direction = own
	}
	switch direction {
	case "yes", "true", "1":
		return 1
	case "-1", "reverse":
		return -1
	case "reversible":
		return 2
	case "no", "false", "0", "alternating":
		return 0
	}
	junction := value(tags, "junction")
	if junction == "roundabout" || junction == "circular" || highway == "motorway" || highway == "motorway_link" {
		return 1
	}
	return 0
}

// admitted is who may drive.
type admitted int

const (
	everybody admitted = iota
	residents          // those who start or end there
	nobody
)

// vehicleKeys are those that speak of a van, the most special first.
func vehicleKeys() [4]string { return [4]string{"motorcar", "motor_vehicle", "vehicle", "access"} }

// access is what the most special key says that is there.
func access(tags []tag) admitted {
	for _, key := range vehicleKeys() {
		if v := value(tags, key); v != "" {
			return admits(v)
		}
	}
	return everybody
}

// admits reads a value of access; of several the widest.
func admits(values string) admitted {
	widest := nobody
	for v := range strings.SplitSeq(values, ";") {
		switch strings.TrimSpace(v) {
		case "yes", "designated", "permissive", "official", "public", "unknown":
			widest = min(widest, everybody)
		case "private", "destination", "delivery", "customers", "permit", "residents":
			widest = min(widest, residents)
		}
	}
	return widest
}

// explicit reports whether a way is open to vans in so many words.
func explicit(tags []tag) bool {
	for _, key := range vehicleKeys() {
		if v := value(tags, key); v != "" && key != "access" {
			return admits(v) != nobody
		}
	}
	return false
}

// blocks reports whether a node stops a van.
func blocks(tags []tag) bool {
	kind := value(tags, "barrier")
	if kind == "" {
		return false
	}
	for _, key := range vehicleKeys() {
		if v := value(tags, key); v != "" {
			return admits(v) != everybody
		}
	}
	switch kind {
	case "bollard", "block", "jersey_barrier", "cycle_barrier", "motorcycle_barrier", "kissing_gate", "stile", "turnstile", "full-height_turnstile",
		"horse_stile", "log", "debris", "chain", "rope", "bus_trap", "sump_buster", "planter", "fence", "wall", "hedge", "ditch", "barrier_board":
		return true
	}
	return value(tags, "locked") == "yes"
}

// speedLimit is the limit that a way states in km/h, in numbers or by the kind of zone, 0 for none.
func speedLimit(tags []tag) float64 {
	for _, key := range []string{"maxspeed:motorcar", "maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed"} {
		if s := parseSpeed(value(tags, key)); s > 0 {
			return s
		}
	}
	return 0
}

// parseSpeed reads a speed in km/h: a number, one of miles, or the limit that the law sets for a kind of road, such as
// FR:rural; 0 where it is none.
func parseSpeed(s string) float64 {
	s, _, _ = strings.Cut(s, ";")
	s = strings.TrimSpace(s)
	switch s {
	case "":
		return 0
	case "none":
		return unlimited
	case "walk":
		return walkingPace
	}
	if country, zone, ok := strings.Cut(s, ":"); ok && len(country) == 2 {
		return zoneSpeed(country, zone)
	}
	unit := 1.0
	if miles, ok := strings.CutSuffix(s, "mph"); ok {
		s, unit = miles, 1.609344
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s, "km/h")), 64)
	if err != nil || !(v > 0 && v <= 300) {
		return 0
	}
	return v * unit
}

// zoneSpeed is the limit of a kind of road by law, for a van, in km/h; 0 where it is not known.
func zoneSpeed(country, zone string) float64 {
	if n, ok := strings.CutPrefix(zone, "zone"); ok {
		zone = strings.TrimPrefix(n, ":")
	}
	if v, err := strconv.ParseFloat(zone, 64); err == nil && v > 0 && v <= 300 {
		return v
	}
	switch zone {
	case "urban":
		return 50
	case "walk":
		return walkingPace
	case "living_street":
		if country == "FR" || country == "BE" || country == "CH" {
			return 20
		}
		return walkingPace
	case "rural":
		switch country {
		case "FR", "CH":
			return 80
		case "BE", "ES", "IT", "PT", "LU", "GR", "PL", "HU", "CZ", "SK", "SI", "HR":
			return 90
		case "NL":
			return 80
		}
		return 100
	case "trunk", "motorroad", "expressway":
		switch country {
		case "FR", "IT":
			return 110
		case "DE":
			return unlimited
		}
		return 100
	case "motorway":
		switch country {
		case "DE":
			return unlimited
		case "BE", "ES", "PT", "CH":
			return 120
		}
		return 130
	}
	return 0
}

// parseDuration reads minutes, hours:minutes or hours:minutes:seconds, in seconds; 0 where it is none.
func parseDuration(s string) float64 {
	parts := strings.Split(s, ":")
	if s == "" || len(parts) > 3 {
		return 0
	}
	total := 0.0
	for _, p := range parts {
		n, err := strconv.ParseFloat(p, 64)
		if err != nil || !(n >= 0 && n < 1000) {
			return 0
		}
		total = total*60 + n
	}
	if len(parts) < 3 {
		total *= 60
	}
	return total
}

// turn is a rule for the turns at a node from one way to another.
type turn struct {
	from, via, to int64
	only          bool // no other turn than this; else: not this one
}

// restricts reports whether the tags are those of a rule for turns that a van has to keep.
func restricts(tags []tag) (only, ok bool) {
	if value(tags, "type") != "restriction" {
		return false, false
	}
	rule := ""
	for _, key := range []string{"restriction:motorcar", "restriction:motor_vehicle", "restriction"} {
		if rule = value(tags, key); rule != "" {
			break
		}
	}
	for except := range strings.SplitSeq(value(tags, "except"), ";") {
		switch strings.TrimSpace(except) {
		case "motorcar", "motor_vehicle", "vehicle":
			return false, false
		}
	}
	switch {
	case strings.HasPrefix(rule, "only_"):
		return true, true
	case strings.HasPrefix(rule, "no_"):
		return false, true
	}
	return false, false
}

// turns are the rules of a relation; none where they do not turn at a node.
func turns(r *relation) []turn {
	only, ok := restricts(r.tags)
	if !ok {
		return nil
	}
	var from, to, via []int64
	for _, m := range r.members {
		switch {
		case m.role == "from" && m.kind == wayMember:
			from = append(from, m.id)
		case m.role == "to" && m.kind == wayMember:
			to = append(to, m.id)
		case m.role == "via" && m.kind == nodeMember:
			via = append(via, m.id)
		case m.role == "via":
			return nil
		}
	}
	if len(via) != 1 {
		return nil
	}
	var out []turn
	for _, f := range from {
		for _, t := range to {
			out = append(out, turn{f, via[0], t, only})
		}
	}
	return out
}
