package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"carriole/api/store"
)

// order is an order as it is kept.
type order struct {
	Meta
	Sale        store.ID    `json:"sale" readOnly:"true"`
	Ref         string      `json:"ref" minLength:"1" maxLength:"2000" doc:"The marketplace's reference; unique in the sale. It stays."`
	PickupPoint store.ID    `json:"pickup_point,omitzero" doc:"Left out: the nearest to the customer's position."`
	At          *point      `json:"at,omitzero" doc:"The customer's position, for an order without pickup point."`
	Lines       []orderLine `json:"lines" maxItems:"500" doc:"None: cancelled."`
}

type orderLine struct {
	Product    store.ID   `json:"product"`
	Quantity   quantity   `json:"quantity" doc:"0: cancelled, and not kept."`
	Kg         *kilograms `json:"kg,omitzero" doc:"Of the whole line, when it was weighed; by the product if left out."`
	Litres     *litres    `json:"litres,omitzero" doc:"Of the whole line; by the product if left out."`
	PriceCents *int64     `json:"price_cents,omitzero" minimum:"0" maximum:"1000000000000" doc:"Of the whole line."`
}

type orderList struct {
	Paging
	Sale        store.ID `query:"sale"`
	Ref         string   `query:"ref"`
	PickupPoint store.ID `query:"pickup_point"`
}

func orders(s *Service) {
	register(s, resource[order, store.Order, orderList]{
		path: "orders", noun: "order", text: "An order is what one customer ordered in one sale: a reference, no name. Orders come in by POST /v1/sales/{id}/orders.",
		read: access{Coordinator: all, Marketplace: all, Reader: all}, change: sellers,
		get: (*store.Scope).Order, update: s.updateOrder, remove: s.cancelOrder,
		list: func(ctx context.Context, c *store.Scope, in *orderList) ([]store.Order, store.Cursor, error) {
			return c.Orders(ctx, store.OrderFilter{Sale: in.Sale, Ref: in.Ref, PickupPoint: in.PickupPoint}, in.page())
		},
		document: func(r *store.Order) order {
			w := order{metaOf(r.Row), r.Sale, r.Ref, r.PickupPoint, pointOf(r.At), make([]orderLine, len(r.Lines))}
			for i, l := range r.Lines {
				w.Lines[i] = orderLine{l.Product, quantity(l.QuantityMilli), (*kilograms)(l.Grams), (*litres)(l.Millilitres), l.PriceCents}
			}
			return w
		},
		row: func(w *order) store.Order {
			r := store.Order{Row: w.row(), Ref: w.Ref, PickupPoint: w.PickupPoint, At: w.At.store(), Lines: make([]store.OrderLine, len(w.Lines))}
			for i, l := range w.Lines {
				r.Lines[i] = store.OrderLine{Product: l.Product, QuantityMilli: int64(l.Quantity), Grams: (*int64)(l.Kg), Millilitres: (*int64)(l.Litres), PriceCents: l.PriceCents}
			}
			return r
		},
		settle: func(before, after *store.Order) error {
			after.Sale = before.Sale
			return nil
		},
	})
	putOrders(s)
}

// updateOrder changes an order in a scope that is one transaction, and follows it up.
func (s *Service) updateOrder(c *store.Scope, ctx context.Context, r *store.Order) error {
	if err := c.UpdateOrder(ctx, r); err != nil {
		return err
	}
	return s.config.Planning.OrderChanged(ctx, c, r)
}

// cancelOrder keeps the order without lines: that it was there stays known.
func (s *Service) cancelOrder(c *store.Scope, ctx context.Context, id store.ID, version int64) error {
	r, err := c.Order(ctx, id)
	if err != nil {
		return err
	}
	r.Version, r.Lines = version, nil
	return s.updateOrder(c, ctx, r)
}

// newOrder is an order as it comes in.
type newOrder struct {
	Ref            string    `json:"ref" minLength:"1" maxLength:"2000" doc:"The marketplace's reference. An order with a reference that the sale has replaces that one." example:"A-1017"`
	PickupPoint    store.ID  `json:"pickup_point,omitzero" doc:"By its id …"`
	PickupPointRef string    `json:"pickup_point_ref,omitzero" maxLength:"2000" doc:"… or by its ref."`
	At             *point    `json:"at,omitzero" doc:"The customer's position, for an order without pickup point: it goes to the nearest."`
	Lines          []newLine `json:"lines" maxItems:"500" doc:"None, or all of quantity 0: the order is cancelled."`
}

