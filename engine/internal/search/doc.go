// Package search solves pickup and delivery with time windows and transfers on routes that partly exist. It knows
// places, routes, vehicles and requests by dense numbers and nothing of where they come from.
//
// The cost belongs to stops: a stop that a route makes anyway is free to use, one that is added costs its detour once,
// however many requests use it. Costs, times and loads are integers; their scale is the caller's.
//
// # What carries how much
//
// Each row leaves one idea out. Columns: how much dearer plans become, in per cent, on four weeks of 15 producers and 180 orders
// (geometric mean of the means of four seeds, one second on two threads) and on one of 60 producers and 900 orders (one
// seed, six seconds). Differences below one per cent in the first column and three in the second are noise.
//
//	at most two rides instead of six                          +23.3   +15.5
//	at most four rides                                         +0.7    −0.2
//	150 rides to places of transfer looked at, not 2,000       +5.6    +6.1
//	hours of routes not in the bounds of a way (call)          +2.9    +3.7
//	new trips hand over at their home alone                    +2.2    +1.5
//	no strings of stops removed                                +0.8    +3.7
//	no whole origins and destinations removed                  −0.1    +4.6
//	no whole and split trips removed                           +1.1    −1.0
//	no places of transfer removed                              −0.2    +2.4
//	better states only, no annealing                           +1.1    +3.1
//	workers do not share what they find                         0.0    +4.7
//	hopeless requests tried like others                        +1.0    −0.4
//	no blinks                                                  −0.2    −0.8
//	no regret insertion                                        +0.2    +0.3
//	no moves of stops within a route (polish)                  −0.1    −1.3
//
// The search for ways decides: it has to be whole, and after that fast. Two bounds that are sharper still were tried in it, one by
// all numbers of rides and one by spells of time; they looked at no fewer rides and cost more than they saved. Profile-guided
// compilation gains nothing measurable. Routes that share transfers cannot be chosen independently of one another, so a pool of
// good routes is not recombined by set partitioning; the workers exchange whole states instead.
package search
