// Package dfc reads and writes the linked data of the Data Food Consortium (JSON-LD): orders come in, who carries what goes
// out as Shipment, Vehicle, Route and Step.
//
// [Read] makes a [Graph] of a document; [Graph.Orders] is what it asks to be carried, which becomes a week to plan by
// [Orders.Week] or rows of the store by [Propose]. [FromPlan] makes a [Transport] of a plan; [Graph.Put] adds it to the graph
// that the orders came in, and [Graph.Transport] reads one back.
//
// Names are those of ontology 1.16 and 2.0, and the other spellings that are in use (isOpeningDuring, fulfilledBy, isStoredIn,
// isChippedIn, startAt …). Route and Step are in ontology 2.0 only: in a graph of 1.x they have the names that
// ontology issue #190 proposes (steps, vehicle, geometry, arrival, waiting_time …), in one of 2.0 those of 2.0 (hasStep, useVehicle,
// arrivalDate, pickUp …).
//
// Nothing is fetched: the contexts of the consortium are known here, another one must stand in the document. Nothing is
// left out in silence: what cannot be used, and what was assumed, is an [engine.Fault] whose path is an @id.
package dfc
