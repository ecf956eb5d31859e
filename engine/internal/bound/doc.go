// Package bound proves what serving goods costs at least: a sum of charges, each of which every plan that serves the
// goods pays for with costs that it shares with no other charge (dual ascent on cuts, after Wong 1984).
//
// # What is relaxed
//
// Distances and times are closed by shortest ways, so that leaving a stop out of a tour never makes it dearer or later.
// (Where a table is not of shortest ways a round might even gain by a detour; the most that it can is in
// Result.Constant.) Each stop and each ride from one stop of a slot to another is looked at by itself: when it can be
// made at the earliest and at the latest, if the slot did nothing else. Room counts only for the smallest piece of the
// goods. Goods may take any number of rides, wait or meet wherever two slots can be at a place at the right times, and go
// different ways in pieces. A slot of a vehicle's free time stands for any number of trips.
//
// # What a tour costs
//
// The added stops of a slot between its own stops a and b are nodes of a block; one place is a node in each block in which
// it can be visited. Going from a to node x is priced d(a,x)+d(x,b)−d(a,b), going on from x to y
// d(x,y)+d(y,b)−d(x,b), going to b nothing. The prices along a tour add up to what it costs beyond its own stops, and none is
// below 0. Let Y be nodes of a slot, a moat. A tour that visits one of them goes, at some arrow, from outside into Y. So if
// every price of an arrow into Y is lowered by Δ and none falls below 0, every tour that visits Y has paid Δ out of prices
// that no other charge has been paid from: a tour's charges are never more than its cost. Likewise each handover to a slot at
// a place has its price, paid from once per event.
//
// # What goods pay
//
// For goods from f to p, say that a stop is free when it can be visited along prices that have fallen to 0. Let late(r, x)
// be the latest departure of slot r from free stop x such that goods that board it then can go on to p by rides between free
// stops and handovers whose prices have fallen to 0 alone; all in time. While f has none in time, look at the way of the
// goods in any plan and at the last ride that is boarded after that moment or where there is none. It ends at p or where a
// ride that is boarded in time begins, hence at a moment and place from which goods go on freely. Then it ends at a stop that
// is not free (asked for); or it begins at one that is not free (asked for); or both are free, and only the price of the
// handover with which it begins stands between (a toll). So every plan that serves any piece of the goods visits in
// some slot a stop that is asked for, or pays one of the tolls. The moat of a slot is what is asked for and all nodes from
// which an arrow at price 0 leads there; all moats and tolls are charged the same Δ at once, until some price falls to 0. Δ
// goes to the goods' Share. Stops where the goods cannot be in time, whatever it costs, are never asked for.
//
// Places where a slot handles nothing but goods of its owner, and from where nobody else could bring them on except by coming
// back with that owner, are one node with the least of their prices; it is asked for from the beginning.
//
// # What is left behind
//
// The shares of the goods that a plan serves are below its cost. One that leaves no more than u kilograms behind can have left
// goods that cannot be served at all (Never) and others of the rest of u in all; Spared is the most that their shares
// add up to, by the fractional knapsack.
//
// # How good it is
//
// Shares depend on the order in which goods are charged, hence the tries. What the relaxation does not see: that one
// round cannot make all the detours that are cheapest one by one (time, its limits, room), and the order of stops in one block.
package bound
