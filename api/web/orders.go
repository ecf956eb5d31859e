package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"carriole/api/planning"
	"carriole/api/store"
)

// An ordersView lists the orders of a sale, all or those that a search finds.
type ordersView struct {
	Sale        *store.Sale
	Search      string
	Point       string
	Points      []choice
	Rows        []orderRow
	Found, All  int
	Page, Pages int
	MayChange   bool
	Said        string
}

// Prev and Next are pages of the list; 0: none.
func (o *ordersView) Prev() int { return o.Page - 1 }

// Next is the page after.
func (o *ordersView) Next() int {
	if o.Page < o.Pages {
		return o.Page + 1
	}
	return 0
}

// Query is what leads to another page of the same search.
func (o *ordersView) Query(page int) string {
	return url.Values{"q": {o.Search}, "point": {o.Point}, "page": {fmt.Sprint(page)}}.Encode()
}

type orderRow struct {
	ID         store.ID
	Ref, Point string
	Lines      []string
	More       int // lines that have no room
	Kg         float64
	Cancelled  bool
}

const ordersShown = 100

// goodsOf are a collective's products by id, and how a list of them is called.
type shop struct {
	products map[store.ID]*store.Product
	label    map[store.ID]string
	byLabel  map[string]store.ID // in lower case
	list     []string            // labels of what can be ordered
}

// shop reads the products with the names of their producers.
func (v *visit) shop(n *names) (*shop, error) {
	products, err := store.All(func(p store.Page) ([]store.Product, store.Cursor, error) {
		return v.scope.Products(v.ctx, store.ProductFilter{}, p)
	})
	if err != nil {
		return nil, err
	}
	s := &shop{map[store.ID]*store.Product{}, map[store.ID]string{}, map[string]store.ID{}, nil}
	for i := range products {
		p := &products[i]
		label := n.of[p.Producer] + " · " + strings.TrimSpace(p.Name+" "+p.Unit)
		for k := 2; s.byLabel[strings.ToLower(label)] != ""; k++ {
			label = fmt.Sprintf("%s · %s (%d)", n.of[p.Producer], strings.TrimSpace(p.Name+" "+p.Unit), k)
		}
		s.products[p.ID], s.label[p.ID], s.byLabel[strings.ToLower(label)] = p, label, p.ID
		if p.Active {
			s.list = append(s.list, label)
		}
	}
	slices.Sort(s.list)
	return s, nil
}

// kg is what an order weighs.
func (s *shop) kg(o *store.Order) (kg float64) {
	for _, l := range o.Lines {
		if l.Grams != nil {
			kg += float64(*l.Grams) / 1e3
		} else if p := s.products[l.Product]; p != nil {
			kg += float64(p.Grams) * float64(l.QuantityMilli) / 1e6
		}
	}
	return kg
}

func (s *Site) orders(v *visit) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	n, err := v.names()
	if err != nil {
		return err
	}
	shop, err := v.shop(n)
	if err != nil {
		return err
	}
	out := &ordersView{Sale: sale, Search: strings.TrimSpace(v.r.FormValue("q")), Point: v.r.FormValue("point"), Page: 1, MayChange: v.mayOrder(sale)}
	out.Points = chosen(n.points, out.Point)
	if ref := v.r.FormValue("saved"); ref != "" {
		out.Said = cmp.Or(strings.TrimPrefix(ref, "1"), "/sales/"+string(sale.ID)+"/orders/new")
	}
	fmt.Sscan(v.r.FormValue("page"), &out.Page)
	list, err := store.All(func(p store.Page) ([]store.Order, store.Cursor, error) {
		return v.scope.Orders(v.ctx, store.OrderFilter{Sale: sale.ID, PickupPoint: store.ID(out.Point)}, p)
	})
	if err != nil {
		return err
	}
	out.All = len(list)
	if out.Point != "" {
		if out.All, err = v.scope.OrderCount(v.ctx, sale.ID); err != nil {
			return err
		}
	}
	words := strings.Fields(strings.ToLower(out.Search))
	list = slices.DeleteFunc(list, func(o store.Order) bool { return !shop.matches(&o, n, words) })
	out.Found = len(list)
	out.Pages = max(1, (len(list)+ordersShown-1)/ordersShown)
	out.Page = min(max(out.Page, 1), out.Pages)
	list = list[(out.Page-1)*ordersShown : min(out.Page*ordersShown, len(list))]
	for i := range list {
		o := &list[i]
		row := orderRow{ID: o.ID, Ref: o.Ref, Point: cmp.Or(n.of[o.PickupPoint], v.say("au plus près du client", "nearest to the customer")), Kg: shop.kg(o), Cancelled: len(o.Lines) == 0}
		const lines = 4
		for k, l := range o.Lines {
			if k == lines {
				row.More = len(o.Lines) - lines
				break
			}
			q := l.QuantityMilli
			row.Lines = append(row.Lines, shown(&q, 1000, v.lang)+" × "+shop.label[l.Product])
		}
		out.Rows = append(out.Rows, row)
	}
	return s.render(v, "orders.html", out)
}

