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
// goods that cannot be served at all (Never) and others of the rest of u in all.
//
// What some slots may cost at most can be too little for all the goods that ride one of them whatever their way (only these
// come to where they are made, or only these to where they go): Rivals. Let all other slots be free and handovers, too. Then the
// goods are charged to these slots alone, and those of them that a plan serves have shares whose sum is no more than the limit. So
// those left behind have the rest, and weigh no less than the lightest choice that has. No two groups of rivals have goods in
// common, so what stays behind of each adds up. When L is what stays behind of a group at least, a plan's losses are L kilograms
// of each group and what is left of u of any goods; Result.Spared is the most that shares of that kind add up to, by the
// fractional knapsack.
//
// # In which order
//
// Shares depend on the order in which goods are charged: each takes what the next cannot have. So charges are given back, of
// a few goods that come from or go to the same place or at the same time, and these are charged anew in another order, after some others or
// in part at first; what is no less in all is kept. Any moment's charges prove a bound: the moats and tolls that were
// charged hold for every plan, whatever the prices are by now, and no price is below 0.
//
// # In numbers
//
// Rounding makes a price that is given back differ from what it was by less than 1e-9 m; the bound is taken 1e-3 m lower.
//
// # How good it is
//
// What the relaxation does not see: that one round cannot make all the detours that are cheapest one by one (time, its limits,
// room), that a tour may leave a moat and enter it again and then has paid twice what counts once, and that a slot can be at
// different places for different goods at the same time.
package bound
