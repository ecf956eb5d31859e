package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Order is what one customer ordered in one sale: a reference, no name.
type Order struct {
	Row
	Sale        ID
	Ref         string      // the marketplace's; unique in the sale
	PickupPoint ID          // empty: the nearest to At
	At          *Point      // of the customer, for an order without pickup point
	Lines       []OrderLine // none: cancelled
}

// OrderLine is one product of an order.
type OrderLine struct {
	Product       ID     `json:"product"`
	QuantityMilli int64  `json:"quantity_milli"`  // thousandths of the product's unit; 0: cancelled, not kept
	Grams         *int64 `json:"grams,omitempty"` // of the whole line, when it was weighed; nil: by the product
	Millilitres   *int64 `json:"millilitres,omitempty"`
	PriceCents    *int64 `json:"price_cents,omitempty"` // of the whole line
}

// What one call of PutOrders takes.
const (
	MaxOrders = 10_000
	mostLines = 500 // of an order
)

func (*Order) kind() kind {
	return kind{"order", "orders", "sale, ref, pickup_point, lon_e7, lat_e7, lines", "ref"}
}

func (x *Order) fields() []any {
	return []any{&x.Sale, &x.Ref, optional[ID]{&x.PickupPoint}, longitude{&x.At}, latitude{&x.At}, orderLines{&x.Lines}}
}

func (x *Order) refs() []ref {
	out := []ref{{"sale", "sale", "sales", x.Sale}, {"pickup_point", "pickup point", "pickup_points", x.PickupPoint}}
	for i, l := range x.Lines {
		out = append(out, ref{fmt.Sprintf("lines[%d].product", i), "product", "products", l.Product})
	}
	return out
}

func (x *Order) check(f *faults) {
	x.checkAt(f, "")
	x.Lines = kept(x.Lines)
}

func (x *Order) checkAt(f *faults, path string) {
	f.name(path+"ref", x.Ref)
	if x.PickupPoint == "" && x.At == nil && slices.ContainsFunc(x.Lines, func(l OrderLine) bool { return l.QuantityMilli != 0 }) {
		f.add(path+"pickup_point", "is empty and the customer's position is not known: name the one or the other")
	}
	x.At.check(f, path+"at")
	if len(x.Lines) > mostLines {
		f.add(path+"lines", "has %d lines: at most %d are kept", len(x.Lines), mostLines)
		return
	}
	for i := range x.Lines {
		l := &x.Lines[i]
		if l.Product != "" && amounts(l) {
			continue // most lines, without the cost of a path
		}
		path := fmt.Sprintf("%slines[%d].", path, i)
		if l.Product == "" {
			f.add(path+"product", "is empty: name a product")
		}
		f.amount(path+"quantity", l.QuantityMilli)
		f.optional(path+"grams", l.Grams)
		f.optional(path+"millilitres", l.Millilitres)
		f.optional(path+"price_cents", l.PriceCents)
	}
}

func amounts(l *OrderLine) bool {
	for _, p := range []*int64{&l.QuantityMilli, l.Grams, l.Millilitres, l.PriceCents} {
		if p != nil && (*p < 0 || *p > mostAmount) {
			return false
		}
	}
	return true
}

// PutStatus says what became of an order that was put.
type PutStatus string

// The statuses.
const (
	PutCreated   PutStatus = "created"
	PutReplaced  PutStatus = "replaced"
	PutCancelled PutStatus = "cancelled" // all its quantities are 0
	PutUnchanged PutStatus = "unchanged" // it was there just so
)

// Put is what became of one order.
type Put struct {
	ID     ID
	Status PutStatus
}

// PutOrders writes up to MaxOrders orders of a sale, all or none. An order with a reference that the sale has is replaced and
// keeps its id; lines of quantity 0 are not kept, and an order without lines is cancelled. The faults name orders and
// lines by their indexes. The results are in the order of the orders.
func (c *Scope) PutOrders(ctx context.Context, sale ID, orders []Order) ([]Put, error) {
	if n := len(orders); n == 0 || n > MaxOrders {
		var f faults
		f.add("orders", "has %d orders: send 1 to %d at once", n, MaxOrders)
		return nil, f.err()
	}
	var found faults
	checkOrders(&found, orders)
	var out []Put
	err := c.write(ctx, func(t *tx) (err error) {
		f := faults{slices.Clip(found.list), found.more}
		out, err = t.putOrders(ctx, sale, orders, &f)
		if t.backend.violation(err) == referenceViolation {
			return justDeleted()
		}
		return err
	})
	return out, err
}

