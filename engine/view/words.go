package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"carriole/engine"
)

// words are the texts of one language. Fields named Fmt hold a format, fields of two hold singular and plural.
// A "~" stands for the space that must not break: plain in English, narrow in French.
type words struct {
	Decimal, Thousands, Colon, Semicolon, Percent string
	Weekdays                                      [7]string // from Sunday
	Months                                        [12]string
	DateFmt                                       string // weekday, day, month
	First                                         string // the first day of a month
	Minutes                                       string

	Ambient, Chilled, Frozen string

	Title, RoundFmt, TripFmt, VehicleFmt            string
	MoreKmFmt, NoMoreKmFmt, AllAddedFmt             string
	Start, End, OwnStop, AddedStop                  string
	Collect, Deliver                                string
	HandOverFmt, LeaveFmt, TakeOverFmt, FetchFmt    string // whom
	ThereFmt, ComesFmt, WasThereFmt, OtherRound     string // when
	RoomLeft                                        string
	Unchanged                                       [2]string
	NobodyMoves                                     string
	WhoCarries, OnSite                              string
	LegFmt, HandoverAtFmt                           string // whom, round; place
	Gain, Alone, Planned, Saved                     string
	ProvedFmt                                       string
	NothingToGain, DrivesMoreFmt, LocksCostFmt      string
	MoreIsServedFmt, LessIsServedFmt, LeftBehindFmt string
	CO2SourceFmt, SavedCO2Fmt                       string
	Estimated, CrowFmt, OwnTable                    string
	RoadsFmt, ServerFmt, DatedFmt                   string // of which extract; which server; either, and of which day
	ShortestWays                                    string
	CO2Own, CO2Default, CO2Both                     string
	Handovers, Trips                                [2]string
	Producer, ForOthers, ByOthers, WorseOff         string
	Shared, SharedExact, SharedSampled              string
	SharedLocal, SharedPlanned, Capped              string
	PaysFmt, MoneyFmt                               string // who, whom, how much; cost per km
	FairnessFmt, NobodyFmt, WishKgFmt               string
	AllServed, Unserved                             string
	Lines                                           [2]string
	LineFmt, LineNowhereFmt                         string
	Assigned, AssignedFmt                           string
	Consignments                                    [2]string

	WayOnTheWayFmt, WayOnTheWayKmFmt, WayAddedStopFmt, WayHandoverFmt, WayTripFmt, WaySharedFmt string
	Then, NextFmt, NextViaFmt, NoOtherWay                                                       string

	CarrierFmt, TripOfFmt                               string
	RoomFmt, PayloadFmt, MetresFmt, SecondsFmt          string
	ProducerMetresFmt, TimeFmt, CarriesFmt, ForbidFmt   string
	OthersFmt, OthersWithinFmt, FrozenFmt, CarriedByFmt string
	LongestFmt                                          string
	Lock, NoVehicle, NoPickup, NoPickupFmt, NoRepair    string
	NoRoundNamed                                        string

	LegendBase, LegendAdded, LegendTrip, LegendUnchanged string
	LegendOwn, LegendAddedStop, LegendHandover           string
	LegendFarm, LegendPoint, LegendRounds                string
	OtherCarriers                                        [2]string
	PictureFmt                                           string
}

func (o Options) words() *words {
	if o.Lang == French {
		return &french
	}
	return &english
}

