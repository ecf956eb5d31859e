package intake

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carriole/api/store"
)

// keepContracts keeps the lines of AMAP contracts out: they are their producers' own load, which nobody else carries.
func (b *batch) keepContracts(rows []row) {
	r := b.result
	at := map[string]int{}
	for i := range rows {
		x := &rows[i]
		key := cmp.Or(x.catalogRef, x.catalog)
		if key == "" && x.contract == nil {
			continue
		}
		if _, ok := at[key]; !ok {
			at[key] = len(r.Catalogs)
			r.Catalogs = append(r.Catalogs, b.judge(key, x))
		}
		c := &r.Catalogs[at[key]]
		c.Lines++
		contract := c.Contract
		if x.contract != nil && c.From == "file" {
			contract = *x.contract
		}
		if contract && !b.options.Contracts && x.kept == "" {
			x.kept = "AMAP contract: the producer's own load"
		}
	}
}

// judge says whether a catalogue is an AMAP contract.
func (b *batch) judge(key string, x *row) Catalog {
	c := Catalog{Key: key, Name: cmp.Or(x.catalog, key)}
	for _, k := range []string{key, x.catalog} {
		if said, ok := b.options.Catalogs[k]; ok {
			c.Contract, c.From = said, "said"
			return c
		}
	}
	if b.mapping != nil {
		for _, k := range []string{key, x.catalog} {
			if said, ok := b.mapping.Catalogs[k]; ok {
				c.Contract, c.From = said, "remembered"
				return c
			}
		}
	}
	if x.contract != nil {
		c.Contract, c.From = *x.contract, "file"
		return c
	}
	// What French AMAPs call the catalogues of which the same is delivered all season.
	name := words(x.catalog)
	free := strings.Contains(name, " variable ") || strings.Contains(name, " libre ") || strings.Contains(name, " carte ") || strings.Contains(name, " drive ")
	c.Contract = !free && (strings.Contains(name, " amap ") || strings.Contains(name, " classique ") ||
		strings.Contains(name, " contrat ") && (strings.Contains(name, " panier ") || strings.Contains(name, " annuel ") || strings.Contains(name, " fixe ") || strings.Contains(name, " saison ")))
	c.From = "name"
	return c
}

// A draft is an order on its way.
type draft struct {
	order store.Order
	lines []*line
}

// source is what the references of a file's orders begin with: the kind of file, and what was said that the file does
// not, so that two files side by side in a sale are two sources.
func (b *batch) source() string {
	return string(b.result.Format) + "." + digest(6, string(b.options.PickupPoint), string(b.options.Producer)) + "."
}

// digest is a hash of some texts, so many characters long.
func digest(length int, texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:length]
}

// reference is what a row's order is known by. A customer's id becomes a hash that is another in each sale; rows of nobody
// in particular are an order for each producer and pickup point.
func (b *batch) reference(x *row) string {
	if x.order != "" {
		return x.order
	}
	who := "#" + x.customer
	if x.customer == "" {
		who = "/" + cmp.Or(x.producerRef, fold(cmp.Or(x.producer, x.catalog)))
	}
	sale := ""
	if b.sale != nil {
		sale = string(b.sale.ID)
	}
	return b.source() + digest(16, string(b.scope.Collective()), sale, fold(x.pickupPoint), fold(x.shippingMethod), who)
}

// collect puts lines into orders. Several lines of a product in an order are one.
func (b *batch) collect() {
	b.faulty = map[string]bool{}
	at := map[string]*draft{}
	for i := range b.lines {
		l := &b.lines[i]
		l.ref = b.reference(l.row)
		if l.row.kept != "" && l.row.quantity != 0 {
			continue
		}
		d := at[l.ref]
		if d == nil {
			d = &draft{order: store.Order{Ref: l.ref}}
			at[l.ref] = d
			b.orders = append(b.orders, d)
		}
		if l.row.kept != "" {
			continue // quantity 0: an order of nothing else is cancelled
		}
		if !l.good {
			b.faulty[l.ref] = true
			continue
		}
		if len(d.lines) > 0 && !d.lines[0].point.is(l.point) {
			b.reader.fault(l.row.line, PickupPoint, "%q is not where the order %q is collected by an earlier line: an order has one pickup point", l.point.name, l.ref)
			l.good = false
			b.faulty[l.ref] = true
			continue
		}
		d.lines = append(d.lines, l)
	}
	for i := range b.reader.broken {
		b.faulty[b.reference(&b.reader.broken[i])] = true
	}
	b.result.Orders = len(b.orders)
}

// is says whether two targets are one thing.
func (t *target) is(other *target) bool { return t == other || t.id != "" && t.id == other.id }

// compare finds what an earlier import of the same source brought that is no more, and what other sources brought.
func (b *batch) compare() error {
	if b.sale == nil || b.sale.ID == "" {
		return nil
	}
	stored, err := every(func(p store.Page) ([]store.Order, store.Cursor, error) {
		return b.scope.Orders(b.ctx, store.OrderFilter{Sale: b.sale.ID}, p)
	})
	if err != nil {
		return err
	}
	in := map[string]*draft{}
	for _, d := range b.orders {
		in[d.order.Ref] = d
	}
	others := map[string]int{}
	source := b.source()
	kept := b.orders[:0:0]
	there := map[string]bool{}
	for i := range stored {
		o := &stored[i]
		there[o.Ref] = true
		d := in[o.Ref]
		switch {
		case d != nil && b.faulty[o.Ref]:
			b.result.Untouched++
		case d != nil:
			b.vanishedLines(o, d)
		case len(o.Lines) == 0:
		case strings.HasPrefix(o.Ref, source):
			b.result.Vanished = append(b.result.Vanished, Vanished{Order: o.ID, Ref: o.Ref, Kept: !b.options.CancelVanished})
			if b.options.CancelVanished {
				kept = append(kept, &draft{order: store.Order{Ref: o.Ref, PickupPoint: o.PickupPoint, At: o.At}})
			}
		default:
			if format, _, ok := strings.Cut(o.Ref, "."); ok && isFormat(Format(format)) {
				others[format]++
			}
		}
	}
	if b.result.Untouched > 0 {
		b.result.Notices = append(b.result.Notices, fmt.Sprintf("%d orders that the sale has already stay as they are, as rows of theirs have faults", b.result.Untouched))
	}
	for _, format := range slices.Sorted(maps.Keys(others)) {
		b.result.Notices = append(b.result.Notices, fmt.Sprintf("the sale has %d orders from another file (%s): look that the same goods are not ordered twice", others[format], format))
	}
	for _, d := range b.orders {
		if there[d.order.Ref] && b.faulty[d.order.Ref] {
			for _, l := range d.lines {
				l.good = false
			}
			continue // as it was
		}
		if len(d.lines) == 0 && !there[d.order.Ref] {
			continue // nothing, and nothing to cancel
		}
		kept = append(kept, d)
	}
	b.orders = kept
	return nil
}

// vanishedLines lists the products that an order has and the file's does not.
func (b *batch) vanishedLines(o *store.Order, d *draft) {
	has := map[store.ID]bool{}
	for _, l := range d.lines {
		has[l.product.id] = true
	}
	for _, l := range o.Lines {
		if !has[l.Product] {
			has[l.Product] = true
			name := string(l.Product)
			if p := b.known.product[l.Product]; p != nil {
				name = strings.TrimSpace(p.Name + " " + p.Unit)
			}
			b.result.Vanished = append(b.result.Vanished, Vanished{Order: o.ID, Ref: o.Ref, Product: name})
		}
	}
}