// matches says whether an order has all words in its reference, pickup point, producers or products.
func (s *shop) matches(o *store.Order, n *names, words []string) bool {
	if len(words) == 0 {
		return true
	}
	var text strings.Builder
	text.WriteString(o.Ref + "\n" + n.of[o.PickupPoint])
	for _, l := range o.Lines {
		text.WriteString("\n" + s.label[l.Product])
	}
	all := strings.ToLower(text.String())
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, w) })
}

func (v *visit) mayOrder(sale *store.Sale) bool {
	return v.Role == store.Coordinator && (sale.State == store.SaleOpen || sale.State == store.SaleClosed)
}

// An orderView is the form of an order.
type orderView struct {
	Sale      *store.Sale
	Form      *form
	Path      string
	Ref       string // empty: it is new
	Products  []string
	MayChange bool
	Cancelled bool
	Planned   bool          // saving it has the sale planned again
	Asked     *whatIfAnswer // what saving it would change; nil: that is not asked
	Unseen    string        // why that cannot be said
}

func (s *Site) newOrder(v *visit) error { return s.showOrder(v, &store.Order{}, nil, nil, nil) }

func (s *Site) order(v *visit) error {
	o, err := v.saleOrder()
	if err != nil {
		return err
	}
	return s.showOrder(v, o, nil, nil, nil)
}

// saleOrder is the order of the path.
func (v *visit) saleOrder() (*store.Order, error) {
	o, err := v.scope.Order(v.ctx, v.id("order"))
	if err == nil && o.Sale != v.id("id") {
		err = &store.Error{Code: store.NotFound, Message: "the sale has no such order"}
	}
	return o, err
}

