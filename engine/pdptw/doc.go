// Package pdptw solves pickup and delivery with time windows: vehicles of one or more depots, requests that one vehicle
// brings from one place to another, least distance or fewest vehicles first. It is for those who have requests and
// vehicles and no week; a week's rounds, producers and handovers are package engine's.
//
// It is pure: no clock but the caller's, no files, no logging; the same problem, seed and iterations give the same
// solution. Distances, times and loads are integers of the caller's scale, so nothing is lost or added by rounding.
//
// # Method
//
// Ruin and recreate by strings of stops (Christiaens and Vanden Berghe, Slack induction by string removals for vehicle
// routing problems, Transportation Science 2020): an iteration takes strings of neighbouring stops out of routes that
// lie near one another, with the other ends of their requests, and puts the requests back one after another where each
// costs least, now and then looking away. Simulated annealing decides whether to go on from there. Changed routes are
// kept aside, so that an iteration which is not accepted costs no more than what it has touched.
//
// All time goes into the question where a request costs least. Each stop of a route knows its earliest departure and its
// latest begin of service (Savelsbergh, The vehicle routing problem with time windows: minimizing route duration, 1992),
// so a pair of positions is tried without driving the rest of the route, and the cheapest place of the delivery alone
// bounds what a pickup can come to; see state.try. Its answer for a request and a route is remembered until the
// route changes, and undoing a change brings the route's old name back.
//
// Fewer vehicles come first by giving a route up and going on with requests that have no route. A state with others
// left out is better when those have been easier to place so far (the sum of absences of the same paper, which is the
// penalty of guided ejection search, Nagata and Kobayashi 2010). When two fifths of the time are over the number of
// vehicles is what it is, and distance counts.
//
// # Two searches
//
// Package engine's search for weeks is another one. There a request's way may change vehicles, stops are shared and cost
// their detour once, and times of routes depend on one another, so that an insertion is a search for a path and changing
// a stop may move the times of many routes. All that makes trying a place much dearer than here, where a
// route's stops lie side by side and nothing outside a route depends on it. The two have the ruin of strings and the
// annealing in common as ideas and nothing as code.
package pdptw
