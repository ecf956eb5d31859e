package store

import "context"

// WeekData is all that a plan of a sale is made from, as it was at one moment.
type WeekData struct {
	Collective   Collective
	Sale         Sale
	Revision     int64 // of the orders
	Places       []Place
	Producers    []Producer
	Vehicles     []Vehicle
	Rounds       []Round
	Changes      []RoundChange // that touch days up to a month around the sale's
	Absences     []Absence     // that touch the sale's days
	PickupPoints []PickupPoint
	Products     []Product
	Orders       []Order
	Ways         []Way    // the sale's locks, and all habits
	Forbids      []Forbid // the sale's, and those that hold always
	Settings     []Setting
	Balances     map[ID]int64 // metres by producer
}

// WeekData reads what a plan of a sale is made from.
func (c *Scope) WeekData(ctx context.Context, sale ID) (*WeekData, error) {
	d := &WeekData{}
	err := c.Snapshot(ctx, func(c *Scope) error {
		t := c.tx
		collective, err := c.Itself(ctx)
		if err != nil {
			return err
		}
		s, err := fetch[Sale](ctx, t, sale)
		if err != nil {
			return err
		}
		d.Collective, d.Sale = *collective, *s
		if d.Revision, err = c.Revision(ctx, sale); err != nil {
			return err
		}
		if d.Balances, err = c.Balances(ctx); err != nil {
			return err
		}
		var here conditions
		here.add("(sale is null or sale = ?)", string(sale))
		var ofSale conditions
		ofSale.is("sale", string(sale))
		return first(
			func() (err error) { d.Places, err = every[Place](ctx, t, conditions{}); return },
			func() (err error) { d.Producers, err = every[Producer](ctx, t, conditions{}); return },
			func() (err error) { d.Vehicles, err = every[Vehicle](ctx, t, conditions{}); return },
			func() (err error) { d.Rounds, err = every[Round](ctx, t, conditions{}); return },
			func() (err error) {
				d.Changes, err = every[RoundChange](ctx, t, RoundChangeFilter{First: s.First.Plus(-mostDays), Last: s.Last.Plus(mostDays)}.conditions())
				return
			},
			func() (err error) {
				d.Absences, err = every[Absence](ctx, t, AbsenceFilter{First: s.First, Last: s.Last}.conditions())
				return
			},
			func() (err error) { d.PickupPoints, err = every[PickupPoint](ctx, t, conditions{}); return },
			func() (err error) { d.Products, err = every[Product](ctx, t, conditions{}); return },
			func() (err error) { d.Orders, err = every[Order](ctx, t, ofSale); return },
			func() (err error) { d.Ways, err = every[Way](ctx, t, here); return },
			func() (err error) { d.Forbids, err = every[Forbid](ctx, t, here); return },
			func() (err error) { d.Settings, err = every[Setting](ctx, t, conditions{}); return },
		)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// first does one thing after the other until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