// showOrder shows the form of an order, with what has been typed and, where would is set, what saving that would change.
func (s *Site) showOrder(v *visit, o *store.Order, typed url.Values, faults []store.Fault, would *store.Order) error {
	sale, err := v.scope.Sale(v.ctx, v.id("id"))
	if err != nil {
		return err
	}
	n, err := v.names()
	if err != nil {
		return err
	}
	shop, err := v.shop(n)
	if err != nil {
		return err
	}
	newest, _, err := v.newestPlan(sale.ID)
	if err != nil {
		return err
	}
	out := orderView{Sale: sale, Path: "/sales/" + string(sale.ID) + "/orders/" + cmp.Or(string(o.ID), "new"), Ref: o.Ref, Products: shop.list, MayChange: v.mayOrder(sale),
		Cancelled: o.ID != "" && len(o.Lines) == 0, Planned: newest != nil}
	a := v.ask()
	point := a.choose("pickup_point", "Point de retrait", "Pickup point", n.points, string(o.PickupPoint))
	point.Needed = o.At == nil
	lines := field{Name: "lines", Kind: "rows", Label: a.say("Ce qui est commandé", "What is ordered"), More: a.say("Encore un produit", "Another product"),
		Hint: a.say("Commencez à taper : ferme ou produit. Quantité vide : la ligne est retirée.", "Begin to type: farm or product. No quantity: the line is removed.")}
	for i := range a.rows("lines", len(o.Lines)) {
		at := fmt.Sprintf("lines[%d]", i)
		var l store.OrderLine
		var quantity *int64
		if i < len(o.Lines) {
			l = o.Lines[i]
			quantity = &l.QuantityMilli
		}
		product := a.text(at+".product", "Produit", "Product", shop.label[l.Product])
		product.List = "products"
		lines.Rows = append(lines.Rows, row{Name: at, Fields: []field{product, a.number(at+".quantity", "Quantité", "Quantity", "", quantity, 1000)}})
	}
	g := group{Fields: []field{point}}
	if o.ID == "" {
		ref := a.text("ref", "Référence", "Reference", "")
		ref.Hint = a.say("Un numéro ou un mot, sans nom de client. Vide : Carriole en donne une.", "A number or a word, no customer’s name. Empty: Carriole gives one.")
		g.Fields = append(g.Fields, ref)
	}
	out.Form = &form{Key: out.Path, Groups: []group{g, {Fields: []field{lines}}}, Version: o.Version}
	out.Form.fill(typed, faults, v.lang)
	status := http.StatusOK
	if faults != nil {
		status = http.StatusUnprocessableEntity
	}
	if would != nil && newest != nil {
		got, err := v.plans.Foresee(v.ctx, v.scope, newest.ID, planning.Decision{Orders: []store.Order{*would}}, v.lang)
		if status, out.Unseen, err = v.unseen(err); err != nil {
			return err
		}
		if out.Unseen == "" {
			out.Asked = &whatIfAnswer{v.say("Avec cette commande", "With this order"), &got.Before.Summary, &got.Plan.Summary, got.Turns}
		}
	}
	return s.show(v, status, "order.html", out)
}

// readOrder reads a form into an order. What is not asked of a line that stays, such as its weight, is kept where its quantity is the same.
func (v *visit) readOrder(rd *reader, shop *shop, o *store.Order) {
	o.PickupPoint = rd.id("pickup_point")
	if o.PickupPoint == "" && o.At == nil {
		rd.wrong("pickup_point", "Dites où la commande est retirée.", "Say where the order is collected.")
	}
	if o.ID == "" {
		o.Ref = rd.text("ref")
	}
	before := o.Lines
	o.Lines = nil
	var kept []int
	for _, i := range rd.rows("lines") {
		at := fmt.Sprintf("lines[%d]", i)
		typed, quantity := rd.text(at+".product"), rd.amount(at+".quantity", 1000)
		if typed == "" {
			if quantity != nil && *quantity > 0 {
				rd.wrong(at+".product", "Dites quel produit.", "Say which product.")
			}
			continue
		}
		id := shop.byLabel[strings.ToLower(typed)]
		if id == "" {
			rd.wrong(at+".product", "Aucun produit ne s’appelle ainsi : choisissez-en un dans la liste qui s’ouvre en tapant.", "No product has this name: choose one of the list that opens as you type.")
			continue
		}
		if quantity == nil || *quantity == 0 {
			continue
		}
		l := store.OrderLine{Product: id, QuantityMilli: *quantity}
		if k := slices.IndexFunc(before, func(x store.OrderLine) bool { return x.Product == id && x.QuantityMilli == *quantity }); k >= 0 {
			l = before[k]
		}
		o.Lines, kept = append(o.Lines, l), append(kept, i)
	}
	rd.taken["lines"] = kept
	if len(o.Lines) == 0 && len(rd.faults) == 0 {
		rd.wrong("lines", "La commande est vide : ajoutez un produit, ou annulez la commande.", "The order is empty: add a product, or cancel the order.")
	}
}

