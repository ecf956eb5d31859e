// Package search solves pickup and delivery with time windows and transfers on routes that partly exist. It knows
// places, routes, vehicles and requests by dense numbers and nothing of where they come from.
//
// The cost belongs to stops: a stop that a route makes anyway is free to use, one that is added costs its detour once,
// however many requests use it. Costs, times and loads are integers; their scale is the caller's.
//
// # What carries how much
//
// Each row leaves one idea out. Columns: how much dearer plans become, in per cent, on four weeks of 15 producers and 180 orders
// (geometric mean of the means of three seeds, one second of processor time on each of two threads) and on two of 60 producers
// and 900 orders (one seed, five seconds). Differences below one per cent are noise.
//
//	at most two rides instead of six                          +22.4   +14.1
//	at most four rides                                         +2.4    +0.5
//	150 rides to places of transfer looked at, not 2,000      +10.8    +3.2
//	no bound on the last ride of a way (prepare)               +1.5    +1.1
//	new trips hand over at their home alone                    +3.5    −0.1
//	a request's usual way is no bound (again)                  +0.8    +0.5
//	what will be refused is put back to the end                +1.2    +1.1
//	rides looked at that come no earlier (bring)               +0.4    +0.9
//	all options in the heap (queue)                            +0.9    −0.8
//	no strings of stops removed                                +1.3    −0.5
//	no whole origins and destinations removed                  +1.6    −0.9
//	no whole and split trips removed                           +1.1    +0.2
//	no places of transfer removed                              −0.1    −0.2
//	better states only, no annealing                           +1.0    −0.5
//	workers do not share what they find                        −0.8    +0.2
//	hopeless requests tried like others                        +0.7    +0.6
//	no blinks                                                  −0.5    −0.9
//	no moves of stops within a route (polish)                  +0.9    −0.1
//	groups of the week searched together (package engine)      +0.1    +1.7
//
// benchmarks/ablation leaves most of these out one by one and measures anew.
//
// Goods may also change routes where none stops yet, in one of eight iterations, and at places that no route has to do with
// at all. Without, plans of 18 weeks of 15 producers and 3 to 30 orders are 3.9 per cent dearer, one of them 34 (one second, one seed); those of
// 180 orders are the same within the noise.
//
// The search for ways decides: it has to be whole, and after that fast. Without gain for their time are: putting back by regret,
// bounds of ways by all numbers of rides and by spells of time, moving all that changes or rides together to another place or
// route (one try in a hundred finds something better), and profile-guided compilation.
//
// Problems of a handful of requests are another matter: there two requests that exchange vehicles can save much together while each
// alone would lose. How many optima of 40 problems of 3 to 5 requests with transfers and time windows are reached (one in nine
// of those of benchmarks/pdpt; 2,000 iterations of one thread):
//
//	as in large ones                                           31
//	nothing left untried (tiny), single rides overlooked       35
//	and any way instead of the cheapest now and then (stray)   38
//
// What that leaves is several requests that pay for a place of transfer together. It is looked for by letting routes stop there
// for nothing while requests are put back (meet), and by many short annealings from nothing instead of a long one (round). How many of
// 12 seeds find the optimum of the hardest, 5R-4K-4T-240M-7, in 2,000 and in 5,000 iterations of one thread: 1 and 2 without
// meet, 4 and 6 with it. All 355 optima are then known after 0.5 s of processor time of both threads together, 353 in three seconds
// before.
//
// Routes that share transfers or requests cannot be chosen independently of one another, so set partitioning over a pool of good routes
// would have blocks of such routes for columns: in plans of small weeks one block holds 9 to 11 of 12 to 13 vehicles in use, in weeks
// that lie in several regions there is one for each. The latter is what searching groups by themselves does, each with its own best;
// within a block the workers exchange whole states.
package search
