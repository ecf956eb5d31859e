package web

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
	"github.com/go-chi/chi/v5"

	"carriole/api/planning"
	"carriole/api/store"
	"carriole/engine/view"
)

// feed is the calendar of a producer (RFC 5545), for whoever has their private link: the rounds that they drive, and when others
// come for their goods. It has what is in force or, where nothing is in force for a sale yet, what is proposed, as tentative. An
// event keeps its UID from one plan to the next, and its SEQUENCE grows with the plan's number, so that changes take the place of
// what was; what is no longer there is gone from the feed.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) {
	s.byLink(w, r, "calendar.ics", s.sendFeed)
}

// feedGPX is a round of the calendar for navigation devices.
func (s *Site) feedGPX(w http.ResponseWriter, r *http.Request) {
	s.byLink(w, r, "rounds/-.gpx", s.roundGPX)
}

// byLink serves whoever has a producer's private link.
func (s *Site) byLink(w http.ResponseWriter, r *http.Request, name string, send func(*visit) error) {
	v := &visit{w: w, r: r, ctx: r.Context(), lang: langOf(r), plans: s.config.Planning}
	if l := r.FormValue("language"); l == "fr" || l == "en" {
		v.lang = view.Lang(l)
	}
	err := v.enter(s)
	if err == nil {
		err = send(v)
	}
	if err != nil {
		v.r = r.Clone(v.ctx)
		v.r.URL.Path, v.r.URL.RawPath = "/p/-/"+name, "" // the address is a secret, and this is logged
		s.sorry(v, err)
	}
}

// enter lets in whoever has the private link of the address.
func (v *visit) enter(s *Site) error {
	collective, token, err := s.config.Store.Authenticate(v.ctx, chi.URLParam(v.r, "token"))
	if err == nil && token.Scope != store.ProducerToken {
		err = &store.Error{Code: store.NotFound, Message: "the link is not a producer's"}
	}
	if store.IsNotFound(err) && collective != "" {
		err = errors.Join(err, s.config.Store.In(collective, "signin").Refused(v.ctx, "the private link is not valid"))
	}
	if err != nil {
		return err
	}
	actor := "token:" + string(token.ID)
	return v.as(s, &Who{Collective: collective, Actor: actor, Role: store.ProducersRole, Producer: token.Producer, Name: token.Name})
}

func (s *Site) sendFeed(v *visit) error {
	base := ""
	if s.config.URL != "" {
		base = s.config.URL + "/p/" + url.PathEscape(chi.URLParam(v.r, "token"))
	}
	cal, err := v.calendar(base)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := cal.SerializeTo(&out, ics.WithNewLineWindows); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	_, _ = out.WriteTo(v.w) // the reader may go away
	return nil
}

