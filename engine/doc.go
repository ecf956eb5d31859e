// Package engine plans who carries what: it takes a week (places, producers, vehicles, the rounds that are driven
// anyway, pickup points and the closed orders) and answers with a plan that serves the orders with the fewest
// added kilometres.
//
// The package is pure: no network, no files, no clock, no logging. The same week, seed and number of iterations give
// the same plan. Units everywhere: metres, seconds, kilograms, litres, WGS 84 degrees.
//
// A round is a bus line and a consignment its passenger: it rides one round or changes rounds where two of them stop
// at the same place; a round may be diverted a little to fetch something, and whoever is on board then rides free. The
// cost therefore belongs to stops. [Solve] searches for the cheapest set of added stops, handovers and dedicated
// trips; [Check] recomputes a plan from nothing and shares no code with the search.
//
// A week that has been planned changes: [Replan] answers a [Change] in some ten milliseconds, near to the previous plan and
// with what is done already fixed, and says what changes for whom and why; [Alternatives] lists the other ways of one
// consignment.
package engine
