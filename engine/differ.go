package engine

// CauseKind says what made a part of the plan change.
type CauseKind string

// The causes. Which fields of Cause are set is said for each.
const (
	CauseOrder          CauseKind = "order"           // Order: it is new, or its lines are
	CauseOrderCancelled CauseKind = "order_cancelled" // Order
	CauseWeighed        CauseKind = "weighed"         // Order: it weighs or takes up other than before
	CauseRoundCancelled CauseKind = "round_cancelled" // Round
	CauseRoundChanged   CauseKind = "round_changed"   // Round: it is new, or has other stops of its own
	CauseVehicle        CauseKind = "vehicle"         // Vehicle: it makes the trip no more
	CauseRefused        CauseKind = "refused"         // Round, Producer: who does not take the goods
	CauseLock           CauseKind = "lock"
	CauseHours          CauseKind = "hours"    // Round or Vehicle: the hours can no longer be kept with it
	CauseRoom           CauseKind = "room"     // Round or Vehicle: it has no more room
	CauseLimit          CauseKind = "limit"    // Round or Vehicle: it may not be diverted so far
	CauseUnserved       CauseKind = "unserved" // nobody carried it before
	CauseSaves          CauseKind = "saves"    // Metres: the objective falls by them
)

// Cause is why something changed.
type Cause struct {
	Kind     CauseKind `json:"kind"`
	Order    string    `json:"order,omitempty"`
	Round    string    `json:"round,omitempty"`
	Vehicle  string    `json:"vehicle,omitempty"`
	Producer string    `json:"producer,omitempty"`
	Metres   float64   `json:"m,omitempty"`
}

// Difference between two plans.
type Difference struct {
	Cause Cause
}

func (r *replanner) differences(p *Plan) []Difference { return nil }
