package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
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
	digest      []byte
}

// OrderLine is one product of an order.
type OrderLine struct {
	Product       ID
	QuantityMilli int64  // thousandths of the product's unit; 0: cancelled, not kept
	Grams         *int64 // of the whole line, when it was weighed; nil: by the product
	Millilitres   *int64
	PriceCents    *int64 // of the whole line
}

// What one call of PutOrders takes.
const (
	MaxOrders = 10_000
	mostLines = 500 // of an order
)

func (*Order) kind() kind {
	return kind{"order", "orders", "sale, ref, pickup_point, lon_e7, lat_e7, digest", "ref"}
}

func (x *Order) fields() []any {
	return []any{&x.Sale, &x.Ref, optional[ID]{&x.PickupPoint}, longitude{&x.At}, latitude{&x.At}, &x.digest}
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
	x.digest = x.sum()
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

// sum tells orders with other contents apart, so that an order posted again as it was changes nothing.
func (x *Order) sum() []byte {
	b := make([]byte, 0, 64+64*len(x.Lines))
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	number := func(p *int64) {
		if p == nil {
			b = append(b, 0)
			return
		}
		b = binary.AppendVarint(append(b, 1), *p)
	}
	text(string(x.PickupPoint))
	if x.At != nil {
		number(&x.At.LonE7)
		number(&x.At.LatE7)
	}
	for i := range x.Lines {
		l := &x.Lines[i]
		text(string(l.Product))
		number(&l.QuantityMilli)
		number(l.Grams)
		number(l.Millilitres)
		number(l.PriceCents)
	}
	sum := sha256.Sum256(b)
	return sum[:16]
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

// A staging is a temporary table into which rows come in bulk.
type staging struct{ table, definition string }

func (s staging) columns() []string {
	columns := strings.Split(s.definition, ",")
	for i, c := range columns {
		columns[i], _, _ = strings.Cut(strings.TrimSpace(c), " ")
	}
	return columns
}

var (
	stagedOrders = staging{"staged_orders", "o bigint, id text, ref text, pickup_point text, lon_e7 bigint, lat_e7 bigint, digest bytea"}
	stagedLines  = staging{"staged_lines", "order_id text, n bigint, product text, quantity_milli bigint, grams bigint, millilitres bigint, price_cents bigint"}
)

// PutOrders writes up to MaxOrders orders of a sale, all or none. An order with a reference that the sale has is replaced and
// keeps its id; lines of quantity 0 are not kept, and an order without lines is cancelled. The faults name orders and
// lines by their indexes. The results are in the order of the orders.
func (c *Scope) PutOrders(ctx context.Context, sale ID, orders []Order) ([]Put, error) {
	if err := checkOrders(orders); err != nil {
		return nil, err
	}
	var out []Put
	err := c.write(ctx, func(t *tx) (err error) {
		out, err = t.putOrders(ctx, sale, orders)
		if err != nil && t.backend.violation(err) == referenceViolation {
			return refuse(Conflict, "an order refers to something that was just deleted: send them again")
		}
		return err
	})
	return out, err
}

func checkOrders(orders []Order) error {
	var f faults
	if len(orders) == 0 || len(orders) > MaxOrders {
		f.add("orders", "has %d orders: send 1 to %d at once", len(orders), MaxOrders)
		return f.err()
	}
	first := make(map[string]int, len(orders))
	for i := range orders {
		x := &orders[i]
		path := fmt.Sprintf("orders[%d].", i)
		x.checkAt(&f, path)
		if k, doubled := first[x.Ref]; doubled {
			f.add(path+"ref", "%q is the ref of orders[%d] already: send each order once", x.Ref, k)
			continue
		}
		first[x.Ref] = i
	}
	return f.err()
}

func (t *tx) putOrders(ctx context.Context, sale ID, orders []Order) ([]Put, error) {
	s, err := fetch[Sale](ctx, t, sale)
	if err != nil {
		return nil, err
	}
	if s.State != SaleOpen && s.State != SaleClosed {
		return nil, refuse(Conflict, "the sale is %s and takes no orders", s.State)
	}
	if err := t.knownOrders(ctx, orders); err != nil {
		return nil, err
	}
	p := &putting{tx: t, sale: sale, orders: orders}
	if err := p.stage(ctx); err != nil || len(p.rows) == 0 {
		return p.out, err
	}
	if err := p.merge(ctx); err != nil {
		return nil, err
	}
	return p.out, t.audit(ctx, "put orders", "sale", sale, fmt.Sprintf(`{"orders":%d}`, len(p.rows)))
}

// knownOrders checks what orders refer to, each thing once.
func (t *tx) knownOrders(ctx context.Context, orders []Order) error {
	points, products := map[ID]bool{}, map[ID]bool{}
	for i := range orders {
		points[orders[i].PickupPoint] = false
		for _, l := range orders[i].Lines {
			products[l.Product] = false
		}
	}
	if err := first(func() error { return t.find(ctx, "pickup_points", points) }, func() error { return t.find(ctx, "products", products) }); err != nil {
		return err
	}
	var f faults
	for i := range orders {
		if id := orders[i].PickupPoint; id != "" && !points[id] {
			f.add(fmt.Sprintf("orders[%d].pickup_point", i), "no pickup point has the id %q", string(id))
		}
		for k, l := range orders[i].Lines {
			if !products[l.Product] {
				f.add(fmt.Sprintf("orders[%d].lines[%d].product", i, k), "no product has the id %q", string(l.Product))
			}
		}
	}
	return f.err()
}

// find sets which ids a table has.
func (t *tx) find(ctx context.Context, table string, ids map[ID]bool) error {
	could := slices.DeleteFunc(slices.Collect(maps.Keys(ids)), func(id ID) bool { return !plain(string(id)) })
	for some := range slices.Chunk(could, mostIn) {
		where, args := in(t, "id", some)
		rows, err := t.QueryContext(ctx, `select id from `+table+` where `+where, args...)
		if err != nil {
			return fmt.Errorf("store: reading %s: %w", table, err)
		}
		defer rows.Close()
		for rows.Next() {
			var id ID
			if err := rows.Scan(&id); err != nil {
				return fmt.Errorf("store: reading %s: %w", table, err)
			}
			ids[id] = true
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("store: reading %s: %w", table, err)
		}
	}
	return nil
}

// mostIn bounds the ids that one statement names.
const mostIn = 1000

// in is the condition that a column of the collective's rows is one of some values.
func in[S ~string](t *tx, column string, values []S) (where string, args []any) {
	args = []any{string(t.collective)}
	for _, v := range values {
		args = append(args, string(v))
	}
	return `collective = $1 and ` + column + ` in (` + strings.TrimPrefix(placeholders(1, len(args)), "($1, "), args
}

// putting is one call of PutOrders on its way.
type putting struct {
	*tx
	sale   ID
	orders []Order
	out    []Put
	rows   [][]any // staged: the orders that differ from what is there
}

// stage loads the orders that differ from those that are there.
func (p *putting) stage(ctx context.Context) error {
	// The order of the references is the same in every transaction, so that two that meet wait and do not block each other.
	byRef := make([]int, len(p.orders))
	for i := range byRef {
		byRef[i] = i
	}
	slices.SortFunc(byRef, func(a, b int) int { return strings.Compare(p.orders[a].Ref, p.orders[b].Ref) })
	p.out = make([]Put, len(p.orders))
	for _, i := range byRef {
		x := p.orders[i]
		x.Lines = kept(x.Lines)
		p.out[i] = Put{newID(), PutCreated}
		if len(x.Lines) == 0 {
			p.out[i].Status = PutCancelled
		}
		p.rows = append(p.rows, []any{int64(i), string(p.out[i].ID), x.Ref, optional[ID]{&x.PickupPoint}, longitude{&x.At}, latitude{&x.At}, x.sum()})
	}
	if err := p.backend.load(ctx, p.tx, stagedOrders, p.rows); err != nil {
		return fmt.Errorf("store: staging orders: %w", err)
	}
	if err := p.there(ctx); err != nil {
		return err
	}
	changed := slices.DeleteFunc(slices.Clone(p.rows), func(row []any) bool { return p.out[row[0].(int64)].Status == PutUnchanged })
	if len(changed) < len(p.rows) {
		if err := p.backend.load(ctx, p.tx, stagedOrders, changed); err != nil {
			return fmt.Errorf("store: staging orders: %w", err)
		}
	}
	p.rows = changed
	return nil
}

// there finds which staged orders the sale has, and whether they are as they were. A subquery a row keeps both databases
// to one look into the index for each, however little they know of a temporary table.
func (p *putting) there(ctx context.Context) error {
	const one = ` from orders o where o.collective = $1 and o.sale = $2 and o.ref = s.ref)`
	rows, err := p.QueryContext(ctx, `select s.o, (select o.id`+one+`, coalesce((select o.digest = s.digest`+one+`, false) from staged_orders s`,
		string(p.collective), string(p.sale))
	if err != nil {
		return fmt.Errorf("store: reading orders: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o int
		var id ID
		var alike bool
		if err := rows.Scan(&o, optional[ID]{&id}, &alike); err != nil {
			return fmt.Errorf("store: reading orders: %w", err)
		}
		switch x := &p.out[o]; {
		case id == "" || id == x.ID:
		case alike:
			*x = Put{id, PutUnchanged}
		case x.Status == PutCreated:
			*x = Put{id, PutReplaced}
		default:
			x.ID = id
		}
	}
	return rows.Err()
}

// merge takes over what is staged.
func (p *putting) merge(ctx context.Context) error {
	if _, err := p.ExecContext(ctx, `insert into orders (collective, id, version, created, changed, sale, ref, pickup_point, lon_e7, lat_e7, digest)
		select $1, id, 1, $3, $3, $2, ref, pickup_point, lon_e7, lat_e7, digest from staged_orders where true order by ref
		on conflict (collective, sale, ref) do update set version = orders.version + 1, changed = excluded.changed, pickup_point = excluded.pickup_point,
		lon_e7 = excluded.lon_e7, lat_e7 = excluded.lat_e7, digest = excluded.digest where orders.digest <> excluded.digest`,
		string(p.collective), string(p.sale), p.now.UnixMilli()); err != nil {
		return fmt.Errorf("store: writing orders: %w", err)
	}
	// Another transaction may have put an order of the same reference since it was looked for: then its id stays.
	before := slices.Clone(p.out)
	if err := p.there(ctx); err != nil {
		return err
	}
	var old []ID
	var lines [][]any
	for _, row := range p.rows {
		i := row[0].(int64)
		x := &p.out[i]
		if x.ID != ID(row[1].(string)) {
			old = append(old, x.ID)
		}
		if x.Status == PutUnchanged { // as it is now, after the merge
			x.Status = before[i].Status
			if x.ID != before[i].ID && x.Status == PutCreated {
				x.Status = PutReplaced
			}
		}
		for n, l := range kept(p.orders[i].Lines) {
			lines = append(lines, []any{string(x.ID), int64(n), string(l.Product), l.QuantityMilli, number(l.Grams), number(l.Millilitres), number(l.PriceCents)})
		}
	}
	for some := range slices.Chunk(old, mostIn) {
		where, args := in(p.tx, "order_id", some)
		if _, err := p.ExecContext(ctx, `delete from order_lines where `+where, args...); err != nil {
			return fmt.Errorf("store: writing order_lines: %w", err)
		}
	}
	if err := p.backend.load(ctx, p.tx, stagedLines, lines); err != nil {
		return fmt.Errorf("store: staging order lines: %w", err)
	}
	if _, err := p.ExecContext(ctx, `insert into order_lines (collective, order_id, n, product, quantity_milli, grams, millilitres, price_cents)
		select $1, order_id, n, product, quantity_milli, grams, millilitres, price_cents from staged_lines`, string(p.collective)); err != nil {
		return fmt.Errorf("store: writing order_lines: %w", err)
	}
	return nil
}

// kept is the lines that are not cancelled.
func kept(lines []OrderLine) []OrderLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l OrderLine) bool { return l.QuantityMilli == 0 })
}

