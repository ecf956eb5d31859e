package search

// Inf is later than every time and dearer than every cost.
const Inf = 1 << 29

// Resources is how many capacities a vehicle has: one for weight and one for each class of goods.
const Resources = 4

// MaxLegs is how many rides a request may take.
const MaxLegs = 6

// Load is an amount of each resource; the first is weight, the others are rooms of one class each.
type Load [Resources]int32

// Window is a closed span of time.
type Window struct{ Open, Close int32 }

// Problem is what there is to solve. Requests, vehicles and places refer to one another by index.
type Problem struct {
	Places   []Place
	Dist     []int32 // len(Places)² costs, row by row
	Secs     []int32 // len(Places)² travel times, row by row
	Owners   []int32 // the most added distance of each owner over all their routes; Inf: no limit
	Even     []int32 // the added distance of each owner from which on it has a price; of no use without Grade
	Grade    int32   // how far beyond it the price is one Grade; 0: added distance has no price
	Vehicles []Vehicle
	Routes   []Route
	Requests []Request
	Transfer int32 // cost of one transfer event, a distinct (place, giving route, taking route)
	NoTrips  bool  // only existing routes are used
	Direct   bool  // no transfers
}

// Place is where routes stop.
type Place struct {
	Service int32    // how long an added stop takes
	Open    []Window // service at an added stop begins inside one; ascending, disjoint; empty: always
	Meet    bool     // goods change routes here while both are present
	Store   uint8    // bit k: goods of resource k may wait here
}

// Vehicle makes its routes one after another and, inside its free windows, additional trips from its home.
type Vehicle struct {
	Owner int32
	Home  int32
	Cap   Load
	Free  []Window
	Reach []bool  // by place: where goods of others may be handled; nil: everywhere
	Chain []int32 // its routes in the order in which it makes them
}

// Route is driven anyway.
type Route struct {
	Vehicle, Owner int32
	Start, End     int32
	Depart, Return int32
	Stops          []OwnStop
	MaxDist        int32  // most added distance; Inf: no limit
	MaxSecs        int32  // most added travel and service time; Inf: no limit
	Frozen         bool   // no stop may be added
	Carries        []bool // by owner: whose goods ride; nil: everybody's
	EndWindow      Window // it arrives at its end inside
	EndUnload      Load   // as OwnStop.Unload, at the end
	StartBy        int32  // it departs no later
	Trip           bool   // habits count it among its vehicle's trips
}

// OwnStop is a stop that the route makes anyway. Unload leaves the vehicle there, on board since the start; goods that are
// loaded on the way are negative where they are loaded.
type OwnStop struct {
	Place   int32
	Window  Window // service begins inside
	Service int32
	Unload  Load
	Ready   int32 // departure no earlier
	By      int32 // arrival no later
}

// Request is an amount of goods of one owner to be brought from one place to another.
type Request struct {
	From, To int32
	Owner    int32
	Class    int32 // the resource its volume takes, 1 to Resources−1
	Weight   int32
	Volume   int32
	Ready    int32   // no departure with it before
	Window   Window  // service at To begins inside
	OwnOnly  bool    // only routes of its owner may carry it
	Off      []bool  // by route: which may not carry it; nil: none
	OffTrips []bool  // by vehicle: whose new trips may not; nil: none
	Lock     []int32 // when not nil, exactly these routes in this order
	Habit    []int32 // the way that it is used to: routes in this order, −1−v for any trip of vehicle v
	Change   int32   // cost of any other way; 0: no habit
	Penalty  int64   // of leaving it behind; compared before any distance
}

// Solution names stops by their position: 0 is the route's start, the last one its end.
type Solution struct {
	Routes []SolutionRoute
	Paths  [][]SolutionLeg // by request; empty: unserved
}

// SolutionRoute is one route with its stops, start and end among them.
type SolutionRoute struct {
	Vehicle int32
	Base    int32 // index in Problem.Routes; −1: a trip
	Free    int32 // of a trip: the vehicle's free window that it lies in
	Stops   []SolutionStop
}

// SolutionStop is a stop. Arrive and Depart are the earliest times; set by the search, ignored when read back.
type SolutionStop struct {
	Place          int32
	Own            int32 // index in Route.Stops; −1: start, end or added
	Arrive, Depart int32
}

// SolutionLeg is a ride from one stop of a route to a later one; Route is an index in Solution.Routes.
type SolutionLeg struct{ Route, From, To int32 }

// Cost orders solutions: first what is left behind, then distance and transfers.
type Cost struct {
	Lost int64
	Dist int64
}

// Less reports whether c is better than d.
func (c Cost) Less(d Cost) bool {
	return c.Lost < d.Lost || c.Lost == d.Lost && c.Dist < d.Dist
}
