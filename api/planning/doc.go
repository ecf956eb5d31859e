// Package planning makes the week of a sale out of what a collective keeps in its store, has it planned, and leads the plan
// through its life.
//
// # A planning
//
// A sale is planned when it is closed, and again when somebody asks. The planning of a sale is one row of the store:
//
//	            Close, Request                    TakePlanning
//	(none) ─────────────────────────▶ waiting ─────────────────────────▶ running
//	planned, failed, cancelled ─────▶    ▲  ▲                              │ │ │
//	                                     │  └── stopped, error, lost ──────┘ │ └──▶ failed (plan.failed)
//	                                     └── asked for again meanwhile ◀── planned (plan.ready)
//
// and Cancel takes one that waits or runs to cancelled. The row and the job that works it off are written in one
// transaction. Whoever takes the row has it for a lease of half a minute that each sign of life makes longer, once a second;
// only the holder of the lease can save a plan, in the transaction that ends the planning. So a sale is never planned twice at once, a worker
// that is gone is noticed when its lease is over ([Service.Retake]) and one that was only asleep finds that it has lost
// it. A worker that is stopped gives its planning back at once. What fails for a reason that lies in the week (faults, hours
// that a round cannot keep) fails for good, with the reason; anything else is tried again, later each time, five times in all.
//
// Closing again asks for another plan where orders have come in since the newest plan, and otherwise for nothing: a plan
// keeps the revision of the orders that it was made from. Orders that come in after the close do so too where the sale has a plan,
// a moment later, so that many together make one plan ([Service.Received]).
//
// # A plan
//
//	draft ──Propose──▶ proposed ──Publish──▶ published ──Done──▶ done
//	  └───────────────Publish────────────────▶  │
//	  any but done ──a later plan takes its place──▶ superseded
//
// A sale has at most one plan that is worked on (draft or proposed) and one in force (published or done). A plan that is
// made replaces the one worked on; one that is published replaces the one in force. Each stays in the store as it was, so
// that any two can be compared.
//
// A plan is based on the newest one, with the least change, or made anew. Where the rounds of a plan in force have begun
// it is based on that, and what is done stays done. A plan with least change that replaces a proposed one is proposed in its turn: who
// was asked before is asked again only where their part is another one. Answers that still hold are carried over. A part
// is what one round does for the plan: where it stops and what it loads and unloads there. An acceptance holds as long as stops and
// goods are the same, no more of them, and within five minutes. A refusal holds for the sale: the round
// takes nobody else's goods and makes no trip in those hours, until its carrier accepts after all or the coordinator has
// everybody asked again.
// So does the word of a carrier that they cannot come: their round does not run then, nor do they make a trip in its hours, and the
// coordinators are told. Where one plan is in force and a newer one proposed, either word about the first holds for the second, and an
// absence, or its end, for both whichever was asked about.
//
// # Decisions
//
// What a coordinator decides about a sale (Service.Decide: ways that are locked, producers kept off a round, days of rounds,
// absences, orders) is written and planned in one go, and kept with the plan that comes of it. So it can be taken back:
// Service.Undo, Redo and Restore bring an earlier plan back together with the decisions that it was made under, as a
// new version, for plans never change.
//
// # Distances
//
// Who runs the service offers sources of distances (Service.Travels), and a collective chooses one, and between its fastest and
// its shortest ways where it knows both. The store keeps the ways between its
// points by each source, so that only points that are new are asked for: SurveyDue does so in the background, a planning for what
// it needs. A source whose roads are others is another source. A plan says what it is made of, and is asked about by the same ways
// as long as they are kept; where its own run along the roads is kept with it. A place that the source knows no road for is a fault of
// the week that needs it. Without a source ways are estimated by great circles.
package planning