func number(p *int64) any {
	if p == nil {
		return nil
	}
	return *p
}

func (x *Order) saveParts(ctx context.Context, t *tx) error {
	k := x.kind()
	if _, err := t.exec(ctx, k, `delete from order_lines where collective = $1 and order_id = $2`, &t.collective, &x.ID); err != nil {
		return err
	}
	for n := range x.Lines {
		l := &x.Lines[n]
		if _, err := t.exec(ctx, k, `insert into order_lines (collective, order_id, n, product, quantity_milli, grams, millilitres, price_cents) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			&t.collective, &x.ID, n, &l.Product, &l.QuantityMilli, &l.Grams, &l.Millilitres, &l.PriceCents); err != nil {
			return err
		}
	}
	return nil
}

func (*Order) loadParts(ctx context.Context, t *tx, rows []Order) error {
	at := make(map[ID]int, len(rows))
	ids := make([]ID, len(rows))
	for i := range rows {
		at[rows[i].ID], ids[i] = i, rows[i].ID
	}
	for some := range slices.Chunk(ids, mostIn) {
		where, args := in(t, "order_id", some)
		lines, err := t.QueryContext(ctx, `select order_id, product, quantity_milli, grams, millilitres, price_cents from order_lines
			where `+where+` order by order_id, n`, args...)
		if err != nil {
			return fmt.Errorf("store: reading order_lines: %w", err)
		}
		defer lines.Close()
		for lines.Next() {
			var order ID
			var l OrderLine
			if err := lines.Scan(&order, &l.Product, &l.QuantityMilli, &l.Grams, &l.Millilitres, &l.PriceCents); err != nil {
				return fmt.Errorf("store: reading order_lines: %w", err)
			}
			if i, ok := at[order]; ok {
				rows[i].Lines = append(rows[i].Lines, l)
			}
		}
		if err := lines.Err(); err != nil {
			return fmt.Errorf("store: reading order_lines: %w", err)
		}
	}
	return nil
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
		sale, err := fetch[Sale](ctx, t, x.Sale)
		if err != nil {
			return err
		}
		if sale.State != SaleOpen && sale.State != SaleClosed {
			return refuse(Conflict, "the sale is %s and takes no orders", sale.State)
		}
		return change(ctx, t, x, "update", "")
	})
}
