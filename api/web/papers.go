package web

import (
	"cmp"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"carriole/api/paper"
	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine"
	"carriole/engine/view"
)

type papersView struct {
	Sale   *store.Sale
	Plan   *weekPlan // nil: none yet
	Rounds []paperRound
	Farms  []choice
}

type paperRound struct {
	view.Sheet
	Leaves time.Time
}

// papers lists the papers of a plan.
func (s *Site) papers(v *visit) error {
	sale, plan, err := v.saleAndPlan()
	if err != nil {
		return err
	}
	out := papersView{Sale: sale, Plan: plan}
	if plan == nil {
		return s.render(v, "papers.html", out)
	}
	for _, sheet := range view.Sheets(plan.Week, plan.Doc) {
		if slices.ContainsFunc(sheet.Stops, func(x view.SheetStop) bool { return len(x.Tasks) > 0 }) {
			out.Rounds = append(out.Rounds, paperRound{sheet, sheet.Stops[0].Depart.In(v.zone())})
		}
	}
	slices.SortStableFunc(out.Rounds, func(a, b paperRound) int { return a.Leaves.Compare(b.Leaves) })
	sends := map[string]bool{}
	for i := range plan.Doc.Consignments {
		sends[plan.Doc.Consignments[i].Producer] = true
	}
	for i := range plan.Week.Producers {
		if p := &plan.Week.Producers[i]; sends[p.ID] {
			out.Farms = append(out.Farms, choice{Value: p.ID, Name: cmp.Or(p.Name, p.ID)})
		}
	}
	slices.SortFunc(out.Farms, func(a, b choice) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	return s.render(v, "papers.html", out)
}

type paperView struct {
	*paper.Document
	PDF  string // where it is as a file
	Back string
}

// paper gives papers of a plan: as a page to print, or where the path ends in .pdf as a file.
func (s *Site) paper(v *visit) error {
	plan, err := v.plan(v.id("id"))
	if err != nil {
		return err
	}
	if plan == nil {
		return &store.Error{Code: store.NotFound, Message: unplanned(v.lang)}
	}
	return s.paperOf(v, plan.ID, "", "/sales/"+string(plan.Sale)+"/papers?plan="+string(plan.ID))
}

// farmPaper does so for a producer, of plans that they have a part in.
func (s *Site) farmPaper(v *visit) error {
	plan, err := v.scope.Plan(v.ctx, store.ID(v.r.FormValue("plan")))
	if err != nil {
		return err
	}
	if plan.State == store.Draft || plan.State == store.Superseded {
		return &store.Error{Code: store.NotFound, Message: v.say("ce plan n’est pas en vigueur", "this plan is not in force")}
	}
	return s.paperOf(v, plan.ID, v.Producer, "/farm")
}

func (s *Site) paperOf(v *visit, plan, producer store.ID, back string) error {
	name, file := strings.CutSuffix(chi.URLParam(v.r, "kind"), ".pdf")
	kind := paper.Kind(name)
	if !slices.Contains(paper.Kinds[:], kind) {
		return &store.Error{Code: store.NotFound, Message: v.say("il n’y a pas de tel papier", "there is no such paper")}
	}
	source, err := paper.Read(v.ctx, v.scope, v.plans, plan)
	if err != nil {
		return err
	}
	d := source.Make(paper.Query{Kind: kind, Round: v.r.FormValue("round"), Producer: store.ID(v.r.FormValue("producer")), PickupPoint: store.ID(v.r.FormValue("point")),
		For: producer, Lang: v.lang, URL: s.config.URL})
	if !file {
		at := *v.r.URL
		at.Path += ".pdf"
		return s.render(v, "paper.html", paperView{d, at.RequestURI(), back})
	}
	b, err := d.PDF()
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": d.Name + ".pdf"}))
	return v.document("application/pdf", b)
}

// labelled leads who has scanned a label to its goods: as they are in the newest plan, where that still has them.
func (s *Site) labelled(v *visit) error {
	row, err := v.scope.Plan(v.ctx, v.id("plan"))
	if err != nil {
		return err
	}
	gone := &store.Error{Code: store.NotFound, Message: v.say("le plan n’a pas de tels produits", "the plan has no such goods")}
	_, doc, err := v.plans.Documents(v.ctx, v.scope, row)
	if err != nil {
		return err
	}
	id := chi.URLParam(v.r, "goods")
	if clear, err := url.PathUnescape(id); err == nil {
		id = clear
	}
	k := slices.IndexFunc(doc.Consignments, func(c engine.Consignment) bool { return c.ID == id })
	if k < 0 {
		return gone
	}
	c := &doc.Consignments[k]
	if v.Role != store.ProducersRole {
		newest, _, err := v.newestPlan(row.Sale)
		if err != nil {
			return err
		}
		plan := row
		if newest != nil && newest.ID != row.ID {
			_, now, err := v.plans.Documents(v.ctx, v.scope, newest)
			if err != nil {
				return err
			}
			if n := slices.IndexFunc(now.Consignments, func(x engine.Consignment) bool {
				return x.Producer == c.Producer && x.PickupPoint == c.PickupPoint && x.Class == c.Class && x.CarriedBy == c.CarriedBy
			}); n >= 0 {
				plan, id = newest, now.Consignments[n].ID
			}
		}
		return v.leads(fmt.Sprintf("/sales/%s/goods/%s?plan=%s", row.Sale, url.PathEscape(id), plan.ID))
	}
	part, err := v.part()
	if err != nil {
		return err
	}
	for i := range slices.Backward(part.Sales) {
		p := &part.Sales[i]
		if p.Sale.ID != row.Sale {
			continue
		}
		for _, r := range p.Rounds {
			if slices.ContainsFunc(r.Stops, func(x planning.DropoffStop) bool {
				return slices.ContainsFunc(append(slices.Clone(x.Load), x.Unload...), func(g planning.Goods) bool {
					return string(g.Producer.ID) == c.Producer && string(g.PickupPoint.ID) == c.PickupPoint && g.Class == c.Class
				})
			}) {
				return v.leads("/farm#" + anchor(p.Plan, r.Round))
			}
		}
	}
	if c.Producer == string(v.Producer) {
		return v.leads("/farm")
	}
	return gone
}

// A qrCode is drawn on a grid of as many units as it has squares.
type qrCode struct {
	Size int
	Path string
}

func qrOf(text string) qrCode {
	code := paper.CodeOf(text)
	var d strings.Builder
	for _, b := range code.Bars {
		fmt.Fprintf(&d, "M%d %dh%dv1h-%dz", b.X, b.Y, b.Width, b.Width)
	}
	return qrCode{code.Size, d.String()}
}
