// Package bound proves what serving goods costs at least: a sum of charges, each of which every plan that serves the
// goods pays for with costs that it shares with no other charge (dual ascent on cuts, after Wong 1984).
//
// # What is relaxed
//
// Times are those of shortest ways or less, so that leaving a stop out of a tour never makes it later. Each stop and each ride
// from one stop of a slot to another is looked at by itself: when it can be
// made at the earliest and at the latest, if the slot did nothing else. Room counts only for the smallest piece of the
// goods. Goods may take any number of rides, wait or meet wherever two slots can be at a place at the right times, and go
// different ways in pieces. A slot of a vehicle's free time stands for any number of trips.
//
// # What a tour costs
//
// Let d be what going from place to place costs, and level(x,y) no more than that and of shortest ways (level(x,z) ≤
// level(x,y)+level(y,z)). Between the own stops a and b of a slot the height of a place x is
//
//	h(x) = max(level(a,b)−level(a,x), min(level(x,b), cap))
//
// with a cap from 0 to ∞ that belongs to the leg. The greater and the lesser of functions that fall by no more than level(x,y)
// from x to y do so, too; so h(x)−h(y) ≤ level(x,y) ≤ d(x,y). And h(a) = level(a,b), h(b) = 0.
//
// The added stops of a slot between a and b are nodes of a block; one place is a node in each block in which
// it can be visited. Going from node x, or from a, to node y is priced d(x,y)+h(y)−h(x), going to b nothing. No price is below 0,
// and the prices along a tour add up to no more than its d less level(a,b), for going to b costs d(x,b) ≥ h(x). Without a cap h(x)
// is level(x,b): what a stop adds is paid by those who go there. With one the way back from far away is not paid for by
// those who went there, but by those who call on the way.
//
// What the round costs as it is, d(a,b), may be more than level(a,b). Let least be no more than any way from a to b costs, and s =
// least−level(a,b). Prices are then spared s: the prices of arrows from a, and from nodes to which some arrow leads whose
// price is below s, are lowered by s, though not below 0. Then the prices along a tour add up to less by s, or to 0: look at its
// first arrow whose price is s or more. All before it are below s; so it leaves a, or a node that one of those leads to, and is
// lowered by s; and those before it, which are lowered for the same reason, are 0. So what a tour adds to d(a,b) is no less than
// its prices less d(a,b)−least; the sum of these over all legs is taken from the bound.
//
// Let Y be nodes of a slot, a moat. A tour that visits one of them goes, at some arrow, from outside into Y. So if
// every price of an arrow into Y is lowered by Δ and none falls below 0, every tour that visits Y has paid Δ out of prices
// that no other charge has been paid from: a tour's charges are never more than its cost. Likewise each handover to a slot at
// a place has its price, paid from once per event.
//
// The same is true of any other arrows of which every tour that is charged follows one. Let onward(x) be node x and all nodes of its
// block to which one can go on from it along prices that have fallen to 0. A tour that visits x and, before the next own
// stop, some y not in onward(x) follows an arrow from inside to outside: the outs of x. None has the price 0.
//
// # What goods pay
//
// For goods from f to p, say that a stop is free when it can be visited along prices that have fallen to 0. Let late(r, x)
// be the latest departure of slot r from free stop x such that goods that board it then can go on to p by rides between free
// stops and handovers whose prices have fallen to 0 alone; all in time. While f has none in time, look at the way of the
// goods in any plan and at the last ride that is boarded after that moment or where there is none. It ends at p or where a
// ride that is boarded in time begins, hence at a moment and place from which goods go on freely. Then it ends at a stop that
// is not free (asked for); or it begins at one that is not free (asked for); or both are free, though not one after the other in that
// order (the outs of the first); or only the price of the handover with which it begins stands between (a toll). So every plan
// that serves any piece of the goods visits in some slot a stop that is asked for, follows outs, or pays one of the tolls. The moat
// of a slot is what is asked for and all nodes from which an arrow at price 0 leads there. The arrows into moats and the outs, each
// once, and the tolls are charged the same Δ at once, until some price falls to 0. Δ goes to the goods' Share. Stops where the
// goods cannot be in time, whatever it costs, are never asked for.
//
// Charges may begin at the other end as well. Let soon(r, x) be the earliest arrival of slot r at free stop x with goods that have come
// there from f by rides between free stops, one after the other, and handovers whose prices have fallen to 0 alone. While p is not reached so
// in time, look at the first ride of the way that ends sooner than that or where there is none. It begins at f or where a ride ended
// that is no sooner; so the goods could have boarded there no later on such a way, and it begins or ends at a stop that is not
// free, or both are free, though not one after the other, or the price of the handover stands between. The same is charged. Stops are asked for
// only where goods that come then can still be in time, whatever that costs.
//
// Of goods that come from one farm, charges from the goal leave more to the others, since what they share is charged last; of goods that go
// to one point, charges from the origin.
//
// Places where a slot handles nothing but goods of its owner, and from where nobody else could bring them on except by coming
// back with that owner, are one node with the least of their prices; it is asked for from the beginning.
//
// # By areas
//
// A large week is divided into areas: each place is in one, and goods are charged in the area where they go. The moats of an area
// are nodes at its places alone, and its tolls at its places; so the arrows that it charges are those that lead to its places,
// which no other area charges, and what all areas charge adds up to no more than the cost.
//
// All other places are outside. Where a slot can leave the area, a node stands for all of them: it is free from
// the beginning, goods may wait there, whoever is there takes them on for nothing, and goods that are made outside begin there.
// Rides from and to it take no time. Going to node y from it has the least price that going to y from any place x outside can
// have. Either h(x) ≤ cap, and the price is at least border(y)+h(y)−cap, where border(y) is no more than d(x,y) for any x outside;
// or h(x) = level(a,b)−level(a,x), and it is d(x,y)+level(a,x)+h(y)−level(a,b), which is at least level(a,y)+h(y)−level(a,b).
// Own stops outside are that node, too. Where prices are spared it counts as a node with an arrow of price 0, for a tour may
// have come there for nothing; then what was said of the first arrow of s or more holds for a tour through several areas.
//
// The caps are half of how far the nearer stop of the leg is from other areas; where no detour to another area is allowed there is
// none, and no node for the outside.
//
// Slots without a stop in the area of which h(y) is the cap at all its places, and level(a,y)+h(y)−level(a,b) no less than border(y),
// have the same prices there or dearer ones: border(y) from outside and d(x,y) from place to place, spared what the worst of them is
// spared. Those of one day are looked at as one slot of trips from outside, strangers, as early, as late and as free to carry as
// any of them is. A moat of the strangers is one of each of them: every tour that visits it pays from its own prices.
// Other slots that cannot come to the area, or to handle goods that go there, have no part in it.
//
// What goods may be where is not followed in areas: they are there as soon as they are ready and somebody can come who may carry
// them.
//
// # What is left behind
//
// The shares of the goods that a plan serves are below its cost. One that leaves no more than u kilograms behind can have left
// goods that cannot be served at all (Never) and others of the rest of u in all.
//
// What some slots may cost at most can be too little for all the goods that ride one of them whatever their way (only these
// come to where they are made, or only these to where they go): Rivals. Let all other slots be free and handovers, too. Then the
// goods are charged to these slots alone, and those of them that a plan serves have shares whose sum is no more than the limit. Those
// whose charges are more than the limit when they are alone are never served. Of the others
// those left behind have the rest, and weigh no less than the lightest choice that has. No two groups of rivals have goods in
// common, so what stays behind of each adds up. When L is what stays behind of a group at least, a plan's losses are L kilograms
// of each group and what is left of u of any goods; Result.Spared is the most that shares of that kind add up to, by the
// fractional knapsack.
//
// # In which order
//
// Shares depend on the order in which goods are charged: each takes what the next cannot have. Those that would pay most if they were
// alone come first. Then charges are given back, of a few goods that come from or go to the same place or at the same time, and
// these are charged anew in another order, from either end, after some others or in part at first; what is no less in all is
// kept. Two workers do so side by side, and now and then both go on from what the better one has. In areas there is one, charges
// begin at the goal, and goods are charged in the order of their latest arrival. Any moment's charges prove a bound: the
// moats and tolls that were charged hold for every plan, whatever the prices are by now, and no price is below 0.
//
// # In numbers
//
// Rounding makes a price that is given back differ from what it was by less than 1e-9 m; the bound is taken 1e-3 m lower.
//
// # How good it is
//
// What the relaxation does not see: that one round cannot make all the detours that are cheapest one by one (time, its limits,
// room), that a tour may leave a moat and enter it again and then has paid twice what counts once, and that a slot can be at
// different places for different goods at the same time. For goods alone it sees nearly all: one consignment after another of two weeks
// of 15 producers costs 1,170 km in 125 plans, and the bounds of these add up to 1,132, without outs to 996.
//
// Of ten weeks of 15 producers and 180 orders the bound is 5 to 34 per cent below the best plan known, median 24, after what ten orders of
// the goods take (three seconds, two threads), and 3 to 28, median 20, after forty. Room and limits, of which it sees little, are a good part
// of that: without both, plans of six of these weeks are 6 to 15 per cent cheaper, of four 15. In three seconds it was 12 to 64, median 27, when one worker
// charged from the goal alone and in the order of latest arrivals. Goods that pay most alone first raise the bound of one order
// by 8 per cent. Nothing was gained by charging all goods a little at a time, by going on from somewhat less (annealing), or by charging
// goods a second time, from the other end, out of what they have been charged, to give back what that does not need.
//
// Where the bound of goods alone is too low, a way was seen to pay for two stops that had been charged at the same time, which counts once. To
// forbid ways that leave a round and board it again (they could as well have stayed, since room is not counted) changed no bound,
// neither after one ride of another nor where that round delivers.
//
// At least a part of what is missing is the order's and not the relaxation's. Two goods of one of these weeks that go to one point cost 55.7 km; here 60 orders of them
// prove 45.8, 400 prove 48.5. Let each of them have a share of the prices of going to each node, and find its cheapest way at these: shares that
// were moved along subgradients proved 50.3 after 150 steps. But a step takes as long for each goods as charging for it five times, and with eight goods it had
// proved no more than the orders after minutes, from their charges (46.9 instead of 46.8 km of 65.2) or from equal shares. To charge at
// once what the cheapest way costs, on all ways that are shorter, leaves others too little: 283 instead of 336 km for a week. To keep what it costs to go to the farms and points
// of others for them while one is charged proves more of those eight after 400 orders (55.7 instead of 52.5 km), and no more of whole weeks after 100.
package bound
