package engine

import (
	"time"

	"carriole/geo"
)

// Week is the planner's input: everything known when orders close.
type Week struct {
	ID           string        `json:"id"`
	Name         string        `json:"name,omitempty"`     // what people call it; empty: the id
	Timezone     string        `json:"timezone,omitempty"` // IANA name, for display; empty means Europe/Paris
	Places       []Place       `json:"places"`
	Producers    []Producer    `json:"producers"`
	Vehicles     []Vehicle     `json:"vehicles"`
	Rounds       []Round       `json:"rounds"`
	PickupPoints []PickupPoint `json:"pickup_points"`
	Orders       []Order       `json:"orders"`
	Travel       *geo.Table    `json:"travel,omitempty"` // in the order of Places; nil: the caller's provider, crow flies by default
	Locks        []Lock        `json:"locks,omitempty"`
	Forbid       []Forbid      `json:"forbid,omitempty"`
	Habits       []Habit       `json:"habits,omitempty"`
	Settings     Settings      `json:"settings,omitzero"`
}

// Class is a temperature class. No class stands in for another.
type Class string

// The temperature classes. A line without a class is ambient.
const (
	Ambient Class = "ambient"
	Chilled Class = "chilled"
	Frozen  Class = "frozen"
)

// Classes lists the temperature classes in their usual order.
var Classes = [...]Class{Ambient, Chilled, Frozen}

// CarriedBy says whose rounds may carry a line.
type CarriedBy string

// Goods are carried by anybody, or by rounds of their own producer all the way.
const (
	ByAny      CarriedBy = "any"
	ByProducer CarriedBy = "producer"
)

// Interval is a closed span of time, opening first.
type Interval [2]time.Time

// Place is somewhere a round can stop.
type Place struct {
	ID       string     `json:"id"`
	Name     string     `json:"name,omitempty"`
	Lon      float64    `json:"lon"`
	Lat      float64    `json:"lat"`
	Open     []Interval `json:"open,omitempty"`     // service at an added stop begins inside one of these; none: always open
	StopS    *float64   `json:"stop_s,omitempty"`   // seconds an added stop takes; see StopSeconds
	Handover *Handover  `json:"handover,omitempty"` // see CanMeet and CanStore
}

// Handover says how goods may change vehicles at a place.
type Handover struct {
	Meet  *bool   `json:"meet,omitempty"`  // two rounds may meet here; nil means true
	Store []Class `json:"store,omitempty"` // classes that may wait here for the next round
}

// Producer is a farm that sells, and may drive.
type Producer struct {
	ID        string    `json:"id"`
	Name      string    `json:"name,omitempty"`
	Place     string    `json:"place"`
	ReadyAt   time.Time `json:"ready_at,omitzero"`     // goods leave the farm no earlier; zero: at any time
	MaxAddedM *float64  `json:"max_added_m,omitempty"` // most added metres over all this producer's rounds and trips; nil: no limit
	BalanceM  float64   `json:"balance_m,omitempty"`   // metres driven for others so far, less those that others drove for them; see Share.BalanceMetres
}

// Vehicle belongs to one producer.
type Vehicle struct {
	ID        string            `json:"id"`
	Name      string            `json:"name,omitempty"` // what people call it; empty: the id
	Producer  string            `json:"producer"`
	Kg        float64           `json:"kg"`
	Litres    map[Class]float64 `json:"litres"`              // a class not named has no room
	Available []Interval        `json:"available,omitempty"` // when it may make dedicated trips; none: never
	CO2GPerKm *float64          `json:"co2_g_per_km,omitempty"`

	// LongestS is how many seconds goods of a class may be on board, as in insulated boxes: from the departure with them until
	// the stop where they are unloaded begins. Where they change to another such vehicle without having been in store the time goes on,
	// and the shorter limit counts. A class not named has no limit, nor have the round's own goods.
	LongestS map[Class]float64 `json:"longest_s,omitempty"`
}

