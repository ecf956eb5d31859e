package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"carriole/api/store"
	"carriole/engine"
)

// Proposal is something that the file names and the store does not have, as it would be created. Sent back in
// Options.Proposals with changes it is created so, or with an ID it is what has that id.
type Proposal struct {
	Kind store.AliasKind
	Key  string // what the file calls it, as names are compared
	ID   store.ID

	Name       string
	Ref        string
	Place      store.ID // of a producer, a pickup point; empty: a new one without position
	Profession string   // of a producer

	Producer    string // of a product: name
	Unit        string
	Grams       *int64 // of one unit
	Millilitres *int64
	WeightFrom  string
	Class       engine.Class
	ClassFrom   string
	CarriedBy   engine.CarriedBy
	Organic     bool
	PriceCents  *int64

	Lines []int // that name it
}

// A target is what a name stands for: a row of the store, or a proposal.
type target struct {
	id       store.ID
	name     string
	proposal *Proposal // nil: known
	product  *store.Product
	weighed  bool
	weight   weight // of one unit, as the file says it
	why      string // nothing is meant by it: the fault
}

// known is what the store has that files can name.
type known struct {
	producers, points map[string][]store.ID // by folded name or #ref
	products          map[store.ID]map[string][]store.ID
	producer          map[store.ID]*store.Producer
	point             map[store.ID]*store.PickupPoint
	product           map[store.ID]*store.Product
	refs              map[string]bool // of products
	producerRefs      map[string]bool
	pointRefs         map[string]bool
	aliases           map[store.AliasKind]map[string]store.ID
	weights           []store.UnitWeight
	corrected         map[store.AliasKind]map[string]*Proposal
}

