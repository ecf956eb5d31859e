package store

import "context"

// Point is a position in 1e-7 degrees of WGS 84, some centimetres.
type Point struct {
	LonE7 int64 `json:"lon_e7"`
	LatE7 int64 `json:"lat_e7"`
}

// Lon is the longitude in degrees.
func (p Point) Lon() float64 { return float64(p.LonE7) / 1e7 }

// Lat is the latitude in degrees.
func (p Point) Lat() float64 { return float64(p.LatE7) / 1e7 }

func (p *Point) check(f *faults, path string) {
	if p == nil {
		return
	}
	if p.LonE7 < -180e7 || p.LonE7 > 180e7 {
		f.add(path+".lon", "%v is out of range, −180 to 180", p.Lon())
	}
	if p.LatE7 < -90e7 || p.LatE7 > 90e7 {
		f.add(path+".lat", "%v is out of range, −90 to 90", p.Lat())
	}
}

// Place is somewhere a round can stop.
type Place struct {
	Row
	Ref          string // another system's id; unique in the collective when there is one
	Name         string
	Address      string
	Note         string  // where to unload, whom to call
	At           *Point  // nil: not known yet, nobody can be sent there
	Hours        Windows // service at an added stop begins inside one of these; none: always
	StopS        *int64  // seconds that an added stop takes; nil: the usual
	Meet         bool    // two rounds may hand goods over here while both are present
	StoreAmbient bool    // goods of the class may wait here for the next round
	StoreChilled bool
	StoreFrozen  bool
}

func (*Place) kind() kind {
	return kind{"place", "places", "ref, name, address, note, lon_e7, lat_e7, hours, stop_s, meet, store_ambient, store_chilled, store_frozen", "ref"}
}

func (x *Place) fields() []any {
	return []any{optional[string]{&x.Ref}, &x.Name, &x.Address, &x.Note, longitude{&x.At}, latitude{&x.At}, document[Windows]{&x.Hours}, &x.StopS,
		&x.Meet, &x.StoreAmbient, &x.StoreChilled, &x.StoreFrozen}
}

func (*Place) refs() []ref { return nil }

func (x *Place) check(f *faults) {
	f.text("ref", x.Ref)
	f.name("name", x.Name)
	f.text("address", x.Address)
	f.text("note", x.Note)
	x.At.check(f, "at")
	x.Hours.check(f, "hours")
	f.optional("stop_s", x.StopS)
}

// PlaceFilter narrows a list of places; what is empty does not.
type PlaceFilter struct {
	Ref     string
	Located *bool // whether the position is known
}

func (f PlaceFilter) conditions() (w conditions) {
	w.is("ref", f.Ref)
	w.isBool("(lon_e7 is not null)", f.Located)
	return w
}

// CreatePlace adds a place.
func (c *Scope) CreatePlace(ctx context.Context, x *Place) error { return create(ctx, c, x) }

// Place is a place by id.
func (c *Scope) Place(ctx context.Context, id ID) (*Place, error) { return get[Place](ctx, c, id) }

// Places lists places.
func (c *Scope) Places(ctx context.Context, f PlaceFilter, page Page) ([]Place, Cursor, error) {
	return list[Place](ctx, c, page, f.conditions())
}

// UpdatePlace changes a place.
func (c *Scope) UpdatePlace(ctx context.Context, x *Place) error { return update(ctx, c, x) }

// DeletePlace removes a place that nothing refers to.
func (c *Scope) DeletePlace(ctx context.Context, id ID, version int64) error {
	return remove[Place](ctx, c, id, version)
}
