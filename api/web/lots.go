package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"carriole/api/planning"
	"carriole/api/store"
)

// A lotsView asks for the lots and dates of what a farm sells in a sale.
type lotsView struct {
	Sale      *store.Sale
	Farm      *store.Producer
	Rows      []lotRow
	Action    string
	Back      string
	Saved     bool
	MayChange bool
	Wrong     string
}

type lotRow struct {
	Product                     store.ID
	Name                        string
	Version                     int64 // of the lot that was shown; 0: there was none
	Code, UseBy, BestBefore     string
	WrongUseBy, WrongBestBefore bool
}

// farmLots are those of the producer who is here.
func (s *Site) farmLots(v *visit) error {
	sale := v.r.FormValue("sale")
	return s.lotsOf(v, store.ID(sale), v.Producer, "/farm/lots?sale="+url.QueryEscape(sale), "/farm")
}

// saleLots are those of the farm that the address names.
func (s *Site) saleLots(v *visit) error {
	sale, farm := v.id("id"), v.r.FormValue("producer")
	path := "/sales/" + string(sale)
	return s.lotsOf(v, sale, store.ID(farm), path+"/lots?producer="+url.QueryEscape(farm), path+"/papers")
}

func (s *Site) lotsOf(v *visit, sale, producer store.ID, action, back string) error {
	out := lotsView{Action: action, Back: back, MayChange: v.Role != store.Reader, Saved: v.r.FormValue("saved") != ""}
	var err error
	if out.Sale, err = v.scope.Sale(v.ctx, sale); err != nil {
		return err
	}
	if out.Farm, err = v.scope.Producer(v.ctx, producer); err != nil {
		return err
	}
	lots, err := v.lotsIn(sale, producer)
	if err != nil {
		return err
	}
	if out.Rows, err = v.lotRows(out.Sale, producer, lots); err != nil {
		return err
	}
	if v.r.Method != http.MethodPost {
		return s.render(v, "lots.html", out)
	}
	for i := range out.Rows {
		out.Rows[i].read(v)
		if r := &out.Rows[i]; r.WrongUseBy || r.WrongBestBefore {
			out.Wrong = v.say("Une date n’en est pas une : écrivez-la comme 2026-12-24. Rien n’est enregistré.", "A date is none: write it as in 2026-12-24. Nothing is saved.")
		}
	}
	if out.Wrong != "" {
		return s.show(v, http.StatusUnprocessableEntity, "lots.html", out)
	}
	err = v.saveLots(sale, producer, out.Rows, lots)
	var e *store.Error
	switch {
	case errors.Is(err, &store.Error{Code: store.Stale}), errors.Is(err, &store.Error{Code: store.Conflict}):
		out.Wrong = v.say("Quelqu’un d’autre a changé ces lots entre-temps. Rien n’est enregistré : ouvrez la page une seconde fois à côté, et comparez.", "Somebody else has changed these lots meanwhile. Nothing is saved: open the page once more beside this one, and compare.")
		return s.show(v, http.StatusConflict, "lots.html", out)
	case errors.As(err, &e) && e.Code == store.Invalid:
		out.Wrong = e.Error()
		return s.show(v, http.StatusUnprocessableEntity, "lots.html", out)
	case err != nil:
		return err
	}
	return v.leads(action + "&saved=1")
}

// read takes what was typed.
func (r *lotRow) read(v *visit) {
	typed := func(what string) string { return strings.TrimSpace(v.r.PostFormValue(what + "-" + string(r.Product))) }
	r.Code, r.UseBy, r.BestBefore = typed("code"), typed("use"), typed("best")
	r.Version, _ = strconv.ParseInt(typed("version"), 10, 64) // none: there was no lot
	r.WrongUseBy = r.UseBy != "" && !store.Day(r.UseBy).Valid()
	r.WrongBestBefore = r.BestBefore != "" && !store.Day(r.BestBefore).Valid()
}

// lotsIn are a farm's lots of a sale, by product.
func (v *visit) lotsIn(sale, producer store.ID) (map[store.ID]*store.Lot, error) {
	out := map[store.ID]*store.Lot{}
	for x, err := range store.Rows(func(p store.Page) ([]store.Lot, store.Cursor, error) {
		return v.scope.Lots(v.ctx, store.LotFilter{Sale: sale, Producer: producer}, p)
	}) {
		if err != nil {
			return nil, err
		}
		out[x.Product] = x
	}
	return out, nil
}

// lotRows are the products of a farm that the newest plan of a sale knows, or all that it sells while there is none, and those that have a lot.
func (v *visit) lotRows(sale *store.Sale, producer store.ID, lots map[store.ID]*store.Lot) ([]lotRow, error) {
	newest, _, err := v.newestPlan(sale.ID)
	if err != nil {
		return nil, err
	}
	var ordered map[store.ID]string // what they are called in the plan
	if newest != nil {
		week, _, err := v.plans.Documents(v.ctx, v.scope, newest)
		if err != nil && !store.IsNotFound(err) {
			return nil, err
		}
		if err == nil {
			ordered = map[store.ID]string{}
			for i := range week.Orders {
				for k := range week.Orders[i].Lines {
					if l := &week.Orders[i].Lines[k]; l.Producer == string(producer) {
						ordered[store.ID(l.ProductID)] = l.Product
					}
				}
			}
		}
	}
	var out []lotRow
	for x, err := range store.Rows(func(p store.Page) ([]store.Product, store.Cursor, error) {
		return v.scope.Products(v.ctx, store.ProductFilter{Producer: producer}, p)
	}) {
		if err != nil {
			return nil, err
		}
		row := lotRow{Product: x.ID, Name: cmp.Or(ordered[x.ID], planning.ProductName(x))}
		lot := lots[x.ID]
		if lot != nil {
			row.Version, row.Code, row.UseBy, row.BestBefore = lot.Version, lot.Code, string(lot.UseBy), string(lot.BestBefore)
		}
		if lot != nil || ordered[x.ID] != "" || ordered == nil && x.Active {
			out = append(out, row)
		}
	}
	slices.SortFunc(out, func(a, b lotRow) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Product, b.Product))
	})
	return out, nil
}

// saveLots keeps what was typed, all or nothing. A lot of which nothing is left goes.
func (v *visit) saveLots(sale, producer store.ID, rows []lotRow, lots map[store.ID]*store.Lot) error {
	return v.scope.Together(v.ctx, func(c *store.Scope) error {
		for i := range rows {
			r := &rows[i]
			x := store.Lot{Sale: sale, Producer: producer, Product: r.Product, Code: r.Code, UseBy: store.Day(r.UseBy), BestBefore: store.Day(r.BestBefore)}
			before, empty := lots[r.Product], r.Code == "" && r.UseBy == "" && r.BestBefore == ""
			var err error
			switch {
			case before == nil && r.Version == 0 && empty, before != nil && before.Code == x.Code && before.UseBy == x.UseBy && before.BestBefore == x.BestBefore:
			case before == nil && r.Version != 0, before != nil && r.Version == 0:
				err = &store.Error{Code: store.Stale, Message: "somebody else has changed it"}
			case before == nil:
				err = c.CreateLot(v.ctx, &x)
			case empty:
				err = c.DeleteLot(v.ctx, before.ID, r.Version)
			default:
				x.Row = store.Row{ID: before.ID, Version: r.Version}
				err = c.UpdateLot(v.ctx, &x)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
