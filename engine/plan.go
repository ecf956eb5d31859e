package engine

import (
	"time"

	"carriole/geo"
)

// Plan is the planner's output: every round with its stops, and the way of every consignment.
type Plan struct {
	Week         string        `json:"week"`
	Rounds       []PlanRound   `json:"rounds"` // every existing round in the week's order, then the dedicated trips
	Consignments []Consignment `json:"consignments"`
	Assigned     []Assignment  `json:"assigned"` // only orders that came without a pickup point
	Unserved     []Unserved    `json:"unserved"`
	Summary      Summary       `json:"summary"`
}

// PlanRound is a round as it will be driven.
type PlanRound struct {
	ID         string     `json:"id"`
	Producer   string     `json:"producer"`
	Vehicle    string     `json:"vehicle"`
	Dedicated  bool       `json:"dedicated"`
	Metres     float64    `json:"metres"`
	BaseMetres float64    `json:"base_metres"` // without the added stops; 0 for a dedicated trip
	Stops      []PlanStop `json:"stops"`       // first the start, last the end
}

// PlanStop is one stop of a planned round.
type PlanStop struct {
	Place  string    `json:"place"`
	Arrive time.Time `json:"arrive"`
	Depart time.Time `json:"depart"`
	Base   *int      `json:"base"`   // index into the round's own stops; nil for start, end and added stops
	Load   []string  `json:"load"`   // consignment ids
	Unload []string  `json:"unload"` // consignment ids
}

// Consignment is what one producer sends to one pickup point in one class and one carried_by.
type Consignment struct {
	ID          string    `json:"id"`
	Producer    string    `json:"producer"`
	PickupPoint string    `json:"pickup_point"`
	Class       Class     `json:"class"`
	CarriedBy   CarriedBy `json:"carried_by"`
	Kg          float64   `json:"kg"`
	Litres      float64   `json:"litres"`
	Lines       []LineRef `json:"lines"`
	Legs        []Leg     `json:"legs"` // none when the producer's place is the pickup point's
	Why         *Why      `json:"why,omitempty"`
}

// LineRef names a line of an order by its index.
type LineRef struct {
	Order string `json:"order"`
	Line  int    `json:"line"`
}

// Leg is a ride on one round between two of its stops (indexes into PlanRound.Stops).
type Leg struct {
	Round string `json:"round"`
	From  int    `json:"from"`
	To    int    `json:"to"`
}

// Way says how a consignment travels.
type Way string

// The ways, from the lightest to the heaviest.
const (
	WayOnSite    Way = "on_site"    // made where it is collected
	WayOnTheWay  Way = "on_the_way" // rides between stops that are made anyway
	WayAddedStop Way = "added_stop" // a round is diverted for it
	WayHandover  Way = "handover"   // changes rounds
	WayTrip      Way = "trip"       // on a dedicated trip
)

// Why explains a consignment's way.
type Why struct {
	Way         Way      `json:"way"`
	AddedMetres float64  `json:"added_m"`        // what the objective would fall by without this consignment
	Next        *NextWay `json:"next,omitempty"` // nil: no other way exists
}

// NextWay is the best way beside the chosen one.
type NextWay struct {
	Rounds      []string `json:"rounds"`           // ids in order; a new trip is named by its vehicle's id with New true
	New         bool     `json:"new,omitempty"`    // the way needs a dedicated trip that the plan has not
	Places      []string `json:"places,omitempty"` // where it would change rounds
	AddedMetres float64  `json:"added_m"`
}

// Assignment is the pickup point chosen for an order that came without one.
type Assignment struct {
	Order       string `json:"order"`
	PickupPoint string `json:"pickup_point"`
}

// Unserved is a line that no round carries, with what stands in its way.
type Unserved struct {
	Order  string  `json:"order"`
	Line   int     `json:"line"`
	Reason string  `json:"reason"`           // an English sentence made from Repair
	Repair *Repair `json:"repair,omitempty"` // nil when nothing near would serve it
}

// Obstacle names the limit that keeps a line from being served.
type Obstacle string

// The obstacles. Which fields of Repair are set is said for each.
const (
	NoRoom      Obstacle = "room"            // Round, Class (empty: kilograms), Missing litres or kilograms
	NoMetres    Obstacle = "max_added_m"     // Round, Have, Need metres
	NoSeconds   Obstacle = "max_added_s"     // Round, Have, Need seconds
	NoProducerM Obstacle = "producer_max"    // Producer, Have, Need metres
	NoTime      Obstacle = "time"            // Round, Place, Need: seconds by which the window is missed
	NoCarry     Obstacle = "carries"         // Round: does not take this producer's goods
	NoForbid    Obstacle = "forbid"          // Round: forbidden by the week
	NoOthers    Obstacle = "others_within_m" // Round, Place: too far from the carrier's farm
	NoFrozen    Obstacle = "frozen_round"    // Round: no stop may be added
	NoCarriedBy Obstacle = "carried_by"      // Round: only its producer may carry it
	NoLock      Obstacle = "lock"            // the locked rounds cannot serve it
	NoVehicle   Obstacle = "no_vehicle"      // nobody drives near: no round and no available vehicle comes there
	NoLonger    Obstacle = "longest_s"       // Round, Class, Have, Need: seconds on board
	NoHeld      Obstacle = "held"            // Rule: the week keeps the line back
	NoPickup    Obstacle = "no_pickup_point" // no pickup point within reach; Need: metres to the nearest, Have: the limit
)

