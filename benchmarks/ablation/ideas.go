package main

// edit leaves something out of a file of the module.
type edit struct{ file, from, to string }

// idea is one of those that a search lives by, and how it is left out.
type idea struct {
	name  string
	edits []edit
}

// subject is a search with its bench.
type subject struct {
	bench string // a command of the module
	ideas []idea
	read  func(report []byte) (map[string]score, error)
	first string // what score.first counts
}

// one is an idea that a single edit leaves out.
func one(name, file, from, to string) idea { return idea{name, []edit{{file, from, to}}} }

const (
	pdptwSearch = "engine/pdptw/search.go"
	pdptwRuin   = "engine/pdptw/ruin.go"
	weekSearch  = "engine/internal/search/search.go"
	weekRuin    = "engine/internal/search/ruin.go"
)

// subjects are the two searches: that of package pdptw and that for weeks and transfers.
var subjects = map[string]subject{
	"pdptw": {bench: "./benchmarks/pdptw", read: readClassic, first: "vehicles", ideas: []idea{
		one("no answer of try remembered", "engine/pdptw/state.go", "if known.version == rt.version && (", "if len(s.used) < 0 && ("),
		one("no bound of what a pickup can come to", "engine/pdptw/route.go", "if to+least[i+1] >= best.cost {", "if to < -never {"),
		one("no deep iterations", pdptwRuin, "deep        = 0.1 ", "deep        = 0.0 "),
		one("no string keeps a part in its middle", pdptwRuin, "splits      = 0.5 ", "splits      = 0.0 "),
		one("no look away now and then", pdptwRuin, "blinks      = 1 << 32 / 100", "blinks      = 0"),
		one("put back in any order", pdptwRuin, "w.rng.IntN(13)", "w.rng.IntN(4)"),
		one("no ruin where a request waits", pdptwRuin, "if len(s.absent) > 0 && w.rng.IntN(2) == 0 {", "if len(s.absent) < 0 {"),
		one("better states only, no annealing", pdptwSearch, "bonus := -heat * math.Log(w.rng.Float64())", "bonus := 0 * heat"),
		one("no request waits outside", pdptwSearch, "accept = (after == 0 || !w.whole) &&", "accept = after == 0 &&"),
		one("all workers let requests wait outside to the end", pdptwSearch, "whole && len(w.best.absent) == 0, false", "false, false"),
		one("who lets none wait does not share", pdptwSearch, "if w.whole && b.best.beats", "if !w.whole && w.whole && b.best.beats"),
		one("who waits does not grow dearer", pdptwSearch, "dearer   = 1.2", "dearer   = 1.0"),
		one("no hotter with few vehicles", pdptwSearch, "tightHot, tightCold = 4.0, 0.04", "tightHot, tightCold = hot, cold"),
		one("no cooler where no request waits", pdptwSearch, "wholeHot, wholeCold = 0.5, 0.02", "wholeHot, wholeCold = tightHot, tightCold"),
		one("no requests removed one by one", pdptwRuin, "scattered     = 0.3 ", "scattered     = 0.0 "),
		one("requests removed one by one always", pdptwSearch, "single := s.fewer || w.whole", "single := true"),
		one("one ejection in five iterations", pdptwSearch, "ejections  = 2 ", "ejections  = 5 "),
		one("absent requests weigh their own absences only", pdptwSearch, "usual               = 5 ", "usual               = 0 "),
		one("no ejections", pdptwSearch, "if !s.fewer || n%ejections > 0 ||", "if !s.fewer || n%ejections >= 0 ||"),
	}},
	"weeks": {bench: "./benchmarks/weeks", read: readWeeks, first: "unserved kg", ideas: []idea{
		one("at most two rides", "engine/internal/search/problem.go", "const MaxLegs = 6", "const MaxLegs = 2"),
		one("at most four rides", "engine/internal/search/problem.go", "const MaxLegs = 6", "const MaxLegs = 4"),
		one("150 rides to places of transfer looked at", "engine/internal/search/recreate.go", "manyRides = 2000", "manyRides = 150"),
		one("a request's usual way is no bound", "engine/internal/search/way.go", "if k == nil || k.paths[c].n == 0 ||", "if k == nil || k.paths[c].n >= 0 ||"),
		one("no strings of stops removed", weekRuin, "case k < 6:", "case k < 0:"),
		{"no whole origins and destinations removed", []edit{{weekRuin, "case k < 9:", "case k < 6:"}, {weekRuin, "case k < 11:", "case k < 6:"}}},
		{"no whole and split trips removed", []edit{{weekRuin, "case k < 13:", "case k < 11:"}, {weekRuin, "case k == 13 && w.splitTrip(c):", "case k < 11 && w.splitTrip(c):"}}},
		one("no places of transfer removed", weekRuin, "case k == 14:", "case k < 0:"),
		one("better states only, no annealing", weekSearch, "- heat*math.Log(w.rng.Float64())", "- 0*heat"),
		one("workers do not share what they find", weekSearch, "t.stretch%4 == 3 &&", "t.stretch%4 > 3 &&"),
		one("hopeless requests tried like others", weekSearch, "out[c] = mostFails", "out[c] = 0"),
		one("no look away now and then", weekSearch, "w.f.blink = 20", "w.f.blink = 0"),
		one("no moves of stops within a route", weekSearch, "		w.polish()\n", ""),
	}},
}
