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
// left out is better when those have been easier to place so far (the sum of absences of the same paper), and in every other
// iteration a request is put where one or two such have to leave for it (guided ejection search, Nagata and Kobayashi 2010). So many easy
// requests may be out for the sake of a few hard ones. In three of four turns an absent request weighs the usual absences, too: then few are out,
// and those that are in drive less. The fourth comes at another time for each worker.
// When two fifths of the time are over the number of vehicles is what it is, and distance counts. Every other worker then lets requests wait
// outside for a while, at a price that rises while they wait, beginning hotter than for distance alone: with as few vehicles as
// can be, valleys lie far apart. Where room is scarcest such a worker may never come back to a state that serves all. So the others
// stay among those that do, and go on from what is found to be best; and who has found nothing by half of the time joins them.
// They and who saves vehicles now and then remove up to twenty requests one by one, most of them near one another (related removal, Shaw
// 1998), instead of strings.
//
// # What carries how much
//
// An iteration on 100 requests of a random problem (see BenchmarkSolve) took 41 µs of processor time with short routes, 22 of
// them, and 16 µs with long ones, 8 to 11, on a machine with much else to do; 84 and 21 to 23 µs where no answer of try is
// remembered. The bound of what a pickup can come to saves 7 to 20 per cent on the longest routes and costs up to 15 on
// the short ones. None of the three changes a solution: all gave the same after 30,000 iterations.
//
// lr208 of Li and Lim, two vehicles: 17 % above the best known where no request may wait outside (200,000 iterations, one
// seed); with it the best known in two of three seeds (one second of processor time on each of two threads). nyc-n100-5 of
// Sartori and Buriol: three vehicles without ejections, two with them, as the best known (two seconds, one seed).
//
// With the vehicles few, what waits outside and how hot it is decide. Li and Lim 200, per cent above the best known with as many
// vehicles, ten seconds of processor time of one thread, one seed: as for distance alone, and hotter with requests that grow
// dearer while they wait:
//
//	lrc1_2_4     17.6   0.0
//	lc1_2_3       8.1   0.6
//	lrc1_2_9      8.0   0.8
//	lrc2_2_10     6.3   2.8
//
// Workers that let nothing wait outside, and share: the same with ten seconds on each of two threads, without and with them:
//
//	lr1_2_3      13.1   0.1
//	lr1_2_2       9.7   1.0
//	lr1_2_6       6.0   1.0
//	lc1_2_8       3.9   2.2
//	lrc2_2_10     3.6   2.8
//	lrc1_2_9      0.1   1.5
//
// To give up saving vehicles early, where more than three requests in a hundred were without a route all the time for a tenth of the search,
// gave those figures too and cost lr2_2_6 a vehicle; it is left out.
//
// Vehicles of nine instances of Sartori and Buriol with 100 to 200 requests together, after eight seconds of processor time on each of two threads that
// went into saving vehicles alone, one seed; 187 are known:
//
//	one ejection in five iterations, temperature 0.3    194
//	the same, temperature 0.1                           192
//	one in two, 0.3                                     190
//	one in two, 0.1                                     189
//
// And of six with 50 requests, where 59 are known, after six seconds: 65 without ejections, 62 with one in five iterations, 59 with one in
// two, 61 where each is one.
//
// How many usual absences an absent request weighs beside its own: vehicles of seven other instances of Sartori and Buriol (169 known) after 24
// seconds that went into saving vehicles alone, and of lr1_2_3, lr1_2_6, lr1_2_9, lr2_2_6 and lr2_2_9 of Li and Lim (46 known) after
// ten seconds in all, one seed. Temperature 0.05 in all:
//
//	none                              179     47
//	0.3                               178     47
//	5                                 177     50
//	0.2 and 5, in turns               177     48
//
// With none in one of four turns and 5 in the others the two of the five that 5 loses in 30 seconds have as many as known again.
//
// Moving requests at random between two ejections (Nagata and Kobayashi) finds bar-n200-7 with 11 vehicles and loses others; on eleven
// instances, 12 seconds each, it gained one of 272 vehicles with 50 moves and lost one with 10 or 200.
//
// Requests removed one by one help where the vehicles are few and routes short (bar-n400-1 and six others of Sartori and Buriol, five
// seconds, two seeds: 2.9 per cent above the best known without, 2.1 with them and, in one of fourteen searches, a vehicle more).
// For distance alone strings are better: nine of Li and Lim 200 reach the best known within four seconds without, eight with them. On the longest routes the hot workers do better without, too.
//
// Putting routes of a pool together by set partitioning (Sartori and Buriol 2020) was tried and left out: the newest 4,000 to 16,000 routes of
// accepted states, prices by subgradients, then depth first among the routes that these leave. On poa-n100-1 prices prove 1,558 for what is in the
// pool, twenty million nodes find 1,609, where the search had been as a rule, and the best known is 1,582: what is missing is not in
// the pool. On seven instances it gained nothing within the noise.
//
// benchmarks/ablation leaves these ideas out one by one and measures anew. Six instances of Li and Lim 200 (l*_2_3), vehicles first, eight seconds
// of processor time on each of two threads, one seed; how much dearer solutions become, in per cent, where vehicles are as many. Below half a
// per cent is noise. These six need no more; what was found on others is above:
//
//	all workers let requests wait outside to the end    +1.2
//	better states only, no annealing                    +0.8
//	no request waits outside                            +0.6
//	no answer of try remembered                         +0.3
//	no look away now and then                           +0.3
//	no deep iterations                                  +0.3
//	no ejections                                         0.0   and a vehicle more in one of six
//	requests removed one by one always                   0.0
//	who lets none wait does not share                    0.0
//	who waits does not grow dearer                       0.0
//	no hotter with few vehicles                          0.0
//	no string keeps a part in its middle                −0.1
//	no requests removed one by one                      −0.1
//	no ruin where a request waits                       −0.1
//	put back in any order                               −0.1
//	no bound of what a pickup can come to               −0.2
//	one ejection in five iterations                     −0.2
//	absent requests weigh their own absences only       −0.3
//	no cooler where no request waits                    −0.3
//
// # What it reaches
//
// Per cent above the best known, mean and worst, one seed, seconds of processor time on each of two threads; the first three for
// distance alone, the others with as many vehicles as known, where that is reached:
//
//	Li and Lim 100              5 s   0.000   0.00
//	Li and Lim 200             10 s   0.035   0.46
//	Li and Lim 1000, eight     60 s   0.070   0.25
//	Li and Lim 200             30 s   0.327   4.87   59 of 60; lr1_2_9 has one more
//	Sartori and Buriol 100     20 s   0.259   1.22   24 of 25; poa-n100-4 in 60 s
//	Sartori and Buriol 200     60 s   0.885   2.82   21 of 25, one with fewer vehicles than known; the others have one more
//	Sartori and Buriol 400     60 s   0.850   2.89   22 of 25, four with fewer; the others have one more
//
// Best known is what benchmarks/pdptw is given: 32 vehicles for bar-n400-1, 21 for bar-n400-6, 19 for ber-n400-4 and poa-n400-4, 5 for bar-n200-5,
// each of which it serves with one fewer. Which of the hardest miss by a vehicle changes from run to run. Li and Lim 100, vehicles first: in six
// seconds of wall time all as best known.
//
// Side by side, distance, wall time, Li and Lim 100 in five seconds: 0.000 per cent above the best known, PyVRP 0.058 (one thread), VROOM 1.254 (it
// stops after 0.8 s), pdp_lns 2.576, OR-Tools 5.146 (one thread). With VROOM 1.15 at its own time: 0.021 and 1.767 on Li and Lim 100 in
// 0.6 s, 0.067 and 3.717 on Li and Lim 200 in 2 s.
//
// # Two searches
//
// Package engine's search for weeks is another one. There a request's way may change vehicles, stops are shared and cost
// their detour once, and times of routes depend on one another, so that an insertion is a search for a path and changing
// a stop may move the times of many routes. All that makes trying a place much dearer than here, where a
// route's stops lie side by side and nothing outside a route depends on it. The two have the ruin of strings and the
// annealing in common as ideas and nothing as code.
package pdptw
