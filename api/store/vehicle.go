package store

import "context"

// Equipment is what keeps goods cold in a vehicle.
type Equipment string

// The equipment.
const (
	NoEquipment Equipment = "none"
	Boxes       Equipment = "boxes" // insulated boxes with packs
	Fridge      Equipment = "fridge"
	Freezer     Equipment = "freezer"
)

// Room is an amount of goods: grams in all, millilitres of each class.
type Room struct {
	Grams     int64
	AmbientMl int64
	ChilledMl int64
	FrozenMl  int64
}

func (r *Room) fields() []any { return []any{&r.Grams, &r.AmbientMl, &r.ChilledMl, &r.FrozenMl} }

func (r *Room) check(f *faults, path string) {
	f.amount(path+"grams", r.Grams)
	f.amount(path+"ambient_ml", r.AmbientMl)
	f.amount(path+"chilled_ml", r.ChilledMl)
	f.amount(path+"frozen_ml", r.FrozenMl)
}

// Vehicle belongs to one producer.
type Vehicle struct {
	Row
	Ref        string // another system's id; unique in the collective when there is one
	Name       string
	Producer   ID
	Room       Room
	Plate      string // the number plate, for papers
	GrossGrams *int64 // most mass laden; above 3.5 t other rules hold
	Equipment  Equipment
	Boxes      int64 // how many insulated boxes
	CO2GPerKm  *int64
	Available  Windows // when it may make trips of its own; none: never
}

func (*Vehicle) kind() kind {
	return kind{"vehicle", "vehicles", "ref, name, producer, plate, gross_grams, equipment, boxes, co2_g_per_km, available, grams, ambient_ml, chilled_ml, frozen_ml", "ref"}
}

func (x *Vehicle) fields() []any {
	return append([]any{optional[string]{&x.Ref}, &x.Name, &x.Producer, &x.Plate, &x.GrossGrams, &x.Equipment, &x.Boxes, &x.CO2GPerKm, document[Windows]{&x.Available}},
		x.Room.fields()...)
}

func (x *Vehicle) refs() []ref { return []ref{{"producer", "producer", "producers", x.Producer}} }

func (x *Vehicle) check(f *faults) {
	f.text("ref", x.Ref)
	f.name("name", x.Name)
	if x.Producer == "" {
		f.add("producer", "is empty: name whose vehicle it is")
	}
	f.text("plate", x.Plate)
	x.Room.check(f, "room.")
	f.optional("gross_grams", x.GrossGrams)
	if x.Equipment == "" {
		x.Equipment = NoEquipment
	}
	choice(f, "equipment", x.Equipment, NoEquipment, Boxes, Fridge, Freezer)
	f.amount("boxes", x.Boxes)
	f.optional("co2_g_per_km", x.CO2GPerKm)
	x.Available.check(f, "available")
}

// VehicleFilter narrows a list of vehicles; what is empty does not.
type VehicleFilter struct {
	Ref      string
	Producer ID
}

func (f VehicleFilter) conditions() (w conditions) {
	w.is("ref", f.Ref)
	w.is("producer", string(f.Producer))
	return w
}

// CreateVehicle adds a vehicle.
func (c *Scope) CreateVehicle(ctx context.Context, x *Vehicle) error { return create(ctx, c, x) }

// Vehicle is a vehicle by id.
func (c *Scope) Vehicle(ctx context.Context, id ID) (*Vehicle, error) {
	return get[Vehicle](ctx, c, id)
}

// Vehicles lists vehicles.
func (c *Scope) Vehicles(ctx context.Context, f VehicleFilter, page Page) ([]Vehicle, Cursor, error) {
	return list[Vehicle](ctx, c, page, f.conditions())
}

// UpdateVehicle changes a vehicle.
func (c *Scope) UpdateVehicle(ctx context.Context, x *Vehicle) error { return update(ctx, c, x) }

// DeleteVehicle removes a vehicle that nothing refers to.
func (c *Scope) DeleteVehicle(ctx context.Context, id ID, version int64) error {
	return remove[Vehicle](ctx, c, id, version)
}