var english = words{
	Decimal: ".", Thousands: ",", Colon: ":", Semicolon: ";", Percent: "%",
	Weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	Months:   [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	DateFmt:  "%s %s %s", First: "1", Minutes: "min",

	Ambient: "ambient", Chilled: "chilled", Frozen: "frozen",

	Title: "Who carries what, week %s", RoundFmt: "round %s", TripFmt: "DEDICATED TRIP %s", VehicleFmt: "vehicle %s",
	MoreKmFmt: "%s, of which %s added", NoMoreKmFmt: "%s, none added", AllAddedFmt: "%s, all added",
	Start: "start", End: "end", OwnStop: "own stop", AddedStop: "ADDED STOP",
	Collect: "load", Deliver: "unload here",
	HandOverFmt: "hand over to %s", LeaveFmt: "leave for %s", TakeOverFmt: "take over from %s", FetchFmt: "fetch what %s left",
	ThereFmt: "there %s", ComesFmt: "comes %s", WasThereFmt: "was there %s", OtherRound: "your other round",
	RoomLeft:    "room left",
	Unchanged:   [2]string{"%d round is driven as usual", "%d rounds are driven as usual"},
	NobodyMoves: "No round has anything to load or unload.",
	WhoCarries:  "Whose goods ride with whom", OnSite: "Made where they are collected, no transport",
	LegFmt: "with %s (%s)", HandoverAtFmt: ", then from %s ",
	Gain: "What planning together brings", Alone: "each alone", Planned: "as planned", Saved: "saved",
	ProvedFmt:       "No plan that serves as much adds less than %s; this one adds %s (both with the price of handovers).",
	NothingToGain:   "Planning together saves nothing this week: this plan is what each would drive alone.",
	DrivesMoreFmt:   "The plan drives %s more than each alone would, because it serves more.",
	LocksCostFmt:    "Locks and wishes cost the plan %s: it drives that much more than each alone would.",
	MoreIsServedFmt: "Alone, %s would be left behind; in the plan, %s.",
	LessIsServedFmt: "The plan leaves %s behind that each alone would bring, so the kilometres do not compare.",
	LeftBehindFmt:   "%s left behind that each alone would bring: does not compare",
	CO2SourceFmt:    "CO2: %s", SavedCO2Fmt: "%s of CO2",
	Estimated: "estimated", CrowFmt: "Kilometres and times are estimated, since no roads are known: as the crow flies times %s, at %s km/h.",
	OwnTable: "Kilometres and times are those of the week’s own table.",
	RoadsFmt: "Kilometres and times are those of the roads in %s.", ServerFmt: "Kilometres and times are those of the roads that %s knows.", DatedFmt: "%s (map of %s)",
	ShortestWays: "Ways are the shortest ones.",
	CO2Own:       engine.CO2Own, CO2Default: engine.CO2Default, CO2Both: engine.CO2Both,
	Handovers: [2]string{"%d handover", "%d handovers"}, Trips: [2]string{"%d dedicated trip", "%d dedicated trips"},
	Producer: "km of each", ForOthers: "for others", ByOthers: "by others", WorseOff: "drives more",
	Shared:        "How the saving is shared",
	SharedExact:   "Each has the mean of what their joining saves (Shapley value), over all orders of joining.",
	SharedSampled: "Each has the mean of what their joining saves (Shapley value), from a sample of orders of joining: ± is its standard error.",
	SharedLocal:   "Each has the mean of what their joining saves those whom they ride with (Shapley value), from a sample: ± is its standard error.",
	SharedPlanned: "Each has part of what goods save that they send or carry, in equal parts: there was no time for what their joining saves.",
	PaysFmt:       "%s pays %s %s", MoneyFmt: "This evens the shares out at %s per km driven for the plan: costs are shared, nothing is earned.",
	Capped:      "Somebody’s share is larger than that: nobody receives more than the added km really cost them.",
	FairnessFmt: "Fairness costs %s.", NobodyFmt: "That nobody drives further than alone costs %s.", WishKgFmt: "%s left behind",
	AllServed: "Everything that was ordered is served.", Unserved: "Not served",
	Lines: [2]string{"%d line", "%d lines"}, LineFmt: "order %s: %s of %s for %s, %s", LineNowhereFmt: "order %s: %s of %s, %s",
	Assigned: "Orders that came without a pickup point", AssignedFmt: "order %s goes to %s",
	Consignments: [2]string{"%d consignment", "%d consignments"},

	WayOnTheWayFmt: "rides on the way of %s, no extra km", WayOnTheWayKmFmt: "rides on the way of %s, +%s",
	WayAddedStopFmt: "%s is diverted for these goods, +%s", WayHandoverFmt: "changes from %s, +%s with the handover", WayTripFmt: "needs %s, +%s",
	WaySharedFmt: "shares %s with others, +%s of its own",
	Then:         "%s to %s", NextFmt: "next best: %s, +%s", NextViaFmt: "next best: %s by %s, +%s", NoOtherWay: "no other way exists",

	CarrierFmt: "%s (%s)", TripOfFmt: "a new trip of vehicle %s",
	RoomFmt: "%s of %s room are missing on %s", PayloadFmt: "%s of payload are missing on %s",
	MetresFmt: "%s would need a detour of %s where %s are allowed (max_added_m)", SecondsFmt: "%s would need %s more time where %s are allowed (max_added_s)",
	ProducerMetresFmt: "%s would need %s of added road this week where %s are allowed (max_added_m)",
	TimeFmt:           "%s would come to %s %s too late", CarriesFmt: "%s does not take this producer’s goods (carries)",
	ForbidFmt: "the week keeps these goods off %s (forbid)", OthersFmt: "%s is too far from the farm of %s to handle goods of others there",
	LongestFmt:      "on %s %s goods would be on board for %s where %s are allowed (longest_s)",
	OthersWithinFmt: "%s is too far from the farm of %s: goods of others are handled within %s (others_within_m)",
	FrozenFmt:       "%s must stay as it is (frozen)", CarriedByFmt: "%s could take it, but only its producer may carry it (carried_by)",
	Lock: "the rounds it is locked to cannot serve it (locks)", NoVehicle: "nobody drives near: no round and no free vehicle comes there",
	NoPickup: "no pickup point within reach", NoPickupFmt: "no pickup point within %s: the nearest is %s away (max_pickup_m)",
	NoRepair: "no small change would serve it", NoRoundNamed: "a round",

	LegendBase: "driven anyway", LegendAdded: "diverted", LegendTrip: "dedicated trip", LegendUnchanged: "unchanged round",
	LegendOwn: "own stop", LegendAddedStop: "added stop", LegendHandover: "handover",
	LegendFarm: "farm", LegendPoint: "pickup point, kg arriving", LegendRounds: "Who drives", OtherCarriers: [2]string{"and one more", "and %d more"},
	PictureFmt: "Plan of week %s",
}

var french = words{
	Decimal: ",", Thousands: "\u202f", Colon: "~:", Semicolon: "~;", Percent: "~%",
	Weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	Months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	DateFmt:  "%s %s %s", First: "1er", Minutes: "min",

	Ambient: "ambiant", Chilled: "frais", Frozen: "surgelé",

	Title: "Qui porte quoi, semaine %s", RoundFmt: "tournée %s", TripFmt: "TRAJET DÉDIÉ %s", VehicleFmt: "véhicule %s",
	MoreKmFmt: "%s, dont %s ajoutés", NoMoreKmFmt: "%s, rien d’ajouté", AllAddedFmt: "%s, tous ajoutés",
	Start: "départ", End: "retour", OwnStop: "arrêt habituel", AddedStop: "ARRÊT AJOUTÉ",
	Collect: "charger", Deliver: "décharger ici",
	HandOverFmt: "remettre à %s", LeaveFmt: "laisser pour %s", TakeOverFmt: "prendre à %s", FetchFmt: "prendre ce que %s a laissé",
	ThereFmt: "sur place %s", ComesFmt: "passe %s", WasThereFmt: "passage %s", OtherRound: "votre autre tournée",
	RoomLeft:    "place restante",
	Unchanged:   [2]string{"%d tournée se fait comme d’habitude", "%d tournées se font comme d’habitude"},
	NobodyMoves: "Aucune tournée n’a rien à charger ni à décharger.",
	WhoCarries:  "Avec qui voyagent les produits", OnSite: "Retirés là où ils sont produits, sans transport",
	LegFmt: "avec %s (%s)", HandoverAtFmt: ", puis à partir de %s ",
	Gain: "Ce qu’apporte le plan commun", Alone: "chacun pour soi", Planned: "selon le plan", Saved: "économie",
	ProvedFmt:       "Aucun plan qui sert autant n’ajoute moins de %s~; celui-ci ajoute %s (prix des remises compris).",
	NothingToGain:   "Planifier ensemble ne fait rien gagner cette semaine~: ce plan est ce que chacun ferait seul.",
	DrivesMoreFmt:   "Le plan fait rouler %s de plus que chacun pour soi, parce qu’il sert plus.",
	LocksCostFmt:    "Les tournées imposées et les souhaits coûtent %s au plan~: il roule d’autant plus que chacun pour soi.",
	MoreIsServedFmt: "Chacun pour soi, %s resteraient sur place~; avec le plan, %s.",
	LessIsServedFmt: "Le plan laisse sur place %s que chacun pour soi livrerait~: les kilomètres ne se comparent donc pas.",
	LeftBehindFmt:   "%s restent sur place que chacun pour soi livrerait~: pas de comparaison",
	CO2SourceFmt:    "CO2~: %s", SavedCO2Fmt: "%s de CO2",
	Estimated: "estimé", CrowFmt: "Kilomètres et temps sont estimés, faute de connaître les routes~: à vol d’oiseau, fois %s, à %s~km/h.",
	OwnTable: "Kilomètres et temps sont ceux du tableau de la semaine.",
	RoadsFmt: "Kilomètres et temps sont ceux des routes de %s.", ServerFmt: "Kilomètres et temps sont ceux des routes que connaît %s.", DatedFmt: "%s (carte du %s)",
	ShortestWays: "Les trajets sont les plus courts.",
	CO2Own:       "les chiffres des véhicules", CO2Default: "507~g/km pour un utilitaire jusqu’à 3,5~t (arrêté du 10 avril 2012, niveau 1)",
	CO2Both:   "les chiffres des véhicules~; sinon 507~g/km pour un utilitaire jusqu’à 3,5~t (arrêté du 10 avril 2012, niveau 1)",
	Handovers: [2]string{"%d remise", "%d remises"}, Trips: [2]string{"%d trajet dédié", "%d trajets dédiés"},
	Producer: "km de chacun", ForOthers: "pour autrui", ByOthers: "par autrui", WorseOff: "roule plus",
	Shared:        "Partage de l’économie",
	SharedExact:   "À chacun la moyenne de ce que sa venue fait gagner (valeur de Shapley), sur tous les ordres d’arrivée.",
	SharedSampled: "À chacun la moyenne de ce que sa venue fait gagner (valeur de Shapley), sur un échantillon d’ordres d’arrivée~: ± en est l’erreur type.",
	SharedLocal:   "À chacun la moyenne de ce que sa venue fait gagner à ses proches (valeur de Shapley), sur un échantillon~: ± en est l’erreur type.",
	SharedPlanned: "À chacun une part égale de ce que font gagner les colis qu’il envoie ou transporte~: le temps manquait pour ce que sa venue fait gagner.",
	PaysFmt:       "%s verse à %s %s", MoneyFmt: "Cela égalise les parts à %s par km roulé pour le plan~: on partage des frais, personne ne gagne rien.",
	Capped:      "La part de quelqu’un est plus grande~: nul ne reçoit plus que ce que lui coûtent vraiment les km ajoutés.",
	FairnessFmt: "L’équité coûte %s.", NobodyFmt: "Que personne ne roule plus que seul coûte %s.", WishKgFmt: "%s non livrés",
	AllServed: "Tout ce qui est commandé est servi.", Unserved: "Non servi",
	Lines: [2]string{"%d ligne", "%d lignes"}, LineFmt: "commande %s~: %s de %s pour %s, %s", LineNowhereFmt: "commande %s~: %s de %s, %s",
	Assigned: "Commandes arrivées sans point de retrait", AssignedFmt: "la commande %s va à %s",
	Consignments: [2]string{"%d lot", "%d lots"},

	WayOnTheWayFmt: "profite du passage de %s, sans km de plus", WayOnTheWayKmFmt: "profite du passage de %s, +%s",
	WayAddedStopFmt: "%s fait un détour pour ce lot, +%s", WayHandoverFmt: "change de tournée, %s, +%s avec la remise", WayTripFmt: "demande %s, +%s",
	WaySharedFmt: "partage %s avec d’autres, +%s en propre",
	Then:         "%s puis %s", NextFmt: "sinon~: %s, +%s", NextViaFmt: "sinon~: %s par %s, +%s", NoOtherWay: "aucune autre possibilité",

	CarrierFmt: "%s (%s)", TripOfFmt: "un nouveau trajet du véhicule %s",
	RoomFmt: "il manque %s de place en %s dans %s", PayloadFmt: "il manque %s de charge utile dans %s",
	MetresFmt: "%s demanderait un détour de %s, où %s sont permis (max_added_m)", SecondsFmt: "%s demanderait %s de plus, où %s sont permises (max_added_s)",
	ProducerMetresFmt: "%s devrait rouler %s de plus cette semaine, où %s sont permis (max_added_m)",
	TimeFmt:           "%s arriverait à %s avec %s de retard", CarriesFmt: "%s ne prend pas les produits de ce producteur (carries)",
	ForbidFmt: "la semaine exclut ces produits de %s (forbid)", OthersFmt: "%s est trop loin de la ferme de %s pour y traiter les produits d’autrui",
	LongestFmt:      "dans %s, les produits en %s resteraient à bord %s, où %s sont permises (longest_s)",
	OthersWithinFmt: "%s est trop loin de la ferme de %s~: les produits d’autrui se traitent à moins de %s (others_within_m)",
	FrozenFmt:       "%s doit rester telle quelle (frozen)", CarriedByFmt: "%s pourrait s’en charger, mais seul son producteur peut porter ce lot (carried_by)",
	Lock: "les tournées imposées ne peuvent pas le servir (locks)", NoVehicle: "personne ne passe à proximité~: ni tournée, ni véhicule libre",
	NoPickup: "aucun point de retrait à portée", NoPickupFmt: "aucun point de retrait à moins de %s~: le plus proche est à %s (max_pickup_m)",
	NoRepair: "aucun petit changement ne suffirait", NoRoundNamed: "une tournée",

	LegendBase: "trajet habituel", LegendAdded: "détour", LegendTrip: "trajet dédié", LegendUnchanged: "tournée inchangée",
	LegendOwn: "arrêt habituel", LegendAddedStop: "arrêt ajouté", LegendHandover: "remise",
	LegendFarm: "ferme", LegendPoint: "point de retrait, kg livrés", LegendRounds: "Qui roule", OtherCarriers: [2]string{"et 1 autre", "et %d autres"},
	PictureFmt: "Plan de la semaine %s",
}

// say fills a text in. French elides: "de Anne" becomes "d’Anne".
func (w *words) say(format string, args ...string) string {
	var out strings.Builder
	for i, part := range strings.Split(w.fixed(format), "%s") {
		if i > 0 && i <= len(args) {
			out.WriteString(args[i-1])
		}
		if stem, de := strings.CutSuffix(part, "de "); w == &french && de && (stem == "" || strings.HasSuffix(stem, " ")) && i < len(args) && startsWithVowel(args[i]) {
			part = stem + "d’"
		}
		out.WriteString(part)
	}
	return out.String()
}

func startsWithVowel(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("aeiouyàâéèêëîïôùûœæAEIOUYÀÂÉÈÊËÎÏÔÙÛŒÆ", first)
}

func (w *words) fixed(s string) string { return strings.ReplaceAll(s, "~", w.space()) }

// space is the one between a figure and its unit, which must not break.
func (w *words) space() string {
	if w == &french {
		return "\u202f"
	}
	return "\u00a0"
}

// count picks singular or plural: French counts none as one.
func (w *words) count(forms [2]string, n int) string {
	form := forms[1]
	if n == 1 || n == 0 && w == &french {
		form = forms[0]
	}
	return strings.Replace(w.fixed(form), "%d", strconv.Itoa(n), 1)
}

// co2Source puts the sources that engine names into the language; any other stays as it is.
func (w *words) co2Source(s string) string {
	switch s {
	case engine.CO2Own:
		return w.fixed(w.CO2Own)
	case engine.CO2Default:
		return w.fixed(w.CO2Default)
	case engine.CO2Both:
		return w.fixed(w.CO2Both)
	}
	return clean(s)
}

// number writes v with so many decimals and the language's separators.
func (w *words) number(v float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, frac, _ := strings.Cut(s, ".")
	if whole[0] < '0' || whole[0] > '9' {
		return s
	}
	var out strings.Builder
	if v < 0 && strings.Trim(s, "0.") != "" {
		out.WriteString("−")
	}
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			out.WriteString(w.Thousands)
		}
		out.WriteRune(c)
	}
	if frac != "" {
		out.WriteString(w.Decimal + frac)
	}
	return out.String()
}