func (s *Site) saveOrder(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return &store.Error{Code: store.Invalid, Message: v.say("le formulaire est illisible", "the form cannot be read")}
	}
	o := &store.Order{}
	if v.id("order") != "" {
		var err error
		if o, err = v.saleOrder(); err != nil {
			return err
		}
	}
	n, err := v.names()
	if err != nil {
		return err
	}
	shop, err := v.shop(n)
	if err != nil {
		return err
	}
	now := *o
	rd := &reader{typed: v.r.PostForm, lang: v.lang}
	v.readOrder(rd, shop, o)
	o.Version = rd.zero("version", 1)
	if o.ID != "" && o.Version == 0 {
		o.Version = now.Version
	}
	reason := v.say("commande ajoutée", "order added")
	if o.ID != "" {
		reason = v.say("commande changée : ", "order changed: ") + o.Ref
	}
	faults, checks, sees := rd.faults, v.r.Header.Get("X-Check") != "", v.r.PostForm.Has("see")
	var p *store.Planning
	if len(faults) == 0 {
		err := v.scope.Together(v.ctx, func(c *store.Scope) error {
			if o.ID == "" && o.Ref != "" {
				if list, _, err := c.Orders(v.ctx, store.OrderFilter{Sale: v.id("id"), Ref: o.Ref}, store.Page{}); err != nil {
					return err
				} else if len(list) > 0 {
					return &store.Error{Code: store.Invalid, Faults: []store.Fault{{Path: "ref", Message: v.say("une commande a déjà cette référence", "an order has this reference already")}}}
				}
			}
			p, err = v.save(c, o, reason)
			if err == nil && (checks || sees) {
				err = errCheck
			}
			return err
		})
		if err != nil && !errors.Is(err, errCheck) {
			var ok bool
			if faults, ok = faultsOf(err, v.lang); !ok {
				return err
			}
			faults = rd.where(faults)
			if errors.Is(err, &store.Error{Code: store.Stale}) {
				o.Version = now.Version // saving once more replaces what is there now
			}
		}
	}
	if checks {
		return v.faults(faults)
	}
	if len(faults) > 0 {
		now.Version = o.Version
		return s.showOrder(v, &now, v.r.PostForm, faults, nil)
	}
	if sees {
		now.Version = o.Version
		return s.showOrder(v, &now, v.r.PostForm, nil, o)
	}
	return v.saved(p)
}

// save writes an order, and has the sale planned again where it has a plan already.
func (v *visit) save(c *store.Scope, o *store.Order, reason string) (*store.Planning, error) {
	newest, err := c.CurrentPlan(v.ctx, v.id("id"))
	if err != nil && !store.IsNotFound(err) {
		return nil, err
	}
	if newest != nil {
		return v.plans.Decide(v.ctx, c, v.id("id"), planning.Decision{Orders: []store.Order{*o}}, short(reason, 120))
	}
	return nil, c.Together(v.ctx, func(c *store.Scope) error {
		if o.ID == "" {
			return v.putNew(c, o)
		}
		if err := c.UpdateOrder(v.ctx, o); err != nil {
			return err
		}
		return v.plans.OrderChanged(v.ctx, c, o)
	})
}

// putNew adds an order to a sale that has no plan yet, in a scope that is one transaction.
func (v *visit) putNew(c *store.Scope, o *store.Order) error {
	o.Ref = cmp.Or(o.Ref, planning.NewRef())
	puts, err := c.PutOrders(v.ctx, v.id("id"), []store.Order{*o})
	if err != nil {
		return err
	}
	return v.plans.Received(v.ctx, c, v.id("id"), puts)
}

// saved leads on after an order: to the plan with it, or back to the orders.
func (v *visit) saved(p *store.Planning) error {
	if p == nil {
		return v.leads("/sales/" + string(v.id("id")) + "/orders?saved=1")
	}
	return v.planned(p, nil)
}

func (s *Site) cancelOrder(v *visit) error {
	o, err := v.saleOrder()
	if err != nil {
		return err
	}
	o.Lines = nil
	p, err := v.save(v.scope, o, v.say("commande annulée : ", "order cancelled: ")+o.Ref)
	if err != nil {
		return v.outcome(err, "")
	}
	return v.saved(p)
}
