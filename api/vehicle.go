package api

import (
	"context"

	"carriole/api/store"
)

type vehicle struct {
	Meta
	Ref       string          `json:"ref,omitzero" maxLength:"2000" doc:"Another system's id; unique in the collective."`
	Name      string          `json:"name" minLength:"1" maxLength:"2000" example:"Kangoo"`
	Producer  store.ID        `json:"producer" doc:"Whose it is."`
	Plate     string          `json:"plate,omitzero" maxLength:"100" doc:"The number plate, for run sheets and delivery notes." example:"AB-123-CD"`
	Kg        kilograms       `json:"kg" doc:"How much it carries."`
	Litres    volumes         `json:"litres" doc:"Room by temperature class; a class not named has none."`
	GrossKg   *kilograms      `json:"gross_kg,omitzero" doc:"Most mass laden; above 3.5 t other rules hold."`
	Equipment store.Equipment `json:"equipment,omitzero" enum:"none,boxes,fridge,freezer" doc:"What keeps goods cold; none if left out."`
	Boxes     int64           `json:"boxes,omitzero" minimum:"0" maximum:"1000" doc:"How many insulated boxes."`
	CO2GPerKm *int64          `json:"co2_g_per_km,omitzero" minimum:"0" maximum:"100000"`
	Available store.Windows   `json:"available,omitzero" doc:"When it may make trips of its own, by day of the week; never if left out."`
}

type vehicleList struct {
	Paging
	Ref      string   `query:"ref"`
	Producer store.ID `query:"producer"`
}

func vehicles(s *Service) {
	register(s, resource[vehicle, store.Vehicle, vehicleList]{
		path: "vehicles", noun: "vehicle", text: "A vehicle belongs to a producer. It drives their rounds, and trips of its own while it is available.",
		read: ownReaders, change: coordinators,
		get: (*store.Scope).Vehicle, create: (*store.Scope).CreateVehicle, update: (*store.Scope).UpdateVehicle, remove: (*store.Scope).DeleteVehicle,
		list: func(ctx context.Context, c *store.Scope, in *vehicleList) ([]store.Vehicle, store.Cursor, error) {
			return c.Vehicles(ctx, store.VehicleFilter{Ref: in.Ref, Producer: in.Producer}, in.page())
		},
		producer: func(r *store.Vehicle) store.ID { return r.Producer },
		narrow:   func(in *vehicleList, id store.ID) error { in.Producer = id; return nil },
		document: func(r *store.Vehicle) vehicle {
			has := roomOf(r.Room)
			return vehicle{metaOf(r.Row), r.Ref, r.Name, r.Producer, r.Plate, has.Kg, has.Litres, (*kilograms)(r.GrossGrams), r.Equipment, r.Boxes, r.CO2GPerKm, r.Available}
		},
		row: func(w *vehicle) store.Vehicle {
			return store.Vehicle{Row: w.row(), Ref: w.Ref, Name: w.Name, Producer: w.Producer, Plate: w.Plate, Room: room{w.Kg, w.Litres}.store(), GrossGrams: (*int64)(w.GrossKg),
				Equipment: w.Equipment, Boxes: w.Boxes, CO2GPerKm: w.CO2GPerKm, Available: w.Available}
		},
	})
}