// load reads what files can name.
func load(ctx context.Context, c *store.Scope, corrected []Proposal) (*known, error) {
	k := &known{producers: map[string][]store.ID{}, points: map[string][]store.ID{}, products: map[store.ID]map[string][]store.ID{},
		producer: map[store.ID]*store.Producer{}, point: map[store.ID]*store.PickupPoint{}, product: map[store.ID]*store.Product{},
		refs: map[string]bool{}, producerRefs: map[string]bool{}, pointRefs: map[string]bool{},
		aliases: map[store.AliasKind]map[string]store.ID{}, corrected: map[store.AliasKind]map[string]*Proposal{}}
	for _, kind := range []store.AliasKind{store.ProducerAlias, store.PickupPointAlias, store.ProductAlias} {
		k.aliases[kind], k.corrected[kind] = map[string]store.ID{}, map[string]*Proposal{}
	}
	producers, err := every(func(p store.Page) ([]store.Producer, store.Cursor, error) {
		return c.Producers(ctx, store.ProducerFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for i := range producers {
		x := &producers[i]
		k.producer[x.ID] = x
		index(k.producers, x.ID, x.Name, x.Ref)
		k.producerRefs[x.Ref] = true
	}
	points, err := every(func(p store.Page) ([]store.PickupPoint, store.Cursor, error) {
		return c.PickupPoints(ctx, store.PickupPointFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for i := range points {
		x := &points[i]
		k.point[x.ID] = x
		index(k.points, x.ID, x.Name, x.Ref)
		k.pointRefs[x.Ref] = true
	}
	products, err := every(func(p store.Page) ([]store.Product, store.Cursor, error) {
		return c.Products(ctx, store.ProductFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for i := range products {
		x := &products[i]
		k.product[x.ID] = x
		k.refs[x.Ref] = true
		of := k.products[x.Producer]
		if of == nil {
			of = map[string][]store.ID{}
			k.products[x.Producer] = of
		}
		index(of, x.ID, x.Name+" "+x.Unit, x.Ref)
		if fold(x.Unit) != "" {
			index(of, x.ID, x.Name, "")
		}
	}
	aliases, err := every(func(p store.Page) ([]store.ImportAlias, store.Cursor, error) {
		return c.ImportAliases(ctx, store.ImportAliasFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	for _, a := range aliases {
		k.aliases[a.Kind][a.Name] = cmp.Or(a.Producer, a.PickupPoint, a.Product)
	}
	if k.weights, err = every(func(p store.Page) ([]store.UnitWeight, store.Cursor, error) {
		return c.UnitWeights(ctx, store.UnitWeightFilter{}, p)
	}); err != nil {
		return nil, err
	}
	var faults []store.Fault
	for i := range corrected {
		p := &corrected[i]
		if _, ok := k.corrected[p.Kind]; !ok || p.Key == "" {
			faults = append(faults, store.Fault{Path: fmt.Sprintf("proposals[%d]", i), Message: "has no kind or no key: send back a proposal as it came"})
			continue
		}
		if p.ID != "" && k.producer[p.ID] == nil && p.Kind == store.ProducerAlias || p.ID != "" && k.point[p.ID] == nil && p.Kind == store.PickupPointAlias ||
			p.ID != "" && k.product[p.ID] == nil && p.Kind == store.ProductAlias {
			faults = append(faults, store.Fault{Path: fmt.Sprintf("proposals[%d].id", i), Message: fmt.Sprintf("no %s has the id %q", strings.ReplaceAll(string(p.Kind), "_", " "), string(p.ID))})
		}
		k.corrected[p.Kind][p.Key] = p
	}
	if faults != nil {
		return nil, &store.Error{Code: store.Invalid, Faults: faults}
	}
	return k, nil
}

// every reads all pages of a list.
func every[T any](page func(store.Page) ([]T, store.Cursor, error)) ([]T, error) {
	const largest = 1000
	var out []T
	for after := store.Cursor(""); ; {
		some, next, err := page(store.Page{After: after, Limit: largest})
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		if after = next; after == "" {
			return out, nil
		}
	}
}

// index adds what has a name and perhaps a reference.
func index(into map[string][]store.ID, id store.ID, name, ref string) {
	keys := []string{fold(name)}
	if ref != "" {
		keys = append(keys, "#"+ref)
	}
	for _, key := range keys {
		if key != "" && !slices.Contains(into[key], id) {
			into[key] = append(into[key], id)
		}
	}
}

// find looks for what one of some keys names: by what was said of it, by an alias, and then in the store. Several of a
// key are told apart by active, if one alone is.
func (k *known) find(kind store.AliasKind, in map[string][]store.ID, active func(store.ID) bool, keys ...string) (id store.ID, several int) {
	for _, key := range keys {
		if key == "" || key == "#" {
			continue
		}
		if p := k.corrected[kind][key]; p != nil && p.ID != "" {
			return p.ID, 1
		}
		if id, ok := k.aliases[kind][key]; ok {
			return id, 1
		}
		some := in[key]
		if len(some) > 1 {
			some = slices.DeleteFunc(slices.Clone(some), func(id store.ID) bool { return !active(id) })
		}
		switch {
		case len(some) == 1:
			return some[0], 1
		case len(some) > 1:
			return "", len(some)
		}
	}
	return "", 0
}

// line is a row with what it names.
type line struct {
	row                        *row
	point, producer, product   *target
	grams, millilitres         int64  // of the whole line
	lineGrams, lineMillilitres *int64 // said of the line itself: the product's do not hold
	ref                        string
	good                       bool
}

// resolver keeps what names were found to be.
type resolver struct {
	*batch
	producers, points, products map[string]*target
	list                        []*target
}

// resolve finds what rows name.
func (b *batch) resolve(rows []row) {
	r := &resolver{batch: b, producers: map[string]*target{}, points: map[string]*target{}, products: map[string]*target{}}
	b.lines = make([]line, len(rows))
	for i := range rows {
		l := &b.lines[i]
		l.row = &rows[i]
		if l.row.kept != "" {
			continue
		}
		l.producer = r.producerOf(l.row)
		if !b.result.Format.catalogue() {
			l.point = r.pointOf(l.row)
		}
		if l.producer.why == "" {
			l.product = r.productOf(l.row, l.producer)
		}
		l.good = l.producer.why == "" && l.product.why == "" && (l.point == nil || l.point.why == "")
	}
	r.settle()
}

// noted lists a line under a target's proposal.
func (r *resolver) noted(t *target, line int) *target {
	if t.proposal != nil {
		t.proposal.Lines = append(t.proposal.Lines, line)
	}
	return t
}

func (r *resolver) add(into map[string]*target, key string, t *target) *target {
	into[key] = t
	r.list = append(r.list, t)
	return t
}

// producerOf finds whose product a row is of.
func (r *resolver) producerOf(x *row) *target {
	ref, name := "", x.producer
	if x.producerRef != "" {
		ref = "#" + x.producerRef
	}
	if name == "" {
		name = x.catalog // which is often called after its producer
	}
	key := cmp.Or(ref, fold(name))
	if x.producer == "" && ref == "" && r.options.Producer != "" {
		key = "=" + string(r.options.Producer)
	}
	if t, ok := r.producers[key]; ok {
		return r.noted(t, x.line)
	}
	if id, given := strings.CutPrefix(key, "="); given {
		p := r.known.producer[store.ID(id)]
		if p == nil {
			return r.add(r.producers, key, &target{why: fmt.Sprintf("no producer has the id %q", id)})
		}
		return r.add(r.producers, key, &target{id: p.ID, name: p.Name})
	}
	if key == "" {
		return r.add(r.producers, key, &target{why: "the file does not say whose products these are: name the producer"})
	}
	id, several := r.known.find(store.ProducerAlias, r.known.producers, func(id store.ID) bool { return r.known.producer[id].Active }, ref, fold(name))
	switch {
	case several == 1:
		return r.add(r.producers, key, &target{id: id, name: r.known.producer[id].Name})
	case several > 1:
		return r.add(r.producers, key, &target{why: fmt.Sprintf("%d producers are called %q: say which one it is, or give them references", several, name)})
	}
	p := &Proposal{Kind: store.ProducerAlias, Key: key, Name: cmp.Or(name, "Producer "+x.producerRef), Ref: x.producerRef, Profession: x.profession}
	if p.Ref != "" && r.known.producerRefs[p.Ref] {
		p.Ref = ""
	}
	r.correct(p)
	return r.noted(r.add(r.producers, key, &target{name: p.Name, proposal: p}), x.line)
}

// pointOf finds where a row is collected.
func (r *resolver) pointOf(x *row) *target {
	key := fold(x.pickupPoint)
	if s := fold(x.shippingMethod); s != "" {
		if id, n := r.known.find(store.PickupPointAlias, r.known.points, r.activePoint, "#"+x.shippingMethod, s); n == 1 {
			t, ok := r.points["="+string(id)]
			if !ok {
				t = r.add(r.points, "="+string(id), &target{id: id, name: r.known.point[id].Name})
			}
			return t
		}
	}
	if key == "" && r.options.PickupPoint != "" {
		key = "=" + string(r.options.PickupPoint)
	}
	if t, ok := r.points[key]; ok {
		return r.noted(t, x.line)
	}
	if id, given := strings.CutPrefix(key, "="); given {
		p := r.known.point[store.ID(id)]
		if p == nil {
			return r.add(r.points, key, &target{why: fmt.Sprintf("no pickup point has the id %q", id)})
		}
		return r.add(r.points, key, &target{id: p.ID, name: p.Name})
	}
	if key == "" {
		return r.add(r.points, key, &target{why: "the file does not say where these are collected: name the pickup point"})
	}
	id, several := r.known.find(store.PickupPointAlias, r.known.points, r.activePoint, "#"+x.pickupPoint, key)
	switch {
	case several == 1:
		return r.add(r.points, key, &target{id: id, name: r.known.point[id].Name})
	case several > 1:
		return r.add(r.points, key, &target{why: fmt.Sprintf("%d pickup points are called %q: say which one it is, or give them references", several, x.pickupPoint)})
	}
	p := &Proposal{Kind: store.PickupPointAlias, Key: key, Name: x.pickupPoint}
	r.correct(p)
	return r.noted(r.add(r.points, key, &target{name: p.Name, proposal: p}), x.line)
}

func (r *resolver) activePoint(id store.ID) bool { return r.known.point[id].Active }

// productOf finds which product a row is of, and what one unit of it weighs.
func (r *resolver) productOf(x *row, producer *target) *target {
	full := x.fullName()
	owner := string(producer.id)
	if producer.proposal != nil {
		owner = producer.proposal.Key
	}
	ref := ""
	if x.productRef != "" {
		ref = "#" + x.productRef
	}
	// A reference can stand for several sizes of a product, and a name for several sizes in two columns.
	key := owner + "/" + cmp.Or(ref, "-") + "/" + fold(full+" "+x.unitQuantity+" "+x.unit)
	if t, ok := r.products[key]; ok {
		return r.noted(t, x.line)
	}
	m := measureProduct(x.product, x.variant, x.unit, x.unitQuantity)
	if x.product == "" {
		m = measureProduct("", x.variant, x.unit, x.unitQuantity)
		m.name = full
	}
	w := weigh(full+" "+x.unit, m, r.known.weights)
	if x.unitGrams != nil {
		kind, _ := goodsOf(full)
		weighed := w.weighed
		w = kind.room(*x.unitGrams, "file: "+r.reader.columns[r.reader.at[UnitWeight]].Header)
		w.weighed = weighed
	}
	if x.weighed != nil {
		w.weighed = *x.weighed
	}
	aliasKey := owner + "/" + fold(full+" "+x.unitQuantity+" "+x.unit)
	if x.product == "" {
		aliasKey = owner + "/" + ref
	}
	if producer.id != "" {
		inStore := r.known.products[producer.id]
		id, several := r.known.find(store.ProductAlias, nil, nil, aliasKey)
		if several == 0 {
			sized := fold(m.name + " " + m.unit)
			id, several = r.known.find("", inStore, r.activeProduct, fold(full), sized)
			if some := inStore[ref]; several != 1 && len(some) == 1 && m.couldBe(r.known.product[some[0]]) {
				id, several = some[0], 1
			}
		}
		if several == 1 {
			p := r.known.product[id]
			t := &target{id: id, name: p.Name, product: p, weight: w, weighed: w.weighed}
			if fold(p.Unit) == "kg" {
				t.weighed = w.weighed && p.Grams == 1000
			}
			return r.add(r.products, key, t)
		}
		if several > 1 {
			return r.add(r.products, key, &target{why: fmt.Sprintf("%d products of %s are called %q: say which one it is, or give them references", several, producer.name, full)})
		}
	}
	class, from := classOf(full, r.professionOf(producer))
	if x.chilled != nil && *x.chilled && class == engine.Ambient {
		class, from = engine.Chilled, "file: "+r.reader.columns[r.reader.at[Chilled]].Header
	}
	if x.class != "" {
		class, from = x.class, "file: "+r.reader.columns[r.reader.at[Class]].Header
	}
	p := &Proposal{Kind: store.ProductAlias, Key: aliasKey, Name: m.name, Ref: x.productRef, Producer: producer.name, Unit: m.unit, Grams: &w.grams, Millilitres: &w.millilitres,
		WeightFrom: w.from, Class: class, ClassFrom: from, CarriedBy: engine.ByAny, PriceCents: x.unitPrice, Organic: x.organic != nil && *x.organic}
	if w.weighed {
		kind, _ := goodsOf(full)
		one := kind.room(1000, "")
		p.Unit, p.Grams, p.Millilitres, p.WeightFrom = "kg", &one.grams, &one.millilitres, "weighed: ordered by the kilogram"
	}
	if p.Ref != "" && r.known.refs[p.Ref] {
		p.Ref = ""
	}
	r.known.refs[p.Ref] = true
	r.correct(p)
	return r.noted(r.add(r.products, key, &target{name: p.Name, proposal: p, weight: w, weighed: w.weighed}), x.line)
}

// couldBe says whether a measure can be of a product: a reference can stand for several sizes.
func (m measure) couldBe(p *store.Product) bool {
	has := measureText(p.Unit)
	return !m.sized() || !has.sized() || m.grams == has.grams && m.millilitres == has.millilitres
}

func (r *resolver) activeProduct(id store.ID) bool { return r.known.product[id].Active }

func (r *resolver) professionOf(t *target) string {
	if t.proposal != nil {
		return t.proposal.Profession
	}
	return r.known.producer[t.id].Profession
}

// correct takes over what was said of a proposal.
func (r *resolver) correct(p *Proposal) {
	said := r.known.corrected[p.Kind][p.Key]
	if said == nil {
		return
	}
	p.Name, p.Ref, p.Place, p.Profession = cmp.Or(said.Name, p.Name), cmp.Or(said.Ref, p.Ref), cmp.Or(said.Place, p.Place), cmp.Or(said.Profession, p.Profession)
	p.Unit, p.Grams, p.Millilitres, p.Class = cmp.Or(said.Unit, p.Unit), cmp.Or(said.Grams, p.Grams), cmp.Or(said.Millilitres, p.Millilitres), cmp.Or(said.Class, p.Class)
	p.CarriedBy, p.PriceCents, p.Organic = cmp.Or(said.CarriedBy, p.CarriedBy), cmp.Or(said.PriceCents, p.PriceCents), said.Organic || p.Organic
}

// settle says what all lines weigh, and what cannot be done: each unknown thing is one fault, at its first line.
func (r *resolver) settle() {
	for _, t := range r.list {
		if p := t.proposal; p != nil {
			r.result.Proposals = append(r.result.Proposals, *p)
		}
	}
	slices.SortStableFunc(r.result.Proposals, func(a, b Proposal) int { return strings.Compare(order(a.Kind), order(b.Kind)) })
	told := map[*target]int{} // at which of the reader's faults
	lines := map[*target][]int{}
	for i := range r.lines {
		l := &r.lines[i]
		if l.row.kept != "" {
			continue
		}
		for _, t := range []*target{l.producer, l.point, l.product} {
			if t == nil {
				continue
			}
			why := t.why
			if why == "" && t.proposal != nil && !r.options.Create {
				why = fmt.Sprintf("the %s %q is not known: create it, or say which one it is", strings.ReplaceAll(string(t.proposal.Kind), "_", " "), t.proposal.Name)
			}
			if why == "" {
				continue
			}
			l.good = false
			if _, ok := told[t]; !ok {
				told[t] = len(r.reader.faults)
				r.reader.fault(l.row.line, "", "%s", why)
			}
			lines[t] = append(lines[t], l.row.line)
		}
		if l.product != nil && l.producer.why == "" && l.product.why == "" {
			l.weigh(r.result.Format)
		}
	}
	for t, at := range told {
		if n := len(lines[t]); n > 1 && at < len(r.reader.faults) {
			r.reader.faults[at].Message += fmt.Sprintf(" (lines %s)", listed(lines[t]))
		}
	}
}

func order(k store.AliasKind) string {
	return map[store.AliasKind]string{store.ProducerAlias: "1", store.PickupPointAlias: "2", store.ProductAlias: "3"}[k]
}

// listed writes the first of some line numbers.
func listed(lines []int) string {
	const most = 8
	var parts []string
	for _, n := range lines[:min(len(lines), most)] {
		parts = append(parts, fmt.Sprint(n))
	}
	if len(lines) > most {
		parts = append(parts, fmt.Sprintf("… %d in all", len(lines)))
	}
	return strings.Join(parts, ", ")
}

// weigh says what a line weighs and takes up.
func (l *line) weigh(f Format) {
	unit := l.product.weight
	if p := l.product.product; p != nil {
		unit.grams, unit.millilitres = p.Grams, p.Millilitres
	} else if p := l.product.proposal; p != nil {
		unit.grams, unit.millilitres = *p.Grams, *p.Millilitres
	}
	quantity := l.row.quantity
	times := func(x int64) int64 {
		if quantity > 0 && x > mostAmount*1000/quantity {
			return mostAmount
		}
		return (x*quantity + 500) / 1000
	}
	switch said := l.row.lineGrams; {
	case said != nil:
		l.lineGrams = said
	case l.product.weighed && f == CagetteByProduct:
		// A product that is weighed piece by piece is counted in this file alone, and ordered by the kilogram elsewhere.
		grams := times(l.product.weight.grams)
		l.lineGrams = &grams
	case l.row.unitGrams != nil && unit.grams == 0:
		grams := times(*l.row.unitGrams)
		l.lineGrams = &grams
	}
	l.grams, l.millilitres = times(unit.grams), times(unit.millilitres)
	if l.lineGrams != nil {
		l.grams = *l.lineGrams
		if unit.grams > 0 { // the room that so much of the product takes
			room := (l.grams*unit.millilitres + unit.grams - 1) / unit.grams
			l.millilitres, l.lineMillilitres = room, &room
		}
	}
}

// shown is a line for a preview.
func (l *line) shown() Row {
	x := Row{Line: l.row.line, Order: l.ref, Producer: l.row.producer, Product: l.row.fullName(), PickupPoint: l.row.pickupPoint, QuantityMilli: l.row.quantity,
		Grams: l.grams, Millilitres: l.millilitres, PriceCents: l.row.price(), Kept: l.row.kept}
	if l.producer != nil && l.producer.name != "" {
		x.Producer = l.producer.name
	}
	if l.point != nil && l.point.name != "" {
		x.PickupPoint = l.point.name
	}
	if t := l.product; t != nil {
		switch {
		case t.product != nil:
			x.Product, x.Unit, x.Class = t.product.Name, t.product.Unit, t.product.Class
		case t.proposal != nil:
			x.Product, x.Unit, x.Class = t.proposal.Name, t.proposal.Unit, t.proposal.Class
		}
	}
	return x
}