// calendar makes a producer's events. Below base their rounds are for navigation devices; empty: they are nowhere.
func (v *visit) calendar(base string) (*ics.Calendar, error) {
	d, err := v.part()
	if err != nil {
		return nil, err
	}
	cal := ics.NewCalendar()
	cal.SetProductId("-//Carriole//Carriole//" + strings.ToUpper(string(v.lang)))
	cal.SetMethod(ics.MethodPublish)
	cal.SetName(plain(d.Producer.Name + " · " + v.col.Name))
	cal.SetRefreshInterval("PT1H", ics.WithValue(string(ics.ValueDataTypeDuration)))
	cal.SetXPublishedTTL("PT1H")
	inForce := map[store.ID]bool{}
	for i := range d.Sales {
		if d.Sales[i].State != store.Proposed {
			inForce[d.Sales[i].Sale.ID] = true
		}
	}
	for i := range d.Sales {
		p := &d.Sales[i]
		if p.State == store.Proposed && inForce[p.Sale.ID] {
			continue
		}
		plan, err := v.scope.Plan(v.ctx, p.Plan)
		if err != nil {
			return nil, err
		}
		uids := map[string]int{}
		add := func(id string, from, to time.Time) *ics.VEvent {
			uid := string(p.Sale.ID) + "-" + id
			if uids[uid]++; uids[uid] > 1 { // another comes twice
				uid += "-" + strconv.Itoa(uids[uid])
			}
			e := cal.AddEvent(plain(uid) + "@carriole")
			e.SetDtStampTime(plan.Changed)
			e.SetModifiedAt(plan.Changed)
			sequence, status := 2*int(p.Number), ics.ObjectStatusTentative
			if p.State != store.Proposed {
				sequence, status = sequence+1, ics.ObjectStatusConfirmed
			}
			e.SetSequence(sequence)
			e.SetStatus(status)
			e.SetStartAt(from)
			e.SetEndAt(to)
			return e
		}
		for k := range p.Rounds {
			if r := &p.Rounds[k]; len(r.Stops) > 0 && r.Answer != string(store.AnswerRefused) && r.Answer != string(store.AnswerAbsent) {
				e := add(r.Round, begins(r), r.Stops[len(r.Stops)-1].Depart)
				e.SetSummary(plain(v.roundTitle(r)))
				e.SetDescription(plain(v.roundText(r)))
				at(e, r.Stops[0].Place)
				if base != "" {
					e.SetURL(base + "/rounds/" + url.PathEscape(r.Round) + ".gpx?plan=" + url.QueryEscape(string(p.Plan)))
				}
			}
		}
		for k := range p.Fetched {
			f := &p.Fetched[k]
			if f.By.ID == v.Producer {
				continue // a round of their own, which is there already
			}
			e := add(f.By.Round+"-"+string(f.Place.ID), f.Arrive, f.Depart)
			e.SetSummary(plain(f.By.Name + " " + v.say("vient chercher vos produits", "comes for your goods")))
			e.SetDescription(plain(v.say("Tenir prêt", "Have ready") + v.say("\u202f: ", ": ") + v.goodsText(f.Goods) + phoneText(&f.By)))
			at(e, f.Place)
		}
	}
	return cal, nil
}

func (v *visit) roundTitle(r *planning.DropoffRound) string {
	if r.Dedicated {
		return v.say("Trajet dédié", "Dedicated trip")
	}
	return cmp.Or(r.Name, v.say("Tournée", "Round"))
}

// roundText has a line for each stop at which there is something to do.
func (v *visit) roundText(r *planning.DropoffRound) string {
	var lines []string
	for _, s := range r.Stops {
		tasks := tasksAt(s)
		if len(tasks) == 0 && !s.Added {
			continue
		}
		lines = append(lines, v.lang.Clock(s.Arrive.In(v.zone()))+" "+s.Place.Name)
		for _, t := range tasks {
			lines = append(lines, "- "+t.Says(v.lang, v.zone(), v.Producer)+v.say("\u202f: ", ": ")+v.goodsText(t.Goods)+phoneText(t.With))
		}
	}
	return strings.Join(lines, "\n")
}

// goodsText sums goods by class.
func (v *visit) goodsText(list []planning.Goods) string {
	var parts []string
	for i, g := range list {
		kg, seen := 0.0, false
		for k, x := range list {
			if x.Class == g.Class {
				kg, seen = kg+x.Kg, seen || k < i
			}
		}
		if !seen {
			parts = append(parts, v.lang.Kg(kg)+" "+v.lang.Class(g.Class))
		}
	}
	return strings.Join(parts, ", ")
}

func phoneText(p *planning.Partner) string {
	if p == nil || p.Phone == "" {
		return ""
	}
	return " (" + p.Phone + ")"
}

func at(e *ics.VEvent, p planning.DropoffPlace) {
	where := p.Name
	if p.Address != "" {
		where += ", " + p.Address
	}
	e.SetLocation(plain(where))
	e.SetGeo(degrees(p.Lat), degrees(p.Lon))
}

// plain is a text without the control characters that a calendar does not take.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, s)
}
