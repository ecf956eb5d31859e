package intake

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carriole/api/store"
	"carriole/engine"
)

// write creates what is not known, puts the orders, and remembers how the file was read.
func (b *batch) write() error {
	if err := met(b.create()); err != nil {
		return err
	}
	if b.result.Format.catalogue() {
		if err := b.updateProducts(); err != nil {
			return err
		}
	} else if err := b.putOrders(); err != nil {
		return err
	}
	if b.options.Forget {
		return nil
	}
	if err := b.rememberMatches(); err != nil {
		return err
	}
	return b.rememberMapping()
}

// create creates the proposals that good lines need.
func (b *batch) create() error {
	done := map[*target]bool{}
	for i := range b.lines {
		l := &b.lines[i]
		if !l.good {
			continue
		}
		for _, t := range []*target{l.producer, l.point, l.product} {
			if t == nil || t.proposal == nil || done[t] {
				continue
			}
			done[t] = true
			if err := b.createOne(t, l.producer.id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) createOne(t *target, producer store.ID) error {
	p := t.proposal
	switch p.Kind {
	case store.ProducerAlias:
		place, err := b.placeOf(p)
		if err != nil {
			return err
		}
		x := store.Producer{Ref: p.Ref, Name: p.Name, Place: place, Profession: p.Profession, Active: true}
		if err := b.scope.CreateProducer(b.ctx, &x); err != nil {
			return err
		}
		t.id = x.ID
	case store.PickupPointAlias:
		place, err := b.placeOf(p)
		if err != nil {
			return err
		}
		x := store.PickupPoint{Ref: p.Ref, Name: p.Name, Place: place, Active: true}
		if err := b.scope.CreatePickupPoint(b.ctx, &x); err != nil {
			return err
		}
		t.id = x.ID
		b.result.Notices = append(b.result.Notices, fmt.Sprintf("the pickup point %q is new: give it its opening hours, or nothing can be brought there", p.Name))
	case store.ProductAlias:
		x := store.Product{Ref: p.Ref, Producer: producer, Name: p.Name, Unit: p.Unit, Grams: *p.Grams, Millilitres: *p.Millilitres, Class: p.Class, CarriedBy: p.CarriedBy,
			Organic: p.Organic, PriceCents: p.PriceCents, Active: true}
		if err := b.scope.CreateProduct(b.ctx, &x); err != nil {
			return err
		}
		t.id = x.ID
		b.result.ProductsCreated++
	}
	return nil
}

// placeOf is the place of what is created: the one that was named, or a new one that has no position yet.
func (b *batch) placeOf(p *Proposal) (store.ID, error) {
	if p.Place != "" {
		return p.Place, nil
	}
	x := store.Place{Name: p.Name}
	if err := b.scope.CreatePlace(b.ctx, &x); err != nil {
		return "", err
	}
	b.result.Notices = append(b.result.Notices, fmt.Sprintf("the place %q is new: give it its address, or nobody can be sent there", p.Name))
	return x.ID, nil
}

// putOrders puts all orders in the transaction of the import.
func (b *batch) putOrders() error {
	orders := make([]store.Order, 0, len(b.orders))
	for _, d := range b.orders {
		orders = append(orders, d.order)
		o := &orders[len(orders)-1]
		if len(d.lines) > 0 {
			o.PickupPoint, o.Lines = d.lines[0].point.id, d.merged()
		}
	}
	var all []store.Put
	for some := range slices.Chunk(orders, store.MaxOrders) {
		put, err := b.scope.PutOrders(b.ctx, b.sale.ID, some)
		if err != nil {
			return err
		}
		all = append(all, put...)
		for _, p := range put {
			switch p.Status {
			case store.PutCreated:
				b.result.Created++
			case store.PutReplaced:
				b.result.Replaced++
			case store.PutCancelled:
				b.result.Cancelled++
			case store.PutUnchanged:
				b.result.Unchanged++
			}
		}
	}
	if b.options.Tell == nil {
		return nil
	}
	return b.options.Tell(b.ctx, b.scope, b.sale.ID, all)
}

// merged is a draft's lines, one for each product, in an order that does not depend on the file's.
func (d *draft) merged() []store.OrderLine {
	at := map[store.ID]*store.OrderLine{}
	for _, l := range d.lines {
		x := at[l.product.id]
		if x == nil {
			at[l.product.id] = &store.OrderLine{Product: l.product.id, QuantityMilli: l.row.quantity, Grams: l.lineGrams, Millilitres: l.lineMillilitres, PriceCents: l.row.price()}
			continue
		}
		// What one line says by itself and the other by its product is a sum all the same.
		if x.Grams != nil || l.lineGrams != nil {
			x.Grams = sum(orElse(x.Grams, l.product.grams()*x.QuantityMilli/1000), l.grams)
			x.Millilitres = sum(orElse(x.Millilitres, l.product.millilitres()*x.QuantityMilli/1000), l.millilitres)
		}
		x.QuantityMilli += l.row.quantity
		if price := l.row.price(); x.PriceCents == nil || price == nil {
			x.PriceCents = nil
		} else {
			x.PriceCents = sum(*x.PriceCents, *price)
		}
	}
	out := make([]store.OrderLine, 0, len(at))
	for _, id := range slices.Sorted(maps.Keys(at)) {
		out = append(out, *at[id])
	}
	return out
}

func sum(a, b int64) *int64 {
	c := a + b
	return &c
}

func orElse(p *int64, x int64) int64 {
	if p != nil {
		return *p
	}
	return x
}

// grams is what one unit weighs.
func (t *target) grams() int64 {
	if t.product != nil {
		return t.product.Grams
	}
	return *t.proposal.Grams
}

func (t *target) millilitres() int64 {
	if t.product != nil {
		return t.product.Millilitres
	}
	return *t.proposal.Millilitres
}

// updateProducts takes over from a catalogue what it says of products that are known: the price, whether they are sold,
// and a size that the file states. What a coordinator corrected otherwise stays.
func (b *batch) updateProducts() error {
	done := map[store.ID]bool{}
	for i := range b.lines {
		l := &b.lines[i]
		if !l.good || l.product.product == nil || done[l.product.id] {
			continue
		}
		done[l.product.id] = true
		before := *l.product.product
		x := before
		if l.row.unitPrice != nil {
			x.PriceCents = l.row.unitPrice
		}
		if l.row.in != nil {
			x.Active = *l.row.in
		}
		if l.row.organic != nil {
			x.Organic = *l.row.organic
		}
		m := measureProduct(l.row.product, l.row.variant, l.row.unit, l.row.unitQuantity)
		if has := measureText(x.Unit); m.sized() && (m.grams != has.grams || m.millilitres != has.millilitres) && strings.HasPrefix(l.product.weight.from, "name: ") {
			x.Name, x.Unit, x.Grams, x.Millilitres = m.name, m.unit, l.product.weight.grams, l.product.weight.millilitres
		}
		if same(&x, &before) {
			b.result.ProductsUnchanged++
			continue
		}
		if err := b.scope.UpdateProduct(b.ctx, &x); err != nil {
			return err
		}
		b.result.ProductsUpdated++
	}
	return nil
}

func same(a, b *store.Product) bool {
	x, y := *a, *b
	alike := (x.PriceCents == nil) == (y.PriceCents == nil) && (x.PriceCents == nil || *x.PriceCents == *y.PriceCents)
	x.PriceCents, y.PriceCents = nil, nil
	return alike && x == y
}

// rememberMatches keeps under which names the file knows what was said to be in the store.
func (b *batch) rememberMatches() error {
	for _, p := range b.options.Proposals {
		if p.ID == "" {
			continue
		}
		x := store.ImportAlias{Kind: p.Kind, Name: p.Key}
		switch p.Kind {
		case store.ProducerAlias:
			x.Producer = p.ID
		case store.PickupPointAlias:
			x.PickupPoint = p.ID
		case store.ProductAlias:
			x.Product = p.ID
		}
		if b.known.aliases[p.Kind][p.Key] == p.ID {
			continue
		}
		found, _, err := b.scope.ImportAliases(b.ctx, store.ImportAliasFilter{Kind: p.Kind, Name: p.Key}, store.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			err = b.scope.CreateImportAlias(b.ctx, &x)
		} else {
			x.Row = found[0].Row
			err = b.scope.UpdateImportAlias(b.ctx, &x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rememberMapping keeps how the columns were read and which catalogues are contracts. Of two imports of one kind of file
// that create things at the same moment the second is refused here, so that nothing is created twice.
func (b *batch) rememberMapping() error {
	r := b.result
	x := store.ImportMapping{Signature: signature(b.sheet.header), Name: b.options.Name, Format: string(r.Format), Catalogs: map[string]bool{}}
	for _, c := range r.Columns {
		x.Columns = append(x.Columns, store.ImportColumn{Header: c.Header, Field: string(c.Field)})
	}
	if b.mapping != nil {
		maps.Copy(x.Catalogs, b.mapping.Catalogs)
	}
	for _, c := range r.Catalogs {
		if c.From == "said" && c.Key != "" {
			x.Catalogs[c.Key] = c.Contract
		}
	}
	if b.mapping == nil {
		return met(b.scope.CreateImportMapping(b.ctx, &x))
	}
	created := slices.ContainsFunc(b.lines, func(l line) bool {
		return l.good && (l.producer.proposal != nil || l.product.proposal != nil || l.point != nil && l.point.proposal != nil)
	})
	if !created && slices.Equal(x.Columns, b.mapping.Columns) && maps.Equal(x.Catalogs, b.mapping.Catalogs) && x.Format == b.mapping.Format {
		return nil
	}
	x.Row = b.mapping.Row
	return met(b.scope.UpdateImportMapping(b.ctx, &x))
}

// met tells that another import was faster.
func met(err error) error {
	if errors.Is(err, &store.Error{Code: store.Conflict}) || errors.Is(err, &store.Error{Code: store.Stale}) {
		return &meeting{err}
	}
	return err
}

// warnOfEggs says what the law asks of eggs, which no file tells.
func (b *batch) warnOfEggs() {
	for _, p := range b.result.Proposals {
		if p.Kind == store.ProductAlias && p.CarriedBy == engine.ByAny && strings.Contains(words(p.Name), " oeuf ") {
			b.result.Notices = append(b.result.Notices, "eggs without an approved packing centre may be brought by their producer alone: set carried_by of "+p.Name+" to producer if there is none")
			return
		}
	}
}