// Round is a trip that a producer makes anyway.
type Round struct {
	ID          string      `json:"id"`
	Name        string      `json:"name,omitempty"` // what people call it; empty: the id
	Producer    string      `json:"producer"`
	Vehicle     string      `json:"vehicle"`
	Kind        string      `json:"kind,omitempty"`
	Start       string      `json:"start"`
	End         string      `json:"end"`
	DepartAfter time.Time   `json:"depart_after"`
	ReturnBy    time.Time   `json:"return_by"`
	Stops       []RoundStop `json:"stops"` // made anyway, in this order
	Carries     Carries     `json:"carries,omitzero"`
	MaxAddedM   *float64    `json:"max_added_m,omitempty"` // nil: no limit
	MaxAddedS   *float64    `json:"max_added_s,omitempty"` // travel and stays, waiting not counted; nil: no limit
	Frozen      bool        `json:"frozen,omitempty"`      // no stop may be added
}

// RoundStop is one of a round's own stops.
type RoundStop struct {
	Place       string    `json:"place"`
	ArriveAfter time.Time `json:"arrive_after"`
	ArriveBy    time.Time `json:"arrive_by"`
	StayS       float64   `json:"stay_s"`
	Unload      *Load     `json:"unload,omitempty"` // own goods, on board from the start until here
}

// Load is an amount of goods.
type Load struct {
	Kg     float64           `json:"kg"`
	Litres map[Class]float64 `json:"litres,omitempty"`
}

// Carries says whose goods a round takes. The zero value takes everybody's. Own goods always ride.
// In JSON: "all", "own" or a list of producer ids.
type Carries struct {
	OwnOnly bool
	Only    []string // when not nil, the producers accepted beside the own one
}

// PickupPoint is where customers collect their orders.
type PickupPoint struct {
	ID          string    `json:"id"`
	Name        string    `json:"name,omitempty"`
	Place       string    `json:"place"`
	AcceptAfter time.Time `json:"accept_after"`
	AcceptBy    time.Time `json:"accept_by"` // unloading begins inside the two
}

// Order is one customer's order. One without a pickup point carries the customer's coordinates and goes to the nearest
// point that every producer of its lines can reach.
type Order struct {
	ID          string   `json:"id"`
	Name        string   `json:"name,omitempty"` // what people call it, as a marketplace's reference; empty: the id
	PickupPoint string   `json:"pickup_point,omitempty"`
	Lon         *float64 `json:"lon,omitempty"`
	Lat         *float64 `json:"lat,omitempty"`
	Lines       []Line   `json:"lines"`
}

// Line is one product of an order; Kg and Litres are of the whole line.
type Line struct {
	Producer  string    `json:"producer"`
	Product   string    `json:"product,omitempty"`
	ProductID string    `json:"product_id,omitempty"` // for whoever keeps products: the name may be another by now
	Quantity  float64   `json:"quantity,omitempty"`
	Kg        float64   `json:"kg"`
	Litres    float64   `json:"litres"`
	Class     Class     `json:"class,omitempty"`      // empty means ambient
	CarriedBy CarriedBy `json:"carried_by,omitempty"` // empty means any
	Held      *Hold     `json:"held,omitempty"`       // not nil: it is not to be carried, and is unserved
}

// Hold is why a line is not carried, in words for people: which rule stops it, and what would lift that.
type Hold struct {
	English string `json:"en"`
	French  string `json:"fr,omitempty"`
}

// Lock fixes the way of some goods: exactly these rounds, in this order.
type Lock struct {
	Producer    string   `json:"producer"`
	PickupPoint string   `json:"pickup_point"`
	Class       Class    `json:"class,omitempty"` // empty: every class
	Rounds      []string `json:"rounds"`
}

// Forbid keeps everything of a producer off a round.
type Forbid struct {
	Producer string `json:"producer"`
	Round    string `json:"round"`
}