type newLine struct {
	Product    store.ID   `json:"product,omitzero" doc:"By its id …"`
	ProductRef string     `json:"product_ref,omitzero" maxLength:"2000" doc:"… or by its ref." example:"fraises-500"`
	Quantity   quantity   `json:"quantity" doc:"0: cancelled."`
	Kg         *kilograms `json:"kg,omitzero" doc:"Of the whole line, when it was weighed; by the product if left out."`
	Litres     *litres    `json:"litres,omitzero" doc:"Of the whole line; by the product if left out."`
	PriceCents *int64     `json:"price_cents,omitzero" minimum:"0" maximum:"1000000000000" doc:"Of the whole line."`
}

// newOrders is what is posted.
type newOrders struct {
	Orders []newOrder `json:"orders" minItems:"1" maxItems:"10000"`
}

// putResult says what became of the orders.
type putResult struct {
	Created   int   `json:"created"`
	Replaced  int   `json:"replaced"`
	Cancelled int   `json:"cancelled"`
	Unchanged int   `json:"unchanged"`
	Orders    []put `json:"orders" doc:"In the order in which they were sent."`

	Made     *made   `json:"made,omitzero" doc:"What a graph with create=true brought with it."`
	Warnings []Fault `json:"warnings,omitzero" doc:"What was taken for granted of a graph, each with the @id that it is about."`
}

// made is how many rows came with the orders.
type made struct {
	Places       int `json:"places"`
	Producers    int `json:"producers"`
	PickupPoints int `json:"pickup_points"`
	Products     int `json:"products"`
}

type put struct {
	ID     store.ID        `json:"id"`
	Ref    string          `json:"ref"`
	Status store.PutStatus `json:"status" enum:"created,replaced,cancelled,unchanged"`
}

const putText = `Up to 10,000 orders of a sale, all or none: when anything is wrong nothing is written, and errors lists all faults, each with its place. An order with a reference that the sale has replaces that one and keeps its id; the same order again changes nothing; lines of quantity 0 are not kept, and an order without others is cancelled. Late orders of a closed sale are taken too: where it has a plan it is planned again some seconds later, with the least change.

**JSON** is {"orders": […]}, one order or many.

**CSV** (text/csv; UTF-8) has a line for each product of an order; lines of one reference are one order. The first line names the columns, in any order: ` + "`ref`, `pickup_point` or `pickup_point_ref`, `lon` and `lat`, `product` or `product_ref`, `quantity`, `kg`, `litres`, `price_cents`" + `; ref, quantity and a product column must be there. The separator is a comma, or a semicolon, with which decimals may have a comma.

**JSON-LD** (application/ld+json) is a graph of the Data Food Consortium. Products, producers, places and pickup points are known by their @ids, which are refs here; with create=true those that are not known are made, otherwise each is a fault. Errors name @ids. See also POST /v1/graph/plan.

With an **Idempotency-Key** the same request sent again gets the first answer, with Idempotent-Replayed: true; another request with the same key is refused (409).`

type putInput struct {
	ID             store.ID `path:"id"`
	ContentType    string   `header:"Content-Type" hidden:"true"`
	Create         bool     `query:"create" doc:"Of a graph: also make the products, producers, places and pickup points that are not known."`
	IdempotencyKey string   `header:"Idempotency-Key" maxLength:"255" pattern:"^[ -~]*$" patternDescription:"printable ASCII" doc:"A key of your own for this request, kept at least until the sale's orders are forgotten."`
	RawBody        []byte   `contentType:"text/csv"`
}

type putOutput struct {
	ContentType string `header:"Content-Type"`
	Replayed    string `header:"Idempotent-Replayed" doc:"true: this is the first answer again."`
	Body        []byte
}

func putOrders(s *Service) {
	handleWith(s, route{id: "put-orders", method: http.MethodPost, path: "/v1/sales/{id}/orders", subject: "orders", who: sellers, summary: "Send orders", text: putText, body: s.config.Limits.OrdersBody, time: 5 * time.Minute},
		s.describePutOrders,
		func(ctx context.Context, c *call, in *putInput) (*putOutput, error) {
			b, err := readBatch(in.ContentType, in.RawBody)
			if err != nil {
				return nil, err
			}
			if b.graph != nil {
				b.graph.create = in.Create
			}
			out := &putOutput{ContentType: "application/json"}
			write := func(scope *store.Scope) (reply []byte, err error) {
				puts, err := b.put(ctx, scope, in.ID)
				if err == nil {
					err = s.config.Planning.Received(ctx, scope, in.ID, puts)
				}
				if err != nil {
					return nil, err
				}
				return b.answer(puts)
			}
			if in.IdempotencyKey == "" {
				err = c.scope.Together(ctx, func(scope *store.Scope) (err error) {
					out.Body, err = write(scope)
					return err
				})
			} else {
				var again bool
				request := append(fmt.Appendf(nil, "put-orders %s %s %v\n", in.ID, in.ContentType, in.Create), in.RawBody...)
				out.Body, again, err = c.scope.Once(ctx, in.IdempotencyKey, request, write)
				if again {
					out.Replayed = "true"
				}
			}
			return out, err
		})
}