// checkOrders looks at what orders say themselves.
func checkOrders(f *faults, orders []Order) {
	first := make(map[string]int, len(orders))
	for i := range orders {
		x := &orders[i]
		path := fmt.Sprintf("orders[%d].", i)
		x.checkAt(f, path)
		if k, doubled := first[x.Ref]; doubled {
			f.add(path+"ref", "%q is the ref of orders[%d] already: send each order once", x.Ref, k)
			continue
		}
		first[x.Ref] = i
	}
}

// putOrders writes orders in which f are the faults that are known already.
func (t *tx) putOrders(ctx context.Context, sale ID, orders []Order, f *faults) ([]Put, error) {
	if err := t.takes(ctx, sale); err != nil {
		return nil, err
	}
	if err := t.knownOrders(ctx, sale, orders, f); err != nil {
		return nil, err
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	out, changed, err := t.merge(ctx, sale, orders)
	if err != nil || changed == 0 {
		return out, err
	}
	return out, t.audit(ctx, "put orders", "sale", sale, fmt.Sprintf(`{"orders":%d}`, changed))
}

// takes demands a sale that takes orders. Until the transaction ends nobody closes it or begins to plan it, so that a plan either
// has the orders, or is begun already when they come.
func (t *tx) takes(ctx context.Context, sale ID) error {
	if err := t.backend.among(ctx, t.Tx, t.collective, sale); err != nil {
		return fmt.Errorf("store: waiting for a sale: %w", err)
	}
	s, err := fetch[Sale](ctx, t, sale)
	if err == nil && s.State != SaleOpen && s.State != SaleClosed {
		err = refuse(Conflict, "the sale is %s and takes no orders", s.State)
	}
	return err
}

// alone holds a sale as [tx.hold] does, when all orders that were on their way are there, and keeps further ones waiting.
func (t *tx) alone(ctx context.Context, sale ID) error {
	if err := t.backend.after(ctx, t.Tx, t.collective, sale); err != nil {
		return fmt.Errorf("store: waiting for a sale: %w", err)
	}
	return t.hold(ctx, sale)
}

// knownOrders checks what orders refer to, each thing once, and notes what the sale sells.
func (t *tx) knownOrders(ctx context.Context, sale ID, orders []Order, f *faults) error {
	points, products := map[ID]bool{}, map[ID]bool{}
	for i := range orders {
		if id := orders[i].PickupPoint; id != "" {
			points[id] = false
		}
		for k := range orders[i].Lines {
			products[orders[i].Lines[k].Product] = false
		}
	}
	if err := first(func() error { return t.use(ctx, sale, orderPoints, points) }, func() error { return t.use(ctx, sale, orderProducts, products) }); err != nil {
		return err
	}
	for i := range orders {
		if id := orders[i].PickupPoint; id != "" && !points[id] {
			f.add(fmt.Sprintf("orders[%d].pickup_point", i), "no pickup point has the id %q", string(id))
		}
		for k := range orders[i].Lines {
			if id := orders[i].Lines[k].Product; id != "" && !products[id] {
				f.add(fmt.Sprintf("orders[%d].lines[%d].product", i, k), "no product has the id %q", string(id))
			}
		}
	}
	return nil
}

// A use is what orders refer to, which is noted once a sale.
type use struct{ table, column, of string }

var (
	orderPoints   = use{"sale_pickup_points", "pickup_point", "pickup_points"}
	orderProducts = use{"sale_products", "product", "products"}
)

// use notes that orders of a sale refer to something, and sets which of it there is. What is noted stays until the sale goes, so
// that what an order refers to is there whenever the order is.
func (t *tx) use(ctx context.Context, sale ID, u use, ids map[ID]bool) error {
	if err := t.find(ctx, ids, `select 1 from `+u.table+` where collective = $1 and sale = $2 and `+u.column+` = one`, string(t.collective), string(sale)); err != nil {
		return err
	}
	more := map[ID]bool{}
	for id, known := range ids {
		if !known {
			more[id] = false
		}
	}
	if err := t.find(ctx, more, `select 1 from `+u.of+` where collective = $1 and id = one`, string(t.collective)); err != nil {
		return err
	}
	maps.DeleteFunc(more, func(_ ID, known bool) bool { return !known })
	if len(more) > 0 {
		some, list := t.backend.list(texts(more), 3)
		_, err := t.ExecContext(ctx, `insert into `+u.table+` (collective, sale, `+u.column+`) select $1, $2, one from `+some+` x where true order by one on conflict do nothing`,
			string(t.collective), string(sale), list)
		if t.backend.violation(err) == referenceViolation {
			return justDeleted()
		}
		if err != nil {
			return fmt.Errorf("store: writing %s: %w", u.table, err)
		}
	}
	maps.Copy(ids, more)
	return nil
}

// find sets which ids there are, by a query for the id one. It is a subquery a row, which keeps both databases to one look into the
// index for each, however little they know of the table.
func (t *tx) find(ctx context.Context, ids map[ID]bool, query string, args ...any) error {
	if len(ids) == 0 {
		return nil
	}
	some, list := t.backend.list(texts(ids), len(args)+1)
	return t.each(ctx, func(row *sql.Rows) error {
		var id ID
		if err := row.Scan(&id); err != nil {
			return err
		}
		ids[id] = true
		return nil
	}, `select one from `+some+` x where (`+query+`) is not null`, append(args, list)...)
}

// texts are the ids that can be ones.
func texts(ids map[ID]bool) []string {
	out := make([]string, 0, len(ids))
	for id := range ids {
		if plain(string(id)) {
			out = append(out, string(id))
		}
	}
	return out
}

// An upsert is an order on its way into the table.
type upsert struct {
	id, ref string
	point   *string
	at      *Point
	lines   string
}

// upsertOrders takes orders from a source of rows with the columns column1, … in the order of an upsert's fields. It returns
// those that were not there just so.
const upsertOrders = `insert into orders (collective, id, version, created, changed, sale, ref, pickup_point, lon_e7, lat_e7, lines)
	select $1, column1, 1, $3, $3, $2, column2, column3, column4, column5, column6 from %s where true
	on conflict (collective, sale, ref) do update set version = orders.version + 1, changed = excluded.changed, pickup_point = excluded.pickup_point,
	lon_e7 = excluded.lon_e7, lat_e7 = excluded.lat_e7, lines = excluded.lines
	where (orders.pickup_point, orders.lon_e7, orders.lat_e7, orders.lines) is distinct from (excluded.pickup_point, excluded.lon_e7, excluded.lat_e7, excluded.lines)
	returning ref, id`

// merge writes orders and says what became of each, and how many were not there just so.
func (t *tx) merge(ctx context.Context, sale ID, orders []Order) (out []Put, changed int, err error) {
	// The order of the references is the same in every transaction, so that two that meet wait and do not block each other.
	// Ids in the same order find their places in the index one beside the other.
	ids := make([]string, len(orders))
	byRef := make([]int, len(orders))
	for i := range orders {
		ids[i], byRef[i] = string(newID()), i
	}
	slices.Sort(ids)
	slices.SortFunc(byRef, func(a, b int) int { return strings.Compare(orders[a].Ref, orders[b].Ref) })
	rows := make([]upsert, len(orders))
	index := make(map[string]int, len(orders))
	for k, i := range byRef {
		x := &orders[i]
		rows[k] = upsert{id: ids[k], ref: x.Ref, at: x.At, lines: string(appendLines(nil, kept(x.Lines)))}
		if x.PickupPoint != "" {
			rows[k].point = (*string)(&x.PickupPoint)
		}
		index[x.Ref] = k
	}
	out = make([]Put, len(orders))
	err = t.backend.upsert(ctx, t, upsertOrders, []any{string(t.collective), string(sale), t.now.UnixMilli()}, rows, func(ref, id string) {
		k := index[ref]
		delete(index, ref)
		p := &out[byRef[k]]
		*p = Put{ID(id), PutReplaced}
		switch {
		case rows[k].lines == noLines:
			p.Status = PutCancelled
		case id == ids[k]:
			p.Status = PutCreated
		}
	})
	if err != nil {
		return nil, 0, err
	}
	if len(index) == 0 {
		return out, len(orders), nil
	}
	some, list := t.backend.list(slices.Collect(maps.Keys(index)), 3)
	err = t.each(ctx, func(row *sql.Rows) error {
		p := Put{Status: PutUnchanged}
		var ref string
		if err := row.Scan(&ref, &p.ID); err != nil {
			return err
		}
		out[byRef[index[ref]]] = p
		return nil
	}, `select one, (select id from orders where collective = $1 and sale = $2 and ref = one) from `+some+` x`, string(t.collective), string(sale), list)
	return out, len(orders) - len(index), err
}

// noLines is the text of an order that was cancelled.
const noLines = "[]"

// orderLines are the column of an order's lines.
type orderLines struct{ lines *[]OrderLine }

// Scan reads a JSON array; an empty one is nil.
func (o orderLines) Scan(value any) error {
	if value == noLines {
		*o.lines = nil
		return nil
	}
	return document[[]OrderLine]{o.lines}.Scan(value)
}

// Value is a JSON array.
func (o orderLines) Value() (driver.Value, error) { return string(appendLines(nil, *o.lines)), nil }

// appendLines writes lines as encoding/json would, without its reflection: most of what goes into the table is lines.
func appendLines(b []byte, lines []OrderLine) []byte {
	b = append(b, '[')
	for i := range lines {
		l := &lines[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"product":"`...), l.Product...) // an id, which needs no escape
		b = strconv.AppendInt(append(b, `","quantity_milli":`...), l.QuantityMilli, 10)
		for _, amount := range [...]struct {
			name string
			x    *int64
		}{{`,"grams":`, l.Grams}, {`,"millilitres":`, l.Millilitres}, {`,"price_cents":`, l.PriceCents}} {
			if amount.x != nil {
				b = strconv.AppendInt(append(b, amount.name...), *amount.x, 10)
			}
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// kept is the lines that are not cancelled.
func kept(lines []OrderLine) []OrderLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l OrderLine) bool { return l.QuantityMilli == 0 })
}

// saveParts notes what the order refers to.
func (x *Order) saveParts(ctx context.Context, t *tx) error {
	points, products := map[ID]bool{}, map[ID]bool{}
	if x.PickupPoint != "" {
		points[x.PickupPoint] = false
	}
	for _, l := range x.Lines {
		products[l.Product] = false
	}
	for u, ids := range map[use]map[ID]bool{orderPoints: points, orderProducts: products} {
		if err := t.use(ctx, x.Sale, u, ids); err != nil {
			return err
		}
		for _, known := range ids {
			if !known {
				return justDeleted()
			}
		}
	}
	return nil
}

func justDeleted() error {
	return refuse(Conflict, "an order refers to something that was just deleted: send it again")
}

// OrderFilter narrows a list of orders; what is empty does not.
type OrderFilter struct {
	Sale        ID
	Ref         string
	PickupPoint ID
}

// Order is an order by id.
func (c *Scope) Order(ctx context.Context, id ID) (*Order, error) { return get[Order](ctx, c, id) }

// Orders lists orders.
func (c *Scope) Orders(ctx context.Context, f OrderFilter, page Page) ([]Order, Cursor, error) {
	var w conditions
	w.is("sale", string(f.Sale))
	w.is("ref", f.Ref)
	w.is("pickup_point", string(f.PickupPoint))
	return list[Order](ctx, c, page, w)
}

// UpdateOrder changes an order of which the version is known; without lines it is cancelled. Its sale and reference stay.
func (c *Scope) UpdateOrder(ctx context.Context, x *Order) error {
	if err := checked(x); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		before, err := fetch[Order](ctx, t, x.ID)
		if err != nil {
			return err
		}
		if x.Sale != before.Sale || x.Ref != before.Ref {
			return refuse(Conflict, "an order keeps its sale and its reference: cancel it and send another")
		}
		if err := t.takes(ctx, x.Sale); err != nil {
			return err
		}
		return change(ctx, t, x, "update", "")
	})
}