// Habit is the way that some goods are used to take: these rounds, in this order. The plan keeps to it unless another way
// saves more than Settings.ChangeM a consignment. Habits last over the weeks: one that names a round that is not driven
// this week has no effect.
type Habit struct {
	Producer    string   `json:"producer"`
	PickupPoint string   `json:"pickup_point"`
	Class       Class    `json:"class,omitempty"` // empty: every class
	Rounds      []string `json:"rounds"`          // a vehicle's id stands for any dedicated trip of it
}

// Settings of the whole week; nil means the default.
type Settings struct {
	HandoverM     *float64 `json:"handover_m,omitempty"`      // what a handover event costs, in metres; default 500
	OthersWithinM *float64 `json:"others_within_m,omitempty"` // how far from the carrier's farm goods of others are handled; default no limit
	MaxPickupM    *float64 `json:"max_pickup_m,omitempty"`    // how far an order without pickup point may be sent; default 15000
	ChangeM       *float64 `json:"change_m,omitempty"`        // what a consignment must save to ride otherwise than usual, in metres; default 0, for Replan 2000

	// Fairness, 0 to 1, says how much a large burden counts: the metres that a producer adds beyond those of bringing their
	// own goods alone, and their balance with them. 0 counts the total alone; at 1 a burden of 4 km makes each further
	// metre count four times and one of 8 km thirteen times, at 0.5 burdens twice as large do.
	Fairness float64 `json:"fairness,omitempty"`

	// NobodyWorseOff forbids a plan in which somebody drives further than they would alone, best as alone is known before
	// the search. Goods that a producer could not bring alone give nobody the right to drive further: they may be
	// left behind for it.
	NobodyWorseOff bool `json:"nobody_worse_off,omitempty"`

	CostPerKm *float64 `json:"cost_per_km,omitempty"` // EUR that a driven kilometre really costs, for sharing it; see CostOfKm
}

// Defaults of the contract.
const (
	defaultStopS      = 300
	defaultHandoverM  = 500
	defaultMaxPickupM = 15000
	defaultCostPerKm  = 0.40 // a farm's van, what one more kilometre costs; the tax scale of 2025 allows 0.37 to 0.70 with all costs
)

// StopSeconds is how long an added stop takes here.
func (p *Place) StopSeconds() float64 { return valueOr(p.StopS, defaultStopS) }

// CanMeet reports whether two rounds may hand goods over here while both are present.
func (p *Place) CanMeet() bool {
	return p.Handover == nil || p.Handover.Meet == nil || *p.Handover.Meet
}

// CanStore reports whether goods of class c may wait here for the next round.
func (p *Place) CanStore(c Class) bool {
	if p.Handover != nil {
		for _, s := range p.Handover.Store {
			if s == c {
				return true
			}
		}
	}
	return false
}

// Accepts reports whether the round takes goods of the producer.
func (r *Round) Accepts(producer string) bool {
	if producer == r.Producer || r.Carries.Only == nil && !r.Carries.OwnOnly {
		return true
	}
	for _, p := range r.Carries.Only {
		if p == producer {
			return true
		}
	}
	return false
}

// Temperature is the line's class, ambient where none is named.
func (l *Line) Temperature() Class {
	if l.Class == "" {
		return Ambient
	}
	return l.Class
}

// Carrier is the line's carried_by, any where none is named.
func (l *Line) Carrier() CarriedBy {
	if l.CarriedBy == "" {
		return ByAny
	}
	return l.CarriedBy
}

// HandoverMetres is what one handover event costs in the objective.
func (s *Settings) HandoverMetres() float64 { return valueOr(s.HandoverM, defaultHandoverM) }

// MaxPickupMetres is how far from the customer a pickup point may be chosen.
func (s *Settings) MaxPickupMetres() float64 { return valueOr(s.MaxPickupM, defaultMaxPickupM) }

// CostOfKm is what a driven kilometre costs, in EUR: only this may be shared, and no more of it than was driven.
func (s *Settings) CostOfKm() float64 { return valueOr(s.CostPerKm, defaultCostPerKm) }

func valueOr(p *float64, otherwise float64) float64 {
	if p == nil {
		return otherwise
	}
	return *p
}
