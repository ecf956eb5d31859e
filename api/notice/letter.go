package notice

import (
	"cmp"
	"fmt"
	urls "net/url"
	"strings"
	"time"

	"carriole/api/planning"
	"carriole/api/post"
	"carriole/api/store"
	"carriole/engine/view"
)

// writer writes in one language.
type writer struct {
	strings.Builder
	lang view.Lang
	zone *time.Location
	me   store.ID // the producer who reads it
}

func (w *writer) say(french, english string) string {
	if w.lang == view.French {
		return french
	}
	return english
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// letter writes the news. French is for whoever has not chosen a language.
func (x *news) letter(url string) post.Letter {
	w := &writer{lang: view.Lang(cmp.Or(x.member.Language, string(view.French))), zone: x.collective.Zone(), me: x.member.Producer}
	sale := plain(x.part.Sale.Name)
	subject, opening := w.say("vos trajets sont fixés", "your trips are settled"), w.say("Le plan est en vigueur.", "The plan is in force.")
	changed := x.told && len(x.changes) > 0
	switch {
	case x.notice.Event == store.PlanProposed && x.told:
		subject, opening = w.say("une nouvelle proposition attend votre réponse", "a new proposal waits for your answer"), w.say("Un nouveau plan vous est proposé. Acceptez ou refusez ici\u00a0:", "A new plan is proposed to you. Accept or refuse here:")
	case x.notice.Event == store.PlanProposed:
		subject, opening = w.say("une proposition attend votre réponse", "a proposal waits for your answer"), w.say("Un plan vous est proposé. Acceptez ou refusez ici\u00a0:", "A plan is proposed to you. Accept or refuse here:")
	case changed:
		subject, opening = w.say("vos trajets ont changé", "your trips have changed"), w.say("Le plan en vigueur a changé pour vous.", "The plan in force has changed for you.")
	}
	link := url + "/farm"
	w.line(w.say("Bonjour %s,", "Hello %s,"), plain(cmp.Or(x.member.Name, x.name)))
	w.line("")
	w.line("%s (%s)", sale, w.date(x.part.Distribution))
	w.line("%s", opening)
	w.line("%s", link)
	if changed {
		w.line("\n%s", w.say("CE QUI CHANGE POUR VOUS", "WHAT CHANGES FOR YOU"))
		for _, c := range x.changes {
			w.change(c)
		}
	}
	if trips := x.part.Trips(); len(trips) > 0 {
		w.line("\n%s", w.say("VOS TRAJETS", "YOUR TRIPS"))
		for _, t := range trips {
			w.trip(t)
		}
	} else {
		w.line("\n%s", w.say("Plus rien ne vous est demandé pour cette vente.", "Nothing is asked of you for this sale any more."))
	}
	w.line("\n--\n%s\n%s", plain(x.collective.Name), w.say("Pour ne plus recevoir ces messages, décochez-les au bas de la page\u00a0:", "To get no more of these messages, untick them at the foot of the page:"))
	w.line("%s#mail", link)
	return post.Letter{To: x.member.Email, Language: string(w.lang), Text: w.String(),
		Subject: sale + w.say("\u00a0: ", ": ") + subject,
		ID:      messageID(url, string(x.notice.ID))}
}

// messageID is the same each time that a notice is tried.
func messageID(url, notice string) string {
	host := "localhost"
	if u, err := urls.Parse(url); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return "notice-" + notice + "@" + host
}

func (w *writer) date(d store.Day) string {
	t, err := time.ParseInLocation(time.DateOnly, string(d), w.zone)
	if err != nil {
		return string(d)
	}
	return w.lang.Date(t)
}

func (w *writer) change(c planning.TripChange) {
	switch none := (planning.Trip{}); {
	case c.Before == none:
		w.line("+ %s%s", w.say("Nouveau\u00a0: ", "New: "), w.title(c.Now))
	case c.Now == none:
		w.line("- %s%s", w.say("Supprimé\u00a0: ", "Gone: "), w.title(c.Before))
	default:
		w.line("* %s%s", w.say("Changé\u00a0: ", "Changed: "), w.title(c.Now))
		w.line("  %s%s", w.say("avant\u00a0: ", "before: "), w.title(c.Before))
	}
}

// title says in a line what a trip is, when, and how much goes with it.
func (w *writer) title(t planning.Trip) string {
	if f := t.Fetched; f != nil {
		return fmt.Sprintf("%s, %s–%s, %s %s (%s), %s", w.lang.Date(f.Arrive.In(w.zone)), w.clock(f.Arrive), w.clock(f.Depart), plain(f.By.Name),
			w.say("vient chercher vos produits", "comes for your goods"), plain(f.Place.Name), w.lang.Kg(weight(f.Goods)))
	}
	r := t.Round
	first, last := &r.Stops[0], &r.Stops[len(r.Stops)-1]
	name := cmp.Or(plain(r.Name), w.say("Tournée", "Round"))
	if r.Dedicated {
		name = w.say("Trajet dédié", "Dedicated trip")
	}
	var kg float64
	for i := range r.Stops {
		kg += weight(r.Stops[i].Load)
	}
	return fmt.Sprintf("%s, %s–%s, %s, %s", w.lang.Date(first.Depart.In(w.zone)), w.clock(first.Depart), w.clock(last.Arrive), name, w.lang.Kg(kg))
}

func (w *writer) trip(t planning.Trip) {
	w.line("\n%s", w.title(t))
	if f := t.Fetched; f != nil {
		for i := range f.Goods {
			w.goods(w.say("Tenir prêt", "Have ready"), &f.Goods[i])
		}
		return
	}
	for i := range t.Round.Stops {
		s := &t.Round.Stops[i]
		w.line("  %s  %s", w.clock(s.Arrive), plain(s.Place.Name))
		for k := range s.Unload {
			w.goods(w.does(s, &s.Unload[k], false), &s.Unload[k])
		}
		for k := range s.Load {
			w.goods(w.does(s, &s.Load[k], true), &s.Load[k])
		}
	}
}

func (w *writer) goods(do string, g *planning.Goods) {
	w.line("         %s%s%s, %s, %s → %s", do, w.say("\u202f: ", ": "), w.lang.Kg(g.Kg), w.lang.Class(g.Class), plain(g.Producer.Name), plain(g.PickupPoint.Name))
}

// does says what is done with goods at a stop, and with whom.
func (w *writer) does(s *planning.DropoffStop, g *planning.Goods, loads bool) string {
	do, with, at := s.Does(g, loads)
	name := ""
	if with != nil && with.ID != w.me {
		name = plain(with.Name)
	}
	return w.lang.Doing(do, name, s.Arrive, at, w.zone)
}

func (w *writer) clock(t time.Time) string { return w.lang.Clock(t.In(w.zone)) }

func weight(goods []planning.Goods) (kg float64) {
	for _, g := range goods {
		kg += g.Kg
	}
	return kg
}

// plain is a name in one line, so that none can look like a line of the letter's own.
func plain(name string) string { return strings.Join(strings.Fields(name), " ") }