// Repair is the smallest change found that would serve an unserved line.
type Repair struct {
	Obstacle Obstacle `json:"obstacle"`
	Round    string   `json:"round,omitempty"`
	Vehicle  string   `json:"vehicle,omitempty"` // set when it is about a new dedicated trip of this vehicle
	Producer string   `json:"producer,omitempty"`
	Place    string   `json:"place,omitempty"`
	Class    Class    `json:"class,omitempty"`
	Missing  float64  `json:"missing,omitempty"`
	Have     float64  `json:"have,omitempty"`
	Need     float64  `json:"need,omitempty"`
	Rule     *Hold    `json:"rule,omitempty"` // what is behind the obstacle, where the caller knows more of it, and of NoHeld the line's text
}

// Summary states the figures of a plan. The first five are the contract's, recomputed from stops and travel table.
type Summary struct {
	BaseMetres    float64 `json:"base_metres"`    // existing rounds without added stops
	PlannedMetres float64 `json:"planned_metres"` // all rounds as planned
	AddedMetres   float64 `json:"added_metres"`   // planned − base
	Handovers     int     `json:"handovers"`      // events: distinct (place, giving round, taking round)
	Objective     float64 `json:"objective"`      // added_metres + handover_m × handovers
	UnservedKg    float64 `json:"unserved_kg"`
	Trips         int     `json:"trips"` // dedicated trips

	LowerBound float64  `json:"lower_bound"`   // no plan that leaves no more kilograms unserved has a smaller objective; 0 also where nothing is known
	Gap        *float64 `json:"gap,omitempty"` // how much of the objective a better plan could save at most: (objective − lower_bound) / objective

	AloneMetres     float64 `json:"alone_metres"`      // all kilometres, base included, when each brings their own goods and nobody carries for another
	AloneUnservedKg float64 `json:"alone_unserved_kg"` // what would then be left behind
	SavedMetres     float64 `json:"saved_metres"`      // alone − planned; negative when the plan drives more: it serves more, or locks cost it
	SavedCO2Kg      float64 `json:"saved_co2_kg"`
	CO2Source       string  `json:"co2_source"`                // where the grams per kilometre come from
	NothingToGain   bool    `json:"nothing_to_gain,omitempty"` // the plan is the baseline: planning together saves nothing

	Travel *geo.Source   `json:"travel,omitempty"` // what metres and seconds are made of
	Habits *HabitSummary `json:"habits,omitempty"` // nil: the week has none

	Producers []Share     `json:"producers"`         // in the week's order
	Sharing   *Sharing    `json:"sharing,omitempty"` // of the saving; nil: not asked for, see Options.Shares
	Wishes    []WishPrice `json:"wishes,omitempty"`  // what the week's wishes to be fair to each cost
}

// HabitSummary says how far the plan keeps to what people are used to. Consignments without a habit, unserved ones and
// those whose habit names what is not there this week do not count.
type HabitSummary struct {
	Kept    int `json:"kept"`    // consignments that ride as they are used to
	Changed int `json:"changed"` // that ride otherwise

	// KeepAllMetres is by how much the objective would rise if those that changed were put back on their usual way, by a
	// short search that holds all habits: never less than what keeping them costs at least. CannotKeep of them find no room
	// there and are not part of the figure. Plans of Replan do not state the two.
	KeepAllMetres *float64 `json:"keep_all_m,omitempty"` // nil: none changed
	CannotKeep    int      `json:"cannot_keep,omitempty"`
}

// Share is one producer's part of the plan, in metres. Alone and Planned include the rounds driven anyway.
type Share struct {
	Producer      string  `json:"producer"`
	AloneMetres   float64 `json:"alone_metres"`      // driven when each brings their own
	AloneCO2Kg    float64 `json:"alone_co2_kg"`      // and what that emits
	AloneUnserved float64 `json:"alone_unserved_kg"` // and leaves behind
	PlannedMetres float64 `json:"planned_metres"`    // driven in the plan
	ByOthers      float64 `json:"by_others_metres"`  // added metres that others drive for this producer's goods
	ForOthers     float64 `json:"for_others_metres"` // added metres this producer drives for others' goods
	WorseOff      bool    `json:"worse_off"`         // drives more than alone, and more than their own rounds
	BalanceMetres float64 `json:"balance_m"`         // the week's balance + for others − by others: balance_m of the next week

	SavingMetres float64 `json:"saving_m,omitempty"`       // this producer's part of Sharing.SavingMetres
	SavingError  float64 `json:"saving_error_m,omitempty"` // its standard error; 0 where it is exact, or by the plan alone
	EUR          float64 `json:"eur,omitempty"`            // received by Sharing.Transfers; below 0: paid
}