func (w *words) km(metres float64) string { return w.number(metres/1000, 1) + w.space() + "km" }
func (w *words) metres(m float64) string  { return w.number(m, 0) + w.space() + "m" }
func (w *words) kg(kg float64) string     { return w.number(kg, 1) + w.space() + "kg" }
func (w *words) litres(l float64) string  { return w.number(l, 1) + w.space() + "l" }

func (w *words) percent(share float64) string {
	return w.number(100*share, 1) + w.fixed(w.Percent)
}

// distance says how far a round goes and how much of that it would not go anyway.
func (w *words) distance(metres, added float64) string {
	switch {
	case added < 50:
		return w.say(w.NoMoreKmFmt, w.km(metres))
	case metres-added < 50:
		return w.say(w.AllAddedFmt, w.km(metres))
	}
	return w.say(w.MoreKmFmt, w.km(metres), w.km(added))
}

// atLeast writes a figure with one decimal only where it is not whole.
func (w *words) atLeast(v float64, unit string) string {
	decimals := 1
	if math.Abs(v-math.Round(v)) < 0.05 {
		decimals = 0
	}
	return w.number(v, decimals) + w.space() + unit
}

func (w *words) minutes(seconds float64) string {
	return w.number(math.Ceil(seconds/60), 0) + w.space() + w.Minutes
}

func (w *words) class(c engine.Class) string {
	switch c {
	case engine.Ambient, "":
		return w.Ambient
	case engine.Chilled:
		return w.Chilled
	case engine.Frozen:
		return w.Frozen
	}
	return clean(string(c))
}

func (w *words) date(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = w.First
	}
	return fmt.Sprintf(w.DateFmt, w.Weekdays[t.Weekday()], day, w.Months[t.Month()-1])
}

// dayOf writes a day that is given as in 2026-11-26, with its year.
func (w *words) dayOf(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return clean(date)
	}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = w.First
	}
	return day + " " + w.Months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

func clock(t time.Time) string { return t.Format("15:04") }
